//! Templates: Handlebars, strict, without HTML escaping.
//!
//! A template is compiled once. Plain text and plain variables become segments that are copied; whatever else
//! there is, a block or a helper, stays a piece of Handlebars. Every variable is known before a row is read.

pub(crate) mod branches;
pub mod helpers;

use std::ops::Range;

use handlebars::template::{HelperTemplate, Parameter, TemplateElement};
use handlebars::{Path, PathSeg, Template as Handlebars, TemplateErrorReason};

use crate::campaign::template::helpers::{HELPERS, Signature};

/// The variable that holds the number of the row.
pub(crate) const ROW: &str = "@row";
/// The variable that holds the recipient's openid, whatever its column is called.
pub(crate) const OPENID: &str = "openid";

/// A compiled template.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    segments: Vec<Segment>,
    variables: Vec<Variable>,
}

/// A piece of a template.
#[derive(Debug, Clone)]
pub(crate) enum Segment {
    /// Text as it is.
    Text(String),
    /// The value of a variable, by its index in [`Template::variables`].
    Variable(usize),
    /// Anything else, for Handlebars to render.
    Handlebars(Box<Handlebars>),
}

/// A variable that a template uses, and where it first does, in bytes of the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    /// The column's name, or [`ROW`], or [`OPENID`].
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) at: Range<usize>,
}

/// What is wrong with a template, and where in bytes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TemplateFault {
    /// Where.
    pub(crate) at: Range<usize>,
    /// What.
    pub(crate) kind: TemplateFaultKind,
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TemplateFaultKind {
    /// It is not Handlebars.
    Syntax(SyntaxFault),
    /// A helper that does not exist.
    UnknownHelper(String),
    /// A helper with too many or too few parameters.
    Parameters {
        /// The helper.
        name: &'static str,
        /// How many were given.
        given: usize,
    },
    /// Something of Handlebars that has no use here, by its spelling.
    Unsupported(String),
}

/// Why a template is not Handlebars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SyntaxFault {
    /// A tag without its end.
    UnclosedTag,
    /// A tag in which a quotation mark has no second.
    UnclosedQuote,
    /// A tag with nothing in it.
    EmptyTag,
    /// A block without its end.
    UnclosedBlock(String),
    /// A block with the end of another.
    CrossedBlocks {
        /// The one that was begun.
        open: String,
        /// The one whose end there is.
        close: String,
    },
    /// An end, or an `else`, without a block; what stands in the tag.
    StrayEnd(String),
    /// Two `else` in a block.
    SecondElse,
    /// Anything else, in the parser's words.
    Other(String),
}

/// A template that cannot be used.
#[derive(Debug, Clone)]
pub(crate) struct Broken {
    /// What is wrong with it.
    pub(crate) faults: Vec<TemplateFault>,
    /// A template without text but with its variables, so that those can still be held against the columns.
    pub(crate) rest: Template,
}

impl Template {
    /// Compiles a template, or tells everything that is wrong with it.
    ///
    /// # Errors
    ///
    /// Every fault that can be seen without the audience's columns.
    pub(crate) fn compile(source: &str) -> Result<Self, Broken> {
        let mut parsed = Handlebars::compile(source).map_err(|error| Broken {
            faults: vec![syntax(source, &error)],
            rest: Self { segments: Vec::new(), variables: Vec::new() },
        })?;
        let mut look = Look { source, variables: Vec::new(), faults: Vec::new() };
        parsed.elements.iter_mut().for_each(|element| look.element(element));
        let Look { variables, faults, .. } = look;
        if !faults.is_empty() {
            return Err(Broken { faults, rest: Self { segments: Vec::new(), variables } });
        }
        let segments =
            parsed.elements.into_iter().filter_map(|element| segment(element, &variables)).collect();
        Ok(Self { segments, variables })
    }

    /// The pieces, in order.
    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The variables it uses, each once.
    pub(crate) fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The text, where it is the same for everybody.
    pub(crate) fn constant(&self) -> Option<String> {
        let mut text = String::new();
        for segment in &self.segments {
            match segment {
                Segment::Text(piece) => text.push_str(piece),
                Segment::Variable(_) | Segment::Handlebars(_) => return None,
            }
        }
        Some(text)
    }
}

