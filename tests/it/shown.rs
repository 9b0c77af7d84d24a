//! What a workbook shows is what people read.

use serde_json::Value as Json;

use crate::support::sheets::{self, built_in, numbers, sheet, xlsx, zipped};
use crate::support::{Platform, World, openid, repository};

/// A campaign to a workbook of these bytes; `audience` are more keys of that table.
fn world(name: &str, bytes: Vec<u8>, content: &str, audience: &str) -> World {
    let world = World::new();
    world.text_campaign(content, "");
    world.edit("campaign.toml", "audience.csv\"", &format!("{name}\"\n{audience}"));
    world.file(name, bytes);
    world
}

fn texts(world: &World) -> Vec<String> {
    let args = ["preview", "campaign.toml", "--format", "json", "--limit", "100"];
    let shown = world.run(&args).exits(0).json();
    let all = shown.as_array().expect("messages");
    all.iter().map(|one| one["payload"]["text"]["content"].as_str().expect("a text").to_owned()).collect()
}

fn plan(world: &World, code: i32) -> Json {
    world.run(&["plan", "campaign.toml", "--format", "json"]).exits(code).json()
}

fn only_fault<'p>(plan: &'p Json, code: &str) -> &'p Json {
    let all = plan["diagnostics"].as_array().expect("diagnostics");
    let errors: Vec<&Json> = all.iter().filter(|one| one["severity"] == "error").collect();
    assert_eq!(errors.len(), 1, "{plan:#}");
    assert_eq!(errors[0]["code"], code, "{plan:#}");
    errors[0]
}

#[test]
fn zeros_percent_currency_and_dates_are_sent_as_excel_shows_them() {
    let cells = [
        (41_176.0, "000000"),
        (0.9, "0%"),
        (18_472.66, "\"¥\"#,##0.00"),
        (46_086.0, "yyyy\"年\"m\"月\"d\"日\""),
        (0.75, "h:mm"),
        (13_800_138_000.0, "General"),
    ];
    let world = world("a.xlsx", numbers(&cells), "{{a}}", "");
    assert_eq!(texts(&world), ["041176", "90%", "¥18,472.66", "2026年3月5日", "18:00", "13800138000"]);
}

#[test]
fn a_column_can_ask_for_the_bare_value_instead() {
    let cells = [(41_176.0, "000000"), (0.9, "0%"), (18_472.66, "\"¥\"#,##0.00")];
    let world = world("a.xlsx", numbers(&cells), "{{a}}", "[audience.columns.a]\nformat = \"value\"\n");
    assert_eq!(texts(&world), ["41176", "0.9", "18472.66"]);
}

#[test]
fn the_results_keep_what_was_shown() {
    let (world, platform) = (world("a.xlsx", numbers(&[(0.9, "0%")]), "{{a}}", ""), Platform::new(""));
    assert_eq!(world.send(&platform).exits(0).counts(), "1 sent");
    let results = world.read("spring.local.results.csv");
    assert!(results.contains(&format!("{},90%,sent,0,", openid(1))), "{results}");
}

#[test]
fn what_programs_show_differently_is_a_fault_with_cell_value_and_format() {
    for (value, format, code, shown) in [
        (1.0 / 3.0, "General", "cell-format", "0.333333333333333"),
        (202_611_290_001.0, "General", "cell-format", "202611290001"),
        (0.25, "[DBNum2][$-804]0.00", "cell-format", "0.25"),
        (46_086.0, "ggge\"年\"", "date-cell", "2026-03-05"),
        (46_086.0, "[DBNum1][$-804]yyyy\"年\"", "date-cell", "2026-03-05"),
        (60.0, "yyyy-mm-dd", "date-cell", "60"),
    ] {
        let world = world("a.xlsx", numbers(&[(1.0, "0"), (value, format)]), "{{a}}", "");
        let plan = plan(&world, 3);
        let message = only_fault(&plan, code)["message"].as_str().expect("a message").to_owned();
        for part in ["B3", shown, format, "`a`"] {
            assert!(message.contains(part), "{part} in {message}");
        }
    }
}

