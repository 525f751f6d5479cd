//! Things that somebody does, as the protocol tells of them.

use crate::client::protocol::CaseMapping;
use crate::client::protocol::refusal::is_refusal;
use crate::text::RoomName;
use crate::text::sanitise::for_drawing;
use crate::wire::ctcp::Ctcp;
use crate::wire::{Message, ctcp, source};

/// Somebody did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub who: String,
    pub kind: EventKind,
    /// The server said so of itself, on behalf of nobody.
    pub by_server: bool,
}

/// What was done. Rooms and names are as they were spelled.
///
/// `Leave` is altogether where no room is named, `Kill` ends somebody's connection, `Away` is being back
/// where it has no text, `Describe` is SETNAME, and `Refuse` an error numeric or FAIL. `Other` is any
/// other command with its parameters as they were sent, and `Unreadable` a line that is no message:
/// not UTF-8, too long, or without a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    Say { how: How, to: String, text: String },
    Enter(String),
    Leave { room: Option<String>, reason: Option<String> },
    Rename(String),
    Topic { room: String, topic: String },
    Remove { room: String, name: String, reason: Option<String> },
    Kill { name: String, reason: Option<String> },
    Invite { room: String, name: String },
    Mode { to: String, modes: String },
    Wallops(String),
    Away(Option<String>),
    Describe(String),
    Refuse { code: String, text: String },
    Other(String),
    Unreadable(String),
}

/// In which form something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Plain,
    /// CTCP ACTION: `/me`.
    Act,
    Notice,
    /// Any other CTCP request, without its delimiters; one that has no closing
    /// delimiter keeps the opening one.
    Ctcp,
    /// A CTCP reply, in a NOTICE; its text is that of a request.
    CtcpReply,
    /// TAGMSG: the client-only tags, in order.
    Tags,
}

impl Event {
    /// Of a person.
    pub fn by(who: &str, kind: EventKind) -> Event {
        Event { who: who.to_owned(), kind, by_server: false }
    }

    /// What a message does, from a server or (with `who` known) from a client;
    /// one message may do several things. Numerics that refuse nothing and
    /// what a connection itself needs do nothing.
    pub fn of(message: &Message, who: &str) -> Vec<Event> {
        let by_server = message.source().map_or(who.is_empty(), source::is_server);
        let kinds = if is_as_told(message) { event_kinds(message) } else { vec![other(message)] };
        kinds.into_iter().map(|kind| Event { who: who.to_owned(), kind, by_server }).collect()
    }

    /// What a line does that is no message.
    pub fn unreadable(line: &str) -> Event {
        let who = source::of(line).map_or("", source::nick);
        Event::by(who, EventKind::Unreadable(line.to_owned()))
    }

    /// What a line says, as it was sent, where it has no business.
    pub fn as_it_is(body: &str) -> Event {
        let who = source::of(body).unwrap_or("server").to_owned();
        Event { who, kind: EventKind::Other(without_source(body).to_owned()), by_server: true }
    }

    /// Whether it is compared without `@strict`: what people do is, and what changes a room; not what the
    /// server says of itself.
    pub fn counts(&self) -> bool {
        match &self.kind {
            EventKind::Say { how: How::Plain | How::Act, .. }
            | EventKind::Enter(_)
            | EventKind::Leave { .. }
            | EventKind::Rename(_)
            | EventKind::Topic { .. }
            | EventKind::Remove { .. }
            | EventKind::Kill { .. }
            | EventKind::Invite { .. }
            | EventKind::Unreadable(_) => true,
            // Refusals are compared with what was asked, by the judge.
            EventKind::Refuse { .. } => false,
            EventKind::Say { .. }
            | EventKind::Mode { .. }
            | EventKind::Wallops(_)
            | EventKind::Away(_)
            | EventKind::Describe(_)
            | EventKind::Other(_) => !self.by_server,
        }
    }

    /// Whether `other` is this event as its server passes it on: names folded
    /// like that, and characters that nobody draws perhaps taken out. The
    /// reasons of leaving and removing are not looked at.
    pub fn is_seen_as(&self, other: &Event, mapping: CaseMapping) -> bool {
        mapping.same(&self.who, &other.who) && self.kind.is_seen_as(&other.kind, mapping)
    }

    /// Why somebody leaves or is removed, where that is said.
    pub fn reason(&self) -> Option<&str> {
        let reason = match &self.kind {
            EventKind::Leave { reason, .. }
            | EventKind::Remove { reason, .. }
            | EventKind::Kill { reason, .. } => reason,
            _ => return None,
        };
        reason.as_deref().filter(|reason| !reason.is_empty())
    }
}

