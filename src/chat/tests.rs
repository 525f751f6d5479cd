use super::action::{ChatMessage, MessageKind, Target};
use super::empty_rooms::MessagesKept;
use super::history::{Keep, RoomHistory, Span};
use super::made_rooms::MadeRooms;
use super::people::Arrival;
use super::*;
use crate::text::name::fold;
use crate::text::{Name, RoomName};
use proptest::prelude::*;
use std::time::Duration;

mod masks;
mod networks;
mod repeated;
mod replay;

const NAMES: [&str; 8] = ["a", "B", "小花", "A", "b", "c", "0", "O"];
/// Small, so that the bounds are met.
const KEEP: Keep = Keep { messages: 5, bytes: 4000, bytes_in_all: 12_000 };
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

fn chat_message(text: &str) -> ChatMessage {
    ChatMessage {
        kind: MessageKind::Message,
        text: text.into(),
        tags: String::new(),
        parts: Vec::new(),
        ephemeral: false,
        client_id: None,
    }
}

fn with_id(text: &str, id: u8) -> ChatMessage {
    ChatMessage { client_id: ClientId::parse(&format!("id{id}")), ..chat_message(text) }
}

/// What somebody may do, by the numbers of people who connected and of rooms,
/// which need not be there any more.
#[derive(Debug, Clone)]
enum Deed {
    /// Perhaps from the server's own machine.
    Connect(usize, bool),
    /// Perhaps with the key that [`Deed::Modes`] sets.
    Enter(usize, bool),
    Leave(usize),
    /// Perhaps to those with a voice alone.
    Say(usize, bool),
    Tell(usize),
    /// With one of some ids.
    SayOnce(usize, u8),
    TellOnce(usize, u8),
    Kick(usize, usize),
    Invite(usize, usize),
    Topic(usize),
    Rename(usize),
    Modes(usize, usize, bool, u8),
    Redact(usize, u64, usize),
    Own(UserMode, bool),
    Away(bool),
    Realname,
    Quit,
    /// So many minutes pass, and what is to end ends.
    Minutes(u64),
    /// The same, before anything ends.
    Late(u64),
}

fn deed() -> impl Strategy<Value = Deed> {
    let (room, whom) = (0..ROOMS.len(), 0usize..6);
    let name = 0..NAMES.len();
    prop_oneof![
        5 => (name.clone(), any::<bool>()).prop_map(|(name, local)| Deed::Connect(name, local)),
        6 => (room.clone(), any::<bool>()).prop_map(|(room, keyed)| Deed::Enter(room, keyed)),
        2 => room.clone().prop_map(Deed::Leave),
        2 => (room.clone(), any::<bool>()).prop_map(|(room, voiced)| Deed::Say(room, voiced)),
        1 => whom.clone().prop_map(Deed::Tell),
        2 => (room.clone(), 0u8..3).prop_map(|(room, id)| Deed::SayOnce(room, id)),
        1 => (whom.clone(), 0u8..3).prop_map(|(whom, id)| Deed::TellOnce(whom, id)),
        1 => (room.clone(), whom.clone()).prop_map(|(room, whom)| Deed::Kick(room, whom)),
        1 => (room.clone(), whom.clone()).prop_map(|(room, whom)| Deed::Invite(room, whom)),
        1 => room.clone().prop_map(Deed::Topic),
        2 => name.prop_map(Deed::Rename),
        6 => (room.clone(), whom.clone(), any::<bool>(), 0u8..10)
            .prop_map(|(room, whom, on, which)| Deed::Modes(room, whom, on, which)),
        1 => (room, 0u64..99, whom.clone())
            .prop_map(|(room, message, author)| Deed::Redact(room, message, author)),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(operator, on)| {
            Deed::Own(if operator { UserMode::Operator } else { UserMode::Invisible }, on)
        }),
        1 => any::<bool>().prop_map(Deed::Away),
        1 => Just(Deed::Realname),
        3 => Just(Deed::Quit),
        2 => (1u64..12).prop_map(Deed::Minutes),
        1 => (1u64..12).prop_map(Deed::Late),
        1 => Just(Deed::Minutes(30 * 24 * 60)),
    ]
}

