//! What a terminal shows: colours, a bar that fits, a status that is drawn in its place, and nothing that steers a terminal
//! which obeys nothing.

#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use console::{measure_text_width, strip_ansi_codes};

use crate::support::pty::Session;
use crate::support::{Platform, World, finish, openid};

const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[33m";

/// A campaign of which one person is refused.
fn refused() -> (World, Platform) {
    let answers = format!("[[answers]]\ncode = 45015\nopenids = [\"{}\"]\n", openid(1));
    (World::with_recipients(3), Platform::new(&answers))
}

/// A campaign that takes seconds.
fn slow(people: usize, rate: &str) -> (World, Platform) {
    let world = World::with_recipients(people);
    world.edit("campaign.toml", "100000/s", rate);
    (world, Platform::new(""))
}

#[test]
fn each_status_has_its_colour_on_a_terminal_and_none_elsewhere() {
    let (world, platform) = refused();
    let base = platform.base();
    let (code, shown) =
        Session::start(&world, "send campaign.toml --yes", &[("WXCAST_API_BASE", &base)]).ends();
    assert_eq!(code, 5, "{shown}");
    for line in [format!("{GREEN}sent: 2"), format!("{YELLOW}refused: 1")] {
        assert!(shown.contains(&line), "{line:?} is not in:\n{shown}");
    }
    let status = "status campaign.toml";
    assert!(Session::start(&world, status, &[]).ends().1.contains(GREEN));
    for environment in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let (_, shown) = Session::start(&world, status, &[environment]).ends();
        assert!(shown.contains("sent: 2") && !shown.contains('\u{1b}'), "{environment:?}: {shown:?}");
    }
    assert!(!world.run(&["status", "campaign.toml"]).exits(0).stdout.contains('\u{1b}'));
    let asked = world.run(&["status", "campaign.toml", "--color", "always"]).exits(0).stdout;
    assert!(asked.contains(&format!("{GREEN}sent: 2")), "{asked}");
}

/// More than a second: a bar is of a run that takes time.
#[test]
fn the_bar_says_in_words_how_far_it_is_and_fits_wide_and_narrow_terminals() {
    for (columns, language, words, done) in [
        (80, "en", r"[━╸ ]+\d+% · \d+/20 · [\d.]+/s · \d+ s left", "sent 20"),
        (60, "zh-CN", r"[━╸ ]+\d+% · \d+/20 · 每秒 [\d.]+ 条 · 还剩 \d+ 秒", "已发送 20"),
    ] {
        let (world, platform) = slow(20, "20/s");
        let base = platform.base();
        let environment = [("WXCAST_API_BASE", base.as_str()), ("WXCAST_LANG", language)];
        let (code, shown) = Session::wide(&world, columns, "send campaign.toml --yes", &environment).ends();
        assert_eq!(code, 0, "{shown}");
        let plain = strip_ansi_codes(&shown);
        let bar = regex::Regex::new(words).expect("a pattern");
        let bars: Vec<&str> = bar.find_iter(&plain).map(|found| found.as_str().trim_start()).collect();
        assert!(bars.len() > 2, "it is drawn on the way:\n{plain}");
        for bar in &bars {
            assert!(measure_text_width(bar) <= usize::from(columns), "too wide: {bar}");
        }
        assert!(bars.iter().any(|bar| bar.contains("100% · 20/20")), "{bars:#?}");
        assert!(plain.contains(done), "{done} is not in:\n{plain}");
    }
}

#[test]
fn a_terminal_that_obeys_nothing_is_shown_plain_lines() {
    let (world, platform) = refused();
    let base = platform.base();
    let environment = [("WXCAST_API_BASE", base.as_str()), ("TERM", "dumb")];
    let (code, shown) = Session::start(&world, "send campaign.toml --yes", &environment).ends();
    assert_eq!(code, 5, "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    let (_, shown) = Session::start(&world, "plan campaign.toml", &environment).ends();
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
}

/// More than a second: it is watched for two looks.
#[test]
fn a_watched_status_is_drawn_in_its_place_with_how_long_it_still_takes() {
    let (world, platform) = slow(60, "12/s");
    let sender = world.command_at(&platform, &["send", "campaign.toml", "--yes", "--progress", "none"]);
    let sender = { sender }.spawn().expect("the binary starts");
    let until = Instant::now() + Duration::from_secs(20);
    while !world.run(&["status", "campaign.toml"]).stdout.contains("sent:") || running(&world) == 0 {
        assert!(Instant::now() < until, "it never began");
    }
    let mut session = Session::start(&world, "status campaign.toml --watch", &[]);
    session.sees("sent: ").sees(" left").sees("\u{1b}[").sees("sent: ");
    let (code, shown) = session.ends();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("sent: 60"), "{shown}");
    assert!(shown.contains("\u{1b}[1A") || shown.contains('A'), "the cursor goes up: {shown:?}");
    finish(sender).exits(0);
}

