use super::*;
use crate::hub::{Config, ENOUGH, Input};
use crate::server::connection::inbox::{Gate, INBOX, NewConnection};
use crate::server::outbox::outlet::fake::Fake;
use crate::server::outbox::poller::{CondvarPoller, Readiness};
use crate::server::outbox::protocol::Bounds;
use crate::server::outbox::slow_clients::SlowClients;
use crate::server::outbox::slow_sender::SlowSender;
use crate::server::{console, passwords};
use crate::text::{Lang, RoomName};
use crate::wire::{Framer, Limits};
use crossbeam::channel::{Sender, bounded};
use std::sync::Arc;

type FakeSender = SlowSender<Fake, Arc<CondvarPoller>>;
type FakeLoop<'a> = HubLoop<'a, Fake, Arc<CondvarPoller>>;

fn config() -> Config {
    Config {
        server_name: "x.local".into(),
        description: "x".into(),
        first_room: RoomName::parse("#lobby").unwrap(),
        lang: Lang::En,
        motd: Vec::new(),
        created_us: 0,
        history: 0,
        history_bytes: 0,
        history_bytes_in_all: 1 << 30,
        replay: 0,
        messages_a_second: 0,
        operators: Vec::new(),
        nonce: "abc".into(),
    }
}

fn lines(session: SessionId, text: &str) -> Item<Fake> {
    let mut inputs = Vec::new();
    Framer::new(Limits::FROM_CLIENT).feed(text.as_bytes(), |frame| inputs.push(Input::from_frame(frame)));
    Item::Lines { session, inputs, ticket: Gate::new().pass() }
}

