//! Up to which time the wall clock may be believed where it says that something is old: what is removed
//! does not come back, and a clock that is set wrong, or has not been set yet, is set right later.
//!
//! A time that is far ahead of what was known is doubted until the clock has stood by it: for a day of
//! uptime, in as many runs of the server as it takes, or until a later run finds it on another day.
//! Meanwhile the time that was known before goes on with the uptime, so a server that runs a few hours a
//! week keeps nothing for ever.

use super::contract::Clock;
use super::meta::{meta, micros, set_meta};
use rusqlite::{Connection, OptionalExtension};
use std::time::Duration;

/// A difference from the monotonic clock that no correction of a running clock makes.
const JUMP: Duration = Duration::from_secs(3600);

/// The uptime after which a doubted clock is believed; and how far ahead it may be at a start without
/// being doubted.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A start, or a jump ahead, that comes so much later by the doubted clock agrees with it: on the next day,
/// perhaps at an earlier hour. Less would be agreed to by whoever starts a machine again because its clock
/// is wrong.
const NEXT_DAY: Duration = Duration::from_secs(20 * 3600);

/// And the server must have run for so long at that clock before, in which somebody may have set it right.
const SEEN: Duration = Duration::from_secs(3600);

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
}

/// A later time that the clock shows, and that is not believed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doubt {
    /// What it showed first, in µs since the Unix epoch.
    pub(super) since_us: u64,
    /// How long the server has run at that clock, in all its runs.
    pub(super) uptime: Duration,
}

