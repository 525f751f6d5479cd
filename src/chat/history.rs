//! What was said and done in a room, as far as it is kept.

use super::action::Manner;
use super::event::{Event, SaidTo, What};
use super::ids::{RoomId, Seq};
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

/// What is asked for: by number, by the shown time, or by both. Times may step back
/// from one event to the next, numbers never do.
#[derive(Debug, Clone)]
pub struct Span {
    pub seqs: Range<Seq>,
    /// µs since the Unix epoch.
    pub times: Range<u64>,
}

impl Span {
    pub const ALL: Span = Span { seqs: Seq(0)..Seq(u64::MAX), times: 0..u64::MAX };

    pub fn of_seqs(seqs: Range<Seq>) -> Span {
        Span { seqs, ..Span::ALL }
    }

    pub fn of_times(times: Range<u64>) -> Span {
        Span { times, ..Span::ALL }
    }
}

/// A room's past, in the order of the log.
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
    /// The clock was set back between two of them: a search by time looks at each.
    has_stepped_back: bool,
}

impl History {
    pub(super) fn add(&mut self, event: &Arc<Event>, keep: Keep) {
        match is_message(event) {
            true => self.said.add(event, keep),
            false => self.done.add(event, keep),
        }
    }

    /// What was said with this number.
    pub fn message(&self, seq: Seq) -> Option<&Event> {
        let at = self.said.position(seq)?;
        Some(&self.said.events[at])
    }

    /// The latest message.
    pub fn latest(&self) -> Option<&Event> {
        self.said.events.back().map(Arc::as_ref)
    }

    /// The first `most` of the wanted events in the span.
    pub fn first(&self, span: &Span, most: usize, wanted: impl Fn(&Event) -> bool) -> Vec<Arc<Event>> {
        let (said, done) = (self.said.span(span), self.done.span(span));
        let merged = Merge { one: said.peekable(), other: done.peekable(), takes: |a, b| a < b };
        merged.filter(|event| wanted(event)).take(most).cloned().collect()
    }

    /// The last `most` of them, oldest first too.
    pub fn last(&self, span: &Span, most: usize, wanted: impl Fn(&Event) -> bool) -> Vec<Arc<Event>> {
        let (said, done) = (self.said.span(span).rev(), self.done.span(span).rev());
        let merged = Merge { one: said.peekable(), other: done.peekable(), takes: |a, b| a > b };
        let mut last: Vec<_> = merged.filter(|event| wanted(event)).take(most).cloned().collect();
        last.reverse();
        last
    }

    /// Where in the log a time is: from the first event that is not before its
    /// beginning to the first that is not before its end.
    pub fn seqs_of(&self, times: &Range<u64>) -> Range<Seq> {
        let from = |time: u64| {
            let later = self.first(&Span::of_times(time..u64::MAX), 1, |_| true);
            later.first().map_or(Seq(u64::MAX), |event| event.seq())
        };
        from(times.start)..from(times.end)
    }

    /// Takes out what was said with this number.
    pub(super) fn redact(&mut self, seq: Seq) {
        if let Some(event) = self.said.position(seq).and_then(|at| self.said.events.remove(at)) {
            self.said.bytes -= size(&event);
        }
    }
}

impl Track {
    fn add(&mut self, event: &Arc<Event>, keep: Keep) {
        self.has_stepped_back |= self.events.back().is_some_and(|last| last.wall_us > event.wall_us);
        self.bytes += size(event);
        self.events.push_back(Arc::clone(event));
        while self.events.len() > keep.messages || self.bytes > keep.bytes {
            let Some(oldest) = self.events.pop_front() else { return };
            self.bytes -= size(&oldest);
        }
    }

    fn position(&self, seq: Seq) -> Option<usize> {
        self.events.binary_search_by_key(&seq, |event| event.seq()).ok()
    }

    fn span<'a>(&'a self, Span { seqs, times }: &'a Span) -> impl DoubleEndedIterator<Item = &'a Arc<Event>> {
        let at = |seq: Seq, time: u64| {
            let by_seq = self.events.partition_point(|event| event.seq() < seq);
            (by_seq, self.events.partition_point(|event| event.wall_us < time))
        };
        let (start, end) = (at(seqs.start, times.start), at(seqs.end, times.end));
        let (start, end) =
            if self.has_stepped_back { (start.0, end.0) } else { (start.0.max(start.1), end.0.min(end.1)) };
        self.events.range(start..end.max(start)).filter(|event| times.contains(&event.wall_us))
    }
}

/// Two sequences as one, in the order of the log.
struct Merge<I: Iterator, J: Iterator> {
    one: Peekable<I>,
    other: Peekable<J>,
    /// Whether the first of two numbers comes before the second.
    takes: fn(Seq, Seq) -> bool,
}

impl<'a, I, J> Iterator for Merge<I, J>
where
    I: Iterator<Item = &'a Arc<Event>>,
    J: Iterator<Item = &'a Arc<Event>>,
{
    type Item = &'a Arc<Event>;

    fn next(&mut self) -> Option<Self::Item> {
        match (self.one.peek(), self.other.peek()) {
            (Some(one), Some(other)) if !(self.takes)(one.seq(), other.seq()) => self.other.next(),
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
    match what {
        What::Said { to: SaidTo::Room(place, None), saying } if !saying.passing => vec![place.id],
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
