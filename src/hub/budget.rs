//! What one connection may ask of the room in a time. Lines that come faster
//! first wait, then are refused with the rule and the time left, and only then
//! is the connection closed; never is anybody kept from coming back, with what
//! is still owed ([`super::debts`]).
//!
//! Connections from this machine are free of it: who can start programs here
//! can do worse, and it is where scripts are played and speed is measured.

use super::caps::Caps;
use super::input::Input;
use super::irc::commands;
use super::seat::Few;
use super::timers::Alarm;
use super::turn::Turn;
use super::{Departure, Hub, Now, SeatId, irc, plain};
use crate::hub::Batch;
use crate::text::Phrase;
use crate::wire::{Message, numeric};
use std::collections::VecDeque;
use std::time::Duration;

/// Messages that may come at once.
pub(super) const BURST: u32 = 40;
/// Lines that wait for their time.
pub(super) const MOST_WAITING: usize = 64;
/// After this, lines whose time has come are looked at again where their sender is
/// still to take what it was sent.
const UNTIL_TAKEN: Duration = Duration::from_millis(100);
/// Lines refused before all that waited was done.
pub(super) const MOST_REFUSED: usize = 512;

/// Counts in time: everything costs some, and so much may be owed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    /// Messages a second; 0 for those without a limit.
    rate: u32,
    /// Uptime at which all that was asked for is paid.
    paid: Duration,
    /// Uptime of the last warning.
    warned: Option<Duration>,
}

impl Budget {
    /// So many messages a second, or any number for 0; what was asked for before
    /// is paid at `paid` (uptime).
    pub(super) fn new(rate: u32, paid: Duration) -> Budget {
        Budget { rate, paid, warned: None }
    }

    pub(super) fn is_limited(self) -> bool {
        self.rate != 0
    }

    /// What so many messages cost.
    pub(super) fn price(self, cost: u32) -> Duration {
        Duration::from_secs(1).checked_div(self.rate).unwrap_or_default() * cost
    }

    /// What is still owed, which somebody else takes over.
    pub(super) fn take_debt(&mut self, now: Duration) -> Duration {
        std::mem::replace(&mut self.paid, now).saturating_sub(now)
    }

    /// Pays for what costs so many messages, or tells from when on it can.
    fn spend(&mut self, cost: u32, now: Duration) -> Result<(), Duration> {
        let paid = self.paid.max(now) + self.price(cost);
        let most = self.price(BURST);
        match paid <= now + most {
            true => self.paid = paid,
            false => return Err(paid - most),
        }
        Ok(())
    }

    /// Whether a warning is due: none was given in the time that a burst takes.
    fn warn(&mut self, now: Duration) -> bool {
        let is_due = self.warned.is_none_or(|last| now > last + self.price(BURST));
        self.warned = if is_due { Some(now) } else { self.warned };
        is_due
    }

    /// How long it takes until something can be done that comes after what
    /// costs so many messages.
    fn wait(self, cost: u32, now: Duration) -> Duration {
        let paid = self.paid.max(now) + self.price(cost + 1);
        paid.saturating_sub(now + self.price(BURST))
    }
}

/// Lines that wait, for their time or for a password that is being checked.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// At most [`MOST_WAITING`], or what may wait for a password.
    pub(super) lines: VecDeque<Input>,
    /// Lines refused since it was last empty.
    refused: usize,
}

