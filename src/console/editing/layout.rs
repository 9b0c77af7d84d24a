//! What the form of a campaign asks for, read from the schema that editors complete the file by: a key that the file may have
//! is a field of the form.

use serde_json::Value as Json;

use crate::diagnostic::place::{FieldPath, Step};
use crate::message::Kind;

/// What stands on the form, section by section; what a path names has fields of its own is there with all of them. What is not
/// here, such as where the AppSecret is, is for whoever sets the campaign up.
const SECTIONS: &[(&str, &[&str])] = &[
    ("name", &["campaign.title"]),
    ("message", &["message"]),
    (
        "people",
        &[
            "audience.file",
            "audience.sheet",
            "audience.header_row",
            "audience.openid",
            "audience.hidden_rows",
            "audience.duplicates",
            "audience.invalid_rows",
        ],
    ),
    ("lists", &["audience.exclude", "audience.only", "audience.join"]),
    ("columns", &["audience.columns"]),
    ("window", &["audience.window"]),
    ("hours", &["send.not_before", "send.not_after", "send.days", "send.hours", "send.zone", "send.outside"]),
    (
        "pace",
        &["send.rate", "send.concurrency", "send.retries", "send.order", "send.on_unknown", "send.stop"],
    ),
    ("ramp", &["send.ramp"]),
    ("try", &["try"]),
    ("results", &["results"]),
    ("account", &["account.appid", "account.kind", "account.kf_account", "account.ai_generated"]),
];

/// The keys of texts that may have many lines.
const LONG: [&str; 4] = ["content", "description", "head_content", "tail_content"];

/// Tables that stand for nothing once all of their fields are blank.
const OPTIONAL: [&str; 5] = ["audience.window", "send.stop", "send.ramp.halt", "send.ramp", "try"];

/// So many columns have rules on the form; a list with more is described in an editor.
const COLUMNS: usize = 60;

/// A section of the form.
#[derive(Debug)]
pub(crate) struct Section {
    /// Its name in `locales/`.
    pub(crate) name: &'static str,
    /// What it asks.
    pub(crate) parts: Vec<Part>,
}

/// A part of a section.
#[derive(Debug)]
pub(crate) enum Part {
    /// One value.
    Field(Field),
    /// The rules of one column.
    Column(String, Vec<Field>),
    /// Tables that repeat, each with its fields.
    List {
        /// Where they stand.
        at: FieldPath,
        /// What the schema says of them.
        help: String,
        /// Their fields.
        items: Vec<Vec<Field>>,
    },
}

/// A value that is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// Where it stands.
    pub(crate) at: FieldPath,
    /// How it is written.
    pub(crate) shape: Shape,
    /// What the schema says of it.
    pub(crate) help: String,
    /// What holds where it is not given.
    pub(crate) usual: Option<String>,
}

/// How a value is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A text.
    Text {
        /// Whether it may have many lines.
        long: bool,
    },
    /// A number.
    Number,
    /// Yes or no.
    Switch,
    /// One of these words, each with what it means.
    Words(Vec<(String, String)>),
    /// Several texts, one a line; whether one of them stands without a list.
    Lines {
        /// Whether one may.
        one: bool,
    },
}

/// What decides how the form looks beside the schema.
pub(crate) struct Outline<'o> {
    /// The schema in the language of the page.
    pub(crate) schema: &'o Json,
    /// The kind of message.
    pub(crate) kind: Kind,
    /// The columns that rules can be given for.
    pub(crate) columns: &'o [String],
    /// How many items a list of tables has.
    pub(crate) items: &'o dyn Fn(&FieldPath) -> usize,
}

