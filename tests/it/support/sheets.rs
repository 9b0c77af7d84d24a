//! Workbooks made by hand, part by part, for what no program writes on purpose.

use std::io::{Cursor, Read, Write};

use rust_xlsxwriter::{Format, Workbook};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A zip file of these parts.
pub fn zipped(parts: &[(&str, &str)]) -> Vec<u8> {
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    zipped_bytes(&parts)
}

/// The same of parts that are no texts.
pub fn zipped_bytes(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).expect("a part");
        zip.write_all(text).expect("room for it");
    }
    zip.finish().expect("a zip file").into_inner()
}

/// An .xlsx whose only sheet has this XML inside `<worksheet>`, with these shared texts and these number formats, which
/// the styles 1, 2 and so on have.
pub fn xlsx(sheet: &str, texts: &[&str], formats: &[&str]) -> Vec<u8> {
    let texts: String =
        texts.iter().map(|text| format!("<si><t xml:space=\"preserve\">{text}</t></si>")).collect();
    let codes: String = (164..)
        .zip(formats)
        .map(|(id, code)| {
            format!("<numFmt numFmtId=\"{id}\" formatCode=\"{}\"/>", code.replace('"', "&quot;"))
        })
        .collect();
    let styles: String = (164..).zip(formats).map(|(id, _)| format!("<xf numFmtId=\"{id}\"/>")).collect();
    zipped(&[
        (
            "xl/workbook.xml",
            "<workbook xmlns:r=\"r\"><sheets><sheet name=\"名单\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
        ),
        (
            "xl/_rels/workbook.xml.rels",
            "<Relationships><Relationship Id=\"rId1\" Type=\"x/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
             <Relationship Id=\"rId2\" Type=\"x/sharedStrings\" Target=\"SharedStrings.xml\"/></Relationships>",
        ),
        ("xl/SharedStrings.xml", &format!("<sst>{texts}</sst>")),
        (
            "xl/styles.xml",
            &format!(
                "<styleSheet><numFmts>{codes}</numFmts><cellXfs><xf numFmtId=\"0\"/>{styles}</cellXfs></styleSheet>"
            ),
        ),
        ("xl/worksheets/sheet1.xml", &format!("<worksheet>{sheet}</worksheet>")),
    ])
}

/// A workbook of one sheet with these texts, by row and column.
pub fn sheet(cells: &[(u32, u16, &str)]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, column, text) in cells {
        sheet.write_string(*row, *column, *text).expect("a cell");
    }
    book.save_to_buffer().expect("a workbook")
}

/// A workbook of one sheet: the columns `openid` and `a`, and in each row an openid and a number in a format.
pub fn numbers(cells: &[(f64, &str)]) -> Vec<u8> {
    formatted(cells.iter().map(|(value, format)| (*value, Format::new().set_num_format(*format))))
}

/// The same in formats that Excel knows by their number.
pub fn built_in(cells: &[(f64, u8)]) -> Vec<u8> {
    formatted(cells.iter().map(|(value, format)| (*value, Format::new().set_num_format_index(*format))))
}

fn formatted(cells: impl Iterator<Item = (f64, Format)>) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "openid").expect("a cell");
    sheet.write_string(0, 1, "a").expect("a cell");
    for (row, (value, format)) in (1..).zip(cells) {
        sheet.write_string(row, 0, super::openid(row as usize)).expect("a cell");
        sheet.write_number_with_format(row, 1, value, &format).expect("a cell");
    }
    book.save_to_buffer().expect("a workbook")
}

/// The parts of a zip file, by name.
pub fn parts_of(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).expect("a zip file");
    let parts = zip.len();
    let read = |at| {
        let mut part = zip.by_index(at).expect("a part");
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).expect("a sound part");
        (part.name().expect("a name").into_owned(), bytes)
    };
    (0..parts).map(read).collect()
}

/// A record of an .xlsb: its number and its length in seven bits a byte.
pub fn record_of_xlsb(kind: u16, data: &[u8]) -> Vec<u8> {
    let mut record = Vec::new();
    for mut number in [usize::from(kind), data.len()] {
        while number > 0x7F {
            record.push(u8::try_from(number & 0x7F).expect("seven bits") | 0x80);
            number >>= 7;
        }
        record.push(u8::try_from(number).expect("seven bits"));
    }
    record.extend(data);
    record
}

/// A record of an .xls.
pub fn record_of_xls(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("a short record");
    [&kind.to_le_bytes()[..], &length.to_le_bytes(), data].concat()
}

/// The stream of an .xls that holds its records.
pub fn stream_of_xls(file: &[u8]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::open(Cursor::new(file)).expect("a compound file");
    let mut stream = Vec::new();
    file.open_stream("/Workbook").expect("a workbook").read_to_end(&mut stream).expect("a sound stream");
    stream
}

/// An .xls with this stream.
pub fn xls_of(stream: &[u8]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("room for it");
    file.create_stream("/Workbook").expect("a stream").write_all(stream).expect("room for it");
    file.into_inner().into_inner()
}
