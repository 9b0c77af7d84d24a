//! Several computers and one journal in PostgreSQL: real processes, each with a folder and a state folder of its own, and the
//! simulator as judge of who got a message twice.
//!
//! A process that died or stands still is taken over when it has not been heard of for half a minute. Tests do not wait for
//! that: they let the database think that the time has passed.

#![cfg(unix)]

use std::process::{Child, Stdio};
use std::time::Duration;

use crate::support::postgres::{Database, server};
use crate::support::{Platform, Ran, World, finish, kill, signal};

/// A test without a server says that it was not run.
macro_rules! journal {
    () => {
        match server() {
            Some(server) => server.database().prepared(),
            None => return,
        }
    };
}

const SEND: [&str; 6] = ["send", "campaign.toml", "--yes", "--format", "json", "--progress=none"];

fn run(world: &World, platform: &Platform, journal: &Database, args: &[&str]) -> Ran {
    let mut command = world.command_at(platform, args);
    Ran::of(command.env("WXCAST_JOURNAL", journal.url()).output().expect("the binary runs"))
}

fn send(world: &World, platform: &Platform, journal: &Database) -> Ran {
    run(world, platform, journal, &SEND)
}

fn start(world: &World, platform: &Platform, journal: &Database) -> Child {
    let mut command = world.command_at(platform, &SEND);
    command.env("WXCAST_JOURNAL", journal.url()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the binary starts")
}

/// Lets half a minute pass for those who are not heard of.
fn let_leases_end(journal: &Database) {
    journal
        .sql("UPDATE wxcast.worker SET until = clock_timestamp() - interval '1 second' WHERE ended IS NULL");
}

/// So many messages of the only campaign are in each state, as the database has it.
fn states(journal: &Database) -> String {
    journal.sql(
        "SELECT coalesce(string_agg(state || ':' || count, ' ' ORDER BY state), '') \
         FROM (SELECT state, count(*) FROM wxcast.message GROUP BY 1) AS states",
    )
}

/// A world with the same campaign and list as others have.
fn world(recipients: usize, concurrency: usize) -> World {
    let world = World::with_recipients(recipients);
    world.edit("campaign.toml", "[send]\n", &format!("[send]\nconcurrency = {concurrency}\n"));
    world
}

#[test]
fn one_computer_sends_and_another_knows_all_of_it() {
    let (journal, platform) = (journal!(), Platform::new(""));
    let (one, other) = (world(50, 8), world(50, 8));
    let sent = send(&one, &platform, &journal).exits(0);
    assert_eq!(sent.counts(), "50 sent");
    assert_eq!(states(&journal), "1:50");
    let again = send(&other, &platform, &journal).exits(0);
    assert_eq!(again.counts(), "50 sent", "nothing was left to do");
    assert_eq!(platform.ledger().totals().requests, 50);
    let status = ["status", "campaign.toml", "--format", "json"];
    assert_eq!(run(&other, &platform, &journal, &status).exits(0).counts(), "50 sent");
    let mut results = other.results();
    results.retain(|row| &row[2] == "sent");
    assert_eq!(results.len(), 50, "from what stands in the database and in the list");
}

#[test]
fn whoever_goes_on_for_a_killed_computer_sends_nobody_twice_and_holds_what_was_in_flight() {
    let (journal, platform) = (journal!(), Platform::new("latency = \"20ms\""));
    let (one, other) = (world(300, 8), world(300, 8));
    let running = start(&one, &platform, &journal);
    platform.wait_for_requests(60);
    kill(running);
    let_leases_end(&journal);
    let ended = send(&other, &platform, &journal);
    assert_eq!(platform.ledger().duplicates(), Vec::<String>::new());
    let counts = ended.json()["counts"].clone();
    let unknown = counts["unknown"].as_u64().expect("a count");
    assert!(unknown <= 8, "{counts}");
    assert_eq!(counts["sent"].as_u64().expect("a count") + unknown, 300, "{counts}");
    assert_eq!(ended.code, if unknown == 0 { 0 } else { 6 });
}

#[test]
fn a_computer_that_stood_still_while_others_went_on_sends_nothing_more_and_still_tells_what_it_knew() {
    let (journal, platform) = (journal!(), Platform::new("latency = \"20ms\""));
    let (one, other) = (world(200, 4), world(200, 4));
    let running = start(&one, &platform, &journal);
    platform.wait_for_requests(40);
    signal(&running, "STOP");
    let_leases_end(&journal);
    let ended = send(&other, &platform, &journal);
    assert!([0, 6].contains(&ended.code), "{ended:?}");
    signal(&running, "CONT");
    let woken = finish(running);
    assert_eq!(woken.code, 10, "{woken:?}");
    assert_eq!(platform.ledger().duplicates(), Vec::<String>::new());
    // What it had in flight was answered while nobody listened, or after it had woken up.
    let accepted: u32 =
        (0..200).map(|index| platform.ledger().accepted(&crate::support::openid(index))).sum();
    let left: u64 =
        journal.sql("SELECT count(*) FROM wxcast.message WHERE state = 4").parse().expect("a count");
    let sent: u64 =
        journal.sql("SELECT count(*) FROM wxcast.message WHERE state = 1").parse().expect("a count");
    assert_eq!(sent + left, 200);
    assert!(u64::from(accepted) >= sent && left <= 4, "{accepted} accepted, {sent} sent, {left} unknown");
}

#[test]
fn connections_that_are_cut_again_and_again_lose_nobody_and_double_nobody() {
    let (journal, platform) = (journal!(), Platform::new("latency = \"10ms\""));
    let world = world(300, 4);
    let running = start(&world, &platform, &journal);
    platform.wait_for_requests(50);
    let cut = format!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{}'",
        journal.name
    );
    for _ in 0..5 {
        journal.server.sql("postgres", &cut);
        std::thread::sleep(Duration::from_millis(50));
    }
    let ended = finish(running);
    assert_eq!((ended.code, ended.counts()), (0, "300 sent".to_owned()), "{ended:?}");
    assert_eq!(platform.ledger().duplicates(), Vec::<String>::new());
    assert_eq!(platform.ledger().totals().requests, 300);
}
