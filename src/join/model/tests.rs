mod full_disk;
mod gaps;
mod history;
mod late;
mod lines;
mod lookups;
mod moderation;
mod odd;
mod paced;
mod redact;
mod refused;
mod repeats;
mod rooms;
mod sources;
mod unechoed;

use super::*;
use crate::text::{Name, Phrase};
use crate::wire::Message;
use std::time::Duration;

const ZERO: Duration = Duration::ZERO;

fn hear(model: &mut Model, lines: &[&str]) -> Vec<Effect> {
    lines.iter().for_each(|line| model.on_message(&Message::parse(line).unwrap()));
    model.take()
}

fn sent(effects: &[Effect]) -> String {
    let bytes = effects.iter().filter_map(|effect| match effect {
        Effect::Send(bytes) => Some(String::from_utf8(bytes.clone()).unwrap()),
        _ => None,
    });
    bytes.collect::<String>().replace("\r\n", "\n")
}

fn shown(effects: Vec<Effect>) -> Vec<Item> {
    let items = effects.into_iter().filter_map(|effect| match effect {
        Effect::Show(mut item) => {
            // Ids are not compared.
            if let Item::Said { id, .. } = item.inner_mut() {
                *id = None;
            }
            Some(item)
        }
        _ => None,
    });
    items.collect()
}

fn said(name: &str, text: &str) -> Item {
    let from = match name {
        "" => Speaker::Me,
        name => Speaker::Other(name.to_owned()),
    };
    Item::Said { from, text: text.to_owned(), form: Form::Room, mention: None, at: None, id: None }
}

fn new(name: &str) -> Model {
    let mut model = Model::new(&Name::parse(name).unwrap(), None, &[], "127.0.0.1:7000".to_owned());
    model.take();
    model
}

/// In the room, with these capabilities.
fn inside(caps: &str) -> Model {
    let mut model = new("小花");
    let ack = format!("CAP 小花 ACK :{caps}");
    hear(&mut model, &[&ack, ":s 001 小花 :hi", ":s 422 小花 :no MOTD"]);
    let entered = hear(
        &mut model,
        &[":小花!u@h JOIN #lobby", ":s 353 小花 = #lobby :小花 @小明", ":s 366 小花 #lobby :."],
    );
    assert!(entered.contains(&Effect::Entered));
    model
}

#[test]
fn coming_in_without_any_capability() {
    let mut model = Model::new(&Name::parse("小花").unwrap(), None, &[], String::new());
    assert_eq!(sent(&model.take()), "CAP LS 302\nNICK 小花\nUSER guest 0 * :小花\n");
    let burst =
        [":s 421 小花 CAP :Unknown", ":s 001 小花 :hi", ":s 005 小花 FIRSTROOM=#here PREFIX=(ov)@+ :are"];
    assert_eq!(hear(&mut model, &burst), []);
    assert_eq!(sent(&hear(&mut model, &[":s 376 小花 :End"])), "JOIN #here\n");
}

/// The header comes once all names are known.
#[test]
fn header_comes_with_all_names() {
    let mut model = new("小花");
    hear(&mut model, &[":s 001 小花 :hi", ":s 422 小花 :no MOTD"]);
    let lines = [
        ":小花!u@h JOIN #lobby",
        ":s 332 小花 #lobby :tea",
        ":s 353 小花 = #lobby :小花 @小明",
        ":s 366 小花 #lobby :End",
    ];
    let header = Item::Header {
        name: "小花".to_owned(),
        room: "#lobby".to_owned(),
        address: "127.0.0.1:7000".to_owned(),
        kept: None,
        people: vec!["@小明".to_owned(), "小花".to_owned()],
    };
    let topic = Item::TopicIs { topic: "tea".to_owned() };
    assert_eq!(shown(hear(&mut model, &lines)), [header, topic, Item::Told(Phrase::Hint)]);
}

