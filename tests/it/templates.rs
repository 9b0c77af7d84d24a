//! Templates: variables, helpers, and texts that reach the payload as they are.

use std::path::Path;

use proptest::prelude::*;
use serde_json::Value as Json;
use wxcast::campaign::Campaign;
use wxcast::campaign::validate::{Overrides, validate};
use wxcast::plan;
use wxcast::plan::inputs::Inputs;
use wxcast::plan::pass::Pass;

use crate::support::{APPID, World, openid};

/// Columns as people name them.
const HEADER: &str = "openid,name,姓名,full name,date,积分,day,blank,2026,a.b";

fn world(content: &str) -> World {
    let world = World::new();
    world.text_campaign(content, "");
    let cells = "Ann & <Bob>,王小明,Ann Lee,a date,1234.5,2026/3/8,,year,dotted";
    world.file("audience.csv", format!("{HEADER}\n{},{cells}\n", openid(1)));
    world
}

/// What a template becomes.
fn filled(content: &str) -> String {
    let world = world(content);
    let shown = world.run(&["preview", "campaign.toml", "--format", "json"]).exits(0).json();
    shown[0]["payload"]["text"]["content"].as_str().expect("a text").to_owned()
}

fn faults(content: &str) -> Vec<Json> {
    let plan = world(content).run(&["plan", "campaign.toml", "--format", "json"]).json();
    plan["diagnostics"].as_array().expect("diagnostics").clone()
}

#[test]
fn columns_are_variables_whatever_their_script() {
    assert_eq!(filled("{{name}} {{姓名}} {{[full name]}} {{ 姓名 }}"), "Ann & <Bob> 王小明 Ann Lee 王小明");
    assert_eq!(filled("{{[2026]}} {{[a.b]}} {{[姓名]}}"), "year dotted 王小明");
}

#[test]
fn the_row_and_the_openid_are_there() {
    assert_eq!(filled("{{@row}} {{openid}}"), format!("1 {}", openid(1)));
    let world = World::new();
    world.text_campaign("{{openid}}/{{微信}}/{{@row}}", "");
    let toml = world.read("campaign.toml").replace("[message", "openid = \"微信\"\n[message");
    world.file("campaign.toml", toml);
    world.file("audience.csv", format!("微信,x\n{},1\n{},2\n", openid(1), openid(2)));
    let shown = world.run(&["preview", "campaign.toml", "--row", "2", "--format", "json"]).exits(0).json();
    let one = openid(2);
    assert_eq!(shown[0]["payload"]["text"]["content"], format!("{one}/{one}/2"));
}

#[test]
fn nothing_is_escaped_for_html() {
    assert_eq!(
        filled("{{name}} {{{name}}} {{&name}} <a href=\"x\">'&'</a>"),
        "Ann & <Bob> Ann & <Bob> Ann & <Bob> <a href=\"x\">'&'</a>"
    );
    assert_eq!(filled("{{upper name}} {{#if name}}{{name}}{{/if}}"), "ANN & <BOB> Ann & <Bob>");
}

#[test]
fn every_helper_does_what_the_table_says() {
    for (template, expected) in [
        ("{{default blank \"朋友\"}}/{{default name \"x\"}}", "朋友/Ann & <Bob>"),
        ("{{truncate 姓名 2}}/{{truncate 姓名 3}}", "王…/王小明"),
        ("{{upper [full name]}} {{lower [full name]}}", "ANN LEE ann lee"),
        ("[{{trim \"  a b \"}}]", "[a b]"),
        ("{{url_encode name}} {{url_encode 姓名}}", "Ann%20%26%20%3CBob%3E %E7%8E%8B%E5%B0%8F%E6%98%8E"),
        ("{{number 积分}} {{number 积分 2}} {{number 积分 0}}", "1,234.5 1,234.50 1,235"),
        ("{{date day \"%Y年%m月%d日\"}}", "2026年03月08日"),
        ("{{len 姓名}}", "3"),
        ("{{upper (truncate [full name] 4)}}", "ANN…"),
        ("{{#if (eq 姓名 \"王小明\")}}yes{{else}}no{{/if}}", "yes"),
        ("{{#if (ne 姓名 \"王小明\")}}yes{{else}}no{{/if}}", "no"),
        (
            "{{#if (gt 积分 1000)}}a{{/if}}{{#if (gte 积分 1234.5)}}b{{/if}}{{#if (lt 积分 99)}}c{{/if}}{{#if (lte 积分 1234.5)}}d{{/if}}",
            "abd",
        ),
        ("{{#if (and name (not blank))}}yes{{/if}}{{#if (or blank name)}}!{{/if}}", "yes!"),
    ] {
        assert_eq!(filled(template), expected, "{template}");
    }
}