/// How many are sent as yet.
fn running(world: &World) -> u64 {
    world.run(&["status", "campaign.toml", "--format", "json"]).json()["counts"]["sent"].as_u64().unwrap_or(0)
}

#[test]
fn of_a_list_that_cannot_be_read_no_figures_are_told() {
    let world = World::with_recipients(1);
    world.edit("campaign.toml", "audience.csv", "lists/../none.csv");
    let ran = world.run(&["plan", "campaign.toml"]).exits(3);
    assert!(ran.stdout.contains("spring") && !ran.stdout.contains("sha256:"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("In the list"), "{}", ran.stdout);
    ran.says("--> none.csv");
    let ran = world.run(&["plan", "nowhere.toml"]).exits(3);
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_path_is_told_without_detours_unless_one_is_a_link() {
    let world = World::with_recipients(1);
    world.file("lists/a.csv", "openid,name\nbad id,x\n");
    world.file("deep/er/x", "");
    std::os::unix::fs::symlink(world.path("deep/er"), world.path("link")).expect("a link");
    world.file("deep/b.csv", "openid,name\nbad id,x\n");
    for (file, told) in
        [("./deep/../lists/./a.csv", "lists/a.csv:2:1"), ("link/../b.csv", "link/../b.csv:2:1")]
    {
        world.text_campaign("Hello {{name}}", "");
        world.edit("campaign.toml", "audience.csv", file);
        world.run(&["plan", "./campaign.toml"]).exits(3).says(&format!("--> {told}"));
    }
}

#[test]
fn what_a_campaign_did_is_told_in_its_zone_wherever_the_computer_is() {
    let (world, platform) = refused();
    let run = |args: &[&str], code: i32| {
        let mut command = world.command_at(&platform, args);
        let ran = command.env("TZ", "America/New_York").output().expect("a run");
        let said = [ran.stdout, ran.stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8")).concat();
        assert_eq!(ran.status.code(), Some(code), "{said}");
        said
    };
    let mut told = run(&["send", "campaign.toml", "--yes"], 5);
    told += &run(&["runs", "campaign.toml"], 0);
    told += &run(&["report", "campaign.toml"], 0);
    world.edit("campaign.toml", "\"spring\"", "\"summer\"");
    // Whoever was sent just this under another name is told with the time.
    told += &run(&["send", "campaign.toml", "--yes"], 8);
    let zoned =
        regex::Regex::new(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? \(?([+-]\d\d:\d\d)").expect("a pattern");
    let zones: Vec<&str> =
        zoned.captures_iter(&told).map(|found| found.get(2).expect("a zone").as_str()).collect();
    assert!(zones.len() >= 4, "{told}");
    assert!(zones.iter().all(|zone| *zone == "+08:00"), "{zones:?} in {told}");
    let bare = regex::Regex::new(r"on \d{4}-\d\d-\d\d[,.]").expect("a pattern");
    assert!(!bare.is_match(&told), "a day without a time or a zone: {told}");
}

#[test]
fn who_begins_at_a_time_is_told_the_time_and_not_the_zone_alone() {
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    let base = platform.base();
    let args = "send campaign.toml --at '2099-01-02 20:00'";
    let mut session = Session::start(&world, args, &[("WXCAST_API_BASE", &base)]);
    session.sees("Hours: from 2099-01-02 20:00 (+08:00) on").sees("[y/N]").types("n");
    session.ends();
}

#[test]
fn flags_of_other_programs_lead_to_what_does_it_here() {
    let world = World::new();
    for (line, leads_to) in [
        ("send c.toml --dry-run", "wxcast rehearse"),
        ("send c.toml --resume", "goes on where it stopped"),
        ("send c.toml --test", "wxcast try"),
        ("resolve c.toml", "`--sent` or `--not-sent`"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        world.run(&words).exits(2).says(leads_to);
    }
}
