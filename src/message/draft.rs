//! A message on its way from the campaign file to a [`Body`](crate::message::body::Body).

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::message::account_kind::AccountKind;
use crate::message::field::Rules;
use crate::message::media::Upload;
use crate::message::slot::{Part, Slot};

/// Collects the parts of a message's JSON object, the slots for its texts and every fault.
#[derive(Debug)]
pub(crate) struct Draft {
    at: FieldPath,
    parts: Vec<Part>,
    slots: Vec<Slot>,
    faults: Vec<Diagnostic>,
    first: bool,
}

impl Draft {
    /// An empty draft; `at` is the message's table in the campaign file.
    pub(crate) fn new(at: FieldPath) -> Self {
        Self { at, parts: Vec::new(), slots: Vec::new(), faults: Vec::new(), first: true }
    }

    /// Writes the field `name` of the current object. A field that is not given is not in the payload; one
    /// that must be given and is not is a fault.
    pub(crate) fn field(&mut self, name: &'static str, source: Option<&String>, rules: Rules) {
        let at = self.at.key(name);
        let Some(source) = source else {
            if rules.required {
                self.faults.push(Diagnostic::new(Code::MissingKey, Place::Field(at.clone())).with("key", at));
            }
            return;
        };
        if source.trim().is_empty() {
            self.faults
                .push(Diagnostic::new(Code::EmptyTemplate, Place::Field(at.clone())).with("field", at));
            return;
        }
        self.slot(name, Slot { at, source: source.clone(), rules, upload: None });
    }

    /// Writes the field `id` of the current object: an id that is given, or one that the file named by the field
    /// `file` will be uploaded for. Both and neither are faults.
    pub(crate) fn media(
        &mut self,
        id: (&'static str, Option<&String>),
        file: (&'static str, Option<&String>),
        upload: Upload,
    ) {
        self.media_or(id, file, upload, Rules::REQUIRED);
    }

    /// As [`media`](Self::media), with rules for what is given in place of a file.
    pub(crate) fn media_or(
        &mut self,
        (id, given): (&'static str, Option<&String>),
        (file, path): (&'static str, Option<&String>),
        upload: Upload,
        rules: Rules,
    ) {
        let at = self.at.key(file);
        match (given, path) {
            (given, None) if given.is_some() => self.field(id, given, rules),
            (Some(_), Some(_)) => {
                let fault = Diagnostic::new(Code::MediaTwice, Place::Key(at.clone()));
                self.faults.push(fault.with("file", at).with("id", self.at.key(id)));
            }
            (None, Some(path)) if path.trim().is_empty() => self.field(file, Some(path), rules),
            (None, Some(path)) => {
                let source = path.clone();
                self.slot(id, Slot { at, source, rules: Rules::REQUIRED, upload: Some(upload) });
            }
            (_, None) => {
                let place = Place::Field(self.at.key(id));
                let either = format!("{} | {at}", self.at.key(id));
                self.faults.push(Diagnostic::new(Code::MissingKey, place).with("key", either));
            }
        }
    }

    fn slot(&mut self, name: &str, slot: Slot) {
        self.name(name);
        self.parts.push(Part::Slot(self.slots.len()));
        self.slots.push(slot);
    }

    /// Writes the array `name` of the current object, one object an item. An empty or missing one is a fault.
    pub(crate) fn list<T>(
        &mut self,
        name: &'static str,
        items: Option<&Vec<T>>,
        mut item: impl FnMut(&T, &mut Self),
    ) {
        let at = self.at.key(name);
        let Some(items) = items else {
            self.faults.push(Diagnostic::new(Code::MissingKey, Place::Field(at.clone())).with("key", at));
            return;
        };
        if items.is_empty() {
            self.faults.push(Diagnostic::new(Code::EmptyList, Place::Field(at.clone())).with("field", at));
            return;
        }
        self.name(name);
        self.raw("[");
        let outer = std::mem::replace(&mut self.at, at.clone());
        for (index, value) in items.iter().enumerate() {
            self.raw(if index == 0 { "{" } else { ",{" });
            self.at = at.index(index);
            self.first = true;
            item(value, self);
            self.raw("}");
        }
        self.at = outer;
        self.first = false;
        self.raw("]");
    }

    /// Refuses a field that this kind of account must not give (docs/platform.md#mini-programs).
    pub(crate) fn refuse(&mut self, name: &'static str, account: AccountKind) {
        let at = self.at.key(name);
        let fault = Diagnostic::new(Code::FieldNotForAccount, Place::Field(at.clone()))
            .with("field", at)
            .with("account", account.name());
        self.faults.push(fault);
    }

    /// Adds a fault of the field `name` of the current object.
    pub(crate) fn fault(&mut self, name: &'static str, fault: impl FnOnce(Place) -> Diagnostic) {
        let at = self.at.key(name);
        self.faults.push(fault(Place::Field(at)));
    }

    /// The parts and slots of the object's inside, and the faults found.
    pub(crate) fn finish(self) -> (Vec<Part>, Vec<Slot>, Vec<Diagnostic>) {
        (self.parts, self.slots, self.faults)
    }

    fn name(&mut self, name: &str) {
        let comma = if self.first { "" } else { "," };
        self.first = false;
        self.raw(&format!("{comma}\"{name}\":"));
    }

    fn raw(&mut self, json: &str) {
        if let Some(Part::Json(last)) = self.parts.last_mut() {
            last.push_str(json);
        } else {
            self.parts.push(Part::Json(json.to_owned()));
        }
    }
}
