//! What was said and done in the rooms, as far as it is kept. Made of records alone: it is
//! no part of the lobby, and what is kept where decides no outcome.

use super::ids::{RoomKey, Seq};
use super::record::{Record, What};
use std::collections::{BTreeMap, VecDeque};
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
/// from one record to the next, numbers never do.
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

/// The past of all rooms.
#[derive(Debug)]
pub struct History {
    keep: Keep,
    /// Bounded by the rooms that are there, as long as those that are no more are forgotten.
    rooms: BTreeMap<RoomKey, RoomHistory>,
    /// That of a room of which nothing is kept.
    empty: RoomHistory,
}

impl History {
    pub fn new(keep: Keep) -> History {
        History { keep, rooms: BTreeMap::new(), empty: RoomHistory::default() }
    }

    /// Keeps a record in the past of its rooms. Of what was taken back nothing stays, and
    /// who asks later is not told that anything was.
    pub fn add(&mut self, record: &Arc<Record>) {
        if self.keep.messages == 0 || !record.what.is_kept() {
            return;
        }
        for key in record.what.rooms() {
            match self.rooms.get_mut(key) {
                Some(room) => room.add(record, self.keep),
                None => self.rooms.entry(key.clone()).or_default().add(record, self.keep),
            }
        }
    }

    /// The past of a room.
    pub fn room(&self, key: &RoomKey) -> &RoomHistory {
        self.rooms.get(key).unwrap_or(&self.empty)
    }

    /// The room is no more, and its past with it.
    pub fn forget(&mut self, key: &RoomKey) {
        self.rooms.remove(key);
    }
}

/// A room's past, in the order of the log.
///
/// Messages and other events are bounded apart: people who come and go do not
/// push out what was said.
#[derive(Debug, Default)]
pub struct RoomHistory {
    said: Track,
    done: Track,
}

#[derive(Debug, Default)]
struct Track {
    records: VecDeque<Arc<Record>>,
    bytes: usize,
    /// The clock was set back between two of them: a search by time looks at each.
    has_stepped_back: bool,
}

impl RoomHistory {
    fn add(&mut self, record: &Arc<Record>, keep: Keep) {
        match &record.what {
            What::Redacted { message, .. } => {
                self.said.remove(message.seq());
                self.done.remove(message.seq());
            }
            _ if record.is_message() => self.said.add(record, keep),
            _ => self.done.add(record, keep),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.said.records.is_empty() && self.done.records.is_empty()
    }

    /// The message or the tags that were sent with this number.
    pub fn said(&self, seq: Seq) -> Option<&Record> {
        let known = self.said.find(seq).or_else(|| self.done.find(seq))?;
        matches!(known.what, What::Said { .. }).then_some(known)
    }

    /// The latest message.
    pub fn latest(&self) -> Option<&Record> {
        self.said.records.back().map(Arc::as_ref)
    }

    /// Of all that bear the latest millisecond before a time, the last.
    pub fn latest_before(&self, time: u64) -> Option<&Record> {
        let latest = self.said.latest_before(time).into_iter().chain(self.done.latest_before(time));
        latest.max_by_key(|record| shown(record))
    }

    /// The first `most` of the wanted records in the span.
    pub fn first(&self, span: &Span, most: usize, wanted: impl Fn(&Record) -> bool) -> Vec<Arc<Record>> {
        let (said, done) = (self.said.span(span), self.done.span(span));
        let merged = Merge { one: said.peekable(), other: done.peekable(), takes: |a, b| a < b };
        merged.filter(|record| wanted(record)).take(most).cloned().collect()
    }

    /// The last `most` of them, oldest first too.
    pub fn last(&self, span: &Span, most: usize, wanted: impl Fn(&Record) -> bool) -> Vec<Arc<Record>> {
        let (said, done) = (self.said.span(span).rev(), self.done.span(span).rev());
        let merged = Merge { one: said.peekable(), other: done.peekable(), takes: |a, b| a > b };
        let mut last: Vec<_> = merged.filter(|record| wanted(record)).take(most).cloned().collect();
        last.reverse();
        last
    }

    /// Where in the log a time is: from the first record that is not before its
    /// beginning to the first that is not before its end.
    pub fn seqs_of(&self, times: &Range<u64>) -> Range<Seq> {
        let from = |time: u64| {
            let later = self.first(&Span::of_times(time..u64::MAX), 1, |_| true);
            later.first().map_or(Seq(u64::MAX), |record| record.seq())
        };
        from(times.start)..from(times.end)
    }
}

impl Track {
    fn add(&mut self, record: &Arc<Record>, keep: Keep) {
        self.has_stepped_back |= self.records.back().is_some_and(|last| last.wall_us > record.wall_us);
        self.bytes += size(record);
        self.records.push_back(Arc::clone(record));
        while self.records.len() > keep.messages || self.bytes > keep.bytes {
            let Some(oldest) = self.records.pop_front() else { return };
            self.bytes -= size(&oldest);
        }
    }

