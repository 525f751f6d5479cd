//! Things that somebody does, and the line in which a person reads each.

use super::fold::CaseMapping;
use super::refusal::is_refusal;
use crate::text::sanitise::for_drawing;
use crate::text::{Lang, RoomName};
use crate::wire::Message;

/// Somebody did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub who: String,
    pub deed: Deed,
    /// The server said so of itself, on behalf of nobody.
    pub by_server: bool,
}

/// What was done. Rooms and names are as they were spelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    Say {
        to: String,
        text: String,
    },
    /// CTCP ACTION: `/me`.
    Act {
        to: String,
        text: String,
    },
    Notice {
        to: String,
        text: String,
    },
    /// Any other CTCP request, without its delimiters; one that has no closing
    /// delimiter keeps the opening one.
    Ctcp {
        to: String,
        text: String,
    },
    /// A CTCP reply, in a NOTICE; its text is that of a request.
    CtcpReply {
        to: String,
        text: String,
    },
    /// TAGMSG: the client-only tags, in order.
    Tags {
        to: String,
        tags: String,
    },
    Enter {
        room: String,
    },
    /// Altogether, where no room is named.
    Leave {
        room: Option<String>,
        reason: Option<String>,
    },
    Rename {
        new: String,
    },
    Topic {
        room: String,
        topic: String,
    },
    Remove {
        room: String,
        name: String,
        reason: Option<String>,
    },
    /// KILL: an operator ends somebody's connection.
    Kill {
        name: String,
        reason: Option<String>,
    },
    Invite {
        room: String,
        name: String,
    },
    Mode {
        to: String,
        modes: String,
    },
    Wallops {
        text: String,
    },
    /// AWAY as others are told of it: back, where there is no text.
    Away {
        text: Option<String>,
    },
    /// SETNAME.
    Describe {
        text: String,
    },
    /// A refusal: an error numeric or FAIL.
    Refuse {
        code: String,
        text: String,
    },
    /// Any other command, with its parameters as they were sent.
    Other {
        line: String,
    },
    /// A line that is no message: not UTF-8, too long, or without a command.
    Unreadable {
        line: String,
    },
}

/// The words of the patterns, in each way in which they may be written; the
/// first of a language is the one that is shown.
pub(super) struct Words {
    lang: Lang,
    pub(super) joins: &'static str,
    pub(super) leaves: &'static str,
    pub(super) kicks: &'static str,
    pub(super) kills: &'static str,
    pub(super) invites: &'static str,
    pub(super) mode: &'static str,
    pub(super) ctcp: &'static str,
    pub(super) ctcp_reply: &'static str,
    pub(super) tags: &'static str,
    pub(super) away: &'static str,
    pub(super) back: &'static str,
    pub(super) describes: &'static str,
    pub(super) sends: &'static str,
    pub(super) garbles: &'static str,
    private: &'static str,
    wallops: &'static str,
    topic: &'static str,
}

const CHINESE: Words = Words {
    lang: Lang::ZhTw,
    joins: "進入聊天室",
    leaves: "離開聊天室",
    kicks: "請走",
    kills: "斷開",
    invites: "邀請",
    mode: "模式",
    ctcp: "CTCP",
    ctcp_reply: "CTCP 回覆",
    tags: "標記",
    away: "暫時離開",
    back: "回來了",
    describes: "本名",
    sends: "送出",
    garbles: "送出無法讀取的一行",
    private: "私",
    wallops: "廣播",
    topic: "topic",
};

pub(super) const WORDS: [Words; 3] = [
    CHINESE,
    Words {
        lang: Lang::En,
        joins: "joins",
        leaves: "leaves",
        kicks: "kicks",
        kills: "kills",
        invites: "invites",
        mode: "mode",
        ctcp: "CTCP",
        ctcp_reply: "CTCP reply",
        tags: "tags",
        away: "is away",
        back: "is back",
        describes: "realname",
        sends: "sends",
        garbles: "sends an unreadable line",
        private: "private",
        wallops: "wallops",
        topic: "topic",
    },
    Words { joins: "進入", leaves: "離開", topic: "主題", ..CHINESE },
];

