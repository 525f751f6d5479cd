//! A received line, taken apart.

use super::source;
use super::tags::unescape;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

/// Parameters in a message; the last takes all the rest (RFC 2812, 2.3).
pub const MAX_PARAMS: usize = 15;

/// One IRC message as it was received. Can hold no CR, LF or NUL.
///
/// Owns its line and remembers where the command is (Modern, Message Format);
/// the other parts are found from there when they are asked for, which costs
/// less than memory of their own that one thread takes and another gives back.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    line: Box<str>,
    /// Where the tags and the blanks behind them end.
    body: usize,
    command: Range<usize>,
}

/// Why a line is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseError {
    /// Nothing but tags, a source or blanks.
    NoCommand,
    /// A command of other characters than ASCII letters and digits.
    BadCommand,
}

impl Message {
    /// Takes a line without its end. CR, LF and NUL inside it are dropped:
    /// no peer can have meant them, and none can be passed on.
    ///
    /// # Errors
    /// See [`ParseError`].
    pub fn parse(line: &str) -> Result<Message, ParseError> {
        let line: Box<str> = match memchr::memchr3(b'\r', b'\n', b'\0', line.as_bytes()) {
            Some(_) => line.replace(['\r', '\n', '\0'], "").into(),
            None => line.into(),
        };
        let body = match line.starts_with('@') {
            true => after_blanks(&line, word(&line, 0).end),
            false => after_blanks(&line, 0),
        };
        let command = match line[body..].starts_with(':') {
            true => word(&line, after_blanks(&line, word(&line, body).end)),
            false => word(&line, body),
        };
        if command.is_empty() {
            return Err(ParseError::NoCommand);
        }
        if !line[command.clone()].bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(ParseError::BadCommand);
        }
        Ok(Message { line, body, command })
    }

    /// The whole line, tags included.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The line without its tags.
    pub fn body(&self) -> &str {
        &self.line[self.body..]
    }

    /// The tags in order, values unescaped.
    pub fn tags(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        self.raw_tags().map(halves).map(|(key, value)| (key, unescape(value)))
    }

    /// The tags as they were sent: `key` or `key=value`.
    pub fn raw_tags(&self) -> impl DoubleEndedIterator<Item = &str> {
        let tags = self.line[..self.body].strip_prefix('@').unwrap_or_default();
        tags.trim_end_matches(' ').split(';').filter(|tag| !tag.is_empty())
    }

    /// The client-only tags as they were sent, in order; of one key given twice the last
    /// (message-tags, Client-only tags; Rules for server implementations).
    pub fn client_tags(&self) -> Vec<&str> {
        let (mut keys, mut tags) = (BTreeSet::new(), Vec::new());
        for tag in self.raw_tags().rev().filter(|tag| tag.starts_with('+')) {
            if keys.insert(tag.split('=').next()) {
                tags.push(tag);
            }
        }
        tags.reverse();
        tags
    }

    /// A tag's value; where a key is repeated the last one counts
    /// (message-tags, Rules for server implementations).
    pub fn tag(&self, key: &str) -> Option<Cow<'_, str>> {
        self.raw_tags().rev().map(halves).find(|(k, _)| *k == key).map(|(_, value)| unescape(value))
    }

    /// The sender, as written: a server, or `nick!user@host`.
    pub fn source(&self) -> Option<&str> {
        source::of(self.body())
    }

    /// The source's name: all before the first `!` or `@`.
    pub fn nick(&self) -> Option<&str> {
        self.source().map(source::nick)
    }

    /// The command or numeric, as spelled.
    pub fn command(&self) -> &str {
        &self.line[self.command.clone()]
    }

    /// Whether this is that command, in any case.
    pub fn is(&self, command: &str) -> bool {
        self.command().eq_ignore_ascii_case(command)
    }

    pub fn params(&self) -> impl Iterator<Item = &str> {
        self.params_up_to(MAX_PARAMS)
    }

    /// The parameters of a command that may have more of them than others: each blank ends one,
    /// as Modern has it.
    pub fn all_params(&self) -> impl Iterator<Item = &str> {
        self.params_up_to(usize::MAX)
    }

    fn params_up_to(&self, left: usize) -> Params<'_> {
        let rest = &self.line[self.command.end..];
        Params { rest: &rest[after_blanks(rest, 0)..], left }
    }

    pub fn param(&self, index: usize) -> Option<&str> {
        self.params().nth(index)
    }

    pub fn param_count(&self) -> usize {
        self.params().count()
    }

    /// The last parameter: a message's text, a reason, a description.
    pub fn last(&self) -> Option<&str> {
        self.params().last()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({:?})", self.line)
    }
}

