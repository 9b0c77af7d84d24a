//! The journal is the account's: whatever becomes of a campaign's folder, nobody is sent anything twice.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use crate::support::{APPID, Platform, World, openid};

fn copy(from: &Path, to: &Path) {
    // Listed before the copy, which may lie within, is made.
    let entries: Vec<_> =
        fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")).collect();
    fs::create_dir_all(to).expect("a folder");
    for entry in entries {
        let path = entry.path();
        let name = path.file_name().expect("a name");
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).expect("a copy");
        }
    }
}

#[test]
fn a_folder_that_was_copied_renamed_or_linked_goes_on_with_the_same_journal() {
    let (world, platform) = (World::with_recipients(4), Platform::new(""));
    world.send(&platform).exits(0);
    copy(world.dir(), &world.path("copy"));
    copy(world.dir(), &world.path("other/deeper"));
    fs::remove_dir_all(world.path("copy/.wxcast")).ok();
    let mut campaigns = vec!["copy/campaign.toml", "other/deeper/campaign.toml"];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(world.path("copy"), world.path("link")).expect("a link");
        campaigns.push("link/campaign.toml");
    }
    for campaign in campaigns {
        let again = ["send", campaign, "--yes", "--format", "json"];
        assert_eq!(world.run_at(&platform, &again).exits(0).counts(), "4 sent", "{campaign}");
    }
    assert_eq!(platform.ledger().totals().requests, 4);
}

#[test]
fn a_journal_is_readable_by_its_owner_alone() {
    let world = World::with_recipients(1);
    world.send(&Platform::new("")).exits(0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
        assert_eq!(mode(&world.state_file("journal.sqlite3")), 0o600);
        assert_eq!((mode(&world.state()), mode(&world.home().join("wxcast"))), (0o700, 0o700));
    }
}

#[test]
fn what_was_sent_to_a_simulator_is_said_to_be_and_does_not_count_for_people() {
    let world = World::with_recipients(2);
    world.send(&Platform::new("")).exits(0);
    assert!(!world.home().join("wxcast").join(APPID).join("journal.sqlite3").exists());
    let status = ["status", "campaign.toml", "--format", "json"];
    assert_eq!(world.run(&status).exits(0).says("to a simulator").counts(), "2 sent");
    let local = world.run(&["status", "campaign.toml", "--format", "json", "--local"]).exits(0);
    assert_eq!((local.counts().as_str(), local.stderr.contains("to a simulator")), ("2 sent", false));
}

