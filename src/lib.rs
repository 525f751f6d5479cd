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
//! ```text
//!  I/O    main -> cli -+-> server: accept, connection,   join: terminal, threads   bot: actors, load test
//!                      |   hub_loop, outbox, console,      |        signals          |
//!                      |   disk --> store: the database    |                         |
//!                      |      |                            v                         v
//!         ............ | .... | .................  join: model, input, show   bot: script, expect, report
//!  pure                |      v                            |                         |
//!                      |     hub: sessions, commands       +--> client: protocol <---+    (transport: I/O)
//!                      |      |       |                              |
//!                      |      v       |                              |
//!                      |    chat      |                              |
//!                      |      |       v                              |
//!  leaves              +---> text    wire  <-------------------------+
//! ```
//!
//! | module | | holds |
//! |---|---|---|
//! | [`text`] | pure leaf | names, character tables, wrapping, every sentence for people |
//! | [`wire`] | pure leaf | bytes to IRC messages and back; knows no room |
//! | [`chat`] | pure | who is here, what may be done, what follows; knows no protocol |
//! | [`hub`] | pure | where wire and chat meet: one session per connection |
//! | [`store`] | I/O | what is kept on disk: records and the state of rooms, in one database |
//! | [`server`] | I/O | sockets and threads, no rules |
//! | [`client`] | I/O | a client's end of the wire; its `protocol` is pure |
//! | [`join`] | I/O | the terminal; its `model`, `input` and `show` are pure |
//! | [`bot`] | I/O | actors and the server they talk to; its `script`, `expect` and `report` are pure |
//! | [`cli`] | I/O | the command line: help, man pages and completion come from it |
//! | `system_errors` | I/O | errors of the operating system in the words of people |
//! | `signals` | I/O | the signals that end a process, for all three subcommands |
//!
//! An arrow is an import. `join` and `bot` know a server only by its wire. Nothing points uphill,
//! and no two files of one module import each other, at any distance: a test keeps it so.
//!
//! # Glossary
//!
//! Terms that are used in many files, each with its type and the file that defines it.
//!
//! **The rooms and their log** (`chat/`)
//!
//! | term | type | what it is |
//! |---|---|---|
//! | action | `Action`, `action.rs` | what a person wants to do; checked and done in `apply.rs` |
//! | entry | `Entry`, `entry.rs` | an action in the log: number, times, who |
//! | event | `Event`, `event.rs` | what followed from an entry, with those who are to be told |
//! | record | `Record`, `record.rs` | what is kept of an event; `history.rs` keeps records by room |
//! | refusal | `Refusal`, `refusal.rs` | why something was not done |
//! | lobby | `Lobby`, `lobby.rs` | all people and all rooms; `snapshot.rs` writes it as bytes |
//! | mode | `modes.rs` | flags, lists and ranks of rooms and people; their letters: `hub/mode_table.rs` |
//! | finder | `Ranks`, `modes.rs` | an operator only because they found the room empty: decides nothing about its past, nor who is in it |
//! | whowas | `Whowas`, `whowas.rs` | people who were here |
//! | mask | `mask.rs` | `name!user@host` with wildcards: bans and exceptions |
//! | key | `UserKey`, `RoomKey`, `ids.rs` | names a person or a room for ever, unlike an index |
//! | client id | `ClientId`, `ids.rs` | what a client calls a message, so that it is said once; `client_ids.rs` knows them |
//!
//! **One server** (`hub/`)
//!
//! | term | type | what it is |
//! |---|---|---|
//! | session | `Session`, `session.rs` | one connection: registering, then a person's |
//! | input | `Input`, `input.rs` | a line as it came in; `decoder.rs` makes inputs of reads |
//! | command | `Command`, `commands.rs` | the table of all IRC commands; `dispatch.rs` runs them, their functions are in `irc/` |
//! | reply | `reply.rs`, numbers in `wire/numeric.rs` | what a command's author is told; refused lines: `irc/refuse.rs` |
//! | capability | `Caps`, `caps.rs` | what a client asked for with CAP; which events it changes: `encode/` |
//! | audience, fan-out | `audience.rs` | who gets which encoding of an event |
//! | backlogged, throttled | `InputState`, `lines.rs` | why a session's next line waits |
//! | rate limit | `rate_limit.rs` | tokens of a connection and of its address |
//! | batch | `Batch`, `batch.rs` | all that follows from one round; not IRC's BATCH (`irc/multiline.rs`) |
//! | recipients, parcel | `Recipients`, `Parcel`, `batch.rs` | who gets bytes of a batch, and these bytes |
//! | console event | `ConsoleEvent`, `console_event.rs` | an event as the console is told of it; the words: `server/console/` |
//! | password check | `Check`, `CheckResult`, `check.rs` | asked of `server/passwords.rs`; the session's lines wait |
//! | persist, full disk | `persist.rs`, `full.rs` | what of a batch is to be kept, and what happens while it can't be |
//! | line mode | `line_mode.rs` | people without a client: `nc`, telnet |
//! | limits | `limits.rs` | how much of each thing there may be, ping and registration timeouts |
//! | manual | `manual.rs` | the man page of the protocol, made of the tables |
//!
//! **Sockets and threads** (`server/`)
//!
//! | term | type | what it is |
//! |---|---|---|
//! | first bytes | `wire/first_bytes.rs` | the table that tells IRC, HTTP, TLS, PROXY and people apart; `hub/dispatch.rs` acts on it |
//! | admission | `accept/admission.rs` | who may connect: by number, address and site |
//! | system limit | `accept/system_limits.rs` | how many clients the system allows: files, threads, mappings |
//! | inbox, item | `Item`, `connection/inbox.rs` | what comes to the hub's thread |
//! | line batcher | `connection/batcher.rs` | what one read brought, as one item |
//! | round | `HubLoop`, `hub_loop.rs` | items in, one batch out, a few sends |
//! | eviction, departure | `hub_loop/` | slow clients that are closed; sessions that end |
//! | outbox | `outbox/mod.rs` | how bytes leave; its drawing shows all parts |
//! | outlet | `Outlet`, `outbox/outlet.rs` | the sending end of a connection: TCP, plain or encrypted; later WebSocket |
//! | plan, scheduler, pass | `outbox/plan.rs`, `scheduler.rs` | what is to be sent to whom, and who is next |
//! | slow client | `outbox/slow_clients.rs` | does not take at once what it is sent; its bounds: `slow_client_limits.rs` |
//! | order, report | `outbox/orders.rs` | what the hub's thread and the slow sender's tell each other |
//! | poller | `outbox/poller.rs` | how the slow sender sleeps and wakes; `unix.rs` and `writer.rs` per system |
//! | commit, lookup | `disk/commits.rs`, `disk/lookups.rs` | what a batch wants kept, before anybody is told of it; what is read back for a client |
//! | encryption | `Encryption`, `outbox/encryption.rs` | the TLS state of one connection; keys and certificates: `server/tls/` |
//! | store | `Store`, `store/contract.rs` | what commits need of a disk; the tables: `store/schema.rs`, their manual: `store/manual.rs` |
//! | console | `console/` | `words.rs` for people, `json.rs` for programs, `thread.rs` writes |
//!
//! **Clients** (`client/`, `join/`, `bot/`)
//!
//! | term | file | what it is |
//! |---|---|---|
//! | registration, features | `client/protocol/` | from CAP and NICK to 005; what a server says of itself |
//! | transport | `client/transport/` | TCP or TLS for one connection or thousands |
//! | known rooms | `join/known_rooms.rs` | by which key this device knows each server |
//! | model | `join/model/state.rs` | a person's side of the conversation; what the owner calls: `machine.rs` |
//! | session, entry | `join/model/session.rs`, `entry.rs` | one connection, and the way from it into the room |
//! | room view, backlog | `join/model/room.rs`, `backlog.rs` | what is known of a room; what was said |
//! | outbox | `join/model/outbox.rs` | what we say, until it has arrived or is refused |
//! | intent | `join/input.rs` | what a typed line asks for |
//! | slash command | `join/slash_command.rs` | one table for `/help`, completion and the man page |
//! | completion | `join/completion.rs` | what Tab offers |
//! | key, paste | `join/bindings.rs`, `input.rs` | what a key does, and when text counts as pasted; what is then asked and sent |
//! | style | `join/show/style.rs` | what a piece of text is; its colour: `join/paint.rs` |
//! | backoff | `join/backoff.rs` | when a lost connection is tried again |
//! | script, keyword | `bot/script/keyword.rs`, `tree.rs` | a written conversation; every word of its language; `command_args.rs` reads what follows a `/command` |
//! | actor, fence | `bot/actors.rs`, `actors/fencing.rs` | a connection that a script speaks for, and how it is known that all has come |
//! | server process | `bot/server_process.rs` | the server of our own that a script is played on; not there where `--server` names another |
//! | step group | `StepGroup`, `bot/script/plan.rs` | a step, or a block of steps, with the expectations below it: done at once, judged as one |
//! | script run | `ScriptRun`, `bot/script_run.rs` | one run of one script: `perform`, `effects`, `verdict` for each step group |
//! | runner | `bot/runner.rs` | plays all scripts, each on its server, and sums up |
//! | load plan | `bot/load/load_plan.rs` | what a load test sends, and what each listener must see |
//! | report | `bot/report.rs` | a failure as people read it |
//! | phrase, language | `text/phrase.rs`, `en.rs`, `zh_tw.rs` | a sentence for people, in every language; the languages: `lang.rs` |
//! | server's words | `text/server_words.rs` | what other servers say in English, for people who read another language |
//! | help, man page | `cli.rs`, `cli/manual.rs` | the options, and what is said behind them; the protocol's page: `hub/manual.rs` |
//!
//! # The way of one message
//!
//! 1. A client's own thread blocks in `read`; [`wire::Framer`] makes lines and
//!    [`wire::Message`] takes them apart. A message can hold no CR, LF or NUL.
//! 2. What one read brought goes as one item into the hub's inbox, a bounded
//!    channel. A session has at most one item in there: a client that floods waits
//!    for itself. All lines that can't be obeyed yet wait in one queue of their session in
//!    the hub, which says when its thread may read on: those that come too fast, those
//!    behind 256 KiB of replies that are not taken, those behind a password that is checked.
//! 3. One hub thread owns all state: no lock, one order. It takes what
//!    waits, up to a bound, and turns it into one [`hub::Batch`], doing nothing itself.
//! 4. An event is written once for each kind of reader and shared by all of them.
//! 5. Delivery appends it to what each client gets next. Clients are sent to in
//!    order, each all of that in one call that never blocks. What the socket does
//!    not take waits in a bounded queue for the one thread that serves all slow
//!    clients.
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
pub mod store;
mod system_errors;
pub mod text;
pub mod wire;
