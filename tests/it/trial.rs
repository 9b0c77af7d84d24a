//! `wxcast try`: to testers only.

use serde_json::{Value as Json, json};
use wxcast::plan::digest::Digest;

use crate::support::{Platform, Ran, World, openid};

const APPID: &str = crate::support::APPID;

fn world(keys: &str) -> World {
    let world = World::with_recipients(3);
    let campaign = world.read("campaign.toml");
    world.file("campaign.toml", format!("{campaign}\n[try]\n{keys}\n"));
    world
}

fn attempt(world: &World, platform: &Platform, more: &[&str]) -> Ran {
    world.run_at(platform, &[&["try", "campaign.toml"], more].concat())
}

#[test]
fn testers_get_a_message_as_often_as_one_likes_and_nobody_counts_as_sent() {
    let (world, platform) = (world(""), Platform::new(""));
    let tester = openid(0);
    for times in 1..=3 {
        let ran = attempt(&world, &platform, &["--to", &tester, "--format", "json"]).exits(0).json();
        assert_eq!((&ran["channel"], &ran["counts"]["sent"]), (&json!("try"), &json!(1)));
        assert_eq!((&ran["results"], &ran["requests"]), (&Json::Null, &json!(1)));
        assert_eq!(platform.ledger().accepted(&tester), times);
    }
    assert!(!world.path("spring.local.results.csv").exists(), "results are of the audience");
    let ran = world.send(&platform).exits(0).says("Tried on 1 phone, last on ");
    assert_eq!(ran.counts(), "3 sent");
    assert_eq!(platform.ledger().accepted(&tester), 4, "a tester in the audience gets it like all others");
    let history =
        world.run(&["history", "--appid", APPID, "--openid", &tester, "--local", "--format", "json"]);
    let told = history.exits(0).stdout;
    assert_eq!((told.matches("\"try\"").count(), told.matches("\"send\"").count()), (3, 1), "{told}");
}

#[test]
fn the_tester_stands_wherever_the_person_of_the_row_does() {
    let world = World::with_recipients(3);
    world.text_campaign("https://a.example/?u={{openid}}&n={{name}}", "");
    let platform = Platform::new("");
    let tester = "oTESTER_0123456789abcdefghij";
    attempt(&world, &platform, &["--to", tester, "--row", "2"]).exits(0);
    let expected = format!(
        "{{\"touser\":\"{tester}\",\"msgtype\":\"text\",\"text\":{{\"content\":\"https://a.example/?u={tester}&n=Name 1\"}}}}"
    );
    assert_eq!(platform.ledger().accepted_payloads(tester), [*Digest::of(expected.as_bytes()).as_bytes()]);
    assert_eq!(platform.ledger().openids(), [tester]);
}

#[test]
fn the_campaigns_testers_are_openids_and_files_and_each_gets_so_many() {
    let world = world(&format!("recipients = [\"testers.csv\", \"{}\"]", openid(7)));
    world.file("testers.csv", format!("openid,name\n{},A\n{},B\n", openid(8), openid(9)));
    let platform = Platform::new("");
    let ran = attempt(&world, &platform, &["--pick", "2", "--format", "json"]).exits(0).json();
    assert_eq!(ran["counts"]["sent"], 6);
    let accepted = [7, 8, 9].map(|number| platform.ledger().accepted(&openid(number)));
    assert_eq!(accepted, [2, 2, 2]);
    world.run(&["plan", "campaign.toml", "-o", "testers.csv"]).exits(2);
}

#[test]
fn whoever_is_no_tester_is_said_before_anything_is_sent() {
    let (world, platform) = (world(""), Platform::new(""));
    attempt(&world, &platform, &[]).exits(2).says("--to OPENID");
    attempt(&world, &platform, &["--to", "not an openid"]).exits(2).says("is no openid");
    attempt(&world, &platform, &["--to", &openid(0), "--row", "9"]).exits(2);
    world.edit("campaign.toml", "[try]", "[try]\nrecipients = \"none.csv\"");
    attempt(&world, &platform, &[]).exits(3).says("none.csv");
    assert_eq!(platform.ledger().totals().requests, 0);
}

