//! One script from its server's start to the verdict.

use super::actors::Actors;
use super::condition;
use super::load::figures::Figures;
use super::load::{Load, Stop};
use super::options::Options;
use super::report::{Failure, visible};
use super::save;
use super::script::plan::{Plan, Xfail};
use super::script::rewrite::{self, Edit, Rewritten};
use super::script::{self, syntax};
use super::script_run::state::{Shown, Watch};
use super::script_run::{Played, play};
use super::server_process::{Children, ServerProcess};
use super::show::Show;
use super::trace::Trace;
use super::xfail;
use crate::cli;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A script that parses.
pub(super) struct Script {
    /// As the command line names it.
    pub(super) path: String,
    pub(super) source: String,
    pub(super) plan: Plan,
}

/// A script, or the path of one that is not played.
pub(super) type Read = Result<Script, (String, Unplayable)>;

/// Why a script is not played at all.
#[derive(Debug, Clone)]
pub(super) enum Unplayable {
    /// The file can't be read.
    Unreadable(String),
    /// It does not parse: how many mistakes are in it, the first of them, and all as people read them.
    Invalid { count: usize, first: Vec<Problem>, report: String },
    /// It is one that this command line can't play.
    Unsuited(Problem),
}

/// How a script went.
pub(super) struct Verdict {
    pub(super) path: String,
    pub(super) title: Option<String>,
    pub(super) ending: ScriptOutcome,
    pub(super) time: Duration,
    /// What could not be checked.
    pub(super) notes: Vec<String>,
    /// Of a load test.
    pub(super) figures: Option<Figures>,
}

/// What is `FailedAsExpected` was to fail for this reason, and did.
pub(super) enum ScriptOutcome {
    Passed { steps: usize },
    Failed(Vec<Problem>),
    FailedAsExpected { reason: String, failures: Vec<Problem> },
    Skipped(String),
    NoServer(String),
    NotPlayed(Unplayable),
}

/// One failure or mistake, ready to be read.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub(super) line: usize,
    pub(super) headline: String,
    pub(super) report: String,
}

impl Problem {
    /// With `more` lines below the headline.
    pub(super) fn new(path: &str, line: usize, headline: String, more: &str) -> Problem {
        Problem { line, report: format!("{path}:{line}: {headline}\n{more}"), headline }
    }
}

pub(super) struct Runner<'a> {
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

