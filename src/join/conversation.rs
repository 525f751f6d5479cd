//! The conversation of a sitting, over as many connections as it takes.

use super::Plan;
use super::backoff::Backoff;
use super::face::{Ask, Heard};
use super::input::Wish;
use super::model::{Effect, Ending, Item, Model};
use super::show::Bursts;
use super::sitting::{Outcome, Sitting};
use crate::link::{Event, Link};
use crate::text::Phrase;
use crossbeam::channel::{Receiver, after, bounded, never, select};
use std::io;
use std::thread;
use std::time::Duration;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(20);
/// How long the server may take to confirm the last lines and the goodbye.
const GOODBYE: Duration = Duration::from_secs(3);
/// The same where a pipe has ended: nobody sits there and waits.
const DELIVERY: Duration = Duration::from_secs(30);
/// How long a signal's goodbye may take.
const HURRY: Duration = Duration::from_millis(300);
/// How long a server may be quiet before it is asked whether it is there.
const QUIET: Duration = Duration::from_secs(90);
/// How long it may be quiet at all.
const DEAD: Duration = Duration::from_secs(120);
/// The same while something that was said is unconfirmed and somebody waits for it:
/// to come back costs nothing that was said.
const UNCONFIRMED: Duration = Duration::from_secs(20);

/// What one wait brought.
enum Turn {
    Network(Event),
    Person(Heard),
    Signal(u8),
    Dialled(io::Result<Link>),
    Clock,
}

/// One connection of a sitting.
pub(super) struct Conversation<'a> {
    sitting: &'a mut Sitting,
    line: Connection,
    model: Model,
    bursts: Bursts,
    /// Has been let in: what is typed counts.
    inside: bool,
    /// The person wants to leave; until then undelivered lines have time.
    leaving: Option<Duration>,
    backoff: Backoff,
    /// When the day ends; None where days are not shown.
    midnight: Option<Duration>,
    /// When the server was heard last.
    heard: Duration,
    /// It was asked since then whether it is still there.
    asked: bool,
}

enum Connection {
    Up(Link),
    Dialling(Receiver<io::Result<Link>>),
    /// Dialled again at this time.
    Down(Duration),
}

/// Connects beside, so that everything else is heard meanwhile.
///
/// # Errors
/// When there is no thread to be had.
pub(super) fn dial(plan: &Plan) -> io::Result<Receiver<io::Result<Link>>> {
    let (tx, connected) = bounded(1);
    let server = (plan.host.clone(), plan.port);
    let connect = move || {
        let server = (server.0.as_str(), server.1);
        let _ = tx.send(Link::connect(server, CONNECT));
    };
    thread::Builder::new().name("connect".into()).spawn(connect)?;
    Ok(connected)
}

/// When the day ends, on the sitting's clock.
fn midnight(sitting: &Sitting) -> Option<Duration> {
    let until = super::clock::until_midnight().filter(|_| !sitting.face.is_plain())?;
    Some(sitting.start.elapsed() + until)
}

