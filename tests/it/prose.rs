//! No sentence outside the catalogue: texts in the source that somebody could take for prose are in `locales/`, or here
//! with the reason why they need no translation.

use regex::Regex;

use crate::support::{repository, walk};

/// Files whose texts are not ours to translate, or nobody reads.
const FILES: &[(&str, &str)] = &[
    ("locale/reason.rs", "what parsers and SQLite say, to be recognised"),
    ("wechat/proxy_error.rs", "what the HTTP client says, to be recognised"),
    ("wechat/answer/error_code.rs", "WeChat's own words for its codes, as it publishes them"),
    ("simulator/judge.rs", "the errmsg of answers, which on the real platform is English too"),
    ("simulator/wire_schema.rs", "the errmsg of answers"),
    ("simulator/media.rs", "the errmsg of answers"),
    ("simulator/send.rs", "the errmsg of answers"),
    ("simulator/answer.rs", "pages of a broken gateway"),
    ("simulator/call.rs", "an answer to a program that sends what nobody can read"),
    ("simulator/routes.rs", "answers to programs that call what does not exist"),
    ("audience/number_format/built_in.rs", "the formats of Excel in China, as their standard writes them"),
    ("audience/number_format/code.rs", "words of number formats, to be recognised"),
    ("audience/number_format/date.rs", "the days of the week, as spreadsheets write them in Chinese"),
    ("audience/time_cell.rs", "the halves of a day, as lists have them"),
    ("cli/command/init/columns.rs", "what columns of last contact are called, to be recognised"),
    ("campaign/window.rs", "what people call what somebody did, to be recognised"),
    ("campaign/template/helpers/date.rs", "days and months, as messages have them"),
    ("plan/damage/names.rs", "what columns of names are called, to be recognised"),
    ("plan/conditions/words.rs", "the words of columns of yes and no, to be recognised"),
    ("gather/push/table.rs", "what columns of a log of pushes are called, to be recognised"),
    ("audience/csv/guard.rs", "the columns of a results file in both languages, to be recognised"),
];

/// Single texts.
const TEXTS: &[(&str, &str, &str)] = &[
    (
        "campaign/validate/audience.rs",
        "shown, value, yyyy-mm-dd, m月d日, h:mm, %Y-%m-%d",
        "formats of cells to choose from, the same in every language",
    ),
    ("campaign/schema.rs", "密钥", "how people call the keys that hold a secret"),
    ("campaign/schema.rs", "密码", "how people call the keys that hold a secret"),
    (
        "plan/inspect/mod.rs",
        "version https://git-lfs.github.com/spec/",
        "how Git begins a pointer, to be recognised",
    ),
    (
        "report/results/xlsx.rs",
        "yyyy-mm-dd hh:mm:ss\\\"{offset}\\\"",
        "how a spreadsheet shows a time, the same in every language",
    ),
    ("cli/terminal.rs", "是", "an answer that people give"),
    ("cli/terminal.rs", "好", "an answer that people give"),
    ("console/screens/send.rs", "人", "a word that people type behind a number"),
    ("console/screens/send.rs", "条", "a word that people type behind a number"),
    ("audience/characters.rs", "锟斤拷", "what is left of lost characters, to be recognised"),
    ("report/plan/junit.rs", "wxcast plan: {}", "the command's name in front of the campaign's"),
    ("report/form/file.rs", " at path ", "what serde_json says, to be recognised"),
    (
        "audience/csv/text.rs",
        "line {}: byte 0x{:02X} is not {}",
        "travels inside an io::Error and becomes a diagnostic",
    ),
    (
        "audience/csv/text.rs",
        "a row of more than {LONGEST_ROW} bytes",
        "travels inside an io::Error and becomes a diagnostic",
    ),
    (
        "simulator/ledger.rs",
        "(no openid)",
        "stands before the errmsg of an answer, in what the simulator's tests read",
    ),
];

/// Texts after these are no sentences for people: attributes (`#[error]` is for logs; what people see of an error is
/// said by key), logs, and what a panic of a bug would say.
const NOT_SHOWN: &[&str] = &["#[", "#![", "tracing::", ".expect("];