#[test]
fn dates_in_the_computers_own_way_are_sent_as_excel_in_china_shows_them_and_told_once() {
    let at = 46_089.378_472_222_22;
    let cells = [14, 22, 27, 28, 31, 32, 33, 34, 30, 57, 58].map(|format| (at, format));
    let shown = world("a.xlsx", built_in(&cells), "{{a}}", "");
    assert_eq!(
        texts(&shown),
        [
            "2026/3/8",
            "2026/3/8 9:05",
            "2026年3月",
            "3月8日",
            "2026年3月8日",
            "9时05分",
            "9时05分00秒",
            "上午9时05分",
            "3-8-26",
            "2026年3月",
            "3月8日"
        ]
    );
    let found = plan(&shown, 0);
    let all = found["diagnostics"].as_array().expect("diagnostics");
    assert_eq!(all.iter().filter(|one| one["code"] == "regional-date").count(), 1, "{found:#}");
    let message = all[0]["message"].as_str().expect("a message");
    for part in ["11 cells", "`a`", "`yyyy/m/d`", "B2, B3", "B11 …", "2026/3/8"] {
        assert!(message.contains(part), "{part} in {message}");
    }
    assert_eq!((&all[0]["line"], &all[0]["column"]), (&1.into(), &2.into()), "{found:#}");
    let unused = plan(&world("a.xlsx", built_in(&cells), "x", ""), 0);
    assert_eq!(unused["diagnostics"].as_array().map(Vec::len), Some(0), "{unused:#}");
}

#[test]
fn the_long_date_of_a_computer_and_words_without_a_language_are_those_of_excel_in_china() {
    let cells = [
        (46_089.5, "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy"),
        (46_089.5, "[$-F400]h:mm:ss\\ AM/PM"),
        (46_089.0, "aaaa"),
        (46_089.0, "[$-804]aaa;@"),
        (46_089.0, "d-mmm-yy"),
        (46_089.0, "e\"年\"m\"月\""),
    ];
    let world = world("a.xlsx", numbers(&cells), "{{a}}", "");
    assert_eq!(texts(&world), ["2026年3月8日", "12:00:00", "星期日", "日", "8-Mar-26", "2026年3月"]);
    let found = plan(&world, 0);
    assert!(found["diagnostics"][0]["message"].to_string().contains("5 cells"), "{found:#}");
}

#[test]
fn a_column_that_says_how_its_dates_are_written_is_not_told_of_them() {
    for (format, text) in [
        ("shown", "2026/3/8"),
        ("yyyy-mm-dd", "2026-03-08"),
        ("YYYY/MM/DD", "2026/03/08"),
        ("m月d日", "3月8日"),
        ("[$-804]aaaa", "星期日"),
        ("%Y年%-m月%-d日", "2026年3月8日"),
        ("value", "2026-03-08"),
    ] {
        let column = format!("[audience.columns.a]\nformat = \"{format}\"\n");
        let world = world("a.xlsx", built_in(&[(46_089.0, 14)]), "{{a}}", &column);
        assert_eq!(texts(&world), [text], "{format}");
        let found = plan(&world, 0);
        assert_eq!(found["diagnostics"].as_array().map(Vec::len), Some(0), "{found:#}");
    }
    for format in ["0.00", "date", "shwon", "g", "yyyy-qq", ""] {
        let column = format!("[audience.columns.a]\nformat = \"{format}\"\n");
        let world = world("a.xlsx", built_in(&[(46_089.0, 14)]), "{{a}}", &column);
        assert!(only_fault(&plan(&world, 3), "bad-value")["message"].to_string().contains("yyyy-mm-dd"));
    }
}

