//! Messages that a run decided not to send, by more than the files say: the journal keeps why, and the next run decides
//! again.

use wxcast::delivery::attempt::Incident;
use wxcast::delivery::skip::{SkipReason, Skipped};
use wxcast::journal::Journal as _;
use wxcast::journal::identity::{Channel, Identity};
use wxcast::journal::store::{Intent, Store};
use wxcast::journal::writer::Writer;

use crate::support::{APPID, Platform, World, openid};

/// Three recipients, of whom the first was sent the message and the others were skipped.
fn with_two_skipped(platform: &Platform) -> World {
    let world = World::with_recipients(3);
    world.run_at(platform, &["send", "campaign.toml", "--yes", "--limit", "1", "--format", "json"]).exits(7);
    let whose = Identity { appid: APPID.into(), campaign: "spring".into(), wave: 1, channel: Channel::Send };
    let mut store = Store::open(&world.state()).expect("a journal");
    let claim = store.claim(&whose, Incident::Crash).expect("a claim");
    let (writer, thread) = Writer::start(store, claim, 1);
    let at = "2026-11-29T12:00:00Z".parse().expect("a time");
    for (index, skipped) in [
        (1, Skipped { reason: SkipReason::Window, at: Some(at) }),
        (2, Skipped { reason: SkipReason::Cap, at: None }),
    ] {
        let message = Intent { id: None, openid: openid(index), nth: 1, attempt: 0, at, payload: 7 };
        writer.skip(message, skipped);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(writer.finish()).expect("everything is written");
    thread.join().expect("the journal's thread");
    world
}

#[test]
fn status_and_results_say_who_was_skipped_and_why() {
    let platform = Platform::new("");
    let world = with_two_skipped(&platform);
    let status = world.status();
    assert_eq!(status.counts(), "1 sent, 2 skipped");
    let reasons = &status.json()["skipped_by_reason"];
    assert_eq!((&reasons["window"], &reasons["cap"]), (&1.into(), &1.into()));

    world.run(&["results", "campaign.toml"]).exits(0);
    let results = world.results();
    let row = |index: usize| results[index].iter().skip(2).collect::<Vec<_>>();
    let [status, errcode, reason, advice, rest @ ..] = &row(1)[..] else { panic!("{results:?}") };
    assert_eq!((*status, *errcode, *reason), ("skipped", "", "window"));
    // The end of the window, in the time of the audience.
    assert!(advice.contains("2026-11-29T20:00:00+08:00"), "{advice}");
    assert_eq!(rest, ["0", "", "", ""]);
    assert_eq!(row(2)[..3], ["skipped", "", "cap"]);
}

#[test]
fn the_next_run_decides_again_and_sends_each_message_once() {
    let platform = Platform::new("");
    let world = with_two_skipped(&platform);
    let ran = world.send(&platform).exits(0);
    assert_eq!(ran.counts(), "3 sent");
    assert_eq!(ran.json()["skipped_by_reason"]["window"], 0);
    assert_eq!(platform.ledger().openids(), [openid(0), openid(1), openid(2)]);
}
