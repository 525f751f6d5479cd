//! Items as rows of styled text that fit the terminal.
//!
//! Everything from the wire passes through [`crate::text::sanitise::for_drawing`] here, and what
//! wraps hangs under its first line, so that nobody's text can look like a
//! notice or like somebody else's line.

mod burst;
mod help;
mod look;
mod moderation;
mod replay;
mod spells;
mod stamp;
mod style;

pub use burst::Bursts;
pub use look::Look;
pub use replay::Replay;
pub use stamp::{Moment, Stamp, Stamps};
pub use style::{NAME_COLOURS, Row, Span, Style, name_style};

use super::model::entry::MAX_WAIT;
use super::model::{Allowed, Bell, Ending, Form, Item, OwnRoom, Speaker, Why, mentions};
use super::slash_command::{Notices, Silence};
use crate::text::phrase::Kept;
use crate::text::wrap::whole;
use crate::text::{Name, Phrase};
use alphanumeric_sort::compare_str;
use look::{LEAST_COLUMNS, TIME_COLUMNS, drawn};
use unicode_width::UnicodeWidthStr;

/// Rows that the header lists names in; more are only counted.
const HEADER_ROWS: usize = 2;

/// Names that the header lists where a line may be as long as it is.
const HEADER_NAMES: usize = 30;

/// Names that `/who` lists at once on a terminal.
const PAGE_NAMES: usize = 50;

/// Names that a burst of comings or goings lists.
const BURST_NAMES: usize = 8;

/// Characters of what something says that is no chat server.
const BANNER: usize = 60;

