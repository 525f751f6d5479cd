//! What a teacher does with a class, on our own server.

use super::tty::Tty;
use crate::kit::Server;
use std::path::PathBuf;

/// A machine of one person: what is kept there.
struct Device(PathBuf);

impl Device {
    fn new(name: &str) -> Device {
        let folder = std::env::temp_dir().join(format!("roomchat-device-{}-{name}", crate::kit::unique()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Device(folder)
    }

    fn join(&self, server: &Server, name: &str) -> Tty {
        let env = [("XDG_STATE_HOME", self.0.to_str().unwrap())];
        Tty::open(24, 80, server.address, &["--name", name], &env)
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// All of the class have one address, and who is kept out comes back under another name.
#[test]
fn a_ban_holds_under_another_name_and_for_nobody_else() {
    let server = Server::start(&["--local-operators", "off"]);
    let [desk, first, second] = ["desk", "first", "second"].map(Device::new);
    let mut teacher = desk.join(&server, "老師");
    teacher.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
    teacher.sees("[您是 #lobby 的管理員 (@)");
    let mut noisy = first.join(&server, "小明");
    teacher.ends_with(&["[小明進入聊天室]", "我:"]);
    let mut quiet = second.join(&server, "小花");
    teacher.ends_with(&["[小花進入聊天室]", "我:"]);

    teacher.keys("/mute 小明\r");
    teacher.ends_with(&["[老師不讓小明發言]", "[換了名字也一樣]", "我:"]);
    // A mask says nothing to who is meant by it, nor to who came later.
    noisy.sees("[老師不讓您在 #lobby 發言；您還可以用 /msg 老師 跟他說]");
    quiet.sees("[老師不讓小明發言]");
    noisy.keys("哈哈\r");
    noisy.ends_with(&["未送出: 您在這個聊天室裡不能發言: 哈哈", "我:"]);
    noisy.keys("/kick 小花\r");
    noisy.sees("[只有 #lobby 的管理員可以這樣做: 老師]");
    quiet.keys("安靜\r");
    teacher.ends_with(&["小花: 安靜", "我:"]);
    teacher.keys("/unmute 小明\r");
    teacher.ends_with(&["[老師讓小明可以再發言]", "我:"]);
    teacher.keys("/op 小花\r");
    teacher.ends_with(&["[老師讓小花成為管理員 (@)]", "我:"]);
    teacher.keys("/mute 小花\r");
    teacher.sees("[小花是管理員 (@)，管理員都可以發言；請先 /deop 小花，再 /mute 小花]");
    teacher.keys("/deop 小花\r");
    teacher.ends_with(&["[老師讓小花不再是管理員]", "我:"]);

    teacher.keys("/ban 小明\r");
    teacher.ends_with(&["[老師不讓小明再進來]", "[換了名字也一樣]", "[老師把小明請出聊天室]", "我:"]);
    noisy.keys("exit\ry\r");
    noisy.exit_code();
    let mut noisy = first.join(&server, "大明");
    assert_eq!(noisy.exit_code(), 1);
    quiet.keys("exit\ry\r");
    quiet.exit_code();
    let mut quiet = second.join(&server, "小花");
    teacher.ends_with(&["[小花進入聊天室]", "我:"]);
    teacher.keys("/unban\r");
    teacher.sees("[不能進來的: 小明 (裝置 j");
    teacher.keys("/unban 小明\r");
    teacher.ends_with(&["[老師讓小明可以再進來]", "我:"]);
    let mut back = first.join(&server, "小明");
    teacher.ends_with(&["[小明進入聊天室]", "我:"]);
    for tty in [&mut teacher, &mut quiet, &mut back] {
        tty.keys("exit\ry\r");
        assert_eq!(tty.exit_code(), 0);
    }
}

/// It was forgotten with each sitting.
#[test]
fn who_is_ignored_stays_so() {
    let server = Server::start(&[]);
    let desk = Device::new("ignoring");
    let mut first = desk.join(&server, "小花");
    first.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
    first.keys("/ignore spam\r");
    first.ends_with(&["[忽略: spam]", "我:"]);
    first.keys("exit\ry\r");
    first.exit_code();
    let mut again = desk.join(&server, "小花");
    again.ends_with(&["我:"]);
    let spam = server.enter("spam");
    again.ends_with(&["[spam進入聊天室]", "我:"]);
    spam.send("PRIVMSG #lobby :buy");
    spam.send("TOPIC #lobby :tea");
    again.ends_with(&["[spam進入聊天室]", "[spam把主題改為: tea]", "我:"]);
    again.keys("/unignore SPAM\r");
    again.ends_with(&["[沒有忽略任何人]", "我:"]);
    spam.send("PRIVMSG #lobby :buy");
    again.ends_with(&["spam: buy", "我:"]);
    assert_eq!(std::fs::read_to_string(desk.0.join("roomchat/ignored")).unwrap(), "");
    again.keys("exit\ry\r");
    again.exit_code();
}
