//! A person's side of the conversation, as a pure machine.
//!
//! In: the server's messages, what the person wants, the time. Out: lines to
//! send, things to show, and how it ended, taken with [`Model::take`].

mod arrive;
mod block;
mod command;
mod delivery;
pub mod entry;
mod error;
mod fetch;
mod hear;
mod item;
pub mod liveness;
mod mention;
mod naming;
mod pacing;
mod people;
mod queue;
mod record;
mod redact;
mod refusal;
mod said;
mod send;
mod unread;

pub use item::{Form, Item, Question, Speaker, Why};
pub use mention::mentions;

pub use super::command::{Bell, Command};
use crate::client::protocol::batches::Batches;
use crate::client::protocol::{CaseMapping, Registration};
use crate::text::Name;
use crate::wire::Line;
use arrive::{Held, Unsure};
use block::Blocks;
use delivery::Delivery;
use entry::{Entry, Retry};
use fetch::Fetches;
use naming::Reclaim;
use pacing::Pacing;
use people::People;
use queue::Queued;
use record::Record;
use std::collections::VecDeque;
use std::time::Duration;
use unread::Unread;

/// The room where neither the person nor the server names one.
const DEFAULT_ROOM: &str = "#lobby";

/// What the machine's owner is to do, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Whole lines with their ends, to be sent in one go.
    Send(Vec<u8>),
    Show(Item),
    /// The person is in the room for the first time, under this name.
    Entered {
        name: String,
    },
    Over(Ending),
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The server does not give us this name; another may do.
    NameRefused { name: String, taken: bool, why: String },
    /// The room can't be entered.
    RoomRefused { room: String, why: String },
    /// The server lets us in no more, whatever our name is.
    Refused { why: String },
    /// The connection is gone, with the server's last words.
    Closed { why: Option<String> },
    /// What answers is no chat server; its first words.
    NotIrc { banner: String },
    /// Nobody was let in for a long time.
    Silent,
}

