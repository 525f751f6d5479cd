//! What we say, from the key press until it is known to be in the room or refused: all that
//! goes to the server goes through here, in the order in which it was typed.

use super::block::{Blocks, Finished, lines};
use super::delivery::{Delivery, Pending};
use super::full_disk::{self, FullDisk};
use super::ids::RoomId;
use super::item::{Item, Why};
use super::outgoing::{self, CONFIRMING_BYTES, Outgoing, Target};
use super::output::Output;
use super::pacing::{Pacing, Window};
use super::queue::{Piece, Queue, Queued};
use super::refusal;
use super::repeat::{self, Ids, Repeat};
use super::room::{RoomView, Stage};
use super::rooms::Rooms;
use super::session::Session;
use super::unsure::UnsureLines;
use crate::client::protocol::refusal::{is_not_kept, is_rate_limit};
use crate::client::protocol::said::Said;
use crate::text::Phrase;
use crate::text::sanitise;
use crate::wire::multiline::{self, Part};
use crate::wire::numeric::ERR_CANNOTSENDTOCHAN;
use crate::wire::{Line, Message, Tags, vendor};
use std::time::Duration;

/// How often a line is sent that comes too fast.
const TRIES: u32 = 10;
/// The pause after the first time, doubled each time, where the server names none.
const PAUSE: Duration = Duration::from_secs(2);

/// What one call of [`Outbox::pump`] needs to know.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    pub(super) session: &'a Session,
    pub(super) rooms: &'a Rooms,
    pub(super) now: Duration,
    pub(super) output: &'a mut Output,
    /// The rooms in which something was said.
    pub(super) has_spoken: Vec<RoomId>,
}

#[derive(Debug, Default)]
pub(super) struct Outbox {
    pub(super) queue: Queue,
    pub(super) delivery: Delivery,
    pub(super) pacing: Pacing,
    pub(super) full_disk: FullDisk,
    blocks: Blocks,
    pub(super) unsure: UnsureLines,
    pub(super) ids: Ids,
    /// How many messages of ours have arrived.
    pub(super) arrived: u64,
    /// Something that was said was not sent.
    pub(super) has_refusals: bool,
    /// The person knows that what is said waits for a connection.
    pub(super) told_waiting: bool,
    /// As of the last [`Outbox::pump`]: all that waits is for rooms that are tried from time to time, which
    /// the person knows.
    is_put_off: bool,
}

impl Outbox {
    /// Whether all that was said has been confirmed or reported.
    pub(super) fn is_empty(&self) -> bool {
        self.delivery.pending.is_empty() && self.queue.queued.is_empty() && self.unsure.is_empty()
    }

    /// Whether all that was said has come to its end, but for what was told to wait.
    fn is_done(&self) -> bool {
        let is_put_off = self.is_put_off || self.queue.queued.is_empty();
        self.delivery.pending.is_empty() && self.unsure.is_empty() && is_put_off
    }

    /// Whether a message that is said now is sent at once: few enough are under way.
    pub(super) fn has_room(&self, session: &Session, rooms: &Rooms) -> bool {
        !self.queue.queued.iter().any(|queued| is_ready(queued, session, rooms)) && !self.delivery.is_full()
    }

    /// `is_inside`: what is typed is sent.
    pub(super) fn deadline(&self, is_inside: bool) -> Option<Duration> {
        let progress = self.blocks.deadline().filter(|_| is_inside);
        self.late_deadline()
            .into_iter()
            .chain(progress)
            .chain(self.pacing.paused_until)
            .chain(self.full_disk.until)
            .min()
    }

    /// When something will be late; what is sent block by block tells of itself.
    fn late_deadline(&self) -> Option<Duration> {
        self.delivery.deadline().filter(|_| self.blocks.open.is_empty())
    }

    /// Tells that something is late, and how far a long text has come.
    pub(super) fn check(&mut self, is_inside: bool, now: Duration, output: &mut Output) {
        if self.late_deadline().is_some() && self.delivery.becomes_late(now) {
            output.show(Item::Told(Phrase::Late));
        }
        if is_inside && let Some((sent, total)) = self.blocks.check(now) {
            output.show(Item::Told(Phrase::Sending { sent, total }));
        }
    }

