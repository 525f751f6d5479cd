//! Those who do nothing wrong: some who measure how long a PING takes, newcomers, readers of
//! several speeds; and the figures of what they felt.

use super::crowd::connect;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Where somebody is worse off, it is somebody else who pays.
const WORST_PING: Duration = Duration::from_millis(50);
const LONGEST_STOP: Duration = Duration::from_secs(6);
/// Time between the PINGs of one who has no limit.
pub(super) const FAST: Duration = Duration::from_millis(5);
/// The same of one who keeps far below the limit.
pub(super) const SLOW: Duration = Duration::from_millis(500);
const BETWEEN_NEWCOMERS: Duration = Duration::from_millis(100);
/// Nobody waits longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Bits a second that the members in the room read; 0 for all that come.
pub(super) const SPEEDS: [u64; 4] = [0, 320_000_000, 80_000_000, 16_000_000];

/// When the attack was over, once it is: what the server's own end does is nobody's to suffer.
#[derive(Debug, Default)]
pub(super) struct Over(OnceLock<Instant>);

impl Over {
    pub(super) fn set(&self) {
        self.0.get_or_init(Instant::now);
    }

    pub(super) fn is_set(&self) -> bool {
        self.0.get().is_some()
    }

    /// The time since then, or what of it was before the end.
    fn since(&self, start: Instant) -> Duration {
        self.0.get().map_or_else(|| start.elapsed(), |end| end.saturating_duration_since(start))
    }
}

/// What was felt during an attack.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) pings: Vec<Duration>,
    /// The same at an address of the attackers, which shares one limit, and in a network of its
    /// own.
    pub(super) beside: Vec<Duration>,
    pub(super) elsewhere: Vec<Duration>,
    pub(super) newcomers: Vec<Duration>,
    /// Mbit/s of the members that were closed; "full" for the fastest.
    pub(super) closed: Vec<String>,
    /// Kilobytes.
    pub(super) memory: u64,
    /// None where it had to be killed.
    pub(super) stop: Option<Duration>,
    pub(super) note: String,
}

fn percentile(times: &[Duration], part: f64) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.get(((times.len().saturating_sub(1)) as f64 * part) as usize).copied().unwrap_or_default()
}

fn ms(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

impl Figures {
    pub(super) fn head() -> String {
        format!(
            "\n{:40} | {:>8} {:>9} {:>9} {:>9} | {:>8} {:>9} | {:>14} | {:>6} | {:>6} | note",
            "attack (ms; MB; s)",
            "PING p50",
            "worst",
            "elsewhere",
            "beside",
            "in, p50",
            "worst",
            "honest closed",
            "RSS",
            "stop"
        )
    }

    pub(super) fn row(&self, name: &str) -> String {
        let closed = if self.closed.is_empty() { "-".to_owned() } else { self.closed.join(",") };
        format!(
            "{name:40} | {:>8} {:>9} {:>9} {:>9} | {:>8} {:>9} | {closed:>14} | {:>6} | {:>6} | {}",
            ms(percentile(&self.pings, 0.5)),
            ms(percentile(&self.pings, 1.0)),
            ms(percentile(&self.elsewhere, 1.0)),
            ms(percentile(&self.beside, 1.0)),
            ms(percentile(&self.newcomers, 0.5)),
            ms(percentile(&self.newcomers, 1.0)),
            self.memory / 1024,
            self.stop.map_or_else(|| "never".to_owned(), |stop| format!("{:.1}", stop.as_secs_f64())),
            self.note,
        )
    }

    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        // A neighbour at the attackers' own address waits for their common limit: only printed.
        for (pings, of) in [(&self.pings, ""), (&self.elsewhere, " from another network")] {
            let worst = percentile(pings, 1.0);
            if worst > WORST_PING {
                faults.push(format!("a PING{of} took {worst:.1?}"));
            }
        }
        if !self.closed.is_empty() {
            faults.push(format!("members were closed who read ({})", self.closed.join(",")));
        }
        if self.stop.is_none_or(|stop| stop > LONGEST_STOP) {
            faults.push("SIGTERM took too long".to_owned());
        }
        faults
    }
}

