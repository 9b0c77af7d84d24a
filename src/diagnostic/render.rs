//! From a place to line and column, and to the snippet a person reads.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::OnceLock;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use console::strip_ansi_codes;

use crate::diagnostic::index::{Index, Part};
pub(crate) use crate::diagnostic::path::display;
use crate::diagnostic::place::{FieldPath, ListPlace, Place, PolicyPlace, Sheet, cell_name};
use crate::diagnostic::{Diagnostic, Severity};
use crate::locale::Catalog;

/// The files that places point into.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    /// The campaign file's path, as the user gave it.
    pub(crate) campaign: PathBuf,
    /// The campaign file's text; empty where it could not be read.
    pub(crate) campaign_text: String,
    /// The bytes of the campaign file that may hold a secret; they are shown nowhere.
    pub(crate) secrets: Vec<Range<usize>>,
    /// The audience file's path, where the campaign names one.
    pub(crate) audience: Option<PathBuf>,
    /// The sheet the audience was read from, where it is a workbook.
    pub(crate) sheet: Option<Sheet>,
    /// Where everything in the campaign file stands, once somebody asked.
    pub(crate) index: OnceLock<Index>,
}

/// A place as editors and CI count it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    /// The file.
    pub(crate) file: PathBuf,
    /// The line, from 1.
    pub(crate) line: Option<u64>,
    /// The column, in characters from 1.
    pub(crate) column: Option<u64>,
    /// The row of the audience, from 1, the header not counted.
    pub(crate) row: Option<u64>,
    /// The field of the campaign file.
    pub(crate) field: Option<String>,
    /// The sheet and its cell as spreadsheets call it, `名单!C17`, or its row, `名单!17`.
    pub(crate) cell: Option<String>,
    /// The bytes of the campaign file.
    span: Option<Range<usize>>,
}

/// A line of the campaign file in three parts, the second of which is what a diagnostic is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excerpt {
    /// What stands before it.
    pub(crate) before: String,
    /// What it is about.
    pub(crate) marked: String,
    /// What stands after it.
    pub(crate) after: String,
}

impl Sources {
    /// A policy file, where the campaign file stands otherwise.
    fn of_policy(policy: &PolicyPlace) -> Self {
        Self {
            campaign: policy.file.clone(),
            campaign_text: policy.text.as_ref().to_owned(),
            secrets: policy.secrets.to_vec(),
            ..Self::default()
        }
    }

    /// The line of the campaign file that a place is on, where it is on one. Secrets are blotted out.
    pub(crate) fn excerpt(&self, place: &Place) -> Option<Excerpt> {
        if let Place::Policy(policy) = place {
            return Self::of_policy(policy).excerpt(&policy.at);
        }
        let span = self.position(place).span?;
        let shown = self.shown();
        let marked = first_line(&shown, &span);
        let start = shown.get(..marked.start)?.rfind('\n').map_or(0, |newline| newline + 1);
        let after = shown.get(marked.end..)?.lines().next().unwrap_or("");
        Some(Excerpt {
            before: shown.get(start..marked.start)?.to_owned(),
            marked: shown.get(marked.clone())?.to_owned(),
            after: after.to_owned(),
        })
    }

