//! Sockets and threads, no rules.
//!
//! Threads: one that accepts per listening address, one per client that reads
//! ([`session`]), the hub's ([`rounds`]), the one that serves slow readers
//! ([`spill`]), the one that checks passwords, and the console's. What holds
//! always:
//!
//! * Only the hub's thread knows the hub. It waits for its inbox, and where much
//!   is sent a little for more of it; never for a socket, the console or
//!   a slow reader. Only where the spill thread can't follow does it wait for that,
//!   which itself waits for nobody.
//! * A client's thread only reads. All that a client gets, it gets from the
//!   hub's thread, or from the spill thread while it is behind; never from both.
//! * A client has at most one item of lines in the inbox.
//! * Whatever waits has a bound: items, what is to be sent, bytes for a member that
//!   is behind, bytes for all of those, facts for the console, time for somebody
//!   who leaves.
//! * Every thread is joined before [`run`] returns, but for the console's where
//!   nobody reads what it writes.

mod backlog;
mod bell;
mod console;
mod delivery;
mod facts;
mod inbox;
mod json;
mod limits;
mod listener;
mod operators;
mod outlet;
mod passwords;
#[cfg(any(test, not(unix)))]
mod pump;
mod rounds;
mod seats;
mod session;
mod sheet;
mod signal;
mod spill;
mod straggler;
mod stragglers;
mod turns;

use crate::cli;
use crate::hub::{self, Config, Hub};
use crate::text::sanitise::for_drawing;
use crate::text::{Lang, Phrase, RoomName};
use console::{Console, Format, Screen};
use crossbeam::channel::{Receiver, Sender, bounded};
use delivery::Delivery;
use facts::{Notice, Wording};
use inbox::Item;
use listener::{CannotListen, Listener};
use outlet::{NativeBell, NativeOutlet};
use rounds::Rounds;
use seats::Seats;
use spill::{Bounds, Spill};
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::Duration;

/// Bytes kept of a room for each of its messages: a text of the usual length with what belongs to it.
const MESSAGE_BYTES: usize = 1024;

/// Bytes kept of all rooms together: more than one room may have, whatever `--history` says.
const HISTORY_BYTES: usize = 256 << 20;

/// Bytes of a file that is read at the start, such as the message of the day. What has more, or
/// no end, is not meant.
const FILE_BYTES: u64 = 4 << 20;

/// What the console has left to show at the end is given so long.
const LAST_LINES: Duration = Duration::from_secs(5);

/// What all threads of a server share.
#[derive(Debug)]
struct Rim {
    inbox: Sender<Item<NativeOutlet>>,
    seats: Seats,
    spill: Spill<NativeOutlet, NativeBell>,
    /// Nobody is let in any more.
    stopping: AtomicBool,
}

/// `roomchat serve`: opens a room and keeps it open until a signal comes.
pub fn run(args: &cli::Serve) -> ExitCode {
    let lang = args.lang.unwrap_or_else(|| Lang::from_env(|key| std::env::var(key).ok()));
    match serve(args, lang) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            // Without a standard error only the exit code can tell.
            let _ = writeln!(io::stderr(), "{sentence}");
            ExitCode::FAILURE
        }
    }
}

/// # Errors
/// One clear sentence for people.
fn serve(args: &cli::Serve, lang: Lang) -> Result<(), String> {
    let hub = Hub::new(config(args, lang)?);
    if args.max_clients == Some(0) {
        return Err(Phrase::NoClients.say(lang));
    }
    // 0 sets no limit.
    let per_address = if args.max_per_address == 0 { usize::MAX } else { args.max_per_address };
    let (limit, bound) = limits::clients(args.max_clients);
    let listeners = listener::open(args).map_err(|cannot| explain(&cannot, args, lang))?;
    let bell = new_bell().map_err(|error| error.to_string())?;
    let signal = signal::first().map_err(|error| error.to_string())?;
    let (inbox, items) = bounded(inbox::INBOX);
    let spill = Spill::new(bell, Bounds::USUAL, inbox.clone());
    let rim = Rim { inbox, seats: Seats::new(limit, per_address), spill, stopping: AtomicBool::new(false) };
    let wording = Wording { lang, colour: io::stdout().is_terminal() };
    let (console, screen) = console::open(match args.log_format {
        cli::LogFormat::Text => Format::People(wording),
        cli::LogFormat::Json => Format::Programs,
    });
    let notice = |notice| console.notice(notice, rounds::wall_us());
    notice(Notice::Starting);
    notice(Notice::Seats { count: limit, bound });
    for &Listener { reachable: address, .. } in &listeners {
        notice(Notice::Listening { address, command: join_command(address) });
    }
    thread::scope(|scope| {
        Server { rim: &rim, listeners: &listeners, scope }.run(hub, items, console, screen, &signal)
    });
    Ok(())
}

/// The threads of a server while it runs.
struct Server<'scope, 'env> {
    rim: &'scope Rim,
    listeners: &'scope [Listener],
    scope: &'scope Scope<'scope, 'env>,
}

