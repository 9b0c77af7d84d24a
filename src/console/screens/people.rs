//! The people of a campaign by what became of them, as numbers with words beside their colours.

use serde::Serialize;

use crate::delivery::outcome::{Counts, Status};
use crate::locale::Catalog;

/// A number and what it means.
#[derive(Debug, Serialize)]
pub(crate) struct Tile {
    /// The status.
    status: &'static str,
    /// Its word.
    word: String,
    /// How many people.
    count: u64,
    /// Its colour.
    class: &'static str,
}

/// The six statuses.
pub(crate) fn tiles(counts: &Counts, words: &Catalog) -> Vec<Tile> {
    let tile = |status: Status| {
        let count = counts.of(status);
        Tile {
            status: status.name(),
            word: words.say(&format!("status.{}", status.name()), &[]),
            count,
            class: if count > 0 { class(status) } else { "quiet" },
        }
    };
    Status::ALL.into_iter().map(tile).collect()
}

/// The colour of a status.
pub(crate) fn class(status: Status) -> &'static str {
    match status {
        Status::Sent => "good",
        Status::Refused | Status::Failed => "bad",
        Status::Unknown => "warn",
        Status::Skipped | Status::Unsent => "quiet",
    }
}
