//! Pushes in JSON, at the beginning of a text: one by itself, or those anywhere in what a log has written around them, in
//! lists and objects and as texts of their own, which are JSON or XML again.

use serde_json::{Deserializer, Map, Value};

use crate::gather::push::entry::{Fields, Part};
use crate::gather::push::xml;

/// What every push has one of.
const SIGNS: [&str; 2] = ["FromUserName", "Encrypt"];
/// Texts in texts are looked into no deeper.
const DEEPEST: usize = 4;

/// Reads what is there.
pub(crate) fn read(text: &str) -> Part {
    let mut values = Deserializer::from_str(text).into_iter::<Value>();
    match values.next() {
        Some(Ok(value @ Value::Object(_))) => {
            let length = values.byte_offset();
            let mut found = Found::default();
            found.value(&value, 0);
            if !found.pushes.is_empty() {
                Part::Whole(found.pushes, length)
            } else if found.looks_so || has_sign(&text[..length]) {
                Part::Broken(length)
            } else {
                Part::Other(length)
            }
        }
        Some(Err(error)) if error.is_eof() => Part::Unfinished,
        Some(Ok(_) | Err(_)) | None => Part::None,
    }
}

fn has_sign(text: &str) -> bool {
    SIGNS.iter().any(|sign| text.contains(sign))
}

/// The pushes in a value.
#[derive(Default)]
struct Found {
    pushes: Vec<Fields>,
    /// Whether something looks like one and cannot be read.
    looks_so: bool,
}

impl Found {
    fn add(&mut self, fields: Fields) {
        // A log may have the same push as it came and as it was read.
        if !self.pushes.contains(&fields) {
            self.pushes.push(fields);
        }
    }

    fn value(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Object(object) if SIGNS.iter().any(|sign| object.contains_key(*sign)) => {
                // What people wrote stands in it, and is no push.
                self.add(fields(object));
            }
            Value::Object(object) => object.values().for_each(|value| self.value(value, depth)),
            Value::Array(values) => values.iter().for_each(|value| self.value(value, depth)),
            Value::String(text) if depth < DEEPEST && has_sign(text) => self.text(text, depth + 1),
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Looks for them in a text.
    fn text(&mut self, text: &str, depth: usize) {
        let mut at = 0;
        while let Some(found) = text[at..].find(['<', '{']).map(|found| at + found) {
            let rest = &text[found..];
            at = found + 1;
            if rest.starts_with('{') {
                let mut values = Deserializer::from_str(rest).into_iter::<Value>();
                if let Some(Ok(value)) = values.next() {
                    at = found + values.byte_offset();
                    self.value(&value, depth);
                }
            } else if rest.starts_with("<xml") {
                match xml::read(rest) {
                    Part::Whole(pushes, length) => {
                        pushes.into_iter().for_each(|fields| self.add(fields));
                        at = found + length;
                    }
                    Part::Broken(length) => {
                        self.looks_so = true;
                        at = found + length;
                    }
                    Part::Unfinished => self.looks_so = true,
                    Part::Other(_) | Part::None => {}
                }
            }
        }
    }
}

fn fields(object: &Map<String, Value>) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in object {
        fields.take(name, || match value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        });
    }
    fields
}
