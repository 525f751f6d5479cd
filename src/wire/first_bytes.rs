//! What the first bytes of a connection show of the protocol that its peer speaks: one table.
//!
//! | first bytes | peer | what the server does today |
//! |---|---|---|
//! | `CAP`, `NICK`, `USER`, `PASS` or `AUTHENTICATE`, with a parameter | IRC client | it is IRC from then on |
//! | `PING`, `PONG`, `QUIT` | anybody | obeyed as IRC; of these only `QUIT` decides that it is IRC |
//! | a method, a target, `HTTP/1.` | browser | closed without a word |
//! | `PROXY ` or CR LF CR LF NUL | proxy (PROXY protocol) | from `--proxy-from` it is read before all else (`proxy_header`); from elsewhere the line is refused as a name |
//! | 0x16 | TLS client (RFC 8446, 5.1: a record of a handshake) | it is encrypted from then on; with `--tls off` a line of it is refused since it is not UTF-8 |
//! | 0xff in a read without a line end | telnet program that negotiates | it is asked for a name |
//! | text that can begin none of these, no line end, silence for half a second | the original class-room client | each read is a message from then on |
//! | any other line | person | the line is tried as a name |
//!
//! Lines are looked at until one decides; a read without a line end only where it is the first.

use super::message::Message;
use super::telnet::IAC;

/// Commands with which an IRC client begins (Modern, Connection Registration).
const BEGINNINGS: [&str; 5] = ["CAP", "NICK", "USER", "PASS", "AUTHENTICATE"];
/// Commands of IRC that may come before them.
const ANYTIME: [&str; 3] = ["PING", "PONG", "QUIT"];
/// Methods of HTTP (RFC 9110, 9.3; RFC 5789).
const HTTP: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
/// How a proxy begins that tells for whom it connects.
const PROXY: &str = "PROXY";

/// The first byte of a record that holds a part of a handshake (RFC 8446, 5.1). No line of a person
/// or a program begins with it: it is a control character.
const TLS_HANDSHAKE: u8 = 0x16;

/// Whether the first bytes of a connection are those of a TLS client.
pub fn begins_tls(bytes: &[u8]) -> bool {
    bytes.first() == Some(&TLS_HANDSHAKE)
}

/// Bytes of a first read that may be a name without a line end.
const NAME_BYTES: std::ops::RangeInclusive<usize> = 2..=512;

/// What a line of a connection shows whose protocol is not decided yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstLine {
    Irc,
    /// A command of IRC that also somebody else may send.
    Anytime,
    Http,
    /// A person's, or a protocol's that is not spoken here.
    Other,
}

impl FirstLine {
    pub fn of(message: &Message) -> FirstLine {
        match () {
            () if is_irc(message) => FirstLine::Irc,
            () if ANYTIME.iter().any(|command| message.is(command)) => FirstLine::Anytime,
            () if is_http(message.line()) => FirstLine::Http,
            () => FirstLine::Other,
        }
    }

    /// Whether it is a command of IRC.
    pub fn is_irc(self) -> bool {
        matches!(self, FirstLine::Irc | FirstLine::Anytime)
    }
}

/// What the first read of a connection shows that completed no line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstRead {
    Telnet,
    /// The name of the original's client, if nothing follows.
    Name,
    /// The beginning of something else.
    Other,
}

impl FirstRead {
    pub fn of(bytes: &[u8]) -> FirstRead {
        match () {
            () if memchr::memchr(IAC, bytes).is_some() => FirstRead::Telnet,
            () if is_name(bytes) => FirstRead::Name,
            () => FirstRead::Other,
        }
    }
}

/// Whether a message shows that its connection speaks IRC. Without a parameter the same words
/// are names.
pub fn is_irc(message: &Message) -> bool {
    is_irc_command(message.command()) && message.param(0).is_some()
}

/// Whether an IRC client begins with this command.
pub fn is_irc_command(command: &str) -> bool {
    BEGINNINGS.iter().any(|beginning| command.eq_ignore_ascii_case(beginning))
}

/// Whether a line is the first of a browser's request.
fn is_http(line: &str) -> bool {
    let mut words = line.split(' ');
    let is_method = words.next().is_some_and(|method| HTTP.contains(&method));
    is_method && words.nth(1).is_some_and(|version| version.starts_with("HTTP/1."))
}

/// Whether a first read may be the name that the original's client gives. One byte at a time is
/// a line that is typed slowly.
fn is_name(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let begins = |word: &&str| {
        let least = word.len().min(text.len());
        let is_same = text.get(..least).is_some_and(|start| start.eq_ignore_ascii_case(&word[..least]));
        is_same && text[least..].chars().next().is_none_or(|next| next == ' ')
    };
    let mut words = BEGINNINGS.iter().chain(&ANYTIME).chain(&HTTP).chain([&PROXY]);
    NAME_BYTES.contains(&text.len())
        && !text.starts_with(['@', ':'])
        && !text.contains(char::is_control)
        && !words.any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_begin_nothing_else_is_a_name() {
        for name in ["小", "Cat", "Nicky", "getter", "\u{feff}小", "exit", "close"] {
            assert!(is_name(name.as_bytes()), "{name}");
        }
        let other: [&[u8]; 15] = [
            b"A",
            b"ge",
            b"CA",
            b"nick",
            b"NICK bo",
            b"USER a",
            b"ping x",
            b"GET / HT",
            b"PROXY TCP4",
            b"@a",
            b":a b",
            b"\x16\x03\x01\x02",
            b"\xff\xfb\x1f",
            b"\xa4\xa4\xa4\xe5",
            &[b'x'; 600],
        ];
        for bytes in other {
            assert!(!is_name(bytes), "{bytes:?}");
        }
    }

    #[test]
    fn a_line_shows_its_protocol() {
        for (line, first) in [
            ("NICK bob", FirstLine::Irc),
            ("cap LS 302", FirstLine::Irc),
            ("nick", FirstLine::Other),
            ("ping x", FirstLine::Anytime),
            ("QUIT", FirstLine::Anytime),
            ("GET / HTTP/1.1", FirstLine::Http),
            ("get / HTTP/1.1", FirstLine::Other),
            ("GET / HTTP/2", FirstLine::Other),
            ("PROXY TCP4 10.0.0.1 10.0.0.2 1 2", FirstLine::Other),
            ("Bob", FirstLine::Other),
        ] {
            assert_eq!(FirstLine::of(&Message::parse(line).unwrap()), first, "{line}");
        }
        for (bytes, first) in [
            (&b"Bob"[..], FirstRead::Name),
            (b"\xff\xfd\x03", FirstRead::Telnet),
            (b"\x16\x03\x01", FirstRead::Other),
            (b"PROXY TCP4", FirstRead::Other),
        ] {
            assert_eq!(FirstRead::of(bytes), first, "{bytes:?}");
        }
    }
}
