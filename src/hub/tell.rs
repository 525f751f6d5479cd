//! From what happened to who is told: readers, the console, the kept names.

use super::batch::Batch;
use super::caps::Caps;
use super::fact::{self, Fact};
use super::irc::write;
use super::own::Own;
use super::seat::Seat;
use super::{Hub, SeatId};
use crate::chat::action::Manner;
use crate::chat::event::SaidTo;
use crate::chat::{Event, Events, Flag, Place, Rank, Ranks, UserId, What};
use crate::text::Name;
use std::net::SocketAddr;
use std::sync::Arc;

impl Hub {
    /// Tells everybody what follows from one action. Who did it is told
    /// through `own`, where their label is put on, or not at all.
    pub(super) fn tell(&mut self, events: &Events, mut own: Option<&mut Own>, batch: &mut Batch) {
        for (event, receivers) in events.iter() {
            self.tell_console(event, batch);
            self.forget_empty_rooms(&event.what);
            if let Some(own) = own.as_deref_mut() {
                self.tell_author(event, receivers, own);
            }
            let config = &self.config;
            self.fan.out(
                &self.readers,
                (receivers, event.by),
                (write::needs(&event.what), write::depends(&event.what)),
                |caps, out| write::event(event, caps, config, out),
                batch,
            );
            self.tell_others(event, receivers, own.as_deref_mut(), batch);
        }
    }

    /// Tells those who asked to hear of more than what happens around them.
    fn tell_others(&mut self, event: &Event, receivers: &[UserId], own: Option<&mut Own>, batch: &mut Batch) {
        let (readers, by, config) = (&self.readers, event.by, &self.config);
        match &event.what {
            // away-notify: "when a user joins and has an away message set".
            What::Entered { away: Some(text), .. } => {
                let write = |caps, out: &mut _| write::away(event, text, caps, out);
                self.fan.out(readers, (receivers, by), (Caps::AWAY_NOTIFY, write::TAGS), write, batch);
            }
            What::Invited { room, .. } => {
                let others = self.who_could_invite(room.as_str());
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

    fn tell_author(&self, event: &Event, receivers: &[UserId], own: &mut Own) {
        let Some(caps) = self.readers.get(event.by).map(|reader| reader.caps) else { return };
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
            && receivers.contains(&event.by)
        {
            own.apart(&write::written(event, caps, &self.config));
        }
    }

    fn forget_empty_rooms(&mut self, what: &What) {
        match what {
            What::Left(place, _) | What::Kicked { place, .. } if place.count == 0 => {
                self.rolls.forget(place.id)
            }
            What::Quit { places, .. } => {
                for place in places.iter().filter(|place| place.count == 0) {
                    self.rolls.forget(place.id);
                }
            }
            _ => {}
        }
    }

    fn tell_console(&self, event: &Event, batch: &mut Batch) {
        let Some(from) = self.address(event.by) else { return };
        let name = || event.name.clone();
        let facts = &mut batch.facts;
        match &event.what {
            What::Entered { place, .. } => {
                facts.push(Fact::Entered { room: self.place(place), name: name(), from, count: place.count });
            }
            What::Left(place, _) => facts.push(self.left(place, name(), from, true)),
            // What is said to operators alone is as private as what is said to one.
            What::Said { to: SaidTo::Room(place, None), saying } if saying.manner != Manner::Tags => {
                let mut say =
                    |text| facts.push(Fact::Said { room: self.place(place), name: name(), from, text });
                match saying.parts.is_empty() {
                    true => say(Arc::clone(&saying.text)),
                    false => saying
                        .text
                        .split('\n')
                        .filter(|text| !text.is_empty())
                        .for_each(|text| say(text.into())),
                }
            }
            What::Topic(place, topic) => {
                let topic = topic.clone();
                facts.push(Fact::Topic { room: self.place(place), name: name(), from, topic });
            }
            What::Kicked { place, name: whom, reason, .. } => facts.push(Fact::Kicked {
                room: self.place(place),
                name: whom.clone(),
                by: name(),
                reason: reason.clone(),
                count: place.count,
            }),
            What::Renamed { old, new, .. } => {
                facts.push(Fact::Renamed { old: old.clone(), new: new.clone(), from });
            }
            What::Quit { places, .. } => {
                facts.extend(places.iter().map(|place| self.left(place, name(), from, false)));
            }
            _ => {}
        }
    }

    fn left(&self, place: &Place, name: Name, from: SocketAddr, stays: bool) -> Fact {
        Fact::Left { room: self.place(place), name, from, count: place.count, stays }
    }

    fn place(&self, place: &Place) -> fact::Place {
        fact::Place { room: place.name.clone(), is_first: place.id == self.lobby.first_room() }
    }

    fn address(&self, user: UserId) -> Option<SocketAddr> {
        let SeatId(seat) = self.readers.get(user)?.seat;
        self.seats.get(seat as usize)?.as_ref().map(|seat: &Seat| seat.from)
    }
}
