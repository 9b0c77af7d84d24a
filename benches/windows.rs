//! What windows cost: the order of deadlines, the memory for it, and the feed that reads its list once for every share.
//!
//! `cargo bench --bench windows`; TMPDIR says which disk. It measures the program as a whole, as a process of its own.

mod support;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rust_xlsxwriter::Workbook;

/// What a plan is measured with, and what the memory of an empty one is taken from.
const PLANNED: (usize, usize) = (1_000_000, 10);
/// How many messages are sent: six shares.
const SENT: usize = 400_000;
/// Two shares of a workbook.
const IN_WORKBOOK: usize = 100_000;
/// Runs of each, in turn, so that whatever else the machine does falls on all.
const RUNS: usize = 5;

fn main() {
    // `cargo test --benches` wants to know that it starts, not how fast it is.
    let small = !std::env::args().any(|arg| arg == "--bench");
    let of = |rows: usize| if small { 100 } else { rows };
    let runs = if small { 1 } else { RUNS };
    planning(of(PLANNED.0), runs);
    sending("CSV", of(SENT), runs, csv);
    sending("workbook", of(IN_WORKBOOK), runs, workbook);
}

/// What ordering and forecasting add to a plan, and what is kept of each recipient.
fn planning(rows: usize, runs: usize) {
    let (many, few) = (folder_of(rows, csv), folder_of(PLANNED.1, csv));
    let at = ["--at", "2026-11-26 10:00"];
    let (mut plain, mut ahead, mut peak, mut base) = (Vec::new(), Vec::new(), 0, 0);
    for _ in 0..runs {
        plain.push(plan(many.path(), &[]).0);
        let (seconds, memory) = plan(many.path(), &at);
        ahead.push(seconds);
        peak = peak.max(memory);
        base = base.max(plan(few.path(), &at).1);
    }
    let (plain, ahead) = (median(&mut plain), median(&mut ahead));
    println!(
        "plan of {rows} with windows: {plain:.2} s, with the outlook {ahead:.2} s: {:.2} s more",
        ahead - plain
    );
    if peak > 0 {
        println!(
            "peak {} KiB, of {} rows {base} KiB: {} B a recipient",
            peak,
            PLANNED.1,
            (peak - base) * 1024 / rows
        );
    }
}

/// Messages a second in the order of the file and in that of the deadlines, the list in the computer's memory or not.
fn sending(what: &str, rows: usize, runs: usize, write: Write) {
    let folder = folder_of(rows, write);
    for (order, cold) in [("file", false), ("deadline", false), ("deadline", true)] {
        let mut rates: Vec<f64> = (0..runs).map(|_| sent(folder.path(), rows, order, cold)).collect();
        let file = if cold { "cold" } else { "warm" };
        println!("{what} of {rows}, order {order}, {file}: {:.0}/s", median(&mut rates));
    }
}

/// Writes a list of so many people, and gives its name.
type Write = fn(&Path, usize) -> &'static str;

fn folder_of(rows: usize, write: Write) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let file = write(folder.path(), rows);
    for order in ["file", "deadline"] {
        let text = support::text_with_windows(file, order);
        fs::write(folder.path().join(format!("{order}.toml")), text).expect("a campaign");
    }
    folder
}

/// Everybody wrote within the last day, so that no window ends meanwhile.
fn rows(rows: usize) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs();
    support::rows_with_times(rows, usize::try_from(now).expect("seconds fit") - 86_400, 80_000)
}

fn csv(folder: &Path, count: usize) -> &'static str {
    fs::write(folder.join("audience.csv"), rows(count)).expect("an audience");
    "audience.csv"
}

fn workbook(folder: &Path, count: usize) -> &'static str {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, line) in (0..).zip(rows(count).lines()) {
        for (column, cell) in (0..).zip(line.split(',')) {
            sheet.write_string(row, column, cell).expect("a cell");
        }
    }
    book.save(folder.join("audience.xlsx")).expect("a workbook");
    "audience.xlsx"
}

/// The seconds that a plan takes, and the most memory it has, in KiB; 0 where the system does not tell.
fn plan(folder: &Path, more: &[&str]) -> (f64, usize) {
    let begun = Instant::now();
    let mut child = command(folder)
        .args(["plan", "deadline.toml", "--format", "json"])
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let (about, mut most) = (format!("/proc/{}/status", child.id()), 0);
    let status = loop {
        // The most so far, so that the last look before the end is what counts.
        let told = fs::read_to_string(&about).unwrap_or_else(|_| String::new());
        let line = told.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        most = most.max(kib.unwrap_or(0));
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    assert!(status.success(), "{status}");
    (begun.elapsed().as_secs_f64(), most)
}

/// Messages a second, from the first request to the last answer.
#[expect(clippy::cast_precision_loss)]
fn sent(folder: &Path, rows: usize, order: &str, cold: bool) -> f64 {
    let (address, times): (SocketAddr, _) = support::timed_server(Duration::ZERO);
    let state = tempfile::tempdir().expect("a folder");
    if cold {
        forget(folder);
    }
    let said = fs::File::create(folder.join("stderr")).expect("a file");
    let status = command(folder)
        .args(["send", &format!("{order}.toml"), "--yes", "--progress", "none", "--results"])
        .arg(state.path().join("results.csv"))
        .env("WXCAST_API_BASE", format!("http://{address}"))
        .env("WXCAST_ACCESS_TOKEN", "bench")
        .env("XDG_STATE_HOME", state.path())
        .env("LOCALAPPDATA", state.path())
        .stdout(Stdio::null())
        .stderr(said)
        .status()
        .expect("the binary runs");
    let said = || fs::read_to_string(folder.join("stderr")).expect("what it said");
    assert!(status.success(), "{status}: {}", said());
    // Each run is a first one.
    let _ = fs::remove_dir_all(folder.join(".wxcast"));
    let times = times.lock().expect("a server that stands");
    assert_eq!(times.requests, rows, "every message once");
    rows as f64 / times.length().as_secs_f64()
}

/// Takes the lists out of the computer's memory, where there is a `dd` that can.
fn forget(folder: &Path) {
    for name in ["audience.csv", "audience.xlsx"] {
        let file = folder.join(name);
        if file.exists() {
            let _ = Command::new("dd")
                .arg(format!("if={}", file.display()))
                .args(["iflag=nocache", "count=0"])
                .stderr(Stdio::null())
                .status();
        }
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wxcast"));
    command.current_dir(folder).stdin(Stdio::null());
    command
}

fn median(all: &mut [f64]) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
