//! What `--help` and the man pages say behind the options: one text for both.

use std::fmt::Write;

/// A section of a man page.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    pub title: &'static str,
    pub parts: &'static [Part],
}

#[derive(Debug, Clone, Copy)]
pub enum Part {
    /// A paragraph.
    Text(&'static str),
    /// Lines as they are typed.
    Lines(&'static str),
    /// Terms, and what they mean.
    Terms(&'static [(&'static str, &'static str)]),
}

use Part::{Lines, Terms, Text};

const fn section(title: &'static str, parts: &'static [Part]) -> Section {
    Section { title, parts }
}

/// Behind the options of `roomchat` itself.
pub const ROOMCHAT: &[Section] = &[
    section(
        "Examples",
        &[Lines(
            "roomchat serve\nroomchat join --name 小花 --server 140.115.140.103\nroomchat bot fixtures/demo.txt",
        )],
    ),
    section("Environment", &[Terms(&[LANGUAGE])]),
];

const LANGUAGE: (&str, &str) = (
    "LC_ALL, LC_MESSAGES, LANG",
    "The first that is set chooses the language where --lang does not: Chinese (zh…, C, POSIX, or none set) or English.",
);
const COLOURS: (&str, &str) = ("NO_COLOR", "Not empty: no colours.");

/// Each event of the console in JSON, with its members.
pub const EVENTS: &[(&str, &str)] = &[
    ("starting", "The first line."),
    (
        "data",
        "What is on disk: folder; count, of messages; keep, the age of --keep or null; bytes, up to which all is kept (0: nothing is, with --history 0).",
    ),
    ("seats", "How many people there is room for: count; text, the limit that sets it."),
    (
        "local operators",
        "Whether people of this machine are operators: on; container, whether it is off for being one; room.",
    ),
    ("encryption", "key, its hash or null; required, by --tls only."),
    ("listening", "address. People can come from now on."),
    ("connected", "name, address. Somebody has given a name."),
    ("entered", "name, address, room; count, of those in the room now."),
    ("left", "The same, also for those who leave the server."),
    ("said", "name, address, room, text."),
    ("topic", "name, address, room; text, empty where it was taken away."),
    ("kicked", "name, by, room; text, the reason; count, of those who remain."),
    ("renamed", "name, before, address."),
    ("operator", "name, address. Somebody has become an operator of the server."),
    ("wrong password", "name, address. Somebody gave a wrong one for that."),
    (
        "closed",
        "name or null, address, why: quit (with text), closed, reset, timed out, no name, silent (both with seconds), slow reader, flooding, not IRC, TLS (with text), \
         password, guesses, not encrypted, killed (with by and text), server stopping, fault.",
    ),
    (
        "turned away",
        "address, why: full (by --max-clients or a limit of the system), without a name (too many connections that give none), address (by --max-per-address); count, of all for this reason \
         since it was told last: it is told at most every 10 seconds.",
    ),
    ("proxy header", "address, why: missing, bad, late, too many. A connection of a proxy was closed."),
    ("certificate", "taken, whether the new files are used: with key, or with text, why not."),
    ("disk full", "What would have to be kept is refused."),
    ("disk has room", "That is over."),
    ("trimmed", "count, of records that were too old or too many."),
    (
        "missed",
        "count, of events that are not shown, since nobody had read the output or it could not be written.",
    ),
];

pub const SERVE: &[Section] = &[
    section(
        "Examples",
        &[
            Lines(
                "roomchat serve\nroomchat serve --port 7001 --lang en\nroomchat serve --listen 127.0.0.1 --listen '[::1]:7002'",
            ),
            Text("To make root an operator, type the password after the first line (Debian package argon2):"),
            Lines(
                "read -rs p\nhash=$(printf %s \"$p\" | argon2 \"$(openssl rand -hex 8)\" -id -e)\necho \"root $hash\" >> operators\nroomchat serve --operators operators",
            ),
        ],
    ),
    section(
        "Operators",
        &[Text(
            "People who come from an address of the server's own machine are operators of the first room and of rooms that have no operator, and free of limits, as the console says at \
             the start; with --local-operators off they are not. That is the default in a container, where what is forwarded from elsewhere may \
             come from such an address, and with --proxy-from; who comes by a proxy is never one. Say off where a tunnel on this machine hands connections on. \
             Whoever comes into a room in which nobody is becomes its operator, in the first room, too, and from wherever: come in first where that matters. \
             If something was said in the room before, such an operator takes back nothing of it; and if the room was empty for ten minutes, and is not the first one, may not ban anybody, nor set +i, +k, +l or +s. \
             Topic, ranks, KICK, +m and mutes (+b m:mask) are allowed. Operators of the server may do everything in a room that has no other operators than such. Operators of the server are those of --operators.",
        )],
    ),
    section(
        "JSON",
        &[
            Text(
                "With --log-format json each line of the console is one object with an event and its time (RFC 3339, UTC). The other members, by event:",
            ),
            Terms(EVENTS),
            Text("As text the same facts have no time: systemd and docker add it."),
        ],
    ),
    section(
        "Encryption",
        &[
            Text(
                "The port speaks TLS 1.2 and 1.3 to every client that begins with it, and plain to the others. \
                 The server makes a key of its own at the first start and shows its hash on the console at each, as ssh does: \
                 clients can pin it, since nobody else signs the certificate. With --memory or port 0 the key is for that run. \
                 irssi takes the hash (-tls_pinned_pubkey) in another form:",
            ),
            Lines(
                "openssl x509 -in DIR/cert.pem -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -c",
            ),
            Text(
                "--cert and --key name a certificate that others have signed. Within 15 seconds of a change new connections get the new one, \
                 and the console says so; where the files are no pair, the one before stays. --tls only closes connections from other machines \
                 that do without TLS, after one sentence; with --cert as well, clients are told to come by TLS for 30 days after each visit \
                 (IRCv3 sts), also if --tls only is no longer given by then. A certificate on the server's own key keeps all who know the server by that key: \
                 have this request signed, and give the answer with that key.",
            ),
            Lines(
                "openssl req -new -key DIR/key.pem -subj /CN=chat.example.org -out request.pem\nroomchat serve --cert signed.pem --key DIR/key.pem",
            ),
            Text(
                "Behind a proxy, --proxy-from names the addresses that it comes from. Each connection from there must begin with a PROXY header, version 1 or 2 (HAProxy: send-proxy \
                 or send-proxy-v2; nginx: proxy_protocol on), and counts as one from the address in it: on the console, for bans and for limits. Without such a header, or with a bad one, it is closed, \
                 which the console tells; connections from elsewhere have none. The proxy hands TLS on as it is.",
            ),
            Text(
                "With --password-file, or ROOMCHAT_PASSWORD in the environment, whoever does not give that password by PASS is closed with 464; after wrong ones, passwords from the same address wait up to 2 seconds. \
                 Without TLS it can be read on the way. bot and people without a client can't give one.",
            ),
        ],
    ),
    section(
        "Files",
        &[
            Terms(&[(
                "$STATE_DIRECTORY (systemd: its first folder), else $XDG_DATA_HOME/roomchat/PORT, else ~/.local/share/roomchat/PORT; \
                 ~/Library/Application Support and %LOCALAPPDATA% where those are usual",
                "What is kept where --data does not say so. PORT is that of the first --listen, ADDR_PORT where that names an address. \
                 Port 0, --memory: nothing.",
            )]),
            Text(
                "What anybody is sent of a room is on disk before it leaves, with its id, time and words, and is there again after a power cut. \
                 A room other than the first one ends, with all that was said in it, once it has been empty for 30 days, or for 10 minutes \
                 if not everybody could enter it (+i, +k, +s). Its bans stay as long as it does. \
                 Rooms come back with topic, modes and lists; for 10 minutes after a start, whoever was in a room at the end \
                 (the same name from the same address) may enter it as before, with the same rank. What was taken back is removed from the files. \
                 Private messages are not kept, nor what is said with --history 0. The folder and its files are readable by nobody else, \
                 and one server alone uses them; a folder on another machine (NFS, SMB, 9P, Ceph, AFS) is refused. roomchat-data(5) tells what is in them, and how to copy and to export them. \
                 key.pem and cert.pem are the server's own: whoever has that key can pass for the server. A damaged key ends the start and is not replaced.",
            ),
            Text(
                "Where the disk is full, what would have to be kept is refused and all are told, until it has room again, which is found within 12 seconds: \
                 messages (FAIL NOT_KEPT or 404), redactions, topics and modes (FAIL NOT_KEPT or 400). People still come, go and read. Any other error of the disk ends the server.",
            ),
            Text(
                "The files of --motd, --operators and --password-file are read once, at the start; the first two are at most 4 MiB, that of the password 4 KiB.",
            ),
        ],
    ),
    section(
        "Environment",
        &[Terms(&[
            (
                "ROOMCHAT_PASSWORD",
                "The password of the server, where --password-file names no file with it: one line, at most 200 bytes. Empty is a fault.",
            ),
            LANGUAGE,
            COLOURS,
        ])],
    ),
    section(
        "Exit status",
        &[Terms(&[
            (
                "0",
                "Ended by Ctrl-C, SIGTERM or SIGHUP: everybody was told, and got what waited for them within seconds. A second signal ends it at once.",
            ),
            (
                "1",
                "It could not start: an address is not ours, or in use; a file can't be read or makes no sense; nothing can be kept. Or the disk failed while it ran.",
            ),
            ("2", "Usage: an option, or its value, makes no sense."),
            ("130", "Ended by a second signal."),
        ])],
    ),
];

pub const JOIN: &[Section] = &[
    section(
        "Examples",
        &[Lines(
            "roomchat join --name 小花 --server 140.115.140.103\nroomchat join --room '#lobby' --room '#lab'\nroomchat join --server '[2001:db8::1]:7001'\nprintf '哈囉\\n' | roomchat join --name 小花",
        )],
    ),
    section(
        "Keys",
        &[
            Terms(&[
                (
                    "Tab",
                    "Complete the name of a person or a room, or a command after /; again: the next one.",
                ),
                ("Alt-1 to Alt-9", "Go to the room of this number; what is half typed goes along."),
                ("Up, Down", "Lines typed before."),
                ("Ctrl-R", "Search them."),
                ("Ctrl-C", "Ask whether to leave; once more: leave."),
                ("Ctrl-D", "The same, where nothing is typed."),
                ("Ctrl-L", "Draw the screen anew."),
                ("Ctrl-Z", "Stop; fg goes on."),
            ]),
            Text(
                "Others edit the line as in Emacs and most shells: Ctrl-A, Ctrl-E, Ctrl-W, Ctrl-U, Ctrl-K, Ctrl-Y, Alt-B, Alt-F.",
            ),
        ],
    ),
    section(
        "Several rooms",
        &[Text(
            "--room may be given more than once, and /join enters a further room. What is typed is said in the current room, which stands \
             before the prompt where there are several; lines of the others begin with their name, as in [#lab]. /join or Alt and a number \
             goes to another room, /leave leaves one, /rooms lists them with what was said there meanwhile. A room becomes current at \
             once: what is typed before the server has let you in waits for that, and is told to be unsent where it never does. Only you \
             change the current room, so that nothing is said elsewhere than where it was typed: one that puts you out, or does not let \
             you in, stays current until you leave it. After a lost connection all rooms are entered again, and what was missed is \
             shown for each.",
        )],
    ),
    section(
        "Encryption",
        &[
            Text(
                "join speaks TLS with every server that can; what is said on another one stands under `not encrypted` in the header and the title. A server's \
                 key is remembered at the first visit, as ssh does, and shown then: compare it with the one on the server's console. One that has another key later, \
                 after three tries, or is plain where it was encrypted, gets nothing: join ends with a sentence, the line of known_rooms that says so, and status 1. Only \
                 on a terminal, for a server that is named by a private or link-local address or as in a local network (without a dot, or in .local), is it asked whether to trust another key; never for plain. A certificate that the system trusts for \
                 the name needs no key (SSL_CERT_FILE names others), but replaces none that is known. Addresses of this machine alone are not remembered, and a key for one run only in this sitting.",
            ),
            Text(
                "That a server does not encrypt is believed if it answers a TLS greeting with something else, or ends the connection; where it is silent for two seconds, if a \
                 second connection, which asks as an IRC client, is answered. For a week it is then not asked. irc:// goes plain at once, but not to a server that is known to encrypt; \
                 a server of this program, or one with IRCv3 sts, tells over plain where it does, and join goes over to there; it does not remember where sts led. --tls require never goes plain, --tls off always. \
                 The server's password is said on an encrypted connection alone, on this machine, or with --tls off.",
            ),
        ],
    ),
    section(
        "Lines of a pipe",
        &[Text(
            "Where the input or the output is no terminal, with --plain, and with TERM=dumb, join is a line filter. Each line of a pipe \
             is said as it stands; --commands makes commands of those that begin with /. What begins with the name of a file (/dev/sda1) is \
             said, and //x says /x. A line `exit` asks whether to leave: the next line answers where it is y, yes, n, no, 是, 否 or empty, and \
             any other means no and is said. The end of the input leaves once all is delivered. A lost connection comes back only where somebody is at a \
             terminal; else join ends with status 1. Where the output fails, the input is \
             still said to its end.",
        )],
    ),
    section(
        "Files",
        &[
            Terms(&[
                (
                    "$XDG_STATE_HOME/roomchat/history, else ~/.local/state/roomchat/history; on Windows %LOCALAPPDATA%\\roomchat\\history",
                    "Lines typed into the line editor, for the arrow up and Ctrl-R: the last thousand at least, readable by nobody else (mode 0600).",
                ),
                (
                    "known_rooms, in the same folder",
                    "By what each server is known, a line each: host:port and the hash of its key (SHA256:…), or `trusted`, or `plain` and until when it is not asked again. Anything else behind a server counts as a key that it does not have.",
                ),
                ("ignored, in the same folder", "Those who are ignored, a name a line; for every server."),
                (
                    "users, in the same folder",
                    "By which user name each server knows this device: j and eight random digits, so that an operator can keep out one person of \
                 many at one address, whatever the name. No two servers get the same; to take out a line makes another.",
                ),
            ]),
            Text(
                "Kept in the sitting only are private messages, commands that do not exist or make no sense, and lines that may carry a \
                 password: those that begin, with or without /, with a word like oper, identify, nickserv, pass, login, auth, register, quote or raw, \
                 or hold the name of a service like NickServ. What the server refused is taken out again. Lines of a pipe are not kept. \
                 What is no regular file is left alone.",
            ),
        ],
    ),
    section(
        "Environment",
        &[Terms(&[
            LANGUAGE,
            COLOURS,
            (
                "COLORTERM",
                "truecolor or 24bit: the exact colours. Else 256 of them where TERM says so (xterm-256color), or 16.",
            ),
            ("TERM", "dumb: lines as in a pipe."),
            (
                "ROOMCHAT_HISTORY",
                "off: nothing is kept in these files, and nothing of them is used: each server is met for the first time.",
            ),
            ("ROOMCHAT_PASSWORD", "The password of the server, where --password-file names no file with it."),
        ])],
    ),
    section(
        "Exit status",
        &[Terms(&[
            ("0", "Left, also where the reader of the output had gone."),
            (
                "1",
                "Refused, lost for good, an error of the input or the output, a line that was not sent, or a command of a pipe that makes no sense.",
            ),
            ("2", "Usage."),
            ("128+n", "Ended by the signal n."),
        ])],
    ),
];

pub const BOT: &[Section] = &[
    section(
        "Examples",
        &[Lines(
            "roomchat bot fixtures/demo.txt\nroomchat bot --keep-going fixtures/*.txt\nroomchat bot --server irc.example.net:6667 my.txt\nroomchat bot --crowd 1000 --repeat 100 fixtures/demo.txt",
        )],
    ),
    section(
        "Servers",
        &[
            Text(
                "Without --server each playing has a fresh server on this machine, whose people are operators of its first room (#lobby) \
                 wherever they are on the server's own machine, as all of a script are. Where that is not wanted, `@room #lab` plays in another room, \
                 in which only the first who comes in is one.",
            ),
            Text(
                "Reports are English. What is shown of the conversation is spelled in the script's own language, that of its first word, whatever the \
                 locale; an own server's console is Chinese unless the script says `@serve --lang en`. A text that is long is shown in parts: its \
                 beginning, what surrounds the first difference, and its end.",
            ),
        ],
    ),
    section(
        "Load",
        &[
            Text(
                "A script is first played as always. Then, on a fresh server or on that of --server, the crowd enters \
                 the room, and the script is played --repeat times before it. Between two playings the first of the crowd takes back the modes, \
                 bans and topic that the script has left in the room, so that each begins as the first did. Messages are sent without waiting for each other; before and after \
                 any other step everything sent so far has been seen by all. Each listener must see all that follows from the script, once, and \
                 all of them in one order; indented lines are not compared again. Whatever \
                 somebody does that listeners get counts, and so do the errors that the server gives to those who act. The listeners are called crowd1, crowd2 and so on, crowd_1 \
                 where the script has such a name.",
            ),
            Text(
                "The figures at the end: deliveries a second; the time from a \
                 line's sending to its being read by a listener (p50, p99, longest); what was lost, doubled, reordered, or strange (sent by \
                 nobody, altered, or no line at all), which steps were refused, or not, against the script; and, where our own server ran long enough, its processor time for one delivery. Any such fault is exit status 1. No load test \
                 plays `connects`, `>>>` or `reconnects`, or an entering that must be refused.",
            ),
        ],
    ),
    section("Environment", &[Terms(&[COLOURS])]),
    section(
        "Exit status",
        &[
            Terms(&[
                ("0", "All passed or were skipped."),
                ("1", "An expectation failed."),
                ("2", "Usage, or a script that can't be read."),
                ("3", "A script does not parse."),
                ("4", "No server, or one that died or lets nobody in."),
                ("128+n", "Ended by the signal n."),
            ]),
            Text(
                "Of several scripts all are played that can be, and \
                 the highest status counts; one that can't be played is a failed one, also in --json and --report.",
            ),
        ],
    ),
];

/// The sections as `--help` has them, for a terminal.
pub fn help(sections: &[Section]) -> String {
    let mut help = String::new();
    for Section { title, parts } in sections {
        let gap = if help.is_empty() { "" } else { "\n" };
        writeln!(help, "{gap}{title}:").expect(INFALLIBLE);
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                help.push('\n');
            }
            match part {
                Text(text) => writeln!(help, "  {text}"),
                Lines(lines) => lines.lines().try_for_each(|line| writeln!(help, "  {line}")),
                Terms(terms) => terms.iter().try_for_each(|(term, text)| writeln!(help, "  {term}: {text}")),
            }
            .expect(INFALLIBLE);
        }
    }
    help.trim_end().to_owned()
}

/// The first examples alone, as `-h` has them.
pub fn examples(sections: &[Section]) -> String {
    let first = sections.first().map(|Section { title, parts }| Section { title, parts: &parts[..1] });
    help(first.as_slice())
}

const INFALLIBLE: &str = "writing to a String cannot fail";