fn segment(element: TemplateElement, variables: &[Variable]) -> Option<Segment> {
    match element {
        TemplateElement::RawString(text) => Some(Segment::Text(text)),
        TemplateElement::Comment(_) => None,
        TemplateElement::Expression(ref expression) | TemplateElement::HtmlExpression(ref expression)
            if plain(expression).is_some() =>
        {
            let name = plain(expression)?;
            variables.iter().position(|variable| variable.name == name).map(Segment::Variable)
        }
        other => {
            let mut template = Handlebars::default();
            template.elements.push(other);
            Some(Segment::Handlebars(Box::new(template)))
        }
    }
}

/// The variable's name, where an expression is nothing but a variable.
fn plain(expression: &HelperTemplate) -> Option<&str> {
    let bare = expression.params.is_empty() && expression.hash.is_empty() && !expression.block;
    match &expression.name {
        Parameter::Name(name) if bare => Some(name),
        Parameter::Path(path) if bare => variable_name(path),
        _ => None,
    }
}

/// The variable that a path names, where it names one.
pub(crate) fn variable_name(path: &Path) -> Option<&str> {
    match path {
        Path::Local((0, name, _)) if name == "row" => Some(ROW),
        Path::Local(_) => None,
        Path::Relative((segments, _)) => match segments.as_slice() {
            [PathSeg::Named(name)] => Some(name),
            _ => None,
        },
    }
}

/// Walks a parsed template: collects variables and faults, and turns every variable into the one spelling that
/// Handlebars can never take for a helper's name.
struct Look<'s> {
    source: &'s str,
    variables: Vec<Variable>,
    faults: Vec<TemplateFault>,
}

impl Look<'_> {
    fn element(&mut self, element: &mut TemplateElement) {
        match element {
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
            TemplateElement::HtmlExpression(expression)
            | TemplateElement::Expression(expression)
            | TemplateElement::HelperBlock(expression) => self.expression(expression),
            TemplateElement::DecoratorExpression(_) | TemplateElement::DecoratorBlock(_) => {
                self.unsupported("*")
            }
            // Partials, and whatever a later Handlebars may add.
            _ => self.unsupported(">"),
        }
    }

    fn expression(&mut self, expression: &mut HelperTemplate) {
        if !expression.block && expression.params.is_empty() && expression.hash.is_empty() {
            self.parameter(&mut expression.name);
        } else {
            self.call(expression);
        }
    }

    fn call(&mut self, call: &mut HelperTemplate) {
        let name = match &call.name {
            Parameter::Name(name) => name.clone(),
            Parameter::Path(path) => variable_name(path).unwrap_or_default().to_owned(),
            _ => String::new(),
        };
        match HELPERS.iter().find(|helper| helper.name == name) {
            Some(helper) => self.signature(helper, call, &name),
            None if ["each", "with", "lookup", "log", "raw"].contains(&name.as_str()) => {
                self.unsupported(&name)
            }
            None => self.fault(&name, TemplateFaultKind::UnknownHelper(name.clone())),
        }
        if !call.hash.is_empty() && call.hash.keys().any(|key| key != "includeZero") {
            self.unsupported("=");
        }
        call.params.iter_mut().for_each(|parameter| self.parameter(parameter));
        for inner in [&mut call.template, &mut call.inverse].into_iter().flatten() {
            inner.elements.iter_mut().for_each(|element| self.element(element));
        }
    }

    fn signature(&mut self, helper: &'static Signature, call: &HelperTemplate, name: &str) {
        let given = call.params.len();
        if given < helper.min || given > helper.max {
            self.fault(name, TemplateFaultKind::Parameters { name: helper.name, given });
        } else if helper.block != call.block {
            self.unsupported(name);
        }
    }

    fn parameter(&mut self, parameter: &mut Parameter) {
        let name = match parameter {
            Parameter::Literal(_) => return,
            Parameter::Subexpression(inner) => return self.subexpression(&mut inner.element),
            Parameter::Name(name) => name.clone(),
            Parameter::Path(path) => match variable_name(path) {
                Some(name) => name.to_owned(),
                None => {
                    let spelling = match path {
                        Path::Local((_, name, _)) => format!("@{name}"),
                        Path::Relative((_, raw)) => raw.clone(),
                    };
                    return self.unsupported(&spelling);
                }
            },
            _ => return self.unsupported("{{"),
        };
        let bracketed = format!("this.[{name}]");
        let segments = vec![PathSeg::Named(name.clone())];
        *parameter = Parameter::Path(Path::Relative((segments, bracketed)));
        if !self.variables.iter().any(|variable| variable.name == name) {
            let at = find_in_tags(self.source, &name);
            self.variables.push(Variable { name, at });
        }
    }

    fn subexpression(&mut self, element: &mut TemplateElement) {
        if let TemplateElement::Expression(call) = element {
            self.call(call);
        }
    }

    fn unsupported(&mut self, spelling: &str) {
        self.fault(spelling, TemplateFaultKind::Unsupported(spelling.to_owned()));
    }

    fn fault(&mut self, word: &str, kind: TemplateFaultKind) {
        self.faults.push(TemplateFault { at: find_in_tags(self.source, word), kind });
    }
}

