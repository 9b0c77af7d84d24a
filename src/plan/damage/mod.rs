//! Cells that a spreadsheet has damaged, gathered from all rows: one diagnostic a kind, with its count and the first
//! ten places.
//!
//! Some damage is told by a cell alone, some only beside the rest of its column: a number is too short when all others
//! are longer. Judges gather on their own and what they found is put together at the end, whichever row was whose.

mod column;
pub(crate) mod names;
mod tally;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::audience::characters;
use crate::audience::damage::{self, Damage};
use crate::audience::openid::Contact;
use crate::audience::row::Row;
use crate::audience::trouble::Trouble;
use crate::campaign::template::other_braces::names_a_column;
use crate::diagnostic::code::Code;
use crate::diagnostic::value::Key;
use crate::diagnostic::value::Value;
use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::damage::names::is_name;
use crate::plan::damage::tally::{Spot, Tally};
use crate::plan::failures::Failures;

pub(crate) use crate::plan::damage::column::{Column, Use};
pub(crate) use crate::plan::damage::names::is_nobody;

/// What was found, in the rows of one judge or of all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    /// The first column of the table on its sheet, from 0.
    first_column: usize,
    /// The column of the openids.
    openid: (usize, String),
    /// The names of all columns.
    names: Vec<String>,
    /// By code and, where the sentence names a column, by that.
    kinds: BTreeMap<(Code, Option<usize>), Tally>,
    contacts: BTreeMap<Contact, Tally>,
    columns: Vec<Column>,
    failures: Failures,
}

/// What a cell's own look means for its row.
pub(crate) fn code_of(damage: Damage) -> Code {
    match damage {
        Damage::Scientific => Code::ScientificNotation,
        Damage::ErrorValue => Code::ErrorValue,
        Damage::Picture => Code::PictureInCell,
        Damage::TooNarrow => Code::ColumnTooNarrow,
        Damage::Formula => Code::FormulaAsText,
        Damage::Placeholder => Code::PlaceholderInCell,
        Damage::Lost => Code::LostCharacters,
        Damage::Apostrophe => Code::LeadingApostrophe,
        Damage::NullWord => Code::NullWord,
        Damage::TextMark => Code::TextMark,
        Damage::Destroyed => Code::DestroyedCharacters,
        Damage::Misread => Code::MisreadCharacters,
        Damage::PrivateUse => Code::PrivateUse,
        Damage::Markup => Code::MarkupInCell,
        Damage::Blanks => Code::BlanksAround,
        Damage::Invisible => Code::InvisibleCharacters,
        Damage::FullWidth => Code::FullWidth,
    }
}

/// What is wrong with a cell of a workbook.
pub(crate) fn code_of_trouble(trouble: &Trouble) -> Code {
    match trouble {
        Trouble::Merged => Code::MergedCells,
        Trouble::Date(_) => Code::DateCell,
        Trouble::ZeroDate => Code::ZeroDate,
        Trouble::Format(_) => Code::CellFormat,
        Trouble::Scientific(_) => Code::ScientificFormat,
        Trouble::Scaled(_) => Code::ScaledNumber,
        Trouble::Symbols(_) => Code::SymbolFont,
        Trouble::Struck => Code::StruckText,
        Trouble::Conditional => Code::ConditionalFormat,
        Trouble::LongNumber => Code::LongNumber,
        Trouble::NoValue => Code::FormulaWithoutValue,
        Trouble::ErrorValue => Code::ErrorValue,
    }
}

/// What is counted together: where the sentence of a code speaks of one column, each column by itself.
fn key(code: Code, cell: usize) -> (Code, Option<usize>) {
    let of_a_column = matches!(
        code,
        Code::DateCell
            | Code::ZeroDate
            | Code::CellFormat
            | Code::ScientificFormat
            | Code::ScaledNumber
            | Code::SymbolFont
            | Code::StruckText
            | Code::ConditionalFormat
            | Code::LostLeadingZeros
            | Code::CodeBecameDate
            | Code::BlankCells
            | Code::ProgramForm
    );
    (code, of_a_column.then_some(cell))
}

