//! The state of the chat: people, rooms, what each action does and who may do it. It knows no
//! protocol, no connection and no clock.
//!
//! A [`Lobby`] is the state that several servers would share. [`Lobby::apply`] turns an [`Entry`]
//! of the log, which is an [`Action`] with its author, its number and its time, into [`Events`]
//! with their receivers, or into a [`Refusal`]. The same entries always give the same events. What
//! is kept of an event is its [`Record`]. The [`History`] is made of records and is no part of the
//! lobby: it never decides an outcome.

pub mod action;
mod apply;
pub mod client_ids;
mod codec;
pub mod empty_rooms;
pub mod entry;
pub mod event;
mod formers;
pub mod history;
pub mod ids;
pub mod kept;
pub mod lobby;
mod made_rooms;
pub mod marker;
pub mod mask;
pub mod modes;
mod names;
pub mod network;
pub mod pattern;
pub mod people;
pub mod question;
pub mod record;
mod record_size;
pub mod refusal;
pub mod room;
pub mod snapshot;
pub mod whowas;
pub mod work;

pub use action::Action;
pub use entry::{Entry, Log};
pub use event::{Event, Events, Place};
pub use history::History;
pub use ids::{ClientId, MessageId, Nonce, RoomId, RoomKey, Seq, UserId, UserKey};
pub use lobby::Lobby;
pub use marker::Marker;
pub use modes::{Change, Flag, List, Rank, Ranks, UserMode};
pub use pattern::Pattern;
pub use people::User;
pub use record::{EventKind, Record};
pub use refusal::Refusal;
pub use room::Room;
pub use snapshot::SnapshotError;
pub use work::Work;

#[cfg(test)]
mod tests;
