//! What the simulation has found in the server, with the fewest steps that showed it. Steps outlive a
//! change of the plan, which seeds do not.

use super::step::{Manner, Part, Setup, Step};

/// What was wrong, and how it showed.
pub(super) struct Found {
    pub(super) what: &'static str,
    pub(super) setup: Setup,
    pub(super) steps: &'static [Step],
}

const SETUP: Setup = Setup { history: 1, messages_a_second: 0, slice: None, is_real: false, is_small: false };

pub(super) const FOUND: &[Found] = &[Found {
    what: "A page had old events and the latest message, and not the messages between.",
    setup: SETUP,
    steps: &[
        Step::Connect { who: 1 },
        Step::Join { who: 1, room: 0 },
        Step::Connect { who: 2 },
        Step::Join { who: 2, room: 0 },
        Step::Say { who: 2, room: 0, manner: Manner::Message },
        Step::Pass { ms: 512 },
        Step::Say { who: 1, room: 0, manner: Manner::Long },
        Step::Pass { ms: 512 },
        Step::Page { who: 2, room: 0, part: Part::Latest, nth: 0, most: 2 },
    ],
}];
