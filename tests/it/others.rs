//! Other IRC servers to be played against.

use crate::kit::{installed, own_address};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running server that is not ours, ended when dropped.
pub(crate) struct Other {
    child: Child,
    pub(crate) address: SocketAddr,
    folder: PathBuf,
}

impl Other {
    /// ngIRCd on a free port; None, and a word about it, where it is not installed.
    pub(crate) fn ngircd() -> Option<Other> {
        Other::ngircd_with("MaxNickLength = 16\nMaxPenaltyTime = 0")
    }

    /// The same with these limits.
    pub(crate) fn ngircd_with(limits: &str) -> Option<Other> {
        // Debian puts it where only root's PATH looks.
        let config = |at: SocketAddr, _: &Path| {
            let (address, port) = (at.ip(), at.port());
            format!(
                "[Global]\nName = irc.test\nListen = {address}\nPorts = {port}\nMotdPhrase = hi\n\
                 [Limits]\nMaxConnections = 0\nMaxConnectionsIP = 0\nMaxJoins = 0\n{limits}\n\
                 [Options]\nDNS = no\nIdent = no\nPAM = no\n"
            )
        };
        Other::start("/usr/sbin/ngircd", &["-n", "-f"], config, "Now listening on")
    }

    /// InspIRCd, likewise, with the IRCv3 modules that come with it.
    pub(crate) fn inspircd() -> Option<Other> {
        const MODULES: [&str; 7] = [
            "cap",
            "ircv3_batch",
            "ircv3_ctctags",
            "ircv3_echomessage",
            "ircv3_labeledresponse",
            "ircv3_msgid",
            "ircv3_servertime",
        ];
        // Over its softsendq (4 KiB unless it is set) a client's commands wait for the next
        // second: a hundred people who leave at once would take minutes.
        Other::inspircd_with(
            &MODULES,
            "threshold=\"100000\" commandrate=\"1000000\" fakelag=\"off\" recvq=\"1048576\" softsendq=\"1048576\"",
        )
    }

    /// The same with these modules and limits.
    pub(crate) fn inspircd_with(modules: &[&str], limits: &str) -> Option<Other> {
        let config = |at: SocketAddr, folder: &Path| {
            let (address, port) = (at.ip(), at.port());
            let modules: String = modules.iter().map(|name| format!("<module name=\"{name}\">\n")).collect();
            format!(
                "<config format=\"xml\">\n<server name=\"irc.test\" description=\"t\" network=\"Test\" id=\"1AB\">\n\
                 <admin name=\"a\" nick=\"a\" email=\"a@example.net\">\n\
                 <bind address=\"{address}\" port=\"{port}\" type=\"clients\">\n\
                 <connect allow=\"*\" timeout=\"60\" localmax=\"1000\" globalmax=\"1000\" \
                 {limits} resolvehostnames=\"no\">\n\
                 <options defaultmodes=\"not\">\n<limits maxnick=\"31\">\n\
                 <pid file=\"{0}/pid\">\n<log method=\"file\" type=\"*\" target=\"{0}/log\">\n{modules}",
                folder.display()
            )
        };
        Other::start(
            "/usr/sbin/inspircd",
            &["--nofork", "--runasroot", "--config"],
            config,
            "is now running as",
        )
    }

    /// `args` end before the configuration's path.
    fn start(
        program: &str,
        args: &[&str],
        config: impl Fn(SocketAddr, &Path) -> String,
        ready: &str,
    ) -> Option<Other> {
        if !installed(program) {
            return None;
        }
        // Neither can tell which port it was given: this one was free a moment ago.
        let address = TcpListener::bind((own_address(), 0)).unwrap().local_addr().unwrap();
        let name = format!("roomchat-other-{}-{}", crate::kit::unique(), address.port());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("server.conf");
        std::fs::write(&path, config(address, &folder)).unwrap();
        let mut command = Command::new(program);
        command.args(args).arg(&path).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(told.any(|line| line.unwrap().contains(ready)), "{program} does not listen");
        Some(Other { child, address, folder })
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