impl EventKind {
    fn is_seen_as(&self, other: &EventKind, mapping: CaseMapping) -> bool {
        if self == other {
            return true;
        }
        let same = |one: &str, other: &str| mapping.same(one, other);
        match (self, other) {
            (EventKind::Say { how, to, text }, EventKind::Say { how: form, to: other, text: said }) => {
                let passes = text == said || *how != How::Tags && passes_as(text, said);
                how == form && passes && same(to, other)
            }
            (EventKind::Topic { room, topic }, EventKind::Topic { room: other, topic: said }) => {
                passes_as(topic, said) && same(room, other)
            }
            (EventKind::Mode { to, modes }, EventKind::Mode { to: other, modes: said }) => {
                modes == said && same(to, other)
            }
            (EventKind::Enter(room), EventKind::Enter(other)) => same(room, other),
            (EventKind::Leave { room: None, .. }, EventKind::Leave { room: None, .. }) => true,
            (EventKind::Leave { room: Some(room), .. }, EventKind::Leave { room: Some(other), .. }) => {
                same(room, other)
            }
            (EventKind::Remove { room, name, .. }, EventKind::Remove { room: other, name: whom, .. })
            | (EventKind::Invite { room, name }, EventKind::Invite { room: other, name: whom }) => {
                same(room, other) && same(name, whom)
            }
            (EventKind::Kill { name, .. }, EventKind::Kill { name: whom, .. }) => same(name, whom),
            // A change of name may be about nothing but its spelling.
            _ => false,
        }
    }
}

/// Whether a message is from a person by its source alone: a server's name
/// need not have a dot.
pub fn is_by_person(message: &Message) -> bool {
    message.source().is_some_and(|source| source.contains('!'))
}

/// Whether a message has the form in which a server passes on such a command:
/// a parameter too many would be shown by some clients and by others not, and
/// no person sends what a connection itself needs. (Numerics have a person's
/// source on some servers: ngIRCd's 341.) A client's own line is read as
/// servers read it, without the surplus.
fn is_as_told(message: &Message) -> bool {
    if message.source().is_none() {
        return true;
    }
    let most = match message.command().to_ascii_uppercase().as_str() {
        // With extended-join: the account and the realname.
        "JOIN" => return [0, 1, 3].contains(&message.param_count()),
        "QUIT" | "NICK" | "TAGMSG" | "WALLOPS" | "AWAY" | "SETNAME" => 1,
        "PRIVMSG" | "NOTICE" | "PART" | "TOPIC" | "KILL" | "INVITE" => 2,
        "KICK" => 3,
        command if is_of_connection(command) => return !is_by_person(message),
        _ => return true,
    };
    message.param_count() <= most
}

/// Commands that only the connection itself needs.
fn is_of_connection(command: &str) -> bool {
    ["PING", "PONG", "CAP", "AUTHENTICATE", "BATCH", "ACK", "ERROR"].contains(&command)
}

/// RFC 2812, 2.4: a numeric has three digits.
pub fn is_numeric(command: &str) -> bool {
    command.len() == 3 && command.bytes().all(|b| b.is_ascii_digit())
}

fn other(message: &Message) -> EventKind {
    EventKind::Other(without_source(message.body()).to_owned())
}

fn without_source(body: &str) -> &str {
    body.strip_prefix(':').and_then(|body| body.split_once(' ')).map_or(body, |(_, it)| it).trim_start()
}

fn event_kinds(message: &Message) -> Vec<EventKind> {
    let param = |index| message.param(index).unwrap_or("").to_owned();
    let optional = |index| message.param(index).map(str::to_owned);
    let each = |index: usize, kind: &dyn Fn(String) -> EventKind| {
        param(index).split(',').map(|one| kind(one.to_owned())).collect()
    };
    match message.command().to_ascii_uppercase().as_str() {
        "PRIVMSG" => each(0, &|to| said(to, param(1), How::Plain, How::Ctcp)),
        "NOTICE" => each(0, &|to| said(to, param(1), How::Notice, How::CtcpReply)),
        "TAGMSG" => {
            let mut tags = message.client_tags();
            tags.sort_unstable();
            each(0, &|to| EventKind::Say { how: How::Tags, to, text: tags.join(";") })
        }
        "JOIN" => each(0, &EventKind::Enter),
        "PART" => each(0, &|room| EventKind::Leave { room: Some(room), reason: optional(1) }),
        "QUIT" => vec![EventKind::Leave { room: None, reason: optional(0) }],
        "NICK" => vec![EventKind::Rename(param(0))],
        "TOPIC" if message.param_count() > 1 => vec![EventKind::Topic { room: param(0), topic: param(1) }],
        "KICK" => each(1, &|name| EventKind::Remove { room: param(0), name, reason: optional(2) }),
        "KILL" => vec![EventKind::Kill { name: param(0), reason: optional(1) }],
        "INVITE" => vec![EventKind::Invite { name: param(0), room: param(1) }],
        "MODE" => {
            let modes = message.params().skip(1).collect::<Vec<_>>().join(" ");
            vec![EventKind::Mode { to: param(0), modes }]
        }
        "WALLOPS" => vec![EventKind::Wallops(param(0))],
        "AWAY" => vec![EventKind::Away(optional(0).filter(|text| !text.is_empty()))],
        "SETNAME" => vec![EventKind::Describe(param(0))],
        "FAIL" => vec![EventKind::Refuse { code: "FAIL".to_owned(), text: last(message) }],
        code if is_refusal(code) => vec![EventKind::Refuse { code: code.to_owned(), text: last(message) }],
        // What only the connection needs is no event.
        command if is_of_connection(command) || is_numeric(command) => Vec::new(),
        _ => vec![other(message)],
    }
}

