//! One event to many readers: who gets which writing of it.

use super::batch::{Batch, SeatId};
use super::caps::Caps;
use crate::chat::UserId;

/// Where a person's lines go, and in which kind of writing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader {
    pub(super) seat: SeatId,
    pub(super) caps: Caps,
}

/// Readers sorted by kind; its memory is kept from event to event.
#[derive(Debug, Default)]
pub(super) struct Fan {
    /// Few: the combinations of the capabilities that one event depends on.
    kinds: Vec<(Caps, Vec<SeatId>)>,
}

impl Fan {
    /// Delivers an event to all `receivers` but `except` who have the
    /// capabilities that it `needs`. `write` is called once for each
    /// combination of those that it `depends` on.
    ///
    /// Costs a few ns for each receiver: nothing here looks anybody up,
    /// writes, or allocates for one of them.
    pub(super) fn out(
        &mut self,
        readers: &[Reader],
        (receivers, except): (&[UserId], UserId),
        (needs, depends): (Caps, Caps),
        write: impl Fn(Caps) -> Vec<u8>,
        batch: &mut Batch,
    ) {
        let mut last = 0;
        for &user in receivers {
            let Some(&Reader { seat, caps }) = readers.get(user.index()) else { continue };
            if user == except || !caps.has(needs) {
                continue;
            }
            let kind = caps.only(depends);
            if self.kinds.get(last).is_none_or(|(known, _)| *known != kind) {
                last = self.kind(kind);
            }
            self.kinds[last].1.push(seat);
        }
        for (kind, seats) in &mut self.kinds {
            if seats.is_empty() {
                continue;
            }
            let frame = write(*kind);
            // Not everything can be said to everybody.
            match frame.is_empty() {
                true => seats.clear(),
                false => batch.deliver(frame.into(), seats.drain(..)),
            }
        }
    }

    fn kind(&mut self, caps: Caps) -> usize {
        let known = self.kinds.iter().position(|(kind, _)| *kind == caps);
        known.unwrap_or_else(|| {
            self.kinds.push((caps, Vec::new()));
            self.kinds.len() - 1
        })
    }
}