impl Look {
    /// The item's rows; none where it is not for showing.
    pub fn rows(&self, item: &Item) -> Vec<Row> {
        let reason = |reason: &Option<String>| reason.as_deref().map(drawn);
        // The reason may be the server's word for a lost connection.
        let left = |reason: &Option<String>| reason.as_deref().map(|reason| self.words(reason));
        let sentence = match item {
            // These have a form of their own.
            Item::Header { name, room, address, kept, people } => {
                return self.header(name, (room, address, *kept), people);
            }
            Item::OfRoom { room, item } => return self.of_room(room, item),
            Item::RoomIs { room } => {
                return vec![Row::of(Style::Faint, self.say(Phrase::RoomIs { room: &drawn(room) }))];
            }
            Item::OwnRooms { rooms } => return self.own_rooms(rooms),
            Item::Said { from, text, form, mention, .. } => {
                let rows = self.said(from, text, form);
                return match mention {
                    Some(name) => rows.into_iter().map(|row| highlight(row, name)).collect(),
                    None => rows,
                };
            }
            Item::Withdrawn { from, form } => {
                let (head, style) = self.head(from, form);
                return self.hanging(&head, style, &self.say(Phrase::Withdrawn), Style::Notice);
            }
            Item::Help { is_operator, is_server_operator } => {
                return self.help(*is_operator, *is_server_operator);
            }
            Item::About(entry) => return self.of_command(entry),
            Item::Bell | Item::Clear | Item::NewDay => return Vec::new(),
            Item::NotSent { text, why } => {
                let text: Vec<String> = text.lines().map(drawn).collect();
                let sentence = match why {
                    Why::To { name, why } if **why == Why::Unknown => {
                        self.say(Phrase::MaybeSentTo { name: &drawn(name) })
                    }
                    Why::To { name, why } => {
                        self.say(Phrase::NotSentTo { name: &drawn(name), why: &self.why(why) })
                    }
                    Why::Unknown => self.say(Phrase::MaybeSent),
                    why => self.say(Phrase::NotSent { why: &self.why(why) }),
                };
                format!("{sentence}: {}", text.join("\n  "))
            }
            Item::Earlier => return vec![Row::of(Style::Faint, self.say(Phrase::Earlier))],
            Item::Unread => return vec![Row::of(Style::Question, self.say(Phrase::Unread))],
            Item::Ask(question) => return vec![Row::of(Style::Question, self.say(*question).trim_end())],
            Item::Told(phrase) => self.say(*phrase),
            Item::Entered { name } => self.say(Phrase::Entered { name: &drawn(name) }),
            Item::Left { name, reason: why } => {
                self.say(Phrase::Left { name: &drawn(name), reason: left(why).as_deref() })
            }
            Item::ManyEntered { names } => {
                self.say(Phrase::ManyEntered { names: &some(names), count: names.len() })
            }
            Item::ManyLeft { names, reason: why } => self.say(Phrase::ManyLeft {
                names: &some(names),
                count: names.len(),
                reason: left(why).as_deref(),
            }),
            Item::CameAndLeft { entered, left } => self.say(Phrase::CameAndLeft {
                entered: &some(entered),
                came: entered.len(),
                left: &some(left),
                went: left.len(),
            }),
            Item::Renamed { old, new } => self.say(Phrase::Renamed { old: &drawn(old), new: &drawn(new) }),
            Item::TopicIs { topic } => self.say(Phrase::TopicIs { topic: &drawn(topic) }),
            Item::TopicSet { name, topic } => {
                self.say(Phrase::TopicSet { name: &drawn(name), topic: &drawn(topic) })
            }
            Item::Kicked { name, by, reason: why } => {
                let (name, by) = (drawn(name), drawn(by));
                self.say(Phrase::Kicked { name: &name, by: &by, reason: reason(why).as_deref() })
            }
            Item::YouAreOperator { room, by, may } => {
                let by = by.as_deref().map(drawn);
                let is_half = may.map(|may| may == Allowed::Half);
                self.say(Phrase::YouAreOperator { room: &drawn(room), by: by.as_deref(), is_half })
            }
            Item::YouAreNoOperator { room, by } => {
                self.say(Phrase::YouAreNoOperator { room: &drawn(room), by: &drawn(by) })
            }
            Item::Ranked { name, by, is_operator, on } => {
                let (name, by, on) = (&*drawn(name), &*drawn(by), *on);
                self.say(match is_operator {
                    true => Phrase::OperatorMade { name, by, on },
                    false => Phrase::Voiced { name, by, on },
                })
            }
            Item::ServerOperator { on } => self.say(Phrase::ServerOperator { on: *on }),
            Item::Silence { by, who, silence, kind, on, only } => {
                let only = only.as_deref().map(drawn);
                self.told_silence((by, who), *silence, kind, *on, only.as_deref())
            }
            Item::YouAreMuted { room, by, on } => {
                self.say(Phrase::YouAreMuted { room: &drawn(room), by: &drawn(by), on: *on })
            }
            Item::ModeSet { by, on, letter, value } => {
                let value = value.as_deref().map(drawn);
                let (by, on, letter, value) = (&*drawn(by), *on, *letter, value.as_deref());
                self.say(Phrase::ModeSet { by, on, letter, value })
            }
            Item::ModesAre { modes } => self.modes(modes),
            Item::Silenced { silence, entries } => self.silenced(*silence, entries),
            Item::NotSilenced { silence, name, others } => {
                let name = &*drawn(name);
                let sentence = self.say(match silence {
                    Silence::Ban => Phrase::NotBanned { name },
                    Silence::Mute => Phrase::NotMuted { name },
                });
                let others = (!others.is_empty()).then(|| self.silenced(*silence, others));
                [Some(sentence), others].into_iter().flatten().collect::<Vec<_>>().join("\n")
            }
            Item::NobodyToSilence { silence, name } => {
                self.say(Phrase::NobodyToSilence { name: &drawn(name), command: silence.command() })
            }
            Item::CannotMute => self.say(Phrase::CannotMute),
            Item::MuteIsVain { name, is_operator } => {
                self.say(Phrase::MuteIsVain { name: &drawn(name), is_operator: *is_operator })
            }
            Item::Killed { name } => self.say(Phrase::KilledThem { name: &drawn(name) }),
            Item::NotOperator { room, operators, is_first } => {
                let operators = listed(operators).join(", ");
                let sentence = self.say(Phrase::NotOperator { room: &drawn(room), operators: &operators });
                let who = is_first.map(|is_first| self.say(Phrase::WhoIsOperator { is_first }));
                [Some(sentence), who].into_iter().flatten().collect::<Vec<_>>().join("\n")
            }
            Item::NotServerOperator => self.say(Phrase::NotServerOperator),
            Item::Invited { name, room } => {
                self.say(Phrase::Invited { name: &drawn(name), room: &drawn(room) })
            }
            Item::InvitedUs { by, room } => {
                self.say(Phrase::InvitedYou { by: &drawn(by), room: &drawn(room) })
            }
            Item::Nobody { name } => self.say(Phrase::Nobody { name: &drawn(name) }),
            Item::NotHere { name } => self.say(Phrase::NotHere { name: &drawn(name) }),
            Item::Whois { name, told } => self.whois(name, told),
            Item::NameLost { before, name } => {
                self.say(Phrase::NameLost { before: &drawn(before), name: &drawn(name) })
            }
            Item::NoticesAre(notices) => self.say(match notices {
                Notices::On => Phrase::NoticesOn,
                Notices::Few => Phrase::NoticesFew,
                Notices::Off => Phrase::NoticesOff,
            }),
            Item::ServerAbout { about, text } => {
                let text = format!("{}: {}", drawn(about), self.words(text));
                self.say(Phrase::Notice { text: &text })
            }
            Item::Redacted { by, of, reason: why, .. } => {
                let (by, reason) = (&*drawn(by), reason(why));
                let reason = reason.as_deref();
                match of {
                    None => self.say(Phrase::Redacted { by, reason }),
                    Some(Speaker::Me) => self.say(Phrase::RedactedYours { by, reason }),
                    Some(Speaker::Other(name)) => {
                        self.say(Phrase::RedactedOf { by, name: &drawn(name), reason })
                    }
                }
            }
            Item::Server { text } => self.say(Phrase::Notice { text: &self.words(text) }),
            Item::UnknownCommand { word, nearest } => {
                self.say(Phrase::UnknownCommand { word: &drawn(word), nearest: *nearest })
            }
            Item::Sentence { text } => text.clone(),
            Item::Usage(entry) => self.say(Phrase::Usage { name: entry.name, arguments: entry.arguments }),
            Item::People { names, page } => self.people(names, *page),
            Item::PeopleHere { names } => return self.people_beside(names),
            Item::BadName { name, why } => {
                let suggestion = Name::suggest(name).map(|name| name.to_string());
                self.say(Phrase::BadName { why: *why, suggestion: suggestion.as_deref() })
            }
            Item::NameTaken { name, why } => {
                self.say(Phrase::NickRefused { name: &drawn(name), why: &self.words(why) })
            }
            Item::Room { room, count, topic } => {
                self.say(Phrase::Room { room: &drawn(room), count: *count, topic: &drawn(topic) })
            }
            Item::Away { name, text } => self.say(Phrase::Away { name: &drawn(name), text: &drawn(text) }),
            Item::NoConnection => format!("[{}]", self.say(Phrase::NotConnected)),
            Item::Lost { why } => {
                let why =
                    why.as_deref().map_or_else(|| self.say(Phrase::ServerClosed), |why| self.words(why));
                self.say(Phrase::ComingBack { why: &why })
            }
            Item::KeptOut { room, why, tries_again } => {
                let (room, why) = (&*drawn(room), &*self.words(why));
                self.say(match tries_again {
                    true => Phrase::RoomLater { room, why },
                    false => Phrase::RoomClosed { room, why },
                })
            }
            Item::NotLetIn { room, why, way, stays } => {
                let (room, why, way, stays) = (&*drawn(room), &*self.words(why), *way, *stays);
                self.say(Phrase::NotLetIn { room, why, way, stays })
            }
            Item::NotThere { room } => self.say(Phrase::NotThere { room: &drawn(room) }),
            Item::LeftRoom { room } => self.say(Phrase::LeftRoom { room: &drawn(room) }),
            Item::OnlyRoom => self.say(Phrase::OnlyRoom),
            Item::TooManyRooms => self.say(Phrase::TooManyRooms),
            Item::PutOut { room } => self.say(Phrase::PutOut { room: &drawn(room) }),
            Item::BannedOut { room } => self.say(Phrase::BannedOut { room: &drawn(room) }),
            Item::Forwarded { from, to } => {
                self.say(Phrase::Forwarded { from: &drawn(from), to: &drawn(to) })
            }
            Item::Back { name, lost_name, names } => {
                let mut sentence = self.say(Phrase::Back { count: names.len() });
                if let Some(before) = lost_name {
                    let (before, name) = (drawn(before), drawn(name));
                    sentence.push('\n');
                    sentence += &self.say(Phrase::NameLost { before: &before, name: &name });
                }
                sentence
            }
            Item::NoRoom => format!("[{}]", self.say(Phrase::NotInRoom)),
            Item::Ignored { names } => self.say(Phrase::Ignored { names: &listed(names).join(", ") }),
            Item::NotIgnored { name } => self.say(Phrase::NotIgnored { name: &drawn(name) }),
            Item::Found { word, count, room } => {
                let room = room.as_deref().map(drawn);
                self.say(Phrase::Found { word: &drawn(word), count: *count, room: room.as_deref() })
            }
            Item::BellIs(bell) => self.say(match bell {
                Bell::Off => Phrase::BellOff,
                Bell::Mention => Phrase::BellMention,
                Bell::All => Phrase::BellAll,
            }),
        };
        self.notice(&sentence)
    }

