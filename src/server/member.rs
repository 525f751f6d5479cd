//! One client as delivery sees it: reached directly, or behind.
//!
//! * *Direct*: nothing waits, and only the hub's thread offers to the outlet.
//! * *Behind*: something waits, and only the spill thread offers; the hub's
//!   thread only appends.
//!
//! The hub's thread alone makes a direct member one that is behind. The spill
//! thread alone makes it direct again: under the member's lock, when nothing
//! waits and nothing is in flight. So there is one sender at a time, and what
//! was appended first leaves first. A member that leaves stays behind.

use super::backlog::{Backlog, Waiting};
use super::outlet::{Offer, Outlet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Bytes that the spill thread offers at once.
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

/// Shared by the hub's thread, the spill thread while the member is behind,
/// and nobody else; the client's own thread only shares its socket.
#[derive(Debug)]
pub(super) struct Member<O> {
    outlet: O,
    /// Set by the hub's thread; cleared by the spill thread, under the lock.
    behind: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    backlog: Backlog,
    /// The spill thread is offering the head of the backlog, unlocked: nobody
    /// else may remove anything.
    in_flight: bool,
    parting: Parting,
}

#[derive(Debug, Default)]
enum Parting {
    #[default]
    No,
    /// The last line replaces what waits, as soon as nothing is in flight.
    Asked {
        farewell: Arc<Waiting>,
        until: Instant,
        linger: Duration,
    },
    /// The last line is among what waits.
    Flushing {
        until: Instant,
        linger: Duration,
    },
    /// Our end is closed; the client may still close its own.
    Lingering {
        until: Instant,
    },
    Over,
}

/// What became of bytes that could not all be sent at once.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Queued {
    /// The spill thread must be told.
    pub(super) newly_behind: bool,
    /// Bytes that wait for this member now.
    pub(super) bytes: usize,
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

impl<O: Outlet> Member<O> {
    pub(super) fn new(outlet: O) -> Member<O> {
        Member { outlet, behind: AtomicBool::new(false), state: Mutex::default() }
    }

    pub(super) fn outlet(&self) -> &O {
        &self.outlet
    }

    /// Sends whole lines, or queues what can't be sent. Hub's thread only.
    pub(super) fn give(&self, bytes: &[u8], shared: impl FnOnce() -> Arc<Waiting>) -> Option<Queued> {
        if self.behind.load(Ordering::Acquire) {
            let mut state = self.lock();
            if self.behind.load(Ordering::Relaxed) {
                return state.append(shared(), 0).map(|bytes| Queued { newly_behind: false, bytes });
            }
        }
        let taken = match self.outlet.offer(bytes) {
            Offer::Sent | Offer::Gone => return None,
            Offer::Partly(count) => count,
            Offer::Full => 0,
        };
        let mut state = self.lock();
        let bytes = state.append(shared(), taken)?;
        self.behind.store(true, Ordering::Release);
        Some(Queued { newly_behind: true, bytes })
    }

    /// Parts from the client: a line already begun, the farewell, the end.
    /// True where the spill thread does not know the member yet. Hub's thread only.
    pub(super) fn part(&self, farewell: Arc<Waiting>, patience: Patience, now: Instant) -> bool {
        let mut state = self.lock();
        if !matches!(state.parting, Parting::No) {
            return false;
        }
        let Patience { flush, linger } = patience;
        state.parting = Parting::Asked { farewell, until: now + flush, linger };
        state.say_farewell();
        !self.behind.swap(true, Ordering::AcqRel)
    }

    /// The client's thread has ended, or has to: nothing more is sent. True
    /// where the spill thread still waits for this member.
    pub(super) fn end(&self) -> bool {
        let mut state = self.lock();
        let is_awaited = self.behind.load(Ordering::Relaxed) && !matches!(state.parting, Parting::Over);
        state.end();
        drop(state);
        self.outlet.cut();
        is_awaited
    }

    /// Bytes that wait; none for a member that leaves.
    pub(super) fn waiting(&self) -> usize {
        match self.behind.load(Ordering::Acquire) {
            false => 0,
            true => self.lock().waiting(),
        }
    }

    /// Spill thread only.
    pub(super) fn wants(&self) -> Wants {
        match self.lock().parting {
            Parting::No => Wants { room: true, until: None },
            Parting::Asked { until, .. } | Parting::Flushing { until, .. } => {
                Wants { room: true, until: Some(until) }
            }
            Parting::Lingering { until } => Wants { room: false, until: Some(until) },
            Parting::Over => Wants { room: false, until: Some(Instant::now()) },
        }
    }

    /// Goes on sending. False when the spill thread has nothing more to do
    /// with this member. Spill thread only; `chunk` is its scratch buffer.
    pub(super) fn go_on(&self, event: Event, now: Instant, chunk: &mut Vec<u8>) -> bool {
        let mut state = self.lock();
        if self.is_over(&mut state, event, now) {
            return false;
        }
        if event == Event::Nothing {
            return true;
        }
        loop {
            chunk.clear();
            state.backlog.peek(CHUNK, chunk);
            if chunk.is_empty() {
                return self.is_still_behind(&mut state, now);
            }
            state.in_flight = true;
            drop(state);
            let offer = self.outlet.offer(chunk);
            state = self.lock();
            state.in_flight = false;
            match offer {
                Offer::Sent => state.backlog.advance(chunk.len()),
                Offer::Partly(count) => state.backlog.advance(count),
                Offer::Full => {}
                Offer::Gone => state.end(),
            }
            state.say_farewell();
            if matches!(offer, Offer::Partly(_) | Offer::Full) {
                return self.is_still_behind(&mut state, now);
            }
        }
    }

    fn is_over(&self, state: &mut State, event: Event, now: Instant) -> bool {
        let over = match state.parting {
            Parting::No => false,
            Parting::Asked { until, .. } | Parting::Flushing { until, .. } => now >= until,
            Parting::Lingering { until } => event == Event::HungUp || now >= until,
            Parting::Over => return true,
        };
        if over {
            state.end();
            // Wakes the client's thread, which then reports the end.
            self.outlet.cut();
        }
        over
    }

    /// Lets the member go where nothing waits any more.
    fn is_still_behind(&self, state: &mut State, now: Instant) -> bool {
        if state.backlog.bytes() > 0 {
            return true;
        }
        match state.parting {
            Parting::No => {
                self.behind.store(false, Ordering::Release);
                false
            }
            Parting::Flushing { linger, .. } => {
                self.outlet.finish();
                state.parting = Parting::Lingering { until: now + linger };
                true
            }
            Parting::Over => false,
            Parting::Asked { .. } | Parting::Lingering { .. } => true,
        }
    }

    /// A thread that panicked while it held the lock left nothing half done
    /// that matters more than serving the others.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn append(&mut self, frame: Arc<Waiting>, taken: usize) -> Option<usize> {
        if !matches!(self.parting, Parting::No) {
            return None;
        }
        self.backlog.push(frame, taken);
        Some(self.backlog.bytes())
    }

    fn waiting(&self) -> usize {
        match self.parting {
            Parting::No => self.backlog.bytes(),
            _ => 0,
        }
    }

    fn say_farewell(&mut self) {
        if self.in_flight {
            return;
        }
        match std::mem::take(&mut self.parting) {
            Parting::Asked { farewell, until, linger } => {
                self.backlog.keep_begun_line();
                self.backlog.push(farewell, 0);
                self.parting = Parting::Flushing { until, linger };
            }
            other => self.parting = other,
        }
    }

    fn end(&mut self) {
        self.backlog.clear();
        self.parting = Parting::Over;
    }
}