#[test]
fn comings_and_goings_and_talk() {
    let mut model = inside("");
    let lines = [
        ":小安!u@h JOIN #lobby",
        ":小安!u@h PRIVMSG #lobby :哈囉",
        ":小安!u@h PRIVMSG #lobby :\x01ACTION 揮手\x01",
        ":小安!u@h PRIVMSG 小花 :psst",
        ":小安!u@h NICK 安安",
        ":安安!u@h QUIT :Quit: ",
        ":小明!u@h PART #lobby :tea time",
        ":stranger!u@h QUIT :never here",
        ":s.example NOTICE 小花 :rebooting",
    ];
    let owned = str::to_owned;
    assert_eq!(
        shown(hear(&mut model, &lines)),
        [
            Item::Entered { name: owned("小安") },
            said("小安", "哈囉"),
            Item::Said {
                from: Speaker::Other(owned("小安")),
                text: owned("揮手"),
                form: Form::Action,
                mention: None,
                at: None,
                id: None,
            },
            Item::Bell,
            Item::Said {
                from: Speaker::Other(owned("小安")),
                text: owned("psst"),
                form: Form::Private { to: None },
                mention: None,
                at: None,
                id: None,
            },
            Item::Renamed { old: owned("小安"), new: owned("安安") },
            Item::Left { name: owned("安安"), reason: None },
            Item::Left { name: owned("小明"), reason: Some(owned("tea time")) },
            Item::Server { text: owned("rebooting") },
        ]
    );
}

#[test]
fn the_bell_rings_for_what_it_was_told_to() {
    let mut model = inside("echo-message labeled-response batch");
    let lines = [
        "PRIVMSG #lobby :大家好",
        "PRIVMSG #lobby :嗨 小花",
        "PRIVMSG #lobby :\x01ACTION 找小花\x01",
        "PRIVMSG 小花 :psst",
        "JOIN #lobby",
        "TOPIC #lobby :小花",
    ];
    for (bell, rung) in [
        (Bell::Mention, [false, true, true, true, false, false]),
        (Bell::Off, [false; 6]),
        (Bell::All, [true, true, true, true, false, false]),
    ] {
        model.run(Command::Bell(Some(bell)), ZERO);
        assert_eq!(shown(model.take()), [Item::BellIs(bell)]);
        let rings =
            lines.map(|line| shown(hear(&mut model, &[&format!(":小安!u@h {line}")])).contains(&Item::Bell));
        assert_eq!(rings, rung, "{bell:?}");
        hear(&mut model, &[":小安!u@h PART #lobby"]);
        model.say("我是小花", false, ZERO);
        let label = sent(&model.take()).split(' ').next().unwrap().to_owned();
        let echo = hear(&mut model, &[&format!("{label} :小花!u@h PRIVMSG #lobby :我是小花")]);
        assert_eq!(shown(echo), [said("", "我是小花")], "{bell:?}");
    }
}

#[test]
fn with_labels_the_echo_confirms() {
    let mut model = inside("echo-message labeled-response batch");
    model.say("哈囉", false, ZERO);
    assert_eq!(sent(&model.take()), "@label=r1 PRIVMSG #lobby :哈囉\n");
    assert!(!model.is_settled());
    let echo = hear(&mut model, &["@label=r1 :小花!u@h PRIVMSG #lobby :哈囉"]);
    assert_eq!(shown(echo), [said("", "哈囉")]);
    assert!(model.is_settled());
}

/// With labels a refusal finds its line, also within a batch.
#[test]
fn labelled_refusal_finds_its_line() {
    let mut model = inside("echo-message labeled-response batch");
    model.say("one", false, ZERO);
    model.say("two", false, ZERO);
    let answers = [
        "@label=r2 :s BATCH +x labeled-response",
        "@batch=x :s 404 小花 #lobby :Muted",
        ":s BATCH -x",
        "@label=r1 :小花!u@h PRIVMSG #lobby :one",
    ];
    let not_sent = Item::NotSent { text: "two".to_owned(), why: Why::Server("Muted".to_owned()) };
    assert_eq!(shown(hear(&mut model, &answers)), [not_sent, said("", "one")]);
    assert!(model.is_settled());
}

#[test]
fn without_capabilities_a_fence_confirms() {
    let mut model = inside("");
    model.say("one", false, ZERO);
    assert_eq!(sent(&model.take()), "PRIVMSG #lobby :one\nPING roomchat-1\n");
    model.say("two", false, ZERO);
    let answers = [":s PONG s roomchat-1", ":s 404 小花 #lobby :Cannot send", ":s PONG s roomchat-2"];
    let not_sent = Item::NotSent { text: "two".to_owned(), why: Why::Server("Cannot send".to_owned()) };
    assert_eq!(shown(hear(&mut model, &answers)), [said("", "one"), not_sent]);
    assert!(model.is_settled());
}

