//! What the server's messages mean to the person.

use super::{Ending, Form, Item, Model, Phase, Speaker, Why, fold, mentions};
use crate::join::model::Effect;
use crate::wire::numeric::{
    ERR_CANNOTSENDTOCHAN, ERR_ERRONEUSNICKNAME, ERR_NICKNAMEINUSE, ERR_NOMOTD, ERR_NONICKNAMEGIVEN, RPL_AWAY,
    RPL_ENDOFMOTD, RPL_ENDOFNAMES, RPL_ISUPPORT, RPL_LIST, RPL_LISTEND, RPL_NAMREPLY, RPL_NOTOPIC,
    RPL_NOWAWAY, RPL_TOPIC, RPL_UNAWAY, RPL_WELCOME,
};
use crate::wire::{Line, Message};

/// Labelled batches open at once; a server that opens more has lost its mind,
/// and their labels are passed over.
pub(super) const MAX_BATCHES: usize = 64;

/// No longer name is tried where the own one is taken.
const MOST_NAME_BYTES: usize = 60;

/// `ERR_NICKCOLLISION` and `ERR_UNAVAILRESOURCE` (RFC 2812, 5.2).
const NAME_ERRORS: [&str; 5] = [ERR_NONICKNAMEGIVEN, ERR_ERRONEUSNICKNAME, ERR_NICKNAMEINUSE, "436", "437"];

impl Model {
    /// Takes one message from the server.
    pub fn hear(&mut self, message: &Message) {
        let command = message.command().to_ascii_uppercase();
        let numeric = command.len() == 3 && command.bytes().all(|b| b.is_ascii_digit());
        match command.as_str() {
            "PING" => self.send(&Line::new("PONG").text(message.last().unwrap_or_default())),
            "PONG" => self.hear_pong(message),
            "ERROR" => self.last_words = message.last().map(str::to_owned),
            "CAP" => {
                if let Some(answer) = self.greeting.cap(message) {
                    self.send(&answer);
                }
            }
            "BATCH" => self.hear_batch(message),
            "ACK" => self.hear_ack(message),
            "FAIL" => self.hear_error(message),
            "PRIVMSG" | "NOTICE" => self.hear_text(message),
            "JOIN" => self.hear_join(message),
            "PART" => self.hear_part(message),
            "QUIT" => self.hear_quit(message),
            "KICK" => self.hear_kick(message),
            "NICK" => self.hear_nick(message),
            "TOPIC" => self.hear_topic(message),
            RPL_WELCOME => self.hear_welcome(message),
            RPL_ISUPPORT => self.greeting.isupport(message),
            RPL_ENDOFMOTD | ERR_NOMOTD => self.enter(),
            RPL_NOTOPIC => self.topic = None,
            RPL_TOPIC => self.topic = message.last().map(str::to_owned),
            RPL_NAMREPLY => self.hear_names(message),
            RPL_ENDOFNAMES => self.hear_end_of_names(message),
            RPL_LIST => self.hear_listed(message),
            RPL_LISTEND => self.listing = false,
            RPL_AWAY => self.hear_away(message),
            RPL_UNAWAY | RPL_NOWAWAY => self.hear_server(message.last().unwrap_or_default()),
            _ if numeric && command.as_str() >= "400" => self.hear_error(message),
            _ => {}
        }
    }

    fn hear_welcome(&mut self, message: &Message) {
        if let Some(name) = message.param(0).filter(|_| self.phase == Phase::Registering) {
            self.name = name.to_owned();
        }
    }

    /// The greeting is complete: what the server says of itself is known.
    fn enter(&mut self) {
        if self.phase != Phase::Registering {
            return;
        }
        self.phase = Phase::Entering;
        let room = self.wanted_room.clone().or_else(|| self.greeting.first_room.clone());
        let room = room.unwrap_or_else(|| super::DEFAULT_ROOM.to_owned());
        self.send(&Line::new("JOIN").param(&room));
        self.wanted_room = Some(room);
    }

