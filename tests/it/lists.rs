//! Files of people beside the audience: `audience.exclude` and `audience.only`.

use serde_json::{Value as Json, json};

use crate::support::sheets::{sheet, xlsx};
use crate::support::{Platform, World, openid};

/// A campaign to six people, with these keys in `[audience]`.
fn world(keys: &str) -> World {
    let world = World::with_recipients(6);
    world.edit("campaign.toml", "audience.csv\"", &format!("audience.csv\"\n{keys}"));
    world
}

/// A list of these people.
fn people(numbers: &[usize]) -> String {
    let lines: Vec<String> = numbers.iter().map(|number| openid(*number)).collect();
    format!("openid\n{}\n", lines.join("\n"))
}

fn plan(world: &World, code: i32) -> Json {
    world.run(&["plan", "campaign.toml", "--format", "json"]).exits(code).json()
}

#[test]
fn who_is_in_an_excluded_list_gets_nothing_and_results_name_the_list() {
    let world = world("exclude = [\"退订.csv\", \"已购买.xlsx#Sheet1\"]");
    world.file("退订.csv", people(&[1, 4]));
    world.file("已购买.xlsx", sheet(&[(0, 0, "openid"), (1, 0, &openid(2)), (2, 0, &openid(4))]));
    let found = plan(&world, 0);
    assert_eq!((&found["planned"], &found["skipped"]), (&json!(3), &json!(3)));
    assert_eq!(found["skipped_by_reason"]["excluded"], 3);
    let lists = json!([
        { "list": "退订.csv", "reason": "excluded", "rows": 2 },
        { "list": "已购买.xlsx#Sheet1", "reason": "excluded", "rows": 1 },
    ]);
    assert_eq!(found["lists"], lists);

    let platform = Platform::new("");
    let ran = world.send(&platform).exits(0).says("2  skipped (退订.csv)");
    assert_eq!(ran.counts(), "3 sent, 3 skipped");
    assert_eq!(platform.ledger().totals().requests, 3);
    let rows = world.results();
    let of = |index: usize| rows.iter().find(|row| row[0] == openid(index)).expect("a row");
    assert_eq!((&of(1)[2], &of(1)[4]), ("skipped", "excluded"));
    assert!(of(1)[5].contains("退订.csv") && of(2)[5].contains("已购买.xlsx#Sheet1"), "{rows:?}");
}

#[test]
fn a_filter_that_is_still_on_brings_nobody_back_who_is_excluded_and_lets_in_whom_it_shows() {
    let cell = |row: usize, text: &str| format!("<c r=\"A{row}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let rows = format!(
        "<sheetData><row r=\"1\">{}</row><row r=\"2\">{}</row><row r=\"3\" hidden=\"1\">{}</row></sheetData>",
        cell(1, "openid"),
        cell(2, &openid(1)),
        cell(3, &openid(2))
    );
    for (keys, code, planned) in [
        ("exclude = [\"t.xlsx\"]\nhidden_rows = \"skip\"", 0, 4),
        ("exclude = [\"t.xlsx\"]\nhidden_rows = \"include\"", 0, 4),
        ("exclude = [\"t.xlsx\"]", 0, 4),
        ("only = [\"t.xlsx\"]\nhidden_rows = \"skip\"", 0, 1),
        ("only = [\"t.xlsx\"]\nhidden_rows = \"include\"", 0, 2),
        ("only = [\"t.xlsx\"]", 3, 0),
    ] {
        let world = world(keys);
        world.file("t.xlsx", xlsx(&rows, &[], &[]));
        assert_eq!(plan(&world, code)["planned"], planned, "{keys}");
    }
}