impl Runner<'_> {
    pub(super) fn one(&self, script: &Read) -> Verdict {
        let begun = Instant::now();
        let (mut notes, mut figures) = (Vec::new(), None);
        let (path, title, ending) = match script {
            Err((path, why)) => (path, None, ScriptOutcome::NotPlayed(why.clone())),
            Ok(script) => {
                let ending = self.before_a_crowd(script, &mut notes, &mut figures);
                (&script.path, script.plan.title.clone(), ending)
            }
        };
        Verdict { path: path.clone(), title, ending, time: begun.elapsed(), notes, figures }
    }

    /// Plays it, and where it passes once more under load, if that is wanted.
    fn before_a_crowd(
        &self,
        script: &Script,
        notes: &mut Vec<String>,
        figures: &mut Option<Figures>,
    ) -> ScriptOutcome {
        let ending = self.as_often_as_wanted(script, notes);
        match (&self.load, &ending) {
            (Some(_), ScriptOutcome::FailedAsExpected { .. }) => {
                notes.push("not played before a crowd, as it fails".to_owned());
                ending
            }
            (Some(load), ScriptOutcome::Passed { .. }) => match self.under_load(load, script) {
                Ok((fault, found)) => {
                    *figures = found;
                    fault.map_or(ending, |told| ScriptOutcome::Failed(vec![told]))
                }
                Err(why) => ScriptOutcome::NoServer(why),
            },
            _ => ending,
        }
    }

    /// Up to the first run that does not pass. A load test repeats by itself.
    fn as_often_as_wanted(&self, script: &Script, notes: &mut Vec<String>) -> ScriptOutcome {
        let times = if self.load.is_some() { 1 } else { self.args.repeat.unwrap_or(1) };
        let mut all = 0;
        let mut as_expected = None;
        for time in 1..=times {
            notes.clear();
            match self.play(script, notes).unwrap_or_else(ScriptOutcome::NoServer) {
                ScriptOutcome::Passed { steps } => all += steps,
                ending @ ScriptOutcome::FailedAsExpected { .. } => as_expected = Some(ending),
                ending @ (ScriptOutcome::Skipped(_) | ScriptOutcome::NotPlayed(_)) => return ending,
                ending @ (ScriptOutcome::Failed(_) | ScriptOutcome::NoServer(_)) => {
                    notes.extend((times > 1).then(|| format!("this was playing {time} of {times}")));
                    return ending;
                }
            }
        }
        as_expected.unwrap_or(ScriptOutcome::Passed { steps: all })
    }

    fn play(&self, script: &Script, notes: &mut Vec<String>) -> Result<ScriptOutcome, String> {
        let expected = script.plan.xfail.as_ref();
        let update = self.options.update && expected.is_none();
        if let Some(expected) = expected.filter(|_| self.options.update) {
            notes.push(format!("not rewritten: it is to fail (@xfail in line {})", expected.line));
        }
        let options = Options { update, ..self.options };
        match (self.once(script, &options, self.show, notes)?, expected) {
            (Played::Skipped(why), _) => Ok(ScriptOutcome::Skipped(why)),
            (Played::Passed { steps, edits }, None) if edits.is_empty() => {
                Ok(ScriptOutcome::Passed { steps })
            }
            (Played::Passed { steps, edits }, None) => self.rewrite(script, steps, &edits, notes),
            (Played::Passed { steps, .. }, Some(expected)) => {
                if !xfail::is_reached(expected, &script.plan, options.line) {
                    notes.push(format!("not reached: what is to fail ({expected}): {}", expected.reason));
                    return Ok(ScriptOutcome::Passed { steps });
                }
                let headline = format!("it passes, and was to fail ({expected}): {}", expected.reason);
                Ok(ScriptOutcome::Failed(vec![Problem::new(&script.path, expected.line, headline, "")]))
            }
            (Played::Failed(failures), None) => Ok(ScriptOutcome::Failed(self.told(script, &failures))),
            (Played::Failed(failures), Some(expected)) => Ok(self.failed(script, expected, &failures)),
        }
    }

    /// Plays it, on a server of its own where none is named.
    fn once(
        &self,
        script: &Script,
        options: &Options,
        show: Option<Show>,
        notes: &mut Vec<String>,
    ) -> Result<Played, String> {
        let plan = &script.plan;
        if let Some(why) = condition::of_whose(plan, self.server.is_none()) {
            return Ok(Played::Skipped(why));
        }
        let (mut process, server) = self.server(plan)?;
        if let Some(why) = condition::of_what_it_offers(plan, &server, options)? {
            return Ok(Played::Skipped(why));
        }
        let unseen = plan.console_lines();
        if process.is_none() && !unseen.is_empty() {
            let lines: Vec<String> = unseen.iter().map(usize::to_string).collect();
            let lines = lines.join(", ");
            notes.push(format!("skipped: another's server shows no console (line {lines})"));
        }
        if process.is_none() && !plan.serve.is_empty() {
            let flags = plan.serve.join(" ");
            notes.push(format!("skipped: another's server is not given the flags of @serve: {flags}"));
        }
        let actors = Actors::new(server, &plan.actors, options, self.trace.clone());
        let show = show.map(|show| move |shown: &Shown| show.step(&script.source, shown));
        let watch = show.as_ref().map(|show| show as Watch<'_>);
        play(plan, actors, process.as_mut(), options, watch, notes)
    }

    /// The server that is named, else one of the script's own.
    fn server(&self, plan: &Plan) -> Result<(Option<ServerProcess>, (String, u16)), String> {
        if let Some(server) = &self.server {
            return Ok((None, server.clone()));
        }
        let process =
            ServerProcess::start(&plan.serve, plan.has_outage(), self.options.timeout, &self.children)?;
        let server = (process.host.clone(), process.port);
        Ok((Some(process), server))
    }

    /// Of a script that was to fail: whether it did so as it was to.
    fn failed(&self, script: &Script, expected: &Xfail, failures: &[Failure]) -> ScriptOutcome {
        let mut told = self.told(script, failures);
        let Some(other) = xfail::unexpected(expected, failures) else {
            return ScriptOutcome::FailedAsExpected { reason: expected.reason.clone(), failures: told };
        };
        let but = format!(
            "@xfail in line {} expects another failure: {expected} ({}); this one is: {}\n",
            expected.line,
            expected.reason,
            xfail::told(other)
        );
        told.iter_mut().filter(|told| told.line == other.line).for_each(|told| told.report.push_str(&but));
        ScriptOutcome::Failed(told)
    }

    /// Writes the script with its edits, once the result has been played and
    /// passes; else the file stays as it is.
    fn rewrite(
        &self,
        script: &Script,
        steps: usize,
        edits: &[Edit],
        notes: &mut Vec<String>,
    ) -> Result<ScriptOutcome, String> {
        let rewritten = rewrite::apply(&script.source, edits);
        let why = match script::read(&rewritten.text) {
            Err(errors) => {
                errors.first().map(|error| (error.line, syntax::all(&errors, &script.path, &rewritten.text)))
            }
            Ok(plan) => {
                let again = Script { path: script.path.clone(), source: rewritten.text.clone(), plan };
                let options = Options { update: false, ..self.options };
                match self.once(&again, &options, None, &mut Vec::new())? {
                    Played::Passed { .. } => None,
                    Played::Failed(failures) => failures
                        .first()
                        .map(|failure| (failure.line, failure.show(&script.path, &again.source, ""))),
                    Played::Skipped(why) => Some((1, format!("{why}\n"))),
                }
            }
        };
        if let Some((line, report)) = why {
            return Ok(ScriptOutcome::Failed(vec![unwritten(script, &rewritten, line, &report)]));
        }
        let lines: usize = edits.iter().map(Edit::count).sum();
        match save::replace(Path::new(&script.path), &script.source, &rewritten.text) {
            Ok(()) => {
                let are = if lines == 1 { "expectation" } else { "expectations" };
                notes.push(format!("{lines} {are} rewritten"));
                Ok(ScriptOutcome::Passed { steps })
            }
            Err(why) => {
                let line = edits.first().map_or(1, |edit| edit.like);
                let are = if lines == 1 { "expectation is" } else { "expectations are" };
                let headline = format!("{lines} {are} not met, and the script can't be rewritten: {why}");
                Ok(ScriptOutcome::Failed(vec![Problem::new(&script.path, line, headline, "")]))
            }
        }
    }

    /// Plays it once more as a load test: what went wrong, and the figures.
    /// The error: no server.
    fn under_load(&self, load: &Load, script: &Script) -> Result<(Option<Problem>, Option<Figures>), String> {
        let (mut process, server) = self.server(&script.plan)?;
        let told = |line: usize, headline: String, more: &[String]| {
            let more: String = more.iter().map(|fault| format!("  {fault}\n")).collect();
            let report = format!("{}:{line}: under load: {headline}\n{more}", script.path);
            Some(Problem { line, headline, report })
        };
        let played = load.play(&script.plan, &server, process.as_ref(), self.options.timeout);
        let hurt = !matches!(&played, Ok(figures) if figures.stopped.is_none());
        let death = |process: &mut ServerProcess| process.death(self.options.timeout);
        if let Some(why) = process.as_mut().filter(|_| hurt).and_then(death) {
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

    fn told(&self, script: &Script, failures: &[Failure]) -> Vec<Problem> {
        let told = |failure: &Failure| {
            let again = self.again(&script.path, failure.line);
            let report = failure.show(&script.path, &script.source, &again);
            Problem { line: failure.line, headline: failure.headline(), report }
        };
        failures.iter().map(told).collect()
    }

    fn again(&self, path: &str, line: usize) -> String {
        let server =
            self.args.server.as_ref().map_or(String::new(), |server| format!(" --server {}", quoted(server)));
        let tls = if self.args.tls { " --tls" } else { "" };
        format!("roomchat bot {}{server}{tls} --line {line} --trace -", quoted(path))
    }
}

/// Why a script was not rewritten: a line of the old text that has no right
/// successor, and what is wrong with the text that would have come.
fn unwritten(script: &Script, rewritten: &Rewritten, line: usize, why: &str) -> Problem {
    let line = rewritten.origin(line);
    let headline = "this is not met, and can't be rewritten: with the lines that were seen in its place the \
                    script fails again"
        .to_owned();
    let old = script.source.lines().nth(line.saturating_sub(1)).unwrap_or("");
    // A text that is in no file can't be played again.
    let lines = why.lines().filter(|line| !line.starts_with("again:"));
    let why: String = lines.map(|line| format!("  {line}\n")).collect();
    let more = format!(" > {line} | {}\nrewritten:\n{why}", visible(old));
    Problem::new(&script.path, line, headline, &more)
}

/// A path as a shell takes it.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:@%+=[],#".contains(c);
    match !text.is_empty() && text.chars().all(plain) && !text.starts_with('#') {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}