    /// Takes something to be said.
    pub(super) fn push(&mut self, said: Outgoing, session: &Session, rooms: &Rooms, output: &mut Output) {
        // Line by line: a line end is no character of a line.
        let lines: Vec<_> = said.text.split('\n').map(sanitise::for_wire).collect();
        let said = Outgoing { text: lines.join("\n"), ..said };
        let (room, view) = (said.room(), said.room().and_then(|room| rooms.get(room)));
        if session.is_connected() && view.is_some_and(|view| view.stage == Stage::Closed) {
            return self.not_sent(room, said.text, Why::NotInRoom, output);
        }
        if self.queue.is_full() {
            return self.not_sent(room, said.text, Why::TooMuch, output);
        }
        self.queue.push_text(said);
        let is_told = view.is_some_and(|view| view.stage == Stage::Outside);
        if !session.is_connected() || view.is_some_and(|view| view.comes_back && view.makes_wait()) {
            self.tell_waiting(is_told, output);
        }
    }

    /// Sends what a command asks for, in its turn.
    pub(super) fn push_line(&mut self, line: Line, output: &mut Output) {
        match self.queue.is_full() {
            true => self.refuse_line(&line, output),
            false => self.queue.push_line(line),
        }
    }

    /// Too much was asked for.
    pub(super) fn refuse_line(&mut self, line: &Line, output: &mut Output) {
        self.not_sent(None, line.as_str().to_owned(), Why::TooMuch, output);
    }

    /// Tells, once until we are in the rooms again, that what was said waits for that. Where
    /// `is_told`, the person knows: of a room that is tried again it was told.
    pub(super) fn tell_waiting(&mut self, is_told: bool, output: &mut Output) {
        if self.is_empty() || self.told_waiting {
            return;
        }
        self.told_waiting = true;
        if !is_told {
            output.show(Item::Told(Phrase::Waiting));
            self.delivery.late = true;
        }
    }

    /// Sends what waits, in order, as far as it may: what is for a room that we are not in yet keeps
    /// nothing else waiting. The rooms in which something was said.
    pub(super) fn pump(&mut self, mut turn: Turn<'_>) -> Vec<RoomId> {
        let now = turn.now;
        self.delivery.measure(now);
        self.full_disk.pump(now);
        if let Some(ping) = self.pacing.pump(now) {
            turn.output.send(&ping);
        }
        for piece in self.queue.take_repeats(|repeat| repeat.is_over(turn.session, now)) {
            self.refuse(piece, Why::Unknown, turn.output);
        }
        while turn.session.is_connected() && !self.delivery.is_full() {
            let mut queue = self.queue.queued.iter();
            let pending = || self.delivery.pending.iter().map(|pending| &pending.piece);
            let first = queue.position(|queued| {
                is_ready(queued, turn.session, turn.rooms) && !self.full_disk.holds(queued, pending())
            });
            let Some(queued) = first.and_then(|first| self.queue.queued.remove(first)) else { break };
            let waits = match queued {
                Queued::Line(order, line) => {
                    (!self.send_line(&line, &mut turn)).then_some(Queued::Line(order, line))
                }
                Queued::Text(piece) => self.send_piece(piece, &mut turn).map(Queued::Text),
            };
            if let Some(queued) = waits {
                self.queue.put_back(queued);
                self.check_pacing(&mut turn);
                break;
            }
        }
        let is_outside = |queued: &Queued| {
            let room = room_of(queued).and_then(|room| turn.rooms.get(room));
            room.is_some_and(|room| room.stage == Stage::Outside)
        };
        self.is_put_off = self.queue.queued.iter().all(is_outside);
        self.blocks.pump(now);
        if std::mem::take(&mut self.blocks.ended) {
            self.delivery.told_until = now;
        }
        turn.has_spoken
    }

    fn has_room_for(&self, cost: Window, session: &Session) -> bool {
        let is_ours = session.registration.features.first_room().is_some();
        self.pacing.has_room(self.pacing.window(is_ours), cost)
    }

    /// False where it can't be sent yet.
    fn send_line(&mut self, line: &Line, turn: &mut Turn<'_>) -> bool {
        let cost = Window { lines: 1, bytes: line.wire_len() };
        let fits = self.has_room_for(cost, turn.session);
        if fits {
            self.pacing.send(cost);
            turn.output.send(line);
        }
        fits
    }