impl KnownTime {
    /// What a file has. One that has nothing knows the time of its last record.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<KnownTime> {
        let doubt = match meta(connection, "doubted_us")?.unwrap_or(0) {
            0 => None,
            since_us => {
                let uptime = meta(connection, "doubted_uptime_us")?.unwrap_or(0);
                Some(Doubt { since_us, uptime: Duration::from_micros(uptime) })
            }
        };
        let mut believed_us = meta(connection, "believed_us")?;
        if believed_us.is_none() {
            let sql = "SELECT wall_us FROM record ORDER BY seq DESC LIMIT 1";
            believed_us = connection.query_row(sql, [], |row| row.get(0)).optional()?;
        }
        Ok(KnownTime { believed_us, doubt })
    }

    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let Some(believed_us) = self.believed_us else { return Ok(()) };
        set_meta(connection, "believed_us", believed_us)?;
        set_meta(connection, "doubted_us", self.doubt.map_or(0, |doubt| doubt.since_us))?;
        set_meta(connection, "doubted_uptime_us", self.doubt.map_or(0, |doubt| micros(doubt.uptime)))
    }

    /// Whether a crash may as well leave this in place of the other.
    fn is_like(&self, other: &KnownTime) -> bool {
        let is_like = match (self.doubt, other.doubt) {
            (None, None) => true,
            (Some(one), Some(other)) => {
                let difference = one.uptime.abs_diff(other.uptime);
                one.since_us == other.since_us && difference < BETWEEN_SAVES_IN_DOUBT
            }
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
    /// When it was last asked in this run.
    last: Option<Clock>,
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
        let last = self.last.replace(now);
        let passed = last.map_or(Duration::ZERO, |last| now.uptime.saturating_sub(last.uptime));
        let expected = last.map(|last| last.wall_us.saturating_add(micros(passed)));
        let believed = self.known.believed_us.map_or(now.wall_us, |time| time.saturating_add(micros(passed)));
        self.known.believed_us = Some(believed);
        if let Some(doubt) = &mut self.known.doubt
            && now.wall_us >= doubt.since_us
        {
            doubt.uptime += passed;
        }
        if expected.is_some_and(|expected| now.wall_us.saturating_add(micros(JUMP)) < expected) {
            // It was set right, or is wrong now. What it showed before counts no more.
            self.known = KnownTime { believed_us: Some(believed.min(now.wall_us)), doubt: None };
        } else if expected.is_none_or(|expected| now.wall_us > expected.saturating_add(micros(JUMP))) {
            self.came_ahead(now.wall_us, believed);
        } else {
            match self.known.doubt {
                Some(doubt) if doubt.uptime < DAY => {}
                _ => self.believe(believed.max(now.wall_us)),
            }
        }
        self.known.believed_us.map_or(now.wall_us, |time| time.min(now.wall_us))
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

    fn believe(&mut self, time_us: u64) {
        self.known = KnownTime { believed_us: Some(time_us), doubt: None };
    }

    /// At a start, or a jump ahead: nobody has seen the clock come to this time.
    fn came_ahead(&mut self, wall_us: u64, mut believed: u64) {
        if wall_us.saturating_add(micros(JUMP)) < believed {
            return;
        }
        let tolerance = if std::mem::replace(&mut self.is_set, true) { JUMP } else { DAY };
        if let Some(Doubt { since_us, uptime }) = self.known.doubt
            && uptime >= SEEN
            && wall_us >= since_us.saturating_add(micros(NEXT_DAY))
        {
            believed = believed.max(since_us.saturating_add(micros(uptime)));
            self.believe(believed);
        }
        if wall_us <= believed.saturating_add(micros(tolerance)) {
            self.believe(wall_us.max(believed));
        } else if self.known.doubt.is_none_or(|doubt| wall_us < doubt.since_us) {
            self.known.doubt = Some(Doubt { since_us: wall_us, uptime: Duration::ZERO });
        }
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
        TrustedClock::new(KnownTime { believed_us: Some(seconds * 1_000_000), doubt: None })
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
    fn a_server_that_runs_some_hours_a_week_knows_the_time_of_its_last_run() {
        let mut clock = known(YEAR);
        for week in 1..10 {
            let known_at_end = run(&mut clock, YEAR + week * 7 * DAYS, 2);
            let before = YEAR + (week - 1) * 7 * DAYS;
            assert!((before..before + 5 * HOUR).contains(&known_at_end), "{week}: {known_at_end}");
        }
    }

    /// The monotonic clock of a portable stands still while it sleeps: a jump each morning.
    #[test]
    fn a_portable_that_sleeps_each_night_knows_the_time_of_the_day_before() {
        let mut clock = known(YEAR);
        for day in 1..10 {
            let (wall, uptime) = (YEAR + day * DAYS, day * 8 * HOUR);
            let last =
                (0..8 * 60).fold(0, |_, minute| time(&mut clock, wall + minute * 60, uptime + minute * 60));
            assert!((wall - DAYS..wall + 8 * HOUR).contains(&last), "{day}: {last}");
        }
    }

    /// A clock that is a year ahead, and is set right: while the server runs, or between two runs.
    #[test]
    fn a_clock_that_is_set_right_has_made_nothing_old() {
        let mut clock = known(YEAR);
        for day in 0..9 {
            // Each boot has the wrong time, until the network tells the right one.
            let right = YEAR + day * DAYS;
            assert!(run(&mut clock, right + YEAR, 2) < right + 5 * HOUR, "on day {day}");
            let uptime = clock.last.unwrap().uptime.as_secs();
            assert!(time(&mut clock, right + 2 * HOUR, uptime + 1) <= right + 2 * HOUR);
        }
        let mut clock = known(YEAR);
        run(&mut clock, 2 * YEAR, 2);
        assert_eq!(run(&mut clock, YEAR + 3 * HOUR, 1), YEAR + 4 * HOUR);
        assert!(run(&mut clock, 2 * YEAR + 7 * DAYS, 2) < YEAR + 7 * HOUR);
        // Nor is it believed where somebody only starts the machine again.
        assert!(run(&mut clock, 2 * YEAR + 7 * DAYS + 3 * HOUR, 2) < YEAR + 9 * HOUR);
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
            assert!(last < right && (week == 1 || last >= right - 7 * DAYS), "{week}: {last}");
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
        assert!(saved.since_us == known.since_us && known.uptime - saved.uptime < BETWEEN_SAVES_IN_DOUBT);
    }
}
