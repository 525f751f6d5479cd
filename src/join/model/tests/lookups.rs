//! Questions about people whose answers do not come, or come late.

use super::history::inside_with_past;
use super::*;
use crate::join::slash_command::{Moderation, Silence};

const LATER: Duration = Duration::from_secs(10);

fn whois(name: &str) -> Command {
    Command::Whois(name.to_owned())
}

fn kill() -> Command {
    Command::Kill { name: "小明".to_owned(), reason: None }
}

/// Their deadline lay in the past until there was another connection: the clock never stood still.
#[test]
fn a_lost_connection_answers_nothing_more() {
    let mut model = inside("");
    model.run(whois("小明"), ZERO);
    assert!(!model.is_settled() && model.deadline().is_some());
    model.take();
    model.lost(None);
    assert_eq!(shown(model.take()), [Item::Told(Phrase::NotAnswered)]);
    model.pump(ZERO);
    assert!(model.is_settled() && model.deadline().is_none());
}

/// It was told that nothing was changed, and then it was done.
#[test]
fn what_was_sent_may_have_been_done() {
    let mut model = inside("");
    model.run(kill(), ZERO);
    model.take();
    model.tick(LATER);
    assert_eq!(shown(model.take()), [Item::Told(Phrase::PerhapsDone)]);
    let mut model = inside("");
    model.run(kill(), ZERO);
    model.take();
    model.lost(None);
    assert_eq!(shown(model.take()), [Item::Told(Phrase::PerhapsDone)]);
}

/// The time counts from the sending; what was never sent is not done on the next connection either.
#[test]
fn what_waits_is_not_given_up_and_ends_with_the_connection() {
    let mut model = inside("");
    // All that may be under way.
    (0..20).for_each(|n| model.say(&n.to_string(), true, ZERO));
    model.run(kill(), ZERO);
    model.run(whois("小明"), ZERO);
    assert!(!sent(&model.take()).contains("KILL"));
    model.tick(LATER * 6);
    assert!(!shown(model.take()).contains(&Item::Told(Phrase::NotAnswered)));
    model.lost(None);
    let lost = shown(model.take());
    assert_eq!(lost.iter().filter(|item| **item == Item::Told(Phrase::NotAnswered)).count(), 1, "{lost:?}");
    assert!(!lost.contains(&Item::Told(Phrase::PerhapsDone)));
    model.come_back();
    model.take();
    hear(&mut model, &[":s 001 小花 :hi", ":s 422 小花 :no MOTD", ":小花!u@h JOIN #lobby"]);
    hear(&mut model, &[":s 353 小花 = #lobby :小花", ":s 366 小花 #lobby :."]);
    model.pump(ZERO);
    let again = sent(&model.take());
    assert!(!again.contains("KILL") && !again.contains("WHOIS"), "{again}");
}

/// `/unban` looked for the entry before `/ban` had set it, so that the opposite of what was typed stayed.
#[test]
fn a_change_waits_for_the_one_before_it() {
    let ban = |on| {
        let name = "小明".to_owned();
        Command::Moderate(Moderation::Silence { name, silence: Silence::Ban, on })
    };
    let both = || {
        let mut model = inside("");
        model.run(ban(true), ZERO);
        model.run(ban(false), ZERO);
        assert!(!sent(&model.take()).contains("WHOIS") && !model.is_settled());
        model
    };
    let mut model = both();
    hear(&mut model, &[":s 352 小花 #lobby u h s 小明 H :0 x", ":s 315 小花 #lobby :End"]);
    model.pump(ZERO);
    let then = sent(&model.take());
    let [set, ask] = ["MODE #lobby +b ", "WHOIS 小明"].map(|part| then.find(part).expect(&then));
    assert!(set < ask && !model.is_settled(), "{then}");
    // What was not done is not done on the next connection either.
    let mut model = both();
    model.lost(None);
    assert_eq!(shown(model.take()), [Item::Told(Phrase::NotAnswered)]);
    model.pump(ZERO);
    assert!(model.is_settled());
    // So many may wait.
    let mut model = both();
    (0..50).for_each(|_| model.run(ban(true), ZERO));
    assert!(!model.has_room() && model.held.len() == 20);
}

/// The last command of a script was forgotten with its end, and of many questions the first.
#[test]
fn a_script_waits_for_its_answers() {
    let mut model = inside("");
    let ban = Moderation::Silence { name: "小明".to_owned(), silence: Silence::Ban, on: true };
    model.run(Command::Moderate(ban), ZERO);
    model.take();
    assert!(!model.is_settled(), "the end of the input leaves once it is settled");
    hear(&mut model, &[":s 352 小花 #lobby u h s 小明 H :0 x", ":s 315 小花 #lobby :End"]);
    model.pump(ZERO);
    assert!(sent(&model.take()).starts_with("MODE #lobby +b "));
    assert!(model.is_settled() && model.is_delivered());
    for number in 0..20 {
        assert!(model.has_room(), "{number}");
        model.run(whois(&format!("a{number}")), ZERO);
        hear(&mut model, &[":s PONG s roomchat"]);
        model.pump(ZERO);
    }
    assert!(!model.has_room());
    model.take();
    model.run(whois("one-more"), ZERO);
    let refused = Item::NotSent { text: "WHOIS one-more".to_owned(), why: Why::TooMuch };
    assert_eq!(shown(model.take()), [refused]);
    model.give_up();
    assert!(shown(model.take()).contains(&Item::Told(Phrase::NotAnswered)));
    assert!(!model.is_delivered());
}

