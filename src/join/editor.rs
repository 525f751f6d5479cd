//! The line editor: keys become lines. Runs in the input thread.
//!
//! It keeps the line, the history and what its keys do; what is seen of it is drawn by
//! [`super::canvas`], as often as the editor tells that something has changed.

use super::asks::{Answer, Ask};
use super::bindings::{Any, Bindings, Interrupt, Read};
use super::canvas::Canvas;
use super::completion::complete;
use super::editor_hints::EditorHints;
use super::history::History;
use super::input::{Draft, Input, Recall, Trace, UserIntent, answer, recall, trace};
use super::keys::{KEY_REST, is_call};
use super::model::{Command, Item};
use super::printer::Printer;
use super::prompt::Line;
use super::secret::Secret;
use super::show::Style;
use super::signals;
use super::terminal::{self, Terminal};
use crate::text::{Lang, Phrase};
use crossbeam::channel::{Receiver, Sender, bounded};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::Validator;
use rustyline::{ColorMode, CompletionType, Config, EventHandler, KeyEvent};
use std::borrow::Cow;
use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long the header may take; a terminal that takes longer gets it later.
const HEADER: Duration = Duration::from_secs(2);
/// How long another room may take to be named.
const SWITCH: Duration = Duration::from_secs(5);

/// The line editor with what it needs to know.
pub(super) struct Editor {
    editor: rustyline::Editor<Helper, MemHistory>,
    /// Shared with the printing thread.
    history: Arc<History>,
    lang: Lang,
    canvas: Canvas,
    terminal: Arc<Terminal>,
    printer: Printer,
}

impl Editor {
    /// # Errors
    /// When standard input is no terminal.
    pub(super) fn open(
        lang: Lang,
        canvas: Canvas,
        terminal: Arc<Terminal>,
        hints: Arc<EditorHints>,
        history: Arc<History>,
        printer: Printer,
    ) -> io::Result<Editor> {
        let config = Config::builder()
            // No colour is drawn, but only with colours the editor calls the helper at each change.
            .color_mode(ColorMode::Forced)
            .completion_type(CompletionType::Circular)
            .keyseq_timeout(u16::try_from(KEY_REST.as_millis()).ok())
            .bracketed_paste(false)
            .max_history_size(2000)
            .map_err(io::Error::other)?
            .build();
        let lines = MemHistory::with_config(&config);
        let mut editor = rustyline::Editor::with_history(config, lines).map_err(io::Error::other)?;
        let keys = Arc::new(Bindings::new(canvas.clone()));
        let (interrupt, any) = (Box::new(Interrupt(Arc::clone(&keys))), Box::new(Any(Arc::clone(&keys))));
        editor.bind_sequence(KeyEvent::ctrl('C'), EventHandler::Conditional(interrupt));
        editor.bind_sequence(rustyline::Event::Any, EventHandler::Conditional(any));
        let seen = RefCell::default();
        editor.set_helper(Some(Helper { kind: Kind::Name, lang, canvas: canvas.clone(), hints, keys, seen }));
        Ok(Editor { editor, history, lang, canvas, terminal, printer })
    }

    /// The input thread: answers what is asked until nobody receives the answers.
    pub(super) fn run(mut self, asks: &Receiver<Ask>, answers: &Sender<Answer>) {
        for line in self.history.load() {
            // One in memory refuses nothing.
            let _ = self.editor.add_history_entry(&line);
        }
        for ask in asks {
            if let Ask::Talk = ask {
                return self.talk(asks, answers);
            }
            self.terminal.listen(terminal::Keys::Wait);
            let told = self.answer(ask, None);
            self.terminal.listen(terminal::Keys::Interrupt);
            // Where nobody hears it, nothing more is asked.
            drop(answers.send(told));
        }
    }

    /// `draft` is what was being typed when the question came. The rest of that is no answer to it, and
    /// goes there.
    fn answer(&mut self, ask: Ask, mut draft: Option<&mut Draft>) -> Answer {
        match ask {
            Ask::Name => Answer::Name(self.line(Kind::Name, Phrase::AskName)),
            Ask::Trust => loop {
                let Some(line) = self.line(Kind::Answer, Phrase::TrustNewKey) else {
                    return Answer::Trust(false);
                };
                let is_trusted = answer(&line);
                match &mut draft {
                    Some(draft) if is_trusted.is_none() || line.trim().is_empty() => draft.left += &line,
                    _ => return Answer::Trust(is_trusted == Some(true)),
                }
            },
            Ask::Password => {
                Answer::Password(self.line(Kind::Secret, Phrase::AskServerPassword).map(Secret::new))
            }
            Ask::AllTold | Ask::Talk => Answer::AllTold,
        }
    }

