//! The people of a room.

use crate::client::protocol::CaseMapping;
use crate::wire::source;
use std::collections::BTreeMap;

#[derive(Debug)]
struct Person {
    name: String,
    /// The signs of the ranks, such as `@` and `+`.
    signs: String,
    /// `user@host`, once it was seen.
    from: Option<String>,
}

/// The people of the room by their folded names: as many as the server says.
#[derive(Debug, Default)]
pub(super) struct People {
    names: BTreeMap<String, Person>,
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
        self.insert(name, String::new(), None)
    }

    /// What was known of where they come from stays.
    fn insert(&mut self, name: &str, signs: String, from: Option<&str>) -> bool {
        let key = self.mapping.fold(name);
        let known = self.names.remove(&key);
        let is_new = known.is_none();
        let from = from.map(str::to_owned).or(known.and_then(|known| known.from));
        self.names.insert(key, Person { name: name.to_owned(), signs, from });
        is_new
    }

    /// The name as last spelled, if the person was there.
    pub(super) fn leave(&mut self, name: &str) -> Option<String> {
        self.changed = true;
        self.names.remove(&self.mapping.fold(name)).map(|person| person.name)
    }

    pub(super) fn rename(&mut self, old: &str, new: &str) -> bool {
        let Some(person) = self.names.remove(&self.mapping.fold(old)) else { return false };
        self.changed = true;
        self.names.insert(self.mapping.fold(new), Person { name: new.to_owned(), ..person });
        true
    }

    /// In their order.
    pub(super) fn names(&self) -> Vec<String> {
        self.names.values().map(|person| person.name.clone()).collect()
    }

    /// The same with a sign before each operator and each who has a voice.
    pub(super) fn marked(&self) -> Vec<String> {
        let marked = |person: &Person| match person.rank() {
            Some(rank) => format!("{}{}", rank.sign(), person.name),
            None => person.name.clone(),
        };
        self.names.values().map(marked).collect()
    }

    pub(super) fn operators(&self) -> Vec<String> {
        let operators = self.names.values().filter(|person| person.rank() >= Some(Rank::HalfOperator));
        operators.map(|person| person.name.clone()).collect()
    }

    pub(super) fn is_operator(&self, name: &str) -> bool {
        self.rank(name) >= Some(Rank::HalfOperator)
    }

    /// The highest rank of somebody.
    pub(super) fn rank(&self, name: &str) -> Option<Rank> {
        self.names.get(&self.mapping.fold(name)).and_then(Person::rank)
    }

    /// Somebody has said or done something as `name!user@host`.
    pub(super) fn has_seen(&mut self, name: &str, from: &str) {
        if let Some(person) =
            self.names.get_mut(&self.mapping.fold(name)).filter(|person| person.from.is_none())
        {
            person.from = Some(from.to_owned());
        }
    }

    /// The names of those whose `name!user@host` is known, with it.
    pub(super) fn sources(&self) -> impl Iterator<Item = (&str, String)> {
        self.names.values().filter_map(|person| {
            let from = person.from.as_ref()?;
            Some((person.name.as_str(), format!("{}!{from}", person.name)))
        })
    }

    pub(super) fn is_here(&self, name: &str) -> bool {
        self.names.contains_key(&self.mapping.fold(name))
    }

    /// Somebody has this rank from now on, or no longer; false where that changes nothing, also
    /// because of another rank.
    pub(super) fn set_sign(&mut self, name: &str, sign: char, on: bool) -> bool {
        let Some(person) = self.names.get_mut(&self.mapping.fold(name)) else { return false };
        let (had, rank) = (person.signs.contains(sign), person.rank());
        match on {
            true if !had => person.signs.push(sign),
            false => person.signs.retain(|other| other != sign),
            true => {}
        }
        if sign == '+' { had != on } else { rank != person.rank() }
    }

    /// One line of RPL_NAMREPLY: names with prefixes, and with hosts where
    /// the server adds them (userhost-in-names).
    pub(super) fn add_listed(&mut self, names: &str, prefixes: &str) {
        for listed in names.split(' ').filter(|listed| !listed.is_empty()) {
            let name = listed.trim_start_matches(|c| prefixes.contains(c));
            self.changed = true;
            let signs = listed[..listed.len() - name.len()].to_owned();
            self.insert(source::nick(name), signs, name.split_once('!').map(|(_, from)| from));
        }
    }
}

impl Person {
    /// The highest rank.
    fn rank(&self) -> Option<Rank> {
        let rank = |sign| match sign {
            '+' => Rank::Voice,
            '%' => Rank::HalfOperator,
            // Those above operators (InspIRCd, UnrealIRCd: `&~!`) do what operators do.
            _ => Rank::Operator,
        };
        self.signs.chars().map(rank).max()
    }
}

/// What somebody may do in a room, beyond what all may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Voice,
    /// Does what operators do, but makes nobody an operator.
    HalfOperator,
    Operator,
}

impl Rank {
    /// What stands before a name; no name begins with it.
    pub(super) fn sign(self) -> char {
        match self {
            Rank::Voice => '+',
            Rank::HalfOperator | Rank::Operator => '@',
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
        assert_eq!(people.marked(), ["bob", "@Eve", "@小明"]);
        assert!(people.is_operator("EVE") && people.set_sign("bob", '+', true));
        assert!(people.rename("BOB", "小花") && !people.set_sign("小花", '+', true));
        assert_eq!(people.marked()[2], "+小花");
        assert!(people.set_sign("小花", '+', false) && !people.is_operator("小花"));
        assert!(people.leave("eve").is_some());
        assert_eq!(people.leave("eve"), None);
    }

    /// Where somebody comes from is known from the list, and stays known where the list leaves it out.
    #[test]
    fn the_list_tells_where_people_come_from() {
        let mut people = People::default();
        people.enter("eve");
        people.has_seen("eve", "e@h");
        people.add_listed("@小明!u@h eve bob", "@+");
        let sources: Vec<_> = people.sources().map(|(_, source)| source).collect();
        assert_eq!(sources, ["eve!e@h", "小明!u@h"]);
    }

    /// Of several ranks the highest counts.
    #[test]
    fn a_rank_that_changes_nothing_is_none() {
        let mut people = People::default();
        people.add_listed("~@小明 %bob", "~&@%+");
        assert!(!people.set_sign("小明", '@', false) && people.is_operator("小明"));
        assert!(people.is_operator("bob") && people.rank("bob") == Some(Rank::HalfOperator));
        assert!(people.set_sign("bob", '@', true) && people.rank("bob") == Some(Rank::Operator));
    }
}
