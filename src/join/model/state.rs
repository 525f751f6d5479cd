//! The parts of the machine, and what is asked of several of them.

use super::backlog::{Backlog, Mark, Remembered};
use super::ids::RoomId;
use super::item::{Allowed, Item, OwnRoom};
use super::left_rooms::LeftRooms;
use super::lookup::Lookup;
use super::mask::Known;
use super::outbox::Outbox;
use super::output::Output;
use super::people::Rank;
use super::room::Stage;
use super::rooms::Rooms;
use super::session::Session;
use super::settings::Settings;
use crate::join::secret::Secret;
use crate::join::slash_command::Moderation;
use crate::text::{Name, Phrase};
use crate::wire::numeric::{
    ERR_BADCHANMASK, ERR_CHANOPRIVSNEEDED, ERR_NOPRIVILEGES, ERR_NOSUCHCHANNEL, ERR_NOTONCHANNEL,
    RPL_TRYAGAIN,
};
use crate::wire::{Line, Message, vendor};
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

/// Questions to the server that are open at once.
pub(super) const MAX_LOOKUPS: usize = 20;
/// How long a question waits for the next line of its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Errors that are all that comes of WHO, WHOIS or the list of a mode; standard-replies has FAIL.
const REFUSALS: [&str; 6] =
    [RPL_TRYAGAIN, ERR_NOSUCHCHANNEL, ERR_NOTONCHANNEL, ERR_CHANOPRIVSNEEDED, ERR_BADCHANMASK, "FAIL"];
/// Errors of KILL alone: no operator of the server, a server, not enough rights (Charybdis).
const KILL_REFUSALS: [&str; 3] = [ERR_NOPRIVILEGES, "483", "723"];
/// Rooms of a list that are remembered to be typed again.
const MAX_LISTED: usize = 1000;

/// Names that a person may type.
#[derive(Debug)]
pub struct Names {
    /// The people of the current room.
    pub here: Vec<String>,
    /// Those of the other rooms, and the rooms.
    pub elsewhere: Vec<String>,
}

/// A person's side of the conversation. One connection after the other; its owner hands on
/// what it reads, and does what [`Model::take`] says.
#[derive(Debug)]
pub struct Model {
    pub(super) session: Session,
    pub(super) rooms: Rooms,
    pub(super) outbox: Outbox,
    pub(super) backlog: Backlog,
    pub(super) settings: Settings,
    pub(super) output: Output,
    /// Shown in the header.
    address: String,
    /// Has been in a room at least once.
    pub(super) has_entered: bool,
    /// `/rooms` waits for its answer.
    pub(super) is_listing: bool,
    /// The rooms that it has told last; at most [`MAX_LISTED`].
    listed: Vec<String>,
    /// Of ours, how many are in them, and the topic; at most as many as there are of ours.
    own_listed: Vec<(RoomId, usize, String)>,
    /// What the server refused last, and was told; until something is typed.
    pub(super) told_refusal: Option<String>,
    /// What the server was asked and has not answered on this connection; a bounded number.
    pub(super) lookups: Vec<Lookup>,
    /// What waits for the answers that lead to a change, and in which room; at most [`MAX_LOOKUPS`].
    pub(super) held: VecDeque<(RoomId, Moderation)>,
    /// When the lookups are given up, unless something comes of them.
    pub(super) lookups_until: Option<Duration>,
    /// Whom entries of bans and mutes were set for; a bounded number.
    pub(super) known_masks: Vec<Known>,
    pub(super) left: LeftRooms,
    /// What an operator may do, as it was told.
    told_allowed: Option<Allowed>,
}

impl Model {
    /// Begins the conversation with a server: its first lines are ready to be taken. Without
    /// rooms the server's first one is entered; the first is the current one. `user` is what the
    /// server knows this device by; it is made of the name where that is None.
    pub fn new(name: &Name, user: Option<&str>, rooms: &[String], address: String) -> Model {
        Model::open(name, user, None, rooms, address)
    }

    /// The same with the server's password.
    pub fn open(
        name: &Name,
        user: Option<&str>,
        password: Option<Secret>,
        rooms: &[String],
        address: String,
    ) -> Model {
        let rooms = Rooms::new(rooms);
        let mut session = Session::new(user.map(str::to_owned));
        session.password = password;
        let mut model = Model {
            session,
            output: Output::new(rooms.current().id),
            rooms,
            outbox: Outbox::default(),
            backlog: Backlog::default(),
            settings: Settings::default(),
            address,
            has_entered: false,
            is_listing: false,
            listed: Vec::new(),
            own_listed: Vec::new(),
            told_refusal: None,
            lookups: Vec::new(),
            held: VecDeque::new(),
            lookups_until: None,
            known_masks: Vec::new(),
            left: LeftRooms::default(),
            told_allowed: None,
        };
        model.session.register(name.as_str()).iter().for_each(|line| model.output.send(line));
        model
    }

