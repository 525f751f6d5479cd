//! The attacks: what is made ready within the limits, and what is done then.

use super::crowd::{Crowd, connect, say};
use super::scene::{at_site, server_v4, server_v6, v4, v6};
use super::witness::Over;
use crate::server::encryption;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Connections that one address may have, but for that of the neighbour.
const CONNECTIONS: usize = 127;
/// Rooms that one person may be in.
const ROOMS: usize = 50;
const SECOND: Duration = Duration::from_secs(1);

pub(super) struct Attack {
    pub(super) name: &'static str,
    /// The server's own options.
    pub(super) args: &'static [&'static str],
    pub(super) prepare: fn() -> Crowd,
    /// Goes on until it is over; what it says of itself.
    pub(super) act: fn(&Crowd, &Over) -> String,
    /// The server's address and the attackers' one at which the neighbour is.
    pub(super) neighbour: fn() -> (SocketAddr, IpAddr),
}

const fn attack(name: &'static str, prepare: fn() -> Crowd, act: fn(&Crowd, &Over) -> String) -> Attack {
    Attack { name, args: &[], prepare, act, neighbour: || (server_v4(), v4(FIRST)) }
}

pub(super) const ATTACKS: &[Attack] = &[
    attack("nothing", || enter(1, 1, ""), |_, over| wait(over)),
    attack("LIST with 165 masks, 6,100 rooms", make_rooms, list_masks),
    attack("LIST with 8 masks of many stars", make_rooms, list_stars),
    attack("WHO with a long mask, 200 people", || enter(200, 2, ""), who_masks),
    attack("WHO with a mask of 120 bytes", || enter(200, 2, ""), who_stars),
    attack("MODE -bbb on full lists, 120 rooms", make_lists, mode_lists),
    attack("64 long bans, 120 chatty members", make_bans, chat_under_bans),
    attack("LIST, three readers, 6,272 rooms", make_rooms, list_all),
    attack("LIST, 128 that do not read", make_rooms, list_unread),
    attack("36 lines with 4 KiB of tags, 30 at once", || enter_lobby(30, "message-tags"), burst_of_tags),
    attack("the same, 128 at once", || enter_lobby(CONNECTIONS, "message-tags"), burst_of_tags),
    attack("36 plain lines, 128 at once", || enter_lobby(CONNECTIONS, ""), burst_of_lines),
    attack("126 come, send a dear line and QUIT", || enter(1, 1, ""), come_and_go),
    attack("10,000 half handshakes of one address", || enter(1, 1, ""), half_handshakes),
    Attack { args: &["--flood-limit", "0"], ..attack("500 full pasts", || make_pasts(10), fill_pasts) },
    Attack {
        args: &["--operators", OPERATORS],
        neighbour: || (server_v6(), v6(1)),
        ..attack("OPER from 22 networks", guessers, guess)
    },
];

/// The last byte of the attackers' first address: those below are the server's and its readers'.
const FIRST: u8 = 20;

fn addresses(count: u8) -> Vec<IpAddr> {
    (FIRST..FIRST + count).map(v4).collect()
}

fn wait(over: &Over) -> String {
    while !over.is_set() {
        thread::sleep(Duration::from_millis(10));
    }
    String::new()
}

/// People with names that take long to be tried against masks.
fn enter(count: usize, from: u8, caps: &str) -> Crowd {
    Crowd::enter(server_v4(), &addresses(from), count, "aaaaaaaaaaaaaaa", caps)
}

fn enter_lobby(count: usize, caps: &str) -> Crowd {
    let crowd = enter(count, 1, caps);
    crowd.members.iter().for_each(|member| say(member, "JOIN #lobby\r\n"));
    crowd.hears("366", count);
    crowd
}

