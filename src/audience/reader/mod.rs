//! The rows of an audience file, streamed.
//!
//! The rows of a CSV are split by the `csv` crate. What it does not tell is added here: the line a row truly begins
//! on, rows that are none because every cell is blank, and a quote that swallows the rest of the file. The rows of a
//! workbook come from its table.

mod lines;
mod title;

use std::sync::Arc;

use csv::ErrorKind;
use encoding_rs::Encoding;

use crate::audience::csv::decode::{self, Content, Decoded};
use crate::audience::csv::guard;
use crate::audience::csv::text;
use crate::audience::header::{Header, delimiter_of};
use crate::audience::reader::lines::Lines;
use crate::audience::row::{Row, Width};
use crate::audience::source::Source;
use crate::audience::unreadable::Unreadable;
use crate::audience::workbook::table::{Note, Noted, Table};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{Place, RowPlace, Sheet};
use crate::diagnostic::value::Value;

/// Reads an audience file row by row; a CSV in constant memory.
#[derive(Debug)]
pub(crate) struct Reader {
    rows: Rows,
    header: Header,
    warnings: Vec<Diagnostic>,
    number: u64,
    /// Whether the file is a results CSV, whose formulas are disarmed.
    own: bool,
}

/// Where rows come from.
#[derive(Debug)]
enum Rows {
    Csv(Box<Lines>),
    Sheet(SheetRows),
}

/// The rows of a sheet.
#[derive(Debug)]
struct SheetRows {
    table: Arc<Table>,
    next: usize,
}

impl Reader {
    /// Opens the file, finds out what it is, its encoding and delimiter or its sheet where the campaign names none,
    /// and reads the header.
    ///
    /// Gives every fault of file and header at once, warnings included. A header without rows is no fault here.
    pub(crate) fn open(source: &Source) -> Result<Self, Unreadable> {
        let (mut reader, first) = Self::begin(source)?;
        if let Some(title) = Self::title(source, &reader, &first)? {
            return Err(Unreadable { faults: vec![title], sheet: reader.sheet().cloned() });
        }
        let unclosed = matches!(&reader.rows, Rows::Csv(lines) if lines.is_unclosed(&first));
        if unclosed {
            let place = Place::Header { cell: first.record.len().saturating_sub(1), column: None };
            return Err(Diagnostic::new(Code::UnclosedQuote, place).into());
        }
        if reader.lines().is_some_and(|lines| lines.csv.get_ref().has_lone_quote(first.to)) {
            return Err(Diagnostic::new(Code::LoneQuote, Place::Line(first.line)).into());
        }
        let mut faults = reader.header.judge();
        if let Rows::Sheet(rows) = &reader.rows {
            faults.extend_from_slice(rows.table.faults());
        }
        // Rows that are hidden keep nobody from looking at the others.
        if faults.iter().any(|fault| fault.is_error() && fault.code != Code::HiddenRows) {
            return Err(Unreadable { faults, sheet: reader.sheet().cloned() });
        }
        reader.warnings = faults;
        Ok(reader)
    }

    /// Opens the file and reads the header without judging it.
    pub(crate) fn begin(source: &Source) -> Result<(Self, Row), Unreadable> {
        match decode::open(source)? {
            Content::Text(decoded) => Ok(Self::begin_text(source, decoded)?),
            Content::Workbook(table) => {
                let header = table.header();
                let rows = Rows::Sheet(SheetRows { table, next: 0 });
                let reader = Self { rows, header, warnings: Vec::new(), number: 0, own: false };
                Ok((reader, Row::default()))
            }
        }
    }

