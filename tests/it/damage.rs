//! What spreadsheets do to a CSV: one diagnostic a kind, with cells and the way to mend it.

use serde_json::Value as Json;

use crate::support::{World, openid};

/// Plans an audience whose column `code` has these cells.
fn plan(cells: &[String]) -> Json {
    let world = World::new();
    world.text_campaign("Hello {{code}}", "");
    let rows: String =
        cells.iter().enumerate().map(|(index, cell)| format!("{},{cell},\n", openid(index))).collect();
    world.file("audience.csv", format!("openid,code,other\n{rows}"));
    world.run(&["plan", "campaign.toml", "--format", "json"]).json()
}

fn told(plan: &Json) -> Vec<(&str, &str)> {
    let all = plan["diagnostics"].as_array().expect("diagnostics");
    all.iter().filter_map(|one| Some((one["code"].as_str()?, one["severity"].as_str()?))).collect()
}

fn column(sound: &str, count: usize, damaged: &[&str]) -> Vec<String> {
    let sound = (0..count).map(|index| sound.replace('N', &(100_000 + index).to_string()));
    sound.chain(damaged.iter().map(|cell| (*cell).to_owned())).collect()
}

#[test]
fn each_kind_of_damage_is_told_once_with_its_count_and_first_places() {
    let many = vec!["6.22E+17"; 25];
    let found = plan(&column("A-N", 3, &many));
    assert_eq!(told(&found), [("scientific-notation", "error")]);
    let fault = &found["diagnostics"][0];
    let message = fault["message"].as_str().expect("a message");
    assert!(
        message.contains("25 cells") && message.contains("B5, B6, B7, B8, B9, B10, B11, B12, B13, B14 …"),
        "{message}"
    );
    assert!(fault["help"].as_str().is_some_and(|help| help.contains("Data, From Text/CSV")), "{fault}");
    assert_eq!((&fault["line"], &fault["row"], &fault["column"]), (&5.into(), &4.into(), &30.into()));
}

#[test]
fn every_kind_is_known_and_only_what_is_surely_wrong_is_an_error() {
    for (cells, expected) in [
        (column("A-N", 3, &["#REF!"]), ("error-value", "error")),
        (column("622202123N456", 3, &["622202123456789000"]), ("lost-digits", "warning")),
        (column("N", 20, &["99999", "9999"]), ("lost-leading-zeros", "warning")),
        (column("3-N", 5, &["3-May", "3月5日"]), ("code-became-date", "warning")),
        (column("A-N", 3, &["'00123"]), ("leading-apostrophe", "warning")),
        (column("A-N", 3, &["`0012", "\"=\"\"0012\"\"\""]), ("text-mark", "warning")),
        (column("A-N", 3, &["NULL", "\\N", "nan", "None"]), ("null-word", "warning")),
        (column("A-N", 3, &["张\u{fffd}", "锟斤拷", "??"]), ("destroyed-characters", "error")),
        (column("A-N", 3, &["å¼\u{a0}ä¸‰", "JosÃ©"]), ("misread-characters", "warning")),
        (column("A-N", 3, &["鏉庡洓", "鐜嬪皬鏄", "ÀîËÄ"]), ("misread-characters", "warning")),
        (column("A-N", 3, &["王?明", "?莉", "李□"]), ("lost-characters", "warning")),
        (column("A-N", 3, &["\"=DISPIMG(\"\"ID_4B7A\"\",1)\""]), ("picture-in-cell", "error")),
        (column("N", 3, &["041176", "41178"]), ("lost-leading-zeros", "warning")),
        (column("A-N", 3, &["王\u{e863}"]), ("private-use", "warning")),
        (column("A-N", 3, &["一\\n二", "一<br/>二", "一&nbsp;二"]), ("markup-in-cell", "warning")),
        (column("A-N", 3, &["", " "]), ("blank-cells", "warning")),
        (
            column(
                "A-N",
                3,
                &["小\u{202e}明", "\u{3164}", "a\u{ad}b", "张\u{200d}三", "a\u{85}", "a\u{fdd0}"],
            ),
            ("invisible-characters", "warning"),
        ),
        (column("A-N", 3, &["A1\u{3000}", " A2", "A3\u{a0}"]), ("blanks-around", "warning")),
        (column("A-N", 3, &["A\u{200b}1"]), ("invisible-characters", "warning")),
        (column("A-N", 3, &["ＳＰＲＩＮＧ－１"]), ("full-width", "warning")),
    ] {
        assert_eq!(told(&plan(&cells)), [expected], "{cells:?}");
    }
}

