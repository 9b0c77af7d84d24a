//! What people do with folders, journals and computers: nobody is sent anything twice by it, and whoever cannot know is
//! stopped and told.

use std::fs;

use serde_json::Value as Json;

use crate::support::{APPID, Platform, World, finish};

/// The only entry of the receipt beside the campaign.
fn receipt(world: &World) -> Json {
    let receipt: Json = serde_json::from_str(&world.read(".wxcast/receipt.json")).expect("a receipt");
    let entries = receipt["entries"].as_array().expect("entries");
    assert_eq!(entries.len(), 1, "{receipt}");
    entries[0].clone()
}

#[test]
fn a_receipt_lies_beside_the_campaign_before_the_first_request_and_tells_the_end() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    world.edit("campaign.toml", "100000/s", "1/m");
    let child = world.start_send(&platform);
    platform.wait_for_requests(1);
    let begun = receipt(&world);
    assert_eq!((&begun["running"], &begun["counts"]["unsent"]), (&true.into(), &3.into()), "{begun}");
    world.run(&["stop", "campaign.toml"]).exits(0);
    finish(child).exits(7);
    let ended = receipt(&world);
    let requests = platform.ledger().totals().requests;
    assert_eq!((&ended["running"], &ended["counts"]["sent"]), (&false.into(), &requests.into()), "{ended}");
    assert_eq!((&ended["appid"], &ended["campaign"]), (&APPID.into(), &"spring".into()));
    assert_eq!((&ended["channel"], &ended["destination"]), (&"send".into(), &"local".into()));
    assert_eq!((&ended["intents"], &ended["journal"]), (&requests.into(), &begun["journal"]));
    assert!(ended["plan"].as_str().is_some_and(|id| id.starts_with("plan:")), "{ended}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let file = fs::metadata(world.path(".wxcast/receipt.json")).expect("a file");
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_rehearsal_leaves_no_receipt() {
    let world = World::with_recipients(1);
    world.run(&["rehearse", "campaign.toml"]).exits(0);
    assert!(!world.path(".wxcast").exists());
}
