//! Workbooks as audiences: .xlsx, .xlsb, .xls and .ods as real programs write them.

use std::fs;

use rust_xlsxwriter::{Formula, Workbook};
use serde_json::Value as Json;

use crate::support::{Platform, Ran, World, openid, repository};

/// A campaign to a workbook of `tests/fixtures`.
fn world(fixture: &str, content: &str, audience: &str) -> World {
    let world = World::new();
    world.text_campaign(content, "");
    world.edit("campaign.toml", "audience.csv\"", &format!("{fixture}\"\n{audience}"));
    fs::copy(repository().join("tests/fixtures").join(fixture), world.path(fixture)).expect("a fixture");
    world
}

fn plan(world: &World) -> Ran {
    world.run(&["plan", "campaign.toml", "--format", "json"])
}

fn digest(world: &World) -> String {
    plan(world).exits(0).json()["digest"].as_str().expect("a digest").to_owned()
}

fn fault<'p>(plan: &'p Json, code: &str) -> &'p Json {
    let all = plan["diagnostics"].as_array().expect("diagnostics");
    all.iter().find(|one| one["code"] == code).unwrap_or_else(|| panic!("no {code} in {plan:#}"))
}

/// Writes a workbook whose cells are all text.
fn workbook(world: &World, name: &str, rows: &[&[&str]]) {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(*cells) {
            sheet.write_string(row, column, *cell).expect("a cell");
        }
    }
    book.save(world.path(name)).expect("a workbook");
}

const EVERYTHING: &str = "{{姓名}} {{积分}} {{生日}} {{会员}}";
const DATES: &str = "[audience.columns.\"生日\"]\nformat = \"%Y-%m-%d\"\n";

#[test]
fn every_format_and_every_program_gives_the_payloads_of_the_csv() {
    let csv = World::new();
    csv.text_campaign(EVERYTHING, "");
    let rows =
        ["张三,100,2026-03-05,TRUE", "\"李四, 小姐\",12.5,2026-12-31,FALSE", "欧阳娜娜,0.3,1999-01-01,TRUE"];
    let rows: String = (0..).zip(rows).map(|(index, row)| format!("{},{row}\n", openid(index))).collect();
    csv.file("audience.csv", format!("openid,姓名,积分,生日,会员\n{rows}"));
    let expected = digest(&csv);
    for fixture in
        ["plain.xlsx", "libreoffice.xlsx", "plain.xlsb", "sheetjs.xlsb", "plain.xls", "xlwt.xls", "plain.ods"]
    {
        assert_eq!(digest(&world(fixture, EVERYTHING, DATES)), expected, "{fixture}");
    }
}

#[test]
fn what_a_message_could_not_say_is_told_with_its_cell() {
    let fixtures =
        [("faults.xlsx", true), ("faults.xlsb", false), ("faults.ods", false), ("faults.xls", false)];
    for (fixture, formula) in fixtures {
        let world = world(fixture, "您好 {{姓名}} {{卡号}} {{生日}}", "");
        let plan = plan(&world).exits(3).json();
        let mut expected =
            vec![("merged-cells", "C8", 8), ("long-number", "D4", 4), ("error-value", "C7", 7)];
        if formula {
            expected.push(("formula-without-value", "C6", 6));
        }
        for (code, cell, line) in expected {
            let fault = fault(&plan, code);
            assert!(fault["message"].as_str().is_some_and(|message| message.contains(cell)), "{fault}");
            assert_eq!(fault["line"], line, "{fault}");
            assert_eq!(fault["column"], u32::from(cell.as_bytes()[0] - b'A') + 1, "{fault}");
            assert_eq!(fault["row"], line - 3, "{fault}");
        }
        let hidden = fault(&plan, "hidden-rows")["message"].to_string();
        assert!(hidden.contains("(rows 5)"), "{fixture}: {hidden}");
        let ran = world.run(&["plan", "campaign.toml"]);
        ran.says(&format!("--> {fixture}:名单!D4"));
    }
}

#[test]
fn formulas_that_no_program_has_calculated_are_told_in_an_xls_too() {
    let plan = plan(&world("formulas.xls", "您好 {{姓名}}", "")).exits(3).json();
    let fault = fault(&plan, "formula-without-value");
    assert!(fault["message"].to_string().contains("B2"), "{fault}");
}