/// A line whose echo does not come before the fence was not sent.
#[test]
fn no_echo_before_the_fence() {
    let mut model = inside("echo-message");
    model.say("one", false, ZERO);
    model.say("two", false, ZERO);
    let answers = [":s PONG s :roomchat-1", ":小花!u@h PRIVMSG #lobby :two", ":s PONG s :roomchat-2"];
    let lost = Item::NotSent { text: "one".to_owned(), why: Why::Unanswered };
    assert_eq!(shown(hear(&mut model, &answers)), [lost, said("", "two")]);
}

/// A long line is sent in pieces that fit with our `name!user@host` before them.
#[test]
fn long_line_is_sent_in_pieces() {
    let mut model = inside("echo-message labeled-response batch");
    hear(&mut model, &[":s 005 小花 FIRSTROOM=#lobby :are supported"]);
    model.say(&"長".repeat(400), false, ZERO);
    let sent = sent(&model.take());
    let lines: Vec<&str> = sent.lines().collect();
    assert_eq!(lines.len(), 3);
    for line in lines {
        let body = line.split_once(' ').unwrap().1;
        assert!(body.len() + 2 + ":小花!u@h ".len() <= 512, "{}", body.len());
    }
}

/// What is typed can't become another protocol command.
#[test]
fn typed_text_is_no_command() {
    let mut model = inside("");
    model.say("a\r\nQUIT\0\n\nb", false, ZERO);
    let sent = sent(&model.take());
    let said: Vec<&str> = sent.lines().filter(|line| !line.starts_with("PING ")).collect();
    assert_eq!(said, ["PRIVMSG #lobby :a", "PRIVMSG #lobby :QUIT", "PRIVMSG #lobby :b"]);
}

#[test]
fn a_refused_name_ends_the_attempt() {
    let mut model = new("小花");
    let over = hear(&mut model, &[":s 433 * 小花 :Nickname is already in use."]);
    let why = "Nickname is already in use.".to_owned();
    assert_eq!(over, [Effect::Over(Ending::NameRefused { name: "小花".to_owned(), taken: true, why })]);
}

#[test]
fn a_refused_room_ends_the_attempt() {
    let mut model = new("小花");
    hear(&mut model, &[":s 001 小花 :hi", ":s 422 小花 :no MOTD"]);
    let over = hear(&mut model, &[":s 473 小花 #LOBBY :Invite only"]);
    let why = "Invite only".to_owned();
    assert_eq!(over, [Effect::Over(Ending::RoomRefused { room: "#lobby".to_owned(), why })]);
}

#[test]
fn the_servers_last_words_are_kept() {
    let mut model = inside("");
    hear(&mut model, &["ERROR :Closing link: 10.0.0.1 (too slow (very))"]);
    model.say("lost", false, ZERO);
    model.take();
    model.lost(Some("reset".to_owned()));
    let lost = Item::NotSent { text: "lost".to_owned(), why: Why::Unknown };
    let over = Ending::Closed { why: Some("too slow (very)".to_owned()) };
    assert_eq!(model.take(), [Effect::Show(lost), Effect::Over(over)]);
}

/// The server's last words are shown without what servers put around them.
#[test]
fn last_words_are_bare() {
    for (words, reason) in [
        ("Closing link: 10.0.0.1 (too slow (very))", "too slow (very)"),
        ("Closing link: (hua@10.0.0.1) [Excess Flood]", "Excess Flood"),
        ("Closing link: (hua@10.0.0.1) [a [b] (c)]", "a [b] (c)"),
        ("Request too long", "Request too long"),
        ("Closing link: ()", "Closing link: ()"),
    ] {
        let mut model = inside("");
        hear(&mut model, &[&format!("ERROR :{words}")]);
        model.lost(None);
        let over = Ending::Closed { why: Some(reason.to_owned()) };
        assert_eq!(model.take(), [Effect::Over(over)], "{words}");
    }
}

