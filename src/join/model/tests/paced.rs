//! No more goes to a server than it takes, in the order in which it was typed.

use super::*;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn numbers(count: usize) -> Vec<String> {
    (1..=count).map(|number| number.to_string()).collect()
}

/// Inside of our own server.
pub(super) fn ours(caps: &str) -> Model {
    let mut model = inside(caps);
    hear(&mut model, &[":s 005 小花 FIRSTROOM=#lobby :are supported"]);
    model
}

/// The texts among these lines, and how many PINGs.
pub(super) fn texts(lines: &str) -> (Vec<String>, usize) {
    let text = |line: &str| line.split_once("PRIVMSG #lobby :").map(|(_, text)| text.to_owned());
    let pings = lines.lines().filter(|line| line.starts_with("PING ")).count();
    (lines.lines().filter_map(text).collect(), pings)
}

/// A server without capabilities that answers each PING, and closes where it
/// is sent too much at once; what was said.
fn serve(model: &mut Model, now: Duration, most_bytes: usize, most_lines: usize) -> Vec<String> {
    let mut said = Vec::new();
    loop {
        let sent = sent(&model.take());
        assert!(sent.len() + sent.lines().count() <= most_bytes, "RecvQ exceeded: {}", sent.len());
        assert!(sent.lines().count() <= most_lines, "Excess flood");
        let (texts, pings) = texts(&sent);
        said.extend(texts);
        if pings == 0 {
            return said;
        }
        for token in sent.lines().filter_map(|line| line.strip_prefix("PING ")) {
            model.on_message(&Message::parse(&format!(":s PONG s {token}")).unwrap());
        }
        model.pump(now);
    }
}

/// A large paste is sent within the limits of every server: InspIRCd once closed with "RecvQ exceeded".
#[test]
fn large_paste_within_all_limits() {
    let mut model = inside("");
    let lines: Vec<String> = numbers(60).iter().map(|number| format!("{number:0>200}")).collect();
    model.say(&lines.join("\n"), true, at(0));
    model.say("after", true, at(0));
    let said = serve(&mut model, at(0), 1024, 10);
    assert_eq!(said[..60], lines);
    assert_eq!(said[60..], ["after"]);
    assert!(model.is_delivered());
}

/// InspIRCd without fakelag answers at once, and closes past ten lines and one
/// more each second: each connection lost the lines that were under way.
#[test]
fn after_a_flood_one_message_at_a_time() {
    const CAPS: &str = "";
    for words in ["Closing link: (hua@h) [Excess Flood]", "Closing link: h (RecvQ exceeded)", "Max RecvQ"] {
        let mut model = inside(CAPS);
        model.say(&numbers(12).join("\n"), true, at(0));
        assert_eq!(texts(&sent(&model.take())).0, numbers(5));
        hear(&mut model, &[":s PONG s roomchat-1", &format!("ERROR :{words}")]);
        model.lost(None);
        model.come_back();
        hear(&mut model, &[":s 001 小花 :hi", ":s 422 小花 :no MOTD"]);
        hear(&mut model, &[":小花!u@h JOIN #lobby", ":s 353 小花 = #lobby :小花", ":s 366 小花 #lobby :."]);
        for number in 6..=12 {
            let now = at(2 * number);
            model.pump(now);
            assert_eq!(texts(&sent(&model.take())), (vec![number.to_string()], 1), "{words}");
            hear(&mut model, &[":s PONG s"]);
            model.pump(now);
            assert_eq!(sent(&model.take()), "", "{words}");
            assert_eq!(model.outbox.pacing.paused_until, Some(now + at(2)));
        }
        assert!(model.is_settled());
    }
    // Any other ending changes nothing.
    let mut model = inside(CAPS);
    model.lost(Some("timed out".to_owned()));
    model.come_back();
    assert_eq!(model.outbox.pacing.window(false), super::super::pacing::Window::ANY);
}

/// One long line and commands go in order, too.
#[test]
fn long_line_and_commands_in_order() {
    let mut model = inside("");
    let long = "x".repeat(20_000);
    model.say(&long, true, at(0));
    model.run(Command::Topic(Some("tea".to_owned())), at(0));
    model.say("after", true, at(0));
    assert!(!sent(&model.take()).contains("TOPIC"));
    let mut all = String::new();
    for number in 1.. {
        hear(&mut model, &[&format!(":s PONG s roomchat-{number}")]);
        model.pump(at(0));
        let sent = sent(&model.take());
        all += &sent;
        if model.is_settled() {
            break;
        }
    }
    let (topic, after) = (all.find("TOPIC #lobby :tea").unwrap(), all.find(":after").unwrap());
    assert!(all.rfind("PRIVMSG #lobby :x").unwrap() < topic && topic < after);
}