impl Event {
    /// Of a person.
    pub fn by(who: &str, deed: Deed) -> Event {
        Event { who: who.to_owned(), deed, by_server: false }
    }

    /// What a message does, from a server or (with `who` known) from a client;
    /// one message may do several things. Numerics that refuse nothing and
    /// what a connection itself needs do nothing.
    pub fn of(message: &Message, who: &str) -> Vec<Event> {
        let by_server = match message.source() {
            Some(source) => !source.contains(['!', '@']) && source.contains('.'),
            None => who.is_empty(),
        };
        let deeds = deeds(message);
        deeds.into_iter().map(|deed| Event { who: who.to_owned(), deed, by_server }).collect()
    }

    /// What a line does that is no message.
    pub fn unreadable(line: &str) -> Event {
        let source = line.strip_prefix(':').and_then(|rest| rest.split(' ').next());
        let who = source.and_then(|source| source.split(['!', '@']).next()).unwrap_or("");
        Event::by(who, Deed::Unreadable { line: line.to_owned() })
    }

    /// Whether it is compared without `@strict`: a person's deeds are, and what
    /// changes a room; not what the server says of itself.
    pub fn counts(&self) -> bool {
        match &self.deed {
            Deed::Say { .. }
            | Deed::Act { .. }
            | Deed::Enter { .. }
            | Deed::Leave { .. }
            | Deed::Rename { .. }
            | Deed::Topic { .. }
            | Deed::Remove { .. }
            | Deed::Kill { .. }
            | Deed::Invite { .. }
            | Deed::Unreadable { .. } => true,
            // Refusals are compared with what was asked, by the judge.
            Deed::Refuse { .. } => false,
            Deed::Notice { .. }
            | Deed::Ctcp { .. }
            | Deed::CtcpReply { .. }
            | Deed::Tags { .. }
            | Deed::Mode { .. }
            | Deed::Wallops { .. }
            | Deed::Away { .. }
            | Deed::Describe { .. }
            | Deed::Other { .. } => !self.by_server,
        }
    }

    /// Whether `other` is this deed as its server passes it on: names folded
    /// like that, and characters that nobody draws perhaps taken out. The
    /// reasons of leaving and removing are not looked at.
    pub fn is_seen_as(&self, other: &Event, mapping: CaseMapping) -> bool {
        mapping.same(&self.who, &other.who) && self.deed.is_seen_as(&other.deed, mapping)
    }

    /// The line as it is shown, drawn; `home` is the room that goes without its name.
    pub fn line(&self, home: &str, lang: Lang) -> String {
        let words = WORDS.iter().find(|words| words.lang == lang).unwrap_or(&WORDS[0]);
        self.spell(home, words, self.reason())
    }

    /// Every line that stands for it: in both languages, with its reason and without.
    pub fn lines(&self, home: &str) -> Vec<String> {
        let reason = self.reason();
        // Servers put a word of their own before the reason of a QUIT, or quotes around it.
        let quits = matches!(self.deed, Deed::Leave { room: None, .. });
        let bare = reason.filter(|_| quits).and_then(|reason| {
            let quoted = || reason.strip_prefix('"')?.strip_suffix('"');
            reason.strip_prefix("Quit: ").or_else(quoted)
        });
        let mut reasons = vec![None, reason, bare];
        reasons.dedup();
        let all =
            reasons.iter().flat_map(|reason| WORDS.iter().map(|words| self.spell(home, words, *reason)));
        all.collect()
    }

    /// Why somebody leaves or is removed, where that is said.
    pub fn reason(&self) -> Option<&str> {
        let reason = match &self.deed {
            Deed::Leave { reason, .. } | Deed::Remove { reason, .. } | Deed::Kill { reason, .. } => reason,
            _ => return None,
        };
        reason.as_deref().filter(|reason| !reason.is_empty())
    }

