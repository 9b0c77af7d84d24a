//! Sentences for what goes wrong below the command line, and the exits that go with them.

use crate::cli::exit_code::Exit;
use crate::cli::origin::Origin;
use crate::cli::terminal::Terminal;
use crate::diagnostic::render::display;
use crate::journal::JournalError;
use crate::locale::Catalog;
use crate::report::join::JoinError;
use crate::wechat::answer::errmsg::{Errmsg, refused_ip};
use crate::wechat::answer::error_code::key;
use crate::wechat::answer::reply::{Failure, NotConnected};
use crate::wechat::token::error::{CommandFault, TokenError};
use crate::wechat::token::shape::Instead;

/// Codes that are about AppID or AppSecret: which ones were used is then part of the answer
/// (docs/platform.md#token-errors).
const CREDENTIAL_CODES: [i64; 6] = [40001, 40013, 40125, 40243, 41002, 41004];

/// What a code means and what to do about it.
pub(crate) fn advice(code: i64, terminal: &Terminal) -> String {
    let key = key(code);
    let words = &terminal.words;
    let meaning = words.say(&format!("errcode.{key}.meaning"), &[]);
    format!("{meaning} {}", words.say(&format!("errcode.{key}.advice"), &[]))
}

/// A refusal of the account as a sentence.
pub(crate) fn account_sentence(
    code: i64,
    errmsg: &Errmsg,
    origin: Option<&Origin>,
    terminal: &Terminal,
) -> String {
    let mut advice = advice(code, terminal);
    if CREDENTIAL_CODES.contains(&code)
        && let Some(used) = origin.and_then(|origin| origin.told(terminal))
    {
        advice = format!("{used} {advice}");
    }
    match refused_ip(errmsg.raw()) {
        Some(ip) => terminal.words.say("error.stop.ip", &[("code", &code), ("ip", &ip), ("advice", &advice)]),
        None => terminal
            .words
            .say("error.stop.account", &[("code", &code), ("errmsg", &errmsg.text()), ("advice", &advice)]),
    }
}

/// Says why the platform does not let the account send.
pub(crate) fn account_problem(code: i64, errmsg: &Errmsg, origin: Option<&Origin>, terminal: &Terminal) {
    terminal.complain_text(&account_sentence(code, errmsg, origin, terminal));
}

/// Why there is no token, as a sentence.
pub(crate) fn token_sentence(error: &TokenError, origin: Option<&Origin>, terminal: &Terminal) -> String {
    let say = |key: &str| terminal.words.say(&format!("error.stop.{key}"), &[]);
    match error {
        TokenError::GivenRefused => say("token-given"),
        TokenError::FreshRefused => say("token-fresh"),
        TokenError::Answered { code, errmsg } => account_sentence(*code, errmsg, origin, terminal),
        TokenError::NoAnswer(failure) => match failure {
            Failure::NotConnected(why) => unreached_sentence(*why, origin, terminal),
            Failure::Declined { status } => declined_sentence("token-declined", *status, 1, terminal),
            Failure::TurnedAway { .. } | Failure::Unclear(_) => say("token-unreadable"),
        },
        TokenError::NotAToken(instead) => {
            let what = instead_of_token(instead, terminal);
            terminal.words.say("error.stop.token-shape", &[("what", &what)])
        }
        TokenError::Command(fault) => match fault {
            CommandFault::NotStarted(reason) => {
                terminal.words.say("error.stop.token-command-start", &[("reason", reason)])
            }
            CommandFault::TimedOut(timeout) => {
                let seconds = timeout.as_secs_f64();
                terminal.words.say("error.stop.token-command-slow", &[("seconds", &seconds)])
            }
            CommandFault::Failed(code) => {
                let code = code.map_or_else(|| "?".to_owned(), |code| code.to_string());
                terminal.words.say("error.stop.token-command-failed", &[("code", &code)])
            }
            CommandFault::NoToken(instead) => {
                let what = instead_of_token(instead, terminal);
                terminal.words.say("error.stop.token-command-garbage", &[("what", &what)])
            }
            CommandFault::Stale => say("token-command-stale"),
        },
    }
}

