use super::*;
use crate::bot::expect::EventKind;
use proptest::prelude::*;

fn ledger(listeners: usize) -> Ledger {
    let (home, crowd) = ("#lobby".to_owned(), Crowd::default());
    Ledger::new(Room { home, lang: Lang::En, mapping: CaseMapping::Ascii, crowd }, listeners)
}

fn says(who: &str, text: &str) -> Event {
    Event::by(who, EventKind::Say { how: How::Plain, to: "#lobby".to_owned(), text: text.to_owned() })
}

fn line(who: &str, text: &str) -> String {
    format!(":{who}!bot@host PRIVMSG #lobby :{text}")
}

/// a: 1, b: 2, a: 3 have been sent before two who listen.
fn sent() -> Ledger {
    let mut ledger = ledger(2);
    for (at, (who, text)) in [("a", "1"), ("b", "2"), ("a", "3")].into_iter().enumerate() {
        ledger.sent(&[says(who, text)], at + 1, Duration::from_millis(at as u64));
    }
    ledger
}

/// Lost, doubled, reordered, strange, after each listener got these.
fn after(each: [&[(&str, &str)]; 2]) -> [u64; 4] {
    let mut ledger = sent();
    for (listener, lines) in each.iter().enumerate() {
        for (who, text) in *lines {
            assert!(ledger.arrived(listener, &line(who, text), Duration::from_secs(1)));
        }
    }
    let Tally { lost, doubled, reordered, strange, .. } = ledger.finish();
    [lost, doubled, reordered, strange]
}

const ONE: (&str, &str) = ("a", "1");
const TWO: (&str, &str) = ("b", "2");
const THREE: (&str, &str) = ("a", "3");

/// Any order passes that all listeners agree on.
#[test]
fn agreed_order_is_no_fault() {
    assert_eq!(after([&[ONE, TWO, THREE], &[ONE, TWO, THREE]]), [0, 0, 0, 0]);
    assert_eq!(after([&[TWO, ONE, THREE], &[TWO, ONE, THREE]]), [0, 0, 0, 0]);
}

#[test]
fn each_fault_has_its_name() {
    assert_eq!(after([&[ONE, TWO, THREE], &[ONE, THREE]]), [1, 0, 0, 0], "lost by the second");
    assert_eq!(after([&[ONE, THREE], &[ONE, TWO, THREE]]), [1, 0, 0, 0], "lost by the first");
    assert_eq!(after([&[ONE, TWO], &[ONE, TWO]]), [2, 0, 0, 0], "lost by both");
    assert_eq!(after([&[ONE, TWO, THREE], &[ONE, TWO]]), [1, 0, 0, 0], "the last one is lost");
    assert_eq!(after([&[ONE, ONE, TWO, THREE], &[ONE, TWO, THREE]]), [0, 1, 0, 0], "doubled at the first");
    assert_eq!(after([&[ONE, TWO, THREE], &[ONE, TWO, THREE, TWO]]), [0, 1, 0, 0], "doubled at the end");
    assert_eq!(after([&[ONE, TWO, THREE], &[TWO, ONE, THREE]]), [0, 0, 1, 0], "two orders");
    assert_eq!(after([&[THREE, TWO, ONE], &[THREE, TWO, ONE]]), [0, 0, 1, 0], "a sender's order");
    let altered = ("b", "2!");
    assert_eq!(after([&[ONE, altered, THREE], &[ONE, TWO, THREE]]), [1, 0, 0, 1], "altered");
    assert_eq!(after([&[ONE, TWO, THREE], &[ONE, TWO, ("c", "hi"), THREE]]), [0, 0, 0, 1], "a stranger's");
}

/// A line under another's name was once taken for one that this other had just sent.
#[test]
fn line_under_another_name() {
    let mut ledger = sent();
    let mut come = |listener: usize, (who, text): (&str, &str)| {
        assert!(ledger.arrived(listener, &line(who, text), Duration::from_secs(1)));
    };
    come(1, ("a", "2"));
    [ONE, TWO, THREE].into_iter().for_each(|said| come(0, said));
    [ONE, THREE].into_iter().for_each(|said| come(1, said));
    let tally = ledger.finish();
    assert_eq!((tally.lost, tally.strange, tally.line), (1, 1, Some(2)), "{:?}", tally.examples);
}

