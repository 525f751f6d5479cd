//! What was said and done in a room, as far as it is kept.

use super::action::Manner;
use super::event::{Event, What};
use super::ids::RoomId;
use std::collections::VecDeque;
use std::iter::Peekable;
use std::ops::Range;
use std::sync::Arc;

/// How much is kept of each room.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    /// Messages, and as many other events beside them; 0 keeps nothing.
    pub messages: usize,
    /// Bytes of the messages, and as many of the other events.
    pub bytes: usize,
}

/// A room's past, oldest first. Events are found by their stamps, of which no
/// two are equal.
///
/// Messages and other events are bounded apart: people who come and go do not
/// push out what was said.
#[derive(Debug, Default)]
pub struct History {
    said: Track,
    done: Track,
}

#[derive(Debug, Default)]
struct Track {
    events: VecDeque<Arc<Event>>,
    bytes: usize,
}

impl History {
    pub(super) fn add(&mut self, event: &Arc<Event>, keep: Keep) {
        match is_message(event) {
            true => self.said.add(event, keep),
            false => self.done.add(event, keep),
        }
    }

    /// What was said with this stamp.
    pub fn message(&self, stamp: u64) -> Option<&Event> {
        let at = self.said.position(stamp)?;
        Some(&self.said.events[at])
    }

    /// When the latest message was said.
    pub fn latest(&self) -> Option<u64> {
        self.said.events.back().map(|event| event.stamp)
    }

    /// The first `most` of the wanted events with stamps in the range.
    pub fn first(&self, stamps: Range<u64>, most: usize, wanted: impl Fn(&Event) -> bool) -> Vec<Arc<Event>> {
        let (said, done) = (self.said.range(&stamps), self.done.range(&stamps));
        let merged = Merge { one: said.peekable(), other: done.peekable(), takes: |a, b| a < b };
        merged.filter(|event| wanted(event)).take(most).cloned().collect()
    }

    /// The last `most` of them, oldest first too.
    pub fn last(&self, stamps: Range<u64>, most: usize, wanted: impl Fn(&Event) -> bool) -> Vec<Arc<Event>> {
        let (said, done) = (self.said.range(&stamps).rev(), self.done.range(&stamps).rev());
        let merged = Merge { one: said.peekable(), other: done.peekable(), takes: |a, b| a > b };
        let mut last: Vec<_> = merged.filter(|event| wanted(event)).take(most).cloned().collect();
        last.reverse();
        last
    }

    /// Takes out what was said with this stamp.
    pub(super) fn redact(&mut self, stamp: u64) {
        if let Some(event) = self.said.position(stamp).and_then(|at| self.said.events.remove(at)) {
            self.said.bytes -= size(&event);
        }
    }
}

impl Track {
    fn add(&mut self, event: &Arc<Event>, keep: Keep) {
        self.bytes += size(event);
        self.events.push_back(Arc::clone(event));
        while self.events.len() > keep.messages || self.bytes > keep.bytes {
            let Some(oldest) = self.events.pop_front() else { return };
            self.bytes -= size(&oldest);
        }
    }

    fn position(&self, stamp: u64) -> Option<usize> {
        self.events.binary_search_by_key(&stamp, |event| event.stamp).ok()
    }

    fn range(&self, stamps: &Range<u64>) -> impl DoubleEndedIterator<Item = &Arc<Event>> {
        let start = self.events.partition_point(|event| event.stamp < stamps.start);
        let end = self.events.partition_point(|event| event.stamp < stamps.end);
        self.events.range(start..end.max(start))
    }
}

/// Two sequences as one, in the order of their stamps.
struct Merge<I: Iterator, J: Iterator> {
    one: Peekable<I>,
    other: Peekable<J>,
    /// Whether the first of two stamps comes before the second.
    takes: fn(u64, u64) -> bool,
}

impl<'a, I, J> Iterator for Merge<I, J>
where
    I: Iterator<Item = &'a Arc<Event>>,
    J: Iterator<Item = &'a Arc<Event>>,
{
    type Item = &'a Arc<Event>;

    fn next(&mut self) -> Option<Self::Item> {
        match (self.one.peek(), self.other.peek()) {
            (Some(one), Some(other)) if !(self.takes)(one.stamp, other.stamp) => self.other.next(),
            (Some(_), _) => self.one.next(),
            (None, _) => self.other.next(),
        }
    }
}

/// Whether it is something to read.
pub fn is_message(event: &Event) -> bool {
    matches!(&event.what, What::Said { saying, .. } if saying.manner != Manner::Tags)
}

/// About the bytes that keeping an event takes.
fn size(event: &Event) -> usize {
    let text = match &event.what {
        What::Said { saying, .. } => {
            let parts = saying.parts.iter().map(|part| size_of_val(part) + part.text.len());
            saying.text.len() + saying.tags.len() + parts.sum::<usize>()
        }
        What::Topic(_, text) | What::Left(_, Some(text)) | What::Entered { real: text, .. } => text.len(),
        What::Kicked { reason, .. } | What::Quit { reason: Some(reason), .. } => reason.len(),
        What::Modes(_, changes) => changes.len() * 64,
        _ => 0,
    };
    size_of::<Event>() + event.source.len() + text
}

/// The rooms whose past an event is part of. What is said to operators alone
/// is kept nowhere, as what is said to one person.
pub(super) fn rooms(what: &What) -> Vec<RoomId> {
    use super::action::Target;
    match what {
        What::Said { to: Target::Room(room, None), saying, .. } if !saying.passing => vec![*room],
        What::Entered { place, .. }
        | What::Left(place, _)
        | What::Topic(place, _)
        | What::Kicked { place, .. }
        | What::Modes(place, _)
        | What::Redacted { place, .. } => vec![place.id],
        What::Renamed { rooms, .. } => rooms.clone(),
        What::Quit { places, .. } => places.iter().map(|place| place.id).collect(),
        What::Said { .. } | What::Invited { .. } | What::Realname(_) | What::Away(_) | What::Own(..) => {
            Vec::new()
        }
    }
}