impl Conversation<'_> {
    pub(super) fn new(sitting: &mut Sitting, link: Link, model: Model) -> Conversation<'_> {
        let heard = sitting.start.elapsed();
        let midnight = midnight(sitting);
        Conversation {
            sitting,
            line: Connection::Up(link),
            model,
            bursts: Bursts::default(),
            inside: false,
            leaving: None,
            backoff: Backoff::default(),
            midnight,
            heard,
            asked: false,
        }
    }

    pub(super) fn run(&mut self) -> Outcome {
        let mut done = self.act();
        loop {
            if let Some(outcome) = done.or_else(|| self.leaves()) {
                let items = self.bursts.flush();
                self.show(items);
                return outcome;
            }
            done = match self.wait() {
                Turn::Network(event) => self.network(event),
                Turn::Person(Heard::Wish { wish, on_screen }) => self.wish(wish, on_screen),
                Turn::Person(Heard::Name(_)) => None,
                Turn::Signal(number) => {
                    self.say_goodbye(HURRY);
                    Some(Outcome::Signal(number))
                }
                Turn::Dialled(Ok(link)) => {
                    self.line = Connection::Up(link);
                    (self.heard, self.asked) = (self.now(), false);
                    self.model.come_back();
                    self.act()
                }
                Turn::Dialled(Err(_)) => {
                    self.wait_to_dial();
                    None
                }
                Turn::Clock => {
                    self.model.tick(self.now());
                    self.check_line();
                    self.check_day();
                    self.act()
                }
            };
        }
    }

    fn wait(&self) -> Turn {
        let (nothing, no_events, not_dialling) = (never(), never(), never());
        let (events, dialled) = match &self.line {
            Connection::Up(link) => (link.events(), &not_dialling),
            Connection::Dialling(dialled) => (&no_events, dialled),
            Connection::Down(_) => (&no_events, &not_dialling),
        };
        let heard = match self.inside && self.leaving.is_none() && self.model.has_room() {
            true => &self.sitting.face.heard,
            false => &nothing,
        };
        let clock = match self
            .model
            .deadline()
            .into_iter()
            .chain(self.leaving)
            .chain(self.bursts.deadline())
            .chain(self.midnight)
            .chain(self.line_deadline())
            .min()
        {
            Some(deadline) => after(deadline.saturating_sub(self.now())),
            None => never(),
        };
        select! {
            recv(events) -> event => Turn::Network(event.unwrap_or(Event::Closed(None))),
            recv(dialled) -> link =>
                Turn::Dialled(link.unwrap_or_else(|_| Err(io::ErrorKind::NotConnected.into()))),
            // An input thread that is gone has nothing more to say: leave.
            recv(heard) -> heard =>
                Turn::Person(heard.unwrap_or(Heard::Wish { wish: Wish::Leave, on_screen: false })),
            recv(self.sitting.signals) -> signal => Turn::Signal(signal.unwrap_or_default()),
            recv(clock) -> _ => Turn::Clock,
        }
    }

    /// Where nothing is said at midnight, the day is told all the same.
    fn check_day(&mut self) {
        if self.midnight.is_some_and(|midnight| midnight <= self.now()) {
            self.sitting.face.show(Item::NewDay);
            self.midnight = midnight(self.sitting);
        }
    }

    /// When the line itself wants attention.
    fn line_deadline(&self) -> Option<Duration> {
        match &self.line {
            Connection::Up(_) if self.asked => Some(self.dead_at()),
            Connection::Up(_) => Some(self.dead_at().min(self.heard + QUIET)),
            Connection::Dialling(_) => None,
            Connection::Down(until) => Some(*until),
        }
    }

    /// When a server that stays quiet is given up.
    fn dead_at(&self) -> Duration {
        let unconfirmed = self.model.unconfirmed_since().filter(|_| self.comes_back());
        let said = unconfirmed.map(|said| said.max(self.heard) + UNCONFIRMED);
        said.into_iter().fold(self.heard + DEAD, Duration::min)
    }

    /// Dials when it is time; asks a server that is quiet, and then gives it up.
    fn check_line(&mut self) {
        if self.line_deadline().is_none_or(|deadline| deadline > self.now()) {
            return;
        }
        match &self.line {
            Connection::Up(_) if self.dead_at() <= self.now() => {
                self.model.lost(Some("timed out".to_owned()))
            }
            Connection::Up(link) => {
                // Where the connection is over, its end comes as an event.
                link.send(b"PING :roomchat\r\n".to_vec());
                self.asked = true;
            }
            Connection::Dialling(_) => {}
            Connection::Down(_) => match dial(&self.sitting.plan) {
                Ok(dialled) => self.line = Connection::Dialling(dialled),
                Err(_) => self.wait_to_dial(),
            },
        }
    }

    fn wait_to_dial(&mut self) {
        self.line = Connection::Down(self.backoff.next(self.now(), fastrand::f64()));
    }

    fn network(&mut self, event: Event) -> Option<Outcome> {
        (self.heard, self.asked) = (self.now(), false);
        match event {
            Event::Message(message) => self.model.hear(&message),
            // What others do is known also where their words are damaged.
            Event::Garbage { message: Some(message), .. } => self.model.hear(&message),
            // A line that is no message tells a person nothing.
            Event::Garbage { message: None, .. } => {}
            Event::Closed(why) => self.model.lost(why.map(|error| error.to_string())),
        }
        self.act()
    }

    fn wish(&mut self, wish: Wish, on_screen: bool) -> Option<Outcome> {
        match wish {
            Wish::Nothing => {}
            Wish::Leave => {
                let patience = if self.sitting.face.is_plain() { DELIVERY } else { GOODBYE };
                self.leaving = Some(self.now() + patience);
            }
            Wish::Say(lines) => self.model.say(&lines.join("\n"), on_screen, self.now()),
            Wish::Do(command) => self.model.command(command, self.now()),
        }
        self.act()
    }

    /// Does what the model wants done.
    fn act(&mut self) -> Option<Outcome> {
        self.model.pump(self.now());
        if self.model.is_inside() {
            self.backoff.reset();
        }
        let items = self.bursts.tick(self.now());
        if !self.show(items) {
            return self.unheard();
        }
        if let Some(names) = self.model.take_names() {
            self.sitting.face.known.set_names(names);
            self.sitting.face.known.set_text_bytes(self.model.text_bytes());
        }
        for effect in self.model.take() {
            match effect {
                // Where the connection is over, its end comes as an event.
                Effect::Send(bytes) => {
                    if let Connection::Up(link) = &self.line {
                        link.send(bytes);
                    }
                }
                Effect::Show(item) => {
                    let items = self.bursts.push(item, self.now());
                    if !self.show(items) {
                        return self.unheard();
                    }
                }
                Effect::Entered { name } => self.enter(&name),
                Effect::Over(ending) => return self.over(ending),
            }
        }
        None
    }

    /// Whether a connection that ends is followed by another: somebody waits for it.
    fn comes_back(&self) -> bool {
        self.inside && self.leaving.is_none() && self.sitting.face.attended
    }

    fn over(&mut self, ending: Ending) -> Option<Outcome> {
        match ending {
            Ending::Closed { why } if self.comes_back() => {
                // A server that closes again and again is told about once.
                let first = self.backoff.is_first();
                self.wait_to_dial();
                // Behind the comings and goings that are held back.
                let lost = first.then(|| self.bursts.push(Item::Lost { why }, self.now()));
                if !self.show(lost.unwrap_or_default()) {
                    return self.unheard();
                }
                None
            }
            ending => {
                self.give_up();
                Some(Outcome::Over(ending))
            }
        }
    }

    /// What was said and has not arrived never will: the person is told.
    fn give_up(&mut self) {
        self.model.give_up();
        for effect in self.model.take() {
            if let Effect::Show(item) = effect {
                let items = self.bursts.push(item, self.now());
                self.show(items);
            }
        }
    }

    /// False where nothing can be shown any more.
    fn show(&self, items: Vec<Item>) -> bool {
        items.into_iter().all(|item| self.sitting.face.show(item))
    }

    fn unheard(&mut self) -> Option<Outcome> {
        self.say_goodbye(HURRY);
        Some(Outcome::Unheard)
    }

    fn enter(&mut self, name: &str) {
        self.inside = true;
        let name = crate::text::sanitise::for_drawing(name);
        self.sitting.face.title(&Phrase::TitleOf { name: &name }.say(self.sitting.plan.lang));
        self.sitting.face.ask(Ask::Talk);
    }

    /// Whoever wants to leave does so once all that was said has arrived.
    fn leaves(&mut self) -> Option<Outcome> {
        let deadline = self.leaving?;
        let connected = matches!(self.line, Connection::Up(_));
        if connected && !self.model.is_settled() && self.now() < deadline {
            return None;
        }
        let delivered = self.model.is_delivered();
        self.give_up();
        if let Some(number) = self.say_goodbye(GOODBYE) {
            return Some(Outcome::Signal(number));
        }
        Some(if delivered { Outcome::Left } else { Outcome::Undelivered })
    }

    /// QUIT, and then the server's end of the connection, or the signal that
    /// came before it.
    fn say_goodbye(&mut self, patience: Duration) -> Option<u8> {
        self.model.leave();
        for effect in self.model.take() {
            if let (Effect::Send(bytes), Connection::Up(link)) = (effect, &self.line) {
                link.send(bytes);
            }
        }
        let Connection::Up(link) = &mut self.line else {
            return None;
        };
        link.finish();
        let deadline = after(patience);
        loop {
            for effect in self.model.take() {
                if let Effect::Show(item) = effect {
                    self.sitting.face.show(item);
                }
            }
            select! {
                recv(link.events()) -> event => match event {
                    Ok(Event::Closed(_)) | Err(_) => return None,
                    // What others said until then is still shown.
                    Ok(Event::Message(message) | Event::Garbage { message: Some(message), .. }) => {
                        self.model.hear(&message);
                    }
                    Ok(Event::Garbage { message: None, .. }) => {}
                },
                recv(self.sitting.signals) -> signal => return signal.ok(),
                recv(deadline) -> _ => return None,
            }
        }
    }

    fn now(&self) -> Duration {
        self.sitting.start.elapsed()
    }
}
