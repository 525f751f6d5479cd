//! What is kept on disk, and the threads that do it: `store/` knows the files.
//!
//! ```text
//!  hub's thread                       commits' thread
//!  ------------                       ---------------
//!  Batch -> Pending --- Persist ----> CommitWorker: one transaction for all that wait
//!              |    <-- number ------    |
//!              v                         v
//!       output, in order              Store
//!              |                      lookups' thread
//!              +------- Lookup -----> LookupWorker: Reader ---> Item::Found
//! ```
//!
//! None of these waits for anything but in `run`, so the simulation in `tests/it/sim` drives them
//! without threads.

pub mod commits;
pub(super) mod folder;
pub mod lookups;
pub mod pending;
mod round_robin;
