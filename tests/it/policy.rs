//! `policy.toml`: what holds for every campaign of an account, whatever the campaign says.

use std::fs;

use serde_json::{Value as Json, json};

use crate::support::{APPID, Platform, Ran, World, openid};

/// A campaign to so many people under this policy.
fn world(count: usize, policy: &str) -> World {
    let world = World::with_recipients(count);
    world.file("policy.toml", policy);
    world
}

/// The same campaign file under another id, to the people with these numbers.
fn another(world: &World, id: &str, people: std::ops::Range<usize>) {
    let lines: Vec<String> = people.map(|number| format!("{},Name {number}", openid(number))).collect();
    world.file(&format!("{id}.csv"), format!("openid,name\n{}\n", lines.join("\n")));
    let text = world.read("campaign.toml").replace("\"spring\"", &format!("\"{id}\""));
    let text = text.replace("audience.csv", &format!("{id}.csv")).replace("Hello", &format!("{id}, hello"));
    world.file(&format!("{id}.toml"), text);
}

fn send(world: &World, platform: &Platform, campaign: &str) -> Ran {
    world.run_at(platform, &["send", campaign, "--yes", "--format", "json"])
}

fn plan(world: &World, campaign: &str, more: &[&str], code: i32) -> Json {
    world.run(&[&["plan", campaign, "--format", "json"], more].concat()).exits(code).json()
}

/// The faults of a plan: their codes, files and lines.
fn faults(plan: &Json) -> Vec<(String, String, Option<u64>)> {
    let text = |fault: &Json, key: &str| fault[key].as_str().expect("a text").to_owned();
    let all = plan["diagnostics"].as_array().expect("faults").iter();
    all.map(|fault| (text(fault, "code"), text(fault, "file"), fault["line"].as_u64())).collect()
}

fn people(numbers: &[usize]) -> String {
    let lines: Vec<String> = numbers.iter().map(|number| openid(*number)).collect();
    format!("openid\n{}\n", lines.join("\n"))
}

/// A campaign to so many people in a folder of a repository; it lies outside of the repository, too.
fn shop(recipients: usize) -> World {
    let world = World::new();
    world.file("shop/.git/HEAD", "ref: refs/heads/main\n");
    world.text_campaign("Hello {{name}}", "");
    world.recipients(recipients);
    for name in ["campaign.toml", "audience.csv"] {
        world.file(&format!("shop/may/{name}"), world.read(name));
    }
    world
}

#[test]
fn every_fault_of_a_policy_is_told_at_once_with_its_place_beside_those_of_the_campaign() {
    let world = world(
        2,
        "[cap]\n[caps]\nper_person = [\"1/1d\", \"3/0d\", \"many\"]\nover = \"drop\"\nexempt = [\"Order*\"]\n\
         [exclude]\nfiles = [\"none.csv\"]\nrefused = { codes = [], for = \"soon\" }\n\
         [hours]\nhours = [\"9-21\"]\nzone = \"China\"\n[try]\nrequired = \"yes\"\n",
    );
    world.edit("campaign.toml", "rate = \"100000/s\"", "rate = \"fast\"");
    let found = faults(&plan(&world, "campaign.toml", &[], 3));
    for (code, file, line) in [
        ("bad-value", "campaign.toml", 10),
        ("unknown-key", "policy.toml", 1),
        ("bad-value", "policy.toml", 3),
        ("not-one-of", "policy.toml", 4),
        ("bad-value", "policy.toml", 5),
        ("empty-list", "policy.toml", 8),
        ("bad-value", "policy.toml", 10),
        ("bad-value", "policy.toml", 11),
        ("wrong-type", "policy.toml", 13),
    ] {
        let wanted = (code.to_owned(), file.to_owned(), Some(line));
        assert!(found.contains(&wanted), "{wanted:?} is not in {found:#?}");
    }
    let told = world.run(&["plan", "campaign.toml"]).exits(3);
    assert!(
        told.stderr.contains("policy.toml:1:2") && told.stderr.contains("per_person = "),
        "{}",
        told.stderr
    );
}

