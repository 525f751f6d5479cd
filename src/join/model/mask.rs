//! The mask by which somebody is kept out of a room, or silent.
//!
//! A name alone is changed in a moment, and an address alone may be that of a whole class. So the
//! narrowest mask is taken that another name does not escape.

use std::borrow::Cow;
use std::str::Chars;

/// What a mask goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The device: what `join` calls itself by, whatever the name and the address.
    Device,
    /// This address, which nobody else in the room has.
    Address(String),
    /// The user name at an address that others have, too.
    User,
    /// The name alone: at this address nothing else tells people apart.
    Name,
    /// As it was typed.
    Given,
}

/// An entry that was set here, and for whom.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) name: String,
    /// As it stands in the list; see [`canonical`].
    pub(super) mask: String,
    pub(super) kind: Kind,
}

/// The mask for somebody who is `name!user@host`, among the people of the room; None where that is not
/// all known.
pub(super) fn mask_of(name: &str, source: &str, people: &[String]) -> Option<(String, Kind)> {
    let (user, host) = user_and_host(source)?;
    let others = people.iter().filter(|person| person.as_str() != source);
    let others: Vec<_> = others.filter_map(|person| user_and_host(person)).collect();
    // Two may sit at one machine.
    if is_device(user) && !others.iter().any(|(other, _)| *other == user) {
        return Some((format!("*!{user}@*"), Kind::Device));
    }
    let there = others.iter().filter(|(_, other)| *other == host);
    let users: Vec<&str> = there.map(|(user, _)| *user).collect();
    // Where the program has made it of the name, another name is another user.
    let is_of_name = || user.trim_start_matches('~').chars().all(|c| name.contains(c));
    Some(match users.is_empty() {
        true => (format!("*!*@{host}"), Kind::Address(host.to_owned())),
        false if users.contains(&user) => (format!("{name}!*@*"), Kind::Name),
        false if is_of_name() => (format!("*!{user}@{host}"), Kind::Name),
        false => (format!("*!{user}@{host}"), Kind::User),
    })
}

fn user_and_host(source: &str) -> Option<(&str, &str)> {
    source.split_once('!')?.1.split_once('@')
}

/// Whether a mask is that of a device, whoever that is.
pub fn is_of_device(mask: &str) -> bool {
    matches!(meant(mask), Some(Meant::Device(_)))
}

/// What the mask of an entry goes by, where that is one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant<'a> {
    Name(&'a str),
    /// What `join` calls a device by.
    Device(&'a str),
    Address(&'a str),
}

/// What a mask goes by; None where that is more than one thing, or a part of one.
pub fn meant(mask: &str) -> Option<Meant<'_>> {
    let (name, from) = mask.split_once('!')?;
    let (user, host) = from.split_once('@')?;
    let is_part = |text: &str| text != "*" && text.contains(['*', '?']);
    match (name, user, host) {
        _ if [name, user, host].into_iter().any(is_part) => None,
        (name, "*", "*") if name != "*" => Some(Meant::Name(name)),
        ("*", user, "*") if is_device(user) => Some(Meant::Device(user)),
        ("*", "*", host) if host != "*" => Some(Meant::Address(host)),
        _ => None,
    }
}

/// An entry as it is set: UnrealIRCd 6 gives this kind its long name where it tells of it.
pub(super) fn canonical(entry: &str) -> Cow<'_, str> {
    match entry.strip_prefix("~quiet:") {
        Some(mask) => format!("~q:{mask}").into(),
        None => entry.into(),
    }
}

