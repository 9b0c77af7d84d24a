//! Cells that a spreadsheet has damaged, gathered from all rows: one diagnostic a kind, with its count and the first
//! ten places.
//!
//! Some damage is told by a cell alone, some only beside the rest of its column: a number is too short when all others
//! are longer. Judges gather on their own and what they found is put together at the end, whichever row was whose.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::audience::characters;
use crate::audience::damage::{self, Damage};
use crate::audience::row::Row;
use crate::audience::trouble::Trouble;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{Place, RowPlace, cell_name};
use crate::diagnostic::value::Key;
use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::failures::Failures;

/// How many places a diagnostic names.
const PLACES: usize = 10;
/// Codes are this long; shorter numbers are amounts and counts, whose widths differ.
const CODE_WIDTH: usize = 6;
/// Longer numbers are no codes of people.
const WIDEST: usize = 32;

/// What was found, in the rows of one judge or of all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    /// The first column of the table on its sheet, from 0.
    first_column: usize,
    kinds: BTreeMap<Code, Tally>,
    columns: Vec<Column>,
    failures: Failures,
}

/// The places of one kind.
#[derive(Debug, Clone, Default)]
struct Tally {
    count: u64,
    spots: Vec<Spot>,
    warning: bool,
}

/// A cell, what stands in it and what its column is called.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Spot {
    row: u64,
    cell: usize,
    line: u64,
    sheet_row: u64,
    text: String,
    /// The code of its format, where that is what is wrong.
    format: Option<Arc<str>>,
}

/// What the cells of a used column have in common.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    cell: usize,
    name: String,
    used: Use,
    filled: u64,
    /// The blank cells, where those leave a gap.
    blank: Tally,
    leading_zero: u64,
    /// The cells that are nothing but digits, by how many.
    widths: Vec<Tally>,
    long: u64,
    lost: Tally,
    zeros: u64,
    /// How many of the long numbers would end in such zeros by chance, in billionths.
    chance: u64,
    dates: Tally,
}

/// What blanks do where a column is used.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Use {
    /// Blanks around its text are seen: it stands in the message as it is, or a condition compares it.
    pub(crate) exact: bool,
    /// A blank cell leaves a gap in the message.
    pub(crate) gap: bool,
}

