//! What happens during a run, for those who watch it.

use std::time::Duration;

use crate::delivery::attempt::Cause;
use crate::delivery::notice::PaceChange;
use crate::delivery::outcome::Outcome;
use crate::wechat::answer::errmsg::Errmsg;
use crate::wechat::token::TokenError;

/// Something that happened during a run. Every consumer matches all of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A message is settled.
    Settled {
        /// How.
        outcome: Outcome,
        /// The platform's errcode, where it answered.
        code: Option<i64>,
    },
    /// A message was certainly not delivered and is tried again.
    Retrying {
        /// After how long.
        after: Duration,
    },
    /// The whole process sends more slowly for a while, or faster again.
    Pace {
        /// The ceiling now, in messages a second.
        per_second: f64,
        /// Why.
        why: PaceChange,
    },
    /// A media file is being uploaded.
    Uploading {
        /// Its name.
        file: String,
        /// Its size in bytes.
        bytes: u64,
    },
    /// The platform took a media file.
    Uploaded,
    /// The run is being stopped; what is in flight is waited for.
    Draining(Stop),
}

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
    Storage(String),
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
            | Self::Quota { .. }
            | Self::Content { .. }
            | Self::Media { .. }
            | Self::Refused { .. }
            | Self::Unknown { .. }
            | Self::Unreachable { .. } => 1,
        }
    }

    /// A stable word for it, with the errcode where there is one: what the journal keeps.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Interrupted => "interrupted".to_owned(),
            Self::Terminated => "terminated".to_owned(),
            Self::Asked => "stopped".to_owned(),
            Self::Limit => "limit".to_owned(),
            Self::Quota { code, .. } => format!("quota {code}"),
            Self::Account { code, .. } => format!("account {code}"),
            Self::Token(TokenError::Answered { code, .. }) => format!("token {code}"),
            Self::Token(_) => "token".to_owned(),
            Self::Content { code, .. } => format!("content {code}"),
            Self::Refused { .. } => "too-many-refused".to_owned(),
            Self::Unknown { .. } => "too-many-unknown".to_owned(),
            Self::Unreachable { .. } => "unreachable".to_owned(),
            Self::Changed => "audience-changed".to_owned(),
            Self::FileChanged { .. } => "file-changed".to_owned(),
            Self::Media { cause: Cause::Answer { code, .. }, .. } => format!("media {code}"),
            Self::Media { cause: Cause::Event(incident), .. } => format!("media {incident}"),
            Self::Storage(_) => "storage".to_owned(),
        }
    }
}
