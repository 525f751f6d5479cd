//! When each line of a session is obeyed: at once, in its place behind those that
//! wait, or not at all. Lines are put into the queue and taken out of it here alone.

use super::batch::{Batch, SeatId};
use super::budget::cost;
use super::input::Input;
use super::irc::{multiline, oper, refuse};
use super::lines::{End, InputState, PendingCheck, Queued};
use super::seat::Seat;
use super::timers::Alarm;
use super::turn::Turn;
use super::{CheckId, Departure, ENOUGH, Gone, Hub, Now, Verdict, irc, plain};
use std::time::Duration;

impl Hub {
    /// One read of a connection brought these, at most 64 lines. The batch says when the
    /// next may come.
    pub fn input(&mut self, id: SeatId, inputs: Vec<Input>, now: Now, batch: &mut Batch) {
        let Some(Some(seat)) = self.seats.get_mut(id.index()) else {
            return batch.released.push(id);
        };
        (seat.since, seat.is_pinged) = (now.uptime, false);
        let mut turn = Turn::new(self, id, now, batch);
        for input in inputs {
            if turn.is_over() {
                break;
            }
            turn.hear(input);
        }
        turn.end();
        self.release(id, true, batch);
        self.reap(batch);
    }

    /// So much of what a connection asked for is not taken yet that its lines wait until
    /// [`Hub::drained`].
    pub fn backlogged(&mut self, id: SeatId) {
        if let Some(Some(seat)) = self.seats.get_mut(id.index()) {
            seat.set_backlogged();
        }
    }

    /// A connection that had much to take has taken some of it: it is alive.
    pub fn took(&mut self, id: SeatId, now: Now) {
        if let Some(Some(seat)) = self.seats.get_mut(id.index()) {
            seat.since = seat.since.max(now.uptime);
        }
    }

    /// A connection has taken all that it was sent: lines that waited for that go on.
    pub fn drained(&mut self, id: SeatId, now: Now, batch: &mut Batch) {
        self.took(id, now);
        let Some(Some(Seat { few: Some(few), .. })) = self.seats.get_mut(id.index()) else { return };
        few.lines.has_backlog = false;
        self.advance(id, now, batch);
    }

    /// A password has been checked, or not: the lines that waited for it go on. An
    /// answer for a session that is gone is nobody's.
    pub fn checked(&mut self, id: CheckId, verdict: Verdict, now: Now, batch: &mut Batch) {
        let Some(Some(Seat { few: Some(few), .. })) = self.seats.get_mut(id.seat.index()) else { return };
        let Some(PendingCheck { label, is_genuine, .. }) = few.lines.take_check(Some(id)) else { return };
        let mut turn = Turn::new(self, id.seat, now, batch);
        if !turn.is_over() {
            turn.put_label(label);
            let verdict = match verdict {
                Verdict::Right if !is_genuine => Verdict::Wrong,
                verdict => verdict,
            };
            oper::answer(&mut turn, verdict);
            turn.finish();
        }
        turn.end();
        self.advance(id.seat, now, batch);
    }

    /// The socket is over, also after our own close. Lines that were accepted and wait are
    /// obeyed first; who has only ended its half of the stream may still read the replies.
    /// The batch says when the number may be used again.
    pub fn gone(&mut self, id: SeatId, why: Departure, now: Now, batch: &mut Batch) {
        let Some(Some(seat)) = self.seats.get_mut(id.index()) else {
            return batch.gone.push(Gone { seat: id, may_read: why == Departure::Closed });
        };
        match &mut seat.few {
            Some(few) => {
                few.lines.end = End::Gone(why);
                let mut turn = Turn::new(self, id, now, batch);
                turn.obey_before_the_end();
                turn.end();
                self.end_if_done(id, now, batch);
            }
            None => self.forget(id, why, now, batch),
        }
        self.reap(batch);
    }

