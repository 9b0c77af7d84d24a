//! Why nothing more is fetched, for people. Whatever was fetched is kept.

use std::io;

use crate::cli::exit_code::Exit;
use crate::cli::origin::Origin;
use crate::cli::problem::Problem;
use crate::cli::refusal;
use crate::delivery::stop::Stop;
use crate::gather::ask::Halt;
use crate::gather::kept::KeptError;
use crate::locale::sentence::Sentence;
use crate::wechat::answer::errmsg::refused_ip;
use crate::wechat::answer::error_code::class_of;
use crate::wechat::answer::reply::{Answer, Failure};
use crate::wechat::token::error::TokenError;

/// A tag that is not there, or not any more (docs/platform.md#tags).
const NO_TAG: i64 = 45159;
/// The records of service accounts are not switched on (docs/platform.md#chat-records).
const NO_RECORDS: i64 = 65400;

/// Why nothing more is fetched.
pub(super) fn halted(halt: &Halt, origin: &Origin) -> Problem {
    match halt {
        Halt::Quota(answer) => told(Exit::Paused, "gathered-quota", answer),
        Halt::Answered(answer) if answer.code == NO_RECORDS => {
            told(Exit::Account, "gathered-no-records", answer)
        }
        Halt::Answered(answer) if answer.code == NO_TAG => told(Exit::Invalid, "gathered-tag-gone", answer),
        Halt::Answered(answer) if refused_ip(answer.errmsg.raw()).is_some() => {
            Problem::said(Exit::Account, refusal::account(answer.code, &answer.errmsg, Some(origin)))
        }
        Halt::Answered(answer) if class_of(answer.code).passes() => {
            told(Exit::Paused, "gathered-busy", answer)
        }
        Halt::Answered(answer) => told(Exit::Account, "gathered-refused", answer),
        Halt::Token(error) => Problem::said(Exit::Account, refusal::token(error, Some(origin))),
        Halt::NoAnswer(failure) => {
            let sentence = refusal::token(&TokenError::NoAnswer(failure.clone()), Some(origin));
            Problem::said(exit(failure), sentence.then(Sentence::new("gathered.goes-on")))
        }
        Halt::Storage(reason) => Problem::new(Exit::Storage, "gathered-disk").because(reason),
    }
}

fn told(exit: Exit, key: &str, answer: &Answer) -> Problem {
    Problem::new(exit, key)
        .with("code", answer.code)
        .with("errmsg", answer.errmsg.text())
        .with("advice", refusal::advice(answer.code))
}

/// What does not pass by waiting is for somebody to mend.
fn exit(failure: &Failure) -> Exit {
    if failure.may_pass() { Exit::Paused } else { Exit::Account }
}

/// That somebody broke it off.
pub(super) fn signalled(stop: &Stop) -> Problem {
    Problem::new(Exit::of_stop(stop), "gathered-signal")
}

/// Why what is fetched cannot be kept.
pub(super) fn not_kept(error: &KeptError) -> Problem {
    match error {
        KeptError::Busy => Problem::new(Exit::Gate, "gathered-locked"),
        KeptError::Disk(reason) => Problem::new(Exit::Storage, "gathered-disk").because(reason),
    }
}

/// Why a file is not written.
#[derive(Debug)]
pub(super) enum Unwritten {
    /// The disk says so.
    Disk(io::Error),
    /// What it is made of was changed meanwhile.
    Changed,
    /// Somebody stands in it twice.
    Repeated,
    /// What it is made of is not to be had.
    Missing(Problem),
}

impl From<Problem> for Unwritten {
    fn from(problem: Problem) -> Self {
        Self::Missing(problem)
    }
}

impl From<io::Error> for Unwritten {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}
