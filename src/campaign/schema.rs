//! Holds the TOML of a campaign file, or of a policy, against the schema of [`CampaignFile`] or [`PolicyFile`], key by key.
//!
//! serde stops at the first fault; people want all of them. So the file is walked with the very schema that
//! editors complete it by, every misfit is told with its place, and what does not fit is cut out. What is left
//! always becomes a `CampaignFile`, so that the values that do fit can be judged in the same run.

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::campaign::file::CampaignFile;
use crate::campaign::policy::file::PolicyFile;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place, Step};
use crate::diagnostic::value::Key;
use crate::message::KINDS;

/// The JSON Schema of campaign files, as editors use it.
pub fn schema() -> Json {
    let mut schema = schemars::schema_for!(CampaignFile).to_value();
    drop_null(&mut schema);
    drop_formats(&mut schema);
    define_required(&mut schema);
    schema
}

/// The JSON Schema of policy files.
pub fn policy() -> Json {
    let mut schema = schemars::schema_for!(PolicyFile).to_value();
    drop_null(&mut schema);
    drop_formats(&mut schema);
    define_required(&mut schema);
    schema
}

/// TOML has no null: an optional value is one that is not there.
fn drop_null(schema: &mut Json) {
    match schema {
        Json::Object(map) => {
            // What a table defaults to says nothing, its keys say it. A key may itself be called `default`; then
            // it is a schema and has a type.
            let says_nothing = |value: &Json| value.is_null() || value.is_object() && value["type"].is_null();
            if map.get("default").is_some_and(says_nothing) {
                map.shift_remove("default");
            }
            if let Some(Json::Array(types)) = map.get_mut("type") {
                types.retain(|kind| kind != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    map.insert("type".into(), only);
                }
            }
            if let Some(Json::Array(options)) = map.get_mut("anyOf") {
                options.retain(|option| option.get("type").is_none_or(|kind| kind != "null"));
                if let [Json::Object(only)] = options.as_slice() {
                    let only = only.clone();
                    map.shift_remove("anyOf");
                    for (key, value) in only {
                        map.entry(key).or_insert(value);
                    }
                }
            }
            map.values_mut().for_each(drop_null);
        }
        Json::Array(items) => items.iter_mut().for_each(drop_null),
        _ => {}
    }
}

/// Formats such as `uint32` are this language's own: strict readers of schemas refuse what they do not know, and the bounds
/// say the same.
pub(crate) fn drop_formats(schema: &mut Json) {
    match schema {
        Json::Object(map) => {
            let is_number = map.get("type").is_some_and(|kind| {
                let kinds = kind.as_array().map_or(std::slice::from_ref(kind), Vec::as_slice);
                kinds.iter().any(|kind| kind == "integer" || kind == "number")
            });
            if is_number && map.get("format").is_some_and(Json::is_string) {
                map.shift_remove("format");
            }
            map.values_mut().for_each(drop_formats);
        }
        Json::Array(items) => items.iter_mut().for_each(drop_formats),
        _ => {}
    }
}

/// Names the keys that one of several shapes asks for in that shape, too: strict readers take a key that is required and
/// defined only around it for a slip.
fn define_required(schema: &mut Json) {
    match schema {
        Json::Object(map) => {
            for word in ["oneOf", "anyOf"] {
                for shape in map.get_mut(word).and_then(Json::as_array_mut).into_iter().flatten() {
                    let Some(shape) = shape.as_object_mut().filter(|shape| !shape.contains_key("properties"))
                    else {
                        continue;
                    };
                    let required = shape.get("required").and_then(Json::as_array).into_iter().flatten();
                    let names: Vec<String> = required.filter_map(Json::as_str).map(str::to_owned).collect();
                    if !names.is_empty() {
                        let known = names.into_iter().map(|name| (name, Json::Bool(true)));
                        shape.insert("properties".into(), Json::Object(known.collect()));
                    }
                }
            }
            map.values_mut().for_each(define_required);
        }
        Json::Array(items) => items.iter_mut().for_each(define_required),
        _ => {}
    }
}

