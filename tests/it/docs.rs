//! The documents: what they show works, and what exists is in them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
use regex::Regex;
use wxcast::campaign::template::helpers::HELPERS;
use wxcast::cli::exit_code::Exit;
use wxcast::cli::line::args::Args;
use wxcast::locale::{Catalog, Language};

use crate::architecture::ALLOWED;
use crate::support::{Platform, World, openid, repository};

#[test]
fn the_readme_begins_with_two_commands() {
    assert_eq!(marked("test"), "cargo test");
    assert_eq!(marked("rehearse"), "cargo run --release -- rehearse campaigns/text/campaign.toml");
}

#[test]
#[cfg(unix)]
fn ci_runs_the_two_commands_of_the_readme() {
    let run = std::process::Command::new(repository().join(".ci/run")).arg("list").output();
    let listed = String::from_utf8(run.expect(".ci/run runs").stdout).expect("UTF-8");
    let (test, rehearse) = (marked("test"), marked("rehearse"));
    let steps = [
        ".ci/packages",
        ".ci/lint",
        "cargo fmt --all --check",
        "cargo clippy --all-targets --locked -- -D warnings",
        test.as_str(),
        rehearse.as_str(),
        ".ci/deny",
        "RUSTDOCFLAGS=\"-D warnings\" cargo doc --no-deps --document-private-items",
    ];
    assert_eq!(listed.lines().collect::<Vec<&str>>(), steps);
}

#[test]
fn every_command_that_is_shown_is_understood() {
    let world = World::new();
    let mut shown = 0;
    for (file, text) in documents() {
        for line in shell_lines(&text) {
            let Some(words) = arguments(&line) else { continue };
            shown += 1;
            // Everything before `--help` is parsed, and nothing is done.
            let words: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
            let ran = world.run(&words);
            assert_eq!(ran.code, 0, "{}: {line}\n{}", file.display(), ran.stderr);
        }
    }
    assert!(shown > 10, "only {shown} commands were found");
}

#[test]
fn the_commands_of_the_first_minute_tell_whoever_is_on_call_how_it_stands() {
    for page in both("on-call.md") {
        let world = World::with_recipients(2);
        let platform = Platform::new("[[faults]]\nkind = \"reset-after\"\nmessages = 1\n");
        world.send(&platform).exits(6);
        let mut ran = 0;
        for line in shell_lines(&read(&page)) {
            let words = arguments(&line).expect("a command of wxcast");
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let told = world.run_at(&platform, &words).exits(0);
            assert!(told.stdout.len() > 10, "{page}: {line} says nothing: {told:?}");
            ran += 1;
        }
        assert_eq!(ran, 4, "{page}");
    }
}

#[test]
fn every_command_that_is_named_exists() {
    let command = Args::command();
    let known: BTreeSet<&str> = command
        .get_subcommands()
        .flat_map(|sub| std::iter::once(sub.get_name()).chain(sub.get_all_aliases()))
        .chain(["help"])
        .collect();
    let named = Regex::new("`(?:[A-Z_]+=\\S+ )?wxcast ([a-z]+)").expect("a pattern");
    for (file, text) in documents() {
        for found in named.captures_iter(&text) {
            assert!(known.contains(&found[1]), "{}: wxcast {}", file.display(), &found[1]);
        }
    }
}

#[test]
fn every_command_and_flag_is_in_the_reference() {
    both("reference.md").iter().for_each(|file| names_every_command_and_flag(file));
}

fn names_every_command_and_flag(file: &str) {
    let reference = read(file);
    let mut missing = Vec::new();
    for sub in Args::command().get_subcommands() {
        let name = sub.get_name();
        if !reference.contains(&format!("| `wxcast {name}")) {
            missing.push(name.to_owned());
        }
        let rows: Vec<&str> = reference.lines().filter(|line| line.starts_with("| `-")).collect();
        for flag in sub.get_arguments().filter_map(|argument| argument.get_long()) {
            let is_named = |text: &str| {
                let flag = format!("--{flag}");
                text.match_indices(&flag).any(|(at, _)| {
                    !text[at + flag.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '-')
                })
            };
            let of_command = reference.lines().filter(|line| line.starts_with(&format!("| `wxcast {name}")));
            if !rows.iter().copied().chain(of_command).any(is_named) {
                missing.push(format!("{name} --{flag}"));
            }
        }
    }
    for flag in Args::command().get_arguments().filter_map(|argument| argument.get_long()) {
        if !reference.contains(&format!("--{flag}")) {
            missing.push(format!("--{flag}"));
        }
    }
    assert!(missing.is_empty(), "{file} does not mention: {missing:#?}");
}

