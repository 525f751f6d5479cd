//! The console's output, which may fail for a while: the disk of a log is full.

use std::io::{self, ErrorKind, Write};
use std::time::{Duration, Instant};

/// What waits to be written is written at this many bytes.
const MOST_BYTES: usize = 64 * 1024;
/// What failed is tried again after so long.
const RETRY: Duration = Duration::from_secs(2);

/// Whole lines to an output. Where it fails, the line that was begun is kept, all others are counted, and what
/// follows waits for the next attempt. Where nobody reads it any more it stays closed.
#[derive(Debug)]
pub(super) struct Output<W> {
    out: W,
    /// Bounded by [`MOST_BYTES`] and one text.
    pending: Vec<u8>,
    /// A part of the line at the start of `pending` was written.
    is_begun: bool,
    state: State,
    /// Lines that were dropped and not told of yet.
    dropped: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// To be tried again then.
    Failing(Instant),
    Closed,
}

impl<W: Write> Output<W> {
    pub(super) fn new(out: W) -> Output<W> {
        Output { out, pending: Vec::new(), is_begun: false, state: State::Open, dropped: 0 }
    }

    /// Takes whole lines.
    pub(super) fn push(&mut self, text: &str) {
        match self.state {
            State::Open => self.pending.extend_from_slice(text.as_bytes()),
            State::Failing(_) => self.dropped += text.lines().count(),
            State::Closed => {}
        }
    }

    pub(super) fn is_large(&self) -> bool {
        self.pending.len() >= MOST_BYTES
    }

    /// How long it may be left alone; None: until there is something to write.
    pub(super) fn retry_in(&self, now: Instant) -> Option<Duration> {
        match self.state {
            State::Failing(at) => Some(at.saturating_duration_since(now)),
            State::Open | State::Closed => None,
        }
    }

    /// Writes what waits; where that failed before, only once it is time, and then first how many lines were
    /// dropped, in the words of `missed`.
    ///
    /// # Errors
    /// Where it fails that did not fail before, other than by a reader that is gone.
    pub(super) fn write(&mut self, now: Instant, missed: impl FnOnce(usize) -> String) -> io::Result<()> {
        let is_retry = match self.state {
            State::Open => false,
            State::Failing(at) if now >= at => true,
            State::Failing(_) | State::Closed => return Ok(()),
        };
        let mut result = self.drain();
        if is_retry && result.is_ok() && self.dropped > 0 {
            self.pending.extend_from_slice(missed(self.dropped).as_bytes());
            result = self.drain();
            // Told of, or begun to be.
            self.dropped = if result.is_ok() || self.is_begun { 0 } else { self.dropped };
            // Not told of; no line of its own is lost with it.
            if result.is_err() && !self.is_begun {
                self.pending.clear();
            }
        }
        let Err(error) = result else {
            self.state = State::Open;
            return Ok(());
        };
        self.drop_lines();
        if error.kind() == ErrorKind::BrokenPipe {
            self.state = State::Closed;
            self.pending.clear();
            return Ok(());
        }
        self.state = State::Failing(now + RETRY);
        if is_retry { Ok(()) } else { Err(error) }
    }

    fn drain(&mut self) -> io::Result<()> {
        while !self.pending.is_empty() {
            match self.out.write(&self.pending) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.is_begun = self.pending[count - 1] != b'\n';
                    self.pending.drain(..count);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.out.flush()
    }

    /// Drops all lines that wait but one that was begun.
    fn drop_lines(&mut self) {
        let end = self.pending.iter().position(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let kept = if self.is_begun { end } else { 0 };
        self.dropped += self.pending[kept..].iter().filter(|&&byte| byte == b'\n').count();
        self.pending.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with room for so many bytes.
    struct Disk {
        text: Vec<u8>,
        room: usize,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.room - self.text.len());
            self.text.extend_from_slice(&bytes[..count]);
            if count == 0 { Err(ErrorKind::StorageFull.into()) } else { Ok(count) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn missed(count: usize) -> String {
        format!("{count} not shown\n")
    }

    /// After its disk had been full once, nothing was written any more, and half a line stood at the end.
    #[test]
    fn it_goes_on_when_there_is_room() {
        let start = Instant::now();
        let mut output = Output::new(Disk { text: Vec::new(), room: 7 });
        output.push("one\ntwo\nthree\n");
        let error = output.write(start, missed).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        assert_eq!(output.retry_in(start), Some(RETRY));
        output.push("four\n");
        output.write(start, missed).unwrap();
        // It is told once, however often it fails.
        output.write(start + RETRY, missed).unwrap();
        output.push("five\n");
        output.out.room = 8;
        output.write(start + 2 * RETRY, missed).unwrap();
        output.out.room = 1000;
        output.write(start + 3 * RETRY, missed).unwrap();
        assert_eq!(output.retry_in(start), None);
        output.push("six\n");
        output.write(start, missed).unwrap();
        assert_eq!(String::from_utf8(output.out.text).unwrap(), "one\ntwo\n3 not shown\nsix\n");
    }

    /// The line that tells of those that are missing is itself cut off.
    #[test]
    fn nothing_is_counted_twice() {
        let start = Instant::now();
        let mut output = Output::new(Disk { text: Vec::new(), room: 0 });
        output.push("one\n");
        output.write(start, missed).unwrap_err();
        output.out.room = 3;
        output.write(start + RETRY, missed).unwrap();
        output.push("two\n");
        output.out.room = 1000;
        output.write(start + 2 * RETRY, missed).unwrap();
        assert_eq!(String::from_utf8(output.out.text).unwrap(), "1 not shown\n1 not shown\n");
    }
}
