//! What came against what had to come.

use super::due::{Check, Due, DueLine};
use super::event::{Event, EventKind};
use super::pairing::{align, cheapest};
use super::refusal::Refusal;
use crate::bot::pattern::Pattern;
use crate::client::protocol::CaseMapping;
use crate::text::Lang;
use crate::wire::{Message, numeric};
use std::cell::OnceCell;
use std::collections::HashSet;
use std::time::Duration;

/// One line from the server.
#[derive(Debug)]
pub struct Received {
    pub line: ReceivedLine,
    /// Since the step began.
    pub after: Duration,
    /// Part of the registration: what the server says in it is no news.
    pub greeting: bool,
}

impl Received {
    /// Whether it announces the end of a connection that `goes_on`, or its beginning after the greeting.
    fn is_out_of_place(&self, goes_on: bool) -> bool {
        let is = |command| self.line.message().is_some_and(|message| message.is(command));
        (goes_on && is("ERROR")) || (!self.greeting && is(numeric::RPL_WELCOME))
    }
}

/// What a line is.
#[derive(Debug)]
pub enum ReceivedLine {
    Message(Message),
    /// No message, as it is told.
    Unreadable(String),
}

impl ReceivedLine {
    pub fn message(&self) -> Option<&Message> {
        match self {
            ReceivedLine::Message(message) => Some(message),
            ReceivedLine::Unreadable(_) => None,
        }
    }

    /// The line without its tags.
    pub fn body(&self) -> &str {
        match self {
            ReceivedLine::Message(message) => message.body(),
            ReceivedLine::Unreadable(line) => line,
        }
    }

    /// What it tells its reader.
    pub fn events(&self) -> Vec<Event> {
        match self {
            ReceivedLine::Message(message) => Event::of(message, message.nick().unwrap_or("")),
            ReceivedLine::Unreadable(line) => vec![Event::unreadable(line)],
        }
    }
}

/// How lines are compared and shown.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    pub home: &'a str,
    pub lang: Lang,
    pub strict: bool,
    pub mapping: CaseMapping,
}

/// What was wrong for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The script's line that is not met; None: the step's own.
    pub line: Option<usize>,
    pub differences: Vec<Difference>,
}

/// One thing that was wrong.
///
/// An `Extra` line came `again` where it was due once; `written` says that lines in the script stand in
/// place of what is implied. Of an `Altered` one `exact` says that a text is wanted, not a pattern. With
/// `Order` everything came, but not in this order. `NotEnded`: somebody who was killed is still connected.
/// `Refused`: nothing in the script lets the server refuse it. `Misnamed`: the server gave another name (001)
/// than was asked for. `Raw`: fewer protocol lines than wanted match a `<<`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    Missing(String),
    Extra { got: String, again: bool, written: bool },
    Altered { wanted: String, got: String, exact: bool },
    Order { wanted: Vec<String>, got: Vec<String> },
    NotRefused,
    NotEnded,
    Refused(Refusal),
    Misnamed { wanted: String, got: String },
    Raw { wanted: String, times: usize, came: usize },
}

struct Got {
    /// Its place in the inbox.
    at: usize,
    event: Event,
    /// It need not be due: a refusal that was asked for.
    optional: bool,
    /// All lines that stand for it, made when they are first asked for.
    lines: OnceCell<Vec<String>>,
}

