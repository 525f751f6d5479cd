//! The names that are in use.

use super::ids::UserId;
use crate::text::Name;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The names of all who are here: no two are equal, none looks like another.
#[derive(Debug, Default)]
pub(super) struct Names {
    by_key: BTreeMap<Arc<str>, UserId>,
    by_looks: BTreeMap<Arc<str>, UserId>,
}

impl Names {
    /// The person who has this name.
    pub(super) fn holder(&self, name: &Name) -> Option<UserId> {
        self.by_key.get(name.key()).copied()
    }

    /// The person who has this name, or one that looks like it.
    pub(super) fn look_alike(&self, name: &Name) -> Option<UserId> {
        self.by_looks.get(&*name.skeleton()).copied()
    }

    /// Gives a name to somebody. Nobody else may have it, or one that looks like it.
    pub(super) fn take(&mut self, name: &Name, user: UserId) {
        let key = Arc::clone(name.key());
        let skeleton = name.skeleton();
        // The skeleton of most names that are not Latin is their key.
        let looks = if skeleton == *key { Arc::clone(&key) } else { skeleton.into() };
        self.by_key.insert(key, user);
        self.by_looks.insert(looks, user);
    }

    pub(super) fn release(&mut self, name: &Name) {
        self.by_key.remove(name.key());
        self.by_looks.remove(&*name.skeleton());
    }

    /// The person of a name, in any case.
    pub(super) fn find(&self, text: &str) -> Option<UserId> {
        let folded = || self.by_key.get(&*crate::text::name::fold(text));
        self.by_key.get(text).or_else(folded).copied()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = UserId> {
        self.by_key.values().copied()
    }
}
