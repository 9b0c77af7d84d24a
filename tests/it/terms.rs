//! One word for one thing in Chinese: the table of CONTRIBUTING.md is the list, and every Chinese text is held to it.

use std::fs;

use crate::docs::read;
use crate::support::repository;

/// What is to be written, and what never.
fn terms() -> Vec<(String, Vec<String>)> {
    let page = read("CONTRIBUTING.md");
    let (_, table) = page.split_once("| meaning | write | never |\n").expect("the table of terms");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_, write, never] = cells[..] else { panic!("three cells: {line}") };
        (write.to_owned(), never.split('、').map(str::to_owned).collect())
    })
    .collect()
}

/// Every Chinese text that people read, by its path.
fn texts() -> Vec<(String, String)> {
    let pages = fs::read_dir(repository().join("docs/zh-CN")).expect("a folder");
    let mut names: Vec<String> = pages
        .map(|page| format!("docs/zh-CN/{}", page.expect("an entry").file_name().to_string_lossy()))
        .collect();
    names.extend(
        ["README.zh-CN.md", "locales/zh-CN.toml", "locales/schema.zh-CN.toml", "locales/policy.zh-CN.toml"]
            .map(str::to_owned),
    );
    names.into_iter().map(|name| (name.clone(), read(&name))).collect()
}

#[test]
fn a_thing_has_one_word_in_every_chinese_text() {
    let terms = terms();
    assert!(terms.len() > 8, "only {} terms", terms.len());
    let mut wrong = Vec::new();
    for (file, text) in texts() {
        for (line, told) in (1..).zip(text.lines()) {
            for (write, never) in &terms {
                let found = never.iter().filter(|word| told.contains(word.as_str()));
                wrong.extend(found.map(|word| format!("{file}:{line}: {word}, write {write}")));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn an_access_token_is_called_by_its_whole_name() {
    let bare = regex::Regex::new(r"(?:^|[^A-Za-z_./#\[-])token(?:$|[^A-Za-z_./\]-])").expect("a pattern");
    let mut wrong = Vec::new();
    for (file, text) in texts() {
        let mut inside = false;
        for (line, told) in (1..).zip(text.lines()) {
            inside ^= told.trim_start().starts_with("```");
            // The name of a sentence stands before its equals sign.
            let told = if file.ends_with(".toml") {
                told.split_once(" = ").map_or("", |(_, told)| told)
            } else {
                told
            };
            let prose: String = told.split('`').step_by(2).collect::<Vec<&str>>().join("`");
            if !inside && bare.is_match(&prose) {
                wrong.push(format!("{file}:{line}: {told}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn punctuation_after_chinese_characters_is_full_width() {
    let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let mut wrong = Vec::new();
    for (file, text) in texts() {
        let mut inside = false;
        for (line, told) in (1..).zip(text.lines()) {
            inside ^= told.trim_start().starts_with("```");
            // Code is as the program has it; what stands between backticks may be anything.
            let prose: String = told.split('`').step_by(2).collect::<Vec<&str>>().join("`");
            let pairs = prose.chars().zip(prose.chars().skip(1));
            let is_wrong = |(one, next): (char, char)| is_chinese(one) && ",:?!(".contains(next);
            if !inside && pairs.clone().any(is_wrong) {
                wrong.push(format!("{file}:{line}: {told}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