/// Compares one person's inbox with what was due; None where all is well,
/// else what is wrong.
pub fn judge(due: &Due, inbox: &[Received], rules: Rules<'_>) -> Option<Finding> {
    let errors = Errors::of(due, inbox, rules.mapping);
    let mut got = got(due, inbox, &errors, rules);
    let mut differences: Vec<Difference> = Vec::new();
    let mut unordered_line = None;
    for line in &due.unordered {
        match got.iter().position(|got| meets(line, got, rules)) {
            Some(at) => drop(got.remove(at)),
            None => {
                differences.push(Difference::Missing(line.check.source().to_owned()));
                unordered_line = unordered_line.or(line.line);
            }
        }
    }
    let mut lines = due.lines.as_slice();
    if due.truncated {
        let came = got.iter().filter(|got| !got.optional).count();
        // Lines that the script writes must have come in spite of that.
        let claimed = lines.iter().rposition(DueLine::is_written).map_or(0, |last| last + 1);
        lines = &lines[..lines.len().min(came.max(claimed))];
    }
    let (missing, mut extra) = unmatched(lines, &got, rules);
    let spare: HashSet<usize> = extra.iter().map(|&g| got[g].at).collect();
    let asked = match asked_for(&due.raw, inbox, &spare) {
        Ok(asked) => asked,
        Err((unmet, line)) => return Some(Finding { line: Some(line), differences: vec![unmet] }),
    };
    extra.retain(|&g| !got[g].optional && !asked.contains(&got[g].at));
    let refusals = extra.iter().filter(|&&g| matches!(got[g].event.kind, EventKind::Refuse { .. }));
    let refusals = refusals.filter_map(|&g| inbox[got[g].at].line.message().and_then(Refusal::of));
    let refusals: Vec<Difference> = refusals.map(Difference::Refused).collect();
    extra.retain(|&g| !matches!(got[g].event.kind, EventKind::Refuse { .. }));
    let line = missing.first().and_then(|&d| lines[d].line);
    let misnamed = due.misnamed.clone().map(|(wanted, got)| Difference::Misnamed { wanted, got });
    // The end of the connection counts as a refusal.
    let not_refused = (errors.unanswered > 0 && !due.truncated).then_some(Difference::NotRefused);
    differences.splice(0..0, misnamed.into_iter().chain(not_refused));
    differences.extend(compared(lines, &got, (&missing, &extra), rules));
    differences.extend(refusals);
    let is_extra = |difference: &Difference| matches!(difference, Difference::Extra { .. });
    let line = line.or(unordered_line).or(due.nothing.filter(|_| differences.iter().any(is_extra)));
    (!differences.is_empty()).then_some(Finding { line, differences })
}

/// The events of an inbox that the indented lines of a step are about.
pub fn seen(due: &Due, inbox: &[Received], rules: Rules<'_>) -> Vec<Event> {
    let mut got = got(due, inbox, &Errors::of(due, inbox, rules.mapping), rules);
    for line in &due.unordered {
        if let Some(at) = got.iter().position(|got| meets(line, got, rules)) {
            got.remove(at);
        }
    }
    got.into_iter().filter(|got| !got.optional).map(|got| got.event).collect()
}

/// What of an inbox is compared.
fn got(due: &Due, inbox: &[Received], errors: &Errors, rules: Rules<'_>) -> Vec<Got> {
    let mut all = Vec::new();
    let mut entered: Option<String> = None;
    for (at, received) in inbox.iter().enumerate() {
        if received.is_out_of_place(due.goes_on) {
            let event = Event::as_it_is(received.line.body());
            all.push(Got { at, event, optional: false, lines: OnceCell::new() });
            continue;
        }
        for event in received.line.events() {
            let counts = match &event.kind {
                EventKind::Refuse { .. } => true,
                // The modes that a server gives everybody at registration.
                EventKind::Mode { to, .. } if received.greeting && rules.mapping.same(to, &event.who) => {
                    false
                }
                // The rank that a server gives somebody who has just come in.
                EventKind::Mode { to, .. }
                    if event.by_server
                        && entered.as_deref().is_some_and(|room| rules.mapping.same(room, to)) =>
                {
                    false
                }
                // The end of the connection is expected, and the line that announces it is not compared.
                EventKind::Kill { .. } if due.truncated => false,
                _ => event.counts() || (rules.strict && !received.greeting),
            };
            entered = match &event.kind {
                EventKind::Enter(room) => Some(room.clone()),
                _ => None,
            };
            if counts {
                let optional = errors.answers.contains(&at);
                all.push(Got { at, event, optional, lines: OnceCell::new() });
            }
        }
    }
    all
}

/// Which of an inbox's errors answer what was to be refused.
struct Errors {
    /// Places in the inbox.
    answers: HashSet<usize>,
    /// How many steps that were to be refused have no answer.
    unanswered: usize,
}

