//! A push as JSON, at the beginning of a text, or inside of the object of a log that has it as one of its values.

use serde_json::{Map, Value};

use crate::gather::push::entry::{Fields, Part};

/// Reads it.
pub(crate) fn read(text: &str) -> Part {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match values.next() {
        Some(Ok(Value::Object(object))) => {
            let length = values.byte_offset();
            match push_in(&object) {
                Some(fields) => Part::Whole(fields, length),
                // A value that is a text may hold a push as XML, which is found when it is looked at as a text.
                None if text[..length].contains("<xml") => Part::None,
                None => Part::Other(length),
            }
        }
        Some(Err(error)) if error.is_eof() => Part::Unfinished,
        Some(Ok(_) | Err(_)) | None => Part::None,
    }
}

/// The fields of a push in an object, or in one of the objects that it holds.
fn push_in(object: &Map<String, Value>) -> Option<Fields> {
    if object.contains_key("FromUserName") || object.contains_key("Encrypt") {
        let mut fields = Fields::default();
        for (name, value) in object {
            fields.take(name, || match value {
                Value::String(text) => text.clone(),
                value => value.to_string(),
            });
        }
        return Some(fields);
    }
    object.values().find_map(|value| value.as_object().and_then(push_in))
}
