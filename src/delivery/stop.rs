//! Why a run stops before everybody has been tried.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::delivery::attempt::{Cause, Incident};
use crate::wechat::answer::errmsg::Errmsg;
use crate::wechat::answer::reply::NotAnswer;
use crate::wechat::token::error::TokenError;

/// Why a run stops before everybody has been tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// SIGINT or Ctrl-C.
    Interrupted,
    /// SIGTERM or SIGHUP.
    Terminated,
    /// `wxcast stop`, or a file named STOP beside the campaign.
    Asked,
    /// As many as were asked for have been tried.
    Limit,
    /// It is outside of the campaign's hours.
    Hours {
        /// When it may go on, where it may at all.
        resume_at: Option<Timestamp>,
    },
    /// Nobody is left but those who were written to often enough for now.
    Caps {
        /// How many messages stay unsent for that.
        count: u64,
        /// When the first of them may be sent.
        resume_at: Timestamp,
    },
    /// A step of the ramp is over, and somebody is to look before the next one.
    RampStep {
        /// Which, from 1.
        step: usize,
        /// Of how many.
        steps: usize,
    },
    /// The answers of a step of the ramp were such that nothing more is sent.
    Ramp(Box<Halted>),
    /// WeChat's quota is used up.
    Quota {
        /// The errcode.
        code: i64,
        /// The errmsg.
        errmsg: Errmsg,
    },
    /// The account cannot send at all.
    Account {
        /// The errcode.
        code: i64,
        /// The errmsg.
        errmsg: Errmsg,
    },
    /// There is no token to be had.
    Token(TokenError),
    /// WeChat refuses the content, which is the same for everybody or was refused again and again.
    Content {
        /// The errcode.
        code: i64,
        /// The errmsg.
        errmsg: Errmsg,
    },
    /// A code that wxcast does not know came again and again.
    Unfamiliar {
        /// The errcode.
        code: i64,
        /// The errmsg.
        errmsg: Errmsg,
        /// How often in a row.
        count: u32,
    },
    /// Something turns the requests down before WeChat has seen them, or WeChat does so without an answer.
    Declined {
        /// The HTTP status.
        status: u16,
        /// How many in a row.
        count: u32,
    },
    /// Too large a share is refused.
    Refused {
        /// How many were refused.
        refused: u64,
        /// Of how many answers.
        answered: u64,
    },
    /// Too many outcomes are unknown.
    Unknown {
        /// How many within a minute.
        count: u32,
        /// What came in place of the last answer, where something did.
        instead: Option<NotAnswer>,
    },
    /// WeChat is out of reach: the tries of so many messages in a row were used up without a connection.
    Unreachable {
        /// How many.
        count: u32,
    },
    /// The campaign or the audience is no longer what was planned.
    Changed,
    /// A media file is no longer what was planned.
    FileChanged {
        /// Its name.
        file: String,
    },
    /// A media file that everybody gets cannot be uploaded.
    Media {
        /// Its name.
        file: String,
        /// Why.
        cause: Cause,
    },
    /// The journal cannot be written.
    Storage(StorageFault),
}

/// What ended a ramp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halted {
    /// The step, from 1.
    pub(crate) step: usize,
    /// Of how many.
    pub(crate) steps: usize,
    /// How many of its messages were refused, those to people of an old list left aside.
    pub(crate) refused: u64,
    /// Of how many answers.
    pub(crate) answered: u64,
    /// Of how many nobody knows.
    pub(crate) unknown: u64,
    /// The refusals by errcode.
    pub(crate) codes: Vec<(i64, u64)>,
    /// Some whom they are about.
    pub(crate) examples: Vec<String>,
}

impl Stop {
    /// How grave it is, in the order of exits (docs/reference.md#exit-codes): storage, account, gate, signal, pause.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Self::Storage(_) => 5,
            Self::Account { .. } | Self::Token(_) => 4,
            Self::Changed | Self::FileChanged { .. } => 3,
            Self::Interrupted | Self::Terminated => 2,
            Self::Asked
            | Self::Limit
            | Self::Hours { .. }
            | Self::Caps { .. }
            | Self::RampStep { .. }
            | Self::Ramp(_)
            | Self::Quota { .. }
            | Self::Content { .. }
            | Self::Unfamiliar { .. }
            | Self::Declined { .. }
            | Self::Media { .. }
            | Self::Refused { .. }
            | Self::Unknown { .. }
            | Self::Unreachable { .. } => 1,
        }
    }

    /// What the journal keeps of it.
    pub(crate) fn reason(&self) -> StopReason {
        let plain = |word| StopReason::new(word, None);
        match self {
            Self::Interrupted => plain(StopWord::Interrupted),
            Self::Terminated => plain(StopWord::Terminated),
            Self::Asked => plain(StopWord::Stopped),
            Self::Limit => plain(StopWord::Limit),
            Self::Hours { .. } => plain(StopWord::Hours),
            Self::Caps { .. } => plain(StopWord::Caps),
            Self::RampStep { .. } => plain(StopWord::RampStep),
            Self::Ramp(_) => plain(StopWord::Ramp),
            Self::Quota { code, .. } => StopReason::with_code(StopWord::Quota, *code),
            Self::Account { code, .. } => StopReason::with_code(StopWord::Account, *code),
            Self::Token(TokenError::Answered { code, .. }) => StopReason::with_code(StopWord::Token, *code),
            Self::Token(_) => plain(StopWord::Token),
            Self::Content { code, .. } => StopReason::with_code(StopWord::Content, *code),
            Self::Unfamiliar { code, .. } => StopReason::with_code(StopWord::Unfamiliar, *code),
            Self::Declined { status, .. } => {
                let status = Detail::Incident(Incident::Declined(*status));
                StopReason::new(StopWord::Declined, Some(status))
            }
            Self::Refused { .. } => plain(StopWord::TooManyRefused),
            Self::Unknown { .. } => plain(StopWord::TooManyUnknown),
            Self::Unreachable { .. } => plain(StopWord::Unreachable),
            Self::Changed => plain(StopWord::AudienceChanged),
            Self::FileChanged { .. } => plain(StopWord::FileChanged),
            Self::Media { cause: Cause::Answer { code, .. }, .. } => {
                StopReason::with_code(StopWord::Media, *code)
            }
            Self::Media { cause: Cause::Event(incident), .. } => {
                StopReason::new(StopWord::Media, Some(Detail::Incident(*incident)))
            }
            Self::Storage(_) => plain(StopWord::Storage),
        }
    }
}

