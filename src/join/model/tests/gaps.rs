//! What was said before and is told too late, or not at all.

use super::history::{come_back, connect, hear_all, inside_with_past, message, old, page};
use super::*;

const LATER: Item = Item::Told(Phrase::PastLater);
const FOLLOWS: Item = Item::Told(Phrase::PastFollows);
const MISSING: Item = Item::Told(Phrase::PastMissing);

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn tick(model: &mut Model, seconds: u64) -> Vec<Effect> {
    model.tick(at(seconds));
    model.pump(at(seconds));
    model.take()
}

/// Back in the room, where m1 was the last that was shown; the server has not told the past within five seconds.
fn behind() -> Model {
    let mut model = inside_with_past();
    hear_all(&mut model, &[message(1, "one")]);
    assert_eq!(come_back(&mut model), "@label=h2 CHATHISTORY AFTER #lobby msgid=m1 100\n");
    model.pump(at(0));
    hear_all(&mut model, &[message(30, "live")]);
    assert_eq!(model.deadline(), Some(at(5)));
    assert_eq!(shown(tick(&mut model, 5)), [LATER, said("小明", "live")]);
    assert!(model.is_inside() && model.is_settled());
    model
}

/// All that came after it stayed hidden, and nothing more was read of the person's.
#[test]
fn whoever_is_put_out_before_the_past_is_told_sees_it() {
    let mut model = new("小花");
    connect(&mut model, "小花");
    let out = hear_all(&mut model, &[":小明!u@h KICK #lobby 小花 :out".to_owned()]);
    assert!(out.contains(&Effect::Entered), "{out:?}");
    let kicked = |item: &Item| matches!(item, Item::Kicked { name, .. } if name == "小花");
    assert!(shown(out).iter().any(kicked));
    hear_all(&mut model, &page("h1", &[]));
    let direct = shown(hear_all(&mut model, &[":小明!u@h PRIVMSG 小花 :why".to_owned()]));
    assert!(direct.iter().any(|item| matches!(item, Item::Said { text, .. } if text == "why")), "{direct:?}");
}

/// It was given up after five seconds without a word, and never asked for again.
#[test]
fn what_is_told_late_is_asked_for_again() {
    let mut model = behind();
    assert_eq!(model.deadline(), Some(at(10)));
    let again = tick(&mut model, 10);
    assert_eq!(sent(&again), "@label=h3 CHATHISTORY AFTER #lobby msgid=m1 100\n");
    // The answers come when they may.
    assert_eq!(shown(tick(&mut model, 20)), [], "the person was told");
    let again = tick(&mut model, 30);
    assert_eq!(sent(&again), "@label=h4 CHATHISTORY AFTER #lobby msgid=m1 100\n");
    let first = hear_all(&mut model, &page("h4", &[message(2, "two"), message(3, "three")]));
    assert_eq!(sent(&first), "@label=h5 CHATHISTORY AFTER #lobby msgid=m3 100\n");
    assert_eq!(shown(first), [FOLLOWS, old(2, "小明", "two"), old(3, "小明", "three")]);
    let last = hear_all(&mut model, &page("h5", &[message(4, "four"), message(30, "live")]));
    assert_eq!(shown(last), [old(4, "小明", "four")]);
    assert_eq!(shown(hear_all(&mut model, &page("h6", &[]))), [Item::Earlier]);
    model.pump(at(31));
    assert_eq!(model.deadline(), None);
    // All is known up to what was said last.
    assert_eq!(come_back(&mut model), "@label=h7 CHATHISTORY AFTER #lobby msgid=m30 100\n");
}

#[test]
fn a_late_answer_is_taken() {
    let mut model = behind();
    let late = hear_all(&mut model, &page("h2", &[message(2, "two"), message(30, "live")]));
    assert_eq!(shown(late), [FOLLOWS, old(2, "小明", "two")]);
    // Another question waits until it is complete.
    model.run(Command::Last(1), at(6));
    hear_all(&mut model, &page("h3", &[]));
    let last = hear_all(&mut model, &page("h4", &[message(30, "live")]));
    assert_eq!(shown(last)[0], Item::Told(Phrase::LastOnes { count: 1 }));
    // And what nobody waits for is not told.
    assert_eq!(hear(&mut model, &["@label=h2 FAIL CHATHISTORY TRY_AGAIN :later"]), []);
}

