//! Journals that are gone or from elsewhere, and results that cannot be written where they belong.

use std::fs;

use crate::support::{Platform, World, finish};

#[test]
fn a_journal_that_is_gone_while_results_tell_of_people_who_were_sent_is_no_fresh_start() {
    for language in ["en", "zh-CN"] {
        let world = World::with_recipients(3);
        world.text_campaign("Hello {{name}}", &format!("[results]\nlanguage = \"{language}\""));
        world.send(&Platform::new("")).exits(0);
        fs::remove_dir_all(world.state()).expect("a removed journal");
        let platform = Platform::new("");
        world.send(&platform).exits(8).says("journal.sqlite3").says("spring.local.results.csv");
        assert_eq!(platform.ledger().totals().requests, 0);
        fs::rename(world.path("spring.local.results.csv"), world.path("old.csv")).expect("a moved file");
        fs::remove_dir_all(world.path(".wxcast")).expect("a removed receipt");
        world.send(&platform).exits(0);
    }
}

#[test]
fn results_of_nobody_who_was_sent_do_not_stand_in_the_way() {
    let world = World::with_recipients(2);
    world.send(&Platform::new("[account]\ncode = 48001")).exits(9);
    fs::remove_dir_all(world.state()).expect("a removed journal");
    world.send(&Platform::new("")).exits(0);
}

#[test]
fn a_computer_that_is_called_otherwise_is_no_other_computer() {
    let world = World::with_recipients(4);
    world.send(&Platform::new("[quota]\ndaily = 2")).exits(7);
    let receipt = world.read(".wxcast/receipt.json");
    let computer = receipt.split("\"computer\": \"").nth(1).and_then(|rest| rest.split('"').next());
    world.edit(".wxcast/receipt.json", computer.expect("a computer"), "another-container");
    let platform = Platform::new("");
    assert_eq!(world.send(&platform).exits(0).counts(), "4 sent");
    assert_eq!(platform.ledger().totals().accepted, 2);
}

#[test]
fn results_that_are_open_elsewhere_get_a_second_name() {
    let world = World::with_recipients(3);
    // A folder of that name cannot be replaced by a file, as a file that Excel holds open cannot on Windows.
    fs::create_dir(world.path("spring.local.results.csv")).expect("a folder");
    let ran = world.send(&Platform::new("")).exits(0).says("spring.local.results.2.csv");
    assert_eq!(ran.counts(), "3 sent");
    assert!(ran.json()["results"].as_str().expect("a file").ends_with("spring.local.results.2.csv"));
    assert_eq!(world.read("spring.local.results.2.csv").lines().count(), 4);
}

#[test]
fn a_journal_that_was_emptied_is_no_fresh_start_either() {
    let world = World::with_recipients(3);
    world.send(&Platform::new("")).exits(0);
    fs::remove_dir_all(world.state()).expect("a removed journal");
    world.in_state("journal.sqlite3", "");
    let platform = Platform::new("");
    world.send(&platform).exits(8).says("journal.sqlite3");
    assert_eq!(platform.ledger().totals().requests, 0);
}

#[test]
fn an_audience_that_was_cut_or_moved_away_during_a_run_is_no_success() {
    for cut in [true, false] {
        let (world, platform) = (World::with_recipients(60), Platform::new("latency = \"20ms\""));
        world.text_campaign("Hello {{name}}", "concurrency = 4");
        let child = world.start_send(&platform);
        platform.wait_for_requests(8);
        if cut {
            world.recipients(5);
        } else {
            fs::rename(world.path("audience.csv"), world.path("elsewhere.csv")).expect("a moved file");
        }
        let ran = finish(child).exits(8);
        assert_eq!(ran.counts(), "60 sent", "what happened is told from the journal");
        world.recipients(60);
        let runs = world.run(&["runs", "campaign.toml", "--format", "json"]).exits(0).json();
        assert_eq!((&runs[0]["exit"], &runs[0]["reason"]), (&"gate".into(), &"audience-changed".into()));
        assert_eq!(world.status().counts(), "60 sent");
    }
}
