//! Somebody on the way who changes, cuts, drops, repeats and delays what passes in a handshake: either
//! nothing comes of it, or all arrives as it was sent.

use crate::kit::{DEADLINE, Server};
use roomchat::client::transport::{Begin, ConnectError, Event, Link, connect};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Set to try each byte of a handshake, and not some.
const ALL: &str = "ROOMCHAT_EVERY_BYTE";
/// Tried at the same time.
const AT_ONCE: usize = 16;
/// Both ends wait for what does not come: it is cut.
const STUCK: Duration = Duration::from_millis(300);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Cut,
    /// The lowest bit, and the highest.
    Flip(u8),
    Drop,
    Repeat,
    /// What came before it is sent once more.
    Replay,
}

/// What is done, and at which byte of which direction.
#[derive(Debug, Clone, Copy)]
struct Tamper {
    is_to_server: bool,
    at: usize,
    how: How,
}

/// Carries one connection to the server; gives its address, and how many bytes went to the server and back.
fn relay(server: SocketAddr, tamper: Option<Tamper>) -> (SocketAddr, [Arc<AtomicUsize>; 2]) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let counts = [Arc::<AtomicUsize>::default(), Arc::default()];
    let counted = counts.clone();
    thread::spawn(move || {
        let (client, server) = (listener.accept().unwrap().0, TcpStream::connect(server).unwrap());
        let ends = [(client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client)];
        for ((from, to), (count, is_to_server)) in
            ends.into_iter().zip(counted.into_iter().zip([true, false]))
        {
            let tamper = tamper.filter(|tamper| tamper.is_to_server == is_to_server);
            // Only where something is done may both ends wait for ever.
            from.set_read_timeout(tamper.map(|_| STUCK)).unwrap();
            thread::spawn(move || carry(&from, &to, tamper, &count));
        }
    });
    (address, counts)
}

fn carry(mut from: &TcpStream, mut to: &TcpStream, tamper: Option<Tamper>, count: &AtomicUsize) {
    let mut buffer = [0; 4096];
    let mut passed: Vec<u8> = Vec::new();
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            // Stuck, or reset.
            Err(_) => break,
        };
        let begun = passed.len();
        passed.extend_from_slice(&buffer[..read]);
        let mut out = buffer[..read].to_vec();
        let here = tamper.filter(|tamper| (begun..passed.len()).contains(&tamper.at));
        if let Some(Tamper { at, how, .. }) = here {
            let within = at - begun;
            match how {
                How::Cut => out.truncate(within),
                How::Flip(bit) => out[within] ^= bit,
                How::Drop => drop(out.remove(within)),
                How::Repeat => out.insert(within, out[within]),
                How::Replay => drop(out.splice(within..within, passed[..at].iter().copied())),
            }
        }
        // The other end may look at the count as soon as it has got this.
        count.fetch_add(read, Ordering::Relaxed);
        if to.write_all(&out).is_err() {
            break;
        }
        if here.is_some_and(|tamper| tamper.how == How::Cut) {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

/// Says something in the room, where the connection lasts.
fn says(link: &Link, name: &str) -> bool {
    link.send(
        format!("NICK {name}\r\nUSER u 0 * :x\r\nJOIN #lobby\r\nPRIVMSG #lobby :intact\r\nPING done\r\n")
            .into_bytes(),
    );
    loop {
        match link.next(Instant::now() + DEADLINE) {
            Some(Event::Message(message)) if message.is("PONG") => return true,
            Some(Event::Message(_)) => {}
            _ => return false,
        }
    }
}

#[test]
fn nothing_or_all_arrives_whatever_is_done_on_the_way() {
    let server = Server::start(&["--lang", "en", "--flood-limit", "0"]);
    let watcher = server.enter("watcher");
    let heard = thread::spawn(move || watcher.hears_until(" :the end"));
    let (address, counts) = relay(server.address, None);
    let honest = connect(("127.0.0.1", address.port()), Begin::Encrypted, || {}).unwrap();
    let key = honest.peer.unwrap().key;
    let bytes = counts.map(|count| count.load(Ordering::Relaxed));
    assert!(says(&honest.link, "honest"));
    assert!(bytes.iter().all(|count| (200..4000).contains(count)), "{bytes:?}");
    drop(honest.link);
    let step = if std::env::var_os(ALL).is_some() { 1 } else { 13 };
    let hows = [How::Cut, How::Flip(1), How::Flip(0x80), How::Drop, How::Repeat, How::Replay];
    let all: Vec<Tamper> = [true, false]
        .into_iter()
        .zip(bytes)
        .flat_map(|(is_to_server, bytes)| {
            let at = move |(number, how)| {
                (number..bytes).step_by(step).map(move |at| Tamper { is_to_server, at, how })
            };
            hows.into_iter().enumerate().flat_map(at)
        })
        .collect();
    let (next, intact) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(tamper) = all.get(number) else { return };
                    let (address, _) = relay(server.address, Some(*tamper));
                    let started = Instant::now();
                    match connect(("127.0.0.1", address.port()), Begin::Encrypted, || {}) {
                        Ok(connected) => {
                            assert_eq!(
                                connected.peer.map(|peer| peer.key).as_ref(),
                                Some(&key),
                                "{tamper:?}"
                            );
                            intact.fetch_add(
                                says(&connected.link, &format!("p{number}")).into(),
                                Ordering::Relaxed,
                            );
                        }
                        Err(ConnectError::Io(_) | ConnectError::NotEncrypted { .. }) => {}
                    }
                    assert!(started.elapsed() < DEADLINE, "{tamper:?}");
                }
            });
        }
    });
    // Nobody has said anything else, and the server is there for the next.
    let last = server.enter("last");
    last.send("PRIVMSG #lobby :the end");
    let heard = heard.join().unwrap();
    let said = heard.iter().filter_map(|line| line.split_once(" PRIVMSG #lobby :"));
    let others: Vec<_> = said.filter(|(_, text)| !["intact\r\n", "the end\r\n"].contains(text)).collect();
    assert!(others.is_empty(), "{others:?}");
    let until = Instant::now() + DEADLINE;
    loop {
        last.send("LUSERS");
        if last.hears(" 253 ").contains(" 253 last 0 ") {
            break;
        }
        assert!(Instant::now() < until, "connections are left");
        thread::park_timeout(Duration::from_millis(50));
    }
    crate::kit::say_aloud(&format!("{} ways, {} of them harmless", all.len(), intact.into_inner()));
}

