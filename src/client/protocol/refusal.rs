//! What a server refuses, and what follows from it for a client.

use crate::wire::numeric::{
    ERR_CANNOTSENDTOCHAN, ERR_ERRONEUSNICKNAME, ERR_NICKNAMEINUSE, ERR_NOMOTD, ERR_NONICKNAMEGIVEN,
    ERR_NOTREGISTERED, ERR_PASSWDMISMATCH, ERR_UNKNOWNERROR, RPL_TRYAGAIN,
};
use crate::wire::{Message, vendor};

/// `ERR_NICKCOLLISION` (RFC 2812, 5.2).
const ERR_NICKCOLLISION: &str = "436";
/// `ERR_UNAVAILRESOURCE`: a name, or a room (RFC 2812, 5.2).
pub const ERR_UNAVAILRESOURCE: &str = "437";
/// Targets change too fast: of the Undernet, and of Charybdis.
pub const ERR_TARGETTOOFAST: [&str; 2] = ["439", "707"];
/// `ERR_NOPERMFORHOST` and `ERR_YOUREBANNEDCREEP` (RFC 2812, 5.2).
const BANNED: [&str; 2] = ["463", "465"];
/// `ERR_NICKLOCKED` and `ERR_SASLFAIL` (IRCv3 sasl-3.1).
const NOT_AUTHENTICATED: [&str; 2] = ["902", "904"];

/// Why we are not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Another name may do.
    Name,
    /// Trying again changes nothing.
    Final,
    /// Some line of ours was refused.
    Other,
}

impl Refusal {
    /// What an error during registration means. A server without capabilities says so in an
    /// error, and so does one that knows nobody before NICK: both refuse nothing.
    pub fn of_registration(message: &Message) -> Option<Refusal> {
        let command = message.command();
        let about_cap = || message.params().any(|param| param.eq_ignore_ascii_case("CAP"));
        match command {
            ERR_PASSWDMISMATCH => Some(Refusal::Final),
            _ if BANNED.contains(&command) || NOT_AUTHENTICATED.contains(&command) => Some(Refusal::Final),
            _ if is_of_name(message) => Some(Refusal::Name),
            ERR_NOTREGISTERED => None,
            _ => (refuses(message) && !about_cap()).then_some(Refusal::Other),
        }
    }
}

/// Whether a message refuses something: an error numeric or FAIL.
pub fn refuses(message: &Message) -> bool {
    is_refusal(message.command()) || message.is("FAIL")
}

/// An error numeric that refuses something, or 263, for which a command was
/// dropped (RFC 2812, 5.1): 4xx and 5xx, 696 (a mode's bad parameter), 902 and
/// 904 to 908 (SASL). 422, no message of the day, is part of every greeting.
pub fn is_refusal(code: &str) -> bool {
    let is_numeric = code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit());
    let is_error = code.starts_with(['4', '5']) && code != ERR_NOMOTD;
    let among = [RPL_TRYAGAIN, "696", "902", "904", "905", "906", "907", "908"];
    is_numeric && (is_error || among.contains(&code))
}

/// Whether it is about a name.
pub fn is_of_name(message: &Message) -> bool {
    let command = message.command();
    [ERR_NONICKNAMEGIVEN, ERR_ERRONEUSNICKNAME, ERR_NICKNAMEINUSE, ERR_NICKCOLLISION].contains(&command)
        || command == ERR_UNAVAILRESOURCE
            && !message.param(1).is_some_and(|name| name.starts_with(['#', '&']))
}

/// Whether something came too fast, and may be done later.
pub fn is_rate_limit(message: &Message) -> bool {
    message.is(RPL_TRYAGAIN)
        || ERR_TARGETTOOFAST.contains(&message.command())
        || message.is("FAIL") && message.param(1) == Some("RATE_LIMITED")
}

/// Whether something takes the server too long now, and may be asked again.
pub fn is_put_off(message: &Message) -> bool {
    message.is(RPL_TRYAGAIN) || message.is("FAIL") && message.param(1) == Some("TRY_AGAIN")
}

/// Whether the server could not answer a question for the past (IRCv3 chathistory), and may be able to later.
pub fn is_fault(message: &Message) -> bool {
    message.is("FAIL") && message.param(1) == Some("MESSAGE_ERROR")
}

/// Whether this program's server refuses something because its disk is full.
pub fn is_not_kept(message: &Message) -> bool {
    let is_numeric = message.is(ERR_CANNOTSENDTOCHAN) || message.is(ERR_UNKNOWNERROR);
    message.is("FAIL") && message.param(1) == Some("NOT_KEPT")
        || is_numeric && message.last() == Some(vendor::NOT_KEPT)
}

/// Whether a line with one of these commands, or to one of these targets, came too fast.
pub fn is_too_fast(message: &Message, about: &[&str]) -> bool {
    let refused = message.param(usize::from(!message.is("FAIL")));
    let is_it = |refused: &str| about.iter().any(|about| about.eq_ignore_ascii_case(refused));
    is_rate_limit(message) && refused.is_some_and(is_it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_too_fast_is_no_other_refusal() {
        let parse = |line: &str| Message::parse(line).unwrap();
        for line in [":s 263 a PRIVMSG :no", "FAIL PRIVMSG RATE_LIMITED 3 :no", ":s 439 a #b :no"] {
            assert!(is_rate_limit(&parse(line)), "{line}");
        }
        assert!(!is_rate_limit(&parse(":s 404 a #b :no")));
        assert!(is_too_fast(&parse(":s 263 a privmsg :no"), &["PRIVMSG", "BATCH"]));
        assert!(!is_too_fast(&parse(":s 263 a JOIN :no"), &["PRIVMSG", "BATCH"]));
        assert!(!is_of_name(&parse(":s 437 a #lobby :no")) && is_of_name(&parse(":s 437 a bob :no")));
    }
}
