//! The access token: fetched once, shared by all, replaced once when the platform refuses it.

pub(crate) mod access_token;
pub(crate) mod cache;
pub mod error;
pub(crate) mod fetch;
pub(crate) mod program;
pub mod shape;
pub mod source;

use std::ffi::OsString;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync;

use crate::wechat::client::{Client, pause};
use crate::wechat::token::access_token::Token;
use crate::wechat::token::cache::{Kept, TokenCache};
use crate::wechat::token::error::{CommandFault, ProgramError, TokenError};
use crate::wechat::token::fetch::{Giver, Need, TokenFetch, Watch};
use crate::wechat::token::program::run;
use crate::wechat::token::shape::Fetched;
use crate::wechat::token::source::{TokenSource, ask};

/// In a token's last five minutes the platform gives out the next one, and both work (docs/platform.md#tokens).
const OVERLAP: Duration = Duration::from_secs(300);
/// When a token could not be renewed ahead of its end, it is tried again after this.
const RENEW_EVERY: Duration = Duration::from_secs(60);

/// The tokens of one account, shared by all workers.
#[derive(Debug)]
pub struct Tokens {
    client: Client,
    source: TokenSource,
    cache: Option<TokenCache>,
    current: Mutex<Current>,
    /// Whoever fetches a token holds this; those who need one wait for it, and nobody else does.
    turn: sync::Mutex<Turn>,
    watch: Watch,
}

/// What is known of tokens at this moment. It is never held while something is waited for.
#[derive(Debug, Default)]
struct Current {
    token: Option<Arc<Token>>,
    error: Option<TokenError>,
    /// When the next token is fetched, before this one ends.
    renew: Option<Instant>,
}

/// The turn to fetch a token.
#[derive(Debug, Default)]
struct Turn {
    /// Whether this run has forced a refresh.
    forced: bool,
}

/// Which token will do.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    why: Need,
    /// Not this one: it is refused.
    not: Option<&'a Token>,
    /// Not one that was fetched before.
    since: Option<Timestamp>,
    /// Whether it is worth waiting for, as long as the platform is busy or another process fetches one.
    waits: bool,
}

const ANY: Wanted<'static> = Wanted { why: Need::First, not: None, since: None, waits: true };

impl Tokens {
    /// Tokens from a source. With a cache, one that was fetched with the AppSecret is kept for other runs.
    pub fn new(client: Client, source: TokenSource, cache: Option<TokenCache>) -> Self {
        let (current, turn, watch) = (Mutex::default(), sync::Mutex::default(), Watch::default());
        Self { client, source, cache, current, turn, watch }
    }

    /// Tells `watch` of everything that is asked for a token from now on. The first one who watches stays.
    pub(crate) fn watch(&self, watch: impl Fn(TokenFetch) + Send + Sync + 'static) {
        self.watch.set(Box::new(watch));
    }

    /// The current token where nobody has to wait for it, as for nearly every message. Shortly before it ends the next
    /// one is fetched beside the work: until then this one goes on working.
    pub(crate) fn at_hand(self: &Arc<Self>) -> Option<Arc<Token>> {
        let mut current = self.current();
        let token = Arc::clone(current.token.as_ref()?);
        let now = self.client.clock().instant();
        if current.renew.is_some_and(|renew| renew <= now) {
            // A renewal that fails is tried again after a while.
            current.renew = Some(now + RENEW_EVERY);
            tokio::spawn(Arc::clone(self).renew());
        }
        Some(token)
    }

    async fn renew(self: Arc<Self>) {
        // Somebody else is fetching a token already; theirs will do.
        let Ok(mut turn) = self.turn.try_lock() else { return };
        let wanted = Wanted { why: Need::Renewal, waits: false, ..ANY };
        // If the renewal fails, the present token still works for a while.
        if let Ok(granted) = self.obtain(&mut turn, wanted).await {
            self.take(granted);
        }
    }

    /// The current token, fetched where there is none yet. Whoever comes while the first one is being fetched waits.
    ///
    /// # Errors
    ///
    /// When there is none to be had. The platform is not asked again: the answer stands for the run.
    pub(crate) async fn get(self: &Arc<Self>) -> Result<Arc<Token>, TokenError> {
        if let Some(token) = self.at_hand() {
            return Ok(token);
        }
        let mut turn = self.turn.lock().await;
        if let Some(token) = self.at_hand() {
            return Ok(token);
        }
        let error = self.current().error.clone();
        match error {
            Some(error) => Err(error),
            None => self.fetch(&mut turn, ANY).await,
        }
    }

