//! Which names are in use.

use super::people::UserId;
use super::refusal::Refusal;
use crate::text::Name;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The names of all who are here: no two are equal, none looks like another.
#[derive(Debug, Default)]
pub(super) struct Names {
    by_key: BTreeMap<Arc<str>, UserId>,
    by_looks: BTreeMap<String, (UserId, Name)>,
}

impl Names {
    /// Whether `name` is free for anybody, or for the one who holds it now.
    pub(super) fn check(&self, name: &Name, holder: Option<UserId>) -> Result<(), Refusal> {
        if self.by_key.get(name.key()).is_some_and(|&user| Some(user) != holder) {
            return Err(Refusal::NameTaken);
        }
        match self.by_looks.get(&name.skeleton()) {
            Some((user, other)) if Some(*user) != holder => Err(Refusal::LooksLike(other.clone())),
            _ => Ok(()),
        }
    }

    /// Takes a name that [`Names::check`] found free.
    pub(super) fn take(&mut self, name: &Name, user: UserId) {
        self.by_key.insert(Arc::clone(name.key()), user);
        self.by_looks.insert(name.skeleton(), (user, name.clone()));
    }

    pub(super) fn release(&mut self, name: &Name) {
        self.by_key.remove(name.key());
        self.by_looks.remove(&name.skeleton());
    }

    /// By the name as it was typed, in any case.
    pub(super) fn find(&self, text: &str) -> Option<UserId> {
        match self.by_key.get(text) {
            Some(&user) => Some(user),
            None => self.by_key.get(&*crate::text::name::fold(text)).copied(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = UserId> {
        self.by_key.values().copied()
    }
}
