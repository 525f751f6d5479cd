//! `roomchat bot`: plays written conversations and checks what everybody saw.
//!
//! `script`, `expect` and `report` are pure, and so is `pattern` below them: what is to be played, what must
//! be seen, how a failure reads. `actors` are connections to the server, and `server_process` is a server of our own;
//! `script_run` plays one script on one server; `runner` plays scripts from their servers' start to the verdict,
//! and `tell` says how each went. `load` plays one once more, with many listeners.
//!
//! A step is finished by a fence: PING after the actor's own line, so that the
//! server has handled it and queued what follows from it; then PING on every
//! other connection, so that all of it has arrived. What has not come by then
//! does not come: no step ever sleeps.

mod actors;
mod condition;
pub mod expect;
pub mod load;
mod options;
pub mod pattern;
pub mod report;
mod runner;
mod save;
pub mod script;
mod script_run;
mod server_process;
mod show;
mod tell;
mod trace;
mod xfail;

use crate::text::{Lang, Phrase};
use crate::{cli, signals};
use load::Load;
use options::Options;
use runner::{Problem, Read, Runner, Script, ScriptOutcome, Unplayable, Verdict};
use script::plan::Plan;
use script::syntax::{self, Syntax};
use server_process::Children;
use show::Show;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::string::FromUtf8Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use trace::Trace;

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const SYNTAX: u8 = 3;
const NO_SERVER: u8 = 4;

/// Plays all scripts; the exit status is that of script.md.
pub fn run(args: &cli::Bot) -> ExitCode {
    match Runner::new(args).and_then(|run| run.all()) {
        Ok(status) => ExitCode::from(status),
        Err((code, message)) => {
            // Nobody to tell where standard error is closed.
            let _ = writeln!(io::stderr(), "{}", message.trim_end());
            ExitCode::from(code)
        }
    }
}

type Stop = (u8, String);

