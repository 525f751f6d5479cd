//! A room, its members and its modes.

use super::ids::{RoomId, RoomKey, Seq, UserId, UserKey};
use super::mask::{Candidate, Mask};
use super::modes::{Authority, Flag, List, MUTE, Rank, Ranks};
use super::people::{SilenceCheck, User};
use super::refusal::Refusal;
use super::work::Work;
use crate::text::{Name, RoomName};
use std::sync::Arc;
use std::time::Duration;

/// The size of a block of members, for which [`Room::revision`] counts changes.
pub const BLOCK: usize = 32;

/// Entries in each of a room's lists.
pub const LIST_ENTRIES: usize = 64;

#[derive(Debug, Clone)]
pub struct Topic {
    pub text: String,
    /// `name!user@host`.
    pub by: String,
    /// µs since the Unix epoch.
    pub at: u64,
}

/// One mask of a list.
#[derive(Debug, Clone)]
pub struct Listed {
    pub mask: String,
    pub by: Name,
    /// µs since the Unix epoch.
    pub at: u64,
    pub authority: Authority,
    /// Set before the server's last start: whoever was a member then has passed it.
    pub(super) is_of_before: bool,
    meaning: Mask,
}

impl Listed {
    pub fn new(mask: String, by: Name, at: u64, authority: Authority) -> Listed {
        let meaning = Mask::parse(mask.strip_prefix(MUTE).unwrap_or(&mask));
        Listed { mask, by, at, authority, is_of_before: false, meaning }
    }

    fn is_mute(&self) -> bool {
        self.mask.starts_with(MUTE)
    }

    /// Whether both are the same mask, in any case.
    fn is_same(&self, other: &Listed) -> bool {
        self.is_mute() == other.is_mute() && self.meaning == other.meaning
    }
}

/// A key or a limit, and the authority that set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    pub value: T,
    pub authority: Authority,
}

/// When a room became empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emptied {
    /// The number of the entry with which the last member left.
    pub seq: Seq,
    /// The log's uptime then.
    pub since: Duration,
}

/// The flags that the first room loses when it has been empty for some time, like its key, limit
/// and bans.
const ENDING_FLAGS: u8 = Flag::InviteOnly as u8 | Flag::Moderated as u8;

/// A room. Its members are plain numbers, so that the receivers of an event are one copy.
#[derive(Debug)]
pub struct Room {
    pub named: RoomKey,
    /// When it was made: µs since the Unix epoch.
    pub made_at: u64,
    /// The first room stays when its last member leaves.
    pub(super) is_first: bool,
    /// The network of its maker, for which it counts; None if it counts for nobody.
    pub(super) maker: Option<Arc<str>>,
    pub(super) topic: Option<Topic>,
    pub(super) flags: u8,
    /// The flags that were set by the server's authority.
    pub(super) server_flags: u8,
    pub(super) key: Option<Setting<String>>,
    pub(super) limit: Option<Setting<u32>>,
    /// Bans, exceptions, invited; each at most [`LIST_ENTRIES`].
    pub(super) lists: [Vec<Listed>; 3],
    /// Counts the changes of the lists: see [`SilenceCheck`].
    lists_revision: u64,
    members: Vec<UserId>,
    /// In the order of `members`.
    ranks: Vec<Ranks>,
    /// For each [`BLOCK`] of members, how often one of them has changed or was replaced.
    revisions: Vec<u32>,
    /// People who may enter once in spite of all modes; at most [`LIST_ENTRIES`].
    pub(super) invitations: Vec<UserKey>,
    /// A message was kept, so the room stays for some time when it is empty.
    pub(super) has_messages: bool,
    /// The entry with which somebody came in who found nobody: finders take back nothing that is older.
    pub(super) found: Seq,
    /// Somebody has found it late, and no full operator has been in it since: to leave and to come back
    /// makes no less of a late finder.
    pub(super) is_found_late: bool,
    /// How it became empty; None while it has members, and before its first one.
    pub(super) emptied: Option<Emptied>,
}

impl Room {
    pub(super) fn first(named: RoomKey, made_at: u64) -> Room {
        Room { is_first: true, ..Room::made(named, made_at, None) }
    }

    pub(super) fn made(named: RoomKey, made_at: u64, maker: Option<Arc<str>>) -> Room {
        Room {
            named,
            made_at,
            is_first: false,
            maker,
            topic: None,
            flags: Flag::MembersOnly as u8 | Flag::TopicByOperators as u8,
            server_flags: 0,
            key: None,
            limit: None,
            lists: Default::default(),
            lists_revision: 0,
            members: Vec::new(),
            ranks: Vec::new(),
            revisions: Vec::new(),
            invitations: Vec::new(),
            has_messages: false,
            found: Seq::default(),
            is_found_late: false,
            emptied: None,
        }
    }

    pub fn name(&self) -> &RoomName {
        &self.named.name
    }

