//! How the slow sender sleeps, and what wakes it.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What the slow sender waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interest {
    /// Room in the outlet; otherwise only its end.
    pub(crate) room: bool,
    pub(crate) until: Option<Instant>,
}

/// What the slow sender has learned about an outlet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readiness {
    Nothing,
    Room,
    HungUp,
}

/// How the slow sender sleeps until it is needed.
pub(crate) trait Poller<O>: Send + Sync {
    /// Ends the current wait, or the next.
    fn wake(&self);
    /// Waits until it is woken, one of the outlets can go on or the time is up;
    /// then gives an event for each of them, in order.
    fn wait(&self, watched: &[(&O, Interest)], timeout: Option<Duration>) -> Vec<Readiness>;
}

/// Portable: wakes for all of them and lets each be tried.
#[derive(Debug, Default)]
pub(crate) struct CondvarPoller {
    woken: Mutex<bool>,
    changed: Condvar,
}

impl CondvarPoller {
    pub(crate) fn wake(&self) {
        *self.woken.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_one();
    }

    /// Whether it has woken since.
    #[cfg(test)]
    pub(crate) fn take(&self) -> bool {
        std::mem::take(&mut *self.woken.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn sleep(&self, timeout: Option<Duration>) {
        let woken = self.woken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut woken = match timeout {
            None => self.changed.wait_while(woken, |woken| !*woken).unwrap_or_else(PoisonError::into_inner),
            Some(time) => {
                let woken = self.changed.wait_timeout_while(woken, time, |woken| !*woken);
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        *woken = false;
    }
}

impl<O> Poller<O> for Arc<CondvarPoller> {
    fn wake(&self) {
        CondvarPoller::wake(self);
    }

    fn wait(&self, watched: &[(&O, Interest)], timeout: Option<Duration>) -> Vec<Readiness> {
        self.sleep(timeout);
        vec![Readiness::Room; watched.len()]
    }
}
