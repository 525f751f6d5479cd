//! A person at a terminal: the line editor, and printing above its line.

use super::face::{Ask, Heard};
use super::gate::Gate;
use super::helper::{Helper, Kind};
use super::history::History;
use super::input::{Input, Recall, Wish, recall};
use super::keys::{self, Ended};
use super::known::Known;
use super::model::Item;
use super::paint::Colours;
use super::past::{Past, What};
use super::printer::{Print, Printer};
use super::show::{Look, ask};
use super::terminal::{self, Keys, columns, moment, now, quiet, rows};
use crate::text::{Lang, Phrase};
use crossbeam::channel::{Receiver, Sender};
use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{ColorMode, CompletionType, Config, Editor, ExternalPrinter, KeyEvent};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the header may take; a terminal that takes longer gets it later.
const HEADER: Duration = Duration::from_secs(2);

/// The bell rings at most once in this time.
const BELL_PAUSE: Duration = Duration::from_secs(1);

/// The line editor with what it needs to know; lives in the input thread.
pub(super) struct Screen {
    editor: Editor<Helper, MemHistory>,
    history: History,
    lang: Lang,
    /// Shared with the terminal's keeper.
    editing: Arc<AtomicBool>,
    /// Shared with the helper, which closes it, and the printing thread.
    gate: Arc<Gate>,
    printer: Printer,
}

impl Screen {
    /// The editor, and the thread that prints above its line.
    ///
    /// # Errors
    /// When this is no terminal, or no thread can be had.
    pub(super) fn open(
        lang: Lang,
        colours: Colours,
        editing: Arc<AtomicBool>,
        known: Arc<Known>,
    ) -> io::Result<(Screen, Printer)> {
        let config = Config::builder()
            // Also without colours: the highlighter is what keeps emoji whole.
            .color_mode(ColorMode::Forced)
            // The other one holds messages back while its list is open.
            .completion_type(CompletionType::Circular)
            .max_history_size(2000)
            .map_err(io::Error::other)?
            .build();
        let mut editor = Editor::with_history(config.clone(), MemHistory::with_config(&config))
            .map_err(io::Error::other)?;
        let history = History::in_state_folder(|key| std::env::var(key).ok());
        // One that is higher than the screen can't be edited.
        for line in history.load().iter().filter(|line| keys::fits(line)) {
            // One in memory refuses nothing.
            let _ = editor.add_history_entry(line);
        }
        let gate = Arc::<Gate>::default();
        let past = Arc::<Mutex<Past>>::default();
        let helper = Helper::new(lang, colours, Arc::clone(&gate), Arc::clone(&past), known);
        editor.bind_sequence(KeyEvent::ctrl('C'), keys::interrupt(&helper.keys));
        editor.bind_sequence(rustyline::Event::Any, keys::any(&helper.keys));
        editor.set_helper(Some(helper));
        let mut external = editor.create_external_printer().map_err(io::Error::other)?;
        let inner = Arc::clone(&gate);
        let mut picture = Picture { lang, colours, past, rung: None, held: String::new() };
        let printer = Printer::start(move |print| {
            let text = match print {
                Print::Items(items) => picture.items(items),
                Print::Again => picture.again(),
            };
            if text.is_empty() {
                return Ok(());
            }
            let hand = |text: &str| external.print(text.to_owned()).map_err(io::Error::other);
            inner.print(&text, hand, terminal::write)
        })?;
        Ok((Screen { editor, history, lang, editing, gate, printer: printer.clone() }, printer))
    }

    /// The input thread: answers what is asked until there is nobody to hear.
    pub(super) fn run(mut self, asks: &Receiver<Ask>, heard: &Sender<Heard>) {
        for ask in asks {
            let going_on = match ask {
                Ask::Name => {
                    let name = self.name();
                    self.gate.idle();
                    heard.send(Heard::Name(name)).is_ok()
                }
                Ask::Talk => self.talk(heard),
            };
            if !going_on {
                break;
            }
        }
        // What the editor was handed and did not draw is then written.
        drop(self.editor);
        self.gate.gone();
    }

    fn name(&mut self) -> Option<String> {
        match self.read(Kind::Name, Phrase::AskName, "", "") {
            Read::Line(line) | Read::Pasted(line) => Some(line),
            Read::Interrupt | Read::End => None,
        }
    }

