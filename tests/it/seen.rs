//! What people see of a sheet beside the formats of its cells: zeros that are not shown, fonts of pictures, conditions,
//! formulas of today, files that say nothing of how they look.

use rust_xlsxwriter::{
    ConditionalFormatCell, ConditionalFormatCellRule, Format, Formula, Workbook, Worksheet,
};
use serde_json::Value as Json;

use crate::support::sheets::{parts_of, stream_of_xls, xls_of, zipped, zipped_bytes};
use crate::support::{Platform, World, openid, repository};

fn world(name: &str, bytes: Vec<u8>, content: &str, audience: &str) -> World {
    let world = World::new();
    world.text_campaign(content, "");
    world.edit("campaign.toml", "audience.csv\"", &format!("{name}\"\n{audience}"));
    world.file(name, bytes);
    world
}

/// A workbook of one sheet with the columns `openid` and `a`, and so many openids.
fn book(people: u32, fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "openid").expect("a cell");
    sheet.write_string(0, 1, "a").expect("a cell");
    for row in 1..=people {
        sheet.write_string(row, 0, openid(row as usize)).expect("a cell");
    }
    fill(sheet);
    book.save_to_buffer().expect("a workbook")
}

fn plan(world: &World, code: i32) -> Json {
    world.run(&["plan", "campaign.toml", "--format", "json"]).exits(code).json()
}

/// The code, message and help of each diagnostic.
fn told(plan: &Json) -> Vec<(String, String, String)> {
    let all = plan["diagnostics"].as_array().expect("diagnostics");
    let text = |one: &Json, key: &str| one[key].as_str().expect("a text").to_owned();
    all.iter().map(|one| (text(one, "code"), text(one, "message"), text(one, "help"))).collect()
}

fn texts(world: &World) -> Vec<String> {
    let shown = world.run(&["preview", "campaign.toml", "--format", "json"]).exits(0).json();
    let all = shown.as_array().expect("messages");
    all.iter().map(|one| one["payload"]["text"]["content"].as_str().expect("a text").to_owned()).collect()
}

const BARE: &str = "[audience.columns.a]\nformat = \"value\"\n";

#[test]
fn a_zero_that_the_sheet_does_not_show_is_no_zero_in_the_text() {
    let cell = |at: &str, value: &str| format!("<c r=\"{at}\"><v>{value}</v></c>");
    let person = |row: usize| format!("<c r=\"A{row}\" t=\"inlineStr\"><is><t>{}</t></is></c>", openid(row));
    let names = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c></row>";
    let sheet = |zeros: &str| {
        format!(
            "<sheetViews><sheetView {zeros}/></sheetViews><sheetData>{names}<row r=\"2\">{}{}</row><row r=\"3\">{}{}</row></sheetData>",
            person(2),
            cell("B2", "0"),
            person(3),
            cell("B3", "10")
        )
    };
    let content = "余额{{#if a}}{{a}}{{else}}无{{/if}}";
    let texts_of = |zeros: &str, audience: &str| {
        let bytes = crate::support::sheets::xlsx(&sheet(zeros), &["openid", "a"], &[]);
        texts(&world("a.xlsx", bytes, content, audience))
    };
    assert_eq!(texts_of("showZeros=\"0\"", ""), ["余额无", "余额10"]);
    assert_eq!(texts_of("showZeros=\"0\"", BARE), ["余额0", "余额10"]);
    assert_eq!(texts_of("showZeros=\"1\"", ""), ["余额0", "余额10"]);
}

