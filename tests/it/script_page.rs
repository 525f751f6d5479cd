//! `man/roomchat-script.5`: the script language, from the tables that the
//! parser and the printer use, with scripts from `fixtures/` as examples.

use roomchat::bot::expect::{Event, EventKind, How};
use roomchat::bot::script::grammar::grammar;
use roomchat::bot::script::keyword::{self, COMMANDS, CONDITIONS, FAILINGS, KEYS, Place};
use roomchat::bot::script::template::VALUES;
use roomchat::text::Lang;
use std::fs;
use std::path::Path;

/// Each with what it shows.
const EXAMPLES: [(&str, &str); 5] = [
    ("demo.txt", "Three people meet. Every line is played and implies what everybody sees."),
    ("private.txt", "Indented lines say what is seen instead, and by whom; ! is for what must be refused."),
    ("same-moment.txt", "Many things at one moment: a block."),
    ("stalled.txt", "Faults: who does not read delays nobody, and gets everything later."),
    ("framing.txt", "Bytes as they are on the wire."),
];

/// As the report's own test has it.
const REPORT: &str = include_str!("../../src/bot/report/example.txt");

pub(crate) fn page() -> String {
    let mut page = Page(".TH ROOMCHAT-SCRIPT 5\n".to_owned());
    page.section("NAME");
    page.text("roomchat-script - written conversations that roomchat bot plays and checks");
    page.section("DESCRIPTION");
    page.text(
        "A script is a transcript, and the transcript is the assertion: every line is done by the person \
         at its beginning, and implies what everybody in the room must see. Anything missing, extra, \
         altered or out of order is a failure. Nothing ever sleeps: absence is proven. A script in which nobody \
         does anything would pass whatever the server did, and is a mistake.",
    );
    page.text(
        "One line is one step. It is UTF-8; words are Chinese or English, and the longest word wins. Text is \
         literal, and quotes mean nothing. A full-width ：！，｛｝ counts as : ! , { } where the language has a \
         sign of its own; inside a message it is a character like any other. An indented line says what somebody \
         sees instead of what is implied for that person in that step.",
    );
    page.text(
        "Against a server that others use, too, the script's names must be free: the server refuses a name that \
         somebody has (433).",
    );
    page.text(
        "Without --server everybody in a script is on the server's own machine, and so an operator of its first room, \
         #lobby: anybody there may set the topic of a room with +t, or remove somebody. In another room (`@room #lab`, or \
         `Ann joins #lab`), and in all where `@serve --room #other` makes another one the first, only the first who comes in is.",
    );
    page.section("GRAMMAR");
    page.verbatim(&grammar());
    page.section("DIRECTIVES");
    for (_, key, about) in KEYS {
        page.entry(&format!("@{key}"), about);
    }
    page.text(
        "Directives stand above the first step; @serve, @only-if and @skip-if may stand there several times, the \
         others once. They hold no values.",
    );
    page.text("What @only-if and @skip-if may ask; several @only-if must all hold:");
    for (condition, about) in CONDITIONS {
        page.entry(condition, about);
    }
    page.text(
        "A capability or token is one that servers are known to have, or a vendor's own with a / in its name: any \
         other would skip the script for ever.",
    );
    page.text("The kinds of failure that @xfail may expect:");
    for (_, kind, about) in FAILINGS {
        page.entry(kind, about);
    }
    page.text(
        "A line is the one that the report names; with --keep-going every failure must be the expected one. That the \
         server does not answer, ends a connection, sends without end or dies, and a script that does not parse, are \
         never expected. With --line N above that line the script ends before it can fail, and passes: the output \
         says `not reached`. --update does not rewrite a script that is to fail.",
    );
    page.section("STEPS");
    page.entry("NAME: text", "says it in the script's room");
    page.entry("NAME #room: text", "says it in another room");
    for keyword in keyword::at(Place::Action).chain(keyword::at(Place::Inside)) {
        page.entry(&spelled(keyword), keyword.about);
    }
    page.entry(">> line", "sends this protocol line");
    page.entry(
        ">>> bytes",
        "sends exactly these bytes in one write: \\r \\n \\\\ and \\xHH are escapes, and no line end is added",
    );
    page.entry(
        "! step",
        "the server must refuse it, and nobody else notices anything. A refusal is an error numeric (4xx, 5xx, \
         263, 696, 902, 904 to 908) or FAIL that is about this very command and what it names, or the end of the \
         connection, which all who share a room must then see",
    );
    page.text("Lines of the bot's own server, which no person does; a script that has them is skipped with --server:");
    for keyword in keyword::at(Place::Outage) {
        page.entry(&format!("server {}, 伺服器 {}", keyword.en, keyword.zh[0]), keyword.about);
    }
    page.text("A person who acts has come in above. After /nick the script uses the later name, too.");
    page.text(
        "Every word of a step is sent: a word that an action does not take, and a NUL, CR or LF in a text, are mistakes. \
         What no step can say, >> and >>> can.",
    );
    page.section("COMMANDS");
    for (_, name, usage, about) in COMMANDS {
        page.entry(format!("/{name} {usage}").trim_end(), about);
    }
    page.text(
        "A #ROOM is the next word that begins with #, and the script's own room where there is none; so a TEXT or REASON \
         that begins with # needs its room before it. MODES begin with + or -. TEXT and REASON are the rest of the line.",
    );
    page.section("EXPECTATIONS");
    page.text("Indented, below the step, block or wait that they are about:");
    for keyword in keyword::at(Place::Who).chain(keyword::at(Place::Check)) {
        page.entry(&spelled(keyword), keyword.about);
    }
    page.entry("NAME, NAME", "several people; 、 and ， are commas, too");
    page.entry("<< line", "a protocol line without its tags comes, beside everything else");
    page.entry(
        "(glob)",
        "in front of a pattern: * is any text, ? any character, \\ takes their meaning away",
    );
    page.entry("(re)", "a regular expression that matches the whole line");
    page.entry("(xN)", "N times");
    page.text(
        "The bot's connections ask for the capabilities server-time, message-tags, echo-message, labeled-response, batch \
         and draft/chathistory. roomchat has all of them: there everybody sees also what he says himself, and lines \
         that are written for him must contain that (`others` leaves him out). What needs another capability, such \
         as AWAY and SETNAME, comes only to those who have asked for it: Bob >> CAP REQ :away-notify.",
    );
    page.text(
        "What a step implies: a message, notice or CTCP is seen by every other member of its room, exactly once and \
         in order, and by its author where the server echoes; joining, leaving, renaming, topic, kick and changed \
         modes by all members; /msg and /invite by one person; TAGMSG by all who have message-tags. After KILL the \
         other's connection ends, and all who shared a room with him see it. The lines that >> and >>> send imply \
         what the same lines of a step would. A line that >>> only begins implies it in the step that ends it; a >>> \
         that ends one line and begins another is a mistake, as nothing could prove what the first has caused.",
    );
    page.text(
        "The first `sees` of a person replaces all that is implied for that person in that step. << replaces \
         nothing. `sees nothing` beside `sees` is a mistake for the same person in one step, beside << it is none. \
         Expectations below `each` hold for each of its steps. A line that `others` or `everyone` are to see is not met \
         where nobody is there, and one of somebody whose connection ends is not met where it has not come before that.",
    );
    page.text(
        "A person may cause more than a step implies: WALLOPS, AWAY, SETNAME, a command that is not listed here, a line \
         that nobody can read. If it comes to somebody, the step fails, unless a pattern or << of that person asks for it.",
    );
    page.text(
        "An error to somebody in a step without ! fails the step, unless << or a pattern asks for it. << takes the error \
         away, but not what the step implies: an author's echo is still due. Other numerics count for nothing, but \
         for a second welcome (001). An ERROR after which the connection goes on fails the step, too. \
         @strict compares also the notices, modes, CTCP and other commands whose source is the server and no person.",
    );
    page.text(
        "What is implied is compared by kind, author, target and text, exactly, but for the case of names and \
         rooms where the server takes both for the same (005 CASEMAPPING), and for characters of a text that are not \
         drawn and that a server may take out. A pattern is compared as a line, with the case that is written. In a \
         script a name is always written in the same case.",
    );
    page.text(
        "The patterns of one person are met in the order in which they are written, and so are his <<. Each line \
         that came meets at most one <<; a wide one above a narrow one may take its line. A << also excuses a line \
         that is neither implied nor written, but only where no line that is due meets it as well.",
    );
    page.text(
        "A failure names the line of the expectation that is not met; where none is written, where something comes \
         beside what is written, and where the server refuses, it is the line of the step. In a block it is the step's \
         line where one step is meant, else the block's first. Lines that somebody is owed from before (stalls) name the \
         step that caused them.",
    );
    page.section("PATTERNS");
    page.text("A pattern is the line that a person would read, in either language:");
    for event in events() {
        page.entry(&event.line("#lobby", Lang::ZhTw), &event.line("#lobby", Lang::En));
    }
    page.text(
        "A reason may be left out, and so may what servers put around that of a QUIT: `Quit: ` or quotes. The names \
         are those of the wire. A numeric that is no error is no line; CTCP has no command of its own: \
         Ann >> PRIVMSG Bob :${u:1}VERSION${u:1}. The bot answers none. Any other text, such as \"hi\" without who says it, is a mistake, as nobody would ever read it. Lines \
         are compared as they would be drawn, without controls.",
    );
    page.section("VALUES");
    for (value, about) in VALUES {
        page.entry(value, about);
    }
    page.section("CONTROL");
    for keyword in keyword::at(Place::Control) {
        page.entry(&spelled(keyword), keyword.about);
    }
    page.text(
        "In a block nobody knows which of two people is heard first. Each person's own lines must come in their \
         order, and all who look on must see one and the same order of everything. Where the server does not echo, \
         nobody sees what he says himself: there a third person is needed, who sees both of two that speak at once.",
    );
    page.text(
        "Below a block, write the lines of one person in the order in which that person says them; between the \
         lines of different people any order is right. After",
    );
    page.verbatim("together {\n  Ann: one\n  Ann: two\n}");
    page.text("these two are wrong, as no server may turn them round:");
    page.verbatim("  Bob sees Ann: two\n  Bob sees Ann: one");
    page.text(
        "A line that might be from several people, such as (glob) *: hi, or from nobody in the block stands \
         for itself: what is written above it must come before it, what is written below it after it.",
    );
    page.text(
        "What a block implies depends on the order, too: who leaves in it need not see what is said in it, unless \
         it was said before. Nobody comes back in the block in which he leaves. A block promises nothing about a \
         name that is given up in it: who takes it in the same block may rightly be refused (433).",
    );
    page.text(
        "With --crowd a script is played as a load test, too. No load test plays `connects`, \
         `>>>`, `reconnects` or TAGMSG, nor ! before somebody's coming in.",
    );
    page.section("WHEN A STEP IS OVER");
    page.text(
        "First the actor's own PING is answered: the server has handled the line and queued what follows \
         from it. Then a PING on every other connection is answered: all of that has arrived. Whoever \
         stalls, or is in the middle of a line, is compared when that ends, at the latest at the end of the \
         script. At the end everybody leaves, and that is checked as well.",
    );
    page.section("WHAT IS NOT COMPARED");
    page.text("Each with the line, directive or option that compares it:");
    for (what, how) in NOT_COMPARED {
        page.entry(what, how);
    }
    page.section("UPDATING");
    page.text(
        "With --update, sees lines that are not met are replaced by what these people saw, each under the name that the \
         script has for them; lines that are met stay, and so do comments. The rewritten script is then played again, \
         and only where it passes the file is replaced, whole; otherwise the file stays as it is, the output says which \
         line can't be rewritten, and the exit status is 1. Not rewritten are << lines, server sees, lines below each, \
         and what came to somebody later than its step.",
    );
    page.section("READING A FAILURE");
    page.verbatim(REPORT);
    page.text(
        "The first line has the script's line and who saw what else, or what the server refused; - is what was \
         due, + what came. \
         The last lines are the protocol's own, newest at the bottom. `again` plays up to that line with \
         every raw line shown. (nothing) means that nothing came although the server answered; `no answer` \
         that it did not answer at all.",
    );
    page.section("EXAMPLES");
    for (nth, (file, about)) in (1..).zip(EXAMPLES) {
        page.text(&format!("{nth}. {about}"));
        page.verbatim(
            &fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(file)).unwrap(),
        );
    }
    page.section("SEE ALSO");
    page.text("roomchat-bot(1), roomchat-serve(1)");
    page.0
}

