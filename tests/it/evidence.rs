//! What receipt, results and journal prove: a journal that was restored, copied or pruned, two people at one folder, and
//! what taking over costs.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::{APPID, Platform, RESULTS, Ran, World, finish, kill, openid};

pub(crate) const SEND: [&str; 5] = ["send", "campaign.toml", "--yes", "--format", "json"];

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).expect("a copy");
        }
    }
}

/// The journal as it is, to be put back later.
fn back_up(world: &World) {
    copy(&world.state(), &world.path("backup"));
}

fn restore(world: &World) {
    fs::remove_dir_all(world.state()).expect("a journal");
    copy(&world.path("backup"), &world.state());
}

/// The campaign and its list in another folder, the list turned round.
fn turned_round(world: &World) {
    let audience = world.read("audience.csv");
    let mut lines: Vec<&str> = audience.lines().collect();
    lines[1..].reverse();
    world.file("clone/audience.csv", lines.join("\n"));
    world.file("clone/campaign.toml", world.read("campaign.toml"));
}

/// A command as another user has it: with a home of their own.
fn by_somebody_else(world: &World, mut command: Command) -> Command {
    for variable in ["XDG_STATE_HOME", "LOCALAPPDATA", "HOME"] {
        command.env(variable, world.path("another-home"));
    }
    command
}

pub(crate) fn somebody_else(world: &World, platform: &Platform, args: &[&str]) -> Ran {
    Ran::of(by_somebody_else(world, world.command_at(platform, args)).output().expect("the binary runs"))
}

