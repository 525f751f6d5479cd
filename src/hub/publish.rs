//! Publishes the events of a log entry: to readers, the console and the names cache.

use super::batch::{Batch, Recipients};
use super::caps::Caps;
use super::console_event::{self, ConsoleEvent};
use super::encode;
use super::encode::irc::{TAGS, away, depends, needs};
use super::ids::SessionId;
use super::mode_table;
use super::reply::ResponseBuffer;
use super::state::State;
use super::time::Now;
use super::work;
use crate::chat::action::MessageKind;
use crate::chat::people::Arrival;
use crate::chat::record::SaidTo;
use crate::chat::{Action, Entry, Event, EventKind, Events, Flag, Place, Rank, Ranks, Refusal, User, UserId};
use crate::text::Name;
use crate::wire::{Line, numeric};
use std::sync::Arc;

impl State {
    /// Puts an action into the log, applies it and tells everybody. The author is told in `reply`,
    /// which puts on the label; without it the author is told nothing.
    pub(super) fn act(
        &mut self,
        user: UserId,
        action: Action,
        now: Now,
        reply: Option<&mut ResponseBuffer>,
        batch: &mut Batch,
    ) -> Result<(), Refusal> {
        let Some(who) = self.lobby.user_key(user) else { return Ok(()) };
        let entry = self.log.entry(who, action, now.wall_us, now.uptime);
        self.apply(entry, reply, batch)
    }

    /// Registers somebody: an action whose author is not in the lobby yet.
    pub(super) fn connect(
        &mut self,
        arrival: Arrival,
        now: Now,
        reply: &mut ResponseBuffer,
        batch: &mut Batch,
    ) -> Result<UserId, Refusal> {
        let entry = self.log.connect(arrival, now.wall_us, now.uptime);
        let key = entry.who;
        self.apply(entry, Some(reply), batch)?;
        Ok(self.lobby.user_id(key).expect("who was let in is here"))
    }

    fn apply(
        &mut self,
        entry: Entry,
        reply: Option<&mut ResponseBuffer>,
        batch: &mut Batch,
    ) -> Result<(), Refusal> {
        let at = (entry.seq, entry.uptime);
        let mut events = std::mem::take(&mut self.events);
        events.clear();
        let outcome = self.lobby.apply(entry, &mut events);
        self.work.add(events.work.units().into());
        for event in events.iter() {
            self.history.add(event.record);
            if let EventKind::Redacted { message, .. } = &event.record.kind {
                self.redacted.add(message.seq, event.record.seq());
            }
        }
        for room in &events.ended {
            self.history.forget(room);
            self.end_wait_for_page(room);
        }
        if self.config.persists {
            self.persist(at, &events, batch);
        }
        self.tell(&events, reply, batch);
        self.events = events;
        outcome
    }

    /// Ends rooms, or the modes of the first room, whose time of being empty is over.
    pub(super) fn expire_rooms(&mut self, now: Now, batch: &mut Batch) {
        let round = self.work.round();
        while !self.work.is_spent(round)
            && let Some((_, room)) = self.lobby.next_expiry().filter(|(at, _)| *at <= now.uptime)
        {
            self.work.add(work::OF_EXPIRY);
            let entry = self.log.server_entry(Action::Expire(room), now.wall_us, now.uptime);
            // Never refused.
            let _ = self.apply(entry, None, batch);
        }
    }

    /// Tells everybody the events of one action; the author as in [`State::act`].
    fn tell(&mut self, events: &Events, mut reply: Option<&mut ResponseBuffer>, batch: &mut Batch) {
        if let (Some(repeated), Some(reply)) = (&events.repeated, reply.as_deref_mut())
            && let Some(by) = self.lobby.user_id(repeated.author)
        {
            self.work.add(work::OF_MESSAGE);
            // The first one itself, where it is in memory: its client may have used the id for another text.
            let room = repeated.kind.rooms().first().map(|room| self.history.room(room));
            let first = room.and_then(|room| room.said(repeated.seq())).cloned().map(Arc::new);
            let record = first.as_ref().unwrap_or(repeated);
            self.tell_author(Event { record, by, places: &[], receivers: &[] }, reply);
        }
        for event in events.iter() {
            self.work.add(self.work_of(event));
            self.tell_console(event, batch);
            event
                .places
                .iter()
                .filter(|place| place.count == 0)
                .for_each(|place| self.names.forget(place.id));
            if let Some(reply) = reply.as_deref_mut() {
                self.tell_author(event, reply);
            }
            let (record, config) = (event.record, &self.config);
            let ranks = self.ranks_on_entering(event);
            let write = |caps, out: &mut _| {
                encode::event(record, caps, config, out);
                ranks.iter().for_each(|line| encode::irc::beside(record, line, caps, out));
            };
            let work = self.fan_out.deliver(
                &self.readers,
                (event.receivers, event.by),
                (needs(&record.kind), depends(&record.kind)),
                write,
                batch,
            );
            self.work.add(work);
            self.tell_others(event, reply.as_deref_mut(), batch);
        }
    }

