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

/// A platform that takes the messages to these people and whose answers are lost.
fn lost_for(people: &[usize]) -> String {
    let openids: Vec<String> = people.iter().map(|person| openid(*person)).collect();
    format!("[[faults]]\nkind = \"reset-after\"\nopenids = {openids:?}\n")
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
    for command in ["status", "report"] {
        let ran = world.run(&[command, "campaign.toml", "--format", "json"]);
        assert_eq!(ran.counts(), "3 sent, 2 unsent", "{command}");
    }
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
        world.run(&["status", "campaign.toml"]).exits(0).says("changed since the last send: 2 rows more.");
    assert!(ran.stdout.contains("unsent: 2") && !ran.stderr.contains("Done"), "{ran:?}");
    world.recipients(5);
    let ran = world.run(&["status", "campaign.toml"]).exits(0).says("1 row fewer");
    assert!(ran.stdout.contains("sent: 5"), "{ran:?}");
    let mut other = String::from("openid,name\n");
    (4..8).for_each(|index| other.push_str(&format!("{},Name {index}\n", openid(index))));
    world.file("audience.csv", other);
    world.run(&["status", "campaign.toml"]).exits(0).says("2 rows more, 4 fewer");
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

#[test]
fn whatever_is_named_to_go_on_with_is_about_the_same_journal() {
    let (world, platform) = (World::with_recipients(4), Platform::new(""));
    let at = |args: &[&str]| world.run_at(&platform, &[args, &["--state-dir", "my journals"]].concat());
    let dir = if cfg!(windows) { "--state-dir \"my journals\"" } else { "--state-dir 'my journals'" };
    let send = format!("wxcast send campaign.toml {dir}");
    at(&["send", "campaign.toml", "--yes", "--limit", "1"]).exits(7).says(&send);
    at(&["status", "campaign.toml"]).exits(0).says(&send);
    at(&["runs", "campaign.toml"]).exits(0).says(&format!("wxcast status campaign.toml {dir}"));
    let local = at(&["runs", "campaign.toml", "--local"]).exits(0);
    local.says(&format!("wxcast status campaign.toml {dir} --local"));
    let results = ["send", "campaign.toml", "--yes", "--limit", "1", "--results", "out.csv"];
    at(&results).exits(7).says(&format!("{send} --results out.csv"));
    // What has no such flag is named without it.
    let plan = at(&["stop", "campaign.toml"]).exits(0);
    assert!(!plan.stderr.contains("plan campaign.toml --state-dir"), "{}", plan.stderr);
    fs::remove_dir_all(world.path("my journals")).expect("a journal");
    at(&["send", "campaign.toml", "--yes"]).exits(8).says(&format!("{send} --take-over"));
    at(&["status", "campaign.toml"]).exits(0).says(&format!("{send} --take-over"));
}

#[test]
fn the_limit_is_part_of_what_is_asked_and_shown() {
    let (world, platform) = (World::with_recipients(30), Platform::new(""));
    let ran = world.run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", "3"]).exits(7);
    ran.says("at most 3 of them are sent this time, the other 27 stay unsent");
    // Afterwards what is left is not what the list has, and both are told.
    let ran =
        world.run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", "3", "--expect-count", "30"]);
    ran.exits(7).tells("To send", 27).tells("sent before", 3).says("The list has 30 messages in all");
    let other = world.run_at(&platform, &["send", "campaign.toml", "--yes", "--expect-count", "24"]).exits(8);
    other.says("the list has 30 messages, those that were sent already among them");
    assert_eq!(platform.ledger().totals().requests, 6);
}

#[cfg(target_os = "linux")]
#[test]
fn the_question_counts_what_the_limit_leaves() {
    let (world, platform) = (World::with_recipients(30), Platform::new(""));
    let base = platform.base();
    let mut session = crate::support::pty::Session::start(
        &world,
        "send campaign.toml --limit 3 --progress none",
        &[("WXCAST_API_BASE", base.as_str())],
    );
    session.sees("Send 3 messages now?").types("n").sees("Nothing was sent");
    assert_eq!(platform.ledger().totals().requests, 0);
}

#[test]
fn unknown_ones_that_are_sent_again_are_announced() {
    let world = World::with_recipients(5);
    let lost = Platform::new(&lost_for(&[1, 3]));
    world.text_campaign("Hello {{name}}", "on_unknown = \"resend\"");
    world.run_at(&lost, &["send", "campaign.toml", "--yes"]).exits(6).says("the next send sends these again");
    let status = world.run(&["status", "campaign.toml"]).exits(0).says("the next send sends these again");
    assert!(!status.stderr.contains("held back"), "{}", status.stderr);
    let ran = world.run_at(&Platform::new(""), &["send", "campaign.toml", "--yes"]).exits(0);
    let ran = ran.says("2 of them are unknown from earlier and are sent again");
    assert!(!ran.stderr.contains("Nobody who was sent the message gets it again"), "{}", ran.stderr);
}

#[test]
fn whoever_has_unknown_and_untried_people_is_told_of_both() {
    let (world, lost) = (World::with_recipients(9), Platform::new(&lost_for(&[1, 3])));
    let ran = world.run_at(&lost, &["send", "campaign.toml", "--yes", "--limit", "4"]).exits(7);
    ran.says("wxcast resolve campaign.toml").says("`send` goes on where it stopped");
    world
        .run(&["status", "campaign.toml"])
        .exits(0)
        .says("`send` can go on")
        .says("wxcast resolve campaign.toml");
    world.run(&["resolve", "campaign.toml", "--sent", "--all", "--yes"]).exits(0);
    let status = world.run(&["status", "campaign.toml"]).exits(0).says("To go on where it stopped");
    assert!(!status.stderr.contains("resolve"), "{}", status.stderr);
}

#[test]
fn a_campaign_is_not_called_finished_while_somebody_waits_for_the_next_send() {
    let world = World::with_recipients(6);
    let platform =
        Platform::new(&format!("[[answers]]\ncode = 45015\nopenids = [{:?}]\n{}", openid(0), lost_for(&[3])));
    world.send(&platform).exits(6);
    world.run(&["resolve", "campaign.toml", "--not-sent", "--all", "--yes"]).exits(0);
    let status = world.run(&["status", "campaign.toml"]).exits(0).says("Some have not been tried yet");
    assert!(!status.stderr.contains("Finished"), "{}", status.stderr);
}

#[test]
#[cfg(unix)]
fn a_journal_that_is_moved_away_during_a_run_is_to_be_put_back() {
    let (world, platform) = (World::with_recipients(9), Platform::new(""));
    world.edit("campaign.toml", "100000/s", "1/min");
    let child = world.start_send(&platform);
    platform.wait_for_requests(1);
    fs::rename(world.state_file("journal.sqlite3"), world.path("elsewhere.sqlite3"))
        .expect("a moved journal");
    let ran =
        crate::support::finish(child).exits(10).says("Put it back where it was").says("back in its place");
    assert!(!ran.stderr.contains("Make room"), "{}", ran.stderr);
}

#[test]
fn a_send_that_waits_for_its_time_is_not_said_to_be_sending() {
    let (world, platform) = (World::with_recipients(2), Platform::new(""));
    world.text_campaign("Hello {{name}}", "outside = \"wait\"");
    let at = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(3)).to_string();
    let send = ["send", "campaign.toml", "--yes", "--at", &at, "--progress", "none"];
    let child = world
        .command_at(&platform, &send)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("a start");
    let until = std::time::Instant::now() + crate::support::PATIENCE;
    let waits = || world.run(&["status", "campaign.toml"]).exits(0).stderr.contains("Waiting until");
    while !waits() {
        assert!(std::time::Instant::now() < until, "nobody is said to wait");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    world.run_at(&platform, &["send", "campaign.toml", "--yes"]).exits(8).says("is waiting for its time");
    world.run(&["stop", "campaign.toml"]).exits(0);
    crate::support::finish(child).exits(7);
}

#[test]
fn a_run_is_stopped_from_its_folder_whatever_the_campaign_file_says_by_now() {
    for (from, to) in [("[send]", "[send"), ("id = \"spring\"", "id = \"summer\"")] {
        let (world, platform) = (World::with_recipients(9), Platform::new(""));
        world.edit("campaign.toml", "100000/s", "1/min");
        let child = world.start_send(&platform);
        platform.wait_for_requests(1);
        world.edit("campaign.toml", from, to);
        let status =
            world.run(&["status", "campaign.toml"]).says("`spring` of this folder is being sent just now");
        assert!(status.stderr.contains("wxcast stop campaign.toml"), "{}", status.stderr);
        world.run(&["stop", "campaign.toml"]).exits(0).says("`spring` is being sent").says("It has stopped");
        // What was sent is told of the list that is there; it has not changed.
        crate::support::finish(child);
        assert!(platform.ledger().totals().requests < 9);
    }
    let world = World::with_recipients(1);
    world.edit("campaign.toml", "[send]", "[send");
    let sep = std::path::MAIN_SEPARATOR;
    let campaign = format!(".{sep}campaign.toml");
    world.run(&["stop", &campaign]).exits(3).says("nothing is known here to be sent").says("STOP");
}

#[test]
fn resolve_takes_the_unknown_ones_of_a_results_file() {
    let (world, lost) = (World::with_recipients(9), Platform::new(&lost_for(&[1, 3])));
    world.send(&lost).exits(6);
    world
        .run(&["resolve", "campaign.toml", "--sent", "--from", RESULTS, "--yes"])
        .exits(0)
        .says("2 settled as sent");
    assert_eq!(world.status().counts(), "9 sent");
    let all: Vec<String> = (0..14).map(openid).collect();
    let named: Vec<&str> = all.iter().map(String::as_str).collect();
    let args = [&["resolve", "campaign.toml", "--sent", "--yes", "--openid"][..], &named].concat();
    world.run(&args).exits(2).says(", …");
}

#[test]
fn what_is_written_almost_right_is_understood_and_said() {
    let (world, platform) = three_of_five();
    world.file("n2/campaign.toml", world.read("campaign.toml"));
    let ran = world.run(&["status", "n2"]).exits(3).says("it is a folder; did you mean `n2/campaign.toml`?");
    assert!(!ran.stderr.contains("cannot be parsed"), "{}", ran.stderr);
    let ran = world.run_at(&platform, &["send", "campaign.toml", "--take-over", "n.jsonl"]).exits(2);
    ran.says("--take-over=n.jsonl");
    world.edit("campaign.toml", "id = \"spring\"", "id = \"KA-1\"");
    let ran = world.run(&["plan", "campaign.toml"]).exits(3);
    assert!(ran.stdout.contains("lowercase letters") || ran.stderr.contains("lowercase letters"), "{ran:?}");
}

#[test]
fn the_wave_that_is_advised_is_one_in_which_nothing_was_sent() {
    let (world, platform) = (World::with_recipients(2), Platform::new(""));
    world.send(&platform).exits(0);
    world.edit("campaign.toml", "id = \"spring\"", "id = \"spring\"\nwave = 2");
    world.edit("campaign.toml", "Hello", "Good day");
    world.send(&platform).exits(0);
    world.edit("campaign.toml", "wave = 2", "wave = 1");
    world.send(&platform).exits(8).says("wave = 3");
}
