//! What a connection brings.

use crate::wire::{Frame, Message};
use std::io;

/// What comes from the other end.
#[derive(Debug)]
pub enum Event {
    Message(Message),
    /// A line that is no message: too long, not UTF-8, or without a command.
    Garbage {
        /// As it is told.
        line: String,
        /// For a reader that is not strict: the message with its bad bytes replaced, or
        /// the beginning of one that is too long.
        message: Option<Message>,
    },
    /// Nothing more will come; an error where the end was not orderly.
    Closed(Option<io::Error>),
}

impl Event {
    /// What a line brings.
    pub fn of(frame: &Frame<'_>) -> Event {
        match frame {
            Frame::Line(line) => match Message::parse(line) {
                Ok(message) => Event::Message(message),
                Err(_) => Event::Garbage { line: (*line).to_owned(), message: None },
            },
            Frame::NotUtf8(bytes) => {
                let line = String::from_utf8_lossy(bytes).into_owned();
                Event::Garbage { message: Message::parse(&line).ok(), line }
            }
            Frame::TooLong(beginning, _) => Event::Garbage {
                line: "(a line that is too long)".to_owned(),
                message: Message::parse(&String::from_utf8_lossy(beginning)).ok(),
            },
            Frame::Endless => Event::Garbage { line: "(a line without an end)".to_owned(), message: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Framer, Limits};

    /// A line that is too long or not UTF-8 carries a message for readers that are not strict.
    #[test]
    fn damaged_line_can_be_read() {
        let told = |bytes: &[u8]| {
            let mut framer = Framer::new(Limits::FROM_SERVER);
            let mut events = Vec::new();
            framer.feed(bytes, |frame| events.push(Event::of(&frame)));
            match events.pop() {
                Some(Event::Garbage { line, message }) => (line, message.map(|m| m.line().to_owned())),
                event => panic!("{event:?}"),
            }
        };
        let replaced = ":J\u{fffd}rg QUIT :caf\u{fffd}".to_owned();
        assert_eq!(told(b":J\xf6rg QUIT :caf\xe9\r\n"), (replaced.clone(), Some(replaced)));
        let (line, message) = told(&[&b":a!u@h QUIT :"[..], &[b'x'; 20_000], b"\n"].concat());
        assert_eq!(line, "(a line that is too long)");
        assert!(message.unwrap().starts_with(":a!u@h QUIT :x"));
        assert_eq!(told(b"SSH-2.0-x\n"), ("SSH-2.0-x".to_owned(), None));
    }
}
