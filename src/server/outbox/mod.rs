//! How bytes get to all clients.

mod backlog;
pub(super) mod delivery;
pub(super) mod native;
pub(super) mod outlet;
mod plan;
pub(super) mod poller;
pub(super) mod protocol;
mod scheduler;
pub(super) mod slow_clients;
pub(super) mod slow_sender;
#[cfg(unix)]
mod unix;
#[cfg(any(test, not(unix)))]
mod writer;