/// A log that is written while it is applied and kept.
struct Play {
    log: Log,
    entries: Vec<Entry>,
    lobby: Lobby,
    history: History,
    /// All who ever connected.
    people: Vec<UserKey>,
    /// By name, the last room that was there.
    rooms: [Option<RoomKey>; ROOMS.len()],
    now: u64,
    uptime: Duration,
}

impl Play {
    fn new(keep: Keep, kept: MessagesKept) -> Play {
        let log = Log::after(Nonce::new("n"), Seq::default());
        let lobby = Lobby::new(log.nonce.clone(), room(ROOMS[0]), 0, kept);
        let history = History::new(keep, RoomKey { made: Seq(0), name: room(ROOMS[0]) });
        Play {
            log,
            entries: Vec::new(),
            lobby,
            history,
            people: Vec::new(),
            rooms: Default::default(),
            now: 0,
            uptime: Duration::ZERO,
        }
    }

    fn connect(&mut self, text: &str) -> Result<UserKey, Refusal> {
        self.arrive(arrival(text))
    }

    fn arrive(&mut self, arrival: Arrival) -> Result<UserKey, Refusal> {
        let entry = self.log.connect(arrival, self.now, self.uptime);
        let key = entry.who;
        self.entries.push(entry.clone());
        self.lobby.apply(entry, &mut Events::default())?;
        self.people.push(key);
        Ok(key)
    }

    fn act(&mut self, who: UserKey, action: Action, events: &mut Events) -> Result<(), Refusal> {
        let entry = self.log.entry(who, action, self.now, self.uptime);
        self.entries.push(entry.clone());
        let known = events.iter().count();
        let outcome = self.lobby.apply(entry, events);
        events.iter().skip(known).for_each(|event| self.history.add(event.record));
        events.ended.iter().for_each(|room| self.history.forget(room));
        outcome
    }

    /// Time passes, and what is to end ends.
    fn pass(&mut self, minutes: u64) {
        self.uptime += Duration::from_secs(60 * minutes);
        let most = self.lobby.room_count();
        let mut ended = 0;
        while let Some((_, room)) = self.lobby.next_expiry().filter(|(at, _)| *at <= self.uptime) {
            ended += 1;
            assert!(ended <= most, "what has ended is to end once more");
            let entry = self.log.server_entry(Action::Expire(room), self.now, self.uptime);
            self.entries.push(entry.clone());
            let mut events = Events::default();
            self.lobby.apply(entry, &mut events).unwrap();
            events.ended.iter().for_each(|room| self.history.forget(room));
        }
    }

    fn past(&self, room: &RoomKey) -> &RoomHistory {
        self.history.room(room)
    }

    fn room(&mut self, at: usize) -> Option<RoomKey> {
        let known = self.lobby.find_room(ROOMS[at]).and_then(|id| self.lobby.room_key(id));
        self.rooms[at] = known.or(self.rooms[at].take());
        self.rooms[at].clone()
    }

    fn person(&self, at: usize) -> Option<UserKey> {
        self.people.iter().rev().nth(at).copied()
    }

