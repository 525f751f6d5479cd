//! Sockets and threads, no rules.
//!
//! | folder | holds |
//! |---|---|
//! | `accept` | listening addresses, who may connect, the system's limits |
//! | `connection` | a client's own thread: reads, batches lines, hands them to the hub's inbox |
//! | `hub_loop` | the hub's thread: items in, one batch out, evictions and departures |
//! | `disk` | what is kept: where, the thread that commits, the batches that wait for it |
//! | `tls` | the keys and certificates that connections are encrypted with |
//! | `outbox` | how bytes get to all clients, also to those who read slowly |
//! | `console` | what the operator of the server sees: words, JSON, the thread that writes |
//!
//! Threads: one that accepts per listening address, one per client that reads
//! (`connection::session`), the hub's (`hub_loop`), the slow sender's
//! (`outbox::slow_sender`), one per processor that computes handshakes, the one that checks
//! passwords, one that looks at an administrator's certificate, and the console's. What holds always:
//!
//! * Only the hub's thread knows the hub. It waits for its inbox, and where much
//!   is sent a little for more of it; never for a socket, the console or a slow
//!   client. Only where the slow sender can't follow does it wait for that, which
//!   itself waits for nobody.
//! * A client's thread only reads. All that a client gets, it gets from the
//!   hub's thread, or from the slow sender while it is slow; never from both.
//! * A client has at most one item of lines in the inbox.
//! * Whatever waits has a bound: items, what is to be sent, bytes for a slow client,
//!   bytes for all of those, events for the console, time for somebody who leaves.
//! * Every thread is joined before [`run`] returns, but for the console's where
//!   nobody reads what it writes.

mod accept;
mod config;
mod connection;
mod console;
pub mod disk;
mod hub_loop;
mod operators;
mod outbox;
mod passwords;
mod shared;
mod start_error;
mod tls;

use crate::chat::Seq;
use crate::cli;
use crate::hub::{Config, Encryption, Found, Hub};
use crate::signals::{self, SIGINT};
use crate::store::{self, BESIDE_BYTES, Clock, Disk, OpenError, Options, Reader, StoreError, Sync};
use crate::system_errors;
use crate::text::phrase::{KeepFault, SystemFault};
use crate::text::sanitise::for_drawing;
use crate::text::{Lang, Phrase};
use accept::admission::Admissions;
use accept::container::is_container;
use accept::listener::{self, CannotListen, Listener};
use accept::local::LocalOperators;
use accept::proxied::Proxies;
use accept::system_limits;
use accept::turned_away::TurnedAway;
use connection::handshakes::{self, HandshakeWorker};
use connection::inbox::{INBOX_ITEMS, Item};
use console::thread::{Console, ConsoleWriter, Format};
use console::words::{Notice, Wording};
use crossbeam::channel::{Receiver, Sender, bounded, unbounded};
use disk::commits::CommitWorker;
use disk::folder::{self, Place};
use disk::lookups::LookupWorker;
use disk::pending::Pending;
use hub_loop::{HubLoop, wall_us};
use outbox::delivery::Delivery;
use outbox::native::{self, NativeOutlet};
use outbox::slow_client_limits::SlowClientLimits;
use outbox::slow_sender::SlowSender;
use shared::Shared;
use start_error::StartError;
use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};
use tls::Tls;
use tls::files::Files;

/// What the console has left to show at the end is given so long.
const LAST_LINES: Duration = Duration::from_secs(5);

/// `roomchat serve`: opens a room and keeps it open until a signal comes.
pub fn run(args: &cli::Serve) -> ExitCode {
    let lang = args.lang.unwrap_or_else(|| Lang::from_env(|key| std::env::var(key).ok()));
    match serve(args, lang) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without a standard error only the exit code can tell.
            let _ = writeln!(io::stderr(), "{}", error.sentence());
            error.exit_code()
        }
    }
}

