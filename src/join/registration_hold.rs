//! On a connection that is not encrypted nothing is said of the person until the server has had time to
//! tell that it encrypts: only then is it known that the name is not to go in plain.

use crate::wire::Message;
use std::time::Duration;

/// A server that has answered nothing for so long is taken for one that knows no CAP.
const PATIENCE: Duration = Duration::from_secs(2);

/// What waits on one connection. Owned by the main thread.
#[derive(Debug)]
pub(super) struct RegistrationHold {
    /// Lines after the first one, which asks what the server can.
    held: Vec<u8>,
    has_asked: bool,
    pub(super) until: Duration,
}

impl RegistrationHold {
    pub(super) fn new(now: Duration) -> RegistrationHold {
        RegistrationHold { held: Vec::new(), has_asked: false, until: now + PATIENCE }
    }

    /// Takes lines on their way to the server, and gives those that may go on.
    pub(super) fn take(&mut self, mut lines: Vec<u8>) -> Vec<u8> {
        let first = match std::mem::replace(&mut self.has_asked, true) {
            true => 0,
            false => memchr::memchr(b'\n', &lines).map_or(lines.len(), |at| at + 1),
        };
        self.held.extend(lines.drain(first..));
        lines
    }

    /// Whether a message means that nothing more is to be told of capabilities before we have said who we are
    /// (IRCv3, capability negotiation: an asterisk says that more follow).
    pub(super) fn ends_with(message: &Message) -> bool {
        match message.command() {
            "NOTICE" | "PING" => false,
            "CAP" => message.param(2) != Some("*"),
            _ => true,
        }
    }

    /// What waits.
    pub(super) fn release(self) -> Vec<u8> {
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_line_goes_before_an_answer() {
        let mut hold = RegistrationHold::new(Duration::ZERO);
        assert_eq!(hold.take(b"CAP LS 302\r\nNICK a\r\n".to_vec()), b"CAP LS 302\r\n");
        assert_eq!(hold.take(b"USER a 0 * :a\r\n".to_vec()), b"");
        assert_eq!(hold.release(), b"NICK a\r\nUSER a 0 * :a\r\n");
        let ends = |line| RegistrationHold::ends_with(&Message::parse(line).unwrap());
        assert!(!ends(":s NOTICE * :looking you up") && !ends("PING :x") && !ends(":s CAP * LS * :batch"));
        assert!(ends(":s CAP * LS :batch") && ends(":s 421 * CAP :unknown") && ends(":s 451 * :register"));
    }
}
