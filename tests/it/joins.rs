//! Columns of other files: `[[audience.join]]`.

use serde_json::{Value as Json, json};

use crate::support::sheets::sheet;
use crate::support::{Platform, World, openid};

/// A campaign to four people whose text has a column of another file, which is joined with these keys.
fn world(keys: &str) -> World {
    let world = World::with_recipients(4);
    world.text_campaign("{{name}}: {{订单号}}", "");
    let join = format!("[[audience.join]]\nfile = \"订单.csv\"\n{keys}\n\n[message.text]");
    world.edit("campaign.toml", "[message.text]", &join);
    world
}

/// Orders of these people.
fn orders(numbers: &[usize]) -> String {
    let lines: Vec<String> = numbers.iter().map(|number| format!("{},A{number}", openid(*number))).collect();
    format!("openid,订单号\n{}\n", lines.join("\n"))
}

fn plan(world: &World, code: i32) -> Json {
    world.run(&["plan", "campaign.toml", "--format", "json"]).exits(code).json()
}

fn texts(world: &World) -> Vec<String> {
    let found = world.run(&["preview", "campaign.toml", "--format", "json"]).exits(0).json();
    let text = |one: &Json| one["payload"]["text"]["content"].as_str().expect("a text").to_owned();
    found.as_array().expect("a list").iter().map(text).collect()
}

fn codes(found: &Json) -> Vec<String> {
    let all = found["diagnostics"].as_array().expect("a list");
    all.iter().map(|one| one["code"].as_str().expect("a code").to_owned()).collect()
}

#[test]
fn the_message_has_the_columns_of_the_row_with_the_same_key_whatever_the_order() {
    let world = world("");
    world.file("订单.csv", orders(&[3, 0, 9, 2, 1]));
    let texts = texts(&world);
    assert_eq!(texts.len(), 4);
    for (number, text) in texts.iter().enumerate() {
        assert!(text.ends_with(&format!(": A{number}")), "{texts:?}");
    }
    let platform = Platform::new("");
    assert_eq!(world.send(&platform).exits(0).counts(), "4 sent");
    let rows = world.results();
    assert_eq!(rows[0].len(), 2 + 8, "the results have the columns of the audience: {rows:?}");
}

#[test]
fn another_key_and_a_sheet_of_a_workbook_below_a_title_do_as_well() {
    let world = world("");
    let lines: Vec<String> = (0..4).map(|number| format!("{},n, M{number} ", openid(number))).collect();
    world.file("audience.csv", format!("openid,name,会员号\n{}\n", lines.join("\n")));
    world.edit("campaign.toml", "订单.csv\"", "订单.xlsx#Sheet1\"\non = \"会员号\"\nto = \"编号\"");
    let cells: Vec<(u32, u16, String)> = (0..4)
        .flat_map(|number| [(2 + number, 0, format!("A{number}")), (2 + number, 1, format!("M{number}"))])
        .collect();
    let mut all = vec![(0, 0, "十一月订单"), (1, 0, "订单号"), (1, 1, "编号")];
    all.extend(cells.iter().map(|(row, column, text)| (*row, *column, text.as_str())));
    world.file("订单.xlsx", sheet(&all));
    assert_eq!(texts(&world), ["n: A0", "n: A1", "n: A2", "n: A3"]);
}

