//! Signals: the first one drains, the second one aborts.

#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Platform, World, finish, signal};

#[test]
fn the_first_signal_lets_what_is_in_flight_finish_and_leaves_the_rest_unsent() {
    std::thread::scope(|scope| {
        for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 143)] {
            scope.spawn(move || drains(name, code));
        }
    });
}

fn drains(name: &str, code: i32) {
    let (world, platform) = (World::with_recipients(100), Platform::new("latency = \"30ms\""));
    world.text_campaign("Hello {{name}}", "concurrency = 4");
    let child = world.start_send(&platform);
    platform.wait_for_requests(20);
    signal(&child, name);
    let ran = finish(child).exits(code).says("stopped by request");
    let sent = platform.ledger().totals().accepted;
    assert!((20..=60).contains(&sent), "{name}: {sent}");
    assert_eq!(ran.counts(), format!("{sent} sent, {} unsent", 100 - sent), "{name}");
    assert_eq!(ran.json()["exit"], serde_json::json!({ "code": code, "name": "signal" }));
    assert_eq!(world.status().counts(), ran.counts(), "{name}");
    let rows = world.results();
    let of = |status: &str| rows.iter().filter(|row| row.get(2) == Some(status)).count() as u64;
    assert_eq!((of("sent"), of("unsent")), (sent, 100 - sent), "{name}");
    let rest = Platform::new("");
    assert_eq!(world.send(&rest).exits(0).counts(), "100 sent");
    assert_eq!(rest.ledger().totals().accepted, 100 - sent);
}

#[test]
fn a_second_signal_aborts_and_what_was_in_flight_is_unknown() {
    for (first, second, code) in [("INT", "INT", 130), ("TERM", "INT", 130), ("INT", "TERM", 143)] {
        let world = World::with_recipients(50);
        world.text_campaign("Hello {{name}}", "concurrency = 4");
        let platform = Platform::new("[[faults]]\nkind = \"hang\"\nfrom = 7");
        let send = ["send", "campaign.toml", "--yes", "--format", "json", "--progress", "plain"];
        let mut send = world.command_at(&platform, &send);
        let mut child =
            send.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        platform.wait_for_requests(10);
        signal(&child, first);
        until_draining(&mut child);
        signal(&child, second);
        let ran = finish(child).exits(code);
        assert_eq!(ran.counts(), "6 sent, 4 unknown, 40 unsent", "{first} {second}");
        let aborted: Vec<_> =
            world.results().into_iter().filter(|row| row.get(2) == Some("unknown")).collect();
        assert!(aborted.len() == 4 && aborted.iter().all(|row| row.get(4) == Some("aborted")), "{aborted:?}");
        let rest = Platform::new("");
        assert_eq!(world.send(&rest).exits(6).counts(), "46 sent, 4 unknown");
        assert_eq!(rest.ledger().totals().accepted, 40);
    }
}

/// Reads what a process says until it says that it is stopping.
fn until_draining(child: &mut Child) {
    let mut stderr = BufReader::new(child.stderr.take().expect("a stderr"));
    let mut line = String::new();
    while !line.contains("Stopping") {
        line.clear();
        assert!(
            stderr.read_line(&mut line).expect("a line") > 0,
            "it ended before it said that it is stopping"
        );
    }
    // What follows is for nobody, but must not break the pipe.
    std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
}

#[test]
fn a_terminal_that_goes_away_ends_the_run_as_sigterm_does() {
    // What a closed terminal does: SIGHUP, and streams that nobody reads any more.
    let (world, platform) = (World::with_recipients(300), Platform::new("latency = \"30ms\""));
    let mut child = world.start_send(&platform);
    platform.wait_for_requests(5);
    drop((child.stdout.take(), child.stderr.take()));
    signal(&child, "HUP");
    assert_eq!(finish(child).code, 143);
    assert_eq!(world.results().len(), 300);
}

#[test]
fn a_signal_ends_a_run_that_waits_for_a_retry_or_a_token() {
    // Retries and tokens that would take minutes are given up at once, and nobody is unknown.
    let (world, platform) = (World::with_recipients(3), Platform::new("[[answers]]\ncode = -1"));
    world.text_campaign("Hello {{name}}", "retries = 9");
    let child = world.start_send(&platform);
    platform.wait_for_requests(3);
    signal(&child, "INT");
    assert_eq!(finish(child).exits(130).counts(), "3 unsent");

    let platform = Platform::new("[[faults]]\non = \"token\"\nkind = \"hang\"");
    let child = world.start_send(&platform);
    let deadline = Instant::now() + Duration::from_secs(60);
    while platform.ledger().totals().stable_token_calls == 0 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(2));
    }
    let begun = Instant::now();
    signal(&child, "INT");
    assert_eq!(finish(child).exits(130).counts(), "3 unsent");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn a_signal_while_a_graver_reason_drains_neither_aborts_nor_hides_it() {
    let world = World::with_recipients(50);
    world.text_campaign("Hello {{name}}", "concurrency = 4");
    // The third message finds the account banned while slow answers to others are still on their way.
    let platform = Platform::new(
        "[[faults]]\nkind = \"delay\"\nduration = \"400ms\"\nmessages = [1, 2, 4]\n[account]\ncode = 48001\nfrom = 3",
    );
    let send = ["send", "campaign.toml", "--yes", "--format", "json", "--progress", "plain"];
    let mut send = world.command_at(&platform, &send);
    let mut child = send.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    until_draining(&mut child);
    signal(&child, "INT");
    let ran = finish(child).exits(9);
    assert!(!ran.counts().contains("unknown"), "{}", ran.counts());
}