#[test]
fn letters_in_a_font_of_pictures_are_not_sent_as_letters() {
    let symbols = Format::new().set_font_name("Wingdings 2");
    let bytes = book(3, |sheet| {
        sheet.write_string_with_format(1, 1, "R", &symbols).expect("a cell");
        // Chinese characters are written in another font.
        sheet.write_string_with_format(2, 1, "是", &symbols).expect("a cell");
        sheet.write_string(3, 1, "R").expect("a cell");
    });
    let found = plan(&world("a.xlsx", bytes.clone(), "{{a}}", ""), 3);
    let told = told(&found);
    assert_eq!((told.len(), told[0].0.as_str()), (1, "symbol-font"), "{told:?}");
    for part in ["1 cell", "`a`", "Wingdings 2", "R", "B2."] {
        assert!(told[0].1.contains(part), "{part}: {told:?}");
    }
    assert_eq!(texts(&world("a.xlsx", bytes.clone(), "{{a}}", BARE)), ["R", "是", "R"]);
    plan(&world("a.xlsx", bytes, "x", ""), 0);
    let ods = |font: &str| {
        let first = openid(1);
        let content = format!(
            "<office:document-content><office:automatic-styles><style:style style:name=\"ce1\" style:family=\"table-cell\">\
             <style:text-properties style:font-name=\"{font}\"/></style:style></office:automatic-styles><office:body>\
             <office:spreadsheet><table:table table:name=\"名单\"><table:table-column/>\
             <table:table-column table:default-cell-style-name=\"ce1\"/><table:table-row>\
             <table:table-cell office:value-type=\"string\"><text:p>openid</text:p></table:table-cell>\
             <table:table-cell office:value-type=\"string\"><text:p>a</text:p></table:table-cell></table:table-row><table:table-row>\
             <table:table-cell office:value-type=\"string\"><text:p>{first}</text:p></table:table-cell>\
             <table:table-cell office:value-type=\"string\"><text:p>R</text:p></table:table-cell></table:table-row>\
             </table:table></office:spreadsheet></office:body></office:document-content>"
        );
        world("a.ods", zipped(&[("content.xml", &content)]), "{{a}}", "")
    };
    assert_eq!(plan(&ods("Wingdings"), 3)["diagnostics"][0]["code"], "symbol-font");
    assert_eq!(texts(&ods("Arial")), ["R"]);
}

#[test]
fn a_number_that_a_condition_may_show_otherwise_is_not_certain() {
    let bytes = |format: Format| {
        book(2, |sheet| {
            sheet.write_number(1, 1, 0).expect("a cell");
            sheet.write_string(2, 1, "无").expect("a cell");
            let rule = ConditionalFormatCell::new()
                .set_rule(ConditionalFormatCellRule::EqualTo(0))
                .set_format(format);
            sheet.add_conditional_format(1, 1, 9, 1, &rule).expect("a rule");
        })
    };
    let none = || bytes(Format::new().set_num_format("\"无\""));
    let told = told(&plan(&world("a.xlsx", none(), "{{a}}", ""), 3));
    assert_eq!((told.len(), told[0].0.as_str()), (1, "conditional-format"), "{told:?}");
    assert!(told[0].1.contains("B2.") && told[0].2.contains("format = \"shown\""), "{told:?}");
    let said = "[audience.columns.a]\nformat = \"shown\"\n";
    assert_eq!(texts(&world("a.xlsx", none(), "{{a}}", said)), ["0", "无"]);
    // A colour changes nothing that is read.
    let red = bytes(Format::new().set_font_color("red"));
    assert_eq!(texts(&world("a.xlsx", red, "{{a}}", "")), ["0", "无"]);
}

#[test]
fn a_formula_of_today_is_told_with_what_it_was_when_the_file_was_saved() {
    let date = Format::new().set_num_format("yyyy-mm-dd");
    let bytes = book(2, |sheet| {
        let formula = Formula::new("=TODAY()+7").set_result("46096");
        sheet.write_formula_with_format(1, 1, formula, &date).expect("a cell");
        let formula = Formula::new("=A1+7").set_result("46097");
        sheet.write_formula_with_format(2, 1, formula, &date).expect("a cell");
    });
    let world = world("a.xlsx", bytes, "{{a}}", "");
    let told = told(&plan(&world, 0));
    assert_eq!((told.len(), told[0].0.as_str()), (1, "volatile-formula"), "{told:?}");
    assert!(
        told[0].1.contains("1 cell") && told[0].1.contains("B2") && told[0].1.contains("2026-03-15"),
        "{told:?}"
    );
    assert_eq!(texts(&world), ["2026-03-15", "2026-03-16"]);
}

