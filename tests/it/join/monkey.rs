//! A monkey at the real `join`: seeded episodes of keys, signals, windows and odd servers.
//!
//! `cargo test` runs a few episodes. More of them, sixteen side by side:
//!
//! `ROOMCHAT_MONKEY=2000 cargo test --test it join::monkey -- --nocapture`
//!
//! `ROOMCHAT_MONKEY_FROM` is the first seed, `ROOMCHAT_MONKEY_SEED` replays one, and
//! `ROOMCHAT_MONKEY_ACTIONS` bounds the actions of an episode. `ROOMCHAT_EXE` names another
//! executable than the one that was just built.

mod episode;
mod judge;
mod leave;
mod person;
mod plan;
mod server;
mod visit;

use crate::kit::say_aloud;
use episode::Episode;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Most of an episode is waiting.
const SIDE_BY_SIDE: usize = 16;
/// Episodes where nobody asks for more, and their actions.
const FEW: u64 = 32;
const SHORT: usize = 40;
const ACTIONS: usize = 200;
/// Actions that a report of a fault shows, but for one that is replayed, which shows all.
const SHOWN: usize = 40;

/// The faults of an episode that had one.
struct Report {
    kind: &'static str,
    text: String,
}

fn number(key: &str) -> Option<u64> {
    std::env::var(key).ok().map(|value| value.parse().expect("a number"))
}

#[test]
fn a_monkey_neither_hangs_it_nor_loses_a_line() {
    let long = number("ROOMCHAT_MONKEY");
    let replayed = number("ROOMCHAT_MONKEY_SEED");
    let usual = if long.or(replayed).is_some() { ACTIONS } else { SHORT };
    let actions = number("ROOMCHAT_MONKEY_ACTIONS").map_or(usual, |count| usize::try_from(count).unwrap());
    let first = replayed.or_else(|| number("ROOMCHAT_MONKEY_FROM")).unwrap_or(1);
    let episodes = if replayed.is_some() { 1 } else { long.unwrap_or(FEW) };
    let faults = run_all(first, episodes, actions);
    let mut summary = format!("{episodes} episodes from seed {first}, {actions} actions at most:");
    let mut kinds = BTreeMap::<&str, Vec<u64>>::new();
    faults.iter().for_each(|(seed, report)| kinds.entry(report.kind).or_default().push(*seed));
    kinds
        .iter()
        .for_each(|(kind, seeds)| write!(summary, "\n  {} times {kind}: {seeds:?}", seeds.len()).unwrap());
    if long.is_some() {
        say_aloud(&summary);
    }
    assert!(faults.is_empty(), "{summary}");
}

/// The faults by seed.
fn run_all(first: u64, episodes: u64, actions: usize) -> BTreeMap<u64, Report> {
    let next = AtomicU64::new(first);
    let faults = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + episodes {
                        return;
                    }
                    if let Some(report) = run(seed, actions) {
                        say_aloud(&report.text);
                        faults.lock().unwrap().insert(seed, report);
                    }
                }
            });
        }
    });
    faults.into_inner().unwrap()
}

/// None where the episode had no fault.
fn run(seed: u64, actions: usize) -> Option<Report> {
    let mut episode = Episode::begin(seed, actions);
    let outcome = catch_unwind(AssertUnwindSafe(|| episode.run()));
    let (kind, what, picture) = match outcome {
        Ok(Ok(())) => return None,
        Ok(Err(fault)) => (fault.kind, fault.what, episode.picture()),
        // Nobody can say what the person saw.
        Err(_) if episode.person.tty.is_broken() => {
            say_aloud(&format!("ROOMCHAT_MONKEY_SEED={seed}: no verdict, the terminal emulator has failed"));
            return None;
        }
        Err(_) => ("the monkey itself failed", String::new(), String::new()),
    };
    let mut text =
        format!("\nROOMCHAT_MONKEY_SEED={seed} ROOMCHAT_MONKEY_ACTIONS={actions}: {kind}: {what}\n");
    let shown = if number("ROOMCHAT_MONKEY_SEED").is_some() { usize::MAX } else { SHOWN };
    let from = episode.done.len().saturating_sub(shown).max(1);
    for done in std::iter::once(&episode.done[0]).chain(&episode.done[from..]) {
        writeln!(text, "  {done}").unwrap();
    }
    text += &picture;
    Some(Report { kind, text })
}