    /// A token that its source gives now, not one that was kept; one that another process is being given at this
    /// moment is as good. It is the current one from then on.
    ///
    /// # Errors
    ///
    /// When there is none to be had.
    pub(crate) async fn fresh(&self) -> Result<Arc<Token>, TokenError> {
        let since = self.client.clock().now();
        let mut turn = self.turn.lock().await;
        self.fetch(&mut turn, Wanted { since: Some(since), ..ANY }).await
    }

    /// A token in place of a refused one. Of many workers whose token is refused at once, the first fetches and
    /// the others are given what it fetched.
    ///
    /// # Errors
    ///
    /// When there is none to be had.
    pub(crate) async fn after(&self, refused: &Token) -> Result<Arc<Token>, TokenError> {
        let mut turn = self.turn.lock().await;
        let (token, error) = {
            let current = self.current();
            (current.token.clone(), current.error.clone())
        };
        match (token, error) {
            (Some(token), _) if !token.is_same(refused) => Ok(token),
            (_, Some(error)) => Err(error),
            _ => self.fetch(&mut turn, Wanted { why: Need::Refused, not: Some(refused), ..ANY }).await,
        }
    }

    async fn fetch(&self, turn: &mut Turn, wanted: Wanted<'_>) -> Result<Arc<Token>, TokenError> {
        match self.obtain(turn, wanted).await {
            Ok(granted) => Ok(self.take(granted)),
            Err(error) => {
                let mut current = self.current();
                current.token = None;
                current.error = Some(error.clone());
                Err(error)
            }
        }
    }

    fn take(&self, granted: Fetched) -> Arc<Token> {
        self.client.hidden().add(&granted.value);
        let token = Arc::new(Token::new(self.client.send_urls(granted.value.expose_secret()), granted.value));
        let mut current = self.current();
        current.token = Some(Arc::clone(&token));
        current.renew = granted.rest.map(|rest| self.client.clock().instant() + renew_after(rest));
        token
    }

    /// What is behind the lock stays true even if a thread died while it held it.
    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn obtain(&self, turn: &mut Turn, wanted: Wanted<'_>) -> Result<Fetched, TokenError> {
        match &self.source {
            TokenSource::Given(_) if wanted.not.is_some() => Err(TokenError::GivenRefused),
            TokenSource::Given(value) => {
                self.watch.tell(self.client.clock().now(), wanted.why, Giver::Given, true, None);
                Ok(Fetched { value: value.clone(), rest: None })
            }
            TokenSource::Command { command, timeout } => {
                self.printed(command, *timeout, wanted).await.map_err(TokenError::Command)
            }
            TokenSource::Secret { appid, secret } => match &self.cache {
                None => self.asked(turn, appid, secret, wanted, None).await.map(|(fetched, _)| fetched),
                Some(cache) => self.kept_or_asked(turn, cache, appid, secret, wanted).await,
            },
        }
    }

    /// A token that is kept where one will do, else one from the platform, which is kept then.
    async fn kept_or_asked(
        &self,
        turn: &mut Turn,
        cache: &TokenCache,
        appid: &str,
        secret: &SecretString,
        wanted: Wanted<'_>,
    ) -> Result<Fetched, TokenError> {
        if let Ok(granted) = kept(cache, wanted, self.client.clock().now()) {
            self.watch.tell(self.client.clock().now(), wanted.why, Giver::Kept, true, None);
            return Ok(granted);
        }
        let lock = cache.turn(wanted.waits).await;
        // The process that held the lock may just have fetched the token that is wanted.
        let before = match kept(cache, wanted, self.client.clock().now()) {
            Ok(granted) => {
                self.watch.tell(self.client.clock().now(), wanted.why, Giver::Kept, true, None);
                return Ok(granted);
            }
            Err(before) => before,
        };
        let (fetched, forced) = self.asked(turn, appid, secret, wanted, before.as_ref()).await?;
        if let Some(rest) = fetched.rest {
            let now = self.client.clock().now();
            let life = SignedDuration::try_from(rest).unwrap_or(SignedDuration::ZERO);
            let earlier = before.and_then(|before| before.forced);
            let kept = Kept {
                value: fetched.value.clone(),
                fetched: now,
                expires: now.checked_add(life).unwrap_or(now),
                forced: if forced { Some(now) } else { earlier },
            };
            // If the file cannot be written, the next run fetches a token again, and that is all.
            let written = cache.write(&kept);
            tracing::info!(ok = written.is_ok(), "token kept");
        }
        drop(lock);
        Ok(fetched)
    }