#[test]
fn every_link_to_a_file_leads_somewhere() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").expect("a pattern");
    for (file, text) in documents() {
        for found in link.captures_iter(&text) {
            let target = &found[1];
            if target.contains("://") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let there = match path {
                "" => file.clone(),
                path => file.parent().expect("a folder").join(path),
            };
            assert!(there.exists(), "{}: {target}", file.display());
            if !anchor.is_empty() {
                let page = fs::read_to_string(&there).expect("a page");
                assert!(anchors(&page).contains(anchor), "{}: {target}", file.display());
            }
        }
    }
}

/// Every exit, in the order of the manual.
const EXITS: [Exit; 12] = [
    Exit::Ok,
    Exit::Internal,
    Exit::Usage,
    Exit::Invalid,
    Exit::Partial,
    Exit::Unknown,
    Exit::Paused,
    Exit::Gate,
    Exit::Account,
    Exit::Storage,
    Exit::Interrupted,
    Exit::Terminated,
];

#[test]
fn whoever_is_on_call_finds_every_exit() {
    for file in both("on-call.md") {
        let page = read(&file);
        let heading =
            |line: &str| line.strip_prefix("## Exit ").or(line.strip_prefix("## 退出码 ")).map(str::to_owned);
        let told: Vec<String> = page.lines().filter_map(heading).collect();
        let all: Vec<String> = EXITS.iter().map(|exit| exit.code().to_string()).collect();
        assert_eq!(told, all, "{file}");
        // Each says which exit it is, what it means and what to do.
        let parts: Vec<&str> = page.split("\n## ").skip(2).collect();
        for (part, exit) in parts.iter().zip(EXITS) {
            assert!(part.contains(&format!("| `{}` | |", exit.name())), "{file}: {part}");
            assert!(rows(part).len() >= 2, "{file}: {part}");
        }
    }
}

#[test]
fn the_table_of_exit_codes_is_that_of_the_program() {
    let all = EXITS;
    let true_ones: Vec<(String, String)> =
        all.iter().map(|exit| (exit.code().to_string(), exit.name().to_owned())).collect();
    for (file, heading) in [("docs/reference.md", "## Exit codes"), ("docs/zh-CN/reference.md", "## 退出码")]
    {
        let told: Vec<(String, String)> = rows(&section(&read(file), heading))
            .into_iter()
            .map(|row| (row[0].clone(), row[1].clone()))
            .collect();
        assert_eq!(told, true_ones, "{file}");
    }
    // Every exit has a sentence that says what to do next, so a new one cannot be forgotten here.
    let words = Catalog::new(Language::En);
    let sentences: BTreeSet<&str> = words.keys().filter_map(|key| key.strip_prefix("next.exit.")).collect();
    let names: BTreeSet<&str> = all.iter().map(|exit| exit.name()).collect();
    assert_eq!(sentences, names);
}

#[test]
fn the_table_of_helpers_is_that_of_the_program() {
    let true_ones: Vec<&str> = HELPERS.iter().map(|helper| helper.name).collect();
    for rows in helper_rows() {
        let told: Vec<String> = rows.into_iter().map(|row| code(&row[0])).collect();
        let (told_set, true_set): (BTreeSet<&str>, BTreeSet<&str>) =
            (told.iter().map(String::as_str).collect(), true_ones.iter().copied().collect());
        assert_eq!(told_set, true_set);
        assert_eq!(told.len(), true_ones.len(), "one row a helper");
    }
}

#[test]
fn every_example_of_a_helper_gives_what_is_said() {
    let [english, chinese] = helper_rows();
    assert_eq!(english.len(), chinese.len());
    for (row, twin) in english.iter().zip(&chinese) {
        let same = |at: usize| codes(&row[at]) == codes(&twin[at]);
        assert!((0..row.len()).all(same), "the Chinese page has another example: {twin:?}");
        let (template, cells, expected) = (code(&row[1]), cells(&row[2]), code(&row[3]));
        let world = World::new();
        world.text_campaign(&template, "");
        let mut audience = csv::Writer::from_writer(Vec::new());
        let head = std::iter::once("openid").chain(cells.iter().map(|(name, _)| name.as_str()));
        audience.write_record(head).expect("a header");
        let person = openid(1);
        let values = std::iter::once(person.as_str()).chain(cells.iter().map(|(_, value)| value.as_str()));
        audience.write_record(values).expect("a row");
        world.file("audience.csv", audience.into_inner().expect("a file"));
        let shown = world.run(&["preview", "campaign.toml", "--format", "json"]).exits(0).json();
        assert_eq!(shown[0]["payload"]["text"]["content"], expected.as_str(), "{template}");
    }
}

