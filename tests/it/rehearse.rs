//! `wxcast rehearse`: every example, end to end.

use std::fs;

use wxcast::message::KINDS;

use crate::support::{World, repository};

#[test]
fn every_kind_s_example_plans_clean_and_is_rehearsed_to_the_last_recipient() {
    std::thread::scope(|scope| {
        for kind in KINDS {
            scope.spawn(move || {
                let world = World::new();
                for file in ["campaign.toml", "audience.csv"] {
                    let from = repository().join("campaigns").join(kind.name()).join(file);
                    world.file(file, fs::read(from).expect("an example"));
                }
                let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
                assert_eq!(plan["diagnostics"], serde_json::json!([]), "{kind}");
                let ran = world
                    .run(&["rehearse", "campaign.toml", "--rate", "5000/s", "--format", "json"])
                    .exits(0);
                let summary = ran.json();
                assert_eq!(summary["counts"]["sent"], plan["planned"], "{kind}: {summary}");
                assert_eq!(summary["exit"]["code"], 0);
            });
        }
    });
}

#[test]
fn a_rehearsal_that_stopped_before_its_end_leads_to_another_and_not_to_send() {
    let world = World::with_recipients(5);
    let ran = world.run(&["rehearse", "campaign.toml", "--limit", "2", "--progress", "none"]);
    let ran =
        ran.says("The rehearsal stopped before its end: 2 were sent").says("wxcast rehearse campaign.toml");
    assert!(!ran.stderr.contains("wxcast send"), "{}", ran.stderr);
}
