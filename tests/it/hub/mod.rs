//! Whole conversations through the hub, without a socket.

mod caps;
mod console;
mod greet;
mod input;
mod kit;
mod modes;
mod names;
mod people;
mod robust;
mod rooms;
mod tags;
mod talk;
mod time;
