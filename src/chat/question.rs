//! Questions about the past of a room, which memory and disk answer alike.

use super::action::MessageKind;
use super::history::{RoomHistory, Span};
use super::ids::{RoomKey, Seq};
use super::record::{EventKind, Record};
use crate::text::Name;
use std::cell::Cell;
use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;

/// The place in the past that a reference names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    Message(Seq),
    /// The millisecond that a time tag means, as a range in µs.
    Time(Range<u64>),
}

/// Which records are asked for. The bounds are exclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// The last records after this moment, or of all.
    Latest(Option<Moment>),
    Before(Moment),
    After(Moment),
    Around(Moment),
    /// In either direction: the first records from the first moment on.
    Between(Moment, Moment),
}

/// Messages that are searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    pub rooms: Vec<RoomKey>,
    /// Each word of it must be in the message; empty for any message.
    pub text: String,
    pub from: Option<Name>,
    /// µs since the Unix epoch.
    pub times: Range<u64>,
    /// Of more the newest are found.
    pub most: usize,
}

/// Which kinds of records are asked for beside messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    pub events: bool,
    /// Messages of tags alone, among the events.
    pub tags: bool,
}

impl Wanted {
    pub fn has(self, record: &Record) -> bool {
        let is_tags = || matches!(&record.kind, EventKind::Said { chat_message, .. } if chat_message.kind == MessageKind::Tags);
        record.is_message() || self.events && (self.tags || !is_tags())
    }
}

/// The past of a room.
pub trait Past {
    type Error;

    /// The first `most` of the wanted records in the span, in the order of the log.
    ///
    /// # Errors
    /// Where it can't be read.
    fn first(&self, span: &Span, most: usize, wanted: Wanted) -> Result<Vec<Arc<Record>>, Self::Error>;

    /// The last `most` of them, in the order of the log as well.
    ///
    /// # Errors
    /// Where it can't be read.
    fn last(&self, span: &Span, most: usize, wanted: Wanted) -> Result<Vec<Arc<Record>>, Self::Error>;

    /// The range of numbers of a range of times: see [`RoomHistory::seqs_of`].
    ///
    /// # Errors
    /// Where it can't be read.
    fn seqs_of(&self, times: &Range<u64>) -> Result<Range<Seq>, Self::Error>;
}

/// The past that is in memory; counts the records that were looked at.
#[derive(Debug)]
pub struct InMemory<'a> {
    pub history: &'a RoomHistory,
    pub looked_at: Cell<u32>,
}

impl InMemory<'_> {
    fn wants(&self, record: &Record, wanted: Wanted) -> bool {
        self.looked_at.set(self.looked_at.get() + 1);
        wanted.has(record)
    }
}

impl Past for InMemory<'_> {
    type Error = Infallible;

    fn first(&self, span: &Span, most: usize, wanted: Wanted) -> Result<Vec<Arc<Record>>, Infallible> {
        Ok(self.history.first(span, most, |record| self.wants(record, wanted)))
    }

    fn last(&self, span: &Span, most: usize, wanted: Wanted) -> Result<Vec<Arc<Record>>, Infallible> {
        Ok(self.history.last(span, most, |record| self.wants(record, wanted)))
    }

    fn seqs_of(&self, times: &Range<u64>) -> Result<Range<Seq>, Infallible> {
        Ok(self.history.seqs_of(times))
    }
}

impl Moment {
    fn before(&self) -> Span {
        match self {
            Moment::Message(seq) => Span::of_seqs(Seq(0)..*seq),
            Moment::Time(time) => Span::of_times(0..time.start),
        }
    }

    fn after(&self) -> Span {
        match self {
            Moment::Message(seq) => Span::of_seqs(seq.next()..Seq(u64::MAX)),
            Moment::Time(time) => Span::of_times(time.end..u64::MAX),
        }
    }

    /// The part from this moment on.
    fn from(&self) -> Span {
        match self {
            Moment::Message(seq) => Span::of_seqs(*seq..Seq(u64::MAX)),
            Moment::Time(time) => Span::of_times(time.start..u64::MAX),
        }
    }

    /// The moment as a range of log numbers.
    fn seqs<P: Past>(&self, past: &P) -> Result<Range<Seq>, P::Error> {
        match self {
            Moment::Message(seq) => Ok(*seq..seq.next()),
            Moment::Time(time) => past.seqs_of(time),
        }
    }
}

/// The part between two moments, and whether the first moment is the earlier one.
fn between<P: Past>(past: &P, from: &Moment, to: &Moment) -> Result<(Span, bool), P::Error> {
    if let (Moment::Time(from), Moment::Time(to)) = (from, to) {
        return Ok(match from.start <= to.start {
            true => (Span::of_times(from.end..to.start), true),
            false => (Span::of_times(to.end..from.start), false),
        });
    }
    let (from, to) = (from.seqs(past)?, to.seqs(past)?);
    Ok(match from.start <= to.start {
        true => (Span::of_seqs(from.end..to.start), true),
        false => (Span::of_seqs(to.end..from.start), false),
    })
}

impl Question {
    /// The records that answer it, in the order of the log.
    ///
    /// # Errors
    /// Where the past can't be read.
    pub fn answer<P: Past>(
        &self,
        past: &P,
        most: usize,
        wanted: Wanted,
    ) -> Result<Vec<Arc<Record>>, P::Error> {
        match self {
            Question::Latest(None) => past.last(&Span::ALL, most, wanted),
            Question::Latest(Some(moment)) => past.last(&moment.after(), most, wanted),
            Question::Before(moment) => past.last(&moment.before(), most, wanted),
            Question::After(moment) => past.first(&moment.after(), most, wanted),
            Question::Around(moment) => {
                let mut around = past.last(&moment.before(), most / 2, wanted)?;
                around.extend(past.first(&moment.from(), most - around.len(), wanted)?);
                // The two halves overlap if the clock was set back.
                around.sort_by_key(|event| event.seq());
                Ok(around)
            }
            // "This may be forwards or backwards in time": the limit counts from the first moment.
            Question::Between(from, to) => match between(past, from, to)? {
                (span, true) => past.first(&span, most, wanted),
                (span, false) => past.last(&span, most, wanted),
            },
        }
    }

    /// Whether memory has the whole answer, of which it gave the records `found`, and not only the end
    /// of it.
    pub fn is_answered_by(
        &self,
        history: &RoomHistory,
        found: &[Arc<Record>],
        most: usize,
        wanted: Wanted,
    ) -> bool {
        // There may be events of long ago beside the latest messages, and nothing between.
        let is_full = || {
            let first = found.first().filter(|_| found.len() == most);
            first.is_some_and(|first| history.holds_after(first.seq(), wanted.events))
        };
        let holds = |moment: &Moment| match moment {
            Moment::Message(seq) => history.holds_after(*seq, wanted.events),
            Moment::Time(time) => history.holds_since(time.start, wanted.events),
        };
        match self {
            _ if history.is_whole(wanted.events) => true,
            // What was dropped may be later by the clock.
            Question::Before(Moment::Time(_)) => history.is_ordered() && is_full(),
            Question::Latest(None) | Question::Before(_) => is_full(),
            Question::Latest(Some(moment @ Moment::Time(_))) => {
                history.is_ordered() && is_full() || holds(moment)
            }
            Question::Latest(Some(moment)) => is_full() || holds(moment),
            Question::After(moment) => holds(moment),
            Question::Around(_) => false,
            Question::Between(from, to) => holds(from) && holds(to),
        }
    }
}
