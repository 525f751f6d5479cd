//! Things that happen in a room, and the line in which a person reads each.

use crate::text::sanitise::for_drawing;
use crate::text::{Lang, RoomName};
use crate::wire::{Message, numeric};

/// Somebody did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub who: String,
    pub deed: Deed,
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
    Mode {
        to: String,
        modes: String,
    },
    /// A refusal: an error numeric or FAIL.
    Refuse {
        code: String,
        text: String,
    },
}

/// The words of the patterns, in each way in which they may be written; the
/// first of a language is the one that is shown.
pub(super) struct Words {
    lang: Lang,
    pub(super) joins: &'static str,
    pub(super) leaves: &'static str,
    pub(super) kicks: &'static str,
    private: &'static str,
    topic: &'static str,
}

pub(super) const WORDS: [Words; 3] = [
    Words {
        lang: Lang::ZhTw,
        joins: "進入聊天室",
        leaves: "離開聊天室",
        kicks: "請走",
        private: "私",
        topic: "topic",
    },
    Words {
        lang: Lang::En,
        joins: "joins",
        leaves: "leaves",
        kicks: "kicks",
        private: "private",
        topic: "topic",
    },
    Words {
        lang: Lang::ZhTw, joins: "進入", leaves: "離開", kicks: "請走", private: "私", topic: "主題"
    },
];

impl Event {
    /// What a message does, from a server or (with `who` known) from a client;
    /// one message may do several things. CTCP other than ACTION does nothing.
    pub fn of(message: &Message, who: &str) -> Vec<Event> {
        let who = || who.to_owned();
        let param = |index| message.param(index).unwrap_or("").to_owned();
        let optional = |index| message.param(index).map(str::to_owned);
        let each = |list: &str| list.split(',').map(str::to_owned).collect::<Vec<_>>();
        let deeds: Vec<Deed> = match message.command().to_ascii_uppercase().as_str() {
            "PRIVMSG" => each(&param(0)).into_iter().filter_map(|to| said(to, param(1))).collect(),
            "NOTICE" => each(&param(0)).into_iter().map(|to| Deed::Notice { to, text: param(1) }).collect(),
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
            "MODE" => {
                let modes = message.params().skip(1).collect::<Vec<_>>().join(" ");
                vec![Deed::Mode { to: param(0), modes }]
            }
            "FAIL" => vec![Deed::Refuse { code: "FAIL".to_owned(), text: last(message) }],
            code if is_refusal(code) => vec![Deed::Refuse { code: code.to_owned(), text: last(message) }],
            _ => Vec::new(),
        };
        deeds.into_iter().map(|deed| Event { who: who(), deed }).collect()
    }

    /// Whether it is compared without `@strict`.
    pub fn counts(&self) -> bool {
        !matches!(self.deed, Deed::Notice { .. } | Deed::Mode { .. } | Deed::Refuse { .. })
    }

    /// The line as it is shown, drawn; `home` is the room that goes without its name.
    pub fn line(&self, home: &str, lang: Lang) -> String {
        let words = WORDS.iter().find(|words| words.lang == lang).unwrap_or(&WORDS[0]);
        self.spell(home, words, self.reason())
    }

    /// Every line that stands for it: in both languages, with its reason and without.
    pub fn lines(&self, home: &str) -> Vec<String> {
        let reason = self.reason();
        // Servers put a word of their own before the reason of a QUIT.
        let bare = reason.and_then(|reason| reason.strip_prefix("Quit: "));
        let mut reasons = vec![None, reason, bare];
        reasons.dedup();
        let all =
            reasons.iter().flat_map(|reason| WORDS.iter().map(|words| self.spell(home, words, *reason)));
        all.collect()
    }

    fn reason(&self) -> Option<&str> {
        match &self.deed {
            Deed::Leave { reason, .. } | Deed::Remove { reason, .. } => reason.as_deref(),
            _ => None,
        }
    }

