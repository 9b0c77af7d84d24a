//! Who may import whom.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::support::repository;

/// Each module and the modules it may import, as ARCHITECTURE.md explains them.
pub(crate) const ALLOWED: &[(&str, &[&str])] = &[
    ("own_reason", &[]),
    ("locale", &["own_reason"]),
    ("own_file", &["own_reason"]),
    ("diagnostic", &["own_reason", "locale"]),
    ("api_base", &[]),
    ("clock", &[]),
    ("message", &["diagnostic"]),
    ("audience", &["own_reason", "diagnostic"]),
    ("campaign", &["api_base", "diagnostic", "message", "audience", "locale"]),
    ("plan", &["api_base", "diagnostic", "message", "audience", "campaign"]),
    ("wechat", &["own_reason", "own_file", "api_base", "clock", "message"]),
    ("delivery", &["plan", "wechat"]),
    ("journal", &["own_reason", "own_file", "api_base", "plan", "delivery"]),
    ("send", &["clock", "campaign", "plan", "wechat", "delivery", "journal"]),
    ("gather", &["own_file", "diagnostic", "audience", "campaign", "plan", "wechat"]),
    (
        "report",
        &[
            "own_reason",
            "locale",
            "own_file",
            "api_base",
            "diagnostic",
            "message",
            "audience",
            "campaign",
            "plan",
            "delivery",
            "wechat",
            "journal",
        ],
    ),
    ("simulator", &["clock", "message", "wechat"]),
    ("page_access", &[]),
    ("live", &["page_access"]),
    (
        "console",
        &[
            "locale",
            "own_file",
            "diagnostic",
            "message",
            "campaign",
            "plan",
            "delivery",
            "wechat",
            "journal",
            "report",
            "page_access",
        ],
    ),
];

