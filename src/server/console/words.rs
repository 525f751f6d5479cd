//! How an event reads on the console.

use crate::cli::{Age, Size};
use crate::hub::console_event::Place;
use crate::hub::{ConsoleEvent, Departure};
use crate::server::accept::admission::Refused;
use crate::server::accept::local::LocalOperators;
use crate::server::accept::proxied::Fault;
use crate::server::accept::system_limits::Bound;
use crate::server::tls::files::Change;
use crate::text::phrase::NoLocals;
use crate::text::sanitise::for_drawing;
use crate::text::{Lang, Phrase};
use colored::Colorize;
use std::fmt::{self, Write};
use std::net::{IpAddr, SocketAddr};

/// Something of the server's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Notice {
    /// The server is about to listen.
    Starting,
    /// What the disk holds, for how long at most, and up to what size (None: nothing more is kept).
    Data { folder: String, messages: u64, age: Option<Age>, most: Option<Size> },
    /// The disk is full, so that what would have to be kept is refused (true), or has room again.
    Full(bool),
    /// So many records were removed from the disk since they were too old or too many.
    Trimmed(usize),
    /// How many may come, and what keeps it from being more.
    MaxClients { count: usize, bound: Bound },
    /// Whether people of the server's own machine are operators of the first room.
    LocalOperators { who: LocalOperators, room: String },
    /// The fingerprint of the key that connections are encrypted with, and whether they must be.
    Encryption { key: Option<String>, is_required: bool },
    /// A connection was not let in. It is so many for that reason since this was told last.
    TurnedAway { from: SocketAddr, why: Refused, count: u64 },
    /// A connection of a proxy was closed.
    Proxy { from: SocketAddr, fault: Fault },
    /// The certificate's files have changed.
    Certificate(Change),
    /// By which address another machine gets here, and what a friend types.
    Listening { address: SocketAddr, command: String },
}

/// The language of the console, and whether its tags have colours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wording {
    pub(crate) lang: Lang,
    pub(crate) colour: bool,
}

impl Wording {
    /// A line of the server's own, or two.
    pub(crate) fn notice(self, notice: &Notice, out: &mut String) {
        match notice {
            Notice::Starting => self.tagged("STARTING", format_args!("Server is starting..."), out),
            Notice::Data { folder, messages, age, most } => {
                let folder = &for_drawing(folder);
                let (age, size) = (age.map(|age| age.to_string()), most.map(|size| size.to_string()));
                let kept =
                    Phrase::Kept { folder, messages: *messages, age: age.as_deref(), size: size.as_deref() };
                self.tagged("DATA", format_args!("{}", kept.say(self.lang)), out);
            }
            Notice::Full(is_full) => {
                let words = if *is_full { Phrase::DiskFull } else { Phrase::DiskHasRoom };
                self.tagged("DATA", format_args!("{}", words.say(self.lang)), out);
            }
            Notice::Trimmed(count) => {
                let words = Phrase::Trimmed { count: *count as u64 }.say(self.lang);
                self.tagged("DATA", format_args!("{words}"), out);
            }
            Notice::MaxClients { count, bound } => {
                self.phrase(Phrase::Seats { count: *count, bound: bound.name() }, out);
            }
            Notice::LocalOperators { who, room } => {
                let why = match who {
                    LocalOperators::On => None,
                    LocalOperators::Off => Some(NoLocals::Asked),
                    LocalOperators::OffInContainer => Some(NoLocals::Container),
                    LocalOperators::OffBehindProxy => Some(NoLocals::Proxy),
                };
                let nobody = |why| Phrase::NoLocalOperators { room, why };
                self.phrase(why.map_or(Phrase::LocalOperators { room }, nobody), out);
            }
            Notice::Encryption { key, is_required } => {
                self.phrase(Phrase::Encryption { key: key.as_deref(), is_required: *is_required }, out);
            }
            Notice::TurnedAway { from, why, count } => {
                let phrase = match *why {
                    Refused::Full => Phrase::TurnedAwayFull { count: *count },
                    Refused::TooManyUnregistered => Phrase::TurnedAwayWithoutName { count: *count },
                    Refused::TooManyThere(most) => Phrase::TurnedAwayThere { most, count: *count },
                };
                self.tagged("CLOSED", format_args!("{} {}", Peer(from), phrase.say(self.lang)), out);
            }
            Notice::Proxy { from, fault } => {
                let why = match fault {
                    Fault::Missing => Phrase::ProxyHeaderMissing,
                    Fault::Bad => Phrase::ProxyHeaderBad,
                    Fault::Late => Phrase::ProxyHeaderLate,
                    Fault::TooMany => Phrase::ProxyHeadersTooMany,
                };
                self.tagged("CLOSED", format_args!("{} {}", Peer(from), why.say(self.lang)), out);
            }
            Notice::Certificate(Change::Taken { fingerprint }) => {
                self.phrase(Phrase::CertificateTaken { key: fingerprint }, out);
            }
            Notice::Certificate(Change::Refused { why }) => {
                self.phrase(Phrase::CertificateRefused { why: &for_drawing(why) }, out);
            }
            Notice::Listening { address, command } => {
                self.tagged("LISTENING", format_args!("Server is listening on {address}"), out);
                self.phrase(Phrase::FriendsJoin { command }, out);
            }
        }
    }

