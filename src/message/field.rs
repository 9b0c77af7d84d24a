//! The rules a finished text is held to, by field.

use crate::diagnostic::code::Code;
use crate::diagnostic::value::Key;
use crate::message::appid::is_appid;
use crate::message::bytes::any_byte;
use crate::message::problem::Problem;
use crate::message::{address, links};

/// How a text's length is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Bytes of UTF-8.
    Bytes,
    /// Unicode characters.
    Chars,
}

impl Unit {
    /// The length of a text in this unit.
    pub(crate) fn measure(self, text: &str) -> usize {
        match self {
            Self::Bytes => text.len(),
            Self::Chars => text.chars().count(),
        }
    }

    /// The key of its name in `locales/`.
    pub(crate) fn key(self) -> Key {
        match self {
            Self::Bytes => Key::new("unit.bytes"),
            Self::Chars => Key::new("unit.chars"),
        }
    }
}

/// How sure a limit is (the letters of docs/platform.md#how-sure-a-rule-is).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certainty {
    /// Measured or official: past it is an error. Whether the limit itself still passes is open, so that is
    /// a warning.
    Refused,
    /// Somebody's remark: past it is a warning.
    Rumoured,
}

/// The longest text a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    /// The longest length.
    pub(crate) max: usize,
    /// What it is counted in.
    pub(crate) unit: Unit,
    /// How sure it is.
    pub(crate) certainty: Certainty,
}

/// What a text is, beyond its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Form {
    /// Any text.
    #[default]
    Plain,
    /// An address that opens when tapped.
    Url,
    /// The page of a mini program.
    Page,
    /// Text whose `<a>` tags WeChat turns into links (docs/platform.md#links-in-texts).
    Markup,
    /// The appid of a mini program.
    MiniprogramAppid,
}

/// The rules of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Rules {
    /// Must be there and must not be blank.
    pub(crate) required: bool,
    /// The longest it may be.
    pub(crate) limit: Option<Limit>,
    /// What it is.
    pub(crate) form: Form,
}

impl Rules {
    /// A field that must be there.
    pub(crate) const REQUIRED: Self = Self { required: true, limit: None, form: Form::Plain };
    /// A field that may be left out.
    pub(crate) const OPTIONAL: Self = Self { required: false, limit: None, form: Form::Plain };

    /// With a longest length.
    #[must_use]
    pub(crate) const fn at_most(mut self, max: usize, unit: Unit, certainty: Certainty) -> Self {
        self.limit = Some(Limit { max, unit, certainty });
        self
    }

    /// With a form.
    #[must_use]
    pub(crate) const fn form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }
}

impl Rules {
    /// Holds a finished text to the rules and hands every problem to `found`.
    pub(crate) fn check(&self, text: &str, found: &mut impl FnMut(Problem)) {
        if self.required && text.trim().is_empty() {
            found(Problem::new(Code::FieldBlank));
            return;
        }
        let is_control = |byte: u8| byte < b' ' && !matches!(byte, b'\n' | b'\r' | b'\t');
        if any_byte(text, is_control)
            && let Some(control) = text.bytes().find(|byte| is_control(*byte))
        {
            found(Problem::new(Code::ControlCharacter).with("character", format!("U+{control:04X}")));
        }
        if let Some(limit) = self.limit {
            limit.check(text, found);
        }
        match self.form {
            Form::Plain => {}
            Form::Url => {
                if !text.is_empty() {
                    address::check_web(text, found);
                }
            }
            Form::Page => address::check_page(text, found),
            Form::Markup => links::check(text, found),
            Form::MiniprogramAppid => {
                if !is_appid(text) {
                    found(Problem::new(Code::OddMiniprogramAppid).with("appid", text));
                }
            }
        }
    }
}

impl Limit {
    fn check(self, text: &str, found: &mut impl FnMut(Problem)) {
        // A text has at most as many characters as bytes: most texts need no counting.
        if text.len() < self.max {
            return;
        }
        let length = self.unit.measure(text);
        let code = match self.certainty {
            Certainty::Refused if length > self.max => Code::FieldTooLong,
            Certainty::Refused if length == self.max => Code::FieldAtLimit,
            Certainty::Rumoured if length > self.max => Code::FieldLong,
            Certainty::Refused | Certainty::Rumoured => return,
        };
        found(Problem::new(code).with("length", length).with("max", self.max).with("unit", self.unit.key()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(rules: Rules, text: &str) -> Vec<Code> {
        let mut codes = Vec::new();
        rules.check(text, &mut |problem| codes.push(problem.code));
        codes
    }

    #[test]
    fn a_sure_limit_refuses_past_it_and_warns_on_it() {
        let rules = Rules::REQUIRED.at_most(6, Unit::Bytes, Certainty::Refused);
        assert_eq!(codes(rules, "中"), []);
        assert_eq!(codes(rules, "中文"), [Code::FieldAtLimit]);
        assert_eq!(codes(rules, "中文!"), [Code::FieldTooLong]);
    }

    #[test]
    fn a_rumoured_limit_warns_past_it_only_and_counts_characters() {
        let rules = Rules::OPTIONAL.at_most(2, Unit::Chars, Certainty::Rumoured);
        assert_eq!(codes(rules, "中文"), []);
        assert_eq!(codes(rules, "中文!"), [Code::FieldLong]);
    }

    #[test]
    fn blank_counts_as_missing_only_where_something_is_required() {
        assert_eq!(codes(Rules::REQUIRED, " \n"), [Code::FieldBlank]);
        assert_eq!(codes(Rules::OPTIONAL, ""), []);
    }

    #[test]
    fn control_characters_are_refused_but_line_breaks_and_tabs_pass() {
        assert_eq!(codes(Rules::REQUIRED, "a\nb\tc\r"), []);
        assert_eq!(codes(Rules::REQUIRED, "a\u{1}"), [Code::ControlCharacter]);
    }
}