/// What `join` gives as its user name: `j` and eight hexadecimal digits. Servers put `~` before one
/// that they have not verified.
pub fn is_device(user: &str) -> bool {
    let digits = user.trim_start_matches('~').strip_prefix('j');
    digits.is_some_and(|digits| {
        digits.len() == 8 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// The masks that [`mask_of`] may have made for somebody of whom more than the name is known, in
/// lower case. Wider ones are meant for others as well.
pub(super) fn masks_of(source: &str) -> Vec<String> {
    let Some((user, host)) = user_and_host(source) else { return Vec::new() };
    let device = is_device(user).then(|| format!("*!{user}@*"));
    let masks = [format!("*!*@{host}"), format!("*!{user}@{host}")];
    masks.into_iter().chain(device).map(|mask| mask.to_ascii_lowercase()).collect()
}

/// Whether a mask with `*` and `?` matches somebody, in whatever case of ASCII letters.
pub(super) fn matches(mask: &str, source: &str) -> bool {
    let (mut mask, mut text) = (mask.chars(), source.chars());
    // Behind the last star, and the text from where it was tried last: it takes one character more
    // each time.
    let mut star: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        match (mask.clone().next(), text.clone().next()) {
            (Some('*'), _) => {
                mask.next();
                star = Some((mask.clone(), text.clone()));
            }
            (Some(wanted), Some(other)) if wanted == '?' || wanted.eq_ignore_ascii_case(&other) => {
                mask.next();
                text.next();
            }
            (None, None) => return true,
            _ => {
                let Some((after, tried)) = &mut star else { return false };
                if tried.next().is_none() {
                    return false;
                }
                (mask, text) = (after.clone(), tried.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::source;

    fn of(name: &str, people: &[&str]) -> (String, Kind) {
        let people: Vec<String> = people.iter().map(|person| (*person).to_owned()).collect();
        let source = people.iter().find(|person| source::nick(person) == name).unwrap();
        mask_of(name, source, &people).unwrap()
    }

    /// A whole class has one address, and only one of it is meant.
    #[test]
    fn the_mask_is_the_narrowest_that_another_name_does_not_escape() {
        let class = [
            "小明!guest@10.0.0.1",
            "小花!guest@10.0.0.1",
            "bob!bob@10.0.0.1",
            "eve!login@10.0.0.1",
            "老師!t@10.0.0.9",
        ];
        assert_eq!(of("老師", &class), ("*!*@10.0.0.9".to_owned(), Kind::Address("10.0.0.9".to_owned())));
        assert_eq!(of("eve", &class), ("*!login@10.0.0.1".to_owned(), Kind::User));
        assert_eq!(of("bob", &class), ("*!bob@10.0.0.1".to_owned(), Kind::Name));
        assert_eq!(of("小明", &class), ("小明!*@*".to_owned(), Kind::Name));
        assert_eq!(mask_of("小安", "小安", &[]), None);
        let class = ["小明!j0123abcd@10.0.0.1", "小花!~j0123abce@10.0.0.1"];
        assert_eq!(of("小明", &class), ("*!j0123abcd@*".to_owned(), Kind::Device));
        assert_eq!(of("小花", &class), ("*!~j0123abce@*".to_owned(), Kind::Device));
        let shared = ["小明!j0123abcd@10.0.0.1", "小花!j0123abcd@10.0.0.1"];
        assert_eq!(of("小明", &shared), ("小明!*@*".to_owned(), Kind::Name));
        assert!(is_of_device("*!~j0123abcd@*") && !is_of_device("*!*@*") && !is_of_device("*!j0123abcd@h"));
        assert!(!is_device("jonathan1") && !is_device("j12345678x") && !is_device("guest"));
    }

    #[test]
    fn a_mask_goes_by_one_thing() {
        for (mask, goes_by) in [
            ("小明!*@*", Some(Meant::Name("小明"))),
            ("*!~j0123abcd@*", Some(Meant::Device("~j0123abcd"))),
            ("*!*@10.0.0.1", Some(Meant::Address("10.0.0.1"))),
            ("*!*@10.0.0.*", None),
            ("*!bob@10.0.0.1", None),
            ("*!bob@*", None),
            ("*!*@*", None),
            ("bob", None),
        ] {
            assert_eq!(meant(mask), goes_by, "{mask}");
        }
    }

    /// To let one person in again let others in, for whom a wider mask was meant.
    #[test]
    fn only_masks_of_one_person_are_theirs() {
        let people = ["小明!j0123abcd@Host", "bob!bob@Host"].map(str::to_owned);
        for person in &people {
            let (mask, _) = mask_of(source::nick(person), person, &people).unwrap();
            assert!(masks_of(person).contains(&mask.to_ascii_lowercase()), "{mask}");
            assert!(!masks_of(person).contains(&"*!*@*".to_owned()));
        }
        assert_eq!(masks_of("server"), Vec::<String>::new());
    }

    #[test]
    fn a_mask_matches_as_servers_match_it() {
        for (mask, source, does) in [
            ("*!*@10.0.0.1", "小明!guest@10.0.0.1", true),
            ("*!*@10.0.0.?", "小明!guest@10.0.0.1", true),
            ("*!*@10.0.0.1", "小明!guest@10.0.0.11", false),
            ("BOB!*@*", "bob!b@h", true),
            ("小?!*@*", "小花!b@h", true),
            ("小??!*@*", "小花!b@h", false),
            ("*a*b*", "xaxxbx", true),
            ("*a*b", "xaxxbx", false),
            ("", "", true),
        ] {
            assert_eq!(matches(mask, source), does, "{mask} {source}");
        }
        assert!(!matches(&"*a".repeat(50), &"b".repeat(400)));
    }
}
