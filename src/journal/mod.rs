//! The durable ledger: what was about to be sent, and what became of it. The truth.
//!
//! What is promised after a crash, a kill or a power cut at any point:
//!
//! - An intent is on disk before the first byte of its request leaves. So a request without an intent does not
//!   exist, and nobody is sent a message the journal does not know of.
//! - An outcome is written as soon as it is known. A message with an intent and no outcome was in flight when
//!   the process ended: it may have been delivered, so it becomes `unknown` and is not sent again by itself.
//! - At most as many messages as were in flight are in that state.
//!
//! One journal an account, over all its campaigns: whatever becomes of a campaign's folder, it goes on.
//! Commits are shared: whatever has arrived while the last one was being synced goes into the next.

pub(crate) mod attempts;
pub(crate) mod backend;
pub(crate) mod batch;
pub(crate) mod chosen;
pub(crate) mod error;
pub mod history;
pub mod identity;
pub mod index;
pub(crate) mod imported;
pub(crate) mod kept;
pub mod lineage;
pub mod lock;
pub mod media;
pub(crate) mod notice;
pub(crate) mod payload;
pub(crate) mod people;
pub(crate) mod portable;
pub(crate) mod postgres;
pub(crate) mod receipt;
pub mod record;
pub(crate) mod reserve;
pub(crate) mod run;
mod sqlite;
pub mod store;
pub(crate) mod told;
pub(crate) mod whereabouts;
pub mod writer;
pub(crate) mod written;

use std::future::poll_fn;
use std::pin::pin;

use crate::delivery::attempt::Attempt;
use crate::delivery::outcome::Outcome;
use crate::delivery::skip::Skipped;
pub use crate::journal::error::JournalError;
pub use crate::journal::identity::Identity;
use crate::journal::identity::MessageKey;
use crate::journal::store::Intent;

/// What the executor asks of a journal. wxcast's is [`writer::Writer`]; that it is asked through this is what lets
/// tests stop it at any record and benches measure what it costs.
pub trait Journal: Send + Sync + 'static {
    /// Takes an intent, to be written with the next [`flush`](Self::flush), and gives the message's number once it
    /// is on disk. Only then may the request leave. Whoever waits for it sees to the flush: [`flushing`].
    ///
    /// # Errors
    ///
    /// When the intent is not on disk: the request must not leave.
    fn intent(&self, intent: Intent) -> impl Future<Output = Result<MessageKey, JournalError>> + Send;

    /// Takes an outcome, to be written with the next [`flush`](Self::flush).
    fn outcome(&self, id: MessageKey, outcome: Outcome, attempt: Attempt);

    /// Takes the outcome of a message for which no request is made, to be written as [`outcome`](Self::outcome) is.
    /// Intent and outcome are one record, so that nothing that happens in between can make anybody think that the
    /// message may have been delivered.
    fn undelivered(&self, intent: Intent, outcome: Outcome, attempt: Attempt);

    /// Takes a message that is not sent in this run, to be written as [`outcome`](Self::outcome) is: no request is made,
    /// and a later run decides again. Whoever says so says it once a run, and sends the message no more in that run.
    fn skip(&self, message: Intent, skipped: Skipped);

    /// Writes what was taken where it is enough to be worth a sync. Gives whether something is left that waits for
    /// the next flush.
    fn flush_enough(&self) -> bool;

    /// Writes what was taken, because nothing more comes for the moment.
    fn flush(&self);
}

/// Waits, and has the journal write what it took: at once where it is enough to be worth a sync, and else when the
/// runtime had a turn for whatever else was ready and nothing came of it that ends the wait. So nobody waits for what
/// was never handed over, and a journal that is idle is not kept busy with records one at a time.
pub async fn flushing<T>(journal: &impl Journal, waiting: impl Future<Output = T>) -> T {
    let mut waiting = pin!(waiting);
    let mut lull = false;
    poll_fn(|context| {
        let polled = waiting.as_mut().poll(context);
        if polled.is_pending() {
            if lull {
                journal.flush();
                lull = false;
            } else if journal.flush_enough() {
                lull = true;
                context.waker().wake_by_ref();
            }
        }
        polled
    })
    .await
}
