//! What is told of a campaign and its columns before any row is judged.

use std::sync::Arc;

use crate::audience::characters;
use crate::audience::header::Header;
use crate::audience::reader::Reader;
use crate::audience::workbook::table::{Note, Noted};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place, cell_name};
use crate::diagnostic::value::{Key, Value};
use crate::plan::inputs::Inputs;
use crate::plan::media::MediaFile;
use crate::plan::renderer::{FileName, Renderer, fault_of};

/// A text that names a media file, and the file it names now.
pub(super) struct NamedFile {
    pub(super) name: FileName,
    pub(super) file: Option<Arc<MediaFile>>,
    /// How a payload names its content.
    pub(super) content: String,
}

impl NamedFile {
    fn new(name: FileName) -> Self {
        Self { name, file: None, content: String::new() }
    }

    pub(super) fn set(&mut self, file: Option<Arc<MediaFile>>) {
        self.content = file.as_ref().map_or_else(String::new, |file| file.content.to_string());
        self.file = file;
    }
}

/// The texts that name media files. Those that are the same for everybody are looked at here, once.
pub(super) fn constant_files(
    inputs: &Inputs<'_>,
    renderer: &Renderer,
    faults: &mut Vec<Diagnostic>,
) -> Vec<NamedFile> {
    let look = |name: FileName| {
        let mut named = NamedFile::new(name);
        let name = &named.name;
        let Some(constant) = name.constant.as_ref().filter(|name| !name.trim().is_empty()) else {
            return named;
        };
        let looked = inputs.library.look(name.upload, constant);
        let told = looked.problems.iter().cloned();
        faults.extend(told.map(|problem| fault_of(problem, &name.at, Place::Field(name.at.clone()))));
        named.set(looked.file);
        named
    };
    renderer.file_names().into_iter().map(look).collect()
}

/// What is worth knowing of the cells of a column that can be used: dates that every computer shows in its own way,
/// formulas of today, texts that a `format` does nothing to.
pub(super) fn noted_cells(inputs: &Inputs<'_>, reader: &Reader, cell: usize, name: &str) -> Vec<Diagnostic> {
    // How the times of a window are written is asked for by no `format`, and told by the window.
    let of_window = inputs.audience.window.as_ref().is_some_and(|window| window.column == name);
    let at = || Place::Header { cell, column: None };
    let Some(sheet) = reader.sheet() else {
        let formats = &inputs.audience.source.formats;
        let asked = !of_window && formats.iter().any(|(own, _)| own == name);
        let fault = || {
            Diagnostic::new(Code::FormatWithoutEffect, at())
                .with("column", name)
                .with("reason", Key::new("format.csv"))
        };
        return asked.then(fault).into_iter().collect();
    };
    let told = |(note, noted): (Note, &Noted)| {
        let place = |line: &u32| cell_name(sheet.first_column + cell, u64::from(*line));
        let places: Vec<String> = noted.lines.iter().map(place).collect();
        let more = if noted.count > places.len() as u64 { " …" } else { "" };
        let fault = match note {
            Note::Regional => Diagnostic::new(Code::RegionalDate, at()).with("format", &*noted.format),
            Note::Volatile => Diagnostic::new(Code::VolatileFormula, at()),
            Note::NoDate if of_window => return None,
            Note::NoDate => {
                Diagnostic::new(Code::FormatWithoutEffect, at()).with("reason", Key::new("format.no-dates"))
            }
        };
        let fault = fault.with("count", noted.count).with("column", name).with("example", &noted.example);
        Some(fault.with("places", places.join(", ") + more))
    };
    reader.noted(cell).into_iter().filter_map(told).collect()
}

/// Names of columns that were read in the wrong encoding: then nobody finds the names that they had.
pub(super) fn misread_names(reader: &Reader) -> Option<Diagnostic> {
    let names = || reader.header().names().enumerate();
    let mut misread = names().filter_map(|(cell, name)| Some((cell, name, characters::misread(name)?)));
    let (cell, name, real) = misread.next()?;
    let (first, row) = reader.sheet().map_or((0, 1), |sheet| (sheet.first_column, sheet.header_row));
    let fault = Diagnostic::new(Code::MisreadCharacters, Place::Header { cell, column: None })
        .with("count", 1 + misread.count())
        .with("example", name)
        .with("real", real);
    Some(fault.with("places", cell_name(first + cell, row)))
}

/// Columns that the results leave out and that are not there: by a slip of the pen they would be passed on.
pub(super) fn omitted<'i>(names: &'i [String], header: &'i Header) -> impl Iterator<Item = Diagnostic> + 'i {
    let missing = names.iter().enumerate().filter(|(_, name)| header.position(name).is_none());
    missing.map(|(index, name)| {
        let at = FieldPath::of("results.omit").index(index);
        let fault = Diagnostic::new(Code::OmittedColumnMissing, Place::Field(at)).with("name", name);
        fault.near(name, header.names())
    })
}

/// What is said where commas as a Chinese keyboard types them stand between the names: no program takes them apart.
fn full_width_commas(columns: &[&str]) -> Value {
    match columns {
        [only] if only.contains(['，', '；']) => Key::new("header.full-width-commas").into(),
        _ => "".into(),
    }
}

pub(super) fn openid_column(name: &str, header: &Header, faults: &mut Vec<Diagnostic>) -> Option<usize> {
    let column = header.position(name);
    if column.is_none() {
        let columns: Vec<&str> = header.names().collect();
        let place = Place::Header { cell: 0, column: None };
        let fault = Diagnostic::new(Code::OpenidColumnMissing, place)
            .with("name", name)
            .with("columns", header.listed())
            .with("commas", full_width_commas(&columns))
            .near(name, columns.iter().copied());
        faults.push(fault);
    }
    column
}
