//! What the header of an audience file tells: the names of the columns, and what separates them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::audience::csv::guard;
use crate::audience::csv::quotes::Part;
use crate::audience::damage::is_invisible;
use crate::audience::openid;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, alike};

/// The delimiters that are found out; the first where none stands out.
pub(crate) const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// So many names are listed where one is not among them.
const MOST_LISTED: usize = 100;

/// The names of the columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Header {
    raw: Vec<String>,
}

impl Header {
    pub(crate) fn new(raw: Vec<String>) -> Self {
        Self { raw }
    }

    /// The names exactly as they stand in the file, blanks around them included.
    pub(crate) fn raw(&self) -> &[String] {
        &self.raw
    }

    /// The names without the blanks around them, as templates and rules write them. Empty for a column without one.
    pub(crate) fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.raw.iter().map(|name| trimmed(name))
    }

    /// The names as a fault may list them: an openid among them is no name but a row that was taken for the names.
    pub(crate) fn listed(&self) -> String {
        let hidden = |name: &str| match openid::check(name) {
            Ok(openid::Shape::Usual) => format!("{}***", &name[..3]),
            Ok(openid::Shape::Odd) | Err(_) => name.to_owned(),
        };
        let mut listed: Vec<String> = self.names().take(MOST_LISTED).map(hidden).collect();
        if self.names().nth(MOST_LISTED).is_some() {
            listed.push("…".to_owned());
        }
        listed.join(", ")
    }

    /// How many columns there are.
    pub(crate) fn width(&self) -> usize {
        self.raw.len()
    }

    /// The index, from 0, of the column with exactly this name.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.names().position(|candidate| candidate == name)
    }

    /// Everything wrong with the names: two of the same, and none at all.
    pub(crate) fn judge(&self) -> Vec<Diagnostic> {
        let mut first = HashMap::new();
        let (mut faults, mut unnamed) = (Vec::new(), Vec::new());
        for (cell, name) in self.names().enumerate() {
            let place = Place::Header { cell, column: None };
            if name.is_empty() {
                unnamed.push(cell + 1);
            } else if let Some(earlier) = first.get(name) {
                let fault = Diagnostic::new(Code::DuplicateColumn, place);
                faults.push(fault.with("name", name).with("number", cell + 1).with("first", *earlier));
            } else {
                first.insert(name, cell + 1);
            }
        }
        faults.extend(self.alike());
        faults.extend(self.of_results());
        if let Some(number) = unnamed.first() {
            let place = Place::Header { cell: number - 1, column: None };
            let columns: Vec<String> = unnamed.iter().take(10).map(usize::to_string).collect();
            let more = if unnamed.len() > columns.len() { " …" } else { "" };
            let fault = Diagnostic::new(Code::UnnamedColumn, place).with("count", unnamed.len());
            faults.push(fault.with("columns", columns.join(", ") + more));
        }
        faults
    }
}

impl Header {
    /// Names that look the same as an earlier one and are not.
    fn alike(&self) -> Vec<Diagnostic> {
        let mut looks: HashMap<String, (usize, &str)> = HashMap::new();
        let mut faults = Vec::new();
        for (cell, name) in self.names().enumerate().filter(|(_, name)| !name.is_empty()) {
            match looks.entry(alike::folded(name)) {
                Entry::Vacant(free) => {
                    free.insert((cell, name));
                }
                Entry::Occupied(taken) => {
                    let (first, other) = *taken.get();
                    let place = Place::Header { cell, column: None };
                    let told = Diagnostic::new(Code::AlikeColumns, place)
                        .with("first", first + 1)
                        .with("number", cell + 1)
                        .with("other", other);
                    faults.extend((other != name).then(|| told.with("name", name).alike_to(other, name)));
                }
            }
        }
        faults
    }

    /// The fault of a header that has some of the columns that results add. With all of them it is that of results.
    fn of_results(&self) -> Option<Diagnostic> {
        let names: Vec<&str> = self.names().collect();
        if guard::results_columns(&names).is_some() {
            return None;
        }
        let own = |name: &&str| guard::RESULTS.iter().flatten().any(|own| own == name);
        let cell = names.iter().position(own)?;
        let columns: Vec<&str> = names.into_iter().filter(own).collect();
        let place = Place::Header { cell, column: None };
        Some(Diagnostic::new(Code::ResultsColumns, place).with("columns", columns.join(", ")))
    }
}

/// A name without the blanks around it; those that nobody sees, too.
pub(crate) fn trimmed(name: &str) -> &str {
    name.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// Finds out the delimiter: the one that separates most cells of the header, the first line that has text.
pub(crate) fn delimiter_of(text: &[u8]) -> u8 {
    let mut counts = [0; DELIMITERS.len()];
    let (mut part, mut blank) = (Part::Start, true);
    for byte in text {
        let delimiter = DELIMITERS.iter().position(|delimiter| delimiter == byte);
        let outside = part != Part::Quoted;
        part = part.after(char::from(*byte), delimiter.is_some());
        match delimiter {
            _ if outside && matches!(byte, b'\r' | b'\n') => {
                if !blank {
                    break;
                }
                counts = [0; DELIMITERS.len()];
            }
            Some(index) if outside => counts[index] += 1,
            _ => blank &= byte.is_ascii_whitespace() || *byte == b'"',
        }
    }
    let most = counts.iter().copied().max().expect("there are delimiters");
    let mut best = DELIMITERS.iter().zip(counts).filter(|(_, count)| *count == most);
    match (best.next(), best.next()) {
        (Some((delimiter, _)), None) => *delimiter,
        _ => DELIMITERS[0],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &[&str]) -> Header {
        Header::new(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn the_delimiter_is_found_in_the_header_outside_quotes() {
        let found = |text: &str| char::from(delimiter_of(text.as_bytes()));
        assert_eq!(found("a,b\n1;2;3\n"), ',');
        assert_eq!(found("\n;;\r\n\"\";\" \"\na\tb\n"), '\t');
        assert_eq!(found("a\tb\tc,d\n"), '\t');
        assert_eq!(found("\"x,y,\"\",z\";b\n"), ';');
        assert_eq!(found("\"x\n,y,\"\t\n"), '\t');
        assert_eq!(found("a\"b;c\n"), ';');
    }

    #[test]
    fn no_delimiter_or_a_tie_is_a_comma() {
        for text in ["", "openid\n1;2;3\n", "a;b,c\n", "a;b\tc\n"] {
            assert_eq!(delimiter_of(text.as_bytes()), b',', "{text:?}");
        }
    }

    #[test]
    fn names_are_found_without_blanks_around_them_and_kept_with_them() {
        let header = header(&[" openid ", "姓名"]);
        assert_eq!(header.position("openid"), Some(0));
        assert_eq!(header.position("姓名"), Some(1));
        assert_eq!(header.position("OpenID"), None);
        assert_eq!(header.raw()[0], " openid ");
    }

    #[test]
    fn all_faults_come_at_once() {
        let faults = header(&["a", "b", "", "a", "b "]).judge();
        let at = |cell| Place::Header { cell, column: None };
        let seen: Vec<_> = faults.iter().map(|fault| (fault.code, fault.at.clone())).collect();
        let (unnamed, duplicate) = (Code::UnnamedColumn, Code::DuplicateColumn);
        assert_eq!(seen, [(duplicate, at(3)), (duplicate, at(4)), (unnamed, at(2))]);
        assert_eq!(faults[2].values, [("count", 1_u64.into()), ("columns", "3".into())]);
        assert_eq!(
            faults[1].values,
            [("name", "b".into()), ("number", 5_u64.into()), ("first", 2_u64.into())]
        );
    }
}
