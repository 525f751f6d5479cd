//! A connection's lines on their way to the hub: what one read brought goes as one item, within bounds.

use super::inbox::{InboxSemaphore, Item};
use crate::hub::{Decoder, Input, SessionId};
use crate::server::outbox::native::NativeOutlet;
use crossbeam::channel::Sender;

/// Lines in one item.
const MAX_LINES: usize = 64;
/// Bytes of them from which on there are no more: a line may have 4 KiB of tags.
const MAX_BYTES: usize = 32 * 1024;

/// The lines of one connection that are still to go to the hub.
pub(super) struct LineBatcher<'a> {
    inbox: &'a Sender<Item<NativeOutlet>>,
    session: SessionId,
    semaphore: InboxSemaphore,
    pub(super) decoder: Decoder,
    /// At most [`MAX_LINES`].
    inputs: Vec<Input>,
    /// Of the inputs: at most [`MAX_BYTES`] and a line.
    bytes: usize,
    /// Something of this read has gone to the hub.
    has_sent: bool,
}

impl LineBatcher<'_> {
    pub(super) fn new(inbox: &Sender<Item<NativeOutlet>>, session: SessionId) -> LineBatcher<'_> {
        let (semaphore, decoder) = (InboxSemaphore::new(), Decoder::default());
        LineBatcher { inbox, session, semaphore, decoder, inputs: Vec::new(), bytes: 0, has_sent: false }
    }

    /// False when nobody listens any more.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> bool {
        let LineBatcher { inbox, session, semaphore, decoder, inputs, bytes: held, has_sent } = self;
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
                listening &= send(inbox, *session, semaphore, inputs);
                *has_sent = true;
            }
        });
        listening
    }

    /// The handshake of TLS is over: the hub learns that before it gets a line.
    pub(super) fn establish(&self) -> bool {
        self.inbox.send(Item::Encrypted { session: self.session }).is_ok()
    }

    /// A read is over. One that completed no line is told as well where a person may be
    /// typing: the hub counts the time for a name from the first byte.
    pub(super) fn end_read(&mut self) -> bool {
        self.bytes = 0;
        let is_told = std::mem::take(&mut self.has_sent) || !self.decoder.may_be_person();
        (self.inputs.is_empty() && is_told)
            || send(self.inbox, self.session, &self.semaphore, &mut self.inputs)
    }

    /// Nothing has come for half a second.
    pub(super) fn pause(&mut self) {
        let LineBatcher { decoder, inputs, .. } = self;
        decoder.pause(|input| inputs.push(input));
    }

    /// The stream is over.
    pub(super) fn end(&mut self) {
        let LineBatcher { inbox, session, semaphore, decoder, inputs, .. } = self;
        decoder.end(|input| inputs.push(input));
        if !inputs.is_empty() {
            // Nobody takes it once the server has stopped.
            send(inbox, *session, semaphore, inputs);
        }
    }
}

fn send(
    inbox: &Sender<Item<NativeOutlet>>,
    session: SessionId,
    semaphore: &InboxSemaphore,
    inputs: &mut Vec<Input>,
) -> bool {
    let ticket = semaphore.acquire();
    inbox.send(Item::Lines { session, inputs: std::mem::take(inputs), ticket }).is_ok()
}