    /// Sends a text, or makes messages of it; the text where it can't be sent yet.
    fn send_piece(&mut self, piece: Piece, turn: &mut Turn<'_>) -> Option<Piece> {
        let said = &piece.outgoing;
        let target = match &said.target {
            Target::Person(name) => Some(name.clone()),
            Target::Room(room) => {
                turn.rooms.get(*room).filter(|view| view.is_in()).map(|view| view.name.clone())
            }
        };
        let Some(target) = target else {
            self.refuse(piece, Why::NotInRoom, turn.output);
            return None;
        };
        let messages = outgoing::messages(turn.session, &said.text, &target, said.action);
        match &messages[..] {
            [] => {
                self.block_goes_on(&piece, turn.output);
                None
            }
            [parts] => {
                let room = said.room();
                let waits = self.send_message(&target, parts, piece, turn);
                turn.has_spoken.extend(room.filter(|_| waits.is_none()));
                waits
            }
            // It was one message, with one id.
            _ if piece.repeat.is_some() => {
                self.refuse(piece, Why::Unknown, turn.output);
                None
            }
            several => {
                self.divide(several, piece);
                None
            }
        }
    }

    /// Sends one message; gives it back where it can't be sent yet.
    fn send_message(
        &mut self,
        target: &str,
        parts: &[Part],
        mut piece: Piece,
        turn: &mut Turn<'_>,
    ) -> Option<Piece> {
        let (labels, action) = (turn.session.has_labels(), piece.outgoing.action);
        let mut bytes = Vec::new();
        let tags = repeat::tags(turn.session, &mut piece.client_id, &mut self.ids);
        let written = outgoing::write(target, parts, action, tags.clone(), &mut bytes);
        // A label or a PING follows.
        let cost = Window { lines: written + usize::from(!labels), bytes: bytes.len() + CONFIRMING_BYTES };
        if !self.has_room_for(cost, turn.session) {
            return Some(piece);
        }
        let number = self.pacing.send(cost);
        let pending = self.delivery.add((turn.session.name(), target), piece, number, turn.now);
        if labels {
            let tags = tags.with("label", &pending.label());
            bytes.clear();
            outgoing::write(target, parts, action, tags, &mut bytes);
        } else {
            self.pacing.ping(Some(pending.id)).write(&Tags::new(), &mut bytes);
        }
        turn.output.send_bytes(bytes);
        None
    }

    fn divide(&mut self, messages: &[Vec<Part>], whole: Piece) {
        let Piece { outgoing, block, order, tries, unkept, .. } = whole;
        let Outgoing { target, text, action, on_screen } = outgoing;
        let texts: Vec<String> = messages.iter().map(|parts| multiline::text(parts)).collect();
        let total = texts.iter().map(|text| lines(text)).sum();
        let block = match block {
            // Divided again: the server takes less in one message than it did.
            Some(block) => {
                self.blocks.divide_again(block, lines(&text), total);
                Some(block)
            }
            None => text.contains('\n').then(|| self.blocks.begin(total)),
        };
        let (typed, first) = order;
        for (at, text) in texts.into_iter().enumerate().rev() {
            let outgoing = Outgoing { target: target.clone(), text, action, on_screen };
            let piece = Piece::new(outgoing, block, (typed, first + at));
            self.queue.put_back(Queued::Text(Piece { tries, unkept, ..piece }));
        }
    }

    /// Something waits until what is under way was handled, and only a PING will tell.
    fn check_pacing(&mut self, turn: &mut Turn<'_>) {
        let is_silent = !turn.session.has_labels() || self.delivery.pending.is_empty();
        if self.pacing.needs_ping() && is_silent {
            turn.output.send(&self.pacing.ping(None));
        }
    }

    /// Takes out the line whose echo this is.
    pub(super) fn echoed(&mut self, said: &Said, text: &str, session: &Session) -> Option<Pending> {
        match &said.label {
            Some(label) => self.delivery.labelled(label),
            None if session.has_labels() => None,
            None => self.delivery.echoed(&said.target, text, session.mapping()),
        }
    }

