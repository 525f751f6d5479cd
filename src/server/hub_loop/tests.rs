use super::clock::{BETWEEN_PINGS, STALLED, TO_PING};
use super::*;
use crate::chat::Seq;
use crate::hub::{Config, Encryption, Input, Origin, REPLY_BACKLOG_BYTES, Recipients};
use crate::server::connection::inbox::{INBOX_ITEMS, InboxSemaphore, NewConnection};
use crate::server::disk::commits::Job;
use crate::server::disk::pending::MAX_BYTES;
use crate::server::outbox::outlet::fake::Fake;
use crate::server::outbox::poller::{CondvarPoller, Readiness};
use crate::server::outbox::slow_client_limits::SlowClientLimits;
use crate::server::outbox::slow_clients::SlowClients;
use crate::server::outbox::slow_sender::SlowSender;
use crate::server::{console, passwords};
use crate::text::{Lang, RoomName};
use crate::wire::{Framer, Limits};
use crossbeam::channel::{Sender, bounded, unbounded};
use std::sync::Arc;
use std::time::Duration;

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
        keep: "run".to_owned(),
        persists: false,
        encryption: Encryption::Off,
        password: None,
    }
}

fn lines(session: SessionId, text: &str) -> Item<Fake> {
    let mut inputs = Vec::new();
    Framer::new(Limits::FROM_CLIENT).feed(text.as_bytes(), |frame| inputs.push(Input::from_frame(frame)));
    Item::Lines { session, inputs, ticket: InboxSemaphore::new().acquire() }
}

