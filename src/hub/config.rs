//! The settings of a hub.

use super::check::Secret;
use crate::text::sanitise::for_wire;
use crate::text::{Lang, RoomName};
use std::sync::Arc;

/// The default description.
pub const DESCRIPTION: &str = "A room that anybody can open";
/// Bytes of a description that every reply has room for.
pub const DESCRIPTION_BYTES: usize = 200;

/// Whether a text may be the description: one line that `for_wire` does not change.
pub fn is_description(text: &str) -> bool {
    let is_one_line = !text.contains(['\r', '\n', '\0']);
    !text.trim().is_empty() && text.len() <= DESCRIPTION_BYTES && is_one_line && for_wire(text) == text
}

/// Bytes of a server's name that every reply has room for.
pub const SERVER_NAME_BYTES: usize = 40;

/// Whether a server may have this name: letters, digits, `.`, `-` and `_`, at most
/// [`SERVER_NAME_BYTES`] bytes, and a letter or digit first.
pub fn is_server_name(name: &str) -> bool {
    name.len() <= SERVER_NAME_BYTES
        && name.starts_with(char::is_alphanumeric)
        && name.chars().all(|c| c.is_alphanumeric() || ".-_".contains(c))
}

/// The settings of a hub. They do not change while it runs.
#[derive(Debug, Clone)]
pub struct Config {
    /// The server's name, which is the source of numerics: one word of at most
    /// [`SERVER_NAME_BYTES`] bytes. [`super::Hub::new`] changes it where it is not.
    pub server_name: String,
    /// The description of the server in LINKS, 312 and the head of the message of the day; see
    /// [`is_description`].
    pub description: String,
    /// The room that is always there.
    pub first_room: RoomName,
    /// The language of sentences in line mode.
    pub lang: Lang,
    /// The lines of the message of the day. Empty: the hub's own text.
    pub motd: Vec<String>,
    /// When the server started: µs since the Unix epoch.
    pub created_us: u64,
    /// Messages kept for each room, and as many other events. 0 keeps nothing.
    pub history: usize,
    /// Bytes of the messages kept for each room, and as many of other events.
    pub history_bytes: usize,
    /// Bytes kept for all rooms together: more than twice `history_bytes`.
    pub history_bytes_in_all: usize,
    /// Messages that clients without CHATHISTORY are sent on JOIN.
    pub replay: usize,
    /// The rate limit of a connection after a burst. 0 means no limit. Connections from this
    /// machine have none.
    pub messages_a_second: u32,
    /// The operators of the server; no two have the same name.
    pub operators: Vec<Operator>,
    /// The nonce of a new log, which distinguishes its message ids from those of others. ASCII
    /// letters and digits.
    pub nonce: String,
    /// How long messages are kept, as ISUPPORT tells it: `*`, an age such as `90d`, `run` for as long
    /// as the server runs, or `0`.
    pub keep: String,
    /// Whether batches carry what is to be kept on disk.
    pub persists: bool,
    /// What everybody has to give by PASS before registering; None asks for nothing.
    pub password: Option<Secret>,
    /// Whether connections may or must be encrypted.
    pub encryption: Encryption,
}

/// Whether connections may or must be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encryption {
    /// They are not.
    #[default]
    Off,
    /// A client that begins with TLS gets it.
    Offered,
    /// Only connections of the server's own machine may do without. Where clients can verify the
    /// certificate, they are told the port, and to come encrypted from then on (IRCv3, Strict
    /// Transport Security).
    Required { sts_port: Option<u16> },
}

/// Somebody who may end other people's connections, by OPER.
#[derive(Debug, Clone)]
pub struct Operator {
    pub name: String,
    /// Argon2 in PHC form, as `argon2 SALT -id -e` prints it.
    pub hash: Arc<str>,
}
