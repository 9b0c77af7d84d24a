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

/// A campaign whose people wrote so long ago, in the order of the file, and a platform that judges by the true time.
fn by_age(ages: &[(usize, i64)], rate: &str) -> (World, Platform) {
    let now = jiff::Timestamp::now();
    let ages = ages.iter().flat_map(|(count, seconds)| std::iter::repeat_n(*seconds, *count)).enumerate();
    let rows: String = ages
        .map(|(index, seconds)| {
            format!(
                "{},{}\n",
                crate::support::openid(index),
                (now - jiff::SignedDuration::from_secs(seconds)).as_second()
            )
        })
        .collect();
    let world = World::new();
    world.text_campaign("Hello", "");
    world.file("audience.csv", format!("openid,time\n{rows}"));
    let window = "[audience.window]\ncolumn = \"time\"\nmargin = \"0m\"\n\n[message.text]";
    world.edit("campaign.toml", "[message.text]", window);
    let send = format!("rate = \"{rate}\"\norder = \"file\"\nconcurrency = 2");
    world.edit("campaign.toml", "rate = \"100000/s\"", &send);
    (world, Platform::with_times("[window]\ntimes = \"t.csv\"", &format!("openid,time\n{rows}")))
}

const WINDOW: i64 = 48 * 3600;

/// Runs a send with another wall clock, which is set to `offset` once so many requests have come.
fn with_clock(
    world: &World,
    platform: &Platform,
    at_first: &str,
    set: Option<(u64, &str)>,
) -> Option<crate::support::Ran> {
    let Some(library) = faketime() else {
        println!("not run: Debian's libfaketime is not installed");
        return None;
    };
    let clock = world.file("clock", at_first);
    let mut command = world.command_at(platform, &["send", "campaign.toml", "--yes", "--format", "json"]);
    command.env("LD_PRELOAD", &library).env("FAKETIME_TIMESTAMP_FILE", &clock).env("FAKETIME_NO_CACHE", "1");
    command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    if let Some((requests, offset)) = set {
        platform.wait_for_requests(requests);
        std::fs::write(&clock, offset).expect("a clock that can be set");
    }
    let ran = finish(child);
    let codes: Vec<i64> = platform.ledger().totals().answers.keys().copied().collect();
    assert_eq!(codes, [0], "no late request, whatever the clock says: {}", ran.stderr);
    Some(ran)
}

/// Sends a campaign by another wall clock.
fn send_by(world: &World, platform: &Platform, campaign: &str, offset: &str) -> Option<crate::support::Ran> {
    let Some(library) = faketime() else {
        println!("not run: Debian's libfaketime is not installed");
        return None;
    };
    let clock = world.file("clock", offset);
    let mut command = world.command_at(platform, &["send", campaign, "--yes", "--format", "json"]);
    command.env("LD_PRELOAD", &library).env("FAKETIME_TIMESTAMP_FILE", &clock).env("FAKETIME_NO_CACHE", "1");
    command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    Some(crate::support::Ran::of(command.output().expect("the binary runs")))
}

#[test]
fn hours_are_those_of_the_platform_s_clock_whatever_this_computer_s_says() {
    let world = World::with_recipients(3);
    // Open from two to five hours from now.
    let hour = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).hour();
    let [from, to] = [2, 5].map(|more| (hour + more) % 24);
    let policy = |from, to| format!("[hours]\nhours = [\"{from:02}:00-{to:02}:00\"]\nzone = \"UTC\"\n");
    world.file("policy.toml", policy(from, to));
    let platform = Platform::new("");
    let Some(ran) = send_by(&world, &platform, "campaign.toml", "+10800") else { return };
    assert_eq!(ran.exits(7).says("ahead of WeChat's").counts(), "3 unsent");
    assert_eq!(platform.ledger().totals().requests, 0);
    // And open now, whatever is thought here.
    world.file("policy.toml", policy(to, from));
    let ran = send_by(&world, &platform, "campaign.toml", "+10800").expect("the library was there");
    assert_eq!(ran.exits(0).counts(), "3 sent");
}

#[test]
fn a_cap_counts_by_the_platform_s_clock_when_it_is_asked_and_when_it_was_written_down() {
    let world = World::with_recipients(3);
    world.file("policy.toml", "[caps]\nper_person = [\"1/2h\"]\n");
    let campaign = world.read("campaign.toml");
    for id in ["may", "june"] {
        let text = campaign.replace("\"spring\"", &format!("\"{id}\"")).replace("Hello", id);
        world.file(&format!("{id}.toml"), text);
    }
    let platform = Platform::new("");
    // By a clock that is ten days slow they would have been written to ten days ago.
    let Some(ran) = send_by(&world, &platform, "campaign.toml", "-10d") else { return };
    assert_eq!(ran.exits(0).says("behind WeChat's").counts(), "3 sent");
    assert_eq!(
        world.run_at(&platform, &["send", "may.toml", "--yes", "--format", "json"]).counts(),
        "3 skipped"
    );
    // By one that is three days fast that would be three days ago.
    let ran = send_by(&world, &platform, "june.toml", "+3d").expect("the library was there");
    assert_eq!(ran.exits(0).counts(), "3 skipped");
    assert_eq!(platform.ledger().totals().requests, 3);
}

#[test]
fn a_clock_that_is_an_hour_behind_lets_nobody_be_written_to_whose_window_is_over() {
    // By this computer they had half an hour left; they have been out for half an hour.
    let (world, platform) = by_age(&[(3, 3600), (10, WINDOW + 1800)], "100/s");
    let Some(ran) = with_clock(&world, &platform, "-3600", None) else { return };
    assert_eq!(ran.counts(), "3 sent, 10 skipped");
}

/// Two seconds: windows have to end while others are sent to.
#[test]
fn a_clock_that_is_set_back_by_an_hour_in_mid_run_judges_by_the_platforms_all_the_same() {
    let (world, platform) = by_age(&[(40, 3600), (10, WINDOW - 2)], "20/s");
    let Some(ran) = with_clock(&world, &platform, "+0", Some((10, "-3600"))) else { return };
    assert_eq!(ran.counts(), "40 sent, 10 skipped");
}

/// A second: there is no mid-run without time.
#[test]
fn a_clock_that_is_set_forward_by_an_hour_in_mid_run_skips_nobody_whose_window_is_open() {
    let (world, platform) = by_age(&[(40, WINDOW - 1800)], "40/s");
    let Some(ran) = with_clock(&world, &platform, "+0", Some((10, "+3600"))) else { return };
    assert_eq!(ran.counts(), "40 sent");
}
