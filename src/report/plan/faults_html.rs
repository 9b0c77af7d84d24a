//! The faults of a campaign where its preview would be, each with its place, and beside them the preview as it was when
//! the files had none.

use serde::Serialize;
use serde_json::Value as Json;

use crate::diagnostic::Diagnostics;
use crate::diagnostic::render::Sources;
use crate::locale::Catalog;
use crate::message::Kind;
use crate::report::form::page::{Page, PageError};
use crate::report::plan::faults::{self, Faults};
use crate::report::preview::html;

const CONTENT: &str = include_str!("assets/faults_page.hbs");
const STYLE: &str = include_str!("assets/faults_page.css");

/// A preview that could be made.
#[derive(Debug, Clone)]
pub(crate) struct Good {
    /// The kind of its messages.
    pub(crate) kind: Kind,
    /// Its messages, as the template of one takes them.
    pub(crate) samples: Vec<Json>,
    /// The style that holds their pictures.
    pub(crate) pictures: String,
}

#[derive(Debug, Serialize)]
struct Content<'a> {
    heading: String,
    faults: Faults,
    good: &'a [Json],
}

/// The page. `script` renews it.
///
/// # Errors
///
/// Only by a mistake of this program.
pub(crate) fn html(
    faults: &Diagnostics,
    sources: &Sources,
    script: &str,
    good: Option<&Good>,
    words: &Catalog,
) -> Result<String, PageError> {
    let (errors, warnings) = (faults.errors(), faults.warnings());
    let content = Content {
        heading: words.say("preview.html.faults", &[("errors", &errors), ("warnings", &warnings)]),
        faults: Faults::of(faults, sources, sources.campaign.parent(), words),
        good: good.map_or(&[], |good| &good.samples),
    };
    let mut templates = vec![("content", CONTENT), ("faults", faults::TEMPLATE)];
    let mut style = vec![faults::STYLE];
    if let Some(good) = good {
        templates.extend(html::templates(good.kind));
        style.extend([html::STYLE, STYLE, &good.pictures]);
    } else {
        templates.push(("sample", ""));
    }
    let page =
        Page { title: &content.heading, templates: &templates, style: &style.concat(), script: Some(script) };
    page.fill(&content, words)
}
