//! Several rooms.

use super::history::{hear_all, old, page};
use super::*;
use crate::text::phrase::WayIn;

const CAPS: &str = "message-tags server-time echo-message labeled-response batch draft/chathistory";

fn entry(room: &str, people: &str) -> [String; 3] {
    [
        format!("@time=2026-01-01T00:00:00.000Z;msgid=j{room} :小花!u@h JOIN {room}"),
        format!(":s 353 小花 = {room} :小花 {people}"),
        format!(":s 366 小花 {room} :."),
    ]
}

fn message(room: &str, id: u32, text: &str) -> String {
    format!("@time=2026-01-01T00:00:{id:02}.000Z;msgid=m{id} :小明!u@h PRIVMSG {room} :{text}")
}

fn page_of(room: &str, label: &str, messages: &[String]) -> Vec<String> {
    page(label, messages).into_iter().map(|line| line.replace("#lobby", room)).collect()
}

fn of(room: &str, item: Item) -> Item {
    Item::OfRoom { room: room.to_owned(), item: Box::new(item) }
}

fn join(room: &str) -> Command {
    Command::Join(room.to_owned(), None)
}

fn run(model: &mut Model, command: Command) -> Vec<Effect> {
    model.run(command, ZERO);
    model.take()
}

/// The lines that are said and not yet sent are sent.
fn say(model: &mut Model, text: &str) -> String {
    model.say(text, true, ZERO);
    sent(&model.take())
}

fn greet(model: &mut Model, caps: &str) -> Vec<Effect> {
    hear(model, &[&format!("CAP 小花 ACK :{caps}"), ":s 001 小花 :hi", ":s 004 小花 s roomchat-0.1 B imnt"]);
    hear(model, &[":s 422 小花 :no MOTD"])
}

/// In these rooms, the first of which is the current one, without a past.
fn inside_all(caps: &str, rooms: &[&str]) -> Model {
    let rooms: Vec<String> = rooms.iter().map(|&room| room.to_owned()).collect();
    let mut model = Model::new(&Name::parse("小花").unwrap(), None, &rooms, String::new());
    model.take();
    let asked = sent(&greet(&mut model, caps));
    assert_eq!(asked, format!("JOIN {}\n", rooms.join(",")));
    for (at, room) in rooms.iter().enumerate() {
        hear_all(&mut model, &entry(room, "小明"));
        if caps.starts_with(CAPS) {
            hear_all(&mut model, &page_of(room, &format!("h{}", at + 1), &[]));
        }
    }
    assert!(model.is_inside());
    model
}

#[test]
fn each_room_has_its_own_people_and_what_is_of_another_names_it() {
    let mut model = inside_all("", &["#lobby", "#lab"]);
    assert_eq!(
        shown(hear_all(&mut model, &[message("#lab", 1, "hi"), message("#lobby", 2, "ho")])),
        [of("#lab", said("小明", "hi")), said("小明", "ho")]
    );
    let entered = Item::Entered { name: "bob".to_owned() };
    assert_eq!(shown(hear(&mut model, &[":bob!u@h JOIN #lab"])), [of("#lab", entered)]);
    let names = model.take_names().unwrap();
    assert_eq!(names.here, ["小明", "小花"]);
    assert_eq!(names.elsewhere, ["bob", "小明", "小花", "#lobby", "#lab"]);
    // Told once, where the person looks.
    let left = Item::Left { name: "小明".to_owned(), reason: None };
    assert_eq!(shown(hear(&mut model, &[":小明!u@h QUIT :Quit: "])), vec![left]);
    let renamed = Item::Renamed { old: "bob".to_owned(), new: "rob".to_owned() };
    assert_eq!(shown(hear(&mut model, &[":bob!u@h NICK rob"])), [of("#lab", renamed)]);
    let topic = Item::TopicSet { name: "rob".to_owned(), topic: "tea".to_owned() };
    assert_eq!(shown(hear(&mut model, &[":rob!u@h TOPIC #lab :tea"])), [of("#lab", topic)]);
    run(&mut model, Command::GoTo(2));
    let is = Item::TopicIs { topic: "tea".to_owned() };
    assert_eq!(shown(run(&mut model, Command::Topic(None))), [is]);
    let people = Item::People { names: vec!["rob".to_owned(), "小花".to_owned()], page: 1 };
    assert_eq!(shown(run(&mut model, Command::Who(1))), [people]);
    // Of a room that is not ours nothing is shown.
    assert_eq!(hear_all(&mut model, &[message("#other", 3, "psst")]), []);
}

