//! What came against what had to come.

use super::due::{Due, DueLine};
use super::event::{Deed, Event, is_refusal};
use crate::text::Lang;
use crate::text::sanitise::for_drawing;
use crate::wire::Message;
use std::cell::OnceCell;
use std::collections::HashSet;
use std::fmt::{self, Display};
use std::rc::Rc;
use std::time::Duration;

/// One line from the server.
#[derive(Debug)]
pub struct Received {
    pub message: Message,
    /// Since the step began.
    pub after: Duration,
    /// Part of the registration: numerics in it are no news.
    pub greeting: bool,
}

/// How lines are compared and shown.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    pub home: &'a str,
    pub lang: Lang,
    pub strict: bool,
}

/// What was wrong for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The script's line that is not met; None: the step's own.
    pub line: Option<usize>,
    pub differences: Vec<Difference>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    Missing(String),
    /// `written`: lines in the script stand in place of what is implied.
    Extra {
        got: String,
        again: bool,
        written: bool,
    },
    /// `exact`: what is wanted is a text, not a pattern.
    Altered {
        wanted: String,
        got: String,
        exact: bool,
    },
    /// Everything came, but not in this order.
    Order {
        wanted: Vec<String>,
        got: Vec<String>,
    },
    NotRefused,
    /// Beside something missing: the server refused the step.
    Refused(String),
    /// Fewer protocol lines than wanted match a `<<`.
    Raw {
        wanted: String,
        times: usize,
        came: usize,
    },
}

struct Got {
    event: Event,
    home: Rc<str>,
    /// In the script's language.
    shown: String,
    /// All that stand for it, made when they are first asked for.
    lines: OnceCell<Vec<String>>,
    /// A `<<` asked for this line: it may stand alone.
    forgiven: bool,
}

/// Compares one person's inbox with what was due; None where all is well,
/// else what is wrong.
pub fn judge(due: &Due, inbox: &[Received], rules: Rules<'_>) -> Option<Finding> {
    let mut forgiven = vec![false; inbox.len()];
    if let Some((unmet, line)) = unmet_raw(due, inbox, &mut forgiven) {
        return Some(Finding { line: Some(line), differences: vec![unmet] });
    }
    let home: Rc<str> = rules.home.into();
    let refusal = refusals(inbox).next().map(|(_, refusal)| refusal);
    let mut got = Vec::new();
    for (received, forgiven) in inbox.iter().zip(forgiven) {
        for event in events(received) {
            let shown = event.line(rules.home, rules.lang);
            let refuses = matches!(event.deed, Deed::Refuse { .. });
            if event.counts() || (rules.strict && !received.greeting && !(refuses && due.refusal)) {
                got.push(Got { event, home: Rc::clone(&home), shown, lines: OnceCell::new(), forgiven });
            }
        }
    }
    let mut lines = due.lines.as_slice();
    if due.cut {
        lines = &lines[..lines.len().min(got.len())];
    }
    let mut finding = compare(lines, &got).unwrap_or(Finding { line: None, differences: Vec::new() });
    finding.line = finding.line.or(due.nothing.filter(|_| !finding.differences.is_empty()));
    match refusal {
        None if due.refusal => finding.differences.insert(0, Difference::NotRefused),
        Some(Refusal { code, text }) if !due.refusal && !finding.differences.is_empty() => {
            finding.differences.push(Difference::Refused(format!("{code}: {text}")));
        }
        _ => {}
    }
    (!finding.differences.is_empty()).then_some(finding)
}

/// What a server says that refuses: an error numeric or FAIL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    code: String,
    text: String,
}

impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", for_drawing(format!("{} {}", self.code, self.text).trim_end_matches([' ', '.'])))
    }
}

/// The first refusal that nothing in the script asks for.
pub fn unexpected_refusal(due: &Due, inbox: &[Received]) -> Option<Refusal> {
    let mut all = refusals(inbox).peekable();
    if due.refusal || all.peek().is_none() {
        return None;
    }
    let mut wanted = vec![false; inbox.len()];
    unmet_raw(due, inbox, &mut wanted);
    all.find(|(at, _)| !wanted[*at]).map(|(_, refusal)| refusal)
}

/// With their places. A server without capabilities says so in a refusal,
/// which refuses nothing.
fn refusals(inbox: &[Received]) -> impl Iterator<Item = (usize, Refusal)> {
    let refuses = |received: &Received| {
        let (message, greeting) = (&received.message, received.greeting);
        let about_cap = || message.params().any(|param| param.eq_ignore_ascii_case("CAP"));
        (is_refusal(message.command()) || message.is("FAIL")) && !(greeting && about_cap())
    };
    let all = inbox.iter().enumerate().filter(move |(_, received)| refuses(received));
    all.map(|(at, Received { message, .. })| {
        let text = message.last().unwrap_or("").to_owned();
        (at, Refusal { code: message.command().to_ascii_uppercase(), text })
    })
}

