//! A server that keeps the past, but does not echo what one says.

use super::history::{ENTRY, hear_all, message, old, page};
use super::*;

/// A delivered line without an echo is not shown twice.
#[test]
fn unechoed_line_is_shown_once() {
    // What the server offers; nothing tells the id or the time of a line of ours.
    const SILENT: &str = "message-tags server-time batch draft/chathistory";
    let connect = |model: &mut Model, name: &str| {
        let ack = format!("CAP {name} ACK :{SILENT}");
        hear(model, &[&ack, &format!(":s 001 {name} :hi"), ":s 422 * :no MOTD"]);
        hear_all(model, &ENTRY.map(|line| line.replace("小花", name)))
    };
    let answer = |messages: &[String]| {
        page("x", messages).into_iter().map(|line| line.replace("@label=x ", "")).collect::<Vec<_>>()
    };
    let mut model = new("小花");
    connect(&mut model, "小花");
    hear_all(&mut model, &answer(&[]));
    hear_all(&mut model, &[message(1, "hi")]);
    for text in ["hi", "two", "hi"] {
        model.say(text, true, ZERO);
    }
    hear(&mut model, &[":s PONG s roomchat-3"]);
    hear(&mut model, &[":小花!u@h NICK 大花"]);
    model.run(Command::Me("waves".to_owned()), ZERO);
    hear(&mut model, &[":s PONG s roomchat-4"]);
    model.say("lost", true, ZERO);
    model.lost(None);
    assert_eq!(shown(model.take()), []);
    model.come_back();
    model.take();
    assert_eq!(sent(&connect(&mut model, "大花")), "CHATHISTORY AFTER #lobby msgid=m1 100\n");
    // Only ours on the first page: there may be more.
    let first = [message(2, "小花: hi"), message(3, "小花: two")];
    let first = hear_all(&mut model, &answer(&first));
    assert_eq!(sent(&first), "CHATHISTORY AFTER #lobby msgid=m3 100\n");
    assert_eq!(shown(first), []);
    let second = [
        message(4, "小明: two"),
        message(5, "小花: hi"),
        message(6, "大花: \x01ACTION waves\x01"),
        // Said more often than here, so once by another program.
        message(7, "小花: hi"),
    ];
    let second = shown(hear_all(&mut model, &answer(&second)));
    assert_eq!(second, [Item::Unread, old(4, "小明", "two"), old(7, "小花", "hi")]);
    hear_all(&mut model, &answer(&[]));
    model.pump(ZERO);
    assert_eq!(sent(&model.take()), "PRIVMSG #lobby :lost\nPING roomchat-6\n", "it is not in the room");
    // The newest of the past are the newest of ours.
    hear(&mut model, &[":s PONG s roomchat-6"]);
    model.run(Command::Last(2), ZERO);
    model.take();
    let past = [message(0, "大花: lost"), message(8, "大花: lost")];
    let found = shown(hear_all(&mut model, &answer(&past)));
    let (theirs, mine) = (old(0, "大花", "lost"), old(8, "", "lost"));
    assert_eq!(found, [Item::Told(Phrase::LastOnes { count: 2 }), theirs, mine, Item::Earlier]);
}

/// `/last` had it under "me", as in "* me waves".
#[test]
fn an_action_of_ours_is_found_under_our_name() {
    let mut model = inside("echo-message labeled-response batch");
    model.run(Command::Me("揮手".to_owned()), ZERO);
    model.take();
    hear(&mut model, &["@label=r1 :小花!u@h PRIVMSG #lobby :\x01ACTION 揮手\x01"]);
    model.run(Command::Last(1), ZERO);
    let found = shown(model.take());
    let form = Form::OwnAction { name: "小花".to_owned() };
    assert!(
        found.iter().any(|item| matches!(item, Item::Said { form: other, .. } if *other == form)),
        "{found:?}"
    );
}
