//! Connections by the hundred: one thread reads what they are sent, or leaves it unread.

use super::OUTSIDE;
use mio::{Events, Interest, Poll, Token};
use socket2::{Domain, Socket, Type};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Waiting for answers ends where none has come for so long.
const SILENCE: Duration = Duration::from_secs(12);

/// A connection from one of our addresses.
pub(super) fn connect(server: SocketAddr, from: IpAddr, receive_buffer: Option<usize>) -> TcpStream {
    // A socket belongs to the namespace of the thread that makes it.
    let is_outside = !from.is_loopback();
    if is_outside {
        move_into(&std::env::var(OUTSIDE).unwrap());
    }
    let socket = Socket::new(Domain::for_address(server), Type::STREAM, None).unwrap();
    if is_outside {
        move_into(&format!("/proc/{}/ns/net", std::process::id()));
    }
    socket.bind(&SocketAddr::new(from, 0).into()).unwrap();
    if let Some(bytes) = receive_buffer {
        socket.set_recv_buffer_size(bytes).unwrap();
    }
    socket.connect(&server.into()).unwrap();
    socket.set_tcp_nodelay(true).unwrap();
    socket.into()
}

fn move_into(network: &str) {
    use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
    let network = std::fs::File::open(network).unwrap();
    move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
}

/// Some connections, and how often each command or numeric has come to any of them.
pub(super) struct Crowd {
    pub(super) members: Vec<TcpStream>,
    heard: Arc<Mutex<Heard>>,
    /// Nothing is read while it is set.
    is_deaf: Arc<AtomicBool>,
    over: Arc<AtomicBool>,
    reading: Option<thread::JoinHandle<()>>,
}

#[derive(Default)]
pub(super) struct Heard {
    counts: BTreeMap<String, usize>,
    /// Connections that the server has ended.
    closed: usize,
}

impl Crowd {
    /// They have said who they are.
    pub(super) fn enter(server: SocketAddr, from: &[IpAddr], count: usize, name: &str, caps: &str) -> Crowd {
        let caps = if caps.is_empty() { String::new() } else { format!("CAP REQ :{caps}\r\nCAP END\r\n") };
        let mut members = Vec::new();
        let numbers: Vec<usize> = (0..count).collect();
        // Only so many may be there without a name.
        for numbers in numbers.chunks(16) {
            for number in numbers {
                let member = connect(server, from[number * from.len() / count], None);
                let real = "a".repeat(100);
                say(&member, &format!("{caps}NICK {name}{number:03}\r\nUSER u 0 * :{real}\r\n"));
                members.push(member);
            }
            members.iter().rev().take(numbers.len()).for_each(is_in);
        }
        Crowd::read(members)
    }

    fn read(members: Vec<TcpStream>) -> Crowd {
        let (heard, is_deaf, over) = (Arc::default(), Arc::default(), Arc::default());
        let clones: Vec<TcpStream> = members.iter().map(|member| member.try_clone().unwrap()).collect();
        let shared = (Arc::clone(&heard), Arc::clone(&is_deaf), Arc::clone(&over));
        let reading = thread::spawn(move || listen(clones, &shared.0, &shared.1, &shared.2));
        Crowd { members, heard, is_deaf, over, reading: Some(reading) }
    }

    pub(super) fn count(&self, what: &str) -> usize {
        self.heard.lock().unwrap().counts.get(what).copied().unwrap_or_default()
    }

    pub(super) fn closed(&self) -> usize {
        self.heard.lock().unwrap().closed
    }

    pub(super) fn stop_reading(&self) {
        self.is_deaf.store(true, Ordering::Relaxed);
    }

    /// Waits until so many of these have come, or nothing comes any more; how many there were.
    pub(super) fn hears(&self, what: &str, count: usize) -> usize {
        let (mut last, mut since) = (self.count(what), Instant::now());
        while last < count && since.elapsed() < SILENCE {
            thread::sleep(Duration::from_millis(10));
            let now = self.count(what);
            if now != last {
                (last, since) = (now, Instant::now());
            }
        }
        last
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(reading) = self.reading.take() {
            reading.join().unwrap();
        }
    }
}

/// Reads until the message of the day is over.
fn is_in(mut member: &TcpStream) {
    let (mut chunk, mut all) = ([0; 4096], Vec::new());
    member.set_read_timeout(Some(SILENCE)).unwrap();
    while !all.windows(5).any(|part| part == b" 376 ") {
        match member.read(&mut chunk) {
            Ok(count) if count > 0 => all.extend_from_slice(&chunk[..count]),
            end => panic!("nobody lets an attacker in: {end:?} {}", String::from_utf8_lossy(&all)),
        }
    }
}

/// An attacker does not mind a connection that is closed.
pub(super) fn say(mut to: &TcpStream, lines: &str) {
    let mut rest = lines.as_bytes();
    let until = Instant::now() + Duration::from_secs(5);
    while !rest.is_empty() && Instant::now() < until {
        match to.write(rest) {
            Ok(count) => rest = &rest[count..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(Duration::from_millis(1)),
            Err(_) => return,
        }
    }
}

fn listen(members: Vec<TcpStream>, heard: &Mutex<Heard>, is_deaf: &AtomicBool, over: &AtomicBool) {
    let (mut poll, mut events) = (Poll::new().unwrap(), Events::with_capacity(256));
    let mut members: Vec<(mio::net::TcpStream, Vec<u8>)> = members
        .into_iter()
        .map(|member| {
            member.set_nonblocking(true).unwrap();
            (mio::net::TcpStream::from_std(member), Vec::new())
        })
        .collect();
    for (number, (member, _)) in members.iter_mut().enumerate() {
        poll.registry().register(member, Token(number), Interest::READABLE).unwrap();
    }
    let mut chunk = vec![0; 256 * 1024];
    while !over.load(Ordering::Relaxed) {
        if is_deaf.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(10));
            continue;
        }
        poll.poll(&mut events, Some(Duration::from_millis(20))).unwrap();
        for event in &events {
            let (member, begun) = &mut members[event.token().0];
            loop {
                match member.read(&mut chunk) {
                    Ok(0) => {
                        heard.lock().unwrap().closed += 1;
                        let _ = poll.registry().deregister(member);
                        break;
                    }
                    Ok(count) => hear(&chunk[..count], begun, heard, member),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(_) => {
                        heard.lock().unwrap().closed += 1;
                        let _ = poll.registry().deregister(member);
                        break;
                    }
                }
            }
        }
    }
}

/// Counts what has come, and gives a sign of life where it is asked for.
fn hear(bytes: &[u8], begun: &mut Vec<u8>, heard: &Mutex<Heard>, member: &mut mio::net::TcpStream) {
    begun.extend_from_slice(bytes);
    let end = begun.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let mut heard = heard.lock().unwrap();
    for line in begun[..end].split(|&byte| byte == b'\n') {
        let mut words = line.split(|&byte| byte == b' ');
        let command = words.find(|word| !word.starts_with(b"@") && !word.starts_with(b":"));
        let Some(command) = command.filter(|command| !command.is_empty()) else { continue };
        let command = String::from_utf8_lossy(command).trim_end().to_owned();
        if command == "PING" {
            let _ = member.write(b"PONG x\r\n");
        }
        *heard.counts.entry(command).or_default() += 1;
    }
    begun.drain(..end);
}