    /// The action that a deed means here; None where nobody and nothing ever was so called.
    fn action(&mut self, deed: &Deed) -> Option<Action> {
        let text = || "t".to_owned();
        Some(match *deed {
            Deed::Connect(..) | Deed::Minutes(_) | Deed::Late(_) => return None,
            Deed::Enter(at, keyed) => Action::Enter { room: room(ROOMS[at]), key: keyed.then(text) },
            Deed::Leave(at) => Action::Leave { room: self.room(at)?, reason: None },
            Deed::Say(at, voiced) => {
                let to = Target::Room(self.room(at)?, voiced.then_some(Rank::Voice));
                Action::Say { to, chat_message: chat_message("x") }
            }
            Deed::Tell(whom) => {
                Action::Say { to: Target::User(self.person(whom)?), chat_message: chat_message("x") }
            }
            Deed::SayOnce(at, id) => {
                let to = Target::Room(self.room(at)?, None);
                Action::Say { to, chat_message: with_id("x", id) }
            }
            Deed::TellOnce(whom, id) => {
                Action::Say { to: Target::User(self.person(whom)?), chat_message: with_id("x", id) }
            }
            Deed::Kick(at, whom) => {
                Action::Kick { room: self.room(at)?, whom: self.person(whom)?, reason: text() }
            }
            Deed::Invite(at, whom) => Action::Invite { room: self.room(at)?, whom: self.person(whom)? },
            Deed::Topic(at) => Action::Topic { room: self.room(at)?, text: text() },
            Deed::Rename(at) => Action::Rename { name: name(NAMES[at]) },
            Deed::Modes(at, whom, on, which) => Action::Modes {
                room: self.room(at)?,
                changes: vec![match which {
                    0 => Change::Rank(Rank::Operator, on, self.person(whom)?, name("x")),
                    1 => Change::Flag(Flag::InviteOnly, on),
                    2 => Change::List(List::Bans, on, "b!*@*".to_owned()),
                    3 => Change::List(List::Bans, on, "m:*!*@*".to_owned()),
                    4 => Change::List(List::Exceptions, on, "a!*@*".to_owned()),
                    5 => Change::List(List::Invited, on, "b!*@*".to_owned()),
                    6 => Change::Key(on.then(text)),
                    7 => Change::Rank(Rank::Voice, on, self.person(whom)?, name("x")),
                    8 => Change::Flag(Flag::TopicByOperators, on),
                    _ => Change::Limit(on.then_some(1)),
                }],
            },
            Deed::Redact(at, message, author) => {
                let (room, author) = (self.room(at)?, self.person(author)?);
                Action::Redact { room, message: Seq(message), author, reason: None }
            }
            Deed::Own(flag, on) => Action::UserMode { flag, on },
            Deed::Away(away) => Action::Away { text: away.then(text) },
            Deed::Realname => Action::Realname { text: text() },
            Deed::Quit => Action::Quit { reason: None },
        })
    }
}

/// Plays what people do, each by their number.
fn play(deeds: &[(usize, Deed)], kept: MessagesKept) -> Play {
    let mut play = Play::new(KEEP, kept);
    for (who, deed) in deeds {
        // Back and forth.
        play.now = (play.now + 7) % 10;
        let mut events = Events::default();
        if let Deed::Minutes(minutes) = *deed {
            play.pass(minutes);
        } else if let Deed::Late(minutes) = *deed {
            play.uptime += Duration::from_secs(60 * minutes);
        } else if let Deed::Connect(at, is_local) = *deed {
            let _ = play.arrive(Arrival { is_local, ..arrival(NAMES[at]) });
        } else if let (Some(who), Some(action)) = (play.person(*who), play.action(deed)) {
            let _ = play.act(who, action, &mut events);
        }
        check(&play.lobby, &events);
        check_history(&play);
    }
    play
}

