//! A failure as people read it: where, who, what instead, and how to see it again.

mod excerpt;

use super::expect::judge::Difference;
use super::script::keyword::Command;
use super::script::{Action, Fault};
use crate::text::sanitise::for_drawing;
pub use excerpt::{excerpt, visible};
use std::fmt::Write;
use std::mem::discriminant;
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

/// People and differences shown in full; the rest is counted.
const MOST_SHOWN: usize = 5;

/// Columns of a text whose note stands below the others' notes; behind a wider
/// one it stands at once.
const COLUMN: usize = 120;

/// One step that failed.
#[derive(Debug)]
pub struct Failure {
    /// The step's line in the script.
    pub step: usize,
    /// The line that is not met: the step's own, or an indented one below it.
    pub line: usize,
    pub actor: String,
    pub people: Vec<Person>,
    pub cause: Option<Cause>,
    /// The step is not in the script: everybody leaves at its end.
    pub at_the_end: bool,
}

/// What the server refused somebody who acted: the likely reason for all else.
#[derive(Debug)]
pub struct Cause {
    pub who: String,
    /// From what it kept somebody away: to come in, or to come back.
    pub kept_from: Option<&'static str>,
    /// The server's own words.
    pub said: String,
}

/// How a step went for one person.
#[derive(Debug)]
pub struct Person {
    pub name: String,
    /// What was done, as the object of "did not see".
    pub what: String,
    pub outcome: Outcome,
    /// The last protocol lines to this person, oldest first.
    pub last: Vec<String>,
}

#[derive(Debug)]
pub enum Outcome {
    /// When the last line that counts had come.
    Well(Option<Duration>),
    Wrong(Vec<Difference>),
    NoAnswer(Duration),
    /// The server closed the connection; its last word.
    Closed(String),
    /// More came than is taken in one step: so many MiB.
    Flooded(usize),
    /// The server's console did not say this.
    Console(String),
}

/// What a step is called where somebody did not see it.
pub fn what(action: &Action<String>, actor: &str) -> String {
    match action {
        Action::Say { .. } => format!("what {actor} said"),
        Action::Join { .. } | Action::Command { command: Command::Join, .. } => format!("{actor} come in"),
        Action::Fault(Fault::Reconnect) => format!("{actor} come back, or what was said meanwhile"),
        Action::Fault(Fault::Stall | Fault::Resume) => "what was to come meanwhile".to_owned(),
        Action::Fault(Fault::Drop)
        | Action::Leave { .. }
        | Action::Command { command: Command::Part | Command::Quit, .. } => {
            format!("{actor} leave")
        }
        Action::Command { command: Command::Nick, .. } => format!("{actor} take another name"),
        Action::Command { command: Command::Topic, .. } => format!("the topic that {actor} set"),
        Action::Command { command: Command::Kick, .. } => format!("{actor} remove somebody"),
        Action::Command { command: Command::Me, .. } => format!("what {actor} did"),
        Action::Command { command: Command::Msg, .. } => format!("what {actor} said in private"),
        _ => format!("what {actor} sent"),
    }
}

/// What a person can't do after the server has refused this.
pub fn kept_from(action: &Action<String>) -> Option<&'static str> {
    match action {
        Action::Join { .. } | Action::Command { command: Command::Join, .. } => Some("come in"),
        Action::Fault(Fault::Reconnect) => Some("come back"),
        _ => None,
    }
}

impl Failure {
    /// That one person has not seen what a line says, in a step that nothing else is wrong with.
    pub fn of_one(person: Person, actor: String, step: usize, line: usize) -> Failure {
        Failure { step, line, actor, people: vec![person], cause: None, at_the_end: false }
    }

    /// The whole report; `again` is the command that shows it again.
    pub fn show(&self, path: &str, source: &str, again: &str) -> String {
        let mut out = format!("{path}:{}: {}\n", self.line, self.headline());
        self.context(source, &mut out);
        let wrong = || self.people.iter().filter(|person| !person.is_well());
        let well: Vec<&Person> = self.people.iter().filter(|person| person.is_well()).collect();
        let shown = || wrong().take(MOST_SHOWN).chain(well.iter().copied().take(MOST_SHOWN));
        let width = shown().map(|person| person.name.width()).max().unwrap_or(0);
        for person in shown() {
            person.show(width, &mut out);
        }
        let others = self.people.len() - shown().count();
        if others > 0 {
            let _ =
                writeln!(out, "  and {others} more ({} of them well)", well.len().saturating_sub(MOST_SHOWN));
        }
        for person in wrong().take(MOST_SHOWN) {
            last_lines(person, &mut out);
        }
        let _ = writeln!(out, "again: {again}");
        out
    }

