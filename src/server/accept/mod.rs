//! Letting people in: listening addresses, who may connect and how many, what the system allows.

pub(super) mod admission;
pub(super) mod container;
pub(super) mod listener;
pub(super) mod local;
pub(super) mod proxied;
pub(super) mod system_limits;
pub(super) mod turned_away;
