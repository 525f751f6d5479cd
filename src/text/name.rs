//! Names of people and rooms: what one may be called, and when two names are
//! the same or look the same.

use super::sanitise::{MARKS_PER_BASE, is_bidi_control, is_emoji, is_invisible, is_mark};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock};
use std::{fmt, iter};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns that a name may take on a terminal.
pub const NAME_COLUMNS: usize = 20;
/// Bytes of UTF-8 that a name or a room's name may take: `NICKLEN`, `CHANNELLEN`.
pub const NAME_BYTES: usize = 64;

/// Words that a transcript or a client uses for somebody or something else.
const RESERVED: [&str; 15] = [
    "me",
    "我",
    "server",
    "伺服器",
    "system",
    "系統",
    "everyone",
    "大家",
    "others",
    "其他人",
    "together",
    "同時",
    "wait",
    "let",
    "each",
];

/// Somebody's name: NFC, 1 to [`NAME_COLUMNS`] columns, at most [`NAME_BYTES`] bytes.
///
/// Two names are equal when their Unicode case folding is; what is displayed
/// is the spelling its owner chose.
#[derive(Clone)]
pub struct Name(Folded);

/// A room's name: `#` and the letters that a [`Name`] may have, at most
/// [`NAME_BYTES`] bytes; equal when folded equal.
#[derive(Clone)]
pub struct RoomName(Folded);

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameError {
    Empty,
    /// More than [`NAME_COLUMNS`] columns.
    TooLong,
    /// More than [`NAME_BYTES`] bytes.
    TooManyBytes,
    /// A character that no name may have, or not in this place.
    BadCharacter(char),
    /// A room's name that does not begin with `#`.
    NoHash,
    /// A word with a meaning of its own, or one that looks like it.
    Reserved,
}

/// A text, and what it is folded: made once, for a text that is often compared.
#[derive(Debug, Clone)]
pub struct Folded {
    spelling: Arc<str>,
    /// Shares the spelling's memory where folding changes nothing.
    key: Arc<str>,
}

impl Name {
    /// # Errors
    /// Any [`NameError`] but `NoHash`.
    pub fn parse(text: &str) -> Result<Name, NameError> {
        let spelling: String = text.nfc().collect();
        check_letters(&spelling)?;
        if spelling.starts_with('-') {
            return Err(NameError::BadCharacter('-'));
        }
        if spelling.width() > NAME_COLUMNS {
            return Err(NameError::TooLong);
        }
        if spelling.len() > NAME_BYTES {
            return Err(NameError::TooManyBytes);
        }
        let name = Name(Folded::new(spelling));
        let looks = name.skeleton();
        if RESERVED.contains(&&**name.key()) || RESERVED_LOOKS.contains(&looks) {
            return Err(NameError::Reserved);
        }
        Ok(name)
    }

    /// The nearest name that [`Name::parse`] accepts, if letters remain. Characters that stand
    /// far behind are not looked at: each that is makes a name to be tried.
    pub fn suggest(text: &str) -> Option<Name> {
        let mut near = String::new();
        for cluster in text.nfc().collect::<String>().graphemes(true).take(NAME_BYTES) {
            let longer = format!("{near}{cluster}");
            if matches!(Name::parse(&longer), Ok(_) | Err(NameError::Reserved)) {
                near = longer;
            }
        }
        Name::parse(&near).ok()
    }

    pub fn as_str(&self) -> &str {
        &self.0.spelling
    }

    /// The folded spelling: equal for equal names.
    pub fn key(&self) -> &Arc<str> {
        &self.0.key
    }

    /// What the name looks like: equal for names that a reader may take for
    /// one another (UTS 39, 4, with case folded away).
    pub fn skeleton(&self) -> String {
        skeleton(&self.0.spelling)
    }
}

impl RoomName {
    /// # Errors
    /// Any [`NameError`] but `TooLong` and `Reserved`.
    pub fn parse(text: &str) -> Result<RoomName, NameError> {
        let spelling: String = text.nfc().collect();
        let letters = spelling.strip_prefix('#').ok_or(match spelling.is_empty() {
            true => NameError::Empty,
            false => NameError::NoHash,
        })?;
        check_letters(letters)?;
        if spelling.len() > NAME_BYTES {
            return Err(NameError::TooManyBytes);
        }
        Ok(RoomName(Folded::new(spelling)))
    }

