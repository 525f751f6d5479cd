//! What may have been said on a connection that was lost, and a server that knows it by its id.

use super::history::{ENTRY, hear_all, inside_with_past};
use super::*;

const KNOWS: &str = "message-tags echo-message labeled-response batch roomchat.invalid/id";
const NOT_SENT: Why = Why::Unknown;

/// On the way into the room by this name, with these capabilities.
fn connect(model: &mut Model, name: &str, caps: &str) -> String {
    let greeting = [
        format!("CAP {name} ACK :{caps}"),
        format!(":s 001 {name} :hi"),
        format!(":s 004 {name} s roomchat-0.1 B imnt"),
        format!(":s 422 {name} :no MOTD"),
    ];
    hear_all(model, &greeting);
    let entered = hear_all(model, &ENTRY.map(|line| line.replace("小花", name)));
    model.pump(ZERO);
    sent(&entered) + &sent(&model.take())
}

/// Whispers to 小明 over a connection that is lost then.
fn whispered(model: &mut Model) {
    model.run(Command::Msg { to: "小明".to_owned(), text: "psst".to_owned() }, ZERO);
    let sent = sent(&model.take());
    assert_eq!(sent, "@+roomchat.invalid/id=x1;label=r1 PRIVMSG 小明 :psst\n");
    model.lost(None);
    assert_eq!(shown(model.take()), []);
    model.come_back();
    model.take();
}

fn knowing() -> Model {
    let mut model = inside(KNOWS);
    model.begin_ids_with("x".to_owned());
    model
}

fn unsure() -> [Item; 1] {
    let why = Why::To { name: "小明".to_owned(), why: Box::new(NOT_SENT) };
    [Item::NotSent { text: "psst".to_owned(), why }]
}

#[test]
fn it_is_sent_again_with_the_same_id() {
    let mut model = knowing();
    whispered(&mut model);
    let again = "@+roomchat.invalid/id=x1;label=r2 PRIVMSG 小明 :psst\n";
    assert_eq!(connect(&mut model, "小花", KNOWS), again);
    // The same once more.
    model.lost(None);
    model.come_back();
    model.take();
    assert_eq!(connect(&mut model, "小花", KNOWS), again.replace("r2", "r3"));
    let echo = "@label=r3;msgid=e1 :小花!u@h PRIVMSG 小明 :psst";
    assert!(matches!(shown(hear(&mut model, &[echo]))[..], [Item::Said { .. }]));
    assert!(model.is_settled() && model.is_delivered());
    model.say("next", true, ZERO);
    assert_eq!(sent(&model.take()), "@+roomchat.invalid/id=x2;label=r4 PRIVMSG #lobby :next\n");
}

#[test]
fn a_server_that_does_not_know_ids_gets_none_and_nothing_again() {
    let mut model = knowing();
    whispered(&mut model);
    let other = KNOWS.replace(" roomchat.invalid/id", "");
    assert_eq!(connect(&mut model, "小花", &other), "");
    assert!(model.is_settled() && !model.is_delivered());
    model.say("next", true, ZERO);
    assert_eq!(sent(&model.take()), "@label=r2 PRIVMSG #lobby :next\n");
}

/// After an outage as long as the server remembers.
#[test]
fn what_is_too_old_is_told_and_not_sent() {
    let mut model = knowing();
    whispered(&mut model);
    hear(&mut model, &["CAP 小花 ACK :roomchat.invalid/id", ":s 001 小花 :hi", ":s 422 小花 :no MOTD"]);
    model.pump(Duration::from_secs(540));
    let effects = model.take();
    assert_eq!((sent(&effects).contains("psst"), shown(effects)), (false, unsure().to_vec()));
}

