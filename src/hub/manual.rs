//! The manual of this server, made of its own tables: the man page
//! roomchat-protocol(7) and README's table.

use super::caps::Caps;
use super::commands::{COMMANDS, Command, Run};
use super::limits::{BURST, ELIST, MOST_REFUSED, MOST_WAITING, WAITING_BYTES};
use super::mode_table;
use super::rate_limit::{FREE, GUARANTEED_BURST, PEOPLE};
use crate::chat::ClientId;
use crate::chat::client_ids::{KNOWN_TIME, MOST_OF_AUTHOR};
use crate::wire::BODY;
use crate::wire::vendor::{ID, ID_TAG};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A specification, as far as it is implemented.
#[derive(Debug, Clone, Copy)]
pub struct Support {
    pub name: &'static str,
    /// Its page among IRCv3's, or the whole address of one elsewhere.
    page: &'static str,
    /// The part that is implemented, or is not, if it is not the whole.
    pub how: &'static str,
    /// Topics of the conversations under `tests/it/hub` that show it.
    pub tests: &'static [&'static str],
}

const fn spec(
    name: &'static str,
    page: &'static str,
    how: &'static str,
    tests: &'static [&'static str],
) -> Support {
    Support { name, page, how, tests }
}

impl Support {
    fn url(&self) -> String {
        let base = if self.page.starts_with("https:") { "" } else { "https://ircv3.net/specs/extensions/" };
        format!("{base}{}", self.page)
    }
}

/// All specifications that are implemented.
pub const SUPPORTED: &[Support] = &[
    spec(
        "Modern IRC Client Protocol",
        "https://modern.ircdocs.horse/",
        "one server, no services",
        &[
            "greet", "input", "rooms", "modes", "names", "people", "talk", "list", "past", "help", "oper",
            "time",
        ],
    ),
    spec("Capability negotiation", "capability-negotiation", "3.2", &["caps"]),
    spec("message-tags, message-ids, server-time", "message-tags", "", &["tags"]),
    spec("echo-message, labeled-response, batch", "labeled-response", "", &["tags"]),
    spec(
        "standard-replies, UTF8ONLY",
        "utf8-only",
        "FAIL and WARN; nothing calls for a NOTE",
        &["input", "flood"],
    ),
    spec("sts", "sts", "with `--tls only` and `--cert`", &["encryption"]),
    spec("setname", "setname", "", &["tags", "input"]),
    spec("away-notify", "away-notify", "", &["notify"]),
    spec("extended-join", "extended-join", "the account is always `*`: there are none", &["notify"]),
    spec("invite-notify", "invite-notify", "", &["notify"]),
    spec("draft/pre-away", "pre-away", "", &["notify"]),
    spec("multi-prefix, userhost-in-names", "multi-prefix", "", &["rooms"]),
    spec("monitor, extended-monitor", "monitor", "", &["monitor"]),
    spec("WHOX", "whox", "", &["people"]),
    spec("bot-mode", "bot-mode", "", &["bot"]),
    spec(
        "draft/chathistory, draft/event-playback",
        "chathistory",
        "rooms; what is said to one person is not kept",
        &["history", "playback", "replay"],
    ),
    spec(
        "soju.im/search",
        "https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md",
        "rooms that one is in; not with `--memory` or `--history 0`",
        &["search"],
    ),
    spec("draft/message-redaction", "message-redaction", "rooms", &["redact"]),
    spec(
        "draft/read-marker",
        "read-marker",
        "for as long as one is connected: without accounts the next to take the name would read them",
        &["marker"],
    ),
    spec("draft/multiline", "multiline", "", &["multiline"]),
];

/// Not offered: without accounts there would be nothing to tell.
const NOT_OFFERED: &str = "account-notify, account-tag and sasl are not offered: there are no accounts.";

/// The names of all commands.
pub fn commands() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|command| command.name)
}

/// README's table, in Markdown.
pub fn support_table() -> String {
    let mut table = "| specification | how far | shown by `tests/it/hub/` |\n|---|---|---|\n".to_owned();
    for support @ Support { name, how, tests, .. } in SUPPORTED {
        let (url, how) = (support.url(), if how.is_empty() { "whole" } else { how });
        let tests = tests.iter().map(|test| format!("`{test}`")).collect::<Vec<_>>().join(" ");
        writeln!(table, "| [{name}]({url}) | {how} | {tests} |").expect(INFALLIBLE);
    }
    writeln!(table, "\n{NOT_OFFERED}").expect(INFALLIBLE);
    table
}

const INFALLIBLE: &str = "writing to a String cannot fail";

