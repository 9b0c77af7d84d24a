//! A first campaign in ten minutes: the page is followed to the letter, in both languages. What it shows of the
//! program is what the program says; `UPDATE_DOCS=1 cargo test --test it docs` writes it anew.

use std::fs::{self, File};
use std::process::Command;

use regex::Regex;
use rust_xlsxwriter::Workbook;

use crate::docs::{arguments, both, read};
use crate::support::{Platform, World, repository};

/// WeChat on the day of the tutorial: one person has not written lately until asked again, one answer is lost.
const DAY: &str = "
[[answers]]
code = 45015
openids = [\"oABCDEFGHIJKLMNOPQRSTUVWXYZ2\"]
times = 1
[[faults]]
kind = \"reset-after\"
openids = [\"oABCDEFGHIJKLMNOPQRSTUVWXYZ4\"]
";

#[test]
fn the_first_campaign_goes_as_its_page_says() {
    for (page, language) in both("first-campaign.md").iter().zip(["en", "zh-CN"]) {
        follow(page, language);
    }
}

/// Does what a page says, from its beginning to its end, and holds what it shows to what is said.
fn follow(page: &str, language: &str) {
    let (world, platform) = (World::new(), Platform::new(DAY));
    let text = read(page);
    let (mut told, mut said, mut followed) = (String::new(), String::new(), 0);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        told.push_str(&format!("{line}\n"));
        let Some(kind) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let shown = match kind {
            "text" => std::mem::take(&mut said),
            _ => block.iter().map(|line| format!("{line}\n")).collect(),
        };
        told.push_str(&format!("{shown}```\n"));
        match kind {
            "text" => assert!(!shown.is_empty(), "{page}: nothing was said here"),
            "csv" => save_as_workbook(&world, &shown),
            "toml" => drop(world.file("spring/campaign.toml", &shown)),
            "sh" => {
                said.clear();
                for line in block.iter().filter(|line| !line.starts_with("export ")) {
                    said.push_str(&run(&world, &platform, line, language));
                    followed += 1;
                }
            }
            other => panic!("{page}: nobody knows how to follow a block of {other}"),
        }
    }
    assert_eq!(followed, 10, "{page}: so many commands are run");
    assert_eq!(platform.ledger().totals().accepted, 4, "{page}: each of four people has one message");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(repository().join(page), &told).expect("a written page");
    }
    let text = read(page);
    let stale = text.lines().zip(told.lines()).find(|(file, told)| file != told);
    assert!(told == text, "{page} is stale (UPDATE_DOCS=1 cargo test --test it docs): {stale:#?}");
}

/// Makes of a list what Excel would.
fn save_as_workbook(world: &World, list: &str) {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(list.as_bytes());
    for (row, record) in (0..).zip(rows.records()) {
        for (column, cell) in (0..).zip(&record.expect("a row")) {
            sheet.write_string(row, column, cell).expect("a written cell");
        }
    }
    workbook.save(world.path("spring/audience.xlsx")).expect("a written workbook");
}

/// Runs one line as a person would type it, and gives what the terminal shows.
fn run(world: &World, platform: &Platform, line: &str, language: &str) -> String {
    let words = arguments(line).unwrap_or_else(|| panic!("not a command of wxcast: {line}"));
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    // Nobody sits at the terminal: the question is answered, and no bar is drawn.
    match words[0] {
        "send" => words.extend(["--yes", "--progress", "none"]),
        "resolve" => words.push("--yes"),
        "rehearse" => words.extend(["--progress", "none"]),
        _ => {}
    }
    let screen = world.path("screen.txt");
    let file = File::create(&screen).expect("a file");
    let mut command: Command = world.command_at(platform, &words);
    command.env("WXCAST_LANG", language).stdout(file.try_clone().expect("a second handle")).stderr(file);
    let code = command.status().expect("the binary runs").code();
    let said = world.read("screen.txt");
    // 6: the one whose answer was lost, after the first `send`.
    assert!(code == Some(0) || code == Some(6) && words[0] == "send", "{line}: exit {code:?}\n{said}");
    steady(&said)
}

/// What was said, with one time for all times, and as it is when the simulator is not in the place of WeChat.
fn steady(said: &str) -> String {
    let changing = [
        (
            r"(?m)^(This is what was sent to this computer, to a simulator: |以下是发往本机（模拟器）的情况：).*\n",
            "",
        ),
        (r"results\.local\.xlsx", "results.xlsx"),
        // A run that begins in one minute and ends in the next.
        (r"(\d{4}-\d\d-\d\d \d\d:\d\d)–[\d: -]+ \(", "$1 ("),
        (
            r"(?m)^Done, on this computer only: .*: wxcast send (\S+)$",
            "Done: everybody is sent or skipped; the results file opens in Excel. Next: wxcast runs $1",
        ),
        (
            r"(?m)^全部完成，但只发到了本机（模拟器），.*：wxcast send (\S+)$",
            "全部完成：每个人都已发送或已跳过，结果文件可以用 Excel 打开。下一步：wxcast runs $1",
        ),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?([+-]\d\d:\d\d|Z)?", "2026-03-08 10:00"),
        (
            r"http://127\.0\.0\.1:\d+ on this computer: counts for nothing \(made for the simulator\)",
            "https://api.weixin.qq.com, https://api2.weixin.qq.com (WeChat)",
        ),
        (
            r"本机的 http://127\.0\.0\.1:\d+：用于演练（如模拟器），不算发过",
            "https://api.weixin.qq.com, https://api2.weixin.qq.com（微信）",
        ),
        // The host is part of it.
        (r"plan:[0-9a-f]{64}", "plan:5f0c1c4f9a4b7f0d9b5c3e2a1d0f8e7c6b5a49382716051423f2e1d0c9b8a796"),
        (r"用时 [\d.]+ 秒，每秒 [\d.]+ 次", "用时 0.2 秒，每秒 20.0 次"),
        (r"in [\d.]+ s(econds)?, [\d.]+ a second", "in 0.2 s, 20.0 a second"),
    ];
    changing.iter().fold(said.to_owned(), |said, (pattern, steady)| {
        Regex::new(pattern).expect("a pattern").replace_all(&said, *steady).into_owned()
    })
}
