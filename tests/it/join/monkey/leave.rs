//! The end of an episode: somebody leaves, and what became of his lines is judged.

use super::episode::{DRAWN, Episode, MAYBE};
use super::judge::{Fault, judge_code};
use super::person::Sight;
use super::plan::Ending;
use portable_pty::ExitStatus;
use rustix::process::Signal;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// A polite signal ends it within two seconds; the rest is for a loaded machine.
const SIGNALLED: Duration = Duration::from_secs(10);
/// Somebody who leaves waits while lines arrive, ten seconds for each, and then for the server's goodbye.
const LEFT: Duration = Duration::from_secs(90);

impl Episode {
    /// Leaves as planned, and has to get away.
    pub(super) fn leave(&mut self) -> Result<ExitStatus, Fault> {
        self.person.signal(Signal::CONT);
        self.settle();
        if self.plan.ending == Ending::Exit && self.types_alone(Some("exit"), DRAWN / 2).is_none() {
            // Only where a message is typed is it a word to leave by.
            self.plan.ending = Ending::CtrlC;
        }
        self.note(&format!("leaves by {:?}", self.plan.ending));
        // A key that was pressed before may end it first.
        let inside = matches!(self.person.sees(), Sight::Message(_) | Sight::Question) && !self.reasons.keys;
        let signals: &[Signal] = match self.plan.ending {
            Ending::Term => &[Signal::TERM],
            Ending::Hup => &[Signal::HUP],
            Ending::Int => &[Signal::INT],
            Ending::TermTwice => &[Signal::TERM, Signal::TERM],
            Ending::HangUp => {
                if !self.person.hang_up() {
                    self.plan.ending = Ending::Hup;
                    self.person.signal(Signal::HUP);
                }
                &[]
            }
            Ending::CtrlC | Ending::CtrlD => {
                self.presses_leave();
                &[]
            }
            Ending::Exit => {
                self.types("\r");
                self.person.sees_within(DRAWN, |sight| *sight == Sight::Question);
                self.types("y\r");
                &[]
            }
        };
        signals.iter().for_each(|signal| self.person.signal(*signal));
        let patience = if signals.is_empty() { LEFT } else { SIGNALLED };
        match self.person.ended(patience) {
            Some(status) => judge_code(self.plan.ending, inside, &status).map(|()| status),
            None => Err(self.hangs()),
        }
    }

    /// Ctrl-C, or Ctrl-D on an empty line, until it has ended: the first may end a paste or a
    /// search, another asks, another leaves.
    fn presses_leave(&mut self) {
        const PRESSES: usize = 6;
        let key = match (self.plan.ending, self.pasting) {
            (Ending::CtrlD, false) => "\x01\x0b\x04",
            _ => "\x03",
        };
        for _ in 0..PRESSES {
            let before = self.person.sees();
            self.types(key);
            self.person.sees_within(MAYBE, |sight| *sight != before);
            if self.person.ended(MAYBE / 5).is_some() {
                return;
            }
        }
        // Where nobody edits a line yet, Ctrl-D ends nothing.
        self.types("\x03\x03");
    }

    fn hangs(&mut self) -> Fault {
        self.person.signal(Signal::TERM);
        let second = match self.person.ended(SIGNALLED) {
            Some(status) => format!("SIGTERM after that: {status}"),
            None => "SIGTERM after that: dead".to_owned(),
        };
        let kind = if self.has_pasted { "hangs after an open paste" } else { "hangs" };
        Fault::new(kind, format!("{:?} does not end it; {second}", self.plan.ending))
    }

    /// Until each line has arrived, was told of, or waits; not for ever.
    fn settle(&self) {
        let started = Instant::now();
        while started.elapsed() < 2 * MAYBE {
            let seen = self.person.has_read();
            if self.server.within(MAYBE / 20, |said| self.ledger.is_settled(said, &seen)) {
                return;
            }
        }
    }

    /// Once it has ended, by itself where there is no ending.
    pub(super) fn judge(&self, ending: Option<Ending>) -> Result<(), Fault> {
        self.server.has_read(DRAWN);
        let is_closed = ending == Some(Ending::HangUp);
        // Nothing can be told where the window is gone, and nothing must be in a hurry.
        let is_told = !is_closed && !matches!(ending, Some(Ending::Hup | Ending::TermTwice));
        self.ledger.judge(&self.server.said(), &self.person.has_read(), is_told)?;
        let given_back = || self.person.tty.assert_given_back();
        match is_closed || catch_unwind(AssertUnwindSafe(given_back)).is_ok() {
            true => Ok(()),
            false => Err(Fault::new("terminal not given back", "its mode, title or pasting")),
        }
    }
}
