//! One sitting: from the question for a name to the last goodbye.

use super::face::{Ask, Face, Heard};
use super::input::Wish;
use super::model::{Effect, Ending, Item, Model};
use super::show::{Bursts, Look};
use super::{LEFT, Plan, REFUSED, by_signal, complain, parse_name, signals};
use crate::link::{Event, Link};
use crate::text::{Name, Phrase};
use crossbeam::channel::{Receiver, after, bounded, never, select};
use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(20);
/// How long the server may take to confirm the last lines and the goodbye.
const GOODBYE: Duration = Duration::from_secs(3);
/// The same where a pipe has ended: nobody sits there and waits.
const DELIVERY: Duration = Duration::from_secs(30);
/// How long a signal's goodbye may take.
const HURRY: Duration = Duration::from_millis(300);
/// How long the terminal may take for what was shown last.
const PRINT: Duration = Duration::from_secs(1);

/// How one connection ended.
enum Outcome {
    Left,
    /// Left, but not all that was said has arrived.
    Undelivered,
    Signal(u8),
    Over(Ending),
    /// Nothing can be shown any more.
    Unheard,
}

struct Sitting {
    plan: Plan,
    face: Face,
    signals: Receiver<u8>,
    /// The model's clock counts from here.
    start: Instant,
}

/// # Errors
/// When the terminal, a thread or a signal handler can't be had.
pub(super) fn sit(plan: Plan) -> io::Result<u8> {
    let signals = signals::watch()?;
    let face = Face::open(plan.lang, plan.plain)?;
    let mut sitting = Sitting { plan, face, signals, start: Instant::now() };
    let title = Phrase::Title.say(sitting.plan.lang);
    sitting.face.title(&title);
    Ok(sitting.run())
}

impl Sitting {
    fn run(&mut self) -> u8 {
        loop {
            let name = match self.plan.name.take() {
                Some(name) => name,
                None => match self.ask_name() {
                    Ok(name) => name,
                    Err(code) => return code,
                },
            };
            let link = match self.connect() {
                Ok(link) => link,
                Err(code) => return code,
            };
            let model = Model::new(&name, self.plan.room.clone(), self.plan.address());
            let bursts = Bursts::default();
            let mut talk = Conversation { sitting: self, link, model, bursts, inside: false, leaving: None };
            match talk.run() {
                Outcome::Over(ending @ Ending::NameRefused { .. }) if !self.face.is_plain() => {
                    let text = self.look().ending(&ending);
                    self.face.show(Item::Sentence { text });
                }
                outcome => return self.finish(&outcome),
            }
        }
    }

    /// Asks until it is a name.
    fn ask_name(&mut self) -> Result<Name, u8> {
        loop {
            // A closed channel shows below.
            let _ = self.face.asks.send(Ask::Name);
            let answer = select! {
                recv(self.face.heard) -> heard => heard,
                recv(self.signals) -> signal => return Err(self.stop(signal.unwrap_or_default())),
            };
            let Ok(Heard::Name(Some(answer))) = answer else {
                return Err(self.finish(&Outcome::Left));
            };
            if answer.trim().is_empty() {
                continue;
            }
            match parse_name(&answer, self.plan.lang) {
                Ok(name) => return Ok(name),
                Err(text) if self.face.is_plain() => return Err(self.refuse(&text)),
                Err(text) => self.face.show(Item::Sentence { text }),
            };
        }
    }

    /// Connects beside, so that a signal is heard meanwhile.
    fn connect(&mut self) -> Result<Link, u8> {
        let address = self.plan.address();
        let text = Phrase::Connecting { address: &address }.say(self.plan.lang);
        self.face.show(Item::Sentence { text });
        let (tx, connected) = bounded(1);
        let server = (self.plan.host.clone(), self.plan.port);
        let connect = move || {
            let server = (server.0.as_str(), server.1);
            let _ = tx.send(Link::connect(server, CONNECT));
        };
        if let Err(error) = thread::Builder::new().name("connect".into()).spawn(connect) {
            return Err(self.refuse(&error.to_string()));
        }
        let connected = select! {
            recv(connected) -> connected => connected,
            recv(self.signals) -> signal => return Err(self.stop(signal.unwrap_or_default())),
        };
        let error = match connected {
            Ok(Ok(link)) => return Ok(link),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer".to_owned(),
        };
        let text = Phrase::CannotConnect { address: &address, why: &error }.say(self.plan.lang);
        Err(self.refuse(&text))
    }

