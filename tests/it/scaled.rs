//! Rehearsals by a clock that sender and simulator share: days with hours and waits, in seconds.
//!
//! Time is what these tests are about, so they take some seconds each: a day at 20,000 times the speed is four.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::support::{Platform, Ran, World, finish, openid, told};

/// So many times as fast.
const SPEED: i64 = 20_000;

fn shanghai() -> TimeZone {
    TimeZoneDatabase::bundled().get("Asia/Shanghai").expect("a zone")
}

fn at(text: &str) -> Timestamp {
    text.parse::<jiff::civil::DateTime>().expect("a time").to_zoned(shanghai()).expect("a time").timestamp()
}

/// A campaign to people who wrote at these times, with these keys in the window's table and in `[send]`.
fn world(contacts: &[Timestamp], window: &str, send: &str) -> World {
    let world = World::new();
    world.text_campaign("Hello", "");
    let table = format!("[audience.window]\ncolumn = \"time\"\n{window}\n[message.text]");
    world.edit("campaign.toml", "[message.text]", &table);
    world.edit("campaign.toml", "rate = \"100000/s\"", send);
    let rows = contacts.iter().enumerate();
    let rows: String = rows.map(|(index, at)| format!("{},{}\n", openid(index), at.as_second())).collect();
    world.file("audience.csv", format!("openid,time\n{rows}"));
    world
}

fn rehearse(world: &World, begin: &str, speed: i64, more: &[&str]) -> Ran {
    let speed = speed.to_string();
    let args = ["rehearse", "campaign.toml", "--at", begin, "--speed", &speed, "--format", "json"];
    world.run(&[&args[..], more].concat())
}

/// Numbers that look like chance, the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, below: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % below).expect("a small number")
    }
}

const MARGIN: SignedDuration = SignedDuration::from_mins(60);
const LONG: SignedDuration = SignedDuration::from_hours(48);
/// Nobody is reached or missed by less: a busy computer stops for half a second now and then, which is more
/// than an hour of this clock.
const CLEAR: SignedDuration = SignedDuration::from_mins(90);

/// The turns of a campaign that sends every four minutes from 9 to 12 and from 14 to 21, written down once more. With some
/// time more or less at each end of these hours.
fn turns(from: Timestamp, more: SignedDuration) -> impl Iterator<Item = Timestamp> {
    let midnight = from.to_zoned(shanghai()).start_of_day().expect("a midnight").timestamp();
    let hour = move |hour| midnight + SignedDuration::from_hours(hour);
    let spans = (0..4_i64).flat_map(|day| [(day * 24 + 9, day * 24 + 12), (day * 24 + 14, day * 24 + 21)]);
    let spans = spans.map(move |(opens, closes)| (hour(opens) - more, hour(closes) + more));
    let every = SignedDuration::from_mins(4);
    spans.flat_map(move |(opens, closes)| {
        let first = opens.max(from - more);
        let next = move |turn: &Timestamp| Some(*turn + every).filter(|turn| *turn < closes);
        std::iter::successors(Some(first).filter(|first| *first < closes), next)
    })
}

/// Who is reached when whose window ends first comes first.
fn reached(contacts: &[Timestamp], begin: Timestamp, more: SignedDuration) -> Vec<bool> {
    let mut order: Vec<usize> = (0..contacts.len()).collect();
    order.sort_unstable_by_key(|index| (contacts[*index], *index));
    let mut turns = turns(begin, more).peekable();
    let mut reached = vec![false; contacts.len()];
    for index in order {
        let end = contacts[index] + LONG - MARGIN;
        if turns.next_if(|turn| *turn < end).is_some() {
            reached[index] = true;
        }
    }
    reached
}

/// Contacts over three days, of whom nobody is reached or missed by a hair.
fn clear_contacts(seed: u64, begin: Timestamp) -> Vec<Timestamp> {
    let mut dice = Dice(seed);
    let one = |_| begin - SignedDuration::from_mins(dice.below(72 * 60));
    let mut contacts: Vec<Timestamp> = (0..320).map(one).collect();
    loop {
        let [less, exactly, more] =
            [-CLEAR, SignedDuration::ZERO, CLEAR].map(|more| reached(&contacts, begin, more));
        let is_clear = |index: usize| less[index] == exactly[index] && exactly[index] == more[index];
        let clear: Vec<Timestamp> =
            (0..contacts.len()).filter(|i| is_clear(*i)).map(|i| contacts[i]).collect();
        if clear.len() == contacts.len() {
            return contacts;
        }
        contacts = clear;
    }
}

