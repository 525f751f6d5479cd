//! Lines in, lines out: a pipe, a script, a screen reader, a dumb terminal.

use super::asks::{Answer, Ask};
use super::input::{Draft, Input, UserIntent, answer};
use super::model::{Command, Item};
use super::printer::{Print, Printer};
use super::secret::Secret;
use super::show::Look;
use crate::system_errors::why;
use crate::text::{Lang, Phrase};
use crossbeam::channel::{Receiver, Sender};
#[cfg(unix)]
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{self, BufRead, ErrorKind, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
#[cfg(unix)]
use std::sync::{Mutex, PoisonError};

/// Bytes of a line that is read; a longer one becomes several.
const LONGEST: usize = 64 * 1024;

/// What went wrong with the lines; set where they are read and written, and read by the
/// main thread, which makes the exit code of it.
#[derive(Debug, Default)]
pub(super) struct Failures {
    /// The first error of standard output: nothing was written after it.
    output: OnceLock<io::Error>,
    /// The error that ended standard input.
    input: OnceLock<io::Error>,
    /// A command of a script made no sense.
    pub(super) misunderstood: AtomicBool,
}

impl Failures {
    /// What a person is told of it. A reader that has read enough is no failure.
    pub(super) fn sentence(&self, lang: Lang) -> Option<String> {
        let has_read_enough =
            |error: &&io::Error| matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset);
        if let Some(error) = self.output.get().filter(|error| !has_read_enough(error)) {
            return Some(Phrase::CannotWriteLines { why: &why(error, lang) }.say(lang));
        }
        self.input.get().map(|error| Phrase::CannotReadLines { why: &why(error, lang) }.say(lang))
    }

    /// The reader of the output takes no more.
    pub(super) fn stuck(&self) {
        // An earlier error is kept.
        let _ = self.output.set(ErrorKind::TimedOut.into());
    }
}

/// The thread that writes one line for each event. Where the output fails it goes on
/// without writing, so that what is read is said all the same.
///
/// # Errors
/// When there is no thread to be had.
pub(super) fn printer(lang: Lang, failures: Arc<Failures>) -> io::Result<Printer> {
    let look = Look { lang, columns: None, time: false };
    Printer::start(move |print| {
        let Print::Items(items) = print else {
            return Ok(());
        };
        if failures.output.get().is_some() {
            return Ok(());
        }
        let rows = items.iter().flat_map(|item| look.rows(item));
        let text: String = rows.map(|row| row.text() + "\n").collect();
        if let Err(error) = write(text.as_bytes()) {
            // The first error is kept.
            let _ = failures.output.set(error);
        }
        Ok(())
    })
}

/// The thread that reads lines, as they come and not before they are wanted.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) printer: Printer,
    /// The person who types sees the line.
    pub(super) on_screen: bool,
    /// Somebody types the lines, and sees what is answered.
    pub(super) attended: bool,
    /// Lines that begin with `/` are commands.
    pub(super) commands: bool,
    pub(super) failures: Arc<Failures>,
    /// The next line answers whether to leave; set by the main thread at Ctrl-C, too.
    pub(super) asked: Arc<AtomicBool>,
    /// Off while a password is typed; shared with the main thread, which gives the terminal back.
    pub(super) echo: Arc<Echo>,
}

impl Lines {
    pub(super) fn run(self, asks: &Receiver<Ask>, answers: &Sender<Answer>) {
        let mut reader = Reader::default();
        for ask in asks {
            let question = match ask {
                Ask::Name => Phrase::AskName,
                Ask::Trust => Phrase::TrustNewKey,
                Ask::Password => Phrase::AskServerPassword,
                Ask::Talk => return self.talk(&mut reader, answers),
                Ask::AllTold => continue,
            };
            self.printer.show(Item::Ask(question));
            let line = self.next_line(&mut reader);
            let told = match ask {
                Ask::Trust => Answer::Trust(line.as_deref().and_then(answer) == Some(true)),
                Ask::Password => Answer::Password(line.map(Secret::new)),
                Ask::Name | Ask::Talk | Ask::AllTold => Answer::Name(line),
            };
            // Where nobody hears it, nothing more is asked.
            let _ = answers.send(told);
        }
    }

