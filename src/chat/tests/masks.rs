//! How much is done for lists of masks.

use super::*;
use crate::chat::pattern::PATTERN_BYTES;
use crate::chat::room::LIST_ENTRIES;

/// Applies an action, and tells what it cost.
fn work(play: &mut Play, who: UserKey, action: Action) -> u32 {
    let mut events = Events::default();
    let _ = play.act(who, action, &mut events);
    events.work.units()
}

fn set(play: &mut Play, masks: impl IntoIterator<Item = String>, on: bool) -> Action {
    let changes = masks.into_iter().map(|mask| Change::List(List::Bans, on, mask)).collect();
    Action::Modes { room: play.room(1).unwrap(), changes }
}

/// As many masks as a list holds, that mean nobody: of so many stars and question marks.
fn masks(stars: usize) -> impl Iterator<Item = String> {
    (0..LIST_ENTRIES).map(move |number| format!("{}x{number}!*@*", "*?".repeat(stars)))
}

const LONG: usize = (PATTERN_BYTES - 7) / 2;

/// Alice's room, in which bob is, with a full list of such bans.
fn room_with_bans(stars: usize) -> (Play, UserKey, UserKey) {
    let mut play = Play::new(KEEP, MessagesKept::InMemory);
    let (alice, bob) = (play.connect("alice").unwrap(), play.connect("bob").unwrap());
    for who in [alice, bob] {
        play.act(who, Action::Enter { room: room("#A"), key: None }, &mut Events::default()).unwrap();
    }
    let bans = set(&mut play, masks(stars), true);
    play.act(alice, bans, &mut Events::default()).unwrap();
    (play, alice, bob)
}

/// Each message was tried against each mask.
#[test]
fn a_member_is_tried_once_until_something_changes() {
    let (mut play, alice, bob) = room_with_bans(LONG);
    let target = Target::Room(play.room(1).unwrap(), None);
    let say = || Action::Say { to: target.clone(), chat_message: chat_message("x") };
    let first = work(&mut play, bob, say());
    assert!((LIST_ENTRIES as u32..500).contains(&first), "{first}");
    assert_eq!(work(&mut play, bob, say()), 0);
    assert_eq!(work(&mut play, alice, say()), 0, "an operator");
    work(&mut play, bob, Action::Rename { name: name("rob") });
    assert!(work(&mut play, bob, say()) > first, "by each name");
    assert_eq!(work(&mut play, bob, say()), 0);
    let removal = set(&mut play, masks(LONG).take(1), false);
    work(&mut play, alice, removal);
    assert!(work(&mut play, bob, say()) > first);
    assert_eq!(work(&mut play, bob, say()), 0);
}

/// Long masks are like no name, and cost nothing; the dearest are as long as the names. All is
/// less than a slice of the hub's time.
#[test]
fn what_is_tried_is_bounded() {
    for stars in [1, 9, 18, LONG] {
        let (mut play, _, bob) = room_with_bans(stars);
        for number in 0..40 {
            let text = format!("{}{number}", "a\u{301}\u{302}".repeat(9));
            work(&mut play, bob, Action::Rename { name: name(&text) });
        }
        let to = Target::Room(play.room(1).unwrap(), None);
        let all = work(&mut play, bob, Action::Say { to, chat_message: chat_message("x") });
        assert!((LIST_ENTRIES as u32..15_000).contains(&all), "{stars}: {all}");
    }
}

/// Each change folded each mask of the list.
#[test]
fn a_change_of_a_list_costs_little_however_full_it_is() {
    let (mut play, alice, _) = room_with_bans(LONG);
    let removals = set(&mut play, (0..100).map(|number| format!("{number}!*@*")), false);
    let full = work(&mut play, alice, removals);
    assert!(full < 20 * 100, "{full}");
}
