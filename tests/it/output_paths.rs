//! Where commands may write: never over what the campaign reads or a journal keeps, and over a file that is there only
//! where wxcast wrote it for the same campaign.

use std::fs;

use crate::support::{Platform, RESULTS, World};

/// Every command that takes a file to write, that file left out.
const WRITERS: [&[&str]; 7] = [
    &["plan", "campaign.toml", "-o"],
    &["plan", "campaign.toml", "--format", "json", "-o"],
    &["preview", "campaign.toml", "--format", "html", "-o"],
    &["report", "campaign.toml", "--format", "html", "-o"],
    &["results", "campaign.toml", "-o"],
    &["send", "campaign.toml", "--yes", "--results"],
    &["rehearse", "campaign.toml", "--results"],
];

/// A campaign of which some are left to send.
fn half_sent() -> World {
    let world = World::with_recipients(3);
    world.send(&Platform::new("[quota]\ndaily = 2")).exits(7);
    world
}

/// No command writes this file, whatever is or is not there.
#[track_caller]
fn refused(world: &World, file: &str, says: &str) {
    let before = fs::read(world.path(file)).ok();
    let platform = Platform::new("");
    for writer in WRITERS {
        let args: Vec<&str> = writer.iter().copied().chain([file]).collect();
        world.run_at(&platform, &args).exits(2).says(says);
        assert_eq!(fs::read(world.path(file)).ok(), before, "{args:?}");
    }
    assert_eq!(platform.ledger().totals().requests, 0);
}

#[test]
fn nothing_is_written_over_a_file_that_the_campaign_reads() {
    let world = half_sent();
    refused(&world, "campaign.toml", "this campaign reads");
    refused(&world, "./audience.csv", "this campaign reads");
    // An audience may be a file that wxcast wrote: the results of another campaign.
    fs::copy(world.path(RESULTS), world.path("vip.csv")).expect("a copy");
    world.edit("campaign.toml", "audience.csv", "vip.csv");
    refused(&world, "vip.csv", "this campaign reads");
    world.edit("campaign.toml", "[send]", "[results]\nfile = \"vip.csv\"\n[send]");
    world.send(&Platform::new("")).exits(2).says("same-file");
}

#[test]
#[cfg(unix)]
fn other_names_of_such_a_file_are_refused_too() {
    let world = half_sent();
    std::os::unix::fs::symlink(world.path("audience.csv"), world.path("link.csv")).expect("a link");
    fs::hard_link(world.path("audience.csv"), world.path("hard.csv")).expect("a link");
    refused(&world, "link.csv", "this campaign reads");
    refused(&world, "hard.csv", "this campaign reads");
    refused(&world, &world.path("audience.csv").to_string_lossy(), "this campaign reads");
}

#[test]
fn nothing_is_written_where_journals_and_receipts_are_kept() {
    let world = half_sent();
    let journal = world.state_file("journal.sqlite3");
    refused(&world, &journal.to_string_lossy(), "keeps its journals");
    refused(&world, &world.state_file("new.csv").to_string_lossy(), "keeps its journals");
    refused(&world, ".wxcast/receipt.json", "keeps its journals");
    refused(&world, ".wxcast/new.json", "keeps its journals");
    let dir = ["results", "campaign.toml", "--state-dir", "state", "-o", "state/new.csv"];
    fs::create_dir(world.path("state")).expect("a folder");
    world.run(&dir).exits(2).says("keeps its journals");
}

#[test]
fn nothing_is_written_over_a_file_of_somebody_else() {
    let world = half_sent();
    let notes = "### Notes about spring, wave 1\n\n| a | b |\n";
    for content in
        ["spring notes\n", notes, "{\"campaign\": \"spring sale\"}", "openid,name\no1,x\n", "\u{0}\u{1}PK"]
    {
        world.file("mine", content);
        refused(&world, "mine", "did not write it for this campaign");
    }
    world.edit("campaign.toml", "[send]", "[results]\nfile = \"mine\"\n[send]");
    world.send(&Platform::new("")).exits(2).says("did not write it for this campaign");
    // Nor is a file of results written over by a report, nor the other way round.
    world.edit("campaign.toml", "[results]\nfile = \"mine\"\n", "");
    world.run(&["plan", "campaign.toml", "-o", RESULTS]).exits(2);
    world.run(&["plan", "campaign.toml", "--format", "json", "-o", "plan.json"]).exits(0);
    world.run(&["results", "campaign.toml", "-o", "plan.json"]).exits(2);
}

