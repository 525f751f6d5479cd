//! People in twenty rooms at a rate, with a disk and without one, in turn.

use super::{Folder, fdatasync, middle_and_slow};
use crate::kit::{Client, Server, say_aloud};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

const ROOMS: usize = 20;
const TIME: Duration = Duration::from_secs(5);
/// Between two writes of the one who writes for all.
const TICK: Duration = Duration::from_millis(1);

/// What one run has shown.
#[derive(Debug, Clone, Copy)]
struct Run {
    p50: Duration,
    p99: Duration,
    /// The server's processor time for each message.
    cpu: Duration,
}

pub(super) fn figures() {
    for per_second in [1_000, 10_000] {
        let folder = Folder::new("paced");
        let (sync, slow_sync) = fdatasync(&folder.0);
        let data = folder.0.join("data");
        // In turn, so that a slow minute is one of both.
        let [mut memory, mut disk] = [Vec::new(), Vec::new()];
        for pair in 0..3 {
            let mut with_both = [(&mut memory, None), (&mut disk, Some(&*data))];
            if pair % 2 == 1 {
                with_both.reverse();
            }
            for (runs, data) in with_both {
                runs.push(run(per_second, data));
            }
        }
        let [memory, disk] = [memory, disk].map(|mut runs| {
            runs.sort_by_key(|run| run.p50);
            runs[1]
        });
        let Run { p50, p99, cpu } = disk;
        let later = p50.saturating_sub(memory.p50).as_secs_f64() / sync.as_secs_f64();
        let keeping = cpu.saturating_sub(memory.cpu);
        say_aloud(&format!(
            "{per_second} messages/s in {ROOMS} rooms: p50 {p50:.1?}, p99 {p99:.1?}, CPU {cpu:.1?} a message; \
             without a disk p50 {:.1?}, p99 {:.1?}, CPU {:.1?}: {later:.1} fdatasync (p50 {sync:.1?}, \
             p99 {slow_sync:.1?}) later, {keeping:.1?} for keeping it",
            memory.p50, memory.p99, memory.cpu
        ));
    }
}

fn run(per_second: u32, data: Option<&Path>) -> Run {
    let data = data.map(|data| data.to_str().unwrap());
    let mut args = vec!["--flood-limit", "0", "--lang", "en", "--max-per-address", "1000"];
    args.extend(data.map_or(vec!["--memory"], |data| vec!["--data", data]));
    let server = Server::start_without_console(&args);
    let enter = |name: String, room: usize| {
        let stream = TcpStream::connect(server.address).unwrap();
        let client = Client::over(stream.try_clone().unwrap());
        client.say_name(&name);
        client.send(&format!("JOIN #r{room}"));
        client.hears(" 366 ");
        stream
    };
    let mut talkers: Vec<TcpStream> = (0..ROOMS).map(|room| enter(format!("talker{room}"), room)).collect();
    let hearers: Vec<TcpStream> = (0..ROOMS).map(|room| enter(format!("hearer{room}"), room)).collect();
    let (began, before) = (Instant::now(), server.cpu());
    let times = thread::scope(|scope| {
        let hear = |hearer: TcpStream| scope.spawn(move || hear(hearer, began));
        let hearing: Vec<_> = hearers.into_iter().map(hear).collect();
        let mut sent = 0;
        while began.elapsed() < TIME {
            let due = (began.elapsed().as_secs_f64() * f64::from(per_second)) as usize;
            for number in sent..due {
                let nanos = began.elapsed().as_nanos();
                let line = format!("PRIVMSG #r{} :{nanos} words of a usual length\r\n", number % ROOMS);
                talkers[number % ROOMS].write_all(line.as_bytes()).unwrap();
            }
            sent = due;
            thread::sleep(TICK);
        }
        for (room, talker) in talkers.iter_mut().enumerate() {
            talker.write_all(format!("PRIVMSG #r{room} :end\r\n").as_bytes()).unwrap();
        }
        hearing.into_iter().flat_map(|hearer| hearer.join().unwrap()).collect::<Vec<Duration>>()
    });
    let cpu = (server.cpu() - before) / u32::try_from(times.len()).unwrap();
    let (p50, p99) = middle_and_slow(times);
    Run { p50, p99, cpu }
}

/// How long after its writing each message was read.
fn hear(hearer: TcpStream, began: Instant) -> Vec<Duration> {
    let mut times = Vec::new();
    for line in BufReader::new(hearer).lines().map_while(Result::ok) {
        let Some((_, text)) = line.rsplit_once(" :") else { continue };
        if text == "end" {
            break;
        }
        let nanos = text.split(' ').next().and_then(|nanos| nanos.parse().ok());
        times.extend(nanos.map(|nanos| began.elapsed().saturating_sub(Duration::from_nanos(nanos))));
    }
    times
}