#[test]
fn a_phone_that_has_not_written_for_too_long_is_told_what_to_do() {
    let world = world("");
    let platform = Platform::with_times("[window]\ntimes = \"t.csv\"", "openid,time\n");
    let ran = attempt(&world, &platform, &["--to", &openid(1)]).exits(5);
    ran.says("write any word to the account from that phone first").says("wxcast try");
    world.run(&["status", "campaign.toml", "--local"]).exits(0).says("");
}

#[test]
fn where_a_try_is_required_nobody_is_sent_what_a_tester_has_not_seen() {
    let world = world(&format!("required = true\nrecipients = [\"{}\", \"{}\"]", openid(8), openid(9)));
    let platform = Platform::new("");
    world.send(&platform).exits(8).says("2 of 2 testers");
    attempt(&world, &platform, &["--to", &openid(8)]).exits(0);
    world.send(&platform).exits(8).says("1 of 2 testers");
    attempt(&world, &platform, &[]).exits(0);
    world.recipients(4);
    world.edit("campaign.toml", "Hello", "Good morning");
    world.send(&platform).exits(8).says("2 of 2 testers");
    world.edit("campaign.toml", "Good morning", "Hello");
    assert_eq!(world.send(&platform).exits(0).counts(), "4 sent", "another row is no other message");
    assert_eq!(
        world.send(&platform).exits(0).counts(),
        "4 sent",
        "nor is it asked for where nothing is left"
    );
}

#[test]
fn hours_and_windows_of_the_audience_keep_nobody_from_trying() {
    let world = world("");
    world.edit("campaign.toml", "[try]", "not_after = \"2020-01-01 10:00\"\n[try]");
    let lines: Vec<String> = (0..3).map(|index| format!("{},A,2020-01-01 10:00", openid(index))).collect();
    world.file("audience.csv", format!("openid,name,time\n{}\n", lines.join("\n")));
    world.edit("campaign.toml", "[message.text]", "[audience.window]\ncolumn = \"time\"\n[message.text]");
    let platform = Platform::new("");
    let ran = attempt(&world, &platform, &["--to", &openid(0), "--format", "json"]).exits(0).json();
    assert_eq!(ran["counts"]["sent"], 1);
}

#[test]
fn a_try_to_more_than_twenty_people_takes_a_yes() {
    let (world, platform) = (world("recipients = [\"many.csv\"]"), Platform::new(""));
    let testers = |count: usize| {
        let lines: Vec<String> = (10..10 + count).map(openid).collect();
        world.file("many.csv", format!("openid\n{}\n", lines.join("\n")));
    };
    testers(21);
    let ran = attempt(&world, &platform, &[]).exits(8);
    assert!(ran.stderr.contains("wxcast try campaign.toml --yes"), "{}", ran.stderr);
    assert_eq!(platform.ledger().totals().requests, 0);
    attempt(&world, &platform, &["--yes"]).exits(0);
    assert_eq!(platform.ledger().totals().requests, 21);
    testers(20);
    attempt(&world, &platform, &[]).exits(0);
    assert_eq!(platform.ledger().totals().requests, 41);
}

#[test]
fn whoever_is_on_the_list_or_no_openid_at_a_glance_is_said_to_be_where_the_command_line_names_them() {
    let (world, platform) = (world(""), Platform::new(""));
    let ran = attempt(&world, &platform, &["--to", &openid(2), "--to", "13800138000"]).exits(0);
    ran.says("is on the list itself (row 3): this try shows that person what row 1 gets")
        .says("13800138000 looks like a phone number");
    let ran = attempt(&world, &platform, &["--to", &openid(0)]).exits(0);
    assert!(!ran.stderr.contains("on the list itself"), "{}", ran.stderr);
    let told = world.run(&["history", "--appid", APPID, "--local"]).exits(0).stdout;
    assert!(told.contains("only tried, counts for nobody: 3 sent"), "{told}");
}
