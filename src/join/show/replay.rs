//! What was said before one came, cut so that the room's head stays on the screen.

use super::look::{LEAST_COLUMNS, Look, TIME_COLUMNS};
use crate::join::model::{Effect, Item};
use crate::text::Phrase;

/// The head of a room that has just been entered, until what was said before stands below it.
#[derive(Debug, Default)]
pub struct Replay {
    /// Its rows; None where no room was just entered.
    head: Option<usize>,
}

impl Replay {
    /// Takes out the oldest messages of a replay for which a screen of so many rows has no room:
    /// `/last` shows them.
    pub fn cut(&mut self, effects: &mut Vec<Effect>, look: &Look, height: usize) {
        let mut from = None;
        let mut at = 0;
        while let Some(effect) = effects.get(at) {
            match effect {
                Effect::Show(Item::Header { .. }) => self.head = Some(0),
                Effect::Show(Item::Said { at: Some(_), .. }) => {
                    from.get_or_insert(at);
                    at += 1;
                    continue;
                }
                Effect::Show(Item::Earlier) => {
                    if let Some((from, head)) = from.zip(self.head.take()) {
                        let cut = too_many(&effects[from..at], look, height.saturating_sub(head));
                        effects.drain(from..from + cut);
                        at -= cut;
                    }
                }
                Effect::Show(
                    Item::TopicIs { .. } | Item::YouAreOperator { .. } | Item::Unread | Item::Bell,
                )
                | Effect::Send(_)
                | Effect::Entered => {}
                _ => self.head = None,
            }
            if let (Effect::Show(item), Some(head)) = (&effects[at], &mut self.head) {
                *head += narrow(look).rows(item).len();
            }
            at += 1;
        }
    }
}

/// How many of the first of these messages have no room, where so many rows are left. One stays.
fn too_many(said: &[Effect], look: &Look, rows: usize) -> usize {
    let look = narrow(look);
    let height = |item: &Item| look.rows(item).len();
    // Below them: the line that ends them, what to do, and what is typed.
    let below = height(&Item::Earlier) + height(&Item::Told(Phrase::Hint)) + 1;
    let mut left = rows.saturating_sub(below);
    let fits = |effect: &&Effect| {
        let Effect::Show(item) = effect else { return true };
        let fits = height(item) <= left;
        left = left.saturating_sub(height(item));
        fits
    };
    let fitting = said.iter().rev().take_while(fits).count();
    said.len() - fitting.max(1)
}

/// A time may stand beside each.
fn narrow(look: &Look) -> Look {
    let columns =
        look.columns.map(|columns| if columns < LEAST_COLUMNS { columns } else { columns - TIME_COLUMNS });
    Look { columns, ..*look }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::join::model::{Form, Speaker};
    use crate::text::Lang;

    fn said(text: &str) -> Effect {
        let (from, at) = (Speaker::Other("bob".to_owned()), jiff::Timestamp::from_second(1).ok());
        Effect::Show(Item::Said {
            from,
            text: text.to_owned(),
            form: Form::Room,
            mention: None,
            at,
            id: None,
        })
    }

    /// At 40 columns and 12 rows the replay pushed the room's head off the screen.
    #[test]
    fn the_head_stays_on_a_small_screen() {
        let look = Look { lang: Lang::En, columns: Some(40), time: false };
        let [name, room, address] = ["me", "#lobby", "10.0.0.1:7000"].map(str::to_owned);
        let header =
            Effect::Show(Item::Header { name, room, address, kept: None, people: vec!["@bob".to_owned()] });
        let replay = |head: &[Effect]| {
            let said = (0..20).map(|n| said(&format!("{n} {}", "long ".repeat(8))));
            head.iter().cloned().chain(said).chain([Effect::Show(Item::Earlier)]).collect::<Vec<_>>()
        };
        let mut shown = replay(std::slice::from_ref(&header));
        Replay::default().cut(&mut shown, &look, 12);
        assert_eq!(shown.len(), 5, "{shown:?}");
        assert!(shown[0] == header && format!("{:?}", shown[3]).contains("19 long"));
        // The head came before, and its past now.
        let mut state = Replay::default();
        state.cut(&mut vec![header], &look, 12);
        let mut shown = replay(&[]);
        state.cut(&mut shown, &look, 12);
        assert_eq!(shown.len(), 4);
        // What is asked for is shown whole, and so is all that has room.
        let mut shown = replay(&[]);
        state.cut(&mut shown, &look, 12);
        assert_eq!(shown.len(), 21);
        let mut shown = replay(&[]);
        Replay { head: Some(3) }.cut(&mut shown, &look, 80);
        assert_eq!(shown.len(), 21);
    }
}
