//! What somebody agreed to is one plan and its people: others, and another text, are asked about anew.

use crate::support::pty::Session;
use crate::support::{Platform, RESULTS, Ran, World, openid};

/// The id of the plan as the files are now.
fn plan(world: &World, platform: &Platform) -> String {
    let plan = world.run_at(platform, &["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    plan["plan"].as_str().expect("an id").to_owned()
}

/// A run that somebody agreed to by the plan's id.
fn agreed(world: &World, platform: &Platform, more: &[&str]) -> Ran {
    let id = plan(world, platform);
    let args = ["send", "campaign.toml", "--yes", "--format", "json", "--expect-plan", &id];
    world.run_at(platform, &[&args[..], more].concat())
}

/// A list of these people, with what stands in their cells.
fn list(world: &World, people: impl IntoIterator<Item = usize>, cell: &str) {
    let rows = people.into_iter().map(|index| format!("{},{cell} {index}\n", openid(index)));
    world.file("audience.csv", format!("openid,name\n{}", rows.collect::<String>()));
}

#[test]
fn people_whose_cells_changed_stop_a_run_to_new_people_until_that_plan_is_agreed_to() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    world.send(&platform).exits(0);
    // Last month's folder with its id: new codes for those who are known, and two who are new.
    list(&world, 0..5, "New");
    let ran = world.send(&platform).exits(8).says("3 people were sent a message that differs");
    ran.says("A new campaign needs a new `campaign.id`").says("--expect-plan plan:");
    assert_eq!(platform.ledger().totals().requests, 3);
    assert_eq!(agreed(&world, &platform, &["--limit", "1"]).exits(7).json()["requests"], 1);
    // It is the same plan: who agreed to it need not do so again.
    assert_eq!(world.send(&platform).exits(0).json()["requests"], 1);
    let told = world.run(&["results", "campaign.toml"]).exits(0);
    told.says("3 people were sent another text than the files give now").says("campaign.id");
    let advice: Vec<String> = world.results().iter().map(|row| row[5].to_owned()).collect();
    let other = "Was sent another text than this row gives now.";
    assert_eq!(advice, [other, other, other, "", ""], "{}", world.read(RESULTS));
    assert!(world.results().iter().all(|row| &row[2] == "sent"));
}

#[test]
fn a_yes_to_the_same_text_under_another_id_is_for_the_people_it_was_given_for() {
    let (world, platform) = (World::with_recipients(10), Platform::new(""));
    world.send(&platform).exits(0);
    world.edit("campaign.toml", "\"spring\"", "\"summer\"");
    list(&world, 0..3, "Name");
    world.send(&platform).exits(8).says("3 of these 3 got exactly this as `spring` wave 1");
    agreed(&world, &platform, &["--limit", "2"]).exits(7);
    assert_eq!(world.send(&platform).exits(0).json()["requests"], 1, "it is the plan that was agreed to");
    list(&world, 0..10, "Name");
    let ran = world.send(&platform).exits(8).says("7 of these 7 got exactly this as `spring` wave 1");
    ran.says("7 of these people were also sent `spring` wave 1");
    assert_eq!(platform.ledger().totals().requests, 13);
}

#[test]
fn whoever_got_exactly_the_text_of_now_got_no_earlier_one() {
    let (world, platform) = (World::with_recipients(2), Platform::new(""));
    world.send(&platform).exits(0);
    world.edit("campaign.toml", "Hello", "Goodbye");
    list(&world, 0..6, "Name");
    world.send(&platform).exits(8).says("2 people were sent the earlier one");
    agreed(&world, &platform, &[]).exits(0);
    world.edit("campaign.toml", "Goodbye", "Hello");
    list(&world, 0..7, "Name");
    world.send(&platform).exits(8).says("4 people were sent the earlier one").says("new `campaign.id`");
    assert_eq!(platform.ledger().totals().requests, 6);
}

#[test]
fn whoever_was_sent_the_message_and_left_the_list_is_told_also_when_nothing_is_left() {
    let (world, platform) = (World::with_recipients(5), Platform::new(""));
    world.send(&platform).exits(0);
    list(&world, 0..3, "Name");
    let gone = "2 recipients of earlier runs are no longer in the audience";
    let ran = world.send(&platform).exits(0).says(gone);
    assert_eq!((ran.counts().as_str(), &ran.json()["requests"]), ("3 sent", &0.into()));
    world.run(&["results", "campaign.toml"]).exits(0).says(gone);
}

#[test]
fn the_same_message_with_another_blank_or_comma_under_another_id_is_asked_about() {
    let (world, platform) = (World::with_recipients(4), Platform::new(""));
    world.text_campaign("Hello, {{name}}! Your code is 1.5.", "");
    world.send(&platform).exits(0);
    for (id, text) in [
        ("summer", "Hello, {{name}}! Your code is 1.5. "),
        ("autumn", "Hello {{name}}!\n\nYour code  is 1.5"),
        ("winter", "Hello， {{name}} —— Your code is 1.5。"),
    ] {
        world.text_campaign(text, "");
        world.edit("campaign.toml", "\"spring\"", &format!("\"{id}\""));
        // Somebody new, and somebody who is gone.
        list(&world, 1..6, "Name");
        let ran = world.send(&platform).exits(8);
        ran.says("3 of these 5 got this, with other blanks or punctuation at most, as `spring` wave 1")
            .says("the same message")
            .says("--expect-plan plan:");
    }
    assert_eq!(platform.ledger().totals().requests, 4);
    // What reads otherwise is another message, and cells of the list are part of what is read.
    world.text_campaign("Hello, {{name}}! Your code is 15.", "");
    world.edit("campaign.toml", "\"spring\"", "\"other\"");
    world.send(&platform).exits(0);
    world.text_campaign("Hello, {{name}}! Your code is 1.5. ", "");
    world.edit("campaign.toml", "\"spring\"", "\"cells\"");
    list(&world, 0..4, "Customer");
    world.send(&platform).exits(0);
}

#[test]
fn the_message_that_is_shown_before_the_yes_is_one_that_is_sent() {
    let (world, platform) = (World::with_recipients(5), Platform::new(""));
    let sample = |ran: Ran| ran.stderr.lines().find(|line| line.starts_with("│ ")).map(str::to_owned);
    let some = ["send", "campaign.toml", "--yes", "--limit", "3"];
    assert_eq!(sample(world.run_at(&platform, &some)).as_deref(), Some("│ Hello Name 0"));
    let base = platform.base();
    let environment = [("WXCAST_API_BASE", base.as_str())];
    let mut asking = Session::start(&world, "send campaign.toml", &environment);
    asking.sees("│ Hello Name 3").sees("[y/N]").types("n");
    let (code, shown) = asking.ends();
    assert!(code == 8 && !shown.contains("Hello Name 0"), "{code}: {shown}");
    // Whoever has agreed before is asked nothing, and is shown nothing that is not sent.
    assert_eq!(sample(world.send(&platform).exits(0)), None);
}

#[test]
fn a_wave_says_that_its_results_take_the_place_of_those_of_the_wave_before() {
    let (world, platform) = (World::with_recipients(2), Platform::new(""));
    world.text_campaign("Hello {{name}}", "[results]\nfile = \"results.csv\"\n");
    let said = "holds the results of wave 1, and those of this wave take their place";
    assert!(!world.send(&platform).exits(0).stderr.contains(said));
    world.edit("campaign.toml", "id = \"spring\"", "id = \"spring\"\nwave = 2");
    let agreed = agreed(&world, &platform, &["--limit", "1"]).exits(7).says(said);
    assert!(agreed.stderr.contains("`results.local.csv`"), "{}", agreed.stderr);
    let again = world.send(&platform).exits(0);
    assert!(!again.stderr.contains(said), "{}", again.stderr);
}
