//! All of them: who is given up for the others.

use super::*;
use std::time::Duration;

struct Room {
    clients: SlowClients<Fake>,
    ledger: Arc<MemoryLedger>,
    start: Instant,
}

impl Room {
    fn new() -> Room {
        Room { clients: SlowClients::default(), ledger: Arc::default(), start: Instant::now() }
    }

    /// So many bytes come for all of these.
    fn give(&mut self, bytes: usize, sessions: impl IntoIterator<Item = u32>) {
        let frame = QueuedFrame::new(vec![b'x'; bytes].into(), &self.ledger);
        for session in sessions.into_iter().map(SessionId) {
            let (outlet, frame) = (Arc::default(), Arc::clone(&frame));
            let order = Order::Adopt { session, outlet, frame, replies: 0, taken: 0 };
            self.clients.obey(1, vec![order], &SlowClientLimits::USUAL, self.start);
        }
    }

    /// One takes this much, so long after the start.
    fn takes(&mut self, session: u32, bytes: usize, after: Duration) -> Option<Outcome> {
        let one = find(&mut self.clients.all, &self.clients.places, SessionId(session)).unwrap();
        let whole = std::iter::repeat_n(CHUNK, bytes / CHUNK);
        whole.chain([bytes % CHUNK]).for_each(|room| one.outlet.add_room(room));
        one.progress(Readiness::Room, self.start + after, &SlowClientLimits::USUAL, &mut Vec::new())
    }

    /// Those that are given up when that much may wait for all.
    fn given_up(&mut self, live: usize, after: Duration) -> Vec<u32> {
        let bounds = SlowClientLimits { live, ..SlowClientLimits::USUAL };
        let ledger = Arc::clone(&self.ledger);
        self.clients.give_up_for_all(|| ledger.live(), &bounds, self.start + after);
        self.clients.take_unreported().1.into_iter().map(|(session, _)| session.0).collect()
    }
}

/// All who were behind when the process had been stopped for a while were given up.
#[test]
fn late_thread_closes_nobody() {
    let s = Duration::from_secs;
    let mut room = Room::new();
    room.give(3 << 20, [0]);
    assert_eq!(room.takes(0, 1, s(0)), None);
    let frame = QueuedFrame::new(b"x"[..].into(), &room.ledger);
    let order = Order::Queue { frame, replies: 0, sessions: vec![SessionId(0)] };
    room.clients.obey(2, vec![order], &SlowClientLimits::USUAL, room.start + s(60));
    assert!(room.clients.take_unreported().1.is_empty());
    assert_eq!(room.takes(0, 1, s(60)), Some(Outcome::Took));
    assert_eq!(room.takes(0, 0, s(65)), Some(Outcome::Overrun));
}

/// Those for whom most waited went first, though nothing was free then: others had it, too.
#[test]
fn sole_holders_go_before_sharers() {
    let mut room = Room::new();
    (0..20).for_each(|_| room.give(10_000, 0..50));
    (50..70).for_each(|session| room.give(100_000, [session]));
    assert!(room.given_up(2_500_000, Duration::ZERO).is_empty());
    let mut gone = room.given_up(1_000_000, Duration::ZERO);
    gone.sort_unstable();
    assert!(gone.len() < 20 && gone.iter().all(|session| (50..70).contains(session)), "{gone:?}");
}

/// Of clients for which as much waits those that take least go first.
#[test]
fn slowest_go_first() {
    let s = Duration::from_secs;
    let mut room = Room::new();
    room.give(1_000_000, 0..4);
    (0..4).for_each(|session| room.give(1_000_000, [session]));
    // The first takes nothing, the second a little all the time, the third all that comes, and
    // the last most of what has come.
    for second in 1..20 {
        room.takes(1, 1, s(second));
        room.takes(2, 400_000, s(second));
        room.give(400_000, [2]);
    }
    room.takes(3, 1_500_000, s(19));
    let _ = room.clients.take_unreported();
    let order = (0..4).map(|_| room.given_up(room.ledger.live() - 1, s(20)));
    assert_eq!(order.collect::<Vec<_>>(), [[0], [1], [2], [3]]);
}