#[test]
fn what_was_sent_is_told_whatever_becomes_of_text_and_audience() {
    let world = World::with_recipients(3);
    world.send(&Platform::new("[quota]\ndaily = 2")).exits(7);
    world.file("audience.csv", "openid,name\nnot an openid,x\n");
    assert_eq!(world.status().counts(), "2 sent, 1 unsent");
    fs::remove_file(world.path("audience.csv")).expect("no audience");
    world.edit("campaign.toml", "{{name}}", "{{nobody");
    assert_eq!(world.status().counts(), "2 sent, 1 unsent");
    let runs = world.run(&["runs", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!(runs[0]["planned"], 3);
    let report = world.run(&["report", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!((&report["counts"]["sent"], &report["counts"]["unsent"]), (&2.into(), &1.into()));
    world.run(&["stop", "campaign.toml"]).exits(0);
}

#[test]
fn a_journal_of_format_1_is_imported_once_and_kept() {
    let world = World::golden();
    let before = fs::read(world.path(".wxcast/journal.sqlite3")).expect("a journal");
    let counts = world.status().counts();
    assert!(!world.path(".wxcast/journal.sqlite3").exists());
    let kept = fs::read(world.path(".wxcast/journal.format1.sqlite3")).expect("the old journal");
    assert_eq!(kept.len(), before.len());
    // Another copy of the folder, from before, adds nobody.
    world.file(".wxcast/journal.sqlite3", before);
    assert_eq!(world.status().counts(), counts);
}

#[test]
fn another_s_database_is_refused_and_not_a_byte_of_it_is_changed() {
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    let path = world.in_state("journal.sqlite3", "");
    let other = Connection::open(&path).expect("a database");
    other.execute_batch("CREATE TABLE notes(text TEXT); INSERT INTO notes VALUES('mine')").expect("a table");
    drop(other);
    let before = fs::read(&path).expect("the database");
    for command in ["send", "status"] {
        let args: &[&str] =
            if command == "send" { &["send", "campaign.toml", "--yes"] } else { &[command, "campaign.toml"] };
        world.run_at(&platform, args).exits(10).says("not a journal");
    }
    assert_eq!(fs::read(&path).expect("the database"), before);
    let beside = fs::read_dir(world.state()).expect("a folder").flatten();
    assert!(beside.into_iter().all(|entry| !entry.file_name().to_string_lossy().contains("-wal")));
}

#[test]
fn a_view_in_the_place_of_a_table_is_refused() {
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    world.send(&platform).exits(0);
    let journal = Connection::open(world.state_file("journal.sqlite3")).expect("the journal");
    journal
        .execute_batch(
            "ALTER TABLE message RENAME TO hidden; CREATE VIEW message AS SELECT * FROM hidden LIMIT 0",
        )
        .expect("another schema");
    drop(journal);
    world.send(&platform).exits(10).says("journal.sqlite3");
    assert_eq!(platform.ledger().totals().requests, 1);
}

#[test]
fn without_a_folder_that_can_be_written_another_is_asked_for_and_nothing_is_sent() {
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    let mut command = world.command_at(&platform, &["send", "campaign.toml", "--yes"]);
    for variable in ["XDG_STATE_HOME", "LOCALAPPDATA", "HOME"] {
        command.env(variable, world.path("audience.csv"));
    }
    crate::support::Ran::of(command.output().expect("the binary runs")).exits(10).says("--state-dir");
    assert_eq!(platform.ledger().totals().requests, 0);
    let dir = ["send", "campaign.toml", "--yes", "--state-dir", "state"];
    world.run_at(&platform, &dir).exits(0);
    assert!(world.path("state").join(APPID).join("local/journal.sqlite3").exists());
}

/// As root nothing is read-only, so another user looks.
#[test]
#[cfg(target_os = "linux")]
fn a_colleague_who_may_only_read_is_told_the_counts() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    use crate::support::Ran;

    let world = World::with_recipients(2);
    world.send(&Platform::new("")).exits(0);
    fn open(folder: &Path) {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o555)).expect("permissions");
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open(&path);
            } else {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).expect("permissions");
            }
        }
    }
    open(world.home());
    open(world.dir());
    let mut status = world.command(&["status", "campaign.toml", "--format", "json"]);
    let id = Command::new("id").arg("-u").output().expect("a user");
    if id.stdout == b"0\n" {
        status.uid(65_534).gid(65_534);
    }
    assert_eq!(Ran::of(status.output().expect("the binary runs")).exits(0).counts(), "2 sent");
    for folder in [world.home(), world.dir()] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("permissions");
    }
    let mode = fs::metadata(world.state()).expect("a folder").permissions().mode();
    assert_eq!(mode & 0o777, 0o555, "nothing was changed");
    Command::new("chmod").args(["-R", "u+w"]).arg(world.home()).arg(world.dir()).status().expect("chmod");
}

#[test]
fn two_people_of_one_campaign_are_two_people() {
    let (world, platform) = (World::with_recipients(2), Platform::new(""));
    world.send(&platform).exits(0);
    // Sorted the other way, with one more.
    world.file(
        "audience.csv",
        format!("openid,name\n{},c\n{},Name 1\n{},Name 0\n", openid(9), openid(1), openid(0)),
    );
    let sent = world.send(&platform).exits(0);
    assert_eq!((sent.json()["requests"].as_u64(), sent.counts().as_str()), (Some(1), "3 sent"));
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
}
