//! What a line is compared with.

use crate::text::sanitise::for_drawing;
use regex::Regex;

/// How a pattern is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Literal,
    /// `*` is any text, `?` any character, `\` takes the next one's meaning away.
    Glob,
    /// A regular expression that must match the whole line.
    Regex,
}

/// A pattern of a script, ready to match.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// As it is written, for reports.
    source: String,
    rule: Rule,
}

#[derive(Debug, Clone)]
enum Rule {
    /// As it would be drawn.
    Literal(String),
    Whole(Regex),
}

impl Pattern {
    /// # Errors
    /// What is wrong with a regular expression.
    pub fn new(style: Style, source: &str) -> Result<Pattern, String> {
        let rule = match style {
            Style::Literal => Rule::Literal(for_drawing(source).into_owned()),
            Style::Glob => Rule::Whole(whole(&glob(source))?),
            Style::Regex => Rule::Whole(whole(source)?),
        };
        Ok(Pattern { source: source.to_owned(), rule })
    }

    /// A line that must be exactly this.
    pub fn literal(line: &str) -> Pattern {
        Pattern { source: line.to_owned(), rule: Rule::Literal(for_drawing(line).into_owned()) }
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn is_literal(&self) -> bool {
        matches!(self.rule, Rule::Literal(_))
    }

    /// Whether a line, as it would be drawn, is what is meant.
    pub fn matches(&self, line: &str) -> bool {
        match &self.rule {
            Rule::Literal(text) => text == line,
            Rule::Whole(regex) => regex.is_match(line),
        }
    }
}

fn whole(regex: &str) -> Result<Regex, String> {
    // The expression alone first, so that its own mistakes are told, not those of its wrapping.
    let wrong = |error: regex::Error| error.to_string().lines().last().unwrap_or("").trim().to_owned();
    Regex::new(regex).map_err(wrong)?;
    Regex::new(&format!("(?s)\\A(?:{regex})\\z")).map_err(wrong)
}

fn glob(glob: &str) -> String {
    let mut regex = String::with_capacity(glob.len() + 8);
    let mut chars = glob.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '\\' => regex.push_str(&regex::escape(chars.next().unwrap_or('\\').encode_utf8(&mut [0; 4]))),
            c => regex.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    regex
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(style: Style, pattern: &str, line: &str) -> bool {
        Pattern::new(style, pattern).unwrap().matches(line)
    }

    /// Characters that are not drawn make no difference to a literal line.
    #[test]
    fn literal_is_compared_as_drawn() {
        assert!(matches(Style::Literal, "小明: \u{202e}hi", "小明: hi"));
        assert!(!matches(Style::Literal, "a*", "abc"));
    }

    #[test]
    fn a_glob_covers_the_whole_line() {
        assert!(matches(Style::Glob, "[NEW CONNECTION] ('*', ?????) *", "[NEW CONNECTION] ('::1', 55504) x"));
        assert!(matches(Style::Glob, r"\* 小明 *", "* 小明 waves"));
        assert!(!matches(Style::Glob, "a*", "ba"));
        assert!(!matches(Style::Glob, "a.c", "abc"));
    }

    /// A regular expression must match the whole line.
    #[test]
    fn regex_covers_the_whole_line() {
        assert!(matches(Style::Regex, "a|bc", "bc"));
        assert!(!matches(Style::Regex, "a|bc", "bcd"));
        assert!(Pattern::new(Style::Regex, "a)(b").is_err());
        assert!(Pattern::new(Style::Regex, "(").is_err());
    }
}