/// Everybody says something at once when they may again, each a line of their own.
fn again_and_again(
    crowd: &Crowd,
    over: &Over,
    at_once: usize,
    pause: Duration,
    line: impl Fn(usize) -> String,
) {
    let all = |count: usize| {
        for (number, member) in crowd.members.iter().enumerate() {
            say(member, &line(number).repeat(count));
        }
    };
    all(at_once);
    let mut due = Instant::now() + pause;
    while !over.is_set() {
        if Instant::now() >= due {
            all(1);
            due += pause;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// As many rooms as 128 connections may make: of twelve addresses at three sites, since one
/// address and one site may not make them all.
fn make_rooms() -> Crowd {
    let from: Vec<IpAddr> = (0..12).map(|number| at_site(number / 4, FIRST + (number % 4) as u8)).collect();
    let crowd = Crowd::enter(server_v4(), &from, CONNECTIONS, "aaaaaaaaaaaaaaa", "");
    join_own(&crowd, 49);
    crowd.hears("366", CONNECTIONS * 49);
    crowd
}

fn join_own(crowd: &Crowd, rooms: usize) {
    let all: Vec<usize> = (0..rooms).collect();
    for (number, member) in crowd.members.iter().enumerate() {
        // A line costs no more than a burst.
        for some in all.chunks(10) {
            let list: Vec<String> = some.iter().map(|room| format!("#aaaaaaaaaaaa{number}x{room}")).collect();
            say(member, &format!("JOIN {}\r\n", list.join(",")));
        }
    }
}

fn list_masks(crowd: &Crowd, over: &Over) -> String {
    let line = format!("LIST {}a*\r\n", "a*,".repeat(165));
    say(&crowd.members[0], &line.repeat(10));
    while !over.is_set() {
        thread::sleep(SECOND);
        say(&crowd.members[0], &line);
    }
    format!("{} rooms, {} answers", crowd.count("366"), crowd.count("323"))
}

/// As many masks as one LIST takes, each as long as a line has room for.
fn list_stars(crowd: &Crowd, over: &Over) -> String {
    let line = format!("LIST {}\r\n", vec![format!("{}b", "*a".repeat(30)); 8].join(","));
    again_and_again(crowd, over, 2, SECOND, |_| line.clone());
    format!("{} rooms, {} answers", crowd.count("366"), crowd.count("323"))
}

fn who_masks(crowd: &Crowd, over: &Over) -> String {
    search_again_and_again(crowd, over, &format!("{}b", "*a".repeat(242)))
}

/// As many bytes as a mask may have.
fn who_stars(crowd: &Crowd, over: &Over) -> String {
    search_again_and_again(crowd, over, &format!("*{}b", "*a".repeat(59)))
}

/// Connections without a name that one address may have.
const HALF: usize = 64;

/// Each says its first message and no more, on as many connections as come about; meanwhile somebody
/// elsewhere enters the first room over TLS, again and again.
fn half_handshakes(_: &Crowd, over: &Over) -> String {
    let hello = encryption::hello();
    let (tried, held) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let begin = || {
        let mut kept = Vec::new();
        while !over.is_set() && tried.fetch_add(1, Ordering::Relaxed) < 10_000 {
            let mut half = connect(server_v4(), v4(FIRST), None);
            half.set_read_timeout(Some(5 * SECOND)).unwrap();
            let mut first = [0];
            // A record of a handshake (RFC 8446, 5.1).
            if half.write_all(&hello).is_ok() && half.read(&mut first).is_ok_and(|_| first == [22]) {
                held.fetch_add(1, Ordering::Relaxed);
                kept.push(half);
            }
        }
        kept
    };
    let mut took = Vec::new();
    thread::scope(|scope| {
        let attackers: Vec<_> = (0..8).map(|_| scope.spawn(begin)).collect();
        while !over.is_set() {
            let (start, name) = (Instant::now(), format!("honest{}", took.len()));
            let is_in = encryption::comes_in(connect(server_v4(), at_site(1, FIRST), None), &name);
            if over.is_set() {
                break;
            }
            assert!(is_in, "{name}");
            took.push(start.elapsed());
            // No sooner: it has the burst of everybody.
            thread::sleep(SECOND);
        }
        attackers.into_iter().for_each(|attacker| drop(attacker.join().unwrap()));
    });
    took.sort_unstable();
    let (tried, held) = (tried.load(Ordering::Relaxed).min(10_000), held.load(Ordering::Relaxed));
    // They are closed after ten seconds, and the attack lasts twelve.
    assert!(held <= 2 * HALF, "{held} of {tried} were open");
    format!(
        "{held} of {tried} held; {} came in over TLS, p50 {:.1?}, worst {:.1?}",
        took.len(),
        took[took.len() / 2],
        took[took.len() - 1]
    )
}

fn search_again_and_again(crowd: &Crowd, over: &Over, mask: &str) -> String {
    again_and_again(crowd, over, 20, SECOND / 2, |_| format!("WHO {mask}\r\n"));
    format!("{} answers, {} refused", crowd.count("315"), crowd.count("263"))
}

/// A mask of 120 bytes that means nobody.
fn mask(number: usize) -> String {
    format!("{}b{number:03}!*u*@*1*9*2*", "*a".repeat(50))
}

/// Each in a room of its own, whose list of bans is full.
fn make_lists() -> Crowd {
    let crowd = enter(120, 1, "");
    for (number, member) in crowd.members.iter().enumerate() {
        say(member, &format!("JOIN #own{number}\r\n"));
        add_bans(member, &format!("#own{number}"));
    }
    crowd.hears("MODE", 120 * 64 / 3);
    // What was asked for at once is paid for.
    thread::sleep(10 * SECOND);
    crowd
}

fn add_bans(member: &std::net::TcpStream, room: &str) {
    let masks: Vec<String> = (0..64).map(mask).collect();
    for some in masks.chunks(3) {
        say(member, &format!("MODE {room} +{} {}\r\n", "b".repeat(some.len()), some.join(" ")));
    }
}

fn mode_lists(crowd: &Crowd, over: &Over) -> String {
    let line = |number: usize| {
        let head = format!("MODE #own{number} -");
        let count = (508 - head.len()) / 3;
        format!("{head}{}{}\r\n", "b".repeat(count), " x".repeat(count))
    };
    again_and_again(crowd, over, 40, SECOND / 4, line);
    format!("{} refused, {} closed", crowd.count("263"), crowd.closed())
}

/// All in one room with a full list of bans, without voice.
fn make_bans() -> Crowd {
    let crowd = enter(120, 1, "");
    say(&crowd.members[0], "JOIN #x\r\n");
    crowd.hears("366", 1);
    add_bans(&crowd.members[0], "#x");
    crowd.members.iter().skip(1).for_each(|member| say(member, "JOIN #x\r\n"));
    crowd.hears("366", 120);
    thread::sleep(10 * SECOND);
    crowd
}

fn chat_under_bans(crowd: &Crowd, over: &Over) -> String {
    again_and_again(crowd, over, 40, SECOND / 4, |number| format!("PRIVMSG #x :{number}\r\n"));
    format!("{} deliveries", crowd.count("PRIVMSG"))
}

fn list_all(crowd: &Crowd, over: &Over) -> String {
    crowd.members.iter().take(3).for_each(|member| say(member, "LIST\r\n"));
    wait(over);
    format!("{} rooms, {} of 3 answered, {} closed", crowd.count("366"), crowd.count("323"), crowd.closed())
}

fn list_unread(crowd: &Crowd, over: &Over) -> String {
    crowd.stop_reading();
    crowd.members.iter().for_each(|member| say(member, &"LIST\r\n".repeat(10)));
    wait(over);
    format!("{} rooms", crowd.count("366"))
}

fn burst_of_tags(crowd: &Crowd, over: &Over) -> String {
    let line = format!("@+a={} PRIVMSG #lobby :x\r\n", "x".repeat(4080));
    bursts(crowd, over, &line.repeat(36))
}

fn burst_of_lines(crowd: &Crowd, over: &Over) -> String {
    let line = format!("PRIVMSG #lobby :{}\r\n", "x".repeat(400));
    bursts(crowd, over, &line.repeat(36))
}

/// All at once, and again when all is paid for.
fn bursts(crowd: &Crowd, over: &Over, lines: &str) -> String {
    while !over.is_set() {
        thread::scope(|scope| {
            for some in crowd.members.chunks(16) {
                scope.spawn(move || some.iter().for_each(|member| say(member, lines)));
            }
        });
        let due = Instant::now() + 9 * SECOND;
        while Instant::now() < due && !over.is_set() {
            thread::sleep(Duration::from_millis(10));
        }
    }
    format!("{} deliveries to attackers", crowd.count("PRIVMSG"))
}

/// As many as may be there at once: each comes, enters as many rooms as are paid for by what may
/// come at once, leaves, and comes again.
fn come_and_go(_crowd: &Crowd, over: &Over) -> String {
    let (came, answered) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for number in 0..CONNECTIONS - 1 {
            let (came, answered) = (&came, &answered);
            scope.spawn(move || {
                let rooms: Vec<String> = (0..16).map(|room| format!("#q{number}x{room}")).collect();
                let name = format!("NICK q{number}\r\nUSER u 0 * :x\r\n");
                let lines = format!("{name}JOIN #lobby,{}\r\nQUIT\r\n", rooms.join(","));
                while !over.is_set() {
                    let mut socket = connect(server_v4(), v4(FIRST), None);
                    socket.set_read_timeout(Some(3 * SECOND)).unwrap();
                    came.fetch_add(1, Ordering::Relaxed);
                    let mut told = Vec::new();
                    if socket.write_all(lines.as_bytes()).is_ok() {
                        let _ = socket.read_to_end(&mut told);
                    }
                    let is_in = told.windows(5).any(|part| part == b" 366 ");
                    answered.fetch_add(usize::from(is_in), Ordering::Relaxed);
                }
            });
        }
    });
    format!("{} came, {} entered rooms", came.into_inner(), answered.into_inner())
}

/// Scaled down: with the limit on, 128 connections would need hours for the 12 GB of 6,400 rooms.
fn make_pasts(count: usize) -> Crowd {
    let crowd = enter(count, 1, "message-tags");
    join_own(&crowd, ROOMS);
    crowd.hears("366", count * ROOMS);
    crowd
}

fn fill_pasts(crowd: &Crowd, over: &Over) -> String {
    let tags = format!("@+a={}", "x".repeat(4080));
    thread::scope(|scope| {
        for (number, member) in crowd.members.iter().enumerate() {
            let tags = &tags;
            scope.spawn(move || {
                for room in 0..ROOMS {
                    let room = format!("#aaaaaaaaaaaa{number}x{room}");
                    for _ in 0..24 {
                        let mut lines = String::new();
                        for _ in 0..10 {
                            let _ = write!(lines, "{tags} PRIVMSG {room} :x\r\n{tags} TAGMSG {room}\r\n");
                        }
                        if over.is_set() {
                            return;
                        }
                        say(member, &lines);
                    }
                }
            });
        }
    });
    let filled = if over.is_set() { "not all filled" } else { "all filled" };
    wait(over);
    filled.to_owned()
}

pub(super) const OPERATORS: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/attacked-operators");

fn guessers() -> Crowd {
    let from: Vec<IpAddr> = (1..=22).map(v6).collect();
    Crowd::enter(server_v6(), &from, 66, "guesser", "")
}

fn guess(crowd: &Crowd, over: &Over) -> String {
    // Each network's three that wait are again three after each guess, for longer each time.
    crowd.members.iter().for_each(|member| say(member, &"OPER root wrong\r\n".repeat(3)));
    thread::sleep(5 * SECOND);
    let owner = connect(server_v6(), v6(30), None);
    owner.set_read_timeout(Some(20 * SECOND)).unwrap();
    let start = Instant::now();
    (&owner).write_all(b"NICK owner\r\nUSER u 0 * :x\r\nOPER root secret\r\n").unwrap();
    let answers = BufReader::new(&owner).lines().map_while(Result::ok);
    let mut answers = answers.map(|line| line.split(' ').nth(1).unwrap_or_default().to_owned());
    let answer = answers.find(|numeric| ["381", "464", "263", "FAIL"].contains(&numeric.as_str()));
    let time = start.elapsed();
    wait(over);
    format!(
        "the owner is told {} after {:.1} s",
        answer.unwrap_or_else(|| "nothing".to_owned()),
        time.as_secs_f64()
    )
}