#[test]
fn cells_that_nobody_uses_may_hold_anything() {
    let world = world("faults.xlsx", "您好", "hidden_rows = \"include\"\n");
    assert_eq!(plan(&world).exits(0).json()["planned"], 6);
}

#[test]
fn faulty_rows_of_a_workbook_can_be_skipped() {
    let world = world(
        "faults.xlsx",
        "您好 {{姓名}} {{卡号}} {{生日}}",
        "invalid_rows = \"skip\"\nhidden_rows = \"include\"\n",
    );
    let plan = plan(&world).exits(0).json();
    assert_eq!((&plan["planned"], &plan["invalid"]), (&1.into(), &5.into()));
    assert_eq!(fault(&plan, "long-number")["severity"], "warning");
}

#[test]
fn hidden_rows_are_told_in_every_format() {
    for fixture in ["filtered.xlsx", "filtered.ods", "filtered.xls"] {
        let plan = plan(&world(fixture, "您好 {{姓名}}", "")).exits(3).json();
        let message = fault(&plan, "hidden-rows")["message"].as_str().expect("a message").to_owned();
        assert!(message.contains("2 rows") && message.contains("3, 4"), "{message}");
    }
}

#[test]
fn the_sheet_is_the_one_that_is_named_or_the_only_one_that_can_be_meant() {
    fault(&plan(&world("sheets.xlsx", "您好 {{姓名}}", "")).exits(3).json(), "several-sheets");
    let only = world("sheets.xlsx", "您好 {{姓名}}", "sheet = \"名单\"\n");
    let shown = only.run(&["plan", "campaign.toml"]).exits(0).stdout;
    assert!(shown.contains("Sheet:      名单") && !shown.contains("Encoding"), "{shown}");
    let hidden = world("sheets.xlsx", "您好 {{姓名}}", "sheet = \"旧名单\"\n");
    assert_eq!(plan(&hidden).exits(0).json()["planned"], 1);
    let several = world("two-lists.xlsx", "您好 {{姓名}}", "");
    let several_plan = plan(&several).exits(3).json();
    let fault_of_several = fault(&several_plan, "several-sheets");
    assert!(fault_of_several["message"].to_string().contains("说明, 名单, 名单 (2)"), "{fault_of_several}");
    assert!(fault_of_several["help"].to_string().contains("sheet = \\\"名单\\\""), "{fault_of_several}");
    let chosen = world("two-lists.xlsx", "您好 {{姓名}}", "sheet = \"名单 (2)\"\n");
    assert_eq!(digest(&chosen), digest(&only));
    let slip = world("sheets.xlsx", "您好 {{姓名}}", "sheet = \"名 单\"\n");
    let slip_plan = plan(&slip).exits(3).json();
    assert!(fault(&slip_plan, "sheet-missing")["help"].to_string().contains("`名单`"));
}

#[test]
fn a_title_above_the_table_is_told_as_what_it_is() {
    let told = plan(&world("titled.xlsx", "您好 {{姓名}}", "")).exits(3).json();
    let fault = fault(&told, "title-above-names");
    assert!(fault["help"].to_string().contains("header_row = "), "{fault}");
    assert_eq!(told["diagnostics"].as_array().map(Vec::len), Some(1), "{told:#}");
}

#[test]
fn a_file_is_what_it_holds_and_a_name_that_says_otherwise_is_explained() {
    let fixture = |name: &str| fs::read(repository().join("tests/fixtures").join(name)).expect("a fixture");
    for (name, bytes, code) in [
        ("audience.csv", fixture("plain.xls"), "audience-not-text"),
        ("audience.csv", fixture("plain.xlsx"), "audience-not-text"),
        ("audience.xlsx", b"openid,name\n".to_vec(), "not-a-workbook"),
        ("audience.xls", b"<html><table><tr><td>openid".to_vec(), "not-a-workbook"),
        ("audience.xlsx", fixture("encrypted.xlsx"), "workbook-encrypted"),
        ("audience.xlsx", fixture("plain.xlsx")[..2000].to_vec(), "workbook-unreadable"),
        ("audience.xls", fixture("plain.xls")[..2000].to_vec(), "workbook-unreadable"),
        ("audience.xlsx", Vec::new(), "audience-empty"),
    ] {
        let world = World::new();
        world.text_campaign("x", "");
        world.edit("campaign.toml", "audience.csv", name);
        world.file(name, bytes);
        fault(&plan(&world).exits(3).json(), code);
    }
    // Which of the workbook formats it is does not matter.
    let world = world("plain.xlsx", "{{姓名}}", "");
    let expected = digest(&world);
    world.edit("campaign.toml", "plain.xlsx", "old.xls");
    fs::rename(world.path("plain.xlsx"), world.path("old.xls")).expect("a new name");
    assert_eq!(digest(&world), expected);
}

