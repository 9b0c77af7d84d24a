//! Fetches a list of people page by page into a file that is kept.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::audience::openid;
use crate::gather::ask::{Asker, Halt};
use crate::gather::kept::{Kept, Mark};
use crate::wechat::people::{self, Listed};

/// The openid behind which the next page was to begin is none of a follower any more (docs/platform.md#openids).
const NO_OPENID: i64 = 40003;

/// Fetches what is missing of a list, and tells of each page.
///
/// # Errors
///
/// Why it goes no further. What was fetched so far is kept.
pub(crate) async fn fetch(
    asker: &Asker,
    list: Listed,
    kept: &mut Kept,
    told: &mut dyn FnMut(&Mark),
) -> Result<(), Halt> {
    // A platform that leads back to where it was would never end.
    let mut been: HashSet<String> = HashSet::new();
    while !kept.mark().ended {
        let behind = kept.mark().behind.clone();
        let client = &asker.client;
        let asked = asker.ask(|token| {
            let behind = &behind;
            async move { people::page(client, &token, list, behind).await }
        });
        let page = match asked.await {
            Ok(page) => page,
            Err(Halt::Answered(answer))
                if answer.code == NO_OPENID && !behind.is_empty() && been.is_empty() =>
            {
                // Whoever stood at the end of the last page is gone, and so is the way on from there.
                tracing::info!("the list begins anew");
                kept.restart(Timestamp::now())?;
                been.insert(behind);
                continue;
            }
            Err(halt) => return Err(halt),
        };
        been.insert(behind);
        let next = page.next.filter(|next| !been.contains(next));
        let ended = next.is_none();
        // What is no openid stands for nobody, and could break the file it is kept in.
        let usable: Vec<String> =
            page.openids.into_iter().filter(|openid| openid::check(openid).is_ok()).collect();
        kept.add(&usable, next.as_deref().unwrap_or(""), page.total, ended)?;
        told(kept.mark());
    }
    Ok(())
}