#[test]
fn who_has_no_row_is_a_fault_or_skipped_or_gets_blanks_as_the_campaign_says() {
    let world = world("");
    world.file("订单.csv", orders(&[0, 2]));
    let found = plan(&world, 3);
    assert_eq!(codes(&found), ["join-missing", "join-missing"]);
    assert_eq!(found["diagnostics"][0]["line"], 3, "{found}");

    world.edit("campaign.toml", "订单.csv\"", "订单.csv\"\nmissing = \"skip\"");
    let found = plan(&world, 0);
    assert_eq!((&found["planned"], &found["skipped_by_reason"]["unmatched"]), (&json!(2), &json!(2)));
    assert_eq!(found["lists"], json!([{ "list": "订单.csv", "reason": "unmatched", "rows": 2 }]));
    let id = found["plan"].clone();
    let platform = Platform::new("");
    let ran = world.send(&platform).exits(0).says("no row in a joined file  2  skipped (订单.csv)");
    assert_eq!(ran.counts(), "2 sent, 2 skipped");
    let rows = world.results();
    let skipped = rows.iter().find(|row| row[0] == openid(1)).expect("a row");
    assert_eq!((&skipped[2], &skipped[4]), ("skipped", "unmatched"));
    assert!(skipped[5].contains("订单.csv"), "{skipped:?}");

    world.file("订单.csv", orders(&[0, 1, 2]));
    assert_ne!(plan(&world, 0)["plan"], id, "who is skipped is part of what is agreed to");
    assert_eq!(world.send(&platform).exits(0).counts(), "3 sent, 1 skipped");

    let world = self::world("missing = \"blank\"");
    world.file("订单.csv", orders(&[0, 2]));
    let found = plan(&world, 0);
    assert_eq!((&found["planned"], codes(&found)), (&json!(4), vec!["blank-cells".to_owned()]));
    world.edit(
        "campaign.toml",
        "[message.text]",
        "[audience.columns.\"订单号\"]\ndefault = \"无\"\n\n[message.text]",
    );
    assert_eq!(codes(&plan(&world, 0)), Vec::<String>::new());
    assert!(texts(&world)[1].ends_with(": 无"));
}

#[test]
fn a_key_in_two_rows_is_a_fault_with_both_lines() {
    let world = world("");
    world.file("订单.csv", orders(&[0, 1, 2, 3, 1]));
    let found = plan(&world, 3);
    let fault = &found["diagnostics"][0];
    assert_eq!((&fault["code"], &fault["line"]), (&json!("join-repeated"), &json!(6)));
    assert!(fault["message"].as_str().is_some_and(|text| text.contains("line 3")), "{fault}");
    assert!(fault["file"].as_str().is_some_and(|file| file.ends_with("订单.csv")), "{fault}");
    world.edit("campaign.toml", "audience.csv\"", "audience.csv\"\ninvalid_rows = \"skip\"");
    assert_eq!(plan(&world, 3)["diagnostics"][0]["code"], "join-repeated");
}

#[test]
fn what_is_wrong_with_a_cell_of_the_other_file_is_told_where_it_stands() {
    let world = world("");
    let orders = orders(&[3, 2, 1, 0]).replace("A1", "6.22E+17");
    world.file("订单.csv", orders);
    let found = plan(&world, 3);
    let fault = &found["diagnostics"][0];
    assert_eq!(
        (&fault["code"], &fault["line"], &fault["column"]),
        (&json!("scientific-notation"), &json!(4), &json!(30))
    );
    assert!(fault["file"].as_str().is_some_and(|file| file.ends_with("订单.csv")), "{fault}");
    assert!(fault["message"].as_str().is_some_and(|text| text.contains("订单.csv B4")), "{fault}");

    world.edit(
        "campaign.toml",
        "[message.text]",
        "[audience.columns.\"订单号\"]\nmax_chars = 2\n\n[message.text]",
    );
    world.file("订单.csv", self::orders(&[3, 2, 1, 0]).replace("A2", "A2222"));
    let fault = plan(&world, 3)["diagnostics"][0].clone();
    assert_eq!(
        (&fault["code"], &fault["line"], &fault["column"]),
        (&json!("cell-too-long"), &json!(3), &json!(30))
    );
}

