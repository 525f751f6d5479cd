//! Which texts are lines that a person reads, and where a line has its own
//! colon: there a full-width one counts as well.

use super::wording::{WORDS, Words};

const COLONS: [char; 2] = [':', '：'];

/// How a text reads.
enum Form {
    /// The colon before a message, topic or reason, at this byte.
    Colon(usize),
    /// It has no colon of its own.
    Plain,
}

/// The line that a text stands for; None where no event makes such a line.
pub fn as_read(text: &str) -> Option<String> {
    Some(match form(text)? {
        Form::Colon(at) => with_colon(text, at, |_| true),
        Form::Plain => text.to_owned(),
    })
}

/// The same for a glob, which may stand for any line: only a full-width colon
/// in the line's own place changes.
pub fn glob_as_read(text: &str) -> String {
    match form(text) {
        // An asterisk stands for the blank, too, and for no message at all.
        Some(Form::Colon(at)) if text[at..].starts_with('：') => {
            with_colon(text, at, |message| !message.starts_with('*'))
        }
        _ => text.to_owned(),
    }
}

fn with_colon(text: &str, at: usize, blank: impl Fn(&str) -> bool) -> String {
    let (before, after) = text.split_at(at);
    let message = after.strip_prefix(COLONS).unwrap_or(after);
    let blank = if message.is_empty() || message.starts_with(' ') || !blank(message) { "" } else { " " };
    format!("{before}:{blank}{message}")
}

fn form(text: &str) -> Option<Form> {
    let in_room = text.strip_prefix('[').and_then(|inside| inside.split_once("] "));
    let line = in_room.map_or(text, |(_, line)| line);
    let colon_or_end = |rest: &str| match rest.starts_with(COLONS) {
        true => Some(Form::Colon(text.len() - rest.len())),
        false => rest.is_empty().then_some(Form::Plain),
    };
    if line.strip_prefix("* ").is_some_and(|kind| !kind.is_empty()) {
        return Some(Form::Plain);
    }
    let (name, rest) = line.split_at(name_end(line));
    if name.is_empty() {
        return None;
    }
    let Some(kind) = rest.strip_prefix(' ') else {
        return colon_or_end(rest).filter(|_| !rest.is_empty());
    };
    if name.len() > 2 && name.starts_with('-') && name.ends_with('-') {
        return Some(Form::Plain);
    }
    let renames = kind.strip_prefix("→ ").is_some_and(|new| !new.is_empty() && !new.contains(' '));
    match renames {
        true => Some(Form::Plain),
        false => WORDS.iter().find_map(|words| of_words(words, kind, colon_or_end)),
    }
}

/// An event that has a word of its own.
fn of_words(words: &Words, kind: &str, colon_or_end: impl Fn(&str) -> Option<Form>) -> Option<Form> {
    let colon = |rest| colon_or_end(rest).filter(|form| matches!(form, Form::Colon(_)));
    let after = |word: &str| kind.strip_prefix(word)?.strip_prefix(' ').filter(|rest| !rest.is_empty());
    let whom = |word: &str| after(word).map(|rest| &rest[name_end(rest)..]).filter(|rest| *rest != kind);
    if [words.joins, words.back].contains(&kind) {
        return Some(Form::Plain);
    }
    if let Some(form) = kind.strip_prefix(words.leaves).and_then(&colon_or_end) {
        return Some(form);
    }
    for word in [words.away, words.describes, words.garbles] {
        if let Some(form) = kind.strip_prefix(word).and_then(colon) {
            return Some(form);
        }
    }
    let at_somebody = [words.kicks, words.kills].into_iter().find_map(|word| colon_or_end(whom(word)?));
    let invites = whom(words.invites).filter(|rest| rest.is_empty()).map(|_| Form::Plain);
    let said = [words.mode, words.ctcp, words.tags, words.sends].into_iter().find_map(after);
    at_somebody.or(invites).or(said.map(|_| Form::Plain))
}

fn name_end(text: &str) -> usize {
    text.find([' ', ':', '：']).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A full-width colon counts where a line has its own: `小安：大家好` once differed from `小安: 大家好`.
    #[test]
    fn full_width_colon_counts() {
        for (written, read) in [
            ("小安：大家好", "小安: 大家好"),
            ("小安： 大家好", "小安: 大家好"),
            ("Ann:hi", "Ann: hi"),
            ("[#lab] 小安：我說：好", "[#lab] 小安: 我說：好"),
            ("小安: 我說：好", "小安: 我說：好"),
            ("topic：今天", "topic: 今天"),
            ("主題：今天", "主題: 今天"),
            ("小安 離開聊天室：吃飯", "小安 離開聊天室: 吃飯"),
            ("小安 離開：吃飯", "小安 離開: 吃飯"),
            ("小安 請走 小花：太吵：真的", "小安 請走 小花: 太吵：真的"),
            ("* 小安 說：好", "* 小安 說：好"),
            ("-小安- 說：好", "-小安- 說：好"),
            ("小安：", "小安:"),
        ] {
            assert_eq!(as_read(written).as_deref(), Some(read));
        }
        assert_eq!(glob_as_read("小安：*"), "小安:*");
        assert_eq!(glob_as_read("*：我說：*"), "*: 我說：*");
        assert_eq!(glob_as_read("a:*：b"), "a:*：b");
    }

    /// Texts that no line can have are refused: once they were waited for and never came.
    #[test]
    fn impossible_texts_are_no_lines() {
        for line in [
            "Ann joins",
            "Ann → Anna",
            "Ann kicks Bob",
            "Ann leaves",
            "Ann mode +o Bob",
            "Ann 模式 +o Bob",
            "404: no",
            "Ann kills Bob: spam",
            "[#lab] Ann invites Bob",
            "Ann CTCP VERSION",
            "[private] Ann CTCP reply VERSION: x",
            "Ann tags +a=1",
            "[wallops] Ann: all hands",
            "Ann is away: lunch",
            "Ann 回來了",
            "Ann realname: Ann Lee",
            "Ann sends REDACT #lobby x",
        ] {
            assert_eq!(as_read(line).as_deref(), Some(line));
        }
        for text in [
            "\"hi\"",
            "hi",
            "hi there",
            ": hi",
            "Ann kicks",
            "Ann leaves now",
            "Ann →",
            "[#lab] hi",
            "* ",
            "Ann invites",
            "Ann is away",
            "Ann mode",
        ] {
            assert_eq!(as_read(text), None, "{text}");
        }
    }
}