    pub fn as_str(&self) -> &str {
        &self.0.spelling
    }

    /// The folded spelling: equal for equal rooms.
    pub fn key(&self) -> &Arc<str> {
        &self.0.key
    }

    /// What the name looks like, as [`Name::skeleton`].
    pub fn skeleton(&self) -> String {
        skeleton(&self.0.spelling)
    }
}

impl Folded {
    pub fn new(spelling: String) -> Folded {
        let key = fold(&spelling);
        Folded::with_key(spelling, key)
    }

    /// Of a text that was folded in parts.
    pub fn with_key(spelling: String, key: String) -> Folded {
        let spelling: Arc<str> = spelling.into();
        let key = if *key == *spelling { Arc::clone(&spelling) } else { key.into() };
        Folded { spelling, key }
    }

    pub fn spelling(&self) -> &Arc<str> {
        &self.spelling
    }

    pub fn key(&self) -> &Arc<str> {
        &self.key
    }
}

/// Unicode default caseless matching (Unicode 16, 3.13, D145).
pub fn fold(text: &str) -> String {
    // Most texts are of these alone, which nothing composes with.
    if text.chars().all(|c| c.is_ascii() || matches!(c, '\u{4e00}'..='\u{9fff}')) {
        return text.to_ascii_lowercase();
    }
    fold_any(text)
}

fn fold_any(text: &str) -> String {
    let decomposed: String = text.nfd().collect();
    caseless::default_case_fold_str(&decomposed).nfc().collect()
}

/// [`RESERVED`], as they look.
static RESERVED_LOOKS: LazyLock<[String; RESERVED.len()]> = LazyLock::new(|| RESERVED.map(skeleton));

/// Folding comes last as well: a capital I looks like a small L, and the
/// table maps both to the latter.
fn skeleton(text: &str) -> String {
    fold(&unicode_security::skeleton(text).collect::<String>())
}

fn check_letters(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    let mut marks = 0;
    let next = text.chars().skip(1).map(Some).chain(iter::once(None));
    let previous = iter::once(None).chain(text.chars().map(Some));
    for ((c, previous), next) in text.chars().zip(previous).zip(next) {
        let allowed = match c {
            '\u{200d}' => previous.is_some_and(is_emoji_part) && next.is_some_and(is_emoji),
            '\u{fe0f}' => previous.is_some_and(is_emoji),
            _ if is_mark(c) => {
                marks += 1;
                previous.is_some() && marks <= MARKS_PER_BASE
            }
            _ => {
                marks = 0;
                is_letter(c)
            }
        };
        if !allowed {
            return Err(NameError::BadCharacter(c));
        }
    }
    Ok(())
}

fn is_emoji_part(c: char) -> bool {
    is_emoji(c) || c == '\u{fe0f}'
}

fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || "-_[]\\^{|}`".contains(c);
    }
    if is_bidi_control(c) || is_invisible(c) {
        return false;
    }
    let group = c.general_category_group();
    matches!(group, GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number) || is_emoji(c)
}

