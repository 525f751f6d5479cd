//! Batches: lines of the server that belong together (IRCv3 batch).

use super::said::Said;
use crate::wire::{Message, multiline};

/// Batches open at once. Further ones are not tracked: their lines are handled as if they stood alone.
const MOST: usize = 64;
/// Messages of one answer about the past, and lines of one message; more are dropped.
const MOST_INSIDE: usize = 1000;
/// Bytes of a message of several lines; what is longer is cut.
const MOST_BYTES: usize = 64 * 1024;

/// The batches that the server has begun.
#[derive(Debug, Default)]
pub struct Batches(Vec<Batch>);

#[derive(Debug)]
struct Batch {
    reference: String,
    /// The line that began it.
    opening: Message,
    inside: Inside,
}

#[derive(Debug)]
enum Inside {
    /// A batch of another type: its lines are handled as if they stood alone.
    Any,
    /// Lines of one message, as far as they have come (multiline).
    Lines { text: String, count: usize },
    /// What was said before (chathistory, soju.im/search).
    Past(Vec<Said>),
}

/// What a batch has brought, now that it is whole.
#[derive(Debug)]
pub enum Whole {
    Said(Said),
    Past {
        /// Empty where a search has found it.
        room: String,
        /// The label of our question, where it had one.
        label: Option<String>,
        said: Vec<Said>,
    },
}

impl Batches {
    /// A BATCH line.
    pub fn on_batch(&mut self, message: &Message) -> Option<Whole> {
        let reference = message.param(0)?;
        if let Some(closed) = reference.strip_prefix('-') {
            return self.close(closed);
        }
        if let Some(open) = reference.strip_prefix('+')
            && self.0.len() < MOST
        {
            let inside = match message.param(1) {
                Some(multiline::NAME) => Inside::Lines { text: String::new(), count: 0 },
                Some("chathistory" | "soju.im/search") => Inside::Past(Vec::new()),
                _ => Inside::Any,
            };
            self.0.push(Batch { reference: open.to_owned(), opening: message.clone(), inside });
        }
        None
    }

    /// Whether the message is part of something that is shown once it is whole.
    pub fn take(&mut self, message: &Message) -> bool {
        let Some(batch) = message.tag("batch").and_then(|reference| self.find(&reference)) else {
            return false;
        };
        match &mut batch.inside {
            Inside::Any => return false,
            Inside::Lines { text, count } if *count < MOST_INSIDE => {
                let line = message.param(1).unwrap_or_default();
                let most = line.floor_char_boundary(MOST_BYTES.saturating_sub(text.len()));
                multiline::add(text, *count, &line[..most], multiline::joins(message));
                *count += 1;
            }
            Inside::Past(said) if said.len() < MOST_INSIDE => said.extend(Said::of(message, None)),
            Inside::Lines { .. } | Inside::Past(_) => {}
        }
        true
    }

    fn close(&mut self, reference: &str) -> Option<Whole> {
        let at = self.0.iter().position(|batch| batch.reference == reference)?;
        let label = self.label(&self.0[at].opening);
        let Batch { opening, inside, .. } = self.0.remove(at);
        match inside {
            Inside::Any => None,
            Inside::Past(said) => {
                let room = opening.param(2).unwrap_or_default().to_owned();
                Some(Whole::Past { room, label, said })
            }
            Inside::Lines { text, .. } => {
                let said = Said::whole(&opening, text, label)?;
                match opening.tag("batch").and_then(|outer| self.find(&outer)).map(|outer| &mut outer.inside)
                {
                    Some(Inside::Past(past)) => {
                        if past.len() < MOST_INSIDE {
                            past.push(said);
                        }
                        None
                    }
                    _ => Some(Whole::Said(said)),
                }
            }
        }
    }

    fn find(&mut self, reference: &str) -> Option<&mut Batch> {
        self.0.iter_mut().find(|batch| batch.reference == reference)
    }

    /// The label of our request that this message answers: its own, or that of
    /// a batch around it.
    pub fn label(&self, message: &Message) -> Option<String> {
        let mut message = message;
        // Bounded, since a server may say that two batches are in each other.
        for _ in 0..=MOST {
            if let Some(label) = message.tag("label") {
                return Some(label.into_owned());
            }
            let outer = message.tag("batch")?;
            message = &self.0.iter().find(|batch| batch.reference == outer)?.opening;
        }
        None
    }

