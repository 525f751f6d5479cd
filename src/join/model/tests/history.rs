//! What was said before, and what was said meanwhile.

use super::*;

const CAPS: &str =
    "message-tags server-time echo-message labeled-response batch draft/chathistory draft/read-marker";
pub(super) const ENTRY: [&str; 3] = [
    "@time=2026-01-01T00:00:00.000Z;msgid=m0 :小花!u@h JOIN #lobby",
    ":s 353 小花 = #lobby :小花 @小明",
    ":s 366 小花 #lobby :.",
];

/// A message of 小明, or of who stands before the colon.
pub(super) fn message(id: u32, text: &str) -> String {
    let (name, text) = text.split_once(": ").unwrap_or(("小明", text));
    format!("@time=2026-01-01T00:00:{id:02}.000Z;msgid=m{id} :{name}!u@h PRIVMSG #lobby :{text}")
}

fn at(id: u32) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_second(1_767_225_600 + i64::from(id)).ok()
}

/// A message that is shown with its own time.
pub(super) fn old(id: u32, name: &str, text: &str) -> Item {
    match said(name, text) {
        Item::Said { from, text, form, mention, .. } => {
            Item::Said { from, text, form, mention, at: at(id), id: None }
        }
        _ => unreachable!(),
    }
}

/// The answer to the question with this label.
pub(super) fn page(label: &str, messages: &[String]) -> Vec<String> {
    let inside = messages.iter().map(|message| message.replacen('@', "@batch=b;", 1));
    let open = format!("@label={label} :s BATCH +b chathistory #lobby");
    std::iter::once(open).chain(inside).chain(["BATCH -b".to_owned()]).collect()
}