#[test]
fn dates_that_a_cell_keeps_in_words_are_dates() {
    let rows = |cell: &str| {
        let row =
            format!("<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>{}</t></is></c>{cell}</row>", openid(1));
        format!(
            "<sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c></row>{row}</sheetData>"
        )
    };
    let cell = |iso: &str| rows(&format!("<c r=\"B2\" s=\"1\" t=\"d\"><v>{iso}</v></c>"));
    let texts_of = |iso: &str, format: &str, audience: &str| {
        texts(&world("a.xlsx", xlsx(&cell(iso), &["openid", "a"], &[format]), "{{a}}", audience))
    };
    assert_eq!(texts_of("2026-03-05T00:00:00", "yyyy/m/d", ""), ["2026/3/5"]);
    assert_eq!(texts_of("2026-03-05T10:30:00.000Z", "m\"月\"d\"日\" h:mm", ""), ["3月5日 10:30"]);
    let pattern = "[audience.columns.a]\nformat = \"%m月%d日\"\n";
    assert_eq!(texts_of("2026-03-05", "General", pattern), ["03月05日"]);
    let torn = world("a.xlsx", xlsx(&cell("2026-02-30"), &["openid", "a"], &["yyyy"]), "{{a}}", pattern);
    only_fault(&plan(&torn, 3), "date-cell");
}

#[test]
fn several_visible_sheets_with_rows_need_a_name() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let first = openid(1);
    for (name, rows) in [
        ("填写说明", vec![vec!["请按下表填写"]]),
        ("发送名单", vec![vec!["五一发送名单"], vec!["openid", "姓名"], vec![first.as_str(), "张三"]]),
        ("已购买", vec![vec!["openid", "姓名"], vec![first.as_str(), "李四"]]),
        ("Sheet4", vec![]),
    ] {
        let sheet = book.add_worksheet();
        sheet.set_name(name).expect("a name");
        for (row, cells) in (0..).zip(rows) {
            for (column, cell) in (0..).zip(cells) {
                sheet.write_string(row, column, cell).expect("a cell");
            }
        }
    }
    let world = world("a.xlsx", book.save_to_buffer().expect("a workbook"), "{{姓名}}", "");
    let found = plan(&world, 3);
    let fault = only_fault(&found, "several-sheets");
    assert!(fault["message"].to_string().contains("填写说明, 发送名单, 已购买"), "{fault}");
    world.edit("campaign.toml", "a.xlsx\"\n", "a.xlsx\"\nsheet = \"发送名单\"\n");
    let found = plan(&world, 3);
    assert!(only_fault(&found, "title-above-names")["help"].to_string().contains("header_row = 2"));
    world.edit("campaign.toml", "发送名单\"\n", "发送名单\"\nheader_row = 2\n");
    assert_eq!(texts(&world), ["张三"]);
}

#[test]
fn a_title_in_a_csv_is_told_once_and_passed_over_where_the_campaign_says_so() {
    let world = World::new();
    world.text_campaign("{{姓名}}", "");
    world.file(
        "audience.csv",
        format!("五一活动名单,,\n制表：市场部,,\nopenid,姓名,备注\n{},张三,\n", openid(1)),
    );
    let found = plan(&world, 3);
    let fault = only_fault(&found, "title-above-names");
    assert!(fault["message"].to_string().contains("row 3"), "{fault}");
    assert!(fault["help"].to_string().contains("header_row = 3"), "{fault}");
    world.edit("campaign.toml", "audience.csv\"\n", "audience.csv\"\nheader_row = 3\n");
    assert_eq!(texts(&world), ["张三"]);
    // Also where nobody can say which of the names is the openid's.
    world.edit("campaign.toml", "header_row = 3\n", "");
    world.file("audience.csv", format!("五一活动名单,,\n会员OpenID,姓名,备注\n{},张三,\n", openid(1)));
    assert!(only_fault(&plan(&world, 3), "title-above-names")["help"].to_string().contains("header_row = 2"));
    world.edit("campaign.toml", "audience.csv\"\n", "audience.csv\"\nheader_row = 40\n");
    only_fault(&plan(&world, 3), "header-row-empty");
}