/// # Errors
/// Where it can't start.
fn serve(args: &cli::Serve, lang: Lang) -> Result<(), StartError> {
    let place = folder::place(args, |key| std::env::var_os(key));
    let mut config = config::read(args, &place, lang)?;
    if place == Place::Nowhere {
        return Err(Phrase::NoPlaceToKeep.say(lang).into());
    }
    // 0 sets no limit.
    let per_address = if args.max_per_address == 0 { usize::MAX } else { args.max_per_address };
    let (limit, bound) = system_limits::clients(args.max_clients);
    let listeners = listener::open(args).map_err(|cannot| explain(&cannot, args, lang))?;
    let poller = native::new_poller().map_err(|error| system_errors::why(&error, lang))?;
    let signal = first_signal().map_err(|error| system_errors::why(&error, lang))?;
    // No client could verify the server's own certificate, and a proxy has a port of its own.
    if let (Encryption::Required { sts_port }, Some(_), true) =
        (&mut config.encryption, &args.cert, args.proxy_from.is_empty())
    {
        *sts_port = listeners.first().map(|listener| listener.reachable.port());
    }
    let (hub, kept) = match &place {
        Place::Folder(folder) => restore(args, config, folder, lang)?,
        Place::Memory | Place::Nowhere => (Hub::new(config), None),
    };
    let (identity, certificate) = tls::start::identity(args, &place, &listeners, lang)?.unzip();
    let certificate = certificate.flatten();
    let (inbox, items) = bounded(INBOX_ITEMS);
    let slow_sender = SlowSender::new(poller, SlowClientLimits::USUAL, inbox.clone());
    let asked = args.local_operators.map(|switch| switch == cli::Switch::On);
    let local_operators = LocalOperators::choose(asked, !args.proxy_from.is_empty(), is_container);
    // One for each processor, where anything is encrypted.
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let (handshakes, handshake_workers) = handshakes::open(if identity.is_some() { processors } else { 0 });
    let shared = Shared {
        inbox,
        admissions: Admissions::new(limit, per_address),
        turned_away: TurnedAway::default(),
        local_operators,
        proxies: Proxies::new(args.proxy_from.clone()),
        tls: identity.as_ref().map(|identity| Tls::new(Arc::clone(&identity.config))),
        handshakes,
        slow_sender,
        stopping: AtomicBool::new(false),
    };
    let wording = Wording { lang, colour: io::stdout().is_terminal() };
    let (console, console_writer) = console::thread::open(match args.log_format {
        cli::LogFormat::Text => Format::People(wording),
        cli::LogFormat::Json => Format::Programs,
    });
    let notice = |notice| console.notice(notice, wall_us());
    notice(Notice::Starting);
    if let (Place::Folder(folder), Some(Kept { disk, .. })) = (&place, &kept) {
        let most = (args.history > 0).then_some(args.data_max);
        let age = args.keep.filter(|_| most.is_some());
        notice(Notice::Data { folder: folder.display().to_string(), messages: disk.messages(), age, most });
    }
    notice(Notice::MaxClients { count: limit, bound });
    notice(Notice::LocalOperators { who: local_operators, room: args.room.clone() });
    let key = identity.map(|identity| identity.fingerprint);
    notice(Notice::Encryption { key, is_required: args.tls == cli::Tls::Only });
    for &Listener { reachable: address, .. } in &listeners {
        notice(Notice::Listening { address, command: join_command(address) });
    }
    thread::scope(|scope| {
        let (shared, listeners) = (&shared, &*listeners);
        Server { shared, listeners, certificate, handshake_workers, scope, lang }.run(
            hub,
            kept,
            items,
            console,
            console_writer,
            &signal,
        )
    });
    Ok(())
}

