//! The odd server: it lets people in, or not, as the plan of an episode says, and keeps
//! what was said in each room.

use super::visit::Visit;
use std::collections::{BTreeSet, VecDeque};
use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How the server treats one connection until somebody is in the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Door {
    Open,
    /// This many names are refused with this numeric.
    Name(&'static str, usize),
    /// The room is refused with this numeric.
    Room(&'static str),
    /// 470, and the JOIN of another room.
    Forward,
    /// These bytes come first, and then nothing.
    Banner(&'static [u8]),
    Silence,
    /// Closed as soon as the greeting is there.
    Closes,
    Error,
}

/// How the server answers people who are in the room.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// What is said is echoed, with the label where it has one.
    pub(super) echoes: bool,
    /// PONG carries the token of its PING.
    pub(super) token: bool,
    /// Each answer waits so long.
    pub(super) slow: Duration,
    /// The room refuses what is said (404).
    pub(super) mute: bool,
}

impl Manner {
    pub(super) const GOOD: Manner = Manner { echoes: true, token: true, slow: Duration::ZERO, mute: false };
}

/// How a connection is lost.
#[derive(Debug, Clone, Copy)]
pub(super) enum Loss {
    Orderly,
    /// ERROR, and then the end.
    Told,
    Reset,
    /// Nothing is answered any more, and nothing is closed.
    Silent,
}

/// What an episode's server is, whatever its mood.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub(super) capabilities: &'static str,
    /// Bytes of a name; names of more than twenty columns are never taken.
    pub(super) name_bytes: usize,
}

pub(super) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) kind: Kind,
    pub(super) state: Mutex<State>,
    pub(super) changed: Condvar,
}

pub(super) struct State {
    pub(super) manner: Manner,
    /// For the next connections; then they are open.
    pub(super) doors: VecDeque<Door>,
    /// The next room that is asked for is refused with this numeric.
    pub(super) refusal: Option<&'static str>,
    /// All that was said in rooms, in order.
    pub(super) said: Vec<Said>,
    /// The last connection.
    pub(super) up: Option<Up>,
    /// Connections so far.
    pub(super) connections: usize,
    /// Somebody has been in a room.
    pub(super) entered: bool,
    /// Connections that are read at this moment.
    pub(super) readers: usize,
    /// What is slow waits no more.
    pub(super) well: bool,
    pub(super) over: bool,
}

/// Something that was said in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) room: String,
    pub(super) text: String,
}

pub(super) struct Up {
    pub(super) socket: TcpStream,
    pub(super) number: usize,
    pub(super) name: String,
    /// Where he is.
    pub(super) rooms: BTreeSet<String>,
    pub(super) silent: bool,
}