#[test]
fn the_line_that_declares_a_delimiter_for_excel_is_none_of_the_table() {
    let world = World::new();
    world.text_campaign("{{姓名}}", "");
    world.file("audience.csv", format!("sep=;\r\nopenid;姓名\r\n{};\"张,三\"\r\n", openid(1)));
    assert_eq!(texts(&world), ["张,三"]);
}

#[test]
fn hidden_rows_are_a_fault_until_somebody_says_what_they_are() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let list = book.add_worksheet();
    for (column, name) in (0..).zip(["openid", "姓名"]) {
        list.write_string(0, column, name).expect("a cell");
    }
    for row in 1..5u32 {
        list.write_string(row, 0, openid(row as usize)).expect("a cell");
        list.write_string(row, 1, format!("第{row}位")).expect("a cell");
    }
    list.set_row_hidden(2).expect("a row");
    list.set_row_height(3, 0).expect("a row");
    let bytes = book.save_to_buffer().expect("a workbook");
    let told = world("a.xlsx", bytes.clone(), "{{姓名}}", "");
    let found = plan(&told, 3);
    assert!(only_fault(&found, "hidden-rows")["message"].to_string().contains("rows 3, 4"), "{found:#}");
    let skipping = world("a.xlsx", bytes.clone(), "{{姓名}}", "hidden_rows = \"skip\"\n");
    assert_eq!(texts(&skipping), ["第1位", "第4位"]);
    let found = plan(&skipping, 0);
    assert_eq!((&found["planned"], &found["skipped"], &found["rows"]), (&2.into(), &2.into(), &4.into()));
    assert_eq!(found["skipped_by_reason"]["hidden"], 2);
    let platform = Platform::new("");
    assert_eq!(skipping.send(&platform).exits(0).counts(), "2 sent, 2 skipped");
    assert!(skipping.read("spring.local.results.csv").contains("第2位,skipped"));
    let including = world("a.xlsx", bytes, "{{姓名}}", "hidden_rows = \"include\"\n");
    assert_eq!(plan(&including, 0)["planned"], 4);
}

#[test]
fn files_of_other_programs_are_read_as_they_are_meant() {
    // A macro sheet beside the list, shared texts in a part of another name, an extension inside a cell, an error in a
    // column that nobody uses, and `\` between folders.
    let first = openid(1);
    let rows = format!(
        "<sheetData><row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c><c t=\"s\"><v>2</v></c></row>\
         <row><c t=\"inlineStr\"><is><t>{first}</t></is></c><c t=\"s\"><v>3</v><extLst><ext><v>9</v></ext></extLst></c>\
         <c t=\"e\"><v>#SPILL!</v></c></row></sheetData>"
    );
    let bytes = zipped(&[
        (
            "xl\\workbook.xml",
            "<x:workbook><x:sheets><x:sheet name=\"Macro1\" r:id=\"m\"/><x:sheet name=\"名单\" r:id=\"s\"/></x:sheets></x:workbook>",
        ),
        (
            "xl\\_rels\\workbook.xml.rels",
            "<Relationships><Relationship Id=\"m\" Type=\"http://x/xlMacrosheet\" Target=\"macrosheets/sheet1.xml\"/>\
             <Relationship Id=\"s\" Type=\"http://x/worksheet\" Target=\"/xl/worksheets/sheet1.xml\"/>\
             <Relationship Id=\"t\" Type=\"http://x/sharedStrings\" Target=\"texts.xml\"/></Relationships>",
        ),
        (
            "xl\\macrosheets\\sheet1.xml",
            "<xm:macrosheet><sheetData><row><c><v>1</v></c></row></sheetData></xm:macrosheet>",
        ),
        (
            "xl\\texts.xml",
            "<sst><si><t>openid</t></si><si><t>姓名</t></si><si><t>余额</t></si><si><r><t>张</t></r><r><t>三</t></r><rPh><t>zhang</t></rPh></si></sst>",
        ),
        ("xl\\worksheets\\sheet1.xml", &format!("<worksheet>{rows}</worksheet>")),
    ]);
    assert_eq!(texts(&world("a.xlsx", bytes, "{{姓名}}", "")), ["张三"]);
    let pretty = format!(
        "<office:document-content><office:automatic-styles><style:style style:name=\"p\" style:data-style-name=\"N10\"/>\
         </office:automatic-styles><office:body><office:spreadsheet>\n <table:table table:name=\"名单\">\n  <table:table-row>\n\
         <table:table-cell office:value-type=\"string\">\n <text:p>openid</text:p>\n</table:table-cell>\n\
         <table:table-cell office:value-type=\"string\">\n <text:p>折扣</text:p>\n</table:table-cell>\n  </table:table-row>\n\
         <table:table-row>\n <table:table-cell office:value-type=\"string\">\n  <text:p>{first}</text:p>\n </table:table-cell>\n\
         <table:table-cell table:style-name=\"p\" office:value-type=\"percentage\" office:value=\"0.9\">\n  <text:p>90%</text:p>\n </table:table-cell>\n\
         </table:table-row>\n </table:table>\n</office:spreadsheet></office:body></office:document-content>"
    );
    assert_eq!(texts(&world("a.ods", zipped(&[("content.xml", &pretty)]), "{{折扣}}", "")), ["90%"]);
}

