//! When messages may be begun: hours, days, a first and a last moment, and `send --at`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Stdio};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use crate::support::{Platform, Ran, World, finish, openid, signal};

/// A campaign to so many people, with these keys in `[send]`.
fn world(count: usize, keys: &str) -> World {
    let world = World::with_recipients(count);
    world.edit("campaign.toml", "rate = \"100000/s\"", &format!("rate = \"100000/s\"\n{keys}"));
    world
}

/// A moment from now on, in seconds.
fn from_now(seconds: i64) -> String {
    (Timestamp::now() + SignedDuration::from_secs(seconds)).strftime("%Y-%m-%dT%H:%M:%S%.fZ").to_string()
}

/// An hour of today's, in the zone of the campaign, that is not now.
fn closed_hour() -> String {
    let now = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let hour = (now.hour() + 3) % 24;
    format!("hours = [\"{hour:02}:00-{hour:02}:30\"]\nzone = \"UTC\"")
}

fn plan(world: &World) -> Json {
    world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json()
}

/// A `send` that has begun to wait, and what it says from then on.
fn waiting(world: &World, platform: &Platform, more: &[&str]) -> (Child, BufReader<ChildStderr>) {
    let args = [&["send", "campaign.toml", "--yes"], more].concat();
    let mut command = world.command_at(platform, &args);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    let mut said = BufReader::new(child.stderr.take().expect("stderr"));
    let mut line = String::new();
    while !line.contains("Waiting until") {
        line.clear();
        assert!(said.read_line(&mut line).expect("a line") > 0, "it ended before it waited");
    }
    (child, said)
}

#[test]
fn outside_of_the_hours_nothing_is_sent_and_a_scheduler_s_line_says_how_to_go_on() {
    let world = world(3, &closed_hour());
    let platform = Platform::new("");
    let ran =
        world.send(&platform).exits(7).says("outside of the campaign's hours").says("--expect-plan plan:");
    if cfg!(unix) {
        assert!(ran.stderr.contains("systemd-run --user --on-calendar='"), "{}", ran.stderr);
    }
    let told = ran.json();
    assert_eq!(ran.counts(), "3 unsent");
    let resume: Timestamp = told["resume_at"].as_str().expect("a time").parse().expect("RFC 3339");
    let ahead = resume.duration_since(Timestamp::now());
    assert!(ahead > SignedDuration::from_hours(1) && ahead < SignedDuration::from_hours(3), "{told}");
    assert_eq!(platform.ledger().totals().requests, 0);
}

#[test]
#[cfg(unix)]
fn a_scheduler_that_knows_no_seconds_starts_the_run_when_its_time_has_come() {
    let world = world(1, "not_before = \"2099-03-04 05:06:07\"\nzone = \"UTC\"");
    let mut command = world.command_at(&Platform::new(""), &["send", "campaign.toml", "--yes"]);
    let ran = Ran::of(command.env("TZ", "UTC").output().expect("the binary runs")).exits(7);
    ran.says("\n  7 5 4 3 * ").says("--on-calendar='2099-03-04 05:06:07 UTC'");
}

#[test]
fn what_is_begun_when_the_hour_ends_is_brought_to_its_end_and_the_rest_stays_unsent() {
    let world = world(400, "");
    world.edit("campaign.toml", "100000/s", "200/s");
    world.edit("campaign.toml", "[send]", &format!("[send]\nnot_after = \"{}\"", from_now(1)));
    let platform = Platform::new("");
    let ran = world.send(&platform).exits(7).says("`send.not_after` has passed");
    assert!(!ran.stderr.contains("To go on where it stopped"), "it never goes on so: {}", ran.stderr);
    let ran = ran.says("set a later `send.not_after` first");
    let counts = ran.json()["counts"].clone();
    let (sent, unsent) = (counts["sent"].as_u64().expect("sent"), counts["unsent"].as_u64().expect("unsent"));
    assert!(sent > 0 && unsent > 0 && sent + unsent == 400, "{counts}");
    assert_eq!(platform.ledger().totals().requests, sent);
    assert_eq!(ran.json()["resume_at"], Json::Null);
    let told = world.run(&["runs", "campaign.toml", "--format", "json", "--local"]).stdout;
    assert!(told.contains("\"hours\""), "{told}");
    world.edit("campaign.toml", "not_after", "hours = [\"00:00-24:00\"] #");
    assert_eq!(world.send(&platform).exits(0).counts(), "400 sent");
    assert_eq!(platform.ledger().duplicates(), Vec::<String>::new());
}

