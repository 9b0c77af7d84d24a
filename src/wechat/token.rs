//! The access token: fetched once, shared by all, replaced once when the platform refuses it.

use std::fmt;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use tokio::process::Command;
use tokio::sync::Mutex;

use crate::wechat::client::Client;
use crate::wechat::errmsg::Errmsg;
use crate::wechat::error_code::{Class, class_of};
use crate::wechat::reply::{Answer, Failure};

const STABLE_TOKEN: &str = "/cgi-bin/stable_token";

/// How often a request for a token is repeated when the platform is busy or out of reach.
const TRIES: u32 = 4;

/// A token. It shows nothing of itself.
pub struct Token {
    send_url: Url,
    value: SecretString,
}

impl Token {
    fn new(client: &Client, value: SecretString) -> Self {
        Self { send_url: client.send_url(value.expose_secret()), value }
    }

    pub(crate) fn send_url(&self) -> Url {
        self.send_url.clone()
    }

    fn is(&self, other: &Self) -> bool {
        self.value.expose_secret() == other.value.expose_secret()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Where tokens come from.
#[derive(Debug)]
pub enum TokenSource {
    /// One that was given; there is no other.
    Given(SecretString),
    /// From a program that prints one: its name and arguments.
    Command(Vec<String>),
    /// From the platform, with the account's AppSecret.
    Secret {
        /// The AppID.
        appid: String,
        /// The AppSecret.
        secret: SecretString,
    },
}

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
    /// The program that prints tokens did not.
    Command(CommandFault),
}

/// Why a program gave no token. What it printed is not repeated: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandFault {
    /// It could not be started; the text is the system's.
    NotStarted(String),
    /// It took too long and was ended.
    TimedOut,
    /// It said that it failed, by its exit code.
    Failed(Option<i32>),
    /// Its output is no token and no JSON with one.
    NoToken,
}

/// The tokens of one account, shared by all workers.
#[derive(Debug)]
pub struct Tokens {
    client: Client,
    source: TokenSource,
    current: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    token: Option<Arc<Token>>,
    error: Option<TokenError>,
}

impl Tokens {
    /// Tokens from a source.
    pub fn new(client: Client, source: TokenSource) -> Self {
        Self { client, source, current: Mutex::default() }
    }

    /// The current token, fetched where there is none yet. Whoever comes while it is being fetched waits.
    ///
    /// # Errors
    ///
    /// When there is none to be had. The platform is not asked again: the answer stands for the run.
    pub async fn current(&self) -> Result<Arc<Token>, TokenError> {
        let mut state = self.current.lock().await;
        match (&state.token, &state.error) {
            (Some(token), _) => Ok(Arc::clone(token)),
            (None, Some(error)) => Err(error.clone()),
            (None, None) => self.fetch(&mut state, false).await,
        }
    }

    /// A token in place of a refused one. Of many workers whose token is refused at once, the first fetches and
    /// the others are given what it fetched.
    ///
    /// # Errors
    ///
    /// When there is none to be had.
    pub async fn after(&self, refused: &Token) -> Result<Arc<Token>, TokenError> {
        let mut state = self.current.lock().await;
        match (&state.token, &state.error) {
            (Some(token), _) if !token.is(refused) => Ok(Arc::clone(token)),
            (_, Some(error)) => Err(error.clone()),
            _ => {
                let token = self.fetch(&mut state, false).await?;
                // In normal mode the platform gives the same token while it thinks it good (wechat-facts 3.1).
                if token.is(refused) { self.fetch(&mut state, true).await } else { Ok(token) }
            }
        }
    }

