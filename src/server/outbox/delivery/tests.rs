use super::super::backlog::Backlog;
use super::super::outlet::fake::Fake;
use super::super::poller::{CondvarPoller, Readiness};
use super::super::slow_client_limits::SlowClientLimits;
use super::super::slow_clients::SlowClients;
use super::*;
use crate::hub::{Frame, Recipients};
use crossbeam::channel::bounded;
use proptest::prelude::*;

type FakeSender = SlowSender<Fake, Arc<CondvarPoller>>;
type FakeDelivery<'a> = Delivery<'a, Fake, Arc<CondvarPoller>>;

fn slow_sender(bounds: SlowClientLimits) -> FakeSender {
    SlowSender::new(Arc::default(), bounds, bounded(1).0)
}

fn room_of(count: u32, slow_sender: &FakeSender) -> (FakeDelivery<'_>, Vec<Arc<Fake>>) {
    let mut delivery = Delivery::new(slow_sender);
    let clients: Vec<_> = (0..count).map(|_| Arc::new(Fake::default())).collect();
    (0..).zip(&clients).for_each(|(session, client)| delivery.add(SessionId(session), Arc::clone(client)));
    (delivery, clients)
}

fn batch(deliveries: &[(&str, &[u32])]) -> Batch {
    let mut batch = Batch::default();
    for (text, to) in deliveries {
        let to = to.iter().map(|&session| SessionId(session));
        batch.deliver(Recipients::all(to), |out| out.extend_from_slice(text.as_bytes()));
    }
    batch
}

/// What the slow sender does in one turn in which these outlets have room.
fn turn(slow_sender: &FakeSender, slow: &mut SlowClients<Fake>, has_room: impl Fn(SessionId) -> bool) {
    let event = |session| if has_room(session) { Readiness::Room } else { Readiness::Nothing };
    slow_sender.run_once(slow, |awaited| awaited.iter().map(|(_, one)| event(one.session)).collect());
}

/// Clients with the same frames share one buffer; each gets them in one send.
#[test]
fn same_frames_share_one_buffer() {
    let slow_sender = slow_sender(SlowClientLimits::USUAL);
    let (mut delivery, clients) = room_of(4, &slow_sender);
    clients.iter().for_each(|client| client.add_room(100));
    delivery.deliver_all(&batch(&[("a\n", &[0, 1, 2]), ("b\n", &[0, 2, 3]), ("c\n", &[0, 1, 2, 3])]));
    let taken: Vec<String> = clients.iter().map(|client| client.taken()).collect();
    assert_eq!(taken, ["a\nb\nc\n", "a\nc\n", "a\nb\nc\n", "b\nc\n"]);
    assert!(clients.iter().all(|client| client.offers_left() == 0));
    delivery.deliver_all(&batch(&[("a\n", &[0, 1, 2]), ("b\n", &[0, 2, 3]), ("c\n", &[0, 1, 2, 3])]));
    assert_eq!(slow_sender.ledger.live(), "a\nb\nc\na\nc\nb\nc\n".len());
}

/// What comes before a client is sent to leaves in the same call.
#[test]
fn frames_join_until_the_call() {
    let slow_sender = slow_sender(SlowClientLimits::USUAL);
    let (mut delivery, clients) = room_of(4, &slow_sender);
    clients.iter().for_each(|client| (0..2).for_each(|_| client.add_room(100)));
    delivery.append(&batch(&[("a\n", &[0, 1, 2, 3])]));
    delivery.send(2, || Duration::ZERO);
    delivery.append(&batch(&[("b\n", &[0, 1, 2, 3])]));
    delivery.send(3, || Duration::ZERO);
    let taken = || clients.iter().map(|client| (client.taken(), client.offers_left())).collect::<Vec<_>>();
    let whole = || "a\nb\n".to_owned();
    assert_eq!(taken(), [(whole(), 0), ("a\n".to_owned(), 1), (whole(), 1), (whole(), 1)]);
    assert!(!delivery.has_taken_all(SessionId(1)) && delivery.has_taken_all(SessionId(2)));
    delivery.send(3, || Duration::ZERO);
    assert_eq!(taken()[1], (whole(), 0));
    assert_eq!(delivery.next_at(), None);
}

