//! The class room's own client: it connects before it asks for a name, and ends no line.

use super::kit::{Kit, play};
use expect_test::expect;

/// It got nothing, and after ten seconds IRC's ERROR.
#[test]
fn it_is_a_person_in_the_room_however_long_its_name_takes() {
    expect![[r#"
        py connects
        60 s
        alice> PING x
        alice< :irc PONG irc :x
        py>> 小明
        py pauses
        alice< :小明!plain@10.0.0.1 JOIN #lobby
        py< 請輸入訊息 (輸入 exit 離開)
        py< 聊天室人數： 2
        [Named] 小明 10.0.0.1:1001
        [Entered] #lobby 小明 2
        py>> 小明: 哈囉
        alice< :小明!plain@10.0.0.1 PRIVMSG #lobby :哈囉
        [Said] #lobby 小明: 哈囉
        alice> PRIVMSG #lobby :hi
        py< alice: hi
        [Said] #lobby alice: hi
        py>> 小明: where is the exit?
        alice< :小明!plain@10.0.0.1 PRIVMSG #lobby :where is the exit?
        [Said] #lobby 小明: where is the exit?
        py>> 小明: one\ntwo
        alice< :小明!plain@10.0.0.1 PRIVMSG #lobby :one
        alice< :小明!plain@10.0.0.1 PRIVMSG #lobby :two
        [Said] #lobby 小明: one
        [Said] #lobby 小明: two
        bob> JOIN #lobby
        alice< :bob!u@10.0.0.1 JOIN #lobby
        py< [bob進入聊天室]
        bob< :bob!u@10.0.0.1 JOIN #lobby
        bob< :irc 353 bob = #lobby :@alice 小明 bob
        bob< :irc 366 bob #lobby :End of /NAMES list
        [Entered] #lobby bob 3
        py>> exit
        alice< :小明!plain@10.0.0.1 QUIT :Quit: 
        py<| 
        bob< :小明!plain@10.0.0.1 QUIT :Quit: 
        [Closed] Some("小明") Quit(None)
        [Left] #lobby 小明 2
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         console
         py connects
         60 s
         alice> PING x
         py>> 小明
         py pauses
         py>> 小明: 哈囉
         alice> PRIVMSG #lobby :hi
         py>> 小明: where is the exit?
         py>> 小明: one\\ntwo
         bob in no room
         bob> JOIN #lobby
         py>> exit",
    ));
}

#[test]
fn a_closed_window_and_a_refused_name_are_understood() {
    expect![[r#"
        py>> close
        py pauses
        py<| 
        [Closed] None Quit(None)
        pz>> Alice
        pz pauses
        pz< 名稱「Alice」已經有人使用，請換一個
        pz>> Alice: 小花
        alice< :小花!plain@10.0.0.1 JOIN #lobby
        pz< 請輸入訊息 (輸入 exit 離開)
        pz< 聊天室人數： 2
        [Named] 小花 10.0.0.1:1002
        [Entered] #lobby 小花 2
        pz>> Alice: 哈囉
        alice< :小花!plain@10.0.0.1 PRIVMSG #lobby :哈囉
        [Said] #lobby 小花: 哈囉
        pz>> Alice: close
        alice< :小花!plain@10.0.0.1 QUIT :Quit: 
        pz<| 
        [Closed] Some("小花") Quit(None)
        [Left] #lobby 小花 1
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         console
         py>> close
         py pauses
         pz>> Alice
         pz pauses
         pz>> Alice: 小花
         pz>> Alice: 哈囉
         pz>> Alice: close",
    ));
}

/// Whoever is shown what one receive brings stops at a character that is cut.
#[test]
fn what_it_is_sent_is_at_most_1024_bytes_in_a_line_and_in_all_on_entering() {
    let mut kit = Kit::with(|config| config.replay = 20);
    kit.play("alice with batch draft/multiline message-tags");
    let text = "長".repeat(150);
    for _ in 0..5 {
        kit.play_line("alice", &format!("PRIVMSG #lobby :{text}"));
    }
    kit.take();
    kit.play("py>> 小明\npy pauses");
    let shown = kit.take();
    let own: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix("py< ")).collect();
    assert_eq!(own.last(), Some(&&*format!("alice: {text}")), "{shown}");
    assert!(own.iter().map(|line| line.len() + 2).sum::<usize>() <= 1024, "{shown}");
    kit.play_line("alice", "BATCH +1 draft/multiline #lobby");
    kit.play_line("alice", &format!("@batch=1 PRIVMSG #lobby :{text}"));
    for _ in 0..5 {
        kit.play_line("alice", &format!("@batch=1;draft/multiline-concat PRIVMSG #lobby :{text}"));
    }
    kit.take();
    kit.play_line("alice", "BATCH -1");
    let shown = kit.take();
    let own: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix("py< ")).collect();
    assert!(own.iter().all(|line| line.len() + 2 <= 1024), "{shown}");
    let said: String = own.iter().filter_map(|line| line.strip_prefix("alice: ")).collect();
    assert_eq!(said, text.repeat(6));
}

/// Few may be silent for longer than ten seconds and the oldest goes first.
#[test]
fn few_may_be_silent_for_long() {
    let mut kit = Kit::new();
    let connect =
        |range: std::ops::Range<usize>| -> String { range.map(|n| format!("p{n} connects\n")).collect() };
    kit.play(&format!("{}5 s\n{}", connect(0..6), connect(6..12)));
    kit.play("far connects\nlocal connects\n4 s");
    assert!(!kit.take().contains('|'));
    kit.play("12 s");
    let closed = |shown: &str| -> Vec<String> {
        shown.lines().filter_map(|line| line.split_once("<|")).map(|(who, _)| who.to_owned()).collect()
    };
    assert_eq!(closed(&kit.take()), ["p0", "p1", "p2", "p3"]);
    kit.play("p4>> NICK p4\\r\\n\n11 s\n570 s");
    assert_eq!(closed(&kit.take()), ["p4", "p5"], "one that had begun, and one after ten minutes");
}

/// Each byte of a name that is typed one by one gives time for the next, for a minute.
#[test]
fn a_name_may_be_typed_slowly() {
    expect![[r#"
        nc>> b
        8 s
        nc>> o
        8 s
        nc>> b\r\n
        nc< 請輸入訊息 (輸入 exit 離開)
        nc< 聊天室人數： 1
        nd>> a
        9 s
        nd>> a
        9 s
        nd>> a
        9 s
        nd>> a
        9 s
        nd>> a
        9 s
        nd>> a
        9 s
        nd>> a
        9 s
        nd<| closed. (no name in 60 s)
    "#]]
    .assert_eq(&play(
        "nc>> b
         8 s
         nc>> o
         8 s
         nc>> b\\r\\n
         nd>> a
         9 s
         nd>> a
         9 s
         nd>> a
         9 s
         nd>> a
         9 s
         nd>> a
         9 s
         nd>> a
         9 s
         nd>> a
         9 s",
    ));
}
