//! A list of people as a file: a CSV or a workbook, written row by row, whole or not at all.

mod csv;
mod xlsx;

use std::io::{self, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::report::write_file;

/// A sheet has no more rows than this, the names of the columns among them.
pub(crate) const MOST_ROWS: u64 = 1_048_576;

/// What kind of file a list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListForm {
    /// A CSV.
    Csv,
    /// A workbook.
    Xlsx,
}

impl ListForm {
    /// The one that a file's name says.
    pub(crate) fn of(file: &Path) -> Option<Self> {
        match file.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "xlsx" => Some(Self::Xlsx),
            _ => None,
        }
    }

    /// Whether so many people have room in it.
    pub(crate) fn holds(self, people: u64) -> bool {
        self == Self::Csv || people < MOST_ROWS
    }
}

/// The names above the rows of a list.
#[derive(Debug, Clone)]
pub(crate) struct Titles {
    pub(crate) names: Vec<String>,
    /// The column of the openids, which stay as they are.
    pub(crate) openid: usize,
    /// What the sheet of a workbook is called.
    pub(crate) sheet: String,
}

/// Takes the next row.
pub(crate) type Take<'a> = dyn FnMut(&[&str]) -> io::Result<()> + 'a;

/// Writes a list: what `fill` hands over row by row. Gives the SHA-256 of the file.
///
/// # Errors
///
/// What `fill` says, and what the disk says. The file is then as it was.
pub(crate) fn write<E: From<io::Error>>(
    file: &Path,
    form: ListForm,
    titles: &Titles,
    fill: impl FnOnce(&mut Take<'_>) -> Result<(), E>,
) -> Result<String, E> {
    write_file(file, |out| {
        let mut hashed = Hashed { out, sha256: Sha256::new() };
        match form {
            ListForm::Csv => {
                let mut rows = csv::Rows::new(&mut hashed, titles)?;
                fill(&mut |cells| rows.take(cells))?;
                rows.end()?;
            }
            ListForm::Xlsx => {
                let mut rows = xlsx::Rows::new(titles)?;
                fill(&mut |cells| rows.take(cells))?;
                rows.end(&mut hashed)?;
            }
        }
        Ok(hashed.sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    })
}

/// A stream that is hashed on its way.
struct Hashed<'a> {
    out: &'a mut (dyn Write + Send),
    sha256: Sha256,
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_has_an_end_and_a_csv_has_none() {
        let form = |name: &str| ListForm::of(Path::new(name));
        assert_eq!([form("a.CSV"), form("金卡.xlsx")], [Some(ListForm::Csv), Some(ListForm::Xlsx)]);
        assert_eq!([form("a.xls"), form("a"), form("-")], [None; 3]);
        assert!(ListForm::Csv.holds(20_000_000) && ListForm::Xlsx.holds(MOST_ROWS - 1));
        assert!(!ListForm::Xlsx.holds(MOST_ROWS));
    }
}
