//! What the tests of whole conversations stand on: the executable, a server.

use assert_cmd::Command;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Stdio};
use std::time::Duration;

/// One generous deadline for everything.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// The executable, in this package's folder.
pub(crate) fn roomchat() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roomchat"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).timeout(DEADLINE);
    command
}

/// A server that is gone when this is.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    console: BufReader<Box<dyn Read + Send>>,
}

impl Server {
    /// `roomchat serve` on a free port.
    pub(crate) fn ours() -> Server {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_roomchat"))
            .args(["serve", "--lang", "zh-TW", "--listen", "127.0.0.1", "--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let out: Box<dyn Read + Send> = Box::new(child.stdout.take().unwrap());
        let mut server =
            Server { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), console: BufReader::new(out) };
        let listening = server.console_until(|line| line.starts_with("[LISTENING]"));
        server.address = listening.rsplit(' ').next().unwrap().parse().unwrap();
        server
    }

    /// ngircd on a free port, or None with a word about it where it is not installed.
    pub(crate) fn ngircd() -> Option<Server> {
        const PROGRAM: &str = "/usr/sbin/ngircd";
        if !std::path::Path::new(PROGRAM).exists() {
            writeln_aloud("SKIPPED: ngircd is not installed");
            return None;
        }
        // It can't tell which port it was given: this one was free a moment ago.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = std::env::temp_dir().join(format!("roomchat-ngircd-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let config = folder.join("ngircd.conf");
        std::fs::write(
            &config,
            format!(
                "[Global]\nName = irc.test\nListen = 127.0.0.1\nPorts = {port}\nMotdPhrase = hi\n\
                 [Limits]\nMaxConnections = 0\nMaxConnectionsIP = 0\nMaxJoins = 0\nMaxNickLength = 16\nMaxPenaltyTime = 0\n\
                 [Options]\nDNS = no\nIdent = no\nPAM = no\n"
            ),
        )
        .unwrap();
        let mut child = std::process::Command::new(PROGRAM)
            .args(["-n", "-f"])
            .arg(&config)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out: Box<dyn Read + Send> = Box::new(child.stdout.take().unwrap());
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut server = Server { child, address, console: BufReader::new(out) };
        server.console_until(|line| line.contains("Now listening on"));
        Some(server)
    }

    /// Reads its console up to a line.
    pub(crate) fn console_until(&mut self, mut wanted: impl FnMut(&str) -> bool) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.console.read_line(&mut line).unwrap() > 0, "the server ended");
            if wanted(line.trim_end()) {
                return line.trim_end().to_owned();
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Past the test harness, which hides what passing tests print.
pub(crate) fn writeln_aloud(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{text}");
}