/// Why no connection was made to fetch a token.
fn unreached_sentence(why: NotConnected, origin: Option<&Origin>, terminal: &Terminal) -> String {
    let part = |key: &str| terminal.words.say(&format!("error.stop.{key}"), &[]);
    match (why, origin.and_then(Origin::host)) {
        (NotConnected::Certificate, _) => part("token-certificate"),
        (NotConnected::ProxyAuthorization, _) => part("token-proxy-authorization"),
        (NotConnected::ProxyRefused, _) => part("token-proxy-refused"),
        (NotConnected::Refused | NotConnected::TimedOut, None) => part("token-unreachable"),
        (NotConnected::Refused | NotConnected::TimedOut, Some(host)) => {
            terminal.words.say("error.stop.token-unreachable-at", &[("host", &host)])
        }
    }
}

/// That requests are turned down with a status, and whom to ask about it.
pub(crate) fn declined_sentence(key: &str, status: u16, count: u32, terminal: &Terminal) -> String {
    let whom = match status {
        301..=308 => "moved",
        401 | 403 | 511 => "forbidden",
        407 => "proxy",
        404 | 405 => "missing",
        _ => "size",
    };
    let whom = terminal.words.say(&format!("declined.{whom}"), &[]);
    let places: [(&str, &dyn std::fmt::Display); 3] =
        [("status", &status), ("count", &count), ("whom", &whom)];
    terminal.words.say(&format!("error.stop.{key}"), &places)
}

/// What was given in place of a token, as a part of a sentence.
pub(crate) fn instead_of_token(instead: &Instead, terminal: &Terminal) -> String {
    let part = |key: &str| terminal.words.say(&format!("instead.{key}"), &[]);
    match instead {
        Instead::Nothing => part("nothing"),
        Instead::Quoted => part("quoted"),
        Instead::Null => part("null"),
        Instead::Page => part("page"),
        Instead::Assignment => part("assignment"),
        Instead::Elsewhere(path) => terminal.words.say("instead.elsewhere", &[("path", path)]),
        Instead::Json => part("json"),
        Instead::Refusal(code) => {
            terminal.words.say("instead.refusal", &[("code", code), ("advice", &advice(*code, terminal))])
        }
        Instead::Other => part("other"),
    }
}

/// Says why there is no token.
pub(crate) fn token_problem(error: &TokenError, origin: Option<&Origin>, terminal: &Terminal) {
    terminal.complain_text(&token_sentence(error, origin, terminal));
}

/// Says what is wrong with the journal.
pub(crate) fn journal_problem(error: &JournalError, terminal: &Terminal) -> Exit {
    let key = match error {
        JournalError::Unreachable { .. } => "journal.unreachable",
        JournalError::Foreign { .. } => "journal.foreign",
        JournalError::Newer { .. } => "journal.newer",
        JournalError::Corrupt { .. } => "journal.corrupt",
        JournalError::Unreadable { .. } => "journal.unreadable",
        JournalError::Fenced => "journal.fenced",
        JournalError::Replaced => "journal.replaced",
        JournalError::Unwritable { .. } => "journal.unwritable",
    };
    terminal.complain(key, &[("reason", &journal_reason(error, &terminal.words))]);
    Exit::Storage
}

/// What is wrong with the journal, without prose of its own: the file, and what SQLite or the system says.
pub(crate) fn journal_reason(error: &JournalError, words: &Catalog) -> String {
    match error {
        JournalError::Foreign { path } => display(path),
        JournalError::Newer { path, found, known } => {
            let path = display(path);
            words.say("journal-format", &[("file", &path), ("found", found), ("known", known)])
        }
        JournalError::Unreachable { path, reason }
        | JournalError::Unreadable { path, reason }
        | JournalError::Corrupt { path, reason } => {
            format!("{}: {reason}", display(path))
        }
        JournalError::Fenced => words.say("reason.fenced", &[]),
        JournalError::Replaced => words.say("reason.replaced", &[]),
        JournalError::Unwritable { reason } => reason.clone(),
    }
}

/// Says why plan and journal cannot be joined.
pub(crate) fn join_problem(error: &JoinError, terminal: &Terminal) -> Exit {
    match error {
        JoinError::Journal(error) => journal_problem(error, terminal),
        JoinError::Changed => {
            terminal.complain("changed", &[]);
            Exit::Gate
        }
        JoinError::Audience(faults) => {
            for fault in faults {
                terminal.complain_text(&fault.message(&terminal.words));
            }
            Exit::Invalid
        }
    }
}