    fn hear_names(&mut self, message: &Message) {
        if message.param(2).is_some_and(|room| self.is_here(room)) {
            self.people.add_listed(message.last().unwrap_or_default(), &self.greeting.prefixes);
        }
    }

    fn hear_end_of_names(&mut self, message: &Message) {
        if !self.entering || !message.param(1).is_some_and(|room| self.is_here(room)) {
            return;
        }
        self.entering = false;
        if let (Phase::Entering, Some(before)) = (self.phase, self.returning.clone()) {
            self.phase = Phase::Inside;
            let name = self.name.clone();
            let lost_name = Some(before).filter(|before| fold(before) != fold(&name));
            let names = self.names();
            return self.show(Item::Back { name, lost_name, names });
        }
        self.show_header();
        if self.phase == Phase::Entering {
            self.phase = Phase::Inside;
            self.show(Item::Hint);
            self.effects.push(Effect::Entered { name: self.name.clone() });
        }
    }

    pub(super) fn show_header(&mut self) {
        self.show(Item::Header {
            name: self.name.clone(),
            room: self.room.clone().unwrap_or_default(),
            address: self.address.clone(),
            people: self.people.names().map(str::to_owned).collect(),
        });
        if let Some(topic) = self.topic.clone().filter(|topic| !topic.is_empty()) {
            self.show(Item::TopicIs { topic });
        }
    }

    fn hear_listed(&mut self, message: &Message) {
        let (true, Some(room), Some(count)) = (self.listing, message.param(1), message.param(2)) else {
            return;
        };
        let topic = message.param(3).unwrap_or_default().to_owned();
        self.show(Item::Room { room: room.to_owned(), count: count.parse().unwrap_or(0), topic });
    }

    fn hear_away(&mut self, message: &Message) {
        if let (Some(name), Some(text)) = (message.param(1), message.param(2)) {
            self.show(Item::Away { name: name.to_owned(), text: text.to_owned() });
        }
    }

    fn hear_text(&mut self, message: &Message) {
        let (Some(target), Some(text)) = (message.param(0), message.param(1)) else {
            return;
        };
        let Some(name) = message.nick().filter(|_| self.is_person(message)) else {
            return self.hear_server(text);
        };
        let (text, action) = match ctcp(text) {
            Ctcp::None => (text, false),
            Ctcp::Action(text) => (text, true),
            // Questions of clients to clients: not for people.
            Ctcp::Other => return,
        };
        // A message to oneself comes twice; only its echo has the label.
        if self.is_me(name) && self.is_own_echo(message, target, text) {
            return;
        }
        if self.ignores(name) {
            return;
        }
        let from = match self.is_me(name) {
            true => Speaker::Me,
            false => Speaker::Other(name.to_owned()),
        };
        let in_room = self.is_here(target.trim_start_matches(|c| self.greeting.prefixes.contains(c)));
        let form = match (in_room, action) {
            (true, true) => Form::Action,
            (true, false) => Form::Room,
            (false, _) => Form::Private { to: (!self.is_me(target)).then(|| target.to_owned()) },
        };
        let called = from != Speaker::Me && !mentions(text, &self.name).is_empty();
        if self.bell.rings(called, &from, &form) {
            self.show(Item::Bell);
        }
        self.keep(&from, text, &form);
        let mention = called.then(|| self.name.clone());
        self.show(Item::Said { from, text: text.to_owned(), form, mention });
    }

    /// Whether this is the echo of a line of ours that is under way.
    fn is_own_echo(&mut self, message: &Message, target: &str, text: &str) -> bool {
        let found = match self.label(message) {
            Some(label) => self.delivery.labelled(&label),
            None if self.greeting.has("labeled-response") => None,
            None => self.delivery.echoed(target, text),
        };
        if let Some(pending) = &found {
            self.delivered(pending);
        }
        found.is_some()
    }

    /// The server's own words: only once inside, for what it says before is
    /// about host names and the like.
    fn hear_server(&mut self, text: &str) {
        if self.phase == Phase::Inside {
            self.show(Item::Server { text: text.to_owned() });
        }
    }