impl Errors {
    fn of(due: &Due, inbox: &[Received], mapping: CaseMapping) -> Errors {
        let mut errors = Errors { answers: HashSet::new(), unanswered: 0 };
        let messages = || inbox.iter().enumerate().filter_map(|(at, got)| Some((at, got.line.message()?)));
        let mut used = HashSet::new();
        for asked in &due.refused {
            let answers = messages().filter(|(_, message)| asked.is_answered_by(message, mapping));
            let answers: Vec<usize> = answers.map(|(at, _)| at).collect();
            let first = answers.iter().find(|at| used.insert(**at));
            errors.unanswered += usize::from(first.is_none());
            errors.answers.extend(answers);
        }
        errors
    }
}

/// The first refusal that nothing in the script asks for.
pub fn unexpected_refusal(due: &Due, inbox: &[Received], mapping: CaseMapping) -> Option<Refusal> {
    let refusal = |received: &Received| received.line.message().and_then(Refusal::of);
    if !inbox.iter().any(|received| refusal(received).is_some()) {
        return None;
    }
    let errors = Errors::of(due, inbox, mapping);
    let asked = asked_for(&due.raw, inbox, &HashSet::new()).unwrap_or_default();
    let mut all =
        inbox.iter().enumerate().filter(|(at, _)| !errors.answers.contains(at) && !asked.contains(at));
    all.find_map(|(_, received)| refusal(received))
}

/// When the last line that counts came.
pub fn complete_after(inbox: &[Received]) -> Option<Duration> {
    let last = inbox.iter().rev().find(|received| received.line.events().iter().any(Event::counts));
    last.map(|received| received.after)
}

/// The lines of the inbox that the `<<` ask for, in their order. Where there
/// is a choice they are lines that are due anyway, so that a `<<` excuses none
/// of `spare` without need. The error: the first that is not met.
fn asked_for(
    raw: &[(Pattern, usize, usize)],
    inbox: &[Received],
    spare: &HashSet<usize>,
) -> Result<HashSet<usize>, (Difference, usize)> {
    if raw.is_empty() {
        return Ok(HashSet::new());
    }
    let mut from = 0;
    let mut wanted = Vec::new();
    for (pattern, times, line) in raw {
        for came in 0..*times {
            let at = (from..inbox.len()).find(|&at| pattern.matches(inbox[at].line.body()));
            let Some(at) = at else {
                let wanted = pattern.source().to_owned();
                return Err((Difference::Raw { wanted, times: *times, came }, *line));
            };
            from = at + 1;
            wanted.push(pattern);
        }
    }
    let matches = |pattern: &&Pattern, line: &Received| pattern.matches(line.line.body());
    Ok(cheapest(&wanted, inbox, matches, spare).unwrap_or_default())
}

fn meets(due: &DueLine, got: &Got, rules: Rules<'_>) -> bool {
    match &due.check {
        Check::Implied(implied) => implied.is(&got.event, rules.mapping),
        Check::Written(pattern) => {
            let lines = got.lines.get_or_init(|| got.event.spellings(rules.home));
            lines.iter().any(|line| pattern.matches(line))
        }
    }
}

/// The places of what is missing and of what is too much.
fn unmatched(due: &[DueLine], got: &[Got], rules: Rules<'_>) -> (Vec<usize>, Vec<usize>) {
    // The common case costs one pass.
    if due.len() == got.len() && due.iter().zip(got).all(|(due, got)| meets(due, got, rules)) {
        return (Vec::new(), Vec::new());
    }
    let pairs = align(due, got, |due, got| meets(due, got, rules));
    let (due_met, got_met): (HashSet<usize>, HashSet<usize>) = pairs.into_iter().unzip();
    let missing = (0..due.len()).filter(|d| !due_met.contains(d)).collect();
    (missing, (0..got.len()).filter(|g| !got_met.contains(g)).collect())
}

