//! What was said with an id of its client's, so that the same message is not said twice when it is
//! sent again: a client whose connection has ended can't know whether its last messages have come.

use super::ids::{ClientId, Seq};
use super::record::SaidTo;
use crate::text::Name;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// Ids of one author; the oldest is forgotten first.
pub const MOST_OF_AUTHOR: usize = 128;

/// Ids in all, about 40 MiB of memory; the oldest is forgotten first, so that many names can't fill
/// the memory.
pub(super) const MOST: usize = 1 << 17;

/// The time for which an id is known.
pub const KNOWN_TIME: Duration = Duration::from_secs(600);

/// A name and an address: whoever comes back with both is the same author.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Author {
    /// Folded.
    pub(super) name: Arc<str>,
    pub(super) host: Arc<str>,
}

impl Author {
    pub(super) fn new(name: &Name, host: &str) -> Author {
        Author { name: Arc::clone(name.key()), host: host.into() }
    }
}

/// A message with an id. One id may be said to several targets: a line can name more than one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SaidBefore {
    pub(super) client_id: ClientId,
    /// A person is known by name, and a room that was made again is another one.
    pub(super) to: SaidTo,
    pub(super) seq: Seq,
    /// µs since the Unix epoch.
    pub(super) wall_us: u64,
    /// That of its entry; after a restart, that of the start.
    pub(super) uptime: Duration,
}

/// Owned by the lobby. Nothing that was refused is in it.
#[derive(Debug, Default)]
pub(super) struct ClientIds {
    /// At most [`MOST_OF_AUTHOR`] each, at least one, in the order of the log.
    by_author: BTreeMap<Author, VecDeque<SaidBefore>>,
    /// The author of each; at most [`MOST`].
    authors: BTreeMap<Seq, Author>,
}

impl ClientIds {
    /// The message with this id that an author has said to this target.
    pub(super) fn find(&self, author: &Author, client_id: &ClientId, to: &SaidTo) -> Option<&SaidBefore> {
        let is_same = |said: &&SaidBefore| said.client_id == *client_id && said.to == *to;
        self.by_author.get(author)?.iter().rev().find(is_same)
    }

    /// Adds a message, which must be later than all others of the same author.
    pub(super) fn add(&mut self, author: Author, said: SaidBefore) {
        self.authors.insert(said.seq, author.clone());
        let of_author = self.by_author.entry(author).or_default();
        of_author.push_back(said);
        if of_author.len() > MOST_OF_AUTHOR
            && let Some(oldest) = of_author.pop_front()
        {
            self.authors.remove(&oldest.seq);
        }
        while self.authors.len() > MOST {
            self.forget_oldest();
        }
    }

    /// Forgets what was said too long before this uptime.
    pub(super) fn forget_before(&mut self, uptime: Duration) {
        let is_over = |said: &SaidBefore| said.uptime + KNOWN_TIME <= uptime;
        while self.iter().next().is_some_and(|(_, oldest)| is_over(oldest)) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((_, author)) = self.authors.pop_first() else { return };
        if let Some(of_author) = self.by_author.get_mut(&author) {
            of_author.pop_front();
            if of_author.is_empty() {
                self.by_author.remove(&author);
            }
        }
    }

    /// All, in the order of the log.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Author, &SaidBefore)> {
        self.authors.iter().filter_map(|(seq, author)| {
            let of_author = self.by_author.get(author)?;
            let at = of_author.binary_search_by_key(seq, |said| said.seq).ok()?;
            Some((author, of_author.get(at)?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(number: usize) -> SaidBefore {
        SaidBefore {
            client_id: id(number),
            to: SaidTo::User(name("to")),
            seq: Seq(number as u64),
            wall_us: 0,
            uptime: Duration::from_secs(number as u64),
        }
    }

    fn id(number: usize) -> ClientId {
        ClientId::parse(&format!("{number}")).unwrap()
    }

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn knows(known: &ClientIds, author: &Author, number: usize) -> bool {
        known.find(author, &id(number), &SaidTo::User(name("TO"))).is_some()
    }

    #[test]
    fn an_author_has_128_and_a_name_or_address_alone_is_another_author() {
        let alice = Author::new(&name("Alice"), "h");
        let mut known = ClientIds::default();
        (0..=MOST_OF_AUTHOR).for_each(|number| known.add(alice.clone(), said(number)));
        assert!(!knows(&known, &alice, 0) && knows(&known, &alice, 1) && knows(&known, &alice, 128));
        assert_eq!((known.iter().count(), known.authors.len()), (128, 128));
        assert!(knows(&known, &Author::new(&name("aLICE"), "h"), 1));
        for other in [Author::new(&name("bob"), "h"), Author::new(&name("alice"), "i")] {
            assert!(!knows(&known, &other, 1));
        }
        let elsewhere = SaidTo::User(name("x"));
        assert!(known.find(&alice, &id(1), &elsewhere).is_none());
    }

    #[test]
    fn an_id_is_known_for_ten_minutes() {
        let alice = Author::new(&name("alice"), "h");
        let mut known = ClientIds::default();
        (1..=2).for_each(|number| known.add(alice.clone(), said(number)));
        known.forget_before(Duration::from_secs(601) - Duration::from_nanos(1));
        assert!(knows(&known, &alice, 1));
        known.forget_before(Duration::from_secs(601));
        assert!(!knows(&known, &alice, 1) && knows(&known, &alice, 2));
        known.forget_before(Duration::from_secs(602));
        assert!(known.by_author.is_empty() && known.authors.is_empty());
    }

    #[test]
    fn many_names_have_no_more_than_all_may_have() {
        let author = |number: usize| Author { name: format!("n{number}").into(), host: "h".into() };
        let mut known = ClientIds::default();
        (0..=MOST).for_each(|number| known.add(author(number), said(number)));
        assert!(!knows(&known, &author(0), 0) && knows(&known, &author(1), 1));
        assert_eq!((known.by_author.len(), known.authors.len()), (MOST, MOST));
    }
}
