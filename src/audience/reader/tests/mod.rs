//! What the reader makes of files as people have them.

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
            let text = format!("{}{end}{}", "h".repeat(shift + 1), row.repeat(text::BLOCK / row.len() + 50));
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
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(end).from_writer(Vec::new());
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
