//! What a server refuses on the way back.

use super::*;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Was in the room, and connects again.
fn returning(name: &str, limits: &str) -> Model {
    let mut model = new(name);
    let lines = [
        format!(":s 001 {name} :hi"),
        format!(":s 005 {name} {limits} :are supported"),
        format!(":s 422 {name} :no MOTD"),
        format!(":{name}!u@h JOIN #lobby"),
        format!(":s 353 {name} = #lobby :{name}"),
        format!(":s 366 {name} #lobby :."),
    ];
    hear(&mut model, &lines.each_ref().map(String::as_str));
    come_back(&mut model);
    model
}

fn come_back(model: &mut Model) {
    model.lost(None);
    model.come_back();
    model.take();
}

fn refuse_room(model: &mut Model, code: &str) -> Vec<Effect> {
    hear(model, &[":s 001 小花 :hi", ":s 422 小花 :no MOTD"]);
    hear(model, &[&format!(":s {code} 小花 #lobby :No")])
}

fn enter(model: &mut Model, name: &str, room: &str) -> Vec<Effect> {
    let lines = [
        format!(":{name}!u@h JOIN {room}"),
        format!(":s 353 {name} = {room} :{name}"),
        format!(":s 366 {name} {room} :."),
    ];
    hear(model, &lines.each_ref().map(String::as_str))
}

/// On the way back a refused name is varied within the server's limits: once the program ended.
#[test]
fn refused_name_is_varied() {
    for (name, limits, varied) in [
        ("小花", "NICKLEN=60", "小花_"),
        ("abcdefghijklmnopqrst", "NICKLEN=60", "abcdefghijklmnopqrs_"),
        ("一二三四五六七八九十", "NICKLEN=60", "一二三四五六七八九_"),
        ("alexander", "NICKLEN=9", "alexande_"),
    ] {
        for code in ["432", "433", "436", "437"] {
            let mut model = returning(name, limits);
            let answer = hear(&mut model, &[&format!(":s {code} * {name} :No")]);
            assert_eq!(sent(&answer), format!("NICK {varied}\n"));
            assert_eq!(answer.len(), 1);
        }
    }
}

/// After some refused names another connection is tried.
#[test]
fn names_end_the_connection() {
    let mut model = returning("小花", "NICKLEN=60");
    let mut tried = 0;
    let over = loop {
        let answer = hear(&mut model, &[":s 433 * x :No"]);
        match &answer[..] {
            [Effect::Send(_)] => tried += 1,
            over => break over.to_vec(),
        }
    };
    assert_eq!(tried, 8);
    assert_eq!(over, [Effect::Over(Ending::Closed { why: Some("No".to_owned()) })]);
    model.come_back();
    assert_eq!(sent(&model.take()), "CAP LS 302\nNICK 小花\nUSER guest 0 * :小花\n");
}

#[test]
fn the_name_that_was_ours_is_asked_back() {
    let under_another = || {
        let mut model = returning("小花", "NICKLEN=60");
        hear(&mut model, &[":s 433 * 小花 :No", ":s 001 小花_ :hi", ":s 422 小花_ :no MOTD"]);
        enter(&mut model, "小花_", "#lobby");
        hear(&mut model, &[":小花!u@h JOIN #lobby"]);
        model.pump(at(100));
        model
    };
    for free in [":小花!u@h QUIT :timeout", ":小花!u@h NICK 大花"] {
        let mut model = under_another();
        assert_eq!(sent(&hear(&mut model, &[free])), "NICK 小花\n");
        assert_eq!(shown(hear(&mut model, &[":小花_!u@h NICK 小花"])).len(), 1);
        model.pump(at(100));
        assert_eq!(model.deadline(), None);
    }
    let mut model = under_another();
    let mut due = at(100);
    for tries in 1..=20 {
        due += at(if tries <= 6 { 5 } else { 30 });
        assert_eq!(model.deadline(), Some(due));
        model.tick(due);
        assert_eq!(sent(&model.take()), "NICK 小花\n");
        model.pump(due);
        assert_eq!(hear(&mut model, &[":s 433 小花_ 小花 :No"]), []);
    }
    assert_eq!(model.deadline(), None);
    // What the person asks is answered.
    model.run(Command::Nick("小花".to_owned()), at(1000));
    let told = Item::NameTaken { name: "小花".to_owned(), why: "No".to_owned() };
    assert_eq!(shown(hear(&mut model, &[":s 433 小花_ 小花 :No"])), [told]);
}

