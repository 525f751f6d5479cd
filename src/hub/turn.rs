//! One connection at work: its commands, one after another, and their replies.

use super::batch::{Batch, Receivers, SeatId};
use super::caps::Caps;
use super::fan::Reader;
use super::lines::End;
use super::own::Own;
use super::seat::Seat;
use super::{Check, Departure, ENOUGH, FRAME_BYTES, Fact, Hub, Input, Now};
use crate::chat::{Action, Lobby, Refusal, User, UserId};
use crate::text::Phrase;
use crate::wire::{Line, Tags};

/// Bytes that a label may have (labeled-response, Tag value).
const LABEL: usize = 64;

/// The hub while it obeys one connection.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    pub(super) hub: &'a mut Hub,
    pub(super) id: SeatId,
    pub(super) now: Now,
    batch: &'a mut Batch,
    own: Own,
    /// Bytes of replies that were handed on.
    replied: usize,
    label: Option<String>,
}

impl<'a> Turn<'a> {
    /// For a connection that is open.
    pub(super) fn new(hub: &'a mut Hub, id: SeatId, now: Now, batch: &'a mut Batch) -> Turn<'a> {
        let own = std::mem::take(&mut hub.own);
        Turn { hub, id, now, batch, own, replied: 0, label: None }
    }

    /// Begins the reply to one line.
    pub(super) fn begin(&mut self, input: &Input) {
        let can = self.caps().has(Caps::LABELED_RESPONSE.with(Caps::BATCH));
        let label = if can { input.label() } else { None };
        self.label = label.filter(|label| (1..=LABEL).contains(&label.len())).map(|label| label.into_owned());
    }

    /// Takes the label, so that the reply comes later or has none.
    pub(super) fn take_label(&mut self) -> Option<String> {
        self.label.take()
    }

    /// Replies to the line that had this label.
    pub(super) fn put_label(&mut self, label: Option<String>) {
        self.label = label;
    }

    /// Ends the reply to one line.
    pub(super) fn finish(&mut self) {
        let Hub { config, batches, .. } = &mut *self.hub;
        self.own.finish(self.label.take().as_deref(), &config.server_name, || {
            *batches += 1;
            format!("b{batches}")
        });
        if self.own.len() >= FRAME_BYTES {
            self.flush();
        }
    }

    pub(super) fn ask(&mut self, check: Check) {
        self.batch.checks.push(check);
    }

    /// Ends somebody's connection, after a line that tells them why.
    pub(super) fn kill(&mut self, whom: UserId, line: &Line, why: Departure) {
        let Some(SeatId(seat)) = self.hub.seat_of(whom) else { return };
        if SeatId(seat) == self.id {
            self.send(line.clone());
            return self.close(why);
        }
        let reads_irc = self.hub.seats[seat as usize].as_ref().is_some_and(|seat| !seat.speaks_plainly());
        if reads_irc {
            self.batch.deliver(Receivers::all([SeatId(seat)]), |out| line.write(&Tags::new(), out));
        }
        self.close_seat(SeatId(seat), why);
    }

    /// Hands on what is left.
    pub(super) fn end(mut self) {
        self.flush();
        self.hub.own = self.own;
    }

    fn flush(&mut self) {
        if self.own.len() > 0 {
            let lines = self.seat().few.as_ref().map(|few| &few.lines);
            let is_read = lines.is_none_or(|lines| match &lines.end {
                End::Stays => true,
                // More than its socket takes at once is dropped at its close.
                End::Quits => !lines.has_backlog && self.replied < ENOUGH,
                end @ End::Gone(_) => !end.is_lost(),
            });
            self.replied += self.own.len();
            if is_read {
                self.batch.deliver(Receivers::One(self.id), |out| self.own.hand_on(out));
            } else {
                self.own.drop_ready();
            }
        }
    }

    /// Bytes of replies so far.
    pub(super) fn replied(&self) -> usize {
        self.replied + self.own.len()
    }

    /// Asks for `drained`.
    pub(super) fn name_backlogged(&mut self) {
        self.batch.backlogged.push(self.id);
    }

    /// Whether the connection is to be heard no more.
    pub(super) fn is_over(&self) -> bool {
        self.seat().is_leaving()
    }

    /// Closes the connection after what was replied so far. Where that is nothing, the
    /// last line is the reply.
    pub(super) fn close(&mut self, why: Departure) {
        let label = if self.own.has_no_reply() { self.take_label() } else { None };
        self.finish();
        self.flush();
        self.hub.close(self.id, why, label.as_deref(), self.now, self.batch);
    }

    /// Who speaks may be among those who are told, and gets what was replied so far before it.
    fn close_seat(&mut self, seat: SeatId, why: Departure) {
        self.finish();
        self.flush();
        self.hub.close(seat, why, None, self.now, self.batch);
    }

    pub(super) fn seat(&self) -> &Seat {
        self.hub.seats[self.id.index()]
            .as_ref()
            .expect("a turn is taken by an open connection, and ends before it is gone")
    }

    pub(super) fn seat_mut(&mut self) -> &mut Seat {
        self.hub.seats[self.id.index()]
            .as_mut()
            .expect("a turn is taken by an open connection, and ends before it is gone")
    }

    pub(super) fn caps(&self) -> Caps {
        self.seat().caps
    }

    pub(super) fn lobby(&self) -> &Lobby {
        &self.hub.lobby
    }

    /// Who speaks, once registered.
    pub(super) fn me(&self) -> Option<&User> {
        self.seat().user().and_then(|user| self.hub.lobby.user(user))
    }

    /// A line from the server itself.
    pub(super) fn line(&self, command: &str) -> Line {
        Line::from_source(&self.hub.config.server_name, command)
    }

    /// A numeric, with whom it is for.
    pub(super) fn numeric(&self, code: &str) -> Line {
        self.line(code).param(self.me().map_or("*", |me| me.name().as_str()))
    }

    pub(super) fn send(&mut self, line: Line) {
        self.own.line(&line);
    }

    /// Says something to a person without a program.
    pub(super) fn say(&mut self, phrase: Phrase<'_>) {
        let line = format!("{}\r\n", phrase.say(self.hub.config.lang));
        self.own.encoded(line.as_bytes());
    }

    /// Appends whole lines to the reply, each begun in the list of starts.
    pub(super) fn send_lines(&mut self, write: impl FnOnce(&mut Hub, &mut Vec<u8>, &mut Vec<usize>)) {
        let hub = &mut *self.hub;
        self.own.lines(|bytes, starts| write(hub, bytes, starts));
    }

    /// Sends encoded lines as a batch of this type and parameters, to those
    /// who know batches; to others one by one.
    pub(super) fn send_batch(&mut self, kind: &str, params: &[&str], lines: &[Vec<u8>]) {
        if !self.caps().has(Caps::BATCH) {
            return lines.iter().for_each(|line| self.own.encoded(line));
        }
        self.hub.batches += 1;
        let id = format!("b{}", self.hub.batches);
        let open = self.line("BATCH").param(&format!("+{id}")).param(kind);
        let open = params.iter().fold(open, |line, param| line.param(param));
        let close = self.line("BATCH").param(&format!("-{id}"));
        self.own.batch(&id, &open, &close, lines);
    }

    /// Tells the console, and those who wait for somebody, that they have come.
    pub(super) fn announce(&mut self, user: UserId) {
        let from = self.seat().from;
        if let Some(user) = self.hub.lobby.user(user) {
            self.hub.tell_watchers(user.name(), Some(user.source()), None, self.batch);
            self.batch.facts.push(Fact::Named { name: user.name().clone(), from });
        }
    }

    /// Tells the console.
    pub(super) fn note(&mut self, fact: Fact) {
        self.batch.facts.push(fact);
    }

    /// Capabilities act at once, also on what is being replied.
    pub(super) fn set_caps(&mut self, caps: Caps) {
        self.seat_mut().caps = caps;
        if let Some(user) = self.seat().user() {
            self.hub.readers.set(user, Reader { seat: self.id, caps });
        }
    }

    /// Does what this person wants and tells everybody.
    pub(super) fn act(&mut self, me: UserId, action: Action) -> Result<(), Refusal> {
        let mut events = std::mem::take(&mut self.hub.events);
        events.clear();
        let outcome = self.hub.apply(me, action, self.now, &mut events);
        self.hub.tell(&events, Some(&mut self.own), self.batch);
        self.hub.events = events;
        outcome
    }
}
