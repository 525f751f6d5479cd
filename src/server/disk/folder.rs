//! Which folder keeps what is said, where the command line does not name one.

use crate::cli::Serve;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where what is said is kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Folder(PathBuf),
    Memory,
    /// Nothing names a place.
    Nowhere,
}

/// The folder that is asked for, or the default one of the first port: the first element of
/// `$STATE_DIRECTORY` (systemd.exec(5)), or one among the data of this user (XDG Base Directory
/// Specification). A port that the system chooses has none.
pub(crate) fn place(args: &Serve, env: impl Fn(&str) -> Option<OsString>) -> Place {
    let first = args.listen.first();
    let port = first.and_then(|listen| listen.port).unwrap_or(args.port);
    if args.memory || args.data.is_none() && port == 0 {
        return Place::Memory;
    }
    if let Some(folder) = &args.data {
        return Place::Folder(folder.clone());
    }
    let absolute = |key: &str| env(key).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = env("STATE_DIRECTORY").and_then(|paths| std::env::split_paths(&paths).next());
    if let Some(folder) = state.filter(|path| path.is_absolute()) {
        return Place::Folder(folder);
    }
    let home = |below: &str| absolute("HOME").map(|home| home.join(below));
    let data = if cfg!(windows) {
        absolute("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        home("Library/Application Support")
    } else {
        absolute("XDG_DATA_HOME").or_else(|| home(".local/share"))
    };
    let name = match first {
        // No file of Windows may have a colon in its name.
        Some(listen) => format!("{}_{port}", listen.ip).replace(':', "-"),
        None => port.to_string(),
    };
    data.map_or(Place::Nowhere, |data| Place::Folder(data.join(Path::new("roomchat")).join(name)))
}

#[cfg(all(test, unix, not(target_os = "macos")))]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn placed(args: &[&str], env: &[(&str, &str)]) -> Place {
        let args = ["roomchat", "serve"].iter().chain(args);
        let Command::Serve(args) = Cli::parse_from(args).command else { panic!("serve was asked for") };
        place(&args, |key| env.iter().find(|(known, _)| *known == key).map(|(_, value)| value.into()))
    }

    #[test]
    fn the_first_port_names_the_folder() {
        let home = [("HOME", "/home/ming")];
        let at = |path: &str| Place::Folder(path.into());
        assert_eq!(placed(&[], &home), at("/home/ming/.local/share/roomchat/7000"));
        assert_eq!(placed(&["--port", "1"], &[("XDG_DATA_HOME", "/x"), home[0]]), at("/x/roomchat/1"));
        let listen = ["--listen", "127.0.0.1:5", "--listen", "127.0.0.1:6"];
        assert_eq!(placed(&listen, &home), at("/home/ming/.local/share/roomchat/127.0.0.1_5"));
        let listen = ["--listen", "::1"];
        assert_eq!(placed(&listen, &home), at("/home/ming/.local/share/roomchat/--1_7000"));
        assert_eq!(placed(&["--data", "d"], &[]), at("d"));
        assert_eq!(placed(&[], &[("STATE_DIRECTORY", "/var/lib/a:/var/lib/b"), home[0]]), at("/var/lib/a"));
        assert_eq!(placed(&[], &[("XDG_DATA_HOME", "relative")]), Place::Nowhere);
    }

    #[test]
    fn nothing_is_kept_where_that_is_asked_for_or_the_port_is_any() {
        let home = [("HOME", "/home/ming")];
        assert_eq!(placed(&["--memory"], &home), Place::Memory);
        assert_eq!(placed(&["--port", "0"], &home), Place::Memory);
        assert_eq!(placed(&["--listen", "127.0.0.1:0"], &home), Place::Memory);
        assert_eq!(placed(&["--port", "0", "--data", "d"], &home), Place::Folder("d".into()));
    }
}
