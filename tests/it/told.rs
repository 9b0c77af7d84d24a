//! What the commands that only tell say of a campaign is what `send` would say: nothing they print is untrue because they
//! looked in one place only.

use std::fs;

use serde_json::Value as Json;

use crate::never_twice::real_platform;
use crate::support::{Platform, RESULTS, Ran, World, openid};

/// Three of a campaign were sent; with what journal and folder are afterwards.
fn three_of_five() -> (World, Platform) {
    let (world, platform) = (World::with_recipients(5), Platform::new(""));
    world.run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", "3"]).exits(7);
    (world, platform)
}

fn lose_journal(world: &World) {
    fs::remove_dir_all(world.home().join("wxcast")).expect("a journal");
}

fn lose_receipt(world: &World) {
    fs::remove_dir_all(world.path(".wxcast")).expect("a receipt");
}

/// Insists that every command that tells says what `send` says, and none that nothing was sent.
#[track_caller]
fn all_doubt(world: &World, platform: &Platform, reason: &str) {
    world.send(platform).exits(8).says(reason);
    for (command, code) in [("status", 0), ("runs", 0), ("report", 0), ("history", 0)] {
        let ran = world.run(&[command, "campaign.toml"]).exits(code).says(reason).says("would stop");
        let all = format!("{}{}", ran.stdout, ran.stderr);
        for untrue in ["not been sent", "No run", "Next:", "To go on"] {
            assert!(!all.contains(untrue), "{command}: {all}");
        }
    }
    let resolve = ["resolve", "campaign.toml", "--all", "--sent", "--yes"];
    let results = fs::read(world.path(RESULTS)).ok();
    for args in [&resolve[..], &["results", "campaign.toml"]] {
        world.run(args).exits(8).says(reason);
    }
    assert_eq!(fs::read(world.path(RESULTS)).ok(), results);
    let doctor = world.run_at(platform, &["doctor", "campaign.toml"]).exits(8);
    assert!(doctor.stdout.contains(reason), "{doctor:?}");
    let status = world.run(&["status", "campaign.toml", "--format", "json"]).json();
    assert!(status["doubt"].as_str().is_some_and(|doubt| doubt.contains(reason)), "{status}");
    let report = world.run(&["report", "campaign.toml", "--format", "json"]).json();
    assert!(report["doubt"].as_str().is_some_and(|doubt| doubt.contains(reason)), "{report}");
}

#[test]
fn where_the_journal_is_gone_every_command_says_what_the_folder_knows() {
    let (world, platform) = three_of_five();
    lose_journal(&world);
    all_doubt(&world, &platform, "another journal than the one here");
    let status = world.run(&["status", "campaign.toml", "--format", "json"]);
    assert_eq!(status.counts(), "3 sent, 2 unsent");
}

#[test]
fn where_journal_and_receipt_are_gone_the_results_are_asked() {
    let (world, platform) = three_of_five();
    lose_journal(&world);
    lose_receipt(&world);
    all_doubt(&world, &platform, "the results tell of 3 people");
    let status = world.run(&["status", "campaign.toml", "--format", "json"]);
    assert_eq!(status.counts(), "3 sent, 2 unsent");
    // A fault in the campaign file hides the results, and neither receipt nor journal.
    world.edit("campaign.toml", "[send]", "[sendd]");
    world.run(&["status", "campaign.toml"]).exits(3);
}

#[test]
fn where_an_older_journal_was_put_back_every_command_says_so() {
    let (world, platform) = three_of_five();
    let journal = world.state_file("journal.sqlite3");
    let older = fs::read(&journal).expect("a journal");
    world.send(&platform).exits(0);
    fs::write(&journal, older).expect("the older journal");
    for beside in ["journal.sqlite3-wal", "journal.sqlite3-shm"] {
        let _ = fs::remove_file(world.state_file(beside));
    }
    all_doubt(&world, &platform, "knows less than it once did");
}