impl Ending {
    /// Whether another connection may end better.
    pub fn is_outage(&self) -> bool {
        match self {
            Ending::Closed { .. } | Ending::NotIrc { .. } | Ending::Silent => true,
            Ending::NameRefused { .. } | Ending::RoomRefused { .. } | Ending::Refused { .. } => false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No name yet.
    Registering,
    /// Named; JOIN was sent.
    Entering,
    /// The room could not be entered again, and is tried from time to time.
    Outside,
    /// In the room; what was said before is not shown yet.
    Arriving,
    /// What is said is sent, and shown as it comes.
    Inside,
    Over,
}

/// The machine. One connection; its owner makes another for the next.
#[derive(Debug)]
pub struct Model {
    phase: Phase,
    /// What is agreed with the server, and our name.
    registration: Registration,
    /// Asked for by the person.
    wanted_room: Option<String>,
    /// Where we are, as the server spells it.
    room: Option<String>,
    /// Shown in the header.
    address: String,
    people: People,
    topic: Option<String>,
    delivery: Delivery,
    /// Something that was said was not sent.
    refusals: bool,
    /// Our own `name!user@host`, once the server has shown it.
    source: Option<String>,
    batches: Batches,
    /// What ERROR said.
    last_words: Option<String>,
    bell: Bell,
    /// At most a hundred.
    ignored: Vec<String>,
    record: Record,
    unread: Unread,
    fetches: Fetches,
    /// What comes while the past is asked for; bounded by [`arrive`].
    held: Option<Vec<Held>>,
    /// Under way when the last connection was lost, oldest first; as many as
    /// were under way.
    unsure: VecDeque<Unsure>,
    /// We were in this room before, and know where we stopped.
    was_here: bool,
    /// Has been in a room at least once.
    entered: bool,
    /// What `/away` said.
    away: Option<String>,
    /// `/rooms` waits for its answer.
    listing: bool,
    /// What was typed and can't be sent yet, oldest first; bounded by [`QUEUED`](queue::QUEUED)
    /// texts and commands, each text of as many messages as it needs.
    queue: VecDeque<Queued>,
    /// How many things were typed.
    typed: u64,
    /// How many messages of ours have arrived.
    arrived: u64,
    pacing: Pacing,
    blocks: Blocks,
    /// What the server refused last, and was told; until something is typed.
    told_refusal: Option<String>,
    /// It was told that what is said waits for a connection.
    told_waiting: bool,
    /// This is not the first connection; the name that was ours.
    returning: Option<String>,
    /// A room was entered whose people are not all known.
    entering: bool,
    entry: Entry,
    retry: Retry,
    /// It was told since we were in a room that we are kept out, and whether
    /// it is tried again.
    kept_out: Option<bool>,
    reclaim: Reclaim,
    effects: Vec<Effect>,
}

impl Model {
    /// Begins the conversation with a server: its first lines are ready to be taken.
    pub fn new(name: &Name, room: Option<String>, address: String) -> Model {
        let mut model = Model {
            phase: Phase::Registering,
            registration: Registration::new(entry::WANTED),
            wanted_room: room,
            room: None,
            address,
            people: People::default(),
            topic: None,
            delivery: Delivery::default(),
            refusals: false,
            source: None,
            batches: Batches::default(),
            last_words: None,
            bell: Bell::default(),
            ignored: Vec::new(),
            record: Record::default(),
            unread: Unread::default(),
            fetches: Fetches::default(),
            held: None,
            unsure: VecDeque::new(),
            was_here: false,
            entered: false,
            away: None,
            listing: false,
            queue: VecDeque::new(),
            typed: 0,
            arrived: 0,
            pacing: Pacing::default(),
            blocks: Blocks::default(),
            told_refusal: None,
            told_waiting: false,
            returning: None,
            entering: false,
            entry: Entry::default(),
            retry: Retry::default(),
            kept_out: None,
            reclaim: Reclaim::default(),
            effects: Vec::new(),
        };
        model.register(name.as_str());
        model
    }

    /// What has become to be done since the last call. Lines that follow one
    /// another are one item.
    pub fn take(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Whether another line may be said now: few enough are under way.
    pub fn has_room(&self) -> bool {
        match self.phase {
            Phase::Inside => self.queue.is_empty() && !self.delivery.is_full() && self.fetches.has_room(),
            // It is queued, or refused where too much is.
            _ => true,
        }
    }

    /// Whether a person who is not to wait may type something: what can't be
    /// sent yet is queued.
    pub fn takes_more(&self) -> bool {
        self.phase != Phase::Inside || self.fetches.has_room()
    }

    /// Whether all that was said has been confirmed or reported, and all that
    /// was asked has been answered.
    pub fn is_settled(&self) -> bool {
        self.has_said_all() && self.fetches.is_idle()
    }

    fn has_said_all(&self) -> bool {
        self.delivery.is_empty() && self.queue.is_empty() && self.unsure.is_empty()
    }

    /// Whether something waits to be sent.
    pub fn has_waiting(&self) -> bool {
        !self.queue.is_empty()
    }

    /// How many messages of ours have arrived.
    pub fn arrived(&self) -> u64 {
        self.arrived
    }

    /// Whether the server has all that was said.
    pub fn is_delivered(&self) -> bool {
        self.is_settled() && !self.refusals
    }

    /// When the oldest line that is neither confirmed nor reported was sent.
    pub fn unconfirmed_since(&self) -> Option<Duration> {
        self.delivery.since()
    }

    /// When [`Model::tick`] wants to be called.
    pub fn deadline(&self) -> Option<Duration> {
        self.late_deadline()
            .into_iter()
            .chain(self.blocks.deadline().filter(|_| self.phase == Phase::Inside))
            .chain(self.pacing.deadline())
            .chain(self.fetches.deadline())
            .chain(self.entry_deadline())
            .chain(self.reclaim.deadline().filter(|_| self.is_connected()))
            .min()
    }

    /// When something will be late; what is sent block by block tells of itself.
    fn late_deadline(&self) -> Option<Duration> {
        self.delivery.deadline().filter(|_| self.blocks.is_empty())
    }

    /// `now` is monotonic, from any origin.
    pub fn tick(&mut self, now: Duration) {
        if self.late_deadline().is_some() && self.delivery.becomes_late(now) {
            self.show(Item::Late);
        }
        if self.phase == Phase::Inside {
            self.check_blocks(now);
        }
        self.check_fetch(now);
        self.check_entry(now);
        if self.is_connected() {
            self.check_name(now);
        }
    }

    /// Says something in the room; its lines are divided by `\n`. What is not `on_screen` is shown once it is delivered.
    pub fn say(&mut self, text: &str, on_screen: bool, now: Duration) {
        self.enqueue(text, None, false, on_screen);
        self.pump(now);
    }

    /// Says goodbye.
    pub fn leave(&mut self) {
        self.phase = Phase::Over;
        // Whoever leaves has seen it all.
        self.mark_read(self.record.last().and_then(|last| last.at));
        self.send(&Line::new("QUIT"));
    }

    /// Our name, as the server spells it.
    pub fn name(&self) -> &str {
        self.registration.nick()
    }

    /// Whether the server has given us this capability.
    fn has(&self, capability: &str) -> bool {
        self.registration.capabilities.has(capability)
    }

    /// How the server folds names.
    fn mapping(&self) -> CaseMapping {
        self.registration.features.casemapping()
    }

    fn same(&self, one: &str, other: &str) -> bool {
        self.mapping().same(one, other)
    }

    fn is_me(&self, name: &str) -> bool {
        self.registration.is_me(name)
    }

    fn is_here(&self, room: &str) -> bool {
        self.room.as_ref().is_some_and(|here| self.same(here, room))
    }

    fn send(&mut self, line: &Line) {
        self.send_bytes(line.to_bytes());
    }

    fn send_bytes(&mut self, mut bytes: Vec<u8>) {
        match self.effects.last_mut() {
            Some(Effect::Send(begun)) => begun.append(&mut bytes),
            _ => self.effects.push(Effect::Send(bytes)),
        }
    }

    fn end(&mut self, ending: Ending) {
        self.phase = Phase::Over;
        self.effects.push(Effect::Over(ending));
    }
}

#[cfg(test)]
mod tests;
