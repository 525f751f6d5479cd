//! What a connection brings in.

use crate::wire;
use crate::wire::Message;

/// One line of a connection, taken apart by its session's thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    Message(Message),
    /// A line over the limits (Modern, Message Format).
    TooLong,
    /// A line that is not UTF-8, lossily decoded: only its command and label
    /// are ever looked at.
    NotUtf8(Option<Message>),
    /// A line that holds no command.
    Garbage(String),
    /// So many bytes without a line end that the peer is not talking IRC.
    Endless,
}

impl Input {
    pub fn from_frame(frame: wire::Frame<'_>) -> Input {
        match frame {
            wire::Frame::Line(line) => match Message::parse(line) {
                Ok(message) => Input::Message(message),
                Err(_) => Input::Garbage(line.to_owned()),
            },
            wire::Frame::TooLong(_) => Input::TooLong,
            wire::Frame::NotUtf8(bytes) => {
                Input::NotUtf8(Message::parse(&String::from_utf8_lossy(bytes)).ok())
            }
            wire::Frame::Endless => Input::Endless,
        }
    }
}
