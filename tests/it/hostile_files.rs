//! Files that claim more than they hold, or that are none: each is a fault of the file, at once and without noise.

use std::fs;
use std::time::{Duration, Instant};

use crate::support::sheets::{xlsx, zipped};
use crate::support::{Ran, World, openid, repository};

fn plan_of(name: &str, bytes: &[u8]) -> Ran {
    let world = World::new();
    world.text_campaign("{{姓名}}", "");
    world.edit("campaign.toml", "audience.csv", name);
    world.file(name, bytes);
    let begun = Instant::now();
    let ran = world.run(&["plan", "campaign.toml", "--format", "json"]);
    assert!(begun.elapsed() < Duration::from_secs(10), "{name} took {:?}", begun.elapsed());
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    ran
}

fn sheet(rows: &str) -> Vec<u8> {
    xlsx(rows, &["openid", "姓名"], &[])
}

fn ods(rows: &str) -> Vec<u8> {
    let text = format!("<d xmlns='x'><table name='a'>{rows}</table></d>");
    zipped(&[("content.xml", &text)])
}

#[test]
fn what_a_workbook_claims_is_not_believed() {
    let header = "<row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c></row>";
    let text = "<table-cell value-type='string'><p>openid</p></table-cell>";
    for (name, bytes) in [
        (
            "far.xlsx",
            sheet("<sheetData><row r=\"1\"><c r=\"ZZZZZZ1\" t=\"s\"><v>0</v></c></row></sheetData>"),
        ),
        (
            "farther.xlsx",
            sheet("<sheetData><row r=\"1\"><c r=\"ZZZZZZZ2\" t=\"s\"><v>0</v></c></row></sheetData>"),
        ),
        ("deep.xlsx", sheet("<sheetData><row r=\"1048577\"><c t=\"s\"><v>0</v></c></row></sheetData>")),
        (
            "spaces.ods",
            ods(
                "<table-row><table-cell value-type='string'><p><s c='2000000000'/></p></table-cell></table-row>",
            ),
        ),
        (
            "rows.ods",
            ods(&format!("<table-row number-rows-repeated='1048576'>{}</table-row>", text.repeat(200))),
        ),
        (
            "columns.ods",
            ods(
                "<table-row><table-cell number-columns-repeated='99999999' value-type='string'><p>openid</p></table-cell></table-row>",
            ),
        ),
    ] {
        let plan = plan_of(name, &bytes).exits(3).json();
        let code = plan["diagnostics"][0]["code"].as_str().expect("a code").to_owned();
        assert!(code == "workbook-too-large" || code == "workbook-unreadable", "{name}: {plan:#}");
    }
    // Merges over whole columns are told, and the count of shared texts is no count of anything.
    let rows: String = (2..2000)
        .map(|row| format!("<row r=\"{row}\"><c t=\"inlineStr\"><is><t>x</t></is></c></row>"))
        .collect();
    let merges = "<mergeCells><mergeCell ref=\"A1:XFD1048576\"/></mergeCells>".repeat(20);
    plan_of("merges.xlsx", &sheet(&format!("<sheetData>{header}{rows}</sheetData>{merges}"))).exits(3);
    let texts =
        format!("<sst count=\"4294967295\" uniqueCount=\"4294967295\"><si><t>{}</t></si></sst>", openid(0));
    let bytes = zipped(&[
        ("xl/workbook.xml", "<workbook><sheets><sheet name=\"a\" id=\"s\"/></sheets></workbook>"),
        (
            "xl/_rels/workbook.xml.rels",
            "<R><Relationship Id=\"s\" Type=\"/worksheet\" Target=\"s.xml\"/></R>",
        ),
        ("xl/sharedStrings.xml", &texts),
        (
            "xl/s.xml",
            "<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>openid</t></is></c><c t=\"inlineStr\"><is><t>姓名</t></is></c></row><row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>0</v></c></row></sheetData></worksheet>",
        ),
    ]);
    plan_of("count.xlsx", &bytes).exits(0);
}

#[test]
fn no_damaged_workbook_brings_the_program_down_or_makes_noise() {
    // A thousand of them in one process would hide which one it was: the sheets are read where they are parsed.
    for name in
        ["plain.xlsx", "plain.xlsb", "plain.xls", "plain.ods", "xlwt.xls", "faults.xls", "sheetjs.xlsb"]
    {
        let sound = fs::read(repository().join("tests/fixtures").join(name)).expect("a fixture");
        let mut seed = 7u64;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).expect("31 bits") % below
        };
        for _ in 0..12 {
            let mut bytes = sound.clone();
            for _ in 0..=random(4) {
                let at = random(bytes.len());
                bytes[at] = u8::try_from(random(256)).expect("a byte");
            }
            let ran = plan_of(name, &bytes);
            assert!(ran.code == 0 || ran.code == 3, "{name}: {}", ran.code);
        }
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_at_once() {
    let world = World::new();
    world.text_campaign("x", "");
    let fifo = world.path("fifo.csv");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo");
    assert!(made.success());
    let _socket = std::os::unix::net::UnixListener::bind(world.path("socket.csv")).expect("a socket");
    fs::create_dir(world.path("folder.csv")).expect("a folder");
    let mut now = "audience.csv".to_owned();
    for name in ["fifo.csv", "socket.csv", "folder.csv", "/dev/zero", "/dev/stdin", "/proc/self/environ"] {
        world.edit("campaign.toml", &format!("file = \"{now}\""), &format!("file = \"{name}\""));
        name.clone_into(&mut now);
        let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json();
        let code = if name == "folder.csv" { "audience-unreadable" } else { "audience-special" };
        assert_eq!(plan["diagnostics"][0]["code"], code, "{name}: {plan:#}");
    }
}

#[cfg(unix)]
#[test]
fn nor_are_campaigns_scenarios_media_and_earlier_plans_read_that_never_end() {
    let world = World::with_recipients(1);
    world.campaign("[message.image]\nfile = \"pic.jpg\"", "");
    let made = std::process::Command::new("mkfifo").arg(world.path("fifo")).status().expect("mkfifo");
    assert!(made.success());
    for name in ["fifo", "/dev/zero", "/proc/self/mem"] {
        let _ = fs::remove_file(world.path("pic.jpg"));
        std::os::unix::fs::symlink(if name == "fifo" { "fifo" } else { name }, world.path("pic.jpg"))
            .expect("a link");
        world.run(&["plan", name]).exits(3).says("campaign-unreadable").says("a pipe, a device or the like");
        world.run(&["plan", "campaign.toml"]).exits(3).says("media-unreadable");
        world
            .run(&["plan", "campaign.toml", "--compare", name])
            .exits(2)
            .says("a pipe, a device or the like");
        world.run(&["simulator", "--scenario", name]).exits(3).says("a pipe, a device or the like");
    }
}
