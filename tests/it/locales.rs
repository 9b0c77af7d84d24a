//! `locales/`: every language says the same, and all that the program asks for is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use wxcast::delivery::exit::Exit;
use wxcast::delivery::stop::StopWord;
use wxcast::message::KINDS;

use crate::support::{World, repository};

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
    let asked = Regex::new(concat!(
        r#"\.next\(\s*"(?<next>[a-z][a-z0-9._-]*)""#,
        r#"|\b(?:say|ask|warn|Sentence::new|Problem::note)\(\s*(?:\w+(?:::\w+)?,\s*)?"(?<whole>[a-z][a-z0-9._-]*)""#,
        r#"|\bProblem::new\(\s*\w+(?:::\w+)?,\s*"(?<error>[a-z][a-z0-9._-]*)""#,
        r#"|\b(?:stop|why|answered)\(\s*"(?<stop>[a-z][a-z0-9._-]*)""#,
    ))
    .expect("a pattern");
    let mut count = 0;
    for file in sources(&repository().join("src"), "rs") {
        let text = fs::read_to_string(&file).expect("a source file");
        for found in asked.captures_iter(&text) {
            let groups = [("next", "next."), ("whole", ""), ("error", "error."), ("stop", "error.stop.")];
            let key = groups
                .iter()
                .find_map(|(name, group)| found.name(name).map(|key| format!("{group}{}", key.as_str())));
            let key = key.expect("one of the forms");
            assert!(english.contains_key(&key), "{}: {key} is missing", file.display());
            count += 1;
        }
    }
    assert!(count > 200, "only {count} were found");
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

#[test]
fn what_is_wrong_with_a_scenario_is_said_in_chinese_too() {
    let world = World::with_recipients(1);
    world.text_campaign("x", "");
    for (scenario, said) in [
        ("sed = 1", "第 1 行第 1 列：这里没有 `sed` 这个键，可用的有：`seed`"),
        ("\nseed = \"a\"", "第 2 行第 8 列：这里应该是不带引号的整数"),
        ("latency = 5", "这里应该是时长，例如 \"50ms\""),
        ("[[answers]]\ncode = 1\nshare = \"101%\"", "`101%` 不是比例"),
        ("[[answers]]\nshare = \"1%\"", "缺少 `code`"),
        ("[[faults]]\nkind = \"explode\"", "不能写成 `explode`，可选的有：`delay`"),
        ("[[faults]]\nkind = \"delay\"", "还要写一个键，例如 `duration = \"2s\"`"),
        ("seed = \"", "少了结尾的引号"),
    ] {
        world.file("scenario.toml", scenario);
        let args = ["--lang", "zh-CN", "rehearse", "campaign.toml", "--scenario", "scenario.toml"];
        world.run(&args).exits(3).says(said);
    }
}

#[test]
fn what_parsers_say_is_said_in_chinese_or_marked_as_their_words() {
    let world = World::with_recipients(1);
    let message = |campaign: &str| {
        world.file("campaign.toml", campaign);
        world.run(&["--lang", "zh-CN", "plan", "campaign.toml"]).exits(3).stderr
    };
    for (toml, said) in [
        ("[campaign\n", "表名后面缺少右方括号"),
        ("[campaign]\nid = “春”\n", "等号后面没有值，或者文字没有放在英文直引号里"),
        ("[campaign]\nid = \"a\"\nid = \"b\"\n", "前面已经写过同名的键或表"),
        ("[campaign]\nid = \"C:\\数据\"\n", "反斜杠"),
    ] {
        let shown = message(toml);
        assert!(shown.contains(said) && !shown.contains("原文"), "{shown}");
    }
    for (content, said) in [
        ("{{#if 姓名}}您好", "`{{#if}}` 没有对应的 `{{/if}}`"),
        ("{{#if 姓名}}您好{{/unless}}", "`{{#if}}` 的结尾写成了 `{{/unless}}`"),
        ("{{姓名", "有一个 `{{` 没有对应的 `}}`"),
        ("{{姓名|大写}}", "这里不能有 `|`；如果这是列名，请写成 `{{[姓名|大写]}}`"),
    ] {
        world.text_campaign(content, "");
        let shown = message(&world.read("campaign.toml"));
        assert!(shown.contains(said) && !shown.contains("原文"), "{shown}");
    }
}

#[test]
fn every_comment_of_an_example_is_written_in_chinese_too() {
    let texts: toml::Table = {
        let file = repository().join("locales/examples.zh-CN.toml");
        fs::read_to_string(file).expect("the comments").parse().expect("TOML")
    };
    let world = World::new();
    let mut used = BTreeSet::new();
    for kind in KINDS {
        let (english, _) = kind.example();
        let own = |line: &&str| line.trim_start().starts_with("# ");
        let comments: Vec<String> =
            english.lines().filter(own).map(|line| line.trim_start()[2..].trim_end().to_owned()).collect();
        world.run(&["--lang", "zh-CN", "init", kind.name(), "--kind", kind.name()]).exits(0);
        let written = world.read(&format!("{}/campaign.toml", kind.name()));
        for comment in comments {
            let chinese = texts.get(&comment).unwrap_or_else(|| panic!("{kind}: {comment} is missing"));
            assert!(written.contains(chinese.as_str().expect("a text")), "{kind}: {written}");
            used.insert(comment);
        }
        let plan = ["--lang", "zh-CN", "plan", &format!("{}/campaign.toml", kind.name())];
        world.run(&plan).exits(0);
    }
    assert_eq!(used.len(), texts.len(), "a comment that no example has");
}

#[test]
fn every_ending_of_a_run_has_its_words() {
    let english = sentences("en.toml");
    for ending in Exit::ALL.map(Exit::name) {
        for group in ["runs.ending", "report.exit", "next.exit"] {
            assert!(english.contains_key(&format!("{group}.{ending}")), "{group}.{ending} is missing");
        }
    }
}

#[test]
fn every_reason_to_stop_has_its_words() {
    let english = sentences("en.toml");
    for word in StopWord::ALL.map(StopWord::name) {
        for group in ["runs.reason", "report.reason"] {
            assert!(english.contains_key(&format!("{group}.{word}")), "{group}.{word} is missing");
        }
    }
}
