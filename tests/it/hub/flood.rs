//! Who sends too much: first delayed, then refused with the rule and the time
//! left, only then disconnected, and never banned.

use super::kit::Kit;
use expect_test::expect;

/// As `roomchat serve` has it: 4 messages a second after 40 at once.
fn limited() -> Kit {
    Kit::with(|config| config.messages_a_second = 4)
}

fn messages(range: std::ops::Range<usize>) -> String {
    range.map(|number| format!("PRIVMSG #lobby :{number}\r\n")).collect()
}

/// Numbers that bob heard from alice, or whoever else spoke.
fn heard(shown: &str) -> Vec<usize> {
    let said = shown.lines().filter(|line| line.starts_with("bob< :"));
    said.filter_map(|line| line.split_once("PRIVMSG #lobby :")?.1.parse().ok()).collect()
}

/// Sends these and gives what bob hears at once.
fn hears(kit: &mut Kit, who: &str, lines: &str) -> Vec<usize> {
    kit.take();
    kit.send(who, lines.as_bytes());
    kit.play("0 s");
    heard(&kit.take())
}

#[test]
fn an_honest_paste_of_twenty_lines_survives_at_once() {
    let mut kit = limited();
    kit.play("alice, bob in #lobby");
    assert_eq!(hears(&mut kit, "alice", &messages(0..20)), (0..20).collect::<Vec<_>>());
}

#[test]
fn what_comes_too_fast_waits_in_order_and_nobody_else_does() {
    let mut kit = limited();
    kit.play("alice, bob, carol in #lobby\n10 s");
    let at_once = hears(&mut kit, "alice", &format!("{}PING fence\r\n", messages(0..60)));
    assert_eq!(at_once, (0..40).collect::<Vec<_>>());
    assert_eq!(hears(&mut kit, "carol", &messages(1000..1001)), [1000]);
    kit.take();
    kit.play("1 s");
    let shown = kit.take();
    assert_eq!(heard(&shown), (40..44).collect::<Vec<_>>());
    assert!(!shown.contains("PONG"), "a fence was answered before what came before it");
    kit.play("4 s");
    let shown = kit.take();
    assert_eq!(heard(&shown), (44..60).collect::<Vec<_>>());
    kit.play("1 s");
    assert!(kit.take().contains("alice< :irc PONG irc :fence"));
    // After the time in which a burst is paid another is free.
    kit.play("10 s");
    assert_eq!(hears(&mut kit, "alice", &messages(0..50)).len(), 40);
}

#[test]
fn those_who_know_such_replies_are_warned_once_that_lines_wait() {
    let mut kit = limited();
    kit.play("alice with standard-replies\nbob in #lobby\n10 s");
    kit.take();
    for who in ["alice", "bob"] {
        kit.send(who, messages(0..42).as_bytes());
    }
    kit.play("1 s");
    // A little too fast, all the time.
    for second in 0..5 {
        kit.send("alice", messages(0..5).as_bytes());
        kit.play(&format!("{} s", second % 2 + 1));
    }
    let shown = kit.take();
    let told: Vec<&str> =
        shown.lines().filter(|line| line.contains(" :irc ") || line.contains("< :irc ")).collect();
    expect![
        "alice< :irc WARN PRIVMSG RATE_LIMITED 1 :At most 4 messages a second after 40 at once: it waits"
    ]
    .assert_eq(&told.join("\n"));
}

