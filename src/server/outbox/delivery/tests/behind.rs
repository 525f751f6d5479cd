//! Members that don't take what comes at once.

use super::*;

/// A client that takes nothing of more than a mebibyte is given up.
#[test]
fn untaken_mebibyte_is_too_much() {
    let slow_sender =
        slow_sender(SlowClientLimits { stuck_after: Duration::ZERO, ..SlowClientLimits::USUAL });
    let (mut delivery, clients) = room_of(2, &slow_sender);
    let mut slow = SlowClients::default();
    (0..3).for_each(|_| clients[1].add_room(usize::MAX));
    let line = format!("{}\n", "x".repeat(SlowClientLimits::USUAL.client - 1));
    let mut give = |line: &str| {
        delivery.deliver_all(&batch(&[(line, &[0, 1])]));
        delivery.send_orders();
        turn(&slow_sender, &mut slow, |_| false);
        delivery.read_reports();
        std::mem::take(&mut delivery.overrun)
    };
    assert_eq!(give(&line), []);
    assert_eq!(give("y\n"), [SessionId(0)]);
    assert_eq!(give("z\n"), [], "told once");
    let farewell = b"ERROR\n"[..].into();
    delivery.close(&[Close { session: SessionId(0), farewell }], CloseTimeouts::USUAL, Instant::now());
    delivery.send_orders();
    turn(&slow_sender, &mut slow, |_| false);
    assert_eq!((slow_sender.ledger.live(), slow.waiting()), (6, 6), "what was queued is dropped at once");
}

/// Where too much waits in all, the longest queue goes first.
#[test]
fn longest_queue_goes_first() {
    let place = QueuedFrame::new(b"x"[..].into(), &Arc::default());
    let mut shortest = Backlog::default();
    shortest.push(place, 0, 0);
    let slow_sender =
        slow_sender(SlowClientLimits { live: 16 + 3 * shortest.reserved(), ..SlowClientLimits::USUAL });
    let (mut delivery, _members) = room_of(3, &slow_sender);
    let mut slow = SlowClients::default();
    delivery.deliver_all(&batch(&[("aaaaaaa\n", &[0, 1, 2])]));
    delivery.deliver_all(&batch(&[("b\n", &[1])]));
    delivery.send_orders();
    turn(&slow_sender, &mut slow, |_| false);
    assert_eq!(std::mem::take(&mut delivery.overrun), []);
    delivery.deliver_all(&batch(&[("c\n", &[2]), ("dddd\n", &[0])]));
    delivery.send_orders();
    turn(&slow_sender, &mut slow, |_| false);
    delivery.read_reports();
    assert_eq!(std::mem::take(&mut delivery.overrun), [SessionId(0)]);
    let farewell: Frame = b""[..].into();
    delivery.close(&[Close { session: SessionId(0), farewell }], CloseTimeouts::USUAL, Instant::now());
    delivery.send_orders();
    turn(&slow_sender, &mut slow, |_| false);
    delivery.read_reports();
    assert_eq!(std::mem::take(&mut delivery.overrun), []);
}

/// It was never dropped, and those who were still there were given up for it.
#[test]
fn half_closed_queue_is_dropped_too() {
    let mut shortest = Backlog::default();
    shortest.push(QueuedFrame::new(b"x"[..].into(), &Arc::default()), 0, 0);
    let slow_sender =
        slow_sender(SlowClientLimits { live: 16 + 2 * shortest.reserved(), ..SlowClientLimits::USUAL });
    let (mut delivery, clients) = room_of(2, &slow_sender);
    let mut slow = SlowClients::default();
    clients[0].add_room(1);
    delivery.deliver_all(&batch(&[("aa\naaaaaaaaa\n", &[0]), ("b\n", &[1])]));
    assert!(!delivery.finish(SessionId(0), CloseTimeouts::USUAL, Instant::now()));
    delivery.send_orders();
    turn(&slow_sender, &mut slow, |_| false);
    delivery.deliver_all(&batch(&[("cccc\n", &[1])]));
    delivery.send_orders();
    turn(&slow_sender, &mut slow, |_| false);
    assert_eq!(slow.waiting(), "a\n".len() + "b\ncccc\n".len());
    delivery.read_reports();
    assert_eq!(std::mem::take(&mut delivery.overrun), []);
    clients.iter().for_each(|client| (0..2).for_each(|_| client.add_room(100)));
    turn(&slow_sender, &mut slow, |_| true);
    let taken: Vec<String> = clients.iter().map(|client| client.taken()).collect();
    assert_eq!(taken, ["aa\n(finished)", "b\ncccc\n"]);
}

