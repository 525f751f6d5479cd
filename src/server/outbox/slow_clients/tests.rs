//! One client.

use super::super::backlog::MemoryLedger;
use super::super::outlet::fake::Fake;
use super::*;

fn waiting(text: &str) -> Arc<QueuedFrame> {
    QueuedFrame::new(text.as_bytes().into(), &Arc::new(MemoryLedger::default()))
}

fn behind(room: impl IntoIterator<Item = usize>) -> (SlowClient<Fake>, Vec<u8>, Instant) {
    let (client, now) = (Arc::new(Fake::with_room(room)), Instant::now());
    (SlowClient::new(SessionId(0), client, now), Vec::new(), now)
}

/// All that waits is sent in order; then the client has caught up.
#[test]
fn backlog_is_sent_in_order() {
    let (mut client, mut chunk, now) = behind([0, 3, 100, 100]);
    client.append(waiting("one\n"), 0, 2);
    client.append(waiting("two\n"), 0, 0);
    assert_eq!(client.hopeful_bytes(), 6);
    assert_eq!(
        client.progress(Readiness::Nothing, now, &SlowClientLimits::USUAL, &mut chunk),
        None,
        "tried, and there is no room"
    );
    assert_eq!(
        client.progress(Readiness::Nothing, now, &SlowClientLimits::USUAL, &mut chunk),
        None,
        "not tried"
    );
    assert_eq!(client.progress(Readiness::Room, now, &SlowClientLimits::USUAL, &mut chunk), None);
    assert_eq!(client.outlet.taken(), "e\nt");
    assert_eq!(
        client.progress(Readiness::Room, now, &SlowClientLimits::USUAL, &mut chunk),
        Some(Outcome::CaughtUp)
    );
    assert_eq!(client.interest(&SlowClientLimits::USUAL), None);
    // More was on its way already.
    client.append(waiting("three\n"), 0, 0);
    assert_eq!(
        client.interest(&SlowClientLimits::USUAL),
        Some(Interest { room: true, until: Some(now + STALLED) })
    );
    assert_eq!(
        client.progress(Readiness::Nothing, now, &SlowClientLimits::USUAL, &mut chunk),
        Some(Outcome::CaughtUp),
        "nobody says that there is room"
    );
    assert_eq!(client.outlet.taken(), "e\ntwo\nthree\n");
}

/// Closing drops what waits but a line that was begun, and ends with the last line.
#[test]
fn closing_keeps_a_begun_line() {
    let (mut client, mut chunk, now) = behind([100]);
    client.append(waiting("one\ntwo\n"), 0, 2);
    client.close(waiting("ERROR :bye\n"), CloseTimeouts::USUAL, now);
    client.append(waiting("late\n"), 0, 0);
    assert_eq!(client.progress(Readiness::Room, now, &SlowClientLimits::USUAL, &mut chunk), None);
    assert_eq!(client.outlet.taken(), "e\nERROR :bye\n(finished)");
    assert_eq!(client.progress(Readiness::HungUp, now, &SlowClientLimits::USUAL, &mut chunk), None);
    assert_eq!(client.outlet.taken(), "e\nERROR :bye\n(finished)(cut)");
    assert_eq!(client.interest(&SlowClientLimits::USUAL), None);
}

/// A client that can take its last line gets it although this thread is late.
#[test]
fn late_farewell_is_still_tried() {
    let (mut client, mut chunk, now) = behind([100]);
    client.close(waiting("ERROR :bye\n"), CloseTimeouts::STOPPING, now);
    let late = now + 2 * CloseTimeouts::STOPPING.flush;
    assert_eq!(client.progress(Readiness::Nothing, late, &SlowClientLimits::USUAL, &mut chunk), None);
    assert_eq!(client.outlet.taken(), "ERROR :bye\n(finished)");
    let (mut client, mut chunk, now) = behind([]);
    client.close(waiting("ERROR :bye\n"), CloseTimeouts::STOPPING, now);
    assert_eq!(
        client.progress(Readiness::Nothing, late, &SlowClientLimits::USUAL, &mut chunk),
        None,
        "tried"
    );
    client.progress(Readiness::Room, late, &SlowClientLimits::USUAL, &mut chunk);
    assert_eq!(client.outlet.taken(), "(cut)", "once");
}

