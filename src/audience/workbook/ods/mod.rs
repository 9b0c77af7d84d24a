//! Workbooks of OpenDocument, which keep what was shown of each cell.

mod cell;
mod rows;
mod styles;

use std::collections::HashSet;

use crate::audience::workbook::cell::{Each, Failure, Layout, Listed, Style, room};
use crate::audience::workbook::ods::rows::Reading;
use crate::audience::workbook::ods::styles::{CONTENT, Styles, named_looks, sheets};
use crate::audience::workbook::package::Package;
use crate::audience::workbook::xml::{Item, walk};

pub(crate) struct Ods<'b> {
    package: Package<'b>,
    sheets: Vec<Listed>,
    styles: Styles,
    /// The styles that say how numbers are shown, by the names that conditions call them.
    shown: HashSet<String>,
    general: Style,
    room: usize,
}

impl<'b> Ods<'b> {
    pub(crate) fn open(bytes: &'b [u8]) -> Result<Self, Failure> {
        let mut package = Package::open(bytes).ok_or_else(|| Failure::part("zip"))?;
        if is_encrypted(&mut package)? {
            return Err(Failure::Encrypted);
        }
        let shown = named_looks(&mut package)?;
        let (sheets, styles) = sheets(&mut package, &shown)?;
        Ok(Self { package, sheets, styles, shown, general: Style::general(), room: room(bytes.len()) })
    }

    pub(crate) fn sheets(&self) -> &[Listed] {
        &self.sheets
    }

    pub(crate) fn read(&mut self, sheet: &str, each: Each<'_>) -> Result<Layout, Failure> {
        let mut reading = Reading::new(&self.general, &self.styles, &self.shown);
        (reading.sheet, reading.room) = (sheet, self.room);
        walk(CONTENT, self.package.part(CONTENT)?, |item| reading.take(item, each))?;
        reading.layout.conditional.extend(reading.mapped.into_values());
        Ok(reading.layout)
    }
}

fn is_encrypted(package: &mut Package<'_>) -> Result<bool, Failure> {
    const MANIFEST: &str = "META-INF/manifest.xml";
    let mut encrypted = false;
    if package.has(MANIFEST) {
        walk(MANIFEST, package.part(MANIFEST)?, |item| {
            encrypted |= matches!(item, Item::Start(tag) if tag.name() == "encryption-data");
            Ok(!encrypted)
        })?;
    }
    Ok(encrypted)
}
