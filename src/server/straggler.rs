//! One client that the spill thread serves: it is behind, or we part from it.

use super::backlog::{Backlog, Waiting};
use super::outlet::{Offer, Outlet};
use crate::hub::SeatId;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes that are offered at once.
const CHUNK: usize = 64 * 1024;

/// How long a client that we part from may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// To take its last line.
    pub(super) flush: Duration,
    /// To close its end afterwards.
    pub(super) linger: Duration,
}

impl Patience {
    pub(super) const USUAL: Patience =
        Patience { flush: Duration::from_secs(5), linger: Duration::from_secs(1) };
    /// While the server stops: nobody shall wait long for somebody who sleeps.
    pub(super) const STOPPING: Patience =
        Patience { flush: Duration::from_secs(1), linger: Duration::from_millis(200) };
}

/// Owned by the spill thread.
#[derive(Debug)]
pub(super) struct Straggler<O> {
    seat: SeatId,
    outlet: Arc<O>,
    backlog: Backlog,
    stage: Stage,
    /// The outlet may have room although nobody has said so: it got something
    /// while it was not waited for.
    untried: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Gets what waits.
    Behind,
    /// All was sent, and the hub's thread has been told. It may have more on
    /// its way here already; else it sends by itself from now on.
    CaughtUp,
    /// Too much was waiting, and is dropped but for a line already begun. The
    /// hub's thread has been told, and parts from it in its own time.
    GivenUp,
    /// What waits ends with the last line.
    Flushing { until: Instant, linger: Duration },
    /// Our end is closed; the client may still close its own.
    Lingering { until: Instant },
    /// Nothing more can be sent.
    Over,
}

/// What the spill thread waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wants {
    /// Room in the outlet; otherwise only its end.
    pub(super) room: bool,
    pub(super) until: Option<Instant>,
}

/// What the spill thread has learned about an outlet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Nothing,
    Room,
    HungUp,
}

impl<O: Outlet> Straggler<O> {
    pub(super) fn new(seat: SeatId, outlet: Arc<O>) -> Straggler<O> {
        let (backlog, stage) = (Backlog::default(), Stage::Behind);
        Straggler { seat, outlet, backlog, stage, untried: true }
    }

    pub(super) fn seat(&self) -> SeatId {
        self.seat
    }

    pub(super) fn outlet(&self) -> &O {
        &self.outlet
    }

    pub(super) fn is_untried(&self) -> bool {
        self.untried
    }

    /// Bytes that wait for a client that may still catch up; none for others.
    pub(super) fn hopeful_bytes(&self) -> usize {
        if self.stage == Stage::Behind { self.backlog.bytes() } else { 0 }
    }

    /// Gives up a client that may still catch up if more than so many bytes wait for it.
    pub(super) fn give_up_beyond(&mut self, most: usize) -> bool {
        let is_too_much = self.hopeful_bytes() > most;
        if is_too_much {
            self.backlog.keep_begun_line();
            self.stage = Stage::GivenUp;
        }
        is_too_much
    }

    /// Frames that wait.
    pub(super) fn places(&self) -> usize {
        self.backlog.places()
    }

    /// Appends a frame without its first `taken` bytes.
    pub(super) fn append(&mut self, frame: Arc<Waiting>, taken: usize) {
        if matches!(self.stage, Stage::Behind | Stage::CaughtUp) {
            self.untried |= self.stage == Stage::CaughtUp;
            self.stage = Stage::Behind;
            self.backlog.push(frame, taken);
        }
    }

    /// Parts from the client: a line already begun, the farewell, the end.
    pub(super) fn part(&mut self, farewell: Arc<Waiting>, patience: Patience, now: Instant) {
        if matches!(self.stage, Stage::Behind | Stage::CaughtUp | Stage::GivenUp) {
            self.backlog.keep_begun_line();
            self.backlog.push(farewell, 0);
            self.untried = true;
            self.stage = Stage::Flushing { until: now + patience.flush, linger: patience.linger };
        }
    }

    /// None where there is nothing to wait for.
    pub(super) fn wants(&self) -> Option<Wants> {
        match self.stage {
            Stage::Behind => Some(Wants { room: true, until: None }),
            Stage::Flushing { until, .. } => Some(Wants { room: true, until: Some(until) }),
            Stage::Lingering { until } => Some(Wants { room: false, until: Some(until) }),
            Stage::CaughtUp | Stage::GivenUp | Stage::Over => None,
        }
    }