fn talked() -> Model {
    let mut model = inside_with_past();
    hear(&mut model, &["@msgid=t;time=2026-01-01T00:00:03.000Z :小明!u@h PRIVMSG #lobby :tea"]);
    model
}

/// It was told that nothing had been said, or nothing was told at all.
#[test]
fn the_past_is_told_as_far_as_it_is_known() {
    let last = || Command::Last(5);
    let told = |model: &mut Model| {
        let told = shown(model.take());
        assert!(matches!(&told[2..], [Item::Said { text, .. }, Item::Earlier] if text == "tea"), "{told:?}");
        told[..2].to_vec()
    };
    let one = Item::Told(Phrase::LastOnes { count: 1 });
    let found = Item::Found { word: "tea".to_owned(), count: 1, room: None };
    let unknown = Item::Told(Phrase::OnlySeenHere);
    // There is no connection.
    let mut model = talked();
    model.lost(None);
    model.take();
    model.run(last(), ZERO);
    assert_eq!(told(&mut model), [unknown.clone(), one.clone()]);
    model.run(Command::Grep("tea".to_owned()), ZERO);
    assert_eq!(told(&mut model), [unknown.clone(), found.clone()]);
    // The connection is lost before the answer, or the server is slow.
    for command in [last(), Command::Grep("tea".to_owned())] {
        let is_last = matches!(command, Command::Last(_));
        let wanted = [unknown.clone(), if is_last { one.clone() } else { found.clone() }];
        let mut model = talked();
        model.run(command.clone(), ZERO);
        model.take();
        model.lost(None);
        assert_eq!(told(&mut model), wanted);
        let mut model = talked();
        model.run(command, ZERO);
        model.take();
        model.tick(Duration::from_secs(5));
        assert_eq!(told(&mut model), wanted);
    }
    // A server that answers with nothing keeps nothing.
    let mut model = talked();
    model.run(last(), ZERO);
    model.take();
    hear(&mut model, &["@label=h2 :s BATCH +b chathistory #lobby"]);
    model.on_message(&Message::parse("BATCH -b").unwrap());
    assert_eq!(told(&mut model), [unknown, one]);
}

/// Two questions to a slow server kept the editor from taking keys.
#[test]
fn further_questions_wait_and_are_bounded() {
    let mut model = inside_with_past();
    for number in 0..21 {
        model.run(Command::Grep(number.to_string()), ZERO);
    }
    assert_eq!(shown(model.take()), []);
    model.run(Command::Grep("more".to_owned()), ZERO);
    let refused = Item::NotSent { text: "/grep more".to_owned(), why: Why::TooMuch };
    assert_eq!(shown(model.take()), [refused]);
    hear(&mut model, &["@label=h2 :s BATCH +b chathistory #lobby"]);
    let next = hear(&mut model, &["BATCH -b"]);
    assert_eq!(sent(&next), "@label=h3 CHATHISTORY LATEST #lobby * 100\n");
}

/// What is sent unasked at each JOIN (InspIRCd) was shown again after each loss.
#[test]
fn an_unasked_past_is_shown_once() {
    let mut model = inside("batch message-tags server-time");
    let past = [
        ":s BATCH +b chathistory #lobby",
        "@batch=b;msgid=1;time=2026-01-01T00:00:01.000Z :小明!u@h PRIVMSG #lobby :one",
        "@batch=b;msgid=2;time=2026-01-01T00:00:02.000Z :小明!u@h PRIVMSG #lobby :two",
        ":s BATCH -b",
    ];
    hear(
        &mut model,
        &past[1..2]
            .iter()
            .map(|line| line.replace("batch=b;", ""))
            .collect::<Vec<_>>()
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
    );
    let told = shown(hear(&mut model, &past));
    assert!(matches!(&told[..], [Item::Said { text, .. }, Item::Earlier] if text == "two"), "{told:?}");
    assert_eq!(shown(hear(&mut model, &past)), []);
}

/// Connected, but in no room: after a minute that was taken for a server that lets nobody in, again and
/// again, and what was under way was never told.
#[test]
fn a_room_that_was_asked_for_may_be_refused_after_a_return() {
    let mut model = inside("");
    hear(&mut model, &[":小明!u@h KICK #lobby 小花 :no"]);
    model.run(Command::Join("#b".to_owned(), None), ZERO);
    model.take();
    model.lost(None);
    model.come_back();
    model.take();
    hear(&mut model, &[":s 001 小花 :hi", ":s 422 小花 :no MOTD"]);
    let refused = shown(hear(&mut model, &[":s 474 小花 #b :Banned"]));
    assert!(matches!(&refused[..], [Item::NotLetIn { .. }, ..]), "{refused:?}");
    model.pump(ZERO);
    model.tick(Duration::from_secs(60));
    assert!(!model.take().contains(&Effect::Over(Ending::Silent)));
}
