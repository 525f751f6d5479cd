//! Errors from the server: what they change, and what the person is told of them.

use super::effect::{Effect, Ending};
use super::entry::Phase;
use super::fetches;
use super::ids::RoomId;
use super::item::Item;
use super::refusal::{self, ERR_LINKCHANNEL, RoomRefusal};
use super::room::{RoomView, Stage};
use super::state::Model;
use crate::client::protocol::fence;
use crate::client::protocol::refusal::{Refusal, is_of_name};
use crate::text::phrase::WayIn;
use crate::wire::Message;
use crate::wire::numeric::{
    ERR_NICKNAMEINUSE, ERR_NOSUCHCHANNEL, ERR_NOSUCHNICK, ERR_NOTONCHANNEL, ERR_PASSWDMISMATCH,
    ERR_UNKNOWNMODE, ERR_USERNOTINCHANNEL, ERR_USERONCHANNEL, ERR_WASNOSUCHNICK,
};
use std::time::Duration;

/// Other names that are tried on one connection.
const MAX_NAMES: usize = 8;

impl Model {
    /// A numeric error, or FAIL (standard-replies).
    pub(super) fn on_error(&mut self, message: &Message) {
        let why = message.last().unwrap_or_default().to_owned();
        let command = message.command();
        let label = self.session.batches.label(message);
        match message.params().find(|param| matches!(*param, "CHATHISTORY" | "SEARCH" | "MARKREAD")) {
            // The person has not asked for this.
            Some("MARKREAD") => return,
            Some(_) if self.on_no_past(message, label.as_deref(), true) => return,
            // Of a question that is not waited for any more.
            Some(_) if label.as_deref().is_some_and(fetches::is_label) => return,
            _ => {}
        }
        if command == ERR_LINKCHANNEL && self.session.phase != Phase::Registering {
            return self.on_forwarded(message);
        }
        let is_connected = self.session.phase == Phase::Connected;
        if is_connected && label.is_none() && self.is_of_left_room(message) {
            return;
        }
        match self.session.phase {
            Phase::Connected => match self.refused_rooms(message, label.is_some()) {
                rooms if rooms.is_empty() => self.on_other_error(message, label.as_deref(), why),
                rooms => rooms.into_iter().for_each(|room| self.on_room_refused(room, message, why.clone())),
            },
            // We have a name by now; a ban or a wrong password ends the registration all the same.
            Phase::Registering if Refusal::of_registration(message) == Some(Refusal::Final) => {
                self.on_registration_refused(message, Refusal::Final);
            }
            Phase::Registering | Phase::Over => {}
        }
    }

    /// The rooms that are not entered because of this error: one that it names, or all that were
    /// asked for too fast.
    fn refused_rooms(&self, message: &Message, is_labelled: bool) -> Vec<RoomId> {
        // What is said has labels, and JOIN has none.
        if is_labelled {
            return Vec::new();
        }
        // A name that is too long is not named.
        let are_nameless = message.param(1) == Some("*") && refusal::of_room(message.command()).is_some();
        let is_about = |room: &RoomView| {
            are_nameless || message.params().any(|param| self.session.same(param, &room.name))
        };
        let is_refused = |room: &&RoomView| match room.stage {
            // Something else was asked of it before.
            _ if self.left.has(&room.name, self.session.mapping()) => false,
            Stage::Asked => {
                refusal::may_be_of_join(message) && is_about(room) || refusal::is_of_join(message, &room.name)
            }
            Stage::Outside => {
                let is_refusal = refusal::of_room(message.command()).is_some();
                is_refusal && is_about(room) || refusal::is_of_join(message, &room.name)
            }
            _ => false,
        };
        self.rooms.iter().filter(is_refused).map(|room| room.id).collect()
    }

    /// Whether an error is about a room that was left: the answer to leaving it, or that it was not
    /// entered before. Nobody waits for either.
    fn is_of_left_room(&mut self, message: &Message) -> bool {
        let (command, mapping) = (message.command(), self.session.mapping());
        let Some(room) = message.param(1).filter(|room| self.left.has(room, mapping)) else { return false };
        if refusal::of_room(command).is_some() && self.left.is_entering(room, mapping) {
            return self.left.has_answered_join(room, mapping);
        }
        let is_of_part = [ERR_NOTONCHANNEL, ERR_NOSUCHCHANNEL].contains(&command);
        is_of_part && self.left.has_answered_part(room, mapping)
    }

