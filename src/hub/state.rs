//! Everything that a hub knows. One thread owns it, so it needs no lock.

use super::audience::{FanOut, Readers};
use super::config::{Config, SERVER_NAME_BYTES};
use super::guesses::Guesses;
use super::ids::{Origin, SessionId};
use super::lookup::Redacted;
use super::monitor::Monitors;
use super::names_cache::NamesCache;
use super::rate_limit::{Penalties, TokenBucket};
use super::reply::{BatchIds, ResponseBuffer};
use super::session::Session;
use super::silent::Silent;
use super::time::Now;
use super::timers::{Alarm, Timers};
use super::words::word;
use super::work::{Budget, Meter};
use crate::chat::empty_rooms::MessagesKept;
use crate::chat::history::Keep;
use crate::chat::kept::{RESERVED, Restored};
use crate::chat::{Events, History, Lobby, Log, Nonce, Record, RoomKey, Seq};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug)]
pub(super) struct State {
    pub(super) config: Config,
    pub(super) log: Log,
    /// The log's uptime before this start.
    pub(super) uptime_before: Duration,
    /// Entries may have numbers up to this one, as far as the disk is concerned.
    pub(super) reserved: Seq,
    pub(super) lobby: Lobby,
    /// The past of the rooms in the lobby.
    pub(super) history: History,
    /// Questions to the disk so far, for their numbers.
    pub(super) lookups: u64,
    pub(super) redacted: Redacted,
    /// Nothing can be kept now.
    pub(super) is_full: bool,
    /// The number of the last entry before that.
    pub(super) full_since: Seq,
    /// Rooms that have ended since then, and whose rows are still on disk.
    pub(super) ended_unkept: Vec<RoomKey>,
    /// Rooms whose past is on disk alone, with the sessions that wait for its last page.
    pub(super) unloaded: BTreeMap<RoomKey, Vec<SessionId>>,
    /// Indexed by connection number.
    pub(super) sessions: Vec<Option<Session>>,
    pub(super) readers: Readers,
    pub(super) names: NamesCache,
    pub(super) timers: Timers,
    /// When delayed lines go on: at most one alarm for each session.
    pub(super) delays: Timers,
    /// Sessions that have had their slice and go on in a later round, with their generations, first
    /// come first served. Each is in it once; entries of sessions that are gone are skipped later.
    pub(super) ready: VecDeque<(SessionId, u32)>,
    pub(super) work: Meter,
    /// The budget of the round in which connections are heard.
    pub(super) round: Budget,
    pub(super) penalties: Penalties,
    pub(super) monitors: Monitors,
    pub(super) silent: Silent,
    pub(super) guesses: Guesses,
    pub(super) batch_ids: BatchIds,
    /// Password checks asked for so far, for their numbers.
    pub(super) checks: u64,
    generation: u32,
    /// The number of open connections.
    pub(super) connections: usize,
    /// Connections that were closed after their socket had ended, to be forgotten before the call
    /// returns; empty between calls.
    pub(super) closed_when_gone: Vec<SessionId>,
    pub(super) most_users: usize,
    pub(super) fan_out: FanOut,
    // Buffers that keep their memory from call to call; empty between calls.
    pub(super) reply: ResponseBuffer,
    pub(super) events: Events,
}

impl State {
    pub(super) fn new(mut config: Config, restored: Option<&Restored>) -> State {
        config.server_name = word(&config.server_name, SERVER_NAME_BYTES);
        let keep = Keep {
            messages: config.history,
            bytes: config.history_bytes,
            bytes_in_all: config.history_bytes_in_all,
        };
        let first = config.first_room.clone();
        let messages_kept = match (config.history, config.persists) {
            (0, _) => MessagesKept::Nowhere,
            (_, true) => MessagesKept::OnDisk,
            (_, false) => MessagesKept::InMemory,
        };
        let (lobby, last) = match restored {
            Some(restored) => {
                let lobby = Lobby::restored(restored, first, config.created_us, messages_kept);
                (lobby, restored.last)
            }
            None => {
                let nonce = Nonce::new(&config.nonce);
                (Lobby::new(nonce, first, config.created_us, messages_kept), Seq::default())
            }
        };
        let rooms = restored.into_iter().flat_map(|restored| &restored.rooms);
        let unloaded = rooms.map(|state| (state.room.clone(), Vec::new())).collect();
        let first = lobby.room_key(lobby.first_room).expect("the first room is always there");
        let penalties = Penalties::new(config.messages_a_second);
        State {
            config,
            log: Log::after(lobby.nonce.clone(), last),
            uptime_before: restored.map_or(Duration::ZERO, |restored| restored.uptime),
            reserved: Seq(last.0.saturating_add(RESERVED)),
            lobby,
            history: History::new(keep, first),
            unloaded,
            lookups: 0,
            redacted: Redacted::default(),
            is_full: false,
            full_since: Seq::default(),
            ended_unkept: Vec::new(),
            sessions: Vec::new(),
            readers: Readers::default(),
            names: NamesCache::default(),
            timers: Timers::default(),
            delays: Timers::default(),
            ready: VecDeque::new(),
            work: Meter::default(),
            round: Meter::default().round(),
            penalties,
            monitors: Monitors::default(),
            silent: Silent::default(),
            guesses: Guesses::default(),
            batch_ids: BatchIds::default(),
            checks: 0,
            generation: 0,
            connections: 0,
            closed_when_gone: Vec::new(),
            most_users: 0,
            fan_out: FanOut::default(),
            reply: ResponseBuffer::default(),
            events: Events::default(),
        }
    }

