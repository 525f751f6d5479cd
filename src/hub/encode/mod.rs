//! Encodes events as bytes, for each kind of reader.

pub(super) mod irc;
pub(super) mod line_mode;

use super::caps::Caps;
use super::config::Config;
use crate::chat::Record;

/// Appends whole lines, as a reader with these capabilities is told of an event.
pub(super) fn event(event: &Record, caps: Caps, config: &Config, out: &mut Vec<u8>) {
    if caps.has(Caps::LINE_MODE) {
        out.extend_from_slice(line_mode::event(event, config).as_bytes());
    } else {
        irc::event(event, caps, out);
    }
}

/// The encoded event in a buffer of its own.
pub(super) fn written(event: &Record, caps: Caps, config: &Config) -> Vec<u8> {
    let mut out = Vec::new();
    self::event(event, caps, config, &mut out);
    out
}
