//! SEARCH (soju.im/search), which the disk answers, and what comes of a disk that does not in time.

use super::kit::Kit;
use roomchat::chat::Record;
use roomchat::chat::kept::Restored;
use roomchat::chat::question::Search;
use roomchat::hub::Lookup;
use std::sync::Arc;

const CAPS: &str = "soju.im/search batch server-time message-tags echo-message labeled-response \
                    standard-replies draft/message-redaction draft/chathistory";

fn kit() -> Kit {
    let restored = Restored { nonce: "n".to_owned(), ..Restored::default() };
    Kit::restored(&restored, |config| config.history = 1)
}

fn records(kit: &Kit) -> Vec<Arc<Record>> {
    kit.kept.iter().flat_map(|persist| persist.records.clone()).filter(|record| record.is_message()).collect()
}

fn search(kit: &Kit) -> &Search {
    match kit.asked() {
        Lookup::Search { search, .. } => search,
        other => panic!("{other:?}"),
    }
}

#[test]
fn offered_where_there_is_a_disk() {
    let offers = |kit: &mut Kit| {
        kit.play("eve connects\neve> CAP LS 302");
        kit.take().contains("soju.im/search")
    };
    assert!(offers(&mut kit()));
    assert!(!offers(&mut Kit::new()));
    let restored = Restored { nonce: "n".to_owned(), ..Restored::default() };
    assert!(!offers(&mut Kit::restored(&restored, |config| config.history = 0)));
}

#[test]
fn attributes_choose_what_is_searched() {
    let mut kit = kit();
    kit.play(&format!("alice with {CAPS}\nalice> JOIN #lab"));
    kit.play(
        r"alice> SEARCH in=#lab;from=Bob;after=2026-01-01T00:00:00.000Z;before=2026-01-02T00:00:00.000Z;text=a\sword\:;limit=7;more=x",
    );
    let Search { rooms, text, from, times, most } = search(&kit);
    assert_eq!((rooms.len(), rooms[0].name.as_str()), (1, "#lab"));
    assert_eq!((text.as_str(), from.as_ref().map(|name| name.as_str()), *most), ("a word;", Some("Bob"), 7));
    assert_eq!(*times, 1_767_225_600_001_000..1_767_312_000_000_000);
    kit.found(Vec::new());
    kit.take();
    kit.play("alice> SEARCH text=x");
    assert_eq!(search(&kit).rooms.len(), 2, "the rooms that she is in");
}

#[test]
fn odd_values_are_refused_and_strange_rooms_are_empty() {
    let mut kit = kit();
    kit.play(&format!("alice with {CAPS}"));
    for (attribute, key) in
        [("limit=0", "limit"), ("limit=x", "limit"), ("after=x", "after"), ("from=#x", "from")]
    {
        kit.take();
        kit.play(&format!("alice> SEARCH text=x;{attribute}"));
        let shown = kit.take();
        assert!(shown.contains(&format!("FAIL SEARCH INVALID_PARAMS {key} :")), "{attribute}: {shown}");
    }
    kit.play("bob in #lab\nalice> @label=9 SEARCH in=#lab;text=x");
    let shown = kit.take();
    assert!(shown.contains("@label=9") && shown.contains("soju.im/search"), "{shown}");
}

/// What is found is sent in one batch, before what the client asks for next.
#[test]
fn found_messages_are_one_batch() {
    let mut kit = kit();
    kit.play(&format!("alice with {CAPS}\nalice> PRIVMSG #lobby :one x\nalice> PRIVMSG #lobby :two x"));
    let all = records(&kit);
    kit.play("alice> SEARCH text=x\nalice> PING later");
    assert!(!kit.take().contains("PONG"), "it waits for the answer");
    kit.found(all);
    let shown = kit.take();
    let at = |what: &str| shown.find(what).unwrap_or_else(|| panic!("{what}: {shown}"));
    assert!(at("BATCH +") < at(":one x") && at(":one x") < at(":two x"), "{shown}");
    assert!(at(":two x") < at("BATCH -") && at("BATCH -") < at("PONG"), "{shown}");
}

/// A hundred messages were written in one go, while all others waited.
#[test]
fn found_messages_come_in_slices() {
    let mut kit = kit();
    kit.play(&format!("alice with {CAPS}\nbob in #lobby"));
    for number in 0..20 {
        kit.play(&format!("bob> PRIVMSG #lobby :{number} {}\n2 s", "x".repeat(400)));
    }
    let all = records(&kit);
    assert_eq!(all.len(), 20);
    kit.play("alice> SEARCH text=x");
    kit.take();
    kit.by_rounds(5);
    kit.found(all);
    let (mut shown, mut rounds) = (String::new(), 0);
    while !shown.contains("BATCH -") {
        kit.round();
        shown += &kit.take();
        rounds += 1;
        assert!(rounds < 100, "{shown}");
    }
    assert!(rounds > 3, "{rounds}");
    assert_eq!(shown.matches(" xxxx").count(), 20, "{shown}");
}

/// What was redacted meanwhile is not sent, nor what was said in a room that one was put out of.
#[test]
fn only_what_may_still_be_seen_is_sent() {
    let mut kit = kit();
    kit.play(&format!("bob with {CAPS}\nbob> JOIN #lab\nalice with {CAPS}\nalice> JOIN #lab"));
    kit.play("bob> PRIVMSG #lobby :one x\nbob> PRIVMSG #lab :two x\nbob> PRIVMSG #lobby :three x");
    let all = records(&kit);
    kit.play("alice> SEARCH text=x\nbob> KICK #lab alice");
    kit.play(&format!("bob> REDACT #lobby {}", all[2].id));
    kit.take();
    kit.found(all);
    let shown = kit.take();
    assert!(shown.contains(":one x") && !shown.contains("two x") && !shown.contains("three x"), "{shown}");
}

/// The client waited for ever, or was told of a search where it had asked for a page.
#[test]
fn a_slow_disk_is_told_by_the_command() {
    let mut kit = kit();
    kit.play(&format!("alice with {CAPS}\nalice> PRIVMSG #lobby :one\nalice> PRIVMSG #lobby :two"));
    let oldest = records(&kit)[0].id.clone();
    let commands = [
        "SEARCH text=x".to_owned(),
        "chathistory LATEST #lobby * 9".to_owned(),
        format!("REDACT #lobby {oldest}"),
    ];
    for command in commands {
        kit.take();
        kit.play(&format!("alice> {command}"));
        kit.too_long();
        let name = command.split(' ').next().unwrap().to_uppercase();
        let shown = kit.take();
        assert!(shown.contains(&format!("FAIL {name} TRY_AGAIN :")), "{shown}");
    }
}
