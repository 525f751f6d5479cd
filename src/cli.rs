//! The command line: the one source of help, man pages and completion.
//!
//! Arguments as typed; each subcommand resolves its own.

mod amount;
pub mod manual;
mod network;
mod password;

pub use amount::{Age, Size};
pub use network::Network;
pub use password::{PASSWORD_VARIABLE, password};

use crate::text::Lang;
use clap::builder::{PossibleValue, PossibleValuesParser, RangedU64ValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;

/// The port of `serve`, `join` and `bot` unless told otherwise.
pub const PORT: u16 = 7000;

/// A chat room that anybody can open in one minute.
///
/// `serve` opens the room: an IRC server. `join` puts a person into it. `bot`
/// plays a written conversation and checks what everybody saw.
#[derive(Debug, Parser)]
#[command(
    name = "roomchat",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = manual::help(manual::ROOMCHAT)
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Serve(Serve),
    Join(Join),
    Bot(Bot),
}

const ROOM: &str = "Room";
const LIMITS: &str = "Limits";
const ENCRYPTION: &str = "Encryption";

/// Open a room: an IRC server that tells its console who comes, talks and leaves.
#[derive(Debug, Clone, Args)]
#[command(after_help = manual::examples(manual::SERVE), after_long_help = manual::help(manual::SERVE))]
pub struct Serve {
    /// Listen at this address only (repeatable) [default: all].
    ///
    /// All are those of v4 and of v6.
    #[arg(long, value_name = "ADDR[:PORT]")]
    pub listen: Vec<ListenAddr>,
    /// The port; 0: any free one.
    ///
    /// It counts where an address of --listen names none.
    #[arg(long, default_value_t = PORT)]
    pub port: u16,
    /// The room that is always there.
    #[arg(long, help_heading = ROOM, value_name = "#ROOM", default_value = "#lobby")]
    pub room: String,
    /// Language: zh-TW or en [default: from the locale].
    ///
    /// It is that of the console.
    #[arg(long, value_name = "LANG", value_parser = lang(), hide_possible_values = true)]
    pub lang: Option<Lang>,
    /// The folder that keeps what is said [default: by port].
    ///
    /// Which folder that is stands under Files.
    #[arg(long, help_heading = ROOM, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Keep nothing on disk, only until the server ends.
    #[arg(long, help_heading = ROOM, conflicts_with_all = ["data", "keep", "data_max", "sync"])]
    pub memory: bool,
    /// How long messages are kept at most: 90d, 12h.
    ///
    /// The units are s, m, h, d and w. Without it they are kept until --data-max removes them. A time more than a day after
    /// the server's last is doubted, since the clock may be wrong: what only it makes old goes after the server has run with it for a
    /// day in all. What was said while the clock was behind is as old as it is.
    #[arg(long, help_heading = ROOM, value_name = "AGE")]
    pub keep: Option<Age>,
    /// How large the folder may become: the oldest messages go.
    #[arg(long, help_heading = ROOM, hide_short_help = true, value_name = "SIZE", default_value = "1GiB")]
    pub data_max: Size,
    /// What a message waits for before anybody gets it: disk (it survives a power cut) or os (the end of the process).
    #[arg(long, help_heading = ROOM, hide_short_help = true, value_name = "WHAT", default_value = "disk", hide_possible_values = true)]
    pub sync: Sync,
    /// Messages of each room in memory (about 1 KiB each), with --memory all that are kept; 0: none, on disk neither.
    #[arg(long, help_heading = ROOM, hide_short_help = true, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(..=100_000))]
    pub history: u32,
    /// Messages sent on entering to those whose program can't ask for them.
    #[arg(long, help_heading = ROOM, hide_short_help = true, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(..=1000))]
    pub replay: u32,
    /// A text file shown to everybody who connects.
    #[arg(long, help_heading = ROOM, value_name = "FILE")]
    pub motd: Option<PathBuf>,
    /// The server's name on the wire.
    #[arg(long, help_heading = ROOM, hide_short_help = true, default_value = "roomchat.local")]
    pub name: String,
    /// A line about the server, for WHOIS, LINKS and the message of the day.
    #[arg(long, help_heading = ROOM, hide_short_help = true, value_name = "TEXT")]
    pub description: Option<String>,
    /// Who may be operator with a password: see --help.
    ///
    /// A line each: a name, and what `argon2 SALT -id -e` prints for the password on its input.
    #[arg(long, help_heading = ROOM, value_name = "FILE")]
    pub operators: Option<PathBuf>,
    /// Whether people on this machine are operators of the first room and of rooms that have none, and free of limits [default: on; off in a container or with --proxy-from].
    #[arg(long, help_heading = ROOM, hide_short_help = true, value_name = "on|off", hide_possible_values = true)]
    pub local_operators: Option<Switch>,
    /// A proxy whose PROXY header tells who connects, and its network (repeatable): 10.0.0.1, 10.0.0.0/8.
    #[arg(long, help_heading = ENCRYPTION, hide_short_help = true, value_name = "CIDR")]
    pub proxy_from: Vec<Network>,
    /// A file whose line everybody has to give as password (PASS), or ROOMCHAT_PASSWORD.
    #[arg(long, help_heading = ENCRYPTION, hide_short_help = true, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// TLS, on the same port: auto (for those who use it), only (nobody from elsewhere without) or off.
    #[arg(long, help_heading = ENCRYPTION, hide_short_help = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub tls: Tls,
    /// A certificate with its chain, PEM [default: the server's own, signed by nobody else].
    #[arg(long, help_heading = ENCRYPTION, hide_short_help = true, value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    /// The certificate's key, PEM; both files are taken up when they change.
    #[arg(long, help_heading = ENCRYPTION, hide_short_help = true, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    /// The console as text or as json.
    ///
    /// Of JSON each line is an object, see JSON.
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    pub log_format: LogFormat,
    /// Messages a second from one client elsewhere, after 40 at once (an address: 16 times that); 0: no limit.
    #[arg(long, help_heading = LIMITS, hide_short_help = true, value_name = "N", default_value_t = 4)]
    pub flood_limit: u32,
    /// Connections at once [default: what the system's limits allow].
    #[arg(long, help_heading = LIMITS, hide_short_help = true, value_name = "N")]
    pub max_clients: Option<usize>,
    /// Connections at once from one address elsewhere (IPv6: /64); 0: any number.
    #[arg(long, help_heading = LIMITS, hide_short_help = true, value_name = "N", default_value_t = 128)]
    pub max_per_address: usize,
}

