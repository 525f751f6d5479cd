//! Connections that a proxy hands on: who they are from stands in a header before all else.

use crate::cli::Network;
use crate::wire::proxy_header::{Header, Source};
use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a proxy may take for its header: it sends that at once.
const PATIENCE: Duration = Duration::from_secs(5);
/// A server that stops does not wait for it longer than that.
const STEP: Duration = Duration::from_millis(200);
/// Connections whose header is waited for.
const WAITING: usize = 1024;

/// The proxies that are believed. Shared by the threads that accept, and those that wait for a header.
#[derive(Debug)]
pub(crate) struct Proxies {
    networks: Vec<Network>,
    /// Connections whose header is waited for: at most [`WAITING`].
    waiting: AtomicUsize,
    /// [`FAULTS_A_SECOND`] times the second in which faults were last told (since the Unix epoch), and
    /// how many those were.
    told: AtomicU64,
}

/// Faults that are told in a second: a peer causes them, and the console may stand still.
const FAULTS_A_SECOND: u64 = 10;

/// Why a connection of a proxy is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Missing,
    Bad,
    Late,
    /// Too many others wait.
    TooMany,
}

impl Proxies {
    pub(crate) fn new(networks: Vec<Network>) -> Proxies {
        Proxies { networks, waiting: AtomicUsize::new(0), told: AtomicU64::new(0) }
    }

    /// Whether a connection from there begins with a header.
    pub(crate) fn has(&self, from: IpAddr) -> bool {
        self.networks.iter().any(|network| network.has(from))
    }

    /// Whether a fault may be told now.
    pub(crate) fn may_tell(&self, wall_us: u64) -> bool {
        let first = wall_us / 1_000_000 * FAULTS_A_SECOND;
        let last = first + FAULTS_A_SECOND;
        let next = |told: u64| match told {
            _ if told == last => None,
            _ if (first..last).contains(&told) => Some(told + 1),
            // Of another second.
            _ => Some(first + 1),
        };
        self.told.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok()
    }

    /// Reads the header, and nothing behind it. None where there is nobody any more.
    pub(crate) fn source(
        &self,
        socket: &TcpStream,
        from: SocketAddr,
        stopping: &AtomicBool,
    ) -> Result<Option<SocketAddr>, Fault> {
        let others = self.waiting.fetch_add(1, Ordering::AcqRel);
        let read = if others < WAITING { read(socket, stopping) } else { Err(Fault::TooMany) };
        self.waiting.fetch_sub(1, Ordering::AcqRel);
        Ok(read?.map(|source| match source {
            Source::Of(address) => address,
            Source::Proxy => from,
        }))
    }
}

fn read(mut socket: &TcpStream, stopping: &AtomicBool) -> Result<Option<Source>, Fault> {
    let until = Instant::now() + PATIENCE;
    // Fails on no open socket; without it the thread would wait for as long as the peer does.
    if socket.set_read_timeout(Some(STEP)).is_err() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    loop {
        let more = match Header::of(&bytes) {
            Header::Begun(more) => more,
            Header::Whole(source) => {
                let _ = socket.set_read_timeout(None);
                return Ok(Some(source));
            }
            Header::Missing => return Err(Fault::Missing),
            Header::Bad => return Err(Fault::Bad),
        };
        let begun = bytes.len();
        bytes.resize(begun + more, 0);
        let count = match socket.read(&mut bytes[begun..]) {
            Ok(0) if begun > 0 => return Err(Fault::Bad),
            Ok(0) => return Ok(None),
            Ok(count) => count,
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => 0,
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => 0,
                _ => return Ok(None),
            },
        };
        bytes.truncate(begun + count);
        if stopping.load(Ordering::Acquire) {
            return Ok(None);
        }
        if Instant::now() >= until {
            return Err(Fault::Late);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_at_a_rate() {
        let proxies = Proxies::new(Vec::new());
        let told = |wall_us: u64| (0..100).filter(|_| proxies.may_tell(wall_us)).count();
        assert_eq!([told(5_000_000), told(5_900_000), told(6_000_000), told(1_000_000)], [10, 0, 10, 10]);
    }
}
