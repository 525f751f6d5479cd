//! One script from its server's start to the verdict.

use super::cast::Cast;
use super::condition;
use super::load::figures::Figures;
use super::load::{Load, Stop};
use super::play::{Options, Played, Shown, Watch, play};
use super::report::Failure;
use super::script::plan::Plan;
use super::script::rewrite::{self, Edit};
use super::show::Show;
use super::stage::{Children, Stage};
use super::trace::Trace;
use crate::cli;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A script that parses.
pub(super) struct Ready {
    pub(super) path: String,
    pub(super) source: String,
    pub(super) plan: Plan,
}

/// How a script went.
pub(super) struct Verdict {
    pub(super) path: String,
    pub(super) title: Option<String>,
    pub(super) ending: Ending,
    pub(super) time: Duration,
    /// What could not be checked.
    pub(super) notes: Vec<String>,
    /// Of a load test.
    pub(super) figures: Option<Figures>,
}

pub(super) enum Ending {
    Passed {
        steps: usize,
    },
    Failed(Vec<Told>),
    /// It was to fail, for this reason, and did.
    FailedAsExpected {
        reason: String,
        failures: Vec<Told>,
    },
    Skipped(String),
    NoServer(String),
}

/// One failure, ready to be read.
pub(super) struct Told {
    pub(super) line: usize,
    pub(super) headline: String,
    pub(super) report: String,
}

pub(super) struct Run<'a> {
    pub(super) args: &'a cli::Bot,
    pub(super) server: Option<(String, u16)>,
    pub(super) options: Options,
    pub(super) load: Option<Load>,
    pub(super) trace: Option<Trace>,
    /// The conversation is shown while it is played.
    pub(super) show: Option<Show>,
    /// Where the JUnit report goes.
    pub(super) junit: Option<PathBuf>,
    pub(super) children: Children,
}