    /// So many events found no room.
    pub(crate) fn missed(self, count: usize, out: &mut String) {
        self.phrase(Phrase::LinesNotShown { count: count as u64 }, out);
    }

    /// The event's lines. Whatever users sent in it is made fit for drawing, so
    /// it can't make a line of its own nor steer the terminal.
    pub(crate) fn event(self, event: &ConsoleEvent, out: &mut String) {
        match event {
            ConsoleEvent::Named { name, from } => {
                self.line(format_args!("client_name = {name}"), out);
                self.tagged("NEW CONNECTION", format_args!("{} connected.", Peer(from)), out);
            }
            // Entering the first room, and leaving altogether, is in the line before.
            ConsoleEvent::Entered { room, name, count, .. } => {
                if !room.is_first {
                    self.in_room(room, Phrase::Entered { name: name.as_str() }, out);
                }
                self.in_room(room, Phrase::People { count: *count }, out);
            }
            ConsoleEvent::Left { room, name, count, stays, .. } => {
                if *stays {
                    self.in_room(room, Phrase::Left { name: name.as_str(), reason: None }, out);
                }
                self.in_room(room, Phrase::People { count: *count }, out);
            }
            ConsoleEvent::Said { room, name, from, text } => said(room, name.as_str(), from, text, out),
            ConsoleEvent::Renamed { old, new, .. } => {
                self.phrase(Phrase::Renamed { old: old.as_str(), new: new.as_str() }, out);
            }
            ConsoleEvent::Topic { room, name, topic, .. } => {
                let topic = &for_drawing(topic);
                self.in_room(room, Phrase::TopicSet { name: name.as_str(), topic }, out);
            }
            ConsoleEvent::Kicked { room, name, by, reason, count } => {
                let reason = for_drawing(reason);
                let reason = Some(&*reason).filter(|reason| !reason.is_empty());
                self.in_room(room, Phrase::Kicked { name: name.as_str(), by: by.as_str(), reason }, out);
                self.in_room(room, Phrase::People { count: *count }, out);
            }
            ConsoleEvent::Operator { name, from } => {
                self.phrase_from(Phrase::BecameOperator { name: name.as_str() }, from, out);
            }
            ConsoleEvent::WrongPassword { name, from } => {
                self.phrase_from(Phrase::WrongPassword { name: name.as_str() }, from, out);
            }
            ConsoleEvent::Closed { name, from, departure } => {
                self.closed(name.is_some(), from, departure, out)
            }
        }
    }

    fn closed(self, has_name: bool, from: &SocketAddr, departure: &Departure, out: &mut String) {
        if !has_name && matches!(departure, Departure::Quit(_) | Departure::Closed) {
            let words = Phrase::ClosedUnnamed.say(self.lang);
            return self.line(format_args!("{} {words}", Peer(from)), out);
        }
        let words = departure.phrase().say(self.lang);
        self.tagged("CLOSED", format_args!("{} {words}", Peer(from)), out);
    }

    fn phrase(self, phrase: Phrase<'_>, out: &mut String) {
        self.line(format_args!("{}", phrase.say(self.lang)), out);
    }

    fn phrase_from(self, phrase: Phrase<'_>, from: &SocketAddr, out: &mut String) {
        self.line(format_args!("{} from {}", phrase.say(self.lang), Peer(from)), out);
    }

    fn in_room(self, room: &Place, phrase: Phrase<'_>, out: &mut String) {
        out.extend(prefix(room));
        self.phrase(phrase, out);
    }

    fn tagged(self, tag: &str, rest: fmt::Arguments<'_>, out: &mut String) {
        let bracketed = format!("[{tag}]");
        match (self.colour, tag) {
            (false, _) => self.line(format_args!("{bracketed} {rest}"), out),
            (true, "CLOSED") => self.line(format_args!("{} {rest}", bracketed.yellow()), out),
            (true, _) => self.line(format_args!("{} {rest}", bracketed.green()), out),
        }
    }

    fn line(self, text: fmt::Arguments<'_>, out: &mut String) {
        out.write_fmt(text).expect("writing to a String cannot fail");
        out.push('\n');
    }
}

