//! Whole conversations through the hub, without a socket.

mod bot;
mod caps;
mod clients;
mod console;
mod flood;
mod greet;
mod help;
mod history;
mod input;
mod kit;
mod list;
mod marker;
mod modes;
mod monitor;
mod multiline;
mod names;
mod notify;
mod observed;
mod oper;
mod past;
mod people;
mod plain;
mod playback;
mod properties;
mod redact;
mod refused;
mod replay;
mod robust;
mod rooms;
mod tags;
mod talk;
#[allow(unreachable_pub, reason = "tests/fuzz calls them from another crate")]
mod targets;
mod time;
mod waits;
mod world;
