//! A wire between `join` and a real server that the test can cut.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// Carries one connection after another.
pub(super) struct Relay {
    pub(super) address: SocketAddr,
    state: Arc<(Mutex<State>, Condvar)>,
}

struct State {
    /// Connections are carried; else they wait.
    open: bool,
    /// What the server says is thrown away.
    deaf: bool,
    /// What the client says is thrown away.
    mute: bool,
    /// Both ends of the connection that is carried.
    ends: Vec<TcpStream>,
}

impl Relay {
    pub(super) fn to(server: SocketAddr) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { open: true, deaf: false, mute: false, ends: Vec::new() };
        let state = Arc::new((Mutex::new(state), Condvar::new()));
        let relay = Relay { address, state: Arc::clone(&state) };
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let lock = state.0.lock().unwrap();
                let mut carried = state.1.wait_while(lock, |state| !state.open).unwrap();
                let server = TcpStream::connect(server).unwrap();
                (carried.deaf, carried.mute) = (false, false);
                carried.ends = vec![client.try_clone().unwrap(), server.try_clone().unwrap()];
                drop(carried);
                let (to, from) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let (up, down) = (Arc::clone(&state), Arc::clone(&state));
                thread::spawn(move || carry(from, to, |state| state.mute, &up));
                thread::spawn(move || carry(server, client, |state| state.deaf, &down));
            }
        });
        relay
    }

    /// From now on nothing that the server says arrives.
    pub(super) fn deafen(&self) {
        self.state.0.lock().unwrap().deaf = true;
    }

    /// From now on nothing that the client says arrives.
    pub(super) fn mute(&self) {
        self.state.0.lock().unwrap().mute = true;
    }

    /// Ends the connection; another has to wait.
    pub(super) fn cut(&self) {
        let mut state = self.state.0.lock().unwrap();
        state.open = false;
        for end in state.ends.drain(..) {
            // The other side may have ended it.
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    pub(super) fn mend(&self) {
        self.state.0.lock().unwrap().open = true;
        self.state.1.notify_all();
    }
}

fn carry(
    mut from: TcpStream,
    mut to: TcpStream,
    is_lost: fn(&State) -> bool,
    state: &(Mutex<State>, Condvar),
) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let lost = is_lost(&state.0.lock().unwrap());
        if !lost && to.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
