//! Windows: who can still be reached, in which order, and who is not.

use jiff::{SignedDuration, Timestamp};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use serde_json::{Value as Json, json};

use crate::support::{Platform, World, openid, told};

/// A campaign to these people by the times of their last contact, with these keys in the window's table and in `[send]`.
fn world(times: &[String], window: &str, send: &str) -> World {
    let world = World::new();
    world.text_campaign("Hello", "");
    let table = format!("[audience.window]\ncolumn = \"time\"\n{window}\n[message.text]");
    world.edit("campaign.toml", "[message.text]", &table);
    world.edit("campaign.toml", "rate = \"100000/s\"", send);
    let rows = times.iter().enumerate().map(|(index, time)| format!("{},{time}\n", openid(index)));
    world.file("audience.csv", format!("openid,time\n{}", rows.collect::<String>()));
    world
}

/// The time of a contact whose window ends in so many milliseconds, by WeChat's clock.
fn ends_in(milliseconds: i64) -> String {
    let begun = Timestamp::now() - SignedDuration::from_hours(48) + SignedDuration::from_millis(milliseconds);
    begun.as_second().to_string()
}

fn plan(world: &World, more: &[&str]) -> Json {
    world.run(&[&["plan", "campaign.toml", "--format", "json"], more].concat()).exits(0).json()
}

/// The text of a column of a row of results.
fn cell(world: &World, row: usize, column: usize) -> String {
    world.results()[row][column].to_owned()
}

#[test]
fn whose_window_is_over_gets_no_request_and_results_say_until_when_it_was() {
    let times = [ends_in(-7_200_000), ends_in(3_600_000), String::new()];
    let world = world(&times, "", "");
    let platform = Platform::new("");
    let ran = world.send(&platform).exits(0).tells("window closed", 1).says("1 have no time of last contact");
    assert_eq!(ran.counts(), "2 sent, 1 skipped");
    assert_eq!(ran.json()["skipped_by_reason"]["window"], 1);
    assert_eq!(platform.ledger().totals().requests, 2);
    assert_eq!((cell(&world, 0, 2), cell(&world, 0, 4)), ("skipped".into(), "window".into()));
    let begun = Timestamp::from_second(times[0].parse().expect("seconds")).expect("a time");
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    let end = (begun + SignedDuration::from_hours(48)).to_zoned(zone);
    let end = end.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    assert!(cell(&world, 0, 5).contains(&end), "{end} in {}", cell(&world, 0, 5));

    // Once they have written again, the next run decides anew.
    world.file("audience.csv", world.read("audience.csv").replace(&times[0], &ends_in(3_600_000)));
    assert_eq!(world.send(&platform).exits(0).counts(), "3 sent");
    assert_eq!(platform.ledger().duplicates(), Vec::<String>::new());
}

#[test]
fn whose_window_ends_first_comes_first_whatever_the_order_of_the_file() {
    let hours = [5, 3, 9, 1, 7, 2];
    let mut times: Vec<String> = hours.iter().map(|hours| ends_in(hours * 3_600_000)).collect();
    times.insert(0, String::new());
    for (order, first) in [("deadline", [2, 4, 6]), ("file", [0, 1, 2])] {
        let world = world(&times, "", &format!("order = \"{order}\""));
        let platform = Platform::new("");
        let args = ["send", "campaign.toml", "--yes", "--limit", "3", "--format", "json"];
        assert_eq!(world.run_at(&platform, &args).exits(7).counts(), "3 sent, 4 unsent");
        let rows = world.results();
        let sent = rows.iter().enumerate().filter(|(_, row)| &row[2] == "sent").map(|(index, _)| index);
        assert_eq!(sent.collect::<Vec<usize>>(), first, "{order}");
        assert_eq!(world.send(&platform).exits(0).counts(), "7 sent");
        assert_eq!(platform.ledger().duplicates(), Vec::<String>::new());
    }
}