    fn spell(&self, home: &str, words: &Words, reason: Option<&str>) -> String {
        let who = &self.who;
        let why = reason.map_or(String::new(), |reason| format!(": {reason}"));
        let place = self.place(home, words);
        let line = match &self.deed {
            Deed::Say { text, .. } => with_text(&format!("{place}{who}:"), text),
            Deed::Act { text, .. } => with_text(&format!("{place}* {who}"), text),
            Deed::Notice { text, .. } => with_text(&format!("{place}-{who}-"), text),
            Deed::Ctcp { text, .. } => with_text(&format!("{place}{who} {}", words.ctcp), text),
            Deed::CtcpReply { text, .. } => with_text(&format!("{place}{who} {}", words.ctcp_reply), text),
            Deed::Tags { tags, .. } => with_text(&format!("{place}{who} {}", words.tags), tags),
            Deed::Enter { .. } => format!("{place}{who} {}", words.joins),
            Deed::Leave { .. } => format!("{place}{who} {}{why}", words.leaves),
            Deed::Rename { new } => format!("{who} → {new}"),
            Deed::Topic { topic, .. } => with_text(&format!("{place}{}:", words.topic), topic),
            Deed::Remove { name, .. } => format!("{place}{who} {} {name}{why}", words.kicks),
            Deed::Kill { name, .. } => format!("{who} {} {name}{why}", words.kills),
            Deed::Invite { name, .. } => format!("{place}{who} {} {name}", words.invites),
            Deed::Mode { modes, .. } => format!("{place}{who} {} {modes}", words.mode),
            Deed::Wallops { text } => with_text(&format!("[{}] {who}:", words.wallops), text),
            Deed::Away { text: Some(text) } => with_text(&format!("{who} {}:", words.away), text),
            Deed::Away { text: None } => format!("{who} {}", words.back),
            Deed::Describe { text } => with_text(&format!("{who} {}:", words.describes), text),
            Deed::Refuse { code, text } => with_text(&format!("{code}:"), text),
            Deed::Other { line } => with_text(&format!("{who} {}", words.sends), line),
            Deed::Unreadable { line } => with_text(&format!("{who} {}:", words.garbles), line),
        };
        for_drawing(&line).into_owned()
    }

    /// `[#lab] `, `[private] `, or nothing at home.
    fn place(&self, home: &str, words: &Words) -> String {
        let (to, addressed) = match &self.deed {
            Deed::Say { to, .. }
            | Deed::Act { to, .. }
            | Deed::Notice { to, .. }
            | Deed::Ctcp { to, .. }
            | Deed::CtcpReply { to, .. }
            | Deed::Tags { to, .. } => (to, true),
            Deed::Enter { room }
            | Deed::Topic { room, .. }
            | Deed::Remove { room, .. }
            | Deed::Invite { room, .. } => (room, false),
            Deed::Leave { room: Some(room), .. } => (room, false),
            Deed::Mode { to, .. } => (to, false),
            _ => return String::new(),
        };
        match is_room(to) {
            true if same_room(to, home) => String::new(),
            true => format!("[{to}] "),
            false if addressed => format!("[{}] ", words.private),
            false => String::new(),
        }
    }
}

