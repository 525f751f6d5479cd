//! The settings of a hub.

use crate::text::sanitise::for_wire;
use crate::text::{Lang, RoomName};
use std::sync::Arc;

/// The description of a server that has no other.
pub const DESCRIPTION: &str = "A room that anybody can open";
/// Bytes of a description that every reply has room for.
pub const DESCRIPTION_BYTES: usize = 200;

/// Whether a server may be described so: a text of one line that needs no mending.
pub fn is_description(text: &str) -> bool {
    let is_one_line = !text.contains(['\r', '\n', '\0']);
    !text.trim().is_empty() && text.len() <= DESCRIPTION_BYTES && is_one_line && for_wire(text) == text
}

/// Bytes of a server's name that every reply has room for.
pub const SERVER_NAME_BYTES: usize = 40;

/// Whether a server may be called so: letters, digits, `.`, `-` and `_`, at most
/// [`SERVER_NAME_BYTES`] bytes, and a letter or digit first.
pub fn is_server_name(name: &str) -> bool {
    name.len() <= SERVER_NAME_BYTES
        && name.starts_with(char::is_alphanumeric)
        && name.chars().all(|c| c.is_alphanumeric() || ".-_".contains(c))
}

/// The settings of a hub, which it is told once, at the start.
#[derive(Debug, Clone)]
pub struct Config {
    /// The source of numerics and the server's name to its clients: one word,
    /// at most [`SERVER_NAME_BYTES`] bytes; [`super::Hub::new`] mends it.
    pub server_name: String,
    /// What LINKS, 312 and the head of the message of the day say of the server; see
    /// [`is_description`].
    pub description: String,
    /// The room that is always there.
    pub first_room: RoomName,
    /// The language of those who come without a program.
    pub lang: Lang,
    /// Lines of the message of the day; empty: the hub's own.
    pub motd: Vec<String>,
    /// When the server started: µs since the Unix epoch.
    pub created_us: u64,
    /// Messages kept of each room, and as many other events; 0: none.
    pub history: usize,
    /// Bytes of them, again of each room.
    pub history_bytes: usize,
    /// Bytes of all rooms together: more than twice as much as of one.
    pub history_bytes_in_all: usize,
    /// Messages sent on entering to those whose program can't ask for them.
    pub replay: usize,
    /// From one connection, when as many as may have come at once; 0: any
    /// number. Those from this machine have no limit.
    pub messages_a_second: u32,
    /// Those who may become operators of the server, each with a name of its own.
    pub operators: Vec<Operator>,
    /// The log's: tells its message ids from those of every other. ASCII letters and digits.
    pub nonce: String,
}

/// Somebody who may end other people's connections, by OPER.
#[derive(Debug, Clone)]
pub struct Operator {
    pub name: String,
    /// Argon2 in PHC form, as `argon2 SALT -id -e` prints it.
    pub hash: Arc<str>,
}
