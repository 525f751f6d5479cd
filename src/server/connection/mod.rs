//! One connection's own thread, which reads, and what passes from it to the hub's thread.

pub(super) mod inbox;
pub(super) mod session;
