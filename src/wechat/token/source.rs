//! Where tokens come from.

use std::ffi::OsString;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::wechat::answer::error_code::class_of;
use crate::wechat::answer::reply::{Answer, Failure, NotAnswer, Unclear};
use crate::wechat::client::{Client, pause};
use crate::wechat::token::error::TokenError;
use crate::wechat::token::shape::{Fetched, NotToken, answered};

const STABLE_TOKEN: &str = "/cgi-bin/stable_token";

/// How often a request for a token is repeated when the platform is out of reach.
const TRIES: u32 = 4;
/// And when it is busy or asked too often: a minute passes within these tries, whose pauses double.
const BUSY_TRIES: u32 = 7;

/// Where tokens come from.
#[derive(Debug)]
pub enum TokenSource {
    /// One that was given; there is no other.
    Given(SecretString),
    /// From a program that prints one.
    Command {
        /// Its name and arguments.
        command: Vec<OsString>,
        /// How long it may take.
        timeout: Duration,
    },
    /// From the platform, with the account's AppSecret.
    Secret {
        /// The AppID.
        appid: String,
        /// The AppSecret.
        secret: SecretString,
    },
}

/// Asks the platform for a token: the one it has, or with `force` a new one, which kills the one before
/// (docs/platform.md#tokens). What may pass is waited for where that is wanted.
pub(crate) async fn ask(
    client: &Client,
    appid: &str,
    secret: &SecretString,
    force: bool,
    waits: bool,
) -> Result<Fetched, TokenError> {
    let body = json!({
        "grant_type": "client_credential",
        "appid": appid,
        "secret": secret.expose_secret(),
        "force_refresh": force,
    });
    client.hidden().add(secret);
    let mut tries = 0;
    loop {
        tries += 1;
        let answer = match client.post_json(STABLE_TOKEN, &body).await {
            Ok(bytes) => read(&bytes).map_err(|error| match error {
                TokenError::Answered { code, errmsg } => {
                    TokenError::Answered { code, errmsg: client.hidden().out_of(errmsg) }
                }
                other => other,
            }),
            Err(Failure::Unclear(Unclear::Unreadable(NotAnswer::TooLong))) => {
                Err(TokenError::NotAToken(NotToken::TooLong))
            }
            Err(failure) => Err(TokenError::NoAnswer(failure)),
        };
        tracing::info!(force, ok = answer.is_ok(), "stable_token");
        match answer {
            Err(error) if waits && tries < worth(&error) => {
                tokio::time::sleep(client.clock().takes(pause(tries))).await
            }
            settled => return settled,
        }
    }
}

/// How many tries an answer is worth. A fetch of a token is safe to repeat: a second answer is as good as the first.
fn worth(error: &TokenError) -> u32 {
    match error {
        TokenError::NoAnswer(failure) if failure.may_pass() => TRIES,
        TokenError::NoAnswer(_) => 1,
        TokenError::NotAToken(_) => TRIES,
        TokenError::Answered { .. } if error.is_busy() => BUSY_TRIES,
        TokenError::Answered { code, .. } if class_of(*code).passes() => TRIES,
        TokenError::Answered { .. } => 1,
        TokenError::GivenRefused | TokenError::FreshRefused | TokenError::Command(_) => 1,
    }
}

fn read(body: &[u8]) -> Result<Fetched, TokenError> {
    answered(body).map_err(|instead| match Answer::read(body).filter(|answer| answer.code != 0) {
        Some(answer) => TokenError::Answered { code: answer.code, errmsg: answer.errmsg },
        None => TokenError::NotAToken(instead),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::answer::errmsg::Errmsg;

    #[test]
    fn a_busy_platform_is_asked_for_about_a_minute_and_a_refusal_once() {
        let answered = |code| TokenError::Answered { code, errmsg: Errmsg::parse("") };
        for code in [-1, 45011, 61450] {
            let tries = worth(&answered(code));
            let least: u64 = (1..tries).map(|tries| (1_u64 << (tries - 1)) * 750).sum();
            assert!((45_000..90_000).contains(&least), "{code}: {least} ms");
        }
        // Somebody has to confirm this one on the phone.
        assert_eq!([40125, 40164, 45009].map(|code| worth(&answered(code))), [1, 1, 1]);
        assert_eq!(worth(&answered(89504)), TRIES);
    }
}
