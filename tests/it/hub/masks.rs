//! The masks of a room's lists.

use super::kit::{Kit, play};
use expect_test::expect;

/// CIDR masks never matched.
#[test]
fn a_mask_may_be_a_block_of_addresses() {
    expect![[r#"
        local> MODE #lab +b *!*@10.0.0.0/31
        local< :local!u@127.0.0.1 MODE #lab +b *!*@10.0.0.0/31
        alice> JOIN #lab
        alice< :irc 474 alice #lab :Cannot join channel (+b)
        far> JOIN #lab
        local< :far!u@10.0.0.2 JOIN #lab
        far< :far!u@10.0.0.2 JOIN #lab
        far< :irc 353 far = #lab :@local far
        far< :irc 366 far #lab :End of /NAMES list
        local> MODE #lab -b+b *!*@10.0.0.0/31 m:10.0.0.0/30
        local< :local!u@127.0.0.1 MODE #lab -b+b *!*@10.0.0.0/31 m:*!*@10.0.0.0/30
        far< :local!u@127.0.0.1 MODE #lab -b+b *!*@10.0.0.0/31 m:*!*@10.0.0.0/30
        alice> JOIN #lab
        local< :alice!u@10.0.0.1 JOIN #lab
        alice< :alice!u@10.0.0.1 JOIN #lab
        alice< :irc 353 alice = #lab :@local far alice
        alice< :irc 366 alice #lab :End of /NAMES list
        far< :alice!u@10.0.0.1 JOIN #lab
        alice> PRIVMSG #lab :hi
        alice< :irc 404 alice #lab :Cannot send to channel
        local> MODE #lab +e 10.0.0.1/32
        local< :local!u@127.0.0.1 MODE #lab +e *!*@10.0.0.1/32
        alice< :local!u@127.0.0.1 MODE #lab +e *!*@10.0.0.1/32
        far< :local!u@127.0.0.1 MODE #lab +e *!*@10.0.0.1/32
        alice> PRIVMSG #lab :hi
        local< :alice!u@10.0.0.1 PRIVMSG #lab :hi
        far< :alice!u@10.0.0.1 PRIVMSG #lab :hi
        far> PRIVMSG #lab :hi
        far< :irc 404 far #lab :Cannot send to channel
        local> MODE #lab +iI 10.0.0.2
        local< :local!u@127.0.0.1 MODE #lab +iI *!*@10.0.0.2
        alice< :local!u@127.0.0.1 MODE #lab +iI *!*@10.0.0.2
        far< :local!u@127.0.0.1 MODE #lab +iI *!*@10.0.0.2
        far> PART #lab
        local< :far!u@10.0.0.2 PART #lab
        alice< :far!u@10.0.0.2 PART #lab
        far< :far!u@10.0.0.2 PART #lab
        far> JOIN #lab
        local< :far!u@10.0.0.2 JOIN #lab
        alice< :far!u@10.0.0.2 JOIN #lab
        far< :far!u@10.0.0.2 JOIN #lab
        far< :irc 353 far = #lab :@local alice far
        far< :irc 366 far #lab :End of /NAMES list
        local> MODE #lab b
        local< :irc 367 local #lab m:*!*@10.0.0.0/30 local 1767225600
        local< :irc 368 local #lab :End of channel ban list
    "#]]
    .assert_eq(&play(
        "local in #lab
         alice, far in no room
         local> MODE #lab +b *!*@10.0.0.0/31
         alice> JOIN #lab
         far> JOIN #lab
         local> MODE #lab -b+b *!*@10.0.0.0/31 m:10.0.0.0/30
         alice> JOIN #lab
         alice> PRIVMSG #lab :hi
         local> MODE #lab +e 10.0.0.1/32
         alice> PRIVMSG #lab :hi
         far> PRIVMSG #lab :hi
         local> MODE #lab +iI 10.0.0.2
         far> PART #lab
         far> JOIN #lab
         local> MODE #lab b",
    ));
}

/// A change of name evaded a ban or a mute by name; and no name that was given up opens a door.
#[test]
fn a_ban_goes_by_each_name_that_somebody_has_had() {
    expect![[r#"
        local> MODE #lab +bb bob m:carol
        local< :local!u@127.0.0.1 MODE #lab +bb bob!*@* m:carol!*@*
        carol< :local!u@127.0.0.1 MODE #lab +bb bob!*@* m:carol!*@*
        bob> NICK rob
        bob< :bob!u@10.0.0.1 NICK rob
        bob> JOIN #lab
        bob< :irc 474 rob #lab :Cannot join channel (+b)
        bob> NICK Rob2
        bob< :rob!u@10.0.0.1 NICK Rob2
        bob> NICK bob2
        bob< :Rob2!u@10.0.0.1 NICK bob2
        bob> JOIN #lab
        bob< :irc 474 bob2 #lab :Cannot join channel (+b)
        carol> NICK carl
        local< :carol!u@10.0.0.1 NICK carl
        carol< :carol!u@10.0.0.1 NICK carl
        carol> PRIVMSG #lab :hi
        carol< :irc 404 carl #lab :Cannot send to channel
        dave> NICK bob
        dave< :dave!u@10.0.0.1 NICK bob
        dave> NICK dave
        dave< :bob!u@10.0.0.1 NICK dave
        dave> JOIN #lab
        dave< :irc 474 dave #lab :Cannot join channel (+b)
        local> MODE #lab +e bob
        local< :local!u@127.0.0.1 MODE #lab +e bob!*@*
        carol< :local!u@127.0.0.1 MODE #lab +e bob!*@*
        dave> JOIN #lab
        dave< :irc 474 dave #lab :Cannot join channel (+b)
        local> MODE #lab +e dave
        local< :local!u@127.0.0.1 MODE #lab +e dave!*@*
        carol< :local!u@127.0.0.1 MODE #lab +e dave!*@*
        dave> JOIN #lab
        local< :dave!u@10.0.0.1 JOIN #lab
        carol< :dave!u@10.0.0.1 JOIN #lab
        dave< :dave!u@10.0.0.1 JOIN #lab
        dave< :irc 353 dave = #lab :@local carl dave
        dave< :irc 366 dave #lab :End of /NAMES list
    "#]]
    .assert_eq(&play(
        "local, carol in #lab
         bob, dave in no room
         local> MODE #lab +bb bob m:carol
         bob> NICK rob
         bob> JOIN #lab
         bob> NICK Rob2
         bob> NICK bob2
         bob> JOIN #lab
         carol> NICK carl
         carol> PRIVMSG #lab :hi
         dave> NICK bob
         dave> NICK dave
         dave> JOIN #lab
         local> MODE #lab +e bob
         dave> JOIN #lab
         local> MODE #lab +e dave
         dave> JOIN #lab",
    ));
}

/// So much is remembered of one connection.
#[test]
fn a_name_is_forgotten_after_many_others() {
    let mut kit = Kit::new();
    kit.play("local in #lab\nbob in no room\nlocal> MODE #lab +b bob");
    for number in 0..32 {
        kit.play_line("bob", &format!("NICK b{number}"));
    }
    kit.take();
    kit.play("bob> JOIN #lab\nbob> NICK b32\nbob> JOIN #lab");
    expect![[r#"
        bob> JOIN #lab
        bob< :irc 474 b31 #lab :Cannot join channel (+b)
        bob> NICK b32
        bob< :b31!u@10.0.0.1 NICK b32
        bob> JOIN #lab
        local< :b32!u@10.0.0.1 JOIN #lab
        bob< :b32!u@10.0.0.1 JOIN #lab
        bob< :irc 353 b32 = #lab :@local b32
        bob< :irc 366 b32 #lab :End of /NAMES list
    "#]]
    .assert_eq(&kit.take());
}

/// What is known of a member is found again after each change that it depends on.
#[test]
fn a_mute_holds_from_the_next_message_on() {
    let mut kit = Kit::new();
    kit.play("local, alice in #lab");
    kit.take();
    let mut says = |deed: &str| {
        kit.play(deed);
        kit.take();
        kit.play("alice> PRIVMSG #lab :x\nalice> PRIVMSG #lab :x");
        let shown = kit.take();
        let heard = shown.matches("local< ").count();
        assert_eq!(shown.matches(" 404 ").count(), 2 - heard, "{shown}");
        heard == 2
    };
    assert!(says(""));
    assert!(!says("local> MODE #lab +b m:al*"));
    assert!(says("local> MODE #lab +v alice"));
    assert!(!says("local> MODE #lab -v alice"));
    assert!(!says("alice> NICK bob"));
    assert!(says("local> MODE #lab +e B?B"));
    assert!(!says("alice> NICK alice"));
    assert!(says("local> MODE #lab -b m:AL*"));
    assert!(!says("local> MODE #lab +b *!*@10.0.0.0/8"));
    assert!(says("alice> NICK BOB"));
    assert!(!says("local> MODE #lab -e b?b"));
    assert!(says("local> MODE #lab -b *!*@10.0.0.0/8"));
}

/// A ban is another than the mute of the same mask, and each is known again in any case.
#[test]
fn a_mask_is_in_a_list_once() {
    expect![[r#"
        local> MODE #lab +bbbb Straße m:STRASSE strasse m:straße
        local< :local!u@127.0.0.1 MODE #lab +bb Straße!*@* m:STRASSE!*@*
        local> MODE #lab -bb STRASSE m:Straße
        local< :local!u@127.0.0.1 MODE #lab -bb STRASSE!*@* m:Straße!*@*
        local> MODE #lab b
        local< :irc 368 local #lab :End of channel ban list
    "#]]
    .assert_eq(&play(
        "local in #lab
         local> MODE #lab +bbbb Straße m:STRASSE strasse m:straße
         local> MODE #lab -bb STRASSE m:Straße
         local> MODE #lab b",
    ));
}

/// One that is longer is refused where it would be kept, and is like nobody where it is asked for.
#[test]
fn a_mask_has_at_most_so_many_bytes() {
    let mut kit = Kit::new();
    kit.play("local in #lab");
    kit.take();
    for bytes in [120, 121] {
        let mask = "*".repeat(bytes);
        for line in [format!("MODE #lab +b {mask}"), format!("MODE #lab -b {mask}"), format!("WHO {mask}")] {
            kit.play_line("local", &line);
        }
    }
    let shown = kit.take();
    let told: Vec<&str> = shown.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    assert_eq!(told, ["MODE", "MODE", "352", "315", "696", "696", "315"], "{shown}");
}

/// Each part of a person is tried by what it is folded, as kept.
#[test]
fn who_finds_people_by_each_part_in_any_case() {
    let mut kit = Kit::new();
    kit.play("alice in #lab\nlocal> NICK Élan\nlocal> USER UBER 0 * :Frau Groß");
    kit.take();
    for mask in
        ["e\u{301}LAN", "E\u{301}l*", "ub?r", "127.*", "*GROSS", "élan!uber@127.0.0.1", "?lan!*@*", "e*"]
    {
        kit.play_line("alice", &format!("WHO {mask}"));
    }
    let shown = kit.take();
    let told: Vec<&str> = shown.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    assert_eq!(told, [["352", "315"]; 7].concat().into_iter().chain(["315"]).collect::<Vec<_>>(), "{shown}");
}
