//! The conversation, over as many connections as it takes.

use super::app::{App, Outcome};
use super::asks::{Answer, Ask};
use super::connection::Connection;
use super::dial::{DialError, Dialling};
use super::errors;
use super::input::UserIntent;
use super::leaving::Leaving;
use super::model::liveness::{Awake, Quiet, STEP};
use super::model::{Command, Effect, Ending, Form, Item, Model, Names, Speaker};
use super::secret::Secret;
#[cfg(unix)]
use super::show::Look;
use super::show::{Bursts, Replay};
use crate::cli;
use crate::client::transport::{Event, Link};
use crate::text::Phrase;
use crate::text::phrase::SystemFault;
use crossbeam::channel::{after, never, select};
use std::io;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long the server may take to confirm the last lines and the goodbye.
const GOODBYE: Duration = Duration::from_secs(3);
/// The same where a pipe has ended: nobody sits there and waits.
const DELIVERY: Duration = Duration::from_secs(30);
/// How long a signal's goodbye may take.
const HURRY: Duration = Duration::from_millis(300);
/// How long it may take until all that was entered is told; and where nobody can be asked whether it is.
const ALL_ENTERED: Duration = Duration::from_millis(500);
const ENTERED: Duration = Duration::from_millis(50);

/// What one wait brought.
enum Wakeup {
    Network(Event),
    Person(Answer),
    Signal(u8),
    /// Ctrl-C where plain lines are typed.
    Interrupt,
    Dialled(Dialling),
    Clock,
}

/// All that happens once there is a name.
pub(super) struct Conversation<'a> {
    app: &'a mut App,
    connection: Connection,
    model: Model,
    bursts: Bursts,
    #[cfg_attr(not(unix), allow(dead_code, reason = "there is no screen yet"))]
    replay: Replay,
    /// Has been let in: what is typed counts.
    inside: bool,
    /// The room that the prompt names.
    named: Option<String>,
    /// The name that the window's title tells.
    titled: Option<String>,
    /// Others can read what is said.
    is_plain: bool,
    /// The person wants to leave, once what was said has arrived.
    leaving: Option<Leaving>,
    /// That the room was entered again, while it is not sure to last.
    withheld: Option<Item>,
    /// The server has another key, and the person is asked whether to trust it.
    doubted: Option<DialError>,
    /// When the day ends, on the clock of the app; None where days are not shown.
    midnight: Option<Duration>,
    /// The time, as far as this process ran.
    clock: Awake,
}

/// When the day ends, on the clock of the app.
fn midnight(app: &App) -> Option<Duration> {
    let until = super::clock::until_midnight().filter(|_| !app.frontend.is_plain())?;
    Some(app.start.elapsed() + until)
}

