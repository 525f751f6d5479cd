//! `/notices few`: the comings and goings of a spell are one line, which stands between no two
//! people who talk.
//!
//! They are told once nobody has come, gone or said anything for [`LULL`], at the latest after
//! [`LONGEST`]. People who come and go meanwhile are not told, nor those who go and come back. But the
//! going of somebody who has just spoken is told at once: others may be waiting for an answer.

use super::super::model::{Item, Speaker};
use std::collections::VecDeque;
use std::time::Duration;

/// Nothing happens for so long: a spell is over.
const LULL: Duration = Duration::from_secs(10);
/// A spell that is not over by then is told all the same.
const LONGEST: Duration = Duration::from_secs(300);
/// People who spoke within this time are missed.
const MISSED: Duration = Duration::from_secs(300);
/// People who spoke that are remembered.
const SPEAKERS: usize = 64;

/// Names of the comings and the goings of a room since the last line, without those that cancel out.
#[derive(Debug)]
struct OfRoom {
    /// None: the current one.
    room: Option<String>,
    entered: Vec<Move>,
    left: Vec<Move>,
}

/// Who came or went; why, of one who went.
type Move = (String, Option<String>);

#[derive(Debug, Default)]
pub(super) struct Spells {
    rooms: Vec<OfRoom>,
    /// Of the spell.
    first: Duration,
    /// When somebody came, went or spoke last.
    last: Duration,
    /// Who spoke last, and when; at most [`SPEAKERS`].
    spoke: VecDeque<(String, Duration)>,
}

impl Spells {
    /// Somebody may have spoken.
    pub(super) fn hears(&mut self, item: &Item, now: Duration) {
        if let Item::Said { from, at: None, .. } = item.inner() {
            self.last = now;
            if let Speaker::Other(name) = from {
                self.spoke.retain(|(other, _)| other != name);
                self.spoke.push_front((name.clone(), now));
                self.spoke.truncate(SPEAKERS);
            }
        }
    }

    /// A coming or a going; given back where it is to be told at once.
    pub(super) fn take(&mut self, item: Item, now: Duration) -> Option<Item> {
        let room = match &item {
            Item::OfRoom { room, .. } => Some(room.clone()),
            _ => None,
        };
        let (name, reason, comes) = match item.inner() {
            Item::Entered { name } => (name.clone(), None, true),
            Item::Left { name, reason } => (name.clone(), reason.clone(), false),
            _ => return Some(item),
        };
        let is_missed = |(other, at): &(String, Duration)| *other == name && now <= *at + MISSED;
        if !comes && self.spoke.iter().any(is_missed) {
            // That they came is told no more.
            let told = self.rooms.iter_mut().filter(|other| other.room == room);
            told.for_each(|told| told.entered.retain(|(other, _)| *other != name));
            return Some(item);
        }
        if self.rooms.is_empty() {
            self.first = now;
        }
        self.last = now;
        let at = self.rooms.iter().position(|other| other.room == room).unwrap_or_else(|| {
            self.rooms.push(OfRoom { room, entered: Vec::new(), left: Vec::new() });
            self.rooms.len() - 1
        });
        let OfRoom { entered, left, .. } = &mut self.rooms[at];
        let (same, opposite) = if comes { (entered, left) } else { (left, entered) };
        match opposite.iter().position(|(other, _)| *other == name) {
            Some(at) => drop(opposite.remove(at)),
            None => same.push((name, reason)),
        }
        None
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        (!self.rooms.is_empty()).then(|| (self.last + LULL).min(self.first + LONGEST))
    }

    /// One line for each room.
    pub(super) fn flush(&mut self) -> Vec<Item> {
        let told =
            std::mem::take(&mut self.rooms).into_iter().filter_map(|OfRoom { room, entered, left }| {
                let item = match (&entered[..], &left[..]) {
                    ([], []) => return None,
                    ([(name, _)], []) => Item::Entered { name: name.clone() },
                    ([], [(name, reason)]) => Item::Left { name: name.clone(), reason: reason.clone() },
                    _ => Item::CameAndLeft { entered: names(entered), left: names(left) },
                };
                Some(match room {
                    Some(room) => Item::OfRoom { room, item: Box::new(item) },
                    None => item,
                })
            });
        told.collect()
    }
}

fn names(moves: Vec<Move>) -> Vec<String> {
    moves.into_iter().map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::join::model::Form;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn entered(name: &str) -> Item {
        Item::Entered { name: name.to_owned() }
    }

    fn left(name: &str) -> Item {
        Item::Left { name: name.to_owned(), reason: None }
    }

    fn said(name: &str) -> Item {
        let from = Speaker::Other(name.to_owned());
        Item::Said { from, text: "x".to_owned(), form: Form::Room, mention: None, at: None, id: None }
    }

    #[test]
    fn a_spell_is_one_line_and_ends_when_nobody_talks() {
        let mut spells = Spells::default();
        for name in ["a", "b", "c"] {
            assert_eq!(spells.take(entered(name), at(1)), None);
        }
        assert_eq!(spells.take(left("b"), at(2)), None);
        assert_eq!(spells.take(left("old"), at(2)), None);
        assert_eq!(spells.take(left("blip"), at(2)), None);
        assert_eq!(spells.take(entered("blip"), at(3)), None);
        assert_eq!(spells.deadline(), Some(at(13)));
        spells.hears(&said("x"), at(8));
        assert_eq!(spells.deadline(), Some(at(18)), "people talk");
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(
            spells.flush(),
            [Item::CameAndLeft { entered: names(&["a", "c"]), left: names(&["old"]) }]
        );
        assert_eq!((spells.deadline(), spells.flush()), (None, vec![]));
    }

    /// A person who spoke, left and came back had come twice.
    #[test]
    fn who_left_before_the_coming_was_told_comes_once() {
        let mut spells = Spells::default();
        spells.hears(&said("a"), at(0));
        assert_eq!(spells.take(entered("a"), at(1)), None);
        assert_eq!(spells.take(left("a"), at(2)), Some(left("a")));
        assert_eq!(spells.take(entered("a"), at(3)), None);
        assert_eq!(spells.flush(), [entered("a")]);
    }

    /// Of one alone nobody knew why.
    #[test]
    fn one_who_left_alone_left_for_a_reason() {
        let mut spells = Spells::default();
        let left = Item::Left { name: "a".to_owned(), reason: Some("Killed".to_owned()) };
        assert_eq!(spells.take(left.clone(), at(0)), None);
        assert_eq!(spells.flush(), [left]);
    }

    #[test]
    fn who_has_just_spoken_is_missed_at_once() {
        let mut spells = Spells::default();
        spells.hears(&said("a"), at(0));
        assert_eq!(spells.take(left("a"), at(9)), Some(left("a")));
        assert_eq!(spells.take(left("b"), at(9)), None);
        assert_eq!(spells.take(entered("a"), at(10)), None);
        assert_eq!(spells.take(left("a"), at(301)), None, "that was long ago");
        for second in 0..400 {
            spells.hears(&said("c"), at(second));
        }
        assert_eq!(spells.deadline(), Some(at(9) + LONGEST));
    }
}
