//! Everything that can be wrong with one row.

use crate::audience::characters::has_unseen;
use crate::audience::damage::{Damage, look, may_be_odd};
use crate::audience::join::key_value;
use crate::audience::openid::{self, OpenIdFault, Shape};
use crate::audience::row::Cells;
use crate::audience::wishes::Unmatched;
use crate::campaign::file::InvalidRows;
use crate::diagnostic::code::Code;
use crate::diagnostic::people::People;
use crate::diagnostic::place::{Place, RowPlace};
use crate::diagnostic::value::Value;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::message::problem::Problem;
use crate::plan::batch::Wrong;
use crate::plan::damage::{self, code_of_trouble};
use crate::plan::joined::NoMatch;
use crate::plan::judge::{Judge, RowCheck};
use crate::plan::media::{Looked, stays_in};
use crate::plan::renderer::fault_of;
use crate::plan::schedule::deadline::Deadline;
use crate::plan::skip::Skip;

impl<'r> RowCheck<'_, 'r, '_> {
    pub(super) fn ragged(&mut self, cells: usize) {
        self.judge.ragged += 1;
        // Of millions, as in a file that is no list at all, the first are told, and what the others would say costs more
        // than to read them.
        if self.judge.ragged > Diagnostics::KEPT_PER_CODE {
            let skip = self.judge.inputs.audience.invalid_rows == InvalidRows::Skip;
            let severity = if skip { Severity::Warning } else { Code::RaggedRow.severity() };
            self.wrong(Code::RaggedRow, None);
            self.judge.faults.count(Code::RaggedRow, severity);
            return;
        }
        let expected = self.judge.header.width();
        let fault = Diagnostic::new(Code::RaggedRow, self.place(None)).with("cells", cells);
        self.fault(fault.with("expected", expected));
    }

    /// What becomes of a row that has none in a joined file.
    pub(super) fn unmatched(&mut self, missing: NoMatch<'_>) -> Skip {
        let NoMatch { number, join, on } = missing;
        if join.missing == Unmatched::Skip && self.sound {
            self.judge.joiner.skipped(number);
            return Skip::Unmatched;
        }
        let key = self.cells.or_blank(on);
        let key = if on == self.judge.openid { Value::openid(key) } else { key_value(key) };
        let fault = Diagnostic::new(Code::JoinMissing, self.place(Some(on))).with("key", key);
        if join.missing == Unmatched::Error {
            self.fault(fault.with("file", &join.file.name).with("to", &join.to));
        }
        Skip::Invalid
    }