#[test]
fn what_is_typed_goes_to_the_current_room_and_commands_act_on_it() {
    let mut model = inside_all("", &["#lobby", "#lab"]);
    let is = |room: &str| Item::RoomIs { room: room.to_owned() };
    assert!(say(&mut model, "one").starts_with("PRIVMSG #lobby :one\n"));
    assert_eq!(shown(run(&mut model, Command::GoTo(2))), [is("#lab")]);
    assert_eq!((model.room(), model.has_several_rooms()), ("#lab", true));
    assert!(say(&mut model, "two").starts_with("PRIVMSG #lab :two\n"));
    assert_eq!(sent(&run(&mut model, Command::Topic(Some("tea".to_owned())))), "TOPIC #lab :tea\n");
    let kick = Command::Kick { name: "bob".to_owned(), reason: None };
    assert_eq!(sent(&run(&mut model, kick)), "KICK #lab bob\n");
    assert_eq!(shown(run(&mut model, join("#LOBBY"))), [is("#lobby")]);
    // There are only two.
    assert_eq!(shown(run(&mut model, Command::GoTo(3))), [Item::Bell]);
    // What was said in the other room is confirmed there.
    let answers = [":s PONG s roomchat-1", ":s 404 小花 #lab :no", ":s PONG s roomchat-2"];
    let not_sent = Item::NotSent { text: "two".to_owned(), why: Why::Server("no".to_owned()) };
    assert_eq!(shown(hear(&mut model, &answers)), [of("#lab", not_sent)]);
    // A plain line is shown where it was said.
    run(&mut model, Command::GoTo(2));
    model.say("three", false, ZERO);
    run(&mut model, Command::GoTo(1));
    assert_eq!(shown(hear(&mut model, &[":s PONG s roomchat-3"])), [of("#lab", said("", "three"))]);
}

#[test]
fn a_further_room_is_entered_and_what_is_typed_waits_for_it() {
    let mut model = inside_all("", &["#lobby"]);
    assert_eq!(sent(&run(&mut model, join("lab"))), "JOIN #lab\n");
    assert_eq!(model.room(), "#lab");
    // Not in the room that the person has turned away from.
    assert_eq!(say(&mut model, "hello lab"), "");
    run(&mut model, Command::GoTo(1));
    assert!(say(&mut model, "hello lobby").starts_with("PRIVMSG #lobby :hello lobby\n"));
    run(&mut model, Command::GoTo(2));
    // By another connection meanwhile: all headers had the address of the first.
    model.reached_at("127.0.0.1:7001".to_owned());
    let entered = shown(hear_all(&mut model, &entry("#lab", "bob")));
    let [Item::Header { room, address, .. }] = &entered[..] else { panic!("{entered:?}") };
    assert_eq!((room.as_str(), address.as_str()), ("#lab", "127.0.0.1:7001"));
    model.pump(ZERO);
    assert!(sent(&model.take()).starts_with("PRIVMSG #lab :hello lab\n"));
}

