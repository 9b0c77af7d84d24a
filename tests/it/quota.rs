//! Before the first message: the day's quota and WeChat's own limit are asked for, and warned of.

use crate::support::{Platform, Ran, World};

const TOO_SMALL: &str = "has only";
const TOO_FAST: &str = "WeChat allows this account";

fn send(world: &World, scenario: &str) -> Ran {
    let platform = Platform::new(scenario);
    world.run_at(&platform, &["send", "campaign.toml", "--yes", "--format", "json", "--progress", "none"])
}

#[test]
fn a_quota_that_is_too_small_is_warned_of_before_the_first_message_and_stops_nothing() {
    let world = World::with_recipients(30);
    world.text_campaign("Hello {{name}}", "concurrency = 1");
    let ran = send(&world, "[quota]\ndaily = 100\nused = 90").exits(7).says(TOO_SMALL).says("45009");
    assert_eq!(ran.counts(), "10 sent, 20 unsent");
    let warned = ran.stderr.find(TOO_SMALL).zip(ran.stderr.find("45009 ("));
    assert!(warned.is_some_and(|(warned, stopped)| warned < stopped), "{}", ran.stderr);
    let ran = send(&world, "[quota]\ndaily = 100\nused = 80").exits(0);
    assert!(!ran.stderr.contains(TOO_SMALL), "20 are left and 20 are allowed: {}", ran.stderr);
}

#[test]
fn a_rate_above_the_limit_is_warned_of_with_one_that_fits() {
    let world = World::with_recipients(3);
    send(&world, "[quota]\nper_minute = 600").exits(0).says(TOO_FAST).says("600/min");
    let world = World::with_recipients(3);
    world.edit("campaign.toml", "100000/s", "10/s");
    let ran = send(&world, "[quota]\nper_minute = 600").exits(0);
    assert!(!ran.stderr.contains(TOO_FAST), "{}", ran.stderr);
}

#[test]
fn a_platform_that_does_not_tell_is_a_note_and_nothing_more() {
    for (fault, says) in [
        ("[[answers]]\non = 'quota'\ncode = 76021", "76021"),
        ("[[faults]]\non = 'quota'\nkind = 'reset-before'", "gave no answer"),
        ("[[faults]]\non = 'quota'\nkind = 'garbage'", "names none"),
        ("[[faults]]\non = 'quota'\nkind = 'status'\nstatus = 503", "gave no answer"),
    ] {
        let ran = send(&World::with_recipients(3), fault).exits(0).says("Note:").says(says);
        assert_eq!(ran.counts(), "3 sent", "{fault}");
    }
}

#[test]
fn a_rehearsal_warns_too_and_says_how_long_it_takes() {
    let world = World::with_recipients(30);
    world.file("small.toml", "[quota]\ndaily = 10");
    world.edit("campaign.toml", "100000/s", "20/s");
    let ran = world.run(&["rehearse", "campaign.toml", "--rate", "1000/s", "--scenario", "small.toml"]);
    ran.exits(7).says(TOO_SMALL).says("30 messages");
}

#[test]
fn nobody_is_asked_anything_before_the_gate() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    world.run_at(&platform, &["send", "campaign.toml"]).exits(8);
    assert_eq!(platform.ledger().totals().stable_token_calls, 0);
}

#[test]
fn it_is_said_when_the_run_will_be_over() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    let year = jiff::Zoned::now().strftime("in the order of the list, %Y-").to_string();
    world.run_at(&platform, &["send", "campaign.toml", "--yes"]).exits(0).says(&year);
}

#[test]
fn a_status_says_why_the_last_run_stopped_also_where_it_reached_nobody() {
    let world = World::with_recipients(4);
    send(&world, "[quota]\ndaily = 0").exits(7);
    let told = world.run(&["status", "campaign.toml", "--local"]).exits(0);
    let told = told.says("The last run stopped before").says("quota was used up");
    told.says("To go on where it stopped: wxcast send");
}
