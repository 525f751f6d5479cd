//! Which of the modes that somebody asked for a server changed, as far as those
//! tell who were told.
//!
//! A server leaves out what changes nothing, may put several changes into one
//! line, and completes a mask; so the line that was sent is not the one that
//! must come. All who are told must be told the same.

use super::fold::CaseMapping;

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
    let (mut open, words) = changes(asked);
    let mut all = Vec::new();
    for line in lines {
        let (changes, named) = changes(line);
        let mut left = open.clone();
        let of_asked = changes.iter().all(|change| {
            let at = left.iter().position(|other| other == change);
            at.map(|at| left.remove(at)).is_some()
        });
        // A server may hide a key, and tells the one that was there.
        let of_key = changes.iter().any(|(_, letter)| *letter == 'k');
        let is_named = |word: &&str| {
            of_key
                || *word == "*"
                || words.iter().any(|asked| mapping.fold(word).contains(&mapping.fold(asked)))
        };
        if of_asked && named.iter().all(is_named) {
            open = left;
            all.push(*line);
        }
    }
    all
}

/// The sign and letter of each change, and the parameters.
fn changes(modes: &str) -> (Vec<(char, char)>, Vec<&str>) {
    let (mut changes, mut words) = (Vec::new(), Vec::new());
    for (at, word) in modes.split_ascii_whitespace().enumerate() {
        if at > 0 && !word.starts_with(['+', '-']) {
            words.push(word);
            continue;
        }
        let mut sign = '+';
        for c in word.chars() {
            match c {
                '+' | '-' => sign = c,
                letter => changes.push((sign, letter)),
            }
        }
    }
    (changes, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(asked: &str, seen: &[&[&str]]) -> Vec<String> {
        let seen: Vec<Vec<&str>> = seen.iter().map(|lines| lines.to_vec()).collect();
        agreed(asked, &seen, CaseMapping::Ascii)
    }

    #[test]
    fn what_was_asked_for_is_told_as_the_server_says_it() {
        assert_eq!(told("+m", &[&["+m"], &["+m"]]), ["+m"]);
        assert_eq!(told("+mt", &[&["+m"], &["+m"]]), ["+m"], "the other changed nothing");
        assert_eq!(told("+m-i+o Bob", &[&["+mo-i bob"]]), ["+mo-i bob"]);
        assert_eq!(told("+b Bob", &[&["+b Bob!*@*"]]), ["+b Bob!*@*"]);
        assert_eq!(told("-k x", &[&["-k *"]]), ["-k *"]);
        assert_eq!(told("+o Bob +v Ann", &[&["+o Bob", "+v Ann"]]), ["+o Bob", "+v Ann"]);
        assert_eq!(told("+m", &[]), [""; 0]);
    }

    #[test]
    fn one_who_sees_something_else_does_not_decide() {
        for odd in [&[][..], &["+n"], &["+m", "+m"], &["-m"], &["+m x"]] {
            assert_eq!(told("+m", &[&["+m"], odd]), ["+m"], "{odd:?}");
        }
        assert_eq!(told("+o Bob", &[&["+o Carl"], &["+o Bob"]]), ["+o Bob"]);
        assert_eq!(told("+m", &[&["+n"]]), [""; 0], "this nobody asked for");
    }
}
