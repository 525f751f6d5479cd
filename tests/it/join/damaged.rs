//! Lines that are damaged: cut inside a character, or of another encoding.

use super::terminal::inside;

/// A line that was not UTF-8 was passed over, and whoever had left stayed in `/who`.
#[test]
fn damaged_lines_are_shown_and_change_who_is_here() {
    let (mut tty, mut client) = inside(80);
    client.bytes(b":\xe5\xb0\x8f\xe5\xae\x89!u@h JOIN #lobby\r\n");
    client.bytes(b":\xe5\xb0\x8f\xe5\xae\x89!u@h PRIVMSG #lobby :caf\xe9 \xe5\xb0\r\n");
    client.bytes(b":\xe5\xb0\x8f\xe6\x98\x8e!u@h QUIT :\xe5\xb0\x8f\xe6\r\n");
    client.fence();
    tty.keys("/who\r");
    tty.sees("小明離開聊天室...");
    tty.sees("[聊天室人數： 2: 小安, 小花]");
    // The terminal emulator draws no U+FFFD.
    assert!(tty.raw().contains("caf\u{fffd} \u{fffd}"), "{:?}", tty.raw());
}