#[test]
fn no_damaged_workbook_brings_the_program_down() {
    for name in ["plain.xlsx", "plain.xlsb", "plain.xls", "plain.ods"] {
        let sound = fs::read(repository().join("tests/fixtures").join(name)).expect("a fixture");
        let world = world(name, "{{姓名}}", "");
        for step in 1..8 {
            let mut bytes = sound.clone();
            let at = bytes.len() * step / 8;
            for byte in bytes.iter_mut().skip(at).take(16) {
                *byte = byte.wrapping_add(97);
            }
            world.file(name, bytes);
            let code = plan(&world).code;
            assert!(code == 3 || code == 0, "{name} damaged at {at}: {code}");
        }
    }
}

#[test]
fn a_workbook_is_sent_and_its_results_copy_its_cells() {
    let (world, platform) = (world("plain.xlsx", EVERYTHING, DATES), Platform::new(""));
    assert_eq!(world.send(&platform).exits(0).counts(), "3 sent");
    let results = world.read("spring.local.results.csv");
    assert!(
        results.contains("oTEST00000000000000000000001,\"李四, 小姐\",12.5,2026-12-31,FALSE,sent,0,"),
        "{results}"
    );
    assert_eq!(world.send(&platform).exits(0).counts(), "3 sent");
    assert_eq!(platform.ledger().totals().requests, 3);
}

#[test]
fn a_workbook_that_was_saved_again_is_read_again() {
    let world = World::new();
    world.text_campaign("您好 {{name}}", "");
    world.edit("campaign.toml", "audience.csv", "audience.xlsx");
    let first = openid(0);
    workbook(&world, "audience.xlsx", &[&["openid", "name"], &[&first, "张三"]]);
    let before = digest(&world);
    workbook(&world, "audience.xlsx", &[&["openid", "name"], &[&first, "李四"]]);
    assert_ne!(digest(&world), before);
}

#[test]
fn a_formula_without_a_result_is_no_text_without_one() {
    let world = World::new();
    world.text_campaign("您好 {{name}}", "");
    world.edit("campaign.toml", "audience.csv", "audience.xlsx");
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, name) in (0..).zip(["openid", "name"]) {
        sheet.write_string(0, column, name).expect("a cell");
    }
    for (row, result) in (1..).zip(["张三", "李四"]) {
        sheet.write_string(row, 0, openid(row as usize)).expect("a cell");
        sheet.write_formula(row, 1, Formula::new("=A1").set_result(result)).expect("a cell");
    }
    book.save(world.path("audience.xlsx")).expect("a workbook");
    assert_eq!(plan(&world).exits(0).json()["planned"], 2);
}

#[test]
fn a_row_that_is_lower_than_a_point_of_the_screen_is_hidden_like_one_without_height() {
    for (height, code) in [("0", 3), ("0.1", 3), ("0.75", 0), ("13.5", 0)] {
        let row = format!(
            "<row r=\"3\" ht=\"{height}\" customHeight=\"1\"><c r=\"A3\" t=\"inlineStr\"><is><t>{}</t></is></c></row>",
            openid(2)
        );
        let rows = format!(
            "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>openid</t></is></c></row>\
             <row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>{}</t></is></c></row>{row}",
            openid(1)
        );
        let world = World::new();
        world.text_campaign("x", "");
        world.edit("campaign.toml", "audience.csv", "a.xlsx");
        let sheet = format!("<sheetData>{rows}</sheetData>");
        world.file("a.xlsx", crate::support::sheets::xlsx(&sheet, &[], &[]));
        plan(&world).exits(code);
    }
}
