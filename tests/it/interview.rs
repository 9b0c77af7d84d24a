//! `wxcast init` on a terminal: it asks, checks each answer, and ends with a campaign that plans clean.

#![cfg(target_os = "linux")]

use std::fs;

use rust_xlsxwriter::Workbook;
use wxcast::locale::{Catalog, Language};
use wxcast::message::{KINDS, Kind};

use crate::support::pty::Session;
use crate::support::{APPID, World, openid, repository};

const AUDIENCE: &str = "编号,姓名,会员 等级,openid\n1,张三,金卡,oTEST00000000000000000000001\n";

/// A session in which the first question, what the campaign is called, is answered by its folder's name.
fn session(world: &World, args: &str, environment: &[(&str, &str)]) -> Session {
    let mut session = Session::start(world, args, environment);
    session.sees_one_of(&["campaign called? [", "叫什么名字？ ["]);
    session.types("");
    session
}

fn world() -> World {
    let world = World::new();
    world.file("lists/名单.csv", AUDIENCE);
    world
}

#[test]
fn it_leads_to_a_text_campaign_that_plans_clean() {
    let world = world();
    let mut session = session(&world, "init spring", &[]);
    session.sees("What is to be sent?").sees("miniprogrampage").sees("[1]").types("");
    session.sees("The AppID").types(APPID);
    session.sees("The audience file").types("'lists/名单.csv'");
    session.sees("4 columns").sees("姓名").sees("张三");
    session.sees("[openid]").types("");
    session.sees("{{姓名}} {{[会员 等级]}}").sees("The text").types("{{姓名}}，您好！\r{{[会员 等级]}}\r.");
    session.sees("│ 张三，您好！").sees("│ 金卡").sees("[yes]").types("");
    let (code, shown) = session.ends();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("1 message for 1 row"), "{shown}");
    assert!(shown.trim_end().ends_with("wxcast preview spring/campaign.toml"), "{shown}");
    let toml = world.read("spring/campaign.toml");
    assert!(toml.starts_with("#:schema campaign.schema.json\n"), "{toml}");
    assert!(toml.contains("file = \"../lists/名单.csv\""), "{toml}");
    assert!(!toml.contains("openid ="), "the usual name is not written: {toml}");
    world.run(&["plan", "spring/campaign.toml"]).exits(0);
    let preview = world.run(&["preview", "spring/campaign.toml"]).exits(0).stdout;
    assert!(preview.contains("│ 张三，您好！\n│ 金卡\n"), "{preview}");
}

#[test]
fn who_has_no_list_yet_is_told_how_to_get_one_and_goes_on_with_it() {
    let world = world();
    let mut session = session(&world, "init spring", &[("WXCAST_APPID", APPID)]);
    session.sees("[1]").types("").sees(&format!("[{APPID}]")).types("");
    session.sees("Without a list yet").sees("The audience file").types("");
    session.sees(&format!("wxcast audience followers --appid {APPID} -o fans.csv"));
    session.sees("The audience file").types("lists/名单.csv");
    session.sees("4 columns");
}

#[test]
fn where_a_title_stands_above_the_list_it_asks_for_the_row_of_the_names() {
    let world = world();
    let list = format!("五一活动名单,,\n制表：市场部,,\n粉丝,姓名,备注\n{},张三,\n", openid(1));
    world.file("lists/titled.csv", list);
    let mut session = session(&world, "init spring", &[("WXCAST_APPID", APPID)]);
    session.sees("[1]").types("").sees(&format!("[{APPID}]")).types("");
    session.sees("The audience file").types("lists/titled.csv");
    session
        .sees("A title")
        .sees("五一活动名单")
        .sees("粉丝 | 姓名 | 备注")
        .sees("In which row")
        .sees("[3]")
        .types("x");
    session.sees("`x` is no row").sees("[3]").types("");
    session.sees("3 columns").sees("姓名").sees("[粉丝]").types("");
    session.sees("The text").types("{{姓名}}，您好！\r.").sees("│ 张三，您好！").sees("[yes]").types("");
    let (code, shown) = session.ends();
    assert_eq!(code, 0, "{shown}");
    let toml = world.read("spring/campaign.toml");
    assert!(toml.contains("header_row = 3") && toml.contains("openid = \"粉丝\""), "{toml}");
    world.run(&["plan", "spring/campaign.toml"]).exits(0);
}

