//! Media files on their way to the platform: each content once, ahead of the messages that need it.
//!
//! An upload is no message. Trying it again can reach nobody twice, so it is repeated after every failure, and nothing
//! of it is in the journal but the id that came of it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use tokio::sync::{Mutex as AsyncMutex, Semaphore};

use crate::campaign::Campaign;
use crate::campaign::rate::Rate;
use crate::delivery::attempt::Cause;
use crate::delivery::event::Event;
use crate::delivery::stop::Stop;
use crate::journal::JournalError;
use crate::journal::media::{KeptMedia, MediaStore};
use crate::plan::batch::PlannedMessage;
use crate::plan::digest::Digest;
use crate::plan::media::MediaFile;
use crate::send::rate::Pacer;
use crate::send::retry::{Next, RetryCounts, Verdict, next};
use crate::wechat::answer::reply::Failure;
use crate::wechat::client::{Client, pause};
use crate::wechat::media::{LIFE, Refusal, UploadAnswer, Uploaded};
use crate::wechat::token::Tokens;
use crate::wechat::token::error::TokenError;

/// The most bytes of files in memory at a time, in units of [`UNIT`]: three of the largest.
const ROOM: u32 = 30 * 1024;
const UNIT: u64 = 1024;
/// The least that a file counts, so that no more than sixteen small ones are on their way at a time.
const LEAST: u32 = ROOM / 16;
/// An id that was just given is used this long at least, whatever its time says.
const FRESH: Duration = Duration::from_secs(60 * 60);

/// How files are uploaded.
#[derive(Debug)]
pub struct Settings {
    /// The account.
    pub appid: String,
    /// The state folder, where ids are kept.
    pub state: PathBuf,
    /// The ceilings of uploads, all of which hold.
    pub rates: Vec<Rate>,
    /// How often an upload that the platform was too busy for is tried again.
    pub retries: u32,
}

impl Settings {
    /// Those of a campaign.
    pub(crate) fn of(campaign: &Campaign, state: &Path) -> Self {
        Self {
            appid: campaign.account.appid.clone(),
            state: state.to_owned(),
            rates: campaign.send.upload_rates.clone(),
            retries: campaign.send.retries,
        }
    }
}

/// A content: the name of its upload, and its SHA-256.
type Key = (&'static str, [u8; 32]);
type Watch = Box<dyn Fn(&Event) + Send + Sync>;

/// The media ids of one account: kept ones, and new ones for files that have none.
pub struct Depot {
    client: Client,
    tokens: Arc<Tokens>,
    settings: Settings,
    store: Mutex<Option<MediaStore>>,
    pacer: AsyncMutex<Pacer>,
    room: Semaphore,
    shelves: Mutex<HashMap<Key, Arc<AsyncMutex<Shelf>>>>,
    /// Ids that the platform called dead, so that messages that were filled with them before are filled anew.
    dead: Mutex<HashSet<Arc<str>>>,
    /// Why nothing more can be uploaded.
    ended: Mutex<Option<Stop>>,
    uploads: AtomicU64,
    watch: Watch,
}

/// What is known of the id of a content.
#[derive(Debug, Default)]
enum Shelf {
    #[default]
    Unasked,
    Held(Held),
    /// The platform does not take the file, or could not be reached with it.
    Refused(Cause),
}

/// An id that can be used.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    /// The media id, or the address of an article's picture.
    pub(crate) id: Arc<str>,
    /// When it dies.
    pub(crate) expires: Timestamp,
    /// Whether this process uploaded the file.
    pub(crate) fresh: bool,
    /// Until when it is given to messages.
    until: Timestamp,
}

/// A request body with the ids of its media files.
#[derive(Debug)]
pub(crate) struct Filled {
    /// The body, exactly as it is sent.
    pub(crate) body: Bytes,
    /// The ids in it.
    pub(crate) ids: Vec<Arc<str>>,
}