#[test]
fn modules_import_only_those_below_them() {
    let source = repository().join("src");
    let mut wrong = Vec::new();
    for (module, allowed) in ALLOWED {
        for file in files(&source, module) {
            for used in imports(&fs::read_to_string(&file).expect("a source file")) {
                if used != *module && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{} imports {used}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_has_its_place_in_the_order() {
    let lib = fs::read_to_string(repository().join("src/lib.rs")).expect("lib.rs");
    let declared: Vec<&str> =
        lib.lines().filter_map(|line| line.split_once("mod ")?.1.strip_suffix(';')).collect();
    let known: Vec<&str> = ALLOWED.iter().map(|(module, _)| *module).chain(["cli"]).collect();
    assert_eq!(declared, known);
}

#[test]
fn noisy_crates_stay_behind_one_door() {
    let source = repository().join("src");
    for (name, doors) in [
        ("reqwest", "wechat/"),
        ("indicatif", "report/progress.rs"),
        ("base64", "report/plan/fingerprint.rs report/preview/gallery.rs"),
        ("rusqlite", "journal/"),
        ("tokio_postgres", "journal/postgres/"),
        ("governor", "send/rate.rs"),
        ("gethostname", "cli/machine.rs"),
        ("machine_uid", "cli/machine.rs"),
        ("axum", "simulator/ page_access.rs live/ console/server.rs"),
        ("notify", "live/watch.rs"),
        ("webbrowser", "cli/command/serve.rs cli/command/console/mod.rs"),
        ("quick_xml", "audience/workbook/xml.rs report/form/junit.rs"),
        ("zip", "audience/workbook/package.rs"),
        ("cfb", "audience/workbook/xls.rs"),
        (
            "rust_xlsxwriter",
            "report/results/xlsx.rs report/results/totals.rs report/results/cells.rs report/list/xlsx.rs",
        ),
        ("infer", "plan/inspect/mod.rs"),
        ("toml_edit", "console/editing/document.rs"),
    ] {
        for file in all(&source) {
            let text = fs::read_to_string(&file).expect("a source file");
            let inside = file.strip_prefix(&source).expect("below src").to_string_lossy().replace('\\', "/");
            // The simulator's own tests are its clients.
            if inside.contains("/tests/") {
                continue;
            }
            let uses = text
                .lines()
                .any(|line| !line.trim_start().starts_with("//") && line.contains(&format!("{name}::")));
            assert!(!uses || doors.split(' ').any(|door| inside.starts_with(door)), "{inside} uses {name}");
        }
    }
}

/// Functions hand a `Problem` up, so that an error is told once, in one manner, with the exit that goes with it. The
/// interview of `init` answers to somebody who is there; progress is no error.
#[test]
fn errors_are_told_in_one_place_and_nothing_below_cli_prints() {
    let source = repository().join("src");
    let prints = Regex::new(r"\be?print(ln)?!|\bstd(err|out)\(\)").expect("a pattern");
    for file in all(&source) {
        let text = fs::read_to_string(&file).expect("a source file");
        let inside = file.strip_prefix(&source).expect("below src").to_string_lossy().replace('\\', "/");
        let own = text.split("#[cfg(test)]\nmod tests").next().expect("a first part");
        let may_print = ["cli/mod.rs", "cli/terminal.rs", "cli/command/init/prompt.rs", "report/progress.rs"];
        assert!(may_print.contains(&&*inside) || !prints.is_match(own), "{inside} prints");
        assert!(inside == "cli/mod.rs" || !own.contains(".complain("), "{inside} tells an error by itself");
    }
}

/// What cannot be missing is `expect("why")`; what a file, a server or a system may get wrong is an error that is told.
/// What is left are true defaults, which say at their place why they are; a new one takes the place of another.
#[test]
fn a_default_takes_the_place_of_something_missing_only_where_it_says_why() {
    const KNOWN: usize = 29;
    // However it is spelt.
    let spelt =
        Regex::new(r"\.unwrap_or_default\(\)|\.unwrap_or_else\((\w+::)+(default|new)\)").expect("a pattern");
    let source = repository().join("src");
    let mut found = Vec::new();
    for file in all(&source) {
        let text = fs::read_to_string(&file).expect("a source file");
        let lines = text.lines().enumerate().filter(|(_, line)| spelt.is_match(line));
        found.extend(lines.map(|(at, line)| format!("{}:{}: {}", file.display(), at + 1, line.trim())));
    }
    assert!(found.len() <= KNOWN, "{} instead of {KNOWN}: {found:#?}", found.len());
}

#[test]
fn every_crate_has_its_reason_beside_its_line() {
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).expect("Cargo.toml");
    let mut inside = false;
    let mut before = "";
    let mut seen = 0;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if inside && line.contains(" = ") {
            seen += 1;
            assert!(before.starts_with("# "), "what is this crate for? {line}");
        }
        before = line;
    }
    assert!(seen > 50, "only {seen} crates were found");
}

/// Circles that are still there, by one file of each; nothing is added to this list.
const CIRCLES_LEFT: &[&str] = &["journal"];

/// An edge leads from a file to the file of every path it names that begins with `crate::` or `super::`: the file of the
/// longest part of the path that is a module. `mod.rs` is the file of its folder's module and counts when an item of its
/// own is named, not for what lies below it; `mod` lines are no edges, and neither are tests inside a file.
#[test]
fn no_files_import_one_another_in_a_circle() {
    let edges = edges(&repository().join("src"));
    let circles: Vec<Vec<&str>> = circles(&edges)
        .into_iter()
        .filter(|circle| !circle.iter().any(|file| CIRCLES_LEFT.contains(file)))
        .collect();
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn a_circle_of_files_is_found() {
    let edge = |from: &str, to: &[&str]| (from.to_owned(), to.iter().map(|to| (*to).to_owned()).collect());
    let edges =
        BTreeMap::from([edge("a", &["b"]), edge("b", &["c", "d"]), edge("c", &["a"]), edge("d", &[])]);
    assert_eq!(circles(&edges), [["a", "b", "c"]]);
    let modules = ["x", "x/y", "x/z", "v"].map(str::to_owned).into();
    let text = "use crate::v::{A, b};\nuse super::z::C;\nuse crate::{x::y::D, x::E};\n// crate::w::F\n";
    let named: Vec<String> = named("x/y", text, &modules).into_iter().collect();
    assert_eq!(named, ["v", "x", "x/z"]);
}

/// Each module's path below `src` and the modules that its file names.
fn edges(source: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let name = |file: &PathBuf| {
        let inside = file.strip_prefix(source).expect("below src").with_extension("");
        let inside = inside.to_string_lossy().replace('\\', "/");
        inside.strip_suffix("/mod").map_or(inside.clone(), str::to_owned)
    };
    let files: Vec<PathBuf> = all(source);
    let modules: BTreeSet<String> =
        files.iter().map(name).filter(|name| name != "lib" && name != "main").collect();
    let tests = |file: &&PathBuf| file.components().any(|part| part.as_os_str() == "tests");
    let of = |file: &PathBuf| {
        let text = fs::read_to_string(file).expect("a source file").replace("\r\n", "\n");
        let own = text.split("\n#[cfg(test)]\nmod tests").next().expect("a first part");
        (name(file), named(&name(file), own, &modules))
    };
    files.iter().filter(|file| !tests(file)).map(of).filter(|(name, _)| modules.contains(name)).collect()
}

/// The modules that a text names.
fn named(module: &str, text: &str, modules: &BTreeSet<String>) -> BTreeSet<String> {
    let code =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    // Who may see an item is no import.
    let code = code.replace("pub(in crate::", "pub(");
    let begin = Regex::new(r"(?:^|[^\w$:])(crate|super(?:::super)*)::").expect("a pattern");
    let mut found = BTreeSet::new();
    for start in begin.captures_iter(&code) {
        let mut above: Vec<&str> = module.split('/').collect();
        match &start[1] {
            "crate" => above.clear(),
            supers => above.truncate(above.len().saturating_sub(supers.split("::").count())),
        }
        for path in paths(&code[start.get(0).expect("all of it").end()..]) {
            let mut path: Vec<&str> = above.iter().copied().chain(path).collect();
            while !path.is_empty() && !modules.contains(&path.join("/")) {
                path.pop();
            }
            found.extend((!path.is_empty()).then(|| path.join("/")));
        }
    }
    found.remove(module);
    found
}

/// The paths at the beginning of a text, `{a, b::c}` being two.
fn paths(text: &str) -> Vec<Vec<&str>> {
    if let Some(inside) = text.strip_prefix('{') {
        let (mut depth, mut from, mut found) = (0_usize, 0, Vec::new());
        for (at, c) in inside.char_indices() {
            match c {
                ',' | '}' if depth == 0 => {
                    found.extend(paths(inside[from..at].trim_start()));
                    from = at + 1;
                    if c == '}' {
                        break;
                    }
                }
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
        }
        return found;
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (first, rest) = text.split_at(end);
    let first = if first == "self" || first.is_empty() { vec![] } else { vec![first] };
    match rest.strip_prefix("::") {
        Some(rest) => {
            paths(rest).into_iter().map(|path| first.iter().copied().chain(path).collect()).collect()
        }
        None => vec![first],
    }
}

/// The files that lead back to themselves, each with those it shares a circle with.
fn circles(edges: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<&str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> = edges
        .keys()
        .map(|start| {
            let (mut seen, mut next) = (BTreeSet::new(), vec![start.as_str()]);
            while let Some(file) = next.pop() {
                for to in edges.get(file).into_iter().flatten() {
                    if seen.insert(to.as_str()) {
                        next.push(to);
                    }
                }
            }
            (start.as_str(), seen)
        })
        .collect();
    let back = |a: &str, b: &str| reached.get(a).is_some_and(|reached| reached.contains(b));
    let circle = |start: &&str| -> Vec<&str> {
        reached.keys().copied().filter(|other| back(start, other) && back(other, start)).collect()
    };
    let mut circles: Vec<Vec<&str>> =
        reached.keys().map(circle).filter(|circle| !circle.is_empty()).collect();
    circles.dedup();
    circles.sort();
    circles.dedup();
    circles
}

fn files(source: &Path, module: &str) -> Vec<PathBuf> {
    let single = source.join(format!("{module}.rs"));
    if single.exists() { vec![single] } else { all(&source.join(module)) }
}

fn all(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(all(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn imports(text: &str) -> BTreeSet<String> {
    let tail = |at: usize| {
        text[at + "crate::".len()..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect()
    };
    text.match_indices("crate::")
        .filter(|(at, _)| {
            !text[..*at].ends_with('$')
                && !text[..*at].lines().last().is_some_and(|line| line.trim_start().starts_with("//"))
        })
        .map(|(at, _)| tail(at))
        .collect()
}