impl Found {
    /// Nothing found yet in these columns.
    pub(crate) fn new(
        first_column: usize,
        openid: (usize, &str),
        names: Vec<String>,
        columns: impl IntoIterator<Item = Column>,
    ) -> Self {
        Self {
            first_column,
            openid: (openid.0, openid.1.to_owned()),
            names,
            kinds: BTreeMap::new(),
            contacts: BTreeMap::new(),
            columns: columns.into_iter().collect(),
            failures: Failures::default(),
        }
    }

    /// How many columns are watched.
    pub(crate) fn columns(&self) -> usize {
        self.columns.len()
    }

    /// Looks at the cell of the column with this number, which `cell` gives by its index; `odd` is what
    /// [`may_be_odd`](damage::may_be_odd) says of the row. Tells what its own look says is wrong with it.
    pub(crate) fn look<'c>(
        &mut self,
        number: usize,
        row: &Row,
        odd: bool,
        cell: impl Fn(usize) -> &'c str,
    ) -> Option<(usize, Damage)> {
        let column = self.columns.get_mut(number)?;
        let text = cell(column.cell);
        let look = damage::look(text, odd);
        column.filled += u64::from(!text.is_empty());
        if column.used.gap && text.trim().is_empty() {
            let at = column.cell;
            column.blank.add(|| Spot::new(row, at, text));
        }
        if look.digits {
            column.digits(row, text);
        } else if look.damage.is_none() && damage::is_date(text) {
            let at = column.cell;
            column.dates.add(|| Spot::new(row, at, text));
        } else if look.damage.is_none() && column.used.exact {
            column.written(row, text);
        }
        let lost = || {
            let short = !look.digits && text.len() < 32 && (text.contains('?') || text.contains('□'));
            (short && characters::is_lost(text, is_name(&column.name))).then_some(Damage::Lost)
        };
        look.damage
            .or_else(lost)
            .or_else(|| (odd && names_a_column(text, &self.names)).then_some(Damage::Placeholder))
            .filter(|damage| *damage != Damage::Blanks || column.used.exact)
            .map(|damage| (column.cell, damage))
    }

    /// Takes a cell in. Where a fault is only a warning, nothing is kept from being sent.
    pub(crate) fn add(&mut self, code: Code, row: &Row, cell: usize, text: &str, warning: bool) {
        let tally = self.kinds.entry(key(code, cell)).or_default();
        tally.warning = warning;
        tally.add(|| Spot::new(row, cell, text));
    }

    /// Takes in a cell that is wrong as [`Trouble`] says.
    pub(crate) fn add_trouble(
        &mut self,
        trouble: &Trouble,
        row: &Row,
        cell: usize,
        text: &str,
        warning: bool,
    ) {
        let tally = self.kinds.entry(key(code_of_trouble(trouble), cell)).or_default();
        tally.warning = warning;
        let format = match trouble {
            Trouble::Date(format)
            | Trouble::Format(format)
            | Trouble::Scientific(format)
            | Trouble::Scaled(format)
            | Trouble::Symbols(format) => Some(Arc::clone(format)),
            Trouble::Merged
            | Trouble::ZeroDate
            | Trouble::Struck
            | Trouble::Conditional
            | Trouble::LongNumber
            | Trouble::NoValue
            | Trouble::ErrorValue => None,
        };
        tally.add(|| Spot { format, ..Spot::new(row, cell, text) });
    }

    /// Takes in a phone number or the like in the place of an openid. Where it is only a warning, it is sent.
    pub(crate) fn add_contact(
        &mut self,
        contact: Contact,
        row: &Row,
        cell: usize,
        text: &str,
        warning: bool,
    ) {
        let tally = self.contacts.entry(contact).or_default();
        tally.warning |= warning;
        tally.add(|| Spot::new(row, cell, text));
    }

    /// Takes in the fault of a row from which a template cannot be filled.
    pub(crate) fn add_failure(&mut self, fault: Diagnostic, row: &Row) {
        self.failures.add(fault, row, self.first_column);
    }

    /// Takes in what another judge found.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.failures.absorb(other.failures);
        if self.openid.1.is_empty() {
            (self.columns, self.first_column, self.openid, self.names) =
                (other.columns, other.first_column, other.openid, other.names);
        } else {
            for (column, other) in self.columns.iter_mut().zip(other.columns) {
                column.absorb(other);
            }
        }
        for (kind, tally) in other.kinds {
            self.kinds.entry(kind).or_default().absorb(tally);
        }
        for (contact, tally) in other.contacts {
            self.contacts.entry(contact).or_default().absorb(tally);
        }
    }

    /// One diagnostic a kind.
    pub(crate) fn diagnostics(mut self) -> Vec<Diagnostic> {
        for column in &self.columns {
            for (code, tally) in column.judge() {
                self.kinds.entry(key(code, column.cell)).or_default().absorb(tally);
            }
        }
        // Also of columns that only the openid or a window is taken from.
        let names = |cell: usize| self.names.get(cell).expect("only columns of the audience are judged");
        let told = self.kinds.iter().filter_map(|((code, _), tally)| {
            let first = tally.spots.first()?;
            let mut fault = Diagnostic::new(*code, first.at.clone())
                .with("count", tally.count)
                .with("example", visible(&first.text))
                .with("column", names(first.cell))
                .with("places", tally.places(self.first_column));
            fault = with_real(fault, *code, &first.text);
            if let Some(format) = &first.format {
                fault = fault.with("format", &**format);
            }
            if tally.warning {
                fault.severity = Severity::Warning;
            }
            Some(fault)
        });
        self.failures.clone().diagnostics().into_iter().chain(self.contacts_told()).chain(told).collect()
    }

    /// One line for all the cells of the openid column that hold something else.
    fn contacts_told(&self) -> Option<Diagnostic> {
        let mut all = Tally::default();
        self.contacts.values().for_each(|tally| all.absorb(tally.clone()));
        let count = |contact| self.contacts.get(&contact).map_or(0, |tally| tally.count);
        let first = all.spots.first()?;
        let mut fault = Diagnostic::new(Code::OpenidContact, first.at.clone())
            .with("count", all.count)
            .with("column", &self.openid.1)
            .with("phones", count(Contact::Phone))
            .with("ids", count(Contact::IdNumber))
            .with("mails", count(Contact::Mail))
            .with("example", Value::openid(visible(&first.text)))
            .with("places", all.places(self.first_column));
        // An address has a character that no openid has; nothing of that kind is known of numbers.
        if count(Contact::Mail) == 0 || all.warning {
            fault.severity = Severity::Warning;
        }
        Some(fault)
    }
}