#[test]
fn the_table_of_imports_is_the_one_that_is_kept() {
    let told: Vec<(String, BTreeSet<String>)> =
        rows(&section(&read("ARCHITECTURE.md"), "## The map, and who may import whom"))
            .into_iter()
            .map(|row| (code(&row[0]), codes(&row[1]).into_iter().collect()))
            .collect();
    let kept: Vec<(String, BTreeSet<String>)> = ALLOWED
        .iter()
        .map(|(module, allowed)| {
            ((*module).to_owned(), allowed.iter().map(|name| (*name).to_owned()).collect())
        })
        .collect();
    assert_eq!(told, kept);
}

/// A page of the manual in English and in Chinese.
pub fn both(name: &str) -> [String; 2] {
    match name {
        "README.md" => ["README.md".into(), "README.zh-CN.md".into()],
        name => [format!("docs/{name}"), format!("docs/zh-CN/{name}")],
    }
}

/// Reads a file of the repository.
pub fn read(name: &str) -> String {
    fs::read_to_string(repository().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every page, with its path.
fn documents() -> Vec<(PathBuf, String)> {
    let pages = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).expect("a folder");
        entries.map(|entry| entry.expect("an entry").path()).collect()
    };
    let mut paths = pages(repository());
    paths.extend(pages(&repository().join("docs")));
    paths.extend(pages(&repository().join("docs/zh-CN")));
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.sort();
    assert!(paths.len() > 5);
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a page");
            (path, text)
        })
        .collect()
}

/// The command below a marker of the README.
fn marked(name: &str) -> String {
    let readme = read("README.md");
    let after = readme.lines().skip_while(|line| *line != format!("<!-- {name} -->")).skip(1);
    after.skip_while(|line| line.starts_with("```")).map(str::to_owned).next().expect("a command")
}

/// The lines of a page's shell blocks.
fn shell_lines(page: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in page.lines().map(str::trim) {
        match line.strip_prefix("```") {
            Some(kind) => inside = !inside && kind == "sh",
            None if inside => lines.push(line.to_owned()),
            None => {}
        }
    }
    lines
}

/// The arguments of a line that runs wxcast, variables before it left out.
pub fn arguments(line: &str) -> Option<Vec<String>> {
    let line = line.split(" #").next().unwrap_or_default().split(" | ").next().unwrap_or_default();
    let mut words = line.split_whitespace().skip_while(|word| word.contains('='));
    match words.next()? {
        "wxcast" => Some(words.map(str::to_owned).collect()),
        "cargo" => {
            let mut rest = words.skip_while(|word| *word != "--");
            let runs = line.starts_with("cargo run") && rest.next().is_some();
            runs.then(|| rest.map(str::to_owned).collect())
        }
        _ => None,
    }
}

/// A page's part from a heading to the next one.
fn section(page: &str, heading: &str) -> String {
    let lines = page.lines().skip_while(|line| *line != heading).skip(1);
    let lines: Vec<&str> = lines.take_while(|line| !line.starts_with('#')).collect();
    assert!(!lines.is_empty(), "there is no {heading}");
    lines.join("\n")
}

/// The rows of the first table, without its head.
fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            let inner = line.trim().trim_start_matches('|');
            let inner = inner.strip_suffix('|').unwrap_or(inner);
            inner.split('|').map(|cell| cell.trim().to_owned()).collect()
        })
        .collect()
}

/// The rows of the table of helpers, in English and in Chinese.
fn helper_rows() -> [Vec<Vec<String>>; 2] {
    let [english, chinese] = both("templates.md").map(|file| read(&file));
    [rows(&section(&english, "## Helpers")), rows(&section(&chinese, "## 函数"))]
}

/// The code spans of a cell.
fn codes(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The one code span of a cell.
fn code(cell: &str) -> String {
    codes(cell).into_iter().next().unwrap_or_else(|| panic!("no code in {cell}"))
}

/// `` `name`: `value` `` pairs, separated by semicolons; a value without quotes is a blank cell.
fn cells(cell: &str) -> Vec<(String, String)> {
    cell.split("; ")
        .map(|pair| {
            let mut spans = codes(pair).into_iter();
            (spans.next().expect("a column"), spans.next().unwrap_or_default())
        })
        .collect()
}

/// The anchors of a page: those its headings give, as GitHub makes them, and those that are written out.
pub fn anchors(page: &str) -> BTreeSet<String> {
    let written = page.lines().filter_map(|line| line.strip_prefix("<a id=\"")?.split('"').next());
    headings(page).into_iter().chain(written.map(str::to_owned)).collect()
}

/// What GitHub makes of a page's headings, in their order.
pub fn headings(page: &str) -> Vec<String> {
    let mut inside = false;
    page.lines()
        .filter(|line| {
            inside ^= line.trim_start().starts_with("```");
            !inside && line.starts_with('#')
        })
        .map(|line| {
            let kept = line.trim_start_matches('#').trim().to_lowercase();
            kept.chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}