    /// What the ids of messages begin with, which no other run of the program has.
    pub fn begin_ids_with(&mut self, prefix: String) {
        self.outbox.ids.prefix = prefix;
    }

    /// Those whom the person ignored in earlier sittings.
    pub fn ignore_all(&mut self, names: Vec<String>) {
        self.settings.ignored = names;
    }

    /// Whether another line may be said now: few enough are under way, and the server has told
    /// what becomes of the room that was asked for.
    pub fn has_room(&self) -> bool {
        let is_waiting = match self.rooms.current().stage {
            Stage::Asked | Stage::Listing | Stage::Arriving => self.session.is_connected(),
            Stage::Outside | Stage::Closed | Stage::Inside => false,
        };
        // What waits for a connection is queued, or refused where too much is.
        let asks_more = self.rooms.current().fetches.next.is_empty()
            && self.lookups.len() + self.held.len() < MAX_LOOKUPS;
        !is_waiting && (!self.is_inside() || self.outbox.has_room(&self.session, &self.rooms) && asks_more)
    }

    /// Whether all that was said has been confirmed or reported, and all that
    /// was asked has been answered.
    pub fn is_settled(&self) -> bool {
        let are_answered = self.lookups.is_empty()
            && self.held.is_empty()
            && self.rooms.iter().all(|room| room.fetches.is_empty());
        self.outbox.is_empty() && are_answered
    }

    /// Whether something waits to be sent.
    pub fn has_waiting(&self) -> bool {
        !self.outbox.queue.queued.is_empty()
    }

    /// How many messages of ours have arrived.
    pub fn arrived(&self) -> u64 {
        self.outbox.arrived
    }

    /// Whether the server has all that was said.
    pub fn is_delivered(&self) -> bool {
        self.is_settled() && !self.outbox.has_refusals
    }

    /// When the oldest line that is neither confirmed nor reported was sent.
    pub fn unconfirmed_since(&self) -> Option<Duration> {
        self.outbox.delivery.since()
    }

    /// What is typed is sent, or refused at once.
    pub fn is_inside(&self) -> bool {
        self.session.is_connected() && !self.rooms.current().makes_wait()
    }

    /// Bytes of a text that the current room gets as one message; 0 outside a room.
    pub fn text_bytes(&self) -> usize {
        let room = self.rooms.current();
        let line = if room.is_in() { self.session.text_bytes_to(&room.name) } else { 0 };
        let lines = self.session.multiline().filter(|_| line > 0);
        lines.map_or(line, |limits| line.max(limits.bytes))
    }

    /// The name of the current room: what is typed goes there.
    pub fn room(&self) -> &str {
        &self.rooms.current().name
    }

    /// Whether the current room is one of several.
    pub fn has_several_rooms(&self) -> bool {
        self.rooms.are_several()
    }

    /// The port on which the server has told that it encrypts: this one, by its own capability, or
    /// that of IRCv3 sts.
    pub fn encrypted_port(&self, port: u16) -> Option<u16> {
        let capabilities = &self.session.registration.capabilities;
        if capabilities.is_offered(vendor::TLS) {
            return Some(port);
        }
        let mut sts = capabilities.value("sts").split(',');
        sts.find_map(|value| value.strip_prefix("port=")?.parse().ok()).filter(|port| *port != 0)
    }

    /// The server is reached at this address from now on, as it is shown.
    pub fn reached_at(&mut self, address: String) {
        self.address = address;
    }

    /// Our name, as the server spells it.
    pub fn name(&self) -> &str {
        self.session.name()
    }

    /// The people of the current room, in the order of their names.
    pub fn names(&self) -> Vec<String> {
        self.rooms.current().people.names()
    }

    /// What a person may type the name of, where it has changed since the last call.
    pub fn take_names(&mut self) -> Option<Names> {
        let changed = self.rooms.iter_mut().map(|room| std::mem::take(&mut room.people.changed));
        if changed.filter(|changed| *changed).count() == 0 {
            return None;
        }
        let others = || self.rooms.iter().filter(|room| !self.rooms.is_current(room.id));
        let people: BTreeSet<String> = others().flat_map(|room| room.people.names()).collect();
        let own = self.rooms.iter().map(|room| room.name.clone());
        let listed = self.listed.iter().filter(|room| self.find(room).is_none()).cloned();
        Some(Names { here: self.names(), elsewhere: people.into_iter().chain(own).chain(listed).collect() })
    }

