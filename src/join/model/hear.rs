//! What the server's messages mean to the person.

use super::{Item, Model, Phase, Why};
use crate::client::protocol::batches::Whole;
use crate::client::protocol::said::Said;
use crate::client::protocol::{Progress, departure};
use crate::wire::numeric::{
    ERR_NOMOTD, RPL_AWAY, RPL_ENDOFNAMES, RPL_LIST, RPL_LISTEND, RPL_NAMREPLY, RPL_NOTOPIC, RPL_NOWAWAY,
    RPL_TOPIC, RPL_TRYAGAIN, RPL_UNAWAY,
};
use crate::wire::{Line, Message};

impl Model {
    /// Takes one message from the server.
    pub fn hear(&mut self, message: &Message) {
        if !self.speaks_irc(message) || !message.is("BATCH") && self.batches.take(message) {
            return;
        }
        let (progress, answer) = self.registration.receive(message);
        if let Some(answer) = answer {
            self.send(&answer);
        }
        match progress {
            Progress::Greeted => return self.enter(),
            Progress::Refused(refusal) => return self.hear_not_let_in(message, refusal),
            Progress::Welcome | Progress::Nothing => {}
        }
        let command = message.command().to_ascii_uppercase();
        let numeric = command.len() == 3 && command.bytes().all(|b| b.is_ascii_digit());
        match command.as_str() {
            "PONG" => self.hear_pong(message),
            "ERROR" => {
                self.last_words = message.last().map(|words| departure::closing_reason(words).to_owned());
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
            "MARKREAD" => self.hear_marker(message),
            "REDACT" => self.hear_redact(message),
            ERR_NOMOTD => {}
            RPL_TRYAGAIN => self.hear_error(message),
            RPL_NOTOPIC => self.topic = None,
            RPL_TOPIC => self.topic = message.last().map(str::to_owned),
            RPL_NAMREPLY => self.hear_names(message),
            RPL_ENDOFNAMES => self.hear_end_of_names(message),
            RPL_LIST => self.hear_listed(message),
            RPL_LISTEND => self.listing = false,
            RPL_AWAY => self.hear_away(message),
            RPL_UNAWAY | RPL_NOWAWAY => {
                let away = command == RPL_NOWAWAY;
                self.unread.away(away);
                self.show(Item::OwnAway { away });
            }
            _ if numeric && command.as_str() >= "400" => self.hear_error(message),
            _ => {}
        }
    }

    /// The greeting is complete: what the server says of itself is known.
    fn enter(&mut self) {
        if self.phase != Phase::Registering {
            return;
        }
        self.phase = Phase::Entering;
        let first = self.registration.features.first_room().unwrap_or(super::DEFAULT_ROOM);
        let room = self.wanted_room.clone().unwrap_or_else(|| first.to_owned());
        self.send(&Line::new("JOIN").param(&room));
        self.wanted_room = Some(room);
    }

    fn hear_names(&mut self, message: &Message) {
        if message.param(2).is_some_and(|room| self.is_here(room)) {
            let prefixes = self.registration.features.prefixes();
            self.people.add_listed(message.last().unwrap_or_default(), prefixes);
        }
    }

    fn hear_end_of_names(&mut self, message: &Message) {
        if !self.entering || !message.param(1).is_some_and(|room| self.is_here(room)) {
            return;
        }
        self.entering = false;
        let is_back = match (self.phase, &self.wanted_room) {
            (Phase::Outside, Some(wanted)) => self.is_here(wanted),
            (phase, _) => phase == Phase::Entering,
        };
        self.kept_out = None;
        match self.returning.clone().filter(|_| is_back) {
            Some(before) => {
                let name = self.name().to_owned();
                let lost_name = Some(before).filter(|before| !self.is_me(before));
                let names = self.names();
                if let Some(before) = &lost_name {
                    self.reclaim.begin(before);
                }
                let is_first = self.phase == Phase::Entering;
                self.show(Item::Back { name, lost_name, names });
                if is_first {
                    self.tell_away();
                }
            }
            None => self.show_header(),
        }
        self.look_back();
    }

    /// The server has forgotten that we are away.
    pub(super) fn tell_away(&mut self) {
        if let Some(text) = self.away.clone() {
            self.send(&Line::new("AWAY").text(&text));
        }
    }

    pub(super) fn show_header(&mut self) {
        self.show(Item::Header {
            name: self.name().to_owned(),
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

    /// A message, or the beginning of a batch of its lines.
    fn hear_text(&mut self, message: &Message) {
        if let Some(said) = Said::of(message, self.batches.label(message)) {
            self.hear_said(said);
        }
    }

    fn hear_batch(&mut self, message: &Message) {
        match self.batches.hear(message) {
            Some(Whole::Said(said)) => self.hear_said(said),
            Some(Whole::Past { room, label, said }) => self.hear_past(&room, label.as_deref(), said),
            None => {}
        }
    }

    fn hear_join(&mut self, message: &Message) {
        let (Some(name), Some(room)) = (message.nick(), message.param(0)) else {
            return;
        };
        if self.is_me(name) {
            // One room at a time: whoever enters another leaves this one.
            if let Some(other) = self.room.take().filter(|other| !self.same(other, room)) {
                self.send(&Line::new("PART").param(&other));
            }
            self.entering = true;
            self.room = Some(room.to_owned());
            self.source = message.source().map(str::to_owned);
            self.comes_in(room, message);
            self.topic = None;
            self.people.clear(self.mapping());
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
            self.name_is_free(name);
        }
    }

    fn goes(&mut self, name: &str, reason: Option<&str>) {
        if self.people.leave(name).is_none() || self.is_me(name) {
            return;
        }
        let reason = reason.and_then(|reason| departure::own_words(reason, name)).map(str::to_owned);
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
            self.delivery.put_out(room, self.mapping());
            self.room = None;
        }
        self.show(Item::Kicked { name: name.to_owned(), by: by.clone(), reason: reason.map(str::to_owned) });
    }

    fn hear_nick(&mut self, message: &Message) {
        let (Some(old), Some(new)) = (message.nick(), message.param(0)) else {
            return;
        };
        // Our own is known to have changed already.
        let mine = self.is_me(new);
        if mine {
            // The next connection asks for this one.
            self.returning = self.returning.take().map(|_| new.to_owned());
            self.reclaim.stop();
            self.source = None;
        }
        if self.people.rename(old, new) || mine {
            self.show(Item::Renamed { old: old.to_owned(), new: new.to_owned() });
        }
        if !mine {
            self.name_is_free(old);
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

    fn hear_ack(&mut self, message: &Message) {
        let label = self.batches.label(message);
        let Some(pending) = label.as_deref().and_then(|label| self.delivery.labelled(label)) else {
            self.hear_no_past(label.as_deref(), false);
            return;
        };
        match self.has("echo-message") || pending.doubtful {
            true => self.fails(pending, Why::Unanswered),
            false => self.delivered(&pending, None),
        }
    }
}