    pub(super) fn openid(&mut self) -> &'r str {
        let cell = self.judge.openid;
        let text = self.cells.or_blank(cell);
        let judged = openid::check(text);
        if judged != Ok(Shape::Usual)
            && let Some(contact) = openid::contact(text)
        {
            let skip = self.judge.inputs.audience.invalid_rows == InvalidRows::Skip;
            self.judge.damage.add_contact(contact, self.row, cell, text, skip);
            if judged.is_err() {
                self.wrong(Code::OpenidContact, Some(cell));
            }
            return text;
        }
        let fault = match judged {
            Ok(Shape::Usual) => return text,
            Ok(Shape::Odd) if damage::is_nobody(text, &self.judge.inputs.audience.openid_column) => {
                self.damaged(Code::RowOfNobody, cell, text);
                return text;
            }
            Ok(Shape::Odd) => {
                Diagnostic::new(Code::OpenidShape, self.place(Some(cell))).with("openid", Value::openid(text))
            }
            // It has been reported already.
            Err(_) if self.row.troubles().iter().any(|(troubled, _)| *troubled == cell) => return text,
            Err(OpenIdFault::Character { character, .. }) => {
                if damage::is_nobody(text, &self.judge.inputs.audience.openid_column) {
                    self.damaged(Code::RowOfNobody, cell, text);
                    return text;
                }
                if let Some(code) = destroyed_by(text) {
                    self.damaged(code, cell, text);
                    return text;
                }
                Diagnostic::new(Code::OpenidCharacter, self.place(Some(cell)))
                    .with("openid", Value::openid(spelled(text)))
                    .with("character", Value::text(spelled(character.encode_utf8(&mut [0; 4]))))
            }
            Err(OpenIdFault::Empty) => Diagnostic::new(Code::OpenidEmpty, self.place(Some(cell))),
            Err(OpenIdFault::TooLong { length }) => {
                Diagnostic::new(Code::OpenidTooLong, self.place(Some(cell))).with("length", length)
            }
        };
        self.fault(fault);
        text
    }

    /// Tells the cells of a workbook that cannot be used as they are, or may not be meant so, and whether there are any of
    /// the first kind.
    pub(super) fn troubles(&mut self) -> bool {
        let mut any = false;
        for (cell, trouble) in self.row.troubles() {
            if self.judge.used.get(*cell) == Some(&true) {
                let text = self.cells.or_blank(*cell);
                let code = code_of_trouble(trouble);
                let is_error = code.severity() == Severity::Error;
                if is_error {
                    self.wrong(code, Some(*cell));
                }
                let skip = self.judge.inputs.audience.invalid_rows == InvalidRows::Skip;
                self.judge.damage.add_trouble(trouble, self.row, *cell, text, skip || !is_error);
                any |= is_error;
            }
        }
        any
    }

    /// What a spreadsheet may have done to the cells that are used.
    pub(super) fn damage(&mut self) {
        let odd = may_be_odd(self.row.record().as_slice());
        for number in 0..self.judge.damage.columns() {
            let cells = self.cells;
            let found = self.judge.damage.look(number, self.row, odd, |cell| cells.or_blank(cell));
            let Some((cell, damage)) = found else { continue };
            // An error value of a workbook is told as such.
            if !self.row.troubles().iter().any(|(troubled, _)| *troubled == cell) {
                self.damaged(damage::code_of(damage), cell, cells.or_blank(cell));
            }
        }
    }

    /// Notes that the row cannot be used; what is told of it beside is the first thing.
    fn wrong(&mut self, code: Code, cell: Option<usize>) {
        self.sound = false;
        self.judge.wrong.get_or_insert(Wrong { code, cell });
    }

    fn damaged(&mut self, code: Code, cell: usize, text: &str) {
        let is_error = code.severity() == Severity::Error;
        if is_error {
            self.wrong(code, Some(cell));
        }
        let skip = self.judge.inputs.audience.invalid_rows == InvalidRows::Skip;
        self.judge.damage.add(code, self.row, cell, text, skip || !is_error);
    }

    pub(super) fn duplicate(&mut self, openid: &str, code: Code) {
        let fault = Diagnostic::new(code, self.place(Some(self.judge.openid)));
        self.fault(fault.with("openid", Value::openid(openid)));
    }

    pub(super) fn columns(&mut self) {
        for index in 0..self.judge.columns.len() {
            let (cell, rules) = self.judge.columns[index];
            for (code, values) in rules.check(self.cells.or_blank(cell)) {
                let name = self
                    .judge
                    .header
                    .names()
                    .nth(cell)
                    .expect("rules are bound to columns of this header")
                    .to_owned();
                let mut fault = Diagnostic::new(code, self.place(Some(cell))).with("column", name);
                // What stands in this column, and what a rule says may stand in it, names people.
                let people = cell == self.judge.openid;
                let hidden = |value: Value| if people { Value::openid(value) } else { value };
                fault.values.extend(values.into_iter().map(|(name, value)| (name, hidden(value))));
                self.fault(fault);
            }
        }
    }

    pub(super) fn render(&mut self) {
        let Judge { renderer, texts, faults, inputs, told, openid, damage, wrong, .. } = &mut *self.judge;
        let openid = self.cells.get(*openid);
        let mut sound = self.sound;
        let skip = inputs.audience.invalid_rows == InvalidRows::Skip;
        renderer.fill(self.row, self.cells, texts, |slot| {
            if slot.fixed {
                // The fault is the template's and the same in every row, so it is reported once.
                let fault = fault_of(slot.problem, slot.at, Place::Field(slot.at.clone()));
                if fault.is_error() {
                    sound = false;
                    wrong.get_or_insert(Wrong { code: fault.code, cell: None });
                }
                if !told.contains(&fault) {
                    told.push(fault.clone());
                    faults.push(fault);
                }
                return;
            }
            let mut place = RowPlace::new(self.row.number, self.row.line).field(slot.at.clone());
            place.cell = slot.cell.filter(|cell| self.row.elsewhere(*cell).is_none());
            let fault = named(fault_of(slot.problem, slot.at, Place::Row(place)), openid, self.cells);
            if fault.is_error() {
                sound = false;
                wrong.get_or_insert(Wrong { code: fault.code, cell: slot.cell });
            }
            let fault = if skip { fault.into_warning() } else { fault };
            if fault.code == Code::RenderFailed {
                damage.add_failure(fault, self.row);
            } else {
                faults.push(fault);
            }
        });
        self.sound = sound;
    }

    /// Looks at the media files that this row names.
    pub(super) fn files(&mut self) {
        for index in 0..self.judge.files.len() {
            let named = &self.judge.files[index].name;
            let text = self.judge.texts.get(named.index).map_or("", String::as_str);
            // A blank or broken name has been reported as a faulty text.
            if named.constant.is_some() || text.trim().is_empty() || text.contains(char::is_control) {
                continue;
            }
            let looked = if stays_in(&named.folder, text) {
                self.judge.inputs.library.look(named.upload, text)
            } else {
                let folder = if named.folder.is_empty() { "./" } else { &named.folder };
                let problem = Problem::new(Code::MediaOutside).with("file", text).with("folder", folder);
                Looked { file: None, problems: [problem].into() }
            };
            let mut place = RowPlace::new(self.row.number, self.row.line).field(named.at.clone());
            place.cell = named.only_cell.filter(|cell| self.row.elsewhere(*cell).is_none());
            let tell = |problem: &Problem| fault_of(problem.clone(), &named.at, Place::Row(place.clone()));
            let told: Vec<Diagnostic> = looked.problems.iter().map(tell).collect();
            told.into_iter().for_each(|fault| self.fault(fault));
            self.judge.files[index].set(looked.file);
        }
    }

    /// Until when the person's so many-th message may be begun.
    pub(super) fn window(&mut self, nth: u32) -> Option<Deadline> {
        let read = self.judge.window.as_mut()?.read(self.row, self.cells, nth);
        match read {
            Ok(deadline) => Some(deadline),
            Err(fault) => {
                self.fault(fault);
                None
            }
        }
    }

    fn place(&self, cell: Option<usize>) -> Place {
        self.row.place(cell)
    }

    fn fault(&mut self, fault: Diagnostic) {
        let fault = named(fault, self.cells.get(self.judge.openid), self.cells);
        if fault.is_error() {
            self.wrong(fault.code, cell_of(&fault.at));
        }
        let skip = self.judge.inputs.audience.invalid_rows == InvalidRows::Skip;
        self.judge.faults.push(if skip { fault.into_warning() } else { fault });
    }
}

