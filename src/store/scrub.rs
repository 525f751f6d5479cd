//! Overwrites what SQLite leaves in the space between the cells of its pages.
//!
//! `secure_delete` overwrites a row where it stands. But rows move while the pages of a table are
//! balanced, and copies of them stay in the unallocated space of pages (SQLite, Database File
//! Format, 1.6): a row that is deleted later is still to be read there. SQLite never reads that
//! space, and this module writes nothing else.
//!
//! Such a copy reaches the database in a page that was in the write-ahead log. So each page is looked
//! at when it has come from there, before the log begins anew. Of a file that was not always treated
//! so, all pages are looked at once, in slices; what is written meanwhile goes by the log.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes that one slice looks at where a whole file is: 2 ms if they are in memory. Commits wait
/// meanwhile.
const SLICE_BYTES: u64 = 8 << 20;

/// Of so many pages and more, the number of another page, with which some begin, may begin as pages
/// with cells do. Files of 128 GiB are left as they are.
const MAX_PAGES: u64 = 0x0200_0000;

/// Bytes of the header of the file, before that of its first page.
const FILE_HEADER: usize = 100;

/// Bytes of the header of the write-ahead log, and of each page in it (Write-Ahead Log File Format).
const LOG_HEADER: u64 = 32;
const FRAME_HEADER: u64 = 24;

/// Dropped after the connection that writes: to close a database ends the process's locks on it
/// (POSIX, fcntl).
#[derive(Debug)]
pub(super) struct Scrubber {
    file: File,
    log: PathBuf,
    /// Pages that were in the log, and that nobody has looked at since. Bounded by what the log holds
    /// until its pages can be moved.
    pages: BTreeSet<u64>,
    /// The salts of the log and how much of it was noted, which need not be noted again.
    noted: ([u8; 8], u64),
    /// Where the look at the whole file goes on; None: each page was looked at.
    pub(super) next: Option<u64>,
    pub(super) slice_bytes: u64,
}

impl Scrubber {
    /// Notes what the log holds. The database is not open yet.
    pub(super) fn new(database: &Path) -> io::Result<Scrubber> {
        let file = OpenOptions::new().read(true).write(true).open(database)?;
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        let mut scrubber = Scrubber {
            file,
            log: log.into(),
            pages: BTreeSet::new(),
            noted: Default::default(),
            next: Some(0),
            slice_bytes: SLICE_BYTES,
        };
        scrubber.note()?;
        Ok(scrubber)
    }

    /// Tells this file from its copies; None where the system can't.
    pub(super) fn identity(&self) -> Option<u64> {
        let made = self.file.metadata().ok()?.created().ok()?;
        u64::try_from(made.duration_since(std::time::UNIX_EPOCH).ok()?.as_micros()).ok()
    }

    /// Notes the pages of the log, which are to be looked at when they are in the database. Gives their
    /// number, each time that one was written.
    pub(super) fn note(&mut self) -> io::Result<u64> {
        let Some(log) = Log::open(&self.log)? else { return Ok(0) };
        let mut count = if log.salts == self.noted.0 { self.noted.1 } else { 0 };
        while let Some(page) = log.page(count)? {
            self.pages.insert(page);
            count += 1;
        }
        if log.salts != self.noted.0 {
            self.noted = (log.salts, 0);
        }
        Ok(count)
    }

    /// The first so many pages of the log stay as they were noted: they are of transactions that are
    /// done, while others may be written over.
    pub(super) fn keep_noted(&mut self, pages: u64) {
        self.noted.1 = pages;
    }

    /// Whether the log has only so many pages.
    pub(super) fn has_only(&self, pages: u64) -> io::Result<bool> {
        Ok(Log::open(&self.log)?.map_or(Ok(None), |log| log.page(pages))?.is_none())
    }

    /// Looks at all pages that were noted. They must be in the database, nobody may write to it
    /// meanwhile, and what is overwritten is on disk then.
    pub(super) fn scrub_noted(&mut self) -> io::Result<()> {
        let Some((page_bytes, end)) = self.layout()? else {
            self.pages.clear();
            return Ok(());
        };
        let mut is_changed = false;
        let mut page = vec![0; page_bytes];
        for &number in &self.pages {
            let at = number.saturating_sub(1) * page_bytes as u64;
            // The file may have become shorter.
            if at < end && fill(&self.file, &mut page, at)? {
                is_changed |= self.scrub(&page, at)?;
            }
        }
        if is_changed {
            self.file.sync_data()?;
        }
        self.pages.clear();
        Ok(())
    }