fn check(lobby: &Lobby, events: &Events) {
    let mut made = MadeRooms::default();
    let counted = lobby.rooms_after(None).filter(|(_, room)| lobby.empty_rooms.counts(&room.named));
    counted.filter_map(|(_, room)| room.maker.as_ref()).for_each(|network| made.add(network));
    assert_eq!(lobby.made_rooms, made, "each room counts while it is there");
    for (id, room) in lobby.rooms_after(None) {
        let stays = room.is_first || room.has_messages && room.emptied.is_some();
        assert!(!room.members().is_empty() || stays, "an empty room stays");
        assert!(room.members().is_empty() || room.emptied.is_none());
        assert_eq!(lobby.find_room(room.name().as_str()), Some(id));
        assert_eq!(lobby.room_id(&room.named), Some(id));
        for (member, ranks) in room.ranked() {
            let user = lobby.user(member).expect("a member is here");
            assert_eq!(room.ranks(user, id), Some(ranks), "a member stands where they are said to");
        }
    }
    for (id, user) in lobby.users() {
        assert_eq!(lobby.find_user(user.name().as_str()), Some(id));
        assert_eq!(lobby.user_id(user.key()), Some(id));
        let keys = [user.name().as_str(), user.user(), user.host(), user.real(), user.source()].map(fold);
        assert_eq!(user.keys().map(str::to_owned), keys, "what was folded is kept");
        for room in user.rooms() {
            assert!(lobby.room(room).is_some_and(|room| room.members().contains(&id)));
        }
    }
    let operators = lobby.users().filter(|(_, user)| user.has(UserMode::Operator)).count();
    assert_eq!(lobby.operators, operators);
    let mut last = Seq(0);
    for Event { record, receivers, .. } in events.iter() {
        assert!(record.seq() > last, "numbers rise");
        last = record.seq();
        let mut once = receivers.to_vec();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), receivers.len(), "nobody is told twice");
    }
}

fn check_history(Play { lobby, history, .. }: &Play) {
    for (_, room) in lobby.rooms_after(None) {
        let past = history.room(&room.named);
        let all = past.first(&Span::ALL, usize::MAX, |_| true);
        assert!(all.is_sorted_by(|a, b| a.seq() < b.seq()), "the past is in order");
        assert_eq!(all, past.last(&Span::ALL, usize::MAX, |_| true));
        assert!(all.iter().filter(|record| record.is_message()).count() <= KEEP.messages);
        assert!(all.len() <= 2 * KEEP.messages);
        let texts = all.iter().map(|record| record.source.len()).sum::<usize>();
        assert!(texts <= 2 * KEEP.bytes);
    }
}

/// What is shown is the clock's time; what orders is the log.
#[test]
fn a_clock_that_is_set_back_sets_back_the_time_and_not_the_order() {
    let mut play =
        Play::new(Keep { messages: 5, bytes: 1 << 20, bytes_in_all: 1 << 30 }, MessagesKept::InMemory);
    play.now = 200;
    let alice = play.connect("alice").unwrap();
    let mut events = Events::default();
    play.act(alice, Action::Enter { room: room("#first"), key: None }, &mut events).unwrap();
    let first = play.room(0).unwrap();
    for (now, text) in [(300, "one"), (50, "two"), (400, "three"), (60, "four")] {
        play.now = now;
        let to = Target::Room(first.clone(), None);
        play.act(alice, Action::Say { to, chat_message: chat_message(text) }, &mut events).unwrap();
    }
    let numbers: Vec<(u64, u64)> =
        events.iter().map(|event| (event.record.seq().0, event.record.wall_us)).collect();
    assert_eq!(numbers, [(2, 200), (3, 300), (4, 50), (5, 400), (6, 60)]);
    let past = play.past(&first);
    let seqs = |span: &Span, most| -> [Vec<u64>; 2] {
        [past.first(span, most, |_| true), past.last(span, most, |_| true)]
            .map(|records| records.iter().map(|record| record.seq().0).collect())
    };
    assert_eq!(seqs(&Span::of_times(0..300), 9), [[2, 4, 6], [2, 4, 6]]);
    assert_eq!(seqs(&Span::of_times(60..u64::MAX), 2), [[2, 6], [3, 5]], "times choose by time");
    assert_eq!(seqs(&Span::of_seqs(Seq(3)..Seq(6)), 2), [[3, 4], [4, 5]]);
    assert_eq!(past.seqs_of(&(300..301)), Seq(3)..Seq(5));
}

#[test]
fn a_key_that_is_nobodys_changes_nothing() {
    let mut play = Play::new(KEEP, MessagesKept::InMemory);
    let mut events = Events::default();
    let nobody = UserKey(Seq(7));
    assert_eq!(play.act(nobody, Action::Quit { reason: None }, &mut events), Ok(()));
    assert_eq!(events.iter().count(), 0);
}