/// A room that all of its members are in.
fn room_of(members: usize, test: impl FnOnce(FakeLoop<'_>, Sender<Item<Fake>>, Vec<Arc<Fake>>)) {
    room_with(config(), [127, 0, 0, 1], members, |rounds, _, tx, members| test(rounds, tx, members));
}

/// The same, with these settings, and all of them from there.
fn room_with(
    config: Config,
    from: [u8; 4],
    members: usize,
    test: impl FnOnce(FakeLoop<'_>, &FakeSender, Sender<Item<Fake>>, Vec<Arc<Fake>>),
) {
    let (tx, rx) = bounded(INBOX);
    let slow_sender: FakeSender = SlowSender::new(Arc::default(), Bounds::USUAL, tx.clone());
    let admissions = Admissions::new(2 * members, usize::MAX);
    let (console, _screen) = console::thread::open(console::thread::Format::Programs);
    let (auth, _keeper) = passwords::open();
    let mut rounds =
        HubLoop::new(Hub::new(config), rx, Delivery::new(&slow_sender), console, &admissions, auth);
    let members: Vec<Arc<Fake>> = (0..members).map(|_| Arc::new(Fake::default())).collect();
    for (number, member) in members.iter().enumerate() {
        (0..3 * members.len()).for_each(|_| member.add_room(usize::MAX));
        let session = admissions.admit(from.into()).unwrap();
        tx.send(Item::Open(NewConnection::new(session, (from, 5).into(), Arc::clone(member)))).unwrap();
        tx.send(lines(session, &format!("NICK m{number}\r\nUSER x 0 * :x\r\nJOIN #lobby\r\n"))).unwrap();
    }
    while !rounds.inbox.is_empty() || rounds.delivery.next_at().is_some() {
        rounds.turn();
    }
    test(rounds, &slow_sender, tx, members);
}

/// What ticks and evictions added kept it full, and nobody was heard for seconds.
#[test]
fn while_the_sheet_is_full_nothing_is_added_to_it() {
    const MEMBERS: usize = 200;
    room_of(MEMBERS, |mut rounds, tx, members| {
        rounds.hub.set_slice(1_000_000);
        tx.send(lines(SessionId(0), &"PRIVMSG #lobby :hello\r\n".repeat(300))).unwrap();
        rounds.turn();
        tx.send(lines(SessionId(1), "PING answer\r\n")).unwrap();
        rounds.overrun.insert(SessionId(2));
        let waits = |rounds: &FakeLoop<'_>| (rounds.inbox.len(), rounds.overrun.len());
        for _ in 0..(MEMBERS - 1).div_ceil(CALLS) - 2 {
            rounds.turn();
            assert_eq!(waits(&rounds), (1, 1));
        }
        rounds.turn();
        assert_eq!(waits(&rounds), (1, 0), "the plan is empty");
        rounds.turn();
        assert_eq!(waits(&rounds), (0, 0));
        let taken = members[1].taken();
        assert!(taken.ends_with("PONG x.local :answer\r\n"), "{taken}");
        assert_eq!(members[199].taken().matches("hello").count(), 300);
    });
}

/// All went on in one round, each with what he asks for, and nobody else was heard.
#[test]
fn a_few_go_on_in_a_round_and_others_are_heard_beside_them() {
    const MEMBERS: usize = 100;
    room_of(MEMBERS, |mut rounds, tx, members| {
        for session in (1..).map(SessionId).take(MEMBERS - 1) {
            rounds.hub.backlogged(session);
            rounds.delivery.await_reader(session);
            rounds.take(lines(session, "PING rest\r\n"), rounds.clock.now());
        }
        let mut left = 3 * ROUND;
        (0..left).for_each(|_| tx.send(lines(SessionId(0), "PRIVMSG #lobby :hello\r\n")).unwrap());
        while left > 0 || rounds.delivery.next_at().is_some() || !rounds.batch.is_empty() {
            let (tickets, resumed) = (rounds.tickets.len(), rounds.resumed);
            rounds.turn();
            let taken = left - rounds.inbox.len();
            left -= taken;
            assert!(tickets - rounds.tickets.len() <= RESUMED);
            assert!((left == 0 || taken >= ROUND - RESUMED) && taken + resumed <= ROUND);
        }
        let told = |member: &Arc<Fake>| {
            let taken = member.taken();
            (taken.matches("hello").count(), taken.matches("PONG x.local :rest").count())
        };
        assert!(members[1..].iter().all(|member| told(member) == (3 * ROUND, 1)));
    });
}

/// What follows from their lines may be nothing, and nobody else may come.
#[test]
fn nothing_is_waited_for_while_somebody_may_go_on() {
    room_of(1, |mut rounds, tx, _| {
        rounds.drained.push_back(SessionId(0));
        tx.send(Item::Reported).unwrap();
        assert!(rounds.wait().is_none());
        rounds.drained.clear();
        assert!(rounds.wait().is_some());
    });
}

/// They were obeyed as soon as it had come, whatever their sender had taken.
#[test]
fn lines_that_waited_for_their_time_wait_for_their_sender_too() {
    let motd = vec!["a long message of the day".to_owned(); 1000];
    let config = Config { messages_a_second: 1000, motd, ..config() };
    room_with(config, [10, 0, 0, 1], 1, |mut rounds, slow_sender, tx, members| {
        while members[0].offers_left() > 0 {
            tx.send(lines(SessionId(0), "PING room\r\n")).unwrap();
            rounds.turn();
        }
        tx.send(lines(SessionId(0), &format!("{}{}", "PING x\r\n".repeat(40), "MOTD\r\n".repeat(20))))
            .unwrap();
        let mut clients = SlowClients::default();
        let mut turn = |rounds: &mut FakeLoop<'_>| {
            rounds.turn();
            slow_sender.turn(&mut clients, |awaited| vec![Readiness::Nothing; awaited.len()]);
            clients.waiting()
        };
        while !rounds.delivery.is_awaited(SessionId(0)) {
            turn(&mut rounds);
        }
        let mut next = || {
            tx.send(Item::Reported).unwrap();
            turn(&mut rounds)
        };
        let waiting = next();
        assert!((ENOUGH / 4..ENOUGH).contains(&waiting), "{waiting}");
        assert_eq!([next(), next()], [waiting; 2]);
    });
}

/// All lines of an item were obeyed before anything else, a wish to stop included.
#[test]
fn a_wish_to_stop_is_heard_while_sessions_have_lines_left() {
    const MEMBERS: usize = 8;
    room_of(MEMBERS, |mut rounds, tx, members| {
        rounds.hub.set_slice(1);
        for session in (0..).map(SessionId).take(MEMBERS) {
            tx.send(lines(session, &"NAMES #lobby\r\n".repeat(64))).unwrap();
        }
        tx.send(Item::Stop).unwrap();
        let mut turns = 0;
        while rounds.until.is_none() {
            rounds.turn();
            turns += 1;
        }
        assert!(turns <= MEMBERS + 1, "at least one item in each round: {turns}");
        assert!(!rounds.hub.has_more(), "nothing is left to be done");
        while !rounds.is_over() {
            rounds.turn();
        }
        let answers: usize = members.iter().map(|member| member.taken().matches(" 366 ").count()).sum();
        assert!(answers < MEMBERS * 64 / 2, "{answers} of the answers were made");
    });
}
