//! The words of a `/command`: each is taken for something or is a mistake,
//! and with them the protocol line that the command sends.

use super::keyword::{COMMANDS, Command};
use super::syntax::Syntax;
use crate::wire::{Line, ctcp};
use std::ops::Range;

/// The words of a command, by their meaning. A field that its usage does not
/// name stays empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Words<'a> {
    room: Option<&'a str>,
    name: &'a str,
    key: Option<&'a str>,
    mask: Option<&'a str>,
    modes: &'a str,
    /// TEXT or REASON.
    text: &'a str,
}

const BLANKS: [char; 2] = [' ', '\t'];

/// The words that follow a command, read as its usage in the table says.
///
/// # Errors
/// A word that is left over, missing, or can't be what its place asks for; at bytes of the words.
pub fn words(command: Command, args: &str) -> Result<Words<'_>, Syntax> {
    let (name, usage) = row(command);
    let mut reader = Reader { command: name, usage, args, at: 0 };
    let mut words = Words::default();
    for part in usage.split(' ').filter(|part| !part.is_empty()) {
        let needed = !part.starts_with('[');
        match part.trim_matches(['[', ']']) {
            "#ROOM" if reader.next().starts_with('#') => words.room = Some(reader.take()?),
            "#ROOM" => {}
            // Without its room a word would be a room that lacks its sign.
            "KEY" if words.room.is_none() || reader.next().is_empty() => {}
            "KEY" if reader.next().starts_with('#') => return Err(reader.left_over(true)),
            "KEY" => words.key = Some(reader.take()?),
            "MASK" => words.mask = Some(reader.take()?).filter(|mask| !mask.is_empty()),
            "NAME" => words.name = reader.needed(part, words.room)?,
            "MODES" => {
                let first = reader.next();
                if !first.is_empty() && !first.starts_with(['+', '-']) {
                    return Err(reader.no_modes());
                }
                reader.needed(part, words.room)?;
                words.modes = reader.words_from(first)?;
            }
            text => {
                words.text = reader.text();
                if needed && words.text.is_empty() {
                    return Err(reader.missing(text, words.room));
                }
            }
        }
    }
    if reader.next().is_empty() { Ok(words) } else { Err(reader.left_over(words.room.is_some())) }
}

/// The protocol line of a command; `home` is the room meant where none is named.
pub fn line(command: Command, args: &str, home: &str) -> Line {
    // The planner lets no script through in which this is an error.
    let words = words(command, args).unwrap_or_default();
    let room = words.room.unwrap_or(home);
    let line = |word| Line::new(word);
    let with_reason = |line: Line| if words.text.is_empty() { line } else { line.text(words.text) };
    match command {
        Command::Away => with_reason(line("AWAY")),
        Command::Invite => line("INVITE").param(words.name).param(room),
        Command::Join => words.key.into_iter().fold(line("JOIN").param(room), Line::param),
        Command::Kick => with_reason(line("KICK").param(room).param(words.name)),
        Command::List => line("LIST"),
        Command::Me => line("PRIVMSG").param(room).text(&ctcp::action(words.text)),
        Command::Mode => words
            .modes
            .split(BLANKS)
            .filter(|word| !word.is_empty())
            .fold(line("MODE").param(room), Line::param),
        Command::Motd => line("MOTD"),
        Command::Msg => line("PRIVMSG").param(words.name).text(words.text),
        Command::Names => line("NAMES").param(room),
        Command::Nick => line("NICK").param(words.name),
        Command::Notice => line("NOTICE").param(words.name).text(words.text),
        Command::Part => with_reason(line("PART").param(room)),
        Command::Quit => with_reason(line("QUIT")),
        Command::Topic => line("TOPIC").param(room).text(words.text),
        Command::Who => line("WHO").param(words.mask.unwrap_or(home)),
        Command::Whois => line("WHOIS").param(words.name),
    }
}

fn row(command: Command) -> (&'static str, &'static str) {
    let row = COMMANDS.iter().find(|(known, ..)| *known == command);
    row.map(|(_, name, usage, _)| (*name, *usage)).expect("a test finds every command in the table")
}

struct Reader<'a> {
    command: &'static str,
    usage: &'static str,
    args: &'a str,
    /// The byte up to which words have been taken.
    at: usize,
}

