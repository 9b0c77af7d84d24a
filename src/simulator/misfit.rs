//! What is wrong with a scenario, as data: the key of a sentence and the values for its places.

use std::fmt::Display;

/// Stands between the parts of a misfit: serde carries nothing but text.
const MARK: char = '\u{1f}';

/// The key of a sentence below `scenario`, and the name and the value of each of its places.
pub(crate) fn misfit(key: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut text = format!("scenario.{key}{MARK}");
    for (name, value) in values {
        text += &format!("{name}{MARK}{value}{MARK}");
    }
    text
}