#[test]
fn a_cell_that_was_left_far_away_is_told_once() {
    let cells = [(0, 0, "openid"), (1, 0, &*openid(1)), (2, 0, &*openid(2)), (2, 16_383, "x")];
    let world = world("a.xlsx", sheet(&cells), "x", "");
    let found = plan(&world, 0);
    let all = found["diagnostics"].as_array().expect("diagnostics");
    assert_eq!((all.len(), &all[0]["code"]), (1, &"stray-cells".into()), "{found:#}");
    assert!(all[0]["message"].to_string().contains("XFD3"), "{found:#}");
}

#[test]
fn some_of_the_columns_of_results_are_a_fault_and_all_of_them_are_results() {
    let world = World::new();
    world.text_campaign("x", "");
    world.file("audience.csv", format!("openid,错误码\n{},0\n", openid(1)));
    assert!(only_fault(&plan(&world, 3), "results-columns")["message"].to_string().contains("错误码"));
}

#[test]
fn names_that_look_alike_are_told_apart_by_their_numbers() {
    for (asked, header, told) in [
        ("手机", "\u{2F3F}机", "character 1 of `\u{2F3F}机` is \u{2F3F} U+2F3F, not 手 U+624B"),
        ("手机", "手\u{200b}机", "character 2 of `手\u{200b}机` is U+200B, which nobody sees"),
        ("手\u{200b}机", "手机", "character 2 of `手\u{200b}机` is U+200B, which nobody sees"),
        ("full name", "full\u{a0}name", "character 5 of `full\u{a0}name` is U+00A0, not U+0020"),
        ("caf\u{e9}", "cafe\u{301}", "is e U+0065 + U+0301, not \u{e9} U+00E9"),
    ] {
        let world = World::new();
        world.text_campaign(&format!("{{{{[{asked}]}}}}"), "");
        world.file("audience.csv", format!("openid,{header}\n{},x\n", openid(1)));
        let found = plan(&world, 3);
        let help = only_fault(&found, "unknown-variable")["help"].as_str().expect("a help").to_owned();
        assert!(help.contains("look alike") && help.contains(told), "{help}");
    }
    let world = World::new();
    world.text_campaign("x", "");
    world.file("audience.csv", format!("open\u{200b}id,name\n{},x\n", openid(1)));
    let found = plan(&world, 3);
    assert!(only_fault(&found, "openid-column-missing")["help"].to_string().contains("U+200B"), "{found:#}");
}

