//! `wxcast plan` for CI: annotations, job summaries, artifacts, and what changed since an earlier plan.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value as Json;
use wxcast::report::PLAN;

use crate::support::{Ran, World, openid, repository};

/// A campaign below `campaigns/spring` with so many faulty rows and as many sound ones.
fn faulty(rows: usize) -> World {
    let world = World::new();
    world.file(
        "campaigns/spring/campaign.toml",
        "[campaign]\nid = \"spring\"\n[account]\nappid = \"wx0123456789abcdef\"\n[audience]\nfile = \"audience.csv\"\n\
         [message.text]\ncontent = \"Hello {{name}}\"\n",
    );
    let lines: String = (0..rows).map(|row| format!("bad id {row},x\n{},y\n", openid(row))).collect();
    world.file("campaigns/spring/audience.csv", format!("openid,name\n{lines}"));
    world
}

fn manifest(world: &World, file: &str) -> Json {
    world.run(&["plan", "campaign.toml", "--format", "json", "-o", file]).exits(0);
    serde_json::from_str(&world.read(file)).expect("JSON")
}

fn compared(world: &World, with: &str) -> Json {
    world.run(&["plan", "campaign.toml", "--format", "json", "--compare", with]).exits(0).json()
}

#[test]
fn nine_errors_are_annotated_and_the_tenth_says_how_many_more() {
    let world = faulty(30);
    let plan = ["plan", "campaigns/spring/campaign.toml", "--format", "github"];
    let ran = world.run(&plan).exits(3);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 10, "{}", ran.stdout);
    let first = "::error file=campaigns/spring/audience.csv,line=2,col=1,title=openid-character::";
    assert!(lines[0].starts_with(first), "{}", lines[0]);
    assert!(lines[9].starts_with("::error title=wxcast::") && lines[9].contains("21"), "{}", lines[9]);
}

#[test]
fn the_summary_of_a_github_job_lists_them_all_below_what_is_there() {
    let world = faulty(30);
    let summary = world.file("summary.md", "# Before\n");
    let mut command = world.command(&["plan", "campaigns/spring/campaign.toml", "--format", "github"]);
    let ran = Ran::of(command.env("GITHUB_STEP_SUMMARY", &summary).output().expect("a run")).exits(3);
    assert!(!ran.stdout.contains("Before"));
    let text = world.read("summary.md");
    assert!(text.starts_with("# Before\n### Plan: spring"), "{text}");
    assert_eq!(text.matches("| error | campaigns/spring/audience.csv:").count(), 30);
}

#[test]
fn a_summary_stays_below_what_github_takes() {
    let world = faulty(9_000);
    let summary = world.file("summary.md", "");
    let mut command = world.command(&["plan", "campaigns/spring/campaign.toml", "--format", "github"]);
    Ran::of(command.env("GITHUB_STEP_SUMMARY", &summary).output().expect("a run")).exits(3);
    let size = fs::metadata(&summary).expect("a summary").len();
    assert!((900_000..1024 * 1024).contains(&size), "{size} bytes");
    let text = world.read("summary.md");
    let listed = text.matches("| error |").count();
    assert!(text.contains(&format!("… and {} more", 9_000 - listed)), "the rest is counted");
}

#[test]
fn a_comment_stays_below_what_github_takes() {
    let world = faulty(2_000);
    let ran = world.run(&["plan", "campaigns/spring/campaign.toml", "--format", "markdown"]).exits(3);
    assert!(ran.stdout.len() < 65_536, "{} bytes", ran.stdout.len());
    assert!(ran.stdout.contains(" more"));
}

#[test]
fn paths_are_those_of_the_repository_wherever_it_is_planned_from() {
    let world = faulty(2);
    let from_above = world.run(&["plan", "campaigns/spring/campaign.toml", "--format", "sarif"]).exits(3);
    let uri = "\"uri\": \"campaigns/spring/audience.csv\"";
    assert!(from_above.stdout.contains(uri), "{}", from_above.stdout);
    for variable in ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"] {
        let mut inside = world.command(&["plan", "campaign.toml", "--format", "sarif"]);
        inside.current_dir(world.path("campaigns/spring")).env(variable, world.dir());
        let inside = Ran::of(inside.output().expect("a run")).exits(3);
        assert_eq!(inside.stdout, from_above.stdout);
    }
}

