//! One connection's own thread, which reads, and what passes from it to the hub's thread.

mod batcher;
pub(super) mod inbox;
pub(super) mod session;