/// The same where so many listen to this, and get these one after another.
fn mixed(sent: &[(&str, &str)], listeners: usize, came: &[(usize, (&str, &str))]) -> [u64; 4] {
    let mut ledger = ledger(listeners);
    for (who, text) in sent {
        ledger.sent(&[says(who, text)], 1, Duration::ZERO);
    }
    for (listener, (who, text)) in came {
        assert!(ledger.arrived(*listener, &line(who, text), Duration::from_secs(1)));
    }
    let Tally { lost, doubled, reordered, strange, .. } = ledger.finish();
    [lost, doubled, reordered, strange]
}

/// A listener that had lost a line and was the first to get another one once made that
/// one come late to all others, and a sender's next line before the lost one.
#[test]
fn a_loss_changes_no_order() {
    let (one, two, three) = (("a", "1"), ("a", "2"), ("a", "3"));
    let sent = [one, two, three];
    let came = [(0, one), (1, one), (0, two), (1, three), (0, three)];
    assert_eq!(mixed(&sent, 2, &came), [1, 0, 0, 0], "first to get the next one");
    let came = [(0, one), (0, three), (1, one), (1, two), (1, three)];
    assert_eq!(mixed(&sent, 2, &came), [1, 0, 0, 0], "lost by the first to get the sender's next one");
    let came = [(0, TWO), (1, one), (2, TWO), (2, one)];
    assert_eq!(mixed(&[one, TWO], 3, &came), [2, 0, 0, 0], "each lost another one, the third none");
}

/// A listener that has lost a line is still judged by the order of the others.
#[test]
fn loss_hides_no_wrong_order() {
    let (one, two, three) = (("a", "1"), ("a", "2"), ("a", "3"));
    let sent = [one, two, three];
    let came = [(0, one), (0, three), (1, one), (1, three), (1, two)];
    assert_eq!(mixed(&sent, 2, &came), [1, 0, 1, 0], "a sender's order, at the second alone");
    let came = [(0, one), (1, two), (1, one)];
    assert_eq!(
        mixed(&[one, two], 2, &came),
        [1, 0, 1, 0],
        "a sender's order, where the first lost the other"
    );
    let came = [(0, one), (0, TWO), (1, TWO), (1, one), (2, TWO), (2, one)];
    assert_eq!(mixed(&[one, TWO], 3, &came), [0, 0, 1, 0], "the first alone heard it otherwise");
}

/// The first faults are told with their line of the script.
#[test]
fn first_faults_name_their_line() {
    let mut ledger = sent();
    for (who, text) in [ONE, TWO] {
        ledger.arrived(0, &line(who, text), Duration::ZERO);
    }
    assert_eq!(ledger.in_flight(), 3);
    let wanted = [
        "'a: 3' (line 3) reached nobody",
        "'a: 1' (line 1) did not reach 1 of 2, crowd2 first",
        "'b: 2' (line 2) did not reach 1 of 2, crowd2 first",
    ];
    assert_eq!(ledger.finish().examples, wanted);
}

/// Lines that tell nothing of the room are not counted.
#[test]
fn other_lines_are_not_counted() {
    let mut ledger = sent();
    for line in ["PING x", ":s 353 crowd1 = #lobby :a b", ":s.x NOTICE crowd1 :hi", ":s.x MODE #lobby +o a"] {
        assert!(!ledger.arrived(0, line, Duration::ZERO), "{line}");
    }
    assert_eq!(ledger.in_flight(), 3);
}

/// Any action of a person that nobody sent is strange, also one that is no message, and a line that can't
/// be read.
#[test]
fn unsent_actions_are_strange() {
    let mut ledger = sent();
    let strange = [
        ":b!u@h NOTICE #lobby :psst",
        ":b!u@h PRIVMSG #lobby :\u{1}VERSION\u{1}",
        ":b!u@h NOTICE crowd1 :\u{1}VERSION x\u{1}",
        ":b!u@h INVITE crowd1 #lab",
        ":b!u@h MODE #lobby +m",
        ":b!u@h AWAY :gone",
        ":b!u@h SETNAME :B",
        ":b!u@h WALLOPS :hi",
        ":b!u@h TAGMSG #lobby",
        ":b!u@h FOO bar",
        ":b!u@h KILL a :out",
        ":b!u@h PART #lobby",
        "\u{1}",
        ":only-a-source",
    ];
    for (nth, line) in (1..).zip(strange) {
        assert!(ledger.arrived(0, line, Duration::ZERO), "{line}");
        assert_eq!(ledger.tally.strange, nth, "{line}");
    }
}

