//! Many at once who do what anybody may, or what nobody should: how often others are told of it,
//! and that nothing of it stays.

use super::kit::Kit;
use allocation_counter::measure;

const MANY: usize = 128;

/// As `roomchat serve` has it: 4 messages a second after 40 at once.
fn limited() -> Kit {
    let mut kit = Kit::with(|config| config.messages_a_second = 4);
    kit.play("bob in #lobby\n20 s");
    kit.take();
    kit
}

fn crowd() -> Vec<String> {
    (0..MANY).map(|number| format!("p{number}")).collect()
}

/// Each of them comes into the first room and has waited since.
fn with_crowd(caps: &str) -> Kit {
    let mut kit = limited();
    for who in crowd() {
        kit.play(&format!("{who} with {caps}"));
    }
    kit.play("20 s");
    kit.take();
    kit
}

/// What the server still knows of connections and people.
fn known(kit: &mut Kit) -> (bool, bool) {
    // His address may have been that of those who flooded.
    kit.play("60 s");
    kit.take();
    kit.play("bob> LUSERS");
    let shown = kit.take();
    (shown.contains(" 253 bob 0 :"), shown.contains(" 251 bob :There are 1 users "))
}

/// Thousands who connect and go are told to nobody and forgotten.
#[test]
fn connects_and_closes_by_the_thousand() {
    let mut kit = limited();
    for number in 0..2000 {
        let (who, goes) = (number % 20, if number % 3 == 0 { "is lost" } else { "closes" });
        kit.play(&format!("c{who} connects\nc{who} {goes}"));
    }
    assert!(!kit.take().contains("bob<"));
    assert_eq!(known(&mut kit), (true, true));
}

/// Connections that are reset with lines that wait are told once each.
#[test]
fn resets_with_waiting_lines() {
    let mut kit = with_crowd("batch");
    let lines = "PRIVMSG #lobby :x\r\n".repeat(60);
    for who in crowd() {
        kit.send(&who, lines.as_bytes());
        kit.play(&format!("{who} is lost"));
    }
    let shown = kit.take();
    for who in crowd() {
        assert_eq!(shown.matches(&format!("bob< :{who}!u@10.0.0.1 QUIT ")).count(), 1, "{who}");
    }
    assert_eq!(known(&mut kit), (true, true));
}

#[test]
fn the_half_registered_hold_no_name_and_go_in_time() {
    let mut kit = limited();
    for who in crowd() {
        kit.send(&who, b"NICK alice\r\n");
    }
    kit.play("far> NICK alice\nfar> USER u 0 * :x\nfar> JOIN #lobby");
    assert!(kit.take().contains("bob< :alice!u@10.0.0.2 JOIN #lobby"));
    kit.play("9 s");
    assert!(!kit.take().contains("<|"));
    kit.play("2 s");
    let shown = kit.take();
    assert_eq!(shown.matches("<| ERROR :").count(), MANY);
    assert!(!shown.contains("bob<"));
}

#[test]
fn a_byte_a_second_without_an_end_is_no_way_to_stay() {
    let mut kit = limited();
    let mut closed = None;
    for second in 0..90 {
        if closed.is_none() {
            kit.send("eve", b"x");
        }
        kit.play("1 s\nbob> PING still-here");
        let shown = kit.take();
        assert!(shown.contains("bob< :irc PONG irc :still-here"), "{shown}");
        if shown.contains("eve<|") {
            assert_eq!(closed.replace(second), None);
        }
    }
    assert!(closed.is_some_and(|second| (58..=61).contains(&second)), "{closed:?}");
}

