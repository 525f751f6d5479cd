//! The view of a command: its session, the lobby, and where its reply goes.

use super::audience::Reader;
use super::batch::{Batch, Recipients};
use super::caps::Caps;
use super::console_event::{ConsoleEvent, Departure};
use super::full::unkept;
use super::ids::SessionId;
use super::input::Input;
use super::limits::{FRAME_BYTES, KICK_BYTES, LABEL_BYTES, LIST_BYTES, PIECE_BYTES, REPLY_BACKLOG_BYTES};
use super::lines::{End, InputState};
use super::lookup::{Lookup, LookupId};
use super::reply::ResponseBuffer;
use super::session::{Session, Stage};
use super::state::State;
use super::time::Now;
use super::unfinished::{Records, Rest, Unfinished};
use super::words::{joined, short};
use super::work::{self, Budget};
use crate::chat::network::network;
use crate::chat::people::Arrival;
use crate::chat::question::{Question, Search, Wanted};
use crate::chat::work::Work;
use crate::chat::{Action, Lobby, Refusal, RoomId, RoomKey, Seq, User, UserId, UserKey};
use crate::text::Phrase;
use crate::text::sanitise::for_wire;
use crate::wire::vendor::NOT_KEPT;
use crate::wire::{BODY, Line, Message, Tags, numeric};
use std::borrow::Cow;
use std::sync::Arc;

const OPEN: &str = "a context is made for an open connection, and ends before that is gone";

/// Access to the hub while it obeys lines of one connection.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) state: &'a mut State,
    pub(super) id: SessionId,
    pub(super) now: Now,
    pub(super) batch: &'a mut Batch,
    reply: ResponseBuffer,
    /// Bytes of replies that were moved to the batch in this slice.
    replied: usize,
    /// Bytes of replies from earlier slices that the client may not have taken yet.
    ahead: usize,
    slice: Budget,
    /// The label of the current line, until its reply has it. Taken away where the reply comes
    /// later, or has none.
    pub(super) label: Option<String>,
    /// The labeled-response batch that is open around the reply to the current line.
    pub(super) around: Option<String>,
    /// What is left of the current line.
    rest: Option<Rest>,
}