#[test]
fn a_format_that_does_nothing_to_a_cell_is_told() {
    let pattern = "[audience.columns.a]\nformat = \"m月d日\"\n";
    let csv = format!("openid,a\n{},2026/3/8\n", openid(1));
    let csv = world("a.csv", csv.into_bytes(), "{{a}}", pattern);
    let told_of = |world: &World| told(&plan(world, 0));
    let told = told_of(&csv);
    assert_eq!((told.len(), told[0].0.as_str()), (1, "format-without-effect"), "{told:?}");
    assert!(told[0].1.contains("`a`") && told[0].1.contains("CSV"), "{told:?}");
    assert!(told[0].2.contains("{{date"), "{told:?}");
    let mixed = book(3, |sheet| {
        let date = Format::new().set_num_format("yyyy/m/d;@");
        sheet.write_number_with_format(1, 1, 46_089, &date).expect("a cell");
        sheet.write_string(2, 1, "2026/3/9").expect("a cell");
        sheet.write_number(3, 1, 0.9).expect("a cell");
    });
    let mixed = world("a.xlsx", mixed, "{{a}}", pattern);
    let told = told_of(&mixed);
    assert_eq!((told.len(), told[0].0.as_str()), (1, "format-without-effect"), "{told:?}");
    assert!(
        told[0].1.contains("2 cells") && told[0].1.contains("B3, B4") && told[0].1.contains("2026/3/9"),
        "{told:?}"
    );
    assert_eq!(texts(&mixed), ["3月8日", "2026/3/9", "0.9"]);
}

#[test]
fn a_time_of_day_has_no_date_in_front_of_it() {
    let bytes = || {
        book(1, |sheet| {
            let time = Format::new().set_num_format("h:mm");
            sheet.write_number_with_format(1, 1, 0.753_472_222_222_222_2, &time).expect("a cell");
        })
    };
    assert_eq!(texts(&world("a.xlsx", bytes(), "{{a}}", BARE)), ["18:05:00"]);
    let day = "[audience.columns.a]\nformat = \"yyyy-mm-dd\"\n";
    let told = told(&plan(&world("a.xlsx", bytes(), "{{a}}", day), 3));
    assert_eq!((told.len(), told[0].0.as_str()), (1, "date-cell"), "{told:?}");
    assert!(told[0].1.contains("18:05:00") && !told[0].1.contains("1899"), "{told:?}");
    assert!(told[0].2.contains("h:mm"), "{told:?}");
}

/// LibreOffice and WPS show the bare number, whatever text the program that wrote the file has put beside it.
#[test]
fn an_ods_that_says_nothing_of_how_numbers_look_is_not_certain() {
    let ods = |style: &str, kind: &str, text: &str, audience: &str| {
        let first = openid(1);
        let content = format!(
            "<office:document-content><office:automatic-styles><style:style style:name=\"p\" style:family=\"table-cell\" \
             style:data-style-name=\"N10\"/></office:automatic-styles><office:body>\
             <office:spreadsheet><table:table table:name=\"名单\"><table:table-row>\
             <table:table-cell office:value-type=\"string\"><text:p>openid</text:p></table:table-cell>\
             <table:table-cell office:value-type=\"string\"><text:p>a</text:p></table:table-cell></table:table-row><table:table-row>\
             <table:table-cell office:value-type=\"string\"><text:p>{first}</text:p></table:table-cell>\
             <table:table-cell {style} {kind}><text:p>{text}</text:p></table:table-cell></table:table-row>\
             </table:table></office:spreadsheet></office:body></office:document-content>"
        );
        world("a.ods", zipped(&[("content.xml", &content)]), "{{a}}", audience)
    };
    let share = "office:value-type=\"percentage\" office:value=\"0.9\"";
    let number = "office:value-type=\"float\" office:value=\"41176\"";
    let date = "office:value-type=\"date\" office:date-value=\"2026-03-08\"";
    for (kind, text, code) in [
        (share, "90%", "cell-format"),
        (number, "041176", "cell-format"),
        (date, "2026年3月8日", "date-cell"),
    ] {
        let told = told(&plan(&ods("", kind, text, ""), 3));
        assert_eq!((told.len(), told[0].0.as_str()), (1, code), "{told:?}");
        assert!(told[0].1.contains(text), "{told:?}");
        assert_eq!(texts(&ods("table:style-name=\"p\"", kind, text, "")), [text]);
        assert_eq!(texts(&ods("", kind, text, "[audience.columns.a]\nformat = \"shown\"\n")), [text]);
    }
    assert_eq!(texts(&ods("", number, "41176", "")), ["41176"]);
    assert_eq!(texts(&ods("", share, "90%", BARE)), ["0.9"]);
    assert_eq!(texts(&ods("", date, "2026年3月8日", BARE)), ["2026-03-08"]);
}