#[test]
fn the_forecast_of_two_days_with_hours_is_what_the_simulator_counts_to_the_person_over_ten_seeds() {
    std::thread::scope(|scope| {
        for seed in 0..10 {
            scope.spawn(move || {
                let begin = "2026-11-27 00:30";
                let contacts = clear_contacts(seed, at(begin));
                let hours = "hours = [\"09:00-12:00\", \"14:00-21:00\"]";
                let world = world(&contacts, "margin = \"60m\"", &format!("rate = \"15/h\"\n{hours}"));
                let plan = ["plan", "campaign.toml", "--at", begin, "--format", "json"];
                let plan = world.run(&plan).exits(0).json();
                let (windows, breakdown) = (&plan["windows"], &plan["breakdown"]);
                // Two hours of a token's life are less than a second.
                world.file("scenario.toml", "[token]\nlife = \"9d\"\n");
                let ran = rehearse(&world, begin, 8_000, &["--scenario", "scenario.toml"]).exits(0);
                let counts = ran.json()["counts"].clone();
                let lost =
                    windows["out"].as_u64().expect("a count") + windows["late"].as_u64().expect("a count");
                assert_eq!(counts["sent"], windows["in_time"], "seed {seed}: {windows}\n{}", ran.stderr);
                assert_eq!((&counts["skipped"], &counts["sent"]), (&json!(lost), &breakdown["to_send"]));
                // Nobody was asked for in vain: WeChat would have said 45015.
                assert_eq!(ran.json()["refused_by_code"], json!({}), "seed {seed}");
                assert_eq!(ran.json()["requests"], counts["sent"]);
                assert!(windows["late"].as_u64() > Some(5) && windows["out"].as_u64() > Some(5), "{windows}");
                assert!(counts["sent"].as_u64() > Some(50), "{counts}");
                // What was said beforehand is in the rehearsal's own table, too.
                assert_eq!(told(&ran.stderr, "To send"), counts["sent"].as_u64(), "{}", ran.stderr);
            });
        }
    });
}

#[test]
fn the_waits_of_a_ramp_are_part_of_the_forecast_and_the_rehearsal_counts_the_same() {
    let begin = "2026-11-27 10:00";
    // Every other window ends while the second step is waited for.
    let ends = |number: i64| if number % 2 == 0 { 3 } else { 30 };
    let contacts: Vec<Timestamp> =
        (0..60).map(|number| at(begin) - LONG + SignedDuration::from_hours(ends(number))).collect();
    let ramp = "rate = \"60/min\"\n[send.ramp]\nsteps = [\"20\", \"100%\"]\nwait = \"8h\"";
    let world = world(&contacts, "", ramp);
    world.file("scenario.toml", "[token]\nlife = \"9d\"\n");
    let plan = world.run(&["plan", "campaign.toml", "--at", begin, "--format", "json"]).exits(0).json();
    let (windows, breakdown) = (&plan["windows"], &plan["breakdown"]);
    let (in_time, late) = (windows["in_time"].as_u64(), windows["late"].as_u64());
    assert!(late > Some(5) && in_time > Some(30), "{windows}");
    assert_eq!(
        (&breakdown["begins"], &windows["needed_rate"]),
        (&json!("2026-11-27T10:00:00+08:00"), &json!(null))
    );
    let ends: Timestamp = breakdown["ends"].as_str().expect("a time").parse().expect("RFC 3339");
    assert!(ends > at("2026-11-27 18:00") && ends < at("2026-11-27 18:02"), "{breakdown}");
    assert!(plan["forecast_seconds"].as_u64() > Some(8 * 3600), "{plan}");
    let ran = rehearse(&world, begin, SPEED, &["--scenario", "scenario.toml"]).exits(0);
    let counts = ran.json()["counts"].clone();
    assert_eq!((counts["sent"].as_u64(), counts["skipped"].as_u64()), (in_time, late), "{}", ran.stderr);
    // The latest beginning from which nobody is late is one: the plan for it says so.
    let latest = windows["latest_start"].as_str().expect("a beginning");
    let then = world.run(&["plan", "campaign.toml", "--at", latest, "--format", "json"]).exits(0).json();
    assert_eq!(then["windows"]["late"], 0, "{latest}");
}

