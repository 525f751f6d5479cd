//! The keys and certificates that the server encrypts with.
//!
//! | file | holds |
//! |---|---|
//! | `identity.rs` | a key with its certificates, as `rustls` wants them, and the key's fingerprint |
//! | `own.rs` | the server's own, made at the first start and kept |
//! | `start.rs` | which of the two it is |
//! | `files.rs` | an administrator's, taken up when the files change |
//!
//! What happens to a connection's bytes is in `outbox/encryption.rs`.

pub(super) mod files;
pub(super) mod identity;
pub(super) mod own;
pub(super) mod start;

use rustls::ServerConfig;
use std::sync::{Arc, PoisonError, RwLock};

/// What new connections are encrypted with. Shared by the clients' threads, and replaced by the
/// thread that watches the certificate's files.
#[derive(Debug)]
pub(super) struct Tls(RwLock<Arc<ServerConfig>>);

impl Tls {
    pub(super) fn new(config: Arc<ServerConfig>) -> Tls {
        Tls(RwLock::new(config))
    }

    /// For a new connection, which keeps it to its end.
    pub(super) fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn replace(&self, config: Arc<ServerConfig>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = config;
    }
}
