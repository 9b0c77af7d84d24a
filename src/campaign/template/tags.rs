//! A template as the texts and tags it is made of, by the rules of Handlebars.js.

use std::ops::Range;

use crate::campaign::template::fault::{SyntaxFault, TemplateFault};

/// A text or a tag.
#[derive(Debug)]
pub(super) enum Piece {
    Text(Text),
    Tag(Tag),
}

/// A text between tags.
#[derive(Debug)]
pub(super) struct Text {
    /// What it says.
    pub(super) value: String,
    /// Where it stands.
    pub(super) at: Range<usize>,
    /// Whether it is a tag that a backslash makes a text.
    pub(super) escaped: bool,
}

/// What stands between `{{` and `}}`.
#[derive(Debug)]
pub(super) struct Tag {
    pub(super) kind: TagKind,
    /// All of it.
    pub(super) at: Range<usize>,
    /// What stands behind the sign that says its kind.
    pub(super) inside: Range<usize>,
    pub(super) strip: Strip,
}

/// Whether the blanks beside a tag go: `{{~` those before it, `~}}` those behind it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Strip {
    pub(super) before: bool,
    pub(super) behind: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TagKind {
    /// `{{x}}`, `{{{x}}}`, `{{&x}}`
    Value,
    /// `{{! … }}`
    Comment,
    /// `{{#if x}}`
    Open,
    /// `{{^if x}}`
    OpenInverted,
    /// `{{else}}`, `{{^}}`
    Else,
    /// `{{else if x}}`
    ElseIf,
    /// `{{/if}}`
    End,
    /// `{{> x}}`, `{{* x}}`: nothing that is known here. The sign is at the beginning of `inside`.
    Foreign,
    /// `{{{{x}}}}`, with the text up to its end where it has one: nothing that is known here.
    Raw,
}

/// What JavaScript takes for a blank, the full-width one included.
pub(super) fn is_blank(c: char) -> bool {
    (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}'
}

/// Takes a template apart.
///
/// # Errors
///
/// The first tag without an end: nothing behind it can be told from it.
pub(super) fn pieces(source: &str) -> Result<Vec<Piece>, TemplateFault> {
    let mut pieces = Vec::new();
    let mut from = 0;
    while let Some(open) = source[from..].find("{{").map(|at| from + at) {
        let before = &source[from..open];
        // Two backslashes are one that makes nothing a text.
        let escaped = before.ends_with('\\') && !before.ends_with("\\\\");
        let text = before.strip_suffix('\\').unwrap_or(before);
        push_text(&mut pieces, text, from..open, false);
        if escaped {
            let end = end_of_escaped(source, open);
            push_text(&mut pieces, &source[open..end], open..end, true);
            from = end;
        } else {
            let tag = tag(source, open)?;
            from = tag.at.end;
            pieces.push(Piece::Tag(tag));
        }
    }
    push_text(&mut pieces, &source[from..], from..source.len(), false);
    Ok(pieces)
}

fn push_text(pieces: &mut Vec<Piece>, value: &str, at: Range<usize>, escaped: bool) {
    if !value.is_empty() {
        pieces.push(Piece::Text(Text { value: value.to_owned(), at, escaped }));
    }
}

/// A tag that is a text ends before the next tag, with its backslashes.
fn end_of_escaped(source: &str, open: usize) -> usize {
    let from = open + 2;
    let Some(next) = source[from..].find("{{").map(|at| from + at) else { return source.len() };
    let backslashes = source[from..next].bytes().rev().take_while(|byte| *byte == b'\\').count();
    next - backslashes.min(2)
}

fn tag(source: &str, open: usize) -> Result<Tag, TemplateFault> {
    if source[open..].starts_with("{{{{") {
        return raw(source, open);
    }
    let mut at = open + 2;
    let before = source[at..].starts_with('~');
    at += usize::from(before);
    if source[at..].starts_with('!') {
        return comment(source, open, at, before);
    }
    let spaced = skip_blanks(source, at);
    let triple = source[at..].starts_with('{');
    let (kind, start) = match source[spaced..].chars().next() {
        _ if triple => (TagKind::Value, at + 1),
        Some('&') => (TagKind::Value, spaced + 1),
        Some('#') => (TagKind::Open, spaced + 1),
        Some('^') => (TagKind::OpenInverted, spaced + 1),
        Some('/') => (TagKind::End, spaced + 1),
        Some('>' | '*') => (TagKind::Foreign, spaced),
        _ => (TagKind::Value, spaced),
    };
    let (inner_end, end, behind) = end_of_tag(source, open, start, triple)?;
    let strip = Strip { before, behind };
    let mut tag = Tag { kind, at: open..end, inside: start..inner_end, strip };
    tag.look_for_else(source);
    // The third brace would be sent. Handlebars.js takes it for one of the tag, except behind an `else`.
    if !behind && tag.kind != TagKind::Else && source[end..].starts_with('}') {
        return Err(TemplateFault::syntax(open..end + 1, SyntaxFault::ThirdBrace));
    }
    Ok(tag)
}