/// The hub as the disk has it.
///
/// # Errors
/// One clear sentence for people.
fn restore(
    args: &cli::Serve,
    config: Config,
    folder: &Path,
    lang: Lang,
) -> Result<(Hub, Option<Kept>), String> {
    let options = Options {
        sync: match args.sync {
            cli::Sync::Disk => Sync::Disk,
            cli::Sync::Os => Sync::Os,
        },
        keep: args.keep.map(|cli::Age(age)| age),
        max_bytes: args.data_max.0.saturating_sub(BESIDE_BYTES),
        at_least: Seq(wall_us()),
        ..Options::DEFAULT
    };
    let name = for_drawing(&folder.display().to_string()).into_owned();
    let cannot = |why: KeepFault<'_>| Phrase::CannotKeep { folder: &name, why }.say(lang);
    let (disk, restored) = store::open(folder, options, &config.nonce).map_err(|error| match &error {
        OpenError::Locked => cannot(KeepFault::InUse),
        OpenError::Network => cannot(KeepFault::Network),
        OpenError::Newer => cannot(KeepFault::Newer),
        OpenError::Foreign(path) => cannot(KeepFault::Foreign(&path.display().to_string())),
        OpenError::Full => {
            cannot(KeepFault::Failed(&Phrase::SystemFault(SystemFault::StorageFull).say(lang)))
        }
        OpenError::Io(error) => cannot(KeepFault::Failed(&system_errors::why(error, lang))),
        OpenError::Failed(why) => cannot(KeepFault::Failed(why)),
    })?;
    let most = config.history;
    let mut hub = Hub::restored(config, &restored);
    let first = hub.first_room();
    // People come into the first room before anything can be asked for.
    let opened = disk.reader().and_then(|mut reader| {
        let page = reader.recent(&first, most)?;
        Ok((reader, page))
    });
    let (reader, page) = opened.map_err(|error| cannot(KeepFault::Failed(&why(&error, lang))))?;
    hub.found(Found::Recent(first, page));
    Ok((hub, Some(Kept { disk, reader, most })))
}

/// What keeps what is said.
struct Kept {
    disk: Disk,
    reader: Reader,
    /// Messages of a page.
    most: usize,
}

/// Something comes out at the first signal. The second ends the process at once: somebody is
/// in a hurry.
fn first_signal() -> io::Result<Receiver<()>> {
    let (tx, rx) = bounded(1);
    let mut is_asked = false;
    signals::on_any(move || match std::mem::replace(&mut is_asked, true) {
        false => drop(tx.try_send(())),
        true => std::process::exit(signals::exit_status(SIGINT).into()),
    })?;
    Ok(rx)
}

/// The threads of a server while it runs.
struct Server<'scope, 'env> {
    shared: &'scope Shared,
    listeners: &'scope [Listener],
    /// To be looked at while it runs.
    certificate: Option<Files>,
    handshake_workers: Vec<HandshakeWorker>,
    scope: &'scope Scope<'scope, 'env>,
    lang: Lang,
}

