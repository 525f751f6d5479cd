//! Encryption between `join` and a server, and by what `join` knows the server again.

use super::puppet::{CAPS, Puppet};
use super::tty::Tty;
use crate::kit::{DEADLINE, Server, roomchat, say_aloud, undisturbed};
use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// A home of a test's own, in which `join` remembers servers.
struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> Home {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("encrypted-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Home(folder)
    }

    fn known(&self) -> String {
        fs::read_to_string(self.0.join("roomchat/known_rooms")).unwrap_or_default()
    }

    /// `join` as 小花 in a pipe; what it says on standard output and error, and its status.
    fn join(&self, server: &str, args: &[&str]) -> (String, String, Option<i32>) {
        let mut command = assert_cmd::Command::from_std(roomchat());
        command.args(["join", "--name", "小花", "--server", server]).args(args);
        command.env_remove("ROOMCHAT_HISTORY").env("XDG_STATE_HOME", &self.0).timeout(3 * DEADLINE);
        let output = command.write_stdin("哈囉\n").output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr), output.status.code())
    }

    /// The same, which must be let in.
    fn gets_in(&self, server: &str, args: &[&str]) -> String {
        let (out, err, code) = self.join(server, args);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
        out
    }

    /// The same, which must end with a sentence before anything is said.
    fn is_refused(&self, server: &str, args: &[&str]) -> String {
        let (out, err, code) = self.join(server, args);
        assert_eq!(code, Some(1), "{out}{err}");
        assert!(!out.contains("請輸入訊息"), "{out}");
        err
    }
}

/// An address of this machine that is no loopback, of a private network where that is asked for.
fn own_address(is_private: bool) -> Option<IpAddr> {
    let told = Command::new("hostname").arg("-I").output().ok()?;
    let told = String::from_utf8(told.stdout).ok()?;
    let fits = |ip: &IpAddr| !is_private || roomchat::join::known_rooms::is_private(*ip);
    let found = told.split_whitespace().filter_map(|ip| ip.parse().ok()).find(fits);
    if found.is_none() {
        say_aloud("SKIPPED: this machine has no such address but its own loopback");
    }
    found
}

/// `serve` at this address, with what it keeps in this folder.
fn serve(at: SocketAddr, data: &Path, args: &[&str]) -> Server {
    let data = ["--data", data.to_str().unwrap(), "--lang", "en"];
    Server::start_at(at, &[&data[..], args].concat())
}

fn somewhere() -> Option<SocketAddr> {
    own_address(false).map(|ip| (ip, 0).into())
}

#[test]
fn join_is_encrypted_by_itself() {
    let server = Server::start(&["--lang", "en"]);
    let home = Home::new("itself");
    let watcher = server.enter("watcher");
    for (args, is_encrypted) in
        [(&["--tls", "auto"], true), (&["--tls", "require"], true), (&["--tls", "off"], false)]
    {
        let mut tty = Tty::open(
            24,
            80,
            server.address,
            &[&["--name", "小花"][..], args].concat(),
            &[("XDG_STATE_HOME", home.0.to_str().unwrap())],
        );
        tty.sees("請輸入訊息 (輸入 exit 離開)");
        watcher.send("WHOIS 小花");
        assert_eq!(watcher.hears_until(" 318 ").iter().any(|line| line.contains(" 671 ")), is_encrypted);
        let rows = tty.rows();
        assert_eq!(rows.iter().any(|row| row.contains("，未加密")), !is_encrypted, "{rows:?}");
        assert_eq!(tty.titles().last().unwrap().contains("(未加密)"), !is_encrypted);
        tty.keys("哈囉\r");
        watcher.hears(" PRIVMSG #lobby :哈囉");
        watcher.send("PRIVMSG #lobby :你好");
        tty.sees("watcher: 你好");
        tty.keys("exit\ry\r");
        assert_eq!(tty.exit_code(), 0);
        watcher.hears(" QUIT ");
    }
    assert_eq!(home.known(), "", "loopback is never pinned");
}

