//! Connecting to a server of which it is not known whether it encrypts.
//!
//! TLS comes first. That the server does without is shown by what it does, never by its silence
//! alone: a first byte that begins no TLS record, an end after our hello, or, where it is silent,
//! its answer to a second connection that asks as IRC clients do. Otherwise whoever delays the
//! first packet could strip the encryption.

use super::dial::first_that_answers;
use super::encryption::{Encryption, Peer};
use super::link::Link;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// How long one address of the server may take to be connected to.
const CONNECT: Duration = Duration::from_secs(20);
/// How long a server may take for the handshake, once it has begun.
const HANDSHAKE: Duration = Duration::from_secs(20);
/// After so long without a byte, a second connection asks without TLS.
const SILENCE: Duration = Duration::from_secs(2);
/// After so long without a byte the person is told.
const TELL: Duration = Duration::from_secs(5);
/// After so long without a byte it is given up.
const GIVE_UP: Duration = Duration::from_secs(60);
/// Two connections are looked at in turn, each for so long.
const LOOK: Duration = Duration::from_millis(20);
/// Bytes of what a server says that does not encrypt.
const FIRST_WORDS: usize = 512;

/// How a connection is to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    Plain,
    /// Encrypted, or plain where the server shows that it does not encrypt.
    Either,
    Encrypted,
}

/// A connection, of which nothing is known but this.
#[derive(Debug)]
pub struct Connected {
    pub link: Link,
    /// Where it is encrypted.
    pub peer: Option<Peer>,
    pub address: IpAddr,
}

/// Why there is none.
#[derive(Debug)]
pub enum ConnectError {
    Io(io::Error),
    /// It was to be encrypted, and the server answers without; its first line.
    NotEncrypted {
        says: String,
    },
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> ConnectError {
        ConnectError::Io(error)
    }
}

/// Connects to the first address of the server that answers. `tell` is called once where it says
/// nothing for a while.
///
/// # Errors
/// The last address's, or why the connection can't be what it is to be.
pub fn connect(server: (&str, u16), begin: Begin, tell: impl Fn()) -> Result<Connected, ConnectError> {
    let dial = |address| TcpStream::connect_timeout(&address, CONNECT).map(|socket| (socket, address));
    let (socket, address) = first_that_answers(server, dial)?;
    let plain = |socket| -> Result<Connected, ConnectError> {
        Ok(Connected { link: Link::over(socket)?, peer: None, address: address.ip() })
    };
    if begin == Begin::Plain {
        return plain(socket);
    }
    let mut encryption = Encryption::new(server.0, address.ip())?;
    match first_byte(&socket, &mut encryption, address, begin, tell)? {
        Answer::Tls => {
            let early = shake_hands(&socket, &mut encryption)?;
            let peer = encryption.peer(!address.ip().to_canonical().is_loopback())?;
            let link = Link::encrypted(socket, encryption, early)?;
            Ok(Connected { link, peer: Some(peer), address: address.ip() })
        }
        Answer::Plain { .. } | Answer::Closed if begin == Begin::Either => {
            // The first one has said hello already, which is no line of IRC.
            drop(socket);
            plain(dial(address)?.0)
        }
        Answer::Plain { says } => Err(ConnectError::NotEncrypted { says }),
        // As whatever stands before a server does that is being restarted.
        Answer::Closed => Err(io::Error::from(io::ErrorKind::ConnectionReset).into()),
    }
}

/// What a server does that was greeted in TLS.
enum Answer {
    Tls,
    Plain {
        says: String,
    },
    /// It ends the connection without a word.
    Closed,
}

