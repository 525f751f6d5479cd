//! Which of the modes that somebody asked for a server changed, as far as those
//! tell who were told.
//!
//! A server leaves out what changes nothing, may put several changes into one
//! line, and completes a mask; so the line that was sent is not the one that
//! must come. All who are told must be told the same.

use crate::client::protocol::CaseMapping;
use std::fmt::{self, Display};

/// The lines that all must have seen who were to: of the lines of each, as they
/// came, those that the modes `asked` for explain. Where people differ, what
/// most of them saw, and the longer one where that is undecided.
pub fn agreed(asked: &str, seen: &[Vec<&str>], mapping: CaseMapping) -> Vec<String> {
    let views: Vec<Vec<&str>> = seen.iter().map(|lines| explained(asked, lines, mapping)).collect();
    let votes = |view: &Vec<&str>| views.iter().filter(|other| *other == view).count();
    let best = views.iter().max_by_key(|view| (votes(view), view.len()));
    best.map_or(Vec::new(), |view| view.iter().map(|line| (*line).to_owned()).collect())
}

/// Those of the lines whose changes were all asked for, each once.
fn explained<'a>(asked: &str, lines: &[&'a str], mapping: CaseMapping) -> Vec<&'a str> {
    let mut open = changes(asked);
    let mut all = Vec::new();
    for line in lines {
        let mut left = open.clone();
        let of_asked = changes(line).iter().all(|told| {
            let at = left.iter().position(|asked| asked.is_told_as(told, mapping));
            at.map(|at| left.remove(at)).is_some()
        });
        if of_asked {
            open = left;
            all.push(*line);
        }
    }
    all
}

/// Modes with a parameter on the servers we know: of members, lists, keys and limits.
const WITH_WORD: &str = "ovhqabeIkl";

/// Those of them that are of a member.
const RANKS: &str = "ovhqa";

/// Those of them that are lists of masks.
pub(super) const LISTS: &str = "beIqa";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change<'a> {
    pub(super) sign: char,
    pub(super) letter: char,
    /// Its parameter.
    pub(super) word: Option<&'a str>,
}

/// As it is asked for.
impl Display for Change<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.sign, self.letter)?;
        self.word.map_or(Ok(()), |word| write!(f, " {word}"))
    }
}

impl Change<'_> {
    /// Whether it is about a member's rank. (`q` and `a` are lists where their parameter is a mask.)
    pub(super) fn is_of_a_member(&self) -> bool {
        let is_mask = self.word.is_some_and(|word| word.contains(['!', '@', '*']));
        RANKS.contains(self.letter) && self.word.is_some() && !is_mask
    }

    /// Whether a server may tell of the change, where it was asked for, like that.
    fn is_told_as(&self, told: &Change<'_>, mapping: CaseMapping) -> bool {
        if (self.sign, self.letter) != (told.sign, told.letter) {
            return false;
        }
        match (self.word, told.word) {
            // A server may hide a key, and tells the one that was there.
            (_, told) if self.letter == 'k' && (self.sign == '-' || told == Some("*")) => true,
            (Some(asked), Some(told)) => {
                let (asked, told) = (mapping.fold(asked), mapping.fold(told));
                let completes = LISTS.contains(self.letter) && told.contains(['!', '@']);
                asked == told || (completes && told.contains(&asked))
            }
            (asked, told) => asked == told,
        }
    }
}

/// Each change with its parameter. Where some are left over, a mode has one
/// that this server alone knows: then each parameter is a change of its own.
pub(super) fn changes(modes: &str) -> Vec<Change<'_>> {
    let mut words = modes.split_ascii_whitespace();
    let mut changes = Vec::new();
    let (mut letters, mut params): (Vec<&str>, Vec<&str>) = (words.next().into_iter().collect(), Vec::new());
    for word in words {
        if word.starts_with(['+', '-']) { letters.push(word) } else { params.push(word) }
    }
    for word in letters {
        let mut sign = '+';
        for c in word.chars() {
            match c {
                '+' | '-' => sign = c,
                letter => changes.push(Change { sign, letter, word: None }),
            }
        }
    }
    let has_word =
        |change: &Change<'_>| WITH_WORD.contains(change.letter) && (change.letter, change.sign) != ('l', '-');
    match changes.iter().filter(|change| has_word(change)).count() >= params.len() {
        true => {
            changes.iter_mut().filter(|change| has_word(change)).zip(params).for_each(|(change, word)| {
                change.word = Some(word);
            })
        }
        false => {
            changes.extend(params.into_iter().map(|word| Change { sign: '+', letter: ' ', word: Some(word) }))
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(asked: &str, seen: &[&[&str]]) -> Vec<String> {
        let seen: Vec<Vec<&str>> = seen.iter().map(|lines| lines.to_vec()).collect();
        agreed(asked, &seen, CaseMapping::Ascii)
    }

    /// Of what was asked for, the changes count in the form in which the server tells them.
    #[test]
    fn modes_as_the_server_tells_them() {
        assert_eq!(told("+m", &[&["+m"], &["+m"]]), ["+m"]);
        assert_eq!(told("+mt", &[&["+m"], &["+m"]]), ["+m"], "the other changed nothing");
        assert_eq!(told("+m-i+o Bob", &[&["+mo-i bob"]]), ["+mo-i bob"]);
        assert_eq!(told("+b Bob", &[&["+b Bob!*@*"]]), ["+b Bob!*@*"]);
        assert_eq!(told("-k x", &[&["-k *"]]), ["-k *"]);
        assert_eq!(told("+o Bob +v Ann", &[&["+o Bob", "+v Ann"]]), ["+o Bob", "+v Ann"]);
        assert_eq!(told("+m", &[]), [""; 0]);
    }

    /// One observer who was told other modes does not decide.
    #[test]
    fn one_view_of_modes_does_not_decide() {
        for odd in [&[][..], &["+n"], &["+m", "+m"], &["-m"], &["+m x"]] {
            assert_eq!(told("+m", &[&["+m"], odd]), ["+m"], "{odd:?}");
        }
        assert_eq!(told("+ov Bob Ann", &[&["+ov Bob Ann"], &["+ov Ann Bob"]]), ["+ov Bob Ann"]);
        assert_eq!(told("+o Bob", &[&["+o Carl"], &["+o Bob"]]), ["+o Bob"]);
        assert_eq!(told("+m", &[&["+n"]]), [""; 0], "this nobody asked for");
    }

    /// A name that begins like the one that was asked for was once taken for a mask.
    #[test]
    fn told_modes_were_asked_for() {
        for (asked, seen) in [
            ("+o Bob", "+o Bobby"),
            ("+o Bob", "+o *"),
            ("+ov Bob Ann", "+ov Ann Bob"),
            ("+k secret", "+k other"),
            ("+ko x Bob", "+ko x Carl"),
            ("+b Bob", "+b *!*@*"),
            ("+o Bob", "+o"),
        ] {
            assert_eq!(told(asked, &[&[seen], &[seen]]), [""; 0], "{asked} {seen}");
        }
        for (asked, seen) in [
            ("+k secret", "+k *"),
            ("+o-v+o A B C", "+oo-v A C B"),
            ("-l", "-l"),
            ("+fo 5:1 Bob", "+fo 5:1 bob"),
            ("+m +o Bob", "+mo Bob"),
        ] {
            assert_eq!(told(asked, &[&[seen]]), [seen], "{asked} {seen}");
        }
    }
}
