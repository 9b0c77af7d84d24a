//! What an earlier results file tells of people.

use std::collections::HashMap;
use std::path::Path;

use jiff::Timestamp;

use crate::audience::csv::guard::RESULTS;
use crate::audience::row::Row;
use crate::delivery::outcome::{Outcome, Status};
use crate::journal::told::Told;
use crate::locale::{Catalog, Language};
use crate::report::results::open;

/// Everybody of whom a results file tells that a request was made for them; nothing where it is no such file.
pub(crate) fn told(path: &Path, openid: &str) -> Option<Vec<Told>> {
    let mut reader = open(path, openid)?;
    let header = reader.header();
    let own = RESULTS.iter().find_map(|own| {
        let columns = own.map(|name| header.position(name));
        columns.iter().all(Option::is_some).then_some(columns)
    })?;
    let openid = header.position(openid)?;
    let words = words();
    let [status, errcode, errmsg, _, attempts, at, _, _] = own;
    let mut told = Vec::new();
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut row = Row::default();
    while let Ok(Some(_)) = reader.read(&mut row) {
        let cell = |column: Option<usize>| {
            let cell = column.and_then(|column| row.record().get(column)).unwrap_or_default();
            String::from_utf8_lossy(cell).into_owned()
        };
        let Some(status) = words.get(cell(status).as_str()) else { continue };
        let outcome = match status {
            Status::Skipped => continue,
            Status::Unsent => None,
            Status::Sent => Some(Outcome::Sent),
            Status::Refused => Some(Outcome::Refused),
            Status::Failed => Some(Outcome::Failed),
            Status::Unknown => Some(Outcome::Unknown),
        };
        let openid = cell(Some(openid));
        let nth = numbers.entry(openid.clone()).or_default();
        *nth += 1;
        if let Some(outcome) = outcome {
            told.push(Told {
                openid,
                nth: *nth,
                outcome,
                errcode: cell(errcode).parse().ok(),
                reason: Some(cell(errmsg)).filter(|reason| !reason.is_empty()),
                attempts: cell(attempts).parse().unwrap_or(1),
                // A spreadsheet may have written it in another way; when it was is then not known.
                at: cell(at).parse().unwrap_or(Timestamp::UNIX_EPOCH),
            });
        }
    }
    Some(told)
}

/// The statuses by their words in every language.
fn words() -> HashMap<String, Status> {
    let languages = [Language::En, Language::ZhCn].map(Catalog::new);
    languages
        .iter()
        .flat_map(|words| {
            Status::ALL.iter().map(|status| (words.say(&format!("status.{}", status.name()), &[]), *status))
        })
        .collect()
}
