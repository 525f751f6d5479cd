//! The outlet and the poller of this system, and how they are made.

#[cfg(unix)]
pub(crate) use super::unix::{SocketOutlet as NativeOutlet, SocketPoller as NativePoller, read_now};
#[cfg(not(unix))]
pub(crate) use super::writer::{NativePoller, QueueOutlet as NativeOutlet, read_now};
use std::io;
use std::net::TcpStream;
use std::sync::Arc;
#[cfg(not(unix))]
use std::thread;
use std::thread::Scope;

pub(crate) fn new_poller() -> io::Result<NativePoller> {
    #[cfg(unix)]
    return NativePoller::new();
    #[cfg(not(unix))]
    Ok(NativePoller::default())
}

/// The outlet of a new connection, which is given back where the system has no thread for it.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere it needs a thread")]
pub(crate) fn open_outlet<'scope>(
    _: &NativePoller,
    _: &'scope Scope<'scope, '_>,
    socket: TcpStream,
) -> Result<Arc<NativeOutlet>, Arc<NativeOutlet>> {
    Ok(Arc::new(NativeOutlet::new(socket)))
}

#[cfg(not(unix))]
pub(crate) fn open_outlet<'scope>(
    poller: &NativePoller,
    scope: &'scope Scope<'scope, '_>,
    socket: TcpStream,
) -> Result<Arc<NativeOutlet>, Arc<NativeOutlet>> {
    let (outlet, writer) = NativeOutlet::new(Arc::new(socket), Arc::clone(poller));
    let outlet = Arc::new(outlet);
    let started = thread::Builder::new().name("writer".into()).spawn_scoped(scope, move || writer.run());
    if started.is_ok() { Ok(outlet) } else { Err(outlet) }
}
