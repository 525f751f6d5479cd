//! A client's end of the wire, as `join` and `bot` share it: `protocol` is pure,
//! `transport` are the sockets.

pub mod protocol;
pub mod transport;
