//! A message that is sent again is not said again.

use super::*;
use crate::chat::client_ids::KNOWN_TIME;

/// Alice, who has entered `#first`.
fn entered(play: &mut Play) -> UserKey {
    let alice = play.connect("alice").unwrap();
    let enter = Action::Enter { room: room("#first"), key: None };
    play.act(alice, enter, &mut Events::default()).unwrap();
    alice
}

fn say(play: &mut Play, who: UserKey, id: u8) -> Events {
    let to = Target::Room(play.room(0).unwrap(), None);
    let mut events = Events::default();
    play.act(who, Action::Say { to, chat_message: with_id("x", id) }, &mut events).unwrap();
    events
}

/// The numbers of the messages that were said, and of the one that was repeated.
fn numbers(events: &Events) -> (Vec<u64>, Option<(u64, u64)>) {
    let repeated = events.repeated.as_ref().map(|record| (record.seq().0, record.wall_us));
    (events.iter().map(|event| event.record.seq().0).collect(), repeated)
}

#[test]
fn the_author_alone_is_told_the_first_one_again() {
    let mut play = Play::new(KEEP, MessagesKept::InMemory);
    let alice = entered(&mut play);
    play.now = 5;
    assert_eq!(numbers(&say(&mut play, alice, 1)), (vec![3], None));
    play.now = 6;
    assert_eq!(numbers(&say(&mut play, alice, 1)), (vec![], Some((3, 5))));
    assert_eq!(numbers(&say(&mut play, alice, 2)), (vec![5], None));
    // After another connection too.
    play.act(alice, Action::Quit { reason: None }, &mut Events::default()).unwrap();
    let back = entered(&mut play);
    assert_eq!(numbers(&say(&mut play, back, 1)), (vec![], Some((3, 5))));
}

#[test]
fn another_name_says_it() {
    let mut play = Play::new(KEEP, MessagesKept::InMemory);
    let alice = entered(&mut play);
    say(&mut play, alice, 1);
    play.act(alice, Action::Rename { name: name("bob") }, &mut Events::default()).unwrap();
    assert_eq!(numbers(&say(&mut play, alice, 1)), (vec![5], None));
}

#[test]
fn another_address_says_it() {
    let mut play = Play::new(KEEP, MessagesKept::InMemory);
    let alice = entered(&mut play);
    say(&mut play, alice, 1);
    play.act(alice, Action::Quit { reason: None }, &mut Events::default()).unwrap();
    let back = play.arrive(Arrival { host: "elsewhere".to_owned(), ..arrival("alice") }).unwrap();
    let enter = Action::Enter { room: room("#first"), key: None };
    play.act(back, enter, &mut Events::default()).unwrap();
    assert_eq!(numbers(&say(&mut play, back, 1)), (vec![7], None));
}

#[test]
fn it_is_said_again_after_ten_minutes() {
    let mut play = Play::new(KEEP, MessagesKept::InMemory);
    let alice = entered(&mut play);
    say(&mut play, alice, 1);
    play.uptime += KNOWN_TIME - Duration::from_nanos(1);
    assert_eq!(numbers(&say(&mut play, alice, 1)).1, Some((3, 0)));
    play.uptime += Duration::from_nanos(1);
    assert_eq!(numbers(&say(&mut play, alice, 1)), (vec![5], None));
}

/// Else somebody who was silenced would never know that it was said before.
#[test]
fn a_refused_one_is_not_known_and_a_known_one_is_not_refused() {
    let mut play = Play::new(KEEP, MessagesKept::InMemory);
    let (alice, bob) = (entered(&mut play), play.connect("bob").unwrap());
    let mut events = Events::default();
    let first = play.room(0).unwrap();
    play.act(bob, Action::Enter { room: room("#first"), key: None }, &mut events).unwrap();
    let moderated =
        |on| Action::Modes { room: first.clone(), changes: vec![Change::Flag(Flag::Moderated, on)] };
    let to = Target::Room(first.clone(), None);
    let told = |id| Action::Say { to: to.clone(), chat_message: with_id("x", id) };
    say(&mut play, bob, 1);
    play.act(alice, moderated(true), &mut events).unwrap();
    assert_eq!(play.act(bob, told(2), &mut events), Err(Refusal::MayNotSpeak));
    assert_eq!(numbers(&say(&mut play, bob, 1)), (vec![], Some((5, 0))));
    play.act(alice, moderated(false), &mut events).unwrap();
    assert_eq!(numbers(&say(&mut play, bob, 2)), (vec![10], None));
}

/// A line may name several targets.
#[test]
fn each_target_gets_it_once() {
    let mut play = Play::new(KEEP, MessagesKept::InMemory);
    let (alice, bob, carol) =
        (entered(&mut play), play.connect("bob").unwrap(), play.connect("carol").unwrap());
    for (at, to) in [Target::User(bob), Target::User(carol)].into_iter().enumerate() {
        for is_again in [false, true] {
            let mut events = Events::default();
            let say = Action::Say { to: to.clone(), chat_message: with_id("x", 1) };
            play.act(alice, say, &mut events).unwrap();
            assert_eq!(events.repeated.is_some(), is_again, "{at}");
            assert_eq!(events.iter().count(), usize::from(!is_again));
        }
    }
    let voiced = Target::Room(play.room(0).unwrap(), Some(Rank::Voice));
    let mut events = Events::default();
    play.act(alice, Action::Say { to: voiced, chat_message: with_id("x", 1) }, &mut events).unwrap();
    assert!(events.repeated.is_none());
    assert_eq!(numbers(&say(&mut play, alice, 1)).1, None);
}
