//! What stands in a tag: a variable, or a helper and what it is given.

use std::borrow::Cow;
use std::ops::Range;

use crate::campaign::template::fault::{SyntaxFault, TemplateFault, TemplateFaultKind};
use crate::campaign::template::helpers::value::Value;
use crate::campaign::template::helpers::{HELPERS, Signature, count, date, number};
use crate::campaign::template::limits::MOST_DEEP;
use crate::campaign::template::operators::helper_of;
use crate::campaign::template::tags::is_blank;
use crate::campaign::template::variable::{ROW, Variable};
use crate::campaign::template::words::{Word, WordKind, words};

/// What a tag, or a part of one, stands for.
#[derive(Debug, Clone)]
pub(crate) enum Expression {
    /// The value of a variable, by its index in the template's list.
    Variable(usize),
    /// A text in quotation marks.
    Text(String),
    /// `true` or `false`.
    Flag(bool),
    /// A number as it is written.
    Number(String),
    /// A helper and what it is given.
    Call(&'static Signature, Vec<Expression>),
}

/// The variables and faults of a template, gathered tag by tag.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) variables: Vec<Variable>,
    pub(super) faults: Vec<TemplateFault>,
}

/// Reads one tag.
pub(super) struct Tag<'s, 'f> {
    source: &'s str,
    /// The bytes of the tag between its marks.
    inside: Range<usize>,
    words: Vec<Word>,
    next: usize,
    found: &'f mut Found,
}

impl<'s, 'f> Tag<'s, 'f> {
    pub(super) fn new(source: &'s str, inside: Range<usize>, found: &'f mut Found) -> Self {
        Self { source, words: words(source, inside.clone()), inside, next: 0, found }
    }

    /// What `{{…}}` stands for. None where it is at fault, which has been told.
    pub(super) fn value(mut self) -> Option<Expression> {
        if self.is_empty() || self.misfit(None) {
            return None;
        }
        if let [word] = self.words.as_slice() {
            let word = word.clone();
            return match word.kind {
                WordKind::Bare(name) | WordKind::Bracketed(name) | WordKind::Data(name) => {
                    self.variable(&name, word.at)
                }
                // Handlebars takes what stands alone for a name: `{{2026}}`, `{{"full name"}}`.
                WordKind::Text(name) | WordKind::Number(name) | WordKind::Constant(name) => {
                    Some(self.column(name, word.at))
                }
                WordKind::Path(name) => self.path(name, word.at),
                WordKind::Open | WordKind::Close | WordKind::Sign(_) | WordKind::This(_) => self.brackets(),
            };
        }
        let call = self.call(0);
        self.whole(call)
    }

    /// The condition of `{{#if …}}`, and whether it is meant the other way round, as `{{#unless …}}` is. `name` says
    /// which it is.
    pub(super) fn condition(mut self, opening: &str) -> Option<(Expression, &'static Signature)> {
        if self.is_empty() || self.misfit(Some(opening)) {
            return None;
        }
        let first = self.words[0].clone();
        let name = self.spelling(&first.at).to_owned();
        let Some(helper) = HELPERS.iter().find(|helper| helper.block && helper.name == name) else {
            self.no_block(&name, first.at, opening);
            return None;
        };
        self.next = 1;
        if let Some(instead) = self.call_without_brackets(1, opening, &name) {
            self.fault(self.inside.clone(), SyntaxFault::NoBrackets(instead));
            return None;
        }
        let given = self.parameters(0)?;
        let count = given.len();
        let mut given = given.into_iter();
        match (given.next(), given.next()) {
            (Some(condition), None) => self.whole(Some((condition, helper))),
            _ => {
                let kind = TemplateFaultKind::Parameters { name: helper.name, given: count };
                self.found.faults.push(TemplateFault { at: first.at, kind });
                None
            }
        }
    }

    fn is_empty(&mut self) -> bool {
        let empty = self.words.is_empty();
        if empty {
            self.fault(self.inside.start.saturating_sub(2)..self.inside.end, SyntaxFault::EmptyTag);
        }
        empty
    }