/// A client that never takes its last line is cut at the timeout.
#[test]
fn untaken_farewell_ends_in_time() {
    let (mut client, mut chunk, now) = behind([]);
    client.close(waiting("ERROR :bye\n"), CloseTimeouts::USUAL, now);
    let last = now + CloseTimeouts::USUAL.flush;
    assert_eq!(client.progress(Readiness::Room, now, &SlowClientLimits::USUAL, &mut chunk), None);
    assert_eq!(client.interest(&SlowClientLimits::USUAL), Some(Interest { room: true, until: Some(last) }));
    client.progress(Readiness::Nothing, last, &SlowClientLimits::USUAL, &mut chunk);
    assert_eq!(client.outlet.taken(), "(cut)");
}

/// A client that does not close its end after the last line is cut at the timeout.
#[test]
fn lingering_ends_in_time() {
    let (mut client, mut chunk, now) = behind([100]);
    client.close(waiting(""), CloseTimeouts::USUAL, now);
    client.progress(Readiness::Room, now, &SlowClientLimits::USUAL, &mut chunk);
    let last = now + CloseTimeouts::USUAL.linger;
    assert_eq!(client.interest(&SlowClientLimits::USUAL), Some(Interest { room: false, until: Some(last) }));
    client.progress(Readiness::Nothing, now, &SlowClientLimits::USUAL, &mut chunk);
    assert_eq!(client.outlet.taken(), "(finished)");
    client.progress(Readiness::Nothing, last, &SlowClientLimits::USUAL, &mut chunk);
    assert_eq!(client.outlet.taken(), "(finished)(cut)");
}

/// A client that is lost is cut, and nothing waits for it.
#[test]
fn lost_client_is_cut() {
    let (mut client, mut chunk, now) = behind([]);
    client.append(waiting("one\n"), 0, 0);
    client.outlet.lose();
    assert_eq!(
        client.progress(Readiness::Room, now, &SlowClientLimits::USUAL, &mut chunk),
        Some(Outcome::CaughtUp)
    );
    assert_eq!((client.outlet.taken().as_str(), client.interest(&SlowClientLimits::USUAL)), ("(cut)", None));
    client.close(waiting("ERROR :bye\n"), CloseTimeouts::USUAL, now);
    assert_eq!(client.progress(Readiness::Nothing, now, &SlowClientLimits::USUAL, &mut chunk), None);
    assert!(client.finish(CloseTimeouts::USUAL, now));
}

/// A client whose outlet had taken all, and not sent it, counted as one that has all.
#[test]
fn owed_bytes_are_flushed() {
    let (_, mut chunk, now) = behind([]);
    let outlet = Arc::new(Fake::buffering([3, 2, 0, 9]));
    assert_eq!(outlet.offer(b"one\ntwo\n"), Offer::Owes);
    let mut client = SlowClient::new(SessionId(0), outlet, now);
    client.append(waiting("one\ntwo\n"), 0, 8);
    for taken in ["one\nt", "one\nt"] {
        assert_eq!(client.progress(Readiness::Room, now, &SlowClientLimits::USUAL, &mut chunk), None);
        assert_eq!(client.outlet.taken(), taken);
        assert_eq!(client.interest(&SlowClientLimits::USUAL).map(|interest| interest.room), Some(true));
    }
    assert_eq!(
        client.progress(Readiness::Room, now, &SlowClientLimits::USUAL, &mut chunk),
        Some(Outcome::CaughtUp)
    );
    assert_eq!(client.outlet.taken(), "one\ntwo\n");
}

/// A client that takes nothing of what its outlet owes is given up.
#[test]
fn owed_bytes_untaken_end_in_time() {
    let (_, mut chunk, now) = behind([]);
    let mut client = SlowClient::new(SessionId(0), Arc::new(Fake::buffering([])), now);
    assert_eq!(client.outlet.offer(b"one\n"), Offer::Owes);
    client.append(waiting("one\n"), 0, 4);
    assert_eq!(client.progress(Readiness::Nothing, now, &SlowClientLimits::USUAL, &mut chunk), None);
    let late = now + STALLED;
    assert_eq!(
        client.progress(Readiness::Nothing, late, &SlowClientLimits::USUAL, &mut chunk),
        Some(Outcome::Overrun)
    );
    client.outlet.add_room(9);
    client.close(waiting("ERROR :bye\n"), CloseTimeouts::USUAL, late);
    client.outlet.add_room(99);
    for _ in 0..2 {
        assert_eq!(client.progress(Readiness::Room, late, &SlowClientLimits::USUAL, &mut chunk), None);
    }
    assert_eq!(client.outlet.taken(), "one\nERROR :bye\n(finished)");
}

