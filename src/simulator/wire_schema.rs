//! The wire schemas: the part of JSON Schema that they are written in, and what a body breaks of it.
//!
//! A schema with any other keyword is refused, so that no rule is left out in silence. A test holds every verdict
//! against a complete implementation of JSON Schema.

use std::fmt;
use std::io;

use regex::Regex;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny};
use serde_json::{Map, Value};

/// A schema that is ready to judge.
#[derive(Debug, Deserialize)]
pub(crate) struct WireSchema(Node);

/// One rule that a body breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Breach {
    /// Where, as a JSON Pointer.
    pub(crate) place: String,
    /// Which rule.
    pub(crate) rule: Rule,
}

/// A rule of a schema that can be broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rule {
    /// The JSON type is another.
    Type(Type),
    /// It is not the one value that is allowed.
    Const,
    /// It is none of the values that are allowed.
    Enum,
    /// The text does not match the pattern.
    Pattern(String),
    /// The text has fewer characters.
    MinLength(usize),
    /// The list has fewer items.
    MinItems(usize),
    /// The object lacks this property.
    Required(String),
    /// The object has a property that the schema does not know.
    Unknown(String),
}

/// A type of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Type {
    Array,
    Integer,
    Object,
    String,
}

/// What one schema says of one value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Node {
    #[serde(rename = "type")]
    of_type: Option<Type>,
    #[serde(rename = "const")]
    constant: Option<Value>,
    #[serde(rename = "enum")]
    values: Option<Vec<Value>>,
    #[serde(default, deserialize_with = "pattern")]
    pattern: Option<Regex>,
    min_length: Option<usize>,
    min_items: Option<usize>,
    items: Option<Box<Node>>,
    #[serde(default, deserialize_with = "properties")]
    properties: Vec<(String, Node)>,
    #[serde(default)]
    required: Vec<String>,
    #[serde(default, deserialize_with = "closed")]
    additional_properties: Open,
    // These say nothing about a body.
    #[serde(rename = "$schema")]
    _schema: Option<IgnoredAny>,
    #[serde(rename = "$comment")]
    _comment: Option<IgnoredAny>,
    #[serde(rename = "title")]
    _title: Option<IgnoredAny>,
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
}

/// Whether an object may have properties that the schema does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Open {
    #[default]
    Yes,
    No,
}

impl WireSchema {
    /// Reads a schema.
    ///
    /// # Errors
    ///
    /// When it is no JSON, or says something that this judge does not know.
    pub(crate) fn new(text: &str) -> io::Result<Self> {
        serde_json::from_str(text).map_err(io::Error::other)
    }

    /// Everything that a body breaks, in the order of the schema; nothing if it is good.
    pub(crate) fn breaches(&self, body: &Value) -> Vec<Breach> {
        let mut found = Vec::new();
        self.0.judge(body, &mut String::new(), &mut found);
        found
    }
}

