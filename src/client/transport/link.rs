//! The client's end of a connection: a pair of channels.
//!
//! The two threads behind them belong to the transport (as in rust-analyzer's
//! lsp-server): the owner of a [`Link`] neither reads nor writes a socket.

use super::dial::first_that_answers;
use super::encryption::Encryption;
use super::event::Event;
use crate::wire::{Framer, Limits};
use crossbeam::channel::{Receiver, Sender, bounded, never, select};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Messages received and not yet taken: past these the peer waits. A channel sets the room for
/// them aside at the start.
const COME: usize = 128;
/// Writes not yet made: past these our own writer waits.
const WAITING: usize = 1024;

/// A connection to a server.
#[derive(Debug)]
pub struct Link {
    /// Bytes to write, each item in one go.
    tx: Option<Sender<Vec<u8>>>,
    rx: Receiver<Event>,
    /// Shared with the two threads.
    socket: Arc<TcpStream>,
    is_encrypted: bool,
}

impl Link {
    /// Connects to the first address of `server` that answers.
    ///
    /// # Errors
    /// The last address's error, or `NotFound` where the name has none.
    pub fn connect(server: impl ToSocketAddrs, timeout: Duration) -> io::Result<Link> {
        first_that_answers(server, |address| {
            TcpStream::connect_timeout(&address, timeout).and_then(Link::over)
        })
    }

    /// A link over a connected socket.
    ///
    /// # Errors
    /// When the socket's options or a thread can't be had.
    pub(super) fn over(socket: TcpStream) -> io::Result<Link> {
        // Nagle and delayed ACK together cost 45 ms a line.
        socket.set_nodelay(true)?;
        let socket = Arc::new(socket);
        let (tx, outgoing) = bounded(WAITING);
        let (incoming, rx) = bounded(COME);
        let (reader, writer) = (Arc::clone(&socket), Arc::clone(&socket));
        spawn("link-read", move || read(&reader, &incoming))?;
        spawn("link-write", move || write(&writer, &outgoing))?;
        Ok(Link { tx: Some(tx), rx, socket, is_encrypted: false })
    }

    /// The same after a handshake, with what has been said since then.
    ///
    /// # Errors
    /// See [`Link::over`].
    pub(super) fn encrypted(socket: TcpStream, encryption: Encryption, early: Vec<u8>) -> io::Result<Link> {
        socket.set_nodelay(true)?;
        let socket = Arc::new(socket);
        let (tx, outgoing) = bounded(WAITING);
        let (incoming, rx) = bounded(COME);
        let (owe, owed) = bounded(1);
        // Locked for as long as it takes to encrypt or decrypt, never while a socket is waited for.
        let encryption = Arc::new(Mutex::new(encryption));
        let reader = Encrypted { socket: Arc::clone(&socket), encryption: Arc::clone(&encryption) };
        let writer = Encrypted { socket: Arc::clone(&socket), encryption };
        spawn("link-read", move || reader.read(&early, &owe, &incoming))?;
        spawn("link-write", move || writer.write(&outgoing, owed))?;
        Ok(Link { tx: Some(tx), rx, socket, is_encrypted: true })
    }

    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// Queues bytes; false where the connection is over. Blocks while
    /// more than a thousand writes wait.
    pub fn send(&self, bytes: Vec<u8>) -> bool {
        self.tx.as_ref().is_some_and(|tx| tx.send(bytes).is_ok())
    }

    /// Whether so many writes wait that another one would wait for them: the peer takes nothing.
    pub fn is_full(&self) -> bool {
        self.tx.as_ref().is_some_and(Sender::is_full)
    }

    /// What has come, for `select!`.
    pub fn events(&self) -> &Receiver<Event> {
        &self.rx
    }

    /// The next event, or None at the deadline.
    pub fn next(&self, deadline: Instant) -> Option<Event> {
        match self.rx.recv_deadline(deadline) {
            Ok(event) => Some(event),
            Err(error) if error.is_timeout() => None,
            Err(_) => Some(Event::Closed(None)),
        }
    }