#[test]
fn a_policy_that_cannot_be_read_lets_nothing_be_sent() {
    let world = World::with_recipients(2);
    let platform = Platform::new("");
    for content in [&b"[caps\nper_person"[..], b"\xff\xfe\x00", &vec![b'#'; 300 << 10]] {
        world.file("policy.toml", content);
        send(&world, &platform, "campaign.toml").exits(3);
    }
    fs::remove_file(world.path("policy.toml")).expect("a removed file");
    world.edit("campaign.toml", "[account]", "[account]\npolicy = \"rules/ours.toml\"");
    let found = faults(&plan(&world, "campaign.toml", &[], 3));
    assert_eq!(found, [("policy-unreadable".to_owned(), "campaign.toml".to_owned(), Some(4))]);
    fs::create_dir_all(world.path("rules/ours.toml")).expect("a folder");
    send(&world, &platform, "campaign.toml").exits(3);
    assert_eq!(platform.ledger().totals().requests, 0);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_policy_is_refused_and_nobody_waits_for_it() {
    let world = World::with_recipients(1);
    let made = std::process::Command::new("mkfifo").arg(world.path("policy.toml")).status();
    assert!(made.is_ok_and(|made| made.success()));
    let found = faults(&plan(&world, "campaign.toml", &[], 3));
    assert_eq!(found, [("policy-unreadable".to_owned(), "policy.toml".to_owned(), None)]);
    // Links that lead nowhere are no policy that is not there either.
    fs::remove_file(world.path("policy.toml")).expect("a removed pipe");
    std::os::unix::fs::symlink("gone.toml", world.path("policy.toml")).expect("a link");
    plan(&world, "campaign.toml", &[], 3);
}

#[test]
fn policies_of_all_folders_up_to_the_repository_hold_and_a_laxer_one_below_takes_nothing_back() {
    let world = shop(6);
    world.file("policy.toml", "[exclude]\nfiles = [\"none.csv\"]\n");
    world.file("shop/policy.toml", "[exclude]\nfiles = [\"left.csv\"]\n");
    world.file("shop/left.csv", people(&[1, 2]));
    world.file("shop/may/policy.toml", "[exclude]\nfiles = [\"bought.csv\"]\n");
    world.file("shop/may/bought.csv", people(&[2, 3]));
    let found = plan(&world, "shop/may/campaign.toml", &[], 0);
    assert_eq!(
        (&found["planned"], &found["policies"]),
        (&json!(3), &json!(["policy.toml", "../policy.toml"]))
    );
    assert_eq!(found["skipped_by_reason"]["excluded"], 3);
    let again = plan(&world, "shop/may/campaign.toml", &["--sandbox"], 0);
    assert_eq!(again["plan"], found["plan"], "the same for whoever reads nothing else of this computer");
    assert_eq!(again["diagnostics"], json!([]), "a list for all campaigns need not have people of each");
    // What a campaign names is one more.
    let campaign = "shop/may/campaign.toml";
    world.edit(campaign, "[account]", "[account]\npolicy = \"../../policy.toml\"");
    assert_eq!(faults(&plan(&world, campaign, &[], 3))[0].0, "list-unreadable");
    assert_eq!(faults(&plan(&world, campaign, &["--sandbox"], 3))[0].0, "outside-sandbox");
    world.edit(campaign, "../../policy.toml", "./policy.toml");
    assert_eq!(plan(&world, campaign, &[], 0)["planned"], 3, "one that is found anyhow holds once");
}

#[test]
fn outside_of_a_repository_only_the_campaigns_own_folder_is_looked_at() {
    let world = World::new();
    world.text_campaign("Hello {{name}}", "");
    world.recipients(2);
    for name in ["campaign.toml", "audience.csv"] {
        world.file(&format!("may/{name}"), world.read(name));
    }
    world.file("policy.toml", "nonsense");
    plan(&world, "may/campaign.toml", &[], 0);
    plan(&world, "campaign.toml", &[], 3);
}

#[test]
fn something_called_git_that_is_no_repository_hides_no_policy() {
    let world = shop(4);
    world.file("shop/policy.toml", "[exclude]\nfiles = [\"left.csv\"]\n");
    world.file("shop/left.csv", people(&[1]));
    let planned = || plan(&world, "shop/may/campaign.toml", &[], 0)["planned"].clone();
    world.file("shop/may/.git", "");
    assert_eq!(planned(), 3);
    fs::remove_file(world.path("shop/may/.git")).expect("a removed file");
    fs::create_dir(world.path("shop/may/.git")).expect("a folder");
    assert_eq!(planned(), 3);
    // A second working tree of a repository has a file there.
    fs::remove_dir(world.path("shop/may/.git")).expect("a removed folder");
    world.file("shop/may/.git", "gitdir: /elsewhere/.git/worktrees/may\n");
    assert_eq!(planned(), 4);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_campaign_or_its_folder_leaves_no_policy_behind() {
    let world = World::new();
    world.file("shop/.git/HEAD", "ref: refs/heads/main\n");
    world.text_campaign("Hello {{name}}", "");
    world.recipients(4);
    for name in ["campaign.toml", "audience.csv"] {
        world.file(&format!("shop/may/{name}"), world.read(name));
        fs::remove_file(world.path(name)).expect("a removed file");
    }
    world.file("shop/policy.toml", "[exclude]\nfiles = [\"left.csv\"]\n");
    world.file("shop/left.csv", people(&[1]));
    // In the folder with the link another policy holds; both do.
    world.file("desk/policy.toml", "[exclude]\nfiles = [\"staff.csv\"]\n");
    world.file("desk/staff.csv", people(&[2]));
    world.file("desk/audience.csv", world.read("shop/may/audience.csv"));
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(world.path(to), world.path(name)).expect("a link");
    };
    link("shop/may", "may");
    link("shop/may/campaign.toml", "desk/link.toml");
    let planned = |campaign: &str| plan(&world, campaign, &[], 0)["planned"].clone();
    assert_eq!(["shop/may/campaign.toml", "may/campaign.toml"].map(planned), [json!(3), json!(3)]);
    assert_eq!(planned("desk/link.toml"), json!(2));
    assert_eq!(faults(&plan(&world, "may/campaign.toml", &["--sandbox"], 3))[0].0, "outside-sandbox");
}

#[cfg(unix)]
#[test]
fn the_users_own_policy_for_an_account_holds_wherever_the_campaign_lies() {
    let world = World::with_recipients(3);
    let folder = world.home().join(".config/wxcast");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("left.csv"), people(&[0])).expect("a file");
    let policy = "[exclude]\nfiles = [\"left.csv\"]\n";
    fs::write(folder.join("policy-wx0000000000000000.toml"), "nonsense").expect("a file");
    fs::write(folder.join(format!("policy-{APPID}.toml")), policy).expect("a file");
    let found = plan(&world, "campaign.toml", &[], 0);
    assert_eq!(
        (&found["planned"], &found["policies"]),
        (&json!(2), &json!([format!("policy-{APPID}.toml")]))
    );
    let travels = plan(&world, "campaign.toml", &["--sandbox"], 0);
    assert_eq!(travels["planned"], 3, "nobody else has this file");
}

