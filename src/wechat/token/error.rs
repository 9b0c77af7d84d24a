//! Why there is no access token.

use std::time::Duration;

use crate::wechat::answer::errmsg::Errmsg;
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
    Failed(Option<i32>),
    /// Its output is no token and no JSON with one.
    NoToken(NotToken),
    /// It prints a token that the platform refuses, again and again.
    Stale,
}
