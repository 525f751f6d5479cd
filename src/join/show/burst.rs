//! Comings and goings: each its own line, but a burst of them is one.

use super::super::model::Item;
use super::spells::Spells;
use crate::join::slash_command::Notices;
use std::time::Duration;

/// As many as are shown one by one.
const FEW: usize = 5;
/// How long a coming or going waits for others.
const QUIET: Duration = Duration::from_millis(100);
/// How long a burst is collected.
const BURST: Duration = Duration::from_secs(1);

/// Comings and goings that are held back, in their order.
#[derive(Debug, Default)]
pub struct Bursts {
    /// As many as come in [`BURST`], or before anything else is shown.
    held: Vec<Item>,
    since: Duration,
    /// As the person wants it.
    notices: Notices,
    spells: Spells,
}

impl Bursts {
    /// What is to be shown now. `now` is monotonic, from any origin.
    pub fn push(&mut self, item: Item, now: Duration) -> Vec<Item> {
        let mut shown = self.tick(now);
        if !matches!(item.inner(), Item::Entered { .. } | Item::Left { .. }) {
            shown.extend(self.flush_burst());
            shown.extend(self.spells.hears(&item, now));
            if let Item::NoticesAre(_) | Item::RoomIs { .. } | Item::Header { .. } | Item::Lost { .. } = item
            {
                // What is told without a room is of the one that was current, and nobody comes without
                // a connection.
                shown.extend(self.flush());
            }
            if let Item::NoticesAre(notices) = item {
                self.notices = notices;
            }
            shown.push(item);
            return shown;
        }
        let item = match self.notices {
            Notices::On => item,
            Notices::Off => return shown,
            Notices::Few => match self.spells.take(item, now) {
                Some(item) => item,
                None => return shown,
            },
        };
        if self.held.is_empty() {
            self.since = now;
        }
        self.held.push(item);
        shown
    }

    /// When [`Bursts::tick`] has something to show.
    pub fn deadline(&self) -> Option<Duration> {
        self.burst_deadline().into_iter().chain(self.spells.deadline()).min()
    }

    fn burst_deadline(&self) -> Option<Duration> {
        let patience = if self.held.len() > FEW { BURST } else { QUIET };
        (!self.held.is_empty()).then_some(self.since + patience)
    }

    pub fn tick(&mut self, now: Duration) -> Vec<Item> {
        let is_due = |deadline: Option<Duration>| deadline.is_some_and(|deadline| deadline <= now);
        let mut due = if is_due(self.burst_deadline()) { self.flush_burst() } else { Vec::new() };
        if is_due(self.spells.deadline()) {
            due.extend(self.spells.flush());
        }
        due
    }

    /// All that is held back.
    pub fn flush(&mut self) -> Vec<Item> {
        let mut all = self.flush_burst();
        all.extend(self.spells.flush());
        all
    }

    fn flush_burst(&mut self) -> Vec<Item> {
        let held = std::mem::take(&mut self.held);
        if held.len() <= FEW {
            return held;
        }
        // Each room by itself, in the order in which something happened there first.
        let mut rooms: Vec<(Option<String>, Vec<Item>)> = Vec::new();
        for item in held {
            let (room, item) = match item {
                Item::OfRoom { room, item } => (Some(room), *item),
                item => (None, item),
            };
            match rooms.iter_mut().find(|(other, _)| *other == room) {
                Some((_, items)) => items.push(item),
                None => rooms.push((room, vec![item])),
            }
        }
        let of_room = |(room, items): (Option<String>, Vec<Item>)| {
            let joined = joined(items).into_iter();
            joined.map(move |item| match room.clone() {
                Some(room) => Item::OfRoom { room, item: Box::new(item) },
                None => item,
            })
        };
        rooms.into_iter().flat_map(of_room).collect()
    }
}

/// Those who come, or who go for one reason, of a burst: one after the other, where one of them is in both.
struct Joined {
    /// None: they come.
    goes: Option<Option<String>>,
    names: Vec<String>,
}