#[test]
fn a_night_in_which_clocks_are_put_back_has_an_hour_more_to_send_in() {
    let zone = TimeZoneDatabase::bundled().get("Europe/Berlin").expect("a zone");
    let local = |text: &str| {
        text.parse::<jiff::civil::DateTime>().expect("a time").to_zoned(zone.clone()).expect("a time")
    };
    // They wrote in the evening before, by clocks that were put back at 3 in the night of October 25th.
    let contacts = vec![local("2026-10-24 21:00").timestamp(); 270];
    let keys = "rate = \"1/min\"\nhours = [\"22:00-23:30\", \"01:30-04:00\"]\nzone = \"Europe/Berlin\"";
    let world = world(&contacts, "zone = \"Europe/Berlin\"", keys);
    let begin = "2026-10-24 22:00";
    let plan = world.run(&["plan", "campaign.toml", "--at", begin, "--format", "json"]).exits(0).json();
    assert_eq!(plan["breakdown"]["begins"], "2026-10-24T22:00:00+02:00");
    // An hour and a half, and from half past one to four there are three and a half.
    assert_eq!(plan["breakdown"]["ends"], "2026-10-25T03:29:00+01:00");
    let ran = rehearse(&world, begin, SPEED, &[]).exits(0);
    assert_eq!(ran.counts(), "270 sent");
    let rows = world.results_of("spring.rehearsal.csv");
    let mut offsets: BTreeMap<String, usize> = BTreeMap::new();
    for row in &rows {
        *offsets.entry(row[7][19..].to_owned()).or_default() += 1;
    }
    assert_eq!(offsets.len(), 2, "before and after: {offsets:?}");
    assert!(offsets["+01:00"] > 60 && offsets["+02:00"] > 150, "{offsets:?}");
}

#[test]
fn kills_at_any_moment_of_two_days_lose_nobody_send_to_nobody_twice_and_to_nobody_too_late() {
    for seed in 0..2_u64 {
        let mut dice = Dice(seed + 77);
        let begin = at("2026-11-26 19:00");
        let one = |_| begin - SignedDuration::from_mins(dice.below(60 * 60));
        let contacts: Vec<Timestamp> = (0..160).map(one).collect();
        let hours = "hours = [\"09:00-12:00\", \"14:00-21:00\"]\noutside = \"wait\"\nconcurrency = 4";
        // Two hours are a third of a second here: what a busy computer may need from the permit to the request.
        let world = world(&contacts, "margin = \"2h\"", &format!("rate = \"25/h\"\n{hours}"));
        let times: String =
            contacts.iter().enumerate().map(|(index, at)| format!("{},{at}\n", openid(index))).collect();
        let scenario = format!(
            "[clock]\nstart = \"2026-11-26 19:00\"\nspeed = {SPEED}\n[token]\nlife = \"9d\"\n[window]\ntimes = \"t.csv\""
        );
        let platform = Platform::with_times(&scenario, &format!("openid,time\n{times}"));
        let clock = platform.clock();
        let args = ["send", "campaign.toml", "--yes", "--format", "json", "--progress", "none"];
        let mut kills = 0;
        let ended = loop {
            let mut command = world.command_at(&platform, &args);
            command
                .env("WXCAST_CLOCK", &clock)
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped());
            let mut child = command.spawn().expect("the binary starts");
            let until =
                Instant::now() + Duration::from_millis(u64::try_from(250 + dice.below(400)).expect("small"));
            let patience = Instant::now() + Duration::from_secs(60);
            let dead = loop {
                assert!(Instant::now() < patience, "seed {seed}: it does not end");
                if child.try_wait().expect("a child").is_some() {
                    break false;
                }
                if kills < 6 && Instant::now() > until {
                    child.kill().expect("a process that can be killed");
                    break true;
                }
                std::thread::sleep(Duration::from_millis(5));
            };
            let ran = finish(child);
            if !dead {
                break ran;
            }
            kills += 1;
        };
        let counts = ended.json()["counts"].clone();
        let of = |status: &str| counts[status].as_u64().expect("a count");
        assert_eq!(
            of("sent") + of("unknown") + of("skipped"),
            160,
            "seed {seed}: {counts}\n{}",
            ended.stderr
        );
        let ledger = platform.ledger();
        assert_eq!(ledger.duplicates(), Vec::<String>::new(), "seed {seed}");
        let codes: Vec<i64> = ledger.totals().answers.keys().copied().collect();
        assert_eq!(codes, [0], "seed {seed}: no late request, ever");
        assert!(kills == 6 && of("sent") > 20 && of("skipped") > 10, "seed {seed}: {kills} kills, {counts}");
    }
}

