//! What the server's messages mean to the person.

use super::effect::Ending;
use super::entry::Phase;
use super::ids::RoomId;
use super::item::{Item, Speaker};
use super::people::People;
use super::reclaim::Reclaim;
use super::room::Stage;
use super::state::Model;
use crate::client::protocol::batches::Whole;
use crate::client::protocol::said::Said;
use crate::client::protocol::{Progress, departure};
use crate::text::Phrase;
use crate::wire::Message;
use crate::wire::numeric::{
    ERR_NOMOTD, RPL_AWAY, RPL_CHANNELMODEIS, RPL_ENDOFNAMES, RPL_INVITING, RPL_LIST, RPL_LISTEND,
    RPL_NAMREPLY, RPL_NOTOPIC, RPL_NOWAWAY, RPL_TOPIC, RPL_TRYAGAIN, RPL_UNAWAY, RPL_YOUREOPER,
};

/// Others see another host of ours (InspIRCd, UnrealIRCd, Charybdis, ergo).
const RPL_VISIBLEHOST: &str = "396";

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
        self.has_seen(message);
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
            "MODE" => self.on_mode(message),
            "INVITE" => self.on_invite(message),
            ERR_NOMOTD => {}
            _ if self.on_answer(message) => {}
            RPL_TRYAGAIN => self.on_error(message),
            RPL_NOTOPIC | RPL_TOPIC => {
                let topic = message.last().filter(|_| command == RPL_TOPIC).map(str::to_owned);
                let room = message.param(1).and_then(|room| self.find(room));
                room.and_then(|room| self.rooms.get_mut(room)).into_iter().for_each(|room| {
                    room.topic.clone_from(&topic);
                });
            }
            RPL_NAMREPLY => self.on_names(message),
            RPL_ENDOFNAMES => self.on_end_of_names(message),
            RPL_LIST => self.on_listed(message),
            RPL_LISTEND => self.ends_list(),
            RPL_AWAY => self.on_away(message),
            RPL_CHANNELMODEIS => self.on_modes_are(message),
            RPL_INVITING => {
                if let (Some(name), Some(room)) = (message.param(1), message.param(2)) {
                    self.show(Item::Invited { name: name.to_owned(), room: room.to_owned() });
                }
            }
            RPL_YOUREOPER => self.is_server_operator(true),
            RPL_VISIBLEHOST => self.on_visible_host(message),
            RPL_UNAWAY | RPL_NOWAWAY => {
                let away = command == RPL_NOWAWAY;
                self.rooms.iter_mut().for_each(|room| room.unread.away(away));
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
        self.session.phase = Phase::Connected;
        // Two spellings may be one room here.
        while let Some(room) = self.rooms.doubled(self.session.mapping()) {
            self.remove_room(room);
        }
        if self.rooms.current().name.is_empty() {
            let first = self.session.first_room().to_owned();
            self.rooms.current_mut().name = first;
        }
        if self.rooms.current().stage == Stage::Closed {
            self.is_known();
            self.tell_put_out();
            if let Some(before) = self.session.lost_name() {
                self.show(Item::NameLost { before, name: self.session.name().to_owned() });
            }
        }
        self.enter_rooms();
    }

    /// People are known by `user@host` from then on; ours counts for what fits into a line.
    fn has_seen(&mut self, message: &Message) {
        let Some(source) = message.source() else { return };
        let Some((name, from)) = source.split_once('!') else { return };
        if self.session.is_me(name) {
            self.session.source = Some(source.to_owned());
        }
        self.rooms.iter_mut().for_each(|room| room.people.has_seen(name, from));
    }

    /// Others see us from another host from now on.
    fn on_visible_host(&mut self, message: &Message) {
        let (Some(source), Some(host)) = (&mut self.session.source, message.param(1)) else { return };
        // Some servers tell `user@host`.
        let before = if host.contains('@') { '!' } else { '@' };
        if let Some((from, _)) = source.split_once(before) {
            *source = format!("{from}{before}{host}");
        }
    }

    fn on_pong(&mut self, message: &Message) {
        if self.on_killed(message) {
            return;
        }
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
            None => drop(self.on_no_past(message, label.as_deref(), false)),
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
        let room = message.param(2).and_then(|room| self.entered(room));
        if let Some(room) = room.and_then(|room| self.rooms.get_mut(room)) {
            let prefixes = self.session.registration.features.prefixes();
            room.people.add_listed(message.last().unwrap_or_default(), prefixes);
        }
    }

    fn on_end_of_names(&mut self, message: &Message) {
        let room = message.param(1).and_then(|room| self.entered(room));
        let Some(view) = room.and_then(|room| self.rooms.get_mut(room)) else { return };
        if view.stage != Stage::Listing {
            return;
        }
        let room = view.id;
        let comes_back = std::mem::take(&mut view.comes_back);
        view.is_let_in();
        match comes_back {
            true if self.rooms.is_current(room) => self.tell_back(),
            // The messages that were missed show it.
            true => {}
            false => self.show_header(room),
        }
        self.tell_operator(room, comes_back);
        self.is_known();
        self.look_back(room);
    }

    /// Tells what one may do who came in as operator; one who comes back knows.
    fn tell_operator(&mut self, room: RoomId, comes_back: bool) {
        let me = self.session.name();
        if self.rooms.get(room).is_some_and(|view| !comes_back && view.people.is_operator(me)) {
            self.show_operator(room, None);
        }
    }

    /// In the current room again.
    fn tell_back(&mut self) {
        let (name, lost_name) = (self.session.name().to_owned(), self.session.lost_name());
        self.show(Item::Back { name, lost_name, names: self.names() });
    }

    fn on_listed(&mut self, message: &Message) {
        let (true, Some(room), Some(count)) = (self.is_listing, message.param(1), message.param(2)) else {
            return;
        };
        let (count, topic) = (count.parse().unwrap_or(0), message.param(3).unwrap_or_default().to_owned());
        if self.has_listed_own(room, count, &topic) {
            return;
        }
        self.has_listed(room);
        self.show(Item::Room { room: room.to_owned(), count, topic });
    }

    fn on_away(&mut self, message: &Message) {
        if let (Some(name), Some(text)) = (message.param(1), message.param(2)) {
            self.show(Item::Away { name: name.to_owned(), text: text.to_owned() });
        }
    }

    /// Somebody asks us into a room; with invite-notify all operators are told of it.
    fn on_invite(&mut self, message: &Message) {
        let (Some(by), Some(name), Some(room)) = (message.nick(), message.param(0), message.param(1)) else {
            return;
        };
        if self.session.is_me(name) {
            self.show(Item::InvitedUs { by: by.to_owned(), room: room.to_owned() });
        }
    }

    fn on_join(&mut self, message: &Message) {
        let (Some(name), Some(room)) = (message.nick(), message.param(0)) else {
            return;
        };
        let is_me = self.session.is_me(name);
        if is_me && !self.on_own_join(room, message) {
            return;
        }
        let Some(view) = self.entered(room).and_then(|room| self.rooms.get_mut(room)) else { return };
        let room = view.id;
        let is_new = view.people.enter(name);
        if let Some((name, from)) = message.source().and_then(|source| source.split_once('!')) {
            view.people.has_seen(name, from);
        }
        if is_new && !is_me {
            self.show_in(room, Item::Entered { name: name.to_owned() });
        }
    }

    fn on_part(&mut self, message: &Message) {
        let (Some(name), Some(room)) = (message.nick(), message.param(0)) else {
            return;
        };
        let is_me = self.session.is_me(name);
        if is_me && self.left.has_answered_part(room, self.session.mapping()) {
            return;
        }
        let Some(room) = self.entered(room) else { return };
        if is_me {
            self.show_put_out(room);
            return self.put_out(room);
        }
        if self.rooms.get_mut(room).is_some_and(|view| view.people.leave(name).is_some()) {
            self.show_left(room, name, message.param(1));
        }
    }

    /// It is told once, however many rooms it is about.
    fn on_quit(&mut self, message: &Message) {
        if let Some(name) = message.nick() {
            let rooms = self.rooms_of(|people| people.leave(name).is_some());
            if let Some(&room) = rooms.first().filter(|_| !self.session.is_me(name)) {
                self.show_left(room, name, message.param(0));
            }
            self.on_free_name(name);
        }
    }

    /// The rooms where this changes something; the current one first.
    fn rooms_of(&mut self, mut change: impl FnMut(&mut People) -> bool) -> Vec<RoomId> {
        let current = self.rooms.current().id;
        let changed = self.rooms.iter_mut().filter_map(|room| change(&mut room.people).then_some(room.id));
        let mut changed: Vec<RoomId> = changed.collect();
        changed.sort_by_key(|room| *room != current);
        changed
    }

    fn show_left(&mut self, room: RoomId, name: &str, reason: Option<&str>) {
        let reason = reason.and_then(|reason| departure::own_words(reason, name)).map(str::to_owned);
        self.show_in(room, Item::Left { name: name.to_owned(), reason });
    }

    fn on_kick(&mut self, message: &Message) {
        let (Some(room), Some(name)) = (message.param(0), message.param(1)) else {
            return;
        };
        let Some(id) = self.entered(room) else { return };
        let by = message.nick().unwrap_or_default().to_owned();
        let reason = message.param(2).filter(|reason| !reason.is_empty() && *reason != name && *reason != by);
        if let Some(view) = self.rooms.get_mut(id) {
            view.people.leave(name);
        }
        self.show_in(id, Item::Kicked { name: name.to_owned(), reason: reason.map(str::to_owned), by });
        if self.session.is_me(name) {
            self.outbox.delivery.put_out(room, self.session.mapping());
            self.show_put_out(id);
            self.put_out(id);
        }
    }

    fn on_nick(&mut self, message: &Message) {
        let (Some(old), Some(new)) = (message.nick(), message.param(0)) else {
            return;
        };
        // Our own name has changed already.
        let mine = self.session.is_me(new);
        if mine {
            // The next connection asks for this one.
            self.session.returning = self.session.returning.take().map(|_| new.to_owned());
            self.session.reclaim = Reclaim::default();
            self.session.source = None;
        }
        let rooms = self.rooms_of(|people| people.rename(old, new));
        // Another name is no way around being ignored.
        let mapping = self.session.mapping();
        if !mine && self.settings.ignores(old, mapping) && !self.settings.ignores(new, mapping) {
            self.settings.ignore(new.to_owned(), mapping);
            self.keep_ignored();
        }
        let renamed = Item::Renamed { old: old.to_owned(), new: new.to_owned() };
        match rooms.first() {
            Some(&room) if !mine => self.show_in(room, renamed),
            _ if mine => self.show(renamed),
            _ => {}
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
        if let Some(view) = self.entered(room).and_then(|room| self.rooms.get_mut(room)) {
            view.topic = Some(topic.to_owned());
            let (room, name) = (view.id, message.nick().unwrap_or_default().to_owned());
            self.show_in(room, Item::TopicSet { name, topic: topic.to_owned() });
        }
    }

    /// How far the room was read with another program (IRCv3 read-marker).
    fn on_read_marker(&mut self, message: &Message) {
        let room = message.param(0).and_then(|room| self.entered(room));
        if let Some(room) = room.and_then(|room| self.rooms.get_mut(room)) {
            let read = message.param(1).and_then(|read| read.strip_prefix("timestamp="));
            room.unread.told = read.and_then(|read| read.parse().ok());
        }
    }

    /// A message is taken back (IRCv3 message-redaction). Its text is not shown again: not in
    /// the notice, nor by `/last`, `/grep` or a window that is drawn anew.
    fn on_redact(&mut self, message: &Message) {
        let (Some(by), Some(id)) = (message.nick(), message.param(1)) else {
            return;
        };
        self.session.batches.forget(id);
        self.rooms.iter_mut().for_each(|room| room.fetches.forget(id));
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
        let place = known.room.unwrap_or(self.rooms.current().id);
        self.show_in(
            place,
            Item::Redacted {
                by: by.to_owned(),
                of: (!is_by_author).then_some(known.from),
                reason: message.param(2).filter(|reason| !reason.is_empty()).map(str::to_owned),
                id: id.to_owned(),
                own,
            },
        );
    }
}