/// In a room of ten thousand it waited for fifty milliseconds.
#[test]
fn reply_does_not_wait_for_a_big_room() {
    let slow_sender = slow_sender(SlowClientLimits::USUAL);
    let (mut delivery, clients) = room_of(1000, &slow_sender);
    let all: Vec<u32> = (0..1000).collect();
    clients.iter().for_each(|client| client.add_room(100));
    delivery.append(&batch(&[("news\n", &all), ("answer\n", &[700])]));
    delivery.send(1, || Duration::ZERO);
    assert_eq!((clients[700].taken().as_str(), clients[0].taken().as_str()), ("news\nanswer\n", ""));
    delivery.send(usize::MAX, || Duration::ZERO);
    assert!((0..700).chain(701..1000).all(|client| clients[client].taken() == "news\n"));
    assert_eq!(clients[700].taken(), "news\nanswer\n");
}

/// A full plan is sent before more is taken.
#[test]
fn full_plan_is_sent_first() {
    let line = "x".repeat(199) + "\n";
    for (batches, to) in [(FRAMES, &[0][..]), (BYTES.div_ceil(200), &[0, 1])] {
        let slow_sender = slow_sender(SlowClientLimits::USUAL);
        let (mut delivery, clients) = room_of(2, &slow_sender);
        clients.iter().for_each(|client| client.add_room(usize::MAX));
        (1..batches).for_each(|_| delivery.append(&batch(&[(&line, to)])));
        assert!(delivery.has_room());
        delivery.append(&batch(&[(&line, to)]));
        assert!(!delivery.has_room());
        delivery.send(usize::MAX, || Duration::ZERO);
        assert!(delivery.has_room());
        assert_eq!(clients[0].taken().len(), batches * 200);
    }
}

/// What came for a client before its end is sent before it.
#[test]
fn frames_leave_before_the_end() {
    let slow_sender = slow_sender(SlowClientLimits::USUAL);
    let (mut delivery, clients) = room_of(3, &slow_sender);
    clients.iter().for_each(|client| (0..2).for_each(|_| client.add_room(100)));
    let mut slow = SlowClients::default();
    delivery.append(&batch(&[("last\n", &[0, 1, 2])]));
    let farewell: Frame = b"ERROR\n"[..].into();
    delivery.close(&[Close { session: SessionId(0), farewell }], CloseTimeouts::USUAL, Instant::now());
    assert!(delivery.finish(SessionId(1), CloseTimeouts::USUAL, Instant::now()));
    delivery.remove(SessionId(2));
    delivery.send_orders();
    turn(&slow_sender, &mut slow, |_| true);
    delivery.send(usize::MAX, || Duration::ZERO);
    let taken: Vec<String> = clients.iter().map(|client| client.taken()).collect();
    assert_eq!(taken, ["last\nERROR\n(finished)", "last\n(finished)(cut)", "(cut)"]);
}

/// A frame for a thousand slow clients is counted once and costs one order.
#[test]
fn one_order_for_a_thousand() {
    let slow_sender = slow_sender(SlowClientLimits::USUAL);
    let (mut delivery, _members) = room_of(1000, &slow_sender);
    let all: Vec<u32> = (0..1000).collect();
    delivery.deliver_all(&batch(&[("one\n", &all), ("two\n", &all)]));
    assert_eq!((delivery.orders.len(), slow_sender.ledger.live()), (1000, 8));
    delivery.orders.clear();
    delivery.deliver_all(&batch(&[("one\n", &all), ("two\n", &all)]));
    assert_eq!(delivery.orders.len(), 1);
}

/// A client whose socket takes only a part gets the rest before the end.
#[test]
fn rest_is_sent_before_the_end() {
    let slow_sender = slow_sender(SlowClientLimits::USUAL);
    let (mut delivery, clients) = room_of(2, &slow_sender);
    clients.iter().for_each(|client| [2, 100, 100].into_iter().for_each(|room| client.add_room(room)));
    let mut slow = SlowClients::default();
    delivery.append(&batch(&[("last\n", &[0, 1])]));
    let farewell: Frame = b"ERROR\n"[..].into();
    delivery.close(&[Close { session: SessionId(0), farewell }], CloseTimeouts::USUAL, Instant::now());
    assert!(!delivery.finish(SessionId(1), CloseTimeouts::USUAL, Instant::now()));
    delivery.send_orders();
    turn(&slow_sender, &mut slow, |_| true);
    let taken: Vec<String> = clients.iter().map(|client| client.taken()).collect();
    assert_eq!(taken, ["last\nERROR\n(finished)", "last\n(finished)"]);
}

/// A client that is gone is cut, and nothing waits for it.
#[test]
fn gone_client_is_cut() {
    let slow_sender = slow_sender(SlowClientLimits::USUAL);
    let (mut delivery, clients) = room_of(2, &slow_sender);
    clients[0].lose();
    clients[1].add_room(100);
    (0..2).for_each(|session| delivery.await_reader(SessionId(session)));
    delivery.deliver_all(&batch(&[("news\n", &[0, 1])]));
    let taken: Vec<String> = clients.iter().map(|client| client.taken()).collect();
    assert_eq!(taken, ["(cut)", "news\n"]);
    assert_eq!(std::mem::take(&mut delivery.drained), [SessionId(0), SessionId(1)]);
    assert!(delivery.orders.is_empty());
}