    fn talk(&self, reader: &mut Reader, answers: &Sender<Answer>) {
        let mut input = Input::of_lines(self.commands);
        while let Some(line) = self.next_line(reader) {
            let was_secret = input.is_secret();
            if self.asked.swap(false, Ordering::SeqCst) {
                // A password that was asked for before is none any more.
                if was_secret {
                    input.interrupt(Draft::default());
                }
                if input.question().is_none() {
                    input.interrupt(Draft::default());
                }
            }
            let intent = match was_secret && !input.is_secret() && answer(&line).is_none() {
                // Probably the password all the same: it is not said.
                true => input.line("no"),
                false => input.line(&line),
            };
            if self.attended {
                self.echo.set(!input.is_secret());
            }
            if let Some(question) = input.question() {
                self.asked.store(!input.is_secret(), Ordering::SeqCst);
                self.printer.show(Item::Ask(question));
            }
            if !self.attended && matches!(intent, UserIntent::Do(Command::Unknown { .. } | Command::Usage(_)))
            {
                self.failures.misunderstood.store(true, Ordering::Relaxed);
            }
            let left = intent == UserIntent::Leave;
            if answers.send(Answer::UserIntent { intent, on_screen: self.on_screen }).is_err() || left {
                return;
            }
        }
        // The end of the input leaves, also at the question.
        let _ = answers.send(Answer::UserIntent { intent: UserIntent::Leave, on_screen: false });
    }

    /// None at the end, which an error is too.
    fn next_line(&self, reader: &mut Reader) -> Option<String> {
        let line = reader.next_line(&mut io::stdin().lock(), wait_for_input);
        line.unwrap_or_else(|error| {
            // A terminal that is gone says so by an error: nobody is left to be told.
            if !self.attended {
                // The first one ends the thread.
                let _ = self.failures.input.set(error);
            }
            None
        })
    }
}

/// Whether the terminal shows what is typed.
#[derive(Debug, Default)]
pub(super) struct Echo {
    /// The modes to go back to, while it does not.
    #[cfg(unix)]
    before: Mutex<Option<Termios>>,
}

impl Echo {
    /// Where that fails there is no terminal, and nobody sees it.
    #[cfg(unix)]
    pub(super) fn set(&self, on: bool) {
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let stdin = io::stdin();
        if on {
            if let Some(modes) = before.take() {
                let _ = tcsetattr(&stdin, OptionalActions::Now, &modes);
            }
        } else if before.is_none()
            && let Ok(modes) = tcgetattr(&stdin)
        {
            let mut hidden = modes.clone();
            hidden.local_modes -= LocalModes::ECHO;
            let _ = tcsetattr(&stdin, OptionalActions::Now, &hidden);
            *before = Some(modes);
        }
    }

    #[cfg(not(unix))]
    pub(super) fn set(&self, _on: bool) {}
}

/// Makes lines of what is read.
#[derive(Debug, Default)]
struct Reader {
    /// Read and not yet handed on: the beginning of a character at the end of a line that
    /// was cut. At most three bytes between two lines.
    begun: Vec<u8>,
    /// Something was read.
    is_begun: bool,
}

/// Stands at the beginning of what some editors save (Notepad), and is no part of it.
const BYTE_ORDER_MARK: char = '\u{feff}';

impl Reader {
    /// The next line without its end; what is not UTF-8 is replaced. None at the end.
    /// `wait` returns when there is something to read again.
    ///
    /// # Errors
    /// Those of reading and waiting, but not that nothing is there yet.
    fn next_line(
        &mut self,
        input: &mut impl BufRead,
        mut wait: impl FnMut() -> io::Result<()>,
    ) -> io::Result<Option<String>> {
        let mut bytes = std::mem::take(&mut self.begun);
        while !bytes.ends_with(b"\n") && bytes.len() < LONGEST {
            let room = LONGEST - bytes.len();
            // What came before an error stays in `bytes`.
            match input.by_ref().take(room as u64).read_until(b'\n', &mut bytes) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => wait()?,
                Err(error) => return Err(error),
            }
        }
        if bytes.is_empty() {
            return Ok(None);
        }
        if bytes.len() == LONGEST {
            self.begun = bytes.split_off(LONGEST - begun_character(&bytes));
        }
        let line = String::from_utf8_lossy(&bytes);
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        let line = line.strip_prefix(BYTE_ORDER_MARK).filter(|_| is_first).unwrap_or(&line);
        Ok(Some(line.trim_end_matches(['\n', '\r']).to_owned()))
    }
}

/// Bytes at the end that begin a character and do not finish it.
fn begun_character(bytes: &[u8]) -> usize {
    let tail = &bytes[bytes.len().saturating_sub(3)..];
    let begun = (0..tail.len()).map(|at| &tail[at..]).find(|end| match std::str::from_utf8(end) {
        Ok(_) => false,
        Err(error) => error.valid_up_to() == 0 && error.error_len().is_none(),
    });
    begun.map_or(0, <[u8]>::len)
}

