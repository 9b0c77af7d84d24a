//! Faults: all of them in one run, each at its exact place, each with a sentence; and never a secret.

use std::collections::BTreeSet;

use rust_xlsxwriter::{
    ConditionalFormatCell, ConditionalFormatCellRule, Format, Formula, Workbook, Worksheet,
};
use serde_json::Value as Json;
use wxcast::diagnostic::code::Code;
use wxcast::locale::{Catalog, Language};

use crate::support::sheets::{built_in, numbers, sheet, zipped};
use crate::support::{APPID, Ran, World, media, openid, repository};

/// One campaign with many faults, in keys, values, templates of every kind of string, header and rows.
const CAMPAIGN: &str = r#"[campaign]
id = "Spring Sale"
titel = "春季促销"

[account]
appid = "wx0123456789abcdef"
kind = "oficial"
appsecret = "TOP-SECRET-1"

[audience]
file = "audience.csv"
duplicates = "error"

[audience.columns."会员等级"]
one_of = ["金卡", "银卡"]

[audience.columns."姓名"]
pattern = "(", required = true

"#;

/// The same without the line that is no TOML.
fn campaign() -> String {
    let sound = CAMPAIGN.replace("pattern = \"(\", required = true", "pattern = \"(\"\nrequired = true");
    sound
        + r#"[[message.news.articles]]
title = "您好，{{姓名}}！{{cdoe}} {{uper 姓名}}"
description = '''
亲爱的{{姓名}}：
  您的积分是 {{积分
'''
url = "https://例子.cn/{{url_encode code}}"
picurl = "ftp://图"

[[message.news.articles]]
title = "\u4e2d\u6587{{> 页}}"
url = ""
picurl = 5
"# + "\n[send]\nrate = \"fast\"\n"
}

const AUDIENCE: &str = "openid,姓名,会员等级,code\n\
    oTEST00000000000000000000001,张三,金卡,1\n\
    ,李四,银卡,2\n\
    oTEST00000000000000000000003,王五,铜卡,3\n\
    oTEST00000000000000000000001,赵六,金卡,4\n\
    oTEST00000000000000000000005,孙七,金卡\n\
    oTEST 0000000000000000000006,,金卡,6\n";

fn faulty() -> World {
    let world = World::new();
    world.file("campaign.toml", campaign());
    world.file("audience.csv", AUDIENCE);
    world
}

/// The line, from 1, and column, in characters from 1, of the `nth` occurrence of a word.
fn place(text: &str, word: &str, nth: usize) -> (u64, u64) {
    let (at, _) = text.match_indices(word).nth(nth).unwrap_or_else(|| panic!("{word} stands in the text"));
    let line = text[..at].matches('\n').count() + 1;
    let column = text[..at].rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (u64::try_from(line).expect("a line"), u64::try_from(column).expect("a column"))
}

fn plan(world: &World) -> Json {
    world.run(&["plan", "campaign.toml", "--format", "json"]).json()
}

fn diagnostics(plan: &Json) -> &[Json] {
    plan["diagnostics"].as_array().expect("diagnostics")
}

