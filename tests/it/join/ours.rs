//! Two people at terminals in a room of our own server.

use super::tty::Tty;
use crate::kit::Server;

#[test]
fn two_people_talk_at_eighty_and_at_forty_columns() {
    let server = Server::start(&[]);
    let mut wide = Tty::join(80, server.address, &["--name", "小花"]);
    wide.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
    let mut narrow = Tty::join(40, server.address, &["--name", "小明", "--lang", "en"]);
    wide.ends_with(&["[小明進入聊天室]", "我:"]);
    narrow.ends_with(&["type a message (exit leaves)", "me:"]);
    narrow.keys("哈囉 小花, did you bring the tea that we talked about?\r");
    wide.ends_with(&["小明: 哈囉 小花, did you bring the tea that we talked about?", "我:"]);
    wide.keys("有，在桌上\r");
    narrow.ends_with(&["小花: 有，在桌上", "me:"]);
    wide.keys("/msg 小明 只給你\r");
    narrow.ends_with(&["[private] 小花: 只給你", "me:"]);
    wide.keys("/nick 小明\r");
    wide.sees("[不能改名為小明:");
    narrow.keys("/topic tea\r");
    wide.sees("[小明把主題改為: tea]");
    wide.picture("ours-80");
    narrow.picture("ours-40");
    narrow.keys("exit\ry\r");
    assert_eq!(narrow.exit_code(), 0);
    wide.ends_with(&["小明離開聊天室...", "我:"]);
}
