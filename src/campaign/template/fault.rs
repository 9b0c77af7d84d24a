//! What can be wrong with a template before any row is read.

use std::ops::Range;

use crate::campaign::template::helpers::HELPERS;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::diagnostic::value::Key;

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
    UnknownHelper {
        /// Its name.
        name: String,
        /// What to write if all of the tag is the name of a column.
        column: Option<String>,
    },
    /// A helper with too many or too few parameters.
    Parameters {
        /// The helper.
        name: &'static str,
        /// How many were given.
        given: usize,
    },
    /// Something of Handlebars that has no use here, by its spelling.
    Unsupported(String),
    /// A name with a dot or a slash in it, which would be a level of Handlebars and may be a column.
    Path(String),
}

/// Why a template is not Handlebars, or says something that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SyntaxFault {
    /// A tag without its end.
    UnclosedTag,
    /// A tag whose end is `｝`, as Chinese keyboards write it.
    FullWidthBraces,
    /// A tag of two braces that three close.
    ThirdBrace,
    /// A tag of four braces; the same in two.
    FourBraces(String),
    /// A tag in which a quotation mark has no second.
    UnclosedQuote,
    /// A tag in which `[` has no `]`.
    UnclosedBracket,
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
    /// Blocks or brackets inside of one another, more than anybody can follow.
    TooDeep,
    /// A sign such as `==`, and what to write instead.
    Operator {
        /// The sign.
        sign: String,
        /// What means the same.
        instead: String,
    },
    /// A call without its round brackets, and what to write instead.
    NoBrackets(String),
    /// Round brackets that are not closed, or one too many.
    Brackets,
    /// Round brackets as Chinese keyboards write them.
    FullWidthBrackets,
    /// Quotation marks that are not straight ones: what stands there, and what to write instead.
    CurlyQuotes {
        /// The word.
        text: String,
        /// The same in straight ones.
        instead: String,
    },
    /// `elif` and the like.
    ElseIf(String),
    /// `{{#else}}`
    HashElse,
    /// The parameters of `date` the wrong way round; the pattern.
    DateOrder(String),
    /// A part of a pattern of dates that is not meant, and what is.
    DateSign {
        /// The part.
        sign: String,
        /// What to write instead.
        instead: &'static str,
    },
    /// `{{#name}}` with the name of no helper.
    Section(String),
    /// A sign that a name outside of square brackets cannot have, and what to write if it is a column.
    Sign {
        /// The sign.
        sign: String,
        /// The whole of the tag in square brackets.
        column: String,
    },
    /// A pattern of dates without any `%`, or with one that means nothing.
    DatePattern(String),
    /// A number of characters or decimals that is none.
    Count(String),
    /// A unit that `percent` does not know.
    Unit(String),
}

impl TemplateFault {
    pub(super) fn syntax(at: Range<usize>, fault: SyntaxFault) -> Self {
        Self { at, kind: TemplateFaultKind::Syntax(fault) }
    }

    pub(super) fn unsupported(at: Range<usize>, spelling: impl Into<String>) -> Self {
        Self { at, kind: TemplateFaultKind::Unsupported(spelling.into()) }
    }

    /// The fault as it is told, of the field `at`.
    pub(crate) fn diagnostic(self, at: &FieldPath) -> Diagnostic {
        let fault = |code| Diagnostic::new(code, Place::Within(at.clone(), self.at)).with("field", at);
        match self.kind {
            TemplateFaultKind::Syntax(kind) => kind.told(fault(Code::TemplateSyntax)),
            TemplateFaultKind::UnknownHelper { name, column } => {
                let fault = fault(Code::UnknownHelper).with("name", &name);
                let mut fault = fault.near(&name, HELPERS.iter().map(|helper| helper.name));
                // What is near no helper is most often a column with a blank in its name.
                fault.near = fault.near.or(column.map(String::into_boxed_str));
                fault
            }
            TemplateFaultKind::Parameters { name, given } => fault(Code::TemplateUnsupported)
                .with("told", Key::new("template.parameters"))
                .with("given", given)
                .with("instead", usage(name)),
            TemplateFaultKind::Unsupported(spelling) => {
                // A column may be called so: names of columns that must be filled in begin with a `*` in many lists.
                let starred = spelling.strip_prefix('*').is_some_and(|name| !name.is_empty());
                let near = (spelling == "this" || starred).then(|| format!("{{{{[{spelling}]}}}}").into());
                let mut fault = unsupported(fault(Code::TemplateUnsupported), spelling);
                fault.near = near;
                fault
            }
            TemplateFaultKind::Path(path) => {
                // As template messages of the platform write their variables.
                let column = match path.strip_suffix(".DATA") {
                    Some(name) => format!("{{{{{name}}}}}"),
                    None => format!("{{{{[{}]}}}}", path.replace(['[', ']'], "")),
                };
                let mut fault = unsupported(fault(Code::TemplateUnsupported), path);
                fault.near = Some(column.into_boxed_str());
                fault
            }
        }
    }
}