/// Why the journal can no longer be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorageFault {
    /// Another process has taken the campaign over.
    Fenced,
    /// The journal, or a lock of the run, is no longer the file that was opened.
    Replaced,
    /// The thread that writes it has ended.
    NoWriter,
    /// What SQLite or the system says.
    Said(String),
}

/// Why a run stopped, in the words that journals keep. They are printed and parsed here and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// One of ours.
    Known(StopWord, Option<Detail>),
    /// One that a later version has written; it is kept as it stands.
    Foreign(String),
}

/// The word of a reason. The names are stored in journals and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopWord {
    Interrupted,
    Terminated,
    Stopped,
    Limit,
    Hours,
    Caps,
    RampStep,
    Ramp,
    Quota,
    Account,
    Token,
    Content,
    Unfamiliar,
    Declined,
    TooManyRefused,
    TooManyUnknown,
    Unreachable,
    AudienceChanged,
    FileChanged,
    Media,
    Storage,
}

/// What made it stop, more exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// The platform's errcode.
    Code(i64),
    /// What took the place of an answer.
    Incident(Incident),
}

impl StopReason {
    fn new(word: StopWord, detail: Option<Detail>) -> Self {
        Self::Known(word, detail)
    }

    /// A reason that the platform gave with an errcode.
    pub(crate) fn with_code(word: StopWord, code: i64) -> Self {
        Self::new(word, Some(Detail::Code(code)))
    }

    /// Reads what a journal keeps.
    pub(crate) fn parse(text: &str) -> Self {
        let (word, detail) = text.split_once(' ').map_or((text, None), |(word, rest)| (word, Some(rest)));
        let known = StopWord::ALL.into_iter().find(|known| known.name() == word);
        let detail = match detail {
            None => Some(None),
            Some(detail) => Detail::parse(detail).map(Some),
        };
        match known.zip(detail) {
            Some((word, detail)) => Self::Known(word, detail),
            None => Self::Foreign(text.to_owned()),
        }
    }
}

impl Detail {
    fn parse(text: &str) -> Option<Self> {
        text.parse().map(Self::Code).ok().or_else(|| Incident::parse(text).map(Self::Incident))
    }
}

impl StopWord {
    /// Every word.
    pub const ALL: [Self; 21] = [
        Self::Interrupted,
        Self::Terminated,
        Self::Stopped,
        Self::Limit,
        Self::Hours,
        Self::Caps,
        Self::RampStep,
        Self::Ramp,
        Self::Quota,
        Self::Account,
        Self::Token,
        Self::Content,
        Self::Unfamiliar,
        Self::Declined,
        Self::TooManyRefused,
        Self::TooManyUnknown,
        Self::Unreachable,
        Self::AudienceChanged,
        Self::FileChanged,
        Self::Media,
        Self::Storage,
    ];

    /// Its name in journals, JSON and `locales/`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
            Self::Stopped => "stopped",
            Self::Limit => "limit",
            Self::Hours => "hours",
            Self::Caps => "caps",
            Self::RampStep => "ramp-step",
            Self::Ramp => "ramp",
            Self::Quota => "quota",
            Self::Account => "account",
            Self::Token => "token",
            Self::Content => "content",
            Self::Unfamiliar => "unfamiliar",
            Self::Declined => "declined",
            Self::TooManyRefused => "too-many-refused",
            Self::TooManyUnknown => "too-many-unknown",
            Self::Unreachable => "unreachable",
            Self::AudienceChanged => "audience-changed",
            Self::FileChanged => "file-changed",
            Self::Media => "media",
            Self::Storage => "storage",
        }
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => code.fmt(f),
            Self::Incident(incident) => incident.fmt(f),
        }
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(word, None) => f.write_str(word.name()),
            Self::Known(word, Some(detail)) => write!(f, "{} {detail}", word.name()),
            Self::Foreign(text) => f.write_str(text),
        }
    }
}

impl Serialize for StopReason {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StopReason {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&String::deserialize(from)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_read_as_it_was_written() {
        let details = [None, Some(Detail::Code(45009)), Some(Detail::Incident(Incident::TurnedAway(503)))];
        for word in StopWord::ALL {
            for detail in details {
                let reason = StopReason::new(word, detail);
                assert_eq!(StopReason::parse(&reason.to_string()), reason);
            }
        }
        assert_eq!(StopReason::with_code(StopWord::Quota, 45009).to_string(), "quota 45009");
    }

    #[test]
    fn a_later_version_s_reason_is_kept_as_it_stands() {
        for text in ["window", "quota soon", "", "token 1 2"] {
            assert_eq!(StopReason::parse(text), StopReason::Foreign(text.to_owned()));
            assert_eq!(StopReason::parse(text).to_string(), text);
        }
    }
}
