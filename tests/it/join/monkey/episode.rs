//! One episode: somebody sits down, a storm, a calm, the end.

use super::judge::{Fault, Ledger, Line, Reasons, arrivals, is_outside, waits};
use super::person::{Person, Sight};
use super::plan::{Action, Calm, Harmless, Plan};
use super::server::{Door, Server};
use portable_pty::ExitStatus;
use rustix::process::Signal;
use std::time::{Duration, Instant};

/// Something that is drawn at once, on a loaded machine.
pub(super) const DRAWN: Duration = Duration::from_secs(10);
/// A key's effect, where it may have none.
pub(super) const MAYBE: Duration = Duration::from_millis(1500);
/// The longest pause before another connection, and the entry.
const RETURN: Duration = Duration::from_secs(45);
const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;
const CTRL_Z: u8 = 26;
const LEAVE: &[u8] = b"/leave";
/// Keys that bring back what was typed before: ↑, ↓, a search, a yank.
const RECALLS: [&[u8]; 4] = [b"\x1b[A", b"\x1b[B", b"\x12", b"\x19"];
/// Lines in a row that could not be typed, after which no more are tried in the storm.
const MISSES: usize = 3;

pub(super) struct Episode {
    pub(super) plan: Plan,
    pub(super) server: Server,
    pub(super) person: Person,
    pub(super) ledger: Ledger,
    pub(super) reasons: Reasons,
    /// What was done, for whoever reads of a fault.
    pub(super) done: Vec<String>,
    /// Marks so far.
    marks: usize,
    misses: usize,
    /// When `/leave` was typed last: what is said in that room is not for the person any more,
    /// although a slow server has not heard of it yet.
    left: Option<Instant>,
    /// A paste was begun and not ended.
    pub(super) pasting: bool,
    /// That has happened at some time.
    pub(super) has_pasted: bool,
}

impl Episode {
    pub(super) fn begin(seed: u64, actions: usize) -> Episode {
        let plan = Plan::draw(seed, actions);
        let server = Server::start(plan.kind, plan.doors.clone());
        let person = Person::sit_down(plan.rows, plan.columns, server.address(), plan.name);
        let done = vec![format!(
            "{}x{}, name {:?}, {:?}, doors {:?}, {} actions, {:?}, {:?}",
            plan.columns,
            plan.rows,
            plan.name,
            plan.kind,
            plan.doors,
            plan.actions.len(),
            plan.calm,
            plan.ending
        )];
        let mut episode = Episode {
            plan,
            server,
            person,
            ledger: Ledger::default(),
            reasons: Reasons::default(),
            done,
            marks: 0,
            misses: 0,
            left: None,
            pasting: false,
            has_pasted: false,
        };
        let doors = episode.plan.doors.clone();
        episode.expect_refusal(&doors);
        episode
    }

    /// # Errors
    /// The first fault.
    pub(super) fn run(&mut self) -> Result<(), Fault> {
        let (status, ending) = match self.live()? {
            Some(status) => {
                self.note("it has ended");
                self.reasons.server |= !self.server.was_entered();
                self.reasons.judge(&status)?;
                (status, None)
            }
            None => (self.leave()?, Some(self.plan.ending)),
        };
        self.note(&format!("{status}"));
        self.judge(ending)
    }

    /// The storm and the calm; the status where it ends meanwhile.
    fn live(&mut self) -> Result<Option<ExitStatus>, Fault> {
        self.person.sees_within(DRAWN, |sight| matches!(sight, Sight::Name | Sight::Message(_)));
        for action in std::mem::take(&mut self.plan.actions) {
            self.act(&action)?;
            if let Some(status) = self.person.ended(Duration::ZERO) {
                return Ok(Some(status));
            }
        }
        if self.plan.calm != Calm::None {
            self.calm()?;
        }
        Ok(self.person.ended(Duration::ZERO))
    }

