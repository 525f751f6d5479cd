//! One client that the spill thread serves: it is behind, or we part from it.

use super::backlog::{Backlog, Waiting};
use super::outlet::{Offer, Outlet};
use super::spill::{Bounds, Outcome, STALLED};
use crate::hub::SessionId;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes that are offered at once.
pub(super) const CHUNK: usize = 64 * 1024;

/// How often it is told that a client reads: often enough that none is missed that does.
const TELLING: Duration = Duration::from_secs(10);

/// Bytes that have waited for less time weigh no less.
const YOUNGEST: Duration = Duration::from_millis(100);

/// How long a client that we part from may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    seat: SessionId,
    outlet: Arc<O>,
    backlog: Backlog,
    stage: Stage,
    /// The outlet may have room although nobody has said so: it got something
    /// while it was not waited for.
    untried: bool,
    /// It has ended its half of the stream: when ours is over, that is told.
    is_mute: bool,
    /// When it last took something, or fell behind; and when that was last told.
    took: Instant,
    told: Instant,
    /// Bytes to be taken until all that waited at a moment is, and that moment.
    mark: (usize, Instant),
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
    /// What waits is the end of it. Where it is `whole`, nothing of what waited
    /// was dropped: it may be much, and what is taken of it is a sign of life.
    Flushing { until: Instant, patience: Patience, whole: bool },
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
    pub(super) fn new(seat: SessionId, outlet: Arc<O>, now: Instant) -> Straggler<O> {
        let (backlog, stage) = (Backlog::default(), Stage::Behind);
        let mark = (0, now);
        Straggler { seat, outlet, backlog, stage, untried: true, is_mute: false, took: now, told: now, mark }
    }

    pub(super) fn seat(&self) -> SessionId {
        self.seat
    }

    pub(super) fn outlet(&self) -> &O {
        &self.outlet
    }

    pub(super) fn is_untried(&self) -> bool {
        self.untried
    }

    /// Bytes that wait for a client that may still get them all; none for others.
    pub(super) fn hopeful_bytes(&self) -> usize {
        match self.stage {
            Stage::Behind | Stage::Flushing { whole: true, .. } => self.backlog.bytes(),
            _ => 0,
        }
    }

    /// Gives up a client for which more waits than the bounds allow, however well it reads.
    /// Replies do not count: more of them are asked for only when these are taken.
    pub(super) fn give_up_if_over(&mut self, bounds: &Bounds) -> bool {
        self.hopeful_unasked() > bounds.reading_member && self.give_up()
    }

    /// Gives up a client that takes too little of what waits for it. Only where it has just been
    /// seen to take nothing: that this thread comes late is no fault of a client's.
    fn give_up_if_stuck(&mut self, bounds: &Bounds, now: Instant) -> bool {
        let is_over = self.hopeful_unasked() > bounds.member;
        let patience = if is_over { bounds.patience } else { STALLED };
        now >= self.took + patience && self.give_up()
    }

    /// Bytes that wait and are no replies, for a client that may still get them all.
    fn hopeful_unasked(&self) -> usize {
        if self.hopeful_bytes() > 0 { self.backlog.unasked() } else { 0 }
    }

    /// The more memory would be free without what waits for it, and the longer some of that has
    /// waited, the sooner it is given up for all others; None where nothing would be. It looks
    /// at every frame that waits.
    pub(super) fn weight(&self, now: Instant) -> Option<u128> {
        let age = now.saturating_duration_since(self.mark.1).max(YOUNGEST).as_millis();
        (self.hopeful_bytes() > 0).then(|| self.backlog.share() as u128 * age)
    }

    /// Gives up a client that may still get all, if anything waits for it: that is
    /// dropped, but for a line already begun.
    pub(super) fn give_up(&mut self) -> bool {
        let has_any = self.hopeful_bytes() > 0;
        if has_any {
            self.backlog.keep_begun_line();
            match &mut self.stage {
                Stage::Flushing { whole, .. } => (*whole, self.untried) = (false, true),
                stage => *stage = Stage::GivenUp,
            }
        }
        has_any
    }

    /// Bytes that wait.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.backlog.bytes()
    }

    /// Bytes that its queue has reserved.
    pub(super) fn reserved(&self) -> usize {
        self.backlog.reserved()
    }

    /// Appends a frame, of which so many bytes are replies, without its first `taken` bytes.
    pub(super) fn append(&mut self, frame: Arc<Waiting>, replies: usize, taken: usize) {
        if matches!(self.stage, Stage::Behind | Stage::CaughtUp) {
            self.untried |= self.stage == Stage::CaughtUp;
            self.stage = Stage::Behind;
            self.backlog.push(frame, replies, taken);
        }
    }

    /// Parts from the client: a line already begun, the farewell, the end.
    pub(super) fn part(&mut self, farewell: Arc<Waiting>, patience: Patience, now: Instant) {
        if matches!(self.stage, Stage::Behind | Stage::CaughtUp | Stage::GivenUp) {
            self.backlog.keep_begun_line();
            self.backlog.push(farewell, 0, 0);
            self.untried = true;
            self.stage = Stage::Flushing { until: now + patience.flush, patience, whole: false };
        }
    }

    /// The client has ended its half of the stream, and gets what waits and
    /// then our end. True when that has been.
    pub(super) fn finish(&mut self, patience: Patience, now: Instant) -> bool {
        self.is_mute = true;
        if matches!(self.stage, Stage::Behind | Stage::CaughtUp | Stage::GivenUp) {
            let whole = self.stage != Stage::GivenUp;
            self.untried = true;
            self.stage = Stage::Flushing { until: now + patience.flush, patience, whole };
        }
        self.stage == Stage::Over
    }

    /// None where there is nothing to wait for.
    pub(super) fn wants(&self, bounds: &Bounds) -> Option<Wants> {
        match self.stage {
            Stage::Behind => {
                let is_over = self.backlog.unasked() > bounds.member;
                let patience = if is_over { bounds.patience } else { STALLED };
                Some(Wants { room: true, until: Some(self.took + patience) })
            }
            Stage::Flushing { until, .. } => Some(Wants { room: true, until: Some(until) }),
            Stage::Lingering { until } => Some(Wants { room: false, until: Some(until) }),
            Stage::CaughtUp | Stage::GivenUp | Stage::Over => None,
        }
    }

    /// Goes on sending; `chunk` is scratch memory. Tells when a client that was
    /// behind has caught up with this, reads or is given up, or one that is mute has
    /// got the end.
    pub(super) fn go_on(
        &mut self,
        event: Event,
        now: Instant,
        bounds: &Bounds,
        chunk: &mut Vec<u8>,
    ) -> Option<Outcome> {
        let untried = std::mem::take(&mut self.untried);
        let event = if untried { Event::Room } else { event };
        let is_late = match self.stage {
            Stage::CaughtUp | Stage::GivenUp | Stage::Over => return None,
            Stage::Behind => false,
            // That this thread comes late is no fault of a client's.
            Stage::Flushing { until, .. } => now >= until && !untried,
            Stage::Lingering { until } => event == Event::HungUp || now >= until,
        };
        if is_late {
            // Wakes the client's thread, which then reports the end.
            self.outlet.cut();
            self.end();
        } else if event != Event::Nothing {
            let before = self.backlog.bytes();
            self.send(chunk);
            let took = self.backlog.bytes() < before;
            self.took = if took { now } else { self.took };
            let left = self.mark.0.saturating_sub(before - self.backlog.bytes());
            self.mark = if left > 0 { (left, self.mark.1) } else { (self.backlog.bytes(), now) };
            if let Stage::Flushing { until, patience, whole: true } = &mut self.stage
                && took
            {
                *until = now + patience.flush;
            }
        }
        if self.backlog.bytes() > 0 {
            let is_behind = self.stage == Stage::Behind;
            if is_behind && (self.give_up_if_over(bounds) || self.give_up_if_stuck(bounds, now)) {
                return Some(Outcome::Overrun);
            }
            let tells = is_behind && self.took >= self.told + TELLING;
            self.told = if tells { self.took } else { self.told };
            return tells.then_some(Outcome::Took);
        }
        match self.stage {
            Stage::Behind => self.stage = Stage::CaughtUp,
            Stage::Flushing { patience, .. } => {
                self.outlet.finish();
                self.stage = Stage::Lingering { until: now + patience.linger };
            }
            Stage::CaughtUp | Stage::GivenUp | Stage::Lingering { .. } | Stage::Over => {}
        }
        match self.stage {
            Stage::CaughtUp => Some(Outcome::CaughtUp),
            Stage::Over if self.is_mute => Some(Outcome::Over),
            _ => None,
        }
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
                    self.backlog.clear();
                    // One that was behind waits for nothing any more.
                    if self.stage != Stage::Behind {
                        self.end();
                    }
                    return;
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
        let (client, now) = (Arc::new(Fake::with_room(room)), Instant::now());
        (Straggler::new(SessionId(0), client, now), Vec::new(), now)
    }

    #[test]
    fn all_that_waits_is_sent_in_order_and_then_it_has_caught_up() {
        let (mut client, mut chunk, now) = behind([0, 3, 100, 100]);
        client.append(waiting("one\n"), 0, 2);
        client.append(waiting("two\n"), 0, 0);
        assert_eq!(client.hopeful_bytes(), 6);
        assert_eq!(
            client.go_on(Event::Nothing, now, &Bounds::USUAL, &mut chunk),
            None,
            "tried, and there is no room"
        );
        assert_eq!(client.go_on(Event::Nothing, now, &Bounds::USUAL, &mut chunk), None, "not tried");
        assert_eq!(client.go_on(Event::Room, now, &Bounds::USUAL, &mut chunk), None);
        assert_eq!(client.outlet().taken(), "e\nt");
        assert_eq!(client.go_on(Event::Room, now, &Bounds::USUAL, &mut chunk), Some(Outcome::CaughtUp));
        assert_eq!(client.wants(&Bounds::USUAL), None);
        // More was on its way already.
        client.append(waiting("three\n"), 0, 0);
        assert_eq!(client.wants(&Bounds::USUAL), Some(Wants { room: true, until: Some(now + STALLED) }));
        assert_eq!(
            client.go_on(Event::Nothing, now, &Bounds::USUAL, &mut chunk),
            Some(Outcome::CaughtUp),
            "nobody says that there is room"
        );
        assert_eq!(client.outlet().taken(), "e\ntwo\nthree\n");
    }

    #[test]
    fn parting_drops_what_waits_but_a_begun_line_and_ends_with_the_farewell() {
        let (mut client, mut chunk, now) = behind([100]);
        client.append(waiting("one\ntwo\n"), 0, 2);
        client.part(waiting("ERROR :bye\n"), Patience::USUAL, now);
        client.append(waiting("late\n"), 0, 0);
        assert_eq!(client.go_on(Event::Room, now, &Bounds::USUAL, &mut chunk), None);
        assert_eq!(client.outlet().taken(), "e\nERROR :bye\n(finished)");
        assert_eq!(client.go_on(Event::HungUp, now, &Bounds::USUAL, &mut chunk), None);
        assert_eq!(client.outlet().taken(), "e\nERROR :bye\n(finished)(cut)");
        assert_eq!(client.wants(&Bounds::USUAL), None);
    }

    #[test]
    fn who_can_take_the_farewell_gets_it_although_we_are_late_with_it() {
        let (mut client, mut chunk, now) = behind([100]);
        client.part(waiting("ERROR :bye\n"), Patience::STOPPING, now);
        let late = now + 2 * Patience::STOPPING.flush;
        assert_eq!(client.go_on(Event::Nothing, late, &Bounds::USUAL, &mut chunk), None);
        assert_eq!(client.outlet().taken(), "ERROR :bye\n(finished)");
        let (mut client, mut chunk, now) = behind([]);
        client.part(waiting("ERROR :bye\n"), Patience::STOPPING, now);
        assert_eq!(client.go_on(Event::Nothing, late, &Bounds::USUAL, &mut chunk), None, "tried");
        client.go_on(Event::Room, late, &Bounds::USUAL, &mut chunk);
        assert_eq!(client.outlet().taken(), "(cut)", "once");
    }

    #[test]
    fn who_never_takes_the_farewell_is_cut_in_time() {
        let (mut client, mut chunk, now) = behind([]);
        client.part(waiting("ERROR :bye\n"), Patience::USUAL, now);
        let last = now + Patience::USUAL.flush;
        assert_eq!(client.go_on(Event::Room, now, &Bounds::USUAL, &mut chunk), None);
        assert_eq!(client.wants(&Bounds::USUAL), Some(Wants { room: true, until: Some(last) }));
        client.go_on(Event::Nothing, last, &Bounds::USUAL, &mut chunk);
        assert_eq!(client.outlet().taken(), "(cut)");
    }

    #[test]
    fn who_does_not_close_after_the_farewell_is_cut_in_time() {
        let (mut client, mut chunk, now) = behind([100]);
        client.part(waiting(""), Patience::USUAL, now);
        client.go_on(Event::Room, now, &Bounds::USUAL, &mut chunk);
        let last = now + Patience::USUAL.linger;
        assert_eq!(client.wants(&Bounds::USUAL), Some(Wants { room: false, until: Some(last) }));
        client.go_on(Event::Nothing, now, &Bounds::USUAL, &mut chunk);
        assert_eq!(client.outlet().taken(), "(finished)");
        client.go_on(Event::Nothing, last, &Bounds::USUAL, &mut chunk);
        assert_eq!(client.outlet().taken(), "(finished)(cut)");
    }

    #[test]
    fn who_is_lost_is_cut_and_waited_for_no_more() {
        let (mut client, mut chunk, now) = behind([]);
        client.append(waiting("one\n"), 0, 0);
        client.outlet().lose();
        assert_eq!(client.go_on(Event::Room, now, &Bounds::USUAL, &mut chunk), Some(Outcome::CaughtUp));
        assert_eq!((client.outlet().taken().as_str(), client.wants(&Bounds::USUAL)), ("(cut)", None));
        client.part(waiting("ERROR :bye\n"), Patience::USUAL, now);
        assert_eq!(client.go_on(Event::Nothing, now, &Bounds::USUAL, &mut chunk), None);
        assert!(client.finish(Patience::USUAL, now));
    }

    /// It was cut at once, and what waited for it with it.
    #[test]
    fn who_has_ended_his_half_of_the_stream_gets_what_waits_and_the_end() {
        let (mut client, mut chunk, now) = behind([1, 100]);
        client.append(waiting("one\ntwo\n"), 0, 0);
        assert!(!client.finish(Patience::USUAL, now));
        assert_eq!(client.go_on(Event::Nothing, now, &Bounds::USUAL, &mut chunk), None);
        assert_eq!(client.go_on(Event::Room, now, &Bounds::USUAL, &mut chunk), None);
        assert_eq!(client.outlet().taken(), "one\ntwo\n(finished)");
        assert_eq!(client.go_on(Event::HungUp, now, &Bounds::USUAL, &mut chunk), Some(Outcome::Over));
        let (mut client, mut chunk, now) = behind([100]);
        client.append(waiting("one\n"), 0, 0);
        client.part(waiting("ERROR :bye\n"), Patience::USUAL, now);
        assert!(!client.finish(Patience::USUAL, now));
        assert_eq!(client.go_on(Event::Nothing, now, &Bounds::USUAL, &mut chunk), None);
        assert_eq!(client.outlet().taken(), "ERROR :bye\n(finished)");
        assert_eq!(client.go_on(Event::HungUp, now, &Bounds::USUAL, &mut chunk), Some(Outcome::Over));
        assert_eq!(client.wants(&Bounds::USUAL), None);
    }

    #[test]
    fn who_is_mute_is_over_at_once_where_our_half_has_ended_and_else_in_time() {
        let (mut client, mut chunk, now) = behind([100]);
        client.part(waiting("ERROR :bye\n"), Patience::USUAL, now);
        assert_eq!(client.go_on(Event::Nothing, now, &Bounds::USUAL, &mut chunk), None);
        assert_eq!(client.go_on(Event::HungUp, now, &Bounds::USUAL, &mut chunk), None);
        assert!(client.finish(Patience::USUAL, now));
        assert_eq!(client.outlet().taken(), "ERROR :bye\n(finished)(cut)");
        let (mut client, mut chunk, now) = behind([]);
        client.append(waiting("one\n"), 0, 0);
        client.finish(Patience::USUAL, now);
        assert_eq!(client.go_on(Event::Room, now, &Bounds::USUAL, &mut chunk), None);
        client.outlet().add_room(1);
        let later = now + Patience::USUAL.flush / 2;
        assert_eq!(client.go_on(Event::Room, later, &Bounds::USUAL, &mut chunk), None);
        let last = later + Patience::USUAL.flush;
        assert_eq!(client.wants(&Bounds::USUAL), Some(Wants { room: true, until: Some(last) }));
        assert_eq!(client.go_on(Event::Nothing, last, &Bounds::USUAL, &mut chunk), Some(Outcome::Over));
        assert_eq!(client.outlet().taken(), "o(cut)");
    }

    /// A client for which a mebibyte waited was given up, however well it read.
    #[test]
    fn who_takes_nothing_of_too_much_is_given_up_in_time_and_who_reads_is_not() {
        const BOUNDS: Bounds = Bounds { member: 4, reading_member: 40, ..Bounds::USUAL };
        let (mut client, mut chunk, now) = behind([1]);
        client.append(waiting("123456789\n"), 0, 0);
        assert!(!client.give_up_if_over(&BOUNDS));
        let at = now + BOUNDS.patience / 2;
        assert_eq!(client.go_on(Event::Room, at, &BOUNDS, &mut chunk), None);
        let until = at + BOUNDS.patience;
        assert_eq!(client.wants(&BOUNDS), Some(Wants { room: true, until: Some(until) }));
        assert_eq!(client.go_on(Event::Nothing, now + BOUNDS.patience, &BOUNDS, &mut chunk), None);
        assert_eq!(client.go_on(Event::Nothing, until, &BOUNDS, &mut chunk), Some(Outcome::Overrun));
        assert_eq!(client.bytes(), "23456789\n".len(), "a line that was begun");
        let (mut client, ..) = behind([]);
        client.append(waiting(&"x\n".repeat(20)), 0, 0);
        assert!(!client.give_up_if_over(&BOUNDS));
        client.append(waiting("x\n"), 0, 0);
        assert!(client.give_up_if_over(&BOUNDS), "however well he reads");
    }

    /// Thirty connections of one address sent 5 MB in a moment: all members of the room were
    /// closed, at whatever speed they read.
    #[test]
    fn who_reads_as_fast_as_a_telephone_outlasts_a_burst_and_who_does_not_goes_in_time() {
        const STEP: Duration = Duration::from_millis(100);
        let line = waiting(&("x".repeat(4_607) + "\n"));
        let (mut client, mut chunk, now) = behind([]);
        // 16 Mbit a second.
        let mut read = |client: &mut Straggler<Fake>, step: u32| {
            [CHUNK, CHUNK, CHUNK, 3_392].into_iter().for_each(|room| client.outlet().add_room(room));
            client.go_on(Event::Room, now + step * STEP, &Bounds::USUAL, &mut chunk)
        };
        (0..30 * 36).for_each(|_| client.append(Arc::clone(&line), 0, 0));
        assert!(client.bytes() > 4 * Bounds::USUAL.member && !client.give_up_if_over(&Bounds::USUAL));
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
        let last = Bounds::USUAL.patience - STEP;
        assert_eq!(client.go_on(Event::Room, now + STEP, &Bounds::USUAL, &mut Vec::new()), None);
        assert_eq!(client.go_on(Event::Nothing, now + last, &Bounds::USUAL, &mut Vec::new()), None);
        let late = client.took + Bounds::USUAL.patience;
        assert_eq!(
            client.go_on(Event::Nothing, late, &Bounds::USUAL, &mut Vec::new()),
            Some(Outcome::Overrun)
        );
    }

    /// A few bytes waited for ever for somebody whose window was closed.
    #[test]
    fn who_takes_nothing_for_ten_minutes_is_given_up_however_little_waits() {
        let (mut client, mut chunk, now) = behind([1]);
        client.append(waiting("one\n"), 4, 0);
        assert_eq!(client.go_on(Event::Nothing, now, &Bounds::USUAL, &mut chunk), None);
        assert_eq!(client.wants(&Bounds::USUAL), Some(Wants { room: true, until: Some(now + STALLED) }));
        let late = now + STALLED;
        assert_eq!(client.go_on(Event::Nothing, late, &Bounds::USUAL, &mut chunk), Some(Outcome::Overrun));
    }

    /// The answer to one WHO among ten thousand ended whoever could not take it at once.
    #[test]
    fn replies_that_were_asked_for_are_never_too_much() {
        const BOUNDS: Bounds = Bounds { member: 4, reading_member: 8, ..Bounds::USUAL };
        let (mut client, mut chunk, now) = behind([]);
        client.append(waiting("123456789\nabc\n"), 10, 0);
        let late = now + 100 * BOUNDS.patience;
        assert_eq!(client.go_on(Event::Nothing, late, &BOUNDS, &mut chunk), None);
        assert!(!client.give_up_if_over(&BOUNDS));
        client.append(waiting("d\n"), 0, 0);
        assert_eq!(client.go_on(Event::Nothing, late, &BOUNDS, &mut chunk), Some(Outcome::Overrun));
    }

    #[test]
    fn that_somebody_reads_is_told_now_and_then() {
        let (mut client, mut chunk, now) = behind(std::iter::repeat_n(1, 100));
        client.append(waiting(&"x".repeat(100)), 0, 0);
        let seconds: Vec<u64> = (0..40)
            .filter(|&second| {
                let at = now + Duration::from_secs(second);
                client.go_on(Event::Room, at, &Bounds::USUAL, &mut chunk) == Some(Outcome::Took)
            })
            .collect();
        assert_eq!(seconds, [10, 20, 30]);
    }
}
