//! Nothing that anybody sends can make the hub panic or fall silent.

use super::kit::Kit;
use proptest::prelude::*;

/// All that there are, and one that is not.
fn commands() -> Vec<&'static str> {
    roomchat::hub::manual::commands().chain(["NONSENSE"]).collect()
}

/// Every command with any number of parameters leaves the next one answered.
#[test]
fn any_parameters_leave_the_hub_answering() {
    // OPER waits for an answer that is not given here.
    for command in commands().into_iter().filter(|command| !matches!(*command, "QUIT" | "OPER")) {
        for count in 0..=16 {
            for word in ["x", "#lobby", "alice", "*", "+o", "0", ":", "小花", &"y".repeat(400)] {
                for before in ["alice", "stranger"] {
                    let mut kit = Kit::new();
                    kit.play("alice, bob with batch labeled-response echo-message message-tags server-time setname draft/chathistory draft/message-redaction draft/read-marker draft/multiline");
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

pub(super) fn line() -> impl Strategy<Value = String> {
    let tags = prop_oneof![3 => Just(String::new()), 1 => Just("@label=l;+x=1 ".to_owned())];
    (tags, proptest::sample::select(commands()), proptest::collection::vec(word(), 0..4))
        .prop_map(|(tags, command, params)| format!("{tags}{command} {}", params.join(" ")))
}

/// What somebody is told of who is in #big, sorted.
fn names(kit: &mut Kit, who: &str) -> Vec<String> {
    kit.take();
    kit.play_line(who, "NAMES #big");
    let shown = kit.take();
    let lists = shown.lines().filter_map(|line| line.split_once(" = #big :"));
    let mut names: Vec<String> = lists.flat_map(|(_, names)| names.split(' ')).map(str::to_owned).collect();
    names.sort();
    names
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn names_that_are_kept_are_those_that_would_be_written_afresh(
        steps in proptest::collection::vec((0usize..70, 0usize..70, 0usize..6), 0..120),
    ) {
        let mut kit = Kit::new();
        kit.play("member with multi-prefix userhost-in-names
                  stranger with multi-prefix userhost-in-names
                  member> JOIN #big");
        for (who, other, what) in steps {
            let (who, other) = (format!("p{who}"), format!("p{other}"));
            match what {
                0 | 1 => kit.play(&format!("{who} in #big")),
                2 => kit.play_line(&who, "PART #big"),
                3 => kit.play_line(&who, &format!("NICK long-name-of-{who}")),
                4 => kit.play_line("member", &format!("MODE #big +v {other}")),
                _ => drop(names(&mut kit, "member")),
            }
        }
        prop_assert_eq!(names(&mut kit, "member"), names(&mut kit, "stranger"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_history_replays_to_the_same_bytes(lines in proptest::collection::vec((0usize..4, line()), 0..60)) {
        let play = || {
            let mut kit = Kit::new();
            kit.play("a with batch labeled-response echo-message message-tags server-time draft/chathistory draft/event-playback draft/message-redaction draft/read-marker draft/multiline
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