/// Says what a text or character really is, where that is known.
fn with_real(fault: Diagnostic, code: Code, text: &str) -> Diagnostic {
    match code {
        Code::MisreadCharacters => {
            // Of a long text only the beginning is kept, and a beginning may be too little to tell.
            fault
                .with("real", characters::misread(text).map_or_else(|| "…".to_owned(), |real| visible(&real)))
        }
        Code::PrivateUse => {
            let known = characters::private_use(text)
                .and_then(|private| Some((private, characters::real_of(private)?)));
            match known {
                Some((private, real)) => fault
                    .with("known", Key::new("cell.private-use"))
                    .with("private", format!("U+{:04X}", u32::from(private)))
                    .with("real", format!("{real} (U+{:04X})", u32::from(real))),
                None => fault.with("known", ""),
            }
        }
        _ => fault,
    }
}

/// A text with what nobody can see in it spelled out.
fn visible(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\'' | '"' | '\\' => out.push(c),
            c => out.extend(c.escape_debug()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a column of these cells is told, with the places.
    fn told(cells: &[&str]) -> Vec<(Code, String)> {
        let mut found = [Found::default(), Found::default()].map(|_| {
            Found::new(
                0,
                (0, "openid"),
                vec!["openid".into(), "code".into()],
                [Column::new(1, "code", Use { exact: true, gap: false })],
            )
        });
        for (index, text) in cells.iter().enumerate() {
            let mut row = Row::default();
            (row.number, row.line) = (index as u64 + 1, index as u64 + 2);
            let half = &mut found[index % 2];
            if let Some((cell, damage)) = half.look(0, &row, true, |_| text) {
                half.add(code_of(damage), &row, cell, text, false);
            }
        }
        let [mut all, other] = found;
        all.absorb(other);
        let value = |fault: &Diagnostic| fault.values[3].1.to_string();
        all.diagnostics().iter().map(|fault| (fault.code, value(fault))).collect()
    }

    #[test]
    fn one_kind_is_one_diagnostic_with_its_first_ten_places_in_order() {
        let places = "B2, B3, B4, B5, B6, B7, B8, B9, B10, B11 …".to_owned();
        assert_eq!(told(&["6.22E+17"; 25]), [(Code::ScientificNotation, places)]);
    }

    #[test]
    fn a_number_is_too_short_only_beside_others_of_one_width() {
        let short = |place: &str| [(Code::LostLeadingZeros, place.to_owned())];
        // One zero that is still there proves that zeros belong there.
        assert_eq!(told(&["123456", "034567", "345678", "456789", "67890", "567890"]), short("B6"));
        assert_eq!(told(&["041176", "41178", "1179"]), short("B3, B4"));
        assert_eq!(told(&["123456", "234567", "345678", "456789", "67890", "567890"]), short("B6"));
        for sound in [
            // Amounts, codes with letters, zeros of two widths, too few to tell.
            &["100", "20", "300", "400", "500", "600"][..],
            &["123456", "234567", "345678", "456789", "67890", "A67890"],
            &["123456", "034567", "345678", "04567", "67890", "567890"],
            &["0", "12", "5"],
            &["010", "21", "571"],
            &["123456", "67890"],
            &["123456", "7890", "345678", "56789", "67890", "567890"],
        ] {
            assert_eq!(told(sound), [], "{sound:?}");
        }
    }

    #[test]
    fn zeros_are_lost_digits_only_where_more_long_numbers_end_in_them_than_by_chance() {
        assert_eq!(told(&["622202123456789000"]), [(Code::LostDigits, "B2".to_owned())]);
        assert_eq!(told(&["6222021234567890", "6222021234567895", "6222021234567893"]), []);
        assert_eq!(told(&["6222021234567890"]), []);
        let among = ["622202123456789012", "622202123456789123", "622202123456789000"];
        assert_eq!(told(&among), [(Code::LostDigits, "B4".to_owned())]);
        let codes: Vec<String> = (0..1000).map(|n| format!("{}", 622_202_123_456_789_000u64 + n)).collect();
        assert_eq!(told(&codes.iter().map(String::as_str).collect::<Vec<_>>()), []);
    }

    #[test]
    fn what_a_program_writes_is_told_unless_the_column_has_decimals_or_times_of_its_own() {
        let form = |places: &str| [(Code::ProgramForm, places.to_owned())];
        assert_eq!(told(&["1001.0", "", "1002.0"]), form("B2, B4"));
        assert_eq!(told(&["2026-12-01 00:00:00", "2026-12-02T00:00:00"]), form("B2, B3"));
        assert_eq!(told(&["0.30000000000000004", "1.5"]), form("B2"));
        for sound in [
            &["1.0", "1.5"][..],
            &["2026-12-01 00:00:00", "2026-12-02 10:30:00"],
            &["1.2.3", "10:00", "v1.0", "2026-12-01"],
        ] {
            assert_eq!(told(sound), [], "{sound:?}");
        }
    }

    #[test]
    fn dates_are_damage_only_among_other_texts() {
        assert_eq!(told(&["3-5A", "4-7B", "3-May"]), [(Code::CodeBecameDate, "B4".to_owned())]);
        assert_eq!(told(&["2026/3/5", "2026/3/6", ""]), []);
    }
}
