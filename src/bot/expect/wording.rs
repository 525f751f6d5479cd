//! The line in which a person reads an event, in every language.

use super::event::{Event, EventKind, How, is_room, same_room};
use crate::client::protocol::departure;
use crate::text::Lang;
use crate::text::sanitise::for_drawing;

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
    /// The line as it is shown, drawn; `home` is the room that goes without its name.
    pub fn line(&self, home: &str, lang: Lang) -> String {
        let words = WORDS.iter().find(|words| words.lang == lang).unwrap_or(&WORDS[0]);
        self.spell(home, words, self.reason())
    }

    /// Every line that stands for it: in both languages, with its reason and without.
    pub fn spellings(&self, home: &str) -> Vec<String> {
        let reason = self.reason();
        let quits = matches!(self.kind, EventKind::Leave { room: None, .. });
        let bare = reason.filter(|_| quits).and_then(departure::as_said);
        let mut reasons = vec![None, reason, bare];
        reasons.dedup();
        let all =
            reasons.iter().flat_map(|reason| WORDS.iter().map(|words| self.spell(home, words, *reason)));
        all.collect()
    }

    fn spell(&self, home: &str, words: &Words, reason: Option<&str>) -> String {
        let who = &self.who;
        let why = reason.map_or(String::new(), |reason| format!(": {reason}"));
        let place = self.place(home, words);
        let line = match &self.kind {
            EventKind::Say { how, text, .. } => {
                let before = match how {
                    How::Plain => format!("{place}{who}:"),
                    How::Act => format!("{place}* {who}"),
                    How::Notice => format!("{place}-{who}-"),
                    How::Ctcp => format!("{place}{who} {}", words.ctcp),
                    How::CtcpReply => format!("{place}{who} {}", words.ctcp_reply),
                    How::Tags => format!("{place}{who} {}", words.tags),
                };
                with_text(&before, text)
            }
            EventKind::Enter(_) => format!("{place}{who} {}", words.joins),
            EventKind::Leave { .. } => format!("{place}{who} {}{why}", words.leaves),
            EventKind::Rename(new) => format!("{who} → {new}"),
            EventKind::Topic { topic, .. } => with_text(&format!("{place}{}:", words.topic), topic),
            EventKind::Remove { name, .. } => format!("{place}{who} {} {name}{why}", words.kicks),
            EventKind::Kill { name, .. } => format!("{who} {} {name}{why}", words.kills),
            EventKind::Invite { name, .. } => format!("{place}{who} {} {name}", words.invites),
            EventKind::Mode { modes, .. } => format!("{place}{who} {} {modes}", words.mode),
            EventKind::Wallops(text) => with_text(&format!("[{}] {who}:", words.wallops), text),
            EventKind::Away(Some(text)) => with_text(&format!("{who} {}:", words.away), text),
            EventKind::Away(None) => format!("{who} {}", words.back),
            EventKind::Describe(text) => with_text(&format!("{who} {}:", words.describes), text),
            EventKind::Refuse { code, text } => with_text(&format!("{code}:"), text),
            EventKind::Other(line) => with_text(&format!("{who} {}", words.sends), line),
            EventKind::Unreadable(line) => with_text(&format!("{who} {}:", words.garbles), line),
        };
        for_drawing(&line).into_owned()
    }

    /// `[#lab] `, `[private] `, or nothing at home.
    fn place(&self, home: &str, words: &Words) -> String {
        let (to, addressed) = match &self.kind {
            EventKind::Say { to, .. } => (to, true),
            EventKind::Enter(room)
            | EventKind::Topic { room, .. }
            | EventKind::Remove { room, .. }
            | EventKind::Invite { room, .. }
            | EventKind::Leave { room: Some(room), .. }
            | EventKind::Mode { to: room, .. } => (room, false),
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

fn with_text(before: &str, text: &str) -> String {
    if text.is_empty() { before.to_owned() } else { format!("{before} {text}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Message;
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

    /// Each event has the line that a person reads, in both languages.
    #[test]
    fn lines_as_people_read_them() {
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

    /// A pattern may leave the reason out, and words that the server adds to it.
    #[test]
    fn reason_is_optional() {
        let message = Message::parse(":a!u@h QUIT :Quit: tired").unwrap();
        let lines = Event::of(&message, "a")[0].spellings("#lobby");
        for line in ["a leaves", "a 離開聊天室: tired", "a leaves: Quit: tired"] {
            assert!(lines.iter().any(|l| l == line), "{line}");
        }
        assert!(!lines.iter().any(|l| l == "a leaves: bored"));
        let message = Message::parse(":a!u@h KICK #lobby b :Quit: tired").unwrap();
        assert!(!Event::of(&message, "a")[0].spellings("#lobby").contains(&"a kicks b: tired".to_owned()));
    }
}
