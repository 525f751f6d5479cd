//! How events read for programs: one JSON object a line.

use super::words::Notice;
use crate::hub::console_event::Place;
use crate::hub::{ConsoleEvent, Departure};
use crate::server::accept::admission::Refused;
use crate::server::accept::local::LocalOperators;
use crate::server::accept::proxied::Fault;
use crate::server::tls::files::Change;
use crate::text::sanitise::for_drawing;
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::net::SocketAddr;

/// What happened, at `wall_us` µs since the Unix epoch, with its line end.
pub(super) fn event(event: &ConsoleEvent, wall_us: u64, out: &mut String) {
    let object = match event {
        ConsoleEvent::Named { name, from } => by("connected", name.as_str(), *from),
        ConsoleEvent::Entered { room, name, from, count } => {
            in_room(by("entered", name.as_str(), *from), room).and("count", *count)
        }
        ConsoleEvent::Left { room, name, from, count, .. } => {
            in_room(by("left", name.as_str(), *from), room).and("count", *count)
        }
        ConsoleEvent::Said { room, name, from, text } => {
            in_room(by("said", name.as_str(), *from), room).and("text", &**text)
        }
        ConsoleEvent::Renamed { old, new, from } => {
            by("renamed", new.as_str(), *from).and("before", old.as_str())
        }
        ConsoleEvent::Topic { room, name, from, topic } => {
            in_room(by("topic", name.as_str(), *from), room).and("text", topic.as_str())
        }
        ConsoleEvent::Kicked { room, name, by, reason, count } => {
            let object = Object::new("kicked").and("name", name.as_str()).and("by", by.as_str());
            in_room(object, room).and("text", reason.as_str()).and("count", *count)
        }
        ConsoleEvent::Operator { name, from } => by("operator", name.as_str(), *from),
        ConsoleEvent::WrongPassword { name, from } => by("wrong password", name.as_str(), *from),
        ConsoleEvent::Closed { name, from, departure } => closed(departure, *from)
            .and("name", name.as_ref().map_or(Value::Null, |name| name.as_str().into())),
    };
    object.write(wall_us, out);
}

/// Something of the server's own.
pub(super) fn notice(notice: &Notice, wall_us: u64, out: &mut String) {
    let object = match notice {
        Notice::Starting => Object::new("starting"),
        Notice::Data { folder, messages, age, most } => Object::new("data")
            .and("folder", folder.as_str())
            .and("count", *messages)
            .and("keep", age.map(|age| age.to_string()))
            .and("bytes", most.map_or(0, |size| size.0)),
        Notice::Full(true) => Object::new("disk full"),
        Notice::Full(false) => Object::new("disk has room"),
        Notice::Trimmed(count) => Object::new("trimmed").and("count", *count),
        Notice::MaxClients { count, bound } => {
            Object::new("seats").and("count", *count).and("text", bound.name())
        }
        Notice::LocalOperators { who, room } => {
            let object = Object::new("local operators").and("on", *who == LocalOperators::On);
            object.and("container", *who == LocalOperators::OffInContainer).and("room", room.as_str())
        }
        Notice::Encryption { key, is_required } => {
            Object::new("encryption").and("key", key.as_deref()).and("required", *is_required)
        }
        Notice::TurnedAway { from, why, count } => {
            let why = match why {
                Refused::Full => "full",
                Refused::TooManyUnregistered => "without a name",
                Refused::TooManyThere(_) => "address",
            };
            let object = Object::new("turned away").and("address", address(*from));
            object.and("why", why).and("count", *count)
        }
        Notice::Proxy { from, fault } => {
            let why = match fault {
                Fault::Missing => "missing",
                Fault::Bad => "bad",
                Fault::Late => "late",
                Fault::TooMany => "too many",
            };
            Object::new("proxy header").and("address", address(*from)).and("why", why)
        }
        Notice::Certificate(Change::Taken { fingerprint }) => {
            Object::new("certificate").and("key", fingerprint.as_str()).and("taken", true)
        }
        Notice::Certificate(Change::Refused { why }) => {
            Object::new("certificate").and("text", why.as_str()).and("taken", false)
        }
        Notice::Listening { address, .. } => Object::new("listening").and("address", address.to_string()),
    };
    object.write(wall_us, out);
}