/// A line for which the server puts somebody out counts as not sent: the server drops it without an answer.
#[test]
fn line_that_caused_a_kick() {
    let kick = ":s KICK #lobby 小花 :Channel flood triggered";
    for (caps, answers) in [
        ("", [":s PONG s roomchat-1", kick, ":s PONG s roomchat-2"]),
        ("labeled-response batch", ["@label=r1 :s ACK", kick, "@label=r2 :s ACK"]),
    ] {
        let mut model = inside(caps);
        for text in ["one", "two", "three"] {
            model.say(text, true, ZERO);
        }
        model.take();
        let told = shown(hear(&mut model, &answers));
        let two = Item::NotSent { text: "two".to_owned(), why: Why::Unanswered };
        assert_eq!(told[2..], [two], "{told:?}");
        let refusal = match caps {
            "" => ":s 404 小花 #lobby :no",
            _ => "@label=r3 :s 404 小花 #lobby :no",
        };
        let three = Item::NotSent { text: "three".to_owned(), why: Why::Server("no".to_owned()) };
        assert_eq!(shown(hear(&mut model, &[refusal])), [three]);
        hear(&mut model, &[":s PONG s roomchat-3"]);
        assert!(model.is_settled() && !model.is_delivered());
    }
}

/// After a KICK only the person enters the room again, also after a lost connection.
#[test]
fn a_kick_is_undone_by_the_person_alone() {
    let mut model = inside("");
    let room = "#lobby".to_owned();
    let put_out = Item::PutOut { room: room.clone() };
    let kicked = hear(&mut model, &[":小明!u@h KICK #lobby 小花 :spam", ":小明!u@h QUIT :bye"]);
    let (name, by, reason) = ("小花".to_owned(), "小明".to_owned(), Some("spam".to_owned()));
    assert_eq!(shown(kicked), [Item::Kicked { name, by, reason }, put_out.clone()]);
    model.say("hm", false, ZERO);
    assert_eq!(shown(model.take()), [Item::NotSent { text: "hm".to_owned(), why: Why::NotInRoom }]);
    model.run(Command::Who(1), ZERO);
    assert_eq!(shown(model.take()), [Item::NoRoom]);
    model.lost(None);
    model.come_back();
    model.take();
    let back = hear(&mut model, &[":s 001 小花 :hi", ":s 422 小花 :no"]);
    assert_eq!(back, [Effect::Show(put_out)]);
    model.run(Command::Join(room, None), ZERO);
    assert_eq!(model.take(), [Effect::Send(b"JOIN #lobby\r\n".to_vec())]);
    hear(&mut model, &[":小花!u@h JOIN #lobby", ":s 353 小花 = #lobby :小花", ":s 366 小花 #lobby :end"]);
    assert!(model.is_inside());
    model.run(Command::Who(1), ZERO);
    assert!(matches!(shown(model.take())[..], [Item::People { .. }]));
}

/// A KICK while the room is being entered leaves a prompt: once everything ended a minute later.
#[test]
fn a_kick_on_the_way_in_leaves_a_prompt() {
    let mut model = inside("");
    model.lost(None);
    model.come_back();
    model.take();
    hear(&mut model, &[":s 001 小花 :hi", ":s 422 小花 :no", ":小花!u@h JOIN #lobby"]);
    let kicked = shown(hear(&mut model, &[":小明!u@h KICK #lobby 小花 :no"]));
    assert!(matches!(kicked[..], [Item::Kicked { .. }, Item::PutOut { .. }]), "{kicked:?}");
    assert!(model.is_inside());
    model.run(Command::Clear, ZERO);
    assert_eq!(shown(model.take()), [Item::Clear]);
    // Another person's arrival is not told as ours.
    hear(&mut model, &[":小花!u@h JOIN #b", ":s 353 小花 = #b :小花 bob"]);
    let other = shown(hear(&mut model, &[":小明!u@h KICK #b bob :no"]));
    assert!(matches!(other[..], [Item::OfRoom { .. }]), "{other:?}");
}

/// A KILL ends the conversation: once the program reconnected.
#[test]
fn a_kill_ends_it() {
    let mut model = inside("");
    hear(&mut model, &["ERROR :Closing link: (h) [Killed (root (spam))]"]);
    model.lost(None);
    let over = Ending::Killed { why: "Killed (root (spam))".to_owned() };
    assert_eq!(model.take(), [Effect::Over(over)]);
    let mut model = inside("");
    let collision = "Killed (irc.example.net (Nick collision))";
    hear(&mut model, &[&format!("ERROR :Closing link: (h) [{collision}]")]);
    model.lost(None);
    let over = Ending::Closed { why: Some(collision.to_owned()) };
    assert_eq!(model.take(), [Effect::Over(over)]);
}
