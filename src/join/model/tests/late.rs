//! What does not arrive at once: that is told, and how it ended.

use super::history::{connect, hear_all, inside_with_past, page};
use super::*;

const SOON: Duration = Duration::from_secs(1);

/// These are said, and late.
fn late(model: &mut Model, texts: &[&str]) {
    texts.iter().for_each(|text| model.say(text, true, ZERO));
    model.tick(SOON);
    assert_eq!(shown(model.take()), [Item::Told(Phrase::Late)]);
}

/// Connected anew, with an empty past.
fn come_back(model: &mut Model) -> Vec<Effect> {
    model.come_back();
    connect(model, "小花");
    hear_all(model, &page("h2", &[]))
}

/// A late line is told, and its arrival.
#[test]
fn lateness_and_arrival_are_told() {
    let mut model = inside("");
    model.say("one", false, Duration::from_secs(5));
    assert_eq!(model.deadline(), Some(Duration::from_secs(6)));
    model.take();
    model.tick(Duration::from_secs(6));
    assert_eq!(shown(model.take()), [Item::Told(Phrase::Late)]);
    let answer = hear(&mut model, &[":s PONG s roomchat-1"]);
    assert_eq!(shown(answer), [said("", "one"), Item::Told(Phrase::Arrived)]);
}

#[test]
fn arrival_is_told_after_the_last_line() {
    let mut model = inside("");
    for text in ["one", "two"] {
        model.say(text, false, ZERO);
    }
    model.tick(SOON);
    model.take();
    let answer = hear(&mut model, &[":s PONG s roomchat-2"]);
    assert_eq!(shown(answer), [said("", "one"), said("", "two"), Item::Told(Phrase::Arrived)]);
}

/// What became of lines that were late when the connection was lost is told.
#[test]
fn late_lines_after_a_loss() {
    let one = |label: &str| format!("@{label}msgid=m1 :小花!u@h PRIVMSG #lobby :one");
    // It had not arrived, and is sent again.
    let mut model = inside_with_past();
    late(&mut model, &["one"]);
    model.lost(None);
    assert!(!shown(come_back(&mut model)).contains(&Item::Told(Phrase::Arrived)));
    model.pump(SOON);
    assert_eq!(sent(&model.take()), "@label=r2 PRIVMSG #lobby :one\n");
    assert_eq!(shown(hear_all(&mut model, &[one("label=r2;")])), [Item::Told(Phrase::Arrived)]);
    // It had, and only its echo was lost.
    let mut model = inside_with_past();
    late(&mut model, &["one"]);
    model.lost(None);
    model.come_back();
    connect(&mut model, "小花");
    assert_eq!(shown(hear_all(&mut model, &page("h2", &[one("")]))), [Item::Told(Phrase::Arrived)]);
}

/// That lines arrived which waited for a connection is told once.
#[test]
fn arrival_after_a_loss_is_told_once() {
    let mut model = inside_with_past();
    model.lost(None);
    model.take();
    model.say("one", true, ZERO);
    model.say("two", true, ZERO);
    assert_eq!(shown(model.take()), [Item::Told(Phrase::Waiting)]);
    come_back(&mut model);
    model.pump(ZERO);
    model.take();
    let echo = |number: u32, text: &str| {
        format!("@label=r{number};msgid=e{number} :小花!u@h PRIVMSG #lobby :{text}")
    };
    assert_eq!(shown(hear_all(&mut model, &[echo(1, "one")])), []);
    assert_eq!(shown(hear_all(&mut model, &[echo(2, "two")])), [Item::Told(Phrase::Arrived)]);
    model.say("three", true, ZERO);
    model.take();
    assert_eq!(shown(hear_all(&mut model, &[echo(3, "three")])), []);
}

/// Lines that are not sent have not arrived, and later lateness is told anew.
#[test]
fn unsent_lines_have_not_arrived() {
    let mut model = inside("");
    late(&mut model, &["one"]);
    let refused = hear(&mut model, &[":s 404 小花 #lobby :Cannot send", ":s PONG s roomchat-1"]);
    let why = Why::Server("Cannot send".to_owned());
    assert_eq!(shown(refused), [Item::NotSent { text: "one".to_owned(), why }]);
    late(&mut model, &["two"]);
    // This server keeps no past that could tell.
    model.lost(None);
    let lost = shown(model.take());
    assert_eq!(lost, [Item::NotSent { text: "two".to_owned(), why: Why::Unknown }]);
    model.come_back();
    hear(&mut model, &[":s 001 小花 :hi", ":s 422 小花 :no MOTD", ":小花!u@h JOIN #lobby"]);
    hear(&mut model, &[":s 353 小花 = #lobby :小花", ":s 366 小花 #lobby :."]);
    model.say("three", true, ZERO);
    model.take();
    assert_eq!(shown(hear(&mut model, &[":s PONG s roomchat-3"])), []);
    late(&mut model, &["four"]);
}

/// A line that waits when the connection is lost is told to wait: once it looked as if it had been said.
#[test]
fn waiting_at_a_loss_is_told() {
    let mut model = inside("");
    // More than may be under way.
    (0..20).for_each(|n| model.say(&n.to_string(), true, ZERO));
    model.lost(None);
    model.take();
    model.tell_waiting();
    assert_eq!(shown(model.take()), [Item::Told(Phrase::Waiting)]);
    model.say("another", true, SOON);
    model.tell_waiting();
    assert_eq!(shown(model.take()), [], "once");
}

/// Over a link of 1.4 s every line was followed by two notices.
#[test]
fn a_slow_link_is_told_of_once() {
    let mut model = inside("echo-message labeled-response batch");
    let mut told = Vec::new();
    for number in 1..=10 {
        let said = Duration::from_secs(60 * number);
        model.say("x", true, said);
        model.take();
        let echoed = said + Duration::from_millis(1400);
        while let Some(due) = model.deadline().filter(|due| *due <= echoed) {
            model.tick(due);
        }
        let echo = format!("@label=r{number} :小花!u@h PRIVMSG #lobby :x");
        told.extend(shown(hear(&mut model, &[&echo])));
        model.pump(echoed);
    }
    assert_eq!(told, [Item::Told(Phrase::Late), Item::Told(Phrase::Arrived)]);
}