#[test]
fn a_server_is_remembered_by_its_key() {
    let Some(at) = somewhere() else { return };
    let home = Home::new("remembered");
    let (data, other) = (home.0.join("data"), home.0.join("other"));
    let server = serve(at, &data, &[]);
    let at = server.address;
    let name = at.to_string();
    let told = home.gets_in(&name, &[]);
    assert!(told.contains("[第一次連到這個伺服器，記住它的金鑰 SHA256:"), "{told}");
    let known = home.known();
    assert!(known.starts_with(&format!("{name} SHA256:")) && known.lines().count() == 1, "{known}");
    let mode = fs::metadata(home.0.join("roomchat/known_rooms")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!home.gets_in(&name, &[]).contains("SHA256"), "told once");
    // Also as irc://, which else goes plain.
    assert!(!home.gets_in(&format!("irc://{name}"), &[]).contains("未加密"));
    drop(server);

    // Another key: nothing is said to that server.
    let server = serve(at, &other, &[]);
    for args in [&[][..], &["--tls", "require"]] {
        let why = home.is_refused(&name, args);
        assert!(why.contains("不是您認識的伺服器") && why.contains("什麼都沒有送出"), "{why}");
        assert!(why.contains("known_rooms") && why.ends_with(&known), "the line to remove: {why}");
    }
    assert_eq!(home.known(), known);
    assert!(home.gets_in(&name, &["--tls", "off"]).contains("未加密"), "who wants that gets it");
    drop(server);

    // Plain, where it was encrypted.
    let server = serve(at, &data, &["--tls", "off"]);
    let why = home.is_refused(&name, &[]);
    assert!(why.contains("以前有加密，現在沒有") && why.ends_with(&known), "{why}");
    drop(server);

    // The same key at another port is recognised.
    let server = serve((at.ip(), 0).into(), &data, &[]);
    let told = home.gets_in(&server.address.to_string(), &[]);
    assert!(told.contains(&format!("[這是您認識的伺服器 {name}，")), "{told}");
    assert_eq!(home.known().lines().count(), 2);
    let (address, key) = known.trim_end().split_once(' ').unwrap();
    fs::write(
        home.0.join("roomchat/known_rooms"),
        format!("# mine\n{address} SHA256:old\n{address} {key}\n"),
    )
    .unwrap();
    assert!(!home.gets_in(&server.address.to_string(), &[]).is_empty());
    assert!(home.known().starts_with("# mine\n"), "other lines stay");
}

/// On a terminal in a private network it is asked whether to trust another key; no is the default.
#[test]
fn a_changed_key_is_asked_about_in_a_class_room() {
    let Some(ip) = own_address(true) else { return };
    let home = Home::new("asked");
    let server = serve((ip, 0).into(), &home.0.join("data"), &[]);
    let at = server.address;
    home.gets_in(&at.to_string(), &[]);
    let known = home.known();
    drop(server);
    let server = serve(at, &home.0.join("other"), &[]);
    let sit = || {
        let env = [("XDG_STATE_HOME", home.0.to_str().unwrap())];
        let tty = Tty::open(24, 80, at, &["--name", "小花", "--tls", "auto"], &env);
        tty.sees("要信任新的金鑰並繼續嗎? [y/N]");
        tty
    };
    for answer in ["\r", "n\r", "\x03", "\x04"] {
        let mut tty = sit();
        tty.keys(answer);
        assert_eq!(tty.exit_code(), 1, "{answer:?}");
        tty.assert_given_back();
        assert_eq!(home.known(), known);
    }
    let mut tty = sit();
    tty.signal("-TERM");
    assert_eq!(tty.exit_code(), 143);
    tty.assert_given_back();
    let mut tty = sit();
    tty.keys("y\r");
    tty.sees("請輸入訊息 (輸入 exit 離開)");
    assert!(home.known() != known && home.known().lines().count() == 1);
    drop(server);
    // Plain is never asked about.
    let _server = serve(at, &home.0.join("other"), &["--tls", "off"]);
    drop(tty);
    let env = [("XDG_STATE_HOME", home.0.to_str().unwrap())];
    let mut tty = Tty::open(24, 80, at, &["--name", "小花", "--tls", "auto"], &env);
    assert_eq!(tty.exit_code(), 1);
    tty.sees("以前有加密，現在沒有");
}