    /// Lets lines go on whose time has come.
    pub(super) fn resume_delayed(&mut self, now: Now, batch: &mut Batch) {
        while let Some(Alarm { seat: id, generation, .. }) = self.delays.due(now.uptime) {
            let Some(Some(Seat { few: Some(few), generation: current, .. })) = self.seats.get_mut(id.index())
            else {
                continue;
            };
            if *current == generation {
                few.lines.alarm = None;
                self.advance(id, now, batch);
            }
        }
    }

    fn advance(&mut self, id: SeatId, now: Now, batch: &mut Batch) {
        let mut turn = Turn::new(self, id, now, batch);
        turn.advance();
        turn.end();
        self.release(id, false, batch);
        self.end_if_done(id, now, batch);
        self.reap(batch);
    }

    /// Lets the I/O layer read on, if it does not and may; or does not let it, where it
    /// `has_read` and has given more than can wait here.
    fn release(&mut self, id: SeatId, has_read: bool, batch: &mut Batch) {
        let lines = match self.seats.get_mut(id.index()) {
            Some(Some(Seat { few: Some(few), .. })) => Some(&mut few.lines),
            _ => None,
        };
        let is_held = has_read || lines.as_ref().is_some_and(|lines| lines.holds_ticket);
        let holds = lines.as_ref().is_some_and(|lines| lines.most().is_none() && !lines.is_empty());
        if let Some(lines) = lines {
            lines.holds_ticket = is_held && holds;
        }
        if is_held && !holds {
            batch.released.push(id);
        }
    }

    /// A connection is over whose last lines have been obeyed.
    fn end_if_done(&mut self, id: SeatId, now: Now, batch: &mut Batch) {
        let Some(Some(Seat { few: Some(few), .. })) = self.seats.get_mut(id.index()) else { return };
        if few.lines.is_empty()
            && let End::Gone(why) = &few.lines.end
        {
            let why = why.clone();
            self.forget(id, why, now, batch);
        }
    }

    fn forget(&mut self, id: SeatId, why: Departure, now: Now, batch: &mut Batch) {
        let may_read = why == Departure::Closed;
        if let Some(Some(Seat { few: Some(few), .. })) = self.seats.get_mut(id.index()) {
            few.lines.end = End::Stays;
        }
        self.depart(id, why, now, batch);
        if let Some(slot) = self.seats.get_mut(id.index()) {
            self.connections -= usize::from(slot.take().is_some());
        }
        batch.gone.push(Gone { seat: id, may_read });
    }

    /// Forgets those who were closed after their socket was over.
    pub(super) fn reap(&mut self, batch: &mut Batch) {
        for id in std::mem::take(&mut self.closed_when_gone) {
            let Some(slot) = self.seats.get_mut(id.index()) else { continue };
            let Some(seat) = slot.take() else { continue };
            self.connections -= 1;
            let is_lost = seat.few.is_some_and(|few| few.lines.end.is_lost());
            batch.gone.push(Gone { seat: id, may_read: !is_lost });
        }
    }
}

