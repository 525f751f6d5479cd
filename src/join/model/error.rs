//! Errors from the server: what they change, and what the person is told of them.

use super::delivery::Pending;
use super::refusal::{self, ERR_LINKCHANNEL, RoomRefusal};
use super::{Ending, Item, Model, Phase};
use crate::client::protocol::fence;
use crate::client::protocol::refusal::{Refusal, is_of_name};
use crate::wire::Message;
use crate::wire::numeric::{ERR_CANNOTSENDTOCHAN, ERR_NICKNAMEINUSE};

/// Other names that are tried on one connection.
const MOST_NAMES: usize = 8;

impl Model {
    /// A numeric error, or FAIL (standard-replies).
    pub(super) fn hear_error(&mut self, message: &Message) {
        let why = message.last().unwrap_or_default().to_owned();
        let command = message.command();
        match message.params().find(|param| matches!(*param, "CHATHISTORY" | "MARKREAD")) {
            // Nothing that the person has asked for.
            Some("MARKREAD") => return,
            Some(_) if self.hear_no_past(self.batches.label(message).as_deref(), true) => return,
            _ => {}
        }
        if command == ERR_LINKCHANNEL && self.phase != Phase::Registering {
            return self.hear_forwarded(message);
        }
        match self.phase {
            Phase::Entering | Phase::Outside
                if refusal::is_of_join(message, self.wanted_room.as_deref().unwrap_or_default()) =>
            {
                self.keep_out(why, true);
            }
            Phase::Entering if self.is_about_wanted_room(message) => {
                self.hear_room_refused(why, refusal::of_room(command));
            }
            Phase::Outside if self.is_about_wanted_room(message) && refusal::of_room(command).is_some() => {
                self.hear_room_refused(why, refusal::of_room(command));
            }
            Phase::Outside | Phase::Arriving | Phase::Inside => match self.accused(message) {
                Some(pending) => self.is_refused(pending, message),
                // Nobody has asked for it just now.
                None if is_of_name(message) && self.is_still_taken(message) => {}
                None if is_of_name(message) => {
                    let name = message.param(1).unwrap_or_default().to_owned();
                    self.show(Item::NameTaken { name, why });
                }
                // Each message of ours has a label: this is of a refused one's lines.
                None if refusal::is_of_labelled_lines(message) && self.has("labeled-response") => {}
                None if fence::is_put_off(message) => self.hear_refused_ping(refusal::pause(message)),
                None => self.tell_refusal(message, &why),
            },
            // We have a name by now; a ban or a wrong password ends the registration all the same.
            Phase::Registering if Refusal::of_registration(message) == Some(Refusal::Final) => {
                self.hear_not_let_in(message, Refusal::Final);
            }
            Phase::Registering | Phase::Entering | Phase::Over => {}
        }
    }

    /// An error before the greeting is complete.
    pub(super) fn hear_not_let_in(&mut self, message: &Message, refusal: Refusal) {
        let why = message.last().unwrap_or_default().to_owned();
        match refusal {
            _ if self.phase != Phase::Registering => {}
            // Often our own earlier connection still has the name.
            Refusal::Name if self.returning.is_some() => match self.registration.vary(MOST_NAMES) {
                Some(line) => self.send(&line),
                None => self.lost(Some(why)),
            },
            Refusal::Name => {
                let (name, taken) = (self.name().to_owned(), message.is(ERR_NICKNAMEINUSE));
                self.end(Ending::NameRefused { name, taken, why });
            }
            Refusal::Final => self.end(Ending::Refused { why }),
            Refusal::Other => {}
        }
    }

    /// On the way back the person stays, in the room or not.
    fn hear_room_refused(&mut self, why: String, refusal: Option<RoomRefusal>) {
        if self.returning.is_some() {
            return self.keep_out(why, refusal == Some(RoomRefusal::TryAgain));
        }
        let room = self.wanted_room.clone().unwrap_or_default();
        self.end(Ending::RoomRefused { room, why });
    }

    /// The same is told once, until something else is typed.
    fn tell_refusal(&mut self, message: &Message, why: &str) {
        let about = message.params().take(2).collect::<Vec<_>>().join(" ");
        let digits = |c: char| !c.is_ascii_digit();
        let told: String =
            format!("{} {about} {why}", message.command()).chars().filter(|&c| digits(c)).collect();
        if self.told_refusal.as_ref() != Some(&told) {
            self.told_refusal = Some(told);
            self.hear_server(why);
        }
    }

    fn is_about_wanted_room(&self, message: &Message) -> bool {
        let wanted = self.wanted_room.as_deref().unwrap_or_default();
        message.params().any(|param| self.same(param, wanted))
    }

    /// The JOIN of the other room comes after this, or came before it.
    fn hear_forwarded(&mut self, message: &Message) {
        // Some tell it in a sentence: then the JOIN is all there is.
        let is_room = |room: &&str| self.registration.features.is_room(room) && !room.contains(' ');
        let (Some(from), Some(to)) = (message.param(1), message.param(2).filter(is_room)) else {
            return;
        };
        if self.is_about_wanted_room(message) {
            self.wanted_room = Some(to.to_owned());
        }
        self.show(Item::Forwarded { from: from.to_owned(), to: to.to_owned() });
    }

    /// The line of ours that this error is about.
    fn accused(&mut self, message: &Message) -> Option<Pending> {
        if let Some(label) = self.batches.label(message) {
            return self.delivery.labelled(&label);
        }
        if self.has("labeled-response") {
            return None;
        }
        let front = self.delivery.front().filter(|_| refusal::may_be_of_line(message))?;
        let about_us = message.command() == ERR_CANNOTSENDTOCHAN
            || message.params().any(|param| self.same(param, &front.target) || param == "PRIVMSG");
        if about_us { self.delivery.oldest() } else { None }
    }
}
