//! Nobody waits for somebody else's dear lines: each session has a slice of the hub's work, and
//! long answers are made in pieces, as their reader takes them. Counts, not times.

use super::kit::Kit;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// As in the server.
const SLICE: u64 = 1_000;
const ROUND: u64 = 10 * SLICE;
/// What one line, one item of it or one message may cause beyond its slice here.
const OVER: u64 = 4_000;
const ENOUGH: usize = 256 * 1024;

/// So many rooms, by people who are in fifty each.
fn with_rooms(count: usize) -> Kit {
    let mut kit = Kit::new();
    kit.play("alice, bob in #lobby");
    for maker in 0..count / 50 {
        let rooms: Vec<String> = (0..50).map(|room| format!("#r{}", maker * 50 + room)).collect();
        let lines = format!("NICK localm{maker}\r\nUSER u 0 * :x\r\nJOIN {}\r\n", rooms.join(","));
        kit.send_unseen(&format!("localm{maker}"), &lines);
    }
    kit.take();
    kit.by_rounds(SLICE);
    kit
}

/// So many people more, in no room.
fn with_people(count: usize) -> Kit {
    let mut kit = Kit::new();
    kit.play("alice, bob in #lobby");
    for number in 0..count {
        kit.send_unseen(&format!("p{number}"), &format!("NICK p{number}\r\nUSER u 0 * :x\r\n"));
    }
    kit.take();
    kit.by_rounds(SLICE);
    kit
}

/// What is told and done in one round.
struct Round {
    told: String,
    work: u64,
}

fn round(kit: &mut Kit) -> Option<Round> {
    let before = kit.work();
    let has_more = kit.round();
    has_more.then(|| Round { told: kit.take(), work: kit.work() - before })
}

/// Rounds until nobody has more. None does much more than it may.
fn rounds(kit: &mut Kit) -> Vec<Round> {
    let rounds: Vec<Round> = std::iter::from_fn(|| round(kit)).collect();
    for Round { work, told } in &rounds {
        let own: usize = told.lines().filter(|line| line.starts_with("alice<")).map(str::len).sum();
        assert!(*work <= ROUND + SLICE + OVER && own < ENOUGH, "{work}, {own} bytes");
    }
    rounds
}

/// Asks, and sees that others are not kept waiting by it.
fn ask(kit: &mut Kit, lines: &str) -> String {
    let before = kit.work();
    kit.send("alice", lines.as_bytes());
    assert!(kit.work() - before <= SLICE + OVER, "{}", kit.work() - before);
    kit.play("bob> PING x");
    let told = kit.take();
    assert!(told.contains("bob< :irc PONG irc :x"), "{told}");
    told
}

fn all(first: String, rounds: &[Round]) -> String {
    rounds.iter().fold(first, |all, round| all + &round.told)
}

#[test]
fn thousands_of_rooms_are_listed_in_slices() {
    let mut kit = with_rooms(6000);
    let first = ask(&mut kit, &"LIST\r\n".repeat(4));
    let rounds = rounds(&mut kit);
    assert!(rounds.len() > 10, "{}", rounds.len());
    let all = all(first, &rounds);
    assert_eq!((all.matches(" 322 ").count(), all.matches(" 323 ").count()), (4 * 6001, 4));
    assert!(all.find(" 323 ") < all.rfind(" 321 "), "one after another");
}

/// A LIST of so many rooms closed whoever asked.
#[test]
fn unread_answers_stay_within_their_bound() {
    const READERS: usize = 128;
    let mut kit = with_rooms(50 * READERS);
    let topics: String = (0..50).map(|room| format!("TOPIC #r{room} :{}\r\n", "x".repeat(300))).collect();
    kit.send_unseen("localm0", &topics);
    while kit.round() {}
    kit.take();
    for name in (0..READERS).map(|number| format!("localm{number}")) {
        kit.play(&format!("{name} is full\n{name} takes all"));
        kit.send(&name, "LIST\r\n".repeat(8).as_bytes());
    }
    while kit.round() {}
    let mut bytes: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = |shown: &str| {
        for line in shown.lines().filter_map(|line| line.split_once("< ")) {
            *bytes.entry(line.0.to_owned()).or_default() += line.1.len() + 2;
        }
        let of_all: usize = bytes.values().sum();
        (of_all, bytes.values().copied().max().unwrap_or_default())
    };
    let (of_all, most) = count(&kit.take());
    assert!(most <= ENOUGH && most > ENOUGH / 4, "{most}");
    assert!(of_all <= READERS * ENOUGH, "{of_all}");
    // Who takes what he has gets as much again, and nobody else more.
    kit.play("localm7 takes all");
    while kit.round() {}
    let shown = kit.take();
    assert!(shown.len() > ENOUGH / 4 && shown.len() <= ENOUGH + ENOUGH / 4, "{}", shown.len());
    assert!(shown.lines().all(|line| line.starts_with("localm7")), "{shown}");
}