#[test]
fn whoever_is_late_when_their_turn_comes_gets_no_request() {
    // Takes three seconds, because a window has to end while others are sent to.
    let others = (0..90).map(|_| ends_in(3_600_000));
    let times: Vec<String> = others.chain((0..10).map(|_| ends_in(2_000))).collect();
    let world = world(&times, "margin = \"0s\"", "rate = \"30/s\"\norder = \"file\"");
    let platform = Platform::new("");
    let ran = world.send(&platform).exits(0);
    assert_eq!(ran.counts(), "90 sent, 10 skipped");
    assert_eq!(platform.ledger().totals().requests, 90);
    // On a machine that took two seconds to begin they were out already.
    let said = ["window closes before their turn", "window closed"];
    assert!(said.iter().any(|who| told(&ran.stderr, who) == Some(10)), "{}", ran.stderr);
}

#[test]
fn the_outlook_is_part_of_a_plan_only_where_its_moment_is_fixed() {
    let times: Vec<String> = (0..100).map(|_| "2026-11-25 15:30".to_owned()).collect();
    let world = world(&times, "", "rate = \"1/s\"");
    assert_eq!(plan(&world, &[])["windows"], Json::Null);
    let at = ["--at", "2026-11-27 15:19"];
    let found = plan(&world, &at);
    let expected = json!({
        "at": "2026-11-27T15:19:00+08:00",
        "in_time": 60, "out": 0, "late": 40, "unsent": 0, "blank": 0, "one_minute": 0,
        "needed_rate": 1.67,
        "latest_start": "2026-11-27T15:18:20+08:00",
    });
    assert_eq!(found["windows"], expected);
    let out = plan(&world, &["--at", "2026-11-28T00:00:00Z"]);
    assert_eq!((&out["windows"]["out"], &out["windows"]["latest_start"]), (&json!(100), &Json::Null));
    assert_eq!(plan(&world, &at), found, "equal files, equal bytes");
    assert_eq!(found["plan"], plan(&world, &[])["plan"], "a moment is no part of what is approved");

    let args = ["plan", "campaign.toml", "--at", "2026-11-27 15:19", "--late", "late.csv"];
    let said = world.run(&args).exits(0).tells("window closes before their turn", 40).tells("To send", 60);
    let help = "nobody would be late at 100 a minute, or if it begins by 2026-11-27 15:18 (+08:00)";
    assert!(said.stdout.contains(help), "{}", said.stdout);
    let late = world.results_of("late.csv");
    assert_eq!((late.len(), &late[0][0]), (40, openid(60).as_str()));
    world.edit("campaign.toml", "audience.csv", "late.csv");
    assert_eq!(plan(&world, &[])["planned"], 40, "it can be the next audience");
}

#[test]
fn hours_count_for_who_can_be_reached() {
    let times: Vec<String> = (0..100).map(|_| "2026-11-25 15:30".to_owned()).collect();
    let world =
        world(&times, "margin = \"0m\"", "rate = \"1/min\"\nhours = [\"09:00-10:00\", \"15:00-16:00\"]");
    let found = plan(&world, &["--at", "2026-11-27 08:00"]);
    assert_eq!((&found["windows"]["in_time"], &found["windows"]["late"]), (&json!(90), &json!(10)));
}

#[test]
fn times_are_read_in_every_encoding_and_from_the_cells_of_a_workbook() {
    let row = |index: usize, time: &str| format!("{},{time}\r\n", openid(index));
    let text =
        format!("openid,最后互动时间\r\n{}{}", row(0, "2026年11月25日 下午3:30"), row(1, "2026/11/25 15:31"));
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "openid").expect("a cell");
    sheet.write_string(0, 1, "最后互动时间").expect("a cell");
    // What is shown of it is the day alone; the cell holds the moment.
    let shown = Format::new().set_num_format("m\"月\"d\"日\"");
    for (index, minute) in [(0, 30), (1, 31)] {
        let at =
            ExcelDateTime::from_ymd(2026, 11, 25).and_then(|day| day.and_hms(15, minute, 0)).expect("a time");
        sheet.write_string(index + 1, 0, openid(index as usize)).expect("a cell");
        sheet.write_datetime_with_format(index + 1, 1, &at, &shown).expect("a cell");
    }
    let utf16 = std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (name, bytes) in [
        ("audience.csv", text.clone().into_bytes()),
        ("audience.csv", encoding_rs::GB18030.encode(&text).0.into_owned()),
        ("audience.csv", utf16),
        ("audience.xlsx", book.save_to_buffer().expect("a workbook")),
    ] {
        let world = world(&[], "", "");
        world.edit("campaign.toml", "column = \"time\"", "column = \"最后互动时间\"");
        world.edit("campaign.toml", "audience.csv", name);
        world.file(name, bytes);
        let found = plan(&world, &["--at", "2026-11-27T15:20:30+08:00"]);
        assert_eq!(
            (&found["windows"]["in_time"], &found["windows"]["out"]),
            (&json!(1), &json!(1)),
            "{name}"
        );
        assert_eq!(found["warnings"], 0, "{found:#}");
    }
}