    /// Tells words that no tag can hold. `opening` is what the tag of a condition begins with.
    fn misfit(&mut self, opening: Option<&str>) -> bool {
        for (index, word) in self.words.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| &self.words[before]);
            let touches = before.is_some_and(|before| before.at.end == word.at.start);
            let fault = match &word.kind {
                WordKind::Open if touches => {
                    let bare = before.map_or("", |before| self.spelling(&before.at));
                    match self.without_touching(bare, word.at.end) {
                        Some(instead) => SyntaxFault::NoBrackets(instead),
                        None if before.is_some_and(|before| matches!(before.kind, WordKind::Bare(_))) => {
                            SyntaxFault::Sign { sign: "(".to_owned(), column: self.bracketed() }
                        }
                        None => continue,
                    }
                }
                WordKind::Bare(name) if name.contains(is_curly) => {
                    let bare: String = name.chars().filter(|c| !is_curly(*c)).collect();
                    SyntaxFault::CurlyQuotes { text: name.clone(), instead: format!("\"{bare}\"") }
                }
                WordKind::Bare(name) if is_called_in_full_width(name) || is_unpaired(name) => {
                    SyntaxFault::FullWidthBrackets
                }
                WordKind::Sign(sign) if helper_of(sign).is_some() => {
                    let instead = self.without_sign(index, sign, opening);
                    SyntaxFault::Operator { sign: sign.clone(), instead }
                }
                WordKind::Sign(sign) if sign == "\"" || sign == "'" => SyntaxFault::UnclosedQuote,
                WordKind::Sign(sign) => SyntaxFault::Sign { sign: sign.clone(), column: self.bracketed() },
                _ => continue,
            };
            let at = word.at.clone();
            self.fault(at, fault);
            return true;
        }
        false
    }

    /// `a == b` as helpers say it.
    fn without_sign(&self, index: usize, sign: &str, opening: Option<&str>) -> String {
        let helper = helper_of(sign).unwrap_or("eq");
        let first = usize::from(opening.is_some());
        let side = |words: &[Word]| match words {
            [one] => Some(self.spelling(&one.at).to_owned()),
            _ => None,
        };
        let (left, right) = (self.words.get(first..index), self.words.get(index + 1..));
        let sides = left.and_then(side).zip(right.and_then(side));
        let (left, right) = sides.unwrap_or_else(|| ("…".to_owned(), "…".to_owned()));
        match opening {
            Some(opening) => {
                let name = self.words.first().map_or("if", |word| self.spelling(&word.at));
                format!("{{{{{opening}{name} ({helper} {left} {right})}}}}")
            }
            None => format!("({helper} {left} {right})"),
        }
    }

    /// `upper(name)` as helpers are called: `(upper name)`.
    fn without_touching(&self, helper: &str, from: usize) -> Option<String> {
        HELPERS.iter().find(|known| known.name == helper)?;
        let (given, _) = self.source[from..self.inside.end].split_once(')')?;
        Some(format!("({helper} {})", given.replace([',', '，'], " ").trim()))
    }

    /// `{{#if eq a "b"}}` as it is meant.
    fn call_without_brackets(&self, from: usize, opening: &str, name: &str) -> Option<String> {
        let given = self.words.get(from..).filter(|given| given.len() > 1)?;
        let WordKind::Bare(helper) = &given[0].kind else { return None };
        let is_helper = HELPERS.iter().any(|known| !known.block && known.name == helper);
        let call = self.spelling(&(given[0].at.start..given[given.len() - 1].at.end));
        is_helper.then(|| format!("{{{{{opening}{name} ({call})}}}}"))
    }

    fn no_block(&mut self, name: &str, at: Range<usize>, opening: &str) {
        let alone = self.words.len() == 1;
        if alone && name == "else" {
            return self.fault(at, SyntaxFault::HashElse);
        }
        let known = HELPERS.iter().any(|helper| helper.name == name);
        if is_foreign(name) || known {
            self.found.faults.push(TemplateFault::unsupported(at, name));
        } else if alone && opening != "else " {
            self.fault(at, SyntaxFault::Section(self.bracketed_if_needed()));
        } else {
            self.unknown(name.to_owned(), at);
        }
    }

    fn call(&mut self, depth: usize) -> Option<Expression> {
        if depth >= MOST_DEEP {
            self.fault(self.inside.clone(), SyntaxFault::TooDeep);
            return None;
        }
        let Some(first) = self.words.get(self.next).cloned() else { return self.brackets() };
        self.next += 1;
        let name = match first.kind {
            WordKind::Bare(name) | WordKind::Bracketed(name) => name,
            WordKind::Path(name) => return self.path(name, first.at),
            _ => return self.brackets(),
        };
        let given = self.parameters(depth)?;
        let Some(helper) = HELPERS.iter().find(|helper| helper.name == name) else {
            if is_foreign(&name) {
                self.found.faults.push(TemplateFault::unsupported(first.at, name));
            } else if ["elseif", "elsif", "elif"].contains(&name.as_str()) {
                self.fault(first.at, SyntaxFault::ElseIf(name));
            } else {
                self.unknown(name, first.at);
            }
            return None;
        };
        if given.len() < helper.min || given.len() > helper.max {
            let kind = TemplateFaultKind::Parameters { name: helper.name, given: given.len() };
            self.found.faults.push(TemplateFault { at: first.at, kind });
            return None;
        }
        if helper.block {
            self.found.faults.push(TemplateFault::unsupported(first.at, name));
            return None;
        }
        if let Some(fault) = misfit(helper, &given) {
            self.fault(first.at, fault);
            return None;
        }
        Some(Expression::Call(helper, given))
    }

    /// What a helper is given, up to the end of its brackets. All of them are looked at, so that all faults are told.
    fn parameters(&mut self, depth: usize) -> Option<Vec<Expression>> {
        let mut given = Vec::new();
        let mut sound = true;
        while let Some(word) = self.words.get(self.next).cloned() {
            if word.kind == WordKind::Close {
                break;
            }
            self.next += 1;
            match self.parameter(word, depth) {
                Some(one) => given.push(one),
                None => sound = false,
            }
        }
        sound.then_some(given)
    }

    fn parameter(&mut self, word: Word, depth: usize) -> Option<Expression> {
        match word.kind {
            WordKind::Bare(name) | WordKind::Bracketed(name) | WordKind::Data(name) => {
                self.variable(&name, word.at)
            }
            WordKind::Text(text) => Some(Expression::Text(text)),
            WordKind::Constant(name) if matches!(name.as_str(), "null" | "undefined") => {
                self.found.faults.push(TemplateFault::unsupported(word.at, name));
                None
            }
            WordKind::Constant(name) => Some(Expression::Flag(name == "true")),
            WordKind::Number(number) => Some(Expression::Number(number)),
            WordKind::Path(name) => self.path(name, word.at),
            WordKind::This(name) => {
                self.found.faults.push(TemplateFault::unsupported(word.at, name));
                None
            }
            WordKind::Open => {
                let call = self.call(depth + 1);
                // What follows a call that could not be read belongs to it.
                match self.words.get(self.next).map(|word| &word.kind) {
                    Some(WordKind::Close) => self.next += 1,
                    _ if call.is_some() => return self.brackets(),
                    _ => self.next = self.words.len(),
                }
                call
            }
            WordKind::Close | WordKind::Sign(_) => self.brackets(),
        }
    }

    /// A variable by a word that stands for itself.
    fn variable(&mut self, name: &str, at: Range<usize>) -> Option<Expression> {
        let is_data = self.spelling(&at).starts_with('@');
        if is_data && name != ROW {
            self.found.faults.push(TemplateFault::unsupported(at, name));
            return None;
        }
        Some(self.column(name.to_owned(), at))
    }

    fn column(&mut self, name: String, at: Range<usize>) -> Expression {
        let variables = &mut self.found.variables;
        let index = variables.iter().position(|variable| variable.name == name).unwrap_or_else(|| {
            variables.push(Variable { name, at });
            variables.len() - 1
        });
        Expression::Variable(index)
    }

    fn path<T>(&mut self, name: String, at: Range<usize>) -> Option<T> {
        self.found.faults.push(TemplateFault { at, kind: TemplateFaultKind::Path(name) });
        None
    }

    fn unknown(&mut self, name: String, at: Range<usize>) {
        // Names with blanks between them are most often one name.
        let names =
            self.words.iter().all(|word| matches!(word.kind, WordKind::Bare(_) | WordKind::Number(_)));
        let column = (names && self.words[0].at == at).then(|| self.bracketed());
        let kind = TemplateFaultKind::UnknownHelper { name, column };
        self.found.faults.push(TemplateFault { at, kind });
    }

    fn brackets<T>(&mut self) -> Option<T> {
        if let Some(Word { kind: WordKind::This(name), at }) = self.words.first().cloned() {
            self.found.faults.push(TemplateFault::unsupported(at, name));
            return None;
        }
        self.fault(self.inside.clone(), SyntaxFault::Brackets);
        None
    }

    /// Nothing may be left over.
    fn whole<T>(&mut self, read: Option<T>) -> Option<T> {
        let read = read?;
        if self.next < self.words.len() { self.brackets() } else { Some(read) }
    }

    fn fault(&mut self, at: Range<usize>, fault: SyntaxFault) {
        self.found.faults.push(TemplateFault::syntax(at, fault));
    }

    fn spelling(&self, at: &Range<usize>) -> &'s str {
        &self.source[at.clone()]
    }

    /// The whole of the tag as the name of one column.
    fn bracketed(&self) -> String {
        let name = self.source[self.inside.clone()].trim_matches(is_blank);
        // Brackets that stand around the whole were meant as such.
        let inner = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        format!("{{{{[{}]}}}}", inner.replace(']', "\\]"))
    }

    fn bracketed_if_needed(&self) -> String {
        self.source[self.inside.clone()].trim_matches(is_blank).to_owned()
    }
}

