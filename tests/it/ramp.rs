//! `[send.ramp]`: a small part of the audience first, then more, then everybody.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::crash::assert_equal;
use crate::support::{Platform, Ran, World, finish, kill, openid};

/// A campaign to so many people with this ramp.
fn world(count: usize, ramp: &str) -> World {
    let world = World::with_recipients(count);
    let campaign = world.read("campaign.toml");
    world.file("campaign.toml", format!("{campaign}\n[send.ramp]\n{ramp}\n"));
    world
}

fn send(world: &World, platform: &Platform, more: &[&str]) -> Ran {
    world.run_at(platform, &[&["send", "campaign.toml", "--yes", "--format", "json"], more].concat())
}

/// Whom a platform has accepted a message to.
fn reached(platform: &Platform) -> BTreeSet<String> {
    let ledger = platform.ledger();
    ledger
        .openids()
        .into_iter()
        .map(|openid| openid.to_string())
        .filter(|one| ledger.accepted(one) > 0)
        .collect()
}

fn reason(world: &World) -> Json {
    let runs = world.run(&["runs", "campaign.toml", "--format", "json"]).exits(0).json();
    runs.as_array().and_then(|runs| runs.last()).expect("a run")["reason"].clone()
}

#[test]
fn a_ramp_that_makes_no_sense_is_a_fault_with_its_place() {
    for (ramp, at) in [
        ("steps = []", "send.ramp.steps"),
        ("wait = \"ask\"", "send.ramp.steps"),
        ("steps = [\"0\", \"100%\"]", "send.ramp.steps[1]"),
        ("steps = [\"5%\", \"120%\"]", "send.ramp.steps[2]"),
        ("steps = [\"20\", \"10\", \"100%\"]", "send.ramp.steps[2]"),
        ("steps = [\"5%\", \"5%\", \"100%\"]", "send.ramp.steps[2]"),
        ("steps = [\"20\", \"50%\"]", "send.ramp.steps[2]"),
        ("steps = [\"100%\", \"20\"]", "send.ramp.steps[2]"),
        ("steps = [\"20\", \"100%\"]\nwait = \"soon\"", "send.ramp.wait"),
        ("steps = [\"20\", \"100%\"]\nhalt = { refused = \"many\" }", "send.ramp.halt.refused"),
        ("steps = [\"20\", \"100%\"]\nhalt = { unknown = -1 }", "send.ramp.halt.unknown"),
        ("steps = [\"20\", \"100%\"]\nhalt = { failed = 1 }", "send.ramp.halt.failed"),
    ] {
        let world = world(3, ramp);
        let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json();
        let fields: Vec<&str> = plan["diagnostics"]
            .as_array()
            .expect("faults")
            .iter()
            .filter_map(|one| one["field"].as_str())
            .collect();
        assert!(fields.contains(&at), "{ramp}: {fields:?}");
    }
}

#[test]
fn plan_and_question_show_the_steps_and_equal_files_give_equal_bytes() {
    let world = world(40, "steps = [\"3\", \"50%\", \"100%\"]\nwait = \"10m\"");
    let plan = || world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0);
    assert_eq!(plan().json()["ramp"], json!({ "steps": [3, 20, 40], "wait": "600" }));
    assert_eq!(plan().stdout, plan().stdout);
    let shown = world.run(&["plan", "campaign.toml"]).exits(0).stdout;
    assert!(shown.contains("3 → 20 → 40 messages, 10 min 0 s between the steps"), "{shown}");
    let platform = Platform::new("");
    world.run_at(&platform, &["send", "campaign.toml"]).exits(8).says("3 → 20 → 40 messages");
    assert_eq!(platform.ledger().totals().requests, 0);
}

