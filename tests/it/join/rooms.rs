//! Several rooms at once.

use super::pipe::Filter;
use super::puppet::{CAPS, Client, Puppet};
use super::terminal::{inside, look};
use super::tty::Tty;
use crate::kit::undisturbed;
use vt100::Color;

const THREE: [&str; 6] = ["--room", "#lobby", "--room", "#lab", "--room", "#tea"];

/// 小花 in three rooms with 小明, #lobby current.
fn in_three_rooms(puppet: &Puppet, columns: u16) -> (Tty, Client) {
    let tty = Tty::join(columns, puppet.address(), &[&["--name", "小花"][..], &THREE].concat());
    let mut client = puppet.accept();
    client.register(CAPS);
    client.expect("JOIN #lobby,#lab,#tea");
    ["#lobby", "#lab", "#tea"].iter().for_each(|room| client.lets_into(room, "小明"));
    tty.sees("[#tea] [聊天室人數： 2: 小明, 小花]");
    tty.until("the prompt", |rows| rows.last().is_some_and(|row| row == "#lobby 我:"));
    (tty, client)
}

#[test]
fn a_further_room_is_entered_and_left() {
    let (mut tty, mut client) = inside(80);
    tty.keys("/join lab\r");
    client.expect("JOIN #lab");
    client.lets_into("#lab", "@bob");
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
    tty.keys("/leave\r");
    tty.ends_with(&["[您只在這一個聊天室裡；輸入 exit 離開]", "我:"]);
    // With one room there is nothing to go to.
    tty.keys("x\x1b2y");
    tty.rings();
    tty.ends_with(&["[您只在這一個聊天室裡；輸入 exit 離開]", "我: xy"]);
    client.fence();
}

#[test]
fn lines_of_other_rooms_name_them_at_eighty_columns() {
    undisturbed(|| {
        let puppet = Puppet::new();
        let (mut tty, mut client) = in_three_rooms(&puppet, 80);
        client.others("小安", "JOIN #lab");
        client.others("小安", "PRIVMSG #lab :小花，在嗎?");
        client.others("小安", "PRIVMSG #lab :\x01ACTION 揮手\x01");
        client.others("小安", "PRIVMSG 小花 :psst");
        client.others("小明", "PRIVMSG #lobby :大家好");
        tty.ends_with(&[
            "[#lab] [小安進入聊天室]",
            "[#lab] 小安: 小花，在嗎?",
            "[#lab] * 小安 揮手",
            "[私] 小安: psst",
            "小明: 大家好",
            "#lobby 我:",
        ]);
        assert_eq!(look(&tty, "小花，在嗎").ground, Color::Idx(146), "called by name");
        tty.rings();
        tty.keys("/rooms\r");
        client.expect("LIST");
        client.send(":s.local 322 小花 #zoo 3 :animals\n:s.local 323 小花 :End\n");
        tty.ends_with(&[
            "我: /rooms",
            "[#zoo (3) animals]",
            "[1 #lobby，在這裡說話]",
            "[2 #lab，未讀 2 則，1 則提到您]",
            "[3 #tea]",
            "#lobby 我:",
        ]);
        tty.picture("rooms-80");
        // People of this room are offered first, then others, and rooms.
        tty.keys("/join #z\t\x15小安\t");
        tty.ends_with(&["#lobby 我: 小安:"]);
        client.others("小安", "QUIT");
        tty.ends_with(&["[#lab] 小安離開聊天室...", "#lobby 我: 小安:"]);
        tty.keys("\x15/join #z\t\r");
        client.expect("JOIN #zoo");
        tty.keys("said before it is entered\r");
        client.fence();
        client.lets_into("#zoo", "");
        assert_eq!(client.echo_in("#zoo"), "said before it is entered");
    });
}

#[test]
fn lines_of_other_rooms_name_them_at_forty_and_at_twenty_columns() {
    let puppet = Puppet::new();
    let (tty, mut client) = in_three_rooms(&puppet, 40);
    let text = "該行的尾端如果有單字跨行列印 hello world，然後。「好」";
    client.others("小明", &format!("PRIVMSG #lab :{text}"));
    tty.ends_with(&[
        "[#lab] 小明: 該行的尾端如果有單字跨行列",
        "             印 hello world，然後。",
        "             「好」",
        "#lobby 我:",
    ]);
    tty.picture("rooms-40");
    tty.resize(24, 20);
    client.others("小明", "PRIVMSG #tea :喝茶 at five");
    tty.ends_with(&["[#tea] 小明: 喝茶 at", "             five", "#lobby 我:"]);
    client.others("小明", "JOIN #a-long-name");
    client.send(":小花!u@h JOIN #a-long-name\n:s.local 366 小花 #a-long-name :End\n");
    client.others("小明", "PRIVMSG #a-long-name :嗨");
    tty.ends_with(&["[#a-long-name]", "小明: 嗨", "#lobby 我:"]);
    tty.picture("rooms-20");
}

