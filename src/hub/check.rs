//! Password checks, which are done outside of the hub because they take long on purpose. Only the
//! lines of the session that gave the password wait meanwhile.

use super::ids::CheckId;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// A password to be checked. [`super::Hub::checked`] takes the result. It must come: until then the
/// session's lines wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub id: CheckId,
    /// The address of the client, since guessing is slowed down by address.
    pub from: IpAddr,
    /// See [`super::Origin::is_local`].
    pub is_local: bool,
    /// The hash to check against, in PHC form.
    pub hash: Arc<str>,
    pub password: Secret,
}

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckResult {
    Right,
    Wrong,
    /// It was not checked, because too many were waiting.
    TooMany,
}

/// A text that `Debug` does not show.
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
