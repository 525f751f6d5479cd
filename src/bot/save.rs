//! Puts a rewritten script in the place of the old one, whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Replaces a file that still is what was read of it; the error for people.
pub(super) fn replace(path: &Path, was: &str, text: &str) -> Result<(), String> {
    let told = |error: std::io::Error| error.to_string();
    // A symbolic link stays one: its target is replaced.
    let path = fs::canonicalize(path).map_err(told)?;
    let metadata = fs::metadata(&path).map_err(told)?;
    if !metadata.is_file() {
        return Err("it is no file".to_owned());
    }
    if metadata.permissions().readonly() {
        return Err("it is read-only".to_owned());
    }
    let now = fs::read(&path).map_err(told)?;
    if now == text.as_bytes() {
        return Ok(());
    }
    if now != was.as_bytes() {
        return Err("it has changed since it was read".to_owned());
    }
    let beside = beside(&path);
    let mut file = OpenOptions::new().write(true).create_new(true).open(&beside).map_err(told)?;
    let done = write(&mut file, text, metadata.permissions()).and_then(|()| fs::rename(&beside, &path));
    if done.is_err() {
        // What is left where even this fails is a hidden file beside the script.
        let _ = fs::remove_file(&beside);
    }
    done.map_err(told)
}

fn write(file: &mut File, text: &str, permissions: fs::Permissions) -> std::io::Result<()> {
    file.set_permissions(permissions)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A name in the same folder that no other job uses.
fn beside(path: &Path) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    path.with_file_name(format!(".{name}.{}-{count}", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_stays() {
        let folder = std::env::temp_dir().join(format!("roomchat-save-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.txt");
        fs::write(&path, "old").unwrap();
        replace(&path, "old", "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(replace(&path, "old", "newer").unwrap_err(), "it has changed since it was read");
        let writable = fs::metadata(&path).unwrap().permissions();
        let mut permissions = writable.clone();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        assert_eq!(replace(&path, "new", "newer").unwrap_err(), "it is read-only");
        fs::set_permissions(&path, writable).unwrap();
        assert_eq!(replace(&folder, "new", "newer").unwrap_err(), "it is no file");
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(&folder).unwrap();
    }
}