impl Node {
    /// `place` is where `value` stands; it is as it was when this returns.
    fn judge(&self, value: &Value, place: &mut String, found: &mut Vec<Breach>) {
        let mut breach = |rule| found.push(Breach { place: place.clone(), rule });
        if let Some(of_type) = self.of_type
            && !of_type.is_of(value)
        {
            breach(Rule::Type(of_type));
        }
        if self.constant.as_ref().is_some_and(|constant| !equal(constant, value)) {
            breach(Rule::Const);
        }
        if self.values.as_ref().is_some_and(|values| !values.iter().any(|allowed| equal(allowed, value))) {
            breach(Rule::Enum);
        }
        match value {
            Value::String(text) => {
                if let Some(pattern) = &self.pattern
                    && !pattern.is_match(text)
                {
                    breach(Rule::Pattern(pattern.as_str().to_owned()));
                }
                if let Some(least) = self.min_length
                    && text.chars().count() < least
                {
                    breach(Rule::MinLength(least));
                }
            }
            Value::Array(items) => {
                if let Some(least) = self.min_items
                    && items.len() < least
                {
                    breach(Rule::MinItems(least));
                }
                self.judge_items(items, place, found);
            }
            Value::Object(object) => self.judge_object(object, place, found),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn judge_items(&self, items: &[Value], place: &mut String, found: &mut Vec<Breach>) {
        let Some(of_items) = &self.items else { return };
        for (index, item) in items.iter().enumerate() {
            below(place, &index.to_string(), |place| of_items.judge(item, place, found));
        }
    }

    fn judge_object(&self, object: &Map<String, Value>, place: &mut String, found: &mut Vec<Breach>) {
        for (name, node) in &self.properties {
            if let Some(value) = object.get(name) {
                below(place, name, |place| node.judge(value, place, found));
            }
        }
        for name in &self.required {
            if !object.contains_key(name) {
                found.push(Breach { place: place.clone(), rule: Rule::Required(name.clone()) });
            }
        }
        if self.additional_properties == Open::No {
            for name in object.keys() {
                if !self.properties.iter().any(|(known, _)| known == name) {
                    found.push(Breach { place: place.clone(), rule: Rule::Unknown(name.clone()) });
                }
            }
        }
    }
}

impl Type {
    fn is_of(self, value: &Value) -> bool {
        match self {
            Self::Array => value.is_array(),
            // JSON Schema's numbers have no types: 1.0 is an integer.
            Self::Integer => {
                value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
            }
            Self::Object => value.is_object(),
            Self::String => value.is_string(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Array => "array",
            Self::Integer => "integer",
            Self::Object => "object",
            Self::String => "string",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(of_type) => write!(f, "it is not of type \"{}\"", of_type.name()),
            Self::Const => f.write_str("it is not the one value that is allowed"),
            Self::Enum => f.write_str("it is none of the values that are allowed"),
            Self::Pattern(pattern) => write!(f, "it does not match \"{pattern}\""),
            Self::MinLength(least) => write!(f, "it has fewer characters than {least}"),
            Self::MinItems(least) => write!(f, "it has fewer items than {least}"),
            Self::Required(name) => write!(f, "\"{name}\" is missing"),
            Self::Unknown(name) => write!(f, "\"{name}\" is not known"),
        }
    }
}

/// Goes down one step for as long as `judge` takes.
fn below(place: &mut String, step: &str, judge: impl FnOnce(&mut String)) {
    let here = place.len();
    place.push('/');
    place.push_str(&step.replace('~', "~0").replace('/', "~1"));
    judge(place);
    place.truncate(here);
}

/// Equal as JSON Schema means it: 1 and 1.0 are one number.
fn equal(allowed: &Value, value: &Value) -> bool {
    match (allowed, value) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        _ => allowed == value,
    }
}

fn pattern<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Regex>, D::Error> {
    let text = String::deserialize(from)?;
    Regex::new(&text).map(Some).map_err(D::Error::custom)
}

/// The properties in the schema's order, which decides what is told first.
fn properties<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(String, Node)>, D::Error> {
    let object = Map::<String, Value>::deserialize(from)?;
    let node = |(name, value)| Ok((name, serde_json::from_value(value).map_err(D::Error::custom)?));
    object.into_iter().map(node).collect()
}

/// The one thing that wire schemas say of other properties is that there are none.
fn closed<'de, D: Deserializer<'de>>(from: D) -> Result<Open, D::Error> {
    if bool::deserialize(from)? { Ok(Open::Yes) } else { Ok(Open::No) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jsonschema::error::ValidationErrorKind;
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;

    use super::*;
    use crate::message::{KINDS, Kind};

    /// What the complete implementation says, one line a breach.
    fn reference(schema: &str, body: &Value) -> BTreeSet<String> {
        let schema: Value = serde_json::from_str(schema).expect("JSON");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let mut lines = BTreeSet::new();
        for error in validator.iter_errors(body) {
            let place = error.instance_path().to_string();
            let rules = match error.kind() {
                ValidationErrorKind::Type { .. } => vec!["type".to_owned()],
                ValidationErrorKind::Constant { .. } => vec!["const".to_owned()],
                ValidationErrorKind::Enum { .. } => vec!["enum".to_owned()],
                ValidationErrorKind::Pattern { .. } => vec!["pattern".to_owned()],
                ValidationErrorKind::MinLength { .. } => vec!["minLength".to_owned()],
                ValidationErrorKind::MinItems { .. } => vec!["minItems".to_owned()],
                ValidationErrorKind::Required { property } => vec![format!("required {property}")],
                ValidationErrorKind::AdditionalProperties { unexpected } => {
                    unexpected.iter().map(|name| format!("unknown {name:?}")).collect()
                }
                other => panic!("a keyword that no wire schema has: {other:?}"),
            };
            lines.extend(rules.iter().map(|rule| format!("{place}: {rule}")));
        }
        lines
    }

    fn ours(schema: &str, body: &Value) -> BTreeSet<String> {
        let breaches = WireSchema::new(schema).expect("a wire schema").breaches(body);
        let line = |Breach { place, rule }: &Breach| {
            let rule = match rule {
                Rule::Type(_) => "type".to_owned(),
                Rule::Const => "const".to_owned(),
                Rule::Enum => "enum".to_owned(),
                Rule::Pattern(_) => "pattern".to_owned(),
                Rule::MinLength(_) => "minLength".to_owned(),
                Rule::MinItems(_) => "minItems".to_owned(),
                Rule::Required(name) => format!("required {name:?}"),
                Rule::Unknown(name) => format!("unknown {name:?}"),
            };
            format!("{place}: {rule}")
        };
        breaches.iter().map(line).collect()
    }

    /// A value for a place of a schema, mostly good, of its type or any.
    fn value_of(schema: &Value) -> BoxedStrategy<Value> {
        let good = match schema.get("type").and_then(Value::as_str) {
            Some("object") => object_of(schema),
            Some("array") => {
                let items = schema.get("items").cloned().unwrap_or(Value::Bool(true));
                prop::collection::vec(value_of(&items), 0..3).prop_map(Value::Array).boxed()
            }
            Some("string") => "[a-zA-Z0-9_字é \n-]{0,4}|x{127,130}".prop_map(Value::String).boxed(),
            Some("integer") => prop_oneof![
                (-1_i64..3).prop_map(Value::from),
                (-1_i8..3).prop_map(|n| Value::from(f64::from(n)))
            ]
            .boxed(),
            _ => anything(),
        };
        let fixed: Vec<Value> = schema
            .get("const")
            .into_iter()
            .cloned()
            .chain(schema.get("enum").and_then(Value::as_array).into_iter().flatten().cloned())
            .collect();
        if fixed.is_empty() {
            prop_oneof![9 => good, 1 => anything()].boxed()
        } else {
            prop_oneof![6 => prop::sample::select(fixed), 3 => good, 1 => anything()].boxed()
        }
    }

    fn object_of(schema: &Value) -> BoxedStrategy<Value> {
        let mut fields: Vec<BoxedStrategy<Option<(String, Value)>>> = Vec::new();
        for (name, below) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let name = name.clone();
            let field = value_of(below).prop_map(move |value| (name.clone(), value));
            fields.push(prop::option::weighted(0.85, field).boxed());
        }
        let other = ("[a-z/~]{1,3}", anything());
        fields.push(prop::option::weighted(0.1, other).boxed());
        fields.prop_map(|fields| Value::Object(fields.into_iter().flatten().collect())).boxed()
    }

    fn anything() -> BoxedStrategy<Value> {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-3.0..3.0).prop_map(|number: f64| Value::from(number)),
            ".{0,3}".prop_map(Value::String),
            Just(Value::Array(vec![Value::from(1), Value::Null])),
            Just(serde_json::json!({ "a": {} })),
        ]
        .boxed()
    }