#[test]
fn what_wxcast_wrote_for_a_campaign_is_written_again_and_for_another_it_is_not() {
    let world = half_sent();
    world.file("other.toml", world.read("campaign.toml").replace("spring", "summer"));
    let reports: [&[&str]; 14] = [
        &["plan"],
        &["plan", "--lang", "zh-CN"],
        &["plan", "--format", "json"],
        &["plan", "--format", "github"],
        &["plan", "--format", "junit"],
        &["plan", "--format", "markdown"],
        &["plan", "--format", "sarif"],
        &["plan", "--format", "gitlab"],
        &["preview"],
        &["preview", "--format", "json"],
        &["preview", "--format", "html"],
        &["report", "--format", "html"],
        &["report", "--format", "json"],
        &["report", "--format", "markdown"],
    ];
    for report in reports {
        let write = |campaign: &'static str| {
            let mut args = report.to_vec();
            args.splice(1..1, [campaign]);
            world.run(&[&args[..], &["-o", "out"]].concat())
        };
        write("campaign.toml").exits(0);
        write("campaign.toml").exits(0);
        // These name no campaign: they are lists of messages or faults.
        let nameless = report[0] == "preview" && report.get(2) != Some(&"html")
            || ["github", "sarif", "gitlab"].iter().any(|format| report.contains(format));
        if !nameless {
            write("other.toml").exits(2).says("`out`");
        }
        // What had faults meanwhile is told in the same file.
        world.edit("audience.csv", "openid,name", "openid,nam");
        assert_ne!(write("campaign.toml").code, 2, "{report:?}");
        world.edit("audience.csv", "openid,nam", "openid,name");
        fs::remove_file(world.path("out")).expect("the report");
    }
    // An empty file, as `mktemp` makes, has nothing to lose.
    world.file("out", "");
    world.run(&["plan", "campaign.toml", "-o", "out"]).exits(0);
}

#[test]
fn results_of_another_campaign_or_of_people_are_not_written_over() {
    let (world, platform) = (half_sent(), Platform::new(""));
    let results = world.read(RESULTS);
    let other = world.read("campaign.toml").replace("spring", "summer");
    world.file("other.toml", &other);
    for command in ["send", "rehearse"] {
        let mut args = vec![command, "other.toml", "--results", RESULTS];
        args.extend((command == "send").then_some("--yes"));
        world.run_at(&platform, &args).exits(2).says("did not write it for this campaign");
    }
    world.run_at(&platform, &["rehearse", "campaign.toml", "--results", RESULTS]).exits(2);
    // The same from a folder of its own.
    world.file("elsewhere/other.toml", other.replace("audience.csv", "../audience.csv"));
    world.run_at(&platform, &["send", "elsewhere/other.toml", "--yes", "--results", RESULTS]).exits(2);
    assert_eq!((world.read(RESULTS), platform.ledger().totals().requests), (results, 0));
    // As if it had been sent to people: then a simulator's results go somewhere else.
    world.edit(".wxcast/receipt.json", "\"destination\": \"local\"", "\"destination\": \"real\"");
    world.send(&platform).exits(2).says("tells what people were sent");
    assert_eq!(platform.ledger().totals().requests, 0);
    world.run_at(&platform, &["send", "campaign.toml", "--yes", "--results", "trial.csv"]).exits(0);
    world.run_at(&platform, &["rehearse", "campaign.toml"]).exits(0);
    world.run_at(&platform, &["rehearse", "campaign.toml"]).exits(0);
}

#[test]
fn a_second_name_is_given_to_nobody_s_file() {
    let world = World::with_recipients(3);
    fs::create_dir(world.path(RESULTS)).expect("a folder");
    world.file("spring.local.results.2.csv", "mine");
    let ran = world.send(&Platform::new("")).exits(0).says("spring.local.results.3.csv");
    assert_eq!(
        (world.read("spring.local.results.2.csv").as_str(), ran.counts().as_str()),
        ("mine", "3 sent")
    );
}

#[test]
fn a_report_is_not_written_over_one_of_another_kind() {
    let world = half_sent();
    world.run(&["report", "campaign.toml", "-o", "x.html"]).exits(0);
    let page = world.read("x.html");
    world.run(&["plan", "campaign.toml", "-o", "x.html"]).exits(2).says("another kind of report");
    world.run(&["report", "campaign.toml", "--format", "json", "-o", "x.html"]).exits(2);
    assert_eq!(world.read("x.html"), page);
    world.run(&["report", "campaign.toml", "-o", "x.html"]).exits(0);
    // Nor is an export, which can be written anew.
    for _ in 0..2 {
        world.run(&["journal", "export", "campaign.toml", "-o", "nightly.jsonl"]).exits(0);
    }
    world.run(&["plan", "campaign.toml", "--format", "json", "-o", "nightly.jsonl"]).exits(2);
}