/// What a walk over a file gives.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// What fits, ready for serde.
    pub(crate) fitting: toml::Table,
    /// What does not.
    pub(crate) faults: Vec<Diagnostic>,
    /// The bytes of the file that hold a secret; they are shown nowhere.
    pub(crate) secrets: Vec<std::ops::Range<usize>>,
}

/// For so many unknown keys it is looked for what was meant.
const MOST_NEAR: usize = 1000;

/// Walks a file, by its schema.
pub(crate) fn hold(table: &DeTable<'_>, schema: &Json) -> Shape {
    let mut walk = Walk { root: schema, shape: Shape::default() };
    let fitting = walk.table(table, schema, &FieldPath::root());
    Shape { fitting, ..walk.shape }
}

struct Walk<'s> {
    root: &'s Json,
    shape: Shape,
}

impl<'s> Walk<'s> {
    fn table(&mut self, table: &DeTable<'_>, schema: &'s Json, at: &FieldPath) -> toml::Table {
        let mut fitting = toml::Table::new();
        for (key, value) in table {
            let name: &str = key.get_ref();
            let here = at.key(name);
            let inner = schema["properties"].get(name).or_else(|| schema.get("additionalProperties"));
            match inner.filter(|inner| inner.is_object()) {
                Some(inner) => {
                    if let Some(value) = self.value(value, inner, &here) {
                        fitting.insert(name.to_owned(), value);
                    }
                }
                // An address of notices lets anybody write there; it has no key that is known.
                None if here.to_string().starts_with("notify.") => self.secret(value, here),
                None => self.unknown(name, value, schema, here),
            }
        }
        fitting
    }

