//! The names that people watch, to be told who comes and goes (IRCv3 monitor).

use super::limits::MOST_WATCHED;
use crate::chat::UserId;
use crate::text::Name;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The names that are watched, in both directions.
#[derive(Debug, Default)]
pub(super) struct Monitors {
    /// By folded name; no entry is empty. Sets, since everybody may watch the same name.
    watchers: BTreeMap<Arc<str>, BTreeSet<UserId>>,
    /// The watched names as they were typed, by watcher; at most [`MOST_WATCHED`] each.
    lists: BTreeMap<UserId, Vec<Name>>,
}

impl Monitors {
    /// Adds a name; false if the list is full. True also if the name is in it already.
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

    /// Removes all names that somebody watches.
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
