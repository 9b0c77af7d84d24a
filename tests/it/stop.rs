//! The kill switch, and what is told of runs afterwards.

use std::fs;

use serde_json::json;

use crate::evidence::somebody_else;
use crate::support::{Platform, World, finish, kill};

fn slow() -> (World, Platform) {
    let (world, platform) = (World::with_recipients(200), Platform::new("latency = \"20ms\""));
    world.text_campaign("Hello {{name}}", "concurrency = 2");
    (world, platform)
}

#[test]
fn wxcast_stop_drains_a_running_send_and_comes_back_when_it_is_over() {
    let (world, platform) = slow();
    let child = world.start_send(&platform);
    platform.wait_for_requests(3);
    world.run(&["stop", "campaign.toml"]).exits(0);
    let received = platform.ledger().totals().accepted;
    let ran = finish(child).exits(7);
    assert_eq!(ran.counts(), format!("{received} sent, {} unsent", 200 - received));
    assert_eq!(platform.ledger().totals().accepted, received, "nothing came after it was over");
    assert_eq!(
        world.send(&Platform::new("")).exits(0).counts(),
        "200 sent",
        "the next send is not asked to stop"
    );
}

#[test]
fn a_running_send_can_be_stopped_while_its_audience_is_being_edited() {
    let (world, platform) = slow();
    let child = world.start_send(&platform);
    platform.wait_for_requests(3);
    world.file("audience.csv", "half a fi");
    world.run(&["stop", "campaign.toml"]).exits(0);
    assert!(!finish(child).stdout.contains("panicked"));
    let received = platform.ledger().totals().accepted;
    assert!(received < 200);
    world.recipients(200);
    assert_eq!(world.status().counts(), format!("{received} sent, {} unsent", 200 - received));
}

#[test]
fn a_file_named_stop_drains_a_running_send_and_keeps_the_next_from_beginning() {
    let (world, platform) = slow();
    let child = world.start_send(&platform);
    platform.wait_for_requests(3);
    world.file("STOP", "");
    finish(child).exits(7);
    let received = platform.ledger().totals().requests;
    world.send(&platform).exits(7).says("STOP");
    assert_eq!(platform.ledger().totals().requests, received);
    fs::remove_file(world.path("STOP")).expect("a removed file");
    world.send(&Platform::new("")).exits(0);
}

#[test]
fn there_may_be_nothing_to_stop() {
    World::with_recipients(1).run(&["stop", "campaign.toml"]).exits(0).says("Nobody is sending");
}

#[test]
fn runs_tell_how_each_ended_and_why() {
    let world = World::with_recipients(6);
    world.run(&["runs", "campaign.toml"]).exits(0).says("No run of this campaign");
    world.text_campaign("Hello {{name}}", "concurrency = 1");
    world.send(&Platform::new("[quota]\ndaily = 2")).exits(7);
    world.send(&Platform::new("[account]\ncode = 48001\nfrom = 2")).exits(9);
    let hangs = Platform::new("[[faults]]\nkind = \"hang\"");
    let killed = world.start_send(&hangs);
    hangs.wait_for_requests(1);
    kill(killed);
    world.send(&Platform::new("")).exits(6);
    let runs = world.run(&["runs", "campaign.toml", "--format", "json"]).exits(0).json();
    let told: Vec<_> =
        runs.as_array().expect("runs").iter().map(|run| (&run["exit"], &run["reason"])).collect();
    assert_eq!(
        told,
        [
            (&json!("paused"), &json!("quota 45009")),
            (&json!("account"), &json!("account 48001")),
            (&json!(null), &json!(null)),
            (&json!("unknown"), &json!(null)),
        ]
    );
    assert_eq!(runs[3]["counts"]["sent"], 5);
    let text = world.run(&["runs", "campaign.toml"]).exits(0).stdout;
    let chinese = world.run(&["--lang", "zh-CN", "runs", "campaign.toml"]).exits(0).stdout;
    assert!(
        chinese.contains("已暂停（额度用完 45009）") && chinese.contains("已发完，有结果未知的"),
        "{chinese}"
    );
    assert_eq!(text.lines().count(), 4);
    assert!(text.contains("quota 45009") && text.contains("crash or kill"), "{text}");
}

#[test]
fn a_watched_status_ends_with_the_run() {
    let (world, platform) = slow();
    let child = world.start_send(&platform);
    platform.wait_for_requests(3);
    world.file("STOP", "");
    let watched = world.run(&["status", "campaign.toml", "--watch", "--format", "json"]).exits(0);
    let last = watched.stdout.rfind("\"running\": false").expect("it was watched to the end");
    assert!(watched.stdout[last..].len() < 60, "and no further: {}", watched.stdout);
    finish(child).exits(7);
}

#[test]
fn whoever_waits_for_the_lock_is_not_stopped_with_the_run_that_holds_it() {
    use std::process::Stdio;

    let (world, platform) = slow();
    let first = world.start_send(&platform);
    platform.wait_for_requests(4);
    let wait = ["send", "campaign.toml", "--yes", "--format", "json", "--wait-lock", "30s"];
    let mut second = world.command_at(&platform, &wait);
    let mut second = second.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let mut stderr = std::io::BufReader::new(second.stderr.take().expect("a stderr"));
    let mut line = String::new();
    std::io::BufRead::read_line(&mut stderr, &mut line).expect("a line");
    assert!(line.contains("Another wxcast holds the lock"), "{line}");
    let rest = std::thread::spawn(move || std::io::read_to_string(stderr));
    world.run(&["stop", "campaign.toml"]).exits(0);
    finish(first).exits(7);
    let second = finish(second).exits(0);
    let told = rest.join().expect("a thread").expect("text");
    assert!(told.contains("The files were read again"), "{told}");
    assert_eq!(second.json()["counts"]["unsent"], 0, "it went on: {told}");
}

#[test]
fn whoever_has_not_the_journal_is_told_by_the_receipt_who_sends_and_how_to_stop_it() {
    let (world, platform) = slow();
    let child = world.start_send(&platform);
    platform.wait_for_requests(4);
    let other = |command: &str| {
        // Nothing was stopped, and whoever goes on after a `stop` is to know it.
        let exit = if command == "stop" { 8 } else { 0 };
        world.run(&[command, "campaign.toml", "--state-dir", "other"]).exits(exit)
    };
    let host = gethostname::gethostname().to_string_lossy().into_owned();
    for command in ["status", "stop"] {
        let ran = other(command).says("was sending this campaign").says(&host).says("STOP");
        assert!(!ran.stderr.contains("resolve"), "{}", ran.stderr);
    }
    world.file("STOP", "");
    finish(child).exits(7);
    std::fs::remove_file(world.path("STOP")).expect("the file");
    assert!(!other("status").says("sent this campaign").stderr.contains("was sending"));
}

#[test]
fn whoever_has_another_journal_is_told_that_it_is_being_sent_and_that_nothing_was_stopped() {
    let (world, platform) = slow();
    let child = world.start_send(&platform);
    platform.wait_for_requests(3);
    let stopped = somebody_else(&world, &platform, &["stop", "campaign.toml"]).exits(8);
    stopped.says("Nothing was stopped").says("being sent just now (process").says("STOP");
    let told = somebody_else(&world, &platform, &["status", "campaign.toml"]).exits(0);
    told.says("being sent just now (process");
    world.run(&["stop", "campaign.toml"]).exits(0);
    finish(child).exits(7);
}
