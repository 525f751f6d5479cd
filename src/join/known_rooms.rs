//! By what this device knows each server: the lines of `known_rooms`, and what follows from them.
//!
//! A line is a server and what is known of it, divided by blanks or tabs. More may follow:
//!
//! | line | means |
//! |---|---|
//! | `host:port SHA256:…` | it has this key; several lines, one of these keys |
//! | `host:port trusted` | the system trusts its certificate, whatever the key |
//! | `host:port plain TIME` | it did not encrypt; until then it is not asked whether it does |
//!
//! Anything else behind a server counts as a key that no server has: what was known must not become
//! unknown by a slip in an editor. A line without a server is left as it is.

use crate::cli;
use crate::client::transport::{Begin, Peer};
use jiff::{Timestamp, ToSpan};
use std::net::IpAddr;

/// Hours for which a server that does not encrypt is not asked again: a week.
const PLAIN_HOURS: i64 = 7 * 24;
/// Servers that are remembered, and bytes of their lines; the oldest is forgotten first.
const MOST_LINES: usize = 500;
const MOST_BYTES: usize = 60 * 1024;

const TRUSTED: &str = "trusted";
const PLAIN: &str = "plain";

/// What is known of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It has one of these keys.
    Keys(Vec<String>),
    Trusted,
    /// It does not encrypt.
    Plain,
}

/// What is known of all of them.
#[derive(Debug, Default)]
pub struct KnownRooms(Vec<String>);

impl KnownRooms {
    pub fn new(lines: Vec<String>) -> KnownRooms {
        KnownRooms(lines)
    }

    pub fn lines(&self) -> &[String] {
        &self.0
    }

    /// What is known of the server now.
    pub fn of(&self, server: &str, now: Timestamp) -> Option<Known> {
        let server = canonical(server);
        let lines: Vec<What<'_>> = self.0.iter().filter_map(|line| what(line, &server)).collect();
        let keys: Vec<String> = lines
            .iter()
            .filter_map(|line| if let What::Key(key) = line { Some((*key).to_owned()) } else { None })
            .collect();
        let is_plain = |line: &What<'_>| {
            let What::Plain(until) = line else { return false };
            until.parse::<Timestamp>().is_ok_and(|until| now < until && until <= later(now))
        };
        match () {
            () if !keys.is_empty() => Some(Known::Keys(keys)),
            () if lines.iter().any(|line| matches!(line, What::Trusted)) => Some(Known::Trusted),
            () if lines.iter().any(is_plain) => Some(Known::Plain),
            () => None,
        }
    }

    /// The server that is known by this key under another address.
    pub fn other(&self, key: &str, server: &str) -> Option<&str> {
        let other = |line| words(line).filter(|&(_, first, _)| first == key).map(|(at, ..)| at);
        let server = canonical(server);
        self.0.iter().find_map(|line| other(line)).filter(|other| canonical(other) != server)
    }

    /// The lines by which the server is expected to encrypt.
    pub fn lines_of(&self, server: &str) -> Vec<&str> {
        let server = canonical(server);
        let is_meant = |line: &&str| matches!(what(line, &server), Some(What::Key(_) | What::Trusted));
        self.0.iter().map(String::as_str).filter(is_meant).collect()
    }

    /// Nothing is known of the server any more.
    pub fn forget(&mut self, server: &str) {
        let server = canonical(server);
        self.0.retain(|line| what(line, &server).is_none());
    }

    /// From now on the server is known by this alone.
    pub fn learn(&mut self, server: &str, known: &Known, now: Timestamp) {
        self.forget(server);
        let server = canonical(server);
        match known {
            Known::Keys(keys) => self.0.extend(keys.iter().map(|key| format!("{server} {key}"))),
            Known::Trusted => self.0.push(format!("{server} {TRUSTED}")),
            Known::Plain => self.0.push(format!("{server} {PLAIN} {:.0}", later(now))),
        }
        while self.0.len() > MOST_LINES
            || self.0.iter().map(|line| line.len() + 1).sum::<usize>() > MOST_BYTES
        {
            self.0.remove(0);
        }
    }
}

/// What a line says of a server.
enum What<'a> {
    Key(&'a str),
    Trusted,
    /// Until when.
    Plain(&'a str),
}

/// What a line says of this server, which is given as [`canonical`] does; None where it is about
/// another.
fn what<'a>(line: &'a str, server: &str) -> Option<What<'a>> {
    let (_, first, second) = words(line).filter(|(at, ..)| canonical(at) == server)?;
    Some(match first {
        TRUSTED => What::Trusted,
        PLAIN => What::Plain(second),
        key => What::Key(key),
    })
}

/// The first three words of a line, of which the last two may be missing. Editors of some systems begin
/// a file with a byte order mark.
fn words(line: &str) -> Option<(&str, &str, &str)> {
    let mut words = line.trim_start_matches('\u{feff}').split_whitespace();
    Some((words.next()?, words.next().unwrap_or_default(), words.next().unwrap_or_default()))
}