#[test]
fn a_dash_is_stdout() {
    let world = half_sent();
    let plan = world.run(&["plan", "campaign.toml", "--format", "json", "-o", "-"]).exits(0);
    assert_eq!(plan.json()["campaign"], "spring");
    assert!(world.run(&["preview", "campaign.toml", "-o", "-"]).exits(0).stdout.contains("Hello Name 0"));
    assert!(world.run(&["report", "campaign.toml", "-o", "-"]).exits(0).stdout.starts_with("### "));
    let results = world.run(&["results", "campaign.toml", "-o", "-"]).exits(0);
    assert_eq!(results.stdout, world.read(RESULTS));
    assert!(!world.path("-").exists());
}

#[test]
fn an_extension_that_names_a_format_chooses_it_unless_one_is_given() {
    let world = half_sent();
    for (command, file, begins) in [
        ("plan", "plan.json", "{"),
        ("plan", "plan.md", "### "),
        ("plan", "plan.xml", "<?xml"),
        ("plan", "plan.sarif", "{"),
        ("plan", "plan.csv", "Campaign:"),
        ("preview", "preview.html", "<!doctype html>"),
        ("preview", "preview.json", "["),
        ("preview", "preview.xml", "── "),
        ("report", "report.HTML", "<!doctype html>"),
        ("report", "report.json", "{"),
        ("report", "report", "### "),
    ] {
        world.run(&[command, "campaign.toml", "-o", file]).exits(0);
        assert!(world.read(file).starts_with(begins), "{file}: {}", world.read(file));
    }
    world.run(&["plan", "campaign.toml", "--format", "markdown", "-o", "other.json"]).exits(0);
    assert!(world.read("other.json").starts_with("### "));
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
    use std::process::Command;
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::support::{Ran, kill};

    fn mode(world: &World, file: &str) -> u32 {
        fs::metadata(world.path(file)).expect(file).permissions().mode() & 0o777
    }

    #[test]
    fn a_pipe_or_a_device_is_written_to_and_stays_what_it_is() {
        let world = half_sent();
        let made = Command::new("mkfifo").arg(world.path("pipe")).status().expect("mkfifo");
        assert!(made.success());
        for writer in WRITERS.iter().filter(|writer| writer[0] != "send") {
            let reader = Command::new("cat")
                .arg(world.path("pipe"))
                .stdout(std::process::Stdio::piped())
                .spawn()
                .expect("cat");
            let args: Vec<&str> = writer.iter().copied().chain(["pipe"]).collect();
            world.run(&args).exits(0);
            let read = Ran::of(reader.wait_with_output().expect("cat ends"));
            assert!(read.stdout.len() > 100, "{args:?}: {read:?}");
            assert!(fs::symlink_metadata(world.path("pipe")).expect("a pipe").file_type().is_fifo());
        }
        // Only root may make one to try it with.
        let null = world.path("null");
        if Command::new("mknod")
            .arg(&null)
            .args(["c", "1", "3"])
            .output()
            .is_ok_and(|made| made.status.success())
        {
            world.run(&["plan", "campaign.toml", "-o", "null"]);
            let null = fs::symlink_metadata(null).expect("a device");
            assert!(null.file_type().is_char_device());
        }
        world.run(&["plan", "campaign.toml", "-o", "/dev/null"]).exits(0);
        let null = fs::symlink_metadata("/dev/null").expect("a device");
        assert!(null.file_type().is_char_device());
    }

    #[test]
    fn a_pipe_that_nobody_reads_is_told_before_anything_is_sent_and_hangs_no_command() {
        let (world, platform) = (half_sent(), Platform::new(""));
        assert!(
            Command::new("mkfifo").arg(world.path("pipe.local")).status().is_ok_and(|made| made.success())
        );
        for writer in WRITERS.iter().filter(|writer| writer[0] != "rehearse") {
            let args: Vec<&str> = writer.iter().copied().chain(["pipe.local"]).collect();
            world.run_at(&platform, &args).exits(10).says("nobody reads it");
        }
        assert_eq!(platform.ledger().totals().requests, 0);
        // With a reader the results are written into it.
        let mut cat = Command::new("cat");
        let cat =
            cat.arg(world.path("pipe.local")).stdout(std::process::Stdio::piped()).spawn().expect("cat");
        let send = ["send", "campaign.toml", "--yes", "--results", "pipe.local"];
        world.run_at(&platform, &send).exits(0);
        let read = Ran::of(cat.wait_with_output().expect("cat ends"));
        assert_eq!(read.stdout.matches(",sent,").count(), 3, "{read:?}");
    }

    #[test]
    fn a_folder_that_is_renamed_in_a_run_is_told_as_that_and_not_made_anew() {
        let (world, platform) = (World::new(), Platform::new(""));
        world.file("spring/audience.csv", {
            let recipients = World::with_recipients(3);
            recipients.read("audience.csv")
        });
        let recipients = World::with_recipients(1);
        let text = recipients.read("campaign.toml").replace("100000/s", "2/s");
        world.file("spring/campaign.toml", text);
        let mut send = world.command_at(&platform, &["send", "spring/campaign.toml", "--yes"]);
        send.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let child = send.spawn().expect("the binary starts");
        platform.wait_for_requests(1);
        fs::rename(world.path("spring"), world.path("summer")).expect("a move");
        let ran = crate::support::finish(child).exits(8).says("was moved or renamed during the run");
        assert!(!ran.stderr.contains("The audience file changed"), "{}", ran.stderr);
        assert!(!world.path("spring").exists());
        let again = world.run_at(&platform, &["send", "summer/campaign.toml", "--yes", "--format", "json"]);
        assert_eq!(again.exits(0).counts(), "3 sent");
        assert_eq!(platform.ledger().totals().accepted, 3);
    }

    #[test]
    fn links_are_followed_and_a_file_that_is_there_keeps_its_rights() {
        let (world, platform) = (half_sent(), Platform::new(""));
        assert_eq!(mode(&world, RESULTS), 0o600);
        fs::create_dir(world.path("share")).expect("a folder");
        fs::rename(world.path(RESULTS), world.path("share/results.csv")).expect("a move");
        fs::set_permissions(world.path("share/results.csv"), fs::Permissions::from_mode(0o640))
            .expect("rights");
        symlink("share/results.csv", world.path(RESULTS)).expect("a link");
        world.send(&platform).exits(0);
        assert!(fs::symlink_metadata(world.path(RESULTS)).expect("a link").is_symlink());
        assert_eq!(mode(&world, "share/results.csv"), 0o640);
        assert_eq!(world.results_of("share/results.csv").len(), 3);
        assert!(world.read("share/results.csv").matches(",sent,").count() == 3);
        // A link to nowhere leads to where the file is made.
        symlink("share/plan.json", world.path("plan.json")).expect("a link");
        world.run(&["plan", "campaign.toml", "--format", "json", "-o", "plan.json"]).exits(0);
        assert_eq!(mode(&world, "share/plan.json"), 0o600);
        assert!(fs::symlink_metadata(world.path("plan.json")).expect("a link").is_symlink());
        // Links that lead round in a circle stay where they are.
        symlink("circle.json", world.path("circle.json")).expect("a link");
        world
            .run(&["plan", "campaign.toml", "-o", "circle.json"])
            .exits(10)
            .says("`circle.json` cannot be written");
        assert!(fs::symlink_metadata(world.path("circle.json")).expect("a link").is_symlink());
    }

    #[test]
    fn what_a_killed_run_left_half_written_is_swept_and_git_never_sees_it() {
        let (world, platform) = (half_sent(), Platform::new("latency = \"1ms\""));
        let init = World::new();
        init.run(&["init", "new"]).exits(0);
        let hooks =
            fs::read_to_string(crate::support::repository().join(".pre-commit-hooks.yaml")).expect("hooks");
        let pattern = hooks.lines().filter_map(|line| line.trim().strip_prefix("files: ")).next_back();
        let pattern = regex::Regex::new(pattern.expect("a pattern")).expect("a pattern");
        let old = SystemTime::now() - Duration::from_secs(3600);
        let leftovers =
            ["./.wxcast-a1B2c3.tmp", ".wxcast/.wxcast-a1B2c3.tmp"].map(|name| world.file(name, "people"));
        let kept =
            [".wxcast-notes.tmp", ".wxcast-a1B2c3", "wxcast-a1B2c3.tmp"].map(|name| world.file(name, "mine"));
        let writing = world.file(".wxcast-zzzzzz.tmp", "just being written");
        for file in leftovers.iter().chain(&kept) {
            let file = fs::File::options().write(true).open(file).expect("a file");
            file.set_modified(old).expect("a time");
        }
        world.send(&platform).exits(0);
        assert!(leftovers.iter().all(|file| !file.exists()));
        assert!(kept.iter().chain([&writing]).all(|file| file.exists()));
        assert!(pattern.is_match("spring/.wxcast-a1B2c3.tmp") && !pattern.is_match("spring/wxcast.toml"));
        assert!(init.read("new/.gitignore").lines().any(|line| line == ".wxcast-*"));
        // One that is held is somebody's.
        let held = fs::File::options().write(true).open(&writing).expect("a file");
        held.set_modified(old).expect("a time");
        held.try_lock().expect("a lock");
        world.send(&platform).exits(0);
        assert!(writing.exists());
        drop(held);
        kill(world.start_send(&platform));
    }
}
