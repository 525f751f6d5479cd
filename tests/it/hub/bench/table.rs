//! The figures, what is printed of them, and what they must not be.

use super::cases::Case;
use super::world::Run;
use std::fmt::Write;
use std::time::Duration;

/// One call of the hub may take so long.
const MOST: Duration = Duration::from_millis(5);
/// The dearest point may take so much more than the point in the middle.
const FACTOR: f64 = 20.0;

/// All who watch the name are told, and nobody pays for that: it happens once for each connection.
const FREE: &str = "USER comes in, watched by all";

/// As many lines as may come at once, in one read.
pub(super) struct Item {
    pub(super) lines: usize,
    /// The longest call of the hub.
    pub(super) worst: Duration,
}

/// What one line took: medians of some runs.
pub(super) struct Figures {
    name: String,
    bytes: u64,
    points: u64,
    time: Duration,
    rounds: usize,
    worst: Duration,
    allocations: u64,
    own: u64,
    others: u64,
    deliveries: u64,
    item: Option<Item>,
    /// A line found the queue full: the other fields are those of a refusal, and are no figures.
    is_refused: bool,
}

fn median<T: Ord + Copy>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values[values.len() / 2]
}

fn micros(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1000.0
}

impl Figures {
    pub(super) fn new(case: &Case, bytes: u64, points: u64, runs: &[Run], item: Option<Item>) -> Figures {
        Figures {
            name: format!("{} {}", case.command, case.what).trim_end().to_owned(),
            bytes,
            points,
            time: median(runs.iter().map(Run::time)),
            rounds: median(runs.iter().map(|run| run.rounds.len())),
            worst: median(runs.iter().map(Run::worst)),
            allocations: median(runs.iter().map(|run| run.allocations)),
            own: median(runs.iter().map(|run| run.own)),
            others: median(runs.iter().map(|run| run.others)),
            deliveries: median(runs.iter().map(|run| run.deliveries)),
            item,
            is_refused: runs.iter().any(|run| run.is_refused),
        }
    }

    /// What is free is looked at as if it cost a point.
    fn per_point(&self, figure: f64) -> f64 {
        figure / self.points.max(1) as f64
    }

    fn per_byte(&self, figure: f64) -> f64 {
        figure / self.bytes as f64
    }

    /// The longest call of the hub, for a line or for as many as may come at once.
    fn longest(&self) -> Duration {
        self.worst.max(self.item.as_ref().map_or(Duration::ZERO, |item| item.worst))
    }
}

/// Three tables: a line, what is longest in one go, what a line costs others. A case that was
/// refused has no figures: its name alone is printed.
pub(super) fn all(figures: &[Figures]) -> String {
    let mut out = String::new();
    for row in figures.iter().filter(|row| row.is_refused) {
        let _ = writeln!(out, "{}: refused, the queue was full", row.name);
    }
    let figures: Vec<&Figures> = measured(figures).collect();
    let _ = writeln!(
        out,
        "\n{:48} {:>5} {:>6} | {:>10} {:>8} {:>10} | {:>8} {:>7} {:>8} | {:>9} {:>8} {:>9}",
        "a line",
        "bytes",
        "points",
        "us",
        "allocs",
        "bytes out",
        "us/byte",
        "al/byte",
        "out/byte",
        "us/point",
        "al/point",
        "out/point"
    );
    for row in &figures {
        let (time, allocations) = (micros(row.time), row.allocations as f64);
        let written = (row.own + row.others) as f64;
        let _ = writeln!(
            out,
            "{:48} {:>5} {:>6} | {:>10.1} {:>8} {:>10} | {:>8.2} {:>7.2} {:>8.0} | {:>9.1} {:>8.0} {:>9.0}",
            row.name,
            row.bytes,
            row.points,
            time,
            row.allocations,
            written,
            row.per_byte(time),
            row.per_byte(allocations),
            row.per_byte(written),
            row.per_point(time),
            row.per_point(allocations),
            row.per_point(written),
        );
    }
    let _ = writeln!(
        out,
        "\n{:48} {:>7} {:>12} {:>6} {:>14}",
        "the longest call of the hub", "calls", "us of a line", "lines", "us of a read"
    );
    let mut longest = figures.clone();
    longest.sort_by_key(|row| std::cmp::Reverse(row.longest()));
    for row in longest.iter().take(40) {
        let (lines, read) = row.item.as_ref().map_or((1, row.worst), |item| (item.lines, item.worst));
        let _ = writeln!(
            out,
            "{:48} {:>7} {:>12.1} {:>6} {:>14.1}",
            row.name,
            row.rounds,
            micros(row.worst),
            lines,
            micros(read)
        );
    }
    let _ = writeln!(
        out,
        "\n{:48} {:>10} {:>12} | {:>9} {:>10} | {:>9} {:>10}",
        "what others get of a line",
        "deliveries",
        "bytes",
        "del/byte",
        "bytes/byte",
        "del/point",
        "bytes/point"
    );
    for row in figures.iter().filter(|row| row.deliveries > 0) {
        let (deliveries, bytes) = (row.deliveries as f64, row.others as f64);
        let _ = writeln!(
            out,
            "{:48} {:>10} {:>12} | {:>9.2} {:>10.0} | {:>9.0} {:>10.0}",
            row.name,
            row.deliveries,
            row.others,
            row.per_byte(deliveries),
            row.per_byte(bytes),
            row.per_point(deliveries),
            row.per_point(bytes),
        );
    }
    out
}

fn measured(figures: &[Figures]) -> impl Iterator<Item = &Figures> {
    figures.iter().filter(|row| !row.is_refused)
}

/// What must not be, a sentence each.
pub(super) fn faults(figures: &[Figures]) -> Vec<String> {
    let figures: Vec<&Figures> = measured(figures).collect();
    let mut faults = Vec::new();
    for row in figures.iter().filter(|row| row.longest() > MOST) {
        let longest = row.longest();
        faults.push(format!("{}: {longest:.1?} in one call of the hub, more than {MOST:?}", row.name));
    }
    let mut points: Vec<f64> = figures.iter().map(|row| row.per_point(micros(row.time))).collect();
    points.sort_by(f64::total_cmp);
    let middle = points[points.len() / 2];
    for row in figures.into_iter().filter(|row| row.name != FREE) {
        let point = row.per_point(micros(row.time));
        if point > FACTOR * middle {
            let times = point / middle;
            faults.push(format!(
                "{}: {point:.1} us a point, {times:.0} times the median's {middle:.1}",
                row.name
            ));
        }
    }
    faults
}
