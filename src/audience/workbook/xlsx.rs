//! Workbooks of Office Open XML (ECMA-376 part 1, 18).

use std::collections::HashSet;

use crate::audience::number_format::{Epoch, NumberFormat};
use crate::audience::workbook::a1::{MOST_REGIONS, position, rectangles, region};
use crate::audience::workbook::cell::{
    Cell, Codes, Each, Failure, Font, Layout, Listed, MAX_ROWS, MOST_SHEETS, MOST_STYLES, Region, Style,
    Texts, Value, is_volatile, room, symbols, within,
};
use crate::audience::workbook::package::Package;
use crate::audience::workbook::relations::{relations, workbook};
use crate::audience::workbook::xml::{Item, Tag, unescaped, walk};

pub(crate) struct Xlsx<'b> {
    package: Package<'b>,
    sheets: Vec<(Listed, String)>,
    texts: Texts,
    styles: Styles,
    general: Style,
    epoch: Epoch,
    /// Whether everything is to be calculated by whoever opens the file.
    stale: bool,
}

/// How cells look.
#[derive(Debug, Default)]
struct Styles {
    /// By the number that cells name.
    all: Vec<Style>,
    /// What conditions do to cells, by the number that they name: whether that is another number format.
    conditional: Vec<bool>,
}

impl<'b> Xlsx<'b> {
    pub(crate) fn open(bytes: &'b [u8]) -> Result<Self, Failure> {
        let mut package = Package::open(bytes).ok_or_else(|| Failure::part("zip"))?;
        let main = workbook(&mut package, "xl/workbook.xml")?;
        let relations = relations(&mut package, &main)?;
        let (mut sheets, mut epoch, mut stale) = (Vec::new(), Epoch::Of1900, false);
        walk(&main, package.part(&main)?, |item| {
            let Item::Start(tag) = item else { return Ok(true) };
            match tag.name() {
                "sheet" => {
                    within(sheets.len(), MOST_SHEETS)?;
                    if let Some(part) = tag.value("id").and_then(|id| relations.worksheet(&id)) {
                        let visible = tag.value("state").is_none_or(|state| state == "visible");
                        // A sheet without a name can be read all the same.
                        let name = tag.value("name").unwrap_or_default();
                        sheets.push((Listed { name, visible }, part.to_owned()));
                    }
                }
                "calcPr" => stale |= tag.value("fullCalcOnLoad").is_some_and(|value| is_true(&value)),
                "workbookPr" if tag.value("date1904").is_some_and(|value| is_true(&value)) => {
                    epoch = Epoch::Of1904;
                }
                _ => {}
            }
            Ok(true)
        })?;
        let part = |kind: &str, usual: &str| relations.of_kind(kind).unwrap_or(usual).to_owned();
        let texts = part("sharedStrings", "xl/sharedStrings.xml");
        let texts = if package.has(&texts) {
            shared(&mut package, &texts, room(bytes.len()))?
        } else {
            Texts::default()
        };
        let styles = part("styles", "xl/styles.xml");
        let styles =
            if package.has(&styles) { self::styles(&mut package, &styles)? } else { Styles::default() };
        Ok(Self { package, sheets, texts, styles, general: Style::general(), epoch, stale })
    }

    pub(crate) fn sheets(&self) -> impl Iterator<Item = &Listed> {
        self.sheets.iter().map(|(listed, _)| listed)
    }