/// The next one in the same place of the tables is another.
#[test]
fn a_key_of_one_who_has_gone_is_nobody_elses() {
    let mut play = Play::new(KEEP, MessagesKept::InMemory);
    let (alice, bob) = (play.connect("alice").unwrap(), play.connect("bob").unwrap());
    let mut events = Events::default();
    for who in [alice, bob] {
        play.act(who, Action::Enter { room: room("#A"), key: None }, &mut events).unwrap();
    }
    let made = play.room(1).unwrap();
    play.act(bob, Action::Quit { reason: None }, &mut events).unwrap();
    let carol = play.connect("carol").unwrap();
    assert_eq!(play.lobby.user_id(carol), Some(UserId(1)), "carol stands where bob stood");
    events.clear();
    let stale = [
        Action::Say { to: Target::User(bob), chat_message: chat_message("x") },
        Action::Invite { room: made.clone(), whom: bob },
        Action::Kick { room: made.clone(), whom: bob, reason: "r".to_owned() },
    ];
    for action in stale {
        assert_eq!(play.act(alice, action, &mut events), Ok(()));
    }
    play.act(alice, Action::Leave { room: made.clone(), reason: None }, &mut events).unwrap();
    play.act(carol, Action::Enter { room: room("#A"), key: None }, &mut events).unwrap();
    assert_ne!(play.room(1).unwrap(), made, "it was made again");
    events.clear();
    let topic = Action::Topic { room: made, text: "t".to_owned() };
    assert_eq!(play.act(carol, topic, &mut events), Ok(()));
    assert_eq!(events.iter().count(), 0, "nothing of it is done to another");
}

#[test]
fn what_was_taken_back_is_in_no_past() {
    let mut play =
        Play::new(Keep { messages: 5, bytes: 1 << 20, bytes_in_all: 1 << 30 }, MessagesKept::InMemory);
    let alice = play.connect("alice").unwrap();
    let mut events = Events::default();
    play.act(alice, Action::Enter { room: room("#first"), key: None }, &mut events).unwrap();
    let first = play.room(0).unwrap();
    for text in ["one", "two", "three"] {
        let to = Target::Room(first.clone(), None);
        play.act(alice, Action::Say { to, chat_message: chat_message(text) }, &mut events).unwrap();
    }
    let second = Seq(4);
    assert_eq!(play.past(&first).said(second).unwrap().author, alice);
    let redact = Action::Redact { room: first.clone(), message: second, author: alice, reason: None };
    play.act(alice, redact, &mut events).unwrap();
    assert!(play.past(&first).said(second).is_none());
    assert_eq!(play.past(&first).last(&Span::ALL, 9, Record::is_message).len(), 2);
}

/// What is remembered differs from process to process, and the outcome must not.
#[test]
fn a_redaction_is_decided_by_what_the_entry_says_of_the_message() {
    for keep in [0, 5] {
        let mut play =
            Play::new(Keep { messages: keep, bytes: 1 << 20, bytes_in_all: 1 << 30 }, MessagesKept::InMemory);
        let (alice, bob) = (play.connect("alice").unwrap(), play.connect("bob").unwrap());
        let mut events = Events::default();
        for who in [alice, bob] {
            play.act(who, Action::Enter { room: room("#A"), key: None }, &mut events).unwrap();
        }
        let made = play.room(1).unwrap();
        let to = Target::Room(made.clone(), None);
        play.act(bob, Action::Say { to, chat_message: chat_message("x") }, &mut events).unwrap();
        let redact = |author| Action::Redact { room: made.clone(), message: Seq(5), author, reason: None };
        assert_eq!(play.act(bob, redact(alice), &mut events), Err(Refusal::NotYours));
        assert_eq!(play.act(bob, redact(bob), &mut events), Ok(()));
        assert_eq!(play.act(alice, redact(bob), &mut events), Ok(()), "an operator's");
    }
}