#[test]
fn columns_with_a_bracket_or_called_this_can_be_written_as_the_fault_says() {
    for (wrong, right) in [("a]b", "[a\\]b]"), ("[a]b]", "[a\\]b]"), ("this", "[this]")] {
        let world = World::new();
        world.text_campaign(&format!("{{{{{wrong}}}}}"), "");
        let name = if wrong == "this" { "this" } else { "a]b" };
        world.file("audience.csv", format!("openid,{name}\n{},张三\n", openid(1)));
        let found = plan(&world, 3);
        let fault = &found["diagnostics"][0];
        let told =
            format!("{} {}", fault["message"].as_str().expect("text"), fault["help"].as_str().expect("text"));
        assert!(told.contains(&format!("{{{{{}}}}}", right)), "{told}");
        world.text_campaign(&format!("{{{{{right}}}}}"), "");
        assert_eq!(texts(&world), ["张三"]);
    }
}

#[test]
fn tables_in_other_formats_are_said_to_be_what_they_are() {
    let fods = "<?xml version=\"1.0\"?>\n<office:document xmlns:office=\"x\" office:mimetype=\"x\"/>";
    let xml = "<?xml version=\"1.0\"?>\n<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"/>";
    for (name, content, kind) in [
        ("list.fods", fods, ".fods"),
        ("list.ods", fods, ".fods"),
        ("list.slk", "ID;PWXL;N;E\r\nC;Y1;X1;K\"openid\"\r\nE\r\n", "SYLK"),
        ("list.xls", "ID;PWXL;N;E\r\nC;Y1;X1;K\"openid\"\r\nE\r\n", "SYLK"),
        ("list.xls", xml, "Excel 2003"),
        ("list.xml", xml, "Excel 2003"),
        ("list.csv", "<html><table><tr><td>openid</td></tr></table></html>", "web page"),
    ] {
        let found = plan(&world(name, content.as_bytes().to_vec(), "x", ""), 3);
        let code = if name.ends_with("xls") || name.ends_with("ods") && !name.ends_with("fods") {
            "not-a-workbook"
        } else {
            "audience-not-text"
        };
        assert!(only_fault(&found, code)["message"].to_string().contains(kind), "{name}: {found:#}");
    }
}

#[test]
fn what_is_packed_or_written_by_another_program_is_said_to_be_that() {
    let list = sheets::sheet(&[(0, 0, "openid"), (1, 0, &openid(1))]);
    let packed = sheets::zipped_bytes(&[("名单.xlsx", &list)]);
    let word = sheets::zipped(&[("[Content_Types].xml", "<Types/>"), ("word/document.xml", "<w/>")]);
    let slides = sheets::zipped(&[("ppt/presentation.xml", "<p/>")]);
    let numbers = sheets::zipped(&[("Index/Document.iwa", "x"), ("Metadata/Properties.plist", "x")]);
    let zip = sheets::zipped(&[("readme.md", "x")]);
    for (bytes, kind) in [
        (packed, "a zip file with a workbook in it"),
        (word, "a Word document"),
        (slides, "a PowerPoint presentation"),
        (numbers, "Apple Numbers"),
        (zip, "a zip file"),
        (vec![0; 3000], "neither a workbook nor text"),
    ] {
        for (name, code) in [("list.xlsx", "not-a-workbook"), ("list.csv", "audience-not-text")] {
            let found = plan(&world(name, bytes.clone(), "x", ""), 3);
            let message = only_fault(&found, code)["message"].to_string();
            assert!(message.contains(kind), "{name}: {message}");
        }
    }
}

#[test]
fn a_sheet_that_is_no_xml_and_a_workbook_without_sheets_are_damaged_and_not_empty() {
    let book =
        "<workbook xmlns:r=\"r\"><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>";
    let relations = "<Relationships><Relationship Id=\"rId1\" Type=\"x/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>";
    for (book, sheet) in [(book, "hello"), (book, ""), ("<workbook><sheets/></workbook>", "<worksheet/>")] {
        let parts = [
            ("xl/workbook.xml", book),
            ("xl/_rels/workbook.xml.rels", relations),
            ("xl/worksheets/sheet1.xml", sheet),
        ];
        let found = plan(&world("list.xlsx", sheets::zipped(&parts), "x", ""), 3);
        only_fault(&found, "workbook-unreadable");
    }
}

