//! Where a fault is: a field of the campaign file, or a row and column of the audience.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// One step from a table to what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// A key of a table.
    Key(String),
    /// An index of an array, from 0.
    Index(usize),
}

/// The way from the top of the campaign file to a value, `message.news.articles[1].title`: whoever reads it counts from 1,
/// as rows and lines are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct FieldPath(Vec<Step>);

impl FieldPath {
    /// The file itself.
    pub(crate) fn root() -> Self {
        Self::default()
    }

    /// A path of keys separated by dots. For keys that hold dots use [`key`](Self::key).
    pub(crate) fn of(dotted: &str) -> Self {
        Self(dotted.split('.').filter(|key| !key.is_empty()).map(|key| Step::Key(key.to_owned())).collect())
    }

    /// This path and one key more.
    #[must_use]
    pub(crate) fn key(&self, key: &str) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Key(key.to_owned()));
        Self(steps)
    }

    /// This path and one index more.
    #[must_use]
    pub(crate) fn index(&self, index: usize) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Index(index));
        Self(steps)
    }

    /// The steps from the top.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) => {
                    if i > 0 {
                        f.write_str(".")?;
                    }
                    f.write_str(key)?;
                }
                Step::Index(index) => write!(f, "[{}]", index + 1)?,
            }
        }
        Ok(())
    }
}

/// Where a fault is. Which file it is in follows from the variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// The campaign file as a whole.
    Campaign,
    /// Bytes of the campaign file, for text that is not TOML.
    CampaignSpan(Range<usize>),
    /// A value of the campaign file; where it does not exist, the nearest table above it.
    Field(FieldPath),
    /// A key of the campaign file, not its value.
    Key(FieldPath),
    /// Bytes inside a string value of the campaign file, counted in the value as it was parsed.
    Within(FieldPath, Range<usize>),
    /// The audience file as a whole.
    Audience,
    /// A line of the audience file, from 1, where no row can be told.
    Line(u64),
    /// A cell of the audience's header.
    Header {
        /// The cell's index, from 0.
        cell: usize,
        /// The column it begins at, in characters from 1, once somebody has looked it up.
        column: Option<u64>,
    },
    /// A row of the audience.
    Row(RowPlace),
    /// Somewhere in another file of people than the audience.
    List(Box<ListPlace>),
    /// Somewhere in a policy file.
    Policy(Box<PolicyPlace>),
}

/// A place in a policy file, with what is needed to show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PolicyPlace {
    /// The file.
    pub(crate) file: PathBuf,
    /// Its text; empty where it could not be read.
    pub(crate) text: Arc<str>,
    /// The bytes of it that may hold a secret; they are shown nowhere.
    pub(crate) secrets: Arc<[Range<usize>]>,
    /// The place in it, as if it were the campaign file.
    pub(crate) at: Place,
}

/// A place in a file of people that the campaign names beside its audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListPlace {
    /// The file.
    pub(crate) file: PathBuf,
    /// The sheet, where it is a workbook.
    pub(crate) sheet: Option<Sheet>,
    /// The place in it, as if it were the audience.
    pub(crate) at: Place,
}

impl Place {
    /// The field of the campaign file, where it is in one.
    pub(crate) fn field(&self) -> Option<&FieldPath> {
        match self {
            Self::Field(path) | Self::Key(path) | Self::Within(path, _) => Some(path),
            Self::Campaign
            | Self::CampaignSpan(_)
            | Self::Audience
            | Self::Line(_)
            | Self::Header { .. }
            | Self::Row(_)
            | Self::List(_)
            | Self::Policy(_) => None,
        }
    }
}

/// Where the audience stands in a workbook.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Sheet {
    /// The sheet's name.
    pub(crate) name: String,
    /// The row of the sheet that names the columns, from 1.
    pub(crate) header_row: u64,
    /// The column of the sheet that is the audience's first, from 0.
    pub(crate) first_column: usize,
}

/// A cell as spreadsheets call it, `C17`: its column from 0, its row from 1.
pub(crate) fn cell_name(column: usize, row: u64) -> String {
    let mut letters = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        letters.push(char::from(b'A' + u8::try_from((left - 1) % 26).expect("less than 26")));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect::<String>() + &row.to_string()
}

/// A row of the audience, or one cell of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowPlace {
    /// The number of the row, from 1, the header not counted.
    pub(crate) row: u64,
    /// The line the row begins on, from 1, the header counted.
    pub(crate) line: u64,
    /// The index of the cell, from 0, where one cell is at fault.
    pub(crate) cell: Option<usize>,
    /// The column the cell begins at, in characters from 1, once somebody has looked it up.
    pub(crate) column: Option<u64>,
    /// The field of the campaign whose finished text is at fault, where it is one. Boxed, since it is rare and a
    /// diagnostic is handed on by value.
    pub(crate) field: Option<Box<FieldPath>>,
}

impl RowPlace {
    /// The row as a whole.
    pub(crate) fn new(row: u64, line: u64) -> Self {
        Self { row, line, cell: None, column: None, field: None }
    }

    /// One cell of the row, by its index from 0.
    #[must_use]
    pub(crate) fn cell(mut self, cell: usize) -> Self {
        self.cell = Some(cell);
        self
    }

    /// A field of the campaign as it was filled from this row.
    #[must_use]
    pub(crate) fn field(mut self, field: FieldPath) -> Self {
        self.field = Some(Box::new(field));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::cell_name;

    #[test]
    fn a_cell_is_called_as_in_a_spreadsheet() {
        let names = [(0, 1), (2, 17), (25, 1), (26, 9), (701, 2), (702, 2), (16_383, 1_048_576)];
        let names = names.map(|(column, row)| cell_name(column, row));
        assert_eq!(names, ["A1", "C17", "Z1", "AA9", "ZZ2", "AAA2", "XFD1048576"]);
    }
}