/// Another kind of event that is drawn like the line that was sent is strange.
#[test]
fn drawn_alike_is_not_the_same() {
    let leaves = |room: Option<&str>| EventKind::Leave { room: room.map(str::to_owned), reason: None };
    let says =
        |text: &str| EventKind::Say { how: How::Plain, to: "#lobby".to_owned(), text: text.to_owned() };
    let bye = EventKind::Leave { room: None, reason: Some("bye".to_owned()) };
    for (kind, line, strange) in [
        (bye.clone(), ":a!u@h QUIT :Quit: bye", 0),
        (bye.clone(), ":a!u@h QUIT :\"bye\"", 0),
        (bye, ":a!u@h QUIT :Client Quit", 1),
        (leaves(None), ":A!u@h QUIT :Client Quit", 0),
        (leaves(None), ":a!u@h PART #lobby", 1),
        (leaves(Some("#lobby")), ":a!u@h PART #Lobby", 0),
        (leaves(Some("#lobby")), ":a!u@h QUIT", 1),
        (leaves(Some("#lobby")), ":a!u@h PART #lobby :invented", 1),
        (says("x"), ":a!u@h NOTICE #lobby :x", 1),
        (says("x"), ":a!u@h PRIVMSG crowd1 :x", 1),
    ] {
        let mut ledger = ledger(1);
        ledger.sent(&[Event::by("a", kind)], 1, Duration::ZERO);
        ledger.arrived(0, line, Duration::ZERO);
        assert_eq!(ledger.finish().strange, strange, "{line}");
    }
}

/// An altered line is told at its own line of the script: once at the one that was sent last.
#[test]
fn an_altered_line_is_told_at_its_own() {
    let line_of = |came: &[&str]| {
        let mut ledger = ledger(2);
        for (at, (who, text)) in
            [("a", "good morning"), ("b", "good night"), ("a", "bye")].into_iter().enumerate()
        {
            ledger.sent(&[says(who, text)], at + 1, Duration::ZERO);
        }
        for text in ["good morning", "bye"] {
            ledger.arrived(1, &line("a", text), Duration::ZERO);
        }
        for line in came {
            ledger.arrived(0, line, Duration::ZERO);
        }
        ledger.find_origins();
        ledger.tally.line
    };
    assert_eq!(line_of(&[":a!u@h PRIVMSG #lobby :good mornin"]), Some(1));
    assert_eq!(line_of(&[":a!u@h PRIVMSG #lobby :by"]), Some(3));
    assert_eq!(line_of(&[":a!u@h PRIVMSG #lobby :nothing like it"]), Some(1), "the first of its author's");
    assert_eq!(line_of(&[":c!u@h PRIVMSG #lobby :good night"]), Some(2), "another author");
    assert_eq!(line_of(&[":a!u@h NOTICE #lobby :bye"]), Some(3), "another command");
    assert_eq!(line_of(&[":c!u@h PRIVMSG #lobby :xyz"]), None);
    let [one, last] = [line("a", "good morning"), line("a", "by")];
    assert_eq!(line_of(&[&one, &last]), Some(3), "the other one has come");
    let mut ledger = sent();
    ledger.unreadable(0, "a line that is not UTF-8", ":b!u@h PRIVMSG #lobby :\u{fffd}");
    ledger.find_origins();
    assert_eq!(ledger.tally.line, Some(2));
}

