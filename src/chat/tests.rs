use super::action::{Manner, Saying, Target};
use super::history::Keep;
use super::people::Arrival;
use super::*;
use crate::text::{Name, RoomName};
use proptest::prelude::*;

const NAMES: [&str; 8] = ["a", "B", "小花", "A", "b", "c", "0", "O"];
/// Small, so that the bounds are met.
const KEEP: Keep = Keep { messages: 5, bytes: 2000 };
const ROOMS: [&str; 4] = ["#first", "#A", "#a", "#小"];

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn room(text: &str) -> RoomName {
    RoomName::parse(text).unwrap()
}

fn arrival(text: &str) -> Arrival {
    Arrival {
        name: name(text),
        user: "u".into(),
        host: "h".into(),
        real: "r".to_owned(),
        away: None,
        is_local: false,
    }
}

fn saying(text: &str) -> Saying {
    Saying {
        manner: Manner::Message,
        text: text.into(),
        tags: String::new(),
        parts: Vec::new(),
        passing: false,
    }
}

/// What somebody may do, by numbers that need not be anybody's.
fn action() -> impl Strategy<Value = Action> {
    let id = (0u32..4).prop_map(RoomId);
    let whom = (0u32..4).prop_map(UserId);
    prop_oneof![
        4 => proptest::sample::select(&ROOMS[..])
            .prop_map(|name| Action::Enter { room: room(name), key: None }),
        2 => id.clone().prop_map(|room| Action::Leave { room, reason: None }),
        2 => id.clone().prop_map(|room| Action::Say { to: Target::Room(room, None), saying: saying("x") }),
        1 => whom.clone().prop_map(|user| Action::Say { to: Target::User(user), saying: saying("x") }),
        1 => (id.clone(), whom.clone()).prop_map(|(room, whom)| Action::Kick { room, whom, reason: "r".to_owned() }),
        1 => (id.clone(), whom.clone()).prop_map(|(room, whom)| Action::Invite { room, whom }),
        1 => id.clone().prop_map(|room| Action::Topic { room, text: "t".to_owned() }),
        2 => proptest::sample::select(&NAMES[..]).prop_map(|text| Action::Rename { name: name(text) }),
        1 => (id, whom, any::<bool>(), 0..4).prop_map(|(room, whom, on, which)| Action::Modes {
            room,
            changes: vec![match which {
                0 => Change::Rank(Rank::Operator, on, whom, name("x")),
                1 => Change::Flag(Flag::InviteOnly, on),
                2 => Change::List(List::Bans, on, "b!*@*".to_owned()),
                _ => Change::Limit(on.then_some(1)),
            }],
        }),
        1 => ((0u32..4).prop_map(RoomId), 0u64..99)
            .prop_map(|(room, message)| Action::Redact { room, message, reason: None }),
        1 => any::<bool>().prop_map(|on| Action::Own { flag: OwnFlag::Invisible, on }),
        1 => Just(Action::Quit { reason: None }),
    ]
}

/// Plays a history: `Err` lets somebody arrive. Gives what came out of it.
fn play(history: &[Result<(u32, Action), usize>]) -> (Lobby, String) {
    let mut lobby = Lobby::new(room("#first"), 0, KEEP);
    let mut told = String::new();
    for step in history {
        let mut events = Events::default();
        match step {
            Err(at) => told += &format!("{:?}\n", lobby.arrive(arrival(NAMES[*at]), 5)),
            Ok((user, action)) => {
                let outcome = lobby.act(UserId(*user), action.clone(), 5, &mut events);
                told += &format!("{outcome:?} {events:?}\n");
            }
        }
        check(&lobby, &events);
    }
    (lobby, told)
}