    /// Looks a place up. A field that does not exist is shown at the nearest table above it.
    pub(crate) fn position(&self, place: &Place) -> Position {
        match place {
            Place::Campaign => self.in_campaign(None, None),
            Place::CampaignSpan(span) => self.in_campaign(Some(span.clone()), None),
            Place::Field(path) => self.in_campaign(self.find(path, Part::Value), Some(path)),
            Place::Key(path) => self.in_campaign(self.find(path, Part::Key), Some(path)),
            Place::Within(path, inner) => {
                let span = self.find(path, Part::Value).map(|value| self.inside(&value, inner));
                self.in_campaign(span, Some(path))
            }
            Place::Audience => self.in_audience(None, None, None, None),
            Place::Line(line) => self.in_audience(Some(*line), None, None, None),
            Place::Header { cell, column } => match &self.sheet {
                Some(sheet) => self.in_sheet(sheet, sheet.header_row, Some(*cell), None, None),
                None => self.in_audience(Some(1), *column, None, None),
            },
            Place::List(list) => {
                let ListPlace { file, sheet, at } = list.as_ref();
                let audience = Some(file.clone());
                Self { audience, sheet: sheet.clone(), ..Self::default() }.position(at)
            }
            Place::Policy(policy) => Self::of_policy(policy).position(&policy.at),
            Place::Row(at) => {
                let field = at.field.as_deref().map(FieldPath::to_string);
                match &self.sheet {
                    Some(sheet) => self.in_sheet(sheet, at.line, at.cell, Some(at.row), field),
                    None => {
                        // A row as a whole is shown where it begins.
                        let column = at.column.or(at.cell.is_none().then_some(1));
                        self.in_audience(Some(at.line), column, Some(at.row), field)
                    }
                }
            }
        }
    }

    /// Keeps the value of a field from being shown.
    pub(crate) fn hide(&mut self, at: &FieldPath) {
        self.secrets.extend(self.find(at, Part::Value));
    }

    /// The campaign file as it may be shown: secrets blotted out, everything else in its place.
    fn shown(&self) -> String {
        let mut bytes = self.campaign_text.clone().into_bytes();
        for secret in &self.secrets {
            for byte in bytes.get_mut(secret.clone()).into_iter().flatten() {
                if *byte != b'\n' {
                    *byte = b'*';
                }
            }
        }
        // A secret that ended inside a character leaves the rest of it behind, which is shown as a lost one.
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn in_campaign(&self, span: Option<Range<usize>>, path: Option<&FieldPath>) -> Position {
        let (line, column) = match &span {
            Some(span) => line_and_column(&self.campaign_text, span.start),
            // A table that is not there belongs to the file, which begins here.
            None if path.is_some() => (Some(1), Some(1)),
            None => (None, None),
        };
        let field = path.map(FieldPath::to_string);
        Position { file: self.campaign.clone(), line, column, row: None, field, cell: None, span }
    }

    fn in_audience(
        &self,
        line: Option<u64>,
        column: Option<u64>,
        row: Option<u64>,
        field: Option<String>,
    ) -> Position {
        // Where no list is named it is the campaign file that must name one.
        let file = self.audience.as_ref().unwrap_or(&self.campaign).clone();
        Position { file, line, column, row, field, cell: None, span: None }
    }

    /// A cell of a workbook, or a row of it: its line is the sheet's row, its column the sheet's column.
    fn in_sheet(
        &self,
        sheet: &Sheet,
        line: u64,
        cell: Option<usize>,
        row: Option<u64>,
        field: Option<String>,
    ) -> Position {
        let column = cell.map(|cell| sheet.first_column + cell);
        let name = column.map_or_else(|| line.to_string(), |column| cell_name(column, line));
        Position {
            cell: Some(format!("{}!{name}", sheet.name)),
            ..self.in_audience(
                Some(line),
                column.and_then(|column| u64::try_from(column + 1).ok()),
                row,
                field,
            )
        }
    }

    fn find(&self, path: &FieldPath, part: Part) -> Option<Range<usize>> {
        self.index.get_or_init(|| Index::of(&self.campaign_text)).find(path.steps(), part)
    }

    /// Maps bytes of a parsed string to bytes of the file, which may spell them with escapes.
    fn inside(&self, value: &Range<usize>, inner: &Range<usize>) -> Range<usize> {
        let Some(raw) = self.campaign_text.get(value.clone()) else {
            return value.clone();
        };
        let start = raw_offset(raw, inner.start);
        let end = raw_offset(raw, inner.end).max(start);
        value.start + start..value.start + end
    }
}

/// The byte of the literal `raw` (quotes and all) that spells the parsed string's byte `wanted`.
fn raw_offset(raw: &str, wanted: usize) -> usize {
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| raw.starts_with(quote)).unwrap_or("");
    let mut at = quote.len();
    if quote.len() == 3 {
        let body = &raw[at..];
        at += if body.starts_with("\r\n") { 2 } else { usize::from(body.starts_with('\n')) };
    }
    let escapes = quote.starts_with('"');
    let mut parsed = 0;
    while parsed < wanted {
        let Some(rest) = raw.get(at..) else { return raw.len() };
        let Some(first) = rest.chars().next() else { return raw.len() };
        let (taken, made) =
            if escapes && first == '\\' { escape(rest) } else { (first.len_utf8(), first.len_utf8()) };
        at += taken;
        parsed += made;
    }
    at.min(raw.len())
}

