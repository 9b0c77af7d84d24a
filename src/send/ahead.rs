//! Media files are uploaded ahead of the messages that need them, so that no slot and no permit of the pace waits for
//! an upload.

use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::mpsc::channel;

use crate::campaign::Campaign;
use crate::send::feed::{FeedEnd, Jobs};
use crate::send::media::Depot;
use crate::send::worker::{Filling, Job};

/// How many messages ahead of the senders files are uploaded for.
const AHEAD: usize = 64;

/// Whether a campaign has media files to upload.
pub(crate) fn has_files(campaign: &Campaign) -> bool {
    campaign.body.slots().iter().any(|slot| slot.upload.is_some())
}

/// Uploads the files of the next messages while others are being sent. The messages come out in their order, each
/// with its request body or the reason why it has none.
pub(crate) fn ahead(jobs: Jobs, depot: Arc<Depot>) -> Jobs {
    let (ready, filled) = channel(AHEAD);
    tokio::spawn(async move {
        let jobs = stream::unfold(jobs, async |mut jobs| jobs.next().await.map(|job| (job, jobs)));
        // Each upload is a task of its own: if nobody polled it for a while, its answer would time out unread.
        let fill = |job| tokio::spawn(fill(Arc::clone(&depot), job));
        let mut filling = std::pin::pin!(jobs.map(fill).buffered(AHEAD));
        while let Some(job) = filling.next().await {
            let Ok(job) = job else { return };
            if ready.send(job.map(|job| vec![job])).await.is_err() {
                return;
            }
        }
    });
    Jobs::of(filled)
}

async fn fill(depot: Arc<Depot>, job: Result<Job, FeedEnd>) -> Result<Job, FeedEnd> {
    let mut job = job?;
    if !job.message.media.is_empty() {
        let filling = match depot.fill(&job.message, &[]).await {
            Ok(filled) => Filling::Done(filled),
            Err(unavailable) => Filling::Unavailable(unavailable),
        };
        job.filling = Some(Box::new(filling));
    }
    Ok(job)
}