#[test]
fn usual_lists_are_told_nothing() {
    for cells in [
        column("N", 50, &[]),
        column("N元", 5, &["99元", "5元"]),
        column("SPRING-N", 5, &["SPRING-1", "1E5"]),
        // Counts and amounts are as wide as they are.
        (1..500).map(|n| n.to_string()).collect(),
        (1..500).map(|n| format!("{}.50", n * 7)).collect(),
        // Dates are a column of their own.
        vec!["2026/3/5".into(), "2026/12/31".into(), "2026/1/1".into()],
        vec![
            "13800138000".into(),
            "13900139000".into(),
            "15000150000".into(),
            "18600186000".into(),
            "18800188000".into(),
        ],
        vec!["62220212345678901".into(), "62220212345678990".into(), "62220212345678912".into()],
        vec![
            "张三".into(),
            "O'Neil".into(),
            "“小王”，您好！".into(),
            "👨\u{200d}👩\u{200d}👧".into(),
            "❤\u{fe0f}\u{200d}🔥".into(),
            "葛\u{e0100}".into(),
            "王䶮".into(),
            "José".into(),
            "<a href='https://example.com/?a=1&b=2'>x</a>".into(),
            "第#1名".into(),
        ],
    ] {
        assert_eq!(told(&plan(&cells)), [], "{cells:?}");
    }
}

#[test]
fn a_name_of_a_column_that_was_read_in_the_wrong_encoding_is_told_beside_what_it_was() {
    let world = World::new();
    world.text_campaign("{{姓名}}您好", "");
    world.file("audience.csv", format!("openid,濮撳悕\n{},鏉庡洓\n", openid(1)));
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json();
    let all = plan["diagnostics"].as_array().expect("diagnostics");
    let misread = all.iter().find(|one| one["code"] == "misread-characters").expect("it is told");
    let message = misread["message"].as_str().expect("a message");
    assert!(message.contains("`濮撳悕`, which was `姓名`: B1"), "{message}");
}

#[test]
fn a_column_that_nobody_uses_is_left_alone() {
    let world = World::new();
    world.text_campaign("Hello", "");
    world.file("audience.csv", format!("openid,code\n{},#REF!\n{},6.22E+17\n", openid(1), openid(2)));
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!(told(&plan), []);
}

#[test]
fn a_destroyed_openid_is_told_as_what_destroyed_it() {
    let world = World::new();
    world.text_campaign("Hello", "");
    world.file("audience.csv", "openid\n6.22E+17\n#N/A\n");
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json();
    assert_eq!(told(&plan), [("error-value", "error"), ("scientific-notation", "error")]);
}

#[test]
fn faulty_cells_can_be_skipped_with_their_rows() {
    let world = World::new();
    world.text_campaign("Hello {{code}}", "");
    world.edit("campaign.toml", "audience.csv\"", "audience.csv\"\ninvalid_rows = \"skip\"");
    world.file("audience.csv", format!("openid,code\n{},#REF!\n{},A1\n", openid(1), openid(2)));
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!(
        (told(&plan), &plan["planned"], &plan["invalid"]),
        (vec![("error-value", "warning")], &1.into(), &1.into())
    );
}

#[test]
fn cells_are_named_as_excel_counts_them() {
    let world = World::new();
    world.text_campaign("Hello {{code}}", "");
    // A cell of two lines is one row in Excel, a blank line is one, too.
    let rows = format!("{},\"two\nlines\"\n\n{},#REF!\n", openid(1), openid(2));
    world.file("audience.csv", format!("openid,code\n{rows}"));
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json();
    let fault = &plan["diagnostics"][0];
    assert!(fault["message"].to_string().contains("B4."), "{fault}");
    assert_eq!(fault["line"], 5);
}

#[test]
fn blanks_that_nobody_sees_around_a_column_s_name_do_not_count() {
    let world = World::new();
    world.text_campaign("Hello {{姓名}}", "");
    world.file("audience.csv", format!("\u{200b}openid\u{a0},\u{3000}姓名\u{feff}\n{},张三\n", openid(1)));
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!((told(&plan), &plan["planned"]), (vec![], &1.into()));
    world.file("audience.csv", format!("ｏｐｅｎｉｄ,姓名\n{},张三\n", openid(1)));
    world.run(&["plan", "campaign.toml"]).exits(3).says("did you mean `ｏｐｅｎｉｄ`");
}