impl Conversation<'_> {
    pub(super) fn new(app: &mut App, link: Link, model: Model) -> Conversation<'_> {
        let clock = Awake::new(app.start.elapsed());
        let midnight = midnight(app);
        let is_plain = !link.is_encrypted();
        let connection = Connection::new(link, app.plan.tls, clock.now());
        Conversation {
            app,
            connection,
            model,
            bursts: Bursts::default(),
            replay: Replay::default(),
            inside: false,
            named: None,
            titled: None,
            is_plain,
            leaving: None,
            withheld: None,
            doubted: None,
            midnight,
            clock,
        }
    }

    /// Whether the person was in a room.
    pub(super) fn is_let_in(&self) -> bool {
        self.inside
    }

    pub(super) fn run(&mut self) -> Outcome {
        let mut done = self.act();
        loop {
            if let Some(outcome) = done.or_else(|| self.leaves()) {
                let items = self.bursts.flush();
                self.show(items);
                return outcome;
            }
            let deadline = self.deadline();
            let wakeup = self.next_wakeup(deadline);
            self.clock.wakes(deadline, self.app.start.elapsed());
            done = match wakeup {
                Wakeup::Network(event) => self.network(event),
                Wakeup::Person(Answer::UserIntent { intent, on_screen }) => self.intent(intent, on_screen),
                Wakeup::Person(Answer::Handled(done)) => {
                    drop(done);
                    None
                }
                Wakeup::Person(Answer::Trust(is_trusted)) => self.on_trust(is_trusted),
                Wakeup::Person(Answer::Password(password)) => self.on_password(password),
                Wakeup::Person(Answer::Name(_) | Answer::AllTold) => None,
                Wakeup::Signal(number) => {
                    self.take_entered();
                    self.give_up();
                    self.say_goodbye(HURRY);
                    Some(Outcome::Signal(number))
                }
                Wakeup::Interrupt => match self.app.frontend.interrupt() {
                    true => self.intent(UserIntent::Leave, false),
                    false => None,
                },
                Wakeup::Dialled(Dialling::Silent) => None,
                Wakeup::Dialled(Dialling::Done(Ok(dialled))) => {
                    self.app.learn(&dialled);
                    let is_plain = !dialled.link.is_encrypted();
                    if std::mem::replace(&mut self.is_plain, is_plain) != is_plain {
                        self.titled = None;
                    }
                    self.model.reached_at(self.app.shown_address(!is_plain));
                    self.connection.on_connected(dialled.link, self.app.plan.tls, self.now());
                    self.model.come_back();
                    self.act()
                }
                Wakeup::Dialled(Dialling::Done(Err(error)))
                    if error.is_another() || matches!(error, DialError::PasswordInClear) =>
                {
                    self.on_another(error)
                }
                Wakeup::Dialled(Dialling::Done(Err(_))) => {
                    self.connection.on_lost(self.now());
                    None
                }
                Wakeup::Clock => {
                    self.model.tick(self.now());
                    self.check_connection();
                    self.check_spell();
                    self.check_day();
                    self.act()
                }
            };
        }
    }

    /// The server is another one than before: the person may be asked whether that is right.
    fn on_another(&mut self, error: DialError) -> Option<Outcome> {
        let App { plan, trust, frontend, .. } = &*self.app;
        if let DialError::Changed { peer, address } = &error
            && trust.may_ask(plan, *address)
            && frontend.call(Ask::Trust)
        {
            let text = Phrase::KeyHasChanged { key: &peer.key }.say(plan.lang);
            self.connection.on_doubted();
            self.show_item(Item::Sentence { text });
            self.doubted = Some(error);
            return None;
        }
        let sentence = error.sentence(plan, trust, &frontend.state);
        self.give_up();
        Some(Outcome::Refused(sentence))
    }

    fn on_trust(&mut self, is_trusted: bool) -> Option<Outcome> {
        let error = self.doubted.take()?;
        let App { plan, trust, frontend, .. } = &mut *self.app;
        if let (true, DialError::Changed { peer, .. }) = (is_trusted, &error) {
            trust.trust(peer, &frontend.state);
            self.connection.on_refused(self.clock.now());
            return None;
        }
        let sentence = error.sentence(plan, trust, &frontend.state);
        self.give_up();
        Some(Outcome::Refused(sentence))
    }

    /// The person was asked for the server's password, which it did not want before.
    fn on_password(&mut self, password: Option<Secret>) -> Option<Outcome> {
        let password = password.filter(|password| !password.expose().is_empty());
        if password.is_none() {
            self.give_up();
            return Some(Outcome::Over(Ending::Password { was_given: false }));
        }
        self.app.plan.password.clone_from(&password);
        self.model.give_password(password);
        self.connection.on_refused(self.now());
        None
    }

    /// When the clock wants attention.
    fn deadline(&self) -> Option<Duration> {
        let is_patient = self.leaving.is_some()
            || self.connection.liveness.is_asked()
            || self.model.deadline().is_some()
            || self.model.unconfirmed_since().is_some();
        self.model
            .deadline()
            .into_iter()
            .chain(self.leaving.as_ref().map(|leaving| leaving.until))
            .chain(self.bursts.deadline())
            .chain(self.connection.backoff.deadline())
            .chain(self.midnight.map(|midnight| self.clock.of(midnight)))
            .chain(self.connection.deadline(self.unconfirmed_since()))
            // A machine that sleeps longer would use up the time that the server has.
            .chain(is_patient.then(|| self.now() + STEP))
            .min()
    }

    fn next_wakeup(&self, deadline: Option<Duration>) -> Wakeup {
        let nothing = never();
        // At a terminal, typing goes on while something is being sent.
        let takes = !self.app.frontend.is_plain() || self.model.has_room();
        let answers = match self.inside && self.leaving.is_none() && takes {
            true => &self.app.frontend.answers,
            false => &nothing,
        };
        let clock = deadline.map_or_else(never, |deadline| after(deadline.saturating_sub(self.now())));
        select! {
            recv(self.connection.events()) -> event => Wakeup::Network(event.unwrap_or(Event::Closed(None))),
            recv(self.connection.dialled()) -> link =>
                Wakeup::Dialled(link.unwrap_or_else(|_| Dialling::Done(Err(DialError::Io(io::ErrorKind::NotConnected.into()))))),
            // Where the input thread has ended, the person leaves.
            recv(answers) -> answers =>
                Wakeup::Person(answers.unwrap_or(Answer::UserIntent { intent: UserIntent::Leave, on_screen: false })),
            recv(self.app.signals.endings) -> signal => Wakeup::Signal(signal.unwrap_or_default()),
            recv(self.app.signals.interrupts) -> _ => Wakeup::Interrupt,
            recv(clock) -> _ => Wakeup::Clock,
        }
    }

    /// Where nothing is said at midnight, the day is told all the same.
    fn check_day(&mut self) {
        if self.midnight.is_some_and(|midnight| midnight <= self.app.start.elapsed()) {
            self.app.frontend.show(Item::NewDay);
            self.midnight = midnight(self.app);
        }
    }

    /// Since when the oldest line is unconfirmed, where another connection may follow.
    fn unconfirmed_since(&self) -> Option<Duration> {
        self.model.unconfirmed_since().filter(|_| self.comes_back())
    }

    /// Dials when it is time; asks a server that is quiet, and then gives it up.
    fn check_connection(&mut self) {
        let (unconfirmed, now) = (self.unconfirmed_since(), self.now());
        let App { plan, trust, frontend, .. } = &mut *self.app;
        match self.connection.check(unconfirmed, now, plan, (trust, &frontend.state)) {
            Some(Quiet::Ask) => self.model.probe(),
            Some(Quiet::Dead) => self.give_up_server(),
            None => {}
        }
    }

    /// The server answers nothing, or takes nothing.
    fn give_up_server(&mut self) {
        self.model.lost(Some(Phrase::SystemFault(SystemFault::TimedOut).say(self.app.plan.lang)));
    }

    /// Tells of a return or an outage that was held back until it is sure.
    fn check_spell(&mut self) {
        let now = self.now();
        if self.connection.backoff.is_long(now) {
            self.show_item(Item::Lost { why: None });
        }
        if self.connection.backoff.is_back(now)
            && let Some(mut back) = self.withheld.take()
        {
            if let Item::Back { names, .. } = &mut back {
                *names = self.model.names();
            }
            self.show_item(back);
        }
        self.connection.backoff.is_good(now);
    }

    fn network(&mut self, event: Event) -> Option<Outcome> {
        let now = self.now();
        self.connection.liveness.on_received(now);
        match event {
            Event::Message(message) => {
                self.model.on_message(&message);
                if message.is("CAP")
                    && let Some(port) = self.encrypted_port()
                {
                    return self.encrypt(port);
                }
                self.connection.on_message(&message);
            }
            // A message with damaged characters still tells what somebody did.
            Event::Garbage { message: Some(message), .. } => self.model.on_message(&message),
            Event::Garbage { message: None, line } => self.model.on_garbage(&line),
            Event::Closed(why) => self.model.lost(why.map(|error| errors::words(&error, self.app.plan.lang))),
        }
        self.act()
    }

    /// The port to go over to, where the connection is plain and the server has told that it encrypts.
    fn encrypted_port(&mut self) -> Option<u16> {
        let is_plain = self.connection.link().is_some_and(|link| !link.is_encrypted());
        let plan = &self.app.plan;
        self.model.encrypted_port(plan.port).filter(|_| is_plain && plan.tls != cli::JoinTls::Off)
    }

    /// Goes over to an encrypted connection, before anything is said on this one.
    fn encrypt(&mut self, port: u16) -> Option<Outcome> {
        if !self.inside {
            return Some(Outcome::MustEncrypt { port });
        }
        if let Err(sentence) = self.app.must_encrypt(port) {
            self.give_up();
            return Some(Outcome::Refused(sentence));
        }
        self.connection.on_refused(self.now());
        None
    }

    fn intent(&mut self, intent: UserIntent, on_screen: bool) -> Option<Outcome> {
        match intent {
            // A question is asked before anything comes of it.
            UserIntent::Nothing | UserIntent::AskPassword(_) => {}
            UserIntent::Leave => {
                self.app.signals.asks.store(false, Ordering::SeqCst);
                let patience = if self.app.frontend.is_plain() { DELIVERY } else { GOODBYE };
                let (waits, arrived) = (self.model.has_waiting(), self.model.arrived());
                self.leaving = Some(Leaving::new(self.now(), patience, waits, arrived));
            }
            UserIntent::Say(lines) if !on_screen && !self.app.frontend.is_plain() => {
                self.model.paste(&lines.join("\n"), self.now());
            }
            UserIntent::Say(lines) => {
                lines.first().into_iter().for_each(|line| self.app.frontend.hints.says(line));
                self.model.say(&lines.join("\n"), on_screen, self.now());
            }
            UserIntent::Do(command) => {
                // What is held back of the current room names none.
                if matches!(command, Command::Join(..) | Command::Leave(_) | Command::GoTo(_)) {
                    let held = self.bursts.flush();
                    self.show(held);
                }
                self.model.run(command, self.now());
            }
        }
        self.act()
    }

    /// Does what the model wants done.
    fn act(&mut self) -> Option<Outcome> {
        self.model.pump(self.now());
        if self.model.is_inside() {
            self.connection.backoff.on_join(self.now());
        }
        let items = self.bursts.tick(self.now());
        if !self.show(items) {
            return self.unheard();
        }
        if let Some(Names { here, elsewhere }) = self.model.take_names() {
            self.app.frontend.hints.set_names(here, elsewhere, self.model.name());
            self.app.frontend.hints.text_bytes.store(self.model.text_bytes(), Ordering::Relaxed);
        }
        let room = Some(self.model.room()).filter(|_| self.model.has_several_rooms()).map(str::to_owned);
        if room != self.named && self.app.frontend.printer.room(room.clone()) {
            self.named = room;
        }
        if self.inside && self.model.is_inside() {
            self.name_window();
        }
        let mut takes_all = true;
        for effect in self.effects() {
            match effect {
                Effect::Send(bytes) => takes_all &= self.connection.send(bytes),
                Effect::Show(item @ Item::Back { .. }) if !self.connection.backoff.tells_back() => {
                    self.withheld = Some(item);
                }
                Effect::Show(item) => {
                    match item.inner() {
                        // Another room than the current one tells nothing of the connection.
                        Item::KeptOut { room, .. } if *room == self.model.room() => {
                            self.connection.backoff.is_kept_out();
                        }
                        // All that is told of there being a connection again.
                        Item::PutOut { room } if *room == self.model.room() => {
                            self.connection.backoff.tells_back();
                        }
                        Item::Said { from: Speaker::Other(name), form, at, .. } => {
                            self.app.frontend.hints.spoke(name, matches!(form, Form::Private { .. }), *at);
                        }
                        Item::Said { form: Form::Private { to: Some(to) }, at, .. } => {
                            self.app.frontend.hints.spoke(to, true, *at);
                        }
                        _ => {}
                    }
                    if !self.show_item(item) {
                        return self.unheard();
                    }
                }
                Effect::Ignored { names } => self.app.frontend.state.keep_ignored(&names),
                Effect::Entered => self.enter(),
                Effect::Over(ending) => return self.over(ending),
            }
        }
        if takes_all {
            return None;
        }
        self.give_up_server();
        self.act()
    }

    /// What the model wants done; of what was said before, as much as the screen has room for.
    fn effects(&mut self) -> Vec<Effect> {
        #[cfg_attr(not(unix), expect(unused_mut, reason = "there is no screen yet"))]
        let mut effects = self.model.take();
        #[cfg(unix)]
        if let Some(terminal) = &self.app.frontend.terminal {
            let look = Look { columns: Some(terminal.columns()), ..self.app.look() };
            self.replay.cut(&mut effects, &look, terminal.rows());
        }
        effects
    }

    /// Whether a connection that ends is followed by another: somebody waits for it.
    fn comes_back(&self) -> bool {
        self.inside && self.leaving.is_none() && self.app.frontend.attended
    }

    fn over(&mut self, ending: Ending) -> Option<Outcome> {
        match ending {
            // Another connection may end better.
            Ending::Closed { .. } | Ending::NotIrc { .. } | Ending::Silent if self.comes_back() => {
                let why = match ending {
                    Ending::Closed { why } => why,
                    ending => Some(self.app.look().ending(&ending)),
                };
                // A server that closes again and again is told about once.
                let told = self.connection.backoff.on_lost(self.now());
                self.withheld = None;
                self.connection.on_lost(self.now());
                // After the arrivals and departures that are held back.
                if told && !self.show_item(Item::Lost { why }) {
                    return self.unheard();
                }
                self.model.tell_waiting();
                self.show_rest();
                None
            }
            Ending::Password { was_given } if self.comes_back() && self.app.frontend.call(Ask::Password) => {
                self.connection.on_doubted();
                if was_given {
                    self.show_item(Item::Server { text: "Password incorrect".to_owned() });
                }
                None
            }
            ending => {
                self.give_up();
                Some(Outcome::Over(ending))
            }
        }
    }

    /// What waits to be sent never will be: the person is told.
    fn give_up(&mut self) {
        self.model.give_up();
        self.show_rest();
    }

    /// What was entered at the terminal just before a signal is still said, or told to be unsent.
    fn take_entered(&mut self) {
        if !self.inside || self.leaving.is_some() || self.app.frontend.is_plain() {
            return;
        }
        let patience = if self.app.frontend.call(Ask::AllTold) { ALL_ENTERED } else { ENTERED };
        let (answers, until) = (self.app.frontend.answers.clone(), Instant::now() + patience);
        while let Ok(answer) = answers.recv_deadline(until) {
            let (intent, on_screen) = match answer {
                Answer::UserIntent { intent, on_screen } => (intent, on_screen),
                Answer::AllTold => return,
                _ => continue,
            };
            // The next line is for the room that was gone to.
            if let UserIntent::Say(_)
            | UserIntent::Do(
                Command::Me(_)
                | Command::Msg { .. }
                | Command::Join(..)
                | Command::Leave(_)
                | Command::GoTo(_),
            ) = &intent
            {
                self.intent(intent, on_screen);
            }
        }
    }

    /// Shows what the model tells where nothing else is done any more.
    fn show_rest(&mut self) {
        for effect in self.model.take() {
            if let Effect::Show(item) = effect {
                self.show_item(item);
            }
        }
    }

    /// False where nothing can be shown any more.
    fn show_item(&mut self, item: Item) -> bool {
        let items = self.bursts.push(item, self.now());
        self.show(items)
    }

    fn show(&self, items: Vec<Item>) -> bool {
        items.into_iter().all(|item| self.app.frontend.show(item))
    }

    fn unheard(&mut self) -> Option<Outcome> {
        self.say_goodbye(HURRY);
        Some(Outcome::Unheard)
    }

    /// The window's title tells our name, which a server may change.
    fn name_window(&mut self) {
        let name = self.model.name();
        if self.titled.as_deref() != Some(name) {
            let drawn = crate::text::sanitise::for_drawing(name);
            let is_plain = self.is_plain;
            let title = Phrase::TitleOf { name: &drawn, is_plain }.say(self.app.plan.lang);
            if self.app.frontend.printer.title(title) {
                self.titled = Some(name.to_owned());
            }
        }
    }

    fn enter(&mut self) {
        self.inside = true;
        self.name_window();
        // Of irc:// it is not known whether it encrypts: it was not asked.
        let was_asked = self.app.plan.tls == cli::JoinTls::Auto && !self.app.plan.names_irc;
        if self.is_plain && was_asked {
            self.app.trust.is_plain(&self.app.frontend.state);
        }
        self.app.frontend.ask(Ask::Talk);
        let asks = self.app.frontend.is_plain() && self.app.frontend.attended;
        self.app.signals.asks.store(asks, Ordering::SeqCst);
    }

    /// Leaves, where the person wants to, once all that was said has arrived.
    fn leaves(&mut self) -> Option<Outcome> {
        let now = self.now();
        let leaving = self.leaving.as_mut()?;
        leaving.arrive(self.model.arrived(), now);
        let waits = !self.model.is_settled() && now < leaving.until;
        if waits && self.connection.link().is_some() {
            return None;
        }
        self.give_up();
        if let Some(number) = self.say_goodbye(GOODBYE) {
            return Some(Outcome::Signal(number));
        }
        Some(if self.model.is_delivered() { Outcome::Left } else { Outcome::Undelivered })
    }

    /// QUIT, and then the server's end of the connection, or the signal that
    /// came before it. What is not confirmed by then is told.
    fn say_goodbye(&mut self, patience: Duration) -> Option<u8> {
        self.model.leave();
        for effect in self.model.take() {
            if let Effect::Send(bytes) = effect {
                self.connection.send(bytes);
            }
        }
        let signal = self.await_close(patience);
        self.model.forget_unconfirmed();
        self.show_rest();
        signal
    }

    fn await_close(&mut self, patience: Duration) -> Option<u8> {
        let link = self.connection.link()?;
        link.finish();
        let (events, deadline) = (link.events().clone(), after(patience));
        loop {
            select! {
                recv(events) -> event => match event {
                    Ok(Event::Closed(_)) | Err(_) => return None,
                    // What others said until then is still shown.
                    Ok(Event::Message(message) | Event::Garbage { message: Some(message), .. }) => {
                        self.model.on_message(&message);
                    }
                    Ok(Event::Garbage { message: None, .. }) => {}
                },
                recv(self.app.signals.endings) -> signal => return signal.ok(),
                recv(deadline) -> _ => return None,
            }
            self.show_rest();
        }
    }

    fn now(&self) -> Duration {
        self.clock.now()
    }
}
