//! How the listeners are called. Pure.

use crate::bot::expect::model::lines;
use crate::bot::script::Action;
use crate::bot::script::plan::Plan;
use crate::client::protocol::CaseMapping;
use std::collections::HashSet;

/// The listeners' names: one beginning, which no word of the script has, and a number.
#[derive(Debug, Clone)]
pub struct Crowd(String);

impl Default for Crowd {
    fn default() -> Crowd {
        Crowd("crowd".to_owned())
    }
}

impl Crowd {
    /// Of the listeners to a script: nobody in it is called so, will be, or is
    /// spoken to by such a name.
    pub fn of(plan: &Plan) -> Crowd {
        let words = Crowd::words(plan);
        let mut crowd = Crowd::default();
        while words.iter().any(|word| is_numbered(word, &crowd.0)) {
            crowd.0.push('_');
        }
        crowd
    }

    pub fn name(&self, listener: usize) -> String {
        format!("{}{}", self.0, listener + 1)
    }

    /// Every word that may be a name, folded.
    fn words(plan: &Plan) -> HashSet<String> {
        let mut words: HashSet<String> = HashSet::new();
        let mut add = |text: &str| {
            let all = text.split([' ', ',', ':']).map(|word| CaseMapping::Ascii.fold(word));
            words.extend(all);
        };
        plan.actors.iter().for_each(|name| add(name));
        for step in plan.groups.iter().flat_map(|group| &group.steps) {
            add(&step.called);
            if let Action::Join { name: Some(name), .. } = &step.action {
                add(name);
            }
            lines(&step.action, "#").iter().for_each(|line| add(line));
        }
        words
    }
}

fn is_numbered(word: &str, beginning: &str) -> bool {
    let number = word.strip_prefix(beginning);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::script::read;

    fn first(source: &str) -> String {
        Crowd::of(&read(source).unwrap()).name(0)
    }

    /// No listener has the name of somebody in the script: such an actor was once refused.
    #[test]
    fn listeners_have_other_names() {
        assert_eq!(first("Ann joins\nAnn: crowds\n"), "crowd1");
        for taken in [
            "crowd7 joins\n",
            "Ann joins as CROWD1\n",
            "Ann joins\nAnn /nick crowd2\n",
            "Ann joins\nAnn >> NICK :crowd2\n",
            "Ann joins\n! Ann /msg crowd3 hi\n",
        ] {
            assert_eq!(first(taken), "crowd_1", "{taken}");
        }
        assert_eq!(first("crowd1 joins\ncrowd_1 joins\n"), "crowd__1");
    }
}
