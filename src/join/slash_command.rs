//! The commands: one table that makes `/help`, completion and the man page.

use super::secret::{Secret, is_password_command};
use crate::text::Phrase;
use UserIntent::{Do, Leave};

/// What a person wants, apart from saying something in the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// All commands.
    Help,
    /// What this one does.
    About(&'static Entry),
    /// No command of ours; the one that was probably meant.
    Unknown {
        word: String,
        nearest: Option<&'static str>,
    },
    /// The arguments make no sense.
    Usage(&'static Entry),
    /// A page of those who are here, from 1.
    Who(usize),
    /// What we do, told as an action.
    Me(String),
    /// Says something to one person.
    Msg {
        to: String,
        text: String,
    },
    /// Asks for another name.
    Nick(String),
    /// None: what is it?
    Topic(Option<String>),
    /// Enters a further room, with its password where it has one, or goes to one of ours.
    Join(String, Option<String>),
    /// None: the current room.
    Leave(Option<String>),
    /// Goes to the room with this number, from 1.
    GoTo(usize),
    /// All rooms of the server.
    Rooms,
    /// Who is that?
    Whois(String),
    /// What operators of a room do in the current one.
    Moderate(Moderation),
    /// Becomes an operator of the server.
    Oper {
        name: String,
        password: Secret,
    },
    /// Ends somebody's connection.
    Kill {
        name: String,
        reason: Option<String>,
    },
    /// Which comings and goings are told.
    Notices(Notices),
    /// Puts somebody out of the room.
    Kick {
        name: String,
        reason: Option<String>,
    },
    /// None: whom?
    Ignore(Option<String>),
    Unignore(String),
    /// None: back again.
    Away(Option<String>),
    /// So many of the last messages.
    Last(usize),
    /// The messages with this word.
    Grep(String),
    /// Empties the screen.
    Clear,
    /// When the bell rings; None: when is it?
    Bell(Option<Bell>),
}

/// What an operator does in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moderation {
    /// Gives or takes a rank, by the letter of its mode.
    Rank {
        name: String,
        letter: char,
        on: bool,
    },
    /// Keeps somebody out or silent, or no longer; also by a mask.
    Silence {
        name: String,
        silence: Silence,
        on: bool,
    },
    /// All who are kept out or silent.
    Lists(Silence),
    /// None: what is set?
    Modes(Option<String>),
    Invite(String),
}

/// What somebody is kept from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// Coming in.
    Ban,
    /// Speaking.
    Mute,
}

impl Silence {
    /// What forbids it.
    pub(super) fn command(self) -> &'static str {
        match self {
            Silence::Ban => "ban",
            Silence::Mute => "mute",
        }
    }

    /// What allows it again.
    pub(super) fn lifted_by(self) -> &'static str {
        match self {
            Silence::Ban => "unban",
            Silence::Mute => "unmute",
        }
    }
}

/// Which comings and goings are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Notices {
    #[default]
    On,
    /// Joined: one line for a spell of them, and none between people who talk.
    Few,
    Off,
}

/// What rings the bell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bell {
    Off,
    /// My name, or a private message.
    #[default]
    Mention,
    All,
}

/// One command, typed as `/name`.
#[derive(Debug)]
pub struct Entry {
    pub name: &'static str,
    /// What follows the name; what may be left out stands in brackets.
    pub arguments: &'static str,
    pub does: Phrase<'static>,
    pub group: Group,
    /// None where the arguments make no sense.
    read: fn(&str) -> Option<UserIntent>,
}

/// The groups of `/help`, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Talk,
    People,
    Rooms,
    Screen,
    /// For operators of the room.
    Operators,
    /// For operators of the server.
    Server,
}

impl Group {
    pub const ALL: [Group; 6] =
        [Group::Talk, Group::People, Group::Rooms, Group::Screen, Group::Operators, Group::Server];

    pub fn title(self) -> Phrase<'static> {
        match self {
            Group::Talk => Phrase::HelpTalk,
            Group::People => Phrase::HelpPeople,
            Group::Rooms => Phrase::HelpRooms,
            Group::Screen => Phrase::HelpScreen,
            Group::Operators => Phrase::HelpOperators,
            Group::Server => Phrase::HelpServer,
        }
    }
}

/// Messages that `/last` shows unless it is told how many.
const LAST: usize = 20;

/// What a person wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserIntent {
    Nothing,
    /// These lines, in this order.
    Say(Vec<String>),
    Do(Command),
    /// Becomes an operator of the server, once the password is typed.
    AskPassword(String),
    Leave,
}

/// A command of a group.
const fn entry(
    group: Group,
    name: &'static str,
    arguments: &'static str,
    does: Phrase<'static>,
    read: fn(&str) -> Option<UserIntent>,
) -> Entry {
    Entry { name, arguments, does, group, read }
}

