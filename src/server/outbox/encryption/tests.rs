//! A client of `rustls` at the other end.

use super::super::native::NativeOutlet;
use super::super::outlet::Outlet;
use super::*;
use crate::server::tls::own::{Names, of_this_run};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// Takes any certificate. That the peer holds its key is verified.
#[derive(Debug)]
struct AnyServer(CryptoProvider);

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

pub(crate) fn server_config() -> Arc<ServerConfig> {
    of_this_run(&Names { name: "roomchat.local", addresses: vec![] }).unwrap().config
}

pub(crate) fn client() -> ClientConnection {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().dangerous();
    let verifier = Arc::new(AnyServer(ring::default_provider()));
    let config = builder.with_custom_certificate_verifier(verifier).with_no_client_auth();
    ClientConnection::new(Arc::new(config), ServerName::try_from("roomchat.local").unwrap()).unwrap()
}

pub(crate) fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (listener.accept().unwrap().0, client)
}

/// A pipe with as much room as it is told.
#[derive(Default)]
struct Pipe {
    room: Cell<usize>,
    sent: std::cell::RefCell<Vec<u8>>,
}

impl Pipe {
    fn send(&self, bytes: &[u8]) -> Offer {
        let count = bytes.len().min(self.room.get());
        self.room.set(self.room.get() - count);
        self.sent.borrow_mut().extend_from_slice(&bytes[..count]);
        match count {
            all if all == bytes.len() => Offer::Sent,
            0 => Offer::Full,
            some => Offer::Partly(some),
        }
    }

    /// What the client reads of all that was sent since the last call.
    fn read(&self, client: &mut ClientConnection) -> String {
        let sent = std::mem::take(&mut *self.sent.borrow_mut());
        let (mut bytes, mut plain) = (&*sent, Vec::new());
        while !bytes.is_empty() {
            client.read_tls(&mut bytes).unwrap();
            client.process_new_packets().unwrap();
            // Until the end there is more to come.
            let _ = client.reader().read_to_end(&mut plain);
        }
        String::from_utf8(plain).unwrap()
    }
}

/// Both ends after the handshake, whose records come a byte at a time.
fn established() -> (Encryption, ClientConnection, Pipe) {
    let (encryption, mut client) = (Encryption::new(server_config()), client());
    let pipe = Pipe { room: Cell::new(usize::MAX), ..Pipe::default() };
    let mut received = Received::Handshaking;
    while received != Received::Established {
        let mut flight = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut flight).unwrap();
        }
        assert_eq!(encryption.offer(b"early\r\n", |_| panic!("sent to nobody")), Offer::Sent);
        for byte in flight {
            received = encryption.receive(&[byte], &mut Vec::new(), |bytes| pipe.send(bytes)).unwrap();
        }
        assert_eq!(pipe.read(&mut client), "", "nothing is said before the client has");
    }
    assert!(!encryption.owes());
    (encryption, client, pipe)
}

/// However little room there is, what was taken leaves once and in order, also a record that was
/// begun, and answers of TLS itself between.
#[test]
fn nothing_overtakes_what_is_owed() {
    let (encryption, mut client, pipe) = established();
    let text: String = (0..3000).map(|number| format!("line {number:060}\r\n")).collect();
    let (mut offered, mut heard, mut kinds) = (0, String::new(), std::collections::BTreeMap::new());
    for step in 0.. {
        pipe.room.set([0, 7, 900, 5000, 40_000][step % 5]);
        let end = text.len().min(offered + [1, 300, 20_000, 70_000][step % 4]);
        let offer = encryption.offer(&text.as_bytes()[offered..end], |bytes| pipe.send(bytes));
        *kinds.entry(format!("{offer:?}").split('(').next().unwrap().to_owned()).or_insert(0) += 1;
        assert_eq!(encryption.owes(), matches!(offer, Offer::Owes | Offer::Partly(_) | Offer::Full));
        offered += match offer {
            Offer::Sent | Offer::Owes => end - offered,
            Offer::Partly(count) => count,
            Offer::Full => 0,
            Offer::Gone => panic!("nobody is gone"),
        };
        if step % 7 == 0 {
            // The client asks for new keys, which is answered by the other thread.
            client.refresh_traffic_keys().unwrap();
            let mut asked = Vec::new();
            client.write_tls(&mut asked).unwrap();
            encryption.receive(&asked, &mut Vec::new(), |bytes| pipe.send(bytes)).unwrap();
        }
        heard.push_str(&pipe.read(&mut client));
        if offered == text.len() && !encryption.owes() {
            break;
        }
    }
    assert!(heard == text, "{} bytes of {}", heard.len(), text.len());
    assert_eq!(kinds.keys().collect::<Vec<_>>(), ["Full", "Owes", "Partly", "Sent"], "all of them happen");
    pipe.room.set(usize::MAX);
    encryption.end(|bytes| pipe.send(bytes));
    assert_eq!(pipe.read(&mut client), "");
    assert_eq!(client.reader().read(&mut [0]).unwrap(), 0, "close_notify ends the stream cleanly");
}

