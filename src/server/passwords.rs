//! Passwords are checked in a thread of their own, since that takes long on
//! purpose; and the longer for an address, the more wrong ones came from it.
//!
//! At most 64 wait. Where they do, the one whose address has guessed wrong most often
//! gives way, and among equals one of the site from which most come: however many guess,
//! the owner of a password is heard.

use crate::hub::{Check, CheckId, CheckResult, network, site};
use argon2::{Argon2, PasswordHash, PasswordVerifier};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Checks that wait in all, and those of one address.
const WAITING: usize = 64;
const WAITING_PER_ADDRESS: usize = 3;

/// After the first wrong password; doubled by each further one.
const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_secs(60);
/// An address from which nobody has guessed for so long starts anew.
const FORGIVEN: Duration = Duration::from_secs(600);
/// Addresses whose wrong guesses are remembered.
const REMEMBERED: usize = 1024;

/// The hub thread's end. That of the thread that checks ends with it.
#[derive(Debug)]
pub(super) struct AuthClient(Arc<CheckQueue>);

/// The end of the thread that checks.
#[derive(Debug)]
pub(super) struct AuthWorker(Arc<CheckQueue>);

/// Shared by both ends; neither holds it for longer than it takes to look at those that wait.
#[derive(Debug)]
struct CheckQueue {
    start: Instant,
    guesses: Mutex<Guesses>,
    changed: Condvar,
}

pub(super) fn open() -> (AuthClient, AuthWorker) {
    let (guesses, changed) = (Mutex::default(), Condvar::new());
    let queue = Arc::new(CheckQueue { start: Instant::now(), guesses, changed });
    (AuthClient(Arc::clone(&queue)), AuthWorker(queue))
}

impl AuthClient {
    /// Hands over a check. Gives one that will not be made because too many wait: this one, or
    /// one that waited. Never waits for a check.
    pub(super) fn submit(&self, check: Check) -> Option<CheckId> {
        let refused = self.0.guesses().take(check);
        self.0.changed.notify_one();
        refused
    }
}

impl Drop for AuthClient {
    fn drop(&mut self) {
        self.0.guesses().is_over = true;
        self.0.changed.notify_one();
    }
}

impl AuthWorker {
    /// The thread's whole life: until the hub's end is gone, or nobody takes
    /// its answers.
    pub(super) fn run(self, answer: impl Fn(CheckId, CheckResult) -> bool) {
        while let Some(check) = self.0.next() {
            let right = is_right(&check);
            self.0.guesses().learn(check.from, right, self.0.start.elapsed());
            let verdict = if right { CheckResult::Right } else { CheckResult::Wrong };
            if !answer(check.id, verdict) {
                return;
            }
        }
    }
}