    /// Why it is over, in one sentence.
    pub fn ending(&self, ending: &Ending) -> String {
        match ending {
            Ending::NameRefused { name, taken: true, .. } => {
                self.say(Phrase::NameTaken { name: &drawn(name) })
            }
            Ending::NameRefused { name, why, .. } => {
                self.say(Phrase::NameRefused { name: &drawn(name), why: &self.words(why) })
            }
            Ending::RoomRefused { room, why } => {
                self.say(Phrase::RoomRefused { room: &drawn(room), why: &self.words(why) })
            }
            Ending::Refused { why } => self.say(Phrase::ConnectionRefused { why: &self.words(why) }),
            Ending::Password { was_given } => self.say(Phrase::PasswordRefused { was_given: *was_given }),
            Ending::NotIrc { banner } => {
                let banner: String = drawn(banner).chars().take(BANNER).collect();
                self.say(Phrase::NotIrc { banner: &banner })
            }
            Ending::Silent => self.say(Phrase::NoEntry { seconds: MAX_WAIT.as_secs() }),
            Ending::Killed { why } | Ending::Closed { why: Some(why) } => {
                self.say(Phrase::Disconnected { why: &self.words(why) })
            }
            Ending::Closed { why: None } => self.say(Phrase::ServerClosed),
        }
    }