    fn is_person(&self, message: &Message) -> bool {
        // A server's name has a dot, which no name may have, and no user part.
        message.source().is_some_and(|source| source.contains('!') || !source.contains('.'))
    }

    fn hear_join(&mut self, message: &Message) {
        let (Some(name), Some(room)) = (message.nick(), message.param(0)) else {
            return;
        };
        if self.is_me(name) {
            // One room at a time: whoever enters another leaves this one.
            if let Some(other) = self.room.take().filter(|other| fold(other) != fold(room)) {
                self.send(&Line::new("PART").param(&other));
            }
            self.entering = true;
            self.room = Some(room.to_owned());
            self.source = message.source().map(str::to_owned);
            self.topic = None;
            self.people.clear();
        }
        if self.is_here(room) && self.people.enter(name) && !self.is_me(name) {
            self.show(Item::Entered { name: name.to_owned() });
        }
    }

    fn hear_part(&mut self, message: &Message) {
        let (Some(name), Some(room)) = (message.nick(), message.param(0)) else {
            return;
        };
        if !self.is_here(room) {
            return;
        }
        if self.is_me(name) {
            self.room = None;
        }
        self.goes(name, message.param(1));
    }

    fn hear_quit(&mut self, message: &Message) {
        if let Some(name) = message.nick() {
            self.goes(name, message.param(0));
        }
    }

    fn goes(&mut self, name: &str, reason: Option<&str>) {
        if self.people.leave(name).is_none() || self.is_me(name) {
            return;
        }
        let reason = reason.and_then(|reason| own_words(reason, name)).map(str::to_owned);
        self.show(Item::Left { name: name.to_owned(), reason });
    }

    fn hear_kick(&mut self, message: &Message) {
        let (Some(room), Some(name)) = (message.param(0), message.param(1)) else {
            return;
        };
        if !self.is_here(room) {
            return;
        }
        let by = message.nick().unwrap_or_default().to_owned();
        let reason = message.param(2).filter(|reason| !reason.is_empty() && *reason != name && *reason != by);
        self.people.leave(name);
        if self.is_me(name) {
            self.room = None;
        }
        self.show(Item::Kicked { name: name.to_owned(), by: by.clone(), reason: reason.map(str::to_owned) });
    }

    fn hear_nick(&mut self, message: &Message) {
        let (Some(old), Some(new)) = (message.nick(), message.param(0)) else {
            return;
        };
        let mine = self.is_me(old);
        if mine {
            self.name = new.to_owned();
            // The next connection asks for this one.
            self.returning = self.returning.take().map(|_| new.to_owned());
            self.source = None;
        }
        if self.people.rename(old, new) || mine {
            self.show(Item::Renamed { old: old.to_owned(), new: new.to_owned() });
        }
    }

    fn hear_topic(&mut self, message: &Message) {
        let (Some(room), Some(topic)) = (message.param(0), message.param(1)) else {
            return;
        };
        if self.is_here(room) {
            self.topic = Some(topic.to_owned());
            let name = message.nick().unwrap_or_default().to_owned();
            self.show(Item::TopicSet { name, topic: topic.to_owned() });
        }
    }

    fn hear_pong(&mut self, message: &Message) {
        let echoes = self.greeting.has("echo-message");
        for pending in self.delivery.fenced(message.last().unwrap_or_default()) {
            match echoes {
                // The echo comes before the PONG, so there was none.
                true => self.refused(pending, Why::Unanswered),
                false => self.delivered(&pending),
            }
        }
    }

    fn hear_ack(&mut self, message: &Message) {
        let Some(pending) = self.label(message).and_then(|label| self.delivery.labelled(&label)) else {
            return;
        };
        match self.greeting.has("echo-message") {
            true => self.refused(pending, Why::Unanswered),
            false => self.delivered(&pending),
        }
    }

