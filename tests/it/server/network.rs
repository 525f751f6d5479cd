//! What holds only for those who come from elsewhere: here from another address,
//! in a network of the test's own.

use super::Console;
use crate::kit::{DEADLINE, PATIENT, installed, roomchat, say_aloud};
use predicates::prelude::*;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// For documentation (RFC 5737), so nobody's.
const ADDRESS: &str = "192.0.2.1";

/// A server to which everybody comes from [`ADDRESS`], and which takes nobody for local.
pub(super) struct Network(pub(super) Console, pub(super) String);

impl Network {
    /// None where this machine does not let us have one.
    pub(super) fn start(args: &[&str]) -> Option<Network> {
        let listen = format!("{ADDRESS}:0");
        let all = [&["--listen", &listen, "--local-operators", "off"], args].concat();
        Network::of(ADDRESS, &all)
    }

    /// A server in a network that has this address and no way out.
    fn of(ip: &str, args: &[&str]) -> Option<Network> {
        if !["unshare", "nsenter", "ip"].into_iter().all(installed) {
            return None;
        }
        let own = || {
            let mut command = Command::new("unshare");
            command.args(["--map-root-user", "--net"]);
            command
        };
        let up = own().args(["ip", "link", "set", "lo", "up"]).stderr(Stdio::null()).status().unwrap();
        if !up.success() {
            say_aloud("SKIPPED: this machine lets nobody have a network of one's own");
            return None;
        }
        let serve = format!(
            "ip link set lo up && ip address add {ip}/32 dev lo && exec \"$0\" serve --log-format json \"$@\""
        );
        let mut shell = own();
        shell.args(["sh", "-c", &serve, env!("CARGO_BIN_EXE_roomchat")]).args(args).stdout(Stdio::piped());
        let mut console = Console::of(shell.spawn().unwrap());
        let address = console.listening().expect("a server listens");
        Some(Network(console, address))
    }

    /// A program in this network.
    pub(super) fn inside(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut inside = Command::new("nsenter");
        let server = self.0.0.id().to_string();
        inside.args(["--target", &server, "--user", "--preserve-credentials", "--net"]);
        inside.arg(program.as_ref());
        inside.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        inside
    }

    /// `roomchat` with these arguments and the server's address, beside it.
    fn run(&self, args: &[&str]) -> assert_cmd::Command {
        let mut inside = self.inside(roomchat().get_program());
        inside.args(args).args(["--server", &self.1]);
        let mut inside = assert_cmd::Command::from_std(inside);
        inside.timeout(2 * DEADLINE);
        inside
    }

    /// `roomchat bot`, with a script in which one person says so many lines at
    /// once before another.
    fn hears(&self, lines: usize, timeout: &str) -> assert_cmd::assert::Assert {
        let path = std::env::temp_dir().join(format!("roomchat-network-{}-{lines}", crate::kit::unique()));
        let script = format!("小明 joins\n小花 joins\ntogether {{\n  each i 1..{lines} 小明: ${{i}}\n}}\n");
        std::fs::write(&path, script).unwrap();
        let played = self.run(&["bot", "--timeout", timeout, path.to_str().unwrap()]).assert();
        std::fs::remove_file(path).unwrap();
        played
    }
}

/// Friends were told to go to 127.0.0.1, their own machine.
#[test]
fn a_network_without_a_router_is_told_its_own_address() {
    let ip = "10.77.0.1";
    let Some(Network(_, address)) = Network::of(ip, &["--listen", "0.0.0.0:0"]) else { return };
    assert!(address.starts_with(&format!("{ip}:")), "{address}");
}

/// The thread that accepts was woken by a connection to the server's own address alone, again and
/// again.
#[test]
fn a_signal_ends_a_server_whose_address_is_gone() {
    let ip = "10.77.0.1";
    let listen = format!("{ip}:0");
    let Some(mut network) = Network::of(ip, &["--listen", &listen]) else { return };
    let gone = network.inside("ip").args(["address", "del", &format!("{ip}/32"), "dev", "lo"]).status();
    assert!(gone.unwrap().success());
    let server = &mut network.0.0;
    assert!(Command::new("kill").arg(server.id().to_string()).status().unwrap().success());
    let start = Instant::now();
    while server.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < DEADLINE, "it still runs");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_comes_too_fast_waits_in_order() {
    let Some(network) = Network::start(&["--flood-limit", "50"]) else { return };
    network.hears(80, PATIENT).success();
}

/// It was once said only that the server did not answer, after the whole timeout.
#[test]
fn what_is_refused_for_its_pace_is_told_by_the_bot_in_the_server_s_words() {
    let Some(network) = Network::start(&["--flood-limit", "50"]) else { return };
    let rule = "the server refused 小明: 263 At most 50 messages a second after 40 at once: try again in ";
    network.hears(300, PATIENT).code(1).stdout(
        predicate::str::contains("小明 and 小花 did not see what 小明 said; ")
            .and(predicate::str::contains(rule)),
    );
    let Some(network) = Network::start(&["--flood-limit", "1"]) else { return };
    network.hears(300, "10").code(1).stdout(predicate::str::contains(
        "the server did not answer 小明 within 10 s; the server refused 小明: 263 At most 1 messages",
    ));
}

/// `join` itself says no more than the server takes.
#[test]
fn of_a_long_text_nothing_is_lost() {
    let Some(network) = Network::start(&["--flood-limit", "50"]) else { return };
    let said: Vec<String> = (1..=200).map(|number| format!("第 {number} 行")).collect();
    let output = network.run(&["join", "--name", "小花"]).write_stdin(said.join("\n")).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let own: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix("我: ")).collect();
    assert_eq!(own, said);
}
