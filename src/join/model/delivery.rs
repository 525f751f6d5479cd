//! What was said and is not yet known to be in the room.
//!
//! A line counts as said when the server shows it: its echo, or its label's
//! acknowledgement. Where the server has no labels a PING follows each line,
//! and the PONG tells that the line before it was handled.

use super::queue::Piece;
use crate::client::protocol::CaseMapping;
use std::collections::VecDeque;
use std::time::Duration;

/// Lines under way at once; no further line is sent before one is confirmed.
pub(super) const WINDOW: usize = 64;
/// How long a line may stay unconfirmed beyond the usual round trip before the person is told.
pub(super) const LATE: Duration = Duration::from_secs(1);

/// A link that takes longer is no usual one.
const SLOWEST: Duration = Duration::from_secs(10);

const LABEL: &str = "r";

/// A line under way.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) id: u64,
    /// Where to: a room or a person.
    pub(super) target: String,
    /// Our name when it was sent.
    pub(super) name: String,
    pub(super) piece: Piece,
    /// Its number among all that was sent.
    pub(super) number: u64,
    /// An answer that it was handled does not prove that it was said.
    pub(super) doubtful: bool,
    pub(super) sent: Duration,
}

impl Pending {
    pub(super) fn label(&self) -> String {
        format!("{LABEL}{}", self.id)
    }
}

/// The lines under way, oldest first.
#[derive(Debug, Default)]
pub(super) struct Delivery {
    next: u64,
    /// At most [`WINDOW`].
    pub(super) pending: VecDeque<Pending>,
    /// The person was told that something is late, or waits for a connection.
    pub(super) late: bool,
    /// Its progress was told last at this time; lateness counts from there.
    pub(super) told_until: Duration,
    /// When the line was sent that was confirmed last; its round trip is measured at the next call that has
    /// the time.
    answered: Option<Duration>,
    /// The round trip of this link: that of the slowest line of late, at most [`SLOWEST`].
    round_trip: Duration,
}

impl Delivery {
    /// Adds a line from us, by this name, to this target.
    pub(super) fn add(
        &mut self,
        (name, target): (&str, &str),
        piece: Piece,
        number: u64,
        now: Duration,
    ) -> &Pending {
        self.next += 1;
        let (name, target) = (name.to_owned(), target.to_owned());
        let pending = Pending { id: self.next, target, name, piece, number, doubtful: false, sent: now };
        self.pending.push_back(pending);
        self.pending.back().expect("a line was pushed just above")
    }

    pub(super) fn is_full(&self) -> bool {
        self.pending.len() >= WINDOW
    }

    /// Takes out the line with this label.
    pub(super) fn labelled(&mut self, label: &str) -> Option<Pending> {
        let id: u64 = label.strip_prefix(LABEL)?.parse().ok()?;
        let at = self.pending.iter().position(|pending| pending.id == id)?;
        self.remove(at)
    }

    /// Takes out the oldest line that this echo can be of.
    pub(super) fn echoed(&mut self, target: &str, text: &str, mapping: CaseMapping) -> Option<Pending> {
        let to_target = |p: &Pending| mapping.same(&p.target, target);
        let same = self.pending.iter().position(|p| to_target(p) && p.piece.outgoing.text == text);
        // A server may change a text, for example drop colours.
        let at = same.or_else(|| self.pending.iter().position(to_target))?;
        self.remove(at)
    }

    /// Takes out the oldest line: an answer without a label is about it,
    /// since each line's PONG comes before the next line's answer.
    pub(super) fn oldest(&mut self) -> Option<Pending> {
        self.remove(0)
    }

    /// Takes out the oldest line, where it was handled once this one was.
    pub(super) fn fenced(&mut self, id: u64) -> Option<Pending> {
        self.pending.front().filter(|oldest| oldest.id <= id)?;
        self.remove(0)
    }

    /// Takes out a line that the server has answered.
    fn remove(&mut self, at: usize) -> Option<Pending> {
        let pending = self.pending.remove(at)?;
        // Not of a long text: its lines wait for each other.
        self.answered = pending.piece.block.is_none().then_some(pending.sent).or(self.answered);
        Some(pending)
    }