#[test]
fn equal_files_give_equal_bytes_in_every_format_in_another_folder_on_another_day() {
    let (here, there) = (faulty(12), faulty(12));
    for world in [&here, &there] {
        world.file("campaigns/spring/sound.csv", format!("openid,name\n{},A\n{},B\n", openid(1), openid(2)));
        let campaign = world.read("campaigns/spring/campaign.toml");
        world.file("campaigns/spring/sound.toml", campaign.replace("audience.csv", "sound.csv"));
    }
    for format in PLAN {
        for campaign in ["campaigns/spring/campaign.toml", "campaigns/spring/sound.toml"] {
            let of = |world: &World, zone: &str| {
                let path = world.path(campaign);
                let mut command = world.command(&["plan", "--format", format.name, "-o", "out"]);
                command.arg(path).env("TZ", zone).output().expect("a run");
                fs::read(world.path("out")).expect("a report")
            };
            assert_eq!(of(&here, "UTC"), of(&there, "Asia/Shanghai"), "{}", format.name);
        }
    }
}

#[test]
fn what_travels_has_masked_openids_unless_somebody_says_otherwise() {
    let world = World::with_recipients(3);
    world.file("twice.csv", format!("openid,name\n{0},A\n{0},B\n", openid(1)));
    world.edit("campaign.toml", "audience.csv", "twice.csv");
    for format in PLAN {
        let (mut told, out) = (Vec::new(), format!("out-{}", format.name));
        for mask in ["auto", "off"] {
            let args = ["plan", "campaign.toml", "--format", format.name, "-o", &out, "--mask-openid", mask];
            world.run(&args).exits(0);
            told.push(world.read(&out).contains(&openid(1)));
        }
        assert_eq!(told, [false, true], "{}", format.name);
    }
}

#[test]
fn a_manifest_holds_no_openid_and_no_more_than_14_bytes_a_row() {
    let world = World::with_recipients(5000);
    let manifest = manifest(&world, "plan.json");
    let text = world.read("plan.json");
    assert!(!text.contains(openid(0).trim_end_matches('0')), "they all begin so");
    assert!(!text.contains(world.dir().to_str().expect("UTF-8")), "no path of this computer");
    assert_eq!(manifest["samples"].as_array().map(Vec::len), Some(8));
    let messages: usize = manifest["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .filter_map(Json::as_str)
        .map(str::len)
        .sum();
    assert!(messages <= 5000 * 14, "{messages} bytes");
}

#[test]
fn a_plan_with_errors_has_no_samples_and_nothing_to_compare_with() {
    let world = faulty(1);
    let args = ["plan", "campaigns/spring/campaign.toml", "--format", "json", "-o", "plan.json"];
    world.run(&args).exits(3);
    let plan: Json = serde_json::from_str(&world.read("plan.json")).expect("JSON");
    assert_eq!((plan.get("samples"), plan.get("messages")), (None, None));
    world.file("campaigns/spring/audience.csv", format!("openid,name\n{},A\n", openid(1)));
    let args = ["plan", "campaigns/spring/campaign.toml", "--compare", "plan.json"];
    world.run(&args).exits(2).says("does not say what its messages were");
}

#[test]
fn a_comparison_names_the_rows_that_were_added_removed_and_changed() {
    let world = World::with_recipients(3000);
    let before = manifest(&world, "before.json");
    let lines: Vec<String> = world.read("audience.csv").lines().map(str::to_owned).collect();
    let mut now = lines.clone();
    now[2500] = now[2500].replace("Name", "Mrs");
    now.remove(100);
    now.insert(1, format!("{},New", openid(9999)));
    world.file("audience.csv", now.join("\n"));
    let changes = &compared(&world, "before.json")["changes"];
    assert_eq!(changes["digest"], before["digest"]);
    assert_eq!((&changes["added"], &changes["added_rows"]), (&1.into(), &serde_json::json!([1])));
    assert_eq!((&changes["removed"], &changes["removed_rows"]), (&1.into(), &serde_json::json!([100])));
    assert_eq!((&changes["changed"], &changes["changed_rows"]), (&1.into(), &serde_json::json!([2500])));
    assert_eq!((&changes["unchanged"], &changes["reordered"]), (&2998.into(), &false.into()));
    let shown = world.run(&["plan", "campaign.toml", "--compare", "before.json"]).exits(0);
    assert!(shown.stdout.contains("removed: 1 (rows 100)"), "{}", shown.stdout);
    let markdown = ["plan", "campaign.toml", "--format", "markdown", "--compare", "before.json"];
    assert!(world.run(&markdown).exits(0).stdout.contains("| changed | 1 | 2500 |"));
}

#[test]
fn an_audience_in_another_order_has_changed_places_and_nothing_else() {
    let world = World::with_recipients(20);
    manifest(&world, "before.json");
    assert_eq!(compared(&world, "before.json")["changes"]["reordered"], false);
    let text = world.read("audience.csv");
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    world.file("audience.csv", lines.join("\n"));
    let changes = &compared(&world, "before.json")["changes"];
    assert_eq!((&changes["unchanged"], &changes["reordered"]), (&20.into(), &true.into()));
}

#[test]
fn the_messages_to_one_person_are_told_apart() {
    let world = World::new();
    world.text_campaign("Hello {{name}}", "");
    world.edit("campaign.toml", "file = \"audience.csv\"", "file = \"audience.csv\"\nduplicates = \"each\"");
    world.file("audience.csv", format!("openid,name\n{0},A\n{0},B\n{0},C\n", openid(1)));
    manifest(&world, "before.json");
    world.file("audience.csv", format!("openid,name\n{0},A\n{0},X\n", openid(1)));
    let changes = &compared(&world, "before.json")["changes"];
    assert_eq!(
        (&changes["unchanged"], &changes["changed"], &changes["removed"]),
        (&1.into(), &1.into(), &1.into())
    );
}

#[test]
fn the_plan_of_another_campaign_is_not_compared_with() {
    let world = World::with_recipients(1);
    manifest(&world, "before.json");
    world.edit("campaign.toml", "\"spring\"", "\"summer\"");
    world.run(&["plan", "campaign.toml", "--compare", "before.json"]).exits(2).says("spring");
    world.run(&["plan", "campaign.toml", "--compare", "nowhere.json"]).exits(2).says("nowhere.json");
    world.file("other.json", "[]");
    world.run(&["plan", "campaign.toml", "--compare", "other.json"]).exits(2).says("no plan");
}

#[test]
fn another_digest_or_count_than_expected_is_a_gate_in_every_format() {
    let world = World::with_recipients(2);
    for format in PLAN.iter().map(|format| format.name).chain(["human"]) {
        let plan = ["plan", "campaign.toml", "--format", format];
        world.run(&[&plan[..], &["--expect-count", "2"]].concat()).exits(0);
        world.run(&[&plan[..], &["--expect-count", "3"]].concat()).exits(8);
        let digest = format!("sha256:{}", "0".repeat(64));
        world.run(&[&plan[..], &["--expect-digest", &digest]].concat()).exits(8);
    }
}

#[test]
fn a_sarif_log_has_what_the_standard_and_github_require() {
    let world = faulty(3);
    let log = world.run(&["plan", "campaigns/spring/campaign.toml", "--format", "sarif"]).exits(3).json();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for rule in rules {
        for text in ["/shortDescription/text", "/fullDescription/text", "/help/text"] {
            assert!(rule.pointer(text).and_then(Json::as_str).is_some_and(|text| !text.is_empty()), "{rule}");
        }
    }
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 3);
    let mut fingerprints = BTreeSet::new();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("an index");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert!(region["startLine"].as_u64() > Some(1) && region["startColumn"] == 1, "{region}");
        fingerprints.insert(result["partialFingerprints"]["wxcastFault/v1"].to_string());
    }
    assert_eq!(fingerprints.len(), 3, "each is another one");
}

