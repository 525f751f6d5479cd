//! Verdicts as people, programs and JUnit consumers read them.

use super::load::figures::Figures;
use super::runner::{Problem, ScriptOutcome, Unplayable, Verdict};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use serde_json::{Value, json};
use std::fmt::{self, Display};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// How many scripts had which result.
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
            ScriptOutcome::Passed { .. } | ScriptOutcome::FailedAsExpected { .. } => count.passed += 1,
            ScriptOutcome::Failed(_) | ScriptOutcome::NotPlayed(_) => count.failed += 1,
            ScriptOutcome::Skipped(_) => count.skipped += 1,
            ScriptOutcome::NoServer(_) => count.no_server += 1,
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
        ScriptOutcome::Passed { steps } => say(&format!("{path}{title}: ok, {steps} steps in {ms} ms\n")),
        ScriptOutcome::Failed(failures) => failures.iter().for_each(|failure| say(&failure.report)),
        ScriptOutcome::FailedAsExpected { reason, failures } => {
            let line = failures.first().map_or(0, |failure| failure.line);
            say(&format!("{path}{title}: ok, fails at line {line} as expected: {reason}\n"));
        }
        ScriptOutcome::Skipped(why) => say(&format!("{path}{title}: skipped: {why}\n")),
        ScriptOutcome::NoServer(why) => complain(&format!("{path}: no server: {}\n", why.trim_end())),
        ScriptOutcome::NotPlayed(Unplayable::Unreadable(why)) => complain(&format!("{path}: {why}\n")),
        ScriptOutcome::NotPlayed(Unplayable::Invalid { report, .. }) => complain(report),
        ScriptOutcome::NotPlayed(Unplayable::Unsuited(told)) => complain(&told.report),
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
    let (result, steps, why, failures): (_, Option<usize>, Option<&str>, &[Problem]) = match &verdict.ending {
        ScriptOutcome::Passed { steps } => ("passed", Some(*steps), None, &[]),
        ScriptOutcome::Failed(failures) => ("failed", None, None, failures),
        ScriptOutcome::FailedAsExpected { reason, failures } => ("xfailed", None, Some(reason), failures),
        ScriptOutcome::Skipped(why) => ("skipped", None, Some(why), &[]),
        ScriptOutcome::NoServer(why) => ("no_server", None, Some(why), &[]),
        ScriptOutcome::NotPlayed(Unplayable::Unreadable(why)) => ("unreadable", None, Some(why), &[]),
        ScriptOutcome::NotPlayed(Unplayable::Invalid { first, .. }) => ("invalid", None, None, first),
        ScriptOutcome::NotPlayed(Unplayable::Unsuited(told)) => {
            ("unsuited", None, None, std::slice::from_ref(told))
        }
    };
    let failures: Vec<Value> = failures
        .iter()
        .map(|told| json!({"line": told.line, "what": told.headline, "report": told.report}))
        .collect();
    let mistakes = match &verdict.ending {
        ScriptOutcome::NotPlayed(Unplayable::Invalid { count, .. }) => Some(count),
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
    let outcomes: Vec<_> = verdicts.iter().map(|verdict| junit_outcome(&verdict.ending)).collect();
    let count = |kind| outcomes.iter().flatten().filter(|outcome| outcome.0 == kind).count().to_string();
    let (tests, failures, errors) = (verdicts.len().to_string(), count("failure"), count("error"));
    let counts = [("name", "roomchat bot"), ("tests", &tests), ("failures", &failures), ("errors", &errors)];
    let mut xml = Writer::new_with_indent(BufWriter::new(File::create(path)?), b' ', 4);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("testsuites").with_attributes(counts).write_inner_content(|xml| {
        let suite = xml.create_element("testsuite").with_attributes(counts);
        suite.with_attribute(("skipped", &*count("skipped"))).write_inner_content(|xml| {
            verdicts.iter().zip(&outcomes).try_for_each(|(verdict, outcome)| {
                let name = xml_chars(verdict.title.as_deref().unwrap_or(&verdict.path));
                let (path, time) = (xml_chars(&verdict.path), format!("{:.3}", verdict.time.as_secs_f64()));
                let case = xml.create_element("testcase");
                let case = case.with_attributes([("name", &*name), ("classname", &path), ("time", &time)]);
                case.write_inner_content(|xml| {
                    if let Some((kind, message, text)) = outcome {
                        let element = xml.create_element(*kind);
                        let element = element.with_attribute(("message", &*xml_chars(message)));
                        element.write_text_content(BytesText::new(&xml_chars(text)))?;
                    }
                    if !verdict.notes.is_empty() {
                        let notes = xml_chars(&verdict.notes.join("\n"));
                        xml.create_element("system-out").write_text_content(BytesText::new(&notes))?;
                    }
                    Ok(())
                })?;
                Ok(())
            })
        })?;
        Ok(())
    })?;
    xml.get_mut().flush()
}

/// The element of a test case that has not simply passed, its message and its text.
fn junit_outcome(ending: &ScriptOutcome) -> Option<(&'static str, String, String)> {
    let first = |failures: &[Problem]| failures.first().map_or(String::new(), |told| told.headline.clone());
    Some(match ending {
        ScriptOutcome::Passed { .. } => return None,
        ScriptOutcome::Failed(failures) => {
            let reports = failures.iter().map(|told| told.report.as_str()).collect();
            ("failure", first(failures), reports)
        }
        ScriptOutcome::FailedAsExpected { reason, .. } => {
            ("skipped", format!("fails as expected: {reason}"), String::new())
        }
        ScriptOutcome::Skipped(why) => ("skipped", why.clone(), String::new()),
        ScriptOutcome::NoServer(why) => ("error", "no server".to_owned(), why.clone()),
        ScriptOutcome::NotPlayed(Unplayable::Unreadable(why)) => {
            ("error", "the script cannot be read".to_owned(), why.clone())
        }
        ScriptOutcome::NotPlayed(Unplayable::Invalid { first: told, report, .. }) => {
            ("error", format!("the script does not parse: {}", first(told)), report.clone())
        }
        ScriptOutcome::NotPlayed(Unplayable::Unsuited(told)) => {
            ("error", told.headline.clone(), told.report.clone())
        }
    })
}

/// A text without the characters that no XML document may have (XML 1.0, 2.2 Characters).
fn xml_chars(text: &str) -> String {
    let is_char = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(is_char).collect()
}
