//! The token of an account, kept between runs, in a file that nobody else can read.
//!
//! A run that begins an hour after another one needs no new token, and two processes that begin together need one
//! between them. The file is a convenience: whatever is wrong with it, a token is fetched instead.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::own_file;

/// A token with less than this is not begun with: in its last five minutes the platform gives out the next one
/// (docs/platform.md#tokens).
const ENOUGH: SignedDuration = SignedDuration::from_mins(5);
/// No token lives longer (docs/platform.md#tokens); a file that promises more was not written on this clock.
const LONGEST: SignedDuration = SignedDuration::from_hours(2);
/// A forced refresh sooner than this after the last one refreshes nothing (docs/platform.md#tokens).
const FORCE_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// How long another process is waited for; a fetch that takes longer hangs.
const LOCK_WAIT: Duration = Duration::from_secs(60);
/// How often its lock is tried.
const LOCK_EVERY: Duration = Duration::from_millis(20);
/// A file of ours is a few hundred bytes.
const LARGEST: u64 = 64 * 1024;

/// The file that keeps the token of one account on one platform.
#[derive(Debug, Clone)]
pub struct TokenCache {
    path: PathBuf,
    appid: String,
    api_base: String,
}

/// Why a kept token is not used.
#[derive(Debug)]
pub(crate) enum CacheFault {
    /// Others on this computer can read the file.
    Open,
    /// It cannot be read.
    Unreadable(io::Error),
    /// It is not what wxcast writes.
    Foreign,
}

/// What is kept.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) value: SecretString,
    pub(crate) fetched: Timestamp,
    pub(crate) expires: Timestamp,
    /// When a refresh was last forced.
    pub(crate) forced: Option<Timestamp>,
}

/// The file as it stands there.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    appid: std::borrow::Cow<'a, str>,
    api_base: std::borrow::Cow<'a, str>,
    access_token: std::borrow::Cow<'a, str>,
    fetched_at: Timestamp,
    expires_at: Timestamp,
    forced_at: Option<Timestamp>,
}

/// Only its holder fetches a token; it goes when dropped.
#[derive(Debug)]
pub(crate) struct Turn(#[expect(dead_code, reason = "the lock goes when it is closed")] File);

impl Kept {
    /// Whether a run may begin with it.
    pub(crate) fn has_enough(&self, now: Timestamp) -> bool {
        let rest = self.expires.duration_since(now);
        rest > ENOUGH && rest <= LONGEST && self.fetched <= now
    }

    /// Whether a refresh may be forced again.
    pub(crate) fn may_force(&self, now: Timestamp) -> bool {
        self.forced.is_none_or(|forced| now.duration_since(forced).abs() >= FORCE_EVERY)
    }
}

impl TokenCache {
    /// The file at `path`, for an account on the platform at `api_base`.
    pub(crate) fn new(path: PathBuf, appid: &str, api_base: &str) -> Self {
        Self { path, appid: appid.to_owned(), api_base: api_base.to_owned() }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Looks whether the file is one that can be used; one that is not there can.
    ///
    /// # Errors
    ///
    /// Why it is ignored.
    pub(crate) fn look(&self) -> Result<(), CacheFault> {
        self.read().map(|_| ())
    }

    /// What is kept for this account on this platform.
    pub(crate) fn read(&self) -> Result<Option<Kept>, CacheFault> {
        let file = match own_file::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(CacheFault::Unreadable(error)),
        };
        let about = file.metadata().map_err(CacheFault::Unreadable)?;
        if is_open_to_others(&about) {
            return Err(CacheFault::Open);
        }
        if !about.is_file() || about.len() > LARGEST {
            return Err(CacheFault::Foreign);
        }
        let stored: Stored<'static> =
            serde_json::from_reader(io::BufReader::new(file)).map_err(|_| CacheFault::Foreign)?;
        if stored.access_token.is_empty() {
            return Err(CacheFault::Foreign);
        }
        let ours = stored.appid == self.appid && stored.api_base == self.api_base;
        Ok(ours.then(|| Kept {
            value: SecretString::from(stored.access_token.into_owned()),
            fetched: stored.fetched_at,
            expires: stored.expires_at,
            forced: stored.forced_at,
        }))
    }

    /// Keeps a token, whole or not at all.
    pub(crate) fn write(&self, kept: &Kept) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        own_file::make_folder(folder)?;
        let stored = Stored {
            appid: self.appid.as_str().into(),
            api_base: self.api_base.as_str().into(),
            access_token: kept.value.expose_secret().into(),
            fetched_at: kept.fetched,
            expires_at: kept.expires,
            forced_at: kept.forced,
        };
        own_file::replace(&self.path, &serde_json::to_vec(&stored)?)
    }

    /// Waits until no other process fetches a token for this account. Gives nothing when that takes too long or
    /// the lock cannot be used: to ask without it costs a call and nothing else. Without `waits` only a moment is too long.
    pub(crate) async fn turn(&self, waits: bool) -> Option<Turn> {
        let lock = self.path.with_extension("lock");
        own_file::make_folder(lock.parent().unwrap_or(Path::new(""))).ok()?;
        let file = own_file::open_or_make(&lock).ok()?;
        let patience = tokio::time::sleep(LOCK_WAIT);
        tokio::pin!(patience);
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Some(Turn(file)),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(_)) => return None,
            }
            if !waits {
                return None;
            }
            if !told {
                tracing::info!("another process is fetching a token; waiting for it");
                told = true;
            }
            tokio::select! {
                () = &mut patience => return None,
                () = tokio::time::sleep(LOCK_EVERY) => {}
            }
        }
    }
}

