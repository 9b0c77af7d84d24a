//! Times as lists write them: forty forms, in three encodings of CSV and in the text cells of a workbook.

use rust_xlsxwriter::Workbook;

use crate::support::{World, openid};

/// Until when somebody can be written to whose last contact was at half past three in the afternoon of November 25th.
const USUAL: &str = "2026-11-27 15:20";
/// The same for the first moment of that day.
const MIDNIGHT: &str = "2026-11-26 23:50";

/// Forms that mean one thing, and until when it is. Each list is a column of its own: two ways in one are a fault.
const READ: [&[(&str, &str)]; 5] = [
    &[
        ("2026/11/25 15:30", USUAL),
        ("2026-11-25 15:30", USUAL),
        ("2026-11-25 15:30:00", USUAL),
        ("2026-11-25T15:30:00", USUAL),
        ("2026-11-25 15:30:00.000", USUAL),
        ("2026.11.25 15:30", USUAL),
        ("2026年11月25日 15:30", USUAL),
        ("2026年11月25日15:30", USUAL),
        ("2026年11月25日 下午3:30", USUAL),
        ("2026/11/25 下午3:30", USUAL),
        ("2026/11/25 3:30 PM", USUAL),
        ("2026/11/25 15：30", USUAL),
        (" 2026-11-25 15:30 ", USUAL),
        ("2026/1/5 9:05", "2026-01-07 08:55"),
        ("2026-1-5 9:05:07", "2026-01-07 08:55"),
        ("2026/1/5 上午12:05", "2026-01-06 23:55"),
        ("2026-11-25", MIDNIGHT),
        ("2026/11/25", MIDNIGHT),
        ("2026年11月25日", MIDNIGHT),
    ],
    &[
        ("2026-11-25T15:30:00+08:00", USUAL),
        ("2026-11-25 15:30:00 +08:00", USUAL),
        ("2026-11-25T07:30:00Z", USUAL),
        ("2026-11-25T07:30:00.123Z", USUAL),
        ("2026-11-25T02:30:00-05:00", USUAL),
    ],
    &[("1795591800", USUAL)],
    &[("1795591800000", USUAL), ("1795591800123", USUAL)],
    &[("46351.645833333", USUAL), ("46351", MIDNIGHT)],
];

/// Forms that could mean two things, or are damaged.
const REFUSED: [&str; 12] = [
    "11/25/26",
    "25/11/2026",
    "11-25 15:30",
    "昨天 15:03",
    "星期三",
    "6.2E+17",
    "########",
    "15:30",
    "20261125",
    "2026-13-01",
    "2026-11-25 25:00",
    "2026-11-25 15:30:00 CST",
];

/// A list of people with these times, as a file of each kind.
fn files(times: &[&str]) -> Vec<(&'static str, Vec<u8>)> {
    let rows = times.iter().enumerate().map(|(index, time)| format!("{},{time}\r\n", openid(index)));
    let text = format!("openid,最后互动\r\n{}", rows.collect::<String>());
    let utf16 = std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, title) in [(0, "openid"), (1, "最后互动")] {
        sheet.write_string(0, column, title).expect("a cell");
    }
    for (row, (index, time)) in (1..).zip(times.iter().enumerate()) {
        sheet.write_string(row, 0, openid(index)).expect("a cell");
        sheet.write_string(row, 1, *time).expect("a cell");
    }
    vec![
        ("audience.csv", text.clone().into_bytes()),
        ("audience.csv", encoding_rs::GB18030.encode(&text).0.into_owned()),
        ("audience.csv", utf16),
        ("audience.xlsx", book.save_to_buffer().expect("a workbook")),
    ]
}

fn world(name: &str, bytes: Vec<u8>) -> World {
    let world = World::new();
    world.text_campaign("Hello", "");
    let window = "[audience.window]\ncolumn = \"最后互动\"\n\n[message.text]";
    world.edit("campaign.toml", "[message.text]", window);
    world.edit("campaign.toml", "audience.csv", name);
    world.file(name, bytes);
    world
}

#[test]
fn forty_forms_of_times_are_read_or_refused_alike_in_every_kind_of_file() {
    assert_eq!(READ.iter().map(|forms| forms.len()).sum::<usize>() + REFUSED.len(), 41);
    for forms in READ {
        let times: Vec<&str> = forms.iter().map(|(time, _)| *time).collect();
        for (index, (name, bytes)) in files(&times).into_iter().enumerate() {
            let shown =
                world(name, bytes).run(&["preview", "campaign.toml", "--limit", "50"]).exits(0).stdout;
            let found: Vec<&str> =
                shown.lines().filter_map(|line| line.strip_prefix("Can be sent until ")).collect();
            let expected: Vec<String> = forms.iter().map(|(_, until)| format!("{until} (+08:00)")).collect();
            assert_eq!(found, expected, "file {index}, {times:?}");
        }
    }
    for (index, (name, bytes)) in files(&REFUSED).into_iter().enumerate() {
        let args = ["plan", "campaign.toml", "--format", "json"];
        let plan = world(name, bytes).run(&args).exits(3).json();
        let diagnostics = plan["diagnostics"].as_array().expect("faults");
        for (row, form) in (1..).zip(REFUSED) {
            let fault = diagnostics.iter().find(|fault| fault["row"] == row && fault["severity"] == "error");
            let fault = fault.unwrap_or_else(|| panic!("file {index}: {form} is no fault: {plan:#}"));
            let asks = fault["help"].as_str().expect("a text").contains("format");
            assert!(fault["code"] != "window-time" || asks, "{form}: {fault}");
        }
    }
}