fn is_foreign(name: &str) -> bool {
    ["each", "with", "lookup", "log", "raw", "this"].contains(&name)
}

fn is_curly(c: char) -> bool {
    matches!(c, '“' | '”' | '‘' | '’' | '「' | '」' | '『' | '』' | '＂' | '＇' | '„' | '‟')
}

/// `（eq`: the bracket that a Chinese keyboard writes, and a helper.
fn is_called_in_full_width(name: &str) -> bool {
    let Some(rest) = name.strip_prefix('（') else { return false };
    HELPERS.iter().any(|helper| rest.starts_with(helper.name))
}

/// `）` without its `（`: a column may have both in its name, and not one of them.
fn is_unpaired(name: &str) -> bool {
    name.matches('（').count() != name.matches('）').count()
}

/// What is wrong with what the template itself gives, whatever the row.
fn misfit(helper: &Signature, given: &[Expression]) -> Option<SyntaxFault> {
    if let ("date", [Expression::Text(pattern), Expression::Variable(_)]) = (helper.name, given)
        && date::is_pattern(pattern)
    {
        return Some(SyntaxFault::DateOrder(pattern.clone()));
    }
    let written = given.get(1).and_then(|second| match second {
        Expression::Text(text) | Expression::Number(text) => Some(text),
        Expression::Variable(_) | Expression::Flag(_) | Expression::Call(..) => None,
    })?;
    let value = Value::Text(Cow::Borrowed(written.as_str()));
    match helper.name {
        "date" if !date::is_pattern(written) => Some(SyntaxFault::DatePattern(written.clone())),
        "date" => {
            let (sign, instead) = date::doubtful(written)?;
            Some(SyntaxFault::DateSign { sign, instead })
        }
        "number" if number::decimals(&value).is_err() => Some(SyntaxFault::Count(written.clone())),
        "truncate" if count(&value).is_err() => Some(SyntaxFault::Count(written.clone())),
        "percent" if !number::is_unit(written) => Some(SyntaxFault::Unit(written.clone())),
        _ => None,
    }
}