impl<'a> Reader<'a> {
    /// The next word, and where it begins.
    fn look(&self) -> (usize, &'a str) {
        let rest = &self.args[self.at..];
        let word = rest.trim_start_matches(BLANKS);
        let end = word.find(BLANKS).unwrap_or(word.len());
        (self.at + rest.len() - word.len(), &word[..end])
    }

    fn next(&self) -> &'a str {
        self.look().1
    }

    fn place(&self) -> Range<usize> {
        let (at, word) = self.look();
        at..at + word.len()
    }

    /// The protocol takes a colon at the beginning of a word for something else.
    fn take(&mut self) -> Result<&'a str, Syntax> {
        let (at, word) = self.look();
        if word.starts_with(':') {
            let what = format!("no word of /{} begins with a colon", self.command);
            return Err(Syntax::new(self.place(), what).expected(self.form()));
        }
        self.at = at + word.len();
        Ok(word)
    }

    fn needed(&mut self, part: &str, room: Option<&str>) -> Result<&'a str, Syntax> {
        if self.next().is_empty() { Err(self.missing(part, room)) } else { self.take() }
    }

    /// All that follows; one blank in front of it separates.
    fn text(&mut self) -> &'a str {
        let rest = &self.args[self.at..];
        self.at = self.args.len();
        rest.strip_prefix(BLANKS).unwrap_or(rest)
    }

    /// All words to the end, from one on that has been taken.
    fn words_from(&mut self, first: &str) -> Result<&'a str, Syntax> {
        let start = self.at - first.len();
        while !self.next().is_empty() {
            self.take()?;
        }
        Ok(&self.args[start..self.at])
    }

    fn form(&self) -> String {
        format!("/{} {}", self.command, self.usage).trim_end().to_owned()
    }

    fn missing(&self, part: &str, room: Option<&str>) -> Syntax {
        let Some(room) = room else {
            let what = format!("`/{}` needs more", self.command);
            return Syntax::new(0..self.args.len(), what).expected(self.form());
        };
        let what = format!("`{room}` is the room, and no {part} follows it");
        let own = if part == "TEXT" { "; a TEXT that begins with # needs its room before it" } else { "" };
        Syntax::new(0..self.args.len(), what).expected(format!("{}{own}", self.form()))
    }

    fn no_modes(&self) -> Syntax {
        let what = format!("`{}` is neither a room nor modes", self.next());
        let expected =
            "/mode [#ROOM] MODES, which begin with + or -; `>> MODE NAME +i` changes somebody's own";
        Syntax::new(self.place(), what).expected(expected)
    }

    fn left_over(&self, has_room: bool) -> Syntax {
        let (at, word) = self.look();
        let before = self.args[..at].trim_end_matches(BLANKS);
        let is_room = word.starts_with('#');
        let start = format!("/{} {before}", self.command);
        let (what, mean) = match () {
            () if self.usage.contains("#ROOM") && is_room && has_room => {
                let list = self.usage.starts_with("[#ROOM]").then(|| format!("{start},{word}"));
                (format!("`{word}` is one room too many"), list)
            }
            () if self.usage.contains("#ROOM") && !has_room => {
                let start = start.trim_end();
                (format!("`{word}` is no room: a room begins with #"), Some(format!("{start} #{word}")))
            }
            () => (format!("/{} takes no more than this: `{word}` is left over", self.command), None),
        };
        Syntax::new(at..self.args.len(), what).expected(self.form()).mean(mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sent(command: Command, args: &str) -> String {
        words(command, args).unwrap();
        line(command, args, "#home").as_str().to_owned()
    }

    /// `+m` and `!` were once taken for rooms, as `+` and `!` begin some servers'.
    #[test]
    fn each_word_is_in_the_line() {
        for (command, args, wanted) in [
            (Command::Away, "to lunch", "AWAY :to lunch"),
            (Command::Away, "", "AWAY"),
            (Command::Invite, "Bob", "INVITE Bob #home"),
            (Command::Invite, "Bob  #lab", "INVITE Bob #lab"),
            (Command::Join, "", "JOIN #home"),
            (Command::Join, "#lab secret", "JOIN #lab secret"),
            (Command::Join, "#a,#b", "JOIN #a,#b"),
            (Command::Kick, "Bob", "KICK #home Bob"),
            (Command::Kick, "#lab  Bob too  loud", "KICK #lab Bob :too  loud"),
            (Command::List, "", "LIST"),
            (Command::Me, "+1", "PRIVMSG #home :\x01ACTION +1\x01"),
            (Command::Me, "#lab waves", "PRIVMSG #lab :\x01ACTION waves\x01"),
            (Command::Mode, "+m", "MODE #home +m"),
            (Command::Mode, "+v 小明", "MODE #home +v 小明"),
            (Command::Mode, "#lab  +kl  key 5", "MODE #lab +kl key 5"),
            (Command::Motd, "", "MOTD"),
            (Command::Msg, "Bob  : hi", "PRIVMSG Bob : : hi"),
            (Command::Names, "#lab", "NAMES #lab"),
            (Command::Nick, "Anna", "NICK Anna"),
            (Command::Notice, "#lab n", "NOTICE #lab :n"),
            (Command::Part, "", "PART #home"),
            (Command::Part, "see you", "PART #home :see you"),
            (Command::Part, "#lab see you", "PART #lab :see you"),
            (Command::Quit, "see you", "QUIT :see you"),
            (Command::Topic, "!!! #news", "TOPIC #home :!!! #news"),
            (Command::Topic, "#lab #news", "TOPIC #lab :#news"),
            (Command::Who, "", "WHO #home"),
            (Command::Who, "B*", "WHO B*"),
            (Command::Whois, "Bob", "WHOIS Bob"),
        ] {
            assert_eq!(sent(command, args), wanted);
        }
    }

    /// Each of these was once sent without a word of it, or as something else.
    #[test]
    fn no_word_is_left_over() {
        for (command, args, at, mean) in [
            (Command::Invite, "Bob lab", 4..7, Some("/invite Bob #lab")),
            (Command::Invite, "Bob #a #b", 7..9, None),
            (Command::Join, "lab", 0..3, Some("/join #lab")),
            (Command::Join, "#a #b", 3..5, Some("/join #a,#b")),
            (Command::Join, "#a key more", 7..11, None),
            (Command::Kick, "#lab", 0..4, None),
            (Command::List, "#lab", 0..4, None),
            (Command::Me, "#lab", 0..4, None),
            (Command::Mode, "Bob +o", 0..3, None),
            (Command::Mode, "#lab", 0..4, None),
            (Command::Mode, ":+o", 0..3, None),
            (Command::Mode, "+k :key", 3..7, None),
            (Command::Motd, "other.example", 0..13, None),
            (Command::Msg, "Bob", 0..3, None),
            (Command::Msg, ":Bob hi", 0..4, None),
            (Command::Names, "#a #b", 3..5, Some("/names #a,#b")),
            (Command::Names, "lab", 0..3, Some("/names #lab")),
            (Command::Nick, "A b", 2..3, None),
            (Command::Nick, "", 0..0, None),
            (Command::Notice, "Bob ", 0..4, None),
            (Command::Topic, "#NoTopic", 0..8, None),
            (Command::Who, "#lab o", 5..6, None),
            (Command::Whois, "A b", 2..3, None),
        ] {
            let mistake = words(command, args).unwrap_err();
            assert_eq!((mistake.at, mistake.mean.as_deref()), (at, mean), "{command:?} {args}");
        }
    }

    proptest! {
        /// Every word that is taken is sent, in its place.
        #[test]
        fn taken_words_are_sent_in_order(
            (command, ..) in prop::sample::select(COMMANDS),
            args in "[#+a-c:小]{1,3}([ \t　]{1,2}[#+a-c:小]{1,3}){0,4}",
        ) {
            if words(command, &args).is_ok() {
                let line = line(command, &args, "=").as_str().to_owned();
                let mut rest = line.as_str();
                for word in args.split(BLANKS).filter(|word| !word.is_empty()) {
                    let at = rest.find(word);
                    prop_assert!(at.is_some(), "{command:?} {args:?}: {line}");
                    rest = &rest[at.unwrap() + word.len()..];
                }
            }
        }
    }

    /// A word of the usage that this file does not know would be taken for a text.
    #[test]
    fn every_part_of_a_usage_is_known() {
        for (_, name, usage, _) in COMMANDS {
            for part in usage.split(' ').filter(|part| !part.is_empty()) {
                let known = ["#ROOM", "KEY", "MASK", "NAME", "MODES", "TEXT", "REASON"];
                assert!(known.contains(&part.trim_matches(['[', ']'])), "/{name} {usage}");
            }
        }
    }
}