/// A thing that is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Switch {
    On,
    Off,
}

/// Whether connections are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Tls {
    /// A client that begins with TLS gets it.
    Auto,
    Off,
    /// Only connections of this machine may do without.
    Only,
}

/// Whether `join` encrypts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum JoinTls {
    /// Where the server can, and always where it once did.
    Auto,
    /// Always.
    Require,
    Off,
}

/// When a message counts as kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Sync {
    /// When the disk has it.
    Disk,
    /// When the operating system has it.
    Os,
}

/// How the server's console is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Come into a room and talk.
#[derive(Debug, Clone, Args)]
#[command(after_help = manual::examples(manual::JOIN), after_long_help = manual::help(manual::JOIN))]
pub struct Join {
    /// Your name; asked for when left out.
    #[arg(long)]
    pub name: Option<String>,
    #[allow(rustdoc::broken_intra_doc_links, reason = "--help shows it as it stands")]
    /// HOST, HOST:PORT or [V6]:PORT.
    #[arg(long, value_name = "HOST[:PORT]", default_value = "127.0.0.1")]
    pub server: String,
    /// The port where --server names none.
    #[arg(long, default_value_t = PORT)]
    pub port: u16,
    /// A room other than the first one (repeatable).
    ///
    /// The first one is that of the server, which its people come into.
    #[arg(long, value_name = "#ROOM")]
    pub room: Vec<String>,
    /// Language: zh-TW or en [default: from the locale].
    #[arg(long, value_name = "LANG", value_parser = lang(), hide_possible_values = true)]
    pub lang: Option<Lang>,
    /// Encryption (TLS): auto (where the server can, and always where it once did), require or off.
    #[arg(long, help_heading = ENCRYPTION, hide_short_help = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub tls: JoinTls,
    /// A file whose line is the server's password (PASS), or ROOMCHAT_PASSWORD.
    #[arg(long, help_heading = ENCRYPTION, hide_short_help = true, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Lines in, lines out: no editor, no colours.
    #[arg(long)]
    pub plain: bool,
    /// In a pipe, lines that begin with / are commands.
    #[arg(long)]
    pub commands: bool,
}

