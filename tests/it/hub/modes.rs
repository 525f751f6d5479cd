//! Modes of rooms and people.

use super::kit::{Kit, play};
use expect_test::expect;

#[test]
fn modes_and_lists_are_told() {
    expect![[r#"
        alice> MODE #lab
        alice< :irc 324 alice #lab +nt
        alice< :irc 329 alice #lab 1767225600
        alice> MODE #lab b
        alice< :irc 368 alice #lab :End of channel ban list
        alice> MODE #lab +b
        alice< :irc 368 alice #lab :End of channel ban list
        alice> MODE #lab +Ibbbb
        alice< :irc 368 alice #lab :End of channel ban list
        alice< :irc 347 alice #lab :End of channel invite list
        alice> MODE #lab +kl secret 5
        alice< :alice!u@10.0.0.1 MODE #lab +kl secret 5
        alice> MODE #lab
        alice< :irc 324 alice #lab +ntkl secret 5
        alice< :irc 329 alice #lab 1767225600
        bob> MODE #lab
        bob< :irc 324 bob #lab +ntkl * 5
        bob< :irc 329 bob #lab 1767225600
        bob> MODE #nowhere
        bob< :irc 403 bob #nowhere :No such channel
    "#]]
    .assert_eq(&play(
        "alice in #lab
         bob in no room
         alice> MODE #lab
         alice> MODE #lab b
         alice> MODE #lab +b
         alice> MODE #lab +Ibbbb
         alice> MODE #lab +kl secret 5
         alice> MODE #lab
         bob> MODE #lab
         bob> MODE #nowhere",
    ));
}

#[test]
fn errors_come_in_order_and_one_at_a_time() {
    expect![[r#"
        carol> MODE #nowhere +o bob
        carol< :irc 403 carol #nowhere :No such channel
        carol> MODE #lab +o bob
        carol< :irc 442 carol #lab :You're not on that channel
        bob> MODE #lab +o nobody
        bob< :irc 482 bob #lab :You're not channel operator
        alice> MODE #lab +o nobody
        alice< :irc 401 alice nobody :No such nick/channel
        alice> MODE #lab +o carol
        alice< :irc 441 alice carol #lab :They aren't on that channel
        alice> MODE #lab +x
        alice< :irc 472 alice x :is unknown mode char to me
        alice> MODE #lab +l nonsense
        alice< :irc 696 alice #lab l nonsense :Invalid mode parameter
        alice> MODE #lab +l
        alice< :irc 696 alice #lab l * :You must specify a parameter
        alice> MODE #lab +k
        alice< :irc 696 alice #lab k * :You must specify a parameter
        alice> MODE #lab +k :a b
        alice< :irc 525 alice #lab :Key is not well-formed
    "#]]
    .assert_eq(&play(
        "alice, bob in #lab
         carol in no room
         carol> MODE #nowhere +o bob
         carol> MODE #lab +o bob
         bob> MODE #lab +o nobody
         alice> MODE #lab +o nobody
         alice> MODE #lab +o carol
         alice> MODE #lab +x
         alice> MODE #lab +l nonsense
         alice> MODE #lab +l
         alice> MODE #lab +k
         alice> MODE #lab +k :a b",
    ));
}

/// Changes are told together and only those that change something.
#[test]
fn only_real_changes_are_told() {
    expect![[r#"
        alice> MODE #lab +ov-t+n bob carol
        alice< :alice!u@10.0.0.1 MODE #lab +ov-t bob carol
        bob< :alice!u@10.0.0.1 MODE #lab +ov-t bob carol
        carol< :alice!u@10.0.0.1 MODE #lab +ov-t bob carol
        alice> MODE #lab +o bob
        alice> MODE #lab -o+v alice alice
        alice< :alice!u@10.0.0.1 MODE #lab -o+v alice alice
        bob< :alice!u@10.0.0.1 MODE #lab -o+v alice alice
        carol< :alice!u@10.0.0.1 MODE #lab -o+v alice alice
    "#]]
    .assert_eq(&play(
        "alice, bob, carol in #lab
         alice> MODE #lab +ov-t+n bob carol
         alice> MODE #lab +o bob
         alice> MODE #lab -o+v alice alice",
    ));
}

#[test]
fn doors_are_kept_by_key_limit_and_bans() {
    expect![[r#"
        alice> MODE #lab +k secret
        alice< :alice!u@10.0.0.1 MODE #lab +k secret
        bob> JOIN #lab
        bob< :irc 475 bob #lab :Cannot join channel (+k)
        bob> JOIN #a,#lab x,wrong
        bob< :bob!u@10.0.0.1 JOIN #a
        bob< :irc 353 bob = #a :@bob
        bob< :irc 366 bob #a :End of /NAMES list
        bob< :irc 475 bob #lab :Cannot join channel (+k)
        bob> JOIN #b,#lab ,secret
        alice< :bob!u@10.0.0.1 JOIN #lab
        bob< :bob!u@10.0.0.1 JOIN #b
        bob< :irc 353 bob = #b :@bob
        bob< :irc 366 bob #b :End of /NAMES list
        bob< :bob!u@10.0.0.1 JOIN #lab
        bob< :irc 353 bob = #lab :@alice bob
        bob< :irc 366 bob #lab :End of /NAMES list
        alice> MODE #lab -k *
        alice< :alice!u@10.0.0.1 MODE #lab -k *
        bob< :alice!u@10.0.0.1 MODE #lab -k *
        alice> MODE #lab +l 2
        alice< :alice!u@10.0.0.1 MODE #lab +l 2
        bob< :alice!u@10.0.0.1 MODE #lab +l 2
        carol> JOIN #lab
        carol< :irc 471 carol #lab :Cannot join channel (+l)
        alice> MODE #lab -l
        alice< :alice!u@10.0.0.1 MODE #lab -l
        bob< :alice!u@10.0.0.1 MODE #lab -l
        alice> MODE #lab +b carol
        alice< :alice!u@10.0.0.1 MODE #lab +b carol!*@*
        bob< :alice!u@10.0.0.1 MODE #lab +b carol!*@*
        alice> MODE #lab b
        alice< :irc 367 alice #lab carol!*@* alice 1767225600
        alice< :irc 368 alice #lab :End of channel ban list
        carol> JOIN #lab
        carol< :irc 474 carol #lab :Cannot join channel (+b)
        alice> MODE #lab +e *!*@10.0.0.1
        alice< :alice!u@10.0.0.1 MODE #lab +e *!*@10.0.0.1
        bob< :alice!u@10.0.0.1 MODE #lab +e *!*@10.0.0.1
        carol> JOIN #lab
        alice< :carol!u@10.0.0.1 JOIN #lab
        bob< :carol!u@10.0.0.1 JOIN #lab
        carol< :carol!u@10.0.0.1 JOIN #lab
        carol< :irc 353 carol = #lab :@alice bob carol
        carol< :irc 366 carol #lab :End of /NAMES list
        alice> MODE #lab e
        alice< :irc 348 alice #lab *!*@10.0.0.1 alice 1767225600
        alice< :irc 349 alice #lab :End of channel exception list
    "#]]
    .assert_eq(&play(
        "alice in #lab
         bob, carol in no room
         alice> MODE #lab +k secret
         bob> JOIN #lab
         bob> JOIN #a,#lab x,wrong
         bob> JOIN #b,#lab ,secret
         alice> MODE #lab -k *
         alice> MODE #lab +l 2
         carol> JOIN #lab
         alice> MODE #lab -l
         alice> MODE #lab +b carol
         alice> MODE #lab b
         carol> JOIN #lab
         alice> MODE #lab +e *!*@10.0.0.1
         carol> JOIN #lab
         alice> MODE #lab e",
    ));
}

#[test]
fn a_moderated_room_hears_those_with_a_voice() {
    expect![[r#"
        alice> MODE #lab +m
        alice< :alice!u@10.0.0.1 MODE #lab +m
        bob< :alice!u@10.0.0.1 MODE #lab +m
        bob> PRIVMSG #lab :hi
        bob< :irc 404 bob #lab :Cannot send to channel
        alice> MODE #lab +v bob
        alice< :alice!u@10.0.0.1 MODE #lab +v bob
        bob< :alice!u@10.0.0.1 MODE #lab +v bob
        bob> PRIVMSG #lab :hi
        alice< :bob!u@10.0.0.1 PRIVMSG #lab :hi
        alice> MODE #lab -mv bob
        alice< :alice!u@10.0.0.1 MODE #lab -mv bob
        bob< :alice!u@10.0.0.1 MODE #lab -mv bob
        alice> MODE #lab +b bob
        alice< :alice!u@10.0.0.1 MODE #lab +b bob!*@*
        bob< :alice!u@10.0.0.1 MODE #lab +b bob!*@*
        bob> PRIVMSG #lab :hi
        bob< :irc 404 bob #lab :Cannot send to channel
        bob> NOTICE #lab :hi
    "#]]
    .assert_eq(&play(
        "alice, bob in #lab
         alice> MODE #lab +m
         bob> PRIVMSG #lab :hi
         alice> MODE #lab +v bob
         bob> PRIVMSG #lab :hi
         alice> MODE #lab -mv bob
         alice> MODE #lab +b bob
         bob> PRIVMSG #lab :hi
         bob> NOTICE #lab :hi",
    ));
}

/// A room without `n` accepts messages from outside, and one with `C` no CTCP.
#[test]
fn strangers_and_ctcp() {
    expect![[r#"
        alice> MODE #lab -n+C
        alice< :alice!u@10.0.0.1 MODE #lab -n+C
        bob> PRIVMSG #lab :hi
        alice< :bob!u@10.0.0.1 PRIVMSG #lab :hi
        bob>> PRIVMSG #lab :\x01VERSION\x01\r\n
        bob< :irc 404 bob #lab :Cannot send to channel
        bob>> PRIVMSG #lab :\x01ACTION waves\x01\r\n
        alice< :bob!u@10.0.0.1 PRIVMSG #lab :^AACTION waves^A
    "#]]
    .assert_eq(
        &play(
            "alice in #lab
         bob in no room
         alice> MODE #lab -n+C
         bob> PRIVMSG #lab :hi
         bob>> PRIVMSG #lab :\\x01VERSION\\x01\\r\\n
         bob>> PRIVMSG #lab :\\x01ACTION waves\\x01\\r\\n",
        )
        .replace('\x01', "^A"),
    );
}

#[test]
fn people_have_modes_of_their_own() {
    expect![[r#"
        alice> MODE alice
        alice< :irc 221 alice +
        alice> MODE alice +i
        alice< :alice!u@10.0.0.1 MODE alice +i
        alice> MODE alice +i
        alice> MODE alice
        alice< :irc 221 alice +i
        alice> MODE alice +x
        alice< :irc 501 alice :Unknown MODE flag
        alice> MODE bob
        alice< :irc 502 alice :Can't change mode for other users
        alice> MODE nobody
        alice< :irc 401 alice nobody :No such nick/channel
    "#]]
    .assert_eq(&play(
        "alice, bob in #lobby
         alice> MODE alice
         alice> MODE alice +i
         alice> MODE alice +i
         alice> MODE alice
         alice> MODE alice +x
         alice> MODE bob
         alice> MODE nobody",
    ));
}

#[test]
fn a_mute_lets_people_in_and_keeps_them_silent() {
    expect![[r#"
        alice> MODE #lobby +b m:bob
        alice< :alice!u@10.0.0.1 MODE #lobby +b m:bob!*@*
        alice> MODE #lobby b
        alice< :irc 367 alice #lobby m:bob!*@* alice 1767225600
        alice< :irc 368 alice #lobby :End of channel ban list
        bob> JOIN #lobby
        alice< :bob!u@10.0.0.1 JOIN #lobby
        bob< :bob!u@10.0.0.1 JOIN #lobby
        bob< :irc 353 bob = #lobby :@alice bob
        bob< :irc 366 bob #lobby :End of /NAMES list
        bob> PRIVMSG #lobby :hi
        bob< :irc 404 bob #lobby :Cannot send to channel
        alice> MODE #lobby +v bob
        alice< :alice!u@10.0.0.1 MODE #lobby +v bob
        bob< :alice!u@10.0.0.1 MODE #lobby +v bob
        bob> PRIVMSG #lobby :hi
        alice< :bob!u@10.0.0.1 PRIVMSG #lobby :hi
        alice> MODE #lobby -v bob
        alice< :alice!u@10.0.0.1 MODE #lobby -v bob
        bob< :alice!u@10.0.0.1 MODE #lobby -v bob
        alice> MODE #lobby +e *!*@10.*
        alice< :alice!u@10.0.0.1 MODE #lobby +e *!*@10.*
        bob< :alice!u@10.0.0.1 MODE #lobby +e *!*@10.*
        bob> PRIVMSG #lobby :hi
        alice< :bob!u@10.0.0.1 PRIVMSG #lobby :hi
        alice> MODE #lobby -e *!*@10.*
        alice< :alice!u@10.0.0.1 MODE #lobby -e *!*@10.*
        bob< :alice!u@10.0.0.1 MODE #lobby -e *!*@10.*
        alice> MODE #lobby -b m:bob
        alice< :alice!u@10.0.0.1 MODE #lobby -b m:bob!*@*
        bob< :alice!u@10.0.0.1 MODE #lobby -b m:bob!*@*
        bob> PRIVMSG #lobby :hi
        alice< :bob!u@10.0.0.1 PRIVMSG #lobby :hi
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         alice> MODE #lobby +b m:bob
         alice> MODE #lobby b
         bob in no room
         bob> JOIN #lobby
         bob> PRIVMSG #lobby :hi
         alice> MODE #lobby +v bob
         bob> PRIVMSG #lobby :hi
         alice> MODE #lobby -v bob
         alice> MODE #lobby +e *!*@10.*
         bob> PRIVMSG #lobby :hi
         alice> MODE #lobby -e *!*@10.*
         alice> MODE #lobby -b m:bob
         bob> PRIVMSG #lobby :hi",
    ));
}

/// Modern, MODE message: "If a type A mode has been sent without an argument, the
/// contents of the list MUST be sent to the user", also beside others.
#[test]
fn a_list_is_sent_beside_changes() {
    expect![[r#"
        alice> MODE #lab +bb x
        alice< :alice!u@10.0.0.1 MODE #lab +b x!*@*
        alice< :irc 367 alice #lab x!*@* alice 1767225600
        alice< :irc 368 alice #lab :End of channel ban list
        bob< :alice!u@10.0.0.1 MODE #lab +b x!*@*
        alice> MODE #lab b+m-e
        alice< :alice!u@10.0.0.1 MODE #lab +m
        alice< :irc 367 alice #lab x!*@* alice 1767225600
        alice< :irc 368 alice #lab :End of channel ban list
        alice< :irc 349 alice #lab :End of channel exception list
        bob< :alice!u@10.0.0.1 MODE #lab +m
        bob> MODE #lab b+m
        bob< :irc 482 bob #lab :You're not channel operator
    "#]]
    .assert_eq(&play(
        "alice, bob in #lab
         alice> MODE #lab +bb x
         alice> MODE #lab b+m-e
         bob> MODE #lab b+m",
    ));
}

/// Modern, MODE message: "the supplied modes will be applied"; ERR_USERNOTINCHANNEL
/// names whom it is about, and named whoever came first.
#[test]
fn ranks_for_nonmembers() {
    expect![[r#"
        alice> MODE #lab +vovv bob CAROL dave nobody
        alice< :irc 441 alice carol #lab :They aren't on that channel
        alice< :irc 441 alice dave #lab :They aren't on that channel
        alice< :irc 401 alice nobody :No such nick/channel
        alice< :alice!u@10.0.0.1 MODE #lab +v bob
        bob< :alice!u@10.0.0.1 MODE #lab +v bob
    "#]]
    .assert_eq(&play(
        "alice, bob in #lab
         carol, dave in no room
         alice> MODE #lab +vovv bob CAROL dave nobody",
    ));
}

/// Whoever was muted said it as the reason for leaving, and came in again.
#[test]
fn whoever_may_not_speak_leaves_without_a_reason() {
    let mut kit = Kit::new();
    kit.play(
        "alice, bob, carol, dave in #lobby
         alice> MODE #lobby +bb m:bob!*@* m:carol!*@*",
    );
    kit.take();
    kit.play("bob> PART #lobby :spam\ncarol> QUIT :spam\ndave> PART #lobby :bye");
    let shown = kit.take();
    let told: Vec<&str> = shown.lines().filter(|line| line.starts_with("alice< ")).collect();
    let expected = [
        "alice< :bob!u@10.0.0.1 PART #lobby",
        "alice< :carol!u@10.0.0.1 QUIT :Quit: ",
        "alice< :dave!u@10.0.0.1 PART #lobby :bye",
    ];
    assert_eq!(told, expected, "{shown}");
}

/// They stayed in the room, and no client can know how long a reason may be.
#[test]
fn too_long_a_reason_keeps_nobody_in_a_room() {
    let mut kit = Kit::new();
    kit.play("alice, bob in #lobby");
    kit.take();
    kit.play(&format!("bob> PART #lobby :{}", "x".repeat(450)));
    assert!(kit.take().contains("alice< :bob!u@10.0.0.1 PART #lobby\n"));
}
