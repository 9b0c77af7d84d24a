//! From a list to a campaign: what a program prints, what a plan says of a list, and the whole way of the manual.

use std::fs;
#[cfg(unix)]
use std::process::Stdio;
#[cfg(unix)]
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::support::people::{SMALL_PAGES, TEXT, audience, column, people, push, sidecar};
use crate::support::{APPID, Platform, World, openid};

#[cfg(unix)]
#[test]
fn a_program_is_run_by_fetch_alone_and_what_it_printed_is_the_audience() {
    let world = World::new();
    world.text_campaign("Hello {{name}}", "");
    let script = format!("echo run >> runs; printf 'openid\\tname\\n{}\\t张三\\n'", openid(1));
    let command = format!("command = [\"sh\", \"-c\", {script:?}]");
    world.edit("campaign.toml", "file = \"audience.csv\"", &command);
    let ran = world.run(&["plan", "campaign.toml"]).exits(3);
    ran.says("audience-not-fetched").says("wxcast audience fetch");
    assert!(!world.path("runs").exists());
    world.run(&["audience", "fetch", "campaign.toml"]).exits(0).says("1 people");
    let plan = world.run(&["plan", "campaign.toml"]).exits(0);
    assert!(plan.stdout.contains("ago by the program sh"), "{}", plan.stdout);
    assert_eq!(world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json()["planned"], 1);
    assert_eq!(world.read("runs"), "run\n");
    let sidecar = world.read("spring.audience.csv.source.json");
    assert!(!sidecar.contains("printf"), "its arguments may hold a password: {sidecar}");
    // A program that fails leaves what was there.
    let before = world.read("spring.audience.csv");
    world.edit("campaign.toml", "echo run >> runs;", "echo broken >&2; exit 7;");
    world.run(&["audience", "fetch", "campaign.toml"]).exits(3).says("exit code 7").says("broken");
    assert_eq!(world.read("spring.audience.csv"), before);
    world.edit("campaign.toml", "echo broken >&2; exit 7;", "exit 0;");
    world.run(&["audience", "fetch", "campaign.toml"]).exits(3).says("printed nothing");
    assert_eq!(world.read("spring.audience.csv"), before);
    // So does one that prints something else than people.
    let mut last = "exit 0;";
    for (printing, said) in [
        ("echo ERROR 1045: access denied; exit 0;", "no column `openid`"),
        ("echo openid,name; exit 0;", "nobody below"),
    ] {
        world.edit("campaign.toml", last, printing);
        world.run(&["audience", "fetch", "campaign.toml"]).exits(3).says(said).says("stays as it was");
        assert_eq!(world.read("spring.audience.csv"), before);
        last = printing;
    }
    // And one that is broken off, of which nothing is kept.
    world.edit("campaign.toml", last, "echo > begun; exec sleep 1000;");
    let mut fetch = world.command(&["audience", "fetch", "campaign.toml"]);
    let child = fetch.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the binary starts");
    while !world.path("begun").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    crate::support::signal(&child, "INT");
    let ran = crate::support::finish(child).exits(130);
    let ran = ran.says("runs the program from its beginning").says("stays as it was");
    assert!(!ran.stderr.contains("goes on there"), "{}", ran.stderr);
    assert_eq!(world.read("spring.audience.csv"), before);
}

#[test]
fn plan_says_how_old_a_list_is_and_whether_somebody_changed_it_since() {
    let (world, platform) = (World::new(), Platform::with_people("", &people()));
    audience(&world, &platform, &["tagged", "--any", "金卡", "--not", "员工", "-o", "audience.csv"]).exits(0);
    world.text_campaign("Hello", "");
    let plan = || world.run(&["plan", "campaign.toml", "--lang", "zh-CN"]).exits(0).stdout;
    assert!(plan().contains("前取自标签 金卡，去掉标签 员工"), "{}", plan());
    // As it is some days later.
    let old = (Timestamp::now() - SignedDuration::from_hours(75)).to_string();
    let made = sidecar(&world, "audience.csv")["made_at"].as_str().expect("a time").to_owned();
    world.edit("audience.csv.source.json", &made, &old);
    assert!(plan().contains("3 天前取自标签 金卡"), "{}", plan());
    world.edit("audience.csv", &openid(0), &openid(9));
    assert!(plan().contains("之后有改动"), "{}", plan());
    let ours = format!("\"appid\": \"{APPID}\"");
    world.edit("audience.csv.source.json", &ours, "\"appid\": \"wxfedcba9876543210\"");
    world.run(&["plan", "campaign.toml"]).exits(0).says("openids are others at each account");
    // Whatever somebody writes there, it is no command for a terminal.
    world.edit("audience.csv.source.json", "金卡", "\\u001b[2J::error::x");
    assert!(!plan().contains('\u{1b}'));
}

