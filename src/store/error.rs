//! What can go wrong with the disk.

use rusqlite::ffi::{SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_WRITE};
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
    /// The disk is full, and what was set aside is not enough.
    Full,
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
    /// As for [`StoreError`].
    fn from(error: rusqlite::Error) -> OpenError {
        match is_full(&error) {
            true => OpenError::Full,
            false => OpenError::Failed(error.to_string()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    /// To be called before anything else is asked of the system, which tells the reason of the last failed
    /// call alone.
    fn from(error: rusqlite::Error) -> StoreError {
        match is_full(&error) {
            true => StoreError::Full,
            false => StoreError::Failed(error.to_string()),
        }
    }
}

/// Whether there was no room for a write, after which SQLite has nothing changed.
fn is_full(error: &rusqlite::Error) -> bool {
    match error.sqlite_error() {
        Some(error) if error.code == rusqlite::ErrorCode::DiskFull => true,
        // The index of the write-ahead log could not grow.
        Some(error) if error.extended_code == SQLITE_IOERR_SHMSIZE => true,
        // For SQLite a quota is no full disk, but an error like others.
        Some(error) if error.extended_code == SQLITE_IOERR_WRITE => {
            io::Error::last_os_error().kind() == io::ErrorKind::QuotaExceeded
        }
        _ => false,
    }
}
