//! The manual in two languages: whatever one says, the other says too, in the same order.

use std::collections::BTreeSet;
use std::fs;

use wxcast::message::KINDS;

use crate::docs::{both, read};
use crate::support::repository;

/// Every page of the manual, by its English name.
fn pages() -> Vec<String> {
    let mut names = vec!["README.md".to_owned()];
    names.extend(names_in("docs"));
    names
}

fn names_in(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(repository().join(folder)).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".md")).collect()
}

/// The lines of a page that are not in a block of code.
fn prose(page: &str) -> Vec<&str> {
    let mut inside = false;
    page.lines()
        .filter(|line| {
            let fence = line.trim_start().starts_with("```");
            inside ^= fence;
            !inside && !fence
        })
        .collect()
}

/// The blocks of code of a page: their language and their lines, without indentation.
fn blocks(page: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut lines = page.lines().map(str::trim);
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let inner = lines.by_ref().take_while(|line| *line != "```").map(str::to_owned).collect();
            found.push((kind.to_owned(), inner));
        }
    }
    found
}

/// A line of code without its comment, which each language words for itself.
fn without_comment(line: &str) -> &str {
    match line.find("  #").or_else(|| line.find(" # ")) {
        Some(at) => line[..at].trim_end(),
        None => line,
    }
}

/// What is wrong, of all pages at once.
#[track_caller]
fn nothing(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Two lists as far as they differ: the first place, and what each has there.
fn difference(name: &str, english: &[String], chinese: &[String]) -> Option<String> {
    let same = english.iter().zip(chinese).take_while(|(english, chinese)| english == chinese).count();
    let at = |list: &[String]| list.get(same).cloned().unwrap_or_else(|| "nothing".into());
    (english != chinese).then(|| format!("{name}, {same}: {:?} / {:?}", at(english), at(chinese)))
}

#[test]
fn every_page_has_its_twin() {
    assert_eq!(names_in("docs"), names_in("docs/zh-CN"));
    assert!(names_in("docs").len() > 8);
}

#[test]
fn every_kind_is_pictured_where_it_is_described() {
    for kind in KINDS {
        for (page, folder) in both("message-kinds.md").iter().zip(["pictures", "../pictures"]) {
            let text = read(page);
            let section = text.split("\n## ").find(|section| section.starts_with(&format!("{kind}\n")));
            let picture = format!("({folder}/{kind}.png)");
            assert!(section.is_some_and(|section| section.contains(&picture)), "{page}: {picture}");
        }
    }
    let pictures = fs::read_dir(repository().join("docs/pictures")).expect("a folder");
    let bytes: u64 =
        pictures.map(|entry| entry.and_then(|entry| entry.metadata()).expect("a file").len()).sum();
    assert!(bytes < 500_000, "the pictures take {bytes} bytes of everybody's clone");
}

#[test]
fn every_page_leads_to_its_twin_at_its_top() {
    let mut wrong = Vec::new();
    for name in pages() {
        let [english, chinese] = both(&name);
        let (to_chinese, to_english) = match name.as_str() {
            "README.md" => ("[中文](README.zh-CN.md)".to_owned(), "[English](README.md)".to_owned()),
            name => (format!("[中文](zh-CN/{name})"), format!("[English](../{name})")),
        };
        for (file, link) in [(english, to_chinese), (chinese, to_english)] {
            if read(&file).lines().nth(2) != Some(&link) {
                wrong.push(format!("{file} has no {link} below its title"));
            }
        }
    }
    nothing(wrong);
}

#[test]
fn twins_have_the_same_headings_and_tables_in_the_same_order() {
    // The level of a heading, or how many columns and rows a table has.
    let outline = |page: &str| -> Vec<String> {
        let mut outline = Vec::new();
        let mut rows = 0;
        for line in prose(page).into_iter().chain([""]) {
            let line = line.trim();
            if line.starts_with('|') {
                rows += 1;
                continue;
            }
            if rows > 0 {
                outline.push(format!("a table of {} rows", rows - 2));
                rows = 0;
            }
            if line.starts_with('#') {
                let level = line.chars().take_while(|c| *c == '#').count();
                outline.push(format!("a heading of level {level}"));
            }
        }
        outline
    };
    let wrong = pages().into_iter().filter_map(|name| {
        let [english, chinese] = both(&name).map(|file| outline(&read(&file)));
        difference(&name, &english, &chinese)
    });
    nothing(wrong.collect());
}

#[test]
fn twins_have_the_same_code() {
    // What the program says, it says in the reader's language.
    let code = |page: &str| -> Vec<String> {
        let lines = |(kind, lines): (String, Vec<String>)| {
            let lines = if kind == "text" { Vec::new() } else { lines };
            let bare = lines.into_iter().map(|line| without_comment(&line).to_owned());
            std::iter::once(format!("a block of {kind}")).chain(bare).collect::<Vec<String>>()
        };
        blocks(page).into_iter().flat_map(lines).collect()
    };
    let wrong = pages().into_iter().filter_map(|name| {
        let [english, chinese] = both(&name).map(|file| code(&read(&file)));
        difference(&name, &english, &chinese)
    });
    nothing(wrong.collect());
}

#[test]
fn twins_name_the_same_codes_keys_and_flags() {
    // Words in code spans that belong to the interface; an example's values may differ.
    let names = |page: &str| -> BTreeSet<String> {
        let text = prose(page).join(" ");
        let spans = text.split('`').skip(1).step_by(2).map(str::to_owned);
        let is_name = |span: &String| {
            span.len() > 2
                && span.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
                && span.starts_with(|c: char| c.is_ascii_lowercase() || c == '-')
        };
        spans.filter(is_name).collect()
    };
    let mut wrong = Vec::new();
    for name in pages() {
        let [english, chinese] = both(&name).map(|file| names(&read(&file)));
        let missing = english.difference(&chinese).map(|word| format!("the Chinese {name} lacks `{word}`"));
        wrong.extend(missing);
        let added = chinese.difference(&english).map(|word| format!("the English {name} lacks `{word}`"));
        wrong.extend(added);
    }
    nothing(wrong);
}

#[test]
fn twins_link_to_the_same_places() {
    let link = regex::Regex::new(r"\]\(([^)\s]+)\)").expect("a pattern");
    let links = |page: &str| -> Vec<String> {
        let mut all: Vec<String> = link
            .captures_iter(&prose(page).join("\n"))
            .map(|found| found[1].split('#').next().unwrap_or_default().to_owned())
            .map(|target| target.replace("README.zh-CN.md", "README.md").replace("zh-CN/", ""))
            .map(|target| target.trim_start_matches("../").to_owned())
            .collect();
        all.sort();
        all
    };
    let wrong = pages().into_iter().filter_map(|name| {
        let [english, chinese] = both(&name).map(|file| links(&read(&file)));
        difference(&name, &english, &chinese)
    });
    nothing(wrong.collect());
}