/// A fault of a row with these cells. Any text of the row may quote people: a helper's cell, an address made from it.
fn named(fault: Diagnostic, openid: Option<&str>, cells: &Cells<'_>) -> Diagnostic {
    fault.naming(&People::of(openid, cells.iter()))
}

/// A text with what nobody sees in it written as Unicode numbers it.
fn spelled(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let is_blank = c.is_whitespace() && c != ' ';
        if is_blank || c.is_control() || has_unseen(c.encode_utf8(&mut [0; 4])) {
            out.push_str(&format!("[U+{:04X}]", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// What has destroyed an openid, where it can be told.
fn destroyed_by(openid: &str) -> Option<Code> {
    match look(openid, true).damage {
        Some(damage @ (Damage::Scientific | Damage::ErrorValue | Damage::Destroyed)) => {
            Some(damage::code_of(damage))
        }
        Some(
            Damage::Picture
            | Damage::TooNarrow
            | Damage::Formula
            | Damage::Placeholder
            | Damage::Lost
            | Damage::Apostrophe
            | Damage::NullWord
            | Damage::TextMark
            | Damage::Misread
            | Damage::PrivateUse
            | Damage::Markup
            | Damage::Blanks
            | Damage::Invisible
            | Damage::FullWidth,
        )
        | None => None,
    }
}

/// The cell of the row that a fault points at. One in a joined file is none of them.
fn cell_of(at: &Place) -> Option<usize> {
    match at {
        Place::Row(place) => place.cell,
        Place::Campaign
        | Place::CampaignSpan(_)
        | Place::Field(_)
        | Place::Key(_)
        | Place::Policy(_)
        | Place::Within(..)
        | Place::Audience
        | Place::Line(_)
        | Place::Header { .. }
        | Place::List(_) => None,
    }
}
