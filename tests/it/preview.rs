//! `wxcast preview`: finished messages, as a person sees them and as they are sent.

use serde_json::Value as Json;

use crate::support::{APPID, World, openid};

fn shown(world: &World, args: &[&str]) -> Vec<Json> {
    let args = [&["preview", "campaign.toml", "--format", "json"], args].concat();
    world.run(&args).exits(0).json().as_array().expect("an array").clone()
}

fn rows(messages: &[Json]) -> Vec<u64> {
    messages.iter().map(|one| one["row"].as_u64().expect("a row")).collect()
}

#[test]
fn json_has_exactly_the_keys_of_the_contract_and_the_payload_as_it_is_sent() {
    let world = World::with_recipients(2);
    let ran = world.run(&["preview", "campaign.toml", "--format", "json"]).exits(0);
    let messages = ran.json();
    let keys: Vec<&String> = messages[0].as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["row", "openid", "payload"]);
    assert_eq!(messages[1]["openid"], openid(1));
    let payload =
        format!(r#"{{"touser":"{}","msgtype":"text","text":{{"content":"Hello Name 1"}}}}"#, openid(1));
    assert!(ran.stdout.contains(&payload), "compact inside: {}", ran.stdout);
}

#[test]
fn without_a_choice_the_first_ones_are_shown() {
    let world = World::with_recipients(30);
    assert_eq!(rows(&shown(&world, &[])), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(rows(&shown(&world, &["--limit", "2"])), [1, 2]);
    assert_eq!(shown(&world, &["--pick", "100"]).len(), 30);
}

#[test]
fn a_row_or_an_openid_can_be_chosen() {
    let world = World::with_recipients(30);
    let row = shown(&world, &["--row", "30"]);
    assert_eq!((rows(&row), &row[0]["openid"]), (vec![30], &openid(29).into()));
    assert_eq!(rows(&shown(&world, &["--openid", &openid(4)])), [5]);
    for choice in [&["--row", "31"], &["--row", "0"], &["--openid", "oNobody"]] {
        let ran = world.run(&[&["preview", "campaign.toml"], &choice[..]].concat()).exits(2);
        assert_eq!(ran.stdout, "");
        ran.says("No message is planned");
    }
}

#[test]
fn every_message_to_one_openid_is_shown() {
    let world = World::new();
    world.text_campaign("Hello {{name}}", "");
    let toml = world.read("campaign.toml").replace("[message", "duplicates = \"each\"\n[message");
    world.file("campaign.toml", toml);
    let one = openid(1);
    world.file("audience.csv", format!("openid,name\n{one},A\n{},B\n{one},C\n", openid(2)));
    assert_eq!(rows(&shown(&world, &["--openid", &one])), [1, 3]);
}

#[test]
fn a_person_sees_the_text_with_its_line_breaks() {
    let world = World::new();
    world.text_campaign("{{name}}，您好！\n第二行 <a href=\"https://a.cn\">点这里</a>", "");
    world.file("audience.csv", format!("openid,name\n{},\"\"\"小\"\"明😀\"\n", openid(1)));
    let ran = world.run(&["preview", "campaign.toml"]).exits(0);
    let expected = "│ \"小\"明😀，您好！\n│ 第二行 <a href=\"https://a.cn\">点这里</a>\n";
    assert!(ran.stdout.ends_with(expected), "{}", ran.stdout);
    assert!(ran.stdout.contains(&openid(1)), "{}", ran.stdout);
    ran.says("wxcast rehearse campaign.toml");
}

#[test]
fn a_person_sees_the_fields_of_other_kinds_and_who_speaks() {
    let world = World::new();
    world.file(
        "campaign.toml",
        format!(
            "[campaign]\nid = \"a\"\n[account]\nappid = \"{APPID}\"\nkf_account = \"test1@kftest\"\nai_generated = true\n\
             [audience]\nfile = \"audience.csv\"\n[[message.news.articles]]\ntitle = \"{{{{name}}}}\"\n\
             description = \"d\"\nurl = \"https://u\"\npicurl = \"https://p\"\n"
        ),
    );
    world.recipients(1);
    let ran = world.run(&["preview", "campaign.toml"]).exits(0);
    for text in ["articles[1].title: Name 0", "articles[1].url: https://u", "test1@kftest", "AI"] {
        assert!(ran.stdout.contains(text), "{text} is not in:\n{}", ran.stdout);
    }
}

#[test]
fn openids_are_masked_for_people_in_ci_and_on_request() {
    let world = World::with_recipients(1);
    let open = world.run(&["preview", "campaign.toml"]).exits(0);
    assert!(open.stdout.contains(&openid(0)));
    let masked = world.run(&["preview", "campaign.toml", "--mask-openid", "on"]).exits(0);
    assert!(!masked.stdout.contains(&openid(0)), "{}", masked.stdout);
    let ci = world.command(&["preview", "campaign.toml"]).env("CI", "1").output().expect("a run");
    assert!(!String::from_utf8_lossy(&ci.stdout).contains(&openid(0)));
}

#[test]
fn output_goes_into_a_file_when_asked() {
    let world = World::with_recipients(1);
    let screen = world.run(&["preview", "campaign.toml"]).exits(0);
    let file = world.run(&["preview", "campaign.toml", "-o", "preview.txt"]).exits(0);
    assert_eq!(file.stdout, "");
    assert_eq!(world.read("preview.txt"), screen.stdout);
}

#[test]
fn skipped_and_faulty_rows_have_no_message() {
    let world = World::new();
    world.text_campaign("Hello {{name}}", "");
    let toml = world.read("campaign.toml").replace("[message", "invalid_rows = \"skip\"\n[message");
    world.file("campaign.toml", toml);
    let one = openid(1);
    world.file("audience.csv", format!("openid,name\n{one},A\nbad id,B\n{one},C\n{},D\n", openid(2)));
    assert_eq!(rows(&shown(&world, &[])), [1, 4]);
}

#[test]
fn a_pick_takes_the_rows_that_matter_the_same_each_time() {
    let world = World::new();
    world.text_campaign("{{name}}{{#if vip}} VIP{{else if new}} new{{/if}} {{note}}", "");
    let mut csv = String::from("openid,name,vip,new,note\n");
    for index in 0..5000 {
        let (name, vip, new, note) = match index {
            10 => ("A", "", "", "."),
            20 => ("Ann", "1", "", "."),
            30 => ("Ann", "", "1", "."),
            40 => ("Ann", "", "", ""),
            50 | 51 => ("欧阳慕容", "", "", "."),
            60 => ("Ann", "", "", "a very long note indeed"),
            _ => ("Ann", "", "", "."),
        };
        csv.push_str(&format!("{},{name},{vip},{new},{note}\n", openid(index)));
    }
    world.file("audience.csv", csv);
    let pick = || world.run(&["preview", "campaign.toml", "--pick", "20"]).exits(0).stdout;
    let text = pick();
    let reasons = |row: usize| {
        let after = text.split(&format!("── Row {row} ")).nth(1).unwrap_or_else(|| panic!("{row} in {text}"));
        after.lines().skip(1).map_while(|line| line.strip_prefix("Picked: ")).collect::<Vec<_>>()
    };
    assert_eq!(
        reasons(1),
        [
            "the first",
            "first to take {{else if new}} … {{else}}",
            "name: Ann",
            "note: .",
            "first without vip",
            "first without new"
        ]
    );
    assert_eq!(reasons(11), ["name: A", "the shortest text"]);
    assert_eq!(reasons(21), ["first to take {{#if vip}}", "vip: 1", "the widest vip"]);
    assert_eq!(reasons(31), ["first to take {{else if new}}", "new: 1", "the widest new"]);
    assert_eq!(reasons(41), ["first without note"]);
    assert_eq!(reasons(51), ["name: 欧阳慕容", "the widest name"], "the first of two that are alike");
    assert_eq!(reasons(61), ["the longest text", "note: a very long note indeed", "the widest note"]);
    assert_eq!(reasons(5000), ["the last"]);
    assert_eq!(text.matches("── Row").count(), 20, "the rest is spread over the audience");
    assert_eq!(text.matches("one out of the rest").count(), 12);
    assert_eq!(text, pick());
}

#[test]
fn of_each_warning_one_row_is_picked() {
    let world = World::new();
    world.text_campaign("Hello {{name}}", "");
    let odd = |index: usize| format!("odd-shape-{index}");
    let csv = format!("openid,name\n{},A\n{},B\n{},C\n{},D\n", openid(1), odd(1), odd(2), openid(2));
    world.file("audience.csv", csv);
    let picked = world.run(&["preview", "campaign.toml", "--pick", "8"]).exits(0).stdout;
    let reason = "Picked: first with a warning: An openid has an unusual shape.";
    assert_eq!(picked.matches(reason).count(), 1, "{picked}");
    let row = picked.find("── Row 2 ").expect("row 2");
    assert!(picked[row..].find(reason) < picked[row..].find("── Row 3 "), "{picked}");
}

#[test]
fn a_pick_of_few_takes_what_matters_most_and_one_of_many_takes_all() {
    let world = World::with_recipients(30);
    assert_eq!(rows(&shown(&world, &["--pick", "1"])), [1]);
    assert_eq!(rows(&shown(&world, &["--pick", "3"])), [1, 11, 30], "the first, the longest, the last");
    assert_eq!(rows(&shown(&world, &["--pick", "5"])), [1, 7, 11, 13, 30], "and some that are spread");
    assert_eq!(rows(&shown(&world, &["--pick", "40"])), (1..=30).collect::<Vec<_>>());
    assert_eq!(rows(&shown(&world, &["--pick", "0"])), Vec::<u64>::new());
}

#[test]
fn what_is_odd_about_the_list_is_told_beside_the_messages_also_where_they_look_well() {
    let world = World::with_recipients(1);
    world.file("audience.csv", format!("openid,name\n{},Li\n{},鐜嬩簲\n", openid(0), openid(1)));
    let shown = world.run(&["preview", "campaign.toml", "--row", "1"]).exits(0);
    assert!(!shown.stdout.contains("鐜"), "{}", shown.stdout);
    shown.says("Warnings: 1; `wxcast plan campaign.toml` shows each").says("1 × ");
    let json = world.run(&["preview", "campaign.toml", "--format", "json"]).exits(0);
    assert!(!json.stderr.contains("Warnings"), "{}", json.stderr);
}