    fn spell(&self, home: &str, words: &Words, reason: Option<&str>) -> String {
        let who = &self.who;
        let why = reason.filter(|reason| !reason.is_empty()).map_or(String::new(), |r| format!(": {r}"));
        let place = self.place(home, words);
        let line = match &self.deed {
            Deed::Say { text, .. } => with_text(&format!("{place}{who}:"), text),
            Deed::Act { text, .. } => with_text(&format!("{place}* {who}"), text),
            Deed::Notice { text, .. } => with_text(&format!("{place}-{who}-"), text),
            Deed::Enter { .. } => format!("{place}{who} {}", words.joins),
            Deed::Leave { .. } => format!("{place}{who} {}{why}", words.leaves),
            Deed::Rename { new } => format!("{who} → {new}"),
            Deed::Topic { topic, .. } => with_text(&format!("{place}{}:", words.topic), topic),
            Deed::Remove { name, .. } => format!("{place}{who} {} {name}{why}", words.kicks),
            Deed::Mode { modes, .. } => format!("{place}{who} mode {modes}"),
            Deed::Refuse { code, text } => with_text(&format!("{code}:"), text),
        };
        for_drawing(&line).into_owned()
    }

    /// `[#lab] `, `[private] `, or nothing at home.
    fn place(&self, home: &str, words: &Words) -> String {
        let (to, addressed) = match &self.deed {
            Deed::Say { to, .. } | Deed::Act { to, .. } | Deed::Notice { to, .. } => (to, true),
            Deed::Enter { room } | Deed::Topic { room, .. } | Deed::Remove { room, .. } => (room, false),
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

/// A 4xx or 5xx numeric that refuses something, or 263, for which a command
/// was dropped (RFC 2812, 5.1). 422, no message of the day, is part of every
/// greeting.
pub fn is_refusal(code: &str) -> bool {
    let is_error = code.len() == 3
        && code.bytes().all(|b| b.is_ascii_digit())
        && code.starts_with(['4', '5'])
        && code != numeric::ERR_NOMOTD;
    is_error || code == numeric::RPL_TRYAGAIN
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

fn said(to: String, text: String) -> Option<Deed> {
    let Some(ctcp) = text.strip_prefix('\x01') else {
        return Some(Deed::Say { to, text });
    };
    let ctcp = ctcp.strip_suffix('\x01').unwrap_or(ctcp);
    let text = ctcp.strip_prefix("ACTION")?;
    Some(Deed::Act { to, text: text.strip_prefix(' ').unwrap_or(text).to_owned() })
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

    const ALL: [&str; 13] = [
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
    ];

    #[test]
    fn messages_are_the_lines_that_a_person_reads() {
        expect![[r#"
            a: hi  there
            [#lab] a: hi
            [private] a: psst
            * a waves
            a joins
            [#lab] a joins
            [#lab] a leaves: bye
            a leaves
            a → b
            topic: new [31mthings
            a kicks b: too loud
            404: Cannot send
        "#]]
        .assert_eq(&lines(&ALL, Lang::En));
        expect![[r#"
            [私] a: psst
            a 進入聊天室
            [#lab] a 離開聊天室: bye
            a 請走 b: too loud
        "#]]
        .assert_eq(&lines(&[ALL[2], ALL[5], ALL[7], ALL[11]], Lang::ZhTw));
    }

    #[test]
    fn a_reason_may_be_left_out_and_loses_the_server_s_own_word() {
        let message = Message::parse(":a!u@h QUIT :Quit: tired").unwrap();
        let lines = Event::of(&message, "a")[0].lines("#lobby");
        for line in ["a leaves", "a 離開聊天室: tired", "a leaves: Quit: tired"] {
            assert!(lines.iter().any(|l| l == line), "{line}");
        }
        assert!(!lines.iter().any(|l| l == "a leaves: bored"));
    }
}
