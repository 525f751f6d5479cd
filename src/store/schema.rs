//! The tables of the database file: `roomchat-data(5)` describes them.

/// Marks a file as ours (`PRAGMA application_id`): "room".
pub(super) const APPLICATION: i32 = 0x726f_6f6d;

/// The version of the tables (`PRAGMA user_version`).
pub(super) const VERSION: i32 = 4;

/// All tables but one. What accounts, private messages and several servers will need has its place already,
/// and stays empty until then.
///
/// * A record has one row, whatever number of rooms it happened in, and a place in each of them.
///   `place` is ordered as pages are read: messages (`said`) apart from comings and goings, so that
///   a page of messages passes over none of those.
/// * `rooms` of a record lists its places as JSON, so that they are found when it is removed.
/// * `redacted` names what was taken back, without its text.
pub(super) const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;

CREATE TABLE room (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    made INTEGER NOT NULL,
    made_us INTEGER NOT NULL,
    has_ended INTEGER NOT NULL DEFAULT 0,
    maker TEXT,
    owner INTEGER,
    topic TEXT, topic_by TEXT, topic_us INTEGER,
    flags INTEGER NOT NULL, server_flags INTEGER NOT NULL,
    key TEXT, key_by_server INTEGER,
    members_at_most INTEGER, members_by_server INTEGER,
    emptied INTEGER, emptied_uptime_us INTEGER,
    UNIQUE (made, name)
);

CREATE TABLE listed (
    room INTEGER NOT NULL,
    list INTEGER NOT NULL,
    position INTEGER NOT NULL,
    mask TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_us INTEGER NOT NULL,
    by_server INTEGER NOT NULL,
    PRIMARY KEY (room, list, position)
) WITHOUT ROWID;

CREATE TABLE member (
    room INTEGER NOT NULL,
    user INTEGER NOT NULL,
    name TEXT NOT NULL,
    host TEXT NOT NULL,
    ranks INTEGER NOT NULL,
    account INTEGER,
    PRIMARY KEY (room, user)
) WITHOUT ROWID;

CREATE TABLE record (
    seq INTEGER PRIMARY KEY,
    wall_us INTEGER NOT NULL,
    author INTEGER NOT NULL,
    source TEXT NOT NULL,
    by_bot INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT,
    more TEXT,
    rooms TEXT NOT NULL,
    account INTEGER,
    conversation INTEGER,
    client_id TEXT,
    chain BLOB
);

CREATE TABLE place (
    room INTEGER NOT NULL,
    said INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    wall_us INTEGER NOT NULL,
    PRIMARY KEY (room, said, seq)
) WITHOUT ROWID;
CREATE INDEX place_time ON place (room, said, wall_us);

CREATE TABLE redacted (
    seq INTEGER PRIMARY KEY,
    room INTEGER NOT NULL,
    by_seq INTEGER NOT NULL,
    by_source TEXT NOT NULL,
    wall_us INTEGER NOT NULL
);

CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT NOT NULL, folded TEXT NOT NULL UNIQUE, made_us INTEGER NOT NULL);
CREATE TABLE credential (account INTEGER NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, made_us INTEGER NOT NULL);
CREATE TABLE marker (account INTEGER NOT NULL, target TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (account, target)) WITHOUT ROWID;
CREATE TABLE conversation (id INTEGER PRIMARY KEY, account INTEGER NOT NULL, other INTEGER NOT NULL, UNIQUE (account, other));
";

/// What version 2 has added: `block` ends with the record `last`: which words may be in its messages, see
/// `filter.rs`. Records behind the last block have no rows in `place` yet.
pub(super) const BLOCKS: &str = "
CREATE TABLE block (
    last INTEGER PRIMARY KEY,
    words BLOB NOT NULL
);
";

/// What version 4 has added.
///
/// * The records from `seq` on were written at `at_us` or later, though the clock was behind.
/// * `message` is for people; before, its times were rounded, where clients are told them cut to
///   milliseconds.
pub(super) const CLOCK_BEHIND: &str = "
CREATE TABLE clock_behind (
    seq INTEGER PRIMARY KEY,
    at_us INTEGER NOT NULL
);

CREATE VIEW message AS
    SELECT room.name AS room, record.seq AS seq,
           strftime('%Y-%m-%dT%H:%M:%fZ', record.wall_us / 1000 / 1000.0, 'unixepoch') AS time,
           substr(record.source, 1, instr(record.source, '!') - 1) AS name,
           record.kind AS kind, record.text AS text
    FROM record JOIN json_each(record.rooms) AS place JOIN room ON room.id = place.value
    WHERE record.kind IN ('message', 'notice') AND room.has_ended = 0;
";

/// What of versions before 4 is no more.
pub(super) const VERSION_3: &str = "DROP VIEW IF EXISTS message";

/// The blocks of version 2 had no hashes of senders and signs. They are made anew behind the commits, see
/// [`super::blocks::renew_outdated`].
pub(super) const VERSION_2: &str =
    "INSERT INTO meta SELECT 'outdated', max(last) FROM block HAVING max(last) IS NOT NULL";

/// Version 1 had no blocks. Those that are made of it have no words yet, as those of version 2.
pub(super) const FIRST_BLOCKS: &str = "
INSERT INTO block
    SELECT seq, x'' FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS number FROM record) WHERE number % 512 = 0;
";

/// What of version 1 is no more. The index of the search was one of FTS5, which kept words of what was
/// taken back.
pub(super) const VERSION_1: &str = "
DROP TABLE search;
DELETE FROM meta WHERE name = 'indexed';
";
