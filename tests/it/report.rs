//! `wxcast report`: the runs of a campaign, from its journal.

use serde_json::json;
use wxcast::report::RUN;

use crate::support::{Platform, World, finish, openid};

const TROUBLE: &str = "[[answers]]\ncode = 45015\nmessages = 1";

fn told(world: &World) -> serde_json::Value {
    world.run(&["report", "campaign.toml", "--format", "json"]).exits(0).json()
}

#[test]
fn before_the_first_run_everybody_is_unsent_in_every_format() {
    let world = World::with_recipients(3);
    let report = told(&world);
    assert_eq!(report["counts"]["unsent"], 3);
    assert_eq!((&report["runs"], &report["first"]), (&json!([]), &json!(null)));
    for format in RUN {
        let ran = world.run(&["report", "campaign.toml", "--format", format.name]).exits(0);
        assert!(!ran.stdout.is_empty(), "{}", format.name);
    }
    assert!(!world.path(".wxcast").exists(), "looking makes no journal");
}

#[test]
fn the_counts_are_those_of_status_and_every_one_has_its_reason() {
    let world = World::with_recipients(40);
    world.text_campaign(
        "Hello {{name}}",
        "retries = 1\n[send.stop]\nmax_unknown = 0\nmax_refused = \"100%\"\n",
    );
    let scenario = "[[faults]]\nkind = \"reset-after\"\nshare = \"20%\"\n\
                    [[answers]]\ncode = 45015\nmessages = [3, 8, 12, 20]\n\
                    [[answers]]\ncode = -1\nshare = \"30%\"\n";
    world.send(&Platform::new(scenario));
    let report = told(&world);
    assert_eq!(report["counts"], world.status().json()["counts"]);
    for status in ["sent", "refused", "failed", "unknown"] {
        let reasons = report["reasons"].as_array().expect("reasons").iter();
        let sum: u64 =
            reasons.filter(|reason| reason["status"] == status).filter_map(|one| one["count"].as_u64()).sum();
        assert_eq!(report["counts"][status], sum, "{status}");
    }
    let refused = report["reasons"].as_array().expect("reasons").iter().find(|one| one["errcode"] == 45015);
    let advice = refused.and_then(|one| one["advice"].as_str()).unwrap_or_default();
    assert!(advice.contains("--retry refused:45015"), "{advice}");
    assert_eq!(
        report["unknown"].as_array().map(Vec::len).map(|len| json!(len)),
        Some(report["counts"]["unknown"].clone())
    );
    let answers: u64 = report["timeline"][0]["parts"]
        .as_array()
        .expect("parts")
        .iter()
        .flat_map(|part| {
            ["sent", "refused", "troubled", "again"].map(|key| part[key].as_u64().expect("a count"))
        })
        .sum();
    assert_eq!(report["requests"], answers, "every request is in the chart");
    assert_eq!(report["runs"][0]["requests"], answers);
}

#[test]
fn a_run_that_goes_on_is_reported_from_another_process() {
    let world = World::with_recipients(30);
    let platform = Platform::new("latency = { min = \"10s\", max = \"10s\" }\n");
    let child = world.start_send(&platform);
    platform.wait_for_requests(5);
    let report = told(&world);
    assert_eq!(report["running"], true);
    assert!(report["in_flight"].as_u64() >= Some(5), "{}", report["in_flight"]);
    assert_eq!(report["counts"]["unknown"], report["in_flight"]);
    assert_eq!(report["unknown"][0]["incident"], "in-flight");
    let html = world.run(&["report", "campaign.toml", "--format", "html"]).exits(0);
    assert!(html.stdout.contains("is being sent at this moment"));
    let mut child = child;
    child.kill().expect("it runs");
    finish(child);
    let report = told(&world);
    assert_eq!((&report["running"], &report["in_flight"]), (&json!(false), &json!(0)));
    assert_eq!(report["unknown"][0]["incident"], "crash");
    assert_eq!(report["runs"][0]["ended"], json!(null));
}

