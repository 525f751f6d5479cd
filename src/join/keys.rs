//! Keys on their way from the terminal to the line editor.
//!
//! The editor takes a digit with Alt for the number of a repeat, before it asks anybody what a key
//! means. So it reads from a terminal of its own, and a thread hands it what was typed; there a
//! digit with Alt becomes a character that no keyboard has. Behind all that was typed so far the main
//! thread can put another one, which ends the line: so it is sure to have heard all, and can ask for something
//! in the middle of a line.

use super::terminal::Terminal;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

const ESC: u8 = 0x1b;
/// How long the rest of a key may take behind its ESC, here and in the editor.
pub(super) const KEY_REST: Duration = Duration::from_millis(200);
/// Stands for Alt-0, and the nine characters after it for Alt-1 to Alt-9: of the last private plane, where no
/// text has any.
const FIRST: u32 = 0x10_fff0;

/// Stands for a call of the main thread.
const CALL: u32 = FIRST + 10;

/// Whether this character stands for a call.
pub(super) fn is_call(c: char) -> bool {
    u32::from(c) == CALL
}

/// By what the main thread calls the editor. Dropped with it.
#[derive(Debug)]
pub(super) struct Caller(PipeWriter);

impl Caller {
    /// The line ends behind all that was typed until now; false where nobody reads any more.
    pub(super) fn call(&self) -> bool {
        (&self.0).write_all(&[0]).is_ok()
    }
}

/// The number that was typed with Alt, where this character stands for one: from 0 to 9.
pub(super) fn number(c: char) -> Option<usize> {
    let number = u32::from(c).checked_sub(FIRST).filter(|number| (0..=9).contains(number))?;
    usize::try_from(number).ok()
}

/// Makes standard input a terminal for the editor alone, which gets what is typed at this one, and the
/// calls of whoever has the result.
///
/// # Errors
/// When there is no such terminal or no thread to be had.
pub(super) fn hand_on(terminal: Arc<Terminal>) -> io::Result<Caller> {
    let (calls, caller) = io::pipe()?;
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let name = ptsname(&ours, Vec::new())?;
    let editors = open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
    let mut mode = tcgetattr(&editors)?;
    mode.make_raw();
    tcsetattr(&editors, OptionalActions::Now, &mode)?;
    rustix::stdio::dup2_stdin(editors)?;
    thread::Builder::new().name("keys".into()).spawn(move || {
        // Where either is gone, nobody types or nobody reads.
        let _ = copy(&terminal.input, &calls, &ours);
    })?;
    Ok(Caller(caller))
}

fn copy(typed: &OwnedFd, calls: &PipeReader, editor: &OwnedFd) -> io::Result<()> {
    const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
    let mut begun = Vec::new();
    let mut buffer = [0; 4096];
    // Called, and not all that was typed before is read.
    let mut is_called = false;
    loop {
        let patience = match is_called {
            true => Some(AT_ONCE),
            false if begun.is_empty() => None,
            false => Timespec::try_from(KEY_REST).ok(),
        };
        let mut input = [PollFd::new(typed, PollFlags::IN), PollFd::new(calls, PollFlags::IN)];
        match poll(&mut input, patience.as_ref()) {
            Ok(0) => {
                write(editor, &std::mem::take(&mut begun))?;
                if std::mem::take(&mut is_called) {
                    write(editor, &char::from_u32(CALL).into_iter().collect::<String>().into_bytes())?;
                }
            }
            // The caller's end is closed where nobody will call any more.
            Ok(_) if input[0].revents().is_empty() => match (&mut &*calls).read(&mut buffer)? {
                0 => return Ok(()),
                _ => is_called = true,
            },
            Ok(_) => match rustix::io::read(typed, &mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => {
                    begun.extend_from_slice(&buffer[..count]);
                    let (whole, rest) = translate(&begun);
                    begun = rest;
                    write(editor, &whole)?;
                }
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            },
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// What the editor is to read, and an ESC at the end, behind which more may come.
fn translate(typed: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (typed, begun) = match typed.strip_suffix(&[ESC]) {
        Some(before) => (before, vec![ESC]),
        None => (typed, Vec::new()),
    };
    let mut keys = Vec::with_capacity(typed.len());
    let mut rest = typed.iter().peekable();
    while let Some(&byte) = rest.next() {
        match rest.next_if(|next| byte == ESC && next.is_ascii_digit()) {
            Some(digit) => {
                let number = char::from_u32(FIRST + u32::from(digit - b'0'));
                keys.extend(number.into_iter().collect::<String>().bytes());
            }
            None => keys.push(byte),
        }
    }
    (keys, begun)
}

fn write(editor: &OwnedFd, mut keys: &[u8]) -> io::Result<()> {
    while !keys.is_empty() {
        match rustix::io::write(editor, keys) {
            Ok(count) => keys = &keys[count..],
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A signal came behind Enter, and what was entered was waited for by the clock.
    #[test]
    fn a_call_comes_behind_all_that_was_typed() {
        let (typed, mut types) = io::pipe().unwrap();
        let (calls, caller) = io::pipe().unwrap();
        let (mut read, editor) = io::pipe().unwrap();
        let (typed, editor, caller) = (OwnedFd::from(typed), OwnedFd::from(editor), Caller(caller));
        // More than one read brings, and an ESC at the end, behind which more could come.
        let keys = [vec![b'x'; 10_000], b"\r\x1b".to_vec()].concat();
        types.write_all(&keys).unwrap();
        assert!(caller.call());
        let copies = thread::spawn(move || copy(&typed, &calls, &editor));
        let mut heard = vec![0; keys.len() + 4];
        read.read_exact(&mut heard).unwrap();
        let call = char::from_u32(CALL).unwrap().to_string();
        assert_eq!(heard, [&keys[..], call.as_bytes()].concat());
        assert!(is_call(char::from_u32(CALL).unwrap()) && number(char::from_u32(CALL).unwrap()).is_none());
        drop((types, caller));
        copies.join().unwrap().unwrap();
    }

    fn keys(typed: &[u8]) -> (String, Vec<u8>) {
        let (keys, rest) = translate(typed);
        (String::from_utf8(keys).unwrap(), rest)
    }

    #[test]
    fn only_a_digit_with_alt_becomes_another_key() {
        assert_eq!(keys(b"a\x1b2b"), ("a\u{10fff2}b".to_owned(), vec![]));
        assert_eq!(keys(b"\x1bx\x1b[1;5A\x1bO1\x1bb1"), ("\x1bx\x1b[1;5A\x1bO1\x1bb1".to_owned(), vec![]));
        assert_eq!(keys(b"\x1b0"), ("\u{10fff0}".to_owned(), vec![]));
        assert_eq!(keys(b"x\x1b"), ("x".to_owned(), vec![ESC]));
        let numbers: Vec<_> = ('\u{10ffef}'..='\u{10fffa}').map(number).collect();
        assert_eq!(numbers[..3], [None, Some(0), Some(1)]);
        assert_eq!(numbers[9..], [Some(8), Some(9), None]);
    }
}
