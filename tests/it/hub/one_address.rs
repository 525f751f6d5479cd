//! Many connections of one address, which share a burst and a rate: what one of them does costs
//! the others little, and ending a connection makes nothing cheaper.

use super::kit::Kit;

/// As `roomchat serve` has it: 4 messages a second after 40 at once.
fn limited() -> Kit {
    Kit::with(|config| config.messages_a_second = 4)
}

/// A line to somebody elsewhere.
fn to_far(text: &str) -> String {
    format!("PRIVMSG far :{text}\r\n")
}

/// So many people of the server's machine, in this room.
fn crowd(kit: &mut Kit, people: usize, room: &str) {
    for number in 0..people {
        let lines = format!("NICK l{number}\r\nUSER u 0 * :x\r\nJOIN {room}\r\n");
        kit.send_unseen(&format!("local{number}"), &lines);
    }
}

/// Connections of one address that are registered and have not spoken for long.
fn come(kit: &mut Kit, connections: &[String], caps: &str) {
    for who in connections {
        let begins = format!("CAP REQ :{caps}\r\nCAP END\r\nNICK {who}\r\nUSER u 0 * :x\r\n");
        kit.send(who, begins.as_bytes());
    }
    kit.play("60 s");
    kit.take();
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("e{number}")).collect()
}

/// Work that was paid for afterwards was put onto the account of all, and each line of everybody
/// else there waited for a minute.
#[test]
fn who_is_within_the_limits_waits_seconds_behind_a_full_house_of_dear_lines() {
    for line in ["NAMES #big", "WHO *", "PRIVMSG far,far,far,far :x"] {
        let mut kit = limited();
        kit.play("far in #lobby");
        crowd(&mut kit, 300, "#big");
        let others = names(127);
        come(&mut kit, &others, "batch");
        kit.play("honest in #lobby\n60 s");
        others.iter().for_each(|who| kit.send(who, format!("{line}\r\n").repeat(20).as_bytes()));
        kit.play("1 s");
        for round in 0..5 {
            others.iter().for_each(|who| kit.send(who, format!("{line}\r\n").as_bytes()));
            kit.take();
            kit.send("honest", to_far("honest").as_bytes());
            kit.send("far", b"PONG x\r\n");
            kit.play("3 s");
            assert_eq!(kit.take().matches(" PRIVMSG far :honest").count(), 1, "{line}: {round}");
        }
        // Others come in there as well.
        kit.play("honest closes");
        kit.send(
            "late",
            format!("NICK late\r\nUSER u 0 * :x\r\nJOIN #lobby\r\n{}", to_far("late")).as_bytes(),
        );
        kit.play("3 s");
        assert_eq!(kit.take().matches(" PRIVMSG far :late").count(), 1, "{line}");
    }
}

/// What was reserved and had yet to wait was obeyed as soon as its connection ended.
#[test]
fn who_ends_a_connection_and_comes_back_says_no_more_for_it() {
    for end in ["closes", "is lost", "QUIT"] {
        let mut kit = limited();
        kit.play("far with message-tags\n20 s");
        let connections = names(128);
        let mut said = Vec::new();
        for _ in 0..20 {
            let line = format!("@+x={} PRIVMSG far :x\r\n", "t".repeat(4_000));
            // One that still waits for its time is one of those that the address may have.
            for who in &connections {
                if !kit.is_gone(who) {
                    continue;
                }
                let begins = format!("CAP REQ :message-tags\r\nCAP END\r\nNICK {who}\r\nUSER u 0 * :x\r\n");
                kit.send(who, format!("{begins}{line}").as_bytes());
            }
            kit.play("6 s");
            for who in &connections {
                if end == "QUIT" {
                    kit.send(who, b"QUIT\r\n");
                    kit.happen_unseen("0 s");
                }
            }
            kit.play("0 s");
            for who in &connections {
                kit.play(&format!("{who} {}", if end == "QUIT" { "closes" } else { end }));
            }
            said.push(kit.take().matches(" PRIVMSG far :x").count());
        }
        // Of the rate of sixteen, and what each of those who end keeps of it.
        let last: usize = said[5..].iter().sum();
        assert!(last * 8 <= 2 * 64 * 6 * 15, "{end}: {said:?}");
    }
}

/// It never waits, but what was reserved for it was taken by the line behind it.
#[test]
fn a_pong_reserves_nothing() {
    let mut kit = limited();
    kit.play("far with message-tags\n20 s");
    let others = names(40);
    come(&mut kit, &others, "batch");
    come(&mut kit, &["eve".to_owned()], "message-tags");
    others.iter().for_each(|who| kit.send(who, to_far("x").repeat(40).as_bytes()));
    kit.take();
    let line = format!("@+x={} PRIVMSG far,far,far,far :dear\r\n", "t".repeat(4_000));
    let mut said = 0;
    for _ in 0..20 {
        others.iter().for_each(|who| kit.send(who, to_far("x").repeat(2).as_bytes()));
        kit.send("eve", format!("PONG x\r\n{line}").as_bytes());
        kit.play("1 s");
        said += kit.take().matches(" :dear").count();
    }
    assert!(said <= 4 * 4, "{said}");
}