#[test]
fn each_step_ends_the_run_where_somebody_is_to_look_and_holds_the_one_before_it() {
    let world = world(60, "steps = [\"5\", \"50%\", \"100%\"]\nwait = \"ask\"");
    let platform = Platform::new("");
    let ran = send(&world, &platform, &[]).exits(7).says("Step 1 of 3 is done");
    assert_eq!(ran.counts(), "5 sent, 55 unsent");
    assert_eq!(reason(&world), "ramp-step");
    let first = reached(&platform);
    let rows: BTreeSet<String> = (0..5).map(openid).collect();
    assert_ne!(first, rows, "a sample over the list, and not its first rows");
    assert_eq!(send(&world, &platform, &[]).exits(7).counts(), "30 sent, 30 unsent");
    assert!(first.is_subset(&reached(&platform)));
    assert_eq!(send(&world, &platform, &[]).exits(0).counts(), "60 sent");
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
    // The same people come first wherever the campaign is sent from; whoever they are in another campaign.
    let again = self::world(60, "steps = [\"5\", \"100%\"]\nwait = \"ask\"");
    let platform = Platform::new("");
    send(&again, &platform, &[]).exits(7);
    assert_eq!(reached(&platform), first);
    again.edit("campaign.toml", "\"spring\"", "\"may\"");
    let other = Platform::new("");
    let id = again.run_at(&other, &["plan", "campaign.toml", "--format", "json"]).json()["plan"].clone();
    send(&again, &other, &["--expect-plan", id.as_str().expect("an id")]).exits(7);
    assert_ne!(reached(&other), first);
}

#[test]
fn a_step_begins_when_all_answers_of_the_last_one_are_in() {
    let world = world(12, "steps = [\"4\", \"100%\"]");
    // Each answer takes long enough that a step that does not wait would overlap.
    let platform = Platform::new("latency = \"150ms\"");
    let child = world.start_send(&platform);
    platform.wait_until(|ledger| ledger.totals().accepted == 4);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(platform.ledger().totals().requests, 4);
    assert_eq!(finish(child).exits(0).counts(), "12 sent");
}

#[test]
fn a_wait_between_steps_is_told_is_waited_and_ends_with_ctrl_c() {
    let world = world(10, "steps = [\"2\", \"100%\"]\nwait = \"1500ms\"");
    let platform = Platform::new("");
    let begun = Instant::now();
    let ran = world.run_at(&platform, &["send", "campaign.toml", "--yes", "--progress", "plain"]).exits(0);
    assert!(begun.elapsed() >= Duration::from_millis(1500), "{:?}", begun.elapsed());
    assert!(ran.stderr.contains("Step 1 is done and all its answers are in"), "{}", ran.stderr);
    assert_eq!(platform.ledger().totals().requests, 10);
    #[cfg(unix)]
    {
        let world = self::world(10, "steps = [\"2\", \"100%\"]\nwait = \"10m\"");
        let platform = Platform::new("");
        let child = world.start_send(&platform);
        platform.wait_for_requests(2);
        crate::support::signal(&child, "INT");
        assert_eq!(finish(child).exits(130).counts(), "2 sent, 8 unsent");
        // Whoever goes on within the ten minutes waits for what is left of them.
        let child = world.start_send(&platform);
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(platform.ledger().totals().requests, 2);
        crate::support::signal(&child, "TERM");
        finish(child).exits(143);
        assert_eq!(platform.ledger().totals().requests, 2);
    }
}

#[test]
fn a_wait_counts_from_the_last_answer_however_often_runs_begin_and_a_resumed_run_tells_it() {
    let world = world(10, "steps = [\"2\", \"100%\"]\nwait = \"3s\"");
    let platform = Platform::new("");
    send(&world, &platform, &["--limit", "2"]).exits(7);
    let answered = Instant::now();
    // Most of the wait passes while runs begin and are killed.
    while answered.elapsed() < Duration::from_secs(2) {
        let child = world.start_send(&platform);
        std::thread::sleep(Duration::from_millis(300));
        kill(child);
    }
    let ran = world.run_at(&platform, &["send", "campaign.toml", "--yes", "--progress", "plain"]).exits(0);
    assert!(answered.elapsed() < Duration::from_secs(5), "{:?}", answered.elapsed());
    ran.says("Step 1 is done and all its answers are in");
    assert_eq!(platform.ledger().totals().requests, 10);
}

