//! A client's end of the wire, as `join` and `bot` share it.

pub mod transport;