    fn header(
        &self,
        name: &str,
        (room, address, kept): (&str, &str, Option<Kept>),
        people: &[String],
    ) -> Vec<Row> {
        let title = self.say(Phrase::Header { name: &drawn(name) });
        let place = self.say(Phrase::HeaderRoom { room: &drawn(room), address: &drawn(address) });
        let place = kept.map(|kept| self.say(Phrase::HeaderKept { place: &place, kept })).unwrap_or(place);
        let mut rows = self.wrapped(Style::Header, &title);
        rows.extend(self.wrapped(Style::Faint, &place));
        rows.extend(self.fitting(people, |names, count| {
            self.wrapped(Style::Faint, &self.say(Phrase::HeaderPeople { names, count }))
        }));
        rows
    }

    /// The people of a room that was entered beside the current one.
    fn people_beside(&self, people: &[String]) -> Vec<Row> {
        self.fitting(people, |names, count| self.notice(&self.say(Phrase::PeopleHere { names, count })))
    }

    /// As many of these people as fit into [`HEADER_ROWS`].
    fn fitting(&self, people: &[String], draw: impl Fn(&str, usize) -> Vec<Row>) -> Vec<Row> {
        let names = listed(people);
        let here =
            |shown: usize| draw(&self.with_more(&names[..shown], names.len() - shown, None), names.len());
        match self.columns {
            None => here(names.len().min(HEADER_NAMES)),
            Some(columns) => {
                let most = names.len().min(HEADER_ROWS * columns / 3);
                let fits = |shown: &usize| here(*shown).len() <= HEADER_ROWS;
                here((0..=most).rev().find(fits).unwrap_or(0))
            }
        }
    }

