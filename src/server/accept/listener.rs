//! Listening addresses, and letting people in.

use super::admission::Refused;
use crate::cli;
use crate::hub::{Origin, SessionId};
use crate::server::connection::session;
use crate::server::console::thread::Console;
use crate::server::console::words::Notice;
use crate::server::hub_loop::wall_us;
use crate::server::outbox::native::{self, NativeOutlet, read_now};
use crate::server::shared::Shared;
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, Scope};
use std::time::Duration;

/// Connections that the system accepts before we do.
const LISTEN_BACKLOG: i32 = 4096;
/// What the kernel holds for one client; its own choice would let one that
/// does not read pin 4 MB.
const SEND_BUFFER: usize = 128 * 1024;

/// A peer from which nothing has come for so long is probed by the system, and how often:
/// people who speak lines without a client can't answer a PING.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// A peer that has acknowledged nothing for so long is gone: probes, what it was sent, or,
/// where its window is closed, the question whether it is open again.
#[cfg(any(target_os = "linux", target_os = "android"))]
const USER_TIMEOUT: Duration = crate::server::outbox::slow_client_limits::STALLED;

/// A listening socket and the address by which another machine reaches it.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: TcpListener,
    pub(crate) reachable: SocketAddr,
}

/// An address that can't be listened at.
#[derive(Debug)]
pub(crate) struct CannotListen {
    pub(crate) address: SocketAddr,
    pub(crate) error: io::Error,
}

/// Opens what the command line asks for: every interface unless it says otherwise.
pub(crate) fn open(args: &cli::Serve) -> Result<Vec<Listener>, CannotListen> {
    if !args.listen.is_empty() {
        let address = |listen: &cli::ListenAddr| SocketAddr::new(listen.ip, listen.port.unwrap_or(args.port));
        let addresses: Vec<SocketAddr> = args.listen.iter().map(address).collect();
        // `[::]` is every v4 address as well, but for those that are asked for themselves.
        let v4_is_apart =
            |at: &SocketAddr| addresses.iter().any(|other| other.is_ipv4() && other.port() == at.port());
        return addresses.iter().map(|at| bind(*at, v4_is_apart(at))).collect();
    }
    let v6 = SocketAddr::from((Ipv6Addr::UNSPECIFIED, args.port));
    let v4 = SocketAddr::from((Ipv4Addr::UNSPECIFIED, args.port));
    match bind(v6, false) {
        Ok(listener) => Ok(vec![listener]),
        // Half a port would send half of the people somewhere else.
        Err(taken) if is_taken(&taken.error) => Err(taken),
        // A machine without v6.
        Err(_) => Ok(vec![bind(v4, false)?]),
    }
}

/// The next port that nobody has at that address, and that the command line does not ask for.
pub(crate) fn free_port(address: SocketAddr, args: &cli::Serve) -> u16 {
    let is_asked = |port| args.listen.iter().any(|listen| listen.port == Some(port));
    let is_free =
        |&port: &u16| !is_asked(port) && bind(SocketAddr::new(address.ip(), port), address.is_ipv6()).is_ok();
    let mut following = (address.port().saturating_add(1)..=u16::MAX).take(1000);
    following.find(is_free).unwrap_or(cli::PORT)
}

/// Whether another program, or the system for itself, has this port.
pub(crate) fn is_taken(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied)
}

fn bind(address: SocketAddr, only_v6: bool) -> Result<Listener, CannotListen> {
    let listen = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        if address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
            socket.set_only_v6(only_v6)?;
        }
        // On Windows this would let another program take our port.
        #[cfg(unix)]
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(LISTEN_BACKLOG)?;
        let socket = TcpListener::from(socket);
        let reachable = reachable(socket.local_addr()?);
        Ok(Listener { socket, reachable })
    };
    listen().map_err(|error| CannotListen { address, error })
}

/// What to type on another machine to get to this address.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    if !address.ip().is_unspecified() {
        return address;
    }
    let here = route_from(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into())
        .or_else(|| {
            route_from(Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into())
        })
        .or_else(of_an_interface)
        .unwrap_or(Ipv4Addr::LOCALHOST.into());
    SocketAddr::new(here, address.port())
}

/// The address of some interface, where no way leads farther: a class room's switch without a
/// router.
fn of_an_interface() -> Option<IpAddr> {
    let is_for_others = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_link_local(),
        IpAddr::V6(ip) => !ip.is_loopback() && !ip.is_unicast_link_local(),
    };
    let interfaces = if_addrs::get_if_addrs().ok()?;
    interfaces.iter().map(if_addrs::Interface::ip).filter(is_for_others).min_by_key(IpAddr::is_ipv6)
}

