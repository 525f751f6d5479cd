//! The script's line that a line which nobody sent was made of.

use super::{Ledger, Sent};
use crate::bot::expect::Event;
use std::mem::discriminant;

/// Lines that nobody sent of which the origin is looked for at the end; it is
/// guessed at once for those that come after them.
const MOST: usize = 64;

/// Hundredths of two lines that must be the same where they are of different authors.
const ALIKE: usize = 50;

/// What a listener has got and nobody sent.
#[derive(Debug)]
pub(super) struct Foreign {
    listener: usize,
    event: Event,
    /// The line of the script that it was most like when it came.
    guess: Option<usize>,
}

impl Ledger {
    /// A listener has got this, which nobody sent.
    pub(super) fn foreign(&mut self, listener: usize, what: &str, event: Event) {
        let guess = self.most_like(listener, &event);
        let line = if self.foreign.len() < MOST {
            self.foreign.push(Foreign { listener, event, guess });
            None
        } else {
            guess
        };
        self.strange(listener, what, line);
    }

    /// Names the lines that those which nobody sent were made of: what has not come to their
    /// listener in the end, since many of those that were on their way then have come.
    pub(super) fn find_origins(&mut self) {
        for Foreign { listener, event, guess } in std::mem::take(&mut self.foreign) {
            let origin = self.most_like(listener, &event).or(guess);
            self.tally.about(origin);
        }
    }

    /// The line of what the listener still has to see that is most like this:
    /// of the same author before all others, and then the same kind of deed.
    fn most_like(&self, listener: usize, event: &Event) -> Option<usize> {
        let unseen = (0..self.log.len()).filter(|&at| !self.has_seen(listener, at));
        let unseen = unseen.map(|at| &self.log[at].sent).chain(self.sent.values().flatten());
        let shown = self.line(event);
        let rated = unseen.filter_map(|sent: &Sent| {
            let by_same = self.room.mapping.same(&sent.event.who, &event.who);
            let alike = alike(&self.line(&sent.event), &shown);
            let rate = (by_same, discriminant(&sent.event.deed) == discriminant(&event.deed), alike);
            (by_same || alike >= ALIKE).then_some((rate, sent))
        });
        let best = rated.max_by(|(one, sent), (other, later)| one.cmp(other).then(later.id.cmp(&sent.id)));
        best.map(|(_, sent)| sent.line)
    }
}

/// How much of two lines, in hundredths, is the same at their beginnings and ends.
fn alike(one: &str, other: &str) -> usize {
    let longest = one.chars().count().max(other.chars().count()).max(1);
    let same = |(one, other): &(char, char)| one == other;
    let shortest = one.chars().count().min(other.chars().count());
    let beginning = one.chars().zip(other.chars()).take_while(same).count();
    let end = one.chars().rev().zip(other.chars().rev()).take(shortest - beginning).take_while(same).count();
    (beginning + end) * 100 / longest
}
