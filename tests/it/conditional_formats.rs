//! Conditional formatting that shows something else than the number, in each format of workbooks: what people see is not
//! certain then, and is a fault until somebody says how the column is meant.

use crate::support::sheets::{
    parts_of, record_of_xls, record_of_xlsb, stream_of_xls, xls_of, xlsx, zipped, zipped_bytes,
};
use crate::support::{Ran, World, openid, repository};

fn plan_of(name: &str, bytes: Vec<u8>, content: &str) -> Ran {
    let world = World::new();
    world.text_campaign(content, "");
    world.edit("campaign.toml", "audience.csv", name);
    world.file(name, bytes);
    world.run(&["plan", "campaign.toml", "--format", "json"])
}

/// The places of the only diagnostic there is.
fn uncertain(ran: &Ran) -> String {
    let found = ran.json();
    let all = found["diagnostics"].as_array().expect("diagnostics");
    assert_eq!((all.len(), &all[0]["code"]), (1, &"conditional-format".into()), "{found:#}");
    all[0]["message"].as_str().expect("a message").rsplit(": ").next().expect("a last part").to_owned()
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(repository().join("tests/fixtures").join(name)).expect("a fixture")
}

#[test]
fn conditions_that_later_programs_add_to_an_xlsx_are_seen() {
    let rows: String = (2..5)
        .map(|row| {
            format!("<row r=\"{row}\"><c r=\"A{row}\" t=\"inlineStr\"><is><t>{}</t></is></c><c r=\"B{row}\"><v>{row}</v></c></row>", openid(row))
        })
        .collect();
    let sheet = |rule: &str| {
        let names = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c></row>";
        let sheet = format!(
            "<sheetData>{names}{rows}</sheetData><extLst><ext><x14:conditionalFormattings><x14:conditionalFormatting>\
             <x14:cfRule>{rule}</x14:cfRule><xm:sqref>B2 B4:C9</xm:sqref></x14:conditionalFormatting>\
             </x14:conditionalFormattings></ext></extLst>"
        );
        xlsx(&sheet, &["openid", "a"], &[])
    };
    for rule in [
        "<xm:f>B2=0</xm:f><x14:dxf><numFmt numFmtId=\"170\" formatCode=\"&quot;x&quot;\"/></x14:dxf>",
        "<x14:iconSet showValue=\"0\" custom=\"1\"/>",
        "<x14:dataBar showValue=\"0\"/>",
    ] {
        assert_eq!(uncertain(&plan_of("a.xlsx", sheet(rule), "{{a}}").exits(3)), "B2, B4.", "{rule}");
    }
    for rule in
        ["<x14:dxf><font/></x14:dxf>", "<x14:iconSet custom=\"1\"/>", "<x14:dataBar showValue=\"1\"/>"]
    {
        plan_of("a.xlsx", sheet(rule), "{{a}}").exits(0);
    }
}

#[test]
fn conditions_of_an_xlsb_are_seen() {
    let number = |number: u32| number.to_le_bytes();
    // The column C from its second row on, in the words of both kinds of conditions.
    let cells = [1, 1, 99, 2, 2].map(number).concat();
    let begin = [&number(1)[..], &number(0), &cells].concat();
    let begin_14 = [&number(2)[..], &number(1), &number(0), &cells, &number(1)].concat();
    let rule = [number(1), number(0), number(0), number(1)].concat();
    let look = |kind: u16, text: &[u8]| {
        let length = u16::try_from(text.len() + 4).expect("a short one");
        [&[0, 0, 0, 0, 1, 0][..], &kind.to_le_bytes(), &length.to_le_bytes(), text].concat()
    };
    let book = |records: Vec<Vec<u8>>, look: &[u8]| {
        let mut parts = parts_of(&fixture("plain.xlsb"));
        for (name, bytes) in &mut parts {
            if name.ends_with("sheet1.bin") {
                bytes.extend(records.concat());
            }
            if name.ends_with("styles.bin") {
                bytes.extend(record_of_xlsb(507, look));
            }
        }
        let parts: Vec<(&str, &[u8])> =
            parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        plan_of("a.xlsb", zipped_bytes(&parts), "{{积分}}")
    };
    let (number_format, colour) = (look(0x29, &[170, 0]), look(5, &[0; 8]));
    for records in [
        vec![record_of_xlsb(461, &begin), record_of_xlsb(463, &rule)],
        vec![record_of_xlsb(461, &begin), record_of_xlsb(465, &[0, 0, 0, 0, 2, 0])],
        vec![record_of_xlsb(461, &begin), record_of_xlsb(467, &[10, 90, 0])],
        vec![record_of_xlsb(1046, &begin_14), record_of_xlsb(1052, &[0, 0, 0, 0, 0, 0, 0, 0, 2, 0])],
        vec![record_of_xlsb(1046, &begin_14), record_of_xlsb(1051, &[0, 0, 0, 0, 10, 90, 0])],
        vec![record_of_xlsb(1046, &begin_14), record_of_xlsb(1171, &[&[0; 4][..], &number_format].concat())],
    ] {
        assert_eq!(uncertain(&book(records.clone(), &number_format).exits(3)), "C2, C3, C4.", "{records:?}");
    }
    // A colour changes nothing that is read, nor do bars and icons beside the number.
    book(vec![record_of_xlsb(461, &begin), record_of_xlsb(463, &rule)], &colour).exits(0);
    book(vec![record_of_xlsb(461, &begin), record_of_xlsb(467, &[10, 90, 1])], &colour).exits(0);
    book(vec![record_of_xlsb(461, &begin), record_of_xlsb(465, &[0, 0, 0, 0, 4, 0])], &colour).exits(0);
}

