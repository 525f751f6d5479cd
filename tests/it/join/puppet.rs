//! A server played by hand: the test reads what `join` sends and chooses what
//! it hears, at its own pace.

use super::DEADLINE;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Instant;

/// A listening puppet.
pub(super) struct Puppet(TcpListener);

/// One connection to it. A failed expectation names what came instead.
pub(super) struct Client {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
    name: String,
    fences: u32,
}

/// What our own server offers.
pub(super) const CAPS: &str =
    "message-tags server-time echo-message batch labeled-response cap-notify multi-prefix setname";

impl Puppet {
    pub(super) fn new() -> Puppet {
        Puppet(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    /// Whether somebody has connected.
    pub(super) fn is_called(&self) -> bool {
        self.0.set_nonblocking(true).unwrap();
        let answer = self.0.accept();
        self.0.set_nonblocking(false).unwrap();
        !matches!(answer, Err(error) if error.kind() == ErrorKind::WouldBlock)
    }

    pub(super) fn accept(&self) -> Client {
        self.0.set_nonblocking(true).unwrap();
        let started = Instant::now();
        let socket = loop {
            match self.0.accept() {
                Ok((socket, _)) => break socket,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    assert!(started.elapsed() < DEADLINE, "nobody connects");
                    std::thread::yield_now();
                }
                Err(error) => panic!("{error}"),
            }
        };
        socket.set_nonblocking(false).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        socket.set_nodelay(true).unwrap();
        let writer = socket.try_clone().unwrap();
        Client { reader: BufReader::new(socket), writer, name: String::new(), fences: 0 }
    }

    /// Lets somebody in with these capabilities; the room holds `others` already.
    pub(super) fn welcome(&self, caps: &str, others: &str) -> Client {
        let mut client = self.accept();
        client.register(caps);
        client.enter(others);
        client
    }
}

impl Client {
    /// The next line; empty at the end of the stream.
    pub(super) fn line(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).expect("a line in time");
        line.trim_end().to_owned()
    }

    pub(super) fn expect(&mut self, wanted: &str) {
        assert_eq!(self.line(), wanted);
    }

    /// Sends lines as they are; `\n` ends each.
    pub(super) fn send(&mut self, lines: &str) {
        self.bytes(lines.replace('\n', "\r\n").as_bytes());
    }

    /// Sends bytes as they are.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.writer.write_all(bytes).unwrap();
    }

    /// Sends this again and again, reading nothing, until the other end has had enough of it.
    pub(super) fn floods(&mut self, line: &str) {
        self.writer.set_write_timeout(Some(DEADLINE)).unwrap();
        while self.writer.write_all(line.as_bytes()).is_ok() {}
    }

    /// Somebody else's line.
    pub(super) fn others(&mut self, name: &str, line: &str) {
        self.send(&format!(":{name}!u@h {line}\n"));
    }

    /// Up to NICK and USER, and the greeting of our own server.
    pub(super) fn register(&mut self, caps: &str) {
        self.register_with(caps, "FIRSTROOM=#lobby PREFIX=(ov)@+");
    }

    /// The same of another, which tells this of itself (005).
    pub(super) fn register_with(&mut self, caps: &str, tokens: &str) {
        self.expect("CAP LS 302");
        self.name = self.line().strip_prefix("NICK ").unwrap().to_owned();
        assert!(self.line().starts_with("USER "));
        if !caps.is_empty() {
            self.send(&format!("CAP * LS :{caps} sasl\n"));
            let request = self.line();
            let wanted = request.strip_prefix("CAP REQ :").unwrap();
            assert!(!wanted.contains("sasl"));
            self.send(&format!("CAP * ACK :{wanted}\n"));
            self.expect("CAP END");
        }
        let name = &self.name;
        let burst = format!(
            ":s.local 001 {name} :Hi\n:s.local 005 {name} {tokens} :are supported\n:s.local 422 {name} :No MOTD\n"
        );
        self.send(&burst);
    }

    /// The client has another name from here on.
    pub(super) fn rename(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    pub(super) fn enter(&mut self, others: &str) {
        self.expect("JOIN #lobby");
        self.lets_into("#lobby", others);
    }

    /// Lets the client into a room that holds `others` already.
    pub(super) fn lets_into(&mut self, room: &str, others: &str) {
        let name = &self.name;
        let entry = format!(
            ":{name}!u@h JOIN {room}\n:s.local 353 {name} = {room} :{name} {others}\n:s.local 366 {name} {room} :End\n"
        );
        self.send(&entry);
    }

    /// Takes one message for the room and echoes it, with its label.
    pub(super) fn echo(&mut self) -> String {
        self.echo_in("#lobby")
    }

    /// The same for another room.
    pub(super) fn echo_in(&mut self, room: &str) -> String {
        let (label, text) = self.message_in(room);
        let name = &self.name;
        self.send(&format!("@label={label} :{name}!u@h PRIVMSG {room} :{text}\n"));
        text
    }

    /// Takes one labelled message for the room.
    pub(super) fn message(&mut self) -> (String, String) {
        self.message_in("#lobby")
    }

    fn message_in(&mut self, room: &str) -> (String, String) {
        let line = self.line();
        let command = format!(" PRIVMSG {room} :");
        let parts = line.strip_prefix("@label=").and_then(|rest| rest.split_once(&command));
        let (label, text) = parts.unwrap_or_else(|| panic!("no labelled message to {room}: {line:?}"));
        (label.to_owned(), text.to_owned())
    }

    /// Whatever was sent before has been handled, and nothing else was sent back.
    pub(super) fn fence(&mut self) {
        self.fences += 1;
        let token = format!("fence-{}", self.fences);
        self.send(&format!("PING {token}\n"));
        self.expect(&format!("PONG :{token}"));
    }

    /// Takes the goodbye.
    pub(super) fn goodbye(&mut self) {
        self.expect("QUIT");
        self.expect("");
        self.writer.shutdown(Shutdown::Both).unwrap();
    }
}