#[test]
fn a_text_that_uses_no_column_is_noted_where_there_are_some() {
    let note = "uses no column of the list";
    let world = World::with_recipients(1);
    world.text_campaign("Hello", "");
    world.run(&["plan", "campaign.toml"]).exits(0).says(note);
    world.text_campaign("Hello {{name}}", "");
    assert!(!world.run(&["plan", "campaign.toml"]).exits(0).stderr.contains(note));
    world.text_campaign("Hello", "");
    world.file("audience.csv", format!("openid\n{}\n", openid(1)));
    assert!(!world.run(&["plan", "campaign.toml"]).exits(0).stderr.contains(note));
}

/// One difference is meant. LibreOffice writes the blanks that a format leaves for signs and brackets: nobody reads them,
/// and a message has none.
#[test]
fn what_libreoffice_shows_of_fifty_formats_is_what_is_sent() {
    let fixture =
        |name: &str| std::fs::read(repository().join("tests/fixtures").join(name)).expect("a fixture");
    let skip = "invalid_rows = \"skip\"\n";
    let shown = texts(&world("formats.xlsx", fixture("formats.xlsx"), "{{文字}}", skip));
    let mut exported = csv::Reader::from_reader(&*fixture("formats.csv").leak());
    let exported: Vec<_> = exported.records().map(|row| row.expect("a row")).collect();
    assert_eq!(shown.len(), exported.len());
    assert!(exported.len() > 45);
    for (shown, row) in shown.iter().zip(&exported) {
        assert_eq!(shown, row[2].trim(), "{}", &row[1]);
    }
}

/// A cell as both forms of a list keep it: a text, or a number that is shown as its digits.
fn any_cell() -> impl proptest::strategy::Strategy<Value = (String, bool)> {
    use proptest::prelude::*;
    prop_oneof![
        "[张三李四,;\"'\u{3000}é😀|=+@0-9a-z -]{1,8}".prop_map(|text| (text, false)),
        "[a-z]{1,4}\n[a-z]{1,4}".prop_map(|text| (text, false)),
        Just((String::new(), false)),
        (0u32..10_000_000).prop_map(|number| (number.to_string(), true)),
        (0u32..100_000).prop_map(|number| ((f64::from(number) / 8.0).to_string(), true)),
    ]
}

#[test]
fn the_two_forms_of_a_list_give_the_same_messages() {
    use proptest::prelude::*;
    let rows = proptest::collection::vec(proptest::collection::vec(any_cell(), 3), 1..40);
    let config = ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let same = runner.run(&rows, |rows| {
        let mut book = rust_xlsxwriter::Workbook::new();
        let list = book.add_worksheet();
        let mut text = csv::Writer::from_writer(Vec::new());
        text.write_record(["openid", "甲", "乙", "丙"]).expect("into memory");
        for (column, name) in (0..).zip(["openid", "甲", "乙", "丙"]) {
            list.write_string(0, column, name).expect("a cell");
        }
        for (row, cells) in (1..).zip(&rows) {
            let person = openid(row as usize);
            list.write_string(row, 0, &person).expect("a cell");
            for (column, (cell, is_number)) in (1..).zip(cells) {
                if *is_number {
                    list.write_number(row, column, cell.parse::<f64>().expect("a number")).expect("a cell");
                } else if !cell.is_empty() {
                    list.write_string(row, column, cell).expect("a cell");
                }
            }
            let cells = cells.iter().map(|(cell, _)| cell.as_str());
            text.write_record(std::iter::once(person.as_str()).chain(cells)).expect("into memory");
        }
        let content = "{{甲}}|{{#if 乙}}{{乙}}{{else}}-{{/if}}|{{default 丙 \"无\"}}.";
        let book = world("a.xlsx", book.save_to_buffer().expect("a workbook"), content, "");
        let csv = world("a.csv", text.into_inner().expect("into memory"), content, "");
        let [book, csv] = [book, csv].map(|world| {
            let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).json();
            (plan["digest"].clone(), plan["planned"].clone(), texts(&world))
        });
        prop_assert_eq!(book, csv);
        Ok(())
    });
    same.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_cell_that_stands_twice_in_its_sheet_is_damage() {
    let cell = |row: &str, text: &str| format!("<c r=\"{row}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let rows = format!(
        "<sheetData><row r=\"1\">{}{}</row><row r=\"2\">{}{}{}</row></sheetData>",
        cell("A1", "openid"),
        cell("B1", "a"),
        cell("A2", &openid(1)),
        cell("B2", "张三"),
        cell("B2", "李四")
    );
    let found = plan(&world("a.xlsx", xlsx(&rows, &[], &[]), "{{a}}", ""), 3);
    assert!(only_fault(&found, "workbook-unreadable")["message"].to_string().contains("B2"), "{found:#}");
}

