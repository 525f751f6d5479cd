//! `--update`: expectations rewritten to what was seen.

use super::keyword::{Word, of};
use super::plan::Whom;
use super::template::Template;
use crate::text::Lang;

/// Lines of a script that make room for others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The lines that go, from 1, in order; the first is where the others come.
    pub old: Vec<usize>,
    pub new: Vec<String>,
}

/// The indented lines that say what these people saw.
pub fn expectation(who: &Whom, names: &[&str], seen: &[String], lang: Lang) -> Vec<String> {
    let who = match who {
        Whom::Everyone => of(Word::Everyone).spelled(lang).to_owned(),
        Whom::Others => of(Word::Others).spelled(lang).to_owned(),
        Whom::Named(_) | Whom::Server => names.join(", "),
    };
    if seen.is_empty() {
        return vec![format!("  {who} {}", of(Word::SeesNothing).spelled(lang))];
    }
    let sees = of(Word::Sees).spelled(lang);
    let runs = seen.chunk_by(|one, next| one == next);
    runs.map(|run| {
        let times = if run.len() > 1 { format!("(x{}) ", run.len()) } else { String::new() };
        format!("  {who} {sees} {times}{}", Template::literal(&run[0]))
    })
    .collect()
}

/// The script with all edits made; they don't overlap.
pub fn apply(source: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(source.len());
    for (number, line) in (1..).zip(source.split_inclusive('\n')) {
        let Some(edit) = edits.iter().find(|edit| edit.old.contains(&number)) else {
            out.push_str(line);
            continue;
        };
        if edit.old.first() == Some(&number) {
            let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
            edit.new.iter().for_each(|line| out.extend([line, end]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_lines_make_room_for_what_was_seen() {
        let edits = [
            Edit { old: vec![2, 4], new: vec!["x".into(), "y".into()] },
            Edit { old: vec![5], new: vec!["z".into()] },
        ];
        assert_eq!(apply("1\n2\n3\n4\n5", &edits), "1\nx\ny\n3\nz\n");
    }

    #[test]
    fn what_was_seen_is_written_as_the_language_wants_it() {
        let seen = ["a: 1".to_owned(), "a: 1".to_owned(), "a: x  # y ".to_owned()];
        assert_eq!(
            expectation(&Whom::Others, &[], &seen, Lang::ZhTw),
            ["  其他人 看到 (x2) a: 1", "  其他人 看到 a: x  ${#} y${u:20}"]
        );
        assert_eq!(expectation(&Whom::Named(vec![]), &["b", "c"], &[], Lang::En), ["  b, c sees nothing"]);
    }
}