impl<'scope> Server<'scope, '_> {
    fn run(
        self,
        hub: Hub,
        inbox: Receiver<Item<NativeOutlet>>,
        console: Console,
        screen: Screen,
        signal: &Receiver<()>,
    ) {
        let Server { rim, listeners, scope } = self;
        let shown = show(screen);
        self.spawn("spill", || rim.spill.run());
        let (passwords, keeper) = passwords::open();
        self.spawn("passwords", || {
            keeper.run(|id, verdict| rim.inbox.send(Item::Checked { id, verdict }).is_ok());
        });
        let rounds = self.spawn("hub", move || {
            let delivery = Delivery::new(&rim.spill);
            Rounds::new(hub, inbox, delivery, console, &rim.seats, passwords).run();
        });
        let accepting: Vec<_> =
            listeners.iter().map(|listener| self.spawn("accept", move || listener.run(rim, scope))).collect();
        // The handler keeps the other end for as long as the process lives.
        let _ = signal.recv();
        rim.stopping.store(true, Ordering::Release);
        let _ = rim.inbox.send(Item::Stop);
        let _ = rounds.join();
        for (listener, thread) in listeners.iter().zip(accepting) {
            while !thread.is_finished() {
                listener.wake();
            }
        }
        rim.spill.close();
        // An error is what is waited for: the thread has dropped its end.
        let _ = shown.recv_timeout(LAST_LINES);
    }

    /// A thread that the whole server needs: where it panics, all ends with 101.
    fn spawn(&self, name: &str, work: impl FnOnce() + Send + 'scope) -> ScopedJoinHandle<'scope, ()> {
        let guarded = move || {
            let _guard = Needed;
            work();
        };
        let thread = thread::Builder::new().name(name.to_owned()).spawn_scoped(self.scope, guarded);
        thread.unwrap_or_else(|error| end(&error.to_string()))
    }
}

/// The console's thread. It belongs to no scope: a pipe or a terminal that
/// nobody reads may hold it for ever, and must not hold the server's end. The
/// receiver is disconnected when everything is shown.
fn show(screen: Screen) -> Receiver<()> {
    let (open, shown) = bounded(0);
    let work = move || {
        let _guard = Needed;
        let _open: Sender<()> = open;
        screen.run(io::stdout());
    };
    let thread = thread::Builder::new().name("console".to_owned()).spawn(work);
    thread.map(|_| shown).unwrap_or_else(|error| end(&error.to_string()))
}

struct Needed;

impl Drop for Needed {
    fn drop(&mut self) {
        if thread::panicking() {
            std::process::exit(101);
        }
    }
}

fn end(why: &str) -> ! {
    let _ = writeln!(io::stderr(), "{why}");
    std::process::exit(1)
}

#[cfg(unix)]
fn new_bell() -> io::Result<NativeBell> {
    NativeBell::new()
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere it needs a socket pair")]
fn new_bell() -> io::Result<NativeBell> {
    Ok(NativeBell::default())
}

fn config(args: &cli::Serve, lang: Lang) -> Result<Config, String> {
    let first_room = RoomName::parse(&args.room);
    let first_room = first_room.map_err(|why| Phrase::BadName { why, suggestion: None }.say(lang))?;
    if !hub::is_server_name(&args.name) {
        let name = &for_drawing(&args.name);
        return Err(Phrase::BadServerName { name, bytes: hub::SERVER_NAME_BYTES }.say(lang));
    }
    let description = args.description.as_deref().unwrap_or(hub::DESCRIPTION);
    if !hub::is_description(description) {
        return Err(Phrase::BadDescription { bytes: hub::DESCRIPTION_BYTES }.say(lang));
    }
    let motd = args.motd.as_ref().map_or(Ok(String::new()), |path| read(path, lang))?;
    let operators = args.operators.as_ref().map_or(Ok(Vec::new()), |path| {
        operators::parse(&read(path, lang)?).map_err(|operators::Fault { line, why }| {
            Phrase::BadOperator { place: &format!("{}:{line}", path.display()), why }.say(lang)
        })
    })?;
    Ok(Config {
        server_name: args.name.clone(),
        description: description.to_owned(),
        first_room,
        lang,
        motd: motd.lines().map(str::to_owned).collect(),
        created_us: rounds::wall_us(),
        history: args.history as usize,
        history_bytes: args.history as usize * MESSAGE_BYTES,
        history_bytes_in_all: HISTORY_BYTES,
        replay: args.replay as usize,
        messages_a_second: args.flood_limit,
        operators,
        nonce: std::iter::repeat_with(fastrand::alphanumeric).take(8).collect(),
    })
}

/// A text file of the administrator's, without the byte order mark that some editors write.
fn read(path: &Path, lang: Lang) -> Result<String, String> {
    let name = path.display().to_string();
    let cannot = |why: &str| Phrase::CannotRead { path: &name, why }.say(lang);
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(FILE_BYTES + 1).read_to_string(&mut text));
    match read {
        Err(error) => Err(cannot(&error.to_string())),
        Ok(count) if count as u64 > FILE_BYTES => Err(cannot(&format!("more than {FILE_BYTES} bytes"))),
        Ok(_) => Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()),
    }
}

/// What a friend types.
fn join_command(server: SocketAddr) -> String {
    match server.port() {
        cli::PORT => format!("roomchat join --server {}", server.ip()),
        _ => format!("roomchat join --server {server}"),
    }
}

fn explain(CannotListen { address, error }: &CannotListen, args: &cli::Serve, lang: Lang) -> String {
    let shown = listener::reachable(*address);
    if error.kind() != io::ErrorKind::AddrInUse {
        return Phrase::CannotListen { address: &shown.to_string(), why: &error.to_string() }.say(lang);
    }
    let next = address.port().checked_add(1).unwrap_or(cli::PORT);
    let serve = match args.listen.iter().any(|listen| listen.port.is_some()) {
        true => format!("roomchat serve --listen {}", SocketAddr::new(address.ip(), next)),
        false => format!("roomchat serve --port {next}"),
    };
    let join = join_command(SocketAddr::new(shown.ip(), next));
    Phrase::PortInUse { address: &shown.to_string(), serve: &serve, join: &join }.say(lang)
}
