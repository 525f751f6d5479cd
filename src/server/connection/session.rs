//! A client's own thread: reads, makes lines, hands them to the hub.

use super::batcher::LineBatcher;
use super::encrypted;
use super::inbox::{Item, NewConnection};
use super::reads::{BULK_READ, SMALL_READ, lost};
use crate::hub::{Departure, Origin, SessionId};
use crate::server::outbox::native::{NativeOutlet, read_now};
use crate::server::outbox::outlet::Outlet;
use crate::server::shared::Shared;
use crate::server::tls::Tls;
use crate::wire::first_bytes::begins_tls;
use rustls::ServerConfig;
use std::io::{self, Read};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// A first read without a line end is whole where nothing comes for so long.
const PAUSE: Duration = Duration::from_millis(500);

/// Virtual, not resident: what a session touches is a few pages.
pub(crate) const STACK: usize = 256 * 1024;

/// The thread's whole life. A panic in it closes this session and no other.
pub(crate) fn run(shared: &Shared, session: SessionId, from: Origin, outlet: &Arc<NativeOutlet>) {
    if !open(shared, session, from, outlet) {
        return shared.admissions.forget(session, from.address.ip());
    }
    let why = catch_unwind(AssertUnwindSafe(|| serve(shared, session, outlet))).unwrap_or(Departure::Fault);
    close(shared, session, why);
}

/// Apart, like [`close`]: what it needs of the stack would lie under all that follows. False where
/// the server has stopped.
#[inline(never)]
fn open(shared: &Shared, session: SessionId, from: Origin, outlet: &Arc<NativeOutlet>) -> bool {
    let opened = NewConnection { session, from, outlet: Some(Arc::clone(outlet)) };
    shared.inbox.send(Item::Open(opened)).is_ok()
}

#[inline(never)]
fn close(shared: &Shared, session: SessionId, why: Departure) {
    // Nobody takes it once the server has stopped.
    let _ = shared.inbox.send(Item::Gone { session, why });
}

/// Reads until the end.
fn serve(shared: &Shared, session: SessionId, outlet: &Arc<NativeOutlet>) -> Departure {
    let mut batcher = LineBatcher::new(&shared.inbox, session);
    match read(&mut batcher, outlet, shared.tls.as_ref()) {
        Stream::Over(why) => why,
        Stream::Encrypted { config, first } => {
            encrypted::read(&mut batcher, outlet, (config, &shared.handshakes), first)
        }
    }
}

/// What a plain stream turns out to be.
enum Stream {
    Over(Departure),
    /// With these settings.
    Encrypted {
        config: Arc<ServerConfig>,
        first: Vec<u8>,
    },
}

/// Kept apart from what follows where it turns out to be encrypted, whose stack would be that much larger.
#[inline(never)]
fn read(batcher: &mut LineBatcher<'_>, outlet: &NativeOutlet, tls: Option<&Tls>) -> Stream {
    let socket = outlet.socket();
    let over = Stream::Over;
    let mut small = [0; SMALL_READ];
    let mut is_first = true;
    loop {
        let awaits_pause = batcher.decoder.awaits_pause();
        if awaits_pause {
            // Fails on no open socket; the name would then wait for a line end.
            let _ = socket.set_read_timeout(Some(PAUSE));
        }
        let read = (&mut &*socket).read(&mut small);
        if awaits_pause {
            let _ = socket.set_read_timeout(None);
        }
        let count = match read {
            Ok(0) => {
                batcher.end();
                return over(Departure::Closed);
            }
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if awaits_pause && is_late(&error) => {
                outlet.send_lines_apart();
                batcher.pause();
                if !batcher.end_read() {
                    return over(Departure::ServerStopping);
                }
                continue;
            }
            Err(error) => return over(lost(&error)),
        };
        if std::mem::take(&mut is_first)
            && begins_tls(&small[..count])
            && let Some(tls) = tls
        {
            return Stream::Encrypted { config: tls.current(), first: small[..count].to_vec() };
        }
        let mut listening = match batcher.decoder.reads_packets() {
            true => batcher.feed(&whole_read(socket, &small, count)),
            false => batcher.feed(&small[..count]),
        };
        if count == SMALL_READ && !batcher.decoder.reads_packets() {
            let mut bulk = Vec::with_capacity(BULK_READ);
            while listening && read_now(socket, &mut bulk) {
                listening = batcher.feed(&bulk);
            }
        }
        if !(listening && batcher.end_read()) {
            return over(Departure::ServerStopping);
        }
    }
}

/// Whether nothing has come in the time that was set.
fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// All that has come of a message that may be longer than what is read first.
fn whole_read(socket: &TcpStream, small: &[u8; SMALL_READ], count: usize) -> Vec<u8> {
    let mut all = small[..count].to_vec();
    let mut bulk = Vec::with_capacity(if count == SMALL_READ { BULK_READ } else { 0 });
    if count == SMALL_READ && read_now(socket, &mut bulk) {
        all.append(&mut bulk);
    }
    all
}
