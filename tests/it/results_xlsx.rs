//! Results as a workbook, and as files of those who are left.

use std::fs;
use std::path::Path;

use calamine::{Data, Range, Reader, Xlsx, open_workbook};

use crate::support::{Platform, World, openid};

fn sheet(path: &Path, name: &str) -> Range<Data> {
    let mut book: Xlsx<_> = open_workbook(path).expect("a workbook");
    book.worksheet_range(name).expect("a sheet")
}

fn column(range: &Range<Data>, column: usize) -> Vec<String> {
    range.rows().map(|row| row[column].to_string()).collect()
}

/// Four recipients: sent, refused, failed, unknown; a duplicate; and one more than are sent.
fn mixed(results: &str) -> (World, Platform) {
    let world = World::with_recipients(4);
    let rows = world.read("audience.csv") + &format!("{},again\n{},last\n", openid(0), openid(9));
    world.file("audience.csv", rows);
    world.text_campaign("Hello {{name}}", &format!("retries = 0\n[results]\n{results}"));
    let platform = Platform::new(&format!(
        "[[answers]]\ncode = 45015\nopenids = [\"{}\"]\n[[answers]]\ncode = -1\nopenids = [\"{}\"]\n\
         [[faults]]\nkind = \"garbage\"\nopenids = [\"{}\"]",
        openid(1),
        openid(2),
        openid(3)
    ));
    (world, platform)
}

const SEND: [&str; 5] = ["send", "campaign.toml", "--yes", "--limit", "4"];

#[test]
fn the_workbook_opens_on_a_summary_and_has_every_row_with_numbers_and_times() {
    for (language, rows, summary, words) in [
        (
            "en",
            "Results",
            "Summary",
            ["send_status", "sent", "refused", "failed", "unknown", "skipped", "unsent"],
        ),
        ("zh-CN", "结果", "汇总", ["发送状态", "已发送", "被拒绝", "失败", "结果未知", "已跳过", "未发送"]),
    ] {
        let (world, platform) = mixed(&format!("file = \"结果.xlsx\"\nlanguage = \"{language}\"\n"));
        world.run_at(&platform, &SEND);
        let path = world.path("结果.local.xlsx");
        let range = sheet(&path, rows);
        assert_eq!(column(&range, 2), words);
        let sheets = open_workbook::<Xlsx<_>, _>(&path).expect("a workbook").sheet_names();
        assert_eq!(sheets, [summary, rows], "the summary first");
        let sent = range.rows().nth(1).expect("a row");
        assert!(
            sent[..3].iter().all(|cell| matches!(cell, Data::String(_))),
            "the audience is text: {sent:?}"
        );
        assert!(matches!(sent[3], Data::Float(0.0)) && matches!(sent[6], Data::Float(1.0)), "{sent:?}");
        assert!(matches!(sent[7], Data::DateTime(_)), "a time: {sent:?}");
        let told = sheet(&path, summary);
        let cells: Vec<String> = told.rows().flatten().map(Data::to_string).collect();
        for word in words[1..].iter().copied().chain(["45015"]) {
            assert!(cells.iter().any(|cell| cell == word), "{word} is not in {cells:?}");
        }
        assert!(cells.iter().any(|cell| cell.chars().count() > 20), "what to do: {cells:?}");
        let rows = range.rows().flatten().map(Data::to_string);
        assert!(
            rows.chain(cells).all(|cell| !cell.contains("--") && !cell.contains("`wxcast")),
            "no command"
        );
        let again = fs::read(&path).expect("the results");
        fs::remove_file(&path).expect("no results");
        world.run(&["results", "campaign.toml"]).exits(0);
        assert!(fs::read(&path).expect("the results") == again, "the same bytes");
        world.run(&["results", "campaign.toml", "-o", "other.csv"]).exits(0);
        assert!(world.read("other.local.csv").contains(words[1]));
    }
}

#[test]
fn a_workbook_tells_of_a_time_what_a_csv_does_and_is_taken_over_with_it() {
    let (world, platform) = (World::with_recipients(2), Platform::new(""));
    world.text_campaign("Hello {{name}}", "[results]\nfile = \"results.xlsx\"");
    world.send(&platform).exits(0);
    world.run(&["results", "campaign.toml", "-o", "told.csv"]).exits(0);
    let told = world.read("told.local.csv");
    fs::remove_dir_all(world.state()).expect("no journal");
    fs::remove_dir_all(world.path(".wxcast")).expect("no receipt");
    world.run_at(&platform, &["send", "campaign.toml", "--yes", "--take-over"]).exits(0);
    world.run(&["results", "campaign.toml", "-o", "again.csv"]).exits(0);
    let column = |text: &str, column: usize| -> Vec<String> {
        text.lines().skip(1).map(|line| line.split(',').nth(column).expect("a column").to_owned()).collect()
    };
    assert_eq!(column(&world.read("again.local.csv"), 7), column(&told, 7), "when each was finished");
    assert_eq!(platform.ledger().totals().requests, 2);
}

