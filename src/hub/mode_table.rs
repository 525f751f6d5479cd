//! The tables of all modes and their letters, from which 004, 005, HELP, the man page, and the
//! parser and encoder of MODE are made.

use crate::chat::modes::MUTE;
use crate::chat::{Change, Flag, List, Rank, Ranks, UserMode};

/// A mode of a room (`M` is [`RoomMode`]) or of a person (`M` is [`UserMode`]).
#[derive(Debug)]
pub(super) struct ModeSpec<M> {
    pub(super) letter: char,
    pub(super) mode: M,
    /// What HELP says behind the letter.
    help: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoomMode {
    Rank(Rank),
    List(List),
    Flag(Flag),
    Key,
    Limit,
}

const fn spec<M>(letter: char, mode: M, help: &'static str) -> ModeSpec<M> {
    ModeSpec { letter, mode, help }
}

/// In the order of 005, 324 and HELP within each kind; the highest rank first.
pub(super) const ROOM_MODES: [ModeSpec<RoomMode>; 13] = [
    spec('o', RoomMode::Rank(Rank::Operator), "operator"),
    spec('v', RoomMode::Rank(Rank::Voice), "voice"),
    spec('b', RoomMode::List(List::Bans), "banned (m:mask: only muted)"),
    spec('e', RoomMode::List(List::Exceptions), "excepted"),
    spec('I', RoomMode::List(List::Invited), "always invited"),
    spec('C', RoomMode::Flag(Flag::NoCtcp), "no CTCP"),
    spec('i', RoomMode::Flag(Flag::InviteOnly), "invited only"),
    spec('m', RoomMode::Flag(Flag::Moderated), "moderated"),
    spec('n', RoomMode::Flag(Flag::MembersOnly), "members only"),
    spec('s', RoomMode::Flag(Flag::Secret), "secret"),
    spec('t', RoomMode::Flag(Flag::TopicByOperators), "topic by operators"),
    spec('k', RoomMode::Key, "key"),
    spec('l', RoomMode::Limit, "limit"),
];

pub(super) const USER_MODES: [ModeSpec<UserMode>; 3] = [
    spec('B', UserMode::Bot, "a program"),
    spec('i', UserMode::Invisible, "invisible"),
    spec('o', UserMode::Operator, "operator of the server"),
];

/// The prefixes of the ranks, in the order of [`ROOM_MODES`].
pub(super) const SIGNS: &str = "@+";

impl RoomMode {
    pub(super) fn find(letter: char) -> Option<RoomMode> {
        ROOM_MODES.iter().find(|spec| spec.letter == letter).map(|spec| spec.mode)
    }

    pub(super) fn letter(self) -> char {
        letter_of(&ROOM_MODES, self)
    }

    /// Whether it takes a parameter. A list without one is a request for its entries.
    pub(super) fn takes_param(self, on: bool) -> bool {
        match self {
            RoomMode::Rank(_) | RoomMode::List(_) | RoomMode::Key => true,
            RoomMode::Limit => on,
            RoomMode::Flag(_) => false,
        }
    }

    pub(super) fn of(change: &Change) -> RoomMode {
        match change {
            Change::Flag(flag, _) => RoomMode::Flag(*flag),
            Change::Key(_) => RoomMode::Key,
            Change::Limit(_) => RoomMode::Limit,
            Change::List(list, ..) => RoomMode::List(*list),
            Change::Rank(rank, ..) => RoomMode::Rank(*rank),
        }
    }
}

pub(super) fn find_user_mode(letter: char) -> Option<UserMode> {
    USER_MODES.iter().find(|spec| spec.letter == letter).map(|spec| spec.mode)
}

pub(super) fn user_mode_letter(flag: UserMode) -> char {
    letter_of(&USER_MODES, flag)
}

fn letter_of<M: Copy + PartialEq>(specs: &[ModeSpec<M>], mode: M) -> char {
    specs.iter().find(|spec| spec.mode == mode).map_or('?', |spec| spec.letter)
}

/// The prefix of a rank.
pub(super) fn sign(rank: Rank) -> &'static str {
    match rank {
        Rank::Operator => &SIGNS[..1],
        Rank::Voice => &SIGNS[1..],
    }
}