impl Deed {
    fn is_seen_as(&self, other: &Deed, mapping: CaseMapping) -> bool {
        if self == other {
            return true;
        }
        let same = |one: &str, other: &str| mapping.same(one, other);
        match (self, other) {
            (Deed::Say { to, text }, Deed::Say { to: other, text: said })
            | (Deed::Act { to, text }, Deed::Act { to: other, text: said })
            | (Deed::Notice { to, text }, Deed::Notice { to: other, text: said })
            | (Deed::Ctcp { to, text }, Deed::Ctcp { to: other, text: said })
            | (Deed::CtcpReply { to, text }, Deed::CtcpReply { to: other, text: said })
            | (Deed::Topic { room: to, topic: text }, Deed::Topic { room: other, topic: said }) => {
                passes_as(text, said) && same(to, other)
            }
            (Deed::Tags { to, tags: text }, Deed::Tags { to: other, tags: said })
            | (Deed::Mode { to, modes: text }, Deed::Mode { to: other, modes: said }) => {
                text == said && same(to, other)
            }
            (Deed::Enter { room }, Deed::Enter { room: other }) => same(room, other),
            (Deed::Leave { room: None, .. }, Deed::Leave { room: None, .. }) => true,
            (Deed::Leave { room: Some(room), .. }, Deed::Leave { room: Some(other), .. }) => {
                same(room, other)
            }
            (Deed::Remove { room, name, .. }, Deed::Remove { room: other, name: whom, .. })
            | (Deed::Invite { room, name }, Deed::Invite { room: other, name: whom }) => {
                same(room, other) && same(name, whom)
            }
            (Deed::Kill { name, .. }, Deed::Kill { name: whom, .. }) => same(name, whom),
            // A change of name may be about nothing but its spelling.
            _ => false,
        }
    }
}

fn deeds(message: &Message) -> Vec<Deed> {
    let param = |index| message.param(index).unwrap_or("").to_owned();
    let optional = |index| message.param(index).map(str::to_owned);
    let each = |list: &str| list.split(',').map(str::to_owned).collect::<Vec<_>>();
    match message.command().to_ascii_uppercase().as_str() {
        "PRIVMSG" => each(&param(0)).into_iter().map(|to| said(to, param(1))).collect(),
        "NOTICE" => each(&param(0)).into_iter().map(|to| noticed(to, param(1))).collect(),
        "TAGMSG" => {
            let mut tags: Vec<&str> = message.raw_tags().filter(|tag| tag.starts_with('+')).collect();
            tags.sort_unstable();
            let tags = tags.join(";");
            each(&param(0)).into_iter().map(|to| Deed::Tags { to, tags: tags.clone() }).collect()
        }
        "JOIN" => each(&param(0)).into_iter().map(|room| Deed::Enter { room }).collect(),
        "PART" => each(&param(0))
            .into_iter()
            .map(|room| Deed::Leave { room: Some(room), reason: optional(1) })
            .collect(),
        "QUIT" => vec![Deed::Leave { room: None, reason: optional(0) }],
        "NICK" => vec![Deed::Rename { new: param(0) }],
        "TOPIC" if message.param_count() > 1 => vec![Deed::Topic { room: param(0), topic: param(1) }],
        "KICK" => each(&param(1))
            .into_iter()
            .map(|name| Deed::Remove { room: param(0), name, reason: optional(2) })
            .collect(),
        "KILL" => vec![Deed::Kill { name: param(0), reason: optional(1) }],
        "INVITE" => vec![Deed::Invite { name: param(0), room: param(1) }],
        "MODE" => {
            let modes = message.params().skip(1).collect::<Vec<_>>().join(" ");
            vec![Deed::Mode { to: param(0), modes }]
        }
        "WALLOPS" => vec![Deed::Wallops { text: param(0) }],
        "AWAY" => vec![Deed::Away { text: optional(0).filter(|text| !text.is_empty()) }],
        "SETNAME" => vec![Deed::Describe { text: param(0) }],
        "FAIL" => vec![Deed::Refuse { code: "FAIL".to_owned(), text: last(message) }],
        // What a connection itself needs is nobody's doing.
        "PING" | "PONG" | "CAP" | "AUTHENTICATE" | "BATCH" | "ACK" | "ERROR" => Vec::new(),
        code if is_refusal(code) => vec![Deed::Refuse { code: code.to_owned(), text: last(message) }],
        code if code.bytes().all(|b| b.is_ascii_digit()) => Vec::new(),
        _ => {
            let body = message.body();
            let line =
                body.strip_prefix(':').and_then(|body| body.split_once(' ')).map_or(body, |(_, it)| it);
            vec![Deed::Other { line: line.trim_start().to_owned() }]
        }
    }
}