#[cfg(unix)]
fn is_open_to_others(about: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    about.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn kept(expires: i64) -> Kept {
        Kept { value: SecretString::from("36_kept"), fetched: at(0), expires: at(expires), forced: None }
    }

    #[test]
    fn a_token_is_begun_with_while_it_has_more_than_five_minutes() {
        assert!(kept(120).has_enough(at(0)));
        assert!(kept(120).has_enough(at(114)));
        assert!(!kept(120).has_enough(at(115)));
        assert!(!kept(120).has_enough(at(121)));
        assert!(!kept(121).has_enough(at(0)), "nothing lives longer than two hours");
        assert!(!kept(60).has_enough(at(-1)), "from the future");
    }

    #[test]
    fn a_refresh_is_forced_at_most_every_thirty_seconds() {
        let mut kept = kept(120);
        assert!(kept.may_force(at(0)));
        kept.forced = Some(at(0));
        assert!(!kept.may_force(at(0) + SignedDuration::from_secs(29)));
        assert!(kept.may_force(at(0) + SignedDuration::from_secs(30)));
    }

    #[test]
    fn what_is_kept_is_for_one_account_on_one_platform() {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let path = folder.path().join("wxcast/token.json");
        let cache = TokenCache::new(path.clone(), "wx1", "https://a");
        assert!(matches!(cache.read(), Ok(None)));
        cache.write(&kept(120)).unwrap_or_else(|error| panic!("{error}"));
        let read = |cache: &TokenCache| cache.read().map(|kept| kept.map(|kept| kept.expires));
        assert!(matches!(read(&cache), Ok(Some(expires)) if expires == at(120)));
        for (appid, base) in [("wx2", "https://a"), ("wx1", "https://b")] {
            assert!(matches!(TokenCache::new(path.clone(), appid, base).read(), Ok(None)));
        }
        for garbage in ["", "{}", "\0", r#"{"access_token":""}"#] {
            std::fs::write(&path, garbage).unwrap_or_else(|error| panic!("{error}"));
            assert!(matches!(cache.read(), Err(CacheFault::Foreign)), "{garbage:?}");
        }
    }
}
