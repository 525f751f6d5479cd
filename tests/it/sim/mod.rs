//! A simulation of everything that keeps what is said: hub, commits, store, clients and clocks, one
//! step after another, as a seed chooses them. Crashes at any point, torn writes, a disk that is
//! full, slow or fails, slow clients, and clocks that jump. After each step all must hold that
//! people may count on; a seed that fails is printed with the fewest steps that fail.
//!
//! | file | holds |
//! |---|---|
//! | `step.rs` | what may happen, and how a seed chooses it |
//! | `world.rs` | all of it; does the steps |
//! | `threads.rs`, `restart.rs`, `audit.rs` | parts of that: what threads do, how servers end, how a simulation does |
//! | `process.rs` | a server's process without threads and sockets |
//! | `client.rs` | a client, and what it has asked for |
//! | `hear.rs`, `truth.rs` | what must hold of what people are told |
//! | `store.rs`, `disk.rs`, `folder.rs` | the disk: its double, and the real store in a folder |
//! | `found.rs` | what was found, which is played again each time |
//! | `bugs.rs` | bugs that are planted, to see that they are found |
//!
//! `ROOMCHAT_SIM` says how many seeds are tried, `ROOMCHAT_SIM_FROM` where they begin.

mod audit;
mod bugs;
mod client;
mod disk;
mod folder;
mod found;
mod hear;
mod process;
mod restart;
mod step;
mod store;
mod threads;
mod truth;
mod world;

use bugs::{BUGS, Bug};
use found::{FOUND, Found};
use roomchat::chat::Seq;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Instant;
use step::{SMALL, Setup, Step, plan};
use world::World;

/// One seed of so many is played on the real store, which takes longer.
const REAL: u64 = 20;

/// So often a failing seed is tried with fewer steps.
const MOST_RUNS: usize = 300;

/// What everybody is told who comes.
const NOISE: [&str; 12] =
    [" 001 ", " 002 ", " 003 ", " 004 ", " 005 ", " 251 ", " 25", " 26", " 37", " 333 ", " 366 ", "CAP * "];

/// What was wrong, and the last that happened before.
struct Failure {
    why: String,
    trace: Vec<String>,
    /// The steps that were done.
    steps: usize,
}

fn run(setup: Setup, steps: &[Step], bug: Option<Bug>) -> Result<(), Failure> {
    let mut world = World::new(setup, bug);
    let mut done = 0;
    let played = catch_unwind(AssertUnwindSafe(|| {
        for step in steps {
            done += 1;
            world.step(step)?;
        }
        world.finish()
    }));
    let why = match played {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(why)) => why,
        Err(_) => "a panic".to_owned(),
    };
    Err(Failure { why, trace: std::mem::take(&mut world.trace), steps: done })
}

/// Fewer steps that still fail: without each of them it would hold, if that is found soon.
fn shrink(setup: Setup, mut steps: Vec<Step>, bug: Option<Bug>) -> Vec<Step> {
    let (mut size, mut runs) = (steps.len() / 2, 0);
    while size > 0 {
        let mut at = 0;
        while at < steps.len() && runs < MOST_RUNS {
            runs += 1;
            let mut fewer = steps.clone();
            fewer.drain(at..(at + size).min(steps.len()));
            match run(setup, &fewer, bug) {
                Ok(()) => at += size,
                Err(_) => steps = fewer,
            }
        }
        size /= 2;
    }
    steps
}

/// Plays a seed, and panics with all that one needs to know where it fails.
fn play(seed: u64, is_real: bool) {
    let (setup, mut steps) = plan(seed, is_real);
    let Err(failure) = run(setup, &steps, None) else { return };
    steps.truncate(failure.steps);
    let fewest = shrink(setup, steps, None);
    let Failure { why, trace, .. } = run(setup, &fewest, None).err().unwrap_or(failure);
    let is_telling = |line: &&String| !NOISE.iter().any(|number| line.contains(number));
    let told: Vec<&str> = trace.iter().filter(is_telling).map(String::as_str).collect();
    let last = told[told.len().saturating_sub(60)..].join("\n");
    let steps: String = fewest.iter().map(|step| format!("{step:?}\n")).collect();
    panic!("seed {seed}, real: {is_real}: {why}\nwith {setup:?}\n{steps}last:\n{last}");
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn nothing_is_lost_whatever_happens() {
    let (from, long) = (number("ROOMCHAT_SIM_FROM").unwrap_or(0), number("ROOMCHAT_SIM"));
    let (count, begun) = (long.unwrap_or(200), Instant::now());
    // A short run has the other tests beside it.
    let threads = long.map_or(1, |_| thread::available_parallelism().map_or(1, usize::from));
    thread::scope(|scope| {
        for first in 0..threads as u64 {
            let seeds = (from + first..from + count).step_by(threads);
            scope.spawn(move || seeds.for_each(|seed| play(seed, seed % REAL == 0)));
        }
    });
    if long.is_some() {
        let minutes = begun.elapsed().as_secs() / 60;
        crate::kit::say_aloud(&format!("{count} seeds from {from} on in {minutes} minutes, none failed"));
    }
}

/// Else the simulations with little room would show nothing of it.
#[test]
fn old_messages_go_where_there_is_little_room() {
    let has_trimmed = |seed: u64| {
        let (setup, steps) = plan(seed, true);
        assert!(setup.is_small);
        let mut world = World::new(setup, None);
        steps.iter().for_each(|step| world.step(step).unwrap());
        world.finish().unwrap();
        world.truth.oldest > Seq(0)
    };
    let seeds = (0..6 * SMALL).step_by(SMALL as usize);
    let trimmed: Vec<u64> = seeds.filter(|&seed| has_trimmed(seed)).collect();
    assert!(trimmed.len() > 1, "{trimmed:?}");
}

#[test]
fn what_was_found_stays_found() {
    for Found { what, setup, steps } in FOUND {
        if let Err(Failure { why, trace, .. }) = run(*setup, steps, None) {
            panic!("{what} {why}\n{}", trace.join("\n"));
        }
    }
}

/// Each within 10,000 seeds, by one that finds nothing without the bug; after how many is looked for where `ROOMCHAT_SIM` is set.
#[test]
fn planted_bugs_are_found() {
    const SEEDS: u64 = 10_000;
    let is_long = number("ROOMCHAT_SIM").is_some();
    for (bug, known) in BUGS {
        let finds = |seed: u64| {
            let (setup, steps) = plan(seed, false);
            run(setup, &steps, Some(bug)).is_err() && run(setup, &steps, None).is_ok()
        };
        if is_long || !finds(known) {
            let found = (0..SEEDS).find(|&seed| finds(seed));
            let found = found.unwrap_or_else(|| panic!("{bug:?} is not found"));
            crate::kit::say_aloud(&format!("{bug:?} is found by seed {found}"));
        }
    }
}