/// So many events found no room and are not told.
pub(super) fn missed(count: usize, wall_us: u64, out: &mut String) {
    Object::new("missed").and("count", count).write(wall_us, out);
}

fn by(event: &str, name: &str, from: SocketAddr) -> Object {
    Object::new(event).and("name", name).and("address", address(from))
}

fn in_room(object: Object, place: &Place) -> Object {
    object.and("room", place.room.as_str())
}

fn closed(departure: &Departure, from: SocketAddr) -> Object {
    let object = Object::new("closed").and("address", address(from));
    match departure {
        Departure::Quit(reason) => {
            object.and("why", "quit").and("text", reason.as_deref().unwrap_or_default())
        }
        Departure::Closed => object.and("why", "closed"),
        Departure::Reset => object.and("why", "reset"),
        Departure::TimedOut => object.and("why", "timed out"),
        Departure::NoName(time) => object.and("why", "no name").and("seconds", time.as_secs()),
        Departure::PingTimeout(time) => object.and("why", "silent").and("seconds", time.as_secs()),
        Departure::SlowReader => object.and("why", "slow reader"),
        Departure::Flooding => object.and("why", "flooding"),
        Departure::NotIrc => object.and("why", "not IRC"),
        Departure::Tls(why) => object.and("why", "TLS").and("text", why.as_str()),
        Departure::WrongPassword => object.and("why", "password"),
        Departure::TooManyGuesses => object.and("why", "guesses"),
        Departure::NotEncrypted => object.and("why", "not encrypted"),
        Departure::Killed { by, reason } => {
            object.and("why", "killed").and("by", by.as_str()).and("text", reason.as_str())
        }
        Departure::ServerStopping => object.and("why", "server stopping"),
        Departure::Fault => object.and("why", "fault"),
    }
}

/// `192.168.141.1:55504`, a v4 address as such even where it came in over v6.
fn address(from: SocketAddr) -> String {
    SocketAddr::new(from.ip().to_canonical(), from.port()).to_string()
}

struct Object(Map<String, Value>);

impl Object {
    fn new(event: &str) -> Object {
        Object(Map::new()).and("event", event)
    }

    fn and(mut self, key: &str, value: impl Into<Value>) -> Object {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    fn write(self, wall_us: u64, out: &mut String) {
        let object = self.and("time", time(wall_us));
        escape(&json!(object.0).to_string(), out);
        out.push('\n');
    }
}

/// JSON leaves control characters above U+007F, line separators and marks that
/// turn the direction as they are: whoever looks at the log would be steered.
fn escape(json: &str, out: &mut String) {
    let mut buffer = [0; 4];
    for c in json.chars() {
        match c == ' ' || !for_drawing(c.encode_utf8(&mut buffer)).is_empty() {
            true => out.push(c),
            false => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                write!(out, "\\u{unit:04x}").expect("writing to a String cannot fail");
            }),
        }
    }
}

