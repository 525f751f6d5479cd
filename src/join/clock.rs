//! What the clock on the wall shows.

use super::show::Moment;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where the system says which time it is here.
const LOCAL: &str = "/etc/localtime";
/// After so long it is asked again: a laptop travels.
const KEPT: Duration = Duration::from_mins(5);

static ZONE: Mutex<Option<(Instant, TimeZone)>> = Mutex::new(None);

pub(super) fn now() -> Moment {
    moment(Timestamp::now())
}

/// What it showed at that time.
pub(super) fn moment(at: Timestamp) -> Moment {
    let at = at.to_zoned(zone());
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
pub(super) fn until_midnight() -> Option<Duration> {
    let now = Timestamp::now().to_zoned(zone());
    let midnight = now.tomorrow().ok()?.start_of_day().ok()?;
    now.duration_until(&midnight).try_into().ok()
}

fn zone() -> TimeZone {
    let mut kept = ZONE.lock().unwrap_or_else(PoisonError::into_inner);
    match &*kept {
        Some((since, zone)) if since.elapsed() < KEPT => zone.clone(),
        _ => {
            let zone = local().unwrap_or_else(TimeZone::system);
            *kept = Some((Instant::now(), zone.clone()));
            zone
        }
    }
}

/// The file of the system, which has all that is needed. [`TimeZone::system`] looks for the zone's
/// name as well, and for that lists every zone that there is: as long as all else at the start.
fn local() -> Option<TimeZone> {
    if std::env::var_os("TZ").is_some() {
        return None;
    }
    TimeZone::tzif("Local", &std::fs::read(LOCAL).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ways lead to the same time.
    #[test]
    fn shows_the_systems_time() {
        let system = TimeZone::system();
        for second in (0..48).map(|month| 1_700_000_000 + month * 2_600_000) {
            let at = Timestamp::from_second(second).unwrap();
            assert_eq!(zone().to_offset(at), system.to_offset(at));
        }
    }
}
