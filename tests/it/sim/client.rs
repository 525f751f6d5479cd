//! A client, what it has asked for and what it believes.

use super::step::ROOMS;
use roomchat::chat::Seq;
use roomchat::hub::{Decoder, Input, SessionId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

pub(super) const NAMES: [&str; 6] = ["ann", "ben", "cat", "dan", "eve", "audit"];

/// What a client asks for: most of it, not the events of pages, and nothing.
pub(super) fn caps(who: usize) -> &'static str {
    match who {
        3 | 5 => {
            "batch labeled-response echo-message message-tags server-time draft/chathistory \
              draft/message-redaction standard-replies soju.im/search"
        }
        4 => "",
        0 | 1 => {
            "batch labeled-response echo-message message-tags server-time draft/chathistory draft/multiline \
              draft/message-redaction standard-replies soju.im/search draft/event-playback"
        }
        _ => {
            "batch labeled-response echo-message message-tags server-time draft/chathistory \
              draft/message-redaction standard-replies soju.im/search draft/event-playback"
        }
    }
}

/// What a label stands for until it is answered.
#[derive(Debug, Clone)]
pub(super) enum Ask {
    /// That all before it was answered.
    Fence,
    /// To say a text with this word, which is said nowhere where it is refused.
    Say {
        word: Option<String>,
        again: Option<Again>,
    },
    /// The same once more, since the connection was lost before the answer came.
    SayAgain(Again),
    Redact,
    Page(Page),
    /// For this word, which is in the message with this id.
    Search {
        word: String,
        id: String,
        must_be_found: bool,
    },
    Join {
        room: &'static str,
    },
    /// To change something of a room.
    Change {
        room: &'static str,
    },
    Rename,
    /// Settings of a room, when nobody changes them.
    Modes {
        room: &'static str,
    },
}

impl Ask {
    /// The rooms of which something may be changed by it.
    pub(super) fn changes(&self) -> &[&'static str] {
        match self {
            Ask::Change { room } | Ask::Join { room } => std::slice::from_ref(room),
            Ask::Rename => &ROOMS,
            _ => &[],
        }
    }
}

/// What is sent again, with the same id, once its author is in the room again.
#[derive(Debug, Clone)]
pub(super) struct Again {
    pub(super) line: String,
    pub(super) word: String,
    pub(super) room: &'static str,
    /// The author's name.
    pub(super) nick: String,
    /// When it was first sent, by the monotonic clock.
    pub(super) sent: Duration,
    /// How often the wall clock had been set.
    pub(super) clock_sets: u32,
}

/// Somebody who was in a room when the server ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before {
    pub(super) is_operator: bool,
    /// The hub's uptime at the start after that.
    pub(super) restarted: Duration,
}

/// A page that was asked for.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub(super) room: &'static str,
    /// Messages between these numbers, without them.
    pub(super) from: Seq,
    pub(super) to: Seq,
    pub(super) most: usize,
    /// Whether the newest of them are asked for, or the oldest; None where neither.
    pub(super) newest: Option<bool>,
    /// What was told until then must be in it, and what was said before the client came in.
    pub(super) told: u64,
}

/// What has come as an answer so far.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) ask: Ask,
    pub(super) is_refused: bool,
    /// The records of a page, and whether each is a message.
    pub(super) records: Vec<(Seq, bool)>,
    pub(super) topic: Option<String>,
    /// Settings of a room, by the letters of [`super::truth::LETTERS`].
    pub(super) settings: Option<(&'static str, BTreeSet<String>)>,
    /// The names in the room were told to the end.
    pub(super) has_entered: bool,
    pub(super) is_operator: Option<bool>,
}

/// A batch that is open.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) parent: Option<String>,
    /// What is in it happened before.
    pub(super) is_past: bool,
    pub(super) answer: Option<Answer>,
    /// The line that has opened it, and the text so far, where it is one message of several lines.
    pub(super) lines: Option<(String, String)>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Membership {
    pub(super) is_operator: bool,
    /// The number of the coming in.
    pub(super) since: Seq,
    /// The last message of the room that was told; the coming in before the first.
    pub(super) last: Seq,
}