    /// A numeric error, or FAIL (standard-replies).
    fn hear_error(&mut self, message: &Message) {
        let why = message.last().unwrap_or_default().to_owned();
        let command = message.command();
        match self.phase {
            // Often our own earlier connection still has it: the person can ask for it later.
            Phase::Registering
                if command == ERR_NICKNAMEINUSE
                    && self.returning.is_some()
                    && self.name.len() < MOST_NAME_BYTES =>
            {
                self.name.push('_');
                self.send(&Line::new("NICK").param(&self.name.clone()));
            }
            Phase::Registering if NAME_ERRORS.contains(&command) => {
                let (name, taken) = (self.name.clone(), command == ERR_NICKNAMEINUSE);
                self.end(Ending::NameRefused { name, taken, why });
            }
            Phase::Entering => {
                let wanted = self.wanted_room.as_deref().unwrap_or_default();
                if message.params().any(|param| fold(param) == fold(wanted)) {
                    let room = wanted.to_owned();
                    self.end(Ending::RoomRefused { room, why });
                }
            }
            Phase::Inside => match self.accused(message) {
                Some(pending) => self.refused(pending, Why::Server(why)),
                None if NAME_ERRORS.contains(&command) => {
                    let name = message.param(1).unwrap_or_default().to_owned();
                    self.show(Item::NameTaken { name, why });
                }
                None => self.hear_server(&why),
            },
            Phase::Registering | Phase::Over => {}
        }
    }

    /// The line of ours that this error is about.
    fn accused(&mut self, message: &Message) -> Option<super::Pending> {
        if let Some(label) = self.label(message) {
            return self.delivery.labelled(&label);
        }
        if self.greeting.has("labeled-response") {
            return None;
        }
        let front = self.delivery.front()?;
        let about_us = message.command() == ERR_CANNOTSENDTOCHAN
            || message.params().any(|param| fold(param) == fold(&front.target) || param == "PRIVMSG");
        if about_us { self.delivery.oldest() } else { None }
    }

    fn hear_batch(&mut self, message: &Message) {
        let Some(reference) = message.param(0) else {
            return;
        };
        if let Some(closed) = reference.strip_prefix('-') {
            self.batches.retain(|(open, _)| open != closed);
        } else if let (Some(open), Some(label)) = (reference.strip_prefix('+'), message.tag("label"))
            && self.batches.len() < MAX_BATCHES
        {
            self.batches.push((open.to_owned(), label.into_owned()));
        }
    }

    /// The label of our request that this message answers, its batch's included.
    fn label(&self, message: &Message) -> Option<String> {
        if let Some(label) = message.tag("label") {
            return Some(label.into_owned());
        }
        let batch = message.tag("batch")?;
        self.batches.iter().find(|(open, _)| *open == batch).map(|(_, label)| label.clone())
    }
}

enum Ctcp<'a> {
    None,
    Action(&'a str),
    Other,
}

/// Client-to-client protocol: text between two `\x01` (Modern, CTCP).
fn ctcp(text: &str) -> Ctcp<'_> {
    let Some(inner) = text.strip_prefix('\x01') else {
        return Ctcp::None;
    };
    let inner = inner.strip_suffix('\x01').unwrap_or(inner);
    match inner.strip_prefix("ACTION") {
        Some(action) => Ctcp::Action(action.strip_prefix(' ').unwrap_or(action)),
        None => Ctcp::Other,
    }
}

/// The person's own words in a reason for leaving, without what servers put
/// around them or fill in for an ordinary leave.
fn own_words<'a>(reason: &'a str, name: &str) -> Option<&'a str> {
    let reason = reason.trim();
    let reason = reason.strip_prefix("Quit:").unwrap_or(reason).trim();
    let bare = reason.trim_matches('"');
    let said_nothing = ["", "quit", "client quit", "leaving", "client exited", "closing connection"];
    let ordinary = bare == name || said_nothing.iter().any(|nothing| bare.eq_ignore_ascii_case(nothing));
    (!ordinary).then_some(reason)
}