#[cfg(test)]
mod tests {
    use super::super::backlog::Ledger;
    use super::*;
    use crate::server::outlet::fake::Fake;

    fn waiting(text: &str) -> Arc<Waiting> {
        Waiting::new(text.as_bytes().into(), &Arc::new(Ledger::default()))
    }

    fn give(member: &Member<Fake>, text: &str) -> Option<Queued> {
        member.give(text.as_bytes(), || waiting(text))
    }

    #[test]
    fn who_is_behind_is_direct_again_only_when_nothing_waits() {
        let member = Member::new(Fake::with_room([2, 0, 3, 100, 100]));
        let mut chunk = Vec::new();
        let now = Instant::now();
        assert_eq!(give(&member, "one\n"), Some(Queued { newly_behind: true, bytes: 2 }));
        assert_eq!(give(&member, "two\n"), Some(Queued { newly_behind: false, bytes: 6 }));
        assert!(member.go_on(Event::Room, now, &mut chunk));
        assert!(member.go_on(Event::Room, now, &mut chunk));
        assert_eq!(member.outlet().taken(), "one\nt");
        assert!(!member.go_on(Event::Room, now, &mut chunk));
        assert_eq!(give(&member, "three\n"), None);
        assert_eq!(member.outlet().taken(), "one\ntwo\nthree\n");
    }

    #[test]
    fn parting_drops_what_waits_but_a_begun_line_and_ends_with_the_farewell() {
        let member = Member::new(Fake::with_room([2, 100]));
        let (mut chunk, now) = (Vec::new(), Instant::now());
        assert!(give(&member, "one\ntwo\n").is_some());
        assert!(!member.part(waiting("ERROR :bye\n"), Patience::USUAL, now));
        assert_eq!(give(&member, "late\n"), None);
        assert!(member.go_on(Event::Room, now, &mut chunk));
        assert_eq!(member.outlet().taken(), "one\nERROR :bye\n(finished)");
        assert!(!member.go_on(Event::HungUp, now, &mut chunk));
        assert_eq!(member.outlet().taken(), "one\nERROR :bye\n(finished)(cut)");
    }

    #[test]
    fn who_never_takes_the_farewell_is_cut_in_time() {
        let member = Member::new(Fake::with_room([]));
        let (mut chunk, now) = (Vec::new(), Instant::now());
        assert!(member.part(waiting("ERROR :bye\n"), Patience::USUAL, now));
        let last = now + Patience::USUAL.flush;
        assert!(member.go_on(Event::Room, now, &mut chunk));
        assert_eq!(member.wants(), Wants { room: true, until: Some(last) });
        assert!(!member.go_on(Event::Nothing, last, &mut chunk));
        assert_eq!(member.outlet().taken(), "(cut)");
    }

    #[test]
    fn who_does_not_close_after_the_farewell_is_cut_in_time() {
        let member = Member::new(Fake::with_room([100]));
        let (mut chunk, now) = (Vec::new(), Instant::now());
        assert!(member.part(waiting(""), Patience::USUAL, now));
        assert!(member.go_on(Event::Room, now, &mut chunk));
        let last = now + Patience::USUAL.linger;
        assert_eq!(member.wants(), Wants { room: false, until: Some(last) });
        assert!(member.go_on(Event::Nothing, now, &mut chunk));
        assert!(!member.go_on(Event::Nothing, last, &mut chunk));
        assert_eq!(member.outlet().taken(), "(finished)(cut)");
    }
}
