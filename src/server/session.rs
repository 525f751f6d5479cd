//! A client's own thread: reads, makes lines, hands them to the hub.

use super::Rim;
use super::inbox::{Admission, Gate, Item};
use super::outlet::{NativeOutlet, Outlet, read_now};
use crate::hub::{Decoder, Departure, Input, SessionId};
use crossbeam::channel::Sender;
use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// Lines in one item.
const ITEM: usize = 64;
/// Bytes of them from which on there are no more: a line may have 4 KiB of tags.
const ITEM_BYTES: usize = 32 * 1024;
/// Read at once by a client that says a little now and then. It lies on the
/// stack: ten thousand who are silent have one each.
const LITTLE: usize = 512;
/// Read at once while more keeps coming.
const MUCH: usize = 16 * 1024;

/// A first read without a line end is whole where nothing comes for so long.
const PAUSE: Duration = Duration::from_millis(500);

/// Virtual, not resident: what a session touches is a few pages.
pub(super) const STACK: usize = 256 * 1024;

/// The thread's whole life. A panic in it closes this seat and no other.
pub(super) fn run(rim: &Rim, seat: SessionId, from: SocketAddr, outlet: &Arc<NativeOutlet>) {
    if rim.inbox.send(Item::Open(Admission::new(seat, from, Arc::clone(outlet)))).is_err() {
        return rim.seats.forget(seat, from.ip());
    }
    let why = catch_unwind(AssertUnwindSafe(|| read(&rim.inbox, seat, outlet))).unwrap_or(Departure::Fault);
    // Nobody takes it once the server has stopped.
    let _ = rim.inbox.send(Item::Gone { seat, why });
}

fn read(inbox: &Sender<Item<NativeOutlet>>, seat: SessionId, outlet: &NativeOutlet) -> Departure {
    let socket = outlet.socket();
    let mut hand = Hand {
        inbox,
        seat,
        gate: Gate::new(),
        decoder: Decoder::default(),
        inputs: Vec::new(),
        bytes: 0,
        has_sent: false,
    };
    let mut little = [0; LITTLE];
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
        if count == LITTLE && !hand.decoder.reads_packets() {
            let mut much = Vec::with_capacity(MUCH);
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
fn whole_read(socket: &TcpStream, little: &[u8; LITTLE], count: usize) -> Vec<u8> {
    let mut all = little[..count].to_vec();
    let mut much = Vec::with_capacity(if count == LITTLE { MUCH } else { 0 });
    if count == LITTLE && read_now(socket, &mut much) {
        all.append(&mut much);
    }
    all
}

/// What a session has in its hand for the hub.
struct Hand<'a> {
    inbox: &'a Sender<Item<NativeOutlet>>,
    seat: SessionId,
    gate: Gate,
    decoder: Decoder,
    /// At most [`ITEM`].
    inputs: Vec<Input>,
    /// Of the inputs: at most [`ITEM_BYTES`] and a line.
    bytes: usize,
    /// Something of this read has gone to the hub.
    has_sent: bool,
}

impl Hand<'_> {
    /// False when nobody listens any more.
    fn feed(&mut self, bytes: &[u8]) -> bool {
        let Hand { inbox, seat, gate, decoder, inputs, bytes: held, has_sent } = self;
        let mut listening = true;
        let mut lines = memchr::memchr_iter(b'\n', bytes).count();
        decoder.feed(bytes, |input| {
            if inputs.len() == inputs.capacity() {
                // One line at a time is usual: what grows by itself begins with room for four.
                inputs.reserve_exact(lines.clamp(1, ITEM - inputs.len()));
            }
            lines = lines.saturating_sub(1);
            *held += input.bytes();
            inputs.push(input);
            if inputs.len() == ITEM || *held >= ITEM_BYTES {
                *held = 0;
                listening &= send(inbox, *seat, gate, inputs);
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
        (self.inputs.is_empty() && is_told) || send(self.inbox, self.seat, &self.gate, &mut self.inputs)
    }

    /// Nothing has come for [`PAUSE`].
    fn pause(&mut self) {
        let Hand { decoder, inputs, .. } = self;
        decoder.pause(|input| inputs.push(input));
    }

    /// The stream is over.
    fn end(&mut self) {
        let Hand { inbox, seat, gate, decoder, inputs, .. } = self;
        decoder.end(|input| inputs.push(input));
        if !inputs.is_empty() {
            // Nobody takes it once the server has stopped.
            send(inbox, *seat, gate, inputs);
        }
    }
}

fn send(inbox: &Sender<Item<NativeOutlet>>, seat: SessionId, gate: &Gate, inputs: &mut Vec<Input>) -> bool {
    let ticket = gate.pass();
    inbox.send(Item::Lines { seat, inputs: std::mem::take(inputs), ticket }).is_ok()
}
