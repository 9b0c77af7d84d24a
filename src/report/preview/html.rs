//! `preview --format html`: the messages as phones show them, and what somebody has to know who signs for them, on one page
//! that needs nothing but itself.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value as Json;

use crate::diagnostic::render::Sources;
use crate::locale::Catalog;
use crate::message::links::Target;
use crate::plan::id::PlanId;
use crate::plan::ramp::Upward;
use crate::plan::sample::chosen::Sample;
use crate::plan::sample::survey::Column;
use crate::report::breakdown::told::{self, Line};
use crate::report::breakdown::{Ahead, Breakdown};
use crate::report::form::page::{Page, PageError};
use crate::report::plan::compare::Changes;
use crate::report::plan::faults::{self, Faults};
use crate::report::plan::text::{going, length};
use crate::report::preview::gallery::Gallery;
use crate::report::preview::lengths::{Chart, charts};
pub(crate) use crate::report::preview::message::templates;
use crate::report::preview::message::{Messages, Named, Shown, payload};
use crate::report::preview::sign_off::{Change, Fact, Part, changes, facts, parts, pictures};
use crate::report::preview::unverified::{Said, unverified};
pub(crate) use crate::report::preview::what::Preview;

pub(crate) const STYLE: &str = include_str!("assets/preview.css");
const CONTENT: &str = include_str!("assets/preview.hbs");

/// What stands around the messages on a page of their own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around<'a> {
    /// The files.
    pub(crate) sources: &'a Sources,
    /// What somebody approves.
    pub(crate) id: Option<PlanId>,
    /// What has changed since the plan that somebody approved, where it was given.
    pub(crate) changes: Option<&'a Changes>,
    /// The path of the script that renews the page, where a server of this program gives it out.
    pub(crate) script: Option<&'a str>,
}

/// The page of a preview. Equal previews give equal bytes.
///
/// # Errors
///
/// Only by a mistake of this program.
pub(crate) fn html(preview: &Preview<'_>, around: &Around<'_>, words: &Catalog) -> Result<String, PageError> {
    let payloads: Vec<Json> =
        preview.survey.samples.iter().map(|sample| payload(sample, preview.masked)).collect();
    let gallery = Gallery::of(preview);
    let content = Writer { preview, around, words, gallery: &gallery }.content(&payloads);
    let title = words.say("preview.html.title", &[("title", &content.title)]);
    let mut all = vec![("content", CONTENT), ("faults", faults::TEMPLATE)];
    all.extend(templates(preview.campaign.body.kind()));
    let style = [STYLE, faults::STYLE, &gallery.style].concat();
    Page { title: &title, templates: &all, style: &style, script: around.script }.fill(&content, words)
}

/// The messages of a preview for a page that somebody else makes: the template `sample` draws each of them, and the
/// style holds their pictures.
pub(crate) fn samples(preview: &Preview<'_>, words: &Catalog) -> (Vec<Json>, String) {
    let Preview { campaign, survey, masked, .. } = *preview;
    let gallery = Gallery::of(preview);
    let messages = Messages { campaign, survey, gallery: &gallery, masked, words };
    let shown = |sample: &Sample| {
        let payload = payload(sample, masked);
        serde_json::to_value(messages.of(sample, &payload)).expect("texts and numbers are JSON")
    };
    let shown = survey.samples.iter().map(shown).collect();
    (shown, gallery.style)
}

/// The addresses of the pictures from the web that the messages of a preview show.
pub(crate) fn web_pictures(preview: &Preview<'_>) -> BTreeSet<String> {
    let kind = preview.campaign.body.kind().name();
    let mut found = BTreeSet::new();
    for sample in &preview.survey.samples {
        // An address may hold the openid: what is fetched is what would be shown.
        let payload = payload(sample, preview.masked);
        let object = &payload[kind];
        let articles = object["articles"].as_array().into_iter().flatten().map(|article| &article["picurl"]);
        let named = articles.chain([&object["thumb_url"]]).filter_map(Json::as_str);
        found.extend(named.filter(|address| address.contains("://")).map(str::to_owned));
    }
    found
}

#[derive(Debug, Serialize)]
struct Content<'p> {
    title: String,
    from: String,
    tiles: Vec<Named>,
    samples_title: String,
    samples: Vec<Shown<'p>>,
    /// Covers from the web that the page does not hold, as a sentence.
    covers: Option<String>,
    who: Vec<Line>,
    parts: Vec<Part>,
    facts: Vec<Fact>,
    changes: Option<Vec<Change>>,
    changed_going: Vec<String>,
    pictures: Vec<String>,
    faults: Option<Faults>,
    columns: Vec<String>,
    lengths: Vec<Chart>,
    unverified: Vec<String>,
    technical: Vec<Fact>,
}

struct Writer<'a> {
    preview: &'a Preview<'a>,
    around: &'a Around<'a>,
    words: &'a Catalog,
    gallery: &'a Gallery,
}

