//! Two processes never send for the same campaign or account at the same time.

use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use wxcast::journal::lock::is_held;

use crate::support::{Platform, Ran, World, finish, kill};

/// A campaign that is being sent and goes on until its process is told to stop.
fn being_sent(scenario: &str) -> (World, Platform, Child) {
    let (world, platform) = (World::with_recipients(200), Platform::new(scenario));
    world.text_campaign("Hello {{name}}", "concurrency = 4");
    let child = world.start_send(&platform);
    platform.wait_for_requests(4);
    (world, platform, child)
}

const SLOW: &str = "latency = \"50ms\"";

#[test]
fn a_second_process_is_refused_and_told_who_sends() {
    let (world, platform, first) = being_sent(SLOW);
    let second = world.send(&platform).exits(8).says("spring").says(&first.id().to_string());
    let host = gethostname::gethostname().to_string_lossy().into_owned();
    let second = second.says(&host);
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let second = second.says(&today);
    assert_eq!(second.stdout, "");
    world.run(&["stop", "campaign.toml"]).exits(0);
    let first = finish(first).exits(7);
    assert_eq!(first.json()["counts"]["sent"], platform.ledger().totals().accepted);
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
}

#[test]
fn a_campaign_may_be_called_as_what_else_is_locked() {
    for id in ["account", "token", "journal", "local", "stop"] {
        let (world, platform) = (World::with_recipients(1), Platform::new(""));
        world.edit("campaign.toml", "id = \"spring\"", &format!("id = \"{id}\""));
        world.send(&platform).exits(0);
        assert_eq!(platform.ledger().totals().accepted, 1, "{id}");
    }
}

#[test]
#[cfg(unix)]
fn whoever_waits_for_the_lock_goes_on_when_it_is_free() {
    use std::process::Stdio;

    use crate::support::signal;

    let (world, platform, first) = being_sent(SLOW);
    let wait =
        ["send", "campaign.toml", "--yes", "--format", "json", "--wait-lock", "30s", "--progress", "none"];
    let mut second = world.command_at(&platform, &wait);
    let second = second.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    platform.wait_for_requests(16);
    signal(&first, "INT");
    finish(first).exits(130);
    signal(&second, "CONT");
    assert_eq!(finish(second).exits(0).counts(), "200 sent");
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
    assert_eq!(platform.ledger().totals().accepted, 200);
}

#[test]
fn whoever_waits_for_the_lock_waits_no_longer_than_said() {
    let (world, platform, first) = being_sent("[[faults]]\nkind = \"hang\"");
    let begun = Instant::now();
    let wait = ["send", "campaign.toml", "--yes", "--wait-lock", "200ms"];
    world.run_at(&platform, &wait).exits(8).says(&first.id().to_string());
    assert!(begun.elapsed() >= Duration::from_millis(200));
    world.run_at(&platform, &["send", "campaign.toml", "--yes", "--wait-lock", "soon"]).exits(2);
    kill(first);
}

#[test]
fn the_lock_of_a_killed_process_goes_with_it() {
    let (world, _platform, first) = being_sent("[[faults]]\nkind = \"hang\"");
    kill(first);
    let rest = Platform::new("");
    assert_eq!(world.send(&rest).exits(6).counts(), "196 sent, 4 unknown");
}

#[test]
fn another_campaign_of_the_same_account_waits_its_turn_and_one_of_another_does_not() {
    let (world, platform, first) = being_sent(SLOW);
    world.file("other.toml", world.read("campaign.toml").replace("\"spring\"", "\"summer\""));
    world.edit("other.toml", "[message.text]", "[results]\nfile = \"other.csv\"\n[message.text]");
    world
        .run_at(&platform, &["send", "other.toml", "--yes"])
        .exits(8)
        .says("spring")
        .says(&first.id().to_string());
    // Elsewhere, too: the account is the same.
    let elsewhere = ["send", "other.toml", "--yes", "--state-dir", "elsewhere"];
    world.run_at(&platform, &elsewhere).exits(8);

    let mut other =
        world.command_at(&platform, &["send", "other.toml", "--yes", "--limit", "3", "--format", "json"]);
    // The simulator knows one account; a token that it takes serves for another.
    let other = other.env("WXCAST_APPID", "wxfedcba9876543210").env("WXCAST_ACCESS_TOKEN", "GIVEN");
    let other = Ran::of(other.output().expect("the binary runs")).exits(9);
    assert_eq!(other.counts(), "200 unsent", "it had the lock and was refused by the platform only");
    kill(first);
}

