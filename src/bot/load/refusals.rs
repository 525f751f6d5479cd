//! Which steps are still to be refused, and which step an error is about. Pure.

use crate::bot::expect::refusal::Asked;
use crate::client::protocol::CaseMapping;
use crate::wire::Message;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// Steps of one actor that an error may still be about. Where it says more at
/// once, an error about the oldest is told at a later one.
const MOST: usize = 4096;

#[derive(Debug, Default)]
pub(super) struct Refusals(HashMap<usize, VecDeque<Step>>);

#[derive(Debug)]
struct Step {
    /// In the script.
    line: usize,
    asked: Rc<Asked>,
    answer: Answer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// It must not be refused.
    None,
    /// It must be refused, and is not yet.
    Due,
    Came,
}

impl Refusals {
    /// The actor on this connection has done something.
    pub(super) fn took(&mut self, at: usize, line: usize, refused: bool, asked: &Rc<Asked>) {
        let steps = self.0.entry(at).or_default();
        if steps.len() >= MOST
            && let Some(oldest) = steps.iter().position(|step| step.answer != Answer::Due)
        {
            steps.remove(oldest);
        }
        let answer = if refused { Answer::Due } else { Answer::None };
        steps.push_back(Step { line, asked: Rc::clone(asked), answer });
    }

    /// An error has come on this connection: None where it is one that was to
    /// come, else the script's line that it is about, as far as is known.
    pub(super) fn on_error(
        &mut self,
        at: usize,
        error: &Message,
        mapping: CaseMapping,
    ) -> Option<Option<usize>> {
        let Some(steps) = self.0.get_mut(&at) else { return Some(None) };
        let last = steps.back().map(|step| step.line);
        let mut about = steps.iter_mut().filter(|step| step.asked.is_answered_by(error, mapping)).peekable();
        let line = about.peek().map(|step| step.line).or(last);
        let mut again = false;
        for step in about {
            match step.answer {
                Answer::Due => {
                    step.answer = Answer::Came;
                    return None;
                }
                // One step may be refused several times.
                Answer::Came => again = true,
                Answer::None => {}
            }
        }
        if again { None } else { Some(line) }
    }

    /// The server has handled all that came on this connection: the lines that
    /// it should have refused.
    pub(super) fn settled(&mut self, at: usize) -> Vec<usize> {
        let steps = self.0.remove(&at).unwrap_or_default();
        steps.iter().filter(|step| step.answer == Answer::Due).map(|step| step.line).collect()
    }

    /// The connection was reset: nobody knows what the server has refused.
    pub(super) fn forget(&mut self, at: usize) {
        self.0.remove(&at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPPING: CaseMapping = CaseMapping::Ascii;

    fn after(steps: &[(usize, bool, &str)]) -> Refusals {
        let mut refusals = Refusals::default();
        for (line, refused, sent) in steps {
            refusals.took(7, *line, *refused, &Rc::new(Asked::by(&[(*sent).to_owned()], MAPPING)));
        }
        refusals
    }

    fn heard(refusals: &mut Refusals, error: &str) -> Option<Option<usize>> {
        refusals.on_error(7, &Message::parse(error).unwrap(), MAPPING)
    }

    /// An error is about the step that it answers.
    #[test]
    fn errors_find_their_steps() {
        let steps = [(1, false, "TOPIC #x :a"), (2, true, "PRIVMSG #y :b"), (3, false, "PRIVMSG #z :c")];
        let mut refusals = after(&steps);
        assert_eq!(heard(&mut refusals, ":s 404 a #y :no"), None);
        assert_eq!(heard(&mut refusals, ":s 404 a #y :no"), None, "a second one about the same");
        assert_eq!(heard(&mut refusals, ":s 404 a #z :no"), Some(Some(3)));
        assert_eq!(heard(&mut refusals, ":s 482 a #x :no"), Some(Some(1)));
        assert_eq!(heard(&mut refusals, ":s 421 a FOO :unknown"), Some(Some(3)), "about none: the last");
        assert_eq!(refusals.on_error(8, &Message::parse("404 b #x :no").unwrap(), MAPPING), Some(None));
        assert_eq!(refusals.settled(7), [0; 0]);
    }

    /// A step that was not refused is told when the server has handled everything.
    #[test]
    fn missing_refusals_are_told_at_the_end() {
        let mut refusals =
            after(&[(1, true, "PRIVMSG #y :b"), (2, true, "PRIVMSG #y :c"), (3, false, "LIST")]);
        assert_eq!(heard(&mut refusals, ":s 404 a #y :no"), None);
        assert_eq!(refusals.settled(7), [2]);
        assert_eq!(refusals.settled(7), [0; 0]);
    }

    #[test]
    fn no_server_fills_it() {
        let steps: Vec<(usize, bool, &str)> = (0..2 * MOST).map(|line| (line, line == 0, "LIST")).collect();
        let mut refusals = after(&steps);
        assert_eq!(refusals.0[&7].len(), MOST);
        assert_eq!(refusals.settled(7), [0]);
    }
}
