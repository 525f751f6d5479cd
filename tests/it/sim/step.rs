//! What happens in a simulation, one step after another, and how a seed chooses it.

use super::disk::Unsynced;
use fastrand::Rng;

/// People, by number; their names are in `client.rs`.
pub(super) const PEOPLE: u8 = 5;
pub(super) const ROOMS: [&str; 3] = ["#lobby", "#lab", "#den"];

/// One seed of so many has little room on its disk.
pub(super) const SMALL: u64 = 8;

/// What stays the same for a whole simulation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setup {
    /// Messages that a room has in memory.
    pub(super) history: usize,
    pub(super) messages_a_second: u32,
    /// Work of a session in one slice.
    pub(super) slice: Option<u64>,
    /// On the real store, in a folder of its own.
    pub(super) is_real: bool,
    /// With so little room that old messages go, and small blocks of its index.
    pub(super) is_small: bool,
}

/// How a message is said.
#[derive(Debug, Clone, Copy)]
pub(super) enum Manner {
    Message,
    Notice,
    Tags,
    Long,
    /// Of several lines.
    Lines,
    /// In two rooms at once.
    Twice,
}

/// What of a room is changed by its operators.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mode {
    Moderated,
    InviteOnly,
    Key,
    Limit(u8),
    /// This person needs no invitation.
    Named(u8),
}

/// Which part of the past is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Latest,
    Before,
    After,
    Around,
    Between,
}

/// How a server ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// Between two steps.
    Killed,
    /// In the next commit: the process ends, and what is not synced may be lost.
    InCommit(Unsynced),
    /// In the next commit: the disk fails, and the process ends by itself.
    DiskFails(Unsynced),
    /// As it should.
    Stopped,
}

/// `who`, `whom` and `room` are numbers; `nth` chooses one of those that there are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Connect {
        who: u8,
    },
    Join {
        who: u8,
        room: u8,
    },
    Leave {
        who: u8,
        room: u8,
    },
    Say {
        who: u8,
        room: u8,
        manner: Manner,
    },
    Whisper {
        who: u8,
        whom: u8,
    },
    Redact {
        who: u8,
        nth: u16,
    },
    Page {
        who: u8,
        room: u8,
        part: Part,
        nth: u16,
        most: u8,
    },
    Search {
        who: u8,
        nth: u16,
    },
    Topic {
        who: u8,
        room: u8,
    },
    Rank {
        who: u8,
        room: u8,
        whom: u8,
        on: bool,
    },
    Ban {
        who: u8,
        room: u8,
        whom: u8,
        on: bool,
    },
    Mode {
        who: u8,
        room: u8,
        mode: Mode,
        on: bool,
    },
    Invite {
        who: u8,
        room: u8,
        whom: u8,
    },
    Kick {
        who: u8,
        room: u8,
        whom: u8,
    },
    Rename {
        who: u8,
    },
    /// The next server has another first room.
    First {
        room: u8,
    },
    Quit {
        who: u8,
    },
    /// The connection is lost.
    Lose {
        who: u8,
    },
    /// Takes nothing of what it is sent, or all again.
    Slow {
        who: u8,
        on: bool,
    },
    /// The server closes a slow client.
    Evict {
        who: u8,
    },
    /// The hub's thread does a round.
    Round,
    /// The thread that commits does what there is.
    Commit,
    /// The thread that reads the past answers one question.
    Answer,
    /// The disk stands still, or no more.
    Stall {
        on: bool,
    },
    /// Others fill the disk, but for so many records; or it has room again.
    Fill {
        left: u8,
    },
    Free,
    Pass {
        ms: u32,
    },
    /// The wall clock is set, by so many seconds.
    SetClock {
        seconds: i32,
    },
    End(End),
}

