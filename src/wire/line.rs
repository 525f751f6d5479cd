//! A line to be sent, put together.

use super::tags::Tags;

/// Bytes of a line's body with its end (Modern, Message Format).
pub const BODY: usize = 512;

/// One encoded line without tags and without its end. Can hold no CR, LF or
/// NUL: they are dropped, since no line can carry them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line(String);

impl Line {
    /// A line from a client: without a source.
    pub fn new(command: &str) -> Line {
        Line(command.to_owned())
    }

    /// A line from a server, or from a person it speaks for.
    pub fn from_source(source: &str, command: &str) -> Line {
        // Room for the longest, so that it never grows.
        let mut line = Line(String::with_capacity(BODY));
        line.0.push(':');
        line.word(source);
        line.0.push(' ');
        line.0.push_str(command);
        line
    }

    /// Adds a parameter that is not the last, or one without blanks. What
    /// such a one can't be is mended: empty becomes `*`, a blank `_`, and a
    /// leading colon is dropped.
    #[must_use]
    pub fn param(mut self, param: &str) -> Line {
        self.0.push(' ');
        let start = self.0.len();
        self.word(param.trim_start_matches(|c| c == ':' || is_forbidden(c)));
        if self.0.len() == start {
            self.0.push('*');
        }
        self
    }

    /// Adds the last parameter, after a colon. A line takes it once.
    #[must_use]
    pub fn text(mut self, text: &str) -> Line {
        self.0.push_str(" :");
        match memchr::memchr3(b'\r', b'\n', b'\0', text.as_bytes()) {
            None => self.0.push_str(text),
            Some(_) => self.0.extend(text.chars().filter(|&c| !is_forbidden(c))),
        }
        self
    }

    /// Bytes on the wire, with the line end.
    pub fn wire_len(&self) -> usize {
        self.0.len() + 2
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Appends tags, line and line end.
    pub fn write(&self, tags: &Tags, out: &mut Vec<u8>) {
        out.extend_from_slice(tags.as_str().as_bytes());
        out.extend_from_slice(self.0.as_bytes());
        out.extend_from_slice(b"\r\n");
    }

    /// The line and its end, without tags.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.wire_len());
        self.write(&Tags::new(), &mut out);
        out
    }

    fn word(&mut self, word: &str) {
        // Without a branch for each the compiler looks at many bytes at once.
        if word.bytes().fold(true, |all, b| all & !matches!(b, b' ' | b'\r' | b'\n' | b'\0')) {
            return self.0.push_str(word);
        }
        let chars = word.chars().filter(|&c| !is_forbidden(c));
        self.0.extend(chars.map(|c| if c == ' ' { '_' } else { c }));
    }
}

fn is_forbidden(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Message;
    use proptest::prelude::*;

    #[test]
    fn parts_are_joined_as_the_wire_wants_them() {
        let line = Line::from_source("小花!u@h", "KICK").param("#a").param("bob").text("go :now");
        assert_eq!(line.as_str(), ":小花!u@h KICK #a bob :go :now");
        let mut out = Vec::new();
        line.write(&Tags::new().with("label", "1"), &mut out);
        assert_eq!(out, "@label=1 :小花!u@h KICK #a bob :go :now\r\n".as_bytes());
    }

    #[test]
    fn a_parameter_that_cannot_be_is_mended() {
        assert_eq!(Line::new("421").param("").param("a b").param("::c").as_str(), "421 * a_b c");
        // A NUL before the colon hid it, and the parameter became the last one.
        assert_eq!(Line::new("421").param("\0:W \0o").param("c").as_str(), "421 W_o c");
    }

    proptest! {
        #[test]
        fn the_encoder_writes_exactly_one_line(parts in prop::collection::vec(any::<String>(), 0..6), text: String) {
            let line = parts.iter().fold(Line::new("X"), |line, part| line.param(part)).text(&text);
            let bytes = line.to_bytes();
            prop_assert_eq!(bytes.iter().filter(|b| matches!(b, b'\r' | b'\n' | 0)).count(), 2);
            prop_assert!(bytes.ends_with(b"\r\n"));
        }

        #[test]
        fn parsing_what_was_printed_gives_it_back(
            source in "[^ \r\n\0]{1,8}", params in prop::collection::vec("[^: \r\n\0][^ \r\n\0]{0,8}", 0..14), text in "[^\r\n\0]*",
        ) {
            let line = params.iter().fold(Line::from_source(&source, "X1"), |line, p| line.param(p)).text(&text);
            let mut out = Vec::new();
            line.write(&Tags::new().with("label", &text), &mut out);
            let printed = String::from_utf8(out).unwrap();
            let m = Message::parse(printed.strip_suffix("\r\n").unwrap()).unwrap();
            prop_assert_eq!(m.source(), Some(source.as_str()));
            prop_assert_eq!(m.params().collect::<Vec<_>>(), params.iter().map(String::as_str).chain([text.as_str()]).collect::<Vec<_>>());
            let label = m.tag("label");
            prop_assert_eq!(label.as_deref(), Some(text.as_str()));
        }
    }
}