    /// Removes a message that was redacted.
    pub fn forget(&mut self, id: &str) {
        for batch in &mut self.0 {
            if let Inside::Past(said) = &mut batch.inside {
                said.retain(|said| said.id.as_deref() != Some(id));
            }
        }
    }

    /// Forgets all batches: their connection has ended.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(batches: &mut Batches, lines: &[&str]) -> Vec<Whole> {
        let mut whole = Vec::new();
        for line in lines {
            let message = Message::parse(line).unwrap();
            match message.is("BATCH") {
                true => whole.extend(batches.on_batch(&message)),
                false => assert!(batches.take(&message), "{line}"),
            }
        }
        whole
    }

    /// Lines of a multiline batch are one message, messages of a chathistory batch one answer.
    #[test]
    fn batches_come_whole() {
        let mut batches = Batches::default();
        let whole = hear(
            &mut batches,
            &[
                "@label=h1 :s BATCH +b1 chathistory #lobby",
                "@batch=b1;msgid=a :bob!u@h PRIVMSG #lobby :one",
                "@batch=b1;msgid=b :bob!u@h BATCH +m draft/multiline #lobby",
                "@batch=m :bob!u@h PRIVMSG #lobby :two",
                "@batch=m :bob!u@h PRIVMSG #lobby :",
                "@batch=m :bob!u@h PRIVMSG #lobby :thr",
                "@batch=m;draft/multiline-concat :bob!u@h PRIVMSG #lobby :ee",
                "@batch=b1 :bob!u@h BATCH -m",
                "@batch=b1 :bob!u@h JOIN #lobby",
                ":s BATCH -b1",
            ],
        );
        let [Whole::Past { room, label, said }] = &whole[..] else { panic!("{whole:?}") };
        assert_eq!((room.as_str(), label.as_deref()), ("#lobby", Some("h1")));
        let said: Vec<_> =
            said.iter().map(|said| (said.id.as_deref().unwrap(), said.text.as_str())).collect();
        assert_eq!(said, [("a", "one"), ("b", "two\n\nthree")]);
    }

    #[test]
    fn a_label_counts_for_all_inside() {
        let mut batches = Batches::default();
        hear(&mut batches, &["@label=r1 :s BATCH +x labeled-response"]);
        let label = |batches: &Batches, line| batches.label(&Message::parse(line).unwrap());
        assert_eq!(label(&batches, "@batch=x :s 404 a #b :no").as_deref(), Some("r1"));
        assert_eq!(label(&batches, "@batch=y :s 404 a #b :no"), None);
        let whole = hear(
            &mut batches,
            &[
                "@batch=x :a!u@h BATCH +m draft/multiline #b",
                "@batch=m :a!u@h PRIVMSG #b :1",
                ":a!u@h BATCH -m",
            ],
        );
        assert!(
            matches!(&whole[..], [Whole::Said(said)] if said.label.as_deref() == Some("r1")),
            "{whole:?}"
        );
        hear(&mut batches, &["BATCH -x", "BATCH -never"]);
        assert_eq!(label(&batches, "@batch=x :s 404 a #b :no"), None);
    }

    #[test]
    fn what_a_server_can_pile_up_is_bounded() {
        let mut batches = Batches::default();
        (0..1000)
            .for_each(|n| assert!(hear(&mut batches, &[&format!("@batch={n} BATCH +{n} x")]).is_empty()));
        assert_eq!(batches.0.len(), MOST);
        // In a circle there is no label.
        assert_eq!(batches.label(&Message::parse("@batch=1 X").unwrap()), None);
        batches.clear();
        hear(&mut batches, &["BATCH +p chathistory #lobby"]);
        (0..2000)
            .for_each(|_| assert!(hear(&mut batches, &["@batch=p :b!u@h PRIVMSG #lobby :x"]).is_empty()));
        // Messages of several lines among them had no bound.
        for _ in 0..10 {
            hear(
                &mut batches,
                &[
                    "@batch=p :b!u@h BATCH +m draft/multiline #lobby",
                    "@batch=m :b!u@h PRIVMSG #lobby :x",
                    "BATCH -m",
                ],
            );
        }
        let Some(Whole::Past { said, .. }) = hear(&mut batches, &["BATCH -p"]).pop() else { panic!() };
        assert_eq!(said.len(), MOST_INSIDE);
    }
}