#[test]
fn a_status_during_a_run_adds_up_and_disturbs_nothing() {
    let (world, platform, first) = being_sent("latency = \"20ms\"");
    let mut seen = 0;
    loop {
        let status = world.status();
        let json = status.json();
        let counts = json["counts"].as_object().expect("counts");
        let total: u64 = counts.values().filter_map(serde_json::Value::as_u64).sum();
        assert_eq!(total, 200, "{json}");
        let sent = counts["sent"].as_u64().unwrap_or_default();
        assert!(sent >= seen, "{sent} after {seen}");
        seen = sent;
        if json["running"] == false {
            assert_eq!(status.counts(), "200 sent");
            break;
        }
        let (unknown, in_flight) = (counts["unknown"].as_u64(), json["in_flight"].as_u64());
        assert_eq!(unknown, in_flight, "{json}");
        assert!(in_flight <= Some(4), "{json}");
    }
    assert_eq!(finish(first).exits(0).counts(), "200 sent");
    assert_eq!(platform.ledger().totals().requests, 200);
}

#[test]
fn a_status_names_who_sends() {
    let (world, _platform, first) = being_sent("[[faults]]\nkind = \"hang\"");
    world.run(&["status", "campaign.toml"]).exits(0).says(&first.id().to_string());
    kill(first);
    assert!(!world.run(&["status", "campaign.toml"]).exits(0).stderr.contains("process"));
}

#[test]
fn looking_at_the_status_never_keeps_a_send_from_its_lock() {
    let (world, platform) = (World::with_recipients(2), Platform::new(""));
    world.send(&platform).exits(0);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                // What `status` does, at a pace that meets every moment.
                is_held(&world.state_file("spring.campaign.lock"));
            }
        });
        let codes: Vec<i32> = (0..30).map(|_| world.send(&platform).code).collect();
        done.store(true, Ordering::Relaxed);
        assert_eq!(codes, [0; 30]);
    });
}

#[test]
fn two_accounts_send_from_one_folder_at_once_and_share_its_journal() {
    // The first takes a second, so that several runs of the other fall into it.
    let (world, platform) =
        (World::with_recipients(1_000), Platform::new("latency = \"4ms\"\n[token]\naccept = [\"GIVEN\"]"));
    world.text_campaign("Hello {{name}}", "concurrency = 4");
    let few = world.read("audience.csv").lines().take(4).collect::<Vec<_>>().join("\n");
    world.file("few.csv", few);
    let other =
        world.read("campaign.toml").replace("\"spring\"", "\"summer\"").replace("audience.csv", "few.csv");
    world.file("other.toml", other);
    let mut first = world.start_send(&platform);
    platform.wait_for_requests(4);
    let mut runs = 0;
    while first.try_wait().expect("a child").is_none() {
        let mut other = world.command_at(&platform, &["send", "other.toml", "--yes", "--format", "json"]);
        let other = other.env("WXCAST_APPID", "wxfedcba9876543210").env("WXCAST_ACCESS_TOKEN", "GIVEN");
        let other = Ran::of(other.output().expect("the binary runs")).exits(0);
        assert_eq!(other.counts(), "3 sent");
        runs += 1;
    }
    assert_eq!(finish(first).exits(0).counts(), "1000 sent");
    assert!(runs > 0, "they ran at once");
    assert_eq!(platform.ledger().totals().accepted, 1_003);
}

#[test]
fn a_lock_that_cannot_be_written_is_told_as_one() {
    let (world, platform) = (World::with_recipients(2), Platform::new(""));
    world.in_state("nothing", "");
    std::fs::create_dir(world.state_file("spring.campaign.lock")).expect("a folder in its place");
    let ran = world.send(&platform).exits(10).says("the lock `").says("--state-dir");
    assert!(!ran.stderr.contains("Excel"), "{ran:?}");
}
