//! The files that wxcast writes are their owner's alone, and a link in the place of one leads nobody anywhere.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use crate::support::media::png;
use crate::support::{Platform, World, finish, openid};

/// A campaign of one picture, so that there are kept ids as well.
fn poster(recipients: usize) -> World {
    let world = World::new();
    world.campaign("[message.image]\nfile = \"banner.png\"", "");
    world.recipients(recipients);
    world.file("banner.png", png("banner"));
    world
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode()
        & 0o777
}

/// Every file and folder below one.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(below(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn what_is_kept_is_for_its_owner_alone_also_while_it_is_sent() {
    let (world, platform) = (poster(200), Platform::new("latency = \"50ms\""));
    let child = world.start_send(&platform);
    platform.wait_for_requests(4);
    let kept = below(&world.home().join("wxcast"));
    for path in &kept {
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(path), expected, "{}", path.display());
    }
    for name in [
        "journal.sqlite3",
        "media.sqlite3",
        "token.json",
        "token.lock",
        "spring.campaign.lock",
        "spring.campaign.lock.json",
    ] {
        assert!(kept.contains(&world.state_file(name)), "{name} is not in {kept:?}");
    }
    world.run(&["stop", "campaign.toml"]).exits(0);
    finish(child).exits(7);
    assert_eq!(mode(&world.path("spring.local.results.csv")), 0o600);
}

#[test]
fn what_is_written_for_people_to_read_is_for_its_owner_alone() {
    let (world, platform) = (World::with_recipients(2), Platform::new(""));
    world.send(&platform).exits(0);
    let reports: [&[&str]; 4] = [
        &["plan", "campaign.toml", "--format", "json"],
        &["plan", "campaign.toml", "--format", "junit"],
        &["preview", "campaign.toml", "--format", "html"],
        &["report", "campaign.toml", "--format", "html"],
    ];
    for args in reports {
        let path = world.path("out");
        let with: Vec<&str> = args.iter().copied().chain(["-o", "out"]).collect();
        world.run(&with).exits(0);
        assert_eq!(mode(&path), 0o600, "{args:?}");
        // Rights that somebody gave stay.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("permissions");
        world.run(&with).exits(0);
        assert_eq!(mode(&path), 0o640, "{args:?}");
        fs::remove_file(&path).expect("the report");
    }
}

#[test]
fn a_link_in_the_place_of_a_file_that_is_written_is_replaced_and_its_target_untouched() {
    for name in ["spring.campaign.lock.json", "account.lock.json", "token.json"] {
        let (world, platform) = (World::with_recipients(1), Platform::new(""));
        let target = world.file("precious", "mine");
        fs::create_dir_all(world.state()).expect("a folder");
        symlink(&target, world.state_file(name)).expect("a link");
        world.send(&platform).exits(0);
        assert_eq!(world.read("precious"), "mine", "{name}");
        let there = fs::symlink_metadata(world.state_file(name));
        assert!(there.map_or(true, |there| there.is_file()), "{name} is a link still");
    }
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    let target = world.file("precious", "mine");
    symlink(&target, world.path("spring.local.results.csv")).expect("a link");
    world.send(&platform).exits(2);
    assert_eq!((world.read("precious").as_str(), platform.ledger().totals().requests), ("mine", 0));
}

#[test]
fn where_a_link_is_in_the_place_of_a_lock_or_a_database_nothing_is_made_where_it_leads() {
    for name in ["spring.campaign.lock", "account.lock", "token.lock", "media.sqlite3", "journal.sqlite3"] {
        let (world, platform) = (poster(1), Platform::new(""));
        fs::create_dir_all(world.state()).expect("a folder");
        symlink(world.path("made"), world.state_file(name)).expect("a link");
        let ran = world.send(&platform);
        assert!(!world.path("made").exists(), "{name}: {ran:?}");
        // Without the lock of its token a run costs a call; without the others nothing may leave.
        let (exit, sent) = if name == "token.lock" { (0, 1) } else { (10, 0) };
        assert_eq!((ran.code, platform.ledger().accepted(&openid(0))), (exit, sent), "{name}: {ran:?}");
        let empty = world.file("made", "");
        world.send(&platform);
        assert_eq!(fs::read(empty).expect("the target"), b"", "{name}");
    }
}

#[test]
fn a_request_to_stop_is_not_written_where_a_link_leads() {
    let (world, platform) = (World::with_recipients(200), Platform::new("latency = \"50ms\""));
    let target = world.file("precious", "mine");
    let child = world.start_send(&platform);
    platform.wait_for_requests(4);
    symlink(&target, world.state_file("spring.stop")).expect("a link");
    world.run(&["stop", "campaign.toml"]).exits(0);
    finish(child).exits(7);
    assert_eq!(world.read("precious"), "mine");
}

/// What can be put in the place of a file by somebody else: a pipe that nobody writes to, a link to what never ends, a
/// socket, a folder.
fn put(what: &str, path: &Path) -> Option<std::os::unix::net::UnixListener> {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    match what {
        "pipe" => {
            let made = std::process::Command::new("mkfifo").arg(path).status().expect("mkfifo");
            assert!(made.success());
        }
        "link" => symlink("/dev/zero", path).expect("a link"),
        "folder" => fs::create_dir(path).expect("a folder"),
        _ => return Some(std::os::unix::net::UnixListener::bind(path).expect("a socket")),
    }
    None
}