    /// Goes on sending; `chunk` is scratch memory. True when a client that was
    /// behind has caught up with this.
    pub(super) fn go_on(&mut self, event: Event, now: Instant, chunk: &mut Vec<u8>) -> bool {
        let event = if std::mem::take(&mut self.untried) { Event::Room } else { event };
        let is_late = match self.stage {
            Stage::CaughtUp | Stage::GivenUp | Stage::Over => return false,
            Stage::Behind => false,
            Stage::Flushing { until, .. } => now >= until,
            Stage::Lingering { until } => event == Event::HungUp || now >= until,
        };
        if is_late {
            // Wakes the client's thread, which then reports the end.
            self.outlet.cut();
            self.end();
        } else if event != Event::Nothing {
            self.send(chunk);
        }
        if self.backlog.bytes() > 0 {
            return false;
        }
        match self.stage {
            Stage::Behind => self.stage = Stage::CaughtUp,
            Stage::Flushing { linger, .. } => {
                self.outlet.finish();
                self.stage = Stage::Lingering { until: now + linger };
            }
            Stage::CaughtUp | Stage::GivenUp | Stage::Lingering { .. } | Stage::Over => {}
        }
        self.stage == Stage::CaughtUp
    }

    fn send(&mut self, chunk: &mut Vec<u8>) {
        loop {
            chunk.clear();
            self.backlog.peek(CHUNK, chunk);
            if chunk.is_empty() {
                return;
            }
            match self.outlet.offer(chunk) {
                Offer::Sent => self.backlog.advance(chunk.len()),
                Offer::Partly(count) => return self.backlog.advance(count),
                Offer::Full => return,
                Offer::Gone => {
                    // Wakes the client's thread, which then reports the end.
                    self.outlet.cut();
                    return self.end();
                }
            }
        }
    }

    fn end(&mut self) {
        self.backlog.clear();
        self.stage = Stage::Over;
    }
}

#[cfg(test)]
mod tests {
    use super::super::backlog::Ledger;
    use super::super::outlet::fake::Fake;
    use super::*;

    fn waiting(text: &str) -> Arc<Waiting> {
        Waiting::new(text.as_bytes().into(), &Arc::new(Ledger::default()))
    }

    fn behind(room: impl IntoIterator<Item = usize>) -> (Straggler<Fake>, Vec<u8>, Instant) {
        (Straggler::new(SeatId(0), Arc::new(Fake::with_room(room))), Vec::new(), Instant::now())
    }

    #[test]
    fn all_that_waits_is_sent_in_order_and_then_it_has_caught_up() {
        let (mut client, mut chunk, now) = behind([0, 3, 100, 100]);
        client.append(waiting("one\n"), 2);
        client.append(waiting("two\n"), 0);
        assert_eq!(client.hopeful_bytes(), 6);
        assert!(!client.go_on(Event::Nothing, now, &mut chunk), "tried, and there is no room");
        assert!(!client.go_on(Event::Nothing, now, &mut chunk), "not tried");
        assert!(!client.go_on(Event::Room, now, &mut chunk));
        assert_eq!(client.outlet().taken(), "e\nt");
        assert!(client.go_on(Event::Room, now, &mut chunk));
        assert_eq!(client.wants(), None);
        // More was on its way already.
        client.append(waiting("three\n"), 0);
        assert_eq!(client.wants(), Some(Wants { room: true, until: None }));
        assert!(client.go_on(Event::Nothing, now, &mut chunk), "nobody says that there is room");
        assert_eq!(client.outlet().taken(), "e\ntwo\nthree\n");
    }

    #[test]
    fn parting_drops_what_waits_but_a_begun_line_and_ends_with_the_farewell() {
        let (mut client, mut chunk, now) = behind([100]);
        client.append(waiting("one\ntwo\n"), 2);
        client.part(waiting("ERROR :bye\n"), Patience::USUAL, now);
        client.append(waiting("late\n"), 0);
        assert!(!client.go_on(Event::Room, now, &mut chunk));
        assert_eq!(client.outlet().taken(), "e\nERROR :bye\n(finished)");
        assert!(!client.go_on(Event::HungUp, now, &mut chunk));
        assert_eq!(client.outlet().taken(), "e\nERROR :bye\n(finished)(cut)");
        assert_eq!(client.wants(), None);
    }

    #[test]
    fn who_never_takes_the_farewell_is_cut_in_time() {
        let (mut client, mut chunk, now) = behind([]);
        client.part(waiting("ERROR :bye\n"), Patience::USUAL, now);
        let last = now + Patience::USUAL.flush;
        assert!(!client.go_on(Event::Room, now, &mut chunk));
        assert_eq!(client.wants(), Some(Wants { room: true, until: Some(last) }));
        client.go_on(Event::Nothing, last, &mut chunk);
        assert_eq!(client.outlet().taken(), "(cut)");
    }

    #[test]
    fn who_does_not_close_after_the_farewell_is_cut_in_time() {
        let (mut client, mut chunk, now) = behind([100]);
        client.part(waiting(""), Patience::USUAL, now);
        client.go_on(Event::Room, now, &mut chunk);
        let last = now + Patience::USUAL.linger;
        assert_eq!(client.wants(), Some(Wants { room: false, until: Some(last) }));
        client.go_on(Event::Nothing, now, &mut chunk);
        assert_eq!(client.outlet().taken(), "(finished)");
        client.go_on(Event::Nothing, last, &mut chunk);
        assert_eq!(client.outlet().taken(), "(finished)(cut)");
    }
}