/// A class room comes in at once: what the server tells everybody who does was work that its
/// address had to pay for.
#[test]
fn what_everybody_is_told_who_comes_in_is_nobody_s_work() {
    let mut kit = Kit::with(|config| {
        config.messages_a_second = 4;
        config.replay = 50;
        config.motd = vec!["a line of the message of the day".to_owned(); 100];
    });
    kit.play("far in no room");
    crowd(&mut kit, 1_000, "#lobby");
    for number in 0..60 {
        kit.send_unseen("local7", &format!("PRIVMSG #lobby :{number} {}\r\n", "x".repeat(300)));
    }
    kit.play("20 s");
    kit.take();
    let enter = |kit: &mut Kit, who: &str, lines: usize| {
        let begins = format!("NICK {who}\r\nUSER u 0 * :x\r\nJOIN #lobby\r\n");
        kit.send(who, format!("{begins}{}", to_far("hello").repeat(lines)).as_bytes());
        kit.play("0 s");
        kit.take().matches("PRIVMSG far :hello").count()
    };
    // NICK, USER and JOIN cost as much as 7 messages, whatever the answers to them take.
    assert_eq!(enter(&mut kit, "first", 40), 33);
    kit.play("60 s");
    kit.take();
    let at_once: usize = names(60).iter().map(|who| enter(&mut kit, who, 1)).sum();
    assert_eq!(at_once, 60);
}

/// So many rooms, by people of the server's machine.
fn with_rooms(count: usize) -> Kit {
    let mut kit = limited();
    kit.play("alice, bob in #lobby");
    for maker in 0..count / 50 {
        let rooms: Vec<String> = (0..50).map(|room| format!("#r{}", maker * 50 + room)).collect();
        let lines = format!("NICK localm{maker}\r\nUSER u 0 * :x\r\nJOIN {}\r\n", rooms.join(","));
        kit.send_unseen(&format!("localm{maker}"), &lines);
    }
    kit.play("60 s");
    kit.take();
    kit
}

/// The lines behind the long answers were lost, since the address owed too much for them.
#[test]
fn who_ends_one_half_of_the_stream_gets_all_answers_and_is_heard_to_the_last_line() {
    for is_slow in [false, true] {
        let mut kit = with_rooms(6_000);
        if is_slow {
            kit.play("alice is full");
        }
        kit.send("alice", format!("{}PRIVMSG #lobby :last\r\n", "LIST\r\n".repeat(9)).as_bytes());
        kit.play("alice closes");
        let mut shown = kit.take();
        for _ in 0..60 {
            kit.play(if is_slow { "alice takes all\n5 s" } else { "5 s" });
            for maker in 0..120 {
                kit.send(&format!("localm{maker}"), b"PONG x\r\n");
            }
            kit.send("bob", b"PONG x\r\n");
            shown += &kit.take();
        }
        assert_eq!(shown.matches("alice< :irc 323 ").count(), 9, "{is_slow}");
        assert_eq!(shown.matches("alice< :irc 322 ").count(), 9 * 6_001, "{is_slow}");
        let said = shown.find("bob< :alice!u@10.0.0.1 PRIVMSG #lobby :last").expect("said");
        assert!(shown[said..].contains("bob< :alice!u@10.0.0.1 QUIT :Connection closed"), "{is_slow}");
    }
}

/// Entering was nobody's work for as long as nothing was entered, and so was a list of rooms.
#[test]
fn only_the_first_room_that_is_asked_for_is_nobody_s_work() {
    let mut kit = limited();
    kit.play("local in #a");
    for number in 0..63 {
        kit.send("local", format!("MODE #a +b *{}*{number}*!*@*\r\n", "a*".repeat(20)).as_bytes());
    }
    kit.send("local", b"MODE #a +b mallory!*@*\r\n");
    kit.send("mallory", b"NICK mallory\r\nUSER u 0 * :x\r\nJOIN #a\r\n");
    kit.play("60 s");
    kit.take();
    kit.send("mallory", format!("JOIN {}\r\nPING x\r\n", ["#a"; 160].join(",")).as_bytes());
    kit.play("5 s");
    assert!(!kit.take().contains("PONG"));
}

/// Its lines had waited for their time for longer than a message may be open.
#[test]
fn a_long_message_waits_for_its_time() {
    let mut kit = limited();
    kit.play("far in #lobby");
    let others = names(127);
    come(&mut kit, &others, "batch");
    kit.play("honest with batch draft/multiline\n60 s");
    others.iter().for_each(|who| kit.send(who, to_far("x").repeat(20).as_bytes()));
    kit.play("1 s");
    let lines: String = (0..24).map(|number| format!("@batch=x PRIVMSG far :line {number}\r\n")).collect();
    kit.send("honest", format!("BATCH +x draft/multiline far\r\n{lines}BATCH -x\r\n").as_bytes());
    for _ in 0..60 {
        others.iter().for_each(|who| kit.send(who, to_far("x").as_bytes()));
        kit.send("far", b"PONG x\r\n");
        kit.play("1 s");
    }
    let told = kit.take();
    assert!(told.contains(":line 23") && !told.contains("TIMEOUT"));
}
