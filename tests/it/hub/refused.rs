//! Every line is answered or refused once, with its label; and a batch of which a line was
//! refused is refused whole.

use super::kit::{Kit, play};
use expect_test::expect;

/// People of whom `alice` can do all, with the settings of `roomchat serve`.
fn kit() -> Kit {
    let mut kit = Kit::with(|config| config.messages_a_second = 4);
    kit.play(
        "alice with batch draft/multiline labeled-response draft/chathistory
         bob in #lobby
         60 s",
    );
    kit.take();
    kit
}

/// All that is shown until nothing waits any more, without what was typed.
fn rest(kit: &mut Kit) -> String {
    (0..4).for_each(|_| kit.play("alice> PONG x\nbob> PONG x\n40 s"));
    let shown = kit.take();
    let heard = |line: &&str| ["alice<", "bob<", "[Said]"].iter().any(|start| line.starts_with(start));
    let heard = shown.lines().filter(heard).filter(|line| !line.contains("< PING "));
    heard.map(|line| format!("{line}\n")).collect()
}

/// It was said with a hole, and the label said that all was well.
#[test]
fn a_batch_with_a_line_that_is_refused_is_refused_whole_and_at_its_end() {
    let long = format!("@batch=x PRIVMSG #lobby :{}", "x".repeat(600));
    let unreadable = format!("@batch=x;+y={} PRIVMSG #lobby :x", "x".repeat(5000));
    for line in [
        long.as_bytes(),
        unreadable.as_bytes(),
        b"@batch=x PRIVMSG #lobby :\xff",
        b"@batch=x;+y=\xff PRIVMSG #lobby :x",
        b"@+y=\xff PRIVMSG #lobby :x",
        b"@batch=x PRIV-MSG #lobby :x",
        b"@batch=x \xe5\x93\x88",
        b"@batch=x",
        b"@batch=x NONEXISTENT #lobby :x",
        b"@batch=x TAGMSG #lobby",
        b"@batch=x JOIN",
        b"@batch=x PRIVMSG",
        b"@batch=x PONG x",
        b"@batch=x QUIT :x",
    ] {
        let mut kit = kit();
        kit.play("console");
        kit.take();
        let lines: [&[u8]; 5] = [
            b"@label=L BATCH +x draft/multiline #lobby",
            b"@batch=x PRIVMSG #lobby :rm -rf",
            line,
            b"@batch=x PRIVMSG #lobby :/tmp/x",
            b"PING before",
        ];
        lines.iter().for_each(|line| kit.send("alice", &[line, &b"\r\n"[..]].concat()));
        kit.play("0 s");
        let shown = kit.take();
        assert_eq!(shown, "0 s\nalice< :irc PONG irc :before\n", "{}", String::from_utf8_lossy(line));
        kit.send("alice", b"BATCH -x\r\n@label=H CHATHISTORY LATEST #lobby * 1\r\n");
        let told = rest(&mut kit);
        let (first, history) = told.split_once('\n').unwrap();
        assert!(first.starts_with("alice< @label=L :irc FAIL BATCH MULTILINE_INVALID"), "{told}");
        assert!(!history.contains("PRIVMSG"), "{told}");
    }
}

/// The lines that found no room to wait were refused at once, and the others were said.
#[test]
fn a_batch_that_comes_too_fast_is_refused_whole() {
    for (before, lost) in [
        // Its opening, some lines, and no room for others.
        (
            40 + 61,
            "@batch=x PRIVMSG #lobby :rm -rf\r\n@batch=x PRIVMSG #lobby :/\r\n@batch=x PRIVMSG #lobby :tmp\r\nBATCH -x",
        ),
        // Only its end finds none.
        (40 + 62, "@batch=x PRIVMSG #lobby :rm -rf\r\nBATCH -x"),
    ] {
        let mut kit = kit();
        let open = "@label=L BATCH +x draft/multiline #lobby";
        kit.send("alice", format!("{}{open}\r\n{lost}\r\n", "PING x\r\n".repeat(before)).as_bytes());
        kit.send("alice", b"@label=7 PING late\r\n@label=8 PRIVMSG #lobby :late\r\n");
        let told = rest(&mut kit).replace("alice< :irc PONG irc :x\n", "");
        let told: Vec<&str> = told.lines().map(|line| line.split_once(" :").unwrap().0).collect();
        assert_eq!(told, ["alice< @label=7", "alice< @label=8", "alice< @label=L"]);
    }
}

