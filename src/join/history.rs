//! What was typed, for ↑ and Ctrl-R when the program runs again: a file of lines.
//!
//! A thread of its own owns the file, so that typing does not wait for a disk that does
//! not answer.

use super::input::{Recall, recall, says};
use super::model::Item;
use super::state_folder::{folder, make_folder, open};
use crossbeam::channel::{Sender, bounded};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Lines that are offered again.
const OFFERED: usize = 1000;
/// Bytes of the file that are read, from its end.
const MOST_BYTES: u64 = 1024 * 1024;
/// Jobs that wait for the disk; more are dropped.
const WAITING: usize = 100;
/// How long the disk is waited for.
const PATIENCE: Duration = Duration::from_secs(1);
/// Tries to lock the file while another process uses it, a millisecond apart.
const TRIES: usize = 500;

/// Hands jobs to the owner of the file; does nothing where no file is kept.
#[derive(Debug)]
pub(super) struct History {
    jobs: Option<Sender<Job>>,
    /// A job took too long: the disk is no longer waited for.
    stuck: AtomicBool,
}

/// What the owner of the file does with it.
type Job = Box<dyn FnOnce(&Lines) + Send>;

impl History {
    /// In the user's state folder (XDG Base Directory Specification 0.8), unless
    /// `ROOMCHAT_HISTORY` is `off`.
    pub(super) fn in_state_folder(var: impl Fn(&str) -> Option<String>) -> History {
        let jobs = place(var).and_then(|path| {
            let (jobs, rx) = bounded::<Job>(WAITING);
            let lines = Lines(path);
            let work = move || rx.iter().for_each(|job| job(&lines));
            // Without a thread nothing is kept.
            thread::Builder::new().name("history".into()).spawn(work).ok()?;
            Some(jobs)
        });
        History { jobs, stuck: AtomicBool::new(false) }
    }

    /// The last lines, oldest first; none where the file can't be read.
    pub(super) fn load(&self) -> Vec<String> {
        self.ask(Lines::load).unwrap_or_default()
    }

    /// Adds a line at once: the program may end in any way. A disk that is full is no
    /// reason to stop talking.
    pub(super) fn add(&self, line: &str) {
        let line = line.to_owned();
        self.ask(move |lines| lines.add(&line));
    }

    /// Takes out the lines that are told here to be unsent.
    pub(super) fn forget_unsent(&self, items: &[Item]) {
        let unsent = items.iter().filter_map(|item| match item.inner() {
            Item::NotSent { text, .. } => Some(text.clone()),
            _ => None,
        });
        let texts: Vec<String> = unsent.collect();
        if !texts.is_empty() {
            self.ask(move |lines| lines.change(|lines| forget(lines, &texts)));
        }
    }

    /// None where it is not done in time. It does not matter why the file can't be written.
    fn ask<T: Send + 'static>(&self, job: impl FnOnce(&Lines) -> T + Send + 'static) -> Option<T> {
        let (tx, answer) = bounded(1);
        // Fails where the answer is no longer waited for.
        let answers = move |lines: &Lines| drop(tx.try_send(job(lines)));
        self.jobs.as_ref()?.try_send(Box::new(answers)).ok()?;
        if self.stuck.load(Ordering::Relaxed) {
            return None;
        }
        let answer = answer.recv_timeout(PATIENCE);
        self.stuck.store(answer.is_err(), Ordering::Relaxed);
        answer.ok()
    }
}

/// None where nothing is to be kept, or there is no place for it.
fn place(var: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    folder(var).map(|folder| folder.join("history"))
}

/// Takes out the last line that says each text.
fn forget(lines: &mut Vec<String>, texts: &[String]) {
    for text in texts.iter().flat_map(|text| text.split('\n')) {
        if let Some(at) = lines.iter().rposition(|line| says(line).as_deref() == Some(text)) {
            lines.remove(at);
        }
    }
}

/// Keeps what may be offered again.
fn tidy(lines: &mut Vec<String>) {
    // Earlier versions kept passwords.
    lines.retain(|line| recall(line) == Recall::Always);
    if lines.len() > 2 * OFFERED {
        lines.drain(..lines.len() - OFFERED);
    }
}

/// The file, which several processes write to. Only where it is a regular file: another
/// one may never be opened, or never end.
#[derive(Debug)]
struct Lines(PathBuf);

impl Lines {
    fn load(&self) -> Vec<String> {
        // What can't be changed can still be read.
        let _ = self.change(tidy);
        let mut lines = self.read().unwrap_or_default();
        tidy(&mut lines);
        lines.split_off(lines.len().saturating_sub(OFFERED))
    }

