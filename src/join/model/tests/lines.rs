//! Messages of several lines.

use super::*;

const CAPS: &str = "echo-message labeled-response batch draft/multiline";

/// Lines are sent as one message where the server can do that.
#[test]
fn lines_are_one_message() {
    let mut model = inside(CAPS);
    model.say("one\n\ntwo", false, ZERO);
    let batch = "@label=r1 BATCH +m draft/multiline #lobby\n@batch=m PRIVMSG #lobby :one\n@batch=m PRIVMSG #lobby :\n@batch=m PRIVMSG #lobby :two\nBATCH -m\n";
    assert_eq!(sent(&model.take()), batch);
    let echo = hear(
        &mut model,
        &[
            "@label=r1 :小花!u@h BATCH +x draft/multiline #lobby",
            "@batch=x :小花!u@h PRIVMSG #lobby :one",
            "@batch=x :小花!u@h PRIVMSG #lobby :",
            "@batch=x :小花!u@h PRIVMSG #lobby :two",
            ":小花!u@h BATCH -x",
        ],
    );
    assert_eq!(shown(echo), [said("", "one\n\ntwo")]);
    assert!(model.is_settled());
}

/// A refused message of several lines is not lost.
#[test]
fn refused_lines_are_not_lost() {
    let mut model = inside(CAPS);
    model.say("one\ntwo", false, ZERO);
    model.take();
    let refused = hear(&mut model, &["@label=r1 :s FAIL BATCH MULTILINE_INVALID :no"]);
    let why = Why::Server("no".to_owned());
    assert_eq!(shown(refused), [Item::NotSent { text: "one\ntwo".to_owned(), why }]);
}

#[test]
fn others_lines_are_one_message_too() {
    let mut model = inside(CAPS);
    let lines = [
        "@msgid=a :小明!u@h BATCH +x draft/multiline #lobby",
        "@batch=x :小明!u@h PRIVMSG #lobby :one",
        ":小安!u@h PRIVMSG #lobby :between",
        "@batch=x :小明!u@h PRIVMSG #lobby :two",
        ":小明!u@h BATCH -x",
    ];
    assert_eq!(shown(hear(&mut model, &lines)), [said("小安", "between"), said("小明", "one\ntwo")]);
}

#[test]
fn elsewhere_they_are_messages_of_their_own() {
    let mut model = inside("echo-message labeled-response batch");
    model.say("one\n\ntwo", false, ZERO);
    assert_eq!(sent(&model.take()), "@label=r1 PRIVMSG #lobby :one\n@label=r2 PRIVMSG #lobby :two\n");
    // No more are under way at once than may be.
    let many: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    model.say(&many.join("\n"), false, ZERO);
    let sent = sent(&model.take());
    assert!(sent.lines().count() < 200 && !model.has_room(), "{sent}");
}
