//! `wxcast plan`: the dry run, for people and for machines.

use std::process::Stdio;

use serde::Deserialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::support::{APPID, World, openid};

const KEYS: [&str; 18] = [
    "campaign",
    "title",
    "wave",
    "appid",
    "kind",
    "destination",
    "digest",
    "plan",
    "rows",
    "planned",
    "skipped",
    "skipped_by_reason",
    "invalid",
    "warnings",
    "forecast_seconds",
    "diagnostics",
    "hosts",
    "breakdown",
];
const DIAGNOSTIC_KEYS: [&str; 9] =
    ["code", "severity", "message", "help", "file", "line", "column", "row", "field"];

#[derive(Deserialize)]
struct Shown {
    payload: Box<RawValue>,
}

fn keys(object: &Json) -> Vec<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn codes(plan: &Json) -> Vec<&str> {
    let all = plan["diagnostics"].as_array().expect("diagnostics");
    all.iter().map(|one| one["code"].as_str().expect("a code")).collect()
}

/// A campaign whose audience has these lines, with these keys in `[audience]`.
fn audience(lines: &str, keys: &str) -> World {
    let world = World::new();
    world.file(
        "campaign.toml",
        format!(
            "[campaign]\nid = \"spring\"\nwave = 2\n[account]\nappid = \"{APPID}\"\n\
             [audience]\nfile = \"audience.csv\"\n{keys}\n[message.text]\ncontent = \"Hello {{{{name}}}}\"\n"
        ),
    );
    world.file("audience.csv", lines);
    world
}

fn plan(world: &World, code: i32) -> Json {
    world.run(&["plan", "campaign.toml", "--format", "json"]).exits(code).json()
}

#[test]
fn json_has_exactly_the_keys_of_the_contract_in_order() {
    let lines = format!("openid,name\n{},A\n,B\n", openid(1));
    let plan = plan(&audience(&lines, ""), 3);
    // What the audience was read as follows, where it was read.
    assert_eq!(keys(&plan), [&KEYS[..], &["encoding"]].concat());
    assert_eq!(keys(&plan["diagnostics"][0]), DIAGNOSTIC_KEYS);
    assert_eq!(plan["campaign"], "spring");
    assert_eq!(plan["wave"], 2);
    assert_eq!(plan["appid"], APPID);
    assert_eq!(plan["kind"], "text");
}

#[test]
fn a_file_that_is_no_campaign_has_the_same_keys() {
    let world = World::new();
    let plan = world.run(&["plan", "nowhere.toml", "--format", "json"]).exits(3).json();
    assert_eq!(keys(&plan), KEYS);
    assert_eq!(plan["campaign"], Json::Null);
    assert_eq!(codes(&plan), ["campaign-unreadable"]);
}

#[test]
fn a_faulty_campaign_still_says_what_it_is() {
    let world = World::new();
    world.file(
        "campaign.toml",
        format!("[campaign]\nid = \"spring\"\n[account]\nappid = \"{APPID}\"\n[message.text]\n"),
    );
    let plan = plan(&world, 3);
    assert_eq!(plan["campaign"], "spring");
    assert_eq!(plan["wave"], 1);
    assert_eq!(plan["kind"], "text");
}

#[test]
fn the_counts_add_up_to_the_rows() {
    let (a, b) = (openid(1), openid(2));
    let lines = format!("openid,name\n{a},A\n{b},B\n{a},C\nbad id,D\n");
    let plan = plan(&audience(&lines, "invalid_rows = \"skip\""), 0);
    assert_eq!(plan["rows"], 4);
    assert_eq!(plan["planned"], 2);
    assert_eq!(plan["skipped"], 1);
    assert_eq!(plan["invalid"], 1);
    assert_eq!(codes(&plan), ["duplicate-skipped", "openid-character"]);
    for one in plan["diagnostics"].as_array().expect("diagnostics") {
        assert_eq!(one["severity"], "warning");
    }
}

#[test]
fn the_digest_is_the_sha256_of_the_payloads_one_after_another() {
    let world = World::with_recipients(3);
    let planned = plan(&world, 0);
    let shown = world.run(&["preview", "campaign.toml", "--pick", "10", "--format", "json"]).exits(0);
    let shown: Vec<Shown> = serde_json::from_str(&shown.stdout).expect("an array of messages");
    assert_eq!(shown.len(), 3);
    let payloads: String = shown.iter().map(|one| one.payload.get()).collect();
    let digest: String = Sha256::digest(payloads.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(planned["digest"], format!("sha256:{digest}"));
}

#[test]
fn two_runs_print_the_same_bytes_from_wherever_they_are_started() {
    let world = World::with_recipients(20);
    let first = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0);
    let again = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0);
    assert_eq!(first.stdout, again.stdout);
    let path = world.path("campaign.toml");
    let path = path.to_str().expect("a path in UTF-8");
    let elsewhere = World::new();
    let far = elsewhere.run(&["plan", path, "--format", "json"]).exits(0);
    assert_eq!(first.stdout, far.stdout);
}

#[test]
fn check_is_another_name_for_plan() {
    let world = World::with_recipients(2);
    let plan = world.run(&["plan", "campaign.toml"]).exits(0);
    let check = world.run(&["check", "campaign.toml"]).exits(0);
    assert_eq!((plan.stdout, plan.stderr), (check.stdout, check.stderr));
}

