//! Whether results name the people whom a receipt counts, and not only as many: what is taken over is believed.

use crate::evidence::{SEND, plan_id, somebody_else};
use crate::support::{Platform, RESULTS, World, openid};

/// A campaign that was sent to six of twelve people, in a folder that comes to somebody else with its receipt and results.
fn half_sent() -> (World, Platform) {
    let (world, platform) = (World::with_recipients(12), Platform::new(""));
    world.run_at(&platform, &[&SEND[..], &["--limit", "6"]].concat()).exits(7);
    (world, platform)
}

/// The rows of the results, each with its cells, below the header.
fn rows(world: &World) -> (String, Vec<Vec<String>>) {
    let results = world.read(RESULTS);
    let mut lines = results.lines();
    let header = lines.next().expect("a header").to_owned();
    (header, lines.map(|line| line.split(',').map(str::to_owned).collect()).collect())
}

fn write_rows(world: &World, header: &str, rows: &[Vec<String>]) {
    let rows: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
    world.file(RESULTS, format!("{header}\n{}\n", rows.join("\n")));
}

/// Where a column of results stands.
fn column(header: &str, name: &str) -> usize {
    header.trim_start_matches('\u{feff}').split(',').position(|column| column == name).expect("a column")
}

/// Results that name as many people as the receipt counts, and others, are not taken over by a yes to everything.
fn names_others(world: &World, platform: &Platform) {
    let price = "Up to 6 people were sent the message, and nobody here can say who they are";
    let stopped = somebody_else(world, platform, &SEND).exits(8).says(price).says("6 sent");
    assert!(!stopped.stderr.contains("can be named"), "{stopped:?}");
    let take_over = [&SEND[..], &["--take-over", "--limit", "1"]].concat();
    somebody_else(world, platform, &take_over).exits(8).says("`--yes` alone is not enough").says(price);
    assert_eq!(platform.ledger().totals().requests, 6);
    let id = plan_id(world, platform);
    let agreed = [&take_over[..], &["--expect-plan", &id]].concat();
    somebody_else(world, platform, &agreed).exits(7).says(price);
}

#[test]
fn results_in_which_one_column_was_sorted_are_known_to_name_others_than_the_receipt() {
    let (world, platform) = half_sent();
    let (header, mut rows) = rows(&world);
    let at = column(&header, "openid");
    let openids: Vec<String> = rows.iter().rev().map(|row| row[at].clone()).collect();
    rows.iter_mut().zip(openids).for_each(|(row, openid)| row[at] = openid);
    write_rows(&world, &header, &rows);
    names_others(&world, &platform);
}

#[test]
fn results_in_which_as_many_were_made_sent_as_unsent_are_known_to_name_others_than_the_receipt() {
    let (world, platform) = half_sent();
    let (header, mut rows) = rows(&world);
    let at = column(&header, "send_status");
    for row in 0..3 {
        let [sent, unsent] = [row, row + 6].map(|row| rows[row][at].clone());
        assert_eq!([&*sent, &*unsent], ["sent", "unsent"]);
        (rows[row][at], rows[row + 6][at]) = (unsent, sent);
    }
    write_rows(&world, &header, &rows);
    names_others(&world, &platform);
}

#[test]
fn results_that_nobody_touched_or_that_were_sorted_as_a_whole_are_taken_over_by_a_yes() {
    for is_sorted in [false, true] {
        let (world, platform) = half_sent();
        let (header, mut rows) = rows(&world);
        if is_sorted {
            rows.reverse();
            write_rows(&world, &header, &rows);
        }
        let named = "everybody who was sent the message can be named.";
        somebody_else(&world, &platform, &SEND).exits(8).says(named);
        let take_over = [&SEND[..], &["--take-over", "--limit", "2"]].concat();
        somebody_else(&world, &platform, &take_over).exits(7);
        // The receipt of whoever took it over says whom it reached as well.
        assert!(world.read(".wxcast/receipt.json").contains("\"reached_set\""));
        world.send(&platform).exits(8).says(named);
        world.run_at(&platform, &[&SEND[..], &["--take-over"]].concat()).exits(0);
        assert_eq!((platform.ledger().totals().accepted, platform.ledger().duplicates()), (12, vec![]));
    }
}

#[test]
fn a_receipt_of_an_earlier_version_that_does_not_say_whom_it_counts_is_told_as_that() {
    let (world, platform) = half_sent();
    let mut receipt: serde_json::Value =
        serde_json::from_str(&world.read(".wxcast/receipt.json")).expect("a receipt");
    let entry = receipt["entries"][0].as_object_mut().expect("an entry");
    entry.remove("reached_set").expect("what newer receipts say");
    world.file(".wxcast/receipt.json", receipt.to_string());
    somebody_else(&world, &platform, &SEND).exits(8).says("Whether they are the same people is not known");
    somebody_else(&world, &platform, &[&SEND[..], &["--take-over"]].concat()).exits(0);
    assert_eq!((platform.ledger().totals().accepted, platform.ledger().duplicates()), (12, vec![]));
}

#[test]
fn results_and_receipt_name_the_same_people_however_unknown_ones_were_settled_since() {
    let world = World::with_recipients(10);
    world.text_campaign("Hello {{name}}", "concurrency = 1\n[send.stop]\nmax_unknown = 0");
    let platform = Platform::new("[[faults]]\nkind = \"reset-after\"\nfrom = 8");
    assert_eq!(world.send(&platform).exits(6).counts(), "7 sent, 3 unknown");
    let resolve = |how: &str, who: usize| {
        world.run(&["resolve", "campaign.toml", "--yes", how, "--openid", &openid(who)]).exits(0);
    };
    let all_are_named = || {
        let stopped = somebody_else(&world, &platform, &SEND).exits(8);
        stopped.says("everybody who was sent the message can be named.");
    };
    resolve("--sent", 7);
    resolve("--not-sent", 8);
    all_are_named();
    // A run that sends nothing writes both anew.
    world.send(&Platform::new("[quota]\ndaily = 0"));
    assert_eq!(world.status().counts(), "8 sent, 1 unknown, 1 unsent");
    all_are_named();
}

#[test]
fn a_receipt_that_tells_all_there_is_to_tell_is_left_alone() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    world.send(&platform).exits(0);
    let receipt = world.read(".wxcast/receipt.json");
    world.send(&platform).exits(0);
    assert_eq!(world.read(".wxcast/receipt.json"), receipt);
}