    /// Some of the people of a room, where they are too many, on one of several pages.
    fn people(&self, people: &[String], page: usize) -> String {
        let names = listed(people);
        let size = if self.columns.is_some() { PAGE_NAMES } else { usize::MAX };
        let pages = names.len().div_ceil(size).max(1);
        let missing = (page > pages).then(|| self.say(Phrase::LastPage { pages }));
        let page = page.clamp(1, pages);
        let from = (page - 1) * size;
        let shown = &names[from..names.len().min(from.saturating_add(size))];
        let names = self.with_more(shown, names.len() - from - shown.len(), Some(page + 1));
        let here = self.say(Phrase::PeopleHere { names: &names, count: people.len() });
        let has = |sign| people.iter().any(|name| name.starts_with(sign));
        let (operators, voices) = (has('@'), has('+'));
        let marks = (operators || voices).then(|| self.say(Phrase::Marks { operators, voices }));
        [Some(here), marks, missing].into_iter().flatten().collect::<Vec<_>>().join("\n")
    }

    /// Names, and how many more there are, on which page.
    fn with_more(&self, names: &[String], more: usize, page: Option<usize>) -> String {
        let more = (more > 0).then(|| self.say(Phrase::MorePeople { count: more, page }));
        names.iter().cloned().chain(more).collect::<Vec<_>>().join(", ")
    }

    /// Behind the tag of its room, where the window has room for both.
    fn of_room(&self, room: &str, item: &Item) -> Vec<Row> {
        let tag = self.say(Phrase::Tag { room: &drawn(room) });
        let columns = self.columns.unwrap_or(usize::MAX);
        if tag.width() * 2 > columns {
            let rows = self.rows(item);
            let tag = (!rows.is_empty()).then(|| Row::of(Style::Faint, tag.trim_end()));
            return tag.into_iter().chain(rows).collect();
        }
        let look = Look { columns: self.columns.map(|columns| columns - tag.width()), ..*self };
        let indent = " ".repeat(tag.width());
        let behind = |(at, row): (usize, Row)| {
            let is_first = at == 0 || self.columns.is_none();
            let head = if is_first { Row::of(Style::Faint, &tag) } else { Row::of(Style::Plain, &indent) };
            Row(head.0.into_iter().chain(row.0).collect())
        };
        look.rows(item).into_iter().enumerate().map(behind).collect()
    }

    fn own_rooms(&self, rooms: &[OwnRoom]) -> Vec<Row> {
        let row = |room: &OwnRoom| {
            let OwnRoom { name, number, listed, is_current, is_in, unread, mentions } = room;
            let listed = listed.as_ref().map(|(count, topic)| (*count, drawn(topic)));
            let listed = listed.as_ref().map(|(count, topic)| (*count, topic.as_str()));
            let (number, is_current, is_in) = (*number, *is_current, *is_in);
            let (unread, mentions) = (*unread, *mentions);
            let room = &*drawn(name);
            let own = Phrase::OwnRoom { number, room, listed, is_current, is_in, unread, mentions };
            self.notice(&self.say(own))
        };
        rooms.iter().flat_map(row).collect()
    }

    fn said(&self, from: &Speaker, text: &str, form: &Form) -> Vec<Row> {
        let (head, style) = self.head(from, form);
        let body = if style == Style::Own { style } else { Style::Plain };
        self.hanging(&head, style, text, body)
    }

    /// What stands before the words.
    fn head(&self, from: &Speaker, form: &Form) -> (String, Style) {
        let (name, style) = match from {
            Speaker::Me => (self.say(Phrase::Me), Style::Own),
            Speaker::Other(name) => (self.other(name), name_style(&key(name))),
        };
        let head = match form {
            Form::Room => format!("{name}: "),
            Form::Action => format!("* {name} "),
            Form::OwnAction { name } => format!("* {} ", drawn(name)),
            Form::Private { to: Some(to) } => {
                format!("{}: ", self.say(Phrase::PrivateTo { name: &drawn(to) }))
            }
            Form::Private { to: None } => format!("{}: ", self.say(Phrase::Private { name: &name })),
        };
        (head, style)
    }