/// A client that half-closes after QUIT gets its last line before its number is free.
#[test]
fn last_line_leaves_before_the_number_is_free() {
    let slow_sender = slow_sender(SlowClientLimits::USUAL);
    let (mut delivery, clients) = room_of(2, &slow_sender);
    let mut slow = SlowClients::default();
    let farewell: Frame = b"ERROR\n"[..].into();
    delivery.close(&[Close { session: SessionId(0), farewell }], CloseTimeouts::USUAL, Instant::now());
    assert!(!delivery.finish(SessionId(0), CloseTimeouts::USUAL, Instant::now()));
    assert!(delivery.finish(SessionId(1), CloseTimeouts::USUAL, Instant::now()), "nothing waits for him");
    delivery.send_orders();
    clients[0].add_room(3);
    turn(&slow_sender, &mut slow, |_| true);
    delivery.read_reports();
    assert_eq!(delivery.take_finished(), []);
    clients[0].add_room(100);
    turn(&slow_sender, &mut slow, |_| true);
    slow_sender.run_once(&mut slow, |awaited| vec![Readiness::HungUp; awaited.len()]);
    delivery.read_reports();
    assert_eq!(delivery.take_finished(), [SessionId(0)]);
    delivery.send_orders();
    turn(&slow_sender, &mut slow, |_| true);
    assert!(delivery.is_empty() && slow.is_empty());
    assert_eq!(clients[0].taken(), "ERROR\n(finished)(cut)(cut)");
}

/// A report about the client that had the number before is ignored.
#[test]
fn old_report_is_ignored() {
    let slow_sender = slow_sender(SlowClientLimits { reading_client: 3, ..SlowClientLimits::USUAL });
    let (mut delivery, _members) = room_of(1, &slow_sender);
    let mut slow = SlowClients::default();
    delivery.deliver_all(&batch(&[("too much\n", &[0])]));
    delivery.send_orders();
    turn(&slow_sender, &mut slow, |_| false);
    delivery.remove(SessionId(0));
    let next = Arc::new(Fake::with_room([1, 0]));
    delivery.add(SessionId(0), Arc::clone(&next));
    // It falls behind before the old report is read.
    let reports: Vec<Report> = slow_sender.reports().collect();
    delivery.deliver_all(&batch(&[("ab\n", &[0])]));
    delivery.send_orders();
    reports.into_iter().for_each(|report| delivery.apply_report(report));
    assert_eq!(std::mem::take(&mut delivery.overrun), []);
    turn(&slow_sender, &mut slow, |_| false);
    assert_eq!(slow.waiting(), 2, "what waited for the first is forgotten");
}