/// One way to write a server, of those that lead to the same: small letters, no dot at the end of a
/// name (RFC 1034, 3.1), addresses as RFC 5952 has them.
fn canonical(server: &str) -> String {
    let small = server.to_ascii_lowercase();
    let Some((host, port)) = small.rsplit_once(':') else { return small };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => format!("[{address}]:{port}"),
        Ok(IpAddr::V4(address)) => format!("{address}:{port}"),
        Err(_) if host.contains(':') => format!("[{host}]:{port}"),
        Err(_) => format!("{}:{port}", host.strip_suffix('.').unwrap_or(host)),
    }
}

fn later(now: Timestamp) -> Timestamp {
    now.checked_add(PLAIN_HOURS.hours()).unwrap_or(Timestamp::MAX)
}

/// How a connection to a server begins of which this is known. `names_irc`: its address was given as
/// `irc://`.
pub fn begin(tls: cli::JoinTls, known: Option<&Known>, names_irc: bool) -> Begin {
    match (tls, known) {
        (cli::JoinTls::Off, _) => Begin::Plain,
        (cli::JoinTls::Require, _) | (_, Some(Known::Keys(_) | Known::Trusted)) => Begin::Encrypted,
        (cli::JoinTls::Auto, Some(Known::Plain)) => Begin::Plain,
        (cli::JoinTls::Auto, None) if names_irc => Begin::Plain,
        (cli::JoinTls::Auto, None) => Begin::Either,
    }
}

/// What a server's key means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As it is known, or not to be known.
    Fine,
    /// It is to be known by this from now on; in this sitting alone where the key is for one run.
    New(Known),
    /// It is another server than the one that is known.
    Changed,
}

pub fn judge(known: Option<&Known>, peer: &Peer, address: IpAddr) -> Verdict {
    match known {
        Some(Known::Keys(keys)) if keys.contains(&peer.key) => Verdict::Fine,
        Some(Known::Trusted) if peer.is_trusted => Verdict::Fine,
        // Also where the system trusts the certificate: a school's machines may trust one of its own,
        // with which whoever has that can pass for anybody.
        Some(Known::Keys(_) | Known::Trusted) => Verdict::Changed,
        Some(Known::Plain) | None if peer.is_trusted => Verdict::New(Known::Trusted),
        // All that is said is open to whoever has this machine.
        Some(Known::Plain) | None if address.to_canonical().is_loopback() => Verdict::Fine,
        Some(Known::Plain) | None => Verdict::New(Known::Keys(vec![peer.key.clone()])),
    }
}