/// Many calls with one line each count as busy; joined lines do not.
#[test]
fn many_small_calls_are_busy() {
    let all: Vec<u32> = (0..4000).collect();
    for (lines, busy) in [(1, true), (4, false)] {
        let slow_sender = slow_sender(SlowClientLimits::USUAL);
        let (mut delivery, clients) = room_of(4000, &slow_sender);
        clients.iter().for_each(|client| [100; 2].into_iter().for_each(|room| client.add_room(room)));
        for _ in 0..2 {
            (0..lines).for_each(|_| delivery.append(&batch(&[("line\n", &all)])));
            delivery.send(usize::MAX, || Duration::ZERO);
        }
        assert_eq!(delivery.is_busy(), busy);
        delivery.append(&batch(&[("line\n", &all)]));
        assert_eq!(delivery.next_at() > Some(Duration::ZERO), busy);
    }
}

proptest! {
    /// Whatever each socket takes whenever, also where an outlet owes, however taking, sending and
    /// serving slow clients interleave, and whichever client leaves its number to another.
    #[test]
    fn any_pattern_of_partial_sends_keeps_each_stream(
        rounds in prop::collection::vec(
            prop::collection::vec(
                (prop::collection::vec("[a-z]{1,9}\n", 1..3), prop::sample::subsequence(vec![0u32, 1, 2, 3], 0..=4)),
                0..4,
            ), 1..12),
        room in prop::collection::vec((0usize..4, 0usize..16), 0..60),
        turns in prop::collection::vec((any::<bool>(), 0u32..16, 0usize..5, 0usize..12), 12),
        buffering in any::<[bool; 4]>(),
    ) {
        let slow_sender = slow_sender(SlowClientLimits::USUAL);
        let (mut delivery, _) = room_of(4, &slow_sender);
        let outlet = |buffers| Arc::new(if buffers { Fake::buffering([]) } else { Fake::default() });
        let mut clients: Vec<Arc<Fake>> = buffering.into_iter().map(outlet).collect();
        (0..).zip(&clients).for_each(|(number, client)| delivery.add(SessionId(number), Arc::clone(client)));
        let mut slow = SlowClients::default();
        let (mut wanted, mut past) = (vec![String::new(); 4], Vec::new());
        let mut room = room.into_iter();
        for (round, (is_served, has_room, calls, leaver)) in rounds.into_iter().zip(turns) {
            for (client, bytes) in room.by_ref().take(4) {
                clients[client].add_room(bytes);
            }
            let mut batch = Batch::default();
            for (texts, to) in round {
                to.iter().for_each(|&session| wanted[session as usize].push_str(&texts.concat()));
                let to = Recipients::all(to.into_iter().map(SessionId));
                for text in &texts {
                    batch.deliver(to.clone(), |out| out.extend_from_slice(text.as_bytes()));
                }
            }
            delivery.append(&batch);
            delivery.send(calls, || Duration::ZERO);
            if let Some(client) = clients.get_mut(leaver) {
                delivery.remove(SessionId(leaver as u32));
                let before = std::mem::take(client);
                past.push((before, std::mem::take(&mut wanted[leaver])));
                delivery.add(SessionId(leaver as u32), Arc::clone(client));
            }
            delivery.send_orders();
            for (client, bytes) in room.by_ref().take(2) {
                clients[client].add_room(bytes);
            }
            if is_served {
                turn(&slow_sender, &mut slow, |session| has_room & (1 << session.0) != 0);
            }
        }
        delivery.send(usize::MAX, || Duration::ZERO);
        delivery.send_orders();
        turn(&slow_sender, &mut slow, |_| false);
        while delivery.slow() > 0 {
            clients.iter().for_each(|client| client.add_room(7));
            turn(&slow_sender, &mut slow, |_| true);
            delivery.read_reports();
        }
        for (client, wanted) in clients.iter().zip(wanted) {
            prop_assert_eq!(client.taken(), wanted);
        }
        for (client, wanted) in past {
            let taken = client.taken();
            prop_assert!(wanted.starts_with(taken.strip_suffix("(cut)").unwrap()), "{taken} of {wanted}");
        }
        prop_assert_eq!(slow_sender.ledger.live(), 0);
    }
}

mod behind;