    fn kind_and_body() -> impl Strategy<Value = (Kind, Value)> {
        prop::sample::select(KINDS).prop_flat_map(|kind| {
            let schema = serde_json::from_str(kind.wire_schema()).expect("JSON");
            (Just(kind), value_of(&schema))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1500))]

        #[test]
        fn every_breach_is_the_one_that_a_complete_implementation_finds((kind, body) in kind_and_body()) {
            prop_assert_eq!(ours(kind.wire_schema(), &body), reference(kind.wire_schema(), &body));
        }
    }

    #[test]
    fn generated_bodies_are_both_good_and_bad() {
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let mut good = 0;
        for _ in 0..300 {
            let (kind, body) = kind_and_body().new_tree(&mut runner).expect("a body").current();
            good += usize::from(ours(kind.wire_schema(), &body).is_empty());
        }
        assert!((5..295).contains(&good), "{good} of 300 are good");
    }

    #[test]
    fn a_rule_that_the_judge_does_not_know_is_refused() {
        for schema in [
            r#"{"maxLength":3}"#,
            r#"{"type":"number"}"#,
            r#"{"type":["string","null"]}"#,
            r#"{"properties":{"a":{"format":"uri"}}}"#,
            r#"{"additionalProperties":{"type":"string"}}"#,
            r#"{"items":{"oneOf":[]}}"#,
            r#"{"pattern":"("}"#,
        ] {
            assert!(WireSchema::new(schema).is_err(), "{schema}");
        }
    }

    #[test]
    fn the_first_breach_follows_the_schema() {
        let schema = WireSchema::new(
            r#"{"properties":{"b":{"type":"string"},"a":{"type":"string"}},"required":["c"],"additionalProperties":false}"#,
        )
        .expect("a wire schema");
        let breaches = schema.breaches(&serde_json::json!({ "x": 1, "a": 1, "b": 1 }));
        let lines: Vec<String> =
            breaches.iter().map(|breach| format!("{}: {}", breach.place, breach.rule)).collect();
        let expected = [
            "/b: it is not of type \"string\"",
            "/a: it is not of type \"string\"",
            ": \"c\" is missing",
            ": \"x\" is not known",
        ];
        assert_eq!(lines, expected);
    }
}
