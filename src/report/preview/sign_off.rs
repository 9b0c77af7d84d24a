//! What somebody asks before they sign for a campaign: who sends what to whom and when, what has changed since the plan that
//! was approved, which part of the list gets how many, and whose picture is not their own.

use serde::Serialize;

use crate::campaign::Campaign;
use crate::locale::Catalog;
use crate::locale::mask::masked_name;
use crate::plan::Plan;
use crate::plan::id::PlanId;
use crate::plan::media::{Needed, NeededFile};
use crate::plan::sample::survey::Survey;
use crate::report::breakdown::Breakdown;
use crate::report::breakdown::told::{grouped, span};
use crate::report::plan::compare::Changes;
use crate::report::plan::text::rows;

/// So many columns with few values are told of.
const PARTS: usize = 6;
/// So many pictures that several people get are named.
const SHARED: usize = 5;
/// So many figures of a long number of a plan tell it from another by eye.
const SHORT: usize = 12;

#[derive(Debug, Serialize)]
pub(super) struct Fact {
    name: String,
    value: String,
    code: bool,
}

/// A column with few values, and how many messages each has.
#[derive(Debug, Serialize)]
pub(super) struct Part {
    column: String,
    values: Vec<Value>,
}

#[derive(Debug, Serialize)]
struct Value {
    name: String,
    count: String,
}

/// What has changed since another plan.
#[derive(Debug, Serialize)]
pub(super) struct Change {
    name: String,
    count: String,
    rows: String,
}

/// What is told at once, and what only engineers ask for.
pub(super) fn facts(
    campaign: &Campaign,
    plan: &Plan,
    id: Option<PlanId>,
    breakdown: &Breakdown,
    forecast: &str,
    words: &Catalog,
) -> (Vec<Fact>, Vec<Fact>) {
    let fact = |key: &str, value: String, code: bool| Fact {
        name: words.say(&format!("preview.html.fact.{key}"), &[]),
        value,
        code,
    };
    let account = &campaign.account;
    let named = account.name.as_ref();
    let named =
        named.map(|name| words.say("results.sheet.named", &[("name", name), ("appid", &account.appid)]));
    let wave = words.say("plan.wave", &[("campaign", &campaign.id), ("wave", &campaign.wave)]);
    let mut open = vec![
        fact("campaign", wave, false),
        fact("account", named.unwrap_or_else(|| account.appid.clone()), false),
        fact("kind", words.say(&format!("preview.kind.{}", campaign.body.kind()), &[]), false),
    ];
    // Its name alone: the folder differs between machines and does not concern those who get the page.
    let file = campaign.audience.source.path.file_name();
    open.extend(file.map(|name| fact("audience", name.to_string_lossy().into_owned(), false)));
    open.push(fact("time", time(breakdown, forecast, words), false));
    open.extend(id.map(|id| fact("id", short(&id.to_string()), true)));
    open.push(fact("digest", short(&plan.digest.to_string()), true));
    let mut technical = vec![fact("appid", account.appid.clone(), true)];
    technical.extend(account.kf_account.clone().map(|account| fact("kf", account, true)));
    technical.push(fact("kind", campaign.body.kind().to_string(), true));
    technical.extend(plan.encoding.map(|encoding| fact("encoding", encoding.to_owned(), false)));
    let rates: Vec<String> = campaign.send.rates.iter().map(ToString::to_string).collect();
    technical.push(fact("rate", rates.join(", "), false));
    technical.extend(id.map(|id| fact("id", id.to_string(), true)));
    technical.push(fact("digest", plan.digest.to_string(), true));
    (open, technical)
}

/// The beginning of a long number, by which people compare two of them.
fn short(number: &str) -> String {
    let (kind, figures) = number.split_once(':').expect("the kind of a number stands before it");
    let end = figures.char_indices().nth(SHORT).map_or(figures.len(), |(at, _)| at);
    format!("{kind}:{}…", &figures[..end])
}

/// When it goes.
fn time(breakdown: &Breakdown, forecast: &str, words: &Catalog) -> String {
    match (&breakdown.begins, &breakdown.ends) {
        (Some(begins), Some(ends)) => span(begins, ends),
        (Some(begins), None) => begins.strftime("%Y-%m-%d %H:%M (%:z)").to_string(),
        (None, _) => words.say("preview.html.no-time", &[("forecast", &forecast)]),
    }
}

/// The messages by the values of columns that have few of them.
pub(super) fn parts(survey: &Survey, masked: bool, words: &Catalog) -> Vec<Part> {
    let name = |text: &str| match text {
        "" => words.say("preview.html.blank", &[]),
        text if masked => masked_name(text),
        text => text.to_owned(),
    };
    let value = |(text, messages): (&str, u64)| Value { name: name(text), count: grouped(messages) };
    let parts = survey.parts.parts().take(PARTS);
    parts
        .map(|(column, values)| Part {
            column: column.name.clone(),
            values: values.iter().map(|(text, of)| value((text, of.messages))).collect(),
        })
        .collect()
}

/// What has changed since the plan that somebody approved.
pub(super) fn changes(found: &Changes, words: &Catalog) -> Vec<Change> {
    let change = |key: &str, count: u64, named: &[u64]| Change {
        name: words.say(&format!("plan.changes.{key}"), &[]),
        count: grouped(count),
        rows: rows(count, named),
    };
    vec![
        change("added", found.added, &found.added_rows),
        change("removed", found.removed, &found.removed_rows),
        change("changed", found.changed, &found.changed_rows),
        change("unchanged", found.unchanged, &[]),
    ]
}

/// Who has no picture of their own, where pictures differ from person to person: those whose picture others get, too.
pub(super) fn pictures(media: &Needed, words: &Catalog) -> Vec<String> {
    let personal =
        media.files().iter().filter(|needed| needed.file.format.content_type().starts_with("image/"));
    let personal: Vec<&NeededFile> = personal.collect();
    if personal.len() < 2 {
        return Vec::new();
    }
    let mut shared: Vec<&NeededFile> =
        personal.iter().copied().filter(|needed| needed.messages > 1).collect();
    shared.sort_by_key(|needed| std::cmp::Reverse(needed.messages));
    let own = personal.len() - shared.len();
    let mut told = vec![words.say("preview.html.own-pictures", &[("count", &own)])];
    told.extend(shared.iter().take(SHARED).map(|needed| {
        words.say(
            "preview.html.shared-picture",
            &[("count", &grouped(needed.messages)), ("file", &needed.file.name)],
        )
    }));
    if shared.len() > SHARED {
        told.push(words.say("preview.html.faults-more", &[("count", &(shared.len() - SHARED))]));
    }
    told
}