/// Each byte comes by itself, in both directions.
#[test]
fn a_slow_way_changes_nothing() {
    let server = Server::start(&["--lang", "en"]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let to = server.address;
    thread::spawn(move || {
        let (client, server) = (listener.accept().unwrap().0, TcpStream::connect(to).unwrap());
        let ends = [(client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client)];
        for (from, to) in ends {
            to.set_nodelay(true).unwrap();
            thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = (&from).read(&mut buffer) {
                    for byte in &buffer[..count] {
                        let _ = (&to).write_all(&[*byte]);
                        thread::yield_now();
                    }
                }
            });
        }
    });
    let connected = connect(("127.0.0.1", address.port()), Begin::Encrypted, || {}).unwrap();
    assert!(says(&connected.link, "slow"));
}

/// What somebody has said over TLS is nothing when it is played to the server again.
#[test]
fn a_recorded_visit_is_no_visit() {
    let server = Server::start(&["--lang", "en"]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let to = server.address;
    let recorder = thread::spawn(move || {
        let (client, server) = (listener.accept().unwrap().0, TcpStream::connect(to).unwrap());
        let (mut back, mut there) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        thread::spawn(move || std::io::copy(&mut back, &mut there));
        let mut recorded = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = (&client).read(&mut buffer) {
            recorded.extend_from_slice(&buffer[..count]);
            (&server).write_all(&buffer[..count]).unwrap();
        }
        let _ = server.shutdown(Shutdown::Both);
        recorded
    });
    let connected = connect(("127.0.0.1", address.port()), Begin::Encrypted, || {}).unwrap();
    assert!(says(&connected.link, "once"));
    drop(connected);
    server.shows("closed.");
    let recorded = recorder.join().unwrap();
    let mut again = TcpStream::connect(server.address).unwrap();
    let _ = again.write_all(&recorded);
    let _ = again.shutdown(Shutdown::Write);
    let _ = again.read_to_end(&mut Vec::new());
    let closed = server.shows("closed");
    assert!(closed.contains("TLS"), "{closed}");
    let watcher = server.connect();
    watcher.say_name("once");
}