    pub(super) fn note(&mut self, what: &str) {
        self.done.push(what.to_owned());
    }

    pub(super) fn types(&mut self, keys: impl AsRef<[u8]>) {
        let keys = keys.as_ref();
        self.reasons.keys |= keys.contains(&CTRL_C) || keys.contains(&CTRL_D);
        if keys.windows(LEAVE.len()).any(|part| part == LEAVE) {
            self.left = Some(Instant::now());
        }
        let recalls = |recall: &&[u8]| keys.windows(recall.len()).any(|part| part == *recall);
        if RECALLS.iter().any(recalls) {
            self.ledger.may_repeat();
        }
        self.person.types(keys);
    }

    fn act(&mut self, action: &Action) -> Result<(), Fault> {
        self.note(&match action {
            Action::Keys(keys) => format!("Keys {:?}", String::from_utf8_lossy(keys)),
            Action::Sends(line) => format!("Sends {:?}", String::from_utf8_lossy(line)),
            Action::Disturbed(_) => "Line(0), but before Enter:".to_owned(),
            action => format!("{action:?}"),
        });
        match action {
            Action::Keys(keys) => {
                self.types(keys);
                if keys.contains(&CTRL_Z) {
                    self.wakes(true);
                }
            }
            Action::OpenPaste => {
                (self.pasting, self.has_pasted) = (true, true);
                self.types("\x1b[200~abc");
            }
            Action::Line(letters) => self.says(*letters, None)?,
            Action::Disturbed(between) => self.says(0, Some(between))?,
            Action::Resize(rows, columns) => self.person.tty.resize(*rows, *columns),
            Action::Signal(signal) => self.signal(*signal),
            Action::OthersSay(which) => self.others_say(*which)?,
            Action::Sends(line) => self.server.tell(line),
            Action::Kick(which) => self.server.kick(*which),
            Action::Refuse(numeric) => self.server.refuse(numeric),
            Action::Manner(manner) => self.server.behave(*manner),
            Action::Lose(how, doors, waits) => {
                self.expect_refusal(doors);
                self.server.arrange(doors);
                self.server.lose(*how);
                if *waits {
                    self.server.is_entered_within(2 * MAYBE);
                }
            }
        }
        Ok(())
    }

    /// Something that is no server for people may end it whenever it is met.
    fn expect_refusal(&mut self, doors: &[Door]) {
        self.reasons.server |= doors.iter().any(|door| matches!(door, Door::Banner(_) | Door::Silence));
    }

    fn signal(&self, signal: Harmless) {
        match signal {
            Harmless::Window => self.person.signal(Signal::WINCH),
            Harmless::Suspend => self.person.signal(Signal::TSTP),
            Harmless::Freeze => self.person.signal(Signal::STOP),
            Harmless::Continue => {}
        }
        self.wakes(matches!(signal, Harmless::Suspend | Harmless::Freeze));
    }

    /// `fg`: where it is about to stop itself, not before it has.
    fn wakes(&self, stops: bool) {
        let asked = Instant::now();
        while stops && !self.person.tty.is_stopped() && asked.elapsed() < MAYBE / 10 {
            std::thread::yield_now();
        }
        self.person.signal(Signal::CONT);
    }

    /// What others say in a room is seen without a key, whatever the editor is doing.
    fn others_say(&mut self, which: usize) -> Result<(), Fault> {
        self.marks += 1;
        let mark = format!("o17x{}x", self.marks);
        let from = self.person.tty.written();
        let Some((room, number)) = self.server.tell_room(which, &mark) else {
            return Ok(());
        };
        let told = Instant::now();
        while !self.person.reads_within(MAYBE / 5, from, &mark) {
            let is_there =
                self.server.is_inside(number, &room) && self.person.ended(Duration::ZERO).is_none();
            let has_left = self.left.is_some_and(|left| left.elapsed() < RETURN);
            if !is_there || has_left && told.elapsed() > MAYBE {
                return Ok(());
            }
            if told.elapsed() > DRAWN {
                return Err(Fault::new("message not drawn", format!("{mark} in {room}")));
            }
        }
        Ok(())
    }