/// A ban or a wrong password ends the program, also between 001 and the end of the greeting, where it was
/// once passed over.
#[test]
fn a_final_refusal_ends_the_registration() {
    for code in ["463", "464", "465", "902", "904"] {
        for welcome in [&[][..], &[":s 001 小花 :hi"], &[":s 001 小花 :hi", ":s 005 小花 NICKLEN=9 :are"]]
        {
            for mut model in [new("小花"), returning("小花", "NICKLEN=60")] {
                hear(&mut model, welcome);
                let over = hear(&mut model, &[&format!(":s {code} * :Go away")]);
                let ending = match code {
                    "464" => Ending::Password { was_given: false },
                    _ => Ending::Refused { why: "Go away".to_owned() },
                };
                assert_eq!(over, [Effect::Over(ending)], "{code}");
            }
        }
    }
}

/// On the way back a full room is tried again, and told of once: once the program ended.
#[test]
fn full_room_is_tried_again() {
    for code in ["471", "473", "437", "480"] {
        let mut model = returning("小花", "NICKLEN=60");
        let told = Item::KeptOut { room: "#lobby".to_owned(), why: "No".to_owned(), tries_again: true };
        assert_eq!(shown(refuse_room(&mut model, code)), [told]);
        model.say("one", true, at(0));
        assert_eq!(model.take(), []);
        let mut tried = Vec::new();
        for _ in 0..6 {
            let due = model.deadline().unwrap();
            tried.push(due.as_secs());
            model.tick(due);
            assert_eq!(sent(&model.take()), "JOIN #lobby\n");
            assert_eq!(hear(&mut model, &[&format!(":s {code} 小花 #lobby :No")]), []);
            model.pump(due);
        }
        assert_eq!(tried, [5, 15, 35, 75, 135, 195]);
        let back = enter(&mut model, "小花", "#lobby");
        assert!(matches!(shown(back)[..], [Item::Back { .. }]));
        model.pump(at(300));
        assert!(sent(&model.take()).starts_with("PRIVMSG #lobby :one\n"));
    }
}

/// A room that was asked for too fast is tried again.
#[test]
fn join_too_fast_is_tried_again() {
    for refusal in [":s 263 小花 JOIN :Too fast", ":s FAIL JOIN RATE_LIMITED 3 :Too fast"] {
        let mut model = returning("小花", "NICKLEN=60");
        hear(&mut model, &[":s 001 小花 :hi", ":s 422 小花 :no MOTD"]);
        let told = Item::KeptOut { room: "#lobby".to_owned(), why: "Too fast".to_owned(), tries_again: true };
        assert_eq!(shown(hear(&mut model, &[refusal])), [told]);
        model.pump(at(0));
        model.tick(at(5));
        assert_eq!(sent(&model.take()), "JOIN #lobby\n");
    }
}

#[test]
fn a_closed_room_reports_each_unsent_line() {
    for code in ["403", "405", "474", "475", "476", "477", "479"] {
        let mut model = inside("");
        model.lost(None);
        model.say("one", true, at(0));
        model.come_back();
        model.take();
        let told = Item::KeptOut { room: "#lobby".to_owned(), why: "No".to_owned(), tries_again: false };
        assert_eq!(shown(refuse_room(&mut model, code)), [told]);
        model.pump(at(0));
        let not_sent = |text: &str| Item::NotSent { text: text.to_owned(), why: Why::NotInRoom };
        assert_eq!(shown(model.take()), [not_sent("one")]);
        model.say("two", true, at(0));
        assert_eq!(shown(model.take()), [not_sent("two")]);
        model.run(Command::Join("lobby".to_owned(), None), at(0));
        assert_eq!(sent(&model.take()), "JOIN #lobby\n");
        assert!(matches!(shown(enter(&mut model, "小花", "#lobby"))[..], [Item::Header { .. }]));
    }
}

