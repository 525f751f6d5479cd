//! What programs send that people love, as it came over the wire: irssi 1.4,
//! weechat 3.8, ii 1.8, sic 1.1. Each must find what it waits for, and nothing
//! that it does not know to be answered.

use super::kit::Kit;

/// Numerics and commands that come back, each once in a row.
fn answered(who: &str, lines: &[&str]) -> String {
    let mut kit = Kit::new();
    kit.play("bob in #lobby");
    let mut answers: Vec<String> = Vec::new();
    for line in lines {
        kit.play_line(who, line);
        let shown = kit.take();
        let own = shown.lines().filter_map(|line| line.strip_prefix(who)?.strip_prefix("< "));
        for line in own {
            let message = roomchat::wire::Message::parse(line).unwrap();
            if answers.last().map(String::as_str) != Some(message.command()) {
                answers.push(message.command().to_owned());
            }
        }
    }
    answers.join(" ")
}

const GREETING: &str = "001 002 003 004 005 251 252 253 254 255 265 266 375 372 376";

#[test]
fn irssi() {
    let lines = [
        "CAP LS 302",
        // Waits for an answer to this before it says who it is.
        "JOIN :",
        "CAP REQ :multi-prefix extended-join setname invite-notify away-notify server-time",
        "CAP END",
        "NICK 小安",
        "USER root root 127.0.0.1 :root",
        "MODE 小安 +i",
        "JOIN #lobby",
        "MODE #lobby",
        "WHO #lobby %tcuhnfdar,743",
        "MODE #lobby b",
        "PRIVMSG #lobby :你好",
        "NICK 小花",
        "TOPIC #lobby :今天",
        "QUIT :leaving",
    ];
    let expected = format!("CAP 451 CAP {GREETING} MODE JOIN 353 366 324 329 354 315 368 NICK 482");
    assert_eq!(answered("irssi", &lines), expected);
}

#[test]
fn weechat() {
    let lines = [
        "CAP LS 302",
        "NICK 小明",
        "USER root 0 * :root",
        "CAP REQ :away-notify cap-notify extended-join invite-notify message-tags multi-prefix server-time setname userhost-in-names",
        "CAP END",
        "JOIN #lobby",
        "MODE #lobby",
        "WHO #lobby %cuhsnfdar",
        "PRIVMSG #lobby :你好",
        "QUIT :WeeChat 3.8",
    ];
    let expected = format!("CAP {GREETING} JOIN 353 366 324 329 354 315");
    assert_eq!(answered("wee", &lines), expected);
}

#[test]
fn ii() {
    let lines = [
        "NICK 小安",
        "USER 小安 localhost 127.0.0.1 :安",
        "JOIN #lobby",
        "PRIVMSG #lobby :你好 from ii",
        "NICK 小花",
        "AWAY :吃飯",
        "PART #lobby :再見",
        "QUIT :bye",
    ];
    assert_eq!(answered("ii", &lines), format!("{GREETING} JOIN 353 366 NICK 306 PART"));
}

#[test]
fn sic() {
    let lines = [
        "NICK 小安",
        "USER 小安 localhost 127.0.0.1 :小安",
        "JOIN #lobby",
        "PRIVMSG #lobby :大家好",
        "PART #lobby :#lobby",
    ];
    assert_eq!(answered("sic", &lines), format!("{GREETING} JOIN 353 366 PART"));
}
