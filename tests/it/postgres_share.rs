//! Several computers with one journal in PostgreSQL: one ceiling, and one who stops all.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::postgres::{Database, server};
use crate::support::{PATIENCE, Platform, Ran, World, finish};

/// What two processes together may send in a second.
const RATE: usize = 200;
const ROWS: usize = 200;
/// What may arrive within a second: what is late on a busy machine arrives with what is on time.
const MOST_A_SECOND: usize = 230;

/// A computer of its own that sends a campaign with this id.
fn computer(id: &str, rows: usize) -> World {
    let world = World::with_recipients(rows);
    world.edit("campaign.toml", "\"spring\"", &format!("\"{id}\""));
    // The same text to the same people would be asked about.
    world.edit("campaign.toml", "Hello", &format!("Hello, it is {id},"));
    world.edit("campaign.toml", "100000/s", &format!("{RATE}/s"));
    world
}

fn start(world: &World, platform: &Platform, database: &Database) -> Child {
    let args = ["send", "campaign.toml", "--yes", "--format", "json", "--progress", "none"];
    let mut send = world.command_at(platform, &args);
    send.env("WXCAST_JOURNAL", database.url()).stdout(Stdio::piped()).stderr(Stdio::piped());
    send.spawn().expect("the binary starts")
}

#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Two seconds: there is no pace without time.
#[test]
fn two_computers_that_send_campaigns_of_one_account_keep_to_its_ceiling_together() {
    let Some(server) = server() else { return };
    let database = server.database().prepared();
    let platform = Platform::new("[ledger]\narrivals = true");
    let computers = [computer("spring", ROWS), computer("summer", ROWS)];
    let sending: Vec<Child> = computers.iter().map(|world| start(world, &platform, &database)).collect();
    for child in sending {
        assert_eq!(finish(child).exits(0).counts(), format!("{ROWS} sent"));
    }
    let arrivals = platform.ledger().arrivals();
    assert_eq!(arrivals.len(), 2 * ROWS);
    let within_a_second = |from: &Duration| {
        arrivals.iter().filter(|at| **at >= *from && **at < *from + Duration::from_secs(1)).count()
    };
    let worst = arrivals.iter().map(within_a_second).max().expect("arrivals");
    assert!(worst <= MOST_A_SECOND, "{worst} in a second");
    // Each alone would be there in a second: that the second one waited is seen by the time both took.
    let took = *arrivals.iter().max().expect("arrivals") - *arrivals.iter().min().expect("arrivals");
    assert!(took >= Duration::from_millis(1_900), "{took:?}");
}

#[test]
fn a_campaign_that_two_computers_send_is_stopped_on_both_from_either() {
    let Some(server) = server() else { return };
    let database = server.database().prepared();
    let platform = Platform::new("");
    let (one, other) = (computer("spring", 20_000), computer("spring", 20_000));
    let sending = start(&one, &platform, &database);
    wait_until("it sends", || platform.ledger().totals().accepted > 20);
    let second = start(&other, &platform, &database);
    let owners = "SELECT count(DISTINCT owner) FROM wxcast.block WHERE NOT done AND owner IS NOT NULL";
    wait_until("each has a part of it", || database.sql(owners) == "2");
    let mut stop = other.command(&["stop", "campaign.toml"]);
    let stopped = Ran::of(stop.env("WXCAST_JOURNAL", database.url()).output().expect("the binary runs"));
    stopped.exits(0).says("It has stopped");
    finish(sending).exits(7);
    finish(second).exits(7);
    let sent = platform.ledger().totals().accepted;
    let status = ["status", "campaign.toml", "--format", "json", "--journal", &database.url()];
    assert_eq!(other.run(&status).exits(0).json()["counts"]["sent"], sent);
}

#[test]
fn an_account_that_was_stopped_in_the_database_sends_nothing() {
    let Some(server) = server() else { return };
    let database = server.database().prepared();
    let (world, platform) = (computer("spring", 10), Platform::new(""));
    finish(start(&world, &platform, &database)).exits(0);
    database.sql("UPDATE wxcast.account SET stopped = 'somebody complained'");
    let another = computer("summer", 50);
    assert_eq!(finish(start(&another, &platform, &database)).exits(7).counts(), "50 unsent");
    assert_eq!(platform.ledger().totals().accepted, 10);
    database.sql("UPDATE wxcast.account SET stopped = NULL");
    assert_eq!(finish(start(&another, &platform, &database)).exits(0).counts(), "50 sent");
}
