//! Events as the console is told of them.

use crate::text::{Name, Phrase, RoomName};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Something that happened, as the server's console and log tell it. Texts
/// are as they went over the wire: whoever shows them sanitises them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsoleEvent {
    /// A person is registered.
    Named { name: Name, from: SocketAddr },
    /// A person has entered a room, where now `count` people are.
    Entered { room: Place, name: Name, from: SocketAddr, count: usize },
    /// A person has left a room: by PART (`stays` on the server), or by leaving the server.
    Left { room: Place, name: Name, from: SocketAddr, count: usize, stays: bool },
    /// A message to everybody in a room.
    Said { room: Place, name: Name, from: SocketAddr, text: Arc<str> },
    /// Somebody has taken another name.
    Renamed { old: Name, new: Name, from: SocketAddr },
    /// Somebody has set the topic of a room, or has taken it away (empty).
    Topic { room: Place, name: Name, from: SocketAddr, topic: String },
    /// `by` has removed `name`; `count` people remain.
    Kicked { room: Place, name: Name, by: Name, reason: String, count: usize },
    /// Somebody has become an operator of the server.
    Operator { name: Name, from: SocketAddr },
    /// Somebody has given a wrong password for that.
    WrongPassword { name: Name, from: SocketAddr },
    /// A connection is over; `name` is None where it never gave one.
    Closed { name: Option<Name>, from: SocketAddr, departure: Departure },
}

/// A room as the console names it: the first room is not named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub room: RoomName,
    pub is_first: bool,
}

/// Why a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Departure {
    /// QUIT, with the reason given.
    Quit(Option<String>),
    /// The peer closed its end.
    Closed,
    /// The peer's end was reset or became unreachable.
    Reset,
    /// The peer has acknowledged nothing for as long as the system waits for it.
    TimedOut,
    /// Not registered within this time.
    NoName(Duration),
    /// No answer to a PING within this time.
    PingTimeout(Duration),
    /// More was queued for it than a slow client may have.
    SlowReader,
    /// It sent more lines than are accepted.
    Flooding,
    /// A line without an end, or an HTTP request.
    NotIrc,
    /// It broke TLS, or refused ours: why, in English and fit for drawing.
    Tls(String),
    /// It has not given the password of the server.
    WrongPassword,
    /// Its password was not looked at, since too many wrong ones had come from its address.
    TooManyGuesses,
    /// It was not encrypted, and had to be.
    NotEncrypted,
    /// An operator of the server has ended it.
    Killed { by: Name, reason: String },
    /// The server is closing.
    ServerStopping,
    /// A fault of ours in this client's own thread.
    Fault,
}

impl Departure {
    /// How a person is told of it, here or at the console.
    pub fn phrase(&self) -> Phrase<'_> {
        match self {
            Departure::Quit(_) | Departure::Closed => Phrase::Closed,
            Departure::Reset => Phrase::ClosedReset,
            Departure::TimedOut => Phrase::ClosedTimedOut,
            Departure::NoName(time) => Phrase::ClosedNoName { seconds: time.as_secs() },
            Departure::PingTimeout(time) => Phrase::ClosedSilent { seconds: time.as_secs() },
            Departure::SlowReader => Phrase::ClosedSlow,
            Departure::Flooding => Phrase::ClosedFlooding,
            Departure::NotIrc => Phrase::ClosedNotIrc,
            Departure::Tls(why) => Phrase::ClosedTls { why },
            Departure::WrongPassword => Phrase::ClosedWrongPassword,
            Departure::TooManyGuesses => Phrase::ClosedTooManyGuesses,
            Departure::NotEncrypted => Phrase::ClosedNotEncrypted,
            Departure::Killed { by, .. } => Phrase::ClosedKilled { by: by.as_str() },
            Departure::ServerStopping => Phrase::ClosedStopping,
            Departure::Fault => Phrase::ClosedFault,
        }
    }
}

/// The reason as the others are told of it. A client's own words come after `Quit: `, so
/// that nobody can imitate the server's (Modern, QUIT message).
pub(super) fn reason(why: &Departure) -> String {
    match why {
        Departure::Quit(reason) => format!("Quit: {}", reason.as_deref().unwrap_or("")),
        Departure::Closed => "Connection closed".to_owned(),
        Departure::Reset => "Connection reset".to_owned(),
        Departure::TimedOut => "Connection timed out".to_owned(),
        Departure::NoName(time) => format!("Not registered in {} seconds", time.as_secs()),
        Departure::PingTimeout(time) => format!("Ping timeout: {} seconds", time.as_secs()),
        Departure::SlowReader => "Too slow: more was waiting than fits".to_owned(),
        Departure::Flooding => "Too many lines in too short a time".to_owned(),
        Departure::NotIrc => "This is no IRC".to_owned(),
        Departure::Tls(_) => "TLS error".to_owned(),
        Departure::WrongPassword => "Password missing or wrong".to_owned(),
        Departure::TooManyGuesses => {
            "Too many wrong passwords have come from your address, try again in a minute".to_owned()
        }
        Departure::NotEncrypted => "This server is reached by TLS only".to_owned(),
        Departure::Killed { by, reason } => format!("Killed ({by} ({reason}))"),
        Departure::ServerStopping => "The server is closing".to_owned(),
        Departure::Fault => "Internal fault".to_owned(),
    }
}