#[test]
fn a_list_from_a_simulator_is_told_where_people_would_get_the_message() {
    let (world, platform) = (World::new(), Platform::with_people("", &people()));
    audience(&world, &platform, &["followers", "-o", "audience.csv"]).exits(0);
    world.text_campaign("Hello", "");
    world.run(&["plan", "campaign.toml"]).exits(0).says("nobody in it is real");
    let local = world.run_at(&platform, &["plan", "campaign.toml"]).exits(0);
    assert!(!local.stderr.contains("nobody in it is real"), "{}", local.stderr);
}

/// The commands below a heading of the manual, each with its arguments.
fn shown(heading: &str) -> Vec<Vec<String>> {
    let page =
        fs::read_to_string(crate::support::repository().join("docs/zh-CN/audience.md")).expect("a page");
    let (_, below) = page.split_once(heading).expect("a heading");
    let block = below.split("```").nth(1).expect("a block");
    let commands = block.lines().filter_map(|line| line.strip_prefix("wxcast audience "));
    commands.map(|line| line.split(' ').map(str::to_owned).collect()).collect()
}

#[test]
fn what_the_manual_shows_of_the_simulator_works() {
    let folder = crate::support::repository().join("scenarios");
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a scenario");
    let (world, platform) = (World::new(), Platform::with_people(&read("people.toml"), &read("people.csv")));
    let commands = shown("### 不连微信先试试");
    assert_eq!(commands.len(), 3);
    for command in &commands {
        let args: Vec<&str> =
            ["--lang", "zh-CN", "audience"].into_iter().chain(command.iter().map(String::as_str)).collect();
        world.run_at(&platform, &args).exits(0);
    }
    assert_eq!(column(&world, "金卡.csv").len(), 3);
    assert!(world.path("fans.xlsx").is_file());
}

#[test]
fn from_a_tag_to_a_message_in_chinese() {
    let now = Timestamp::now();
    // 0 and 1 have the card and are no staff; 1 has bought; 8 has the card and wrote three days ago.
    let more = format!("{},1,1700000007,,金卡,,,,0,\n", openid(8));
    let times = format!("openid,time\n{},{}\n{},{}\n", openid(0), now, openid(1), now);
    let scenario = wxcast::simulator::scenario::Scenario::parse(SMALL_PAGES)
        .and_then(|scenario| scenario.with_people(&(people() + &more)))
        .and_then(|scenario| scenario.with_times(&times));
    let (world, platform) = (World::new(), Platform::with(scenario.expect("a scenario")));
    let at = |args: &[&str]| world.run_at(&platform, &[args, &["--lang", "zh-CN"]].concat());
    world
        .file("push.log", [push(0, 2, TEXT), push(1, 3, TEXT), push(8, 72, TEXT), push(2, 1, TEXT)].concat());
    world.file("已购买.csv", format!("openid\n{}\n", openid(1)));
    at(&["audience", "wrote", "--appid", APPID, "--from", "push.log", "--since", "48h", "-o", "互动.csv"])
        .exits(0)
        .says("互动.csv：3 人");
    at(&["audience", "tagged", "--appid", APPID, "--any", "金卡", "--not", "员工", "-o", "金卡.csv"])
        .exits(0)
        .says("金卡.csv：3 人");
    world.file(
        "campaign.toml",
        format!(
            "[campaign]\nid = \"spring\"\ntitle = \"金卡回访\"\n[account]\nappid = \"{APPID}\"\n\
             [audience]\nfile = \"互动.csv\"\nonly = [\"金卡.csv\"]\nexclude = [\"已购买.csv\"]\n\
             [audience.window]\ncolumn = \"最后互动时间\"\nevent = \"互动方式\"\n\
             [message.text]\ncontent = \"您好，金卡会员\"\n[try]\nrecipients = [\"{}\"]\nrequired = true\n",
            openid(0)
        ),
    );
    let plan = at(&["plan", "campaign.toml"]).exits(0).stdout;
    assert!(plan.contains("互动.csv：") && plan.contains("金卡.csv：") && plan.contains("取自"), "{plan}");
    at(&["try", "campaign.toml"]).exits(0);
    let sent = at(&["send", "campaign.toml", "--yes", "--format", "json"]).exits(0);
    assert_eq!(sent.counts(), "1 sent, 2 skipped");
    assert!(world.journal().keys().any(|(who, _)| *who == openid(0)));
}