impl Server {
    pub(super) fn start(kind: Kind, doors: Vec<Door>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = State {
            manner: Manner::GOOD,
            doors: doors.into(),
            refusal: None,
            said: Vec::new(),
            up: None,
            connections: 0,
            entered: false,
            readers: 0,
            well: false,
            over: false,
        };
        let shared = Arc::new(Shared { kind, state: Mutex::new(state), changed: Condvar::new() });
        let server = Server { address, shared: Arc::clone(&shared) };
        thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let Some(visit) = Visit::begin(&shared, socket) else {
                    return;
                };
                thread::spawn(move || visit.run());
            }
        });
        server
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn behave(&self, manner: Manner) {
        self.state().manner = manner;
    }

    /// The next room that is asked for is refused.
    pub(super) fn refuse(&self, numeric: &'static str) {
        self.state().refusal = Some(numeric);
    }

    /// The next connections are treated so.
    pub(super) fn arrange(&self, doors: &[Door]) {
        self.state().doors = doors.to_vec().into();
    }

    /// From now on everybody is let in and answered at once; connections that are good for
    /// nothing are closed.
    pub(super) fn get_well(&self) {
        let mut state = self.state();
        state.manner = Manner::GOOD;
        state.doors.clear();
        state.refusal = None;
        state.well = true;
        if state.up.as_ref().is_some_and(|up| up.silent || up.rooms.is_empty()) {
            state.close();
        }
        drop(state);
        self.shared.changed.notify_all();
    }

    pub(super) fn lose(&self, how: Loss) {
        let mut state = self.state();
        let Some(up) = &mut state.up else {
            return;
        };
        up.rooms.clear();
        match how {
            Loss::Orderly => state.close(),
            Loss::Told => {
                up.send("ERROR :Closing link: (storm)\n");
                state.close();
            }
            Loss::Reset => {
                // A lingering of nothing ends a connection by RST.
                let _ = socket2::SockRef::from(&up.socket).set_linger(Some(Duration::ZERO));
                state.close();
            }
            Loss::Silent => up.silent = true,
        }
    }

    /// Sends a line to somebody who is in a room.
    pub(super) fn tell(&self, line: &[u8]) {
        if let Some(up) = self.state().up.as_mut().filter(|up| !up.rooms.is_empty()) {
            up.send_bytes(line);
        }
    }

    /// Somebody says this in one of the rooms; its name and the number of the connection.
    pub(super) fn tell_room(&self, which: usize, text: &str) -> Option<(String, usize)> {
        let mut state = self.state();
        let up = state.up.as_mut()?;
        let room = up.room(which)?;
        let line = format!(":ada!u@h PRIVMSG {room} :{text}\r\n");
        up.send_bytes(line.as_bytes()).then_some((room, up.number))
    }

    /// Somebody is put out of one of the rooms.
    pub(super) fn kick(&self, which: usize) {
        let mut state = self.state();
        if let Some(up) = state.up.as_mut()
            && let Some(room) = up.room(which)
        {
            up.rooms.remove(&room);
            let line = format!(":ada!u@h KICK {room} {} :storm\n", up.name);
            up.send(&line);
        }
    }

    /// Whether this connection is in this room.
    pub(super) fn is_inside(&self, number: usize, room: &str) -> bool {
        self.state().up.as_ref().is_some_and(|up| up.number == number && up.rooms.contains(room))
    }

    /// Whether somebody has ever been in a room.
    pub(super) fn was_entered(&self) -> bool {
        self.state().entered
    }

    /// Waits a while for somebody in the room.
    pub(super) fn is_entered_within(&self, time: Duration) {
        let outside = |state: &mut State| state.up.as_ref().is_none_or(|up| up.rooms.is_empty());
        drop(self.shared.changed.wait_timeout_while(self.state(), time, outside).unwrap());
    }

    pub(super) fn said(&self) -> Vec<Said> {
        self.state().said.clone()
    }

    /// Whether this became true of all that was said, in this time.
    pub(super) fn within(&self, time: Duration, mut satisfied: impl FnMut(&[Said]) -> bool) -> bool {
        let waiting = |state: &mut State| !satisfied(&state.said);
        let (state, late) = self.shared.changed.wait_timeout_while(self.state(), time, waiting).unwrap();
        drop(state);
        !late.timed_out()
    }

    /// Waits until all that was sent here has been read, where its senders are gone; nothing is
    /// slow any more.
    pub(super) fn has_read(&self, time: Duration) {
        self.state().well = true;
        self.shared.changed.notify_all();
        let waiting = |state: &mut State| state.readers > 0;
        drop(self.shared.changed.wait_timeout_while(self.state(), time, waiting).unwrap());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Also where the test is over because something has failed.
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.over, state.well) = (true, true);
        state.close();
        drop(state);
        self.shared.changed.notify_all();
        // The listener looks whether it is over when somebody comes.
        let _ = TcpStream::connect(self.address);
    }
}

impl State {
    pub(super) fn close(&mut self) {
        if let Some(up) = self.up.take() {
            let _ = up.socket.shutdown(Shutdown::Both);
        }
    }
}

impl Up {
    /// One of the rooms, whatever the number.
    fn room(&self, which: usize) -> Option<String> {
        self.rooms.iter().nth(which.checked_rem(self.rooms.len())?).cloned()
    }

    pub(super) fn send(&mut self, lines: &str) {
        self.send_bytes(lines.replace('\n', "\r\n").as_bytes());
    }

    /// Whether it could be sent.
    pub(super) fn send_bytes(&mut self, bytes: &[u8]) -> bool {
        !self.silent && self.socket.write_all(bytes).is_ok()
    }
}
