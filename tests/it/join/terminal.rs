//! What a person sees: the picture on the terminal.

use super::puppet::{CAPS, Client, Puppet};
use super::tty::Tty;
use crate::kit::undisturbed;
use vt100::Color;

/// How a character looks.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) ink: Color,
    pub(super) ground: Color,
    pub(super) bold: bool,
    pub(super) italic: bool,
    pub(super) dim: bool,
    pub(super) inverse: bool,
}

/// 小花 in the room with 小明, on an empty screen but for the header's rows.
pub(super) fn inside(columns: u16) -> (Tty, Client) {
    let puppet = Puppet::new();
    let tty = Tty::join(columns, puppet.address(), &["--name", "小花"]);
    let client = puppet.welcome(CAPS, "小明");
    tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
    (tty, client)
}

/// How the first character of the last row that contains this text looks.
pub(super) fn look(tty: &Tty, text: &str) -> Look {
    tty.look(|screen| {
        let rows: Vec<String> = screen.rows(0, screen.size().1.get()).collect();
        let row = rows.iter().rposition(|row| row.contains(text)).expect("the text is on the screen");
        let before = &rows[row][..rows[row].find(text).unwrap()];
        let column = unicode_width::UnicodeWidthStr::width(before);
        let cell = screen.cell(u16::try_from(row).unwrap(), u16::try_from(column).unwrap()).unwrap();
        let (ink, ground) = (cell.fgcolor(), cell.bgcolor());
        let (bold, italic, dim, inverse) = (cell.bold(), cell.italic(), cell.dim(), cell.inverse());
        Look { ink, ground, bold, italic, dim, inverse }
    })
}

#[test]
fn the_name_is_asked_for_and_then_the_room_is_entered() {
    let puppet = Puppet::new();
    let mut tty = Tty::join(80, puppet.address(), &[]);
    tty.shows(&["請輸入您的名稱:"]);
    tty.keys("  \r");
    tty.shows(&["請輸入您的名稱:", "請輸入您的名稱:"]);
    tty.keys("小 明\r");
    tty.ends_with(&["名稱不能有空白，例如: 小明", "請輸入您的名稱:"]);
    assert!(!puppet.is_called());
    tty.keys("小花\r");
    let mut client = puppet.accept();
    client.register(CAPS);
    assert_eq!(tty.titles(), ["多人聊天室"]);
    client.enter("小明");
    let address = puppet.address();
    tty.ends_with(&[
        "請輸入您的名稱: 小花",
        &format!("連線到 {address} …"),
        "小花的聊天室",
        &format!("#lobby，{address}，未加密"),
        "聊天室人數： 2: 小明, 小花",
        "請輸入訊息 (輸入 exit 離開)",
        "我:",
    ]);
    assert_eq!(tty.titles(), ["多人聊天室", "小花的聊天室 (未加密) - 多人聊天室"]);
}

#[test]
fn the_conversation_in_the_original_s_words() {
    let (mut tty, mut client) = inside(80);
    client.others("小安", "JOIN #lobby");
    client.others("小安", "PRIVMSG #lobby :大家好");
    tty.ends_with(&["[小安進入聊天室]", "小安: 大家好", "我:"]);
    tty.keys("哈囉\r");
    assert_eq!(client.echo(), "哈囉");
    client.others("小安", "QUIT");
    tty.ends_with(&["我: 哈囉", "小安離開聊天室...", "我:"]);
}

#[test]
fn a_half_typed_line_is_never_torn() {
    let (mut tty, mut client) = inside(80);
    tty.keys("半句話 hal");
    tty.ends_with(&["我: 半句話 hal"]);
    for n in 0..100 {
        client.others("小明", &format!("PRIVMSG #lobby :line {n}"));
    }
    tty.ends_with(&["小明: line 98", "小明: line 99", "我: 半句話 hal"]);
    tty.until("every line once and in order", |rows| {
        let lines = rows.iter().filter(|row| row.starts_with("小明: line"));
        lines.rev().enumerate().all(|(back, row)| *row == format!("小明: line {}", 99 - back))
    });
    tty.keys("f\r");
    assert_eq!(client.echo(), "半句話 half");
    tty.ends_with(&["小明: line 99", "我: 半句話 half", "我:"]);
}