    fn read(&self) -> io::Result<Vec<String>> {
        self.check()?;
        let mut file = File::open(&self.0)?;
        let before = file.metadata()?.len().saturating_sub(MOST_BYTES);
        file.seek(SeekFrom::Start(before))?;
        let mut bytes = Vec::new();
        file.take(MOST_BYTES).read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        // The first one is not whole.
        Ok(text.lines().skip(usize::from(before > 0)).map(str::to_owned).collect())
    }

    fn add(&self, line: &str) -> io::Result<()> {
        self.check()?;
        make_folder(&self.0)?;
        // Also where another process holds the lock and is stopped: the line must be kept.
        let _locked = self.lock(File::try_lock_shared);
        let mut file = open(&self.0, OpenOptions::new().read(true).append(true).create(true))?;
        let mut last = [b'\n'];
        if file.seek(SeekFrom::End(-1)).is_ok() {
            file.read_exact(&mut last)?;
        }
        // The line before may be incomplete.
        let mut text = if last == *b"\n" { String::new() } else { "\n".to_owned() };
        line.lines().filter(|line| !line.is_empty()).for_each(|line| text += &format!("{line}\n"));
        file.write_all(text.as_bytes())
    }

    /// Writes the file anew where its lines change.
    ///
    /// # Errors
    /// Those of reading and writing, and `WouldBlock` where another process uses the file
    /// for too long.
    fn change(&self, change: impl FnOnce(&mut Vec<String>)) -> io::Result<()> {
        let _locked = self.lock(File::try_lock)?;
        let before = self.read()?;
        let mut lines = before.clone();
        change(&mut lines);
        if lines == before {
            return Ok(());
        }
        // Replaces the target of a symbolic link, not the link.
        let path = fs::canonicalize(&self.0)?;
        let other = path.with_extension("tmp");
        match fs::remove_file(&other) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        open(&other, OpenOptions::new().write(true).create_new(true))?.write_all(text.as_bytes())?;
        fs::rename(other, path)
    }

    /// Locks the folder, since the file itself is replaced, until the answer is dropped.
    /// None where that can't be had: not all file systems have locks.
    ///
    /// # Errors
    /// `WouldBlock` where another process does not let go of it.
    fn lock(&self, try_lock: impl Fn(&File) -> Result<(), TryLockError>) -> io::Result<Option<File>> {
        let Ok(folder) = File::open(self.0.parent().unwrap_or(Path::new("."))) else {
            return Ok(None);
        };
        for _ in 0..TRIES {
            match try_lock(&folder) {
                Ok(()) => return Ok(Some(folder)),
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
                Err(TryLockError::Error(_)) => return Ok(None),
            }
        }
        Err(ErrorKind::WouldBlock.into())
    }

