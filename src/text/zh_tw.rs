//! Traditional Chinese.

use super::name::NAME_BYTES;
use super::name::NameError;
use super::phrase::{
    KeepFault, Kept, NoLocals, OperatorFault, PasswordFault, Phrase, Reason, SystemFault, WayIn, visible,
};
use std::fmt::{Result, Write};

pub(super) fn say(phrase: Phrase<'_>, out: &mut String) -> Result {
    match phrase {
        Phrase::AskName => write!(out, "請輸入您的名稱: "),
        Phrase::BadName { why, suggestion } => bad_name(why, suggestion, out),
        Phrase::NameTaken { name } => write!(out, "名稱「{name}」已經有人使用，請換一個"),
        Phrase::TryNameAgain => write!(out, "[如果那是您自己剛才斷掉的連線，過 20 秒直接按 Enter 再試]"),
        Phrase::NameHelp => write!(out, "請輸入一個名稱，之後每一行都會說給大家聽 (輸入 exit 離開)"),
        Phrase::NotUtf8 => write!(out, "這一行不是 UTF-8，請把編碼設成 UTF-8 再輸入一次"),
        Phrase::Connecting { address } => write!(out, "連線到 {address} …"),
        Phrase::CannotConnect { address, why, is_refused } => {
            let hint = if is_refused { "。請確認伺服器已啟動: roomchat serve" } else { "" };
            write!(out, "無法連線到 {address}: {why}{hint}")
        }
        Phrase::BadServer { text } => {
            write!(out, "「{text}」不是伺服器的位址: 請寫 HOST、HOST:PORT 或 [V6]:PORT")
        }
        Phrase::BadRoom { text } => write!(out, "「{text}」不是聊天室的名稱: 請寫成像 #lobby 這樣"),
        Phrase::TooManyRoomsAsked { most } => write!(out, "--room: 最多 {most} 個聊天室"),
        Phrase::Title => write!(out, "多人聊天室"),
        Phrase::TitleOf { name, is_plain } => {
            write!(out, "{name}的聊天室{} - 多人聊天室", if is_plain { " (未加密)" } else { "" })
        }
        Phrase::NotEncrypted { address } => write!(out, "{address}，未加密"),
        Phrase::NewKey { key, is_kept: true } => {
            write!(out, "[第一次連到這個伺服器，記住它的金鑰 {key}]")
        }
        Phrase::NewKey { key, is_kept: false } => {
            write!(out, "[這裡什麼都不記，所以每次都是第一次；伺服器的金鑰是 {key}]")
        }
        Phrase::KeyOfOther { key, other } => {
            write!(out, "[這是您認識的伺服器 {other}，它的金鑰是 {key}]")
        }
        Phrase::KeyOfOneRun { key } => {
            write!(out, "[連線有加密；這個伺服器每次啟動都換金鑰，現在是 {key}]")
        }
        Phrase::KeyHasChanged { key } => {
            write!(
                out,
                "[這個伺服器的金鑰和您認識的不同，現在是 {key}: 可能別的伺服器用了這個位址，也可能有人冒充]"
            )
        }
        Phrase::TrustNewKey => write!(out, "要信任新的金鑰並繼續嗎? [y/N] "),
        Phrase::AnotherKey { address, key, lines } => {
            write!(out, "{address} 不是您認識的伺服器: 它的金鑰現在是 {key}。什麼都沒有送出。")?;
            remove(out, lines)
        }
        Phrase::EncryptedNoMore { address, lines } => {
            write!(out, "{address} 以前有加密，現在沒有: 可能有人在中間。什麼都沒有送出。")?;
            remove(out, lines)
        }
        Phrase::DoesNotEncrypt { address } => {
            write!(out, "{address} 沒有加密；--tls off 則照樣連線")
        }
        Phrase::PasswordInClear { address } => {
            write!(out, "{address} 沒有加密，別人會看到密碼；--tls off 則照樣送出")
        }
        Phrase::AskServerPassword => write!(out, "這個伺服器要密碼，請輸入 (不會顯示): "),
        Phrase::PasswordRefused { was_given: false } => {
            write!(out, "這個伺服器要密碼: 請用 --password-file 檔案 或 ROOMCHAT_PASSWORD 給它")
        }
        Phrase::PasswordRefused { was_given: true } => {
            write!(out, "伺服器不接受 --password-file 或 ROOMCHAT_PASSWORD 的密碼")
        }
        Phrase::TlsFailed { why } => write!(out, "無法建立加密連線 ({why})"),
        Phrase::Header { name } => write!(out, "{name}的聊天室"),
        Phrase::HeaderRoom { room, address } => write!(out, "{room}，{address}"),
        Phrase::HeaderKept { place, kept } => {
            write!(out, "{place}，")?;
            match kept {
                Kept::UpTo(count, unit) => write!(out, "對話最多保留 {count} {unit}"),
                Kept::Weeks(count) => write!(out, "對話最多保留 {count} 週"),
                Kept::Days(count) => write!(out, "對話最多保留 {count} 天"),
                Kept::Hours(count) => write!(out, "對話最多保留 {count} 小時"),
                Kept::Minutes(count) => write!(out, "對話最多保留 {count} 分鐘"),
                Kept::Seconds(count) => write!(out, "對話最多保留 {count} 秒"),
                Kept::UntilItStops => write!(out, "對話保留到伺服器關閉"),
                Kept::NotAtAll => write!(out, "對話不保留"),
            }
        }
        Phrase::HeaderPeople { names, count } => write!(out, "聊天室人數： {count}: {names}"),
        Phrase::Hint => write!(out, "請輸入訊息 (輸入 exit 離開)"),
        Phrase::NameRefused { name, why } => write!(out, "伺服器不接受「{name}」這個名稱: {why}"),
        Phrase::RoomRefused { room, why } => write!(out, "無法進入 {room}: {why}"),
        Phrase::ConnectionRefused { why } => write!(out, "伺服器不讓您連線: {why}"),
        Phrase::NotIrc { banner } => write!(out, "這不是聊天室伺服器，它說: {banner}"),
        Phrase::NotAnswered => write!(out, "伺服器沒有回應；什麼都沒有改變"),
        Phrase::PerhapsDone => write!(out, "伺服器沒有回應；可能還是做了"),
        Phrase::NoAnswerYet => write!(out, "還沒有回應；這是聊天室伺服器嗎?"),
        Phrase::NoEntry { seconds } => write!(out, "{seconds} 秒內沒能進入；這是聊天室伺服器嗎?"),
        Phrase::Entered { name } => write!(out, "[{name}進入聊天室]"),
        Phrase::Left { name, reason } => write!(out, "{name}離開聊天室...{}", Reason(reason)),
        Phrase::ManyEntered { names, count } => write!(out, "[{count} 人進入聊天室: {names}]"),
        Phrase::ManyLeft { names, count, reason } => {
            write!(out, "[{count} 人離開聊天室: {names}]{}", Reason(reason))
        }
        Phrase::CameAndLeft { entered, came, left: "", .. } => write!(out, "[進來 {came} 人: {entered}]"),
        Phrase::CameAndLeft { entered: "", left, went, .. } => write!(out, "[離開 {went} 人: {left}]"),
        Phrase::CameAndLeft { entered, came, left, went } => {
            write!(out, "[進來 {came} 人: {entered}；離開 {went} 人: {left}]")
        }
        Phrase::Renamed { old, new } => write!(out, "[{old}改名為{new}]"),
        Phrase::TopicIs { topic: "" } => write!(out, "[沒有主題]"),
        Phrase::TopicIs { topic } => write!(out, "[主題: {topic}]"),
        Phrase::TopicSet { name, topic: "" } => write!(out, "[{name}取消了主題]"),
        Phrase::TopicSet { name, topic } => write!(out, "[{name}把主題改為: {topic}]"),
        Phrase::Kicked { name, by, reason } => write!(out, "[{by}把{name}請出聊天室]{}", Reason(reason)),
        Phrase::YouAreOperator { room, by, is_half } => {
            match by {
                Some(by) => write!(out, "[{by}讓您成為 {room} 的管理員 (@)")?,
                None => write!(out, "[您是 {room} 的管理員 (@)")?,
            }
            let more = match is_half {
                None => return write!(out, "]"),
                Some(true) => "",
                Some(false) => "、加管理員 /op",
            };
            write!(out, ": 可以請人出去 /kick、不讓人說話 /mute、不讓人進來 /ban{more}；全部見 /help]")
        }
        Phrase::YouAreNoOperator { room, by } => write!(out, "[{by}讓您不再是 {room} 的管理員]"),
        Phrase::OperatorMade { name, by, on: true } => write!(out, "[{by}讓{name}成為管理員 (@)]"),
        Phrase::OperatorMade { name, by, on: false } => write!(out, "[{by}讓{name}不再是管理員]"),
        Phrase::Voiced { name, by, on: true } => write!(out, "[{by}准許{name}發言 (+)]"),
        Phrase::Voiced { name, by, on: false } => write!(out, "[{by}不再特別准許{name}發言]"),
        Phrase::Banned { who, by, on: true } => write!(out, "[{by}不讓{who}再進來]"),
        Phrase::Banned { who, by, on: false } => write!(out, "[{by}讓{who}可以再進來]"),
        Phrase::Muted { who, by, on: true } => write!(out, "[{by}不讓{who}發言]"),
        Phrase::Muted { who, by, on: false } => write!(out, "[{by}讓{who}可以再發言]"),
        Phrase::AnotherNameHelpsNot => write!(out, "[換了名字也一樣]"),
        Phrase::AnotherNameHelps => write!(out, "[同一個位址還有別人，所以只認這個名字: 換名字可能躲得過]"),
        Phrase::NobodyToSilence { name, command } => {
            write!(out, "[沒有「{name}」這個人，什麼都沒做；一定要先擋這個名字請打 /{command} {name}!*@*]")
        }
        Phrase::OnlyInRoom { room } => write!(out, "[只在 {room} 裡；別的聊天室要另外做]"),
        Phrase::OnlyOperator => {
            write!(out, "[您是這裡唯一的管理員，取消了就沒有人能管理；請先用 /op 加一個人]")
        }
        Phrase::GoesByAddress { address } => write!(out, "[認的是位址: 從 {address} 來的人都算在內]"),
        Phrase::SomebodyAbsent => write!(out, "一個不在這裡的人"),
        Phrase::ModeSet { by, on, letter, value } => {
            write!(out, "[{by}: ")?;
            mode(on, letter, value, out)?;
            write!(out, "]")
        }
        Phrase::ModeIs { letter, value } => mode(true, letter, value, out),
        Phrase::ModesAre { modes: "" } => write!(out, "[這個聊天室沒有特別的設定]"),
        Phrase::ModesAre { modes } => write!(out, "[{modes}]"),
        Phrase::AllBanned { names: "" } => write!(out, "[沒有人不能進來]"),
        Phrase::AllBanned { names } => write!(out, "[不能進來的: {names}]"),
        Phrase::AllMuted { names: "" } => write!(out, "[沒有人不能發言]"),
        Phrase::AllMuted { names } => write!(out, "[不能發言的: {names}]"),
        Phrase::NotBanned { name } => write!(out, "[沒有找到禁止{name}進來的設定]"),
        Phrase::NotMuted { name } => write!(out, "[沒有找到禁止{name}發言的設定]"),
        Phrase::OfDevice { device } => write!(out, "裝置 {device}"),
        Phrase::OfAddress { address } => write!(out, "從 {address} 來的人"),
        Phrase::HowToLift { command } => write!(out, "[要取消請打 /{command} 和名稱、裝置或位址]"),
        Phrase::CannotMute => {
            write!(out, "[這個伺服器不能只禁一個人發言；/mode +m 以後，只有 /voice 准許的人可以發言]")
        }
        Phrase::MuteIsVain { name, is_operator: true } => {
            write!(out, "[{name}是管理員 (@)，管理員都可以發言；請先 /deop {name}，再 /mute {name}]")
        }
        Phrase::MuteIsVain { name, is_operator: false } => {
            write!(out, "[{name}是准許發言的人 (+)；請先 /devoice {name}，再 /mute {name}]")
        }
        Phrase::KilledThem { name } => write!(out, "[您中斷了{name}的連線]"),
        Phrase::NotOperator { room, operators: "" } => {
            write!(out, "[只有 {room} 的管理員可以這樣做，現在沒有管理員在]")
        }
        Phrase::NotOperator { room, operators } => {
            write!(out, "[只有 {room} 的管理員可以這樣做: {operators}]")
        }
        Phrase::WhoIsOperator { is_first: true } => {
            write!(out, "[管理員是最先進來的人、通常還有從伺服器那台電腦進來的人，和他們用 /op 加的人]")
        }
        Phrase::WhoIsOperator { is_first: false } => {
            write!(out, "[管理員是開這個聊天室的人，和他用 /op 加的人]")
        }
        Phrase::NotServerOperator => write!(out, "[只有伺服器管理員可以這樣做；/oper 名稱 會問密碼]"),
        Phrase::ServerOperator { on: true } => {
            write!(out, "[您現在是伺服器管理員: 可以中斷別人的連線 /kill]")
        }
        Phrase::ServerOperator { on: false } => write!(out, "[您不再是伺服器管理員]"),
        Phrase::Invited { name, room } => write!(out, "[已邀請{name}到 {room}]"),
        Phrase::InvitedYou { by, room } => write!(out, "[{by}邀請您到 {room}: /join {room}]"),
        Phrase::NotSentTo { name, why } => write!(out, "沒有送給「{name}」({why})"),
        Phrase::YouAreMuted { room, by, on: true } => {
            write!(out, "[{by}不讓您在 {room} 發言；您還可以用 /msg {by} 跟他說]")
        }
        Phrase::YouAreMuted { room, by, on: false } => write!(out, "[{by}讓您可以再在 {room} 發言]"),
        Phrase::CannotIgnoreYourself => write!(out, "[不能忽略自己]"),
        Phrase::NotIgnored { name } => write!(out, "[沒有忽略「{name}」]"),
        Phrase::Nobody { name } => write!(out, "[沒有「{name}」這個人]"),
        Phrase::NotHere { name } => write!(out, "[「{name}」不在這個聊天室裡]"),
        Phrase::WhoisFrom { name, host, real: None } => write!(out, "[{name}從 {host} 進來]"),
        Phrase::WhoisFrom { name, host, real: Some(real) } => write!(out, "[{name} ({real}) 從 {host} 進來]"),
        Phrase::WhoisRooms { rooms } => write!(out, "[在 {rooms} 裡]"),
        Phrase::WhoisIdle { seconds } => match seconds {
            0..60 => write!(out, "[{seconds} 秒沒說話]"),
            60..3600 => write!(out, "[{} 分鐘沒說話]", seconds / 60),
            _ => write!(out, "[{} 小時 {} 分鐘沒說話]", seconds / 3600, seconds / 60 % 60),
        },
        Phrase::WhoisAccount { account } => write!(out, "[帳號: {account}]"),
        Phrase::WhoisOperator => write!(out, "[是伺服器管理員]"),
        Phrase::WhoisBot => write!(out, "[是程式，不是人]"),
        Phrase::WhoisSecure => write!(out, "[連線有加密]"),
        Phrase::Marks { operators, voices } => write!(
            out,
            "[{}]",
            match (operators, voices) {
                (true, true) => "@ 是管理員，+ 是准許發言的人",
                (true, false) => "@ 是管理員",
                (false, _) => "+ 是准許發言的人",
            }
        ),
        Phrase::NoticesOn => write!(out, "[誰進來、誰離開都會顯示]"),
        Phrase::NoticesFew => write!(out, "[進來和離開的人合在一行，說話時不顯示]"),
        Phrase::NoticesOff => write!(out, "[不顯示誰進來、誰離開]"),
        Phrase::Redacted { by, reason } => write!(out, "[{by}收回了一則訊息]{}", Reason(reason)),
        Phrase::RedactedOf { by, name, reason } => {
            write!(out, "[{by}移除了{name}的一則訊息]{}", Reason(reason))
        }
        Phrase::RedactedYours { by, reason } => write!(out, "[{by}移除了您的一則訊息]{}", Reason(reason)),
        Phrase::Withdrawn => write!(out, "[已收回]"),
        Phrase::Day { year, month, day, weekday } => {
            let weekday = usize::try_from(weekday).ok().and_then(|day| WEEKDAYS.get(day.wrapping_sub(1)));
            write!(out, "── {year}年{month}月{day}日 星期{} ──", weekday.unwrap_or(&""))
        }
        Phrase::Me => write!(out, "我"),
        Phrase::Prompt => write!(out, "我: "),
        Phrase::Private { name } => write!(out, "[私] {name}"),
        Phrase::PrivateTo { name } => write!(out, "[私] 我 → {name}"),
        Phrase::NotSent { why } => write!(out, "未送出: {why}"),
        Phrase::TooFast { seconds } => write!(out, "沒有送出: 短時間內太多行，請 {seconds} 秒後再試"),
        Phrase::MaybeSent => write!(out, "不確定有沒有送到 (伺服器沒有回應)"),
        Phrase::MaybeSentTo { name } => write!(out, "不確定有沒有送給「{name}」(伺服器沒有回應)"),
        Phrase::Unanswered => write!(out, "伺服器沒有回應這一句"),
        Phrase::NotInRoom => write!(out, "您不在這個聊天室裡"),
        Phrase::NotConnected => write!(out, "沒有連線"),
        Phrase::TooMuchWaits => write!(out, "等待送出的話太多了"),
        Phrase::Sending { sent, total } => write!(out, "[送出中 … {sent}/{total}]"),
        Phrase::Sent { sent, total } => write!(out, "[已送達 {sent}/{total}]"),
        Phrase::Late => write!(out, "[還沒送達，等待伺服器 …]"),
        Phrase::Arrived => write!(out, "[已送達]"),
        Phrase::WaitsForDisk => write!(out, "[伺服器的磁碟已滿，您說的話會在有空間後送出]"),
        Phrase::TopicUnkept => write!(out, "[主題沒有改變: 伺服器的磁碟已滿]"),
        Phrase::ModeUnkept => write!(out, "[聊天室的設定沒有改變: 伺服器的磁碟已滿]"),
        Phrase::UnknownCommand { word, nearest: Some(nearest) } => {
            write!(out, "[沒有 /{word} 這個指令，您是指 /{nearest} 嗎?]")
        }
        Phrase::UnknownCommand { word, nearest: None } => {
            write!(out, "[沒有 /{word} 這個指令，沒有送出任何內容；/help 列出所有指令]")
        }
        Phrase::Help => write!(out, "訊息以 / 開頭時請打 //"),
        Phrase::DoHelp => write!(out, "列出這些指令"),
        Phrase::DoWho => write!(out, "聊天室裡有誰"),
        Phrase::DoMe => write!(out, "說出自己的動作，例如「* 小花 揮手」"),
        Phrase::DoMsg => write!(out, "只對一個人說"),
        Phrase::DoNick => write!(out, "改名"),
        Phrase::DoTopic => write!(out, "看主題，或設定主題"),
        Phrase::DoJoin => write!(out, "再進一個聊天室，或切換過去"),
        Phrase::DoLeave => write!(out, "離開一個聊天室"),
        Phrase::DoRooms => write!(out, "列出您的聊天室與未讀則數，和其他聊天室"),
        Phrase::DoKick => write!(out, "把人請出聊天室"),
        Phrase::DoIgnore => write!(out, "不再顯示某人說的話；不寫名稱則列出"),
        Phrase::DoUnignore => write!(out, "再顯示某人說的話"),
        Phrase::DoBan => write!(out, "不讓人再進來"),
        Phrase::DoUnban => write!(out, "讓人可以再進來；不寫名稱則列出"),
        Phrase::DoMute => write!(out, "不讓人發言"),
        Phrase::DoUnmute => write!(out, "讓人可以再發言；不寫名稱則列出"),
        Phrase::DoOp => write!(out, "加管理員"),
        Phrase::DoDeop => write!(out, "取消管理員"),
        Phrase::DoVoice => write!(out, "准許發言 (/mode +m 之後)"),
        Phrase::DoDevoice => write!(out, "取消准許"),
        Phrase::DoInvite => write!(out, "邀請人進來"),
        Phrase::DoMode => write!(out, "看聊天室的設定，或設定，例如 +i、-m"),
        Phrase::DoOper => write!(out, "成為伺服器管理員，會問密碼"),
        Phrase::DoKill => write!(out, "中斷人的連線"),
        Phrase::DoWhois => write!(out, "這是誰"),
        Phrase::DoNotices => write!(out, "顯示誰進來、誰離開: 全部、合在一行、都不"),
        Phrase::HelpTalk => write!(out, "說話"),
        Phrase::HelpPeople => write!(out, "人"),
        Phrase::HelpRooms => write!(out, "聊天室"),
        Phrase::HelpScreen => write!(out, "畫面"),
        Phrase::HelpOperators => write!(out, "聊天室管理員"),
        Phrase::HelpServer => write!(out, "伺服器管理員"),
        Phrase::AskPassword => write!(out, "密碼: "),
        Phrase::DoAway => write!(out, "表示暫時離開，或回來了"),
        Phrase::DoLast => write!(out, "最後幾則訊息"),
        Phrase::DoGrep => write!(out, "搜尋伺服器保留的對話"),
        Phrase::DoClear => write!(out, "清除畫面"),
        Phrase::DoBell => write!(out, "什麼時候響鈴"),
        Phrase::DoExit => write!(out, "離開"),
        Phrase::Usage { name, arguments } => write!(out, "[請打 /{name} {arguments}]"),
        Phrase::MorePeople { count, page: None } => write!(out, "… 還有 {count} 人"),
        Phrase::MorePeople { count, page: Some(page) } => write!(out, "… 還有 {count} 人: /who {page}"),
        Phrase::PeopleHere { names, count } => write!(out, "[聊天室人數： {count}: {names}]"),
        Phrase::LastPage { pages: 1 } => write!(out, "[只有這一頁]"),
        Phrase::LastPage { pages } => write!(out, "[只有 {pages} 頁]"),
        Phrase::NickRefused { name, why } => write!(out, "[不能改名為{name}: {why}，請用 /nick 換一個]"),
        Phrase::Room { room, count, topic: "" } => write!(out, "[{room} ({count})]"),
        Phrase::Room { room, count, topic } => write!(out, "[{room} ({count}) {topic}]"),
        Phrase::Tag { room } => write!(out, "[{room}] "),
        Phrase::RoomIs { room } => write!(out, "── {room} ──"),
        Phrase::OwnRoom { number, room, listed, is_current, is_in, unread, mentions } => {
            write!(out, "[{number} {room}")?;
            listed.map_or(Ok(()), |(count, _)| write!(out, " ({count})"))?;
            if is_current {
                write!(out, "，在這裡說話")?;
            }
            if !is_in {
                write!(out, "，還沒進入")?;
            }
            if unread > 0 {
                write!(out, "，未讀 {unread} 則")?;
            }
            if mentions > 0 {
                write!(out, "，{mentions} 則提到您")?;
            }
            if let Some((_, topic)) = listed.filter(|(_, topic)| !topic.is_empty()) {
                write!(out, ": {topic}")?;
            }
            write!(out, "]")
        }
        Phrase::NotLetIn { room, why, way, stays } => {
            let back = if stays { "；用 /leave 回到原來的" } else { "" };
            write!(out, "[無法進入 {room}: {why}；")?;
            match way {
                WayIn::Again => write!(out, "用 /join {room} 再試")?,
                WayIn::Key => write!(out, "請打 /join {room} 密碼")?,
                WayIn::Permitted => write!(out, "要管理員准許才能進去")?,
            }
            write!(out, "{back}]")
        }
        Phrase::NotThere { room } => write!(out, "[您不在 {room} 裡]"),
        Phrase::LeftRoom { room } => write!(out, "[您離開 {room} 了]"),
        Phrase::OnlyRoom => write!(out, "[您只在這一個聊天室裡；輸入 exit 離開]"),
        Phrase::TooManyRooms => write!(out, "[聊天室太多了，請先用 /leave 離開一個]"),
        Phrase::YouAreAway => write!(out, "[您暫時離開了]"),
        Phrase::StillAway => write!(out, "[別人看到的還是您暫時離開；打 /away 表示回來了]"),
        Phrase::YouAreBack => write!(out, "[您回來了]"),
        Phrase::Away { name, text } => write!(out, "[{name}暫時離開: {text}]"),
        Phrase::Ignored { names: "" } => write!(out, "[沒有忽略任何人]"),
        Phrase::Ignored { names } => write!(out, "[忽略: {names}]"),
        Phrase::LastOnes { count: 0 } => write!(out, "[還沒有人說過話]"),
        Phrase::LastOnes { count } => write!(out, "[最後 {count} 則訊息]"),
        Phrase::OnlyThisRun => write!(out, "[這個伺服器不保留對話，只有這次進來以後的]"),
        Phrase::PastLater => write!(out, "[伺服器還沒有告知先前的訊息，稍後再問]"),
        Phrase::PastFollows => write!(out, "── 以下的訊息比上面的早，現在才收到 ──"),
        Phrase::PastMissing => {
            write!(out, "[這裡少了一些先前的訊息，/last 500 也許看得到]")
        }
        Phrase::OnlySeenHere => write!(out, "[現在不能問伺服器，只有在這裡看過的]"),
        Phrase::Found { word, count, room } => {
            room.map_or(Ok(()), |room| write!(out, "[{room}] "))?;
            match count {
                0 => write!(out, "[沒有含「{word}」的訊息]"),
                _ => write!(out, "[含「{word}」的訊息有 {count} 則]"),
            }
        }
        Phrase::Earlier => write!(out, "── 以上是先前的訊息 ──"),
        Phrase::Unread => write!(out, "── 未讀 ──"),
        Phrase::BytesLeft { bytes } => write!(out, "(還可輸入 {bytes} 位元組)"),
        Phrase::Messages { count } => write!(out, "(將分為 {count} 則)"),
        Phrase::ComingBack { why } => write!(out, "[連線中斷: {why}；重新連線中 …]"),
        Phrase::PasteKept => write!(out, "[沒有送出；按 ↑ 可以找回貼上的內容]"),
        Phrase::Waiting => write!(out, "[沒有連線，您說的話會在連上後送出]"),
        Phrase::RoomLater { room, why } => {
            write!(out, "[還不能進入 {room}: {why}；會再試，您說的話會在進入後送出]")
        }
        Phrase::RoomClosed { room, why } => {
            write!(out, "[連上了，但無法進入 {room}: {why}；用 /join {room} 再試]")
        }
        Phrase::BannedOut { room } => {
            write!(out, "[您不在 {room} 裡了，也不能再進去；管理員准許以後請用 /join {room}]")
        }
        Phrase::PutOut { room } => write!(out, "[您不在 {room} 裡了；用 /join {room} 可以再進去]"),
        Phrase::Forwarded { from, to } => write!(out, "[{from} 轉到 {to}]"),
        Phrase::Back { count } => write!(out, "[重新連上了，聊天室人數： {count}]"),
        Phrase::NameLost { before, name } => {
            write!(out, "[名稱「{before}」還有人使用，您現在是「{name}」；空出來就會自動改回]")
        }
        Phrase::BellOff => write!(out, "[不響鈴]"),
        Phrase::BellMention => write!(out, "[有人提到您的名字或私訊時響鈴]"),
        Phrase::BellAll => write!(out, "[每則訊息都響鈴]"),
        Phrase::SureToSendLong { characters } => write!(out, "這一行有 {characters} 個字，要送出嗎? [y/N] "),
        Phrase::SureToSend { count } => write!(out, "共 {count} 行，要送出嗎? [y/N] "),
        Phrase::Notice { text } => write!(out, "[伺服器: {text}]"),
        Phrase::SureToLeave => write!(out, "確定要離開嗎? are you sure? [y/N] "),
        Phrase::Disconnected { why } => write!(out, "連線中斷: {why}"),
        Phrase::ServerClosed => write!(out, "伺服器關閉了連線"),
        Phrase::CannotWriteLines { why } => write!(out, "無法寫到標準輸出: {why}"),
        Phrase::CannotReadLines { why } => write!(out, "無法讀取標準輸入: {why}"),
        Phrase::SystemFault(fault) => write!(out, "{}", system_fault(fault)),
        Phrase::People { count } => write!(out, "聊天室人數： {count}"),
        Phrase::ClosedUnnamed => write!(out, "關閉了登入視窗..."),
        Phrase::Closed => write!(out, "closed."),
        Phrase::ClosedNoName { seconds } => write!(out, "closed. (no name in {seconds} s)"),
        Phrase::ClosedSilent { seconds } => write!(out, "closed. (no answer in {seconds} s)"),
        Phrase::ClosedTimedOut => write!(out, "closed. (connection timed out)"),
        Phrase::ClosedReset => write!(out, "closed. (connection reset)"),
        Phrase::ClosedSlow => write!(out, "closed. (reads too slowly)"),
        Phrase::ClosedFlooding => write!(out, "closed. (too many lines)"),
        Phrase::ClosedNotIrc => write!(out, "closed. (not IRC)"),
        Phrase::ClosedKilled { by } => write!(out, "closed. (removed by {by})"),
        Phrase::ClosedTls { why } => write!(out, "closed. (TLS: {why})"),
        Phrase::ClosedWrongPassword => write!(out, "closed. (沒有密碼，或密碼不對)"),
        Phrase::ClosedTooManyGuesses => write!(out, "closed. (這個位址送來太多錯誤的密碼)"),
        Phrase::ClosedNotEncrypted => write!(out, "closed. (沒有加密; 這個伺服器只接受 TLS)"),
        Phrase::ClosedStopping => write!(out, "closed. (server stopping)"),
        Phrase::ClosedFault => write!(out, "closed. (fault in the server)"),
        Phrase::LinesNotShown { count } => write!(out, "… {count} 行沒有顯示"),
        Phrase::FriendsJoin { command } => write!(out, "朋友可以這樣加入: {command}"),
        Phrase::PortInUse { address, option, join } => {
            write!(
                out,
                "{address} 已經被別的程式使用。請換一個連接埠，例如:\n  {option}\n朋友則這樣加入:\n  {join}"
            )
        }
        Phrase::CannotListen { address, why } => write!(out, "無法在 {address} 開啟聊天室: {why}"),
        Phrase::CannotRead { path, why } => write!(out, "無法讀取 {path}: {why}"),
        Phrase::CannotWrite { path, why } => write!(out, "無法寫入 {path}: {why}"),
        Phrase::Seats { count, bound } => write!(out, "最多可容納 {count} 人 ({bound})"),
        Phrase::LocalOperators { room } => {
            write!(
                out,
                "從這台電腦進來的人是 {room} 和沒有管理員的聊天室的管理員，不受限制 (--local-operators off 則否)"
            )
        }
        Phrase::NoLocalOperators { room, why } => {
            let why = match why {
                NoLocals::Asked => "--local-operators off",
                NoLocals::Container => "這裡是容器；--local-operators on 則是管理員",
                NoLocals::Proxy => "有 --proxy-from；--local-operators on 則是管理員",
            };
            write!(out, "從這台電腦進來的人和別人一樣 ({why})；{room} 空著時先進來的人是管理員")
        }
        Phrase::TurnedAwayFull { count } => turned_away("伺服器已滿", count, out),
        Phrase::TurnedAwayWithoutName { count } => turned_away("太多連線還沒有名稱", count, out),
        Phrase::TurnedAwayThere { most, count } => {
            turned_away(&format!("這個位址已有 {most} 條連線，見 --max-per-address"), count, out)
        }
        Phrase::ConsoleFails { why } => write!(out, "畫面的輸出無法寫入，可以寫時會繼續: {why}"),
        Phrase::ProxyHeaderMissing => write!(out, "closed. (沒有 --proxy-from 要的 PROXY 標頭)"),
        Phrase::ProxyHeaderBad => write!(out, "closed. (PROXY 標頭不合規定)"),
        Phrase::ProxyHeaderLate => write!(out, "closed. (5 秒內沒有 --proxy-from 要的 PROXY 標頭)"),
        Phrase::ProxyHeadersTooMany => write!(out, "closed. (太多連線在等 PROXY 標頭)"),
        Phrase::CertificateWithoutTls => {
            write!(out, "--tls off 時 --cert 和 --key 什麼都不會加密: 請去掉其中一邊")
        }
        Phrase::Encryption { key: None, .. } => write!(out, "沒有加密 (--tls off)"),
        Phrase::Encryption { key: Some(key), is_required } => {
            let who = if is_required {
                "從別處來的人一定要用 TLS"
            } else {
                "用 TLS 連進來就有加密"
            };
            write!(out, "{who}，伺服器的金鑰是 {key}")
        }
        Phrase::CertificateTaken { key } => write!(out, "換用新的憑證，金鑰是 {key}"),
        Phrase::CertificateRefused { why } => write!(out, "新的憑證不能用，仍用原來的: {why}"),
        Phrase::BadCertificate { why } => write!(out, "不能用 --cert 和 --key 的檔案加密: {why}"),
        Phrase::BecameOperator { name } => write!(out, "{name}成為伺服器管理員"),
        Phrase::WrongPassword { name } => write!(out, "{name}輸入了錯誤的密碼"),
        Phrase::Kept { folder, messages, age, size } => {
            write!(out, "{folder}: {messages} 則訊息，")?;
            match (age, size) {
                (Some(age), Some(size)) => write!(out, "最多保存 {age}，最多 {size}"),
                (None, Some(size)) => write!(out, "最多保存 {size}"),
                (_, None) => write!(out, "不再增加 (--history 0)"),
            }
        }
        Phrase::DiskFull => write!(out, "伺服器的磁碟已滿: 有空間以前不能發言"),
        Phrase::DiskHasRoom => write!(out, "伺服器的磁碟又有空間了"),
        Phrase::Trimmed { count } => write!(out, "刪除了 {count} 則舊紀錄"),
        Phrase::NoPlaceToKeep => {
            write!(out, "沒有地方可以保存訊息: 請用 --data DIR 指定資料夾，或用 --memory 不保存")
        }
        Phrase::CannotKeep { folder, why } => {
            match why {
                KeepFault::InUse => write!(out, "{folder} 正被另一個 roomchat serve 使用"),
                KeepFault::Network => write!(out, "{folder} 在另一台機器上，無法安全保存"),
                KeepFault::Newer => write!(out, "{folder} 是較新版本的 roomchat 建立的"),
                KeepFault::Foreign(path) => write!(out, "{path} 不是 roomchat 的資料，沒有更動"),
                KeepFault::Failed(why) => write!(out, "無法在 {folder} 保存訊息: {why}"),
            }?;
            write!(out, "。請用 --data DIR 指定別的資料夾，或用 --memory 不保存")
        }
        Phrase::KeptNoMore { why } => write!(out, "訊息無法再保存，伺服器結束: {why}"),
        Phrase::BadPassword { place, why } => {
            write!(out, "{place} 裡的伺服器密碼")?;
            match why {
                PasswordFault::Empty => write!(out, "是空的"),
                PasswordFault::TooLong(bytes) => write!(out, "太長 (最多 {bytes} 位元組)"),
                PasswordFault::SeveralLines => write!(out, "不只一行"),
                PasswordFault::NotText => write!(out, "不是 UTF-8 的文字，或有控制字元"),
            }
        }
        Phrase::BadFirstRoom { text, why } => {
            write!(out, "--room「{text}」: ")?;
            bad_name(why, None, out)
        }
        Phrase::BadDescription { bytes } => {
            write!(out, "--description 是一行文字，最多 {bytes} 位元組，不能有控制字元")
        }
        Phrase::BadServerName { name, bytes } => write!(
            out,
            "「{name}」不能作為伺服器的名稱: 請用字母、數字、「.」、「-」或「_」，最多 {bytes} 位元組"
        ),
        Phrase::NoClients => write!(out, "--max-clients 0 誰也進不來: 請寫 1 以上"),
        Phrase::BadOperator { place, why } => {
            let why = match why {
                OperatorFault::NotTwoWords => "請寫一個名稱和一個雜湊值，中間空一格",
                OperatorFault::NoHash => "這不是 Argon2 雜湊值；可以這樣產生: argon2 SALT -id -e",
                OperatorFault::NamedTwice => "這個名稱前面已經有了",
            };
            write!(out, "{place}: {why}")
        }
        Phrase::ServerStopping => write!(out, "伺服器關閉中，再見"),
    }
}

