//! TLS on the one port, as clients meet it.

use crate::kit::{DEADLINE, Server, installed};
use rcgen::{CertificateParams, KeyPair};
use roomchat::client::transport::AnyServer;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A client's settings; None takes any certificate.
fn config(trusted: Option<&[u8]>) -> ClientConfig {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let mut config = match trusted {
        None => {
            let verifier = Arc::new(AnyServer(ring::default_provider()));
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
        }
        Some(pem) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(pem).unwrap()).unwrap();
            builder.with_root_certificates(roots).with_no_client_auth()
        }
    };
    config.alpn_protocols = vec![b"irc".to_vec()];
    config
}

/// A socket and TLS on it, read by lines.
struct Stream {
    connection: ClientConnection,
    socket: TcpStream,
}

impl Stream {
    fn connect(address: SocketAddr, config: ClientConfig) -> io::Result<Stream> {
        Stream::over(TcpStream::connect(address)?, config)
    }

    fn over(socket: TcpStream, config: ClientConfig) -> io::Result<Stream> {
        socket.set_read_timeout(Some(DEADLINE))?;
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
        let mut stream = Stream { connection, socket };
        while stream.connection.is_handshaking() {
            stream.connection.complete_io(&mut stream.socket)?;
        }
        Ok(stream)
    }
}

impl Read for Stream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        rustls::Stream::new(&mut self.connection, &mut self.socket).read(out)
    }
}

/// Says this, and then enters the first room, encrypted.
pub(super) fn connect_behind(address: SocketAddr, header: &[u8]) -> impl Sized {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.write_all(header).unwrap();
    let mut client = Client(BufReader::new(Stream::over(socket, config(None)).unwrap()));
    client.send("NICK behind\r\nUSER u 0 * :x\r\nJOIN #lobby");
    client.hears(" 366 ");
    client
}

/// Enters the first room by this connection, encrypted; False where the server ends it.
pub(crate) fn comes_in(socket: TcpStream, name: &str) -> bool {
    let Ok(mut stream) = Stream::over(socket, config(None)) else { return false };
    let Stream { connection, socket } = &mut stream;
    let lines = format!("NICK {name}\r\nUSER u 0 * :x\r\nJOIN #lobby\r\n");
    let is_sent = rustls::Stream::new(connection, socket).write_all(lines.as_bytes()).is_ok();
    is_sent && BufReader::new(stream).lines().map_while(Result::ok).any(|line| line.contains(" 366 "))
}

/// The first message of a handshake.
pub(crate) fn hello() -> Vec<u8> {
    let name = ServerName::try_from("localhost").unwrap();
    let mut hello = Vec::new();
    ClientConnection::new(Arc::new(config(None)), name).unwrap().write_tls(&mut hello).unwrap();
    hello
}

/// Somebody who speaks raw IRC lines, encrypted.
struct Client(BufReader<Stream>);

impl Client {
    fn connect(address: SocketAddr) -> Client {
        Client(BufReader::new(Stream::connect(address, config(None)).unwrap()))
    }

    fn enter(address: SocketAddr, name: &str) -> Client {
        let mut client = Client::connect(address);
        client.send(&format!("NICK {name}\r\nUSER u 0 * :x\r\nJOIN #lobby"));
        client.hears(" 366 ");
        client
    }

    fn send(&mut self, line: &str) {
        let Stream { connection, socket } = self.0.get_mut();
        rustls::Stream::new(connection, socket).write_all(format!("{line}\r\n").as_bytes()).unwrap();
    }

    fn hears(&mut self, part: &str) -> String {
        let mut heard = Vec::new();
        loop {
            let mut line = String::new();
            match self.0.read_line(&mut line) {
                Ok(0) => panic!("closed without {part:?}, but {heard:#?}"),
                Ok(_) if line.contains(part) => return line.trim_end().to_owned(),
                Ok(_) => heard.push(line),
                Err(error) => panic!("{error}: no {part:?}, but {heard:#?}"),
            }
        }
    }

