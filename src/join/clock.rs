//! What the clock on the wall shows.

use super::show::Moment;

pub(super) fn now() -> Moment {
    moment(jiff::Timestamp::now())
}

/// What it showed at that time.
pub(super) fn moment(at: jiff::Timestamp) -> Moment {
    let at = at.to_zoned(jiff::tz::TimeZone::system());
    Moment {
        year: at.year(),
        month: at.month(),
        day: at.day(),
        weekday: at.weekday().to_monday_one_offset(),
        hour: at.hour(),
        minute: at.minute(),
    }
}

/// How long until the next day begins here; None where no calendar goes on.
pub(super) fn until_midnight() -> Option<std::time::Duration> {
    let now = jiff::Zoned::now();
    let midnight = now.tomorrow().ok()?.start_of_day().ok()?;
    now.duration_until(&midnight).try_into().ok()
}