/// Whether an address is of a network in which machines change theirs (RFC 1918, RFC 3927, RFC 4193,
/// RFC 4291, 2.5.6), as class rooms are.
pub fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local() || ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;
    const SERVER: &str = "a.example:7000";
    const FAR: [u8; 4] = [198, 51, 100, 7];

    fn known(lines: &[&str]) -> KnownRooms {
        KnownRooms::new(lines.iter().map(|&line| line.to_owned()).collect())
    }

    fn keys(keys: &[&str]) -> Known {
        Known::Keys(keys.iter().map(|&key| key.to_owned()).collect())
    }

    fn peer(key: &str, is_trusted: bool) -> Peer {
        Peer { key: key.to_owned(), is_trusted, is_for_one_run: false }
    }

    #[test]
    fn a_server_is_known_by_its_lines() {
        let rooms = known(&[
            "# mine",
            "A.example:7000 SHA256:one",
            "a.example:7000 SHA256:two",
            "b.example:7000 trusted",
            "c.example:7000 plain 1970-01-02T00:00:00Z",
            "d.example:7000 plain 1969-12-31T00:00:00Z",
            "e.example:7000 plain 2999-12-31T00:00:00Z",
            "f.example:7000 plain",
        ]);
        let of = |server: &str| rooms.of(&format!("{server}.example:7000"), NOW);
        assert_eq!(of("a"), Some(keys(&["SHA256:one", "SHA256:two"])));
        assert_eq!((of("b"), of("c")), (Some(Known::Trusted), Some(Known::Plain)));
        assert_eq!([of("d"), of("e"), of("f"), of("g")], [None, None, None, None]);
        assert_eq!(rooms.of("a.example:700", NOW), None);
        assert_eq!(rooms.other("SHA256:two", "x:1"), Some(SERVER));
        assert_eq!(rooms.other("SHA256:two", SERVER), None);
        assert_eq!(rooms.lines_of(SERVER).len(), 2);
        assert_eq!(rooms.lines_of("c.example:7000"), [""; 0]);
    }

    /// Lines that an editor has changed, and other spellings of a server, made it unknown: any key was
    /// then taken.
    #[test]
    fn a_slip_makes_nothing_unknown() {
        for line in [
            "\u{feff}a.example:7000 SHA256:one",
            "a.example:7000\tSHA256:one",
            "  A.EXAMPLE.:7000   SHA256:one  # mine",
        ] {
            assert_eq!(known(&[line]).of(SERVER, NOW), Some(keys(&["SHA256:one"])), "{line}");
            assert_eq!(known(&[line]).lines_of("a.example.:7000"), [line]);
            assert_eq!(known(&[line]).other("SHA256:one", "b:1").map(canonical).as_deref(), Some(SERVER));
            let mut forgotten = known(&[line]);
            forgotten.forget("A.example.:7000");
            assert_eq!(forgotten.lines(), [""; 0]);
        }
        for line in ["a.example:7000", "a.example:7000 SHA-256:one", "a.example:7000 SHA256: one"] {
            let unknown_key = known(&[line]).of(SERVER, NOW);
            assert_eq!(judge(unknown_key.as_ref(), &peer("SHA256:one", true), FAR.into()), Verdict::Changed);
        }
        for (one, other) in [
            ("[2001:db8::1]:7000", "[2001:DB8:0:0::0001]:7000"),
            ("[::ffff:192.0.2.1]:7000", "192.0.2.1:7000"),
            ("[fe80::1%eth0]:7000", "[FE80::1%eth0]:7000"),
        ] {
            assert!(known(&[&format!("{one} SHA256:one")]).of(other, NOW).is_some(), "{one}");
        }
        assert_eq!(known(&["[fe80::1%eth0]:7000 SHA256:one"]).of("[fe80::1%eth1]:7000", NOW), None);
    }

    /// What is learnt is read again, replaces what was known, and leaves other lines alone.
    #[test]
    fn learnt_is_known() {
        let mut rooms = known(&["# mine", "b.example:7000 trusted"]);
        for what in [Known::Plain, keys(&["SHA256:a"]), Known::Trusted, keys(&["SHA256:b", "SHA256:c"])] {
            rooms.learn(SERVER, &what, NOW);
            assert_eq!(rooms.of(SERVER, NOW), Some(what));
        }
        assert_eq!(
            rooms.lines(),
            ["# mine", "b.example:7000 trusted", "a.example:7000 SHA256:b", "a.example:7000 SHA256:c"]
        );
    }

    /// Once the file was too large to be read, all that was known was forgotten.
    #[test]
    fn lines_are_bounded() {
        let mut rooms = KnownRooms::default();
        let host = "x".repeat(200);
        for number in 0..2 * MOST_LINES {
            rooms.learn(&format!("{host}{number}:7000"), &keys(&["SHA256:a"]), NOW);
        }
        let bytes: usize = rooms.lines().iter().map(|line| line.len() + 1).sum();
        assert!(bytes <= MOST_BYTES && rooms.lines().len() > 200, "{bytes}");
    }

    #[test]
    fn encrypted_stays_encrypted() {
        use cli::JoinTls::{Auto, Off, Require};
        let encrypted = [keys(&["SHA256:a"]), Known::Trusted];
        for known in encrypted.iter().map(Some) {
            assert_eq!(begin(Auto, known, false), Begin::Encrypted);
            assert_eq!(begin(Auto, known, true), Begin::Encrypted, "also as irc://");
            assert_eq!(begin(Off, known, false), Begin::Plain);
        }
        assert_eq!(begin(Auto, None, false), Begin::Either);
        assert_eq!(begin(Auto, None, true), Begin::Plain);
        assert_eq!(begin(Auto, Some(&Known::Plain), false), Begin::Plain);
        assert_eq!(begin(Require, Some(&Known::Plain), true), Begin::Encrypted);
    }

    #[test]
    fn another_key_is_another_server() {
        let (one, far) = (keys(&["SHA256:a"]), FAR.into());
        let told = |known, key, is_trusted| judge(known, &peer(key, is_trusted), far);
        assert_eq!(told(None, "SHA256:a", false), Verdict::New(one.clone()));
        assert_eq!(told(Some(&Known::Plain), "SHA256:a", false), Verdict::New(one.clone()));
        assert_eq!(told(Some(&one), "SHA256:a", false), Verdict::Fine);
        assert_eq!(told(Some(&one), "SHA256:b", false), Verdict::Changed);
        // A certificate that the system trusts replaced the key without a word.
        assert_eq!(told(Some(&one), "SHA256:b", true), Verdict::Changed);
        assert_eq!(told(Some(&one), "SHA256:a", true), Verdict::Fine);
        assert_eq!(told(Some(&Known::Plain), "SHA256:b", true), Verdict::New(Known::Trusted));
        assert_eq!(told(None, "SHA256:b", true), Verdict::New(Known::Trusted));
        assert_eq!(told(Some(&Known::Trusted), "SHA256:b", true), Verdict::Fine);
        assert_eq!(told(Some(&Known::Trusted), "SHA256:b", false), Verdict::Changed);
        let here = |known| judge(known, &peer("SHA256:b", false), [127, 0, 0, 1].into());
        assert_eq!((here(None), here(Some(&one))), (Verdict::Fine, Verdict::Changed));
    }

    #[test]
    fn class_rooms_have_private_addresses() {
        for (address, wanted) in [
            ("192.168.1.5", true),
            ("10.0.0.1", true),
            ("169.254.1.1", true),
            ("::ffff:172.16.0.1", true),
            ("fe80::1", true),
            ("fd00::2", true),
            ("140.115.140.103", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(is_private(address.parse().unwrap()), wanted, "{address}");
        }
    }
}