impl<'a> Writer<'a> {
    fn content<'p>(&self, payloads: &'p [Json]) -> Content<'p>
    where
        'a: 'p,
    {
        let Preview { campaign, plan, survey, masked, .. } = *self.preview;
        let messages = Messages { campaign, survey, gallery: self.gallery, masked, words: self.words };
        let samples = survey.samples.iter().zip(payloads);
        let samples: Vec<Shown<'p>> = samples.map(|(sample, payload)| messages.of(sample, payload)).collect();
        let breakdown = self.breakdown();
        let (open, technical) =
            facts(campaign, plan, self.around.id, &breakdown, &self.forecast(&breakdown), self.words);
        Content {
            title: campaign.title.clone().unwrap_or_else(|| campaign.id.to_string()),
            from: self.from(),
            tiles: self.tiles(&breakdown),
            samples_title: self.words.say(
                "preview.html.samples",
                &[("shown", &samples.len()), ("planned", &told::grouped(breakdown.to_send))],
            ),
            covers: self.not_fetched(&samples),
            unverified: self.unverified(&samples),
            who: told::rows(&breakdown, self.words),
            parts: parts(survey, masked, self.words),
            facts: open,
            changes: self.around.changes.map(|found| changes(found, self.words)),
            changed_going: self.around.changes.map_or_else(Vec::new, |found| going(found, self.words)),
            pictures: pictures(&plan.media, self.words),
            faults: self.faults(),
            columns: self.columns(&survey.columns, plan.counts.planned),
            lengths: charts(&survey.lengths, self.words),
            technical,
            samples,
        }
    }

    fn say(&self, key: &str) -> String {
        self.words.say(key, &[])
    }

    /// Who sends what kind of message.
    fn from(&self) -> String {
        let campaign = self.preview.campaign;
        let account = &campaign.account;
        let sender = account.name.as_ref().unwrap_or(&account.appid);
        let kind = self.say(&format!("preview.kind.{}", campaign.body.kind()));
        self.words.say("preview.html.from", &[("sender", sender), ("kind", &kind)])
    }

    /// Who gets it, who does not and why. Equal files give an equal page: windows count where the campaign itself says when
    /// it begins.
    fn breakdown(&self) -> Breakdown {
        let Preview { campaign, plan, survey, .. } = *self.preview;
        let (at, outlook) = (campaign.send.hours.not_before, survey.outlook.as_ref());
        let ahead = Ahead { at, outlook, ..Ahead::default() };
        Breakdown::of_plan(Some(campaign), plan, &ahead)
    }

    fn forecast(&self, breakdown: &Breakdown) -> String {
        let campaign = self.preview.campaign;
        let upward = Upward::whole(campaign, breakdown.to_send);
        length(upward.seconds(campaign.send.ceiling()), self.words)
    }

    /// The same numbers as the table of who gets it has, at a glance.
    fn tiles(&self, breakdown: &Breakdown) -> Vec<Named> {
        let invalid = self.preview.plan.counts.invalid;
        let tile =
            |key: &str, value: String| Named { name: self.say(&format!("preview.html.tile.{key}")), value };
        let count = |key: &str, count: u64| tile(key, told::grouped(count));
        vec![
            count("rows", breakdown.rows),
            count("planned", breakdown.to_send),
            count("skipped", breakdown.rows - breakdown.to_send - invalid),
            count("invalid", invalid),
            tile("forecast", self.forecast(breakdown)),
        ]
    }

    /// That the page lacks pictures from the web, where it does.
    fn not_fetched(&self, samples: &[Shown<'_>]) -> Option<String> {
        let media = samples.iter().flat_map(|sample| sample.drawing.all_media());
        let missing = media.filter(|medium| medium.web && medium.shown.is_none()).count();
        (missing > 0).then(|| self.say("preview.html.not-fetched"))
    }

    fn unverified(&self, samples: &[Shown<'_>]) -> Vec<String> {
        let campaign = self.preview.campaign;
        let pieces = samples.iter().flat_map(|sample| &sample.drawing.pieces);
        let targets: Vec<Target<'_>> = pieces.filter_map(|piece| piece.link.clone()).collect();
        let media = || samples.iter().flat_map(|sample| sample.drawing.all_media());
        let said = Said {
            kind: campaign.body.kind(),
            kf_account: campaign.account.kf_account.is_some(),
            targets: &targets,
            media_ids: media().any(|medium| medium.file.is_none()),
            files: media().any(|medium| medium.file.is_some()),
        };
        unverified(said).into_iter().map(|key| self.say(&format!("preview.unverified.{key}"))).collect()
    }

    /// The warnings with their cells and what to do; nothing where there are none.
    fn faults(&self) -> Option<Faults> {
        let mut diagnostics = self.preview.plan.diagnostics.clone();
        if diagnostics.counts().is_empty() {
            return None;
        }
        if self.preview.masked {
            diagnostics.mask_openids();
        }
        let sources = self.around.sources;
        // The folder differs between machines and does not concern those who get the page.
        Some(Faults::of(&diagnostics, sources, sources.campaign.parent(), self.words))
    }

    /// What is odd about the columns: those that the message does not use, and those with blank cells.
    fn columns(&self, columns: &[Column], planned: u64) -> Vec<String> {
        let unused: Vec<&str> =
            columns.iter().filter(|column| !column.used).map(|column| column.name.as_str()).collect();
        let mut told = Vec::new();
        if !unused.is_empty() {
            told.push(self.words.say("preview.html.unused", &[("columns", &unused.join(", "))]));
        }
        for column in columns.iter().filter(|column| column.used && column.blank > 0) {
            told.push(self.words.say(
                "preview.html.blanks",
                &[("column", &column.name), ("blank", &column.blank), ("planned", &planned)],
            ));
        }
        told
    }
}
