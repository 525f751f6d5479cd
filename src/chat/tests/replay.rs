//! The outcome of an entry depends on the lobby and the entry alone.

use super::*;

/// What comes of an entry, without the indices of this lobby.
fn outcome(lobby: &mut Lobby, entry: &Entry) -> String {
    let keys: Vec<Option<UserKey>> =
        (0..NAMES.len() as u32).map(|index| lobby.user_key(UserId(index))).collect();
    let mut events = Events::default();
    let mut told = format!("{:?} {:?}", lobby.apply(entry.clone(), &mut events), events.ended);
    told += &format!(" {:?}", events.repeated);
    for Event { record, by, places, receivers } in events.iter() {
        let mut receivers: Vec<_> = receivers.iter().map(|id| keys[id.index()]).collect();
        receivers.sort();
        let counts: Vec<_> = places.iter().map(|place| place.count).collect();
        told += &format!("\n{record:?} {:?} {counts:?} {receivers:?}", keys[by.index()]);
    }
    told
}

/// All that a lobby can be asked, also what decides no outcome.
fn answers(lobby: &Lobby) -> String {
    let mut told = format!("{:?}", lobby.whowas);
    for user in lobby.users_by_key() {
        let who = (user.key(), user.source(), user.real(), user.away(), user.is_local, user.flags);
        told += &format!("\n{who:?} {} {:?} {:?}", user.arrived, user.spoke, user.names_before);
    }
    for (_, room) in lobby.rooms_after(None) {
        let modes = (room.flags, room.server_flags, &room.key, &room.limit, &room.lists, &room.invitations);
        told += &format!("\n{:?} {} {}", &room.named, room.made_at, room.is_first);
        told += &format!(
            " {:?} {modes:?} {} {:?}",
            room.topic(),
            room.has_messages,
            (room.found, room.is_found_late, &room.emptied)
        );
    }
    told + &format!("\n{:?}", lobby.next_expiry())
}

/// Some people in two rooms, and then anything.
fn deeds() -> impl Strategy<Value = Vec<(usize, Deed)>> {
    let begin = [0, 1, 2, 5].into_iter().flat_map(|name| {
        [Deed::Connect(name, false), Deed::Enter(0, false), Deed::Enter(1, false)].map(|deed| (0, deed))
    });
    let begin: Vec<_> = begin.collect();
    let rest = proptest::collection::vec((0usize..6, deed()), 0..80);
    rest.prop_map(move |rest| [begin.clone(), rest].concat())
}

fn start(kept: MessagesKept) -> Lobby {
    Play::new(KEEP, kept).lobby
}

fn kept() -> impl Strategy<Value = MessagesKept> {
    prop_oneof![Just(MessagesKept::InMemory), Just(MessagesKept::OnDisk)]
}

proptest! {
    /// Other processes start with what is known at some moments, one after another.
    #[test]
    fn any_entries_have_the_same_outcomes_from_a_snapshot_on(
        deeds in deeds(),
        kept in kept(),
        starts in proptest::collection::vec(proptest::bool::weighted(0.2), 100),
    ) {
        let (mut one, mut other) = (start(kept), start(kept));
        for (entry, starts) in play(&deeds, kept).entries.iter().zip(starts) {
            if starts {
                other = Lobby::restore(&other.snapshot()).unwrap();
            }
            prop_assert_eq!(outcome(&mut one, entry), outcome(&mut other, entry));
            prop_assert_eq!(one.snapshot(), other.snapshot());
            prop_assert_eq!(answers(&one), answers(&other));
        }
    }

    /// A file may be cut or changed.
    #[test]
    fn what_is_no_snapshot_is_refused(deeds in deeds(), kept in kept(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = play(&deeds, kept).lobby.snapshot();
        let at = at.index(bytes.len());
        prop_assert!(Lobby::restore(&bytes[..at]).is_err());
        bytes[at] = byte;
        if let Ok(lobby) = Lobby::restore(&bytes) {
            check(&lobby, &Events::default());
            prop_assert_eq!(lobby.snapshot(), bytes);
        }
    }
}

#[test]
fn a_snapshot_of_another_version_is_told_from_a_broken_one() {
    let mut bytes = start(MessagesKept::InMemory).snapshot();
    assert_eq!(Lobby::restore(&[]).unwrap_err(), SnapshotError::Malformed);
    bytes.push(0);
    assert_eq!(Lobby::restore(&bytes).unwrap_err(), SnapshotError::Malformed);
    bytes[0] += 1;
    assert_eq!(Lobby::restore(&bytes).unwrap_err(), SnapshotError::Version(bytes[0]));
}

/// The next one in a place that somebody left in one process has another index in the other.
#[test]
fn indices_of_two_processes_may_differ() {
    let mut play = Play::new(KEEP, MessagesKept::InMemory);
    let mut events = Events::default();
    let people = ["a", "b", "c"].map(|name| play.connect(name).unwrap());
    for who in people {
        play.act(who, Action::Enter { room: room("#A"), key: None }, &mut events).unwrap();
    }
    play.act(people[0], Action::Quit { reason: None }, &mut events).unwrap();
    let mut other = Lobby::restore(&play.lobby.snapshot()).unwrap();
    assert_ne!(play.lobby.user_id(people[2]), other.user_id(people[2]));
    let made = play.room(1).unwrap();
    let say = Action::Say { to: Target::Room(made, None), chat_message: chat_message("x") };
    let entry = play.log.entry(people[2], say, 0, Duration::ZERO);
    assert_eq!(outcome(&mut play.lobby, &entry), outcome(&mut other, &entry));
}