/// A room that all of its clients are in.
fn room_of(clients: usize, test: impl FnOnce(FakeLoop<'_>, Sender<Item<Fake>>, Vec<Arc<Fake>>)) {
    room_with(config(), [127, 0, 0, 1], clients, |hub_loop, _, tx, clients| test(hub_loop, tx, clients));
}

/// The same, with these settings, and all of them from there.
fn room_with(
    config: Config,
    from: [u8; 4],
    clients: usize,
    test: impl FnOnce(FakeLoop<'_>, &FakeSender, Sender<Item<Fake>>, Vec<Arc<Fake>>),
) {
    let (tx, rx) = bounded(INBOX_ITEMS);
    let slow_sender: FakeSender = SlowSender::new(Arc::default(), SlowClientLimits::USUAL, tx.clone());
    let admissions = Admissions::new(2 * clients, usize::MAX);
    let (console, _screen) = console::thread::open(console::thread::Format::Programs);
    let (auth, _keeper) = passwords::open();
    let mut hub_loop =
        HubLoop::new(Hub::new(config), rx, Delivery::new(&slow_sender), console, &admissions, auth, None);
    let clients: Vec<Arc<Fake>> = (0..clients).map(|_| Arc::new(Fake::default())).collect();
    for (number, client) in clients.iter().enumerate() {
        (0..3 * clients.len()).for_each(|_| client.add_room(usize::MAX));
        let session = admissions.admit(from.into(), from == [127, 0, 0, 1]).unwrap();
        let from = Origin { address: (from, 5).into(), is_local: from == [127, 0, 0, 1] };
        let outlet = Some(Arc::clone(client));
        tx.send(Item::Open(NewConnection { session, from, outlet })).unwrap();
        tx.send(lines(session, &format!("NICK m{number}\r\nUSER x 0 * :x\r\nJOIN #lobby\r\n"))).unwrap();
    }
    while !hub_loop.inbox.is_empty() || hub_loop.delivery.next_at().is_some() {
        hub_loop.round();
    }
    test(hub_loop, &slow_sender, tx, clients);
}

/// What ticks and evictions added kept it full, and nobody was heard for seconds.
#[test]
fn nothing_is_added_to_a_full_plan() {
    const CLIENTS: usize = 200;
    room_of(CLIENTS, |mut hub_loop, tx, clients| {
        hub_loop.hub.set_slice(1_000_000);
        tx.send(lines(SessionId(0), &"PRIVMSG #lobby :hello\r\n".repeat(300))).unwrap();
        hub_loop.round();
        tx.send(lines(SessionId(1), "PING answer\r\n")).unwrap();
        hub_loop.evictions.waiting.insert(SessionId(2));
        let waits = |hub_loop: &FakeLoop<'_>| (hub_loop.inbox.len(), hub_loop.evictions.waiting.len());
        for _ in 0..(CLIENTS - 1).div_ceil(CALLS) - 2 {
            hub_loop.round();
            assert_eq!(waits(&hub_loop), (1, 1));
        }
        hub_loop.round();
        assert_eq!(waits(&hub_loop), (1, 0), "the plan is empty");
        hub_loop.round();
        assert_eq!(waits(&hub_loop), (0, 0));
        let taken = clients[1].taken();
        assert!(taken.ends_with("PONG x.local :answer\r\n"), "{taken}");
        assert_eq!(clients[199].taken().matches("hello").count(), 300);
    });
}

/// All went on in one round, each with what he asks for, and nobody else was heard.
#[test]
fn few_resume_in_a_round() {
    const CLIENTS: usize = 100;
    room_of(CLIENTS, |mut hub_loop, tx, clients| {
        for session in (1..).map(SessionId).take(CLIENTS - 1) {
            hub_loop.hub.backlogged(session);
            hub_loop.delivery.await_reader(session);
            let now = hub_loop.now();
            hub_loop.handle(lines(session, "PING rest\r\n"), now);
        }
        let mut left = 3 * ROUND;
        (0..left).for_each(|_| tx.send(lines(SessionId(0), "PRIVMSG #lobby :hello\r\n")).unwrap());
        while left > 0 || hub_loop.delivery.next_at().is_some() || !hub_loop.batch.is_empty() {
            let (tickets, resumed) = (hub_loop.tickets.len(), hub_loop.resumed);
            hub_loop.round();
            let taken = left - hub_loop.inbox.len();
            left -= taken;
            assert!(tickets - hub_loop.tickets.len() <= RESUMED);
            assert!((left == 0 || taken >= ROUND - RESUMED) && taken + resumed <= ROUND);
        }
        let told = |client: &Arc<Fake>| {
            let taken = client.taken();
            (taken.matches("hello").count(), taken.matches("PONG x.local :rest").count())
        };
        assert!(clients[1..].iter().all(|client| told(client) == (3 * ROUND, 1)));
    });
}

/// What follows from their lines may be nothing, and nobody else may come.
#[test]
fn no_wait_while_a_session_may_resume() {
    room_of(1, |mut hub_loop, tx, _| {
        hub_loop.drained.push_back(SessionId(0));
        tx.send(Item::Reported).unwrap();
        assert!(hub_loop.wait().is_none());
        hub_loop.drained.clear();
        assert!(hub_loop.wait().is_some());
    });
}

/// From now on it waits for a disk, which has not got a batch with these bytes for the first session.
/// Gives the disk's ends.
fn stall(hub_loop: &mut FakeLoop<'_>, bytes: usize) -> (Receiver<Job>, Sender<Report>) {
    let ((jobs, asked), (reports, reported), (lookups, _)) = (unbounded(), unbounded(), unbounded());
    let mut pending = Pending::new(jobs, std::thread::current(), reported, lookups, hub_loop.hub.last());
    let mut batch = Batch::default();
    batch.persist.reserved = Some(Seq(1));
    batch.deliver(Recipients::One(SessionId(0)), |out| {
        out.resize(bytes - 1, b'x');
        out.push(b'\n');
    });
    pending.submit(batch, hub_loop.now(), hub_loop.hub.last());
    hub_loop.pending = Some(pending);
    (asked, reports)
}

/// The report of a commit had been read while there was no room for what follows from it, and the
/// batch waited for the next line of anybody. So did news of the disk.
#[test]
fn no_wait_while_a_batch_is_on_disk() {
    room_of(1, |mut hub_loop, tx, _| {
        let (_jobs, reports) = stall(&mut hub_loop, 9);
        let waits = |hub_loop: &mut FakeLoop<'_>| {
            hub_loop.pending.as_mut().unwrap().read_reports();
            tx.send(Item::Reported).unwrap();
            let waits = hub_loop.wait().is_some();
            while hub_loop.inbox.try_recv().is_ok() {}
            waits
        };
        assert!(waits(&mut hub_loop), "it is not on disk yet");
        reports.send(Report::Done(1)).unwrap();
        assert!(!waits(&mut hub_loop));
        hub_loop.round();
        assert!(hub_loop.pending.as_ref().unwrap().is_empty() && waits(&mut hub_loop));
        reports.send(Report::Full(true)).unwrap();
        assert!(!waits(&mut hub_loop));
    });
}

/// Whatever anybody asked for while the disk stalled was answered, and the answers waited.
#[test]
fn lines_wait_while_much_is_not_on_disk() {
    room_of(2, |mut hub_loop, tx, clients| {
        let (_jobs, reports) = stall(&mut hub_loop, MAX_BYTES);
        tx.send(lines(SessionId(1), "PING x\r\n")).unwrap();
        tx.send(Item::Gone { session: SessionId(1), why: Departure::Closed }).unwrap();
        tx.send(Item::Gone { session: SessionId(0), why: Departure::Closed }).unwrap();
        hub_loop.round();
        assert_eq!(hub_loop.held.len(), 2, "nobody waits for the end of a session without lines");
        reports.send(Report::Done(1)).unwrap();
        while !hub_loop.held.is_empty() || hub_loop.delivery.next_at().is_some() {
            hub_loop.round();
        }
        assert!(clients[1].taken().contains("PONG x.local :x\r\n"));
    });
}

/// From a client's side the connection was cut.
#[test]
fn all_get_a_ping_while_the_disk_stalls() {
    room_of(2, |mut hub_loop, tx, clients| {
        let (_jobs, reports) = stall(&mut hub_loop, 9);
        let pings = |hub_loop: &mut FakeLoop<'_>| {
            tx.send(Item::Reported).unwrap();
            while !hub_loop.inbox.is_empty() || hub_loop.delivery.next_at().is_some() {
                hub_loop.round();
            }
            clients.iter().map(|client| client.taken().matches("PING :x.local\r\n").count()).sum::<usize>()
        };
        assert_eq!(pings(&mut hub_loop), 0);
        let from = Origin { address: ([127, 0, 0, 1], 5).into(), is_local: true };
        let (session, outlet) = (SessionId(2), Some(Arc::new(Fake::default())));
        let newcomer = outlet.clone().unwrap();
        newcomer.add_room(usize::MAX);
        tx.send(Item::Open(NewConnection { session, from, outlet })).unwrap();
        tx.send(lines(session, "NICK late\r\nUSER x 0 * :x\r\n")).unwrap();
        hub_loop.clock.pass(TO_PING);
        assert_eq!([pings(&mut hub_loop), pings(&mut hub_loop)], [2, 2], "once, and not at once again");
        hub_loop.clock.pass(BETWEEN_PINGS);
        assert_eq!((pings(&mut hub_loop), newcomer.taken()), (4, String::new()), "before its welcome");
        reports.send(Report::Done(1)).unwrap();
        hub_loop.clock.pass(BETWEEN_PINGS);
        assert_eq!(pings(&mut hub_loop), 4, "the disk has answered");
        assert_eq!(hub_loop.clock.next_ping(), None);
    });
}

