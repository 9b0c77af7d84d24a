//! `locales/`: every language says the same, and all that the program asks for is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::support::repository;

fn sentences(file: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(repository().join("locales").join(file)).expect("a language");
    let mut all = BTreeMap::new();
    flatten("", &text.parse().expect("TOML"), &mut all);
    all
}

fn flatten(prefix: &str, table: &toml::Table, into: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let path = format!("{prefix}{key}");
        match value {
            toml::Value::Table(inner) => flatten(&format!("{path}."), inner, into),
            toml::Value::String(text) => {
                into.insert(path, text.clone());
            }
            other => panic!("{path} is no text: {other}"),
        }
    }
}

fn places(sentence: &str) -> BTreeSet<String> {
    let place = Regex::new(r"\{([a-z][a-z_-]*)\}").expect("a pattern");
    // A doubled brace is a template's, not ours.
    let own = sentence.replace("{{", "").replace("}}", "");
    place.captures_iter(&own).map(|found| found[1].to_owned()).collect()
}

fn sources(folder: &Path, wanted: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path, wanted));
        } else if path.extension().is_some_and(|extension| extension == wanted) {
            found.push(path);
        }
    }
    found
}

#[test]
fn both_languages_have_the_same_keys() {
    let (english, chinese) = (sentences("en.toml"), sentences("zh-CN.toml"));
    let only = |a: &BTreeMap<String, String>, b: &BTreeMap<String, String>| {
        a.keys().filter(|key| !b.contains_key(*key)).cloned().collect::<Vec<_>>()
    };
    assert_eq!(only(&english, &chinese), Vec::<String>::new(), "missing in Chinese");
    assert_eq!(only(&chinese, &english), Vec::<String>::new(), "missing in English");
}

#[test]
fn a_sentence_has_the_same_places_in_both_languages() {
    let chinese = sentences("zh-CN.toml");
    for (key, english) in sentences("en.toml") {
        assert_eq!(places(&english), places(&chinese[&key]), "{key}");
    }
}

#[test]
fn no_sentence_is_empty_or_has_blanks_around_it() {
    for file in ["en.toml", "zh-CN.toml"] {
        for (key, sentence) in sentences(file) {
            assert!(
                !sentence.trim().is_empty() && sentence.trim_end() == sentence,
                "{file}: {key}: {sentence:?}"
            );
        }
    }
}

#[test]
fn every_sentence_that_the_program_asks_for_by_name_is_there() {
    let english = sentences("en.toml");
    let asked = Regex::new(r#"(\.?)\b(say|complain|ask|next)\(\s*"([a-z][a-z0-9._-]*)""#).expect("a pattern");
    let mut count = 0;
    for file in sources(&repository().join("src"), "rs") {
        let text = fs::read_to_string(&file).expect("a source file");
        for found in asked.captures_iter(&text) {
            let group = match (&found[1], &found[2]) {
                // Reasons to stop are told by a function of their own.
                ("", _) => "error.stop.",
                (_, "complain") => "error.",
                (_, "next") => "next.",
                _ => "",
            };
            let key = format!("{group}{}", &found[3]);
            assert!(english.contains_key(&key), "{}: {key} is missing", file.display());
            count += 1;
        }
    }
    assert!(count > 40, "only {count} were found");
}

#[test]
fn every_sentence_that_a_page_asks_for_is_there_with_its_places() {
    let english = sentences("en.toml");
    let asked = Regex::new(r#"[{(]say "([^"]+)"([^})]*)"#).expect("a pattern");
    let given = Regex::new(r"([a-z][a-z_-]*)=").expect("a pattern");
    for file in sources(&repository().join("src"), "hbs") {
        let text = fs::read_to_string(&file).expect("a template");
        for found in asked.captures_iter(&text) {
            let sentence = english.get(&found[1]);
            let sentence = sentence.unwrap_or_else(|| panic!("{}: {} is missing", file.display(), &found[1]));
            let given = given.captures_iter(&found[2]).map(|name| name[1].to_owned()).collect();
            assert_eq!(places(sentence), given, "{}: {}", file.display(), &found[1]);
        }
    }
}

#[test]
fn chinese_sentences_are_chinese() {
    let han = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    for (key, sentence) in sentences("zh-CN.toml") {
        let words = sentence.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 3).count();
        assert!(han(&sentence) || words < 4, "{key} is not translated: {sentence}");
    }
}
