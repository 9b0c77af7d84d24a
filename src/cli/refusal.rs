//! Why the platform does not let the account send, in sentences: its refusals, and tokens that are not to be had.

use crate::cli::origin::Origin;
use crate::locale::sentence::Sentence;
use crate::wechat::answer::errmsg::{Errmsg, refused_ip};
use crate::wechat::answer::error_code::key;
use crate::wechat::answer::reply::{Failure, NotConnected};
use crate::wechat::proxy;
use crate::wechat::token::error::{CommandFault, ProgramError, TokenError};
use crate::wechat::token::shape::NotToken;

/// Codes that are about AppID or AppSecret: which ones were used is then part of the answer
/// (docs/platform.md#token-errors).
const CREDENTIAL_CODES: [i64; 6] = [40001, 40013, 40125, 40243, 41002, 41004];

/// What a code means and what to do about it.
pub(crate) fn advice(code: i64) -> Sentence {
    let key = key(code);
    let advice = Sentence::new(format!("errcode.{key}.advice"));
    Sentence::new(format!("errcode.{key}.meaning")).then(advice)
}

/// A refusal of the account.
pub(crate) fn account(code: i64, errmsg: &Errmsg, origin: Option<&Origin>) -> Sentence {
    let used = origin.filter(|_| CREDENTIAL_CODES.contains(&code)).and_then(Origin::told);
    let advice = match used {
        Some(used) => used.then(advice(code)),
        None => advice(code),
    };
    match refused_ip(errmsg.raw()) {
        Some(ip) => stop("ip").with("code", code).with("ip", ip).with("advice", advice),
        None => stop("account").with("code", code).with("errmsg", errmsg.text()).with("advice", advice),
    }
}

/// Why there is no token.
pub(crate) fn token(error: &TokenError, origin: Option<&Origin>) -> Sentence {
    match error {
        TokenError::GivenRefused => stop("token-given"),
        TokenError::FreshRefused => stop("token-fresh"),
        TokenError::Answered { code, errmsg } if error.is_busy() => {
            let meaning = Sentence::new(format!("errcode.{}.meaning", key(*code)));
            let busy = stop("token-busy").with("code", code).with("errmsg", errmsg.text());
            busy.with("meaning", meaning)
        }
        TokenError::Answered { code, errmsg } => account(*code, errmsg, origin),
        TokenError::NoAnswer(failure) => match failure {
            Failure::NotConnected(why) => unreached(*why, origin),
            Failure::Declined { status } => declined("token-declined", *status, 1),
            Failure::TurnedAway { .. } | Failure::Unclear(_) => stop("token-unreadable"),
        },
        TokenError::NotAToken(what) => stop("token-shape").with("what", instead(what)),
        TokenError::Command(ProgramError { fault, said }) => {
            let fault = program(fault);
            if said.is_empty() { fault } else { fault.then(stop("token-command-said").with("said", said)) }
        }
    }
}

/// Why a program gave no token.
fn program(fault: &CommandFault) -> Sentence {
    match fault {
        CommandFault::NotStarted(reason) => stop("token-command-start").because(reason),
        CommandFault::TimedOut(timeout) => stop("token-command-slow").with("seconds", timeout.as_secs_f64()),
        CommandFault::Failed(code) => stop("token-command-failed").with("code", *code),
        CommandFault::Killed(signal) => {
            let signal = signal.map_or_else(|| "?".to_owned(), signal_name);
            stop("token-command-killed").with("signal", signal)
        }
        CommandFault::NoToken(what) => stop("token-command-garbage").with("what", instead(what)),
        CommandFault::Stale => stop("token-command-stale"),
    }
}

/// A signal by its number, and by its name where that is the same on every system.
pub(crate) fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        6 => "SIGABRT",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        _ => return signal.to_string(),
    };
    format!("{signal} ({name})")
}

/// Why no connection was made to fetch a token.
fn unreached(why: NotConnected, origin: Option<&Origin>) -> Sentence {
    match (why, origin.and_then(Origin::host)) {
        (NotConnected::Certificate, _) => stop("token-certificate"),
        (NotConnected::ProxyAuthorization, _) => stop("token-proxy-authorization"),
        (NotConnected::ProxyRefused, _) => stop("token-proxy-refused"),
        (NotConnected::ProxyUnreached, _) => stop("token-proxy-unreached"),
        (NotConnected::Refused | NotConnected::TimedOut, None) => match proxy::named() {
            Some((variable, kind)) => stop("token-by-proxy").with("variable", variable).with("kind", kind),
            None => stop("token-unreachable"),
        },
        (NotConnected::Refused | NotConnected::TimedOut, Some(host)) => {
            stop("token-unreachable-at").with("host", host)
        }
    }
}

/// That requests are turned down with a status, and whom to ask about it.
pub(crate) fn declined(key: &str, status: u16, count: u32) -> Sentence {
    let whom = match status {
        304 => "cached",
        301..=308 => "moved",
        401 | 403 | 511 => "forbidden",
        407 => "proxy",
        404 | 405 => "missing",
        _ => "size",
    };
    let whom = Sentence::new(format!("declined.{whom}"));
    stop(key).with("status", status).with("count", count).with("whom", whom)
}

/// What was given in place of a token, as a part of a sentence.
pub(crate) fn instead(instead: &NotToken) -> Sentence {
    let part = |key: &str| Sentence::new(format!("instead.{key}"));
    match instead {
        NotToken::Nothing => part("nothing"),
        NotToken::Quoted => part("quoted"),
        NotToken::Null => part("null"),
        NotToken::Page => part("page"),
        NotToken::Assignment => part("assignment"),
        NotToken::Elsewhere(path) => part("elsewhere").with("path", path),
        NotToken::Json => part("json"),
        NotToken::Refusal(code) => part("refusal").with("code", code).with("advice", advice(*code)),
        NotToken::Broken => part("broken"),
        NotToken::Bare => part("bare"),
        NotToken::TooLong => part("too-long"),
        NotToken::Other => part("other"),
    }
}

fn stop(key: &str) -> Sentence {
    Sentence::new(format!("error.stop.{key}"))
}