#[derive(Default)]
pub(super) struct Client {
    pub(super) who: usize,
    pub(super) nick: String,
    pub(super) decoder: Decoder,
    /// Its socket is open, and it reads.
    pub(super) is_open: bool,
    /// The hub has not forgotten it yet, so its number is not free.
    pub(super) is_known: bool,
    /// The server closes it, or it has left; what it believes of rooms is not up to date.
    pub(super) is_leaving: bool,
    pub(super) unread: VecDeque<Vec<Input>>,
    pub(super) is_slow: bool,
    /// It has not taken all that it was sent.
    pub(super) has_more: bool,
    /// The hub waits until it has.
    pub(super) is_awaited: bool,
    /// PINGs that it has not come to.
    pub(super) pings: Vec<String>,
    pub(super) rooms: BTreeMap<&'static str, Membership>,
    pub(super) asks: BTreeMap<u32, Ask>,
    /// Of earlier connections: said or not.
    pub(super) unsure: Vec<Again>,
    pub(super) batches: BTreeMap<String, Open>,
}

impl Client {
    pub(super) fn new(who: usize) -> Client {
        Client { who, nick: NAMES[who].to_owned(), ..Client::default() }
    }

    pub(super) fn name(&self) -> &'static str {
        NAMES[self.who]
    }

    pub(super) fn id(&self) -> SessionId {
        SessionId(self.who as u32)
    }

    pub(super) fn address(&self) -> SocketAddr {
        ([10, 0, self.who as u8, 1], 1000).into()
    }

    /// It has asked for labels, and is told ids.
    pub(super) fn has_labels(&self) -> bool {
        !caps(self.who).is_empty()
    }

    /// It says and is told messages of several lines as such.
    pub(super) fn has_multiline(&self) -> bool {
        caps(self.who).contains("draft/multiline")
    }

    pub(super) fn send(&mut self, line: &str) {
        let mut inputs = Vec::new();
        self.decoder.feed(format!("{line}\r\n").as_bytes(), |input| inputs.push(input));
        self.unread.push_back(inputs);
    }

    /// The connection is over.
    pub(super) fn end(&mut self) {
        self.take_asks();
        let (is_known, unsure) = (self.is_known, std::mem::take(&mut self.unsure));
        *self = Client { is_known, unsure, ..Client::new(self.who) };
    }

    /// Nothing that was asked will be answered.
    pub(super) fn take_asks(&mut self) -> Vec<Ask> {
        let asks: Vec<Ask> = std::mem::take(&mut self.asks).into_values().collect();
        self.unsure.extend(asks.iter().filter_map(|ask| match ask {
            Ask::Say { again, .. } => again.clone(),
            Ask::SayAgain(again) => Some(again.clone()),
            _ => None,
        }));
        asks
    }

    /// The name by which the server knows the author of what is sent now, if that is certain.
    pub(super) fn certain_nick(&self) -> Option<String> {
        let is_renaming = self.asks.values().any(|ask| matches!(ask, Ask::Rename));
        (!is_renaming).then(|| self.nick.clone())
    }

    /// Whether it waits for something.
    pub(super) fn waits(&self) -> bool {
        self.is_open && (!self.asks.is_empty() || !self.batches.is_empty() || !self.unread.is_empty())
    }

    /// The batch whose answer a line in this batch belongs to.
    pub(super) fn answer_in(&mut self, batch: &str) -> Option<&mut Answer> {
        let mut name = batch.to_owned();
        while self.batches.get(&name)?.answer.is_none() {
            name = self.batches.get(&name)?.parent.clone()?;
        }
        self.batches.get_mut(&name)?.answer.as_mut()
    }

    /// Whether what is in this batch happened before.
    pub(super) fn is_past(&self, batch: &str) -> bool {
        let mut name = Some(batch);
        while let Some(open) = name.and_then(|name| self.batches.get(name)) {
            if open.is_past {
                return true;
            }
            name = open.parent.as_deref();
        }
        false
    }
}

impl Answer {
    pub(super) fn new(ask: Ask) -> Answer {
        Answer {
            ask,
            is_refused: false,
            records: Vec::new(),
            topic: None,
            settings: None,
            has_entered: false,
            is_operator: None,
        }
    }
}