#[test]
fn a_room_that_is_left_is_told_and_forgotten() {
    let mut model = inside_all("", &["#a", "#b", "#c"]);
    let leave = |room: Option<&str>| Command::Leave(room.map(str::to_owned));
    run(&mut model, Command::GoTo(3));
    assert_eq!(sent(&run(&mut model, leave(Some("#b")))), "PART #b\n");
    assert_eq!(hear_all(&mut model, &[message("#b", 1, "still there?")]), []);
    assert_eq!(hear(&mut model, &[":小花!u@h PART #b"]), []);
    let left = run(&mut model, leave(None));
    assert_eq!(sent(&left), "PART #c\n");
    assert_eq!(shown(left), [Item::RoomIs { room: "#a".to_owned() }]);
    assert_eq!(shown(run(&mut model, leave(None))), [Item::OnlyRoom]);
    let not_there = Item::NotThere { room: "#c".to_owned() };
    assert_eq!(shown(run(&mut model, leave(Some("c")))), [not_there]);
    // The answer to an earlier PART is not about the room that was entered again.
    run(&mut model, join("#b"));
    run(&mut model, leave(None));
    run(&mut model, join("#b"));
    assert_eq!(hear(&mut model, &[":小花!u@h PART #b"]), []);
    assert!(shown(hear_all(&mut model, &entry("#b", ""))).len() == 1 && model.room() == "#b");
}

#[test]
fn a_kick_from_one_room_leaves_the_others() {
    let mut model = inside_all("", &["#lobby", "#lab"]);
    let kicked = |by: &str| Item::Kicked { name: "小花".to_owned(), by: by.to_owned(), reason: None };
    let out = |room: &str| Item::PutOut { room: room.to_owned() };
    // Of another room it is told, and the room is gone.
    let told = shown(hear(&mut model, &[":bob!u@h KICK #lab 小花"]));
    assert_eq!(told, [of("#lab", kicked("bob")), out("#lab")]);
    assert!(!model.has_several_rooms());
    run(&mut model, join("#lab"));
    hear_all(&mut model, &entry("#lab", ""));
    // The current one stays, so that nothing goes elsewhere than where it was typed.
    assert_eq!(shown(hear(&mut model, &[":bob!u@h KICK #lab 小花"])), [kicked("bob"), out("#lab")]);
    assert_eq!(model.room(), "#lab");
    model.say("meant for the lab", true, ZERO);
    let not_sent = Item::NotSent { text: "meant for the lab".to_owned(), why: Why::NotInRoom };
    assert_eq!(shown(model.take()), [not_sent]);
    let not_there = Item::NotThere { room: "#lab".to_owned() };
    assert_eq!(shown(run(&mut model, Command::Who(1))), [not_there]);
    // It goes once the person goes.
    run(&mut model, Command::GoTo(1));
    assert!(!model.has_several_rooms());
    assert!(say(&mut model, "here").starts_with("PRIVMSG #lobby :here\n"));
}

#[test]
fn a_room_that_lets_nobody_in_is_told_by_name() {
    let mut model = inside_all("", &["#lobby"]);
    for (code, way) in
        [("471", WayIn::Again), ("473", WayIn::Permitted), ("474", WayIn::Permitted), ("475", WayIn::Key)]
    {
        run(&mut model, join("#vip"));
        model.say("secret", true, ZERO);
        let refused = shown(hear(&mut model, &[&format!(":s {code} 小花 #vip :No")]));
        let (room, why) = ("#vip".to_owned(), "No".to_owned());
        let not_let_in = Item::NotLetIn { room, why, way, stays: true };
        assert_eq!(refused, [not_let_in], "{code}");
        model.pump(ZERO);
        let not_sent = Item::NotSent { text: "secret".to_owned(), why: Why::NotInRoom };
        assert_eq!(shown(model.take()), [not_sent], "{code}");
        run(&mut model, Command::Leave(None));
        assert_eq!(model.room(), "#lobby");
    }
    // Asked for too fast, it is tried again.
    run(&mut model, join("#vip"));
    let later = Item::KeptOut { room: "#vip".to_owned(), why: "No".to_owned(), tries_again: true };
    assert_eq!(shown(hear(&mut model, &[":s 263 小花 JOIN :No"])), [later]);
    model.pump(ZERO);
    let due = model.deadline().unwrap();
    model.tick(due);
    assert_eq!(sent(&model.take()), "JOIN #vip\n");
}