impl<'scope> Server<'scope, '_> {
    fn run(
        mut self,
        hub: Hub,
        kept: Option<Kept>,
        inbox: Receiver<Item<NativeOutlet>>,
        console: Console,
        console_writer: ConsoleWriter,
        signal: &Receiver<()>,
    ) {
        let Server { shared, listeners, scope, .. } = self;
        let shown = show(console_writer, self.lang);
        self.spawn("slow sender", || shared.slow_sender.run());
        for worker in std::mem::take(&mut self.handshake_workers) {
            self.spawn("handshakes", || worker.run());
        }
        let (passwords, worker) = passwords::open();
        self.spawn("passwords", || {
            worker.run(|id, verdict| shared.inbox.send(Item::Checked { id, verdict }).is_ok());
        });
        let pending = kept.map(|kept| self.keep(kept, hub.last()));
        let (watching, watch) = bounded::<()>(0);
        if let (Some(files), Some(tls)) = (self.certificate.take(), &shared.tls) {
            let console = console.another();
            self.spawn("certificate", move || {
                files.watch(tls, &watch, |change| console.notice(Notice::Certificate(change), wall_us()));
            });
        }
        let consoles: Vec<Console> = listeners.iter().map(|_| console.another()).collect();
        let hub_loop = self.spawn("hub", move || {
            let delivery = Delivery::new(&shared.slow_sender);
            HubLoop::new(hub, inbox, delivery, console, &shared.admissions, passwords, pending).run();
        });
        let accepting: Vec<_> = listeners
            .iter()
            .zip(consoles)
            .map(|(listener, console)| self.spawn("accept", move || listener.run(shared, scope, &console)))
            .collect();
        // The handler keeps the other end for as long as the process lives.
        let _ = signal.recv();
        drop(watching);
        shared.stopping.store(true, Ordering::Release);
        let _ = shared.inbox.send(Item::Stop);
        let _ = hub_loop.join();
        for (listener, thread) in listeners.iter().zip(accepting) {
            while !thread.is_finished() {
                listener.wake();
                thread::park_timeout(Duration::from_millis(1));
            }
        }
        shared.slow_sender.close();
        shared.handshakes.close();
        // An error is what is waited for: the thread has dropped its end.
        let _ = shown.recv_timeout(LAST_LINES);
    }

    /// Starts the threads that keep what is said, and gives the hub's end of them.
    fn keep(&self, Kept { disk, reader, most }: Kept, last: Seq) -> Pending {
        let (jobs, waiting) = unbounded();
        let (reports, reported) = unbounded();
        let (lookups, asked) = unbounded();
        let (shared, lang) = (self.shared, self.lang);
        let started = Instant::now();
        let inbox = shared.inbox.clone();
        let commits = self.spawn("commits", move || {
            let clock = || Clock { wall_us: wall_us(), uptime: started.elapsed() };
            let tell = move |report| {
                // The hub's thread has ended where one of these fails, or has enough to do to come to it.
                let _ = reports.send(report);
                let _ = inbox.try_send(Item::Reported);
            };
            CommitWorker::new(disk, waiting, tell)
                .run(clock)
                .unwrap_or_else(|error| end_unkept(&error, lang));
        });
        self.spawn("lookups", move || {
            let worker = LookupWorker::new(reader, asked, most);
            let answer = |found| shared.inbox.send(Item::Found(found)).is_ok();
            worker.run(answer).unwrap_or_else(|error| end_unkept(&error, lang));
        });
        Pending::new(jobs, commits.thread().clone(), reported, lookups, last)
    }

    /// A thread that the whole server needs: where it panics, all ends with 101.
    fn spawn(&self, name: &str, work: impl FnOnce() + Send + 'scope) -> ScopedJoinHandle<'scope, ()> {
        let guarded = move || {
            let _guard = ExitOnPanic;
            work();
        };
        let thread = thread::Builder::new().name(name.to_owned()).spawn_scoped(self.scope, guarded);
        thread.unwrap_or_else(|error| end(&error.to_string()))
    }
}

/// The console's thread. It belongs to no scope: a pipe or a terminal that
/// nobody reads may hold it for ever, and must not hold the server's end. The
/// receiver is disconnected when everything is shown.
fn show(console_writer: ConsoleWriter, lang: Lang) -> Receiver<()> {
    let (open, shown) = bounded(0);
    let work = move || {
        let _guard = ExitOnPanic;
        let _open: Sender<()> = open;
        console_writer.run(io::stdout(), |error| {
            let why = system_errors::why(error, lang);
            let _ = writeln!(io::stderr(), "{}", Phrase::ConsoleFails { why: &why }.say(lang));
        });
    };
    let thread = thread::Builder::new().name("console".to_owned()).spawn(work);
    thread.map(|_| shown).unwrap_or_else(|error| end(&error.to_string()))
}

/// Ends the process with 101 where the thread that holds it panics.
struct ExitOnPanic;

impl Drop for ExitOnPanic {
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

/// Ends the process, since what is said can't be kept.
fn end_unkept(error: &StoreError, lang: Lang) -> ! {
    end(&Phrase::KeptNoMore { why: &why(error, lang) }.say(lang))
}

fn why(error: &StoreError, lang: Lang) -> String {
    match error {
        StoreError::Full => Phrase::SystemFault(SystemFault::StorageFull).say(lang),
        StoreError::Failed(why) => why.clone(),
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
        return Phrase::CannotListen { address: &shown.to_string(), why: &system_errors::why(error, lang) }
            .say(lang);
    }
    let next = listener::free_port(*address, args);
    // Nothing but the option: the others of the command line are to stay.
    let option = match args.listen.iter().any(|listen| listen.port.is_some()) {
        true => format!("--listen {}", SocketAddr::new(address.ip(), next)),
        false => format!("--port {next}"),
    };
    let join = join_command(SocketAddr::new(shown.ip(), next));
    Phrase::PortInUse { address: &shown.to_string(), option: &option, join: &join }.say(lang)
}
