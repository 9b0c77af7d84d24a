//! Results that somebody changed, renamed, copied or thinned out still tell who was sent the message, or stop a send.

use std::fs;

use rust_xlsxwriter::Workbook;

use crate::support::{Platform, RESULTS, Ran, World, openid};

const SEND: [&str; 5] = ["send", "campaign.toml", "--yes", "--format", "json"];

/// Four of these are sent the message; journal and receipt stay behind, as with a colleague who is handed what is seen in
/// the folder.
fn handed_on(count: usize) -> (World, Platform) {
    let (world, platform) = (World::with_recipients(count), Platform::new(""));
    world.run_at(&platform, &[&SEND[..], &["--limit", "4"]].concat()).exits(7);
    forget(&world);
    (world, platform)
}

fn forget(world: &World) {
    let _ = fs::remove_dir_all(world.state().parent().expect("the state folder"));
    let _ = fs::remove_dir_all(world.path(".wxcast"));
}

fn with(world: &World, platform: &Platform, more: &[&str]) -> Ran {
    world.run_at(platform, &[&SEND[..], more].concat())
}

fn plan_id(world: &World, platform: &Platform) -> String {
    let plan = world.run_at(platform, &["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    plan["plan"].as_str().expect("a plan id").to_owned()
}

/// Takes over by naming the plan, as a plain yes does not do, and holds that nobody is sent the message twice.
fn costs_to_take_over(world: &World, platform: &Platform) {
    with(world, platform, &["--take-over"]).exits(8).says("may have");
    assert_eq!(platform.ledger().totals().accepted, 4);
    let id = plan_id(world, platform);
    with(world, platform, &["--take-over", "--expect-plan", &id]).exits(0);
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
}

#[test]
fn results_without_a_receipt_that_leave_somebody_unsent_may_be_older_than_the_end_of_the_run() {
    let (world, platform) = handed_on(7);
    world.send(&platform).exits(8).says("up to 3 people may have got the message since");
    costs_to_take_over(&world, &platform);
    assert_eq!(platform.ledger().totals().accepted, 7);
    // Where nobody is left there is nothing to ask about.
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    world.send(&platform).exits(0);
    forget(&world);
    world.send(&platform).exits(8).says("everybody who was sent the message can be named");
    assert_eq!(with(&world, &platform, &["--take-over"]).exits(0).json()["requests"], 0);
}

#[test]
fn a_title_above_the_results_hides_nobody() {
    let (world, platform) = handed_on(6);
    let whole = world.read(RESULTS);
    let titled =
        format!("\u{feff}十二月发送结果（给王总）,,,,,,,,,\r\n{}", whole.trim_start_matches('\u{feff}'));
    world.file(RESULTS, &titled);
    for more in [&[][..], &["--results", "other.csv"]] {
        with(&world, &platform, more).exits(8).says(&format!("Results `{RESULTS}`: 4 sent"));
    }
    assert_eq!(world.read(RESULTS), titled);
    // The same in a workbook, with a sheet of somebody's own in front.
    fs::remove_file(world.path(RESULTS)).expect("the results");
    world.edit("campaign.toml", "[send]", "[results]\nfile = \"r.xlsx\"\n[send]");
    let mut book = Workbook::new();
    book.add_worksheet().set_name("给老板").and_then(|sheet| sheet.write(0, 0, "合计")).expect("a sheet");
    let sheet = book.add_worksheet().set_name("rows").expect("a name");
    sheet.write(0, 0, "十二月发送结果").expect("a title");
    for (row, line) in (1..).zip(whole.trim_start_matches('\u{feff}').lines()) {
        for (column, cell) in (0..).zip(line.split(',')) {
            sheet.write(row, column, cell).expect("a cell");
        }
    }
    book.save(world.path("r.local.xlsx")).expect("a workbook");
    for more in [&[][..], &["--results", "other.csv"]] {
        with(&world, &platform, more).exits(8).says("Results `r.local.xlsx`: 4 sent");
    }
    costs_to_take_over(&world, &platform);
}

#[test]
fn results_that_no_longer_say_what_became_of_whom_are_never_said_to_be_somebody_else_s() {
    let (world, platform) = handed_on(6);
    let whole = world.read(RESULTS);
    let few: String = whole
        .lines()
        .map(|line| {
            line.split(',')
                .take(3)
                .map(|cell| cell.replace("send_status", "状态"))
                .collect::<Vec<_>>()
                .join(",")
                + "\r\n"
        })
        .collect();
    for changed in [whole.replacen("send_status", "status", 1), few] {
        world.file(RESULTS, &changed);
        let stopped = world.send(&platform).exits(8).says(RESULTS).says("undo what was changed");
        assert!(!stopped.stderr.contains("another file"), "{}", stopped.stderr);
        with(&world, &platform, &["--results", "other.csv"]).exits(8).says(RESULTS);
        assert_eq!((world.read(RESULTS), platform.ledger().totals().requests), (changed, 4));
    }
}

/// A workbook of results with these rows, whose summary counts four that were sent, behind sheets of these names.
fn thinned_out(world: &World, rows: &[(usize, &str)], front: &[&str]) {
    let mut book = Workbook::new();
    for name in front {
        book.add_worksheet().set_name(*name).and_then(|sheet| sheet.write(0, 0, "合计")).expect("a sheet");
    }
    let sheet = book.add_worksheet().set_name("Results").expect("a name");
    let names = [
        "openid",
        "name",
        "send_status",
        "send_errcode",
        "send_errmsg",
        "send_advice",
        "send_attempts",
        "send_finished_at",
        "send_latency_ms",
        "send_rid",
    ];
    for (column, name) in (0..).zip(names) {
        sheet.write(0, column, name).expect("a name");
    }
    for (row, (index, status)) in (1..).zip(rows) {
        sheet.write(row, 0, openid(*index)).and_then(|sheet| sheet.write(row, 2, *status)).expect("cells");
    }
    let sheet = book.add_worksheet().set_name("Summary").expect("a name");
    sheet.write(0, 0, "Campaign").and_then(|sheet| sheet.write(0, 1, "spring, wave 1")).expect("cells");
    for (row, (status, count)) in
        (3..).zip([("sent", 4), ("refused", 0), ("failed", 0), ("unknown", 0), ("skipped", 0), ("unsent", 2)])
    {
        sheet.write(row, 0, status).and_then(|sheet| sheet.write(row, 1, count)).expect("cells");
    }
    book.save(world.path("r.local.xlsx")).expect("a workbook");
}

#[test]
fn a_summary_that_counts_more_than_the_rows_tell_stops_a_send() {
    let (world, platform) = (World::with_recipients(6), Platform::new(""));
    world.text_campaign("Hello {{name}}", "[results]\nfile = \"r.xlsx\"\n");
    with(&world, &platform, &["--limit", "4"]).exits(7);
    // As it was written it contradicts nothing.
    forget(&world);
    world.send(&platform).exits(8).says("the results tell of 4 people");
    thinned_out(&world, &[(4, "unsent"), (5, "unsent")], &[]);
    let stopped = world.send(&platform).exits(8);
    stopped.says("counts 4 who were, or may have been, sent the message, and only 0 rows");
    let id = plan_id(&world, &platform);
    with(&world, &platform, &["--take-over"]).exits(8);
    assert_eq!(platform.ledger().totals().accepted, 4);
    with(&world, &platform, &["--take-over", "--expect-plan", &id]).exits(0);
}

#[test]
fn people_of_the_list_who_stand_in_no_row_of_results_are_asked_about() {
    let (world, platform) = handed_on(6);
    // "The rest is for somebody else": the rows of those who were sent the message are deleted.
    let rest: String = world
        .read(RESULTS)
        .lines()
        .filter(|line| !line.contains(",sent,"))
        .map(|line| format!("{line}\r\n"))
        .collect();
    world.file(RESULTS, &rest);
    world.send(&platform).exits(8).says("4 people of the list stand in no results");
    world.run_at(&platform, &["status", "campaign.toml"]).says("4 people of the list stand in no results");
    with(&world, &platform, &["--take-over"]).exits(8).says("up to 6 people");
    assert_eq!(platform.ledger().totals().accepted, 4);
    // Whose journal knows the campaign is not asked: new people on the list are sent the message.
    let (world, platform) = (World::with_recipients(2), Platform::new(""));
    world.send(&platform).exits(0);
    world.recipients(4);
    let untouched = world.read(RESULTS);
    world.file(RESULTS, untouched);
    assert_eq!(world.send(&platform).exits(0).counts(), "4 sent");
}

#[test]
fn results_under_any_name_beside_the_campaign_are_found_by_their_columns_and_people() {
    for name in ["spring.local.results(1).csv", "结果.local - 副本.csv", "folder/../给王总.local.csv"]
    {
        let (world, platform) = handed_on(6);
        fs::create_dir_all(world.path("folder")).expect("a folder");
        fs::rename(world.path(RESULTS), world.path(name)).expect("another name");
        let file = name.rsplit('/').next().expect("a name");
        world.send(&platform).exits(8).says(&format!("`{file}` beside the campaign")).says("4 people");
        world.run(&["status", "campaign.toml", "--local"]).says(file);
        costs_to_take_over(&world, &platform);
        assert_eq!(platform.ledger().totals().accepted, 6);
    }
    // A workbook too, and one of another name than the campaign's own.
    let (world, platform) = (World::with_recipients(6), Platform::new(""));
    world.text_campaign("Hello {{name}}", "[results]\nfile = \"结果.xlsx\"\nlanguage = \"zh-CN\"\n");
    with(&world, &platform, &["--limit", "4"]).exits(7);
    forget(&world);
    fs::rename(world.path("结果.local.xlsx"), world.path("结果.local(1).xlsx")).expect("another name");
    world.send(&platform).exits(8).says("`结果.local(1).xlsx` beside the campaign");
    assert_eq!(platform.ledger().totals().accepted, 4);
}

#[test]
fn what_lies_beside_a_campaign_and_tells_of_something_else_stops_nobody() {
    let (world, platform) = handed_on(6);
    let results = world.read(RESULTS);
    fs::remove_file(world.path(RESULTS)).expect("the results");
    let strangers: String =
        (0..6).fold(results.clone(), |text, index| text.replace(&openid(index), &openid(100 + index)));
    // Results by name of another campaign, of another wave, of people, of a rehearsal, of people who are not on the list; a
    // folder; a list with a column of that name.
    world.file("autumn.local.results.csv", &results);
    world.file("spring.wave2.local.results.csv", &results);
    world.file("spring.rehearsal.results(1).csv", &results);
    world.file("结果.csv", &results);
    world.file("已发.local.csv", strangers);
    world.file("sub/结果.local.csv", &results);
    world.file("名单.local.csv", format!("openid,send_status\r\n{},sent\r\n", openid(0)));
    world.file("damaged.local.xlsx", b"PK\x03\x04 half of a workbook");
    assert_eq!(world.send(&platform).exits(0).counts(), "6 sent");
    // Copies of its own results, with notes in them, are nothing new to the journal that wrote them.
    world.run(&["results", "campaign.toml", "--local", "-o", "copy.csv"]).exits(0);
    let noted = world.read("copy.local.csv").replacen(",sent,", ",打过电话,", 1);
    world.file("copy.local.csv", noted);
    world.recipients(8);
    assert_eq!(world.send(&platform).exits(0).counts(), "8 sent");
}

#[test]
fn what_somebody_wrote_in_a_file_of_results_is_not_written_over() {
    let (world, platform) = (World::with_recipients(6), Platform::new(""));
    with(&world, &platform, &["--limit", "2"]).exits(7);
    // A column of notes.
    let noted: String = world
        .read(RESULTS)
        .lines()
        .enumerate()
        .map(|(row, line)| format!("{line},{}\r\n", if row == 0 { "电话回访" } else { "打过" }))
        .collect();
    world.file(RESULTS, &noted);
    let second = "spring.local.results.2.csv";
    let ran = with(&world, &platform, &["--limit", "2"]).exits(7);
    ran.says(&format!("`{RESULTS}` stays as it is")).says("电话回访").says(second);
    assert_eq!(world.read(RESULTS), noted);
    assert_eq!(world.read(second).matches(",sent,").count(), 4);
    world.run(&["results", "campaign.toml", "--local"]).exits(0).says("stays as it is").says(second);
    assert_eq!(world.send(&platform).exits(0).json()["results"], second);
    assert_eq!((world.read(RESULTS), world.read(second).matches(",sent,").count()), (noted, 6));
    // A sheet in front of the others; as it was written it is nobody's.
    let (world, platform) = (World::with_recipients(6), Platform::new(""));
    world.text_campaign("Hello {{name}}", "[results]\nfile = \"r.xlsx\"\n");
    with(&world, &platform, &["--limit", "4"]).exits(7);
    assert_eq!(with(&world, &platform, &["--limit", "1"]).exits(7).json()["results"], "r.local.xlsx");
    thinned_out(
        &world,
        &[(0, "sent"), (1, "sent"), (2, "sent"), (3, "sent"), (4, "sent"), (5, "unsent")],
        &["给老板"],
    );
    let theirs = fs::read(world.path("r.local.xlsx")).expect("a workbook");
    with(&world, &platform, &[]).exits(0).says("`r.local.xlsx` stays as it is").says("给老板");
    assert_eq!(fs::read(world.path("r.local.xlsx")).expect("a workbook"), theirs);
    assert!(world.path("r.local.2.xlsx").exists());
}

#[test]
fn what_only_a_simulator_was_sent_is_told_as_that_wherever_it_is_told() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    world.text_campaign("Hello {{name}}", "[results]\nfile = \"r.xlsx\"\nlanguage = \"zh-CN\"\n");
    let sent = world.run_at(&platform, &["send", "campaign.toml", "--yes"]).exits(0);
    sent.says("nobody got a message").says("wxcast send campaign.toml");
    world.run(&["status", "campaign.toml"]).exits(0).says("nobody got a message");
    for (format, nobody) in [
        ("markdown", "Nobody got a message"),
        ("html", "Nobody got a message"),
        ("json", "\"destination\": \"local\""),
        ("junit", "which nobody got"),
    ] {
        let report = world.run(&["report", "campaign.toml", "--format", format]).exits(0);
        assert!(report.stdout.contains(nobody), "{format}: {}", report.stdout);
    }
    let source = sheet_texts(&world.path("r.local.xlsx"));
    assert!(source.contains("发往本机（模拟器）的结果：没有人收到消息。"), "{source}");
}

/// The texts of a workbook.
fn sheet_texts(path: &std::path::Path) -> String {
    let mut zip = zip::ZipArchive::new(fs::File::open(path).expect("a workbook")).expect("a zip file");
    let mut texts = String::new();
    for index in 0..zip.len() {
        let mut part = zip.by_index(index).expect("a part");
        if part.name().is_ok_and(|name| name.ends_with(".xml")) {
            std::io::Read::read_to_string(&mut part, &mut texts).expect("a text");
        }
    }
    texts
}