#[test]
fn words_wrap_whole_with_a_hanging_indent_at_forty_columns() {
    undisturbed(|| {
        let (mut tty, mut client) = inside(40);
        client.others(
            "小明",
            "PRIVMSG #lobby :該行的尾端如果有單字跨行列印 hello world，然後。「好」 twentycolumnswide!!!",
        );
        tty.ends_with(&[
            "小明: 該行的尾端如果有單字跨行列印 hello",
            "      world，然後。「好」",
            "      twentycolumnswide!!!",
            "我:",
        ]);
        // While it is typed it wraps as it does once it is said, but for the indent.
        tty.keys("one two three four five six seven eight nine");
        tty.ends_with(&["我: one two three four five six seven", "eight nine"]);
        tty.keys("\x1b[D\x1b[D\r");
        client.echo();
        tty.ends_with(&["我: one two three four five six seven", "    eight nine", "我:"]);
    });
}

#[test]
fn a_line_that_just_fits_leaves_no_empty_row() {
    // Too narrow for a time, which would take some of the row where a minute begins.
    let (mut tty, mut client) = inside(30);
    for fits in ["x".repeat(26), "字".repeat(13), format!("{}y", "字".repeat(13))] {
        tty.keys(&format!("{fits}\r"));
        assert_eq!(client.echo(), fits);
    }
    let wide = format!("我: {}", "字".repeat(13));
    tty.ends_with(&[&format!("我: {}", "x".repeat(26)), &wide, &wide, "    y", "我:"]);
}

#[test]
fn leaving_is_asked_with_the_draft_kept() {
    let (mut tty, mut client) = inside(80);
    tty.keys("半句話\x1b[D");
    tty.ends_with(&["我: 半句話"]);
    tty.keys("\x03");
    tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "確定要離開嗎? are you sure? [y/N]"]);
    client.others("小明", "PRIVMSG #lobby :別走");
    tty.ends_with(&["小明: 別走", "確定要離開嗎? are you sure? [y/N]"]);
    tty.keys("n\r");
    tty.ends_with(&["小明: 別走", "我: 半句話"]);
    tty.keys("!\r");
    assert_eq!(client.echo(), "半句!話");
    for ask in ["exit\r", " EXIT \r", "/quit\r", "\x04"] {
        tty.keys(ask);
        tty.ends_with(&["我: 半句!話", "確定要離開嗎? are you sure? [y/N]"]);
        tty.keys("\r");
        tty.ends_with(&["我: 半句!話", "我:"]);
    }
    tty.keys("exit\ry\r");
    client.goodbye();
    assert_eq!(tty.exit_code(), 0);
    tty.assert_given_back();
}

#[test]
fn a_second_interrupt_leaves() {
    for second in ["\x03", "\x04"] {
        let (mut tty, mut client) = inside(80);
        tty.keys("\x03");
        tty.sees("are you sure?");
        tty.keys(second);
        client.goodbye();
        assert_eq!(tty.exit_code(), 0);
        tty.assert_given_back();
    }
}

/// It asked to leave, and had called back a line of the history into the answer.
#[test]
fn ctrl_c_ends_a_search_first_and_a_question_has_no_history() {
    let (mut tty, mut client) = inside(80);
    tty.keys("hello\r");
    client.echo();
    tty.ends_with(&["我: hello", "我:"]);
    tty.keys("half\x12hel");
    tty.ends_with(&["(reverse-i-search)`hel': hello"]);
    tty.keys("\x03");
    tty.ends_with(&["我: hello", "我: half"]);
    tty.keys("\x03\x1b[A");
    tty.rings();
    tty.ends_with(&["確定要離開嗎? are you sure? [y/N]"]);
    tty.keys("n\r");
    tty.ends_with(&["我: hello", "我: half"]);
}

#[test]
fn an_empty_line_sends_and_leaves_nothing() {
    let (mut tty, mut client) = inside(80);
    tty.keys("\r\r   \r");
    tty.keys("x\r");
    assert_eq!(client.echo(), "x");
    tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我: x", "我:"]);
}

#[test]
fn a_paste_of_several_lines_is_asked_for_once() {
    let (mut tty, mut client) = inside(80);
    tty.paste("one\r\ntwo\r\n\r\nthree");
    tty.ends_with(&["共 4 行，要送出嗎? [y/N]"]);
    client.fence();
    tty.keys("y\r");
    for line in ["one", "two", "three"] {
        assert_eq!(client.echo(), line);
    }
    tty.ends_with(&["我: one", "我: two", "我: three", "我:"]);
}

