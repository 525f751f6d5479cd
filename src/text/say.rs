//! Each sentence in each language.

use super::lang::Lang;
use super::phrase::Phrase;
use super::{en, zh_tw};

impl Phrase<'_> {
    pub fn say(self, lang: Lang) -> String {
        let mut out = String::new();
        match lang {
            Lang::ZhTw => zh_tw::say(self, &mut out),
            Lang::En => en::say(self, &mut out),
        }
        .expect("writing to a String cannot fail");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_original_s_words() {
        let zh = |phrase: Phrase<'_>| phrase.say(Lang::ZhTw);
        assert_eq!(zh(Phrase::AskName), "請輸入您的名稱: ");
        assert_eq!(zh(Phrase::Entered { name: "小花" }), "[小花進入聊天室]");
        assert_eq!(zh(Phrase::Left { name: "小明", reason: None }), "小明離開聊天室...");
        assert_eq!(zh(Phrase::SureToLeave), "確定要離開嗎? are you sure? [y/N] ");
        assert_eq!(zh(Phrase::People { count: 3 }), "聊天室人數： 3");
        assert_eq!(zh(Phrase::Header { name: "小花" }), "小花的聊天室");
    }
}