#[test]
fn a_tap_on_the_menu_opens_a_minute_and_is_told_apart() {
    let world = world(&[], "event = \"what\"", "");
    let now = Timestamp::now().as_second();
    let words = ["text", "CLICK", "关注", "", "SCAN"];
    let rows =
        words.iter().enumerate().map(|(index, word)| format!("{},{},{word}\n", openid(index), now - 600));
    world.file("audience.csv", format!("openid,time,what\n{}", rows.collect::<String>()));
    let platform = Platform::new("");
    let ran = world.send(&platform).exits(0).says("3 only tapped the menu, followed, scanned or entered");
    assert_eq!(ran.counts(), "2 sent, 3 skipped");
}

#[test]
fn more_messages_than_a_window_takes_are_skipped_as_such() {
    let world = world(&[], "used = \"used\"\nmessages = 3", "");
    world.edit("campaign.toml", "file = ", "duplicates = \"each\"\nfile = ");
    let (a, b, time) = (openid(0), openid(1), ends_in(3_600_000));
    let row = |who: &str, used: &str| format!("{who},{time},{used}\n");
    let rows = [row(&a, "1"), row(&a, "1"), row(&a, "1"), row(&b, ""), row(&b, "3")].concat();
    world.file("audience.csv", format!("openid,time,used\n{rows}"));
    let platform = Platform::new("");
    let ran = world.send(&platform).exits(0);
    assert_eq!(ran.counts(), "3 sent, 2 skipped");
    assert_eq!(ran.json()["skipped_by_reason"]["allowance"], 2);
    assert_eq!(cell(&world, 2, 5), "allowance");
    assert_eq!(platform.ledger().accepted(&a), 2);
}

#[test]
fn who_has_no_time_comes_last_or_is_skipped() {
    for (missing, counts) in [("send", "2 sent"), ("skip", "1 sent, 1 skipped")] {
        let times = [String::new(), ends_in(3_600_000)];
        let world = world(&times, &format!("missing = \"{missing}\""), "rate = \"20/s\"");
        let platform = Platform::new("");
        assert_eq!(world.send(&platform).exits(0).counts(), counts);
        if missing == "send" {
            let finished = [0, 1].map(|row| cell(&world, row, 7).parse::<Timestamp>().expect("a time"));
            assert!(finished[0] >= finished[1], "whoever has a time comes first");
        }
    }
}

#[test]
fn a_retry_that_would_begin_after_the_end_is_no_request_but_a_skip() {
    // The first answer is -1; what is tried again a second later would be too late.
    let world = world(&[ends_in(1_500)], "margin = \"0s\"", "rate = \"20/s\"\nretries = 10");
    let platform = Platform::new("[[answers]]\ncode = -1\n");
    let ran = world.send(&platform);
    assert_eq!(ran.counts(), "1 skipped", "{}", ran.stderr);
    // More were lost than was said before.
    let ran = ran.exits(5).says("nobody was refused");
    assert_eq!(ran.json()["skipped_by_reason"]["window"], 1);
    assert!(platform.ledger().totals().requests >= 1);
}

/// The times of so many people, spread over four days around now by a seed, with what they did.
fn spread(seed: u64, count: u64) -> Vec<(String, String)> {
    let now = Timestamp::now().as_second();
    let mut state = seed;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let events = ["text", "image", "CLICK", "subscribe", "text", "location"];
    let one = |_| {
        // An hour on both sides of the end is left out, so that the test may take its time.
        let hours = [1 + next(45), 49 + next(40)][usize::from(next(3) == 0)];
        let ago = i64::try_from(hours * 3600 + next(3600)).expect("a time");
        ((now - ago).to_string(), events[usize::try_from(next(6)).expect("small")].to_owned())
    };
    (0..count).map(one).collect()
}