/// Many commands are followed by a PING, whose answer tells that they were handled.
#[test]
fn many_commands_are_followed_by_a_question() {
    for caps in ["", "echo-message labeled-response batch"] {
        let mut model = inside(caps);
        for number in 0..30 {
            model.run(Command::Nick(format!("n{number}")), at(0));
        }
        let mut sent_all = 0;
        loop {
            let sent = sent(&model.take());
            sent_all += sent.lines().filter(|line| line.starts_with("NICK ")).count();
            assert!(sent.lines().count() <= 11);
            if sent_all == 30 {
                break;
            }
            assert!(sent.ends_with("PING roomchat\n"), "{sent:?}");
            hear(&mut model, &[":s PONG s roomchat"]);
            model.pump(at(0));
        }
    }
}

/// No more is under way to our own server than it keeps: once the fifth message of 24 lines was refused.
#[test]
fn own_server_window() {
    let mut model = ours("echo-message labeled-response batch draft/multiline standard-replies");
    hear(&mut model, &[":s CAP 小花 NEW :draft/multiline=max-bytes=40000,max-lines=24"]);
    model.take();
    model.say(&numbers(120).join("\n"), true, at(0));
    model.say("after", true, at(0));
    let mut said = Vec::new();
    let mut under_way = 0;
    while !model.is_settled() {
        let sent = sent(&model.take());
        said.extend(texts(&sent).0);
        under_way += sent.lines().count();
        assert!(under_way <= 64);
        let labels = sent.lines().filter_map(|line| line.strip_prefix("@label=")?.split(' ').next());
        for label in labels.map(str::to_owned).collect::<Vec<_>>() {
            let batch = sent.contains(&format!("@label={label} BATCH"));
            under_way -= if batch { 26 } else { 1 };
            hear(&mut model, &[&format!("@label={label} :小花!u@h PRIVMSG #lobby :x")]);
        }
        model.pump(at(0));
    }
    assert_eq!(said[..120], numbers(120));
    assert_eq!(said[120..], ["after"]);
}

/// What came too fast is sent again after a pause, in its place.
#[test]
fn too_fast_is_sent_again() {
    let mut model = ours("echo-message labeled-response batch standard-replies");
    for text in ["one", "two", "three"] {
        model.say(text, true, at(0));
    }
    model.take();
    hear(&mut model, &["@label=r1 :小花!u@h PRIVMSG #lobby :one"]);
    for label in ["r2", "r3"] {
        let refused =
            format!("@label={label} :s FAIL PRIVMSG RATE_LIMITED 7 :Too fast: try again in 7 seconds");
        assert_eq!(hear(&mut model, &[&refused]), []);
        // Of the lines of a message only the first has a label.
        assert_eq!(hear(&mut model, &[":s FAIL PRIVMSG RATE_LIMITED 7 :Too fast"]), []);
    }
    model.say("four", true, at(0));
    assert_eq!(model.take(), []);
    assert_eq!(model.deadline(), Some(at(7)));
    model.pump(at(7));
    assert_eq!(texts(&sent(&model.take())).0, ["two", "three", "four"]);
    // Elsewhere a numeric says it, and a PING is passed over as well.
    let mut model = inside("");
    model.say("one", true, at(0));
    model.take();
    assert_eq!(hear(&mut model, &[":s 263 小花 PRIVMSG :Too fast", ":s 263 小花 PING :Too fast"]), []);
    model.pump(at(0));
    assert_eq!(model.deadline(), Some(at(2)));
    model.pump(at(2));
    let again = sent(&model.take());
    assert!(again.contains("PRIVMSG #lobby :one\n") && again.ends_with("PING roomchat-2\n"), "{again:?}");
    hear(&mut model, &[":s PONG s roomchat-1", ":s PONG s roomchat-2"]);
    assert!(model.is_delivered());
}

#[test]
fn repeated_refusals_are_told() {
    let mut model = inside("");
    model.say("one", true, at(0));
    for tries in 0..=10 {
        let now = at(1000 * tries);
        model.pump(now);
        assert!(sent(&model.take()).starts_with("PRIVMSG #lobby :one\n"), "{tries}");
        let told = shown(hear(&mut model, &[":s 263 小花 PRIVMSG :Too fast"]));
        model.pump(now);
        let not_sent = Item::NotSent { text: "one".to_owned(), why: Why::Server("Too fast".to_owned()) };
        assert_eq!(told, if tries < 10 { vec![] } else { vec![not_sent] });
    }
}