#[test]
fn a_campaign_narrows_the_hours_of_a_policy_and_never_widens_them() {
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let hour = |later: i8| (now.hour() + later) % 24;
    let closed = format!("[hours]\nhours = [\"{:02}:00-{:02}:00\"]\nzone = \"UTC\"\n", hour(3), hour(5));
    let world = world(2, &closed);
    let platform = Platform::new("");
    let ran = send(&world, &platform, "campaign.toml").exits(7);
    assert_eq!(ran.counts(), "2 unsent");
    assert!(ran.json()["resume_at"].is_string(), "{ran:?}");
    world.edit("campaign.toml", "rate =", "zone = \"UTC\"\nhours = [\"00:00-24:00\"]\nrate =");
    send(&world, &platform, "campaign.toml").exits(7);
    world.edit("campaign.toml", "00:00-24:00", &format!("{:02}:00-{:02}:00", hour(6), hour(7)));
    assert_eq!(faults(&plan(&world, "campaign.toml", &[], 3))[0].0, "hours-never");
    assert_eq!(platform.ledger().totals().requests, 0);
}

#[test]
fn a_policy_has_every_message_tried_by_its_testers_before_it_goes_out() {
    let world =
        world(2, &format!("[try]\nrecipients = [\"{}\", \"testers.csv\"]\nrequired = true\n", openid(7)));
    world.file("testers.csv", people(&[8]));
    let platform = Platform::new("");
    // A campaign that names other testers, or none required, changes nothing.
    let campaign = world.read("campaign.toml");
    world.file(
        "campaign.toml",
        format!("{campaign}\n[try]\nrecipients = \"{}\"\nrequired = false\n", openid(9)),
    );
    send(&world, &platform, "campaign.toml").exits(8);
    world.run_at(&platform, &["try", "campaign.toml", "--to", &openid(9)]).exits(0);
    send(&world, &platform, "campaign.toml").exits(8);
    world.run_at(&platform, &["try", "campaign.toml"]).exits(0);
    assert_eq!([7, 8].map(|tester| platform.ledger().accepted(&openid(tester))), [1, 1]);
    assert_eq!(send(&world, &platform, "campaign.toml").exits(0).counts(), "2 sent");
}