    /// A room of the server's list.
    pub(super) fn has_listed(&mut self, room: &str) {
        if self.listed.len() < MAX_LISTED {
            self.listed.push(room.to_owned());
        }
    }

    /// The list is complete, or refused: ours are told below the others.
    pub(super) fn ends_list(&mut self) {
        if std::mem::replace(&mut self.is_listing, false) {
            self.show_own_rooms();
        }
        self.rooms.current_mut().people.changed = true;
    }

    /// Keeps what the list tells of a room of ours, where there are several; false of any other.
    pub(super) fn has_listed_own(&mut self, room: &str, count: usize, topic: &str) -> bool {
        let own = self.find(room).filter(|_| self.rooms.are_several());
        let is_new = |own: &RoomId| self.own_listed.iter().all(|(other, ..)| other != own);
        if let Some(own) = own.filter(is_new) {
            self.own_listed.push((own, count, topic.to_owned()));
        }
        own.is_some()
    }

    /// The rooms that we are in, where there are several.
    pub(super) fn show_own_rooms(&mut self) {
        let listed = std::mem::take(&mut self.own_listed);
        if !self.rooms.are_several() {
            return;
        }
        let own = self.rooms.iter().map(|view| OwnRoom {
            name: view.name.clone(),
            number: view.number,
            listed: listed
                .iter()
                .find(|(id, ..)| *id == view.id)
                .map(|(_, count, topic)| (*count, topic.clone())),
            is_current: self.rooms.is_current(view.id),
            is_in: view.is_in(),
            unread: view.unread.count,
            mentions: view.unread.mentions,
        });
        let rooms = own.collect();
        self.show(Item::OwnRooms { rooms });
    }

    /// Another list is about to come.
    pub(super) fn begins_list(&mut self) {
        self.is_listing = true;
        self.listed.clear();
        self.own_listed.clear();
    }

    /// Asks the server about somebody or something.
    pub(super) fn look_up(&mut self, lookup: Lookup) {
        if self.lookups.len() == MAX_LOOKUPS {
            return self.outbox.refuse_line(&lookup.line(), &mut self.output);
        }
        self.outbox.push_line(lookup.line(), &mut self.output);
        if let Some(fence) = lookup.fence() {
            self.outbox.push_line(fence, &mut self.output);
        }
        self.lookups.push(lookup);
    }

    /// Counts from when they are sent, which may be after a pause.
    pub(super) fn pump_lookups(&mut self, now: Duration) {
        if self.lookups.is_empty() || self.outbox.queue.has_lines() {
            self.lookups_until = None;
        } else {
            self.lookups_until.get_or_insert(now + PATIENCE);
        }
    }

    /// Gives up what was asked where nothing has come of it: a later answer would be taken for the
    /// answer to something else.
    pub(super) fn end_lookups(&mut self, now: Duration) {
        if self.lookups_until.is_some_and(|until| until <= now) {
            self.give_up_lookups();
        }
    }

    /// Nothing will be answered any more, and what was not asked yet is not asked any more.
    pub(super) fn give_up_lookups(&mut self) {
        self.lookups_until = None;
        let (mut unchanged, mut perhaps_done) = (!self.held.is_empty(), false);
        self.held.clear();
        for lookup in std::mem::take(&mut self.lookups) {
            let was_sent = !self.outbox.queue.take_line(&lookup.line());
            if let Some(fence) = lookup.fence() {
                self.outbox.queue.take_line(&fence);
            }
            match lookup {
                Lookup::Kill { is_refused: true, .. } => {}
                Lookup::Kill { .. } if was_sent => perhaps_done = true,
                _ => unchanged = true,
            }
        }
        if perhaps_done {
            self.show(Item::Told(Phrase::PerhapsDone));
        }
        if unchanged {
            self.show(Item::Told(Phrase::NotAnswered));
        }
    }

    /// An error may be all that comes of a question.
    pub(super) fn forget_refused(&mut self, message: &Message) {
        self.forget_kill(message);
        if !REFUSALS.contains(&message.command()) {
            return;
        }
        let is_refused = |lookup: &Lookup| {
            let (command, about) = match lookup {
                Lookup::Who { room, .. } => ("WHO", room),
                Lookup::Whois { name, was: false, .. } => ("WHOIS", name),
                Lookup::Whois { name, was: true, .. } => ("WHOWAS", name),
                Lookup::List(list) => ("MODE", &list.room),
                Lookup::Kill { .. } => return false,
            };
            message.params().any(|param| param == command || self.session.same(param, about))
        };
        if let Some(at) = self.lookups.iter().position(is_refused) {
            self.lookups.remove(at);
        }
    }