#[test]
fn of_the_first_rooms_those_that_can_be_entered_are_enough() {
    let rooms = ["#vip", "#lobby", "#lab"].map(str::to_owned);
    let mut model = Model::new(&Name::parse("小花").unwrap(), None, &rooms, String::new());
    greet(&mut model, "");
    model.take();
    let refused = shown(hear(&mut model, &[":s 473 小花 #vip :Invite only"]));
    let why = "Invite only".to_owned();
    let way = WayIn::Permitted;
    let room = "#vip".to_owned();
    assert_eq!(refused[0], Item::NotLetIn { room, why: why.clone(), way, stays: false });
    assert_eq!(model.room(), "#lobby");
    hear(&mut model, &[":s 473 小花 #lobby :Invite only"]);
    let over = hear(&mut model, &[":s 473 小花 #lab :Invite only"]);
    assert_eq!(over, [Effect::Over(Ending::RoomRefused { room: "#lab".to_owned(), why })]);
}

#[test]
fn all_rooms_come_back_with_what_was_said_in_each() {
    let mut model = inside_all(CAPS, &["#a", "#b", "#c"]);
    hear_all(&mut model, &[message("#b", 1, "one")]);
    run(&mut model, Command::GoTo(2));
    for (at, text) in [(1, "lost in a"), (2, "kept in b")] {
        run(&mut model, Command::GoTo(at));
        model.say(text, true, ZERO);
    }
    model.lost(None);
    assert_eq!(shown(model.take()), [], "nobody knows yet what became of them");
    model.come_back();
    model.take();
    for (at, text) in [(3, "later in c"), (1, "later in a")] {
        run(&mut model, Command::GoTo(at));
        model.say(text, true, ZERO);
    }
    model.take();
    // The current room first.
    assert_eq!(sent(&greet(&mut model, CAPS)), "JOIN #a,#b,#c\n");
    let asked: Vec<String> =
        ["#a", "#b", "#c"].iter().map(|room| sent(&hear_all(&mut model, &entry(room, "小明")))).collect();
    let after = |label: &str, room: &str, id: &str| {
        format!("@label={label} CHATHISTORY AFTER {room} msgid={id} 100\n")
    };
    assert_eq!(asked, [after("h4", "#a", "j#a"), after("h5", "#b", "m1"), after("h6", "#c", "j#c")]);
    // Live, and in the page too.
    let live = message("#c", 9, "nine");
    assert_eq!(hear_all(&mut model, std::slice::from_ref(&live)), []);
    let missed = page_of(
        "#b",
        "h5",
        &[message("#b", 2, "two"), { message("#b", 3, "kept in b").replace("小明!", "小花!") }],
    );
    let told = shown(hear_all(&mut model, &missed));
    assert_eq!(told, [of("#b", Item::Unread), of("#b", old(2, "小明", "two"))]);
    hear_all(&mut model, &page_of("#b", "h7", &[]));
    let told = shown(hear_all(&mut model, &page_of("#c", "h6", &[message("#c", 8, "eight"), live])));
    assert_eq!(told, [of("#c", Item::Unread), of("#c", old(8, "小明", "eight"))]);
    let told = shown(hear_all(&mut model, &page_of("#c", "h8", &[])));
    assert_eq!(told, [of("#c", said("小明", "nine"))]);
    // In #a nothing has arrived: the line that was lost is said again, and each in its own room.
    hear_all(&mut model, &page_of("#a", "h4", &[]));
    model.pump(ZERO);
    let said: Vec<String> =
        sent(&model.take()).lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect();
    assert_eq!(said, ["PRIVMSG #a :lost in a", "PRIVMSG #c :later in c", "PRIVMSG #a :later in a"]);
}

