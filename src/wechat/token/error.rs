//! Why there is no access token.

use std::time::Duration;

use crate::wechat::answer::errmsg::Errmsg;
use crate::wechat::answer::error_code::class_of;
use crate::wechat::answer::reply::Failure;
use crate::wechat::token::shape::NotToken;

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenError {
    /// The one that was given is refused, and there is no other.
    GivenRefused,
    /// A token just fetched is refused too.
    FreshRefused,
    /// The platform says no.
    Answered {
        /// The errcode.
        code: i64,
        /// The errmsg.
        errmsg: Errmsg,
    },
    /// The platform gave no answer that can be read.
    NoAnswer(Failure),
    /// The platform's answer holds no token.
    NotAToken(NotToken),
    /// The program that prints tokens did not.
    Command(ProgramError),
}

/// The administrator has to confirm a new address on the phone, which no minute of waiting does
/// (docs/platform.md#ip-list).
const CONFIRMED: std::ops::RangeInclusive<i64> = 89501..=89507;

impl TokenError {
    /// Whether the platform has no time for it just now, or was asked too often. Nothing is wrong with the account then.
    pub(crate) fn is_busy(&self) -> bool {
        match self {
            Self::Answered { code, .. } => class_of(*code).passes() && !CONFIRMED.contains(code),
            Self::GivenRefused
            | Self::FreshRefused
            | Self::NoAnswer(_)
            | Self::NotAToken(_)
            | Self::Command(_) => false,
        }
    }

    /// Whether it is the account that has no token, and not that nobody was there to give one.
    pub(crate) fn is_of_account(&self) -> bool {
        match self {
            Self::GivenRefused | Self::FreshRefused => true,
            Self::Answered { .. } => !self.is_busy(),
            Self::NoAnswer(_) | Self::NotAToken(_) | Self::Command(_) => false,
        }
    }
}

/// How a program ended that gave no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramError {
    /// Why there is none.
    pub(crate) fault: CommandFault,
    /// The end of what it said on stderr, without secrets.
    pub(crate) said: String,
}

/// Why a program gave no token. What it printed is not repeated: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandFault {
    /// It could not be started; the text is the system's.
    NotStarted(String),
    /// It took longer than this and was ended.
    TimedOut(Duration),
    /// It said that it failed, by its exit code.
    Failed(i32),
    /// A signal ended it; its number, where the system tells it.
    Killed(Option<i32>),
    /// Its output is no token and no JSON with one.
    NoToken(NotToken),
    /// It prints a token that the platform refuses, again and again.
    Stale,
}
