//! Up to which time the wall clock may be believed where it says that something is old: what is removed
//! does not come back, and a clock that is set wrong, or has not been set yet, is set right later.
//!
//! A time that is far ahead of what was known is doubted until the server has run for a day, in as many
//! runs as it takes, in which the clock has never shown less. Meanwhile the time that was known before
//! goes on with the uptime. So a clock that is set right within that day has made nothing old, and a server
//! that runs a few hours a week keeps nothing for ever.

use super::contract::Clock;
use super::meta::{meta, micros, set_meta};
use rusqlite::{Connection, OptionalExtension};
use std::time::Duration;

/// A difference from the monotonic clock that no correction of a running clock makes.
const JUMP: Duration = Duration::from_secs(3600);

/// The uptime after which a doubted time is believed; and how far ahead a clock may be at a start without
/// being doubted.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What is known is written when it has changed by so much: less may be lost by a crash.
const BETWEEN_SAVES: Duration = Duration::from_secs(6 * 3600);
/// The same of the uptime at a doubted clock.
const BETWEEN_SAVES_IN_DOUBT: Duration = Duration::from_secs(600);

/// What is known of the time; kept on disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct KnownTime {
    /// The wall time that is believed, in µs since the Unix epoch; None where nothing was ever kept.
    pub(super) believed_us: Option<u64>,
    pub(super) doubt: Option<Doubt>,
    /// How long the server has run, in all its runs, since the clock last showed the believed time.
    pub(super) behind: Duration,
}

/// A later time that the clock shows, and that is not believed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doubt {
    /// That time, in µs since the Unix epoch. It goes on as the believed one does.
    pub(super) time_us: u64,
    /// How long the server has run, in all its runs, while the clock has shown no less.
    pub(super) uptime: Duration,
}

impl KnownTime {
    /// What a file has. One that has nothing knows the time of its last record.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<KnownTime> {
        let doubt = match meta(connection, "doubted_us")?.unwrap_or(0) {
            0 => None,
            time_us => {
                let uptime = meta(connection, "doubted_uptime_us")?.unwrap_or(0);
                Some(Doubt { time_us, uptime: Duration::from_micros(uptime) })
            }
        };
        let mut believed_us = meta(connection, "believed_us")?;
        if believed_us.is_none() {
            let sql = "SELECT wall_us FROM record ORDER BY seq DESC LIMIT 1";
            believed_us = connection.query_row(sql, [], |row| row.get(0)).optional()?;
        }
        let behind = Duration::from_micros(meta(connection, "behind_uptime_us")?.unwrap_or(0));
        Ok(KnownTime { believed_us, doubt, behind })
    }

    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let Some(believed_us) = self.believed_us else { return Ok(()) };
        set_meta(connection, "believed_us", believed_us)?;
        set_meta(connection, "doubted_us", self.doubt.map_or(0, |doubt| doubt.time_us))?;
        set_meta(connection, "doubted_uptime_us", self.doubt.map_or(0, |doubt| micros(doubt.uptime)))?;
        set_meta(connection, "behind_uptime_us", micros(self.behind))
    }

    /// Whether a crash may as well leave this in place of the other.
    fn is_like(&self, other: &KnownTime) -> bool {
        let is_like = self.behind.abs_diff(other.behind) < BETWEEN_SAVES_IN_DOUBT;
        let is_like = is_like
            && match (self.doubt, other.doubt) {
                (None, None) => true,
                (Some(one), Some(other)) => one.uptime.abs_diff(other.uptime) < BETWEEN_SAVES_IN_DOUBT,
                _ => false,
            };
        let difference = self.believed_us.zip(other.believed_us).map(|(one, other)| one.abs_diff(other));
        is_like && difference.is_some_and(|difference| difference < micros(BETWEEN_SAVES))
    }
}

#[derive(Debug)]
pub(super) struct TrustedClock {
    known: KnownTime,
    /// What of it is on disk.
    saved: KnownTime,
    /// The uptime at which it was last asked in this run.
    last: Option<Duration>,
    /// The clock has shown a time in this run that is not before what was known. A machine may set its
    /// clock only after the server has started.
    is_set: bool,
}

impl TrustedClock {
    pub(super) fn new(known: KnownTime) -> TrustedClock {
        TrustedClock { known, saved: known, last: None, is_set: false }
    }