    fn find(&self, seq: Seq) -> Option<&Record> {
        self.position(seq).map(|at| &*self.records[at])
    }

    fn remove(&mut self, seq: Seq) {
        if let Some(record) = self.position(seq).and_then(|at| self.records.remove(at)) {
            self.bytes -= size(&record);
        }
    }

    fn latest_before(&self, time: u64) -> Option<&Record> {
        if self.has_stepped_back {
            let before = self.records.iter().map(Arc::as_ref).filter(|record| record.wall_us < time);
            return before.max_by_key(|record| shown(record));
        }
        let at = self.records.partition_point(|record| record.wall_us < time).checked_sub(1)?;
        Some(&self.records[at])
    }

    fn position(&self, seq: Seq) -> Option<usize> {
        self.records.binary_search_by_key(&seq, |record| record.seq()).ok()
    }

    fn span<'a>(
        &'a self,
        Span { seqs, times }: &'a Span,
    ) -> impl DoubleEndedIterator<Item = &'a Arc<Record>> {
        let at = |seq: Seq, time: u64| {
            let by_seq = self.records.partition_point(|record| record.seq() < seq);
            (by_seq, self.records.partition_point(|record| record.wall_us < time))
        };
        let (start, end) = (at(seqs.start, times.start), at(seqs.end, times.end));
        let (start, end) =
            if self.has_stepped_back { (start.0, end.0) } else { (start.0.max(start.1), end.0.min(end.1)) };
        self.records.range(start..end.max(start)).filter(|record| times.contains(&record.wall_us))
    }
}

/// The time of a record as its readers know it, and its place in the log.
fn shown(record: &Record) -> (u64, Seq) {
    (record.wall_us / 1000, record.seq())
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
    I: Iterator<Item = &'a Arc<Record>>,
    J: Iterator<Item = &'a Arc<Record>>,
{
    type Item = &'a Arc<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        match (self.one.peek(), self.other.peek()) {
            (Some(one), Some(other)) if !(self.takes)(one.seq(), other.seq()) => self.other.next(),
            (Some(_), _) => self.one.next(),
            (None, _) => self.other.next(),
        }
    }
}

/// About the bytes that keeping a record takes.
fn size(record: &Record) -> usize {
    let text = match &record.what {
        What::Said { saying, .. } => {
            let parts = saying.parts.iter().map(|part| size_of_val(part) + part.text.len());
            saying.text.len() + saying.tags.len() + parts.sum::<usize>()
        }
        What::Topic(_, text) | What::Left(_, Some(text)) | What::Entered { real: text, .. } => text.len(),
        What::Kicked { reason, .. } | What::Quit { reason: Some(reason), .. } => reason.len(),
        What::Modes(_, changes) => changes.len() * 64,
        _ => 0,
    };
    size_of::<Record>() + record.source.len() + text
}