#[test]
fn whom_a_policy_excludes_is_sent_no_try_unless_it_names_them_as_testers_itself() {
    let world = world(
        4,
        &format!(
            "[exclude]\nfiles = [\"staff.csv\"]\n[try]\nrecipients = [\"{}\", \"testers.csv\"]\nrequired = true\n",
            openid(7)
        ),
    );
    world.file("staff.csv", people(&[1, 2, 7, 8]));
    world.file("testers.csv", people(&[8]));
    let platform = Platform::new("");
    let campaign = world.read("campaign.toml");
    let asks = |names: &str| {
        world.file("campaign.toml", format!("{campaign}\n[try]\nrecipients = [{names}]\n"));
        world.run_at(&platform, &["try", "campaign.toml"])
    };
    world.file("mine.csv", people(&[2, 9]));
    let ran = asks(&format!("\"{}\", \"mine.csv\"", openid(1))).exits(0);
    assert!(ran.stderr.contains("Testers who are sent nothing: 2. They are in staff.csv"), "{}", ran.stderr);
    let had = |tester: usize| platform.ledger().accepted(&openid(tester));
    assert_eq!([1, 2, 7, 8, 9].map(had), [0, 0, 1, 1, 1]);
    assert_eq!(send(&world, &platform, "campaign.toml").exits(0).counts(), "2 sent, 2 skipped");
    // Nor by the command line, nor by a policy that the campaign names beside the other.
    let ran = world.run_at(&platform, &["try", "campaign.toml", "--to", &openid(1)]).exits(2);
    assert!(ran.stderr.contains("staff.csv"), "{}", ran.stderr);
    world.file("lax.toml", format!("[try]\nrecipients = [\"{}\", \"mine.csv\"]\n", openid(1)));
    world.file("campaign.toml", campaign.replace("[account]", "[account]\npolicy = \"lax.toml\""));
    world.run_at(&platform, &["try", "campaign.toml"]).exits(0);
    assert_eq!([1, 2, 7, 8, 9].map(had), [0, 0, 2, 2, 2]);
}

#[test]
fn what_a_policy_asks_for_is_told_with_the_name_of_the_policy() {
    let world = world(
        3,
        &format!(
            "[exclude]\nfiles = [\"left.csv\"]\n[try]\nrecipients = \"{}\"\nrequired = true\n",
            openid(7)
        ),
    );
    world.file("left.csv", people(&[1]));
    let platform = Platform::new("");
    let ran = send(&world, &platform, "campaign.toml").exits(8);
    assert!(ran.stderr.contains("policy.toml has `required = true` in `[try]`"), "{}", ran.stderr);
    world.run_at(&platform, &["try", "campaign.toml"]).exits(0);
    send(&world, &platform, "campaign.toml").exits(0);
    let advice = |person: usize| {
        let rows = world.results();
        rows.iter().find(|row| row[0] == openid(person)).expect("a row")[5].to_owned()
    };
    assert!(advice(1).contains("left.csv, which `[exclude]` of policy.toml names"), "{}", advice(1));
    // What the campaign asks for itself is told as that.
    let campaign =
        world.read("campaign.toml").replace("\"spring\"", "\"may\"").replace("Hello", "Good morning");
    world.file("campaign.toml", format!("{campaign}\n[try]\nrequired = true\n"));
    let ran = send(&world, &platform, "campaign.toml").exits(8);
    assert!(ran.stderr.contains("The campaign has `required = true`"), "{}", ran.stderr);
    // A key that no policy has is explained by the keys of policies.
    world.file("policy.toml", "[cap]\nper_person = \"1/1d\"\n[hours]\nhours = [\"9-21\"]\n");
    let told = world.run(&["plan", "campaign.toml"]).exits(3);
    assert_eq!(told.stderr.matches("`wxcast schema policy`").count(), 2, "{}", told.stderr);
    assert!(!told.stderr.contains("`wxcast schema campaign`"), "{}", told.stderr);
}