/// It was cut at once, and what waited for it with it.
#[test]
fn half_closed_client_gets_what_waits() {
    let (mut client, mut chunk, now) = behind([1, 100]);
    client.append(waiting("one\ntwo\n"), 0, 0);
    assert!(!client.finish(CloseTimeouts::USUAL, now));
    assert_eq!(client.progress(Readiness::Nothing, now, &SlowClientLimits::USUAL, &mut chunk), None);
    assert_eq!(client.progress(Readiness::Room, now, &SlowClientLimits::USUAL, &mut chunk), None);
    assert_eq!(client.outlet.taken(), "one\ntwo\n(finished)");
    assert_eq!(
        client.progress(Readiness::HungUp, now, &SlowClientLimits::USUAL, &mut chunk),
        Some(Outcome::Finished)
    );
    let (mut client, mut chunk, now) = behind([100]);
    client.append(waiting("one\n"), 0, 0);
    client.close(waiting("ERROR :bye\n"), CloseTimeouts::USUAL, now);
    assert!(!client.finish(CloseTimeouts::USUAL, now));
    assert_eq!(client.progress(Readiness::Nothing, now, &SlowClientLimits::USUAL, &mut chunk), None);
    assert_eq!(client.outlet.taken(), "ERROR :bye\n(finished)");
    assert_eq!(
        client.progress(Readiness::HungUp, now, &SlowClientLimits::USUAL, &mut chunk),
        Some(Outcome::Finished)
    );
    assert_eq!(client.interest(&SlowClientLimits::USUAL), None);
}

/// A half-closed client is over at once where our half has ended, and otherwise in time.
#[test]
fn half_closed_client_finishes() {
    let (mut client, mut chunk, now) = behind([100]);
    client.close(waiting("ERROR :bye\n"), CloseTimeouts::USUAL, now);
    assert_eq!(client.progress(Readiness::Nothing, now, &SlowClientLimits::USUAL, &mut chunk), None);
    assert_eq!(client.progress(Readiness::HungUp, now, &SlowClientLimits::USUAL, &mut chunk), None);
    assert!(client.finish(CloseTimeouts::USUAL, now));
    assert_eq!(client.outlet.taken(), "ERROR :bye\n(finished)(cut)");
    let (mut client, mut chunk, now) = behind([]);
    client.append(waiting("one\n"), 0, 0);
    client.finish(CloseTimeouts::USUAL, now);
    assert_eq!(client.progress(Readiness::Room, now, &SlowClientLimits::USUAL, &mut chunk), None);
    client.outlet.add_room(1);
    let later = now + CloseTimeouts::USUAL.flush / 2;
    assert_eq!(client.progress(Readiness::Room, later, &SlowClientLimits::USUAL, &mut chunk), None);
    let last = later + CloseTimeouts::USUAL.flush;
    assert_eq!(client.interest(&SlowClientLimits::USUAL), Some(Interest { room: true, until: Some(last) }));
    assert_eq!(
        client.progress(Readiness::Nothing, last, &SlowClientLimits::USUAL, &mut chunk),
        Some(Outcome::Finished)
    );
    assert_eq!(client.outlet.taken(), "o(cut)");
}

/// A client for which a mebibyte waited was given up, however well it read.
#[test]
fn stuck_client_is_given_up_and_reading_one_is_not() {
    const BOUNDS: SlowClientLimits =
        SlowClientLimits { client: 4, reading_client: 40, ..SlowClientLimits::USUAL };
    let (mut client, mut chunk, now) = behind([1]);
    client.append(waiting("123456789\n"), 0, 0);
    assert!(!client.give_up_if_over(&BOUNDS));
    let at = now + BOUNDS.stuck_after / 2;
    assert_eq!(client.progress(Readiness::Room, at, &BOUNDS, &mut chunk), None);
    let until = at + BOUNDS.stuck_after;
    assert_eq!(client.interest(&BOUNDS), Some(Interest { room: true, until: Some(until) }));
    assert_eq!(client.progress(Readiness::Nothing, now + BOUNDS.stuck_after, &BOUNDS, &mut chunk), None);
    assert_eq!(client.progress(Readiness::Nothing, until, &BOUNDS, &mut chunk), Some(Outcome::Overrun));
    assert_eq!(client.bytes(), "23456789\n".len(), "a line that was begun");
    let (mut client, ..) = behind([]);
    client.append(waiting(&"x\n".repeat(20)), 0, 0);
    assert!(!client.give_up_if_over(&BOUNDS));
    client.append(waiting("x\n"), 0, 0);
    assert!(client.give_up_if_over(&BOUNDS), "however well he reads");
}