/// What a cell's own look means for its row.
pub(crate) fn code_of(damage: Damage) -> Code {
    match damage {
        Damage::Scientific => Code::ScientificNotation,
        Damage::ErrorValue => Code::ErrorValue,
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
fn code_of_trouble(trouble: &Trouble) -> Code {
    match trouble {
        Trouble::Merged => Code::MergedCells,
        Trouble::Date(_) => Code::DateCell,
        Trouble::Format(_) => Code::CellFormat,
        Trouble::LongNumber => Code::LongNumber,
        Trouble::NoValue => Code::FormulaWithoutValue,
        Trouble::ErrorValue => Code::ErrorValue,
    }
}

impl Found {
    /// Nothing found yet in these columns.
    pub(crate) fn new(first_column: usize, columns: impl IntoIterator<Item = Column>) -> Self {
        Self {
            first_column,
            kinds: BTreeMap::new(),
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
        }
        look.damage
            .filter(|damage| *damage != Damage::Blanks || column.used.exact)
            .map(|damage| (column.cell, damage))
    }

    /// Takes a cell in. Where a fault is only a warning, nothing is kept from being sent.
    pub(crate) fn add(&mut self, code: Code, row: &Row, cell: usize, text: &str, warning: bool) {
        let tally = self.kinds.entry(code).or_default();
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
        let tally = self.kinds.entry(code_of_trouble(trouble)).or_default();
        tally.warning = warning;
        let format = match trouble {
            Trouble::Date(format) | Trouble::Format(format) => Some(Arc::clone(format)),
            Trouble::Merged | Trouble::LongNumber | Trouble::NoValue | Trouble::ErrorValue => None,
        };
        tally.add(|| Spot { format, ..Spot::new(row, cell, text) });
    }

    /// Takes in the fault of a row from which a template cannot be filled.
    pub(crate) fn add_failure(&mut self, fault: Diagnostic, row: &Row) {
        self.failures.add(fault, row, self.first_column);
    }

    /// Takes in what another judge found.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.failures.absorb(other.failures);
        if self.columns.is_empty() {
            (self.columns, self.first_column) = (other.columns, other.first_column);
        } else {
            for (column, other) in self.columns.iter_mut().zip(other.columns) {
                column.absorb(other);
            }
        }
        for (code, tally) in other.kinds {
            self.kinds.entry(code).or_default().absorb(tally);
        }
    }

    /// One diagnostic a kind.
    pub(crate) fn diagnostics(mut self) -> Vec<Diagnostic> {
        for column in &self.columns {
            for (code, tally) in column.judge() {
                self.kinds.entry(code).or_default().absorb(tally);
            }
        }
        let names = |cell: usize| {
            self.columns.iter().find(|column| column.cell == cell).map(|column| column.name.as_str())
        };
        let told = self.kinds.iter().filter_map(|(code, tally)| {
            let first = tally.spots.first()?;
            let place = |spot: &Spot| cell_name(self.first_column + spot.cell, spot.sheet_row);
            let places: Vec<String> = tally.spots.iter().map(place).collect();
            let more = if tally.count > tally.spots.len() as u64 { " …" } else { "" };
            let at = Place::Row(RowPlace::new(first.row, first.line).cell(first.cell));
            let mut fault = Diagnostic::new(*code, at)
                .with("count", tally.count)
                .with("example", visible(&first.text))
                .with("column", names(first.cell).unwrap_or_default())
                .with("places", places.join(", ") + more);
            fault = with_real(fault, *code, &first.text);
            if let Some(format) = &first.format {
                fault = fault.with("format", &**format);
            }
            if tally.warning {
                fault.severity = Severity::Warning;
            }
            Some(fault)
        });
        self.failures.clone().diagnostics().into_iter().chain(told).collect()
    }
}

/// Says what a text or character really is, where that is known.
fn with_real(fault: Diagnostic, code: Code, text: &str) -> Diagnostic {
    match code {
        Code::MisreadCharacters => fault.with("real", visible(&characters::reread(text).unwrap_or_default())),
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

impl Spot {
    fn new(row: &Row, cell: usize, text: &str) -> Self {
        let text = text.chars().take(40).collect();
        Self { row: row.number, cell, line: row.line, sheet_row: row.sheet_row(), text, format: None }
    }
}

impl Tally {
    fn add(&mut self, spot: impl FnOnce() -> Spot) {
        self.count += 1;
        // A judge sees its rows in their order: the first it sees are its first.
        if self.spots.len() < PLACES {
            self.spots.push(spot());
        }
    }

    fn absorb(&mut self, other: Self) {
        self.count += other.count;
        self.warning |= other.warning;
        self.spots.extend(other.spots);
        self.spots.sort_by_key(|spot| (spot.row, spot.cell));
        self.spots.truncate(PLACES);
    }
}

impl Column {
    /// A column by its index and name, and how it is used.
    pub(crate) fn new(cell: usize, name: &str, used: Use) -> Self {
        Self {
            cell,
            name: name.to_owned(),
            used,
            filled: 0,
            blank: Tally::default(),
            leading_zero: 0,
            widths: vec![Tally::default(); WIDEST],
            long: 0,
            lost: Tally::default(),
            zeros: 0,
            chance: 0,
            dates: Tally::default(),
        }
    }

    fn digits(&mut self, row: &Row, text: &str) {
        let cell = self.cell;
        self.leading_zero += u64::from(text.starts_with('0'));
        if text.len() > 15 {
            self.long += 1;
            self.chance +=
                u32::try_from(text.len() - 15).map_or(0, |tail| 1_000_000_000 / 10u64.saturating_pow(tail));
        }
        if let Some(zeros) = damage::lost_digits(text) {
            self.zeros += zeros as u64;
            self.lost.add(|| Spot::new(row, cell, text));
        }
        if let Some(width) = self.widths.get_mut(text.len()) {
            width.add(|| Spot::new(row, cell, text));
        }
    }

    fn absorb(&mut self, other: Self) {
        self.filled += other.filled;
        self.leading_zero += other.leading_zero;
        self.long += other.long;
        self.zeros += other.zeros;
        self.chance += other.chance;
        self.lost.absorb(other.lost);
        self.dates.absorb(other.dates);
        self.blank.absorb(other.blank);
        for (width, other) in self.widths.iter_mut().zip(other.widths) {
            width.absorb(other);
        }
    }

    /// What its cells tell beside one another.
    fn judge(&self) -> Vec<(Code, Tally)> {
        let mut found = Vec::new();
        // A number of sixteen digits ends in a zero one time in ten, one of eighteen in three one time in a thousand.
        let all = self.lost.count == self.long && self.zeros >= 3;
        if self.lost.count > 0 && (all || self.lost.count * 1_000_000_000 > self.chance * 20) {
            found.push((Code::LostDigits, self.lost.clone()));
        }
        // A column of dates is one; a few dates among codes were codes.
        if self.dates.count > 0 && self.dates.count * 2 < self.filled {
            found.push((Code::CodeBecameDate, self.dates.clone()));
        }
        if self.blank.count > 0 {
            found.push((Code::BlankCells, self.blank.clone()));
        }
        found.extend(self.too_short().map(|short| (Code::LostLeadingZeros, short)));
        found
    }

    /// Numbers of one width, none of which begins with a zero, and a few that are shorter by a digit or three: the share
    /// of codes that begin with a zero is a tenth.
    fn too_short(&self) -> Option<Tally> {
        let digits: u64 = self.widths.iter().map(|width| width.count).sum();
        let (usual, most) = self.widths.iter().enumerate().max_by_key(|(_, width)| width.count)?;
        let short = self.widths.get(usual.checked_sub(3)?..usual)?;
        let count: u64 = short.iter().map(|width| width.count).sum();
        let alike = digits == self.filled && most.count + count == digits && digits >= 5;
        if usual < CODE_WIDTH || self.leading_zero > 0 || !alike || count == 0 || count * 100 > digits * 20 {
            return None;
        }
        let mut all = Tally::default();
        short.iter().for_each(|width| all.absorb(width.clone()));
        Some(all)
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
        let mut found = [Found::default(), Found::default()]
            .map(|_| Found::new(0, [Column::new(1, "code", Use { exact: true, gap: false })]));
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
        assert_eq!(told(&["123456", "234567", "345678", "456789", "67890", "567890"]), short("B6"));
        for sound in [
            // Amounts, codes with letters, zeros that are still there, too few to tell.
            &["100", "20", "300", "400", "500", "600"][..],
            &["123456", "234567", "345678", "456789", "67890", "A67890"],
            &["123456", "034567", "345678", "456789", "67890", "567890"],
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
    fn dates_are_damage_only_among_other_texts() {
        assert_eq!(told(&["3-5A", "4-7B", "3-May"]), [(Code::CodeBecameDate, "B4".to_owned())]);
        assert_eq!(told(&["2026/3/5", "2026/3/6", ""]), []);
    }
}
