//! A campaign that two may go on with: a journal that was moved or copied, a campaign that was exported, a folder whose
//! receipt was deleted while it is sent, and what only the receipt or the journal of this computer tells.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::evidence::{SEND, copy, folder_lock, plan_id, somebody_else};
use crate::never_twice::real_platform;
use crate::support::wire::gateway;
use crate::support::{PATIENCE, Platform, Ran, World, finish};

fn wait_for(so: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < until, "it does not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A `send` of a campaign with a state folder of this name.
fn send_with(world: &World, platform: &Platform, folder: &str, state: &str, more: &[&str]) -> Ran {
    let (campaign, state) = (format!("{folder}/campaign.toml"), world.path(state));
    let args =
        ["send", &campaign, "--yes", "--format", "json", "--state-dir", state.to_str().expect("UTF-8")];
    world.run_at(platform, &[&args[..], more].concat())
}

/// One of six people was sent the message from this folder with the state folder `home`.
fn begun(folder: &str) -> (World, Platform) {
    let (world, platform) = (World::with_recipients(6), Platform::new(""));
    for file in ["campaign.toml", "audience.csv"] {
        world.file(&format!("{folder}/{file}"), world.read(file));
    }
    send_with(&world, &platform, folder, "home", &["--limit", "1"]).exits(7);
    (world, platform)
}

/// The run goes on for two seconds, which is as long as the other one has for its try.
#[test]
fn a_folder_whose_receipt_and_lock_are_deleted_while_it_is_sent_lets_nobody_else_in() {
    let (world, platform) = (World::with_recipients(400), Platform::new(""));
    world.edit("campaign.toml", "100000/s", "50/s");
    let first = world.start_send(&platform);
    platform.wait_for_requests(5);
    fs::remove_dir_all(world.path(".wxcast")).expect("a folder");
    let second = somebody_else(&world, &platform, &SEND);
    let wont = second.stderr.contains("already in use") || second.stderr.contains("still sending");
    assert!(second.code == 8 && wont, "{second:?}");
    // Both lie there again for whoever comes next.
    wait_for(|| world.path(".wxcast/receipt.json").exists() && folder_lock(&world).exists());
    somebody_else(&world, &platform, &SEND).exits(8);
    world.run(&["stop", "campaign.toml"]).exits(0);
    finish(first).exits(7);
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
}

#[test]
fn a_state_folder_that_was_copied_with_the_campaign_stops_once_in_its_new_place() {
    let (world, platform) = begun("first");
    copy(&world.path("home"), &world.path("copied"));
    copy(&world.path("first"), &world.path("second"));
    let stopped = send_with(&world, &platform, "second", "copied", &[]).exits(8);
    stopped.says("it was moved, or this is a copy").says("--take-over").says("home");
    assert_eq!(
        send_with(&world, &platform, "first", "home", &["--limit", "1"]).exits(7).json()["requests"],
        1
    );
    // Somebody says that it was moved: then it goes on, and for all campaigns.
    send_with(&world, &platform, "second", "copied", &["--take-over", "--limit", "1"]).exits(7);
    send_with(&world, &platform, "second", "copied", &["--limit", "1"]).exits(7);
    world.edit("second/campaign.toml", "spring", "summer");
    world.edit("second/campaign.toml", "Hello", "Dear");
    send_with(&world, &platform, "second", "copied", &[]).exits(0);
}

#[test]
fn a_copied_state_folder_is_asked_about_also_by_a_campaign_that_it_does_not_know() {
    let (world, platform) = begun("first");
    copy(&world.path("home"), &world.path("copied"));
    copy(&world.path("first"), &world.path("second"));
    world.edit("second/campaign.toml", "spring", "summer");
    world.edit("second/campaign.toml", "Hello", "Dear");
    send_with(&world, &platform, "second", "copied", &[]).exits(8).says("it was moved, or this is a copy");
    assert_eq!(platform.ledger().totals().requests, 1);
}

#[test]
#[cfg(unix)]
fn a_state_folder_that_is_renamed_put_back_or_reached_by_a_link_goes_on_without_a_question() {
    let (world, platform) = begun("first");
    let goes_on = |state: &str| {
        let ran = send_with(&world, &platform, "first", state, &["--limit", "1"]).exits(7);
        assert_eq!(ran.json()["requests"], 1);
    };
    fs::rename(world.path("home"), world.path("renamed")).expect("a move");
    goes_on("renamed");
    // As from a backup, or a cache of CI: the same name, and other files.
    copy(&world.path("renamed"), &world.path("backup"));
    fs::remove_dir_all(world.path("renamed")).expect("a folder");
    copy(&world.path("backup"), &world.path("renamed"));
    goes_on("renamed");
    std::os::unix::fs::symlink(world.path("renamed"), world.path("link")).expect("a link");
    goes_on("link");
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
}

#[test]
fn after_an_export_the_journal_it_came_from_asks_once_whether_somebody_else_goes_on() {
    let (world, platform) = begun("first");
    let home = world.path("home");
    let home = home.to_str().expect("UTF-8");
    let export = ["journal", "export", "first/campaign.toml", "-o", "spring.jsonl", "--state-dir", home];
    world.run(&export).exits(0).says("asks once");
    copy(&world.path("first"), &world.path("second"));
    let elsewhere = world.path("elsewhere");
    let import = ["journal", "import", "spring.jsonl", "--state-dir", elsewhere.to_str().expect("UTF-8")];
    world.run(&import).exits(0);
    send_with(&world, &platform, "second", "elsewhere", &[]).exits(0);
    let stopped = send_with(&world, &platform, "first", "home", &[]).exits(8);
    stopped.says("was exported on").says("nobody sends it elsewhere").says("--expect-plan plan:");
    assert_eq!((platform.ledger().totals().accepted, platform.ledger().duplicates()), (6, vec![]));
}

#[test]
fn an_export_that_was_only_kept_is_agreed_to_once() {
    let (world, platform) = (World::with_recipients(4), Platform::new(""));
    world.run_at(&platform, &[&SEND[..], &["--limit", "1"]].concat()).exits(7);
    world.run(&["journal", "export", "campaign.toml", "-o", "kept.jsonl"]).exits(0);
    world.send(&platform).exits(8).says("was exported on");
    let id = plan_id(&world, &platform);
    world.run_at(&platform, &[&SEND[..], &["--limit", "1", "--expect-plan", &id]].concat()).exits(7);
    assert_eq!(world.send(&platform).exits(0).counts(), "4 sent");
}

#[test]
fn exactly_the_same_under_another_id_is_known_by_the_receipt_of_whoever_sent_it() {
    let (world, platform) = (World::with_recipients(5), Platform::new(""));
    world.send(&platform).exits(0);
    copy(&world.path(".wxcast"), &world.path("next/.wxcast"));
    for file in ["campaign.toml", "audience.csv"] {
        world.file(&format!("next/{file}"), world.read(file));
    }
    world.edit("next/campaign.toml", "\"spring\"", "\"summer\"");
    let colleague = |more: &[&str]| {
        somebody_else(&world, &platform, &[&["send", "next/campaign.toml", "--yes"], more].concat())
    };
    let told = colleague(&[]).exits(8).says("by the receipt beside the campaign").says("as `spring` wave 1");
    told.says("--expect-plan plan:");
    assert_eq!(platform.ledger().totals().requests, 5);
    // Another list is no business of the receipt's.
    world.edit("next/audience.csv", "Name 0", "Name 9");
    colleague(&["--limit", "1"]).exits(7);
    assert_eq!(platform.ledger().totals().requests, 6);
}

#[test]
fn what_went_to_an_address_of_this_computer_is_told_before_people_get_it_unless_the_simulator_took_it() {
    let (world, wechat) = (World::with_recipients(4), Platform::new(""));
    let gateway = gateway(&wechat.base());
    let (_tls, _proxy, variables) = real_platform(&wechat, &world);
    let ask = |base: Option<String>, more: &[&str]| {
        let mut command: Command =
            world.command(&[&["send", "campaign.toml", "--yes", "--format", "json"], more].concat());
        command.envs(variables.clone());
        if let Some(base) = base {
            command.env("WXCAST_API_BASE", base);
        }
        Ran::of(command.output().expect("the binary runs"))
    };
    let careful = "were sent exactly this to";
    let simulator = Platform::new("");
    ask(Some(simulator.base()), &["--limit", "1"]).exits(7);
    let silent = ask(None, &["--limit", "1"]).exits(7);
    assert!(!silent.stderr.contains(careful), "{silent:?}");
    ask(Some(format!("http://{}", gateway.address())), &["--limit", "2"]).exits(7);
    let told = ask(None, &["--limit", "1"]).exits(7);
    told.says(&format!("2 of these 3 {careful} http://{}", gateway.address())).says("If a gateway");
}

#[test]
fn a_send_that_nobody_agreed_to_leaves_nothing_in_the_folder() {
    let (world, platform) = (World::with_recipients(2), Platform::new(""));
    world.run_at(&platform, &["send", "campaign.toml"]).exits(8);
    assert!(!world.path(".wxcast").exists());
    world.send(&platform).exits(0);
    world.edit("campaign.toml", "Hello", "Dear");
    world.file("audience.csv", world.read("audience.csv") + "oTESTNEW00000000000000000001,New\n");
    world.run_at(&platform, &["send", "campaign.toml"]).exits(8);
    assert!(world.path(".wxcast/receipt.json").exists(), "what was sent is still told");
}

#[test]
fn results_after_somebody_settled_unknown_ones_bring_the_receipt_up_to_date() {
    let world = World::with_recipients(4);
    world.text_campaign("Hello {{name}}", "retries = 0\n[send.stop]\nmax_unknown = 0");
    let platform = Platform::new("[[faults]]\nkind = \"reset-after\"\nmessages = [1, 2]");
    world.send(&platform).exits(6);
    let entry = || {
        let receipt: serde_json::Value =
            serde_json::from_str(&world.read(".wxcast/receipt.json")).expect("a receipt");
        receipt["entries"][0].clone()
    };
    let before = entry();
    world.run(&["resolve", "campaign.toml", "--not-sent", "--all", "--yes"]).exits(0);
    world.edit("audience.csv", "Name 3", "Name 4");
    world.run_at(&platform, &["results", "campaign.toml"]).exits(0);
    let after = entry();
    assert_eq!((&before["counts"]["unknown"], &after["counts"]["unknown"]), (&2.into(), &0.into()));
    assert_eq!((&before["digest"], &before["plan"]), (&after["digest"], &after["plan"]), "what was sent");
    // Whoever finds the folder counts those who got it, and nobody else.
    let told = somebody_else(&world, &platform, &SEND).exits(8);
    assert!(!told.stderr.contains("Taking over has a price"), "{told:?}");
}