    /// Looks at one more slice of the whole file, under the same conditions.
    pub(super) fn scrub_slice(&mut self) -> io::Result<()> {
        let (Some(from), Some((page_bytes, end))) = (self.next, self.layout()?) else {
            self.next = None;
            return Ok(());
        };
        let until = end.min(from + self.slice_bytes);
        let mut page = vec![0; page_bytes];
        for at in (from..until).step_by(page_bytes) {
            if fill(&self.file, &mut page, at)? {
                self.scrub(&page, at)?;
            }
        }
        self.file.sync_data()?;
        self.next = Some(until).filter(|&until| until < end);
        Ok(())
    }

    /// Bytes of a page, and of the file; None where it is none that this module knows.
    fn layout(&self) -> io::Result<Option<(usize, u64)>> {
        let mut header = [0; FILE_HEADER];
        if !fill(&self.file, &mut header, 0)? {
            return Ok(None);
        }
        let page_bytes = match short(&header, 16) {
            1 => 1 << 16,
            bytes => bytes,
        };
        let end = self.file.metadata()?.len();
        // With automatic vacuuming there are pages of another kind (1.8), which begin like these.
        let has_pointer_maps = header[52..56] != [0; 4];
        let is_known = page_bytes > 0 && !has_pointer_maps && end / (page_bytes.max(1) as u64) < MAX_PAGES;
        Ok(is_known.then_some((page_bytes, end)))
    }

    /// Overwrites the unallocated space of the page that begins there; false where nothing is in it.
    fn scrub(&self, page: &[u8], at: u64) -> io::Result<bool> {
        let Some((start, end)) = unallocated(page, if at == 0 { FILE_HEADER } else { 0 }) else {
            return Ok(false);
        };
        let is_used = page[start..end].iter().any(|&byte| byte != 0);
        if is_used {
            let mut file = &self.file;
            file.seek(SeekFrom::Start(at + start as u64))?;
            file.write_all(&vec![0; end - start])?;
        }
        Ok(is_used)
    }
}

/// A write-ahead log, as it was begun last.
struct Log {
    file: File,
    page_bytes: u64,
    salts: [u8; 8],
}

impl Log {
    /// None where there is none.
    fn open(path: &Path) -> io::Result<Option<Log>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut header = [0; LOG_HEADER as usize];
        let mut salts = [0; 8];
        let is_begun = fill(&file, &mut header, 0)?;
        salts.copy_from_slice(&header[16..24]);
        Ok(is_begun.then(|| Log { file, page_bytes: number(&header, 8), salts }))
    }

    /// The number of the page that was written as so many-th, from 0 on.
    fn page(&self, nth: u64) -> io::Result<Option<u64>> {
        let mut frame = [0; FRAME_HEADER as usize];
        let at = LOG_HEADER + nth * (FRAME_HEADER + self.page_bytes);
        let is_there = fill(&self.file, &mut frame, at)? && frame[8..16] == self.salts;
        Ok(is_there.then(|| number(&frame, 0)))
    }
}

/// Reads so many bytes from there; false where there are fewer.
fn fill(file: &File, bytes: &mut [u8], at: u64) -> io::Result<bool> {
    #[cfg(unix)]
    let read = std::os::unix::fs::FileExt::read_exact_at(file, bytes, at);
    #[cfg(not(unix))]
    let read = { file }.seek(SeekFrom::Start(at)).and_then(|_| io::Read::read_exact(&mut { file }, bytes));
    match read {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        done => done.map(|()| true),
    }
}

/// The unallocated space of a page with cells, whose header stands there; None for any other page.
pub(super) fn unallocated(page: &[u8], header: usize) -> Option<(usize, usize)> {
    let pointers = match page[header] {
        2 | 5 => header + 12,
        10 | 13 => header + 8,
        _ => return None,
    };
    let start = pointers + 2 * short(page, header + 3);
    let end = match short(page, header + 5) {
        0 => 1 << 16,
        end => end,
    };
    (start <= end && end <= page.len()).then_some((start, end))
}

/// The two bytes there.
fn short(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]))
}

/// The four bytes there.
fn number(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 4].iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
}
