//! What a client says to be let in, and how it understands the server. Pure: messages
//! in, lines out.

pub mod batches;
mod capabilities;
pub mod casemapping;
pub mod departure;
mod features;
pub mod fence;
mod mode_changes;
pub mod naming;
pub mod refusal;
mod registration;
pub mod said;

pub use capabilities::Capabilities;
pub use casemapping::CaseMapping;
pub use features::ServerFeatures;
pub use mode_changes::{ModeChange, mode_changes};
pub use registration::{Progress, Registration};
