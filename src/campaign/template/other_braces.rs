//! What looks like a variable of another tool, and would be sent as it stands.

use std::ops::Range;

use crate::audience::characters;
use crate::campaign::template::tags::is_blank;

/// A text in brackets that may be meant as a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placeholder {
    /// All of it, in bytes of the template.
    pub(crate) at: Range<usize>,
    /// Its spelling.
    pub(crate) spelling: String,
    /// What stands inside: a column's name, or of `{% … %}` words that may have one among them.
    pub(crate) inside: String,
    /// What stands around it.
    pub(crate) braces: Braces,
}

/// What stands around a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Braces {
    /// `｛｛姓名｝｝`: what a Chinese keyboard makes of `{{姓名}}`.
    FullWidth,
    /// `{姓名}`, `${姓名}`, `【姓名】`, `[姓名]`, `%姓名%`, `«姓名»`, `#姓名#`.
    Other,
    /// `{% if 姓名 %}`.
    Statement,
    /// No variable, but a written `\n` or `<br>`.
    Markup,
    /// A character that nobody sees.
    Unseen,
    /// One that no font has.
    Private,
}

/// What opens and closes a placeholder, the longer ones first.
const BRACES: &[(&str, &str, Braces)] = &[
    ("｛｛", "｝｝", Braces::FullWidth),
    ("｛{", "}｝", Braces::FullWidth),
    ("{｛", "｝}", Braces::FullWidth),
    ("{%", "%}", Braces::Statement),
    ("{#", "#}", Braces::Other),
    ("${", "}", Braces::Other),
    ("#{", "}", Braces::Other),
    ("{", "}", Braces::Other),
    ("｛", "｝", Braces::Other),
    ("（（", "））", Braces::Other),
    ("〔", "〕", Braces::Other),
    ("〖", "〗", Braces::Other),
    ("﹛", "﹜", Braces::Other),
    ("【", "】", Braces::Other),
    ("[", "]", Braces::Other),
    ("［", "］", Braces::Other),
    ("%", "%", Braces::Other),
    ("«", "»", Braces::Other),
    ("＜", "＞", Braces::Other),
    ("<", ">", Braces::Other),
    ("「", "」", Braces::Other),
    ("『", "』", Braces::Other),
    ("#", "#", Braces::Other),
    ("$", "$", Braces::Other),
];

/// What stands where a character was lost.
pub(crate) const LOST: char = '\u{fffd}';

/// What other places make a line break, a blank or a sign of, and a message does not.
const MARKUP: [&str; 9] = ["\\n", "\\r", "\\t", "<br", "&nbsp;", "&amp;", "&lt;", "&gt;", "</p>"];

