//! A seat on hold: a password of its is checked elsewhere, since that takes
//! long on purpose. Its own lines wait meanwhile, and nobody else does.

use super::batch::{Batch, SeatId};
use super::irc::oper;
use super::turn::Turn;
use super::{Hub, Input, Now};
use std::collections::VecDeque;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// Lines that wait for one seat; what comes beyond is not read, and that is told.
const MOST_WAITING: usize = 256;

/// Somebody who may end other people's connections, by OPER.
#[derive(Debug, Clone)]
pub struct Operator {
    pub name: String,
    /// Argon2 in PHC form, as `argon2 SALT -id -e` prints it.
    pub hash: Arc<str>,
}

/// A password to be checked away from the hub. [`Hub::checked`] takes the
/// answer, which must come, or the seat stays on hold until it is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub id: CheckId,
    /// Where it was typed: guessing slows down by address.
    pub from: IpAddr,
    /// To check against, in PHC form.
    pub hash: Arc<str>,
    pub password: Secret,
}

/// Which check an answer is for: never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckId {
    pub seat: SeatId,
    pub(crate) number: u64,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Right,
    Wrong,
    /// It was not made: too many were waiting.
    TooMany,
}

/// A text that is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub(crate) fn new(text: &str) -> Secret {
        Secret(text.to_owned())
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// What a seat on hold waits for.
#[derive(Debug)]
pub(super) struct Hold {
    number: u64,
    /// The label of the command that is to be answered.
    label: Option<String>,
    /// Whether a right password is worth anything: not for a name that is no
    /// operator's, which takes the same time.
    genuine: bool,
    /// Lines that came when [`MOST_WAITING`] waited.
    not_read: usize,
}

impl Hold {
    pub(super) fn wait(&mut self, waiting: &mut VecDeque<Input>, input: Input) {
        match waiting.len() < MOST_WAITING {
            true => waiting.push_back(input),
            false => self.not_read += 1,
        }
    }
}

impl Turn<'_> {
    /// Asks for a check; the reply to the command in work comes with its answer.
    pub(super) fn hold(&mut self, hash: Arc<str>, password: &str, genuine: bool) {
        self.hub.checks += 1;
        let (number, label) = (self.hub.checks, self.take_label());
        let (id, from) = (CheckId { seat: self.id, number }, self.seat().from.ip());
        self.ask(Check { id, from, hash, password: Secret::new(password) });
        self.seat_mut().few().hold = Some(Hold { number, label, genuine, not_read: 0 });
    }
}

impl Hub {
    /// A password has been checked, or not. The lines that have waited
    /// are obeyed now. An answer for a seat that is gone is nobody's.
    pub fn checked(&mut self, id: CheckId, verdict: Verdict, now: Now, batch: &mut Batch) {
        let Some(Some(seat)) = self.seats.get_mut(id.seat.index()) else { return };
        let Some(few) = &mut seat.few else { return };
        let Some(hold) = few.hold.take_if(|hold| hold.number == id.number) else { return };
        let mut turn = Turn::new(self, id.seat, now, batch);
        if !turn.is_over() {
            turn.put_label(hold.label);
            let verdict = match verdict {
                Verdict::Right if !hold.genuine => Verdict::Wrong,
                verdict => verdict,
            };
            oper::answer(&mut turn, verdict);
            turn.finish();
            if hold.not_read > 0 {
                oper::tell_not_read(&mut turn, hold.not_read);
                turn.finish();
            }
        }
        turn.resume();
        turn.end();
    }
}
