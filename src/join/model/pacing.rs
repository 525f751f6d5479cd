//! How much may be under way to the server before it has answered, ours or not.
//!
//! Servers keep what they have not handled yet, and close a connection of
//! which they keep too much: past 1 KiB (ircu), 20 lines (Charybdis) or 8 KiB
//! (InspIRCd, UnrealIRCd), while each line costs up to two seconds. Ours keeps
//! 104 lines and refuses more. InspIRCd with `fakelag="off"` keeps none: it
//! answers at once, and closes past ten lines and one more each second.

use crate::client::protocol::fence;
use crate::wire::{Line, Message};
use std::collections::VecDeque;
use std::time::Duration;

/// What may be under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) lines: usize,
    pub(super) bytes: usize,
}

impl Window {
    /// Of our own server.
    const OURS: Window = Window { lines: 64, bytes: 48 * 1024 };
    /// Of one that nothing is known of.
    pub(super) const ANY: Window = Window { lines: 10, bytes: 1024 };
    /// Of one that has closed a connection because it was sent too much: one message.
    const FLOODED: Window = Window { lines: 0, bytes: 0 };
}

/// In what a server says as it closes because it was sent too much (`Excess
/// Flood`, `RecvQ exceeded`), in lower case.
const FLOOD: [&str; 2] = ["flood", "recvq"];
/// To such a server no more than one line goes in this time: what InspIRCd
/// (`commandrate`) and Charybdis allow.
const LINE_PAUSE: Duration = Duration::from_secs(1);

/// What the token of a PING begins with that follows a line that was said.
const FENCE: &str = "roomchat-";
/// The token of any other.
const PROBE: &str = "roomchat";
/// The pause before a PING that came too fast is sent again, doubled each time, where the
/// server names none.
const PING_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause after a line that came too fast.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A PING that is not answered yet.
#[derive(Debug)]
struct Ping {
    /// Of the line before it; None where it asks for a sign of life.
    fence: Option<u64>,
    /// All that was sent up to this has been handled once it is answered.
    sent: u64,
}

impl Ping {
    fn token(&self) -> String {
        match self.fence {
            Some(id) => format!("{FENCE}{id}"),
            None => PROBE.to_owned(),
        }
    }
}

#[derive(Debug)]
struct Sent {
    number: u64,
    cost: Window,
}

/// What is under way, and until when nothing more may be.
#[derive(Debug, Default)]
pub(super) struct Pacing {
    number: u64,
    /// Oldest first; bounded by the [`Window`].
    sent: VecDeque<Sent>,
    /// Oldest first: servers answer in that order, but not all with our token.
    pings: VecDeque<Ping>,
    /// How long to pause; None once somebody has told the time.
    pause: Option<Duration>,
    pub(super) paused_until: Option<Duration>,
    /// This PING was refused, and is sent again after the pause.
    refused: Option<Ping>,
    /// PINGs that were refused one after the other.
    refusals: u32,
    /// The server has closed a connection because it was sent too much.
    flooded: bool,
}

impl Pacing {
    /// The connection is gone.
    pub(super) fn clear(&mut self) {
        *self = Pacing { number: self.number, flooded: self.flooded, ..Pacing::default() };
    }

    /// The server has closed the connection with these words.
    pub(super) fn closed(&mut self, why: &str) {
        let why = why.to_ascii_lowercase();
        self.flooded |= FLOOD.iter().any(|word| why.contains(word));
    }

    /// Whether so much more may be sent; something always may where nothing is under way.
    pub(super) fn has_room(&self, window: Window, cost: Window) -> bool {
        let under_way =
            |part: fn(&Window) -> usize| self.sent.iter().map(|sent| part(&sent.cost)).sum::<usize>();
        let fits = under_way(|cost| cost.lines) + cost.lines <= window.lines
            && under_way(|cost| cost.bytes) + cost.bytes <= window.bytes;
        self.pause.is_none() && self.paused_until.is_none() && (self.sent.is_empty() || fits)
    }

    /// Something is sent; its number tells when it was handled.
    pub(super) fn send(&mut self, cost: Window) -> u64 {
        self.number += 1;
        self.sent.push_back(Sent { number: self.number, cost });
        if self.flooded {
            self.pause(LINE_PAUSE * u32::try_from(cost.lines).unwrap_or(u32::MAX));
        }
        self.number
    }

    /// The server has handled this, and so all before it.
    pub(super) fn handled(&mut self, number: u64) {
        self.sent.retain(|sent| sent.number > number);
    }

    /// What may be under way to a server, ours or another.
    pub(super) fn window(&self, is_ours: bool) -> Window {
        match is_ours {
            _ if self.flooded => Window::FLOODED,
            true => Window::OURS,
            false => Window::ANY,
        }
    }