/// Thirty connections of one address sent 5 MB in a moment: all clients of the room were
/// closed, at whatever speed they read.
#[test]
fn telephone_speed_outlasts_a_burst() {
    const STEP: Duration = Duration::from_millis(100);
    let line = waiting(&("x".repeat(4_607) + "\n"));
    let (mut client, mut chunk, now) = behind([]);
    // 16 Mbit a second.
    let mut read = |client: &mut SlowClient<Fake>, step: u32| {
        [CHUNK, CHUNK, CHUNK, 3_392].into_iter().for_each(|room| client.outlet.add_room(room));
        client.progress(Readiness::Room, now + step * STEP, &SlowClientLimits::USUAL, &mut chunk)
    };
    (0..30 * 36).for_each(|_| client.append(Arc::clone(&line), 0, 0));
    assert!(
        client.bytes() > 4 * SlowClientLimits::USUAL.client
            && !client.give_up_if_over(&SlowClientLimits::USUAL)
    );
    let told: Vec<Outcome> = (1..)
        .map_while(|step| match read(&mut client, step) {
            Some(Outcome::CaughtUp) => None,
            told => Some(told),
        })
        .flatten()
        .collect();
    assert_eq!(told, []);
    let (mut client, _, _) = behind([]);
    (0..30 * 36).for_each(|_| client.append(Arc::clone(&line), 0, 0));
    let last = SlowClientLimits::USUAL.stuck_after - STEP;
    assert_eq!(client.progress(Readiness::Room, now + STEP, &SlowClientLimits::USUAL, &mut Vec::new()), None);
    assert_eq!(
        client.progress(Readiness::Nothing, now + last, &SlowClientLimits::USUAL, &mut Vec::new()),
        None
    );
    let late = client.took + SlowClientLimits::USUAL.stuck_after;
    assert_eq!(
        client.progress(Readiness::Nothing, late, &SlowClientLimits::USUAL, &mut Vec::new()),
        Some(Outcome::Overrun)
    );
}

/// A few bytes waited for ever for somebody whose window was closed.
#[test]
fn stalled_client_is_given_up() {
    let (mut client, mut chunk, now) = behind([1]);
    client.append(waiting("one\n"), 4, 0);
    assert_eq!(client.progress(Readiness::Nothing, now, &SlowClientLimits::USUAL, &mut chunk), None);
    assert_eq!(
        client.interest(&SlowClientLimits::USUAL),
        Some(Interest { room: true, until: Some(now + STALLED) })
    );
    let late = now + STALLED;
    assert_eq!(
        client.progress(Readiness::Nothing, late, &SlowClientLimits::USUAL, &mut chunk),
        Some(Outcome::Overrun)
    );
}

/// The answer to one WHO among ten thousand ended whoever could not take it at once.
#[test]
fn replies_are_never_too_much() {
    const BOUNDS: SlowClientLimits =
        SlowClientLimits { client: 4, reading_client: 8, ..SlowClientLimits::USUAL };
    let (mut client, mut chunk, now) = behind([]);
    client.append(waiting("123456789\nabc\n"), 10, 0);
    let late = now + 100 * BOUNDS.stuck_after;
    assert_eq!(client.progress(Readiness::Nothing, late, &BOUNDS, &mut chunk), None);
    assert!(!client.give_up_if_over(&BOUNDS));
    client.append(waiting("d\n"), 0, 0);
    assert_eq!(client.progress(Readiness::Nothing, late, &BOUNDS, &mut chunk), Some(Outcome::Overrun));
}

/// That a client reads is reported at most every ten seconds.
#[test]
fn reading_is_reported_now_and_then() {
    let (mut client, mut chunk, now) = behind(std::iter::repeat_n(1, 100));
    client.append(waiting(&"x".repeat(100)), 0, 0);
    let seconds: Vec<u64> = (0..40)
        .filter(|&second| {
            let at = now + Duration::from_secs(second);
            client.progress(Readiness::Room, at, &SlowClientLimits::USUAL, &mut chunk) == Some(Outcome::Took)
        })
        .collect();
    assert_eq!(seconds, [10, 20, 30]);
}

mod all;
