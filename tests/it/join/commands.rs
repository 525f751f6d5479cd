//! The commands of the room, and what Tab and ↑ offer.

use super::puppet::Client;
use super::terminal::inside;

/// Takes a labelled message to this target and echoes it.
fn echo_to(client: &mut Client, target: &str) -> String {
    let line = client.line();
    let parts = line.strip_prefix("@label=").and_then(|rest| rest.split_once(' '));
    let (label, rest) = parts.unwrap_or_else(|| panic!("no labelled message: {line:?}"));
    let text = rest.strip_prefix(&format!("PRIVMSG {target} :")).unwrap_or_else(|| panic!("{rest:?}"));
    client.send(&format!("@label={label} :小花!u@h {rest}\n"));
    text.to_owned()
}

#[test]
fn doing_and_whispering_are_shown_once_the_server_has_them() {
    let (mut tty, mut client) = inside(80);
    tty.keys("/me 揮手\r");
    assert_eq!(echo_to(&mut client, "#lobby"), "\x01ACTION 揮手\x01");
    tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "* 小花 揮手", "我:"]);
    tty.keys("/msg 小明 psst, hi\r");
    assert_eq!(echo_to(&mut client, "小明"), "psst, hi");
    tty.ends_with(&["* 小花 揮手", "[私] 我 → 小明: psst, hi", "我:"]);
    client.send(":s.local 301 小花 小明 :lunch\n");
    tty.ends_with(&["[小明暫時離開: lunch]", "我:"]);
    tty.picture("private-80");
}

#[test]
fn every_command_says_what_the_server_needs() {
    let (mut tty, mut client) = inside(80);
    for (typed, sent) in [
        ("/nick 花花", "NICK 花花"),
        ("/topic 今天喝茶", "TOPIC #lobby :今天喝茶"),
        ("/rooms", "LIST"),
        ("/kick 小明 spam it", "KICK #lobby 小明 :spam it"),
        ("/away 吃飯", "AWAY :吃飯"),
        ("/AWAY", "AWAY"),
    ] {
        tty.keys(&format!("{typed}\r"));
        client.expect(sent);
    }
    client.send(":s.local 322 小花 #lab 3 :實驗\n:s.local 322 小花 #lobby 12 :\n:s.local 323 小花 :End\n");
    tty.ends_with(&["[#lab (3) 實驗]", "[#lobby (12)]", "我:"]);
    client.send(":s.local 433 小花 花花 :Nickname is already in use.\n");
    tty.sees("[不能改名為花花: 這個名稱已經有人使用，請用 /nick 換一個]");
    client.send(":小花!u@h NICK 大花\n");
    tty.sees("[小花改名為大花]");
    tty.keys("/msg\r");
    tty.ends_with(&["我: /msg", "[請打 /msg NAME TEXT]", "我:"]);
    client.fence();
}

#[test]
fn what_needs_no_server_asks_none() {
    let (mut tty, mut client) = inside(80);
    client.others("小明", "PRIVMSG #lobby :tea or coffee?");
    tty.sees("coffee?");
    tty.keys("Tea!\r");
    client.echo();
    client.fence();
    tty.keys("/grep tea\r");
    tty.ends_with(&[
        "我: /grep tea",
        "[這個伺服器不保留對話，只有這次進來以後的]",
        "[含「tea」的訊息有 2 則]",
        "小明: tea or coffee?",
        "我: Tea!",
        "── 以上是先前的訊息 ──",
        "我:",
    ]);
    tty.keys("/who\r");
    tty.ends_with(&["[聊天室人數： 2: 小明, 小花]", "我:"]);
    tty.keys("/bell off\r");
    tty.ends_with(&["[不響鈴]", "我:"]);
    tty.keys("/topic\r");
    tty.sees("[沒有主題]");
    tty.keys("/ignore 小明\r");
    tty.ends_with(&["[忽略: 小明]", "我:"]);
    client.others("小明", "PRIVMSG #lobby :unheard");
    client.others("小安", "PRIVMSG #lobby :heard");
    tty.ends_with(&["[忽略: 小明]", "小安: heard", "我:"]);
    tty.keys("/help\r");
    tty.sees("/bell [off|mention|all]  什麼時候響鈴");
    tty.picture("help-80");
    tty.keys("/clear\r");
    tty.until("a clear screen", |rows| rows.len() == 4 && rows[0] == "小花的聊天室" && rows[3] == "我:");
    client.fence();
}

#[test]
fn tab_completes_names_and_commands() {
    let (mut tty, mut client) = inside(40);
    tty.keys("小明\t嗨\r");
    assert_eq!(client.echo(), "小明: 嗨");
    tty.keys("/cl\t\r");
    tty.until("a clear screen", |rows| rows.len() == 4 && rows[3] == "我:");
    tty.keys("嗨 小\t再見\r");
    assert_eq!(client.echo(), "嗨 小明 再見");
    // Who has written privately need not be in the room.
    client.others("小安", "PRIVMSG 小花 :psst");
    tty.ends_with(&["[私] 小安: psst", "我:"]);
    tty.keys("/msg 小\t嗨\r");
    assert_eq!(echo_to(&mut client, "小安"), "嗨");
    tty.picture("completed-40");
}

#[test]
fn a_long_line_says_how_much_fits_and_never_fills_the_screen() {
    let (mut tty, mut client) = inside(40);
    tty.keys(&"x".repeat(420));
    tty.sees("位元組)");
    tty.picture("bytes-left-40");
    tty.keys(&"y".repeat(80));
    tty.sees("(將分為 2 則)");
    tty.keys(&"z".repeat(2000));
    tty.sees("z");
    client.others("小明", "PRIVMSG #lobby :still here");
    tty.sees("小明: still here");
    tty.keys("\x15ok\r");
    assert_eq!(client.echo(), "ok");
}
