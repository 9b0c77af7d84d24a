//! What the simulator received and accepted: the truth that a sender's journal is compared with.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use crate::simulator::faults::FaultKind;

/// How many counts of 10 ms are kept: an hour, so that a simulator left running does not grow.
const BINS_KEPT: usize = 360_000;

/// The most files that are kept; later ones are only counted.
const FILES_KEPT: usize = 100_000;

/// The most rejections that are kept; later ones are only counted.
const REJECTIONS_KEPT: usize = 1_000;

/// The counts of one simulator. Clones share them; they can be read while requests come in.
///
/// "Accepted" means that the platform took the message, so that it reaches the phone, whatever becomes of the
/// answer. It is counted before anything of the answer is sent.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    book: Arc<Mutex<Book>>,
    arrived: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Book {
    recipients: HashMap<String, Entry>,
    totals: Totals,
    in_flight: u64,
    per_10ms: Vec<u32>,
    arrivals: Option<Vec<Duration>>,
    rejections: Vec<String>,
    files: Vec<UploadedFile>,
}

#[derive(Debug, Default)]
struct Entry {
    received: u32,
    accepted: Vec<[u8; 32]>,
    last_errcode: Option<i64>,
}

/// A file that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedFile {
    /// The `type` of the upload, or `uploadimg`.
    pub kind: String,
    /// The file name of its part.
    pub name: String,
    /// The content type of its part.
    pub content_type: String,
    /// Its size.
    pub(crate) bytes: usize,
    /// The SHA-256 of its content.
    pub(crate) sha256: [u8; 32],
}

/// The sums over all recipients.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Requests to send a message that arrived whole.
    pub requests: u64,
    /// Messages accepted.
    pub accepted: u64,
    /// The most send requests that were open at the same moment, from head to answer.
    pub max_in_flight: u64,
    /// Calls of `stable_token`, refused ones included.
    pub stable_token_calls: u64,
    /// Those of them with `force_refresh`.
    pub forced_token_calls: u64,
    /// Calls of the classic `token`, refused ones included.
    pub(crate) classic_token_calls: u64,
    /// Files accepted by `media/upload` and `media/uploadimg`.
    pub uploads: u64,
    /// Answers to send requests that were handed to the connection whole, by errcode.
    pub answers: BTreeMap<i64, u64>,
    /// Faults caused, on all calls, by the name of their kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Messages refused for their form or content.
    pub(crate) rejected: u64,
}

/// A send request that is open; dropping it closes it.
#[derive(Debug)]
pub(crate) struct Flight(Ledger);

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.book().in_flight -= 1;
    }
}

impl Ledger {
    /// An empty ledger; with `arrivals` it keeps the moment of every send request.
    pub(crate) fn new(arrivals: bool) -> Self {
        let ledger = Self::default();
        ledger.book().arrivals = arrivals.then(Vec::new);
        ledger
    }

