//! `roomchat bot`: plays written conversations and checks what everybody saw.
//!
//! `script`, `expect` and `report` are pure: what is to be played, what must
//! be seen, how a failure reads. `cast` and `stage` are the actors'
//! connections and the server that they talk to; `play` goes through a script,
//! `perform` does each scene and `fence` ends it, `effects` finds what follows from
//! it and `verdict` compares; `run` is one script from its server's start to its end,
//! and `tell` says how it went. `load` plays it once more, before a crowd.
//!
//! A step is finished by a fence: PING after the actor's own line, so that the
//! server has handled it and queued what follows from it; then PING on every
//! other connection, so that all of it has arrived. What has not come by then
//! does not come: no step ever sleeps.

mod cast;
mod condition;
mod effects;
pub mod expect;
mod fence;
pub mod load;
mod past;
mod perform;
mod play;
mod register;
pub mod report;
mod run;
mod save;
pub mod script;
mod show;
mod stage;
mod tell;
mod trace;
mod update;
mod verdict;
mod xfail;

use crate::cli;
use load::Load;
use play::Options;
use run::{Ready, Run, Verdict};
use show::Show;
use stage::Children;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use trace::Trace;

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const SYNTAX: u8 = 3;
const NO_SERVER: u8 = 4;

/// Plays all scripts; the exit status is that of script.md.
pub fn run(args: &cli::Bot) -> ExitCode {
    match Run::new(args).and_then(|run| run.all()) {
        Ok(status) => ExitCode::from(status),
        Err((code, message)) => {
            // Nobody to tell where standard error is closed.
            let _ = writeln!(io::stderr(), "{}", message.trim_end());
            ExitCode::from(code)
        }
    }
}

type Stop = (u8, String);

impl<'a> Run<'a> {
    fn new(args: &'a cli::Bot) -> Result<Run<'a>, Stop> {
        let usage = |message: String| (USAGE, message);
        let server = args.server.as_deref().map(|server| cli::host_and_port(server, cli::PORT));
        let server = server.transpose().map_err(usage)?;
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
        let options = Options { timeout, keep_going: args.keep_going, update: args.update, line: args.line };
        let junit = args.report.as_deref().map(|report| match report.split_once('=') {
            Some(("junit", file)) if !file.is_empty() => Ok(PathBuf::from(file)),
            _ => Err(usage(format!("'{report}' is no report: write junit=FILE"))),
        });
        let junit = junit.transpose()?;
        let load = Load::of(args).map_err(usage)?;
        Ok(Run { args, load, server, options, trace, show: show(args), junit, children: Children::default() })
    }

    /// The worst exit status of all scripts.
    fn all(&self) -> Result<u8, Stop> {
        let scripts = read_all(&self.args.scripts)?;
        if self.load.is_some() {
            for script in &scripts {
                let no = |(line, why): (usize, String)| (USAGE, format!("{}:{line}: {why}", script.path));
                Load::suits(&script.plan).map_err(no)?;
            }
        }
        end_children_on_signals(&self.children);
        let verdicts = side_by_side(
            &scripts,
            self.args.jobs,
            |script| self.one(script),
            |verdict| match self.args.json {
                true => say(&tell::json(verdict)),
                false => tell::person(verdict, say),
            },
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
        Ok(match () {
            () if count.no_server > 0 => NO_SERVER,
            () if count.failed > 0 => FAILED,
            () => 0,
        })
    }
}

/// Several conversations at once would be one muddle.
fn show(args: &cli::Bot) -> Option<Show> {
    let terminal = io::stdout().is_terminal();
    let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    colored::control::set_override(colour);
    let wanted = (args.show || terminal) && !args.json && args.jobs < 2;
    wanted.then_some(Show { colour, slowly: args.show })
}

/// Plays `jobs` scripts at once; tells of each in the order of the scripts.
fn side_by_side(
    scripts: &[Ready],
    jobs: usize,
    play: impl Fn(&Ready) -> Verdict + Sync,
    tell: impl Fn(&Verdict),
) -> Vec<Verdict> {
    let next = AtomicUsize::new(0);
    let (done, results) = crossbeam::channel::unbounded();
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, scripts.len().max(1)) {
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

/// Reads and checks every script before the first is played.
fn read_all(paths: &[std::path::PathBuf]) -> Result<Vec<Ready>, Stop> {
    let mut ready = Vec::new();
    let mut mistakes = String::new();
    for path in paths {
        let name = path.display().to_string();
        let bytes = fs::read(path).map_err(|error| (USAGE, format!("{name}: {error}")))?;
        let source = match String::from_utf8(bytes) {
            Ok(source) => source,
            Err(error) => {
                let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = good.iter().filter(|&&byte| byte == b'\n').count() + 1;
                mistakes.push_str(&format!("{name}:{line}: not UTF-8\n"));
                continue;
            }
        };
        match script::read(&source) {
            Ok(plan) => ready.push(Ready { path: name, source, plan }),
            Err(errors) => mistakes.push_str(&script::syntax::all(&errors, &name, &source)),
        }
    }
    match mistakes.is_empty() {
        true => Ok(ready),
        false => Err((SYNTAX, mistakes)),
    }
}

fn say(text: &str) {
    // The exit status tells the result where standard output is closed.
    let _ = io::stdout().write_all(text.as_bytes());
}

/// The servers that we started end with us, also when a signal ends us.
#[cfg(unix)]
fn end_children_on_signals(children: &Children) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM]) else { return };
    let children = children.clone();
    let wait = move || {
        if let Some(signal) = signals.forever().next() {
            children.end_all_and_exit(128 + signal);
        }
    };
    // Without the thread the signal has its default effect, and the child stays.
    let _ = std::thread::Builder::new().name("signals".into()).spawn(wait);
}

#[cfg(not(unix))]
fn end_children_on_signals(children: &Children) {
    let children = children.clone();
    let _ = ctrlc::set_handler(move || children.end_all_and_exit(128 + 2));
}
