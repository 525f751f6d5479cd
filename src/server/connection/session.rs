//! A client's own thread: reads, makes lines, hands them to the hub.

use super::inbox::{Gate, Item, NewConnection};
use crate::hub::{Decoder, Departure, Input, SessionId};
use crate::server::outbox::native::{NativeOutlet, read_now};
use crate::server::outbox::outlet::Outlet;
use crate::server::shared::Shared;
use crossbeam::channel::Sender;
use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// Lines in one item.
const MAX_LINES: usize = 64;
/// Bytes of them from which on there are no more: a line may have 4 KiB of tags.
const MAX_BYTES: usize = 32 * 1024;
/// Read at once by a client that says a little now and then. It lies on the
/// stack: ten thousand who are silent have one each.
const SMALL_READ: usize = 512;
/// Read at once while more keeps coming.
const BULK_READ: usize = 16 * 1024;

/// A first read without a line end is whole where nothing comes for so long.
const PAUSE: Duration = Duration::from_millis(500);

/// Virtual, not resident: what a session touches is a few pages.
pub(in crate::server) const STACK: usize = 256 * 1024;

/// The thread's whole life. A panic in it closes this session and no other.
pub(in crate::server) fn run(
    shared: &Shared,
    session: SessionId,
    from: SocketAddr,
    outlet: &Arc<NativeOutlet>,
) {
    if shared.inbox.send(Item::Open(NewConnection::new(session, from, Arc::clone(outlet)))).is_err() {
        return shared.admissions.forget(session, from.ip());
    }
    let why =
        catch_unwind(AssertUnwindSafe(|| read(&shared.inbox, session, outlet))).unwrap_or(Departure::Fault);
    // Nobody takes it once the server has stopped.
    let _ = shared.inbox.send(Item::Gone { session, why });
}

fn read(inbox: &Sender<Item<NativeOutlet>>, session: SessionId, outlet: &NativeOutlet) -> Departure {
    let socket = outlet.socket();
    let mut hand = LineBatcher {
        inbox,
        session,
        gate: Gate::new(),
        decoder: Decoder::default(),
        inputs: Vec::new(),
        bytes: 0,
        has_sent: false,
    };
    let mut little = [0; SMALL_READ];
    loop {
        let awaits_pause = hand.decoder.awaits_pause();
        if awaits_pause {
            // Fails on no open socket; the name would then wait for a line end.
            let _ = socket.set_read_timeout(Some(PAUSE));
        }
        let read = (&mut &*socket).read(&mut little);
        if awaits_pause {
            let _ = socket.set_read_timeout(None);
        }
        let count = match read {
            Ok(0) => {
                hand.end();
                return Departure::Closed;
            }
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if awaits_pause && is_late(&error) => {
                outlet.send_lines_apart();
                hand.pause();
                if !hand.over() {
                    return Departure::ServerStopping;
                }
                continue;
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => return Departure::TimedOut,
            Err(_) => return Departure::Reset,
        };
        let mut listening = match hand.decoder.reads_packets() {
            true => hand.feed(&whole_read(socket, &little, count)),
            false => hand.feed(&little[..count]),
        };
        if count == SMALL_READ && !hand.decoder.reads_packets() {
            let mut much = Vec::with_capacity(BULK_READ);
            while listening && read_now(socket, &mut much) {
                listening = hand.feed(&much);
            }
        }
        if !(listening && hand.over()) {
            return Departure::ServerStopping;
        }
    }
}

/// Whether nothing has come in the time that was set.
fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// All that has come of a message that may be longer than what is read first.
fn whole_read(socket: &TcpStream, little: &[u8; SMALL_READ], count: usize) -> Vec<u8> {
    let mut all = little[..count].to_vec();
    let mut much = Vec::with_capacity(if count == SMALL_READ { BULK_READ } else { 0 });
    if count == SMALL_READ && read_now(socket, &mut much) {
        all.append(&mut much);
    }
    all
}

/// What a session has in its hand for the hub.
struct LineBatcher<'a> {
    inbox: &'a Sender<Item<NativeOutlet>>,
    session: SessionId,
    gate: Gate,
    decoder: Decoder,
    /// At most [`MAX_LINES`].
    inputs: Vec<Input>,
    /// Of the inputs: at most [`MAX_BYTES`] and a line.
    bytes: usize,
    /// Something of this read has gone to the hub.
    has_sent: bool,
}

impl LineBatcher<'_> {
    /// False when nobody listens any more.
    fn feed(&mut self, bytes: &[u8]) -> bool {
        let LineBatcher { inbox, session, gate, decoder, inputs, bytes: held, has_sent } = self;
        let mut listening = true;
        let mut lines = memchr::memchr_iter(b'\n', bytes).count();
        decoder.feed(bytes, |input| {
            if inputs.len() == inputs.capacity() {
                // One line at a time is usual: what grows by itself begins with room for four.
                inputs.reserve_exact(lines.clamp(1, MAX_LINES - inputs.len()));
            }
            lines = lines.saturating_sub(1);
            *held += input.bytes();
            inputs.push(input);
            if inputs.len() == MAX_LINES || *held >= MAX_BYTES {
                *held = 0;
                listening &= send(inbox, *session, gate, inputs);
                *has_sent = true;
            }
        });
        listening
    }

    /// A read is over. One that completed no line is told as well where a person may be
    /// typing: the hub counts the time for a name from the first byte.
    fn over(&mut self) -> bool {
        self.bytes = 0;
        let is_told = std::mem::take(&mut self.has_sent) || !self.decoder.may_be_person();
        (self.inputs.is_empty() && is_told) || send(self.inbox, self.session, &self.gate, &mut self.inputs)
    }

    /// Nothing has come for [`PAUSE`].
    fn pause(&mut self) {
        let LineBatcher { decoder, inputs, .. } = self;
        decoder.pause(|input| inputs.push(input));
    }

    /// The stream is over.
    fn end(&mut self) {
        let LineBatcher { inbox, session, gate, decoder, inputs, .. } = self;
        decoder.end(|input| inputs.push(input));
        if !inputs.is_empty() {
            // Nobody takes it once the server has stopped.
            send(inbox, *session, gate, inputs);
        }
    }
}

fn send(
    inbox: &Sender<Item<NativeOutlet>>,
    session: SessionId,
    gate: &Gate,
    inputs: &mut Vec<Input>,
) -> bool {
    let ticket = gate.pass();
    inbox.send(Item::Lines { session, inputs: std::mem::take(inputs), ticket }).is_ok()
}