#[test]
fn no_sentence_is_outside_the_catalogue() {
    let source = repository().join("src");
    let mut found = Vec::new();
    let mut used = Vec::new();
    walk(&source, &mut |file, bytes| {
        let name = file.strip_prefix(&source).expect("below src").to_string_lossy().replace('\\', "/");
        let ours = name.ends_with(".rs") && !name.contains("/tests/");
        if !ours || FILES.iter().any(|(file, _)| *file == name) {
            return;
        }
        for (line, text) in prose(&String::from_utf8_lossy(bytes)) {
            match TEXTS.iter().position(|(file, allowed, _)| *file == name && *allowed == text) {
                Some(index) => used.push(index),
                None => found.push(format!("src/{name}:{line}: {text}")),
            }
        }
    });
    assert!(found.is_empty(), "these belong into locales/: {found:#?}");
    for (index, (file, text, _)) in TEXTS.iter().enumerate() {
        assert!(used.contains(&index), "{file}: {text} is not there any more");
    }
}

#[test]
fn a_sentence_in_the_source_is_noticed() {
    for source in [
        "fn f() { println!(\"Something went wrong here\"); }",
        "fn f() { eprintln!(\n    \"{}: no room left\",\n    1); }",
        "fn f() { let text = r#\"Something is \"odd\" here\"#; }",
        "fn f() { let c = '\"'; say(\"出错了\"); }",
        "#[test]\nfn f() {}\nfn g() { print(\"two words\"); }",
    ] {
        assert_eq!(prose(source).len(), 1, "{source}");
    }
    for source in [
        "// Something went wrong here\nfn f() {}",
        "/// Says \"something went wrong\".\nfn f() {}",
        "#[error(\"it went wrong: {0}\")]\nstruct S;",
        "fn f() { tracing::info!(host = 1, \"not connected at all\"); }",
        "fn f() { let sql = \"SELECT id FROM message WHERE id = ?1\"; }",
        "fn f() { let key = \"error.stop.media\"; let file = \"a b.csv\"; }",
        "fn f() {}\n#[cfg(test)]\nmod tests { fn g() { print(\"Something went wrong\"); } }",
    ] {
        assert_eq!(prose(source), [], "{source}");
    }
}

/// The texts of a source file that look like prose: two words in a row, or Chinese. With the lines they stand in.
fn prose(source: &str) -> Vec<(usize, String)> {
    let words = Regex::new(r#"(^|[\s("])[A-Za-z][a-z'-]+ [a-z][a-z'-]*"#).expect("a pattern");
    let chinese = Regex::new(r"\p{Han}").expect("a pattern");
    let code = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    texts(code)
        .into_iter()
        .filter(|(_, _, text)| words.is_match(text) || chinese.is_match(text))
        // A policy of a page and a question to the database are no prose.
        .filter(|(_, _, text)| !text.contains("SELECT ") && !text.contains("-src "))
        .filter(|(_, before, _)| !NOT_SHOWN.iter().any(|sign| before.contains(sign)))
        .map(|(line, _, text)| (line, text))
        .collect()
}

/// Every text of a source file: its line, what stands before it in its statement, and itself.
fn texts(source: &str) -> Vec<(usize, String, String)> {
    // Comments, characters and the four kinds of texts, whichever comes first.
    let token = Regex::new(
        r##"(?s)//[^\n]*|b?'(?:[^'\\\n]|\\.[^'\n]*)'|br?#"(.*?)"#|r"([^"]*)"|r#"(.*?)"#|"((?:[^"\\]|\\.)*)""##,
    )
    .expect("a pattern");
    let mut found = Vec::new();
    for token in token.captures_iter(source) {
        let Some(text) = (1..5).find_map(|group| token.get(group)) else { continue };
        let at = token.get(0).expect("the token").start();
        let before = &source[..at];
        let statement = before.rfind([';', '}', ']']).map_or(before, |end| &before[end..]);
        found.push((before.matches('\n').count() + 1, statement.to_owned(), text.as_str().to_owned()));
    }
    found
}
