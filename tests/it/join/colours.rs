//! Colours: the original's palette in truecolor or the nearest of 256, sixteen, or none.

use super::puppet::{CAPS, Client, Puppet};
use super::terminal::{Look, look};
use super::tty::Tty;
use vt100::Color;

const TRUE: (&str, &str) = ("COLORTERM", "truecolor");
/// The kit's terminal has 256 colours.
const SIXTEEN: (&str, &str) = ("TERM", "xterm");

/// 小花 in the room with 小明, at a terminal with this environment.
fn inside(env: &[(&str, &str)]) -> (Tty, Client) {
    let puppet = Puppet::new();
    let tty = Tty::open(24, 80, puppet.address(), &["--name", "小花"], env);
    let client = puppet.welcome(CAPS, "小明");
    tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
    (tty, client)
}

#[test]
fn header_own_line_and_question_have_the_original_s_grounds() {
    let on = |ink, ground| Look {
        ink: Color::Idx(ink),
        ground,
        bold: false,
        italic: false,
        dim: false,
        inverse: false,
    };
    let header = Look { ink: Color::Default, inverse: true, ..on(0, Color::Default) };
    let sixteen = (header, on(0, Color::Idx(6)), on(0, Color::Idx(3)));
    let cube = [152, 223, 146].map(|ground| on(16, Color::Idx(ground)));
    let palette = [(0xa3, 0xd1, 0xd1), (0xff, 0xd1, 0xa4), (0xb8, 0xb8, 0xdc)]
        .map(|(red, green, blue)| on(0, Color::Rgb(red, green, blue)));
    for (env, (header, own, question)) in
        [(&[SIXTEEN][..], sixteen), (&[], cube.into()), (&[TRUE], palette.into())]
    {
        let (mut tty, mut client) = inside(env);
        tty.keys("mine\r");
        client.echo();
        client.others("小明", "PRIVMSG #lobby :嗨 小花!");
        tty.ends_with(&["我: mine", "小明: 嗨 小花!", "我:"]);
        assert_eq!(look(&tty, "小花的聊天室"), header);
        assert_eq!((look(&tty, "我: mine"), look(&tty, "mine")), (own, look(&tty, "我: mine")));
        assert_eq!(look(&tty, "小花!"), question, "my name");
        tty.keys("exit\r");
        tty.sees("確定要離開嗎?");
        assert_eq!(look(&tty, "確定要離開嗎?"), question);
        assert_eq!(look(&tty, "[y/N]"), question);
        tty.keys("n\r");
        client.fence();
    }
}

#[test]
fn own_lines_others_and_notices_look_different() {
    for colour in [Some(SIXTEEN), None, Some(TRUE)] {
        let puppet = Puppet::new();
        let env: Vec<_> = colour.into_iter().collect();
        let mut tty = Tty::open(24, 80, puppet.address(), &["--name", "小花"], &env);
        let mut client = puppet.welcome(CAPS, "小明");
        tty.sees("我:");
        tty.keys("mine\r");
        client.echo();
        client.others("小明", "PRIVMSG #lobby :theirs");
        client.others("小安", "JOIN #lobby");
        tty.ends_with(&["我: mine", "小明: theirs", "[小安進入聊天室]", "我:"]);
        let (mine, theirs, notice) = (look(&tty, "mine"), look(&tty, "小明: "), look(&tty, "[小安"));
        assert!(notice.italic, "notices are in italics");
        assert!(mine != theirs && theirs != notice && mine != notice, "{mine:?} {theirs:?} {notice:?}");
        assert_eq!(look(&tty, "我: mine"), mine);
        assert_eq!(look(&tty, "theirs").ink, Color::Default);
        if colour == Some(TRUE) {
            assert_eq!(mine.ground, Color::Rgb(0xff, 0xd1, 0xa4));
        }
    }
}

/// Names had hues, which are unreadable in some themes.
#[test]
fn of_sixteen_colours_none_is_text_without_a_ground() {
    let puppet = Puppet::new();
    let mut tty = Tty::open(24, 80, puppet.address(), &["--name", "小花"], &[SIXTEEN]);
    let mut client = puppet.welcome(CAPS, "小明");
    tty.sees("我:");
    tty.keys("mine\r");
    client.echo();
    client.others("小安", "JOIN #lobby");
    for name in ["小明", "alice", "bob", "carol", "dave", "eve"] {
        client.others(name, "PRIVMSG #lobby :theirs");
        tty.sees(&format!("{name}: theirs"));
        let theirs = look(&tty, &format!("{name}: theirs"));
        assert_eq!((theirs.ink, theirs.bold), (Color::Default, true), "{name}");
    }
    let notice = look(&tty, "[小安");
    assert_eq!((notice.ink, notice.italic, notice.bold), (Color::Default, true, false));
    assert_eq!(look(&tty, "我: mine").ground, Color::Idx(6));
}

#[test]
fn without_colours_nothing_is_coloured() {
    let puppet = Puppet::new();
    let env = [("NO_COLOR", "1"), ("COLORTERM", "truecolor")];
    let mut tty = Tty::open(24, 80, puppet.address(), &["--name", "小花"], &env);
    let mut client = puppet.welcome(CAPS, "小明");
    tty.sees("我:");
    client.others("小明", "PRIVMSG #lobby :hi");
    tty.keys("mine\r");
    client.echo();
    tty.sees("我: mine");
    let coloured = tty
        .raw()
        .split("\x1b[")
        .skip(1)
        .any(|code| code.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m'));
    assert!(!coloured, "{:?}", tty.raw());
}
