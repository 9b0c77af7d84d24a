//! `preview --format html`: the messages as phones show them, on one page that needs nothing but itself.

use serde::Serialize;
use serde_json::Value as Json;

use crate::campaign::Campaign;
use crate::diagnostic::Diagnostic;
use crate::locale::Catalog;
use crate::locale::mask::mask;
use crate::message::Kind;
use crate::message::field::{Certainty, Unit};
use crate::message::links::Target;
use crate::plan::Plan;
use crate::plan::ramp::Upward;
use crate::plan::sample::chosen::Sample;
use crate::plan::sample::lengths::{BARS, Lengths};
use crate::plan::sample::survey::{Column, Survey};
use crate::report::breakdown::told::{self, Line};
use crate::report::breakdown::{Ahead, Breakdown};
use crate::report::form::page::{Page, PageError};
use crate::report::plan::text::length;
use crate::report::preview::drawing::{self, Drawing};
use crate::report::preview::gallery::Gallery;
use crate::report::preview::reason;
use crate::report::preview::unverified::{Said, unverified};

pub(crate) const STYLE: &str = include_str!("assets/preview.css");
const CONTENT: &str = include_str!("assets/preview.hbs");
const SAMPLE: &str = include_str!("assets/sample.hbs");

/// A text this near to its limit, in percent, is coloured.
const NEAR: usize = 95;

/// What a preview shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Preview<'a> {
    /// The campaign.
    pub(crate) campaign: &'a Campaign,
    /// Its plan.
    pub(crate) plan: &'a Plan,
    /// What a reading of the whole audience found.
    pub(crate) survey: &'a Survey,
    /// Whether openids are masked.
    pub(crate) masked: bool,
    /// The path of the script that renews the page, where a server of this program gives it out.
    pub(crate) script: Option<&'a str>,
}

/// The page of a preview. Equal previews give equal bytes.
///
/// # Errors
///
/// Only by a mistake of this program.
pub(crate) fn html(preview: &Preview<'_>, words: &Catalog) -> Result<String, PageError> {
    let payloads: Vec<Json> =
        preview.survey.samples.iter().map(|sample| payload(sample, preview.masked)).collect();
    let gallery = Gallery::of(&preview.survey.samples);
    let content = Writer { preview, words, gallery: &gallery }.content(&payloads);
    let kind = preview.campaign.body.kind();
    let title = words.say("preview.html.title", &[("title", &content.title)]);
    Page {
        title: &title,
        templates: &[
            ("content", CONTENT),
            ("sample", SAMPLE),
            ("drawing", drawing::template(kind)),
            ("media", drawing::MEDIA),
        ],
        style: &[STYLE, &gallery.style].concat(),
        script: preview.script,
    }
    .fill(&content, words)
}

/// The messages of a preview for a page that somebody else makes: the template `sample` draws each of them, and the
/// style holds their pictures.
pub(crate) fn samples(preview: &Preview<'_>, words: &Catalog) -> (Vec<Json>, String) {
    let samples = &preview.survey.samples;
    let gallery = Gallery::of(samples);
    let writer = Writer { preview, words, gallery: &gallery };
    let shown = |sample: &Sample| {
        let payload = payload(sample, preview.masked);
        serde_json::to_value(writer.sample(sample, &payload)).expect("texts and numbers are JSON")
    };
    let shown = samples.iter().map(shown).collect();
    (shown, gallery.style)
}

/// The templates that [`samples`] are drawn with.
pub(crate) fn templates(kind: Kind) -> [(&'static str, &'static str); 3] {
    [("sample", SAMPLE), ("drawing", drawing::template(kind)), ("media", drawing::MEDIA)]
}

/// The payload with the names of media files where their ids will stand.
fn payload(sample: &Sample, masked: bool) -> Json {
    let payload = sample.message.payload_for_people();
    let payload = String::from_utf8_lossy(&payload);
    let payload = if masked { sample.people.hidden_in(&payload) } else { payload.into_owned() };
    serde_json::from_str(&payload).expect("a planned payload is JSON")
}

#[derive(Debug, Serialize)]
struct Content<'p> {
    title: String,
    tiles: Vec<Named>,
    who: Vec<Line>,
    facts: Vec<Fact>,
    unverified: Vec<String>,
    lengths: Vec<Chart>,
    warnings: Vec<CountedWarning>,
    columns: Vec<String>,
    samples_title: String,
    samples: Vec<Shown<'p>>,
}

#[derive(Debug, Serialize)]
struct Named {
    name: String,
    value: String,
}

#[derive(Debug, Serialize)]
struct Fact {
    name: String,
    value: String,
    code: bool,
}

#[derive(Debug, Serialize)]
struct Chart {
    title: String,
    summary: String,
    end: String,
    bars: Vec<Bar>,
}

#[derive(Debug, Serialize)]
struct Bar {
    from: usize,
    to: usize,
    count: u64,
    height: u64,
}

#[derive(Debug, Serialize)]
struct CountedWarning {
    count: u64,
    title: String,
    code: String,
}

