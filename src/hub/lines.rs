//! The one place where a session's lines wait.

use super::console_event::Departure;
use super::ids::CheckId;
use super::input::Input;
use super::limits::{MOST_WAITING, MOST_WAITING_FOR_CHECK, WAITING_BYTES};
use super::lookup::LookupId;
use super::unfinished::{Rest, Unfinished};
use crate::chat::RoomKey;
use std::collections::VecDeque;
use std::time::Duration;

/// Whether a session's next line is obeyed at once, and else what it waits for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum InputState {
    /// No line waits.
    #[default]
    Open,
    /// Until this uptime, when the rate limit allows the first line that waits.
    Throttled(Duration),
    /// Until the round in which the session has its next slice of the hub's work.
    Yielded,
    /// Until the I/O layer says `drained`.
    Backlogged,
    /// Until a question is answered that is asked elsewhere.
    Waiting(PendingCheck),
    /// Until the last page of this room has come from the disk.
    WaitingForPage(RoomKey),
    /// Until the disk has answered this question.
    WaitingForAnswer(LookupId),
}

/// A password that is being checked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PendingCheck {
    pub(super) id: CheckId,
    /// The label of the command that is to be answered.
    pub(super) label: Option<String>,
    /// Whether a right password is worth anything: not for a name that is no
    /// operator's, which takes the same time.
    pub(super) is_genuine: bool,
}

/// A session's lines from reading to obeying. Owned by its session.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) state: InputState,
    /// Empty while the state is `Open`. While the I/O layer may read on, at most
    /// [`MOST_WAITING`] or [`MOST_WAITING_FOR_CHECK`] lines and two [`Queued::Refused`]
    /// for each of them, of [`WAITING_BYTES`] and a line; the item that comes last adds to that.
    queue: VecDeque<Queued>,
    /// Lines among these.
    count: usize,
    /// Their bytes.
    bytes: usize,
    /// Their price together, in messages.
    price: u32,
    /// What is left of the line before them, whose reply has begun.
    pub(super) unfinished: Option<Box<Unfinished>>,
    /// Nobody pays for the work of that line.
    pub(super) is_free: bool,
    /// QUIT, once it was read: it is obeyed when nothing is left before it, and what comes after
    /// it is passed over.
    pub(super) goodbye: Option<Box<Input>>,
    /// It is one of those who are ready to go on.
    pub(super) is_ready: bool,
    /// Bytes of replies since lines began to wait or all was taken.
    pub(super) ahead: usize,
    /// Lines refused since none waited.
    pub(super) refused: usize,
    /// Much of what it was sent is not taken yet: `drained` will be told.
    pub(super) has_backlog: bool,
    /// The I/O layer reads no further.
    pub(super) holds_ticket: bool,
    /// Uptime from which on the first line that waits may be obeyed: its session has paid for it.
    pub(super) reserved: Option<Duration>,
    /// Uptime of the earliest alarm that is set for `Throttled`.
    pub(super) alarm: Option<Duration>,
    pub(super) end: End,
    /// It has begun to end: its address has taken over what it owes, and takes over what it comes
    /// to owe for lines that still wait.
    pub(super) has_left: bool,
}

/// How a connection ends, as far as that is known.
#[derive(Debug, Default)]
pub(super) enum End {
    #[default]
    Stays,
    /// QUIT has been read: what stands before it is obeyed without waiting for anything but the
    /// next slice.
    Quits,
    /// The peer has ended its half of the stream, or the connection is lost. Its lines
    /// are obeyed first.
    Gone(Departure),
}

impl End {
    /// Whether replies may still be read.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self, End::Gone(departure) if *departure != Departure::Closed)
    }
}

#[derive(Debug)]
pub(super) enum Queued {
    /// A line, and its price in messages when it came.
    Line(Input, u32),
    /// Lines of a batch that found no room, and whether its end is among them: the batch
    /// is refused in its place.
    Refused { is_end: bool },
}

impl Lines {
    /// Whether lines are obeyed as they come.
    pub(super) fn is_open(&self) -> bool {
        self.state == InputState::Open
    }

