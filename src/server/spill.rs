//! The one thread that serves all who are behind, asleep while nobody is.

use super::member::{Event, Member, Wants};
use super::outlet::Outlet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How the spill thread sleeps until it is needed.
pub(super) trait Bell<O>: Send + Sync {
    /// Ends the current wait, or the next.
    fn ring(&self);
    /// Waits until it rings, one of the outlets can go on or the time is up;
    /// then gives an event for each of them, in order.
    fn wait(&self, watched: &[(&O, Wants)], timeout: Option<Duration>) -> Vec<Event>;
}

/// The spill thread's end that the hub's thread holds.
#[derive(Debug)]
pub(super) struct Spill<O, B> {
    bell: B,
    /// Newly behind; taken by the spill thread at its next turn.
    newcomers: Mutex<Vec<Arc<Member<O>>>>,
    closing: AtomicBool,
}

impl<O: Outlet, B: Bell<O>> Spill<O, B> {
    pub(super) fn new(bell: B) -> Spill<O, B> {
        Spill { bell, newcomers: Mutex::default(), closing: AtomicBool::new(false) }
    }

    pub(super) fn bell(&self) -> &B {
        &self.bell
    }

    /// Hands over a member that has just fallen behind.
    pub(super) fn add(&self, member: Arc<Member<O>>) {
        self.newcomers.lock().unwrap_or_else(PoisonError::into_inner).push(member);
        self.bell.ring();
    }

    /// Ends [`Spill::run`].
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Release);
        self.bell.ring();
    }

    /// The spill thread's whole life.
    pub(super) fn run(&self) {
        let mut members: Vec<Arc<Member<O>>> = Vec::new();
        let mut chunk = Vec::new();
        while !self.closing.load(Ordering::Acquire) {
            // A newcomer is tried at once: it may only have to say goodbye.
            let old = members.len();
            members.append(&mut self.newcomers.lock().unwrap_or_else(PoisonError::into_inner));
            let mut events = self.wait(&members[..old], members.len() > old);
            events.resize(members.len(), Event::Room);
            let now = Instant::now();
            let mut events = events.into_iter();
            members.retain(|member| member.go_on(events.next().unwrap_or(Event::Nothing), now, &mut chunk));
            if members.is_empty() {
                chunk = Vec::new();
            }
        }
    }

    fn wait(&self, members: &[Arc<Member<O>>], at_once: bool) -> Vec<Event> {
        let watched: Vec<(&O, Wants)> = members.iter().map(|m| (m.outlet(), m.wants())).collect();
        let until = watched.iter().filter_map(|(_, wants)| wants.until).min();
        let timeout = match at_once {
            true => Some(Duration::ZERO),
            false => until.map(|until| until.saturating_duration_since(Instant::now())),
        };
        self.bell.wait(&watched, timeout)
    }
}

