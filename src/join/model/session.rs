//! One connection to a server: how far it has come, what was agreed, and who we are there.

use super::entry::{Entry, Phase, WANTED};
use super::reclaim::Reclaim;
use crate::client::protocol::batches::Batches;
use crate::client::protocol::{CaseMapping, Registration};
use crate::join::secret::Secret;
use crate::wire::Line;
use crate::wire::multiline::{self, Limits};

/// The room where neither the person nor the server names one.
const DEFAULT_ROOM: &str = "#lobby";
/// Bytes of a line that a client may send (Modern, Message Format), its end included.
const LINE_BYTES: usize = 512;
/// What the server adds before our line until we have seen it: `:` name `!`
/// user `@` host and a blank, the two latter as long as servers let them be.
const SOURCE_BYTES: usize = 3 + 10 + 63;

#[derive(Debug)]
pub(super) struct Session {
    /// We are an operator of the server.
    pub(super) is_operator: bool,
    /// What the server knows this device by; None: the name tells.
    user: Option<String>,
    /// The server's (PASS).
    pub(super) password: Option<Secret>,
    pub(super) phase: Phase,
    pub(super) entry: Entry,
    /// What is agreed with the server, and our name.
    pub(super) registration: Registration,
    /// Our own `name!user@host`, once the server has shown it.
    pub(super) source: Option<String>,
    pub(super) batches: Batches,
    /// What ERROR said.
    pub(super) last_words: Option<String>,
    /// The name that was ours on the last connection; None on the first one.
    pub(super) returning: Option<String>,
    pub(super) reclaim: Reclaim,
}

impl Session {
    pub(super) fn new(user: Option<String>) -> Session {
        Session {
            is_operator: false,
            user,
            password: None,
            phase: Phase::Registering,
            entry: Entry::default(),
            registration: Registration::new(WANTED),
            source: None,
            batches: Batches::default(),
            last_words: None,
            returning: None,
            reclaim: Reclaim::default(),
        }
    }

    /// Begins anew on another connection to the same server, whose first lines these are.
    pub(super) fn come_back(&mut self) -> Vec<Line> {
        let name = self.returning.clone().unwrap_or_else(|| self.name().to_owned());
        let registration = self.registration.again();
        *self = Session {
            entry: Entry::again(),
            registration,
            returning: Some(name.clone()),
            password: self.password.take(),
            ..Session::new(self.user.take())
        };
        self.register(&name)
    }

    /// The first lines of a connection.
    pub(super) fn register(&mut self, name: &str) -> Vec<Line> {
        // Many servers take only ASCII letters and digits there.
        let of_name: String = name.chars().filter(char::is_ascii_alphanumeric).take(9).collect();
        let of_name = if of_name.is_empty() { "guest" } else { &of_name };
        let [begin, name, who] = self.registration.begin(name, self.user.as_deref().unwrap_or(of_name), name);
        // Before the others, as servers without capabilities want it (RFC 2812, 3.1.1).
        let password = self.password.as_ref().map(|password| Line::new("PASS").text(password.expose()));
        [Some(begin), password, Some(name), Some(who)].into_iter().flatten().collect()
    }

    /// The room to enter where the person names none.
    pub(super) fn first_room(&self) -> &str {
        self.registration.features.first_room().unwrap_or(DEFAULT_ROOM)
    }

    /// The name that was ours on the last connection, where another is now.
    pub(super) fn lost_name(&self) -> Option<String> {
        self.returning.clone().filter(|before| !self.is_me(before))
    }

    /// Our name, as the server spells it.
    pub(super) fn name(&self) -> &str {
        self.registration.nick()
    }

    /// Whether the server has given us this capability.
    pub(super) fn has(&self, capability: &str) -> bool {
        self.registration.capabilities.has(capability)
    }

    pub(super) fn has_labels(&self) -> bool {
        self.has("labeled-response")
    }

    /// How the server folds names.
    pub(super) fn mapping(&self) -> CaseMapping {
        self.registration.features.casemapping()
    }

    pub(super) fn same(&self, one: &str, other: &str) -> bool {
        self.mapping().same(one, other)
    }

    pub(super) fn is_me(&self, name: &str) -> bool {
        self.registration.is_me(name)
    }

    pub(super) fn is_room(&self, target: &str) -> bool {
        self.registration.features.is_room(target)
    }

    pub(super) fn is_connected(&self) -> bool {
        self.phase == Phase::Connected
    }

    /// What a message of several lines may hold; None where each has one line.
    pub(super) fn multiline(&self) -> Option<Limits> {
        let has_lines = self.has("batch") && self.has(multiline::NAME);
        has_lines.then(|| Limits::read(self.registration.capabilities.value(multiline::NAME)))
    }

    /// Bytes of a text that fit into one line to this target, with what the server puts before it.
    pub(super) fn text_bytes_to(&self, target: &str) -> usize {
        let overhead = Line::new("PRIVMSG").param(target).text("").wire_len();
        let source = self.source.as_ref().map_or(self.name().len() + SOURCE_BYTES, |source| source.len() + 2);
        LINE_BYTES.saturating_sub(overhead + source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The next connection asks for the same name.
    #[test]
    fn next_connection_asks_for_the_name() {
        let mut session = Session::new(None);
        let lines: Vec<_> = session.register("小花").iter().map(|line| line.as_str().to_owned()).collect();
        assert_eq!(lines, ["CAP LS 302", "NICK 小花", "USER guest 0 * :小花"]);
        assert_eq!(session.first_room(), "#lobby");
        session.phase = Phase::Connected;
        let lines = session.come_back();
        assert_eq!(lines[1].as_str(), "NICK 小花");
        assert_eq!((session.phase, session.lost_name()), (Phase::Registering, None));
        session.register("小花_");
        assert_eq!(session.lost_name().as_deref(), Some("小花"));
    }

    /// A text leaves room for what the server puts before it.
    #[test]
    fn text_leaves_room_for_the_source() {
        let mut session = Session::new(None);
        session.register("bob");
        let guessed = session.text_bytes_to("#a");
        session.source = Some("bob!u@h".to_owned());
        assert_eq!(session.text_bytes_to("#a"), 512 - ":bob!u@h PRIVMSG #a :\r\n".len());
        assert!(guessed < session.text_bytes_to("#a"));
    }
}