    /// # Errors
    /// When there is something else than a regular file.
    fn check(&self) -> io::Result<()> {
        match fs::metadata(&self.0) {
            Ok(metadata) if !metadata.is_file() => Err(ErrorKind::InvalidInput.into()),
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of this test, and a file in it.
    fn in_folder(name: &str) -> (PathBuf, Lines) {
        let folder = std::env::temp_dir().join(format!("roomchat-history-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let path = folder.join("roomchat/history");
        make_folder(&path).unwrap();
        (folder, Lines(path))
    }

    #[test]
    fn the_file_lives_in_the_state_folder() {
        let place = |pairs: &'static [(&str, &str)]| {
            place(|key| pairs.iter().find(|(k, _)| *k == key).map(|(_, v)| (*v).to_owned()))
        };
        let path = |path: &str| Some(PathBuf::from(path));
        assert_eq!(place(&[("HOME", "/h")]), path("/h/.local/state/roomchat/history"));
        assert_eq!(place(&[("XDG_STATE_HOME", "/s"), ("HOME", "/h")]), path("/s/roomchat/history"));
        assert_eq!(place(&[("XDG_STATE_HOME", "relative"), ("HOME", "/h")]), place(&[("HOME", "/h")]));
        assert_eq!(place(&[]), None);
        assert_eq!(place(&[("HOME", "/h"), ("ROOMCHAT_HISTORY", "off")]), None);
        assert_eq!(place(&[("HOME", "/h"), ("ROOMCHAT_HISTORY", "OFF")]), None);
        assert_eq!(place(&[("HOME", "/h"), ("ROOMCHAT_HISTORY", "")]), place(&[("HOME", "/h")]));
    }

    #[test]
    fn a_torn_line_does_not_swallow_the_next() {
        let (folder, lines) = in_folder("torn");
        fs::write(&lines.0, "one\ntor").unwrap();
        lines.add("two\n").unwrap();
        lines.add("three").unwrap();
        assert_eq!(fs::read_to_string(&lines.0).unwrap(), "one\ntor\ntwo\nthree\n");
        fs::remove_dir_all(folder).unwrap();
    }

    /// Lines with passwords that earlier versions kept are removed.
    #[test]
    fn old_passwords_are_removed() {
        let (folder, lines) = in_folder("passwords");
        fs::write(&lines.0, "one\n//oper root geheim\n/ns identify x\ntwo\n").unwrap();
        assert_eq!(lines.load(), ["one", "two"]);
        assert_eq!(fs::read_to_string(&lines.0).unwrap(), "one\ntwo\n");
        fs::remove_dir_all(folder).unwrap();
    }

    /// A long file is made shorter, and only the end of a huge one is read.
    #[test]
    fn long_file_is_shortened() {
        let (folder, lines) = in_folder("long");
        let text: String = (0..=2 * OFFERED).map(|n| format!("line {n}\n")).collect();
        fs::write(&lines.0, text).unwrap();
        let last = lines.load();
        assert_eq!((last.len(), last.last().unwrap().as_str()), (OFFERED, "line 2000"));
        assert_eq!(lines.read().unwrap(), last);
        fs::write(&lines.0, format!("{}\nlast\n", "x".repeat(MOST_BYTES as usize))).unwrap();
        assert_eq!(lines.load(), ["last"]);
        fs::remove_dir_all(folder).unwrap();
    }

    /// Several processes use the file: lines that one adds while another shortens the file are kept.
    #[test]
    fn several_processes_share_the_file() {
        const EACH: usize = 200;
        let (folder, lines) = in_folder("several");
        thread::scope(|scope| {
            for sitting in 0..3 {
                let lines = Lines(lines.0.clone());
                scope.spawn(move || (0..EACH).for_each(|n| lines.add(&format!("{sitting}: {n}")).unwrap()));
            }
            scope.spawn(|| {
                for _ in 0..EACH / 10 {
                    let changed = lines.change(|lines| lines.retain(|line| !line.ends_with('7')));
                    // Where the others use the file all the time, this one fails, which is expected.
                    let is_fine = |error: io::Error| error.kind() == ErrorKind::WouldBlock;
                    assert!(changed.err().is_none_or(is_fine));
                    lines.add("7").unwrap();
                }
            });
        });
        let kept = lines.read().unwrap();
        for sitting in 0..3 {
            let wanted = (0..EACH).map(|n| format!("{sitting}: {n}")).filter(|line| !line.ends_with('7'));
            let mut rest = kept.iter();
            wanted.for_each(|line| assert!(rest.any(|kept| *kept == line), "{line}"));
        }
        fs::remove_dir_all(folder).unwrap();
    }

    /// A refused line is also removed where another process is just adding one.
    #[test]
    fn other_processes_are_waited_for() {
        let (folder, lines) = in_folder("locked");
        lines.add("refused").unwrap();
        let (begin, begun) = bounded(1);
        let used = lines.lock(File::try_lock_shared).unwrap();
        thread::scope(|scope| {
            let changes = scope.spawn(|| {
                lines.change(|lines| {
                    begin.send(()).unwrap();
                    lines.clear();
                })
            });
            // Not while it is in use.
            assert!(begun.recv_timeout(Duration::from_millis(20)).is_err());
            drop(used);
            changes.join().unwrap().unwrap();
        });
        assert!(lines.read().unwrap().is_empty());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_was_not_sent_is_forgotten() {
        let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        let mut lines = owned(&["hi", "//x", "/me waves", "hi", "pasted", "/topic hi"]);
        forget(&mut lines, &owned(&["hi", "/x", "waves", "pasted\nnever kept"]));
        assert_eq!(lines, ["hi", "/topic hi"]);
    }

    #[cfg(unix)]
    #[test]
    fn only_a_regular_file_is_read_or_written() {
        let (folder, lines) = in_folder("special");
        fs::create_dir(&lines.0).unwrap();
        assert!(lines.add("x").is_err());
        assert!(lines.load().is_empty());
        fs::remove_dir(&lines.0).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &lines.0).unwrap();
        assert!(lines.add("x").is_err());
        assert!(lines.load().is_empty());
        fs::remove_file(&lines.0).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&lines.0).status().unwrap().success());
        assert!(lines.add("x").is_err());
        assert!(lines.load().is_empty());
        fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_one() {
        let (folder, lines) = in_folder("link");
        let elsewhere = folder.join("elsewhere");
        fs::write(&elsewhere, "one\n/pass x\n").unwrap();
        std::os::unix::fs::symlink(&elsewhere, &lines.0).unwrap();
        assert_eq!(lines.load(), ["one"]);
        assert!(lines.0.is_symlink());
        assert_eq!(fs::read_to_string(elsewhere).unwrap(), "one\n");
        fs::remove_dir_all(folder).unwrap();
    }
}
