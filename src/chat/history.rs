//! The history of the rooms, which is made of records. It is no part of the lobby, and never
//! decides an outcome.

use super::ids::{RoomKey, Seq};
use super::record::{EventKind, Record};
use super::record_size::{block, size_of_record};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::iter::Peekable;
use std::ops::Range;
use std::sync::Arc;

/// The bounds of the history.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    /// Messages of each room, and as many other events. 0 keeps nothing.
    pub messages: usize,
    /// Bytes of the messages of each room, and as many of its other events.
    pub bytes: usize,
    /// Bytes of all rooms together. It must be more than the first room may have, which loses
    /// nothing to other rooms.
    pub bytes_in_all: usize,
}

/// A part of a history: a range of numbers, of times, or both. Times may be earlier than that of
/// the record before, numbers never.
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

/// Free capacity that the queue of a track may have beyond that from growing by doubling.
const SPARE: usize = 16;

/// The history of all rooms.
///
/// If all rooms together have too much, the largest room but the first loses its oldest records. So
/// many or large rooms cost small rooms nothing.
#[derive(Debug)]
pub struct History {
    keep: Keep,
    first: RoomKey,
    /// The rooms with records. Bounded by [`Keep::bytes_in_all`].
    rooms: BTreeMap<RoomKey, RoomHistory>,
    /// The same rooms without the first, ordered by their bytes: the largest is the last.
    by_size: BTreeSet<(usize, RoomKey)>,
    /// Bytes of all rooms.
    bytes: usize,
    /// The history of a room without records.
    empty: RoomHistory,
}

impl History {
    /// The empty history of a server with this first room.
    pub fn new(keep: Keep, first: RoomKey) -> History {
        let (rooms, by_size) = (BTreeMap::new(), BTreeSet::new());
        History { keep, first, rooms, by_size, bytes: 0, empty: RoomHistory::default() }
    }

    /// Adds a record to the history of its rooms. A redacted message is removed, and its redaction
    /// is not kept either.
    ///
    /// Its time for each room of the record, and for each record that it pushes out, is logarithmic
    /// in the number of rooms.
    pub fn add(&mut self, record: &Arc<Record>) {
        if self.keep.messages == 0 || !record.kind.is_kept() {
            return;
        }
        let (rooms, keep) = (record.kind.rooms(), self.keep);
        // Each room keeps a copy without the list of rooms, which would be the largest part.
        let own = (rooms.len() > 1).then(|| Arc::new(record.without_rooms()));
        for key in rooms {
            self.change(key, |room| room.add(own.as_ref().unwrap_or(record), keep));
        }
        self.drop_excess();
    }

    /// Adds the last page of a room from before the last start, in the order of the log. What was
    /// added since stays behind it.
    pub fn add_page(&mut self, key: &RoomKey, records: &[Arc<Record>]) {
        let keep = self.keep;
        self.change(key, |room| {
            let since = std::mem::take(room).first(&Span::ALL, usize::MAX, |_| true);
            let first = since.first().map_or(Seq(u64::MAX), |record| record.seq());
            let page = records.iter().take_while(|record| record.seq() < first);
            page.chain(&since).for_each(|record| room.add(record, keep));
            // A page that is full may not be all.
            [&mut room.said, &mut room.done].into_iter().for_each(|track| track.may_lack(keep));
        });
        self.drop_excess();
    }

    fn drop_excess(&mut self) {
        while self.bytes > self.keep.bytes_in_all
            && let Some((_, largest)) = self.by_size.last().cloned()
        {
            self.change(&largest, RoomHistory::drop_oldest);
        }
    }

    /// The history of a room.
    pub fn room(&self, key: &RoomKey) -> &RoomHistory {
        self.rooms.get(key).unwrap_or(&self.empty)
    }

    /// Drops what comes before this number: it is kept nowhere any more.
    pub fn drop_before(&mut self, oldest: Seq) {
        let rooms: Vec<RoomKey> = self.rooms.keys().cloned().collect();
        for key in rooms {
            self.change(&key, |room| {
                for track in [&mut room.said, &mut room.done] {
                    while track.records.front().is_some_and(|first| first.seq() < oldest) {
                        track.drop_oldest();
                    }
                }
            });
        }
    }

    /// Drops the history of a room that has ended.
    pub fn forget(&mut self, key: &RoomKey) {
        if self.rooms.contains_key(key) {
            self.change(key, |room| *room = RoomHistory::default());
        }
    }