#[test]
fn each_who_watches_is_told_once_of_each_change() {
    let mut kit = with_crowd("batch");
    let others: Vec<String> = (0..99).map(|number| format!("w{number}")).collect();
    for who in crowd() {
        for names in others.chunks(50) {
            kit.send(&who, format!("MONITOR + {}\r\n", names.join(",")).as_bytes());
        }
        kit.send(&who, b"MONITOR + far\r\nMONITOR + one-more\r\n");
    }
    kit.play("0 s");
    let shown = kit.take();
    assert_eq!(shown.matches(" 734 ").count(), MANY, "a list has an end");
    for (line, told) in [
        ("far> NICK far\nfar> USER u 0 * :x", " 730 "),
        ("far> NICK FAR", " 730 "),
        ("far> NICK other", " 731 "),
        ("far> NICK far", " 730 "),
        ("far> QUIT", " 731 "),
    ] {
        kit.play(line);
        let shown = kit.take();
        let count = if line.ends_with("FAR") { 0 } else { MANY };
        assert_eq!(shown.matches(told).count(), count, "{line}");
    }
    for who in crowd() {
        kit.play(&format!("{who} is lost"));
    }
    kit.take();
    kit.play("far in #lobby");
    assert!(!kit.take().contains(" 730 "), "who is gone watches nobody");
}

/// Batches that are never ended are said by nobody and go with their connections.
#[test]
fn batches_that_are_never_ended() {
    let mut kit = with_crowd("batch message-tags draft/multiline labeled-response");
    let line = format!("@batch=1 PRIVMSG #lobby :{}\r\n", "x".repeat(400));
    for who in crowd() {
        kit.send(&who, b"@label=l BATCH +1 draft/multiline #lobby\r\n");
        kit.send(&who, line.repeat(30).as_bytes());
    }
    kit.play("bob> PING still-here\n40 s");
    let shown = kit.take();
    assert!(shown.contains("bob< :irc PONG irc :still-here"));
    assert!(!shown.contains("PRIVMSG"));
    for who in crowd() {
        kit.play(&format!("{who} closes"));
    }
    // Lines of some of them wait until their address can pay.
    kit.play("20 s");
    let shown = kit.take();
    assert_eq!(shown.matches(" FAIL BATCH ").count(), MANY);
    assert!(!shown.contains("PRIVMSG"));
}

#[test]
fn storms_of_invitations_are_slowed_and_kept_once() {
    let mut kit = limited();
    kit.play("far in no room");
    for who in crowd() {
        kit.play(&format!("{who} in #{who}"));
    }
    kit.play("20 s");
    kit.take();
    for who in crowd() {
        kit.send(&who, format!("INVITE far #{who}\r\n").repeat(50).as_bytes());
    }
    kit.play("0 s");
    let shown = kit.take();
    assert_eq!(shown.matches("< :irc 341 ").count(), shown.matches("far< :p").count());
    for who in crowd() {
        assert!(shown.matches(&format!("far< :{who}!u@10.0.0.1 INVITE ")).count() <= 20, "{who}");
    }
}

/// Many who ask for the past again and again get what they pay for.
#[test]
fn chathistory_by_the_hundred() {
    let mut kit = limited();
    for number in 0..30 {
        kit.play(&format!("bob> PRIVMSG #lobby :{number}"));
    }
    for who in crowd() {
        kit.play(&format!("{who} with batch draft/chathistory"));
    }
    kit.play("20 s");
    kit.take();
    for who in crowd() {
        kit.send(&who, "CHATHISTORY LATEST #lobby * 100\r\n".repeat(50).as_bytes());
    }
    kit.play("0 s");
    let shown = kit.take();
    for who in crowd() {
        let answers = shown.matches(&format!("{who}< :irc BATCH +")).count();
        assert!(answers <= 10, "{who} {answers}");
        assert_eq!(shown.matches(&format!("{who}< @batch=")).count(), 30 * answers, "{who}");
    }
}

/// The refusal tried each cluster of what was no name for a name that would do.
#[test]
fn names_that_are_costly_to_refuse_are_refused_in_one_line() {
    let mut kit = Kit::new();
    kit.play("bob in #lobby");
    for name in
        ["e\u{301}".repeat(160), format!("e{}", "\u{301}".repeat(240)), "\u{1112}\u{1161}\u{11ab}".repeat(55)]
    {
        kit.take();
        let line = format!("NICK {name}\r\n");
        let counted = measure(|| kit.send("bob", line.as_bytes()));
        assert!(counted.count_total < 2000, "{} allocations", counted.count_total);
        kit.play("0 s");
        assert_eq!(kit.take().matches("bob< ").count(), 1);
    }
}
