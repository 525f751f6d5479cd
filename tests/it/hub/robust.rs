//! Nothing that anybody sends can make the hub panic or fall silent.

use super::kit::Kit;
use proptest::prelude::*;

const COMMANDS: &[&str] = &[
    "PRIVMSG", "PING", "PONG", "NOTICE", "TAGMSG", "JOIN", "PART", "QUIT", "NICK", "USER", "CAP", "PASS",
    "NAMES", "TOPIC", "MODE", "WHO", "WHOIS", "AWAY", "SETNAME", "KICK", "INVITE", "LIST", "ISON",
    "USERHOST", "LUSERS", "MOTD", "VERSION", "TIME", "NONSENSE",
];

#[test]
fn every_command_with_any_number_of_parameters_leaves_the_next_one_answered() {
    for command in COMMANDS.iter().filter(|command| **command != "QUIT") {
        for count in 0..=16 {
            for word in ["x", "#lobby", "alice", "*", "+o", "0", ":", "小花", &"y".repeat(400)] {
                for before in ["alice", "stranger"] {
                    let mut kit = Kit::new();
                    kit.play("alice, bob with batch labeled-response echo-message message-tags server-time setname");
                    kit.send(before, b"CAP LS\r\n");
                    kit.send(before, format!("{command}{}\r\n", format!(" {word}").repeat(count)).as_bytes());
                    kit.send(before, b"PING still-there\r\n");
                    kit.play("bob> PING x");
                    let shown = kit.take();
                    assert!(shown.contains("PONG irc :still-there"), "{command} {count} {word}: {shown}");
                }
            }
        }
    }
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => proptest::sample::select(vec!["#lobby", "#a", "#b", "a", "b", "c", "#a,#b", "a,b", "+o", "-o+v", "+b", "+k", "+l", "+imstC", "5", "*"])
            .prop_map(str::to_owned),
        1 => "[ -~]{0,12}",
        1 => "\\PC{0,6}",
    ]
}

fn line() -> impl Strategy<Value = String> {
    let tags = prop_oneof![3 => Just(String::new()), 1 => Just("@label=l;+x=1 ".to_owned())];
    (tags, proptest::sample::select(COMMANDS), proptest::collection::vec(word(), 0..4))
        .prop_map(|(tags, command, params)| format!("{tags}{command} {}", params.join(" ")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_history_replays_to_the_same_bytes(lines in proptest::collection::vec((0usize..4, line()), 0..60)) {
        let play = || {
            let mut kit = Kit::new();
            kit.play("a with batch labeled-response echo-message message-tags server-time
                      b with multi-prefix setname
                      c in #a
                      console");
            for (who, line) in &lines {
                kit.play_line(["a", "b", "c", "d"][*who], line);
            }
            kit.take()
        };
        prop_assert_eq!(play(), play());
    }
}
