//! One event to many readers: which readers get which encoding of it.

use super::batch::{Batch, Recipients};
use super::caps::Caps;
use super::ids::SessionId;
use super::work;
use crate::chat::UserId;
use std::sync::Arc;

/// The session of a person, and the capabilities that its encoding depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader {
    pub(super) session: SessionId,
    pub(super) caps: Caps,
}

/// The readers of all people, indexed by `UserId`. The entry of somebody who has left stays until
/// the number is used again, since the QUIT is still delivered with it.
#[derive(Debug, Default)]
pub(super) struct Readers {
    list: Vec<Option<Reader>>,
    /// Counts all changes, so that [`FanOut`] can tell whether its cached groups are still valid.
    changes: u64,
}

impl Readers {
    pub(super) fn get(&self, user: UserId) -> Option<Reader> {
        *self.list.get(user.index())?
    }

    pub(super) fn set(&mut self, user: UserId, reader: Reader) {
        if self.list.len() <= user.index() {
            self.list.resize(user.index() + 1, None);
        }
        self.list[user.index()] = Some(reader);
        self.changes += 1;
    }
}

/// Readers grouped by encoding. The last grouping is cached and reused while the receivers stay the
/// same.
#[derive(Debug, Default)]
pub(super) struct FanOut {
    /// The groups: one for each combination of the capabilities that the event depends on.
    kinds: Vec<(Caps, Arc<[SessionId]>)>,
    /// What the cached groups were made for.
    last: Option<Sorting>,
    /// The receivers that were grouped; at most everybody.
    receivers: Vec<UserId>,
    /// Buffers that keep their memory between groupings.
    sessions: Vec<(Caps, Vec<SessionId>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sorting {
    /// [`Readers::changes`] at that time.
    changes: u64,
    needs: Caps,
    depends: Caps,
}

impl FanOut {
    /// Delivers an event to all `receivers` but `except` who have the
    /// capabilities that it `needs`. `write` is called once for each
    /// combination of those that it `depends` on.
    ///
    /// Costs a few ns for each receiver, and next to nothing where the cached groups are valid:
    /// there is no lookup, encoding or allocation for a single receiver. Gives the work.
    pub(super) fn deliver(
        &mut self,
        readers: &Readers,
        (receivers, except): (&[UserId], UserId),
        (needs, depends): (Caps, Caps),
        write: impl Fn(Caps, &mut Vec<u8>),
        batch: &mut Batch,
    ) -> u64 {
        let mut work = work::of_comparing(receivers.len());
        let sorting = Sorting { changes: readers.changes, needs, depends };
        if self.last != Some(sorting) || !are_same(&self.receivers, receivers) {
            self.last = Some(sorting);
            self.receivers.clear();
            self.receivers.extend_from_slice(receivers);
            self.sort(readers, sorting);
            work += work::of_grouping(receivers.len());
        }
        // Compared by session: it belongs to one person at a time, and nobody who is gone causes
        // events.
        let except = readers.get(except).map(|reader| reader.session);
        for (kind, sessions) in &self.kinds {
            let except = except.filter(|&session| has(sessions, session));
            let to = Recipients::Many { sessions: Arc::clone(sessions), except };
            if batch.deliver(to, |out| write(*kind, out)) {
                work += work::of_parcel(sessions.len());
            }
        }
        work
    }

    fn sort(&mut self, readers: &Readers, Sorting { needs, depends, .. }: Sorting) {
        let FanOut { kinds, receivers, sessions, .. } = self;
        let mut last = 0;
        for &user in &*receivers {
            let Some(Reader { session, caps }) = readers.get(user).filter(|reader| reader.caps.has(needs))
            else {
                continue;
            };
            let kind = caps.only(depends);
            if sessions.get(last).is_none_or(|(known, _)| *known != kind) {
                last = sessions.iter().position(|(known, _)| *known == kind).unwrap_or_else(|| {
                    sessions.push((kind, Vec::new()));
                    sessions.len() - 1
                });
            }
            sessions[last].1.push(session);
        }
        kinds.clear();
        for (kind, sessions) in sessions.iter_mut().filter(|(_, sessions)| !sessions.is_empty()) {
            kinds.push((*kind, sessions.as_slice().into()));
            sessions.clear();
        }
    }
}

/// Whether a session is in the list. Without a branch for each entry, so that the compiler can
/// vectorise the loop.
fn has(sessions: &[SessionId], session: SessionId) -> bool {
    sessions.iter().fold(false, |found, &other| found | (other == session))
}

/// Whether two lists are equal; vectorised as well.
fn are_same(some: &[UserId], others: &[UserId]) -> bool {
    some.len() == others.len() && some.iter().zip(others).fold(true, |same, (a, b)| same & (a == b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_nobody_has_had_is_nobodys() {
        let mut readers = Readers::default();
        readers.set(UserId(2), Reader { session: SessionId(7), caps: Caps::NONE });
        assert!(readers.get(UserId(0)).is_none() && readers.get(UserId(3)).is_none());
        assert_eq!(readers.get(UserId(2)).map(|reader| reader.session), Some(SessionId(7)));
    }

    #[test]
    fn nobody_is_sorted_for_because_another_speaks() {
        let (mut readers, mut fan_out, mut batch) = (Readers::default(), FanOut::default(), Batch::default());
        let people = [0, 1, 2].map(UserId);
        let reader = |UserId(user)| Reader { session: SessionId(10 + user), caps: Caps::NONE };
        people.iter().for_each(|&user| readers.set(user, reader(user)));
        let mut speak = |readers: &Readers, user| {
            batch.clear();
            let kinds = (Caps::NONE, Caps::NONE);
            fan_out.deliver(readers, (&people, user), kinds, |_, out| out.extend(b"x\n"), &mut batch);
            match batch.parcels().next().map(|parcel| parcel.to.clone()) {
                Some(Recipients::Many { sessions, except }) => (sessions, except),
                other => panic!("{other:?}"),
            }
        };
        let (list, except) = speak(&readers, people[0]);
        assert_eq!((&*list, except), (&[10, 11, 12].map(SessionId)[..], Some(SessionId(10))));
        let (same, except) = speak(&readers, people[1]);
        assert_eq!((Arc::ptr_eq(&list, &same), except), (true, Some(SessionId(11))));
        readers.set(people[2], Reader { session: SessionId(7), caps: Caps::NONE });
        let (changed, _) = speak(&readers, people[1]);
        assert_eq!(*changed, [10, 11, 7].map(SessionId));
    }

    /// Ten people who each said much at once to a thousand made rounds that were too short for
    /// their lines to be sent together.
    #[test]
    fn a_message_behind_one_of_the_same_person_is_less_work() {
        let (mut readers, mut fan_out, mut batch) = (Readers::default(), FanOut::default(), Batch::default());
        let people: Vec<UserId> = (0..1024).map(UserId).collect();
        let reader = |UserId(user)| Reader { session: SessionId(user), caps: Caps::NONE };
        people.iter().for_each(|&user| readers.set(user, reader(user)));
        let mut speak = |user| {
            let kinds = (Caps::NONE, Caps::NONE);
            fan_out.deliver(&readers, (&people, user), kinds, |_, out| out.extend(b"x\n"), &mut batch)
        };
        let work = [0, 0, 1, 1].map(|speaker| speak(people[speaker]));
        let (comparing, parcel) = (work::of_comparing(1024), work::of_parcel(1024));
        assert_eq!(
            work,
            [comparing + work::of_grouping(1024) + parcel, comparing, comparing + parcel, comparing]
        );
    }
}