    fn unknown(&mut self, name: &str, value: &Spanned<DeValue<'_>>, schema: &Json, at: FieldPath) {
        if names_a_secret(name) {
            return self.secret(value, at);
        }
        if let DeValue::Table(table) = value.get_ref() {
            self.secrets_below(table, &at);
        }
        // Only the first are reported one by one; the others are counted.
        if self.shape.faults.len() > MOST_NEAR {
            return self.push(Diagnostic::new(Code::UnknownKey, Place::Key(at)).with("key", name));
        }
        let known = schema["properties"].as_object();
        let names = known.into_iter().flat_map(|keys| keys.keys().map(String::as_str));
        let in_message = at.steps().len() == 2 && at.to_string().starts_with("message.");
        let fault = if in_message {
            let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name()).collect();
            Diagnostic::new(Code::UnknownKind, Place::Key(at))
                .with("kind", name)
                .with("kinds", kinds.join(", "))
        } else {
            Diagnostic::new(Code::UnknownKey, Place::Key(at)).with("key", name)
        };
        self.push(fault.near(name, names));
    }

    /// Whatever a secret looks like, a text or a table, it is told once and shown nowhere.
    fn secret(&mut self, value: &Spanned<DeValue<'_>>, at: FieldPath) {
        self.shape.secrets.push(value.span());
        if let DeValue::Table(table) = value.get_ref() {
            self.hide_below(table);
        }
        self.push(Diagnostic::new(Code::SecretInCampaign, Place::Key(at.clone())).with("key", at));
    }

    fn hide_below(&mut self, table: &DeTable<'_>) {
        for value in table.values() {
            self.shape.secrets.push(value.span());
            if let DeValue::Table(table) = value.get_ref() {
                self.hide_below(table);
            }
        }
    }

    /// Looks for secrets in a table that should not be there at all.
    fn secrets_below(&mut self, table: &DeTable<'_>, at: &FieldPath) {
        for (key, value) in table {
            let here = at.key(key.get_ref());
            if names_a_secret(key.get_ref()) {
                self.secret(value, here);
            } else if let DeValue::Table(table) = value.get_ref() {
                self.secrets_below(table, &here);
            }
        }
    }

    fn value(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        schema: &'s Json,
        at: &FieldPath,
    ) -> Option<toml::Value> {
        if at.steps().first() == Some(&Step::Key("account".into())) && is_a_secret(value.get_ref()) {
            self.secret(value, at.clone());
            return None;
        }
        let schema = self.resolve(schema, value.get_ref());
        let allowed = constants(schema);
        if !allowed.is_empty() {
            return self.one_of(value, &allowed, at);
        }
        let expected =
            schema["type"].as_str().expect("the schema names the type of whatever is no list of words");
        match (value.get_ref(), expected) {
            (DeValue::Table(table), "object") => Some(toml::Value::Table(self.table(table, schema, at))),
            (DeValue::Array(array), "array") => {
                let item = |(index, value)| self.value(value, &schema["items"], &at.index(index));
                Some(toml::Value::Array(array.iter().enumerate().filter_map(item).collect()))
            }
            (DeValue::String(text), "string") => Some(toml::Value::String(text.to_string())),
            (DeValue::Boolean(yes), "boolean") => Some(toml::Value::Boolean(*yes)),
            (DeValue::Integer(number), "integer") => {
                let parsed = i64::from_str_radix(number.as_str(), number.radix()).ok();
                self.integer(number.as_str(), parsed, schema, at)
            }
            (found, expected) => {
                self.wrong_type(found, expected, at);
                None
            }
        }
    }

    fn wrong_type(&mut self, found: &DeValue<'_>, expected: &str, at: &FieldPath) {
        let fault = Diagnostic::new(Code::WrongType, Place::Field(at.clone()))
            .with("field", at)
            .with("expected", type_key(expected))
            .with("found", type_key(found.type_str()));
        self.push(fault);
    }

    fn integer(
        &mut self,
        text: &str,
        number: Option<i64>,
        schema: &Json,
        at: &FieldPath,
    ) -> Option<toml::Value> {
        let min = schema["minimum"].as_i64().unwrap_or(0);
        let max = schema["maximum"].as_i64().unwrap_or(i64::from(u32::MAX));
        match number.filter(|number| (min..=max).contains(number)) {
            Some(number) => Some(toml::Value::Integer(number)),
            None => {
                let fault = Diagnostic::new(Code::BadValue, Place::Field(at.clone()))
                    .with("field", at)
                    .with("value", text)
                    .with("expected", format!("{min} … {max}"));
                self.push(fault);
                None
            }
        }
    }

    fn one_of(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        allowed: &[&str],
        at: &FieldPath,
    ) -> Option<toml::Value> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(value.get_ref(), "string", at);
            return None;
        };
        if allowed.contains(&text) {
            return Some(toml::Value::String(text.to_owned()));
        }
        let fault = Diagnostic::new(Code::NotOneOf, Place::Field(at.clone()))
            .with("field", at)
            .with("value", text)
            .with("allowed", allowed.join(", "))
            .near(text, allowed.iter().copied());
        self.push(fault);
        None
    }

    /// Follows a reference, and of several shapes takes the one the value has, or else the first.
    fn resolve(&self, schema: &'s Json, value: &DeValue<'_>) -> &'s Json {
        let schema = match schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
            Some(name) => &self.root["$defs"][name],
            None => schema,
        };
        let Some(options) = schema["anyOf"].as_array() else { return schema };
        let wanted = type_name(value.type_str());
        options.iter().find(|option| option["type"] == wanted).or(options.first()).unwrap_or(schema)
    }

    fn push(&mut self, fault: Diagnostic) {
        self.shape.faults.push(fault);
    }
}

/// The texts an enum allows; schemars writes documented ones as `oneOf` constants.
fn constants(schema: &Json) -> Vec<&str> {
    let listed = schema["enum"].as_array().into_iter().flatten().filter_map(Json::as_str);
    let documented = schema["oneOf"].as_array().into_iter().flatten().filter_map(|one| one["const"].as_str());
    listed.chain(documented).collect()
}

/// A key that people put secrets under. Keys that only say where a secret is are known keys.
fn names_a_secret(key: &str) -> bool {
    let key = key.to_lowercase();
    ["secret", "token", "password", "密钥", "密码"].iter().any(|word| key.contains(word))
}