/// A record of an .xlsb: its number, its length and its bytes.
fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let low = |number: u16| u8::try_from(number & 0x7F).expect("seven bits");
    let mut bytes = if kind < 0x80 { vec![low(kind)] } else { vec![low(kind) | 0x80, low(kind >> 7)] };
    bytes.push(u8::try_from(data.len()).expect("a short record"));
    bytes.extend(data);
    bytes
}

fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let length = u32::try_from(units.len()).expect("a short text").to_le_bytes();
    length.into_iter().chain(units.into_iter().flat_map(u16::to_le_bytes)).collect()
}

#[test]
fn an_xlsb_keeps_zeros_fonts_and_formulas_of_today_as_well() {
    let sheet = |flags: u8, cell: &[u8], kind: u16| {
        let at = |column: u32, style: u32| [column.to_le_bytes(), style.to_le_bytes()].concat();
        let text = |column: u32, text: &str| record(6, &[at(column, 0), wide(text)].concat());
        let row = |row: u32| record(0, &[&row.to_le_bytes()[..], &[0, 0, 0, 0, 1, 1, 0, 0]].concat());
        [
            record(137, &[flags, 0]),
            row(0),
            text(0, "openid"),
            text(1, "a"),
            row(1),
            text(0, &openid(1)),
            record(kind, &[&at(1, 1), cell].concat()),
            record(146, &[]),
        ]
        .concat()
    };
    let file = |flags: u8, font: &str, cell: &[u8], kind: u16| {
        let font = [vec![0; 21], wide(font)].concat();
        let styles = [
            record(43, &font),
            record(617, &[]),
            record(47, &[0xFF, 0xFF, 0, 0, 9, 0]),
            record(47, &[0, 0, 0, 0, 0, 0]),
            record(618, &[]),
        ]
        .concat();
        let listed = [&[0; 8][..], &wide("s"), &wide("名单")].concat();
        let relations = "<Relationships><Relationship Id=\"s\" Type=\"http://x/worksheet\" Target=\"s.bin\"/>\
                         <Relationship Id=\"y\" Type=\"http://x/styles\" Target=\"styles.bin\"/></Relationships>";
        let bytes = zipped_bytes(&[
            ("xl/workbook.bin", &record(156, &listed)),
            ("xl/_rels/workbook.bin.rels", relations.as_bytes()),
            ("xl/styles.bin", &styles),
            ("xl/s.bin", &sheet(flags, cell, kind)),
        ]);
        world("a.xlsb", bytes, "x{{default a \"无\"}}", "")
    };
    let zero = 0f64.to_le_bytes();
    assert_eq!(texts(&file(0x10, "Arial", &zero, 5)), ["x0"]);
    assert_eq!(texts(&file(0, "Arial", &zero, 5)), ["x无"]);
    let today = [&46_089f64.to_le_bytes()[..], &[0, 0, 7, 0, 0, 0, 0x19, 1, 0, 0, 0x41, 221, 0]].concat();
    let found = told(&plan(&file(0x10, "Arial", &today, 9), 0));
    assert_eq!((found.len(), found[0].0.as_str()), (1, "volatile-formula"), "{found:?}");
    let found = told(&plan(&file(0x10, "Wingdings", &wide("P"), 6), 3));
    assert_eq!((found.len(), found[0].0.as_str()), (1, "symbol-font"), "{found:?}");
}

