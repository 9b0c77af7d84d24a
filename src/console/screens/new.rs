//! A new campaign: a list is brought, what stands where is chosen on a picture of its first rows, and the message is
//! written with the phone beside it.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::campaign::Campaign;
use crate::console::desk::Desk;
use crate::console::draft::{Draft, Drafted, Field};
use crate::console::screens::{Fields, Shown, Wrong, faults};
use crate::console::shell::{Screen, Tab};
use crate::locale::Catalog;
use crate::message::{KINDS, Kind};
use crate::plan::Plan;
use crate::plan::sample::few::Few;
use crate::plan::sample::survey::Survey;
use crate::report::preview::html::{self, Preview};

const BRING: &str = include_str!("../assets/bring.hbs");
const WRITE: &str = include_str!("../assets/write.hbs");

/// What lists are called.
const LISTS: [&str; 8] = ["xlsx", "xlsm", "xls", "xlsb", "ods", "csv", "tsv", "txt"];

/// A list that was brought.
#[derive(Debug, Default)]
pub(crate) struct Brought {
    /// The seal of the form.
    pub(crate) seal: String,
    /// The file's name, as the browser says it.
    pub(crate) name: String,
    /// What is in it; nothing where it was too large.
    pub(crate) bytes: Option<Vec<u8>>,
}

/// The screen that asks for the list.
pub(crate) fn ask(desk: &Desk) -> Result<Shown, Wrong> {
    Ok(Shown::Page(bring(desk, None)?))
}

fn bring(desk: &Desk, why: Option<String>) -> Result<String, Wrong> {
    let words = desk.words();
    let screen = Screen {
        title: words.say("console.new.title", &[]),
        templates: vec![("content", BRING)],
        content: json!({
            "seal": desk.seal.of(&["bring"]),
            "why": why,
            "accept": LISTS.map(|ending| format!(".{ending}")).join(","),
        }),
        of: None,
        commands: vec![desk.program.command_line(&["init"], desk.folder(), &[])],
        pictures: None,
        renews: false,
    };
    Ok(screen.page(desk, &words)?)
}

/// Takes the list.
pub(crate) fn take(desk: &Desk, brought: Brought) -> Result<Shown, Wrong> {
    if desk.read_only {
        return Err(Wrong::ReadOnly);
    }
    if !desk.seal.fits(&["bring"], &brought.seal) {
        return Err(Wrong::Unsealed);
    }
    let words = desk.words();
    let refused =
        |key: &str| Ok(Shown::Refused(bring(desk, Some(words.say(&format!("console.new.{key}"), &[])))?));
    let Some(bytes) = brought.bytes else { return refused("too-large") };
    let Some(name) = usable(&brought.name) else { return refused("no-list") };
    if bytes.is_empty() {
        return refused("no-list");
    }
    // Most folders have one account.
    let appid = desk.campaigns().iter().find_map(|found| desk.plan(&found.path).facts.appid.clone());
    match desk.begin_draft(&name, &bytes, appid.as_deref().unwrap_or("").to_owned()) {
        Ok(key) => Ok(Shown::Go(format!("/new/{key}"))),
        Err(error) => Ok(Shown::Refused(bring(desk, Some(words.reason(&error.to_string())))?)),
    }
}

/// The name of a file without a way to it, where it is that of a list.
fn usable(name: &str) -> Option<String> {
    let name = name.rsplit(['/', '\\']).next().expect("a split has a first piece");
    let name: String = name.chars().filter(|c| !c.is_control() && !"<>:\"|?*".contains(*c)).collect();
    let name = name.trim().trim_start_matches('.');
    let ending = Path::new(name).extension()?.to_str()?.to_ascii_lowercase();
    LISTS.contains(&&*ending).then(|| name.to_owned())
}

/// The screen on which the campaign is written.
pub(crate) fn show(desk: &Desk, key: &str) -> Result<Shown, Wrong> {
    let draft = desk.draft(key).ok_or(Wrong::Nowhere)?;
    Ok(Shown::Page(write(desk, key, &draft, &[])?))
}

/// Takes what was chosen and written, and where that is asked for makes the campaign.
pub(crate) fn change(desk: &Desk, key: &str, fields: &Fields) -> Result<Shown, Wrong> {
    if desk.read_only {
        return Err(Wrong::ReadOnly);
    }
    let mut draft = desk.draft(key).ok_or(Wrong::Nowhere)?;
    fields.insist(desk, &["write", key])?;
    let chosen = |name: &str| Some(fields.get(name).to_owned()).filter(|text| !text.is_empty());
    fields.get("title").clone_into(&mut draft.title);
    fields.get("appid").clone_into(&mut draft.appid);
    draft.kind = Kind::find(fields.get("kind")).unwrap_or(draft.kind);
    // Another sheet has other rows and columns.
    if chosen("sheet") != draft.sheet && chosen("sheet").is_some() {
        (draft.sheet, draft.header_row, draft.openid) = (chosen("sheet"), None, None);
    } else {
        draft.header_row = fields.get("header_row").parse().ok().filter(|row| *row > 0);
        draft.openid = chosen("openid");
    }
    draft.texts = fields.below("text:");
    desk.keep_draft(key, draft.clone());
    if fields.get("do") != "make" {
        return Ok(Shown::Go(format!("/new/{key}#message")));
    }
    let words = desk.words();
    let mut why = Vec::new();
    if draft.title.trim().is_empty() {
        why.push(words.say("console.new.no-title", &[]));
    }
    if draft.appid.trim().is_empty() {
        why.push(words.say("console.new.no-appid", &[]));
    }
    let drafted = desk.program.draft(&draft, words.language());
    // What is wrong with rows is told by the campaign's own screen, and mended in the list; what is wrong with what was
    // written here is mended here.
    if drafted.made.is_none() && why.is_empty() {
        why.push(words.say("console.new.not-yet", &[]));
    }
    if why.is_empty() {
        match desk.program.make(&draft, desk.folder(), words.language()) {
            Ok(path) => {
                desk.drop_draft(key);
                let made = desk.campaigns().into_iter().find(|found| found.path == path);
                let to = made.map_or_else(|| "/".to_owned(), |found| Tab::Campaign.path(&found.key));
                return Ok(Shown::Go(to));
            }
            Err(answer) => why.extend(answer.wrong.into_iter().map(|line| line.text)),
        }
    }
    Ok(Shown::Refused(write(desk, key, &draft, &why)?))
}