use Group::{Operators, People, Rooms, Screen, Server, Talk};

/// In the order in which `/help` lists them.
pub const COMMANDS: &[Entry] = &[
    entry(Talk, "me", "TEXT", Phrase::DoMe, |text| some(text).map(|text| Do(Command::Me(text)))),
    entry(Talk, "msg", "NAME TEXT", Phrase::DoMsg, |rest| {
        let (to, text) = rest.split_once(char::is_whitespace)?;
        Some(Do(Command::Msg { to: name(to)?, text: some(text)? }))
    }),
    entry(Talk, "nick", "NAME", Phrase::DoNick, |name| some(name).map(|name| Do(Command::Nick(name)))),
    entry(Talk, "away", "[TEXT]", Phrase::DoAway, |text| Some(Do(Command::Away(some(text))))),
    entry(Talk, "exit", "", Phrase::DoExit, |_| Some(Leave)),
    entry(Talk, "quit", "", Phrase::DoExit, |_| Some(Leave)),
    entry(People, "who", "[PAGE]", Phrase::DoWho, |page| count(page, 1).map(|page| Do(Command::Who(page)))),
    entry(People, "whois", "NAME", Phrase::DoWhois, |text| name(text).map(|name| Do(Command::Whois(name)))),
    entry(People, "ignore", "[NAME]", Phrase::DoIgnore, |text| match some(text) {
        Some(text) => name(&text).map(|name| Do(Command::Ignore(Some(name)))),
        None => Some(Do(Command::Ignore(None))),
    }),
    entry(People, "unignore", "NAME", Phrase::DoUnignore, |text| {
        name(text).map(|name| Do(Command::Unignore(name)))
    }),
    entry(Rooms, "join", "#ROOM [PASSWORD]", Phrase::DoJoin, |rest| {
        let (room, key) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let key = if key.is_empty() { None } else { Some(word(key)?) };
        word(room).map(|room| Do(Command::Join(room_name(room), key)))
    }),
    entry(Rooms, "leave", "[#ROOM]", Phrase::DoLeave, |room| {
        let room = if room.is_empty() { None } else { Some(room_name(word(room)?)) };
        Some(Do(Command::Leave(room)))
    }),
    entry(Rooms, "rooms", "", Phrase::DoRooms, |_| Some(Do(Command::Rooms))),
    entry(Rooms, "topic", "[TEXT]", Phrase::DoTopic, |text| Some(Do(Command::Topic(some(text))))),
    entry(Screen, "last", "[N]", Phrase::DoLast, |lines| {
        count(lines, LAST).map(|lines| Do(Command::Last(lines)))
    }),
    entry(Screen, "grep", "WORD", Phrase::DoGrep, |text| some(text).map(|text| Do(Command::Grep(text)))),
    entry(Screen, "clear", "", Phrase::DoClear, |_| Some(Do(Command::Clear))),
    entry(Screen, "bell", "[off|mention|all]", Phrase::DoBell, |when| {
        let bell = match half_width(when).to_ascii_lowercase().as_str() {
            "" => None,
            "off" => Some(Bell::Off),
            "mention" => Some(Bell::Mention),
            "all" => Some(Bell::All),
            _ => return None,
        };
        Some(Do(Command::Bell(bell)))
    }),
    entry(Screen, "notices", "on|few|off", Phrase::DoNotices, |which| {
        let notices = match half_width(which).to_ascii_lowercase().as_str() {
            "on" => Notices::On,
            "few" => Notices::Few,
            "off" => Notices::Off,
            _ => return None,
        };
        Some(Do(Command::Notices(notices)))
    }),
    entry(Screen, "help", "[COMMAND]", Phrase::DoHelp, |about| {
        let name = half_width(about.trim_start_matches(SLASHES)).to_ascii_lowercase();
        let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name.as_str(), |(_, name)| name);
        let about = COMMANDS.iter().find(|entry| entry.name == name);
        Some(Do(about.map_or(Command::Help, Command::About)))
    }),
    entry(Operators, "kick", "NAME [REASON]", Phrase::DoKick, |rest| {
        let (name, reason) = name_and_reason(rest)?;
        Some(Do(Command::Kick { name, reason }))
    }),
    entry(Operators, "ban", "NAME", Phrase::DoBan, |name| silence(name, Silence::Ban, true)),
    entry(Operators, "unban", "[NAME]", Phrase::DoUnban, |name| silence(name, Silence::Ban, false)),
    entry(Operators, "mute", "NAME", Phrase::DoMute, |name| silence(name, Silence::Mute, true)),
    entry(Operators, "unmute", "[NAME]", Phrase::DoUnmute, |name| silence(name, Silence::Mute, false)),
    entry(Operators, "op", "NAME", Phrase::DoOp, |name| rank(name, 'o', true)),
    entry(Operators, "deop", "NAME", Phrase::DoDeop, |name| rank(name, 'o', false)),
    entry(Operators, "voice", "NAME", Phrase::DoVoice, |name| rank(name, 'v', true)),
    entry(Operators, "devoice", "NAME", Phrase::DoDevoice, |name| rank(name, 'v', false)),
    entry(Operators, "invite", "NAME", Phrase::DoInvite, |text| {
        name(text).map(|name| Do(Command::Moderate(Moderation::Invite(name))))
    }),
    entry(Operators, "mode", "[+-LETTERS]", Phrase::DoMode, |modes| {
        Some(Do(Command::Moderate(Moderation::Modes(some(&half_width(modes))))))
    }),
    entry(Operators, "oper", "NAME", Phrase::DoOper, |name| word(name).map(UserIntent::AskPassword)),
    entry(Server, "kill", "NAME [REASON]", Phrase::DoKill, |rest| {
        let (name, reason) = name_and_reason(rest)?;
        Some(Do(Command::Kill { name, reason }))
    }),
];

