//! Fetches the profiles of people, a hundred at a time, into a file that is kept.

use std::collections::HashMap;
use std::io;

use futures_util::stream::{self, StreamExt as _};
use serde::{Deserialize, Serialize};

use crate::gather::ask::{Asker, Halt};
use crate::gather::kept::{Kept, Mark};
use crate::gather::selection::People;
use crate::wechat::client::Client;
use crate::wechat::people::{self, PROFILES_A_CALL, Profile};

/// How many calls are on their way at a time.
const AT_ONCE: usize = 4;
/// How many people are in memory at a time.
const SOME: usize = 20 * PROFILES_A_CALL;

/// An openid that is none of this account's (docs/platform.md#openids).
const NO_OPENID: i64 = 40003;

/// What is known of one person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Known {
    pub(crate) openid: String,
    /// Whether they follow; nothing where the platform said nothing of them.
    pub(crate) follows: Option<bool>,
    pub(crate) since: Option<i64>,
    pub(crate) unionid: String,
    pub(crate) remark: String,
    pub(crate) tags: Vec<i64>,
    pub(crate) source: String,
    pub(crate) scene: String,
}

impl Known {
    fn of(profile: Profile) -> Self {
        let Profile { openid, follows, since, unionid, remark, tags, source, scene } = profile;
        Self { openid, follows: Some(follows), since, unionid, remark, tags, source, scene }
    }

    /// Reads a line that was kept.
    pub(crate) fn parse(line: &str) -> io::Result<Self> {
        serde_json::from_str(line).map_err(io::Error::other)
    }
}

/// Fetches the profiles of people in the order in which they come, but for those that are kept already, and tells of
/// each call. `all` is how many people there are.
///
/// # Errors
///
/// Why it goes no further. What was fetched so far is kept.
pub(crate) async fn fetch(
    asker: &Asker,
    people: &mut People,
    all: u64,
    kept: &mut Kept,
    told: &mut dyn FnMut(&Mark),
) -> Result<(), Halt> {
    people.skip(kept.mark().lines)?;
    while !kept.mark().ended {
        let some = people.take(SOME)?;
        if some.is_empty() {
            return Ok(kept.add::<&str>(&[], "", Some(all), true)?);
        }
        fetch_some(asker, &some, all, kept, told).await?;
    }
    Ok(())
}

/// The profiles of at most a hundred people. One openid that is none of this account's spoils the call for all
/// (docs/platform.md#openids): then halves are asked for, until it stands alone and is left out.
async fn told_of(asker: &Asker, client: &Client, part: &[String]) -> Result<Vec<Profile>, Halt> {
    let (mut told, mut left) = (Vec::new(), vec![part]);
    while let Some(some) = left.pop() {
        let asked = asker.ask(|token| async move { people::profiles(client, &token, some).await });
        match asked.await {
            Ok(profiles) => told.extend(profiles),
            Err(Halt::Answered(answer)) if answer.code == NO_OPENID => {
                if some.len() > 1 {
                    let (first, second) = some.split_at(some.len() / 2);
                    left.extend([first, second]);
                }
            }
            Err(halt) => return Err(halt),
        }
    }
    Ok(told)
}

async fn fetch_some(
    asker: &Asker,
    openids: &[String],
    all: u64,
    kept: &mut Kept,
    told: &mut dyn FnMut(&Mark),
) -> Result<(), Halt> {
    let client = &asker.client;
    let calls = openids
        .chunks(PROFILES_A_CALL)
        .map(|part| async move { Ok::<_, Halt>((part, told_of(asker, client, part).await?)) });
    let mut answers = std::pin::pin!(stream::iter(calls).buffered(AT_ONCE));
    while let Some(answer) = answers.next().await {
        let (part, profiles) = answer?;
        let by_openid: HashMap<String, Profile> =
            profiles.into_iter().map(|profile| (profile.openid.clone(), profile)).collect();
        let lines: Vec<String> = part
            .iter()
            .map(|openid| {
                let unknown = || Known { openid: openid.clone(), ..Known::default() };
                // Somebody may stand there twice.
                let known = by_openid.get(openid).cloned().map_or_else(unknown, Known::of);
                serde_json::to_string(&known).expect("texts and numbers serialise")
            })
            .collect();
        kept.add(&lines, "", Some(all), false)?;
        told(kept.mark());
    }
    Ok(())
}
