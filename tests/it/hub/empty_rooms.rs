//! Rooms in which nobody is: how long they stay, and what stays in them.

use super::kit::{Kit, play};
use expect_test::expect;

/// The first room belongs to nobody: what was set there by those who only came into it
/// outlived them for ever.
#[test]
fn the_first_room_opens_again() {
    expect![[r#"
        alice> MODE #lobby +ikmslC key 1
        alice< :alice!u@10.0.0.1 MODE #lobby +ikmslC key 1
        alice> MODE #lobby +bbe *!*@* m:x y
        alice< :alice!u@10.0.0.1 MODE #lobby +bbe *!*@* m:x!*@* y!*@*
        alice> TOPIC #lobby :mine
        alice< :alice!u@10.0.0.1 TOPIC #lobby :mine
        alice> PART #lobby
        alice< :alice!u@10.0.0.1 PART #lobby
        590 s
        alice< PING :irc
        alice<| ERROR :Closing link: 10.0.0.1 (Ping timeout: 150 seconds)
        bob> JOIN #lobby
        bob< :irc 474 bob #lobby :Cannot join channel (+b)
        10 s
        bob> JOIN #lobby
        bob< :bob!u@10.0.0.1 JOIN #lobby
        bob< :irc 332 bob #lobby :mine
        bob< :irc 333 bob #lobby alice 1767225600
        bob< :irc 353 bob @ #lobby :@bob
        bob< :irc 366 bob #lobby :End of /NAMES list
        bob> MODE #lobby
        bob< :irc 324 bob #lobby +Cnst
        bob< :irc 329 bob #lobby 1767225600
        bob> MODE #lobby be
        bob< :irc 368 bob #lobby :End of channel ban list
        bob< :irc 348 bob #lobby y!*@* alice 1767225600
        bob< :irc 349 bob #lobby :End of channel exception list
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         alice> MODE #lobby +ikmslC key 1
         alice> MODE #lobby +bbe *!*@* m:x y
         alice> TOPIC #lobby :mine
         alice> PART #lobby
         590 s
         bob in no room
         bob> JOIN #lobby
         10 s
         bob> JOIN #lobby
         bob> MODE #lobby
         bob> MODE #lobby be",
    ));
}

/// Somebody who comes in before the time is over is an operator, and it begins anew.
#[test]
fn the_time_is_that_since_the_last_one_left() {
    expect![[r#"
        alice> MODE #lobby +m
        alice< :alice!u@10.0.0.1 MODE #lobby +m
        alice> PART #lobby
        alice< :alice!u@10.0.0.1 PART #lobby
        590 s
        alice< PING :irc
        alice<| ERROR :Closing link: 10.0.0.1 (Ping timeout: 150 seconds)
        bob> JOIN #lobby
        bob< :bob!u@10.0.0.1 JOIN #lobby
        bob< :irc 353 bob = #lobby :@bob
        bob< :irc 366 bob #lobby :End of /NAMES list
        20 s
        bob> MODE #lobby
        bob< :irc 324 bob #lobby +mnt
        bob< :irc 329 bob #lobby 1767225600
        bob> PART #lobby
        bob< :bob!u@10.0.0.1 PART #lobby
        590 s
        bob< PING :irc
        bob<| ERROR :Closing link: 10.0.0.1 (Ping timeout: 150 seconds)
        carol> MODE #lobby
        carol< :irc 324 carol #lobby +mnt
        carol< :irc 329 carol #lobby 1767225600
        10 s
        carol> MODE #lobby
        carol< :irc 324 carol #lobby +nt
        carol< :irc 329 carol #lobby 1767225600
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         alice> MODE #lobby +m
         alice> PART #lobby
         590 s
         bob in no room
         bob> JOIN #lobby
         20 s
         bob> MODE #lobby
         bob> PART #lobby
         590 s
         carol in no room
         carol> MODE #lobby
         10 s
         carol> MODE #lobby",
    ));
}