    /// Somebody's name; in angle brackets where it could pass for us or for a notice.
    fn other(&self, name: &str) -> String {
        let drawn = drawn(name);
        let imitates = drawn.starts_with(['[', '*', '<']) || drawn == self.say(Phrase::Me);
        if imitates { format!("<{drawn}>") } else { drawn }
    }

    /// A message of ours; the first row begins with the prompt.
    pub fn own(&self, text: &str) -> Vec<Row> {
        self.hanging(&self.say(Phrase::Prompt), Style::Own, text, Style::Own)
    }

    fn why(&self, why: &Why) -> String {
        match why {
            Why::Server(text) => self.words(text),
            Why::Unanswered => self.say(Phrase::Unanswered),
            Why::Unknown => self.say(Phrase::MaybeSent),
            Why::NotInRoom => self.say(Phrase::NotInRoom),
            Why::TooMuch => self.say(Phrase::TooMuchWaits),
            Why::Disconnected => self.say(Phrase::NotConnected),
            Why::To { why, .. } => self.why(why),
        }
    }
}

/// The name in another style wherever the plain text has it.
fn highlight(row: Row, name: &str) -> Row {
    let name = drawn(name);
    let mut lit = Row::default();
    for span in row.0 {
        if span.link.is_some() {
            lit = lit.with(span);
            continue;
        }
        let mut at = 0;
        if span.style == Style::Plain {
            for found in mentions(&span.text, &name) {
                lit = lit.and(Style::Plain, &span.text[at..found.start]);
                lit = lit.and(Style::Question, &span.text[found.clone()]);
                at = found.end;
            }
        }
        lit = lit.and(span.style, &span.text[at..]);
    }
    lit
}

/// Some of many names.
fn some(names: &[String]) -> String {
    let more = (names.len() > BURST_NAMES).then(|| "…".to_owned());
    listed(names).into_iter().take(BURST_NAMES).chain(more).collect::<Vec<_>>().join(", ")
}

/// People as they are listed: operators first, then by their names, numbers in them by their size.
fn listed(names: &[String]) -> Vec<String> {
    let mut names: Vec<&String> = names.iter().collect();
    let is_other = |name: &str| !name.starts_with('@');
    let plain = |name: &'_ str| name.trim_start_matches(['@', '+']).to_owned();
    names.sort_by(|one, other| {
        is_other(one).cmp(&is_other(other)).then_with(|| compare_str(plain(one), plain(other)))
    });
    names.into_iter().map(|name| whole(&drawn(name))).collect()
}

/// What two spellings of one name have in common.
fn key(name: &str) -> String {
    Name::parse(name).map_or_else(|_| name.to_ascii_lowercase(), |name| name.key().to_string())
}

impl Look {
    /// Rows with their time at the right edge, and the day above them.
    pub fn stamped(&self, stamp: Stamp, draw: impl FnOnce(&Look) -> Vec<Row>) -> Vec<Row> {
        let time = stamp.time.zip(self.columns).filter(|&(_, columns)| columns >= LEAST_COLUMNS);
        let Some((time, columns)) = time else {
            return draw(self);
        };
        let mut rows = draw(&Look { time: true, ..*self });
        if let Some(first) = rows.first_mut() {
            let gap = (columns - TIME_COLUMNS + 2).saturating_sub(first.text().width());
            let time = format!("{}{:02}:{:02}", " ".repeat(gap), time.hour, time.minute);
            *first = std::mem::take(first).and(Style::Faint, time);
        }
        rows
    }

    /// The line between two days.
    pub fn day(&self, day: Moment) -> Row {
        let Moment { year, month, day, weekday, .. } = day;
        Row::of(Style::Faint, Phrase::Day { year, month, day, weekday }.say(self.lang))
    }
}

#[cfg(test)]
mod tests;