/// The comings of a burst, and its goings by their reasons, in the order in which they began. Of a person who
/// goes and comes back, or comes and goes, that order tells what holds.
fn joined(held: Vec<Item>) -> Vec<Item> {
    let mut all: Vec<Joined> = Vec::new();
    for item in held {
        let (goes, name) = match item {
            Item::Entered { name } => (None, name),
            Item::Left { name, reason } => (Some(reason), name),
            _ => continue,
        };
        let last = all.iter().rposition(|joined| joined.names.contains(&name)).map_or(0, |at| at + 1);
        match all[last..].iter_mut().find(|joined| joined.goes == goes) {
            Some(joined) => joined.names.push(name),
            None => all.push(Joined { goes, names: vec![name] }),
        }
    }
    let item = |Joined { goes, mut names }: Joined| match (goes, names.len()) {
        (None, 1) => Item::Entered { name: names.remove(0) },
        (None, _) => Item::ManyEntered { names },
        (Some(reason), 1) => Item::Left { name: names.remove(0), reason },
        (Some(reason), _) => Item::ManyLeft { names, reason },
    };
    all.into_iter().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Phrase;

    fn entered(n: usize) -> Item {
        Item::Entered { name: n.to_string() }
    }

    fn names(range: std::ops::Range<usize>) -> Vec<String> {
        range.map(|n| n.to_string()).collect()
    }

    #[test]
    fn a_few_are_shown_one_by_one() {
        let mut bursts = Bursts::default();
        (0..FEW).for_each(|n| assert_eq!(bursts.push(entered(n), Duration::ZERO), []));
        assert_eq!(bursts.deadline(), Some(QUIET));
        assert_eq!(bursts.tick(QUIET / 2), []);
        assert_eq!(bursts.tick(QUIET), (0..FEW).map(entered).collect::<Vec<_>>());
        assert_eq!(bursts.deadline(), None);
    }

    #[test]
    fn more_than_a_few_are_one_line() {
        let mut bursts = Bursts::default();
        (0..8).for_each(|n| assert_eq!(bursts.push(entered(n), Duration::ZERO), []));
        let left = Item::Left { name: "x".to_owned(), reason: None };
        assert_eq!(bursts.push(left.clone(), QUIET), []);
        let many = [Item::ManyEntered { names: names(0..8) }, left];
        assert_eq!(bursts.tick(BURST), many);
    }

    /// People who left for one reason are told in one line.
    #[test]
    fn one_reason_is_one_line() {
        let mut bursts = Bursts::default();
        let left =
            |n: usize, reason: &str| Item::Left { name: n.to_string(), reason: Some(reason.to_owned()) };
        (0..31).for_each(|n| assert_eq!(bursts.push(left(n, "*.net *.split"), Duration::ZERO), []));
        assert_eq!(bursts.push(left(31, "bye"), QUIET), []);
        let split = Item::ManyLeft { names: names(0..31), reason: Some("*.net *.split".to_owned()) };
        assert_eq!(bursts.tick(BURST), [split, left(31, "bye")]);
    }

    /// All were here again, and the last line said that they had left.
    #[test]
    fn who_left_and_came_back_is_here() {
        let mut bursts = Bursts::default();
        let left = |n: usize| Item::Left { name: n.to_string(), reason: Some("x".to_owned()) };
        (0..9).for_each(|n| assert_eq!(bursts.push(left(n), Duration::ZERO), []));
        (0..9).for_each(|n| assert_eq!(bursts.push(entered(n), QUIET), []));
        let gone = Item::ManyLeft { names: names(0..9), reason: Some("x".to_owned()) };
        assert_eq!(bursts.tick(BURST), [gone, Item::ManyEntered { names: names(0..9) }]);
        (0..6).for_each(|n| assert_eq!(bursts.push(entered(n), BURST), []));
        bursts.push(left(0), BURST);
        bursts.push(entered(0), BURST);
        let many = Item::ManyEntered { names: names(0..6) };
        assert_eq!(bursts.tick(3 * BURST), [many, left(0), entered(0)]);
    }

    /// They had come before the connection was lost, and were told in the middle of the outage.
    #[test]
    fn nobody_comes_without_a_connection() {
        let mut bursts = Bursts::default();
        bursts.push(Item::NoticesAre(Notices::Few), Duration::ZERO);
        bursts.push(entered(1), Duration::ZERO);
        let lost = Item::Lost { why: None };
        assert_eq!(bursts.push(lost.clone(), Duration::ZERO), [entered(1), lost]);
    }

    #[test]
    fn the_rooms_of_a_burst_are_told_apart() {
        let mut bursts = Bursts::default();
        let of_lab = |item| Item::OfRoom { room: "#lab".to_owned(), item: Box::new(item) };
        (0..8).for_each(|n| {
            let item = if n % 2 == 0 { entered(n) } else { of_lab(entered(n)) };
            assert_eq!(bursts.push(item, Duration::ZERO), []);
        });
        let many =
            |all: [usize; 4]| Item::ManyEntered { names: all.iter().map(ToString::to_string).collect() };
        assert_eq!(bursts.tick(BURST), [many([0, 2, 4, 6]), of_lab(many([1, 3, 5, 7]))]);
    }

    #[test]
    fn as_many_notices_are_shown_as_are_wanted() {
        let mut bursts = Bursts::default();
        let off = Item::NoticesAre(Notices::Off);
        assert_eq!(bursts.push(off.clone(), Duration::ZERO), [off]);
        assert_eq!(bursts.push(entered(1), Duration::ZERO), []);
        assert_eq!(bursts.deadline(), None);
        bursts.push(Item::NoticesAre(Notices::Few), Duration::ZERO);
        (0..3).for_each(|n| assert_eq!(bursts.push(entered(n), Duration::ZERO), []));
        let told = bursts.tick(bursts.deadline().unwrap());
        assert_eq!(told, [Item::CameAndLeft { entered: names(0..3), left: vec![] }]);
        bursts.push(entered(4), Duration::ZERO);
        let on = Item::NoticesAre(Notices::On);
        assert_eq!(bursts.push(on.clone(), Duration::ZERO), [entered(4), on]);
    }

    #[test]
    fn whatever_else_is_shown_keeps_its_place() {
        let mut bursts = Bursts::default();
        bursts.push(entered(1), Duration::ZERO);
        assert_eq!(
            bursts.push(Item::Told(Phrase::Late), Duration::ZERO),
            [entered(1), Item::Told(Phrase::Late)]
        );
        assert_eq!(bursts.deadline(), None);
    }
}
