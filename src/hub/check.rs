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

/// A text that `Debug` does not show, and that is not empty.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: &str) -> Secret {
        Secret(text.to_owned())
    }

    /// Whether this is what was given. How long that takes depends on what was given alone.
    pub(super) fn is(&self, given: &str) -> bool {
        let (own, given) = (self.0.as_bytes(), given.as_bytes());
        let differs = |found, (at, byte): (usize, &u8)| found | (own[at % own.len()] ^ byte);
        let found = given.iter().enumerate().fold(u8::from(own.len() != given.len()), differs);
        std::hint::black_box(found) == 0
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_secret_is_it() {
        let secret = Secret::new("open sesame");
        assert!(secret.is("open sesame"));
        for other in [
            "",
            "open",
            "open sesam",
            "open sesameo",
            "open sesame ",
            "Open sesame",
            "open sesameopen sesame",
        ] {
            assert!(!secret.is(other), "{other}");
        }
    }
}
