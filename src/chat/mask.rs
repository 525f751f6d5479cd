//! Masks of people: `name!user@host`.

use super::pattern::Pattern;
use super::people::User;
use super::work::Work;
use crate::text::name::fold;
use std::net::IpAddr;

/// Completes what people type to a mask for `name!user@host`: they may type `name`, `name!user`,
/// `user@host`, an address, a block of addresses, or the whole.
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
/// It is folded once, and compiled each time it is tried: a room may have many masks, which are
/// seldom tried, since the result for a member is cached.
#[derive(Debug, Clone)]
pub(super) struct Mask {
    folded: Box<str>,
    /// The length of the name, and that of name, `!` and user, in bytes.
    name: usize,
    name_and_user: usize,
    /// The host if it is an address, and how many of its first bits count.
    block: Option<(IpAddr, u8)>,
}

/// Equal if they differ at most in case.
impl PartialEq for Mask {
    fn eq(&self, other: &Mask) -> bool {
        self.folded == other.folded
    }
}

/// A person in the form that masks are tried against.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    who: &'a User,
    /// Folded, like the host.
    user: &'a str,
    host: &'a str,
    address: Option<IpAddr>,
}

impl Mask {
    /// Parses a complete mask.
    pub(super) fn parse(pattern: &str) -> Mask {
        let (name, rest) = pattern.split_once('!').unwrap_or((pattern, "*"));
        let (user, host) = rest.split_once('@').unwrap_or((rest, "*"));
        let block = block(host);
        let [name, user, host] = [name, user, host].map(fold);
        Mask {
            folded: format!("{name}!{user}@{host}").into(),
            name: name.len(),
            name_and_user: name.len() + 1 + user.len(),
            block,
        }
    }

    /// Whether it matches somebody by the present name.
    pub(super) fn matches_now(&self, who: &Candidate<'_>, work: &mut Work) -> bool {
        self.matches_user_and_host(who, work) && is_like(self.name(), [&**who.who.name().key()], work)
    }

    /// Whether it matches somebody by the present or a former name.
    pub(super) fn matches_ever(&self, who: &Candidate<'_>, work: &mut Work) -> bool {
        let names = std::iter::once(who.who.name()).chain(&who.who.names_before);
        self.matches_user_and_host(who, work) && is_like(self.name(), names.map(|name| &**name.key()), work)
    }

    fn matches_user_and_host(&self, who: &Candidate<'_>, work: &mut Work) -> bool {
        let is_host = match self.block {
            None => is_like(&self.folded[self.name_and_user + 1..], [who.host], work),
            Some((address, bits)) => {
                work.add(1);
                who.address.is_some_and(|host| is_in_block(host, address, bits))
            }
        };
        is_host && is_like(&self.folded[self.name + 1..self.name_and_user], [who.user], work)
    }

    fn name(&self) -> &str {
        &self.folded[..self.name]
    }
}

/// Whether one of some texts matches a part of a mask.
fn is_like<'a>(part: &str, texts: impl IntoIterator<Item = &'a str>, work: &mut Work) -> bool {
    work.add(1);
    if part == "*" {
        return true;
    }
    if !part.contains(['*', '?']) {
        return texts.into_iter().any(|text| {
            work.add(1);
            text == part
        });
    }
    // A pattern that is longer than all names need not be compiled.
    let least = part.chars().filter(|c| *c != '*').count();
    let mut pattern = None;
    texts.into_iter().any(|text| {
        work.add(1);
        text.len() >= least && {
            work.add(if pattern.is_none() { 5 + (least / 8) as u32 } else { 0 });
            pattern.get_or_insert_with(|| Pattern::compile(part)).matches(text, work)
        }
    })
}

impl<'a> Candidate<'a> {
    pub(super) fn new(who: &'a User) -> Candidate<'a> {
        let [_, user, host, ..] = who.keys();
        Candidate { who, user, host, address: host.parse().ok() }
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
    use std::time::Duration;

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
            assert_eq!(
                mask.matches_now(&Candidate::new(&user), &mut Work::default()),
                is_meant,
                "{block} {host}"
            );
        }
    }

    #[test]
    fn the_parts_of_a_mask_are_folded_apart() {
        let mask = Mask::parse("STRASSE*!Ü?@H\u{e9}");
        assert_eq!(&*mask.folded, "strasse*!ü?@hé");
        assert_eq!(mask, Mask::parse("straße*!u\u{308}?@HE\u{301}"));
        let arrival = Arrival {
            name: Name::parse("Straße").unwrap(),
            user: "ÜB".into(),
            host: "hÉ".into(),
            real: "r".into(),
            away: None,
            is_local: false,
        };
        let user = User::new(UserKey(Seq(1)), arrival, 0, Duration::ZERO);
        assert_eq!(user.keys(), ["strasse", "üb", "hé", "r", "strasse!üb@hé"]);
        assert!(mask.matches_now(&Candidate::new(&user), &mut Work::default()));
    }
}