/// The man page roomchat-protocol(7), in roff.
pub fn page() -> String {
    let mut page = Roff::default();
    page.macros(".TH ROOMCHAT-PROTOCOL 7");
    page.section("NAME");
    page.text("roomchat-protocol - what roomchat serve understands on the wire");
    page.section("DESCRIPTION");
    page.text(
        "roomchat serve is an IRC server for any IRC client. Everything is UTF-8; names may be of any script. \
         Whoever comes with nc or telnet needs no client: only CAP, NICK, USER, PASS and AUTHENTICATE with a \
         parameter make a connection IRC. Before that each other line is a name to be tried, and a bad one is \
         explained; the lines after a name that is taken are said in the first room. A line with the single word \
         exit leaves. Telnet's own bytes are no text, and the last line needs no end. A first read that is a name \
         without a line end, and nothing more for half a second, is a client that ends no line: each read is a \
         message then.",
    );
    page.section("COMMANDS");
    page.text("Those marked with * are obeyed before registration too; the others get 451 then.");
    let mut commands: Vec<_> = COMMANDS.iter().collect();
    commands.sort_unstable_by_key(|command| command.name);
    for command in &commands {
        let star = if matches!(command.run, Run::Always(_)) { " *" } else { "" };
        page.item(&format!("{} {}", command.name, command.params), star, command.help);
        if command.needs != Caps::NONE {
            page.text(&format!("Only with {}.", command.needs.names().collect::<Vec<_>>().join(", ")));
        }
    }
    page.section("CAPABILITIES");
    page.text(&Caps::OFFERED.map(|(name, _)| name).join(", "));
    page.macros(".PP");
    page.text(NOT_OFFERED);
    page.macros(".PP");
    page.text(&format!(
        "With {ID} a client may send a message again where its connection has ended before the echo came. The tag \
         {ID_TAG}=ID stands on PRIVMSG, NOTICE or the opening of a multiline batch; ID is 1 to {} visible ASCII \
         characters, and is relayed to nobody. What somebody of the same name and address sends to the same target \
         with the same ID is not said again: its author is answered with the echo of the first message, its msgid and \
         its time. The last {MOST_OF_AUTHOR} IDs of each name and address are known for {} minutes of uptime, after \
         another connection too, and those of messages that are kept on disk after a restart. A refused message has \
         no known ID. Other values of the tag are ignored.",
        ClientId::MOST_BYTES,
        KNOWN_TIME.as_secs() / 60
    ));
    page.section("FLOODING");
    page.text(&format!(
        "From one client elsewhere {BURST} messages may come at once, and then 4 a second, or what --flood-limit \
         says. A line is as many messages as it begins blocks of {BODY} bytes, tags included. Connections \
         of one address (of IPv6 the /64) have {PEOPLE} times as much together, at once and a second. Whatever the others \
         of its address send, each connection keeps {GUARANTEED_BURST} messages at once and an eighth of its own rate, a \
         message every 2 seconds; a site (a /24 or a /48) has as much as 8 of its addresses. What comes faster \
         waits; when {MOST_WAITING} lines wait, or {} KiB of them, the next ones are refused with 263, or \
         FAIL RATE_LIMITED, and the seconds to wait; after {MOST_REFUSED} of those the connection is closed. \
         What has been accepted and waits is obeyed at once when its client leaves. What is then not paid for stays \
         with the address: when that owes more than {FREE} times {BURST} messages, those who come \
         next from there begin with as much less, until time has paid for it, and beyond one time more the lines that \
         waited are lost, or where only one half of the stream has ended wait for their time. A message pays for about \
         a tenth of a millisecond of the server's work: a list of a hundred people or rooms, or a few lines \
         told to a big room. What turns out to take more is answered at once and waited for afterwards, as if so many \
         messages more had been sent; the seconds in WARN and FAIL count that. What everybody is told on coming in, \
         up to the names and the past of the first room that is asked for, alone, counts for nothing. \
         Nobody is kept from coming back, and clients on the server's own machine have no limit. These count \
         for more than one message, where they take a list for each item of it:",
        WAITING_BYTES / 1024
    ));
    for (cost, names) in dear(&commands) {
        page.item(&cost.to_string(), "", &names);
    }
    page.section("MODES");
    page.text(&format!("{} LIST knows the conditions {}.", mode_table::help(), ELIST));
    page.section("SPECIFICATIONS");
    for support in SUPPORTED {
        page.item(support.name, "", &format!("{} {}", support.url(), support.how));
    }
    page.section("SEE ALSO");
    page.text("roomchat(1), roomchat-serve(1)");
    page.0
}

/// Commands that cost more than a message, by their cost.
fn dear(commands: &[&Command]) -> BTreeMap<u32, String> {
    let mut dear: BTreeMap<u32, String> = BTreeMap::new();
    for command in commands.iter().filter(|command| command.cost.each > 1) {
        let names = dear.entry(command.cost.each).or_default();
        names.push_str(if names.is_empty() { "" } else { ", " });
        names.push_str(command.name);
    }
    dear
}

/// Text for man(7), in which no line is taken for a request.
#[derive(Default)]
struct Roff(String);

impl Roff {
    fn macros(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn section(&mut self, name: &str) {
        self.macros(&format!(".SH {name}"));
    }

    fn item(&mut self, bold: &str, plain: &str, text: &str) {
        self.macros(".TP");
        self.macros(&format!("\\fB{}\\fR{}", escape(bold.trim_end()), escape(plain)));
        self.text(text);
    }

    fn text(&mut self, text: &str) {
        let guard = if text.starts_with(['.', '\'']) { "\\&" } else { "" };
        self.macros(&format!("{guard}{}", escape(text.trim_end())));
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}
