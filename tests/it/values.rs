//! What users wrote is told as they wrote it: a name that happens to spell the key of a sentence, or what a parser
//! says, is still a name; and an openid is masked wherever it stands.

use serde_json::Value as Json;

use crate::support::{World, openid, repository};

fn campaign(content: &str, more: &str, audience: &str) -> World {
    let world = World::new();
    world.text_campaign(content, more);
    world.file("audience.csv", audience);
    world
}

/// The messages of the faults of this code, in a language.
fn messages(world: &World, code: &str, language: &str) -> Vec<String> {
    let plan = world.run(&["plan", "campaign.toml", "--format", "json", "--lang", language]).json();
    let all = plan["diagnostics"].as_array().expect("diagnostics");
    let of_code = all.iter().filter(|one| one["code"] == code);
    of_code.map(|one| one["message"].as_str().expect("a message").to_owned()).collect()
}

#[test]
fn a_column_with_the_name_of_a_sentence_is_told_by_its_name() {
    let world = campaign(
        "Hello",
        "[audience.columns.\"unit.bytes\"]\nrequired = true\n",
        &format!("openid,unit.bytes\n{},\n", openid(0)),
    );
    for language in ["en", "zh-CN"] {
        let told = messages(&world, "cell-blank", language);
        assert!(told.len() == 1 && told[0].contains("`unit.bytes`"), "{told:?}");
    }
}

#[test]
fn a_value_with_the_name_of_a_sentence_is_told_as_it_stands() {
    let world = campaign("Hello", "", &format!("openid\n{}\n", openid(0)));
    world.edit("campaign.toml", "100000/s", "unit.bytes");
    let told = messages(&world, "bad-value", "en");
    assert!(told.len() == 1 && told[0].contains("`unit.bytes`"), "{told:?}");
}

#[test]
fn a_variable_with_the_name_of_a_sentence_is_told_as_it_stands() {
    let world = campaign("Hello {{type.string}}", "", &format!("openid\n{}\n", openid(0)));
    for language in ["en", "zh-CN"] {
        let plan = world.run(&["plan", "campaign.toml", "--format", "json", "--lang", language]).json();
        let told: Vec<&Json> = plan["diagnostics"].as_array().expect("diagnostics").iter().collect();
        assert!(told.len() == 1 && told[0]["message"].to_string().contains("type.string"), "{told:?}");
    }
}

#[test]
fn a_cell_that_reads_like_a_parser_s_words_is_quoted_as_it_stands() {
    for cell in ["unclosed array", "reason.no-writer", "disk I/O error"] {
        let world = campaign("{{number n}}", "", &format!("openid,n\n{},{cell}\n", openid(0)));
        let told = messages(&world, "render-failed", "zh-CN");
        assert!(told.len() == 1 && told[0].ends_with(&format!("：{cell}（“n”列）")), "{told:?}");
    }
}

#[test]
fn an_openid_inside_a_text_is_masked_too() {
    let somebody = openid(3);
    for content in ["{{number openid}}", "<a href=\"{{openid}}\">x"] {
        let world = World::new();
        world.text_campaign(content, "");
        world.file("audience.csv", format!("openid\n{somebody}\n"));
        let shown = |mask| {
            let ran = world.run(&["plan", "campaign.toml", "--format", "json", "--mask-openid", mask]);
            ran.json()["diagnostics"].to_string()
        };
        assert!(shown("off").contains(&somebody), "{}", shown("off"));
        assert!(!shown("on").contains(&somebody), "{}", shown("on"));
    }
}

#[test]
fn files_sheets_and_scenarios_with_the_name_of_a_sentence_are_told_as_they_stand() {
    let world = campaign("Hello", "", "");
    let fixture = repository().join("tests/fixtures/sheets.xlsx");
    std::fs::copy(fixture, world.path("sheets.xlsx")).expect("a fixture");
    world.edit("campaign.toml", "\"audience.csv\"", "\"sheets.xlsx\"\nsheet = \"unit.bytes\"");
    for language in ["en", "zh-CN"] {
        let told = messages(&world, "sheet-missing", language);
        assert!(told.len() == 1 && told[0].contains("unit.bytes"), "{told:?}");
    }
    world.edit("campaign.toml", "\"sheets.xlsx\"\nsheet = \"unit.bytes\"", "\"reason.no-writer\"");
    world.run(&["--lang", "zh-CN", "plan", "campaign.toml"]).exits(3).says("reason.no-writer");
    world.file("unit.bytes", "[[answers]]\ncode = 1\nshare = \"type.string\"");
    let ran = world.run(&["--lang", "zh-CN", "rehearse", "campaign.toml", "--scenario", "unit.bytes"]);
    ran.exits(3).says("`unit.bytes` 不能用作模拟场景").says("`type.string` 不是比例");
    let ran = world.run(&["--lang", "zh-CN", "plan", "campaign.toml", "--compare", "reason.no-writer"]);
    ran.exits(2).says("reason.no-writer");
}