#[test]
fn all_faults_of_all_files_are_told_in_one_run_each_at_its_exact_place() {
    let (world, text) = (faulty(), campaign());
    let ran = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3);
    let plan = ran.json();
    let mut found: Vec<(&str, &str, u64, u64)> = Vec::new();
    for one in diagnostics(&plan) {
        found.push((
            one["code"].as_str().expect("a code"),
            one["file"].as_str().expect("a file"),
            one["line"].as_u64().unwrap_or_else(|| panic!("no line: {one}")),
            one["column"].as_u64().unwrap_or_else(|| panic!("no column: {one}")),
        ));
    }
    let mut expected = Vec::new();
    for (code, word, nth) in [
        ("bad-value", "\"Spring Sale\"", 0),
        ("unknown-key", "titel", 0),
        ("not-one-of", "\"oficial\"", 0),
        ("secret-in-campaign", "appsecret", 0),
        ("bad-value", "\"(\"", 0),
        ("several-articles", "[[message.news", 0),
        ("unknown-helper", "uper", 0),
        ("template-syntax", "{{积分", 0),
        ("missing-key", "[[message.news", 1),
        ("template-unsupported", "> 页", 0),
        ("empty-template", "\"\"\npicurl", 0),
        ("wrong-type", "5\n\n[send]", 0),
        ("bad-value", "\"fast\"", 0),
        ("unknown-variable", "cdoe", 0),
        ("odd-url", "\"ftp://图\"", 0),
    ] {
        let (line, column) = place(&text, word, nth);
        expected.push((code, "campaign.toml", line, column));
    }
    for (code, line, column) in [
        ("openid-empty", 3, 1),
        ("cell-not-one-of", 4, place(AUDIENCE, "铜卡", 0).1),
        ("duplicate-openid", 5, 1),
        ("ragged-row", 6, 1),
        ("openid-character", 7, 1),
        ("cell-blank", 7, 30),
    ] {
        expected.push((code, "audience.csv", line, column));
    }
    for one in &expected {
        assert!(found.contains(one), "{one:?} is not among {found:#?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn faults_of_the_campaign_come_in_the_order_of_its_lines() {
    let plan = plan(&faulty());
    let lines: Vec<u64> = diagnostics(&plan)
        .iter()
        .filter(|one| one["file"] == "campaign.toml")
        .map(|one| one["line"].as_u64().expect("a line"))
        .take(12)
        .collect();
    assert!(lines.is_sorted(), "{lines:?}");
}

#[test]
fn windows_line_ends_change_no_place() {
    let world = faulty();
    let unix = plan(&world);
    world.file("campaign.toml", campaign().replace('\n', "\r\n"));
    world.file("audience.csv", AUDIENCE.replace('\n', "\r\n"));
    let windows = plan(&world);
    let places = |plan: &Json| {
        let place = |one: &Json| (one["code"].clone(), one["line"].clone(), one["column"].clone());
        diagnostics(plan).iter().map(place).collect::<Vec<_>>()
    };
    assert_eq!(places(&unix), places(&windows));
}

#[test]
fn a_byte_order_mark_before_the_campaign_changes_no_place() {
    let world = faulty();
    let without = plan(&world);
    world.file("campaign.toml", format!("\u{feff}{}", campaign()));
    assert_eq!(plan(&world), without);
}

#[test]
fn a_person_sees_the_line_with_the_mark_below_the_very_word() {
    let text = campaign();
    let ran = faulty().run(&["plan", "campaign.toml"]).exits(3);
    for (code, word) in [("unknown-variable", "cdoe"), ("unknown-helper", "uper"), ("unknown-key", "titel")] {
        let (line, column) = place(&text, word, 0);
        let shown = marked(&ran, code, &format!("campaign.toml:{line}:{column}"));
        assert_eq!(shown, word, "{}", ran.stderr);
    }
}

#[test]
fn the_mark_is_right_inside_strings_of_several_lines_after_chinese() {
    let world = World::new();
    world.text_campaign("\n亲爱的{{姓名}}，您的优惠码是 {{nmae}}。\n", "");
    world.recipients(1);
    let ran = world.run(&["plan", "campaign.toml"]).exits(3);
    assert_eq!(marked(&ran, "unknown-variable", "campaign.toml:9:6"), "姓名", "{}", ran.stderr);
    assert_eq!(marked(&ran, "unknown-variable", "campaign.toml:9:20"), "nmae", "{}", ran.stderr);
}

/// The word above the mark of a fault at a place, read off the terminal's columns, where Chinese is two wide.
fn marked(ran: &Ran, code: &str, place: &str) -> String {
    let mut lines = ran.stderr.lines();
    let at = format!("--> {place}");
    lines.find(|line| line.trim_start() == at).unwrap_or_else(|| panic!("no {at} in:\n{}", ran.stderr));
    assert!(ran.stderr.contains(&format!("[{code}]")), "{code}");
    let source = lines.nth(1).expect("the line");
    let mark = lines.next().expect("the mark");
    let from = mark.find('^').expect("a caret");
    let to = mark.rfind('^').expect("a caret") + 1;
    let mut word = String::new();
    let mut column = 0;
    for c in source.chars() {
        if (from..to).contains(&column) {
            word.push(c);
        }
        column += if c.is_ascii() { 1 } else { 2 };
    }
    word
}

#[test]
fn a_slip_of_the_hand_is_answered_with_the_word_that_was_meant() {
    let ran = faulty().run(&["plan", "campaign.toml"]).exits(3);
    for word in ["title", "official", "upper", "code"] {
        assert!(ran.stderr.contains(&format!("did you mean `{word}`?")), "{word}: {}", ran.stderr);
    }
    let world = World::with_recipients(1);
    world.file("audience.csv", format!("Open_ID,name\n{},A\n", openid(1)));
    world.run(&["plan", "campaign.toml"]).exits(3).says("did you mean `Open_ID`?");
    let chinese = world.run(&["plan", "campaign.toml", "--lang", "zh-CN"]).exits(3);
    chinese.says("您是不是想写 `Open_ID`？");
}

#[test]
fn a_secret_in_the_campaign_is_told_and_shown_nowhere() {
    for account in [
        "appsecret = \"TOP-SECRET\"",
        "appsecret = \"TOP-SECRET\"\nsecret = 'TOP-SECRET'\nACCESS_TOKEN = \"TOP-SECRET\"",
        "app_secret = '''\nTOP-SECRET\n'''",
        "password = [\"TOP-SECRET\", \"TOP-SECRET\"]",
        "secrets = { app = \"TOP-SECRET\", colour = \"blue\" }",
        "extra = { appsecret = \"TOP-SECRET\", colour = \"blue\" }",
        "\"密钥\" = \"TOP-SECRET\"",
    ] {
        let world = World::new();
        world.file("campaign.toml", format!("[campaign]\nid = \"a\"\n[account]\n{account}\n"));
        nowhere(&world, "TOP-SECRET", "secret-in-campaign");
    }
}

#[test]
fn a_secret_beside_another_fault_or_under_another_key_is_not_shown_either() {
    let secret = "0123456789abcdef0123456789abcdef";
    for (toml, code) in [
        ("account = { appsecret = \"S\", kind = \"oficial\", colour = \"blue\" }", "secret-in-campaign"),
        ("account = { kind = \"oficial\", appsecret = \"S\", appid = 5 }", "secret-in-campaign"),
        ("[account]\nsecret_env = \"S\"", "secret-in-campaign"),
        ("[account]\nsecret_env = \"S-and-more\"", "bad-value"),
        ("[account]\nappid = \"S\"", "secret-in-campaign"),
        ("[account]\nsecret_file = \"S\"\nkind = \"oficial\"", "secret-in-campaign"),
        ("[account]\nappsecret = \"S", "toml-syntax"),
        ("[account]\nappsecret = \"S\", kind = \"official\"", "toml-syntax"),
        ("[account]\nkind = \"official\", appsecret = \"S\"", "toml-syntax"),
        ("[account]\nappsecret = S", "toml-syntax"),
        ("[account]\nappsecret : \"S\"", "toml-syntax"),
        ("[account]\nappsecret = '''\nx S\n", "toml-syntax"),
        ("[account]\nx = \"y\nS\n", "toml-syntax"),
        ("account = { kind = \"official\" appsecret = \"S\" }", "toml-syntax"),
    ] {
        let world = World::new();
        world.file(
            "campaign.toml",
            toml.replace("\"S", &format!("\"{secret}"))
                .replace(" S", &format!(" {secret}"))
                .replace("\nS", &format!("\n{secret}")),
        );
        nowhere(&world, secret, code);
    }
}

fn nowhere(world: &World, secret: &str, code: &str) {
    for args in [
        &["plan", "campaign.toml"][..],
        &["plan", "campaign.toml", "--format", "json"],
        &["plan", "campaign.toml", "--lang", "zh-CN", "-vvv", "--color", "always"],
        &["preview", "campaign.toml"],
    ] {
        let ran = world.run(args).exits(3);
        let shown = format!("{}{}", ran.stdout, ran.stderr);
        assert!(
            !shown.contains(secret),
            "{args:?} shows the secret of {}:\n{shown}",
            world.read("campaign.toml")
        );
        assert!(shown.contains(code), "{code} is not in:\n{shown}");
    }
}

#[test]
fn a_broken_link_in_the_template_is_told_once_and_one_from_a_cell_for_its_row() {
    let world = World::new();
    world.text_campaign("{{name}} <a href=\"https://a.cn\">tap", "");
    // More rows than one thread takes at a time.
    world.recipients(5000);
    let found = plan(&world);
    assert_eq!(diagnostics(&found).len(), 1, "{found}");
    assert_eq!(diagnostics(&found)[0]["code"], "unclosed-link");
    assert_eq!(diagnostics(&found)[0]["file"], "campaign.toml");
    assert_eq!(diagnostics(&found)[0]["line"], 8);

    world.text_campaign("Hello {{name}}", "");
    let (a, b) = (openid(1), openid(2));
    world.file(
        "audience.csv",
        format!("openid,name\n{a},<a href='https://a.cn'>x\n{b},<a href='https://b.cn'>x\n"),
    );
    let found = plan(&world);
    let rows: Vec<&Json> = diagnostics(&found).iter().map(|one| &one["row"]).collect();
    assert_eq!(rows, [1, 2]);
}

#[test]
fn many_faults_of_one_kind_are_counted_rather_than_listed_to_people() {
    let world = World::with_recipients(0);
    world.file("audience.csv", format!("openid,name\n{}", "bad id,A\n".repeat(25)));
    let ran = world.run(&["plan", "campaign.toml"]).exits(3).says("15 more with `openid-character`");
    assert_eq!(ran.stderr.matches("error[openid-character]").count(), 10);
    assert_eq!(diagnostics(&plan(&world)).len(), 25);
}

/// What provokes a code: the campaign's TOML, the bytes of the audience and those of a media file; no campaign where
/// there is no file.
#[derive(Default)]
struct Case {
    campaign: Option<Vec<u8>>,
    audience: Option<Vec<u8>>,
    name: &'static str,
    media: Option<Vec<u8>>,
}

const HEAD: &str = "[campaign]\nid = \"a\"\n[account]\nappid = \"wx0123456789abcdef\"\n";
const AUDIENCE_TABLE: &str = "[audience]\nfile = \"audience.csv\"\n";

fn toml(text: impl Into<String>) -> Case {
    Case {
        campaign: Some(text.into().into_bytes()),
        audience: Some(rows("A")),
        media: None,
        name: "audience.csv",
    }
}

fn rows(name: &str) -> Vec<u8> {
    format!("openid,name\n{},{name}\n", openid(1)).into_bytes()
}

/// A sound campaign but for what is given.
fn text(content: &str, audience: &str) -> Case {
    toml(format!("{HEAD}{AUDIENCE_TABLE}{audience}[message.text]\ncontent = \"{content}\"\n"))
}

fn cells(content: &str, audience: &str, bytes: impl Into<Vec<u8>>) -> Case {
    Case { audience: Some(bytes.into()), ..text(content, audience) }
}

/// A workbook of `tests/fixtures` as the audience.
fn workbook(content: &str, audience: &str, fixture: &str) -> Case {
    let bytes = std::fs::read(repository().join("tests/fixtures").join(fixture)).expect("a fixture");
    named(content, audience, bytes)
}

/// A workbook whose list is on a hidden sheet, beside one that is empty.
fn hidden_list() -> Vec<u8> {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Sheet1").expect("a name");
    let list = book.add_worksheet().set_name("名单").expect("a name").set_hidden(true);
    for (row, text) in [(0, "openid"), (1, &*openid(1))] {
        list.write_string(row, 0, text).expect("a cell");
    }
    book.save_to_buffer().expect("a workbook")
}

fn named(content: &str, audience: &str, bytes: Vec<u8>) -> Case {
    let table = AUDIENCE_TABLE.replace(".csv", ".xlsx");
    let case = toml(format!("{HEAD}{table}{audience}[message.text]\ncontent = \"{content}\"\n"));
    Case { audience: Some(bytes), name: "audience.xlsx", ..case }
}

/// A workbook of the columns `openid` and `a` with one row, whose second cell is filled in.
fn one_row(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, column, text) in [(0, 0, "openid"), (0, 1, "a"), (1, 0, &*openid(1))] {
        sheet.write_string(row, column, text).expect("a cell");
    }
    fill(sheet);
    book.save_to_buffer().expect("a workbook")
}