/// How many bytes an escape takes in the file and how many it makes in the string.
fn escape(rest: &str) -> (usize, usize) {
    let code = |digits: usize| {
        let number = rest.get(2..2 + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let made = number.and_then(char::from_u32).map_or(1, char::len_utf8);
        (2 + digits, made)
    };
    match rest.as_bytes().get(1) {
        Some(b'u') => code(4),
        Some(b'U') => code(8),
        Some(b'x') => code(2),
        Some(b'\n' | b'\r' | b' ' | b'\t') => {
            let blank = rest[1..].len() - rest[1..].trim_start().len();
            (1 + blank, 0)
        }
        Some(_) => (2, 1),
        None => (1, 0),
    }
}

fn line_and_column(text: &str, offset: usize) -> (Option<u64>, Option<u64>) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before[start..].chars().count() + 1;
    (u64::try_from(line).ok(), u64::try_from(column).ok())
}

/// Draws one diagnostic as a person reads it: what, where with the line itself, and what to do.
pub(crate) fn draw(diagnostic: &Diagnostic, sources: &Sources, words: &Catalog, color: bool) -> String {
    let of_policy;
    let (sources, at) = match &diagnostic.at {
        Place::Policy(policy) => {
            of_policy = Sources::of_policy(policy);
            (&of_policy, &policy.at)
        }
        at => (sources, at),
    };
    let message = diagnostic.message(words);
    let help = diagnostic.help(words);
    let position = sources.position(at);
    let path = match &position.cell {
        Some(cell) => format!("{}:{cell}", display(&position.file)),
        None => display(&position.file),
    };
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR.with_name(words.say("diagnostic.error", &[])),
        Severity::Warning => Level::WARNING.with_name(words.say("diagnostic.warning", &[])),
    };
    let title = level.primary_title(&message).id(diagnostic.code.slug());
    let shown = sources.shown();
    let group = match &position.span {
        Some(span) => {
            let annotation = AnnotationKind::Primary.span(first_line(&shown, span));
            title.element(Snippet::source(&shown).path(&path).fold(true).annotation(annotation))
        }
        None => title.element(origin(&path, &position)),
    };
    let named = words.say("diagnostic.help", &[]);
    let group: Group<'_> = group.element(Level::HELP.with_name(named.as_str()).message(&help));
    punctuated(&rendered(group, color), &[&named], words)
}

/// Draws a fault that has no place in a file as the others are drawn: what, and below it each note with its name.
pub(crate) fn draw_sentence(
    message: &str,
    notes: &[(String, String)],
    words: &Catalog,
    color: bool,
) -> String {
    let title = Level::ERROR.with_name(words.say("diagnostic.error", &[])).primary_title(message);
    let names: Vec<&str> = notes.iter().map(|(name, _)| name.as_str()).collect();
    let elements = notes.iter().map(|(name, text)| Level::HELP.with_name(name.as_str()).message(text));
    punctuated(&rendered(Group::with_title(title).elements(elements), color), &names, words)
}

fn rendered(group: Group<'_>, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    renderer.decor_style(DecorStyle::Ascii).render(&[group])
}

