//! Results beside a campaign as evidence: a file that its journal wrote last is taken at its word, and whatever was done
//! to it since is seen.

use std::fs::{self, File, FileTimes};

use crate::support::{Platform, RESULTS, World, openid};

fn sent(more: &str) -> (World, Platform) {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    world.text_campaign("Hello {{name}}", more);
    world.send(&platform).exits(0);
    (world, platform)
}

/// The receipt may be gone, as in a repository that leaves hidden folders out; the results are then all there is.
fn forget_receipt(world: &World) {
    fs::remove_dir_all(world.path(".wxcast")).expect("a receipt");
}

#[test]
fn a_stranger_in_results_is_seen_even_where_size_and_time_of_the_file_are_as_before() {
    let (world, platform) = sent("");
    world.send(&platform).exits(0);
    let path = world.path(RESULTS);
    let before = fs::metadata(&path).expect("results").modified().expect("a time");
    let text = world.read(RESULTS);
    let edited = text.replace(&openid(1), &openid(77));
    assert_eq!((edited.len(), edited == text), (text.len(), false));
    fs::write(&path, edited).expect("edited results");
    let file = File::options().write(true).open(&path).expect("results");
    file.set_times(FileTimes::new().set_modified(before)).expect("an old time");
    drop(file);
    world.send(&platform).exits(8).says("the results tell of 1 people");
}

#[test]
fn an_older_journal_does_not_vouch_for_results_that_are_newer() {
    let world = World::with_recipients(3);
    let platform = Platform::new("");
    world.run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", "1"]).exits(7);
    let journal = world.state_file("journal.sqlite3");
    let older = fs::read(&journal).expect("a journal");
    world.send(&platform).exits(0);
    fs::write(&journal, older).expect("the older journal");
    for beside in ["journal.sqlite3-wal", "journal.sqlite3-shm"] {
        let _ = fs::remove_file(world.state_file(beside));
    }
    forget_receipt(&world);
    world.send(&platform).exits(8).says("the results tell of 2 people");
    assert_eq!(platform.ledger().totals().requests, 3);
}

#[test]
fn results_that_were_copied_from_elsewhere_or_saved_again_are_read_and_found_to_agree() {
    let (world, platform) = sent("");
    let text = world.read(RESULTS);
    world.file("saved.csv", &text);
    fs::rename(world.path("saved.csv"), world.path(RESULTS)).expect("results saved again");
    forget_receipt(&world);
    assert_eq!(world.send(&platform).exits(0).counts(), "3 sent");
    assert_eq!(platform.ledger().totals().requests, 3);
}

#[test]
fn several_messages_to_one_person_are_no_strangers_and_one_message_too_many_is() {
    let (world, platform) = (World::new(), Platform::new(""));
    world.text_campaign("Hello {{name}}", "");
    world.edit("campaign.toml", "[audience]", "[audience]\nduplicates = \"each\"");
    let person = openid(1);
    world.file("audience.csv", format!("openid,name\n{person},A\n{person},B\n{},C\n", openid(2)));
    world.send(&platform).exits(0);
    forget_receipt(&world);
    // Somebody saves the file: it has to be read now.
    let text = world.read(RESULTS);
    world.file(RESULTS, &text);
    world.send(&platform).exits(0);
    let stranger = text.lines().nth(3).expect("a row").replace(&openid(2), &openid(77));
    world.file(RESULTS, format!("{text}{stranger}\r\n{stranger}\r\n"));
    world.send(&platform).exits(8).says("the results tell of 2 people");
}

#[test]
fn results_that_would_be_the_same_are_left_alone_and_a_column_that_is_in_no_message_is_not_forgotten() {
    let (world, platform) = (World::new(), Platform::new(""));
    world.text_campaign("Hello {{name}}", "");
    world.file("audience.csv", format!("openid,name,city\n{},A,Paris\n{},B,Rome\n", openid(1), openid(2)));
    world.send(&platform).exits(0);
    let path = world.path(RESULTS);
    let written = || fs::metadata(&path).expect("results").modified().expect("a time");
    let before = written();
    assert_eq!(world.send(&platform).exits(0).counts(), "2 sent");
    #[cfg(unix)]
    assert_eq!(written(), before, "nothing to be written anew");
    world.edit("audience.csv", "Rome", "Oslo");
    assert_eq!(world.send(&platform).exits(0).counts(), "2 sent");
    assert!(written() > before && world.read(RESULTS).contains("Oslo"));
    fs::remove_file(&path).expect("results");
    assert_eq!(world.send(&platform).exits(0).counts(), "2 sent");
    assert!(world.read(RESULTS).contains("Oslo"));
}
