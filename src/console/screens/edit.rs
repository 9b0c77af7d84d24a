//! A campaign that is there already, as a form of all that its kind of message, its lists, times and pace can be. What was
//! changed is written into the file; what the planner finds stands beside the field, and the phone beside the text.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::campaign::{describe, schema};
use crate::console::desk::Desk;
use crate::console::editing::document::Document;
use crate::console::editing::layout::{Field, Outline, Part, Shape};
use crate::console::editing::{Written, changed, kind_of};
use crate::console::folder::Found;
use crate::console::place::hex;
use crate::console::program::{Judged, Planned};
use crate::console::screens::faults::{self, Beside};
use crate::console::screens::folder::title;
use crate::console::screens::{Fields, Shown, Wrong, refused};
use crate::console::shell::{Screen, Tab};
use crate::console::standing::Standing;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Step};
use crate::locale::Catalog;
use crate::message::{KINDS, Kind};
use crate::own_file;
use crate::plan::inputs::Inputs;
use crate::plan::renderer::variable_of;
use crate::plan::sample::few::Few;
use crate::plan::sample::survey::{Choice, Extent, Survey, survey};
use crate::report::preview::html::{self, Preview};

/// The form, each part of its sections, a field of it, and a fault beside one.
const TEMPLATES: [(&str, &str); 4] = [
    ("content", include_str!("../assets/edit.hbs")),
    ("part", include_str!("../assets/part.hbs")),
    ("field", include_str!("../assets/field.hbs")),
    ("near", include_str!("../assets/near.hbs")),
];

/// A campaign has a few kilobytes.
const MOST: u64 = 2 << 20;
/// So much of what a section holds stands beside its name.
const HINT: usize = 40;

/// The file as it is, and what was made of it.
struct File {
    text: String,
    document: Document,
    /// Names this very text.
    mark: String,
}

/// What is said above the form.
struct Said {
    /// It was written.
    saved: bool,
    /// Why it was not.
    why: Option<String>,
    /// Whether the file is another one than the form was made of.
    differs: bool,
}

/// The screen.
pub(crate) fn show(desk: &Desk, found: &Found, asked: &BTreeMap<String, String>) -> Result<Shown, Wrong> {
    let Some(file) = read(found) else { return unreadable(desk, found) };
    let written = Written::default();
    let said = Said { saved: asked.contains_key("saved"), why: None, differs: false };
    let row = asked.get("row").map_or("", String::as_str);
    Ok(Shown::Page(page(desk, found, &file, &written, row, &said)?))
}

/// Takes what was written, and where that is asked for puts it into the file.
pub(crate) fn change(desk: &Desk, found: &Found, fields: &Fields) -> Result<Shown, Wrong> {
    let mark = fields.get("mark");
    fields.insist(desk, &["edit", &found.key, mark])?;
    let Some(file) = read(found) else { return unreadable(desk, found) };
    let mut written = written(fields);
    let is_another = file.mark != mark;
    if is_another && let Some(base) = desk.text(mark).and_then(|text| Document::parse(&text)) {
        // What nobody touched on the form is as somebody else has written it meanwhile.
        written.forget_what_is_in(&base, &fields_of(&base, &written));
    }
    for (verb, list) in [("add", fields.get("add")), ("take", fields.get("take"))] {
        let Some((list, item)) = list_of(list) else { continue };
        match verb {
            "add" => written.add(&file.document, &list),
            _ => written.take(&file.document, &list, item),
        }
    }
    let words = desk.words();
    let row = fields.get("row");
    let draw = |why: Option<String>| {
        page(desk, found, &file, &written, row, &Said { saved: false, why, differs: is_another })
    };
    if is_another {
        let why = words.say("console.edit.changed", &[]);
        return Ok(Shown::Refused(draw(Some(why))?));
    }
    if fields.get("do") != "save" {
        return Ok(Shown::Page(draw(None)?));
    }
    let new = made(&file, &written).to_text();
    // What is written is to be a campaign that can be opened again.
    let result = match Document::parse(&new) {
        Some(_) if new == file.text => Ok(()),
        Some(_) => own_file::rewrite(&found.path, new.as_bytes()).map_err(|error| error.to_string()),
        None => Err(words.say("console.edit.no-form", &[])),
    };
    match result {
        Ok(()) => Ok(Shown::Go(format!("{}?saved=1&row={}", Tab::Edit.path(&found.key), number(row)))),
        Err(reason) => {
            let reason = words.reason(&reason);
            let why = words.say("console.edit.not-written", &[("reason", &reason)]);
            Ok(Shown::Refused(draw(Some(why))?))
        }
    }
}

/// A row as it was asked for; blank where it is none.
fn number(row: &str) -> String {
    row.trim().parse::<u64>().map_or_else(|_| String::new(), |row| row.to_string())
}

