//! What the server's messages mean to the person.

use super::effect::Ending;
use super::entry::{self, Phase};
use super::item::{Item, Speaker};
use super::reclaim::Reclaim;
use super::state::Model;
use crate::client::protocol::batches::Whole;
use crate::client::protocol::said::Said;
use crate::client::protocol::{Progress, departure};
use crate::text::Phrase;
use crate::wire::numeric::{
    ERR_NOMOTD, RPL_AWAY, RPL_ENDOFNAMES, RPL_LIST, RPL_LISTEND, RPL_NAMREPLY, RPL_NOTOPIC, RPL_NOWAWAY,
    RPL_TOPIC, RPL_TRYAGAIN, RPL_UNAWAY,
};
use crate::wire::{Line, Message};

impl Model {
    /// Takes one message from the server.
    pub fn on_message(&mut self, message: &Message) {
        self.dispatch(message);
        self.bound_held();
    }

    /// Takes a line that can't be a message.
    pub fn on_garbage(&mut self, line: &str) {
        if self.session.phase == Phase::Registering && !self.session.entry.speaks {
            self.end(Ending::NotIrc { banner: line.to_owned() });
        }
    }

    fn dispatch(&mut self, message: &Message) {
        if !self.session.entry.speaks_irc(message) {
            return self.on_garbage(message.line());
        }
        if !message.is("BATCH") && self.session.batches.take(message) {
            return;
        }
        let (progress, answer) = self.session.registration.receive(message);
        if let Some(answer) = answer {
            self.send(&answer);
        }
        match progress {
            Progress::Greeted => return self.on_greeted(),
            Progress::Refused(refusal) => return self.on_registration_refused(message, refusal),
            Progress::Welcome | Progress::Nothing => {}
        }
        let command = message.command().to_ascii_uppercase();
        let numeric = command.len() == 3 && command.bytes().all(|b| b.is_ascii_digit());
        match command.as_str() {
            "PONG" => self.on_pong(message),
            "ERROR" => {
                let words = message.last().map(departure::closing_reason);
                self.session.last_words = words.map(str::to_owned);
            }
            "BATCH" => self.on_batch(message),
            "ACK" => self.on_ack(message),
            "FAIL" => self.on_error(message),
            "PRIVMSG" | "NOTICE" => {
                if let Some(said) = Said::of(message, self.session.batches.label(message)) {
                    self.on_said(said);
                }
            }
            "JOIN" => self.on_join(message),
            "PART" => self.on_part(message),
            "QUIT" => self.on_quit(message),
            "KICK" => self.on_kick(message),
            "NICK" => self.on_nick(message),
            "TOPIC" => self.on_topic(message),
            "MARKREAD" => self.on_read_marker(message),
            "REDACT" => self.on_redact(message),
            ERR_NOMOTD => {}
            RPL_TRYAGAIN => self.on_error(message),
            RPL_NOTOPIC => self.room.topic = None,
            RPL_TOPIC => self.room.topic = message.last().map(str::to_owned),
            RPL_NAMREPLY => self.on_names(message),
            RPL_ENDOFNAMES => self.on_end_of_names(message),
            RPL_LIST => self.on_listed(message),
            RPL_LISTEND => self.is_listing = false,
            RPL_AWAY => self.on_away(message),
            RPL_UNAWAY | RPL_NOWAWAY => {
                let away = command == RPL_NOWAWAY;
                self.room.unread.away(away);
                self.show(Item::Told(if away { Phrase::YouAreAway } else { Phrase::YouAreBack }));
            }
            _ if numeric && command.as_str() >= "400" => self.on_error(message),
            _ => {}
        }
    }

    /// The greeting is complete: what the server says of itself is known.
    fn on_greeted(&mut self) {
        if self.session.phase != Phase::Registering {
            return;
        }
        if self.session.is_put_out {
            self.stay_out();
            self.tell_away();
            let before = self.session.returning.clone().filter(|before| !self.session.is_me(before));
            before.iter().for_each(|before| self.session.reclaim.begin(before));
            return self.tell_put_out();
        }
        self.session.phase = Phase::Entering;
        self.output.send(&entry::join(self.session.room_to_enter()));
    }

