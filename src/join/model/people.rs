//! The people of a room.

use crate::client::protocol::CaseMapping;
use crate::wire::source;
use std::collections::BTreeMap;

/// The people of the room by their folded names: as many as the server says.
#[derive(Debug, Default)]
pub(super) struct People {
    names: BTreeMap<String, String>,
    mapping: CaseMapping,
    pub(super) changed: bool,
}

impl People {
    /// Forgets all people: it is another room, or it is entered again.
    pub(super) fn clear(&mut self, mapping: CaseMapping) {
        *self = People { names: BTreeMap::new(), mapping, changed: true };
    }

    /// False where the person was there already.
    pub(super) fn enter(&mut self, name: &str) -> bool {
        self.changed = true;
        self.names.insert(self.mapping.fold(name), name.to_owned()).is_none()
    }

    /// The name as last spelled, if the person was there.
    pub(super) fn leave(&mut self, name: &str) -> Option<String> {
        self.changed = true;
        self.names.remove(&self.mapping.fold(name))
    }

    pub(super) fn rename(&mut self, old: &str, new: &str) -> bool {
        let was_here = self.leave(old).is_some();
        if was_here {
            self.enter(new);
        }
        was_here
    }

    /// In their order.
    pub(super) fn names(&self) -> Vec<String> {
        self.names.values().cloned().collect()
    }

    /// One line of RPL_NAMREPLY: names with prefixes, and with hosts where
    /// the server adds them (userhost-in-names).
    pub(super) fn add_listed(&mut self, names: &str, prefixes: &str) {
        for listed in names.split(' ').filter(|listed| !listed.is_empty()) {
            let name = listed.trim_start_matches(|c| prefixes.contains(c));
            self.enter(source::nick(name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list of names may have prefixes and hosts.
    #[test]
    fn names_with_prefixes_and_hosts() {
        let mut people = People::default();
        people.add_listed("@+小明!u@h bob  ~Eve", "~&@%+");
        assert_eq!(people.names(), ["bob", "Eve", "小明"]);
        assert!(people.rename("BOB", "小花"));
        assert!(people.leave("eve").is_some());
        assert_eq!(people.leave("eve"), None);
    }
}
