//! Workbooks of Office Open XML (ECMA-376 part 1, 18).

use crate::audience::number_format::{Epoch, NumberFormat};
use crate::audience::workbook::cell::{Cell, Each, Failure, Layout, Listed, Region, Texts, Value, room};
use crate::audience::workbook::package::Package;
use crate::audience::workbook::relations::{of_kind, relations, workbook, worksheet};
use crate::audience::workbook::xml::{Item, Tag, unescaped, walk};

pub(crate) struct Xlsx<'b> {
    package: Package<'b>,
    sheets: Vec<(Listed, String)>,
    texts: Texts,
    /// The format of each style.
    formats: Vec<NumberFormat>,
    general: NumberFormat,
    epoch: Epoch,
}

impl<'b> Xlsx<'b> {
    pub(crate) fn open(bytes: &'b [u8]) -> Result<Self, Failure> {
        let mut package = Package::open(bytes).ok_or_else(|| Failure::part("zip"))?;
        let main = workbook(&mut package, "xl/workbook.xml")?;
        let relations = relations(&mut package, &main)?;
        let (mut sheets, mut epoch) = (Vec::new(), Epoch::Of1900);
        walk(&main, package.part(&main)?, |item| {
            let Item::Start(tag) = item else { return Ok(true) };
            match tag.name() {
                "sheet" => {
                    if let Some(part) = tag.value("id").and_then(|id| worksheet(&relations, &id)) {
                        let visible = tag.value("state").is_none_or(|state| state == "visible");
                        // A sheet without a name can be read all the same.
                        let name = tag.value("name").unwrap_or_default();
                        sheets.push((Listed { name, visible }, part.to_owned()));
                    }
                }
                "workbookPr" if tag.value("date1904").is_some_and(|value| is_true(&value)) => {
                    epoch = Epoch::Of1904;
                }
                _ => {}
            }
            Ok(true)
        })?;
        let part = |kind: &str, usual: &str| of_kind(&relations, kind).unwrap_or(usual).to_owned();
        let texts = part("sharedStrings", "xl/sharedStrings.xml");
        let texts = if package.has(&texts) {
            shared(&mut package, &texts, room(bytes.len()))?
        } else {
            Texts::default()
        };
        let styles = part("styles", "xl/styles.xml");
        let formats = if package.has(&styles) { formats(&mut package, &styles)? } else { Vec::new() };
        Ok(Self { package, sheets, texts, formats, general: NumberFormat::built_in(0), epoch })
    }

    pub(crate) fn sheets(&self) -> impl Iterator<Item = &Listed> {
        self.sheets.iter().map(|(listed, _)| listed)
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub(crate) fn read(&mut self, sheet: &str, each: Each<'_>) -> Result<Layout, Failure> {
        let Self { package, sheets, texts, formats, general, .. } = self;
        let (_, part) =
            sheets.iter().find(|(listed, _)| listed.name == sheet).ok_or_else(|| Failure::part(sheet))?;
        let mut reading = Reading {
            texts,
            formats,
            general,
            part,
            layout: Layout::default(),
            next: (0, 0),
            cell: Open::default(),
            field: Field::None,
            depth: 0,
            phonetic: 0,
        };
        walk(part, package.part(part)?, |item| reading.take(item, each))?;
        Ok(reading.layout)
    }
}

fn is_true(value: &str) -> bool {
    value == "1" || value == "true"
}

/// The texts that cells share.
fn shared(package: &mut Package<'_>, part: &str, room: usize) -> Result<Texts, Failure> {
    let mut texts = Texts::default();
    let (mut text, mut inside, mut phonetic) = (String::new(), false, 0);
    walk(part, package.part(part)?, |item| {
        match item {
            Item::Start(tag) => match tag.name() {
                "si" => text.clear(),
                "t" => inside = phonetic == 0,
                "rPh" => phonetic += 1,
                _ => {}
            },
            Item::Text(more) if inside => text.push_str(more),
            Item::Text(_) => {}
            Item::End("t") => inside = false,
            Item::End("rPh") => phonetic -= 1,
            Item::End("si") => texts.push(&unescaped(&text), room)?,
            Item::End(_) => {}
        }
        if text.len() > room { Err(Failure::TooLarge) } else { Ok(true) }
    })?;
    Ok(texts)
}

/// The format of each style that cells name.
fn formats(package: &mut Package<'_>, part: &str) -> Result<Vec<NumberFormat>, Failure> {
    let mut codes: Vec<(u32, NumberFormat)> = Vec::new();
    let (mut formats, mut inside) = (Vec::new(), false);
    walk(part, package.part(part)?, |item| {
        match item {
            Item::Start(tag) => match tag.name() {
                "numFmt" => {
                    let id = tag.value("numFmtId").and_then(|id| id.parse().ok());
                    if let Some((id, code)) = id.zip(tag.value("formatCode")) {
                        codes.push((id, NumberFormat::new(&code)));
                    }
                }
                "cellXfs" => inside = true,
                "xf" if inside => {
                    let id = tag.value("numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0);
                    let own = codes.iter().find(|(own, _)| *own == id).map(|(_, code)| code);
                    formats.push(NumberFormat::of_file(id, own));
                }
                _ => {}
            },
            Item::End("cellXfs") => inside = false,
            Item::End(_) | Item::Text(_) => {}
        }
        Ok(formats.len() < 100_000)
    })?;
    Ok(formats)
}

/// Which part of a cell is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    None,
    Value,
    Text,
}

/// The cell that is being read.
#[derive(Debug, Default)]
struct Open {
    at: (u32, u32),
    kind: String,
    style: usize,
    formula: bool,
    valued: bool,
    text: String,
}

struct Reading<'r> {
    texts: &'r Texts,
    formats: &'r [NumberFormat],
    general: &'r NumberFormat,
    part: &'r str,
    layout: Layout,
    /// Where a row or cell stands that does not say.
    next: (u32, u32),
    cell: Open,
    field: Field,
    /// How deep in a cell; 0 outside.
    depth: u32,
    phonetic: u32,
}

