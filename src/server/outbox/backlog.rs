//! What waits for one client, and what waits for all of them together.

use crate::hub::Frame;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of all frames that wait, each distinct one once.
#[derive(Debug, Default)]
pub(crate) struct MemoryLedger(AtomicUsize);

impl MemoryLedger {
    pub(crate) fn live(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Places that a queue keeps when it is empty.
const KEPT: usize = 16;

/// A frame that waits for one client or many: counted once for as long as
/// anybody waits for it. Made by the hub's thread, dropped by whichever is last.
#[derive(Debug)]
pub(crate) struct QueuedFrame {
    frame: Frame,
    ledger: Arc<MemoryLedger>,
}

impl QueuedFrame {
    pub(crate) fn new(frame: Frame, ledger: &Arc<MemoryLedger>) -> Arc<QueuedFrame> {
        ledger.0.fetch_add(frame.len(), Ordering::Relaxed);
        Arc::new(QueuedFrame { frame, ledger: Arc::clone(ledger) })
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.frame
    }
}

impl Drop for QueuedFrame {
    fn drop(&mut self) {
        self.ledger.0.fetch_sub(self.frame.len(), Ordering::Relaxed);
    }
}

/// Part of a frame that one client has yet to get.
#[derive(Debug)]
struct Piece {
    frame: Arc<QueuedFrame>,
    start: usize,
    end: usize,
    /// At most so many bytes of the frame are replies. The other bytes count as sent first, so that
    /// a reply is never counted as something that was not asked for.
    replies: usize,
}

impl Piece {
    fn bytes(&self) -> usize {
        self.end - self.start
    }

    /// Bytes that are no replies.
    fn unasked(&self) -> usize {
        self.bytes().saturating_sub(self.replies)
    }
}

/// One client's queue: references to shared frames, never copies. Its bound
/// is kept by the caller of [`Backlog::push`].
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    pieces: VecDeque<Piece>,
    /// Bytes that wait.
    pub(crate) bytes: usize,
    /// Bytes of these that are no replies.
    pub(crate) unasked: usize,
}

impl Backlog {
    /// Bytes of memory that would be free without it: its places, and of each frame its share
    /// among all for whom that waits. It looks at every frame.
    pub(crate) fn share(&self) -> usize {
        let of_frame = |piece: &Piece| piece.frame.frame.len() / Arc::strong_count(&piece.frame);
        self.reserved() + self.pieces.iter().map(of_frame).sum::<usize>()
    }

    /// Bytes of memory for the places in the queue, taken or free: with frames
    /// of a hundred bytes that wait for thousands, they are most of it.
    pub(crate) fn reserved(&self) -> usize {
        self.pieces.capacity() * size_of::<Piece>()
    }

    /// Appends a frame, of which so many bytes are replies, without its first `taken` bytes.
    /// False where nothing of it is left.
    pub(crate) fn push(&mut self, frame: Arc<QueuedFrame>, replies: usize, taken: usize) -> bool {
        let piece = Piece { start: taken.min(frame.frame.len()), end: frame.frame.len(), replies, frame };
        let has_any = piece.bytes() > 0;
        if has_any {
            self.bytes += piece.bytes();
            self.unasked += piece.unasked();
            self.pieces.push_back(piece);
        }
        has_any
    }

    /// Copies about `most` bytes from the front into `out`, leaving them.
    pub(crate) fn peek(&self, most: usize, out: &mut Vec<u8>) {
        for piece in &self.pieces {
            let room = most - out.len().min(most);
            if room == 0 {
                return;
            }
            let end = piece.end.min(piece.start.saturating_add(room));
            out.extend_from_slice(&piece.frame.frame[piece.start..end]);
        }
    }

    /// Removes what was sent: the first `count` bytes, at most all.
    pub(crate) fn advance(&mut self, mut count: usize) {
        while let Some(front) = self.pieces.front_mut() {
            let (step, before) = (count.min(front.bytes()), front.unasked());
            front.start += step;
            self.bytes -= step;
            self.unasked -= before - front.unasked();
            count -= step;
            if front.start < front.end {
                break;
            }
            self.pieces.pop_front();
        }
        // A queue grows by doubling: memory that is given back at a quarter is not asked for again at once.
        let places = self.pieces.len();
        if self.pieces.capacity() > KEPT.max(4 * places) {
            self.pieces.shrink_to(2 * places);
        }
    }