    fn mark(&mut self) -> String {
        self.marks += 1;
        format!("m17x{}x", self.marks)
    }

    /// Empties the line and says something; that it can't be typed is no fault in a storm.
    fn says(&mut self, letters: usize, between: Option<&Action>) -> Result<(), Fault> {
        if self.misses >= MISSES {
            return Ok(());
        }
        let Some(mark) = self.types_alone(None, MAYBE) else {
            self.misses += 1;
            if self.misses == MISSES && self.person.sees() == Sight::Name {
                self.misses = 0;
                self.gives_name();
                return Ok(());
            }
            // Whatever is there is said, and not judged.
            self.types("\r");
            return Ok(());
        };
        self.misses = 0;
        self.enters(mark, letters, between)
    }

    /// Empties the input line and types this, or else a mark; what was typed, once it is all that
    /// the line holds. Each attempt has a mark of its own, since the one before may be said.
    pub(super) fn types_alone(&mut self, word: Option<&str>, patience: Duration) -> Option<String> {
        self.ends_paste();
        for clear in [clear(4), clear(4), clear(40)] {
            if self.person.sees() == Sight::Question {
                self.types("n\r");
                self.person.sees_within(patience, |sight| *sight != Sight::Question);
            }
            match self.person.sees() {
                Sight::Name => return None,
                // A search hides the prompt: then only keys show whether somebody reads them.
                Sight::Nothing if patience == MAYBE => return None,
                _ => {}
            }
            let text = word.map_or_else(|| self.mark(), str::to_owned);
            self.types(format!("{clear}{text}"));
            let wanted = Sight::Message(text.clone());
            let settled = |sight: &Sight| *sight == wanted || *sight == Sight::Question;
            if self.person.sees_within(patience, settled) && self.person.sees() == wanted {
                return Some(text);
            }
            if self.has_pasted {
                // Behind the beginning of a sequence the key that ends a paste is a part of that.
                self.types("\x03");
            }
            self.note(&format!("  {text} is not at the prompt, but {:?}", self.person.sees()));
        }
        None
    }

    /// Ctrl-C ends a paste whose end does not come.
    fn ends_paste(&mut self) {
        if std::mem::take(&mut self.pasting) {
            self.types("\x03");
        }
    }

    /// Presses Enter behind this mark and so many letters more: the line must leave the prompt.
    fn enters(&mut self, mark: String, letters: usize, between: Option<&Action>) -> Result<(), Fault> {
        let bells = self.person.tty.bells();
        let room = self.person.room();
        let rest: String = ('a'..='j').cycle().take(letters).collect();
        self.types(&rest);
        if let Some(action) = between {
            self.act(action)?;
        }
        self.types("\r");
        let text = mark.clone() + &rest;
        let tail = &text[text.len() - mark.len()..];
        let taken = self.person.sees_within(DRAWN, |sight| match sight {
            Sight::Message(left) => !left.ends_with(tail) && !left.contains(&mark),
            Sight::Question | Sight::Name | Sight::Nothing => true,
        });
        if self.person.ended(Duration::ZERO).is_some() {
            // Nobody took it any more.
            return Ok(());
        }
        if !taken {
            return Err(self.dead_prompt(&format!("Enter leaves {text} in the line")));
        }
        let rang = self.person.tty.bells() > bells;
        self.ledger.add(Line { mark, text, room, rang });
        Ok(())
    }