#[test]
fn nothing_is_written_over_a_policy() {
    let world = world(1, "[caps]\nper_person = \"1/1d\"\n");
    let before = world.read("policy.toml");
    world.run(&["plan", "campaign.toml", "-o", "policy.toml"]).exits(2);
    world.run(&["plan", "campaign.toml", "-o", "./policy.toml", "--format", "json"]).exits(2);
    assert_eq!(world.read("policy.toml"), before);
}

#[test]
fn who_had_as_many_campaigns_as_the_policy_allows_is_skipped_and_told_why_everywhere() {
    let world = world(6, "[caps]\nper_person = [\"1/1d\", \"3/7d\"]\n");
    let platform = Platform::new("");
    another(&world, "may", 0..4);
    assert_eq!(send(&world, &platform, "may.toml").exits(0).counts(), "4 sent");
    let found = plan(&world, "campaign.toml", &[], 0);
    assert!(found.get("caps").is_none(), "equal files give equal bytes: {found:#}");
    let base = platform.base();
    let at = jiff::Timestamp::now().to_string();
    let told = world.command_at(&platform, &["plan", "campaign.toml", "--format", "json", "--at", &at]);
    let mut told = Ran::of({ told }.output().expect("the binary runs")).exits(0).json();
    assert_eq!((&told["planned"], &told["plan"].is_string()), (&json!(6), &true), "{base}");
    let caps = told["caps"].take();
    assert_eq!((&caps["skipped"], &caps["later"], &caps["refused"]), (&json!(4), &json!(0), &json!(0)));
    assert_eq!(caps["rules"], json!([{ "policy": "policy.toml", "per_person": "1/1d", "messages": 4 }]));
    let by_cap = json!({ "reason": "cap", "source": "policy.toml", "rows": 4 });
    assert_eq!(told["breakdown"]["without"], json!([by_cap]));
    let shown = world.run_at(&platform, &["plan", "campaign.toml"]).exits(0).tells("had 1 today", 4);
    assert!(shown.stdout.contains("4  skipped (policy.toml)"), "{}", shown.stdout);

    let ran = send(&world, &platform, "campaign.toml").exits(0).tells("had 1 today", 4);
    assert_eq!(ran.counts(), "2 sent, 4 skipped");
    assert_eq!(ran.json()["skipped_by_reason"]["cap"], 4);
    assert_eq!(platform.ledger().totals().requests, 6);
    let rows = world.results();
    let row = rows.iter().find(|row| row[0] == openid(1)).expect("a row");
    assert_eq!((&row[2], &row[4]), ("skipped", "cap"));
    assert!(row[5].contains("From 20"), "{row:?}");
    assert_eq!(world.status().json()["skipped_by_reason"]["cap"], 4);
    // A second time the same is decided, and nobody gets anything.
    assert_eq!(send(&world, &platform, "campaign.toml").exits(0).counts(), "2 sent, 4 skipped");
    assert_eq!(platform.ledger().totals().requests, 6);
}

#[test]
fn a_campaign_that_waited_for_another_is_judged_by_what_that_one_sent_meanwhile() {
    let world = world(6, "[caps]\nper_person = \"1/7d\"\n");
    let platform = Platform::new("latency = \"150ms\"");
    another(&world, "may", 0..4);
    world.edit("may.toml", "[send]", "[send]\nconcurrency = 1");
    let first = ["send", "may.toml", "--yes", "--format", "json", "--progress", "none"];
    let mut first = world.command_at(&platform, &first);
    let first = first.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let first = first.spawn().expect("the binary starts");
    // The second one begins when hardly anybody has been sent the first.
    platform.wait_for_requests(1);
    let second = ["send", "campaign.toml", "--yes", "--format", "json", "--wait-lock", "60s"];
    let second = world.run_at(&platform, &second).exits(0);
    assert_eq!(crate::support::finish(first).exits(0).counts(), "4 sent");
    assert_eq!(second.counts(), "2 sent, 4 skipped");
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
}