#[test]
fn a_room_that_is_closed_on_the_way_back_keeps_no_other_out() {
    let mut model = inside_all("", &["#a", "#b", "#c"]);
    run(&mut model, Command::GoTo(2));
    model.lost(None);
    model.come_back();
    model.take();
    run(&mut model, Command::GoTo(3));
    model.say("in c", true, ZERO);
    run(&mut model, Command::GoTo(1));
    model.take();
    greet(&mut model, "");
    let kept_out =
        |room: &str, tries_again| Item::KeptOut { room: room.to_owned(), why: "No".to_owned(), tries_again };
    let refused = shown(hear(&mut model, &[":s 474 小花 #b :No", ":s 471 小花 #c :No"]));
    assert_eq!(refused, [kept_out("#b", false), kept_out("#c", true)]);
    let back = shown(hear_all(&mut model, &entry("#a", "")));
    assert!(matches!(back[..], [Item::Back { .. }]), "{back:?}");
    assert!(say(&mut model, "in a").contains("PRIVMSG #a :in a\n"));
    model.pump(ZERO);
    let due = model.deadline().unwrap();
    model.tick(due.max(Duration::from_secs(5)));
    assert!(sent(&model.take()).contains("JOIN #c\n"));
    assert!(!hear_all(&mut model, &entry("#c", "")).contains(&Effect::Show(kept_out("#c", true))));
    model.pump(ZERO);
    assert!(sent(&model.take()).contains("PRIVMSG #c :in c\n"));
    // The one that is closed is not ours any more.
    run(&mut model, Command::GoTo(2));
    assert_eq!(model.room(), "#a");
    run(&mut model, Command::GoTo(3));
    assert_eq!(model.room(), "#c", "it keeps its number");
}

/// Nothing was told to be late any more, nor to have arrived.
#[test]
fn a_text_for_a_room_that_is_full_makes_nothing_else_late() {
    let mut model = inside_all("", &["#a", "#b"]);
    model.lost(None);
    model.come_back();
    model.take();
    greet(&mut model, "");
    hear(&mut model, &[":s 471 小花 #a :No"]);
    model.say("in a", true, ZERO);
    hear_all(&mut model, &entry("#b", ""));
    run(&mut model, Command::GoTo(2));
    for second in [10, 30] {
        let at = Duration::from_secs(second);
        model.say("slow", true, at);
        model.take();
        model.tick(at + Duration::from_secs(15));
        assert!(shown(model.take()).contains(&Item::Told(Phrase::Late)), "{second}");
        let number = second / 20 + 1;
        let told = shown(hear(&mut model, &[&format!(":s PONG s roomchat-{number}")]));
        assert_eq!(told, [Item::Told(Phrase::Arrived)]);
    }
}

#[test]
fn all_that_were_asked_for_too_fast_are_tried_again() {
    let mut model = inside_all("", &["#a", "#b"]);
    model.lost(None);
    model.come_back();
    model.take();
    greet(&mut model, "");
    let kept_out = shown(hear(&mut model, &["FAIL JOIN RATE_LIMITED 3 :Slowly"]));
    assert_eq!(kept_out.len(), 2, "{kept_out:?}");
    model.pump(ZERO);
    model.tick(Duration::from_secs(5));
    assert_eq!(sent(&model.take()), "JOIN #a\nJOIN #b\n");
}

/// What was typed for the one room was said in the other.
#[test]
fn a_room_may_lead_to_another_before_or_after_it_says_so() {
    let forward = ":s 470 小花 #vip ##other :Forwarding";
    let not_sent = Item::NotSent { text: "hi".to_owned(), why: Why::NotInRoom };
    let forwarded = Item::Forwarded { from: "#vip".to_owned(), to: "##other".to_owned() };
    for sentence in [false, true] {
        for is_first in [false, true] {
            let mut model = inside_all("", &["#lobby"]);
            run(&mut model, join("#vip"));
            model.say("hi", true, ZERO);
            model.take();
            let (told, entered) = (
                if sentence { ":s 470 小花 #vip :led elsewhere" } else { forward },
                ":小花!u@h JOIN ##other",
            );
            let mut heard = hear(&mut model, &[if is_first { told } else { entered }]);
            if sentence && is_first {
                model.say("hi", true, ZERO);
            }
            heard.extend(hear(&mut model, &[if is_first { entered } else { told }]));
            heard.extend(hear(&mut model, &[":s 353 小花 = ##other :小花", ":s 366 小花 ##other :."]));
            model.pump(ZERO);
            heard.extend(model.take());
            assert!(!sent(&heard).contains("PRIVMSG"), "{sentence} {is_first} {heard:?}");
            let items = shown(heard);
            let unsent = items.iter().filter(|item| **item == not_sent).count();
            assert_eq!(unsent, if sentence && is_first { 2 } else { 1 }, "{items:?}");
            assert_eq!(items.iter().filter(|item| **item == forwarded).count(), 1, "{items:?}");
            assert_eq!(model.room(), "##other");
            assert!(say(&mut model, "here").starts_with("PRIVMSG ##other :here\n"));
            run(&mut model, Command::GoTo(3));
            assert_eq!(model.room(), "##other", "there are two");
        }
    }
}

