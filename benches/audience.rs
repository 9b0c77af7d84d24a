//! A million followers: `wxcast audience followers` as a process of its own, from its start to the finished file, beside
//! reqwest with nothing around it that asks for the same pages, both from the simulator as a process of its own.
//!
//! Then ten times as many, for the memory that takes.
//!
//! `cargo bench --bench audience`; TMPDIR says which disk. At most 1.5 times what the pages take, and hardly more memory
//! for ten million than for one.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How many follow.
const FOLLOWERS: usize = 1_000_000;
/// How many runs of each are made, in turn, so that whatever else the machine does falls on both.
const RUNS: usize = 7;
/// How often it is looked whether a process has ended.
const LOOK: Duration = Duration::from_millis(2);
/// A token that the scenario takes without a fetch.
const TOKEN: &str = "bench";
const APPID: &str = "wx0123456789abcdef";

fn main() {
    // `cargo test --benches` wants to know that it starts, not how fast it is.
    let (followers, runs) =
        if std::env::args().any(|arg| arg == "--bench") { (FOLLOWERS, RUNS) } else { (25_000, 1) };
    let folder = tempfile::tempdir().expect("a folder");
    let simulator = Simulator::start(folder.path(), followers);
    let (mut bare_times, mut whole_times) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        bare_times.push(timed(|| assert_eq!(bare(&simulator.base), followers, "everybody comes")));
        whole_times.push(timed(|| {
            whole(folder.path(), &simulator.base, followers);
        }));
        println!(
            "bare {:?}, wxcast {:?}",
            bare_times.last().expect("a run"),
            whole_times.last().expect("a run")
        );
    }
    let (bare_time, whole_time) = (median(&mut bare_times), median(&mut whole_times));
    let ratio = whole_time.as_secs_f64() / bare_time.as_secs_f64();
    println!("medians: bare {bare_time:?}, wxcast {whole_time:?}, {ratio:.2} times (at most 1.5)");
    drop(simulator);
    for count in [followers, followers * 10] {
        let simulator = Simulator::start(folder.path(), count);
        let begun = Instant::now();
        let peak = whole(folder.path(), &simulator.base, count);
        let took = begun.elapsed();
        match peak {
            Some(peak) => println!("{count} followers: {took:?}, at most {} MB of memory", peak / 1024),
            None => println!("{count} followers: {took:?}; this system does not tell the memory"),
        }
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The simulator, ended with the bench.
struct Simulator {
    child: Child,
    base: String,
}

impl Simulator {
    fn start(folder: &Path, followers: usize) -> Self {
        let scenario = folder.join("scenario.toml");
        let text = format!("[token]\naccept = [\"{TOKEN}\"]\n[followers]\ncount = {followers}\n");
        fs::write(&scenario, text).expect("a scenario");
        let mut child = Command::new(env!("CARGO_BIN_EXE_wxcast"))
            .args(["simulator", "--scenario"])
            .arg(&scenario)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let base = lines.next().expect("its address").expect("its address");
        Self { child, base }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every page with nothing around it: where the next one begins is looked for, and the people are counted.
fn bare(base: &str) -> usize {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (mut people, mut next) = (0, String::new());
        loop {
            let url = format!("{base}/cgi-bin/user/get?access_token={TOKEN}&next_openid={next}");
            let page = client.get(url).send().await.expect("an answer").bytes().await.expect("a body");
            let text = std::str::from_utf8(&page).expect("UTF-8");
            let field = |name: &str| text.split_once(name).expect("a page").1;
            let count = field("\"count\":").split([',', '}']).next().expect("a number");
            people += count.parse::<usize>().expect("a number");
            let last = text.rsplit_once("\"next_openid\":\"").expect("a page").1;
            next = last.trim_end_matches("\"}").to_owned();
            if next.is_empty() {
                return people;
            }
        }
    })
}

/// `wxcast audience followers`, as people run it. Gives the most memory that it took, in KB, where the system tells.
fn whole(folder: &Path, base: &str, followers: usize) -> Option<u64> {
    let file = folder.join("fans.csv");
    let mut child = Command::new(env!("CARGO_BIN_EXE_wxcast"))
        .args(["audience", "followers", "--appid", APPID, "--progress", "plain", "-o"])
        .arg(&file)
        .env("WXCAST_API_BASE", base)
        .env("WXCAST_ACCESS_TOKEN", TOKEN)
        .env("XDG_STATE_HOME", folder)
        .env("LOCALAPPDATA", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let mut peak = None;
    let status = loop {
        peak = most_memory(child.id()).or(peak);
        match child.try_wait().expect("a child") {
            Some(status) => break status,
            None => std::thread::sleep(LOOK),
        }
    };
    assert!(status.success(), "{status}");
    let lines = BufReader::with_capacity(1 << 20, File::open(&file).expect("a file")).split(b'\n').count();
    assert_eq!(lines, followers + 1, "everybody stands in it");
    peak
}

/// The most memory that a process took so far, in KB.
fn most_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    most.trim().split(' ').next()?.parse().ok()
}