#[test]
fn several_messages_of_one_campaign_are_one_occasion_and_never_one_against_themselves() {
    let world = world(2, "[caps]\nper_person = \"2/7d\"\n");
    world.edit("campaign.toml", "file = \"audience.csv\"", "file = \"audience.csv\"\nduplicates = \"each\"");
    let one = openid(0);
    world.file("audience.csv", format!("openid,name\n{one},A\n{one},B\n{one},C\n"));
    let platform = Platform::new("");
    assert_eq!(send(&world, &platform, "campaign.toml").exits(0).counts(), "3 sent");
    another(&world, "may", 0..1);
    assert_eq!(send(&world, &platform, "may.toml").exits(0).counts(), "1 sent", "the second occasion");
    another(&world, "june", 0..1);
    assert_eq!(send(&world, &platform, "june.toml").exits(0).counts(), "1 skipped");
    // Another wave is another occasion.
    world.edit("may.toml", "id = \"may\"", "id = \"may\"\nwave = 2");
    let id = world.run_at(&platform, &["plan", "may.toml", "--format", "json"]).exits(0).json();
    let id = id["plan"].as_str().expect("an id").to_owned();
    let ran =
        world.run_at(&platform, &["send", "may.toml", "--yes", "--format", "json", "--expect-plan", &id]);
    assert_eq!(ran.exits(0).counts(), "1 skipped");
}

#[test]
fn an_unknown_outcome_counts_as_contacted_and_refusals_tries_and_skips_do_not() {
    let world = world(3, "[caps]\nper_person = \"1/7d\"\n");
    let faults = format!(
        "[[faults]]\nkind = \"close-after\"\nopenids = [\"{}\"]\n[[answers]]\ncode = 45015\nopenids = [\"{}\"]\n",
        openid(0),
        openid(1)
    );
    let platform = Platform::new(&faults);
    another(&world, "may", 0..2);
    world.edit("may.toml", "[send]", "[send]\nretries = 0");
    let ran = send(&world, &platform, "may.toml").exits(6);
    assert_eq!(ran.counts(), "1 refused, 1 unknown");
    world.run_at(&platform, &["try", "may.toml", "--to", &openid(2)]).exits(0);
    let calm = Platform::new("");
    let ran = send(&world, &calm, "campaign.toml").exits(0);
    assert_eq!(ran.counts(), "2 sent, 1 skipped");
    assert_eq!(calm.ledger().accepted(&openid(0)), 0);
}

#[test]
fn who_is_over_the_cap_may_stay_unsent_until_later() {
    let world = world(4, "[caps]\nper_person = \"1/2s\"\nover = \"later\"\n");
    let platform = Platform::new("");
    another(&world, "may", 0..3);
    send(&world, &platform, "may.toml").exits(0);
    let ran = send(&world, &platform, "campaign.toml")
        .exits(7)
        .tells("had 1 within 2s", 3)
        .says("unsent for now (policy.toml)");
    assert_eq!(ran.counts(), "1 sent, 3 unsent");
    let until: jiff::Timestamp = ran.json()["resume_at"].as_str().expect("a time").parse().expect("RFC 3339");
    // Two seconds are the shortest time in which a slow machine has sent to everybody.
    let wait = until.duration_since(jiff::Timestamp::now());
    std::thread::sleep(
        std::time::Duration::try_from(wait).unwrap_or_default() + std::time::Duration::from_secs(2),
    );
    assert_eq!(send(&world, &platform, "campaign.toml").exits(0).counts(), "4 sent");
    assert_eq!([0, 3].map(|person| platform.ledger().accepted(&openid(person))), [2, 1]);
}