    /// Drops all but the rest of a line of which a part was sent.
    pub(crate) fn keep_begun_line(&mut self) {
        self.pieces.truncate(1);
        if let Some(front) = self.pieces.front_mut() {
            let bytes = &front.frame.frame;
            let begun = front.start > 0 && bytes[front.start - 1] != b'\n';
            let rest =
                memchr::memchr(b'\n', &bytes[front.start..]).map_or(bytes.len(), |at| front.start + at + 1);
            front.end = if begun { rest } else { front.start };
        }
        self.pieces.retain(|piece| piece.start < piece.end);
        self.pieces.shrink_to_fit();
        self.bytes = self.pieces.iter().map(Piece::bytes).sum();
        self.unasked = self.pieces.iter().map(Piece::unasked).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(text: &str, ledger: &Arc<MemoryLedger>) -> Arc<QueuedFrame> {
        QueuedFrame::new(text.as_bytes().into(), ledger)
    }

    fn all(backlog: &Backlog) -> String {
        let mut out = Vec::new();
        backlog.peek(usize::MAX, &mut out);
        String::from_utf8(out).unwrap()
    }

    /// A frame that waits for many is counted once, and until the last has it.
    #[test]
    fn shared_frame_is_counted_once() {
        let ledger = Arc::new(MemoryLedger::default());
        let frame = waiting("hello\r\n", &ledger);
        let (mut a, mut b) = (Backlog::default(), Backlog::default());
        a.push(Arc::clone(&frame), 0, 0);
        b.push(frame, 0, 3);
        assert_eq!((a.bytes, b.bytes, ledger.live()), (7, 4, 7));
        a.advance(7);
        assert_eq!((a.bytes, ledger.live()), (0, 7));
        b.advance(4);
        assert_eq!((b.bytes, ledger.live()), (0, 0));
    }

    /// The places of a queue that had been long were counted no more, and were there.
    #[test]
    fn reserved_places_are_counted() {
        let ledger = Arc::new(MemoryLedger::default());
        let mut backlog = Backlog::default();
        for _ in 0..10_000 {
            backlog.push(waiting("x\n", &ledger), 0, 0);
        }
        assert!(backlog.reserved() >= 10_000 * size_of::<Piece>());
        for left in (0..10_000).rev() {
            backlog.advance(2);
            assert!(backlog.reserved() <= KEPT.max(4 * left) * size_of::<Piece>(), "{left}");
        }
        assert_eq!(backlog.bytes, 0);
    }

    /// Of a frame that waits for many each has a share.
    #[test]
    fn shared_frame_has_shares() {
        let ledger = Arc::new(MemoryLedger::default());
        let (mut a, mut b) = (Backlog::default(), Backlog::default());
        let frame = waiting("0123456789", &ledger);
        a.push(Arc::clone(&frame), 0, 0);
        b.push(frame, 0, 9);
        a.push(waiting("0123456789", &ledger), 0, 0);
        assert_eq!((a.share() - a.reserved(), b.share() - b.reserved()), (15, 5));
    }

    /// Replies never count as bytes that were not asked for.
    #[test]
    fn replies_are_counted_apart() {
        let ledger = Arc::new(MemoryLedger::default());
        let mut backlog = Backlog::default();
        backlog.push(waiting("0123456789", &ledger), 6, 0);
        backlog.push(waiting("0123456789", &ledger), 0, 3);
        backlog.push(waiting("0123456789", &ledger), 10, 0);
        assert_eq!((backlog.bytes, backlog.unasked), (27, 11));
        for (count, unasked) in [(3, 8), (1, 7), (6, 7), (2, 5), (5, 0), (10, 0)] {
            backlog.advance(count);
            assert_eq!(backlog.unasked, unasked, "{count}");
        }
    }

    /// Only the rest of a line that was begun is kept for a client that is closed.
    #[test]
    fn only_a_begun_line_is_kept() {
        let ledger = Arc::new(MemoryLedger::default());
        for (sent, rest) in [(0, ""), (1, "ne\n"), (4, ""), (6, "o\n"), (7, "\n")] {
            let mut backlog = Backlog::default();
            backlog.push(waiting("one\ntwo\n", &ledger), 0, 0);
            backlog.push(waiting("three\n", &ledger), 0, 0);
            backlog.advance(sent);
            backlog.keep_begun_line();
            assert_eq!((all(&backlog).as_str(), backlog.bytes), (rest, rest.len()), "{sent}");
        }
    }
}