/// The lost connection still has our name: the server knows the id by that.
#[test]
fn it_waits_for_our_name() {
    let mut model = knowing();
    whispered(&mut model);
    assert_eq!(connect(&mut model, "小花_", KNOWS), "");
    model.say("meanwhile", true, ZERO);
    assert_eq!(sent(&model.take()), "@+roomchat.invalid/id=x2;label=r2 PRIVMSG #lobby :meanwhile\n");
    model.tick(Duration::from_secs(5));
    assert_eq!(sent(&model.take()), "NICK 小花\n");
    hear(&mut model, &[":小花_!u@h NICK 小花"]);
    model.pump(Duration::from_secs(5));
    assert_eq!(sent(&model.take()), "@+roomchat.invalid/id=x1;label=r3 PRIVMSG 小明 :psst\n");
}

#[test]
fn it_does_not_wait_for_ever() {
    let mut model = knowing();
    whispered(&mut model);
    assert_eq!(connect(&mut model, "小花_", KNOWS), "");
    let mut told = Vec::new();
    let mut now = ZERO;
    while let Some(due) = model.deadline().filter(|_| !model.is_settled()) {
        now = due;
        model.tick(now);
        model.pump(now);
        told.extend(shown(model.take()));
        hear(&mut model, &[":s 433 小花_ 小花 :Nickname is already in use."]);
    }
    assert!(now > Duration::from_secs(400) && now <= Duration::from_secs(540), "{now:?}");
    assert!(told.contains(&unsure()[0]), "{told:?}");
}

/// The past tells of what is there, and the rest is sent again even where it can't be had.
#[test]
fn without_a_past_a_room_has_it_once() {
    for caps in [KNOWS.to_owned(), format!("{KNOWS} server-time draft/chathistory")] {
        let mut model = new("小花");
        let is_asked = connect(&mut model, "小花", &caps).contains("CHATHISTORY");
        assert_eq!(is_asked, caps.contains("chathistory"));
        hear(&mut model, &["@label=h1 FAIL CHATHISTORY MESSAGE_ERROR LATEST #lobby :no"]);
        model.say("hm", true, ZERO);
        assert_eq!(sent(&model.take()), "@+roomchat.invalid/id=1;label=r1 PRIVMSG #lobby :hm\n");
        model.lost(None);
        model.come_back();
        model.take();
        let mut again = connect(&mut model, "小花", &caps);
        for question in ["h2", "h3"] {
            let fail = format!("@label={question} FAIL CHATHISTORY MESSAGE_ERROR AFTER #lobby :no");
            again += &sent(&hear(&mut model, &[&fail]));
        }
        model.pump(ZERO);
        again += &sent(&model.take());
        let hm = "@+roomchat.invalid/id=1;label=r2 PRIVMSG #lobby :hm\n";
        assert!(again.ends_with(hm) && again.matches("hm").count() == 1, "{again}");
    }
}

#[test]
fn each_message_of_a_long_text_has_its_id() {
    let mut model = knowing();
    model.say("one\ntwo", true, ZERO);
    assert_eq!(
        sent(&model.take()),
        "@+roomchat.invalid/id=x1;label=r1 PRIVMSG #lobby :one\n@+roomchat.invalid/id=x2;label=r2 PRIVMSG #lobby :two\n"
    );
    let mut model = inside(&format!("{KNOWS} draft/multiline"));
    model.say("one\ntwo", true, ZERO);
    let sent = sent(&model.take());
    assert_eq!(
        sent.lines().next().unwrap(),
        "@+roomchat.invalid/id=1;label=r1 BATCH +m draft/multiline #lobby"
    );
    assert_eq!(sent.matches("roomchat.invalid").count(), 1, "{sent}");
}

/// A line that came too fast was not said: it has the same id nevertheless.
#[test]
fn a_refused_line_keeps_its_id() {
    let mut model = inside_with_past();
    let mut known = knowing();
    for (model, id) in [(&mut model, ""), (&mut known, "+roomchat.invalid/id=x1;")] {
        model.say("one", true, ZERO);
        assert_eq!(sent(&model.take()), format!("@{id}label=r1 PRIVMSG #lobby :one\n"));
        hear(model, &["@label=r1 FAIL PRIVMSG RATE_LIMITED 1 :slow down"]);
        model.pump(ZERO);
        model.pump(Duration::from_secs(60));
        assert_eq!(sent(&model.take()), format!("@{id}label=r2 PRIVMSG #lobby :one\n"));
    }
}