/// A client that caught up is forgotten, and the next one with its number is served.
#[test]
fn next_holder_of_a_number_is_served() {
    for parts in [false, true] {
        let slow_sender = slow_sender(SlowClientLimits::USUAL);
        let (mut delivery, clients) = room_of(1, &slow_sender);
        let mut slow = SlowClients::default();
        let mut round = |delivery: &mut FakeDelivery<'_>, text: &str| {
            delivery.deliver_all(&batch(&[(text, &[0])]));
            delivery.send_orders();
            turn(&slow_sender, &mut slow, |_| true);
            slow.is_empty()
        };
        clients[0].add_room(0);
        clients[0].add_room(100);
        assert!(!round(&mut delivery, "one\n"));
        clients[0].add_room(100);
        assert!(round(&mut delivery, "two\n"), "direct again, and nothing is kept");
        assert_eq!(clients[0].taken(), "one\ntwo\n");
        delivery.remove(SessionId(0));
        let next = Arc::new(Fake::with_room([0, 100, 100]));
        delivery.add(SessionId(0), Arc::clone(&next));
        round(&mut delivery, "three\n");
        if parts {
            let farewell = b"ERROR\n"[..].into();
            delivery.close(
                &[Close { session: SessionId(0), farewell }],
                CloseTimeouts::USUAL,
                Instant::now(),
            );
            round(&mut delivery, "never\n");
        }
        assert_eq!(next.taken(), if parts { "three\nERROR\n(finished)" } else { "three\n" });
    }
}

/// More for a client that has just caught up wakes the slow sender.
#[test]
fn more_after_catching_up_wakes() {
    for waits in [false, true] {
        let slow_sender = slow_sender(SlowClientLimits::USUAL);
        let (mut delivery, clients) = room_of(1, &slow_sender);
        let mut slow = SlowClients::default();
        if waits {
            delivery.await_reader(SessionId(0));
        }
        delivery.deliver_all(&batch(&[("one\n", &[0])]));
        delivery.send_orders();
        turn(&slow_sender, &mut slow, |_| false);
        delivery.deliver_all(&batch(&[("two\n", &[0])]));
        clients[0].add_room(100);
        // It catches up with the first line between the second's sending and its order.
        turn(&slow_sender, &mut slow, |_| true);
        assert_eq!(std::mem::take(&mut delivery.overrun), []);
        assert!(slow_sender.poller.take());
        delivery.send_orders();
        assert!(slow_sender.poller.take(), "nobody else would");
        clients[0].add_room(100);
        turn(&slow_sender, &mut slow, |_| false);
        assert_eq!(clients[0].taken(), "one\ntwo\n");
    }
}

/// That a client has taken all is reported at once where its lines wait for that.
#[test]
fn awaited_drain_is_reported_at_once() {
    for waits in [false, true] {
        let (tx, rx) = bounded(1);
        let slow_sender = FakeSender::new(Arc::default(), SlowClientLimits::USUAL, tx);
        let (mut delivery, clients) = room_of(1, &slow_sender);
        let mut slow = SlowClients::default();
        if waits {
            delivery.await_reader(SessionId(0));
        }
        delivery.deliver_all(&batch(&[("one\n", &[0])]));
        delivery.send_orders();
        turn(&slow_sender, &mut slow, |_| false);
        assert!(!delivery.has_taken_all(SessionId(0)) && rx.is_empty());
        clients[0].add_room(100);
        turn(&slow_sender, &mut slow, |_| true);
        assert_eq!(rx.len(), usize::from(waits));
        delivery.read_reports();
        assert!(delivery.has_taken_all(SessionId(0)));
    }
}

/// Nobody would have told of it again, and his lines would have waited for others.
#[test]
fn caught_up_before_awaited_resumes() {
    let slow_sender = slow_sender(SlowClientLimits::USUAL);
    let (mut delivery, clients) = room_of(1, &slow_sender);
    let mut slow = SlowClients::default();
    clients[0].add_room(0);
    clients[0].add_room(100);
    delivery.deliver_all(&batch(&[("one\n", &[0])]));
    delivery.send_orders();
    turn(&slow_sender, &mut slow, |_| true);
    assert!(!delivery.has_taken_all(SessionId(0)));
    delivery.await_reader(SessionId(0));
    delivery.send_orders();
    assert!(delivery.has_taken_all(SessionId(0)));
    assert_eq!(std::mem::take(&mut delivery.drained), [SessionId(0)]);
}

