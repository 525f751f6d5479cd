//! Secret rooms: nobody outside can tell one from a room that is not there.

use super::kit::{Kit, play};
use expect_test::expect;

/// All but JOIN, which enters a room that is not there.
const QUESTIONS: [&str; 32] = [
    "MODE #ROOM",
    "MODE #room b",
    "MODE #room +b x",
    "MODE #room +",
    "MODE #room :",
    "TOPIC #Room",
    "TOPIC #room :x",
    "WHO #Room",
    "WHO #room %tcn,7",
    "NAMES #Room",
    "NAMES #lobby,#ROOM",
    "LIST",
    "LIST #room",
    "LIST *room*",
    "PRIVMSG #Room :x",
    "PRIVMSG @#room :x",
    "PRIVMSG #room :LONG",
    "NOTICE #room :x",
    "@+a=b TAGMSG #room",
    "PART #Room",
    "PART #room :x",
    "KICK #Room bob",
    "KICK #room ,",
    "INVITE bob #Room",
    "INVITE carol #room",
    "REDACT #Room n1",
    "CHATHISTORY LATEST #Room * 5",
    "CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.000Z timestamp=2027-01-01T00:00:00.000Z 5",
    "MARKREAD #Room",
    "MARKREAD #rooM timestamp=2026-01-01T00:00:00.000Z",
    "WHOIS bob",
    "BATCH +1 draft/multiline #room\r\n@batch=1 NOTICE #room :x\r\n@label=9;batch=1 NOTICE #room :y\r\nBATCH -1",
];

fn asked(question: &str, room: &str) -> String {
    let mut kit = Kit::new();
    kit.play(&format!(
        "bob in no room
         bob> JOIN {room}
         bob> MODE {room} +sk x
         bob> TOPIC {room} :hidden
         bob> PRIVMSG {room} :x
         alice with labeled-response batch message-tags server-time draft/chathistory draft/multiline \
         draft/message-redaction draft/read-marker"
    ));
    kit.take();
    let question = question.replace("LONG", &"x".repeat(470));
    for line in question.split("\r\n") {
        let label = if line.starts_with('@') || line.starts_with("BATCH -") { "" } else { "@label=1 " };
        kit.play_line("alice", &format!("{label}{line}"));
    }
    kit.take()
}

/// MODE, its lists and TOPIC told strangers that the room is there, others how it is spelled.
#[test]
fn a_secret_room_is_as_one_that_is_not_there() {
    for question in QUESTIONS {
        let (secret, none) = (asked(question, "#room"), asked(question, "#moor"));
        assert!(secret.contains("alice< "), "{question} is answered");
        assert_eq!(secret, none, "{question}");
    }
}

/// The refusal of a look-alike named the secret room.
#[test]
fn a_look_alike_of_what_is_hidden_is_refused_without_its_name() {
    expect![[r#"
        alice> JOIN #open-lab
        alice< :alice!u@10.0.0.1 JOIN #open-lab
        alice< :irc 353 alice = #open-lab :@alice
        alice< :irc 366 alice #open-lab :End of /NAMES list
        alice> MODE #layoff-plan +s
        alice< :alice!u@10.0.0.1 MODE #layoff-plan +s
        bob> JOIN #1ayoff-plan
        bob< :irc 403 bob #1ayoff-plan :That looks like another name
        bob> JOIN #0pen-lab
        bob< :irc 403 bob #0pen-lab :That looks like #open-lab, which is there
        alice> JOIN #1ayoff-plan
        alice< :irc 403 alice #1ayoff-plan :That looks like #layoff-plan, which is there
        alice> MODE alice +i
        alice< :alice!u@10.0.0.1 MODE alice +i
        bob> NICK a1ice
        bob< :irc 432 bob a1ice :That looks like another name
        bob> JOIN #open-lab
        alice< :bob!u@10.0.0.1 JOIN #open-lab
        bob< :bob!u@10.0.0.1 JOIN #open-lab
        bob< :irc 353 bob = #open-lab :@alice bob
        bob< :irc 366 bob #open-lab :End of /NAMES list
        bob> NICK a1ice
        bob< :irc 432 bob a1ice :That looks like alice, who is here
        a1ice> NICK a1ice
        a1ice< :irc 432 * a1ice :That looks like another name
    "#]]
    .assert_eq(&play(
        "alice in #layoff-plan
         alice> JOIN #open-lab
         alice> MODE #layoff-plan +s
         bob in no room
         bob> JOIN #1ayoff-plan
         bob> JOIN #0pen-lab
         alice> JOIN #1ayoff-plan
         alice> MODE alice +i
         bob> NICK a1ice
         bob> JOIN #open-lab
         bob> NICK a1ice
         a1ice> NICK a1ice",
    ));
}

/// A secret room that hears those outside can be spoken to by those who know its name.
#[test]
fn a_secret_room_may_hear_strangers() {
    expect![[r#"
        alice> MODE #room +s-n
        alice< :alice!u@10.0.0.1 MODE #room +s-n
        bob> PRIVMSG #room :hi
        alice< :bob!u@10.0.0.1 PRIVMSG #room :hi
        alice> MODE #room +m
        alice< :alice!u@10.0.0.1 MODE #room +m
        bob> PRIVMSG #room :hi
        bob< :irc 403 bob #room :No such channel
        alice> MODE #room -m+b bob
        alice< :alice!u@10.0.0.1 MODE #room -m+b bob!*@*
        bob> PRIVMSG #ROOM :hi
        bob< :irc 403 bob #ROOM :No such channel
        bob> PRIVMSG #MOOR :hi
        bob< :irc 403 bob #MOOR :No such channel
    "#]]
    .assert_eq(&play(
        "alice in #room
         alice> MODE #room +s-n
         bob in no room
         bob> PRIVMSG #room :hi
         alice> MODE #room +m
         bob> PRIVMSG #room :hi
         alice> MODE #room -m+b bob
         bob> PRIVMSG #ROOM :hi
         bob> PRIVMSG #MOOR :hi",
    ));
}