/// Our address on the way to a far one (an address for documentation, RFC 5737
/// and RFC 3849). Connecting a UDP socket chooses a route and sends nothing.
fn route_from(any: IpAddr, far: IpAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((far, 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

impl Listener {
    /// Lets people in until the server stops. An accept thread's whole life.
    pub(crate) fn run<'scope>(
        &self,
        shared: &'scope Shared,
        scope: &'scope Scope<'scope, '_>,
        console: &Console,
    ) {
        loop {
            match self.socket.accept() {
                // Perhaps our own, to wake this thread.
                Ok(_) if shared.stopping.load(Ordering::Acquire) => return,
                Ok((socket, from)) => let_in(shared, scope, socket, from, console),
                // The peer was gone before we came to it.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(_) if shared.stopping.load(Ordering::Acquire) => return,
                // Too many files or no memory: wait for somebody to leave.
                Err(_) => thread::park_timeout(Duration::from_millis(50)),
            }
        }
    }

    /// Wakes a thread that waits in `accept`.
    pub(crate) fn wake(&self) {
        // On Linux this alone does it, also where nobody can come to our address any more: it
        // went with its interface, or `[::]` is listened at and IPv6 is off.
        let _ = SockRef::from(&self.socket).shutdown(Shutdown::Both);
        let Ok(address) = self.socket.local_addr() else { return };
        let ips = match address.ip() {
            ip if ip.is_unspecified() => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            ip => vec![ip],
        };
        for ip in ips {
            let _ = TcpStream::connect_timeout(&(ip, address.port()).into(), Duration::from_millis(100));
        }
    }
}

fn let_in<'scope>(
    shared: &'scope Shared,
    scope: &'scope Scope<'scope, '_>,
    socket: TcpStream,
    from: SocketAddr,
    console: &Console,
) {
    // Each of these only makes a slow client slower, or the peer is gone already.
    let _ = socket.set_nodelay(true);
    let options = SockRef::from(&socket);
    let _ = options.set_send_buffer_size(SEND_BUFFER);
    // Where it fails a peer that vanishes is noticed later.
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_IDLE).with_interval(KEEPALIVE_INTERVAL);
    let _ = options.set_tcp_keepalive(&keepalive);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = options.set_tcp_user_timeout(Some(USER_TIMEOUT));
    if shared.proxies.has(from.ip()) {
        return let_in_proxied(shared, scope, socket, from, console.another());
    }
    let is_local = shared.local_operators.admits(from, socket.local_addr().ok());
    admit(shared, scope, socket, Origin { address: from, is_local }, console);
}

/// The same once the proxy has told who it is, which a thread of its own waits for. Nobody comes
/// from this machine by a proxy: those who do might be anybody.
fn let_in_proxied<'scope>(
    shared: &'scope Shared,
    scope: &'scope Scope<'scope, '_>,
    socket: TcpStream,
    from: SocketAddr,
    console: Console,
) {
    let work = move || match shared.proxies.source(&socket, from, &shared.stopping) {
        Ok(Some(address)) => admit(shared, scope, socket, Origin { address, is_local: false }, &console),
        Ok(None) => {}
        Err(fault) => {
            let now = wall_us();
            if shared.proxies.may_tell(now) {
                console.notice(Notice::Proxy { from, fault }, now);
            }
        }
    };
    // Where the system has no thread for it, the connection ends here.
    let thread = thread::Builder::new().name("proxied".into()).stack_size(session::STACK);
    let _ = thread.spawn_scoped(scope, work);
}

fn admit<'scope>(
    shared: &'scope Shared,
    scope: &'scope Scope<'scope, '_>,
    socket: TcpStream,
    from: Origin,
    console: &Console,
) {
    let ip = from.address.ip();
    let refuse = |socket: &TcpStream, why: Refused| {
        let now = wall_us();
        if let Some(count) = shared.turned_away.count(why, now) {
            console.notice(Notice::TurnedAway { from: from.address, why, count }, now);
        }
        turn_away(socket, &why.farewell());
    };
    let session = match shared.admissions.admit(ip, from.is_local) {
        Ok(session) => session,
        Err(why) => return refuse(&socket, why),
    };
    if let Err(outlet) = start_session(shared, scope, session, from, socket) {
        shared.admissions.forget(session, ip);
        refuse(outlet.socket(), Refused::Full);
    }
}

/// Gives the connection back where the system has no thread for it.
fn start_session<'scope>(
    shared: &'scope Shared,
    scope: &'scope Scope<'scope, '_>,
    session: SessionId,
    from: Origin,
    socket: TcpStream,
) -> Result<(), Arc<NativeOutlet>> {
    let outlet = native::open_outlet(&shared.slow_sender.poller, scope, socket)?;
    let thread = thread::Builder::new().name("session".into()).stack_size(session::STACK);
    let its_own = Arc::clone(&outlet);
    let started = thread.spawn_scoped(scope, move || session::run(shared, session, from, &its_own));
    started.map(drop).map_err(|_| outlet)
}

/// A new socket's buffer takes one line at once. What the client has said
/// already is read, for otherwise the system would answer it with a reset.
///
/// The line is plain also where the client has begun TLS: a handshake would cost the server more than
/// it saves by turning somebody away. `join` shows the line, and learns nothing of the server by it.
fn turn_away(mut socket: &TcpStream, farewell: &str) {
    let _ = socket.write_all(farewell.as_bytes());
    let _ = socket.shutdown(Shutdown::Write);
    let _ = read_now(socket, &mut Vec::with_capacity(4096));
}