/// The key of a server that keeps nothing ends with it: it is not remembered, but a server with
/// another one does not get what is typed in the same sitting.
#[test]
fn a_key_for_one_run_is_for_one_sitting() {
    let Some(at) = somewhere() else { return };
    let home = Home::new("one-run");
    let server = Server::start_at(at, &["--memory", "--lang", "en"]);
    let at = server.address;
    let told = home.gets_in(&at.to_string(), &[]);
    assert!(told.contains("這個伺服器每次啟動都換金鑰"), "{told}");
    assert_eq!(home.known(), "");
    let env = [("XDG_STATE_HOME", home.0.to_str().unwrap())];
    let mut tty = Tty::open(24, 80, at, &["--name", "小花", "--tls", "auto"], &env);
    tty.sees("請輸入訊息 (輸入 exit 離開)");
    drop(server);
    tty.sees("[連線中斷");
    tty.keys("half");
    let server = Server::start_at(at, &["--memory", "--lang", "en"]);
    // Only of a private network it is asked.
    if own_address(true).is_some_and(|private| private == at.ip()) {
        tty.ends_with(&["要信任新的金鑰並繼續嗎? [y/N]"]);
        tty.keys("n\r");
    }
    assert_eq!(tty.exit_code(), 1);
    tty.sees("不是您認識的伺服器");
    drop(server);
}

/// All of a class were told to edit a file in the middle of the lesson; starting anew would have asked.
#[test]
fn a_key_that_changes_in_the_middle_is_asked_about() {
    let Some(ip) = own_address(true) else { return };
    let home = Home::new("middle");
    let server = serve((ip, 0).into(), &home.0.join("data"), &[]);
    let at = server.address;
    let env = [("XDG_STATE_HOME", home.0.to_str().unwrap())];
    let mut tty = Tty::open(24, 80, at, &["--name", "小花", "--tls", "auto"], &env);
    tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
    let known = home.known();
    drop(server);
    tty.sees("[連線中斷");
    tty.keys("還在嗎\r半句");
    let server = serve(at, &home.0.join("other"), &[]);
    // The rest of a line that was being typed is no answer, and comes back with the line.
    for rest in ["\r", "話\r", "y\r"] {
        tty.ends_with(&["要信任新的金鑰並繼續嗎? [y/N]"]);
        tty.keys(rest);
    }
    // What was said waits, and what was being typed goes on.
    tty.sees("[重新連上了");
    tty.ends_with(&["我: 半句話"]);
    let watcher = server.enter("watcher");
    watcher.hears(" PRIVMSG #lobby :還在嗎");
    assert!(home.known() != known && home.known().lines().count() == 1);
}

/// A sitting comes back to the server that it knows.
#[test]
fn a_lost_connection_comes_back_encrypted() {
    let Some(at) = somewhere() else { return };
    let home = Home::new("back");
    let data = home.0.join("data");
    let server = serve(at, &data, &[]);
    let at = server.address;
    let env = [("XDG_STATE_HOME", home.0.to_str().unwrap())];
    let mut tty = Tty::open(24, 80, at, &["--name", "小花", "--tls", "auto"], &env);
    tty.sees("請輸入訊息 (輸入 exit 離開)");
    drop(server);
    tty.sees("[連線中斷");
    tty.keys("還在嗎\r");
    // What stands before a server that is being restarted takes connections and ends them: that was
    // taken for a server that encrypts no more.
    let before = TcpListener::bind(at).unwrap();
    (0..3).for_each(|_| drop(before.accept().unwrap()));
    drop(before);
    let server = serve(at, &data, &[]);
    let watcher = server.enter("watcher");
    watcher.hears(" PRIVMSG #lobby :還在嗎");
    watcher.send("WHOIS 小花");
    watcher.hears(" 671 ");
}

