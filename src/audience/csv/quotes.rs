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

/// Looks for a quote in a quoted cell that is neither doubled nor the last character of the cell, block by block.
#[derive(Debug)]
pub(crate) struct LoneQuotes {
    delimiter: u8,
    quoted: bool,
    /// Whether the last block ended with a quote that may close its cell.
    closing: bool,
    before: u8,
}

impl LoneQuotes {
    pub(crate) fn new(delimiter: u8) -> Self {
        Self { delimiter, quoted: false, closing: false, before: b'\n' }
    }

    /// The index of the first one in the next block.
    pub(crate) fn scan(&mut self, block: &[u8]) -> Option<usize> {
        let mut at = 0;
        if std::mem::take(&mut self.closing) && !block.is_empty() {
            match block[0] {
                b'"' => at = 1,
                end if self.ends(end) => self.quoted = false,
                _ => return Some(0),
            }
        }
        while let Some(step) = memchr::memchr(b'"', &block[at..]) {
            let quote = at + step;
            if !self.quoted {
                let before = quote.checked_sub(1).map_or(self.before, |before| block[before]);
                self.quoted = self.ends(before);
                at = quote + 1;
                continue;
            }
            match block.get(quote + 1) {
                Some(b'"') => at = quote + 2,
                Some(end) if self.ends(*end) => {
                    self.quoted = false;
                    at = quote + 1;
                }
                Some(_) => return Some(quote),
                None => {
                    self.closing = true;
                    break;
                }
            }
        }
        self.before = block.last().copied().unwrap_or(self.before);
        None
    }

    fn ends(&self, byte: u8) -> bool {
        byte == self.delimiter || matches!(byte, b'\r' | b'\n')
    }
}

#[cfg(test)]
mod tests {
    use super::LoneQuotes;

    #[test]
    fn a_quote_that_is_neither_doubled_nor_last_is_found_wherever_a_block_ends() {
        for (text, found) in [
            ("a,\"他说 \"\"好\"\" 了\",b\n", None),
            ("\"a\"\n\"\"\n\"\"\"\",\"x\"", None),
            ("5\" 屏幕,b\"c\n", None),
            ("\"他说 \"好\" 了\"\n", Some(8)),
            ("\"5\" 屏幕\"\n", Some(2)),
            ("\"a\" ,b\n", Some(2)),
        ] {
            for cut in 0..=text.len() {
                let mut quotes = LoneQuotes::new(b',');
                let (first, second) = text.as_bytes().split_at(cut);
                let seen = quotes.scan(first).or_else(|| quotes.scan(second).map(|at| at + cut));
                // Where a block ends just behind it, it is told by what follows.
                let near = found.is_some_and(|at| seen == Some(at) || seen == Some(at + 1) && cut == at + 1);
                assert!(seen == found || near, "{text} cut at {cut}: {seen:?}");
            }
        }
    }
}