#[test]
fn whoever_was_left_out_on_purpose_stays_so_when_the_results_are_the_next_list() {
    for language in ["en", "zh-CN"] {
        for name in ["r.csv", "r.xlsx"] {
            let list = book(3, |sheet| {
                sheet.set_row_hidden(2).expect("a row");
            });
            let keys = "hidden_rows = \"skip\"\nexclude = [\"out.csv\"]\n";
            let world = world("a.xlsx", list, "x", keys);
            world.file("out.csv", format!("openid\n{}\n", openid(3)));
            world.edit(
                "campaign.toml",
                "[send]",
                &format!("[results]\nfile = \"{name}\"\nlanguage = \"{language}\"\n[send]"),
            );
            let platform = Platform::new("");
            assert_eq!(world.send(&platform).exits(0).counts(), "1 sent, 2 skipped");
            let results = std::fs::read_dir(world.path(""))
                .expect("a folder")
                .map(|entry| entry.expect("an entry").file_name());
            let results =
                results.map(|name| name.to_string_lossy().into_owned()).find(|own| own.starts_with("r."));
            let results = results.expect("results");
            world.text_campaign("y", "");
            world.edit("campaign.toml", "\"spring\"", "\"summer\"");
            world.edit("campaign.toml", "audience.csv\"", &format!("{results}\""));
            let found = plan(&world, 3);
            let told = told(&found);
            assert_eq!((told.len(), told[0].0.as_str()), (1, "skipped-before"), "{told:?}");
            assert!(told[0].1.contains("2 of its rows"), "{told:?}");
            let with = |wish: &str| {
                world.edit(
                    "campaign.toml",
                    &format!("{results}\""),
                    &format!("{results}\"\nhidden_rows = \"{wish}\""),
                );
                let found = plan(&world, 0);
                world.edit("campaign.toml", &format!("hidden_rows = \"{wish}\""), "");
                (found["planned"].clone(), found["skipped_by_reason"]["hidden"].clone())
            };
            assert_eq!(with("skip"), (1.into(), 2.into()));
            assert_eq!(with("include").0, 3);
        }
    }
}

#[test]
fn zeros_that_an_xls_does_not_show_are_none_in_the_text() {
    // The view is a record of eighteen bytes, and a bit of its first two says that zeros are shown.
    let book = |zeros: bool| {
        let fixture = std::fs::read(repository().join("tests/fixtures/plain.xls")).expect("a fixture");
        let mut stream = stream_of_xls(&fixture);
        let view = stream.windows(4).position(|four| four == [0x3E, 0x02, 18, 0]).expect("a view") + 4;
        if zeros {
            stream[view] |= 0x10;
        } else {
            stream[view] &= !0x10;
        }
        // The hundred of the first person, in four bytes of which two bits say how, becomes a zero.
        let hundred = (100u32 << 2 | 2).to_le_bytes();
        let at = stream.windows(4).position(|four| four == hundred).expect("a hundred");
        stream[at..at + 4].copy_from_slice(&[2, 0, 0, 0]);
        texts(&world("a.xls", xls_of(&stream), "余{{#if 积分}}{{积分}}{{else}}无{{/if}}", ""))
    };
    assert_eq!((&book(true)[0][..], &book(false)[0][..]), ("余0", "余无"));
}