    async fn fetch(&self, state: &mut State, force: bool) -> Result<Arc<Token>, TokenError> {
        let fetched = match &self.source {
            TokenSource::Given(_) if state.token.is_some() => Err(TokenError::GivenRefused),
            TokenSource::Given(value) => Ok(value.clone()),
            TokenSource::Command(command) => run(command).await.map_err(TokenError::Command),
            TokenSource::Secret { appid, secret } => self.ask(appid, secret, force).await,
        };
        tracing::info!(force, ok = fetched.is_ok(), "token");
        match fetched {
            Ok(value) => {
                let token = Arc::new(Token::new(&self.client, value));
                state.token = Some(Arc::clone(&token));
                Ok(token)
            }
            Err(error) => {
                state.token = None;
                state.error = Some(error.clone());
                Err(error)
            }
        }
    }

    async fn ask(&self, appid: &str, secret: &SecretString, force: bool) -> Result<SecretString, TokenError> {
        let body = json!({
            "grant_type": "client_credential",
            "appid": appid,
            "secret": secret.expose_secret(),
            "force_refresh": force,
        });
        let mut tries = 0;
        loop {
            tries += 1;
            let answer = match self.client.post_json(STABLE_TOKEN, &body).await {
                Ok(bytes) => read(&bytes),
                Err(failure) => Err(TokenError::NoAnswer(failure)),
            };
            match answer {
                Err(error) if tries < TRIES && may_pass(&error) => {
                    tokio::time::sleep(crate::wechat::client::pause(tries)).await;
                }
                settled => return settled,
            }
        }
    }
}

/// A fetch of a token is safe to repeat: a second answer is as good as the first.
fn may_pass(error: &TokenError) -> bool {
    match error {
        TokenError::NoAnswer(_) => true,
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

/// How long a program may take to print a token.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);
/// The platform asks to reserve 512 characters for a token (wechat-facts 3.1); this leaves room for more.
const LONGEST_TOKEN: usize = 2048;

/// Runs a program and reads the token it prints. Its stderr goes to ours, for people.
async fn run(command: &[String]) -> Result<SecretString, CommandFault> {
    let Some((program, arguments)) = command.split_first() else { return Err(CommandFault::NoToken) };
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(COMMAND_TIMEOUT, output)
        .await
        .map_err(|_| CommandFault::TimedOut)?
        .map_err(|error| CommandFault::NotStarted(error.to_string()))?;
    if !output.status.success() {
        return Err(CommandFault::Failed(output.status.code()));
    }
    printed(&output.stdout).ok_or(CommandFault::NoToken)
}

/// The token in a program's output: the platform's JSON, or one word.
fn printed(output: &[u8]) -> Option<SecretString> {
    if let Ok(raw) = serde_json::from_slice::<Raw>(output) {
        return Some(raw.access_token);
    }
    let text = std::str::from_utf8(output).ok()?.trim();
    let word =
        !text.is_empty() && text.len() <= LONGEST_TOKEN && text.bytes().all(|byte| byte.is_ascii_graphic());
    (word && !text.starts_with('{')).then(|| SecretString::from(text))
}

#[derive(Deserialize)]
struct Raw {
    access_token: SecretString,
}

fn read(body: &[u8]) -> Result<SecretString, TokenError> {
    if let Ok(raw) = serde_json::from_slice::<Raw>(body) {
        return Ok(raw.access_token);
    }
    match Answer::read(body) {
        Some(answer) => Err(TokenError::Answered { code: answer.code, errmsg: answer.errmsg }),
        None => Err(TokenError::NoAnswer(Failure::Unclear(crate::wechat::reply::Unclear::Unreadable))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_from_json_and_from_a_bare_word() {
        let read = |output: &[u8]| printed(output).map(|token| token.expose_secret().to_owned());
        assert_eq!(read(b"36_abc-DEF\n").as_deref(), Some("36_abc-DEF"));
        assert_eq!(read(br#"{"access_token":"t","expires_in":7200}"#).as_deref(), Some("t"));
        for garbage in
            [&b""[..], b" \n", b"two words", br#"{"errcode":40013}"#, b"\xff\xfe", b"<html></html> x"]
        {
            assert_eq!(read(garbage), None, "{garbage:?}");
        }
    }
}