#[test]
fn the_status_stands_beside_the_name_and_columns_that_are_nobodys_business_are_left_out() {
    let world = World::new();
    world.text_campaign(
        "Hello {{name}}",
        "[results]\nfile = \"results.xlsx\"\nlanguage = \"zh-CN\"\nomit = [\"id card\"]",
    );
    let row = |index: usize| format!("G{},{},Ann,11010119900101,north\n", index % 2, openid(index));
    let rows: String = (0..8).map(row).collect();
    world.file("audience.csv", format!("group,openid,name,id card,place\n{rows}"));
    world.send(&Platform::new("")).exits(0);
    let path = world.path("results.local.xlsx");
    let names: Vec<String> =
        sheet(&path, "结果").rows().next().expect("names").iter().map(Data::to_string).collect();
    assert_eq!(names[..5], ["group", "openid", "name", "发送状态", "place"], "{names:?}");
    let summary: Vec<String> = sheet(&path, "汇总").rows().flatten().map(Data::to_string).collect();
    assert!(summary.windows(3).any(|cells| cells == ["G0", "4", "4"]), "by group: {summary:?}");
    let cells: Vec<String> = sheet(&path, "结果").rows().flatten().map(Data::to_string).collect();
    assert!(cells.contains(&"north".to_owned()) && !cells.iter().any(|cell| cell.contains("11010119")));
    let csv = world.run(&["results", "campaign.toml", "-o", "-"]).exits(0).stdout;
    assert!(!csv.contains("11010119") && csv.contains("group,openid,name,place,发送状态"), "{csv}");
    world.edit("campaign.toml", "id card", "id crad");
    world.run(&["plan", "campaign.toml"]).exits(3).says("omitted-column-missing").says("id card");
    world.edit("campaign.toml", "id crad", "openid");
    world.run(&["plan", "campaign.toml"]).exits(3).says("results.omit");
}

#[test]
fn formulas_in_a_workbook_are_text_as_they_were() {
    let world = World::new();
    world.text_campaign("Hello", "[results]\nfile = \"results.xlsx\"");
    world.file("audience.csv", format!("openid,name\n{},=1+1\n", openid(1)));
    world.send(&Platform::new("")).exits(0);
    let range = sheet(&world.path("results.local.xlsx"), "Results");
    assert_eq!(range.get((1, 1)), Some(&Data::String("=1+1".to_owned())));
}

#[test]
fn a_workbook_of_results_is_a_valid_audience_and_does_not_grow() {
    let (world, platform) = (World::with_recipients(5), Platform::new(""));
    world.text_campaign("Hello {{name}}", "[results]\nfile = \"first.xlsx\"");
    world.run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", "3"]).exits(7);
    world.text_campaign("Hello {{name}}", "[results]\nfile = \"second.xlsx\"");
    world.edit("campaign.toml", "audience.csv", "first.local.xlsx");
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!((&plan["planned"], &plan["diagnostics"]), (&5.into(), &serde_json::json!([])));
    assert_eq!(world.send(&platform).exits(0).counts(), "5 sent");
    let second = sheet(&world.path("second.local.xlsx"), "Results");
    assert_eq!(second.width(), 10, "eight columns, not sixteen");
}

#[test]
fn a_lost_journal_is_noticed_by_a_workbook_of_results_too() {
    let (world, platform) = (World::with_recipients(2), Platform::new(""));
    world.text_campaign("Hello {{name}}", "[results]\nfile = \"results.xlsx\"");
    world.send(&platform).exits(0);
    fs::remove_dir_all(world.state()).expect("no journal");
    world.send(&platform).exits(8);
    assert_eq!(platform.ledger().totals().requests, 2);
}