/// A late answer comes while the person has asked something else.
#[test]
fn a_late_answer_goes_on_behind_another_question() {
    let mut model = behind();
    model.run(Command::Last(1), at(6));
    assert_eq!(sent(&model.take()), "@label=h3 CHATHISTORY LATEST #lobby * 1\n");
    let late = hear_all(&mut model, &page("h2", &[message(2, "two")]));
    assert_eq!((sent(&late).as_str(), shown(late)), ("", vec![FOLLOWS, old(2, "小明", "two")]));
    hear_all(&mut model, &page("h3", &[message(30, "live")]));
    model.pump(at(7));
    assert_eq!(sent(&tick(&mut model, 7)), "@label=h4 CHATHISTORY AFTER #lobby msgid=m2 100\n");
    assert_eq!(shown(hear_all(&mut model, &page("h4", &[]))), [Item::Earlier]);
}

/// Put off nine times, it was missed without a word.
#[test]
fn what_is_never_told_is_told_to_be_missing() {
    let mut model = behind();
    let (mut asked, mut told) = (Vec::new(), Vec::new());
    while let Some(due) = model.deadline() {
        let mut effects = tick(&mut model, due.as_secs());
        asked.push(due.as_secs());
        for _ in 0..9 {
            let question = sent(&effects);
            let label = question.split(' ').next().unwrap();
            assert!(question.ends_with(" CHATHISTORY AFTER #lobby msgid=m1 100\n"), "{question}");
            effects = hear(&mut model, &[&format!("{label} FAIL CHATHISTORY TRY_AGAIN :later")]);
        }
        told.extend(shown(effects));
        model.pump(due);
    }
    assert_eq!(asked, [10, 20, 40, 80, 160, 320, 620, 920, 1220, 1520]);
    assert_eq!(told, [MISSING]);
    // The next connection asks from there on; behind what was shown already is more.
    let question = come_back(&mut model);
    assert!(question.ends_with(" CHATHISTORY AFTER #lobby msgid=m1 100\n"), "{question}");
    let label = |question: &str| question.split([' ', '=']).nth(1).unwrap().to_owned();
    let missed = hear_all(&mut model, &page(&label(&question), &[message(2, "two")]));
    assert_eq!(shown(missed.clone()), [Item::Unread, old(2, "小明", "two")]);
    let next = hear_all(&mut model, &page(&label(&sent(&missed)), &[message(30, "live")]));
    assert_eq!(shown(next.clone()), []);
    let last = hear_all(&mut model, &page(&label(&sent(&next)), &[message(31, "after")]));
    assert_eq!(shown(last.clone()), [old(31, "小明", "after")]);
    assert!(!model.is_inside());
    assert_eq!(shown(hear_all(&mut model, &page(&label(&sent(&last)), &[]))), []);
    assert!(model.is_inside());
    assert!(come_back(&mut model).ends_with(" CHATHISTORY AFTER #lobby msgid=m31 100\n"));
}

/// A connection that is lost meanwhile forgets nothing.
#[test]
fn a_gap_outlives_a_lost_connection() {
    let mut model = behind();
    hear_all(&mut model, &page("h2", &[message(2, "two"), message(3, "three")]));
    assert_eq!(come_back(&mut model), "@label=h4 CHATHISTORY AFTER #lobby msgid=m3 100\n");
}

/// Nor what a server refuses for good.
#[test]
fn what_is_refused_is_told_to_be_missing() {
    let mut model = inside_with_past();
    hear_all(&mut model, &[message(1, "one")]);
    come_back(&mut model);
    let refused = hear(&mut model, &["@label=h2 FAIL CHATHISTORY INVALID_TARGET AFTER #lobby :no"]);
    assert_eq!(sent(&refused), "@label=h3 CHATHISTORY AFTER #lobby timestamp=2026-01-01T00:00:00.999Z 100\n");
    let refused = hear(&mut model, &["@label=h3 FAIL CHATHISTORY INVALID_TARGET AFTER #lobby :no"]);
    assert_eq!(shown(refused), [MISSING]);
    hear_all(&mut model, &[message(30, "live")]);
    assert!(come_back(&mut model).contains(" AFTER #lobby timestamp=2026-01-01T00:00:00.999Z "));
}

/// What is shown on coming in may be late, too.
#[test]
fn earlier_messages_are_shown_late() {
    let mut model = new("小花");
    connect(&mut model, "小花");
    model.pump(at(0));
    assert_eq!(shown(tick(&mut model, 5)), [LATER, Item::Told(Phrase::Hint)]);
    hear_all(&mut model, &[message(30, "live")]);
    let late = hear_all(&mut model, &page("h1", &[message(1, "one"), message(30, "live")]));
    assert_eq!(shown(late), [FOLLOWS, old(1, "小明", "one"), Item::Earlier]);
    assert_eq!(come_back(&mut model), "@label=h2 CHATHISTORY AFTER #lobby msgid=m30 100\n");
}