/// Somebody at an address: on the server's own machine one has no limit.
fn enter(
    (server, from): (SocketAddr, IpAddr),
    name: &str,
    lines: &str,
    end: &str,
) -> Option<BufReader<TcpStream>> {
    let socket = connect(server, from, None);
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut reader = BufReader::new(socket);
    let lines = format!("NICK {name}\r\nUSER u 0 * :x\r\n{lines}");
    reader.get_mut().write_all(lines.as_bytes()).ok()?;
    hears(&mut reader, end).then_some(reader)
}

fn hears(reader: &mut BufReader<TcpStream>, part: &str) -> bool {
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.read_until(b'\n', &mut line) {
            Ok(count) if count > 0 => {}
            _ => return false,
        }
        if String::from_utf8_lossy(&line).contains(part) {
            return true;
        }
    }
}

/// One who has no limit, and is here before the attack begins.
pub(super) fn victim(server: SocketAddr) -> BufReader<TcpStream> {
    enter((server, Ipv4Addr::LOCALHOST.into()), "victim", "", " 376 ").expect("nobody is attacked yet")
}

/// One who has the limit of everybody, and is here before the attack begins.
pub(super) fn neighbour(at: (SocketAddr, IpAddr), name: &str) -> BufReader<TcpStream> {
    enter(at, name, "", " 376 ").expect("nobody is attacked yet")
}

/// How long each PING takes. What is unanswered at the end counts with the time until then.
pub(super) fn ping(mut victim: BufReader<TcpStream>, between: Duration, over: &Over) -> Vec<Duration> {
    let mut times = Vec::new();
    for number in 0.. {
        if over.is_set() {
            break;
        }
        let start = Instant::now();
        if victim.get_mut().write_all(format!("PING p{number}\r\n").as_bytes()).is_err() {
            break;
        }
        let is_answered = hears(&mut victim, &format!(":p{number}\r"));
        times.push(over.since(start));
        if !is_answered {
            break;
        }
        std::thread::sleep(between);
    }
    times
}

/// How long each newcomer takes until he is in the first room.
pub(super) fn come_in(server: SocketAddr, over: &Over) -> Vec<Duration> {
    let mut times = Vec::new();
    for number in 0.. {
        if over.is_set() {
            break;
        }
        let start = Instant::now();
        let at = (server, Ipv4Addr::LOCALHOST.into());
        let newcomer = enter(at, &format!("new{number}"), "JOIN #lobby\r\n", " 366 ");
        times.push(over.since(start));
        drop(newcomer);
        std::thread::sleep(BETWEEN_NEWCOMERS);
    }
    times
}

/// A member of the first room who reads so many bits a second; whether the server has closed it.
pub(super) fn read(server: SocketAddr, from: IpAddr, speed: u64, over: &Over) -> bool {
    // What the kernel takes without being read is little where a line is slow.
    let buffer = (speed > 0).then_some(64 * 1024);
    let mut socket = connect(server, from, buffer);
    socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let name = format!("reader{}", speed / 1_000_000);
    let lines =
        format!("CAP REQ :message-tags batch\r\nCAP END\r\nNICK {name}\r\nUSER u 0 * :x\r\nJOIN #lobby\r\n");
    socket.write_all(lines.as_bytes()).unwrap();
    let (start, mut taken) = (Instant::now(), 0.0);
    let mut chunk = vec![0; 64 * 1024];
    while !over.is_set() {
        let most = match speed {
            0 => chunk.len(),
            // What was not taken in time is not taken later.
            speed => {
                let per_second = speed as f64 / 8.0;
                let may = start.elapsed().as_secs_f64() * per_second;
                taken = f64::max(taken, may - per_second / 20.0);
                (may - taken) as usize
            }
        };
        if most == 0 {
            std::thread::sleep(Duration::from_millis(1));
            continue;
        }
        let most = most.min(chunk.len());
        match socket.read(&mut chunk[..most]) {
            Ok(0) => return !over.is_set(),
            Ok(count) => {
                taken += count as f64;
                if chunk[..count].windows(6).any(|part| part == b"\nPING " || part == b"PING :") {
                    let _ = socket.write_all(b"PONG x\r\n");
                }
            }
            Err(error)
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            Err(_) => return !over.is_set(),
        }
    }
    false
}
