//! Texts of a script: literal, but for `${…}`.

use super::syntax::{Syntax, nearest};
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

/// Bytes that one text may grow to by its values.
pub const MOST_BYTES: usize = 1024 * 1024;

/// A text with its values still in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Never empty, never beside another text, and never ending in `$` before
    /// a value: `$${` would be read as a literal `${`.
    Text(String),
    /// `${name}`: what `let` or `each` gave it.
    Name(String),
    /// `${repeat:text,n}`.
    Repeat { text: String, times: usize },
    /// `${u:202E}`.
    Code(char),
    /// `${#}`: a `#` that starts no comment.
    Hash,
}

/// Why a text can't be filled in.
#[derive(Debug, PartialEq, Eq)]
pub enum FillError {
    /// Of this name.
    NoValue(String),
    /// More than [`MOST_BYTES`].
    TooLong,
}

/// The kinds of value, for messages and the manual.
pub const VALUES: [(&str, &str); 5] = [
    ("${name}", "what `let name = …` or `each name …` gave it"),
    ("${repeat:text,n}", "the text, n times"),
    ("${u:202E}", "the character with this hexadecimal number"),
    ("${#}", "a # where it would start a comment"),
    ("$${", "a literal ${"),
];

impl Template {
    /// A text without values, written so that a line can hold it: blanks at
    /// its end and a `#` that could start a comment become values.
    pub fn literal(text: &str) -> Template {
        let body = text.trim_end_matches([' ', '\t']);
        let mut template = Template::default();
        let mut before = ' ';
        let mut chars = body.chars().peekable();
        while let Some(c) = chars.next() {
            let comment = c == '#' && before == ' ' && chars.peek().is_none_or(|&next| next == ' ');
            match c {
                '#' if comment => template.0.push(Part::Hash),
                '\n' | '\r' => template.0.push(Part::Code(c)),
                c => template.push_char(c),
            }
            before = c;
        }
        template.0.extend(text[body.len()..].chars().map(Part::Code));
        template.normal()
    }

    /// Reads a text that starts at byte `from` of its line.
    pub fn parse(text: &str, from: usize, errors: &mut Vec<Syntax>) -> Template {
        let mut template = Template::default();
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            if rest.starts_with("$${") {
                template.push_text("${");
                at += 3;
            } else if rest.starts_with("${") {
                let Some(end) = rest.find('}') else {
                    errors.push(
                        Syntax::new(from + at..from + text.len(), "a value without its `}`")
                            .expected("`}`; a literal `${` is written `$${`"),
                    );
                    break;
                };
                let place = from + at..from + at + end + 1;
                match value(&rest[2..end], place) {
                    Ok(part) => template.0.push(part),
                    Err(error) => errors.push(error),
                }
                at += end + 1;
            } else {
                let c = rest.chars().next().expect("at is inside the text");
                template.push_char(c);
                at += c.len_utf8();
            }
        }
        template.normal()
    }

    /// The text with its values filled in.
    ///
    /// # Errors
    /// The first name that `values` doesn't hold, or that the text is longer than [`MOST_BYTES`].
    pub fn fill(&self, values: &HashMap<String, String>) -> Result<String, FillError> {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Name(name) => {
                    out.push_str(values.get(name).ok_or_else(|| FillError::NoValue(name.clone()))?)
                }
                Part::Repeat { text, times } => out.push_str(&text.repeat(*times)),
                Part::Code(c) => out.push(*c),
                Part::Hash => out.push('#'),
            }
            if out.len() > MOST_BYTES {
                return Err(FillError::TooLong);
            }
        }
        Ok(out)
    }

    /// Whether it is written as it will be: nothing in it stands for something else.
    pub fn is_literal(&self) -> bool {
        self.0.iter().all(|part| matches!(part, Part::Text(text) if !text.contains("${")))
    }

    /// The literal stretches, for a reader that gives characters in them a meaning.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    fn push_char(&mut self, c: char) {
        match self.0.last_mut() {
            Some(Part::Text(text)) => text.push(c),
            _ => self.0.push(Part::Text(c.to_string())),
        }
    }

    fn push_text(&mut self, text: &str) {
        text.chars().for_each(|c| self.push_char(c));
    }

    fn normal(self) -> Template {
        let mut parts: Vec<Part> = Vec::with_capacity(self.0.len());
        for part in self.0 {
            if !matches!(part, Part::Text(_)) {
                dollars_as_codes(&mut parts);
            }
            parts.push(part);
        }
        Template(parts)
    }
}