fn read(found: &Found) -> Option<File> {
    let bytes = own_file::read(&found.path, MOST).ok()?;
    let mark = hex(&Sha256::digest(&bytes)[..16]);
    let text = String::from_utf8(bytes).ok()?;
    Some(File { document: Document::parse(&text)?, text, mark })
}

/// A file that no form can show, since it is no TOML.
fn unreadable(desk: &Desk, found: &Found) -> Result<Shown, Wrong> {
    refused::show(desk, found, &desk.words().say("console.edit.no-form", &[]), Tab::Campaign)
}

/// What the form held.
fn written(fields: &Fields) -> Written {
    let mut texts = fields.below("f:");
    // What is not ticked is not sent.
    for at in fields.below("s:").into_keys() {
        texts.entry(at).or_default();
    }
    let item = |number: &str| match number {
        "" => None,
        number => Some(number.parse::<usize>().ok()),
    };
    let items = |(at, numbers): (String, String)| (at, numbers.split(',').filter_map(item).collect());
    Written {
        kind: Kind::find(fields.get("kind")),
        texts,
        lists: fields.below("n:").into_iter().map(items).collect(),
    }
}

/// The lists of tables that the form has.
const LISTS: [&str; 3] = ["message.msgmenu.list", "message.news.articles", "audience.join"];

/// A list, and the number of one of its items from 0.
fn list_of(text: &str) -> Option<(FieldPath, usize)> {
    let (name, item) = text.split_once('#').unwrap_or((text, "0"));
    let name = LISTS.into_iter().find(|list| *list == name)?;
    Some((FieldPath::of(name), item.parse().ok()?))
}

/// What stands for the columns before the list was read: those that have rules.
fn ruled(document: &Document) -> Vec<String> {
    document.keys(&FieldPath::of("audience.columns"))
}

/// The fields of the form as it was made of a file.
fn fields_of(document: &Document, written: &Written) -> Vec<Field> {
    let schema = schema::schema();
    let items = |at: &FieldPath| written.items(document, at).len();
    let columns = ruled(document);
    let kind = written.kind.unwrap_or_else(|| kind_of(document));
    let outline = Outline { schema: &schema, kind, columns: &columns, items: &items };
    let parts = outline.sections().into_iter().flat_map(|section| section.parts);
    let fields = parts.flat_map(|part| match part {
        Part::Field(field) => vec![field],
        Part::Column(_, fields) => fields,
        Part::List { items, .. } => items.into_iter().flatten().collect(),
    });
    fields.collect()
}

/// The file with what was written.
fn made(file: &File, written: &Written) -> Document {
    let schema = schema::schema();
    let items = |at: &FieldPath| written.items(&file.document, at).len();
    let columns = columns_of(file, written, &[]);
    let kind = written.kind.unwrap_or_else(|| kind_of(&file.document));
    changed(&file.document, written, &Outline { schema: &schema, kind, columns: &columns, items: &items })
}

