//! What stands on the screen, to be drawn again when the window changes.

use super::model::{Form, Item, Speaker};
use super::show::{Look, Moment, Row, Stamp, Stamps, Style};
use crate::text::sanitise::{for_drawing, for_wire};
use std::collections::VecDeque;

/// More rows than a screen has.
const KEPT: usize = 400;

/// The last lines of the conversation, oldest first.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// At most [`KEPT`].
    lines: VecDeque<Line>,
    stamps: Stamps,
}

#[derive(Debug)]
struct Line {
    what: What,
    stamp: Stamp,
}

/// One thing on the screen.
#[derive(Debug)]
pub(super) enum What {
    Item(Item),
    /// A message as it was typed.
    Own(String),
    /// A line as it was typed, with its prompt: a command, or the answer to a question.
    Typed {
        prompt: String,
        text: String,
        style: Style,
    },
}

impl Past {
    /// Its rows, from the top, with the time at which it happened; and it is kept.
    pub(super) fn add(&mut self, what: What, look: &Look, at: Moment) -> Vec<Row> {
        if matches!(what, What::Item(Item::Clear)) {
            *self = Past::default();
        }
        let stamp = match what {
            What::Item(Item::NewDay) => self.stamps.turn(at),
            _ if rows(&what, look).is_empty() => return Vec::new(),
            // What is typed is no part of the conversation; a line across the screen happens at
            // no time of its own.
            What::Typed { .. } => Stamp::default(),
            What::Item(ref item)
                if matches!(item.inner(), Item::Earlier | Item::Unread | Item::RoomIs { .. }) =>
            {
                Stamp::default()
            }
            What::Item(_) | What::Own(_) => self.stamps.stamp(at),
        };
        let line = Line { what, stamp };
        let drawn = line.rows(look);
        if drawn.is_empty() {
            return drawn;
        }
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
        drawn
    }

    /// Draws no more what was taken back: what has this id, and the last line
    /// that was typed so and sent as `own`. True where anything of it was there.
    pub(super) fn withdraw(&mut self, id: &str, own: Option<&str>) -> bool {
        let mut own = own;
        let mut any = false;
        for line in self.lines.iter_mut().rev() {
            match &mut line.what {
                What::Own(text) if own.take_if(|own| *own == sent_as(text)).is_some() => {
                    line.what = What::Item(Item::Withdrawn { from: Speaker::Me, form: Form::Room });
                }
                What::Item(item) => {
                    let item = item.inner_mut();
                    let Item::Said { from, form, id: said, text, .. } = item else { continue };
                    let is_it = match said {
                        Some(said) => said == id,
                        None => {
                            let is_own = |own: &mut &str| *from == Speaker::Me && *own == text.as_str();
                            own.take_if(is_own).is_some()
                        }
                    };
                    if !is_it {
                        continue;
                    }
                    *item = Item::Withdrawn { from: from.clone(), form: form.clone() };
                }
                _ => continue,
            }
            any = true;
        }
        any
    }

    /// The last rows, at most so many.
    pub(super) fn last(&self, count: usize, look: &Look) -> Vec<Row> {
        let mut last: Vec<Vec<Row>> = Vec::new();
        let mut have = 0;
        for line in self.lines.iter().rev() {
            if have >= count {
                break;
            }
            last.push(line.rows(look));
            have += last.last().map_or(0, Vec::len);
        }
        let rows: Vec<Row> = last.into_iter().rev().flatten().collect();
        rows[rows.len().saturating_sub(count)..].to_vec()
    }
}

impl Line {
    fn rows(&self, look: &Look) -> Vec<Row> {
        let mut drawn: Vec<Row> = self.stamp.day.map(|day| look.day(day)).into_iter().collect();
        drawn.extend(look.stamped(self.stamp, |look| rows(&self.what, look)));
        drawn
    }
}

/// What became of a line that was typed.
fn sent_as(text: &str) -> String {
    text.split('\n').map(for_wire).collect::<Vec<_>>().join("\n")
}

fn rows(what: &What, look: &Look) -> Vec<Row> {
    match what {
        What::Item(item) => look.rows(item),
        What::Own(text) => look.own(text),
        What::Typed { prompt, text, style } => {
            let style = if *style == Style::Own { Style::Faint } else { *style };
            look.wrapped(style, &format!("{prompt}{}", for_drawing(text)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    const NOW: Moment = Moment { year: 2026, month: 1, day: 1, weekday: 4, hour: 9, minute: 0 };

    /// A day is told when it begins, and only once.
    #[test]
    fn days_are_told_once() {
        let mut past = Past::default();
        let look = Look { lang: Lang::En, columns: Some(40), time: false };
        let mut add = |what: &str, at| {
            let what = match what {
                "" => What::Item(Item::NewDay),
                text => What::Own(text.to_owned()),
            };
            past.add(what, &look, at).iter().map(Row::text).collect::<Vec<_>>()
        };
        let next = Moment { day: 2, weekday: 5, hour: 0, ..NOW };
        let day = "── Friday, 2 January 2026 ──".to_owned();
        add("one", NOW);
        assert!(add("", NOW).is_empty(), "too early");
        assert_eq!(add("", next), std::slice::from_ref(&day));
        assert_eq!(add("two", next), [format!("{:34}00:00", "me: two")]);
        let third = Moment { day: 3, weekday: 6, ..next };
        assert_eq!(add("three", third).len(), 2);
        assert!(add("", third).is_empty(), "the line before it has told");
        let drawn: Vec<String> = past.last(9, &look).iter().map(Row::text).collect();
        assert_eq!(drawn[1], day);
        assert_eq!(drawn.len(), 5);
    }

    /// A redacted line is removed as it was typed, also where it was sent in another form.
    #[test]
    fn typed_line_is_found_by_what_was_sent() {
        let mut past = Past::default();
        let look = Look { lang: Lang::En, columns: None, time: false };
        for text in ["a\x7f se\x1bcret", "stays"] {
            past.add(What::Own(text.to_owned()), &look, NOW);
        }
        assert!(past.withdraw("m1", Some("a secret")));
        assert!(!past.withdraw("m1", Some("a secret")));
        let drawn: Vec<String> = past.last(9, &look).iter().map(Row::text).collect();
        assert_eq!(drawn, ["me: [taken back]", "me: stays"]);
    }

    #[test]
    fn the_last_rows_are_wrapped_anew() {
        let mut past = Past::default();
        let look = |columns| Look { lang: Lang::En, columns: Some(columns), time: false };
        for text in ["first", "one two three four five"] {
            past.add(What::Own(text.to_owned()), &look(80), NOW);
        }
        let last = |count, columns| -> Vec<String> {
            past.last(count, &look(columns)).iter().map(Row::text).collect()
        };
        assert_eq!(last(10, 20), ["me: first", "me: one two three", "    four five"]);
        assert_eq!(last(2, 20), ["me: one two three", "    four five"]);
        assert_eq!(last(1, 80), ["me: one two three four five"]);
    }
}
