//! How connections end.

use super::batch::{Batch, Close, Frame, Receivers, SeatId};
use super::fact::{Departure, Fact};
use super::lines::{End, InputState};
use super::seat::{SILENCE, Seat, Stage, TO_ANSWER, TO_REGISTER};
use super::{Hub, Now, plain};
use crate::chat::{Action, Events, Refusal, UserId};
use crate::wire::{Line, Tags};

impl Hub {
    /// A connection's time is up: it is asked for a sign of life, or closed.
    pub(super) fn overdue(&mut self, id: SeatId, now: Now, batch: &mut Batch) {
        let Some(Some(seat)) = self.seats.get_mut(id.index()) else { return };
        match (&seat.stage, seat.is_pinged) {
            (Stage::Greeting(_), _) => self.close(id, Departure::NoName(TO_REGISTER), None, now, batch),
            (Stage::Here(_), true) => {
                self.close(id, Departure::PingTimeout(SILENCE + TO_ANSWER), None, now, batch);
            }
            (Stage::Here(_), false) => {
                (seat.since, seat.is_pinged) = (now.uptime, true);
                let ping = Line::new("PING").text(&self.config.server_name);
                batch.deliver(Receivers::all([id]), |out| ping.write(&Tags::new(), out));
            }
            (Stage::Leaving, _) => {}
        }
    }

    /// Ends a connection from our side: its person leaves now, with a last line, which may
    /// be the reply to a labelled one.
    pub(super) fn close(
        &mut self,
        seat: SeatId,
        why: Departure,
        label: Option<&str>,
        now: Now,
        batch: &mut Batch,
    ) {
        let farewell = self.farewell(seat, &why, label);
        if self.depart(seat, why, now, batch) {
            batch.close.push(Close { seat, farewell });
        }
    }

    /// Ends a connection because the server ends.
    pub(super) fn dismiss(&mut self, id: SeatId, batch: &mut Batch) {
        let farewell = self.farewell(id, &Departure::ServerStopping, None);
        let Some(Some(seat)) = self.seats.get_mut(id.index()) else { return };
        let (from, stage) = (seat.from, std::mem::replace(&mut seat.stage, Stage::Leaving));
        let name = match stage {
            Stage::Leaving => return,
            Stage::Here(user) => self.lobby.user(user).map(|user| user.name().clone()),
            Stage::Greeting(_) => None,
        };
        self.end_lines(id, batch);
        batch.facts.push(Fact::Closed { name, from, departure: Departure::ServerStopping });
        batch.close.push(Close { seat: id, farewell });
    }

    /// The person of a connection leaves, and everybody is told; false where
    /// that had happened before.
    pub(super) fn depart(&mut self, id: SeatId, why: Departure, now: Now, batch: &mut Batch) -> bool {
        self.leave_debt(id, now);
        let Some(Some(seat)) = self.seats.get_mut(id.index()) else { return false };
        let from = seat.from;
        match seat.stage {
            Stage::Leaving => return false,
            Stage::Here(user) => {
                let name = self.lobby.user(user).map(|user| user.name().clone());
                let reason = Some(reason(&why));
                batch.facts.push(Fact::Closed { name, from, departure: why });
                self.quit(user, reason, now, batch);
            }
            Stage::Greeting(_) => batch.facts.push(Fact::Closed { name: None, from, departure: why }),
        }
        if let Some(seat) = &mut self.seats[id.index()] {
            seat.stage = Stage::Leaving;
        }
        self.end_lines(id, batch);
        true
    }

    /// The lines that wait of somebody who has been closed are lost; what comes is passed over.
    fn end_lines(&mut self, id: SeatId, batch: &mut Batch) {
        let Some(Some(Seat { few: Some(few), .. })) = self.seats.get_mut(id.index()) else { return };
        let lines = &mut few.lines;
        lines.clear();
        (lines.state, lines.has_backlog) = (InputState::Open, false);
        if std::mem::take(&mut lines.holds_ticket) {
            batch.released.push(id);
        }
        if matches!(lines.end, End::Gone(_)) {
            self.closed_when_gone.push(id);
        }
    }

    fn quit(&mut self, user: UserId, reason: Option<String>, now: Now, batch: &mut Batch) {
        let mut events = std::mem::take(&mut self.events);
        events.clear();
        let action = Action::Quit { reason };
        if self.apply(user, action, now, &mut events).is_ok() {
            self.tell(&events, None, batch);
        }
        self.events = events;
    }

    /// Puts what somebody wants into the log, applies it, and keeps what came of it. Of a
    /// room that is no more nothing is kept.
    pub(super) fn apply(
        &mut self,
        user: UserId,
        action: Action,
        now: Now,
        events: &mut Events,
    ) -> Result<(), Refusal> {
        let Some(who) = self.lobby.user_key(user) else { return Ok(()) };
        let entry = self.log.entry(who, action, now.wall_us, now.uptime);
        let outcome = self.lobby.apply(entry, events);
        for event in events.iter() {
            self.history.add(event.record);
            let left = event.record.what.rooms().iter().zip(event.places);
            for (room, _) in
                left.filter(|(room, place)| place.count == 0 && self.lobby.room_id(room).is_none())
            {
                self.history.forget(room);
            }
        }
        outcome
    }

    /// The last line of a connection (Modern, ERROR). A browser gets none.
    fn farewell(&self, seat: SeatId, why: &Departure, label: Option<&str>) -> Frame {
        let Some(Some(seat)) = self.seats.get(seat.index()) else { return Frame::from([]) };
        if *why == Departure::NotIrc && seat.user().is_none() {
            return Frame::from([]);
        }
        if seat.speaks_plainly() {
            return plain::farewell(why, self.config.lang);
        }
        let line = Line::new("ERROR").text(&format!("Closing link: {} ({})", seat.host(), reason(why)));
        let tags = label.map_or_else(Tags::new, |label| Tags::new().with("label", label));
        let mut out = Vec::new();
        line.write(&tags, &mut out);
        out.into()
    }
}

/// What the others are told. A client's own words come after `Quit: `, so
/// that nobody can imitate the server's (Modern, QUIT message).
fn reason(why: &Departure) -> String {
    match why {
        Departure::Quit(reason) => format!("Quit: {}", reason.as_deref().unwrap_or("")),
        Departure::Closed => "Connection closed".to_owned(),
        Departure::Reset => "Connection reset".to_owned(),
        Departure::NoName(time) => format!("Not registered in {} seconds", time.as_secs()),
        Departure::PingTimeout(time) => format!("Ping timeout: {} seconds", time.as_secs()),
        Departure::SlowReader => "Too slow: more was waiting than fits".to_owned(),
        Departure::Flooding => "Too many lines in too short a time".to_owned(),
        Departure::NotIrc => "This is no IRC".to_owned(),
        Departure::Killed { by, reason } => format!("Killed ({by} ({reason}))"),
        Departure::ServerStopping => "The server is closing".to_owned(),
        Departure::Fault => "Internal fault".to_owned(),
    }
}
