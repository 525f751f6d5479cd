//! From what happened to who is told: readers, the console, the kept names.

use super::batch::Batch;
use super::caps::Caps;
use super::fact::{self, Fact};
use super::irc::write;
use super::own::Own;
use super::seat::Seat;
use super::{Hub, SeatId};
use crate::chat::action::Manner;
use crate::chat::record::SaidTo;
use crate::chat::{Event, Events, Flag, Place, Rank, Ranks, User, UserId, What};
use std::net::SocketAddr;
use std::sync::Arc;

impl Hub {
    /// Tells everybody what follows from one action. Who did it is told
    /// through `own`, where their label is put on, or not at all.
    pub(super) fn tell(&mut self, events: &Events, mut own: Option<&mut Own>, batch: &mut Batch) {
        for event in events.iter() {
            self.tell_console(event, batch);
            self.forget_empty_rooms(event.places);
            if let Some(own) = own.as_deref_mut() {
                self.tell_author(event, own);
            }
            let (record, config) = (event.record, &self.config);
            self.fan.out(
                &self.readers,
                (event.receivers, event.by),
                (write::needs(&record.what), write::depends(&record.what)),
                |caps, out| write::event(record, caps, config, out),
                batch,
            );
            self.tell_others(event, own.as_deref_mut(), batch);
        }
    }

    /// Tells those who asked to hear of more than what happens around them.
    fn tell_others(&mut self, event: Event<'_>, own: Option<&mut Own>, batch: &mut Batch) {
        let Event { record: event, by, receivers, .. } = event;
        let (readers, config) = (&self.readers, &self.config);
        match &event.what {
            // away-notify: "when a user joins and has an away message set".
            What::Entered { .. } => {
                let Some(text) = self.lobby.user(by).and_then(User::away) else { return };
                let write = |caps, out: &mut _| write::away(event, text, caps, out);
                self.fan.out(readers, (receivers, by), (Caps::AWAY_NOTIFY, write::TAGS), write, batch);
            }
            What::Invited { room, .. } => {
                let others = self.who_could_invite(room.name.as_str());
                let write = |caps, out: &mut _| write::event(event, caps, config, out);
                self.fan.out(readers, (&others, by), (Caps::INVITE_NOTIFY, write::TAGS), write, batch);
            }
            // extended-monitor: "notifications for monitored nicks".
            What::Away(_) | What::Realname(_) => {
                let watchers = self.monitors.watchers(event.name.key()).iter().copied();
                let others: Vec<UserId> = watchers.filter(|user| !receivers.contains(user)).collect();
                let needs = Caps::EXTENDED_MONITOR.with(write::needs(&event.what));
                let write = |caps, out: &mut _| write::event(event, caps, config, out);
                self.fan.out(readers, (&others, by), (needs, write::TAGS), write, batch);
            }
            What::Renamed { old, new, .. } => self.tell_rename(by, old, new, own, batch),
            What::Quit { .. } => {
                self.monitors.forget(by);
                self.tell_watchers(&event.name, None, None, batch);
            }
            _ => {}
        }
    }

    /// invite-notify: those "who could have invited".
    fn who_could_invite(&self, room: &str) -> Vec<UserId> {
        let Some(room) = self.lobby.find_room(room).and_then(|id| self.lobby.room(id)) else {
            return Vec::new();
        };
        let may = |ranks: Ranks| ranks.has(Rank::Operator) || !room.has(Flag::InviteOnly);
        room.ranked().filter(|(_, ranks)| may(*ranks)).map(|(user, _)| user).collect()
    }

    fn tell_author(&self, event: Event<'_>, own: &mut Own) {
        let Event { record: event, by, receivers, .. } = event;
        let Some(caps) = self.readers.get(by).map(|reader| reader.caps) else { return };
        // Who has no program sees what they type.
        if !caps.has(write::needs(&event.what)) || caps.has(Caps::PLAIN) {
            return;
        }
        let is_wanted = match &event.what {
            // echo-message: "servers MUST send … back to the client that sent them".
            What::Said { .. } => caps.has(Caps::ECHO_MESSAGE),
            What::Quit { .. } => false,
            What::Invited { .. } => false,
            // away-notify: they "SHOULD NOT be sent AWAY messages to notify them of their own".
            What::Away(_) => false,
            _ => true,
        };
        if is_wanted {
            own.encoded(&write::written(event, caps, &self.config));
        }
        if let What::Said { to: SaidTo::User(_), .. } = event.what
            && receivers.contains(&by)
        {
            own.apart(&write::written(event, caps, &self.config));
        }
    }

    fn forget_empty_rooms(&mut self, places: &[Place]) {
        for place in places.iter().filter(|place| place.count == 0) {
            self.rolls.forget(place.id);
        }
    }

    fn tell_console(&self, event: Event<'_>, batch: &mut Batch) {
        let Event { record: event, by, places, .. } = event;
        let Some(from) = self.address(by) else { return };
        let name = || event.name.clone();
        if let What::Renamed { old, new, .. } = &event.what {
            return batch.facts.push(Fact::Renamed { old: old.clone(), new: new.clone(), from });
        }
        for (room, &Place { id, count }) in event.what.rooms().iter().zip(places) {
            let room = || fact::Place { room: room.name.clone(), is_first: id == self.lobby.first_room() };
            let left = |stays| Fact::Left { room: room(), name: name(), from, count, stays };
            batch.facts.push(match &event.what {
                What::Entered { .. } => Fact::Entered { room: room(), name: name(), from, count },
                What::Left(..) => left(true),
                What::Quit { .. } => left(false),
                // What is said to operators alone is as private as what is said to one.
                What::Said { to: SaidTo::Room(_, None), saying } if saying.manner != Manner::Tags => {
                    let say = |text| Fact::Said { room: room(), name: name(), from, text };
                    if saying.parts.is_empty() {
                        say(Arc::clone(&saying.text))
                    } else {
                        let lines = saying.text.split('\n').filter(|text| !text.is_empty());
                        batch.facts.extend(lines.map(|text| say(text.into())));
                        continue;
                    }
                }
                What::Topic(_, topic) => {
                    Fact::Topic { room: room(), name: name(), from, topic: topic.clone() }
                }
                What::Kicked { name: whom, reason, .. } => Fact::Kicked {
                    room: room(),
                    name: whom.clone(),
                    by: name(),
                    reason: reason.clone(),
                    count,
                },
                _ => continue,
            });
        }
    }

    fn address(&self, user: UserId) -> Option<SocketAddr> {
        let SeatId(seat) = self.readers.get(user)?.seat;
        self.seats.get(seat as usize)?.as_ref().map(|seat: &Seat| seat.from)
    }
}