fn write(desk: &Desk, key: &str, draft: &Draft, why: &[String]) -> Result<String, Wrong> {
    let words = desk.words();
    let drafted = desk.program.draft(draft, words.language());
    let mut templates = vec![("content", WRITE)];
    templates.extend(html::templates(draft.kind));
    let phone = drafted.made.as_ref().and_then(|made| phone(made, &words));
    let (samples, style) = phone.unwrap_or_else(|| (Vec::new(), String::new()));
    let kinds = KINDS.iter().map(|kind| {
        let about = words.say(&format!("init.kind.{kind}"), &[]);
        json!({ "name": kind.name(), "about": about, "here": *kind == draft.kind })
    });
    let planned = drafted.made.as_ref().map(|(_, plan)| plan.counts.planned);
    let faults = drafted.made.as_ref().map_or(0, |(_, plan)| plan.diagnostics.errors());
    let screen = Screen {
        title: words.say("console.new.title", &[]),
        templates,
        content: json!({
            "path": format!("/new/{key}"),
            "seal": desk.seal.of(&["write", key]),
            "why": why,
            "list": draft.list.file_name().map(|name| name.to_string_lossy()),
            "title": draft.title,
            "appid": draft.appid,
            "kinds": kinds.collect::<Vec<Json>>(),
            "sheets": sheets(&drafted),
            "rows": rows(&drafted),
            "header_row": drafted.header_row,
            "columns": columns(&drafted),
            "variables": variables(&drafted),
            "has_columns": !drafted.columns.is_empty(),
            "fields": drafted.fields.iter().map(field).collect::<Vec<Json>>(),
            "wrong": drafted.wrong,
            "planned": planned.filter(|_| faults == 0),
            "faults": faults,
            "samples": samples,
        }),
        of: None,
        commands: vec![desk.program.command_line(&["init"], desk.folder(), &[])],
        pictures: desk.keep_pictures(style),
        renews: false,
    };
    Ok(screen.page(desk, &words)?)
}

/// The first message that would be sent, as a phone shows it.
fn phone((campaign, plan): &(Campaign, Plan), words: &Catalog) -> Option<(Vec<Json>, String)> {
    if faults::spoil_the_message(plan) {
        return None;
    }
    let survey = Survey {
        samples: vec![plan.first.clone()?],
        lengths: Vec::new(),
        columns: Vec::new(),
        outlook: None,
        parts: Few::of([]),
    };
    Some(html::samples(&Preview { campaign, plan, survey: &survey, covers: None, masked: true }, words))
}

fn sheets(drafted: &Drafted) -> Vec<Json> {
    let sheet = |name: &String| json!({ "name": name, "here": Some(name) == drafted.sheet.as_ref() });
    drafted.sheets.iter().map(sheet).collect()
}

fn rows(drafted: &Drafted) -> Vec<Json> {
    let row = |(number, cells): &(u64, Vec<String>)| json!({ "number": number, "cells": cells, "here": *number == drafted.header_row });
    drafted.rows.iter().map(row).collect()
}

fn columns(drafted: &Drafted) -> Vec<Json> {
    let column =
        |(name, _): &(String, String)| json!({ "name": name, "here": Some(name) == drafted.openid.as_ref() });
    drafted.columns.iter().map(column).collect()
}

/// The columns that a message may use: not the one of the openids, which nobody wants to read.
fn variables(drafted: &Drafted) -> Vec<Json> {
    let usable = drafted.columns.iter().filter(|(name, _)| Some(name) != drafted.openid.as_ref());
    usable.map(|(name, variable)| json!({ "name": name, "variable": variable })).collect()
}

fn field(field: &Field) -> Json {
    json!({
        "at": field.at,
        "question": field.question,
        "text": field.text,
        "long": field.long,
        "wrong": field.wrong,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_brought_keeps_its_name_and_no_way_to_it() {
        for (name, usable_name) in [
            ("名单.xlsx", Some("名单.xlsx")),
            ("C:\\fakepath\\list.CSV", Some("list.CSV")),
            ("../../etc/list.csv", Some("list.csv")),
            (".hidden.csv", Some("hidden.csv")),
            ("a\u{0}b\n.csv", Some("ab.csv")),
            ("campaign.toml", None),
            ("list", None),
            ("", None),
            (".csv", None),
        ] {
            assert_eq!(usable(name).as_deref(), usable_name, "{name:?}");
        }
    }
}