    /// What went wrong, in one line.
    pub fn headline(&self) -> String {
        let wrong: Vec<&Person> = self.people.iter().filter(|person| !person.is_well()).collect();
        let Some(first) = wrong.first() else { return "something went wrong".to_owned() };
        let end = if self.at_the_end { "at the end, " } else { "" };
        if let Some(Cause { who, kept_from: Some(kind), said }) = &self.cause {
            return format!("{end}{who} could not {kind}: {}", excerpt(said, 0));
        }
        let alike = |person: &&&Person| discriminant(&person.outcome) == discriminant(&first.outcome);
        let who = names(&wrong.iter().filter(alike).copied().collect::<Vec<_>>());
        let said = |cause: &Cause| format!("; the server refused {}: {}", cause.who, excerpt(&cause.said, 0));
        let cause = self.cause.as_ref().map_or(String::new(), said);
        let told = match &first.outcome {
            Outcome::NoAnswer(time) => {
                format!("the server did not answer {who} within {}{cause}", duration(*time))
            }
            Outcome::Closed(_) => format!("the server closed the connection of {who}"),
            Outcome::Flooded(most) => format!("the server sent {who} more than {most} MiB in one step"),
            Outcome::Console(_) => "the server's console did not say this".to_owned(),
            Outcome::Wrong(differences) => match differences.first() {
                Some(Difference::Extra { again: true, .. }) => format!("{who} saw a line twice"),
                Some(Difference::Extra { .. }) => format!("{who} saw something that was not to be seen"),
                Some(Difference::Order { .. }) => format!("{who} saw the lines in another order"),
                Some(Difference::Refused(why)) => {
                    format!("the server refused {who}: {}", excerpt(&why.to_string(), 0))
                }
                Some(Difference::NotEnded) => format!("the server did not end the connection of {who}"),
                Some(Difference::Misnamed { wanted, got }) => {
                    format!("the server calls {wanted} by another name: {}", excerpt(got, 0))
                }
                Some(Difference::NotRefused) => format!("the server did not refuse {}", self.actor),
                Some(Difference::Raw { times: 1, .. }) => {
                    format!("{who} did not get this protocol line{cause}")
                }
                Some(Difference::Raw { times, came, .. }) => {
                    format!("{who} got {came} of {times} protocol lines{cause}")
                }
                _ => unseen(&wrong, &first.what, &cause),
            },
            Outcome::Well(_) => String::new(),
        };
        format!("{end}{told}")
    }

    /// One line before, then all to the line that is not met.
    fn context(&self, source: &str, out: &mut String) {
        let digits = (self.line.to_string().len()).max(1);
        let first = self.step.saturating_sub(1).max(1);
        for (number, line) in source.lines().enumerate().map(|(index, line)| (index + 1, line)) {
            if number < first || number > self.line {
                continue;
            }
            let mark = if number == self.line { '>' } else { ' ' };
            let text = format!(" {mark} {number:>digits$} | {}", excerpt(&for_drawing(line), 0));
            let _ = writeln!(out, "{}", text.trim_end());
        }
    }
}

fn names(people: &[&Person]) -> String {
    match people {
        [] => String::new(),
        [one] => one.name.clone(),
        [one, other] => format!("{} and {}", one.name, other.name),
        [one, others @ ..] => format!("{} and {} others", one.name, others.len()),
    }
}

/// The people who did not see this and why, and that others failed in another way.
fn unseen(wrong: &[&Person], what: &str, cause: &str) -> String {
    let (these, others): (Vec<&Person>, Vec<&Person>) = wrong.iter().partition(|person| person.what == what);
    let more = match others.is_empty() {
        true => String::new(),
        false => format!("; below more about {}", names(&others)),
    };
    format!("{} did not see {what}{cause}{more}", names(&these))
}

impl Person {
    pub fn is_well(&self) -> bool {
        matches!(self.outcome, Outcome::Well(_))
    }