/// A message; of CTCP only ACTION is drawn, as people write it. Written without the
/// formatter: most that a busy server's console has to do is this.
fn said(room: &Place, name: &str, from: &SocketAddr, text: &str, out: &mut String) {
    let action = text.strip_prefix("\x01ACTION ");
    let (star, colon, text) = match action {
        Some(action) => ("* ", " ", action.strip_suffix('\x01').unwrap_or(action)),
        None if text.starts_with('\x01') => return,
        None => ("", ": ", text),
    };
    out.extend(prefix(room));
    out.extend([star, name, colon, &for_drawing(text), " from "]);
    write_peer(from, out).expect("writing to a String cannot fail");
    out.push('\n');
}

/// A room's name before a line; the first room goes without.
fn prefix(room: &Place) -> [&str; 3] {
    if room.is_first { [""; 3] } else { ["[", room.room.as_str(), "] "] }
}

/// `('192.168.141.1', 55504)`, a v4 address as such even where it came in over v6.
fn write_peer(peer: &SocketAddr, out: &mut impl Write) -> fmt::Result {
    let mut digits = itoa::Buffer::new();
    out.write_str("('")?;
    match peer.ip().to_canonical() {
        IpAddr::V4(ip) => {
            for (at, octet) in ip.octets().into_iter().enumerate() {
                out.write_str(if at == 0 { "" } else { "." })?;
                out.write_str(digits.format(octet))?;
            }
        }
        IpAddr::V6(ip) => write!(out, "{ip}")?,
    }
    out.write_str("', ")?;
    out.write_str(digits.format(peer.port()))?;
    out.write_str(")")
}

struct Peer<'a>(&'a SocketAddr);