/// Why there is no id for a file.
#[derive(Debug, Clone)]
pub(crate) enum Unavailable {
    /// It is about this file: the platform does not take it, or could not be reached with it.
    File {
        /// Its name.
        file: String,
        /// The slot of the campaign's message.
        slot: usize,
        /// Why.
        cause: Cause,
    },
    /// It is about more than this file.
    Stop(Stop),
}

impl Depot {
    /// Ids for an account. `watch` is told of uploads.
    pub fn new(client: Client, tokens: Arc<Tokens>, settings: Settings, watch: Watch) -> Self {
        let pacer = Pacer::new(&settings.rates, client.clock().speed());
        Self {
            client,
            tokens,
            pacer: AsyncMutex::new(pacer),
            settings,
            store: Mutex::default(),
            room: Semaphore::new(usize::try_from(ROOM).unwrap_or(usize::MAX)),
            shelves: Mutex::default(),
            dead: Mutex::default(),
            ended: Mutex::default(),
            uploads: AtomicU64::new(0),
            watch,
        }
    }

    /// How many files the platform took.
    pub(crate) fn uploads(&self) -> u64 {
        self.uploads.load(Ordering::Relaxed)
    }

    /// A message's request body. Ids that are `dead` are not used again: their files are uploaded anew, by the first
    /// who asks.
    ///
    /// # Errors
    ///
    /// When a file has no id and cannot get one.
    pub(crate) async fn fill(
        &self,
        message: &PlannedMessage,
        dead: &[Arc<str>],
    ) -> Result<Filled, Unavailable> {
        let held = try_join_all(
            message.media.iter().map(|place| async { self.id(&place.file, place.slot, dead).await }),
        );
        let ids: Vec<Arc<str>> = held.await?.into_iter().map(|held| held.id).collect();
        Ok(Filled { body: Bytes::from(message.payload_with(&ids)), ids })
    }

    /// Whether an id in a request body is known to be dead by now.
    pub(crate) fn is_outdated(&self, filled: &Filled) -> bool {
        let dead = lock(&self.dead);
        !dead.is_empty() && filled.ids.iter().any(|id| dead.contains(id))
    }

    /// The id of a file: one that is kept and lives, or a new one. Whoever asks while it is being uploaded waits.
    ///
    /// # Errors
    ///
    /// As [`fill`](Self::fill).
    pub(crate) async fn id(
        &self,
        file: &MediaFile,
        slot: usize,
        dead: &[Arc<str>],
    ) -> Result<Held, Unavailable> {
        let shelf = Arc::clone(lock(&self.shelves).entry(key(file)).or_default());
        let mut shelf = shelf.lock().await;
        if matches!(*shelf, Shelf::Unasked)
            && let Some(held) = self.kept(file).map_err(storage)?
        {
            *shelf = Shelf::Held(held);
        }
        match &*shelf {
            Shelf::Held(held) if held.until > self.client.clock().now() && !dead.contains(&held.id) => {
                return Ok(held.clone());
            }
            Shelf::Held(held) => {
                lock(&self.dead).insert(Arc::clone(&held.id));
                self.store(|store| store.forget(&self.settings.appid, &held.id)).map_err(storage)?;
            }
            Shelf::Refused(cause) => return Err(refused(file, slot, cause.clone())),
            Shelf::Unasked => {}
        }
        *shelf = Shelf::Unasked;
        match self.upload(file).await {
            Ok(held) => {
                lock(&self.dead).remove(&held.id);
                *shelf = Shelf::Held(held.clone());
                Ok(held)
            }
            Err(NotUploaded::File(cause)) => {
                *shelf = Shelf::Refused(cause.clone());
                Err(refused(file, slot, cause))
            }
            Err(NotUploaded::Stop(stop)) => {
                *lock(&self.ended) = Some(stop.clone());
                Err(Unavailable::Stop(stop))
            }
        }
    }