    /// Takes out the line that an error is about; `label`: that of the error.
    pub(super) fn accused(
        &mut self,
        message: &Message,
        label: Option<&str>,
        session: &Session,
    ) -> Option<Pending> {
        if let Some(label) = label {
            return self.delivery.labelled(label);
        }
        if session.has_labels() {
            return None;
        }
        let front = self.delivery.pending.front().filter(|_| refusal::may_be_of_line(message))?;
        let is_about_it = message.command() == ERR_CANNOTSENDTOCHAN
            || message.params().any(|param| session.same(param, &front.target) || param == "PRIVMSG");
        if is_about_it { self.delivery.oldest() } else { None }
    }

    /// A line is in the room, and has been shown.
    pub(super) fn has_arrived(&mut self, pending: &Pending, output: &mut Output) {
        self.arrived += 1;
        self.pacing.handled(pending.number);
        self.block_goes_on(&pending.piece, output);
        if self.is_done() {
            self.full_disk.is_over();
            if std::mem::take(&mut self.delivery.late) {
                output.show(Item::Told(Phrase::Arrived));
            }
        }
    }

    /// A line under way will not arrive.
    pub(super) fn fails(&mut self, pending: Pending, why: Why, output: &mut Output) {
        if why != Why::Unknown {
            self.pacing.handled(pending.number);
        }
        self.refuse(pending.piece, why, output);
    }

    /// The server has refused a line that was under way.
    pub(super) fn is_refused(&mut self, pending: Pending, message: &Message, output: &mut Output) {
        if is_not_kept(message) {
            return self.is_unkept(pending, output);
        }
        let tries = pending.piece.tries;
        let most = if is_rate_limit(message) { TRIES } else { 0 };
        if tries >= most {
            let why = message.last().unwrap_or_default().to_owned();
            return self.fails(pending, Why::Server(why), output);
        }
        self.pacing.handled(pending.number);
        self.pacing.pause(refusal::pause(message).unwrap_or(PAUSE * (1 << tries.min(5))));
        self.queue.put_back(Queued::Text(Piece { tries: tries + 1, ..pending.piece }));
    }

    /// The server's disk is full. What was refused by it waits, or is given up together.
    fn is_unkept(&mut self, pending: Pending, output: &mut Output) {
        self.pacing.handled(pending.number);
        let unkept = pending.piece.unkept + 1;
        self.queue.put_back(Queued::Text(Piece { unkept, ..pending.piece }));
        if unkept > full_disk::TRIES {
            for piece in self.queue.take_unkept() {
                self.refuse(piece, Why::Server(vendor::NOT_KEPT.to_owned()), output);
            }
        } else if let Some(phrase) = self.full_disk.refuses() {
            output.show(Item::Told(phrase));
            self.delivery.late = true;
        }
    }

    /// A line to a room that has not arrived there is said again.
    pub(super) fn say_again(&mut self, pending: Pending) {
        self.queue.put_back(Queued::Text(pending.piece));
    }

    /// A line of an earlier connection is sent again where the server knows it by its id; one without an id is given
    /// back.
    pub(super) fn repeat(&mut self, pending: Pending) -> Option<Pending> {
        if pending.piece.client_id.is_none() {
            return Some(pending);
        }
        let Pending { mut piece, name, sent, .. } = pending;
        piece.repeat.get_or_insert(Repeat { name, since: sent });
        self.queue.put_back(Queued::Text(piece));
        None
    }

    /// The connection is gone. What was under way to a room whose past will tell of it may
    /// be there; the rest is sent again where the server knows it, or told.
    pub(super) fn disconnect(&mut self, may_be_there: impl Fn(RoomId) -> bool, output: &mut Output) {
        let (unsure, lost): (Vec<_>, Vec<_>) = std::mem::take(&mut self.delivery.pending)
            .into_iter()
            .partition(|pending| pending.piece.outgoing.room().is_some_and(&may_be_there));
        self.unsure.add(unsure);
        for pending in lost {
            if let Some(lost) = self.repeat(pending) {
                self.fails(lost, Why::Unknown, output);
            }
        }
        self.pacing.clear();
        self.full_disk.disconnect();
    }

    /// Nothing will tell any more what became of an earlier connection's lines to this room.
    pub(super) fn forget_unsure(&mut self, room: RoomId, output: &mut Output) {
        for pending in self.unsure.take(room) {
            self.fails(pending, Why::Unknown, output);
        }
    }

