//! What comes to everybody: news of the room goes to the ledger, the rest is
//! what every client has to answer.

use super::{Drive, Stop};
use crate::bot::expect::refusal::Asked;
use crate::bot::load::conn::Standing;
use crate::bot::register::BETWEEN_TRIES;
use crate::client::protocol::CaseMapping;
use crate::client::protocol::refusal::refuses;
use crate::client::transport::Found;
use crate::wire::{Message, numeric};
use mio::Token;
use std::io;
use std::time::{Duration, Instant};

/// Reads of one connection before the next one's turn.
const READS: usize = 16;

/// Bytes that the server may leave untaken and still be answered.
const MOST_OWED: usize = 1 << 20;

/// Bytes of a listener's name, where those before it were taken: some servers
/// cut a name off without a word, so that a longer one is taken as well.
const LONGEST_NAME: usize = 32;

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
            if conn.standing == Standing::Registering {
                conn.say_now(&format!("NICK {}\r\n", conn.nick));
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
                self.upkeep.hear(&message, &self.home());
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
            self.trouble.get_or_insert(format!("the server ended the connection of {}: {why}", conn.nick));
        }
        conn.close();
        self.progress = Instant::now();
    }

    /// What is no news of the room.
    fn hear(&mut self, at: usize, message: &Message) {
        let listener = at < self.load.crowd;
        if at == 0 {
            self.upkeep.hear(message, &self.home());
        }
        if message.is(numeric::RPL_ISUPPORT)
            && let Some(mapping) = message.params().find_map(|token| token.strip_prefix("CASEMAPPING="))
        {
            self.mapping = CaseMapping::named(mapping);
        }
        let conn = &mut self.conns[at];
        let last = message.last().unwrap_or("");
        match message.command() {
            "PING" if conn.owes(MOST_OWED) => {
                let why = format!("the server asks {} and takes none of the answers", conn.nick);
                self.trouble.get_or_insert(why);
                return;
            }
            "PING" => return conn.say_now(&format!("PONG :{last}\r\n")),
            "PONG" if conn.fence.as_deref() == Some(last) => conn.fence = None,
            "ERROR" => conn.last_word = Some(last.to_owned()),
            numeric::RPL_ISUPPORT if self.first_room.is_none() => {
                let room = message.params().find_map(|token| token.strip_prefix("FIRSTROOM="));
                self.first_room = room.map(str::to_owned);
            }
            numeric::RPL_ENDOFMOTD | numeric::ERR_NOMOTD if conn.standing == Standing::Registering => {
                conn.is_inside();
                if listener {
                    let line = format!("JOIN {}\r\n", self.home());
                    self.conns[at].say(&line);
                    self.ask(at);
                }
            }
            numeric::ERR_NICKNAMEINUSE
                if listener && conn.standing == Standing::Registering && conn.nick.len() < LONGEST_NAME =>
            {
                conn.nick.push('_');
                let line = format!("NICK {}\r\n", conn.nick);
                conn.say_now(&line);
            }
            // Until time is up, which this does not put off.
            numeric::ERR_NICKNAMEINUSE if conn.comes_back && conn.standing == Standing::Registering => {
                if self.again.iter().all(|(_, who)| *who != at) {
                    self.again.push_back((Instant::now() + BETWEEN_TRIES, at));
                }
                return;
            }
            _ if refuses(message) => return self.refused(at, message),
            _ => return,
        }
        self.progress = Instant::now();
    }

    /// Somebody has got an error.
    fn refused(&mut self, at: usize, error: &Message) {
        let (conn, home) = (&self.conns[at], self.home());
        let said = format!("{} {}", error.command(), error.last().unwrap_or(""));
        let listener = at < self.load.crowd;
        if conn.standing == Standing::Registering || (listener && !self.listening) {
            self.trouble.get_or_insert(format!("the server refused {}: {said}", conn.nick));
        } else if listener {
            // The first one sets right what a playing has changed, as far as it is let.
            let own = [format!("MODE {home}"), format!("TOPIC {home}")];
            match at == 0 && Asked::by(&own, self.mapping).is_answered_by(error, self.mapping) {
                true => self.refusal = Some(format!("the server refused {}: {said}", conn.nick)),
                false => self.ledger.strange(at, &format!("the error {said} that nobody asked for"), None),
            }
        } else if let Some(line) = self.refusals.heard(at, error, self.mapping) {
            self.ledger.refused(&conn.nick, &said, line);
        }
    }
}
