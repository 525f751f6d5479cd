//! Letting people in: listening addresses, who may connect and how many, what the system allows.

pub(super) mod admission;
pub(super) mod listener;
pub(super) mod system_limits;