/// A drawing with the colon of the language behind the first line's head and behind the names of the notes. The library
/// knows only the English one; both take two columns, so that nothing moves.
fn punctuated(drawn: &str, notes: &[&str], words: &Catalog) -> String {
    const ENGLISH: &str = ": ";
    let colon = words.say("diagnostic.headed", &[("head", &""), ("sentence", &"")]);
    let with_colon = |line: &str| line.replacen(ENGLISH, &colon, 1);
    let is_note = |line: &str| {
        let bare = strip_ansi_codes(line);
        let note = bare.trim_start().strip_prefix("= ");
        note.is_some_and(|note| notes.iter().any(|name| note.starts_with(&format!("{name}{ENGLISH}"))))
    };
    let lines = drawn.split('\n').enumerate();
    let lines =
        lines.map(|(at, line)| if at == 0 || is_note(line) { with_colon(line) } else { line.to_owned() });
    lines.collect::<Vec<String>>().join("\n")
}

/// The part of a span on its first line: where to look, not how far it goes.
fn first_line(text: &str, span: &Range<usize>) -> Range<usize> {
    let line = text.get(span.clone()).and_then(|inside| inside.lines().next());
    span.start..span.start + line.map_or(0, str::len)
}

fn origin<'a>(path: &'a str, position: &Position) -> Origin<'a> {
    let mut origin = Origin::path(path);
    if position.cell.is_some() {
        return origin;
    }
    if let Some(line) = position.line {
        origin = origin.line(usize::try_from(line).unwrap_or(usize::MAX));
        if let Some(column) = position.column {
            origin = origin.char_column(usize::try_from(column).unwrap_or(usize::MAX));
        }
    }
    origin
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(text: &str) -> Sources {
        Sources { campaign: "c.toml".into(), campaign_text: text.into(), ..Sources::default() }
    }

    #[test]
    fn a_field_a_key_and_a_missing_field_are_found() {
        let files = sources("[campaign]\nid = \"a\"\n\n[message.text]\nconten = \"x\"\n");
        let at = |place: Place| {
            let found = files.position(&place);
            (found.line, found.column)
        };
        assert_eq!(at(Place::Field(FieldPath::of("campaign.id"))), (Some(2), Some(6)));
        assert_eq!(at(Place::Key(FieldPath::of("message.text.conten"))), (Some(5), Some(1)));
        assert_eq!(at(Place::Field(FieldPath::of("message.text.content"))), (Some(4), Some(10)));
    }

    #[test]
    fn a_place_inside_a_string_counts_escapes_and_the_first_newline() {
        let files = sources("a = \"x\\u4e2dy\"\nb = \"\"\"\nab\"\"\"\nc = '姓{{n'\n");
        let at = |path: &str, range| {
            let found = files.position(&Place::Within(FieldPath::of(path), range));
            (found.line, found.column)
        };
        assert_eq!(at("a", 4..5), (Some(1), Some(13)));
        assert_eq!(at("b", 1..2), (Some(3), Some(2)));
        assert_eq!(at("c", 3..5), (Some(4), Some(7)));
    }

    #[test]
    fn an_excerpt_is_the_line_with_what_it_is_about_and_no_secret() {
        let mut files = sources("a = 1\nb = \"x {{nmae}} y\" # c\ns = \"secret\"\n");
        let excerpt = |files: &Sources, place| {
            let Excerpt { before, marked, after } = files.excerpt(&place).expect("a line");
            [before, marked, after]
        };
        let place = Place::Within(FieldPath::of("b"), 4..8);
        assert_eq!(excerpt(&files, place), ["b = \"x {{", "nmae", "}} y\" # c"]);
        files.hide(&FieldPath::of("s"));
        let place = Place::Field(FieldPath::of("s"));
        assert_eq!(excerpt(&files, place), ["s = ", "********", ""]);
        assert_eq!(files.excerpt(&Place::Audience), None);
    }

    #[test]
    fn articles_of_an_array_are_found_by_index() {
        let files = sources("[[message.news.articles]]\ntitle = 1\n[[message.news.articles]]\ntitle = 2\n");
        let path = FieldPath::of("message.news.articles").index(1).key("title");
        assert_eq!(files.position(&Place::Field(path)).line, Some(4));
    }
}
