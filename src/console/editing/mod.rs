//! A campaign file that is changed by a form. The form shows what stands in the file; what was changed on it is written into
//! the file, and nothing else.

pub(crate) mod document;
pub(crate) mod layout;

use std::collections::BTreeMap;

use crate::console::editing::document::{Document, Entered};
use crate::console::editing::layout::{Field, Outline, Part, Shape};
use crate::diagnostic::place::{FieldPath, Step};
use crate::message::{KINDS, Kind};

/// What somebody wrote on the form; what it does not hold is as the file has it.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// The kind of message.
    pub(crate) kind: Option<Kind>,
    /// The texts by the place they belong to.
    pub(crate) texts: BTreeMap<String, String>,
    /// The items of lists of tables: each by its number in the file from 0, or new.
    pub(crate) lists: BTreeMap<String, Vec<Option<usize>>>,
}

impl Written {
    /// How many items a list of tables has.
    pub(crate) fn items(&self, document: &Document, list: &FieldPath) -> Vec<Option<usize>> {
        let written = self.lists.get(&list.to_string());
        written.cloned().unwrap_or_else(|| (0..document.items(list)).map(Some).collect())
    }

    /// A value as the form shows it.
    pub(crate) fn text(&self, document: &Document, at: &FieldPath) -> String {
        let written = self.texts.get(&at.to_string()).or_else(|| self.of_another_kind(at));
        let text = match written {
            Some(text) => Some(text.replace("\r\n", "\n")),
            None => document.text(&self.in_file(document, at)),
        };
        // What is not there is a blank field.
        text.as_deref().unwrap_or("").to_owned()
    }

    /// Where a value of the form stands in the file: an item has another number there where one before it was taken away.
    fn in_file(&self, document: &Document, at: &FieldPath) -> FieldPath {
        let mut way = FieldPath::root();
        for step in at.steps() {
            way = match step {
                Step::Key(key) => way.key(key),
                Step::Index(index) => {
                    let items = self.items(document, &way);
                    // A number that no item has finds nothing, which is what stands there.
                    way.index(items.get(*index).copied().flatten().unwrap_or(usize::MAX - 1))
                }
            };
        }
        way
    }

    /// What was written in the field of the same name while another kind was chosen.
    fn of_another_kind(&self, at: &FieldPath) -> Option<&String> {
        let text = at.to_string();
        let (_, rest) = text.strip_prefix("message.")?.split_once('.')?;
        KINDS.iter().find_map(|kind| self.texts.get(&format!("message.{kind}.{rest}")))
    }

    /// Forgets what is as in the file that the form was made of: nobody has touched it.
    pub(crate) fn forget_what_is_in(&mut self, base: &Document, fields: &[Field]) {
        for field in fields {
            let was = base.text(&self.in_file(base, &field.at));
            let is = self.texts.get(&field.at.to_string());
            if is.is_some_and(|is| is_same(&field.shape, &is.replace("\r\n", "\n"), was.as_deref())) {
                self.texts.remove(&field.at.to_string());
            }
        }
        self.lists.retain(|at, items| {
            let was = (0..base.items(&FieldPath::of(at))).map(Some);
            !was.eq(items.iter().copied())
        });
        self.kind = self.kind.filter(|kind| *kind != kind_of(base));
    }

    /// Puts one more item behind a list.
    pub(crate) fn add(&mut self, document: &Document, list: &FieldPath) {
        let mut items = self.items(document, list);
        items.push(None);
        let number = items.len();
        self.lists.insert(list.to_string(), items);
        // An answer is known by a number of its own, which nobody sees.
        if list == &FieldPath::of("message.msgmenu.list") {
            self.texts.insert(format!("{list}[{number}].id"), number.to_string());
        }
    }