    /// A connection was accepted.
    pub(super) fn open(&mut self, id: SessionId, from: Origin, now: Now) {
        if self.sessions.len() <= id.index() {
            self.sessions.resize_with(id.index() + 1, || None);
        }
        self.generation = self.generation.wrapping_add(1);
        let owed_until = self.penalties.inherited(from.address.ip(), now.uptime);
        let bucket = TokenBucket::new(self.config.messages_a_second, owed_until);
        let opened = Session::new(from, now.uptime, self.generation, bucket);
        if let Some(at) = opened.deadline() {
            self.timers.arm(Alarm { at, session: id, generation: self.generation });
        }
        self.connections += usize::from(self.sessions[id.index()].replace(opened).is_none());
    }

    /// A connection, if it is open.
    pub(super) fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(id.index())?.as_ref()
    }

    pub(super) fn session_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        self.sessions.get_mut(id.index())?.as_mut()
    }

    /// Forgets a connection. Its number may be used again.
    pub(super) fn take_session(&mut self, id: SessionId) -> Option<Session> {
        let session = self.sessions.get_mut(id.index())?.take();
        self.connections -= usize::from(session.is_some());
        session
    }

    /// Pays for the next line of a session, or gives the uptime until which it waits. A line that
    /// waits for its address is reserved once, and is paid when this is called again.
    pub(super) fn pay(&mut self, id: SessionId, cost: u32, now: Duration) -> Result<(), Duration> {
        let Some(Some(session)) = self.sessions.get_mut(id.index()) else { return Ok(()) };
        if !session.bucket.is_limited() {
            return Ok(());
        }
        let reserved = session.few.as_mut().and_then(|few| few.lines.reserved.take());
        let at = match reserved {
            Some(at) => at,
            None => {
                session.bucket.spend(cost, now)?;
                let price = session.bucket.price(cost);
                if session.has_left() {
                    self.penalties.leave(session.from.ip(), price, now);
                }
                // The shared limit does not apply before registration: nobody else is told of those
                // lines, and whoever is slow there is closed.
                if cost == 0 || session.user().is_none() {
                    return Ok(());
                }
                let of_address = self.penalties.reserve(session.from.ip(), price, now);
                session.bucket.guarantee(price, of_address, now)
            }
        };
        if at > now {
            session.few().lines.reserved = Some(at);
            return Err(at);
        }
        Ok(())
    }

    /// Lets the address of a session that ends pay for its next line, as far as it may owe that:
    /// then the line does not wait. What was reserved is lent as well, since the line goes before
    /// those of others that had to wait as long.
    pub(super) fn lend(&mut self, id: SessionId, cost: u32, now: Duration) -> bool {
        let Some(Some(session)) = self.sessions.get_mut(id.index()) else { return false };
        let (from, price) = (session.from.ip(), session.bucket.price(cost));
        let reserved = session.few.as_ref().and_then(|few| few.lines.reserved);
        let may = reserved.is_some_and(|at| at <= now) || self.penalties.lend(from, price, now);
        if may && reserved.is_some() {
            session.few().lines.reserved = None;
        } else if may {
            self.penalties.share(from, price, now);
        }
        may
    }

    /// The last page of a room has come: those who wait for it go on.
    pub(super) fn add_page(&mut self, room: &RoomKey, records: &[Arc<Record>]) {
        if self.unloaded.contains_key(room) {
            self.history.add_page(room, records);
            self.end_wait_for_page(room);
        }
    }

    /// Those who wait for the last page of a room go on: it is here, or the room has ended.
    pub(super) fn end_wait_for_page(&mut self, room: &RoomKey) {
        for id in self.unloaded.remove(room).unwrap_or_default() {
            // The number may be that of another session by now.
            let few = self.session_mut(id).and_then(|session| session.few.as_mut());
            if few.is_some_and(|few| few.lines.end_wait_for_page(room)) {
                self.make_ready(id);
            }
        }
    }

    /// Puts a session into the queue of those that go on in a later round.
    pub(super) fn make_ready(&mut self, id: SessionId) {
        let Some(session) = self.session_mut(id) else { return };
        let generation = session.generation;
        if !std::mem::replace(&mut session.few().lines.is_ready, true) {
            self.ready.push_back((id, generation));
        }
    }
}
