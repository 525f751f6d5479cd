//! The outer tests: the real executable, and what is checked in beside it.
#![allow(clippy::unwrap_used)]

mod hub;
mod join;
mod liar;
mod man;
mod original;
mod scripts;
mod stage;
mod walls;
