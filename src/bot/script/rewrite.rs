//! `--update`: expectations rewritten to what was seen.

use super::parse::parse;
use super::plan::{Want, Wanted};
use super::print;
use super::reader::Reader;
use super::template::Template;
use super::tree::{Check, Expect, Item, Mods, Text, Who};
use crate::bot::pattern::Pattern;
use crate::bot::pattern::Style;
use crate::text::Lang;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Indented lines of a script that make room for others. A script's edits
/// don't overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The indented line whose people and margin the others take, from 1.
    pub like: usize,
    /// The line below which the others come.
    pub after: usize,
    /// The lines that go, in order.
    pub old: Vec<usize>,
    pub new: Vec<Seen>,
}

impl Edit {
    /// How many expectations it changes.
    pub fn count(&self) -> usize {
        self.old.len().max(self.new.iter().map(|seen| seen.lines.len()).sum())
    }
}

/// A note about edits that are not made because the script fails elsewhere.
pub fn kept(edits: &[Edit]) -> Option<String> {
    let lines = |edit: &Edit| edit.old.first().copied().unwrap_or(edit.like).to_string();
    let lines: Vec<String> = edits.iter().map(lines).collect();
    let why = "not rewritten, as the script fails elsewhere";
    (!lines.is_empty()).then(|| format!("{why} (line {})", lines.join(", ")))
}

/// The lines that these people saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub who: People,
    pub lines: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum People {
    /// As the line that the edit names has them.
    AsWritten,
    Named(Vec<String>),
}

/// A script with its edits made.
#[derive(Debug)]
pub struct Rewritten {
    pub text: String,
    /// The line of the old text that each line comes from.
    origins: Vec<usize>,
}

impl Rewritten {
    pub fn origin(&self, line: usize) -> usize {
        let last = self.origins.last().copied().unwrap_or(1);
        self.origins.get(line.saturating_sub(1)).copied().unwrap_or(last)
    }
}

/// Which of the lines that say what some people see are not met, and by which of so many lines in their place. Those
/// before and after them stay: they may be patterns of what differs each time.
pub fn unmet(
    wants: &[&Want],
    seen: usize,
    meets: impl Fn(&Pattern, usize) -> bool,
) -> (Range<usize>, Range<usize>) {
    // None where the line is not met by the first or last ones of these.
    let met_by = |want: &Want, lines: Range<usize>, first: bool| {
        let Wanted::Sees { mods: Mods { times, .. }, pattern } = &want.check else { return None };
        let rest = lines.len().checked_sub(*times)?;
        let mut all = if first { lines.start..lines.start + times } else { lines.start + rest..lines.end };
        all.all(|line| meets(pattern, line)).then_some(*times)
    };
    let (mut from, mut from_seen) = (0, 0);
    while let Some(times) = wants.get(from).and_then(|want| met_by(want, from_seen..seen, true)) {
        (from, from_seen) = (from + 1, from_seen + times);
    }
    let (mut to, mut to_seen) = (wants.len(), seen);
    while let Some(times) = wants[from..to].last().and_then(|want| met_by(want, from_seen..to_seen, false)) {
        (to, to_seen) = (to - 1, to_seen - times);
    }
    (from..to, from_seen..to_seen)
}

