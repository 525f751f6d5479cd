//! `roomchat bot`: plays written conversations and checks what everybody saw.
//!
//! `script`, `expect` and `report` are pure: what is to be played, what must
//! be seen, how a failure reads. `cast`, `play` and `stage` do it: the actors'
//! connections, the two-phase fence, the server that they talk to.
//!
//! A step is finished by a fence: PING after the actor's own line, so that the
//! server has handled it and queued what follows from it; then PING on every
//! other connection, so that all of it has arrived. What has not come by then
//! does not come: no step ever sleeps.

mod cast;
pub mod expect;
mod play;
mod register;
pub mod report;
pub mod script;
mod stage;

use crate::cli;
use cast::{Cast, Trace};
use play::{Options, Played, play};
use script::plan::Plan;
use stage::{Children, Stage};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const SYNTAX: u8 = 3;
const NO_SERVER: u8 = 4;

/// A script that parses.
struct Ready {
    path: String,
    source: String,
    plan: Plan,
}

/// Plays all scripts; the exit status is that of script.md.
pub fn run(args: &cli::Bot) -> ExitCode {
    match Run::new(args).and_then(|run| run.all()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(FAILED),
        Err((code, message)) => {
            // Nobody to tell where standard error is closed.
            let _ = writeln!(io::stderr(), "{}", message.trim_end());
            ExitCode::from(code)
        }
    }
}

type Stop = (u8, String);

struct Run<'a> {
    args: &'a cli::Bot,
    server: Option<(String, u16)>,
    options: Options,
    trace: Option<Trace>,
    children: Children,
}

impl<'a> Run<'a> {
    fn new(args: &'a cli::Bot) -> Result<Run<'a>, Stop> {
        let usage = |message: String| (USAGE, message);
        let server = args.server.as_deref().map(|server| cli::host_and_port(server, cli::PORT));
        let server = server.transpose().map_err(usage)?;
        let timeout = Duration::try_from_secs_f64(args.timeout).ok().filter(|timeout| !timeout.is_zero());
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
        let options = Options { timeout, keep_going: args.keep_going, line: args.line };
        Ok(Run { args, server, options, trace, children: Children::default() })
    }

    /// How many scripts failed.
    fn all(&self) -> Result<usize, Stop> {
        let scripts = read_all(&self.args.scripts)?;
        end_children_on_signals(&self.children);
        let mut failed = 0;
        for script in &scripts {
            failed += usize::from(!self.one(script)?);
        }
        if scripts.len() > 1 {
            let passed = scripts.len() - failed;
            say(&format!("{passed} passed, {failed} failed\n"));
        }
        Ok(failed)
    }

    fn one(&self, script: &Ready) -> Result<bool, Stop> {
        let begun = Instant::now();
        let no_server = |why: String| (NO_SERVER, format!("{}: no server: {why}", script.path));
        let mut stage = match &self.server {
            Some(_) => None,
            None => Some(
                Stage::start(&script.plan.serve, self.options.timeout, &self.children).map_err(no_server)?,
            ),
        };
        let server = match (&self.server, &stage) {
            (Some(server), _) => server.clone(),
            (None, Some(stage)) => (stage.host.clone(), stage.port),
            (None, None) => return Err(no_server("none was started".to_owned())),
        };
        let cast = Cast::new(server, &script.plan.actors, self.options.timeout, self.trace.clone());
        match play(&script.plan, cast, stage.as_mut(), &self.options) {
            Played::Passed { steps } => {
                let title = script.plan.title.as_ref().map_or(String::new(), |title| format!(" ({title})"));
                let ms = begun.elapsed().as_millis();
                say(&format!("{}{title}: ok, {steps} steps in {ms} ms\n", script.path));
                Ok(true)
            }
            Played::Failed(failures) => {
                for failure in &failures {
                    let again = self.again(&script.path, failure.line);
                    say(&failure.show(&script.path, &script.source, &again));
                }
                Ok(false)
            }
            Played::NoServer(why) => Err(no_server(why)),
        }
    }

    fn again(&self, path: &str, line: usize) -> String {
        let server =
            self.args.server.as_ref().map_or(String::new(), |server| format!(" --server {}", quoted(server)));
        format!("roomchat bot {}{server} --line {line} --trace -", quoted(path))
    }
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
            Err(errors) => mistakes.extend(errors.iter().map(|error| error.show(&name, &source))),
        }
    }
    match mistakes.is_empty() {
        true => Ok(ready),
        false => Err((SYNTAX, mistakes)),
    }
}

/// A path as a shell takes it.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:@%+=[],#".contains(c);
    match !text.is_empty() && text.chars().all(plain) && !text.starts_with('#') {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
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
            children.end_all();
            std::process::exit(128 + signal);
        }
    };
    // Without the thread the signal has its default effect, and the child stays.
    let _ = std::thread::Builder::new().name("signals".into()).spawn(wait);
}

#[cfg(not(unix))]
fn end_children_on_signals(children: &Children) {
    let children = children.clone();
    let _ = ctrlc::set_handler(move || {
        children.end_all();
        std::process::exit(128 + 2);
    });
}