impl CheckQueue {
    fn guesses(&self) -> MutexGuard<'_, Guesses> {
        self.guesses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next check that may be made; None once the hub's end is gone.
    fn next(&self) -> Option<Check> {
        let mut guesses = self.guesses();
        loop {
            if guesses.is_over {
                return None;
            }
            let now = self.start.elapsed();
            if let Some(check) = guesses.due(now) {
                return Some(check);
            }
            guesses = match guesses.next() {
                None => self.changed.wait(guesses).unwrap_or_else(PoisonError::into_inner),
                Some(at) => {
                    let waited = self.changed.wait_timeout(guesses, at.saturating_sub(now));
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
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
    /// At most [`WAITING`], the oldest first.
    waiting: Vec<Check>,
    /// At most [`REMEMBERED`].
    wrong: HashMap<IpAddr, Wrong>,
    /// Nobody asks any more.
    is_over: bool,
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

/// The less, the sooner a check is made, and the later it gives way: the wrong guesses of its
/// address, and the checks of its site that wait.
type Weight = (u32, usize);

impl Guesses {
    /// Gives the check that will not be made where too many wait.
    fn take(&mut self, check: Check) -> Option<CheckId> {
        let from = network(check.from);
        let here = self.waiting.iter().filter(|other| network(other.from) == from).count();
        if here >= WAITING_PER_ADDRESS {
            return Some(check.id);
        }
        self.waiting.push(check);
        if self.waiting.len() <= WAITING {
            return None;
        }
        // The last of the heaviest.
        let heaviest = (0..self.waiting.len()).max_by_key(|&at| self.weight(&self.waiting[at]))?;
        Some(self.waiting.remove(heaviest).id)
    }

    /// Local people are never too many.
    fn weight(&self, check: &Check) -> Weight {
        let from = check.from;
        let site_of = site(from);
        if check.is_local {
            return (0, 0);
        }
        let wrong = self.wrong.get(&network(from)).map_or(0, |wrong| wrong.count);
        (wrong, self.waiting.iter().filter(|other| site(other.from) == site_of).count())
    }

    /// The lightest of those whose time has come, the first among equals.
    fn due(&mut self, now: Duration) -> Option<Check> {
        let may = |at: &usize| self.until(self.waiting[*at].from) <= now;
        let next = (0..self.waiting.len()).filter(may).min_by_key(|&at| self.weight(&self.waiting[at]))?;
        Some(self.waiting.remove(next))
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
        Check {
            id,
            from: ip(from),
            is_local: ip(from).is_loopback(),
            hash: hash.into(),
            password: Secret::new(password),
        }
    }

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Each wrong guess doubles the delay of its address, and of no other.
    #[test]
    fn wrong_guesses_delay_their_address() {
        let mut guesses = Guesses::default();
        let mut now = s(0);
        for wait in [0, 1, 2, 4, 8, 16, 32, 60, 60] {
            assert_eq!(guesses.take(check("10.0.0.1", 1)), None);
            assert_eq!(guesses.next().map(|at| at.saturating_sub(now)), Some(s(wait)));
            if wait > 0 {
                assert!(guesses.due(now + s(wait) - Duration::from_millis(1)).is_none());
            }
            assert_eq!(guesses.take(check("10.0.0.2", 2)), None);
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
    fn few_wait_of_one_address_and_of_all() {
        let mut guesses = Guesses::default();
        for number in 0..3 {
            assert_eq!(guesses.take(check(&format!("2001:db8::{number}"), number)), None);
        }
        let fourth = check("2001:db8::f", 9);
        assert_eq!(guesses.take(fourth.clone()), Some(fourth.id));
        for number in 0..WAITING as u64 - 3 {
            assert_eq!(guesses.take(check(&format!("10.0.{number}.1"), number)), None);
        }
        let last = check("10.1.1.1", 99);
        assert_eq!(guesses.take(last), Some(CheckId { session: SessionId(1), number: 2 }), "of three");
        assert_eq!(guesses.waiting.len(), WAITING);
    }

    /// After three wrong guesses each they had all places, and the owner was told that too many
    /// passwords are being checked.
    #[test]
    fn first_guess_is_heard_among_many_wrong() {
        let mut guesses = Guesses::default();
        let networks = || (0..22).map(|host| format!("2001:db8:{host:x}::1"));
        for from in networks() {
            (0..3).for_each(|_| guesses.learn(ip(&from), false, s(0)));
        }
        let refused = networks().cycle().take(3 * 22).filter_map(|from| guesses.take(check(&from, 1)));
        assert_eq!(refused.count(), 2);
        assert_eq!(guesses.take(check("2001:db8:ffff::1", 7)).map(|id| id.number), Some(1));
        assert_eq!(guesses.due(s(0)).map(|check| check.id.number), Some(7), "at once");
        // One mistake weighs less than many.
        guesses.learn(ip("2001:db8:ffff::1"), false, s(0));
        assert_eq!(guesses.take(check("10.0.0.1", 8)), None);
        assert_eq!(guesses.take(check("2001:db8:ffff::1", 9)).map(|id| id.number), Some(1));
        assert_eq!(guesses.due(s(1)).map(|check| check.id.number), Some(8));
        assert_eq!(guesses.due(s(1)).map(|check| check.id.number), Some(9));
    }

    /// Each of a site's 65,536 networks has no wrong guess before its first.
    #[test]
    fn one_site_leaves_room_for_checks_of_others() {
        let mut guesses = Guesses::default();
        let refused = (0..100).filter_map(|host| guesses.take(check(&format!("2001:db8:0:{host:x}::1"), 1)));
        assert_eq!(refused.count(), 100 - WAITING);
        for (from, number) in [("10.0.0.1", 2), ("10.0.0.9", 3), ("127.0.0.1", 4), ("::1", 5)] {
            assert_eq!(guesses.take(check(from, number)).map(|id| id.number), Some(1));
        }
        let order: Vec<u64> = std::iter::from_fn(|| guesses.due(s(0))).map(|check| check.id.number).collect();
        assert_eq!(&order[..5], [4, 5, 2, 3, 1]);
        // Those of this machine are heard although others come as fast as they give way.
        let machine = (0..3).map(|number| guesses.take(check("127.0.0.1", number)));
        assert!(machine.collect::<Vec<_>>().iter().all(Option::is_none));
        assert!(
            (0..100).all(|host| guesses
                .take(check(&format!("10.{host}.0.1"), 9))
                .is_none_or(|id| id.number == 9))
        );
    }

    /// It took from the inbox between two checks one by one, and whoever came after many was refused.
    #[test]
    fn checks_are_weighed_when_submitted() {
        let (auth, worker) = open();
        let refused = (0..300).filter_map(|number| auth.submit(check("10.0.0.1", number)));
        assert_eq!(refused.count(), 297);
        assert_eq!(auth.submit(check("10.0.0.2", 999)), None);
        drop(auth);
        worker.run(|_, _| panic!("nobody is there to be answered"));
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