    /// The room is left: what waits for it is told to be unsent.
    pub(super) fn leave(&mut self, room: RoomId, output: &mut Output) {
        self.forget_unsure(room, output);
        for piece in self.queue.take_room(room) {
            self.refuse(piece, Why::NotInRoom, output);
        }
    }

    /// Nothing that waits will be sent.
    pub(super) fn give_up(&mut self, output: &mut Output) {
        for pending in self.unsure.take_all() {
            self.fails(pending, Why::Unknown, output);
        }
        let why = match self.full_disk.makes_wait() {
            true => Why::Server(vendor::NOT_KEPT.to_owned()),
            false => Why::Disconnected,
        };
        for queued in std::mem::take(&mut self.queue.queued) {
            match queued {
                Queued::Text(piece) => self.refuse(piece, why.clone(), output),
                Queued::Line(..) => output.show(Item::NoConnection),
            }
        }
    }

    /// Nobody waits any more for the server to confirm what is under way.
    pub(super) fn forget_unconfirmed(&mut self, output: &mut Output) {
        for pending in std::mem::take(&mut self.delivery.pending) {
            self.fails(pending, Why::Unknown, output);
        }
    }

    /// Tells that something will not be sent, and with it the rest of its text where too
    /// much of that was refused.
    fn refuse(&mut self, piece: Piece, why: Why, output: &mut Output) {
        // A server that knows it again answers so before anything else, but does not know everybody who has gone.
        let is_told = matches!(why, Why::Server(_)) && piece.outgoing.room().is_some();
        let why = if piece.repeat.is_some() && !is_told { Why::Unknown } else { why };
        let block = piece.block;
        if self.refuse_piece(piece, why.clone(), output)
            && let Some(block) = block
        {
            for piece in self.queue.take_block(block) {
                self.refuse_piece(piece, why.clone(), output);
            }
        }
    }

    /// True where none of the rest is to be sent.
    fn refuse_piece(&mut self, piece: Piece, why: Why, output: &mut Output) -> bool {
        let room = piece.outgoing.room();
        let Piece { outgoing: Outgoing { text, target, .. }, block, order, .. } = piece;
        let why = match target {
            Target::Person(name) => Why::To { name, why: Box::new(why) },
            Target::Room(_) => why,
        };
        let Some(block) = block.filter(|&block| self.blocks.find(block).is_some()) else {
            self.not_sent(room, text, why, output);
            return false;
        };
        let (stops, finished) = self.blocks.is_refused(block, text, order, why);
        self.finish(room, finished, output);
        stops
    }

    fn block_goes_on(&mut self, piece: &Piece, output: &mut Output) {
        let finished = piece.block.and_then(|block| self.blocks.goes_on(block, &piece.outgoing.text));
        self.finish(piece.outgoing.room(), finished, output);
    }

    fn finish(&mut self, room: Option<RoomId>, finished: Option<Finished>, output: &mut Output) {
        let Some(Finished { sent, refused }) = finished else { return };
        if let Some((sent, total)) = sent {
            output.show(Item::Told(Phrase::Sent { sent, total }));
        }
        if let Some((text, why)) = refused {
            self.not_sent(room, text, why, output);
        }
    }

    fn not_sent(&mut self, room: Option<RoomId>, text: String, why: Why, output: &mut Output) {
        self.has_refusals = true;
        let item = Item::NotSent { text, why };
        match room {
            Some(room) => output.show_in(room, item),
            None => output.show(item),
        }
        if self.is_done() {
            self.full_disk.is_over();
            self.delivery.late = false;
        }
    }
}

/// Whether it need not wait for its room, or for our name.
fn is_ready(queued: &Queued, session: &Session, rooms: &Rooms) -> bool {
    let repeat = if let Queued::Text(piece) = queued { piece.repeat.as_ref() } else { None };
    let waits_for_room = room_of(queued).and_then(|room| rooms.get(room)).is_some_and(RoomView::makes_wait);
    !waits_for_room && repeat.is_none_or(|repeat| repeat.is_ready(session))
}