/// Replies that are not taken are counted, and not what others said.
#[test]
fn only_replies_count_as_backlog() {
    let slow_sender = slow_sender(SlowClientLimits::USUAL);
    let (mut delivery, clients) = room_of(1, &slow_sender);
    let mut slow = SlowClients::default();
    let mut give = |delivery: &mut FakeDelivery<'_>, bytes: usize, to: Recipients, offers: usize| {
        let line = format!("{}\n", "x".repeat(bytes - 1));
        (0..offers).for_each(|_| clients[0].add_room(usize::MAX));
        let mut batch = Batch::default();
        batch.deliver(to, |out| out.extend_from_slice(line.as_bytes()));
        delivery.deliver_all(&batch);
        delivery.send_orders();
        (0..=offers).for_each(|_| turn(&slow_sender, &mut slow, |_| offers > 0));
        delivery.read_reports();
        let told = std::mem::take(&mut delivery.backlogged);
        (told == [SessionId(0)], std::mem::take(&mut delivery.drained) == [SessionId(0)])
    };
    assert_eq!(
        give(&mut delivery, REPLY_BACKLOG_BYTES / 2, Recipients::One(SessionId(0)), 0),
        (false, false)
    );
    assert_eq!(give(&mut delivery, REPLY_BACKLOG_BYTES, Recipients::all([SessionId(0)]), 0), (false, false));
    assert_eq!(
        give(&mut delivery, REPLY_BACKLOG_BYTES / 2 - 2, Recipients::One(SessionId(0)), 0),
        (false, false)
    );
    assert_eq!(give(&mut delivery, 2, Recipients::One(SessionId(0)), 0), (true, false));
    assert_eq!(give(&mut delivery, 1, Recipients::One(SessionId(0)), 0), (false, false), "told once");
    assert_eq!(give(&mut delivery, 1, Recipients::One(SessionId(0)), 9), (false, true));
    assert_eq!(clients[0].offers_left(), 0);
    assert_eq!(
        give(&mut delivery, REPLY_BACKLOG_BYTES / 2, Recipients::One(SessionId(0)), 0),
        (false, false),
        "anew"
    );
    assert_eq!(give(&mut delivery, REPLY_BACKLOG_BYTES / 2, Recipients::One(SessionId(0)), 0), (true, false));
}

/// A client that reads is named, and not the one that had its number before.
#[test]
fn took_is_of_this_holder() {
    let slow_sender = slow_sender(SlowClientLimits::USUAL);
    let (mut delivery, _members) = room_of(1, &slow_sender);
    let report = |what, obeyed| Report { session: SessionId(0), what, obeyed };
    delivery.deliver_all(&batch(&[("one\n", &[0])]));
    let round = delivery.round;
    delivery.send_orders();
    delivery.apply_report(report(Outcome::Took, round - 1));
    assert_eq!(std::mem::take(&mut delivery.took), []);
    delivery.apply_report(report(Outcome::Took, round));
    assert_eq!(std::mem::take(&mut delivery.took), [SessionId(0)]);
    delivery.apply_report(report(Outcome::CaughtUp, round));
    assert_eq!((std::mem::take(&mut delivery.took), delivery.slow()), (vec![SessionId(0)], 0));
}

/// The next client with a number is not given up for the one before.
#[test]
fn next_holder_is_not_given_up() {
    let slow_sender = slow_sender(SlowClientLimits { reading_client: 3, ..SlowClientLimits::USUAL });
    let (mut delivery, _members) = room_of(1, &slow_sender);
    let mut slow = SlowClients::default();
    delivery.deliver_all(&batch(&[("too much\n", &[0])]));
    delivery.send_orders();
    delivery.remove(SessionId(0));
    delivery.add(SessionId(0), Arc::new(Fake::default()));
    delivery.send_orders();
    delivery.deliver_all(&batch(&[("ab\n", &[0])]));
    delivery.send_orders();
    // All of it in one turn.
    turn(&slow_sender, &mut slow, |_| false);
    delivery.read_reports();
    assert_eq!(std::mem::take(&mut delivery.overrun), []);
}
