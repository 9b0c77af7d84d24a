//! Finished messages, as a person would see them and as they are sent.

pub(crate) mod drawing;
pub(crate) mod gallery;
pub(crate) mod html;
mod lengths;
mod message;
mod sign_off;
mod size;
pub(crate) mod unverified;
pub(crate) mod what;

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::campaign::moment;
use crate::locale::Catalog;
use crate::locale::mask::mask;
use crate::message::Kind;
use crate::plan::sample::chosen::{Reason, Sample, Until};

/// One message of `preview --format json`.
#[derive(Debug, Serialize)]
pub(crate) struct PreviewReport {
    /// The row, from 1, the header not counted.
    pub(crate) row: u64,
    /// The openid, masked where openids are.
    pub(crate) openid: String,
    /// The payload, exactly as it is sent, but for the openid where openids are masked; in place of the id of a file that is not uploaded yet stands its content,
    /// `image:sha256:…`.
    pub(crate) payload: Box<RawValue>,
}

/// A message for machines. `ids` are the living ids of its media files, in the order of its places; where there is
/// none, the payload names the content. Gives nothing for a payload that is no JSON, which the planner never makes.
pub(crate) fn json(sample: &Sample, ids: &[Option<Arc<str>>], masked: bool) -> Option<PreviewReport> {
    let message = &sample.message;
    let named = message.media.iter().zip(ids).map(|(place, id)| match id {
        Some(id) => Arc::clone(id),
        None => place.file.content.to_string().into(),
    });
    let mut payload = String::from_utf8(message.payload_with(&named.collect::<Vec<_>>())).ok()?;
    let mut openid = message.openid().to_owned();
    if masked {
        payload = sample.people.hidden_in(&payload);
        openid = mask(&openid);
    }
    let payload = RawValue::from_string(payload).ok()?;
    Some(PreviewReport { row: message.row, openid, payload })
}

/// Why a message was picked.
pub(crate) fn reason(reason: &Reason, words: &Catalog) -> String {
    match reason {
        Reason::First => words.say("preview.reason.first", &[]),
        Reason::Longest => words.say("preview.reason.longest", &[]),
        Reason::Warning(code) => {
            let title = words.say(&format!("diagnostic.{}.title", code.slug()), &[]);
            words.say("preview.reason.warning", &[("title", &title)])
        }
        Reason::Branch(_, branch) => words.say("preview.reason.branch", &[("branch", branch)]),
        Reason::Value(_, name, value) => {
            words.say("preview.reason.value", &[("name", name), ("value", value)])
        }
        Reason::Blank(_, name) => words.say("preview.reason.blank", &[("name", name)]),
        Reason::Shortest => words.say("preview.reason.shortest", &[]),
        Reason::Widest(_, name) => words.say("preview.reason.widest", &[("name", name)]),
        Reason::Last => words.say("preview.reason.last", &[]),
        Reason::Spread => words.say("preview.reason.spread", &[]),
    }
}

/// Until when a message can be sent.
pub(crate) fn until(until: &Until, words: &Catalog) -> String {
    match until {
        Until::At(at) => {
            let at = moment::shown(at.timestamp(), at.time_zone());
            words.say("preview.until.at", &[("at", &at)])
        }
        Until::Unknown => words.say("preview.until.unknown", &[]),
        Until::Never => words.say("preview.until.never", &[]),
        Until::Spent => words.say("preview.until.spent", &[]),
    }
}

/// A message for people: its media files by name, and with their ids where `ids` has living ones.
pub(crate) fn text(
    sample: &Sample,
    ids: &[Option<Arc<str>>],
    kind: Kind,
    masked: bool,
    words: &Catalog,
) -> String {
    let message = &sample.message;
    let openid = if masked { mask(message.openid()) } else { message.openid().to_owned() };
    let title = words.say(
        "preview.title",
        &[("row", &message.row), ("openid", &openid), ("kind", &words.kind(kind.name()))],
    );
    let names = message.media.iter().enumerate().map(|(index, place)| match ids.get(index) {
        Some(Some(id)) => format!("{} ({id})", place.file.name).into(),
        Some(None) | None => place.file.name.as_str().into(),
    });
    let shown = message.payload_with(&names.collect::<Vec<_>>());
    let payload: Json = serde_json::from_slice(&shown).expect("a planned payload is JSON");
    let mut out = format!("── {title}\n");
    for why in &sample.reasons {
        out.push_str(&words.say("preview.why", &[("reason", &reason(why, words))]));
        out.push('\n');
    }
    if let Some(until) = &sample.until {
        out.push_str(&self::until(until, words));
        out.push('\n');
    }
    let object = &payload[kind.name()];
    match object.get("content") {
        // A text is read as a text, its line breaks and all.
        Some(Json::String(content)) => quote(content, &mut out),
        _ => leaves("", object, &mut out),
    }
    if let Some(account) = payload["customservice"]["kf_account"].as_str() {
        out.push_str(&words.say("preview.kf", &[("account", &account)]));
        out.push('\n');
    }
    if payload.get("aimsgcontext").is_some() {
        out.push_str(&words.say("preview.ai", &[]));
        out.push('\n');
    }
    if masked { sample.people.hidden_in(&out) } else { out }
}

fn quote(text: &str, out: &mut String) {
    for line in text.lines() {
        out.push_str("│ ");
        out.push_str(line);
        out.push('\n');
    }
}

fn leaves(name: &str, value: &Json, out: &mut String) {
    match value {
        Json::Object(map) => {
            for (key, value) in map {
                let path = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                leaves(&path, value, out);
            }
        }
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                leaves(&format!("{name}[{}]", index + 1), item, out);
            }
        }
        Json::String(text) => {
            let indented = text.replace('\n', &format!("\n│ {:width$}  ", "", width = name.len()));
            out.push_str(&format!("│ {name}: {indented}\n"));
        }
        other => out.push_str(&format!("│ {name}: {other}\n")),
    }
}