/// The placeholders in a piece of a template that is text.
pub(super) fn find(source: &str, at: Range<usize>) -> Vec<Placeholder> {
    let mut found = unseen(&source[at.clone()], at.start);
    let mut from = at.start;
    while from < at.end {
        let rest = &source[from..at.end];
        let other = || BRACES.iter().find_map(|braces| placeholder(rest, from, *braces));
        match markup(rest, from).or_else(other) {
            Some(placeholder) => {
                // `%a%b%`: what closes one may open the next.
                let end = placeholder.at.end;
                let same =
                    placeholder.spelling.starts_with(['%', '#', '$']) && !placeholder.spelling.ends_with('}');
                from = if same { end - 1 } else { end };
                found.push(placeholder);
            }
            None => from += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    found
}

/// The characters that nobody sees, and those that no font has, each once.
fn unseen(text: &str, start: usize) -> Vec<Placeholder> {
    if text.is_ascii() {
        return Vec::new();
    }
    let mut found: Vec<Placeholder> = Vec::new();
    for (at, c, braces) in characters::unseen(text)
        .map(|(at, c)| (at, c, Braces::Unseen))
        .chain(characters::all_private_use(text).map(|(at, c)| (at, c, Braces::Private)))
        .chain(text.char_indices().filter(|(_, c)| *c == LOST).map(|(at, c)| (at, c, Braces::Private)))
    {
        let spelling = format!("U+{:04X}", u32::from(c));
        if !found.iter().any(|known| known.spelling == spelling) {
            let at = start + at..start + at + c.len_utf8();
            found.push(Placeholder { at, spelling, inside: c.to_string(), braces });
        }
    }
    found
}

fn markup(rest: &str, at: usize) -> Option<Placeholder> {
    let known = MARKUP
        .iter()
        .find(|known| rest.get(..known.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(known)))?;
    let spelling = if known.starts_with('<') { &rest[..=rest.find('>')?] } else { *known };
    // `<br`, `<br/>`, but no `<brand>`.
    let is_tag = !spelling[known.len()..].starts_with(|c: char| c.is_alphanumeric());
    is_tag.then(|| Placeholder {
        at: at..at + spelling.len(),
        spelling: spelling.to_owned(),
        inside: String::new(),
        braces: Braces::Markup,
    })
}

fn placeholder(rest: &str, at: usize, (open, close, braces): (&str, &str, Braces)) -> Option<Placeholder> {
    let inside = rest.strip_prefix(open)?;
    let inside = &inside[..inside.find(close)?];
    let spelling = &rest[..open.len() + inside.len() + close.len()];
    let name = inside.trim_matches(is_blank);
    // A name stands on one line. Brackets inside of it are those that matter.
    let nested = braces == Braces::Other && inside.contains(['{', '｛', '【', '[', '［']);
    (!name.is_empty() && !name.contains('\n') && !nested).then(|| Placeholder {
        at: at..at + spelling.len(),
        spelling: spelling.to_owned(),
        inside: name.to_owned(),
        braces,
    })
}

/// Whether a cell holds what would be filled with a column in a template, as in `{姓名}您好`: a cell is sent as it is.
pub(crate) fn names_a_column(cell: &str, columns: &[String]) -> bool {
    const OPEN: [char; 3] = ['{', '｛', '【'];
    if !cell.contains(OPEN) {
        return false;
    }
    let named = |found: &Placeholder| {
        let inside = found.inside.trim_matches(['{', '}', '｛', '｝']);
        found.spelling.starts_with(OPEN)
            && columns.iter().any(|column| !column.is_empty() && inside == column)
    };
    // Two braces are those of a variable, around the first of which there is nothing.
    let single = cell.replace("{{", "{").replace("}}", "}");
    find(&single, 0..single.len()).iter().any(named)
}

impl Placeholder {
    /// Whether it can be nothing but a variable of some tool, although no column has its name: a word in braces.
    pub(crate) fn is_a_word_in_braces(&self) -> bool {
        const LONGEST: usize = 20;
        let word = self.inside.trim_end_matches('\\');
        self.braces == Braces::Other
            && self.spelling.trim_start_matches(['$', '#']).starts_with(['{', '｛', '﹛'])
            && word.chars().count() <= LONGEST
            && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'))
    }

    /// Whether a column's name is part of it, as 姓名 is of 【客户姓名】.
    pub(crate) fn is_about(&self, column: &str) -> bool {
        let of_brackets = self.braces == Braces::Other && !self.spelling.starts_with(['<', '%', '#', '$']);
        let long = |text: &str| text.chars().count() > 1;
        of_brackets
            && long(column)
            && long(&self.inside)
            && (self.inside.ends_with(column) || column.ends_with(&self.inside))
            && self.inside.chars().count() <= 8
    }

    /// Whether it stands around a column's name.
    pub(crate) fn names(&self, column: &str) -> bool {
        match self.braces {
            // A blank may have come in between the characters, as in `{姓 名}`.
            Braces::FullWidth | Braces::Other => {
                // Markdown puts a backslash before a brace.
                self.inside.trim_end_matches('\\') == column
                    || self.inside.chars().filter(|c| !is_blank(*c)).eq(column.chars())
            }
            Braces::Markup | Braces::Unseen | Braces::Private => false,
            Braces::Statement => self.inside.split(is_blank).any(|word| word == column),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_in_cells_are_known_by_the_columns() {
        let columns = ["姓名".to_owned(), String::new()];
        for cell in ["{姓名}您好", "{{姓名}}您好", "尊敬的【姓名】", "｛｛姓名｝｝", "{{{姓名}}}"]
        {
            assert!(names_a_column(cell, &columns), "{cell}");
        }
        for cell in ["姓名", "{}", "【重要】", "{客户}", "[姓名]"] {
            assert!(!names_a_column(cell, &columns), "{cell}");
        }
    }

    #[test]
    fn variables_of_other_tools_are_found_with_their_names() {
        let text = "a\\nb<BR/>c&nbsp;<brand><a href='x'>";
        let markup: Vec<String> = find(text, 0..text.len())
            .into_iter()
            .filter(|one| one.braces == Braces::Markup)
            .map(|one| one.spelling)
            .collect();
        assert_eq!(markup, ["\\n", "<BR/>", "&nbsp;"]);
        let text = "｛｛姓名｝｝{a}${b}【c】[d]%e%f% {% if g %} ｛ h ｝ 【【i】】 100% 【】";
        let found: Vec<(&str, String, Braces)> = find(text, 0..text.len())
            .into_iter()
            .map(|one| (&text[one.at.clone()], one.inside, one.braces))
            .collect();
        let expected = [
            ("｛｛姓名｝｝", "姓名", Braces::FullWidth),
            ("{a}", "a", Braces::Other),
            ("${b}", "b", Braces::Other),
            ("【c】", "c", Braces::Other),
            ("[d]", "d", Braces::Other),
            ("%e%", "e", Braces::Other),
            ("%f%", "f", Braces::Other),
            ("{% if g %}", "if g", Braces::Statement),
            ("｛ h ｝", "h", Braces::Other),
            ("【i】", "i", Braces::Other),
        ];
        for (spelling, inside, braces) in expected {
            assert!(found.contains(&(spelling, inside.to_owned(), braces)), "{spelling}: {found:?}");
        }
        for text in ["«姓名»", "#姓名#", "{#姓名#}", "$姓名$", "＜姓名＞", "<姓名>", "「姓名」", "{姓 名}"]
        {
            let found = find(text, 0..text.len());
            assert!(found.len() == 1 && found[0].names("姓名"), "{text}: {found:?}");
        }
        let statement = find("{% if g %}", 0..10).remove(0);
        assert!(statement.names("g") && !statement.names("i"));
    }
}