fn rank(text: &str, letter: char, on: bool) -> Option<UserIntent> {
    name(text).map(|name| Do(Command::Moderate(Moderation::Rank { name, letter, on })))
}

/// Without a name the list is asked for.
fn silence(text: &str, silence: Silence, on: bool) -> Option<UserIntent> {
    let moderation = match some(text) {
        None if !on => Moderation::Lists(silence),
        _ => Moderation::Silence { name: name(text)?, silence, on },
    };
    Some(Do(Command::Moderate(moderation)))
}

fn name_and_reason(rest: &str) -> Option<(String, Option<String>)> {
    let (whom, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    Some((name(whom)?, some(reason)))
}

fn some(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A number from 1, or what it is where it is left out.
fn count(text: &str, default: usize) -> Option<usize> {
    match text {
        "" => Some(default),
        text => half_width(text).parse().ok().filter(|&count| count > 0),
    }
}

/// One parameter of a line: not empty, without blanks and commas.
fn word(text: &str) -> Option<String> {
    some(text)
        .filter(|word| !word.contains(|c: char| c.is_whitespace() || c == ',') && !word.starts_with(':'))
}

/// The name of a person, which may have the sign of an operator before it, and behind it the colon with
/// which it is completed.
fn name(text: &str) -> Option<String> {
    let word = word(text)?;
    let is_of_room = |rest: &&str| rest.starts_with(['#', '&']);
    let plain = word.strip_prefix(['@', '＠']).filter(|rest| !is_of_room(rest)).unwrap_or(&word);
    some(plain.trim_end_matches([':', '：', '，'])).or(Some(word.clone()))
}

/// A room as it was typed; the sign before its name may be full-width.
fn room_name(room: String) -> String {
    match room.strip_prefix('＃') {
        Some(name) => format!("#{name}"),
        None => room,
    }
}

/// What a command begins with; an input method makes the second of the key for the first.
pub const SLASHES: [char; 2] = ['/', '／'];

/// The text with full-width forms of ASCII, as an input method makes them, as ASCII
/// (Unicode 16, 23.1: U+FF01 to U+FF5E).
pub fn half_width(text: &str) -> String {
    let narrow = |c| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    };
    text.chars().map(narrow).collect()
}

/// Words that other clients have for some of the commands; they are neither
/// listed nor completed.
const ALIASES: &[(&str, &str)] = &[
    ("?", "help"),
    ("action", "me"),
    ("bye", "exit"),
    ("j", "join"),
    ("lastlog", "grep"),
    ("list", "rooms"),
    ("names", "who"),
    ("part", "leave"),
    ("query", "msg"),
    ("quiet", "mute"),
    ("unquiet", "unmute"),
    ("users", "who"),
    ("w", "msg"),
    ("whisper", "msg"),
];

/// A command without its `/`.
pub fn read(command: &str) -> UserIntent {
    let (typed, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let typed = half_width(typed);
    let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(&typed));
    let name = alias.map_or(typed.as_str(), |(_, name)| name);
    let Some(entry) = COMMANDS.iter().find(|entry| entry.name.eq_ignore_ascii_case(name)) else {
        return Do(Command::Unknown { word: name.to_owned(), nearest: nearest(name) });
    };
    (entry.read)(rest.trim()).unwrap_or(Do(Command::Usage(entry)))
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.name == other.name
    }
}
impl Eq for Entry {}