    /// The time that counts now, in µs since the Unix epoch: never later than the clock's.
    pub(super) fn time(&mut self, now: Clock) -> u64 {
        let wall_us = now.wall_us;
        let passed = self.last.map_or(Duration::ZERO, |last| now.uptime.saturating_sub(last));
        self.last = Some(now.uptime);
        let later = |time: u64| time.saturating_add(micros(passed));
        let believed = self.known.believed_us.map_or(wall_us, later);
        let shows = |time: u64| wall_us.saturating_add(micros(JUMP)) >= time;
        if !shows(believed) {
            // It is not set yet, or it was set right and what it showed before counts no more.
            let behind = self.known.behind + passed;
            self.known = if self.is_set || behind >= DAY {
                KnownTime { believed_us: Some(wall_us), ..KnownTime::default() }
            } else {
                KnownTime { believed_us: Some(believed), behind, ..self.known }
            };
            return wall_us;
        }
        let tolerance = if std::mem::replace(&mut self.is_set, true) { JUMP } else { DAY };
        let follow = |time: u64| match wall_us <= time.saturating_add(micros(tolerance)) {
            true => time.max(wall_us),
            false => time,
        };
        let (mut believed, mut doubt) = (follow(believed), None);
        if believed < wall_us {
            let known = self.known.doubt.map(|Doubt { time_us, uptime }| (later(time_us), uptime + passed));
            let known = known.filter(|&(time_us, _)| shows(time_us));
            let (time_us, uptime) = known.map_or((wall_us, Duration::ZERO), |(at, up)| (follow(at), up));
            if uptime < DAY {
                doubt = Some(Doubt { time_us, uptime });
            } else {
                believed = time_us;
            }
        }
        self.known = KnownTime { believed_us: Some(believed), doubt, behind: Duration::ZERO };
        believed.min(wall_us)
    }

    /// Where this time of the clock is too early: the time that it is at least.
    pub(super) fn behind(&self, wall_us: u64) -> Option<u64> {
        self.known.believed_us.filter(|&believed| wall_us.saturating_add(micros(JUMP)) < believed)
    }

    /// What is known, where it is to be written.
    pub(super) fn unsaved(&self) -> Option<KnownTime> {
        (!self.known.is_like(&self.saved)).then_some(self.known)
    }

    /// That is written.
    pub(super) fn saved(&mut self, known: KnownTime) {
        self.saved = known;
    }

