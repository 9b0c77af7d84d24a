//! `wxcast report`: the runs of a campaign, from its journal.

use serde_json::json;
use wxcast::report::RUN;

use crate::support::{Platform, World, kill, openid};

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
    assert!(!world.state().exists(), "looking makes no journal");
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
            ["sent", "refused", "failed", "unknown", "again"].map(|key| part[key].as_u64().expect("a count"))
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
    kill(child);
    let report = told(&world);
    assert_eq!((&report["running"], &report["in_flight"]), (&json!(false), &json!(0)));
    assert_eq!(report["unknown"][0]["incident"], "crash");
    assert_eq!(report["runs"][0]["ended"], json!(null));
}

#[test]
fn people_are_counted_by_a_column_and_the_first_line_says_how_many_of_how_many() {
    let world = World::new();
    world.text_campaign("Hello {{name}}", "");
    world.edit("campaign.toml", "id = \"spring\"", "id = \"spring\"\ntitle = \"Spring sale\"");
    let rows: String = (0..6).map(|index| format!("{},A,G{}\n", openid(index), index % 2)).collect();
    world.file("audience.csv", format!("openid,name,group\n{rows}"));
    let scenario = format!("[[answers]]\ncode = 45015\nopenids = [\"{}\"]\n", openid(1));
    world.send(&Platform::new(&scenario)).exits(5);
    let report = world.run(&["report", "campaign.toml", "--format", "json", "--by", "group"]).exits(0).json();
    assert_eq!(report["title"], "Spring sale");
    let values = report["by"][0]["values"].as_array().expect("values");
    let told: Vec<_> = values.iter().map(|one| (&one["value"], &one["counts"]["sent"])).collect();
    assert_eq!(told, [(&json!("G0"), &json!(3)), (&json!("G1"), &json!(2))]);
    let html = world.run(&["report", "campaign.toml", "--format", "html", "--by", "group"]).exits(0).stdout;
    assert!(html.contains("Sent to 5 of 6 people (83.3%)") && html.contains("By group"), "{html}");
    assert!(!html.contains("<svg"), "a short run is told in numbers: {html}");
    world.run(&["report", "campaign.toml", "--by", "gruop"]).exits(2).says("gruop").says("group");
    let text = world.run(&["report", "campaign.toml", "--format", "human"]).exits(0).stdout;
    assert!(!text.contains('|') && !text.contains('#') && !text.contains("**"), "{text}");
}

