//! What a server refuses, and what follows: the one place that tells.

use crate::wire::Message;
use crate::wire::numeric::{
    ERR_BADCHANMASK, ERR_BADCHANNELKEY, ERR_BANNEDFROMCHAN, ERR_CHANNELISFULL, ERR_CHANOPRIVSNEEDED,
    ERR_ERRONEUSNICKNAME, ERR_INVITEONLYCHAN, ERR_NICKNAMEINUSE, ERR_NONICKNAMEGIVEN, ERR_NOSUCHCHANNEL,
    ERR_NOTONCHANNEL, ERR_PASSWDMISMATCH, ERR_TOOMANYCHANNELS, ERR_UNKNOWNMODE, ERR_USERNOTINCHANNEL,
    ERR_USERONCHANNEL, RPL_TRYAGAIN,
};
use std::time::Duration;

/// `ERR_NICKCOLLISION` (RFC 2812, 5.2).
const ERR_NICKCOLLISION: &str = "436";
/// `ERR_UNAVAILRESOURCE`: a name, or a room (RFC 2812, 5.2).
const ERR_UNAVAILRESOURCE: &str = "437";
/// Targets change too fast: of the Undernet, and of Charybdis.
const ERR_TARGETTOOFAST: [&str; 2] = ["439", "707"];
/// `ERR_NOPERMFORHOST` and `ERR_YOUREBANNEDCREEP` (RFC 2812, 5.2).
const BANNED: [&str; 2] = ["463", "465"];
/// `ERR_NICKLOCKED` and `ERR_SASLFAIL` (IRCv3 sasl-3.1).
const NOT_AUTHENTICATED: [&str; 2] = ["902", "904"];
/// `ERR_LINKCHANNEL`: another room is entered instead (Modern has none; all
/// servers that forward use it).
pub(super) const ERR_LINKCHANNEL: &str = "470";
/// `ERR_THROTTLE`: it was entered too often just now (Charybdis).
const ERR_THROTTLE: &str = "480";
/// What keeps somebody out of a room until somebody does something about it:
/// a room for the registered or the encrypted, or for operators, a bad name
/// (Modern, InspIRCd, Charybdis).
const OTHER_ROOM_ERRORS: [&str; 5] = ["477", "479", "489", "495", "520"];

/// Of KICK, TOPIC, INVITE, MODE and JOIN.
const OF_OTHER_COMMANDS: [&str; 11] = [
    ERR_TOOMANYCHANNELS,
    ERR_USERNOTINCHANNEL,
    ERR_NOTONCHANNEL,
    ERR_USERONCHANNEL,
    ERR_CHANNELISFULL,
    ERR_UNKNOWNMODE,
    ERR_INVITEONLYCHAN,
    ERR_BANNEDFROMCHAN,
    ERR_BADCHANNELKEY,
    ERR_BADCHANMASK,
    ERR_CHANOPRIVSNEEDED,
];

/// What follows from a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is over: to come back changes nothing.
    EndsIt,
    /// Another name may do.
    Vary,
    /// The same may do later.
    TryAgain,
    /// The person is told, and decides.
    Tell,
}

/// Whether it is about a name.
pub(super) fn is_of_name(message: &Message) -> bool {
    let command = message.command();
    [ERR_NONICKNAMEGIVEN, ERR_ERRONEUSNICKNAME, ERR_NICKNAMEINUSE, ERR_NICKCOLLISION].contains(&command)
        || command == ERR_UNAVAILRESOURCE
            && !message.param(1).is_some_and(|name| name.starts_with(['#', '&']))
}

/// What an error before the welcome means; None where it may be passed over.
pub(super) fn of_registration(message: &Message) -> Option<Refusal> {
    let command = message.command();
    let ends =
        command == ERR_PASSWDMISMATCH || BANNED.contains(&command) || NOT_AUTHENTICATED.contains(&command);
    match ends {
        true => Some(Refusal::EndsIt),
        false => is_of_name(message).then_some(Refusal::Vary),
    }
}

