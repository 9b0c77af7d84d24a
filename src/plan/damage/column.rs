//! A used column: what its cells tell beside one another. A number is too short when all others are longer.

use crate::audience::damage::{self, Written};
use crate::audience::row::Row;
use crate::diagnostic::code::Code;
use crate::plan::damage::tally::{Spot, Tally};

/// Codes are this long; shorter numbers are amounts and counts, whose widths differ.
const CODE_WIDTH: usize = 6;
/// A code that begins with a zero is at least this long; what is shorter is a number such as `00`.
const ZERO_WIDTH: usize = 4;
/// Longer numbers are no codes of people.
const WIDEST: usize = 32;

/// What the cells of a used column have in common.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(super) cell: usize,
    pub(super) name: String,
    pub(super) used: Use,
    pub(super) filled: u64,
    /// The blank cells, where those leave a gap.
    pub(super) blank: Tally,
    pub(super) leading_zero: u64,
    /// How many numbers of each width begin with a zero.
    pub(super) zero_widths: [u64; WIDEST],
    /// The cells that are nothing but digits, by how many.
    pub(super) widths: Vec<Tally>,
    pub(super) long: u64,
    pub(super) lost: Tally,
    pub(super) zeros: u64,
    /// How many of the long numbers would end in such zeros by chance, in billionths.
    pub(super) chance: u64,
    pub(super) dates: Tally,
    /// Whole numbers with a point, and how many others have one.
    with_point: (Tally, u64),
    /// Days with the time of midnight, and how many have another.
    midnights: (Tally, u64),
    long_fractions: Tally,
}

/// What blanks do where a column is used.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Use {
    /// Blanks around its text are seen: it stands in the message as it is, or a condition compares it.
    pub(crate) exact: bool,
    /// A blank cell leaves a gap in the message.
    pub(crate) gap: bool,
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
            zero_widths: [0; WIDEST],
            widths: vec![Tally::default(); WIDEST],
            long: 0,
            lost: Tally::default(),
            zeros: 0,
            chance: 0,
            dates: Tally::default(),
            with_point: (Tally::default(), 0),
            midnights: (Tally::default(), 0),
            long_fractions: Tally::default(),
        }
    }

    /// Takes in a cell that stands in the message as it is, by how a program may have written it.
    pub(super) fn written(&mut self, row: &Row, text: &str) {
        let Some(written) = damage::written(text) else { return };
        let cell = self.cell;
        let spot = || Spot::new(row, cell, text);
        match written {
            Written::WholeWithPoint => self.with_point.0.add(spot),
            Written::WithPoint => self.with_point.1 += 1,
            Written::LongFraction => self.long_fractions.add(spot),
            Written::Midnight => self.midnights.0.add(spot),
            Written::Time => self.midnights.1 += 1,
        }
    }

    pub(super) fn digits(&mut self, row: &Row, text: &str) {
        let cell = self.cell;
        if text.starts_with('0') {
            self.leading_zero += 1;
            if let Some(count) = self.zero_widths.get_mut(text.len()) {
                *count += 1;
            }
        }
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

    pub(super) fn absorb(&mut self, other: Self) {
        self.filled += other.filled;
        self.leading_zero += other.leading_zero;
        self.zero_widths.iter_mut().zip(other.zero_widths).for_each(|(count, more)| *count += more);
        self.long += other.long;
        self.zeros += other.zeros;
        self.chance += other.chance;
        self.lost.absorb(other.lost);
        self.dates.absorb(other.dates);
        self.blank.absorb(other.blank);
        self.long_fractions.absorb(other.long_fractions);
        for (own, other) in [(&mut self.with_point, other.with_point), (&mut self.midnights, other.midnights)]
        {
            own.0.absorb(other.0);
            own.1 += other.1;
        }
        for (width, other) in self.widths.iter_mut().zip(other.widths) {
            width.absorb(other);
        }
    }

    /// What its cells tell beside one another.
    pub(super) fn judge(&self) -> Vec<(Code, Tally)> {
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
        // Where others of the column have decimals or times of their own, these are meant.
        let mut by_program = self.long_fractions.clone();
        for (all, others) in [&self.with_point, &self.midnights] {
            if *others == 0 {
                by_program.absorb(all.clone());
            }
        }
        if by_program.count > 0 {
            found.push((Code::ProgramForm, by_program));
        }
        if self.blank.count > 0 {
            found.push((Code::BlankCells, self.blank.clone()));
        }
        found.extend(
            self.beside_zeros().or_else(|| self.too_short()).map(|short| (Code::LostLeadingZeros, short)),
        );
        found
    }

    /// Numbers that are shorter by a digit or three than others of one width that begin with zeros: those prove that zeros
    /// belong there. However many are short, lists are put together by copy and paste.
    fn beside_zeros(&self) -> Option<Tally> {
        let width =
            self.zero_widths.iter().position(|count| *count > 0).filter(|width| *width >= ZERO_WIDTH)?;
        let alike = self.zero_widths[width] == self.leading_zero;
        let short = self.widths.get(width - 3..width)?;
        let count: u64 = short.iter().map(|width| width.count).sum();
        if !alike || count == 0 || self.widths[width].count + count != self.filled {
            return None;
        }
        let mut all = Tally::default();
        short.iter().for_each(|width| all.absorb(width.clone()));
        Some(all)
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