#[test]
fn branches_are_taken_by_what_is_in_the_cell() {
    assert_eq!(filled("{{#if blank}}a{{else}}b{{/if}}{{#unless blank}}c{{/unless}}"), "bc");
    assert_eq!(filled("{{#if blank}}a{{else if name}}b{{else}}c{{/if}}"), "b");
    assert_eq!(filled("x\n{{#if name}}\ny\n{{/if}}\nz"), "x\ny\nz");
    assert_eq!(filled("a {{~name~}} b{{! nothing }}"), "aAnn & <Bob>b");
}

#[test]
fn a_column_may_be_called_like_a_helper() {
    assert_eq!(filled("{{date}} {{#if date}}{{date}}{{/if}} {{upper date}}"), "a date a date A DATE");
}

#[test]
fn an_unknown_variable_is_found_before_any_row_is_read() {
    let world = World::new();
    world.text_campaign("{{name}} {{cdoe}} {{#if 等级}}x{{/if}}", "");
    // No row is needed for it, and no row hides it.
    for rows in ["", "bad id,1\n", "o1,1\n"] {
        world.file("audience.csv", format!("openid,name\n{rows}"));
        let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json();
        let names: Vec<&Json> = plan["diagnostics"]
            .as_array()
            .expect("diagnostics")
            .iter()
            .filter(|one| one["code"] == "unknown-variable")
            .map(|one| &one["column"])
            .collect();
        assert_eq!(names.len(), 2, "{plan}");
        let message = plan["diagnostics"][0]["message"].as_str().expect("a sentence");
        assert!(message.contains("openid, name"), "{message}");
    }
}

#[test]
fn what_templates_cannot_do_is_told_at_its_place() {
    for (template, code, column) in [
        ("您好 {{> footer}}", "template-unsupported", 19),
        ("{{#each name}}x{{/each}}", "template-unsupported", 17),
        ("{{name.first}}", "template-unsupported", 16),
        ("{{uper name}}", "unknown-helper", 16),
        ("{{full name}}", "unknown-helper", 16),
        ("{{truncate name}}", "template-unsupported", 16),
        ("{{this}}", "template-unsupported", 16),
        ("{{@index}}", "template-unsupported", 16),
        ("您好 {{name", "template-syntax", 17),
    ] {
        let found = faults(template);
        let first = found.first().unwrap_or_else(|| panic!("{template} has no fault"));
        assert_eq!((&first["code"], &first["line"]), (&code.into(), &8.into()), "{template}: {first}");
        assert_eq!(first["column"], column, "{template}: {first}");
    }
}

#[test]
fn a_cell_that_a_helper_cannot_read_is_the_row_s_fault() {
    let found = faults("{{number name}} {{date day \"%Y\"}}");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["code"], "render-failed");
    assert_eq!((&found[0]["row"], &found[0]["line"]), (&1.into(), &2.into()));
    let message = found[0]["message"].as_str().expect("a sentence");
    assert!(message.contains("not a number: Ann & <Bob>"), "{message}");
}