impl Outline<'_> {
    /// The form.
    pub(crate) fn sections(&self) -> Vec<Section> {
        let section = |(name, paths): &(&'static str, &[&str])| {
            let parts = paths.iter().flat_map(|path| self.named(path)).collect();
            Section { name, parts }
        };
        SECTIONS.iter().map(section).collect()
    }

    /// The tables that stand for nothing once they are blank, the inner ones first.
    pub(crate) fn optional(&self) -> Vec<FieldPath> {
        let columns = FieldPath::of("audience.columns");
        let rules = self.columns.iter().map(|name| columns.key(name));
        rules.chain(OPTIONAL.map(FieldPath::of)).chain([columns.clone()]).collect()
    }

    fn named(&self, path: &str) -> Vec<Part> {
        let at = FieldPath::of(path);
        let own = match path {
            "message" => at.key(self.kind.name()),
            _ => at,
        };
        let schema = own.steps().iter().fold(self.schema, |schema, step| match step {
            Step::Key(key) => &self.resolved(schema)["properties"][key],
            Step::Index(_) => schema,
        });
        if path != "audience.columns" {
            return self.parts(schema, &own);
        }
        let rules = &self.resolved(schema)["additionalProperties"];
        let column = |name: &String| Part::Column(name.clone(), self.fields(rules, &own.key(name)));
        self.columns.iter().take(COLUMNS).map(column).collect()
    }

    fn parts(&self, schema: &Json, at: &FieldPath) -> Vec<Part> {
        let own = self.resolved(schema);
        if let Some(keys) = own["properties"].as_object() {
            return keys.iter().flat_map(|(key, value)| self.parts(value, &at.key(key))).collect();
        }
        let items = self.resolved(&own["items"]);
        if items["properties"].is_object() {
            let each = (0..(self.items)(at)).map(|index| self.fields(items, &at.index(index))).collect();
            return vec![Part::List { at: at.clone(), help: told(schema, own), items: each }];
        }
        vec![Part::Field(Self::field(schema, own, at))]
    }

    fn fields(&self, schema: &Json, at: &FieldPath) -> Vec<Field> {
        let own = self.resolved(schema);
        let keys = own["properties"].as_object().into_iter().flatten();
        keys.map(|(key, value)| Self::field(value, self.resolved(value), &at.key(key))).collect()
    }

    fn field(schema: &Json, own: &Json, at: &FieldPath) -> Field {
        let words = words(own);
        let meaning = |word: &str| words.iter().find(|(one, _)| one == word).map(|(_, text)| text.clone());
        let usual = match &schema["default"] {
            Json::Null | Json::Bool(_) => None,
            Json::String(word) => Some(meaning(word).unwrap_or_else(|| word.clone())),
            other => Some(other.to_string()),
        };
        let shape = match own["type"].as_str() {
            _ if !words.is_empty() => Shape::Words(words),
            Some("boolean") => Shape::Switch,
            Some("integer") => Shape::Number,
            Some("array") => Shape::Lines { one: false },
            Some("string") => Shape::Text { long: is_long(at) },
            // A text or several.
            Some(_) | None => Shape::Lines { one: true },
        };
        Field { at: at.clone(), shape, help: told(schema, own), usual }
    }

    fn resolved<'s>(&'s self, schema: &'s Json) -> &'s Json {
        let reference = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        reference.and_then(|pointer| self.schema.pointer(pointer)).unwrap_or(schema)
    }
}

fn is_long(at: &FieldPath) -> bool {
    let steps = at.steps();
    let is_message = steps.first() == Some(&Step::Key("message".to_owned()));
    is_message && matches!(steps.last(), Some(Step::Key(key)) if LONG.contains(&&**key))
}

fn told(schema: &Json, own: &Json) -> String {
    let text = [schema, own].into_iter().find_map(|schema| schema["description"].as_str());
    text.unwrap_or("").replace('\n', " ")
}

fn words(own: &Json) -> Vec<(String, String)> {
    let documented = own["oneOf"].as_array().into_iter().flatten();
    let word = |one: &Json| {
        let word = one["const"].as_str()?.to_owned();
        let text = one["description"].as_str().map_or_else(|| word.clone(), |text| text.replace('\n', " "));
        Some((word, text))
    };
    documented.filter_map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::schema;
    use crate::message::KINDS;

    #[test]
    fn every_field_of_every_kind_is_on_the_form_and_so_is_what_decides_when_and_to_whom() {
        let schema = schema::schema();
        for kind in KINDS {
            let columns = ["姓名".to_owned()];
            let outline = Outline { schema: &schema, kind: *kind, columns: &columns, items: &|_| 1 };
            let mut found: Vec<String> = Vec::new();
            for part in outline.sections().into_iter().flat_map(|section| section.parts) {
                let fields = match part {
                    Part::Field(field) => vec![field],
                    Part::Column(_, fields) => fields,
                    Part::List { items, .. } => items.into_iter().flatten().collect(),
                };
                found.extend(fields.into_iter().map(|field| field.at.to_string()));
            }
            let own = schema["properties"]["message"]["properties"][kind.name()]["$ref"].as_str();
            let own = schema.pointer(&own.expect("a type")[1..]).expect("a schema");
            for key in own["properties"].as_object().expect("fields").keys() {
                let at = format!("message.{kind}.{key}");
                assert!(found.iter().any(|one| one.starts_with(&at)), "{at}: {found:?}");
            }
            for at in [
                "campaign.title",
                "audience.exclude",
                "audience.join[1].file",
                "audience.columns.姓名.one_of",
                "audience.window.column",
                "send.hours",
                "send.rate",
                "send.ramp.steps",
                "send.ramp.halt.refused",
                "send.stop.max_refused",
                "try.recipients",
                "results.language",
            ] {
                assert!(found.iter().any(|one| one == at), "{at}: {found:?}");
            }
        }
    }
}