/// What the system trusts for the name needs no key, and another certificate does not pass for it.
#[test]
fn a_trusted_certificate_needs_no_key() {
    let Some(at) = somewhere() else { return };
    let home = Home::new("trusted");
    let authority = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = params.self_signed(&authority).unwrap();
    fs::write(home.0.join("roots.pem"), root.pem()).unwrap();
    let issuer = rcgen::Issuer::new(params, &authority);
    let (certificate, private) = (home.0.join("c.pem"), home.0.join("k.pem"));
    let issue = || {
        let key = rcgen::KeyPair::generate().unwrap();
        let names = rcgen::CertificateParams::new([at.ip().to_string()]).unwrap();
        fs::write(&certificate, names.signed_by(&key, &issuer).unwrap().pem()).unwrap();
        fs::write(&private, key.serialize_pem()).unwrap();
    };
    issue();
    let files = ["--cert", certificate.to_str().unwrap(), "--key", private.to_str().unwrap()];
    let server = serve(at, &home.0.join("data"), &files);
    let at = server.address;
    let join = |args: &[&str]| {
        let mut command = assert_cmd::Command::from_std(roomchat());
        command.args(["join", "--name", "小花", "--server", &at.to_string()]).args(args);
        command.env_remove("ROOMCHAT_HISTORY").env("XDG_STATE_HOME", &home.0).timeout(3 * DEADLINE);
        command.env("SSL_CERT_FILE", home.0.join("roots.pem")).env_remove("SSL_CERT_DIR");
        command.write_stdin("哈囉\n").output().unwrap()
    };
    for _ in 0..2 {
        let output = join(&[]);
        assert!(output.status.success() && !String::from_utf8_lossy(&output.stdout).contains("SHA256"));
        assert_eq!(home.known(), format!("{at} trusted\n"));
    }
    drop(server);
    let server = serve(at, &home.0.join("data"), &[]);
    assert_eq!(join(&[]).status.code(), Some(1), "its own certificate is another");
    drop(server);
    issue();
    let _server = serve(at, &home.0.join("data"), &files);
    assert!(join(&[]).status.success(), "another key that is certified");
    // A key that is known is not replaced by what the system trusts, as it once was.
    fs::write(home.0.join("roomchat/known_rooms"), format!("{at} SHA256:another\n")).unwrap();
    let output = join(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("SHA256:another"), "the line to remove");
    assert_eq!(home.known(), format!("{at} SHA256:another\n"));
}

/// Takes connections one after the other; of each, what is to be said at once, without reading first.
fn speaks(words: &'static [u8], reads: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            if reads {
                let _ = socket.read(&mut [0; 1024]);
            }
            let _ = socket.write_all(words);
            thread::spawn(move || {
                // To its end, so that it is not reset.
                let _ = socket.shutdown(std::net::Shutdown::Write);
                let _ = socket.read_to_end(&mut Vec::new());
            });
        }
    });
    address
}