pub(crate) fn plan_id(world: &World, platform: &Platform) -> String {
    let plan = world.run_at(platform, &["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    plan["plan"].as_str().expect("a plan id").to_owned()
}

pub(crate) fn folder_lock(world: &World) -> std::path::PathBuf {
    world.path(&format!(".wxcast/spring.{APPID}.local.lock"))
}

#[test]
fn a_restored_journal_that_sent_as_many_to_others_is_not_taken_for_a_newer_one() {
    let (world, platform) = (World::with_recipients(12), Platform::new(""));
    let some = [&SEND[..], &["--limit", "4"]].concat();
    world.run_at(&platform, &some).exits(7);
    back_up(&world);
    turned_round(&world);
    world.run_at(&platform, &some).exits(7);
    restore(&world);
    world.run_at(&platform, &["send", "clone/campaign.toml", "--yes", "--limit", "4"]).exits(7);
    fs::remove_file(world.path(RESULTS)).expect("results");
    // As many as the journal sent to others: none of them is one of the four whom the receipt counts beyond what both knew.
    world.send(&platform).exits(8).says("knows less than it once did").says("a price: up to 4 people");
    world.run_at(&platform, &[&SEND[..], &["--take-over"]].concat()).exits(8);
    assert_eq!((platform.ledger().totals().accepted, platform.ledger().duplicates()), (12, vec![]));
}

#[test]
fn a_receipt_of_a_run_that_died_stops_a_journal_that_does_not_know_the_run_however_often_it_was_claimed() {
    let (world, platform) = (World::with_recipients(2_000), Platform::new("latency = \"1ms\""));
    world.text_campaign("Hello {{name}}", "concurrency = 4");
    world.run_at(&platform, &[&SEND[..], &["--limit", "10"]].concat()).exits(7);
    back_up(&world);
    world.file("clone/campaign.toml", world.read("campaign.toml"));
    world.file("clone/audience.csv", world.read("audience.csv"));
    let child = world.start_send(&platform);
    platform.wait_for_requests(100);
    kill(child);
    let sent = platform.ledger().totals().requests;
    restore(&world);
    fs::remove_file(world.path(RESULTS)).expect("results");
    // Whoever claims the campaign and sends nothing: the quota is used up each time.
    let nobody = Platform::new("[quota]\ndaily = 0");
    for _ in 0..3 {
        world.run_at(&nobody, &["send", "clone/campaign.toml", "--yes"]).exits(7);
    }
    world.send(&platform).exits(8).says("knows less than it once did");
    assert_eq!(platform.ledger().totals().requests, sent);
}

#[test]
fn a_receipt_that_holds_counts_alone_is_still_held_against_the_journal() {
    let (world, platform) = (World::with_recipients(6), Platform::new(""));
    world.run_at(&platform, &[&SEND[..], &["--limit", "2"]].concat()).exits(7);
    back_up(&world);
    world.run_at(&platform, &[&SEND[..], &["--limit", "2"]].concat()).exits(7);
    let mut receipt: serde_json::Value =
        serde_json::from_str(&world.read(".wxcast/receipt.json")).expect("a receipt");
    for key in ["mark", "set"] {
        let entry = receipt["entries"][0].as_object_mut().expect("an entry");
        entry.remove(key).expect("what newer receipts say");
    }
    world.file(".wxcast/receipt.json", receipt.to_string());
    fs::remove_file(world.path(RESULTS)).expect("results");
    world.run_at(&platform, &[&SEND[..], &["--limit", "1"]].concat()).exits(7);
    world.file(".wxcast/receipt.json", receipt.to_string());
    restore(&world);
    world.send(&platform).exits(8).says("knows less than it once did");
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
}

#[test]
fn of_two_users_who_send_one_folder_at_the_same_moment_one_is_stopped() {
    let (world, platform) = (World::with_recipients(40), Platform::new("latency = \"5ms\""));
    let start = |command: Command| -> Child {
        let mut command = command;
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts")
    };
    let one = start(world.command_at(&platform, &SEND));
    let other = start(by_somebody_else(&world, world.command_at(&platform, &SEND)));
    let (one, other) = (finish(one), finish(other));
    let mut codes = [one.code, other.code];
    codes.sort_unstable();
    assert_eq!(codes, [0, 8], "{one:?}\n{other:?}");
    assert_eq!((platform.ledger().totals().accepted, platform.ledger().duplicates()), (40, vec![]));
}

#[test]
fn nobody_takes_over_from_a_sender_who_is_alive_and_a_sender_from_whom_it_was_taken_stops() {
    let (world, platform) = (World::with_recipients(60), Platform::new(""));
    world.edit("campaign.toml", "100000/s", "600/m");
    let mut first = world.start_send(&platform);
    platform.wait_for_requests(2);
    let id = plan_id(&world, &platform);
    let take_over = ["send", "campaign.toml", "--yes", "--take-over", "--expect-plan", &id, "--limit", "1"];
    let take_over = somebody_else(&world, &platform, &take_over);
    take_over.exits(8).says("already in use").says("process");
    assert!(first.try_wait().expect("a process").is_none(), "it goes on");
    // Where there are no locks, as in some folders on a network, another computer takes it over, and the first one sees it
    // by the receipt.
    fs::remove_file(folder_lock(&world)).expect("a lock");
    let receipt = world.read(".wxcast/receipt.json").replace("\"journal\": \"", "\"journal\": \"another-");
    world.file(".wxcast/receipt.json", receipt);
    let first = finish(first).exits(10).says("taken this campaign over").says("who else sends");
    assert!(!first.stderr.contains("disk"), "{first:?}");
    assert!(platform.ledger().totals().requests < 60, "{first:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_copy_of_a_folder_is_not_taken_over_while_the_first_one_is_sent() {
    let (world, platform) = (World::with_recipients(60), Platform::new(""));
    world.edit("campaign.toml", "100000/s", "600/m");
    let first = world.start_send(&platform);
    platform.wait_for_requests(2);
    copy(&world.path(".wxcast"), &world.path("copy/.wxcast"));
    for file in ["campaign.toml", "audience.csv"] {
        world.file(&format!("copy/{file}"), world.read(file));
    }
    let id = plan_id(&world, &platform);
    let take_over = ["send", "copy/campaign.toml", "--yes", "--take-over", "--expect-plan", &id];
    somebody_else(&world, &platform, &take_over).exits(8).says("goes on sending this campaign");
    world.run(&["stop", "campaign.toml"]).exits(0);
    finish(first).exits(7);
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
}

#[test]
#[cfg(target_os = "linux")]
fn what_others_send_while_somebody_thinks_about_the_question_stops_the_yes() {
    use crate::support::pty::Session;
    let (world, platform) = (World::with_recipients(5), Platform::new(""));
    let base = platform.base();
    let ask = || {
        let mut session = Session::start(&world, "send campaign.toml", &[("WXCAST_API_BASE", base.as_str())]);
        session.sees("[y/N]");
        session
    };
    let mut thinking = ask();
    somebody_else(&world, &platform, &SEND).exits(8).says("already in use");
    assert_eq!(platform.ledger().totals().requests, 0);
    // Where there are no locks the receipt is read once more.
    fs::remove_file(folder_lock(&world)).expect("a lock");
    somebody_else(&world, &platform, &SEND).exits(0);
    thinking.types("y");
    let (code, shown) = thinking.ends();
    assert_eq!(code, 8, "{shown}");
    assert!(shown.contains("somebody else has sent this campaign since"), "{shown}");
    assert_eq!((platform.ledger().totals().requests, platform.ledger().duplicates()), (5, vec![]));
}

/// Six people were sent the message, and neither journal nor results know of it; the receipt counts them.
fn only_the_receipt_knows() -> (World, Platform) {
    let (world, platform) = (World::with_recipients(9), Platform::new(""));
    world.run_at(&platform, &[&SEND[..], &["--limit", "6"]].concat()).exits(7);
    fs::remove_dir_all(world.state()).expect("a journal");
    fs::remove_file(world.path(RESULTS)).expect("results");
    (world, platform)
}

#[test]
fn what_taking_over_costs_is_said_before_and_wants_more_than_a_yes_to_everything() {
    let (world, platform) = only_the_receipt_knows();
    let price = "a price: up to 6 people were sent the message";
    world.send(&platform).exits(8).says(price).says("--take-over");
    let take_over = [&SEND[..], &["--take-over", "--limit", "1"]].concat();
    world.run_at(&platform, &take_over).exits(8).says("`--yes` alone is not enough").says(price);
    // Nothing was taken over by that.
    world.send(&platform).exits(8).says(price);
    world
        .run_at(&platform, &["send", "campaign.toml", "--take-over"])
        .exits(8)
        .says("nobody is here to be asked")
        .says(price);
    assert_eq!(platform.ledger().totals().requests, 6);
    let id = plan_id(&world, &platform);
    world.run_at(&platform, &[&take_over[..], &["--expect-plan", &id]].concat()).exits(7).says(price);
    assert_eq!(platform.ledger().totals().requests, 7);
}

#[test]
#[cfg(target_os = "linux")]
fn whoever_is_asked_to_take_over_hears_how_many_nobody_can_name_and_a_no_changes_nothing() {
    use crate::support::pty::Session;
    let (world, platform) = only_the_receipt_knows();
    let base = platform.base();
    let mut session =
        Session::start(&world, "send campaign.toml --take-over --yes", &[("WXCAST_API_BASE", base.as_str())]);
    session.sees("although up to 6 people got the message").sees("[y/N]").types("n");
    assert_eq!(session.ends().0, 8);
    world.send(&platform).exits(8).says("a price: up to 6 people");
    let mut session = Session::start(
        &world,
        "send campaign.toml --take-over --yes --limit 1",
        &[("WXCAST_API_BASE", base.as_str())],
    );
    session.sees("although up to 6 people got the message").types("y");
    assert_eq!(session.ends().0, 7);
    assert_eq!(platform.ledger().totals().requests, 7);
}

#[test]
fn a_run_that_died_before_it_left_results_has_a_price_that_nobody_can_count() {
    let (world, platform) = (World::with_recipients(2_000), Platform::new("latency = \"1ms\""));
    world.text_campaign("Hello {{name}}", "concurrency = 4");
    let child = world.start_send(&platform);
    platform.wait_for_requests(50);
    kill(child);
    fs::remove_dir_all(world.state()).expect("a journal");
    let _ = fs::remove_file(world.path(RESULTS));
    let still = "the run was still going on when the receipt was written";
    world.send(&platform).exits(8).says(still);
    world.run_at(&platform, &[&SEND[..], &["--take-over"]].concat()).exits(8).says(still);
}

#[test]
fn the_ways_on_begin_with_those_that_lose_nothing_and_name_the_state_folder() {
    let (world, platform) = only_the_receipt_knows();
    let ran = world.run_at(&platform, &["send", "campaign.toml", "--yes", "--state-dir", "other"]).exits(8);
    let export = ran.stderr.find("journal export campaign.toml").expect("the clean way");
    let take_over = ran.stderr.find("wxcast send campaign.toml --state-dir other --take-over");
    assert!(export < take_over.expect("the other way"), "{}", ran.stderr);
}

#[test]
fn a_damaged_receipt_is_put_back_or_deleted_where_the_journal_knows_the_campaign() {
    let (world, platform) = (World::with_recipients(4), Platform::new(""));
    world.run_at(&platform, &[&SEND[..], &["--limit", "2"]].concat()).exits(7);
    world.file(".wxcast/receipt.json", "{");
    world.send(&platform).exits(8).says("The journal here knows this campaign").says("delete `");
    fs::remove_file(world.path(".wxcast/receipt.json")).expect("a receipt");
    assert_eq!(world.send(&platform).exits(0).counts(), "4 sent");
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
}

#[test]
fn a_journal_that_is_no_journal_any_more_is_to_be_put_back_from_a_backup_first() {
    let (world, platform) = (World::with_recipients(2), Platform::new(""));
    world.send(&platform).exits(0);
    fs::write(world.state_file("journal.sqlite3"), [0x7a; 8192]).expect("garbage");
    for beside in ["journal.sqlite3-wal", "journal.sqlite3-shm"] {
        let _ = fs::remove_file(world.state_file(beside));
    }
    world.send(&platform).exits(10).says("put it back from a backup");
}

/// A campaign that was sent to everybody, of which an export knows the first few, pruned since.
fn pruned(people: usize, exported: &str) -> (World, Platform) {
    let (world, platform) = (World::with_recipients(people), Platform::new(""));
    world.run_at(&platform, &[&SEND[..], &["--limit", exported]].concat()).exits(7);
    world.run(&["journal", "export", "campaign.toml", "-o", "older.jsonl"]).exits(0);
    world.send_agreed(&platform).exits(0);
    world.run(&["journal", "export", "campaign.toml", "-o", "whole.jsonl"]).exits(0);
    let journal = rusqlite::Connection::open(world.state_file("journal.sqlite3")).expect("the journal");
    let long_ago = 200_i64 * 24 * 60 * 60 * 1000;
    journal.execute("UPDATE message SET at = at - ?1", [long_ago]).expect("older messages");
    journal.execute("UPDATE run SET started = started - ?1, ended = ended - ?1", [long_ago]).expect("runs");
    drop(journal);
    world.run(&["journal", "prune", "--older", "180d", "--local", "--yes"]).exits(0);
    fs::remove_dir_all(world.path(".wxcast")).expect("a receipt");
    fs::remove_file(world.path(RESULTS)).expect("results");
    (world, platform)
}

#[test]
fn an_older_export_does_not_stand_for_all_that_was_pruned_and_a_whole_one_does() {
    let (world, platform) = pruned(7, "4");
    world.send(&platform).exits(8).says("7 messages of this campaign were taken out").says("journal import");
    world.run(&["journal", "import", "older.jsonl"]).exits(0).says("Still missing: 3 messages");
    let export = ["journal", "export", "campaign.toml", "-o", "some.jsonl"];
    world.run(&export).exits(0).says("4 messages are in").says("at least 3 messages of this campaign");
    world.send(&platform).exits(8).says("4 messages are here now").says("a price: up to 3 people");
    let older = [&SEND[..], &["--take-over=older.jsonl"]].concat();
    world
        .run_at(&platform, &older)
        .exits(8)
        .says("`--yes` alone is not enough")
        .says("a price: up to 3 people");
    let whole = [&SEND[..], &["--take-over=whole.jsonl"]].concat();
    assert_eq!(world.run_at(&platform, &whole).exits(0).counts(), "7 sent");
    assert_eq!(platform.ledger().totals().requests, 7);
}

#[test]
fn an_export_of_a_pruned_journal_carries_that_it_was() {
    let (world, platform) = pruned(5, "1");
    world
        .run(&["journal", "export", "campaign.toml", "-o", "empty.jsonl"])
        .exits(0)
        .says("at least 5 messages of this campaign");
    world.run(&["journal", "import", "empty.jsonl"]).exits(0).says("Still missing: 5 messages");
    world.send(&platform).exits(8).says("5 messages of this campaign were taken out");
    let there = ["--state-dir", "there"];
    world
        .run(&[&["journal", "import", "empty.jsonl"][..], &there].concat())
        .exits(0)
        .says("Still missing: 5");
    world.run_at(&platform, &[&SEND[..], &there].concat()).exits(8).says("5 messages of this campaign");
    assert_eq!(platform.ledger().totals().requests, 5);
}

#[test]
fn taking_over_what_was_pruned_says_how_many_nobody_can_name() {
    let (world, platform) = pruned(5, "1");
    world
        .run_at(&platform, &[&SEND[..], &["--take-over"]].concat())
        .exits(8)
        .says("`--yes` alone is not enough")
        .says("a price: up to 5 people");
    world.send(&platform).exits(8);
    assert_eq!(platform.ledger().totals().requests, 5);
}

#[test]
fn the_same_text_as_a_pruned_campaign_is_not_sent_without_a_word() {
    let (world, platform) = pruned(5, "1");
    world.edit("campaign.toml", "id = \"spring\"", "id = \"summer\"");
    world.send(&platform).exits(8).says("exactly this was sent as `spring`").says("--expect-plan");
    assert_eq!(platform.ledger().totals().requests, 5);
}

#[test]
fn a_journal_that_another_computer_wrote_last_stops_once() {
    // Where the system has nothing by which computers are told apart, a copy is not noticed.
    if cfg!(target_os = "linux")
        && fs::read_to_string("/etc/machine-id").map_or(true, |id| id.trim().is_empty())
    {
        return;
    }
    let (world, platform) = (World::with_recipients(4), Platform::new(""));
    world.run_at(&platform, &[&SEND[..], &["--limit", "1"]].concat()).exits(7);
    let noted = |machine: &str| {
        let journal = rusqlite::Connection::open(world.state_file("journal.sqlite3")).expect("the journal");
        let changed = journal
            .execute("UPDATE meta SET value = ?1 WHERE key LIKE 'computer:%'", [machine])
            .expect("a note");
        assert_eq!(changed, 1);
    };
    // A computer with another name and nothing else, as a container that was made anew has.
    noted("pod-7f3a");
    world.run_at(&platform, &[&SEND[..], &["--limit", "1"]].concat()).exits(7);
    noted("office (01234567)");
    world.send(&platform).exits(8).says("office (01234567)").says("it was copied").says("journal export");
    let go_on = [&SEND[..], &["--take-over", "--limit", "1"]].concat();
    world.run_at(&platform, &go_on).exits(7);
    assert_eq!(world.send(&platform).exits(0).counts(), "4 sent", "once");
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
}

#[test]
fn where_nothing_can_be_left_beside_the_campaign_a_yes_to_everything_sends_nothing() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    // As for a user who may not write there: no folder can be made in the place of this file.
    world.file(".wxcast", "");
    world.text_campaign("Hello {{name}}", "[results]\nfile = \"nowhere/spring.csv\"");
    world.send(&platform).exits(8).says("neither receipt nor results can be written");
    assert_eq!(platform.ledger().totals().requests, 0);
    let own = [&SEND[..], &["--results", "own.csv"]].concat();
    world.run_at(&platform, &own).exits(0).says("another user").says("cannot be locked");
    assert!(world.read("own.local.csv").contains(&openid(0)));
}

#[test]
fn results_of_another_campaign_are_not_to_be_taken_over() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    world.edit("campaign.toml", "[send]", "[results]\nfile = \"sent.csv\"\n[send]");
    world.send(&platform).exits(0);
    fs::remove_dir_all(world.path(".wxcast")).expect("a folder");
    world.edit("campaign.toml", "id = \"spring\"", "id = \"summer\"");
    world.edit("campaign.toml", "Hello", "Good day");
    world.send(&platform).exits(8).says("of another campaign").says("another `results.file`");
    world.edit("campaign.toml", "sent.csv", "summer.csv");
    world.send(&platform).exits(0);
    assert_eq!(platform.ledger().totals().accepted, 6);
}

#[test]
#[cfg(unix)]
fn a_receipt_s_folder_that_is_a_link_to_what_is_not_there_is_a_receipt_that_cannot_be_read() {
    let (world, platform) = (World::with_recipients(4), Platform::new(""));
    world.run_at(&platform, &[&SEND[..], &["--limit", "2"]].concat()).exits(7);
    let (folder, share) = (world.path(".wxcast"), world.path("share"));
    fs::rename(&folder, &share).expect("a move");
    std::os::unix::fs::symlink(&share, &folder).expect("a link");
    world.run_at(&platform, &[&SEND[..], &["--limit", "1"]].concat()).exits(7);
    // The share is not mounted.
    fs::rename(&share, world.path("away")).expect("a move");
    fs::remove_file(world.path(RESULTS)).expect("results");
    somebody_else(&world, &platform, &SEND).exits(8).says("its folder is a link").says("not mounted");
    world.send(&platform).exits(8).says("its folder is a link");
    assert_eq!(platform.ledger().totals().requests, 3);
    fs::rename(world.path("away"), &share).expect("a move");
    assert_eq!(world.send(&platform).exits(0).counts(), "4 sent");
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
}