#[test]
fn a_sheet_that_was_cut_off_between_two_tags_is_damage_and_no_shorter_list() {
    let cell = |row: &str, text: &str| format!("<c r=\"{row}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let whole = format!(
        "<sheetData><row r=\"1\">{}{}</row><row r=\"2\">{}{}</row>",
        cell("A1", "openid"),
        cell("B1", "a"),
        cell("A2", &openid(1)),
        cell("B2", "张三")
    );
    let parts = |sheet: &str| {
        zipped(&[
            ("xl/workbook.xml", "<workbook><sheets><sheet name=\"名单\" id=\"s\"/></sheets></workbook>"),
            (
                "xl/_rels/workbook.xml.rels",
                "<Relationships><Relationship Id=\"s\" Type=\"http://x/worksheet\" Target=\"s.xml\"/></Relationships>",
            ),
            ("xl/s.xml", sheet),
        ])
    };
    assert_eq!(
        texts(&world("a.xlsx", parts(&format!("<worksheet>{whole}</sheetData></worksheet>")), "{{a}}", "")),
        ["张三"]
    );
    for cut in ["", "<row r=\"3\">", "</sheetData>"] {
        let found = plan(&world("a.xlsx", parts(&format!("<worksheet>{whole}{cut}")), "{{a}}", ""), 3);
        only_fault(&found, "workbook-unreadable");
    }
}

#[test]
fn powers_of_ten_and_thousandths_are_sent_as_the_sheet_shows_them_and_told() {
    for (value, format, shown, code) in [
        (123_456.0, "0.00E+00", "1.23E+05", "scientific-format"),
        (0.00012, "0.0E+00", "1.2E-04", "scientific-format"),
        (123_456.0, "0.0,", "123.5", "scaled-number"),
        (25_000_000.0, "0.0,,\"M\"", "25.0M", "scaled-number"),
    ] {
        let asked = world("a.xlsx", numbers(&[(value, format)]), "{{a}}", "");
        assert_eq!(texts(&asked), [shown]);
        let found = plan(&asked, 0);
        assert_eq!(
            (&found["diagnostics"][0]["code"], &found["warnings"]),
            (&code.into(), &1.into()),
            "{found:#}"
        );
        let message = found["diagnostics"][0]["message"].as_str().expect("a message");
        assert!([shown, format, "B2", "`a`"].iter().all(|part| message.contains(part)), "{message}");
        let asked = |wanted: &str| {
            let keys = format!("[audience.columns.a]\nformat = \"{wanted}\"\n");
            plan(&world("a.xlsx", numbers(&[(value, format)]), "{{a}}", &keys), 0)["warnings"].clone()
        };
        let seen = i32::from(code == "scientific-format");
        assert_eq!((asked("shown"), asked("value")), (seen.into(), 0.into()), "{format}");
    }
    // A phone number in such a format was none when it was typed.
    let phone = world("a.xlsx", numbers(&[(13_800_138_000.0, "0.00E+00")]), "{{a}}", "");
    only_fault(&plan(&phone, 3), "scientific-notation");
}