#[test]
fn a_fault_is_known_again_when_rows_come_before_it() {
    let world = faulty(3);
    let fingerprints = |world: &World| -> Vec<String> {
        let log =
            world.run(&["plan", "campaigns/spring/campaign.toml", "--format", "gitlab"]).exits(3).json();
        let all = log.as_array().expect("a list").iter();
        all.map(|one| one["fingerprint"].to_string()).collect()
    };
    let before = fingerprints(&world);
    world.edit(
        "campaigns/spring/audience.csv",
        "openid,name\n",
        &format!("openid,name\n{},first\n", openid(77)),
    );
    assert_eq!(fingerprints(&world), before);
}

#[test]
fn what_the_audience_was_read_as_is_in_every_form_of_the_plan() {
    let world = World::with_recipients(1);
    world.text_campaign("x", "");
    let json = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!((json["encoding"].as_str(), json.get("sheet")), (Some("UTF-8"), None), "{json:#}");
    let page = world.run(&["plan", "campaign.toml", "--format", "markdown"]).exits(0).stdout;
    assert!(page.contains("| Encoding | UTF-8 |"), "{page}");
    world.file("名单.xlsx", fs::read(repository().join("tests/fixtures/plain.xlsx")).expect("a fixture"));
    world.edit("campaign.toml", "audience.csv", "名单.xlsx");
    let json = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!((json.get("encoding"), json["sheet"].as_str()), (None, Some("名单")), "{json:#}");
    let chinese = ["plan", "campaign.toml", "--format", "markdown", "--lang", "zh-CN"];
    let page = world.run(&chinese).exits(0).stdout;
    assert!(page.contains("| 工作表 | 名单 |"), "{page}");
}