/// Portable: wakes for all of them and lets each be tried.
#[derive(Debug, Default)]
pub(super) struct FlagBell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl FlagBell {
    pub(super) fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_one();
    }

    fn sleep(&self, timeout: Option<Duration>) {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rung = match timeout {
            None => self.changed.wait_while(rung, |rung| !*rung).unwrap_or_else(PoisonError::into_inner),
            Some(time) => {
                let woken = self.changed.wait_timeout_while(rung, time, |rung| !*rung);
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        *rung = false;
    }
}

impl<O> Bell<O> for Arc<FlagBell> {
    fn ring(&self) {
        FlagBell::ring(self);
    }

    fn wait(&self, watched: &[(&O, Wants)], timeout: Option<Duration>) -> Vec<Event> {
        self.sleep(timeout);
        vec![Event::Room; watched.len()]
    }
}

/// Unix: `poll` on the sockets and on one end of a socket pair.
#[cfg(unix)]
#[derive(Debug)]
pub(super) struct PollBell {
    rope: std::os::unix::net::UnixStream,
    clapper: std::os::unix::net::UnixStream,
}

#[cfg(unix)]
impl PollBell {
    pub(super) fn new() -> std::io::Result<PollBell> {
        let (rope, clapper) = std::os::unix::net::UnixStream::pair()?;
        rope.set_nonblocking(true)?;
        clapper.set_nonblocking(true)?;
        Ok(PollBell { rope, clapper })
    }
}

#[cfg(unix)]
impl Bell<super::outlet::SocketOutlet> for PollBell {
    fn ring(&self) {
        // A full pair has rung already.
        let _ = std::io::Write::write(&mut &self.rope, &[1]);
    }

    fn wait(
        &self,
        watched: &[(&super::outlet::SocketOutlet, Wants)],
        timeout: Option<Duration>,
    ) -> Vec<Event> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut polled = Vec::with_capacity(watched.len() + 1);
        polled.extend(watched.iter().map(|(outlet, wants)| {
            PollFd::new(outlet.socket(), if wants.room { PollFlags::OUT } else { PollFlags::empty() })
        }));
        polled.push(PollFd::new(&self.clapper, PollFlags::IN));
        let timeout = timeout.and_then(|time| Timespec::try_from(time).ok());
        // Interrupted or refused is a wake-up without events.
        let _ = poll(&mut polled, timeout.as_ref());
        let _ = std::io::Read::read(&mut &self.clapper, &mut [0; 64]);
        let event = |flags: PollFlags| match () {
            () if flags.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) => Event::HungUp,
            () if flags.is_empty() => Event::Nothing,
            () => Event::Room,
        };
        polled[..watched.len()].iter().map(|fd| event(fd.revents())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::backlog::{Ledger, Waiting};
    use super::super::member::Patience;
    use super::super::outlet::{NativeOutlet, Outlet};
    use super::super::pump::PumpOutlet;
    use super::*;
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    /// More than the buffers of both ends hold.
    const LINES: usize = 40_000;

    fn sockets() -> (Arc<TcpStream>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (Arc::new(listener.accept().unwrap().0), client)
    }

    fn line(number: usize) -> Vec<u8> {
        format!("line {number:0200}\r\n").into_bytes()
    }

    /// A reader that begins late gets every line, in order, the farewell and the end.
    fn a_late_reader_gets_everything<O: Outlet, B: Bell<O>>(outlet: O, mut client: TcpStream, bell: B) {
        let (ledger, spill) = (Arc::new(Ledger::default()), Spill::new(bell));
        let member = Arc::new(Member::new(outlet));
        let give = |bytes: Vec<u8>| {
            let queued = member.give(&bytes, || Waiting::new(bytes.as_slice().into(), &ledger));
            if queued.as_ref().is_some_and(|queued| queued.newly_behind) {
                spill.add(Arc::clone(&member));
            }
            queued.is_some()
        };
        thread::scope(|scope| {
            scope.spawn(|| spill.run());
            let mut late = false;
            for number in 0..LINES {
                late |= give(line(number));
            }
            assert!(late, "the buffers were larger than the test");
            let mut heard = vec![0; LINES * line(0).len()];
            client.read_exact(&mut heard).unwrap();
            assert!(heard == (0..LINES).flat_map(line).collect::<Vec<u8>>());
            let farewell = Waiting::new(b"ERROR :bye\r\n"[..].into(), &ledger);
            match member.part(farewell, Patience::USUAL, Instant::now()) {
                true => spill.add(Arc::clone(&member)),
                false => spill.bell().ring(),
            }
            let mut rest = String::new();
            client.read_to_string(&mut rest).unwrap();
            assert_eq!(rest, "ERROR :bye\r\n");
            spill.close();
        });
        assert_eq!(ledger.live(), 0);
    }

    #[test]
    fn a_late_reader_gets_everything_over_this_system_s_outlet() {
        let (socket, client) = sockets();
        a_late_reader_gets_everything(NativeOutlet::new(socket), client, PollBell::new().unwrap());
    }

    #[test]
    fn a_late_reader_gets_everything_over_the_portable_outlet() {
        let (socket, client) = sockets();
        let bell = Arc::new(FlagBell::default());
        let (outlet, pump) = PumpOutlet::new(socket, Arc::clone(&bell));
        let pump = thread::spawn(move || pump.run());
        a_late_reader_gets_everything(outlet, client, bell);
        pump.join().unwrap();
    }
}