#[test]
fn ten_thousand_people_are_told_of_in_slices() {
    let mut kit = with_people(10_000);
    for (line, found, end) in [("WHO *", 10_002, " 315 "), ("WHO p*99*!*@*", 280, " 315 ")] {
        let first = ask(&mut kit, &format!("{line}\r\n"));
        let rounds = rounds(&mut kit);
        assert!(!rounds.is_empty());
        let all = all(first, &rounds);
        assert_eq!((all.matches(" 352 ").count(), all.matches(end).count()), (found, 1), "{line}");
    }
}

/// Whoever is there from beginning to end is listed exactly once, while others come, go and
/// are renamed.
#[test]
fn who_stays_is_listed_once() {
    for (question, code) in
        [("WHO #lobby", " 352 "), ("WHO *", " 352 "), ("NAMES #lobby", " 353 "), ("LIST", " 322 ")]
    {
        let mut kit = Kit::new();
        kit.play("alice in #lobby");
        // Every third one goes, every third one is renamed.
        for number in 0..300 {
            let join =
                format!("NICK n{number:03}\r\nUSER u 0 * :real{number:03}.\r\nJOIN #lobby,#n{number:03}\r\n");
            kit.send_unseen(&format!("n{number:03}"), &join);
        }
        kit.by_rounds(20);
        kit.take();
        kit.send("alice", format!("{question}\r\n").as_bytes());
        let mut changes = 0;
        while kit.round() {
            changes += 1;
            if changes > 100 {
                continue;
            }
            let number = (changes * 37) % 300;
            let who = format!("n{number:03}");
            match number % 3 {
                0 => {}
                1 => kit.send(&who, format!("NICK {}{number:03}\r\n", ["a", "z"][number % 2]).as_bytes()),
                _ => kit.play(&format!("{who} closes")),
            }
            kit.send(
                &format!("late{changes}"),
                format!("NICK late{changes}\r\nUSER u 0 * :x\r\nJOIN #lobby\r\n").as_bytes(),
            );
        }
        assert!(changes > 3, "{question}: {changes}");
        let shown = kit.take();
        let lines = shown.lines().filter(|line| line.starts_with("alice<") && line.contains(code));
        let lines: String = lines.map(|line| format!("{line} ")).collect();
        for number in (0..300).filter(|number| number % 3 == 0) {
            let (name, real) = (format!("n{number:03}"), format!("real{number:03}."));
            let times = match code {
                " 352 " => lines.matches(&real).count(),
                " 353 " => lines.split([' ', ':', '@']).filter(|word| **word == name).count(),
                _ => lines.matches(&format!("#{name} ")).count(),
            };
            assert_eq!(times, 1, "{question}: {name}");
        }
        // Renamed, they are the same.
        if code == " 352 " {
            for number in (0..300).filter(|number| number % 3 == 1) {
                assert_eq!(lines.matches(&format!("real{number:03}.")).count(), 1, "{question}: {number}");
            }
        }
    }
}

/// What was said between two slices of the names was sent as it was said, and once more behind them.
#[test]
fn nothing_is_replayed_that_was_said_since_the_join() {
    let mut kit = Kit::with(|config| config.replay = 9);
    kit.play("bob in #lobby\nbob> PRIVMSG #lobby :before");
    for number in 0..300 {
        kit.send_unseen(
            &format!("n{number}"),
            &format!("NICK n{number}\r\nUSER u 0 * :x\r\nJOIN #lobby\r\n"),
        );
    }
    kit.play("alice in no room");
    kit.by_rounds(20);
    kit.take();
    kit.send("alice", b"JOIN #lobby\r\n");
    let mut said = 0;
    while kit.round() {
        kit.play(&format!("bob> PRIVMSG #lobby :since{said}."));
        said += 1;
    }
    let shown = kit.take();
    let count =
        |text: &str| shown.lines().filter(|line| line.starts_with("alice< ") && line.ends_with(text)).count();
    assert!(said > 3 && count(":before") == 1, "{said}: {shown}");
    (0..said).for_each(|at| assert_eq!(count(&format!(":since{at}.")), 1, "{at}: {shown}"));
}