    fn on_pong(&mut self, message: &Message) {
        for id in self.outbox.pacing.pong(message) {
            while let Some(pending) = self.outbox.delivery.fenced(id) {
                self.handled(pending);
            }
        }
    }

    fn on_ack(&mut self, message: &Message) {
        let label = self.session.batches.label(message);
        match label.as_deref().and_then(|label| self.outbox.delivery.labelled(label)) {
            Some(pending) => self.handled(pending),
            None => drop(self.on_no_past(label.as_deref(), false)),
        }
    }

    fn on_batch(&mut self, message: &Message) {
        match self.session.batches.on_batch(message) {
            Some(Whole::Said(said)) => self.on_said(said),
            Some(Whole::Past { room, label, said }) => self.on_past(&room, label.as_deref(), said),
            None => {}
        }
    }

    fn on_names(&mut self, message: &Message) {
        if message.param(2).is_some_and(|room| self.is_here(room)) {
            let prefixes = self.session.registration.features.prefixes();
            self.room.people.add_listed(message.last().unwrap_or_default(), prefixes);
        }
    }

    fn on_end_of_names(&mut self, message: &Message) {
        if !self.room.is_incomplete || !message.param(1).is_some_and(|room| self.is_here(room)) {
            return;
        }
        self.room.is_incomplete = false;
        let is_back = match (self.session.phase, &self.session.wanted_room) {
            (Phase::Outside, Some(wanted)) => self.is_here(wanted),
            (phase, _) => phase == Phase::Entering,
        };
        self.session.is_let_in();
        match self.session.returning.clone().filter(|_| is_back) {
            Some(before) => self.on_return(before),
            None => self.show_header(),
        }
        self.look_back();
    }

    /// In the room again; `before` was our name.
    fn on_return(&mut self, before: String) {
        let lost_name = Some(before).filter(|before| !self.session.is_me(before));
        if let Some(before) = &lost_name {
            self.session.reclaim.begin(before);
        }
        let is_first = self.session.phase == Phase::Entering;
        self.show(Item::Back { name: self.session.name().to_owned(), lost_name, names: self.names() });
        // The server has forgotten it.
        if is_first {
            self.tell_away();
        }
    }

    fn on_listed(&mut self, message: &Message) {
        let (true, Some(room), Some(count)) = (self.is_listing, message.param(1), message.param(2)) else {
            return;
        };
        let topic = message.param(3).unwrap_or_default().to_owned();
        self.show(Item::Room { room: room.to_owned(), count: count.parse().unwrap_or(0), topic });
    }

    fn on_away(&mut self, message: &Message) {
        if let (Some(name), Some(text)) = (message.param(1), message.param(2)) {
            self.show(Item::Away { name: name.to_owned(), text: text.to_owned() });
        }
    }

    fn on_join(&mut self, message: &Message) {
        let (Some(name), Some(room)) = (message.nick(), message.param(0)) else {
            return;
        };
        let is_me = self.session.is_me(name);
        if is_me {
            // One room at a time: entering another leaves this one.
            if let Some(other) = self.room.name.take().filter(|other| !self.session.same(other, room)) {
                self.send(&Line::new("PART").param(&other));
            }
            self.on_own_join(room, message);
        }
        if self.is_here(room) && self.room.people.enter(name) && !is_me {
            self.show(Item::Entered { name: name.to_owned() });
        }
    }

    fn on_part(&mut self, message: &Message) {
        let (Some(name), Some(room)) = (message.nick(), message.param(0)) else {
            return;
        };
        if !self.is_here(room) {
            return;
        }
        self.on_left(name, message.param(1));
        if self.session.is_me(name) {
            self.room.put_out(self.session.mapping());
        }
    }

    fn on_quit(&mut self, message: &Message) {
        if let Some(name) = message.nick() {
            self.on_left(name, message.param(0));
            self.on_free_name(name);
        }
    }

