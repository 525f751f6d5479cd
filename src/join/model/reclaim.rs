//! Our own name again, where another was taken on the way back.

use crate::client::protocol::CaseMapping;
use crate::wire::Line;
use std::time::Duration;

/// How often our own name is asked for: at first as fits an earlier connection of ours that is about to end.
const SOON: Duration = Duration::from_secs(5);
const MAX_SOON: u32 = 6;
const LATER: Duration = Duration::from_secs(30);
/// How many times.
const MAX_ASKED: u32 = 20;

/// Our own name, which somebody else has for now.
#[derive(Debug, Default)]
pub(super) struct Reclaim {
    name: Option<String>,
    /// When it is asked for; None until somebody tells the time.
    pub(super) at: Option<Duration>,
    asked: u32,
}

impl Reclaim {
    pub(super) fn begin(&mut self, name: &str) {
        *self = Reclaim { name: Some(name.to_owned()), ..Reclaim::default() };
    }

    pub(super) fn pump(&mut self, now: Duration) {
        if self.name.is_some() && self.asked < MAX_ASKED {
            self.at.get_or_insert(now + if self.asked < MAX_SOON { SOON } else { LATER });
        }
    }

    /// Asks for our own name where it is time.
    pub(super) fn check(&mut self, now: Duration) -> Option<Line> {
        self.at.filter(|&at| at <= now)?;
        self.ask()
    }

    /// Asks for our own name where it is this one, which somebody has just given up.
    pub(super) fn name_is_free(&mut self, name: &str, mapping: CaseMapping) -> Option<Line> {
        if self.is(name, mapping) && self.asked < MAX_ASKED { self.ask() } else { None }
    }

    /// Whether a refusal of this name answers a question that the person has not asked.
    pub(super) fn has_asked_for(&self, name: &str, mapping: CaseMapping) -> bool {
        self.asked > 0 && self.is(name, mapping)
    }

    /// Whether this name is asked for from time to time.
    pub(super) fn is_trying(&self, name: &str, mapping: CaseMapping) -> bool {
        self.is(name, mapping) && (self.asked < MAX_ASKED || self.at.is_some())
    }

    fn is(&self, name: &str, mapping: CaseMapping) -> bool {
        self.name.as_ref().is_some_and(|ours| mapping.same(ours, name))
    }

    fn ask(&mut self) -> Option<Line> {
        let line = Line::new("NICK").param(self.name.as_ref()?);
        self.asked += 1;
        self.at = None;
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Our own name is asked for a bounded number of times.
    #[test]
    fn name_is_asked_for_some_times() {
        let mut reclaim = Reclaim::default();
        reclaim.pump(Duration::ZERO);
        assert_eq!(reclaim.at, None);
        reclaim.begin("a[b]");
        assert!(!reclaim.has_asked_for("a[b]", CaseMapping::Rfc1459));
        // It was asked for first after 30 s, and an earlier connection had ended after 15.
        for asked in 0..MAX_ASKED - 1 {
            let pause = Duration::from_secs(if asked < 6 { 5 } else { 30 });
            reclaim.pump(Duration::ZERO);
            assert!(reclaim.check(pause / 2).is_none());
            assert_eq!(reclaim.check(pause).unwrap().as_str(), "NICK a[b]");
        }
        assert!(reclaim.name_is_free("bob", CaseMapping::Rfc1459).is_none());
        assert!(reclaim.name_is_free("A{B}", CaseMapping::Rfc1459).is_some());
        reclaim.pump(Duration::ZERO);
        assert!(reclaim.check(LATER * 2).is_none() && reclaim.has_asked_for("a{b}", CaseMapping::Rfc1459));
    }
}
