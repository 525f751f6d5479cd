//! Which modes are set, as the server answers when it is asked: where nobody was told of a change, this
//! shows whether there was one.

use super::event::is_room;
use super::modes::{Change, LISTS, changes};
use crate::client::protocol::CaseMapping;
use crate::wire::{Line, Message, numeric};
use std::collections::{BTreeMap, BTreeSet};

/// Lists that every server shows who is asked for them: bans, exceptions and invitations.
const SHOWN_LISTS: [(char, &str); 3] =
    [('b', numeric::RPL_BANLIST), ('e', numeric::RPL_EXCEPTLIST), ('I', numeric::RPL_INVITELIST)];

/// What stands before a member's name (005 PREFIX of every server we know).
const PREFIXES: [char; 6] = ['~', '&', '@', '%', '+', '!'];

/// The modes of a room or a person at one time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModeState {
    /// Those that are set, with their parameters.
    flags: BTreeMap<char, Option<String>>,
    lists: BTreeSet<(char, String)>,
    /// Each member's prefixes, by its folded name.
    ranks: BTreeMap<String, String>,
}

impl ModeState {
    /// From the answers to [`questions`].
    pub fn of(answers: &[Message], mapping: CaseMapping) -> ModeState {
        let mut state = ModeState::default();
        for message in answers {
            let from = |first| message.params().skip(first).collect::<Vec<_>>().join(" ");
            let list = SHOWN_LISTS.iter().find(|(_, number)| message.is(number));
            match message.command() {
                numeric::RPL_CHANNELMODEIS => state.set(&from(2)),
                numeric::RPL_UMODEIS => state.set(&from(1)),
                numeric::RPL_NAMREPLY => {
                    for member in message.last().unwrap_or("").split(' ') {
                        let name = member.trim_start_matches(PREFIXES);
                        let prefixes = &member[..member.len() - name.len()];
                        state.ranks.insert(mapping.fold(name), prefixes.to_owned());
                    }
                }
                _ => {
                    let mask = message.param(2).unwrap_or("").to_owned();
                    state.lists.extend(list.map(|(letter, _)| (*letter, mask)));
                }
            }
        }
        state
    }

    fn set(&mut self, modes: &str) {
        let set = changes(modes).into_iter().map(|change| (change.letter, change.word.map(str::to_owned)));
        self.flags.extend(set);
    }
}

/// The lines that ask for all that these changes are about.
pub fn questions(place: &str, asked: &str) -> Vec<Line> {
    let changes = changes(asked);
    let mut lines = vec![Line::new("MODE").param(place)];
    if is_room(place) {
        let is_asked = |letter: char| changes.iter().any(|change| change.letter == letter);
        let lists = SHOWN_LISTS.iter().filter(|(letter, _)| is_asked(*letter));
        lines.extend(lists.map(|(letter, _)| Line::new("MODE").param(place).param(&letter.to_string())));
        let ranks = changes.iter().any(Change::is_of_a_member);
        lines.extend(ranks.then(|| Line::new("NAMES").param(place)));
    }
    lines
}

/// Whether the lines that were `told` have each of the changes asked for.
pub fn is_all_told(asked: &str, told: &[String]) -> bool {
    changes(asked).iter().all(|change| is_told(change, told))
}

fn is_told(change: &Change<'_>, told: &[String]) -> bool {
    let mut told = told.iter().flat_map(|line| changes(line));
    told.any(|told| (told.sign, told.letter) == (change.sign, change.letter))
}

/// Of the changes asked for, those that were made and that none of the `told` lines tells, each as a line.
pub fn untold(
    asked: &str,
    told: &[String],
    (before, after): (&ModeState, &ModeState),
    mapping: CaseMapping,
) -> Vec<String> {
    let asked = changes(asked);
    let is_made = |change: &Change<'_>| {
        if let (true, Some(name)) = (change.is_of_a_member(), change.word) {
            // A server shows the highest rank alone: the other of two changes is not seen.
            let of_same = |other: &&Change<'_>| other.is_of_a_member() && other.word == change.word;
            let name = mapping.fold(name);
            let (was, is) = (before.ranks.get(&name), after.ranks.get(&name));
            return asked.iter().filter(of_same).count() == 1 && was.is_some() && is.is_some() && was != is;
        }
        if LISTS.contains(change.letter) {
            let (more, fewer) = if change.sign == '+' { (after, before) } else { (before, after) };
            let mut new = more.lists.difference(&fewer.lists);
            return new.any(|(letter, _)| *letter == change.letter);
        }
        let (was, is) = (before.flags.get(&change.letter), after.flags.get(&change.letter));
        was != is && is.is_some() == (change.sign == '+')
    };
    let made = asked.iter().filter(|change| !is_told(change, told) && is_made(change));
    made.map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASCII: CaseMapping = CaseMapping::Ascii;

    fn state(lines: &[&str]) -> ModeState {
        let answers: Vec<Message> = lines.iter().map(|line| Message::parse(line).unwrap()).collect();
        ModeState::of(&answers, ASCII)
    }

    fn lost(asked: &str, told: &[&str], before: &[&str], after: &[&str]) -> Vec<String> {
        let told: Vec<String> = told.iter().map(|line| (*line).to_owned()).collect();
        untold(asked, &told, (&state(before), &state(after)), ASCII)
    }

    /// Where all views were empty, all once agreed that nothing had changed.
    #[test]
    fn a_change_that_nobody_was_told_is_found() {
        let modes = |modes: &str| format!(":s 324 a #r {modes}");
        let names = |names: &str| format!(":s 353 a = #r :{names}");
        for (asked, before, after) in [
            ("+m", modes("+nt"), modes("+mnt")),
            ("-t", modes("+nt"), modes("+n")),
            ("+k secret", modes("+nt"), modes("+knt secret")),
            ("+l 5", modes("+lnt 4"), modes("+lnt 5")),
            ("+o Bob", names("@a bob"), names("@a @bob")),
            ("-v Bob", names("@a +bob"), names("@a bob")),
            ("+b Bob", String::from("PING x"), ":s 367 a #r Bob!*@* a 1".to_owned()),
            ("-b Bob", ":s 367 a #r Bob!*@* a 1".to_owned(), String::from("PING x")),
            ("+i", ":s 221 a +w".to_owned(), ":s 221 a +iw".to_owned()),
        ] {
            assert_eq!(lost(asked, &[], &[&before], &[&after]), [asked]);
            assert_eq!(lost(asked, &[asked], &[&before], &[&after]), [""; 0], "{asked} is told");
            assert_eq!(lost(asked, &[], &[&after], &[&after]), [""; 0], "{asked} changes nothing");
        }
        assert_eq!(lost("+mt", &["+m"], &[&modes("+n")], &[&modes("+mnt")]), ["+t"]);
        let (before, after) = (names("@bob"), names("+bob"));
        assert_eq!(lost("+v-o bob bob", &["-o bob"], &[&before], &[&after]), [""; 0]);
    }

    #[test]
    fn questions_are_about_what_was_asked_for() {
        let asked = |place, modes| -> Vec<String> {
            questions(place, modes).iter().map(|line| line.as_str().to_owned()).collect()
        };
        assert_eq!(asked("#r", "+mk x"), ["MODE #r"]);
        assert_eq!(asked("#r", "+ob-e bob x y"), ["MODE #r", "MODE #r b", "MODE #r e", "NAMES #r"]);
        assert_eq!(asked("bob", "+io"), ["MODE bob"]);
    }
}
