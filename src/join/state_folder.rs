//! What is kept in the user's state folder beside the history: who is ignored, by which user name
//! each server knows this device, and by what this device knows each server.
//!
//! The user name is `j` and eight random digits, another one on each server. So an operator can keep
//! somebody out, or silent, who comes back under another name, without everybody at that address; and
//! no server can tell that it is the one of another server.

use crate::join::model::is_device;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Bytes of a file that are read.
const MOST_BYTES: u64 = 64 * 1024;
/// Servers that are remembered; the oldest is forgotten first.
const MOST_SERVERS: usize = 500;

/// None where nothing is to be kept.
#[derive(Debug)]
pub(super) struct StateFolder(Option<PathBuf>);

impl StateFolder {
    pub(super) fn new(folder: Option<PathBuf>) -> StateFolder {
        StateFolder(folder)
    }

    /// The names of those who are ignored.
    pub(super) fn ignored(&self) -> Vec<String> {
        self.read("ignored")
    }

    /// Where it can't be written they are ignored in this sitting alone.
    pub(super) fn keep_ignored(&self, names: &[String]) {
        let _ = self.write("ignored", names);
    }

    /// By which user name a server knows this device; made now where it never did. None where that
    /// can't be kept: then it would be another one each time.
    pub(super) fn user(&self, server: &str) -> Option<String> {
        let mut known = self.read("users");
        let find = |line: &String| Some(line.strip_prefix(server)?.strip_prefix(' ')?.to_owned());
        if let Some(user) = known.iter().find_map(find).filter(|user| is_device(user)) {
            return Some(user);
        }
        let user = format!("j{:08x}", fastrand::u32(..));
        known.push(format!("{server} {user}"));
        let from = known.len().saturating_sub(MOST_SERVERS);
        self.write("users", &known[from..]).ok()?;
        Some(user)
    }

    /// Its lines; none where it can't be read.
    fn read(&self, name: &str) -> Vec<String> {
        let Some(path) = self.path(name).filter(|path| is_file(path)) else { return Vec::new() };
        let is_small = fs::metadata(&path).is_ok_and(|known| known.len() <= MOST_BYTES);
        let text = if is_small { fs::read_to_string(path).unwrap_or_default() } else { String::new() };
        text.lines().map(str::to_owned).collect()
    }

    /// Its lines; none where it is not there.
    ///
    /// # Errors
    /// Where it is there and can't be read.
    pub(super) fn read_all(&self, name: &str) -> io::Result<Vec<String>> {
        let Some(path) = self.path(name) else { return Ok(Vec::new()) };
        match fs::metadata(&path) {
            Ok(known) if known.is_file() => {}
            Ok(_) => return Err(io::ErrorKind::InvalidInput.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        }
        let mut text = String::new();
        let count = fs::File::open(path)?.take(MOST_BYTES + 1).read_to_string(&mut text)?;
        if count as u64 > MOST_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Readable by nobody else, and never half of it: another sitting may read it now.
    pub(super) fn write(&self, name: &str, lines: &[String]) -> io::Result<()> {
        let path = self.path(name).ok_or(io::ErrorKind::NotFound)?;
        if path.exists() && !is_file(&path) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        make_folder(&path)?;
        let other = path.with_extension(std::process::id().to_string());
        let _ = fs::remove_file(&other);
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let written = open(&other, OpenOptions::new().write(true).create_new(true))
            .and_then(|mut file| file.write_all(text.as_bytes()))
            // What the file is a link to is replaced, and not the link.
            .and_then(|()| fs::rename(&other, fs::canonicalize(&path).unwrap_or(path)));
        if written.is_err() {
            // Half of it, where the disk is full.
            let _ = fs::remove_file(other);
        }
        written
    }

    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.as_ref().map(|folder| folder.join(name))
    }
}

/// Not what may never be opened, or never end.
fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|known| known.is_file())
}

/// The folder of this program in the user's state folder (XDG Base Directory Specification 0.8).
/// None where nothing is to be kept, or there is no place for it.
pub(super) fn folder(var: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    if var("ROOMCHAT_HISTORY").is_some_and(|value| value.eq_ignore_ascii_case("off")) {
        return None;
    }
    let absolute = |key| var(key).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || absolute("HOME").map(|home| home.join(".local/state"));
    let state = absolute("XDG_STATE_HOME").or_else(home).or_else(|| absolute("LOCALAPPDATA"));
    state.map(|state| state.join("roomchat"))
}

/// Creates what is missing, open to nobody else.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    path.parent().map_or(Ok(()), |folder| builder.recursive(true).create(folder))
}

/// Readable by nobody else, where it is created.
pub(super) fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_knows_the_device_by_one_name() {
        let folder = std::env::temp_dir().join(format!("roomchat-state-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let state = StateFolder::new(Some(folder.join("roomchat")));
        let user = state.user("a.example:7000").unwrap();
        assert!(is_device(&user));
        assert_eq!(state.user("a.example:7000"), Some(user.clone()));
        assert_ne!(state.user("b.example:7000"), Some(user.clone()));
        assert_ne!(state.user("a.example:70"), Some(user), "another port");
        state.keep_ignored(&["小明".to_owned(), "bob".to_owned()]);
        assert_eq!(state.ignored(), ["小明", "bob"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode =
                |name: &str| fs::metadata(folder.join("roomchat").join(name)).unwrap().permissions().mode();
            assert_eq!((mode("users") & 0o777, mode("ignored") & 0o777), (0o600, 0o600));
        }
        fs::write(folder.join("roomchat/users"), "a.example:7000 root\n").unwrap();
        assert!(is_device(&state.user("a.example:7000").unwrap()));
        fs::remove_dir_all(&folder).unwrap();
        let nowhere = StateFolder::new(None);
        assert_eq!((nowhere.user("a"), nowhere.ignored()), (None, vec![]));
    }
}
