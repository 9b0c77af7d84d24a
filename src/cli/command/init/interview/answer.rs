//! What people answer, read as it is meant.

use std::env::home_dir;
use std::path::PathBuf;

use crate::diagnostic::place::{FieldPath, Step};
use crate::locale::visible::steers;

/// How much of a cell is shown beside its column's name.
const SAMPLE: usize = 24;

/// Whether a field is one of the message.
pub(super) fn is_in_message(at: &FieldPath) -> bool {
    matches!(at.steps().first(), Some(Step::Key(key)) if key == "message")
}

/// Whether a field holds the address of something.
pub(super) fn is_address(at: &FieldPath) -> bool {
    let name = at.to_string();
    ["url", "picurl", "thumb_url", "musicurl", "hqmusicurl"]
        .contains(&name.rsplit('.').next().unwrap_or(&name))
}

/// Whether a text is an address, or becomes one row by row.
pub(super) fn is_link(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.starts_with("{{") || ["https://", "http://"].iter().any(|scheme| lower.starts_with(scheme))
}

/// The beginning of a cell, on one line.
pub(super) fn sample(cell: &str) -> String {
    let line: String =
        cell.chars().map(|c| if steers(c) || c.is_control() { ' ' } else { c }).take(SAMPLE).collect();
    if cell.chars().count() > SAMPLE { format!("{line}…") } else { line }
}

/// A path as people give it: a file dragged onto a terminal comes in quotation marks, or with a backslash before each
/// blank; `~` is the home folder.
pub(super) fn path(answer: &str) -> PathBuf {
    // PowerShell writes `& 'a b.csv'` where a file is dropped on it.
    let answer = answer.strip_prefix('&').map_or(answer, str::trim_start);
    let quotes = [('"', '"'), ('\'', '\''), ('“', '”'), ('‘', '’'), ('「', '」')];
    let quoted = |(open, close): (char, char)| answer.strip_prefix(open)?.strip_suffix(close);
    if let Some(quoted) = quotes.into_iter().find_map(quoted) {
        return PathBuf::from(quoted);
    }
    if let Some(address) = answer.strip_prefix("file://") {
        let plain = percent_encoding::percent_decode_str(address).decode_utf8_lossy().into_owned();
        // `file:///C:/a.csv` is `C:/a.csv`.
        let drive = plain.strip_prefix('/').filter(|rest| rest.as_bytes().get(1) == Some(&b':'));
        return PathBuf::from(drive.unwrap_or(&plain));
    }
    // On Windows a backslash parts folders.
    let bare = if cfg!(windows) { answer.to_owned() } else { unescaped(answer) };
    match (bare.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with(['/', '\\'])), home_dir())
    {
        (Some(rest), Some(home)) => home.join(rest.trim_start_matches(['/', '\\'])),
        _ => PathBuf::from(bare),
    }
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::renderer::variable_of;

    #[test]
    fn a_dragged_file_and_odd_columns_are_understood() {
        assert_eq!(path("'C:\\a b\\名单.csv'"), PathBuf::from("C:\\a b\\名单.csv"));
        assert_eq!(path("a's.csv"), PathBuf::from("a's.csv"));
        if cfg!(unix) {
            assert_eq!(path("/a/my\\ list\\(1\\).csv"), PathBuf::from("/a/my list(1).csv"));
        }
        for dropped in ["& '/a b/名单.csv'", "“/a b/名单.csv”", "file:///a%20b/%E5%90%8D%E5%8D%95.csv"]
        {
            assert_eq!(path(dropped), PathBuf::from("/a b/名单.csv"), "{dropped}");
        }
        assert_eq!(path("file:///C:/a.csv"), PathBuf::from("C:/a.csv"));
        assert_eq!(home_dir().map(|home| home.join("名单.csv")), Some(path("~/名单.csv")));
        assert_eq!(path("~a.csv"), PathBuf::from("~a.csv"));
        assert_eq!(variable_of("姓名"), "{{姓名}}");
        assert_eq!(variable_of("会员 等级"), "{{[会员 等级]}}");
        assert_eq!(sample("a\nb"), "a b");
    }
}