    fn begin_text(source: &Source, decoded: Decoded) -> Result<(Self, Row), Diagnostic> {
        let Decoded { encoding, bom, mut text } = decoded;
        let head = text.peek().map_err(|error| decode::diagnostic(&error))?;
        let declared = declared_delimiter(head);
        let delimiter = source.delimiter.or(declared).unwrap_or_else(|| delimiter_of(head));
        text.watch_quotes(delimiter);
        let csv = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(text::BLOCK)
            .from_reader(text);
        let mut lines =
            Lines { csv, source: source.clone(), encoding, bom, delimiter, last: None, folded: 0 };
        let mut row = Row::default();
        let mut passed = declared.is_none();
        loop {
            match lines.step(&mut row) {
                Ok(true) => {}
                Ok(false) if source.header_row.is_none() => {
                    return Err(Diagnostic::new(Code::AudienceEmpty, Place::Audience));
                }
                Ok(false) => row.line = u64::MAX,
                Err(error) => return Err(fault(error, Place::Header { cell: 0, column: None })),
            }
            match source.header_row.map(u64::from) {
                None if passed => break,
                None => passed = true,
                Some(named) if row.sheet_row() == named => break,
                Some(named) if row.sheet_row() > named => {
                    let fault = Diagnostic::new(Code::HeaderRowEmpty, Place::Line(named));
                    return Err(fault.with("row", named));
                }
                Some(_) => {}
            }
        }
        if row.record.len() > MOST_COLUMNS {
            let fault = Diagnostic::new(Code::TooManyColumns, Place::Line(row.line));
            return Err(fault.with("count", row.record.len()).with("max", MOST_COLUMNS));
        }
        let names: Vec<String> = row.cells()?.iter().map(str::to_owned).collect();
        let own = guard::results_columns(&names).is_some();
        let disarmed = |name: String| if own { guard::disarm(&name).into_owned() } else { name };
        let header = Header::new(names.into_iter().map(disarmed).collect());
        let rows = Rows::Csv(Box::new(lines));
        Ok((Self { rows, header, warnings: Vec::new(), number: 0, own }, row))
    }

    /// The names of the columns.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// What is worth a look in the header and in the sheet as a whole.
    pub(crate) fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// What the file is encoded in, where it is text.
    pub(crate) fn encoding(&self) -> Option<&'static Encoding> {
        self.lines().map(|lines| lines.encoding)
    }

    /// The sheet it is read from, where it is a workbook.
    pub(crate) fn sheet(&self) -> Option<&Sheet> {
        match &self.rows {
            Rows::Csv(_) => None,
            Rows::Sheet(rows) => Some(rows.table.sheet()),
        }
    }

    /// What is worth telling of the cells of a column of a workbook that can be used.
    pub(crate) fn noted(&self, column: usize) -> Vec<(Note, &Noted)> {
        match &self.rows {
            Rows::Csv(_) => Vec::new(),
            Rows::Sheet(rows) => rows.table.noted(column).collect(),
        }
    }

    /// Reads the next row into `row`; gives nothing at the end. A row that does not fit its header is read like
    /// any other.
    ///
    /// An undecodable byte, an unclosed quote and a failing disk are errors, and nothing can be read after them.
    pub(crate) fn read(&mut self, row: &mut Row) -> Result<Option<Width>, Diagnostic> {
        match self.next(row) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => return Err(fault(error, Place::Row(RowPlace::new(self.number + 1, row.line)))),
        }
        let cells = row.record.len();
        if self.lines().is_some_and(|lines| lines.csv.get_ref().has_lone_quote(row.to)) {
            return Err(Diagnostic::new(Code::LoneQuote, Place::Row(RowPlace::new(row.number, row.line))));
        }
        if self.lines().is_some_and(|lines| lines.is_unclosed(row)) {
            let place = RowPlace::new(row.number, row.line).cell(cells.saturating_sub(1));
            return Err(Diagnostic::new(Code::UnclosedQuote, Place::Row(place)));
        }
        if self.own {
            guard::disarm_row(&mut row.record);
        }
        Ok(Some(if cells == self.header.width() { Width::Full } else { Width::Ragged { cells } }))
    }

    /// The next row as the file has it, numbered, without a word on whether it is good.
    pub(crate) fn next(&mut self, row: &mut Row) -> csv::Result<bool> {
        let some = match &mut self.rows {
            Rows::Csv(lines) => lines.step(row)?,
            Rows::Sheet(rows) => rows.step(row),
        };
        self.number += u64::from(some);
        row.number = self.number;
        Ok(some)
    }

    /// The text of the file, where it is text.
    pub(crate) fn lines(&self) -> Option<&Lines> {
        match &self.rows {
            Rows::Csv(lines) => Some(lines),
            Rows::Sheet(_) => None,
        }
    }
}

impl SheetRows {
    /// The next row that is not blank.
    fn step(&mut self, row: &mut Row) -> bool {
        while self.next < self.table.height() {
            (row.line, row.hidden) = self.table.row(self.next, &mut row.record, &mut row.troubles);
            self.next += 1;
            if !row.is_blank() || !row.troubles.is_empty() {
                return true;
            }
        }
        false
    }
}

