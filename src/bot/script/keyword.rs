//! Every word of the language, once: the parser, its messages and the manual
//! page are made from these tables.

use crate::text::Lang;

/// What a word means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Word {
    Joins,
    Leaves,
    Connects,
    Drops,
    Stalls,
    Resumes,
    Reconnects,
    Dies,
    Restarts,
    Sees,
    SeesNothing,
    Everyone,
    Others,
    Server,
    Together,
    Each,
    Let,
    Wait,
    As,
}

/// Where a word may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// After the actor of a step.
    Action,
    /// After `server`, at the start of a line.
    Outage,
    /// After the people of an expectation.
    Check,
    /// Instead of people's names in an expectation.
    Who,
    /// At the start of a line that is no step.
    Control,
    /// Inside an action.
    Inside,
}

/// A word in both languages.
#[derive(Debug)]
pub struct Keyword {
    pub word: Word,
    pub place: Place,
    pub en: &'static str,
    /// The first is the one that is printed; none where there is only English.
    pub zh: &'static [&'static str],
    /// For the manual.
    pub about: &'static str,
}

pub const KEYWORDS: &[Keyword] = &[
    keyword(
        Word::Joins,
        Place::Action,
        "joins",
        &["進入聊天室", "進入"],
        "comes into the room, on a connection of its own. Somebody who is in the room already may join again: nothing \
         is implied",
    ),
    keyword(
        Word::Leaves,
        Place::Action,
        "leaves",
        &["離開聊天室", "離開"],
        "leaves the room named, or leaves altogether where none is",
    ),
    keyword(
        Word::Connects,
        Place::Action,
        "connects",
        &["連線"],
        "opens a connection and says nothing on it",
    ),
    keyword(
        Word::Drops,
        Place::Action,
        "drops",
        &["斷線"],
        "resets the connection, without a word; the step is over when all who share a room have seen the \
         departure, or where nobody shares one, when the name is free, at the latest after --timeout",
    ),
    keyword(Word::Stalls, Place::Action, "stalls", &["停讀"], "reads nothing more; its socket holds 4 KiB"),
    keyword(
        Word::Resumes,
        Place::Action,
        "resumes",
        &["恢復"],
        "reads again, and must get all that it missed",
    ),
    keyword(
        Word::Reconnects,
        Place::Action,
        "reconnects",
        &["重連"],
        "comes back under the same name and into the same rooms, trying again while the name is held; where the \
         server keeps history, exactly what was said there meanwhile must come; where it keeps none, a line of the \
         output says that this was skipped, and only the coming back is compared (@only-if cap draft/chathistory \
         plays a script only where there is history)",
    ),
    keyword(
        Word::Dies,
        Place::Outage,
        "dies",
        &["當機"],
        "our own server is killed (kill -9), and every connection ends with it",
    ),
    keyword(
        Word::Restarts,
        Place::Outage,
        "restarts",
        &["重啟"],
        "it is started again, on the same port and with what it has kept: a script that says so has a folder for \
         that while it is played. A person who reconnects must find every message that came from the rooms since \
         that person entered them, once and in order, and what was said since",
    ),
    keyword(
        Word::SeesNothing,
        Place::Check,
        "sees nothing",
        &["看不到任何東西"],
        "nothing that counts comes to these people in this step",
    ),
    keyword(Word::Sees, Place::Check, "sees", &["看到"], "this line comes to these people, in this order"),
    keyword(
        Word::Everyone,
        Place::Who,
        "everyone",
        &["大家"],
        "everybody who is connected, in the room or not; not somebody whose connection was reset",
    ),
    keyword(Word::Others, Place::Who, "others", &["其他人"], "the same without the step's actor"),
    keyword(Word::Server, Place::Who, "server", &["伺服器"], "the server's console (our own server only)"),
    keyword(
        Word::Together,
        Place::Control,
        "together",
        &["同時"],
        "the steps up to a line `}` are taken at once: together {; --line N inside plays the whole block",
    ),
    keyword(Word::Each, Place::Control, "each", &[], "one step for each number: each i 1..20 學生${i} joins"),
    keyword(Word::Let, Place::Control, "let", &[], "gives a value a name: let greeting = 哈囉"),
    keyword(Word::Wait, Place::Control, "wait", &[], "waits, for the server's own timers only: wait 3s"),
    keyword(
        Word::As,
        Place::Inside,
        "as",
        &[],
        "another name on the wire than in the script: after `Ann joins as Anna` steps and `Ann sees …` go on \
         with Ann, while patterns and the names after /msg, /kick and the like are those of the wire: `Bob sees Anna: hi`",
    ),
];

