//! What a server refuses, and what follows from it.

use crate::client::protocol::refusal::{
    ERR_TARGETTOOFAST, ERR_UNAVAILRESOURCE, is_not_kept, is_of_name, is_too_fast,
};
use crate::text::Phrase;
use crate::text::phrase::WayIn;
use crate::wire::Message;
use crate::wire::numeric::{
    ERR_BADCHANMASK, ERR_BADCHANNELKEY, ERR_BANNEDFROMCHAN, ERR_CANNOTSENDTOCHAN, ERR_CHANNELISFULL,
    ERR_CHANOPRIVSNEEDED, ERR_INVITEONLYCHAN, ERR_NOSUCHCHANNEL, ERR_NOSUCHNICK, ERR_NOTONCHANNEL,
    ERR_TOOMANYCHANNELS, ERR_UNKNOWNMODE, ERR_USERNOTINCHANNEL, ERR_USERONCHANNEL,
};
use std::time::Duration;

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

/// What follows where a room can't be entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoomRefusal {
    /// It may be let in later.
    TryAgain,
    /// The person is told, and decides.
    Tell,
}

/// What an error about a room that is to be entered means; None where it is
/// about something else.
pub(super) fn of_room(command: &str) -> Option<RoomRefusal> {
    match command {
        ERR_CHANNELISFULL | ERR_INVITEONLYCHAN | ERR_UNAVAILRESOURCE | ERR_THROTTLE => {
            Some(RoomRefusal::TryAgain)
        }
        command if ERR_TARGETTOOFAST.contains(&command) => Some(RoomRefusal::TryAgain),
        ERR_NOSUCHCHANNEL | ERR_TOOMANYCHANNELS | ERR_BANNEDFROMCHAN | ERR_BADCHANNELKEY
        | ERR_BADCHANMASK => Some(RoomRefusal::Tell),
        command => OTHER_ROOM_ERRORS.contains(&command).then_some(RoomRefusal::Tell),
    }
}

/// How somebody gets into a room after this error.
pub(super) fn way_in(command: &str) -> WayIn {
    match command {
        ERR_BADCHANNELKEY => WayIn::Key,
        ERR_BANNEDFROMCHAN | ERR_INVITEONLYCHAN => WayIn::Permitted,
        _ => WayIn::Again,
    }
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

/// Whether an error that names a room may be of its JOIN, and not of what was said to it or of
/// another command to it.
pub(super) fn may_be_of_join(message: &Message) -> bool {
    let command = message.command();
    let is_other = command == ERR_CANNOTSENDTOCHAN
        || of_room(command).is_none() && (OF_OTHER_COMMANDS.contains(&command) || command == ERR_NOSUCHNICK);
    match message.is("FAIL") {
        true => message.param(0).is_some_and(|command| ["JOIN", "*"].contains(&command)),
        false => !is_other,
    }
}

/// Whether the room was asked for too fast: the answer need not name it.
pub(super) fn is_of_join(message: &Message, room: &str) -> bool {
    is_too_fast(message, &["JOIN", room])
}

/// What was not changed because the server's disk is full.
pub(super) fn unkept(message: &Message) -> Option<Phrase<'static>> {
    let command = message.param(usize::from(!message.is("FAIL"))).filter(|_| is_not_kept(message))?;
    match command {
        "TOPIC" => Some(Phrase::TopicUnkept),
        "MODE" => Some(Phrase::ModeUnkept),
        _ => None,
    }
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
    fn each_refusal_of_a_room_has_one_meaning() {
        for code in ["437", "471", "473", "480"] {
            assert_eq!(of_room(code), Some(RoomRefusal::TryAgain), "{code}");
        }
        for code in ["403", "405", "474", "475", "476", "477", "479"] {
            assert_eq!(of_room(code), Some(RoomRefusal::Tell), "{code}");
        }
        assert_eq!(of_room("442"), None);
    }
}