#[test]
fn what_finds_no_room_to_wait_is_refused_with_the_rule_and_the_seconds_left() {
    let mut kit = limited();
    kit.play(
        "alice with batch labeled-response standard-replies
         bob in #lobby
         nc> dave
         20 s",
    );
    kit.take();
    for who in ["alice", "bob"] {
        kit.send(who, messages(0..104).as_bytes());
    }
    kit.send("nc", "said\r\n".repeat(104).as_bytes());
    kit.play("0 s");
    kit.take();
    // A NOTICE is never answered, and a PONG asks for nothing.
    kit.play(
        "alice> @label=7 PRIVMSG #lobby :late
         alice> NOTICE #lobby :late
         alice> PONG x
         alice>> \\xff\\r\\n
         bob> WHO #lobby
         nc> late
         3 s
         alice> LIST",
    );
    let shown = kit.take();
    let said =
        |line: &&str| [": said", "nc< alice: ", "nc< bob: ", "< :"].iter().any(|part| line.contains(part));
    let told: Vec<&str> = shown.lines().filter(|line| line.contains(" :irc ") || !said(line)).collect();
    let told = told.join("\n");
    expect![[r#"
        alice> @label=7 PRIVMSG #lobby :late
        alice< @label=7 :irc FAIL PRIVMSG RATE_LIMITED 17 :At most 4 messages a second after 40 at once: try again in 17 seconds
        alice> NOTICE #lobby :late
        alice> PONG x
        alice>> \xff\r\n
        alice< :irc FAIL * RATE_LIMITED 17 :At most 4 messages a second after 40 at once: try again in 17 seconds
        bob> WHO #lobby
        bob< :irc 263 bob WHO :At most 4 messages a second after 40 at once: try again in 17 seconds
        nc> late
        nc< 沒有送出: 短時間內太多行，請 17 秒後再試
        3 s
        alice> LIST"#]].assert_eq(&told);
}

#[test]
fn who_goes_on_is_disconnected_and_may_come_back_at_once() {
    let mut kit = limited();
    kit.play("alice, bob in #lobby\n10 s\nconsole");
    let mut all = 0;
    let mut last = String::new();
    for round in 0..20 {
        // A thousand lines a second.
        kit.send("alice", messages(round * 50..round * 50 + 50).as_bytes());
        kit.play("0 s");
        last = kit.take();
        all += heard(&last).len();
        if last.contains("alice<|") {
            assert_eq!(round, 12, "40 were heard, 64 waited, 512 were refused");
            break;
        }
    }
    assert_eq!(all, 40);
    let told: Vec<&str> = last.lines().filter(|line| !line.contains(" 263 ")).collect();
    expect![[r#"
        0 s
        alice<| ERROR :Closing link: 10.0.0.1 (Too many lines in too short a time)
        bob< :alice!u@10.0.0.1 QUIT :Too many lines in too short a time
        [Closed] Some("alice") Flooding
        [Left] #lobby alice 1"#]]
    .assert_eq(&told.join("\n"));
    kit.play("alice closes\nalice in #lobby");
    assert_eq!(hears(&mut kit, "alice", &messages(0..1)), [0]);
}

/// A new connection had a fresh burst: who came back at once was never slowed.
#[test]
fn who_comes_back_again_and_again_goes_on_where_he_left() {
    let mut kit = limited();
    kit.play("bob in #lobby\n60 s");
    let mut rounds = Vec::new();
    for round in 0..12 {
        let who = format!("eve{round}");
        kit.send(&who, format!("NICK {who}\r\nUSER u 0 * :x\r\nJOIN #lobby\r\n").as_bytes());
        let at_once = hears(&mut kit, &who, &messages(0..60)).len();
        kit.play(&format!("{who} closes"));
        rounds.push((at_once, heard(&kit.take()).len()));
    }
    // A burst each, and what waits when it ends, until the address owes five.
    expect!["[(33, 27), (33, 27), (33, 26), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0)]"].assert_eq(&format!("{rounds:?}"));
    kit.take();
    // Who is here already and others elsewhere have lost nothing.
    assert_eq!(hears(&mut kit, "bob", "PRIVMSG #lobby :1\r\nPING x\r\n").len(), 0);
    assert_eq!(
        hears(&mut kit, "far", "NICK far\r\nUSER u 0 * :x\r\nJOIN #lobby\r\nPRIVMSG #lobby :7\r\n"),
        [7]
    );
    // Nobody is kept out: a newcomer from there only waits for each line.
    kit.send("next", b"NICK next\r\nUSER u 0 * :x\r\nJOIN #lobby\r\nPRIVMSG #lobby :8\r\n");
    kit.play("3 s");
    assert!(heard(&kit.take()).contains(&8));
    // And it is forgotten as soon as all that was asked for would have been paid.
    kit.play("next closes\n120 s");
    kit.send("last", b"NICK last\r\nUSER u 0 * :x\r\nJOIN #lobby\r\n");
    assert_eq!(hears(&mut kit, "last", &messages(0..60)).len(), 33);
}

/// Lines that waited were dropped when their connection ended.
#[test]
fn what_was_accepted_is_said_although_its_sender_has_left_at_once() {
    for end in ["", "QUIT :bye\r\n"] {
        let mut kit = limited();
        kit.play("alice, bob in #lobby\n60 s");
        let mut all = hears(&mut kit, "alice", &format!("{}{end}", messages(0..104)));
        kit.play("alice closes");
        let last = kit.take();
        all.extend(heard(&last));
        assert_eq!(all, (0..104).collect::<Vec<_>>(), "{end}");
    }
}

#[test]
fn what_waited_is_said_before_its_sender_is_gone_and_half_closed_streams_get_the_answers() {
    let mut kit = limited();
    kit.play("alice, bob in #lobby\n60 s");
    assert_eq!(hears(&mut kit, "alice", &format!("{}PING last\r\n", messages(0..41))).len(), 40);
    kit.play("alice closes");
    expect![[r#"
        alice closes
        alice< :irc PONG irc :last
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :40
        bob< :alice!u@10.0.0.1 QUIT :Connection closed
    "#]]
    .assert_eq(&kit.take());
    kit.play("nc> dave\n60 s");
    kit.take();
    kit.send("nc", format!("{}exit\r\n", "hi\r\n".repeat(41)).as_bytes());
    kit.play("0 s");
    let shown = kit.take();
    assert_eq!(shown.matches("bob< :dave!plain@10.0.0.1 PRIVMSG #lobby :hi").count(), 41);
    assert!(shown.contains("bob< :dave!plain@10.0.0.1 QUIT :Quit: "), "{shown}");
}

#[test]
fn lines_that_wait_for_a_password_are_said_although_its_owner_is_gone() {
    let mut kit = limited();
    kit.play("alice, local, bob in #lobby\n60 s");
    for who in ["alice", "local"] {
        assert!(hears(&mut kit, who, "OPER root x\r\nPRIVMSG #lobby :1\r\nPRIVMSG #lobby :2\r\n").is_empty());
        kit.play(&format!("{who} closes"));
        assert_eq!(heard(&kit.take()), [1, 2], "{who}");
        kit.play("right");
    }
}

#[test]
fn storms_of_what_costs_more_are_slowed_the_more() {
    for (line, answer, at_once) in [
        ("WHO #lobby", " 315 ", 20),
        ("LIST", " 323 ", 10),
        ("NAMES #lobby", " 366 ", 20),
        ("NAMES #lobby,#lobby,#lobby,#lobby,#lobby", " 366 ", 4 * 5),
        ("WHOIS bob", " 318 ", 40),
        ("TOPIC #lobby :x", "alice< :alice!u@10.0.0.1 TOPIC ", 20),
        ("CHATHISTORY LATEST #lobby * 9", "BATCH +", 10),
        ("PRIVMSG #lobby,#lobby,bob,bob :x", "bob< :alice!u@10.0.0.1 PRIVMSG ", 10 * 4),
        ("JOIN #a,#b,#c,#d\r\nPART #a,#b,#c,#d", "alice< :alice!u@10.0.0.1 JOIN", 3 * 4),
    ] {
        let mut kit = limited();
        kit.play("alice with batch draft/chathistory\nbob in #lobby\n10 s");
        kit.take();
        kit.send("alice", format!("{line}\r\n").repeat(50).as_bytes());
        kit.play("0 s");
        assert_eq!(kit.take().matches(answer).count(), at_once, "{line}");
    }
    let mut kit = limited();
    kit.play("alice, bob in #lobby\n10 s");
    kit.take();
    (0..60).for_each(|number| kit.send("alice", format!("NICK a{number}\r\n").as_bytes()));
    kit.play("0 s");
    assert_eq!(kit.take().matches("bob< :").count(), 10, "renames");
}

#[test]
fn before_registration_it_is_the_same() {
    let mut kit = limited();
    kit.send("eve", "CAP LS 302\r\n".repeat(1000).as_bytes());
    kit.play("0 s");
    let shown = kit.take();
    assert_eq!(shown.matches(" LS :").count(), 40);
    assert!(shown.contains("eve<| ERROR :Closing link: 10.0.0.1 (Too many lines"), "{shown}");
}

#[test]
fn who_wants_to_go_goes_however_much_waits() {
    let mut kit = limited();
    kit.play("alice, bob in #lobby\n10 s");
    let at_once = hears(&mut kit, "alice", &format!("{}QUIT :bye\r\n", messages(0..200)));
    assert_eq!(at_once.len(), 40 + 64, "what was accepted");
    kit.play("alice closes");
    kit.play("bob> WHOIS alice");
    assert!(kit.take().contains(" 401 "));
}

#[test]
fn this_machine_and_where_no_limit_is_set_have_none() {
    let mut kit = limited();
    kit.play("bob, local in #lobby");
    assert_eq!(hears(&mut kit, "local", &messages(0..5000)).len(), 5000);
    let mut kit = Kit::with(|config| config.messages_a_second = 0);
    kit.play("bob, alice in #lobby");
    assert_eq!(hears(&mut kit, "alice", &messages(0..5000)).len(), 5000);
}

#[test]
fn lines_that_waited_for_a_password_are_paid_for_as_well() {
    let mut kit = limited();
    kit.play("alice, bob in #lobby\n10 s");
    assert!(hears(&mut kit, "alice", &format!("OPER root x\r\n{}", messages(0..100))).is_empty());
    kit.take();
    kit.play("right");
    assert_eq!(heard(&kit.take()), (0..36).collect::<Vec<_>>());
    kit.play("16 s");
    assert_eq!(heard(&kit.take()), (36..100).collect::<Vec<_>>());
}

/// What had waited for its time was obeyed all at once, for one who still read what came before.
#[test]
fn what_has_waited_goes_on_as_its_sender_takes_the_replies() {
    let mut kit = Kit::with(|config| {
        config.messages_a_second = 4;
        config.motd = vec!["a long message of the day".to_owned(); 3_000];
    });
    kit.play("alice in #lobby\n20 s");
    kit.send("alice", format!("{}{}", "PING x\r\n".repeat(40), "MOTD\r\n".repeat(3)).as_bytes());
    kit.play("alice is full\n20 s");
    assert!(!kit.take().contains(" 376 "));
    let answers = (0..4).map(|_| {
        kit.play("alice takes all\n20 s");
        kit.take().matches(" 376 ").count()
    });
    assert_eq!(answers.collect::<Vec<_>>(), [0, 1, 1, 1]);
}

/// A line with 4 KiB of tags cost as much as a word.
#[test]
fn the_price_of_a_line_follows_its_bytes() {
    let tags = |bytes: usize| format!("@batch=1;+x={}", "t".repeat(bytes - "@batch=1;+x= ".len()));
    for (line, answer, at_once) in [
        (format!("PRIVMSG #lobby :{}", "x".repeat(450)), "bob< ", 40),
        (format!("@+x={} PRIVMSG #lobby :{}", "t".repeat(200), "x".repeat(450)), "bob< ", 20),
        (format!("@+x={} PRIVMSG #lobby :x", "t".repeat(4_000)), "bob< ", 5),
        (format!("@+x={} PRIVMSG #lobby,#lobby,bob,bob :x", "t".repeat(4_000)), "bob< ", 4),
        (format!("@+x={} NOTHING x", "t".repeat(4_000)), " 421 ", 5),
        (format!("{} PRIVMSG #lobby :x", tags(4_000)), " INVALID_REFTAG ", 5),
        (format!("PRIVMSG #lobby :{}", "x".repeat(4_000)), " 417 ", 5),
        (format!("PRIVMSG #lobby :{}", "x".repeat(60_000)), " 417 ", 1),
        (format!("@+x={} \u{feff}", "t".repeat(4_000)), " 421 ", 5),
    ] {
        let mut kit = limited();
        kit.play("alice with message-tags draft/multiline batch\nbob in #lobby\n10 s");
        kit.take();
        kit.send("alice", format!("{line}\r\n").repeat(60).as_bytes());
        kit.play("0 s");
        let shown = kit.take();
        assert_eq!(shown.matches(answer).count(), at_once, "{line:.60}");
    }
    let mut kit = limited();
    kit.play("bob in #lobby\nnc> dave\n10 s");
    kit.take();
    kit.send("nc", format!("@{}\r\n", "t".repeat(4_000)).repeat(60).as_bytes());
    kit.play("0 s");
    assert_eq!(kit.take().matches("bob< ").count(), 5 * 9, "a line is said in pieces");
}

/// As many people behind one address, each with a client that asks what clients ask.
fn class(kit: &mut Kit, people: std::ops::Range<usize>) {
    for number in people {
        let name = format!("s{number}");
        let begins =
            format!("CAP LS 302\r\nNICK {name}\r\nUSER u 0 * :x\r\nCAP REQ :server-time\r\nCAP END\r\n");
        let enters = "JOIN #lobby\r\nMODE #lobby\r\nWHO #lobby %cuhsnfdar\r\nMODE #lobby b\r\n";
        kit.send(&name, format!("{begins}{enters}").as_bytes());
    }
}

/// A line to somebody elsewhere.
fn to_far(text: &str) -> String {
    format!("PRIVMSG far :{text}\r\n")
}

#[test]
fn a_class_room_behind_one_address_comes_in_talks_and_pastes_without_waiting() {
    let mut kit = limited();
    kit.play("far in #lobby\n20 s");
    class(&mut kit, 0..40);
    kit.play("0 s");
    assert_eq!(kit.take().matches(" 368 ").count(), 40, "all are in, and nobody has waited");
    // Each says a line a second.
    kit.play("10 s");
    for _ in 0..60 {
        kit.take();
        (0..40).for_each(|number| kit.send(&format!("s{number}"), to_far("x").as_bytes()));
        kit.play("0 s");
        assert_eq!(kit.take().matches("far< ").count(), 40);
        kit.play("1 s");
    }
    // Each pastes twenty lines, at once.
    kit.play("10 s");
    kit.take();
    (0..40).for_each(|number| kit.send(&format!("s{number}"), to_far("x").repeat(20).as_bytes()));
    kit.play("0 s");
    let at_once = kit.take().matches("far< ").count();
    kit.play("3 s");
    assert_eq!((at_once, kit.take().matches("far< ").count()), (672, 128));
}

/// Each of them had a burst of its own: thirty said 5 MB in a moment.
#[test]
fn connections_of_one_address_share_a_burst_and_a_rate() {
    let mut kit = limited();
    kit.play("far in #lobby\n20 s");
    for number in 0..128 {
        kit.send(&format!("e{number}"), format!("NICK e{number}\r\nUSER u 0 * :x\r\n").as_bytes());
    }
    kit.play("30 s");
    kit.take();
    (0..128).for_each(|number| kit.send(&format!("e{number}"), to_far("x").repeat(60).as_bytes()));
    // Somebody elsewhere waits for none of that.
    kit.send("far2", format!("NICK far2\r\nUSER u 0 * :x\r\n{}", to_far("y")).as_bytes());
    kit.play("0 s");
    let shown = kit.take();
    // A burst of sixteen, and four lines of each of the others.
    assert_eq!((shown.matches(" :x").count(), shown.matches(" :y").count()), (640 + 112 * 4, 1));
    let of_two_seconds: Vec<usize> = (0..5)
        .map(|_| {
            kit.play("2 s");
            kit.take().matches(" :x").count()
        })
        .collect();
    assert_eq!(of_two_seconds, [128; 5]);
    // One more at that address has its turn behind a line of each, however many they have.
    kit.send("newcomer", format!("NICK newcomer\r\nUSER u 0 * :x\r\n{}", to_far("z")).as_bytes());
    kit.play("3 s");
    assert_eq!(kit.take().matches(" :z").count(), 1);
}

#[test]
fn what_waits_for_its_address_is_told_so() {
    let mut kit = limited();
    kit.play("far in #lobby\nalice with standard-replies\n20 s");
    class(&mut kit, 0..20);
    kit.play("20 s");
    kit.take();
    (0..20).for_each(|number| kit.send(&format!("s{number}"), to_far("x").repeat(40).as_bytes()));
    kit.send("alice", to_far("x").repeat(5).as_bytes());
    kit.play("0 s");
    let shown = kit.take();
    let told: Vec<&str> = shown.lines().filter(|line| line.contains("WARN")).collect();
    expect!["alice< :irc WARN PRIVMSG RATE_LIMITED 1 :At most 64 messages a second from one address after 640 at once: it waits"].assert_eq(&told.join("\n"));
}

/// Thirty connections of one address, 36 lines with 4 KiB of tags each: all members of the room
/// were closed, at whatever speed they read.
#[test]
fn a_burst_from_one_address_is_less_than_closes_anybody() {
    let mut kit = limited();
    kit.play("far with message-tags\n20 s");
    for number in 0..30 {
        let begins =
            format!("CAP REQ :message-tags\r\nCAP END\r\nNICK e{number}\r\nUSER u 0 * :x\r\nJOIN #lobby\r\n");
        kit.send(&format!("e{number}"), begins.as_bytes());
    }
    kit.play("60 s");
    kit.take();
    let line = format!("@+x={} PRIVMSG #lobby :x\r\n", "t".repeat(4_000));
    (0..30).for_each(|number| kit.send(&format!("e{number}"), line.repeat(36).as_bytes()));
    let bytes = |kit: &mut Kit| {
        let shown = kit.take();
        shown.lines().filter(|line| line.starts_with("far< ")).map(str::len).sum::<usize>()
    };
    kit.play("0 s");
    let burst = bytes(&mut kit);
    kit.play("10 s");
    let afterwards = bytes(&mut kit) / 10;
    assert!(burst < 384 * 1024 && afterwards < 48 * 1024, "{burst} bytes, then {afterwards} a second");
}

/// It cost nothing, and so kept the server as busy as its sender liked.
#[test]
fn a_flood_of_what_is_never_answered_ends_as_any_other() {
    for line in ["PONG x", "NOTICE #lobby :x"] {
        let mut kit = limited();
        kit.play("alice, bob in #lobby\n20 s");
        for _ in 0..20 {
            kit.send("alice", format!("{line}\r\n").repeat(50).as_bytes());
            kit.play("0 s");
        }
        assert!(kit.take().contains("alice<| ERROR :Closing link: 10.0.0.1 (Too many lines"), "{line}");
    }
    // As often as a client is asked is never too often.
    let mut kit = limited();
    kit.play("alice, bob in #lobby");
    for _ in 0..80 {
        kit.play("1 s\nalice> PONG x");
    }
    assert_eq!(hears(&mut kit, "alice", &messages(0..30)).len(), 30);
}
