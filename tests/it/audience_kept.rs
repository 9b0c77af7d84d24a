//! What `wxcast audience` has fetched of a list is kept where it is broken off, and how long it may be used.

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use crate::support::people::{SMALL_PAGES, audience, column, openids, people, sidecar};
use crate::support::{APPID, Platform, World, kill, openid};

#[test]
fn a_killed_command_leaves_no_file_and_goes_on_where_it_was() {
    let slow = format!("{SMALL_PAGES}[[faults]]\non = 'followers'\nkind = 'hang'\nmessages = 3\n");
    let (world, platform) = (World::new(), Platform::with_people(&slow, &people()));
    let args = ["audience", "followers", "--appid", APPID, "-o", "fans.csv"];
    let child = world.command_at(&platform, &args).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn();
    platform.wait_until(|ledger| ledger.totals().faults.contains_key("hang"));
    kill(child.expect("the binary starts"));
    assert!(!world.path("fans.csv").exists());
    let left = fs::read_dir(world.dir()).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let is_temporary = |name: &str| name.starts_with(".wxcast-") && name.ends_with(".tmp");
    assert!(left.into_iter().all(|name| is_temporary(&name.to_string_lossy())), "nothing else lies about");
    let ran = world.run_at(&platform, &args).exits(0);
    ran.says("going on after 6").says("7 people");
    assert_eq!(column(&world, "fans.csv"), openids(&[0, 1, 2, 3, 4, 6, 7]));
    // What is done is done: the next time everything is fetched.
    let ran = world.run_at(&platform, &args).exits(0);
    assert!(!ran.stderr.contains("going on"), "{}", ran.stderr);
}

#[test]
fn a_used_up_quota_is_a_pause_and_the_next_day_goes_on() {
    let scenario = format!("{SMALL_PAGES}daily = 2\n");
    let (world, platform) = (World::new(), Platform::with_people(&scenario, &people()));
    let ran = audience(&world, &platform, &["followers", "-o", "fans.csv"]).exits(7);
    ran.says("45009").says("is kept");
    assert!(!world.path("fans.csv").exists());
    platform.advance(Duration::from_secs(86_400));
    audience(&world, &platform, &["followers", "-o", "fans.csv"]).exits(0).says("going on after 6");
    assert_eq!(column(&world, "fans.csv").len(), 7);
}

/// Makes what was fetched older than it is, and gives when it was begun by that.
fn age(world: &World, list: &str, minutes: i64) -> Timestamp {
    let path = world.state_file(&format!("audience/{list}.pages"));
    let text = fs::read_to_string(&path).expect("a list that is kept");
    let mut begun = None;
    let mut aged = String::new();
    for line in text.lines() {
        match line.strip_prefix('#') {
            None => aged.push_str(line),
            Some(mark) => {
                let mut mark: Json = serde_json::from_str(mark).expect("a mark");
                for field in ["begun", "came"] {
                    let at: Timestamp = mark[field].as_str().expect("a time").parse().expect("a time");
                    mark[field] = (at - SignedDuration::from_mins(minutes)).to_string().into();
                }
                begun = mark["begun"].as_str().and_then(|begun| begun.parse().ok());
                aged.push_str(&format!("#{mark}"));
            }
        }
        aged.push('\n');
    }
    fs::write(&path, aged).expect("a written list");
    begun.expect("a mark")
}

fn made_at(world: &World, file: &str) -> Timestamp {
    sidecar(world, file)["made_at"].as_str().expect("a time").parse().expect("a time")
}

#[test]
fn what_another_command_fetched_whole_is_a_fresh_list_for_minutes_only_and_made_at_is_its_oldest_page() {
    // The followers come, and then the blacklist does not.
    let scenario = format!("{SMALL_PAGES}[[answers]]\non = 'blacklist'\ncode = 48001\n");
    let (world, platform) = (World::new(), Platform::with_people(&scenario, &people()));
    let half = || audience(&world, &platform, &["followers", "--not-blacklisted", "-o", "a.csv"]).exits(9);
    half();
    let others = (10..15).map(|index| format!("{}\n", openid(index))).collect::<String>();
    let later = Platform::with_people(SMALL_PAGES, &format!("openid\n{others}"));
    let begun = age(&world, "followers", 5);
    audience(&world, &later, &["followers", "-o", "b.csv"]).exits(0).says("an earlier command fetched");
    assert_eq!((column(&world, "b.csv").len(), made_at(&world, "b.csv")), (7, begun));
    half();
    age(&world, "followers", 11);
    let before = Timestamp::now();
    let ran = audience(&world, &later, &["followers", "-o", "c.csv"]).exits(0);
    assert!(!ran.stderr.contains("earlier command"), "{}", ran.stderr);
    assert_eq!(column(&world, "c.csv"), openids(&[10, 11, 12, 13, 14]));
    assert!(made_at(&world, "c.csv") >= before, "{}", made_at(&world, "c.csv"));
}

