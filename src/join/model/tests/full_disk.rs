//! A server whose disk is full.

use super::history::{connect, hear_all, inside_with_past, page};
use super::paced::{ours, texts};
use super::*;
use crate::text::Lang;
use crate::text::server_words::translated;

const WAITS: Item = Item::Told(Phrase::WaitsForDisk);
const CAPS: &str = "echo-message labeled-response batch standard-replies";

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn refused(number: u64) -> String {
    format!("@label=r{number} :s FAIL PRIVMSG NOT_KEPT #lobby :The server's disk is full, try again later")
}

fn echo(number: u64, text: &str) -> String {
    format!("@label=r{number} :小花!u@h PRIVMSG #lobby :{text}")
}

fn pumped(model: &mut Model, seconds: u64) -> Vec<String> {
    model.pump(at(seconds));
    texts(&sent(&model.take())).0
}

/// It stood there as if it had been said, and where there was room again for a moment, a later line overtook it.
#[test]
fn what_a_full_disk_refuses_waits_in_its_order() {
    let mut model = ours(CAPS);
    model.say("one", true, at(0));
    model.say("two", true, at(0));
    model.take();
    assert_eq!(shown(hear(&mut model, &[&refused(1), &refused(2)])), [WAITS]);
    model.say("three", true, at(0));
    assert_eq!(model.take(), []);
    assert_eq!(model.deadline(), Some(at(5)));
    // One tries; what need not be kept is sent.
    assert_eq!(pumped(&mut model, 5), ["one"]);
    assert_eq!(shown(hear(&mut model, &[&refused(3)])), [], "it is told once");
    model.run(Command::Msg { to: "小明".to_owned(), text: "psst".to_owned() }, at(6));
    model.run(Command::Topic(Some("tea".to_owned())), at(6));
    assert_eq!(sent(&model.take()), "@label=r4 PRIVMSG 小明 :psst\nTOPIC #lobby :tea\n");
    hear(&mut model, &["@label=r4 :小花!u@h PRIVMSG 小明 :psst"]);
    assert_eq!(pumped(&mut model, 11), ["one"]);
    hear(&mut model, &[&echo(5, "one")]);
    assert_eq!(pumped(&mut model, 11), ["two"]);
    hear(&mut model, &[&echo(6, "two")]);
    assert_eq!(pumped(&mut model, 11), ["three"]);
    assert_eq!(shown(hear(&mut model, &[&echo(7, "three")])), [Item::Told(Phrase::Arrived)]);
    assert!(model.is_delivered());
    // Another time it is told anew.
    model.say("four", true, at(12));
    model.take();
    assert_eq!(shown(hear(&mut model, &[&refused(8)])), [WAITS]);
}

#[test]
fn what_waits_for_a_full_disk_outlives_a_connection() {
    let mut model = inside_with_past();
    model.say("one", true, at(0));
    model.take();
    assert_eq!(shown(hear(&mut model, &[&refused(1)])), [WAITS]);
    model.lost(None);
    model.come_back();
    model.take();
    connect(&mut model, "小花");
    assert_eq!(shown(hear_all(&mut model, &page("h2", &[]))), []);
    assert_eq!(pumped(&mut model, 1), ["one"]);
    assert_eq!(shown(hear(&mut model, &[&refused(2)])), []);
    assert_eq!(pumped(&mut model, 2), [""; 0]);
    // Whoever leaves is told what becomes of it.
    model.give_up();
    let why = Why::Server("The server's disk is full, try again later".to_owned());
    assert_eq!(shown(model.take()), [Item::NotSent { text: "one".to_owned(), why }]);
}

/// A server that may not say FAIL says it in a sentence.
#[test]
fn a_numeric_of_a_full_disk_is_known() {
    let mut model = inside("");
    model.say("one", true, at(0));
    model.take();
    let refused = ":s 404 小花 #lobby :The server's disk is full, try again later";
    assert_eq!(shown(hear(&mut model, &[refused, ":s PONG s roomchat-1"])), [WAITS]);
    model.pump(at(0));
    assert_eq!(pumped(&mut model, 5), ["one"]);
    assert_eq!(shown(hear(&mut model, &[":s PONG s roomchat-2"])), [Item::Told(Phrase::Arrived)]);
}

/// After ten minutes all that was refused is given back, in its order.
#[test]
fn what_a_full_disk_never_takes_is_given_back() {
    let mut model = ours(CAPS);
    model.say("one", true, at(0));
    model.say("two", true, at(0));
    model.take();
    let mut told = shown(hear(&mut model, &[&refused(1), &refused(2)]));
    for number in 3..=122 {
        model.pump(at(10 * number));
        assert_eq!(pumped(&mut model, 10 * number + 5), ["one"]);
        told.extend(shown(hear(&mut model, &[&refused(number)])));
    }
    let why = Why::Server("The server's disk is full, try again later".to_owned());
    let given = ["one", "two"].map(|text| Item::NotSent { text: text.to_owned(), why: why.clone() });
    assert_eq!(told, [&[WAITS][..], &given[..]].concat());
    assert!(model.is_settled());
}

/// The server tells each room; that there is room again is used at once.
#[test]
fn the_notice_of_a_full_disk_is_told_once() {
    let full =
        ":s.example NOTICE #lobby :the server's disk is full: nothing can be said until it has room again";
    let has_room = ":s.example NOTICE #lobby :the server's disk has room again";
    let told = |line: &str| {
        let text = line.split_once(" :").unwrap().1.to_owned();
        vec![Item::Server { text }]
    };
    let mut model = ours(CAPS);
    assert_eq!(shown(hear(&mut model, &[full, full])), told(full));
    assert_eq!(shown(hear(&mut model, &[has_room, has_room])), told(has_room));
    model.say("one", true, at(0));
    model.take();
    assert_eq!(shown(hear(&mut model, &[&refused(1), full])), [WAITS]);
    assert_eq!(pumped(&mut model, 1), [""; 0]);
    assert_eq!(shown(hear(&mut model, &[has_room])), told(has_room));
    assert_eq!(pumped(&mut model, 1), ["one"]);
    for sentence in [full, has_room].map(|line| line.split_once(" :").unwrap().1) {
        let ours = [Phrase::DiskFull, Phrase::DiskHasRoom]
            .into_iter()
            .find(|phrase| phrase.say(Lang::En) == sentence);
        let translated = translated(sentence, Lang::ZhTw);
        assert_eq!(translated, ours.map(|phrase| phrase.say(Lang::ZhTw)), "{sentence}");
    }
}

/// It was said of nothing that the disk is full.
#[test]
fn what_a_full_disk_does_not_change_is_named() {
    for (caps, topic, mode) in [
        (CAPS, "FAIL TOPIC NOT_KEPT #lobby", "FAIL MODE NOT_KEPT #lobby"),
        ("", "400 小花 TOPIC", "400 小花 MODE"),
    ] {
        let mut model = inside(caps);
        let refused =
            [topic, mode].map(|line| format!(":s {line} :The server's disk is full, try again later"));
        let told = shown(hear(&mut model, &[&refused[0], &refused[1]]));
        assert_eq!(told, [Phrase::TopicUnkept, Phrase::ModeUnkept].map(Item::Told));
    }
}
