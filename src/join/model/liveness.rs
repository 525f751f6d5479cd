//! Whether a server that is quiet is still there, and how long it has had to answer.

use std::time::Duration;

/// How long a server may be quiet before it is asked whether it is there.
const QUIET: Duration = Duration::from_secs(90);
/// How long it has for the answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Both while a line is unconfirmed and the person waits for it. Reconnecting loses no line.
const UNCONFIRMED: Duration = Duration::from_secs(10);

/// A connection is given up only after a question that was not answered.
#[derive(Debug)]
pub struct Liveness {
    /// When the server was heard last.
    heard: Duration,
    /// When it was asked since then whether it is still there.
    asked: Option<Duration>,
}

/// What is to be done about a quiet server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quiet {
    Ask,
    Dead,
}

impl Liveness {
    pub fn new(now: Duration) -> Liveness {
        Liveness { heard: now, asked: None }
    }

    pub fn on_received(&mut self, now: Duration) {
        *self = Liveness::new(now);
    }

    pub fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// When [`Liveness::check`] has something to do. `unconfirmed`: since when
    /// somebody waits for something to arrive.
    pub fn deadline(&self, unconfirmed: Option<Duration>) -> Duration {
        let (since, quiet) = self.asked.map_or((self.heard, QUIET), |asked| (asked, PATIENCE));
        let said = unconfirmed.map(|said| said.max(since) + UNCONFIRMED);
        said.into_iter().fold(since + quiet, Duration::min)
    }

    pub fn check(&mut self, unconfirmed: Option<Duration>, now: Duration) -> Option<Quiet> {
        if self.deadline(unconfirmed) > now {
            return None;
        }
        Some(if self.asked.replace(now).is_some() { Quiet::Dead } else { Quiet::Ask })
    }
}

/// How much later than planned a wait may end, on a machine with much to do.
const LATER: Duration = Duration::from_secs(1);
/// A thread that measures such a time wakes at least so often.
pub const STEP: Duration = Duration::from_secs(1);

/// A clock that stands still while the process does not run: while it is
/// stopped, or its machine sleeps. Nobody has listened then, so that no
/// patience may end by it.
#[derive(Debug, Default)]
pub struct Awake {
    now: Duration,
    /// What the other clock counted meanwhile.
    slept: Duration,
}

impl Awake {
    /// A clock that begins with this time of the other one.
    pub fn new(elapsed: Duration) -> Awake {
        Awake { now: elapsed, slept: Duration::ZERO }
    }

    /// The time of the last [`Awake::wakes`].
    pub fn now(&self) -> Duration {
        self.now
    }

    /// A time of the other clock on this one.
    pub fn of(&self, elapsed: Duration) -> Duration {
        elapsed.saturating_sub(self.slept)
    }

    /// A wait that was to end by `until` on this clock is over, at this time of the other one.
    pub fn wakes(&mut self, until: Option<Duration>, elapsed: Duration) {
        let now = self.of(elapsed);
        match until.map(|until| until.max(self.now)) {
            Some(until) if now > until + LATER => {
                self.slept += now - until;
                self.now = until;
            }
            _ => self.now = now.max(self.now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A quiet server is asked whether it is there, and has time for the answer.
    #[test]
    fn quiet_server_is_asked() {
        let mut liveness = Liveness::new(at(5));
        assert_eq!(liveness.deadline(None), at(95));
        assert_eq!(liveness.check(None, at(94)), None);
        assert_eq!(liveness.check(None, at(95)), Some(Quiet::Ask));
        assert_eq!(liveness.check(None, at(124)), None);
        liveness.on_received(at(124));
        assert_eq!(liveness.check(None, at(213)), None);
        assert_eq!(liveness.check(None, at(214)), Some(Quiet::Ask));
        assert_eq!(liveness.check(None, at(244)), Some(Quiet::Dead));
    }

    #[test]
    fn an_unconfirmed_line_shortens_the_wait() {
        let said = Some(at(3));
        let mut liveness = Liveness::new(at(5));
        assert_eq!(liveness.check(said, at(15)), Some(Quiet::Ask));
        assert_eq!(liveness.check(said, at(24)), None);
        assert_eq!(liveness.check(said, at(25)), Some(Quiet::Dead));
        // Said after the question.
        let mut liveness = Liveness::new(at(5));
        assert_eq!(liveness.check(None, at(95)), Some(Quiet::Ask));
        assert_eq!(liveness.deadline(Some(at(100))), at(110));
        assert_eq!(liveness.deadline(Some(at(120))), at(125));
    }

    /// A server is asked before it is given up, also after this machine has slept.
    #[test]
    fn asked_after_sleep() {
        let mut liveness = Liveness::new(at(5));
        assert_eq!(liveness.check(None, at(5000)), Some(Quiet::Ask));
        assert_eq!(liveness.check(None, at(5029)), None);
        let mut liveness = Liveness::new(at(5));
        assert_eq!(liveness.check(Some(at(6)), at(5000)), Some(Quiet::Ask));
        assert_eq!(liveness.check(Some(at(6)), at(5009)), None);
    }

    /// No timeout ends while the process does not run.
    #[test]
    fn no_timeout_ends_while_stopped() {
        let mut clock = Awake::new(at(100));
        clock.wakes(Some(at(101)), at(101));
        assert_eq!(clock.now(), at(101));
        // A delay of a second is none of these.
        clock.wakes(Some(at(102)), at(103));
        assert_eq!(clock.now(), at(103));
        // Stopped for 130 s.
        clock.wakes(Some(at(104)), at(234));
        assert_eq!((clock.now(), clock.of(at(235))), (at(104), at(105)));
        clock.wakes(Some(at(105)), at(235));
        assert_eq!(clock.now(), at(105));
        // Stopped outside of a wait, which then began too late.
        clock.wakes(Some(at(50)), at(1000));
        assert_eq!(clock.now(), at(105));
        // Nothing was waited for.
        clock.wakes(None, at(2000));
        assert_eq!(clock.now(), at(1105));
    }
}