/// Where a word first stands inside `{{…}}`, by itself; the first tag where it cannot be found.
fn find_in_tags(source: &str, word: &str) -> Range<usize> {
    let mut from = 0;
    let mut first = None;
    while let Some(open) = source[from..].find("{{").map(|at| from + at) {
        let end = source[open..].find("}}").map_or(source.len(), |at| open + at);
        first = first.or(Some(open..(end + 2).min(source.len())));
        let tag = &source[open..end];
        let alone = |at: usize| {
            let inside = |c: char| c.is_alphanumeric() || c == '_';
            let before = tag[..at].chars().next_back().is_some_and(inside);
            let after = tag[at + word.len()..].chars().next().is_some_and(inside);
            !(before || after)
        };
        if let Some((at, _)) = tag.match_indices(word).find(|(at, _)| !word.is_empty() && alone(*at)) {
            return open + at..open + at + word.len();
        }
        from = (end + 2).min(source.len());
    }
    first.unwrap_or(0..source.len())
}

fn syntax(source: &str, error: &handlebars::TemplateError) -> TemplateFault {
    let at = error.pos().map_or(0, |(line, column)| offset(source, line, column));
    // In a tag without its end the parser stops far behind; where the tag begins is where to look.
    let open = source[..at].rfind("{{").filter(|open| !source[*open..at].contains("}}"));
    let (at, end) = match open {
        Some(open) => (open, source[open..].find('\n').map_or(source.len(), |line| open + line)),
        None => (at, source[at..].chars().next().map_or(at, |c| at + c.len_utf8())),
    };
    TemplateFault { at: at..end, kind: TemplateFaultKind::Syntax(syntax_fault(source, open, error.reason())) }
}

/// What is wrong, as people see it: the parser tells the rules of its grammar that it has tried.
fn syntax_fault(source: &str, open: Option<usize>, reason: &TemplateErrorReason) -> SyntaxFault {
    if let TemplateErrorReason::MismatchingClosedHelper(open, close) = reason {
        return SyntaxFault::CrossedBlocks { open: open.clone(), close: close.clone() };
    }
    let unclosed = unclosed_block(&source[..open.unwrap_or(source.len())]);
    // The reason may be several lines long with a drawing of the template; the first line names the matter.
    let other = || SyntaxFault::Other(reason.to_string().lines().next().unwrap_or_default().to_owned());
    let Some(open) = open else { return unclosed.map_or_else(other, SyntaxFault::UnclosedBlock) };
    let tag =
        source[open + 2..].split_once("}}").map(|(tag, _)| tag.trim()).filter(|tag| !tag.contains("{{"));
    match tag {
        None => SyntaxFault::UnclosedTag,
        Some("") => SyntaxFault::EmptyTag,
        Some("else") if unclosed.is_some() => SyntaxFault::SecondElse,
        Some(tag) if tag == "else" || tag.starts_with('/') => SyntaxFault::StrayEnd(tag.to_owned()),
        Some(tag) if !tag.matches('"').count().is_multiple_of(2) => SyntaxFault::UnclosedQuote,
        Some(_) => other(),
    }
}