#[test]
fn a_later_row_of_the_same_openid_is_skipped_unless_the_campaign_says_otherwise() {
    let a = openid(1);
    let lines = format!("openid,name\n{a},A\n{a},B\n");
    let first = plan(&audience(&lines, ""), 0);
    assert_eq!((&first["planned"], &first["skipped"]), (&1.into(), &1.into()));

    let error = plan(&audience(&lines, "duplicates = \"error\""), 3);
    assert_eq!(codes(&error), ["duplicate-openid"]);
    assert_eq!(error["diagnostics"][0]["row"], 2);
    assert_eq!(error["diagnostics"][0]["line"], 3);

    let each = plan(&audience(&lines, "duplicates = \"each\""), 0);
    assert_eq!((&each["planned"], &each["skipped"]), (&2.into(), &0.into()));
}

#[test]
fn more_than_five_messages_to_one_person_are_warned_of() {
    let mut lines = String::from("openid,name\n");
    for name in 0..7 {
        lines.push_str(&format!("{},{name}\n", openid(1)));
    }
    let plan = plan(&audience(&lines, "duplicates = \"each\""), 0);
    assert_eq!(codes(&plan), ["too-many-for-one", "too-many-for-one"]);
    assert_eq!(plan["planned"], 7);
}

#[test]
fn a_faulty_row_stops_everything_unless_faulty_rows_are_to_be_skipped() {
    let lines = format!("openid,name\n{},A\n,B\n", openid(1));
    assert_eq!(plan(&audience(&lines, ""), 3)["invalid"], 1);
    let skipped = plan(&audience(&lines, "invalid_rows = \"skip\""), 0);
    assert_eq!((&skipped["planned"], &skipped["invalid"]), (&1.into(), &1.into()));
}

#[test]
fn another_digest_or_count_than_expected_closes_the_gate() {
    let world = World::with_recipients(2);
    let digest = plan(&world, 0)["digest"].as_str().expect("a digest").to_owned();
    let other = format!("sha256:{}", "0".repeat(64));
    let run = |flag: &str, value: &str| world.run(&["plan", "campaign.toml", flag, value]);
    run("--expect-digest", &digest).exits(0);
    run("--expect-digest", &other).exits(8).says(&digest);
    run("--expect-count", "2").exits(0);
    run("--expect-count", "3").exits(8).says("2 messages");
    run("--expect-digest", "sha256:zz").exits(2);
}

#[test]
fn the_forecast_follows_the_rate() {
    let world = World::with_recipients(100);
    let slow = world.run(&["plan", "campaign.toml", "--rate", "10/s", "--format", "json"]).exits(0).json();
    assert_eq!(slow["forecast_seconds"], 10);
    let fast = world.run(&["plan", "campaign.toml", "--rate", "1000/s", "--format", "json"]).exits(0).json();
    assert_eq!(fast["forecast_seconds"], 1);
}

#[test]
fn output_goes_into_a_file_when_asked() {
    let world = World::with_recipients(2);
    let screen = world.run(&["plan", "campaign.toml"]).exits(0);
    let file = world.run(&["plan", "campaign.toml", "-o", "plan.txt"]).exits(0);
    assert_eq!(file.stdout, "");
    assert_eq!(world.read("plan.txt"), screen.stdout);
}

#[test]
fn a_folder_that_cannot_be_written_to_is_told_with_its_reason() {
    let world = World::with_recipients(1);
    let ran = world.run(&["plan", "campaign.toml", "-o", "campaign.toml/plan.json"]).exits(10);
    // Windows does not say what it is that stands in the folder's place.
    let why = if cfg!(windows) { "No such file or directory" } else { "Not a directory" };
    let ran = ran.says("campaign.toml/plan.json").says(why);
    assert!(!ran.stderr.contains(".wxcast-"), "a temporary name: {}", ran.stderr);
}

#[test]
fn data_is_on_stdout_and_words_are_on_stderr() {
    let world = World::with_recipients(1);
    let ran = world.run(&["plan", "campaign.toml"]).exits(0).says("wxcast preview campaign.toml");
    assert!(ran.stdout.contains("sha256:"), "{}", ran.stdout);
    let quiet = world.run(&["plan", "campaign.toml", "--quiet"]).exits(0);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn openids_in_faults_are_masked_in_ci_and_on_request() {
    let a = openid(7);
    let world = audience(&format!("openid,name\n{a},A\n{a},B\n"), "");
    assert!(world.run(&["plan", "campaign.toml"]).exits(0).stderr.contains(&a));
    for flag in ["--format=json", "--format=human"] {
        let ran = world.run(&["plan", "campaign.toml", "--mask-openid", "on", flag]).exits(0);
        assert!(!ran.stderr.contains(&a) && !ran.stdout.contains(&a), "{ran:?}");
    }
    let ci = world.command(&["plan", "campaign.toml"]).env("CI", "true").output().expect("a run");
    assert!(!String::from_utf8_lossy(&ci.stderr).contains(&a));
}

#[test]
fn a_closed_stdout_is_no_fault() {
    let world = World::with_recipients(50);
    for args in [
        &["plan", "campaign.toml", "--format", "json"][..],
        &["preview", "campaign.toml", "--pick", "50"],
        &["schema"],
        &["man"],
        &["--help"],
    ] {
        let mut child = world
            .command(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        drop(child.stdout.take());
        let left = child.wait_with_output().expect("the binary ends");
        let stderr = String::from_utf8_lossy(&left.stderr);
        assert!(!stderr.contains("panicked"), "{args:?}: {stderr}");
        assert_eq!(left.status.code(), Some(0), "{args:?}: {stderr}");
    }
}

#[test]
fn the_appid_of_the_environment_goes_before_that_of_the_file() {
    let world = World::with_recipients(1);
    let other = "wxfedcba9876543210";
    let ran =
        world.command(&["plan", "campaign.toml", "--format", "json"]).env("WXCAST_APPID", other).output();
    let plan: Json = serde_json::from_slice(&ran.expect("a run").stdout).expect("a plan");
    assert_eq!(plan["appid"], other);
}
