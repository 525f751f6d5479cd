//! The person's end of the program: a terminal with a line editor, or plain lines.

use super::asks::{Answer, Ask};
#[cfg(unix)]
use super::canvas::Canvas;
#[cfg(unix)]
use super::editor::Editor;
use super::editor_hints::EditorHints;
#[cfg(unix)]
use super::history::History;
#[cfg(unix)]
use super::keys;
use super::model::Item;
use super::paint::Colours;
use super::plain::{self, Echo, Failures, Lines};
#[cfg(unix)]
use super::printer::Print;
use super::printer::Printer;
#[cfg(unix)]
use super::signals;
use super::state_folder::{StateFolder, folder};
use super::terminal::Terminal;
use crate::text::{Lang, Phrase};
use crossbeam::channel::{Receiver, Sender, bounded};
use std::env;
#[cfg(unix)]
use std::env::VarError;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// The threads that read from and print for the person.
#[derive(Debug)]
pub(super) struct Frontend {
    pub(super) printer: Printer,
    pub(super) hints: Arc<EditorHints>,
    /// None once nothing more will be asked: the input thread ends by that.
    asks: Option<Sender<Ask>>,
    /// None where the input thread hears nothing in the middle of a line.
    #[cfg(unix)]
    caller: Option<keys::Caller>,
    /// Bounded by one line: nobody reads ahead of the conversation.
    pub(super) answers: Receiver<Answer>,
    /// Ends when the person has left.
    input: Option<JoinHandle<()>>,
    /// A person is there and can wait for a connection.
    pub(super) attended: bool,
    /// None where lines are plain; shared with the thread that ends us at a second signal.
    pub(super) terminal: Option<Arc<Terminal>>,
    /// Of plain lines; shared with the threads that read and write them.
    pub(super) failures: Arc<Failures>,
    /// Of plain lines: the next one answers whether to leave. Shared with the input thread.
    asked: Arc<AtomicBool>,
    /// Of plain lines on a terminal; shared with the input thread and the one that ends us at a second signal.
    pub(super) echo: Arc<Echo>,
    pub(super) state: StateFolder,
}

impl Frontend {
    /// # Errors
    /// When the terminal or a thread can't be had.
    pub(super) fn open(
        lang: Lang,
        terminal: Option<Arc<Terminal>>,
        commands: bool,
        echo: Arc<Echo>,
    ) -> io::Result<Frontend> {
        match terminal {
            #[cfg(unix)]
            Some(terminal) => Frontend::at_terminal(lang, terminal, echo),
            #[cfg(not(unix))]
            Some(terminal) => match *terminal {},
            None => Frontend::of_lines(lang, commands, echo),
        }
    }

    fn of_lines(lang: Lang, commands: bool, echo: Arc<Echo>) -> io::Result<Frontend> {
        let (asks, asked) = bounded(1);
        let (answers_tx, answers) = bounded(1);
        Colours::choose(true, |_| None);
        let failures = Arc::<Failures>::default();
        let printer = plain::printer(lang, Arc::clone(&failures))?;
        let attended = io::stdin().is_terminal();
        let question = Arc::<AtomicBool>::default();
        let lines = Lines {
            printer: printer.clone(),
            // What is read from a pipe is not on the screen.
            on_screen: attended && io::stdout().is_terminal(),
            attended,
            commands: commands || attended,
            failures: Arc::clone(&failures),
            asked: Arc::clone(&question),
            echo: Arc::clone(&echo),
        };
        let input = Some(spawn(move || lines.run(&asked, &answers_tx))?);
        let (asks, hints) = (Some(asks), Arc::default());
        Ok(Frontend {
            printer,
            asks,
            #[cfg(unix)]
            caller: None,
            answers,
            input,
            attended,
            terminal: None,
            hints,
            failures,
            asked: question,
            echo,
            state: state(),
        })
    }

