//! Capabilities: what the server offers, and what we have of it (IRCv3
//! capability-negotiation).

use crate::wire::{Line, Message};
use std::collections::{BTreeMap, BTreeSet};

/// Capabilities that are remembered; servers have about forty.
const MOST: usize = 1024;

#[derive(Debug, Clone, Default)]
pub struct Capabilities {
    /// Asked for where they are offered.
    wanted: &'static [&'static str],
    /// Each with its value; at most [`MOST`].
    offered: BTreeMap<String, String>,
    /// At most [`MOST`].
    enabled: BTreeSet<String>,
    /// Our own negotiation is going on: `CAP LS` was sent, and not yet `CAP END`.
    is_open: bool,
    /// They were negotiated by us: what is offered later is asked for as well.
    is_ours: bool,
}

impl Capabilities {
    pub fn new(wanted: &'static [&'static str]) -> Capabilities {
        Capabilities { wanted, ..Capabilities::default() }
    }

    /// For another connection: the same are wanted, and nothing is offered yet.
    pub fn again(&self) -> Capabilities {
        Capabilities::new(self.wanted)
    }

    /// Whether it was asked for and given.
    pub fn has(&self, name: &str) -> bool {
        self.enabled.contains(name)
    }

    pub fn is_offered(&self, name: &str) -> bool {
        self.offered.contains_key(name)
    }

    /// The value with which it is offered; empty where it has none.
    pub fn value(&self, name: &str) -> &str {
        self.offered.get(name).map_or("", String::as_str)
    }

    /// Begins to negotiate.
    pub(super) fn begin(&mut self) -> Line {
        (self.is_open, self.is_ours) = (true, true);
        Line::new("CAP").param("LS").param("302")
    }

    /// CAP from the server, and what to answer.
    pub(super) fn receive(&mut self, message: &Message) -> Option<Line> {
        let list = message.last().unwrap_or_default().split_ascii_whitespace();
        let list = || list.clone().map(|cap| cap.split_once('=').unwrap_or((cap, "")));
        match message.param(1)?.to_ascii_uppercase().as_str() {
            "LS" => {
                self.offer(list());
                let more = message.param(2) == Some("*") && message.param_count() > 3;
                if more || !self.is_open {
                    return None;
                }
                self.request(|cap| self.is_offered(cap)).or_else(|| self.end())
            }
            "NEW" => {
                self.offer(list());
                let request = self.request(|cap| list().any(|(offered, _)| offered == cap));
                // During the negotiation nothing more is requested: the answer to the first request ends
                // it.
                request.filter(|_| self.is_ours && !self.is_open)
            }
            "DEL" => {
                self.enabled.retain(|cap| list().all(|(gone, _)| gone != cap));
                self.offered.retain(|cap, _| list().all(|(gone, _)| gone != cap));
                None
            }
            "ACK" => {
                for (name, _) in list() {
                    if let Some(off) = name.strip_prefix('-') {
                        self.enabled.remove(off);
                    } else if self.enabled.len() < MOST {
                        self.enabled.insert(name.to_owned());
                    }
                }
                self.end()
            }
            "NAK" => self.end(),
            _ => None,
        }
    }

    fn offer<'a>(&mut self, list: impl Iterator<Item = (&'a str, &'a str)>) {
        let room = MOST.saturating_sub(self.offered.len());
        self.offered.extend(list.take(room).map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    /// Asks for what is wanted and among these; None where that is nothing.
    fn request(&self, is_there: impl Fn(&str) -> bool) -> Option<Line> {
        let wanted: Vec<&str> = self.wanted.iter().copied().filter(|cap| is_there(cap)).collect();
        (!wanted.is_empty()).then(|| Line::new("CAP").param("REQ").text(&wanted.join(" ")))
    }

    /// Ends the negotiation, once.
    fn end(&mut self) -> Option<Line> {
        std::mem::take(&mut self.is_open).then(|| Line::new("CAP").param("END"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiating(wanted: &'static [&'static str]) -> Capabilities {
        let mut caps = Capabilities::new(wanted);
        assert_eq!(caps.begin().as_str(), "CAP LS 302");
        caps
    }

    fn receive(caps: &mut Capabilities, line: &str) -> Option<String> {
        caps.receive(&Message::parse(line).unwrap()).map(|line| line.as_str().to_owned())
    }

    /// Capabilities are requested that are both offered and wanted.
    #[test]
    fn request_is_the_common_part() {
        let mut caps = negotiating(&["server-time", "batch", "multi-prefix", "setname"]);
        assert_eq!(receive(&mut caps, "CAP * LS * :sasl=PLAIN multi-prefix"), None);
        let request = receive(&mut caps, "CAP * LS :batch server-time=x").unwrap();
        assert_eq!(request, "CAP REQ :server-time batch multi-prefix");
        assert_eq!(receive(&mut caps, "CAP a ACK :batch server-time").unwrap(), "CAP END");
        assert!(caps.has("batch") && !caps.has("multi-prefix"));
        assert_eq!((caps.value("sasl"), caps.is_offered("sasl")), ("PLAIN", true));
        assert_eq!(receive(&mut caps, "CAP a DEL :batch"), None);
        assert!(!caps.has("batch") && !caps.is_offered("batch"));
        assert_eq!(receive(&mut caps, "CAP a NEW :foo"), None);
        assert_eq!(receive(&mut caps, "CAP a NEW :batch").unwrap(), "CAP REQ :batch");
        assert_eq!(receive(&mut caps, "CAP a ACK :batch"), None);
    }

    /// CAP NEW during the negotiation does not end it: once the answer to the first of two requests did.
    #[test]
    fn late_offer_ends_nothing() {
        let mut caps = negotiating(&["batch", "setname"]);
        assert_eq!(receive(&mut caps, "CAP * NEW :setname"), None);
        assert_eq!(receive(&mut caps, "CAP * LS :batch").unwrap(), "CAP REQ :batch setname");
        assert_eq!(receive(&mut caps, "CAP a ACK :batch setname").unwrap(), "CAP END");
    }

    #[test]
    fn a_server_with_nothing_to_offer_is_fine() {
        assert_eq!(receive(&mut negotiating(&["batch"]), "CAP * LS :").unwrap(), "CAP END");
    }

    /// Nothing is answered where a script negotiates by hand.
    #[test]
    fn script_negotiates_alone() {
        let mut caps = Capabilities::new(&["batch"]);
        for line in ["CAP * LS :batch", "CAP * ACK :batch", "CAP * NEW :batch", "CAP * NAK :x"] {
            assert_eq!(receive(&mut caps, line), None);
        }
        assert!(caps.has("batch"));
    }

    #[test]
    fn no_server_fills_them() {
        let mut caps = negotiating(&[]);
        for n in 0..2 * MOST {
            receive(&mut caps, &format!("CAP * LS * :cap{n}"));
            receive(&mut caps, &format!("CAP * ACK :cap{n}"));
        }
        assert_eq!((caps.offered.len(), caps.enabled.len()), (MOST, MOST));
    }
}