/// The columns that rules stand for on the form: those of the list, those that have rules, and those that were on it.
fn columns_of(file: &File, written: &Written, list: &[String]) -> Vec<String> {
    let mut columns: Vec<String> = list.to_vec();
    let begin = "audience.columns.";
    let on_form = written.texts.keys().filter_map(|at| at.strip_prefix(begin)?.rsplit_once('.'));
    let more = ruled(&file.document).into_iter().chain(on_form.map(|(name, _)| name.to_owned()));
    for name in more {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    columns
}

fn page(
    desk: &Desk,
    found: &Found,
    file: &File,
    written: &Written,
    row: &str,
    said: &Said,
) -> Result<String, Wrong> {
    let words = desk.words();
    desk.keep_text(&file.mark, &file.text);
    let text = made(file, written).to_text();
    let judged = desk.program.judge(&found.path, &text);
    let planned = &judged.planned;
    let kind = written.kind.unwrap_or_else(|| kind_of(&file.document));
    let schema = describe::in_language(&schema::schema(), words.language());
    let items = |at: &FieldPath| written.items(&file.document, at).len();
    let columns = columns_of(file, written, &judged.columns);
    let outline = Outline { schema: &schema, kind, columns: &columns, items: &items };
    let mut beside = faults::beside(planned, &words);
    let writer = Writer { file, written, differs: said.differs, words: &words, planned };
    let sections: Vec<Json> = outline
        .sections()
        .iter()
        .map(|section| writer.section(section.name, &section.parts, &mut beside))
        .collect();
    let (samples, style) = phone(&judged, row, &words).unwrap_or_else(|| (Vec::new(), String::new()));
    let mut templates = TEMPLATES.to_vec();
    templates.push(("faults", faults::TEMPLATE));
    templates.extend(html::templates(kind));
    let kinds = KINDS.iter().map(|one| {
        let about = words.say(&format!("init.kind.{one}"), &[]);
        json!({ "name": one.name(), "about": about, "here": *one == kind })
    });
    let openid = judged.campaign.as_ref().map(|campaign| campaign.audience.openid_column.clone());
    let variables: Vec<Json> = judged
        .columns
        .iter()
        .filter(|name| Some(*name) != openid.as_ref())
        .map(|name| json!({ "name": name, "variable": variable_of(name) }))
        .collect();
    let rest = faults::rest(desk.folder(), planned, &words, &beside);
    let screen = Screen {
        title: words.say("console.edit.title", &[("title", &title(found, planned))]),
        templates,
        content: json!({
            "title": title(found, planned),
            "path": Tab::Edit.path(&found.key),
            "seal": desk.seal.of(&["edit", &found.key, &file.mark]),
            "mark": file.mark,
            "dirty": text != file.text,
            "saved": said.saved,
            "why": said.why,
            "running": desk.known(found).1.standing == Standing::Running,
            "read_only": desk.read_only,
            "kinds": kinds.collect::<Vec<Json>>(),
            "sections": sections,
            "columns": judged.columns,
            "variables": variables,
            "row": number(row),
            "samples": samples,
            "errors": planned.plan.diagnostics.errors(),
            "planned": planned.plan.counts.planned,
            "faults": rest,
            "next": Tab::Campaign.path(&found.key),
        }),
        of: Some((found, Tab::Edit)),
        commands: vec![desk.program.command_line(&["plan"], &found.path, &[])],
        pictures: desk.keep_pictures(style),
        renews: false,
    };
    Ok(screen.page(desk, &words)?)
}

/// The message that somebody asked for by its row, else the first one.
fn phone(judged: &Judged, row: &str, words: &Catalog) -> Option<(Vec<Json>, String)> {
    let (campaign, plan) = (judged.campaign.as_ref()?, &judged.planned.plan);
    if faults::spoil_the_message(plan) {
        return None;
    }
    let asked = row.trim().parse().ok().and_then(|row| {
        let inputs = Inputs::of_campaign(campaign, &plan.library);
        survey(&inputs, plan, &Choice::Row(row), Extent::Samples).ok()
    });
    let first = || {
        let samples = vec![plan.first.clone()?];
        let (lengths, columns, parts) = (Vec::new(), Vec::new(), Few::of([]));
        Some(Survey { samples, lengths, columns, outlook: None, parts })
    };
    let survey = asked.filter(|found| !found.samples.is_empty()).or_else(first)?;
    Some(html::samples(&Preview { campaign, plan, survey: &survey, covers: None, masked: true }, words))
}

/// Writes the form.
struct Writer<'w> {
    file: &'w File,
    written: &'w Written,
    /// Whether the file is another one than the form was made of.
    differs: bool,
    words: &'w Catalog,
    planned: &'w Planned,
}

