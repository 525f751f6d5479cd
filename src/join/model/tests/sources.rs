//! From where and to whom something is said.

use super::*;

/// The ends of long lines were cut off by the server, and nobody was told.
#[test]
fn a_longer_host_leaves_less_room_in_a_line() {
    let mut model = inside("echo-message labeled-response batch");
    let room = model.text_bytes() + "u@h".len();
    hear(&mut model, &[":s 396 小花 a.longer.host :is now your displayed host"]);
    assert_eq!(model.text_bytes(), room - "u@a.longer.host".len());
    hear(&mut model, &[":s 396 小花 user@another.longer.host :is now your displayed host"]);
    assert_eq!(model.text_bytes(), room - "user@another.longer.host".len());
    // What the server puts before an echo is what others get.
    model.say("hi", true, ZERO);
    hear(&mut model, &["@label=r1 :小花!u@services/vhost PRIVMSG #lobby :hi"]);
    assert_eq!(model.text_bytes(), room - "u@services/vhost".len());
}

/// An operator's notice to everybody looked like a private message of one's own.
#[test]
fn a_notice_to_all_names_its_author() {
    let mut model = inside("");
    let told = shown(hear(&mut model, &[":root!u@h NOTICE $* :the server stops at six"]));
    assert_eq!(
        told,
        [Item::ServerAbout { about: "root".to_owned(), text: "the server stops at six".to_owned() }]
    );
    // To us, by whatever name.
    let private = Item::Said {
        from: Speaker::Other("小明".to_owned()),
        text: "psst".to_owned(),
        form: Form::Private { to: None },
        mention: None,
        at: None,
        id: None,
    };
    assert_eq!(shown(hear(&mut model, &[":小明!u@h PRIVMSG 大花 :psst"])), [Item::Bell, private]);
}