#[test]
fn a_refused_long_text_is_told_once() {
    let mut model = inside("");
    model.say(&numbers(120).join("\n"), true, at(0));
    let mut said = 0;
    let told = loop {
        let effects = model.take();
        let (texts, _) = texts(&sent(&effects));
        let items = shown(effects);
        if !items.is_empty() {
            break items;
        }
        said += texts.len();
        for _ in texts {
            model.on_message(&Message::parse(":s 404 小花 #lobby :Muted").unwrap());
        }
        model.pump(at(0));
    };
    assert!(said < 10, "{said}");
    assert_eq!(told, [Item::NotSent { text: numbers(120).join("\n"), why: Why::Server("Muted".to_owned()) }]);
    assert!(model.is_settled() && !model.is_delivered());
}

/// What is not sent is told when the person leaves in the middle of a paste: once none of it was.
#[test]
fn what_is_left_behind_is_told() {
    let mut model = inside("");
    model.say(&numbers(20).join("\n"), true, at(0));
    model.say("after", true, at(0));
    hear(&mut model, &[":s PONG s roomchat-1"]);
    model.give_up();
    let not_sent = |text: &str, why| Item::NotSent { text: text.to_owned(), why };
    assert_eq!(shown(model.take()), [not_sent("after", Why::Disconnected)]);
    // What is under way may arrive until the goodbye is over.
    hear(&mut model, &[":s PONG s roomchat-2"]);
    model.forget_unconfirmed();
    let left = numbers(20)[2..].join("\n");
    assert!(matches!(&shown(model.take())[..], [Item::NotSent { text, .. }] if *text == left));
    assert!(model.is_settled() && !model.is_delivered());
    let mut model = inside("");
    model.say("one", true, at(0));
    model.take();
    model.forget_unconfirmed();
    assert_eq!(shown(model.take()), [not_sent("one", Why::Unknown)]);
}

/// The progress of a long text is told now and then.
#[test]
fn progress_of_a_long_text() {
    let mut model = inside("");
    model.say(&numbers(20).join("\n"), true, at(0));
    model.take();
    let mut told = Vec::new();
    for second in 1..=20 {
        told.extend(shown(hear(&mut model, &[":s PONG s"])));
        model.pump(at(second));
        model.tick(at(second));
        told.extend(shown(model.take()));
    }
    let sending = |sent| Item::Told(Phrase::Sending { sent, total: 20 });
    let all = [2, 7, 12, 17].map(sending);
    assert_eq!(told[..4], all);
    assert_eq!(told[4..], [Item::Told(Phrase::Sent { sent: 20, total: 20 })]);
    assert_eq!(model.deadline(), None);
}

/// A line behind a long text is not told to be late a moment after the text's progress was told.
#[test]
fn a_slow_spell_is_told_once() {
    let mut model = inside("");
    model.say("one\ntwo", true, at(0));
    model.say("after", true, at(0));
    model.tick(at(2));
    assert_eq!(shown(model.take()), [Item::Told(Phrase::Sending { sent: 0, total: 2 })]);
    let sent = Item::Told(Phrase::Sent { sent: 2, total: 2 });
    assert_eq!(shown(hear(&mut model, &[":s PONG s", ":s PONG s"])), [sent]);
    model.pump(at(5));
    assert_eq!(model.deadline(), Some(at(6)));
    model.tick(at(5));
    assert_eq!(model.take(), []);
    assert_eq!(shown(hear(&mut model, &[":s PONG s"])), []);
}

/// What is pasted is shown before what is typed next.
#[test]
fn paste_is_shown_first() {
    let mut model = inside("");
    model.paste("one\ntwo", at(0));
    assert_eq!(shown(model.take()), [said("", "one"), said("", "two")]);
    hear(&mut model, &[":s PONG s", ":s PONG s"]);
    assert_eq!(model.take(), []);
    assert!(model.is_delivered());
}

