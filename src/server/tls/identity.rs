//! A key with its certificates.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::digest::{SHA256, digest};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoServerSessionStorage;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use std::sync::Arc;

/// The protocol's name (IANA, TLS ALPN Protocol IDs). A client that offers others only is refused
/// (RFC 7301, 3.2): it means another kind of server.
const ALPN: &[u8] = b"irc";

/// What a connection is encrypted with.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) config: Arc<ServerConfig>,
    /// `SHA256:` and the hash of the public key (SubjectPublicKeyInfo) in Base64, as ssh writes it.
    pub(crate) fingerprint: String,
}

impl Identity {
    /// Of certificates, the server's first, and its key, in PEM.
    ///
    /// # Errors
    /// Where one of them is missing or damaged, or they do not belong together.
    pub(crate) fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Identity, String> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates).collect();
        let chain = chain.map_err(|error| format!("certificate: {error}"))?;
        if chain.is_empty() {
            return Err("no certificate in it".to_owned());
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| format!("key: {error}"))?;
        let provider = Arc::new(default_provider());
        let certified = CertifiedKey::from_der(chain, key, &provider).map_err(|error| error.to_string())?;
        let public = certified.key.public_key().ok_or("a key of an unknown kind")?;
        let hash = digest(&SHA256, public.as_ref());
        let fingerprint = format!("SHA256:{}", STANDARD_NO_PAD.encode(hash));
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| error.to_string())?.with_no_client_auth();
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = vec![ALPN.to_vec()];
        // Sessions last for hours: to resume one saves nothing, and would cost memory for each.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Identity { config: Arc::new(config), fingerprint })
    }
}