fn spelled(keyword: &keyword::Keyword) -> String {
    keyword.spellings().collect::<Vec<_>>().join(", ")
}

/// The blind sides that stay.
const NOT_COMPARED: &[(&str, &str)] = &[
    ("tags, such as time, msgid and account", "none; --trace shows them"),
    ("the user and host of a source", "Bob << (glob) :Ann!user@host PRIVMSG *"),
    (
        "replies that are numerics: NAMES, WHO, WHOIS, LIST, the topic on coming in",
        "Ann << (glob) :* 353 * #lobby :*",
    ),
    ("the case of names and rooms in what is implied", "Bob sees Ann: hi"),
    (
        "a character that is not drawn and that the server takes out",
        "Bob << (glob) :Ann!* PRIVMSG #lobby :hi",
    ),
    (
        "the reason of a departure that nobody gave, as long as all who see it are told the same; roomchat itself \
         gives none to a QUIT",
        "Bob sees Ann leaves: Client Quit",
    ),
    (
        "whether a mode that was asked for changes anything: a server says nothing where it does not",
        "Bob sees Ann mode +m",
    ),
    (
        "whether the reason of a KICK that has none is nothing or a name, as long as all are told the same",
        "Bob sees Ann kicks Carl: Ann",
    ),
    ("the server's own words: notices, modes, replies that are no numerics", "@strict"),
    ("what comes to a connection that has said nothing yet", "Ann >> PING x"),
    ("what the server logs", "server sees (glob) *Ann*"),
    ("how long anything takes, below --timeout", "--crowd gives the times"),
];