#[test]
fn columns_of_digits_and_line_breaks_behind_comments_are_what_handlebars_js_makes_of_them() {
    let world = World::new();
    world.text_campaign("{{default [12] \"无\"}}|{{#if (eq [2026] \"1500\")}}是{{/if}}|{{upper [2026]}}", "");
    world.file("audience.csv", format!("openid,12,2026\n{},,1500\n", openid(1)));
    let shown = world.run(&["preview", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!(shown[0]["payload"]["text"]["content"], "无|是|1500");
    assert_eq!(
        filled("{{~姓名}}，您好{{!-- 称呼 --}}\n第二行{{姓名~}} ，您好{{!-- 称呼 --}}\n第三行"),
        "王小明，您好\n第二行王小明，您好\n第三行"
    );
}

#[test]
fn a_helper_that_cannot_be_sure_is_the_row_s_fault_and_names_the_column() {
    for (template, cells, said) in [
        ("{{date a \"%m月%d日\"}}", "26/3/8,", "which of them is the year"),
        ("{{date a \"%H:%M\"}}", "2026-03-08T10:30:00Z,", "another zone"),
        ("{{number a}}", "\"12,50\",", "not sure which number"),
        ("{{#if (gt a 5)}}x{{/if}}x", "nan,", "not sure which number"),
        ("{{number a b}}", "12,70000", "decimals up to 20"),
        ("{{percent a}}", "90,", "without a `%`"),
        ("{{#if (gt a b)}}x{{/if}}x", "A9,A10", "comes first"),
    ] {
        let world = World::new();
        world.text_campaign(template, "");
        world.file("audience.csv", format!("openid,a,b\n{},{cells}\n", openid(1)));
        let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json();
        let fault = &plan["diagnostics"][0];
        assert_eq!(
            (fault["code"].as_str(), fault["row"].as_u64()),
            (Some("render-failed"), Some(1)),
            "{template}"
        );
        let message = fault["message"].as_str().expect("a sentence");
        assert!(message.contains(said) && message.contains("(column `"), "{template}: {message}");
    }
}

#[test]
fn variables_of_other_tools_are_told_where_they_stand_around_a_column() {
    for (template, severity, column) in [
        ("您好｛｛姓名｝｝", "error", Some(16)),
        ("您好{姓名}", "warning", Some(16)),
        ("${姓名}", "warning", Some(14)),
        ("【姓名】", "warning", Some(14)),
        ("[姓名]", "warning", Some(14)),
        ("%姓名%", "warning", Some(14)),
        ("{% if 姓名 %}", "warning", Some(14)),
        ("{客户}", "warning", Some(14)),
        ("【客户姓名】", "warning", Some(14)),
        ("（（姓名））", "warning", Some(14)),
        ("【公告】[1]{ x: 1 }100%，{{姓名}}", "", None),
    ] {
        let found = faults(template);
        let told = found.iter().find(|one| one["code"] == "unfilled-placeholder");
        assert_eq!(told.and_then(|one| one["column"].as_u64()), column, "{template}: {found:?}");
        assert_eq!(told.map_or("", |one| one["severity"].as_str().expect("a word")), severity, "{template}");
    }
}

#[test]
fn a_condition_of_nothing_but_yes_and_no_leads_to_the_right_form() {
    let told_of = |template: &str, cells: &[&str]| {
        let world = World::new();
        world.text_campaign(&format!("您好{template}"), "");
        let rows: String =
            cells.iter().enumerate().map(|(n, cell)| format!("{},{cell}\n", openid(n))).collect();
        world.file("audience.csv", format!("openid,会员\n{rows}"));
        let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
        let diagnostics = plan["diagnostics"].as_array().expect("a list").clone();
        let bare = diagnostics.into_iter().find(|one| one["code"] == "bare-condition");
        bare.map(|one| {
            let sentence = |key: &str| one[key].as_str().expect("a sentence").to_owned();
            (sentence("message"), sentence("help"))
        })
    };
    let told = |cells: &[&str]| told_of("{{#if 会员}}，会员价{{/if}}", cells).map(|(_, help)| help);
    assert_eq!(told(&["是", "否", ""]).as_deref(), Some("Write `{{#if (eq 会员 \"是\")}}`."));
    assert_eq!(told(&["0", "0"]).as_deref(), Some("Write `{{#if (eq 会员 \"1\")}}`."));
    assert_eq!(told(&["TRUE", "FALSE"]).as_deref(), Some("Write `{{#if (eq 会员 \"TRUE\")}}`."));
    let (message, help) = told_of("{{#unless 会员}}欢迎{{/unless}}", &["是", "否"]).expect("a warning");
    assert!(message.contains("fails for every cell that is not empty, also for `否`"), "{message}");
    assert_eq!(help, "Write `{{#unless (eq 会员 \"是\")}}`.");
    for within in ["(and 会员 openid)", "(or 会员 (eq openid \"x\"))", "(not (and 会员))"] {
        let told = told_of(&format!("{{{{#if {within}}}}}x{{{{/if}}}}"), &["是", "否"]);
        assert_eq!(told.expect(within).1, "Write `(eq 会员 \"是\")`.", "{within}");
    }
    for sound in [&["是", ""][..], &["√", ""], &["金卡", "银卡", ""], &["12", ""], &["甲", "乙", "丙"]]
    {
        assert_eq!(told(sound), None, "{sound:?}");
    }
}

/// The diagnostics of a plan of a text with this template, to people whose column has these cells.
fn told_of_cells(template: &str, column: &str, cells: &[&str]) -> Vec<(String, String, String)> {
    let world = World::new();
    world.text_campaign(&format!("您好{template}"), "");
    let rows: String = cells.iter().enumerate().map(|(n, cell)| format!("{},{cell}\n", openid(n))).collect();
    world.file("audience.csv", format!("openid,{column}\n{rows}"));
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    let sentence = |one: &Json, key: &str| one[key].as_str().expect("a sentence").to_owned();
    let all = plan["diagnostics"].as_array().expect("a list");
    all.iter().map(|one| (sentence(one, "code"), sentence(one, "message"), sentence(one, "help"))).collect()
}

#[test]
fn a_condition_that_holds_for_every_row_although_they_differ_is_told() {
    let instead = |template: &str, column: &str, cells: &[&str]| {
        let told = told_of_cells(template, column, cells);
        let bare = told.into_iter().find(|(code, ..)| code == "bare-condition");
        bare.map(|(_, message, help)| {
            (message, help.trim_start_matches("Write ").trim_matches(['`', '.']).to_owned())
        })
    };
    let flag = "{{#if 会员}}，会员价{{/if}}";
    for (cells, expected) in [
        (&["会员", "非会员"][..], "(eq 会员 \"会员\")"),
        (&["未购", "已购"], "(eq 会员 \"已购\")"),
        (&["真", "假"], "(eq 会员 \"真\")"),
        (&["对", "错", ""], "(eq 会员 \"对\")"),
        (&["√", "-"], "(eq 会员 \"√\")"),
        (&["不是", "是"], "(eq 会员 \"是\")"),
        (&["金卡", "否"], "(ne 会员 \"否\")"),
        (&["普通", "金卡", "普通"], "(eq 会员 \"普通\")"),
        (&["0", "3"], "(gt 会员 0)"),
        (&["12.5", "0.00", ""], "(gt 会员 0)"),
        (&["0", "3", "多"], "(ne 会员 \"0\")"),
    ] {
        let (message, instead) = instead(flag, "会员", cells).unwrap_or_else(|| panic!("{cells:?}"));
        assert_eq!(instead, format!("{{{{#if {expected}}}}}"), "{cells:?}");
        assert!(message.contains("holds for every cell that is not empty"), "{message}");
    }
    let (message, _) = instead(flag, "会员", &["普通", "金卡", "普通"]).expect("a warning");
    assert!(message.contains("`会员` has `普通` `金卡` and no blank cell"), "{message}");
    // Whoever writes the column where it is not blank has asked for just that.
    let written = "{{#if 余额}}，余额{{余额}}{{/if}}";
    for (cells, told) in
        [(&["金卡", "普通", "金卡"][..], false), (&["0", "", "3"], false), (&["0", "3"], true)]
    {
        assert_eq!(instead(written, "余额", cells).is_some(), told, "{cells:?}");
    }
    let many: Vec<String> = (0..40).map(|n| format!("第{n}位")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(instead(flag, "会员", &many), None);
}

#[test]
fn a_comparison_with_what_no_row_has_tells_what_the_rows_have() {
    let told = |template: &str, cells: &[&str]| {
        let told = told_of_cells(template, "甲", cells);
        let unmet = told.into_iter().find(|(code, ..)| code == "value-in-no-row");
        unmet.map(|(_, message, help)| format!("{message} {help}"))
    };
    let asked = "`(eq 甲 \"Y\")` asks for `Y`, and no row has that in `甲`. The column has `是` `否`.";
    for (condition, cells, said) in [
        ("(eq 甲 \"Y\")", &["是", "否"][..], asked),
        ("(eq 甲 true)", &["是", "否"], "asks for `true`"),
        ("(eq 甲 \"是\u{3000}\")", &["是", "否"], "did you mean `是`"),
        ("(ne 甲 \"2026-03-08\")", &["2026/3/8"], "The column has `2026/3/8`."),
        ("(eq 甲 \"90%\")", &["0.9", "0.8"], "The column has `0.9` `0.8`."),
        ("(eq 甲 90)", &["0.9", "0.8"], "`(eq 甲 90)`"),
        ("(and 甲 (eq (trim 甲) \"金\"))", &["银", "铜", "银"], "The column has `银` `铜`."),
    ] {
        let template = format!("{{{{#if {condition}}}}}x{{{{else}}}}y{{{{/if}}}}");
        let told = told(&template, cells).unwrap_or_else(|| panic!("{condition}"));
        assert!(told.contains(said), "{told}");
    }
    let many: Vec<String> = (0..3000).map(|n| format!("第{n}位")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let first = told("{{#if (eq 甲 \"x\")}}x{{/if}}", &many).expect("a warning");
    assert!(
        first.contains("more than ten different cells: `第0位` `第1位`") && first.contains("`第9位` …"),
        "{first}"
    );
    for (met, cells) in [
        ("(eq 甲 \"否\")", &["是", "否"][..]),
        ("(ne 甲 \"否\")", &["是", "否"]),
        ("(eq 甲 1000)", &["\"1,000\""]),
        ("(eq (trim 甲) \"是\")", &["是 "]),
        ("(eq openid \"me\")", &["是"]),
    ] {
        assert_eq!(told(&format!("{{{{#if {met}}}}}x{{{{/if}}}}"), cells), None, "{met}");
    }
}

#[test]
fn characters_of_a_template_that_nobody_sees_are_told_where_they_stand() {
    let told = |text: &str| {
        let found = faults(text);
        let one = found.iter().find(|one| one["code"] == "invisible-in-text");
        one.map(|one| format!("{} at {}", one["message"].as_str().expect("a text"), one["column"]))
    };
    for (text, said) in [
        ("<a href=\"https://a.com/\u{200b}?x=1\">x</a>", "U+200B, which nobody sees"),
        ("您好\u{202e}123", "U+202E"),
        ("王\u{e863}", "the real one is 䶮 (U+4DAE)"),
        ("x\u{e000}", "an empty box"),
    ] {
        assert!(told(text).is_some_and(|message| message.contains(said)), "{text:?}: {:?}", told(text));
    }
    assert!(
        told("ab\u{200b}c").is_some_and(|message| message.ends_with("at 16")),
        "{:?}",
        told("ab\u{200b}c")
    );
    for text in ["👨\u{200d}👩\u{200d}👧 ❤\u{fe0f}", "您好，{{姓名}}", "plain"] {
        assert_eq!(told(text), None, "{text:?}");
    }
}

#[test]
fn a_cell_in_the_query_of_an_address_is_told_where_it_changes_the_address() {
    let told = |template: &str, cells: &[&str]| {
        let found = told_of_cells(template, "码", cells);
        found
            .into_iter()
            .find(|(code, ..)| code == "raw-in-address")
            .map(|(_, message, help)| (message, help))
    };
    let link = "<a href=\"https://a.com?c={{码}}\">x</a>";
    let (message, help) = told(link, &["A1", "A#1", "B+2"]).expect("a warning");
    assert!(message.contains("2 rows") && message.contains("`A#1` in row 2"), "{message}");
    assert_eq!(help, "Write `{{url_encode 码}}`.");
    assert!(told("https://a.com/x?a=1&c={{码}} 点这里", &["A&1"]).is_some());
    for (template, cells) in [
        (link, &["A1", "张三", "%E5%BC%A0"][..]),
        ("<a href=\"https://a.com?c={{url_encode 码}}\">x</a>", &["A#1"]),
        ("在吗？{{码}} https://a.com", &["A#1"]),
        ("https://a.com/{{码}}", &["A#1"]),
    ] {
        assert_eq!(told(template, cells), None, "{template}");
    }
}

#[test]
fn a_heading_with_a_mark_for_what_must_be_filled_in_is_found_by_its_name() {
    let help = |template: &str, header: &str| {
        let world = World::new();
        world.text_campaign(template, "");
        world.file("audience.csv", format!("openid,\"{header}\"\n{},张三\n", openid(1)));
        let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json();
        plan["diagnostics"][0]["help"].as_str().expect("a help").to_owned()
    };
    for (template, header, written) in [
        ("{{姓名}}", "*姓名", "{{[*姓名]}}"),
        ("{{*姓名}}", "*姓名", "{{[*姓名]}}"),
        ("{{手机号码}}", "手机号码（必填）", "{{[手机号码（必填）]}}"),
        ("{{姓名}}", "姓名\n(必填)", "{{[姓名\n(必填)]}}"),
        ("{{姓明}}", "姓名", "姓名"),
    ] {
        let help = help(template, header);
        assert!(help.contains(&format!("did you mean `{written}`")), "{template} {header}: {help}");
    }
}

#[test]
fn what_is_nearly_right_leads_to_what_to_write_without_words_of_a_parser() {
    for (template, said) in [
        ("{{#if 积分 == 5}}x{{/if}}", "write `{{#if (eq 积分 5)}}`"),
        ("{{date day}}", "`{{date … \"%Y-%m-%d\"}}`"),
        ("{{#if (eq 积分)}}x{{/if}}", "`(eq … \"…\")`"),
        ("{{#if a b day}}x{{/if}}", "`{{#if …}}…{{/if}}`"),
        ("{{full name}}", "did you mean `{{[full name]}}`?"),
        ("{{a.b}}", "did you mean `{{[a.b]}}`?"),
        ("{{default 姓名 “朋友”}}", "write `\"朋友\"`"),
        ("{{date day \"YYYY\"}}", "write `%Y` for the year"),
        ("{{date day \"%Y年%M月%d日\"}}", "the month is `%m`"),
        ("{{date day \"%x\"}}", "write `%Y-%m-%d`"),
        ("{{date \"%m月%d日\" day}}", "`{{date COLUMN \"%m月%d日\"}}`"),
        ("{{#if 积分}}x{{#else}}y{{/if}}", "the other case is `{{else}}`"),
        ("x{{/if}}", "`{{/if}}` belongs to no `{{#if …}}`"),
        ("{{#if (eq 姓名 \"是\"）}}x{{/if}}", "round brackets are written as `(` and `)`"),
        ("{{{{raw}}}}{{x}}{{{{/raw}}}}", "four braces; write `{{raw}}`, and `\\{{` where"),
        ("{{#if 积分}}x{{{{/if}}}}", "write `{{/if}}`"),
        ("{{{{姓名}}}}", "write `{{姓名}}`"),
        ("{{姓名.DATA}}", "did you mean `{{姓名}}`?"),
    ] {
        let found = faults(template);
        let told = format!(
            "{} {}",
            found[0]["message"].as_str().unwrap_or(""),
            found[0]["help"].as_str().unwrap_or("")
        );
        assert!(told.contains(said), "{template}: {told}");
    }
}

#[test]
fn four_braces_are_one_fault_whatever_stands_between_them() {
    for template in ["{{{{raw}}}}{{x}}{{{{/raw}}}}", "{{#if 积分}}x{{{{/if}}}}", "{{{{姓名}}}}"] {
        let found = faults(template);
        assert_eq!(
            (found.len(), &found[0]["code"]),
            (1, &"template-syntax".into()),
            "{template}: {found:#?}"
        );
    }
}

/// A campaign in memory, over an audience in a folder.
fn campaign(folder: &Path, content: &str) -> Campaign {
    let content = toml::Value::String(content.to_owned());
    let text = format!(
        "[campaign]\nid = \"p\"\n[account]\nappid = \"{APPID}\"\n[audience]\nfile = \"audience.csv\"\n\
         [message.text]\ncontent = {content}\n"
    );
    let validated = validate(&folder.join("campaign.toml"), &text, &Overrides::default());
    validated.campaign.unwrap_or_else(|| panic!("{text}: {:?}", validated.faults))
}

/// The finished texts of a campaign, through the planner and the second reading that sending uses.
fn texts(campaign: &Campaign) -> Vec<String> {
    let plan = plan::plan(campaign);
    assert_eq!(plan.diagnostics.errors(), 0, "{:?}", plan.diagnostics.kept());
    let inputs = Inputs::of_campaign(campaign, &plan.library);
    let mut pass = Pass::open(&inputs, &plan).expect("an audience that has not changed");
    let mut texts = Vec::new();
    while let Some(batch) = pass.next_batch().expect("the same rows") {
        for message in batch.into_messages() {
            let payload: Json = serde_json::from_slice(&message.payload).expect("a payload is JSON");
            texts.push(payload["text"]["content"].as_str().expect("a text").to_owned());
        }
    }
    texts
}

/// Any text without control characters but line breaks and tabs, quotes and delimiters more often than by chance.
fn cell() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "\\PC{0,12}",
        2 => "[,;\"'\t {}\\\\<>&/]{1,4}",
        1 => "(\n|\r\n|中文|😀|\u{2028}|\u{feff}|=1\\+1){1,3}",
    ];
    proptest::collection::vec(piece, 0..4)
        .prop_map(|pieces| pieces.concat())
        // What is left of lost characters is an error.
        .prop_map(|cell| cell.replace(['\u{fffd}', '?'], "x"))
        // So is a formula that names a function or a cell; `=1+1` may be meant.
        .prop_map(|cell| match cell.starts_with('=') {
            true => cell.replace(|letter: char| letter.is_ascii_alphabetic() || letter == '$', "字"),
            false => cell,
        })
}

proptest! {
    // Each case reads real files: few cases with many cells keep this far below a second.
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_in_a_cell_survives_into_the_payload(
        cells in proptest::collection::vec(cell(), 1..30),
        delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t')],
        mark in any::<bool>(),
        crlf in any::<bool>(),
        always_quoted in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut file = if mark { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
        {
            let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
            let style = if always_quoted { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
            let mut writer = csv::WriterBuilder::new()
                .delimiter(delimiter)
                .terminator(terminator)
                .quote_style(style)
                .from_writer(&mut file);
            writer.write_record(["openid", "name", "姓名"]).expect("a header");
            for (index, cell) in cells.iter().enumerate() {
                writer.write_record([openid(index).as_str(), cell, "x"]).expect("a row");
            }
            writer.flush().expect("a file");
        }
        std::fs::write(folder.path().join("audience.csv"), file).expect("a file");
        let campaign = campaign(folder.path(), "[{{name}}]");
        // But for its line ends, which are LF in every payload.
        let in_payload = |cell: &String| format!("[{}]", cell.replace("\r\n", "\n").replace('\r', "\n"));
        let expected: Vec<String> = cells.iter().map(in_payload).collect();
        prop_assert_eq!(texts(&campaign), expected);
    }
}