    /// An error that is about no room that is to be entered.
    fn on_other_error(&mut self, message: &Message, label: Option<&str>, why: String) {
        self.forget_refused(message);
        if self.is_listing && message.params().any(|param| param == "LIST") {
            self.ends_list();
        }
        match self.outbox.accused(message, label, &self.session) {
            Some(pending) => self.outbox.is_refused(pending, message, &mut self.output),
            // The answer to a line of this program's own.
            None if !self.is_told_of_server() => {}
            None if is_of_name(message) => self.on_name_refused(message, why),
            None if self.on_not_operator(message) => {}
            // With labels each message of ours has one: an error without is about a further line of a
            // refused batch.
            None if refusal::is_of_labelled_lines(message) && self.session.has_labels() => {}
            None if fence::is_put_off(message) => {
                self.outbox.pacing.ping_is_refused(refusal::pause(message));
            }
            None => self.tell_refusal(message, &why),
        }
    }

    /// An error before the greeting is complete.
    pub(super) fn on_registration_refused(&mut self, message: &Message, refusal: Refusal) {
        let why = message.last().unwrap_or_default().to_owned();
        match refusal {
            _ if self.session.phase != Phase::Registering => {}
            // Often our own earlier connection still has the name.
            Refusal::Name if self.session.returning.is_some() => {
                match self.session.registration.vary(MAX_NAMES) {
                    Some(line) => self.send(&line),
                    None => self.lost(Some(why)),
                }
            }
            Refusal::Name => {
                let (name, taken) = (self.session.name().to_owned(), message.is(ERR_NICKNAMEINUSE));
                self.end(Ending::NameRefused { name, taken, why });
            }
            Refusal::Final if message.is(ERR_PASSWDMISMATCH) => {
                let was_given = self.session.password.is_some();
                self.end(Ending::Password { was_given });
            }
            Refusal::Final => self.end(Ending::Refused { why }),
            Refusal::Other => {}
        }
    }

    /// The connection is gone. What is under way may have been said or not:
    /// it is sent again only where the room's past will tell that it was not.
    pub fn lost(&mut self, why: Option<String>) {
        if self.session.phase == Phase::Over {
            return;
        }
        let why = self.session.last_words.take().or(why);
        self.outbox.pacing.closed(why.as_deref().unwrap_or_default());
        match why {
            Some(why) if is_kill(&why) => self.end(Ending::Killed { why }),
            why => self.end(Ending::Closed { why }),
        }
    }

    /// The connection is of no use any more.
    pub(super) fn end(&mut self, ending: Ending) {
        self.stop_arriving();
        self.give_up_lookups();
        self.session.phase = Phase::Over;
        self.output.push(Effect::Over(ending));
    }

    /// A name that the person has asked for, or that we ask back.
    fn on_name_refused(&mut self, message: &Message, why: String) {
        let name = message.param(1).unwrap_or_default();
        // The person has not asked for it just now.
        if !self.session.reclaim.has_asked_for(name, self.session.mapping()) {
            self.show(Item::NameTaken { name: name.to_owned(), why });
        }
    }

    /// A person who was in a room stays, in the room or not.
    fn on_room_refused(&mut self, room: RoomId, message: &Message, why: String) {
        let Some(view) = self.rooms.get(room) else { return };
        let (name, is_first) = (view.name.clone(), !self.has_entered);
        let is_too_fast = refusal::is_of_join(message, &name);
        let refusal = refusal::of_room(message.command());
        if view.comes_back || is_too_fast {
            return self.keep_out(room, why, is_too_fast || refusal == Some(RoomRefusal::TryAgain));
        }
        if is_first && !self.rooms.are_several() {
            return self.end(Ending::RoomRefused { room: name, why });
        }
        if !is_first {
            self.is_known();
        }
        let stays = !is_first && self.rooms.is_current(room) && self.rooms.are_several();
        let way = refusal::way_in(message.command());
        self.show(Item::NotLetIn { room: name, why, way, stays });
        // Nothing was typed there yet, so another room can be the current one.
        if is_first { self.remove_room(room) } else { self.put_out(room) }
    }

    /// Rooms of which the server has told nothing for too long. Before the first was entered the whole
    /// way in has its own bound.
    pub(super) fn end_unanswered_rooms(&mut self, now: Duration) {
        let is_overdue = |room: &&RoomView| room.answer_by.is_some_and(|by| by <= now);
        let overdue: Vec<RoomId> = self.rooms.iter().filter(is_overdue).map(|room| room.id).collect();
        for room in overdue {
            let Some(view) = self.rooms.get_mut(room) else { continue };
            view.answer_by = None;
            let (name, why) = (view.name.clone(), "The server has not answered".to_owned());
            if view.comes_back {
                self.keep_out(room, why, true);
            } else if self.has_entered {
                let stays = self.rooms.is_current(room) && self.rooms.are_several();
                self.show(Item::NotLetIn { room: name, why, way: WayIn::Again, stays });
                self.put_out(room);
            }
        }
    }

