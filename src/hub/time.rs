//! The time of one call, and times as the wire spells them (server-time).

use std::time::Duration;

/// The time of one call.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Wall clock: µs since the Unix epoch.
    pub wall_us: u64,
    /// Monotonic: since the server started.
    pub uptime: Duration,
}

/// `2026-01-31T12:34:56.789Z` (server-time), from µs since the Unix epoch.
pub(super) fn written(wall_us: u64) -> String {
    i64::try_from(wall_us)
        .ok()
        .and_then(|wall_us| jiff::Timestamp::from_microsecond(wall_us).ok())
        .map_or_else(|| "1970-01-01T00:00:00.000Z".to_owned(), |time| format!("{time:.3}"))
}

/// The same read, as µs since the Unix epoch, cut to milliseconds.
pub(super) fn parse(text: &str) -> Option<u64> {
    let time: jiff::Timestamp = text.ends_with('Z').then(|| text.parse().ok()).flatten()?;
    let time = u64::try_from(time.as_microsecond()).ok()?;
    Some(time - time % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds() {
        assert_eq!(written(1_700_000_000_123_456), "2023-11-14T22:13:20.123Z");
        assert_eq!(written(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(parse("2023-11-14T22:13:20.123Z"), Some(1_700_000_000_123_000));
        assert_eq!(parse("2023-11-14T22:13:20.123"), None);
    }
}