    /// An error may be the answer to KILL.
    fn forget_kill(&mut self, message: &Message) {
        let is_of_all = KILL_REFUSALS.contains(&message.command());
        let session = &self.session;
        let refused = self.lookups.iter_mut().find_map(|lookup| match lookup {
            Lookup::Kill { name, is_refused, .. } if !*is_refused => {
                let names_it = || message.params().any(|param| param == "KILL" || session.same(param, name));
                (is_of_all || names_it()).then_some(is_refused)
            }
            _ => None,
        });
        refused.into_iter().for_each(|is_refused| *is_refused = true);
    }

    /// The room of this name, where we are in it.
    pub(super) fn entered(&self, room: &str) -> Option<RoomId> {
        self.rooms.entered(room, self.session.mapping())
    }

    /// The room of this name, where we are in it or want to be.
    pub(super) fn find(&self, room: &str) -> Option<RoomId> {
        self.rooms.find(room, self.session.mapping())
    }

    pub(super) fn stage(&self, room: RoomId) -> Option<Stage> {
        self.rooms.get(room).map(|view| view.stage)
    }

    pub(super) fn show_in(&mut self, room: RoomId, item: Item) {
        self.output.show_in(room, item);
    }

    /// Shows before what is held back of a room.
    pub(super) fn ahead(&mut self, room: RoomId, show: impl FnOnce(&mut Model)) {
        let held = self.output.release(room);
        show(self);
        held.into_iter().for_each(|held| self.output.hold_again(room, held));
    }

    pub(super) fn show(&mut self, item: Item) {
        self.output.show(item);
    }

    /// We are an operator of this room; what that allows is told once.
    pub(super) fn show_operator(&mut self, room: RoomId, by: Option<String>) {
        let Some(view) = self.rooms.get(room) else { return };
        let may = match view.people.rank(self.session.name()) {
            Some(Rank::HalfOperator) => Allowed::Half,
            _ => Allowed::All,
        };
        let is_news = self.told_allowed.replace(may) != Some(may);
        let item = Item::YouAreOperator { room: view.name.clone(), by, may: is_news.then_some(may) };
        self.show_in(room, item);
    }

    pub(super) fn show_no_room(&mut self) {
        self.show(match self.rooms.are_several() {
            true => Item::NotThere { room: self.rooms.current().name.clone() },
            false => Item::NoRoom,
        });
    }

    /// Tells how to go back into the current room.
    pub(super) fn tell_put_out(&mut self) {
        self.show_put_out(self.rooms.current().id);
    }

    pub(super) fn show_put_out(&mut self, room: RoomId) {
        let Some(view) = self.rooms.get_mut(room) else { return };
        let (room, is_banned) = (view.name.clone(), std::mem::take(&mut view.is_banned));
        self.show(if is_banned { Item::BannedOut { room } } else { Item::PutOut { room } });
    }

    pub(super) fn send(&mut self, line: &Line) {
        self.output.send(line);
    }

    /// Remembers a message that is shown.
    pub(super) fn remember(&mut self, known: Remembered) {
        if let Some(room) = known.room.and_then(|room| self.rooms.get_mut(room)) {
            room.has_shown(Mark { id: known.id.clone(), at: known.at });
        }
        self.backlog.add(known);
    }

    /// What is told of a room on entering it.
    pub(super) fn show_header(&mut self, room: RoomId) {
        let Some(view) = self.rooms.get(room) else { return };
        let (people, topic) = (view.people.marked(), view.topic.clone());
        let item = match self.rooms.is_current(room) {
            true => {
                let (name, room) = (self.session.name().to_owned(), view.name.clone());
                let kept = self.session.registration.features.kept();
                Item::Header { name, room, address: self.address.clone(), kept, people }
            }
            false => Item::PeopleHere { names: people },
        };
        self.show_in(room, item);
        if let Some(topic) = topic.filter(|topic| !topic.is_empty()) {
            self.show_in(room, Item::TopicIs { topic });
        }
    }

    /// Tells the server that we are away: a new connection does not know it.
    pub(super) fn tell_away(&mut self) {
        if let Some(text) = &self.settings.away {
            self.output.send(&Line::new("AWAY").text(text));
        }
    }

    /// Tells the server that all in the room was read up to now.
    pub(super) fn mark_read(&mut self, room: RoomId, at: Option<jiff::Timestamp>) {
        let can_tell = self.session.has("draft/read-marker");
        if let (true, Some(view), Some(at)) = (can_tell, self.rooms.get_mut(room), at)
            && std::mem::take(&mut view.unread.news)
        {
            self.output.send(&Line::new("MARKREAD").param(&view.name).param(&format!("timestamp={at:.3}")));
        }
    }
}