#[test]
fn too_many_refusals_halt_the_ramp_and_going_on_takes_a_word() {
    let world = world(100, "steps = [\"20\", \"100%\"]\nhalt = { refused = \"20%\" }");
    world.edit("campaign.toml", "[send]", "[send]\nconcurrency = 1");
    let platform = Platform::new("[[answers]]\ncode = 40003\nshare = \"60%\"");
    let ran = send(&world, &platform, &[]).exits(7).says("40003 × ").says("oTE***");
    let examples = ran.stderr.matches("oTE***").count();
    assert!(examples >= 3 && !ran.stderr.contains("oTEST0000"), "{}", ran.stderr);
    assert_eq!(reason(&world), "ramp");
    let requests = platform.ledger().totals().requests;
    assert!((5..20).contains(&requests), "{requests}: it ends as soon as nothing can bring the share down");
    // Without a word nothing leaves, however often it is run.
    for _ in 0..2 {
        send(&world, &platform, &[]).exits(8).says("--continue-ramp").says("40003 × ");
    }
    assert_eq!(platform.ledger().totals().requests, requests);
    // Going on, the rest of the step may halt it once more: what was agreed to were the answers until then.
    let well = Platform::new("");
    let ran = send(&world, &well, &["--continue-ramp"]).exits(5);
    assert_eq!(ran.json()["counts"]["unsent"], 0, "{ran:?}");
    let refused = ran.json()["counts"]["refused"].as_u64().expect("a count");
    assert_eq!(refused + well.ledger().totals().requests + reached(&platform).len() as u64, 100);
    assert_eq!(send(&world, &well, &[]).exits(5).json()["requests"], 0);
}

#[test]
fn one_agreement_is_for_what_was_answered_until_then() {
    let world = world(60, "steps = [\"20\", \"40\", \"100%\"]\nwait = \"ask\"\nhalt = { refused = \"20%\" }");
    world.edit("campaign.toml", "[send]", "[send]\nconcurrency = 1");
    let platform = Platform::new("[[answers]]\ncode = 40003\nshare = \"100%\"");
    send(&world, &platform, &[]).exits(7);
    send(&world, &platform, &[]).exits(8);
    send(&world, &platform, &["--continue-ramp"]).exits(7).says("40003");
    send(&world, &platform, &[]).exits(8);
    let well = Platform::new("");
    send(&world, &well, &["--continue-ramp"]).exits(7).says("Step 1 of 3 is done");
    // What halted it before halts it no more.
    send(&world, &well, &[]).exits(7).says("Step 2 of 3 is done");
    send(&world, &well, &[]).exits(5);
    assert_eq!(well.ledger().duplicates(), [""; 0]);
}

#[test]
fn a_ramp_that_has_halted_is_set_free_by_a_word_and_not_by_another_ramp_or_none() {
    let ramp = "\n[send.ramp]\nsteps = [\"10\", \"100%\"]\nhalt = { refused = \"20%\" }\n";
    let world = world(30, "steps = [\"10\", \"100%\"]\nhalt = { refused = \"20%\" }");
    world.edit("campaign.toml", "[send]", "[send]\nconcurrency = 1");
    let platform = Platform::new("[[answers]]\ncode = 40003\nshare = \"60%\"");
    send(&world, &platform, &[]).exits(7);
    let requests = platform.ledger().totals().requests;
    world.edit("campaign.toml", "\"20%\"", "\"100%\"");
    send(&world, &platform, &[]).exits(8).says("has another ramp, or none, by now");
    world.edit("campaign.toml", &ramp.replace("20%", "100%"), "");
    send(&world, &platform, &[]).exits(8).says("--continue-ramp");
    assert_eq!(platform.ledger().totals().requests, requests);
    send(&world, &platform, &["--continue-ramp"]).exits(5);
    assert_eq!(platform.ledger().totals().requests, 30);
}

#[test]
fn an_old_list_halts_no_ramp() {
    let world = world(30, "steps = [\"10\", \"100%\"]\nhalt = { refused = \"0%\" }");
    let platform = Platform::new("[[answers]]\ncode = 45015\nshare = \"90%\"");
    let ran = send(&world, &platform, &[]).exits(5);
    assert_eq!(ran.json()["counts"]["unsent"], 0);
    assert!(ran.json()["refused_by_code"]["45015"].as_u64() > Some(10), "{ran:?}");
}

