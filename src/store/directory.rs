//! The folder that holds what is kept: who may use it, and which files are in it.

use super::error::OpenError;
use super::options::RESERVE_BYTES;
use super::schema::APPLICATION;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// A disk on which not even this can be set aside counts as full.
const LEAST_RESERVE: u64 = 1 << 20;

/// The first bytes of a database file.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// A folder that this process alone uses, until it is dropped.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// Bytes that were first set aside.
    reserved: Option<u64>,
    /// Locked.
    _lock: File,
}

impl Directory {
    /// Makes the folder if it is not there, and locks it.
    ///
    /// # Errors
    /// Where another process has it, where it holds something else, or where the system refuses.
    pub(super) fn open(path: &Path) -> Result<Directory, OpenError> {
        if !path.exists() {
            let mut builder = DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(path)?;
        }
        refuse_network(path)?;
        let database = path.join("room.db");
        match File::open(&database) {
            Ok(file) if !may_be_ours(&file)? => return Err(OpenError::Foreign(database)),
            Err(_) if !database.exists() && !is_vacant(path)? => {
                return Err(OpenError::Foreign(path.to_owned()));
            }
            _ => {}
        }
        make_private(path, 0o700)?;
        let lock = private(&path.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::Locked),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        Ok(Directory { path: path.to_owned(), reserved: None, _lock: lock })
    }

    pub(super) fn database(&self) -> PathBuf {
        self.path.join("room.db")
    }

    /// Whether the write-ahead log has something.
    ///
    /// # Errors
    /// Where the system refuses to tell.
    pub(super) fn has_log(&self) -> io::Result<bool> {
        match fs::metadata(self.path.join("room.db-wal")) {
            Ok(file) => Ok(file.len() > 0),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes the database's file if it is not there.
    ///
    /// # Errors
    /// Where the system refuses.
    pub(super) fn make_database(&self) -> io::Result<PathBuf> {
        let path = self.database();
        private(&path)?;
        // A new file's name is to survive a power cut as its contents do.
        #[cfg(unix)]
        File::open(&self.path)?.sync_all()?;
        Ok(path)
    }

    /// Sets room aside for when the disk is full, if there is none yet. False where the disk has too
    /// little: after it was full, less than was set aside at first. Where it can't be set aside for another
    /// reason, such as a folder that was moved, the disk is not full.
    pub(super) fn reserve(&mut self) -> bool {
        let path = self.path.join("reserve");
        if fs::metadata(&path).is_ok_and(|file| file.len() >= self.reserved.unwrap_or(LEAST_RESERVE)) {
            return true;
        }
        let make = |bytes| match private(&path).and_then(|file| allocate(&file, bytes)) {
            Err(error) => !matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge),
            Ok(()) => true,
        };
        let mut bytes = self.reserved.unwrap_or_else(|| reserve_of(free_bytes(&self.path)));
        let mut is_made = make(bytes);
        // A quota may leave less than the disk has.
        while !is_made && self.reserved.is_none() && bytes > LEAST_RESERVE {
            bytes = LEAST_RESERVE.max(bytes / 2);
            is_made = make(bytes);
        }
        if is_made {
            self.reserved = Some(bytes);
        } else {
            self.release();
        }
        is_made
    }

    /// Gives that room up. False where there is none.
    pub(super) fn release(&mut self) -> bool {
        let path = self.path.join("reserve");
        let bytes = fs::metadata(&path).map_or(0, |file| file.len());
        let is_given = fs::remove_file(path).is_ok();
        if is_given && bytes >= LEAST_RESERVE {
            self.reserved.get_or_insert(bytes);
        }
        is_given
    }
}

/// Whether a file is a database that we have made or begun to make, as far as its header tells
/// (SQLite, Database File Format, 1.3).
fn may_be_ours(file: &File) -> io::Result<bool> {
    let mut header = Vec::new();
    file.take(100).read_to_end(&mut header)?;
    let number = |at: usize| {
        header.get(at..at + 4).map(|bytes| bytes.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte)))
    };
    let is_begun = || number(28).is_some_and(|pages| pages <= 1) && number(68) == Some(0);
    Ok(header.is_empty()
        || header.starts_with(MAGIC) && (number(68) == Some(APPLICATION as u32) || is_begun()))
}

