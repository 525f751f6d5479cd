//! `@` lines: each says something once, above the first step.

use super::super::keyword::{CONDITIONS, FAILINGS, Failing, KEYS, Key};
use super::super::offer;
use super::super::plan::{Condition, Xfail};
use super::super::reader::COLONS;
use super::super::syntax::{Syntax, nearest};
use super::people::Planner;
use std::ops::Range;

impl Planner<'_> {
    pub(super) fn directive(&mut self, line: usize, key: Key, value: &str) -> Result<(), Syntax> {
        let name = KEYS.iter().find(|(known, ..)| *known == key).map_or("", |(_, name, _)| name);
        let at = name.len() + 2..name.len() + 2 + value.len();
        self.may_stand_here(line, key, name)?;
        if !matches!(key, Key::Title | Key::Xfail) && value.contains("${") {
            return Err(Syntax::new(at, format!("@{name} takes no values")).expected("the text itself"));
        }
        match key {
            Key::Title => self.plan.title = Some(value.to_owned()),
            Key::Room => match value.starts_with('#') && !value.contains([' ', ',']) {
                true => self.plan.room = Some(value.to_owned()),
                false => return Err(Syntax::new(at, "no room's name").expected("@room #NAME")),
            },
            Key::Serve => self.plan.serve.extend(value.split_whitespace().map(str::to_owned)),
            Key::Strict => self.plan.strict = true,
            Key::OnlyIf | Key::SkipIf => self.condition(key, value, at)?,
            Key::Xfail => self.plan.xfail = Some(xfail(line, value, at.start)?),
        }
        Ok(())
    }

    fn may_stand_here(&mut self, line: usize, key: Key, name: &str) -> Result<(), Syntax> {
        let whole = 0..usize::MAX;
        if let Some(begun) = self.begun_at {
            return Err(Syntax::new(
                whole,
                format!("@{name} is for the whole script, which begins in line {begun}"),
            )
            .expected(format!("@{name} above line {begun}")));
        }
        let once = !matches!(key, Key::Serve | Key::OnlyIf | Key::SkipIf);
        match self.directives.iter().find(|(known, _)| once && *known == key) {
            Some((_, first)) => Err(Syntax::new(whole, format!("@{name} stands in line {first} already"))
                .expected(format!("one @{name}"))),
            None => {
                self.directives.push((key, line));
                Ok(())
            }
        }
    }

    /// Refuses conditions that can't all hold: the script would never be played.
    fn condition(&mut self, key: Key, value: &str, at: Range<usize>) -> Result<(), Syntax> {
        let condition = condition(value, at.clone())?;
        let opposite = match condition {
            Condition::Own => Some(Condition::Foreign),
            Condition::Foreign => Some(Condition::Own),
            Condition::Cap(_) | Condition::Token(_) => None,
        };
        let (same, other) = match key {
            Key::SkipIf => (&self.plan.skip_if, &self.plan.only_if),
            _ => (&self.plan.only_if, &self.plan.skip_if),
        };
        if other.contains(&condition) || opposite.is_some_and(|opposite| same.contains(&opposite)) {
            return Err(Syntax::new(at, "with the conditions above, no server ever gets this script")
                .expected("conditions that can hold together"));
        }
        match key {
            Key::SkipIf => self.plan.skip_if.push(condition),
            _ => self.plan.only_if.push(condition),
        }
        Ok(())
    }
}

/// `line N`, a kind, or both, then a colon and the reason.
fn xfail(line: usize, value: &str, start: usize) -> Result<Xfail, Syntax> {
    let kinds = || FAILINGS.iter().map(|(_, name, _)| *name);
    let forms = || {
        let kinds = kinds().collect::<Vec<_>>().join(", ");
        format!(
            "@xfail line N: REASON, @xfail KIND: REASON or @xfail line N KIND: REASON; the kinds are {kinds}"
        )
    };
    let Some((place, reason)) = value.split_once(COLONS) else {
        let what =
            "@xfail names neither a line nor a kind of failure, and so would take any failure for this one";
        return Err(Syntax::new(start..start + value.len(), what).expected(forms()));
    };
    let at = start..start + place.len();
    let wrong = |what: String| Syntax::new(at.clone(), what).expected(forms());
    let mut words = place.split_whitespace().peekable();
    let mut expected = Xfail { line, at: None, kind: None, reason: reason.trim().to_owned() };
    if words.next_if_eq(&"line").is_some() {
        let number = words.next().unwrap_or("");
        let number = number.parse().map_err(|_| wrong(format!("`{number}` is no line's number")))?;
        expected.at = Some(number);
    }
    if let Some(word) = words.next() {
        expected.kind = Some(kind(word).ok_or_else(|| {
            let near = nearest(word, kinds().chain(["line"]));
            wrong(format!("`{word}` is no kind of failure")).mean(near)
        })?);
    }
    if let Some(more) = words.next() {
        return Err(wrong(format!("`{more}` is left over: one line and one kind")));
    }
    match (expected.at, expected.kind, expected.reason.is_empty()) {
        (None, None, _) => Err(wrong("no line and no kind before the colon".to_owned())),
        (_, _, true) => Err(wrong("no reason after the colon".to_owned())),
        _ => Ok(expected),
    }
}

fn kind(word: &str) -> Option<Failing> {
    FAILINGS.iter().find(|(_, name, _)| *name == word).map(|(kind, ..)| *kind)
}

fn condition(value: &str, at: Range<usize>) -> Result<Condition, Syntax> {
    let unknown = |kind: &str, name: &str, near: Option<String>| {
        let what = format!("no server is known to have the {kind} `{name}`, so this would never change");
        Syntax::new(at.clone(), what)
            .expected("a name of the IRCv3 registry or of numeric 005; a vendor's own holds a `/`")
            .mean(near)
    };
    match value.split_once([' ', '\t']).map_or((value, ""), |(kind, name)| (kind, name.trim())) {
        ("own", "") => Ok(Condition::Own),
        ("foreign", "") => Ok(Condition::Foreign),
        ("cap", name) if !name.is_empty() => offer::capability(name)
            .map(|()| Condition::Cap(name.to_owned()))
            .map_err(|near| unknown("capability", name, near)),
        ("token", name) if !name.is_empty() => offer::token(name)
            .map(|()| Condition::Token(name.to_owned()))
            .map_err(|near| unknown("token", name, near)),
        (kind, _) => {
            let names = CONDITIONS.iter().map(|(name, _)| *name);
            Err(Syntax::new(at, format!("`{value}` can't be asked of a server"))
                .expected(names.clone().collect::<Vec<_>>().join(", "))
                .mean(
                    nearest(kind, names.filter_map(|name| name.split(' ').next()))
                        .filter(|near| near != kind),
                ))
        }
    }
}