#[test]
fn settling_by_hand_changes_no_picture_of_a_run_and_is_a_number_of_its_own() {
    let world = World::with_recipients(3);
    world.text_campaign("Hello {{name}}", "retries = 0\n[send.stop]\nmax_unknown = 0");
    let scenario = format!("[[faults]]\nkind = \"garbage\"\nopenids = [\"{}\"]", openid(1));
    world.send(&Platform::new(&scenario)).exits(6);
    let before = told(&world);
    assert_eq!(before["timeline"][0]["parts"][0]["unknown"], 1, "{before:#}");
    world.run(&["resolve", "campaign.toml", "--yes", "--sent", "--all"]).exits(0);
    let after = told(&world);
    assert_eq!(after["timeline"], before["timeline"]);
    assert_eq!((&before["settled_by_hand"], &after["settled_by_hand"]), (&json!(0), &json!(1)));
    assert_eq!(after["retries"], before["retries"], "nothing was tried again");
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

/// What happened in a run beside its messages: what, why and, of a token, from where.
fn happened(report: &serde_json::Value, run: usize) -> Vec<String> {
    let happenings = report["runs"][run]["happenings"].as_array().expect("happenings").iter();
    let word = |one: &serde_json::Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    happenings
        .map(|one| ["what", "why", "from"].map(|key| word(one, key)).join(" ").trim_end().to_owned())
        .collect()
}

#[test]
fn every_fetch_of_a_token_is_told_with_its_time_and_its_reason() {
    let world = World::with_recipients(5);
    let platform = Platform::new("[token]\ndies_at_message = [2, 4]\n");
    world.send(&platform).exits(0);
    // The token is kept: the next run fetches none.
    world.recipients(6);
    world.send(&platform).exits(0);
    let report = told(&world);
    let fetches = platform.ledger().totals().stable_token_calls;
    assert_eq!(report["token_fetches"], fetches, "{report:#}");
    assert!(report["retries"]["token"].as_u64() >= Some(1), "{report:#}");
    let first = happened(&report, 0);
    assert_eq!(first[0], "token first platform");
    assert!(first.iter().any(|one| one == "token refused platform"), "{first:?}");
    assert_eq!(happened(&report, 1)[0], "token first kept");
    let run = &report["runs"][0];
    let at = |value: &serde_json::Value| -> jiff::Timestamp {
        value.as_str().and_then(|text| text.parse().ok()).expect("a time")
    };
    for happening in run["happenings"].as_array().expect("happenings") {
        assert!(at(&run["started"]) <= at(&happening["at"]) && at(&happening["at"]) <= at(&run["ended"]));
        assert_eq!(happening["ok"], true);
    }
    for format in ["markdown", "html"] {
        let text = world.run(&["report", "campaign.toml", "--format", format]).exits(0).stdout;
        assert!(text.contains("WeChat no longer took the one in use"), "{text}");
    }
    let junit = world.run(&["report", "campaign.toml", "--format", "junit"]).exits(0).stdout;
    assert!(junit.contains(&format!("name=\"token-fetches\" value=\"{fetches}\"")), "{junit}");
}

#[test]
fn a_token_that_had_to_be_forced_or_was_not_to_be_had_is_told_so() {
    let world = World::with_recipients(3);
    world.send(&Platform::new("[token]\ndies_at_message = 2\nsticky = true\n"));
    let first = happened(&told(&world), 0);
    assert!(first.iter().any(|one| one == "token refused forced"), "{first:?}");
}

#[test]
fn what_was_noted_of_a_run_survives_a_kill() {
    let world = World::with_recipients(30);
    let platform = Platform::new("latency = { min = \"10s\", max = \"10s\" }\n");
    let child = world.start_send(&platform);
    platform.wait_for_requests(5);
    assert_eq!(happened(&told(&world), 0), ["token first platform"], "during the run");
    kill(child);
    assert_eq!(happened(&told(&world), 0), ["token first platform"], "and after it");
}

#[test]
fn another_pace_and_the_moment_of_stopping_are_told_with_their_reasons() {
    let world = World::with_recipients(30);
    world.text_campaign("Hello {{name}}", "concurrency = 1\n");
    world.send(&Platform::new("[quota]\ndaily = 20\n[[answers]]\ncode = 45011\nmessages = 2")).exits(7);
    let report = told(&world);
    let first = happened(&report, 0);
    assert_eq!(first, ["token first platform", "pace throttled", "stopping quota 45009"]);
    let happenings = &report["runs"][0]["happenings"];
    assert_eq!(happenings[1]["per_second"], 50_000.0);
    let text = happenings[2]["text"].as_str().unwrap_or_default();
    assert!(text.contains("quota was used up"), "{text}");
}

#[test]
fn a_journal_of_an_earlier_wxcast_has_noted_nothing_and_goes_on_noting() {
    let world = World::golden();
    let report = told(&world);
    assert_eq!((&report["token_fetches"], &report["runs"][0]["happenings"]), (&json!(0), &json!([])));
    let platform = Platform::new("");
    world.run_at(&platform, &["send", "campaign.toml", "--yes", "--take-over"]).exits(6);
    // An earlier wxcast did not note where its messages went, so they count for both destinations.
    assert_eq!(told(&world)["token_fetches"], 0);
    let local = ["report", "campaign.toml", "--format", "json", "--local"];
    let report = world.run(&local).exits(0).json();
    assert_eq!(report["token_fetches"], 1);
    assert_eq!(
        happened(&report, report["runs"].as_array().expect("runs").len() - 1),
        ["token first platform"]
    );
}

#[test]
fn what_was_settled_by_hand_is_told_and_is_no_answer() {
    let world = World::with_recipients(3);
    world.send(&Platform::new("[[faults]]\nkind = 'reset-after'\nmessages = 2")).exits(6);
    world.run(&["resolve", "campaign.toml", "--yes", "--sent", "--all"]).exits(0);
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
