//! The liar: a proxy between the bot and a real server that tells one person
//! one lie. Whatever the lie, the bot names the step and the person.

mod everybody;
mod fixtures;
mod honest;
mod lies;
mod load;
mod load_lies;
mod proxy;
mod random;
mod tell;
mod telling;

use crate::kit::{Server, bot};
use lies::LIES;
use predicates::prelude::*;
use proxy::{Lie, Plan, proxy};

/// The lines of `fixtures/demo.txt` in which each person sees something, own
/// messages included: our server echoes.
const SEEN: [(&str, &[usize]); 3] = [
    ("小明", &[5, 6, 7, 9, 10, 11]),
    ("小花", &[6, 7, 9, 10, 11, 13, 14]),
    ("小安", &[7, 9, 10, 11, 13, 14]),
];

/// A way to a server on which this person does not get the `nth` line that a
/// person would notice.
pub(crate) fn without(to: &str, nth: usize, server: std::net::SocketAddr) -> std::net::SocketAddr {
    proxy(server, Some(Plan { to: to.to_owned(), nth, lie: Lie::Drop }))
}

#[test]
fn every_lie_about_every_step_is_caught_and_named() {
    let mut caught = 0;
    for (to, lines) in SEEN {
        for (nth, line) in lines.iter().enumerate() {
            for lie in proxy::LIES {
                let plan = Plan { to: to.to_owned(), nth, lie };
                let server = Server::start(&[]);
                let address = proxy(server.address, Some(plan)).to_string();
                bot()
                    .args(["fixtures/demo.txt", "--server", &address])
                    .assert()
                    .code(1)
                    .stdout(predicate::str::starts_with(format!("fixtures/demo.txt:{line}: {to} ")));
                caught += 1;
            }
        }
    }
    assert_eq!(caught, 95);
}

/// Where nobody else had seen a block, one order of it was once the only right
/// one for somebody who did not read meanwhile.
#[test]
fn what_only_somebody_stalled_sees_of_a_block_comes_in_any_order_of_its_senders() {
    let folder = std::env::temp_dir().join(format!("roomchat-stalled-{}", crate::kit::unique()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("block.txt");
    let path = path.to_str().unwrap();
    let played = |block: &str, lie: bool| {
        let script = format!(
            "小明 joins\n小花 joins\n小安 joins\n小安 stalls\ntogether {{\n{block}}}\n小安 resumes\n"
        );
        std::fs::write(path, script).unwrap();
        let server = Server::start(&[]);
        // The first line is its own coming in.
        let plan = lie.then(|| Plan { to: "小安".to_owned(), nth: 1, lie: Lie::Swap });
        let address = proxy(server.address, plan).to_string();
        bot().args(["--server", &address, path]).assert()
    };
    let private = "小明 /msg 小安 一\n小花 /msg 小安 二\n";
    played(private, false).code(0);
    played(private, true).code(0);
    let of_one = "小明 /msg 小安 一\n小明 /msg 小安 二\n";
    let public = "小明: 一\n小花: 二\n";
    for block in [of_one, public] {
        played(block, false).code(0);
        let told = predicate::str::contains("小安 saw the lines in another order");
        played(block, true).code(1).stdout(told);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// It was once kept until memory was full, and a deadline that had passed ended nothing.
#[test]
fn a_flood_ends_the_step_in_which_it_comes() {
    let plan = Plan { to: "小安".to_owned(), nth: 2, lie: Lie::Flood };
    let server = Server::start(&[]);
    let address = proxy(server.address, Some(plan)).to_string();
    bot().args(["fixtures/demo.txt", "--server", &address]).assert().code(1).stdout(
        predicate::str::starts_with(
            "fixtures/demo.txt:10: the server sent 小安 more than 16 MiB in one step\n",
        )
        .and(predicate::str::contains("小安  flooded: the connection was given up")),
    );
}

#[test]
fn an_honest_proxy_changes_nothing() {
    let server = Server::start(&[]);
    let address = proxy(server.address, None).to_string();
    bot().args(["fixtures/demo.txt", "--server", &address]).assert().code(0);
}

/// Each kind of lie, about a random script: it is named at its line, with its
/// person.
#[test]
fn every_lie_is_caught_and_named() {
    assert!(LIES.len() >= 60);
    telling::all_are_caught(&random::OWN, false);
}
