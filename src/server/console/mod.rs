//! The server's console: what happened, in words for people or in JSON for programs.

mod json;
mod output;
pub(super) mod thread;
pub(super) mod words;
