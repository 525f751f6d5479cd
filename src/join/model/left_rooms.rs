//! Rooms that we have left and whose PART the server has not answered yet.
//!
//! What comes of such a room until then answers what was asked of it before, also where the room is
//! asked for again meanwhile.

use crate::client::protocol::CaseMapping;

/// Rooms at once; a server answers each in its turn.
const MAX_LEFT: usize = 100;

#[derive(Debug)]
struct Left {
    room: String,
    /// The server had not told whether it lets us in.
    is_entering: bool,
}

/// Oldest first; at most [`MAX_LEFT`].
#[derive(Debug, Default)]
pub(super) struct LeftRooms(Vec<Left>);

impl LeftRooms {
    /// PART is sent.
    pub(super) fn begin(&mut self, room: String, is_entering: bool) {
        if self.0.len() >= MAX_LEFT {
            self.0.remove(0);
        }
        self.0.push(Left { room, is_entering });
    }

    pub(super) fn has(&self, room: &str, mapping: CaseMapping) -> bool {
        self.0.iter().any(|left| mapping.same(&left.room, room))
    }

    /// Whether the server had not told whether it lets us in.
    pub(super) fn is_entering(&self, room: &str, mapping: CaseMapping) -> bool {
        self.0.iter().find(|left| mapping.same(&left.room, room)).is_some_and(|left| left.is_entering)
    }

    /// The server lets us in, or does not; true where that is of before.
    pub(super) fn has_answered_join(&mut self, room: &str, mapping: CaseMapping) -> bool {
        let Some(at) = self.0.iter().position(|left| mapping.same(&left.room, room)) else { return false };
        let was_entering = std::mem::take(&mut self.0[at].is_entering);
        if !was_entering {
            // Only a server that does not answer PART gets here.
            self.0.remove(at);
        }
        was_entering
    }

    /// We are out of the room; true where we have left it.
    pub(super) fn has_answered_part(&mut self, room: &str, mapping: CaseMapping) -> bool {
        let at = self.0.iter().position(|left| mapping.same(&left.room, room));
        at.map(|at| self.0.remove(at)).is_some()
    }

    /// The connection is gone.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_counts_once() {
        let (mut left, ascii) = (LeftRooms::default(), CaseMapping::Ascii);
        left.begin("#a".to_owned(), true);
        left.begin("#b".to_owned(), false);
        assert!(left.has("#A", ascii) && left.has_answered_join("#A", ascii));
        assert!(left.has_answered_part("#a", ascii) && !left.has("#a", ascii));
        assert!(!left.has_answered_join("#b", ascii) && !left.has("#b", ascii), "its PART had no answer");
        (0..2 * MAX_LEFT).for_each(|n| left.begin(n.to_string(), true));
        assert_eq!(left.0.len(), MAX_LEFT);
    }
}