/// The script with all edits made.
pub fn apply(source: &str, edits: &[Edit]) -> Rewritten {
    let script = parse(source).script;
    let expects: BTreeMap<usize, &Expect<Text>> = script
        .lines
        .iter()
        .filter_map(|line| match &line.item {
            Item::Expect(expect) => Some((line.number, expect)),
            _ => None,
        })
        .collect();
    let old: BTreeSet<usize> = edits.iter().flat_map(|edit| edit.old.iter().copied()).collect();
    let mut below: BTreeMap<usize, Vec<&Edit>> = BTreeMap::new();
    edits.iter().for_each(|edit| below.entry(edit.after).or_default().push(edit));
    let all: Vec<(&str, &str)> = source.split_inclusive('\n').map(with_end).collect();
    let newline = all.first().map_or("\n", |(_, end)| if end.is_empty() { "\n" } else { end });
    let mut out: Vec<(String, usize)> = Vec::with_capacity(all.len());
    for (number, (line, _)) in (1..).zip(&all) {
        if !old.contains(&number) {
            out.push(((*line).to_owned(), number));
        }
        for edit in below.get(&number).into_iter().flatten() {
            let text = |line: usize| all.get(line.saturating_sub(1)).map_or("", |(text, _)| *text);
            out.extend(written(edit, expects.get(&edit.like).copied(), script.lang, text));
        }
    }
    let mut text = String::with_capacity(source.len());
    let last = out.len();
    for (nth, (line, origin)) in (1..).zip(&out) {
        text.push_str(line);
        let end = all.get(origin - 1).map_or("", |(_, end)| *end);
        // The end of the file stays as it was: with a line end, or without.
        text.push_str(match (nth == last, end.is_empty()) {
            (true, _) => all.last().map_or("", |(_, end)| *end),
            (false, true) => newline,
            (false, false) => end,
        });
    }
    Rewritten { text, origins: out.into_iter().map(|(_, origin)| origin).collect() }
}

fn with_end(line: &str) -> (&str, &str) {
    let text = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
    (text, &line[text.len()..])
}

/// The new lines of an edit, each with the old line that it comes from. Comments
/// stay with their lines, those of lines that have no successor on lines of their own.
fn written<'a>(
    edit: &Edit,
    like: Option<&Expect<Text>>,
    lang: Lang,
    source: impl Fn(usize) -> &'a str,
) -> Vec<(String, usize)> {
    let margin = source(edit.like);
    let margin = &margin[..margin.len() - margin.trim_start().len()];
    let origin = |nth: usize| edit.old.get(nth).or(edit.old.last()).copied().unwrap_or(edit.like);
    let comment = |line: usize| {
        let text = source(line);
        text[Reader::new(text, None).text.len()..].trim_end()
    };
    let expects = edit.new.iter().flat_map(|seen| expectations(seen, like));
    let mut out: Vec<(String, usize)> = (0..)
        .zip(expects)
        .map(|(nth, expect)| {
            let line = print::item(&Item::Expect(expect), lang);
            let comment = edit.old.get(nth).map_or("", |&line| comment(line));
            (format!("{margin}{}{comment}", line.trim_start()), origin(nth))
        })
        .collect();
    let without = edit.old.iter().skip(out.len()).map(|&line| (comment(line).trim_start(), line));
    let comments: Vec<(String, usize)> = without
        .filter(|(text, _)| !text.is_empty())
        .map(|(text, line)| (format!("  {text}"), line))
        .collect();
    out.extend(comments);
    out
}

