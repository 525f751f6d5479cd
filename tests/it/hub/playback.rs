//! draft/event-playback.

use super::kit::play;
use expect_test::expect;

#[test]
fn what_else_happened_is_told_to_those_who_asked() {
    expect![[r#"
        alice> TOPIC #lobby :t
        alice< @msgid=n7 :alice!u@10.0.0.1 TOPIC #lobby :t
        carol< @msgid=n7 :alice!u@10.0.0.1 TOPIC #lobby :t
        bob< @msgid=n7 :alice!u@10.0.0.1 TOPIC #lobby :t
        alice> MODE #lobby +m
        alice< @msgid=n8 :alice!u@10.0.0.1 MODE #lobby +m
        carol< @msgid=n8 :alice!u@10.0.0.1 MODE #lobby +m
        bob< @msgid=n8 :alice!u@10.0.0.1 MODE #lobby +m
        alice> MODE #lobby +v bob
        alice< @msgid=n9 :alice!u@10.0.0.1 MODE #lobby +v bob
        carol< @msgid=n9 :alice!u@10.0.0.1 MODE #lobby +v bob
        bob< @msgid=n9 :alice!u@10.0.0.1 MODE #lobby +v bob
        bob> PRIVMSG #lobby :hi
        alice< @msgid=na :bob!u@10.0.0.1 PRIVMSG #lobby :hi
        carol< @msgid=na :bob!u@10.0.0.1 PRIVMSG #lobby :hi
        bob> @+draft/react=x TAGMSG #lobby
        alice< @msgid=nb;+draft/react=x :bob!u@10.0.0.1 TAGMSG #lobby
        carol< @msgid=nb;+draft/react=x :bob!u@10.0.0.1 TAGMSG #lobby
        bob> @+typing=active TAGMSG #lobby
        alice< @msgid=nc;+typing=active :bob!u@10.0.0.1 TAGMSG #lobby
        carol< @msgid=nc;+typing=active :bob!u@10.0.0.1 TAGMSG #lobby
        bob> NOTICE @#lobby :for operators
        alice< @msgid=nd :bob!u@10.0.0.1 NOTICE @#lobby :for operators
        bob> NICK ben
        alice< @msgid=ne :bob!u@10.0.0.1 NICK ben
        carol< @msgid=ne :bob!u@10.0.0.1 NICK ben
        bob< @msgid=ne :bob!u@10.0.0.1 NICK ben
        alice> KICK #lobby ben :out
        alice< @msgid=nf :alice!u@10.0.0.1 KICK #lobby ben :out
        carol< @msgid=nf :alice!u@10.0.0.1 KICK #lobby ben :out
        bob< @msgid=nf :alice!u@10.0.0.1 KICK #lobby ben :out
        bob> JOIN #lobby
        alice< @msgid=ng :ben!u@10.0.0.1 JOIN #lobby * :bob real
        carol< @msgid=ng :ben!u@10.0.0.1 JOIN #lobby
        bob< @msgid=ng :ben!u@10.0.0.1 JOIN #lobby
        bob< :irc 332 ben #lobby :t
        bob< :irc 333 ben #lobby alice 1767225600
        bob< :irc 353 ben = #lobby :@alice carol ben
        bob< :irc 366 ben #lobby :End of /NAMES list
        bob> PART #lobby :bye
        alice< @msgid=nh :ben!u@10.0.0.1 PART #lobby
        carol< @msgid=nh :ben!u@10.0.0.1 PART #lobby
        bob< @msgid=nh :ben!u@10.0.0.1 PART #lobby
        dave> QUIT
        alice< @msgid=nk :dave!u@10.0.0.1 QUIT :Quit: 
        carol< @msgid=nk :dave!u@10.0.0.1 QUIT :Quit: 
        dave<| ERROR :Closing link: 10.0.0.1 (Quit: )
        alice> CHATHISTORY LATEST #lobby * 99
        alice< :irc BATCH +b1 chathistory #lobby
        alice< @batch=b1;msgid=n2 :alice!u@10.0.0.1 JOIN #lobby * :alice real
        alice< @batch=b1;msgid=n4 :carol!u@10.0.0.1 JOIN #lobby * :carol real
        alice< @batch=b1;msgid=n6 :bob!u@10.0.0.1 JOIN #lobby * :bob real
        alice< @batch=b1;msgid=n7 :alice!u@10.0.0.1 TOPIC #lobby :t
        alice< @batch=b1;msgid=n8 :alice!u@10.0.0.1 MODE #lobby +m
        alice< @batch=b1;msgid=n9 :alice!u@10.0.0.1 MODE #lobby +v bob
        alice< @batch=b1;msgid=na :bob!u@10.0.0.1 PRIVMSG #lobby :hi
        alice< @batch=b1;msgid=nb;+draft/react=x :bob!u@10.0.0.1 TAGMSG #lobby
        alice< @batch=b1;msgid=ne :bob!u@10.0.0.1 NICK ben
        alice< @batch=b1;msgid=nf :alice!u@10.0.0.1 KICK #lobby ben :out
        alice< @batch=b1;msgid=ng :ben!u@10.0.0.1 JOIN #lobby * :bob real
        alice< @batch=b1;msgid=nh :ben!u@10.0.0.1 PART #lobby
        alice< @batch=b1;msgid=nj :dave!u@10.0.0.1 JOIN #lobby * :dave real
        alice< @batch=b1;msgid=nk :dave!u@10.0.0.1 QUIT :Quit: 
        alice< :irc BATCH -b1
        carol> CHATHISTORY LATEST #lobby * 99
        carol< :irc BATCH +b2 chathistory #lobby
        carol< @batch=b2;msgid=na :bob!u@10.0.0.1 PRIVMSG #lobby :hi
        carol< :irc BATCH -b2
    "#]].assert_eq(&play(
        "alice with batch draft/chathistory draft/event-playback message-tags draft/message-redaction extended-join
         carol with batch draft/chathistory message-tags
         bob with message-tags
         alice> TOPIC #lobby :t
         alice> MODE #lobby +m
         alice> MODE #lobby +v bob
         bob> PRIVMSG #lobby :hi
         bob> @+draft/react=x TAGMSG #lobby
         bob> @+typing=active TAGMSG #lobby
         bob> NOTICE @#lobby :for operators
         bob> NICK ben
         alice> KICK #lobby ben :out
         bob> JOIN #lobby
         bob> PART #lobby :bye
         dave in #lobby
         dave> QUIT
         alice> CHATHISTORY LATEST #lobby * 99
         carol> CHATHISTORY LATEST #lobby * 99",
    ));
}

#[test]
fn comings_and_goings_do_not_push_out_what_was_said() {
    let mut kit = super::kit::Kit::with(|config| config.history = 3);
    kit.play("alice with draft/chathistory\nalice> PRIVMSG #lobby :kept\nbob in #lobby");
    (0..9).for_each(|_| kit.play("bob> PART #lobby\nbob> JOIN #lobby"));
    kit.take();
    kit.play_line("alice", "CHATHISTORY LATEST #lobby * 99");
    expect![[r#"
        alice< :alice!u@10.0.0.1 PRIVMSG #lobby :kept
    "#]]
    .assert_eq(&kit.take());
}