    /// Whether it never ends: the first room, and those that were first at an earlier start, which
    /// nobody has made.
    pub(super) fn stays(&self) -> bool {
        self.is_first || self.named.made == Seq::default()
    }

    pub fn topic(&self) -> Option<&Topic> {
        self.topic.as_ref()
    }

    pub fn has(&self, flag: Flag) -> bool {
        self.flags & flag as u8 != 0
    }

    pub fn key(&self) -> Option<&str> {
        self.key.as_ref().map(|key| key.value.as_str())
    }

    pub fn limit(&self) -> Option<u32> {
        self.limit.as_ref().map(|limit| limit.value)
    }

    pub fn list(&self, list: List) -> &[Listed] {
        &self.lists[list as usize]
    }

    pub fn members(&self) -> &[UserId] {
        &self.members
    }

    /// Each member with their ranks.
    pub fn ranked(&self) -> impl ExactSizeIterator<Item = (UserId, Ranks)> {
        self.members.iter().copied().zip(self.ranks.iter().copied())
    }

    /// Whether it has an operator who is no finder.
    pub(super) fn has_operator(&self) -> bool {
        self.ranks.iter().any(|ranks| ranks.is_full_operator())
    }

    /// The ranks of a member; none for anybody else.
    pub fn ranks(&self, user: &User, id: RoomId) -> Option<Ranks> {
        self.ranks.get(user.membership(id)?.at as usize).copied()
    }

    pub(super) fn set_flag(&mut self, flag: Flag, on: bool, authority: Authority) -> bool {
        let changes = self.has(flag) != on;
        if changes {
            self.flags ^= flag as u8;
            self.server_flags &= !(flag as u8);
        }
        if on && authority == Authority::Server {
            self.server_flags |= flag as u8;
        }
        changes
    }

    /// Whether something is set that the first room loses when it has been empty for some time.
    pub(super) fn has_ending_modes(&self) -> bool {
        let is_ending = |authority| authority == Authority::Room;
        self.flags & ENDING_FLAGS & !self.server_flags != 0
            || self.key.as_ref().is_some_and(|key| is_ending(key.authority))
            || self.limit.as_ref().is_some_and(|limit| is_ending(limit.authority))
            || self.list(List::Bans).iter().any(|ban| is_ending(ban.authority))
            || !self.invitations.is_empty()
    }

    /// Removes what keeps people out or silent, unless the server's authority has set it.
    pub(super) fn end_modes(&mut self) {
        self.flags &= !ENDING_FLAGS | self.server_flags;
        self.key.take_if(|key| key.authority == Authority::Room);
        self.limit.take_if(|limit| limit.authority == Authority::Room);
        self.lists[List::Bans as usize].retain(|ban| ban.authority == Authority::Server);
        self.invitations.clear();
        self.lists_revision += 1;
    }

    /// Whether the ranks of the member at this position have changed. `finder` has the ranks of the one who
    /// sets it, if that is a finder: finders make finders, and take no rank from other operators.
    pub(super) fn set_rank(
        &mut self,
        at: u32,
        rank: Rank,
        on: bool,
        finder: Option<Ranks>,
    ) -> Result<bool, Refusal> {
        let ranks = &mut self.ranks[at as usize];
        let before = *ranks;
        if finder.is_some() && rank == Rank::Operator && before.is_full_operator() {
            return if on { Ok(false) } else { Err(Refusal::Finder) };
        }
        ranks.set(rank, on);
        if let Some(finder) = finder.filter(|_| rank == Rank::Operator && on) {
            *ranks = ranks.with_finder(finder.is_late_finder());
        }
        let changes = *ranks != before;
        self.is_found_late &= !ranks.is_full_operator();
        self.revise(at as usize);
        Ok(changes)
    }

    /// Counts a change of the member at this position.
    pub(super) fn revise(&mut self, at: usize) {
        if let Some(revision) = self.revisions.get_mut(at / BLOCK) {
            *revision = revision.wrapping_add(1);
        }
    }

    /// For caches of the members: as long as this number is the same, the members of the block are
    /// the same, and new ones were only appended.
    pub fn revision(&self, block: usize) -> u32 {
        self.revisions.get(block).copied().unwrap_or(0)
    }

    /// Whether the list has changed.
    pub(super) fn set_entry(
        &mut self,
        list: List,
        on: bool,
        entry: Listed,
        work: &mut Work,
    ) -> Result<bool, Refusal> {
        let entries = &mut self.lists[list as usize];
        // Making the entry costs most of it.
        work.add(10 + (entries.len() / 16) as u32);
        let known = entries.iter().position(|old| old.is_same(&entry));
        let outcome = match (known, on) {
            (Some(at), false) => {
                entries.remove(at);
                Ok(true)
            }
            (None, true) if entries.len() >= LIST_ENTRIES => Err(Refusal::ListFull(list)),
            (None, true) => {
                entries.push(entry);
                Ok(true)
            }
            (Some(at), true) => {
                entries[at].authority = entries[at].authority.max(entry.authority);
                entries[at].is_of_before = false;
                Ok(false)
            }
            (None, false) => Ok(false),
        };
        self.lists_revision += u64::from(outcome == Ok(true));
        outcome
    }