/// The prefixes of a member: that of the highest rank, or all.
pub(super) fn signs(ranks: Ranks, all: bool) -> &'static str {
    match (ranks.has(Rank::Operator), ranks.has(Rank::Voice)) {
        (true, true) if all => SIGNS,
        (true, _) => sign(Rank::Operator),
        (false, true) => sign(Rank::Voice),
        (false, false) => "",
    }
}

/// The letters of these ranks.
pub(super) fn rank_letters(ranks: Ranks) -> String {
    letters(|mode| matches!(mode, RoomMode::Rank(rank) if ranks.has(rank)))
}

/// The letters of the wanted room modes, in the table's order.
fn letters(wanted: impl Fn(RoomMode) -> bool) -> String {
    ROOM_MODES.iter().filter(|spec| wanted(spec.mode)).map(|spec| spec.letter).collect()
}

fn sorted(letters: &str) -> String {
    let mut letters: Vec<char> = letters.chars().collect();
    letters.sort_unstable();
    letters.into_iter().collect()
}

/// The three fields of 004 (Modern, RPL_MYINFO): user modes, room modes, and room modes with a
/// parameter.
pub(super) fn myinfo() -> [String; 3] {
    let own: String = USER_MODES.iter().map(|spec| spec.letter).collect();
    [own, letters(|_| true), letters(|mode| mode.takes_param(true))].map(|letters| sorted(&letters))
}

/// The tokens of 005 about modes (Modern, RPL_ISUPPORT); `entries` is the bound of a list.
pub(super) fn isupport(entries: usize) -> [String; 8] {
    let is_list = |mode| matches!(mode, RoomMode::List(_));
    let is_flag = |mode| matches!(mode, RoomMode::Flag(_));
    let is_rank = |mode| matches!(mode, RoomMode::Rank(_));
    let lists: Vec<String> = letters(is_list).chars().map(|letter| format!("{letter}:{entries}")).collect();
    let [key, limit] = [RoomMode::Key, RoomMode::Limit].map(RoomMode::letter);
    [
        format!("BOT={}", user_mode_letter(UserMode::Bot)),
        format!("CHANMODES={},{key},{limit},{}", letters(is_list), letters(is_flag)),
        format!("EXCEPTS={}", RoomMode::List(List::Exceptions).letter()),
        format!("EXTBAN=,{}", MUTE.trim_end_matches(':')),
        format!("INVEX={}", RoomMode::List(List::Invited).letter()),
        format!("MAXLIST={}", lists.join(",")),
        format!("PREFIX=({}){SIGNS}", letters(is_rank)),
        format!("STATUSMSG={SIGNS}"),
    ]
}

/// The meaning of each letter, for HELP and the man page.
pub(super) fn help() -> String {
    format!("Rooms: {}. People: {}.", meanings(&ROOM_MODES), meanings(&USER_MODES))
}

fn meanings<M>(specs: &[ModeSpec<M>]) -> String {
    let meanings: Vec<String> = specs.iter().map(|spec| format!("{} {}", spec.letter, spec.help)).collect();
    meanings.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_stands_for_one_mode_and_a_mode_has_one_letter() {
        for spec in &ROOM_MODES {
            assert_eq!(RoomMode::find(spec.letter), Some(spec.mode));
            assert_eq!(spec.mode.letter(), spec.letter);
        }
        for spec in &USER_MODES {
            assert_eq!(find_user_mode(spec.letter), Some(spec.mode));
            assert_eq!(user_mode_letter(spec.mode), spec.letter);
        }
    }

    #[test]
    fn the_ranks_stand_in_the_order_of_their_signs() {
        let ranks = ROOM_MODES.iter().filter_map(|spec| match spec.mode {
            RoomMode::Rank(rank) => Some(rank),
            _ => None,
        });
        assert_eq!(ranks.map(sign).collect::<String>(), SIGNS);
    }

    #[test]
    fn the_tables_make_what_clients_are_told() {
        assert_eq!(myinfo(), ["Bio", "CIbeiklmnostv", "Ibeklov"]);
        assert_eq!(
            isupport(64).join(" "),
            "BOT=B CHANMODES=beI,k,l,Cimnst EXCEPTS=e EXTBAN=,m INVEX=I MAXLIST=b:64,e:64,I:64 \
             PREFIX=(ov)@+ STATUSMSG=@+"
        );
    }
}
