//! The terminal: taken as it is, given back as it was, and written to.
//!
//! It is raw all the time, whatever the program waits for: no key is drawn by anybody
//! else, and none is left for the shell. The line editor reads standard input and writes
//! standard output: it gets the one, and a place where nothing arrives for the other,
//! since [`super::canvas`] draws.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr,
    tcgetwinsize, tcsetattr, ttyname,
};
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Columns where the terminal does not say.
const USUAL_COLUMNS: usize = 80;
const USUAL_ROWS: usize = 24;

/// How long a terminal that takes nothing may hold up the end of the program.
const LAST_WORDS: Duration = Duration::from_millis(500);

const END_OF_LINE: &str = "\r\n";
const PASTE_ON: &str = "\x1b[?2004h";
const PASTE_OFF: &str = "\x1b[?2004l";
/// The terminal keeps the title of others for us.
const PUSH_TITLE: &str = "\x1b[22;2t";
const POP_TITLE: &str = "\x1b[23;2t";

/// What keys do while the line editor does not read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// They wait for it, but Ctrl-C and Ctrl-Z are signals.
    #[default]
    Interrupt,
    /// They wait, all of them.
    Wait,
}

/// The owner of the terminal.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    #[default]
    Ours,
    /// The shell's, while we are stopped.
    Lent,
    /// Given back for good.
    Over,
}

/// Gives the terminal back as it was when dropped, however it ends.
#[derive(Debug)]
pub(super) struct Terminal {
    pub(super) input: OwnedFd,
    output: OwnedFd,
    /// As it was before us.
    mode: Termios,
    /// Held while it is taken or given back, by the thread that works and by the one that
    /// ends us.
    hold: Mutex<Hold>,
    keys: Mutex<Keys>,
    /// The cursor stands in a line that is not finished.
    pub(super) in_line: AtomicBool,
    /// None where it is the shell's.
    title: Mutex<Option<String>>,
}