/// Writes all of it, also where standard output does not block.
///
/// # Errors
/// Those of writing.
#[cfg(unix)]
fn write(mut bytes: &[u8]) -> io::Result<()> {
    use rustix::io::Errno;
    let out = io::stdout();
    while !bytes.is_empty() {
        // Bypasses the standard library's buffer, which does not tell how much of it was written before an
        // error.
        match rustix::io::write(&out, bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::AGAIN) => wait_for(&out, rustix::event::PollFlags::OUT)?,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(unix)]
fn wait_for_input() -> io::Result<()> {
    wait_for(&io::stdin(), rustix::event::PollFlags::IN)
}

/// Returns when it can be read or written, or has failed.
#[cfg(unix)]
fn wait_for(file: &impl std::os::fd::AsFd, readiness: rustix::event::PollFlags) -> io::Result<()> {
    use rustix::event::{PollFd, poll};
    loop {
        match poll(&mut [PollFd::new(file, readiness)], None) {
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Where standard output always blocks.
///
/// # Errors
/// Those of writing.
#[cfg(not(unix))]
fn write(bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Where standard input always blocks.
#[cfg(not(unix))]
fn wait_for_input() -> io::Result<()> {
    Err(ErrorKind::WouldBlock.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn never() -> io::Result<()> {
        panic!("nothing to wait for")
    }

    /// Lines come without their ends; what is not UTF-8 in them is replaced.
    #[test]
    fn lines_are_read_without_their_ends() {
        let mut input = &b"one\r\n\xff two\n\nlast"[..];
        let mut reader = Reader::default();
        let mut next = || reader.next_line(&mut input, never).unwrap();
        assert_eq!(next().as_deref(), Some("one"));
        assert_eq!(next().as_deref(), Some("\u{fffd} two"));
        assert_eq!(next().as_deref(), Some(""));
        assert_eq!(next().as_deref(), Some("last"));
        assert_eq!(next(), None);
    }

    /// Its first line said in the room what was a command.
    #[test]
    fn byte_order_mark_is_no_part_of_the_first_line() {
        let mut input = "\u{feff}/msg bob psst\n\u{feff}two\n".as_bytes();
        let mut reader = Reader::default();
        let mut next = || reader.next_line(&mut input, never).unwrap();
        assert_eq!(next().as_deref(), Some("/msg bob psst"));
        assert_eq!(next().as_deref(), Some("\u{feff}two"));
    }

    /// An endless line is cut between two characters.
    #[test]
    fn endless_line_is_cut() {
        let text = format!("x{}", "字".repeat(LONGEST / 3 + 5));
        let mut input = text.as_bytes();
        let mut reader = Reader::default();
        let mut next = || reader.next_line(&mut input, never).unwrap();
        let (first, second) = (next().unwrap(), next().unwrap());
        assert!((LONGEST - 3..=LONGEST).contains(&first.len()), "{}", first.len());
        assert_eq!(first + &second, text);
        assert_eq!(next(), None);
        // Bytes that begin no character are not kept back.
        let mut input = &vec![0xff; LONGEST + 1][..];
        let mut next = || reader.next_line(&mut input, never).unwrap();
        assert_eq!(next().map(|line| line.chars().count()), Some(LONGEST));
        assert_eq!(next().as_deref(), Some("\u{fffd}"));
    }

    /// A line that is not complete yet is waited for: once that was taken for the end of the input.
    #[test]
    fn incomplete_line_is_waited_for() {
        struct Slow(Vec<Option<&'static [u8]>>);
        impl Read for Slow {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let Some(next) = self.0.pop() else { return Ok(0) };
                let bytes = next.ok_or(ErrorKind::WouldBlock)?;
                buffer[..bytes.len()].copy_from_slice(bytes);
                Ok(bytes.len())
            }
        }
        let reads = [None, Some(&b"he"[..]), None, None, Some(b"llo\nnext"), None];
        let mut input = io::BufReader::new(Slow(reads.into_iter().rev().collect()));
        let mut reader = Reader::default();
        let mut waits = 0;
        let mut next = || {
            let wait = || {
                waits += 1;
                Ok(())
            };
            reader.next_line(&mut input, wait).unwrap()
        };
        assert_eq!(next().as_deref(), Some("hello"));
        assert_eq!(next().as_deref(), Some("next"));
        assert_eq!(next(), None);
        assert_eq!(waits, 4);
    }

    /// A reader of the output that has read enough is no failure.
    #[test]
    fn closed_pipe_is_no_failure() {
        for (kind, is_failure) in [(ErrorKind::BrokenPipe, false), (ErrorKind::StorageFull, true)] {
            let failures = Failures::default();
            failures.output.set(kind.into()).unwrap();
            assert_eq!(failures.sentence(Lang::En).is_some(), is_failure, "{kind:?}");
        }
    }
}