fn check(lobby: &Lobby, events: &Events) {
    for (id, room) in lobby.rooms() {
        assert!(!room.members().is_empty() || room.is_first(), "an empty room stays");
        assert_eq!(lobby.find_room(room.name().as_str()), Some(id));
        for (member, ranks) in room.ranked() {
            let user = lobby.user(member).expect("a member is here");
            assert_eq!(room.ranks(user, id), Some(ranks), "a member stands where they are said to");
        }
    }
    for (_, room) in lobby.rooms() {
        let all = room.history().first(0..u64::MAX, usize::MAX, |_| true);
        assert!(all.is_sorted_by(|a, b| a.stamp < b.stamp), "the past is in order");
        assert_eq!(all, room.history().last(0..u64::MAX, usize::MAX, |_| true));
        assert!(all.iter().filter(|event| history::is_message(event)).count() <= KEEP.messages);
        assert!(all.len() <= 2 * KEEP.messages);
        let texts = all.iter().map(|event| event.source.len()).sum::<usize>();
        assert!(texts <= 2 * KEEP.bytes);
    }
    for (id, user) in lobby.users() {
        assert_eq!(lobby.find_user(user.name().as_str()), Some(id));
        for room in user.rooms() {
            assert!(lobby.room(room).is_some_and(|room| room.members().contains(&id)));
        }
    }
    let mut last = 0;
    for (event, receivers) in events.iter() {
        assert!(event.stamp > last, "stamps rise");
        last = event.stamp;
        let mut once = receivers.to_vec();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), receivers.len(), "nobody is told twice");
    }
}

proptest! {
    #[test]
    fn any_history_keeps_the_invariants_and_replays_to_the_same_events(
        history in proptest::collection::vec(
            prop_oneof![4 => (0u32..4, action()).prop_map(Ok), 1 => (0usize..NAMES.len()).prop_map(Err)], 0..80),
    ) {
        prop_assert_eq!(play(&history).1, play(&history).1);
    }
}

#[test]
fn a_clock_that_is_set_back_does_not_set_back_the_stamps() {
    let mut lobby = Lobby::new(room("#first"), 100, KEEP);
    let alice = lobby.arrive(arrival("alice"), 200).unwrap();
    let mut events = Events::default();
    lobby.act(alice, Action::Enter { room: room("#first"), key: None }, 50, &mut events).unwrap();
    lobby.act(alice, Action::Topic { room: RoomId(0), text: "t".to_owned() }, 50, &mut events).unwrap();
    let stamps: Vec<u64> = events.iter().map(|(event, _)| event.stamp).collect();
    assert_eq!(stamps, [201, 202]);
}

#[test]
fn a_number_that_is_nobodys_changes_nothing() {
    let mut lobby = Lobby::new(room("#first"), 0, KEEP);
    let mut events = Events::default();
    assert_eq!(lobby.act(UserId(7), Action::Quit { reason: None }, 1, &mut events), Ok(()));
    assert_eq!(events.iter().count(), 0);
}

#[test]
fn what_was_taken_back_is_in_no_past() {
    let mut lobby = Lobby::new(room("#first"), 0, Keep { messages: 5, bytes: 1 << 20 });
    let alice = lobby.arrive(arrival("alice"), 0).unwrap();
    let mut events = Events::default();
    let mut act = |action| lobby.act(alice, action, 0, &mut events);
    act(Action::Enter { room: room("#first"), key: None }).unwrap();
    let say = |text: &str| Action::Say { to: Target::Room(RoomId(0), None), saying: saying(text) };
    ["one", "two", "three"].iter().for_each(|text| act(say(text)).unwrap());
    let second = 4;
    act(Action::Redact { room: RoomId(0), message: second, reason: None }).unwrap();
    let again = act(Action::Redact { room: RoomId(0), message: second, reason: None });
    assert_eq!(again, Err(Refusal::NoSuchMessage));
    let history = lobby.room(RoomId(0)).unwrap().history();
    assert!(history.message(second).is_none());
    assert_eq!(history.last(0..u64::MAX, 9, history::is_message).len(), 2);
}
