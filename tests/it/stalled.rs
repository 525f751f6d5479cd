//! What readers feel of others that do not read, printed where somebody asks:
//!
//! `ROOMCHAT_BENCH=1 cargo test --release --test it stalled:: -- --nocapture`
//!
//! Nothing here fails because of a slow machine.

use crate::kit::{Client, Server, say_aloud};
use mio::{Events, Interest, Poll, Token};
use socket2::{Domain, Socket, Type};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes of a message, without what the server puts before it.
const MESSAGE: usize = 350;
/// What the kernel holds for those who do not read is full after that.
const FILLING: (u32, Duration) = (200, Duration::from_secs(5));
const MEASURED: Duration = Duration::from_secs(15);

#[test]
fn figures() {
    if std::env::var_os("ROOMCHAT_BENCH").is_none() {
        return;
    }
    // At the last rate all who do not read are given up within the time, else nobody.
    for (readers, stalled, per_second) in [(999, 1, 10), (500, 500, 20), (100, 1000, 100), (100, 1000, 400)] {
        let server = Server::start_without_console(&["--lang", "en"]);
        let address = server.address;
        let mut hearers: Vec<TcpStream> =
            (0..readers).map(|n| registered(address, &format!("reader{n}"), None)).collect();
        let mut talker = registered(address, "talker", None);
        let alone = talk(&mut talker, &mut hearers, per_second, MEASURED);
        let sleepers: Vec<TcpStream> =
            (0..stalled).map(|n| registered(address, &format!("stalled{n}"), Some(4096))).collect();
        talk(&mut talker, &mut hearers, FILLING.0, FILLING.1);
        let beside = talk(&mut talker, &mut hearers, per_second, MEASURED);
        say_aloud(&format!("{per_second} messages/s, {readers} readers alone: {alone}"));
        say_aloud(&format!("{per_second} messages/s, beside {stalled} that do not read: {beside}"));
        say_aloud(&format!("memory at most {} kB", server.memory("VmHWM")));
        drop(sleepers);
    }
}

/// Somebody in the first room who has read all that came with it.
fn registered(server: SocketAddr, name: &str, receive_buffer: Option<usize>) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    if let Some(bytes) = receive_buffer {
        socket.set_recv_buffer_size(bytes).unwrap();
    }
    socket.connect(&server.into()).unwrap();
    let stream = TcpStream::from(socket);
    let client = Client::over(stream.try_clone().unwrap());
    client.say_name(name);
    stream
}

/// Talks for a while; how long after its writing each message was read.
fn talk(talker: &mut TcpStream, readers: &mut [TcpStream], per_second: u32, time: Duration) -> String {
    let (start, over) = (Instant::now(), AtomicBool::new(false));
    let mut delays = thread::scope(|scope| {
        let hearing = scope.spawn(|| hear(readers, start, &over));
        let mut due = start;
        while due < start + time {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let line = format!("PRIVMSG #lobby :@{:0MESSAGE$}\r\n", start.elapsed().as_micros());
            talker.write_all(line.as_bytes()).unwrap();
            due += Duration::from_secs(1) / per_second;
        }
        over.store(true, Ordering::Relaxed);
        hearing.join().unwrap()
    });
    delays.sort_unstable();
    let at = |part: f64| delays[((delays.len() - 1) as f64 * part) as usize] as f64 / 1000.0;
    format!("p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms of {}", at(0.5), at(0.99), at(1.0), delays.len())
}

/// Delays in µs of all messages to all readers.
fn hear(readers: &mut [TcpStream], start: Instant, over: &AtomicBool) -> Vec<u64> {
    let (mut poll, mut events) = (Poll::new().unwrap(), Events::with_capacity(1024));
    let mut ears: Vec<(mio::net::TcpStream, Vec<u8>)> = readers.iter().map(ear).collect();
    for (number, (ear, _)) in ears.iter_mut().enumerate() {
        poll.registry().register(ear, Token(number), Interest::READABLE).unwrap();
    }
    let (mut delays, mut chunk, mut quiet) = (Vec::new(), vec![0; 64 * 1024], false);
    while !(quiet && over.load(Ordering::Relaxed)) {
        poll.poll(&mut events, Some(Duration::from_millis(100))).unwrap();
        quiet = events.is_empty();
        for event in &events {
            let (ear, rest) = &mut ears[event.token().0];
            loop {
                match ear.read(&mut chunk) {
                    Ok(count) => {
                        assert!(count > 0, "a reader was disconnected");
                        rest.extend_from_slice(&chunk[..count]);
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => panic!("{error}"),
                }
            }
            let now = start.elapsed().as_micros() as u64;
            let end = rest.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
            for line in rest[..end].split(|&byte| byte == b'\n') {
                if let Some(at) = line.iter().rposition(|&byte| byte == b'@') {
                    let text = std::str::from_utf8(&line[at + 1..]).unwrap();
                    delays.extend(text.trim_end().parse::<u64>().map(|sent| now - sent));
                }
            }
            rest.drain(..end);
        }
    }
    delays
}

/// The same connection, for an event loop, and what has come of a line.
fn ear(reader: &TcpStream) -> (mio::net::TcpStream, Vec<u8>) {
    reader.set_nonblocking(true).unwrap();
    (mio::net::TcpStream::from_std(reader.try_clone().unwrap()), Vec::new())
}