fn styled(format: &Format) -> Vec<u8> {
    one_row(|sheet| {
        sheet.write_string_with_format(1, 1, "R", format).expect("a cell");
    })
}

fn conditional() -> Vec<u8> {
    one_row(|sheet| {
        sheet.write_number(1, 1, 0).expect("a cell");
        let rule = ConditionalFormatCell::new()
            .set_rule(ConditionalFormatCellRule::EqualTo(0))
            .set_format(Format::new().set_num_format("\"-\""));
        sheet.add_conditional_format(1, 1, 1, 1, &rule).expect("a rule");
    })
}

fn of_today() -> Vec<u8> {
    one_row(|sheet| {
        sheet.write_formula(1, 1, Formula::new("=TODAY()").set_result("46089")).expect("a cell");
    })
}

fn account(keys: &str, message: &str) -> Case {
    toml(format!("{HEAD}{keys}\n{AUDIENCE_TABLE}{message}\n"))
}

/// A campaign that sends a media file.
fn file(kind: &str, content: Vec<u8>) -> Case {
    Case { media: Some(content), ..account("", &format!("[message.{kind}]\nfile = \"media.jpg\"")) }
}

/// A campaign whose files are named by cells.
fn cells_of_files(name: &str, cell: &str) -> Case {
    let message = format!("[message.image]\nfile = \"{name}\"");
    Case { audience: Some(rows(cell)), ..account("", &message) }
}

