//! Slow clients that are to be closed, a few at a time.

use crate::hub::SessionId;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Clients that are closed at once: each leaving is told to whole rooms, and those who
/// read well must not wait for a thousand of them.
const AT_ONCE: usize = 8;
/// Until the next of them.
const PAUSE: Duration = Duration::from_millis(10);

/// Owned by the hub's thread.
#[derive(Debug, Default)]
pub(super) struct Evictions {
    /// At most all sessions; one that is over is to be taken out.
    pub(super) waiting: BTreeSet<SessionId>,
    /// None before the first.
    next: Option<Instant>,
}

impl Evictions {
    /// Those that are to be closed now, each once.
    pub(super) fn due(&mut self, now: Instant) -> Vec<SessionId> {
        if self.waiting.is_empty() || self.next.is_some_and(|next| now < next) {
            return Vec::new();
        }
        self.next = Some(now + PAUSE);
        std::iter::from_fn(|| self.waiting.pop_first()).take(AT_ONCE).collect()
    }

    /// When somebody is to be closed, if anybody is; a moment that is over is now.
    pub(super) fn next_at(&self, now: Instant) -> Option<Instant> {
        (!self.waiting.is_empty()).then_some(self.next.unwrap_or(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All of a thousand were told to whole rooms in one round.
    #[test]
    fn a_few_are_closed_at_a_time() {
        let (mut evictions, start) = (Evictions::default(), Instant::now());
        assert_eq!((evictions.next_at(start), evictions.due(start)), (None, vec![]));
        evictions.waiting.extend((0..10).map(SessionId));
        evictions.waiting.extend([SessionId(3)]);
        assert_eq!(evictions.next_at(start), Some(start));
        assert_eq!(evictions.due(start).len(), AT_ONCE);
        assert_eq!((evictions.next_at(start), evictions.due(start)), (Some(start + PAUSE), vec![]));
        assert_eq!(evictions.due(start + PAUSE), [SessionId(8), SessionId(9)]);
        assert_eq!(evictions.next_at(start), None);
    }

    /// The next client with the number was closed for what its predecessor had not read.
    #[test]
    fn a_session_that_is_over_is_not_closed() {
        let mut evictions = Evictions::default();
        evictions.waiting.extend([SessionId(1), SessionId(2)]);
        evictions.waiting.remove(&SessionId(1));
        assert_eq!(evictions.due(Instant::now()), [SessionId(2)]);
    }
}
