//! What Tab offers: commands after a `/`, names elsewhere.

use super::command::COMMANDS;
use crate::text::sanitise::for_drawing;

/// Where the completed word begins, and what may stand there instead.
pub(super) fn complete(left: &str, names: &[String]) -> (usize, Vec<String>) {
    let start = left.rfind(char::is_whitespace).map_or(0, |blank| blank + 1);
    let word = &left[start..];
    if let Some(begun) = left.strip_prefix('/').filter(|_| start == 0) {
        let begun = begun.to_ascii_lowercase();
        let commands = COMMANDS.iter().filter(|entry| entry.name.starts_with(&begun));
        return (0, commands.map(|entry| format!("/{} ", entry.name)).collect());
    }
    let begun = word.to_lowercase();
    let after = if start == 0 { ": " } else { " " };
    // A name that can't be drawn as it is can't be typed either.
    let offered = names.iter().filter(|name| {
        name.to_lowercase().starts_with(&begun) && !begun.is_empty() && for_drawing(name) == name.as_str()
    });
    (start, offered.map(|name| format!("{name}{after}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_commands_are_completed() {
        let names = ["alice", "小明", "小花", "e\x1bve"].map(str::to_owned);
        let complete = |left| complete(left, &names);
        assert_eq!(complete("Al"), (0, vec!["alice: ".to_owned()]));
        assert_eq!(complete("hi 小"), (3, vec!["小明 ".to_owned(), "小花 ".to_owned()]));
        assert_eq!(complete("/m"), (0, vec!["/me ".to_owned(), "/msg ".to_owned()]));
        assert_eq!(complete("/msg al"), (5, vec!["alice ".to_owned()]));
        assert_eq!(complete("e"), (0, Vec::new()));
        assert_eq!(complete(""), (0, Vec::new()));
    }
}