#[test]
fn what_was_said_while_another_room_was_current_is_counted() {
    let mut model = inside_all("", &["#lobby", "#lab"]);
    hear_all(&mut model, &[message("#lab", 1, "hi"), message("#lobby", 2, "x")]);
    let called = shown(hear_all(&mut model, &[message("#lab", 3, "小花?")]));
    assert!(matches!(&called[..], [Item::Bell, Item::OfRoom { .. }]), "{called:?}");
    let own = |name: &str, is_current, unread, mentions| OwnRoom {
        name: name.to_owned(),
        number: if name == "#lobby" { 1 } else { 2 },
        listed: (name == "#lab").then(|| (3, "tea".to_owned())),
        is_current,
        is_in: true,
        unread,
        mentions,
    };
    let listed = run(&mut model, Command::Rooms);
    assert_eq!(sent(&listed), "LIST\n");
    // Each room stands there once: ours were in both lists.
    let list = [":s 322 小花 #lab 3 :tea", ":s 322 小花 #other 1 :", ":s 323 小花 :End"];
    let other = || Item::Room { room: "#other".to_owned(), count: 1, topic: String::new() };
    let rooms = vec![own("#lobby", true, 0, 0), own("#lab", false, 2, 1)];
    assert_eq!(shown(hear(&mut model, &list)), [other(), Item::OwnRooms { rooms }]);
    run(&mut model, Command::GoTo(2));
    run(&mut model, Command::Rooms);
    let rooms = vec![own("#lobby", false, 0, 0), own("#lab", true, 0, 0)];
    assert_eq!(shown(hear(&mut model, &list)), [other(), Item::OwnRooms { rooms }]);
    // With one room nothing is told of it.
    run(&mut model, Command::Leave(None));
    run(&mut model, Command::Rooms);
    let lab = Item::Room { room: "#lab".to_owned(), count: 3, topic: "tea".to_owned() };
    assert_eq!(shown(hear(&mut model, &list)), [lab, other()]);
}

#[test]
fn the_server_is_told_what_was_read_in_each_room() {
    let mut model = inside_all(&format!("{CAPS} draft/read-marker"), &["#lobby"]);
    run(&mut model, join("#lab"));
    hear_all(&mut model, &entry("#lab", ""));
    hear_all(&mut model, &page_of("#lab", "h2", &[]));
    hear_all(&mut model, &[message("#lobby", 7, "seven")]);
    let went = sent(&run(&mut model, join("#lobby")));
    assert_eq!(went, "MARKREAD #lobby timestamp=2026-01-01T00:00:07.000Z\n");
    hear_all(&mut model, &[message("#lab", 8, "eight"), message("#lobby", 9, "nine")]);
    model.leave();
    // Of the other room nobody has seen whether it was read.
    assert_eq!(sent(&model.take()), "MARKREAD #lobby timestamp=2026-01-01T00:00:09.000Z\nQUIT\n");
}

#[test]
fn last_and_grep_are_of_the_current_room() {
    let mut model = inside_all("message-tags server-time", &["#lobby", "#lab"]);
    hear_all(&mut model, &[message("#lab", 1, "tea"), message("#lobby", 2, "tea too")]);
    let found = shown(run(&mut model, Command::Grep("tea".to_owned())));
    let texts = |items: &[Item]| -> Vec<String> {
        let text = |item: &Item| match item {
            Item::Said { text, .. } => Some(text.clone()),
            _ => None,
        };
        items.iter().filter_map(text).collect()
    };
    assert_eq!(texts(&found), ["tea too"]);
    run(&mut model, Command::GoTo(2));
    assert_eq!(texts(&shown(run(&mut model, Command::Last(5)))), ["tea"]);
}