    /// Sends what is queued and then the end of the stream; reading goes on.
    pub fn finish(&mut self) {
        self.tx = None;
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // The reader is blocked in `read`: only this wakes it. What is queued
        // may be lost, unless `finish` was called and all read to the end.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

fn read(mut socket: &TcpStream, incoming: &Sender<Event>) {
    let mut framer = Framer::new(Limits::FROM_SERVER);
    let mut buffer = vec![0; 16 * 1024];
    let end = loop {
        let count = match socket.read(&mut buffer) {
            Ok(0) => break None,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => break Some(error),
        };
        let mut listening = true;
        framer.feed(&buffer[..count], |frame| listening &= incoming.send(Event::of(&frame)).is_ok());
        if !listening {
            return;
        }
    };
    let _ = incoming.send(Event::Closed(end));
}

fn write(mut socket: &TcpStream, outgoing: &Receiver<Vec<u8>>) {
    for bytes in outgoing {
        if socket.write_all(&bytes).is_err() {
            // The reader tells why; senders see the channel closed.
            return;
        }
    }
    let _ = socket.shutdown(Shutdown::Write);
}

/// What the two threads of an encrypted link share. One of them writes, so records leave in the
/// order in which they were made.
struct Encrypted {
    socket: Arc<TcpStream>,
    encryption: Arc<Mutex<Encryption>>,
}

impl Encrypted {
    fn lock(&self) -> MutexGuard<'_, Encryption> {
        self.encryption.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `owe` wakes the writer for what TLS itself answers.
    fn read(&self, early: &[u8], owe: &Sender<()>, incoming: &Sender<Event>) {
        let mut framer = Framer::new(Limits::FROM_SERVER);
        let mut listening = true;
        framer.feed(early, |frame| listening &= incoming.send(Event::of(&frame)).is_ok());
        let mut buffer = vec![0; 16 * 1024];
        let end = loop {
            let count = match (&*self.socket).read(&mut buffer) {
                // Many servers end without close_notify. What is lost where somebody else cut the
                // stream is at most a line without its end, which counts for nothing.
                Ok(0) => break None,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => break Some(error),
            };
            let mut plain = Vec::new();
            let mut encryption = self.lock();
            let received = encryption.receive(&buffer[..count], &mut plain);
            let (owes, has_ended) = (encryption.owes(), encryption.has_ended());
            drop(encryption);
            if owes {
                // Where that is full, the writer is about to be woken.
                let _ = owe.try_send(());
            }
            framer.feed(&plain, |frame| listening &= incoming.send(Event::of(&frame)).is_ok());
            match received {
                _ if !listening => return,
                Err(error) => break Some(error),
                Ok(()) if has_ended => break None,
                Ok(()) => {}
            }
        };
        let _ = incoming.send(Event::Closed(end));
    }

    fn write(&self, outgoing: &Receiver<Vec<u8>>, mut owed: Receiver<()>) {
        let mut goes_on = true;
        while goes_on {
            let mut sealed = Vec::new();
            let said = select! {
                recv(outgoing) -> bytes => match bytes {
                    Ok(bytes) => self.lock().say(&bytes, &mut sealed),
                    Err(_) => {
                        self.lock().end(&mut sealed);
                        goes_on = false;
                        Ok(())
                    }
                },
                recv(owed) -> owes => {
                    if owes.is_err() {
                        owed = never();
                    }
                    self.lock().take(&mut sealed);
                    Ok(())
                }
            };
            if said.is_err() || (&*self.socket).write_all(&sealed).is_err() {
                // The reader tells why; senders see the channel closed.
                return;
            }
        }
        let _ = self.socket.shutdown(Shutdown::Write);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    /// Lines go both ways, and the answer is read after `finish`.
    #[test]
    fn reads_on_after_finish() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut heard = String::new();
            socket.read_to_string(&mut heard).unwrap();
            socket.write_all(format!("ECHO :{}\r\n", heard.trim()).as_bytes()).unwrap();
        });
        let mut link = Link::connect(address, Duration::from_secs(5)).unwrap();
        assert!(link.send("哈囉\r\n".into()));
        link.finish();
        assert!(matches!(link.next(soon()), Some(Event::Message(m)) if m.last() == Some("哈囉")));
        assert!(matches!(link.next(soon()), Some(Event::Closed(None))));
        server.join().unwrap();
    }
}