/// With `/notices few` they were told ten seconds later, as of the other room.
#[test]
fn comings_stand_above_the_line_of_the_next_room() {
    let puppet = Puppet::new();
    let (mut tty, mut client) = in_three_rooms(&puppet, 80);
    tty.keys("/notices few\r");
    tty.sees("[進來和離開的人合在一行，說話時不顯示]");
    client.others("小安", "JOIN #lobby");
    client.fence();
    tty.keys("\x1b2");
    tty.ends_with(&["[小安進入聊天室]", "── #lab ──", "#lab 我:"]);
}

#[test]
fn three_rooms_come_back_and_what_was_typed_goes_where_it_was_typed() {
    undisturbed(|| {
        let puppet = Puppet::new();
        let (mut tty, client) = in_three_rooms(&puppet, 80);
        drop(client);
        tty.sees("重新連線中");
        tty.keys("for the lobby\r\x1b2for the lab\r\x1b3for tea\r\x1b2half");
        tty.ends_with(&[
            "我: for the lobby",
            "[沒有連線，您說的話會在連上後送出]",
            "── #lab ──",
            "我: for the lab",
            "── #tea ──",
            "我: for tea",
            "── #lab ──",
            "#lab 我: half",
        ]);
        let mut client = puppet.accept();
        client.register(CAPS);
        // The current one first.
        client.expect("JOIN #lab,#lobby,#tea");
        client.lets_into("#tea", "小明");
        assert_eq!(client.echo_in("#tea"), "for tea");
        client.send(":s.local 471 小花 #lobby :Cannot join channel (+l)\n");
        client.lets_into("#lab", "小明");
        assert_eq!(client.echo_in("#lab"), "for the lab");
        tty.ends_with(&[
            "[還不能進入 #lobby: 聊天室已經滿了；會再試，您說的話會在進入後送出]",
            "[重新連上了，聊天室人數： 2]",
            "[已送達]",
            "#lab 我: half",
        ]);
        tty.picture("rooms-back-80");
        client.expect("JOIN #lobby");
        client.lets_into("#lobby", "小明");
        assert_eq!(client.echo(), "for the lobby");
        tty.keys("\r");
        assert_eq!(client.echo_in("#lab"), "half");
        client.others("小明", "KICK #tea 小花 :no tea");
        tty.ends_with(&[
            "[#tea] [小明把小花請出聊天室] (no tea)",
            "[您不在 #tea 裡了；用 /join #tea 可以再進去]",
            "#lab 我:",
        ]);
        tty.keys("exit\ry\r");
        client.goodbye();
        assert_eq!(tty.exit_code(), 0);
        tty.assert_given_back();
    });
}

#[test]
fn plain_lines_name_other_rooms_and_are_said_in_the_current_one() {
    let puppet = Puppet::new();
    let args = [&["--name", "小花", "--commands"][..], &THREE[..4]].concat();
    let mut filter = Filter::join(puppet.address(), &args);
    let mut client = puppet.accept();
    client.register(CAPS);
    client.expect("JOIN #lobby,#lab");
    client.lets_into("#lobby", "");
    client.lets_into("#lab", "小明");
    filter.until("[#lab] [聊天室人數： 2: 小明, 小花]");
    client.others("小明", "PRIVMSG #lab :hi");
    filter.until("[#lab] 小明: hi");
    filter.write(b"one\n");
    assert_eq!(client.echo(), "one");
    filter.until("我: one");
    filter.write(b"/join #lab\ntwo\n");
    filter.until("── #lab ──");
    assert_eq!(client.echo_in("#lab"), "two");
    filter.until("我: two");
    // What comes next waits until it is known what becomes of the room.
    filter.write(b"/join #new\nthree\n/leave\nfour\n");
    client.expect("JOIN #new");
    client.fence();
    filter.end_input();
    client.send(":s.local 473 小花 #new :Cannot join channel (+i)\n");
    filter.until("[無法進入 #new: 只有受邀請的人可以進入；要管理員准許才能進去；用 /leave 回到原來的]");
    filter.until("未送出: 您不在這個聊天室裡: three");
    filter.until("── #lab ──");
    assert_eq!(client.echo_in("#lab"), "four");
    client.goodbye();
    assert_eq!(filter.end().0, Some(1), "a line was not said");
}