#[test]
fn an_unknown_outcome_halts_the_ramp_until_it_is_settled() {
    let world = world(30, "steps = [\"10\", \"100%\"]");
    world.edit("campaign.toml", "[send]", "[send]\nconcurrency = 1");
    let platform = Platform::new("[[faults]]\nkind = \"close-after\"\nmessages = 3");
    let ran = send(&world, &platform, &[]).exits(7);
    assert_eq!(ran.counts(), "2 sent, 1 unknown, 27 unsent");
    assert_eq!(reason(&world), "ramp");
    let well = Platform::new("");
    send(&world, &well, &[]).exits(8).says("1 outcome is unknown");
    world.run(&["resolve", "campaign.toml", "--sent", "--all", "--yes"]).exits(0);
    assert_eq!(send(&world, &well, &[]).exits(0).counts(), "30 sent");
    assert_eq!(well.ledger().totals().requests, 27);
}

#[test]
fn kills_on_the_way_up_double_nobody_and_no_step_begins_before_its_turn() {
    const PEOPLE: usize = 240;
    for seed in 0..4 {
        let mut dice = fastrand::Rng::with_seed(seed);
        let world = world(PEOPLE, "steps = [\"20\", \"50%\", \"100%\"]\nhalt = { unknown = 0 }");
        world.edit("campaign.toml", "[send]", "[send]\nconcurrency = 4");
        let platform = Platform::new("latency = \"3ms\"");
        // Who belongs to which step, by a run that asks after each.
        let model = self::world(PEOPLE, "steps = [\"20\", \"50%\", \"100%\"]\nwait = \"ask\"");
        let asked = Platform::new("");
        let steps: Vec<BTreeSet<String>> = (0..3)
            .map(|step| {
                send(&model, &asked, &[]).exits(if step == 2 { 0 } else { 7 });
                reached(&asked)
            })
            .collect();
        let mut deaths = 0;
        loop {
            let child = world.start_send(&platform);
            let before = platform.ledger().totals().requests;
            let until = (before + dice.u64(1..90)).min(PEOPLE as u64 - 30);
            if before >= until || deaths == 6 {
                let ran = finish(child);
                assert!([0, 6].contains(&ran.code), "seed {seed}: {ran:?}");
                break;
            }
            platform.wait_for_requests(until);
            kill(child);
            deaths += 1;
            // Nobody of a step was sent anything as long as somebody of an earlier one was not tried.
            let journal = world.journal();
            let tried: BTreeSet<String> = journal.keys().map(|(openid, _)| openid.clone()).collect();
            for step in steps.windows(2) {
                let beyond = tried.difference(&step[0]).any(|openid| step[1].contains(openid));
                assert!(
                    !beyond || step[0].is_subset(&tried),
                    "seed {seed}: {} of {}",
                    tried.len(),
                    step[0].len()
                );
            }
        }
        assert_equal(&world.journal(), &platform, seed);
        assert_eq!(world.journal().len(), PEOPLE, "seed {seed}");
    }
}

#[test]
fn what_a_crash_left_unknown_halts_no_ramp() {
    let world = world(40, "steps = [\"30\", \"100%\"]");
    let platform = Platform::new("latency = \"200ms\"");
    let child = world.start_send(&platform);
    platform.wait_for_requests(5);
    kill(child);
    let ran = send(&world, &platform, &[]).exits(6);
    assert_eq!(ran.json()["counts"]["unsent"], 0);
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
}