impl Reading<'_> {
    fn take(&mut self, item: Item<'_>, each: Each<'_>) -> Result<bool, Failure> {
        match item {
            Item::Start(tag) if self.depth > 0 => {
                self.depth += 1;
                match (tag.name(), self.depth) {
                    ("f", 2) => self.cell.formula = true,
                    ("v", 2) => (self.field, self.cell.valued) = (Field::Value, true),
                    ("rPh", _) => self.phonetic += 1,
                    ("t", 3..) if self.phonetic == 0 => self.field = Field::Text,
                    ("is", 2) => self.cell.valued = true,
                    _ => {}
                }
            }
            Item::Start(tag) => match tag.name() {
                "row" => self.row(&tag)?,
                "c" => self.begin(&tag)?,
                "mergeCell" => self.layout.merged.extend(tag.value("ref").and_then(|cells| region(&cells))),
                _ => {}
            },
            Item::Text(text) => {
                if self.field != Field::None {
                    self.cell.text.push_str(text);
                }
            }
            Item::End(name) if self.depth > 0 => {
                self.depth -= 1;
                self.field = Field::None;
                if name == "rPh" {
                    self.phonetic = self.phonetic.saturating_sub(1);
                }
                if self.depth == 0 {
                    return self.end(each);
                }
            }
            Item::End(_) => {}
        }
        Ok(true)
    }

    fn row(&mut self, tag: &Tag<'_>) -> Result<(), Failure> {
        let mut row = self.next.0;
        let mut hidden = false;
        let mut wrong = false;
        tag.each(|key, value| match key {
            "r" => match value.trim().parse::<u32>().ok().and_then(|row| row.checked_sub(1)) {
                Some(number) => row = number,
                None => wrong = true,
            },
            "hidden" => hidden |= is_true(&value),
            // Nobody sees a row without height.
            "ht" => hidden |= value.trim().parse::<f64>() == Ok(0.0),
            _ => {}
        });
        if wrong {
            return Err(Failure::part(self.part));
        }
        if hidden {
            self.layout.hidden.push(row..=row);
        }
        self.next = (row.saturating_add(1), 0);
        Ok(())
    }

    fn begin(&mut self, tag: &Tag<'_>) -> Result<(), Failure> {
        let cell = &mut self.cell;
        let mut at = (self.next.0.saturating_sub(1), self.next.1);
        let mut wrong = None;
        cell.kind.clear();
        cell.text.clear();
        (cell.style, cell.formula, cell.valued) = (0, false, false);
        tag.each(|key, value| match key {
            "r" => match position(value.trim()) {
                Some(position) => at = position,
                None => wrong = Some(value.into_owned()),
            },
            "s" => cell.style = value.trim().parse().unwrap_or(0),
            "t" => cell.kind.push_str(&value),
            _ => {}
        });
        if let Some(cell) = wrong {
            return Err(Failure::Damaged(cell));
        }
        cell.at = at;
        self.next.1 = at.1.saturating_add(1);
        self.depth = 1;
        Ok(())
    }

    fn end(&mut self, each: Each<'_>) -> Result<bool, Failure> {
        let cell = &self.cell;
        let text = cell.text.as_str();
        let unescaped = unescaped(text);
        let value = match cell.kind.as_str() {
            _ if !cell.valued => cell.formula.then_some(Value::Missing),
            "s" => {
                let index = text.trim().parse().ok();
                let text = index.and_then(|index| self.texts.get(index));
                let text = text.ok_or_else(|| Failure::part(self.part))?;
                (!text.is_empty()).then_some(Value::Text(text))
            }
            "str" | "inlineStr" => (!text.is_empty() || cell.formula).then_some(Value::Text(&unescaped)),
            "b" => Some(Value::Bool(is_true(text.trim()))),
            "e" => Some(Value::Error(&unescaped)),
            _ if text.trim().is_empty() => cell.formula.then_some(Value::Missing),
            "d" => Some(Value::Iso(text.trim())),
            _ => {
                let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
                Some(Value::Number(number.ok_or_else(|| Failure::part(self.part))?))
            }
        };
        let format = self.formats.get(cell.style).unwrap_or(self.general);
        Ok(match value {
            Some(value) => each(Cell { row: cell.at.0, column: cell.at.1, value, format }),
            None => true,
        })
    }
}

/// `B2:D4` as a rectangle.
fn region(cells: &str) -> Option<Region> {
    let (first, last) = cells.split_once(':')?;
    Some((position(first)?, position(last)?))
}

/// `C17` as row and column from 0.
fn position(cell: &str) -> Option<(u32, u32)> {
    let digits = cell.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = cell.split_at(digits);
    let column = letters.bytes().try_fold(0u32, |column, letter| {
        let number = letter.is_ascii_uppercase().then(|| u32::from(letter - b'A') + 1)?;
        column.checked_mul(26)?.checked_add(number)
    })?;
    Some((row.parse::<u32>().ok()?.checked_sub(1)?, column.checked_sub(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_read() {
        assert_eq!(region("A1:C3"), Some(((0, 0), (2, 2))));
        assert_eq!(region("AA10:AB10"), Some(((9, 26), (9, 27))));
        for bad in ["", "A1", "1:2", "A0:B1", "a1:b2", "ZZZZZZZZ1:A1"] {
            assert_eq!(region(bad), None, "{bad}");
        }
    }
}
