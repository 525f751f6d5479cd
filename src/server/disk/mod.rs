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

pub(super) mod commits;
pub(super) mod folder;
pub(super) mod lookups;
pub(super) mod pending;
