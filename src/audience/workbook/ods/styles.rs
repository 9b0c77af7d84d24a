//! The sheets of a workbook of OpenDocument, and how its cells look.

use std::collections::{HashMap, HashSet};

use crate::audience::workbook::cell::{Failure, Listed, MOST_SHEETS, MOST_STYLES, Style, symbols, within};
use crate::audience::workbook::package::Package;
use crate::audience::workbook::xml::{Item, walk};

/// The part that holds the sheets.
pub(super) const CONTENT: &str = "content.xml";
/// How LibreOffice calls the format of numbers that have none.
const PLAIN: &str = "N0";

/// How cells look, by the names of their styles.
pub(super) type Styles = HashMap<String, CellStyle>;

/// What is known of a style.
#[derive(Debug, Clone)]
pub(super) struct CellStyle {
    pub(super) style: Style,
    /// Whether it says how numbers are shown. Where nobody does, programs show the bare number, whatever text the one that
    /// wrote the file has put beside it.
    pub(super) formats: bool,
    /// Whether a condition shows numbers otherwise.
    pub(super) otherwise: bool,
}

/// The styles with a name that say how numbers are shown, by it and by the name that people see.
pub(super) fn named_looks(package: &mut Package<'_>) -> Result<HashSet<String>, Failure> {
    const STYLES: &str = "styles.xml";
    let mut shown = HashSet::new();
    if package.has(STYLES) {
        walk(STYLES, package.part(STYLES)?, |item| {
            if let Item::Start(tag) = item
                && tag.name() == "style"
                && tag.value("data-style-name").is_some_and(|name| name != PLAIN)
            {
                within(shown.len(), MOST_STYLES)?;
                shown.extend(["name", "display-name"].into_iter().filter_map(|key| tag.value(key)));
            }
            Ok(true)
        })?;
    }
    Ok(shown)
}

/// The sheets, and which of them are hidden by their style; and the styles of cells.
pub(super) fn sheets(
    package: &mut Package<'_>,
    shown: &HashSet<String>,
) -> Result<(Vec<Listed>, Styles), Failure> {
    let (mut hidden, mut sheets, mut styles) = (Vec::new(), Vec::new(), Styles::new());
    let mut style: Option<String> = None;
    let mut skipped = 0u32;
    walk(CONTENT, package.part(CONTENT)?, |item| {
        match item {
            Item::Start(tag) if skipped > 0 || is_aside(tag.name()) => skipped += 1,
            Item::Start(tag) => match tag.name() {
                "style" => {
                    style = tag.value("name");
                    let parent = tag.value("parent-style-name");
                    let formats = tag.value("data-style-name").is_some()
                        || parent.is_some_and(|parent| parent != "Default");
                    let look = CellStyle { style: Style::general(), formats, otherwise: false };
                    styles.extend(style.clone().map(|name| (name, look)));
                }
                "map" if tag.value("apply-style-name").is_some_and(|name| shown.contains(&name)) => {
                    if let Some(look) = style.as_ref().and_then(|style| styles.get_mut(style)) {
                        look.otherwise = true;
                    }
                }
                "table-properties" if tag.value("display").is_some_and(|display| display == "false") => {
                    hidden.extend(style.clone());
                }
                "text-properties" => {
                    let font = tag.value("font-name").or_else(|| tag.value("font-family"));
                    let symbols = font.and_then(|font| symbols(font.trim_matches(['\'', '"'])));
                    let lines = ["text-line-through-style", "text-line-through-type"];
                    let struck = lines.iter().any(|line| tag.value(line).is_some_and(|line| line != "none"));
                    if let Some(look) = style.as_ref().and_then(|style| styles.get_mut(style)) {
                        look.style.struck = struck;
                        look.style.symbols = symbols;
                    }
                }
                "table" => {
                    let visible = tag.value("style-name").is_none_or(|style| !hidden.contains(&style));
                    // A sheet without a name can be read all the same.
                    let name = tag.value("name").unwrap_or_default();
                    sheets.push(Listed { name, visible });
                }
                _ => {}
            },
            Item::End(name) => {
                skipped = skipped.saturating_sub(1);
                if name == "style" {
                    style = None;
                }
            }
            Item::Text(_) => {}
        }
        within(styles.len(), MOST_STYLES)?;
        within(hidden.len(), MOST_STYLES)?;
        within(sheets.len(), MOST_SHEETS)
    })?;
    Ok((sheets, styles))
}

/// Whether a tag holds cells or texts that are none of the sheet's.
pub(super) fn is_aside(name: &str) -> bool {
    matches!(
        name,
        "tracked-changes" | "shapes" | "forms" | "annotation" | "dde-links" | "frame" | "ruby-text"
    )
}