impl<'a> Runner<'a> {
    fn new(args: &'a cli::Bot) -> Result<Runner<'a>, Stop> {
        let usage = |message: String| (USAGE, message);
        let server = args.server.as_deref().map(|server| {
            let bad = || usage(Phrase::BadServer { text: server }.say(Lang::En));
            cli::host_and_port(server, cli::PORT).ok_or_else(bad)
        });
        let server = server.transpose()?;
        let timeout = Duration::try_from_secs_f64(args.timeout).ok();
        let timeout = timeout.filter(|time| !time.is_zero() && Instant::now().checked_add(*time).is_some());
        let timeout = timeout.ok_or_else(|| usage(format!("'{}' is no time for --timeout", args.timeout)))?;
        let trace = match args.trace.as_deref() {
            None => None,
            Some(path) if path == Path::new("-") => Some(Trace::new(io::stderr())),
            Some(path) => {
                let file =
                    File::create(path).map_err(|error| usage(format!("{}: {error}", path.display())))?;
                Some(Trace::new(file))
            }
        };
        let (keep_going, update, line, tls) = (args.keep_going, args.update, args.line, args.tls);
        let options = Options { timeout, keep_going, update, line, tls };
        let junit = args.report.as_deref().map(|report| match report.split_once('=') {
            Some(("junit", file)) if !file.is_empty() => Ok(PathBuf::from(file)),
            _ => Err(usage(format!("'{report}' is no report: write junit=FILE"))),
        });
        let junit = junit.transpose()?;
        let load = Load::of(args).map_err(usage)?;
        Ok(Runner {
            args,
            load,
            server,
            options,
            trace,
            show: show(args),
            junit,
            children: Children::default(),
        })
    }

    /// The highest exit status of all scripts.
    fn all(&self) -> Result<u8, Stop> {
        let scripts: Vec<Read> = self.args.scripts.iter().map(|path| self.read(path)).collect();
        end_children_on_signals(&self.children);
        raise_open_files();
        let verdicts = side_by_side(
            &scripts,
            self.args.jobs,
            |script| self.one(script),
            |verdict| if self.args.json { say(&tell::json(verdict)) } else { tell::person(verdict, say) },
        );
        let count = tell::count(&verdicts);
        match self.args.json {
            true => say(&count.json()),
            false if verdicts.len() > 1 => say(&format!("{count}\n")),
            false => {}
        }
        if let Some(file) = &self.junit {
            tell::junit(file, &verdicts).map_err(|error| (USAGE, format!("{}: {error}", file.display())))?;
        }
        Ok(verdicts.iter().map(status).max().unwrap_or(0))
    }

    /// Reads and checks a script.
    fn read(&self, path: &Path) -> Read {
        let name = path.display().to_string();
        self.checked(path, &name).map_err(|why| (name, why))
    }

    fn checked(&self, path: &Path, name: &str) -> Result<Script, Unplayable> {
        let bytes = fs::read(path).map_err(|error| Unplayable::Unreadable(error.to_string()))?;
        let source = String::from_utf8(bytes).map_err(|error| not_utf_8(name, &error))?;
        let plan = script::read(&source).map_err(|errors| {
            let told = |error: &Syntax| {
                let (line, headline, report) = (error.line, error.what.clone(), error.show(name, &source));
                Problem { line, headline, report }
            };
            Unplayable::Invalid {
                count: errors.len(),
                first: errors.iter().take(syntax::MOST_SHOWN).map(told).collect(),
                report: syntax::all(&errors, name, &source),
            }
        })?;
        let unsuited = |(line, headline)| Unplayable::Unsuited(Problem::new(name, line, headline, ""));
        self.suits(&plan).map_err(unsuited)?;
        Ok(Script { path: name.to_owned(), source, plan })
    }

    /// Whether the command line can play such a script; the error: the line
    /// for which it can't, and why.
    fn suits(&self, plan: &Plan) -> Result<(), (usize, String)> {
        let first = plan.groups.first().map_or(1, |group| group.line);
        match self.options.line {
            Some(line) if line < first => {
                Err((line, format!("--line {line} is before the first step, in line {first}")))
            }
            _ => self.load.as_ref().map_or(Ok(()), |_| Load::suits(plan)),
        }
    }
}

/// The exit status of one script alone: of several the highest counts, as the
/// numbers rise with how little was learnt of the server.
fn status(verdict: &Verdict) -> u8 {
    match &verdict.ending {
        ScriptOutcome::Passed { .. } | ScriptOutcome::FailedAsExpected { .. } | ScriptOutcome::Skipped(_) => {
            0
        }
        ScriptOutcome::Failed(_) => FAILED,
        ScriptOutcome::NotPlayed(Unplayable::Unreadable(_) | Unplayable::Unsuited(_)) => USAGE,
        ScriptOutcome::NotPlayed(Unplayable::Invalid { .. }) => SYNTAX,
        ScriptOutcome::NoServer(_) => NO_SERVER,
    }
}

fn not_utf_8(name: &str, error: &FromUtf8Error) -> Unplayable {
    let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let line = good.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let told = Problem::new(name, line, "not UTF-8".to_owned(), "");
    Unplayable::Invalid { count: 1, report: told.report.clone(), first: vec![told] }
}

/// None where several scripts are played at once: their lines would be mixed.
fn show(args: &cli::Bot) -> Option<Show> {
    let terminal = io::stdout().is_terminal();
    let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    colored::control::set_override(colour);
    let wanted = (args.show || terminal) && !args.json && args.jobs < 2;
    wanted.then_some(Show { colour, slowly: args.show })
}

/// Plays `jobs` scripts at once; tells of each in the order of the scripts.
fn side_by_side(
    scripts: &[Read],
    jobs: usize,
    play: impl Fn(&Read) -> Verdict + Sync,
    tell: impl Fn(&Verdict),
) -> Vec<Verdict> {
    let next = AtomicUsize::new(0);
    let (done, results) = crossbeam::channel::unbounded();
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(scripts.len()) {
            let (next, play, done) = (&next, &play, done.clone());
            scope.spawn(move || {
                while let Some((at, script)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    scripts.get(at).map(|script| (at, script))
                } {
                    // The receiver outlives the scope.
                    let _ = done.send((at, play(script)));
                }
            });
        }
        drop(done);
        let mut early = BTreeMap::new();
        let mut told = Vec::with_capacity(scripts.len());
        for (at, verdict) in results {
            early.insert(at, verdict);
            while let Some(verdict) = early.remove(&told.len()) {
                tell(&verdict);
                told.push(verdict);
            }
        }
        told
    })
}

fn say(text: &str) {
    // The exit status tells the result where standard output is closed.
    let _ = io::stdout().write_all(text.as_bytes());
}

/// The servers that we started end with us, also when a signal ends us.
fn end_children_on_signals(children: &Children) {
    let children = children.clone();
    // Where that fails the signal has its default effect, and the child stays.
    let _ = signals::watch(move |number| children.end_all_and_exit(signals::exit_status(number).into()));
}

/// Raises the limit of open files: each actor and listener is one, and many systems allow 1,024 at first.
#[cfg(unix)]
fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Where that fails, the first connection beyond the limit reports it.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

#[cfg(not(unix))]
fn raise_open_files() {}
