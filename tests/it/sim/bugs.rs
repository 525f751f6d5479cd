//! Bugs that are planted to see whether the simulation finds them.
//!
//! They stand where the parts of a server meet, in the double of the disk or in the loop that joins
//! the real parts: the server itself has no switch for them.

/// What is done wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bug {
    /// A batch is delivered as soon as it was made.
    DeliveredBeforeCommit,
    /// A power cut takes the last transaction although it was synced.
    LastLost,
    /// The disk writes the last two transactions in the wrong order: a power cut leaves the later one.
    CommitsReordered,
    /// Of the batches of one transaction the last two are applied in the wrong order.
    BatchesReordered,
    /// A redaction removes nothing from the disk.
    RedactionForgotten,
    /// After a restart numbers begin behind the last record: those that left with what is not kept
    /// are used again.
    IdsUsedAgain,
    /// Members are kept without their ranks.
    RankDropped,
    /// Rooms are kept without their bans.
    BansDropped,
    /// Rooms are kept without their keys.
    KeyDropped,
    /// Of a message of several lines only the first is kept.
    LinesDropped,
    /// A commit is reported when it is begun.
    ReportedEarly,
    /// The disk is asked at once, and not behind the batches before the question.
    AskedEarly,
    /// A page is ordered by the clock, which may have been set back.
    PageByTime,
    /// What finds no room on a full disk counts as kept.
    FullKeepsNothing,
    /// An answer of the disk is lost, and its session waits for ever.
    AnswerLost,
    /// Clients are read on while what they have said is not on disk.
    ReadOn,
    /// The ids that clients give their messages are not known after a restart.
    ClientIdsForgotten,
}

/// All of them, each with a seed that finds it. Where it does not any more, because the plan of a seed
/// has changed, another is looked for.
pub(super) const BUGS: [(Bug, u64); 17] = [
    (Bug::DeliveredBeforeCommit, 0),
    (Bug::LastLost, 1),
    (Bug::CommitsReordered, 1),
    (Bug::BatchesReordered, 514),
    (Bug::RedactionForgotten, 13),
    (Bug::IdsUsedAgain, 45),
    (Bug::RankDropped, 59),
    (Bug::BansDropped, 854),
    (Bug::KeyDropped, 1523),
    (Bug::LinesDropped, 8),
    (Bug::ReportedEarly, 1),
    (Bug::AskedEarly, 1279),
    (Bug::PageByTime, 9),
    (Bug::FullKeepsNothing, 10),
    (Bug::AnswerLost, 0),
    (Bug::ReadOn, 0),
    (Bug::ClientIdsForgotten, 19),
];
