//! Journals that cannot be written, cannot be read, or are not ours; results that have no place.

#![cfg(unix)]

use std::fs;
use std::process::Command;

use rusqlite::Connection;
use wxcast::delivery::outcome::Status;

use crate::support::{Platform, Ran, World};

/// The program in a shell that lets no file grow beyond so many blocks of 512 bytes. To the program that is a
/// disk that fills up in the middle.
fn send_with_room(world: &World, platform: &Platform, blocks: u32) -> Ran {
    let send = world.command_at(platform, &[]);
    let script =
        format!("ulimit -f {blocks}; exec \"$0\" send campaign.toml --yes --format json --progress none");
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script).arg(send.get_program()).current_dir(world.dir());
    for (name, value) in send.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    Ran::of(shell.output().expect("a shell"))
}

#[test]
fn a_disk_that_fills_up_stops_the_run_before_a_request_without_its_intent() {
    const ROWS: usize = 600;
    let (world, platform) = (World::with_recipients(ROWS), Platform::new(""));
    // No room for a journal, and room for some of its records. Some seconds, because so long the end of a run waits
    // for room for the last outcomes.
    for blocks in [1, 160] {
        let ran = send_with_room(&world, &platform, blocks).exits(10);
        assert!(!ran.stderr.contains("panicked"), "{ran:?}");
        let journal = world.journal();
        let ledger = platform.ledger();
        for openid in ledger.openids() {
            let status = journal.get(&(openid.clone(), 1));
            assert!(status.is_some(), "{blocks}: {openid} was sent a request without an intent");
            let accepted = ledger.accepted(&openid);
            let right = accepted == 1 && matches!(status, Some(Status::Sent | Status::Unknown));
            assert!(right, "{blocks}: {openid} is {status:?} and was accepted {accepted} times");
        }
    }
    assert!(platform.ledger().totals().requests > 0, "some of them had room");
    let ran = world.send(&platform);
    let counts = ran.json()["counts"].clone();
    let (sent, unknown) = (counts["sent"].as_u64(), counts["unknown"].as_u64());
    assert_eq!(sent.zip(unknown).map(|(sent, unknown)| sent + unknown), Some(ROWS as u64), "{ran:?}");
    assert!(unknown <= Some(16), "{counts}");
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
    assert_eq!(platform.ledger().totals().accepted, ROWS as u64);
}

#[test]
fn a_full_disk_is_said_before_anything_is_sent() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    send_with_room(&world, &platform, 0).exits(10);
    assert_eq!(platform.ledger().totals().requests, 0);
    assert_eq!(world.send(&platform).exits(0).counts(), "3 sent");
}

#[test]
fn what_a_journal_says_of_a_run_in_no_word_of_ours_is_damage_and_not_nothing() {
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    world.send(&platform).exits(0);
    for (column, wrong) in [("ending", "well"), ("counts", "{"), ("skipped", "[]"), ("hosts", "7")] {
        let journal = Connection::open(world.state_file("journal.sqlite3")).expect("the journal");
        let right: String =
            journal.query_row(&format!("SELECT {column} FROM run"), [], |row| row.get(0)).expect("a run");
        let write = |value: &str| {
            journal.execute(&format!("UPDATE run SET {column} = ?1"), [value]).expect("a run");
        };
        write(wrong);
        world.run(&["runs", "campaign.toml", "--local"]).exits(10).says("journal.sqlite3");
        write(&right);
        world.run(&["runs", "campaign.toml", "--local"]).exits(0);
    }
}

#[test]
fn a_journal_of_a_newer_format_is_refused_and_left_alone() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    world.send(&platform).exits(0);
    let path = world.state_file("journal.sqlite3");
    let journal = Connection::open(&path).expect("the journal");
    journal.pragma_update(None, "user_version", 1_000).expect("another format");
    drop(journal);
    let before = fs::read(&path).expect("the journal");
    refused_everywhere(&world, &platform, "newer wxcast");
    assert_eq!(fs::read(&path).expect("the journal"), before);
}

/// No command reads or writes over this journal, and nothing is sent.
#[track_caller]
fn refused_everywhere(world: &World, platform: &Platform, sentence: &str) {
    let before = platform.ledger().totals();
    let commands: [&[&str]; 3] =
        [&["send", "campaign.toml", "--yes"], &["status", "campaign.toml"], &["results", "campaign.toml"]];
    for command in commands {
        world.run_at(platform, command).exits(10).says(sentence);
    }
    assert_eq!(platform.ledger().totals(), before);
}

#[test]
fn a_damaged_journal_is_refused_and_left_alone() {
    let (world, platform) = (World::with_recipients(300), Platform::new(""));
    world.send(&platform).exits(0);
    let path = world.state_file("journal.sqlite3");
    let mut bytes = fs::read(&path).expect("the journal");
    let whole = bytes.clone();
    // Everything behind the header page.
    bytes[4096..].fill(0x5a);
    fs::write(&path, &bytes).expect("a damaged journal");
    refused_everywhere(&world, &platform, "damaged");
    fs::write(&path, &bytes[..5000]).expect("a cut journal");
    refused_everywhere(&world, &platform, "damaged");
    fs::write(&path, whole).expect("the journal");
    assert_eq!(world.send(&platform).exits(0).json()["requests"], 0);
}

#[test]
fn a_file_that_is_no_journal_is_refused_and_left_alone() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    let path =
        world.in_state("journal.sqlite3", "somebody's notes, long enough to be looked at. ".repeat(100));
    let before = fs::read(&path).expect("the notes");
    refused_everywhere(&world, &platform, "not a journal");
    assert_eq!(fs::read(&path).expect("the notes"), before);
    fs::remove_file(&path).expect("no notes");
    let other = Connection::open(&path).expect("another database");
    other.execute_batch("CREATE TABLE notes(text TEXT)").expect("a table");
    drop(other);
    refused_everywhere(&world, &platform, "not a journal");
}

#[test]
fn a_state_folder_that_is_a_file_is_said() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    fs::write(world.home().join("wxcast"), "a file").expect("a file in its place");
    world.send(&platform).exits(10).says("wxcast").says("--state-dir");
    assert_eq!(platform.ledger().totals().requests, 0);
    let elsewhere = ["send", "campaign.toml", "--yes", "--state-dir", "state"];
    world.run_at(&platform, &elsewhere).exits(0);
}

#[test]
fn results_without_a_place_cost_nothing_but_themselves() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    world.edit(
        "campaign.toml",
        "[message.text]",
        "[results]\nfile = \"nowhere/results.csv\"\n[message.text]",
    );
    let ran = world.send(&platform).exits(10);
    assert_eq!(ran.json()["results"], serde_json::Value::Null);
    assert_eq!(ran.counts(), "3 sent");
    assert_eq!(world.status().counts(), "3 sent");
    world.run(&["results", "campaign.toml", "-o", "spring.local.results.csv"]).exits(0);
    assert_eq!(world.results().len(), 3);
    assert_eq!(platform.ledger().totals().requests, 3);
}