    /// The MODE of somebody who has a rank as soon as they enter, for those who are in the room:
    /// the names tell it to nobody but the newcomer.
    fn ranks_on_entering(&self, event: Event<'_>) -> Option<Line> {
        let EventKind::Entered { room, .. } = &event.record.kind else { return None };
        let &Place { id, .. } = event.places.iter().find(|place| place.count > 1)?;
        let user = self.lobby.user(event.by)?;
        let letters = mode_table::rank_letters(self.lobby.room(id)?.ranks(user, id)?);
        let line = Line::from_source(&self.config.server_name, "MODE").param(room.name.as_str());
        let line = (!letters.is_empty()).then(|| line.param(&format!("+{letters}")))?;
        Some(letters.chars().fold(line, |line, _| line.param(user.name().as_str())))
    }

    /// The work of an event, beside that of the fan-out.
    fn work_of(&self, event: Event<'_>) -> u64 {
        let told = event.receivers.len();
        let is_away = || self.lobby.user(event.by).is_some_and(|user| user.away().is_some());
        let members: usize = match event.record.kind {
            EventKind::Said { .. } => return work::OF_MESSAGE,
            // Of the members those are chosen who could have sent an INVITE; and the AWAY of a
            // newcomer is told apart.
            EventKind::Renamed { .. } | EventKind::Quit { .. } | EventKind::Invited { .. } => {
                event.places.iter().map(|place| place.count).sum()
            }
            EventKind::Entered { .. } if is_away() => told,
            EventKind::Away(_) | EventKind::Realname(_) => {
                let rooms = self.lobby.user(event.by).into_iter().flat_map(User::rooms);
                rooms.filter_map(|room| Some(self.lobby.room(room)?.members().len())).sum()
            }
            _ => 0,
        };
        work::of_change(told, members)
    }

