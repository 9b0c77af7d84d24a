//! Scenario files: good ones are read, wrong ones are said to be wrong at the right place.

use super::*;

#[test]
fn faults_have_a_place_and_say_what_is_wrong() {
    let cases = [
        ("sed = 1", 1, 1, "unknown field `sed`"),
        ("\n\nlatency = \"fast\"", 3, 11, "a duration such as \"50ms\""),
        ("latency = { min = \"2s\", max = \"1s\" }", 1, 11, "min is longer than max"),
        ("[[answers]]\nshare = \"1%\"", 1, 1, "missing field `code`"),
        ("[[answers]]\ncode = 1\nshare = \"101%\"", 3, 9, "share from \"0%\" to \"100%\""),
        ("[[answers]]\ncode = 1\nmessages = [0]", 3, 12, "counted from 1"),
        ("[[answers]]\ncode = 1\nfrom = 3\nto = 2", 1, 1, "selects nothing"),
        ("[[answers]]\ncode = 1\non = \"token\"\nopenids = []", 1, 1, "recipients"),
        ("[[faults]]\nkind = \"explode\"", 2, 8, "unknown variant `explode`"),
        ("[[faults]]\nkind = \"delay\"", 1, 1, "needs a key such as duration"),
        ("[[faults]]\nkind = \"status\"", 1, 1, "needs a key such as status"),
        ("[[faults]]\nkind = \"status\"\nstatus = 200", 1, 1, "from 300 to 599"),
        ("[[faults]]\nkind = \"reset-after\"\naccepted = true", 1, 1, "itself says"),
        ("[[faults]]\nkind = \"hang\"\nduration = \"1s\"", 1, 1, "belongs to kind = \"delay\""),
        ("[token]\ncode = 45009", 2, 8, "40001, 40014 or 42001"),
        ("[token]\nlife = 7200", 2, 8, "expected a string"),
        ("content_type = \"a\\nb\"", 1, 16, "HTTP header"),
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
    let files: Vec<_> = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("a file").path()).collect();
    assert!(!files.is_empty());
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a file");
        if let Err(error) = Scenario::parse(&text) {
            panic!("{}: {error}", file.display());
        }
    }
}

#[test]
fn the_examples_of_the_manual_are_good() {
    let manual = include_str!("../../../docs/simulator.md");
    let examples: Vec<&str> =
        manual.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() > 10);
    for example in examples {
        if let Err(error) = Scenario::parse(example) {
            panic!("{error}\n{example}");
        }
    }
}