/// One of each kind that counts.
fn events() -> Vec<Event> {
    let room = || "#lobby".to_owned();
    let text = |text: &str| text.to_owned();
    let reason = || Some("why".to_owned());
    let deeds = [
        EventKind::Say { how: How::Plain, to: room(), text: text("hello") },
        EventKind::Say { how: How::Plain, to: text("#lab"), text: text("hello") },
        EventKind::Say { how: How::Plain, to: text("Bob"), text: text("hello") },
        EventKind::Say { how: How::Act, to: room(), text: text("waves") },
        EventKind::Enter(room()),
        EventKind::Leave { room: None, reason: reason() },
        EventKind::Rename(text("Anna")),
        EventKind::Topic { room: room(), topic: text("today") },
        EventKind::Remove { room: room(), name: text("Bob"), reason: reason() },
        EventKind::Mode { to: room(), modes: text("+o Bob") },
        EventKind::Invite { room: text("#lab"), name: text("Bob") },
        EventKind::Say { how: How::Notice, to: room(), text: text("hello") },
        EventKind::Say { how: How::Notice, to: text("Bob"), text: text("hello") },
        EventKind::Say { how: How::Ctcp, to: text("Bob"), text: text("VERSION") },
        EventKind::Say { how: How::CtcpReply, to: text("Bob"), text: text("VERSION x 1") },
        EventKind::Say { how: How::Tags, to: room(), text: text("+typing=active") },
        EventKind::Kill { name: text("Bob"), reason: reason() },
        EventKind::Wallops(text("hello")),
        EventKind::Away(Some(text("lunch"))),
        EventKind::Away(None),
        EventKind::Describe(text("Ann Lee")),
        EventKind::Refuse { code: text("404"), text: text("Cannot send") },
        EventKind::Other(text("REDACT #lobby x")),
        EventKind::Unreadable(text("a line that is not UTF-8")),
    ];
    deeds.into_iter().map(|deed| Event::by("Ann", deed)).collect()
}

/// A manual page in roff.
struct Page(String);

impl Page {
    fn section(&mut self, name: &str) {
        self.0.push_str(&format!(".SH {name}\n"));
    }

    fn text(&mut self, text: &str) {
        self.0.push_str(&format!(".PP\n{}\n", escaped(text)));
    }

    fn entry(&mut self, term: &str, about: &str) {
        self.0.push_str(&format!(".TP\n\\fB{}\\fR\n{}\n", escaped(term), escaped(about)));
    }

    fn verbatim(&mut self, text: &str) {
        self.0.push_str(".PP\n.nf\n.RS 2\n");
        text.lines().for_each(|line| self.0.push_str(&format!("{}\n", escaped(line))));
        self.0.push_str(".RE\n.fi\n");
    }
}

/// A line that roff prints as it is.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    match text.starts_with(['.', '\'']) {
        true => format!("\\&{text}"),
        false => text,
    }
}
