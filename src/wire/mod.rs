//! Bytes to IRC messages and back. Knows no room and no socket.
//!
//! A pure leaf: it imports nothing else of this crate. Sources: the Modern IRC
//! Client Protocol (<https://modern.ircdocs.horse/>) and the IRCv3 message-tags
//! specification (<https://ircv3.net/specs/extensions/message-tags>).

pub mod ctcp;
pub mod first_bytes;
pub mod framer;
pub mod isupport;
pub mod line;
pub mod message;
pub mod multiline;
pub mod numeric;
pub mod proxy_header;
pub mod source;
pub mod split;
pub mod tags;
pub mod telnet;
pub mod vendor;

pub use framer::{Frame, Framer, Limits};
pub use line::{BODY, Line};
pub use message::{MAX_PARAMS, Message, ParseError};
pub use split::split;
pub use tags::Tags;