/// Play conversation scripts and check what everybody saw.
///
/// Without --server each is played against a fresh server.
#[derive(Debug, Clone, Args)]
#[command(after_help = manual::examples(manual::BOT), after_long_help = manual::help(manual::BOT))]
pub struct Bot {
    /// Scripts, played one after another or --jobs at once.
    #[arg(required = true, value_name = "SCRIPT")]
    pub scripts: Vec<PathBuf>,
    /// Play against this server.
    #[arg(long, value_name = "HOST[:PORT]")]
    pub server: Option<String>,
    /// Go on after a failed step.
    #[arg(long)]
    pub keep_going: bool,
    /// Play only up to this line, and stop there.
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    pub line: Option<usize>,
    /// Write every raw line of every actor to a file; - is standard error.
    #[arg(long, hide_short_help = true, value_name = "FILE")]
    pub trace: Option<PathBuf>,
    /// Play so many scripts side by side.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = at_least_one())]
    pub jobs: usize,
    /// Show the conversation at reading speed.
    #[arg(long)]
    pub show: bool,
    /// Play before N silent listeners, who must see everything.
    #[arg(long, help_heading = "Load", value_name = "N", value_parser = crowd(), conflicts_with_all = ["jobs", "line", "show", "update"])]
    pub crowd: Option<usize>,
    /// Play each script N times.
    ///
    /// Without a crowd each playing is as strict as the first.
    #[arg(long, help_heading = "Load", value_name = "N", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "update")]
    pub repeat: Option<u32>,
    /// So many of the crowd come in at the same time.
    #[arg(long, help_heading = "Load", hide_short_help = true, value_name = "N", default_value_t = 64, value_parser = at_least_one(), requires = "crowd")]
    pub coming: usize,
    /// Take N steps a second before the crowd; without it, 128 steps may be on their way at once.
    #[arg(long, help_heading = "Load", hide_short_help = true, value_name = "N", requires = "crowd")]
    pub rate: Option<f64>,
    /// Speak TLS to the server, also to an own one; any key is taken, so not for secrets.
    #[arg(long, help_heading = "Advanced", hide_short_help = true)]
    pub tls: bool,
    /// Rewrite `sees` lines that are not met to what was seen, where the script passes with them.
    #[arg(long, help_heading = "Advanced", hide_short_help = true)]
    pub update: bool,
    /// Print one JSON object per script, and one with the count.
    #[arg(long, help_heading = "Advanced", hide_short_help = true)]
    pub json: bool,
    /// Write a JUnit report, too.
    #[arg(long, help_heading = "Advanced", hide_short_help = true, value_name = "junit=FILE")]
    pub report: Option<String>,
    /// Seconds that an answer may take before the step fails.
    #[arg(
        long,
        help_heading = "Advanced",
        hide_short_help = true,
        value_name = "SECONDS",
        default_value_t = 5.0
    )]
    pub timeout: f64,
}

/// The languages by name, for completion too.
fn lang() -> impl TypedValueParser<Value = Lang> {
    let names = [PossibleValue::new("zh-TW").aliases(["zh", "zh-tw"]), PossibleValue::new("en")];
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Lang>())
}

fn at_least_one() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

/// A listener is a connection, with a port of its own on our side.
fn crowd() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=u64::from(u16::MAX))
}

