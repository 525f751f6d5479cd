//! The liar: a proxy between the bot and a real server that tells one person
//! one lie. Whatever the lie, the bot names the step and the person.

mod load;
mod proxy;
mod random;

use crate::kit::{PATIENT, Server, bot, bot_within};
use predicates::prelude::*;
use proxy::{LIES, Lie, Plan, proxy};
use random::{Seen, random_script, seen_by};
use std::path::Path;

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
            for lie in LIES {
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

/// Who comes back was once only let in: what its server had kept was nobody's business.
#[test]
fn every_lie_about_what_was_missed_is_caught_where_somebody_comes_back() {
    let script = "fixtures/missed.txt";
    let source = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(script)).unwrap();
    let back = source.lines().position(|line| line == "小花 重連").unwrap() + 1;
    let mut seen = seen_by(&source);
    seen.retain(|seen| seen.person == "小花" && seen.lines == (back..=back));
    // Two rooms, and what was said in them.
    assert_eq!(seen.len(), 2 + 4);
    for missed in &seen[2..] {
        for lie in LIES {
            let plan = Plan { to: "小花".to_owned(), nth: missed.nth, lie };
            let server = Server::start(&[]);
            let address = proxy(server.address, Some(plan)).to_string();
            bot()
                .args([script, "--server", &address])
                .assert()
                .code(1)
                .stdout(predicate::str::starts_with(format!("{script}:{back}: 小花 ")));
        }
    }
}

/// Where nobody else had seen a block, one order of it was once the only right
/// one for somebody who did not read meanwhile.
#[test]
fn what_only_somebody_stalled_sees_of_a_block_comes_in_any_order_of_its_senders() {
    let folder = std::env::temp_dir().join(format!("roomchat-stalled-{}", std::process::id()));
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

#[test]
fn one_lie_at_a_random_place_of_a_random_script_is_caught_and_named() {
    let folder = std::env::temp_dir().join(format!("roomchat-liar-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut kinds = std::collections::BTreeSet::new();
    for seed in 0..100 {
        let mut chance = fastrand::Rng::with_seed(seed);
        let script = random_script(&mut chance);
        let path = folder.join(format!("{seed}.txt"));
        std::fs::write(&path, &script.text).unwrap();
        let path = path.to_str().unwrap();
        let play = |plan: Option<Plan>, timeout: &str| {
            let server = Server::start(&[]);
            let address = proxy(server.address, plan).to_string();
            let output = bot_within(timeout).args([path, "--server", &address]).output().unwrap();
            (output.status.code(), String::from_utf8(output.stdout).unwrap())
        };
        let honest = play(None, PATIENT);
        assert_eq!(honest.0, Some(0), "seed {seed} fails without a lie:\n{}\n{}", script.text, honest.1);
        let seen = seen_by(&script.text);
        let Seen { person, nth, lines } = &seen[chance.usize(..seen.len())];
        let lie = LIES[chance.usize(..LIES.len())];
        let plan = Plan { to: person.clone(), nth: *nth, lie };
        // A departure that was lied away costs the whole timeout; a short one that ran out
        // because the machine had no time for us proves nothing.
        let lied_to = |timeout| {
            let (code, told) = play(Some(plan.clone()), timeout);
            let headline = told.lines().next().and_then(|line| line.strip_prefix(&format!("{path}:")));
            let (line, what) = headline.and_then(|line| line.split_once(": ")).unwrap_or_default();
            let named =
                line.parse().is_ok_and(|line| lines.contains(&line)) && what.contains(person.as_str());
            if code == Some(1) && named { Ok(()) } else { Err((code, told)) }
        };
        if let Err((code, told)) = lied_to("2").or_else(|_| lied_to(PATIENT)) {
            panic!("seed {seed}, {plan:?}, lines {lines:?}: {code:?}\n{}\n{told}", script.text);
        }
        kinds.extend(script.kinds);
    }
    assert_eq!(kinds.len(), random::KINDS, "not every kind of step was lied about: {kinds:?}");
    std::fs::remove_dir_all(&folder).unwrap();
}
