//! Overwrites what SQLite leaves in the space between the cells of its pages.
//!
//! `secure_delete` overwrites a row where it stands. But rows move while the pages of a table are
//! balanced, and copies of them stay in the unallocated space of pages (SQLite, Database File
//! Format, 1.6): a row that is deleted later is still to be read there. SQLite never reads that
//! space, and this module writes nothing else.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Bytes that are looked at in one slice: 2 ms if they are in memory. Commits wait meanwhile.
pub(super) const SLICE_BYTES: u64 = 8 << 20;

/// Bytes that are read at a time: a multiple of each size that a page may have.
const READ_BYTES: usize = 1 << 20;

/// Of so many pages and more, the number of another page, with which some begin, may begin as pages
/// with cells do. Files of 128 GiB are left as they are.
const MAX_PAGES: u64 = 0x0200_0000;

/// Bytes of the header of the file, before that of its first page.
const FILE_HEADER: usize = 100;

/// Looks at the database file page by page, and goes on at its beginning: what is removed while it
/// is under way makes the way longer by what was looked at already, and never begins it anew.
///
/// Dropped after the connection that writes: to close a file ends the process's locks on it (POSIX,
/// fcntl).
#[derive(Debug)]
pub(super) struct Scrubber {
    file: File,
    /// Where it goes on.
    next: u64,
    /// Bytes that are still to be looked at; None: the whole file.
    left: Option<u64>,
    /// Of one slice: whole pages.
    pub(super) slice_bytes: u64,
}

impl Scrubber {
    pub(super) fn new(database: &Path) -> io::Result<Scrubber> {
        let file = OpenOptions::new().read(true).write(true).open(database)?;
        Ok(Scrubber { file, next: 0, left: None, slice_bytes: SLICE_BYTES })
    }

    /// From now on each page is to be looked at once more.
    pub(super) fn begin(&mut self) {
        self.left = None;
    }

    /// One slice; true where all pages were looked at and what was overwritten is on disk. Nobody may
    /// write to the database meanwhile, the log of the writes must be empty, and no connection may have
    /// pages in its memory that it may write later.
    pub(super) fn slice(&mut self) -> io::Result<bool> {
        let mut header = [0; FILE_HEADER];
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_exact(&mut header)?;
        let page_bytes = match number(&header, 16) {
            1 => 1 << 16,
            bytes => bytes,
        };
        let end = self.file.metadata()?.len();
        // With automatic vacuuming there are pages of another kind (1.8), which begin like these.
        let has_pointer_maps = header[52..56] != [0; 4];
        if page_bytes == 0 || has_pointer_maps || end / page_bytes as u64 >= MAX_PAGES {
            return Ok(true);
        }
        if self.next >= end {
            self.next = 0;
        }
        let from = self.next;
        let until = end.min(from + self.slice_bytes);
        let mut pages = vec![0; READ_BYTES];
        while self.next < until {
            let count = READ_BYTES.min(usize::try_from(until - self.next).unwrap_or(READ_BYTES));
            self.file.seek(SeekFrom::Start(self.next))?;
            self.file.read_exact(&mut pages[..count])?;
            for (page, at) in pages[..count].chunks_exact(page_bytes).zip((self.next..).step_by(page_bytes)) {
                self.scrub(page, at)?;
            }
            self.next += count as u64;
        }
        self.file.sync_data()?;
        let left = self.left.unwrap_or(end).saturating_sub(until - from);
        self.left = Some(left);
        Ok(left == 0)
    }

    /// Overwrites the unallocated space of the page that begins there.
    fn scrub(&mut self, page: &[u8], at: u64) -> io::Result<()> {
        let Some((start, end)) = unallocated(page, if at == 0 { FILE_HEADER } else { 0 }) else {
            return Ok(());
        };
        if page[start..end].iter().any(|&byte| byte != 0) {
            self.file.seek(SeekFrom::Start(at + start as u64))?;
            self.file.write_all(&vec![0; end - start])?;
        }
        Ok(())
    }
}

/// The unallocated space of a page with cells, whose header stands there; None for any other page.
fn unallocated(page: &[u8], header: usize) -> Option<(usize, usize)> {
    let pointers = match page[header] {
        2 | 5 => header + 12,
        10 | 13 => header + 8,
        _ => return None,
    };
    let start = pointers + 2 * number(page, header + 3);
    let end = match number(page, header + 5) {
        0 => 1 << 16,
        end => end,
    };
    (start <= end && end <= page.len()).then_some((start, end))
}

/// The two bytes there.
fn number(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]))
}
