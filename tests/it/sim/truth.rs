//! What people have been told, and what must hold of it for ever.

use super::step::ROOMS;
use super::store::Storage;
use roomchat::chat::{Nonce, Seq};
use roomchat::wire::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A message that somebody was told of.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) seq: Seq,
    /// What never changes of it.
    what: What,
    /// The number of the telling: later ones are higher.
    pub(super) told: u64,
    /// Somebody has asked to redact it.
    pub(super) may_be_redacted: bool,
    /// Somebody was told that it is redacted.
    pub(super) is_redacted: bool,
    /// It is to be found by all who ask, unless it is redacted.
    pub(super) is_kept: bool,
}

impl Said {
    /// Whether all who ask must find it, where records before that one are too many.
    pub(super) fn is_to_be_found(&self, oldest: Seq) -> bool {
        self.is_kept && !self.may_be_redacted && self.seq >= oldest
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct What {
    command: String,
    target: String,
    text: String,
    time: String,
    source: String,
}

/// The letters of the settings that are looked at: those of one answer together.
pub(super) const LETTERS: [&str; 3] = ["mikl", "b", "I"];

#[derive(Debug, Default)]
pub(super) struct RoomTruth {
    /// The topic, where it is known, and the number of what has told it last.
    pub(super) topic: Option<(Seq, String)>,
    /// The messages that were told as they happened, in the order of the log.
    pub(super) order: BTreeSet<Seq>,
    /// What is set, where it is known, by the letters that are asked for together; each with its letter.
    pub(super) settings: BTreeMap<&'static str, BTreeSet<String>>,
    /// The hub's uptime since when nobody is in it.
    pub(super) empty_since: Option<Duration>,
}

#[derive(Debug)]
pub(super) struct Truth {
    nonce: Nonce,
    /// By id.
    pub(super) said: BTreeMap<String, Said>,
    /// The id of each text, by where it was said and the word in it that no other text has.
    words: BTreeMap<(String, String), String>,
    /// Words of texts that were refused.
    pub(super) refused: BTreeSet<String>,
    /// Events of pages, by id.
    events: BTreeMap<String, String>,
    pub(super) rooms: BTreeMap<&'static str, RoomTruth>,
    pub(super) tellings: u64,
    /// Records before this one are too many, and may be anywhere or nowhere.
    pub(super) oldest: Seq,
}

/// The word of a text that no other text has.
pub(super) fn word_of(text: &str) -> &str {
    text.split(' ').find(|word| word.starts_with("wo") && word.ends_with("rd")).unwrap_or_default()
}

/// The text of several lines with this word.
pub(super) fn lines_of(word: &str) -> String {
    format!("{word} first\n\nsecond of {word}, and more")
}

/// Two Chinese characters that stand beside each other nowhere but in the text with this word.
pub(super) fn pair_of(word: &str) -> String {
    let number: u32 = word.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0);
    [0x5000 + number % 64, 0x6000 + number / 64].into_iter().filter_map(char::from_u32).collect()
}

impl RoomTruth {
    fn of_new_room() -> RoomTruth {
        RoomTruth {
            topic: Some((Seq(0), String::new())),
            settings: LETTERS.into_iter().map(|letters| (letters, BTreeSet::new())).collect(),
            order: BTreeSet::new(),
            empty_since: Some(Duration::ZERO),
        }
    }

    /// What is known of its settings may be wrong.
    pub(super) fn doubt(&mut self) {
        self.topic = None;
        self.settings.clear();
    }

    /// One change of the settings, as everybody is told it.
    pub(super) fn change(&mut self, change: &str, value: Option<&str>) {
        let (sign, letter) = change.split_at(1);
        let known = self.settings.iter_mut().find(|(letters, _)| letters.contains(letter));
        let Some((_, known)) = known.filter(|_| letter.len() == 1) else { return };
        let entry = format!("{letter} {}", value.unwrap_or_default());
        // Of these a room has one.
        if matches!(letter, "k" | "l") {
            known.retain(|other| !other.starts_with(letter));
        } else {
            known.remove(&entry);
        }
        if sign == "+" {
            known.insert(entry);
        }
    }

    pub(super) fn key(&self) -> Option<&str> {
        self.settings.get(LETTERS[0])?.iter().find_map(|entry| entry.strip_prefix("k "))
    }

    /// Whether nothing but a ban keeps somebody out for certain.
    pub(super) fn is_open(&self) -> bool {
        let is_closing = |entry: &String| entry.starts_with(['i', 'k', 'l']);
        self.settings.get(LETTERS[0]).is_some_and(|known| !known.iter().any(is_closing))
    }

    pub(super) fn has_no_bans(&self) -> bool {
        self.settings.get("b").is_some_and(BTreeSet::is_empty)
    }
}

impl Truth {
    pub(super) fn new() -> Truth {
        Truth {
            nonce: Nonce::new("n"),
            said: BTreeMap::new(),
            words: BTreeMap::new(),
            refused: BTreeSet::new(),
            events: BTreeMap::new(),
            rooms: ROOMS.into_iter().map(|room| (room, RoomTruth::of_new_room())).collect(),
            tellings: 0,
            oldest: Seq(0),
        }
    }

