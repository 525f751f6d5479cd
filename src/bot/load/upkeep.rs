//! What a run leaves changed in the room, and how it is changed back. Pure.
//!
//! Without a crowd the room is gone when the last person leaves. The crowd
//! keeps it alive, and with it what the script has set.

use crate::bot::expect::event::same_room;
use crate::client::protocol::{ModeChange, ServerFeatures, mode_changes};
use crate::wire::{Line, Message, numeric};

/// Different modes and masks that are kept account of; what a server changes
/// beyond these stays.
const MOST: usize = 1024;

/// The room as the first listener sees it, which was there first.
#[derive(Debug, Default)]
pub(super) struct Upkeep {
    changes: Vec<Change>,
    /// Empty where there is none.
    topic_before: String,
    topic: String,
}

#[derive(Debug)]
struct Change {
    letter: char,
    /// Of a list's entry.
    mask: Option<String>,
    /// None where it is not set, else its value, which most have none of.
    before: Option<String>,
    now: Option<String>,
}

impl Upkeep {
    /// A line to that one; the room is this.
    pub(super) fn on_message(&mut self, message: &Message, room: &str, features: &ServerFeatures) {
        match message.command() {
            numeric::RPL_TOPIC if message.param(1).is_some_and(|of| same_room(of, room)) => {
                message.last().unwrap_or("").clone_into(&mut self.topic_before);
                self.topic.clone_from(&self.topic_before);
            }
            "MODE" if message.param(0).is_some_and(|of| same_room(of, room)) => {
                self.modes(message, features);
            }
            _ => {}
        }
    }

    /// Somebody has set the topic.
    pub(super) fn topic_is(&mut self, topic: &str) {
        topic.clone_into(&mut self.topic);
    }

    /// Lines with their ends that set the room's modes as they were.
    pub(super) fn modes_back(&self, room: &str, features: &ServerFeatures) -> String {
        let changed = self.changes.iter().filter(|change| change.before != change.now);
        let lines = changed.filter_map(|change| back(change, room, features.room_modes()));
        lines.map(|line| format!("{}\r\n", line.as_str())).collect()
    }

    /// The topic that was there before, where it is another one now.
    pub(super) fn topic_back(&mut self) -> Option<String> {
        let changed = self.topic != self.topic_before;
        self.topic.clone_from(&self.topic_before);
        changed.then(|| self.topic_before.clone())
    }

    fn modes(&mut self, message: &Message, features: &ServerFeatures) {
        // A rank is gone when its owner is.
        let (ranks, [lists, ..]) = (features.ranks(), features.room_modes());
        for ModeChange { on, letter, param } in mode_changes(message, 1, features) {
            match letter {
                _ if ranks.contains(letter) => {}
                _ if lists.contains(letter) => {
                    self.changed(letter, param.as_deref(), on.then(String::new), on);
                }
                _ => self.changed(letter, None, Some(param.unwrap_or_default()), on),
            }
        }
    }

    /// `value`: what is set now, or was until now.
    fn changed(&mut self, letter: char, mask: Option<&str>, value: Option<String>, set: bool) {
        let is_it = |change: &&mut Change| change.letter == letter && change.mask.as_deref() == mask;
        if let Some(change) = self.changes.iter_mut().find(is_it) {
            change.now = value.filter(|_| set);
        } else if self.changes.len() < MOST {
            let value = value.or_else(|| Some(String::new()));
            let (before, now) = if set { (None, value) } else { (value, None) };
            self.changes.push(Change { letter, mask: mask.map(str::to_owned), before, now });
        }
    }
}

/// The line that changes it back; None where the value that it had was never told.
fn back(change: &Change, room: &str, [_, always, setting]: [&str; 3]) -> Option<Line> {
    let Change { letter, mask, before, now } = change;
    let has_value = |of: &str| of.contains(*letter);
    let (sign, value) = match (before, now) {
        (Some(before), _) if has_value(always) || has_value(setting) => {
            ('+', Some(before).filter(|value| !["", "*"].contains(&value.as_str()))?.as_str())
        }
        (Some(_), _) => ('+', ""),
        (None, Some(now)) if has_value(always) => ('-', now.as_str()),
        (None, _) => ('-', ""),
    };
    let line = Line::new("MODE").param(room).param(&format!("{sign}{letter}"));
    Some(match mask.as_deref().unwrap_or(value) {
        "" => line,
        param => line.param(param),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::protocol::Registration;

    /// The lines that take back what these do.
    fn back(heard: &[&str]) -> Vec<String> {
        let (mut upkeep, mut registration) = (Upkeep::default(), Registration::default());
        for line in heard {
            let message = Message::parse(line).unwrap();
            registration.receive(&message);
            upkeep.on_message(&message, "#r", &registration.features);
        }
        upkeep.modes_back("#R", &registration.features).lines().map(str::to_owned).collect()
    }

    /// Modes that were set are removed, and removed ones set again.
    #[test]
    fn changes_are_undone() {
        assert_eq!(back(&[":a MODE #r +m-t"]), ["MODE #R -m", "MODE #R +t"]);
        assert_eq!(back(&[":a MODE #r +kl key 5"]), ["MODE #R -k key", "MODE #R -l"]);
        assert_eq!(back(&[":a MODE #r -k key"]), ["MODE #R +k key"]);
        assert_eq!(back(&[":a MODE #r -l"]), [""; 0], "nobody knows which it was");
        assert_eq!(
            back(&[":a MODE #r +bb x!*@* y!*@*", ":a MODE #r -b x!*@*"]),
            ["MODE #R -b y!*@*"],
            "each mask is one"
        );
    }

    /// Nothing is done for modes that are as before, and for ranks, which leave with their owner.
    #[test]
    fn unchanged_modes_and_ranks_stay() {
        assert_eq!(back(&[":a MODE #r +m", ":a MODE #r -m", ":a MODE a +B", ":a MODE #s +i"]), [""; 0]);
        assert_eq!(back(&[":a MODE #r +ovm b c"]), ["MODE #R -m"]);
        let other = ":s 005 a CHANMODES=bq,k,jl,im PREFIX=(Yaov)!&@+ :are supported";
        assert_eq!(back(&[other, ":a MODE #r +Yqj b m:*!*@* 5:1"]), ["MODE #R -q m:*!*@*", "MODE #R -j"]);
    }

    /// The first listener's own mode changes come back to it, and are not undone again.
    #[test]
    fn undoing_is_not_undone() {
        assert_eq!(
            back(&[":a MODE #r +mb x!*@*", ":crowd1 MODE #r -m", ":crowd1 MODE #r -b x!*@*"]),
            [""; 0]
        );
    }

    #[test]
    fn the_topic_is_that_of_the_beginning() {
        let mut upkeep = Upkeep::default();
        upkeep.topic_is("1");
        assert_eq!((upkeep.topic_back(), upkeep.topic_back()), (Some(String::new()), None));
        upkeep.on_message(
            &Message::parse(":s 332 crowd1 #r :old").unwrap(),
            "#r",
            &ServerFeatures::default(),
        );
        assert_eq!(upkeep.topic_back(), None);
        upkeep.topic_is("2");
        assert_eq!(upkeep.topic_back().as_deref(), Some("old"));
    }

    #[test]
    fn no_server_fills_it() {
        let (mut upkeep, features) = (Upkeep::default(), ServerFeatures::default());
        for n in 0..2 * MOST {
            upkeep.on_message(&Message::parse(&format!(":s MODE #r +b {n}!*@*")).unwrap(), "#r", &features);
        }
        assert_eq!(upkeep.modes_back("#r", &features).lines().count(), MOST);
    }
}
