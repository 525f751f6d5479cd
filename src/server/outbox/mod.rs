//! How bytes get to all clients.
//!
//! ```text
//!  hub's thread                                          slow sender's thread
//!  ------------                                          --------------------
//!  hub: Batch                                            SlowClients: one Backlog for each
//!    | append                                              ^      | offer what waits,
//!    v                                                     |      | 64 KiB at a time
//!  Delivery -- is the client slow? -- yes: Order::Queue ---+      v
//!    | no                                                  |   Outlet
//!    v                                                     |
//!  SendPlan: all that is to be sent, joined once           |   Poller: sleeps until an outlet
//!    |       for all clients that get the same             |   has room, orders come or
//!    v                                                     |   somebody's time is up
//!  SendScheduler: which client next, and when              |
//!    |                                                     |
//!    v                                                     |
//!  Outlet.offer --- Partly, Full, Owes: Order::Adopt ------+
//!
//!  Delivery <------ Report: CaughtUp, Took, Overrun, Finished -----  SlowSender
//! ```
//!
//! * A client is *direct*, and only the hub's thread sends to it, or *slow*, and only the slow
//!   sender's thread does. There is one sender at a time, and what was appended first leaves first.
//! * Orders come in numbered rounds, one for each round of the hub at most. The hub's thread alone
//!   makes a client slow, by the order that hands over what its outlet did not take.
//! * A report names the last round that had been obeyed. A client is direct again once the hub's
//!   thread has read that it caught up with all rounds that gave it something. Until then its
//!   lines go on coming as orders.
//! * The hub's thread reads reports before it appends a batch; and after it has given the orders
//!   that follow, where some session's lines wait until it has taken what it was sent.
//! * Neither thread holds a lock of the other. The hub's thread waits for the slow sender only where
//!   256 rounds of orders have not been obeyed; the slow sender waits for nobody.

mod backlog;
pub(super) mod delivery;
pub(super) mod encryption;
pub(super) mod native;
mod orders;
pub(super) mod outlet;
mod plan;
pub(super) mod poller;
mod scheduler;
pub(super) mod slow_client_limits;
pub(super) mod slow_clients;
pub(super) mod slow_sender;
#[cfg(unix)]
mod unix;
#[cfg(any(test, not(unix)))]
mod writer;
