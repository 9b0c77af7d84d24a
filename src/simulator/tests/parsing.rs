//! Scenario files: good ones are read, wrong ones are said to be wrong at the right place.

use super::*;

#[test]
fn faults_have_a_place_and_say_what_is_wrong() {
    let cases = [
        ("sed = 1", 1, 1, "unknown field `sed`"),
        ("\n\nlatency = \"fast\"", 3, 11, "scenario.expects.latency"),
        ("latency = { min = \"2s\", max = \"1s\" }", 1, 11, "scenario.min-max"),
        ("[[answers]]\nshare = \"1%\"", 1, 1, "missing field `code`"),
        ("[[answers]]\ncode = 1\nshare = \"101%\"", 3, 9, "scenario.share"),
        ("[[answers]]\ncode = 1\nmessages = [0]", 3, 12, "scenario.number"),
        ("[[answers]]\ncode = 1\nfrom = 3\nto = 2", 1, 1, "scenario.from-to"),
        ("[[answers]]\ncode = 1\non = \"token\"\nopenids = []", 1, 1, "scenario.no-recipient"),
        ("[[faults]]\nkind = \"explode\"", 2, 8, "unknown variant `explode`"),
        ("[[faults]]\nkind = \"delay\"", 1, 1, "duration = \"2s\""),
        ("[[faults]]\nkind = \"status\"", 1, 1, "status = 503"),
        ("[[faults]]\nkind = \"status\"\nstatus = 200", 1, 1, "scenario.status"),
        ("[[faults]]\nkind = \"reset-after\"\naccepted = true", 1, 1, "scenario.accepted"),
        ("[[faults]]\nkind = \"hang\"\nduration = \"1s\"", 1, 1, "scenario.duration-alone"),
        ("[token]\ncode = 45009", 2, 8, "scenario.token-code"),
        ("[token]\nlife = 7200", 2, 8, "expected a string"),
        ("content_type = \"a\\nb\"", 1, 16, "scenario.header"),
        ("# 注释\nseed = = 1", 2, 8, ""),
    ];
    for (text, line, column, message) in cases {
        let error = Scenario::parse(text).expect_err(text);
        assert_eq!((error.line, error.column), (line, column), "{text}: {error}");
        assert!(error.message.contains(message), "{text}: {error}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}

#[test]
fn the_scenarios_that_come_along_are_good() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    let files: Vec<_> =
        std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("a file").path()).collect();
    assert!(!files.is_empty());
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a file");
        // Beside the scenarios lie the people whom one of them names.
        let parsed = match file.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => Scenario::default().with_people(&text),
            _ => Scenario::parse(&text),
        };
        if let Err(error) = parsed {
            panic!("{}: {error}", file.display());
        }
    }
}

const MANUAL: &str = include_str!("../../../docs/simulator.md");

#[test]
fn the_examples_of_the_manual_are_good() {
    let mut examples = 0;
    for example in MANUAL.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        examples += 1;
        if let Err(error) = Scenario::parse(example) {
            panic!("{error}\n{example}");
        }
    }
    assert!(examples > 0);
}

#[test]
fn the_manual_names_every_key_kind_and_call() {
    let tables = ["", "[token]", "[quota]", "[ip]", "[account]", "[kf]", "[window]", "[media]", "[ledger]"];
    let rules = ["[[answers]]\ncode = 1", "[[faults]]\nkind = \"hang\""];
    let wrong_keys = tables.into_iter().chain(rules).map(|table| format!("{table}\nnonsense = 1"));
    let wrong_words = ["[[faults]]\nkind = \"nonsense\"", "[[faults]]\nkind = \"hang\"\non = \"nonsense\""];
    for scenario in wrong_keys.chain(wrong_words.map(str::to_owned)) {
        // The parser lists what it knows, in backquotes, after the word that it does not know.
        let error = Scenario::parse(&scenario).expect_err("nonsense");
        let known: Vec<&str> = error.message.split('`').skip(3).step_by(2).collect();
        assert!(!known.is_empty(), "{error}");
        for word in known {
            assert!(MANUAL.contains(word), "{word}");
        }
    }
}