/// Whether a value looks like an AppSecret, whatever key it stands under: 32 hexadecimal digits.
fn is_a_secret(value: &DeValue<'_>) -> bool {
    value.as_str().is_some_and(|text| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The bytes that look as if they held a secret, for a file that cannot be read as TOML: what follows a secret's
/// key, and whatever has the form of an AppSecret.
pub(crate) fn secret_spans(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let words = line.split_inclusive(|c: char| c.is_whitespace() || "={},:".contains(c));
        let mut at = start;
        for word in words {
            let name = word.trim_end_matches(|c: char| c.is_whitespace() || "={},:".contains(c));
            if names_a_secret(name) && !["secret_env", "secret_file"].contains(&name) {
                found.push(at + name.len()..end_of_value(text, at + name.len()));
            }
            at += word.len();
        }
        start += line.len();
    }
    let mut at = 0;
    for piece in text.split_inclusive(|c: char| !c.is_ascii_hexdigit()) {
        let word = piece.trim_end_matches(|c: char| !c.is_ascii_hexdigit());
        if word.len() >= 32 {
            found.push(at..at + word.len());
        }
        at += piece.len();
    }
    found
}

/// The end of the line, or of the text of several lines that begins on it.
fn end_of_value(text: &str, from: usize) -> usize {
    let line = text[from..].find('\n').map_or(text.len(), |end| from + end);
    let opened = ["'''", "\"\"\""].into_iter().find_map(|quote| {
        let at = text[from..line].find(quote)?;
        Some((quote, from + at + quote.len()))
    });
    match opened {
        Some((quote, inside)) => text[inside..].find(quote).map_or(text.len(), |end| inside + end),
        None => line,
    }
}

fn type_name(toml: &str) -> &str {
    match toml {
        "table" => "object",
        other => other,
    }
}

/// The key of a type's name in `locales/`.
fn type_key(name: &str) -> Key {
    match name {
        "string" => Key::new("type.string"),
        "boolean" => Key::new("type.boolean"),
        "integer" => Key::new("type.integer"),
        "float" | "number" => Key::new("type.float"),
        "array" => Key::new("type.array"),
        "object" | "table" => Key::new("type.table"),
        "datetime" => Key::new("type.datetime"),
        _ => Key::new("type.other"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<(Code, Option<Box<str>>)> {
        let (table, errors) = DeTable::parse_recoverable(text);
        assert!(errors.is_empty(), "{errors:?}");
        hold(table.get_ref(), &schema()).faults.into_iter().map(|fault| (fault.code, fault.near)).collect()
    }

    #[test]
    fn every_misfit_of_a_file_is_told_in_one_walk() {
        let found = faults(
            "[campaign]\nidd = 'x'\nwave = 0\n[account]\nkind = 'oficial'\nappsecret = 'abc'\n\
             [message.txt]\ncontent = 'x'\n[send]\nrate = 5\nretries = 'three'\n",
        );
        let codes: Vec<Code> = found.iter().map(|(code, _)| *code).collect();
        assert_eq!(
            codes.iter().filter(|code| **code == Code::WrongType).count(),
            2,
            "rate and retries: {codes:?}"
        );
        for code in
            [Code::UnknownKey, Code::BadValue, Code::NotOneOf, Code::SecretInCampaign, Code::UnknownKind]
        {
            assert!(codes.contains(&code), "{code:?} in {codes:?}");
        }
        assert!(found.contains(&(Code::UnknownKind, Some("text".into()))));
        assert!(found.contains(&(Code::NotOneOf, Some("official".into()))));
    }

    #[test]
    fn what_fits_is_kept_beside_what_does_not() {
        let (table, _) =
            DeTable::parse_recoverable("[campaign]\nid = 'a'\nx = 1\n[send]\nrate = ['1/s', '2/s']\n");
        let shape = hold(table.get_ref(), &schema());
        assert_eq!(shape.fitting["campaign"]["id"].as_str(), Some("a"));
        assert_eq!(shape.fitting["send"]["rate"].as_array().map(Vec::len), Some(2));
        assert_eq!(shape.faults.len(), 1);
    }
}
