//! Random scripts that three servers, none of which lies, must pass.

use super::random::{Ground, INSPIRCD, NGIRCD, OWN};
use super::telling::{script_of, wanted};
use crate::kit::bot;
use crate::others::Other;
use std::path::PathBuf;

/// Scripts that the suite plays; `ROOMCHAT_LIAR` asks for a hundred.
const SEEDS: usize = 12;

const SERVERS: usize = 6;

#[test]
fn our_own_server_passes_random_scripts() {
    all_pass("own", &OWN, || Some(None));
}

#[test]
fn ngircd_passes_random_scripts() {
    all_pass("ngircd", &NGIRCD, || Other::ngircd().map(Some));
}

#[test]
fn inspircd_passes_random_scripts() {
    all_pass("inspircd", &INSPIRCD, || Other::inspircd().map(Some));
}

/// Plays them on several servers at once, as some let a second pass before
/// they close a connection; on each one after the other.
pub(super) fn all_pass(name: &str, ground: &Ground, start: impl Fn() -> Option<Option<Other>>) {
    let servers: Vec<Option<Other>> = (0..SERVERS).map_while(|_| start()).collect();
    if servers.is_empty() {
        return;
    }
    let folder = std::env::temp_dir().join(format!("roomchat-honest-{name}-{}", crate::kit::unique()));
    std::fs::create_dir_all(&folder).unwrap();
    let seeds = if wanted().is_some() { 100 } else { SEEDS };
    let paths: Vec<PathBuf> = (0..seeds).map(|seed| folder.join(format!("{seed:03}.txt"))).collect();
    for (seed, path) in (0..).zip(&paths) {
        std::fs::write(path, script_of(ground, seed).text).unwrap();
    }
    let shares = paths.chunks(paths.len().div_ceil(servers.len()));
    std::thread::scope(|scope| {
        for (paths, server) in shares.zip(&servers) {
            scope.spawn(move || passes(paths, ground.load, server.as_ref()));
        }
    });
    std::fs::remove_dir_all(&folder).unwrap();
}

fn passes(paths: &[PathBuf], load: bool, server: Option<&Other>) {
    let mut command = bot();
    command.args(paths);
    if load {
        command.args(["--crowd", "3", "--repeat", "2"]);
    }
    if let Some(server) = server {
        command.args(["--server", &server.address.to_string()]);
    }
    let output = command.output().unwrap();
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(told.ends_with(&format!("{} passed, 0 failed\n", paths.len())), "{told}");
}