    /// Changes the history of a room, and updates the counts of bytes.
    fn change(&mut self, key: &RoomKey, change: impl FnOnce(&mut RoomHistory)) {
        let room = match self.rooms.get_mut(key) {
            Some(room) => room,
            None => self.rooms.entry(key.clone()).or_default(),
        };
        let before = room.bytes();
        change(room);
        let after = room.bytes();
        // What an empty room lacks is remembered.
        if after == 0 && room.is_whole(true) {
            self.rooms.remove(key);
        }
        self.bytes = self.bytes - before + after;
        if before != after && *key != self.first {
            self.by_size.remove(&(before, key.clone()));
            if after > 0 {
                self.by_size.insert((after, key.clone()));
            }
        }
    }
}

/// The history of a room, in the order of the log.
///
/// Messages and other events have separate bounds, so that people who come and go do not push out
/// messages.
#[derive(Debug, Default)]
pub struct RoomHistory {
    said: Track,
    done: Track,
    /// The time of the last record that was added.
    last_us: u64,
    /// The last record whose time is before that of the record before it: the clock was set back. From it on
    /// times rise as numbers do.
    ordered_from: Seq,
}

#[derive(Debug, Default)]
struct Track {
    /// Its capacity is at most twice its length, and [`SPARE`].
    records: VecDeque<Arc<Record>>,
    /// Bytes of the records and their places in the queue.
    bytes: usize,
    /// All records from this number on are in it; earlier ones may have been dropped.
    since: Seq,
    /// As that of the room, among these records.
    ordered_from: Seq,
}

impl RoomHistory {
    fn add(&mut self, record: &Arc<Record>, keep: Keep) {
        if record.wall_us < std::mem::replace(&mut self.last_us, record.wall_us) {
            self.ordered_from = record.seq();
        }
        match &record.kind {
            EventKind::Redacted { message, .. } => {
                self.said.remove(message.seq);
                self.done.remove(message.seq);
            }
            _ if record.is_message() => self.said.add(record, keep),
            _ => self.done.add(record, keep),
        }
    }

    /// Bytes that it takes; 0 if it is empty.
    fn bytes(&self) -> usize {
        if self.is_empty() { 0 } else { ROOM_BYTES + self.said.bytes + self.done.bytes }
    }

    /// Drops the oldest message or the oldest other event, of whichever take more bytes.
    fn drop_oldest(&mut self) {
        if self.said.bytes >= self.done.bytes { self.said.drop_oldest() } else { self.done.drop_oldest() }
    }

    pub fn is_empty(&self) -> bool {
        self.said.records.is_empty() && self.done.records.is_empty()
    }

    /// Whether nothing has been dropped: of the messages, or of everything.
    pub fn is_whole(&self, with_events: bool) -> bool {
        self.since(with_events) == Seq::default()
    }

    /// Whether everything after this number is here.
    pub fn holds_after(&self, seq: Seq, with_events: bool) -> bool {
        seq.next() >= self.since(with_events)
    }

    /// Whether everything from this time on is here, if that is certain.
    pub fn holds_since(&self, time: u64, with_events: bool) -> bool {
        let since = self.since(with_events);
        let first = self.first(&Span::of_seqs(since..Seq(u64::MAX)), 1, |_| true);
        self.is_ordered() && first.first().is_some_and(|first| first.wall_us < time)
    }

    /// Whether times rise as numbers do.
    pub fn is_ordered(&self) -> bool {
        let mut firsts = [&self.said, &self.done].into_iter().filter_map(|track| track.records.front());
        firsts.all(|first| first.seq() >= self.ordered_from)
    }

    fn since(&self, with_events: bool) -> Seq {
        if with_events { self.said.since.max(self.done.since) } else { self.said.since }
    }

    /// The record with this number.
    pub fn record(&self, seq: Seq) -> Option<&Record> {
        self.said.find(seq).or_else(|| self.done.find(seq))
    }

    /// The message, with or without a text, that has this number.
    pub fn said(&self, seq: Seq) -> Option<&Record> {
        let known = self.record(seq)?;
        matches!(known.kind, EventKind::Said { .. }).then_some(known)
    }

    /// The latest message.
    pub fn latest(&self) -> Option<&Record> {
        self.said.records.back().map(Arc::as_ref)
    }

    /// The last record of the latest millisecond before a time.
    pub fn latest_before(&self, time: u64) -> Option<&Record> {
        let latest = self.said.latest_before(time).into_iter().chain(self.done.latest_before(time));
        latest.max_by_key(|record| shown(record))
    }

