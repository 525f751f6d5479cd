//! A person's side of the conversation, as a pure machine.
//!
//! In: the server's messages, what the person wants, the time. Out: lines to
//! send, things to show, and how it ended, taken with [`Model::take`].
//!
//! | file | holds |
//! |---|---|
//! | `session`, with `entry`, `reclaim` | one connection: how far it has come, what was agreed, our name |
//! | `rooms`, of `room`, with `people`, `unread`, `fetch` in `fetches`; `left_rooms` | what is known of each room, and which is the current one; those that are being left |
//! | `outbox`, with `queue`, `outgoing`, `delivery`, `pacing`, `full_disk`, `block`, `repeat`, `unsure` | what we say, until it has arrived or is refused |
//! | `backlog` | what was said, to be found again |
//! | `settings` | what the person has set |
//! | `output` | the effects, and what waits to be shown |
//! | `state` | these together: [`Model`] |
//! | `lookup`, `mask` | questions whose answers take several lines, and whom an entry of a list is meant for |
//! | `talk`, `catch_up` with `gap`, `recall`, `visits`, `moderation`, `answers`, `errors`, `messages`, `commands`, `machine` | what is done with them, each by those before it |

mod answers;
mod backlog;
mod block;
mod catch_up;
mod commands;
mod delivery;
mod effect;
pub mod entry;
mod errors;
mod fetch;
mod fetches;
mod full_disk;
mod gap;
mod ids;
mod item;
mod left_rooms;
pub mod liveness;
mod lookup;
mod machine;
mod mask;
mod mention;
mod messages;
mod moderation;
mod outbox;
mod outgoing;
mod output;
mod pacing;
mod people;
mod queue;
mod recall;
mod reclaim;
mod refusal;
mod repeat;
mod room;
mod rooms;
mod session;
mod settings;
mod state;
mod talk;
mod unread;
mod unsure;
mod visits;

pub use super::slash_command::{Bell, Command};
pub use effect::{Effect, Ending};
pub use item::{Allowed, Form, Item, OwnRoom, Silenced, Speaker, Standing, Why};
pub use mask::{Kind as MaskKind, Meant, is_device, is_of_device, meant};
pub use mention::mentions;
pub use rooms::MAX_ROOMS;
pub use state::{Model, Names};

#[cfg(test)]
mod tests;