impl Terminal {
    /// Takes standard input and output; None where they are no terminal on which a line
    /// can be edited.
    pub(super) fn take() -> Option<Terminal> {
        const DUMB: [&str; 3] = ["dumb", "cons25", "emacs"];
        let dumb = std::env::var("TERM").is_ok_and(|term| DUMB.contains(&term.as_str()));
        if dumb || !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return None;
        }
        let mode = tcgetattr(io::stdin()).ok()?;
        let terminal = Terminal {
            input: own(io::stdin())?,
            output: own(io::stdout())?,
            mode,
            hold: Mutex::default(),
            keys: Mutex::default(),
            in_line: AtomicBool::default(),
            title: Mutex::default(),
        };
        terminal.set_raw();
        Some(terminal)
    }

    /// Standard input and output become the line editor's.
    ///
    /// # Errors
    /// When there is no place where nothing arrives.
    pub(super) fn redirect_stdio(&self) -> io::Result<()> {
        rustix::stdio::dup2_stdin(&self.input)?;
        rustix::stdio::dup2_stdout(open("/dev/null", OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?)?;
        Ok(())
    }

    /// What keys do from now on.
    pub(super) fn listen(&self, keys: Keys) {
        let hold = self.hold.lock().unwrap_or_else(PoisonError::into_inner);
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = keys;
        if *hold == Hold::Ours {
            self.set_raw();
        }
    }

    /// Keys come as they are typed and are not drawn; what is written is still translated.
    fn set_raw(&self) {
        let mut raw = self.mode.clone();
        raw.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::IEXTEN;
        // A key that is a signal throws away neither what was typed nor what is being drawn.
        raw.local_modes |= LocalModes::NOFLSH;
        raw.local_modes.set(
            LocalModes::ISIG,
            *self.keys.lock().unwrap_or_else(PoisonError::into_inner) == Keys::Interrupt,
        );
        raw.input_modes -= InputModes::BRKINT
            | InputModes::ICRNL
            | InputModes::IGNCR
            | InputModes::INLCR
            | InputModes::INPCK
            | InputModes::ISTRIP
            | InputModes::IXON;
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        // A terminal that is gone takes no mode.
        let _ = tcsetattr(&self.input, OptionalActions::Now, &raw);
        // Bounded, since the thread that ends the process waits for this.
        let _ = self.write_within(PASTE_ON, Some(LAST_WORDS));
    }

    /// Whether somebody can still type: it is ours, and nobody has closed it.
    pub(super) fn is_there(&self) -> bool {
        let mut input = [PollFd::new(&self.input, PollFlags::IN)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        !self.is_given_back() && poll(&mut input, Some(&now)).is_ok() && !input[0].revents().intersects(gone)
    }

    pub(super) fn is_given_back(&self) -> bool {
        *self.hold.lock().unwrap_or_else(PoisonError::into_inner) == Hold::Over
    }

    /// Writes all of it, however slowly the terminal takes it.
    ///
    /// # Errors
    /// When it is gone.
    pub(super) fn write(&self, text: &str) -> io::Result<()> {
        self.write_within(text, None)
    }

    fn write_within(&self, text: &str, patience: Option<Duration>) -> io::Result<()> {
        let patience = patience.and_then(|patience| Timespec::try_from(patience).ok());
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            if patience.is_some() && !self.takes_more(patience.as_ref())? {
                return Err(io::ErrorKind::TimedOut.into());
            }
            match rustix::io::write(&self.output, rest) {
                Ok(count) => rest = &rest[count..],
                // Another process that has this terminal made it non-blocking.
                Err(rustix::io::Errno::AGAIN) => {
                    self.takes_more(None)?;
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn takes_more(&self, patience: Option<&Timespec>) -> io::Result<bool> {
        match poll(&mut [PollFd::new(&self.output, PollFlags::OUT)], patience) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// Sets the window's title.
    pub(super) fn title(&self, title: &str) {
        if !knows_strings() {
            return;
        }
        let before = self.title.lock().unwrap_or_else(PoisonError::into_inner).replace(title.to_owned());
        let push = if before.is_none() { PUSH_TITLE } else { "" };
        // Fails where the terminal is gone.
        let _ = self.write(&format!("{push}\x1b]2;{title}\x07"));
    }

    /// Gives it back for good: from any thread, also in the middle of a line and more than once. Does not
    /// wait for a terminal that takes nothing.
    pub(super) fn give_back(&self) {
        self.let_go(Hold::Over);
    }

    /// For the shell, while we are stopped.
    pub(super) fn lend(&self) {
        self.let_go(Hold::Lent);
    }

    fn let_go(&self, next: Hold) {
        let mut hold = self.hold.lock().unwrap_or_else(PoisonError::into_inner);
        if *hold == Hold::Ours {
            // Before keys are signals again: a signal key throws away what was written.
            let titled = self.title.lock().unwrap_or_else(PoisonError::into_inner).is_some();
            let title = if titled { POP_TITLE } else { "" };
            let end = if self.in_line.swap(false, Ordering::SeqCst) { END_OF_LINE } else { "" };
            let _ = self.write_within(&format!("{title}{PASTE_OFF}{end}"), Some(LAST_WORDS));
            if next == Hold::Over
                && let Ok(nothing) = open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
            {
                // The editor sets a mode of its own when it ends a line.
                let _ = rustix::stdio::dup2_stdin(nothing);
            }
            // Drops what was typed for us, so that the shell does not take it for commands.
            let _ = tcflush(&self.input, QueueSelector::IFlush);
            let _ = tcsetattr(&self.input, OptionalActions::Now, &self.mode);
        }
        if *hold != Hold::Over {
            *hold = next;
        }
    }

    /// After we were stopped; whose it was until now. What was given back for good stays so.
    pub(super) fn take_again(&self) -> Hold {
        let mut hold = self.hold.lock().unwrap_or_else(PoisonError::into_inner);
        if *hold == Hold::Over {
            return Hold::Over;
        }
        let before = std::mem::replace(&mut *hold, Hold::Ours);
        self.set_raw();
        drop(hold);
        if before == Hold::Lent {
            let title = self.title.lock().unwrap_or_else(PoisonError::into_inner).take();
            title.iter().for_each(|title| self.title(title));
        }
        before
    }

    pub(super) fn columns(&self) -> usize {
        let size = tcgetwinsize(&self.output);
        size.ok().map(|size| usize::from(size.ws_col)).filter(|&columns| columns > 0).unwrap_or(USUAL_COLUMNS)
    }

    pub(super) fn rows(&self) -> usize {
        let size = tcgetwinsize(&self.output);
        size.ok().map(|size| usize::from(size.ws_row)).filter(|&rows| rows > 0).unwrap_or(USUAL_ROWS)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// Whether the terminal passes over control strings that it does not know. The Linux console has no title
/// and would print the text.
pub(super) fn knows_strings() -> bool {
    std::env::var_os("TERM").is_none_or(|term| term != "linux")
}

/// The terminal opened anew: whether reading and writing block is a property of who opened
/// it, and others, who have ours too, may change that at any time.
fn own(end: impl AsFd) -> Option<OwnedFd> {
    let anew = ttyname(&end, Vec::new())
        .and_then(|name| open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()));
    // A terminal that belongs to another user can't be opened anew.
    anew.ok().or_else(|| end.as_fd().try_clone_to_owned().ok())
}
