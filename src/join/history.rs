//! What was typed, for ↑ and Ctrl-R in later sittings: a file of lines.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Lines that are offered again.
const OFFERED: usize = 1000;

/// The file; none where there is no place for it.
#[derive(Debug)]
pub(super) struct History(Option<PathBuf>);

impl History {
    /// In the user's state folder (XDG Base Directory Specification 0.8).
    pub(super) fn in_state_folder(var: impl Fn(&str) -> Option<String>) -> History {
        let absolute = |key| var(key).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || absolute("HOME").map(|home| home.join(".local/state"));
        let state = absolute("XDG_STATE_HOME").or_else(home).or_else(|| absolute("LOCALAPPDATA"));
        History(state.map(|state| state.join("roomchat").join("history")))
    }

    /// The last lines, oldest first; none where the file can't be read.
    pub(super) fn load(&self) -> Vec<String> {
        let Some(bytes) = self.0.as_ref().and_then(|path| fs::read(path).ok()) else {
            return Vec::new();
        };
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let last = lines[lines.len().saturating_sub(OFFERED)..].to_vec();
        if lines.len() > 2 * OFFERED {
            // It is short again next time, or the time after.
            let _ = self.shorten(&last);
        }
        last
    }

    /// Adds a line, at once: nobody tells how a sitting ends.
    ///
    /// # Errors
    /// When the file can't be written.
    pub(super) fn add(&self, line: &str) -> io::Result<()> {
        match &self.0 {
            Some(path) => {
                open(path, OpenOptions::new().append(true))?.write_all(format!("{line}\n").as_bytes())
            }
            None => Ok(()),
        }
    }

    fn shorten(&self, lines: &[String]) -> io::Result<()> {
        let Some(path) = &self.0 else {
            return Ok(());
        };
        let shorter = path.with_extension("tmp");
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        open(&shorter, OpenOptions::new().write(true).truncate(true))?.write_all(text.as_bytes())?;
        fs::rename(shorter, path)
    }
}

/// Creates what is missing, readable by nobody else.
fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.create(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_lives_in_the_state_folder() {
        let place = |pairs: &'static [(&str, &str)]| {
            let var = |key: &str| pairs.iter().find(|(k, _)| *k == key).map(|(_, v)| (*v).to_owned());
            History::in_state_folder(var).0
        };
        let path = |path: &str| Some(PathBuf::from(path));
        assert_eq!(place(&[("HOME", "/h")]), path("/h/.local/state/roomchat/history"));
        assert_eq!(place(&[("XDG_STATE_HOME", "/s"), ("HOME", "/h")]), path("/s/roomchat/history"));
        assert_eq!(place(&[("XDG_STATE_HOME", "relative"), ("HOME", "/h")]), place(&[("HOME", "/h")]));
        assert_eq!(place(&[]), None);
    }
}
