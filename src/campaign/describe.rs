//! What the schema says about every key, by the key's path in the file, in any language that has a catalogue.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::locale::{Language, policy_texts, schema_texts};

/// One description of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// What it is about, as one would point at it in the file: `send.rate`, `audience.columns.NAME` for any name,
    /// `message.news.articles[]` for an entry of a list, `send.on_unknown = hold` for an allowed word. The file
    /// itself is the empty path.
    pub path: String,
    /// What it says, in English.
    pub text: String,
    /// Where it stands in the schema, as a JSON pointer to the value that has it.
    pointer: String,
}

/// Everything that a campaign schema describes, in the order of the file. What describes only a type, while the
/// key that has the type is described too, is left out: editors and manuals show the key's.
pub fn described(schema: &Json) -> Vec<Described> {
    let mut walk = Walk { root: schema, found: Vec::new() };
    walk.value("", String::new());
    walk.found
}

/// The schema of campaign files with its descriptions in a language; English is the schema as it is.
pub fn in_language(schema: &Json, language: Language) -> Json {
    told(schema, schema_texts(language))
}

/// The same of policies.
pub fn policy_in_language(schema: &Json, language: Language) -> Json {
    told(schema, policy_texts(language))
}

fn told(schema: &Json, texts: Option<BTreeMap<String, String>>) -> Json {
    let mut told = schema.clone();
    let Some(texts) = texts else { return told };
    silence(&mut told);
    for description in described(schema) {
        let text = texts.get(&description.path).unwrap_or(&description.text);
        if let Some(Json::Object(value)) = told.pointer_mut(&description.pointer) {
            value.insert("description".into(), text.as_str().into());
        }
    }
    told
}

/// Takes every description away. A property of this name is a schema and stays.
fn silence(schema: &mut Json) {
    match schema {
        Json::Object(map) => {
            if map.get("description").is_some_and(Json::is_string) {
                map.shift_remove("description");
            }
            map.values_mut().for_each(silence);
        }
        Json::Array(items) => items.iter_mut().for_each(silence),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

struct Walk<'s> {
    root: &'s Json,
    found: Vec<Described>,
}

impl Walk<'_> {
    fn value(&mut self, pointer: &str, path: String) {
        let Some(value) = self.root.pointer(pointer) else { return };
        let target = match value["$ref"].as_str() {
            Some(reference) => reference.trim_start_matches('#').to_owned(),
            None => pointer.to_owned(),
        };
        let own = [pointer, target.as_str()].into_iter().find_map(|pointer| {
            let text = self.root.pointer(pointer)?["description"].as_str()?;
            Some(Described { path: path.clone(), text: text.replace('\n', " "), pointer: pointer.to_owned() })
        });
        self.found.extend(own);
        self.below(&target, &path);
    }

    fn below(&mut self, pointer: &str, path: &str) {
        let Some(value) = self.root.pointer(pointer) else { return };
        for key in value["properties"].as_object().into_iter().flat_map(|keys| keys.keys()) {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            self.value(&format!("{pointer}/properties/{key}"), path);
        }
        if value["additionalProperties"].is_object() {
            self.value(&format!("{pointer}/additionalProperties"), format!("{path}.NAME"));
        }
        if value["items"].is_object() {
            self.value(&format!("{pointer}/items"), format!("{path}[]"));
        }
        for (index, word) in value["oneOf"].as_array().into_iter().flatten().enumerate() {
            if let Some(word) = word["const"].as_str() {
                self.value(&format!("{pointer}/oneOf/{index}"), format!("{path} = {word}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::schema;

    #[test]
    fn keys_words_entries_and_names_have_paths_of_their_own() {
        let found = described(&schema::schema());
        for path in
            ["", "send.rate", "send.on_unknown = hold", "message.news.articles[]", "audience.columns.NAME"]
        {
            assert_eq!(found.iter().filter(|one| one.path == path).count(), 1, "{path}");
        }
    }

    #[test]
    fn a_schema_in_another_language_differs_in_its_descriptions_alone() {
        let english = schema::schema();
        let mut chinese = in_language(&english, Language::ZhCn);
        assert_ne!(chinese, english);
        let mut silent = english.clone();
        silence(&mut silent);
        silence(&mut chinese);
        assert_eq!(chinese, silent);
        assert_eq!(in_language(&english, Language::En), english);
    }
}