impl Writer<'_> {
    fn section(&self, name: &str, parts: &[Part], beside: &mut Beside) -> Json {
        let mut hints: Vec<String> = Vec::new();
        let mut is_wrong = false;
        let mut told: Vec<Json> = Vec::new();
        for part in parts {
            told.push(match part {
                Part::Field(field) => self.part(self.field(field, beside, &mut hints, &mut is_wrong)),
                Part::Column(column, fields) => {
                    let mut own = Vec::new();
                    let fields = self.fields(fields, beside, &mut own, &mut is_wrong);
                    hints.extend((!own.is_empty()).then(|| column.clone()));
                    json!({ "field": null, "list": null,
                        "column": { "name": column, "open": !own.is_empty(), "fields": fields } })
                }
                Part::List { at, help, items } => {
                    self.list(at, help, items, beside, &mut hints, &mut is_wrong)
                }
            });
        }
        let hint: String = hints.join(" · ").chars().take(HINT).collect();
        json!({
            "name": name,
            "title": self.words.say(&format!("console.edit.section.{name}"), &[]),
            "about": self.words.get(&format!("console.edit.about.{name}")),
            "main": name == "name" || name == "message",
            "is_message": name == "message",
            "open": is_wrong,
            "hint": hint,
            "parts": told,
        })
    }

    fn part(&self, field: Json) -> Json {
        json!({ "field": field, "list": null, "column": null })
    }

    fn fields(
        &self,
        fields: &[Field],
        beside: &mut Beside,
        hints: &mut Vec<String>,
        is_wrong: &mut bool,
    ) -> Vec<Json> {
        fields.iter().map(|field| self.field(field, beside, hints, is_wrong)).collect()
    }

    fn list(
        &self,
        at: &FieldPath,
        help: &str,
        items: &[Vec<Field>],
        beside: &mut Beside,
        hints: &mut Vec<String>,
        is_wrong: &mut bool,
    ) -> Json {
        let numbers = self.written.items(&self.file.document, at);
        let number = |item: &Option<usize>| item.map_or_else(|| "new".to_owned(), |item| item.to_string());
        let each = items.iter().enumerate().map(|(index, fields)| {
            json!({
                "number": index + 1,
                "take": format!("{at}#{index}"),
                "fields": self.fields(fields, beside, hints, is_wrong),
            })
        });
        let each: Vec<Json> = each.collect();
        let wrong = beside.take(&at.to_string());
        *is_wrong |= wrong.iter().any(|fault| fault.error);
        let id = id_of(at);
        let label = self.label(at);
        json!({ "field": null, "column": null, "list": {
            "at": at.to_string(),
            "id": id,
            "label": label,
            "help": help,
            "numbers": numbers.iter().map(number).collect::<Vec<_>>().join(","),
            "items": each,
            "wrong": wrong,
        } })
    }

    fn field(
        &self,
        field: &Field,
        beside: &mut Beside,
        hints: &mut Vec<String>,
        is_wrong: &mut bool,
    ) -> Json {
        let at = field.at.to_string();
        let text = self.written.text(&self.file.document, &field.at);
        let wrong = beside.take(&at);
        *is_wrong |= wrong.iter().any(|fault| fault.error);
        let words = self.choices(&field.shape, &text);
        let chosen = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| meaning.clone());
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if !lines.is_empty() && field.shape != Shape::Switch {
            hints.push(chosen.unwrap_or_else(|| lines.join(", ")));
        }
        let in_file = self.file.document.text(&field.at);
        let in_file = in_file.as_deref().unwrap_or("").to_owned();
        let is_message = field.at.steps().first() == Some(&Step::Key("message".to_owned()));
        let is_long = matches!(field.shape, Shape::Text { long: true }) || text.contains('\n');
        let is_lines = matches!(field.shape, Shape::Lines { .. });
        // A secret in the wrong place is shown nowhere.
        let hidden = self
            .planned
            .plan
            .diagnostics
            .kept()
            .iter()
            .any(|fault| fault.code == Code::SecretInCampaign && fault.at.field() == Some(&field.at));
        json!({
            "at": at,
            "id": id_of(&field.at),
            "label": self.label(&field.at),
            "help": field.help,
            "usual": field.usual,
            "text": text,
            "hidden": hidden,
            "switch": field.shape == Shape::Switch,
            "on": text == "true",
            "words": words.iter().map(|(word, meaning)| json!({
                "word": word, "meaning": meaning, "here": *word == text,
            })).collect::<Vec<Json>>(),
            "area": is_long || is_lines,
            "rows": if is_lines { lines.len().clamp(1, 8) + 1 } else { text.lines().count().clamp(4, 14) + 1 },
            "number": field.shape == Shape::Number,
            "names_column": names_column(&field.at),
            "template": is_message,
            "wrong": wrong,
            "in_file": (self.differs && in_file != text).then_some(in_file),
        })
    }

    /// The words to choose from, and one that is none of them but stands in the file.
    fn choices(&self, shape: &Shape, text: &str) -> Vec<(String, String)> {
        let Shape::Words(words) = shape else { return Vec::new() };
        let is_known = text.is_empty() || words.iter().any(|(word, _)| word == text);
        let foreign = (!is_known).then(|| (text.to_owned(), text.to_owned()));
        words.iter().cloned().chain(foreign).collect()
    }

    /// What is asked for, in people's words.
    fn label(&self, at: &FieldPath) -> String {
        let keys = at.steps().iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        });
        let keys: Vec<&str> = keys.collect();
        let (first, last) = (keys.first().copied(), keys.last().copied().unwrap_or(""));
        let names = match (first, keys.get(1)) {
            (Some("message"), Some(kind)) => {
                vec![format!("console.edit.message.{kind}-{last}"), format!("console.edit.message.{last}")]
            }
            (Some("audience"), Some(&"columns")) => vec![format!("console.edit.column.{last}")],
            _ => vec![format!("console.edit.field.{}", keys.join("-"))],
        };
        names.iter().find_map(|name| self.words.get(name)).map_or_else(|| last.to_owned(), str::to_owned)
    }
}

/// Whether a field names a column of the list.
fn names_column(at: &FieldPath) -> bool {
    let at = at.to_string();
    let is_of_join = at.starts_with("audience.join[") && at.ends_with("].on");
    let names =
        ["audience.openid", "audience.window.column", "audience.window.event", "audience.window.used"];
    is_of_join || names.contains(&&*at)
}

/// A name that an element of the page can have, whatever the columns are called.
fn id_of(at: &FieldPath) -> String {
    format!("field-{}", hex(&Sha256::digest(at.to_string())[..6]))
}
