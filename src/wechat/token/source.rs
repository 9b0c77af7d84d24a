//! Where tokens come from.

use std::process::Stdio;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use crate::wechat::answer::error_code::{Class, class_of};
use crate::wechat::answer::reply::{Answer, Failure, Unclear};
use crate::wechat::client::{Client, pause};
use crate::wechat::token::error::{CommandFault, TokenError};

const STABLE_TOKEN: &str = "/cgi-bin/stable_token";

/// How often a request for a token is repeated when the platform is busy or out of reach.
pub(crate) const TRIES: u32 = 4;
/// The platform asks to reserve 512 characters for a token (docs/platform.md#tokens); this leaves room for more.
const LONGEST_TOKEN: usize = 2048;
/// No token and no JSON with one is longer; a program that prints more is ended.
const MOST_OUTPUT: u64 = 64 * 1024;

/// Where tokens come from.
#[derive(Debug)]
pub enum TokenSource {
    /// One that was given; there is no other.
    Given(SecretString),
    /// From a program that prints one.
    Command {
        /// Its name and arguments.
        command: Vec<String>,
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

/// A token as its source gives it, the platform's JSON for one.
#[derive(Debug, Deserialize)]
pub(crate) struct Fetched {
    #[serde(rename = "access_token")]
    pub(crate) value: SecretString,
    /// How many seconds it works, where the source says so.
    pub(crate) expires_in: Option<u64>,
}

/// Asks the platform for a token: the one it has, or with `force` a new one, which kills the one before
/// (docs/platform.md#tokens). What may pass is waited for, up to so many tries.
pub(crate) async fn ask(
    client: &Client,
    appid: &str,
    secret: &SecretString,
    force: bool,
    most: u32,
) -> Result<Fetched, TokenError> {
    let body = json!({
        "grant_type": "client_credential",
        "appid": appid,
        "secret": secret.expose_secret(),
        "force_refresh": force,
    });
    let mut tries = 0;
    loop {
        tries += 1;
        let answer = match client.post_json(STABLE_TOKEN, &body).await {
            Ok(bytes) => read(&bytes),
            Err(failure) => Err(TokenError::NoAnswer(failure)),
        };
        tracing::info!(force, ok = answer.is_ok(), "stable_token");
        match answer {
            Err(error) if tries < most && may_pass(&error) => tokio::time::sleep(pause(tries)).await,
            settled => return settled,
        }
    }
}

/// A fetch of a token is safe to repeat: a second answer is as good as the first.
fn may_pass(error: &TokenError) -> bool {
    match error {
        // A certificate does not become good by waiting.
        TokenError::NoAnswer(failure) => !failure.is_distrust(),
        TokenError::Answered { code, .. } => match class_of(*code) {
            Class::Busy => true,
            Class::Ok
            | Class::Token
            | Class::Recipient
            | Class::Account
            | Class::Content
            | Class::Quota
            | Class::Throttle
            | Class::NotForSending => false,
        },
        TokenError::GivenRefused | TokenError::FreshRefused | TokenError::Command(_) => false,
    }
}

fn read(body: &[u8]) -> Result<Fetched, TokenError> {
    if let Ok(fetched) = serde_json::from_slice(body) {
        return Ok(fetched);
    }
    match Answer::read(body) {
        Some(answer) => Err(TokenError::Answered { code: answer.code, errmsg: answer.errmsg }),
        None => Err(TokenError::NoAnswer(Failure::Unclear(Unclear::Unreadable))),
    }
}

/// Runs a program and reads the token it prints. Its stderr goes to ours, for people. A program that takes too long
/// or prints too much is ended.
pub(crate) async fn run(command: &[String], timeout: Duration) -> Result<Fetched, CommandFault> {
    let Some((program, arguments)) = command.split_first() else { return Err(CommandFault::NoToken) };
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| CommandFault::NotStarted(error.to_string()))?;
    match tokio::time::timeout(timeout, finish(child)).await {
        Err(_) => Err(CommandFault::TimedOut(timeout)),
        Ok(finished) => finished,
    }
}

async fn finish(mut child: Child) -> Result<Fetched, CommandFault> {
    let mut output = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        // What cannot be read is no token either.
        let read = stdout.take(MOST_OUTPUT).read_to_end(&mut output).await;
        if read.is_err() || output.len() as u64 == MOST_OUTPUT {
            return Err(CommandFault::NoToken);
        }
    }
    let status = child.wait().await.map_err(|error| CommandFault::NotStarted(error.to_string()))?;
    if !status.success() {
        return Err(CommandFault::Failed(status.code()));
    }
    printed(&output).ok_or(CommandFault::NoToken)
}

/// The token in a program's output: the platform's JSON, or one word.
fn printed(output: &[u8]) -> Option<Fetched> {
    if let Ok(fetched) = serde_json::from_slice(output) {
        return Some(fetched);
    }
    let text = std::str::from_utf8(output).ok()?.trim();
    let word =
        !text.is_empty() && text.len() <= LONGEST_TOKEN && text.bytes().all(|byte| byte.is_ascii_graphic());
    (word && !text.starts_with('{')).then(|| Fetched { value: SecretString::from(text), expires_in: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_from_json_and_from_a_bare_word() {
        let read = |output: &[u8]| {
            printed(output).map(|fetched| (fetched.value.expose_secret().to_owned(), fetched.expires_in))
        };
        assert_eq!(read(b"36_abc-DEF\n"), Some(("36_abc-DEF".to_owned(), None)));
        let json = br#"{"access_token":"t","expires_in":7200}"#;
        assert_eq!(read(json), Some(("t".to_owned(), Some(7200))));
        for garbage in
            [&b""[..], b" \n", b"two words", br#"{"errcode":40013}"#, b"\xff\xfe", b"<html></html> x"]
        {
            assert_eq!(read(garbage), None, "{garbage:?}");
        }
    }
}
