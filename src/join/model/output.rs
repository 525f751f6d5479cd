//! The effects, in order. While the past of a room is asked for, what happens now is held
//! back, so that it is shown below the past.

use super::effect::Effect;
use super::item::Item;
use crate::client::protocol::said::Said;
use crate::wire::Line;

/// What is held at most; the past is not waited for any longer then.
const MAX_HELD: usize = 2000;

/// What happened while the past was asked for.
#[derive(Debug)]
pub(super) enum Held {
    Said(Said),
    Item(Item),
}

#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) effects: Vec<Effect>,
    /// None where nothing is held back; about [`MAX_HELD`] at most, see [`Output::is_full`].
    pub(super) held: Option<Vec<Held>>,
}

impl Output {
    pub(super) fn show(&mut self, item: Item) {
        match &mut self.held {
            Some(held) => held.push(Held::Item(item)),
            None => self.effects.push(Effect::Show(item)),
        }
    }

    pub(super) fn send(&mut self, line: &Line) {
        self.send_bytes(line.to_bytes());
    }

    /// Lines that follow one another are one effect.
    pub(super) fn send_bytes(&mut self, mut bytes: Vec<u8>) {
        match self.effects.last_mut() {
            Some(Effect::Send(begun)) => begun.append(&mut bytes),
            _ => self.effects.push(Effect::Send(bytes)),
        }
    }

    pub(super) fn hold(&mut self, said: Said) {
        self.held.get_or_insert_default().push(Held::Said(said));
    }

    /// Whether this message is among those that are held back.
    pub(super) fn holds(&self, said: &Said) -> bool {
        let same = |held: &Held| matches!(held, Held::Said(held) if held.id.is_some() && held.id == said.id);
        self.held.iter().flatten().any(same)
    }

    /// Whether no more should be held back.
    pub(super) fn is_full(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.len() >= MAX_HELD)
    }

    /// This message was taken back.
    pub(super) fn forget(&mut self, id: &str) {
        if let Some(held) = &mut self.held {
            held.retain(|held| !matches!(held, Held::Said(said) if said.id.as_deref() == Some(id)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Phrase;

    #[test]
    fn lines_in_a_row_are_one_effect() {
        let mut output = Output::default();
        output.send(&Line::new("A"));
        output.send(&Line::new("B"));
        output.show(Item::Told(Phrase::Late));
        output.send(&Line::new("C"));
        let send = |bytes: &str| Effect::Send(bytes.as_bytes().to_vec());
        assert_eq!(
            std::mem::take(&mut output.effects),
            [send("A\r\nB\r\n"), Effect::Show(Item::Told(Phrase::Late)), send("C\r\n")]
        );
        assert_eq!(std::mem::take(&mut output.effects), []);
    }

    #[test]
    fn what_is_shown_is_held_back_and_what_is_sent_is_not() {
        let mut output = Output { held: Some(Vec::new()), ..Output::default() };
        output.show(Item::Told(Phrase::Late));
        output.send(&Line::new("A"));
        assert_eq!(std::mem::take(&mut output.effects), [Effect::Send(b"A\r\n".to_vec())]);
        assert!(matches!(output.held.take().as_deref(), Some([Held::Item(Item::Told(Phrase::Late))])));
        (0..MAX_HELD).for_each(|_| output.show(Item::Told(Phrase::Late)));
        assert!(!output.is_full() && std::mem::take(&mut output.effects).len() == MAX_HELD);
        output.held = Some(Vec::new());
        (0..MAX_HELD).for_each(|_| output.show(Item::Told(Phrase::Late)));
        assert!(output.is_full() && std::mem::take(&mut output.effects).is_empty());
    }
}
