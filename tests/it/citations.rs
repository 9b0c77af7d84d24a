//! What source, schemas, sentences and tests cite: every page and heading they name is there, in both languages, and
//! nothing cites a document that a reader does not have.

use regex::Regex;

use crate::docs::{anchors, both, headings, read};
use crate::support::{repository, walk};

/// The folders that cite the manual. The manual's own links are held by `docs.rs`.
const CITING: &[&str] = &["src", "tests", "benches", "schemas", "locales", "campaigns", "scenarios", "ci"];

/// Every text below the folders that may cite something, by its path.
fn texts() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in CITING {
        walk(&repository().join(folder), &mut |file, bytes| {
            if let Ok(text) = std::str::from_utf8(bytes) {
                let name = file.strip_prefix(repository()).expect("below the repository");
                found.push((name.to_string_lossy().replace('\\', "/"), text.to_owned()));
            }
        });
    }
    assert!(found.len() > 100, "only {} files were read", found.len());
    found
}

#[test]
fn every_citation_leads_to_a_heading_in_both_languages() {
    let citation = Regex::new(r"docs/(?:zh-CN/)?([a-z-]+\.md)(?:#([\w-]+))?").expect("a pattern");
    let mut wrong = Vec::new();
    let mut of_rules = 0;
    for (file, text) in texts() {
        for found in citation.captures_iter(&text) {
            let (page, anchor) = (&found[1], found.get(2).map(|anchor| anchor.as_str()));
            let is_there = |file: &String| match anchor {
                _ if !repository().join(file).exists() => false,
                // A Chinese page has the English anchors where it is cited by them.
                Some(anchor) => anchors(&read(file)).contains(anchor),
                None => true,
            };
            if !both(page).iter().all(is_there) {
                wrong.push(format!("{file}: {}", &found[0]));
            }
            of_rules += usize::from(page == "platform.md" && anchor.is_some());
        }
    }
    assert!(wrong.is_empty(), "no such heading in both languages:\n{}", wrong.join("\n"));
    assert!(of_rules > 50, "only {of_rules} citations of the platform's rules were found");
}

#[test]
fn nothing_cites_a_numbered_document_that_is_not_here() {
    let numbered =
        Regex::new(r"(?i)\b(rfc [0-9]+ )?(section|facts|appendix|spec),? ([0-9]+(\.[0-9]+)?|[a-z])\b")
            .expect("a pattern");
    let mut wrong = Vec::new();
    for (file, text) in texts() {
        let found = numbered.captures_iter(&text).filter(|found| found.get(1).is_none());
        wrong.extend(found.map(|found| format!("{file}: {}", &found[0])));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_schema_cites_nothing_because_its_readers_have_no_repository() {
    let mut wrong = Vec::new();
    walk(&repository().join("schemas"), &mut |file, bytes| {
        let text = String::from_utf8_lossy(bytes);
        let cites = ["docs/", ".md#"].iter().any(|mark| text.contains(mark));
        if cites {
            wrong.push(file.display().to_string());
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_rules_of_the_platform_have_the_same_anchors_in_both_languages() {
    let [english, chinese] = both("platform.md").map(|file| read(&file));
    let wanted: Vec<String> = headings(&english).into_iter().skip(1).collect();
    let given: Vec<String> = chinese
        .lines()
        .filter_map(|line| line.strip_prefix("<a id=\"")?.strip_suffix("\"></a>"))
        .map(str::to_owned)
        .collect();
    assert!(wanted.len() > 40, "only {} headings", wanted.len());
    assert_eq!(given, wanted);
    // One anchor, one rule: of two equal headings only the first could be cited.
    let mut once = wanted.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), wanted.len(), "a heading stands twice");
}

#[test]
fn every_rule_of_the_platform_says_how_sure_it_is_and_where_it_comes_from() {
    let row = Regex::new(r"^\| (.+) \| ([ABCD]) \| (\[.+\].*) \|$").expect("a pattern");
    let source = Regex::new(r"\[([\w-]+)\](?:[^(]|$)").expect("a pattern");
    for file in both("platform.md") {
        let page = read(&file);
        let (_, rules) = page.split_once("\n### ").expect("a rule");
        let rows: Vec<&str> = rules
            .lines()
            .filter(|line| line.starts_with("| ") && !line.starts_with("| ---"))
            .filter(|line| !line.starts_with("| rule |") && !line.starts_with("| 规则 |"))
            .collect();
        assert!(rows.len() > 100, "{file}: only {} rules", rows.len());
        for line in rows {
            let found = row.captures(line).unwrap_or_else(|| panic!("{file}: {line}"));
            for source in source.captures_iter(&found[3]) {
                let address = format!("\n[{}]: http", &source[1]);
                assert!(page.contains(&address), "{file}: {} has no address", &source[1]);
            }
        }
    }
}