/// Runs a command that must not wait for what never comes.
#[track_caller]
fn at_once(world: &World, platform: &Platform, args: &[&str], what: &str) -> crate::support::Ran {
    use std::io::Read as _;
    let mut command = world.command_at(platform, args);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    command.stdout(writer.try_clone().expect("a pipe")).stderr(writer).stdin(std::process::Stdio::null());
    let mut child = command.spawn().expect("the binary runs");
    drop(command);
    let begun = std::time::Instant::now();
    let status = loop {
        match child.try_wait().expect("a child") {
            Some(status) => break status,
            None if begun.elapsed() > crate::support::PATIENCE => {
                child.kill().expect("a child");
                panic!("{what}: {args:?} hangs");
            }
            None => std::thread::sleep(std::time::Duration::from_millis(5)),
        }
    };
    let mut said = String::new();
    let mut reader = reader;
    reader.read_to_string(&mut said).expect("text");
    crate::support::Ran { code: status.code().unwrap_or(-1), stdout: said.clone(), stderr: said }
}

#[test]
fn what_is_no_file_in_the_place_of_one_of_ours_is_neither_waited_for_nor_read_without_end() {
    // Some seconds: each place is looked at by each command, once with what hangs and once with what fails.
    let kinds = ["pipe", "link"];
    let places = [
        ".wxcast/receipt.json",
        ".wxcast/journal.sqlite3",
        "journal.sqlite3",
        "journal.sqlite3-wal",
        "media.sqlite3",
        "spring.campaign.lock",
        "spring.campaign.lock.json",
        "account.lock",
        "token.json",
        "token.lock",
        "spring.stop",
    ];
    std::thread::scope(|scope| {
        for place in places {
            scope.spawn(move || {
                for what in kinds {
                    let (world, platform) = (poster(1), Platform::new(""));
                    let here = place.starts_with(".wxcast");
                    let path = if here { world.path(place) } else { world.state_file(place) };
                    let _socket = put(what, &path);
                    let told = format!("{what} as {place}");
                    let sent = at_once(&world, &platform, &["send", "campaign.toml", "--yes"], &told);
                    assert!([0, 2, 7, 8, 10].contains(&sent.code), "{told}: {sent:?}");
                    if sent.code != 0 {
                        assert_eq!(platform.ledger().totals().requests, 0, "{told}: {sent:?}");
                        assert!(sent.stderr.contains("error: "), "{told}: {sent:?}");
                    }
                    for args in [&["status"][..], &["results"], &["stop"], &["doctor"]] {
                        let ran = at_once(&world, &platform, &[args, &["campaign.toml"]].concat(), &told);
                        assert!(
                            ran.code != 1 && ran.code != -1 && ran.code != 101,
                            "{told}: {args:?} {ran:?}"
                        );
                    }
                }
            });
        }
    });
}

#[test]
fn what_others_can_read_or_change_is_told_by_doctor_and_closed_by_the_next_send() {
    let (world, platform) = (poster(1), Platform::new(""));
    world.send(&platform).exits(0);
    let set = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
    };
    let doctor = || {
        let checks = world.run_at(&platform, &["doctor", "campaign.toml", "--format", "json"]).json();
        let checks = checks["checks"].as_array().expect("checks").clone();
        let found = checks.into_iter().find(|check| check["check"] == "state-folder");
        found.expect("a check of the state folder")
    };
    assert_eq!(doctor()["state"], "ok");
    set(&world.state(), 0o777);
    for name in ["journal.sqlite3", "media.sqlite3"] {
        set(&world.state_file(name), 0o644);
    }
    let told = doctor();
    assert_eq!(told["state"], "warning", "{told}");
    for part in ["local (0777)", "journal.sqlite3 (0644)", "media.sqlite3 (0644)"] {
        assert!(told["message"].as_str().is_some_and(|message| message.contains(part)), "{part}: {told}");
    }
    world.send(&platform).exits(0);
    let told = doctor();
    assert_eq!(told["state"], "ok", "{told}");
    assert_eq!(mode(&world.state_file("journal.sqlite3")), 0o600);
    // What is shared with a group alone is so on purpose.
    set(&world.state(), 0o770);
    set(&world.state_file("journal.sqlite3"), 0o660);
    world.send(&platform).exits(0);
    assert_eq!(mode(&world.state_file("journal.sqlite3")), 0o660);
    assert_eq!(doctor()["state"], "warning");
}

#[test]
fn the_folder_beside_a_campaign_is_never_writable_for_strangers() {
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    let send = "umask 000; exec \"$0\" send campaign.toml --yes";
    let mut shell = world.command_of("sh", &["-c", send, env!("CARGO_BIN_EXE_wxcast")]);
    shell.env("WXCAST_API_BASE", platform.base());
    assert!(shell.status().expect("a shell").success());
    assert_eq!(mode(&world.path(".wxcast")) & 0o002, 0);
    for path in below(&world.path(".wxcast")).iter().filter(|path| path.is_file()) {
        assert_eq!(mode(path) & 0o022, 0, "{}", path.display());
    }
}

#[test]
fn a_link_in_the_place_of_a_receipt_is_named_as_one() {
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    let target = world.file("rr.json", "{}");
    fs::create_dir(world.path(".wxcast")).expect("a folder");
    symlink(target, world.path(".wxcast/receipt.json")).expect("a link");
    let ran = world.send(&platform).exits(8).says("It is a link; none is followed here");
    assert!(!ran.stderr.contains("os error"), "{}", ran.stderr);
}
