//! A chat room that anybody can open in one minute and trust for years.
//!
//! One executable, three subcommands: `serve` is the room, an IRC server;
//! `join` is a person in it; `bot` plays a written conversation and checks
//! what everybody saw.
//!
//! # The map
//!
//! Pure state machines in the middle, thin threads in the I/O layer; what happens in the
//! rooms happens in one order, and everybody is told in that order. Pure
//! means: no thread, clock, socket, file, chance or print; time and ids come
//! in as values, and the same inputs give the same outputs on every machine.
//!
//! | module | | holds |
//! |---|---|---|
//! | [`text`] | pure leaf | names, character tables, wrapping, every sentence for people |
//! | [`wire`] | pure leaf | bytes to IRC messages and back; knows no room |
//! | [`chat`] | pure | who is here, what may be done, what follows; knows no protocol |
//! | [`hub`] | pure | where wire and chat meet: one session per connection |
//! | [`server`] | I/O | sockets and threads, no rules |
//! | [`client`] | I/O | a client's end of the wire; its `protocol` is pure |
//! | [`join`] | I/O | the terminal; its `model`, `input` and `show` are pure |
//! | [`bot`] | I/O | actors and the server they talk to; its `script`, `expect` and `report` are pure |
//! | [`cli`] | I/O | the command line: help, man pages and completion come from it |
//!
//! Who imports whom: `chat` → `text`; `hub` → `chat`, `wire`, `text`; `server` →
//! `hub`, `wire`, `text`; `client` → `wire`, `text`; `join` and `bot` → `client`, `wire`, `text`, for
//! a client knows a server only by its wire. The I/O layer may read its arguments
//! from `cli`. Nothing points uphill, no files of `chat`, `hub`, `wire`, `client`, `bot` and `join`
//! import each other in a circle, and a test keeps it so.
//!
//! # The way of one message
//!
//! 1. A client's own thread blocks in `read`; [`wire::Framer`] makes lines and
//!    [`wire::Message`] takes them apart. A message can hold no CR, LF or NUL.
//! 2. What one read brought goes as one item into the hub's inbox, a bounded
//!    channel. A session has at most one item in there: who floods waits for
//!    himself. All lines that can't be obeyed yet wait in one queue of their session in
//!    the hub, which says when its thread may read on: those that come too fast, those
//!    behind 256 KiB of replies that are not taken, those behind a password that is checked.
//! 3. One hub thread owns all state: no lock, one order. It takes what
//!    waits, up to a bound, and turns it into one [`hub::Batch`], doing nothing itself.
//! 4. An event is written once for each kind of reader and shared by all of them.
//! 5. Delivery appends it to what each member gets next. Members are sent to in
//!    turn, each all of that in one call that never blocks. What the socket does
//!    not take waits in a bounded queue for the one thread that serves all slow
//!    readers.
//!
//! # What always holds
//!
//! * Everything that a command causes is queued for its receivers before the
//!   next command of anybody is handled, and each connection has one queue and
//!   one sender at a time. So the answer to a PING proves that all that came
//!   before it has been queued, and another on the receiver's own connection
//!   that it has arrived. Between connections no order of arrival is promised.
//! * Every queue, map and buffer that a peer can grow has a bound.
//! * No peer can cause a panic: at worst a refusal or a disconnection.
//! * Expected outcomes are enums; [`std::io::Error`] lives in the I/O layer; sentences
//!   for people are [`text::Phrase`]s.

pub mod bot;
pub mod chat;
pub mod cli;
pub mod client;
pub mod hub;
pub mod join;
pub mod server;
mod signals;
pub mod text;
pub mod wire;
