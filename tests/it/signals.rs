//! Signals: the first one drains, the second one aborts.

#![cfg(unix)]

use std::io::{BufRead, BufReader, Read as _};
use std::process::{Child, Stdio};
use std::thread::JoinHandle;
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
        let rest = until(&mut child, "A Ctrl-C from now on breaks these off");
        signal(&child, second);
        let ran = finish(child).exits(code);
        let told = rest.join().expect("what it said");
        assert!(told.contains("4 requests that were on their way were broken off"), "{told}");
        assert!(
            told.contains("4 requests were broken off: whether these messages arrived is unknown"),
            "{told}"
        );
        assert!(told.contains("wxcast resolve campaign.toml"), "{told}");
        assert!(!told.contains("given time to finish"), "{told}");
        assert_eq!(ran.counts(), "6 sent, 4 unknown, 40 unsent", "{first} {second}");
        assert_eq!(ran.json()["requests"], 10, "what left is counted");
        let aborted: Vec<_> =
            world.results().into_iter().filter(|row| row.get(2) == Some("unknown")).collect();
        assert!(aborted.len() == 4 && aborted.iter().all(|row| row.get(4) == Some("aborted")), "{aborted:?}");
        let rest = Platform::new("");
        assert_eq!(world.send(&rest).exits(6).counts(), "46 sent, 4 unknown");
        assert_eq!(rest.ledger().totals().accepted, 40);
    }
}

/// Reads what a process says until it says this. The rest is read by the thread, which gives it.
fn until(child: &mut Child, text: &str) -> JoinHandle<String> {
    let mut stderr = BufReader::new(child.stderr.take().expect("a stderr"));
    read_until(&mut stderr, text);
    std::thread::spawn(move || {
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).expect("text");
        rest
    })
}

fn read_until(stderr: &mut impl BufRead, text: &str) {
    let mut line = String::new();
    while !line.contains(text) {
        line.clear();
        assert!(stderr.read_line(&mut line).expect("a line") > 0, "it ended before it said {text:?}");
    }
}

#[test]
fn a_message_whose_request_was_not_begun_when_the_run_was_broken_off_is_not_unknown() {
    let (world, platform) = (World::with_recipients(200), Platform::new("latency = \"20ms\""));
    world.text_campaign("Hello {{name}}", "concurrency = 8");
    let send = ["send", "campaign.toml", "--yes", "--format", "json", "--progress", "plain", "-v"];
    let mut send = world.command_at(&platform, &send);
    let mut child = send.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    platform.wait_for_requests(20);
    // Somebody else writes to the journal: intents wait, and soon nothing is on its way.
    let journal = rusqlite::Connection::open(world.state_file("journal.sqlite3")).expect("a journal");
    journal.busy_timeout(Duration::from_secs(10)).expect("a timeout");
    journal.execute_batch("BEGIN IMMEDIATE").expect("the journal's lock");
    let mut before = 0;
    while before != platform.ledger().totals().requests {
        before = platform.ledger().totals().requests;
        std::thread::sleep(Duration::from_millis(100));
    }
    signal(&child, "INT");
    let mut stderr = BufReader::new(child.stderr.take().expect("a stderr"));
    read_until(&mut stderr, "Stopping");
    signal(&child, "INT");
    read_until(&mut stderr, "breaking off");
    let rest = std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
    journal.execute_batch("COMMIT").expect("the journal's lock is let go");
    let ran = finish(child).exits(130);
    rest.join().expect("a thread").expect("what it said");
    let sent = platform.ledger().totals().accepted;
    assert_eq!(ran.counts(), format!("{sent} sent, {} unsent", 200 - sent));
    assert_eq!(ran.json()["requests"], sent);
    assert_eq!(world.send(&Platform::new("")).exits(0).counts(), "200 sent");
}

/// As under `nohup`.
#[test]
#[cfg(target_os = "linux")]
fn a_signal_that_was_ignored_from_the_beginning_stays_ignored() {
    let (world, platform) = (World::with_recipients(40), Platform::new("latency = \"20ms\""));
    world.text_campaign("Hello {{name}}", "concurrency = 2");
    let binary = env!("CARGO_BIN_EXE_wxcast");
    let line = format!("trap '' HUP INT; exec '{binary}' send campaign.toml --yes --format json");
    let mut send = world.command_of("sh", &["-c", &line]);
    let send = send.envs(world.command_at(&platform, &[]).get_envs().filter_map(|(k, v)| Some((k, v?))));
    let child = send.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a shell");
    platform.wait_for_requests(5);
    signal(&child, "HUP");
    signal(&child, "INT");
    assert_eq!(finish(child).exits(0).counts(), "40 sent");
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
    drop(until(&mut child, "Stopping"));
    signal(&child, "INT");
    let ran = finish(child).exits(9);
    assert!(!ran.counts().contains("unknown"), "{}", ran.counts());
}