    /// False when the person has left.
    fn talk(&mut self, heard: &Sender<Heard>) -> bool {
        // The header stands above the first prompt.
        self.printer.flush(HEADER);
        quiet(Keys::Wait);
        let mut input = Input::default();
        loop {
            let draft = input.take_draft();
            let read = match input.question() {
                Some(question) => self.read(Kind::Answer, ask(question), "", ""),
                None => self.read(Kind::Message, Phrase::Prompt, &draft.left, &draft.right),
            };
            let mut on_screen = false;
            let wish = match read {
                Read::Line(line) | Read::Pasted(line) if input.question().is_some() => {
                    let wish = input.line(&line);
                    if let Wish::Say(pasted) = &wish {
                        pasted.iter().for_each(|line| self.remember(line));
                    }
                    wish
                }
                Read::Line(line) => {
                    self.remember(&line);
                    on_screen = true;
                    input.line(&line)
                }
                Read::Pasted(text) => input.pasted(self.draft(), &text),
                Read::Interrupt => input.interrupt(self.draft()),
                Read::End => input.end(),
            };
            let left = wish == Wish::Leave;
            if heard.send(Heard::Wish { wish, on_screen }).is_err() || left {
                return false;
            }
        }
    }

    fn read(&mut self, kind: Kind, prompt: Phrase<'_>, left: &str, right: &str) -> Read {
        if let Some(helper) = self.editor.helper_mut() {
            helper.kind = kind;
        }
        let prompt = prompt.say(self.lang);
        // Until the helper draws the line, when the editor takes over printing.
        self.gate.busy();
        self.editing.store(true, Ordering::SeqCst);
        let line = self.editor.readline_with_initial(prompt.as_str(), (left, right));
        self.editing.store(false, Ordering::SeqCst);
        // Done by the helper already, unless a signal ended the line.
        self.gate.busy();
        let ended = self.editor.helper().and_then(|helper| helper.keys.take_ended());
        match (line, ended) {
            (Ok(_), Some(Ended::Interrupt)) => Read::Interrupt,
            (Ok(_), Some(Ended::Pasted(text))) => Read::Pasted(text),
            (Ok(line), None) => Read::Line(line),
            (Err(ReadlineError::Interrupted), _) => Read::Interrupt,
            (Err(_), _) => Read::End,
        }
    }

    fn draft(&self) -> super::input::Draft {
        self.editor.helper().map(Helper::take_draft).unwrap_or_default()
    }

    /// Keeps a line for ↑.
    fn remember(&mut self, line: &str) {
        let recall = recall(line);
        if recall == Recall::Never || !keys::fits(line) {
            return;
        }
        // One in memory refuses nothing.
        let is_another = self.editor.add_history_entry(line).unwrap_or(false);
        if is_another && recall == Recall::Always {
            // A full disk is no reason to stop talking.
            let _ = self.history.add(line);
        }
    }
}

/// What the printing thread draws, as text with its escape codes.
struct Picture {
    lang: Lang,
    colours: Colours,
    /// Shared with the helper, which adds what was typed.
    past: Arc<Mutex<Past>>,
    /// When the bell was rung last.
    rung: Option<Instant>,
    /// The bell or a clear screen, until there is a row to go with it.
    held: String,
}

impl Picture {
    fn items(&mut self, items: &[Item]) -> String {
        const BELL: &str = "\x07";
        const CLEAR: &str = "\x1b[H\x1b[J";
        let look = Look { lang: self.lang, columns: Some(columns()) };
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = std::mem::take(&mut self.held);
        let mut withdrawn = false;
        for item in items {
            match item {
                Item::Bell if self.rung.is_none_or(|rung| rung.elapsed() >= BELL_PAUSE) => {
                    self.rung = Some(Instant::now());
                    text.push_str(BELL);
                }
                Item::Clear => text.push_str(CLEAR),
                Item::Redacted { id, own, .. } => withdrawn |= past.withdraw(id, own.as_deref()),
                _ => {}
            }
            let at = match item {
                Item::Said { at: Some(at), .. } => moment(*at),
                _ => now(),
            };
            text += &self.colours.rows(&past.add(What::Item(item.clone()), &look, at));
        }
        drop(past);
        if withdrawn {
            text += &self.again();
        }
        if text.ends_with('\n') {
            return text;
        }
        // The editor would add a row of its own to a text without one.
        self.held = text;
        String::new()
    }

    /// Row by row over what stands there: clearing it would put a copy of it
    /// into the scrollback of some terminals.
    fn again(&self) -> String {
        const HOME: &str = "\x1b[H";
        const END_OF_ROW: &str = "\x1b[K\n";
        const CLEAR_REST: &str = "\x1b[J";
        // The last row is the prompt's.
        let count = rows().saturating_sub(1);
        let look = Look { lang: self.lang, columns: Some(columns()) };
        let past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let last = self.colours.rows(&past.last(count, &look)).replace('\n', END_OF_ROW);
        match last.strip_suffix('\n') {
            // The editor expects a line end, and adds one where it misses it.
            Some(last) => format!("{HOME}{last}{CLEAR_REST}\n"),
            None => String::new(),
        }
    }
}

enum Read {
    Line(String),
    /// More was pasted than the screen has room for; not the line around it.
    Pasted(String),
    Interrupt,
    /// Ctrl-D on an empty line, or the terminal is gone.
    End,
}
