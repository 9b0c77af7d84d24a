//! Who gets it, who does not and why: one table, the same wherever somebody reads of it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use crate::support::{Platform, World, openid, told};

/// A hundred and six rows: two that stand twice, one faulty, three excluded by two lists, and a hundred with windows that
/// are read by these times.
fn world(time: impl Fn(usize) -> String, send: &str) -> World {
    let world = World::new();
    world.text_campaign("Hello", "");
    let keys = "invalid_rows = \"skip\"\nexclude = [\"退订.csv\", \"bought.csv\"]\n[audience.window]\ncolumn = \"time\"\n";
    world.edit("campaign.toml", "[message.text]", &format!("{keys}\n[message.text]"));
    world.edit("campaign.toml", "rate = \"100000/s\"", send);
    let mut rows: Vec<String> = (0..103).map(|index| format!("{},{}", openid(index), time(index))).collect();
    rows.push(format!("{},{}", openid(0), time(0)));
    rows.push(format!("{},{}", openid(1), time(1)));
    rows.push(format!("no id,{}", time(0)));
    world.file("audience.csv", format!("openid,time\n{}\n", rows.join("\n")));
    world.file("退订.csv", format!("openid\n{}\n{}\n", openid(100), openid(101)));
    world.file("bought.csv", format!("openid\n{}\n", openid(102)));
    world
}

/// Ninety people whose last contact was so, and ten whose window had closed long before.
fn fixed(index: usize) -> String {
    if (90..100).contains(&index) { "2026-11-20 15:30" } else { "2026-11-25 15:30" }.to_owned()
}

fn rows(breakdown: &Json) -> Vec<(String, Option<String>, u64)> {
    let text = |value: &Json| value.as_str().map(str::to_owned);
    let one = |row: &Json| {
        (text(&row["reason"]).expect("a reason"), text(&row["source"]), row["rows"].as_u64().expect("rows"))
    };
    breakdown["without"].as_array().expect("rows").iter().map(one).collect()
}

#[test]
fn the_table_adds_up_and_is_the_same_in_json_on_a_terminal_in_markdown_and_on_the_page() {
    let world = world(fixed, "rate = \"1/s\"\nnot_before = \"2026-11-27 15:19\"");
    let json = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    let found = &json["breakdown"];
    let of = |reason: &str, source: Option<&str>, rows| (reason.to_owned(), source.map(str::to_owned), rows);
    let expected = [
        of("duplicate", None, 2),
        of("invalid", None, 1),
        of("excluded", Some("退订.csv"), 2),
        of("excluded", Some("bought.csv"), 1),
        of("window", None, 10),
        of("late", None, 30),
    ];
    assert_eq!(rows(found), expected);
    assert_eq!(
        (&found["rows"], &found["to_send"], &found["order"]),
        (&json!(106), &json!(60), &json!("deadline"))
    );
    assert_eq!(found["begins"], "2026-11-27T15:19:00+08:00");
    assert_eq!(found["ends"], "2026-11-27T15:19:59+08:00");
    let sum: u64 = expected.iter().map(|(_, _, rows)| rows).sum();
    assert_eq!(sum + 60, 106);

    let shown = world.run(&["plan", "campaign.toml"]).exits(0).stdout;
    let markdown = world.run(&["plan", "campaign.toml", "--format", "markdown"]).exits(0).stdout;
    world.run(&["preview", "campaign.toml", "-o", "page.html"]).exits(0);
    let page = world.read("page.html");
    for (label, count, note) in [
        ("In the list", 106, ""),
        ("openid in an earlier row", 2, "skipped"),
        ("faulty row", 1, "skipped"),
        ("in an excluded list", 2, "skipped (退订.csv)"),
        ("window closed", 10, "skipped"),
        ("window closes before their turn", 30, "skipped: nobody would be late at 90 a minute"),
        ("To send", 60, "whose window closes first comes first, 2026-11-27 15:19 (+08:00)"),
    ] {
        assert_eq!(told(&shown, label), Some(count), "{shown}");
        assert!(shown.contains(note), "{note}\n{shown}");
        let bold = markdown.contains(&format!("| **{label}** | {count} | {note}"));
        assert!(bold || markdown.contains(&format!("| {label} | {count} | {note} |")), "{label}\n{markdown}");
        let cells = format!(
            "<th scope=\"row\">{label}</th><td class=\"number\">{count}</td><td dir=\"auto\">{note}</td>"
        );
        assert!(page.contains(&cells), "{cells}\n{page}");
    }
}

#[test]
fn without_a_fixed_beginning_equal_files_give_equal_bytes_and_people_are_told_as_of_now() {
    let world = world(fixed, "rate = \"1/s\"");
    let args = ["plan", "campaign.toml", "--format", "json"];
    let found = world.run(&args).exits(0).json()["breakdown"].clone();
    assert_eq!((&found["to_send"], &found["begins"]), (&json!(100), &Json::Null));
    assert!(rows(&found).iter().all(|(reason, _, _)| reason != "window"), "{found}");
    // By now all these windows have closed.
    world.run(&["plan", "campaign.toml"]).exits(0).tells("window closed", 100).tells("To send", 0);
}

#[test]
fn the_question_counts_those_who_are_left_and_says_what_became_of_the_others() {
    let now = Timestamp::now();
    let time = move |index: usize| {
        let hours = if (90..100).contains(&index) { 60 } else { 40 };
        (now - SignedDuration::from_hours(hours)).as_second().to_string()
    };
    let world = world(time, "rate = \"200/s\"");
    let platform = Platform::new("[[answers]]\ncode = 45015\nmessages = 3\n");
    let first = world.run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", "40"]).exits(7);
    first.tells("In the list", 106).tells("window closed", 10).tells("To send", 90);
    // Only those who are left count for windows, too: ten are out of them and fifty in time.
    let second = world.send(&platform);
    let second = second.tells("sent before", 39).tells("refused before", 1).tells("window closed", 10);
    let second = second.tells("To send", 50).tells("In the list", 106);
    assert!(second.stderr.contains("whose window closes first comes first"), "{}", second.stderr);
    assert_eq!(second.exits(5).counts(), "89 sent, 1 refused, 16 skipped");
}