fn padded(mut content: Vec<u8>, length: usize) -> Vec<u8> {
    content.resize(length, 0);
    content
}

/// A campaign with this joined file.
fn joined(keys: &str, file: &str) -> Case {
    let name = if keys.contains("file =") { "" } else { "file = \"media.jpg\"\n" };
    let more = format!("[[audience.join]]\n{name}{keys}\n");
    Case { media: Some(file.as_bytes().to_vec()), ..text("{{name}}", &more) }
}

fn case(code: Code) -> Case {
    let one = openid(1);
    let column = "[audience.columns.name]\n";
    let news = |count: usize| {
        let article = "[[message.news.articles]]\ntitle = \"t\"\ndescription = \"d\"\nurl = \"https://u\"\npicurl = \"https://p\"\n";
        account("", &article.repeat(count))
    };
    let row = |line: &str| format!("openid,name\n{line}\n");
    match code {
        Code::CampaignUnreadable => Case { campaign: None, ..toml("") },
        Code::CampaignNotText => Case { campaign: Some(b"\xff\xfe[\0".to_vec()), ..toml("") },
        Code::CampaignIsWorkbook => Case { campaign: Some(one_row(|_| {})), ..toml("") },
        Code::CampaignTooLarge => toml("# a picture?\n".repeat(700_000)),
        Code::TomlSyntax => toml("[campaign\nid = 5"),
        Code::UnknownKey => toml("[campaign]\nidd = \"a\""),
        Code::MissingKey => toml("[campaign]\n"),
        Code::WrongType => toml("[campaign]\nid = 5"),
        Code::NotOneOf => account("kind = \"oficial\"", ""),
        Code::BadValue => toml("[campaign]\nid = \"Ä\""),
        Code::SecretInCampaign => account("appsecret = \"x\"", ""),
        Code::OddAppid => toml("[account]\nappid = \"gh_1\""),
        Code::OddKfAccount => account("kf_account = \"x\"", ""),
        Code::MixedHosts => account("failover_hosts = [\"http://127.0.0.1:1\"]", ""),
        Code::TooManyFaults => toml((0..201).map(|number| format!("key{number} = 1\n")).collect::<String>()),
        Code::OutsideSandbox => {
            let outside = repository().join("Cargo.toml");
            toml(format!("[audience]\nfile = '{}'", outside.display()))
        }
        Code::PolicyUnreadable => account("policy = \"none.toml\"", "[message.text]\ncontent = \"x\"\n"),
        Code::HoursNever => {
            let message = "[message.text]\ncontent = \"x\"\n[send]\nhours = [\"22:00-23:00\"]\n";
            let policy = b"[hours]\nhours = [\"09:00-21:00\"]\n".to_vec();
            Case {
                media: Some(policy),
                audience: Some(rows("x")),
                ..account("policy = \"media.jpg\"", message)
            }
        }
        Code::SameFile => text("x", "[results]\nfile = \"./audience.csv\"\n"),
        Code::UnknownKind => toml("[message.txt]\ncontent = \"x\""),
        Code::NoMessage => toml(HEAD),
        Code::SeveralMessages => toml("[message.text]\n[message.image]\n"),
        Code::KindNotForAccount => account("kind = \"mini-program\"", "[message.voice]\nmedia_id = \"M\""),
        Code::FieldNotForAccount => {
            account("kind = \"mini-program\"", "[message.miniprogrampage]\nappid = \"x\"")
        }
        Code::EmptyList => account("", "[message.news]\narticles = []"),
        Code::SeveralArticles => news(2),
        Code::TooManyArticles => news(9),
        Code::MediaTwice => account("", "[message.image]\nmedia_id = \"M\"\nfile = \"media.jpg\""),
        Code::MediaOutside => cells_of_files("{{name}}", "../media.jpg"),
        Code::MediaUnreadable => cells_of_files("{{name}}", "none.jpg"),
        Code::MediaEmpty => file("image", Vec::new()),
        Code::MediaFormat => file("image", b"no picture at all".to_vec()),
        Code::MediaTooLarge => file("image", padded(media::jpg(""), (10 << 20) + 1)),
        Code::MediaLarge => file("image", padded(media::jpg(""), (2 << 20) + 1)),
        Code::MediaTooLong => file("voice", media::mp3(61)),
        Code::MediaUnmeasured => file("voice", b"ID3 and nothing else".to_vec()),
        Code::MediaName => file("image", media::png("")),
        Code::MediaCutOff => file("image", media::jpg("")[..20].to_vec()),
        Code::EmptyTemplate => text("", ""),
        Code::TemplateSyntax => text("{{name", ""),
        Code::UnknownVariable => text("{{nmae}}", ""),
        Code::UnknownHelper => text("{{uper name}}", ""),
        Code::TemplateUnsupported => text("{{#each name}}{{/each}}", ""),
        Code::UnfilledPlaceholder => text("｛｛name｝｝", ""),
        Code::MarkupInText => text("a<br/>b", ""),
        Code::InvisibleInText => text("a\u{200b}b", ""),
        Code::RawInAddress => cells("https://x/?a={{name}}", "", row(&format!("{one},A&B"))),
        Code::RowOfNobody => cells("x", "", row(&format!("{one},A\n合计,1"))),
        Code::AlikeColumns => cells("x", "", format!("openid,手机,\u{2F3F}机\n{one},1,2\n")),
        Code::BareCondition => cells("x{{#if name}}{{/if}}", "", row(&format!("{one},否"))),
        Code::ValueInNoRow => cells("x{{#if (eq name true)}}y{{/if}}", "", row(&format!("{one},否"))),
        Code::FieldBlank => cells("{{name}}", "", row(&format!("{one},"))),
        Code::FieldTooLong => text(&"x".repeat(2049), ""),
        Code::FieldAtLimit => text(&"x".repeat(2048), ""),
        Code::FieldLong => account("", &format!("[[message.news.articles]]\ntitle = \"{}\"", "x".repeat(65))),
        Code::ControlCharacter => text("a\\u0007b", ""),
        Code::OddUrl => account("kind = \"mini-program\"", "[message.link]\nurl = \"ftp://x\""),
        Code::UnclosedLink => text("<a href='x'>y", ""),
        Code::MiniprogramPathAlone => text("<a href='x' data-miniprogram-path='p'>y</a>", ""),
        Code::OddMiniprogramAppid => text("<a href='x' data-miniprogram-appid='p'>y</a>", ""),
        Code::RenderFailed => text("{{number name}}", ""),
        Code::AudienceUnreadable => Case { audience: None, ..text("x", "") },
        Code::AudienceNotFetched => {
            toml(format!("{HEAD}[audience]\ncommand = [\"export\"]\n[message.text]\ncontent = \"x\"\n"))
        }
        Code::AudienceSpecial => Case {
            audience: None,
            ..toml(format!("{HEAD}[audience]\nfile = \"/dev/null\"\n[message.text]\ncontent = \"x\"\n"))
        },
        // The media file of a case is a file like any other.
        Code::ListUnreadable => text("x", "exclude = [\"none.csv\"]\n"),
        Code::ListSpecial => text("x", "only = [\"/dev/null\"]\n"),
        Code::ListWithoutOpenids => {
            Case { media: Some(b"name\nA\n".to_vec()), ..text("x", "exclude = [\"media.jpg\"]\n") }
        }
        Code::ListWithoutMatch => {
            Case { media: Some(b"openid\noZ\n".to_vec()), ..text("x", "exclude = [\"media.jpg\"]\n") }
        }
        Code::JoinUnreadable => joined("file = \"none.csv\"", ""),
        Code::JoinSpecial => joined("file = \"/dev/null\"", ""),
        Code::JoinOnMissing => joined("on = \"none\"\nto = \"openid\"", "openid\n"),
        Code::JoinToMissing => joined("", "key,n\n"),
        Code::JoinRepeated => joined("", &format!("openid,n\n{one},1\n{one},2\n")),
        Code::JoinColumnTwice => joined("", &format!("openid,name\n{one},1\n")),
        Code::JoinMissing => joined("", "openid,n\noZ,1\n"),
        Code::JoinWithoutMatch => joined("missing = \"skip\"", "openid,n\noZ,1\n"),
        Code::WindowColumnMissing => text("x", "[audience.window]\ncolumn = \"none\"\n"),
        Code::WindowTime => text("x", "[audience.window]\ncolumn = \"name\"\n"),
        Code::WindowMixed => {
            let lines = format!("openid,name\n{one},2026-11-25 15:30\n{},1795591800\n", openid(2));
            cells("x", "[audience.window]\ncolumn = \"name\"\n", lines)
        }
        Code::WindowDateOnly => {
            cells("x", "[audience.window]\ncolumn = \"name\"\n", row(&format!("{one},2026-11-25")))
        }
        Code::WindowEvent => text("x", "[audience.window]\ncolumn = \"openid\"\nevent = \"name\"\n"),
        Code::WindowUsed => text("x", "[audience.window]\ncolumn = \"openid\"\nused = \"name\"\n"),
        Code::AudienceEmpty => cells("x", "", ""),
        Code::AudienceNotText => cells("x", "", &b"PK\x03\x04\0\0\0\0"[..]),
        Code::Undecodable => cells("x", "encoding = \"utf-8\"\n", &b"openid,name\no1,\xff\xff\n"[..]),
        Code::AmbiguousEncoding => cells("x", "", &b"openid,name\no1,\xD0\xBB\n"[..]),
        Code::NotAWorkbook => named("x", "", rows("A")),
        Code::WorkbookUnreadable => named("x", "", b"PK\x03\x04\0\0\0\0".to_vec()),
        Code::WorkbookEncrypted => workbook("x", "", "encrypted.xlsx"),
        Code::SheetMissing => workbook("x", "sheet = \"名\"\n", "plain.xlsx"),
        Code::SeveralSheets => workbook("x", "", "two-lists.xlsx"),
        Code::HiddenSheets => named("x", "", hidden_list()),
        Code::SheetOfText => text("x", "sheet = \"名单\"\n"),
        Code::HiddenRows => workbook("x", "", "filtered.xlsx"),
        Code::WorkbookTooLarge => named(
            "x",
            "",
            zipped(&[(
                "content.xml",
                "<table name='a'><table-row><table-cell value-type='string'><p><s c='2000000000'/></p></table-cell></table-row></table>",
            )]),
        ),
        Code::StrayCells => named("x", "", sheet(&[(0, 0, "openid"), (1, 0, &one), (1, 200, "x")])),
        Code::CellFormat => named("{{a}}", "", numbers(&[(1.0 / 3.0, "General")])),
        Code::TitleAboveNames => workbook("x", "", "titled.xlsx"),
        Code::HeaderRowEmpty => cells("x", "header_row = 9\n", row(&format!("{one},A"))),
        Code::TooManyColumns => cells("x", "", format!("openid{}\n", ",".repeat(16_384))),
        Code::ResultsColumns => cells("x", "", format!("openid,send_status\n{one},sent\n")),
        Code::MergedCells => workbook("{{姓名}}", "", "faults.xlsx"),
        Code::DateCell => named("{{a}}", "", numbers(&[(46_086.0, "ggge")])),
        Code::RegionalDate => named("{{a}}", "", built_in(&[(46_086.0, 14)])),
        Code::SkippedBefore => {
            let columns = "send_status,send_errcode,send_errmsg,send_advice,send_attempts,send_finished_at,send_latency_ms,send_rid";
            cells("x", "", format!("openid,{columns}\n{one},skipped,,hidden,,0,,,\n"))
        }
        Code::SymbolFont => named("{{a}}", "", styled(&Format::new().set_font_name("Wingdings"))),
        Code::ZeroDate => named("{{a}}", "", numbers(&[(0.0, "yyyy-mm-dd")])),
        Code::StruckText => named("{{a}}", "", styled(&Format::new().set_font_strikethrough())),
        Code::ScientificFormat => named("{{a}}", "", numbers(&[(123_456.0, "0.00E+00")])),
        Code::ScaledNumber => named("{{a}}", "", numbers(&[(123_456.0, "0.0,")])),
        Code::ProgramForm => cells("{{name}}", "", row(&format!("{one},1001.0"))),
        Code::ColumnTooNarrow => cells("{{name}}", "", row(&format!("{one},########"))),
        Code::FormulaAsText => cells("{{name}}", "", row(&format!("{one},\"=VLOOKUP(A1,B:C,2)\""))),
        Code::PlaceholderInCell => cells("{{name}}", "", row(&format!("{one},{{name}}您好"))),
        Code::ConditionalFormat => named("{{a}}", "", conditional()),
        Code::VolatileFormula => named("{{a}}", "", of_today()),
        Code::FormatWithoutEffect => {
            cells("{{name}}", &format!("{column}format = \"yyyy-mm-dd\"\n"), row(&format!("{one},A")))
        }
        Code::LongNumber => workbook("{{卡号}}", "", "faults.xlsx"),
        Code::FormulaWithoutValue => workbook("{{姓名}}", "", "faults.xlsx"),
        Code::ErrorValue => cells("{{name}}", "", row(&format!("{one},#REF!"))),
        Code::PictureInCell => cells("{{name}}", "", row(&format!("{one},\"=DISPIMG(\"\"ID_1\"\",1)\""))),
        Code::ScientificNotation => cells("{{name}}", "", row(&format!("{one},6.22E+17"))),
        Code::LostDigits => cells("{{name}}", "", row(&format!("{one},622202123456789000"))),
        Code::LostLeadingZeros => {
            let cells_of =
                |index: usize| format!("{},{}\n", openid(index), if index == 3 { 12_345 } else { 123_456 });
            cells("{{name}}", "", row(&(0..6).map(cells_of).collect::<String>()))
        }
        Code::CodeBecameDate => {
            cells("{{name}}", "", row(&format!("{one},3-5A\n{},4-6B\n{},3-May", openid(2), openid(3))))
        }
        Code::LeadingApostrophe => cells("{{name}}", "", row(&format!("{one},'0012"))),
        Code::TextMark => cells("{{name}}", "", row(&format!("{one},`0012"))),
        Code::NullWord => cells("{{name}}", "", row(&format!("{one},NULL"))),
        Code::DestroyedCharacters => cells("{{name}}", "", row(&format!("{one},张\u{fffd}"))),
        Code::LostCharacters => cells("{{name}}", "", row(&format!("{one},王?"))),
        Code::MisreadCharacters => cells("{{name}}", "", row(&format!("{one},å¼\u{a0}ä¸‰"))),
        Code::PrivateUse => cells("{{name}}", "", row(&format!("{one},王\u{e863}"))),
        Code::MarkupInCell => cells("{{name}}", "", row(&format!("{one},一<br/>二"))),
        Code::BlankCells => cells("Hello {{name}}", "", row(&format!("{one},"))),
        Code::BlanksAround => cells("{{name}}", "", row(&format!("{one},张三\u{3000}"))),
        Code::InvisibleCharacters => cells("{{name}}", "", row(&format!("{one},A\u{200b}1"))),
        Code::FullWidth => cells("{{name}}", "", row(&format!("{one},Ａ１"))),
        Code::ResultsTooLong => unreachable!("a million rows take too long here; `plan` has a test of it"),
        Code::NoRecipients => cells("x", "", "openid,name\n"),
        Code::DuplicateColumn => cells("x", "", "openid,name,name\n"),
        Code::UnnamedColumn => cells("x", "", format!("openid,\n{one},x\n")),
        Code::OpenidColumnMissing => cells("x", "", "id,name\n1,A\n"),
        Code::RuleWithoutColumn => text("x", "[audience.columns.nmae]\nrequired = true\n"),
        Code::OmittedColumnMissing => text("x", "[results]\nomit = [\"nmae\"]\n"),
        Code::LoneQuote => cells("x", "", row(&format!("{one},\"a\"b\""))),
        Code::UnsureEncoding => {
            let names =
                encoding_rs::EUC_KR.encode("안녕하세요 김민수 이영희 박지성 최고의 감사합니다").0.repeat(5);
            cells("x", "", [row(&format!("{one},")).as_bytes(), &names].concat())
        }
        Code::UnclosedQuote => cells("x", "", row(&format!("{one},\"A"))),
        Code::RaggedRow => cells("x", "", row(&one)),
        Code::OpenidEmpty => cells("x", "", row(",A")),
        Code::OpenidCharacter => cells("x", "", row("o 1,A")),
        Code::OpenidTooLong => cells("x", "", row(&format!("{},A", "o".repeat(129)))),
        Code::OpenidContact => cells("x", "", row("zhang@qq.com,A")),
        Code::OpenidShape => cells("x", "", row("o1,A")),
        Code::DuplicateOpenid => cells("x", "duplicates = \"error\"\n", row(&format!("{one},A\n{one},B"))),
        Code::DuplicateSkipped => cells("x", "", row(&format!("{one},A\n{one},B"))),
        Code::TooManyForOne => cells("x", "duplicates = \"each\"\n", row(&format!("{one},A\n").repeat(6))),
        Code::CellBlank => cells("x", &format!("{column}required = true\n"), row(&format!("{one},"))),
        Code::CellTooLong => cells("x", &format!("{column}max_chars = 1\n"), row(&format!("{one},AB"))),
        Code::CellPattern => cells("x", &format!("{column}pattern = \"^B\"\n"), row(&format!("{one},A"))),
        Code::CellNotOneOf => cells("x", &format!("{column}one_of = [\"B\"]\n"), row(&format!("{one},A"))),
    }
}

