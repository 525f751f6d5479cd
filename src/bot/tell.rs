//! Verdicts as people, programs and JUnit consumers read them.

use super::load::figures::Figures;
use super::run::{Ending, Told, Unplayable, Verdict};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};
use std::fmt::{self, Display};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// How many scripts went how.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    passed: usize,
    /// Or not played at all, for a reason of their own.
    failed: usize,
    skipped: usize,
    no_server: usize,
}

pub(super) fn count(verdicts: &[Verdict]) -> Count {
    let mut count = Count::default();
    for verdict in verdicts {
        match &verdict.ending {
            Ending::Passed { .. } | Ending::FailedAsExpected { .. } => count.passed += 1,
            Ending::Failed(_) | Ending::NotPlayed(_) => count.failed += 1,
            Ending::Skipped(_) => count.skipped += 1,
            Ending::NoServer(_) => count.no_server += 1,
        }
    }
    count
}

impl Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        match self.no_server {
            0 => Ok(()),
            count => write!(f, ", {count} without a server"),
        }
    }
}

impl Count {
    pub(super) fn json(&self) -> String {
        let Count { passed, failed, skipped, no_server } = self;
        line(&json!({"passed": passed, "failed": failed, "skipped": skipped, "no_server": no_server}))
    }
}

/// For people: results by `say`, and why there is no server on standard error.
pub(super) fn person(verdict: &Verdict, say: impl Fn(&str)) {
    let path = &verdict.path;
    let title = verdict.title.as_ref().map_or(String::new(), |title| format!(" ({title})"));
    let ms = verdict.time.as_millis();
    for note in &verdict.notes {
        say(&format!("{path}{title}: {note}\n"));
    }
    match &verdict.ending {
        Ending::Passed { steps } => say(&format!("{path}{title}: ok, {steps} steps in {ms} ms\n")),
        Ending::Failed(failures) => failures.iter().for_each(|failure| say(&failure.report)),
        Ending::FailedAsExpected { reason, failures } => {
            let line = failures.first().map_or(0, |failure| failure.line);
            say(&format!("{path}{title}: ok, fails at line {line} as expected: {reason}\n"));
        }
        Ending::Skipped(why) => say(&format!("{path}{title}: skipped: {why}\n")),
        Ending::NoServer(why) => complain(&format!("{path}: no server: {}\n", why.trim_end())),
        Ending::NotPlayed(Unplayable::Unreadable(why)) => complain(&format!("{path}: {why}\n")),
        Ending::NotPlayed(Unplayable::Invalid { report, .. }) => complain(report),
        Ending::NotPlayed(Unplayable::Unsuited(told)) => complain(&told.report),
    }
    if let Some(figures) = &verdict.figures {
        say(&figures.to_string());
    }
}

fn complain(text: &str) {
    // Nobody to tell where standard error is closed.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// For programs: one object.
pub(super) fn json(verdict: &Verdict) -> String {
    let (result, steps, why, failures): (_, Option<usize>, Option<&str>, &[Told]) = match &verdict.ending {
        Ending::Passed { steps } => ("passed", Some(*steps), None, &[]),
        Ending::Failed(failures) => ("failed", None, None, failures),
        Ending::FailedAsExpected { reason, failures } => ("xfailed", None, Some(reason), failures),
        Ending::Skipped(why) => ("skipped", None, Some(why), &[]),
        Ending::NoServer(why) => ("no_server", None, Some(why), &[]),
        Ending::NotPlayed(Unplayable::Unreadable(why)) => ("unreadable", None, Some(why), &[]),
        Ending::NotPlayed(Unplayable::Invalid { first, .. }) => ("invalid", None, None, first),
        Ending::NotPlayed(Unplayable::Unsuited(told)) => ("unsuited", None, None, std::slice::from_ref(told)),
    };
    let failures: Vec<Value> = failures
        .iter()
        .map(|told| json!({"line": told.line, "what": told.headline, "report": told.report}))
        .collect();
    let mistakes = match &verdict.ending {
        Ending::NotPlayed(Unplayable::Invalid { count, .. }) => Some(count),
        _ => None,
    };
    line(&json!({
        "script": verdict.path,
        "title": verdict.title,
        "result": result,
        "steps": steps,
        "ms": verdict.time.as_secs_f64() * 1e3,
        "why": why,
        "notes": verdict.notes,
        "failures": failures,
        "mistakes": mistakes,
        "load": verdict.figures.as_ref().map(Figures::json),
    }))
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}

/// Writes a JUnit report: a test case for each script.
pub(super) fn junit(path: &Path, verdicts: &[Verdict]) -> io::Result<()> {
    let mut suite = TestSuite::new("roomchat bot");
    for verdict in verdicts {
        let status = match &verdict.ending {
            Ending::Passed { .. } => TestCaseStatus::success(),
            Ending::Failed(failures) => {
                let reports: String = failures.iter().map(|told| told.report.as_str()).collect();
                let first = failures.first().map_or("", |told| &told.headline);
                failure(NonSuccessKind::Failure, first, &reports)
            }
            Ending::FailedAsExpected { reason, .. } => skipped(&format!("fails as expected: {reason}")),
            Ending::Skipped(why) => skipped(why),
            Ending::NoServer(why) => failure(NonSuccessKind::Error, "no server", why),
            Ending::NotPlayed(Unplayable::Unreadable(why)) => {
                failure(NonSuccessKind::Error, "the script cannot be read", why)
            }
            Ending::NotPlayed(Unplayable::Invalid { first, report, .. }) => {
                let first = first.first().map_or("", |told| &told.headline);
                failure(NonSuccessKind::Error, &format!("the script does not parse: {first}"), report)
            }
            Ending::NotPlayed(Unplayable::Unsuited(told)) => {
                failure(NonSuccessKind::Error, &told.headline, &told.report)
            }
        };
        let name = verdict.title.as_deref().unwrap_or(&verdict.path);
        let mut case = TestCase::new(name, status);
        case.set_classname(verdict.path.as_str()).set_time(verdict.time);
        if !verdict.notes.is_empty() {
            case.set_system_out(verdict.notes.join("\n"));
        }
        suite.add_test_case(case);
    }
    let mut report = Report::new("roomchat bot");
    report.add_test_suite(suite);
    report.serialize(File::create(path)?).map_err(io::Error::other)
}

fn failure(kind: NonSuccessKind, message: &str, text: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(message).set_description(text);
    status
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(why);
    status
}