    fn look(&self) -> Look {
        Look { lang: self.plan.lang, columns: None }
    }

    fn stop(&mut self, signal: u8) -> u8 {
        self.finish(&Outcome::Signal(signal))
    }

    /// Ends it with a sentence.
    fn refuse(&mut self, sentence: &str) -> u8 {
        self.give_back();
        complain(sentence);
        REFUSED
    }

    fn finish(&mut self, outcome: &Outcome) -> u8 {
        match outcome {
            Outcome::Over(ending) => {
                let sentence = self.look().ending(ending);
                return self.refuse(&sentence);
            }
            Outcome::Left | Outcome::Undelivered if !self.face.is_plain() => self.face.left(),
            _ => {}
        }
        self.give_back();
        match outcome {
            Outcome::Signal(number) => by_signal(*number),
            Outcome::Undelivered | Outcome::Over(_) => REFUSED,
            Outcome::Left | Outcome::Unheard => LEFT,
        }
    }

    /// Prints what is still to be printed and lets go of the terminal.
    fn give_back(&mut self) {
        self.face.printer.flush(PRINT);
        if let Some(terminal) = &mut self.face.terminal {
            terminal.give_back();
        }
    }
}

/// What one wait brought.
enum Turn {
    Network(Event),
    Person(Heard),
    Signal(u8),
    Clock,
}

/// One connection of a sitting.
struct Conversation<'a> {
    sitting: &'a mut Sitting,
    link: Link,
    model: Model,
    bursts: Bursts,
    /// Has been let in: what is typed counts.
    inside: bool,
    /// The person wants to leave; until then undelivered lines have time.
    leaving: Option<Duration>,
}

impl Conversation<'_> {
    fn run(&mut self) -> Outcome {
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
                Turn::Clock => {
                    self.model.tick(self.now());
                    self.act()
                }
            };
        }
    }

    fn wait(&self) -> Turn {
        let nothing = never();
        let heard = match self.inside && self.leaving.is_none() && self.model.has_room() {
            true => &self.sitting.face.heard,
            false => &nothing,
        };
        let clock =
            match self.model.deadline().into_iter().chain(self.leaving).chain(self.bursts.deadline()).min() {
                Some(deadline) => after(deadline.saturating_sub(self.now())),
                None => never(),
            };
        select! {
            recv(self.link.events()) -> event => Turn::Network(event.unwrap_or(Event::Closed(None))),
            // An input thread that is gone has nothing more to say: leave.
            recv(heard) -> heard =>
                Turn::Person(heard.unwrap_or(Heard::Wish { wish: Wish::Leave, on_screen: false })),
            recv(self.sitting.signals) -> signal => Turn::Signal(signal.unwrap_or_default()),
            recv(clock) -> _ => Turn::Clock,
        }
    }

    fn network(&mut self, event: Event) -> Option<Outcome> {
        match event {
            Event::Message(message) => self.model.hear(&message),
            // A line that is no message tells a person nothing.
            Event::Garbage(_) => {}
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
            Wish::Say(lines) => lines.iter().for_each(|line| self.model.say(line, on_screen, self.now())),
            Wish::Do(command) => self.model.command(command, self.now()),
        }
        self.act()
    }

    /// Does what the model wants done.
    fn act(&mut self) -> Option<Outcome> {
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
                Effect::Send(bytes) => drop(self.link.send(bytes)),
                Effect::Show(item) => {
                    let items = self.bursts.push(item, self.now());
                    if !self.show(items) {
                        return self.unheard();
                    }
                }
                Effect::Entered { name } => self.enter(&name),
                Effect::Over(ending) => return Some(Outcome::Over(ending)),
            }
        }
        None
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
        let _ = self.sitting.face.asks.send(Ask::Talk);
    }

    /// Whoever wants to leave does so once all that was said has arrived.
    fn leaves(&mut self) -> Option<Outcome> {
        let deadline = self.leaving?;
        if !self.model.is_settled() && self.now() < deadline {
            return None;
        }
        let delivered = self.model.is_delivered();
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
            if let Effect::Send(bytes) = effect {
                self.link.send(bytes);
            }
        }
        self.link.finish();
        let deadline = after(patience);
        loop {
            select! {
                recv(self.link.events()) -> event => match event {
                    Ok(Event::Closed(_)) | Err(_) => return None,
                    Ok(_) => {}
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
