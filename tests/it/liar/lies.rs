//! What a lie is, and how lines are changed.

mod table;

use super::random::{Deed, Kind};
use std::fmt;
pub(super) use table::{ECHOED, LIES};

/// Whom it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum To {
    /// Somebody else who gets the line.
    Other,
    /// The one who acts.
    Actor,
    /// Somebody who is here and gets nothing.
    Bystander,
}

/// What a lie may know.
#[derive(Debug, Clone)]
pub(super) struct About {
    pub(super) deed: Deed,
    /// Who is lied to, as it is called.
    pub(super) victim: String,
    /// Somebody else who is there.
    pub(super) third: String,
}

type Lines = Vec<Vec<u8>>;

/// How it is told.
#[derive(Clone, Copy)]
pub(super) enum How {
    /// These come instead of the line.
    Instead(fn(&str, &About) -> Lines),
    /// These come, and nothing asked for them.
    Beside(fn(&About) -> Lines),
    /// This comes, and nothing asked for it; `{victim}` is its reader.
    Ghost(&'static str),
    /// Beside the line before it comes what the next deed causes.
    Early,
    /// The line comes when the step is over.
    Late,
    /// The next line of a block comes before it: of the same sender or another.
    Swap { of_same: bool },
    /// It is made one with the sender's next line.
    Join,
    /// It comes to somebody else instead.
    Elsewhere,
    /// The server does not hear of it.
    Undone,
    /// After the line the connection ends, and nobody is told; `instead` of it.
    Close { instead: bool },
    /// No PING is answered any more.
    Mute,
}

impl fmt::Debug for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            How::Instead(_) => "instead",
            How::Beside(_) => "beside",
            How::Ghost(line) => line,
            How::Early => "early",
            How::Late => "late",
            How::Swap { .. } => "swap",
            How::Join => "join",
            How::Elsewhere => "elsewhere",
            How::Undone => "undone",
            How::Close { .. } => "close",
            How::Mute => "mute",
        })
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Lie {
    pub(super) name: &'static str,
    pub(super) about: &'static [Kind],
    pub(super) to: To,
    pub(super) how: How,
    /// A reader sees the difference: a written line is not met either.
    pub(super) drawn: bool,
    /// It is told under load, too.
    pub(super) load: bool,
    /// Only where a `<<` is met by the line.
    pub(super) raw: bool,
    /// The line comes as well: what is wrong is in no line of the script.
    pub(super) copies: bool,
}

impl Lie {
    const fn drawn(self) -> Lie {
        Lie { drawn: true, ..self }
    }

    const fn copies(self) -> Lie {
        Lie { copies: true, ..self }
    }

    /// It changes a line that comes; other lies need none.
    pub(super) fn is_about_a_line(&self) -> bool {
        match self.how {
            How::Instead(_)
            | How::Late
            | How::Swap { .. }
            | How::Join
            | How::Elsewhere
            | How::Close { .. } => true,
            How::Beside(_) | How::Ghost(_) | How::Early | How::Undone | How::Mute => false,
        }
    }

    const fn raw(self) -> Lie {
        Lie { raw: true, ..self }
    }

    /// A load test plays no such thing, or judges nobody to whom it is told.
    const fn single(self) -> Lie {
        Lie { load: false, ..self }
    }
}

pub(super) fn all<L: AsRef<[u8]>, const N: usize>(lines: [L; N]) -> Lines {
    lines.iter().map(|line| line.as_ref().to_vec()).collect()
}

/// The room that it is about, or the first.
pub(super) fn room(about: &About) -> &str {
    about.deed.caused.get(1).map(String::as_str).filter(|room| room.starts_with('#')).unwrap_or("#lobby")
}

pub(super) fn refusal(about: &About) -> String {
    format!(":irc.example.net 404 {} {} :Cannot send", about.victim, room(about))
}

pub(super) fn cut(text: &str, letters: usize) -> String {
    text.chars().take(text.chars().count() - letters).collect()
}

/// Where the source, the command and the parameters begin and end.
pub(super) fn words(line: &str) -> Vec<std::ops::Range<usize>> {
    let mut words = Vec::new();
    let mut at = if line.starts_with('@') { line.find(' ').unwrap() + 1 } else { 0 };
    while at < line.len() {
        let last = words.len() > 1 && line[at..].starts_with(':');
        let end = if last { line.len() } else { line[at..].find(' ').map_or(line.len(), |blank| at + blank) };
        words.push(at..end);
        at = end + 1;
    }
    words
}

fn with_word(line: &str, nth: usize, word: &str) -> String {
    let mut at = words(line)[nth].clone();
    if nth > 1 && line[at.clone()].starts_with(':') {
        at.start += 1;
    }
    format!("{}{word}{}", &line[..at.start], &line[at.end..])
}

/// The same by another source.
pub(super) fn by(line: &str, source: &str) -> String {
    with_word(line, 0, &format!(":{source}"))
}

/// Another command.
pub(super) fn command(line: &str, command: &str) -> Lines {
    all([with_word(line, 1, command)])
}

/// Another parameter, counted from 1.
pub(super) fn with_param(line: &str, nth: usize, value: &str) -> String {
    with_word(line, nth + 1, value)
}

/// Another last parameter.
pub(super) fn last(line: &str, other: impl Fn(&str) -> String) -> Lines {
    let at = words(line).last().unwrap().clone();
    let old = line[at.clone()].strip_prefix(':').unwrap_or(&line[at.clone()]);
    all([format!("{}:{}", &line[..at.start], other(old))])
}

/// The same with another text; the signs of a CTCP message and its first word stay.
pub(super) fn text(line: &str, other: impl Fn(&str) -> String) -> Lines {
    last(line, |old| {
        match old.strip_prefix('\x01').and_then(|ctcp| ctcp.strip_suffix('\x01')?.split_once(' ')) {
            Some((command, text)) => format!("\x01{command} {}\x01", other(text)),
            None => other(old),
        }
    })
}
