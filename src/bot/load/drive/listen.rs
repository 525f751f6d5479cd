//! What comes to everybody: news of the room goes to the ledger, the rest is
//! what every client has to answer.

use super::{Drive, Stop};
use crate::bot::expect::refusal::Asked;
use crate::bot::register::BETWEEN_TRIES;
use crate::client::protocol::refusal::refuses;
use crate::client::protocol::{Progress, fence};
use crate::client::transport::Found;
use crate::wire::{Message, numeric};
use mio::Token;
use std::io;
use std::time::{Duration, Instant};

/// Reads of one connection before the next one's turn.
const READS: usize = 16;

/// Bytes that the server may leave untaken and still be answered.
const MOST_OWED: usize = 1 << 20;

/// Other names that a listener asks for where its own is taken.
const MOST_NAMES: usize = 8;

impl Drive<'_> {
    /// Sends what waits, takes what has come, for at most this long.
    pub(super) fn pump(&mut self, most: Duration) -> Result<(), Stop> {
        for conn in self.conns.iter_mut().filter(|conn| conn.owes(0)) {
            conn.flush();
        }
        let most = self.ask_again(most);
        match self.poll.poll(&mut self.events, Some(most)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                return Err(Stop::NoServer(format!("can't wait for the server: {error}")));
            }
            _ => {}
        }
        let mut ready = std::mem::take(&mut self.ready);
        ready.extend(self.events.iter().map(|event| event.token().0));
        ready.drain(..).for_each(|at| self.read(at));
        self.ready = ready;
        match self.trouble.clone() {
            Some(why) => Err(Stop::Failed(self.line, why)),
            None => Ok(()),
        }
    }

    /// Asks for names that are due to be asked for; how long until the next is,
    /// at most so long.
    fn ask_again(&mut self, most: Duration) -> Duration {
        while let Some(&(due, at)) = self.again.front() {
            let left = due.saturating_duration_since(Instant::now());
            if !left.is_zero() {
                return most.min(left);
            }
            self.again.pop_front();
            let conn = &mut self.conns[at];
            if conn.is_registering() {
                let line = conn.registration.ask_again();
                conn.say_now(&line);
                conn.flush();
            }
        }
        most
    }

    /// Takes all that has come to one, or as much as others can wait for.
    pub(super) fn read(&mut self, at: usize) {
        let (mut heard, mut changes) = (Vec::new(), Vec::new());
        for _ in 0..READS {
            let (ledger, begun) = (&mut self.ledger, self.begun);
            let listens = self.listening && at < self.load.crowd;
            let deliveries = ledger.tally().deliveries();
            let mut now = None;
            let found = self.conns[at].read(&mut self.buffer, |line| {
                let now = *now.get_or_insert_with(|| begun.elapsed());
                match line {
                    Ok(line) if listens && ledger.arrived(at, line, now) => {
                        // What it has changed is changed back by the first one.
                        changes
                            .extend((at == 0 && line.contains(" MODE ")).then(|| Message::parse(line).ok()));
                    }
                    Ok(line) => heard.extend(Message::parse(line).ok()),
                    Err(unreadable) if listens => {
                        ledger.unreadable(at, unreadable.what, &String::from_utf8_lossy(unreadable.bytes));
                    }
                    Err(_) => {}
                }
            });
            // What nobody sent may come for ever.
            if self.ledger.tally().deliveries() > deliveries {
                self.progress = Instant::now();
            }
            for message in changes.drain(..).flatten() {
                self.keep_up(at, &message);
            }
            for message in heard.drain(..) {
                self.hear(at, &message);
            }
            match found {
                Ok(Found::Some(_)) => {}
                Ok(Found::Nothing) => return,
                Ok(Found::End) => return self.ended(at, "end of stream"),
                Err(error) => return self.ended(at, &error.to_string()),
            }
        }
        if let Err(error) = self.conns[at].read_later(self.poll.registry(), Token(at)) {
            self.ended(at, &error.to_string());
        }
    }

    fn ended(&mut self, at: usize, how: &str) {
        let conn = &mut self.conns[at];
        let expected = conn.leaving;
        let why = conn.last_word.as_deref().unwrap_or(how);
        if !expected {
            self.trouble.get_or_insert(format!("the server ended the connection of {}: {why}", conn.nick()));
        }
        conn.close();
        self.progress = Instant::now();
    }

    /// What is no news of the room.
    fn hear(&mut self, at: usize, message: &Message) {
        let listener = at < self.load.crowd;
        let conn = &mut self.conns[at];
        if message.is("PING") && conn.owes(MOST_OWED) {
            let why = format!("the server asks {} and takes none of the answers", conn.nick());
            self.trouble.get_or_insert(why);
            return;
        }
        let (progress, answer) = conn.registration.receive(message);
        answer.iter().for_each(|line| conn.say_now(line));
        let is_taken = message.is(numeric::ERR_NICKNAMEINUSE);
        match progress {
            Progress::Greeted => {
                conn.enters();
                if listener {
                    let line = format!("JOIN {}\r\n", self.home());
                    self.conns[at].say(&line);
                    self.ask(at);
                }
            }
            Progress::Refused(_) if listener && is_taken => match conn.registration.vary(MOST_NAMES) {
                Some(line) => conn.say_now(&line),
                None => return self.refused(at, message),
            },
            // Until time is up, which this does not put off.
            Progress::Refused(_) if conn.comes_back && is_taken => {
                if self.again.iter().all(|(_, who)| *who != at) {
                    self.again.push_back((Instant::now() + BETWEEN_TRIES, at));
                }
                return;
            }
            Progress::Welcome => {}
            Progress::Refused(_) | Progress::Nothing => {
                if conn.fence.as_deref().is_some_and(|token| fence::answers(message, token)) {
                    conn.fence = None;
                } else if message.is("ERROR") {
                    conn.last_word = message.last().map(str::to_owned);
                } else if refuses(message) {
                    return self.refused(at, message);
                } else {
                    return self.keep_up(at, message);
                }
            }
        }
        self.progress = Instant::now();
    }

    /// The first listener knows the room.
    fn keep_up(&mut self, at: usize, message: &Message) {
        if at == 0 {
            let home = self.home();
            self.upkeep.hear(message, &home, &self.conns[0].registration.features);
        }
    }

    /// Somebody has got an error.
    fn refused(&mut self, at: usize, error: &Message) {
        let (conn, home, mapping) = (&self.conns[at], self.home(), self.mapping());
        let said = format!("{} {}", error.command(), error.last().unwrap_or(""));
        let listener = at < self.load.crowd;
        if conn.is_registering() || (listener && !self.listening) {
            self.trouble.get_or_insert(format!("the server refused {}: {said}", conn.nick()));
        } else if listener {
            // The first one sets right what a playing has changed, as far as it is let.
            let own = [format!("MODE {home}"), format!("TOPIC {home}")];
            match at == 0 && Asked::by(&own, mapping).is_answered_by(error, mapping) {
                true => self.refusal = Some(format!("the server refused {}: {said}", conn.nick())),
                false => self.ledger.strange(at, &format!("the error {said} that nobody asked for"), None),
            }
        } else if let Some(line) = self.refusals.heard(at, error, mapping) {
            self.ledger.refused(conn.nick(), &said, line);
        }
    }
}