/// A long message of several lines stands many times in what somebody gets who knows no such
/// messages. What was taken back in the middle of the answer is told no more.
#[test]
fn a_long_history_comes_in_slices() {
    let mut kit = Kit::with(|config| config.history_bytes = 64 << 20);
    kit.play(
        "carol with batch draft/multiline message-tags draft/message-redaction echo-message
         alice with message-tags batch draft/chathistory labeled-response draft/message-redaction
         bob in #lobby",
    );
    let tags = "x".repeat(3900);
    for number in 0..100 {
        let mut lines = format!("@+x={tags} BATCH +1 draft/multiline #lobby\r\n");
        for part in 0..20 {
            let _ = write!(lines, "@batch=1 PRIVMSG #lobby :t{number}.{part}\r\n");
        }
        kit.send("carol", format!("{lines}BATCH -1\r\n").as_bytes());
        kit.play("0 s");
    }
    let shown = kit.take();
    let echoes = shown.lines().filter(|line| line.starts_with("carol< @") && line.contains(" BATCH +"));
    let ids: Vec<&str> =
        echoes.filter_map(|line| line.split("msgid=").nth(1)?.split([';', ' ']).next()).collect();
    assert_eq!(ids.len(), 100);
    kit.by_rounds(SLICE);
    kit.play("alice is full\nalice takes all");
    let mut all = ask(&mut kit, "@label=7 CHATHISTORY LATEST #lobby * 100\r\nPING fence\r\n");
    kit.play(&format!("carol> REDACT #lobby {}", ids[98]));
    let mut most = 0;
    for _ in 0..200 {
        let mut window = 0;
        while let Some(Round { told, .. }) = round(&mut kit) {
            window += told.len();
            all += &told;
        }
        most = most.max(window);
        if all.contains("fence") {
            break;
        }
        kit.play("alice takes all");
        all += &kit.take();
    }
    assert!(most <= ENOUGH, "{most}");
    assert!(all.contains(":t97.19") && all.contains(":t99.19") && !all.contains(":t98."));
    let own: Vec<&str> = all.lines().filter(|line| line.starts_with("alice< ")).collect();
    let opening = own.iter().position(|line| line.contains("@label=7")).unwrap();
    assert!(
        own[opening].starts_with("alice< @label=7 :irc BATCH +")
            && own[opening].contains("chathistory #lobby")
    );
    let batch = own[opening].split([' ', '+']).nth(5).unwrap();
    assert_eq!(own.iter().filter(|line| line.contains("label=7")).count(), 1);
    let inside = own.iter().filter(|line| line.contains(&format!("batch={batch}"))).count();
    assert_eq!(inside, 99 * 20, "{batch}");
    let end = own.iter().position(|line| line.ends_with(&format!(" BATCH -{batch}"))).unwrap();
    assert!(own[end + 1].contains("PONG irc :fence"), "{}", own[end + 1]);
}

/// A reader who took nothing for long got a text behind its REDACT, once 4,096 others had followed it.
#[test]
fn an_answer_does_not_outlive_what_is_known_of_redactions() {
    let mut kit = Kit::with(|config| (config.history, config.history_bytes) = (10_000, 64 << 20));
    kit.play(
        "local with message-tags draft/message-redaction echo-message
         alice with message-tags batch draft/chathistory draft/message-redaction
         bob in no room",
    );
    let tags = "x".repeat(3900);
    let say = |kit: &mut Kit, line: &str| {
        kit.play(&format!("local> {line}"));
        let shown = kit.take();
        shown.rsplit("msgid=").next().unwrap().split([';', ' ']).next().unwrap().to_owned()
    };
    let others: Vec<String> =
        (0..4100).map(|number| say(&mut kit, &format!("PRIVMSG #lobby :o{number}"))).collect();
    (0..98).for_each(|_| drop(say(&mut kit, &format!("@+x={tags} PRIVMSG #lobby :long"))));
    let secret = say(&mut kit, "PRIVMSG #lobby :secret");
    kit.play("alice is full\nalice takes all\nalice> CHATHISTORY LATEST #lobby * 100");
    let first = kit.take();
    assert!(first.contains(":long") && !first.contains("secret"));
    for id in std::iter::once(&secret).chain(&others) {
        kit.play(&format!("local> REDACT #lobby {id}"));
    }
    let told = kit.take();
    let is_told = |line: &&str| line.starts_with("alice< ") && line.contains(" REDACT ");
    assert_eq!(told.lines().filter(is_told).count(), 4101);
    kit.play("alice takes all\nalice takes all\nalice takes all");
    let rest = kit.take();
    let own: Vec<&str> = rest.lines().filter(|line| line.starts_with("alice< ")).collect();
    assert!(!own.iter().any(|line| line.contains("secret")));
    let end = own.iter().position(|line| line.contains(" BATCH -"));
    let end = end.unwrap_or_else(|| panic!("{:?} {:?}", own.first(), own.last()));
    assert!(own[end + 1].contains("FAIL CHATHISTORY MESSAGE_ERROR #lobby "), "{}", own[end + 1]);
}