#[test]
fn what_a_text_or_character_was_is_said() {
    let said = |cell: &str, words: &[&str]| {
        let found = plan(&column("A-N", 3, &[cell]));
        let message = found["diagnostics"][0]["message"].as_str().expect("a message").to_owned();
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    };
    said("å¼\u{a0}ä¸‰", &["1 cell", "B5", "was `张三`"]);
    said("å¼ ä¸‰", &["was `张三`"]);
    said("王\u{e863}", &["B5", "U+E863 is 䶮 (U+4DAE)"]);
    said("王\u{e415}", &["an empty box for them."]);
}

#[test]
fn blanks_around_a_cell_that_only_a_condition_compares_are_told() {
    let world = World::new();
    world.text_campaign("x", "");
    world.edit("campaign.toml", "'''x'''", "'{{#if (eq 等级 \"金卡\")}}7 折{{else}}原价{{/if}}'");
    world.file(
        "audience.csv",
        format!("openid,等级\n{},金卡 \n{},金卡\u{a0}\n{},金卡\n", openid(1), openid(2), openid(3)),
    );
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!(told(&plan), [("blanks-around", "warning")]);
    assert!(plan["diagnostics"][0]["message"].to_string().contains("2 cells"), "{plan}");
    world.edit("campaign.toml", "(eq 等级", "(eq (trim 等级)");
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!(told(&plan), []);
}

#[test]
fn blank_cells_are_told_where_they_leave_a_gap() {
    let blank = |text: &str, more: &str| {
        let world = World::new();
        world.text_campaign(text, more);
        world.file(
            "audience.csv",
            format!("openid,name\n{},\n{},\u{3000}\n{},张三\n", openid(1), openid(2), openid(3)),
        );
        let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
        told(&plan).iter().map(|(code, _)| (*code).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(blank("{{name}}，您好！", ""), ["blank-cells"]);
    assert_eq!(blank("{{#if name}}{{name}}，{{/if}}您好！", ""), [""; 0]);
    assert_eq!(blank("{{default name '客户'}}，您好！", ""), [""; 0]);
    assert_eq!(blank("{{name}}，您好！", "[audience.columns.name]\ndefault = \"客户\"\n"), [""; 0]);
}

#[test]
fn cells_that_a_helper_cannot_read_are_told_once_a_kind_and_column() {
    let world = World::new();
    world.text_campaign("{{number a}} {{date b \"%Y\"}}", "");
    let rows: String = (0..239).map(|index| format!("{},x{index},2026-03-08\n", openid(index))).collect();
    world.file("audience.csv", format!("openid,a,b\n{rows}{},1,never\n", openid(239)));
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json();
    assert_eq!(told(&plan), [("render-failed", "error"); 2]);
    let message =
        |index: usize| plan["diagnostics"][index]["message"].as_str().expect("a message").to_owned();
    assert!(
        message(0)
            .contains(": x0 (column `a`); so it is in 239 rows: B2, B3, B4, B5, B6, B7, B8, B9, B10, B11 …"),
        "{}",
        message(0)
    );
    assert!(message(1).ends_with("never (column `b`)"), "{}", message(1));
    assert_eq!((&plan["diagnostics"][0]["row"], &plan["invalid"]), (&1.into(), &240.into()));
}

#[test]
fn a_sum_or_a_note_below_the_list_is_told_as_what_it_is_and_nothing_more() {
    let world = World::new();
    world.text_campaign("Hello {{code}}", "");
    world.file("audience.csv", format!("openid,code\n{},A1\n合 计,\n注：以上为会员,\n", openid(1)));
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json();
    assert_eq!(told(&plan), [("row-of-nobody", "error")]);
    let message = plan["diagnostics"][0]["message"].as_str().expect("a message");
    assert!(message.contains("2 rows") && message.contains("A3, A4"), "{message}");
    world.edit("campaign.toml", "audience.csv\"", "audience.csv\"\ninvalid_rows = \"skip\"");
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!((told(&plan), &plan["planned"]), (vec![("row-of-nobody", "warning")], &1.into()));
}