impl fmt::Display for Peer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_peer(self.0, f)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::text::{Name, RoomName};
    use expect_test::expect;
    use std::time::Duration;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn place(room: &str, is_first: bool) -> Place {
        Place { room: RoomName::parse(room).unwrap(), is_first }
    }

    fn peer() -> SocketAddr {
        "[::ffff:192.168.141.1]:55504".parse().unwrap()
    }

    fn closed(named: bool, departure: Departure) -> ConsoleEvent {
        ConsoleEvent::Closed { name: named.then(|| name("小明")), from: peer(), departure }
    }

    fn said(room: Place, text: &str) -> ConsoleEvent {
        ConsoleEvent::Said { room, name: name("小明"), from: peer(), text: text.into() }
    }

    fn console(lang: Lang, events: &[ConsoleEvent]) -> String {
        let mut out = String::new();
        events.iter().for_each(|event| Wording { lang, colour: false }.event(event, &mut out));
        out
    }

    pub(crate) fn everything() -> Vec<ConsoleEvent> {
        let (lobby, lab) = (|| place("#lobby", true), || place("#lab", false));
        let from = peer();
        vec![
            ConsoleEvent::Named { name: name("小明"), from },
            ConsoleEvent::Entered { room: lobby(), name: name("小明"), from, count: 1 },
            said(lobby(), "哈囉"),
            said(lobby(), "\x01ACTION 揮手\x01"),
            said(lobby(), "\x01VERSION\x01"),
            ConsoleEvent::Entered { room: lab(), name: name("小明"), from, count: 2 },
            said(lab(), "哈囉"),
            ConsoleEvent::Left { room: lab(), name: name("小明"), from, count: 1, stays: true },
            ConsoleEvent::Topic { room: lab(), name: name("小明"), from, topic: "今天".to_owned() },
            ConsoleEvent::Renamed { old: name("小明"), new: name("大明"), from },
            ConsoleEvent::Kicked {
                room: lab(),
                name: name("大明"),
                by: name("小花"),
                reason: String::new(),
                count: 1,
            },
            ConsoleEvent::Operator { name: name("小花"), from },
            ConsoleEvent::WrongPassword { name: name("大明"), from },
            closed(true, Departure::Quit(Some("bye".to_owned()))),
            ConsoleEvent::Left { room: lobby(), name: name("大明"), from, count: 0, stays: false },
            closed(true, Departure::Reset),
            closed(true, Departure::TimedOut),
            closed(false, Departure::Closed),
            closed(false, Departure::NoName(Duration::from_secs(10))),
            closed(true, Departure::PingTimeout(Duration::from_secs(60))),
            closed(true, Departure::SlowReader),
            closed(true, Departure::Flooding),
            closed(false, Departure::NotIrc),
            closed(true, Departure::ServerStopping),
            closed(true, Departure::Fault),
        ]
    }

    /// The lines that are not the same in both languages.
    #[test]
    fn every_fact_in_chinese() {
        let (chinese, english) = (console(Lang::ZhTw, &everything()), console(Lang::En, &everything()));
        let lines = chinese.lines().zip(english.lines());
        let other: Vec<&str> =
            lines.filter(|(chinese, english)| chinese != english).map(|(chinese, _)| chinese).collect();
        expect![[r#"
            聊天室人數： 1
            [#lab] [小明進入聊天室]
            [#lab] 聊天室人數： 2
            [#lab] 小明離開聊天室...
            [#lab] 聊天室人數： 1
            [#lab] [小明把主題改為: 今天]
            [小明改名為大明]
            [#lab] [小花把大明請出聊天室]
            [#lab] 聊天室人數： 1
            小花成為伺服器管理員 from ('192.168.141.1', 55504)
            大明輸入了錯誤的密碼 from ('192.168.141.1', 55504)
            聊天室人數： 0
            ('192.168.141.1', 55504) 關閉了登入視窗..."#]]
        .assert_eq(&other.join("\n"));
    }

    #[test]
    fn every_fact_in_english() {
        expect![[r#"
            client_name = 小明
            [NEW CONNECTION] ('192.168.141.1', 55504) connected.
            people in the room: 1
            小明: 哈囉 from ('192.168.141.1', 55504)
            * 小明 揮手 from ('192.168.141.1', 55504)
            [#lab] [小明 entered the room]
            [#lab] people in the room: 2
            [#lab] 小明: 哈囉 from ('192.168.141.1', 55504)
            [#lab] 小明 left the room...
            [#lab] people in the room: 1
            [#lab] [小明 set the topic: 今天]
            [小明 is now 大明]
            [#lab] [小花 removed 大明]
            [#lab] people in the room: 1
            小花 is now an operator of the server from ('192.168.141.1', 55504)
            大明 gave a wrong password from ('192.168.141.1', 55504)
            [CLOSED] ('192.168.141.1', 55504) closed.
            people in the room: 0
            [CLOSED] ('192.168.141.1', 55504) closed. (connection reset)
            [CLOSED] ('192.168.141.1', 55504) closed. (connection timed out)
            ('192.168.141.1', 55504) closed before giving a name...
            [CLOSED] ('192.168.141.1', 55504) closed. (no name in 10 s)
            [CLOSED] ('192.168.141.1', 55504) closed. (no answer in 60 s)
            [CLOSED] ('192.168.141.1', 55504) closed. (reads too slowly)
            [CLOSED] ('192.168.141.1', 55504) closed. (too many lines)
            [CLOSED] ('192.168.141.1', 55504) closed. (not IRC)
            [CLOSED] ('192.168.141.1', 55504) closed. (server stopping)
            [CLOSED] ('192.168.141.1', 55504) closed. (fault in the server)
        "#]]
        .assert_eq(&console(Lang::En, &everything()));
    }

    #[test]
    fn addresses_are_written_as_their_kind_is() {
        for (address, shown) in [
            ("10.0.200.255:0", "('10.0.200.255', 0)"),
            ("[::ffff:1.2.3.4]:65535", "('1.2.3.4', 65535)"),
            ("[fe80::1:0:0]:7", "('fe80::1:0:0', 7)"),
        ] {
            assert_eq!(Peer(&address.parse().unwrap()).to_string(), shown);
        }
    }

    #[test]
    fn who_is_turned_away_is_told_with_the_others() {
        let told = |why, count| {
            let mut out = String::new();
            let notice = Notice::TurnedAway { from: peer(), why, count };
            Wording { lang: Lang::En, colour: false }.notice(&notice, &mut out);
            out
        };
        expect![[r#"
            [CLOSED] ('192.168.141.1', 55504) closed. (the server is full)
            [CLOSED] ('192.168.141.1', 55504) closed. (too many connections without a name; 7 since this was told last)
            [CLOSED] ('192.168.141.1', 55504) closed. (its address has 128 connections, see --max-per-address)
        "#]]
        .assert_eq(
            &[(Refused::Full, 1), (Refused::TooManyUnregistered, 7), (Refused::TooManyThere(128), 1)]
                .map(|(why, count)| told(why, count))
                .concat(),
        );
    }

    #[test]
    fn nobody_forges_a_line_or_steers_the_terminal() {
        let text = "x\u{2028}[CLOSED] y\x1b[2J\r\n\u{9b}31m\u{202e}z";
        let line = console(Lang::En, &[said(place("#lobby", true), text)]);
        assert_eq!(line, "小明: x[CLOSED] y[2J31mz from ('192.168.141.1', 55504)\n");
    }

    #[test]
    fn tags_have_colours_on_a_terminal() {
        colored::control::set_override(true);
        let mut out = String::new();
        Wording { lang: Lang::En, colour: true }.notice(&Notice::Starting, &mut out);
        assert_eq!(out, "\x1b[32m[STARTING]\x1b[0m Server is starting...\n");
    }
}