#[test]
fn what_the_outlook_says_is_what_the_simulator_counts_to_the_person_over_ten_seeds() {
    for seed in 0..10 {
        let world = world(&[], "event = \"event\"", "");
        let people = spread(seed, 60);
        let row = |index: usize| format!("{},{},{}\n", openid(index), people[index].0, people[index].1);
        let rows: String = (0..people.len()).map(row).collect();
        world.file("audience.csv", format!("openid,time,event\n{rows}"));
        let at = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let outlook = plan(&world, &["--at", &at])["windows"].clone();
        let platform =
            Platform::with_times("[window]\ntimes = \"t.csv\"", &format!("openid,time,event\n{rows}"));
        let ran = world.send(&platform).exits(0);
        let (sent, skipped) = (&ran.json()["counts"]["sent"], &ran.json()["counts"]["skipped"]);
        assert_eq!((sent, skipped), (&outlook["in_time"], &outlook["out"]), "seed {seed}: {outlook}");
        let totals = platform.ledger().totals();
        assert_eq!(totals.answers.keys().collect::<Vec<_>>(), [&0], "seed {seed}: no late request");
        assert_eq!(json!(totals.accepted), *sent);
        assert!(totals.accepted > 10 && totals.accepted < 60, "seed {seed} tells something");
    }
}

#[test]
fn times_of_another_zone_are_noticed_by_the_answers() {
    // People whose window has ended, in an export that is eight hours off.
    let begun = |hours: i64| Timestamp::now() - SignedDuration::from_hours(hours);
    let people: Vec<usize> = (0..20).collect();
    let shown: Vec<String> =
        people.iter().map(|_| begun(43).strftime("%Y-%m-%d %H:%M:%S").to_string()).collect();
    let world = world(&shown, "zone = \"UTC\"", "");
    let truth: String =
        people.iter().map(|person| format!("{},{}\n", openid(*person), begun(51).as_second())).collect();
    let platform = Platform::with_times("[window]\ntimes = \"t.csv\"", &format!("openid,time\n{truth}"));
    world.send(&platform).exits(5).says("The times look 8 hours off");
    // The report holds the ages against the answers, also later and without the run.
    let report = world.run(&["report", "campaign.toml", "--local", "--format", "json"]).exits(0).json();
    assert_eq!(report["times"], json!({ "accepted": {}, "refused": { "43": 20 }, "hours_off": 8 }));
    for format in ["markdown", "html"] {
        let told = world.run(&["report", "campaign.toml", "--local", "--format", format]).exits(0).stdout;
        assert!(told.contains("The times look 8 hours off"), "{format}: {told}");
    }
}

#[test]
fn a_rehearsal_takes_the_times_of_the_audience_for_the_truth() {
    let times = [ends_in(-7_200_000), ends_in(3_600_000), String::new()];
    let world = world(&times, "", "");
    let ran = world.run(&["rehearse", "campaign.toml", "--format", "json"]).exits(0);
    assert_eq!(ran.counts(), "2 sent, 1 skipped");
    // Where the scenario knows better, its word counts.
    world.file("times.csv", format!("openid,time\n{},{}\n", openid(1), times[1]));
    world.file("scenario.toml", "[window]\ntimes = \"times.csv\"\n");
    let args = ["rehearse", "campaign.toml", "--scenario", "scenario.toml", "--format", "json"];
    assert_eq!(world.run(&args).exits(5).counts(), "1 sent, 1 refused, 1 skipped");
    world.file("times.csv", "openid,time\no,soon\n");
    world.run(&args).exits(3).says("`soon` is no time");
}