/// An address to listen on, with or without a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenAddr {
    pub ip: IpAddr,
    pub port: Option<u16>,
}

impl std::str::FromStr for ListenAddr {
    type Err = String;

    fn from_str(text: &str) -> Result<ListenAddr, String> {
        let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
        if let Ok(ip) = bare.parse() {
            return Ok(ListenAddr { ip, port: None });
        }
        let whole: Result<std::net::SocketAddr, _> = text.parse();
        whole
            .map(|address| ListenAddr { ip: address.ip(), port: Some(address.port()) })
            .map_err(|_| "write 127.0.0.1, 127.0.0.1:7000, ::1 or [::1]:7000".to_owned())
    }
}

/// The scheme of IRC without encryption.
const IRC: &str = "irc://";

/// Whether a server is named as IRC without encryption.
pub fn names_irc(text: &str) -> bool {
    text.get(..IRC.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(IRC))
}

/// `HOST`, `HOST:PORT`, `V6` or `[V6]:PORT`, also as `irc://…`, as a host and a port; None where
/// it is none of these.
pub fn host_and_port(text: &str, port: u16) -> Option<(String, u16)> {
    let text = if names_irc(text) { text[IRC.len()..].trim_end_matches('/') } else { text };
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            match rest.strip_prefix(':') {
                None if rest.is_empty() => (host, port),
                port => (host, port?.parse().ok()?),
            }
        }
        None => match text.split_once(':') {
            Some((_, rest)) if rest.contains(':') => (text, port),
            Some((host, port)) => (host, port.parse().ok()?),
            None => (text, port),
        },
    };
    // Where a v6 address has a zone (RFC 6874), the system knows it.
    let is_v6 = |host: &str| host.split('%').next().is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok());
    let is_host = !host.is_empty() && !host.contains(['/', '[', ']', ' ']);
    (is_host && (!host.contains(':') || is_v6(host))).then(|| (host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn servers_are_named_with_or_without_a_port() {
        let at = |host: &str, port| Some((host.to_owned(), port));
        assert_eq!(host_and_port("a.example", 7000), at("a.example", 7000));
        assert_eq!(host_and_port("a.example:1", 7000), at("a.example", 1));
        assert_eq!(host_and_port("::1", 7000), at("::1", 7000));
        assert_eq!(host_and_port("[::1]", 7000), at("::1", 7000));
        assert_eq!(host_and_port("[::1]:1", 7000), at("::1", 1));
        assert_eq!(host_and_port("fe80::1%lo", 7000), at("fe80::1%lo", 7000));
        for bad in ["", ":1", "a:b", "[::1", "[::1]x", "a:99999"] {
            assert_eq!(host_and_port(bad, 7000), None, "{bad}");
        }
    }

    /// Each was taken for a host, or for an address of IPv6.
    #[test]
    fn an_address_of_irc_is_understood_and_what_is_none_is_not_looked_up() {
        let at = |host: &str, port| Some((host.to_owned(), port));
        assert_eq!(host_and_port("irc://127.0.0.1:7001", 7000), at("127.0.0.1", 7001));
        assert_eq!(host_and_port("IRC://localhost/", 7000), at("localhost", 7000));
        assert_eq!(host_and_port("irc://[::1]:1", 7000), at("::1", 1));
        for bad in ["localhost:7000:", "a:b:c", "http://localhost", "irc://a/#lab", "irc://"] {
            assert_eq!(host_and_port(bad, 7000), None, "{bad}");
        }
    }

    #[test]
    fn listening_addresses_are_named_with_or_without_a_port() {
        let parse = |text: &str| text.parse::<ListenAddr>().map(|a| (a.ip.to_string(), a.port));
        assert_eq!(parse("127.0.0.1"), Ok(("127.0.0.1".to_owned(), None)));
        assert_eq!(parse("[::1]:5"), Ok(("::1".to_owned(), Some(5))));
        assert_eq!(parse("[::1]"), Ok(("::1".to_owned(), None)));
        assert!(parse("localhost").is_err());
    }
}
