//! How far the person has read (IRCv3 read-marker).
//!
//! What a person looks at is not known. Two things are: reading stops where the connection
//! is lost or `/away` is said, and a person who says something has read what stands above
//! it. The server's marker tells what was read with another program.

use jiff::Timestamp;

#[derive(Debug, Default)]
pub(super) struct Unread {
    /// Read up to here, as the server tells of the room; None where it does not.
    pub(super) told: Option<Timestamp>,
    /// The next message that another said is the first unread one.
    pub(super) stopped: bool,
    /// `/away` was said, and not yet that one is back.
    away: bool,
    /// Another spoke in the room after what the server was told last.
    pub(super) news: bool,
    /// Messages since the person was last in this room, while in another.
    pub(super) count: usize,
    /// Those of them that call the person by name.
    pub(super) mentions: usize,
}

impl Unread {
    /// What is shown next was said before we came: only the server knows how
    /// much of it was read.
    pub(super) fn looks_back(&mut self) {
        self.stopped = self.told.is_some();
    }

    /// What was said meanwhile has been shown.
    pub(super) fn is_up_to_date(&mut self) {
        self.stopped = self.away;
    }

    pub(super) fn away(&mut self, away: bool) {
        (self.away, self.stopped) = (away, away);
    }

    /// Another's message is shown while the person is in another room.
    pub(super) fn counts(&mut self, is_mention: bool) {
        self.count += 1;
        self.mentions += usize::from(is_mention);
    }

    /// The person goes to the room.
    pub(super) fn is_visited(&mut self) {
        (self.count, self.mentions) = (0, 0);
    }

    /// Another's message is shown: whether the line stands above it.
    pub(super) fn begins_with(&mut self, at: Option<Timestamp>) -> bool {
        self.news = true;
        let is_read = self.told.zip(at).is_some_and(|(read, at)| at <= read);
        let begins = self.stopped && !is_read;
        self.stopped &= !begins;
        begins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    /// The unread line stands above the first message that was not read.
    #[test]
    fn unread_line_above_the_first() {
        let mut unread = Unread::default();
        assert!(!unread.begins_with(at(1)), "who is here reads");
        unread.stopped = true;
        assert!(unread.begins_with(at(2)));
        assert!(!unread.begins_with(at(3)), "one line is enough");
        unread.stopped = true;
        unread.stopped = false;
        assert!(!unread.begins_with(at(4)));
        unread.stopped = true;
        unread.told = at(5);
        assert!(!unread.begins_with(at(5)), "read elsewhere");
        assert!(unread.begins_with(at(6)));
    }

    /// Of what was said before one came only the server's marker tells what was read.
    #[test]
    fn marker_counts_before_coming() {
        let mut unread = Unread::default();
        unread.looks_back();
        assert!(!unread.begins_with(at(1)));
        unread.told = at(1);
        unread.looks_back();
        assert!(unread.begins_with(at(2)));
    }

    #[test]
    fn reading_stops_while_away() {
        let mut unread = Unread::default();
        unread.away(true);
        unread.is_up_to_date();
        assert!(unread.begins_with(at(1)));
        unread.away(false);
        unread.is_up_to_date();
        assert!(!unread.begins_with(at(2)));
    }
}