#[test]
fn authors_cannot_exempt_themselves_and_a_policy_exempts_by_id() {
    let world = world(2, "[caps]\nper_person = \"1/7d\"\nexempt = [\"order-*\"]\n");
    let platform = Platform::new("");
    send(&world, &platform, "campaign.toml").exits(0);
    another(&world, "order-1", 0..2);
    assert_eq!(send(&world, &platform, "order-1.toml").exits(0).counts(), "2 sent");
    another(&world, "may", 0..2);
    let campaign = world.read("may.toml");
    for table in ["[caps]\nexempt = [\"may\"]\n", "[policy]\nexempt = [\"may\"]\n"] {
        world.file("may.toml", format!("{table}{campaign}"));
        assert_eq!(faults(&plan(&world, "may.toml", &[], 3))[0].0, "unknown-key");
    }
    // A policy of one's own that allows more holds beside the other.
    world.file("lax.toml", "[caps]\nper_person = \"9/1d\"\nexempt = [\"may\"]\n");
    world.file("may.toml", campaign.replace("[account]", "[account]\npolicy = \"lax.toml\""));
    assert_eq!(send(&world, &platform, "may.toml").exits(0).counts(), "2 skipped");
}

#[test]
fn what_a_simulator_was_sent_counts_for_nobodys_phone() {
    let world = world(2, "[caps]\nper_person = \"1/7d\"\n");
    let platform = Platform::new("");
    another(&world, "may", 0..2);
    send(&world, &platform, "may.toml").exits(0);
    let at = jiff::Timestamp::now().to_string();
    let real = plan(&world, "campaign.toml", &["--at", &at], 0);
    assert_eq!((&real["destination"], &real["caps"]["skipped"]), (&json!("real"), &json!(0)));
    let local = world.run_at(&platform, &["plan", "campaign.toml", "--format", "json", "--at", &at]).json();
    assert_eq!((&local["destination"], &local["caps"]["skipped"]), (&json!("local"), &json!(2)));
    let alone =
        world.run_at(&platform, &["plan", "campaign.toml", "--format", "json", "--at", &at, "--sandbox"]);
    assert!(alone.json().get("caps").is_none(), "a stranger's campaign is told nothing of who was sent what");
    let ran = world.run(&["rehearse", "campaign.toml", "--format", "json"]).exits(0);
    assert_eq!(ran.counts(), "2 sent", "a rehearsal has a history of its own");
}

#[test]
fn whom_wechat_refused_for_good_is_left_out_until_something_reaches_them() {
    let world = world(4, "[exclude]\nrefused = { codes = [40003, 43004], for = \"90d\" }\n");
    let refusing = Platform::new(&format!(
        "[[answers]]\ncode = 43004\nopenids = [\"{}\"]\n[[answers]]\ncode = 45015\nopenids = [\"{}\"]\n",
        openid(0),
        openid(1)
    ));
    another(&world, "may", 0..3);
    assert_eq!(send(&world, &refusing, "may.toml").exits(5).counts(), "1 sent, 2 refused");
    let platform = Platform::new("");
    let ran = send(&world, &platform, "campaign.toml")
        .exits(0)
        .tells("refused by WeChat before, as the policy says", 1);
    assert_eq!(
        (ran.counts().as_str(), &ran.json()["skipped_by_reason"]["excluded"]),
        ("3 sent, 1 skipped", &json!(1))
    );
    let rows = world.results();
    let row = rows.iter().find(|row| row[0] == openid(0)).expect("a row");
    assert_eq!((&row[2], &row[4]), ("skipped", "excluded"));
    assert!(row[5].contains("with an errcode that the policy of the account names"), "{row:?}");
    // They follow again, and an operator who knows that has sent to them since.
    world.run_at(&platform, &["send", "may.toml", "--yes", "--retry", "refused:43004"]).exits(5);
    assert_eq!(platform.ledger().accepted(&openid(0)), 1);
    let ran = send(&world, &platform, "campaign.toml").exits(0);
    assert_eq!(ran.counts(), "4 sent");
}

