//! Lines as they come from a connection.

use crate::wire::tags::unescape;
use crate::wire::telnet::{IAC, without_commands};
use crate::wire::{Frame, Limits, Message};
use std::borrow::Cow;

/// Bytes in which the end of the tags is looked for.
const MOST_TAGS: usize = Limits::FROM_CLIENT.tags + Limits::FROM_CLIENT.body - 1;

/// One line of a connection, decoded by the session's thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    Message(Message),
    Bad(Box<BadLine>),
    /// An empty line, or only telnet's commands: a person who has given no name is asked for it.
    Blank,
    /// A message of the original's client, which sends no line ends.
    Packet(String),
    /// The last line of a stream, which has no end.
    Unended(Box<Input>),
    /// So many bytes without a line end that the peer is not talking IRC.
    Endless,
}

/// A malformed line, with what its refusal depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    pub(super) fault: Fault,
    /// Bytes of the whole line, of which a part may have been dropped.
    pub(super) bytes: usize,
    pub(super) label: Option<String>,
    pub(super) batch: BatchTag,
    /// The whole line if it has no command, its command if it is not UTF-8.
    pub(super) text: String,
    /// The text without telnet's commands, if only those make the line invalid UTF-8.
    pub(super) spoken: Option<String>,
}

/// Why a line can't be obeyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Over the limits (Modern, Message Format).
    TooLong,
    NotUtf8,
    NoCommand,
}

/// The batch that a line names by its tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BatchTag {
    None,
    Named(String),
    /// The tags can't be read.
    Unknown,
}

impl Input {
    pub fn from_frame(frame: Frame<'_>) -> Input {
        match frame {
            Frame::Line(line) => Input::from_line(line),
            Frame::TooLong(bytes, length) => BadLine::read(Fault::TooLong, bytes, length, String::new()),
            Frame::NotUtf8(bytes) => {
                let message = Message::parse(&String::from_utf8_lossy(bytes));
                let command = message.map_or_else(|_| "*".to_owned(), |message| message.command().to_owned());
                BadLine::read(Fault::NotUtf8, bytes, bytes.len(), command)
            }
            Frame::Endless => Input::Endless,
        }
    }

    pub(super) fn from_line(line: &str) -> Input {
        match Message::parse(line) {
            Ok(message) => Input::Message(message),
            Err(_) if line.is_empty() => Input::Blank,
            Err(_) => BadLine::read(Fault::NoCommand, line.as_bytes(), line.len(), line.to_owned()),
        }
    }

    pub(super) fn label(&self) -> Option<Cow<'_, str>> {
        match self {
            Input::Message(message) => message.tag("label"),
            Input::Bad(line) => line.label.as_deref().map(Cow::Borrowed),
            Input::Endless | Input::Blank | Input::Packet(_) | Input::Unended(_) => None,
        }
    }

    /// Whether it belongs to the open batch with this reference tag, or may belong to it.
    pub(super) fn is_in_batch(&self, id: &str) -> bool {
        match self {
            Input::Message(message) => message.tag("batch").is_some_and(|batch| batch == id),
            Input::Bad(line) => match &line.batch {
                BatchTag::None => false,
                BatchTag::Named(batch) => batch == id,
                BatchTag::Unknown => true,
            },
            Input::Endless | Input::Blank | Input::Packet(_) | Input::Unended(_) => false,
        }
    }

    /// Bytes of the line, tags included: at least what it takes while it waits.
    pub fn bytes(&self) -> usize {
        match self {
            Input::Message(message) => message.line().len(),
            Input::Bad(line) => line.bytes,
            Input::Packet(text) => text.len(),
            Input::Unended(line) => line.bytes(),
            Input::Blank | Input::Endless => 0,
        }
    }

    /// The message, where it is one.
    pub(super) fn message(&self) -> Option<&Message> {
        match self {
            Input::Message(message) => Some(message),
            _ => None,
        }
    }
}

impl BadLine {
    /// Reads the tags of a line of so many `bytes`, of which at least the beginning is there.
    fn read(fault: Fault, line: &[u8], bytes: usize, text: String) -> Input {
        let (mut label, mut batch) = (None, BatchTag::None);
        if let Some(tags) = line.strip_prefix(b"@") {
            let end = memchr::memchr(b' ', tags);
            // Of a line that is too long the rest may have been dropped. Only the beginning counts,
            // so that the result does not depend on how the stream was cut.
            let is_whole =
                end.is_none_or(|end| end < MOST_TAGS) && (end.is_some() || fault != Fault::TooLong);
            let tags = &tags[..end.unwrap_or(tags.len())];
            let mut is_readable = is_whole;
            for tag in tags.split(|&byte| byte == b';').filter(|_| is_whole) {
                match std::str::from_utf8(tag).map(|tag| tag.split_once('=').unwrap_or((tag, ""))) {
                    Ok(("label", value)) => label = Some(unescape(value).into_owned()),
                    Ok(("batch", value)) => batch = BatchTag::Named(unescape(value).into_owned()),
                    Ok(_) => {}
                    Err(_) => is_readable = false,
                }
            }
            if !is_readable && batch == BatchTag::None {
                batch = BatchTag::Unknown;
            }
        }
        let spoken = (fault == Fault::NotUtf8 && line.contains(&IAC)).then(|| without_commands(line));
        let spoken = spoken.and_then(|bytes| String::from_utf8(bytes).ok());
        Input::Bad(Box::new(BadLine { fault, bytes, label, batch, text, spoken }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Framer;

    fn bad(line: &[u8]) -> BadLine {
        let mut found = None;
        Framer::new(Limits::FROM_CLIENT).feed(&[line, b"\n"].concat(), |frame| {
            found = Some(Input::from_frame(frame));
        });
        match found {
            Some(Input::Bad(line)) => *line,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn tags_are_read_of_what_is_no_message() {
        let (long, named) = (b"x".repeat(600), || BatchTag::Named("1".to_owned()));
        for (line, label, batch) in [
            (&b"@label=a;batch=1 PRIV-MSG #c :x"[..], Some("a"), named()),
            (b"@batch=1;label=b\\: PRIVMSG #c :\xff", Some("b;"), named()),
            (b"@label=c;+x=\xff PRIVMSG #c :x", Some("c"), BatchTag::Unknown),
            (b"@batch=\xff PRIVMSG #c :x", None, BatchTag::Unknown),
            (b"FOO-BAR", None, BatchTag::None),
            (&[b"@label=d;batch=1 PRIVMSG #c :", &*long].concat(), Some("d"), named()),
            (&[b"@label=e;batch=1;+x=", &*long.repeat(9), b" X"].concat(), None, BatchTag::Unknown),
        ] {
            let line = bad(line);
            assert_eq!((line.label.as_deref(), &line.batch), (label, &batch), "{line:?}");
        }
    }
}