/// The command that was probably meant. None where it was one that a password follows:
/// in another command it would be told to everybody.
fn nearest(word: &str) -> Option<&'static str> {
    if is_password_command(word) {
        return None;
    }
    let word = word.to_ascii_lowercase();
    let distance = |entry: &Entry| (strsim::damerau_levenshtein(entry.name, &word), entry.name);
    // `/me` would tell everybody what was meant for one, in `/m 小明 …`.
    let near = COMMANDS.iter().map(distance).filter(|(_, name)| *name != "me").min()?;
    // In a short word only one slip is allowed: with two it is another word.
    let slips = if word.chars().count() < 6 { 1 } else { 2 };
    (near.0 <= slips).then_some(near.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_with_their_arguments() {
        let owned = str::to_owned;
        assert_eq!(read("me  waves "), UserIntent::Do(Command::Me(owned("waves"))));
        assert_eq!(
            read("MSG 小明 a b"),
            UserIntent::Do(Command::Msg { to: owned("小明"), text: owned("a b") })
        );
        assert_eq!(read("topic"), UserIntent::Do(Command::Topic(None)));
        assert_eq!(read("kick x"), UserIntent::Do(Command::Kick { name: owned("x"), reason: None }));
        assert_eq!(read("bell ALL"), UserIntent::Do(Command::Bell(Some(Bell::All))));
        assert_eq!(read("last"), UserIntent::Do(Command::Last(LAST)));
        assert_eq!(read("last 3"), UserIntent::Do(Command::Last(3)));
        assert_eq!(read("exit"), UserIntent::Leave);
    }

    /// `/msg @老師` and `/msg 老師:` reached nobody.
    #[test]
    fn names_are_written_as_they_are_shown() {
        for whom in ["@老師", "＠老師", "老師:", "老師：", "@老師："] {
            assert_eq!(read(&format!("msg {whom} 您好")), read("msg 老師 您好"), "{whom}");
            assert_eq!(read(&format!("kick {whom}")), read("kick 老師"), "{whom}");
        }
        assert_eq!(read("msg @#lab x"), Do(Command::Msg { to: "@#lab".to_owned(), text: "x".to_owned() }));
    }

    /// Full-width letters and blanks count as ASCII: once the blank was part of the name, and the text went
    /// to somebody else.
    #[test]
    fn full_width_counts_as_ascii() {
        let msg =
            |to: &str, text: &str| UserIntent::Do(Command::Msg { to: to.to_owned(), text: text.to_owned() });
        assert_eq!(read("msg　ann　secret　one"), msg("ann", "secret　one"));
        assert_eq!(read("ｍｓｇ ann ｈｉ"), msg("ann", "ｈｉ"));
        assert_eq!(read("ＥＸＩＴ"), UserIntent::Leave);
        assert_eq!(read("ｊ #lab"), read("join #lab"));
        assert_eq!(read("join　＃小組"), read("join #小組"));
        assert_eq!((read("last ５０"), read("bell ａｌｌ")), (read("last 50"), read("bell all")));
        assert_eq!(read("join #a　b"), read("join #a b"));
        assert!(matches!(read("join #a b c"), UserIntent::Do(Command::Usage(_))));
    }

    #[test]
    fn other_clients_words_mean_a_command() {
        assert_eq!(read("names"), read("who"));
        assert_eq!(read("J #lab"), read("join #lab"));
        for (alias, name) in ALIASES {
            assert!(COMMANDS.iter().any(|entry| entry.name == *name), "{name}");
            assert!(COMMANDS.iter().all(|entry| entry.name != *alias), "{alias}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_explained() {
        for wrong in [
            "me",
            "msg 小明",
            "msg a,b c",
            "nick",
            "bell loud",
            "grep ",
            "join a b c",
            "kick",
            "last 0",
            "last x",
        ] {
            assert!(matches!(read(wrong), UserIntent::Do(Command::Usage(_))), "{wrong}");
        }
        let unknown =
            |word: &str, nearest| UserIntent::Do(Command::Unknown { word: word.to_owned(), nearest });
        assert_eq!(read("hepl"), unknown("hepl", Some("help")));
        assert_eq!(read("etc/passwd"), unknown("etc/passwd", None));
        assert_eq!(read("foo"), unknown("foo", None), "it was taken for /who");
        assert_eq!(read("ignoer"), unknown("ignoer", Some("ignore")));
        assert_eq!(read("m 小明 psst"), unknown("m", None), "`/me` would tell everybody");
        assert_eq!(read("mg 小明 psst"), unknown("mg", Some("msg")));
        // None is corrected to `/join` or `/away`, which would tell the password to everybody.
        assert_eq!(read("oper root"), UserIntent::AskPassword("root".to_owned()));
        assert!(matches!(read("oper root geheim"), UserIntent::Do(Command::Usage(_))));
        for word in ["opre", "login", "quote", "auth", "pass", "passwd", "identify", "ns"] {
            assert_eq!(read(&format!("{word} root geheim")), unknown(word, None));
        }
    }
}