#[test]
fn a_paste_higher_than_the_screen_is_not_drawn_but_asked_for() {
    let (mut tty, mut client) = inside(80);
    tty.keys("see: ");
    tty.ends_with(&["我: see:"]);
    let drawn = tty.raw().len();
    tty.paste(&"long ".repeat(1000));
    tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "這一行有 5004 個字，要送出嗎? [y/N]"]);
    assert!(tty.raw().len() - drawn < 2000, "{:?}", &tty.raw()[drawn..]);
    tty.keys("n\r");
    let kept = "[沒有送出；按 ↑ 可以找回貼上的內容]";
    tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", kept, "我: see:"]);
    client.fence();
    let lines: String = (0..100).map(|n| format!("row {n}\n")).collect();
    tty.paste(&lines);
    tty.ends_with(&["共 100 行，要送出嗎? [y/N]"]);
    tty.keys("是\r");
    assert_eq!(client.echo(), "see: row 0");
    for n in 1..100 {
        assert_eq!(client.echo(), format!("row {n}"));
    }
    tty.ends_with(&["我: row 98", "我: row 99", "我:"]);
    // What is short stays in the line, also after what was too long.
    tty.paste("短");
    tty.keys("的\r");
    assert_eq!(client.echo(), "短的");
    tty.ends_with(&["我: row 99", "我: 短的", "我:"]);
}

#[test]
fn joined_emoji_are_as_high_as_they_are_drawn() {
    let (mut tty, mut client) = inside(80);
    // Two columns each where they are joined, six where they are not.
    let text = "👩‍👩‍👧".repeat(300);
    tty.paste(&text);
    let question = format!("這一行有 {} 個字，要送出嗎? [y/N]", text.chars().count());
    tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", &question]);
    tty.keys("n\r");
    client.fence();
}

#[test]
fn lines_that_are_typed_faster_than_read_all_arrive() {
    let (mut tty, mut client) = inside(80);
    let lines: String = (0..300).map(|n| format!("line {n}\r")).collect();
    tty.keys(&lines);
    for n in 0..300 {
        assert_eq!(client.echo(), format!("line {n}"));
    }
    tty.ends_with(&["我: line 298", "我: line 299", "我:"]);
}

#[test]
fn nothing_is_lost_glued_or_doubled_while_both_sides_talk() {
    const MINE: usize = 1000;
    const THEIRS: usize = 4000;
    let puppet = Puppet::new();
    let rows = u16::try_from(MINE + THEIRS + 20).unwrap();
    let mut tty = Tty::open(rows, 80, puppet.address(), &["--name", "小花"], &[]);
    let mut client = puppet.welcome(CAPS, "小明");
    tty.sees("我:");
    for n in 0..MINE {
        tty.keys(&format!("mine {n}\r"));
        let each = THEIRS / MINE;
        let theirs = (n * each..(n + 1) * each).map(|n| format!(":小明!u@h PRIVMSG #lobby :theirs {n}\n"));
        client.send(&theirs.collect::<String>());
        assert_eq!(client.echo(), format!("mine {n}"));
    }
    // Leaving must not lose what is not drawn yet.
    client.others("小明", "PRIVMSG #lobby :theirs 4000");
    tty.keys("exit\ry\r");
    client.goodbye();
    assert_eq!(tty.exit_code(), 0);
    let screen = tty.rows();
    let lines =
        |head: &str| -> Vec<&str> { screen.iter().filter_map(|row| row.strip_prefix(head)).collect() };
    let wanted = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
    assert_eq!(lines("我: mine "), wanted(MINE));
    assert_eq!(lines("小明: theirs "), wanted(THEIRS + 1));
}

#[test]
fn what_others_send_cannot_steer_the_terminal() {
    let (tty, mut client) = inside(80);
    client.others("小明", "PRIVMSG #lobby :a\x1b[2J\x1b]0;owned\x07\x1b[31mb\u{9b}5mc\u{202e}d");
    client.others("e\x1b[31mve", "PRIVMSG #lobby :\x1b[10A[小安進入聊天室]");
    tty.ends_with(&["小明: a[2J]0;owned[31mb5mcd", "e[31mve: [10A[小安進入聊天室]", "我:"]);
    assert!(!tty.titles().iter().any(|title| title.contains("owned")));
}

#[test]
fn a_line_that_was_not_sent_says_why() {
    let (mut tty, mut client) = inside(80);
    tty.keys("hm\r");
    let (label, _) = client.message();
    client.send(&format!("@label={label} :s.local 404 小花 #lobby :Muted\n"));
    tty.ends_with(&["我: hm", "未送出: Muted: hm", "我:"]);
    client.send("@batch=x;time=2026-01-01T00:00:00.000Z :s.local NOTICE 小花 :hi\n");
    tty.ends_with(&["[伺服器: hi]", "我:"]);
}