/// RFC 3339, with milliseconds.
fn time(wall_us: u64) -> String {
    let time = i64::try_from(wall_us).ok().and_then(|us| jiff::Timestamp::from_microsecond(us).ok());
    format!("{:.3}", time.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::manual::EVENTS;
    use crate::server::accept::system_limits::Bound;
    use expect_test::expect;

    const NOON: u64 = 1_767_268_800_123_456;

    fn told(events: &[ConsoleEvent]) -> String {
        let mut out = String::new();
        events.iter().for_each(|told| event(told, NOON, &mut out));
        out
    }

    #[test]
    fn every_fact_is_one_object() {
        expect![[r##"
            {"address":"192.168.141.1:55504","event":"connected","name":"小明","time":"2026-01-01T12:00:00.123Z"}
            {"address":"192.168.141.1:55504","count":1,"event":"entered","name":"小明","room":"#lobby","time":"2026-01-01T12:00:00.123Z"}
            {"address":"192.168.141.1:55504","event":"said","name":"小明","room":"#lobby","text":"哈囉","time":"2026-01-01T12:00:00.123Z"}
            {"address":"192.168.141.1:55504","event":"said","name":"小明","room":"#lobby","text":"\u0001ACTION 揮手\u0001","time":"2026-01-01T12:00:00.123Z"}
            {"address":"192.168.141.1:55504","event":"said","name":"小明","room":"#lobby","text":"\u0001VERSION\u0001","time":"2026-01-01T12:00:00.123Z"}
            {"address":"192.168.141.1:55504","count":2,"event":"entered","name":"小明","room":"#lab","time":"2026-01-01T12:00:00.123Z"}
            {"address":"192.168.141.1:55504","event":"said","name":"小明","room":"#lab","text":"哈囉","time":"2026-01-01T12:00:00.123Z"}
            {"address":"192.168.141.1:55504","count":1,"event":"left","name":"小明","room":"#lab","time":"2026-01-01T12:00:00.123Z"}
            {"address":"192.168.141.1:55504","event":"topic","name":"小明","room":"#lab","text":"今天","time":"2026-01-01T12:00:00.123Z"}
            {"address":"192.168.141.1:55504","before":"小明","event":"renamed","name":"大明","time":"2026-01-01T12:00:00.123Z"}
            {"by":"小花","count":1,"event":"kicked","name":"大明","room":"#lab","text":"","time":"2026-01-01T12:00:00.123Z"}
            {"address":"192.168.141.1:55504","event":"operator","name":"小花","time":"2026-01-01T12:00:00.123Z"}
            {"address":"192.168.141.1:55504","event":"wrong password","name":"大明","time":"2026-01-01T12:00:00.123Z"}
            {"address":"192.168.141.1:55504","event":"closed","name":"小明","text":"bye","time":"2026-01-01T12:00:00.123Z","why":"quit"}
            {"address":"192.168.141.1:55504","count":0,"event":"left","name":"大明","room":"#lobby","time":"2026-01-01T12:00:00.123Z"}
            {"address":"192.168.141.1:55504","event":"closed","name":"小明","time":"2026-01-01T12:00:00.123Z","why":"reset"}
            {"address":"192.168.141.1:55504","event":"closed","name":"小明","time":"2026-01-01T12:00:00.123Z","why":"timed out"}
            {"address":"192.168.141.1:55504","event":"closed","name":null,"time":"2026-01-01T12:00:00.123Z","why":"closed"}
            {"address":"192.168.141.1:55504","event":"closed","name":null,"seconds":10,"time":"2026-01-01T12:00:00.123Z","why":"no name"}
            {"address":"192.168.141.1:55504","event":"closed","name":"小明","seconds":60,"time":"2026-01-01T12:00:00.123Z","why":"silent"}
            {"address":"192.168.141.1:55504","event":"closed","name":"小明","time":"2026-01-01T12:00:00.123Z","why":"slow reader"}
            {"address":"192.168.141.1:55504","event":"closed","name":"小明","time":"2026-01-01T12:00:00.123Z","why":"flooding"}
            {"address":"192.168.141.1:55504","event":"closed","name":null,"time":"2026-01-01T12:00:00.123Z","why":"not IRC"}
            {"address":"192.168.141.1:55504","event":"closed","name":"小明","time":"2026-01-01T12:00:00.123Z","why":"server stopping"}
            {"address":"192.168.141.1:55504","event":"closed","name":"小明","time":"2026-01-01T12:00:00.123Z","why":"fault"}
        "##]].assert_eq(&told(&super::super::words::tests::everything()));
    }

    fn the_start() -> String {
        let mut out = String::new();
        notice(&Notice::Starting, NOON, &mut out);
        let data = |age: Option<&str>, most: Option<&str>| Notice::Data {
            folder: "/data".to_owned(),
            messages: 2,
            age: age.map(|age| age.parse().unwrap()),
            most: most.map(|most| most.parse().unwrap()),
        };
        [data(None, Some("1GiB")), data(Some("90d"), Some("1GiB")), data(None, None)]
            .iter()
            .for_each(|told| notice(told, NOON, &mut out));
        [Notice::Full(true), Notice::Full(false), Notice::Trimmed(5)]
            .iter()
            .for_each(|told| notice(told, NOON, &mut out));
        notice(&Notice::MaxClients { count: 9, bound: Bound::Asked }, NOON, &mut out);
        let (who, room) = (LocalOperators::OffInContainer, "#lobby".to_owned());
        notice(&Notice::LocalOperators { who, room }, NOON, &mut out);
        notice(&Notice::Encryption { key: None, is_required: false }, NOON, &mut out);
        let key = || "SHA256:x".to_owned();
        notice(&Notice::Encryption { key: Some(key()), is_required: true }, NOON, &mut out);
        notice(&Notice::Certificate(Change::Taken { fingerprint: key() }), NOON, &mut out);
        notice(&Notice::Certificate(Change::Refused { why: "no key".to_owned() }), NOON, &mut out);
        let address = "10.0.0.1:7000".parse().unwrap();
        notice(&Notice::Listening { address, command: "x".to_owned() }, NOON, &mut out);
        let from = "10.0.0.2:5".parse().unwrap();
        notice(&Notice::TurnedAway { from, why: Refused::Full, count: 2 }, NOON, &mut out);
        missed(3, NOON, &mut out);
        out
    }

    #[test]
    fn the_start_is_told_as_well() {
        expect![[r##"
            {"event":"starting","time":"2026-01-01T12:00:00.123Z"}
            {"bytes":1073741824,"count":2,"event":"data","folder":"/data","keep":null,"time":"2026-01-01T12:00:00.123Z"}
            {"bytes":1073741824,"count":2,"event":"data","folder":"/data","keep":"90d","time":"2026-01-01T12:00:00.123Z"}
            {"bytes":0,"count":2,"event":"data","folder":"/data","keep":null,"time":"2026-01-01T12:00:00.123Z"}
            {"event":"disk full","time":"2026-01-01T12:00:00.123Z"}
            {"event":"disk has room","time":"2026-01-01T12:00:00.123Z"}
            {"count":5,"event":"trimmed","time":"2026-01-01T12:00:00.123Z"}
            {"count":9,"event":"seats","text":"--max-clients","time":"2026-01-01T12:00:00.123Z"}
            {"container":true,"event":"local operators","on":false,"room":"#lobby","time":"2026-01-01T12:00:00.123Z"}
            {"event":"encryption","key":null,"required":false,"time":"2026-01-01T12:00:00.123Z"}
            {"event":"encryption","key":"SHA256:x","required":true,"time":"2026-01-01T12:00:00.123Z"}
            {"event":"certificate","key":"SHA256:x","taken":true,"time":"2026-01-01T12:00:00.123Z"}
            {"event":"certificate","taken":false,"text":"no key","time":"2026-01-01T12:00:00.123Z"}
            {"address":"10.0.0.1:7000","event":"listening","time":"2026-01-01T12:00:00.123Z"}
            {"address":"10.0.0.2:5","count":2,"event":"turned away","time":"2026-01-01T12:00:00.123Z","why":"full"}
            {"count":3,"event":"missed","time":"2026-01-01T12:00:00.123Z"}
        "##]]
        .assert_eq(&the_start());
    }

    /// They stood nowhere.
    #[test]
    fn each_event_is_in_the_manual() {
        let mut out = told(&super::super::words::tests::everything());
        out.push_str(&the_start());
        for line in out.lines() {
            let object: Value = serde_json::from_str(line).unwrap();
            let event = object["event"].as_str().unwrap();
            let (_, text) = EVENTS.iter().find(|(known, _)| *known == event).expect(event);
            let why = object["why"].as_str().filter(|_| event == "closed");
            assert!(why.is_none_or(|why| text.contains(why)), "{line}");
        }
    }

    #[test]
    fn nobody_forges_a_line_or_steers_the_terminal() {
        let text = "x\"}\u{2028}\r\n\x1b[2J\u{9b}31m\u{202e}\u{e0001}小花👩‍💻 z";
        let ConsoleEvent::Said { room, name, from, .. } = super::super::words::tests::everything().remove(2)
        else {
            panic!("the third event is talk")
        };
        let line = told(&[ConsoleEvent::Said { room, name, from, text: text.into() }]);
        let drawable = |c: char| c == '\n' || c == ' ' || !for_drawing(&c.to_string()).is_empty();
        assert!(line.chars().all(drawable) && line.lines().count() == 1, "{line:?}");
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["text"], text);
    }
}
