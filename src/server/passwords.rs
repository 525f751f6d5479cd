//! Passwords are checked in a thread of their own, since that takes long on
//! purpose; and the longer for an address, the more wrong ones came from it.

use crate::hub::{Check, CheckId, Verdict, network};
use argon2::{Argon2, PasswordHash, PasswordVerifier};
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Checks that wait in all, and those of one address: so that one who guesses
/// keeps nobody else from being heard.
const WAITING: usize = 64;
const WAITING_PER_ADDRESS: usize = 3;

/// After the first wrong password; doubled by each further one.
const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_secs(60);
/// An address from which nobody has guessed for so long starts anew.
const FORGIVEN: Duration = Duration::from_secs(600);
/// Addresses whose wrong guesses are remembered.
const REMEMBERED: usize = 1024;

/// The hub thread's end.
#[derive(Debug)]
pub(super) struct Door(Sender<Check>);

/// The end of the thread that checks.
#[derive(Debug)]
pub(super) struct Keeper(Receiver<Check>);

pub(super) fn open() -> (Door, Keeper) {
    let (tx, rx) = bounded(WAITING);
    (Door(tx), Keeper(rx))
}

impl Door {
    /// Hands over a check, or gives back whose it was where too many wait.
    /// Never waits.
    pub(super) fn hand(&self, check: Check) -> Result<(), CheckId> {
        self.0.try_send(check).map_err(|error| match error {
            TrySendError::Full(check) | TrySendError::Disconnected(check) => check.id,
        })
    }
}

impl Keeper {
    /// The thread's whole life: until the hub's end is gone, or nobody takes
    /// its answers.
    pub(super) fn run(self, answer: impl Fn(CheckId, Verdict) -> bool) {
        let (mut guesses, start) = (Guesses::default(), Instant::now());
        loop {
            if let Some(check) = guesses.due(start.elapsed()) {
                let right = is_right(&check);
                guesses.learn(check.from, right, start.elapsed());
                let verdict = if right { Verdict::Right } else { Verdict::Wrong };
                if !answer(check.id, verdict) {
                    return;
                }
            }
            let next = match guesses.next() {
                None => self.0.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => self.0.recv_deadline(start + at),
            };
            match next {
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {}
                Ok(check) => {
                    if let Err(id) = guesses.take(check)
                        && !answer(id, Verdict::TooMany)
                    {
                        return;
                    }
                }
            }
        }
    }
}

/// Compares in a time that does not depend on the password.
fn is_right(check: &Check) -> bool {
    PasswordHash::new(&check.hash).is_ok_and(|hash| {
        Argon2::default().verify_password(check.password.expose().as_bytes(), &hash).is_ok()
    })
}

/// What waits, and who has guessed wrong lately. Times since any one moment.
#[derive(Debug, Default)]
struct Guesses {
    /// At most [`WAITING`].
    waiting: VecDeque<Check>,
    /// At most [`REMEMBERED`].
    wrong: HashMap<IpAddr, Wrong>,
}

#[derive(Debug, Clone, Copy)]
struct Wrong {
    count: u32,
    last: Duration,
}

impl Wrong {
    /// When the next password from there may be checked.
    fn until(self) -> Duration {
        let factor = 2u32.saturating_pow(self.count.saturating_sub(1));
        self.last + FIRST_DELAY.saturating_mul(factor).min(LONGEST_DELAY)
    }
}

impl Guesses {
    /// Whose it was where too many wait.
    fn take(&mut self, check: Check) -> Result<(), CheckId> {
        let from = network(check.from);
        let here = self.waiting.iter().filter(|other| network(other.from) == from).count();
        if here >= WAITING_PER_ADDRESS || self.waiting.len() >= WAITING {
            return Err(check.id);
        }
        self.waiting.push_back(check);
        Ok(())
    }

    /// The first one whose time has come.
    fn due(&mut self, now: Duration) -> Option<Check> {
        let at = self.waiting.iter().position(|check| self.until(check.from) <= now)?;
        self.waiting.remove(at)
    }

    /// When the next one's time comes.
    fn next(&self) -> Option<Duration> {
        self.waiting.iter().map(|check| self.until(check.from)).min()
    }