const fn keyword(
    word: Word,
    place: Place,
    en: &'static str,
    zh: &'static [&'static str],
    about: &'static str,
) -> Keyword {
    Keyword { word, place, en, zh, about }
}

impl Keyword {
    pub fn spellings(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.en).chain(self.zh.iter().copied())
    }

    /// The word as it is printed in a language.
    pub fn spelled(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::ZhTw => self.zh.first().copied().unwrap_or(self.en),
            Lang::En => self.en,
        }
    }

    /// For a message to the author of a script: in the script's language, in
    /// both where it has shown none: `joins (進入聊天室)`.
    pub fn told(&self, lang: Option<Lang>) -> String {
        match (lang, self.zh.first()) {
            (None, Some(zh)) => format!("{} ({zh})", self.en),
            (lang, _) => self.spelled(lang.unwrap_or_default()).to_owned(),
        }
    }
}

/// What people write who take a script for a story: `Ann says: hi`.
pub const SAYING: [&str; 5] = ["says", "said", "say", "說", "说"];

/// The word's row.
pub fn of(word: Word) -> &'static Keyword {
    KEYWORDS.iter().find(|k| k.word == word).expect("a test finds every word in the table")
}

/// The words that may stand in a place.
pub fn at(place: Place) -> impl Iterator<Item = &'static Keyword> {
    KEYWORDS.iter().filter(move |k| k.place == place)
}

/// The longest word of a place that `text` begins with, in which language,
/// and its length in bytes.
pub fn longest(text: &str, place: Place) -> Option<(&'static Keyword, Lang, usize)> {
    let matching = at(place).flat_map(|k| k.spellings().map(move |spelling| (k, spelling)));
    matching
        .filter(|(_, spelling)| {
            // A word ends where its letters end, but Chinese may go on with the pattern.
            let ends = place != Place::Check || spelling.is_ascii();
            let after = text.strip_prefix(*spelling).map(|rest| rest.chars().next());
            after.is_some_and(|next| !(ends && next.is_some_and(char::is_alphanumeric)))
        })
        .max_by_key(|(_, spelling)| spelling.len())
        .map(|(k, spelling)| (k, if spelling.is_ascii() { Lang::En } else { Lang::ZhTw }, spelling.len()))
}

/// What an `@` line may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Title,
    Room,
    Serve,
    Strict,
    OnlyIf,
    SkipIf,
    Xfail,
}

pub const KEYS: &[(Key, &str, &str)] = &[
    (Key::Title, "title", "names the script in reports"),
    (Key::Room, "room", "the script's room: `joins` goes there, and its patterns have no [#room]"),
    (Key::Serve, "serve", "further flags for our own server"),
    (Key::Strict, "strict", "server notices, modes and error numerics are compared as well"),
    (Key::OnlyIf, "only-if", "plays the script only where this holds of the server"),
    (Key::SkipIf, "skip-if", "skips the script where this holds of the server"),
    (
        Key::Xfail,
        "xfail",
        "the script must fail at this line, in this kind, or both, for the reason after the colon: @xfail line 12: …, \
         @xfail missing: …, @xfail line 12 missing: …; if it passes or fails in another way, that is a failure",
    ),
];

/// How a step may fail, as far as `@xfail` can expect it: that the server does
/// not answer, ends a connection or sends without end is never expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Failing {
    Missing,
    Extra,
    Altered,
    Order,
    Refused,
    NotRefused,
    Protocol,
    Console,
}

pub const FAILINGS: &[(Failing, &str, &str)] = &[
    (Failing::Missing, "missing", "somebody does not see a line that is due"),
    (Failing::Extra, "extra", "somebody sees a line that is not due, or one twice"),
    (Failing::Altered, "altered", "another line comes in place of the one that is due"),
    (Failing::Order, "order", "all lines come, in another order"),
    (Failing::Refused, "refused", "the server refuses a step that has no !, whatever is missing for that"),
    (
        Failing::NotRefused,
        "not-refused",
        "the server does not refuse a step that has !, whatever others see of it",
    ),
    (Failing::Protocol, "protocol", "a line that << asks for does not come"),
    (Failing::Console, "console", "the server's console does not say what `server sees` asks for"),
];

