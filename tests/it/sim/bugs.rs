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
    /// Of the batches of one transaction the last two are applied in the wrong order.
    CommitsReordered,
    /// A redaction removes nothing from the disk.
    RedactionForgotten,
    /// After a restart numbers begin behind the last record: those that left with what is not kept
    /// are used again.
    IdsUsedAgain,
    /// Members are kept without their ranks.
    RankDropped,
    /// A commit is reported when it is begun.
    ReportedEarly,
    /// The disk is asked at once, and not behind the batches before the question.
    AskedEarly,
    /// A page is ordered by the clock, which may have been set back.
    PageByTime,
    /// An answer of the disk is lost, and its session waits for ever.
    AnswerLost,
    /// Clients are read on while what they have said is not on disk.
    ReadOn,
}

impl Bug {
    pub(super) const ALL: [Bug; 11] = [
        Bug::DeliveredBeforeCommit,
        Bug::LastLost,
        Bug::CommitsReordered,
        Bug::RedactionForgotten,
        Bug::IdsUsedAgain,
        Bug::RankDropped,
        Bug::ReportedEarly,
        Bug::AskedEarly,
        Bug::PageByTime,
        Bug::AnswerLost,
        Bug::ReadOn,
    ];
}
