//! What is kept on disk: one folder, one database.
//!
//! | file | holds |
//! |---|---|
//! | `contract.rs` | what the thread that commits needs of a store |
//! | `directory.rs` | the folder: its lock, permissions and files |
//! | `schema.rs` | the tables |
//! | `row.rs` | a record as a row, and where rooms have theirs |
//! | `options.rs`, `error.rs` | settings, and what can go wrong |
//! | `manual.rs` | roomchat-data(5) |
//! | `open.rs` | what a server finds at its start |
//! | `disk.rs` | commits, and the upkeep between them |
//! | `trusted_clock.rs` | whether what looks old is old |
//! | `writing.rs` | what a commit changes in the tables |
//! | `checkpoint.rs` | the write-ahead log moves into the database |
//! | `scrub.rs` | what is left of removed rows between others |
//! | `blocks.rs` | the index of rooms and words, made behind the commits |
//! | `words.rs`, `filter.rs` | what the index has of a text, and of many |
//! | `reader.rs` | the past of a room, on a connection of its own |
//! | `searching.rs` | a search in it, slice by slice |
//!
//! Only `server/` imports it. The thread that commits knows a [`Store`], so that
//! tests give it one that fails.

mod blocks;
mod checkpoint;
mod client_ids;
mod contract;
mod directory;
mod disk;
mod error;
mod filter;
pub mod manual;
mod meta;
mod open;
mod options;
mod reader;
mod row;
mod schema;
mod scrub;
mod searching;
#[cfg(test)]
mod tests;
mod trusted_clock;
mod words;
mod writing;

pub use contract::{Clock, Store, Upkeep};
pub use directory::write_private;
pub use disk::Disk;
pub use error::{OpenError, StoreError};
pub use open::open;
pub use options::{BESIDE_BYTES, Options, Sync};
pub use reader::Reader;
pub use searching::{Searching, Slice};
