//! The program from the question for a name to its exit status.

use super::asks::{Answer, Ask};
use super::connection::dial;
use super::errors::why;
use super::exit::{LEFT, REFUSED, complain};
use super::frontend::Frontend;
use super::model::{Ending, Item};
use super::plan::{Plan, parse_name};
use super::printer::Drained;
use super::show::Look;
use super::signals::Signals;
use crate::client::transport::Link;
use crate::signals::exit_status;
use crate::text::{Name, Phrase};
use crossbeam::channel::select;
use std::io;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long the terminal may take for what was shown last.
const PRINT: Duration = Duration::from_secs(1);
/// How long the reader of a pipe may take nothing of it.
const READ: Duration = Duration::from_secs(30);

/// How one connection ended.
pub(super) enum Outcome {
    Left,
    /// Left, but not all that was said has arrived.
    Undelivered,
    Signal(u8),
    Over(Ending),
    /// Nothing can be shown any more.
    Unheard,
}

pub(super) struct App {
    pub(super) plan: Plan,
    pub(super) frontend: Frontend,
    pub(super) signals: Signals,
    /// The model's clock counts from here.
    pub(super) start: Instant,
}

impl App {
    /// Asks until it is a name.
    pub(super) fn ask_name(&mut self) -> Result<Name, u8> {
        loop {
            self.frontend.ask(Ask::Name);
            let answer = select! {
                recv(self.frontend.answers) -> answers => answers,
                recv(self.signals.endings) -> signal => return Err(self.finish(&Outcome::Signal(signal.unwrap_or_default()))),
            };
            let Ok(Answer::Name(Some(answer))) = answer else {
                return Err(self.finish(&Outcome::Left));
            };
            if answer.trim().is_empty() {
                continue;
            }
            match parse_name(&answer, self.plan.lang) {
                Ok(name) => return Ok(name),
                Err(text) if self.frontend.is_plain() => return Err(self.refuse(&text)),
                Err(text) => self.frontend.show(Item::Sentence { text }),
            };
        }
    }

    /// Connects in a thread, so that a signal is handled meanwhile.
    pub(super) fn connect(&mut self) -> Result<Link, u8> {
        let address = self.plan.address();
        let text = Phrase::Connecting { address: &address }.say(self.plan.lang);
        self.frontend.show(Item::Sentence { text });
        let connected = match dial(&self.plan) {
            Ok(connected) => connected,
            Err(error) => return Err(self.refuse(&why(&error, self.plan.lang))),
        };
        let connected = select! {
            recv(connected) -> connected => connected,
            recv(self.signals.endings) -> signal => return Err(self.finish(&Outcome::Signal(signal.unwrap_or_default()))),
        };
        let error = match connected {
            Ok(Ok(link)) => return Ok(link),
            Ok(Err(error)) => error,
            // The thread has ended without an answer.
            Err(_) => io::ErrorKind::TimedOut.into(),
        };
        let is_refused = error.kind() == io::ErrorKind::ConnectionRefused;
        let why = why(&error, self.plan.lang);
        let text = Phrase::CannotConnect { address: &address, why: &why, is_refused }.say(self.plan.lang);
        Err(self.refuse(&text))
    }

    pub(super) fn look(&self) -> Look {
        Look { lang: self.plan.lang, columns: None }
    }

    /// Ends it with a sentence.
    fn refuse(&mut self, sentence: &str) -> u8 {
        self.give_back();
        complain(sentence);
        REFUSED
    }

    pub(super) fn finish(&mut self, outcome: &Outcome) -> u8 {
        match outcome {
            Outcome::Signal(_) | Outcome::Unheard => {}
            Outcome::Left | Outcome::Undelivered if !self.frontend.is_plain() => self.frontend.left(),
            Outcome::Over(_) if !self.frontend.is_plain() => {}
            Outcome::Left | Outcome::Undelivered | Outcome::Over(_) => {
                match self.frontend.printer.drain(READ, &self.signals.endings) {
                    Drained::All => {}
                    Drained::Stuck => self.frontend.failures.stuck(),
                    Drained::Stopped(signal) => return exit_status(signal),
                }
            }
        }
        self.give_back();
        if let Outcome::Over(ending) = outcome {
            complain(&self.look().ending(ending));
        }
        let failure = self.frontend.failures.sentence(self.plan.lang);
        failure.iter().for_each(|sentence| complain(sentence));
        let failed = failure.is_some() || self.frontend.failures.misunderstood.load(Ordering::Relaxed);
        match outcome {
            Outcome::Signal(number) => exit_status(*number),
            Outcome::Undelivered | Outcome::Over(_) => REFUSED,
            Outcome::Left | Outcome::Unheard if failed => REFUSED,
            Outcome::Left | Outcome::Unheard => LEFT,
        }
    }

    /// Prints what is still to be printed and lets go of the terminal.
    fn give_back(&mut self) {
        self.frontend.printer.flush(PRINT);
        self.frontend.echo.set(true);
        if let Some(terminal) = &self.frontend.terminal {
            terminal.give_back();
        }
    }
}
