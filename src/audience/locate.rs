//! The exact line and column of a faulty cell.
//!
//! Rows are streamed without either, because hardly any row has a fault. For those that have, the file is read
//! once more and the raw text of just these rows is looked at.

use std::cmp::Ordering;

use crate::audience::csv::quotes::Starts;
use crate::audience::reader::Reader;
use crate::audience::row::Row;
use crate::audience::source::Source;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::place::Place;

/// Fills in the columns of all cells that have none yet, and the line where a cell begins below the line its row
/// begins on. A file that cannot be read any more leaves the places as they are.
pub(crate) fn fill(source: &Source, diagnostics: &mut [Diagnostic]) {
    fill_places(source, diagnostics.iter_mut().map(|one| &mut one.at));
}

/// The same for the cells of a file beside the audience.
pub(crate) fn fill_beside(source: &Source, diagnostics: &mut [Diagnostic]) {
    let places = diagnostics.iter_mut().filter_map(|one| match &mut one.at {
        Place::List(list) if list.file == source.path => Some(&mut list.at),
        _ => None,
    });
    fill_places(source, places);
}

fn fill_places<'a>(source: &Source, places: impl Iterator<Item = &'a mut Place>) {
    let mut wanted: Vec<Wanted<'_>> = places.filter_map(Wanted::of).collect();
    wanted.sort_by_key(|one| one.row);
    // What could not be looked up any more stays without a column.
    let _ = look_up(source, &mut wanted);
}

fn look_up(source: &Source, wanted: &mut [Wanted<'_>]) -> Option<()> {
    if wanted.is_empty() {
        return Some(());
    }
    let (mut reader, mut row) = Reader::begin(source).ok()?;
    // The cells of a workbook need no looking up.
    let delimiter = reader.lines()?.delimiter();
    let mut text = reader.lines()?.text_again().ok()?;
    let mut starts: Option<Starts> = None;
    for one in wanted {
        if row.number < one.row {
            advance(&mut reader, &mut row, one.row)?;
            starts = None;
        }
        if starts.is_none() {
            let piece = text.piece(row.from, row.to).ok()?;
            starts = Some(Starts::of(&piece, delimiter));
        }
        one.fill(row.line, starts.as_ref()?);
    }
    Some(())
}

fn advance(reader: &mut Reader, row: &mut Row, to: u64) -> Option<()> {
    loop {
        if !reader.next(row).ok()? {
            return None;
        }
        match row.number.cmp(&to) {
            Ordering::Less => {}
            Ordering::Equal => return Some(()),
            Ordering::Greater => return None,
        }
    }
}

/// A place that lacks its column; row 0 is the header.
struct Wanted<'a> {
    row: u64,
    cell: usize,
    line: Option<&'a mut u64>,
    column: &'a mut Option<u64>,
}

impl<'a> Wanted<'a> {
    fn of(place: &'a mut Place) -> Option<Self> {
        match place {
            Place::Header { cell, column: column @ None } => {
                Some(Self { row: 0, cell: *cell, line: None, column })
            }
            Place::Row(at) if at.column.is_none() => {
                Some(Self { row: at.row, cell: at.cell?, line: Some(&mut at.line), column: &mut at.column })
            }
            _ => None,
        }
    }

