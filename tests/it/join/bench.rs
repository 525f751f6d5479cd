//! Figures of `join`, printed where somebody asks for them:
//!
//! `ROOMCHAT_BENCH=1 cargo test --release --test it join::bench -- --nocapture`
//!
//! Nothing here fails because of a slow machine.

use super::puppet::{CAPS, Puppet};
use super::tty::Tty;
use crate::kit::say_aloud;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const STARTS: usize = 20;
const KEYS: usize = 500;
const PER_SECOND: u32 = 1000;

fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

#[test]
fn figures() {
    if std::env::var_os("ROOMCHAT_BENCH").is_none() {
        return;
    }
    let mut starts: Vec<Duration> = (0..STARTS).map(|_| start()).collect();
    let (median, worst) = (percentile(&mut starts, 50), percentile(&mut starts, 100));
    say_aloud(&format!("start to first prompt: median {median:.1?}, worst of {STARTS} {worst:.1?}"));

    let puppet = Puppet::new();
    let mut tty = Tty::join(80, puppet.address(), &["--name", "bench"]);
    let mut client = puppet.welcome(CAPS, "");
    tty.ends_with(&["我:"]);
    for n in 0..1000 {
        client.others("小明", &format!("PRIVMSG #lobby :message {n} 哈囉"));
    }
    tty.sees("message 999");
    say_aloud(&format!("memory after 1,000 messages: {} kB (VmRSS)", tty.memory()));

    let over = AtomicBool::new(false);
    let mut times = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut due = Instant::now();
            for n in 0.. {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                client.others("小明", &format!("PRIVMSG #lobby :flood {n}"));
                due += Duration::from_secs(1) / PER_SECOND;
                thread::sleep(due.saturating_duration_since(Instant::now()));
            }
        });
        for n in 0..KEYS {
            let key = char::from(b'a' + u8::try_from(n % 26).unwrap());
            let typed = Instant::now();
            tty.keys(&key.to_string());
            tty.until("the key", |rows| rows.last().is_some_and(|row| *row == format!("我: {key}")));
            times.push(typed.elapsed());
            tty.keys("\x7f");
            tty.until("no key", |rows| rows.last().is_some_and(|row| row == "我:"));
        }
        over.store(true, Ordering::Relaxed);
    });
    let (p50, p99) = (percentile(&mut times, 50), percentile(&mut times, 99));
    say_aloud(&format!(
        "key to screen at {PER_SECOND} messages a second: p50 {p50:.1?}, p99 {p99:.1?} of {KEYS}"
    ));
}

fn start() -> Duration {
    let puppet = Puppet::new();
    let started = Instant::now();
    let tty = Tty::join(80, puppet.address(), &["--name", "bench"]);
    let _client = puppet.welcome(CAPS, "");
    tty.ends_with(&["我:"]);
    started.elapsed()
}
