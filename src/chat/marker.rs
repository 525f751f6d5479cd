//! Read markers.

use super::history::RoomHistory;
use super::ids::Seq;

/// The resolution of time tags, in µs.
const MILLISECOND: u64 = 1000;

/// The last record that somebody has read, and its time as clients know it.
///
/// If the clock is set back, later messages have earlier times. So the number in the log decides,
/// and the time only where no history is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marker {
    /// The number of the record. 0 before the first one, None where no history is kept.
    seq: Option<Seq>,
    /// µs since the Unix epoch.
    pub wall_us: u64,
}

impl Marker {
    /// The marker of somebody who has read until this millisecond. It is limited to now, or to the
    /// time of the last record, which may be later if the clock was set back.
    pub fn until(millisecond: u64, history: Option<&RoomHistory>, now: u64) -> Marker {
        let history = history.filter(|history| !history.is_empty());
        let last = history.and_then(|history| history.latest_before(millisecond.saturating_add(MILLISECOND)));
        let said = last.map_or(0, |record| record.wall_us);
        let seq = history.map(|_| last.map_or(Seq::default(), |record| record.seq()));
        Marker { seq, wall_us: millisecond.min(now.max(said)) }
    }

    /// Moves the marker, but only forwards. If the numbers in the log don't tell the order, a time
    /// in the future comes from before the clock was set back, and any time replaces it.
    pub fn advance(&mut self, to: Marker, now: u64) {
        let is_later = match (self.seq, to.seq) {
            (Some(known), Some(seq)) if seq != known => seq > known,
            _ => to.wall_us > self.wall_us || self.wall_us > now,
        };
        if is_later {
            *self = Marker { seq: to.seq.or(self.seq), ..to };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker(seq: impl Into<Option<u64>>, wall_us: u64) -> Marker {
        Marker { seq: seq.into().map(Seq), wall_us }
    }

    fn advanced(mut known: Marker, to: Marker, now: u64) -> Marker {
        known.advance(to, now);
        known
    }

    #[test]
    fn the_place_in_the_log_goes_before_the_time() {
        assert_eq!(advanced(marker(1, 300), marker(2, 50), 60), marker(2, 50));
        assert_eq!(advanced(marker(2, 50), marker(1, 300), 60), marker(2, 50));
        assert_eq!(advanced(marker(1, 300), marker(0, 20), 60), marker(1, 300));
        assert_eq!(advanced(marker(2, 50), marker(2, 55), 60), marker(2, 55));
        assert_eq!(advanced(marker(2, 55), marker(2, 50), 60), marker(2, 55));
    }

    #[test]
    fn where_nothing_is_kept_the_time_decides() {
        assert_eq!(advanced(Marker::default(), marker(None, 50), 60), marker(None, 50));
        assert_eq!(advanced(marker(None, 50), marker(None, 40), 60), marker(None, 50));
        assert_eq!(
            advanced(marker(None, 300), marker(None, 50), 60),
            marker(None, 50),
            "the clock was set back"
        );
        assert_eq!(advanced(marker(2, 50), marker(None, 55), 60), marker(2, 55), "after leaving the room");
    }
}
