//! How values are written, as patterns of the published schemas: an editor marks a slip before the program is asked.
//!
//! A pattern takes whatever the program takes. What it cannot say, such as that an hour has no 61 minutes, the program says.

/// A [`Rate`](crate::campaign::rate::Rate).
pub(crate) const RATE: &str = r"^\s*\+?[0-9]*[1-9][0-9]*\s*/\s*(s|sec|second|m|min|minute|h|hour)\s*$";

/// A [length of time](crate::campaign::duration): numbers with units, in words or as ISO 8601 and clocks have them.
pub(crate) const LENGTH: &str =
    r"^\s*\+?(([0-9]+([.,][0-9]+)?\s*[a-zA-Zµμ]+[,\s]*)+([0-9]+:.*)?|[Pp][0-9A-Za-z.,]+|[0-9]+:[0-9].*)$";

/// A [`Percentage`](crate::campaign::percentage::Percentage).
pub(crate) const SHARE: &str = r"^\s*0*([0-9]{1,2}(\.[0-9]{0,2})?|100(\.0{0,2})?)\s*%\s*$";

/// What stands between two cells of a CSV.
pub(crate) const DELIMITER: &str = r#"^(auto|tab|\\t|[\x00-\x09\x0b\x0c\x0e-!#-\x7f])$"#;
