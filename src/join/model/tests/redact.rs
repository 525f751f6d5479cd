//! What was said and is taken back.

use super::history::{connect, hear_all, inside_with_past, message, page};
use super::*;

fn redacted(id: u32, by: &str, of: Option<Speaker>, own: Option<&str>) -> Item {
    let (by, own) = (by.to_owned(), own.map(str::to_owned));
    Item::Redacted { by, of, reason: None, id: format!("m{id}"), own }
}

fn texts(items: &[Item]) -> Vec<&str> {
    let said = items.iter().filter_map(|item| match item {
        Item::Said { text, .. } => Some(text.as_str()),
        _ => None,
    });
    said.collect()
}

#[test]
fn it_is_told_once_and_said_no_more() {
    let mut model = inside("message-tags server-time echo-message labeled-response batch");
    hear_all(&mut model, &[message(1, "tea"), message(2, "tea too")]);
    model.say("my tea", true, ZERO);
    model.take();
    hear(&mut model, &["@label=r1;msgid=m3 :小花!u@h PRIVMSG #lobby :my tea"]);
    let told = hear(&mut model, &[":小明!u@h REDACT #lobby m1"]);
    assert_eq!(shown(told), [redacted(1, "小明", None, None)]);
    let again =
        [":小明!u@h REDACT #lobby m1", ":小明!u@h REDACT #lobby unknown :x", ":小明!u@h REDACT #lobby"];
    assert_eq!(hear(&mut model, &again), []);
    model.run(Command::Grep("tea".to_owned()), ZERO);
    assert_eq!(texts(&shown(model.take())), ["tea too", "my tea"]);
    // An operator may remove what others have said.
    let removed = shown(hear(&mut model, &[":bob!u@h REDACT #lobby m2", ":bob!u@h REDACT #lobby m3"]));
    let other = Speaker::Other("小明".to_owned());
    assert_eq!(
        removed,
        [redacted(2, "bob", Some(other), None), redacted(3, "bob", Some(Speaker::Me), Some("my tea"))]
    );
    model.run(Command::Last(9), ZERO);
    assert_eq!(texts(&shown(model.take())), [""; 0]);
}

#[test]
fn what_waits_to_be_shown_is_not_shown() {
    // While the past is asked for.
    let mut model = new("小花");
    connect(&mut model, "小花");
    hear_all(&mut model, &[message(3, "three"), message(4, "four")]);
    hear(&mut model, &[":小明!u@h REDACT #lobby m3"]);
    let entered = shown(hear_all(&mut model, &page("h1", &[message(1, "one")])));
    assert_eq!(texts(&entered), ["one", "four"]);
    assert!(!entered.iter().any(|item| matches!(item, Item::Redacted { .. })), "nobody has seen it");
    // Between two pages.
    let mut model = inside_with_past();
    model.run(Command::Grep("tea".to_owned()), ZERO);
    hear_all(&mut model, &page("h2", &[message(2, "tea"), message(3, "more tea")]));
    hear(&mut model, &[":小明!u@h REDACT #lobby m2"]);
    let found = shown(hear_all(&mut model, &page("h3", &[])));
    assert_eq!(texts(&found), ["more tea"]);
    // Within one.
    model.run(Command::Grep("tea".to_owned()), ZERO);
    let mut within = page("h4", &[message(4, "tea"), message(5, "last tea")]);
    within.insert(2, ":小明!u@h REDACT #lobby m4".to_owned());
    hear_all(&mut model, &within);
    let found = shown(hear_all(&mut model, &page("h5", &[])));
    assert_eq!(texts(&found), ["last tea"]);
}
