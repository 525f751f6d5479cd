//! The keys and indices of people, rooms and messages.
//!
//! A key names the same thing for ever, in every process. An index is a position in the tables of
//! one process and is used again, so entries and records hold none.

use crate::text::RoomName;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// The number of an entry in the log. It always rises, even if the clock is set back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seq(pub u64);

impl Seq {
    pub fn next(self) -> Seq {
        Seq(self.0.saturating_add(1))
    }
}

/// A person, by the entry with which they connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserKey(pub Seq);

/// A room, by its name and the entry that made it.
///
/// Ordered by age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomKey {
    pub made: Seq,
    pub name: RoomName,
}

impl Ord for RoomKey {
    fn cmp(&self, other: &RoomKey) -> Ordering {
        self.made.cmp(&other.made).then_with(|| self.name.key().cmp(other.name.key()))
    }
}

impl PartialOrd for RoomKey {
    fn partial_cmp(&self, other: &RoomKey) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A person's index in the tables of this process; used again only after they are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(pub u32);

impl UserId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A room's index in the tables of this process; used again only after the room is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId(pub u32);

impl RoomId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Distinguishes the message ids of one log from those of others: ASCII letters and digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce(Arc<str>);

impl Nonce {
    pub fn new(text: &str) -> Nonce {
        Nonce(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The message id of the entry with this number.
    pub fn message_id(&self, seq: Seq) -> MessageId {
        MessageId { nonce: self.clone(), seq }
    }

    /// The number in a message id of this log; None unless it is written exactly so.
    pub fn seq_of(&self, id: &str) -> Option<Seq> {
        let digits = id.strip_prefix(self.as_str())?;
        let seq = Seq(u64::from_str_radix(digits, 36).ok()?);
        (self.message_id(seq).to_string() == id).then_some(seq)
    }
}

/// The id of a message: the log's nonce, and the number in base 36.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageId {
    nonce: Nonce,
    pub seq: Seq,
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let mut digits = ['0'; 13];
        let mut start = digits.len();
        let mut rest = self.seq.0;
        while rest > 0 {
            start -= 1;
            digits[start] = char::from(DIGITS[(rest % 36) as usize]);
            rest /= 36;
        }
        f.write_str(self.nonce.as_str())?;
        digits[start..].iter().try_for_each(|digit| write!(f, "{digit}"))
    }
}

/// The id that a client has given a message, by which the server knows it again when it comes once
/// more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientId(Arc<str>);

impl ClientId {
    /// Bytes of an id.
    pub const MOST_BYTES: usize = 64;

    /// None for what is no id: it is empty, longer, or has other characters than visible ASCII.
    pub fn parse(text: &str) -> Option<ClientId> {
        let is_id =
            (1..=Self::MOST_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        is_id.then(|| ClientId(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_a_client_is_bounded_and_visible() {
        for text in ["", "a b", "a\n", "花", &"x".repeat(65)] {
            assert_eq!(ClientId::parse(text), None, "{text:?}");
        }
        let longest = "~".repeat(64);
        assert_eq!(ClientId::parse(&longest).unwrap().as_str(), longest);
    }

    #[test]
    fn message_ids_are_short_and_read_exactly_as_they_are_written() {
        let nonce = Nonce::new("x");
        assert_eq!(nonce.message_id(Seq(36 * 36 + 35)).to_string(), "x10z");
        assert_eq!(nonce.message_id(Seq(u64::MAX)).to_string(), "x3w5e11264sgsf");
        assert_eq!(nonce.seq_of("x10z"), Some(Seq(36 * 36 + 35)));
        for id in ["10z", "x010z", "x10Z", "x", "x+1", "xzzzzzzzzzzzzzzzz"] {
            assert_eq!(nonce.seq_of(id), None, "{id}");
        }
    }
}