/// The program ended.
#[test]
fn a_forward_to_a_room_that_we_are_in_goes_there() {
    let rooms = ["#a", "#b"].map(str::to_owned);
    let mut model = Model::new(&Name::parse("小花").unwrap(), None, &rooms, String::new());
    model.take();
    greet(&mut model, "");
    hear_all(&mut model, &entry("#b", "小明"));
    hear(&mut model, &[":s 470 小花 #a #b :Forwarding to another channel"]);
    assert_eq!((model.room(), model.has_several_rooms()), ("#b", false));
    assert!(say(&mut model, "hello").starts_with("PRIVMSG #b :hello\n"));
}

/// What is typed waited for ever.
#[test]
fn a_room_of_which_nothing_is_told_lets_nobody_in() {
    let mut model = inside_all("", &["#a"]);
    assert_eq!(sent(&run(&mut model, join("#b"))), "JOIN #b\n");
    model.tick(model.deadline().unwrap());
    let told = shown(model.take());
    assert!(matches!(&told[..], [Item::NotLetIn { room, .. }] if room == "#b"), "{told:?}");
    run(&mut model, join("#c"));
    let told = shown(hear(&mut model, &[":s 403 小花 * :No such channel"]));
    assert!(matches!(&told[..], [Item::NotLetIn { room, .. }] if room == "#c"), "{told:?}");
}

/// A room that was left while the server let us in came back by itself.
#[test]
fn leaving_crosses_the_way_in() {
    let mut model = inside_all("", &["#a"]);
    run(&mut model, join("#b"));
    assert_eq!(sent(&run(&mut model, Command::Leave(None))), "PART #b\n");
    let crossed = hear_all(&mut model, &entry("#b", "bob"));
    assert_eq!(crossed, [], "no second PART, and no room");
    assert_eq!(hear(&mut model, &[":小花!u@h PART #b"]), []);
    // Entered again at once, it is the second answer that counts.
    run(&mut model, join("#b"));
    run(&mut model, Command::Leave(None));
    run(&mut model, join("#b"));
    assert_eq!(hear_all(&mut model, &entry("#b", "bob")), []);
    hear(&mut model, &[":小花!u@h PART #b"]);
    assert!(model.has_several_rooms() && !model.is_inside());
    assert_eq!(shown(hear_all(&mut model, &entry("#b", "bob"))).len(), 1);
    assert!(model.is_inside());
    // A room that is tried again may be entered at the moment in which it is left.
    let mut model = inside_all("", &["#a", "#b"]);
    model.lost(None);
    model.come_back();
    model.take();
    greet(&mut model, "");
    hear_all(&mut model, &entry("#a", ""));
    hear(&mut model, &[":s 471 小花 #b :Full"]);
    assert_eq!(sent(&run(&mut model, Command::Leave(Some("#b".to_owned())))), "PART #b\n");
    assert_eq!(hear_all(&mut model, &entry("#b", "")), []);
    assert_eq!(hear(&mut model, &[":小花!u@h PART #b"]), []);
    assert!(!model.has_several_rooms());
    // Nor is it told that one is not in a room which one has left.
    run(&mut model, join("#b"));
    run(&mut model, Command::Leave(None));
    let answers = [":s 471 小花 #b :Full", ":s 442 小花 #b :You're not on that channel"];
    assert_eq!(hear(&mut model, &answers), []);
    assert_eq!(shown(hear(&mut model, &[":s 442 小花 #b :You're not on that channel"])).len(), 1);
}

