//! What can go wrong with the disk.

use std::io;
use std::path::PathBuf;

/// Why nothing can be kept in a folder.
#[derive(Debug)]
pub enum OpenError {
    /// Another process has it.
    Locked,
    /// It is on another machine.
    Network,
    /// A newer version of the program has made it.
    Newer,
    /// This is not ours.
    Foreign(PathBuf),
    Io(io::Error),
    Failed(String),
}

/// Why something was not committed, or not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// The disk is full. Nothing has changed.
    Full,
    /// It is not known what the disk holds.
    Failed(String),
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> OpenError {
        OpenError::Io(error)
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> OpenError {
        OpenError::Failed(error.to_string())
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => StoreError::Full,
            // The index of the write-ahead log could not grow.
            _ if error
                .sqlite_error()
                .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE) =>
            {
                StoreError::Full
            }
            _ => StoreError::Failed(error.to_string()),
        }
    }
}