fn unsupported(fault: Diagnostic, spelling: String) -> Diagnostic {
    fault.with("told", Key::new("template.not-here")).with("text", spelling)
}

/// How a helper is written, in any language.
fn usage(helper: &str) -> String {
    match helper {
        "if" | "unless" => format!("{{{{#{helper} …}}}}…{{{{/{helper}}}}}"),
        "default" => "{{default … \"…\"}}".to_owned(),
        "truncate" => "{{truncate … 4}}".to_owned(),
        "date" => "{{date … \"%Y-%m-%d\"}}".to_owned(),
        "eq" | "ne" => format!("({helper} … \"…\")"),
        "gt" | "gte" | "lt" | "lte" => format!("({helper} … 100)"),
        "and" | "or" => format!("({helper} … …)"),
        "not" => "(not …)".to_owned(),
        other => format!("{{{{{other} …}}}}"),
    }
}

impl SyntaxFault {
    fn told(self, fault: Diagnostic) -> Diagnostic {
        let of = |key: &'static str| fault.with("reason", Key::new(key));
        match self {
            Self::UnclosedTag => of("template.unclosed-tag"),
            Self::FullWidthBraces => of("template.full-width-braces"),
            Self::ThirdBrace => of("template.third-brace"),
            Self::FourBraces(instead) => of("template.four-braces").with("instead", instead),
            Self::UnclosedQuote => of("template.unclosed-quote"),
            Self::UnclosedBracket => of("template.unclosed-bracket"),
            Self::EmptyTag => of("template.empty-tag"),
            Self::UnclosedBlock(open) => of("template.unclosed-block").with("open", open),
            Self::CrossedBlocks { open, close } => {
                of("template.crossed-blocks").with("open", open).with("close", close)
            }
            Self::StrayEnd(tag) => of("template.stray-end").with("tag", tag),
            Self::SecondElse => of("template.second-else"),
            Self::TooDeep => of("template.too-deep"),
            Self::Operator { sign, instead } => {
                of("template.operator").with("sign", sign).with("instead", instead)
            }
            Self::NoBrackets(instead) => of("template.no-brackets").with("instead", instead),
            Self::Brackets => of("template.brackets"),
            Self::FullWidthBrackets => of("template.full-width-brackets"),
            Self::CurlyQuotes { text, instead } => {
                of("template.curly-quotes").with("text", text).with("instead", instead)
            }
            Self::ElseIf(word) => of("template.else-if").with("word", word),
            Self::HashElse => of("template.hash-else"),
            Self::DateOrder(pattern) => of("template.date-order").with("pattern", pattern),
            Self::DateSign { sign, instead } => {
                let key = if sign == "%M" { "template.date-minute" } else { "template.date-sign" };
                of(key).with("sign", sign).with("instead", instead)
            }
            Self::Section(name) => of("template.section").with("name", name),
            Self::Sign { sign, column } => of("template.sign").with("sign", sign).with("instead", column),
            Self::DatePattern(text) => of("template.date-pattern").with("text", text),
            Self::Count(text) => of("template.count").with("text", text),
            Self::Unit(text) => of("template.unit").with("text", text),
        }
    }
}