#[test]
fn every_code_can_be_provoked_and_tells_finished_sentences() {
    // One thread a core: the cases are processes of their own.
    std::thread::scope(|scope| {
        for half in Code::ALL.chunks(Code::ALL.len().div_ceil(4)) {
            let quick = half.iter().filter(|code| **code != Code::ResultsTooLong);
            scope.spawn(move || quick.for_each(|code| provoke(*code)));
        }
    });
}

fn provoke(code: Code) {
    let world = World::new();
    let Case { campaign, audience, media, name } = case(code);
    for (name, bytes) in [("campaign.toml", campaign), (name, audience), ("media.jpg", media)] {
        if let Some(bytes) = bytes {
            world.file(name, bytes);
        }
    }
    let sandbox: &[&str] = if code == Code::OutsideSandbox { &["--sandbox"] } else { &[] };
    let plan = world.run(&[&["plan", "campaign.toml", "--format", "json"], sandbox].concat()).json();
    let slug = code.slug();
    let fault = diagnostics(&plan).iter().find(|one| one["code"] == slug);
    let fault = fault.unwrap_or_else(|| panic!("{slug} is not in {plan:#}"));
    assert_eq!(fault["severity"], code.severity().name(), "{slug}");
    for part in ["message", "help"] {
        let sentence = fault[part].as_str().expect("a sentence");
        finished(slug, sentence);
    }
    assert_ne!(fault["file"], "", "{slug} names its file");
}

