//! Passwords, and which lines may carry one, so that they are kept nowhere.
//!
//! A sentence that is taken for one by mistake is just not kept for later runs.

use std::fmt;
use strsim::damerau_levenshtein;
use unicode_normalization::UnicodeNormalization;

/// A text that `Debug` does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: String) -> Secret {
        Secret(text)
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// What other clients have a command for that is followed by a password.
const COMMANDS: &[&str] = &[
    "auth",
    "challenge",
    "cs",
    "ghost",
    "id",
    "login",
    "logon",
    "ns",
    "oper",
    "pass",
    "passwd",
    "password",
    "q",
    "quote",
    "raw",
    "recover",
    "regain",
    "register",
    "release",
    "sasl",
    "setpass",
    "squery",
];

/// Those whom a password is told in a private message, and what it begins with there.
const SERVICES: &[&str] =
    &["authserv", "chanserv", "identify", "nickserv", "operserv", "saslserv", "userserv"];

/// Words of a line that was meant as a command and lacks its `/`.
const FEW_WORDS: usize = 4;

/// Whether a command's name is one that a password follows, or nearly so.
pub(super) fn is_password_command(name: &str) -> bool {
    let name = plain(name);
    [COMMANDS, SERVICES].into_iter().flatten().any(|command| is_near(&name, command))
}

/// Whether a line may carry a password, with `/`, with `//`, or without.
pub(super) fn may_carry_password(line: &str) -> bool {
    let words: Vec<String> = line.split_whitespace().map(plain).filter(|word| !word.is_empty()).collect();
    let [first, _, ..] = &words[..] else {
        return false;
    };
    let is_service = |word: &String| SERVICES.iter().any(|service| is_near(word, service));
    if words.iter().any(is_service) || COMMANDS.contains(&first.as_str()) {
        return true;
    }
    let is_command = line.trim_start().starts_with(['/', '／']) || words.len() <= FEW_WORDS;
    is_command && COMMANDS.iter().any(|command| is_near(first, command))
}

/// A word in one spelling, without signs around it and without a service's host.
fn plain(word: &str) -> String {
    let word: String = word.nfkc().collect::<String>().to_lowercase();
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    word.split('@').next().unwrap_or_default().to_owned()
}

/// The same, or nearly: one slip of a finger away.
fn is_near(word: &str, command: &str) -> bool {
    let slips = match command.len() {
        0..=3 => 0,
        4..=6 => 1,
        _ => 2,
    };
    damerau_levenshtein(word, command) <= slips
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Commands that a password follows are recognised in any spelling.
    #[test]
    fn password_commands_in_any_spelling() {
        for line in [
            "/oper root geheim",
            "//oper root geheim",
            " /oper root geheim",
            "oper root geheim",
            "／ＯＰＥＲ　root　geheim",
            "/opre root x",
            "//opre root x",
            "opre root x",
            "/OPER root x",
            "/identify geheim",
            "//indentify geheim",
            "identify me geheim",
            "/ns identify geheim",
            "//NickServ identify me geheim",
            "nikserv identify geheim",
            "/msg NickServ identify geheim",
            "msg nickserv@services.example register geheim a@b",
            "/pass geheim",
            "//login me geheim",
            "/auth me geheim",
            "/register geheim a@b",
            "/quote oper root geheim",
            "//raw PASS geheim",
            "!identify geheim",
        ] {
            assert!(may_carry_password(line), "{line}");
        }
    }

    #[test]
    fn what_people_say_is_no_password() {
        for line in [
            "哈囉",
            "hello, how are you today?",
            "//etc",
            "/topic tea",
            "/last 5",
            "/join #lab",
            "/me waves",
            "oper",
            "opera is what I listen to on Sundays",
            "I read the past of the room",
        ] {
            assert!(!may_carry_password(line), "{line}");
        }
    }
}