/// A label's batch opens with the first piece and ends with the last, whatever comes between.
#[test]
fn a_labelled_answer_in_pieces_is_one_batch() {
    let mut kit = with_rooms(500);
    kit.play("carol with batch labeled-response");
    while kit.round() {}
    kit.take();
    kit.by_rounds(20);
    kit.send("carol", b"@label=9 LIST\r\n@label=10 PING x\r\n");
    let mut said = 0;
    while kit.round() {
        kit.play("bob> PRIVMSG #lobby :between");
        said += 1;
    }
    let shown = kit.take();
    let own: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix("carol< ")).collect();
    let (between, mut own): (Vec<&str>, Vec<&str>) = own.iter().partition(|line| line.contains("between"));
    assert!(said > 3 && between.len() == said && between.iter().all(|line| line.starts_with(":bob!")));
    assert_eq!(own.pop(), Some("@label=10 :irc PONG irc :x"));
    let id = own[0].strip_prefix("@label=9 :irc BATCH +").and_then(|rest| rest.split(' ').next()).unwrap();
    assert_eq!(own.pop(), Some(&*format!(":irc BATCH -{id}")));
    assert_eq!(own.len(), 1 + 1 + 501 + 1);
    assert!(own[1..].iter().all(|line| line.starts_with(&format!("@batch={id} :irc 32"))));
}

#[test]
fn the_server_stops_in_the_middle_of_it() {
    let mut kit = with_rooms(6000);
    ask(&mut kit, &"LIST\r\n".repeat(4));
    assert!(round(&mut kit).is_some());
    let before = kit.work();
    kit.play("stop");
    assert!(kit.work() - before < SLICE, "{}", kit.work() - before);
    assert!(
        kit.take().contains("alice<| ERROR :Closing link: 10.0.0.1 (The server is closing)") && !kit.round()
    );
}

/// Whoever says QUIT does not wait for the answers, but the lines before it are obeyed, in slices
/// as well.
#[test]
fn lines_before_the_end_are_obeyed_in_slices() {
    for end in ["QUIT :bye\r\n", "closes", "is lost"] {
        let mut kit = with_rooms(6000);
        let lines = "LIST\r\nPRIVMSG #lobby :before\r\nLIST\r\nJOIN #x\r\n";
        if end.starts_with("QUIT") {
            ask(&mut kit, &format!("{lines}{end}PRIVMSG #lobby :after\r\n"));
        } else {
            ask(&mut kit, lines);
            kit.play(&format!("alice {end}"));
        }
        let told = all(kit.take(), &rounds(&mut kit));
        assert!(told.contains("bob< :alice!u@10.0.0.1 PRIVMSG #lobby :before"), "{end}: {told}");
        assert!(told.contains("bob< :alice!u@10.0.0.1 QUIT :") && !told.contains(":after"), "{end}");
        assert_eq!(told.contains("QUIT :Quit: bye"), end.starts_with("QUIT"), "{end}");
        // Who has only ended its half of the stream gets all answers.
        let answers = told.matches(" 323 ").count();
        assert_eq!(answers == 2, end == "closes", "{end}: {answers}");
        kit.play("bob> WHOIS alice");
        assert!(kit.take().contains(" 401 "), "{end}");
    }
}