/// No place left open and no key standing for its sentence. What stands between backquotes is the user's or an
/// example.
fn finished(slug: &str, sentence: &str) {
    let own: String = sentence.split('`').step_by(2).collect();
    let open = own.match_indices('{').any(|(at, _)| own[at..].contains('}'));
    assert!(!open, "{slug} leaves a place open: {sentence}");
    for key in ["diagnostic.", "unit.", "type.", "helper.", "reason-key"] {
        let named =
            own.match_indices(key).any(|(at, _)| own[at + key.len()..].starts_with(char::is_alphabetic));
        assert!(!named, "{slug} shows a key: {sentence}");
    }
    assert!(!own.contains("..") && !own.contains("。。"), "{slug} ends twice: {sentence}");
    assert!(sentence.chars().count() > 8, "{slug}: {sentence}");
}

#[test]
fn every_code_has_its_sentences_in_both_languages() {
    let (english, chinese) = (Catalog::new(Language::En), Catalog::new(Language::ZhCn));
    let mut seen = BTreeSet::new();
    for code in Code::ALL {
        assert!(seen.insert(code.slug()), "{} stands twice", code.slug());
        for part in ["title", "message", "help"] {
            let key = format!("diagnostic.{}.{part}", code.slug());
            let en = english.get(&key).unwrap_or_else(|| panic!("{key} is missing"));
            let zh = chinese.get(&key).unwrap_or_else(|| panic!("{key} is missing"));
            assert_ne!(en, zh, "{key} is not translated");
        }
    }
}

