//! A journal as format 1 wrote it is opened by every later version, and means the same.

use serde_json::json;

use crate::support::{Platform, World};

#[test]
fn its_statuses_are_read_as_they_were_written() {
    let world = World::golden();
    let status = world.run(&["status", "campaign.toml", "--format", "json"]).exits(0).json();
    let counts = json!({"sent": 3, "refused": 2, "failed": 1, "unknown": 3, "skipped": 1, "unsent": 1});
    assert_eq!(status["counts"], counts);
    assert_eq!(status["refused_by_code"], json!({"45015": 1, "45047": 1}));
    let runs = world.run(&["runs", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!((&runs[0]["exit"], &runs[0]["reason"]), (&json!("paused"), &json!("quota 45009")));
}

#[test]
fn its_campaign_goes_on_where_it_stopped() {
    let world = World::golden();
    let platform = Platform::new("");
    // It comes from another machine, which has to be agreed to.
    world.send(&platform).exits(8).says("--take-over");
    assert_eq!(platform.ledger().totals().requests, 0);
    let sent =
        world.run_at(&platform, &["send", "campaign.toml", "--yes", "--take-over", "--format", "json"]);
    let counts = json!({"sent": 5, "refused": 2, "failed": 0, "unknown": 3, "skipped": 1, "unsent": 0});
    assert_eq!(sent.exits(6).json()["counts"], counts);
    assert_eq!(platform.ledger().totals().requests, 2, "the failed one and the one not tried");
}