#[test]
fn an_unfinished_list_goes_on_the_next_day_with_its_first_pages_age_and_no_later() {
    let scenario = format!("{SMALL_PAGES}daily = 2\n");
    for (hours, goes_on) in [(40, true), (49, false)] {
        let (world, platform) = (World::new(), Platform::with_people(&scenario, &people()));
        audience(&world, &platform, &["followers", "-o", "fans.csv"]).exits(7);
        let begun = age(&world, "followers", hours * 60);
        let later = Platform::with_people(SMALL_PAGES, &people());
        let ran = audience(&world, &later, &["followers", "-o", "fans.csv"]).exits(0);
        assert_eq!(ran.stderr.contains("going on after 6"), goes_on, "{}", ran.stderr);
        assert_eq!(made_at(&world, "fans.csv") == begun, goes_on);
    }
}

#[test]
fn where_the_way_on_is_gone_the_list_begins_anew() {
    let (world, platform) =
        (World::new(), Platform::with_people(&format!("{SMALL_PAGES}daily = 2\n"), &people()));
    audience(&world, &platform, &["followers", "-o", "fans.csv"]).exits(7);
    // Whoever stood at the end of the last page has left meanwhile.
    let others = (10..15).map(|index| format!("{}\n", openid(index))).collect::<String>();
    let platform = Platform::with_people(SMALL_PAGES, &format!("openid\n{others}"));
    audience(&world, &platform, &["followers", "-o", "fans.csv"]).exits(0).says("5 people");
    assert_eq!(column(&world, "fans.csv"), openids(&[10, 11, 12, 13, 14]));
}

#[test]
fn from_the_first_page_means_from_the_first_page() {
    let scenario = format!("{SMALL_PAGES}daily = 2\n");
    let (world, platform) = (World::new(), Platform::with_people(&scenario, &people()));
    audience(&world, &platform, &["followers", "-o", "fans.csv"]).exits(7);
    platform.advance(Duration::from_secs(86_400));
    let ran = audience(&world, &platform, &["followers", "--anew", "-o", "fans.csv"]).exits(7);
    assert!(!ran.stderr.contains("going on after"), "{}", ran.stderr);
}

#[test]
fn a_broken_off_command_says_that_it_goes_on_and_profiles_do_so_too() {
    let hanging = "[followers]\ncount = 250\n[[faults]]\non = 'profiles'\nkind = 'hang'\nfrom = 2\nto = 4\n";
    let (world, platform) = (World::new(), Platform::new(hanging));
    let args = ["audience", "followers", "--info", "--appid", APPID, "-o", "fans.csv"];
    let child = world.command_at(&platform, &args).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn();
    platform.wait_until(|ledger| ledger.totals().faults.get("hang").is_some_and(|count| *count >= 2));
    let child = child.expect("the binary starts");
    // While it runs nobody else fetches the same list.
    world.run_at(&platform, &args).exits(8).says("Another wxcast");
    #[cfg(unix)]
    {
        crate::support::signal(&child, "INT");
        crate::support::finish(child).exits(130).says("Broken off").says("goes on there");
    }
    #[cfg(not(unix))]
    drop(kill(child));
    assert!(!world.path("fans.csv").exists());
    let ran = world.run_at(&platform, &args).exits(0);
    let ran = ran.says("Followers: the 250 that an earlier command fetched");
    ran.says("Profiles: going on after").says("250 people");
    let people: BTreeSet<String> = column(&world, "fans.csv").into_iter().collect();
    assert_eq!(people.len(), 250);
}
