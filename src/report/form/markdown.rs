//! Markdown that says what was meant: nothing from an audience can end a cell, become a tag, call a person or
//! link to an issue.

/// Between a mark and its name, so that `@name` calls nobody and `#1` links to nothing. It takes no room.
const APART: &str = "&#8203;";

/// A text within a line or a table's cell, every mark in it shown as it is.
pub(crate) fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' | '#' => {
                out.push('\\');
                out.push(character);
                out.push_str(APART);
            }
            // An address would become a link, whoever it leads to.
            ':' if rest.as_str().starts_with("//") => out.push_str("\\:"),
            '\n' | '\r' | '\t' => out.push(' '),
            // Turns the direction of what follows, cells of the program's own included.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
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

/// A text as a block of its own, its line breaks kept. No run of backticks in it can end the block.
pub(crate) fn block(text: &str) -> String {
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or_default();
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
    fn a_block_is_fenced_by_more_backticks_than_it_holds() {
        assert_eq!(block("a\n````\n"), "`````text\na\n````\n`````\n");
        assert_eq!(block("a"), "```text\na\n```\n");
    }
}