impl<'a> Context<'a> {
    /// Begins a slice of a connection, which must be open.
    pub(super) fn new(state: &'a mut State, id: SessionId, now: Now, batch: &'a mut Batch) -> Context<'a> {
        let reply = std::mem::take(&mut state.reply);
        let slice = state.work.slice();
        let few = state.session(id).and_then(|session| session.few.as_ref());
        let ahead = few.map_or(0, |few| few.lines.ahead);
        Context {
            state,
            id,
            now,
            batch,
            reply,
            replied: 0,
            ahead,
            slice,
            label: None,
            around: None,
            rest: None,
        }
    }

    /// Counts work that neither replies nor entries of the log count.
    pub(super) fn worked(&mut self, units: u32) {
        self.state.work.add(units.into());
    }

    /// What is left of the slice.
    pub(super) fn slice_left(&self) -> u64 {
        self.state.work.left(self.slice)
    }

    /// Whether the slice is over: what is left of the current line, and the lines behind it, wait
    /// for the next one.
    pub(super) fn is_spent(&self) -> bool {
        self.state.work.is_spent(self.slice)
    }

    /// Leaves the rest of the current line for the next slice. At least one item must have been
    /// done in this slice, so that the line ends.
    pub(super) fn pause(&mut self, rest: Rest) {
        self.rest = Some(rest);
    }

    /// Called after an item of a list: leaves the rest of that item, and the items from `next` on,
    /// for the next slice if necessary. True if it did.
    pub(super) fn pause_items(&mut self, next: usize, has_more: bool) -> bool {
        let item = self.rest.take().map(Box::new);
        let pauses = item.is_some() || has_more && self.is_spent();
        if pauses {
            self.rest = Some(Rest::Items { item, next });
        }
        pauses
    }

    /// Stores what is left of a line in the session, and makes the reply so far ready to be sent.
    pub(super) fn hold(&mut self, message: Option<Message>) {
        let Some(rest) = self.rest.take() else { return };
        let State { config, batch_ids, .. } = &mut *self.state;
        let (label, around) = (&mut self.label, &mut self.around);
        self.reply.finish_piece(label, around, &config.server_name, batch_ids);
        let unfinished = Unfinished { message, rest, label: self.label.take(), batch: self.around.take() };
        self.session_mut().few().lines.unfinished = Some(Box::new(unfinished));
    }

    /// Whether the client may still read replies. After QUIT it gets only what its socket takes at
    /// once.
    pub(super) fn has_reader(&self) -> bool {
        self.session().few.as_ref().is_none_or(|few| few.lines.waits_for_reader())
    }

    /// Begins the reply to one line.
    pub(super) fn begin(&mut self, input: &Input) {
        let can = self.caps().has(Caps::LABELED_RESPONSE.with(Caps::BATCH));
        let label = if can { input.label() } else { None };
        self.label =
            label.filter(|label| (1..=LABEL_BYTES).contains(&label.len())).map(|label| label.into_owned());
    }

    /// Ends the reply to one line.
    pub(super) fn finish(&mut self) {
        let State { config, batch_ids, .. } = &mut *self.state;
        let (label, around) = (self.label.take(), self.around.take());
        self.reply.finish(label.as_deref(), around.as_deref(), &config.server_name, batch_ids);
        if self.reply.len() >= FRAME_BYTES {
            self.flush();
        }
    }

    /// Closes somebody's connection, after a line that gives the reason.
    pub(super) fn kill(&mut self, whom: UserId, line: &Line, why: Departure) {
        let Some(id) = self.state.session_of(whom) else { return };
        if id == self.id {
            self.send(line.clone());
            return self.close(why);
        }
        if self.state.session(id).is_some_and(|session| !session.is_line_mode()) {
            self.batch.deliver(Recipients::Alone(id), |out| line.write(&Tags::new(), out));
        }
        // The operator may share a room with the victim, and must get the replies so far before the
        // QUIT.
        self.finish();
        self.flush();
        self.state.close(id, why, None, self.now, self.batch);
    }

    /// Moves the last replies of the slice to the batch.
    pub(super) fn end(mut self) {
        self.flush();
        let ahead = self.ahead + self.replied;
        if let Some(few) = &mut self.session_mut().few {
            few.lines.ahead = if few.lines.is_open() { 0 } else { ahead };
        }
        self.state.reply = self.reply;
    }

    fn flush(&mut self) {
        if self.reply.len() > 0 {
            let lines = self.session().few.as_ref().map(|few| &few.lines);
            let is_read = lines.is_none_or(|lines| match &lines.end {
                End::Stays => true,
                // What its socket does not take at once is dropped when it is closed.
                End::Quits => !lines.has_backlog && self.ahead + self.replied < REPLY_BACKLOG_BYTES,
                end @ End::Gone(_) => !end.is_lost(),
            });
            self.replied += self.reply.len();
            if is_read {
                self.batch.deliver(Recipients::One(self.id), |out| self.reply.hand_on(out));
            } else {
                self.reply.drop_ready();
            }
        }
    }

    /// Bytes of replies in this slice.
    pub(super) fn replied(&self) -> usize {
        self.replied + self.reply.len()
    }

    /// Whether the client must take its replies before more lines are obeyed. False unless this
    /// slice has sent something: otherwise `drained` would never be reported.
    pub(super) fn is_ahead(&self) -> bool {
        let few = self.session().few.as_ref();
        let is_unfinished = few.is_some_and(|few| few.lines.unfinished.is_some());
        let most = if is_unfinished { REPLY_BACKLOG_BYTES - PIECE_BYTES } else { REPLY_BACKLOG_BYTES };
        self.replied() > 0 && self.ahead + self.replied() >= most
    }

    /// Whether the connection is closed, and its lines are ignored.
    pub(super) fn is_over(&self) -> bool {
        self.session().is_leaving()
    }

    /// Closes the connection after the replies so far. If the current line has no reply, ERROR
    /// takes its label.
    pub(super) fn close(&mut self, why: Departure) {
        let label = if self.reply.has_no_reply() { self.label.take() } else { None };
        self.finish();
        self.flush();
        self.state.close(self.id, why, label.as_deref(), self.now, self.batch);
    }

    pub(super) fn session(&self) -> &Session {
        self.state.session(self.id).expect(OPEN)
    }

    pub(super) fn session_mut(&mut self) -> &mut Session {
        self.state.session_mut(self.id).expect(OPEN)
    }

    pub(super) fn caps(&self) -> Caps {
        self.session().caps
    }

    pub(super) fn lobby(&self) -> &Lobby {
        &self.state.lobby
    }

    /// The person of this connection, once registered.
    pub(super) fn me(&self) -> Option<&User> {
        self.session().user().and_then(|user| self.state.lobby.user(user))
    }

    /// A line from the server itself.
    pub(super) fn line(&self, command: &str) -> Line {
        Line::from_source(&self.state.config.server_name, command)
    }

    /// A numeric with its first parameter, the client's name.
    pub(super) fn numeric(&self, code: &str) -> Line {
        self.line(code).param(self.me().map_or("*", |me| me.name().as_str()))
    }

    pub(super) fn send(&mut self, line: Line) {
        self.state.work.add(work::of_line(line.wire_len()));
        self.reply.line(&line);
    }

    /// Writes a sentence to a person in line mode.
    pub(super) fn say(&mut self, phrase: Phrase<'_>) {
        let line = format!("{}\r\n", phrase.say(self.state.config.lang).trim_end());
        self.state.work.add(work::of_line(line.len()));
        self.reply.encoded(line.as_bytes());
    }

    /// Appends whole lines to the reply. `write` adds the start of each line to the list of starts.
    pub(super) fn send_lines(&mut self, write: impl FnOnce(&mut State, &mut Vec<u8>, &mut Vec<usize>)) {
        let state = &mut *self.state;
        self.reply.lines(|bytes, starts| {
            let before = (bytes.len(), starts.len());
            write(state, bytes, starts);
            let lines = (starts.len() - before.1) as u64;
            state.work.add(lines + work::of_bytes(bytes.len() - before.0));
        });
    }

    /// Sends encoded lines as a batch of this type and parameters; without the capability `batch`
    /// as single lines.
    pub(super) fn send_batch(&mut self, kind: &str, params: &[&str], lines: &[Vec<u8>]) {
        let batch = self.open_batch(kind, params);
        lines.iter().for_each(|line| self.send_in_batch(batch.as_deref(), line));
        self.close_batch(batch.as_deref());
    }

    /// Opens a batch, if the client has the capability `batch`.
    pub(super) fn open_batch(&mut self, kind: &str, params: &[&str]) -> Option<String> {
        let id = self.caps().has(Caps::BATCH).then(|| self.state.batch_ids.next())?;
        let open = self.line("BATCH").param(&format!("+{id}")).param(kind);
        let open = params.iter().fold(open, |line, param| line.param(param));
        self.reply.open_batch(&open);
        Some(id)
    }

    /// Adds one encoded event to the reply, in the open batch if there is one.
    pub(super) fn send_in_batch(&mut self, batch: Option<&str>, event: &[u8]) {
        self.state.work.add(work::of_line(event.len()));
        match batch {
            Some(id) => self.reply.in_batch(id, event),
            None => self.reply.encoded(event),
        }
    }

    pub(super) fn close_batch(&mut self, batch: Option<&str>) {
        if let Some(id) = batch {
            let close = self.line("BATCH").param(&format!("-{id}"));
            self.reply.line(&close);
        }
    }

    /// Tells the console, and those who watch the name, that somebody has registered.
    pub(super) fn announce(&mut self, user: UserId) {
        let from = self.session().from;
        if let Some(user) = self.state.lobby.user(user) {
            let (name, source) = (user.name().clone(), Arc::clone(user.source()));
            self.state.tell_watchers(&name, Some(&source), None, self.batch);
            self.batch.console.push(ConsoleEvent::Named { name, from });
        }
    }

    /// Changes the capabilities. They apply at once, also to the rest of the current reply.
    pub(super) fn set_caps(&mut self, caps: Caps) {
        self.session_mut().caps = caps;
        if let Some(user) = self.session().user() {
            self.state.readers.set(user, Reader { session: self.id, caps });
        }
    }

    /// Registers the person of this session, and lets the second half of the command reply to the
    /// outcome. Nobody else is told yet.
    pub(super) fn connect<T>(
        &mut self,
        arrival: Arrival,
        asked: T,
        reply: fn(&mut Self, T, Result<UserId, Refusal>),
    ) {
        let outcome = self.state.connect(arrival, self.now, &mut self.reply, self.batch);
        if let Ok(user) = outcome {
            let reader = Reader { session: self.id, caps: self.caps() };
            self.state.readers.set(user, reader);
            self.state.most_users = self.state.most_users.max(self.lobby().user_count());
            self.session_mut().stage = Stage::Here(user);
        }
        reply(self, asked, outcome);
    }

    /// Applies an action, tells everybody, and lets the second half of the command reply to the
    /// outcome. That half gets `asked` and nothing else from the first half, since with several
    /// servers the outcome comes later.
    pub(super) fn propose<T, R>(
        &mut self,
        me: UserId,
        action: Action,
        asked: T,
        reply: fn(&mut Self, T, Result<(), Refusal>) -> R,
    ) -> R {
        let outcome = match unkept(self.state, &action) {
            Some((command, target)) => {
                self.refuse_unkept(command, &target);
                Err(Refusal::NotKept)
            }
            None => self.state.act(me, action, self.now, Some(&mut self.reply), self.batch),
        };
        reply(self, asked, outcome)
    }

    /// Refuses what would have to be kept while the disk is full.
    fn refuse_unkept(&mut self, command: &str, target: &str) {
        if command == "NOTICE" && self.label.is_none() {
            // No error is an answer to it (RFC 2812, 3.3.2), but for a label, which must be answered.
        } else if self.session().is_line_mode() {
            // The sentence is the reply to the refusal.
        } else if self.caps().has(Caps::STANDARD_REPLIES) {
            self.fail(command, "NOT_KEPT", &[target], NOT_KEPT);
        } else if matches!(command, "PRIVMSG" | "NOTICE") {
            self.reply(numeric::ERR_CANNOTSENDTOCHAN, &[target], NOT_KEPT);
        } else {
            self.reply(numeric::ERR_UNKNOWNERROR, &[command], NOT_KEPT);
        }
    }

    /// Applies an action to whose outcome nothing is replied.
    pub(super) fn act(&mut self, me: UserId, action: Action) {
        self.propose(me, action, (), |_, (), _| ());
    }

    /// Replies with a numeric of some words and a text.
    pub(super) fn reply(&mut self, code: &str, words: &[&str], text: &str) {
        let line = words.iter().fold(self.numeric(code), |line, word| line.param(word)).text(text);
        self.send(line);
    }

    /// Replies with a standard reply (standard-replies, FAIL).
    pub(super) fn fail(&mut self, command: &str, code: &str, context: &[&str], text: &str) {
        self.standard_reply("FAIL", command, code, context, text);
    }

    /// Replies with a FAIL, WARN or NOTE.
    pub(super) fn standard_reply(
        &mut self,
        kind: &str,
        command: &str,
        code: &str,
        context: &[&str],
        text: &str,
    ) {
        let line = self.line(kind).param(command).param(code);
        let line = context.iter().fold(line, |line, word| line.param(word)).text(text);
        self.send(line);
    }

    /// Whether a line that repeats a client's words is within the limit of a line; if not, 417 is
    /// sent. What stands before the words can make it too long.
    pub(super) fn fits(&mut self, line: &Line) -> bool {
        let fits = line.wire_len() <= BODY;
        if !fits {
            self.reply(numeric::ERR_INPUTTOOLONG, &[], "Input line was too long");
        }
        fits
    }

    /// Whether the client may speak in each of its rooms.
    pub(super) fn may_speak_everywhere(&mut self) -> bool {
        let Some(me) = self.session().user() else { return true };
        let mut work = Work::default();
        let may = self.state.lobby.may_speak_everywhere(me, &mut work);
        self.state.work.add(work.units().into());
        may
    }

    /// The reason that a parameter gives, if any, as it may be told to others. None where it is
    /// too long, which is replied to.
    pub(super) fn reason(&mut self, param: Option<&str>) -> Option<Option<String>> {
        let reason = param.map(for_wire).filter(|reason| !reason.is_empty());
        if reason.as_ref().is_some_and(|reason| reason.len() > KICK_BYTES) {
            self.reply(numeric::ERR_INPUTTOOLONG, &[], "That reason is too long");
            return None;
        }
        Some(reason.map(Cow::into_owned))
    }

    /// Replies with a list in as many lines as necessary; no line for an empty list.
    pub(super) fn reply_list(&mut self, code: &str, words: &[&str], items: impl IntoIterator<Item = String>) {
        for line in joined(items, ' ', LIST_BYTES) {
            self.reply(code, words, &line);
        }
    }

    /// The room of that name, if the speaker may know of it.
    pub(super) fn known_room(&self, name: &str) -> Option<RoomId> {
        self.lobby().find_room_for(self.session().user()?, name)
    }

    /// The room of that name, if the speaker may know of it; otherwise 403 is sent.
    pub(super) fn room(&mut self, name: &str) -> Option<RoomId> {
        let room = self.known_room(name);
        if room.is_none() {
            self.reply(numeric::ERR_NOSUCHCHANNEL, &[short(name)], "No such channel");
        }
        room
    }

    /// Asks the disk. The current line goes on with the answer.
    pub(super) fn look_up(&mut self, room: RoomKey, question: Question, most: usize, wanted: Wanted) {
        self.ask(|id, until| Lookup::Answer { id, room, question, most, wanted, until });
    }

    /// The same for a search.
    pub(super) fn search(&mut self, search: Search) {
        self.ask(|id, until| Lookup::Search { id, search, until });
    }

    fn ask(&mut self, lookup: impl FnOnce(LookupId, Seq) -> Lookup) {
        self.state.lookups += 1;
        let as_of = self.state.log.last();
        let id = LookupId { session: self.id, number: self.state.lookups, as_of };
        let from = network(self.session().from.ip());
        self.batch.lookups.push((from, lookup(id, as_of)));
        self.session_mut().few().lines.state = InputState::WaitingForAnswer(id);
        self.pause(Rest::Found(Records::none()));
    }

    /// Whether the past of the room of that name is on disk alone. Then the session waits for its
    /// last page, which must be there before somebody enters.
    pub(super) fn waits_for_page(&mut self, name: &str) -> bool {
        let from = network(self.session().from.ip());
        let State { lobby, unloaded, .. } = &mut *self.state;
        let room = lobby.find_room(name).and_then(|room| lobby.room_key(room));
        let Some((room, waiting)) = room.and_then(|room| unloaded.get_mut(&room).map(|list| (room, list)))
        else {
            return false;
        };
        if waiting.is_empty() {
            self.batch.lookups.push((from, Lookup::Recent(room.clone())));
        }
        waiting.push(self.id);
        self.session_mut().few().lines.state = InputState::WaitingForPage(room);
        true
    }

    /// The room of that name that the speaker is in.
    pub(super) fn own_room(&self, name: &str) -> Option<RoomId> {
        let room = self.lobby().find_room(name)?;
        self.me()?.is_in(room).then_some(room)
    }

    /// The key of [`Context::own_room`].
    pub(super) fn own_room_key(&self, name: &str) -> Option<RoomKey> {
        self.lobby().room_key(self.own_room(name)?)
    }

    /// The key of [`Context::room`], for an action.
    pub(super) fn room_key(&mut self, name: &str) -> Option<RoomKey> {
        let room = self.room(name)?;
        self.lobby().room_key(room)
    }

    /// The key of [`Context::person`], for an action.
    pub(super) fn person_key(&mut self, name: &str) -> Option<UserKey> {
        let user = self.person(name)?;
        self.lobby().user_key(user)
    }

    /// The person of that name; otherwise 401 is sent.
    pub(super) fn person(&mut self, name: &str) -> Option<UserId> {
        let user = self.lobby().find_user(name);
        if user.is_none() {
            self.reply(numeric::ERR_NOSUCHNICK, &[short(name)], "No such nick/channel");
        }
        user
    }

    pub(super) fn name_of(&self, user: UserId) -> String {
        self.lobby().user(user).map_or_else(|| "*".to_owned(), |user| user.name().to_string())
    }

    pub(super) fn name_of_key(&self, user: UserKey) -> String {
        self.lobby().user_id(user).map_or_else(|| "*".to_owned(), |user| self.name_of(user))
    }

    pub(super) fn name_of_room(&self, room: RoomId) -> String {
        self.lobby().room(room).map_or_else(|| "*".to_owned(), |room| room.name().to_string())
    }
}
