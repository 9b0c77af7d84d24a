//! What the summary of a workbook of results says: of which campaign it is, and what its rows once came to. People delete
//! and sort rows, and seldom touch the sheet beside them.

use std::path::Path;

use crate::audience::Source;
use crate::audience::reader::Reader;
use crate::audience::row::Row;
use crate::audience::workbook::is_named_so;
use crate::campaign::Campaign;
use crate::delivery::outcome::{Counts, Status};
use crate::locale::{Catalog, Language};

/// So many rows the statuses stand in, whatever was put above them.
const ROWS: usize = 30;

/// A summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    /// The campaign and its wave, in the words of the file.
    campaign: String,
    /// The rows by status.
    pub(crate) counts: Counts,
}

impl Summary {
    /// Reads the one of a file; gives nothing where it has none.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        if !is_named_so(path) {
            return None;
        }
        [Language::En, Language::ZhCn]
            .into_iter()
            .find_map(|language| Self::read(path, &Catalog::new(language)))
    }

    fn read(path: &Path, words: &Catalog) -> Option<Self> {
        let title = |key: &str| words.say(&format!("results.sheet.{key}"), &[]);
        let sheet = Some(title("summary"));
        let (mut reader, _) =
            Reader::begin(&Source { path: path.to_owned(), sheet, ..Source::default() }).ok()?;
        let mut campaign = match reader.header().raw() {
            [first, second, ..] if *first == title("campaign") => Some(second.clone()),
            _ => None,
        };
        let (mut row, mut counts, mut found) = (Row::default(), Counts::default(), 0);
        for _ in 0..ROWS {
            if !matches!(reader.read(&mut row), Ok(Some(_))) {
                break;
            }
            let cell = |index| row.record().get(index).map_or("".into(), String::from_utf8_lossy);
            let (name, value) = (cell(0), cell(1));
            if campaign.is_none() && name == title("campaign") {
                campaign = Some(value.into_owned());
                continue;
            }
            let is_named = |status: &&Status| words.say(&format!("status.{}", status.name()), &[]) == name;
            if let (Some(status), Ok(count)) = (Status::ALL.iter().find(is_named), value.trim().parse()) {
                counts.add(*status, count);
                found += 1;
                if found == Status::ALL.len() {
                    // Below stand reasons, each with its status once more.
                    break;
                }
            }
        }
        Some(Self { campaign: campaign?, counts }).filter(|_| found == Status::ALL.len())
    }

    /// Whether it is that of this campaign and wave.
    pub(crate) fn is_of(&self, campaign: &Campaign) -> bool {
        let of: [(&str, &dyn std::fmt::Display); 2] = [("campaign", &campaign.id), ("wave", &campaign.wave)];
        [Language::En, Language::ZhCn]
            .into_iter()
            .any(|language| Catalog::new(language).say("plan.wave", &of) == self.campaign)
    }
}
