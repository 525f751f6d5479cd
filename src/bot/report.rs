//! A failure as people read it: where, who, what instead, and how to see it again.

use super::expect::judge::Difference;
use super::script::keyword::Command;
use super::script::{Action, Fault};
use crate::text::sanitise::for_drawing;
use std::fmt::Write;
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

/// People and differences shown in full; the rest is counted.
const MOST_SHOWN: usize = 5;

/// One step that failed.
#[derive(Debug)]
pub struct Failure {
    /// The step's line in the script.
    pub step: usize,
    /// The line that is not met: the step's own, or an indented one below it.
    pub line: usize,
    pub actor: String,
    /// What was done, as the object of "did not see".
    pub what: String,
    pub people: Vec<Person>,
    /// The step is not in the script: everybody leaves at its end.
    pub at_the_end: bool,
}

/// How a step went for one person.
#[derive(Debug)]
pub struct Person {
    pub name: String,
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
    /// The server's console did not say this.
    Console(String),
}

/// What a step is called where somebody did not see it.
pub fn what(action: &Action<String>, actor: &str) -> String {
    match action {
        Action::Say { .. } => format!("what {actor} said"),
        Action::Join { .. } | Action::Command { command: Command::Join, .. } => format!("{actor} come in"),
        Action::Fault(Fault::Reconnect) => format!("{actor} come back, or what was said meanwhile"),
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

impl Failure {
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
        let who = match wrong.len() {
            1 => first.name.clone(),
            2 => format!("{} and {}", first.name, wrong[1].name),
            many => format!("{} and {} others", first.name, many - 1),
        };
        let what = &self.what;
        let told = match &first.outcome {
            Outcome::NoAnswer(time) => {
                format!("the server did not answer {who} within {}", duration(*time))
            }
            Outcome::Closed(_) => format!("the server closed the connection of {who}"),
            Outcome::Console(_) => "the server's console did not say this".to_owned(),
            Outcome::Wrong(differences) => match differences.first() {
                Some(Difference::Extra { again: true, .. }) => format!("{who} saw a line twice"),
                Some(Difference::Extra { .. }) => format!("{who} saw something that was not to be seen"),
                Some(Difference::Order { .. }) => format!("{who} saw the lines in another order"),
                Some(Difference::NotRefused) => format!("the server did not refuse {}", self.actor),
                Some(Difference::Raw { times: 1, .. }) => format!("{who} did not get this protocol line"),
                Some(Difference::Raw { times, came, .. }) => {
                    format!("{who} got {came} of {times} protocol lines")
                }
                _ => format!("{who} did not see {what}"),
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
            let text = format!(" {mark} {number:>digits$} | {}", for_drawing(line));
            let _ = writeln!(out, "{}", text.trim_end());
        }
    }
}

impl Person {
    pub fn is_well(&self) -> bool {
        matches!(self.outcome, Outcome::Well(_))
    }

    fn show(&self, width: usize, out: &mut String) {
        let name = format!("{}{}", self.name, " ".repeat(width.saturating_sub(self.name.width())));
        let margin = " ".repeat(width);
        match &self.outcome {
            Outcome::Well(None) => {
                let _ = writeln!(out, "  {name}  ok");
            }
            Outcome::Well(Some(after)) => {
                let _ = writeln!(out, "  {name}  ok after {}", duration(*after));
            }
            Outcome::NoAnswer(time) => {
                let _ = writeln!(out, "  {name}  no answer for {}", duration(*time));
            }
            Outcome::Closed(why) => {
                let _ = writeln!(out, "  {name}  closed: {}", visible(why));
            }
            Outcome::Console(wanted) => {
                let _ = writeln!(out, "  {name}  - {wanted}  expected");
            }
            Outcome::Wrong(differences) => {
                let rows: Vec<Row> = differences.iter().flat_map(rows).collect();
                let column = rows.iter().map(|row| row.text.width() + 2).max().unwrap_or(0).max(18);
                for (nth, row) in rows.iter().take(MOST_SHOWN * 2).enumerate() {
                    let left = if nth == 0 { &name } else { &margin };
                    let pad = " ".repeat(column.saturating_sub(row.text.width()));
                    let _ = writeln!(out, "  {left}  {} {}{pad}{}", row.sign, row.text, row.note);
                }
                if rows.len() > MOST_SHOWN * 2 {
                    let _ = writeln!(out, "  {margin}  … {} more lines", rows.len() - MOST_SHOWN * 2);
                }
            }
        }
    }
}

struct Row {
    sign: char,
    text: String,
    note: String,
}

fn rows(difference: &Difference) -> Vec<Row> {
    let row = |sign, text: &str, note: &str| Row { sign, text: visible(text), note: note.to_owned() };
    match difference {
        Difference::Missing(wanted) => vec![row('-', wanted, "expected"), row('+', "(nothing)", "got")],
        Difference::Altered { wanted, got, exact } => {
            let note = if *exact { compared(wanted, got) } else { "got, does not match".to_owned() };
            vec![row('-', wanted, "expected"), row('+', got, &note)]
        }
        Difference::Refused(why) => vec![row('!', why, "the server refused")],
        Difference::Extra { got, again: true, .. } => vec![row('+', got, "got once more")],
        Difference::Extra { got, written: true, .. } => {
            vec![row('+', got, "got; the lines written here replace all that is implied")]
        }
        Difference::Extra { got, .. } => vec![row('+', got, "got, not expected")],
        Difference::Order { wanted, got } => {
            let wanted = wanted.iter().map(|line| row('-', line, "expected"));
            wanted.chain(got.iter().map(|line| row('+', line, "got"))).collect()
        }
        Difference::NotRefused => vec![row('-', "a refusal (4xx, 5xx or FAIL)", "expected")],
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
    let same = wanted.chars().zip(got.chars()).take_while(|(wanted, got)| wanted == got).count();
    format!("got, differs at character {}", same + 1)
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
        let _ = writeln!(out, "{left}{}", visible(line));
    }
}

/// A line of which nothing is hidden: what could not be drawn is escaped.
pub fn visible(text: &str) -> String {
    if for_drawing(text) == text {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match for_drawing(c.encode_utf8(&mut [0; 4])).chars().next() {
            Some(_) => out.push(c),
            None => out.extend(c.escape_unicode()),
        }
    }
    out
}

fn duration(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{:.1} ms", time.as_secs_f64() * 1e3),
        _ => format!("{} s", (time.as_secs_f64() * 10.0).round() / 10.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    const SOURCE: &str = "1\n2\n3\n4\n5\n6\n小安 進入聊天室\n\n小明: 哈囉\n  小安 看到 小明: 哈囉\n";

    fn wrong(differences: Vec<Difference>) -> Person {
        let last = vec![":小明!~u@h PRIVMSG #lobby :哈".to_owned()];
        Person { name: "小安".into(), outcome: Outcome::Wrong(differences), last }
    }

    fn well(name: &str) -> Person {
        let outcome = Outcome::Well(Some(Duration::from_micros(600)));
        Person { name: name.into(), outcome, last: Vec::new() }
    }

    fn show(line: usize, people: Vec<Person>) -> String {
        let what = "what 小明 said".to_owned();
        let failure = Failure { step: 9, line, actor: "小明".into(), what, people, at_the_end: false };
        failure.show("fixtures/demo.txt", SOURCE, "roomchat bot fixtures/demo.txt --line 9 --trace -")
    }

    #[test]
    fn the_report_of_the_design() {
        let short =
            Difference::Altered { wanted: "小明: 哈囉".into(), got: "小明: 哈".into(), exact: true };
        expect![[r#"
            fixtures/demo.txt:9: 小安 did not see what 小明 said
               8 |
             > 9 | 小明: 哈囉
              小安  - 小明: 哈囉        expected
                    + 小明: 哈          got, 3 bytes short
              小花  ok after 0.6 ms
              last lines to 小安:  :小明!~u@h PRIVMSG #lobby :哈
            again: roomchat bot fixtures/demo.txt --line 9 --trace -
        "#]]
        .assert_eq(&show(9, vec![wrong(vec![short]), well("小花")]));
    }

    #[test]
    fn an_indented_line_is_shown_below_its_step() {
        expect![[r#"
            fixtures/demo.txt:10: 小安 saw the lines in another order
                8 |
                9 | 小明: 哈囉
             > 10 |   小安 看到 小明: 哈囉
              小安  - a: 1              expected
                    - a: 2              expected
                    + a: 2              got
                    + a: 1              got
              last lines to 小安:  :小明!~u@h PRIVMSG #lobby :哈
            again: roomchat bot fixtures/demo.txt --line 9 --trace -
        "#]]
        .assert_eq(&show(
            10,
            vec![wrong(vec![Difference::Order {
                wanted: vec!["a: 1".into(), "a: 2".into()],
                got: vec!["a: 2".into(), "a: 1".into()],
            }])],
        ));
    }

    #[test]
    fn every_outcome_has_a_headline() {
        let person = |outcome| Person { name: "小花".into(), outcome, last: Vec::new() };
        let headline = |people| show(9, people).lines().next().unwrap_or("").to_owned();
        let all = [
            headline(vec![wrong(vec![Difference::Missing("x".into())]), person(Outcome::Wrong(vec![]))]),
            headline(vec![wrong(vec![Difference::Extra { got: "x".into(), again: true, written: false }])]),
            headline(vec![wrong(vec![Difference::Extra { got: "x".into(), again: false, written: false }])]),
            headline(vec![wrong(vec![Difference::NotRefused])]),
            headline(vec![wrong(vec![Difference::Raw { wanted: "x".into(), times: 1, came: 0 }])]),
            headline(vec![wrong(vec![Difference::Raw { wanted: "x".into(), times: 3, came: 2 }])]),
            headline(vec![person(Outcome::NoAnswer(Duration::from_secs(5)))]),
            headline(vec![person(Outcome::Closed("ERROR :x".into()))]),
            headline(vec![person(Outcome::Console("x".into()))]),
        ];
        expect![[r#"
            fixtures/demo.txt:9: 小安 and 小花 did not see what 小明 said
            fixtures/demo.txt:9: 小安 saw a line twice
            fixtures/demo.txt:9: 小安 saw something that was not to be seen
            fixtures/demo.txt:9: the server did not refuse 小明
            fixtures/demo.txt:9: 小安 did not get this protocol line
            fixtures/demo.txt:9: 小安 got 2 of 3 protocol lines
            fixtures/demo.txt:9: the server did not answer 小花 within 5 s
            fixtures/demo.txt:9: the server closed the connection of 小花
            fixtures/demo.txt:9: the server's console did not say this"#]]
        .assert_eq(&all.join("\n"));
    }

    #[test]
    fn how_often_a_protocol_line_came_is_told() {
        let raw = |came| vec![wrong(vec![Difference::Raw { wanted: "* 404 *".into(), times: 3, came }])];
        let told = |came| show(9, raw(came)).lines().nth(3).unwrap_or("").trim().to_owned();
        assert_eq!(told(0), "小安  - * 404 *           expected 3 times, came never");
        assert_eq!(told(1), "小安  - * 404 *           expected 3 times, came once");
        assert_eq!(told(2), "小安  - * 404 *           expected 3 times, came 2 times");
    }

    #[test]
    fn what_cannot_be_drawn_is_escaped() {
        assert_eq!(visible("a\u{1b}[2Jb\u{202e}小"), "a\\u{1b}[2Jb\\u{202e}小");
    }
}
