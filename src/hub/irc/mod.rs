//! The commands of IRC: a file for each group of them.

pub(super) mod about;
pub(super) mod caps;
pub(super) mod history;
pub(super) mod list;
pub(super) mod marker;
pub(super) mod modes;
pub(super) mod monitor;
pub(super) mod multiline;
pub(super) mod oper;
pub(super) mod people;
pub(super) mod redact;
pub(super) mod refuse;
pub(super) mod rooms;
pub(super) mod search;
pub(super) mod session;
pub(super) mod talk;
pub(super) mod who;
pub(super) mod whowas;