impl Turn<'_> {
    /// Obeys a line that has come, or puts it behind those that wait.
    fn hear(&mut self, input: Input) {
        let now = self.now.uptime;
        let seat = self.seat_mut();
        if seat.few.as_ref().is_some_and(|few| !few.lines.is_open()) {
            return self.wait(input);
        }
        if seat.budget.is_limited()
            && let Err(at) = seat.budget.spend(cost(&input, seat.caps), now)
        {
            refuse::warn(self, &input, at);
            self.throttle(at);
            return self.wait(input);
        }
        irc::read(self, input);
        self.stop_for_reader();
    }

    /// Obeys lines that wait, as far as they may be now.
    fn advance(&mut self) {
        while let Some(next) = self.next_line() {
            match next {
                Queued::Line(input) => irc::read(self, input),
                Queued::Refused { is_end } => {
                    multiline::refuse_line(self, "A line of it found no room to wait", is_end);
                    self.finish();
                }
            }
            self.stop_for_reader();
        }
        let few = self.seat().few.as_ref();
        if few.is_some_and(|few| few.lines.is_empty() && matches!(few.lines.end, End::Gone(_)))
            && !self.is_over()
        {
            multiline::drop_open(self, "The connection ended before the batch did");
        }
    }

    /// The line that is to be obeyed now, if any.
    fn next_line(&mut self) -> Option<Queued> {
        let (now, is_over) = (self.now.uptime, self.is_over());
        let Turn { hub, id, .. } = self;
        let Some(Some(seat)) = hub.seats.get_mut(id.index()) else { return None };
        let (from, caps) = (seat.from.ip(), seat.caps);
        let lines = &mut seat.few.as_deref_mut()?.lines;
        if is_over {
            lines.clear();
            return None;
        }
        if lines.is_waiting_for_check() {
            return None;
        }
        if lines.has_backlog && lines.end.waits_for_reader() {
            lines.state = InputState::Backlogged;
            return None;
        }
        let Some(front) = lines.front() else {
            lines.clear();
            lines.state = InputState::Open;
            return None;
        };
        let cost = match front {
            Queued::Line(input) => cost(input, caps),
            Queued::Refused { .. } => 0,
        };
        if !matches!(lines.end, End::Stays) {
            if !hub.debts.lend(from, seat.budget.price(cost), now) {
                // The rest is lost: the address can't pay for it.
                lines.clear();
                return None;
            }
        } else if let Err(at) = seat.budget.spend(cost, now) {
            self.throttle(at);
            return None;
        }
        lines.pop()
    }

    /// Until then nothing of this session is obeyed.
    fn throttle(&mut self, at: Duration) {
        let seat = self.seat_mut();
        let generation = seat.generation;
        let lines = &mut seat.few().lines;
        lines.state = InputState::Throttled(at);
        if lines.alarm.is_none_or(|alarm| alarm > at) {
            lines.alarm = Some(at);
            self.hub.delays.arm(Alarm { at, seat: self.id, generation });
        }
    }

    /// Lets the lines that follow wait if so much was replied that it is to be taken first.
    fn stop_for_reader(&mut self) {
        if self.replied() < ENOUGH || self.is_over() {
            return;
        }
        let seat = self.seat_mut();
        let lines = &seat.few().lines;
        if !lines.has_backlog && lines.end.waits_for_reader() {
            seat.set_backlogged();
            self.name_backlogged();
        }
    }

    /// Obeys all that waits, since the connection ends: on its address's account. Nobody
    /// who does not stay for the answer to a password gets anything by it: the lines behind
    /// OPER are obeyed as anybody's.
    pub(super) fn obey_before_the_end(&mut self) {
        self.hub.leave_debt(self.id, self.now);
        let check = self.seat_mut().few().lines.take_check(None);
        if !self.is_over()
            && let Some(PendingCheck { label, .. }) = check
        {
            self.put_label(label);
            oper::tell_not_checked(self);
            self.finish();
        }
        self.advance();
    }

    /// Puts a line behind those that wait, or refuses it.
    fn wait(&mut self, input: Input) {
        match &input {
            // It is a sign of life, which has been noticed, and costs nothing.
            Input::Message(message) if message.is("PONG") && self.is_command(&input) => {
                return irc::read(self, input);
            }
            // These end the connection, and must not wait for their turn.
            Input::Endless => return irc::read(self, input),
            Input::Message(_) if self.is_goodbye(&input) => {
                self.seat_mut().few().lines.end = End::Quits;
                self.obey_before_the_end();
                if !self.is_over() {
                    irc::read(self, input);
                }
                return;
            }
            _ => {}
        }
        if self.seat_mut().few().lines.is_full() {
            refuse::no_room(self, &input);
        } else {
            self.seat_mut().few().lines.push(input);
        }
    }

    /// Whether it is no talk of a person without a program, and no line of a batch.
    fn is_command(&self, input: &Input) -> bool {
        !self.seat().speaks_plainly()
            && input.message().is_some_and(|message| !multiline::is_in_batch(self, message))
    }

    fn is_goodbye(&self, input: &Input) -> bool {
        let Some(message) = input.message() else { return false };
        if self.seat().speaks_plainly() {
            plain::is_exit(message.line())
        } else {
            message.is("QUIT") && self.is_command(input)
        }
    }
}
