//! Parameters that are lists: of nothing, and of more than others take.

use super::kit::{Kit, play};
use expect_test::expect;

/// Nothing was answered.
#[test]
fn a_list_of_nothing_is_as_none() {
    expect![[r#"
        alice> PRIVMSG , :x
        alice< :irc 411 alice :No recipient given
        alice> NOTICE , :x
        alice> TAGMSG ,,
        alice< :irc 411 alice :No recipient given
        alice> JOIN ,
        alice< :irc 461 alice JOIN :Not enough parameters
        alice> JOIN :
        alice< :irc 403 alice * :a name cannot be blank
        alice> PART ,
        alice< :irc 461 alice PART :Not enough parameters
        alice> PART :
        alice< :irc 461 alice PART :Not enough parameters
        alice> KICK #lobby ,
        alice< :irc 461 alice KICK :Not enough parameters
        alice> KICK #lobby :
        alice< :irc 461 alice KICK :Not enough parameters
        alice> NAMES ,
        alice< :irc 366 alice * :End of /NAMES list
        alice> NAMES :
        alice< :irc 366 alice * :End of /NAMES list
        alice> MODE #lobby :
        alice< :irc 324 alice #lobby +nt
        alice< :irc 329 alice #lobby 1767225600
        alice> MODE #lobby +
        alice< :irc 324 alice #lobby +nt
        alice< :irc 329 alice #lobby 1767225600
        alice> MODE alice :
        alice< :irc 221 alice +
        alice> MODE alice +-
        alice< :irc 221 alice +
    "#]]
    .assert_eq(&play(
        "alice with message-tags
         alice> PRIVMSG , :x
         alice> NOTICE , :x
         alice> TAGMSG ,,
         alice> JOIN ,
         alice> JOIN :
         alice> PART ,
         alice> PART :
         alice> KICK #lobby ,
         alice> KICK #lobby :
         alice> NAMES ,
         alice> NAMES :
         alice> MODE #lobby :
         alice> MODE #lobby +
         alice> MODE alice :
         alice> MODE alice +-",
    ));
}

/// Nothing comes back only where all was done that was asked and others are told of it, or
/// where nothing was to be done.
#[test]
fn every_command_answers_whatever_its_parameters_lack() {
    const COMMANDS: &str = "PRIVMSG PING TAGMSG JOIN PART NICK USER CAP PASS NAMES TOPIC MODE WHO WHOIS WHOWAS \
        AWAY SETNAME KICK INVITE LIST CHATHISTORY BATCH REDACT MARKREAD MONITOR ISON USERHOST OPER KILL LUSERS \
        LINKS MOTD VERSION TIME INFO HELP NONSENSE";
    const PARAMS: [&str; 13] = [
        "", ":", ",", "#lobby", "#lobby :", "#lobby ,", "alice :", "alice ,", ": :", ", ,", "+ ,", "REQ :",
        "* *",
    ];
    let caps = "message-tags setname batch draft/multiline draft/chathistory draft/message-redaction \
                draft/read-marker";
    let mut silent = Vec::new();
    for command in COMMANDS.split_whitespace() {
        for params in PARAMS {
            let mut kit = Kit::new();
            kit.play(&format!("alice with {caps}\nlocal in #lobby"));
            kit.take();
            kit.play_line("alice", &format!("{command} {params}"));
            if kit.take().is_empty() {
                silent.push(format!("{command} {params}"));
            }
        }
    }
    expect![[r#"
        TAGMSG #lobby
        TAGMSG #lobby :
        TAGMSG #lobby ,
        JOIN #lobby
        JOIN #lobby :
        JOIN #lobby ,
        NICK alice :
        NICK alice ,
        MONITOR + ,"#]]
    .assert_eq(&silent.join("\n"));
}

/// The thirteenth, and all behind it, was dropped without a word.
#[test]
fn a_line_holds_as_many_changes_as_fit() {
    let mut kit = Kit::new();
    let people: Vec<String> = (10..24).map(|number| format!("p{number}")).collect();
    kit.play("alice with server-time message-tags labeled-response batch echo-message");
    kit.play(&format!("{} in #lobby", people.join(", ")));
    kit.take();
    kit.play(&format!("alice> @label=1 MODE #lobby +vvvvvvvvvvvvvvm {}", people.join(" ")));
    let shown = kit.take();
    let told: Vec<&str> =
        shown.lines().filter(|line| line.starts_with("alice") || line.starts_with("p10")).collect();
    expect![[r#"
        alice> @label=1 MODE #lobby +vvvvvvvvvvvvvvm p10 p11 p12 p13 p14 p15 p16 p17 p18 p19 p20 p21 p22 p23
        alice< @label=1 :irc BATCH +b1 labeled-response
        alice< @batch=b1;time=2026-01-01T00:00:00.003Z;msgid=nv :alice!u@10.0.0.1 MODE #lobby +vvvvvvvvvvvvv p10 p11 p12 p13 p14 p15 p16 p17 p18 p19 p20 p21 p22
        alice< @batch=b1;time=2026-01-01T00:00:00.003Z :alice!u@10.0.0.1 MODE #lobby +vm p23
        alice< :irc BATCH -b1
        p10< :alice!u@10.0.0.1 MODE #lobby +vvvvvvvvvvvvv p10 p11 p12 p13 p14 p15 p16 p17 p18 p19 p20 p21 p22
        p10< :alice!u@10.0.0.1 MODE #lobby +vm p23"#]]
    .assert_eq(&told.join("\n"));
}

/// Masks are told in full, which may be longer than what was sent; and clients read no more
/// than 15 parameters.
#[test]
fn the_echo_of_many_changes_is_split() {
    for (count, length, lines) in [(20, 20, [13, 7]), (11, 40, [10, 1])] {
        let mut kit = Kit::new();
        kit.play("alice in #lobby");
        let masks: Vec<String> = (10..10 + count).map(|number| format!("{number:x<length$}")).collect();
        kit.play_line("alice", &format!("MODE #lobby +{} {}", "b".repeat(count), masks.join(" ")));
        let shown = kit.take();
        let told: Vec<usize> = shown.lines().map(|line| line.matches("!*@*").count()).collect();
        assert_eq!(told, lines, "{shown}");
        kit.play_line("alice", &format!("MODE #lobby {}", "+m-m".repeat(120)));
        assert_eq!(kit.take().matches("+m-m").count(), 120);
    }
}

#[test]
fn no_number_of_changes_is_advertised() {
    let mut kit = Kit::new();
    kit.play("alice> NICK alice\nalice> USER u 0 * :a");
    let shown = kit.take();
    assert!(shown.split(' ').any(|token| token == "MODES"), "{shown}");
}

/// Whatever the parameters are, a command that brings a list ends it by the numeric that clients
/// wait for, or says with one error that there is none. LIST did neither after 407.
#[test]
fn every_list_is_ended() {
    const ENDS: [(&str, &str); 9] = [
        ("LIST", "323"),
        ("WHO", "315"),
        ("NAMES", "366"),
        ("WHOIS", "318"),
        ("WHOWAS", "369"),
        ("MOTD", "376"),
        ("LINKS", "365"),
        ("INFO", "374"),
        ("HELP", "706"),
    ];
    // Of these nothing follows: no name is given, another server is asked, no such subject.
    const ALONE: [(&str, &str); 6] = [
        ("WHOIS", "431"),
        ("WHOWAS", "431"),
        ("MOTD", "402"),
        ("INFO", "402"),
        ("HELP", "524"),
        ("NAMES", "366"),
    ];
    let long = "a".repeat(480);
    let many = vec!["a*"; 160].join(",");
    let names = vec!["alice"; 80].join(",");
    let params = [
        "",
        ":",
        ",",
        "*",
        "0",
        "#lobby",
        "#nowhere",
        "nobody",
        "alice,bob",
        &long,
        &many,
        &names,
        "a b c d e",
    ];
    for (command, end) in ENDS {
        for params in params {
            let mut kit = Kit::new();
            kit.play("alice in #lobby");
            kit.take();
            kit.play_line("alice", &format!("{command} {params}"));
            // A line of many names costs more than may come at once.
            kit.play("60 s");
            let shown = kit.take();
            let told: Vec<&str> = shown.lines().filter_map(|line| line.split(' ').nth(2)).collect();
            let is_alone = told.len() == 1 && ALONE.contains(&(command, told[0]));
            assert!(told.contains(&end) || is_alone, "{command} {params}\n{shown}");
        }
    }
}
