//! The outer tests: the real executable, and what is checked in beside it.
#![allow(clippy::unwrap_used)]

#[cfg(target_os = "linux")]
mod attacks;
mod clients;
mod compared;
mod completion;
mod dependencies;
#[cfg(target_os = "linux")]
mod disk_bench;
#[cfg(target_os = "linux")]
mod faults;
mod graph;
mod hub;
mod join;
mod kit;
mod liar;
mod man;
mod original;
mod others;
mod outage;
mod reports;
mod script_page;
mod scripts;
mod server;
mod sim;
#[cfg(target_os = "linux")]
mod stalled;
mod tampered;
mod updates;
mod walls;
mod xfails;
