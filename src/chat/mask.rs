//! Patterns with `*` and `?`, and masks of people.

use super::people::User;
use crate::text::name::fold;
use std::net::IpAddr;
use std::str::Chars;

/// Whether the text is as the pattern says: `*` stands for any characters,
/// `?` for one, all others for themselves in any case.
pub fn matches(pattern: &str, text: &str) -> bool {
    glob(&fold(pattern), &fold(text))
}

/// The same for what is folded already: nothing is allocated.
fn glob(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // The pattern behind the last star, and the text behind what the star has taken.
    let mut star: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        let rest = text.clone();
        match (pattern.next(), text.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                text = rest.clone();
                star = Some((pattern.clone(), rest));
            }
            (Some(wanted), Some(c)) if wanted == '?' || wanted == c => {}
            (Some(_), None) => return false,
            (_, Some(_)) => {
                let Some((behind, taken)) = &mut star else { return false };
                taken.next();
                (pattern, text) = (behind.clone(), taken.clone());
            }
        }
    }
}

/// A pattern for `name!user@host` out of what people type: `name`, `name!user`,
/// `user@host`, an address or a block of addresses, or the whole.
pub fn complete(typed: &str) -> String {
    let or_any = |part: &str| if part.is_empty() { "*".to_owned() } else { part.to_owned() };
    if block(typed).is_some() {
        return format!("*!*@{typed}");
    }
    let (name, rest) = match (typed.split_once('!'), typed.contains('@')) {
        (Some((name, rest)), _) => (name, rest),
        (None, true) => ("*", typed),
        (None, false) => (typed, "*"),
    };
    let (user, host) = rest.split_once('@').unwrap_or((rest, "*"));
    format!("{}!{}@{}", or_any(name), or_any(user), or_any(host))
}

/// `name!user@host` with `*` and `?`; the host may be a block of addresses (CIDR).
///
/// It is taken apart and folded once: each message to a room may be tried against it.
#[derive(Debug, Clone)]
pub(super) struct Mask {
    name: Box<str>,
    user: Box<str>,
    host: Host,
}

#[derive(Debug, Clone)]
enum Host {
    Pattern(Box<str>),
    /// An address and how many of its first bits count.
    Block(IpAddr, u8),
}

/// Somebody, as masks are tried against them.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    who: &'a User,
    user: String,
    host: String,
    address: Option<IpAddr>,
}

impl Mask {
    /// Of a pattern that is complete.
    pub(super) fn parse(pattern: &str) -> Mask {
        let (name, rest) = pattern.split_once('!').unwrap_or((pattern, "*"));
        let (user, host) = rest.split_once('@').unwrap_or((rest, "*"));
        let host = match block(host) {
            Some((address, bits)) => Host::Block(address, bits),
            None => Host::Pattern(fold(host).into()),
        };
        Mask { name: fold(name).into(), user: fold(user).into(), host }
    }

    /// Whether it means somebody by the name that they have now.
    pub(super) fn matches_now(&self, who: &Candidate<'_>) -> bool {
        self.matches_account(who) && glob(&self.name, who.who.name().key())
    }

    /// Whether it means somebody by any name that they have had since they came.
    pub(super) fn matches_ever(&self, who: &Candidate<'_>) -> bool {
        let mut names = std::iter::once(who.who.name()).chain(who.who.names_before());
        self.matches_account(who) && names.any(|name| glob(&self.name, name.key()))
    }

    fn matches_account(&self, who: &Candidate<'_>) -> bool {
        let is_host = match &self.host {
            Host::Pattern(pattern) => glob(pattern, &who.host),
            Host::Block(address, bits) => who.address.is_some_and(|host| is_in_block(host, *address, *bits)),
        };
        is_host && glob(&self.user, &who.user)
    }
}

impl<'a> Candidate<'a> {
    pub(super) fn new(who: &'a User) -> Candidate<'a> {
        Candidate { who, user: fold(who.user()), host: fold(who.host()), address: who.host().parse().ok() }
    }
}

/// An address, or `address/bits` (RFC 4632, 3.1; RFC 4291, 2.3).
fn block(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.parse().ok()?;
    let all = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Some(all), |bits| bits.parse().ok())?;
    (bits <= all).then_some((address, bits))
}

