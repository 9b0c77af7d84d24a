//! The different cells of a column, as far as anybody wants to read them.

/// More different cells than this are not told one by one.
const MOST: usize = 10;

/// What was seen in the cells of a column, and in which row first.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    known: Vec<Known>,
    /// Whether there are more than those that are known.
    more: bool,
}

/// A text that some cells have.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) text: String,
    /// The first row that has it.
    pub(super) row: u64,
    /// How many rows have it; not all of them where there are more than are known.
    pub(super) count: u64,
}

impl Values {
    /// Takes in a cell.
    pub(super) fn add(&mut self, row: u64, text: &str) {
        if let Some(known) = self.known.iter_mut().find(|known| known.text == text) {
            known.count += 1;
        } else if self.known.len() < MOST {
            self.known.push(Known { text: text.to_owned(), row, count: 1 });
        } else {
            self.more = true;
        }
    }

    /// Takes in what another judge saw. Whoever saw which row, the first ones of all rows stay.
    pub(super) fn absorb(&mut self, other: Self) {
        for theirs in other.known {
            match self.known.iter_mut().find(|known| known.text == theirs.text) {
                Some(known) => {
                    known.row = known.row.min(theirs.row);
                    known.count += theirs.count;
                }
                None => self.known.push(theirs),
            }
        }
        self.known.sort_by_key(|known| known.row);
        self.more |= other.more || self.known.len() > MOST;
        self.known.truncate(MOST);
    }

    /// All of them in the order of their first rows, where there are not too many.
    pub(super) fn all(&self) -> Option<&[Known]> {
        (!self.more).then_some(&self.known)
    }

    /// Whether a cell like this is known.
    pub(super) fn holds(&self, text: &str) -> bool {
        self.known.iter().any(|known| known.text == text)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The first ones.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(|known| known.text.as_str())
    }

    /// The first ones as a person reads them.
    pub(super) fn listed(&self) -> String {
        /// Of a long text so many characters say which one it is.
        const LONGEST: usize = 20;
        let short = |text: &str| {
            let cut: String = text.chars().take(LONGEST).collect();
            let dots = if cut.len() < text.len() { "…" } else { "" };
            format!("`{cut}{dots}`")
        };
        let listed: Vec<String> = self.texts().map(short).collect();
        listed.join(" ") + if self.more { " …" } else { "" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(rows: impl IntoIterator<Item = (u64, u64)>) -> Values {
        let mut values = Values::default();
        rows.into_iter().for_each(|(row, text)| values.add(row, &text.to_string()));
        values
    }

    #[test]
    fn the_first_of_all_rows_are_kept_however_the_rows_were_shared_out() {
        let rows: Vec<(u64, u64)> = (1..200).map(|row| (row, row * row % 23)).collect();
        let whole = values(rows.iter().copied());
        for parts in 2..5 {
            let mut sum = Values::default();
            for part in 0..parts {
                sum.absorb(values(rows.iter().copied().filter(|(row, _)| row / 7 % parts == part)));
            }
            assert_eq!(sum.listed(), whole.listed());
            assert!(sum.all().is_none());
        }
        let few = values([(1, 5), (2, 6), (3, 5)]);
        let all = few.all().expect("two are few");
        assert_eq!(all.iter().map(|known| (known.row, known.count)).collect::<Vec<_>>(), [(1, 2), (2, 1)]);
        assert_eq!(few.listed(), "`5` `6`");
    }
}
