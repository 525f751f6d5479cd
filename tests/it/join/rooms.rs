//! Several rooms at once.

use super::terminal::inside;

#[test]
fn a_further_room_is_entered_and_left() {
    let (mut tty, mut client) = inside(80);
    tty.keys("/join lab\r");
    client.expect("JOIN #lab");
    client.send(":小花!u@h JOIN #lab\n:s.local 353 小花 = #lab :小花 @bob\n:s.local 366 小花 #lab :End\n");
    tty.ends_with(&["聊天室人數： 2: @bob, 小花", "#lab 我:"]);
    client.others("小明", "PRIVMSG #lobby :over here");
    client.others("bob", "PRIVMSG #lab :welcome");
    tty.ends_with(&["[#lobby] 小明: over here", "bob: welcome", "#lab 我:"]);
    tty.keys("half\x1b1");
    tty.ends_with(&["bob: welcome", "── #lobby ──", "#lobby 我: half"]);
    tty.keys("\r");
    assert_eq!(client.echo(), "half");
    tty.keys("/join #lab\r");
    tty.ends_with(&["我: half", "我: /join #lab", "── #lab ──", "#lab 我:"]);
    tty.keys("/leave\r");
    client.expect("PART #lab");
    tty.ends_with(&["── #lobby ──", "我:"]);
}