#[test]
fn a_title_above_the_names_of_a_list_is_passed_over() {
    for (name, header) in [("openid", "openid"), ("会员OpenID", "会员OpenID"), ("会员OpenID", "openid")]
    {
        let world = world("exclude = [\"退订.csv\", \"t.xlsx\"]");
        let audience = std::fs::read_to_string(world.path("audience.csv")).expect("a list");
        world.file("audience.csv", audience.replacen("openid", name, 1));
        world.edit("campaign.toml", "exclude", &format!("openid = \"{name}\"\nexclude"));
        world.file("退订.csv", format!("退订名单,2026\n{header},日期\n{},1\n", openid(1)));
        world.file("t.xlsx", sheet(&[(0, 0, "已购买"), (2, 0, header), (3, 0, &openid(2))]));
        let found = plan(&world, 0);
        assert_eq!((&found["planned"], &found["skipped"]), (&json!(4), &json!(2)), "{found}");
    }
}

#[test]
fn only_those_in_one_of_the_lists_get_something() {
    let world = world("only = [\"vip.csv\", \"more.csv\"]\nexclude = [\"out.csv\"]");
    world.file("vip.csv", people(&[0, 1, 2]));
    world.file("more.csv", people(&[2, 3]));
    world.file("out.csv", people(&[1]));
    let found = plan(&world, 0);
    assert_eq!(found["planned"], 3);
    assert_eq!(found["skipped_by_reason"]["excluded"], 1);
    assert_eq!(found["skipped_by_reason"]["not-included"], 2);
    let told = world.run(&["plan", "campaign.toml", "--format", "markdown"]).exits(0).stdout;
    assert!(
        told.contains("| in none of the lists of \\`only\\` | 2 | skipped (vip.csv, more.csv) |"),
        "{told}"
    );
}

#[test]
fn what_is_wrong_with_a_row_of_somebody_who_gets_nothing_is_nobodys_trouble() {
    let world = world("exclude = [\"out.csv\"]\n[audience.columns.name]\nrequired = true");
    world.file("audience.csv", format!("openid,name\n{},\n{},B\n{0},\n", openid(0), openid(1)));
    world.file("out.csv", people(&[0]));
    let found = plan(&world, 0);
    assert_eq!((&found["planned"], &found["skipped_by_reason"]["excluded"]), (&json!(1), &json!(2)));
    assert_eq!(found["diagnostics"], json!([]));
}

#[test]
fn a_list_is_read_as_an_audience_is_and_its_faults_have_their_place() {
    let world = world("exclude = [\"out.csv\"]");
    let mut gbk = encoding_rs::GBK.encode("姓名,openid\n张三,").0.into_owned();
    gbk.extend(openid(3).bytes());
    world.file("out.csv", gbk);
    assert_eq!(plan(&world, 0)["planned"], 5);

    world.file("out.csv", format!("openid,day\n{},1\noTEST 1,2\n", openid(3)));
    let found = plan(&world, 3);
    let fault = &found["diagnostics"][0];
    assert_eq!((&fault["code"], &fault["line"]), (&json!("openid-character"), &json!(3)));
    assert!(fault["file"].as_str().expect("a file").ends_with("out.csv"), "{fault}");

    world.edit("campaign.toml", "exclude", "invalid_rows = \"skip\"\nexclude");
    assert_eq!(plan(&world, 0)["planned"], 5);
}

#[test]
fn nothing_is_sent_while_a_list_cannot_be_read() {
    let world = world("exclude = [\"a.csv\", \"none.csv\", \"book.xlsx#None\"]");
    world.file("a.csv", people(&[1]));
    world.file("book.xlsx", sheet(&[(0, 0, "openid"), (1, 0, &openid(2))]));
    let platform = Platform::new("");
    world.send(&platform).exits(3).says("The list `none.csv` cannot be read").says("sheet-missing");
    assert_eq!(platform.ledger().totals().requests, 0);
}

#[test]
fn a_list_in_which_nobody_of_the_audience_is_is_told_and_stops_nothing() {
    let world = world("exclude = [\"a.csv\", \"other.csv\"]");
    world.file("a.csv", people(&[1]));
    world.file("other.csv", people(&[7, 8]));
    let found = plan(&world, 0);
    assert_eq!(found["diagnostics"][0]["code"], "list-without-match");
    assert_eq!(found["diagnostics"].as_array().expect("faults").len(), 1);
    assert_eq!(found["diagnostics"][0]["field"], "audience.exclude[2]");
}

