//! Who may import whom, that no files import each other, and what the pure
//! layers may not name, read from the sources.

use super::graph::Graph;
use std::collections::BTreeSet;
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
    rim("store/", &["store", "chat", "text"]),
    rim("server/", &["server", "store", "hub", "chat", "wire", "text", "cli", "signals", "system_errors"]),
    pure("client/protocol", &["client", "wire", "text"]),
    rim("client/", &["client", "wire"]),
    pure("join/model", JOIN),
    pure("join/backoff", JOIN),
    pure("join/slash_command", JOIN),
    pure("join/completion", JOIN),
    pure("join/input", JOIN),
    pure("join/known_rooms", JOIN),
    pure("join/leaving", JOIN),
    pure("join/replies", JOIN),
    pure("join/prompt", JOIN),
    pure("join/past", JOIN),
    pure("join/secret", JOIN),
    pure("join/show", JOIN),
    rim("join/", &["join", "client", "wire", "text", "cli", "signals", "system_errors"]),
    pure("bot/pattern", BOT),
    pure("bot/script/", BOT),
    pure("bot/expect", BOT),
    pure("bot/report", BOT),
    pure("bot/load/load_plan", BOT),
    pure("bot/load/ledger", BOT),
    pure("bot/load/figures", BOT),
    pure("bot/load/upkeep", BOT),
    rim("bot/", &["bot", "client", "wire", "text", "cli", "signals"]),
    rim("signals.rs", &[]),
    rim("system_errors.rs", &["text"]),
    rim("cli", &["cli", "text", "server", "join", "bot", "system_errors"]),
    rim("lib.rs", &["server", "join", "bot", "cli"]),
    rim("main.rs", &["server", "join", "bot", "cli"]),
];
const JOIN: &[&str] = &["join", "client", "wire", "text", "cli"];
const BOT: &[&str] = &["bot", "client", "wire", "text", "cli"];

/// The crates that a pure layer may name: none of them reaches what [`IMPURE`] names,
/// but for the calls that stand there.
const PURE_CRATES: &[&str] = &[
    "alphanumeric_sort",
    "caseless",
    "hdrhistogram",
    "jiff",
    "memchr",
    "regex",
    "serde_json",
    "strsim",
    "textwrap",
    "unicode_normalization",
    "unicode_properties",
    "unicode_security",
    "unicode_segmentation",
    "unicode_width",
];

/// Their order differs from process to process.
const HASHED: &[&str] = &["HashMap", "HashSet", "RandomState"];

/// Folders in which no two files may import each other, at any distance.
const WITHOUT_CIRCLES: &[&str] =
    &["chat/", "hub/", "server/", "wire/", "text/", "client/", "join/", "bot/", "store/"];

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
    "Timestamp::now",
    "Zoned::now",
    "TimeZone::system",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "println!",
    "print!",
    "eprintln!",
];

/// All files below `src` with their texts.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, files) } else { files.push(path) }
        }
    }
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&src, &mut files);
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let relative = |path: &Path| path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
    files.iter().map(|path| (relative(path), fs::read_to_string(path).unwrap())).collect()
}

fn graph(sources: &[(String, String)]) -> Graph {
    Graph::new(sources.iter().map(|(path, text)| (path.as_str(), text.as_str())))
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

/// The top-level module that a file is in.
fn top(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The names of the crates that we depend on, as code spells them.
fn dependencies() -> BTreeSet<String> {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let mut section = String::new();
    let mut names = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line.to_owned();
        } else if section.ends_with("dependencies]")
            && let Some((name, _)) = line.split_once(" = ")
        {
            names.insert(name.replace('-', "_"));
        }
    }
    names
}

#[test]
fn nobody_imports_uphill() {
    let sources = sources();
    for (file, targets) in graph(&sources).edges() {
        let room = room_of(file);
        for target in targets {
            let may = room.may_import.contains(&top(target)) || top(target) == top(file);
            assert!(may, "src/{file} may not import src/{target}");
        }
    }
}

#[test]
fn no_files_import_each_other() {
    let sources = sources();
    let graph = graph(&sources);
    for folder in WITHOUT_CIRCLES {
        let circles = graph.circles(folder);
        assert!(circles.is_empty(), "files that import each other: {circles:#?}");
    }
}

#[test]
fn the_pure_layers_know_no_thread_clock_socket_file_or_chance() {
    let sources = sources();
    let (graph, dependencies) = (graph(&sources), dependencies());
    assert!(PURE_CRATES.iter().all(|name| dependencies.contains(*name)), "a name of no dependency");
    for (file, text) in &sources {
        if !room_of(file).pure {
            continue;
        }
        let code = code(text);
        for word in IMPURE {
            let is_named = graph.external(file).iter().any(|path| path.starts_with(word));
            assert!(!is_named && !code.contains(word), "src/{file} is pure and may not name {word}");
        }
        let crates = graph.external(file).iter().filter_map(|path| path.split("::").next());
        for name in crates.filter(|name| dependencies.contains(*name)) {
            assert!(PURE_CRATES.contains(&name), "src/{file} is pure and may not name the crate {name}");
        }
        for word in HASHED.iter().filter(|_| matches!(top(file), "chat" | "hub")) {
            assert!(
                !code.contains(word),
                "src/{file} depends on nothing but its input and may not name {word}"
            );
        }
    }
}

#[test]
fn a_name_in_a_group_is_seen() {
    let text = "use std::{sync::Arc, thread::{self, JoinHandle}};\nuse crossbeam::channel as c;";
    let graph = Graph::new([("chat/x.rs", text)]);
    let paths = ["std::sync::Arc", "std::thread", "std::thread::JoinHandle", "crossbeam::channel"];
    assert_eq!(graph.external("chat/x.rs"), paths);
}
