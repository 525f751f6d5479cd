//! Another name where ours is refused on the way back, and ours again once it is free.

use super::{Model, fold};
use crate::text::Name;
use crate::wire::{Line, Message};
use std::time::Duration;

/// What takes the place of a name's end, in the order in which they are tried.
const ENDS: [&str; 8] = ["_", "__", "_1", "_2", "_3", "_4", "_5", "_6"];
/// Names with so few characters are made longer, not cut.
const SHORT: usize = 4;
/// How often our own name is asked for, and how many times.
const EVERY: Duration = Duration::from_secs(30);
const MOST_ASKED: u32 = 20;

/// The name with another end: one that is as good as the name itself by our
/// rules, and has no more bytes than the server takes. None after the last.
fn variation(name: &str, number: usize, most_bytes: Option<usize>) -> Option<String> {
    let end = ENDS.get(number)?;
    let is_ours = Name::parse(name).is_ok();
    // A server may count otherwise, or not tell its limit: then what is no
    // longer than the name is the surest.
    let most_bytes = match number > 0 && name.chars().count() >= SHORT {
        true => name.len(),
        false => most_bytes.map_or(usize::MAX, |most| most.max(name.len())),
    };
    let mut stem = name;
    loop {
        let varied = format!("{stem}{end}");
        if varied.len() <= most_bytes && (!is_ours || Name::parse(&varied).is_ok()) && varied != name {
            return Some(varied);
        }
        let (last, _) = stem.char_indices().next_back()?;
        stem = &stem[..last];
    }
}

/// Our own name, which somebody else has for now.
#[derive(Debug, Default)]
pub(super) struct Reclaim {
    name: Option<String>,
    /// When it is asked for; None until somebody tells the time.
    at: Option<Duration>,
    asked: u32,
}

impl Reclaim {
    pub(super) fn begin(&mut self, name: &str) {
        *self = Reclaim { name: Some(name.to_owned()), ..Reclaim::default() };
    }

    pub(super) fn stop(&mut self) {
        *self = Reclaim::default();
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.at
    }

    pub(super) fn pump(&mut self, now: Duration) {
        if self.name.is_some() && self.asked < MOST_ASKED {
            self.at.get_or_insert(now + EVERY);
        }
    }

    fn is(&self, name: &str) -> bool {
        self.name.as_ref().is_some_and(|ours| fold(ours) == fold(name))
    }
}

impl Model {
    /// Tries another name; false after the last that is tried on one connection.
    pub(super) fn vary_name(&mut self) -> bool {
        let Some(name) = &self.returning else {
            return false;
        };
        let Some(varied) = variation(name, self.varied, self.greeting.name_bytes) else {
            return false;
        };
        self.varied += 1;
        self.send(&Line::new("NICK").param(&varied));
        self.name = varied;
        true
    }

    /// Asks for our own name where it is time.
    pub(super) fn check_name(&mut self, now: Duration) {
        if self.reclaim.at.is_some_and(|at| at <= now) {
            self.ask_for_name();
        }
    }

    /// Somebody has given up this name.
    pub(super) fn name_is_free(&mut self, name: &str) {
        if self.reclaim.is(name) && self.reclaim.asked < MOST_ASKED {
            self.ask_for_name();
        }
    }

    fn ask_for_name(&mut self) {
        let Some(name) = &self.reclaim.name else {
            return;
        };
        let line = Line::new("NICK").param(name);
        self.reclaim.asked += 1;
        self.reclaim.at = None;
        self.send(&line);
    }

    /// Whether this is the answer to a question that the person has not asked.
    pub(super) fn is_still_taken(&self, message: &Message) -> bool {
        self.reclaim.asked > 0 && message.param(1).is_some_and(|name| self.reclaim.is(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_varied_within_the_limits() {
        let vary = |name: &str, most| {
            let all: Vec<String> = (0..).map_while(|number| variation(name, number, most)).collect();
            assert_eq!(all.len(), ENDS.len(), "{all:?}");
            for varied in &all {
                assert!(most.is_none_or(|most| varied.len() <= most.max(name.len())), "{varied}");
                assert!(Name::parse(varied).is_ok() && varied != name, "{varied}");
            }
            all[..3].join(" ")
        };
        assert_eq!(vary("小花", None), "小花_ 小花__ 小花_1");
        // Exactly 20 columns.
        let letters = "abcdefghijklmnopqrs_ abcdefghijklmnopqr__ abcdefghijklmnopqr_1";
        assert_eq!(vary("abcdefghijklmnopqrst", None), letters);
        assert_eq!(
            vary("一二三四五六七八九十", Some(60)),
            "一二三四五六七八九_ 一二三四五六七八九__ 一二三四五六七八九_1"
        );
        assert_eq!(vary("alexander", Some(9)), "alexande_ alexand__ alexand_1");
        // A limit that nobody told is met by the second.
        assert_eq!(vary("alexander", None), "alexander_ alexand__ alexand_1");
        assert_eq!(vary("bob_", None), "bob__ bo__ bo_1");
    }
}