/// The parameters that are still to come.
struct Params<'a> {
    /// Does not begin with a blank.
    rest: &'a str,
    /// How many there may be.
    left: usize,
}

impl<'a> Iterator for Params<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        self.left -= 1;
        let trailing = self.rest.strip_prefix(':');
        let (param, rest) = match trailing.or((self.left == 0).then_some(self.rest)) {
            Some(trailing) => (trailing, ""),
            None => self.rest.split_at(word(self.rest, 0).end),
        };
        self.rest = &rest[after_blanks(rest, 0)..];
        Some(param)
    }
}

fn word(line: &str, from: usize) -> Range<usize> {
    let end = memchr::memchr(b' ', &line.as_bytes()[from..]).map_or(line.len(), |blank| from + blank);
    from..end
}

fn after_blanks(line: &str, from: usize) -> usize {
    from + line[from..].bytes().take_while(|&b| b == b' ').count()
}

/// A tag's key and its value as it was sent.
fn halves(tag: &str) -> (&str, &str) {
    tag.split_once('=').unwrap_or((tag, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(line: &str) -> Message {
        Message::parse(line).unwrap()
    }

    #[test]
    fn a_line_with_everything() {
        let m = parse(r"@msgid=1;+t=a\sb;msgid=2 :小花!u@h  PRIVMSG  #lobby :  你好 :) ");
        assert_eq!(m.tag("msgid").as_deref(), Some("2"));
        assert_eq!(m.tag("+t").as_deref(), Some("a b"));
        assert_eq!((m.source(), m.nick()), (Some("小花!u@h"), Some("小花")));
        assert!(m.is("privmsg"));
        assert_eq!(m.params().collect::<Vec<_>>(), ["#lobby", "  你好 :) "]);
        assert!(m.body().starts_with(":小花!u@h"));
    }

    #[test]
    fn of_a_client_tag_that_is_given_twice_the_last_counts() {
        let m = parse(r"@+a=1;label=x;+b;+A=3;+a=\:2;+b= TAGMSG #lobby");
        assert_eq!(m.client_tags(), ["+A=3", r"+a=\:2", "+b="]);
        assert_eq!(parse("TAGMSG #lobby").client_tags(), [""; 0]);
    }

    #[test]
    fn an_empty_trailing_parameter_is_a_parameter() {
        assert_eq!(parse("TOPIC #a :").params().collect::<Vec<_>>(), ["#a", ""]);
        assert_eq!(parse("JOIN  ").param_count(), 0);
    }

    #[test]
    fn the_fifteenth_parameter_takes_the_rest() {
        let line = format!("X {}", (1..=20).map(|n| n.to_string()).collect::<Vec<_>>().join(" "));
        let m = parse(&line);
        assert_eq!(m.param_count(), MAX_PARAMS);
        assert_eq!(m.last(), Some("15 16 17 18 19 20"));
        assert_eq!(m.all_params().last(), Some("20"));
    }

    #[test]
    fn what_has_no_command_is_no_message() {
        for line in ["", "   ", "@a=b", "@a ", ":src", ":src  ", "@a :b"] {
            assert_eq!(Message::parse(line), Err(ParseError::NoCommand), "{line:?}");
        }
        assert_eq!(Message::parse("小花"), Err(ParseError::BadCommand));
        assert_eq!(Message::parse("A-B c"), Err(ParseError::BadCommand));
    }

    #[test]
    fn forbidden_characters_are_dropped() {
        assert_eq!(parse("PRIVMSG #a :x\r\ny\0z").last(), Some("xyz"));
    }

    proptest! {
        #[test]
        fn no_line_can_make_it_panic_and_none_gets_in_a_line_end(line in any::<String>()) {
            if let Ok(m) = Message::parse(&line) {
                prop_assert!(!m.line().contains(['\r', '\n', '\0']));
                prop_assert!(m.param_count() <= MAX_PARAMS);
                let _ = (m.tags().count(), m.nick(), m.body(), m.last());
            }
        }

        #[test]
        fn likely_lines_do_not_panic(line in "[@:; =a\\\\]{0,24}") {
            let _ = Message::parse(&line);
        }
    }
}