/// A tag of four braces. What stands between it and its own end is no template.
fn raw(source: &str, open: usize) -> Result<Tag, TemplateFault> {
    let start = open + 4;
    let Some(inner) = source[start..].find("}}").map(|at| start + at) else {
        return Err(unclosed(source, open));
    };
    let braces = source[inner..].bytes().take_while(|byte| *byte == b'}').take(4).count();
    let name = source[start..inner].split(is_blank).find(|word| !word.is_empty()).unwrap_or_default();
    let close = format!("{{{{{{{{/{name}}}}}}}}}");
    let end = source[inner..].find(&close).map_or(inner + braces, |at| inner + at + close.len());
    Ok(Tag { kind: TagKind::Raw, at: open..end, inside: start..inner, strip: Strip::default() })
}

impl Tag {
    fn look_for_else(&mut self, source: &str) {
        let inside = &source[self.inside.clone()];
        let word = inside.trim_matches(is_blank);
        match self.kind {
            TagKind::OpenInverted if word.is_empty() => self.kind = TagKind::Else,
            TagKind::Value if word == "else" => self.kind = TagKind::Else,
            TagKind::Value if word.strip_prefix("else").is_some_and(|rest| rest.starts_with(is_blank)) => {
                self.kind = TagKind::ElseIf;
                self.inside.start += inside.find("else").map_or(0, |at| at + "else".len());
            }
            _ => {}
        }
    }
}

fn skip_blanks(source: &str, at: usize) -> usize {
    let rest = &source[at..];
    at + (rest.len() - rest.trim_start_matches(is_blank).len())
}

fn comment(source: &str, open: usize, mark: usize, before: bool) -> Result<Tag, TemplateFault> {
    let inside = mark + 1;
    let body = &source[inside..];
    let end = if body.starts_with("--") {
        let plain = body.find("--}}").map(|at| at + 4);
        let stripping = body.find("--~}}").map(|at| at + 5);
        plain.into_iter().chain(stripping).min()
    } else {
        body.find("}}").map(|at| at + 2)
    };
    let Some(end) = end.map(|end| inside + end) else { return Err(unclosed(source, open)) };
    let behind = source[..end - 2].ends_with('~');
    Ok(Tag {
        kind: TagKind::Comment,
        at: open..end,
        inside: inside..end - 2,
        strip: Strip { before, behind },
    })
}

/// Where the inside of a tag ends, where the tag does, and whether blanks behind it go. Neither quotation marks nor
/// square brackets are ended by `}}`.
fn end_of_tag(
    source: &str,
    open: usize,
    start: usize,
    triple: bool,
) -> Result<(usize, usize, bool), TemplateFault> {
    let mut at = start;
    while let Some(c) = source[at..].chars().next() {
        let rest = &source[at..];
        match c {
            '}' if triple && rest.starts_with("}}}") => return Ok((at, at + 3, false)),
            '}' if triple && rest.starts_with("}~}}") => return Ok((at, at + 4, true)),
            '}' if !triple && rest.starts_with("}}") => return Ok((at, at + 2, false)),
            '~' if !triple && rest.starts_with("~}}") => return Ok((at, at + 3, true)),
            '{' if rest.starts_with("{{") => return Err(unclosed(source, open)),
            '"' | '\'' | '[' => {
                let last = if c == '[' { ']' } else { c };
                match end_of_quoted(rest, last) {
                    Some(length) => at += length,
                    None => return Err(unclosed_quote(source, open, at, c)),
                }
            }
            c => at += c.len_utf8(),
        }
    }
    Err(unclosed(source, open))
}

/// How many bytes a quoted piece takes, its marks included. A backslash keeps the mark from ending it.
fn end_of_quoted(rest: &str, last: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == last && !escaped {
            return Some(at + c.len_utf8());
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

fn unclosed(source: &str, open: usize) -> TemplateFault {
    let end = source[open..].find('\n').map_or(source.len(), |line| open + line);
    let tag = &source[open..end];
    let full_width = tag.contains('｝') && !tag.contains("}}");
    let kind = if full_width { SyntaxFault::FullWidthBraces } else { SyntaxFault::UnclosedTag };
    TemplateFault::syntax(open..end, kind)
}

fn unclosed_quote(source: &str, open: usize, at: usize, mark: char) -> TemplateFault {
    let end =
        source[open..].find("}}").map_or(source.len(), |close| open + close + 2).max(at + mark.len_utf8());
    match mark {
        '[' => TemplateFault::syntax(open..end, SyntaxFault::UnclosedBracket),
        _ if !source[open..].contains("}}") => unclosed(source, open),
        _ => TemplateFault::syntax(open..end, SyntaxFault::UnclosedQuote),
    }
}