/// The kind's name in a script.
pub fn failing_name(failing: Failing) -> &'static str {
    let row = FAILINGS.iter().find(|(known, ..)| *known == failing);
    row.map(|(_, name, _)| *name).expect("a test finds every kind in the table")
}

/// What `@only-if` and `@skip-if` may ask of a server.
pub const CONDITIONS: &[(&str, &str)] = &[
    ("own", "it is the bot's own, started for the script"),
    ("foreign", "it was named with --server"),
    ("cap NAME", "it offers this capability (CAP LS)"),
    ("token NAME", "its greeting has this token (numeric 005)"),
];

/// A `/command` of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    Away,
    Invite,
    Join,
    Kick,
    List,
    Me,
    Mode,
    Motd,
    Msg,
    Names,
    Nick,
    Notice,
    Part,
    Quit,
    Topic,
    Who,
    Whois,
}

/// Name, arguments and meaning of each command.
pub const COMMANDS: &[(Command, &str, &str, &str)] = &[
    (Command::Away, "away", "[TEXT]", "is away, or back"),
    (Command::Invite, "invite", "NAME [#ROOM]", "invites somebody"),
    (Command::Join, "join", "[#ROOM] [KEY]", "goes into a room, with its key where it has one"),
    (Command::Kick, "kick", "[#ROOM] NAME [REASON]", "removes somebody from the room"),
    (Command::List, "list", "", "asks which rooms there are"),
    (Command::Me, "me", "[#ROOM] TEXT", "does something: * 小明 waves"),
    (Command::Mode, "mode", "[#ROOM] MODES", "changes the room's modes"),
    (Command::Motd, "motd", "", "asks for the message of the day"),
    (Command::Msg, "msg", "NAME TEXT", "says something to one person"),
    (Command::Names, "names", "[#ROOM]", "asks who is in a room"),
    (Command::Nick, "nick", "NAME", "takes another name, also in the script"),
    (Command::Notice, "notice", "NAME TEXT", "sends a notice"),
    (Command::Part, "part", "[#ROOM] [REASON]", "leaves a room"),
    (Command::Quit, "quit", "[REASON]", "leaves altogether"),
    (Command::Topic, "topic", "[#ROOM] TEXT", "changes the topic"),
    (Command::Who, "who", "[MASK]", "asks about the people of a room"),
    (Command::Whois, "whois", "NAME", "asks about a person"),
];

/// The command's name without its slash.
pub fn command_name(command: Command) -> &'static str {
    let row = COMMANDS.iter().find(|(c, ..)| *c == command);
    row.map(|(_, name, ..)| *name).expect("a test finds every command in the table")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_word_wins_in_both_languages() {
        let found = |text, place| longest(text, place).map(|(k, lang, length)| (k.word, lang, length));
        assert_eq!(found("進入聊天室 #lab", Place::Action), Some((Word::Joins, Lang::ZhTw, 15)));
        assert_eq!(found("進入 #lab", Place::Action), Some((Word::Joins, Lang::ZhTw, 6)));
        assert_eq!(found("sees nothing", Place::Check), Some((Word::SeesNothing, Lang::En, 12)));
        assert_eq!(found("sees x", Place::Check), Some((Word::Sees, Lang::En, 4)));
        assert_eq!(found("joinsx", Place::Action), None);
    }

    #[test]
    fn no_spelling_stands_for_two_things() {
        let mut all: Vec<&str> = KEYWORDS.iter().flat_map(Keyword::spellings).collect();
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn each_word_and_command_has_its_row() {
        for keyword in KEYWORDS {
            assert_eq!(of(keyword.word).en, keyword.en);
        }
        for (command, name, ..) in COMMANDS {
            assert_eq!(command_name(*command), *name);
        }
        for (failing, name, _) in FAILINGS {
            assert_eq!(failing_name(*failing), *name);
        }
    }
}