#[test]
fn names_that_are_missing_or_stand_in_both_files_are_faults_and_nothing_else_is_said() {
    let world = world("on = \"会员\"");
    world.file("订单.csv", orders(&[0, 1, 2, 3]));
    world.edit("campaign.toml", "on =", "to = \"openid\"\non =");
    assert_eq!(codes(&plan(&world, 3)), ["join-on-missing"]);
    world.edit("campaign.toml", "on = \"会员\"", "");
    world.edit("campaign.toml", "to = \"openid\"", "to = \"OpenId\"");
    let found = plan(&world, 3);
    assert_eq!(codes(&found), ["join-to-missing"]);
    assert!(found["diagnostics"][0]["file"].as_str().is_some_and(|file| file.ends_with("订单.csv")));
    world.edit("campaign.toml", "to = \"OpenId\"", "");

    let both = "openid,订单号,name\n";
    world.file("订单.csv", orders(&[0, 1, 2, 3]).replace("openid,订单号\n", both).replace("A", "x,A"));
    assert_eq!(codes(&plan(&world, 3)), ["join-column-twice"]);
    world.edit("campaign.toml", "{{name}}: ", "");
    assert_eq!(codes(&plan(&world, 0)), Vec::<String>::new(), "a column that nobody uses is in nobody's way");
}

#[test]
fn a_file_that_cannot_be_read_is_one_fault_and_the_audience_is_looked_at_all_the_same() {
    let world = world("");
    let mut audience = world.read("audience.csv");
    audience.push_str("not an openid,x\n");
    world.file("audience.csv", audience);
    assert_eq!(codes(&plan(&world, 3)), ["join-unreadable", "openid-character"]);
    #[cfg(unix)]
    {
        world.edit("campaign.toml", "订单.csv", "/dev/null");
        assert_eq!(codes(&plan(&world, 3))[0], "join-special");
    }
}

#[test]
fn a_file_outside_of_the_repository_is_not_read_in_ci() {
    let world = world("");
    let outside = tempfile::tempdir().expect("a folder");
    let path = outside.path().join("订单.csv");
    std::fs::write(&path, orders(&[0, 1, 2, 3])).expect("a file");
    world.edit("campaign.toml", "订单.csv", &path.display().to_string().replace('\\', "/"));
    plan(&world, 0);
    let found = world.run(&["plan", "campaign.toml", "--sandbox", "--format", "json"]).exits(3).json();
    assert_eq!(codes(&found), ["outside-sandbox"]);
    assert_eq!(found["diagnostics"][0]["field"], "audience.join[1].file");
}

#[test]
fn nothing_is_written_over_a_joined_file() {
    let world = world("");
    world.file("订单.csv", orders(&[0, 1, 2, 3]));
    let named = "[results]\nfile = \"订单.csv\"\n\n[message.text]";
    world.edit("campaign.toml", "[message.text]", named);
    assert_eq!(codes(&plan(&world, 3)), ["same-file"]);
    world.run(&["plan", "campaign.toml", "-o", "订单.csv"]).exits(2);
    assert!(world.read("订单.csv").starts_with("openid,订单号"));
}

#[test]
fn a_time_of_last_contact_may_stand_in_the_other_file() {
    let world = world("");
    world.file(
        "订单.csv",
        orders(&[0, 1, 2, 3]).replace("订单号", "最后互动").replace('A', "2026-11-25 10:0"),
    );
    world.edit("campaign.toml", "{{name}}: {{订单号}}", "你好");
    world.edit(
        "campaign.toml",
        "[message.text]",
        "[audience.window]\ncolumn = \"最后互动\"\n\n[message.text]",
    );
    let args = ["plan", "campaign.toml", "--format", "json", "--at", "2026-11-25 12:00"];
    let found = world.run(&args).exits(0).json();
    assert_eq!((&found["windows"]["in_time"], &found["windows"]["blank"]), (&json!(4), &json!(0)));
    world.file("订单.csv", "openid,最后互动\n".to_owned() + &openid(1) + ",昨天\n");
    world.edit("campaign.toml", "订单.csv\"", "订单.csv\"\nmissing = \"blank\"");
    let fault = plan(&world, 3)["diagnostics"][0].clone();
    assert_eq!((&fault["code"], &fault["line"]), (&json!("window-time"), &json!(2)), "{fault}");
}