    /// One answer; None where the person leaves.
    fn line(&mut self, kind: Kind, question: Phrase<'_>) -> Option<String> {
        let mut draft = Draft::default();
        loop {
            match self.read(kind, question, &draft) {
                Read::Line(line) => return Some(line),
                Read::Pasted(text) => {
                    let Draft { left, right } = self.draft();
                    return Some(format!("{left}{text}{right}"));
                }
                Read::Interrupt | Read::End => return None,
                Read::Again | Read::GoTo(_) | Read::Called => draft = self.draft(),
            }
        }
    }

    /// Until the person has left. What is asked meanwhile comes with a call.
    fn talk(&mut self, asks: &Receiver<Ask>, answers: &Sender<Answer>) {
        // The header stands above the first prompt.
        self.printer.flush(HEADER);
        self.terminal.listen(terminal::Keys::Wait);
        let mut input = Input::default();
        let mut draft = Draft::default();
        loop {
            for ask in asks.try_iter() {
                let told = self.answer(ask, Some(&mut draft));
                if answers.send(told).is_err() {
                    return;
                }
            }
            let read = match input.question() {
                Some(question) if input.is_secret() => self.read(Kind::Secret, question, &draft),
                Some(question) if input.is_about_sending() => self.read(Kind::Send, question, &draft),
                Some(question) => self.read(Kind::Answer, question, &draft),
                None => self.read(Kind::Message, Phrase::Prompt, &draft),
            };
            let mut on_screen = false;
            let intent = match read {
                Read::Line(line) | Read::Pasted(line) if input.question().is_some() => {
                    let intent = input.line(&line);
                    if let UserIntent::Say(pasted) = &intent {
                        self.remember_pasted(pasted);
                    }
                    intent
                }
                Read::Line(line) => {
                    self.remember(&line);
                    on_screen = true;
                    input.line(&line)
                }
                Read::Pasted(text) => input.pasted(self.draft(), &text),
                Read::Interrupt => input.interrupt(self.draft()),
                Read::End => input.interrupt(Draft::default()),
                Read::Again | Read::Called => {
                    draft = self.draft();
                    continue;
                }
                Read::GoTo(number) => {
                    draft = self.draft();
                    let intent = UserIntent::Do(Command::GoTo(number));
                    if answers.send(Answer::UserIntent { intent, on_screen }).is_err() {
                        return;
                    }
                    self.wait_for_room(answers);
                    continue;
                }
            };
            draft = input.take_draft();
            if let Some(pasted) = input.refused.take() {
                // One in memory refuses nothing.
                let _ = self.editor.add_history_entry(pasted);
                let text = Phrase::PasteKept.say(self.lang);
                self.printer.show(Item::Sentence { text });
            }
            let left = intent == UserIntent::Leave;
            if left {
                // Before the main thread gets it: from then on Ctrl-C ends what still waits.
                self.terminal.listen(terminal::Keys::Interrupt);
            }
            let is_visit = matches!(intent, UserIntent::Do(Command::Join(..) | Command::Leave(_)));
            if answers.send(Answer::UserIntent { intent, on_screen }).is_err() || left {
                return;
            }
            if is_visit {
                self.wait_for_room(answers);
            }
        }
    }

    /// Waits until the prompt names the room that was just chosen: what was typed ahead stands below it.
    fn wait_for_room(&self, answers: &Sender<Answer>) {
        let (done, is_done) = bounded(0);
        if answers.send(Answer::Handled(done)).is_ok() {
            // Ends by the other end's being dropped.
            let _ = is_done.recv_timeout(SWITCH);
            self.printer.flush(SWITCH);
        }
    }

    fn read(&mut self, kind: Kind, prompt: Phrase<'_>, draft: &Draft) -> Read {
        if let Some(helper) = self.editor.helper_mut() {
            helper.kind = kind;
            helper.seen.take();
            helper.keys.answering.store(kind != Kind::Message, Ordering::Relaxed);
        }
        let prompt = prompt.say(self.lang);
        let line = self.editor.readline_with_initial(prompt.as_str(), (&draft.left, &draft.right));
        let ended = self.editor.helper().and_then(|helper| helper.keys.take_ended());
        let read = match (line, ended) {
            (Ok(_), Some(other)) => other,
            // A call that came between two keys that belong together is part of the line.
            (Ok(line), None) => Read::Line(line.replace(is_call, "")),
            (Err(ReadlineError::Interrupted), _) => Read::Interrupt,
            (Err(ReadlineError::Eof), _) if self.terminal.is_there() => Read::End,
            // Bytes that are no character in UTF-8.
            (Err(ReadlineError::Io(error)), _) if error.kind() == io::ErrorKind::InvalidData => {
                self.canvas.ring();
                Read::Again
            }
            (Err(_), _) => {
                if !self.terminal.is_given_back() {
                    signals::hang_up();
                }
                // The process ends: there is nothing more to read.
                loop {
                    std::thread::park();
                }
            }
        };
        self.canvas.finish(match (&read, kind) {
            (Read::Line(_), Kind::Name) => Trace::Echo,
            (Read::Line(line), Kind::Message) => trace(line),
            _ => Trace::Nothing,
        });
        read
    }