/// What a received line tells its reader.
pub fn events(received: &Received) -> Vec<Event> {
    Event::of(&received.message, received.message.nick().unwrap_or(""))
}

/// When the last line that counts came.
pub fn complete_after(inbox: &[Received]) -> Option<Duration> {
    let last = inbox.iter().rev().find(|received| events(received).iter().any(Event::counts));
    last.map(|received| received.after)
}

fn unmet_raw(due: &Due, inbox: &[Received], forgiven: &mut [bool]) -> Option<(Difference, usize)> {
    let mut from = 0;
    for (pattern, times, line) in &due.raw {
        for came in 0..*times {
            let at = (from..inbox.len()).find(|&at| pattern.matches(inbox[at].message.body()));
            let Some(at) = at else {
                let wanted = pattern.source().to_owned();
                return Some((Difference::Raw { wanted, times: *times, came }, *line));
            };
            forgiven[at] = true;
            from = at + 1;
        }
    }
    None
}

fn meets(due: &DueLine, got: &Got) -> bool {
    if due.who.as_ref().is_some_and(|who| *who != got.event.who) {
        return false;
    }
    due.pattern.matches(&got.shown)
        || got.lines.get_or_init(|| got.event.lines(&got.home)).iter().any(|line| due.pattern.matches(line))
}

fn compare(due: &[DueLine], got: &[Got]) -> Option<Finding> {
    // The common case costs one pass.
    if due.len() == got.len() && due.iter().zip(got).all(|(due, got)| meets(due, got)) {
        return None;
    }
    let pairs = align(due, got);
    let (due_met, got_met): (HashSet<usize>, HashSet<usize>) = pairs.into_iter().unzip();
    let missing: Vec<usize> = (0..due.len()).filter(|d| !due_met.contains(d)).collect();
    let extra: Vec<usize> = (0..got.len()).filter(|g| !got[*g].forgiven && !got_met.contains(g)).collect();
    if missing.is_empty() && extra.is_empty() {
        return None;
    }
    let line = missing.first().and_then(|&d| due[d].line);
    Some(Finding { line, differences: differences(due, got, &missing, &extra) })
}

fn differences(due: &[DueLine], got: &[Got], missing: &[usize], extra: &[usize]) -> Vec<Difference> {
    let wanted = |d: &usize| due[*d].pattern.source().to_owned();
    let shown = |g: &usize| got[*g].shown.clone();
    let reordered = missing.len() == extra.len()
        && missing.iter().all(|&d| extra.iter().any(|&g| meets(&due[d], &got[g])));
    if reordered {
        let wanted = due.iter().map(|due| due.pattern.source().to_owned()).collect();
        return vec![Difference::Order { wanted, got: got.iter().map(|got| got.shown.clone()).collect() }];
    }
    let mut all = Vec::new();
    for at in 0..missing.len().max(extra.len()) {
        all.push(match (missing.get(at), extra.get(at)) {
            (Some(d), Some(g)) => {
                Difference::Altered { wanted: wanted(d), got: shown(g), exact: due[*d].pattern.is_literal() }
            }
            (Some(d), None) => Difference::Missing(wanted(d)),
            (None, Some(g)) => {
                let again = due.iter().any(|due| meets(due, &got[*g]));
                // What is implied knows its author.
                let written = due.iter().any(|due| due.line.is_some() && due.who.is_none());
                Difference::Extra { got: shown(g), again, written }
            }
            (None, None) => continue,
        });
    }
    all
}

/// Lines between the common beginning and end that are compared each with
/// each; beyond these the rest counts as different.
const MOST_ALIGNED: usize = 2000;

/// Pairs what was due with what came, as many as the order allows.
fn align(due: &[DueLine], got: &[Got]) -> Vec<(usize, usize)> {
    let pairs = due.iter().zip(got);
    let head = pairs.take_while(|(due, got)| meets(due, got)).count();
    let (rest_due, rest_got) = (&due[head..], &got[head..]);
    let pairs = rest_due.iter().rev().zip(rest_got.iter().rev());
    let tail = pairs.take_while(|(due, got)| meets(due, got)).count();
    let middle_due = &rest_due[..(rest_due.len() - tail).min(MOST_ALIGNED)];
    let middle_got = &rest_got[..(rest_got.len() - tail).min(MOST_ALIGNED)];
    let middle = longest(middle_due, middle_got).into_iter().map(|(d, g)| (d + head, g + head));
    let ends = (1..=tail).rev().map(|back| (due.len() - back, got.len() - back));
    (0..head).map(|at| (at, at)).chain(middle).chain(ends).collect()
}

