//! Who may import whom.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::repository;

/// Each module and the modules it may import, as ARCHITECTURE.md explains them.
pub(crate) const ALLOWED: &[(&str, &[&str])] = &[
    ("locale", &[]),
    ("diagnostic", &["locale"]),
    ("api_base", &[]),
    ("message", &["diagnostic"]),
    ("audience", &["diagnostic"]),
    ("campaign", &["api_base", "diagnostic", "message", "audience", "locale"]),
    ("plan", &["diagnostic", "message", "audience", "campaign"]),
    ("wechat", &["api_base", "message"]),
    ("delivery", &["plan", "wechat"]),
    ("journal", &["plan", "delivery"]),
    ("send", &["campaign", "plan", "wechat", "delivery", "journal"]),
    (
        "report",
        &["locale", "diagnostic", "message", "audience", "campaign", "plan", "delivery", "wechat", "journal"],
    ),
    ("simulator", &["message", "wechat"]),
    ("live", &[]),
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
        ("governor", "send/rate.rs"),
        ("gethostname", "cli/machine.rs"),
        ("machine_uid", "cli/machine.rs"),
        ("dialoguer", "cli/command/init/prompt.rs"),
        ("axum", "simulator/ live/"),
        ("notify", "live/watch.rs"),
        ("webbrowser", "cli/command/serve.rs"),
        ("calamine", "audience/workbook/cells.rs"),
        ("quick_xml", "audience/workbook/layout.rs report/form/junit.rs"),
        ("zip", "audience/workbook/package.rs"),
        ("cfb", "audience/workbook/xls.rs"),
        ("rust_xlsxwriter", "report/results/xlsx.rs"),
        ("infer", "plan/inspect.rs"),
        ("lofty", "plan/inspect.rs"),
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