    fn on_left(&mut self, name: &str, reason: Option<&str>) {
        if self.room.people.leave(name).is_none() || self.session.is_me(name) {
            return;
        }
        let reason = reason.and_then(|reason| departure::own_words(reason, name)).map(str::to_owned);
        self.show(Item::Left { name: name.to_owned(), reason });
    }

    fn on_kick(&mut self, message: &Message) {
        let (Some(room), Some(name)) = (message.param(0), message.param(1)) else {
            return;
        };
        if !self.is_here(room) {
            return;
        }
        let by = message.nick().unwrap_or_default().to_owned();
        let reason = message.param(2).filter(|reason| !reason.is_empty() && *reason != name && *reason != by);
        self.room.people.leave(name);
        self.show(Item::Kicked { name: name.to_owned(), reason: reason.map(str::to_owned), by });
        if self.session.is_me(name) {
            self.outbox.delivery.put_out(room, self.session.mapping());
            self.session.is_put_out = true;
            self.session.wanted_room = self.room.put_out(self.session.mapping());
            self.tell_put_out();
            // Nothing more comes of what was asked of the room, nor of the way into it.
            if matches!(self.session.phase, Phase::Entering | Phase::Arriving) {
                self.have_returned(false);
            }
        }
    }

    /// Tells how to go back into the room.
    fn tell_put_out(&mut self) {
        let room = self.session.wanted_room.clone().unwrap_or_default();
        self.show(Item::PutOut { room });
    }

    fn on_nick(&mut self, message: &Message) {
        let (Some(old), Some(new)) = (message.nick(), message.param(0)) else {
            return;
        };
        // Our own is known to have changed already.
        let mine = self.session.is_me(new);
        if mine {
            // The next connection asks for this one.
            self.session.returning = self.session.returning.take().map(|_| new.to_owned());
            self.session.reclaim = Reclaim::default();
            self.session.source = None;
        }
        if self.room.people.rename(old, new) || mine {
            self.show(Item::Renamed { old: old.to_owned(), new: new.to_owned() });
        }
        if !mine {
            self.on_free_name(old);
        }
    }

    /// Somebody has given up this name.
    fn on_free_name(&mut self, name: &str) {
        let mapping = self.session.mapping();
        if let Some(line) = self.session.reclaim.name_is_free(name, mapping) {
            self.send(&line);
        }
    }

    fn on_topic(&mut self, message: &Message) {
        let (Some(room), Some(topic)) = (message.param(0), message.param(1)) else {
            return;
        };
        if self.is_here(room) {
            self.room.topic = Some(topic.to_owned());
            let name = message.nick().unwrap_or_default().to_owned();
            self.show(Item::TopicSet { name, topic: topic.to_owned() });
        }
    }

    /// How far the room was read with another program (IRCv3 read-marker).
    fn on_read_marker(&mut self, message: &Message) {
        if message.param(0).is_some_and(|room| self.is_here(room)) {
            let read = message.param(1).and_then(|read| read.strip_prefix("timestamp="));
            self.room.unread.told = read.and_then(|read| read.parse().ok());
        }
    }

    /// A message is taken back (IRCv3 message-redaction). Its text is not shown again: not in
    /// the notice, nor by `/last`, `/grep` or a window that is drawn anew.
    fn on_redact(&mut self, message: &Message) {
        let (Some(by), Some(id)) = (message.nick(), message.param(1)) else {
            return;
        };
        self.session.batches.forget(id);
        self.room.fetches.forget(id);
        self.output.forget(id);
        // A message that was not shown is not missed.
        let Some(known) = self.backlog.take_out(id) else {
            return;
        };
        let author = match &known.from {
            Speaker::Me => self.session.name(),
            Speaker::Other(name) => name.as_str(),
        };
        let is_by_author = self.session.same(author, by);
        let own = (known.from == Speaker::Me).then_some(known.text);
        self.show(Item::Redacted {
            by: by.to_owned(),
            of: (!is_by_author).then_some(known.from),
            reason: message.param(2).filter(|reason| !reason.is_empty()).map(str::to_owned),
            id: id.to_owned(),
            own,
        });
    }
}