/// The whole of a simulation.
pub(super) fn plan(seed: u64, is_real: bool) -> (Setup, Vec<Step>) {
    let mut rng = Rng::with_seed(seed);
    let setup = Setup {
        history: *choose(&mut rng, &[1, 3, 10, 1000]),
        messages_a_second: *choose(&mut rng, &[0, 0, 0, 4]),
        slice: *choose(&mut rng, &[None, None, Some(10), Some(100)]),
        is_real,
        is_small: seed.is_multiple_of(SMALL),
    };
    let mut steps = Vec::new();
    for who in 0..PEOPLE {
        steps.push(Step::Connect { who });
        steps.push(Step::Join { who, room: rng.u8(..3) });
        steps.push(Step::Join { who, room: 1 });
    }
    steps.extend([Step::Round, Step::Round, Step::Commit, Step::Round, Step::Pass { ms: 100 }]);
    // As much must happen as the disk has no room for.
    let count = rng.usize(20..200) * if setup.is_small { 3 } else { 1 };
    while steps.len() < count {
        let step = step(&mut rng);
        steps.push(step);
        if let Step::Join { who, room } = step {
            steps.push(Step::Page { who, room, part: Part::Latest, nth: 0, most: 30 });
        }
    }
    (setup, steps)
}

fn step(rng: &mut Rng) -> Step {
    let (who, whom, room) = (rng.u8(..PEOPLE), rng.u8(..PEOPLE), rng.u8(..3));
    let (nth, on) = (rng.u16(..), rng.bool());
    match rng.u8(..100) {
        0..2 => Step::Connect { who },
        2..4 => Step::Join { who, room },
        4 => Step::Leave { who, room },
        5..23 => {
            use Manner::{Lines, Long, Message, Notice, Tags, Twice};
            let manners = [Message, Message, Message, Notice, Tags, Long, Lines, Twice];
            Step::Say { who, room, manner: *choose(rng, &manners) }
        }
        23..25 => Step::Whisper { who, whom },
        25..29 => Step::Redact { who, nth },
        29..35 => {
            let parts = [Part::Latest, Part::Latest, Part::Before, Part::After, Part::Around, Part::Between];
            Step::Page { who, room, part: *choose(rng, &parts), nth, most: rng.u8(1..30) }
        }
        35 => Step::Search { who, nth },
        36..39 => Step::Topic { who, room },
        39..43 => Step::Rank { who, room, whom, on },
        43 => Step::Ban { who, room, whom, on },
        44 => {
            use Mode::{InviteOnly, Key, Limit, Moderated, Named};
            let modes = [Moderated, InviteOnly, Key, Limit(rng.u8(1..5)), Named(whom)];
            Step::Mode { who, room, mode: *choose(rng, &modes), on }
        }
        45 => match rng.u8(..4) {
            0 => Step::Kick { who, room, whom },
            1 => Step::Rename { who },
            2 => Step::Invite { who, room, whom },
            _ => Step::First { room },
        },
        46 => match rng.u8(..4) {
            0 => Step::Quit { who },
            1 => Step::Lose { who },
            2 => Step::Evict { who },
            _ => Step::Slow { who, on: true },
        },
        47 => Step::Slow { who, on: false },
        48..66 => Step::Round,
        66..80 => Step::Commit,
        80..84 => Step::Answer,
        84 => Step::Stall { on },
        85 => Step::Fill { left: rng.u8(..10) },
        86..88 => Step::Free,
        88..94 => Step::Pass { ms: 1 << rng.u32(..12) },
        94 => Step::Pass { ms: 1 << rng.u32(10..20) },
        95 => Step::SetClock { seconds: *choose(rng, &[-1, 1, -60, 3600, -3600, 400_000_000, -400_000_000]) },
        _ => {
            let unsynced = *choose(rng, &[Unsynced::Kept, Unsynced::Lost, Unsynced::Torn]);
            use End::{DiskFails, InCommit, Killed, Stopped};
            Step::End(*choose(rng, &[Killed, Killed, InCommit(unsynced), DiskFails(unsynced), Stopped]))
        }
    }
}

fn choose<'a, T>(rng: &mut Rng, items: &'a [T]) -> &'a T {
    &items[rng.usize(..items.len())]
}