/// Bytes to set aside on a disk with so many free ones: a twentieth of them, within bounds.
fn reserve_of(free: u64) -> u64 {
    (free / 20).clamp(LEAST_RESERVE, RESERVE_BYTES)
}

/// Whether nothing is there but what a file system or we put there.
fn is_vacant(path: &Path) -> io::Result<bool> {
    let ours = ["lock", "reserve", "lost+found", "key.pem", "cert.pem"];
    let mut names = fs::read_dir(path)?.filter_map(|entry| Some(entry.ok()?.file_name()));
    Ok(names.all(|name| ours.iter().any(|ours| name == *ours)))
}

/// Writes a file that nobody else may read. It is there whole or not at all, also after a power cut.
///
/// # Errors
/// Where the system refuses.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = private(&new)?;
    file.set_len(0)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Opens or makes a file that nobody else may read.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    make_private(path, 0o600)?;
    Ok(file)
}

#[cfg(unix)]
fn make_private(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // Somebody else's folder that we may use is not ours to change.
    match fs::metadata(path)?.permissions().mode() & 0o777 {
        known if known == mode => Ok(()),
        _ => fs::set_permissions(path, fs::Permissions::from_mode(mode)),
    }
}

#[cfg(not(unix))]
fn make_private(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// Write-ahead logs need memory that all processes share, which file systems of other machines do
/// not have (SQLite, Write-Ahead Logging, 1).
#[cfg(target_os = "linux")]
fn refuse_network(path: &Path) -> Result<(), OpenError> {
    const NFS: u32 = 0x6969;
    const SMB: u32 = 0x517b;
    const CIFS: u32 = 0xff53_4d42;
    const SMB2: u32 = 0xfe53_4d42;
    const NINE_P: u32 = 0x0102_1997;
    const CEPH: u32 = 0x00c3_6400;
    const AFS: u32 = 0x5346_414f;
    let kind = rustix::fs::statfs(path).map_err(io::Error::from)?.f_type as u32;
    match kind {
        NFS | SMB | CIFS | SMB2 | NINE_P | CEPH | AFS => Err(OpenError::Network),
        _ => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
fn refuse_network(_path: &Path) -> Result<(), OpenError> {
    Ok(())
}

#[cfg(unix)]
fn free_bytes(path: &Path) -> u64 {
    rustix::fs::statvfs(path).map_or(0, |stat| stat.f_bavail * stat.f_frsize)
}

#[cfg(not(unix))]
fn free_bytes(_path: &Path) -> u64 {
    20 * RESERVE_BYTES
}

#[cfg(target_os = "linux")]
fn allocate(file: &File, bytes: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;
    match fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => fill(file, bytes),
        done => Ok(done?),
    }
}

#[cfg(not(target_os = "linux"))]
fn allocate(file: &File, bytes: u64) -> io::Result<()> {
    fill(file, bytes)
}

/// Where no call allocates, bytes are written.
fn fill(mut file: &File, bytes: u64) -> io::Result<()> {
    io::copy(&mut io::repeat(0).take(bytes), &mut file).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_aside_is_neither_nothing_nor_much() {
        assert_eq!([0, 100 << 20, 1 << 40].map(reserve_of), [1 << 20, 5 << 20, 16 << 20]);
    }

    /// After the disk was full, a twentieth of what was left was set aside, and so on.
    #[test]
    fn as_much_is_set_aside_again() {
        let path = std::env::temp_dir().join(format!("roomchat-reserve-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        let mut directory = Directory::open(&path).unwrap();
        directory.reserved = Some(2 << 20);
        assert!(directory.reserve());
        let bytes = || fs::metadata(path.join("reserve")).unwrap().len();
        assert_eq!(bytes(), 2 << 20);
        // Another run has set it aside.
        directory.reserved = None;
        assert!(directory.release() && !directory.release());
        assert_eq!(directory.reserved, Some(2 << 20));
        // More than any disk has.
        directory.reserved = Some(1 << 60);
        assert!(!directory.reserve() && !path.join("reserve").exists());
        let moved = path.with_extension("moved");
        fs::rename(&path, &moved).unwrap();
        assert!(directory.reserve(), "a folder that was moved is no full disk");
        fs::rename(&moved, &path).unwrap();
        fill(&private(&path.join("filled")).unwrap(), 5000).unwrap();
        assert_eq!(fs::metadata(path.join("filled")).unwrap().len(), 5000);
        fs::remove_dir_all(&path).unwrap();
    }
}