/// The innermost block that is begun and not ended.
fn unclosed_block(source: &str) -> Option<String> {
    let mut blocks = Vec::new();
    for tag in source.split("{{").skip(1) {
        let name =
            |rest: &str| rest.chars().take_while(|c| !c.is_whitespace() && *c != '}').collect::<String>();
        if let Some(rest) = tag.strip_prefix('#') {
            blocks.push(name(rest));
        } else if tag.starts_with('/') {
            blocks.pop();
        }
    }
    blocks.pop()
}

/// The byte of a line and column that both count from 1, the column in characters.
fn offset(source: &str, line: usize, column: usize) -> usize {
    let start: usize = source.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = &source[start.min(source.len())..];
    let inside: usize = rest.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
    (start + inside).min(source.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(source: &str) -> Vec<String> {
        let template = Template::compile(source).unwrap_or_else(|faults| panic!("{source}: {faults:?}"));
        template.variables().iter().map(|variable| variable.name.clone()).collect()
    }

    fn kinds(source: &str) -> Vec<TemplateFaultKind> {
        match Template::compile(source) {
            Ok(_) => Vec::new(),
            Err(broken) => broken.faults.into_iter().map(|fault| fault.kind).collect(),
        }
    }

    #[test]
    fn variables_are_found_wherever_they_stand() {
        assert_eq!(
            names("{{姓名}} {{[full name]}} {{@row}} {{openid}} {{{code}}}"),
            ["姓名", "full name", "@row", "openid", "code"]
        );
        assert_eq!(
            names("{{#if (eq 城市 \"北京\")}}{{a}}{{else if b}}{{c}}{{else}}{{d}}{{/if}}"),
            ["城市", "a", "b", "c", "d"]
        );
        assert_eq!(names("{{default (trim name) \"您\"}}"), ["name"]);
    }

    #[test]
    fn a_column_may_have_a_helpers_name() {
        assert_eq!(names("{{date}} {{#if number}}{{number}}{{/if}}"), ["date", "number"]);
    }

    #[test]
    fn plain_variables_become_segments() {
        let template = Template::compile("a {{b}} c").unwrap_or_else(|faults| panic!("{faults:?}"));
        assert!(matches!(template.segments(), [Segment::Text(_), Segment::Variable(0), Segment::Text(_)]));
        assert_eq!(template.constant(), None);
        let constant =
            Template::compile("no {{! comment }}variable").unwrap_or_else(|faults| panic!("{faults:?}"));
        assert_eq!(constant.constant().as_deref(), Some("no variable"));
    }

    #[test]
    fn what_cannot_work_is_told_before_any_row() {
        assert!(matches!(kinds("{{#if a}}x").as_slice(), [TemplateFaultKind::Syntax(_)]));
        assert!(matches!(kinds("{{a").as_slice(), [TemplateFaultKind::Syntax(_)]));
        assert_eq!(kinds("{{uper a}}"), [TemplateFaultKind::UnknownHelper("uper".into())]);
        assert_eq!(kinds("{{upper a b}}"), [TemplateFaultKind::Parameters { name: "upper", given: 2 }]);
        assert_eq!(
            kinds("{{#each a}}{{this}}{{/each}}").first(),
            Some(&TemplateFaultKind::Unsupported("each".into()))
        );
        assert_eq!(kinds("{{> partial}}"), [TemplateFaultKind::Unsupported(">".into())]);
        assert_eq!(kinds("{{a.b}}"), [TemplateFaultKind::Unsupported("a.b".into())]);
    }

    #[test]
    fn a_broken_template_still_tells_its_variables() {
        let broken = Template::compile("{{a}} {{uper b}}").err();
        let names =
            broken.map(|broken| broken.rest.variables.into_iter().map(|v| v.name).collect::<Vec<_>>());
        assert_eq!(names, Some(vec!["a".into(), "b".into()]));
    }

    #[test]
    fn a_variable_knows_its_own_place() {
        let template =
            Template::compile("您好 {{name}} {{ nmae }}").unwrap_or_else(|faults| panic!("{faults:?}"));
        let at = template.variables()[1].at.clone();
        assert_eq!(&"您好 {{name}} {{ nmae }}"[at], "nmae");
    }
}
