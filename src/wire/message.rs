//! A received line, taken apart.

use super::tags::unescape;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// Parameters in a message; the last takes all the rest (RFC 2812, 2.3).
pub const MAX_PARAMS: usize = 15;

/// One IRC message as it was received. Can hold no CR, LF or NUL.
///
/// Owns its line and remembers where the parts are (Modern, Message Format).
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    line: Box<str>,
    tags: Range<usize>,
    source: Option<Range<usize>>,
    command: Range<usize>,
    params: Vec<Range<usize>>,
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
        let line: Box<str> = match line.contains(['\r', '\n', '\0']) {
            true => line.replace(['\r', '\n', '\0'], "").into(),
            false => line.into(),
        };
        let mut at = 0;
        let tags = match line.starts_with('@') {
            true => {
                let tags = word(&line, 0);
                at = after_blanks(&line, tags.end);
                1..tags.end
            }
            false => 0..0,
        };
        at = after_blanks(&line, at);
        let source = line[at..].starts_with(':').then(|| {
            let source = word(&line, at);
            at = after_blanks(&line, source.end);
            at_least(source.start + 1, source.end)
        });
        let command = word(&line, at);
        if command.is_empty() {
            return Err(ParseError::NoCommand);
        }
        if !line[command.clone()].bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(ParseError::BadCommand);
        }
        let params = params(&line, command.end);
        Ok(Message { line, tags, source, command, params })
    }

    /// The whole line, tags included.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The line without its tags.
    pub fn body(&self) -> &str {
        let start = self.source.as_ref().map_or(self.command.start, |source| source.start - 1);
        &self.line[start..]
    }

    /// The tags in order, values unescaped.
    pub fn tags(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        self.raw_tags().map(|tag| match tag.split_once('=') {
            Some((key, value)) => (key, unescape(value)),
            None => (tag, Cow::Borrowed("")),
        })
    }

    /// The tags as they were sent: `key` or `key=value`.
    pub fn raw_tags(&self) -> impl Iterator<Item = &str> {
        self.line[self.tags.clone()].split(';').filter(|tag| !tag.is_empty())
    }

    /// A tag's value; where a key is repeated the last one counts
    /// (message-tags, Rules for server implementations).
    pub fn tag(&self, key: &str) -> Option<Cow<'_, str>> {
        self.tags().filter(|(k, _)| *k == key).last().map(|(_, value)| value)
    }

    /// Who it comes from, as written: a server, or `nick!user@host`.
    pub fn source(&self) -> Option<&str> {
        self.source.as_ref().map(|range| &self.line[range.clone()])
    }

    /// The source's name: all before the first `!` or `@`.
    pub fn nick(&self) -> Option<&str> {
        self.source().map(|source| source.split(['!', '@']).next().unwrap_or(source))
    }

    /// The command or numeric, as spelled.
    pub fn command(&self) -> &str {
        &self.line[self.command.clone()]
    }

    /// Whether this is that command, in any case.
    pub fn is(&self, command: &str) -> bool {
        self.command().eq_ignore_ascii_case(command)
    }

    pub fn params(&self) -> impl ExactSizeIterator<Item = &str> + DoubleEndedIterator {
        self.params.iter().map(|range| &self.line[range.clone()])
    }

    pub fn param(&self, index: usize) -> Option<&str> {
        self.params.get(index).map(|range| &self.line[range.clone()])
    }

    pub fn param_count(&self) -> usize {
        self.params.len()
    }

    /// The last parameter: a message's text, a reason, a description.
    pub fn last(&self) -> Option<&str> {
        self.params().next_back()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({:?})", self.line)
    }
}

fn params(line: &str, from: usize) -> Vec<Range<usize>> {
    let mut params = Vec::new();
    let mut at = after_blanks(line, from);
    while at < line.len() {
        if line[at..].starts_with(':') || params.len() + 1 == MAX_PARAMS {
            let colon = usize::from(line[at..].starts_with(':'));
            params.push(at + colon..line.len());
            break;
        }
        let param = word(line, at);
        at = after_blanks(line, param.end);
        params.push(param);
    }
    params
}

fn word(line: &str, from: usize) -> Range<usize> {
    let end = line[from..].find(' ').map_or(line.len(), |blank| from + blank);
    from..end
}

fn after_blanks(line: &str, from: usize) -> usize {
    from + line[from..].bytes().take_while(|&b| b == b' ').count()
}

fn at_least(start: usize, end: usize) -> Range<usize> {
    start.min(end)..end
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
