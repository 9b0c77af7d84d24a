//! The runs of a campaign beside each other, the last one first, and what the account sent else, so that last week's campaign
//! stands beside this one.

use serde_json::{Value as Json, json};

use crate::campaign::moment::shown;
use crate::console::desk::Desk;
use crate::console::folder::Found;
use crate::console::program::{Planned, Question};
use crate::console::screens::folder::{title, zone};
use crate::console::screens::{Shown, Wrong};
use crate::console::shell::{Screen, Tab};
use crate::console::standing::counts;
use crate::delivery::outcome::{Counts, Status};
use crate::journal::history::CampaignRecord;
use crate::journal::identity::Channel;
use crate::locale::Catalog;

const CONTENT: &str = include_str!("../assets/runs.hbs");

/// So many campaigns of the account stand beside this one.
const BESIDE: usize = 20;

/// The screen.
pub(crate) fn show(desk: &Desk, found: &Found) -> Result<Shown, Wrong> {
    let words = desk.words();
    let planned = desk.plan(&found.path);
    let report = desk.ask(&Question::Report, &found.path).json();
    let running = report.as_ref().is_some_and(|report| report["running"] == true);
    let runs = report.as_ref().and_then(|report| report["runs"].as_array()).map_or(&[][..], Vec::as_slice);
    let last = runs.len();
    let each = runs.iter().enumerate().map(|(at, run)| row(run, running && at + 1 == last, &planned, &words));
    let mut each: Vec<Json> = each.collect();
    each.reverse();
    let screen = Screen {
        title: words.say("console.runs.title", &[("title", &title(found, &planned))]),
        templates: vec![("content", CONTENT)],
        content: json!({
            "title": title(found, &planned),
            "statuses": statuses(&words),
            "runs": each,
            "campaigns": beside(desk, found, &planned),
        }),
        of: Some((found, Tab::Runs)),
        commands: vec![
            desk.program.command_line(&["runs"], &found.path, &[]),
            desk.program.command_line(&["history"], &found.path, &[]),
        ],
        pictures: None,
        renews: false,
    };
    Ok(Shown::Page(screen.page(desk, &words)?))
}

fn statuses(words: &Catalog) -> Vec<String> {
    Status::ALL.iter().map(|status| words.say(&format!("status.{}", status.name()), &[])).collect()
}

/// The people by status; none of them where that was not noted.
fn numbers(counts: Option<&Counts>) -> Vec<Option<u64>> {
    Status::ALL.into_iter().map(|status| counts.map(|counts| counts.of(status))).collect()
}

fn row(run: &Json, now: bool, planned: &Planned, words: &Catalog) -> Json {
    let zone = zone(planned);
    let at = |name: &str| run[name].as_str().and_then(|at| at.parse().ok()).map(|at| shown(at, &zone));
    let ending = match (run["why"].as_str(), run["exit"].as_str()) {
        (Some(why), Some(_)) => why.to_owned(),
        (None, Some(exit)) => words.say(&format!("report.exit.{exit}"), &[]),
        (_, None) if now => words.say("runs.now", &[]),
        (_, None) => words.say("runs.crashed", &[]),
    };
    json!({
        "started": at("started"),
        "ended": at("ended"),
        "ending": ending,
        "requests": run["requests"],
        "numbers": numbers(counts(run).as_ref()),
    })
}

/// What the account sent, the campaign sent last first. A journal that cannot be read has been told of elsewhere.
fn beside(desk: &Desk, found: &Found, planned: &Planned) -> Vec<Json> {
    let Some(appid) = &planned.facts.appid else { return Vec::new() };
    let store = desk.program.journal(&found.path, desk.language()).ok().flatten();
    let records = store.and_then(|store| store.campaigns(appid).ok()).into_iter().flatten();
    let mut sent: Vec<CampaignRecord> =
        records.filter(|record| record.whose.channel == Channel::Send && record.last.is_some()).collect();
    sent.sort_by_key(|record| std::cmp::Reverse(record.last));
    let zone = zone(planned);
    let own = planned.facts.campaign.as_deref();
    let told = |record: CampaignRecord| {
        let Counts { sent, refused, failed, unknown, skipped: _, unsent: _ } = record.counts.statuses();
        let tried = sent + refused + failed + unknown;
        json!({
            "name": record.whose.campaign,
            "wave": (record.whose.wave > 1).then_some(record.whose.wave),
            "here": own == Some(record.whose.campaign.as_str()),
            "last": record.last.map(|at| shown(at, &zone)),
            "tried": tried,
            "sent": sent,
            "share": (sent * 100).checked_div(tried).map(|share| format!("{share} %")),
            "refused": refused,
            "unknown": unknown,
        })
    };
    sent.into_iter().take(BESIDE).map(told).collect()
}