    /// Whether something is under way, and no PING that would tell that it was handled.
    pub(super) fn needs_ping(&self) -> bool {
        !self.sent.is_empty() && self.pings.is_empty() && self.refused.is_none()
    }

    /// The PING that follows the line with this number, or asks a quiet server whether it
    /// is still there.
    pub(super) fn ping(&mut self, fence: Option<u64>) -> Line {
        let ping = Ping { fence, sent: self.number };
        let line = fence::ping(&ping.token());
        self.pings.push_back(ping);
        line
    }

    /// The fences that this PONG answers, oldest first: of all PINGs up to the
    /// one with its token. A server that does not send the token back, or not
    /// as it was, answers the oldest.
    pub(super) fn pong(&mut self, message: &Message) -> Vec<u64> {
        let has = |ping: &Ping| {
            let token = ping.token();
            message.params().any(|param| param.eq_ignore_ascii_case(&token))
        };
        let last = self.pings.iter().position(has).unwrap_or(0).min(self.pings.len().saturating_sub(1));
        let answered: Vec<Ping> = self.pings.drain(..(last + 1).min(self.pings.len())).collect();
        if let Some(last) = answered.last() {
            self.refusals = 0;
            self.handled(last.sent);
        }
        answered.into_iter().filter_map(|ping| ping.fence).collect()
    }

    /// Nothing more is sent for so long.
    pub(super) fn pause(&mut self, pause: Duration) {
        let pause = pause.min(LONGEST_PAUSE);
        self.pause = Some(self.pause.map_or(pause, |longer| longer.max(pause)));
    }

    /// A PING came too fast and was passed over; `told`: the pause that the server names.
    pub(super) fn ping_is_refused(&mut self, told: Option<Duration>) {
        let doubled = PING_PAUSE * (1 << self.refusals.min(5));
        self.refusals = self.refusals.saturating_add(1);
        self.pause(told.unwrap_or(doubled));
        if let Some(ping) = self.pings.pop_front() {
            self.refused = Some(ping);
        }
    }

    /// Counts a pause; the PING that is sent again after it.
    pub(super) fn pump(&mut self, now: Duration) -> Option<Line> {
        if let Some(pause) = self.pause.take() {
            let until = now + pause;
            self.paused_until = Some(self.paused_until.map_or(until, |later| later.max(until)));
        }
        self.paused_until = self.paused_until.filter(|&until| until > now);
        let refused = if self.paused_until.is_some() { None } else { self.refused.take() };
        refused.map(|refused| self.ping(refused.fence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pong(pacing: &mut Pacing, line: &str) -> Vec<u64> {
        pacing.pong(&Message::parse(line).unwrap())
    }

    /// Servers answer PINGs in order, with our token or without: once only those with it counted.
    #[test]
    fn answers_without_a_token_count() {
        for (answers, wanted) in [
            (
                [":s PONG s roomchat-1", ":s PONG s roomchat-2", ":s PONG s roomchat"],
                [vec![1], vec![2], vec![]],
            ),
            ([":s PONG s", ":s PONG s s", "PONG"], [vec![1], vec![2], vec![]]),
            ([":s PONG ROOMCHAT-2 s", ":s PONG :RoomChat", ":s PONG s"], [vec![1, 2], vec![], vec![]]),
        ] {
            let mut pacing = Pacing::default();
            for fence in [Some(1), Some(2), None] {
                pacing.send(Window { lines: 2, bytes: 20 });
                pacing.ping(fence);
            }
            assert_eq!(answers.map(|answer| pong(&mut pacing, answer)), wanted);
            assert!(pacing.sent.is_empty() && pacing.pings.is_empty());
            assert!(pong(&mut pacing, ":s PONG s").is_empty());
        }
    }

    /// No more is under way than the window holds.
    #[test]
    fn window_bounds_what_is_under_way() {
        let cost = |lines, bytes| Window { lines, bytes };
        let window = cost(4, 100);
        let mut pacing = Pacing::default();
        assert!(pacing.has_room(window, cost(9, 900)), "there is no other way");
        let first = pacing.send(cost(2, 50));
        assert!(pacing.has_room(window, cost(2, 50)));
        assert!(!pacing.has_room(window, cost(3, 1)) && !pacing.has_room(window, cost(1, 51)));
        pacing.send(cost(2, 1));
        pacing.handled(first);
        assert!(pacing.has_room(window, cost(2, 99)));
        pacing.pause(Duration::from_secs(3));
        assert!(!pacing.has_room(window, cost(1, 1)));
        pacing.pump(Duration::from_secs(10));
        assert_eq!(pacing.paused_until, Some(Duration::from_secs(13)));
        pacing.pump(Duration::from_secs(13));
        assert!(pacing.paused_until.is_none() && pacing.has_room(window, cost(1, 1)));
    }
}