fn turned_away(why: &str, count: u64, out: &mut String) -> Result {
    match count {
        1 => write!(out, "closed. ({why})"),
        _ => write!(out, "closed. ({why}；上次以來共 {count} 個)"),
    }
}

fn system_fault(fault: SystemFault) -> &'static str {
    match fault {
        SystemFault::NoSuchFile => "沒有這個檔案或資料夾",
        SystemFault::Forbidden => "沒有權限",
        SystemFault::Exists => "已經有了",
        SystemFault::IsFolder => "這是資料夾，不是檔案",
        SystemFault::NoFolder => "路徑裡有一段不是資料夾",
        SystemFault::ReadOnly => "這裡只能讀取",
        SystemFault::StorageFull => "空間不足",
        SystemFault::TooLarge => "檔案太大",
        SystemFault::BadFileName => "檔名太長，或有不能用的字",
        SystemFault::NotUtf8 => "不是 UTF-8 的文字",
        SystemFault::TooManyFiles => "開啟的檔案太多",
        SystemFault::DeviceFailed => "裝置出錯",
        SystemFault::AddressInUse => "這個位址已經被使用",
        SystemFault::NotOurAddress => "這台電腦沒有這個位址",
        SystemFault::TimedOut => "太久沒有回應",
        SystemFault::Refused => "對方拒絕連線",
        SystemFault::Reset => "連線被重設",
        SystemFault::Unreachable => "網路不通，到不了對方",
        SystemFault::UnknownHost => "找不到這個主機",
        SystemFault::NoMemory => "記憶體不足",
    }
}

