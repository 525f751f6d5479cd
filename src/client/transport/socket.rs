//! A socket that never blocks, with the line that has begun to come and the bytes
//! that it has not taken yet.

use super::encryption::Encryption;
use crate::wire::{Frame, Framer, Limits};
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::time::Duration;

/// Bytes that one read may bring.
pub const READ_BYTES: usize = 64 * 1024;

/// Connections that one poll tells of.
pub const POLL_EVENTS: usize = 1024;

const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);

#[derive(Debug)]
pub struct Socket {
    /// None once it is closed.
    stream: Option<TcpStream>,
    framer: Framer,
    /// Not yet taken by the system; its owner bounds it by [`Socket::owed`].
    out: Vec<u8>,
    /// Where it is encrypted.
    encryption: Option<Box<Encryption>>,
}

/// What a read found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// So many bytes; there may be more.
    Some(usize),
    /// Nothing, for now.
    Nothing,
    End,
}

/// One that is closed.
impl Default for Socket {
    fn default() -> Socket {
        Socket { stream: None, framer: Framer::new(Limits::FROM_SERVER), out: Vec::new(), encryption: None }
    }
}

impl Socket {
    /// Connects, for at most so long; `small`: with a receive buffer of about so many bytes.
    ///
    /// # Errors
    /// When the address does not answer, or the socket's options can't be had.
    pub fn connect(address: SocketAddr, timeout: Duration, small: Option<usize>) -> io::Result<Socket> {
        let socket = raw(address, small)?;
        socket.connect_timeout(&address.into(), timeout)?;
        socket.set_nonblocking(true)?;
        Socket::over(TcpStream::from_std(socket.into()))
    }

    /// Begins to connect; that it failed is found by a read.
    ///
    /// # Errors
    /// When it can't even begin.
    pub fn begin(address: SocketAddr, small: Option<usize>) -> io::Result<Socket> {
        if small.is_none() {
            return Socket::over(TcpStream::connect(address)?);
        }
        let socket = raw(address, small)?;
        socket.set_nonblocking(true)?;
        match socket.connect(&address.into()) {
            Err(error) if !is_under_way(&error) => Err(error),
            _ => Socket::over(TcpStream::from_std(socket.into())),
        }
    }

    fn over(stream: TcpStream) -> io::Result<Socket> {
        // Nagle and delayed ACK together cost 45 ms a line.
        stream.set_nodelay(true)?;
        Ok(Socket { stream: Some(stream), ..Socket::default() })
    }

    /// Begins with a handshake, before anything is said. Whatever key the server has is taken: what
    /// is tested is the server, and by somebody who knows it.
    ///
    /// # Errors
    /// Where there can be no encryption.
    pub fn encrypt(&mut self, server: IpAddr) -> io::Result<()> {
        let mut encryption = Encryption::new(&server.to_string(), server)?;
        encryption.take(&mut self.out);
        self.encryption = Some(Box::new(encryption));
        Ok(())
    }

    /// # Errors
    /// When the system can't watch it.
    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.stream.as_mut().map_or(Ok(()), |stream| registry.register(stream, token, BOTH))
    }

    /// Lets the next poll tell again of what has come already.
    ///
    /// # Errors
    /// When the system can't watch it.
    pub fn register_again(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.stream.as_mut().map_or(Ok(()), |stream| registry.reregister(stream, token, BOTH))
    }

    pub fn is_open(&self) -> bool {
        self.stream.is_some()
    }

    /// Bytes that the system has not taken yet.
    pub fn owed(&self) -> usize {
        self.out.len()
    }

    /// Queues bytes for the next [`Socket::flush`], where it is open.
    pub fn queue(&mut self, bytes: &[u8]) {
        if !self.is_open() {
            return;
        }
        match &mut self.encryption {
            // Fails only where it is over, which the next read finds.
            Some(encryption) => drop(encryption.say(bytes, &mut self.out)),
            None => self.out.extend_from_slice(bytes),
        }
    }

    /// Gives the system what it takes. What goes wrong is found by the next read.
    pub fn flush(&mut self) {
        let Some(stream) = &mut self.stream else { return self.out.clear() };
        while !self.out.is_empty() {
            match stream.write(&self.out) {
                Ok(count) => drop(self.out.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    /// Reads once; each line that it completes goes to `each`.
    ///
    /// # Errors
    /// When the connection ended otherwise than in order.
    pub fn read(&mut self, buffer: &mut [u8], each: impl FnMut(Frame<'_>)) -> io::Result<Found> {
        let Some(stream) = &mut self.stream else { return Ok(Found::Nothing) };
        match stream.read(buffer) {
            Ok(0) => Ok(Found::End),
            Ok(count) if self.encryption.is_some() => self.decrypt(&buffer[..count], each),
            Ok(count) => {
                self.framer.feed(&buffer[..count], each);
                Ok(Found::Some(count))
            }
            Err(error) => match error.kind() {
                // NotConnected: it is still being connected.
                io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected => Ok(Found::Nothing),
                io::ErrorKind::Interrupted => Ok(Found::Some(0)),
                _ => Err(error),
            },
        }
    }

    /// # Errors
    /// Where the server breaks the protocol of encryption.
    fn decrypt(&mut self, bytes: &[u8], each: impl FnMut(Frame<'_>)) -> io::Result<Found> {
        let Some(encryption) = &mut self.encryption else { return Ok(Found::Nothing) };
        let mut plain = Vec::new();
        let received = encryption.receive(bytes, &mut plain);
        encryption.take(&mut self.out);
        let has_ended = encryption.has_ended();
        self.framer.feed(&plain, each);
        self.flush();
        received?;
        Ok(if has_ended { Found::End } else { Found::Some(bytes.len()) })
    }

    /// Closes it, after what the system has taken.
    pub fn close(&mut self) {
        if let Some(encryption) = &mut self.encryption {
            encryption.end(&mut self.out);
            self.flush();
        }
        if let Some(stream) = self.stream.take() {
            // Fails only where it is over already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Ends it without its orderly end: the server sees a reset.
    pub fn reset(&mut self) {
        if let Some(stream) = self.stream.take() {
            // Closing with a linger of nothing is a reset. Where it can't be set, the
            // server sees an ordinary end.
            let _ = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
        }
    }
}

fn raw(address: SocketAddr, small: Option<usize>) -> io::Result<socket2::Socket> {
    use socket2::{Domain, Socket, Type};
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if let Some(bytes) = small {
        // Before the connection: its window is agreed upon there.
        socket.set_recv_buffer_size(bytes)?;
    }
    Ok(socket)
}

/// Whether a connection that does not block is being made.
#[cfg(unix)]
fn is_under_way(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error())
}

#[cfg(not(unix))]
fn is_under_way(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}