#[test]
fn conditions_of_an_xls_are_seen() {
    let short = |number: u16| number.to_le_bytes();
    let cells = [1, 99, 2, 2].map(short).concat();
    let begin = [&[1, 0, 2, 0][..], &cells, &[1, 0], &cells].concat();
    let rule = |look: u32| [&[1, 3, 3, 0, 0, 0][..], &look.to_le_bytes(), &[0, 0]].concat();
    let head = |kind: u16| [&kind.to_le_bytes()[..], &[1, 0], &cells].concat();
    // A rule of later programs that draws: without formulas, with a template of sixteen bytes.
    let drawn = |kind: u8, empty: &[u8], drawn: &[u8]| {
        let mut rule = head(0x087A);
        rule.extend([kind, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        rule.extend(empty);
        rule.extend([0, 0, 0, 1, 0, 3, 0, 16]);
        rule.extend([0; 16]);
        rule.extend(drawn);
        rule
    };
    let more = |look: u32| {
        let mut more = head(0x087B);
        more.extend([0, 0, 0, 0, 1, 0]);
        more.extend([0, 0, 3, 0, 1, 0, 1, 1, 6, 0, 0, 0]);
        more.extend(look.to_le_bytes());
        more.extend([0, 0]);
        more
    };
    let book = |records: &[(u16, &[u8])]| {
        let mut stream = stream_of_xls(&fixture("plain.xls"));
        // Before the end of the only sheet, which stands last.
        let end = stream.len() - stream.iter().rev().position(|byte| *byte == 0x0A).expect("an end") - 1;
        let records: Vec<u8> = records.iter().flat_map(|(kind, data)| record_of_xls(*kind, data)).collect();
        stream.splice(end..end, records);
        plan_of("a.xls", xls_of(&stream), "{{积分}}")
    };
    let (number_format, colour) = (1 << 25, 1 << 29);
    for records in [
        &[(0x01B0, &*begin), (0x01B1, &*rule(number_format))][..],
        &[(0x0879, &*[head(0x0879), begin.clone()].concat()), (0x087A, &*drawn(6, &[], &[0, 0, 0, 3, 0, 1]))],
        &[
            (0x0879, &*[head(0x0879), begin.clone()].concat()),
            (0x087A, &*drawn(6, &[0, 0], &[0, 0, 0, 3, 0, 1])),
        ],
        &[
            (0x0879, &*[head(0x0879), begin.clone()].concat()),
            (0x087A, &*drawn(4, &[0, 0], &[0, 0, 0, 0, 10, 90])),
        ],
        &[(0x087B, &*more(number_format))],
    ] {
        assert_eq!(uncertain(&book(records).exits(3)), "C2, C3, C4.", "{records:?}");
    }
    for records in [
        &[(0x01B0, &*begin), (0x01B1, &*rule(colour))][..],
        &[
            (0x0879, &*[head(0x0879), begin.clone()].concat()),
            (0x087A, &*drawn(6, &[0, 0], &[0, 0, 0, 3, 0, 4])),
        ],
        &[
            (0x0879, &*[head(0x0879), begin.clone()].concat()),
            (0x087A, &*drawn(4, &[0, 0], &[0, 0, 0, 2, 10, 90])),
        ],
        &[(0x087B, &*more(colour))],
    ] {
        book(records).exits(0);
    }
}

#[test]
fn conditions_of_an_ods_are_seen() {
    let people: String = (2..5)
        .map(|row| {
            format!(
                "<table-row><table-cell value-type=\"string\"><p>{}</p></table-cell>\
                 <table-cell style-name=\"ce1\" value-type=\"float\" value=\"{row}\"><p>{row}</p></table-cell></table-row>",
                openid(row)
            )
        })
        .collect();
    let book = |of_style: &str, behind: &str| {
        let content = format!(
            "<d xmlns:calcext=\"c\"><style name=\"ce1\" family=\"table-cell\" data-style-name=\"N1\">{of_style}</style>\
             <table name=\"名单\"><table-row><table-cell value-type=\"string\"><p>openid</p></table-cell>\
             <table-cell value-type=\"string\"><p>a</p></table-cell></table-row>{people}{behind}</table></d>"
        );
        let styles = "<d><style name=\"Non_5f_e\" display-name=\"Non_e\" family=\"table-cell\" data-style-name=\"N144\"/>\
                      <style name=\"Red\" family=\"table-cell\"/></d>";
        zipped(&[("content.xml", &content), ("styles.xml", styles)])
    };
    let condition = |inside: &str| {
        format!(
            "<calcext:conditional-formats><calcext:conditional-format calcext:target-range-address=\"名单.B2:名单.B3\">\
             {inside}</calcext:conditional-format></calcext:conditional-formats>"
        )
    };
    for inside in [
        "<calcext:condition calcext:apply-style-name=\"Non_e\" calcext:value=\"=0\"/>",
        "<calcext:data-bar calcext:show-value=\"false\"/>",
        "<calcext:icon-set><calcext:formatting-entry calcext:show-value=\"false\"/></calcext:icon-set>",
    ] {
        assert_eq!(uncertain(&plan_of("a.ods", book("", &condition(inside)), "{{a}}").exits(3)), "B2, B3.");
    }
    let map = |name: &str| format!("<map condition=\"cell-content()=0\" apply-style-name=\"{name}\"/>");
    assert_eq!(uncertain(&plan_of("a.ods", book(&map("Non_5f_e"), ""), "{{a}}").exits(3)), "B2, B3, B4.");
    let red = "<calcext:condition calcext:apply-style-name=\"Red\" calcext:value=\"=0\"/>";
    plan_of("a.ods", book(&map("Red"), &condition(red)), "{{a}}").exits(0);
}
