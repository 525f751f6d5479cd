//! Who wants to know when somebody comes or goes (IRCv3 monitor).

use super::batch::{Batch, Receivers};
use super::own::Own;
use super::{Hub, SeatId};
use crate::chat::UserId;
use crate::text::Name;
use crate::wire::{Line, Tags, numeric};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names that one person may watch: `MONITOR` in 005.
pub(super) const MOST_WATCHED: usize = 100;

/// The names that are watched, in both directions.
#[derive(Debug, Default)]
pub(super) struct Monitors {
    /// By folded name; no entry is empty.
    watchers: BTreeMap<Arc<str>, Vec<UserId>>,
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
        self.watchers.entry(Arc::clone(name.key())).or_default().push(by);
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
        watchers.retain(|&user| user != by);
        if watchers.is_empty() {
            self.watchers.remove(name.key());
        }
    }

    /// Who watches a folded name.
    pub(super) fn watchers(&self, key: &str) -> &[UserId] {
        self.watchers.get(key).map_or(&[], Vec::as_slice)
    }

    /// What somebody watches, in the order of adding.
    pub(super) fn list(&self, by: UserId) -> &[Name] {
        self.lists.get(&by).map_or(&[], Vec::as_slice)
    }
}

impl Hub {
    /// Somebody has come, with this source, or gone where there is none.
    pub(super) fn tell_watchers(
        &self,
        name: &Name,
        source: Option<&str>,
        mut own: Option<(UserId, &mut Own)>,
        batch: &mut Batch,
    ) {
        let (code, text) = match source {
            Some(source) => (numeric::RPL_MONONLINE, source),
            None => (numeric::RPL_MONOFFLINE, name.as_str()),
        };
        for &watcher in self.monitors.watchers(name.key()) {
            let Some(called) = self.lobby.user(watcher).map(|user| user.name().as_str()) else { continue };
            let line = Line::from_source(&self.config.server_name, code).param(called).text(text);
            match &mut own {
                // In order with what they are told of their own doing.
                Some((speaker, own)) if *speaker == watcher => own.apart(&line.to_bytes()),
                _ => {
                    if let Some(seat) = self.seat_of(watcher) {
                        batch.deliver(Receivers::all([seat]), |out| line.write(&Tags::new(), out));
                    }
                }
            }
        }
    }

    /// The old name is gone and the new one here; nothing for a change of case.
    pub(super) fn tell_rename(
        &self,
        by: UserId,
        old: &Name,
        new: &Name,
        mut own: Option<&mut Own>,
        batch: &mut Batch,
    ) {
        if old == new {
            return;
        }
        let source = self.lobby.user(by).map(|user| Arc::clone(user.source()));
        self.tell_watchers(old, None, own.as_deref_mut().map(|own| (by, own)), batch);
        self.tell_watchers(new, source.as_deref(), own.map(|own| (by, own)), batch);
    }

    pub(super) fn seat_of(&self, user: UserId) -> Option<SeatId> {
        self.readers.get(user).map(|reader| reader.seat)
    }
}