impl Turn<'_> {
    /// Obeys lines until the connection is over, or has got enough for now; or
    /// puts them behind those that wait.
    pub(super) fn obey(&mut self, inputs: &mut impl Iterator<Item = Input>) {
        while !self.is_over() && !self.has_said_enough() {
            let Some(input) = inputs.next() else { return };
            let now = self.now.uptime;
            let seat = self.seat_mut();
            if let Some(Few { hold: Some(hold), queue, .. }) = seat.few.as_deref_mut() {
                hold.wait(&mut queue.lines, input);
            } else if !seat.budget.is_limited() {
                irc::read(self, input);
            } else if seat.waiting().next().is_some() {
                self.wait(input);
            } else {
                let cost = cost(&input, seat.caps);
                match seat.budget.spend(cost, now) {
                    Ok(()) => irc::read(self, input),
                    Err(at) => {
                        self.warn(&input, at);
                        self.wait(input);
                        self.arm(at);
                    }
                }
            }
        }
    }

    /// Obeys lines that have waited, as far as they may be now.
    pub(super) fn resume(&mut self) {
        let now = self.now.uptime;
        while !self.is_over() && !self.seat().is_on_hold() {
            // Lines of those without a budget would overtake what waits.
            if self.has_said_enough() && self.seat().budget.is_limited() {
                return self.arm(now + UNTIL_TAKEN);
            }
            let seat = self.seat_mut();
            let Some(cost) = seat.waiting().next().map(|next| cost(next, seat.caps)) else {
                return seat.clear_queue();
            };
            if let Err(at) = seat.budget.spend(cost, now) {
                return self.arm(at);
            }
            if let Some(next) = seat.next_waiting() {
                irc::read(self, next);
            }
        }
    }

    fn arm(&mut self, at: Duration) {
        let generation = self.seat().generation;
        self.hub.delays.arm(Alarm { at, seat: self.id, generation });
    }

    /// Tells, now and then and to those who know such replies, that lines begin to wait
    /// (standard-replies, WARN).
    fn warn(&mut self, input: &Input, at: Duration) {
        let Input::Message(message) = input else { return };
        let now = self.now.uptime;
        if !self.caps().has(Caps::STANDARD_REPLIES) || !self.seat_mut().budget.warn(now) {
            return;
        }
        let command = irc::short(message.command()).to_ascii_uppercase();
        let seconds = at.saturating_sub(now).as_secs() + 1;
        let text = format!("{}: it waits", self.rule());
        self.standard_reply("WARN", &command, "RATE_LIMITED", &[&seconds.to_string()], &text);
        self.finish();
    }

    fn rule(&self) -> String {
        let rate = self.hub.config.messages_a_second;
        format!("At most {rate} messages a second after {BURST} at once")
    }

    /// Puts a line behind those that wait, or refuses it.
    fn wait(&mut self, input: Input) {
        match &input {
            // It is a sign of life, which has been noticed.
            Input::Message(message) if message.is("PONG") => return,
            // These end the connection, and must not wait for their turn.
            Input::Endless => return irc::read(self, input),
            Input::Message(message) if self.is_goodbye(message) => {
                self.settle();
                if !self.is_over() {
                    irc::read(self, input);
                }
                return;
            }
            _ => {}
        }
        match self.is_full() {
            true => self.refuse_line(&input),
            false => self.seat_mut().few().queue.lines.push_back(input),
        }
    }

    fn is_goodbye(&self, message: &Message) -> bool {
        match self.seat().speaks_plainly() {
            true => plain::is_exit(message.line()),
            false => message.is("QUIT"),
        }
    }

    fn is_full(&self) -> bool {
        self.seat().waiting().len() >= MOST_WAITING
    }

    fn refuse_line(&mut self, input: &Input) {
        let seat = self.seat_mut();
        let queue = &mut seat.few().queue;
        queue.refused += 1;
        if queue.refused > MOST_REFUSED {
            return self.close(Departure::Flooding);
        }
        let (caps, now) = (seat.caps, self.now.uptime);
        let waiting = self.seat().waiting().map(|line| cost(line, caps)).sum();
        let seconds = self.seat().budget.wait(waiting, now).as_secs() + 1;
        if self.seat().speaks_plainly() {
            self.say(Phrase::TooFast { seconds });
            return self.finish();
        }
        let message = match input {
            Input::Message(message) => Some(message),
            _ => None,
        };
        self.begin(message);
        // "automatic replies must never be sent in response to a NOTICE".
        if !message.is_some_and(|message| message.is("NOTICE")) {
            let command = message.map_or("*", |message| irc::short(message.command()));
            self.tell_rule(&command.to_ascii_uppercase(), seconds);
        }
        self.finish();
    }

    /// A standard reply for those who know them, else RPL_TRYAGAIN (RFC 2812, 5.1).
    fn tell_rule(&mut self, command: &str, seconds: u64) {
        let text = format!("{}: try again in {seconds} seconds", self.rule());
        if self.caps().has(Caps::STANDARD_REPLIES) {
            return self.fail(command, "RATE_LIMITED", &[&seconds.to_string()], &text);
        }
        self.reply(numeric::RPL_TRYAGAIN, &[command], &text);
    }
}

/// What a line costs, in messages: at most a burst, so that all can be had by
/// waiting. To those who come without a program every line is one.
pub(super) fn cost(input: &Input, caps: Caps) -> u32 {
    match input {
        Input::Message(message) if !caps.has(Caps::PLAIN) => commands::cost(message).min(BURST),
        _ => 1,
    }
}

impl Hub {
    /// Lets those go on whose time has come, and who are not full.
    pub(super) fn resume_delayed(&mut self, now: Now, is_full: impl Fn(SeatId) -> bool, batch: &mut Batch) {
        while let Some(Alarm { seat, generation, .. }) = self.delays.due(now.uptime) {
            if !self.is_open(seat, generation) {
                continue;
            }
            if is_full(seat) {
                self.delays.arm(Alarm { at: now.uptime + UNTIL_TAKEN, seat, generation });
                continue;
            }
            let mut turn = Turn::new(self, seat, now, batch);
            turn.resume();
            turn.end();
        }
    }

    fn is_open(&self, seat: SeatId, generation: u32) -> bool {
        let seat = self.seats.get(seat.index()).and_then(Option::as_ref);
        seat.is_some_and(|seat| seat.generation == generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_burst_is_free_and_then_time_pays() {
        let mut budget = Budget::new(4, ms(0));
        let now = ms(5_000);
        for _ in 0..BURST {
            budget.spend(1, now).unwrap();
        }
        assert_eq!(budget.spend(1, now), Err(ms(5_250)));
        assert_eq!(budget.spend(4, now), Err(ms(6_000)));
        assert_eq!(budget.spend(0, now), Ok(()));
        assert_eq!(budget.wait(0, now), ms(250));
        assert_eq!(budget.wait(7, now), ms(2_000));
        assert_eq!(budget.spend(1, ms(5_250)), Ok(()));
        assert_eq!(budget.spend(1, ms(5_250)), Err(ms(5_500)));
        // Nothing is saved up beyond the burst.
        let later = ms(100_000);
        assert_eq!(budget.spend(BURST, later), Ok(()));
        assert_eq!(budget.spend(1, later), Err(ms(100_250)));
    }

    #[test]
    fn what_costs_more_than_a_burst_can_be_had_by_waiting() {
        let mut budget = Budget::new(4, ms(0));
        assert_eq!(budget.spend(1, ms(0)), Ok(()));
        let names = Message::parse(&format!("NAMES {}#a", "#a,".repeat(100))).unwrap();
        let cost = cost(&Input::Message(names), Caps::NONE);
        assert_eq!(budget.spend(cost, ms(0)), Err(ms(250)));
        assert_eq!(budget.spend(cost, ms(250)), Ok(()));
    }

    #[test]
    fn without_a_limit_nothing_costs() {
        let mut budget = Budget::new(0, ms(0));
        assert!(!budget.is_limited());
        assert!((0..10_000).all(|_| budget.spend(1000, ms(1)).is_ok()));
    }
}
