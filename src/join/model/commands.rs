//! What commands do.

use super::effect::Effect;
use super::item::{Form, Item, Speaker, Standing};
use super::lookup::{Lookup, Purpose};
use super::outgoing::{Outgoing, Target};
use super::reclaim::Reclaim;
use super::room::Stage;
use super::state::Model;
use crate::join::slash_command::Command;
use crate::text::{Name, Phrase};
use crate::wire::Line;

impl Model {
    /// Does what a command asks for; what goes to the server waits in the outbox.
    pub(super) fn obey(&mut self, command: Command) {
        if !self.session.is_connected() && asks_the_server(&command) {
            return self.show(Item::NoConnection);
        }
        self.told_refusal = None;
        match command {
            Command::Help => {
                let is_operator = self.rooms.current().people.is_operator(self.session.name());
                let is_server_operator = self.session.is_operator;
                self.show(Item::Help { is_operator: is_operator || is_server_operator, is_server_operator });
            }
            Command::About(entry) => self.show(Item::About(entry)),
            Command::Unknown { word, nearest } => self.show(Item::UnknownCommand { word, nearest }),
            Command::Usage(entry) => self.show(Item::Usage(entry)),
            Command::Who(_) | Command::Topic(None) if self.rooms.current().stage == Stage::Closed => {
                self.show_no_room();
            }
            Command::Who(page) => {
                if !self.session.is_connected() {
                    self.show(Item::NoConnection);
                }
                self.show(Item::People { names: self.rooms.current().people.marked(), page })
            }
            Command::Me(text) => self.push(Target::Room(self.rooms.current().id), text, true, false),
            Command::Msg { to, text } => {
                let target = self.entered(&to).map_or(Target::Person(to), Target::Room);
                let mut on_screen = false;
                if let (false, Target::Person(to)) = (self.session.is_connected(), &target) {
                    // What waits for a connection is seen to wait.
                    let (from, form) = (Speaker::Me, Form::Private { to: Some(to.clone()) });
                    let text = text.clone();
                    self.show(Item::Said { from, text, form, mention: None, at: None, id: None });
                    on_screen = true;
                }
                self.push(target, text, false, on_screen);
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
                self.show(Item::TopicIs { topic: self.rooms.current().topic.clone().unwrap_or_default() });
            }
            Command::Topic(Some(topic)) => self.in_room(|room| Line::new("TOPIC").param(room).text(&topic)),
            Command::Join(room, key) => {
                let room = self.room_name(room);
                self.go_into(&room, key);
            }
            Command::Leave(room) => {
                let room = room.map(|room| self.room_name(room));
                self.leave_room(room.as_deref());
            }
            Command::GoTo(number) => self.go_to_number(number),
            Command::Rooms => self.list_rooms(),
            Command::Kick { name, reason } => {
                self.in_room(|room| with_text(Line::new("KICK").param(room).param(&name), reason));
            }
            Command::Moderate(asked) => self.moderate(asked),
            Command::Whois(name) => {
                let (told, purpose) = (Standing::default(), Purpose::Tell);
                self.look_up(Lookup::Whois { name, told, purpose, was: false });
            }
            // Past the queue, which tells what it does not send.
            Command::Oper { name, password } => {
                self.send(&Line::new("OPER").param(&name).text(password.expose()));
            }
            Command::Kill { name, reason } => {
                // Many servers want a reason.
                let reason = reason.unwrap_or_else(|| self.session.name().to_owned());
                self.look_up(Lookup::Kill { name, reason, is_refused: false });
            }
            Command::Ignore(name) => {
                if let Some(name) = name {
                    if self.session.is_me(&name) {
                        return self.show(Item::Told(Phrase::CannotIgnoreYourself));
                    }
                    self.settings.ignore(name, self.session.mapping());
                    self.keep_ignored();
                }
                self.show(Item::Ignored { names: self.settings.ignored.clone() });
            }
            Command::Unignore(name) => {
                if !self.settings.ignores(&name, self.session.mapping()) {
                    return self.show(Item::NotIgnored { name });
                }
                self.settings.unignore(&name, self.session.mapping());
                self.keep_ignored();
                self.show(Item::Ignored { names: self.settings.ignored.clone() });
            }
            // They are chosen where they are shown.
            Command::Notices(notices) => self.show(Item::NoticesAre(notices)),
            Command::Away(text) => {
                self.settings.away.clone_from(&text);
                self.settings.told_away = false;
                self.push_line(with_text(Line::new("AWAY"), text));
            }
            Command::Last(count) => self.show_last(count),
            Command::Grep(word) => self.show_matching(word),
            Command::Clear => {
                self.show(Item::Clear);
                if self.rooms.current().stage != Stage::Closed {
                    self.show_header(self.rooms.current().id);
                }
            }
            Command::Bell(bell) => {
                self.settings.bell = bell.unwrap_or(self.settings.bell);
                self.show(Item::BellIs(self.settings.bell));
            }
        }
    }

    pub(super) fn keep_ignored(&mut self) {
        self.output.push(Effect::Ignored { names: self.settings.ignored.clone() });
    }

    /// Takes something to be said.
    pub(super) fn push(&mut self, target: Target, text: String, action: bool, on_screen: bool) {
        self.told_refusal = None;
        let said = Outgoing { target, text, action, on_screen };
        self.outbox.push(said, &self.session, &self.rooms, &mut self.output);
        if self.settings.away.is_some() && !std::mem::replace(&mut self.settings.told_away, true) {
            self.show(Item::Told(Phrase::StillAway));
        }
    }

    /// Takes the line of a command.
    pub(super) fn push_line(&mut self, line: Line) {
        self.outbox.push_line(line, &mut self.output);
    }

    /// A room as a person types it, who may leave out the sign before its name.
    fn room_name(&self, room: String) -> String {
        if self.session.is_room(&room) { room } else { format!("#{room}") }
    }

    fn in_room(&mut self, line: impl FnOnce(&str) -> Line) {
        let room = self.rooms.current();
        match room.stage {
            Stage::Closed => self.show_no_room(),
            _ => self.push_line(line(&room.name)),
        }
    }
}

fn with_text(line: Line, text: Option<String>) -> Line {
    text.iter().fold(line, |line, text| line.text(text))
}

fn asks_the_server(command: &Command) -> bool {
    matches!(
        command,
        Command::Nick(_)
            | Command::Topic(Some(_))
            | Command::Rooms
            | Command::Kick { .. }
            | Command::Away(_)
            | Command::Moderate(_)
            | Command::Whois(_)
            | Command::Oper { .. }
            | Command::Kill { .. }
    )
}
