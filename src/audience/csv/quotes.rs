//! Where cells begin and end in the raw text of a CSV, by the rules of the `csv` crate.

/// What part of a cell a character of the raw text belongs to, by the rules of the `csv` crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Before the first character of a cell.
    Start,
    /// In a cell without quotes, or behind the closing one.
    Bare,
    /// Between quotes.
    Quoted,
    /// Just behind a quote that closes the cell, unless another one follows.
    Closing,
}

impl Part {
    /// The part behind the character `c`. The end of a row is a [`Start`](Self::Start) like any other.
    pub(crate) fn after(self, c: char, delimiter: bool) -> Self {
        match (self, c) {
            (Self::Start | Self::Closing, '"') => Self::Quoted,
            (Self::Quoted, '"') => Self::Closing,
            (Self::Quoted, _) => Self::Quoted,
            _ if delimiter || c == '\n' || c == '\r' => Self::Start,
            _ => Self::Bare,
        }
    }
}

/// Where the cells of one row begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Starts {
    /// For each cell how many lines below the row's first it begins, and the column, in characters from 1; a
    /// quoted cell begins at its quote.
    pub(crate) cells: Vec<(u64, u64)>,
    /// Whether the text ends before the last cell's quote is closed.
    pub(crate) unclosed: bool,
}

impl Starts {
    /// Looks through the raw text of one row; line ends and blank lines before it do not count.
    pub(crate) fn of(row: &str, delimiter: u8) -> Self {
        let delimiter = char::from(delimiter);
        let mut part = Part::Start;
        let (mut below, mut column) = (0, 1);
        let mut cells = Vec::new();
        for c in row.trim_start_matches(['\r', '\n']).chars() {
            if part == Part::Start {
                cells.push((below, column));
            }
            if part != Part::Quoted && (c == '\r' || c == '\n') {
                return Self { cells, unclosed: false };
            }
            part = part.after(c, c == delimiter);
            (below, column) = if c == '\n' { (below + 1, 1) } else { (below, column + 1) };
        }
        if part == Part::Start {
            cells.push((below, column));
        }
        Self { cells, unclosed: part == Part::Quoted }
    }
}
