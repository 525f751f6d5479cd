//! What IRC servers say, in the language of the person who reads it.
//!
//! Servers speak English on the wire. These are the sentences that somebody meets who does
//! nothing odd: of RFC 2812 (5.2), of Modern, and of the servers that are used most.

use super::lang::Lang;

/// The sentence in this language; None where it is not known, or English is read.
pub fn translated(sentence: &str, lang: Lang) -> Option<String> {
    let table = match lang {
        Lang::En => return None,
        Lang::ZhTw => ZH_TW,
    };
    let sentence = sentence.trim().trim_end_matches('.');
    table.iter().find_map(|(english, ours)| {
        let rest = matching(english, sentence)?;
        Some(ours.replace("{}", rest))
    })
}

/// What stands for `{}` in a sentence, or nothing where there is no such place; None where the
/// sentence is another one.
fn matching<'a>(english: &str, sentence: &'a str) -> Option<&'a str> {
    let (before, after) = english.split_once("{}").unwrap_or((english, ""));
    let is = |part: Option<&str>, wanted: &str| part.is_some_and(|part| part.eq_ignore_ascii_case(wanted));
    let end = sentence.len().checked_sub(after.len())?;
    let fits = is(sentence.get(..before.len()), before) && is(sentence.get(end..), after);
    let rest = sentence.get(before.len()..end).filter(|_| fits)?;
    (english.contains("{}") || rest.is_empty()).then_some(rest)
}