impl Run<'_> {
    pub(super) fn one(&self, script: &Ready) -> Verdict {
        let begun = Instant::now();
        let mut notes = Vec::new();
        let mut ending = self.as_often_as_wanted(script, &mut notes);
        let mut figures = None;
        if let (Some(load), Ending::Passed { .. }) = (&self.load, &ending) {
            match self.under_load(load, script) {
                Ok((fault, found)) => {
                    ending = fault.map_or(ending, |told| Ending::Failed(vec![told]));
                    figures = found;
                }
                Err(why) => ending = Ending::NoServer(why),
            }
        }
        let title = script.plan.title.clone();
        Verdict { path: script.path.clone(), title, ending, time: begun.elapsed(), notes, figures }
    }

    /// Up to the first playing that does not pass. A load test repeats by itself.
    fn as_often_as_wanted(&self, script: &Ready, notes: &mut Vec<String>) -> Ending {
        let times = if self.load.is_some() { 1 } else { self.args.repeat.unwrap_or(1).max(1) };
        let mut all = 0;
        for time in 1..=times {
            notes.clear();
            match self.play(script, notes).unwrap_or_else(Ending::NoServer) {
                Ending::Passed { steps } => all += steps,
                ending => {
                    notes.extend((times > 1).then(|| format!("this was playing {time} of {times}")));
                    return ending;
                }
            }
        }
        Ending::Passed { steps: all }
    }

    fn play(&self, script: &Ready, notes: &mut Vec<String>) -> Result<Ending, String> {
        let plan = &script.plan;
        if let Some(why) = condition::of_whose(plan, self.server.is_none()) {
            return Ok(Ending::Skipped(why));
        }
        let mut stage = match &self.server {
            Some(_) => None,
            None => Some(Stage::start(&plan.serve, self.options.timeout, &self.children)?),
        };
        let server = match (&self.server, &stage) {
            (Some(server), _) => server.clone(),
            (None, Some(stage)) => (stage.host.clone(), stage.port),
            (None, None) => return Err("none was started".to_owned()),
        };
        if let Some(why) = condition::of_what_it_offers(plan, &server, self.options.timeout)? {
            return Ok(Ending::Skipped(why));
        }
        let unseen = plan.console_lines();
        if stage.is_none() && !unseen.is_empty() {
            let lines: Vec<String> = unseen.iter().map(usize::to_string).collect();
            let lines = lines.join(", ");
            notes.push(format!("skipped: another's server shows no console (line {lines})"));
        }
        let cast = Cast::new(server, &plan.actors, self.options.timeout, self.trace.clone());
        let show = self.show.map(|show| move |shown: &Shown| show.step(&script.source, shown));
        let watch = show.as_ref().map(|show| show as Watch<'_>);
        match (play(plan, cast, stage.as_mut(), &self.options, watch, notes), &plan.xfail) {
            (Played::NoServer(why), _) => Err(why),
            (Played::Passed { steps, edits }, None) => {
                notes.extend(rewrite(script, &edits)?);
                Ok(Ending::Passed { steps })
            }
            (Played::Passed { .. }, Some((line, reason))) => {
                let headline = format!("it passes, and was to fail: {reason}");
                let report = format!("{}:{line}: {headline}\n", script.path);
                Ok(Ending::Failed(vec![Told { line: *line, headline, report }]))
            }
            (Played::Failed(failures), None) => Ok(Ending::Failed(self.told(script, &failures))),
            (Played::Failed(failures), Some((_, reason))) => Ok(Ending::FailedAsExpected {
                reason: reason.clone(),
                failures: self.told(script, &failures),
            }),
        }
    }

    /// Plays it once more, before a crowd: what went wrong, and the figures.
    /// The error: no server.
    fn under_load(&self, load: &Load, script: &Ready) -> Result<(Option<Told>, Option<Figures>), String> {
        let plan = &script.plan;
        let mut stage = match &self.server {
            Some(_) => None,
            None => Some(Stage::start(&plan.serve, self.options.timeout, &self.children)?),
        };
        let own = stage.as_ref().map(|stage| (stage.host.clone(), stage.port));
        let Some(server) = self.server.clone().or(own) else { return Err("none was started".to_owned()) };
        let told = |line: usize, headline: String, more: &[String]| {
            let more: String = more.iter().map(|fault| format!("  {fault}\n")).collect();
            let report = format!("{}:{line}: under load: {headline}\n{more}", script.path);
            Some(Told { line, headline, report })
        };
        let played = load.play(plan, &server, stage.as_ref(), self.options.timeout);
        let hurt = !matches!(&played, Ok(figures) if figures.stopped.is_none());
        if let Some(why) = stage.as_mut().filter(|_| hurt).and_then(Stage::death) {
            return Err(why);
        }
        match played {
            Err(Stop::NoServer(why)) => Err(why),
            Err(Stop::Failed(line, why)) => Ok((told(line, why, &[]), None)),
            Ok(figures) if figures.tally.faults() == 0 => Ok((None, Some(figures))),
            Ok(figures) => {
                let mut more = figures.tally.examples.clone();
                if let Some((line, why)) = &figures.stopped {
                    more.push(format!("it was not played to its end, but to line {line}: {why}"));
                }
                let line = figures.tally.line.unwrap_or(1);
                Ok((told(line, figures.faults(), &more), Some(figures)))
            }
        }
    }

    fn told(&self, script: &Ready, failures: &[Failure]) -> Vec<Told> {
        let told = |failure: &Failure| {
            let again = self.again(&script.path, failure.line);
            let report = failure.show(&script.path, &script.source, &again);
            Told { line: failure.line, headline: failure.headline(), report }
        };
        failures.iter().map(told).collect()
    }

    fn again(&self, path: &str, line: usize) -> String {
        let server =
            self.args.server.as_ref().map_or(String::new(), |server| format!(" --server {}", quoted(server)));
        format!("roomchat bot {}{server} --line {line} --trace -", quoted(path))
    }
}

/// Writes the script with its edits; a word about it.
fn rewrite(script: &Ready, edits: &[Edit]) -> Result<Option<String>, String> {
    if edits.is_empty() {
        return Ok(None);
    }
    let text = rewrite::apply(&script.source, edits);
    std::fs::write(&script.path, text).map_err(|error| format!("cannot rewrite it: {error}"))?;
    let lines: usize = edits.iter().map(|edit| edit.old.len()).sum();
    Ok(Some(format!("{lines} expectations rewritten")))
}

/// A path as a shell takes it.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:@%+=[],#".contains(c);
    match !text.is_empty() && text.chars().all(plain) && !text.starts_with('#') {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}
