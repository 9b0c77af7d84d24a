//! The kept token: one fetch for several runs and processes, and nothing that is wrong with it does harm.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::support::{APPID, Platform, World, finish, openid};

fn file(world: &World) -> PathBuf {
    world.state_file("token.json")
}

fn kept(world: &World) -> Json {
    serde_json::from_slice(&fs::read(file(world)).expect("a kept token")).expect("JSON")
}

/// Sends to one person more than before.
fn send_one_more(world: &World, platform: &Platform, count: usize) -> crate::support::Ran {
    world.recipients(count);
    world.send(platform)
}

/// Rewrites the kept token with one key changed.
fn change(world: &World, key: &str, value: Json) {
    let mut changed = kept(world);
    changed[key] = value;
    fs::write(file(world), changed.to_string()).expect("a written file");
}

fn fetches(platform: &Platform) -> (u64, u64) {
    let totals = platform.ledger().totals();
    (totals.stable_token_calls, totals.forced_token_calls)
}

#[test]
fn a_token_is_kept_for_the_next_run_and_for_its_owner_alone() {
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    for count in 1..=3 {
        send_one_more(&world, &platform, count).exits(0);
    }
    assert_eq!(fetches(&platform), (1, 0));
    let kept = kept(&world);
    assert_eq!((&kept["appid"], &kept["api_base"]), (&json!(APPID), &json!(platform.base())));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(file(&world)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_token_is_not_begun_with_when_it_ends_within_five_minutes() {
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    world.send(&platform).exits(0);
    for (left, calls) in [(301 + 60, 1), (299, 2)] {
        let ends = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(left);
        change(&world, "expires_at", json!(ends.to_string()));
        send_one_more(&world, &platform, left as usize % 10 + 2).exits(0);
        assert_eq!(fetches(&platform).0, calls, "{left} s are left");
    }
}

#[test]
fn what_is_kept_for_another_account_or_platform_or_time_is_not_used() {
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    world.send(&platform).exits(0);
    let changes = [
        ("appid", json!("wx0000000000000000")),
        ("api_base", json!("https://api.weixin.qq.com")),
        ("expires_at", json!("2999-01-01T00:00:00Z")),
        ("fetched_at", json!("2999-01-01T00:00:00Z")),
    ];
    for (index, (key, value)) in changes.into_iter().enumerate() {
        change(&world, key, value);
        change(&world, "access_token", json!("36_not-ours"));
        send_one_more(&world, &platform, index + 2).exits(0);
        assert_eq!(fetches(&platform), (index as u64 + 2, 0), "{key}");
    }
}

#[test]
fn a_damaged_file_is_a_note_and_is_written_anew() {
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    world.send(&platform).exits(0);
    let garbage: [&[u8]; 5] = [b"", b"{", b"\xff\xfe\0", b"[]", br#"{"access_token":3}"#];
    for (index, bytes) in garbage.into_iter().enumerate() {
        fs::write(file(&world), bytes).expect("a written file");
        send_one_more(&world, &platform, index + 2).exits(0).says("is damaged");
        assert_eq!(kept(&world)["appid"], APPID);
    }
}

#[test]
#[cfg(unix)]
fn a_file_that_others_can_read_is_a_note_and_becomes_its_owner_s_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    world.send(&platform).exits(0);
    fs::set_permissions(file(&world), fs::Permissions::from_mode(0o644)).expect("a mode");
    send_one_more(&world, &platform, 2).exits(0).says("others on this computer can read");
    assert_eq!(fetches(&platform).0, 2);
    assert_eq!(fs::metadata(file(&world)).expect("a file").permissions().mode() & 0o777, 0o600);
    let ran = send_one_more(&world, &platform, 3).exits(0);
    assert!(!ran.stderr.contains("Note"), "{}", ran.stderr);
}

#[test]
fn a_folder_that_cannot_be_written_costs_a_fetch_and_nothing_more() {
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    fs::create_dir_all(file(&world)).expect("a folder in the file's place");
    for count in 1..=2 {
        send_one_more(&world, &platform, count).exits(0).says("Note");
    }
    assert_eq!(fetches(&platform).0, 2);
}

#[test]
fn a_kept_token_that_is_refused_is_an_old_one_and_no_refresh_is_forced() {
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    world.send(&platform).exits(0);
    change(&world, "access_token", json!("36_old"));
    assert_eq!(send_one_more(&world, &platform, 20).exits(0).counts(), "20 sent");
    assert_eq!(fetches(&platform), (2, 0));
    assert_ne!(kept(&world)["access_token"], "36_old");
}

#[test]
fn a_refresh_is_not_forced_again_within_half_a_minute_of_another_run() {
    let (world, platform) = (
        World::with_recipients(1),
        Platform::new("[token]\nsticky = true\ndies_at_message = [2, 4]\nforce_interval = '0s'"),
    );
    world.send(&platform).exits(0);
    world.edit("campaign.toml", "rate =", "concurrency = 1\nrate =");
    // The second message finds its token dead, and the platform goes on giving the dead one out.
    assert_eq!(send_one_more(&world, &platform, 2).exits(0).counts(), "2 sent");
    assert_eq!(fetches(&platform).1, 1);
    // So does the fourth request, a moment later.
    send_one_more(&world, &platform, 3).exits(9).says("a token it has just given out");
    assert_eq!(fetches(&platform).1, 1);
    let long_ago = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(31);
    change(&world, "forced_at", json!(long_ago.to_string()));
    assert_eq!(world.send(&platform).exits(0).counts(), "3 sent");
    assert_eq!(fetches(&platform).1, 2);
}

/// A doctor that waits for the lock of the token; it says so before this gives it.
fn waiting_doctor(world: &World, platform: &Platform) -> (Child, BufReader<std::process::ChildStderr>) {
    let mut doctor = world.command_at(platform, &["-v", "doctor", "campaign.toml", "--format", "json"]);
    let mut child = doctor.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let mut stderr = BufReader::new(child.stderr.take().expect("a stderr"));
    let mut line = String::new();
    while !line.contains("waiting for it") {
        line.clear();
        assert!(stderr.read_line(&mut line).expect("a line") > 0, "it ended without waiting");
    }
    (child, stderr)
}

#[test]
fn two_processes_that_begin_together_make_one_fetch() {
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    let lock = file(&world).with_extension("lock");
    fs::create_dir_all(lock.parent().expect("a folder")).expect("a folder");
    let held = fs::File::create(&lock).expect("a lock");
    held.lock().expect("the lock");
    let (first, err1) = waiting_doctor(&world, &platform);
    let (second, err2) = waiting_doctor(&world, &platform);
    assert_eq!(fetches(&platform).0, 0);
    drop(held);
    for child in [first, second] {
        assert_eq!(finish(child).exits(0).json()["checks"][0]["state"], "ok");
    }
    drop((err1, err2));
    assert_eq!(fetches(&platform), (1, 0));
}

#[test]
fn two_sends_that_begin_together_make_one_fetch() {
    let (world, platform) = (World::with_recipients(20), Platform::new("[token]\nfetch_latency = '50ms'"));
    let other = world.read("campaign.toml").replace("\"spring\"", "\"summer\"").replace("Hello", "Dear");
    world.file("other.toml", other);
    world.edit("other.toml", "[message.text]", "[results]\nfile = \"other.csv\"\n[message.text]");
    let begin = |campaign: &str| {
        let args = ["send", campaign, "--yes", "--format", "json", "--wait-lock", "60s"];
        let mut send = world.command_at(&platform, &args);
        send.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts")
    };
    for child in [begin("campaign.toml"), begin("other.toml")] {
        assert_eq!(finish(child).exits(0).counts(), "20 sent");
    }
    assert_eq!(fetches(&platform), (1, 0));
}

#[test]
fn a_token_that_cannot_be_renewed_is_used_to_its_end() {
    let scenario = "[token]\nexpires_in = '1s'\n[[answers]]\non = 'token'\ncode = -1\nfrom = 2";
    let (world, platform) = (World::with_recipients(25), Platform::new(scenario));
    world.edit("campaign.toml", "100000/s", "20/s");
    let ran = world.send(&platform).exits(0);
    assert_eq!(ran.counts(), "25 sent");
    assert_eq!(
        fetches(&platform).0,
        2,
        "nobody waits for a new one, and it is asked for again a minute later"
    );
}

#[test]
fn tokens_of_half_an_hour_last_through_a_long_run() {
    let (world, platform) = (World::with_recipients(120), Platform::new("[token]\nlife = '30m'"));
    world.text_campaign("Hello {{name}}", "concurrency = 4");
    world.edit("campaign.toml", "100000/s", "200/s");
    let child = world.start_send(&platform);
    // Two and a half hours pass for the platform.
    for tens in 1..=10 {
        platform.wait_for_requests(tens * 10);
        platform.advance(Duration::from_secs(15 * 60));
    }
    assert_eq!(finish(child).exits(0).counts(), "120 sent");
    let (calls, forced) = fetches(&platform);
    assert!((5..=7).contains(&calls), "{calls} fetches");
    assert_eq!(forced, 0);
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
    assert_eq!(platform.ledger().accepted(&openid(119)), 1);
}

#[test]
fn a_token_is_renewed_before_it_ends() {
    // A platform that speaks of one second is asked again every half second; the run takes one and more.
    let (world, platform) = (World::with_recipients(25), Platform::new("[token]\nexpires_in = '1s'"));
    world.edit("campaign.toml", "100000/s", "20/s");
    assert_eq!(world.send(&platform).exits(0).counts(), "25 sent");
    assert!(fetches(&platform).0 >= 2, "{:?}", fetches(&platform));
    assert_eq!(platform.ledger().totals().requests, 25, "no message met a dead token");
}
