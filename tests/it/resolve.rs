//! `wxcast resolve`: unknown outcomes settled by hand.

use std::fs;

use crate::support::{Platform, World, openid};

/// Ten recipients, of whom the last three are unknown.
fn with_three_unknown() -> World {
    let world = World::with_recipients(10);
    world.text_campaign("Hello {{name}}", "concurrency = 1\n[send.stop]\nmax_unknown = 0");
    let platform = Platform::new("[[faults]]\nkind = \"reset-after\"\nfrom = 8");
    assert_eq!(world.send(&platform).exits(6).counts(), "7 sent, 3 unknown");
    world
}

#[test]
fn what_was_not_sent_goes_out_with_the_next_send_and_what_was_never_does() {
    let world = with_three_unknown();
    world.run(&["resolve", "campaign.toml", "--yes", "--sent", "--openid", &openid(7)]).exits(0);
    assert_eq!(world.status().counts(), "8 sent, 2 unknown");
    world.run(&["resolve", "campaign.toml", "--yes", "--not-sent", "--all"]).exits(0);
    assert_eq!(world.status().counts(), "8 sent, 2 unsent");
    let platform = Platform::new("");
    assert_eq!(world.send(&platform).exits(0).counts(), "10 sent");
    assert_eq!(platform.ledger().openids(), [openid(8), openid(9)]);
}

#[test]
fn who_settled_what_and_when_is_in_the_journal_and_in_the_results() {
    let world = with_three_unknown();
    let ran =
        world.command(&["resolve", "campaign.toml", "--yes", "--sent", "--all"]).env("USER", "lili").output();
    assert!(ran.is_ok_and(|output| output.status.success()));
    let journal = rusqlite::Connection::open(world.state_file("journal.sqlite3")).expect("a journal");
    let rows: i64 = journal
        .query_row("SELECT count(*) FROM resolution WHERE who LIKE 'lili@%' AND at > 0", [], |row| row.get(0))
        .expect("a count");
    assert_eq!(rows, 3);
    world.run(&["results", "campaign.toml"]).exits(0);
    let settled = world.results().into_iter().filter(|row| row.get(4) == Some("resolved")).count();
    assert_eq!(settled, 3);
}

#[test]
fn openids_come_from_a_file_too_such_as_the_rows_a_person_kept_of_the_results() {
    let world = with_three_unknown();
    world.run(&["results", "campaign.toml"]).exits(0);
    let results = world.read("spring.local.results.csv");
    let kept: Vec<&str> = results
        .lines()
        .enumerate()
        .filter(|(n, line)| *n == 0 || line.contains("unknown"))
        .map(|(_, line)| line)
        .collect();
    world.file("kept.csv", kept.join("\r\n"));
    world.run(&["resolve", "campaign.toml", "--yes", "--not-sent", "--from", "kept.csv"]).exits(0);
    assert_eq!(world.status().counts(), "7 sent, 3 unsent");
}

#[test]
fn an_openid_whose_outcome_is_known_is_refused_and_nothing_is_settled() {
    let world = with_three_unknown();
    let both = ["resolve", "campaign.toml", "--yes", "--not-sent", "--openid", &openid(0), &openid(7)];
    world.run(&both).exits(2).says(&openid(0));
    assert_eq!(world.status().counts(), "7 sent, 3 unknown");
    world.file("kept.csv", "name\nx\n");
    world
        .run(&["resolve", "campaign.toml", "--yes", "--sent", "--from", "kept.csv"])
        .exits(3)
        .says("`openid`");
}

#[test]
fn it_needs_to_be_told_which_way_and_whom() {
    let world = World::with_recipients(1);
    world.run(&["resolve", "campaign.toml", "--yes", "--all"]).exits(2);
    world.run(&["resolve", "campaign.toml", "--yes", "--sent"]).exits(2);
    world.run(&["resolve", "campaign.toml", "--yes", "--sent", "--not-sent", "--all"]).exits(2);
    world.run(&["resolve", "campaign.toml", "--yes", "--sent", "--all"]).exits(0).says("nothing to settle");
    assert!(!fs::exists(world.state()).expect("a look"), "nothing was made");
}

#[test]
fn off_a_terminal_nothing_is_settled_without_a_yes() {
    let world = with_three_unknown();
    world
        .run(&["resolve", "campaign.toml", "--sent", "--all"])
        .exits(8)
        .says("about 3 messages")
        .says("--yes");
    assert_eq!(world.status().counts(), "7 sent, 3 unknown");
}

#[test]
fn what_was_settled_wrongly_is_settled_anew_until_the_next_send() {
    let world = with_three_unknown();
    let resolve = |how: &[&str]| world.run(&[&["resolve", "campaign.toml", "--yes"], how].concat());
    resolve(&["--sent", "--all"]).exits(0);
    assert_eq!(world.status().counts(), "10 sent");
    resolve(&["--not-sent", "--openid", &openid(8)]).exits(0).says("1 settled as unsent");
    assert_eq!(world.status().counts(), "9 sent, 1 unsent");
    resolve(&["--not-sent", "--all"]).exits(0).says("3 settled as unsent");
    assert_eq!(world.status().counts(), "7 sent, 3 unsent");
    resolve(&["--sent", "--openid", &openid(9)]).exits(0);
    let platform = Platform::new("");
    assert_eq!(world.send(&platform).exits(0).counts(), "10 sent");
    assert_eq!(platform.ledger().openids(), [openid(7), openid(8)]);
    // A run has gone by it: what it found settled stays.
    resolve(&["--not-sent", "--openid", &openid(9)]).exits(2);
    assert_eq!(world.status().counts(), "10 sent");
}

#[test]
#[cfg(target_os = "linux")]
fn on_a_terminal_it_asks_with_the_count() {
    let world = with_three_unknown();
    let start = || crate::support::pty::Session::start(&world, "resolve campaign.toml --sent --all", &[]);
    let mut session = start();
    session.sees("Settle 3 messages as sent?").types("n").sees("Nothing was settled.");
    assert_eq!(session.ends().0, 8);
    let mut session = start();
    session.sees("Settle 3 messages as sent?").types("y");
    assert_eq!(session.ends().0, 0);
    assert_eq!(world.status().counts(), "10 sent");
}
