//! The walls of the house: who may import whom, and what the pure layers may
//! not name. Reads the sources, so the walls stand by themselves.

use std::fs;
use std::path::{Path, PathBuf};

/// A place in `src`, what it may import of ours, and whether it is pure.
struct Room {
    path: &'static str,
    may_import: &'static [&'static str],
    pure: bool,
}

const fn pure(path: &'static str, may_import: &'static [&'static str]) -> Room {
    Room { path, may_import, pure: true }
}

const fn rim(path: &'static str, may_import: &'static [&'static str]) -> Room {
    Room { path, may_import, pure: false }
}

/// The most specific path comes first: a file lives in the first that it begins with.
const HOUSE: &[Room] = &[
    pure("text/", &["text"]),
    pure("wire/", &["wire"]),
    pure("chat/", &["chat", "text"]),
    pure("hub/", &["hub", "chat", "wire", "text"]),
    rim("server/", &["server", "hub", "wire", "text", "cli"]),
    rim("link/", &["link", "wire"]),
    pure("join/model", JOIN),
    pure("join/backoff", JOIN),
    pure("join/command", JOIN),
    pure("join/completion", JOIN),
    pure("join/input", JOIN),
    pure("join/leaving", JOIN),
    pure("join/replies", JOIN),
    pure("join/prompt", JOIN),
    pure("join/past", JOIN),
    pure("join/secret", JOIN),
    pure("join/show", JOIN),
    rim("join/", JOIN),
    pure("bot/script", BOT),
    pure("bot/expect", BOT),
    pure("bot/report", BOT),
    pure("bot/load/score", BOT),
    pure("bot/load/ledger", BOT),
    pure("bot/load/figures", BOT),
    pure("bot/load/upkeep", BOT),
    rim("bot/", BOT),
    rim("cli.rs", &["cli", "text", "server", "join", "bot"]),
    rim("lib.rs", &["server", "join", "bot", "cli"]),
    rim("main.rs", &[]),
];
const JOIN: &[&str] = &["join", "link", "wire", "text", "cli"];
const BOT: &[&str] = &["bot", "link", "wire", "text", "cli"];

/// What threads, clocks, sockets, files, chance and printing are reached by.
const IMPURE: &[&str] = &[
    "std::thread",
    "std::fs",
    "std::io",
    "std::env",
    "std::process",
    "std::time::Instant",
    "std::time::SystemTime",
    "Instant::now",
    "SystemTime",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "crossbeam",
    "rustix",
    "socket2",
    "fastrand",
    "println!",
    "print!",
    "eprintln!",
];

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(&path, files),
                false => files.push(path),
            }
        }
    }
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&src, &mut files);
    let relative = |path: &Path| path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
    files.iter().map(|path| (relative(path), code(&fs::read_to_string(path).unwrap()))).collect()
}

/// The text without comments, and without the tests at its end: those may use what they like.
fn code(text: &str) -> String {
    let production = text.split("#[cfg(test)]\nmod ").next().unwrap();
    let lines = production.lines().map(|line| line.split("//").next().unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

fn room_of(file: &str) -> &'static Room {
    let room = HOUSE.iter().find(|room| file.starts_with(room.path));
    room.unwrap_or_else(|| panic!("src/{file} is in no room: see architecture in src/lib.rs"))
}

/// The top-level modules of ours that a source names, grouped imports included.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            None => found.push(first_word(after)),
            Some(group) => found.extend(members(group)),
        }
    }
    found
}

/// The first word of each member of a group that was opened before `group`.
fn members(group: &str) -> Vec<String> {
    let (mut depth, mut starts) = (0, vec![0]);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => starts.push(at + 1),
            _ => {}
        }
    }
    starts.iter().map(|&at| first_word(group[at..].trim_start())).filter(|word| !word.is_empty()).collect()
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn nobody_imports_uphill() {
    for (file, code) in sources() {
        let room = room_of(&file);
        for import in imports(&code) {
            assert!(room.may_import.contains(&import.as_str()), "src/{file} may not import {import}");
        }
    }
}

#[test]
fn the_pure_layers_know_no_thread_clock_socket_file_or_chance() {
    for (file, code) in sources() {
        if !room_of(&file).pure {
            continue;
        }
        for word in IMPURE {
            assert!(!code.contains(word), "src/{file} is pure and may not name {word}");
        }
    }
}

#[test]
fn the_walls_see_through_groups() {
    let code = "use crate::{text::{Name, Lang}, wire};\nuse crate::hub::Batch;\nlet x = crate::chat::act();";
    assert_eq!(imports(code), ["text", "wire", "hub", "chat"]);
}
