//! Every command ends by naming the one command to run next.

use clap::CommandFactory as _;

use wxcast::cli::line::args::Args;

use crate::support::{Platform, Ran, World, openid};

/// Those whose output is a file for machines, those that run until they are stopped, and those that are about all
/// campaigns of an account. Which campaign brought a code up that `explain` explains, nobody knows.
const WITHOUT: [&str; 8] =
    ["console", "simulator", "schema", "completions", "man", "history", "journal", "explain"];

/// The command that the last line of stderr names.
fn named(ran: &Ran) -> String {
    let line = ran.stderr.trim_end().lines().last().unwrap_or_default();
    let mut parts = line.split("wxcast ");
    let (_, command, more) = (parts.next(), parts.next(), parts.next());
    let command = command.unwrap_or_else(|| panic!("no command is named in {line:?} of:\n{}", ran.stderr));
    assert_eq!(more, None, "more than one: {line}");
    command.split(['（', '(', '。', ',', '，']).next().unwrap_or_default().trim().to_owned()
}

/// The words of a command line, quotes taken off.
fn words(command: &str) -> Vec<String> {
    let quoted = command.split('"').enumerate();
    let mut words = vec!["wxcast".to_owned()];
    for (index, part) in quoted {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn whatever_was_run_names_a_command_that_can_be_run() {
    let tree = Args::command();
    let mut left: Vec<&str> = tree.get_subcommands().map(clap::Command::get_name).collect();
    left.retain(|command| !WITHOUT.contains(command));
    for language in ["en", "zh-CN"] {
        let (world, platform) = (World::with_recipients(3), Platform::new(""));
        for (line, code, next) in [
            ("init new", 0, "plan new/campaign.toml"),
            ("plan campaign.toml", 0, "preview campaign.toml"),
            ("preview campaign.toml", 0, "rehearse campaign.toml"),
            ("media campaign.toml", 0, "rehearse campaign.toml"),
            ("rehearse campaign.toml", 0, "send campaign.toml"),
            ("try campaign.toml --to oTESTER", 0, "send campaign.toml"),
            ("status campaign.toml", 0, "plan campaign.toml"),
            ("runs campaign.toml", 0, "plan campaign.toml"),
            ("stop campaign.toml", 0, "status campaign.toml"),
            ("send campaign.toml --yes --limit 1", 7, "send campaign.toml"),
            ("status campaign.toml", 0, "send campaign.toml"),
            // Everybody has it on this computer, and nobody in the world.
            ("send campaign.toml --yes", 0, "send campaign.toml"),
            ("status campaign.toml", 0, "send campaign.toml"),
            ("results campaign.toml", 0, "status campaign.toml"),
            ("runs campaign.toml", 0, "status campaign.toml"),
            ("report campaign.toml --format html -o report.html", 0, "status campaign.toml"),
            ("resolve campaign.toml --sent --all --yes", 0, "send campaign.toml"),
            ("audience followers campaign.toml -o fans.csv", 0, "plan campaign.toml"),
            ("audience tagged campaign.toml", 0, "audience tagged campaign.toml --any"),
            ("audience check campaign.toml -o checked.csv", 0, "plan campaign.toml"),
            ("audience followers --appid wx0123456789abcdef -o fans.csv", 0, "init spring"),
        ] {
            let mut args: Vec<&str> = line.split(' ').collect();
            args.extend(["--lang", language]);
            let ran = world.run_at(&platform, &args).exits(code);
            let command = named(&ran);
            assert!(command.starts_with(next), "{line}: {command}");
            let parsed = Args::command().try_get_matches_from(words(&command));
            assert!(parsed.is_ok(), "{line} names {command:?}, which is no command");
            left.retain(|command| !line.starts_with(command));
            let quiet = world.run_at(&platform, &[&args[..], &["-q"]].concat());
            assert!(!quiet.stderr.contains("wxcast "), "{line} -q: {}", quiet.stderr);
        }
    }
    // What doctor names depends on what it found; its own tests look at that.
    left.retain(|command| *command != "doctor");
    assert_eq!(left, Vec::<&str>::new(), "commands that nobody ran");
}

#[test]
fn an_unknown_outcome_leads_to_resolve_and_a_fault_to_plan() {
    let (world, platform) =
        (World::with_recipients(1), Platform::new("[[faults]]\nkind = \"reset-after\"\n"));
    world.file("audience.csv", format!("openid,name\n{},A\n", openid(1)));
    let ran = world.run_at(&platform, &["send", "campaign.toml", "--yes"]).exits(6);
    assert_eq!(named(&ran), "resolve campaign.toml --sent --all");
    world.file("audience.csv", "openid,name\n,A\n");
    // What was sent is told from the journal, whatever the files have become.
    let status = world.run(&["status", "campaign.toml"]).exits(0);
    assert_eq!(named(&status), "resolve campaign.toml --sent --all");
    for line in ["plan", "preview", "send"] {
        assert_eq!(named(&world.run(&[line, "campaign.toml"]).exits(3)), "plan campaign.toml", "{line}");
    }
}

#[test]
fn a_path_with_blanks_is_named_as_it_can_be_pasted() {
    let world = World::new();
    let ran = world.run(&["init", "春节 2026"]).exits(0);
    let quote = if cfg!(windows) { '"' } else { '\'' };
    assert_eq!(named(&ran), format!("plan {quote}春节 2026/campaign.toml{quote}"));
}

#[test]
fn failed_ones_are_spoken_of_only_where_some_failed() {
    let (world, platform) =
        (World::with_recipients(3), Platform::new("[[answers]]\ncode = 45015\ntimes = 1"));
    let ran = world.run_at(&platform, &["send", "campaign.toml", "--yes"]).exits(5);
    assert!(!ran.stderr.contains("failed ones"), "{}", ran.stderr);
    assert_eq!(named(&ran), "runs campaign.toml");
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_whose_name_is_no_utf_8_can_be_pasted_too() {
    use std::os::unix::ffi::OsStrExt as _;

    let world = World::with_recipients(1);
    let folder = world.dir().join(std::ffi::OsStr::from_bytes(b"a\xffb's"));
    std::fs::create_dir(&folder).expect("a folder");
    for name in ["campaign.toml", "audience.csv"] {
        std::fs::rename(world.path(name), folder.join(name)).expect("it is moved");
    }
    let mut plan = world.command(&["plan"]);
    let ran = Ran::of(plan.arg(folder.join("campaign.toml")).output().expect("the binary runs"));
    let ran = ran.exits(0);
    let next = ran.stderr.lines().find_map(|line| line.split("wxcast preview ").nth(1)).expect("a next step");
    let shown = std::process::Command::new("bash").arg("-c").arg(format!("test -f {next}")).status();
    assert!(shown.expect("bash runs").success(), "{next}");
}
