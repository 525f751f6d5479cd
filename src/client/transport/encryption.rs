//! A client's end of TLS (RFC 8446): bytes in, bytes out. Its owner has the socket.
//!
//! Any certificate is taken in the handshake, in which the server proves that it holds the
//! certificate's key. Whether that is the right key is for the owner to judge, by the [`Peer`],
//! before anything is said.

use crate::wire::vendor::ONE_RUN;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::digest::{SHA256, digest};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring as provider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::sync::Arc;

/// The protocol's name (IANA, TLS ALPN Protocol IDs).
const ALPN: &[u8] = b"irc";

/// Bytes of plaintext in one record (RFC 8446, 5.1).
const RECORD: usize = 16 * 1024;

/// What a server has shown of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// `SHA256:` and the hash of its public key (SubjectPublicKeyInfo) in Base64, as ssh writes it.
    pub key: String,
    /// The system trusts its certificate for the name that was asked for.
    pub is_trusted: bool,
    /// The certificate says that the key ends with this run of the server.
    pub is_for_one_run: bool,
}

/// The TLS state of one connection.
#[derive(Debug)]
pub(super) struct Encryption {
    connection: ClientConnection,
    name: ServerName<'static>,
    /// The name that was asked for can stand in a certificate.
    is_named: bool,
    has_ended: bool,
}

impl Encryption {
    /// With the server of this name; its address where the name can stand in no certificate.
    ///
    /// # Errors
    /// Where there can be no such connection.
    pub(super) fn new(name: &str, address: IpAddr) -> io::Result<Encryption> {
        let named = ServerName::try_from(name.to_owned());
        let is_named = named.is_ok();
        let name = named.unwrap_or(ServerName::IpAddress(address.into()));
        let connection = ClientConnection::new(Arc::new(config().map_err(broken)?), name.clone());
        let mut connection = connection.map_err(broken)?;
        // What is said before the handshake is over is bounded by its owner.
        connection.set_buffer_limit(None);
        Ok(Encryption { connection, name, is_named, has_ended: false })
    }

    /// Takes what has come in, and appends to `plain` what was said by it. An answer that TLS
    /// itself gives is then to be written, also after an error.
    ///
    /// # Errors
    /// Where the server breaks the protocol or refuses ours.
    pub(super) fn receive(&mut self, mut bytes: &[u8], plain: &mut Vec<u8>) -> io::Result<()> {
        while !bytes.is_empty() && !self.has_ended {
            self.connection.read_tls(&mut bytes)?;
            let state = self.connection.process_new_packets();
            // Also what came before a fault. This ends where there is no more for now.
            let _ = self.connection.reader().read_to_end(plain);
            self.has_ended = state.map_err(broken)?.peer_has_closed();
        }
        Ok(())
    }

    /// Encrypts bytes, or keeps them until the handshake is over.
    ///
    /// # Errors
    /// Where the connection is over.
    pub(super) fn say(&mut self, bytes: &[u8], sealed: &mut Vec<u8>) -> io::Result<()> {
        for record in bytes.chunks(RECORD) {
            self.connection.writer().write_all(record)?;
        }
        self.take(sealed);
        Ok(())
    }

    /// Says that nothing more comes from us (RFC 8446, 6.1).
    pub(super) fn end(&mut self, sealed: &mut Vec<u8>) {
        self.connection.send_close_notify();
        self.take(sealed);
    }

    /// Appends what is to be written.
    pub(super) fn take(&mut self, sealed: &mut Vec<u8>) {
        while self.owes() {
            // A vector takes all.
            let _ = self.connection.write_tls(sealed);
        }
    }

    /// Whether something is to be written.
    pub(super) fn owes(&self) -> bool {
        self.connection.wants_write()
    }

    pub(super) fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    /// The server has ended its half of the stream by close_notify.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Who the server is, once the handshake is over. Whether the system trusts it is only looked
    /// at where that is asked for, since all of the system's certificates are read for it.
    ///
    /// # Errors
    /// Where it has shown no certificate that can be read.
    pub(super) fn peer(&self, asks_trust: bool) -> io::Result<Peer> {
        let missing = || broken(Error::NoCertificatesPresented);
        let [certificate, others @ ..] = self.connection.peer_certificates().ok_or_else(missing)? else {
            return Err(missing());
        };
        let key = ParsedCertificate::try_from(certificate).map_err(broken)?.subject_public_key_info();
        Ok(Peer {
            key: format!("SHA256:{}", STANDARD_NO_PAD.encode(digest(&SHA256, &key))),
            // A certificate for the address says nothing of a name, which may lead to any address.
            is_trusted: asks_trust && self.is_named && is_trusted(certificate, others, &self.name),
            is_for_one_run: memchr::memmem::find(certificate, ONE_RUN.as_bytes()).is_some(),
        })
    }
}

fn broken(error: Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

fn config() -> Result<ClientConfig, Error> {
    let provider = provider::default_provider();
    let builder = ClientConfig::builder_with_provider(Arc::new(provider.clone()));
    let builder = builder.with_safe_default_protocol_versions()?.dangerous();
    let verifier = Arc::new(AnyServer(provider));
    let mut config = builder.with_custom_certificate_verifier(verifier).with_no_client_auth();
    config.alpn_protocols = vec![ALPN.to_vec()];
    // A session that is resumed proves no key anew.
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Whether the system's certificates lead to this one, for this name and now.
fn is_trusted(
    certificate: &CertificateDer<'_>,
    others: &[CertificateDer<'_>],
    name: &ServerName<'_>,
) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(provider::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    verifier.is_ok_and(|verifier| {
        verifier.verify_server_cert(certificate, others, name, &[], UnixTime::now()).is_ok()
    })
}

/// Takes any certificate. That the server holds its key is verified.
#[derive(Debug)]
pub struct AnyServer(pub CryptoProvider);

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