    /// Takes an item, by its number from 0, out of a list.
    pub(crate) fn take(&mut self, document: &Document, list: &FieldPath, item: usize) {
        let mut items = self.items(document, list);
        if item < items.len() {
            items.remove(item);
            self.lists.insert(list.to_string(), items);
        }
        let begin = format!("{list}[");
        let texts = std::mem::take(&mut self.texts);
        for (at, text) in texts {
            let numbered = at.strip_prefix(&begin).and_then(|rest| rest.split_once(']'));
            let numbered = numbered.and_then(|(number, rest)| Some((number.parse::<usize>().ok()?, rest)));
            match numbered {
                Some((number, _)) if number == item + 1 => {}
                Some((number, rest)) if number > item + 1 => {
                    self.texts.insert(format!("{begin}{}]{rest}", number - 1), text);
                }
                Some(_) | None => drop(self.texts.insert(at, text)),
            }
        }
    }
}

/// The kind of message of a file; a text where it has none.
pub(crate) fn kind_of(document: &Document) -> Kind {
    let tables = document.keys(&FieldPath::of("message"));
    tables.iter().find_map(|name| Kind::find(name)).unwrap_or(Kind::Text)
}

/// The file with what was written on the form.
pub(crate) fn changed(document: &Document, written: &Written, outline: &Outline<'_>) -> Document {
    let mut new = document.clone();
    let message = FieldPath::of("message");
    let (kind, before) = (outline.kind, kind_of(document));
    if kind != before {
        new.remove(&message.key(before.name()));
    }
    for part in outline.sections().into_iter().flat_map(|section| section.parts) {
        match part {
            Part::Field(field) => enter(document, &mut new, written, &field),
            Part::Column(_, fields) => {
                fields.iter().for_each(|field| enter(document, &mut new, written, field));
            }
            Part::List { at, items, .. } => {
                let kept: Vec<usize> = written.items(document, &at).into_iter().flatten().collect();
                if kept.len() < document.items(&at) {
                    new.keep_items(&at, &kept);
                }
                items.iter().flatten().for_each(|field| enter(document, &mut new, written, field));
            }
        }
    }
    for table in outline.optional() {
        // One that was blank before is somebody's own.
        if new.is_blank(&table) && !document.is_blank(&table) {
            new.remove(&table);
        }
    }
    new
}

/// Writes a value where the form says something else than the file.
fn enter(document: &Document, new: &mut Document, written: &Written, field: &Field) {
    let now = document.text(&written.in_file(document, &field.at));
    let text = written.text(document, &field.at);
    if !is_same(&field.shape, &text, now.as_deref()) {
        new.set(&field.at, &entered(&field.shape, &text));
    }
}

/// Whether a field says what the file says.
fn is_same(shape: &Shape, text: &str, now: Option<&str>) -> bool {
    match shape {
        Shape::Switch => (text == "true") == (now == Some("true")),
        Shape::Lines { .. } => lines(text) == lines(now.unwrap_or("")),
        Shape::Text { .. } | Shape::Number | Shape::Words(_) => text == now.unwrap_or(""),
    }
}

/// What was written, as the file has it.
fn entered(shape: &Shape, text: &str) -> Entered {
    if *shape == Shape::Switch {
        return Entered::Yes(text == "true");
    }
    if text.trim().is_empty() {
        return Entered::Nothing;
    }
    match shape {
        Shape::Text { long: true } => Entered::Text(text.to_owned()),
        Shape::Number => match text.trim().parse() {
            Ok(number) => Entered::Number(number),
            // What is no number is told by the planner, beside the field.
            Err(_) => Entered::Text(text.trim().to_owned()),
        },
        Shape::Lines { one } => match lines(text).as_slice() {
            [only] if *one => Entered::Text((*only).to_owned()),
            all => Entered::Lines(all.iter().map(|line| (*line).to_owned()).collect()),
        },
        Shape::Text { long: false } | Shape::Switch | Shape::Words(_) => {
            Entered::Text(text.trim().to_owned())
        }
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}
