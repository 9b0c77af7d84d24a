//! Markdown that says what was meant: nothing from an audience can end a cell, become a tag, call a person or
//! link to an issue.

use crate::locale::visible::steers;

/// Between a mark and its name, so that `@name` calls nobody and `#1` links to nothing. It takes no room.
const APART: &str = "&#8203;";

/// A text within a line or a table's cell, every mark in it shown as it is.
pub(crate) fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text.chars();
    let mut before = 0;
    while let Some(character) = rest.next() {
        let (said, at) = (&text[..before], before);
        before = at + character.len_utf8();
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' | '#' => {
                out.push('\\');
                out.push(character);
                out.push_str(APART);
            }
            // An address would become a link to wherever its author likes.
            ':' if rest.as_str().starts_with("//") => out.push_str("\\:"),
            '.' if ends(said, "www") => {
                out.push_str(APART);
                out.push('.');
            }
            // An issue's number in GitHub's other way of writing.
            '-' if ends(said, "gh") && rest.as_str().starts_with(|c: char| c.is_ascii_digit()) => {
                out.push('-');
                out.push_str(APART);
            }
            '\n' | '\r' | '\t' => out.push(' '),
            // Turns the direction of what follows, cells of the program's own included.
            character if steers(character) => {
                out.push_str(&format!("U+{:04X}", u32::from(character)));
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    out
}

/// Whether a text ends with this word of ASCII letters, in whatever case.
fn ends(text: &str, word: &str) -> bool {
    let start = text.len().checked_sub(word.len());
    start.and_then(|start| text.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(word))
}

/// A text as a block of its own, its line breaks kept. No run of backticks in it can end the block.
pub(crate) fn block(text: &str) -> String {
    let longest =
        text.split(|character| character != '`').map(str::len).max().expect("a split has a first piece");
    let fence = "`".repeat(longest.max(2) + 1);
    let text = text.strip_suffix('\n').unwrap_or(text);
    format!("{fence}text\n{text}\n{fence}\n")
}

/// A row of a table; the cells are [`inline`] already.
pub(crate) fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// The head of a table.
pub(crate) fn head(titles: &[String]) -> String {
    let lines = vec!["---".to_owned(); titles.len()];
    row(titles) + &row(&lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_ends_no_cell_and_holds_no_tag_no_mention_and_no_link() {
        let shown = inline("a|b <img src=x> @team #12 [x](http://e) `c`\nd");
        assert_eq!(
            shown,
            "a\\|b &lt;img src=x&gt; \\@&#8203;team \\#&#8203;12 \\[x\\](http\\://e) \\`c\\` d"
        );
    }

    #[test]
    fn an_address_without_http_and_an_issue_with_gh_lead_nowhere() {
        assert_eq!(inline("WWW.e.test GH-12 gh-x a.b"), "WWW&#8203;.e.test GH-&#8203;12 gh-x a.b");
        assert_eq!(inline("\u{1b}[2J\u{202e}x"), "U+001B\\[2JU+202Ex");
    }

    #[test]
    fn a_block_is_fenced_by_more_backticks_than_it_holds() {
        assert_eq!(block("a\n````\n"), "`````text\na\n````\n`````\n");
        assert_eq!(block("a"), "```text\na\n```\n");
    }
}