#[test]
fn runs_say_why_they_paused_and_what_was_tried_again() {
    let world = World::with_recipients(10);
    world.send(&Platform::new("[quota]\ndaily = 4")).exits(7);
    world.send(&Platform::new("")).exits(0);
    let report = told(&world);
    assert_eq!(report["runs"].as_array().map(Vec::len), Some(2));
    assert_eq!(report["runs"][0]["reason"], "quota 45009");
    let why = report["runs"][0]["why"].as_str().unwrap_or_default();
    assert!(why.contains("45009") && why.contains("quota"), "{why}");
    assert_eq!(report["retries"]["reasons"][0]["errcode"], 45009);
    assert_eq!(report["timeline"].as_array().map(Vec::len), Some(2));
}

#[test]
fn answers_with_a_dead_token_are_told_and_fetches_are_not_claimed() {
    let world = World::with_recipients(5);
    world.send(&Platform::new("[[answers]]\ncode = 42001\nmessages = 2")).exits(0);
    let report = told(&world);
    assert_eq!(report["retries"]["token"], 1);
    let text = world.run(&["report", "campaign.toml"]).exits(0).stdout;
    assert!(text.contains("how often one was fetched is not in the journal"), "{text}");
}

#[test]
fn what_was_settled_by_hand_is_told_and_is_no_answer() {
    let world = World::with_recipients(3);
    world.send(&Platform::new("[[faults]]\nkind = 'reset-after'\nmessages = 2")).exits(6);
    world.run(&["resolve", "campaign.toml", "--sent", "--all"]).exits(0);
    let report = told(&world);
    assert_eq!(report["counts"]["sent"], 3);
    let by_hand =
        report["reasons"].as_array().expect("reasons").iter().find(|one| one["incident"] == "resolved");
    assert_eq!(by_hand.map(|one| &one["count"]), Some(&json!(1)));
    let parts = report["timeline"][0]["parts"].as_array().expect("parts");
    // Three answers can fall into two parts of a second.
    assert_eq!(parts.iter().filter_map(|part| part["sent"].as_u64()).sum::<u64>(), 2);
}

#[test]
fn an_errcode_that_no_table_has_is_told_as_such() {
    let world = World::with_recipients(2);
    world.send(&Platform::new("[[answers]]\ncode = 98765"));
    let report = told(&world);
    assert_eq!(report["reasons"][0]["known"], false);
    for format in ["markdown", "html"] {
        let ran = world.run(&["report", "campaign.toml", "--format", format]).exits(0);
        assert!(ran.stdout.contains("98765 (not in wxcast"), "{format}");
    }
}

#[test]
fn faults_that_came_later_do_not_hide_what_was_sent() {
    let world = World::with_recipients(3);
    world.send(&Platform::new(TROUBLE));
    let before = told(&world)["counts"].clone();
    world.file("audience.csv", "openid,name\nbad id,x\n");
    let ran = world.run(&["report", "campaign.toml", "--format", "json"]).exits(0);
    let ran = ran.says("has faults now");
    assert_eq!(ran.json()["counts"], before);
    assert_eq!(ran.json()["digest"], json!(null));
}

#[test]
fn openids_are_masked_in_what_is_passed_on_and_in_ci() {
    let world = World::with_recipients(1);
    world.send(&Platform::new("[[faults]]\nkind = \"reset-after\"\n")).exits(6);
    let shows = |args: &[&str], ci: bool| {
        let mut command = world.command(&[&["report", "campaign.toml", "--format"], args].concat());
        if ci {
            command.env("CI", "true");
        }
        String::from_utf8(command.output().expect("a run").stdout).expect("UTF-8").contains(&openid(0))
    };
    assert!(shows(&["json"], false));
    assert!(!shows(&["json"], true));
    for format in ["html", "markdown"] {
        assert!(!shows(&[format], false), "{format}");
        assert!(shows(&[format, "--mask-openid", "off"], true), "{format}");
    }
}

#[test]
fn a_report_goes_into_a_file_when_asked() {
    let world = World::with_recipients(1);
    let ran = world.run(&["report", "campaign.toml", "--format", "html", "-o", "report.html"]).exits(0);
    assert_eq!(ran.stdout, "");
    assert!(world.read("report.html").starts_with("<!doctype html>"));
    world.run(&["report", "campaign.toml", "-o", "campaign.toml/x"]).exits(10);
}