/// A forward to another room is followed: once the program ended although it had entered the other room.
#[test]
fn a_forward_is_followed() {
    let forward = ":s 470 小花 #lobby #hall :Forwarding to another channel";
    let told = Item::Forwarded { from: "#lobby".to_owned(), to: "#hall".to_owned() };
    for comes_first in [true, false] {
        let mut model = new("小花");
        hear(&mut model, &[":s 001 小花 :hi", ":s 422 小花 :no MOTD"]);
        let mut items = Vec::new();
        if comes_first {
            items.extend(shown(hear(&mut model, &[forward])));
            items.extend(shown(enter(&mut model, "小花", "#hall")));
        } else {
            items.extend(shown(hear(&mut model, &[":小花!u@h JOIN #hall", forward])));
            items.extend(shown(hear(&mut model, &[":s 353 小花 = #hall :小花", ":s 366 小花 #hall :."])));
        }
        assert_eq!(items[0], told);
        assert!(matches!(&items[1], Item::Header { room, .. } if room == "#hall"), "{items:?}");
        come_back(&mut model);
        let back = hear(&mut model, &[":s 001 小花 :hi", ":s 422 小花 :no MOTD"]);
        assert_eq!(sent(&back), "JOIN #hall\n");
    }
    // UnrealIRCd tells it in a sentence.
    let mut model = new("小花");
    hear(&mut model, &[":s 001 小花 :hi", ":s 422 小花 :no MOTD"]);
    assert_eq!(hear(&mut model, &[":s 470 小花 #lobby :[Link] #lobby has become full"]), []);
    model.lost(None);
    model.come_back();
    model.take();
    assert_eq!(sent(&hear(&mut model, &[":s 001 小花 :hi", ":s 422 小花 :no MOTD"])), "JOIN #lobby\n");
}

/// Refusals are told also to a person whose name is that of a command.
#[test]
fn a_name_is_no_command() {
    let mut model = returning("JOIN", "NICKLEN=60");
    hear(&mut model, &[":s 001 JOIN :hi", ":s 422 JOIN :no MOTD"]);
    assert_eq!(hear(&mut model, &[":s 263 JOIN LIST :Too fast"]), []);
    assert!(matches!(shown(enter(&mut model, "JOIN", "#lobby"))[..], [Item::Back { .. }]));
}

/// A first JOIN that came too fast is tried again for a minute: once the program ended.
#[test]
fn throttled_first_join() {
    for refusal in
        [":s 263 小花 JOIN :Too fast", "FAIL JOIN RATE_LIMITED 3 :Too fast", ":s 439 小花 #lobby :Too fast"]
    {
        let entering = || {
            let mut model = new("小花");
            model.pump(at(0));
            hear(&mut model, &[":s 001 小花 :hi", ":s 422 小花 :no MOTD"]);
            let told =
                Item::KeptOut { room: "#lobby".to_owned(), why: "Too fast".to_owned(), tries_again: true };
            assert_eq!(shown(hear(&mut model, &[refusal])), [told]);
            model.pump(at(0));
            model.tick(at(5));
            assert_eq!(sent(&model.take()), "JOIN #lobby\n");
            model
        };
        let mut model = entering();
        let entered = enter(&mut model, "小花", "#lobby");
        assert!(entered.contains(&Effect::Entered));
        assert!(matches!(shown(entered)[..], [Item::Header { .. }, Item::Told(Phrase::Hint)]));
        let mut model = entering();
        while let Some(due) = model.deadline() {
            assert!(due <= at(60));
            hear(&mut model, &[refusal]);
            model.tick(due);
            model.pump(due);
            if model.take().contains(&Effect::Over(Ending::Silent)) {
                break;
            }
        }
        assert_eq!(model.deadline(), None);
        let mut model = entering();
        let over = hear(&mut model, &[":s 474 小花 #lobby :Banned"]);
        assert!(matches!(over[..], [Effect::Over(Ending::RoomRefused { .. })]));
    }
}