    fn until(&self, from: IpAddr) -> Duration {
        self.wrong.get(&network(from)).map_or(Duration::ZERO, |wrong| wrong.until())
    }

    fn learn(&mut self, from: IpAddr, right: bool, now: Duration) {
        let from = network(from);
        self.wrong.retain(|_, wrong| now < wrong.last + FORGIVEN);
        if right {
            self.wrong.remove(&from);
            return;
        }
        if self.wrong.len() >= REMEMBERED
            && !self.wrong.contains_key(&from)
            && let Some(oldest) = self.wrong.iter().min_by_key(|(_, wrong)| wrong.last).map(|(at, _)| *at)
        {
            self.wrong.remove(&oldest);
        }
        let wrong = self.wrong.entry(from).or_insert(Wrong { count: 0, last: now });
        *wrong = Wrong { count: wrong.count.saturating_add(1), last: now };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::{Secret, SessionId};

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn check(from: &str, number: u64) -> Check {
        with(number, from, "$argon2id$", "guess")
    }

    fn with(number: u64, from: &str, hash: &str, password: &str) -> Check {
        let id = CheckId { session: SessionId(1), number };
        Check { id, from: ip(from), hash: hash.into(), password: Secret::new(password) }
    }

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn each_wrong_guess_doubles_the_wait_of_its_address_and_of_no_other() {
        let mut guesses = Guesses::default();
        let mut now = s(0);
        for wait in [0, 1, 2, 4, 8, 16, 32, 60, 60] {
            guesses.take(check("10.0.0.1", 1)).unwrap();
            assert_eq!(guesses.next().map(|at| at.saturating_sub(now)), Some(s(wait)));
            if wait > 0 {
                assert!(guesses.due(now + s(wait) - Duration::from_millis(1)).is_none());
            }
            guesses.take(check("10.0.0.2", 2)).unwrap();
            assert_eq!(guesses.due(now).unwrap().from, ip(if wait == 0 { "10.0.0.1" } else { "10.0.0.2" }));
            now += s(wait);
            assert!(guesses.due(now).is_some());
            guesses.learn(ip("10.0.0.1"), false, now);
        }
        guesses.learn(ip("10.0.0.1"), true, now);
        assert_eq!(guesses.until(ip("10.0.0.1")), s(0));
    }

    #[test]
    fn an_address_is_forgiven_after_ten_minutes() {
        let mut guesses = Guesses::default();
        (0..9).for_each(|_| guesses.learn(ip("10.0.0.1"), false, s(5)));
        guesses.learn(ip("10.0.0.2"), false, s(606));
        assert_eq!(guesses.until(ip("10.0.0.1")), s(0));
        assert_eq!(guesses.until(ip("10.0.0.2")), s(607));
    }

    #[test]
    fn one_house_guesses_from_one_address_and_never_fills_the_queue() {
        let mut guesses = Guesses::default();
        for number in 0..3 {
            guesses.take(check(&format!("2001:db8::{number}"), number)).unwrap();
        }
        let fourth = check("2001:db8::f", 9);
        assert_eq!(guesses.take(fourth.clone()), Err(fourth.id));
        for number in 0..WAITING as u64 - 3 {
            guesses.take(check(&format!("10.0.0.{number}"), number)).unwrap();
        }
        let last = check("10.0.1.1", 99);
        assert_eq!(guesses.take(last.clone()), Err(last.id));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut guesses = Guesses::default();
        for number in 0..2 * REMEMBERED as u32 {
            guesses.learn(IpAddr::from(number.to_be_bytes()), false, Duration::from_millis(number.into()));
        }
        assert_eq!(guesses.wrong.len(), REMEMBERED);
        assert!(guesses.wrong.contains_key(&IpAddr::from((2 * REMEMBERED as u32 - 1).to_be_bytes())));
    }

    #[test]
    fn a_password_is_right_or_wrong() {
        let hash = "$argon2id$v=19$m=4096,t=3,p=1$c29tZXNhbHQ$JSTtCfuzyWAVVZF1mjNyip+A7CCi5xkKhBoPdXSPbqs";
        for (password, right) in [("secret", true), ("Secret", false), ("", false)] {
            assert_eq!(is_right(&with(1, "::1", hash, password)), right, "{password}");
        }
    }
}
