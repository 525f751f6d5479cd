//! What is fuzzed are the functions that the tests run as properties too.
#![allow(dead_code, clippy::unwrap_used)]

#[path = "../it/hub/kit.rs"]
mod kit;
#[path = "../it/hub/observed.rs"]
mod observed;
#[path = "../it/hub/targets.rs"]
pub mod targets;
#[path = "../it/hub/world.rs"]
mod world;
