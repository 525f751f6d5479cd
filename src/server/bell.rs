//! How the spill thread sleeps, and what wakes it.

#[cfg(unix)]
use super::outlet::SocketOutlet;
use super::straggler::{Event, Wants};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How the spill thread sleeps until it is needed.
pub(super) trait Bell<O>: Send + Sync {
    /// Ends the current wait, or the next.
    fn ring(&self);
    /// Waits until it rings, one of the outlets can go on or the time is up;
    /// then gives an event for each of them, in order.
    fn wait(&self, watched: &[(&O, Wants)], timeout: Option<Duration>) -> Vec<Event>;
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

    /// Whether it has rung since.
    #[cfg(test)]
    pub(super) fn take(&self) -> bool {
        std::mem::take(&mut *self.rung.lock().unwrap_or_else(PoisonError::into_inner))
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
impl Bell<SocketOutlet> for PollBell {
    fn ring(&self) {
        // A full pair has rung already.
        let _ = std::io::Write::write(&mut &self.rope, &[1]);
    }

    fn wait(&self, watched: &[(&SocketOutlet, Wants)], timeout: Option<Duration>) -> Vec<Event> {
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
