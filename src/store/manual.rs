//! The man page of what is kept, made of the tables.

use super::schema::{BLOCKS, CLOCK_BEHIND, TABLES};

/// The page in roff.
pub fn page() -> String {
    let mut page = ".TH ROOMCHAT-DATA 5\n".to_owned();
    for (title, paragraphs) in SECTIONS {
        page.push_str(&format!(".SH {title}\n"));
        for (at, paragraph) in paragraphs.iter().enumerate() {
            if at > 0 {
                page.push_str(".PP\n");
            }
            page.push_str(&match paragraph.strip_prefix('$') {
                Some(lines) => format!(".nf\n{}\n.fi\n", roff(lines)),
                None => format!("{}\n", roff(paragraph)),
            });
        }
    }
    page.push_str(&format!(
        ".SH SCHEMA\n.nf\n{}\n.fi\n",
        roff(&[TABLES, BLOCKS, CLOCK_BEHIND].map(str::trim).join("\n\n"))
    ));
    page.push_str(".SH SEE ALSO\nroomchat\\-serve(1), sqlite3(1)\n");
    page
}

/// A paragraph that begins with `$` is lines as they are typed.
const SECTIONS: [(&str, &[&str]); 6] = [
    ("NAME", &["roomchat-data - what roomchat serve keeps on disk"]),
    (
        "DESCRIPTION",
        &[
            "The folder of --data holds room.db, a database of SQLite with its write-ahead log (room.db-wal, room.db-shm); lock, which the server holds while it runs; \
             reserve, room that is given up where the disk is full; and key.pem and cert.pem, which the server encrypts with. They are for one server, and readable by its user alone.",
            "All times are microseconds since the Unix epoch (1970-01-01 UTC), uptimes are microseconds since the folder was made, with the server's stops left out. \
             A seq is a number of the server's log: it always rises, also where the clock is set back. The msgid that clients see is the nonce (table meta) and the seq in base 36.",
        ],
    ),
    (
        "TABLES",
        &[
            "record: what happened, one row each. kind is message, notice or tags (with the client's tags and the lines of a longer message as JSON in more), \
             enter (text: the real name), leave and quit (the reason), topic, rename (the new name), kick (more: whom), modes (more: the changes). source is name!user@host. \
             place: in which rooms it happened, messages with said = 1. redacted: which messages were taken back, by whom and when; their text is gone.",
            "room and listed: the rooms with topic, modes, key, limit, and bans (list 0), exceptions (1) and invitations (2). flags is the sum of C 1, i 2, m 4, n 8, s 16, t 32; \
             server_flags and by_server tell what an operator of the server has set. emptied: since when nobody is in it. A room that has_ended is removed in slices. \
             member: who is in which room, or was at the end; ranks is the sum of voice 1, operator 2, 4 for an operator who has found the room empty, and 8 where that was for ten minutes.",
            "block is the index of the messages, which has no text of its own: a block ends with the record last, and words is a set (a Bloom filter) of hashes of the words and senders in it, in which the search looks first. \
             Records behind the last block have no rows in place yet: they get them when there are 512, or at the next start. client_id is the id that a message's client has given it, if any: see roomchat-protocol(7). account, credential, marker, conversation, and the columns account, owner, conversation and chain are for later versions, and empty. \
             clock_behind: the records from seq on were written at at_us or later, though the clock, and so their wall_us, was more than an hour behind. \
             PRAGMA user_version is the version of the tables; a server refuses a newer one.",
        ],
    ),
    (
        "EXPORT",
        &[
            "All messages as text, also while the server runs:",
            "$sqlite3 -readonly -separator ' ' room.db \"SELECT time, room, name || ':', text FROM message ORDER BY seq\"",
        ],
    ),
    (
        "COPIES",
        &[
            "A running server's data is copied whole by the next lines; cp may copy the database and its log at two moments. The key belongs to the copy: without it the server makes \
             another one, and every client that knows it by its key takes it for somebody else. key.pem is secret; the copy of room.db would else be readable by others.",
            "$umask 077\nsqlite3 -readonly room.db \"VACUUM INTO '/backup/room.db'\"\ncp -p key.pem cert.pem /backup/",
            "These three files in an empty folder are a whole one. Of a server that is stopped the folder is copied or moved by cp -a or mv, to another machine as well.",
            "What is taken back later stays in copies, as it does in logs of the console and on other people's screens.",
        ],
    ),
    (
        "NOTES",
        &[
            "A program that writes to the database while the server runs makes it wait, for 10 seconds at most; the server then ends. Reading does it no harm, \
             but what was taken back leaves the write-ahead log only when nobody reads in it.",
            "Room that is freed in room.db is used again, but the file does not become smaller; VACUUM makes it so, while the server is stopped.",
            "Only messages can be taken back. The texts of topics, and the reasons of those who leave or remove others, stay as long as messages are kept, or as their room.",
        ],
    ),
];

/// Text in which nothing has a meaning of its own for roff.
fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    let guarded =
        |line: &str| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() };
    text.lines().map(guarded).collect::<Vec<_>>().join("\n")
}