    fn kept(&self, file: &MediaFile) -> Result<Option<Held>, JournalError> {
        let (upload, sha256) = key(file);
        let kept = self.store(|store| store.find(&self.settings.appid, upload, &sha256))?;
        let now = self.client.clock().now();
        Ok(kept.filter(|kept| kept.is_usable(now)).map(|kept| Held {
            id: kept.id.as_str().into(),
            expires: kept.expires,
            fresh: false,
            until: kept.usable_until(),
        }))
    }

    /// Asks the kept ids, which are opened when they are asked for the first time.
    fn store<T>(&self, ask: impl FnOnce(&MediaStore) -> Result<T, JournalError>) -> Result<T, JournalError> {
        match &mut *lock(&self.store) {
            Some(store) => ask(store),
            closed => ask(closed.insert(MediaStore::open(&self.settings.state)?)),
        }
    }

    async fn upload(&self, file: &MediaFile) -> Result<Held, NotUploaded> {
        let units = u32::try_from(file.bytes / UNIT).unwrap_or(ROOM).clamp(LEAST, ROOM);
        // The semaphore is never closed.
        let _room = self.room.acquire_many(units).await;
        let mut token = self.tokens.get().await.map_err(no_token)?;
        let content = read(file).await.ok_or_else(|| changed(file))?;
        (self.watch)(&Event::Uploading { file: file.name.clone(), bytes: file.bytes });
        let mut counts = RetryCounts::default();
        loop {
            self.pacer.lock().await.pace().await;
            if let Some(stop) = &*lock(&self.ended) {
                return Err(NotUploaded::Stop(stop.clone()));
            }
            let begun = self.client.clock().now();
            let answer = self.client.upload(file.content.upload, file.format, content.clone(), &token).await;
            tracing::debug!(file = file.name, ok = matches!(answer, Ok(UploadAnswer::Taken(_))), "upload");
            let (verdict, cause) = match answer {
                Ok(UploadAnswer::Taken(uploaded)) => return self.keep(file, &uploaded, begun),
                Ok(UploadAnswer::Refused(answer)) => (verdict(answer.code), Cause::from(Ok(answer))),
                Err(failure) => (unanswered(&failure), Cause::from(Err(failure))),
            };
            if verdict != Verdict::TokenRefused {
                counts.token = 0;
            }
            match next(&verdict, self.settings.retries, &mut counts, pause) {
                Next::Again(after) => tokio::time::sleep(self.client.clock().takes(after)).await,
                Next::Settle(_) => return Err(given_up(&verdict, cause)),
            }
            if verdict == Verdict::TokenRefused {
                token = self.tokens.after(&token).await.map_err(no_token)?;
            }
        }
    }

    fn keep(&self, file: &MediaFile, uploaded: &Uploaded, begun: Timestamp) -> Result<Held, NotUploaded> {
        self.uploads.fetch_add(1, Ordering::Relaxed);
        (self.watch)(&Event::Uploaded);
        let kept = KeptMedia {
            upload: file.content.upload.name().to_owned(),
            sha256: file.content.sha256,
            id: uploaded.id.clone(),
            uploaded: begun,
            expires: born(uploaded.created_at, begun).checked_add(LIFE).unwrap_or(Timestamp::MAX),
        };
        self.store(|store| store.keep(&self.settings.appid, &kept))
            .map_err(|error| NotUploaded::Stop(Stop::Storage(error.into())))?;
        let until = kept.usable_until().max(begun + FRESH);
        Ok(Held { id: uploaded.id.as_str().into(), expires: kept.expires, fresh: true, until })
    }
}

impl std::fmt::Debug for Depot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Depot").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Why a file was not uploaded.
enum NotUploaded {
    /// It is about this file.
    File(Cause),
    /// It is about more.
    Stop(Stop),
}

fn key(file: &MediaFile) -> Key {
    (file.content.upload.name(), file.content.sha256)
}

