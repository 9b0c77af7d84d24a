//! The clock set back and forward, and a machine that sleeps, while messages leave.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Platform, World, finish, signal};

const ROWS: usize = 120;
/// What may arrive within a second at 100 a second: what is late on a busy machine arrives with what is on time. Making
/// up for the sleep would be 150.
const MOST_A_SECOND: usize = 125;

/// Debian's libfaketime, which gives a process another wall clock than the machine's.
fn faketime() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").ok()?;
    let found = folders
        .filter_map(Result::ok)
        .map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"))
        .find(|library| library.exists());
    let may_lack = std::env::var_os("CI").is_none() || !cfg!(target_os = "linux");
    assert!(found.is_some() || may_lack, "CI needs Debian's libfaketime");
    found
}

fn campaign_of_a_second() -> (World, Platform) {
    let (world, platform) = (World::with_recipients(ROWS), Platform::new("[ledger]\narrivals = true"));
    world.edit("campaign.toml", "100000/s", "100/s");
    (world, platform)
}

#[track_caller]
fn assert_pace(platform: &Platform) {
    let arrivals = platform.ledger().arrivals();
    assert_eq!(arrivals.len(), ROWS);
    let within_a_second = |from: &Duration| {
        arrivals.iter().filter(|at| **at >= *from && **at < *from + Duration::from_secs(1)).count()
    };
    let worst = arrivals.iter().map(within_a_second).max().unwrap_or_default();
    assert!(worst <= MOST_A_SECOND, "{worst} in a second");
}

/// More than a second: there is no pace without time.
#[test]
fn a_clock_set_back_and_forward_changes_neither_pace_nor_outcomes() {
    let Some(library) = faketime() else {
        println!("not run: Debian's libfaketime is not installed");
        return;
    };
    let (world, platform) = campaign_of_a_second();
    let clock = world.file("clock", "+0");
    let mut command = world.command_at(&platform, &["send", "campaign.toml", "--yes", "--format", "json"]);
    command.env("LD_PRELOAD", &library).env("FAKETIME_TIMESTAMP_FILE", &clock).env("FAKETIME_NO_CACHE", "1");
    // The clock that a person sets is the wall clock.
    command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let begun = Instant::now();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    for (requests, offset) in [(30, "-800d"), (60, "+800d"), (90, "-1")] {
        platform.wait_for_requests(requests);
        std::fs::write(&clock, offset).expect("a clock that can be set");
    }
    let ran = finish(child).exits(0);
    let elapsed = begun.elapsed();
    assert_eq!(ran.counts(), "120 sent");
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
    assert_pace(&platform);
    let json = ran.json();
    let told = json["duration_seconds"].as_f64().unwrap_or_default();
    assert!((1.1..=elapsed.as_secs_f64()).contains(&told), "{told}");
    let (mut years, mut slowest) = (BTreeSet::new(), 0);
    for row in world.results() {
        years.insert(row.get(7).expect("a time")[..4].to_owned());
        slowest = slowest.max(row.get(8).and_then(|latency| latency.parse::<u64>().ok()).expect("a latency"));
    }
    assert_eq!(years.len(), 3, "the clock was not set: {years:?}");
    assert!(u128::from(slowest) <= elapsed.as_millis(), "{slowest} ms");
    assert_eq!(world.send(&platform).exits(0).json()["requests"], 0);
}

/// A second and what the machine sleeps. A process that is stopped sees what it would see of a machine asleep: time
/// has passed, and answers lie ready.
#[test]
fn waking_from_sleep_does_not_make_up_for_lost_time_in_a_burst() {
    let (world, platform) = campaign_of_a_second();
    let child = world.start_send(&platform);
    platform.wait_for_requests(40);
    signal(&child, "STOP");
    let asleep = Instant::now();
    // It sleeps as long as 50 messages take; there is no sleep without time.
    while asleep.elapsed() < Duration::from_millis(500) {
        std::thread::sleep(Duration::from_millis(10));
    }
    signal(&child, "CONT");
    assert_eq!(finish(child).exits(0).counts(), "120 sent");
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
    assert_pace(&platform);
    let arrivals = platform.ledger().arrivals();
    let gap = arrivals.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).max().unwrap_or_default();
    assert!(gap >= Duration::from_millis(400), "it never slept: {gap:?}");
}
