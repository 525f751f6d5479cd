//! Errors from the server: what they change, and what the person is told of them.

use super::effect::Ending;
use super::entry::Phase;
use super::item::Item;
use super::refusal::{self, ERR_LINKCHANNEL, RoomRefusal};
use super::state::Model;
use crate::client::protocol::fence;
use crate::client::protocol::refusal::{Refusal, is_of_name};
use crate::wire::Message;
use crate::wire::numeric::ERR_NICKNAMEINUSE;

/// Other names that are tried on one connection.
const MAX_NAMES: usize = 8;

impl Model {
    /// A numeric error, or FAIL (standard-replies).
    pub(super) fn on_error(&mut self, message: &Message) {
        let why = message.last().unwrap_or_default().to_owned();
        let command = message.command();
        let label = self.session.batches.label(message);
        match message.params().find(|param| matches!(*param, "CHATHISTORY" | "MARKREAD")) {
            // Nothing that the person has asked for.
            Some("MARKREAD") => return,
            Some(_) if self.on_no_past(label.as_deref(), true) => return,
            _ => {}
        }
        if command == ERR_LINKCHANNEL && self.session.phase != Phase::Registering {
            return self.on_forwarded(message);
        }
        let refusal = refusal::of_room(command);
        match self.session.phase {
            Phase::Entering | Phase::Outside
                if refusal::is_of_join(message, self.session.wanted_room.as_deref().unwrap_or_default()) =>
            {
                self.keep_out(why, true);
            }
            Phase::Entering if self.session.is_about_wanted_room(message) => {
                self.on_room_refused(why, refusal);
            }
            Phase::Outside if self.session.is_about_wanted_room(message) && refusal.is_some() => {
                self.on_room_refused(why, refusal);
            }
            Phase::Outside | Phase::Arriving | Phase::Inside => {
                let accused = self.outbox.accused(message, label.as_deref(), &self.session);
                match accused {
                    Some(pending) => self.outbox.is_refused(pending, message, &mut self.output),
                    None if is_of_name(message) => self.on_name_refused(message, why),
                    // Each message of ours has a label: this is of a refused one's lines.
                    None if refusal::is_of_labelled_lines(message) && self.session.has_labels() => {}
                    None if fence::is_put_off(message) => {
                        self.outbox.pacing.ping_is_refused(refusal::pause(message));
                    }
                    None => self.tell_refusal(message, &why),
                }
            }
            // We have a name by now; a ban or a wrong password ends the registration all the same.
            Phase::Registering if Refusal::of_registration(message) == Some(Refusal::Final) => {
                self.on_registration_refused(message, Refusal::Final);
            }
            Phase::Registering | Phase::Entering | Phase::Over => {}
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
        self.stop_arriving();
        let why = self.session.last_words.take().or(why);
        self.outbox.pacing.closed(why.as_deref().unwrap_or_default());
        match why {
            Some(why) if is_kill(&why) => self.end(Ending::Killed { why }),
            why => self.end(Ending::Closed { why }),
        }
    }

    /// A name that the person has asked for, or that we ask back.
    fn on_name_refused(&mut self, message: &Message, why: String) {
        let name = message.param(1).unwrap_or_default();
        // Nobody has asked for it just now.
        if !self.session.reclaim.has_asked_for(name, self.session.mapping()) {
            self.show(Item::NameTaken { name: name.to_owned(), why });
        }
    }

    /// On the way back the person stays, in the room or not.
    fn on_room_refused(&mut self, why: String, refusal: Option<RoomRefusal>) {
        if self.session.returning.is_some() {
            return self.keep_out(why, refusal == Some(RoomRefusal::TryAgain));
        }
        let room = self.session.wanted_room.clone().unwrap_or_default();
        self.end(Ending::RoomRefused { room, why });
    }

    /// Connected again, but not in the room.
    fn keep_out(&mut self, why: String, tries_again: bool) {
        let was_outside = self.session.phase == Phase::Outside;
        if tries_again {
            self.session.phase = Phase::Outside;
        } else {
            self.stay_out();
        }
        if !was_outside {
            self.tell_away();
        }
        // A room that stays closed is told of once.
        if self.session.is_kept_out(tries_again) {
            let room = self.session.wanted_room.clone().unwrap_or_default();
            self.show(Item::KeptOut { room, why, tries_again });
        }
    }

    /// Connected, in no room, until the person asks for one.
    pub(super) fn stay_out(&mut self) {
        self.session.phase = Phase::Inside;
        self.outbox.told_waiting = false;
        // Nothing will tell any more whether it is in the room.
        self.outbox.forget_unsure(&mut self.output);
    }

    /// The same is told once, until something else is typed.
    fn tell_refusal(&mut self, message: &Message, why: &str) {
        let about = message.params().take(2).collect::<Vec<_>>().join(" ");
        let told = format!("{} {about} {why}", message.command()).replace(|c: char| c.is_ascii_digit(), "");
        if self.told_refusal.as_ref() != Some(&told) {
            self.told_refusal = Some(told);
            self.on_server_notice(why);
        }
    }

    /// The JOIN of the other room comes after this, or came before it.
    fn on_forwarded(&mut self, message: &Message) {
        // Some tell it in a sentence: then the JOIN is all there is.
        let is_room = |room: &&str| self.session.is_room(room) && !room.contains(' ');
        let (Some(from), Some(to)) = (message.param(1), message.param(2).filter(is_room)) else {
            return;
        };
        if self.session.is_about_wanted_room(message) {
            self.session.wanted_room = Some(to.to_owned());
        }
        self.show(Item::Forwarded { from: from.to_owned(), to: to.to_owned() });
    }
}

/// Whether an operator has ended the connection: then only the person comes back. A server that
/// ends it for a collision of names names itself, with a dot.
fn is_kill(why: &str) -> bool {
    let (killed, by) = why.split_once(' ').unwrap_or((why, ""));
    let by = by.trim_start_matches(['(', ':']).split(' ').next().unwrap_or_default();
    killed.eq_ignore_ascii_case("killed") && !by.contains('.')
}