#[test]
fn the_names_of_faults_are_those_that_scripts_know() {
    let names: Vec<&str> = Code::ALL.iter().map(|code| code.slug()).collect();
    // A name may be added here, never renamed or taken away.
    assert_eq!(
        names.join(" "),
        "campaign-unreadable campaign-not-text campaign-is-workbook campaign-too-large toml-syntax unknown-key missing-key wrong-type not-one-of bad-value \
         secret-in-campaign odd-appid odd-kf-account mixed-hosts too-many-faults policy-unreadable hours-never outside-sandbox same-file results-too-long unknown-kind no-message several-messages \
         kind-not-for-account field-not-for-account empty-list several-articles too-many-articles media-twice media-outside \
         media-unreadable media-empty media-format media-too-large media-large media-too-long media-unmeasured \
         media-name media-cut-off empty-template \
         template-syntax unknown-variable unknown-helper template-unsupported unfilled-placeholder markup-in-text invisible-in-text raw-in-address bare-condition value-in-no-row field-blank field-too-long \
         field-at-limit field-long control-character odd-url unclosed-link miniprogram-path-alone \
         odd-miniprogram-appid render-failed audience-unreadable audience-not-fetched audience-special audience-empty audience-not-text not-a-workbook \
         workbook-unreadable workbook-encrypted sheet-missing several-sheets hidden-sheets sheet-of-text workbook-too-large stray-cells hidden-rows \
         undecodable unsure-encoding ambiguous-encoding \
         no-recipients title-above-names header-row-empty too-many-columns results-columns duplicate-column alike-columns unnamed-column openid-column-missing rule-without-column omitted-column-missing lone-quote unclosed-quote \
         ragged-row list-unreadable list-special list-without-openids list-without-match join-unreadable join-special join-on-missing join-to-missing join-repeated join-column-twice join-missing join-without-match window-column-missing window-time window-mixed window-date-only \
         window-event window-used merged-cells date-cell zero-date regional-date row-of-nobody skipped-before cell-format scientific-format scaled-number symbol-font struck-text conditional-format volatile-formula format-without-effect long-number formula-without-value error-value column-too-narrow formula-as-text picture-in-cell scientific-notation lost-digits \
         lost-leading-zeros code-became-date program-form leading-apostrophe text-mark null-word destroyed-characters lost-characters misread-characters private-use markup-in-cell placeholder-in-cell blank-cells blanks-around invisible-characters full-width openid-empty openid-character openid-too-long openid-shape openid-contact duplicate-openid duplicate-skipped \
         too-many-for-one cell-blank cell-too-long cell-pattern cell-not-one-of"
    );
}

#[test]
fn the_results_may_not_be_written_over_a_file_of_the_campaign() {
    for file in ["audience.csv", "./audience.csv", "x/../audience.csv", "campaign.toml"] {
        let world = World::with_recipients(1);
        world.text_campaign("x", &format!("[results]\nfile = \"{file}\"\n"));
        let found = plan(&world);
        assert_eq!(diagnostics(&found)[0]["code"], "same-file", "{file}: {found}");
    }
    assert_eq!(APPID.len(), 18);
}