#[test]
fn whoever_is_excluded_changes_the_plan_id_even_where_nobody_is_left_to_tell_it_by() {
    let world = world("exclude = [\"a.csv\"]");
    world.file("a.csv", people(&[0, 1, 2, 3, 4, 5]));
    let excluded = plan(&world, 0);
    world.edit("campaign.toml", "exclude = [\"a.csv\"]", "only = [\"b.csv\"]");
    world.file("b.csv", people(&[6]));
    let not_included = plan(&world, 0);
    assert_eq!(excluded["digest"], not_included["digest"]);
    assert_ne!(excluded["plan"], not_included["plan"]);
}

#[test]
fn results_may_not_be_written_over_a_list() {
    let world = world("exclude = [\"a.csv\"]");
    world.file("a.csv", people(&[1]));
    world.edit("campaign.toml", "[send]", "[results]\nfile = \"a.csv\"\n[send]");
    assert_eq!(plan(&world, 3)["diagnostics"][0]["code"], "same-file");
}

#[test]
fn whoever_stands_in_a_hidden_row_of_an_excluded_list_gets_nothing() {
    let world = world("hidden_rows = \"skip\"\nexclude = [\"退订.xlsx\"]");
    let mut book = rust_xlsxwriter::Workbook::new();
    let list = book.add_worksheet();
    for (row, cell) in (0..).zip(["openid".to_owned(), openid(1), openid(4)]) {
        list.write_string(row, 0, cell).expect("a cell");
    }
    // A filter of yesterday.
    list.set_row_hidden(2).expect("a row");
    world.file("退订.xlsx", book.save_to_buffer().expect("a workbook"));
    let found = plan(&world, 0);
    assert_eq!(
        (&found["planned"], &found["skipped_by_reason"]["excluded"]),
        (&json!(4), &json!(2)),
        "{found:#}"
    );
}

#[test]
fn whoever_was_sent_the_message_is_told_as_sent_also_where_a_list_leaves_them_out_later() {
    let unknown = openid(2);
    let platform =
        Platform::new(&format!("[[faults]]\nkind = \"close-after\"\nopenids = [\"{unknown}\"]\ntimes = 1"));
    let world = world("");
    let begun = ["send", "campaign.toml", "--yes", "--limit", "3", "--concurrency", "1", "--format", "json"];
    assert_eq!(world.run_at(&platform, &begun).exits(7).counts(), "2 sent, 1 unknown, 3 unsent");
    world.edit("campaign.toml", "[audience]\n", "[audience]\nexclude = [\"bought.csv\"]\n");
    world.file("bought.csv", people(&[1, 2, 4]));

    let status = world.status();
    assert_eq!(status.counts(), "2 sent, 1 unknown, 1 skipped, 2 unsent");
    assert_eq!(status.json()["skipped_by_reason"]["excluded"], 1);
    // The unknown one is not forgotten because it is left out now.
    let ran = world.send(&platform).exits(6);
    assert_eq!(ran.counts(), "4 sent, 1 unknown, 1 skipped");
    assert_eq!(ran.json()["skipped_by_reason"]["excluded"], 1);
    let results = world.results();
    let statuses: Vec<&str> = results.iter().map(|row| &row[2]).collect();
    assert_eq!(statuses, ["sent", "sent", "unknown", "sent", "skipped", "sent"]);
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
    // Nobody who is left out is sent it again, whatever becomes of unknown ones.
    world.edit("campaign.toml", "[send]", "[send]\non_unknown = \"resend\"");
    assert_eq!(world.send(&platform).exits(6).counts(), "4 sent, 1 unknown, 1 skipped");
    assert_eq!(platform.ledger().totals().accepted, 5);
    // Nor is the unknown one forgotten once their row is gone.
    let list = world.read("audience.csv");
    let rest: String = list
        .lines()
        .filter(|line| !line.contains(&unknown))
        .fold(String::new(), |all, line| all + line + "\n");
    world.file("audience.csv", rest);
    world.run(&["results", "campaign.toml"]).exits(0).says("Of those, nobody knows of 1");
}