    /// Until close_notify: a stream that ends without it is an error.
    fn hears_to_the_end(&mut self) -> String {
        let mut all = String::new();
        self.0.read_to_string(&mut all).unwrap();
        all
    }

    fn certificate(&self) -> CertificateDer<'static> {
        self.0.get_ref().connection.peer_certificates().unwrap()[0].clone().into_owned()
    }
}

fn temporary(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A certificate for `localhost` and its key, in PEM.
fn pair(change: impl FnOnce(&mut CertificateParams)) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    change(&mut params);
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

#[test]
fn one_port_speaks_both() {
    let server = Server::start(&["--lang", "en"]);
    let plain = server.enter("plain");
    let mut encrypted = Client::enter(server.address, "encrypted");
    assert_eq!(encrypted.0.get_ref().connection.alpn_protocol(), Some(&b"irc"[..]));
    encrypted.send("PRIVMSG #lobby :你好");
    plain.hears(" PRIVMSG #lobby :你好");
    plain.send("PRIVMSG #lobby :哈囉");
    encrypted.hears(" PRIVMSG #lobby :哈囉");
    plain.send("WHOIS encrypted");
    plain.hears(" 671 plain encrypted :");
    plain.send("WHOIS plain");
    assert!(!plain.hears(" 31").contains(" 671 "));
    encrypted.send("QUIT :bye");
    assert!(encrypted.hears_to_the_end().ends_with("(Quit: bye)\r\n"), "and close_notify");
    plain.hears(" QUIT ");
}

/// Somebody without an IRC client: what is said comes encrypted as well.
#[test]
fn a_person_may_speak_lines_over_tls() {
    let server = Server::start(&["--lang", "en"]);
    let watcher = server.enter("watcher");
    let mut person = Client::connect(server.address);
    person.send("小明");
    person.hears("people in the room: 2");
    person.send("哈囉");
    watcher.hears(" PRIVMSG #lobby :哈囉");
    watcher.send("PRIVMSG #lobby :hi");
    person.hears("watcher: hi");
    person.send("exit");
    person.hears_to_the_end();
}

/// The key is kept with what is said, and is shown at each start; its certificate verifies, and another
/// server's does not.
#[test]
fn key_is_the_same_after_a_restart() {
    let shown = |child: std::process::Child| {
        let mut console = super::Console::of(child);
        let key = loop {
            let fact = console.next();
            if fact["event"] == "encryption" {
                break fact["key"].as_str().unwrap().to_owned();
            }
        };
        (key, console.listening().unwrap().parse::<SocketAddr>().unwrap(), console)
    };
    let serve = |args: &[&str]| {
        let mut command = crate::kit::roomchat();
        command.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"]).args(args);
        shown(command.stdout(Stdio::piped()).spawn().unwrap())
    };
    let folder = temporary("key");
    let data = ["--data", folder.to_str().unwrap()];
    let (first, _, console) = serve(&data);
    drop(console);
    let (again, address, _console) = serve(&data);
    assert!(first.starts_with("SHA256:") && first == again, "{first} {again}");
    let trusted = fs::read(folder.join("cert.pem")).unwrap();
    assert!(Stream::connect(address, config(Some(&trusted))).is_ok());
    let (other, address, _console) = serve(&["--memory"]);
    assert_ne!(other, first);
    assert!(Stream::connect(address, config(Some(&trusted))).is_err(), "another key");
}

/// New connections have the new certificate, those that are there stay, and a bad pair changes nothing.
#[test]
fn a_certificate_is_replaced_under_a_hundred_connections() {
    let folder = temporary("replaced");
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let write = |(chain, private): &(String, String)| {
        fs::write(&certificate, chain).unwrap();
        fs::write(&key, private).unwrap();
    };
    let first = pair(|_| {});
    write(&first);
    let files = ["--cert", certificate.to_str().unwrap(), "--key", key.to_str().unwrap()];
    let server = Server::start(&[&files[..], &["--lang", "en"]].concat());
    let der = |pem: &str| CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let mut clients: Vec<_> =
        (0..100).map(|number| Client::enter(server.address, &format!("p{number}"))).collect();
    assert_eq!(clients[0].certificate(), der(&first.0));
    let second = pair(|_| {});
    write(&second);
    let start = Instant::now();
    server.shows("new certificate taken up; its key is SHA256:");
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    assert_eq!(Client::connect(server.address).certificate(), der(&second.0));
    write(&(first.0.clone(), second.1.clone()));
    server.shows("the new certificate is not taken up");
    assert_eq!(Client::connect(server.address).certificate(), der(&second.0));
    clients[0].send("PRIVMSG #lobby :still here");
    clients[1..].iter_mut().for_each(|client| drop(client.hears(":still here")));
}

#[test]
fn files_that_are_no_pair_are_refused_at_the_start() {
    let folder = temporary("no-pair");
    let (one, other) = (pair(|_| {}), pair(|_| {}));
    let (certificate, key) = (folder.join("c"), folder.join("k"));
    fs::write(&certificate, one.0).unwrap();
    for private in [other.1, "no key".to_owned()] {
        fs::write(&key, private).unwrap();
        let mut serve = assert_cmd::Command::from_std(crate::kit::roomchat());
        serve.args(["serve", "--lang", "en", "--listen", "127.0.0.1:0", "--cert"]);
        let run = serve.arg(&certificate).arg("--key").arg(&key).assert().failure().code(1);
        run.stderr(predicates::str::contains("nothing can be encrypted with --cert and --key: "));
    }
}

/// A client that verifies refuses a certificate that has expired.
#[test]
fn an_expired_certificate_is_refused_by_who_verifies() {
    let folder = temporary("expired");
    let (certificate, key) = (folder.join("c"), folder.join("k"));
    let old = pair(|params| params.not_after = rcgen::date_time_ymd(2001, 1, 1));
    fs::write(&certificate, &old.0).unwrap();
    fs::write(&key, &old.1).unwrap();
    let files = ["--cert", certificate.to_str().unwrap(), "--key", key.to_str().unwrap()];
    let server = Server::start(&[&files[..], &["--lang", "en"]].concat());
    let refused = Stream::connect(server.address, config(Some(old.0.as_bytes()))).err().unwrap();
    assert!(refused.to_string().contains("expired"), "{refused}");
    server.shows("closed. (TLS: received fatal alert: ");
}

#[test]
fn only_tls_gets_in_from_elsewhere_where_that_is_asked_for() {
    let server = Server::start(&["--lang", "en", "--tls", "only", "--local-operators", "off"]);
    let plain = server.connect();
    plain.send("NICK bob");
    assert!(plain.hears_to_the_end().contains("This server is reached by TLS only"));
    let person = server.connect();
    person.send("小明");
    assert!(person.hears_to_the_end().contains("not encrypted"));
    Client::enter(server.address, "bob");
    let local = Server::start(&["--tls", "only"]);
    local.enter("people of this machine may do without");
}

/// Nothing is said to a handshake that never ends, in plain least of all; it goes after ten seconds,
/// and holds up nobody.
#[test]
fn half_a_handshake_goes_after_ten_seconds() {
    let server = Server::start(&["--lang", "en"]);
    let half: Vec<_> = (0..100)
        .map(|_| {
            let client = server.connect();
            client.send_bytes(&[0x16]);
            client
        })
        .collect();
    (0..10).for_each(|number| drop(Client::enter(server.address, &format!("p{number}"))));
    half.iter().for_each(|client| assert_eq!(client.hears_to_the_end(), ""));
    server.shows("closed. (no name in 10 s)");
}

/// A broken record is answered by an alert, which alone comes; with `off` no byte of TLS is understood.
#[test]
fn what_is_no_tls_after_all_is_closed() {
    let server = Server::start(&["--lang", "en"]);
    let mut socket = TcpStream::connect(server.address).unwrap();
    socket.write_all(b"\x16\x03\x01\xff\xffhello").unwrap();
    let mut sent = Vec::new();
    // It may be reset after that.
    let _ = socket.read_to_end(&mut sent);
    assert_eq!(sent.first(), Some(&0x15), "an alert (RFC 8446, 6): {sent:?}");
    server.shows("closed. (TLS: ");
    let off = Server::start(&["--lang", "en", "--tls", "off"]);
    let client = off.connect();
    client.send_bytes(&[0x16, 3, 1, 0, 5, 0x80, b'\n']);
    client.hears("UTF-8");
}

/// Records of one byte are served as any others.
#[test]
fn a_byte_in_each_record_is_a_stream_all_the_same() {
    let server = Server::start(&["--lang", "en"]);
    let mut client = Client::connect(server.address);
    for byte in b"NICK slow\r\nUSER u 0 * :x\r\nJOIN #lobby\r\n" {
        let Stream { connection, socket } = client.0.get_mut();
        rustls::Stream::new(connection, socket).write_all(&[*byte]).unwrap();
    }
    client.hears(" 366 ");
}

/// A reader who takes nothing costs the others nothing, and is closed for it.
#[test]
fn a_slow_reader_costs_nobody() {
    let server = Server::start(&["--lang", "en"]);
    let _slow = Client::enter(server.address, "slow");
    let mut reader = Client::enter(server.address, "reader");
    let speaker = server.enter("speaker");
    let text = "x".repeat(400);
    for number in 0..30_000 {
        speaker.send(&format!("PRIVMSG #lobby :{number} {text}"));
        if number % 1000 == 0 {
            reader.hears(&format!(":{number} "));
        }
    }
    reader.hears(":29999 ");
    server.shows("closed. (reads too slowly)");
}

/// The program that administrators try a port with.
#[test]
fn openssl_talks_to_it() {
    if !installed("openssl") {
        return;
    }
    let server = Server::start(&["--lang", "en"]);
    let watcher = server.enter("watcher");
    for version in ["-tls1_2", "-tls1_3"] {
        let mut command = Command::new("openssl");
        let at = server.address.to_string();
        command.args(["s_client", "-quiet", "-alpn", "irc", version, "-connect", &at]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(b"NICK openssl\r\nUSER o 0 * :x\r\nJOIN #lobby\r\nPRIVMSG #lobby :hi\r\n").unwrap();
        watcher.hears(" PRIVMSG #lobby :hi");
        input.write_all(b"QUIT\r\n").unwrap();
        watcher.hears(" QUIT ");
        let mut heard = String::new();
        child.stdout.take().unwrap().read_to_string(&mut heard).unwrap();
        assert!(heard.contains(" 366 ") && heard.contains("ERROR :"), "{heard}");
        drop(input);
        child.wait().unwrap();
    }
}

/// A client that wants new keys in the old way (RFC 5246, 7.4.1.1) gets none, and costs nobody anything.
#[test]
fn renegotiation_is_refused() {
    if !installed("openssl") {
        return;
    }
    let server = Server::start(&["--lang", "en"]);
    let watcher = server.enter("watcher");
    let mut command = Command::new("openssl");
    command.args(["s_client", "-tls1_2", "-crlf", "-connect", &server.address.to_string()]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"NICK reneg\nUSER o 0 * :x\nJOIN #lobby\n").unwrap();
    watcher.hears(":reneg!o@127.0.0.1 JOIN ");
    // A line that begins with R is a command to openssl.
    input.write_all(b"R\n").unwrap();
    let _ = input.write_all(b"PRIVMSG #lobby :after\nQUIT\n");
    let next = watcher.hears(":reneg!");
    assert!(next.contains(" QUIT ") || next.ends_with(" :after"), "{next}");
    server.enter("next");
    let _ = child.kill();
    child.wait().unwrap();
}

/// So many connections have begun a handshake and do not go on; others come in as fast as ever.
#[test]
fn open_handshakes_hold_up_nobody() {
    let server = Server::start(&["--lang", "en"]);
    let open: Vec<TcpStream> = (0..500)
        .map(|_| {
            let mut socket = TcpStream::connect(server.address).unwrap();
            socket.write_all(&hello()).unwrap();
            socket
        })
        .collect();
    (0..10).for_each(|number| drop(Client::enter(server.address, &format!("p{number}"))));
    server.shows("closed. (no name in 10 s)");
    drop(open);
}
