//! What commands do.

use super::entry;
use super::item::Item;
use super::outgoing::Outgoing;
use super::reclaim::Reclaim;
use super::state::Model;
use crate::join::slash_command::Command;
use crate::text::Name;
use crate::wire::Line;

impl Model {
    /// Does what a command asks for; what goes to the server waits in the outbox.
    pub(super) fn obey(&mut self, command: Command) {
        if !self.session.is_connected() && asks_the_server(&command) {
            return self.show(Item::NoConnection);
        }
        self.told_refusal = None;
        match command {
            Command::Help => self.show(Item::Help),
            Command::Unknown { word, nearest } => self.show(Item::UnknownCommand { word, nearest }),
            Command::Usage(entry) => self.show(Item::Usage(entry)),
            Command::Who(_) | Command::Topic(None) if self.session.is_put_out => self.show(Item::NoRoom),
            Command::Who(page) => self.show(Item::People { names: self.names(), page }),
            Command::Me(text) => self.push(Outgoing { target: None, text, action: true, on_screen: false }),
            Command::Msg { to, text } => {
                self.push(Outgoing { target: Some(to), text, action: false, on_screen: false });
            }
            Command::Nick(name) => match Name::parse(&name) {
                Ok(name) => {
                    // From now on its answer is for the person.
                    self.session.reclaim = Reclaim::default();
                    self.push_line(Line::new("NICK").param(name.as_str()));
                }
                Err(why) => self.show(Item::BadName { name, why }),
            },
            Command::Topic(None) => {
                self.show(Item::TopicIs { topic: self.room.topic.clone().unwrap_or_default() });
            }
            Command::Topic(Some(topic)) => self.in_room(|room| Line::new("TOPIC").param(room).text(&topic)),
            Command::Join(room) => {
                let room = if self.session.is_room(&room) { room } else { format!("#{room}") };
                self.push_line(entry::join(&room));
            }
            Command::Rooms => {
                self.is_listing = true;
                self.push_line(Line::new("LIST"));
            }
            Command::Kick { name, reason } => {
                self.in_room(|room| with_text(Line::new("KICK").param(room).param(&name), reason));
            }
            Command::Ignore(name) => {
                if let Some(name) = name {
                    self.settings.ignore(name, self.session.mapping());
                }
                self.show(Item::Ignored { names: self.settings.ignored.clone() });
            }
            Command::Away(text) => {
                self.settings.away.clone_from(&text);
                self.push_line(with_text(Line::new("AWAY"), text));
            }
            Command::Last(count) => self.show_last(count),
            Command::Grep(word) => self.show_matching(word),
            Command::Clear => {
                self.show(Item::Clear);
                if self.room.name.is_some() {
                    self.show_header();
                }
            }
            Command::Bell(bell) => {
                self.settings.bell = bell;
                self.show(Item::BellIs(bell));
            }
        }
    }

    /// Takes something to be said.
    pub(super) fn push(&mut self, outgoing: Outgoing) {
        let in_room = self.room.name.is_some();
        self.told_refusal = None;
        self.outbox.push(outgoing, &self.session, in_room, &mut self.output);
    }

    /// Takes the line of a command.
    fn push_line(&mut self, line: Line) {
        self.outbox.push_line(line, &self.session, &mut self.output);
    }

    fn in_room(&mut self, line: impl FnOnce(&str) -> Line) {
        match &self.room.name {
            Some(room) => self.push_line(line(room)),
            None => self.show(Item::NoRoom),
        }
    }
}

fn with_text(line: Line, text: Option<String>) -> Line {
    match text {
        Some(text) => line.text(&text),
        None => line,
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
