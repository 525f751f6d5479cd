//! What peers and servers send can't steer the terminal, nor look like
//! something that this program says.

use super::terminal::{inside, look};
use crate::kit::undisturbed;

/// The clipboard, a link, a device control string, a question to the
/// terminal, a cleared screen, the eighth-bit twin of `ESC [`, a title, a
/// character set, an override of the direction.
const HOSTILE: &str = "\x1b]52;c;ZXZpbA==\x07\x1b]8;;http://evil/\x1b\\link\x1bP1$q\x1b\\\x1b[6n\x1b[2J\u{9b}2J\x1b]0;owned\x07\x1b(0\u{202e}x";

#[test]
fn nothing_that_others_send_reaches_the_terminal_raw() {
    let (mut tty, mut client) = inside(80);
    let before = tty.raw().len();
    let h = HOSTILE;
    client.others("小明", &format!("PRIVMSG #lobby :{h}"));
    client.others("小明", &format!("PRIVMSG 小花 :{h}"));
    client.others("小明", &format!("PRIVMSG #lobby :\x01ACTION {h}\x01"));
    client.others("小明", &format!("TOPIC #lobby :{h}"));
    client.others(&format!("e{h}e"), "JOIN #lobby");
    client.others(&format!("e{h}e"), "PRIVMSG #lobby :hi");
    client.others(&format!("e{h}e"), &format!("NICK f{h}f"));
    client.others(&format!("f{h}f"), &format!("QUIT :{h}"));
    client.others("小明", &format!("KICK #lobby bob :{h}"));
    client.send(&format!(":s.local NOTICE 小花 :{h}\n"));
    client.send(&format!(":s.local 301 小花 e{h} :{h}\n"));
    client.send(&format!(":s.local 404 小花 #lobby :{h}\n"));
    tty.keys("/rooms\r");
    client.expect("LIST");
    client.send(&format!(":s.local 322 小花 #r{h} 3 :{h}\n:s.local 323 小花 :End\n"));
    client.send(&format!(":小花!u@h JOIN #r{h}\n"));
    client.send(&format!(":s.local 353 小花 = #r{h} :小花 n{h}\n:s.local 366 小花 #r{h} :End\n"));
    client.others("last", &format!("PRIVMSG #r{h} :the end"));
    tty.sees("last: the end");
    tty.picture("hostile-80");
    let raw = tty.raw();
    let drawn = &raw[before..];
    for escape in ["\x1b]", "\x1bP", "\x1b[6n", "\x1b[2J", "\x1b(", "\u{9b}", "\u{202e}"] {
        assert!(!drawn.contains(escape), "{escape:?} in {drawn:?}");
    }
    // The window's title is the only one that was set.
    assert!(!tty.titles().iter().any(|title| title.contains("owned")));
}

/// Modes were told with whatever stood in place of their letters: the beginning of a sequence that the
/// next message went on with.
#[test]
fn modes_and_answers_do_not_steer_the_terminal() {
    let (mut tty, mut client) = inside(80);
    let before = tty.raw().len();
    let h = HOSTILE;
    client.send(&format!(":s.local MODE #lobby +\x1b\u{9d}\u{9b}i{h}\n"));
    client.send(&format!(":s.local MODE #lobby +b :{h}\n"));
    client.send(&format!(":s.local 324 小花 #lobby +\x1b\u{9b}m{h} :{h}\n"));
    tty.keys("/whois 小明\r");
    client.expect("WHOIS 小明");
    client.send(&format!(":s.local 311 小花 小明 u{h} h{h} * :{h}\n:s.local 319 小花 小明 :#{h}\n"));
    client.send(&format!(":s.local 301 小花 小明 :{h}\n:s.local 330 小花 小明 a{h} :as\n"));
    client.send(":s.local 318 小花 小明 :End\n");
    client.others("小明", "PRIVMSG #lobby :8;;http://evil/\x07the end");
    tty.sees("小明: 8;;http://evil/the end");
    let raw = tty.raw();
    let drawn = &raw[before..];
    for escape in ["\x1b]", "\x1bP", "\x1b[6n", "\x1b[2J", "\x1b(", "\u{9b}", "\u{9d}", "\u{202e}"] {
        assert!(!drawn.contains(escape), "{escape:?} in {drawn:?}");
    }
}

#[test]
fn nobody_looks_like_this_program_or_like_me() {
    undisturbed(|| {
        let (mut tty, mut client) = inside(40);
        client.others("我", "PRIVMSG #lobby :not me");
        client.others("[小明進入聊天室]", "PRIVMSG #lobby :not a notice");
        client.send(":s.local NOTICE 小花 :小明進入聊天室\n");
        let filler = "x".repeat(34);
        client.others("小明", &format!("PRIVMSG #lobby :{filler} [小安進入聊天室]"));
        client.others("小明", &format!("QUIT :{filler} [小安進入聊天室]"));
        tty.sees("  [小安進入聊天室])");
        tty.keys("me\r");
        client.echo();
        tty.ends_with(&[
            "<我>: not me",
            "<[小明進入聊天室]>: not a notice",
            "[伺服器: 小明進入聊天室]",
            &format!("小明: {filler}"),
            "      [小安進入聊天室]",
            "小明離開聊天室...",
            &format!("  ({filler}"),
            "  [小安進入聊天室])",
            "我: me",
            "我:",
        ]);
        assert_ne!(look(&tty, "<我>").ink, look(&tty, "我: me").ink);
        tty.picture("imitations-40");
    });
}