    /// Tells those who are told because of a capability or a watched name, beside the receivers of
    /// the event.
    fn tell_others(&mut self, event: Event<'_>, reply: Option<&mut ResponseBuffer>, batch: &mut Batch) {
        let Event { record: event, by, receivers, .. } = event;
        let (readers, config) = (&self.readers, &self.config);
        match &event.kind {
            // away-notify: "when a user joins and has an away message set".
            EventKind::Entered { .. } => {
                let Some(text) = self.lobby.user(by).and_then(User::away) else { return };
                let write = |caps, out: &mut _| away(event, text, caps, out);
                self.fan_out.deliver(readers, (receivers, by), (Caps::AWAY_NOTIFY, TAGS), write, batch);
            }
            EventKind::Invited { room, .. } => {
                let others = self.who_could_invite(room.name.as_str());
                let write = |caps, out: &mut _| encode::event(event, caps, config, out);
                self.fan_out.deliver(readers, (&others, by), (Caps::INVITE_NOTIFY, TAGS), write, batch);
            }
            // extended-monitor: "notifications for monitored nicks".
            EventKind::Away(_) | EventKind::Realname(_) => {
                let watchers = self.monitors.watchers(event.name.key());
                if watchers.len() == 0 {
                    return;
                }
                self.work.add(work::of_choosing(watchers.len() + receivers.len()));
                // Both lists can be everybody who is here, so sorting one is cheaper than comparing
                // all pairs.
                let mut told = receivers.to_vec();
                told.sort_unstable();
                let is_new = |user: &UserId| told.binary_search(user).is_err();
                let others: Vec<UserId> = watchers.filter(is_new).collect();
                let wanted = Caps::EXTENDED_MONITOR.with(needs(&event.kind));
                let write = |caps, out: &mut _| encode::event(event, caps, config, out);
                self.fan_out.deliver(readers, (&others, by), (wanted, TAGS), write, batch);
            }
            EventKind::Renamed { old, new, .. } => self.tell_rename(by, old, new, reply, batch),
            EventKind::Quit { .. } => {
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

    fn tell_author(&self, event: Event<'_>, reply: &mut ResponseBuffer) {
        let Event { record: event, by, receivers, .. } = event;
        let Some(caps) = self.readers.get(by).map(|reader| reader.caps) else { return };
        // A person in line mode sees what they type.
        if !caps.has(needs(&event.kind)) || caps.has(Caps::LINE_MODE) {
            return;
        }
        let is_wanted = match &event.kind {
            // echo-message: "servers MUST send … back to the client that sent them".
            EventKind::Said { .. } => caps.has(Caps::ECHO_MESSAGE),
            // away-notify: they "SHOULD NOT be sent AWAY messages to notify them of their reply".
            EventKind::Quit { .. } | EventKind::Invited { .. } | EventKind::Away(_) => false,
            _ => true,
        };
        if is_wanted {
            reply.encoded(&encode::written(event, caps, &self.config));
        }
        if let EventKind::Said { to: SaidTo::User(_), .. } = event.kind
            && receivers.contains(&by)
        {
            reply.apart(&encode::written(event, caps, &self.config));
        }
    }

    fn tell_console(&self, event: Event<'_>, batch: &mut Batch) {
        let Event { record: event, by, places, .. } = event;
        let Some(from) = self.session_of(by).and_then(|id| Some(self.session(id)?.from)) else { return };
        let name = || event.name.clone();
        if let EventKind::Renamed { old, new, .. } = &event.kind {
            return batch.console.push(ConsoleEvent::Renamed { old: old.clone(), new: new.clone(), from });
        }
        for (room, &Place { id, count }) in event.kind.rooms().iter().zip(places) {
            let room =
                || console_event::Place { room: room.name.clone(), is_first: id == self.lobby.first_room };
            let left = |stays| ConsoleEvent::Left { room: room(), name: name(), from, count, stays };
            batch.console.push(match &event.kind {
                EventKind::Entered { .. } => {
                    ConsoleEvent::Entered { room: room(), name: name(), from, count }
                }
                EventKind::Left(..) => left(true),
                EventKind::Quit { .. } => left(false),
                // A message to the room's operators alone is private: the console does not show it.
                EventKind::Said { to: SaidTo::Room(_, None), chat_message }
                    if chat_message.kind != MessageKind::Tags =>
                {
                    let say = |text| ConsoleEvent::Said { room: room(), name: name(), from, text };
                    if chat_message.parts.is_empty() {
                        say(Arc::clone(&chat_message.text))
                    } else {
                        let lines = chat_message.text.split('\n').filter(|text| !text.is_empty());
                        batch.console.extend(lines.map(|text| say(text.into())));
                        continue;
                    }
                }
                EventKind::Topic(_, topic) => {
                    ConsoleEvent::Topic { room: room(), name: name(), from, topic: topic.clone() }
                }
                EventKind::Kicked { name: whom, reason, .. } => ConsoleEvent::Kicked {
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

    /// Tells those who watch a name that its owner has come, with this source, or has gone (None).
    pub(super) fn tell_watchers(
        &mut self,
        name: &Name,
        source: Option<&str>,
        mut reply: Option<(UserId, &mut ResponseBuffer)>,
        batch: &mut Batch,
    ) {
        let (code, text) = source
            .map_or((numeric::RPL_MONOFFLINE, name.as_str()), |source| (numeric::RPL_MONONLINE, source));
        let watchers = self.monitors.watchers(name.key());
        self.work.add(work::of_each(watchers.len()));
        // The lines of all watchers differ only in the name that they are addressed to.
        let head = Line::from_source(&self.config.server_name, code);
        let (head, text) = (head.as_str().as_bytes(), text.as_bytes());
        for watcher in watchers {
            let Some(called) = self.lobby.user(watcher).map(|user| user.name().as_str().as_bytes()) else {
                continue;
            };
            let write = |out: &mut Vec<u8>| {
                [head, b" ", called, b" :", text, b"\r\n"]
                    .iter()
                    .for_each(|part| out.extend_from_slice(part));
            };
            match &mut reply {
                // The author's own line goes into the reply, to keep its order with what their
                // action causes.
                Some((speaker, reply)) if *speaker == watcher => {
                    let mut line = Vec::new();
                    write(&mut line);
                    reply.apart(&line);
                }
                _ => {
                    if let Some(id) = self.session_of(watcher) {
                        batch.deliver(Recipients::Alone(id), write);
                    }
                }
            }
        }
    }

    /// Tells those who watch the old name that it is gone, and those who watch the new one that it
    /// is here. A change of case is neither.
    fn tell_rename(
        &mut self,
        by: UserId,
        old: &Name,
        new: &Name,
        mut reply: Option<&mut ResponseBuffer>,
        batch: &mut Batch,
    ) {
        if old == new {
            return;
        }
        let source = self.lobby.user(by).map(|user| Arc::clone(user.source()));
        self.tell_watchers(old, None, reply.as_deref_mut().map(|reply| (by, reply)), batch);
        self.tell_watchers(new, source.as_deref(), reply.map(|reply| (by, reply)), batch);
    }

    pub(super) fn session_of(&self, user: UserId) -> Option<SessionId> {
        self.readers.get(user).map(|reader| reader.session)
    }
}