/// Two seconds would be told as a whole campaign; what is measured is the difference that caps make.
#[test]
fn caps_over_ten_thousand_people_cost_no_time_worth_mentioning() {
    let world = world(
        10_000,
        "[caps]\nper_person = [\"1/1d\", \"3/7d\"]\n[exclude]\nrefused = { codes = [43004], for = \"90d\" }\n",
    );
    world.edit("campaign.toml", "100000/s", "1000000/s");
    let platform = Platform::new("");
    another(&world, "may", 0..10_000);
    send(&world, &platform, "may.toml").exits(0);
    let begun = std::time::Instant::now();
    let ran = send(&world, &platform, "campaign.toml").exits(0);
    assert_eq!(ran.counts(), "10000 skipped");
    assert!(begun.elapsed() < std::time::Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(platform.ledger().totals().requests, 10_000);
}

/// The same campaign, texts and all, under another id, to the people with these numbers.
fn the_same(world: &World, id: &str, people: std::ops::Range<usize>) -> String {
    let lines: Vec<String> = people.map(|number| format!("{},Name {number}", openid(number))).collect();
    world.file(&format!("{id}.csv"), format!("openid,name\n{}\n", lines.join("\n")));
    let text = world.read("campaign.toml").replace("\"spring\"", &format!("\"{id}\""));
    world.file(&format!("{id}.toml"), text.replace("audience.csv", &format!("{id}.csv")));
    format!("{id}.toml")
}

#[test]
fn whom_a_cap_holds_back_gets_nothing_for_a_second_time_and_is_not_asked_about() {
    let world = world(5, "[caps]\nper_person = [\"1/2h\"]\n");
    let platform = Platform::new("");
    send(&world, &platform, "campaign.toml").exits(0);
    let campaign = the_same(&world, "may", 3..9);
    let asked = world.run_at(&platform, &["send", &campaign]).exits(8).says("Left to send: 4,");
    assert!(!asked.stderr.contains("exactly this"), "{}", asked.stderr);
    assert_eq!(send(&world, &platform, &campaign).exits(0).counts(), "4 sent, 2 skipped");
    // Where nobody is left, nothing is said of what is left.
    let campaign = the_same(&world, "june", 0..9);
    let asked = world.run_at(&platform, &["send", &campaign]).exits(8).tells("To send", 0);
    assert!(!asked.stderr.contains("Left to send"), "{}", asked.stderr);
    assert_eq!(send(&world, &platform, &campaign).exits(0).counts(), "9 skipped");
}

#[test]
fn everybody_who_got_the_same_is_counted_whichever_campaigns_sent_it() {
    let world = World::with_recipients(5);
    let platform = Platform::new("");
    send(&world, &platform, "campaign.toml").exits(0);
    send(&world, &platform, &the_same(&world, "may", 5..8)).exits(0);
    let campaign = the_same(&world, "june", 0..9);
    let ran = send(&world, &platform, &campaign).exits(8);
    ran.says("8 of these 9 got exactly this before (`spring` wave 1, `may` wave 1;");
}

#[test]
fn whom_a_policy_does_not_let_be_tried_again_is_still_refused() {
    let world = world(2, "");
    let refusing = Platform::new(&format!("[[answers]]\ncode = 40003\nopenids = [\"{}\"]\n", openid(0)));
    another(&world, "may", 0..2);
    for campaign in ["campaign.toml", "may.toml"] {
        assert_eq!(send(&world, &refusing, campaign).exits(5).counts(), "1 sent, 1 refused");
    }
    world.file("policy.toml", "[exclude]\nrefused = { codes = [40003], for = \"90d\" }\n");
    let args = ["send", "campaign.toml", "--yes", "--retry", "refused", "--format", "json"];
    assert_eq!(world.run_at(&refusing, &args).exits(5).counts(), "1 sent, 1 refused");
}

#[test]
fn the_time_from_which_somebody_may_be_written_to_again_is_that_of_all_policies() {
    let world = world(1, "[caps]\nper_person = [\"1/2h\"]\n");
    world.file("ours.toml", "[caps]\nper_person = [\"1/20h\"]\nover = \"later\"\n");
    world.edit("campaign.toml", "[account]", "[account]\npolicy = \"ours.toml\"");
    let platform = Platform::new("");
    another(&world, "may", 0..1);
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    let hour = || {
        let later = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(20);
        later.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:").to_string()
    };
    let before = hour();
    send(&world, &platform, "may.toml").exits(0);
    let after = hour();
    assert_eq!(send(&world, &platform, "campaign.toml").exits(0).counts(), "1 skipped");
    let told = &world.results()[0][5];
    assert!(told.contains(&before) || told.contains(&after), "{told}");
}