#[test]
fn a_batch_whose_opening_is_refused_is_not_said_either() {
    let mut kit = kit();
    kit.send("alice", "PING x\r\n".repeat(104).as_bytes());
    kit.send("alice", b"@label=L BATCH +x draft/multiline #lobby\r\n@batch=x PRIVMSG #lobby :a\r\n");
    kit.play("30 s");
    kit.send("alice", b"@batch=x PRIVMSG #lobby :b\r\nBATCH -x\r\n");
    let told = rest(&mut kit).replace("alice< :irc PONG irc :x\n", "");
    assert!(told.starts_with("alice< @label=L :irc 263 alice BATCH :"), "{told}");
    assert!(!told.contains("bob<"), "{told}");
    assert_eq!(told.lines().count(), 4, "each once: {told}");
}

#[test]
fn a_batch_with_a_line_that_finds_no_room_beside_a_check_is_refused_whole() {
    let mut kit = kit();
    kit.send("alice", b"@label=L BATCH +x draft/multiline #lobby\r\n@batch=x PRIVMSG #lobby :rm -rf\r\n");
    kit.send("alice", b"@label=O OPER root x\r\n");
    kit.send("alice", "PING x\r\n".repeat(256).as_bytes());
    kit.send("alice", b"@batch=x PRIVMSG #lobby :/tmp/x\r\nBATCH -x\r\n@label=7 PING late\r\n");
    kit.play("0 s\nright");
    let told = rest(&mut kit).replace("alice< :irc PONG irc :x\n", "");
    expect![[r#"
        alice< @label=7 :irc 263 alice PING :Too many lines wait until a password is checked
        alice< @label=O :irc BATCH +b1 labeled-response
        alice< @batch=b1 :alice!u@10.0.0.1 MODE alice +o
        alice< @batch=b1 :irc 381 alice :You are now an IRC operator
        alice< :irc BATCH -b1
        alice< @label=L :irc FAIL BATCH MULTILINE_INVALID :A line of it found no room to wait
    "#]]
    .assert_eq(&told);
}

/// A NOTICE is never answered; but its batch is, which had an ACK.
#[test]
fn notices_of_a_batch_that_can_not_be_sent_fail_with_the_batch() {
    expect![[r#"
        alice> @label=L BATCH +x draft/multiline #nowhere
        alice> @batch=x NOTICE #nowhere :a
        alice> @batch=x NOTICE #nowhere :b
        alice> BATCH -x
        alice< @label=L :irc FAIL BATCH MULTILINE_INVALID :It can't be sent there, or a line is too long
    "#]]
    .assert_eq(&play(
        "alice with batch draft/multiline labeled-response
         alice> @label=L BATCH +x draft/multiline #nowhere
         alice> @batch=x NOTICE #nowhere :a
         alice> @batch=x NOTICE #nowhere :b
         alice> BATCH -x",
    ));
}

/// Lines that came after that were said one by one, without those before.
#[test]
fn a_batch_ends_with_the_capability_the_connection_and_the_next_batch() {
    expect![[r#"
        alice> @label=1 BATCH +x draft/multiline #lobby
        alice> @batch=x PRIVMSG #lobby :a
        alice> @label=2 BATCH +y draft/multiline #lobby
        alice< @label=1 :irc FAIL BATCH MULTILINE_INVALID :Another batch was open: both are dropped
        alice< @label=2 :irc FAIL BATCH MULTILINE_INVALID :Another batch was open: both are dropped
        alice> @label=3 BATCH +z draft/multiline #lobby
        alice> @batch=z PRIVMSG #lobby :a
        alice> @label=4 CAP REQ -draft/multiline
        alice< @label=4 :irc CAP alice ACK :-draft/multiline
        alice< @label=3 :irc FAIL BATCH MULTILINE_INVALID :draft/multiline was given up before the batch ended
        alice> CAP REQ draft/multiline
        alice< :irc CAP alice ACK :draft/multiline
        alice> @label=5 BATCH +u draft/multiline #lobby
        alice> @batch=u PRIVMSG #lobby :a
        alice> @label=6 QUIT
        alice< @label=5 :irc FAIL BATCH MULTILINE_INVALID :The connection ended before the batch did
        alice<| @label=6 ERROR :Closing link: 10.0.0.1 (Quit: )
        bob< :alice!u@10.0.0.1 QUIT :Quit: 
    "#]]
    .assert_eq(&play(
        "alice with batch draft/multiline labeled-response
         bob in #lobby
         alice> @label=1 BATCH +x draft/multiline #lobby
         alice> @batch=x PRIVMSG #lobby :a
         alice> @label=2 BATCH +y draft/multiline #lobby
         alice> @label=3 BATCH +z draft/multiline #lobby
         alice> @batch=z PRIVMSG #lobby :a
         alice> @label=4 CAP REQ -draft/multiline
         alice> CAP REQ draft/multiline
         alice> @label=5 BATCH +u draft/multiline #lobby
         alice> @batch=u PRIVMSG #lobby :a
         alice> @label=6 QUIT",
    ));
}

#[test]
fn what_is_no_command_or_too_long_is_answered_with_its_label() {
    let long = "x".repeat(600);
    let mut kit = Kit::new();
    kit.play("alice with batch labeled-response draft/multiline");
    kit.send("carol", b"CAP REQ :batch labeled-response\r\n");
    kit.play(&format!(
        "alice> @label=1 NONEXISTENT_COMMAND
         alice> @label=2 FOO-BAR x
         alice> @label=3
         alice> @label=4 PRIVMSG #lobby :{long}
         alice> @label=5;batch=no PRIVMSG #lobby :x
         carol> @label=6 FOO-BAR
         alice> @label=7 QUIT :bye"
    ));
    let shown = kit.take().replace(&long, "…");
    let told: Vec<&str> = shown.lines().filter(|line| !line.contains(" CAP ")).collect();
    expect![[r#"
        alice> @label=1 NONEXISTENT_COMMAND
        alice< @label=1 :irc 421 alice * :That is no command
        alice> @label=2 FOO-BAR x
        alice< @label=2 :irc 421 alice * :That is no command
        alice> @label=3
        alice< @label=3 :irc 421 alice * :That is no command
        alice> @label=4 PRIVMSG #lobby :…
        alice< @label=4 :irc 417 alice :Input line was too long
        alice> @label=5;batch=no PRIVMSG #lobby :x
        alice< @label=5 :irc FAIL BATCH INVALID_REFTAG no :No such batch is open
        carol> @label=6 FOO-BAR
        carol< @label=6 :irc 451 * :You have not registered
        alice> @label=7 QUIT :bye
        alice<| @label=7 ERROR :Closing link: 10.0.0.1 (Quit: bye)"#]]
    .assert_eq(&told.join("\n"));
}

/// Lines that were no messages lost their labels when they found no room, and a PONG had no
/// answer at all while others waited.
#[test]
fn what_finds_no_room_is_refused_with_its_label_whatever_it_is() {
    let mut kit = kit();
    kit.send("alice", "PING x\r\n".repeat(104).as_bytes());
    let long = format!("@label=3 PRIVMSG #lobby :{}", "x".repeat(600));
    for line in
        [&b"@label=1 FOO-BAR"[..], b"@label=2 PRIVMSG #lobby :\xff", long.as_bytes(), b"@label=4 PONG x"]
    {
        kit.send("alice", &[line, &b"\r\n"[..]].concat());
    }
    kit.play("0 s");
    let shown = kit.take().replace("alice< :irc PONG irc :x\n", "");
    expect![[r#"
        0 s
        alice< @label=1 :irc 263 alice * :At most 4 messages a second after 40 at once: try again in 17 seconds
        alice< @label=2 :irc 263 alice * :At most 4 messages a second after 40 at once: try again in 17 seconds
        alice< @label=3 :irc 263 alice * :At most 4 messages a second after 40 at once: try again in 17 seconds
        alice< @label=4 :irc ACK
    "#]]
    .assert_eq(&shown);
    // The last line of a flood is answered by its end; the PONG is one of them.
    kit.send("alice", "PING x\r\n".repeat(508).as_bytes());
    kit.send("alice", b"@label=5 PING x\r\n");
    kit.play("0 s");
    let shown = kit.take();
    assert!(shown.contains("alice<| @label=5 ERROR :Closing link: 10.0.0.1 (Too many lines"), "{shown}");
}

/// A person without a program says that, and nobody heard it.
#[test]
fn a_word_that_programs_answer_with_is_talk_where_there_is_no_program() {
    let mut kit = kit();
    kit.play("nc> dave\n60 s");
    kit.take();
    kit.send("nc", format!("{}pong\r\n", "hi\r\n".repeat(41)).as_bytes());
    kit.play("9 s");
    assert!(kit.take().contains("bob< :dave!plain@10.0.0.1 PRIVMSG #lobby :pong\n"));
}
