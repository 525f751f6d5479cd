//! What a load test found out. Pure.

use hdrhistogram::Histogram;
use serde_json::{Value, json};
use std::fmt::{self, Display};
use std::time::Duration;

/// Faults that are described; the others are only counted.
const EXAMPLES: usize = 5;
/// Delivery times are kept in nanoseconds up to this, with three digits.
const LONGEST: Duration = Duration::from_secs(600);

/// Ten times the unit in which systems count a process's time.
const COARSE: Duration = Duration::from_millis(100);

/// What came, and how.
#[derive(Debug)]
pub struct Tally {
    times: Histogram<u64>,
    pub lost: u64,
    pub doubled: u64,
    pub reordered: u64,
    /// Came and was not sent, or not so.
    pub strange: u64,
    /// Steps of the script that were refused and were not to be.
    pub refused: u64,
    /// Steps that were to be refused and were not.
    pub allowed: u64,
    /// A sentence for each of the first faults.
    pub examples: Vec<String>,
    /// The first of the script's lines that any of them is about.
    pub line: Option<usize>,
}

impl Default for Tally {
    fn default() -> Tally {
        let times = Histogram::new_with_bounds(1, LONGEST.as_nanos() as u64, 3);
        Tally {
            times: times.expect("1 is above 0, the upper bound more than twice that, 3 digits below 6"),
            lost: 0,
            doubled: 0,
            reordered: 0,
            strange: 0,
            refused: 0,
            allowed: 0,
            examples: Vec::new(),
            line: None,
        }
    }
}

impl Tally {
    pub fn delivery(&mut self, time: Duration) {
        self.times.saturating_record(time.as_nanos().try_into().unwrap_or(u64::MAX));
    }

    pub fn deliveries(&self) -> u64 {
        self.times.len()
    }

    /// The time within which this share of the deliveries was made.
    pub fn within(&self, share: f64) -> Duration {
        Duration::from_nanos(self.times.value_at_quantile(share))
    }

    pub fn faults(&self) -> u64 {
        self.lost + self.doubled + self.reordered + self.strange + self.refused + self.allowed
    }

    /// Describes a fault of what this line of the script says, where one does.
    pub fn example(&mut self, line: Option<usize>, sentence: String) {
        self.about(line);
        if self.examples.len() < EXAMPLES {
            self.examples.push(sentence);
        }
    }

    /// A fault is about what this line of the script says.
    pub fn about(&mut self, line: Option<usize>) {
        self.line = [self.line, line].into_iter().flatten().min();
    }
}

/// One script under load.
#[derive(Debug)]
pub struct Figures {
    pub listeners: usize,
    /// How often the script was played.
    pub times: u32,
    pub steps: u64,
    /// From the first listener's connection until the last was in the room.
    pub entering: Duration,
    /// From the first step until all had seen the last.
    pub playing: Duration,
    /// Used by our own server meanwhile, where the system tells.
    pub server_cpu: Option<Duration>,
    /// It was not played to its end: the line where it stopped, and why.
    pub stopped: Option<(usize, String)>,
    pub tally: Tally,
}

impl Figures {
    fn a_second(&self, count: u64) -> f64 {
        count as f64 / self.playing.as_secs_f64().max(1e-9)
    }

    /// Microseconds of the server's processor for one delivery, where its
    /// clock has moved enough to tell.
    fn cpu_each(&self) -> Option<f64> {
        let cpu = self.server_cpu.filter(|cpu| *cpu >= COARSE)?.as_secs_f64() * 1e6;
        (self.tally.deliveries() > 0).then(|| cpu / self.tally.deliveries() as f64)
    }

    pub fn json(&self) -> Value {
        let (tally, ms) = (&self.tally, |time: Duration| time.as_secs_f64() * 1e3);
        json!({
            "listeners": self.listeners,
            "times": self.times,
            "steps": self.steps,
            "entering_ms": ms(self.entering),
            "playing_ms": ms(self.playing),
            "deliveries": tally.deliveries(),
            "deliveries_per_second": self.a_second(tally.deliveries()),
            "delivery_ms": {
                "p50": ms(tally.within(0.5)),
                "p99": ms(tally.within(0.99)),
                "max": ms(tally.within(1.0)),
            },
            "server_cpu_us_per_delivery": self.cpu_each(),
            "stopped": self.stopped.as_ref().map(|(_, why)| why),
            "lost": tally.lost,
            "doubled": tally.doubled,
            "reordered": tally.reordered,
            "strange": tally.strange,
            "refused": tally.refused,
            "allowed": tally.allowed,
        })
    }
}

/// Lines for people, each indented.
impl Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { listeners, steps, tally, .. } = self;
        let ms = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
        let count = |count: f64| grouped(count.round() as u64);
        let came = match listeners {
            1 => "1 listener".to_owned(),
            _ => format!("{} listeners", grouped(*listeners as u64)),
        };
        writeln!(f, "  {came} came in within {}", ms(self.entering))?;
        let seconds = self.playing.as_secs_f64();
        writeln!(
            f,
            "  {} steps in {seconds:.2} s, {} a second",
            grouped(*steps),
            count(self.a_second(*steps))
        )?;
        let deliveries = tally.deliveries();
        let rate = count(self.a_second(deliveries));
        write!(f, "  {} deliveries, {rate} a second", grouped(deliveries))?;
        match self.cpu_each() {
            Some(each) => writeln!(f, ", each {each:.2} µs of the server's processor")?,
            None => writeln!(f)?,
        }
        let (p50, p99, max) = (ms(tally.within(0.5)), ms(tally.within(0.99)), ms(tally.within(1.0)));
        writeln!(f, "  delivery time p50 {p50}, p99 {p99}, max {max}")?;
        writeln!(f, "  {}", self.faults())
    }
}

impl Figures {
    /// What went wrong, in numbers.
    pub fn faults(&self) -> String {
        let Tally { lost, doubled, reordered, strange, refused, allowed, .. } = &self.tally;
        let messages = format!("{lost} lost, {doubled} doubled, {reordered} reordered, {strange} strange");
        match (refused, allowed) {
            (0, 0) => messages,
            _ => format!("{messages}, {refused} wrongly refused, {allowed} wrongly allowed"),
        }
    }
}

/// 1234567 as 1,234,567.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}
