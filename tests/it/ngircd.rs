//! Another IRC server to be played against.

use crate::kit::installed;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};

/// A running ngIRCd, ended when dropped.
pub(crate) struct Ngircd {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Ngircd {
    /// On a free port; None, and a word about it, where it is not installed.
    pub(crate) fn start() -> Option<Ngircd> {
        // Debian puts it where only root's PATH looks.
        const PROGRAM: &str = "/usr/sbin/ngircd";
        if !installed(PROGRAM) {
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
        let mut child = Command::new(PROGRAM)
            .args(["-n", "-f"])
            .arg(&config)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(told.any(|line| line.unwrap().contains("Now listening on")), "ngircd does not listen");
        Some(Ngircd { child, address })
    }
}

impl Drop for Ngircd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
