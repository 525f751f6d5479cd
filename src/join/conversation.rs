//! The conversation of a sitting, over as many connections as it takes.

use super::Plan;
use super::backoff::Backoff;
use super::face::{Ask, Heard};
use super::input::Wish;
use super::model::liveness::{Awake, Liveness, Quiet, STEP};
use super::model::{Effect, Ending, Item, Model};
use super::show::{Bursts, Look};
use super::sitting::{Outcome, Sitting};
use crate::link::{Event, Link};
use crate::text::Phrase;
use crossbeam::channel::{Receiver, after, bounded, never, select};
use std::io;
use std::sync::atomic::Ordering;
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

/// What one wait brought.
enum Turn {
    Network(Event),
    Person(Heard),
    Signal(u8),
    /// Ctrl-C where plain lines are typed.
    Interrupt,
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
    /// That the room was entered again, while it is not sure to last.
    withheld: Option<Item>,
    /// When the day ends, on the sitting's clock; None where days are not shown.
    midnight: Option<Duration>,
    /// The time, as far as this process ran.
    clock: Awake,
    liveness: Liveness,
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
        let clock = Awake::new(sitting.start.elapsed());
        let midnight = midnight(sitting);
        Conversation {
            sitting,
            line: Connection::Up(link),
            model,
            bursts: Bursts::default(),
            inside: false,
            leaving: None,
            backoff: Backoff::default(),
            withheld: None,
            midnight,
            liveness: Liveness::new(clock.now()),
            clock,
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
                    self.give_up();
                    self.say_goodbye(HURRY);
                    Some(Outcome::Signal(number))
                }
                Turn::Interrupt => match self.sitting.face.interrupt() {
                    true => self.wish(Wish::Leave, false),
                    false => None,
                },
                Turn::Dialled(Ok(link)) => {
                    self.line = Connection::Up(link);
                    self.liveness.hears(self.now());
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
                    self.check_spell();
                    self.check_day();
                    self.act()
                }
            };
        }
    }

    fn wait(&mut self) -> Turn {
        let deadline = self.deadline();
        let turn = self.next_turn(deadline);
        self.clock.wakes(deadline, self.sitting.start.elapsed());
        turn
    }

    /// When the clock wants attention.
    fn deadline(&self) -> Option<Duration> {
        let is_patient = self.leaving.is_some()
            || self.liveness.is_asked()
            || self.model.deadline().is_some()
            || self.model.unconfirmed_since().is_some();
        self.model
            .deadline()
            .into_iter()
            .chain(self.leaving)
            .chain(self.bursts.deadline())
            .chain(self.backoff.deadline())
            .chain(self.midnight.map(|midnight| self.clock.of(midnight)))
            .chain(self.line_deadline())
            // A longer sleep of the machine would count as patience.
            .chain(is_patient.then(|| self.now() + STEP))
            .min()
    }

    fn next_turn(&self, deadline: Option<Duration>) -> Turn {
        let (nothing, no_events, not_dialling) = (never(), never(), never());
        let (events, dialled) = match &self.line {
            Connection::Up(link) => (link.events(), &not_dialling),
            Connection::Dialling(dialled) => (&no_events, dialled),
            Connection::Down(_) => (&no_events, &not_dialling),
        };
        // Who sits at a screen types on while something is being sent.
        let takes = match self.sitting.face.is_plain() {
            true => self.model.has_room(),
            false => self.model.takes_more(),
        };
        let heard = match self.inside && self.leaving.is_none() && takes {
            true => &self.sitting.face.heard,
            false => &nothing,
        };
        let clock = match deadline {
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
            recv(self.sitting.signals.endings) -> signal => Turn::Signal(signal.unwrap_or_default()),
            recv(self.sitting.signals.interrupts) -> _ => Turn::Interrupt,
            recv(clock) -> _ => Turn::Clock,
        }
    }

    /// Where nothing is said at midnight, the day is told all the same.
    fn check_day(&mut self) {
        if self.midnight.is_some_and(|midnight| midnight <= self.sitting.start.elapsed()) {
            self.sitting.face.show(Item::NewDay);
            self.midnight = midnight(self.sitting);
        }
    }

    /// When the line itself wants attention.
    fn line_deadline(&self) -> Option<Duration> {
        match &self.line {
            Connection::Up(_) => Some(self.liveness.deadline(self.unconfirmed_since())),
            Connection::Dialling(_) => None,
            Connection::Down(until) => Some(*until),
        }
    }

    /// Since when somebody waits for something to arrive who can come back for it.
    fn unconfirmed_since(&self) -> Option<Duration> {
        self.model.unconfirmed_since().filter(|_| self.comes_back())
    }

    /// Dials when it is time; asks a server that is quiet, and then gives it up.
    fn check_line(&mut self) {
        let (unconfirmed, now) = (self.unconfirmed_since(), self.now());
        match &self.line {
            Connection::Up(_) => match self.liveness.check(unconfirmed, now) {
                Some(Quiet::Ask) => self.model.probe(),
                Some(Quiet::Dead) => self.model.lost(Some("timed out".to_owned())),
                None => {}
            },
            Connection::Dialling(_) => {}
            Connection::Down(until) if *until > now => {}
            Connection::Down(_) => match dial(&self.sitting.plan) {
                Ok(dialled) => self.line = Connection::Dialling(dialled),
                Err(_) => self.wait_to_dial(),
            },
        }
    }

    /// Tells what was not told of a connection that comes and goes.
    fn check_spell(&mut self) {
        let now = self.now();
        if self.backoff.is_long(now) {
            let items = self.bursts.push(Item::Lost { why: None }, now);
            self.show(items);
        }
        if self.backoff.is_good(now)
            && let Some(back) = self.withheld.take()
        {
            let items = self.bursts.push(back, now);
            self.show(items);
        }
    }

    fn wait_to_dial(&mut self) {
        self.line = Connection::Down(self.backoff.next(self.now(), fastrand::f64()));
    }

    fn network(&mut self, event: Event) -> Option<Outcome> {
        self.liveness.hears(self.now());
        match event {
            Event::Message(message) => self.model.hear(&message),
            // What others do is known also where their words are damaged.
            Event::Garbage { message: Some(message), .. } => self.model.hear(&message),
            Event::Garbage { message: None, line } => self.model.hear_garbage(&line),
            Event::Closed(why) => self.model.lost(why.map(|error| error.to_string())),
        }
        self.act()
    }

    fn wish(&mut self, wish: Wish, on_screen: bool) -> Option<Outcome> {
        match wish {
            Wish::Nothing => {}
            Wish::Leave => {
                self.sitting.signals.asks.store(false, Ordering::SeqCst);
                let patience = if self.sitting.face.is_plain() { DELIVERY } else { GOODBYE };
                self.leaving = Some(self.now() + patience);
            }
            Wish::Say(lines) if !on_screen && !self.sitting.face.is_plain() => {
                self.model.paste(&lines.join("\n"), self.now());
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
            self.backoff.enters(self.now());
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
                Effect::Show(item) if item.is_return() && !self.backoff.tells_back() => {
                    self.withheld = Some(item);
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
            ending if ending.is_outage() && self.comes_back() => {
                let why = match ending {
                    Ending::Closed { why } => why,
                    ending => Some(Look { lang: self.sitting.plan.lang, columns: None }.ending(&ending)),
                };
                // A server that closes again and again is told about once.
                let told = self.backoff.loses(self.now());
                self.withheld = None;
                self.wait_to_dial();
                // Behind the comings and goings that are held back.
                let lost = told.then(|| self.bursts.push(Item::Lost { why }, self.now()));
                if !self.show(lost.unwrap_or_default()) {
                    return self.unheard();
                }
                self.model.tell_waiting();
                self.show_rest();
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
        self.show_rest();
    }

    /// Shows what the model still has to show.
    fn show_rest(&mut self) {
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
        let asks = self.sitting.face.is_plain() && self.sitting.face.attended;
        self.sitting.signals.asks.store(asks, Ordering::SeqCst);
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
                recv(self.sitting.signals.endings) -> signal => return signal.ok(),
                recv(deadline) -> _ => return None,
            }
        }
    }

    fn now(&self) -> Duration {
        self.clock.now()
    }
}
