//! The pace, measured where the requests arrive. A second: there is no pace without time.

use crate::support::{Platform, World, openid};

#[test]
fn no_moment_is_clearly_faster_than_the_rate_the_first_second_included() {
    let (world, platform) = (World::with_recipients(260), Platform::new("[ledger]\narrivals = true"));
    let send = ["send", "campaign.toml", "--yes", "--rate", "200/s", "--format", "json"];
    let seconds = world.run_at(&platform, &send).exits(0).json()["duration_seconds"].as_f64();
    assert!(seconds.is_some_and(|seconds| seconds >= 258.0 / 200.0), "{seconds:?}");
    let arrivals: Vec<f64> = platform.ledger().arrivals().iter().map(|at| at.as_secs_f64()).collect();
    assert_eq!(arrivals.len(), 260);
    // A burst of 10 ms of the rate is 2; what is late on a busy machine arrives with what is on time, so short
    // windows are given more.
    for (window, most) in [(1.0, 204), (0.1, 30)] {
        let within = |from: &f64| arrivals.iter().filter(|at| **at >= *from && **at < from + window).count();
        let worst = arrivals.iter().map(within).max().unwrap_or_default();
        assert!(worst <= most, "{worst} in {window} s");
    }
    let bins = platform.ledger().per_10ms();
    assert!(bins.iter().all(|count| *count <= 10), "{bins:?}");
}

#[test]
fn the_lowest_of_several_ceilings_holds() {
    let (world, platform) = (World::with_recipients(40), Platform::new(""));
    world.edit("campaign.toml", "rate = \"100000/s\"", "rate = [\"1000/s\", \"6000/min\"]");
    let seconds = world.send(&platform).exits(0).json()["duration_seconds"].as_f64();
    assert!(seconds.is_some_and(|seconds| seconds >= 38.0 / 100.0), "{seconds:?}");
}

#[test]
fn a_throttled_process_slows_down_and_loses_nobody() {
    // Seconds: whoever is throttled waits one.
    let (world, platform) =
        (World::with_recipients(40), Platform::new("[quota]\nper_minute = 30\nwindow = \"1s\""));
    assert_eq!(world.send(&platform).exits(0).counts(), "40 sent");
    assert_eq!(platform.ledger().totals().accepted, 40);
}

#[test]
fn a_few_who_are_busy_again_and_again_slow_nobody_else_down() {
    // A second: that is how long the first pause is.
    let world = World::with_recipients(60);
    world.text_campaign("Hello {{name}}", "retries = 1");
    let few: Vec<String> = [15, 35, 50, 58].map(openid).to_vec();
    let platform = Platform::new(&format!("[[answers]]\ncode = -1\nopenids = {few:?}"));
    assert_eq!(world.send(&platform).exits(5).counts(), "56 sent, 4 failed");
    let report = world.run(&["report", "campaign.toml", "--format", "json"]).exits(0).json();
    assert!(!report["runs"][0]["happenings"].to_string().contains("pace"), "{report:#}");
}
