//! Reads the rows of a sheet.

use std::collections::{BTreeMap, HashSet};

use crate::audience::workbook::a1::{MOST_REGIONS, addressed};
use crate::audience::workbook::cell::{
    Cell, Each, Failure, Layout, MAX_COLUMNS, MAX_ROWS, Region, Style, is_volatile, within,
};
use crate::audience::workbook::ods::cell::Open;
use crate::audience::workbook::ods::styles::{CellStyle, Styles, is_aside};
use crate::audience::workbook::xml::{Item, Tag};

/// The longest text that a cell can hold.
const LONGEST: usize = 32_767;

/// A sheet that is being read.
pub(super) struct Reading<'r> {
    pub(super) sheet: &'r str,
    general: &'r Style,
    styles: &'r Styles,
    /// The styles of the columns, each up to the column behind its last.
    columns: Vec<(u32, Option<String>)>,
    row_style: Option<String>,
    pub(super) room: usize,
    pub(super) layout: Layout,
    inside: bool,
    skipped: u32,
    row: u32,
    next_row: u32,
    column: u32,
    cell: Option<Open>,
    paragraph: bool,
    /// Whether the last character was a blank, which swallows those behind it.
    blank: bool,
    /// The cells of the row, which may be there many times.
    cells: Vec<Open>,
    /// How many bytes they take.
    held: usize,
    shown: &'r HashSet<String>,
    /// The cells that the conditions which are read now look at, and whether one of them shows something else.
    conditional: (Vec<Region>, bool),
    /// The cells so far whose styles have such a condition, by column.
    pub(super) mapped: BTreeMap<u32, Region>,
}

impl<'r> Reading<'r> {
    pub(super) fn new(general: &'r Style, styles: &'r Styles, shown: &'r HashSet<String>) -> Self {
        Self {
            sheet: "",
            general,
            styles,
            columns: Vec::new(),
            row_style: None,
            room: 0,
            layout: Layout::default(),
            inside: false,
            skipped: 0,
            row: 0,
            next_row: 0,
            column: 0,
            cell: None,
            paragraph: false,
            blank: true,
            cells: Vec::new(),
            held: 0,
            shown,
            conditional: (Vec::new(), false),
            mapped: BTreeMap::new(),
        }
    }

    pub(super) fn take(&mut self, item: Item<'_>, each: Each<'_>) -> Result<bool, Failure> {
        match item {
            Item::Start(tag) if self.skipped > 0 || is_aside(tag.name()) => self.skipped += 1,
            Item::End(_) if self.skipped > 0 => self.skipped -= 1,
            Item::Text(_) if self.skipped > 0 => {}
            Item::Start(tag) => self.start(&tag)?,
            Item::Text(text) => self.text(text)?,
            Item::End(name) => return self.end(name, each),
        }
        Ok(true)
    }