    /// The first `most` of the wanted records in the span, in the order of the log: times choose by what
    /// clients are shown, numbers by what came first.
    pub fn first(&self, span: &Span, most: usize, wanted: impl Fn(&Record) -> bool) -> Vec<Arc<Record>> {
        if span.times != Span::ALL.times && !self.is_ordered() {
            return self.by_time(span, wanted, |records| records.truncate(most));
        }
        let (said, done) = (self.said.span(span), self.done.span(span));
        let merged = Merge { one: said.peekable(), other: done.peekable(), takes: |a, b| a < b };
        merged.filter(|record| wanted(record)).take(most).cloned().collect()
    }

    /// The last `most` of the wanted records in the span, also the oldest first.
    pub fn last(&self, span: &Span, most: usize, wanted: impl Fn(&Record) -> bool) -> Vec<Arc<Record>> {
        if span.times != Span::ALL.times && !self.is_ordered() {
            return self.by_time(span, wanted, |records| {
                records.drain(..records.len().saturating_sub(most));
            });
        }
        let (said, done) = (self.said.span(span).rev(), self.done.span(span).rev());
        let merged = Merge { one: said.peekable(), other: done.peekable(), takes: |a, b| a > b };
        let mut last: Vec<_> = merged.filter(|record| wanted(record)).take(most).cloned().collect();
        last.reverse();
        last
    }

    /// Some of the wanted records in the span, which are chosen from them in the order of time.
    fn by_time(
        &self,
        span: &Span,
        wanted: impl Fn(&Record) -> bool,
        choose: impl FnOnce(&mut Vec<Arc<Record>>),
    ) -> Vec<Arc<Record>> {
        let all = self.said.span(span).chain(self.done.span(span));
        let mut records: Vec<_> = all.filter(|record| wanted(record)).cloned().collect();
        records.sort_by_key(|record| (record.wall_us, record.seq()));
        choose(&mut records);
        records.sort_by_key(|record| record.seq());
        records
    }

    /// The range of numbers of a range of times: from the first record that is not before its
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
        if self.records.back().is_some_and(|last| last.wall_us > record.wall_us) {
            self.ordered_from = record.seq();
        }
        self.bytes += size(record);
        self.records.push_back(Arc::clone(record));
        while self.records.len() > keep.messages || self.bytes > keep.bytes {
            self.drop_oldest();
        }
    }

    /// Whether a search by time need not look at each record.
    fn is_ordered(&self) -> bool {
        self.records.front().is_none_or(|first| first.seq() >= self.ordered_from)
    }

    fn drop_oldest(&mut self) {
        let oldest = self.records.pop_front();
        self.since = oldest.as_ref().map_or(self.since, |oldest| oldest.seq().next());
        self.removed(oldest);
    }

    /// Notes that there may be earlier records than these, where they are as many as are kept.
    fn may_lack(&mut self, keep: Keep) {
        if self.records.len() >= keep.messages {
            self.since = self.records.front().map_or(self.since, |first| first.seq());
        }
    }

    fn find(&self, seq: Seq) -> Option<&Record> {
        self.position(seq).map(|at| &*self.records[at])
    }

    fn remove(&mut self, seq: Seq) {
        let record = self.position(seq).and_then(|at| self.records.remove(at));
        self.removed(record);
    }

    /// Subtracts a removed record. The queue is shrunk only when much of its capacity is unused, so
    /// that this costs little for each record.
    fn removed(&mut self, record: Option<Arc<Record>>) {
        self.bytes -= record.map_or(0, |record| size(&record));
        let count = self.records.len();
        if self.records.capacity() > 2 * count + SPARE {
            self.records.shrink_to(count + count / 2);
        }
    }

    fn latest_before(&self, time: u64) -> Option<&Record> {
        if !self.is_ordered() {
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
            if self.is_ordered() { (start.0.max(start.1), end.0.min(end.1)) } else { (start.0, end.0) };
        self.records.range(start..end.max(start)).filter(|record| times.contains(&record.wall_us))
    }
}

/// The time of a record as clients know it, and its number.
fn shown(record: &Record) -> (u64, Seq) {
    (record.wall_us / 1000, record.seq())
}

/// Merges two sequences in the order of the log.
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

/// Bytes of a record with its places in the queue of a track.
fn size(record: &Record) -> usize {
    size_of_record(record) + 2 * size_of::<Arc<Record>>()
}

/// Bytes of a room beside its records: the spare capacity, and its entries in two trees, whose
/// nodes are at least five elevenths full.
const ROOM_BYTES: usize = 2 * block(SPARE * size_of::<Arc<Record>>())
    + 3 * (size_of::<(RoomKey, RoomHistory)>() + size_of::<(usize, RoomKey)>());

#[cfg(test)]
mod tests;