#[test]
fn a_faulty_campaign_file_hides_neither_receipt_nor_journal() {
    let (world, _platform) = three_of_five();
    lose_journal(&world);
    world.edit("campaign.toml", "[send]", "[sendd]");
    for command in ["status", "runs", "report"] {
        world.run(&[command, "campaign.toml"]).exits(0).says("another journal").says("has faults");
    }
}

#[test]
fn what_was_sent_to_a_simulator_hides_nothing_that_people_were_sent() {
    let (world, simulator, wechat) = (World::with_recipients(4), Platform::new(""), Platform::new(""));
    let (_tls, _proxy, variables) = real_platform(&wechat, &world);
    world.send(&simulator).exits(0);
    let send = || {
        let mut command = world.command(&["send", "campaign.toml", "--yes", "--limit", "2"]);
        Ran::of(command.envs(variables.clone()).output().expect("the binary runs"))
    };
    send().exits(7);
    let account = world.state().parent().expect("the account's folder").to_owned();
    for file in ["journal.sqlite3", "journal.sqlite3-wal", "journal.sqlite3-shm"] {
        let _ = fs::remove_file(account.join(file));
    }
    send().exits(8);
    for command in ["status", "runs", "report"] {
        let ran = world.run(&[command, "campaign.toml"]).exits(0);
        let ran = ran.says("another journal than the one here").says("count for nobody");
        assert!(!ran.stderr.contains("neither the journal here nor"), "{}", ran.stderr);
    }
    for args in [&["resolve", "campaign.toml", "--all", "--sent", "--yes"][..], &["results", "campaign.toml"]]
    {
        world.run(args).exits(8);
    }
    // Whoever asks for the simulator alone is told of it alone.
    let local = world.run(&["status", "campaign.toml", "--local"]).exits(0);
    assert!(local.stdout.contains("sent: 4") && !local.stderr.contains("would stop"), "{local:?}");
}

#[test]
fn where_nothing_speaks_against_the_journal_nothing_is_said_against_it() {
    let (world, platform) = three_of_five();
    for command in ["status", "runs", "report"] {
        let ran = world.run(&[command, "campaign.toml"]).exits(0);
        assert!(!ran.stderr.contains("would stop"), "{command}: {}", ran.stderr);
    }
    assert_eq!(world.status().json()["doubt"], serde_json::Value::Null);
    world.run_at(&platform, &["doctor", "campaign.toml"]).exits(0);
}

#[test]
fn status_says_how_the_list_has_changed_since_the_last_send() {
    let (world, platform) = (World::with_recipients(6), Platform::new(""));
    world.send(&platform).exits(0);
    let ran = world.run(&["status", "campaign.toml"]).exits(0).says("Done");
    assert!(!ran.stderr.contains("list has changed"), "{}", ran.stderr);
    world.recipients(8);
    let ran =
        world.run(&["status", "campaign.toml"]).exits(0).says("changed since the last send: 2 people more.");
    assert!(ran.stdout.contains("unsent: 2") && !ran.stderr.contains("Done"), "{ran:?}");
    world.recipients(5);
    let ran = world.run(&["status", "campaign.toml"]).exits(0).says("1 people fewer");
    assert!(ran.stdout.contains("sent: 5"), "{ran:?}");
    let mut other = String::from("openid,name\n");
    (4..8).for_each(|index| other.push_str(&format!("{},Name {index}\n", openid(index))));
    world.file("audience.csv", other);
    world.run(&["status", "campaign.toml"]).exits(0).says("2 people more, 4 fewer");
    assert_eq!(world.status().counts(), "2 sent, 2 unsent");
    assert_eq!(world.status().json()["list_read"], true);
    // Without the list the figures of the last send stand, and it is said that it was not read.
    fs::remove_file(world.path("audience.csv")).expect("a list");
    let ran = world.run(&["status", "campaign.toml"]).exits(0).says("was not read");
    assert!(ran.stdout.contains("sent: 6"), "{ran:?}");
    assert_eq!(world.status().json()["list_read"], false);
}