#[test]
fn no_campaign_is_sent_to_people_by_the_clock_of_a_simulator() {
    let world = World::with_recipients(1);
    world.edit("campaign.toml", "[account]", "[account]\napi_base = \"https://api.weixin.qq.com\"");
    let run = |clock: &str, base: Option<&str>| {
        let mut command = world.command(&["send", "campaign.toml", "--yes"]);
        command.env("WXCAST_CLOCK", clock).env_remove("WXCAST_API_BASE");
        base.map(|base| command.env("WXCAST_API_BASE", base));
        Ran::of(command.output().expect("the binary runs")).exits(2)
    };
    run("2026-11-26T01:00:00Z 600 0", None).says("that is the clock of a simulator");
    run("noon", Some("http://127.0.0.1:1")).says("is not a clock that a simulator shares");
}

#[test]
fn a_scenario_says_where_its_clock_begins_and_what_is_no_time_is_told_at_its_place() {
    let world = world(&[at("2026-11-25 15:30")], "", "rate = \"20/s\"");
    world.file("scenario.toml", "[clock]\nstart = \"2026-11-27 15:00\"\nspeed = 10\n");
    let args = ["rehearse", "campaign.toml", "--scenario", "scenario.toml", "--format", "json"];
    let ran = world.run(&args).exits(0).says("begins at 2026-11-27 15:00 (+08:00) and goes 10 times as fast");
    assert_eq!(ran.counts(), "1 sent");
    // The flag goes before the file: half an hour later the window has closed.
    assert_eq!(
        world.run(&[&args[..], &["--at", "2026-11-27 15:31"]].concat()).exits(0).counts(),
        "1 skipped"
    );
    for (key, line) in [("start = \"noon\"", 2), ("speed = 0", 2), ("speed = 100001", 2)] {
        world.file("scenario.toml", format!("[clock]\n{key}\n"));
        world.run(&args).exits(3).says(&format!("Line {line}"));
    }
    world.run(&["rehearse", "campaign.toml", "--speed", "0"]).exits(2);
    world.run(&["rehearse", "campaign.toml", "--at", "soon"]).exits(2).says("is not a time");
}

#[test]
fn windows_are_judged_by_the_clock_of_the_platform() {
    // By this computer they end in half an hour; by the platform, which is an hour ahead, they have ended.
    let now = Timestamp::now();
    let contacts = [30, 30, 120].map(|minutes| now - LONG + SignedDuration::from_mins(minutes));
    let world = world(&contacts, "margin = \"0m\"", "rate = \"20/s\"");
    let times: String =
        contacts.iter().enumerate().map(|(index, at)| format!("{},{at}\n", openid(index))).collect();
    let ahead = now + SignedDuration::from_hours(1);
    let scenario = format!("[clock]\nstart = \"{ahead}\"\n[window]\ntimes = \"t.csv\"");
    let platform = Platform::with_times(&scenario, &format!("openid,time\n{times}"));
    // It is asked for the time before anything is said of who can be reached.
    let ran = world.send(&platform).exits(0).tells("window closed", 2).says("behind WeChat's");
    assert_eq!(ran.counts(), "1 sent, 2 skipped");
    assert_eq!(platform.ledger().totals().answers.keys().collect::<Vec<_>>(), [&0]);
}