#[test]
fn a_list_with_times_is_asked_whether_they_are_those_of_the_last_contact() {
    for (column, answer, written) in
        [("最后互动时间", "", true), ("最后互动时间", "no", false), ("下单时间", "", false)]
    {
        let world = world();
        let list = format!("openid,姓名,{column},会员\n{},张三,2026/11/25 15:30,1795591800\n", openid(1));
        world.file("lists/times.csv", list);
        let mut session = session(&world, "init spring", &[("WXCAST_APPID", APPID)]);
        session.sees("[1]").types("").sees(&format!("[{APPID}]")).types("");
        session.sees("The audience file").types("lists/times.csv").sees("[openid]").types("");
        session.sees(&format!("`{column}` holds times")).types(answer);
        session.sees("The text").types("{{姓名}}，您好！\r.").sees("[yes]").types("");
        let (code, shown) = session.ends();
        assert_eq!(code, 0, "{shown}");
        let toml = world.read("spring/campaign.toml");
        let window = format!("[audience.window]\ncolumn = \"{column}\"");
        assert_eq!(toml.contains(&window), written, "{toml}");
        world.run(&["plan", "spring/campaign.toml"]).exits(0);
    }
}

#[test]
fn each_wrong_answer_is_told_at_once_and_asked_for_again() {
    let world = world();
    let mut session = session(&world, "init spring --lang zh-CN", &[]);
    session.sees("要发什么").sees("[1]").types("13").sees("没有 `13`").sees("[1]").types("text");
    session.sees("AppID").types(APPID);
    session.sees("名单文件").types("list.csv").sees("错误：").sees("每行一个收件人").types("lists/名单.csv");
    session.sees("哪一列是 openid").types("9").sees("没有 `9` 这一列").sees("[openid]").types("4");
    session.sees("消息文字").types("{{姓明}}您好\r.").sees("没有这一列").sees("您是不是想写 `姓名`");
    session.sees("消息文字").types("{{姓名}您好\r.").sees("模板写法有误");
    session.sees("消息文字").types("{{姓名}}您好\r.").sees("[是]").types("");
    let (code, shown) = session.ends();
    assert_eq!(code, 0, "{shown}");
    assert!(
        shown.contains("检查通过") && shown.contains("下一步：wxcast preview spring/campaign.toml"),
        "{shown}"
    );
}

#[test]
fn every_kind_asks_for_the_least_it_needs_and_plans_clean() {
    std::thread::scope(|scope| {
        for kind in KINDS {
            scope.spawn(move || least(*kind));
        }
    });
}

