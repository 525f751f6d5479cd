//! Coming in: capabilities, the name, what the server says of itself.

use crate::wire::multiline::{self, Limits};
use crate::wire::{Line, Message, isupport};
use std::collections::BTreeSet;

/// The capabilities that make a difference to a person, where the server has them.
const WANTED: &[&str] = &[
    "message-tags",
    "server-time",
    "echo-message",
    "labeled-response",
    "batch",
    "cap-notify",
    "standard-replies",
    "multi-prefix",
    "setname",
    "away-notify",
    "draft/chathistory",
    "draft/message-redaction",
    multiline::NAME,
    "draft/read-marker",
];

/// What has been agreed with the server, and what it said of itself.
#[derive(Debug)]
pub(super) struct Greeting {
    /// Offered so far, until the last line of `CAP LS`.
    offered: BTreeSet<String>,
    enabled: BTreeSet<String>,
    /// `CAP END` was sent.
    ended: bool,
    /// `FIRSTROOM`: where our own server wants people to go.
    pub(super) first_room: Option<String>,
    /// The prefixes of operators and the like (`PREFIX`).
    pub(super) prefixes: String,
    pub(super) room_kinds: String,
    /// Messages that one CHATHISTORY brings (`CHATHISTORY`); None without a limit.
    pub(super) history_limit: Option<usize>,
    /// Bytes of a name (`NICKLEN`); None where it was not told.
    pub(super) name_bytes: Option<usize>,
    /// What a message of several lines may hold (`draft/multiline`).
    pub(super) multiline: Limits,
}

impl Default for Greeting {
    fn default() -> Greeting {
        Greeting {
            offered: BTreeSet::new(),
            enabled: BTreeSet::new(),
            ended: false,
            first_room: None,
            prefixes: "@+".to_owned(),
            room_kinds: "#&".to_owned(),
            history_limit: None,
            name_bytes: None,
            multiline: Limits::default(),
        }
    }
}

impl Greeting {
    pub(super) fn first_lines(name: &str) -> Vec<Line> {
        // Many servers take only ASCII letters and digits there.
        let user: String = name.chars().filter(char::is_ascii_alphanumeric).take(9).collect();
        let user = if user.is_empty() { "guest" } else { &user };
        vec![
            Line::new("CAP").param("LS").param("302"),
            Line::new("NICK").param(name),
            Line::new("USER").param(user).param("0").param("*").text(name),
        ]
    }

    pub(super) fn has(&self, capability: &str) -> bool {
        self.enabled.contains(capability)
    }

    /// CAP from the server, and what to answer.
    pub(super) fn cap(&mut self, message: &Message) -> Option<Line> {
        let list = message.last().unwrap_or_default();
        let mut values = list.split(' ').filter_map(|cap| cap.split_once('='));
        if let Some((_, limits)) = values.find(|(name, _)| *name == multiline::NAME) {
            self.multiline = Limits::read(limits);
        }
        let names = || list.split(' ').filter_map(|cap| cap.split('=').next()).filter(|cap| !cap.is_empty());
        match message.param(1)?.to_ascii_uppercase().as_str() {
            "LS" => {
                self.offered.extend(names().map(str::to_owned));
                let more = message.param(2) == Some("*") && message.param_count() > 3;
                if more { None } else { Some(self.request()) }
            }
            "NEW" => {
                let before = std::mem::take(&mut self.offered);
                self.offered = names().map(str::to_owned).collect();
                let request = Some(self.request()).filter(|line| line.as_str().starts_with("CAP REQ"));
                self.offered.extend(before);
                request
            }
            "DEL" => {
                self.enabled.retain(|cap| !names().any(|gone| gone == cap));
                None
            }
            "ACK" => {
                for cap in names() {
                    match cap.strip_prefix('-') {
                        Some(off) => self.enabled.remove(off),
                        None => self.enabled.insert(cap.to_owned()),
                    };
                }
                self.end()
            }
            "NAK" => self.end(),
            _ => None,
        }
    }

    /// Whether a message with this target is for a room.
    pub(super) fn is_room(&self, target: &str) -> bool {
        target.starts_with(|c| self.room_kinds.contains(c))
    }

    fn request(&mut self) -> Line {
        let offered = |cap: &&str| self.offered.contains(*cap);
        let wanted: Vec<&str> = WANTED.iter().copied().filter(offered).collect();
        match wanted.is_empty() {
            true => {
                self.ended = true;
                Line::new("CAP").param("END")
            }
            false => Line::new("CAP").param("REQ").text(&wanted.join(" ")),
        }
    }

    fn end(&mut self) -> Option<Line> {
        let first = !std::mem::replace(&mut self.ended, true);
        first.then(|| Line::new("CAP").param("END"))
    }

    /// RPL_ISUPPORT (Modern, 005): the name, tokens, a description.
    pub(super) fn isupport(&mut self, message: &Message) {
        for token in isupport::tokens(message) {
            match token {
                ("FIRSTROOM", room) if !room.is_empty() => self.first_room = Some(room.to_owned()),
                ("PREFIX", prefix) => {
                    self.prefixes = prefix.split_once(')').map_or("", |(_, symbols)| symbols).to_owned();
                }
                ("CHANTYPES", kinds) => self.room_kinds = kinds.to_owned(),
                ("NICKLEN", most) => self.name_bytes = most.parse().ok(),
                // 0: as many as one likes.
                ("CHATHISTORY", most) => {
                    self.history_limit = most.parse().ok().filter(|&most: &usize| most > 0);
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cap(greeting: &mut Greeting, line: &str) -> Option<String> {
        greeting.cap(&Message::parse(line).unwrap()).map(|line| line.as_str().to_owned())
    }

    #[test]
    fn only_what_is_offered_and_wanted_is_asked_for() {
        let mut greeting = Greeting::default();
        assert_eq!(cap(&mut greeting, "CAP * LS * :sasl=PLAIN multi-prefix"), None);
        let request = cap(&mut greeting, "CAP * LS :batch server-time=x").unwrap();
        assert_eq!(request, "CAP REQ :server-time batch multi-prefix");
        assert_eq!(cap(&mut greeting, "CAP a ACK :batch server-time").unwrap(), "CAP END");
        assert!(greeting.has("batch") && !greeting.has("multi-prefix"));
        assert_eq!(cap(&mut greeting, "CAP a DEL :batch"), None);
        assert!(!greeting.has("batch"));
        assert_eq!(cap(&mut greeting, "CAP a NEW :foo"), None);
        assert_eq!(cap(&mut greeting, "CAP a NEW :batch").unwrap(), "CAP REQ :batch");
        assert_eq!(cap(&mut greeting, "CAP a ACK :batch"), None);
    }

    #[test]
    fn a_server_with_nothing_to_offer_is_fine() {
        let mut greeting = Greeting::default();
        assert_eq!(cap(&mut greeting, "CAP * LS :").unwrap(), "CAP END");
    }

    #[test]
    fn the_user_name_is_ascii() {
        let lines = Greeting::first_lines("小花");
        assert_eq!(lines[2].as_str(), "USER guest 0 * :小花");
        assert_eq!(Greeting::first_lines("Ann-Marie")[2].as_str(), "USER AnnMarie 0 * :Ann-Marie");
    }
}