/// What is behind a lock stays true even if a thread died while it held it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn storage(error: JournalError) -> Unavailable {
    Unavailable::Stop(Stop::Storage(error.into()))
}

fn no_token(error: TokenError) -> NotUploaded {
    NotUploaded::Stop(Stop::Token(error))
}

fn refused(file: &MediaFile, slot: usize, cause: Cause) -> Unavailable {
    Unavailable::File { file: file.name.clone(), slot, cause }
}

fn changed(file: &MediaFile) -> NotUploaded {
    NotUploaded::Stop(Stop::FileChanged { file: file.name.clone() })
}

/// The content of a file, if it is still the one that was planned.
async fn read(file: &MediaFile) -> Option<Bytes> {
    let (path, bytes, planned) = (file.path.clone(), file.bytes, file.content.sha256);
    let read = move || {
        // The file may have been replaced by one that is too large to read.
        std::fs::metadata(&path).ok().filter(|now| now.is_file() && now.len() == bytes)?;
        let content = std::fs::read(path).ok()?;
        (*Digest::of(&content).as_bytes() == planned).then(|| Bytes::from(content))
    };
    tokio::task::spawn_blocking(read).await.ok().flatten()
}

/// What a refusal means for the upload, in the words that retries are decided in.
fn verdict(code: i64) -> Verdict {
    match Refusal::of(code) {
        Refusal::File => Verdict::Content,
        Refusal::Busy => Verdict::Busy { at_least: None },
        Refusal::Throttled => Verdict::Throttled,
        Refusal::Token => Verdict::TokenRefused,
        Refusal::Quota => Verdict::Quota,
        Refusal::Account => Verdict::Account,
    }
}

/// What the lack of an answer means. Whether the file arrived does not matter: it may be uploaded twice.
fn unanswered(failure: &Failure) -> Verdict {
    match failure {
        Failure::Declined { status } => Verdict::Declined { status: *status },
        Failure::TurnedAway { retry_after, .. } => Verdict::Busy { at_least: *retry_after },
        Failure::NotConnected(_) | Failure::Unclear(_) => Verdict::Busy { at_least: None },
    }
}

fn given_up(verdict: &Verdict, cause: Cause) -> NotUploaded {
    match (verdict, cause) {
        (Verdict::Quota, Cause::Answer { code, errmsg }) => NotUploaded::Stop(Stop::Quota { code, errmsg }),
        (Verdict::Account, Cause::Answer { code, errmsg }) => {
            NotUploaded::Stop(Stop::Account { code, errmsg })
        }
        (Verdict::TokenRefused, _) => NotUploaded::Stop(Stop::Token(TokenError::FreshRefused)),
        // A gateway declines every request, or every upload: the fault is not the file's.
        (Verdict::Declined { status }, _) => NotUploaded::Stop(Stop::Declined { status: *status, count: 1 }),
        (_, cause) => NotUploaded::File(cause),
    }
}

/// When an id was made. The platform's word counts where it can be true; where its clock and ours are too far apart
/// for that, ours does.
fn born(created_at: Option<i64>, begun: Timestamp) -> Timestamp {
    let told = created_at.and_then(|seconds| Timestamp::from_second(seconds).ok());
    told.filter(|told| *told <= begun && begun.duration_since(*told).unsigned_abs() < LIFE).unwrap_or(begun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platforms_time_counts_where_it_can_be_true() {
        let now = Timestamp::from_second(1_700_000_000).expect("a moment");
        let seconds = |created_at| born(created_at, now).as_second() - now.as_second();
        assert_eq!(seconds(None), 0);
        assert_eq!(seconds(Some(1_700_000_000 - 3600)), -3600);
        assert_eq!(seconds(Some(1_700_000_000 + 60)), 0, "its clock is ahead of ours");
        assert_eq!(seconds(Some(123_456_789)), 0, "years ago");
    }
}