    pub(crate) fn held(&self) -> usize {
        self.texts.size()
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub(crate) fn read(&mut self, sheet: &str, each: Each<'_>) -> Result<Layout, Failure> {
        let Self { package, sheets, texts, styles, general, stale, .. } = self;
        let (_, part) =
            sheets.iter().find(|(listed, _)| listed.name == sheet).ok_or_else(|| Failure::part(sheet))?;
        let mut reading = Reading {
            texts,
            styles,
            general,
            part,
            zeros: true,
            stale: *stale,
            conditional: Vec::new(),
            otherwise: false,
            listing: false,
            listed: String::new(),
            shared: HashSet::new(),
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

/// Whether a tag such as `<strike/>` is meant: it may say that it is not.
fn is_on(tag: &Tag<'_>) -> bool {
    tag.value("val").is_none_or(|value| is_true(&value))
}

fn is_true(value: &str) -> bool {
    value == "1" || value == "true"
}

/// The texts that cells share.
fn shared(package: &mut Package<'_>, part: &str, room: usize) -> Result<Texts, Failure> {
    let mut texts = Texts::default();
    let (mut text, mut inside, mut phonetic, mut struck) = (String::new(), false, 0, false);
    walk(part, package.part(part)?, |item| {
        match item {
            Item::Start(tag) => match tag.name() {
                "si" => {
                    text.clear();
                    struck = false;
                }
                "strike" => struck |= is_on(&tag),
                "t" => inside = phonetic == 0,
                "rPh" => phonetic += 1,
                _ => {}
            },
            Item::Text(more) if inside => text.push_str(more),
            Item::Text(_) => {}
            Item::End("t") => inside = false,
            Item::End("rPh") => phonetic -= 1,
            Item::End("si") => {
                texts.push(&unescaped(&text), room)?;
                if struck {
                    texts.strike();
                }
            }
            Item::End(_) => {}
        }
        if text.len() > room { Err(Failure::TooLarge) } else { Ok(true) }
    })?;
    Ok(texts)
}

/// The styles that cells and conditions name.
fn styles(package: &mut Package<'_>, part: &str) -> Result<Styles, Failure> {
    let mut codes = Codes::default();
    let (mut fonts, mut styles) = (Vec::new(), Styles::default());
    // In which list of the part the tag stands.
    let mut list = String::new();
    walk(part, package.part(part)?, |item| {
        match item {
            Item::Start(tag) => match (list.as_str(), tag.name()) {
                (_, name @ ("fonts" | "cellXfs" | "dxfs")) => list = name.to_owned(),
                ("fonts", "font") => fonts.push(Font::default()),
                ("fonts", "strike") => {
                    if let Some(font) = fonts.last_mut() {
                        font.struck = is_on(&tag);
                    }
                }
                ("fonts", "name") => {
                    if let Some(font) = fonts.last_mut() {
                        font.symbols = tag.value("val").and_then(|name| symbols(&name));
                    }
                }
                ("dxfs", "dxf") => styles.conditional.push(false),
                ("dxfs", "numFmt") => {
                    if let Some(conditional) = styles.conditional.last_mut() {
                        *conditional = true;
                    }
                }
                (_, "numFmt") => {
                    let id = tag.value("numFmtId").and_then(|id| id.parse().ok());
                    if let Some((id, code)) = id.zip(tag.value("formatCode")) {
                        codes.add(id, &code)?;
                    }
                }
                ("cellXfs", "xf") => {
                    let id = tag.value("numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0);
                    let font = tag.value("fontId").and_then(|id| id.parse::<usize>().ok());
                    let font = font.and_then(|font| fonts.get(font)).cloned().unwrap_or(Font::NONE);
                    let Font { symbols, struck } = font;
                    styles.all.push(Style {
                        format: NumberFormat::of_file(id, codes.get(id)),
                        symbols,
                        struck,
                    });
                }
                _ => {}
            },
            Item::End("fonts" | "cellXfs" | "dxfs") => list.clear(),
            Item::End(_) | Item::Text(_) => {}
        }
        within(fonts.len(), MOST_STYLES)?;
        within(styles.conditional.len(), MOST_STYLES)?;
        Ok(styles.all.len() < MOST_STYLES)
    })?;
    Ok(styles)
}

/// Which part of a cell is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    None,
    Value,
    Text,
    Formula,
}

/// The cell that is being read.
#[derive(Debug, Default)]
struct Open {
    at: (u32, u32),
    kind: String,
    style: usize,
    struck: bool,
    /// Its formula, where it has one.
    formula: Option<String>,
    /// The number of a formula that many cells share.
    shared: Option<String>,
    valued: bool,
    text: String,
}

struct Reading<'r> {
    texts: &'r Texts,
    styles: &'r Styles,
    general: &'r Style,
    part: &'r str,
    /// Whether zeros are shown.
    zeros: bool,
    /// Whether the program that wrote the file left it to others to calculate.
    stale: bool,
    /// The cells that the conditions which are read now look at.
    conditional: Vec<Region>,
    /// Whether one of them shows something else. What later programs add names its cells only behind its rules.
    otherwise: bool,
    /// Whether a list of cells behind rules is being read.
    listing: bool,
    listed: String,
    /// The shared formulas whose value is another tomorrow.
    shared: HashSet<String>,
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
                    ("f", 2) => {
                        self.field = Field::Formula;
                        self.cell.formula = Some(String::new());
                        self.cell.shared = tag.value("si");
                    }
                    ("v", 2) => (self.field, self.cell.valued) = (Field::Value, true),
                    ("rPh", _) => self.phonetic += 1,
                    ("strike", 3..) => self.cell.struck |= is_on(&tag),
                    ("t", 3..) if self.phonetic == 0 => self.field = Field::Text,
                    ("is", 2) => self.cell.valued = true,
                    _ => {}
                }
            }
            Item::Start(tag) => match tag.name() {
                "row" => self.row(&tag)?,
                "c" => self.begin(&tag)?,
                "sheetView" => self.zeros &= tag.value("showZeros").is_none_or(|value| is_true(&value)),
                "conditionalFormatting" => {
                    self.conditional = tag.value("sqref").map_or_else(Vec::new, |cells| rectangles(&cells));
                    self.otherwise = false;
                    self.listed.clear();
                }
                "cfRule" => {
                    let number = tag.value("dxfId").and_then(|number| number.parse::<usize>().ok());
                    if number.and_then(|number| self.styles.conditional.get(number)) == Some(&true) {
                        self.otherwise = true;
                    }
                }
                // The look of a rule that later programs add stands in it.
                "numFmt" => self.otherwise = true,
                "sqref" => self.listing = true,
                // A bar or an icon in place of the number.
                "dataBar" | "iconSet" if tag.value("showValue").is_some_and(|value| !is_true(&value)) => {
                    self.otherwise = true;
                }
                "mergeCell" => {
                    if let Some(region) = tag.value("ref").and_then(|cells| region(&cells)) {
                        self.layout.merge(region)?;
                    }
                }
                _ => {}
            },
            Item::Text(text) if self.listing => self.listed.push_str(text),
            Item::Text(text) => match (self.field, &mut self.cell.formula) {
                (Field::Formula, Some(formula)) => formula.push_str(text),
                (Field::Value | Field::Text, _) => self.cell.text.push_str(text),
                (Field::None | Field::Formula, _) => {}
            },
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
            Item::End("sqref") => self.listing = false,
            Item::End("conditionalFormatting") => self.conditions_end()?,
            Item::End(_) => {}
        }
        Ok(true)
    }

    fn conditions_end(&mut self) -> Result<(), Failure> {
        let mut cells = std::mem::take(&mut self.conditional);
        cells.extend(rectangles(&self.listed));
        self.listed.clear();
        if self.otherwise {
            self.layout.conditional.append(&mut cells);
        }
        if self.layout.conditional.len() > MOST_REGIONS { Err(Failure::TooLarge) } else { Ok(()) }
    }

    fn row(&mut self, tag: &Tag<'_>) -> Result<(), Failure> {
        /// In points of print, of which a point of the screen has three quarters.
        const LOWEST: f64 = 0.75;
        let mut row = self.next.0;
        let mut hidden = false;
        let mut wrong = false;
        tag.each(|key, value| match key {
            "r" => match value.trim().parse::<u32>().ok().and_then(|row| row.checked_sub(1)) {
                Some(number) => row = number,
                None => wrong = true,
            },
            "hidden" => hidden |= is_true(&value),
            // Nobody sees a row that is lower than a point of the screen.
            "ht" => hidden |= value.trim().parse::<f64>().is_ok_and(|height| height < LOWEST),
            _ => {}
        });
        if wrong {
            return Err(Failure::part(self.part));
        }
        if hidden {
            self.layout.hide(row..=row)?;
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
        (cell.style, cell.formula, cell.shared, cell.valued) = (0, None, None, false);
        cell.struck = false;
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
        let formula = cell.formula.is_some();
        let mut volatile = cell.formula.as_deref().is_some_and(is_volatile);
        // The first cell of a shared formula has it, the others name it.
        if let Some(shared) = &cell.shared {
            if volatile {
                self.shared.insert(shared.clone());
                within(self.shared.len(), MAX_ROWS as usize)?;
            }
            volatile |= self.shared.contains(shared);
        }
        let text = cell.text.as_str();
        let mut struck = cell.struck;
        let unescaped = unescaped(text);
        let value = match cell.kind.as_str() {
            _ if !cell.valued => formula.then_some(Value::Missing),
            "s" => {
                let index = text.trim().parse().ok();
                struck |= index.is_some_and(|index| self.texts.is_struck(index));
                let text = index.and_then(|index| self.texts.get(index));
                let text = text.ok_or_else(|| Failure::part(self.part))?;
                (!text.is_empty()).then_some(Value::Text(text))
            }
            "str" if formula && self.stale && text.is_empty() => Some(Value::Missing),
            "str" | "inlineStr" => (!text.is_empty() || formula).then_some(Value::Text(&unescaped)),
            "b" => Some(Value::Bool(is_true(text.trim()))),
            "e" => Some(Value::Error(&unescaped)),
            _ if text.trim().is_empty() => formula.then_some(Value::Missing),
            "d" => Some(Value::Iso(text.trim())),
            _ => {
                let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
                match number.ok_or_else(|| Failure::part(self.part))? {
                    // Nobody has calculated it yet: whoever opens the file sees another number.
                    0.0 if formula && self.stale => Some(Value::Missing),
                    0.0 if !self.zeros => {
                        Some(Value::Shown { text: "", number: Some(0.0), iso: None, sure: true })
                    }
                    number => Some(Value::Number(number)),
                }
            }
        };
        let style = self.styles.all.get(cell.style).unwrap_or(self.general);
        Ok(match value {
            Some(value) => {
                let struck = struck || style.struck;
                each(Cell { volatile, struck, ..style.cell(cell.at.0, cell.at.1, value) })
            }
            None => true,
        })
    }
}