/// What a mode of a room means, by its letter.
fn mode(on: bool, letter: char, value: Option<&str>, out: &mut String) -> Result {
    let words = match (letter, on) {
        ('i', true) => "只有受邀請的人可以進來",
        ('i', false) => "不必受邀請也可以進來",
        ('m', true) => "只有管理員和准許的人可以發言",
        ('m', false) => "大家都可以發言",
        ('n', true) => "不在裡面的人不能對這裡說話",
        ('n', false) => "不在裡面的人也可以對這裡說話",
        ('s', true) => "別人的清單上看不到這裡",
        ('s', false) => "別人的清單上看得到這裡",
        ('t', true) => "只有管理員可以設定主題",
        ('t', false) => "大家都可以設定主題",
        ('k', true) => "進來需要密碼",
        ('k', false) => "進來不需要密碼",
        ('l', true) => return write!(out, "最多 {} 人", value.unwrap_or("?")),
        ('l', false) => "不限人數",
        _ => {
            let sign = if on { '+' } else { '-' };
            return write!(
                out,
                "模式 {sign}{letter}{}",
                value.map(|value| format!(" {value}")).unwrap_or_default()
            );
        }
    };
    write!(out, "{words}")
}

const WEEKDAYS: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];

fn bad_name(why: NameError, suggestion: Option<&str>, out: &mut String) -> Result {
    match why {
        NameError::Empty => write!(out, "名稱不能空白"),
        NameError::TooLong => write!(out, "名稱太長 (最多 10 個中文字或 20 個英文字母)"),
        NameError::TooManyBytes => write!(out, "名稱太長 (UTF-8 最多 {NAME_BYTES} 個位元組)"),
        NameError::BadCharacter(' ') => write!(out, "名稱不能有空白"),
        NameError::BadCharacter(c) => write!(out, "名稱不能有「{}」", visible(c)),
        NameError::NoHash => write!(out, "聊天室的名稱要以 # 開頭"),
        NameError::Reserved => write!(out, "這個名稱保留不用"),
    }?;
    suggestion.map_or(Ok(()), |name| write!(out, "，例如: {name}"))
}

/// How a server is trusted that was really replaced.
fn remove(out: &mut String, lines: Option<(&str, &str)>) -> Result {
    match lines {
        Some((path, lines)) => write!(out, "如果您知道伺服器真的換了，請從 {path} 刪除:\n{lines}"),
        None => Ok(()),
    }
}
