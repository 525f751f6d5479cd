//! The work of an entry or a query.

/// Counts work by what was looked at, since there is no clock here. A unit is about 0.1 µs of an
/// optimised build: one entry of a table, or about sixteen bytes of a text that a pattern is tried
/// against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work(u32);

impl Work {
    pub fn add(&mut self, units: u32) {
        self.0 = self.0.saturating_add(units);
    }

    pub fn units(self) -> u32 {
        self.0
    }
}
