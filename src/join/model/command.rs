//! What commands do.

use super::{Command, Item, Model};
use crate::text::Name;
use crate::wire::Line;
use std::time::Duration;

/// People ignored at once.
const IGNORED: usize = 100;

impl Model {
    pub fn command(&mut self, command: Command, now: Duration) {
        if !self.is_connected() && asks_the_server(&command) {
            return self.show(Item::NoConnection);
        }
        self.told_refusal = None;
        match command {
            Command::Help => self.show(Item::Help),
            Command::Unknown { word, nearest } => self.show(Item::UnknownCommand { word, nearest }),
            Command::Usage(entry) => self.show(Item::Usage(entry)),
            Command::Who => self.show(Item::People { names: self.names() }),
            Command::Me(text) => self.enqueue(&text, None, true, false),
            Command::Msg { to, text } => self.enqueue(&text, Some(to), false, false),
            Command::Nick(name) => match Name::parse(&name) {
                Ok(name) => {
                    // From now on its answer is for the person.
                    self.reclaim.stop();
                    self.send_in_turn(Line::new("NICK").param(name.as_str()));
                }
                Err(why) => self.show(Item::BadName { name, why }),
            },
            Command::Topic(None) => {
                self.show(Item::TopicIs { topic: self.topic.clone().unwrap_or_default() })
            }
            Command::Topic(Some(topic)) => self.in_room(|room| Line::new("TOPIC").param(room).text(&topic)),
            Command::Join(room) => {
                let room = match self.registration.features.is_room(&room) {
                    true => room,
                    false => format!("#{room}"),
                };
                self.send_in_turn(Line::new("JOIN").param(&room));
            }
            Command::Rooms => {
                self.listing = true;
                self.send_in_turn(Line::new("LIST"));
            }
            Command::Kick { name, reason } => self.in_room(|room| {
                let line = Line::new("KICK").param(room).param(&name);
                reason.map_or(line.clone(), |reason| line.text(&reason))
            }),
            Command::Ignore(name) => self.ignore(name),
            Command::Away(text) => {
                self.away.clone_from(&text);
                let line = Line::new("AWAY");
                self.send_in_turn(text.map_or(line.clone(), |text| line.text(&text)));
            }
            Command::Last(count) => self.last(count),
            Command::Grep(word) => self.grep(word),
            Command::Clear => {
                self.show(Item::Clear);
                self.show_header();
            }
            Command::Bell(bell) => {
                self.bell = bell;
                self.show(Item::BellIs(bell));
            }
        }
        self.pump(now);
    }

    fn in_room(&mut self, line: impl FnOnce(&str) -> Line) {
        match self.room.clone() {
            Some(room) => self.send_in_turn(line(&room)),
            None => self.show(Item::NoRoom),
        }
    }

    /// Ignores somebody, or no longer; without a name it lists them.
    fn ignore(&mut self, name: Option<String>) {
        if let Some(name) = name {
            let (before, mapping) = (self.ignored.len(), self.mapping());
            self.ignored.retain(|ignored| !mapping.same(ignored, &name));
            if self.ignored.len() == before && before < IGNORED {
                self.ignored.push(name);
            }
        }
        self.show(Item::Ignored { names: self.ignored.clone() });
    }

    pub(super) fn ignores(&self, name: &str) -> bool {
        self.ignored.iter().any(|ignored| self.same(ignored, name))
    }

    /// The people of the room, where they have changed since the last call.
    pub fn take_names(&mut self) -> Option<Vec<String>> {
        self.people.take_changed().then(|| self.names())
    }

    /// The people of the room, in the order of their names.
    pub fn names(&self) -> Vec<String> {
        self.people.names().map(str::to_owned).collect()
    }
}

fn asks_the_server(command: &Command) -> bool {
    matches!(
        command,
        Command::Nick(_)
            | Command::Topic(Some(_))
            | Command::Join(_)
            | Command::Rooms
            | Command::Kick { .. }
            | Command::Away(_)
    )
}
