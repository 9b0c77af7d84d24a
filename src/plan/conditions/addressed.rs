//! Cells that are put into the query of an address as they are: a `"` ends the address, a `#` or a `&` cuts the value.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::plan::renderer::variable_of;

/// A column in an address, and what was seen of it.
#[derive(Debug, Clone)]
pub(super) struct Addressed {
    at: FieldPath,
    column: usize,
    name: String,
    count: u64,
    /// The first row whose cell does not come through, and the cell.
    first: Option<(u64, String)>,
}

impl Addressed {
    pub(super) fn new(at: &FieldPath, column: usize, name: &str) -> Self {
        Self { at: at.clone(), column, name: name.to_owned(), count: 0, first: None }
    }

    pub(super) fn column(&self) -> usize {
        self.column
    }

    pub(super) fn look(&mut self, row: u64, cell: &str) {
        if is_changed(cell) {
            self.count += 1;
            self.first.get_or_insert_with(|| (row, cell.to_owned()));
        }
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.count += other.count;
        self.first = match (self.first.take(), other.first) {
            (Some(one), Some(other)) => Some(if one.0 <= other.0 { one } else { other }),
            (one, other) => one.or(other),
        };
    }

    pub(super) fn told(self) -> Option<Diagnostic> {
        let (row, example) = self.first?;
        let variable = variable_of(&self.name);
        let name = variable.trim_start_matches("{{").trim_end_matches("}}");
        let told = Diagnostic::new(Code::RawInAddress, Place::Field(self.at.clone()))
            .with("field", &self.at)
            .with("column", &self.name)
            .with("count", self.count)
            .with("example", example)
            .with("places", row)
            .with("instead", format!("{{{{url_encode {name}}}}}"));
        Some(told)
    }
}

/// Whether a value means something else in the query of an address, or ends it. What is encoded already does not.
fn is_changed(cell: &str) -> bool {
    let bytes = cell.as_bytes();
    let encoded =
        |at: usize| bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
    bytes.iter().enumerate().any(|(at, byte)| match byte {
        b'%' => !encoded(at),
        b'&' | b'#' | b'+' | b'"' | b'\'' | b'<' | b'>' | b'\\' | b' ' => true,
        byte => byte.is_ascii_control(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_come_through_is_told() {
        for changed in ["a&b", "A#1", "A+1", "A%1", "张\"三\"", "a b", "%e5%b"] {
            assert!(is_changed(changed), "{changed}");
        }
        for sound in ["A1", "%E5%BC%A0", "张三", "a=b/c", ""] {
            assert!(!is_changed(sound), "{sound}");
        }
    }
}