    /// The server is well, the window of the usual size: a line gets through, or is told to wait.
    fn calm(&mut self) -> Result<(), Fault> {
        self.note("calm");
        self.server.get_well();
        self.person.signal(Signal::CONT);
        self.person.tty.resize(24, 80);
        self.works_off();
        let Some(mark) = self.comes_to_the_prompt() else {
            return match self.person.ended(MAYBE) {
                Some(_) => Ok(()),
                None => Err(self.dead_prompt("no key has any effect")),
            };
        };
        let room = self.person.room();
        self.enters(mark.clone(), 0, None)?;
        // A server that has left labels unanswered is asked after ten seconds.
        let patience = if self.plan.calm == Calm::Arrival { RETURN } else { 2 * DRAWN };
        let may_wait = self.plan.calm == Calm::Line;
        let started = Instant::now();
        loop {
            let arrived = self.server.within(MAYBE / 10, |said| arrivals(&mark, said).next().is_some());
            let seen = self.person.has_read();
            let line = Line { mark: mark.clone(), text: mark.clone(), room: room.clone(), rang: false };
            let is_kept_out = is_outside(room.as_deref(), &seen);
            if arrived || line.is_told(&seen) || may_wait && (waits(&seen) || is_kept_out) {
                break;
            }
            if self.person.ended(Duration::ZERO).is_some() {
                return Ok(());
            }
            if started.elapsed() > patience {
                return Err(self.dead_prompt(&format!("{mark} is neither sent nor told of")));
            }
        }
        self.others_say(0)
    }

    /// Waits until what was typed in the storm is worked off, which is when nothing more is drawn: a
    /// question that is still to be answered by that must not be answered by what is typed now.
    fn works_off(&self) {
        let started = Instant::now();
        let is_drawing = || {
            let seen = self.person.tty.written();
            self.person.tty.within(MAYBE / 2, |_, raw| raw.len() > seen)
        };
        while started.elapsed() < DRAWN && is_drawing() {}
    }

    fn dead_prompt(&self, what: &str) -> Fault {
        let kind = if self.has_pasted { "dead prompt after an open paste" } else { "dead prompt" };
        Fault::new(kind, format!("{what}, {:?}", self.person.sees()))
    }

    /// Answers whatever is asked until a mark stands at the prompt.
    fn comes_to_the_prompt(&mut self) -> Option<String> {
        const ANSWERS: usize = 5;
        for answer in 0..ANSWERS {
            match self.person.sees() {
                Sight::Name => self.gives_name(),
                Sight::Nothing if answer == 0 => {
                    self.person.sees_within(DRAWN, |sight| *sight != Sight::Nothing);
                }
                Sight::Message(_) | Sight::Question | Sight::Nothing => {
                    let mark = self.types_alone(None, DRAWN / 2);
                    if mark.is_some() {
                        return mark;
                    }
                    // Where a prompt has scrolled away, Enter brings it or another one. It answers a
                    // question, which must not be answered twice: the second would be said.
                    self.types("\r");
                    self.person.sees_within(MAYBE, |sight| *sight != Sight::Question);
                }
            }
            if self.person.ended(Duration::ZERO).is_some() {
                return None;
            }
        }
        None
    }

    /// A name that has not been refused, where one is asked for.
    fn gives_name(&mut self) {
        self.ends_paste();
        self.marks += 1;
        self.types(format!("\x01\x0bhua{}\r", self.marks));
        let is_in = self.person.sees_within(DRAWN, |sight| matches!(sight, Sight::Message(_)));
        if !is_in && self.has_pasted {
            // The first may have been a part of a sequence that was begun in the paste.
            self.types("\x03");
        }
    }

    /// What was said to the room last, and the rows as they are now.
    pub(super) fn picture(&self) -> String {
        const LAST: usize = 5;
        let said = self.server.said();
        let last = &said[said.len().saturating_sub(LAST)..];
        format!("  said last: {last:?}\n{}\n", self.person.tty.rows().join("\n"))
    }
}

/// Keys that take away a line of so many rows, wherever the cursor stands in it.
fn clear(rows: usize) -> String {
    format!("{}{}\x01\x0b", "\x15\x7f".repeat(rows), "\x0b\x1b[3~".repeat(rows))
}
