//! Limits of the hub, and the memory that they allow.
//!
//! The memory that one address can take at worst, with the 128 connections of
//! `--max-per-address`. Each thing that a peer can grow has a line here, and a bound in all
//! where it would come to more than 64 MiB.
//!
//! | what | each | of an address | bytes |
//! |---|---|---|---|
//! | the past | 2 MiB a room (`--history`) | 500 rooms | 256 MiB in all rooms (`chat::history`) |
//! | what is to be sent | 8 MiB a member, [`REPLY_BACKLOG_BYTES`] of replies | 128 | 256 MiB in all (`server::outbox`) |
//! | lists of bans, exceptions, invited | 3 × 64 masks, 660 bytes each | 500 rooms | 60 MiB |
//! | the same in rooms that have long been empty | 8 masks | 10,000 rooms | 51 MiB |
//! | events that the console has to show | 1.3 KiB | all 16,384 | 21 MiB in all (`server::console`) |
//! | lines that wait, are in the inbox, were read | [`WAITING_BYTES`], 2 × 36 KiB | 128 | 19 MiB |
//! | read markers | [`MOST_MARKERS`], 250 bytes each | 128 | 6 MiB |
//! | watched names | [`MOST_WATCHED`], 400 bytes each | 128 | 5 MiB |
//! | written names of rooms | 400 bytes a member and room, with room to grow | 6,400 memberships | 5 MiB |
//! | threads, sessions, people with their 32 names before | 18 KiB | 128 | 3 MiB |
//! | rooms: topic, key, 64 invitations, indices | 3 KiB | 10,000, most of them empty | 30 MiB |
//! | begun messages of several lines | 12 KiB | 128 | 2 MiB |
//! | WHOWAS; addresses that owe, guess or are silent | 0.5 KiB | 512; 1,024, 64, 256 | 1 MiB in all |
//! | the system's: send buffers; receive buffers | 256 KiB; 128 KiB, or what it allows | 128 | 48 MiB |

use std::time::Duration;

/// Time to register from the first byte, and again from each step.
pub(super) const TO_REGISTER: Duration = Duration::from_secs(10);
/// Time to register in all.
pub(super) const TO_REGISTER_IN_ALL: Duration = Duration::from_secs(60);
/// Time that a connection which has sent no byte may stay, if there are not too many of them
/// ([`super::silent`]).
pub(super) const TO_BEGIN: Duration = Duration::from_secs(600);
/// Time without input after which a PING is sent.
pub(super) const SILENCE: Duration = Duration::from_secs(90);
/// Time to answer that PING.
pub(super) const TO_ANSWER: Duration = Duration::from_secs(60);

/// Replies are moved to the batch when they reach this size, so that the buffer of replies stays
/// small.
pub(super) const FRAME_BYTES: usize = 64 * 1024;
/// Bytes of replies that a client has not taken, from which on its next lines wait. The replies to
/// its last lines may add as much again.
pub const REPLY_BACKLOG_BYTES: usize = 256 * 1024;
/// The most that one piece of a long reply adds: what a slice brings, and the longest multiline
/// message behind that. A piece is made only where [`REPLY_BACKLOG_BYTES`] has room for it.
pub(super) const PIECE_BYTES: usize = 144 * 1024;

/// Work that one session may cause in one slice, in the units of [`super::work`]: a tenth of a
/// millisecond, so that a hundred who ask at the same time are all answered soon.
pub(super) const WORK_PER_SLICE: u64 = 1_000;
/// Slices in one round, of all sessions together.
pub(super) const SLICES_PER_ROUND: u64 = 10;
/// Work that the price of one message pays for.
pub(super) const WORK_PER_POINT: u64 = 1_000;

/// Messages that may come at once.
pub(super) const BURST: u32 = 40;
/// Lines of one session that may wait.
pub(super) const MOST_WAITING: usize = 64;
/// Bytes of the lines that may wait; a line can have 4 KiB of tags.
pub(super) const WAITING_BYTES: usize = 64 * 1024;
/// Lines that may wait while a password is checked.
pub(super) const MOST_WAITING_FOR_CHECK: usize = 256;
/// Lines that may be refused while others wait; after that the connection is closed.
pub(super) const MOST_REFUSED: usize = 512;

/// Read markers of one connection.
pub(super) const MOST_MARKERS: usize = 200;
/// Names that one person may watch: `MONITOR` in 005.
pub(super) const MOST_WATCHED: usize = 100;
/// Messages in one answer: `CHATHISTORY` in 005.
pub(super) const MOST_HISTORY: usize = 100;
/// The conditions of LIST: C creation time, M mask, N not a mask, T topic time, U user count.
pub(super) const ELIST: &str = "CMNTU";
/// Rooms and conditions of one LIST: `TARGMAX` in 005.
pub(super) const MOST_CONDITIONS: usize = 8;
/// Targets of one message.
pub(super) const TARGETS: usize = 4;

/// Bytes that a label may have (labeled-response, Tag value).
pub(super) const LABEL_BYTES: usize = 64;
/// Bytes that the original's client receives at once: it would take a longer line for two, and fail
/// at a character that is cut.
pub(super) const PACKET_BYTES: usize = 1024;
/// Bytes of a user name.
pub(super) const USER_BYTES: usize = 10;
/// Bytes of a real name: such that every reply with one fits.
pub(super) const REAL_BYTES: usize = 100;
/// Bytes of texts: such that every reply with one fits.
pub(super) const TOPIC_BYTES: usize = 300;
pub(super) const KICK_BYTES: usize = 250;
pub(super) const AWAY_BYTES: usize = 250;
/// Bytes of a list in one line, which fit behind the longest head.
pub(super) const LIST_BYTES: usize = 300;

/// Bytes of the whole text of a message of several lines, line breaks counted.
pub(super) const MULTILINE_BYTES: usize = 4096;
/// Lines of such a message.
pub(super) const MULTILINE_LINES: usize = 24;
/// Time from the opening of its batch to its end.
pub(super) const MULTILINE_TIME: Duration = Duration::from_secs(30);
