//! Cells as spreadsheets name them, `B2:D4`.

use crate::audience::workbook::cell::Region;

/// More pieces of a sheet than this are named by no conditions that anybody made.
pub(super) const MOST_REGIONS: usize = 1_000_000;

/// Rectangles of cells, with blanks between them.
pub(super) fn rectangles(cells: &str) -> Vec<Region> {
    cells.split_whitespace().filter_map(rectangle).take(MOST_REGIONS).collect()
}

/// `B2:D4`, `B2`, `B:B` or `2:4` as a rectangle.
pub(super) fn rectangle(cells: &str) -> Option<Region> {
    let cells = cells.replace('$', "");
    if let Some(region) = region(&cells) {
        return Some(region);
    }
    let (first, last) = cells.split_once(':').unwrap_or((&cells, &cells));
    if first.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((position(&format!("A{first}"))?, position(&format!("XFD{last}"))?));
    }
    if first.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Some((position(&format!("{first}1"))?, position(&format!("{last}1048576"))?));
    }
    Some((position(first)?, position(last)?))
}

/// `B2:D4` as a rectangle.
pub(super) fn region(cells: &str) -> Option<Region> {
    let (first, last) = cells.split_once(':')?;
    Some((position(first)?, position(last)?))
}

/// `C17` as row and column from 0.
pub(super) fn position(cell: &str) -> Option<(u32, u32)> {
    let digits = cell.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = cell.split_at(digits);
    let column = letters.bytes().try_fold(0u32, |column, letter| {
        let number = letter.is_ascii_uppercase().then(|| u32::from(letter - b'A') + 1)?;
        column.checked_mul(26)?.checked_add(number)
    })?;
    Some((row.parse::<u32>().ok()?.checked_sub(1)?, column.checked_sub(1)?))
}

/// Rectangles as OpenDocument names them, each cell with its sheet: `名单.B2:名单.B9 'a b'.D2`.
pub(super) fn addressed(addresses: &str) -> Vec<Region> {
    let mut plain = String::with_capacity(addresses.len());
    let mut quoted = false;
    for c in addresses.chars() {
        match c {
            '\'' => quoted = !quoted,
            // Nothing in the name of a sheet is a sign.
            '.' | ':' | ' ' if quoted => plain.push('_'),
            c => plain.push(c),
        }
    }
    let without_sheet = |cell: &str| cell.rsplit('.').next().unwrap_or(cell).replace('$', "");
    let rectangle = |cells: &str| {
        let (first, last) = cells.split_once(':').unwrap_or((cells, cells));
        Some((position(&without_sheet(first))?, position(&without_sheet(last))?))
    };
    plain.split(' ').filter_map(rectangle).take(MOST_REGIONS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_conditions_are_read_in_each_of_their_forms() {
        for (cells, read) in [
            ("B2:C3", ((1, 1), (2, 2))),
            ("B2", ((1, 1), (1, 1))),
            ("$B:$C", ((0, 1), (1_048_575, 2))),
            ("2:3", ((1, 0), (2, 16_383))),
        ] {
            assert_eq!(rectangle(cells), Some(read), "{cells}");
        }
        assert_eq!(rectangle("?"), None);
    }

    #[test]
    fn cells_with_their_sheets_are_read() {
        let two = [((1, 1), (8, 1)), ((1, 3), (1, 3))];
        assert_eq!(addressed("名单.B2:名单.B9 '$a. b'.$D$2"), two);
        assert_eq!(addressed(""), []);
    }

    #[test]
    fn regions_are_read() {
        assert_eq!(region("A1:C3"), Some(((0, 0), (2, 2))));
        assert_eq!(region("AA10:AB10"), Some(((9, 26), (9, 27))));
        for bad in ["", "A1", "1:2", "A0:B1", "a1:b2", "ZZZZZZZZ1:A1"] {
            assert_eq!(region(bad), None, "{bad}");
        }
    }
}
