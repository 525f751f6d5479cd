//! The cost of every line: each command of the table with its parameters at their dearest, obeyed
//! by a full server without a socket, printed where somebody asks:
//!
//! `ROOMCHAT_BENCH=1 cargo test --release --test it hub::bench -- --nocapture`
//!
//! It fails where one call of the hub takes longer than it may, and where a line costs far more
//! than its price. Time is that of the thread alone, so that others may use the machine; figures of
//! a slow one are higher, their ratios are not.

mod cases;
mod table;
mod world;

use crate::kit::say_aloud;
use cases::{CASES, Case};
use roomchat::hub::manual;
use std::collections::BTreeSet;
use std::time::Duration;
use table::{Figures, Item};
use world::{Run, Size, World};

/// A case is repeated until it has taken so long, or so often.
const ENOUGH: Duration = Duration::from_millis(50);
const MOST: usize = 15;
/// Lines of one read.
const ITEM: usize = 64;
/// Messages that may come at once: more of a read waits for its time.
const BURST: u64 = 40;

#[test]
fn figures() {
    if std::env::var_os("ROOMCHAT_BENCH").is_none() {
        return;
    }
    let mut world = World::new(Size::FULL);
    let figures: Vec<Figures> = CASES.iter().map(|case| measure(&mut world, case)).collect();
    say_aloud(&table::all(&figures));
    let faults = table::faults(&figures);
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// One who adds a command adds its dearest line as well.
#[test]
fn each_command_is_measured() {
    let known: BTreeSet<&str> = manual::commands().collect();
    let measured = CASES.iter().map(|case| case.command).filter(|command| !command.starts_with('('));
    assert_eq!(measured.collect::<BTreeSet<_>>(), known);
    let mut world = World::new(Size::SMALL);
    for case in CASES {
        // A line without an answer ends in a panic there.
        let (run, points) = obey(&mut world, case, 0, 1);
        let name = format!("{} {}", case.command, case.what);
        assert!(!run.is_refused, "{name}: the queue was full");
        // Of several lines those are not measured that wait for their time.
        let is_one = !(case.lines)(&world, 0).contains('\n');
        assert!(is_one || points <= BURST, "{name}: {points} points are more than a burst");
    }
}

fn measure(world: &mut World, case: &Case) -> Figures {
    let (mut runs, mut points) = (Vec::new(), 0);
    let mut time = Duration::ZERO;
    while runs.len() < MOST && time < ENOUGH {
        let (run, price) = obey(world, case, runs.len(), 1);
        time += run.time();
        points = price;
        runs.push(run);
    }
    // What takes too long alone need not be measured again and again.
    let repeats = case.repeats && time < 2 * ENOUGH;
    let count = if repeats { ITEM.min((BURST / points.max(1)) as usize).max(1) } else { 1 };
    let item =
        (count > 1).then(|| Item { lines: count, worst: obey(world, case, runs.len(), count).0.worst() });
    Figures::new(case, bytes(world, case), points, &runs, item)
}

fn bytes(world: &World, case: &Case) -> u64 {
    (case.lines)(world, 0).len() as u64 + 2
}

/// So many of its lines in one read, and their price.
fn obey(world: &mut World, case: &Case, from: usize, count: usize) -> (Run, u64) {
    (case.before)(world);
    let who = case.who.id(world);
    let lines: String = (from..from + count).map(|number| (case.lines)(world, number) + "\r\n").collect();
    let refused_before = world.refusals;
    let mut run = world.run(who, lines.as_bytes());
    let has_left = matches!(case.command, "QUIT" | "(no client)");
    let points = match case.command {
        // Nobody leaves more often than they come.
        "QUIT" => world.coming,
        _ if has_left => 0,
        _ => world.points(who),
    };
    run.is_refused = world.refusals > refused_before;
    if has_left {
        world.late = world.late.filter(|_| case.command != "QUIT");
        world.leave_late();
    }
    (run, points)
}
