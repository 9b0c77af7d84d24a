//! A cell of a workbook of OpenDocument, as far as it has been read.

use crate::audience::number_format::bare;
use crate::audience::workbook::cell::{Failure, Value};
use crate::audience::workbook::ods::styles::CONTENT;

/// The cell that is being read.
#[derive(Debug, Clone, Default)]
pub(super) struct Open {
    pub(super) column: u32,
    pub(super) repeated: u32,
    pub(super) kind: String,
    pub(super) value: Option<String>,
    pub(super) formula: bool,
    pub(super) volatile: bool,
    pub(super) style: Option<String>,
    pub(super) error: bool,
    pub(super) struck: bool,
    pub(super) text: String,
    pub(super) paragraphs: u32,
}

impl Open {
    /// How many bytes it takes.
    pub(super) fn held(&self) -> usize {
        let own = [&self.value, &self.style].into_iter().flatten().map(String::len).sum::<usize>();
        size_of::<Self>() + own + self.kind.len() + self.text.len()
    }

    /// Its value; `formats` is whether its style says how numbers are shown.
    pub(super) fn value(&self, formats: bool) -> Result<Value<'_>, Failure> {
        let text = if self.paragraphs > 0 { self.text.as_str() } else { self.value.as_deref().unwrap_or("") };
        Ok(match self.kind.as_str() {
            _ if self.error => Value::Error(text),
            "boolean" => Value::Bool(self.value.as_deref() == Some("true")),
            // LibreOffice keeps the truth so, with a number for its value.
            "float" if self.formula && matches!(text, "TRUE" | "FALSE") => Value::Bool(text == "TRUE"),
            "float" | "percentage" | "currency" => {
                let number = self.value.as_deref().and_then(|value| value.trim().parse::<f64>().ok());
                let number =
                    number.filter(|number| number.is_finite()).ok_or_else(|| Failure::part(CONTENT))?;
                match self.paragraphs {
                    0 => Value::Number(number),
                    _ => {
                        let text = text.trim();
                        let sure = formats || text == bare(number);
                        Value::Shown { text, number: Some(number), iso: None, sure }
                    }
                }
            }
            "date" | "time" => {
                let iso = self.value.as_deref().ok_or_else(|| Failure::part(CONTENT))?;
                match self.paragraphs {
                    0 => Value::Iso(iso),
                    _ => Value::Shown { text, number: None, iso: Some(iso), sure: formats },
                }
            }
            "" if text.is_empty() => Value::Missing,
            _ => Value::Text(text),
        })
    }
}
