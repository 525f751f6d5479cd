//! Passwords that are checked elsewhere, since that takes long on purpose. The lines of
//! the session that gave one wait meanwhile, and no other one's do.

use super::ids::CheckId;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// A password to be checked away from the hub. [`super::Hub::checked`] takes the
/// answer, which must come, or the session's lines wait until it is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub id: CheckId,
    /// The address where it was typed: guessing slows down by address.
    pub from: IpAddr,
    /// To check against, in PHC form.
    pub hash: Arc<str>,
    pub password: Secret,
}

/// The result of a check.
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
