//! A client's own thread where the client speaks TLS: what comes in is decrypted on its way to
//! the batcher, and the handshake computed elsewhere ([`super::handshakes`]).
//!
//! The hub has heard of the connection when it was accepted, and hears of its first byte. Until the
//! handshake is over it hears nothing more, so the time that anybody has to register bounds the
//! handshake as well.

use super::batcher::LineBatcher;
use super::handshakes::Handshakes;
use super::reads::{BULK_READ, SMALL_READ, lost};
use crate::hub::Departure;
use crate::server::outbox::encryption::Received;
use crate::server::outbox::native::{NativeOutlet, read_now};
use crate::text::sanitise::for_drawing;
use rustls::ServerConfig;
use std::io::{self, Read};
use std::sync::Arc;

/// Reads until the end; `first` has come in already.
///
/// Where somebody is silent this and what is called by it has touched two pages of the stack: what was
/// read first and what is read later is on the heap, and decryption is called from here, not from
/// within what else there is to do.
#[inline(never)]
pub(super) fn read(
    batcher: &mut LineBatcher<'_>,
    outlet: &Arc<NativeOutlet>,
    (config, handshakes): (Arc<ServerConfig>, &Handshakes),
    first: Vec<u8>,
) -> Departure {
    outlet.encrypt(config);
    // The first byte: the time to register counts from it.
    if !batcher.end_read() {
        return Departure::ServerStopping;
    }
    let mut reader = Reader { batcher, outlet, handshakes, is_established: false, has_said: false };
    let (mut count, mut small) = (first.len(), first);
    small.resize(SMALL_READ, 0);
    loop {
        let mut step = reader.take(&small[..count]);
        if count == SMALL_READ {
            let mut bulk = Vec::with_capacity(BULK_READ);
            while step.is_ok() && read_now(outlet.socket(), &mut bulk) {
                step = reader.take(&bulk);
            }
        }
        if let Err(why) = step.and_then(|()| reader.end_read()) {
            return why;
        }
        count = loop {
            match (&mut outlet.socket()).read(&mut small) {
                // Without close_notify somebody else may have cut the stream (RFC 8446, 6.1): a
                // line that has no end may be a part of one, and counts for nothing.
                Ok(0) => return Departure::Closed,
                Ok(count) => break count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return lost(&error),
            }
        };
    }
}

struct Reader<'a, 'b> {
    batcher: &'a mut LineBatcher<'b>,
    outlet: &'a Arc<NativeOutlet>,
    handshakes: &'a Handshakes,
    is_established: bool,
    /// Something was said in this read.
    has_said: bool,
}

impl Reader<'_, '_> {
    /// # Errors
    /// Why the connection is over.
    #[inline(always)]
    fn take(&mut self, bytes: &[u8]) -> Result<(), Departure> {
        let mut plain = Vec::new();
        let received = match self.is_established {
            true => self.outlet.receive(bytes, &mut plain),
            false => self.handshakes.receive(self.outlet, bytes, &mut plain).ok_or(Departure::Fault)?,
        };
        self.obey(received, &plain)
    }

    /// Hands on what was said.
    #[inline(never)]
    fn obey(&mut self, received: Result<Received, rustls::Error>, plain: &[u8]) -> Result<(), Departure> {
        let is_over_handshake = received.as_ref().is_ok_and(|received| *received != Received::Handshaking);
        if is_over_handshake
            && !std::mem::replace(&mut self.is_established, true)
            && !self.batcher.establish()
        {
            return Err(Departure::ServerStopping);
        }
        if !plain.is_empty() {
            self.has_said = true;
            if !self.batcher.feed(plain) {
                return Err(Departure::ServerStopping);
            }
        }
        match received {
            Ok(Received::Handshaking | Received::Established) => Ok(()),
            Ok(Received::Ended) => {
                self.batcher.end();
                Err(Departure::Closed)
            }
            Err(error) => {
                // What was said before it was said.
                self.end_read()?;
                Err(broken(&error))
            }
        }
    }

    fn end_read(&mut self) -> Result<(), Departure> {
        match !std::mem::take(&mut self.has_said) || self.batcher.end_read() {
            true => Ok(()),
            false => Err(Departure::ServerStopping),
        }
    }
}

fn broken(error: &rustls::Error) -> Departure {
    Departure::Tls(for_drawing(&error.to_string()).into_owned())
}
