//! What people read and what they are called: names, character tables, line
//! wrapping and every sentence for people, in every language.
//!
//! A pure leaf: it imports nothing else of this crate.

mod en;
mod lang;
pub mod name;
pub mod phrase;
pub mod sanitise;
mod say;
pub mod server_words;
pub mod wrap;
mod zh_tw;

pub use lang::Lang;
pub use name::{Name, NameError, RoomName};
pub use phrase::Phrase;
