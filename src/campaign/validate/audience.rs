//! `[audience]`: who gets the message, and what its columns must hold.

use regex::{Regex, RegexBuilder};

use crate::audience::Source;
use crate::audience::column::ColumnRules;
use crate::audience::join::Joins;
use crate::audience::lists::Lists;
use crate::audience::wishes::{ColumnFormat, HiddenRows, Pattern};
use crate::audience::workbook::cache::Cache;
use crate::campaign::file::{AudienceTable, ColumnTable, Duplicates, InvalidRows};
use crate::campaign::results_name::snapshot;
use crate::campaign::validate::check::Check;
use crate::campaign::validate::window::exact_times;
use crate::campaign::{Audience, CampaignId};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::diagnostic::value::Key;
use crate::message::AccountKind;

/// The most columns that can have rules. A workbook has no more than 16,384 columns, and nobody writes rules for all.
const MOST_COLUMNS: usize = 500;
/// The most memory that one compiled pattern may take, in bytes: rules for all columns then fit into 125 MB.
const LARGEST_PATTERN: usize = 256 * 1024;

impl Check<'_> {
    pub(super) fn audience(
        &mut self,
        audience: &AudienceTable,
        id: Option<&CampaignId>,
        kind: AccountKind,
    ) -> Option<Audience> {
        let file = self.audience_file(audience, id);
        let encoding = self.encoding(audience.encoding.as_deref());
        let delimiter = self.delimiter(audience.delimiter.as_deref());
        if audience.columns.len() > MOST_COLUMNS {
            let at = FieldPath::of("audience.columns");
            self.bad(&at, &audience.columns.len().to_string(), format!("1 … {MOST_COLUMNS}"));
            return None;
        }
        let columns =
            audience.columns.iter().map(|(name, rules)| (name.clone(), self.column(name, rules))).collect();
        let openid_column = audience.openid.clone().unwrap_or_else(|| "openid".to_owned());
        let source = Source {
            path: self.dir.join(file?),
            fetched: audience.command.is_some(),
            encoding: encoding?,
            delimiter: delimiter?,
            sheet: audience.sheet.clone(),
            openid: openid_column.clone(),
            header_row: self.header_row(audience.header_row),
            hidden_rows: audience.hidden_rows.unwrap_or(HiddenRows::Error),
            formats: self.formats(audience),
            fence: None,
            cache: Cache::default(),
        };
        let lists = self.lists(audience, &source);
        let window = match &audience.window {
            Some(table) => Some(self.window(table, kind)?),
            None => None,
        };
        let source = Source { formats: exact_times(source.formats.clone(), window.as_ref()), ..source };
        let joins = self.joins(audience, &source);
        Some(Audience {
            source,
            openid_column,
            duplicates: audience.duplicates.unwrap_or(Duplicates::First),
            invalid_rows: audience.invalid_rows.unwrap_or(InvalidRows::Error),
            columns,
            lists: Lists::new(lists?),
            joins: Joins::new(joins?),
            window,
            command: audience.command.clone(),
        })
    }

    /// The file of the audience: the one that is named, or the one in which is kept what a program printed.
    fn audience_file(&mut self, audience: &AudienceTable, id: Option<&CampaignId>) -> Option<String> {
        let at = FieldPath::of("audience.command");
        match (&audience.file, &audience.command) {
            (file, None) => self.required(file.as_ref(), &FieldPath::of("audience.file")).cloned(),
            (Some(_), Some(_)) => {
                self.bad(&at, "command", "file | command");
                None
            }
            (None, Some(command)) if command.first().is_none_or(|program| program.trim().is_empty()) => {
                self.push(Diagnostic::new(Code::EmptyList, Place::Field(at.clone())).with("field", at));
                None
            }
            (None, Some(_)) => Some(snapshot(id?)),
        }
    }

    /// The row of the columns' names. One that no sheet has is a fault.
    fn header_row(&mut self, row: Option<u32>) -> Option<u32> {
        let row = row?;
        if (1..=1_048_576).contains(&row) {
            return Some(row);
        }
        self.bad(&FieldPath::of("audience.header_row"), &row.to_string(), "1, 2, 3 …");
        None
    }

    /// How the cells of columns are written. A pattern that cannot be written is a fault.
    fn formats(&mut self, audience: &AudienceTable) -> Vec<(String, ColumnFormat)> {
        let mut formats = Vec::new();
        for (name, rules) in &audience.columns {
            let Some(format) = &rules.format else { continue };
            let format = match format.as_str() {
                "shown" => ColumnFormat::Shown,
                "value" => ColumnFormat::Value,
                pattern => match Pattern::new(pattern) {
                    Some(pattern) => ColumnFormat::Date(pattern),
                    None => {
                        let at = FieldPath::of("audience.columns").key(name).key("format");
                        self.bad(&at, pattern, "shown, value, yyyy-mm-dd, m月d日, h:mm, %Y-%m-%d");
                        continue;
                    }
                },
            };
            formats.push((name.clone(), format));
        }
        formats
    }

    fn encoding(&mut self, name: Option<&str>) -> Option<Option<&'static encoding_rs::Encoding>> {
        match name {
            None | Some("auto") => Some(None),
            Some(name) => match encoding_rs::Encoding::for_label(name.as_bytes()) {
                Some(encoding) => Some(Some(encoding)),
                None => {
                    self.bad(
                        &FieldPath::of("audience.encoding"),
                        name,
                        "auto, utf-8, gb18030, utf-16le, utf-16be",
                    );
                    None
                }
            },
        }
    }

    fn delimiter(&mut self, given: Option<&str>) -> Option<Option<u8>> {
        match given {
            None | Some("auto") => Some(None),
            Some("tab" | "\\t") => Some(Some(b'\t')),
            Some(text) => match text.as_bytes() {
                [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Some(Some(*byte)),
                _ => {
                    self.bad(&FieldPath::of("audience.delimiter"), text, "auto , ; tab");
                    None
                }
            },
        }
    }

    fn column(&mut self, name: &str, rules: &ColumnTable) -> ColumnRules {
        let at = FieldPath::of("audience.columns").key(name);
        let pattern = rules.pattern.as_ref().and_then(|pattern| match pattern_of(pattern) {
            Ok(regex) => Some(regex),
            Err(_) => {
                let at = at.key("pattern");
                self.bad(&at, pattern, Key::new("pattern-form"));
                None
            }
        });
        if rules.one_of.as_ref().is_some_and(Vec::is_empty) {
            let at = at.key("one_of");
            self.push(Diagnostic::new(Code::EmptyList, Place::Field(at.clone())).with("field", at));
        }
        ColumnRules {
            required: rules.required.unwrap_or(false),
            default: rules.default.clone(),
            // No text is longer than what a pointer can reach.
            max_chars: rules.max_chars.map(|max| usize::try_from(max).unwrap_or(usize::MAX)),
            pattern,
            one_of: rules.one_of.clone(),
        }
    }
}

/// Compiles a pattern, unless it grows too large: `\\pL{1000}` is short and takes megabytes.
fn pattern_of(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(LARGEST_PATTERN).dfa_size_limit(LARGEST_PATTERN).build()
}