#[test]
fn the_example_of_who_and_when_plans_clean_and_says_who_gets_nothing_and_why() {
    let world = World::new();
    let example = crate::support::repository().join("campaigns/win-back");
    for file in
        ["campaign.toml", "audience.csv", "asked.csv", "bought.csv", "unsubscribed.csv", "testers.csv"]
    {
        world.file(file, std::fs::read(example.join(file)).expect(file));
    }
    world.edit("campaign.toml", "wx9b5cf7b5b76e00e6", crate::support::APPID);
    let args = ["plan", "campaign.toml", "--format", "json", "--at", "2026-11-26 10:00"];
    let found = world.run(&args).exits(0).json();
    assert_eq!(found["diagnostics"], json!([]));
    let why = &found["skipped_by_reason"];
    assert_eq!((&found["planned"], &why["excluded"], &why["unmatched"]), (&json!(16), &json!(3), &json!(1)));
    assert_eq!(found["ramp"], json!({ "steps": [2, 4, 16], "wait": "600" }));
    let windows = &found["windows"];
    assert_eq!((&windows["late"], &windows["one_minute"]), (&json!(0), &json!(2)), "{windows}");
    assert!(windows["in_time"].as_u64() > Some(6) && windows["out"].as_u64() > Some(1), "{windows}");
    let platform = Platform::new("");
    world.send(&platform).exits(8).says("2 of 2 testers");
    world.run_at(&platform, &["try", "campaign.toml"]).exits(0);
}

#[test]
fn a_preview_says_of_each_message_until_when_it_can_be_sent() {
    let world = World::with_recipients(3);
    let lines = [
        format!("{},A,2026-11-25 15:30,0", openid(0)),
        format!("{},B,,0", openid(1)),
        format!("{},C,2026-11-25 15:30,5", openid(2)),
    ];
    world.file("audience.csv", format!("openid,name,time,used\n{}\n", lines.join("\n")));
    let window = "[audience.window]\ncolumn = \"time\"\nused = \"used\"\n\n[message.text]";
    world.edit("campaign.toml", "[message.text]", window);
    let shown = world.run(&["preview", "campaign.toml"]).exits(0).stdout;
    let lines: Vec<&str> = shown.lines().filter(|line| !line.starts_with(['─', '│'])).collect();
    let lines: Vec<&str> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    assert_eq!(lines[0], "Can be sent until 2026-11-27 15:20 (+08:00)", "{shown}");
    assert_eq!(lines[1], "No time of last contact: sent after all others", "{shown}");
    assert!(lines[2].starts_with("WeChat takes no more messages"), "{shown}");
    world.run(&["preview", "campaign.toml", "-o", "page.html"]).exits(0);
    assert!(world.read("page.html").contains("Can be sent until 2026-11-27 15:20 (+08:00)"));
    world.edit("campaign.toml", "used = \"used\"", "missing = \"skip\"");
    let shown = world.run(&["preview", "campaign.toml", "--row", "2"]).exits(0).stdout;
    assert!(shown.contains("No time of last contact: skipped"), "{shown}");
}

#[test]
fn a_report_writes_the_rows_of_those_whom_a_run_was_too_late_for() {
    let world = World::with_recipients(4);
    let row = |number: usize, time: &str| format!("{},N{number},{time}", openid(number));
    let now = jiff::Timestamp::now().as_second().to_string();
    let rows = [row(0, "1700000000"), row(1, &now), row(0, &now), row(3, "1700000000")];
    world.file("audience.csv", format!("openid,name,time\n{}\n", rows.join("\n")));
    let late = ["report", "campaign.toml", "--local", "--late", "late.csv"];
    let window = "[audience.window]\ncolumn = \"time\"\n\n[message.text]";
    world.edit("campaign.toml", "[message.text]", window);
    let platform = Platform::new("");
    world.send(&platform);
    world.run(&late).exits(0);
    let written = world.read("late.csv");
    let expected = format!("\u{feff}openid,name,time\r\n{}\r\n{}\r\n", rows[0], rows[3]);
    assert_eq!(written, expected);
    world.file("mine.csv", "my notes\n");
    world.run(&["report", "campaign.toml", "--local", "--late", "mine.csv"]).exits(2);
    world.run(&["report", "campaign.toml", "--local", "--late", "audience.csv"]).exits(2);
    world.edit("campaign.toml", window, "[message.text]");
    world.run(&late).exits(2).says("[audience.window]");
}
