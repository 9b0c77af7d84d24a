//! A message that is shown to people, and why it was chosen.

use jiff::Zoned;
use jiff::tz::TimeZone;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::people::People;
use crate::plan::batch::PlannedMessage;
use crate::plan::schedule::deadline::Deadline;

/// Why a message is shown, in the order in which reasons are served where not all can be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// It is the first of the audience.
    First,
    /// Its texts are the longest.
    Longest,
    /// It is the first with this warning.
    Warning(Code),
    /// It is the first that takes this branch of a conditional, as the template writes it.
    Branch(usize, String),
    /// It is the first that has this value in a column of few values, such as a level of membership.
    Value(usize, String, String),
    /// It is the first whose cell for this variable is blank.
    Blank(usize, String),
    /// Its texts are the shortest.
    Shortest,
    /// Its value of this variable is the widest on a screen.
    Widest(usize, String),
    /// It is the last of the audience.
    Last,
    /// It stands for those around it: such messages are spread evenly over the audience.
    Spread,
}

/// Until when a message can be begun, where the campaign says by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Until {
    /// Until this moment.
    At(Zoned),
    /// Nobody knows when the person was heard of last, and they are sent it all the same.
    Unknown,
    /// The same, and they are skipped.
    Never,
    /// The person's window takes no more.
    Spent,
}

impl Until {
    /// What a deadline means, in this zone.
    pub(crate) fn of(deadline: Deadline, zone: &TimeZone) -> Self {
        match deadline.moment() {
            Some(at) => Self::At(at.to_zoned(zone.clone())),
            None if deadline == Deadline::NONE => Self::Unknown,
            None if deadline == Deadline::SPENT => Self::Spent,
            None => Self::Never,
        }
    }
}

/// A message with what a person wants to know of it.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    /// The message.
    pub(crate) message: PlannedMessage,
    /// Why it was picked, the most important reason first; none where somebody asked for it.
    pub(crate) reasons: Vec<Reason>,
    /// The variables its texts use and what its row puts in their places.
    pub(crate) values: Vec<(String, String)>,
    /// Whom its row names, so that they can be hidden.
    pub(crate) people: People,
    /// The lengths of its texts, one for each of [`Survey::lengths`](crate::plan::sample::survey::Survey::lengths).
    pub(crate) lengths: Vec<usize>,
    /// Until when it can be begun, where the campaign says by what.
    pub(crate) until: Option<Until>,
    /// What is doubtful about its row.
    pub(crate) warnings: Vec<Diagnostic>,
    /// All cells of its row, those of joined files among them.
    pub(crate) cells: Vec<String>,
}