fn least(kind: Kind) {
    let world = world();
    let mut session = session(&world, "init a --lang zh-CN", &[("WXCAST_APPID", APPID)]);
    session.sees("[1]").types(kind.name()).sees(&format!("[{APPID}]")).types("");
    session.sees("名单文件").types("lists/名单.csv").sees("[openid]").types("").sees("{{姓名}}");
    let words = Catalog::new(Language::ZhCn);
    let fields: Vec<&str> = words.keys().filter(|key| key.starts_with("init.field.")).collect();
    let questions: Vec<&str> = fields.iter().filter_map(|key| words.get(key)).collect();
    let mut ends = questions.clone();
    ends.push("[是]");
    let mut asked = 0;
    loop {
        let index = session.sees_one_of(&ends);
        let Some(field) = fields.get(index) else { break };
        let answer = match *field {
            "init.field.appid" => APPID,
            "init.field.msgmenu-more" => "",
            "init.field.url"
            | "init.field.picurl"
            | "init.field.thumb_url"
            | "init.field.musicurl"
            | "init.field.hqmusicurl" => "https://example.com/a",
            _ => "101",
        };
        if kind == Kind::Text {
            session.types(answer).types(".");
        } else {
            session.types(answer);
        }
        asked += 1;
        assert!(asked < 9, "{kind} asks the same again: {}", field);
    }
    assert!((1..=4).contains(&asked), "{kind}: {asked}");
    session.types("").sees("检查通过").sees("下一步：wxcast preview a/campaign.toml");
    let plan = world.run(&["plan", "a/campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!((plan["kind"].as_str(), plan["planned"].as_u64()), (Some(kind.name()), Some(1)));
}

#[test]
fn of_a_workbook_with_several_sheets_it_asks_for_one_and_writes_it_down() {
    let world = World::new();
    let fixture = repository().join("tests/fixtures/two-lists.xlsx");
    fs::copy(fixture, world.path("会员.xlsx")).expect("a fixture");
    let mut session = session(&world, "init spring --lang zh-CN", &[("WXCAST_APPID", APPID)]);
    session.sees("[1]").types("").sees(&format!("[{APPID}]")).types("");
    session.sees("名单文件").types("会员.xlsx");
    session.sees("3 个工作表").sees("说明").sees("名单 (2)").sees("[名单]").types("4");
    session.sees("没有 `4` 这个工作表").sees("[名单]").types("名单 (2)");
    session.sees("5 列").sees("张三").sees("[openid]").types("");
    session.sees("消息文字").types("{{姓名}}您好\r.").sees("[是]").types("");
    let (code, shown) = session.ends();
    assert_eq!(code, 0, "{shown}");
    let toml = world.read("spring/campaign.toml");
    assert!(toml.contains("sheet = \"名单 (2)\""), "{toml}");
    let plan = world.run(&["plan", "spring/campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!((plan["sheet"].as_str(), plan["planned"].as_u64()), (Some("名单 (2)"), Some(3)));
}

#[test]
fn of_a_workbook_with_one_list_it_asks_for_no_sheet() {
    let world = World::new();
    fs::copy(repository().join("tests/fixtures/plain.xlsx"), world.path("list.xlsx")).expect("a fixture");
    let mut session = session(&world, "init spring", &[("WXCAST_APPID", APPID)]);
    session.sees("[1]").types("").sees(&format!("[{APPID}]")).types("");
    session.sees("The audience file").types("list.xlsx").sees("[openid]").types("");
    session.sees("The text").types("{{姓名}}\r.").sees("[yes]").types("");
    let (code, shown) = session.ends();
    assert_eq!(code, 0, "{shown}");
    assert!(!world.read("spring/campaign.toml").contains("sheet ="), "{shown}");
}

#[test]
fn ctrl_c_in_the_middle_leaves_nothing_behind() {
    let world = world();
    let mut session = session(&world, "init spring", &[]);
    session.sees("[1]").types("").sees("The AppID").types(APPID).sees("The audience file").keys("lists\u{3}");
    let (code, shown) = session.ends();
    assert_eq!(code, 130, "{shown}");
    assert!(!world.path("spring").exists(), "{shown}");
    assert_eq!(fs::read_dir(world.dir()).expect("a folder").count(), 1, "only the list is there");
}

#[test]
fn the_folder_is_asked_for_too_and_never_overwritten() {
    let world = world();
    world.file("mine/campaign.toml", "mine");
    let mut session = Session::start(&world, "init", &[]);
    session.sees("[campaign]").types("mine").sees("Nothing was written").sees("[campaign]").types("new");
    session.sees("[new]").keys("\u{3}");
    session.ends();
    let (code, shown) = Session::start(&world, "init mine", &[]).ends();
    assert_eq!(code, 2, "{shown}");
    assert_eq!(world.read("mine/campaign.toml"), "mine");
}

#[test]
fn the_list_in_the_place_of_the_folder_is_told_at_once_and_a_step_back_leads_to_the_folder() {
    let world = world();
    let mut session = Session::start(&world, "init", &[]);
    session.sees("[campaign]").types("'lists/名单.csv'").sees("is a file").sees("[campaign]").types("one");
    session.sees("[one]").types("<").sees("[campaign]").types("two").sees("[two]").keys("\u{3}");
    session.ends();
    let (code, shown) = Session::start(&world, "init lists/名单.csv", &[]).ends();
    assert_eq!(code, 2, "{shown}");
    assert!(shown.contains("is a file"), "{shown}");
}

#[test]
fn an_address_is_no_list_yet_and_the_sign_for_back_leads_out_of_a_text() {
    let world = world();
    let mut session = session(&world, "init a --lang zh-CN", &[("WXCAST_APPID", APPID)]);
    session.sees("[1]").types("").sees(&format!("[{APPID}]")).types("");
    session.sees("名单文件").types("https://docs.qq.com/sheet/abc").sees("先把名单下载");
    session.sees("名单文件").types("lists/名单.csv").sees("[openid]").types("");
    session.sees("消息文字").types("您好\r<").sees("[openid]").types("");
    session.sees("消息文字").types("{{姓名}}您好\r.").sees("[是]").types("");
    let (code, shown) = session.ends();
    assert_eq!(code, 0, "{shown}");
    let toml: toml::Table = world.read("a/campaign.toml").parse().expect("TOML");
    assert_eq!(toml["message"]["text"]["content"].as_str(), Some("{{姓名}}您好"));
}

#[test]
fn two_campaigns_made_at_once_are_two_campaigns() {
    let world = World::new();
    let made = |folder: &str| {
        world.run(&["init", folder, "--kind", "text"]).exits(0);
        let toml: toml::Table = world.read(&format!("{folder}/campaign.toml")).parse().expect("TOML");
        toml["campaign"]["id"].as_str().expect("an identity").to_owned()
    };
    let ids: std::collections::BTreeSet<String> = ["金卡", "银卡", "铜卡", "铁卡"].map(made).into();
    assert_eq!(ids.len(), 4, "{ids:?}");
}

#[test]
fn faults_of_rows_are_told_before_the_end() {
    let world = world();
    world.file("lists/名单.csv", format!("{AUDIENCE}2,李四,银卡,\n3,王五,银卡,{}\n", openid(3)));
    let mut session = session(&world, "init spring", &[]);
    session
        .sees("[1]")
        .types("")
        .sees("The AppID")
        .types(APPID)
        .sees("The audience file")
        .types("lists/名单.csv");
    session.sees("[openid]").types("").sees("The text").types("{{姓名}}\r.").sees("[yes]").types("");
    let (code, shown) = session.ends();
    assert_eq!(code, 3, "{shown}");
    assert!(shown.contains("openid-empty") && shown.contains("wxcast plan spring/campaign.toml"), "{shown}");
    assert!(world.path("spring/campaign.toml").is_file(), "what was answered is not lost");
}

#[test]
fn a_flag_or_no_terminal_means_no_questions() {
    let world = world();
    let (code, shown) = Session::start(&world, "init flagged --kind news", &[]).ends();
    assert_eq!(code, 0, "{shown}");
    assert!(world.path("flagged/audience.csv").is_file());
    world.run(&["init", "silent"]).exits(0);
    world.run(&["init"]).exits(2).says("wxcast init DIR");
}

#[test]
fn a_pasted_text_is_taken_to_its_end_and_shown_before_it_is_written() {
    let world = world();
    let mut session = session(&world, "init spring --lang zh-CN", &[("WXCAST_APPID", APPID)]);
    session.sees("[1]").types("").sees(&format!("[{APPID}]")).types("");
    session.sees("名单文件").types("lists/名单.csv").sees("[openid]").types("");
    session
        .sees("消息文字")
        .types("第一行\rtouch ran\r.")
        .sees("│ 第一行")
        .sees("│ touch ran")
        .sees("[是]")
        .types("重写");
    session
        .sees("消息文字")
        .types("{{姓名}}您好\r\r再见\r.")
        .sees("│ 张三您好")
        .sees("│ 再见")
        .sees("[是]")
        .types("是");
    let (code, shown) = session.ends();
    assert_eq!(code, 0, "{shown}");
    assert!(!world.path("ran").exists());
    let shown = world.run(&["preview", "spring/campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!(shown[0]["payload"]["text"]["content"], "张三您好\n\n再见");
}

#[test]
fn a_step_back_asks_the_question_before_again() {
    let world = world();
    let mut session = session(&world, "init spring", &[]);
    session.sees("[1]").types("<").sees("campaign called?").types("春季促销");
    session.sees("[1]").types("3").sees("The AppID").types("<").sees("[1]").types("1");
    session.sees("The AppID").types(APPID).sees("The audience file").types("lists/名单.csv");
    session.sees("[openid]").types("").sees("The text").types("<").sees("[openid]").types("");
    session.sees("The text").types("{{姓名}}\r.").sees("[yes]").types("");
    let (code, shown) = session.ends();
    assert_eq!(code, 0, "{shown}");
    let toml: toml::Table = world.read("spring/campaign.toml").parse().expect("TOML");
    assert_eq!(toml["campaign"]["title"].as_str(), Some("春季促销"));
    let id = toml["campaign"]["id"].as_str().expect("an identity");
    assert!(id.starts_with("spring-20") && id.len() == "spring-2026-03-08-104259-0a1b".len(), "{id}");
    assert_eq!(toml["results"]["file"].as_str(), Some(format!("{id}.results.csv").as_str()));
}

#[test]
fn in_chinese_the_results_are_a_workbook_beside_the_campaign() {
    let world = world();
    let mut session = session(&world, "init a --lang zh-CN", &[("WXCAST_APPID", APPID)]);
    session.sees("[1]").types("").sees(&format!("[{APPID}]")).types("");
    session.sees("名单文件").types("./lists/名\\单.csv").sees("[openid]").types("");
    session.sees("消息文字").types("x{{姓名}}\r.").sees("[是]").types("");
    assert_eq!(session.ends().0, 0);
    let toml: toml::Table = world.read("a/campaign.toml").parse().expect("TOML");
    let results = toml["results"].as_table().expect("a table");
    assert_eq!(results["language"].as_str(), Some("zh-CN"));
    assert!(
        results["file"]
            .as_str()
            .is_some_and(|file| file.starts_with("a-") && file.ends_with(".results.xlsx"))
    );
    assert_eq!(toml["campaign"]["title"].as_str(), Some("a"));
}

#[test]
fn what_is_no_appid_and_no_column_of_openids_is_asked_for_again() {
    let world = world();
    let mut session = session(&world, "init spring --lang zh-CN", &[]);
    session.sees("[1]").types("").sees("AppID").types("gh_123456").sees("再输入一次");
    session.sees("AppID").types(APPID).sees("名单文件").types("lists/名单.csv");
    session.sees("[openid]").types("姓名").sees("`张三`，不像 openid").sees("[openid]").types("");
    session.sees("消息文字").types("{{姓名}}\r.").sees("[是]").types("");
    let (code, shown) = session.ends();
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains("message.text"), "there is no file yet that has such a key: {shown}");
}

#[test]
fn a_second_line_that_was_pasted_is_no_answer_to_the_next_question() {
    let world = world();
    let mut session = session(&world, "init a --lang zh-CN", &[("WXCAST_APPID", APPID)]);
    // By what the list says of the kind, and back by the keys of a Chinese keyboard.
    session.sees("[1]").types("没有的").sees("没有 `没有的`").sees("[1]").types("图文卡片");
    session.sees(&format!("[{APPID}]")).types("《").sees("[1]").types("news");
    session.sees(&format!("[{APPID}]")).types("").sees("名单文件").types("& 'lists/名单.csv'");
    session.sees("[openid]").types("").sees("标题：").types("春季").sees("描述：").keys("第一行\r第二行\r");
    session.sees("一次来了 2 行").sees("描述：").types("一行");
    session.sees("点击后打开的链接").types("example.com").sees("不是链接").sees("点击后打开的链接");
    session.types("https://example.com/a").sees("图片的链接").types("https://example.com/a.png");
    session.sees("[是]").types("");
    let (code, shown) = session.ends();
    assert_eq!(code, 0, "{shown}");
    let toml: toml::Table = world.read("a/campaign.toml").parse().expect("TOML");
    let article = &toml["message"]["news"]["articles"][0];
    assert_eq!(
        (article["description"].as_str(), article["url"].as_str()),
        (Some("一行"), Some("https://example.com/a"))
    );
}

#[test]
fn a_menu_has_its_question_and_as_many_answers_as_somebody_gives() {
    let world = world();
    let mut session = session(&world, "init a --lang zh-CN", &[("WXCAST_APPID", APPID)]);
    session.sees("[1]").types("msgmenu").sees(&format!("[{APPID}]")).types("");
    session.sees("名单文件").types("lists/名单.csv").sees("[openid]").types("");
    session.sees("提问：").types("").sees("不能空着").sees("提问：").types("{{姓名}}，满意吗？");
    session.sees("第一个选项").types("满意").sees("下一个选项").types("不满意").sees("下一个选项").types("");
    session.sees("满意吗").sees("[是]").types("");
    let (code, shown) = session.ends();
    assert_eq!(code, 0, "{shown}");
    let shown = world.run(&["preview", "a/campaign.toml", "--format", "json"]).exits(0).json();
    let menu = &shown[0]["payload"]["msgmenu"];
    assert_eq!(menu["head_content"], "张三，满意吗？");
    assert_eq!(menu["list"][1]["content"], "不满意");
    assert_ne!(menu["list"][0]["id"], menu["list"][1]["id"]);
}

#[test]
fn a_text_ends_with_a_full_stop_of_a_chinese_keyboard_and_warnings_are_counted_at_the_end() {
    let world = world();
    let mut session = session(&world, "init a --lang zh-CN", &[("WXCAST_APPID", APPID)]);
    session.sees("[1]").types("").sees(&format!("[{APPID}]")).types("");
    session.sees("名单文件").types("“lists/名单.csv”").sees("[openid]").types("");
    session
        .sees("消息文字")
        .types("{姓名}您好 C:\\new\r。")
        .sees("│ {姓名}您好 C:\\new")
        .sees("[是]")
        .types("");
    let (code, shown) = session.ends();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("但有 2 处提醒") && !shown.contains("检查通过"), "{shown}");
}

#[test]
fn hidden_rows_are_asked_about_and_what_is_odd_is_told_before_the_question() {
    let world = world();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let rows = [["openid", "姓名"], [&openid(1), "张三"], [&openid(2), "李四"]];
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            sheet.write_string(row, column, cell).expect("a cell");
        }
    }
    sheet.set_row_hidden(1).expect("a row");
    world.file("lists/名单.xlsx", book.save_to_buffer().expect("a workbook"));
    let mut session = session(&world, "init spring", &[("WXCAST_APPID", APPID)]);
    session
        .sees("[1]")
        .types("")
        .sees(&format!("[{APPID}]"))
        .types("no id")
        .sees("`no id` is no AppID")
        .types(APPID);
    session.sees("The audience file").types("lists/名单.xlsx");
    session.sees("1 row of the list is hidden").sees("[skip]").types("").sees("[openid]").types("");
    session.sees("The text").types("{姓名}您好\r.").sees("is no variable").sees("[yes]").types("again");
    session.sees("The text").types("{{姓名}}您好\r.").sees("│ 李四您好").sees("[yes]").types("");
    let (code, shown) = session.ends();
    assert_eq!(code, 0, "{shown}");
    let toml: toml::Table = world.read("spring/campaign.toml").parse().expect("TOML");
    assert_eq!(toml["audience"]["hidden_rows"].as_str(), Some("skip"));
}