    /// Learns how long the line took that was answered just before now. A longer time counts at
    /// once, a shorter one by an eighth (as the smoothed round trip of RFC 6298, 2.3).
    pub(super) fn measure(&mut self, now: Duration) {
        if let Some(sent) = self.answered.take() {
            let took = now.saturating_sub(sent).min(SLOWEST);
            self.round_trip = took.max((self.round_trip * 7 + took) / 8);
        }
    }

    /// We were put out of this room. A server that puts somebody out for a line
    /// (InspIRCd, channel mode `f`) drops that line without another word; what
    /// follows it is refused.
    pub(super) fn put_out(&mut self, room: &str, mapping: CaseMapping) {
        let first = self.pending.front_mut().filter(|pending| mapping.same(&pending.target, room));
        if let Some(first) = first {
            first.doubtful = true;
        }
    }

    /// When the oldest line was sent.
    pub(super) fn since(&self) -> Option<Duration> {
        self.pending.front().map(|oldest| oldest.sent)
    }

    /// When the oldest line will be late.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.since().filter(|_| !self.late).map(|sent| sent.max(self.told_until) + self.round_trip + LATE)
    }

    /// Whether something has just become late.
    pub(super) fn becomes_late(&mut self, now: Duration) -> bool {
        let due = self.deadline().is_some_and(|deadline| deadline <= now);
        self.late |= due;
        due
    }
}

#[cfg(test)]
mod tests {
    use super::super::outgoing::{Outgoing, Target};
    use super::*;

    const ZERO: Duration = Duration::ZERO;

    fn add(delivery: &mut Delivery, text: &str) -> u64 {
        let target = Target::Person("#a".to_owned());
        let outgoing = Outgoing { target, text: text.to_owned(), action: false, on_screen: true };
        let piece = Piece::new(outgoing, None, (0, 0));
        delivery.add(("bob", "#a"), piece, 0, ZERO).id
    }

    /// An echo finds its line, even where the server changed the text.
    #[test]
    fn changed_echo_finds_its_line() {
        let mut delivery = Delivery::default();
        add(&mut delivery, "one");
        add(&mut delivery, "two");
        assert_eq!(delivery.echoed("#A", "two", CaseMapping::Ascii).unwrap().piece.outgoing.text, "two");
        assert_eq!(delivery.echoed("#a", "0ne", CaseMapping::Ascii).unwrap().piece.outgoing.text, "one");
        assert!(delivery.echoed("#a", "one", CaseMapping::Ascii).is_none());
    }

    #[test]
    fn a_pong_tells_about_all_before_it() {
        let mut delivery = Delivery::default();
        add(&mut delivery, "one");
        let fence = add(&mut delivery, "two");
        add(&mut delivery, "three");
        assert!(delivery.fenced(0).is_none());
        assert_eq!(std::iter::from_fn(|| delivery.fenced(fence)).count(), 2);
        assert_eq!(delivery.pending.front().unwrap().piece.outgoing.text, "three");
    }

    /// On a link with a round trip of 1.4 s lateness is told once, and not of each line.
    #[test]
    fn a_slow_link_is_told_once() {
        let (mut delivery, ms) = (Delivery::default(), Duration::from_millis);
        let mut say = |round_trip| {
            let id = add(&mut delivery, "x");
            let is_late = delivery.becomes_late(round_trip);
            delivery.fenced(id).unwrap();
            delivery.measure(round_trip);
            delivery.late = false;
            is_late
        };
        let told: Vec<bool> = [1400, 1400, 1300, 2300, 2600, 4000].map(|took| say(ms(took))).to_vec();
        assert_eq!(told, [true, false, false, false, false, true]);
        (0..40).for_each(|_| assert!(!say(ms(20))));
        assert!(say(ms(1400)), "it is quick again");
    }

    #[test]
    fn lateness_is_told_once_and_its_end_once() {
        let mut delivery = Delivery::default();
        add(&mut delivery, "one");
        add(&mut delivery, "two");
        assert!(!delivery.becomes_late(LATE / 2));
        assert!(delivery.becomes_late(LATE));
        assert!(!delivery.becomes_late(LATE * 3));
        assert!(std::mem::take(&mut delivery.late));
        assert!(!std::mem::take(&mut delivery.late));
        assert!(delivery.becomes_late(LATE), "another time");
    }
}
