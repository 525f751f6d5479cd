//! A person's side of the conversation, as a pure machine.
//!
//! In: the server's messages, what the person wants, the time. Out: lines to
//! send, things to show, and how it ended, taken with [`Model::take`].

mod command;
mod delivery;
mod greet;
mod hear;
mod item;
mod mention;
mod people;
mod queue;

pub use item::{Form, Item, Question, Speaker, Why};
pub use mention::mentions;

use super::command::Entry;
use crate::text::{Name, RoomName};
use crate::wire::{Line, Tags};
use delivery::{Delivery, Pending};
use greet::Greeting;
use people::People;
use queue::Queued;
use std::collections::VecDeque;
use std::time::Duration;

/// The room where neither the person nor the server names one.
const DEFAULT_ROOM: &str = "#lobby";
/// Bytes of a line that a client may send (Modern, Message Format), its end included.
const LINE_BYTES: usize = 512;
/// What the server adds before our line until we have seen it: `:` name `!`
/// user `@` host and a blank, the two latter as long as servers let them be.
const SOURCE_BYTES: usize = 3 + 10 + 63;

/// What stands before a text that tells what somebody does (Modern, CTCP).
const ACTION: &str = "\x01ACTION ";

/// What the rim is to do, in this order.
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
    /// The connection is gone, with the server's last words.
    Closed { why: Option<String> },
}

/// What a person wants, apart from saying something in the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Help,
    Unknown {
        word: String,
        nearest: Option<&'static str>,
    },
    /// The arguments make no sense.
    Usage(&'static Entry),
    Who,
    Me(String),
    Msg {
        to: String,
        text: String,
    },
    Nick(String),
    /// None: what is it?
    Topic(Option<String>),
    Join(String),
    Rooms,
    Kick {
        name: String,
        reason: Option<String>,
    },
    /// None: whom?
    Ignore(Option<String>),
    /// None: back again.
    Away(Option<String>),
    Grep(String),
    Clear,
    Bell(Bell),
}

/// What rings the bell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bell {
    Off,
    /// My name, or a private message.
    #[default]
    Mention,
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No name yet.
    Registering,
    /// Named; JOIN was sent.
    Entering,
    /// Has been in the room at least once.
    Inside,
    Over,
}

/// The machine. One connection; its owner makes another for the next.
#[derive(Debug)]
pub struct Model {
    phase: Phase,
    /// As the server spells it.
    name: String,
    /// Asked for by the person.
    wanted_room: Option<String>,
    /// Where we are, as the server spells it.
    room: Option<String>,
    /// Shown in the header.
    address: String,
    greeting: Greeting,
    people: People,
    topic: Option<String>,
    delivery: Delivery,
    /// Something that was said was not sent.
    refusals: bool,
    /// Our own `name!user@host`, once the server has shown it.
    source: Option<String>,
    /// Open batches that carry a label: at most [`hear::MAX_BATCHES`].
    batches: Vec<(String, String)>,
    /// What ERROR said.
    last_words: Option<String>,
    bell: Bell,
    /// At most a hundred.
    ignored: Vec<String>,
    /// What was said, oldest first; bounded by [`Model::keep`].
    kept: VecDeque<(Speaker, String, Form)>,
    /// `/rooms` waits for its answer.
    listing: bool,
    /// What was said and can't be sent yet, oldest first; bounded by [`QUEUED`].
    queue: VecDeque<Queued>,
    /// This is not the first connection; the name that was ours.
    returning: Option<String>,
    /// A room was entered whose people are not all known.
    entering: bool,
    effects: Vec<Effect>,
}