    /// Adds a member and returns their position.
    pub(super) fn add(&mut self, user: UserId, ranks: Ranks) -> u32 {
        let at = self.members.len() as u32;
        self.members.push(user);
        self.ranks.push(ranks);
        if at as usize / BLOCK == self.revisions.len() {
            self.revisions.push(0);
        }
        at
    }

    /// Removes the member at this position, and returns the member who is there now.
    pub(super) fn remove(&mut self, at: u32) -> Option<UserId> {
        self.revise(at as usize);
        self.revise(self.members.len() - 1);
        self.members.swap_remove(at as usize);
        self.ranks.swap_remove(at as usize);
        self.members.get(at as usize).copied()
    }

    /// Whether a list matches somebody by the present name. Bans also match former names, but
    /// exceptions and invitations do not.
    fn names(&self, list: List, who: &Candidate<'_>, work: &mut Work) -> bool {
        self.list(list).iter().any(|entry| entry.meaning.matches_now(who, work))
    }

    fn is_kept_out(&self, user: &User, is_meant: impl Fn(&Listed) -> bool, work: &mut Work) -> bool {
        if self.list(List::Bans).is_empty() {
            return false;
        }
        let who = Candidate::new(user);
        let mut bans = self.list(List::Bans).iter().filter(|ban| is_meant(ban));
        bans.any(|ban| ban.meaning.matches_ever(&who, work)) && !self.names(List::Exceptions, &who, work)
    }

    /// Whether bans or mutes keep somebody from speaking.
    pub(super) fn is_silenced(&self, user: &User, work: &mut Work) -> bool {
        self.is_kept_out(user, |_| true, work)
    }

    /// The same for a member; the cached result where the lists have not changed since.
    pub(super) fn silence(&self, user: &User, known: Option<SilenceCheck>, work: &mut Work) -> SilenceCheck {
        let revision = self.lists_revision;
        let is_current = |known: &SilenceCheck| known.revision == revision;
        known
            .filter(is_current)
            .unwrap_or_else(|| SilenceCheck { revision, is_silenced: self.is_silenced(user, work) })
    }

    /// Whether somebody may come back who was a member before the server's last start: they pass
    /// everything but a ban that was set since, or any ban where they don't pass these.
    pub(super) fn readmits(&self, user: &User, passes_bans: bool, work: &mut Work) -> Result<(), Refusal> {
        let is_later = |ban: &Listed| !(ban.is_mute() || passes_bans && ban.is_of_before);
        if self.is_kept_out(user, is_later, work) { Err(Refusal::Banned) } else { Ok(()) }
    }

    /// Whether this ban keeps somebody out.
    pub(super) fn is_banned_by(&self, mask: &str, user: &User, work: &mut Work) -> bool {
        self.is_kept_out(user, |ban| ban.mask == mask && !ban.is_mute(), work)
    }

    /// Whether somebody who is not in the room may enter it.
    pub(super) fn admits(&self, user: &User, key: Option<&str>, work: &mut Work) -> Result<(), Refusal> {
        let invited = self.invitations.contains(&user.key());
        if !invited && self.is_kept_out(user, |ban| !ban.is_mute(), work) {
            return Err(Refusal::Banned);
        }
        let is_named = |work| self.names(List::Invited, &Candidate::new(user), work);
        if self.has(Flag::InviteOnly) && !invited && !is_named(work) {
            return Err(Refusal::InviteOnly);
        }
        if self.key().is_some() && self.key() != key && !invited {
            return Err(Refusal::WrongKey);
        }
        match self.limit() {
            Some(limit) if self.members.len() >= limit as usize && !invited => Err(Refusal::Full),
            _ => Ok(()),
        }
    }

    /// Whether somebody with these ranks, or None for no member, may speak.
    pub(super) fn hears(&self, ranks: Option<Ranks>, is_silenced: impl FnOnce() -> bool) -> bool {
        let is_kept_silent = || self.has(Flag::Moderated) || is_silenced();
        match ranks {
            Some(ranks) => ranks.is_at_least(Rank::Voice) || !is_kept_silent(),
            None => !self.has(Flag::MembersOnly) && !is_kept_silent(),
        }
    }
}

/// Sets or removes a setting; true if its value has changed. A value that is set again keeps the
/// higher authority.
pub(super) fn set<T: PartialEq>(
    setting: &mut Option<Setting<T>>,
    value: Option<T>,
    authority: Authority,
) -> bool {
    if setting.as_ref().map(|known| &known.value) == value.as_ref() {
        setting.iter_mut().for_each(|known| known.authority = known.authority.max(authority));
        return false;
    }
    *setting = value.map(|value| Setting { value, authority });
    true
}