#[test]
fn all_listeners_see_the_same_mode_changes() {
    let faults = |came: &[(usize, &str)]| {
        let mut ledger = ledger(2);
        let modes = EventKind::Mode { to: "#lobby".to_owned(), modes: "+mt+o b".to_owned() };
        ledger.sent(&[Event::by("a", modes)], 1, Duration::ZERO);
        for (listener, modes) in came {
            ledger.arrived(*listener, &format!(":a!u@h MODE #lobby {modes}"), Duration::ZERO);
        }
        let Tally { lost, doubled, strange, .. } = ledger.finish();
        [lost, doubled, strange]
    };
    assert_eq!(faults(&[]), [0, 0, 0], "nothing has changed");
    assert_eq!(faults(&[(0, "+mto B"), (1, "+mto B")]), [0, 0, 0]);
    assert_eq!(faults(&[(0, "+m"), (1, "+m"), (0, "+o b"), (1, "+o b")]), [0, 0, 0], "in two lines");
    assert_eq!(faults(&[(0, "+m")]), [1, 0, 0]);
    assert_eq!(faults(&[(0, "+m"), (1, "+m"), (1, "+m")]), [0, 1, 0]);
    assert_eq!(faults(&[(0, "+m"), (1, "+i")]), [1, 0, 1]);
    assert_eq!(faults(&[(0, "+o c")]), [0, 0, 1]);
}

#[test]
fn wrong_refusals_are_faults() {
    let mut ledger = sent();
    ledger.refused("b", "404 no", Some(2));
    ledger.allowed("a", 3);
    assert_eq!((ledger.tally.faults(), ledger.tally.line), (2, Some(2)));
    let wanted = ["the server refused b (line 2): 404 no", "the server did not refuse a (line 3)"];
    assert_eq!(ledger.tally.examples, wanted);
}

#[test]
fn times_run_from_the_sending() {
    let mut ledger = sent();
    for listener in 0..2 {
        for (who, text) in [ONE, TWO, THREE] {
            ledger.arrived(listener, &line(who, text), Duration::from_millis(10));
        }
    }
    assert_eq!(ledger.in_flight(), 0);
    let near = |time: Duration, ms: u128| assert_eq!((time.as_micros() + 50) / 1000, ms);
    near(ledger.tally.within(1.0), 10);
    near(ledger.tally.within(0.01), 8);
    assert_eq!(ledger.tally.deliveries(), 6);
}

/// A departure without a reason may get one from the server.
#[test]
fn server_may_add_a_reason() {
    let mut ledger = ledger(1);
    let leaves = Event::by("a", EventKind::Leave { room: None, reason: None });
    ledger.sent(&[leaves], 1, Duration::ZERO);
    assert!(ledger.arrived(0, ":a!u@h QUIT :Client Quit", Duration::ZERO));
    assert_eq!(ledger.finish().faults(), 0);
}

/// Of different reasons for one departure the most frequent counts: once the first that came did.
#[test]
fn most_frequent_reason_counts() {
    for (odd, told) in [(0, "crowd1"), (1, "crowd2"), (2, "crowd3")] {
        let mut ledger = ledger(3);
        ledger.sent(&[Event::by("a", EventKind::Leave { room: None, reason: None })], 7, Duration::ZERO);
        for listener in 0..3 {
            let line = if listener == odd { ":a!b@h QUIT :bored" } else { ":a!b@h QUIT :Client exited" };
            ledger.arrived(listener, line, Duration::ZERO);
        }
        let tally = ledger.finish();
        assert_eq!((tally.lost, tally.strange, tally.line), (0, 1, Some(7)));
        assert!(tally.examples.concat().contains(&format!("came to {told}")), "{:?}", tally.examples);
    }
}

/// Of two orders of two people's lines the most frequent counts: once the first that came did.
#[test]
fn most_frequent_order_counts() {
    for odd in 0..3 {
        for first in 0..3 {
            let mut ledger = ledger(3);
            ledger.sent(&[says("a", "1")], 1, Duration::ZERO);
            ledger.sent(&[says("b", "2")], 2, Duration::ZERO);
            for listener in (0..3).map(|nth| (first + nth) % 3) {
                let mut lines = [line("a", "1"), line("b", "2")];
                if listener == odd {
                    lines.reverse();
                }
                for line in &lines {
                    ledger.arrived(listener, line, Duration::ZERO);
                }
            }
            let tally = ledger.finish();
            let told = tally.examples.concat();
            assert_eq!((tally.lost, tally.reordered), (0, 1), "{odd} {first} {told}");
            assert!(told.ends_with(&format!("to crowd{}", odd + 1)), "{odd} {first} {told}");
        }
    }
}

