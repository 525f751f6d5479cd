//! Several lines as one message, within what the server takes (IRCv3 multiline).

use super::line::Line;
use super::message::Message;
use super::split::split;
use super::tags::Tags;

/// The capability, and the type of its batches.
pub const NAME: &str = "draft/multiline";
/// The tag of a line that goes on where the one before it ended.
pub const CONCAT: &str = "draft/multiline-concat";

/// What one message may hold: the value of the capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of the whole text, line breaks counted.
    pub bytes: usize,
    pub lines: usize,
}

impl Default for Limits {
    /// What every server takes that takes any: "max-bytes" is required, and
    /// this is the least that is of use.
    fn default() -> Limits {
        Limits { bytes: 4096, lines: 24 }
    }
}

impl Limits {
    /// `max-bytes=4096,max-lines=24`
    pub fn read(value: &str) -> Limits {
        let number = |key: &str| {
            let pairs = value.split(',').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(k, _)| *k == key).find_map(|(_, number)| number.parse().ok())
        };
        let usual = Limits::default();
        let number = |key, usual| number(key).filter(|&number: &usize| number > 0).unwrap_or(usual);
        Limits { bytes: number("max-bytes", usual.bytes), lines: number("max-lines", usual.lines) }
    }
}

/// What one line of the wire carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub text: String,
    /// It goes on where the part before it ended, without a line break.
    pub joins: bool,
}

/// The messages that this text needs, each with at least one part that is not
/// blank; no part has more than `most` bytes.
pub fn split_lines(text: &str, limits: Limits, most: usize) -> Vec<Vec<Part>> {
    let mut messages: Vec<Vec<Part>> = vec![Vec::new()];
    let mut bytes = 0;
    for line in text.split('\n') {
        let pieces = if line.is_empty() { vec![""] } else { split(line, most.min(limits.bytes)) };
        for (at, piece) in pieces.into_iter().enumerate() {
            let message = messages.last().expect("it begins with one, and none is taken out");
            let added = piece.len() + usize::from(!message.is_empty() && at == 0);
            if message.len() == limits.lines || bytes + added > limits.bytes {
                messages.push(Vec::new());
                bytes = 0;
            }
            let message = messages.last_mut().expect("one was pushed, or there was one");
            bytes += if message.is_empty() { piece.len() } else { added };
            message.push(Part { text: piece.to_owned(), joins: at > 0 && !message.is_empty() });
        }
    }
    messages.retain(|parts| parts.iter().any(|part| !part.text.is_empty()));
    messages
}

/// The text that the parts make up.
pub fn text(parts: &[Part]) -> String {
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        add(&mut text, at, &part.text, part.joins);
    }
    text
}

/// Adds a part to a text of so many parts.
pub fn add(text: &mut String, parts: usize, part: &str, joins: bool) {
    if parts > 0 && !joins {
        text.push('\n');
    }
    text.push_str(part);
}

/// Whether a line of a batch goes on where the one before it ended.
pub fn joins(message: &Message) -> bool {
    message.raw_tags().any(|tag| tag.split('=').next() == Some(CONCAT))
}

/// Writes a batch of this name: its opening has the tags.
pub fn write(name: &str, target: &str, parts: &[Part], tags: &Tags, out: &mut Vec<u8>) {
    Line::new("BATCH").param(&format!("+{name}")).param(NAME).param(target).write(tags, out);
    for part in parts {
        let mut tags = Tags::new().with("batch", name);
        if part.joins {
            tags.push(CONCAT, "");
        }
        Line::new("PRIVMSG").param(target).text(&part.text).write(&tags, out);
    }
    Line::new("BATCH").param(&format!("-{name}")).write(&Tags::new(), out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_are_one_message_while_they_fit() {
        let part = |text: &str, joins| Part { text: text.to_owned(), joins };
        let limits = Limits::read("max-bytes=40,max-lines=3");
        assert_eq!(limits, Limits { bytes: 40, lines: 3 });
        let messages = split_lines("one\n\ntwo three\nfour", limits, 5);
        assert_eq!(
            messages,
            [
                vec![part("one", false), part("", false), part("two ", false)],
                vec![part("three", false), part("four", false)]
            ]
        );
        assert_eq!(
            split_lines("sixsix\n3", limits, 4),
            [vec![part("sixs", false), part("ix", true), part("3", false)]]
        );
        assert!(split_lines("\n\n", limits, 5).is_empty());
        assert_eq!(Limits::read("nonsense"), Limits::default());
    }

    proptest! {
        #[test]
        fn no_message_is_more_than_the_server_takes(text in "[a-c \n字]{0,80}", bytes in 10usize..50, lines in 1usize..6, most in 4usize..20) {
            let limits = Limits { bytes, lines };
            let messages = split_lines(&text, limits, most);
            for parts in &messages {
                prop_assert!(super::text(parts).len() <= bytes && parts.len() <= lines && !parts[0].joins);
                prop_assert!(parts.iter().all(|part| part.text.len() <= most && !(part.joins && part.text.is_empty())));
            }
            // What was divided once is not divided again.
            for parts in &messages {
                let again = split_lines(&super::text(parts), limits, most);
                prop_assert_eq!(again.len(), 1, "{:?} {:?}", parts, again);
            }
            let letters = |text: &str| text.replace('\n', "");
            prop_assert_eq!(letters(&messages.iter().map(|parts| super::text(parts)).collect::<String>()), letters(&text));
        }
    }
}