/// While a disk stalled nobody got a PING, and all were closed for not having answered it.
#[test]
fn the_clock_stands_still_while_the_disk_stalls() {
    room_of(1, |mut hub_loop, tx, _| {
        let (_jobs, reports) = stall(&mut hub_loop, 9);
        let asked = hub_loop.pending.as_ref().unwrap().oldest().unwrap();
        let later = |hub_loop: &mut FakeLoop<'_>| {
            hub_loop.clock.pass(Duration::from_secs(500));
            hub_loop.now().uptime
        };
        assert_eq!([later(&mut hub_loop), later(&mut hub_loop)], [asked + STALLED; 2]);
        tx.send(Item::Reported).unwrap();
        hub_loop.round();
        assert!(hub_loop.batch.is_empty() && hub_loop.hub.next_deadline().is_some());
        reports.send(Report::Done(1)).unwrap();
        hub_loop.round();
        let since = hub_loop.now().uptime - asked;
        assert!(
            !hub_loop.clock.is_stalled && (STALLED..Duration::from_secs(400)).contains(&since),
            "{since:?}"
        );
        assert!(later(&mut hub_loop) > asked + Duration::from_secs(500));
    });
}

/// They were entries of an earlier time than those before them.
#[test]
fn what_follows_from_an_old_batch_is_of_now() {
    room_of(2, |mut hub_loop, tx, clients| {
        tx.send(lines(SessionId(1), "CAP REQ :server-time\r\n")).unwrap();
        hub_loop.round();
        hub_loop.hub.backlogged(SessionId(0));
        let now = hub_loop.now();
        hub_loop.handle(lines(SessionId(0), "PRIVMSG #lobby :later\r\n"), now);
        hub_loop.drained.push_back(SessionId(0));
        hub_loop.finish(Batch::default(), Now { wall_us: 0, uptime: Duration::ZERO });
        while !hub_loop.batch.is_empty() || hub_loop.delivery.next_at().is_some() {
            hub_loop.round();
        }
        let taken = clients[1].taken();
        assert!(taken.contains(":later") && !taken.contains("time=1970"), "{taken}");
    });
}

