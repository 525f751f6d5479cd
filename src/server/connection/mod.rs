//! One connection's own thread, which reads, and what passes from it to the hub's thread.

mod batcher;
mod encrypted;
pub(super) mod handshakes;
pub(super) mod inbox;
mod reads;
pub(super) mod session;