/// People of the server's own machine, and its operators.
#[test]
fn the_first_room_is_open_to_its_owners_whatever_is_set() {
    expect![[r#"
        alice> MODE #lobby +ikl key 1
        alice< :alice!u@10.0.0.1 MODE #lobby +ikl key 1
        alice> MODE #lobby +b *!*@*
        alice< :alice!u@10.0.0.1 MODE #lobby +b *!*@*
        bob> OPER root x
        [Check] argon x
        right
        bob< :bob!u@10.0.0.1 MODE bob +o
        bob< :irc 381 bob :You are now an IRC operator
        bob> JOIN #lobby
        alice< :bob!u@10.0.0.1 JOIN #lobby
        alice< :irc MODE #lobby +o bob
        bob< :bob!u@10.0.0.1 JOIN #lobby
        bob< :irc 353 bob = #lobby :@alice @bob
        bob< :irc 366 bob #lobby :End of /NAMES list
        local> JOIN #lobby
        alice< :local!u@127.0.0.1 JOIN #lobby
        alice< :irc MODE #lobby +o local
        bob< :local!u@127.0.0.1 JOIN #lobby
        bob< :irc MODE #lobby +o local
        local< :local!u@127.0.0.1 JOIN #lobby
        local< :irc 353 local = #lobby :@alice @bob @local
        local< :irc 366 local #lobby :End of /NAMES list
        local2> local3
        alice< :local3!plain@127.0.0.1 JOIN #lobby
        alice< :irc MODE #lobby +o local3
        bob< :local3!plain@127.0.0.1 JOIN #lobby
        bob< :irc MODE #lobby +o local3
        local< :local3!plain@127.0.0.1 JOIN #lobby
        local< :irc MODE #lobby +o local3
        local2< 請輸入訊息 (輸入 exit 離開)
        local2< 聊天室人數： 4
        local> MODE #lobby -i+m
        alice< :local!u@127.0.0.1 MODE #lobby -i+m
        bob< :local!u@127.0.0.1 MODE #lobby -i+m
        local< :local!u@127.0.0.1 MODE #lobby -i+m
        local> MODE #lobby -b+b *!*@* *!*@10.0.0.9
        alice< :local!u@127.0.0.1 MODE #lobby -b+b *!*@* *!*@10.0.0.9
        bob< :local!u@127.0.0.1 MODE #lobby -b+b *!*@* *!*@10.0.0.9
        local< :local!u@127.0.0.1 MODE #lobby -b+b *!*@* *!*@10.0.0.9
        bob> MODE #lobby +k other
        alice< :bob!u@10.0.0.1 MODE #lobby +k other
        bob< :bob!u@10.0.0.1 MODE #lobby +k other
        local< :bob!u@10.0.0.1 MODE #lobby +k other
        alice> MODE #lobby +b *!*@10.0.0.8
        alice< :alice!u@10.0.0.1 MODE #lobby +b *!*@10.0.0.8
        bob< :alice!u@10.0.0.1 MODE #lobby +b *!*@10.0.0.8
        local< :alice!u@10.0.0.1 MODE #lobby +b *!*@10.0.0.8
        alice> MODE #lobby -l+l 7
        alice< :alice!u@10.0.0.1 MODE #lobby -l+l 7
        bob< :alice!u@10.0.0.1 MODE #lobby -l+l 7
        local< :alice!u@10.0.0.1 MODE #lobby -l+l 7
        local> QUIT
        alice< :local!u@127.0.0.1 QUIT :Quit: 
        bob< :local!u@127.0.0.1 QUIT :Quit: 
        local<| ERROR :Closing link: 127.0.0.1 (Quit: )
        local2< local離開聊天室...
        local2 closes
        alice< :local3!plain@127.0.0.1 QUIT :Connection closed
        bob< :local3!plain@127.0.0.1 QUIT :Connection closed
        bob> PART #lobby
        alice< :bob!u@10.0.0.1 PART #lobby
        bob< :bob!u@10.0.0.1 PART #lobby
        alice> PART #lobby
        alice< :alice!u@10.0.0.1 PART #lobby
        600 s
        alice< PING :irc
        alice<| ERROR :Closing link: 10.0.0.1 (Ping timeout: 150 seconds)
        bob< PING :irc
        bob<| ERROR :Closing link: 10.0.0.1 (Ping timeout: 150 seconds)
        carol> MODE #lobby
        carol< :irc 324 carol #lobby +mntk *
        carol< :irc 329 carol #lobby 1767225600
        carol> MODE #lobby b
        carol< :irc 367 carol #lobby *!*@10.0.0.9 local 1767225600
        carol< :irc 368 carol #lobby :End of channel ban list
        carol> JOIN #lobby key
        carol< :irc 475 carol #lobby :Cannot join channel (+k)
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         alice> MODE #lobby +ikl key 1
         alice> MODE #lobby +b *!*@*
         bob in no room
         bob> OPER root x
         right
         bob> JOIN #lobby
         local in no room
         local> JOIN #lobby
         local2> local3
         local> MODE #lobby -i+m
         local> MODE #lobby -b+b *!*@* *!*@10.0.0.9
         bob> MODE #lobby +k other
         alice> MODE #lobby +b *!*@10.0.0.8
         alice> MODE #lobby -l+l 7
         local> QUIT
         local2 closes
         bob> PART #lobby
         alice> PART #lobby
         600 s
         carol in no room
         carol> MODE #lobby
         carol> MODE #lobby b
         carol> JOIN #lobby key",
    ));
}