/// A line that works on a list does not do all of it at once.
#[test]
fn lists_of_rooms_and_people_are_worked_on_in_slices() {
    let mut kit = Kit::new();
    kit.play("alice, bob in #lobby");
    let rooms: Vec<String> = (0..20).map(|room| format!("#r{room}")).collect();
    let rooms = rooms.join(",");
    for number in 0..300 {
        let lines = format!("NICK p{number}\r\nUSER u 0 * :x\r\nJOIN {rooms}\r\n");
        kit.send_unseen(&format!("p{number}"), &lines);
    }
    kit.by_rounds(100);
    let people: Vec<String> = (1..90).map(|number| format!("p{number}")).collect();
    let kick = format!("KICK #r0 {}\r\n", people.join(","));
    for (line, told, count) in [
        (format!("JOIN {rooms}\r\n"), "alice< :irc 366 ", 20),
        (format!("NAMES {rooms}\r\n"), "alice< :irc 366 ", 20),
        (format!("PART {rooms}\r\n"), "alice< :alice!u@10.0.0.1 PART ", 20),
        (format!("JOIN {rooms}\r\n"), "alice< :irc 366 ", 20),
        ("JOIN 0\r\n".to_owned(), "alice< :alice!u@10.0.0.1 PART ", 21),
    ] {
        let first = ask(&mut kit, &line);
        let rounds = rounds(&mut kit);
        assert!(!rounds.is_empty(), "{line}");
        assert_eq!(all(first, &rounds).matches(told).count(), count, "{line}");
    }
    let before = kit.work();
    kit.send("p0", kick.as_bytes());
    assert!(kit.work() - before <= SLICE + OVER);
    let rounds = rounds(&mut kit);
    assert!(!rounds.is_empty());
    assert_eq!(all(kit.take(), &rounds).matches("p299< :p0!u@10.0.0.1 KICK #r0 ").count(), 89);
}

#[test]
fn names_that_were_given_up_are_told_in_slices() {
    let mut kit = Kit::new();
    kit.play("alice, bob in #lobby");
    for _ in 0..250 {
        kit.send_unseen("carol", "NICK carol\r\nUSER u 0 * :x\r\nNICK a\r\nNICK b\r\n");
        kit.send_unseen("carol", "QUIT\r\n");
        kit.happen_unseen("carol closes");
    }
    kit.by_rounds(SLICE);
    let first = ask(&mut kit, &format!("WHOWAS {}a\r\n", "a,".repeat(19)));
    let rounds = rounds(&mut kit);
    let all = all(first, &rounds);
    assert_eq!((all.matches(" 314 ").count() % 20, all.matches(" 369 ").count()), (0, 1));
    assert!(all.matches(" 314 ").count() > 20 * 100 && rounds.len() > 3);
}

/// The members of a room who are looked at count as work, also where few of them are told: those
/// who could have sent an INVITE, and those who are told of a newcomer's AWAY.
#[test]
fn looking_at_members_is_work() {
    let mut kit = Kit::new();
    kit.play("alice, bob in #lobby\ncarol in no room");
    for number in 0..2_000 {
        kit.send_unseen(
            &format!("p{number}"),
            &format!("NICK p{number}\r\nUSER u 0 * :x\r\nJOIN #lobby\r\n"),
        );
    }
    let mut work_of = |lines: &str| {
        let before = kit.work();
        kit.play(lines);
        kit.work() - before
    };
    let invite = work_of("alice> INVITE carol #lobby");
    let enters = work_of("carol> JOIN #lobby");
    work_of("carol> PART #lobby\ncarol> AWAY :x");
    let enters_away = work_of("carol> JOIN #lobby");
    assert!(invite >= 250 && enters_away >= enters + 250, "{invite}, {enters}, {enters_away}");
}

/// Thousands who were silent for as long were all sent PING in one round, however much that was.
#[test]
fn pings_are_sent_in_rounds() {
    let mut kit = with_people(5_000);
    kit.pass(Duration::from_secs(90));
    let mut counts = Vec::new();
    while counts.last() != Some(&0) {
        kit.round();
        counts.push(kit.take().matches("< PING ").count());
    }
    assert_eq!(counts.iter().sum::<usize>(), 5_002);
    assert!(counts.iter().all(|&count| count as u64 <= ROUND / 10 + 1), "{counts:?}");
}

/// What a line has caused beyond its price is paid by what follows; never on the server's machine.
#[test]
fn work_is_paid_afterwards() {
    let mut kit = Kit::with(|config| config.messages_a_second = 4);
    kit.play("alice, local, bob in #lobby");
    for number in 0..5_000 {
        kit.send_unseen(&format!("local{number}"), &format!("NICK p{number}\r\nUSER u 0 * :x\r\n"));
    }
    kit.play("60 s");
    for (who, waits) in [("alice", true), ("local", false)] {
        kit.take();
        kit.send(who, b"WHO *\r\nPING x\r\n");
        kit.play("0 s");
        let told = kit.take();
        assert_eq!(told.matches(" 352 ").count(), 5_003, "the answer itself is not held back");
        assert_eq!(!told.contains("PONG"), waits, "{who}");
        kit.play("20 s");
        assert_eq!(kit.take().contains("PONG"), waits, "{who}");
    }
}
