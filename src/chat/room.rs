//! A room, its members and its modes.

use super::ids::{RoomId, RoomKey, UserId, UserKey};
use super::mask;
use super::modes::{Flag, List, MUTE, Rank, Ranks};
use super::people::User;
use super::refusal::Refusal;
use crate::text::{Name, RoomName};

/// Members whose changes are counted together: see [`Room::revision`].
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
}

/// A room. Members are kept as plain numbers, so that whom to tell is one copy.
#[derive(Debug)]
pub struct Room {
    named: RoomKey,
    /// µs since the Unix epoch.
    made_at: u64,
    /// Stays when the last one leaves.
    pub(super) is_first: bool,
    pub(super) topic: Option<Topic>,
    pub(super) flags: u8,
    pub(super) key: Option<String>,
    pub(super) limit: Option<u32>,
    /// Bans, exceptions, invited; each at most [`LIST_ENTRIES`].
    pub(super) lists: [Vec<Listed>; 3],
    members: Vec<UserId>,
    /// The same order as `members`.
    ranks: Vec<Ranks>,
    /// For each [`BLOCK`] of members, how often one of them has changed or
    /// made place for another.
    revisions: Vec<u32>,
    /// Who may come in once in spite of everything; at most [`LIST_ENTRIES`].
    pub(super) invitations: Vec<UserKey>,
}

impl Room {
    pub(super) fn new(named: RoomKey, made_at: u64, is_first: bool) -> Room {
        Room {
            named,
            made_at,
            is_first,
            topic: None,
            flags: Flag::MembersOnly as u8 | Flag::TopicByOperators as u8,
            key: None,
            limit: None,
            lists: Default::default(),
            members: Vec::new(),
            ranks: Vec::new(),
            revisions: Vec::new(),
            invitations: Vec::new(),
        }
    }

    pub fn name(&self) -> &RoomName {
        &self.named.name
    }

    /// What it is named by where its index means nothing.
    pub fn named(&self) -> &RoomKey {
        &self.named
    }

    /// When it was made: µs since the Unix epoch.
    pub fn made_at(&self) -> u64 {
        self.made_at
    }

    pub fn topic(&self) -> Option<&Topic> {
        self.topic.as_ref()
    }

    pub fn is_first(&self) -> bool {
        self.is_first
    }

    pub fn has(&self, flag: Flag) -> bool {
        self.flags & flag as u8 != 0
    }

    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    pub fn limit(&self) -> Option<u32> {
        self.limit
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

    /// The ranks of a member; none for anybody else.
    pub fn ranks(&self, user: &User, id: RoomId) -> Option<Ranks> {
        let membership = user.rooms.iter().find(|membership| membership.room == id)?;
        self.ranks.get(membership.at as usize).copied()
    }

    pub(super) fn set_flag(&mut self, flag: Flag, on: bool) -> bool {
        let changes = self.has(flag) != on;
        if changes {
            self.flags ^= flag as u8;
        }
        changes
    }

    pub(super) fn set_rank(&mut self, at: u32, rank: Rank, on: bool) -> bool {
        let ranks = &mut self.ranks[at as usize];
        let changes = ranks.has(rank) != on;
        ranks.set(rank, on);
        self.revise(at as usize);
        changes
    }

    /// Counts a change of the member who stands there.
    pub(super) fn revise(&mut self, at: usize) {
        if let Some(revision) = self.revisions.get_mut(at / BLOCK) {
            *revision = revision.wrapping_add(1);
        }
    }

    /// For a list of members that is kept up to date: as long as this number
    /// stays, the members from `block` × [`BLOCK`] on are the same and were
    /// only added to.
    pub fn revision(&self, block: usize) -> u32 {
        self.revisions.get(block).copied().unwrap_or(0)
    }

    /// Whether the list has changed.
    pub(super) fn set_entry(&mut self, list: List, on: bool, entry: Listed) -> Result<bool, Refusal> {
        let entries = &mut self.lists[list as usize];
        let known = entries
            .iter()
            .position(|old| crate::text::name::fold(&old.mask) == crate::text::name::fold(&entry.mask));
        match (known, on) {
            (Some(at), false) => {
                entries.remove(at);
                Ok(true)
            }
            (None, true) if entries.len() >= LIST_ENTRIES => Err(Refusal::ListFull),
            (None, true) => {
                entries.push(entry);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Adds a member and tells where they stand.
    pub(super) fn add(&mut self, user: UserId, ranks: Ranks) -> u32 {
        let at = self.members.len() as u32;
        self.members.push(user);
        self.ranks.push(ranks);
        if at as usize / BLOCK == self.revisions.len() {
            self.revisions.push(0);
        }
        at
    }

    /// Removes the member who stands there; tells who stands there now.
    pub(super) fn remove(&mut self, at: u32) -> Option<UserId> {
        self.revise(at as usize);
        self.revise(self.members.len() - 1);
        self.members.swap_remove(at as usize);
        self.ranks.swap_remove(at as usize);
        self.members.get(at as usize).copied()
    }

    fn lists_user(&self, list: List, user: &User) -> bool {
        self.list(list).iter().any(|entry| mask::matches(&entry.mask, user.source()))
    }

    pub fn is_banned(&self, user: &User) -> bool {
        self.lists_user(List::Bans, user) && !self.lists_user(List::Exceptions, user)
    }

    /// Whether a ban says that they may enter but not speak.
    pub fn is_muted(&self, user: &User) -> bool {
        let mutes = self.list(List::Bans).iter().filter_map(|entry| entry.mask.strip_prefix(MUTE));
        let mut muted = mutes.filter(|mask| mask::matches(mask, user.source()));
        muted.next().is_some() && !self.lists_user(List::Exceptions, user)
    }

    /// Whether somebody who is not in the room may enter it.
    pub(super) fn admits(&self, user: &User, key: Option<&str>) -> Result<(), Refusal> {
        let invited = self.invitations.contains(&user.key());
        if self.is_banned(user) && !invited {
            return Err(Refusal::Banned);
        }
        if self.has(Flag::InviteOnly) && !invited && !self.lists_user(List::Invited, user) {
            return Err(Refusal::InviteOnly);
        }
        if self.key.is_some() && self.key() != key && !invited {
            return Err(Refusal::WrongKey);
        }
        match self.limit {
            Some(limit) if self.members.len() >= limit as usize && !invited => Err(Refusal::Full),
            _ => Ok(()),
        }
    }

    /// Whether somebody may speak, having these ranks or not being a member.
    pub(super) fn hears(&self, user: &User, ranks: Option<Ranks>) -> bool {
        let Some(ranks) = ranks else {
            let is_open = !self.has(Flag::MembersOnly) && !self.has(Flag::Moderated);
            return is_open && !self.is_banned(user) && !self.is_muted(user);
        };
        ranks.is_at_least(Rank::Voice)
            || !self.has(Flag::Moderated) && !self.is_banned(user) && !self.is_muted(user)
    }
}
