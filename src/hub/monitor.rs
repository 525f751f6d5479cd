//! Names that are watched: their coming and going is told (IRCv3 monitor).

use super::limits::MOST_WATCHED;
use crate::chat::UserId;
use crate::text::Name;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The names that are watched, in both directions.
#[derive(Debug, Default)]
pub(super) struct Monitors {
    /// By folded name; no entry is empty. Sets, since everybody may watch the same names.
    watchers: BTreeMap<Arc<str>, BTreeSet<UserId>>,
    /// As they were typed, by who watches; at most [`MOST_WATCHED`] each.
    lists: BTreeMap<UserId, Vec<Name>>,
}

impl Monitors {
    /// Whether it could be added; a name that is watched already can.
    pub(super) fn add(&mut self, by: UserId, name: &Name) -> bool {
        let list = self.lists.entry(by).or_default();
        if list.contains(name) {
            return true;
        }
        if list.len() >= MOST_WATCHED {
            return false;
        }
        list.push(name.clone());
        self.watchers.entry(Arc::clone(name.key())).or_default().insert(by);
        true
    }

    pub(super) fn remove(&mut self, by: UserId, name: &Name) {
        if let Some(list) = self.lists.get_mut(&by) {
            list.retain(|known| known != name);
        }
        self.unwatch(by, name);
    }

    /// All names that somebody watches are theirs no more.
    pub(super) fn forget(&mut self, by: UserId) {
        for name in self.lists.remove(&by).unwrap_or_default() {
            self.unwatch(by, &name);
        }
    }

    fn unwatch(&mut self, by: UserId, name: &Name) {
        let Some(watchers) = self.watchers.get_mut(name.key()) else { return };
        watchers.remove(&by);
        if watchers.is_empty() {
            self.watchers.remove(name.key());
        }
    }

    /// Those who watch a folded name.
    pub(super) fn watchers(&self, key: &str) -> impl ExactSizeIterator<Item = UserId> {
        static NOBODY: BTreeSet<UserId> = BTreeSet::new();
        self.watchers.get(key).unwrap_or(&NOBODY).iter().copied()
    }

    /// The names that somebody watches, in the order of adding.
    pub(super) fn list(&self, by: UserId) -> &[Name] {
        self.lists.get(&by).map_or(&[], Vec::as_slice)
    }
}