/// The room that it is for.
fn room_of(queued: &Queued) -> Option<RoomId> {
    match queued {
        Queued::Text(piece) => piece.outgoing.room(),
        Queued::Line(..) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::effect::Effect;
    use super::super::entry::Phase;
    use super::*;

    fn pump(outbox: &mut Outbox, session: &Session, rooms: &Rooms, output: &mut Output) -> bool {
        let turn = Turn { session, rooms, now: Duration::ZERO, output, has_spoken: Vec::new() };
        !outbox.pump(turn).is_empty()
    }

    fn push(outbox: &mut Outbox, session: &Session, rooms: &Rooms, text: &str) -> Vec<Effect> {
        let room = rooms.current().id;
        let mut output = Output::new(room);
        let target = Target::Room(room);
        let said = Outgoing { target, text: text.to_owned(), action: false, on_screen: true };
        outbox.push(said, session, rooms, &mut output);
        pump(outbox, session, rooms, &mut output);
        output.take(rooms)
    }

    fn session(phase: Phase) -> Session {
        let mut session = Session::new(None);
        session.register("bob");
        session.phase = phase;
        session
    }

    fn rooms(stage: Stage) -> Rooms {
        let mut rooms = Rooms::new(&["#a".to_owned()]);
        rooms.current_mut().stage = stage;
        rooms
    }

    /// Lines are sent in the room, and wait before.
    #[test]
    fn lines_wait_for_the_room() {
        let mut outbox = Outbox::default();
        let (outside, mut rooms) = (session(Phase::Registering), rooms(Stage::Asked));
        let waiting = [Effect::Show(Item::Told(Phrase::Waiting))];
        assert_eq!(push(&mut outbox, &outside, &rooms, "one"), waiting);
        assert_eq!(push(&mut outbox, &outside, &rooms, "two"), [], "it is told once");
        let (inside, mut output) = (session(Phase::Connected), Output::new(rooms.current().id));
        assert!(!pump(&mut outbox, &inside, &rooms, &mut output));
        rooms.current_mut().stage = Stage::Inside;
        assert!(pump(&mut outbox, &inside, &rooms, &mut output));
        let sent = "PRIVMSG #a :one\r\nPING roomchat-1\r\nPRIVMSG #a :two\r\nPING roomchat-2\r\n";
        assert_eq!(output.take(&rooms), [Effect::Send(sent.as_bytes().to_vec())]);
        assert!(!pump(&mut outbox, &inside, &rooms, &mut output));
    }

    /// A room that is not entered yet keeps no other waiting.
    #[test]
    fn other_rooms_do_not_wait() {
        let mut outbox = Outbox::default();
        let (session, mut rooms) = (session(Phase::Connected), rooms(Stage::Outside));
        assert_eq!(push(&mut outbox, &session, &rooms, "later"), []);
        let other = rooms.add("#b").unwrap();
        rooms.get_mut(other).unwrap().stage = Stage::Inside;
        assert!(outbox.has_room(&session, &rooms));
        rooms.go_to(other);
        let now = push(&mut outbox, &session, &rooms, "now");
        assert_eq!(now, [Effect::Send(b"PRIVMSG #b :now\r\nPING roomchat-1\r\n".to_vec())]);
        assert!(!outbox.queue.queued.is_empty());
    }

    #[test]
    fn each_line_is_confirmed_refused_or_lost() {
        let (session, rooms) = (session(Phase::Connected), rooms(Stage::Inside));
        let room = rooms.current().id;
        let (mut outbox, mut output) = (Outbox::default(), Output::new(room));
        ["one", "two", "three"].iter().for_each(|text| drop(push(&mut outbox, &session, &rooms, text)));
        let one = outbox.delivery.fenced(1).unwrap();
        outbox.has_arrived(&one, &mut output);
        let error = Message::parse(":s 404 bob #a :no").unwrap();
        let two = outbox.accused(&error, None, &session).unwrap();
        outbox.is_refused(two, &error, &mut output);
        outbox.disconnect(|_| true, &mut output);
        assert!(!outbox.is_empty() && outbox.arrived == 1);
        outbox.forget_unsure(room, &mut output);
        let not_sent = |text: &str, why| Effect::Show(Item::NotSent { text: text.to_owned(), why });
        let server = Why::Server("no".to_owned());
        assert_eq!(output.take(&rooms), [not_sent("two", server), not_sent("three", Why::Unknown)]);
        assert!(outbox.is_empty() && outbox.has_refusals);
    }
}