fn is_in_block(host: IpAddr, address: IpAddr, bits: u8) -> bool {
    let differs = match (host, address) {
        (IpAddr::V4(host), IpAddr::V4(address)) => u128::from(host.to_bits() ^ address.to_bits()) << 96,
        (IpAddr::V6(host), IpAddr::V6(address)) => host.to_bits() ^ address.to_bits(),
        _ => return false,
    };
    differs.leading_zeros() >= u32::from(bits)
}

#[cfg(test)]
mod tests {
    use super::super::ids::{Seq, UserKey};
    use super::super::people::Arrival;
    use super::*;
    use crate::text::Name;
    use proptest::prelude::*;
    use std::time::Duration;

    #[test]
    fn stars_and_question_marks_stand_for_characters() {
        for (pattern, text) in [
            ("*", ""),
            ("a*c", "abbc"),
            ("A?C", "abc"),
            ("小?!*@*", "小花!u@h"),
            ("*b*b*", "abab"),
            ("**", "x"),
            ("*ab", "aab"),
            ("", ""),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("", "a"), ("?", ""), ("a*c", "ab"), ("a", "ab"), ("*a", "ab"), ("*?", ""), ("ab", "a")]
        {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn what_was_left_out_is_anything() {
        for (typed, whole) in [
            ("bob", "bob!*@*"),
            ("bob!u", "bob!u@*"),
            ("u@h", "*!u@h"),
            ("@h", "*!*@h"),
            ("a!b@c", "a!b@c"),
            ("", "*!*@*"),
            ("10.0.0.1", "*!*@10.0.0.1"),
            ("10.0.0.0/8", "*!*@10.0.0.0/8"),
            ("2001:db8::/32", "*!*@2001:db8::/32"),
        ] {
            assert_eq!(complete(typed), whole);
            assert_eq!(complete(whole), whole);
        }
    }

    #[test]
    fn a_block_of_addresses_is_no_pattern() {
        let blocks = [
            ("10.1.0.0/16", "10.1.2.3", true),
            ("10.1.9.9/16", "10.1.2.3", true),
            ("10.1.0.0/16", "10.2.2.3", false),
            ("10.1.2.2/31", "10.1.2.3", true),
            ("10.1.2.2/32", "10.1.2.3", false),
            ("0.0.0.0/0", "10.1.2.3", true),
            ("::/0", "10.1.2.3", false),
            ("2001:DB8::/32", "2001:db8:1::1", true),
            ("2001:db9::/32", "2001:db8:1::1", false),
            ("::/0", "0::1", true),
            ("0:0::1", "0::1", true),
            ("10.1.0.0/33", "10.1.0.0", false),
            ("10.*/16", "10.1.2.3", false),
        ];
        for (block, host, is_meant) in blocks {
            let arrival = Arrival {
                name: Name::parse("a").unwrap(),
                user: "u".into(),
                host: host.into(),
                real: "r".into(),
                away: None,
                is_local: false,
            };
            let user = User::new(UserKey(Seq(1)), arrival, 0, Duration::ZERO);
            let mask = Mask::parse(&format!("*!*@{block}"));
            assert_eq!(mask.matches_now(&Candidate::new(&user)), is_meant, "{block} {host}");
        }
    }

    proptest! {
        #[test]
        fn a_text_is_as_itself(text in "[a-z小*?]{0,12}") {
            prop_assert!(matches(&text, &text));
            prop_assert!(matches("*", &text));
        }

        /// Everything that a star may stand for is tried.
        #[test]
        fn a_pattern_means_what_it_says(pattern in "[ab*?]{0,6}", text in "[ab]{0,6}") {
            fn is_like(pattern: &[u8], text: &[u8]) -> bool {
                match (pattern.split_first(), text.split_first()) {
                    (None, None) => true,
                    (Some((b'*', behind)), _) => (0..=text.len()).any(|taken| is_like(behind, &text[taken..])),
                    (Some((wanted, behind)), Some((c, rest))) => (*wanted == b'?' || wanted == c) && is_like(behind, rest),
                    _ => false,
                }
            }
            prop_assert_eq!(matches(&pattern, &text), is_like(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
