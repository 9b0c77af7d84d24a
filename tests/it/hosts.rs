//! Hosts that stand in: only where no connection could be made, and never a second request for a message.

use std::net::TcpListener;

use crate::support::{Platform, Ran, World};

/// An address where nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

/// A campaign whose first host is one and whose others are these.
fn world(first: &str, others: &[&str]) -> World {
    let world = World::with_recipients(20);
    world.text_campaign("Hello {{name}}", "retries = 0\ntimeout = \"300ms\"\n[send.stop]\nmax_unknown = 0");
    let hosts = format!("api_base = \"{first}\"\nfailover_hosts = {others:?}\n");
    world.edit("campaign.toml", "[audience]", &format!("{hosts}[audience]"));
    world
}

fn send(world: &World) -> Ran {
    world.run(&["send", "campaign.toml", "--yes", "--format", "json"])
}

#[test]
fn another_host_stands_in_where_no_connection_can_be_made() {
    let platform = Platform::new("");
    let world = world(&nobody(), &[&nobody(), &platform.base()]);
    let ran = send(&world).exits(0).says(&platform.base());
    assert_eq!(ran.counts(), "20 sent");
    assert_eq!(ran.json()["requests"], 20, "moving on is the same attempt");
    assert!(world.results().iter().all(|row| row.get(6) == Some("1")), "{:?}", world.results());
    let totals = platform.ledger().totals();
    assert_eq!((totals.requests, totals.accepted, totals.stable_token_calls), (20, 20, 1));
}

#[test]
fn what_may_have_arrived_is_never_sent_to_another_host() {
    for fault in
        ["kind = 'reset-after'", "kind = 'reset-before'", "kind = 'hang'", "kind = 'status'\nstatus = 502"]
    {
        let (first, second) = (Platform::new(&format!("[[faults]]\n{fault}")), Platform::new(""));
        let world = world(&first.base(), &[&second.base()]);
        assert_eq!(send(&world).exits(6).counts(), "20 unknown", "{fault}");
        assert_eq!(second.ledger().totals().requests, 0, "{fault}");
        assert_eq!(first.ledger().totals().requests, 20, "{fault}");
    }
}

#[test]
fn a_host_that_says_it_is_busy_is_there_and_nobody_stands_in() {
    let (first, second) = (Platform::new("[[faults]]\nkind = 'status'\nstatus = 429"), Platform::new(""));
    let world = world(&first.base(), &[&second.base()]);
    assert_eq!(send(&world).exits(5).counts(), "20 failed");
    assert_eq!(second.ledger().totals().requests, 0);
}

#[test]
fn where_no_host_can_be_reached_nothing_is_delivered() {
    let world = world(&nobody(), &[&nobody()]);
    let mut send = world.command(&["send", "campaign.toml", "--yes", "--format", "json"]);
    send.env("WXCAST_ACCESS_TOKEN", "36_given");
    assert_eq!(Ran::of(send.output().expect("the binary runs")).exits(5).counts(), "20 failed");
    assert!(world.results().iter().all(|row| row.get(4) == Some("not-connected")));
}

#[test]
fn the_environment_s_address_stands_alone() {
    let platform = Platform::new("");
    let world = world(&nobody(), &[&platform.base()]);
    let mut send = world.command(&["send", "campaign.toml", "--yes", "--format", "json"]);
    send.env("WXCAST_API_BASE", nobody()).env("WXCAST_ACCESS_TOKEN", "36_given");
    assert_eq!(Ran::of(send.output().expect("the binary runs")).exits(5).counts(), "20 failed");
    assert_eq!(platform.ledger().totals().requests, 0);
}

#[test]
fn hosts_are_checked_with_the_campaign() {
    for (first, others, field) in [
        ("ftp://127.0.0.1", "[]", "account.api_base"),
        ("https://gateway.test", "[\"http://gateway.test\"]", "account.failover_hosts[1]"),
        ("http://127.0.0.1:1", "[\"https://api2.weixin.qq.com\"]", "account.failover_hosts"),
    ] {
        let world = World::with_recipients(1);
        let hosts = format!("api_base = \"{first}\"\nfailover_hosts = {others}\n");
        world.edit("campaign.toml", "[audience]", &format!("{hosts}[audience]"));
        let found = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json();
        assert_eq!(found["diagnostics"][0]["field"], field, "{found}");
    }
}
