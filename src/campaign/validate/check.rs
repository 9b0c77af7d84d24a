//! What the validation of every table needs: where the file lies, the faults so far, and how one is told.

use std::path::Path;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::diagnostic::value::Value;

/// The most faults of a campaign file that are told one by one.
const MOST_FAULTS: usize = 200;

pub(super) struct Check<'a> {
    pub(super) path: &'a Path,
    pub(super) dir: &'a Path,
    pub(super) faults: Vec<Diagnostic>,
    /// Fields that are there but did not fit: they are not missing.
    pub(super) misfits: Vec<FieldPath>,
    /// Fields that may hold a secret where none belongs.
    pub(super) secrets: Vec<FieldPath>,
}

impl Check<'_> {
    /// A file with thousands of faults is told some of them: each is looked up in the whole file.
    pub(super) fn keep_to_limit(&mut self) {
        if self.faults.len() > MOST_FAULTS {
            let more = self.faults.len() - MOST_FAULTS;
            self.faults.truncate(MOST_FAULTS);
            self.push(Diagnostic::new(Code::TooManyFaults, Place::Campaign).with("count", more));
        }
    }

    pub(super) fn required<'t>(&mut self, given: Option<&'t String>, at: &FieldPath) -> Option<&'t String> {
        if given.is_none() && !self.misfits.contains(at) {
            self.push(Diagnostic::new(Code::MissingKey, Place::Field(at.clone())).with("key", at));
        }
        given
    }

    pub(super) fn is_misfit_below(&self, at: &FieldPath) -> bool {
        self.misfits.iter().any(|misfit| misfit.steps().starts_with(at.steps()))
    }

    /// Reads every entry of a list that may be left out; nothing where one cannot be read.
    pub(super) fn each<T>(
        &mut self,
        given: Option<&[String]>,
        at: &FieldPath,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Some(given) = given else { return Some(Vec::new()) };
        if given.is_empty() {
            self.push(Diagnostic::new(Code::EmptyList, Place::Field(at.clone())).with("field", at));
            return None;
        }
        let mut all = Vec::new();
        for (index, text) in given.iter().enumerate() {
            match read(text) {
                Some(one) => all.push(one),
                None => self.bad(&at.index(index), text, expected),
            }
        }
        (all.len() == given.len()).then_some(all)
    }

    pub(super) fn bad(&mut self, at: &FieldPath, value: &str, expected: impl Into<Value>) {
        let fault = Diagnostic::new(Code::BadValue, Place::Field(at.clone()));
        self.push(fault.with("field", at).with("value", value).with("expected", expected));
    }

    pub(super) fn push(&mut self, fault: Diagnostic) {
        self.faults.push(fault);
    }
}