    fn show(&self, width: usize, out: &mut String) {
        let name = format!("{}{}", self.name, " ".repeat(width.saturating_sub(self.name.width())));
        let margin = " ".repeat(width);
        let told = match &self.outcome {
            Outcome::Well(None) => "ok".to_owned(),
            Outcome::Well(Some(after)) => format!("ok after {}", duration(*after)),
            Outcome::NoAnswer(time) => format!("no answer for {}", duration(*time)),
            Outcome::Closed(why) => format!("closed: {}", excerpt(why, 0)),
            Outcome::Flooded(_) => "flooded: the connection was given up".to_owned(),
            Outcome::Console(wanted) => format!("- {}  expected", excerpt(wanted, 0)),
            Outcome::Wrong(differences) => {
                let rows: Vec<Row> = differences.iter().flat_map(rows).collect();
                let column = rows.iter().map(|row| row.text.width() + 2).max().unwrap_or(0).clamp(18, COLUMN);
                for (nth, row) in rows.iter().take(MOST_SHOWN * 2).enumerate() {
                    let left = if nth == 0 { &name } else { &margin };
                    let pad = " ".repeat(column.saturating_sub(row.text.width()).max(2));
                    let _ = writeln!(out, "  {left}  {} {}{pad}{}", row.sign, row.text, row.note);
                }
                if rows.len() > MOST_SHOWN * 2 {
                    let _ = writeln!(out, "  {margin}  … {} more lines", rows.len() - MOST_SHOWN * 2);
                }
                return;
            }
        };
        let _ = writeln!(out, "  {name}  {told}");
    }
}

struct Row {
    sign: char,
    text: String,
    note: String,
}

fn rows(difference: &Difference) -> Vec<Row> {
    let row_at =
        |sign, text: &str, note: &str, at| Row { sign, text: excerpt(text, at), note: note.to_owned() };
    let row = |sign, text: &str, note: &str| row_at(sign, text, note, 0);
    match difference {
        Difference::Missing(wanted) => vec![row('-', wanted, "expected"), row('+', "(nothing)", "got")],
        Difference::Altered { wanted, got, exact } => {
            let note = if *exact { compared(wanted, got) } else { "got, does not match".to_owned() };
            let at = common(wanted, got);
            vec![row_at('-', wanted, "expected", at), row_at('+', got, &note, at)]
        }
        Difference::Refused(why) => vec![row('!', &why.to_string(), "the server refused")],
        Difference::NotEnded => vec![row('-', "the end of the connection", "expected")],
        Difference::Misnamed { wanted, got } => {
            vec![row('-', &format!("001 {wanted}"), "expected"), row('+', &format!("001 {got}"), "got")]
        }
        Difference::Extra { got, again: true, .. } => vec![row('+', got, "got once more")],
        Difference::Extra { got, written: true, .. } => {
            vec![row('+', got, "got; the lines written here replace all that is implied")]
        }
        Difference::Extra { got, .. } => vec![row('+', got, "got, not expected")],
        Difference::Order { wanted, got } => {
            let wanted = wanted.iter().map(|line| row('-', line, "expected"));
            wanted.chain(got.iter().map(|line| row('+', line, "got"))).collect()
        }
        Difference::NotRefused => vec![row('-', "a refusal of this command", "expected")],
        Difference::Raw { wanted, times: 1, .. } => vec![row('-', wanted, "expected")],
        Difference::Raw { wanted, times, came } => {
            vec![row('-', wanted, &format!("expected {times} times, came {}", often(*came)))]
        }
    }
}

fn compared(wanted: &str, got: &str) -> String {
    if let Some(rest) = wanted.strip_prefix(got) {
        return format!("got, {} short", bytes(rest.len()));
    }
    if let Some(rest) = got.strip_prefix(wanted) {
        return format!("got, {} too many", bytes(rest.len()));
    }
    format!("got, differs at character {}", wanted[..common(wanted, got)].chars().count() + 1)
}

/// Bytes with which both begin.
fn common(one: &str, other: &str) -> usize {
    let same = one.char_indices().zip(other.chars()).find(|((_, one), other)| one != other);
    same.map_or(one.len().min(other.len()), |((at, _), _)| at)
}

fn often(times: usize) -> String {
    match times {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        times => format!("{times} times"),
    }
}

fn bytes(count: usize) -> String {
    format!("{count} {}", if count == 1 { "byte" } else { "bytes" })
}

fn last_lines(person: &Person, out: &mut String) {
    if person.last.is_empty() {
        return;
    }
    let lead = format!("  last lines to {}:  ", person.name);
    let margin = " ".repeat(lead.width());
    for (nth, line) in person.last.iter().enumerate() {
        let left = if nth == 0 { &lead } else { &margin };
        let _ = writeln!(out, "{left}{}", excerpt(line, 0));
    }
}

fn duration(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{:.1} ms", time.as_secs_f64() * 1e3),
        _ => format!("{} s", (time.as_secs_f64() * 10.0).round() / 10.0),
    }
}

#[cfg(test)]
mod tests;
