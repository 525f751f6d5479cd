//! The server's console: what happened, in words for people or in JSON for programs.

mod json;
pub(super) mod thread;
pub(super) mod words;