    fn fill(&mut self, row_line: u64, starts: &Starts) {
        let Some((below, column)) = starts.cells.get(self.cell).copied() else {
            return;
        };
        if let Some(line) = &mut self.line {
            **line = row_line + below;
        }
        *self.column = Some(column);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::audience::csv::decode::testing::saved;
    use crate::diagnostic::code::Code;
    use crate::diagnostic::place::RowPlace;

    /// Looks up cells of rows, row 0 being the header, and gives line and column.
    fn found(bytes: &[u8], cells: &[(u64, usize)]) -> Vec<(u64, Option<u64>)> {
        let (_file, source) = saved(bytes);
        let mut row = Row::default();
        let mut lines = vec![1];
        let mut reader = Reader::begin(&source).expect("readable").0;
        while reader.next(&mut row).expect("readable") {
            lines.push(row.line);
        }
        let place = |(row, cell): (u64, usize)| match row {
            0 => Place::Header { cell, column: None },
            _ => Place::Row(RowPlace::new(row, lines[row as usize]).cell(cell)),
        };
        let mut diagnostics: Vec<_> =
            cells.iter().map(|cell| Diagnostic::new(Code::CellBlank, place(*cell))).collect();
        fill(&source, &mut diagnostics);
        let position = |one: &Diagnostic| match &one.at {
            Place::Row(at) => (at.line, at.column),
            Place::Header { column, .. } => (1, *column),
            _ => (0, None),
        };
        diagnostics.iter().map(position).collect()
    }

    #[test]
    fn cells_are_found_by_character_in_any_order() {
        let text = "姓名,b,c\r\n,,\r\n张三,😀x,\r\n\r\n\"a\"\"，\",2,3\r\n";
        let cells = [(2, 1), (1, 2), (0, 1), (1, 0), (1, 1), (2, 2)];
        let places = [(5, Some(8)), (3, Some(7)), (1, Some(4)), (3, Some(1)), (3, Some(4)), (5, Some(10))];
        assert_eq!(found(text.as_bytes(), &cells), places);
        let gb = encoding_rs::GB18030.encode(text).0;
        assert_eq!(found(&gb, &cells), places);
        let wide: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(found(&wide, &cells), places);
    }

    #[test]
    fn cells_behind_a_quoted_newline_begin_on_a_later_line() {
        let text = b"a,b,c\n1,\"x\ny\r\n\",3\n4,5,6\n";
        let cells = [(1, 1), (1, 2), (2, 0)];
        assert_eq!(found(text, &cells), [(2, Some(3)), (4, Some(3)), (5, Some(1))]);
    }

    #[test]
    fn a_cell_or_row_that_is_not_there_is_left_alone() {
        assert_eq!(found(b"a,b\n1\n", &[(1, 1), (1, 0)]), [(2, None), (2, Some(1))]);
        let (_file, source) = saved(b"a,b\n1,2\n");
        let place = Place::Row(RowPlace::new(9, 10).cell(0));
        let mut one = [Diagnostic::new(Code::CellBlank, place.clone())];
        fill(&source, &mut one);
        assert_eq!(one[0].at, place);
    }

    #[test]
    fn a_header_with_faults_is_looked_up_too() {
        assert_eq!(
            found(b"a,,\"a\",a\n", &[(0, 1), (0, 2), (0, 3)]),
            [(1, Some(3)), (1, Some(4)), (1, Some(8))]
        );
    }

    #[test]
    fn rows_far_apart_are_found_in_one_pass() {
        let text = format!("a,b\n{}", "12345,\"字\"\n".repeat(100_000));
        assert_eq!(found(text.as_bytes(), &[(100_000, 1), (1, 1)]), [(100_001, Some(7)), (2, Some(7))]);
    }

    proptest! {
        #[test]
        fn a_row_has_as_many_places_as_cells(text in "[a,字\"\n\r]{0,60}") {
            let (_file, source) = saved(format!("header\n{text}").as_bytes());
            let (mut reader, mut row) = Reader::begin(&source).expect("readable");
            let mut again = reader.lines().expect("text").text_again().expect("readable");
            while reader.next(&mut row).expect("readable") {
                let starts = Starts::of(&again.piece(row.from, row.to).expect("readable"), b',');
                prop_assert_eq!(starts.cells.len(), row.record().len());
            }
        }

        /// A file laid out by hand: for each row its cells, whether they are quoted, how it ends and what is around it.
        #[test]
        fn every_cell_is_found_where_it_was_put(
            rows in proptest::collection::vec(
                (
                    proptest::collection::vec((any::<bool>(), "[a-z字😀]{1,4}", "[,\n\"字]{0,3}"), 1..4),
                    proptest::sample::select(vec!["\n", "\r\n"]),
                    proptest::sample::select(vec!["", "", "\n", "\r\n", ",,\n", " ,\r\n", "\n\r\n\r\n"]),
                ),
                1..12,
            ),
        ) {
            let mut text = "header\n".to_owned();
            let (mut cells, mut places) = (Vec::new(), Vec::new());
            for (index, (row, end, after)) in rows.iter().enumerate() {
                for (cell, (quoted, plain, special)) in row.iter().enumerate() {
                    let lines: Vec<_> = text.split('\n').collect();
                    cells.push((index as u64 + 1, cell));
                    places.push((lines.len() as u64, lines.last().map(|line| line.chars().count() as u64 + 1)));
                    if *quoted {
                        text.push_str(&format!("\"{plain}{}\"", special.replace('"', "\"\"")));
                    } else {
                        text.push_str(plain);
                    }
                    text.push_str(if cell + 1 < row.len() { "," } else { end });
                }
                text.push_str(after);
            }
            prop_assert_eq!(found(text.as_bytes(), &cells), places);
        }
    }
}
