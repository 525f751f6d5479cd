//! The program from the question for a name to its exit status.

use super::asks::{Answer, Ask};
use super::dial::{DialError, Dialled, Dialling, dial};
use super::exit::{LEFT, REFUSED, complain};
use super::frontend::Frontend;
use super::model::{Ending, Item};
use super::plan::{Plan, parse_name};
use super::printer::Drained;
use super::secret::Secret;
use super::show::Look;
use super::signals::Signals;
use super::trust::{FILE, Trust};
use crate::client::transport::{Link, Peer};
use crate::signals::exit_status;
use crate::system_errors::why;
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
    /// The server encrypts, and this connection is plain.
    MustEncrypt {
        /// Where.
        port: u16,
    },
    /// For good, and why.
    Refused(String),
    /// Nothing can be shown any more.
    Unheard,
}

pub(super) struct App {
    pub(super) plan: Plan,
    pub(super) frontend: Frontend,
    pub(super) signals: Signals,
    pub(super) trust: Trust,
    /// The model's clock counts from here.
    pub(super) start: Instant,
}

impl App {
    /// Asks until it is a name; nothing typed means `taken`, which somebody else had a moment ago.
    pub(super) fn ask_name(&mut self, mut taken: Option<Name>) -> Result<Name, u8> {
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
                match taken.take() {
                    Some(name) => return Ok(name),
                    None => continue,
                }
            }
            match parse_name(&answer, self.plan.lang) {
                Ok(name) => return Ok(name),
                Err(text) if self.frontend.is_plain() => return Err(self.refuse(&text)),
                Err(text) => self.frontend.show(Item::Sentence { text }),
            };
        }
    }

    /// Finds out what is known of the server.
    ///
    /// # Errors
    /// Why that can't be told.
    pub(super) fn open_trust(&mut self) -> Result<(), String> {
        let opened = Trust::open(&self.plan, &self.frontend.state);
        self.trust = opened.map_err(|error| {
            let path = self.frontend.state.path(FILE).unwrap_or_default().display().to_string();
            let why = why(&error, self.plan.lang);
            Phrase::CannotRead { path: &path, why: &why }.say(self.plan.lang)
        })?;
        Ok(())
    }

    /// From now on the server is reached at this port, and nothing is said without encryption.
    ///
    /// # Errors
    /// Where it can't be told what is known of that one.
    pub(super) fn must_encrypt(&mut self, port: u16) -> Result<(), String> {
        if std::mem::replace(&mut self.plan.port, port) != port {
            self.open_trust()?;
        }
        self.trust.must_encrypt();
        Ok(())
    }

    /// The server's address as the header has it.
    pub(super) fn shown_address(&self, is_encrypted: bool) -> String {
        let address = self.plan.address();
        match is_encrypted {
            true => address,
            false => Phrase::NotEncrypted { address: &address }.say(self.plan.lang),
        }
    }

    /// A connection to the server that is meant.
    pub(super) fn connect(&mut self) -> Result<Link, u8> {
        let text = Phrase::Connecting { address: &self.plan.address() }.say(self.plan.lang);
        self.frontend.show(Item::Sentence { text });
        loop {
            match self.dial()? {
                Ok(dialled) => {
                    self.learn(&dialled);
                    return Ok(dialled.link);
                }
                Err(DialError::Changed { peer, address })
                    if self.trust.may_ask(&self.plan, address)
                        && self.frontend.can_ask()
                        && self.asks_trust(&peer)? =>
                {
                    self.trust.trust(&peer, &self.frontend.state);
                }
                Err(error) => {
                    let sentence = error.sentence(&self.plan, &self.trust, &self.frontend.state);
                    return Err(self.refuse(&sentence));
                }
            }
        }
    }

    /// Connects in a thread, so that a signal is handled meanwhile.
    fn dial(&mut self) -> Result<Result<Dialled, DialError>, u8> {
        let told = match dial(&self.plan, &mut self.trust, &self.frontend.state) {
            Ok(told) => told,
            Err(error) => return Ok(Err(DialError::Io(error))),
        };
        loop {
            let told = select! {
                recv(told) -> told => told,
                recv(self.signals.endings) -> signal => return Err(self.finish(&Outcome::Signal(signal.unwrap_or_default()))),
            };
            match told {
                Ok(Dialling::Silent) => drop(self.frontend.show(Item::Told(Phrase::NoAnswerYet))),
                Ok(Dialling::Done(result)) => return Ok(result),
                // The thread has ended without an answer.
                Err(_) => return Ok(Err(DialError::Io(io::ErrorKind::TimedOut.into()))),
            }
        }
    }

    /// Remembers what the connection has shown of the server.
    pub(super) fn learn(&mut self, dialled: &Dialled) {
        let Dialled { peer: Some(peer), verdict, .. } = dialled else { return };
        if let Some(text) = self.trust.learn(peer, verdict, &self.frontend.state, self.plan.lang) {
            self.frontend.show(Item::Sentence { text });
        }
    }

    /// Asks whether a server that has another key is to be trusted all the same.
    fn asks_trust(&mut self, peer: &Peer) -> Result<bool, u8> {
        let text = Phrase::KeyHasChanged { key: &peer.key }.say(self.plan.lang);
        self.frontend.show(Item::Sentence { text });
        self.frontend.ask(Ask::Trust);
        let answer = select! {
            recv(self.frontend.answers) -> answer => answer,
            recv(self.signals.endings) -> signal => return Err(self.finish(&Outcome::Signal(signal.unwrap_or_default()))),
        };
        Ok(matches!(answer, Ok(Answer::Trust(true))))
    }

    /// Asks for the server's password, where somebody can type it unseen; None: the program ends.
    pub(super) fn ask_password(&mut self) -> Option<Secret> {
        self.frontend.terminal.as_ref()?;
        self.frontend.ask(Ask::Password);
        let answer = select! {
            recv(self.frontend.answers) -> answer => answer,
            recv(self.signals.endings) -> _ => return None,
        };
        match answer {
            Ok(Answer::Password(Some(password))) if !password.expose().is_empty() => Some(password),
            _ => None,
        }
    }

    pub(super) fn look(&self) -> Look {
        Look { lang: self.plan.lang, columns: None, time: false }
    }

    /// Ends it with a sentence.
    pub(super) fn refuse(&mut self, sentence: &str) -> u8 {
        self.give_back();
        complain(sentence);
        REFUSED
    }

    pub(super) fn finish(&mut self, outcome: &Outcome) -> u8 {
        match outcome {
            Outcome::Signal(_) | Outcome::Unheard => {}
            Outcome::Left | Outcome::Undelivered if !self.frontend.is_plain() => self.frontend.left(),
            Outcome::Over(_) | Outcome::Refused(_) if !self.frontend.is_plain() => {
                self.frontend.printer.end()
            }
            Outcome::Left
            | Outcome::Undelivered
            | Outcome::Over(_)
            | Outcome::Refused(_)
            | Outcome::MustEncrypt { .. } => match self.frontend.printer.drain(READ, &self.signals.endings) {
                Drained::All => {}
                Drained::Stuck => self.frontend.failures.stuck(),
                Drained::Stopped(signal) => {
                    self.let_go();
                    return exit_status(signal);
                }
            },
        }
        self.give_back();
        match outcome {
            Outcome::Over(ending) => complain(&self.look().ending(ending)),
            Outcome::Refused(sentence) => complain(sentence),
            _ => {}
        }
        let failure = self.frontend.failures.sentence(self.plan.lang);
        failure.iter().for_each(|sentence| complain(sentence));
        let failed = failure.is_some() || self.frontend.failures.misunderstood.load(Ordering::Relaxed);
        match outcome {
            Outcome::Signal(number) => exit_status(*number),
            Outcome::Undelivered | Outcome::Over(_) | Outcome::Refused(_) | Outcome::MustEncrypt { .. } => {
                REFUSED
            }
            Outcome::Left | Outcome::Unheard if failed => REFUSED,
            Outcome::Left | Outcome::Unheard => LEFT,
        }
    }

    /// Prints what is still to be printed and lets go of the terminal.
    fn give_back(&mut self) {
        self.frontend.printer.flush(PRINT);
        self.let_go();
    }

    fn let_go(&self) {
        self.frontend.echo.set(true);
        if let Some(terminal) = &self.frontend.terminal {
            terminal.give_back();
        }
    }
}
