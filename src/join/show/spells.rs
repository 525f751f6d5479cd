//! `/notices few`: the comings and goings of a spell are one line, which stands between no two
//! people who talk.
//!
//! They are told once nobody has come, gone or said anything for [`LULL`], at the latest after
//! [`LONGEST`]. People who come and go meanwhile are not told, nor those who go and come back. But the
//! going of somebody who has just spoken is told at once: others may be waiting for an answer. Then so
//! is the coming back. Of somebody who came and speaks, or has another name, nothing is told later.

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
    /// Those of them whose going was told at once: the room, and the name; at most [`SPEAKERS`].
    missed: VecDeque<(Option<String>, String)>,
}

impl Spells {
    /// Somebody may have spoken, or have another name; what is to be told before that.
    pub(super) fn hears(&mut self, item: &Item, now: Duration) -> Vec<Item> {
        let room = room_of(item);
        match item.inner() {
            Item::Said { from, at: None, .. } => {
                self.last = now;
                if let Speaker::Other(name) = from {
                    self.spoke.retain(|(other, _)| other != name);
                    self.spoke.push_front((name.clone(), now));
                    self.spoke.truncate(SPEAKERS);
                    // What they say shows that they are here.
                    self.forget(name, room.as_deref());
                }
            }
            Item::Kicked { name, .. } => drop(self.forget(name, room.as_deref())),
            Item::Renamed { old, new } => {
                let spoke = self.spoke.iter_mut().filter(|(other, _)| other == old);
                spoke.for_each(|(other, _)| new.clone_into(other));
                let rooms: Vec<Option<String>> = self.rooms.iter().map(|of| of.room.clone()).collect();
                let came = rooms.into_iter().filter(|room| self.forget(old, room.as_deref()));
                return came.map(|room| in_room(room, Item::Entered { name: old.clone() })).collect();
            }
            _ => {}
        }
        Vec::new()
    }

    /// That somebody came into this room is told no more; whether it was still to be told.
    fn forget(&mut self, name: &str, room: Option<&str>) -> bool {
        let Some(at) = self.rooms.iter().position(|other| other.room.as_deref() == room) else {
            return false;
        };
        let entered = &mut self.rooms[at].entered;
        let count = entered.len();
        entered.retain(|(other, _)| other != name);
        let was_there = self.rooms[at].entered.len() < count;
        if self.rooms[at].entered.is_empty() && self.rooms[at].left.is_empty() {
            self.rooms.remove(at);
        }
        was_there
    }

    /// A coming or a going; given back where it is to be told at once.
    pub(super) fn take(&mut self, item: Item, now: Duration) -> Option<Item> {
        let room = room_of(&item);
        let (name, reason, comes) = match item.inner() {
            Item::Entered { name } => (name.clone(), None, true),
            Item::Left { name, reason } => (name.clone(), reason.clone(), false),
            _ => return Some(item),
        };
        let is_missed = |(other, at): &(String, Duration)| *other == name && now <= *at + MISSED;
        if !comes && self.spoke.iter().any(is_missed) {
            self.forget(&name, room.as_deref());
            self.missed.push_front((room, name));
            self.missed.truncate(SPEAKERS);
            return Some(item);
        }
        let was_missed = self.missed.iter().position(|(other, who)| *other == room && *who == name);
        if let Some(at) = was_missed.filter(|_| comes) {
            self.missed.remove(at);
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
                Some(in_room(room, item))
            });
        told.collect()
    }
}

/// The room that names itself; None: the current one.
fn room_of(item: &Item) -> Option<String> {
    match item {
        Item::OfRoom { room, .. } => Some(room.clone()),
        _ => None,
    }
}

fn in_room(room: Option<String>, item: Item) -> Item {
    match room {
        Some(room) => Item::OfRoom { room, item: Box::new(item) },
        None => item,
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

    /// A person who spoke, left and came back had come twice; and of one whose going is told the coming
    /// back was told much later.
    #[test]
    fn who_left_before_the_coming_was_told_comes_once() {
        let mut spells = Spells::default();
        spells.hears(&said("a"), at(0));
        assert_eq!(spells.take(entered("a"), at(1)), None);
        assert_eq!(spells.take(left("a"), at(2)), Some(left("a")));
        assert_eq!(spells.take(entered("a"), at(3)), Some(entered("a")));
        assert_eq!(spells.flush(), []);
    }

    /// Somebody who had spoken and had another name was told to come, by the old one.
    #[test]
    fn who_is_known_to_be_here_does_not_come() {
        let mut spells = Spells::default();
        for name in ["a", "b", "c"] {
            spells.take(entered(name), at(1));
        }
        assert_eq!(spells.hears(&said("a"), at(2)), []);
        let renamed = Item::Renamed { old: "b".to_owned(), new: "bb".to_owned() };
        assert_eq!(spells.hears(&renamed, at(2)), [entered("b")]);
        let kicked = Item::Kicked { name: "c".to_owned(), by: "x".to_owned(), reason: None };
        assert_eq!(spells.hears(&kicked, at(2)), []);
        assert_eq!(spells.take(entered("c"), at(3)), None);
        assert_eq!(spells.flush(), [entered("c")]);
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
        assert_eq!(spells.take(entered("a"), at(10)), Some(entered("a")));
        assert_eq!(spells.take(left("a"), at(301)), None, "that was long ago");
        for second in 0..400 {
            spells.hears(&said("c"), at(second));
        }
        assert_eq!(spells.deadline(), Some(at(9) + LONGEST));
    }
}