#[test]
fn those_who_are_left_have_files_of_their_own_that_go_when_nobody_is() {
    for extension in ["csv", "xlsx"] {
        let (world, platform) = mixed(&format!("file = \"r.{extension}\"\nsplit = true\n"));
        world.run_at(&platform, &SEND);
        let part = |name: &str| world.path(&format!("r.local.{name}.{extension}"));
        let parts = ["failed", "unknown", "unsent"];
        for (name, who) in parts.iter().zip([2, 3, 9]) {
            assert!(part(name).exists(), "{name}.{extension}");
            let other = World::new();
            other.text_campaign("Hello {{name}}", "");
            other.edit("campaign.toml", "audience.csv", &format!("r.{name}.{extension}"));
            fs::copy(part(name), other.path(&format!("r.{name}.{extension}"))).expect("a copy");
            let preview = other.run(&["preview", "campaign.toml", "--format", "json"]).exits(0).json();
            let openids: Vec<&str> =
                preview.as_array().expect("rows").iter().filter_map(|row| row["openid"].as_str()).collect();
            assert_eq!(openids, [openid(who)], "{name}.{extension}");
        }
        // Everybody is settled in the end: a file of yesterday would be sent by mistake.
        let quiet = Platform::new("");
        world.run(&["resolve", "campaign.toml", "--yes", "--sent", "--all"]).exits(0);
        world.send(&quiet);
        assert!(parts.iter().all(|name| !part(name).exists()), "{extension}");
        // What is not ours is never deleted.
        world.file(&format!("r.local.failed.{extension}"), "mine");
        world.run(&["results", "campaign.toml"]).exits(0);
        assert!(part("failed").exists());
    }
}

#[test]
fn no_part_is_written_over_the_audience() {
    let world = World::with_recipients(1);
    fs::rename(world.path("audience.csv"), world.path("r.failed.csv")).expect("a new name");
    world.text_campaign("Hello {{name}}", "[results]\nfile = \"r.csv\"\nsplit = true\n");
    world.edit("campaign.toml", "audience.csv", "r.failed.csv");
    world.run(&["plan", "campaign.toml"]).exits(3).says("same-file");
}

#[test]
fn results_are_written_as_csv_or_xlsx_and_as_nothing_else() {
    let world = World::with_recipients(1);
    world.text_campaign("Hello {{name}}", "[results]\nfile = \"r.xls\"\n");
    world.run(&["plan", "campaign.toml"]).exits(3).says("r.xls").says(".xlsx");
}

#[test]
fn a_file_that_is_open_in_excel_gets_a_second_name() {
    // What Excel does by locking, a folder in the file's place does on every system.
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    world.text_campaign("Hello {{name}}", "[results]\nfile = \"r.xlsx\"\n");
    fs::create_dir(world.path("r.local.xlsx")).expect("a folder");
    world.send(&platform).exits(0).says("r.local.2.xlsx");
    assert_eq!(column(&sheet(&world.path("r.local.2.xlsx"), "Results"), 2), ["send_status", "sent"]);
}

#[test]
fn a_guard_before_a_formula_is_taken_off_again_in_our_own_file_only() {
    let world = World::new();
    let platform = Platform::new("");
    world.text_campaign("{{name}}!", "");
    world.file("audience.csv", format!("openid,name\n{},=1+1\n{},'tis\n", openid(1), openid(2)));
    let before = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    world.send(&platform).exits(0);
    assert!(world.read("spring.local.results.csv").contains(",'=1+1,"));
    world.edit("campaign.toml", "audience.csv", "spring.local.results.csv");
    let after = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!(before["digest"], after["digest"]);
    world.file("spring.local.results.csv", format!("openid,name\n{},'=1+1\n", openid(1)));
    let preview = world.run(&["preview", "campaign.toml"]).exits(0);
    assert!(preview.stdout.contains("'=1+1!"), "{preview:?}");
}

#[test]
fn a_row_that_does_not_fit_its_header_still_does_not_when_it_comes_back() {
    for extension in ["csv", "xlsx"] {
        let (world, platform) = (World::new(), Platform::new(""));
        world.text_campaign("Hello {{name}} {{code}}", &format!("[results]\nfile = \"r.{extension}\"\n"));
        world.edit("campaign.toml", "audience.csv\"", "audience.csv\"\ninvalid_rows = \"skip\"");
        // A comma that nobody quoted.
        world.file(
            "audience.csv",
            format!("openid,name,code\n{},张,三,A1\n{},李四,A2\n", openid(1), openid(2)),
        );
        assert_eq!(world.send(&platform).exits(0).counts(), "1 sent, 1 skipped");
        world.edit("campaign.toml", "audience.csv", &format!("r.local.{extension}"));
        world.edit("campaign.toml", &format!("[results]\nfile = \"r.{extension}\"\n"), "");
        let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
        assert_eq!((&plan["planned"], &plan["invalid"]), (&1.into(), &1.into()), "{extension}");
    }
}