impl Model {
    /// Begins the conversation with a server: its first lines are ready to be taken.
    pub fn new(name: &Name, room: Option<String>, address: String) -> Model {
        let mut model = Model {
            phase: Phase::Registering,
            name: name.to_string(),
            wanted_room: room,
            room: None,
            address,
            greeting: Greeting::default(),
            people: People::default(),
            topic: None,
            delivery: Delivery::default(),
            refusals: false,
            source: None,
            batches: Vec::new(),
            last_words: None,
            bell: Bell::default(),
            ignored: Vec::new(),
            kept: VecDeque::new(),
            listing: false,
            queue: VecDeque::new(),
            returning: None,
            entering: false,
            effects: Vec::new(),
        };
        Greeting::first_lines(name.as_str()).iter().for_each(|line| model.send(line));
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
            Phase::Inside => self.queue.is_empty() && !self.delivery.is_full(),
            // It is queued, or refused where too much is.
            _ => true,
        }
    }

    /// Whether all that was said has been confirmed or reported.
    pub fn is_settled(&self) -> bool {
        self.delivery.is_empty() && self.queue.is_empty()
    }

    /// Whether the server has all that was said.
    pub fn is_delivered(&self) -> bool {
        self.is_settled() && !self.refusals
    }

    /// When [`Model::tick`] wants to be called.
    pub fn deadline(&self) -> Option<Duration> {
        self.delivery.deadline()
    }

    /// `now` is monotonic, from any origin.
    pub fn tick(&mut self, now: Duration) {
        if self.delivery.becomes_late(now) {
            self.show(Item::Late);
        }
    }

    /// Says something in the room. What is not `on_screen` is shown once it is delivered.
    pub fn say(&mut self, text: &str, on_screen: bool, now: Duration) {
        self.enqueue(text, None, false, on_screen);
        self.pump(now);
    }

    /// Says goodbye.
    pub fn leave(&mut self) {
        self.phase = Phase::Over;
        self.send(&Line::new("QUIT"));
    }

    /// Bytes of a text that the room gets in one piece; 0 outside a room.
    pub fn text_bytes(&self) -> usize {
        self.room.as_ref().map_or(0, |room| self.text_bytes_to(room))
    }

    fn text_bytes_to(&self, target: &str) -> usize {
        let overhead = Line::new("PRIVMSG").param(target).text("").wire_len();
        LINE_BYTES.saturating_sub(overhead + self.source_len())
    }

    fn send_text(&mut self, target: &str, text: &str, action: bool, on_screen: bool, now: Duration) {
        let labels = self.greeting.has("labeled-response");
        let pending = self.delivery.add(target, text, action, on_screen, now);
        let line = Line::new("PRIVMSG").param(target);
        let line = match action {
            true => line.text(&format!("{ACTION}{text}\x01")),
            false => line.text(text),
        };
        let mut bytes = Vec::new();
        match labels {
            true => line.write(&Tags::new().with("label", &pending.label()), &mut bytes),
            false => {
                line.write(&Tags::new(), &mut bytes);
                Line::new("PING").param(&pending.fence()).write(&Tags::new(), &mut bytes);
            }
        }
        self.send_bytes(bytes);
    }

    /// A line of ours is in the room.
    fn delivered(&mut self, pending: &Pending) {
        let form = match self.greeting.is_room(&pending.target) {
            true if pending.action => Form::Action,
            true => Form::Room,
            false => Form::Private { to: Some(pending.target.clone()) },
        };
        self.keep(&Speaker::Me, &pending.text, &form);
        if !pending.on_screen {
            self.show(Item::Said { from: Speaker::Me, text: pending.text.clone(), form, mention: None });
        }
        self.settle();
    }

    fn refused(&mut self, pending: Pending, why: Why) {
        self.not_sent(pending.text, why);
        self.settle();
    }

    fn not_sent(&mut self, text: String, why: Why) {
        self.refusals = true;
        self.show(Item::NotSent { text, why });
    }

    fn settle(&mut self) {
        if self.delivery.recovers() {
            self.show(Item::Arrived);
        }
    }

    fn source_len(&self) -> usize {
        self.source.as_ref().map_or(self.name.len() + SOURCE_BYTES, |source| source.len() + 2)
    }

    fn is_me(&self, name: &str) -> bool {
        fold(name) == fold(&self.name)
    }

    fn is_here(&self, room: &str) -> bool {
        self.room.as_ref().is_some_and(|here| fold(here) == fold(room))
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

    fn show(&mut self, item: Item) {
        self.effects.push(Effect::Show(item));
    }

    fn end(&mut self, ending: Ending) {
        self.phase = Phase::Over;
        self.effects.push(Effect::Over(ending));
    }
}

/// The form under which two spellings of a name or a room are the same.
fn fold(name: &str) -> String {
    let key = match name.starts_with('#') {
        true => RoomName::parse(name).ok().map(|room| room.key().to_string()),
        false => Name::parse(name).ok().map(|name| name.key().to_string()),
    };
    // Another server may have names that ours forbids; ASCII folds everywhere.
    key.unwrap_or_else(|| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests;
