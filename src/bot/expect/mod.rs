//! What everybody must see, and whether they did. Pure.
//!
//! A received message and what a step implies are the same [`Event`], written
//! by one function as the line that a person would read.

pub mod due;
pub mod event;
pub mod form;
pub mod heard;
pub mod judge;
pub mod missed;
pub mod mode_state;
pub mod model;
pub mod modes;
pub mod order;
mod pairing;
pub mod refusal;
mod wording;

pub use event::{Event, EventKind, How};