fn expectations(seen: &Seen, like: Option<&Expect<Text>>) -> Vec<Expect<Text>> {
    let literal = |text: &String| Text { value: Template::literal(text), at: 0..0 };
    let who = match (&seen.who, like) {
        (People::Named(names), _) => Who::Named(names.iter().map(literal).collect()),
        (People::AsWritten, Some(like)) => like.who.clone(),
        (People::AsWritten, None) => Who::Everyone,
    };
    if seen.lines.is_empty() {
        return vec![Expect { who, check: Check::Nothing }];
    }
    let runs = seen.lines.chunk_by(|one, next| one == next);
    runs.map(|run| {
        let mods = Mods { style: Style::Literal, times: run.len() };
        Expect { who: who.clone(), check: Check::Sees { mods, pattern: literal(&run[0]) } }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::script::plan::Whom;

    fn seen(who: People, lines: &[&str]) -> Seen {
        Seen { who, lines: lines.iter().map(|line| (*line).to_owned()).collect() }
    }

    fn edit(old: &[usize], new: Vec<Seen>) -> Edit {
        Edit { like: old[0], after: old[0] - 1, old: old.to_vec(), new }
    }

    fn named(names: &[&str]) -> People {
        People::Named(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn old_lines_make_room_for_what_was_seen() {
        let source = "a joins\na: 1\n  b sees a: 2\n# between\n  b sees a: 3\na: 4\n  everyone sees a: 5\n";
        let edits = [
            edit(&[3, 5], vec![seen(People::AsWritten, &["a: 1", "a: 1", "a: x  # y "])]),
            edit(&[7], vec![seen(named(&["b", "c"]), &[]), seen(named(&["d"]), &["a: 4"])]),
        ];
        let rewritten = apply(source, &edits);
        assert_eq!(
            rewritten.text,
            "a joins\na: 1\n  b sees (x2) a: 1\n  b sees a: x  ${#} y${u:20}\n# between\na: 4\n  b, c sees nothing\n  d sees a: 4\n"
        );
        assert_eq!(
            (1..=9).map(|line| rewritten.origin(line)).collect::<Vec<_>>(),
            [1, 2, 3, 5, 4, 6, 7, 7, 7]
        );
    }

    /// The comment of a line that was rewritten once was lost.
    #[test]
    fn comments_stay() {
        let source = "a: 1\n  b sees a: 2   # why\n  b sees a: 3  # and why\n  b sees a: 4\n";
        let one = apply(source, &[edit(&[2, 3], vec![seen(People::AsWritten, &["a: 1"])])]);
        assert_eq!(one.text, "a: 1\n  b sees a: 1   # why\n  # and why\n  b sees a: 4\n");
        let two = apply(source, &[edit(&[2], vec![seen(People::AsWritten, &["a: 1", "a: 0"])])]);
        assert_eq!(
            two.text,
            "a: 1\n  b sees a: 1   # why\n  b sees a: 0\n  b sees a: 3  # and why\n  b sees a: 4\n"
        );
    }

    /// Margins, line ends and values in names stay in rewritten lines.
    #[test]
    fn rewriting_keeps_the_form() {
        let source = "a: 1\r\n\t b${n} 看到 a: 2\r\na: 3\r\n  小花 看到 a: 4";
        let rewritten = apply(
            source,
            &[
                edit(&[2], vec![seen(People::AsWritten, &["a: 1", "a: 0"])]),
                edit(&[4], vec![seen(People::AsWritten, &["a: 3", "a: 5"])]),
            ],
        );
        assert_eq!(
            rewritten.text,
            "a: 1\r\n\t b${n} 看到 a: 1\r\n\t b${n} 看到 a: 0\r\na: 3\r\n  小花 看到 a: 3\r\n  小花 看到 a: 5"
        );
    }

    #[test]
    fn lines_are_added_where_none_goes() {
        let edit = Edit { like: 2, after: 2, old: Vec::new(), new: vec![seen(People::AsWritten, &["a: 2"])] };
        assert_eq!(apply("a: 1\n  b sees a: 1", &[edit]).text, "a: 1\n  b sees a: 1\n  b sees a: 2");
    }

    /// Expectations that are met stay as they are written.
    #[test]
    fn met_expectations_stay() {
        let pattern = |text: &str| Pattern::new(Style::Glob, text).unwrap();
        let wish = |line, times, check: Option<&str>| {
            let mods = Mods { style: Style::Glob, times };
            let sees = |text| Wanted::Sees { mods, pattern: pattern(text) };
            Want { line, who: Whom::Everyone, check: check.map_or(Wanted::Nothing, sees) }
        };
        let unmet = |wishes: &[Want], seen: &[&str]| {
            let wishes: Vec<&Want> = wishes.iter().collect();
            unmet(&wishes, seen.len(), |pattern, line| pattern.matches(seen[line]))
        };
        let wishes = [wish(1, 1, Some("a: *")), wish(2, 2, Some("b: *")), wish(3, 1, Some("c: *"))];
        assert_eq!(unmet(&wishes, &["a: 1", "x", "c: 3"]), (1..2, 1..2));
        assert_eq!(unmet(&wishes, &["a: 1", "b: 1", "c: 3"]), (1..2, 1..2));
        assert_eq!(unmet(&wishes, &["a: 1", "b: 1", "b: 2", "x", "c: 3"]), (2..2, 3..4));
        assert_eq!(unmet(&wishes, &[]), (0..3, 0..0));
        assert_eq!(unmet(&[wish(1, 1, None)], &["a: 1"]), (0..1, 0..1));
        assert_eq!(unmet(&wishes[..1], &["a: 1", "a: 2"]), (1..1, 1..2));
    }
}
