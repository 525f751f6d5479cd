//! What all threads of a server share.

use super::accept::admission::Admissions;
use super::accept::local::LocalOperators;
use super::accept::proxied::Proxies;
use super::accept::turned_away::TurnedAway;
use super::connection::handshakes::Handshakes;
use super::connection::inbox::Item;
use super::outbox::native::{NativeOutlet, NativePoller};
use super::outbox::slow_sender::SlowSender;
use super::tls::Tls;
use crossbeam::channel::Sender;
use std::sync::atomic::AtomicBool;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) inbox: Sender<Item<NativeOutlet>>,
    pub(super) admissions: Admissions,
    pub(super) turned_away: TurnedAway,
    pub(super) local_operators: LocalOperators,
    pub(super) proxies: Proxies,
    /// None where nothing is encrypted.
    pub(super) tls: Option<Tls>,
    pub(super) handshakes: Handshakes,
    pub(super) slow_sender: SlowSender<NativeOutlet, NativePoller>,
    /// No connection is let in any more.
    pub(super) stopping: AtomicBool,
}
