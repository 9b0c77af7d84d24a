//! One message of a preview: the phone, and beside it what somebody wants to know of it.

use serde::Serialize;
use serde_json::Value as Json;

use crate::campaign::Campaign;
use crate::diagnostic::Diagnostic;
use crate::locale::Catalog;
use crate::locale::mask::{mask, masked_name};
use crate::message::Kind;
use crate::message::links::Target;
use crate::plan::sample::chosen::Sample;
use crate::plan::sample::lengths::Lengths;
use crate::plan::sample::survey::Survey;
use crate::report::preview::drawing::{self, Drawing};
use crate::report::preview::gallery::Gallery;
use crate::report::preview::lengths::{field_name, is_near, unit_name};
use crate::report::preview::reason;

const SAMPLE: &str = include_str!("assets/sample.hbs");

/// A text this near to its limit, in percent, is coloured.
const NEAR: usize = 95;

/// The templates that messages of a kind are drawn with; the one called `sample` draws one of them.
pub(crate) fn templates(kind: Kind) -> [(&'static str, &'static str); 3] {
    [("sample", SAMPLE), ("drawing", drawing::template(kind)), ("media", drawing::MEDIA)]
}

/// The payload with the names of media files where their ids will stand.
pub(super) fn payload(sample: &Sample, masked: bool) -> Json {
    let payload = sample.message.payload_for_people();
    let payload = String::from_utf8_lossy(&payload);
    let payload = if masked { sample.people.hidden_in(&payload) } else { payload.into_owned() };
    serde_json::from_str(&payload).expect("a planned payload is JSON")
}

#[derive(Debug, Serialize)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Shown<'p> {
    row: u64,
    openid: String,
    sender: &'p str,
    /// The class that shows the account's picture, where there is one.
    avatar: Option<&'p str>,
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
    pub(super) drawing: Drawing<'p>,
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

/// Makes messages of a preview.
#[derive(Clone, Copy)]
pub(super) struct Messages<'a> {
    pub(super) campaign: &'a Campaign,
    pub(super) survey: &'a Survey,
    pub(super) gallery: &'a Gallery,
    pub(super) masked: bool,
    pub(super) words: &'a Catalog,
}

impl<'a> Messages<'a> {
    pub(super) fn of<'p>(&self, sample: &'p Sample, payload: &'p Json) -> Shown<'p>
    where
        'a: 'p,
    {
        let campaign = self.campaign;
        let object = &payload[campaign.body.kind().name()];
        let drawing = Drawing::new(object, |text| self.gallery.find(sample, text));
        let links = drawing.pieces.iter().filter_map(|piece| Some((piece.text, piece.link.as_ref()?)));
        let hidden = drawing.hidden().into_iter();
        Shown {
            row: sample.message.row,
            openid: self.openid(sample.message.openid()),
            sender: campaign.account.name.as_deref().unwrap_or(&campaign.account.appid),
            avatar: self.gallery.avatar.as_deref(),
            speaker: payload["customservice"]["kf_account"].as_str(),
            ai: payload.get("aimsgcontext").is_some(),
            reasons: sample.reasons.iter().map(|why| self.masked(reason(why, self.words))).collect(),
            until: sample.until.as_ref().map(|until| super::until(until, self.words)),
            lengths: if drawing.has_text() { self.gauges(&sample.lengths) } else { Vec::new() },
            links: links.map(|(text, target)| self.link(text, target)).collect(),
            fields: hidden.map(|(name, value)| Named { name, value: value.to_owned() }).collect(),
            values: sample.values.iter().map(|value| self.value(sample, value)).collect(),
            warnings: sample.warnings.iter().map(|warning| self.warning(warning)).collect(),
            drawing,
        }
    }

    fn masked(&self, text: String) -> String {
        if self.masked { masked_name(&text) } else { text }
    }

    fn openid(&self, openid: &str) -> String {
        if self.masked { mask(openid) } else { openid.to_owned() }
    }

    fn value(&self, sample: &Sample, (name, value): &(String, String)) -> Named {
        let openid = sample.message.openid();
        let value = match self.masked {
            true if value == openid => mask(openid),
            true => sample.people.hidden_in(value),
            false => value.clone(),
        };
        Named { name: name.clone(), value }
    }

    /// How long its texts are, where that comes near to what is allowed.
    fn gauges(&self, measured: &[usize]) -> Vec<Gauge> {
        let gauge = |(lengths, measured): (&Lengths, &usize)| {
            let limit = lengths.limit.filter(|limit| is_near(*measured, limit.max))?;
            let name = field_name(lengths.field.as_ref()?, self.words);
            let unit = unit_name(lengths.unit, self.words);
            let text = self.words.say(
                "preview.html.used",
                &[("field", &name), ("length", measured), ("max", &limit.max), ("unit", &unit)],
            );
            let share = (measured * 100).div_ceil(limit.max).min(100);
            Some(Gauge { text, share, level: if share >= NEAR { "warn" } else { "" } })
        };
        self.survey.lengths.iter().zip(measured).filter_map(gauge).collect()
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
        Linked { text, what: self.words.say(&format!("preview.html.link.{what}"), &[]), lines }
    }

    fn warning(&self, warning: &Diagnostic) -> Told {
        let mut warning = warning.clone();
        if self.masked {
            warning.mask_openids();
        }
        Told { message: warning.message(self.words), help: warning.help(self.words) }
    }
}