    fn start(&mut self, tag: &Tag<'_>) -> Result<(), Failure> {
        match tag.name() {
            "table" => {
                self.inside = tag.value("name").as_deref() == Some(self.sheet);
                (self.next_row, self.column) = (0, 0);
                self.columns.clear();
            }
            "table-column" if self.inside => {
                let before = self.columns.last().map_or(0, |(end, _)| *end);
                let end = before.saturating_add(count(tag, "number-columns-repeated"));
                self.columns.push((end, tag.value("default-cell-style-name")));
                within(self.columns.len(), MAX_COLUMNS as usize)?;
            }
            "table-row" if self.inside => {
                self.row_style = tag.value("default-cell-style-name");
                (self.row, self.column) = (self.next_row, 0);
                self.next_row = self.next_row.saturating_add(count(tag, "number-rows-repeated"));
                if tag.value("visibility").is_some_and(|seen| seen == "filter" || seen == "collapse") {
                    self.layout.hide(self.row..=self.next_row.saturating_sub(1))?;
                }
            }
            "table-cell" | "covered-table-cell" if self.inside => self.begin(tag)?,
            "conditional-format" if self.inside => {
                let cells = tag.value("target-range-address");
                self.conditional = (cells.map_or_else(Vec::new, |cells| addressed(&cells)), false);
            }
            "condition" => {
                self.conditional.1 |=
                    tag.value("apply-style-name").is_some_and(|name| self.shown.contains(&name));
            }
            // A bar or an icon in place of the number.
            "data-bar" | "icon-set" | "formatting-entry" => {
                self.conditional.1 |= tag.value("show-value").is_some_and(|value| value == "false");
            }
            "p" if self.cell.is_some() => {
                (self.paragraph, self.blank) = (true, true);
                let cell = self.cell.as_mut().expect("it was looked at in the arm");
                if cell.paragraphs > 0 {
                    cell.text.push('\n');
                }
                cell.paragraphs += 1;
            }
            "span" if self.paragraph => {
                let look = tag.value("style-name").and_then(|name| self.styles.get(&name));
                if let Some(cell) = &mut self.cell {
                    cell.struck |= look.is_some_and(|look| look.style.struck);
                }
            }
            "s" if self.paragraph => {
                let blanks = count(tag, "c") as usize;
                if blanks > LONGEST {
                    return Err(Failure::TooLarge);
                }
                self.push(&" ".repeat(blanks))?;
                self.blank = false;
            }
            "tab" if self.paragraph => self.push("\t")?,
            "line-break" if self.paragraph => self.push("\n")?,
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, tag: &Tag<'_>) -> Result<(), Failure> {
        let mut open =
            Open { column: self.column, repeated: count(tag, "number-columns-repeated"), ..Open::default() };
        let (mut rows, mut columns) = (1u32, 1u32);
        tag.each(|key, value| match key {
            // LibreOffice says the same a second time, in other words where it is an error.
            "value-type" if value == "error" => open.error = true,
            "value-type" if open.kind.is_empty() => open.kind = value.into_owned(),
            "value" | "date-value" | "time-value" | "boolean-value" | "string-value" => {
                open.value = Some(value.into_owned());
            }
            "formula" => (open.formula, open.volatile) = (true, is_volatile(&value)),
            "style-name" => open.style = Some(value.into_owned()),
            "number-rows-spanned" => rows = value.parse().unwrap_or(1),
            "number-columns-spanned" => columns = value.parse().unwrap_or(1),
            _ => {}
        });
        if rows > 1 || columns > 1 {
            let last =
                (self.row.saturating_add(rows.max(1) - 1), self.column.saturating_add(columns.max(1) - 1));
            self.layout.merge(((self.row, self.column), last))?;
        }
        self.column = self.column.saturating_add(open.repeated);
        self.cell = Some(open);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Failure> {
        if !self.paragraph {
            return Ok(());
        }
        // Blanks in a row are one, and none at the beginning.
        let mut plain = String::with_capacity(text.len());
        for c in text.chars() {
            let is_blank = matches!(c, ' ' | '\t' | '\n' | '\r');
            if !is_blank {
                plain.push(c);
            } else if !self.blank {
                plain.push(' ');
            }
            self.blank = is_blank;
        }
        let blank = self.blank;
        self.push(&plain)?;
        self.blank = blank;
        Ok(())
    }

    fn push(&mut self, text: &str) -> Result<(), Failure> {
        let Some(cell) = &mut self.cell else { return Ok(()) };
        cell.text.push_str(text);
        self.blank = false;
        if cell.text.len() > LONGEST * 4 { Err(Failure::TooLarge) } else { Ok(()) }
    }

    fn end(&mut self, name: &str, each: Each<'_>) -> Result<bool, Failure> {
        match name {
            "table" => self.inside = false,
            "p" => {
                // A blank at the end of a paragraph is none; one that is meant is a tag of its own.
                if let Some(cell) = self.cell.as_mut().filter(|cell| self.blank && cell.text.ends_with(' ')) {
                    cell.text.pop();
                }
                self.paragraph = false;
            }
            "table-cell" | "covered-table-cell" => {
                if let Some(cell) = self.cell.take()
                    && (!cell.text.is_empty() || !cell.kind.is_empty() || cell.formula)
                {
                    self.held += cell.held();
                    self.cells.push(cell);
                }
                if self.held > self.room {
                    return Err(Failure::TooLarge);
                }
            }
            "conditional-format" => {
                let (mut cells, otherwise) = std::mem::take(&mut self.conditional);
                if otherwise {
                    self.layout.conditional.append(&mut cells);
                }
                if self.layout.conditional.len() > MOST_REGIONS {
                    return Err(Failure::TooLarge);
                }
            }
            "table-row" if self.inside => return self.rows(each),
            _ => {}
        }
        Ok(true)
    }

    /// How a cell looks: as its own style says, or that of its row, or that of its column.
    fn look(&self, cell: &Open, column: u32) -> Option<&'r CellStyle> {
        let at = self.columns.partition_point(|(end, _)| *end <= column);
        let of_column = || self.columns.get(at).and_then(|(_, style)| style.as_ref());
        let name = cell.style.as_ref().or(self.row_style.as_ref()).or_else(of_column)?;
        self.styles.get(name)
    }

    /// Hands out the cells of a row, as often as it and they are repeated.
    fn rows(&mut self, each: Each<'_>) -> Result<bool, Failure> {
        let cells = std::mem::take(&mut self.cells);
        self.held = 0;
        if cells.is_empty() {
            return Ok(true);
        }
        if self.next_row > MAX_ROWS {
            return Err(Failure::TooLarge);
        }
        for row in self.row..self.next_row {
            for cell in &cells {
                let end = cell.column.saturating_add(cell.repeated);
                if end > MAX_COLUMNS {
                    return Err(Failure::TooLarge);
                }
                for column in cell.column..end {
                    let look = self.look(cell, column);
                    let (style, formats) =
                        look.map_or((self.general, false), |look| (&look.style, look.formats));
                    let value = cell.value(formats)?;
                    if look.is_some_and(|look| look.otherwise) {
                        self.map(row, column)?;
                    }
                    if !each(Cell {
                        volatile: cell.volatile,
                        struck: cell.struck || style.struck,
                        ..style.cell(row, column, value)
                    }) {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }
}

impl Reading<'_> {
    /// Notes that a condition may show a cell otherwise. Cells below one another are one piece.
    fn map(&mut self, row: u32, column: u32) -> Result<(), Failure> {
        let fresh = ((row, column), (row, column));
        let piece = self.mapped.entry(column).or_insert(fresh);
        if piece.1.0.saturating_add(1) >= row {
            piece.1.0 = row;
        } else {
            self.layout.conditional.push(std::mem::replace(piece, fresh));
        }
        if self.layout.conditional.len() > MOST_REGIONS { Err(Failure::TooLarge) } else { Ok(()) }
    }
}

/// How often something is there, once where nothing is said.
fn count(tag: &Tag<'_>, name: &str) -> u32 {
    tag.value(name).and_then(|number| number.parse::<u32>().ok()).unwrap_or(1).max(1)
}