/// The English without its full stop; `{}` is any text, in both.
const ZH_TW: &[(&str, &str)] = &[
    // Names.
    ("Nickname is already in use", "這個名稱已經有人使用"),
    ("Nickname already in use", "這個名稱已經有人使用"),
    ("Nickname is currently in use", "這個名稱已經有人使用"),
    ("That looks like {}, who is here", "看起來太像已經在這裡的「{}」"),
    ("That looks like another name", "看起來太像別的名稱"),
    ("Erroneous Nickname", "這個名稱不能使用"),
    ("Erroneous Nickname: {}", "這個名稱不能使用: {}"),
    ("Erroneus nickname", "這個名稱不能使用"),
    ("No nickname given", "沒有寫名稱"),
    ("Nickname too long, max. {} characters", "名稱太長，最多 {} 個字元"),
    ("a name cannot be blank", "名稱不能空白"),
    ("that name is reserved", "這個名稱保留不用"),
    // People and rooms that are not there.
    ("No such nick/channel", "沒有這個人或聊天室"),
    ("No such nick or channel name", "沒有這個人或聊天室"),
    ("No such nick", "沒有這個人"),
    ("There was no such nickname", "沒有過這個人"),
    ("No such channel", "沒有這個聊天室"),
    ("That looks like {}, which is there", "看起來太像已經有的「{}」"),
    ("They aren't on that channel", "這個人不在聊天室裡"),
    ("You're not on that channel", "您不在這個聊天室裡"),
    ("You're not on that channel!", "您不在這個聊天室裡"),
    ("is already on channel", "已經在聊天室裡了"),
    ("The server has not answered", "伺服器沒有回應"),
    // A server that has no room.
    ("Closing link: the server is full, please try again later", "伺服器已經滿了，請稍後再試"),
    // A server whose disk is full.
    ("The server's disk is full, try again later", "伺服器的磁碟已滿，請稍後再試"),
    (
        "the server's disk is full: nothing can be said until it has room again",
        "伺服器的磁碟已滿: 有空間以前不能發言",
    ),
    ("the server's disk has room again", "伺服器的磁碟又有空間了"),
    // What one may not do.
    ("You're not channel operator", "只有聊天室管理員可以這樣做"),
    ("You're not a channel operator", "只有聊天室管理員可以這樣做"),
    ("You must be a channel operator", "只有聊天室管理員可以這樣做"),
    ("You must be a channel op or higher to {}", "只有聊天室管理員可以這樣做"),
    ("You're not an IRC operator", "只有伺服器管理員可以這樣做"),
    ("Permission denied- You're not an IRC operator", "只有伺服器管理員可以這樣做"),
    ("Permission Denied - You're not an IRC operator", "只有伺服器管理員可以這樣做"),
    ("Cannot send to channel", "您在這個聊天室裡不能發言"),
    ("Cannot send to channel (+{})", "您在這個聊天室裡不能發言"),
    ("Cannot send to nick/channel", "不能送到那裡"),
    ("Cannot join channel (+i)", "只有受邀請的人可以進入"),
    ("Cannot join channel (+b)", "您被禁止進入"),
    ("Cannot join channel (+k)", "進入需要密碼"),
    ("Cannot join channel (+l)", "聊天室已經滿了"),
    ("Cannot join channel (Invite only)", "只有受邀請的人可以進入"),
    ("Cannot join channel (You're banned)", "您被禁止進入"),
    ("Cannot join channel (Incorrect channel key)", "進入需要密碼"),
    ("Cannot join channel (Channel is full)", "聊天室已經滿了"),
    ("You have joined too many channels", "您已經在太多聊天室裡了"),
    ("Channel list is full", "名單已經滿了"),
    ("Password incorrect", "密碼不對"),
    ("No operators are named here", "這個伺服器沒有設管理員"),
    ("No O-lines for your host", "這個伺服器不讓您成為管理員"),
    ("Too many passwords are being checked, try again in a minute", "太多人在試密碼，請過一分鐘再試"),
    ("is unknown mode char to me", "沒有這種設定"),
    ("Invalid mode parameter", "設定的值不對"),
    ("You must specify a parameter", "少寫了設定的值"),
    ("Key is not well-formed", "密碼不能這樣寫"),
    ("You are banned from this server", "這個伺服器不讓您進入"),
    ("You have not registered", "還沒有登入"),
    // What was wrong about a line.
    ("Not enough parameters", "少寫了什麼"),
    ("No text to send", "沒有要送的內容"),
    ("Unknown command", "伺服器不認得這個指令"),
    ("Input line was too long", "這一行太長了"),
    ("That topic is too long", "主題太長了"),
    ("That text is too long", "這段話太長了"),
    ("Too many targets", "一次給太多人了"),
    // Why a connection ended.
    ("Connection closed", "連線中斷"),
    ("Connection reset", "連線被重設"),
    ("Connection reset by peer", "連線被重設"),
    ("Connection timed out", "連線逾時"),
    ("Remote host closed the connection", "連線中斷"),
    ("Client closed connection", "連線中斷"),
    ("EOF from client", "連線中斷"),
    ("Read error: {}", "連線中斷"),
    ("Write error: {}", "連線中斷"),
    ("Ping timeout", "太久沒有回應"),
    ("Ping timeout: {} seconds", "{} 秒沒有回應"),
    ("Not registered in {} seconds", "{} 秒內沒有登入"),
    ("Registration timeout", "太久沒有登入"),
    ("Too slow: more was waiting than fits", "讀得太慢"),
    ("SendQ exceeded", "讀得太慢"),
    ("Max SendQ exceeded", "讀得太慢"),
    ("Too many lines in too short a time", "短時間內太多行"),
    ("Excess Flood", "短時間內太多行"),
    ("The server is closing", "伺服器關閉中"),
    ("Server shutting down", "伺服器關閉中"),
    ("Internal fault", "伺服器內部錯誤"),
    ("Killed ({})", "被管理員中斷連線: {}"),
    ("Client Quit", "離開"),
    ("*.net *.split", "伺服器之間斷線"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// They stood in English between Chinese words.
    #[test]
    fn common_sentences_are_told_in_chinese() {
        let zh = |sentence| translated(sentence, Lang::ZhTw);
        assert_eq!(zh("Nickname is already in use.").as_deref(), Some("這個名稱已經有人使用"));
        assert_eq!(zh("PING TIMEOUT: 240 seconds").as_deref(), Some("240 秒沒有回應"));
        assert_eq!(zh("Cannot send to channel (+m)").as_deref(), Some("您在這個聊天室裡不能發言"));
        assert_eq!(
            zh("That looks like 小花, who is here").as_deref(),
            Some("看起來太像已經在這裡的「小花」")
        );
        for other in ["", "Ping", "bye", "Nickname is already in use, sorry", "您好", "Killed (", "字"] {
            assert_eq!(zh(other), None, "{other}");
        }
        assert_eq!(translated("No such channel", Lang::En), None);
    }

    #[test]
    fn no_sentence_hides_a_later_one() {
        for (at, (english, _)) in ZH_TW.iter().enumerate() {
            let filled = english.replace("{}", "3");
            let first = ZH_TW.iter().position(|(english, _)| matching(english, &filled).is_some());
            assert_eq!(first, Some(at), "{english}");
        }
    }
}