    /// A token from the platform, and whether it was forced out of it. In normal mode the platform gives the same
    /// token while it thinks it good (docs/platform.md#tokens), so a new one is forced only where a token that it
    /// gives out now is refused: once a run, and not within half a minute of another process that did.
    async fn asked(
        &self,
        turn: &mut Turn,
        appid: &str,
        secret: &SecretString,
        wanted: Wanted<'_>,
        before: Option<&Kept>,
    ) -> Result<(Fetched, bool), TokenError> {
        let is_refused = |fetched: &Fetched| wanted.not.is_some_and(|not| not.is(&fetched.value));
        let fetched = ask(&self.client, appid, secret, false, wanted.waits).await;
        self.tell(wanted.why, Giver::Platform, &fetched);
        let fetched = fetched?;
        if !is_refused(&fetched) {
            return Ok((fetched, false));
        }
        if turn.forced || before.is_some_and(|before| !before.may_force(self.client.clock().now())) {
            return Err(TokenError::FreshRefused);
        }
        turn.forced = true;
        let fetched = ask(&self.client, appid, secret, true, wanted.waits).await;
        self.tell(wanted.why, Giver::Forced, &fetched);
        let fetched = fetched?;
        if is_refused(&fetched) { Err(TokenError::FreshRefused) } else { Ok((fetched, true)) }
    }

    /// What a program prints. Where that is the refused token, the program is run once more after a second: a token
    /// server may be fetching the next one at this moment.
    async fn printed(
        &self,
        command: &[OsString],
        timeout: Duration,
        wanted: Wanted<'_>,
    ) -> Result<Fetched, ProgramError> {
        let is_refused = |fetched: &Fetched| wanted.not.is_some_and(|not| not.is(&fetched.value));
        let fetched = self.ran(command, timeout, wanted.why).await?;
        if !is_refused(&fetched) {
            return Ok(fetched);
        }
        tokio::time::sleep(pause(1)).await;
        let fetched = self.ran(command, timeout, wanted.why).await?;
        if is_refused(&fetched) {
            Err(ProgramError { fault: CommandFault::Stale, said: String::new() })
        } else {
            Ok(fetched)
        }
    }

    async fn ran(&self, command: &[OsString], timeout: Duration, why: Need) -> Result<Fetched, ProgramError> {
        let fetched = run(command, timeout, self.client.hidden()).await;
        self.watch.tell(self.client.clock().now(), why, Giver::Command, fetched.is_ok(), None);
        fetched
    }

    fn tell(&self, why: Need, from: Giver, fetched: &Result<Fetched, TokenError>) {
        let errcode = match fetched {
            Err(TokenError::Answered { code, .. }) => Some(*code),
            Ok(_)
            | Err(
                TokenError::GivenRefused
                | TokenError::FreshRefused
                | TokenError::NoAnswer(_)
                | TokenError::NotAToken(_)
                | TokenError::Command(_),
            ) => None,
        };
        self.watch.tell(self.client.clock().now(), why, from, fetched.is_ok(), errcode);
    }
}

/// The kept token, where it will do; else whatever is kept.
fn kept(cache: &TokenCache, wanted: Wanted<'_>, now: Timestamp) -> Result<Fetched, Option<Kept>> {
    let Ok(Some(kept)) = cache.read() else { return Err(None) };
    let fits = kept.has_enough(now)
        && wanted.since.is_none_or(|since| kept.fetched >= since)
        && !wanted.not.is_some_and(|not| not.is(&kept.value));
    if !fits {
        return Err(Some(kept));
    }
    tracing::info!("token kept from another run");
    let rest = Duration::try_from(kept.expires.duration_since(now)).ok();
    Ok(Fetched { value: kept.value, rest })
}

/// How long after it was fetched a token is renewed: as its last five minutes begin; of a short one after half
/// its time.
fn renew_after(rest: Duration) -> Duration {
    rest.saturating_sub(OVERLAP).max(rest / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_in_time() {
        let after = |seconds| renew_after(Duration::from_secs(seconds)).as_secs();
        assert_eq!([7200, 1800, 600, 345, 300, 0].map(after), [6900, 1500, 300, 172, 150, 0]);
    }
}
