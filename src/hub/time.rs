//! The time of one call, and times as they are written on the wire (server-time).

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

/// Parses such a time: µs since the Unix epoch, cut to milliseconds. Times before the epoch are 0,
/// and those after the last one that can be written are that one.
pub(super) fn parse(text: &str) -> Option<u64> {
    let time = match text.ends_with('Z').then(|| text.parse::<jiff::Timestamp>())? {
        Ok(time) => time,
        Err(_) => {
            // The last hours of the year 9999 are a valid date, but later than the last timestamp.
            let date: jiff::civil::DateTime = text.strip_suffix('Z')?.parse().ok()?;
            (date.date() >= jiff::civil::date(9999, 12, 30)).then_some(jiff::Timestamp::MAX)?
        }
    };
    let time = u64::try_from(time.as_microsecond()).unwrap_or(0);
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

    #[test]
    fn a_time_that_cannot_be_is_the_nearest_one() {
        assert_eq!(parse("0001-01-01T00:00:00.000Z"), Some(0));
        assert_eq!(parse("1969-12-31T23:59:59.999Z"), Some(0));
        let last = parse("9999-12-31T23:59:59.999Z").unwrap();
        assert!(last > parse("9999-12-30T00:00:00.000Z").unwrap());
        for text in ["0001-02-30T00:00:00.000Z", "9999-13-01T00:00:00.000Z", "2026-01-01Z", "Z"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