    /// The line as it was seen last.
    fn draft(&self) -> Draft {
        let seen = self.editor.helper().map(|helper| helper.seen.take()).unwrap_or_default();
        Draft::at(&seen.text, seen.cursor)
    }

    /// Keeps what was pasted for one ↑; a file has lines.
    fn remember_pasted(&mut self, lines: &[String]) {
        match lines {
            [line] => self.remember(line),
            // One in memory refuses nothing.
            lines => drop(self.editor.add_history_entry(lines.join("\n"))),
        }
    }

    /// Keeps a line for ↑.
    fn remember(&mut self, line: &str) {
        let recall = recall(line);
        if recall == Recall::Never {
            return;
        }
        // One in memory refuses nothing.
        let is_another = self.editor.add_history_entry(line).unwrap_or(false);
        if is_another && recall == Recall::Always {
            self.history.add(line);
        }
    }
}

/// What is being typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Name,
    Message,
    Answer,
    /// The same, about what would be said in the current room.
    Send,
    /// Not to be seen.
    Secret,
}

/// Told by the editor of each change.
struct Helper {
    kind: Kind,
    lang: Lang,
    canvas: Canvas,
    hints: Arc<EditorHints>,
    keys: Arc<Bindings>,
    /// The line as it was drawn last.
    seen: RefCell<Line>,
}

impl Helper {
    fn style(&self, default: bool) -> Style {
        match self.kind {
            Kind::Message if default => Style::Own,
            Kind::Answer | Kind::Send | Kind::Secret if default => Style::Question,
            _ => Style::Plain,
        }
    }

    /// What is told beside a long line.
    fn hint(&self, line: &str) -> String {
        const NEAR: usize = 80;
        let most = self.hints.text_bytes.load(Ordering::Relaxed);
        if self.kind != Kind::Message || most == 0 || line.len() + NEAR < most {
            return String::new();
        }
        let phrase = match most.checked_sub(line.len()) {
            Some(bytes) => Phrase::BytesLeft { bytes },
            None => Phrase::Messages { count: line.len().div_ceil(most) },
        };
        format!("  {}", phrase.say(self.lang))
    }
}

impl Highlighter for Helper {
    /// Comes before each drawing, with the editor's prompt or that of a search.
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, default: bool) -> Cow<'b, str> {
        // Only a search and a count of repeats have a prompt of their own.
        self.keys.searching.store(!default && prompt.contains("search"), Ordering::Relaxed);
        let mut seen = self.seen.borrow_mut();
        prompt.clone_into(&mut seen.prompt);
        seen.names_room = default && matches!(self.kind, Kind::Message | Kind::Send);
        let line = match self.kind {
            Kind::Secret => Line { text: String::new(), cursor: 0, ..seen.clone() },
            _ => Line { hint: self.hint(&seen.text), ..seen.clone() },
        };
        drop(seen);
        self.canvas.edit(line, self.style(default));
        Cow::Borrowed("")
    }

    fn highlight<'l>(&self, _: &'l str, _: usize) -> Cow<'l, str> {
        Cow::Borrowed("")
    }

    /// Comes first with each change. Always true: all of the line is to be drawn.
    fn highlight_char(&self, line: &str, position: usize, kind: CmdKind) -> bool {
        // The last drawing of a line has its cursor at the end.
        if kind != CmdKind::ForcedRefresh {
            let mut seen = self.seen.borrow_mut();
            line.clone_into(&mut seen.text);
            seen.cursor = position;
        }
        true
    }
}

impl Completer for Helper {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &rustyline::Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let (start, candidates) = match self.kind {
            Kind::Message => complete(&line[..position], &self.hints.names()),
            Kind::Name | Kind::Answer | Kind::Send | Kind::Secret => (0, Vec::new()),
        };
        if candidates.is_empty() {
            self.canvas.ring();
        }
        Ok((start, candidates))
    }
}

impl Hinter for Helper {
    type Hint = String;
}
impl Validator for Helper {}
impl rustyline::Helper for Helper {}