/// At anything but a chat server a sentence says so, and nothing is remembered.
#[test]
fn what_is_no_chat_server_ends_it() {
    let home = Home::new("others");
    for (words, reads) in [
        (&b"SSH-2.0-OpenSSH_9.6\r\n"[..], false),
        (b"220 mail.example ESMTP\r\n", false),
        (b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\n\r\n", true),
    ] {
        let why = home.is_refused(&speaks(words, reads).to_string(), &[]);
        let banner = String::from_utf8_lossy(words.split(|&b| b == b'\r').next().unwrap()).into_owned();
        assert!(why.contains("這不是聊天室伺服器") && why.contains(&banner), "{why}");
        let why = home.is_refused(&speaks(words, reads).to_string(), &["--tls", "require"]);
        assert!(why.contains("沒有加密"), "{why}");
    }
    assert_eq!(home.known(), "");
}

/// A server that answers no TLS, but IRC, is plain, and is not asked again for a week.
#[test]
fn a_silent_server_that_answers_irc_is_plain() {
    let home = Home::new("silent");
    let puppet = Puppet::new();
    let env = [("XDG_STATE_HOME", home.0.to_str().unwrap())];
    let mut tty = Tty::open(24, 80, puppet.address(), &["--name", "小花", "--tls", "auto"], &env);
    let _greeted_in_tls = puppet.accept();
    let mut asked = puppet.accept();
    asked.expect("CAP LS 302");
    asked.expect("PING roomchat");
    assert_eq!(home.known(), "");
    asked.send(":s.local CAP * LS :batch\n");
    let mut client = puppet.welcome(CAPS, "小明");
    tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
    assert!(tty.rows().iter().any(|row| row.contains("，未加密")));
    assert!(home.known().starts_with(&format!("{} plain 20", puppet.address())), "{}", home.known());
    tty.keys("exit\ry\r");
    client.goodbye();
    assert_eq!(tty.exit_code(), 0);
    let tty = Tty::open(24, 80, puppet.address(), &["--name", "小花", "--tls", "auto"], &env);
    let _client = puppet.welcome(CAPS, "小明");
    tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
}

/// A server that is known only as irc:// was not asked whether it encrypts.
#[test]
fn nothing_is_remembered_of_a_server_that_was_not_asked() {
    let home = Home::new("not-asked");
    let puppet = Puppet::new();
    let url = format!("irc://{}", puppet.address());
    let mut command = roomchat();
    command.args(["join", "--name", "小花", "--server", &url]).env("XDG_STATE_HOME", &home.0);
    let mut child = command.env_remove("ROOMCHAT_HISTORY").spawn().unwrap();
    puppet.welcome(CAPS, "小明").goodbye();
    assert!(child.wait().unwrap().success());
    assert_eq!(home.known(), "");
}

/// A server that says nothing at all is waited for, which is told.
#[test]
fn a_server_that_says_nothing_is_told_of() {
    let home = Home::new("nothing");
    let puppet = Puppet::new();
    let env = [("XDG_STATE_HOME", home.0.to_str().unwrap())];
    let mut tty = Tty::open(24, 80, puppet.address(), &["--name", "小花", "--tls", "auto"], &env);
    let _silent = (puppet.accept(), puppet.accept());
    tty.sees("還沒有回應；這是聊天室伺服器嗎?");
    tty.keys("\x03");
    assert_eq!(tty.exit_code(), 130);
    tty.assert_given_back();
}

fn remember_plain(home: &Home, server: SocketAddr) {
    fs::create_dir_all(home.0.join("roomchat")).unwrap();
    let until = jiff::Timestamp::now().checked_add(jiff::ToSpan::hours(24)).unwrap();
    fs::write(home.0.join("roomchat/known_rooms"), format!("{server} plain {until}\n")).unwrap();
}

/// Our own server tells over plain that it encrypts: nobody stays plain who did not ask for it.
#[test]
fn plain_goes_over_to_encryption() {
    let server = Server::start(&["--lang", "en"]);
    let home = Home::new("over");
    let watcher = server.enter("watcher");
    let url = format!("irc://{}", server.address);
    let told = home.gets_in(&url, &[]);
    assert!(!told.contains("未加密"), "{told}");
    watcher.hears(" JOIN ");
    let told = home.gets_in(&url, &["--tls", "off"]);
    assert!(told.contains("未加密"), "{told}");
    // A plain server once, which now lets in nobody who is plain.
    let only = Server::start(&["--lang", "en", "--tls", "only", "--local-operators", "off"]);
    remember_plain(&home, only.address);
    assert!(home.is_refused(&only.address.to_string(), &[]).contains("TLS"));
    assert!(!home.gets_in(&only.address.to_string(), &[]).contains("未加密"));
    // A plain server once, of ours now.
    remember_plain(&home, server.address);
    let told = home.gets_in(&server.address.to_string(), &[]);
    assert!(!told.contains("未加密"), "{told}");
    assert_eq!(home.known(), "");
}

/// A plain server that tells where it encrypts is left for there (IRCv3 sts), before a name is given to it.
#[test]
fn sts_leads_to_another_port() {
    let server = Server::start(&["--lang", "en"]);
    let home = Home::new("sts");
    let watcher = server.enter("watcher");
    let offer = format!(":s CAP * LS :sts=duration=1,port={}\r\n", server.address.port());
    let plain = speaks(offer.leak().as_bytes(), true);
    let told = home.gets_in(&format!("irc://{plain}"), &[]);
    assert!(!told.contains("未加密") && told.contains(&server.address.to_string()), "{told}");
    watcher.hears(" JOIN ");
}

/// The name went to a plain server together with the question whether it encrypts.
#[test]
fn no_name_is_said_in_plain_before_the_server_has_answered() {
    let (home, puppet) = (Home::new("hold"), Puppet::new());
    let url = format!("irc://{}", puppet.address());
    thread::scope(|scope| {
        let joins = scope.spawn(|| home.join(&url, &[]));
        let mut plain = puppet.accept();
        plain.expect("CAP LS 302");
        plain.send(&format!(":s CAP * LS * :batch\n:s CAP * LS :sts=port={}\n", puppet.address().port()));
        plain.expect("");
        // In TLS now, which nobody answers.
        drop(puppet.accept());
        assert_eq!(joins.join().unwrap().2, Some(1));
        // A server that knows no CAP is told soon all the same.
        let joins = scope.spawn(|| home.join(&url, &[]));
        let mut plain = puppet.accept();
        plain.expect("CAP LS 302");
        plain.expect("NICK 小花");
        drop(plain);
        assert_eq!(joins.join().unwrap().2, Some(1));
    });
}

/// A full server says so before it knows that it is spoken to in TLS, and is no other server for that.
#[test]
fn a_full_server_is_no_other_server() {
    let Some(at) = somewhere() else { return };
    let home = Home::new("full");
    let server = serve(at, &home.0.join("data"), &["--max-clients", "1"]);
    let name = server.address.to_string();
    home.gets_in(&name, &[]);
    let known = home.known();
    let _there = server.enter("there");
    let why = home.is_refused(&name, &[]);
    assert!(why.contains("伺服器已經滿了"), "{why}");
    assert_eq!(home.known(), known);
}

#[test]
fn a_file_that_cannot_be_read_ends_it() {
    let server = Server::start(&["--lang", "en"]);
    let home = Home::new("unreadable");
    fs::create_dir_all(home.0.join("roomchat/known_rooms")).unwrap();
    let why = home.is_refused(&server.address.to_string(), &[]);
    assert!(why.contains("known_rooms"), "{why}");
}

/// The server's password comes from a file or the environment, and never stands in the command line.
#[test]
fn the_password_of_the_server_is_given() {
    let home = Home::new("password");
    let (right, wrong) = (home.0.join("right"), home.0.join("wrong"));
    fs::write(&right, "opensesame 42\n").unwrap();
    fs::write(&wrong, "sesame\n").unwrap();
    let (right, wrong) = (right.to_str().unwrap(), wrong.to_str().unwrap());
    let server = Server::start(&["--lang", "en", "--password-file", right]);
    let name = server.address.to_string();
    home.gets_in(&name, &["--password-file", right]);
    let why = home.is_refused(&name, &["--password-file", wrong]);
    assert!(why.contains("伺服器不接受"), "{why}");
    let why = home.is_refused(&name, &[]);
    assert!(why.contains("這個伺服器要密碼"), "{why}");
    let mut command = assert_cmd::Command::from_std(roomchat());
    command.args(["join", "--name", "小花", "--server", &name]).env("ROOMCHAT_PASSWORD", "opensesame 42");
    command.timeout(DEADLINE).write_stdin("哈囉\n").assert().success();
}

/// A student knows neither of a file nor of the environment: the program ended.
#[test]
fn the_password_of_the_server_is_asked_for() {
    let home = Home::new("asked");
    let right = home.0.join("right");
    fs::write(&right, "tea for two\n").unwrap();
    let server = Server::start(&["--lang", "en", "--password-file", right.to_str().unwrap()]);
    let mut tty = Tty::join(80, server.address, &["--name", "bob", "--lang", "en"]);
    for typed in ["wrong\r", "tea for two\r"] {
        tty.ends_with(&["this server wants a password (it is not shown):"]);
        tty.keys(typed);
    }
    tty.ends_with(&["type a message (exit leaves)", "me:"]);
    assert!(!tty.raw().contains("tea"), "it is shown");
}

/// The program ended in the middle of the class, and what was typed went to the shell.
#[test]
fn a_password_that_is_wanted_in_the_middle_is_asked_for() {
    let home = Home::new("wanted");
    let right = home.0.join("right");
    fs::write(&right, "tea for two\n").unwrap();
    let server = Server::start(&["--lang", "en"]);
    let at = server.address;
    let mut tty = Tty::join(80, at, &["--name", "bob", "--lang", "en"]);
    tty.ends_with(&["type a message (exit leaves)", "me:"]);
    drop(server);
    tty.sees("connecting again");
    tty.keys("half");
    let _server = Server::start_at(at, &["--lang", "en", "--password-file", right.to_str().unwrap()]);
    for (typed, told) in [("wrong\r", "[server: Password incorrect]"), ("tea for two\r", "[back again")] {
        tty.ends_with(&["this server wants a password (it is not shown):"]);
        tty.keys(typed);
        tty.sees(told);
    }
    tty.ends_with(&["me: half"]);
    assert!(!tty.raw().contains("tea"), "it is shown");
    tty.keys("\x15exit\ry\r");
    assert_eq!(tty.exit_code(), 0);
}

/// Without an answer the prompt came back as if nothing was asked, and the password that was typed there
/// stood on the screen and in the history.
#[test]
fn without_a_password_in_the_middle_it_ends() {
    let home = Home::new("unanswered");
    let right = home.0.join("right");
    fs::write(&right, "tea for two\n").unwrap();
    let server = Server::start(&["--lang", "en"]);
    let at = server.address;
    let mut tty = Tty::join(80, at, &["--name", "bob", "--lang", "en"]);
    tty.ends_with(&["type a message (exit leaves)", "me:"]);
    drop(server);
    tty.sees("connecting again");
    let _server = Server::start_at(at, &["--lang", "en", "--password-file", right.to_str().unwrap()]);
    tty.ends_with(&["this server wants a password (it is not shown):"]);
    tty.keys("\r");
    assert_eq!(tty.exit_code(), 1);
    tty.sees("--password-file");
}

/// Nobody on the way reads a password, unless that is asked for.
#[test]
fn a_password_is_not_said_in_clear() {
    let Some(at) = somewhere() else { return };
    let home = Home::new("clear");
    let file = home.0.join("password");
    fs::write(&file, "opensesame\n").unwrap();
    let file = file.to_str().unwrap();
    let server = serve(at, &home.0.join("data"), &["--tls", "off", "--password-file", file]);
    let name = server.address.to_string();
    let why = home.is_refused(&name, &["--password-file", file]);
    assert!(why.contains("別人會看到密碼"), "{why}");
    home.gets_in(&name, &["--password-file", file, "--tls", "off"]);
}

/// A certificate that expires ends no connection, and lets in nobody else.
#[test]
fn a_certificate_expires_while_in_use() {
    undisturbed(expires_while_in_use);
}

fn expires_while_in_use() {
    // Long enough to come in by it on a machine with much to do.
    const VALID: Duration = Duration::from_secs(12);
    let Some(at) = somewhere() else { return };
    let home = Home::new("expires");
    let authority = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    fs::write(home.0.join("roots.pem"), params.self_signed(&authority).unwrap().pem()).unwrap();
    let issuer = rcgen::Issuer::new(params, &authority);
    let key = rcgen::KeyPair::generate().unwrap();
    let mut names = rcgen::CertificateParams::new([at.ip().to_string()]).unwrap();
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    names.not_after = rcgen::date_time_ymd(1970, 1, 1) + since + VALID;
    let made = Instant::now();
    let (certificate, private) = (home.0.join("c.pem"), home.0.join("k.pem"));
    fs::write(&certificate, names.signed_by(&key, &issuer).unwrap().pem()).unwrap();
    fs::write(&private, key.serialize_pem()).unwrap();
    let files = ["--cert", certificate.to_str().unwrap(), "--key", private.to_str().unwrap()];
    let server = serve(at, &home.0.join("data"), &files);
    let at = server.address;
    let roots = home.0.join("roots.pem");
    let env = [("XDG_STATE_HOME", home.0.to_str().unwrap()), ("SSL_CERT_FILE", roots.to_str().unwrap())];
    let mut tty = Tty::open(24, 80, at, &["--name", "小花", "--tls", "auto"], &env);
    tty.sees("請輸入訊息 (輸入 exit 離開)");
    assert_eq!(home.known(), format!("{at} trusted\n"));
    // Until then nobody need ask.
    while made.elapsed() < VALID {
        std::thread::park_timeout(VALID.saturating_sub(made.elapsed()));
    }
    let started = Instant::now();
    loop {
        let mut command = assert_cmd::Command::from_std(roomchat());
        command.args(["join", "--name", "小明", "--server", &at.to_string()]).env_remove("ROOMCHAT_HISTORY");
        let output = command.envs(env).timeout(DEADLINE).write_stdin("").output().unwrap();
        if output.status.code() == Some(1) {
            assert!(String::from_utf8_lossy(&output.stderr).contains("不是您認識的伺服器"));
            break;
        }
        assert!(started.elapsed() < DEADLINE, "it never expires");
    }
    let watcher = server.enter("watcher");
    tty.keys("還在\r");
    watcher.hears(" PRIVMSG #lobby :還在");
}