/// A PONG without our token confirms as well: once each line took twenty seconds and a new connection.
#[test]
fn a_pong_without_our_token_confirms() {
    for pong in [":s PONG s", ":s PONG s :s", ":s PONG s :ROOMCHAT-1", ":s PONG roomchat-1"] {
        let mut model = inside("");
        model.say("one", false, at(0));
        model.take();
        assert_eq!(shown(hear(&mut model, &[pong])), [said("", "one")], "{pong}");
        assert_eq!(model.unconfirmed_since(), None);
    }
}

/// The same refusal is told once, until something is typed.
#[test]
fn same_refusal_is_told_once() {
    let mut model = ours("labeled-response batch standard-replies");
    let refusal =
        |seconds: u32| format!(":s FAIL LIST RATE_LIMITED {seconds} :try again in {seconds} seconds");
    let told = shown(hear(&mut model, &[&refusal(3), &refusal(12)]));
    assert_eq!(told, [Item::Server { text: "try again in 3 seconds".to_owned() }]);
    model.run(Command::Rooms, at(0));
    assert_eq!(shown(hear(&mut model, &[&refusal(4)])).len(), 1);
}

/// One long line has no progress to tell: once that was told for ever, and nothing was late any more.
#[test]
fn one_long_line_is_no_text_of_many_lines() {
    let mut model = inside("");
    model.say(&"x".repeat(1000), true, at(0));
    while !model.is_settled() {
        hear(&mut model, &[":s PONG s"]);
        model.pump(at(0));
    }
    model.take();
    assert_eq!(model.deadline(), None);
    model.tick(at(60));
    assert_eq!(model.take(), []);
    model.say("after", true, at(60));
    model.tick(at(61));
    assert_eq!(shown(model.take()), [Item::Told(Phrase::Late)]);
}

/// A long text comes to its end also where the server's limits change meanwhile: once its progress was told
/// for ever.
#[test]
fn text_divided_again_ends() {
    let mut model = inside("echo-message labeled-response batch draft/multiline");
    hear(&mut model, &[":s CAP 小花 NEW :draft/multiline=max-bytes=400,max-lines=3"]);
    model.take();
    model.say("1\n\n2\n3\n\n4\n5\n\n6\n7\n\n8\n9\n\n10", true, at(0));
    hear(&mut model, &[":s CAP 小花 DEL :draft/multiline"]);
    for label in 1.. {
        hear(&mut model, &[&format!("@label=r{label} :小花!u@h PRIVMSG #lobby :x")]);
        model.pump(at(0));
        if model.is_settled() {
            break;
        }
    }
    model.take();
    assert_eq!(model.deadline(), None);
}

/// The refusal of a command is not that of a line said at the same time.
#[test]
fn refused_command_is_no_line() {
    for refusal in [
        ":s 482 小花 #lobby :You're not a channel operator",
        ":s 442 小花 #lobby :You're not on that channel",
        ":s 441 小花 bob #lobby :They aren't on that channel",
        "FAIL TOPIC CANNOT_CHANGE #lobby :No",
    ] {
        let mut model = inside("");
        model.say("hello", true, at(0));
        let told = shown(hear(&mut model, &[refusal]));
        let is_told = |item: &Item| {
            matches!(item, Item::Server { .. } | Item::ServerAbout { .. } | Item::NotOperator { .. })
                || matches!(item, Item::NotHere { .. })
        };
        assert!(told.len() == 1 && is_told(&told[0]), "{told:?}");
        assert_eq!(shown(hear(&mut model, &[":s PONG s roomchat-1"])), []);
        assert!(model.is_delivered());
    }
}

#[test]
fn no_more_commands_are_kept_than_texts() {
    let mut model = inside("");
    for number in 0..2000 {
        model.run(Command::Nick(format!("n{number}")), at(0));
    }
    let refused = |item: &Item| matches!(item, Item::NotSent { why: Why::TooMuch, .. });
    assert_eq!(shown(model.take()).iter().filter(|item| refused(item)).count(), 990);
}

/// A PING that is always refused is sent at growing intervals: once it was sent every two seconds.
#[test]
fn refused_ping_backs_off() {
    let mut model = inside("");
    model.say("one", true, at(0));
    let mut asked = Vec::new();
    let mut now = at(0);
    for _ in 0..8 {
        hear(&mut model, &[":s 263 小花 PING :Too fast"]);
        model.pump(now);
        let due = model.outbox.pacing.paused_until.unwrap();
        asked.push((due - now).as_secs());
        now = due;
        model.pump(now);
        assert_eq!(sent(&model.take()), "PING roomchat-1\n");
    }
    assert_eq!(asked, [2, 4, 8, 16, 32, 60, 60, 60]);
}