    /// Whether it waits for an answer from elsewhere.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(
            self.state,
            InputState::Waiting(_) | InputState::WaitingForPage(_) | InputState::WaitingForAnswer(_)
        )
    }

    /// Ends the wait for this answer; false where it does not wait for that.
    pub(super) fn end_wait_for_answer(&mut self, id: LookupId, rest: Rest) -> bool {
        let waits = self.state == InputState::WaitingForAnswer(id);
        if waits {
            self.state = InputState::Yielded;
            if let Some(unfinished) = &mut self.unfinished {
                unfinished.rest = rest;
            }
        }
        waits
    }

    /// Ends the wait for the page of this room; false where it does not wait for that.
    pub(super) fn end_wait_for_page(&mut self, room: &RoomKey) -> bool {
        let waits = matches!(&self.state, InputState::WaitingForPage(awaited) if awaited == room);
        if waits {
            self.state = InputState::Yielded;
        }
        waits
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether nothing is left to be obeyed.
    pub(super) fn is_done(&self) -> bool {
        self.queue.is_empty() && self.unfinished.is_none() && self.goodbye.is_none()
    }

    /// Whether somebody reads the replies, so that lines may wait for their time, and until what
    /// was sent is taken.
    pub(super) fn waits_for_reader(&self) -> bool {
        match self.end {
            End::Stays => true,
            End::Quits => false,
            End::Gone(_) => !self.end.is_lost() && self.goodbye.is_none(),
        }
    }

    /// How many may wait; None where the I/O layer reads no further.
    pub(super) fn most(&self) -> Option<usize> {
        match self.state {
            InputState::Open | InputState::Throttled(_) => Some(MOST_WAITING),
            InputState::Waiting(_) | InputState::WaitingForPage(_) | InputState::WaitingForAnswer(_) => {
                Some(MOST_WAITING_FOR_CHECK)
            }
            InputState::Backlogged | InputState::Yielded => None,
        }
    }

    /// Whether the next line finds no room.
    pub(super) fn is_full(&self) -> bool {
        self.most().is_some_and(|most| self.count >= most || self.bytes >= WAITING_BYTES)
    }

    pub(super) fn push(&mut self, input: Input, price: u32) {
        self.count += 1;
        self.bytes += input.bytes();
        self.price += price;
        self.queue.push_back(Queued::Line(input, price));
    }

    /// The price of the line that something is reserved for, in messages: of the first.
    pub(super) fn reserved_price(&self) -> Option<u32> {
        match self.front() {
            Some(Queued::Line(_, price)) if self.reserved.is_some() => Some(*price),
            _ => None,
        }
    }

    /// What is still to be paid for the lines that wait, in messages.
    pub(super) fn unpaid(&self) -> u32 {
        self.price - self.reserved_price().unwrap_or_default()
    }

    /// How many lines wait.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Notes behind the lines that wait that one of the batch which is open then was refused.
    pub(super) fn push_refused(&mut self, is_end: bool) {
        match self.queue.back_mut() {
            Some(Queued::Refused { is_end: last }) if !*last => *last = is_end,
            _ => self.queue.push_back(Queued::Refused { is_end }),
        }
    }

    pub(super) fn front(&self) -> Option<&Queued> {
        self.queue.front()
    }

    pub(super) fn pop(&mut self) -> Option<Queued> {
        let next = self.queue.pop_front();
        if let Some(Queued::Line(input, price)) = &next {
            self.count -= 1;
            self.bytes -= input.bytes();
            self.price -= price;
        }
        next
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Queued> {
        self.queue.iter()
    }

    /// Drops all lines that wait, and what memory they took.
    pub(super) fn clear(&mut self) {
        self.queue = VecDeque::new();
        (self.count, self.bytes, self.price) = (0, 0, 0);
        self.refused = 0;
        self.reserved = None;
        self.unfinished = None;
    }

    /// Ends the wait for a check: this one, or whichever it is.
    pub(super) fn take_check(&mut self, id: Option<CheckId>) -> Option<PendingCheck> {
        // What waits behind it is obeyed first.
        match std::mem::replace(&mut self.state, InputState::Yielded) {
            InputState::Waiting(check) if id.is_none_or(|id| id == check.id) => Some(check),
            other => {
                self.state = other;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Message;

    fn input(bytes: usize) -> Input {
        let tags = "x".repeat(bytes - "@+ PING x".len());
        Input::Message(Message::parse(&format!("@+{tags} PING x")).unwrap())
    }

    /// Sixty-four lines with 4 KiB of tags waited for each of many connections.
    #[test]
    fn lines_wait_as_far_as_their_number_and_their_bytes_allow() {
        for (bytes, count) in [(16, MOST_WAITING), (2048, WAITING_BYTES / 2048), (4096, WAITING_BYTES / 4096)]
        {
            let mut lines = Lines::default();
            for wait in [count, 1, count] {
                for _ in 0..wait {
                    assert!(!lines.is_full());
                    lines.push(input(bytes), 2);
                }
                assert!(lines.is_full());
                assert_eq!(lines.unpaid() as usize, 2 * lines.count());
                lines.reserved = Some(Duration::ZERO);
                assert_eq!(lines.unpaid() as usize, 2 * lines.count() - 2);
                lines.reserved = None;
                match wait {
                    1 => lines.clear(),
                    _ => drop(lines.pop()),
                }
            }
        }
    }
}
