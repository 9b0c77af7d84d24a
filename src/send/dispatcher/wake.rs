//! What wakes the dispatcher up.

use std::time::Duration;

use tokio::time::Interval;

use crate::delivery::stop::Stop;
use crate::journal::kept::Kept;
use crate::journal::postgres::pace::SharedPace;
use crate::journal::receipt::Watch;
use crate::send::feed::FeedEnd;
use crate::send::shutdown::StopFiles;
use crate::send::worker::{Attempted, Job};

/// What the dispatcher wakes up for.
pub(super) enum Wake {
    Attempted(Box<Attempted>),
    Fed(Option<Result<Job, FeedEnd>>),
    Due,
    Paced,
    /// The wait before the next step of the ramp is over.
    Rested,
    Asked,
    /// The journal or a lock is no longer what others find.
    Replaced,
    /// What is shared with other computers is out of reach.
    Lost(String),
    /// Somebody else has taken the campaign over: the receipt is theirs.
    TakenOver,
    Looked,
    Signal(Stop),
}

/// Waits, and not even for a timer's tick where there is nothing to wait for: a message whose token was refused
/// goes before others are sent with the same token.
pub(super) async fn sleep(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// Waits until something outside says that nothing more is to be sent. It may be broken off and called again.
pub(super) async fn outside(
    stop_files: &StopFiles,
    kept: &[Kept],
    receipt: Option<&Watch>,
    pace: Option<&SharedPace>,
    ticks: &mut Interval,
) -> Wake {
    loop {
        ticks.tick().await;
        if stop_files.found().is_some() || pace.is_some_and(SharedPace::is_stopped) {
            return Wake::Asked;
        }
        if let Some(reason) = pace.and_then(SharedPace::lost) {
            return Wake::Lost(reason);
        }
        // At a few messages a minute the stop would otherwise be noticed only with the next message.
        if !kept.iter().all(Kept::is_there) {
            return Wake::Replaced;
        }
        if let Some(receipt) = receipt {
            receipt.put_back();
            if receipt.is_taken_over() {
                return Wake::TakenOver;
            }
        }
    }
}
