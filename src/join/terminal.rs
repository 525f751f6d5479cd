//! The terminal as it was, to be given back; its width and its title.

use super::show::Moment;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Columns where the terminal does not say.
const USUAL_COLUMNS: usize = 80;
const USUAL_ROWS: usize = 24;

/// Gives the terminal back as it was when dropped, however it ends.
#[derive(Debug)]
pub(super) struct Terminal {
    mode: Mode,
    /// The line editor has the terminal now; set by the input thread.
    pub(super) editing: Arc<AtomicBool>,
    titled: AtomicBool,
}

impl Terminal {
    pub(super) fn keep() -> Terminal {
        let terminal = Terminal { mode: Mode::now(), editing: Arc::default(), titled: AtomicBool::default() };
        quiet(Keys::Interrupt);
        terminal
    }

    /// Sets the window's title; the terminal keeps the earlier one for us.
    pub(super) fn title(&self, title: &str) {
        // The Linux console has no title and would print the text.
        if std::env::var_os("TERM").is_some_and(|term| term == "linux") {
            return;
        }
        const PUSH: &str = "\x1b[22;2t";
        let push = if self.titled.swap(true, Ordering::SeqCst) { "" } else { PUSH };
        // One that is gone has no title.
        let _ = write(&format!("{push}\x1b]2;{title}\x07"));
    }

    /// Also in the midst of an edited line: the editor's thread may go on
    /// reading, but no longer matters.
    pub(super) fn give_back(&self) {
        self.mode.restore();
        if self.editing.swap(false, Ordering::SeqCst) {
            const PASTE_OFF: &str = "\x1b[?2004l";
            let _ = write(&format!("{PASTE_OFF}\r\n"));
        }
        if self.titled.swap(false, Ordering::SeqCst) {
            const POP: &str = "\x1b[23;2t";
            let _ = write(POP);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// Straight to the terminal.
///
/// # Errors
/// When it is gone.
pub(super) fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// What the clock on the wall shows.
pub(super) fn now() -> Moment {
    moment(jiff::Timestamp::now())
}

/// How long until the next day begins here; None where no calendar goes on.
pub(super) fn until_midnight() -> Option<std::time::Duration> {
    let now = jiff::Zoned::now();
    let midnight = now.tomorrow().ok()?.start_of_day().ok()?;
    now.duration_until(&midnight).try_into().ok()
}

/// What it showed then.
pub(super) fn moment(at: jiff::Timestamp) -> Moment {
    let at = at.to_zoned(jiff::tz::TimeZone::system());
    Moment {
        year: at.year(),
        month: at.month(),
        day: at.day(),
        weekday: at.weekday().to_monday_one_offset(),
        hour: at.hour(),
        minute: at.minute(),
    }
}

/// What keys do while the line editor does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// They wait, but Ctrl-C is a signal.
    Interrupt,
    /// They wait, all of them.
    Wait,
}

/// Keeps the terminal from drawing and editing what is typed between two
/// lines of the editor: the next one finds the keys as they were typed.
#[cfg(unix)]
pub(super) fn quiet(keys: Keys) {
    use rustix::termios::{InputModes, LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let Ok(mut mode) = tcgetattr(io::stdin()) else {
        return;
    };
    mode.local_modes -= LocalModes::ECHO;
    if keys == Keys::Wait {
        mode.local_modes -= LocalModes::ICANON | LocalModes::IEXTEN | LocalModes::ISIG;
        mode.input_modes -= InputModes::ICRNL | InputModes::IXON;
    }
    // Without it a few keys may be drawn twice, no more.
    let _ = tcsetattr(io::stdin(), OptionalActions::Now, &mode);
}

/// The console does so by itself.
#[cfg(not(unix))]
pub(super) fn quiet(_: Keys) {}

#[cfg(unix)]
#[derive(Debug)]
struct Mode(Option<rustix::termios::Termios>);

#[cfg(unix)]
impl Mode {
    fn now() -> Mode {
        Mode(rustix::termios::tcgetattr(io::stdin()).ok())
    }

    fn restore(&self) {
        if let Some(mode) = &self.0 {
            let _ = rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Now, mode);
        }
    }
}

/// The width of the terminal in columns.
#[cfg(unix)]
pub(super) fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(io::stdout());
    size.ok().map(|size| usize::from(size.ws_col)).filter(|&columns| columns > 0).unwrap_or(USUAL_COLUMNS)
}

/// The height of the terminal.
#[cfg(unix)]
pub(super) fn rows() -> usize {
    let size = rustix::termios::tcgetwinsize(io::stdout());
    size.ok().map(|size| usize::from(size.ws_row)).filter(|&rows| rows > 0).unwrap_or(USUAL_ROWS)
}

/// Elsewhere the console's host restores its mode when a program ends.
#[cfg(not(unix))]
#[derive(Debug)]
struct Mode;

#[cfg(not(unix))]
impl Mode {
    fn now() -> Mode {
        Mode
    }

    fn restore(&self) {}
}

/// The width of the terminal in columns.
#[cfg(not(unix))]
pub(super) fn columns() -> usize {
    std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(USUAL_COLUMNS)
}

/// The height of the terminal.
#[cfg(not(unix))]
pub(super) fn rows() -> usize {
    std::env::var("LINES").ok().and_then(|rows| rows.parse().ok()).unwrap_or(USUAL_ROWS)
}