    /// Connected, but not in the room.
    fn keep_out(&mut self, room: RoomId, why: String, tries_again: bool) {
        let Some(view) = self.rooms.get_mut(room) else { return };
        let (name, is_news) = (view.name.clone(), view.is_kept_out(tries_again));
        if self.session.returning.is_some() {
            self.is_known();
        }
        if !tries_again {
            self.outbox.told_waiting = false;
            // Nothing will show any more whether these lines are in the room.
            self.outbox.forget_unsure(room, &mut self.output);
        }
        // A room that stays closed is told of once.
        if is_news {
            self.show(Item::KeptOut { room: name, why, tries_again });
        }
        if !tries_again && !self.rooms.is_current(room) {
            self.remove_room(room);
        }
    }

    /// The same is told once, until something else is typed.
    fn tell_refusal(&mut self, message: &Message, why: &str) {
        let about = message.params().take(2).collect::<Vec<_>>().join(" ");
        let told = format!("{} {about} {why}", message.command()).replace(|c: char| c.is_ascii_digit(), "");
        if self.told_refusal.as_ref() != Some(&told) {
            self.told_refusal = Some(told);
            if let Some(phrase) = refusal::unkept(message) {
                return self.show(Item::Told(phrase));
            }
            match message.param(1).filter(|_| names_its_subject(message.command())) {
                Some(name) if message.is(ERR_NOSUCHNICK) && !self.session.is_room(name) => {
                    let name = name.to_owned();
                    self.show(Item::Nobody { name });
                }
                Some(name) if message.is(ERR_USERNOTINCHANNEL) => {
                    let name = name.to_owned();
                    self.show(Item::NotHere { name });
                }
                Some(about) => {
                    let (about, text) = (about.to_owned(), why.to_owned());
                    self.show(Item::ServerAbout { about, text });
                }
                None => self.on_server_notice(why),
            }
        }
    }

    /// The JOIN of the other room comes after this, or came before it. What was typed for the one room
    /// is not said in the other.
    fn on_forwarded(&mut self, message: &Message) {
        // Some servers name the room only in a sentence: then the JOIN tells it.
        let is_room = |room: &&str| self.session.is_room(room) && !room.contains(' ');
        let Some(from) = message.param(1) else { return };
        let to = message.param(2).filter(is_room);
        let asked = self.find(from).filter(|&room| self.stage(room) == Some(Stage::Asked));
        let unasked = self.rooms.iter().find(|room| room.is_unasked).map(|room| room.id);
        let known = to.map_or(unasked, |to| self.find(to)).filter(|&known| Some(known) != asked);
        let known = known.and_then(|known| self.rooms.get(known));
        let known = known.map(|view| (view.id, view.is_unasked, view.name.clone()));
        if let Some(to) = to.or(known.as_ref().map(|(.., name)| name.as_str())) {
            self.show(Item::Forwarded { from: from.to_owned(), to: to.to_owned() });
        }
        let Some(asked) = asked else { return };
        self.outbox.leave(asked, &mut self.output);
        match (known, to, self.rooms.get_mut(asked)) {
            (Some((known, true, _)), ..) => self.rooms.replace(asked, known),
            // One that we are in stays what it is; nothing was said in the other yet.
            (Some((known, ..)), ..) => {
                if self.rooms.is_current(asked) {
                    self.go_to(known);
                }
                self.remove_room(asked);
            }
            (None, Some(to), Some(view)) => to.clone_into(&mut view.name),
            (None, None, Some(view)) => view.is_forwarded = true,
            (None, _, None) => {}
        }
    }
}

/// Whether an error is about the person or room that it names first, and says so in no word.
fn names_its_subject(code: &str) -> bool {
    let codes = [
        ERR_NOSUCHNICK,
        ERR_NOSUCHCHANNEL,
        ERR_WASNOSUCHNICK,
        ERR_USERNOTINCHANNEL,
        ERR_USERONCHANNEL,
        ERR_UNKNOWNMODE,
    ];
    codes.contains(&code)
}

/// Whether an operator has ended the connection: then only the person comes back. A server that
/// ends it for a collision of names names itself, with a dot.
fn is_kill(why: &str) -> bool {
    let (killed, by) = why.split_once(' ').unwrap_or((why, ""));
    let by = by.trim_start_matches(['(', ':']).split(' ').next().unwrap_or_default();
    killed.eq_ignore_ascii_case("killed") && !by.contains('.')
}
