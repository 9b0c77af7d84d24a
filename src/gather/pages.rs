//! Fetches a list of people page by page. The pages are handed over as they come, so that they are kept and written while
//! the next one is on its way.

use std::collections::HashSet;
use std::sync::mpsc::SyncSender;

use crate::audience::openid;
use crate::gather::ask::{Asker, Halt, halt};
use crate::wechat::people::{self, Fetched, Listed};

/// The openid behind which the next page was to begin is none of a follower any more (docs/platform.md#openids).
const NO_OPENID: i64 = 40003;

/// What comes of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Came {
    /// The list begins anew: whoever stood at the end of the last page is gone, and so is the way on from there.
    Anew,
    /// A page.
    Page {
        fetched: Fetched,
        /// Behind whom the next page begins; nothing where this is the last one.
        next: Option<String>,
    },
}

/// Who stands on a page, and how many there are in all, where the platform says so.
///
/// # Errors
///
/// When it is none.
pub(crate) fn people_on(fetched: Fetched) -> Result<(Vec<String>, Option<u64>), Halt> {
    let page = match fetched {
        Fetched::Read(page) => page,
        Fetched::Unread(unread) => unread.read().map_err(halt)?,
    };
    // What is no openid stands for nobody, and could break the file it is kept in.
    let mut openids = page.openids;
    openids.retain(|openid| openid::check(openid).is_ok());
    Ok((openids, page.total))
}

/// Fetches a list from behind somebody, or from the beginning, and hands over what comes.
///
/// # Errors
///
/// Why it goes no further.
pub(crate) async fn fetch(
    asker: &Asker,
    list: Listed,
    mut behind: String,
    came: &SyncSender<Came>,
) -> Result<(), Halt> {
    // A platform that leads back to where it was would never end.
    let mut been: HashSet<String> = HashSet::new();
    loop {
        let client = &asker.client;
        let asked = asker.ask(|token| {
            let behind = &behind;
            async move { people::page(client, &token, list, behind).await }
        });
        let fetched = match asked.await {
            Ok(fetched) => fetched,
            Err(Halt::Answered(answer))
                if answer.code == NO_OPENID && !behind.is_empty() && been.is_empty() =>
            {
                been.insert(std::mem::take(&mut behind));
                if came.send(Came::Anew).is_err() {
                    return Ok(());
                }
                continue;
            }
            Err(halt) => return Err(halt),
        };
        been.insert(behind);
        let next = match &fetched {
            Fetched::Read(page) => page.next.clone(),
            Fetched::Unread(unread) => Some(unread.next.clone()),
        };
        let next = next.filter(|next| !been.contains(next));
        // Whoever takes the pages has given up where nobody does.
        let taken = came.send(Came::Page { fetched, next: next.clone() });
        match next.filter(|_| taken.is_ok()) {
            Some(next) => behind = next,
            None => return Ok(()),
        }
    }
}