/// What an error about a room that is to be entered means; None where it is
/// about something else.
pub(super) fn of_room(command: &str) -> Option<Refusal> {
    match command {
        ERR_CHANNELISFULL | ERR_INVITEONLYCHAN | ERR_UNAVAILRESOURCE | ERR_THROTTLE => {
            Some(Refusal::TryAgain)
        }
        command if ERR_TARGETTOOFAST.contains(&command) => Some(Refusal::TryAgain),
        ERR_NOSUCHCHANNEL | ERR_TOOMANYCHANNELS | ERR_BANNEDFROMCHAN | ERR_BADCHANNELKEY
        | ERR_BADCHANMASK => Some(Refusal::Tell),
        command => OTHER_ROOM_ERRORS.contains(&command).then_some(Refusal::Tell),
    }
}

/// What the refusal of a line that was said means.
pub(super) fn of_line(message: &Message) -> Refusal {
    let too_fast = message.is(RPL_TRYAGAIN)
        || ERR_TARGETTOOFAST.contains(&message.command())
        || message.is("FAIL") && message.param(1) == Some("RATE_LIMITED");
    if too_fast { Refusal::TryAgain } else { Refusal::Tell }
}

/// How long to wait, where the refusal tells.
pub(super) fn pause(message: &Message) -> Option<Duration> {
    let seconds = message.param(2).filter(|_| message.is("FAIL"))?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Whether an error that names the target of a line that was said may be about it: some
/// are only of other commands to the same target (RFC 2812, 5.2).
pub(super) fn may_be_of_line(message: &Message) -> bool {
    match message.is("FAIL") {
        true => message.param(0).is_some_and(|command| ["PRIVMSG", "BATCH", "*"].contains(&command)),
        false => !is_of_name(message) && !OF_OTHER_COMMANDS.contains(&message.command()),
    }
}

/// Whether a line with one of these commands, or to one of these targets, came too fast.
fn is_too_fast(message: &Message, about: &[&str]) -> bool {
    let refused = message.param(usize::from(!message.is("FAIL")));
    of_line(message) == Refusal::TryAgain && refused.is_some_and(|refused| about.contains(&refused))
}

pub(super) fn is_of_ping(message: &Message) -> bool {
    is_too_fast(message, &["PING"])
}

/// Whether the room was asked for too fast: the answer need not name it.
pub(super) fn is_of_join(message: &Message, room: &str) -> bool {
    is_too_fast(message, &["JOIN", room])
}

/// Whether lines of a message of several lines came too fast: only its first
/// line has a label.
pub(super) fn is_of_labelled_lines(message: &Message) -> bool {
    is_too_fast(message, &["PRIVMSG", "BATCH"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_one_meaning() {
        let parse = |line: &str| Message::parse(line).unwrap();
        let registration = |code: &str| of_registration(&parse(&format!(":s {code} * a :no")));
        for code in ["463", "464", "465", "904"] {
            assert_eq!(registration(code), Some(Refusal::EndsIt), "{code}");
        }
        for code in ["431", "432", "433", "436", "437"] {
            assert_eq!(registration(code), Some(Refusal::Vary), "{code}");
        }
        assert_eq!(registration("421"), None);
        assert!(!is_of_name(&parse(":s 437 a #lobby :no")));
        for code in ["437", "471", "473", "480"] {
            assert_eq!(of_room(code), Some(Refusal::TryAgain), "{code}");
        }
        for code in ["403", "405", "474", "475", "476", "477", "479"] {
            assert_eq!(of_room(code), Some(Refusal::Tell), "{code}");
        }
        assert_eq!(of_room("442"), None);
        for line in [":s 263 a PRIVMSG :no", "FAIL PRIVMSG RATE_LIMITED 3 :no", ":s 439 a #b :no"] {
            assert_eq!(of_line(&parse(line)), Refusal::TryAgain, "{line}");
        }
        assert_eq!(of_line(&parse(":s 404 a #b :no")), Refusal::Tell);
    }
}