/// An answer to what was said in a room before was taken for a refusal to let us in.
#[test]
fn a_late_answer_keeps_nobody_out() {
    let mut model = inside_all("", &["#a", "#b"]);
    run(&mut model, Command::GoTo(2));
    model.say("too late", true, ZERO);
    run(&mut model, Command::Leave(None));
    run(&mut model, join("#b"));
    let told = shown(hear(&mut model, &[":s 404 小花 #b :Cannot send to channel"]));
    assert!(matches!(&told[..], [Item::NotSent { .. }]), "{told:?}");
    hear(&mut model, &[":s 403 小花 #b :No such channel"]);
    assert_eq!(shown(hear_all(&mut model, &entry("#b", ""))).len(), 1);
    assert!(model.is_inside());
    // To a room that one is not in.
    run(&mut model, Command::Msg { to: "#c".to_owned(), text: "psst".to_owned() });
    run(&mut model, join("#c"));
    let told = shown(hear(&mut model, &[":s 404 小花 #c :Cannot send to channel"]));
    assert!(matches!(&told[..], [Item::NotSent { .. }]), "{told:?}");
    assert!(!model.is_inside() && model.room() == "#c");
}

/// The second was waited for, and then told to let nobody in.
#[test]
fn two_spellings_are_one_room() {
    let rooms = ["#a[b]", "#c", "#A{b}"].map(str::to_owned);
    let mut model = Model::new(&Name::parse("小花").unwrap(), None, &rooms, String::new());
    model.take();
    let lines = [":s 001 小花 :hi", ":s 005 小花 CASEMAPPING=rfc1459 :are", ":s 422 小花 :no"];
    assert_eq!(sent(&hear(&mut model, &lines)), "JOIN #a[b],#c\n");
}

/// A person who was put out of the only room was told to be in it.
#[test]
fn leaving_a_room_that_one_was_put_out_of_tells_how_to_go_back() {
    let mut model = inside_all("", &["#a"]);
    hear(&mut model, &[":bob!u@h KICK #a 小花"]);
    assert_eq!(shown(run(&mut model, Command::Leave(None))), [Item::PutOut { room: "#a".to_owned() }]);
    // There is no other to go back to.
    run(&mut model, join("#a"));
    let refused = shown(hear(&mut model, &[":s 474 小花 #a :No"]));
    assert!(matches!(&refused[..], [Item::NotLetIn { stays: false, .. }]), "{refused:?}");
}

/// What was typed for the other room was said in the one before.
#[test]
fn a_room_is_gone_into_without_a_connection() {
    let mut model = inside_all("", &["#lobby"]);
    model.lost(None);
    model.take();
    let told = run(&mut model, join("#lab"));
    assert_eq!((sent(&told).as_str(), model.room()), ("", "#lab"));
    model.say("for the lab", true, ZERO);
    model.come_back();
    model.take();
    greet(&mut model, "");
    hear(&mut model, &[":小花!u@h JOIN #lobby", ":s 353 小花 = #lobby :小花", ":s 366 小花 #lobby :."]);
    model.pump(ZERO);
    assert!(!sent(&model.take()).contains("PRIVMSG"));
    hear(&mut model, &[":小花!u@h JOIN #lab", ":s 353 小花 = #lab :小花", ":s 366 小花 #lab :."]);
    model.pump(ZERO);
    let entered = model.take();
    assert!(sent(&entered).contains("PRIVMSG #lab :for the lab"), "{entered:?}");
}

/// A room with a password let nobody in, and it is asked for with it again.
#[test]
fn a_room_is_entered_with_its_password() {
    let mut model = inside_all("", &["#lobby"]);
    let asked = run(&mut model, Command::Join("#lab".to_owned(), Some("secret".to_owned())));
    assert_eq!(sent(&asked), "JOIN #lab secret\n");
    hear(&mut model, &[":小花!u@h JOIN #lab", ":s 353 小花 = #lab :小花", ":s 366 小花 #lab :."]);
    model.lost(None);
    model.come_back();
    model.take();
    let lines = [":s 001 小花 :hi", ":s 422 小花 :no MOTD"];
    assert_eq!(sent(&hear(&mut model, &lines)), "JOIN #lobby\nJOIN #lab secret\n");
}
