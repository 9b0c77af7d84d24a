//! Columns that have few values, such as a city or a level of membership: what a list is parted by when people ask how it
//! went with whom.

/// A column has so many values at most.
pub(crate) const MOST: usize = 12;

/// Of a column that somebody asks for, so many values are told apart; the rest are counted together.
const WANTED: usize = 200;
/// What stands for the rest.
const OTHERS: &str = "…";

/// For each value of such a column something about the rows that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Few<T> {
    columns: Vec<Column<T>>,
    rows: u64,
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self { columns: Vec::new(), rows: 0 }
    }
}

/// A column and its values, in the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column<T> {
    /// Its name.
    pub(crate) name: String,
    /// Where it stands among the cells.
    pub(crate) cell: usize,
    /// Its values; nothing once they were too many.
    values: Option<Vec<(String, T)>>,
    /// Whether it is one whatever its values: somebody asked for it.
    wanted: bool,
}

impl<T: Default> Few<T> {
    /// Of columns by name and place, before the first row.
    pub(crate) fn of(columns: impl IntoIterator<Item = (usize, String)>) -> Self {
        Self::asked(columns, false)
    }

    /// The same of columns that somebody asked for, however many values they have.
    pub(crate) fn wanted(columns: impl IntoIterator<Item = (usize, String)>) -> Self {
        Self::asked(columns, true)
    }

    fn asked(columns: impl IntoIterator<Item = (usize, String)>, wanted: bool) -> Self {
        let open = |(cell, name)| Column { name, cell, values: Some(Vec::new()), wanted };
        Self { columns: columns.into_iter().map(open).collect(), rows: 0 }
    }

    /// Takes a row. `cell` gives what stands in a place of it, and `take` is called for each value that it has.
    pub(crate) fn add<'c>(&mut self, cell: impl Fn(usize) -> &'c str, mut take: impl FnMut(&mut T)) {
        self.rows += 1;
        for column in &mut self.columns {
            let Some(values) = &mut column.values else { continue };
            let text = cell(column.cell).trim();
            match values.iter().position(|(value, _)| value == text) {
                Some(known) => take(&mut values[known].1),
                None if values.len() == MOST && !column.wanted => column.values = None,
                None if values.len() >= WANTED => {
                    let others = values.get_mut(WANTED).map(|(_, others)| others);
                    match others {
                        Some(others) => take(others),
                        None => {
                            let mut others = T::default();
                            take(&mut others);
                            values.push((OTHERS.to_owned(), others));
                        }
                    }
                }
                None => {
                    let mut of_value = T::default();
                    take(&mut of_value);
                    values.push((text.to_owned(), of_value));
                }
            }
        }
    }

    /// The columns that part the rows: of two values or more, and of clearly fewer than there are rows.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&Column<T>, &[(String, T)])> {
        let of_column = |column: &Column<T>, values: &[(String, T)]| {
            let count = u64::try_from(values.len()).expect("a count of what is in memory");
            column.wanted || (count > 1 && count.saturating_mul(3) <= self.rows)
        };
        let all = self.columns.iter().filter_map(|column| Some((column, column.values.as_deref()?)));
        all.filter(move |(column, values)| of_column(column, values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(rows: &[[&str; 2]], wanted: bool) -> Vec<(String, Vec<(String, u64)>)> {
        let columns = [(0, "name".to_owned()), (1, "level".to_owned())];
        let mut few: Few<u64> = if wanted { Few::wanted(columns) } else { Few::of(columns) };
        for row in rows {
            few.add(|cell| row[cell], |count| *count += 1);
        }
        few.parts().map(|(column, values)| (column.name.clone(), values.to_vec())).collect()
    }

    #[test]
    fn a_column_of_few_values_parts_a_list_and_one_of_names_does_not() {
        let rows: Vec<String> = (0..40).map(|index| format!("person {index}")).collect();
        let rows: Vec<[&str; 2]> = rows
            .iter()
            .enumerate()
            .map(|(index, name)| [name.as_str(), if index % 4 == 0 { "gold" } else { " blue " }])
            .collect();
        let expected = vec![("level".to_owned(), vec![("gold".to_owned(), 10), ("blue".to_owned(), 30)])];
        assert_eq!(counted(&rows, false), expected);
        assert_eq!(counted(&rows, true).len(), 2, "who asks for a column gets it");
        assert_eq!(counted(&rows[..2], false), [], "two people are no parts of a list");
    }
}
