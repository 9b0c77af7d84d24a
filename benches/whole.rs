//! The program as a whole: `wxcast send` as a process of its own, results refreshed and progress on, beside reqwest
//! with nothing around it, both against the same server, 64 in flight.
//!
//! `cargo bench --bench whole`; TMPDIR says which disk. Neither the start of the process nor planning counts: the server
//! takes the time from the first request to the last answer.

mod support;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// How many messages a run sends: some seconds of work, so that results are refreshed several times.
const MESSAGES: usize = 400_000;
/// How many runs of each are made, in turn, so that whatever else the machine does falls on both.
const RUNS: usize = 7;

fn main() {
    // `cargo test --benches` wants to know that it starts, not how fast it is.
    let (messages, runs) =
        if std::env::args().any(|arg| arg == "--bench") { (MESSAGES, RUNS) } else { (100, 1) };
    let (mut bare_rates, mut whole_rates) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        bare_rates.push(measured(messages, support::bare));
        whole_rates.push(measured(messages, whole));
        println!(
            "bare {:.0}/s, wxcast {:.0}/s",
            bare_rates.last().expect("a run"),
            whole_rates.last().expect("a run")
        );
    }
    let (bare, whole) = (median(&mut bare_rates), median(&mut whole_rates));
    println!("medians: bare {bare:.0}/s, wxcast {whole:.0}/s, ratio {:.1} %", whole / bare * 100.0);
}

fn median(rates: &mut [f64]) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// Messages a second, from the first request to the last answer.
#[expect(clippy::cast_precision_loss)]
fn measured(messages: usize, sending: fn(SocketAddr, usize)) -> f64 {
    let (address, times) = support::timed_server(Duration::ZERO);
    sending(address, messages);
    let times = times.lock().expect("a server that stands");
    assert_eq!(times.requests, messages, "every message once");
    messages as f64 / times.length().as_secs_f64()
}

/// `wxcast send`, as people run it.
fn whole(address: SocketAddr, messages: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    support::campaign(folder.path(), messages, support::PLAIN);
    let campaign = support::campaign_text(support::PLAIN);
    fs::write(folder.path().join("campaign.toml"), campaign).expect("a campaign");
    let errors = fs::File::create(folder.path().join("stderr")).expect("a file");
    let status = Command::new(env!("CARGO_BIN_EXE_wxcast"))
        .args(["send", "campaign.toml", "--yes", "--progress", "plain"])
        .current_dir(folder.path())
        .env("WXCAST_API_BASE", format!("http://{address}"))
        .env("WXCAST_ACCESS_TOKEN", "bench")
        .env("XDG_STATE_HOME", folder.path())
        .env("LOCALAPPDATA", folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(errors)
        .status()
        .expect("the binary runs");
    assert!(status.success(), "{status}: {}", said(folder.path()));
}

fn said(folder: &Path) -> String {
    fs::read_to_string(folder.join("stderr")).unwrap_or_else(|error| error.to_string())
}