pub(super) fn hear_all(model: &mut Model, lines: &[String]) -> Vec<Effect> {
    hear(model, &lines.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Connected anew to our own server, up to the end of the names; what that has brought.
pub(super) fn connect(model: &mut Model, name: &str) -> Vec<Effect> {
    connect_to(model, name, "roomchat-0.1")
}

/// The same to a server that calls itself so.
fn connect_to(model: &mut Model, name: &str, version: &str) -> Vec<Effect> {
    let ack = format!("CAP {name} ACK :{CAPS}");
    let greeting = [format!(":s 001 {name} :hi"), format!(":s 004 {name} s {version} B imnt")];
    hear(model, &[&ack, &greeting[0], &greeting[1], ":s 422 * :no MOTD"]);
    hear_all(model, &ENTRY.map(|line| line.replace("小花", name)))
}

/// In the room, with an empty past.
pub(super) fn inside_with_past() -> Model {
    let mut model = new("小花");
    let asked = connect(&mut model, "小花");
    assert_eq!(sent(&asked), "@label=h1 CHATHISTORY LATEST #lobby * 20\n");
    let entered = hear_all(&mut model, &page("h1", &[]));
    assert_eq!(entered.last(), Some(&Effect::Entered));
    model
}

pub(super) fn come_back(model: &mut Model) -> String {
    model.lost(None);
    model.take();
    model.come_back();
    model.take();
    sent(&connect(model, "小花"))
}

/// On entering, the last messages are shown with a line below them.
#[test]
fn entering_shows_the_last_messages() {
    let mut model = new("小花");
    let header = connect(&mut model, "小花");
    assert!(matches!(shown(header)[..], [Item::Header { .. }]));
    // Said now, and so part of the past as well as live.
    assert_eq!(hear_all(&mut model, &[message(3, "three"), ":小明!u@h NICK 明明".to_owned()]), []);
    let past = [message(1, "one"), message(2, "小花: two"), message(3, "three")];
    let entered = hear_all(&mut model, &page("h1", &past));
    assert_eq!(
        shown(entered),
        [
            old(1, "小明", "one"),
            // It is not known whose name that was then.
            old(2, "小花", "two"),
            Item::Earlier,
            Item::Told(Phrase::Hint),
            said("小明", "three"),
            Item::Renamed { old: "小明".to_owned(), new: "明明".to_owned() },
        ]
    );
}

/// Nobody waits for the past that the server does not tell.
#[test]
fn a_refused_question_is_given_up() {
    for answer in ["@label=h1 FAIL CHATHISTORY MESSAGE_ERROR LATEST #lobby :no", "@label=h1 ACK"] {
        let mut model = new("小花");
        connect(&mut model, "小花");
        assert_eq!(shown(hear(&mut model, &[answer])), [Item::Told(Phrase::Hint)], "{answer:?}");
        model.pump(ZERO);
        assert!(model.is_inside() && model.deadline().is_none());
    }
}

/// Everything that was said meanwhile is shown once and in order.
#[test]
fn missed_messages_are_shown_once() {
    let mut model = inside_with_past();
    hear_all(&mut model, &[message(1, "one"), message(2, "two")]);
    assert_eq!(come_back(&mut model), "@label=h2 CHATHISTORY AFTER #lobby msgid=m2 100\n");
    assert_eq!(hear_all(&mut model, &[message(6, "live")]), []);
    let first = hear_all(&mut model, &page("h2", &[message(3, "three"), message(4, "four")]));
    assert_eq!(sent(&first), "@label=h3 CHATHISTORY AFTER #lobby msgid=m4 100\n");
    assert_eq!(shown(first), [Item::Unread, old(3, "小明", "three"), old(4, "小明", "four")]);
    let second = hear_all(&mut model, &page("h3", &[message(5, "five"), message(6, "live")]));
    assert_eq!(sent(&second), "@label=h4 CHATHISTORY AFTER #lobby msgid=m6 100\n");
    assert_eq!(shown(second), [old(5, "小明", "five")]);
    assert!(!model.is_inside());
    let last = hear_all(&mut model, &page("h4", &[]));
    assert_eq!(shown(last), [said("小明", "live")]);
    assert!(model.is_inside());
}

#[test]
fn where_nothing_was_said_nothing_is_unread() {
    let mut model = inside_with_past();
    assert_eq!(come_back(&mut model), "@label=h2 CHATHISTORY AFTER #lobby msgid=m0 100\n");
    assert_eq!(shown(hear_all(&mut model, &page("h2", &[]))), []);
    assert_eq!(shown(hear_all(&mut model, &[message(3, "later")])), [said("小明", "later")]);
}

#[test]
fn only_lost_lines_are_sent_again() {
    let mut model = inside_with_past();
    for text in ["kept", "lost", "kept"] {
        model.say(text, true, ZERO);
    }
    model.say("/etc", false, ZERO);
    model.lost(None);
    let lost = shown(model.take());
    assert_eq!(lost, [], "nobody knows yet what became of them");
    model.come_back();
    model.say("meanwhile", true, ZERO);
    connect(&mut model, "小花");
    let past = [
        message(1, "小花: kept"),
        message(2, "小明: kept"),
        message(3, "小花: kept"),
        message(4, "小花: /etc"),
    ];
    let missed = hear_all(&mut model, &page("h2", &past));
    assert_eq!(shown(missed), [Item::Unread, old(2, "小明", "kept"), old(4, "", "/etc")]);
    hear_all(&mut model, &page("h3", &[]));
    model.pump(ZERO);
    assert_eq!(sent(&model.take()), "@label=r5 PRIVMSG #lobby :lost\n@label=r6 PRIVMSG #lobby :meanwhile\n");
}

/// Where the past can't tell whether a line arrived, it is not sent again.
#[test]
fn without_a_past_nothing_is_sent_twice() {
    let not_sent = Item::NotSent { text: "hm".to_owned(), why: Why::Unknown };
    // Another run of the server knows no ids of this one.
    let mut model = inside_with_past();
    hear_all(&mut model, &[message(2, "two")]);
    model.say("hm", true, ZERO);
    assert_eq!(come_back(&mut model), "@label=h2 CHATHISTORY AFTER #lobby msgid=m2 100\n");
    let refused =
        hear(&mut model, &["@label=h2 FAIL CHATHISTORY MESSAGE_ERROR AFTER #lobby msgid=m2 :unknown"]);
    assert_eq!(sent(&refused), "@label=h3 CHATHISTORY AFTER #lobby timestamp=2026-01-01T00:00:01.999Z 100\n");
    // What is of the same millisecond is known.
    let missed = hear_all(&mut model, &page("h3", &[message(2, "two"), message(3, "three")]));
    assert_eq!(shown(missed), [Item::Unread, old(3, "小明", "three")]);
    assert_eq!(shown(hear_all(&mut model, &page("h4", &[]))), vec![not_sent.clone()]);
    model.pump(ZERO);
    assert_eq!(model.take(), []);
    // While somebody has our name it may be our own other connection, with a line to come.
    let mut model = inside_with_past();
    model.say("hm", true, ZERO);
    model.lost(None);
    model.come_back();
    model.take();
    hear(&mut model, &[":s 433 * 小花 :Nickname is already in use."]);
    connect(&mut model, "小花_");
    assert_eq!(shown(hear_all(&mut model, &page("h2", &[]))), vec![not_sent.clone()]);
    // Nobody comes back.
    let mut model = inside_with_past();
    model.say("hm", true, ZERO);
    model.lost(None);
    model.take();
    assert!(!model.is_settled());
    model.give_up();
    assert_eq!(shown(model.take()), [not_sent]);
}

/// An empty page was taken as proof: a line whose echo was lost was said twice, and what was missed
/// never shown.
#[test]
fn an_empty_page_proves_nothing_on_another_server() {
    let by_id = "@label=h2 CHATHISTORY AFTER #lobby msgid=m2 100\n";
    let by_time = "@label=h3 CHATHISTORY AFTER #lobby timestamp=2026-01-01T00:00:01.999Z 100\n";
    let back = |past: &[String]| {
        let mut model = new("小花");
        connect_to(&mut model, "小花", "UnrealIRCd-6.1.4");
        hear_all(&mut model, &page("h1", &[]));
        hear_all(&mut model, &[message(2, "two")]);
        model.say("hm", true, ZERO);
        model.lost(None);
        model.come_back();
        model.take();
        assert_eq!(sent(&connect_to(&mut model, "小花", "UnrealIRCd-6.1.4")), by_id);
        let asked = hear_all(&mut model, &page("h2", &[]));
        assert_eq!((sent(&asked).as_str(), shown(asked)), (by_time, vec![]));
        let mut told = shown(hear_all(&mut model, &page("h3", past)));
        told.extend(shown(hear_all(&mut model, &page("h4", &[]))));
        model.pump(ZERO);
        (told, sent(&model.take()))
    };
    let not_sent = Item::NotSent { text: "hm".to_owned(), why: Why::Unknown };
    // A room without +H has no past (UnrealIRCd).
    assert_eq!(back(&[]), (vec![not_sent.clone()], String::new()));
    // Another run of the server has other ids (ergo).
    let past = [message(2, "two"), message(3, "three")].map(|line| line.replace("msgid=m", "msgid=n"));
    let missed = vec![Item::Unread, old(3, "小明", "three"), not_sent];
    assert_eq!(back(&past), (missed, String::new()));
    // It knows where we had stopped, and nothing was said since.
    let again = (vec![], "@label=r2 PRIVMSG #lobby :hm\n".to_owned());
    assert_eq!(back(&[message(2, "two")]), again);
}

#[test]
fn a_loss_while_catching_up_is_made_up_for() {
    let mut model = inside_with_past();
    come_back(&mut model);
    hear_all(&mut model, &page("h2", &[message(1, "one")]));
    let private = ":小明!u@h PRIVMSG 小花 :psst".to_owned();
    hear_all(&mut model, &[message(3, "three"), private]);
    model.lost(None);
    let lost = shown(model.take());
    assert!(matches!(&lost[..], [Item::Bell, Item::Said { text, .. }] if text == "psst"), "{lost:?}");
    model.come_back();
    model.take();
    assert_eq!(sent(&connect(&mut model, "小花")), "@label=h4 CHATHISTORY AFTER #lobby msgid=m1 100\n");
    let missed = hear_all(&mut model, &page("h4", &[message(2, "two"), message(3, "three")]));
    assert_eq!(shown(missed), [Item::Unread, old(2, "小明", "two"), old(3, "小明", "three")]);
}

/// The past is not waited for where too much is held back meanwhile.
#[test]
fn held_messages_are_bounded() {
    let mut model = new("小花");
    connect(&mut model, "小花");
    let flood: Vec<String> = (0..5000).map(|_| message(1, "x")).collect();
    assert_eq!(shown(hear_all(&mut model, &flood)).len(), 5002);
    assert!(model.is_inside());
}

#[test]
fn last_pages_back_until_it_has_enough() {
    let mut model = inside_with_past();
    let lines: Vec<String> = (1..=3).map(|n| message(n, "x")).collect();
    model.run(Command::Last(3), ZERO);
    assert_eq!(sent(&model.take()), "@label=h2 CHATHISTORY LATEST #lobby * 3\n");
    // The server may give fewer at once.
    let more = hear_all(&mut model, &page("h2", &lines[1..]));
    assert_eq!(sent(&more), "@label=h3 CHATHISTORY BEFORE #lobby msgid=m2 1\n");
    let found = shown(hear_all(&mut model, &page("h3", &lines[..1])));
    let x = |n| old(n, "小明", "x");
    assert_eq!(found, [Item::Told(Phrase::LastOnes { count: 3 }), x(1), x(2), x(3), Item::Earlier]);
    // And what is there is less than was asked for.
    model.run(Command::Last(9), ZERO);
    model.take();
    hear_all(&mut model, &page("h4", &lines));
    assert!(!model.is_settled(), "a pipe that ends waits for it");
    let found = shown(hear_all(&mut model, &page("h5", &[])));
    assert_eq!(found.first(), Some(&Item::Told(Phrase::LastOnes { count: 3 })));
    assert!(model.is_settled());
}

#[test]
fn grep_finds_the_past_and_private_messages() {
    let mut model = inside_with_past();
    hear(&mut model, &["@time=2026-01-01T00:00:03.000Z;msgid=p :小明!u@h PRIVMSG 小花 :Tea, secretly"]);
    model.run(Command::Grep("tea".to_owned()), ZERO);
    assert_eq!(sent(&model.take()), "@label=h2 CHATHISTORY LATEST #lobby * 100\n");
    // A second question waits for the first.
    model.run(Command::Grep("none".to_owned()), ZERO);
    assert!(!model.has_room());
    hear_all(&mut model, &page("h2", &[message(2, "TEA"), message(4, "bob: tea?")]));
    hear_all(&mut model, &page("h3", &[message(1, "coffee")]));
    let found = shown(hear_all(&mut model, &page("h4", &[])));
    assert_eq!(found[0], Item::Found { word: "tea".to_owned(), count: 3, room: None });
    let hits = found[1..].iter().filter_map(|item| match item {
        Item::Said { text, mention, .. } => Some((text.as_str(), mention.as_deref())),
        _ => None,
    });
    let tea = Some("tea");
    assert_eq!(hits.collect::<Vec<_>>(), [("TEA", tea), ("Tea, secretly", tea), ("tea?", tea)]);
    let none = shown(hear_all(&mut model, &page("h5", &[])));
    assert_eq!(none, [Item::Found { word: "none".to_owned(), count: 0, room: None }]);
}

/// The answer to a search.
fn hits(label: &str, messages: &[String]) -> Vec<String> {
    let mut lines = page(label, messages);
    lines[0] = format!("@label={label} :s BATCH +b soju.im/search");
    lines
}

/// Of the millisecond at which a page of hits ended the rest was not found.
#[test]
fn grep_finds_all_of_one_millisecond() {
    let tea = |id: u32| format!("@time=2026-01-01T00:00:01.000Z;msgid=t{id} :bob!u@h PRIVMSG #lobby :tea");
    let teas = |from: u32, to: u32| (from..to).map(tea).collect::<Vec<_>>();
    let mut model = inside_with_past();
    hear(&mut model, &["CAP 小花 ACK :soju.im/search"]);
    model.run(Command::Grep("tea".to_owned()), ZERO);
    model.take();
    let before = "before=2026-01-01T00:00:01.001Z";
    let more = hear_all(&mut model, &hits("h2", &[teas(30, 129), vec![message(2, "tea")]].concat()));
    assert_eq!(sent(&more), format!("@label=h3 SEARCH in=#lobby;text=tea;limit=400;{before}\n"));
    // No search finds what stands before a whole page of one millisecond.
    let more = hear_all(&mut model, &hits("h3", &teas(29, 129)));
    assert_eq!(sent(&more), format!("@label=h4 SEARCH in=#lobby;text=tea;limit=399;{before}\n"));
    let more = hear_all(&mut model, &hits("h4", &teas(29, 129)));
    assert_eq!(sent(&more), "@label=h5 CHATHISTORY BEFORE #lobby msgid=t29 100\n");
    hear_all(&mut model, &page("h5", &teas(1, 29)));
    let found = shown(hear_all(&mut model, &page("h6", &[])));
    assert_eq!(found[0], Item::Found { word: "tea".to_owned(), count: 129, room: None });
}

/// All that the server keeps was looked through page by page, ten thousand messages at most.
#[test]
fn grep_lets_the_server_search() {
    let mut model = inside_with_past();
    hear(&mut model, &["CAP 小花 ACK :soju.im/search", &message(5, "teapots")]);
    model.run(Command::Grep("tea; 茶".to_owned()), ZERO);
    assert_eq!(sent(&model.take()), "@label=h2 SEARCH in=#lobby;text=tea\\:\\s茶;limit=500\n");
    let none = shown(hear(&mut model, &["@label=h2 :s BATCH +b soju.im/search", "BATCH -b"]));
    assert_eq!(none, [Item::Found { word: "tea; 茶".to_owned(), count: 0, room: None }]);
    model.run(Command::Grep("tea".to_owned()), ZERO);
    model.take();
    // The server may give fewer at once.
    let more = hear_all(&mut model, &hits("h3", &[message(2, "bob: tea?")]));
    assert_eq!(
        sent(&more),
        "@label=h4 SEARCH in=#lobby;text=tea;limit=499;before=2026-01-01T00:00:02.001Z\n"
    );
    hear_all(&mut model, &hits("h4", &[message(1, "Tea"), message(2, "bob: tea?")]));
    let found = shown(hear_all(&mut model, &hits("h5", &[message(1, "Tea")])));
    assert_eq!(
        found[0],
        Item::Found { word: "tea".to_owned(), count: 3, room: None },
        "with what is part of a word here"
    );
    // What it can't do is done as if it could not search.
    model.run(Command::Grep("tea".to_owned()), ZERO);
    model.take();
    let asked = hear(&mut model, &["@label=h6 FAIL SEARCH INTERNAL_ERROR :no"]);
    assert_eq!(sent(&asked), "@label=h7 CHATHISTORY LATEST #lobby * 100\n");
    assert_eq!(shown(asked), []);
}

/// It was taken for another run of the server: what was missed was never shown.
#[test]
fn a_page_that_takes_too_long_is_asked_for_again() {
    let mut model = inside_with_past();
    hear(&mut model, &[&message(1, "one")]);
    model.lost(None);
    model.come_back();
    model.take();
    let mut asked = connect(&mut model, "小花");
    for number in 2..10 {
        assert_eq!(sent(&asked), format!("@label=h{number} CHATHISTORY AFTER #lobby msgid=m1 100\n"));
        asked = hear(&mut model, &[&format!("@label=h{number} FAIL CHATHISTORY TRY_AGAIN :later")]);
    }
    let missed = shown(hear_all(&mut model, &page("h10", &[message(2, "two")])));
    assert!(missed.contains(&old(2, "小明", "two")), "{missed:?}");
}

#[test]
fn without_a_past_there_is_the_backlog() {
    let mut model = inside("");
    hear(&mut model, &[":bob!u@h PRIVMSG #lobby :tea", ":bob!u@h PRIVMSG #lobby :coffee"]);
    for (command, head) in [
        (Command::Last(1), Item::Told(Phrase::LastOnes { count: 1 })),
        (Command::Grep("COFFEE".to_owned()), Item::Found { word: "COFFEE".to_owned(), count: 1, room: None }),
    ] {
        model.run(command, ZERO);
        let found = shown(model.take());
        assert_eq!(found[..2], [Item::Told(Phrase::OnlyThisRun), head]);
        assert!(
            matches!(&found[2..], [Item::Said { text, .. }, Item::Earlier] if text == "coffee"),
            "{found:?}"
        );
    }
}

/// The unread line stands where the person had stopped reading.
#[test]
fn unread_line_where_reading_stopped() {
    // Where another program of ours has read, as the server tells.
    let mut model = new("小花");
    hear(&mut model, &[&format!("CAP 小花 ACK :{CAPS}"), ":s 001 小花 :hi", ":s 422 * :no MOTD", ENTRY[0]]);
    hear(&mut model, &[":s MARKREAD #lobby timestamp=2026-01-01T00:00:01.000Z", ENTRY[1], ENTRY[2]]);
    let entered = shown(hear_all(&mut model, &page("h1", &[message(1, "one"), message(2, "two")])));
    let unread =
        [old(1, "小明", "one"), Item::Unread, old(2, "小明", "two"), Item::Earlier, Item::Told(Phrase::Hint)];
    assert_eq!(entered, unread);
    // A person who says something has read what stands above it; the server is told once.
    model.say("three", true, ZERO);
    model.take();
    let echo = hear(
        &mut model,
        &["@label=r1;time=2026-01-01T00:00:03.000Z;msgid=m3 :小花!u@h PRIVMSG #lobby :three"],
    );
    assert_eq!(sent(&echo), "MARKREAD #lobby timestamp=2026-01-01T00:00:03.000Z\n");
    model.say("four", true, ZERO);
    model.take();
    let echo = hear(
        &mut model,
        &["@label=r2;time=2026-01-01T00:00:04.000Z;msgid=m4 :小花!u@h PRIVMSG #lobby :four"],
    );
    assert_eq!(sent(&echo), "");
    // Read elsewhere meanwhile; and what is refused about it is not for people.
    model.lost(None);
    model.come_back();
    model.take();
    connect(&mut model, "小花");
    hear(&mut model, &[":s MARKREAD #lobby timestamp=2026-01-01T00:00:05.000Z"]);
    assert_eq!(hear(&mut model, &[":s FAIL MARKREAD INTERNAL_ERROR #lobby :no"]), []);
    let missed = hear_all(
        &mut model,
        &page("h2", &[message(5, "five"), message(6, "小花: mine?"), message(7, "seven")]),
    );
    let mine = old(6, "小花", "mine?");
    assert_eq!(shown(missed), [old(5, "小明", "five"), Item::Unread, mine, old(7, "小明", "seven")]);
    hear_all(&mut model, &page("h3", &[]));
    // A person who leaves has seen it all.
    model.leave();
    assert_eq!(sent(&model.take()), "MARKREAD #lobby timestamp=2026-01-01T00:00:07.000Z\nQUIT\n");
}

#[test]
fn away_outlives_a_lost_connection() {
    let mut model = inside_with_past();
    model.run(Command::Away(Some("tea".to_owned())), ZERO);
    hear(&mut model, &[":s 306 小花 :You are away"]);
    model.take();
    let lines = [message(1, "one"), message(2, "two")];
    assert_eq!(shown(hear_all(&mut model, &lines)), [Item::Unread, said("小明", "one"), said("小明", "two")]);
    model.lost(None);
    model.come_back();
    model.take();
    assert!(sent(&connect(&mut model, "小花")).starts_with("AWAY :tea\n"));
    hear_all(&mut model, &page("h2", &[]));
    hear(&mut model, &[":s 305 小花 :You are back"]);
    assert_eq!(shown(hear_all(&mut model, &[message(3, "three")])), [said("小明", "three")]);
}

#[test]
fn another_room_has_a_past_of_its_own() {
    let mut model = inside_with_past();
    hear_all(&mut model, &[message(1, "one")]);
    model.run(Command::Join("#lab".to_owned(), None), ZERO);
    assert_eq!(sent(&model.take()), "JOIN #lab\n");
    hear(&mut model, &["@msgid=j :小花!u@h JOIN #lab", ":s 353 小花 = #lab :小花"]);
    let asked = hear(&mut model, &[":s 366 小花 #lab :."]);
    assert_eq!(sent(&asked), "@label=h2 CHATHISTORY LATEST #lab * 20\n");
    model.say("waits for it", true, ZERO);
    assert_eq!(model.take(), []);
    // The answer for another room than was asked for.
    assert_eq!(hear_all(&mut model, &page("h2", &[message(2, "two")])), []);
    let lab = page("h2", &[message(3, "three").replace("#lobby", "#lab")]);
    let lab: Vec<String> = lab.iter().map(|line| line.replace("#lobby", "#lab")).collect();
    let entered = shown(hear_all(&mut model, &lab));
    assert_eq!(entered, [old(3, "小明", "three"), Item::Earlier]);
    model.pump(ZERO);
    assert_eq!(sent(&model.take()), "@label=r1 PRIVMSG #lab :waits for it\n");
}

/// Ignored people are ignored in the past, too.
#[test]
fn ignored_in_the_past_too() {
    let mut model = inside_with_past();
    model.run(Command::Ignore(Some("小明".to_owned())), ZERO);
    come_back(&mut model);
    let missed = hear_all(&mut model, &page("h2", &[message(1, "one"), message(2, "bob: two")]));
    assert_eq!(shown(missed), [Item::Unread, old(2, "bob", "two")]);
}

/// Nothing was said to have been said, or nothing was answered at all.
#[test]
fn what_the_server_does_not_answer_is_answered_from_here() {
    let mut model = inside_with_past();
    hear_all(&mut model, &[message(1, "tea")]);
    let found = |items: Vec<Item>, first: Item| {
        assert_eq!(items[..2], [Item::Told(Phrase::OnlySeenHere), first], "{items:?}");
        assert!(items.len() > 2, "{items:?}");
    };
    model.run(Command::Last(1), ZERO);
    model.tick(Duration::from_secs(60));
    let word = || Item::Found { word: "tea".to_owned(), count: 1, room: None };
    found(shown(model.take()), Item::Told(Phrase::LastOnes { count: 1 }));
    model.run(Command::Grep("tea".to_owned()), ZERO);
    model.take();
    model.lost(None);
    let items =
        shown(model.take()).into_iter().filter(|item| !matches!(item, Item::NotSent { .. })).collect();
    found(items, word());
    model.run(Command::Grep("tea".to_owned()), ZERO);
    found(shown(model.take()), word());
}