    /// How many messages to this recipient were accepted.
    pub fn accepted(&self, openid: &str) -> u32 {
        let accepted = self.entry(openid, |entry| entry.accepted.len());
        accepted.map_or(0, |count| u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// The SHA-256 of each body accepted for this recipient, in order. A media id or address that was given out here
    /// counts as the content it stands for, `image:sha256:…`: what the recipient sees.
    pub fn accepted_payloads(&self, openid: &str) -> Vec<[u8; 32]> {
        self.entry(openid, |entry| entry.accepted.clone()).unwrap_or_default()
    }

    /// How many send requests for this recipient arrived, whatever the answer.
    pub fn received(&self, openid: &str) -> u32 {
        self.entry(openid, |entry| entry.received).unwrap_or(0)
    }

    /// The errcode of the last whole answer to a request for this recipient.
    #[cfg(test)]
    pub(crate) fn last_errcode(&self, openid: &str) -> Option<i64> {
        self.entry(openid, |entry| entry.last_errcode).flatten()
    }

    /// Every openid of which a request arrived, sorted.
    pub fn openids(&self) -> Vec<String> {
        self.sorted(|_| true)
    }

    /// The openids of which more than one message was accepted, sorted.
    pub fn duplicates(&self) -> Vec<String> {
        self.sorted(|entry| entry.accepted.len() > 1)
    }

    /// The sums at this moment.
    pub fn totals(&self) -> Totals {
        self.book().totals.clone()
    }

    /// The files that were accepted, in order, at most the first 100,000.
    pub fn files(&self) -> Vec<UploadedFile> {
        self.book().files.clone()
    }

    /// Why messages were refused, at most the first 1,000: openid, errcode, and the place in the body.
    #[cfg(test)]
    pub(crate) fn rejections(&self) -> Vec<String> {
        self.book().rejections.clone()
    }

    /// The send requests of each 10 ms of the first hour since the start, by real time.
    pub fn per_10ms(&self) -> Vec<u32> {
        self.book().per_10ms.clone()
    }

    /// The moment of each send request since the start, by real time; empty unless the scenario says
    /// `[ledger] arrivals = true`.
    pub fn arrivals(&self) -> Vec<Duration> {
        self.book().arrivals.clone().unwrap_or_default()
    }

    /// Waits until this many send requests have arrived.
    pub async fn wait_for_requests(&self, count: u64) {
        loop {
            let arrived = self.arrived.notified();
            tokio::pin!(arrived);
            // Listening begins before looking, so that no arrival in between is missed.
            arrived.as_mut().enable();
            if self.book().totals.requests >= count {
                return;
            }
            arrived.await;
        }
    }

    /// The ledger as JSON: totals, and the counts of each openid in sorted order.
    pub(crate) fn to_json(&self) -> serde_json::Result<String> {
        #[derive(Serialize)]
        struct Recipient {
            received: u32,
            accepted: usize,
            last_errcode: Option<i64>,
        }
        #[derive(Serialize)]
        struct Document {
            totals: Totals,
            recipients: BTreeMap<String, Recipient>,
            rejections: Vec<String>,
        }
        let book = self.book();
        let recipients = book.recipients.iter().map(|(openid, entry)| {
            let (received, accepted) = (entry.received, entry.accepted.len());
            (openid.clone(), Recipient { received, accepted, last_errcode: entry.last_errcode })
        });
        let document = Document {
            recipients: recipients.collect(),
            totals: book.totals.clone(),
            rejections: book.rejections.clone(),
        };
        drop(book);
        serde_json::to_string(&document)
    }

    /// Opens a send request, at its head.
    pub(crate) fn open(&self) -> Flight {
        let mut book = self.book();
        book.in_flight += 1;
        book.totals.max_in_flight = book.totals.max_in_flight.max(book.in_flight);
        drop(book);
        Flight(self.clone())
    }

    /// Counts a send request that arrived whole and gives its number, from 1.
    pub(crate) fn receive(&self, openid: Option<&str>, at: Duration) -> u64 {
        let mut book = self.book();
        book.totals.requests += 1;
        let number = book.totals.requests;
        if let Some(openid) = openid {
            book.recipient(openid).received += 1;
        }
        book.count_10ms(at);
        if let Some(arrivals) = &mut book.arrivals {
            arrivals.push(at);
        }
        drop(book);
        self.arrived.notify_waiters();
        number
    }

    /// Accepts a message, unless the recipient already got as many as `allowance`.
    pub(crate) fn accept(&self, openid: &str, body: &[u8], allowance: Option<u32>) -> bool {
        let digest: [u8; 32] = Sha256::digest(body).into();
        let mut book = self.book();
        let entry = book.recipient(openid);
        if allowance.is_some_and(|most| entry.accepted.len() >= most as usize) {
            return false;
        }
        entry.accepted.push(digest);
        book.totals.accepted += 1;
        true
    }

    /// Counts the answer to a send request that goes out whole.
    pub(crate) fn answered(&self, openid: Option<&str>, errcode: i64) {
        let mut book = self.book();
        *book.totals.answers.entry(errcode).or_default() += 1;
        if let Some(openid) = openid {
            book.recipient(openid).last_errcode = Some(errcode);
        }
    }

    /// Counts a message that was refused for its form or content.
    pub(crate) fn reject(&self, openid: Option<&str>, errcode: i64, why: &str) {
        let mut book = self.book();
        book.totals.rejected += 1;
        if book.rejections.len() < REJECTIONS_KEPT {
            book.rejections.push(format!("{}: {errcode}: {why}", openid.unwrap_or("(no openid)")));
        }
    }

    /// Counts a fault that was caused.
    pub(crate) fn faulted(&self, kind: FaultKind) {
        *self.book().totals.faults.entry(kind.name()).or_default() += 1;
    }

    /// Counts a call for a token.
    pub(crate) fn token_called(&self, stable: bool, forced: bool) {
        let totals = &mut self.book().totals;
        if stable {
            totals.stable_token_calls += 1;
            totals.forced_token_calls += u64::from(forced);
        } else {
            totals.classic_token_calls += 1;
        }
    }

    /// Counts a file that was accepted.
    pub(crate) fn uploaded(&self, file: UploadedFile) {
        let mut book = self.book();
        book.totals.uploads += 1;
        if book.files.len() < FILES_KEPT {
            book.files.push(file);
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // Counts stay true even if a thread died while it held them.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn entry<T>(&self, openid: &str, read: impl FnOnce(&Entry) -> T) -> Option<T> {
        self.book().recipients.get(openid).map(read)
    }

    fn sorted(&self, keep: impl Fn(&Entry) -> bool) -> Vec<String> {
        let book = self.book();
        let kept = book.recipients.iter().filter(|(_, entry)| keep(entry));
        let mut openids: Vec<String> = kept.map(|(openid, _)| openid.clone()).collect();
        drop(book);
        openids.sort_unstable();
        openids
    }
}

impl Book {
    fn recipient(&mut self, openid: &str) -> &mut Entry {
        self.recipients.entry(openid.to_owned()).or_default()
    }

    fn count_10ms(&mut self, at: Duration) {
        let bin = usize::try_from(at.as_millis() / 10).unwrap_or(usize::MAX);
        if bin < BINS_KEPT {
            self.per_10ms.resize(self.per_10ms.len().max(bin + 1), 0);
            self.per_10ms[bin] += 1;
        }
    }
}