/// The thread that sends waits for nobody.
#[test]
fn full_while_the_other_thread_reads() {
    let (encryption, mut client, pipe) = established();
    let held = encryption.state.lock().unwrap();
    assert_eq!(encryption.offer(b"hi\r\n", |_| panic!("the lock is taken")), Offer::Full);
    assert!(encryption.owes(), "it may, as far as anybody can tell");
    drop(held);
    assert_eq!(encryption.offer(b"hi\r\n", |bytes| pipe.send(bytes)), Offer::Sent);
    assert_eq!(pipe.read(&mut client), "hi\r\n");
}

/// A record that was changed on its way, or repeated, ends the connection; what came before counts.
#[test]
fn a_changed_or_repeated_record_is_refused() {
    for repeats in [false, true] {
        let (encryption, mut client, pipe) = established();
        let mut seal = |text: &str| {
            let mut sealed = Vec::new();
            client.writer().write_all(text.as_bytes()).unwrap();
            client.write_tls(&mut sealed).unwrap();
            sealed
        };
        let (good, mut bad) = (seal("good\r\n"), seal("bad\r\n"));
        *bad.last_mut().unwrap() ^= 1;
        let (mut plain, second) = (Vec::new(), if repeats { good.clone() } else { bad });
        let all = [good, second].concat();
        assert!(encryption.receive(&all, &mut plain, |bytes| pipe.send(bytes)).is_err());
        assert_eq!(plain, b"good\r\n");
        let sent = pipe.sent.take();
        let (mut alert, mut read) = (&*sent, client.read_tls(&mut &sent[..]));
        read = read.and_then(|_| client.process_new_packets().map_err(io::Error::other)).map(|_| 0);
        assert!(read.is_err() && alert.read(&mut [0]).unwrap() == 1, "an alert tells why");
    }
}

/// Whatever comes before a handshake is over is refused without a panic: cut, changed or random.
#[test]
fn no_bytes_cause_a_panic() {
    let config = server_config();
    let mut hello = Vec::new();
    client().write_tls(&mut hello).unwrap();
    for at in 0..hello.len() {
        let mut changed = hello.clone();
        changed[at] ^= 1 << (at % 8);
        let encryption = Encryption::new(Arc::clone(&config));
        let _ = encryption.receive(&hello[..at], &mut Vec::new(), |_| Offer::Full);
        let _ = encryption.receive(&hello[..at], &mut Vec::new(), |_| Offer::Gone);
        let encryption = Encryption::new(Arc::clone(&config));
        let _ = encryption.receive(&changed, &mut Vec::new(), |_| Offer::Sent);
        encryption.end(|_| Offer::Sent);
    }
}

/// Both threads at once over real sockets: one offers lines as fast as they are taken, the other
/// answers a client that keeps asking for new keys.
#[test]
fn two_threads_never_mix_their_records() {
    const LINES: usize = 20_000;
    let (socket, peer) = sockets();
    let outlet = NativeOutlet::new(socket);
    outlet.encrypt(server_config());
    let line = |number: usize| format!("line {number:090}\r\n");
    thread::scope(|scope| {
        scope.spawn(|| serve(&outlet));
        scope.spawn(|| {
            while !outlet
                .receive(&[], &mut Vec::new())
                .is_ok_and(|received| received == Received::Established)
            {
                thread::yield_now();
            }
            let text: String = (0..LINES).map(line).collect();
            let mut rest = text.as_bytes();
            while !rest.is_empty() || outlet.owes() {
                match outlet.offer(&rest[..rest.len().min(3000)]) {
                    Offer::Sent | Offer::Owes => rest = &rest[rest.len().min(3000)..],
                    Offer::Partly(count) => rest = &rest[count..],
                    Offer::Full => thread::yield_now(),
                    Offer::Gone => panic!("nobody is gone"),
                }
            }
            outlet.finish();
        });
        let mut stream = StreamOwned::new(client(), peer);
        stream.flush().unwrap();
        let mut heard = vec![0; line(0).len()];
        for number in 0..LINES {
            if number % 100 == 0 {
                stream.conn.refresh_traffic_keys().unwrap();
                // More than 32 of them with nothing said between end the connection.
                stream.write_all(b"x").unwrap();
            }
            stream.read_exact(&mut heard).unwrap();
            assert_eq!(String::from_utf8_lossy(&heard), line(number));
        }
        assert_eq!(stream.read(&mut heard).unwrap(), 0);
    });
}

/// A client's thread, for as long as the peer is there.
fn serve(outlet: &NativeOutlet) {
    let mut bytes = [0; 512];
    while let Ok(count @ 1..) = (&mut outlet.socket()).read(&mut bytes) {
        if outlet.receive(&bytes[..count], &mut Vec::new()).is_err() {
            return;
        }
    }
}
