//! `report --format junit`: one case a status and reason, not one a recipient, of which there may be a million.
//! `sent` passes; what is refused, failed or unknown fails; what is skipped or not tried yet counts as skipped.

use std::io::{self, Write};

use crate::delivery::outcome::Status;
use crate::locale::Catalog;
use crate::report::form::junit::{self, Case, Suite, Verdict};
use crate::report::run::json::{Reason, RunReport};

/// Writes the report.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn write(report: &RunReport, words: &Catalog, out: &mut dyn Write) -> io::Result<()> {
    let properties = [
        ("campaign", report.campaign.clone()),
        ("wave", report.wave.to_string()),
        ("appid", report.appid.clone()),
        ("destination", report.destination.clone()),
        ("digest", report.digest.as_deref().unwrap_or("").to_owned()),
        ("running", report.running.to_string()),
        ("requests", report.requests.to_string()),
        ("token-fetches", report.token_fetches.to_string()),
    ];
    let doubt = report.doubt.clone().map(|doubt| ("doubt", doubt));
    let properties = properties.into_iter().chain(doubt);
    let properties = properties.map(|(name, value)| (name.to_owned(), value)).collect();
    let statuses = report.statuses(words).into_iter();
    let cases =
        statuses.flat_map(|(status, word, count)| of_status((status, &word, count), report, words)).collect();
    let suite = Suite { name: words.say("report.outcomes", &[]), properties, cases };
    junit::write(&report.title(words), vec![suite], out)
}

/// The cases of a status: one a reason, and one at least.
fn of_status((status, word, count): (Status, &str, u64), report: &RunReport, words: &Catalog) -> Vec<Case> {
    let reasons = report.reasons.iter().filter(|reason| reason.status == status.name());
    match status {
        Status::Sent => vec![passed(word, count)],
        Status::Skipped | Status::Unsent if count > 0 => {
            let result = Verdict::Skipped { message: count.to_string() };
            vec![Case { name: word.to_owned(), result, output: None }]
        }
        Status::Refused | Status::Failed | Status::Unknown if count > 0 => {
            reasons.map(|reason| failed(word, reason, words)).collect()
        }
        Status::Refused | Status::Failed | Status::Unknown | Status::Skipped | Status::Unsent => {
            vec![passed(word, count)]
        }
    }
}

fn passed(word: &str, count: u64) -> Case {
    Case { name: word.to_owned(), result: Verdict::Passed, output: Some(count.to_string()) }
}

fn failed(word: &str, reason: &Reason, words: &Catalog) -> Case {
    let name = format!("{word} {}", reason.code(words));
    let message = format!("{} × {}", reason.count, name.trim_end());
    Case {
        name: name.trim_end().to_owned(),
        result: Verdict::Failed { message, text: reason.text() },
        output: None,
    }
}