fn compared(
    due: &[DueLine],
    got: &[Got],
    (missing, extra): (&[usize], &[usize]),
    rules: Rules<'_>,
) -> Vec<Difference> {
    let wanted = |due: &DueLine| due.check.source().to_owned();
    let shown = |got: &Got| got.event.line(rules.home, rules.lang);
    let reordered = !missing.is_empty()
        && missing.len() == extra.len()
        && missing.iter().all(|&d| extra.iter().any(|&g| meets(&due[d], &got[g], rules)));
    if reordered {
        let got = got.iter().filter(|got| !got.optional).map(shown).collect();
        return vec![Difference::Order { wanted: due.iter().map(wanted).collect(), got }];
    }
    let mut all = Vec::new();
    for at in 0..missing.len().max(extra.len()) {
        all.push(match (missing.get(at), extra.get(at)) {
            (Some(&d), Some(&g)) => Difference::Altered {
                wanted: wanted(&due[d]),
                got: shown(&got[g]),
                exact: due[d].check.is_exact(),
            },
            (Some(&d), None) => Difference::Missing(wanted(&due[d])),
            (None, Some(&g)) => {
                let again = due.iter().any(|due| meets(due, &got[g], rules));
                let written = due.iter().any(DueLine::is_written);
                Difference::Extra { got: shown(&got[g]), again, written }
            }
            (None, None) => continue,
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::expect::due::{Implied, Reasons};
    use crate::bot::expect::refusal::Asked;
    use std::rc::Rc;

    const RULES: Rules<'_> =
        Rules { home: "#lobby", lang: Lang::En, strict: false, mapping: CaseMapping::Ascii };

    fn got(lines: &[&str]) -> Vec<Received> {
        let received = |line: &&str| Received {
            line: ReceivedLine::Message(Message::parse(line).unwrap()),
            after: Duration::ZERO,
            greeting: false,
        };
        lines.iter().map(received).collect()
    }

    fn due(lines: &[&str]) -> Due {
        let lines =
            lines.iter().map(|line| DueLine { check: Check::Written(Pattern::literal(line)), line: None });
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
        assert_eq!(differences(&[], &[":s.x NOTICE y :hello", ":s.x MODE #lobby +o x"]), []);
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

    fn refused() -> Due {
        let asked = Asked::by(&["PRIVMSG #lobby :a".to_owned()], CaseMapping::Ascii);
        Due { refused: vec![asked], ..Due::default() }
    }

    /// A refused step without visible effect was once well.
    #[test]
    fn a_refusal_is_due_or_a_difference() {
        let refusal = [":s 404 x #lobby :no"];
        assert!(judge(&refused(), &got(&refusal), RULES).is_none());
        let told = judge(&Due::default(), &got(&refusal), RULES).unwrap().differences;
        assert!(matches!(&told[..], [Difference::Refused(_)]));
        let told = judge(&due(&["x: a"]), &got(&refusal), RULES).unwrap().differences;
        assert!(matches!(&told[..], [Difference::Missing(_), Difference::Refused(_)]));
        for other in [":s 422 x :no motd", ":s 461 x FOO :not enough", ":s 404 x #other :no"] {
            let told = judge(&refused(), &got(&[other]), RULES).unwrap().differences;
            assert_eq!(told[0], Difference::NotRefused, "{other}");
        }
        let written = Due { lines: due(&["404: no"]).lines, ..refused() };
        assert!(judge(&written, &got(&refusal), RULES).is_none());
        assert!(judge(&due(&["404: no"]), &got(&refusal), RULES).is_none());
    }

    #[test]
    fn drawn_alike_is_not_the_same() {
        let implied = |line: &str| {
            let message = Message::parse(line).unwrap();
            let event = Event::of(&message, message.nick().unwrap()).remove(0);
            let check =
                Check::Implied(Rc::new(Implied { event, reasons: Reasons::Any, shown: String::new() }));
            Due { lines: vec![DueLine { check, line: None }], ..Due::default() }
        };
        for (sent, got_line, same) in [
            (":x PRIVMSG #Lobby :a", ":X!u@h PRIVMSG #lobby :a", true),
            (":x PRIVMSG b :a", ":x!u@h PRIVMSG B :a", true),
            (":x PRIVMSG b :a", ":x!u@h PRIVMSG c :a", false),
            (":x PRIVMSG b :a", ":x!u@h PRIVMSG $$* :a", false),
            (":x PRIVMSG b :\x01ACTION waves\x01", ":x!u@h PRIVMSG b :\x01ACTIONwaves\x01", false),
            (":x PRIVMSG b :\x01ACTION waves\x01", ":x!u@h PRIVMSG b :\x01ACTION waves", false),
            (":x QUIT", ":x!u@h PART #lobby", false),
            (":x PRIVMSG b :a", ":x!u@h NOTICE b :a", false),
        ] {
            assert_eq!(judge(&implied(sent), &got(&[got_line]), RULES).is_none(), same, "{sent} {got_line}");
        }
    }

    #[test]
    fn a_reason_is_the_one_that_was_given() {
        let reasons = |all: &[&str]| Reasons::Of(all.iter().map(|&one| one.to_owned()).collect());
        assert!(reasons(&["", "x"]).allow(None) && reasons(&["x"]).allow(Some("x")));
        assert!(
            !reasons(&["x"]).allow(None) && !reasons(&[""]).allow(Some("x")) && Reasons::Any.allow(Some("y"))
        );
    }

    /// A line that a `<<` asks for is not too many, even where nothing else is due.
    #[test]
    fn raw_line_may_stand_alone() {
        let raw = |times| {
            let pattern = Pattern::new(crate::bot::pattern::Style::Glob, ":x!* PRIVMSG * :b").unwrap();
            Due { raw: vec![(pattern, times, 7)], ..Due::default() }
        };
        assert!(judge(&raw(1), &got(&[B]), RULES).is_none());
        assert_eq!(judge(&raw(1), &got(&[A]), RULES).unwrap().line, Some(7));
        let unmet = judge(&raw(3), &got(&[B, A, B]), RULES).unwrap().differences;
        assert_eq!(unmet, [Difference::Raw { wanted: ":x!* PRIVMSG * :b".into(), times: 3, came: 2 }]);
        // It excuses nothing where the line that is due may be the one that is asked for.
        let any = Pattern::new(crate::bot::pattern::Style::Glob, "*PRIVMSG*").unwrap();
        let both = Due { lines: due(&["x: b"]).lines, raw: vec![(any, 1, 7)], ..Due::default() };
        assert!(judge(&both, &got(&[B]), RULES).is_none());
        for inbox in [[A, B], [B, A]] {
            let told = judge(&both, &got(&inbox), RULES).unwrap().differences;
            assert!(matches!(&told[..], [Difference::Extra { .. }]), "{told:?}");
        }
    }

    /// A line that can't be read is one too many.
    #[test]
    fn unreadable_line_is_extra() {
        let inbox = [Received {
            line: ReceivedLine::Unreadable(":x!u@h PRIVMSG #lobby :\u{fffd}".to_owned()),
            after: Duration::ZERO,
            greeting: false,
        }];
        assert!(matches!(
            &judge(&Due::default(), &inbox, RULES).unwrap().differences[..],
            [Difference::Extra { .. }]
        ));
        assert!(
            judge(&due(&["x sends an unreadable line: :x!u@h PRIVMSG #lobby :\u{fffd}"]), &inbox, RULES)
                .is_none()
        );
    }

    /// An ERROR was once nobody's business, and a second welcome a name that was believed.
    #[test]
    fn false_end_or_beginning_is_extra() {
        let told = |goes_on, line| judge(&Due { goes_on, ..Due::default() }, &got(&[line]), RULES);
        assert!(told(true, "ERROR :Closing link").is_some() && told(false, "ERROR :Closing link").is_none());
        assert!(told(true, ":s 001 Evil :Welcome").is_some());
        let mut greeting = got(&[":s 001 x :Welcome"]);
        greeting[0].greeting = true;
        assert!(judge(&Due::default(), &greeting, RULES).is_none());
    }

    /// What was written about somebody whose connection ended was once never looked at.
    #[test]
    fn truncation_leaves_written_lines_due() {
        let mut truncated = Due { truncated: true, ..due(&["x: a", "x: b"]) };
        truncated.lines.iter_mut().for_each(|line| line.line = Some(7));
        assert!(judge(&truncated, &got(&[A, B]), RULES).is_none());
        assert_eq!(
            judge(&truncated, &got(&[A]), RULES).unwrap().differences,
            [Difference::Missing("x: b".into())]
        );
        truncated.lines.iter_mut().for_each(|line| line.line = None);
        assert!(judge(&truncated, &got(&[A]), RULES).is_none());
    }

    #[test]
    fn an_unordered_line_may_come_anywhere() {
        let unordered = Due { unordered: due(&["x: b"]).lines, ..due(&["x: a", "x: a"]) };
        for inbox in [[A, A, B], [A, B, A], [B, A, A]] {
            assert!(judge(&unordered, &got(&inbox), RULES).is_none());
        }
        assert!(judge(&unordered, &got(&[A, A]), RULES).is_some());
    }
}