/// Whether a text that was sent may come as this: a server may take out
/// characters that are not drawn, and may do nothing else. A joiner alone is
/// not drawn, but within an emoji it decides what is; the delimiter of CTCP
/// decides what the text is.
pub fn passes_as(sent: &str, got: &str) -> bool {
    if sent == got {
        return true;
    }
    let mut rest = got.chars().peekable();
    let is_drawn = |c: char| c == ctcp::DELIMITER || !for_drawing(c.encode_utf8(&mut [0; 4])).is_empty();
    sent.chars().all(|c| rest.next_if_eq(&c).is_some() || !is_drawn(c))
        && rest.next().is_none()
        && for_drawing(sent) == for_drawing(got)
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

/// A message in its `plain` form, or a CTCP message: `/me` where that is a `request`.
fn said(to: String, text: String, plain: How, request: How) -> EventKind {
    let (how, text) = match Ctcp::parse(&text) {
        None => (plain, text),
        Some(ctcp) => match ctcp.action().filter(|_| ctcp.is_closed && request == How::Ctcp) {
            Some(act) => (How::Act, act.to_owned()),
            None => (request, if ctcp.is_closed { ctcp.body } else { text.as_str() }.to_owned()),
        },
    };
    EventKind::Say { how, to, text }
}

fn last(message: &Message) -> String {
    message.last().unwrap_or("").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server may remove characters that are not drawn, and add nothing.
    #[test]
    fn undrawn_characters_may_go() {
        assert!(passes_as("a\x1b[2Jb\u{2028}", "a[2Jb\u{2028}") && passes_as("a\x07\x07b", "a\x07b"));
        for (sent, got) in [
            ("ab", "a"),
            ("ab", "a\u{200b}b"),
            ("ab", "abc"),
            ("é", "e\u{301}"),
            ("a\x07b", "a"),
            ("👩\u{200d}👩", "👩👩"),
        ] {
            assert!(!passes_as(sent, got), "{sent:?} {got:?}");
        }
    }

    /// Actions of people are compared, the server's own words are not.
    #[test]
    fn actions_of_people_count() {
        let counts = |line: &str| {
            let message = Message::parse(line).unwrap();
            let who = message.nick().unwrap_or("").to_owned();
            Event::of(&message, &who).iter().any(Event::counts)
        };
        for line in [
            ":a!u@h NOTICE b :x",
            ":a NOTICE b :x",
            ":a!u@h MODE #x +m",
            ":a!u@h FOO",
            ":irc.x KICK #x a",
            ":a!u@h PING :x",
            ":a!u@h ERROR :x",
            ":a 1234 b :x",
        ] {
            assert!(counts(line), "{line}");
        }
        for line in
            [":irc.x NOTICE b :x", "NOTICE b :x", ":irc.x MODE #x +m", ":irc.x 404 a #x :no", "PING x"]
        {
            assert!(!counts(line), "{line}");
        }
        for line in ["PING x", ":irc PONG irc :x", ":irc 372 b :x", ":a!u@h 341 b c #x", "ERROR :x"] {
            assert!(!counts(line), "{line}");
        }
        assert!(Event::unreadable(":a!u@h PRIVMSG #x :\u{fffd}").counts());
        assert_eq!(Event::unreadable(":a!u@h PRIVMSG #x :\u{fffd}").who, "a");
    }

    /// A parameter too many makes it another event: once it passed unseen.
    #[test]
    fn surplus_parameter_is_another_event() {
        let is_other = |line: &str| {
            let events = Event::of(&Message::parse(line).unwrap(), "a");
            matches!(events[..], [Event { kind: EventKind::Other(_), .. }])
        };
        for line in [
            ":a!u@h PRIVMSG #x hi :and more",
            ":a!u@h NICK b :more",
            ":a!u@h QUIT bye :more",
            ":a!u@h KICK #x b why :more",
            ":a!u@h JOIN #x more",
            ":a TOPIC #x t :more",
        ] {
            assert!(is_other(line), "{line}");
        }
        // A client's own line is cut by the server.
        for line in ["PRIVMSG #x hi and more", ":a!u@h JOIN #x account :Real Name", ":a!u@h MODE #x +oo a b"]
        {
            assert!(!is_other(line), "{line}");
        }
    }
}
