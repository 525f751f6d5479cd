//! Passwords that are checked elsewhere, since that takes long on purpose. The lines of
//! who gave one wait meanwhile, and nobody else's do.

use super::batch::SeatId;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

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