#[test]
fn within_a_step_the_earliest_deadline_comes_first() {
    let world = World::new();
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").expect("a zone");
    let now = jiff::Timestamp::now();
    let mut csv = String::from("openid,name,last\n");
    for number in 0..40 {
        let ago = jiff::SignedDuration::from_mins(60 + i64::try_from(number * 17 % 40).expect("small"));
        let at = (now - ago).to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        csv.push_str(&format!("{},Name {number},{at}\n", openid(number)));
    }
    world.text_campaign(
        "Hello {{name}}",
        "concurrency = 1\n[send.ramp]\nsteps = [\"25%\", \"100%\"]\nwait = \"ask\"\n",
    );
    world.edit("campaign.toml", "\"audience.csv\"", "\"audience.csv\"\n[audience.window]\ncolumn = \"last\"");
    world.file("audience.csv", csv);
    let platform = Platform::new("");
    let order = |platform: &Platform, count: usize| {
        let rows = world.results();
        let mut sent: Vec<(String, usize)> = rows
            .iter()
            .filter(|row| &row[3] == "sent")
            .map(|row| (row[8].to_owned(), row[1][5..].parse::<usize>().expect("a number")))
            .collect();
        sent.sort();
        assert_eq!(sent.len(), count);
        assert_eq!(platform.ledger().totals().requests, count as u64);
        sent
    };
    send(&world, &platform, &[]).exits(7);
    let first: BTreeSet<usize> = order(&platform, 10).into_iter().map(|(_, number)| number).collect();
    send(&world, &platform, &[]).exits(0);
    order(&platform, 40);
    // Whose time is the longest ago must be first within each step, whichever step that is.
    let store = wxcast::journal::store::Store::read(&world.state()).expect("a journal").expect("a journal");
    let identity = wxcast::journal::Identity {
        appid: crate::support::APPID.into(),
        campaign: "spring".into(),
        wave: 1,
        channel: wxcast::journal::identity::Channel::Send,
    };
    let key = store.find_campaign(&identity).expect("a journal").expect("a campaign");
    let mut numbers = Vec::new();
    store
        .messages(key, |message| {
            numbers
                .push((0..40).find(|number| message.recipient.to_string() == openid(*number)).expect("one"))
        })
        .expect("messages");
    let ages = |numbers: &[usize]| numbers.iter().map(|number| number * 17 % 40).collect::<Vec<usize>>();
    let (one, two) = numbers.split_at(10);
    assert_eq!(one.iter().copied().collect::<BTreeSet<usize>>(), first);
    for step in [one, two] {
        assert!(ages(step).is_sorted_by(|one, other| one >= other), "{:?}", ages(step));
    }
}

#[test]
fn a_ramp_that_is_behind_everybody_holds_back_nobody_who_is_tried_again() {
    let world = world(20, "steps = [\"2\", \"100%\"]\nhalt = { refused = \"100%\" }");
    let platform = Platform::new("[[answers]]\ncode = 40003\nshare = \"50%\"");
    send(&world, &platform, &[]).exits(5);
    world.edit("campaign.toml", "refused = \"100%\"", "refused = \"10%\"");
    send(&world, &platform, &[]).exits(5);
    let well = Platform::new("");
    assert_eq!(send(&world, &well, &["--retry", "refused"]).exits(0).counts(), "20 sent");
}

#[test]
fn a_rehearsal_goes_up_the_ramp_without_its_waits() {
    let world = world(30, "steps = [\"5\", \"50%\", \"100%\"]\nwait = \"10m\"");
    let ran = world.run(&["rehearse", "campaign.toml", "--format", "json"]).exits(0);
    assert_eq!(ran.counts(), "30 sent");
    world.edit("campaign.toml", "10m", "ask");
    assert_eq!(world.run(&["rehearse", "campaign.toml", "--format", "json"]).exits(0).counts(), "30 sent");
}

#[test]
fn a_limit_ends_a_ramp_where_it_ends_everything() {
    let world = world(30, "steps = [\"5\", \"100%\"]\nwait = \"10m\"");
    let platform = Platform::new("");
    assert_eq!(send(&world, &platform, &["--limit", "5"]).exits(7).counts(), "5 sent, 25 unsent");
    world.edit("campaign.toml", "wait = \"10m\"", "");
    assert_eq!(send(&world, &platform, &["--limit", "3"]).exits(7).counts(), "8 sent, 22 unsent");
    assert_eq!(send(&world, &platform, &[]).exits(0).counts(), "30 sent");
}
