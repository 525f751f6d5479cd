//! A cache of the encoded names of each room.
//!
//! The names are in blocks of [`BLOCK`] members. A newcomer is appended to the last block; a block
//! is encoded again only after a member in it has changed. The head of each line depends on the
//! reader, and is copied before it.

use super::caps::Caps;
use super::mode_table;
use crate::chat::room::BLOCK;
use crate::chat::{Lobby, Ranks, Room, RoomId, Seq, User};

/// Bytes of names in one line: what 353 has room for behind the longest head, with a server's name
/// of 40 bytes and names of a person and a room of 64.
const LINE: usize = 300;

/// The encoded names of all rooms.
#[derive(Debug, Default)]
pub(super) struct NamesCache {
    /// Indexed by `RoomId`, for each kind of reader; freed with the room.
    rooms: Vec<[RoomNames; KINDS]>,
}

const KINDS: usize = 4;

#[derive(Debug, Default)]
struct RoomNames {
    /// The entry that made its room, which distinguishes it from an earlier room with the same
    /// index.
    made: Seq,
    blocks: Vec<Block>,
}

/// The names of some members, in lines that end in LF.
#[derive(Debug, Default)]
struct Block {
    revision: u32,
    /// The number of members that are encoded.
    count: usize,
    text: String,
    /// The byte at which the last line begins.
    line: usize,
}

impl NamesCache {
    /// The names of one block in lines without their heads, as a member with these capabilities
    /// gets them; and how many of them had to be encoded now.
    pub(super) fn block(&mut self, lobby: &Lobby, id: RoomId, caps: Caps, at: usize) -> (&str, usize) {
        let Some(room) = lobby.room(id) else { return ("", 0) };
        if self.rooms.len() <= id.index() {
            self.rooms.resize_with(id.index() + 1, Default::default);
        }
        let names_cache = &mut self.rooms[id.index()][kind(caps)];
        let made = room.named.made;
        if names_cache.made != made {
            *names_cache = RoomNames { made, blocks: Vec::new() };
        }
        names_cache.blocks.resize_with(room.members().len().div_ceil(BLOCK), Block::default);
        let Some(block) = names_cache.blocks.get_mut(at) else { return ("", 0) };
        let written = block.refresh(lobby, room, at, caps);
        (&block.text, written)
    }

    /// Frees the names of a room that has ended.
    pub(super) fn forget(&mut self, id: RoomId) {
        if let Some(names) = self.rooms.get_mut(id.index()) {
            *names = Default::default();
        }
    }
}

impl Block {
    /// Encodes the members that are missing, and returns how many.
    fn refresh(&mut self, lobby: &Lobby, room: &Room, at: usize, caps: Caps) -> usize {
        let revision = room.revision(at);
        if self.revision != revision {
            *self = Block { revision, text: std::mem::take(&mut self.text), ..Block::default() };
            self.text.clear();
        }
        let before = self.count;
        let members = room.ranked().skip(at * BLOCK + self.count).take(BLOCK - self.count);
        for (user, ranks) in members.filter_map(|(id, ranks)| Some((lobby.user(id)?, ranks))) {
            self.append(user, ranks, caps);
        }
        self.count - before
    }

    fn append(&mut self, user: &User, ranks: Ranks, caps: Caps) {
        let start = self.text.len();
        if start != self.line {
            self.text.push(' ');
        }
        entry(user, ranks, caps, &mut self.text);
        if start > self.line && self.text.len() - self.line > LINE {
            self.text.replace_range(start..=start, "\n");
            self.line = start + 1;
        }
        self.count += 1;
    }
}

/// Writes somebody as in 353 (Modern, RPL_NAMREPLY; userhost-in-names).
pub(super) fn entry(user: &User, ranks: Ranks, caps: Caps, out: &mut String) {
    out.push_str(prefix(ranks, caps));
    if caps.has(Caps::USERHOST_IN_NAMES) {
        out.push_str(user.source())
    } else {
        out.push_str(user.name().as_str())
    }
}

/// The prefix of the highest rank, or those of all ranks (multi-prefix).
pub(super) fn prefix(ranks: Ranks, caps: Caps) -> &'static str {
    mode_table::signs(ranks, caps.has(Caps::MULTI_PREFIX))
}

fn kind(caps: Caps) -> usize {
    usize::from(caps.has(Caps::MULTI_PREFIX)) | usize::from(caps.has(Caps::USERHOST_IN_NAMES)) << 1
}