#[test]
fn what_is_struck_through_is_not_sent_as_if_it_were_not() {
    let strike = Format::new().set_font_strikethrough();
    let bytes = book(3, |sheet| {
        let plain = Format::new();
        sheet.write_string_with_format(1, 1, "199元", &strike).expect("a cell");
        sheet
            .write_rich_string(2, 1, &[(&plain, "活动价"), (&strike, "199"), (&plain, "99元")])
            .expect("a cell");
        sheet.write_string(3, 1, "99元").expect("a cell");
    });
    let found = told(&plan(&world("a.xlsx", bytes.clone(), "{{a}}", ""), 3));
    assert_eq!((found.len(), found[0].0.as_str()), (1, "struck-text"), "{found:?}");
    assert!(found[0].1.contains("2 cells") && found[0].1.contains("B2, B3."), "{found:?}");
    assert_eq!(texts(&world("a.xlsx", bytes.clone(), "{{a}}", BARE)), ["199元", "活动价19999元", "99元"]);
    plan(&world("a.xlsx", bytes, "x", ""), 0);
    // Somebody who was struck out is told even where nothing but the openid is used.
    let gone = book(2, |sheet| {
        sheet.write_string_with_format(2, 0, openid(2), &strike).expect("a cell");
    });
    let found = told(&plan(&world("a.xlsx", gone, "x", ""), 3));
    assert_eq!(found[0].0, "struck-text", "{found:?}");
    let ods = |line: &str| {
        let first = openid(1);
        let content = format!(
            "<d><style name=\"T1\" family=\"text\"><text-properties text-line-through-style=\"{line}\"/></style>\
             <table name=\"名单\"><table-row><table-cell value-type=\"string\"><p>openid</p></table-cell>\
             <table-cell value-type=\"string\"><p>a</p></table-cell></table-row><table-row>\
             <table-cell value-type=\"string\"><p>{first}</p></table-cell>\
             <table-cell value-type=\"string\"><p>活动价<span style-name=\"T1\">199</span>99元</p></table-cell>\
             </table-row></table></d>"
        );
        world("a.ods", zipped(&[("content.xml", &content)]), "{{a}}", "")
    };
    assert_eq!(plan(&ods("solid"), 3)["diagnostics"][0]["code"], "struck-text");
    assert_eq!(texts(&ods("none")), ["活动价19999元"]);
    // The fonts of the binary formats say it in their third byte.
    let fixture =
        |name: &str| std::fs::read(repository().join("tests/fixtures").join(name)).expect("a fixture");
    let mut stream = stream_of_xls(&fixture("plain.xls"));
    let mut at = 0;
    while let Some(head) = stream.get(at..at + 4) {
        let (kind, length) = ([head[0], head[1]], usize::from(u16::from_le_bytes([head[2], head[3]])));
        if kind == [0x31, 0] {
            stream[at + 6] |= 8;
        }
        at += 4 + length;
    }
    let found = plan(&world("a.xls", xls_of(&stream), "{{积分}}", ""), 3);
    assert_eq!(found["diagnostics"][0]["code"], "struck-text", "{found:#}");
    let mut parts = parts_of(&fixture("plain.xlsb"));
    let styles = parts.iter_mut().find(|(name, _)| name.ends_with("styles.bin")).expect("styles");
    let mut at = 0;
    // Numbers and lengths of so small records are one byte each, but for the longer ones of styles.
    while at + 2 < styles.1.len() {
        let kind = usize::from(styles.1[at] & 0x7F)
            | if styles.1[at] & 0x80 != 0 { usize::from(styles.1[at + 1]) << 7 } else { 0 };
        at += 1 + usize::from(styles.1[at] & 0x80 != 0);
        let (mut length, mut shift) = (0, 0);
        loop {
            let byte = styles.1[at];
            length |= usize::from(byte & 0x7F) << shift;
            (at, shift) = (at + 1, shift + 7);
            if byte & 0x80 == 0 {
                break;
            }
        }
        if kind == 43 {
            styles.1[at + 2] |= 8;
        }
        at += length;
    }
    let parts: Vec<(&str, &[u8])> =
        parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let found = plan(&world("a.xlsb", zipped_bytes(&parts), "{{积分}}", ""), 3);
    assert_eq!(found["diagnostics"][0]["code"], "struck-text", "{found:#}");
}

#[test]
fn a_zero_that_a_program_left_others_to_calculate_is_no_value() {
    // As programs write it that do not calculate: the value 0, and the wish that whoever opens the file does.
    let bytes = |result: &str| {
        book(1, |sheet| {
            sheet.write_formula(1, 1, Formula::new("=SUM(C2:D2)").set_result(result)).expect("a cell");
        })
    };
    let found = told(&plan(&world("a.xlsx", bytes("0"), "{{a}}", ""), 3));
    assert_eq!((found.len(), found[0].0.as_str()), (1, "formula-without-value"), "{found:?}");
    assert_eq!(texts(&world("a.xlsx", bytes("101"), "{{a}}", "")), ["101"]);
}