    #[cfg(unix)]
    fn at_terminal(lang: Lang, terminal: Arc<Terminal>, echo: Arc<Echo>) -> io::Result<Frontend> {
        let (asks, asked) = bounded(1);
        let (answers_tx, answers) = bounded(1);
        let var = |key: &str| match env::var(key) {
            Ok(value) => Some(value),
            // Set, to something that is no UTF-8.
            Err(VarError::NotUnicode(_)) => Some("?".to_owned()),
            Err(VarError::NotPresent) => None,
        };
        let colours = Colours::choose(false, var);
        let hints = Arc::<EditorHints>::default();
        let canvas = Canvas::new(Arc::clone(&terminal), lang, colours);
        let history = Arc::new(History::in_state_folder(|key| env::var(key).ok()));
        let (drawn, kept) = (canvas.clone(), Arc::clone(&history));
        let printer = Printer::start(move |print| match print {
            Print::Items(items) => {
                // Before it is told, so that the file is right by then; it waits a second at most.
                kept.forget_unsent(items);
                drawn.show(items)
            }
            Print::Title(title) => {
                drawn.title(title);
                Ok(())
            }
            Print::Room(room) => drawn.room(room),
            Print::Again => drawn.again(),
            Print::End => drawn.end(),
        })?;
        signals::watch_window(Arc::clone(&terminal), canvas.clone(), printer.clone())?;
        terminal.redirect_stdio()?;
        // Where a system has no further terminal, a digit with Alt repeats a key.
        let caller = keys::hand_on(Arc::clone(&terminal)).ok();
        let editor =
            Editor::open(lang, canvas, Arc::clone(&terminal), Arc::clone(&hints), history, printer.clone())?;
        let input = Some(spawn(move || editor.run(&asked, &answers_tx))?);
        let (asks, terminal) = (Some(asks), Some(terminal));
        let (failures, asked) = (Arc::default(), Arc::default());
        Ok(Frontend {
            printer,
            asks,
            caller,
            answers,
            input,
            attended: true,
            terminal,
            hints,
            failures,
            asked,
            echo,
            state: state(),
        })
    }

    pub(super) fn is_plain(&self) -> bool {
        self.terminal.is_none()
    }

    /// Whether somebody sees a question and can answer it.
    pub(super) fn can_ask(&self) -> bool {
        self.terminal.is_some() || (self.attended && io::stdout().is_terminal())
    }

    /// Asks whether to leave, in plain lines; true where that was asked already.
    pub(super) fn interrupt(&self) -> bool {
        let was_asked = self.asked.swap(true, Ordering::SeqCst);
        if !was_asked {
            // Where a password was asked for, the answer to this is seen.
            self.echo.set(true);
            self.show(Item::Ask(Phrase::SureToLeave));
        }
        was_asked
    }

    pub(super) fn show(&self, item: Item) -> bool {
        self.printer.show(item)
    }

    /// Asks the input thread for something. Where that thread is gone, `answers` tells.
    pub(super) fn ask(&self, ask: Ask) {
        if let Some(asks) = &self.asks {
            let _ = asks.send(ask);
        }
    }

    /// Asks for something while messages are typed: the line that is being typed comes back after it. False
    /// where that can't be asked.
    pub(super) fn call(&self, ask: Ask) -> bool {
        #[cfg(unix)]
        if let (Some(asks), Some(caller)) = (&self.asks, &self.caller) {
            return asks.try_send(ask).is_ok() && caller.call();
        }
        #[cfg(not(unix))]
        let _ = ask;
        false
    }

    /// The person has left: waits until the editor has let go of the terminal.
    pub(super) fn left(&mut self) {
        // The thread waits for the next question, and ends when no more can come.
        self.asks = None;
        // A panic there has been reported already.
        self.input.take().map(JoinHandle::join);
    }
}

/// Where the person's settings are kept.
fn state() -> StateFolder {
    StateFolder::new(folder(|key| env::var(key).ok()))
}

fn spawn(run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("input".into()).spawn(run)
}