/// The most columns that a file can have: as many as a sheet.
const MOST_COLUMNS: usize = 16_384;

/// The delimiter that a first line declares for Excel: `sep=;`.
fn declared_delimiter(text: &[u8]) -> Option<u8> {
    let line = text.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match line {
        [s @ .., delimiter] if s.eq_ignore_ascii_case(b"sep=") && delimiter.is_ascii() => Some(*delimiter),
        _ => None,
    }
}

/// What an error of the `csv` crate means to the user.
fn fault(error: csv::Error, row: Place) -> Diagnostic {
    let reason = error.to_string();
    match error.into_kind() {
        ErrorKind::Io(error) if text::is_endless(&error) => Diagnostic::new(Code::UnclosedQuote, row),
        ErrorKind::Io(error) => decode::diagnostic(&error),
        _ => Diagnostic::new(Code::AudienceUnreadable, Place::Audience).with("reason", Value::reason(reason)),
    }
}

#[cfg(test)]
mod tests {
    use csv::ByteRecord;
    use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE};
    use proptest::prelude::*;

    use super::*;
    use crate::audience::csv::decode::testing::saved;
    use crate::audience::header::DELIMITERS;

    type Table = Vec<Vec<String>>;
    /// Number, line and cells of each row.
    type Seen = Vec<(u64, u64, Vec<String>)>;

    /// The header, the rows, and the faults that ended them.
    fn all(source: &Source) -> (Vec<String>, Seen, Vec<Diagnostic>) {
        let mut reader = match Reader::open(source) {
            Ok(reader) => reader,
            Err(error) => return (Vec::new(), Vec::new(), error.faults),
        };
        let (mut row, mut rows, mut faults) = (Row::default(), Vec::new(), Vec::new());
        loop {
            match reader.read(&mut row) {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(fault) => {
                    faults.push(fault);
                    break;
                }
            }
            let cells = row.cells().expect("text").iter().map(str::to_owned).collect();
            rows.push((row.number, row.line, cells));
        }
        assert_eq!(reader.read(&mut row).expect("nothing more"), None);
        (reader.header().raw().to_vec(), rows, faults)
    }

    fn read(bytes: impl AsRef<[u8]>) -> (Seen, Vec<Diagnostic>) {
        let (_file, source) = saved(bytes.as_ref());
        let (_, rows, faults) = all(&source);
        (rows, faults)
    }

    fn lines(bytes: &str) -> Vec<(u64, u64)> {
        read(bytes).0.into_iter().map(|(number, line, _)| (number, line)).collect()
    }

    #[test]
    fn rows_are_numbered_without_the_header_and_lines_with_it() {
        assert_eq!(lines("a,b\n1,2\n3,4\n"), [(1, 2), (2, 3)]);
        assert_eq!(lines("a,b\r\n1,2\r\n3,4\r\n"), [(1, 2), (2, 3)]);
        assert_eq!(lines("a,b\n1,2\r\n3,4\n5,6"), [(1, 2), (2, 3), (3, 4)]);
    }

    #[test]
    fn lines_are_right_wherever_a_block_ends() {
        for shift in 0..34 {
            for end in ["\r\n", "\n"] {
                let row = format!("{},\"x\n\"{end}", "1".repeat(24));
                let text =
                    format!("{}{end}{}", "h".repeat(shift + 1), row.repeat(text::BLOCK / row.len() + 50));
                let (rows, faults) = read(&text);
                assert_eq!(faults, []);
                assert!(rows.iter().all(|(number, line, _)| *line == 2 * number), "{shift} {end:?}");
            }
        }
    }

    #[test]
    fn a_column_without_a_name_is_no_more_than_a_warning() {
        let (_file, source) = saved(b"a,\n1,2\n");
        let reader = Reader::open(&source).expect("readable");
        assert_eq!(reader.warnings().len(), 1);
        let (_file, source) = saved(b"a,,a\n1,2,3\n");
        assert_eq!(Reader::open(&source).expect_err("two of a name").faults.len(), 2);
    }

    #[test]
    fn blank_rows_are_skipped_and_not_numbered() {
        assert_eq!(lines("\r\n\na,b\n\n1,2\n,,,\n , \u{3000}\n3,4\n\n\n"), [(1, 5), (2, 8)]);
        assert_eq!(lines("a,b\r\n\r\n\r\n1,2\r\n,\r\n3,4\r\n"), [(1, 4), (2, 6)]);
    }

    #[test]
    fn quoted_newlines_count_as_lines() {
        assert_eq!(lines("a,b\n\"1\n1\",2\n\n3,\"\r\n\r\n\"\r\n5,6\n"), [(1, 2), (2, 5), (3, 8)]);
    }

    #[test]
    fn a_named_delimiter_is_used() {
        let (_file, mut source) = saved(b"a;b,c\n1;2,3\n");
        source.delimiter = Some(b';');
        assert_eq!(all(&source).1, [(1, 2, vec!["1".to_owned(), "2,3".to_owned()])]);
    }

    #[test]
    fn a_ragged_row_is_read_and_told() {
        let (_file, source) = saved(b"a,b\n1\n1,2\n1,2,3\n");
        let mut reader = Reader::open(&source).expect("readable");
        let mut row = Row::default();
        let mut next = || reader.read(&mut row).expect("readable");
        assert_eq!(next(), Some(Width::Ragged { cells: 1 }));
        assert_eq!(next(), Some(Width::Full));
        assert_eq!(next(), Some(Width::Ragged { cells: 3 }));
        assert_eq!(next(), None);
    }

    #[test]
    fn a_file_of_blanks_is_empty_and_a_header_alone_is_not() {
        for text in [" ", "\n\r\n", ",,\n,,", "\u{feff}\n", "\u{feff}"] {
            assert_eq!(read(text).1[0].code, Code::AudienceEmpty, "{text:?}");
        }
        assert_eq!(read("a,b"), (vec![], vec![]));
    }

    #[test]
    fn a_quote_that_nothing_closes_is_a_fault() {
        let place = |row, line, cell| Place::Row(RowPlace::new(row, line).cell(cell));
        for (text, at) in [
            ("a,b\n1,2\n\n3,\"4\n5,6\n", place(2, 4, 1)),
            ("a,b\r\n1,\"\"\"4", place(1, 2, 1)),
            ("a,b\n1,\"", place(1, 2, 1)),
            ("a,\"b\n1,2\n", Place::Header { cell: 1, column: None }),
        ] {
            assert_eq!(read(text).1, [Diagnostic::new(Code::UnclosedQuote, at)], "{text:?}");
        }
        for text in ["a,b\n1,\"2\"", "a,b\n1,\"2\"\"\"", "a,b\n1,2\"", "a,b\n1,"] {
            assert_eq!(read(text).1, [], "{text:?}");
        }
    }

    #[test]
    fn an_unclosed_quote_does_not_fill_the_memory_with_the_file() {
        let text = format!("a,b\r\n1,2\r\n3,\"4\r\n{}", "5,6\r\n".repeat(2_000_000));
        let (rows, faults) = read(&text);
        assert_eq!(rows.len(), 1);
        assert_eq!(faults, [Diagnostic::new(Code::UnclosedQuote, Place::Row(RowPlace::new(2, 3)))]);
        let header = text.replacen("a,", "a,\"", 1).replacen("3,\"", "3,", 1);
        assert_eq!(read(&header).1[0].code, Code::UnclosedQuote);
        // Below the limit it is found where it stands.
        let (_, faults) = read(&text[..3_000_000]);
        assert_eq!(faults[0].at, Place::Row(RowPlace::new(2, 3).cell(1)));
    }

    #[test]
    fn an_undecodable_byte_far_down_comes_after_the_rows_above_it() {
        let mut bytes = "openid,name\n".repeat(100_000).into_bytes();
        bytes.extend(b"x,\xB0\xA1\ny,\xFF\n");
        let (_file, mut source) = saved(&bytes);
        source.encoding = Some(encoding_rs::GBK);
        let (_, rows, faults) = all(&source);
        assert_eq!(rows.last().map(|row| row.2[1].as_str()), Some("啊"));
        assert_eq!(faults[0].at, Place::Line(100_002));
    }

    #[test]
    fn a_file_changed_while_it_is_read_is_still_checked() {
        let (_file, source) = saved("a,b\n1,x\n2,x\n".as_bytes());
        let mut reader = Reader::open(&source).expect("readable");
        let mut row = Row::default();
        reader.read(&mut row).expect("readable");
        row.record = ByteRecord::from(vec![&b"\n\xE4"[..], b"\xBD\xA0"]);
        let fault = row.cells().expect_err("cut in two");
        assert_eq!((fault.code, fault.at), (Code::Undecodable, Place::Line(3)));
        row.record = ByteRecord::from(vec![&b"x"[..], b"\xFF"]);
        assert_eq!(row.cells().expect_err("no text").values[1], ("byte", "0xFF".into()));
    }

    fn written(table: &Table, delimiter: u8, crlf: bool) -> String {
        let end = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer =
            csv::WriterBuilder::new().delimiter(delimiter).terminator(end).from_writer(Vec::new());
        for row in table {
            writer.write_record(row).expect("into memory");
        }
        String::from_utf8(writer.into_inner().expect("into memory")).expect("text")
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(bytes).collect()
    }

    fn tables() -> impl Strategy<Value = Table> {
        let cell = prop_oneof!["[,;\"\n 张三，。😀é]{0,6}", "[a-z]{0,5}", "\\PC{0,8}"];
        (1..5usize).prop_flat_map(move |width| {
            let rows = proptest::collection::vec(proptest::collection::vec(cell.clone(), width), 1..8);
            rows.prop_map(|mut table| {
                // Names must be there and differ.
                for (index, name) in table[0].iter_mut().enumerate() {
                    name.insert_str(0, &format!("n{index}"));
                }
                table
            })
        })
    }

    fn check(table: &Table, bytes: &[u8], encoding: Option<&'static Encoding>, delimiter: u8) {
        let (_file, mut source) = saved(bytes);
        (source.encoding, source.delimiter) = (encoding, Some(delimiter));
        let (header, rows, faults) = all(&source);
        let blank = |row: &&Vec<String>| row.iter().all(|cell| cell.trim().is_empty());
        let expected: Vec<_> = table[1..].iter().filter(|row| !blank(row)).cloned().collect();
        let seen: Vec<_> = rows.into_iter().map(|(_, _, cells)| cells).collect();
        assert_eq!((header, seen, faults), (table[0].clone(), expected, vec![]));
    }

    proptest! {
        #[test]
        fn any_table_reads_back_unchanged(
            table in tables(),
            delimiter in proptest::sample::select(&DELIMITERS[..]),
            crlf: bool,
        ) {
            let text = written(&table, delimiter, crlf);
            check(&table, text.as_bytes(), Some(UTF_8), delimiter);
            check(&table, format!("\u{feff}{text}").as_bytes(), Some(UTF_8), delimiter);
            check(&table, &utf16(&text, u16::to_le_bytes), None, delimiter);
            check(&table, &utf16(&text, u16::to_be_bytes), Some(UTF_16BE), delimiter);
            check(&table, &utf16(&text, u16::to_be_bytes), Some(UTF_16LE), delimiter);
            let (bytes, encoding, failed) = encoding_rs::GB18030.encode(&text);
            if !failed && encoding.decode_without_bom_handling(&bytes).0 == text {
                check(&table, &bytes, Some(encoding), delimiter);
            }
        }

        #[test]
        fn no_bytes_make_it_panic(
            bytes in proptest::collection::vec(
                prop_oneof![any::<u8>(), proptest::sample::select(&b"a,;\t\"\r\n\xEF\xBB\xBF\xFE\xFF\xE5"[..])],
                0..300,
            ),
            encoding in proptest::sample::select(vec![
                None, Some(UTF_8), Some(UTF_16LE), Some(encoding_rs::GB18030), Some(encoding_rs::ISO_2022_JP),
                Some(encoding_rs::REPLACEMENT), Some(encoding_rs::BIG5),
            ]),
            delimiter in proptest::sample::select(vec![None, Some(b'"'), Some(b'\n'), Some(b'|')]),
        ) {
            let (_file, mut source) = saved(&bytes);
            (source.encoding, source.delimiter) = (encoding, delimiter);
            let (_, rows, mut faults) = all(&source);
            faults.extend((0..4).map(|cell| {
                let row = rows.last().map_or(0, |row| row.0);
                Diagnostic::new(Code::CellBlank, Place::Row(RowPlace::new(row, 1).cell(cell)))
            }));
            crate::audience::locate::fill(&source, &mut faults);
        }
    }
}