#[test]
fn send_at_asks_now_waits_for_the_moment_and_then_sends() {
    let world = world(3, "");
    let platform = Platform::new("");
    let begun = Instant::now();
    let at = from_now(2);
    let args = ["send", "campaign.toml", "--yes", "--at", &at, "--format", "json"];
    let ran = world.run_at(&platform, &args).exits(0).says("Waiting until");
    assert_eq!(ran.counts(), "3 sent");
    assert!(begun.elapsed() >= Duration::from_millis(1500), "it waited");
    assert!(ran.json()["requests"] == 3 && ran.json()["resume_at"] == Json::Null, "{}", ran.stdout);
}

#[test]
fn files_that_change_during_the_wait_are_not_sent() {
    let world = world(3, "");
    let platform = Platform::new("");
    let at = from_now(3);
    let (child, mut said) = waiting(&world, &platform, &["--at", &at]);
    world.file("audience.csv", format!("openid,name\n{},New\n", openid(9)));
    let mut rest = String::new();
    said.read_to_string(&mut rest).expect("text");
    let ran = finish(child).exits(8);
    assert!(rest.contains("changed since they were agreed to"), "{rest}");
    assert_eq!((platform.ledger().totals().requests, ran.stdout.as_str()), (0, ""));
}

#[cfg(unix)]
#[test]
fn a_wait_ends_with_a_signal_and_with_wxcast_stop() {
    for by_signal in [true, false] {
        let world = world(3, &format!("{}\noutside = \"wait\"", closed_hour()));
        let platform = Platform::new("");
        let (child, said) = waiting(&world, &platform, &["--format", "json"]);
        if by_signal {
            signal(&child, "INT");
        } else {
            world.run_at(&platform, &["stop", "campaign.toml", "--local"]).exits(0);
        }
        drop(said);
        let ran: Ran = finish(child).exits(if by_signal { 130 } else { 7 });
        assert_eq!(ran.counts(), "3 unsent");
        assert_eq!(platform.ledger().totals().requests, 0);
    }
}

#[test]
fn what_is_no_time_no_zone_and_no_day_is_a_fault_at_its_place() {
    for (key, field) in [
        ("zone = \"Asia/Shangai\"", "send.zone"),
        ("hours = [\"09:00-12:00\", \"9-12\"]", "send.hours[2]"),
        ("days = [\"montag\"]", "send.days[1]"),
        ("not_before = \"tomorrow\"", "send.not_before"),
        ("not_before = \"2026-11-27 10:00\"\nnot_after = \"2026-11-27 09:00\"", "send.not_after"),
        ("hours = []", "send.hours"),
        ("outside = \"hang\"", "send.outside"),
    ] {
        let found = plan(&world(1, key));
        assert_eq!(found["diagnostics"][0]["field"], field, "{key}: {found:#}");
    }
    world(1, "").run(&["send", "campaign.toml", "--yes", "--at", "soon"]).exits(2).says("is not a time");
}

#[test]
fn a_rehearsal_is_held_at_any_hour() {
    let world = world(3, &closed_hour());
    assert_eq!(world.run(&["rehearse", "campaign.toml", "--format", "json"]).exits(0).counts(), "3 sent");
}

#[test]
fn results_tell_times_in_the_campaign_s_zone() {
    let world = world(1, "zone = \"America/New_York\"");
    world.send(&Platform::new("")).exits(0);
    let finished = world.results()[0][7].to_owned();
    assert!(finished.ends_with("-05:00") || finished.ends_with("-04:00"), "{finished}");
}
