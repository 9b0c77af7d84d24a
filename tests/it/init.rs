//! `wxcast init`: a campaign to start from, which works as it is.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use wxcast::message::KINDS;

use crate::support::World;

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).expect("a file"))
        })
        .collect()
}

#[test]
fn every_kind_starts_from_a_campaign_that_plans_clean() {
    std::thread::scope(|scope| {
        for kind in KINDS {
            scope.spawn(move || {
                let world = World::new();
                let made = world.run(&["init", "my-campaign", "--kind", kind.name()]).exits(0);
                assert_eq!(made.stdout.lines().count(), 4, "{}", made.stdout);
                let made = made.says("wxcast plan my-campaign/campaign.toml");
                assert!(made.stdout.contains("my-campaign/audience.csv"), "{}", made.stdout);
                let plan =
                    world.run(&["plan", "my-campaign/campaign.toml", "--format", "json"]).exits(0).json();
                assert_eq!(plan["diagnostics"], serde_json::json!([]), "{kind}");
                assert_eq!(plan["campaign"], "my-campaign");
                assert_eq!(plan["kind"], kind.name());
                let toml = world.read("my-campaign/campaign.toml");
                assert!(toml.starts_with("#:schema campaign.schema.json\n"), "{kind}: {toml}");
                assert!(world.path("my-campaign/campaign.schema.json").is_file());
                let ignored = world.read("my-campaign/.gitignore");
                // `results.xlsx` is what the tutorial calls them.
                assert!(ignored.contains(".wxcast/") && ignored.lines().any(|line| line == "results.*"));
            });
        }
    });
}

#[test]
fn text_is_the_kind_when_nobody_says() {
    let world = World::new();
    world.run(&["init", "a"]).exits(0);
    assert!(world.read("a/campaign.toml").contains("[message.text]"));
}

#[test]
fn a_second_init_changes_nothing() {
    let world = World::new();
    world.run(&["init", "a"]).exits(0);
    let before = files(&world.path("a"));
    let again = world.run(&["init", "a", "--kind", "news"]);
    assert_ne!(again.code, 0);
    assert_eq!(again.stdout, "");
    let again = again.says("Nothing was written");
    again.says("campaign.toml");
    assert_eq!(files(&world.path("a")), before);
}

#[test]
fn one_file_that_is_there_keeps_all_others_from_being_written() {
    let world = World::new();
    for name in ["campaign.toml", "audience.csv", ".gitignore", "campaign.schema.json"] {
        let folder = format!("with{}", name.replace('.', "-"));
        world.file(&format!("{folder}/{name}"), "mine");
        let ran = world.run(&["init", &folder]);
        assert_ne!(ran.code, 0);
        ran.says(name);
        assert_eq!(files(&world.path(&folder)), [(name.to_owned(), b"mine".to_vec())].into());
    }
}

#[test]
fn it_takes_the_folder_it_is_in_and_leaves_other_files_alone() {
    let world = World::new();
    world.file("notes.txt", "mine");
    world.run(&["init", "."]).exits(0);
    assert_eq!(world.read("notes.txt"), "mine");
    world.run(&["plan", "campaign.toml"]).exits(0);
}

#[test]
fn a_folder_s_name_becomes_an_identity_whatever_its_letters() {
    let world = World::new();
    for (folder, id) in [("Spring Sale 2026", "spring-sale-2026"), ("x/y/Z_1", "z-1")] {
        world.run(&["init", folder]).exits(0);
        let path = format!("{folder}/campaign.toml");
        let plan = world.run(&["plan", &path, "--format", "json"]).exits(0).json();
        assert_eq!(plan["campaign"], id, "{folder}");
    }
}

#[test]
fn a_folder_s_name_without_usable_letters_becomes_the_kind_and_the_time() {
    let world = World::new();
    world.run(&["init", "春节"]).exits(0);
    let plan = world.run(&["plan", "春节/campaign.toml", "--format", "json"]).exits(0).json();
    let id = plan["campaign"].as_str().expect("an identity");
    // Two campaigns of one identity are one campaign to the journal.
    assert!(id.starts_with("text-20") && id.len() == "text-2026-03-08-104259-0a1b".len(), "{id}");
}

#[test]
fn folders_whose_names_differ_only_in_chinese_letters_are_two_campaigns() {
    let world = World::new();
    let id = |folder: &str| {
        world.run(&["init", folder]).exits(0);
        let toml = world.read(&format!("{folder}/campaign.toml"));
        toml.lines().find(|line| line.starts_with("id = ")).expect("an id").to_owned()
    };
    assert_ne!(id("春节2026"), id("端午2026"));
    assert_eq!(id("spring-2026"), "id = \"spring-2026\"");
}
