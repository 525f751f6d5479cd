//! Attackers who keep within the limits that everybody has, and what others feel of them. They
//! come from addresses of their own, by a cable from another network namespace, so that none is on
//! the server's machine. Printed where somebody asks:
//!
//! `ROOMCHAT_BENCH=1 cargo test --release --test it attacks:: -- --nocapture`
//!
//! `ROOMCHAT_EXE` names another executable to be attacked, `ROOMCHAT_ATTACK` one attack by a part
//! of its name. It fails where somebody else pays: figures of a slow machine are higher. The column
//! "beside" is the worst PING of an honest person at an address of the attackers, who has one limit
//! with them.

mod acts;
mod crowd;
mod scene;
mod witness;

use crate::kit::{installed, say_aloud};
use crate::server::operators::SECRET;
use acts::ATTACKS;
use std::process::Command;

/// Where the bench runs a second time, inside.
const INSIDE: &str = "ROOMCHAT_INSIDE";

/// Where the addresses of the others are: the path of a network namespace.
const OUTSIDE: &str = "ROOMCHAT_OUTSIDE";

/// Addresses for documentation (RFC 5737, RFC 3849): the server's first.
const SETUP: &str = "ip link set lo up && \
    unshare --net sleep 100000 & outside=$!; trap 'kill $outside' EXIT; \
    until ip link add inside type veth peer name cable netns $outside && \
        ! ip link show cable >/dev/null 2>&1; do ip link delete inside; sleep 0.1; done; \
    far() { nsenter --net=/proc/$outside/ns/net \"$@\"; }; \
    ip link set inside up mtu 65000; far ip link set cable up mtu 65000; \
    ip address add 192.0.2.1/32 dev inside; ip address add 2001:db8:0::1/128 dev inside nodad; \
    far ip route add 192.0.2.1/32 dev cable; far ip route add 2001:db8:0::1/128 dev cable; \
    for site in 192.0.2 198.51.100 203.0.113; do ip route add $site.0/24 dev inside; \
        for n in $(seq 2 60); do far ip address add $site.$n/32 dev cable; done; done; \
    for n in $(seq 1 40); do far ip address add 2001:db8:$n::1/128 dev cable nodad; \
        ip route add 2001:db8:$n::1/128 dev inside; done; \
    ROOMCHAT_OUTSIDE=/proc/$outside/ns/net \"$0\" attacks::figures --exact --nocapture --test-threads 1";

#[test]
fn figures() {
    if std::env::var_os("ROOMCHAT_BENCH").is_none() {
        return;
    }
    if std::env::var_os(INSIDE).is_some() {
        return attack_all();
    }
    if !["unshare", "nsenter", "ip"].into_iter().all(installed) {
        return;
    }
    let mut inside = Command::new("unshare");
    inside.args(["--map-root-user", "--net", "sh", "-c", SETUP]).arg(std::env::current_exe().unwrap());
    assert!(
        inside.env(INSIDE, "1").status().unwrap().success(),
        "somebody else pays, or there is no network"
    );
}

fn attack_all() {
    let wanted = std::env::var("ROOMCHAT_ATTACK").unwrap_or_default();
    let mut faults = Vec::new();
    std::fs::write(acts::OPERATORS, format!("root {SECRET}\n")).unwrap();
    say_aloud(&witness::Figures::head());
    for attack in ATTACKS.iter().filter(|attack| attack.name.contains(&wanted)) {
        let figures = scene::play(attack);
        say_aloud(&figures.row(attack.name));
        faults.extend(figures.faults().into_iter().map(|fault| format!("{}: {fault}", attack.name)));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