fn dollars_as_codes(parts: &mut Vec<Part>) {
    let Some(Part::Text(text)) = parts.last_mut() else { return };
    let kept = text.trim_end_matches('$').len();
    let dollars = text.len() - kept;
    text.truncate(kept);
    if kept == 0 {
        parts.pop();
    }
    parts.extend(std::iter::repeat_n(Part::Code('$'), dollars));
}

fn value(inside: &str, place: Range<usize>) -> Result<Part, Syntax> {
    if inside == "#" {
        return Ok(Part::Hash);
    }
    let Some((kind, argument)) = inside.split_once(':') else {
        return match !inside.is_empty() && inside.chars().all(is_name) {
            true => Ok(Part::Name(inside.to_owned())),
            false => Err(Syntax::new(place, format!("`{inside}` is no value's name"))
                .expected("letters, digits, `-` or `_`")),
        };
    };
    match kind {
        "u" => {
            u32::from_str_radix(argument, 16).ok().and_then(char::from_u32).map(Part::Code).ok_or_else(|| {
                Syntax::new(place, format!("`{argument}` is no character's number"))
                    .expected("a hexadecimal number such as 202E")
            })
        }
        "repeat" => {
            let wrong = || {
                Syntax::new(place.clone(), "the text to repeat and how often").expected("${repeat:text,n}")
            };
            let (text, times) = argument.rsplit_once(',').ok_or_else(wrong)?;
            let times: usize = times.trim().parse().map_err(|_| wrong())?;
            if text.len().saturating_mul(times) > MOST_BYTES {
                return Err(Syntax::new(place, "more than 1 MiB of text").expected("a smaller number"));
            }
            Ok(Part::Repeat { text: text.to_owned(), times })
        }
        _ => Err(Syntax::new(place, format!("`${{{kind}:…}}` is not known"))
            .expected("${name}, ${repeat:text,n}, ${u:202E} or ${#}")
            .mean(nearest(kind, ["repeat", "u"]))),
    }
}

/// Whether a value's name may hold this character.
pub fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.0 {
            match part {
                Part::Text(text) => write!(f, "{}", text.replace("${", "$${"))?,
                Part::Name(name) => write!(f, "${{{name}}}")?,
                Part::Repeat { text, times } => write!(f, "${{repeat:{text},{times}}}")?,
                Part::Code(c) => write!(f, "${{u:{:X}}}", u32::from(*c))?,
                Part::Hash => write!(f, "${{#}}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filled(text: &str) -> String {
        let mut errors = Vec::new();
        let template = Template::parse(text, 0, &mut errors);
        assert!(errors.is_empty(), "{errors:?}");
        template.fill(&HashMap::from([("i".to_owned(), "7".to_owned())])).unwrap()
    }

    /// Values are filled in, the rest is literal.
    #[test]
    fn values_are_filled_in() {
        assert_eq!(filled("學生${i}: ${repeat:ab,3}"), "學生7: ababab");
        assert_eq!(filled("a${u:202E}b  ${#} \"c\""), "a\u{202e}b  # \"c\"");
        assert_eq!(filled("$${i} $5 $$ ${repeat:,,2}"), "${i} $5 $$ ,,");
    }

    #[test]
    fn a_name_without_a_value_is_told() {
        let template = Template::parse("${who}", 0, &mut Vec::new());
        assert_eq!(template.fill(&HashMap::new()), Err(FillError::NoValue("who".to_owned())));
    }

    #[test]
    fn growth_is_bounded() {
        let mut errors = Vec::new();
        Template::parse("${repeat:ab,99999999999}", 0, &mut errors);
        assert_eq!(errors.len(), 1);
        // A value that doubles itself line by line had no bound.
        let doubled = Template::parse("${a}${a}", 0, &mut Vec::new());
        let values = |bytes| HashMap::from([("a".to_owned(), "x".repeat(bytes))]);
        assert_eq!(doubled.fill(&values(MOST_BYTES / 2)).map(|text| text.len()), Ok(MOST_BYTES));
        assert_eq!(doubled.fill(&values(MOST_BYTES / 2 + 1)), Err(FillError::TooLong));
    }

    proptest! {
        #[test]
        fn a_literal_text_is_itself_however_odd(text in "[a-z #$\\{\\}:,小\\n]{0,20}") {
            let template = Template::literal(&text);
            prop_assert_eq!(template.fill(&HashMap::new()).unwrap(), text);
            let printed = template.to_string();
            let line = format!("A: {printed}");
            prop_assert!(!line.contains("  # ") && !printed.ends_with(' '));
            let mut errors = Vec::new();
            prop_assert_eq!(Template::parse(&printed, 0, &mut errors), template);
            prop_assert!(errors.is_empty());
        }
    }
}
