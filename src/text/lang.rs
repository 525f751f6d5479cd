//! The languages, and which one somebody is spoken to in.

use std::fmt;
use std::str::FromStr;

/// A language that people are spoken to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Traditional Chinese, in the wording of the original system.
    #[default]
    ZhTw,
    En,
}

impl Lang {
    pub const ALL: [Lang; 2] = [Lang::ZhTw, Lang::En];

    /// The language a locale asks for: Chinese for `zh…`, `C`, `POSIX` and
    /// none, English for any other.
    pub fn from_locale(locale: &str) -> Lang {
        let language = locale.split(['.', '@']).next().unwrap_or("");
        match language {
            "" | "C" | "POSIX" => Lang::ZhTw,
            zh if zh.to_ascii_lowercase().starts_with("zh") => Lang::ZhTw,
            _ => Lang::En,
        }
    }

    /// The language of the first of `LC_ALL`, `LC_MESSAGES`, `LANG` that is set
    /// and not empty (POSIX, 8.2).
    pub fn from_env(var: impl Fn(&str) -> Option<String>) -> Lang {
        let mut set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(var);
        Lang::from_locale(&set.find(|value| !value.is_empty()).unwrap_or_default())
    }
}

impl FromStr for Lang {
    type Err = UnknownLang;

    /// As after `--lang`: `zh-TW`, `zh` or `en`, in any case.
    fn from_str(text: &str) -> Result<Lang, UnknownLang> {
        match text.to_ascii_lowercase().as_str() {
            "zh-tw" | "zh" => Ok(Lang::ZhTw),
            "en" => Ok(Lang::En),
            _ => Err(UnknownLang),
        }
    }
}

/// A language that nobody is spoken to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownLang;

impl fmt::Display for UnknownLang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("write zh-TW or en")
    }
}

impl std::error::Error for UnknownLang {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_chooses_the_language() {
        for zh in ["", "C", "POSIX", "C.UTF-8", "zh_TW.UTF-8", "zh_CN", "zh"] {
            assert_eq!(Lang::from_locale(zh), Lang::ZhTw, "{zh}");
        }
        for en in ["en_US.UTF-8", "de_DE", "ja_JP.UTF-8"] {
            assert_eq!(Lang::from_locale(en), Lang::En, "{en}");
        }
    }

    #[test]
    fn the_first_variable_that_is_set_counts() {
        let env = |pairs: &'static [(&str, &str)]| {
            Lang::from_env(|key| pairs.iter().find(|(k, _)| *k == key).map(|(_, v)| (*v).to_owned()))
        };
        assert_eq!(env(&[("LANG", "en_US.UTF-8")]), Lang::En);
        assert_eq!(env(&[("LC_ALL", ""), ("LANG", "en_US")]), Lang::En);
        assert_eq!(env(&[("LC_ALL", "zh_TW"), ("LANG", "en_US")]), Lang::ZhTw);
        assert_eq!(env(&[]), Lang::ZhTw);
    }

    #[test]
    fn a_language_is_named_as_it_is_written() {
        for (text, lang) in [("zh-TW", Lang::ZhTw), ("zh", Lang::ZhTw), ("EN", Lang::En)] {
            assert_eq!(text.parse(), Ok(lang));
        }
        assert_eq!("fr".parse::<Lang>(), Err(UnknownLang));
    }
}