#[test]
fn a_slow_server_is_told_about_and_so_is_its_answer() {
    let (mut tty, mut client) = inside(80);
    tty.keys("slow\r");
    let (label, _) = client.message();
    tty.ends_with(&["我: slow", "[還沒送達，等待伺服器 …]", "我:"]);
    client.send(&format!("@label={label} :小花!u@h PRIVMSG #lobby :slow\n"));
    tty.ends_with(&["[還沒送達，等待伺服器 …]", "[已送達]", "我:"]);
}

#[test]
fn an_unknown_command_is_answered_with_the_nearest() {
    let (mut tty, mut client) = inside(80);
    tty.keys("/hepl\r");
    tty.ends_with(&["我: /hepl", "[沒有 /hepl 這個指令，您是指 /help 嗎?]", "我:"]);
    client.fence();
    tty.keys("//hepl\r");
    assert_eq!(client.echo(), "/hepl");
    tty.ends_with(&["我: /hepl", "我:"]);
}

#[test]
fn a_taken_name_asks_for_another() {
    let puppet = Puppet::new();
    let mut tty = Tty::join(80, puppet.address(), &["--name", "小花"]);
    let mut client = puppet.accept();
    client.expect("CAP LS 302");
    client.send(":s.local 433 * 小花 :Nickname is already in use.\n");
    let hint = "[如果那是您自己剛才斷掉的連線，過 20 秒直接按 Enter 再試]";
    tty.ends_with(&["名稱「小花」已經有人使用，請換一個", hint, "請輸入您的名稱:"]);
    // Somebody whose own lost connection had the name typed it anew, or took another one.
    tty.keys("\r");
    let mut client = puppet.accept();
    client.expect("CAP LS 302");
    client.expect("NICK 小花");
    client.send(":s.local 433 * 小花 :Nickname is already in use.\n");
    tty.ends_with(&[hint, "請輸入您的名稱:"]);
    tty.keys("花花\r");
    let _client = puppet.welcome(CAPS, "");
    tty.sees("花花的聊天室");
}

#[test]
fn a_signal_gives_the_terminal_back() {
    undisturbed(|| {
        for (signal, code) in [("-TERM", 143), ("-HUP", 129)] {
            let (mut tty, mut client) = inside(80);
            tty.keys("half a line");
            tty.sees("half a line");
            tty.signal(signal);
            client.goodbye();
            assert_eq!(tty.exit_code(), code, "{signal}");
            tty.assert_given_back();
        }
    });
}

#[test]
fn a_signal_is_heard_while_a_name_is_asked_for_and_while_connecting() {
    let puppet = Puppet::new();
    let mut tty = Tty::join(80, puppet.address(), &[]);
    tty.sees("請輸入您的名稱:");
    tty.signal("-TERM");
    assert_eq!(tty.exit_code(), 143);
    tty.assert_given_back();
    let mut tty = Tty::join(80, puppet.address(), &["--name", "bob"]);
    let _silent = puppet.accept();
    tty.keys("\x03");
    assert_eq!(tty.exit_code(), 130);
    tty.assert_given_back();
}

#[test]
fn a_dumb_terminal_gets_lines_and_no_escape_codes() {
    for (args, env, leave) in [
        (&["--name", "小花"][..], &[("TERM", "dumb")][..], "y\r"),
        (&["--name", "小花", "--plain"], &[], "\x03"),
    ] {
        let puppet = Puppet::new();
        let mut tty = Tty::open(24, 80, puppet.address(), args, env);
        let mut client = puppet.welcome(CAPS, "小明");
        tty.sees("請輸入訊息 (輸入 exit 離開)");
        tty.keys("hello\r");
        client.echo();
        client.others("小明", "PRIVMSG #lobby :hi");
        // The terminal itself has echoed what was typed.
        tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "hello", "小明: hi"]);
        // Ctrl-C asks, too; what is no answer means no, and is said.
        tty.keys("\x03");
        // Behind the `^C` that the terminal itself draws.
        tty.until("the question", |rows| rows.last().is_some_and(|row| row.ends_with("are you sure? [y/N]")));
        // A key that is a signal throws away what was typed and not yet read.
        tty.keys("n\rhere\r");
        assert_eq!(client.echo(), "here");
        tty.keys("\x03");
        tty.until("the question again", |rows| rows.iter().filter(|row| row.ends_with("[y/N]")).count() == 2);
        tty.keys("still here\r");
        assert_eq!(client.echo(), "still here");
        tty.keys("exit\r");
        tty.ends_with(&["exit", "確定要離開嗎? are you sure? [y/N]"]);
        tty.keys(leave);
        client.goodbye();
        assert_eq!(tty.exit_code(), 0);
        assert!(!tty.raw().contains('\x1b'), "{:?}", tty.raw());
    }
}
