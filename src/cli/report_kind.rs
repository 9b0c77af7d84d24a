//! How the files look that commands write for a campaign: by that they are known when they are to be written again.

use crate::locale::{Catalog, Language};

/// What a file is made of. One kind is not written over another: whoever names the file of the one for the other has
/// mixed them up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Html,
    Xml,
    Json,
    Commands,
    Markdown,
    Text,
    Export,
}

impl Kind {
    /// That of a format, by its name.
    pub(crate) fn of_format(name: &str) -> Self {
        match name {
            "html" => Self::Html,
            "junit" => Self::Xml,
            "json" | "gitlab" | "sarif" => Self::Json,
            "github" => Self::Commands,
            "markdown" => Self::Markdown,
            _ => Self::Text,
        }
    }

    /// That of a file, by its beginning; nothing where it says nothing.
    pub(crate) fn of(head: &str) -> Option<Self> {
        let text = head.trim_start_matches('\u{feff}').trim();
        if says_nothing(text) {
            return None;
        }
        let begins = |start: &str| text.starts_with(start);
        Some(match () {
            () if begins("<!doctype html>") => Self::Html,
            () if begins("<?xml") => Self::Xml,
            () if is_export(text) => Self::Export,
            () if begins("{") || begins("[") => Self::Json,
            () if begins("::") => Self::Commands,
            () if begins("### ") => Self::Markdown,
            () => Self::Text,
        })
    }
}

fn says_nothing(text: &str) -> bool {
    text.is_empty() || text.split_whitespace().eq(["[", "]"]) || text == "[]"
}

fn is_export(text: &str) -> bool {
    text.starts_with("{\"wxcast_journal_export\":")
}

/// Whether a text begins as one of wxcast's reports on a campaign. Without an id the campaign had faults when it was
/// written, or has them now.
pub(crate) fn is_report(head: &str, id: &str) -> bool {
    let text = head.trim_start_matches('\u{feff}').trim();
    if says_nothing(text) {
        return true;
    }
    let named = text.contains(id);
    if text.starts_with("<!doctype html>") {
        return named && text.contains("<meta name=\"generator\" content=\"wxcast\">");
    }
    if text.starts_with("<?xml") {
        return named && text.contains("<testsuites name=\"wxcast ");
    }
    if text.starts_with('{') || text.starts_with('[') {
        return is_json_report(text, id);
    }
    is_text_report(text, named)
}

fn is_json_report(text: &str, id: &str) -> bool {
    // As much of it as tells one from another; blanks say nothing.
    let begins = text.chars().filter(|c| !c.is_whitespace()).take(4096).collect::<String>();
    let own = format!("{{\"campaign\":\"{id}{}", if id.is_empty() { "" } else { "\"," });
    let of_a_campaign = begins.starts_with("{\"campaign\":null,") || begins.starts_with(&own);
    let export = is_export(&begins) && begins.contains(&format!(",\"campaign\":\"{id}\","));
    let list = ["[{\"row\":", "[{\"description\":"].iter().any(|start| begins.starts_with(start));
    let sarif = begins.contains("sarif") && begins.contains("\"name\":\"wxcast\"");
    of_a_campaign
        || export
        || sarif
        || list && (begins.contains("\"payload\":{\"touser\":") || begins.contains("\"check_name\":"))
}

fn is_text_report(text: &str, named: bool) -> bool {
    let mut lines = text.lines();
    let first = lines.clone().next().unwrap_or_default();
    let commands = ["::error ", "::warning ", "::notice "];
    if commands.iter().any(|command| first.starts_with(command)) {
        return lines.all(|line| line.is_empty() || line.starts_with("::"));
    }
    if first.starts_with("── ") {
        return true;
    }
    let labels = [Language::En, Language::ZhCn].map(Catalog::new);
    let has_line = |words: &Catalog| {
        let line = words.say("plan.line.campaign", &[("value", &"")]);
        lines.clone().take(3).any(|there| there.starts_with(line.trim_end()))
    };
    let has_table = |words: &Catalog| {
        let heads = [("plan", "what", "value"), ("report", "status", "count")].map(|(of, one, other)| {
            let label = |key: &str| words.say(&format!("{of}.label.{key}"), &[]);
            format!("| {} | {} |", label(one), label(other))
        });
        first.starts_with("### ") && lines.clone().any(|line| heads.iter().any(|head| head == line))
    };
    named && labels.iter().any(|words| has_line(words) || has_table(words))
}