    /// What is known, to be written at the end.
    pub(super) fn known(&self) -> KnownTime {
        self.known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3600;
    const DAYS: u64 = 24 * HOUR;
    const YEAR: u64 = 365 * DAYS;

    fn at(wall: u64, uptime: u64) -> Clock {
        Clock { wall_us: wall * 1_000_000, uptime: Duration::from_secs(uptime) }
    }

    /// The time that counts, in seconds.
    fn time(clock: &mut TrustedClock, wall: u64, uptime: u64) -> u64 {
        clock.time(at(wall, uptime)) / 1_000_000
    }

    fn known(seconds: u64) -> TrustedClock {
        TrustedClock::new(KnownTime { believed_us: Some(seconds * 1_000_000), ..KnownTime::default() })
    }

    /// A run of so many hours with this clock at its start; gives the time that counts at its end.
    fn run(clock: &mut TrustedClock, wall: u64, hours: u64) -> u64 {
        *clock = TrustedClock::new(clock.known());
        (0..=hours * 60).fold(0, |_, minute| time(clock, wall + minute * 60, minute * 60))
    }

    #[test]
    fn a_jump_is_believed_after_a_day() {
        let mut clock = known(YEAR);
        assert_eq!(time(&mut clock, YEAR + 10, 0), YEAR + 10);
        assert_eq!(time(&mut clock, YEAR + 10 + HOUR, 10), YEAR + 10 + HOUR);
        assert_eq!(time(&mut clock, 2 * YEAR, 20), YEAR + 20 + HOUR);
        assert_eq!(time(&mut clock, 2 * YEAR + DAYS - 1, 19 + DAYS), YEAR + 19 + HOUR + DAYS);
        assert_eq!(time(&mut clock, 2 * YEAR + DAYS, 20 + DAYS), 2 * YEAR + DAYS);
        assert_eq!(time(&mut clock, YEAR, 21 + DAYS), YEAR, "nothing is older than the clock says");
        assert_eq!(time(&mut clock, 2 * YEAR, 22 + DAYS), YEAR + 1, "and ahead it is doubted again");
    }

    #[test]
    fn a_start_is_believed_within_a_day_or_after_one_in_all() {
        assert_eq!(time(&mut TrustedClock::new(KnownTime::default()), YEAR, 0), YEAR, "nothing is kept");
        assert_eq!(time(&mut known(YEAR), YEAR + DAYS, 0), YEAR + DAYS);
        let mut clock = known(YEAR);
        assert_eq!(time(&mut clock, YEAR + DAYS + 1, 0), YEAR);
        assert_eq!(time(&mut clock, YEAR + 2 * DAYS + 1, DAYS), YEAR + 2 * DAYS + 1);
        // In several runs of the same night, with restarts that prove nothing.
        let mut clock = known(YEAR);
        for nth in 0..3 {
            assert!(run(&mut clock, 2 * YEAR + nth * 6 * HOUR, 6) < YEAR + DAYS);
        }
        assert_eq!(run(&mut clock, 2 * YEAR + 18 * HOUR, 6), 2 * YEAR + 24 * HOUR);
    }

    /// Each start was doubted anew, and nothing was ever removed.
    #[test]
    fn a_server_that_runs_some_hours_a_week_removes_what_is_old() {
        let mut clock = known(YEAR);
        for week in 1..60 {
            let known_at_end = run(&mut clock, YEAR + week * 7 * DAYS, 2);
            let behind = YEAR + week * 7 * DAYS + 2 * HOUR - known_at_end;
            assert!(behind <= 25 * 7 * DAYS, "{week}: {} days", behind / DAYS);
        }
    }

    /// After some weeks in which it was off the clock was doubted, and then each day's.
    #[test]
    fn a_server_that_runs_each_day_knows_the_time_after_three() {
        let mut clock = known(YEAR);
        for day in 0..9 {
            let known_at_end = run(&mut clock, 2 * YEAR + day * DAYS, 8);
            assert_eq!(known_at_end == 2 * YEAR + day * DAYS + 8 * HOUR, day >= 2, "on day {day}");
        }
    }

    /// The monotonic clock of a portable stands still while it sleeps: a jump each morning.
    #[test]
    fn a_portable_that_sleeps_each_night_knows_the_time_of_some_days_before() {
        let mut clock = known(YEAR);
        for day in 1..30 {
            let (wall, uptime) = (YEAR + day * DAYS, day * 8 * HOUR);
            let last =
                (0..8 * 60).fold(0, |_, minute| time(&mut clock, wall + minute * 60, uptime + minute * 60));
            assert!((wall - 5 * DAYS..wall + 8 * HOUR).contains(&last), "{day}: {last}");
        }
    }

    /// A clock that is a year ahead, and is set right: while the server runs, or between two runs.
    #[test]
    fn a_clock_that_is_set_right_has_made_nothing_old() {
        let mut clock = known(YEAR);
        for day in 0..60 {
            // Each boot has the same wrong time, until the network tells the right one.
            let (right, wrong) = (YEAR + day * DAYS, 2 * YEAR);
            assert!(run(&mut clock, wrong, 3) <= right + 3 * HOUR, "on day {day}");
            let uptime = clock.last.unwrap().as_secs();
            let last = (0..5 * 60).fold(0, |_, minute| {
                let (right, uptime) = (right + 3 * HOUR + minute * 60, uptime + 1 + minute * 60);
                let last = time(&mut clock, right, uptime);
                assert!(last <= right, "on day {day}");
                last
            });
            assert!(day < 5 || last > right - 5 * DAYS, "on day {day}: {last}");
        }
    }

    /// It was believed on the second day, after one hour on the first; or that had become a day.
    #[test]
    fn a_clock_that_is_wrong_for_two_days_has_made_nothing_old() {
        for hours in [1, 11] {
            let mut clock = known(YEAR);
            for day in 0..2 {
                let last = run(&mut clock, 2 * YEAR + day * DAYS, hours);
                assert!(last <= YEAR + 23 * HOUR, "{hours} hours, on day {day}");
            }
            let right = YEAR + DAYS + 12 * HOUR;
            assert!(run(&mut clock, right, hours) <= right + hours * HOUR);
            assert!(run(&mut clock, 2 * YEAR + 3 * DAYS, 11) <= YEAR + 3 * DAYS, "and wrong once more");
        }
    }

    /// Nobody has ever set it: it goes back at each boot.
    #[test]
    fn a_clock_that_shows_the_same_at_each_boot_is_never_believed() {
        for minutes in [50, 150] {
            let mut clock = known(YEAR);
            for boot in 0..100 {
                clock = TrustedClock::new(clock.known());
                let shown = |minute| (2 * YEAR + minute * 60, minute * 60);
                let last = (0..minutes).map(shown).fold(0, |_, (wall, up)| time(&mut clock, wall, up));
                assert!(last <= YEAR + (boot + 1) * minutes * 60, "{minutes} minutes, boot {boot}");
            }
        }
    }

    /// A day at a right clock that was doubted made each later time believed.
    #[test]
    fn each_jump_waits_for_a_day() {
        let mut clock = known(YEAR);
        let shows = |hour| if hour < 23 { YEAR + 9 * DAYS } else { 9 * YEAR } + hour * HOUR;
        let last = |clock: &mut TrustedClock, hours: std::ops::Range<u64>| {
            hours.fold(0, |_, hour| time(clock, shows(hour), hour * HOUR))
        };
        assert_eq!(last(&mut clock, 0..25), YEAR + 9 * DAYS + 24 * HOUR);
        assert!(last(&mut clock, 25..49) < YEAR + 12 * DAYS);
        assert_eq!(last(&mut clock, 49..50), shows(49));
    }

    /// After a wrong clock was believed and then set right, it would have been believed again at once.
    #[test]
    fn a_clock_that_was_set_right_between_two_runs_is_believed_after_a_day() {
        let mut clock = known(2 * YEAR);
        assert_eq!(run(&mut clock, YEAR, 25), YEAR + 25 * HOUR);
        assert!(run(&mut clock, 2 * YEAR, 2) <= YEAR + 27 * HOUR);
    }

    /// The clock was a year ahead when the folder was made, and is right since: it was believed only after
    /// a day without a stop.
    #[test]
    fn a_clock_that_was_ahead_at_first_is_believed_after_a_day_in_all() {
        let mut clock = known(2 * YEAR);
        for day in 0..11 {
            assert!(run(&mut clock, YEAR + day * DAYS, 2) < YEAR + (day + 1) * DAYS);
            assert_eq!(clock.known().believed_us.unwrap() / 1_000_000, 2 * YEAR + (day + 1) * 2 * HOUR);
        }
        let last = YEAR + 11 * DAYS;
        assert_eq!(run(&mut clock, last, 2), last + 2 * HOUR);
        assert_eq!(clock.known().believed_us.unwrap() / 1_000_000, last + 2 * HOUR);
    }

    /// A machine without a battery starts in 1970.
    #[test]
    fn a_clock_that_is_not_set_yet_says_nothing() {
        let mut clock = known(YEAR);
        for day in 1..5 {
            clock = TrustedClock::new(clock.known());
            assert_eq!(time(&mut clock, 5, 0), 5);
            let right = YEAR + day * DAYS - HOUR * day;
            assert_eq!(time(&mut clock, right, 60), right);
            assert_eq!(time(&mut clock, right + 60, 120), right + 60);
        }
        for week in 1..5 {
            clock = TrustedClock::new(clock.known());
            time(&mut clock, 5, 0);
            let right = 2 * YEAR + week * 7 * DAYS;
            let last = (0..120).fold(0, |_, minute| time(&mut clock, right + minute * 60, 60 + minute * 60));
            assert!(last < right, "{week}: {last}");
        }
    }

    #[test]
    fn a_crash_costs_little() {
        let mut clock = known(YEAR);
        let mut saves = 0;
        for minute in 0..24 * 60 {
            time(&mut clock, 2 * YEAR + minute * 60, minute * 60);
            if let Some(known) = clock.unsaved() {
                saves += 1;
                clock.saved(known);
            }
        }
        assert!((1 + 24 * 6 - 1..1 + 24 * 6 + 4).contains(&saves), "{saves}");
        let (saved, known) = (clock.saved.doubt.unwrap(), clock.known.doubt.unwrap());
        assert!(known.uptime - saved.uptime < BETWEEN_SAVES_IN_DOUBT);
        assert!(known.time_us - saved.time_us < micros(BETWEEN_SAVES_IN_DOUBT));
    }
}
