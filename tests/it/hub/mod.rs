//! Whole conversations through the hub, without a socket.

mod bot;
mod caps;
mod console;
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
mod past;
mod people;
mod plain;
mod playback;
mod redact;
mod replay;
mod robust;
mod rooms;
mod tags;
mod talk;
mod time;