/// A line that tells of two events, one of them elsewhere, is none of the room's.
#[test]
fn two_events_in_a_line_are_strange() {
    let mut ledger = ledger(2);
    ledger.sent(&[Event::by("a", EventKind::Enter("#lobby".to_owned()))], 7, Duration::ZERO);
    ledger.arrived(1, ":a!b@h JOIN #lobby,#other", Duration::ZERO);
    ledger.arrived(1, ":a!b@h JOIN #lobby", Duration::ZERO);
    ledger.arrived(0, ":a!b@h JOIN #lobby", Duration::ZERO);
    let tally = ledger.finish();
    assert_eq!((tally.lost, tally.strange, tally.line), (0, 1, Some(7)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    /// However long the log has become, and however the reading of the
    /// listeners is mixed.
    #[test]
    fn complete_and_ordered_is_no_fault(
        texts in proptest::collection::vec(0..3u8, 1..3000),
        turns in proptest::collection::vec((0..3usize, 1..400usize), 1..60),
    ) {
        let mut ledger = ledger(3);
        let mut at = [0; 3];
        for text in &texts {
            ledger.sent(&[says("a", &text.to_string())], 1, Duration::ZERO);
        }
        let rest = (0..3).map(|listener| (listener, texts.len()));
        for (listener, count) in turns.into_iter().chain(rest) {
            let until = (at[listener] + count).min(texts.len());
            for text in &texts[at[listener]..until] {
                ledger.arrived(listener, &line("a", &text.to_string()), Duration::ZERO);
            }
            at[listener] = until;
        }
        prop_assert_eq!(ledger.in_flight(), 0);
        prop_assert_eq!(ledger.finish().faults(), 0);
    }
}

proptest! {
    /// Three senders, whose lines come mixed, and three listeners, who lose
    /// some and are not equally fast.
    #[test]
    fn losses_are_only_losses(
        senders in proptest::collection::vec(0..3usize, 1..40),
        losses in proptest::collection::vec(proptest::collection::vec(proptest::bool::weighted(0.2), 40), 3),
        turns in proptest::collection::vec((0..3usize, 1..6usize), 0..60),
    ) {
        let all: Vec<(&str, String)> = senders.iter().enumerate()
            .map(|(at, sender)| (["a", "b", "c"][*sender], at.to_string())).collect();
        let mut ledger = ledger(3);
        let mut sent = all.clone();
        sent.sort_by_key(|(who, _)| *who);
        for (who, text) in &sent {
            ledger.sent(&[says(who, text)], 1, Duration::ZERO);
        }
        let gets = |listener: usize| {
            let kept = all.iter().zip(&losses[listener]).filter(|(_, lost)| !**lost);
            kept.map(|((who, text), _)| line(who, text)).collect::<Vec<String>>()
        };
        let mut left: Vec<Vec<String>> = (0..3).map(gets).collect();
        let lost: usize = left.iter().map(|lines| all.len() - lines.len()).sum();
        for (listener, count) in turns.into_iter().chain((0..3).map(|listener| (listener, all.len()))) {
            let count = count.min(left[listener].len());
            for line in left[listener].drain(..count) {
                ledger.arrived(listener, &line, Duration::ZERO);
            }
        }
        let tally = ledger.finish();
        prop_assert_eq!([tally.lost, tally.doubled, tally.reordered, tally.strange], [lost as u64, 0, 0, 0]);
    }

    /// Whatever comes, in whatever order: each sent line has come to each, or is lost to it.
    #[test]
    fn the_account_balances(
        turns in proptest::collection::vec((0..4usize, 0..2usize, 0..4u8), 0..400),
    ) {
        let mut ledger = ledger(3);
        let (mut sent, mut came) = (0, 0);
        for (listener, sender, text) in turns {
            let (who, text) = (["a", "b"][sender], text.to_string());
            if listener == 3 {
                ledger.sent(&[says(who, &text)], 1, Duration::ZERO);
                sent += 1;
            } else {
                ledger.arrived(listener, &line(who, &text), Duration::ZERO);
                came += 1;
            }
        }
        let tally = ledger.finish();
        prop_assert_eq!(tally.deliveries() + tally.lost, 3 * sent);
        prop_assert_eq!(tally.deliveries() + tally.doubled + tally.strange, came);
    }
}
