//! What is kept on disk, and the threads that do it: `store/` knows the files.
//!
//! ```text
//!  hub's thread                       commits' thread
//!  ------------                       ---------------
//!  Batch -> Pending --- Persist ----> CommitWorker: one transaction for all that wait
//!              |    <-- number ------    |
//!              v                         v
//!       output, in order              Store
//!              |                      pages' thread
//!              +------- RoomKey ----> PageWorker: Reader ---> Item::Page
//! ```

pub(super) mod commits;
pub(super) mod folder;
pub(super) mod pages;
pub(super) mod pending;