/// They were obeyed as soon as it had come, whatever their sender had taken.
#[test]
fn throttled_lines_wait_while_backlogged() {
    let motd = vec!["a long message of the day".to_owned(); 1000];
    let config = Config { messages_a_second: 1000, motd, ..config() };
    room_with(config, [10, 0, 0, 1], 1, |mut hub_loop, slow_sender, tx, clients| {
        while clients[0].offers_left() > 0 {
            tx.send(lines(SessionId(0), "PING room\r\n")).unwrap();
            hub_loop.round();
        }
        tx.send(lines(SessionId(0), &format!("{}{}", "PING x\r\n".repeat(40), "MOTD\r\n".repeat(20))))
            .unwrap();
        let mut slow = SlowClients::default();
        let mut turn = |hub_loop: &mut FakeLoop<'_>| {
            hub_loop.round();
            slow_sender.run_once(&mut slow, |awaited| vec![Readiness::Nothing; awaited.len()]);
            slow.waiting()
        };
        while !hub_loop.delivery.is_awaited(SessionId(0)) {
            turn(&mut hub_loop);
        }
        let mut next = || {
            tx.send(Item::Reported).unwrap();
            turn(&mut hub_loop)
        };
        let waiting = next();
        assert!((REPLY_BACKLOG_BYTES / 4..REPLY_BACKLOG_BYTES).contains(&waiting), "{waiting}");
        assert_eq!([next(), next()], [waiting; 2]);
    });
}

/// All lines of an item were obeyed before anything else, a wish to stop included.
#[test]
fn stop_is_heard_among_waiting_lines() {
    const CLIENTS: usize = 8;
    room_of(CLIENTS, |mut hub_loop, tx, clients| {
        hub_loop.hub.set_slice(1);
        for session in (0..).map(SessionId).take(CLIENTS) {
            tx.send(lines(session, &"NAMES #lobby\r\n".repeat(64))).unwrap();
        }
        tx.send(Item::Stop).unwrap();
        let mut turns = 0;
        while !hub_loop.departures.is_stopping() {
            hub_loop.round();
            turns += 1;
        }
        assert!(turns <= CLIENTS + 1, "at least one item in each round: {turns}");
        assert!(!hub_loop.hub.has_more(), "nothing is left to be done");
        while !hub_loop.is_over() {
            hub_loop.round();
        }
        let answers: usize = clients.iter().map(|client| client.taken().matches(" 366 ").count()).sum();
        assert!(answers < CLIENTS * 64 / 2, "{answers} of the answers were made");
    });
}