/// Whether a text that was sent may come as this: a server may take out
/// characters that are not drawn, and may do nothing else.
pub fn passes_as(sent: &str, got: &str) -> bool {
    if sent == got {
        return true;
    }
    let mut got = got.chars().peekable();
    let is_drawn = |c: char| !for_drawing(c.encode_utf8(&mut [0; 4])).is_empty();
    sent.chars().all(|c| got.next_if_eq(&c).is_some() || !is_drawn(c)) && got.next().is_none()
}

/// Whether a target is a room (005 CHANTYPES of every server we know).
pub fn is_room(target: &str) -> bool {
    target.starts_with(['#', '&', '+', '!'])
}

pub fn same_room(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    match (RoomName::parse(one), RoomName::parse(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one.eq_ignore_ascii_case(other),
    }
}

fn said(to: String, text: String) -> Deed {
    match ctcp(&text) {
        None => Deed::Say { to, text },
        Some(ctcp) => match ctcp.strip_prefix("ACTION") {
            Some("") => Deed::Act { to, text: String::new() },
            Some(deed) if deed.starts_with(' ') => Deed::Act { to, text: deed[1..].to_owned() },
            _ => Deed::Ctcp { to, text: ctcp.to_owned() },
        },
    }
}

fn noticed(to: String, text: String) -> Deed {
    match ctcp(&text) {
        None => Deed::Notice { to, text },
        Some(ctcp) => Deed::CtcpReply { to, text: ctcp.to_owned() },
    }
}

/// What is between the delimiters of a CTCP message.
fn ctcp(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('\x01')?;
    Some(inside.strip_suffix('\x01').unwrap_or(text))
}

fn last(message: &Message) -> String {
    message.last().unwrap_or("").to_owned()
}

fn with_text(before: &str, text: &str) -> String {
    match text.is_empty() {
        true => before.to_owned(),
        false => format!("{before} {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn lines(messages: &[&str], lang: Lang) -> String {
        let all = messages.iter().flat_map(|line| {
            let message = Message::parse(line).unwrap();
            let who = message.nick().unwrap_or("").to_owned();
            Event::of(&message, &who)
        });
        all.map(|event| format!("{}\n", event.line("#lobby", lang))).collect()
    }

    const ALL: [&str; 26] = [
        ":a!u@h PRIVMSG #Lobby :hi  there",
        ":a!u@h PRIVMSG #lab :hi",
        ":a!u@h PRIVMSG b :psst",
        ":a!u@h PRIVMSG #lobby :\x01ACTION waves\x01",
        ":a!u@h PRIVMSG #lobby :\x01VERSION\x01",
        ":a!u@h JOIN #lobby",
        ":a!u@h JOIN #lab",
        ":a!u@h PART #lab :bye",
        ":a!u@h QUIT",
        ":a!u@h NICK b",
        ":a!u@h TOPIC #lobby :new \x1b[31mthings",
        ":a!u@h KICK #lobby b :too loud",
        ":s 404 a #x :Cannot send",
        ":a!u@h PRIVMSG #lobby :\x01ACTIONwaves\x01",
        ":a!u@h NOTICE b :\x01VERSION x 1\x01",
        ":a!u@h NOTICE #lab :psst",
        "@time=x;+b=2;msgid=y;+a=1 :a!u@h TAGMSG #lobby",
        ":a!u@h INVITE b #lab",
        ":a!u@h KILL b :spam",
        ":a!u@h MODE #lobby +o b",
        ":a!u@h WALLOPS :all hands",
        ":a!u@h AWAY :lunch",
        ":a!u@h AWAY",
        ":a!u@h SETNAME :Ann Lee",
        ":a!u@h REDACT #lobby x",
        ":s 353 a = #lobby :a b",
    ];

    #[test]
    fn messages_are_the_lines_that_a_person_reads() {
        expect![[r#"
            a: hi  there
            [#lab] a: hi
            [private] a: psst
            * a waves
            a CTCP VERSION
            a joins
            [#lab] a joins
            [#lab] a leaves: bye
            a leaves
            a → b
            topic: new [31mthings
            a kicks b: too loud
            404: Cannot send
            a CTCP ACTIONwaves
            [private] a CTCP reply VERSION x 1
            [#lab] -a- psst
            a tags +a=1;+b=2
            [#lab] a invites b
            a kills b: spam
            a mode +o b
            [wallops] a: all hands
            a is away: lunch
            a is back
            a realname: Ann Lee
            a sends REDACT #lobby x
        "#]]
        .assert_eq(&lines(&ALL, Lang::En));
        expect![[r#"
            [私] a: psst
            a 進入聊天室
            [#lab] a 離開聊天室: bye
            a 請走 b: too loud
            a CTCP VERSION
            [私] a CTCP 回覆 VERSION x 1
            a 標記 +a=1;+b=2
            [#lab] a 邀請 b
            a 斷開 b: spam
            a 模式 +o b
            [廣播] a: all hands
            a 暫時離開: lunch
            a 回來了
            a 本名: Ann Lee
            a 送出 REDACT #lobby x
        "#]]
        .assert_eq(&lines(
            &[&[ALL[2], ALL[5], ALL[7], ALL[11], ALL[4], ALL[14]], &ALL[16..25]].concat(),
            Lang::ZhTw,
        ));
    }

    #[test]
    fn a_reason_may_be_left_out_and_loses_the_server_s_own_word() {
        let message = Message::parse(":a!u@h QUIT :Quit: tired").unwrap();
        let lines = Event::of(&message, "a")[0].lines("#lobby");
        for line in ["a leaves", "a 離開聊天室: tired", "a leaves: Quit: tired"] {
            assert!(lines.iter().any(|l| l == line), "{line}");
        }
        assert!(!lines.iter().any(|l| l == "a leaves: bored"));
        let message = Message::parse(":a!u@h KICK #lobby b :Quit: tired").unwrap();
        assert!(!Event::of(&message, "a")[0].lines("#lobby").contains(&"a kicks b: tired".to_owned()));
    }

    #[test]
    fn a_server_may_take_out_what_is_not_drawn_and_add_nothing() {
        assert!(passes_as("a\x1b[2Jb\u{2028}", "a[2Jb\u{2028}") && passes_as("a\x07\x07b", "a\x07b"));
        for (sent, got) in
            [("ab", "a"), ("ab", "a\u{200b}b"), ("ab", "abc"), ("é", "e\u{301}"), ("a\x07b", "a")]
        {
            assert!(!passes_as(sent, got), "{sent:?} {got:?}");
        }
    }

    #[test]
    fn a_person_s_deeds_count_and_the_server_s_own_words_do_not() {
        let counts = |line: &str| {
            let message = Message::parse(line).unwrap();
            let who = message.nick().unwrap_or("").to_owned();
            Event::of(&message, &who).iter().any(Event::counts)
        };
        for line in
            [":a!u@h NOTICE b :x", ":a NOTICE b :x", ":a!u@h MODE #x +m", ":a!u@h FOO", ":irc.x KICK #x a"]
        {
            assert!(counts(line), "{line}");
        }
        for line in
            [":irc.x NOTICE b :x", "NOTICE b :x", ":irc.x MODE #x +m", ":irc.x 404 a #x :no", "PING x"]
        {
            assert!(!counts(line), "{line}");
        }
        assert!(Event::unreadable(":a!u@h PRIVMSG #x :\u{fffd}").counts());
        assert_eq!(Event::unreadable(":a!u@h PRIVMSG #x :\u{fffd}").who, "a");
    }
}
