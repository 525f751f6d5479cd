//! What was typed and can't be sent yet, in the order in which it was typed.

use super::ids::RoomId;
use super::outgoing::Outgoing;
use super::repeat::Repeat;
use crate::wire::Line;
use std::collections::VecDeque;

/// Texts and commands that wait; more are refused.
pub(super) const MAX_QUEUED: usize = 1000;

/// The place of something that was typed: later things have greater ones, and
/// the pieces of one text stand in their order.
pub(super) type Order = (u64, usize);

/// A text that waits, or a part of one.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) outgoing: Outgoing,
    /// The text of many messages that this is of.
    pub(super) block: Option<u64>,
    pub(super) order: Order,
    /// How often it came too fast.
    pub(super) tries: u32,
    /// How often the server's full disk has refused it.
    pub(super) unkept: u32,
    /// The id of its message, once it was sent to a server that knows it by that.
    pub(super) client_id: Option<String>,
    /// It may have been said.
    pub(super) repeat: Option<Repeat>,
}

impl Piece {
    pub(super) fn new(outgoing: Outgoing, block: Option<u64>, order: Order) -> Piece {
        Piece { outgoing, block, order, tries: 0, unkept: 0, client_id: None, repeat: None }
    }
}

/// Something that waits.
#[derive(Debug)]
pub(super) enum Queued {
    Text(Piece),
    /// What a command sends.
    Line(Order, Line),
}

impl Queued {
    fn order(&self) -> Order {
        match self {
            Queued::Text(piece) => piece.order,
            Queued::Line(order, _) => *order,
        }
    }
}

/// At most [`MAX_QUEUED`] texts and commands, each text of as many pieces as it needs.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Oldest first.
    pub(super) queued: VecDeque<Queued>,
    /// How many things were typed.
    typed: u64,
}

impl Queue {
    /// Whether no more is kept.
    pub(super) fn is_full(&self) -> bool {
        let mut typed: Vec<u64> = self.queued.iter().map(|queued| queued.order().0).collect();
        typed.dedup();
        typed.len() >= MAX_QUEUED
    }

    fn next_order(&mut self) -> Order {
        self.typed += 1;
        (self.typed, 0)
    }

    pub(super) fn push_text(&mut self, outgoing: Outgoing) {
        let order = self.next_order();
        self.queued.push_back(Queued::Text(Piece::new(outgoing, None, order)));
    }

    pub(super) fn push_line(&mut self, line: Line) {
        let order = self.next_order();
        self.queued.push_back(Queued::Line(order, line));
    }

    /// Whether what a command sends waits.
    pub(super) fn has_lines(&self) -> bool {
        self.queued.iter().any(|queued| matches!(queued, Queued::Line(..)))
    }

    /// Takes out the first of these lines; false where none waits.
    pub(super) fn take_line(&mut self, line: &Line) -> bool {
        let is_it =
            |queued: &Queued| matches!(queued, Queued::Line(_, other) if other.as_str() == line.as_str());
        let at = self.queued.iter().position(is_it);
        at.and_then(|at| self.queued.remove(at)).is_some()
    }

    /// Puts something back into its place.
    pub(super) fn put_back(&mut self, queued: Queued) {
        let order = queued.order();
        let at = self.queued.iter().position(|other| other.order() >= order).unwrap_or(self.queued.len());
        self.queued.insert(at, queued);
    }

    /// Takes out all pieces of this text.
    pub(super) fn take_block(&mut self, block: u64) -> Vec<Piece> {
        self.take_all(|piece| piece.block == Some(block))
    }

    /// Takes out all that waits for this room.
    pub(super) fn take_room(&mut self, room: RoomId) -> Vec<Piece> {
        self.take_all(|piece| piece.outgoing.room() == Some(room))
    }

    /// Takes out what may have been said, and for which this holds.
    pub(super) fn take_repeats(&mut self, is_it: impl Fn(&Repeat) -> bool) -> Vec<Piece> {
        let is_it = |piece: &Piece| piece.repeat.as_ref().is_some_and(&is_it);
        let is_any = self.queued.iter().any(|queued| matches!(queued, Queued::Text(piece) if is_it(piece)));
        if is_any { self.take_all(is_it) } else { Vec::new() }
    }

    /// Takes out what the server's full disk has refused.
    pub(super) fn take_unkept(&mut self) -> Vec<Piece> {
        self.take_all(|piece| piece.unkept > 0)
    }

    fn take_all(&mut self, is_it: impl Fn(&Piece) -> bool) -> Vec<Piece> {
        let mut taken = Vec::new();
        for queued in std::mem::take(&mut self.queued) {
            match queued {
                Queued::Text(piece) if is_it(&piece) => taken.push(piece),
                other => self.queued.push_back(other),
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::super::outgoing::Target;
    use super::*;

    fn outgoing(text: &str) -> Outgoing {
        let target = Target::Person("bob".to_owned());
        Outgoing { target, text: text.to_owned(), action: false, on_screen: true }
    }

    fn texts(queue: &mut Queue) -> Vec<String> {
        let text = |queued| match queued {
            Queued::Text(piece) => piece.outgoing.text,
            Queued::Line(_, line) => line.as_str().to_owned(),
        };
        queue.queued.drain(..).map(text).collect()
    }

    #[test]
    fn what_comes_back_stands_where_it_stood() {
        let mut queue = Queue::default();
        queue.push_text(outgoing("one"));
        queue.push_line(Line::new("LIST"));
        queue.push_text(outgoing("three"));
        let (one, list) = (queue.queued.pop_front().unwrap(), queue.queued.pop_front().unwrap());
        queue.put_back(list);
        queue.put_back(one);
        assert_eq!(texts(&mut queue), ["one", "LIST", "three"]);
    }

    /// A text counts once, however many pieces it has.
    #[test]
    fn text_counts_once() {
        let mut queue = Queue::default();
        for at in 0..MAX_QUEUED {
            queue.put_back(Queued::Text(Piece::new(outgoing("y"), Some(7), (5000, at))));
        }
        (1..MAX_QUEUED - 1).for_each(|_| queue.push_text(outgoing("x")));
        assert!(!queue.is_full());
        queue.push_text(outgoing("x"));
        assert!(queue.is_full());
        assert_eq!(queue.take_block(7).len(), MAX_QUEUED);
        assert!(!queue.is_full());
    }
}