macro_rules! folded_identity {
    ($($name:ident),*) => {$(
        impl PartialEq for $name {
            fn eq(&self, other: &$name) -> bool {
                self.0.key == other.0.key
            }
        }
        impl Eq for $name {}
        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.key.hash(state);
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.as_str())
            }
        }
    )*};
}
folded_identity!(Name, RoomName);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn names_are_what_people_are_called() {
        for good in ["小花", "Ann-Marie", "b10915001", "王小明", "José", "نور", "ｶﾅ", "👩‍💻", "x[1]", "प्रिया"]
        {
            assert_eq!(name(good).as_str(), good.nfc().collect::<String>());
        }
    }

    #[test]
    fn a_name_can_hold_nothing_that_a_line_or_a_transcript_uses() {
        for bad in [
            "小 明",
            "a!b",
            "a@b",
            "a,b",
            "a*",
            "a?",
            "a.b",
            "a:b",
            "a;b",
            "\"a",
            "a'",
            "a/b",
            "$a",
            "100%",
            "a：b",
            "a！",
            "a，",
            "a、b",
            "a\u{202e}b",
            "a\u{200b}b",
            "\u{3164}",
            "-a",
            "\u{301}a",
            "a\u{200d}b",
            "a\u{7}",
        ] {
            assert!(matches!(Name::parse(bad), Err(NameError::BadCharacter(_))), "{bad:?}");
        }
    }

    #[test]
    fn reserved_words_are_nobodys_name_however_written() {
        for word in
            ["me", "ME", "我", "server", "Ѕerver", "伺服器", "系統", "EVERYONE", "其他人", "同時", "each"]
        {
            assert_eq!(Name::parse(word), Err(NameError::Reserved), "{word}");
        }
    }

    #[test]
    fn length_is_counted_in_columns_and_bytes() {
        assert!(Name::parse(&"字".repeat(10)).is_ok());
        assert_eq!(Name::parse(&"字".repeat(11)), Err(NameError::TooLong));
        assert!(Name::parse(&"a".repeat(20)).is_ok());
        assert_eq!(Name::parse(&"a".repeat(21)), Err(NameError::TooLong));
        assert_eq!(Name::parse(""), Err(NameError::Empty));
    }

    #[test]
    fn the_folded_name_is_the_identity() {
        assert_eq!(name("Alice"), name("aLICE"));
        assert_eq!(name("Straße"), name("STRASSE"));
        assert_eq!(name("e\u{301}a"), name("ÉA"));
        assert_ne!(name("Alice"), name("Alicf"));
    }

    #[test]
    fn look_alikes_share_a_skeleton() {
        for (one, other) in [("Alice", "AIice"), ("bob", "b0b"), ("paypal", "pаypаl"), ("小明", "小明")]
        {
            assert_eq!(name(one).skeleton(), name(other).skeleton(), "{one} {other}");
        }
        assert_ne!(name("學生1").skeleton(), name("學生2").skeleton());
    }

    #[test]
    fn a_suggestion_keeps_what_it_can() {
        let near = |text: &str| Name::suggest(text).map(|n| n.to_string());
        assert_eq!(near("小 明").as_deref(), Some("小明"));
        assert_eq!(near(" --x.y ").as_deref(), Some("xy"));
        assert_eq!(near("！！"), None);
        assert_eq!(near("me"), None);
        assert_eq!(near("me too").as_deref(), Some("metoo"));
        assert_eq!(near(&format!("{}a", "!".repeat(63))).as_deref(), Some("a"));
        assert_eq!(near(&format!("{}a", "!".repeat(64))), None);
    }

    #[test]
    fn rooms_begin_with_a_hash() {
        assert_eq!(RoomName::parse("#Lab").unwrap(), RoomName::parse("#lab").unwrap());
        assert_eq!(RoomName::parse("lab"), Err(NameError::NoHash));
        assert_eq!(RoomName::parse("#"), Err(NameError::Empty));
        assert_eq!(RoomName::parse("#a b"), Err(NameError::BadCharacter(' ')));
        assert_eq!(RoomName::parse(&format!("#{}", "字".repeat(22))), Err(NameError::TooManyBytes));
    }

    proptest! {
        /// Where it is short, too.
        #[test]
        fn folding_is_that_of_unicode(text in "[a-zA-Z!@小花ßéÉ\u{301}ガ가\u{f900}]{0,8}") {
            prop_assert_eq!(fold(&text), fold_any(&text));
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }

        #[test]
        fn an_accepted_name_is_its_own_canonical_spelling(text in "\\PC{1,12}") {
            if let Ok(name) = Name::parse(&text) {
                let again = Name::parse(name.as_str()).unwrap();
                prop_assert_eq!(again.as_str(), name.as_str());
                prop_assert_eq!(again.key(), name.key());
            }
        }

        #[test]
        fn a_suggestion_is_always_a_name(text in any::<String>()) {
            if let Some(name) = Name::suggest(&text) {
                prop_assert!(Name::parse(name.as_str()).is_ok());
            }
        }
    }
}