#[derive(Debug, Serialize)]
struct Shown<'p> {
    row: u64,
    openid: String,
    sender: &'p str,
    speaker: Option<&'p str>,
    ai: bool,
    reasons: Vec<String>,
    until: Option<String>,
    lengths: Vec<Gauge>,
    links: Vec<Linked<'p>>,
    fields: Vec<Named>,
    values: Vec<Named>,
    warnings: Vec<Told>,
    #[serde(flatten)]
    drawing: Drawing<'p>,
}

#[derive(Debug, Serialize)]
struct Gauge {
    text: String,
    share: usize,
    level: &'static str,
}

#[derive(Debug, Serialize)]
struct Linked<'p> {
    text: &'p str,
    what: String,
    lines: Vec<&'p str>,
}

#[derive(Debug, Serialize)]
struct Told {
    message: String,
    help: String,
}

struct Writer<'a> {
    preview: &'a Preview<'a>,
    words: &'a Catalog,
    gallery: &'a Gallery,
}

impl<'a> Writer<'a> {
    fn content<'p>(&self, payloads: &'p [Json]) -> Content<'p>
    where
        'a: 'p,
    {
        let Preview { campaign, plan, survey, .. } = *self.preview;
        let samples: Vec<Shown<'p>> = survey
            .samples
            .iter()
            .zip(payloads)
            .map(|(sample, payload)| self.sample(sample, payload))
            .collect();
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
        let open = unverified(said).into_iter();
        Content {
            title: campaign.title.clone().unwrap_or_else(|| campaign.id.to_string()),
            tiles: self.tiles(),
            who: self.who(),
            facts: self.facts(),
            unverified: open.map(|key| self.say(&format!("preview.unverified.{key}"))).collect(),
            // The length of an id is of no interest.
            lengths: survey
                .lengths
                .iter()
                .filter(|_| samples.iter().any(|sample| sample.drawing.has_text()))
                .map(|lengths| self.chart(lengths))
                .collect(),
            warnings: self.warnings(),
            columns: self.columns(&survey.columns, plan.counts.planned),
            samples_title: self
                .words
                .say("preview.html.samples", &[("shown", &samples.len()), ("planned", &plan.counts.planned)]),
            samples,
        }
    }

    fn say(&self, key: &str) -> String {
        self.words.say(key, &[])
    }

    fn forecast(&self) -> String {
        let Preview { campaign, plan, .. } = self.preview;
        let upward = Upward::whole(campaign, plan.counts.planned);
        length(upward.seconds(campaign.send.ceiling()), self.words)
    }

    fn tiles(&self) -> Vec<Named> {
        let counts = self.preview.plan.counts;
        let tile =
            |key: &str, value: String| Named { name: self.say(&format!("preview.html.tile.{key}")), value };
        vec![
            tile("rows", counts.rows().to_string()),
            tile("planned", counts.planned.to_string()),
            tile("skipped", counts.skipped().to_string()),
            tile("invalid", counts.invalid.to_string()),
            tile("forecast", self.forecast()),
        ]
    }

    /// Who gets it, who does not and why. Equal files give an equal page: windows count where the campaign itself says when
    /// it begins.
    fn who(&self) -> Vec<Line> {
        let Preview { campaign, plan, survey, .. } = *self.preview;
        let (at, outlook) = (campaign.send.hours.not_before, survey.outlook.as_ref());
        let ahead = Ahead { at, outlook, ..Ahead::default() };
        told::rows(&Breakdown::of_plan(Some(campaign), plan, &ahead), self.words)
    }

    fn facts(&self) -> Vec<Fact> {
        let Preview { campaign, plan, .. } = self.preview;
        let fact = |key: &str, value: String, code: bool| Fact {
            name: self.say(&format!("preview.html.fact.{key}")),
            value,
            code,
        };
        let wave = self.words.say("plan.wave", &[("campaign", &campaign.id), ("wave", &campaign.wave)]);
        let mut facts =
            vec![fact("campaign", wave, false), fact("account", campaign.account.appid.clone(), true)];
        facts.extend(campaign.account.kf_account.clone().map(|account| fact("kf", account, true)));
        facts.push(fact("kind", campaign.body.kind().to_string(), true));
        // Its name alone: the folder differs between machines and does not concern those who get the page.
        let file = campaign.audience.source.path.file_name();
        facts.extend(file.map(|name| fact("audience", name.to_string_lossy().into_owned(), false)));
        facts.extend(plan.encoding.map(|encoding| fact("encoding", encoding.to_owned(), false)));
        let rates: Vec<String> = campaign.send.rates.iter().map(ToString::to_string).collect();
        facts.push(fact("rate", rates.join(", "), false));
        facts.push(fact("digest", plan.digest.to_string(), true));
        facts
    }

    fn unit(&self, unit: Unit) -> String {
        self.say(unit.key().name())
    }

    fn chart(&self, lengths: &Lengths) -> Chart {
        let histogram = &lengths.histogram;
        let unit = self.unit(lengths.unit);
        let most = histogram.counts.iter().copied().fold(1, u64::max);
        let bar = |(index, count): (usize, &u64)| Bar {
            from: index * histogram.width,
            to: (index + 1) * histogram.width - 1,
            count: *count,
            height: (count * 100).div_ceil(most),
        };
        let (least, greatest) = histogram.range.unwrap_or((0, 0));
        let range = self
            .words
            .say("preview.html.range", &[("least", &least), ("greatest", &greatest), ("unit", &unit)]);
        let limit = match lengths.limit {
            None => self.say("preview.html.no-limit"),
            Some(limit) => {
                let key = match limit.certainty {
                    Certainty::Refused => "preview.html.limit",
                    Certainty::Rumoured => "preview.html.limit-rumoured",
                };
                self.words.say(key, &[("max", &limit.max), ("unit", &unit)])
            }
        };
        let title = match &lengths.field {
            Some(field) => self.words.say("preview.html.lengths", &[("field", field)]),
            None => self.say("preview.html.lengths-all"),
        };
        Chart {
            title,
            summary: self.words.say("preview.html.two-sentences", &[("first", &range), ("second", &limit)]),
            end: self
                .words
                .say("preview.html.amount", &[("length", &(histogram.width * BARS)), ("unit", &unit)]),
            bars: histogram.counts.iter().enumerate().map(bar).collect(),
        }
    }

    fn warnings(&self) -> Vec<CountedWarning> {
        let counts = self.preview.plan.diagnostics.counts().iter();
        counts
            .map(|(code, count)| CountedWarning {
                count: *count,
                title: self.say(&format!("diagnostic.{}.title", code.slug())),
                code: code.slug().to_owned(),
            })
            .collect()
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

    fn sample<'p>(&self, sample: &'p Sample, payload: &'p Json) -> Shown<'p>
    where
        'a: 'p,
    {
        let campaign = self.preview.campaign;
        let object = &payload[campaign.body.kind().name()];
        let drawing = Drawing::new(object, |text| self.gallery.find(sample, text));
        let links = drawing.pieces.iter().filter_map(|piece| Some((piece.text, piece.link.as_ref()?)));
        Shown {
            row: sample.message.row,
            openid: self.openid(sample.message.openid()),
            sender: &campaign.account.appid,
            speaker: payload["customservice"]["kf_account"].as_str(),
            ai: payload.get("aimsgcontext").is_some(),
            reasons: sample.reasons.iter().map(|why| reason(why, self.words)).collect(),
            until: sample.until.as_ref().map(|until| super::until(until, self.words)),
            lengths: if drawing.has_text() { self.gauges(&sample.lengths) } else { Vec::new() },
            links: links.map(|(text, target)| self.link(text, target)).collect(),
            fields: drawing
                .hidden()
                .into_iter()
                .map(|(name, value)| Named { name, value: value.to_owned() })
                .collect(),
            values: sample.values.iter().map(|value| self.value(sample, value)).collect(),
            warnings: sample.warnings.iter().map(|warning| self.warning(warning)).collect(),
            drawing,
        }
    }

    fn openid(&self, openid: &str) -> String {
        if self.preview.masked { mask(openid) } else { openid.to_owned() }
    }

    fn value(&self, sample: &Sample, (name, value): &(String, String)) -> Named {
        let openid = sample.message.openid();
        let value = match self.preview.masked {
            true if value == openid => mask(openid),
            true => sample.people.hidden_in(value),
            false => value.clone(),
        };
        Named { name: name.clone(), value }
    }

    fn gauges(&self, measured: &[usize]) -> Vec<Gauge> {
        let gauge = |(lengths, measured): (&Lengths, &usize)| {
            let unit = self.unit(lengths.unit);
            let Some(limit) = lengths.limit else {
                let text = self.words.say("preview.html.amount", &[("length", measured), ("unit", &unit)]);
                return Gauge { text, share: 0, level: "" };
            };
            let text = self
                .words
                .say("preview.html.used", &[("length", measured), ("max", &limit.max), ("unit", &unit)]);
            let share = (measured * 100).div_ceil(limit.max).min(100);
            Gauge { text, share, level: if share >= NEAR { "warn" } else { "" } }
        };
        self.preview.survey.lengths.iter().zip(measured).map(gauge).collect()
    }

    fn link<'p>(&self, text: &'p str, target: &Target<'p>) -> Linked<'p> {
        let (what, lines) = match target {
            Target::Web { href } => ("web", vec![*href]),
            Target::MiniProgram { appid, path, href } => {
                ("mini-program", [Some(*appid), *path, Some(*href)].into_iter().flatten().collect())
            }
            Target::Menu { href } => ("menu", vec![*href]),
        };
        let lines = lines.into_iter().filter(|line| !line.is_empty()).collect();
        Linked { text, what: self.say(&format!("preview.html.link.{what}")), lines }
    }

    fn warning(&self, warning: &Diagnostic) -> Told {
        let mut warning = warning.clone();
        if self.preview.masked {
            warning.mask_openids();
        }
        Told { message: warning.message(self.words), help: warning.help(self.words) }
    }
}