fn first_byte(
    socket: &TcpStream,
    encryption: &mut Encryption,
    address: SocketAddr,
    begin: Begin,
    tell: impl Fn(),
) -> io::Result<Answer> {
    socket.set_nodelay(true)?;
    socket.set_write_timeout(Some(HANDSHAKE))?;
    let started = Instant::now();
    if flush(socket, encryption).is_err() {
        return Ok(Answer::Closed);
    }
    let (mut is_told, mut other, mut has_asked) = (false, None, begin == Begin::Encrypted);
    loop {
        match peek(socket)? {
            Look::Nothing => {}
            Look::End => return Ok(Answer::Closed),
            Look::Bytes(bytes) if begins_record(&bytes) => return Ok(Answer::Tls),
            Look::Bytes(_) => return Ok(Answer::Plain { says: first_words(socket) }),
        }
        if let Some(asked) = &other {
            match peek(asked) {
                Ok(Look::Nothing) => {}
                Ok(Look::Bytes(_)) => return Ok(Answer::Plain { says: String::new() }),
                Ok(Look::End) | Err(_) => other = None,
            }
        }
        let waited = started.elapsed();
        if waited >= SILENCE && !std::mem::replace(&mut has_asked, true) {
            other = ask(address).ok();
        }
        if waited >= TELL && !std::mem::replace(&mut is_told, true) {
            tell();
        }
        if waited >= GIVE_UP {
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
}

/// A second connection, which asks as an IRC client does. A server that knows no CAP says nothing
/// to it, but something to PING, if only that one is not registered.
fn ask(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpStream::connect_timeout(&address, CONNECT)?;
    socket.set_write_timeout(Some(HANDSHAKE))?;
    (&socket).write_all(b"CAP LS 302\r\nPING roomchat\r\n")?;
    Ok(socket)
}

enum Look {
    Nothing,
    Bytes(Vec<u8>),
    End,
}

/// What has come, which stays in the socket.
fn peek(socket: &TcpStream) -> io::Result<Look> {
    let mut bytes = [0; FIRST_WORDS];
    socket.set_read_timeout(Some(LOOK))?;
    match socket.peek(&mut bytes) {
        Ok(0) => Ok(Look::End),
        Ok(count) => Ok(Look::Bytes(bytes[..count].to_vec())),
        Err(error) if is_late(&error) || error.kind() == io::ErrorKind::Interrupted => Ok(Look::Nothing),
        Err(error) if is_over(&error) => Ok(Look::End),
        Err(error) => Err(error),
    }
}

/// Types of a record (RFC 8446, 5.1; RFC 6520): no text begins with them.
fn begins_record(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| (20..=24).contains(first))
}

/// The first line of a server that does not encrypt, as far as it comes soon.
fn first_words(socket: &TcpStream) -> String {
    let until = Instant::now() + SILENCE;
    let mut bytes = Vec::new();
    while !bytes.contains(&b'\n') && bytes.len() < FIRST_WORDS && Instant::now() < until {
        let mut more = [0; FIRST_WORDS];
        match (&*socket).read(&mut more) {
            Ok(count @ 1..) => bytes.extend_from_slice(&more[..count]),
            Err(error) if is_late(&error) => {}
            Ok(_) | Err(_) => break,
        }
    }
    String::from_utf8_lossy(&bytes).lines().next().unwrap_or_default().to_owned()
}

/// Finishes the handshake; what the server has said with its last part.
fn shake_hands(socket: &TcpStream, encryption: &mut Encryption) -> io::Result<Vec<u8>> {
    let until = Instant::now() + HANDSHAKE;
    let mut early = Vec::new();
    let mut buffer = [0; 4096];
    while encryption.is_handshaking() {
        flush(socket, encryption)?;
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        socket.set_read_timeout(Some(left))?;
        let count = match (&*socket).read(&mut buffer) {
            Ok(0) => return Err(io::ErrorKind::ConnectionReset.into()),
            Ok(count) => count,
            Err(error) if is_late(&error) => return Err(io::ErrorKind::TimedOut.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let received = encryption.receive(&buffer[..count], &mut early);
        if received.is_err() {
            // The alert tells the server why.
            let _ = flush(socket, encryption);
        }
        received?;
    }
    flush(socket, encryption)?;
    socket.set_read_timeout(None)?;
    socket.set_write_timeout(None)?;
    Ok(early)
}

fn flush(mut socket: &TcpStream, encryption: &mut Encryption) -> io::Result<()> {
    let mut sealed = Vec::new();
    encryption.take(&mut sealed);
    socket.write_all(&sealed)
}

/// Whether nothing has come in the time that was set.
fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// Whether the other end has closed the connection, in whatever way.
fn is_over(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(error.kind(), ConnectionReset | ConnectionAborted | BrokenPipe)
}
