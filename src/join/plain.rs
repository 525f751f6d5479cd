//! Lines in, lines out: a pipe, a script, a screen reader, a dumb terminal.

use super::face::{Ask, Heard};
use super::input::{Input, Wish};
use super::model::{Item, Question};
use super::printer::{Print, Printer};
use super::show::Look;
use crate::text::Lang;
use crossbeam::channel::{Receiver, Sender};
use std::io::{self, BufRead, Read, Write};

/// Bytes of a line that is read; a longer one becomes several.
const LONGEST: u64 = 64 * 1024;

/// The thread that writes one line for each event.
///
/// # Errors
/// When there is no thread to be had.
pub(super) fn printer(lang: Lang) -> io::Result<Printer> {
    let look = Look { lang, columns: None };
    Printer::start(move |print| {
        let Print::Items(items) = print else {
            return Ok(());
        };
        let mut out = io::stdout().lock();
        for row in items.iter().flat_map(|item| look.rows(item)) {
            writeln!(out, "{}", row.text())?;
        }
        out.flush()
    })
}

/// The thread that reads lines, as they come and not before they are wanted.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) printer: Printer,
    /// Whoever types sees the line.
    pub(super) on_screen: bool,
}

impl Lines {
    pub(super) fn run(self, asks: &Receiver<Ask>, heard: &Sender<Heard>) {
        for ask in asks {
            let going_on = match ask {
                Ask::Name => {
                    self.printer.show(Item::Ask(Question::Name));
                    heard.send(Heard::Name(next_line(&mut io::stdin().lock()))).is_ok()
                }
                Ask::Talk => self.talk(heard),
            };
            if !going_on {
                return;
            }
        }
    }

    fn talk(&self, heard: &Sender<Heard>) -> bool {
        let mut input = Input::default();
        while let Some(line) = next_line(&mut io::stdin().lock()) {
            let wish = input.line(&line);
            if let Some(question) = input.question() {
                self.printer.show(Item::Ask(question));
            }
            let left = wish == Wish::Leave;
            if heard.send(Heard::Wish { wish, on_screen: self.on_screen }).is_err() || left {
                return false;
            }
        }
        // The end of the input leaves, also at the question.
        let _ = heard.send(Heard::Wish { wish: Wish::Leave, on_screen: false });
        false
    }
}

/// The next line without its end; what is not UTF-8 is replaced. None at the
/// end, which an error of reading is too.
fn next_line(input: &mut impl BufRead) -> Option<String> {
    let mut bytes = Vec::new();
    let count = input.take(LONGEST).read_until(b'\n', &mut bytes).unwrap_or(0);
    if count == 0 {
        return None;
    }
    let line = String::from_utf8_lossy(&bytes);
    Some(line.trim_end_matches(['\n', '\r']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_lossily_and_without_their_ends() {
        let mut input = &b"one\r\n\xff two\n\nlast"[..];
        let mut next = || next_line(&mut input);
        assert_eq!(next().as_deref(), Some("one"));
        assert_eq!(next().as_deref(), Some("\u{fffd} two"));
        assert_eq!(next().as_deref(), Some(""));
        assert_eq!(next().as_deref(), Some("last"));
        assert_eq!(next(), None);
    }

    #[test]
    fn an_endless_line_is_cut() {
        let mut input = io::repeat(b'x').take(LONGEST + 5);
        let mut input = io::BufReader::new(&mut input);
        assert_eq!(next_line(&mut input).map(|line| line.len()), usize::try_from(LONGEST).ok());
        assert_eq!(next_line(&mut input).as_deref(), Some("xxxxx"));
    }
}