/// Its messages are still to be had, and whoever comes in is an operator.
#[test]
fn a_room_in_which_something_was_said_stays_for_ten_minutes() {
    expect![[r#"
        alice> JOIN #lab,#tea,#tag
        alice< :alice!u@10.0.0.1 JOIN #lab
        alice< :irc 353 alice = #lab :@alice
        alice< :irc 366 alice #lab :End of /NAMES list
        alice< :alice!u@10.0.0.1 JOIN #tea
        alice< :irc 353 alice = #tea :@alice
        alice< :irc 366 alice #tea :End of /NAMES list
        alice< :alice!u@10.0.0.1 JOIN #tag
        alice< :irc 353 alice = #tag :@alice
        alice< :irc 366 alice #tag :End of /NAMES list
        alice> MODE #lab +k x
        alice< :alice!u@10.0.0.1 MODE #lab +k x
        alice> PRIVMSG #lab :hi
        alice> PRIVMSG @#tea :hi
        alice> PART #lab,#tea
        alice< :alice!u@10.0.0.1 PART #lab
        alice< :alice!u@10.0.0.1 PART #tea
        alice> MODE #lab
        alice< :irc 324 alice #lab +ntk *
        alice< :irc 329 alice #lab 1767225600
        alice> MODE #tea
        alice< :irc 403 alice #tea :No such channel
        590 s
        alice< PING :irc
        alice<| ERROR :Closing link: 10.0.0.1 (Ping timeout: 150 seconds)
        bob> LIST
        bob< :irc 321 bob Channel :Users  Name
        bob< :irc 322 bob #lab 0 :
        bob< :irc 322 bob #lobby 1 :
        bob< :irc 323 bob :End of /LIST
        bob> JOIN #lab
        bob< :irc 475 bob #lab :Cannot join channel (+k)
        bob> JOIN #lab x
        bob< :bob!u@10.0.0.1 JOIN #lab
        bob< :irc 353 bob = #lab :@bob
        bob< :irc 366 bob #lab :End of /NAMES list
        bob> CHATHISTORY LATEST #lab * 5
        bob< :irc BATCH +b1 chathistory #lab
        bob< @batch=b1 :alice!u@10.0.0.1 PRIVMSG #lab :hi
        bob< :irc BATCH -b1
        bob> PART #lab
        bob< :bob!u@10.0.0.1 PART #lab
        590 s
        bob< PING :irc
        bob<| ERROR :Closing link: 10.0.0.1 (Ping timeout: 150 seconds)
        carol> MODE #lab
        carol< :irc 324 carol #lab +ntk *
        carol< :irc 329 carol #lab 1767225600
        10 s
        carol> MODE #lab
        carol< :irc 403 carol #lab :No such channel
        carol> JOIN #lab
        carol< :carol!u@10.0.0.1 JOIN #lab
        carol< :irc 353 carol = #lab :@carol
        carol< :irc 366 carol #lab :End of /NAMES list
    "#]]
    .assert_eq(&play(
        "alice with draft/chathistory batch
         alice> JOIN #lab,#tea,#tag
         alice> MODE #lab +k x
         alice> PRIVMSG #lab :hi
         alice> PRIVMSG @#tea :hi
         alice> PART #lab,#tea
         alice> MODE #lab
         alice> MODE #tea
         590 s
         bob with draft/chathistory batch
         bob> LIST
         bob> JOIN #lab
         bob> JOIN #lab x
         bob> CHATHISTORY LATEST #lab * 5
         bob> PART #lab
         590 s
         carol in no room
         carol> MODE #lab
         10 s
         carol> MODE #lab
         carol> JOIN #lab",
    ));
}

#[test]
fn no_room_stays_empty_where_nothing_is_kept() {
    let mut kit = Kit::with(|config| config.history = 0);
    kit.play(
        "alice in #lab
         alice> PRIVMSG #lab :hi
         alice> PART #lab
         alice> MODE #lab",
    );
    expect![[r#"
        alice> PRIVMSG #lab :hi
        alice> PART #lab
        alice< :alice!u@10.0.0.1 PART #lab
        alice> MODE #lab
        alice< :irc 403 alice #lab :No such channel
    "#]]
    .assert_eq(&kit.take());
}

/// Those in the room took a teacher who came after them for one of themselves: the names tell a
/// rank to nobody but the newcomer.
#[test]
fn the_rank_of_one_who_enters_is_told() {
    let mut kit = super::kit::Kit::new();
    kit.play("alice, bob in #lobby\nlocal in #lobby\ncarol in #lobby");
    kit.take();
    kit.play("local> PART #lobby\nlocal> JOIN #lobby\nlocal> JOIN #lab");
    let shown = kit.take();
    let modes: Vec<&str> = shown.lines().filter(|line| line.contains(" MODE ")).collect();
    let told = ["alice", "bob", "carol"].map(|name| format!("{name}< :irc MODE #lobby +o local"));
    assert_eq!(modes, told, "{shown}");
}

/// Whoever was invited by an operator of before came in past every ban.
#[test]
fn a_ban_ends_an_invitation_of_before() {
    let shown = super::kit::play(
        "alice, bob in #lab
         carol in no room
         alice> INVITE carol #lab
         alice> MODE #lab +ib carol!*@*
         carol> JOIN #lab
         alice> INVITE carol #lab
         carol> JOIN #lab",
    );
    let answers: Vec<&str> = shown.lines().filter(|line| line.starts_with("carol< :")).collect();
    let [_, refused, _, entered, ..] = answers[..] else { panic!("{shown}") };
    assert!(refused.contains(" 474 ") && entered.ends_with(" JOIN #lab"), "{shown}");
}

/// A teacher who closed a room and left it could never go in again, and in a room of hers whose
/// other people had no rank nobody could do anything any more.
#[test]
fn a_room_without_an_operator_is_its_servers_owners() {
    let shown = super::kit::play(
        "alice, local in no room
         local> JOIN #lab
         local> PRIVMSG #lab :a
         local> MODE #lab +i
         local> PART #lab
         alice> JOIN #lab
         local> JOIN #lab
         local> MODE #lab -i+k key
         alice> JOIN #lab key
         local> MODE #lab -o local
         alice> KICK #lab local
         local> MODE #lab +v local
         local> MODE #lab +o alice
         local> MODE #lab +o local
         local> PART #lab
         local> JOIN #lab",
    );
    for expected in [
        "alice< :irc 473 ",
        "local< :irc 353 local = #lab :@local",
        "alice< :irc 482 ",
        "alice< :local!u@127.0.0.1 MODE #lab +v local",
        "alice< :local!u@127.0.0.1 MODE #lab +o alice",
        "local< :irc 482 ",
        "local< :irc 475 ",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
}

/// The id of the last message in what was shown.
fn last_id(shown: &str) -> &str {
    shown.rsplit("msgid=").next().unwrap().split([';', ' ']).next().unwrap()
}

fn is_told(shown: &str, who: &str, what: &str) -> bool {
    shown.lines().any(|line| line.starts_with(&format!("{who}< ")) && line.contains(what))
}

/// Any passer-by could take back what others had said in a room that was kept.
#[test]
fn a_finder_takes_back_nothing_that_is_old() {
    let mut kit = Kit::new();
    kit.play("alice with message-tags echo-message draft/message-redaction\nalice> JOIN #course");
    kit.play("alice> PRIVMSG #course :page 12");
    let old = last_id(&kit.take()).to_owned();
    kit.play("alice> QUIT\nmallory, bob with message-tags draft/message-redaction\nmallory> JOIN #course");
    let shown = kit.take();
    assert!(shown.contains(" 353 mallory = #course :@mallory"), "{shown}");
    kit.play(&format!("mallory> REDACT #course {old}"));
    let shown = kit.take();
    assert!(shown.contains(" FAIL REDACT REDACT_FORBIDDEN "), "{shown}");
    // The rank that a finder gives is no higher.
    kit.play("bob> JOIN #course\nbob> PRIVMSG #course :new\nmallory> MODE #course +o bob");
    let shown = kit.take();
    let new = shown
        .lines()
        .find(|line| line.starts_with("mallory< ") && line.ends_with(":new"))
        .map(last_id)
        .unwrap();
    assert!(is_told(&shown, "bob", " MODE #course +o bob"), "{shown}");
    kit.play(&format!(
        "bob> REDACT #course {old}\nmallory> REDACT #course {new}\nmallory> MODE #course +k x"
    ));
    let shown = kit.take();
    assert!(shown.contains("bob< :irc FAIL REDACT REDACT_FORBIDDEN "), "{shown}");
    for done in ["REDACT #course ", "MODE #course +k x"] {
        assert!(is_told(&shown, "bob", done), "{done}: {shown}");
    }
    // Those of the server's machine are its operators all the same, and can make full ones.
    kit.play("local in no room\nlocal> JOIN #course\nbob> MODE #course -o local\nlocal> MODE #course +o bob");
    let shown = kit.take();
    for (who, done) in [
        ("bob", ":irc MODE #course +o local"),
        ("bob", " 482 "),
        ("mallory", ":local!u@127.0.0.1 MODE #course +o bob"),
    ] {
        assert!(is_told(&shown, who, done), "{done}: {shown}");
    }
    kit.play(&format!("bob> REDACT #course {old}"));
    assert!(is_told(&kit.take(), "mallory", &format!("REDACT #course {old}")));
}

/// The first room is open to everybody: what its finders set ends when it is empty, but what they took
/// back was gone.
#[test]
fn the_finder_of_the_first_room_takes_back_nothing_old() {
    let mut kit = Kit::new();
    kit.play("alice with message-tags echo-message draft/message-redaction\nalice> PRIVMSG #lobby :old");
    let old = last_id(&kit.take()).to_owned();
    kit.play("alice> PART #lobby\nmallory with message-tags draft/message-redaction");
    kit.play(&format!("mallory> REDACT #lobby {old}\nmallory> MODE #lobby +i"));
    let shown = kit.take();
    assert!(
        shown.contains(" FAIL REDACT REDACT_FORBIDDEN ") && is_told(&shown, "mallory", " MODE #lobby +i"),
        "{shown}"
    );
}
