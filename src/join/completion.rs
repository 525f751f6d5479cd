//! What Tab offers: commands after a `/`, names of people and rooms elsewhere.

use super::slash_command::{COMMANDS, SLASHES, half_width};
use crate::text::name::fold;
use crate::text::sanitise::for_drawing;
use crate::text::wrap::is_unspaced;

/// What names of rooms begin with, and no name of a person.
const ROOM: [char; 2] = ['#', '&'];

/// Where the completed word begins, and what may stand there instead.
pub(super) fn complete(left: &str, names: &[String]) -> (usize, Vec<String>) {
    let typed = left.trim_start();
    if let Some(begun) = typed.strip_prefix(SLASHES).filter(|begun| !begun.contains(char::is_whitespace)) {
        let begun = half_width(begun).to_ascii_lowercase();
        let commands = COMMANDS.iter().filter(|entry| entry.name.starts_with(&begun));
        return (left.len() - typed.len(), commands.map(|entry| format!("/{} ", entry.name)).collect());
    }
    let word = left
        .rfind(char::is_whitespace)
        .map_or(0, |at| at + left[at..].chars().next().map_or(0, char::len_utf8));
    // The longest end of it that begins a name.
    let starts = left[word..].char_indices().map(|(at, _)| word + at).filter(|&start| may_begin(left, start));
    starts
        .map(|start| (start, offered(left, start, names)))
        .find(|(_, offered)| !offered.is_empty())
        .unwrap_or((left.len(), Vec::new()))
}

fn offered(left: &str, start: usize, names: &[String]) -> Vec<String> {
    let begun = fold(&left[start..]);
    let after = match left[..start].chars().next_back() {
        None => ": ",
        Some(before) if is_unspaced(before) => "",
        Some(_) => " ",
    };
    // A name with characters that are not drawn can't be typed.
    let after = |name: &str| if name.starts_with(ROOM) && after == ": " { " " } else { after };
    let offered =
        names.iter().filter(|name| fold(name).starts_with(&begun) && for_drawing(name) == name.as_str());
    offered.map(|name| format!("{name}{}", after(name))).collect()
}

/// Whether a name may begin here: not within a word of letters.
fn may_begin(left: &str, start: usize) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() && !is_unspaced(c);
    let within = left[..start].chars().next_back().zip(left[start..].chars().next());
    !within.is_some_and(|(before, after)| is_letter(before) && is_letter(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(left: &str) -> (usize, Vec<String>) {
        complete(left, &["alice", "小明", "小花", "e\x1bve", "[x]", "#lab"].map(str::to_owned))
    }

    fn at(start: usize, offered: &[&str]) -> (usize, Vec<String>) {
        (start, offered.iter().map(|&text| text.to_owned()).collect())
    }

    #[test]
    fn names_and_commands_are_completed() {
        assert_eq!(completed("Al"), at(0, &["alice: "]));
        assert_eq!(completed("hi 小"), at(3, &["小明 ", "小花 "]));
        assert_eq!(completed("hi　小"), at(5, &["小明 ", "小花 "]));
        assert_eq!(completed("/m"), at(0, &["/me ", "/msg ", "/mute ", "/mode "]));
        assert_eq!(completed(" ／Ｍs"), at(1, &["/msg "]));
        assert_eq!(completed("/msg al"), at(5, &["alice "]));
        assert_eq!(completed("/join #"), at(6, &["#lab "]));
        assert_eq!(completed("#L"), at(0, &["#lab "]));
        for nothing in ["e", "", "hi ", "pal", "/nothing"] {
            assert_eq!(completed(nothing).1, Vec::<String>::new(), "{nothing}");
        }
    }

    /// Names are offered after a sign and within Chinese text.
    #[test]
    fn a_name_may_follow_a_sign_or_chinese_text() {
        assert_eq!(completed("請問小"), at(6, &["小明", "小花"]));
        assert_eq!(completed("@小花"), at(1, &["小花 "]));
        assert_eq!(completed("(AL"), at(1, &["alice "]));
        assert_eq!(completed("他說「小明"), at(9, &["小明 "]));
        assert_eq!(completed("問al"), at(3, &["alice"]));
        assert_eq!(completed("[x"), at(0, &["[x]: "]));
    }
}