#[test]
fn status_does_not_call_a_campaign_done_whose_text_is_another_than_people_were_sent() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    world.send(&platform).exits(0);
    world.edit("campaign.toml", "Hello", "Good day");
    let ran = world.run(&["status", "campaign.toml"]).exits(0).says("3 people were sent another text");
    assert!(!ran.stderr.contains("Done"), "{}", ran.stderr);
}

#[test]
fn a_stop_file_is_seen_by_whatever_name_and_by_whoever_asks() {
    let (world, platform) = three_of_five();
    for name in ["STOP", "STOP.txt", "stop", "Stop.txt"] {
        world.file(name, "");
        world.run(&["status", "campaign.toml"]).exits(0).says(name).says("deleted");
        let doctor = world.run_at(&platform, &["doctor", "campaign.toml"]).exits(7);
        assert!(doctor.stdout.contains(name), "{doctor:?}");
        world.send(&platform).exits(7).says(name).says("Delete it");
        fs::remove_file(world.path(name)).expect("the file");
    }
    world.run_at(&platform, &["doctor", "campaign.toml"]).exits(0);
}

#[test]
fn a_command_that_cannot_run_during_a_send_speaks_of_itself() {
    let (world, platform) = (World::with_recipients(9), Platform::new(""));
    world.edit("campaign.toml", "100000/s", "1/min");
    let child = world.start_send(&platform);
    platform.wait_for_requests(1);
    for args in [
        &["resolve", "campaign.toml", "--all", "--sent", "--yes"][..],
        &["journal", "export", "campaign.toml", "-o", "spring.jsonl"],
    ] {
        let ran = world.run(args).exits(8).says("Nothing was done").says("is being sent just now");
        assert!(!ran.stderr.contains("--wait-lock") && !ran.stderr.contains("Nothing was sent"), "{ran:?}");
    }
    world.run(&["stop", "campaign.toml"]).exits(0);
    crate::support::finish(child).exits(7);
}

#[test]
fn history_tells_what_was_not_found_and_where() {
    let (world, _platform) = three_of_five();
    world.run(&["history", "--openid", "oNOBODY"]).exits(0).says("No message to oNOBODY stands");
    world.run(&["history", "--state-dir", "nowhere"]).exits(0).says("no journal in `nowhere`");
    let times = world.run(&["history"]).exits(0).stdout;
    assert!(!times.contains('Z'), "times are this computer's, with their offset: {times}");
}

#[test]
fn runs_that_go_on_or_were_killed_show_true_numbers_or_none() {
    let (world, platform) = (World::with_recipients(9), Platform::new(""));
    world.edit("campaign.toml", "100000/s", "1/min");
    let child = world.start_send(&platform);
    platform.wait_for_requests(1);
    let status = world.status().json();
    assert!(status["counts"]["unsent"].as_u64() >= Some(7), "{status}");
    let runs = world.run(&["runs", "campaign.toml"]).exits(0).stdout;
    let unsent = &status["counts"]["unsent"];
    assert!(runs.contains("still running") && runs.contains(&format!("unsent {unsent}")), "{runs}");
    let json = world.run(&["runs", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!((&json[0]["counts"], &json[0]["requests"]), (&Json::Null, &Json::Null), "{json}");
    crate::support::kill(child);
    let counts = world.status().json()["counts"].clone();
    let runs = world.run(&["runs", "campaign.toml"]).exits(0).stdout;
    for (status, word) in [("sent", "sent"), ("unknown", "unknown"), ("unsent", "unsent")] {
        assert!(runs.contains(&format!("{word} {}", counts[status])), "{counts}: {runs}");
    }
    assert!(!runs.contains("requests"), "how many there were was not noted: {runs}");
    world.edit("campaign.toml", "1/min", "100000/s");
    world.send(&platform);
    let runs = world.run(&["runs", "campaign.toml"]).exits(0).stdout;
    let killed = runs.lines().next().expect("the first run");
    assert!(killed.contains("figures were not noted") && !killed.contains("sent 0"), "{runs}");
}
