//! A server, those who do nothing wrong, and one attack; in the middle of it the server is told
//! to stop.

use super::acts::Attack;
use super::crowd::Crowd;
use super::witness::{self, FAST, Figures, Over, SLOW, SPEEDS};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long an attack goes on before the server is told to stop.
const LENGTH: Duration = Duration::from_secs(12);
/// A server that has not ended by then does not.
const PATIENCE: Duration = Duration::from_secs(60);
const PORT: u16 = 7000;
/// The network of IPv6 that has no attacker.
const ELSEWHERE: u16 = 35;

/// An address of ours that is not the server's.
pub(super) fn v4(number: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, number).into()
}

/// The same at one of three sites.
pub(super) fn at_site(site: usize, number: u8) -> IpAddr {
    let [a, b, c] = [[192, 0, 2], [198, 51, 100], [203, 0, 113]][site];
    Ipv4Addr::new(a, b, c, number).into()
}

/// The same: each is in a network of its own.
pub(super) fn v6(number: u16) -> IpAddr {
    let number = u16::from_str_radix(&number.to_string(), 16).unwrap();
    Ipv6Addr::new(0x2001, 0xdb8, number, 0, 0, 0, 0, 1).into()
}

pub(super) fn server_v4() -> SocketAddr {
    SocketAddr::new(v4(1), PORT)
}

pub(super) fn server_v6() -> SocketAddr {
    SocketAddr::new(v6(0), PORT)
}

/// A server of this network, ended when dropped.
struct Subject(Child);

impl Subject {
    fn start(args: &[&str]) -> Subject {
        let own = env!("CARGO_BIN_EXE_roomchat").to_owned();
        let mut serve = Command::new(std::env::var("ROOMCHAT_EXE").unwrap_or(own));
        serve.args(["serve", "--memory", "--port", &PORT.to_string(), "--lang", "en", "--name", "irc"]);
        serve.args(["--local-operators", "on"]);
        for listen in [server_v4().ip(), server_v6().ip(), Ipv4Addr::LOCALHOST.into()] {
            serve.args(["--listen", &listen.to_string()]);
        }
        let mut child = serve.args(args).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for _ in 0..3 {
            lines
                .by_ref()
                .map_while(Result::ok)
                .find(|line| line.contains("[LISTENING]"))
                .expect("it listens");
        }
        thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Subject(child)
    }

    /// Kilobytes that it has had at most (proc(5)).
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM")).unwrap_or_default();
        line.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or_default()
    }

    /// How long it takes to end; None where it does not.
    fn stop(&mut self) -> Option<Duration> {
        let start = Instant::now();
        kill_process(Pid::from_child(&self.0), Signal::TERM).unwrap();
        while start.elapsed() < PATIENCE {
            if self.0.try_wait().unwrap().is_some() {
                return Some(start.elapsed());
            }
            thread::sleep(Duration::from_millis(5));
        }
        None
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(super) fn play(attack: &Attack) -> Figures {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    let mut subject = Subject::start(attack.args);
    let over = Over::default();
    thread::scope(|scope| {
        let over = &over;
        let readers: Vec<_> = (10..)
            .zip(SPEEDS)
            .map(|(from, speed)| scope.spawn(move || witness::read(server_v4(), v4(from), speed, over)))
            .collect();
        let (server, beside) = (attack.neighbour)();
        let neighbours = [(server, beside), (server_v6(), v6(ELSEWHERE))];
        let neighbours = ["beside", "elsewhere"].into_iter().zip(neighbours);
        // They are here before the attackers, who leave no place at their address.
        let neighbours: Vec<_> = neighbours.map(|(name, at)| witness::neighbour(at, name)).collect();
        let crowd: Crowd = (attack.prepare)();
        let neighbours = neighbours.into_iter().map(|at| scope.spawn(move || witness::ping(at, SLOW, over)));
        let neighbours: Vec<_> = neighbours.collect();
        let here = (Ipv4Addr::LOCALHOST, PORT).into();
        let victim = witness::victim(here);
        let pings = scope.spawn(move || witness::ping(victim, FAST, over));
        let newcomers = scope.spawn(move || witness::come_in(here, over));
        // The connections stay until the server has ended.
        let act = scope.spawn(move || ((attack.act)(&crowd, over), crowd));
        thread::sleep(LENGTH);
        over.set();
        let memory = subject.memory();
        let stop = subject.stop();
        let closed = SPEEDS.iter().zip(readers).filter_map(|(speed, reader)| {
            let name = if *speed == 0 { "full".to_owned() } else { (speed / 1_000_000).to_string() };
            reader.join().unwrap().then_some(name)
        });
        let closed: Vec<String> = closed.collect();
        let mut neighbours = neighbours.into_iter();
        // Nothing that is waited for comes any more.
        drop(subject);
        let mut of_next = || neighbours.next().map(|pings| pings.join().unwrap()).unwrap_or_default();
        Figures {
            beside: of_next(),
            elsewhere: of_next(),
            pings: pings.join().unwrap(),
            newcomers: newcomers.join().unwrap(),
            closed,
            memory,
            stop,
            note: act.join().unwrap().0,
        }
    })
}