/// A longest common subsequence.
fn longest(due: &[DueLine], got: &[Got]) -> Vec<(usize, usize)> {
    let same: Vec<Vec<bool>> =
        due.iter().map(|due| got.iter().map(|got| meets(due, got)).collect()).collect();
    let mut length = vec![vec![0u32; got.len() + 1]; due.len() + 1];
    for d in (0..due.len()).rev() {
        for g in (0..got.len()).rev() {
            length[d][g] = match same[d][g] {
                true => length[d + 1][g + 1] + 1,
                false => length[d + 1][g].max(length[d][g + 1]),
            };
        }
    }
    let (mut d, mut g, mut pairs) = (0, 0, Vec::new());
    while d < due.len() && g < got.len() {
        if same[d][g] {
            pairs.push((d, g));
            (d, g) = (d + 1, g + 1);
        } else if length[d + 1][g] >= length[d][g + 1] {
            d += 1;
        } else {
            g += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::expect::pattern::Pattern;

    const RULES: Rules<'_> = Rules { home: "#lobby", lang: Lang::En, strict: false };

    fn got(lines: &[&str]) -> Vec<Received> {
        let received = |line: &&str| Received {
            message: Message::parse(line).unwrap(),
            after: Duration::ZERO,
            greeting: false,
        };
        lines.iter().map(received).collect()
    }

    fn due(lines: &[&str]) -> Due {
        let lines =
            lines.iter().map(|line| DueLine { pattern: Pattern::literal(line), line: None, who: None });
        Due { lines: lines.collect(), ..Due::default() }
    }

    fn differences(wanted: &[&str], lines: &[&str]) -> Vec<Difference> {
        judge(&due(wanted), &got(lines), RULES).map_or(Vec::new(), |finding| finding.differences)
    }

    const A: &str = ":x!u@h PRIVMSG #lobby :a";
    const B: &str = ":x!u@h PRIVMSG #lobby :b";

    #[test]
    fn the_right_lines_in_order_are_well() {
        assert_eq!(differences(&["x: a", "x: b"], &[A, ":s 353 y = #lobby :x y", B]), []);
        assert_eq!(differences(&[], &[":s NOTICE y :hello", ":s MODE #lobby +o x"]), []);
    }

    #[test]
    fn each_lie_has_its_name() {
        let altered = Difference::Altered { wanted: "x: c".into(), got: "x: a".into(), exact: true };
        assert_eq!(differences(&["x: c"], &[A]), [altered]);
        assert_eq!(differences(&["x: a"], &[]), [Difference::Missing("x: a".into())]);
        assert_eq!(
            differences(&["x: a"], &[A, A]),
            [Difference::Extra { got: "x: a".into(), again: true, written: false }]
        );
        assert_eq!(
            differences(&["x: a"], &[A, B]),
            [Difference::Extra { got: "x: b".into(), again: false, written: false }]
        );
        let order = Difference::Order {
            wanted: vec!["x: a".into(), "x: b".into()],
            got: vec!["x: b".into(), "x: a".into()],
        };
        assert_eq!(differences(&["x: a", "x: b"], &[B, A]), [order]);
    }

    #[test]
    fn a_refusal_is_a_refusal_only_where_it_is_due() {
        let refusal = [":s 404 x #lobby :no"];
        assert!(judge(&Due { refusal: true, ..Due::default() }, &got(&refusal), RULES).is_none());
        assert!(judge(&Due::default(), &got(&refusal), RULES).is_none());
        let told = judge(&due(&["x: a"]), &got(&refusal), RULES).unwrap().differences;
        assert_eq!(told[1], Difference::Refused("404: no".into()));
        assert!(judge(&Due::default(), &got(&refusal), Rules { strict: true, ..RULES }).is_some());
        let greeting = [":s 422 x :no motd"];
        let finding = judge(&Due { refusal: true, ..Due::default() }, &got(&greeting), RULES).unwrap();
        assert_eq!(finding.differences, [Difference::NotRefused]);
    }

    #[test]
    fn a_protocol_line_that_was_asked_for_may_stand_alone() {
        let raw = |times| {
            let pattern = Pattern::new(crate::bot::script::Style::Glob, ":x!* PRIVMSG * :b").unwrap();
            Due { raw: vec![(pattern, times, 7)], ..Due::default() }
        };
        assert!(judge(&raw(1), &got(&[B]), RULES).is_none());
        assert_eq!(judge(&raw(1), &got(&[A]), RULES).unwrap().line, Some(7));
        let unmet = judge(&raw(3), &got(&[B, A, B]), RULES).unwrap().differences;
        assert_eq!(unmet, [Difference::Raw { wanted: ":x!* PRIVMSG * :b".into(), times: 3, came: 2 }]);
    }
}