    /// Somebody is told of a message, as it happens or in a page. Gives its number.
    pub(super) fn tell(
        &mut self,
        message: &Message,
        is_past: bool,
        storage: &Storage,
    ) -> Result<Option<Seq>, String> {
        let Some(id) = message.tag("msgid").map(String::from) else { return Ok(None) };
        let Some(seq) = self.nonce.seq_of(&id) else { return Err(format!("an id of another log: {id}")) };
        let text = match message.is("TAGMSG") {
            true => message.tag("+x").unwrap_or_default().into_owned(),
            false => message.last().unwrap_or_default().to_owned(),
        };
        let what = What {
            command: message.command().to_owned(),
            target: message.param(0).unwrap_or_default().to_owned(),
            text,
            time: message.tag("time").unwrap_or_default().into_owned(),
            source: message.source().unwrap_or_default().to_owned(),
        };
        if !matches!(message.command(), "PRIVMSG" | "NOTICE" | "TAGMSG") {
            if is_past {
                let line = format!("{what:?}");
                let known = self.events.entry(id.clone()).or_insert_with(|| line.clone());
                if *known != line {
                    return Err(format!("{id} was {known}, and is {line} now"));
                }
            }
            return Ok(Some(seq));
        }
        if let Some(known) = self.said.get(&id) {
            if known.what != what {
                return Err(format!("{id} was {:?}, and is {what:?} now", known.what));
            }
            if known.is_redacted {
                return Err(format!("{id} is told of, and was redacted"));
            }
            return Ok(Some(seq));
        }
        let word = word_of(&what.text).to_owned();
        if self.refused.contains(&word) {
            return Err(format!("{id} is told of, and was refused: {what:?}"));
        }
        if !word.is_empty()
            && let Some(other) = self.words.insert((what.target.clone(), word), id.clone())
        {
            return Err(format!("{other} and {id} are the same message: {what:?}"));
        }
        let is_kept = what.target.starts_with('#') && what.command != "TAGMSG";
        if is_kept && storage.has(seq) == Some(false) {
            return Err(format!("{id} is told of, and is not on disk"));
        }
        if is_kept
            && !is_past
            && let Some(room) = self.rooms.get_mut(what.target.as_str())
        {
            room.order.insert(seq);
        }
        self.tellings += 1;
        let told = self.tellings;
        let said = Said { seq, what, told, may_be_redacted: false, is_redacted: false, is_kept };
        self.said.insert(id, said);
        Ok(Some(seq))
    }

    pub(super) fn seq_of(&self, id: &str) -> Option<Seq> {
        self.nonce.seq_of(id)
    }

    pub(super) fn is_redacted(&self, id: &str) -> bool {
        self.said.get(id).is_some_and(|said| said.is_redacted)
    }

    /// Whether somebody has asked to redact the message with this word, which was said there.
    pub(super) fn may_be_redacted(&self, room: &str, word: &str) -> bool {
        let id = self.words.get(&(room.to_owned(), word.to_owned()));
        id.and_then(|id| self.said.get(id)).is_some_and(|said| said.may_be_redacted)
    }

    pub(super) fn redacted(&mut self, id: &str) {
        if let Some(said) = self.said.get_mut(id) {
            (said.may_be_redacted, said.is_redacted) = (true, true);
        }
    }

    /// A room may have ended, with all that was said in it.
    pub(super) fn may_have_ended(&mut self, room: &str) {
        self.said.values_mut().filter(|said| said.what.target == room).for_each(|said| said.is_kept = false);
    }

    /// The messages of a room that everybody who asks must find.
    pub(super) fn to_be_found(&self, room: &str) -> impl Iterator<Item = (&String, &Said)> {
        self.said.iter().filter(move |(_, said)| said.what.target == room && said.is_to_be_found(self.oldest))
    }

    /// Messages of a room that may be redacted.
    pub(super) fn redacted_in(&self, room: &str) -> usize {
        self.said.values().filter(|said| said.what.target == room && said.may_be_redacted).count()
    }

    pub(super) fn word(&self, id: &str) -> &str {
        self.said.get(id).map_or("", |said| word_of(&said.what.text))
    }

    pub(super) fn room_of(&self, id: &str) -> &str {
        self.said.get(id).map_or("", |said| &said.what.target)
    }

    /// What was redacted or refused, and is on the disk nevertheless.
    pub(super) fn look_for_traces(&self, storage: &Storage) -> Result<(), String> {
        let redacted = self.said.values().filter(|said| said.is_redacted && said.what.command != "TAGMSG");
        let words =
            redacted.map(|said| word_of(&said.what.text)).chain(self.refused.iter().map(String::as_str));
        // What was said in two rooms may still stand in one.
        let kept: BTreeSet<&str> = self
            .said
            .values()
            .filter(|said| !said.is_redacted)
            .map(|said| word_of(&said.what.text))
            .collect();
        for word in words.filter(|word| !word.is_empty() && !kept.contains(word)) {
            if storage.holds(word) || storage.holds(&pair_of(word)) {
                return Err(format!("{word} is on disk, and was redacted or refused"));
            }
        }
        Ok(())
    }
}
