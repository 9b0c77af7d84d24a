//! `wxcast audience`: the file that is written is held against the people whom the simulator knows.

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use crate::support::{APPID, Platform, Ran, SECRET, World, kill, openid};

/// The people of most tests: seven who follow, one who has left, one of them on the blacklist.
fn people() -> String {
    let mut csv = String::from(
        "openid,subscribe,subscribe_time,unionid,tags,remark,subscribe_scene,qr_scene,blacklisted,wrote\n",
    );
    for (index, rest) in [
        "1,1700000000,uA,金卡;广东,大\u{1}客户,ADD_SCENE_QR_CODE,前台,0,",
        "1,1700000001,,金卡,,,,0,",
        "1,1700000002,,金卡;员工,=1+1,,,0,",
        "1,1700000003,,广东,,,,1,",
        "1,1700000004,,,,,,0,",
        "0,,,,,,,0,",
        "1,1700000005,,金卡;广东;员工,,,,0,",
        "1,1700000006,,广东,,,,0,",
    ]
    .into_iter()
    .enumerate()
    {
        csv.push_str(&format!("{},{rest}\n", openid(index)));
    }
    csv
}

fn openids(indices: &[usize]) -> Vec<String> {
    indices.iter().map(|index| openid(*index)).collect()
}

/// The first column of a CSV that was written.
fn column(world: &World, file: &str) -> Vec<String> {
    world.results_of(file).iter().map(|row| row[0].to_owned()).collect()
}

fn sidecar(world: &World, file: &str) -> Json {
    serde_json::from_str(&world.read(&format!("{file}.source.json"))).expect("a sidecar")
}

/// `wxcast audience …` of the account of every test, without a campaign.
fn audience(world: &World, platform: &Platform, args: &[&str]) -> Ran {
    world.run_at(platform, &[&["audience"], args, &["--appid", APPID]].concat())
}

const SMALL_PAGES: &str = "[followers]\npage = 3\n";

#[test]
fn everybody_who_follows_is_in_the_file_once_in_the_platforms_order() {
    for scenario in [
        SMALL_PAGES.to_owned(),
        format!("{SMALL_PAGES}end = 'nobody'\n"),
        format!("{SMALL_PAGES}errcode = true\n"),
        format!("{SMALL_PAGES}repeat = 1\nend = 'nobody'\n"),
        "content_type = 'text/plain'\n".to_owned(),
    ] {
        let (world, platform) = (World::new(), Platform::with_people(&scenario, &people()));
        audience(&world, &platform, &["followers", "-o", "fans.csv"]).exits(0).says("7 people");
        assert_eq!(column(&world, "fans.csv"), openids(&[0, 1, 2, 3, 4, 6, 7]), "{scenario}");
        assert!(world.read("fans.csv").starts_with("\u{feff}openid\r\n"));
        assert_eq!(platform.ledger().totals().requests, 0, "nobody is sent anything");
    }
}

#[test]
fn who_comes_meanwhile_is_told_by_the_platforms_count() {
    let scenario = format!("{SMALL_PAGES}repeat = 1\narrive = ['{}', '{}']\n", openid(20), openid(21));
    let (world, platform) = (World::new(), Platform::with_people(&scenario, &people()));
    let ran = audience(&world, &platform, &["followers", "-o", "fans.csv"]).exits(0);
    ran.says("WeChat counts 9 followers, and 7 came").says("stood in it twice");
    let sidecar = sidecar(&world, "fans.csv");
    assert_eq!((&sidecar["counts"]["total"], &sidecar["counts"]["people"]), (&9.into(), &7.into()));
}

#[test]
fn profiles_stand_beside_the_openids_without_what_no_cell_should_hold() {
    let (world, platform) = (World::new(), Platform::with_people(SMALL_PAGES, &people()));
    let args = ["followers", "--info", "--not-blacklisted", "-o", "fans.csv", "--lang", "zh-CN"];
    audience(&world, &platform, &args).exits(0).says("6 人").says("黑名单");
    let text = world.read("fans.csv");
    assert!(text.starts_with("\u{feff}openid,unionid,关注时间,标签,备注,来源,场景\r\n"), "{text}");
    let rows = world.results_of("fans.csv");
    assert_eq!(column(&world, "fans.csv"), openids(&[0, 1, 2, 4, 6, 7]));
    let first: Vec<&str> = rows[0].iter().skip(1).collect();
    assert_eq!(first, ["uA", "2023-11-15 06:13:20", "金卡、广东", "大 客户", "ADD_SCENE_QR_CODE", "前台"]);
    assert_eq!(&rows[2][4], "'=1+1", "no formula runs");
    assert!(!world.state_file("audience").read_dir().expect("a folder").any(|entry| {
        entry.expect("an entry").path().extension().is_some_and(|extension| extension == "pages")
    }));
}

#[test]
fn a_workbook_is_a_file_of_people_too_and_plan_reads_it() {
    let (world, platform) = (World::new(), Platform::with_people(SMALL_PAGES, &people()));
    audience(&world, &platform, &["followers", "-o", "fans.xlsx"]).exits(0);
    world.text_campaign("Hello", "");
    world.edit("campaign.toml", "audience.csv", "fans.xlsx");
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!(plan["planned"], 7);
}

#[test]
fn tags_are_united_met_and_taken_away() {
    let (world, platform) = (World::new(), Platform::with_people(SMALL_PAGES, &people()));
    world.file("some.csv", format!("openid,day\n{},1\n{},1\n{},1\n", openid(1), openid(6), openid(5)));
    for (args, expected) in [
        (&["--any", "金卡"][..], &[0, 1, 2, 6][..]),
        (&["--any", "金卡", "--not", "员工"], &[0, 1]),
        (&["--any", "金卡", "--any", "广东"], &[0, 1, 2, 6, 3, 7]),
        (&["--all", "金卡", "--all", "广东"], &[0, 6]),
        (&["--all", "金卡", "--all", "广东", "--not", "员工"], &[0]),
        (&["--any", "金卡", "--all", "广东"], &[0, 6]),
        (&["--not", "金卡"], &[3, 4, 7]),
        (&["--any", "金卡", "--from", "some.csv"], &[1, 6]),
        (&["--not", "员工", "--from", "some.csv"], &[1, 5]),
        (&["--any", "员工", "--not", "金卡"], &[]),
    ] {
        let args = [&["tagged"], args, &["-o", "tagged.csv"]].concat();
        audience(&world, &platform, &args).exits(0);
        assert_eq!(column(&world, "tagged.csv"), openids(expected), "{args:?}");
    }
}

#[test]
fn without_a_tag_the_tags_are_shown_and_an_unknown_one_is_told_with_the_nearest() {
    let (world, platform) = (World::new(), Platform::with_people("", &people()));
    let ran = audience(&world, &platform, &["tagged", "--lang", "zh-CN"]).exits(0);
    assert_eq!(ran.stdout, "金卡：4 人\n广东：4 人\n员工：2 人\n");
    audience(&world, &platform, &["tagged", "-o", "x.csv"]).exits(2);
    let ran = audience(&world, &platform, &["tagged", "--any", "金咔", "-o", "x.csv", "--lang", "zh-CN"]);
    ran.exits(3).says("您是不是想写“金卡”").says("广东 (4)");
    audience(&world, &platform, &["tagged", "--any", "金卡"]).exits(2).says("-o");
    assert!(!world.path("x.csv").exists());
}

#[test]
fn a_killed_command_leaves_no_file_and_goes_on_where_it_was() {
    let slow = format!("{SMALL_PAGES}[[faults]]\non = 'followers'\nkind = 'hang'\nmessages = 3\n");
    let (world, platform) = (World::new(), Platform::with_people(&slow, &people()));
    let args = ["audience", "followers", "--appid", APPID, "-o", "fans.csv"];
    let child = world.command_at(&platform, &args).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn();
    platform.wait_until(|ledger| ledger.totals().faults.contains_key("hang"));
    kill(child.expect("the binary starts"));
    assert!(!world.path("fans.csv").exists());
    let left = fs::read_dir(world.dir()).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let is_temporary = |name: &str| name.starts_with(".wxcast-") && name.ends_with(".tmp");
    assert!(left.into_iter().all(|name| is_temporary(&name.to_string_lossy())), "nothing else lies about");
    let ran = world.run_at(&platform, &args).exits(0);
    ran.says("going on after 6").says("7 people");
    assert_eq!(column(&world, "fans.csv"), openids(&[0, 1, 2, 3, 4, 6, 7]));
    // What is done is done: the next time everything is fetched.
    let ran = world.run_at(&platform, &args).exits(0);
    assert!(!ran.stderr.contains("going on"), "{}", ran.stderr);
}

#[test]
fn a_used_up_quota_is_a_pause_and_the_next_day_goes_on() {
    let scenario = format!("{SMALL_PAGES}daily = 2\n");
    let (world, platform) = (World::new(), Platform::with_people(&scenario, &people()));
    let ran = audience(&world, &platform, &["followers", "-o", "fans.csv"]).exits(7);
    ran.says("45009").says("is kept");
    assert!(!world.path("fans.csv").exists());
    platform.advance(Duration::from_secs(86_400));
    audience(&world, &platform, &["followers", "-o", "fans.csv"]).exits(0).says("going on after 6");
    assert_eq!(column(&world, "fans.csv").len(), 7);
}

/// Makes what was fetched older than it is, and gives when it was begun by that.
fn age(world: &World, list: &str, minutes: i64) -> Timestamp {
    let path = world.state_file(&format!("audience/{list}.pages"));
    let text = fs::read_to_string(&path).expect("a list that is kept");
    let mut begun = None;
    let mut aged = String::new();
    for line in text.lines() {
        match line.strip_prefix('#') {
            None => aged.push_str(line),
            Some(mark) => {
                let mut mark: Json = serde_json::from_str(mark).expect("a mark");
                for field in ["begun", "came"] {
                    let at: Timestamp = mark[field].as_str().expect("a time").parse().expect("a time");
                    mark[field] = (at - SignedDuration::from_mins(minutes)).to_string().into();
                }
                begun = mark["begun"].as_str().and_then(|begun| begun.parse().ok());
                aged.push_str(&format!("#{mark}"));
            }
        }
        aged.push('\n');
    }
    fs::write(&path, aged).expect("a written list");
    begun.expect("a mark")
}

fn made_at(world: &World, file: &str) -> Timestamp {
    sidecar(world, file)["made_at"].as_str().expect("a time").parse().expect("a time")
}

#[test]
fn what_another_command_fetched_whole_is_a_fresh_list_for_minutes_only_and_made_at_is_its_oldest_page() {
    // The followers come, and then the blacklist does not.
    let scenario = format!("{SMALL_PAGES}[[answers]]\non = 'blacklist'\ncode = 48001\n");
    let (world, platform) = (World::new(), Platform::with_people(&scenario, &people()));
    let half = || audience(&world, &platform, &["followers", "--not-blacklisted", "-o", "a.csv"]).exits(9);
    half();
    let others = (10..15).map(|index| format!("{}\n", openid(index))).collect::<String>();
    let later = Platform::with_people(SMALL_PAGES, &format!("openid\n{others}"));
    let begun = age(&world, "followers", 5);
    audience(&world, &later, &["followers", "-o", "b.csv"]).exits(0).says("an earlier command fetched");
    assert_eq!((column(&world, "b.csv").len(), made_at(&world, "b.csv")), (7, begun));
    half();
    age(&world, "followers", 11);
    let before = Timestamp::now();
    let ran = audience(&world, &later, &["followers", "-o", "c.csv"]).exits(0);
    assert!(!ran.stderr.contains("earlier command"), "{}", ran.stderr);
    assert_eq!(column(&world, "c.csv"), openids(&[10, 11, 12, 13, 14]));
    assert!(made_at(&world, "c.csv") >= before, "{}", made_at(&world, "c.csv"));
}

#[test]
fn an_unfinished_list_goes_on_the_next_day_with_its_first_pages_age_and_no_later() {
    let scenario = format!("{SMALL_PAGES}daily = 2\n");
    for (hours, goes_on) in [(40, true), (49, false)] {
        let (world, platform) = (World::new(), Platform::with_people(&scenario, &people()));
        audience(&world, &platform, &["followers", "-o", "fans.csv"]).exits(7);
        let begun = age(&world, "followers", hours * 60);
        let later = Platform::with_people(SMALL_PAGES, &people());
        let ran = audience(&world, &later, &["followers", "-o", "fans.csv"]).exits(0);
        assert_eq!(ran.stderr.contains("going on after 6"), goes_on, "{}", ran.stderr);
        assert_eq!(made_at(&world, "fans.csv") == begun, goes_on);
    }
}

#[test]
fn the_command_beside_a_list_is_the_one_that_was_typed() {
    let (world, platform) = (World::new(), Platform::with_people("", &people()));
    audience(&world, &platform, &["tagged", "--any", "金卡", "--not", "员工", "-o", "./x y.csv"]).exits(0);
    let typed = format!("wxcast audience tagged --any 金卡 --not 员工 -o './x y.csv' --appid {APPID}");
    #[cfg(unix)]
    assert_eq!(sidecar(&world, "x y.csv")["command"], typed);
    #[cfg(not(unix))]
    assert!(!sidecar(&world, "x y.csv")["command"].to_string().contains("./-"), "{typed}");
}

#[test]
fn where_the_way_on_is_gone_the_list_begins_anew() {
    let (world, platform) =
        (World::new(), Platform::with_people(&format!("{SMALL_PAGES}daily = 2\n"), &people()));
    audience(&world, &platform, &["followers", "-o", "fans.csv"]).exits(7);
    // Whoever stood at the end of the last page has left meanwhile.
    let others = (10..15).map(|index| format!("{}\n", openid(index))).collect::<String>();
    let platform = Platform::with_people(SMALL_PAGES, &format!("openid\n{others}"));
    audience(&world, &platform, &["followers", "-o", "fans.csv"]).exits(0).says("5 people");
    assert_eq!(column(&world, "fans.csv"), openids(&[10, 11, 12, 13, 14]));
}

#[test]
fn from_the_first_page_means_from_the_first_page() {
    let scenario = format!("{SMALL_PAGES}daily = 2\n");
    let (world, platform) = (World::new(), Platform::with_people(&scenario, &people()));
    audience(&world, &platform, &["followers", "-o", "fans.csv"]).exits(7);
    platform.advance(Duration::from_secs(86_400));
    let ran = audience(&world, &platform, &["followers", "--anew", "-o", "fans.csv"]).exits(7);
    assert!(!ran.stderr.contains("going on after"), "{}", ran.stderr);
}

#[test]
fn somebody_busy_is_asked_again_and_a_dead_token_is_renewed() {
    for rule in ["code = -1\ntimes = 1", "code = 268487002\ntimes = 1", "code = 40001\ntimes = 1"] {
        let scenario = format!("{SMALL_PAGES}[[answers]]\non = 'followers'\n{rule}\n");
        let (world, platform) = (World::new(), Platform::with_people(&scenario, &people()));
        audience(&world, &platform, &["followers", "-o", "fans.csv"]).exits(0);
        assert_eq!(column(&world, "fans.csv").len(), 7, "{rule}");
    }
}

#[test]
fn an_account_without_the_right_ends_with_nine_and_writes_nothing() {
    for code in [48001, 50002, 61004, 61007, 61016] {
        let scenario = format!("[[answers]]\non = 'followers'\ncode = {code}\n");
        let (world, platform) = (World::new(), Platform::with_people(&scenario, &people()));
        let ran = audience(&world, &platform, &["followers", "-o", "fans.csv"]).exits(9);
        ran.says(&code.to_string()).says("Nothing was written");
        assert!(!world.path("fans.csv").exists());
    }
    let scenario = "[[answers]]\non = 'tagged'\ncode = 45159\n";
    let (world, platform) = (World::new(), Platform::with_people(scenario, &people()));
    audience(&world, &platform, &["tagged", "--any", "金卡", "-o", "x.csv"]).exits(3).says("45159");
}

#[test]
fn a_file_is_written_over_only_where_wxcast_made_it_and_nobody_changed_it() {
    let (world, platform) = (World::new(), Platform::with_people("", &people()));
    let fans = |world: &World| audience(world, &platform, &["followers", "-o", "fans.csv"]);
    world.file("fans.csv", "openid\r\noMINE\r\n");
    fans(&world).exits(2);
    assert_eq!(world.read("fans.csv"), "openid\r\noMINE\r\n");
    fs::remove_file(world.path("fans.csv")).expect("a file");
    fans(&world).exits(0);
    fans(&world).exits(0);
    world.edit("fans.csv", &openid(0), &openid(9));
    fans(&world).exits(2).says("changed since");
    for (file, says) in [("fans.txt", "`.csv` or `.xlsx`"), ("no/such/fans.csv", "no folder")] {
        audience(&world, &platform, &["followers", "-o", file]).exits(2).says(says);
    }
    world.text_campaign("Hello", "");
    world.recipients(1);
    let ran = world.run_at(&platform, &["audience", "followers", "campaign.toml", "-o", "audience.csv"]);
    ran.exits(2);
}

#[test]
#[cfg(unix)]
fn files_of_people_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (world, platform) = (World::new(), Platform::with_people(SMALL_PAGES, &people()));
    audience(&world, &platform, &["followers", "-o", "fans.csv"]).exits(0);
    for file in ["fans.csv", "fans.csv.source.json"] {
        let mode = fs::metadata(world.path(file)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn account_and_hosts_are_named_and_neither_secret_nor_token_nor_openid_is_shown() {
    let (world, platform) = (World::new(), Platform::with_people(SMALL_PAGES, &people()));
    let ran = audience(&world, &platform, &["followers", "--info", "-o", "fans.csv", "-vv"]).exits(0);
    let told = format!("{}{}{}", ran.stdout, ran.stderr, world.read("fans.csv.source.json"));
    assert!(told.contains(APPID) && told.contains("127.0.0.1"), "{told}");
    assert!(!told.contains(SECRET) && !told.contains("oTEST"), "{told}");
    let nobody = world.run_at(&platform, &["audience", "followers", "-o", "x.csv"]).exits(2);
    nobody.says("--appid");
}

#[test]
fn the_audience_is_checked_person_by_person() {
    let (world, platform) = (World::new(), Platform::with_people("", &people()));
    world.text_campaign("Hello {{name}}", "");
    // Somebody of another account spoils the call for all, and is found.
    let rows = [0, 5, 99, 7, 0].map(|index| format!("{},Name {index}\n", openid(index)));
    world.file("audience.csv", format!("openid,name\n{}", rows.concat()));
    let ran = world.run_at(&platform, &["audience", "check", "campaign.toml", "-o", "checked.csv"]);
    ran.exits(0).says("3 follow, 1 have left, of 1 nothing is known");
    let rows = world.results_of("checked.csv");
    let told: Vec<(&str, &str)> = rows.iter().map(|row| (&row[1], &row[2])).collect();
    let expected = [("Name 0", "1"), ("Name 5", "0"), ("Name 99", ""), ("Name 7", "1"), ("Name 0", "1")];
    assert_eq!(told, expected);
    assert!(world.read("checked.csv").starts_with("\u{feff}openid,name,subscribe\r\n"));
}

#[test]
fn more_than_a_hundred_are_asked_for_in_parts() {
    let (world, platform) = (World::new(), Platform::new("[followers]\ncount = 250\npage = 100\n"));
    audience(&world, &platform, &["followers", "--info", "-o", "fans.csv"]).exits(0).says("250 people");
    let people: BTreeSet<String> = column(&world, "fans.csv").into_iter().collect();
    assert_eq!(people.len(), 250);
}

/// A push of somebody, so many hours ago.
fn push(who: usize, hours: i64, rest: &str) -> String {
    let at = (Timestamp::now() - SignedDuration::from_hours(hours)).as_second();
    format!(
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[{}]]></FromUserName>\
         <CreateTime>{at}</CreateTime>{rest}</xml>\n",
        openid(who)
    )
}

const TEXT: &str = "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[hi]]></Content>";
const CLICK: &str = "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[CLICK]]></Event>";

#[test]
fn who_wrote_is_read_from_the_log_and_a_later_tap_replaces_no_message() {
    let world = World::new();
    let log = [
        push(1, 3, TEXT),
        push(1, 1, CLICK),
        push(2, 1, CLICK),
        push(3, 60, TEXT),
        push(4, 30, TEXT),
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[Ab+/]]></Encrypt></xml>\n"
            .to_owned(),
    ];
    world.file("push.log", log.concat());
    let args = ["audience", "wrote", "--appid", APPID, "--from", "push.log", "-o", "wrote.csv"];
    let ran = world.run(&[&args[..], &["--lang", "zh-CN"]].concat()).exits(0);
    let ran = ran.says("1 条推送是加密的").says("早于 48h");
    assert!(!ran.stderr.contains("oTEST"), "{}", ran.stderr);
    assert!(world.read("wrote.csv").starts_with("\u{feff}openid,最后互动时间,互动方式,条数\r\n"));
    let rows = world.results_of("wrote.csv");
    let told: Vec<[&str; 3]> = rows.iter().map(|row| [&row[0], &row[2], &row[3]]).collect();
    let (a, b, c) = (openid(4), openid(1), openid(2));
    assert_eq!(told, [[&a[..], "消息", "1"], [&b, "消息", "1"], [&c, "菜单", "0"]]);
    // The same from a table, and from lines of JSON.
    let at = |hours: i64| (Timestamp::now() - SignedDuration::from_hours(hours)).as_second();
    world.file("push.csv", format!("FromUserName,CreateTime,MsgType\n{},{},text\n", openid(1), at(3)));
    let json =
        format!("{{\"FromUserName\":\"{}\",\"CreateTime\":{},\"MsgType\":\"text\"}}\n", openid(2), at(5));
    world.file("push.jsonl", json);
    let args = ["audience", "wrote", "--appid", APPID, "--from", "push.csv", "push.jsonl", "-o", "two.csv"];
    world.run(&args).exits(0);
    assert_eq!(column(&world, "two.csv"), openids(&[2, 1]));
    let sidecar = sidecar(&world, "two.csv");
    assert_eq!((&sidecar["source"]["kind"], &sidecar["host"]), (&"wrote".into(), &Json::Null));
}

#[test]
fn a_log_of_nothing_but_encrypted_pushes_is_said_to_be_one() {
    let world = World::new();
    world.file("push.log", "<xml><Encrypt><![CDATA[Ab+/]]></Encrypt></xml>\n".repeat(3));
    let args = ["audience", "wrote", "--appid", APPID, "--from", "push.log", "-o", "wrote.csv"];
    world.run(&args).exits(3).says("all 3 pushes").says("encrypted");
    assert!(!world.path("wrote.csv").exists());
}

#[test]
fn records_are_asked_for_by_days_and_an_empty_answer_is_explained() {
    let at = (Timestamp::now() - SignedDuration::from_hours(30)).as_second();
    let people = format!("openid,wrote\n{},{at};{}\n{},\n", openid(1), at + 60, openid(2));
    let online = |scenario: &str| {
        let (world, platform) = (World::new(), Platform::with_people(scenario, &people));
        let ran = audience(&world, &platform, &["wrote", "--online", "-o", "wrote.csv"]);
        (world, ran)
    };
    let (world, ran) = online("");
    ran.exits(9).says("65400");
    assert!(!world.path("wrote.csv").exists());
    let (world, ran) = online("[followers]\nrecords = 'empty'\n");
    ran.exits(0).says("no record at all");
    assert_eq!(column(&world, "wrote.csv"), [""; 0]);
    let (world, ran) = online("[followers]\nrecords = 'messages'\n");
    ran.exits(0);
    let rows = world.results_of("wrote.csv");
    assert_eq!((rows.len(), &rows[0][0], &rows[0][3]), (1, openid(1).as_str(), "2"));
}

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
fn a_broken_off_command_says_that_it_goes_on_and_profiles_do_so_too() {
    let hanging = "[followers]\ncount = 250\n[[faults]]\non = 'profiles'\nkind = 'hang'\nfrom = 2\nto = 4\n";
    let (world, platform) = (World::new(), Platform::new(hanging));
    let args = ["audience", "followers", "--info", "--appid", APPID, "-o", "fans.csv"];
    let child = world.command_at(&platform, &args).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn();
    platform.wait_until(|ledger| ledger.totals().faults.get("hang").is_some_and(|count| *count >= 2));
    let child = child.expect("the binary starts");
    // While it runs nobody else fetches the same list.
    world.run_at(&platform, &args).exits(8).says("Another wxcast");
    #[cfg(unix)]
    {
        crate::support::signal(&child, "INT");
        crate::support::finish(child).exits(130).says("Broken off").says("goes on there");
    }
    #[cfg(not(unix))]
    drop(kill(child));
    assert!(!world.path("fans.csv").exists());
    let ran = world.run_at(&platform, &args).exits(0);
    let ran = ran.says("Followers: the 250 that an earlier command fetched");
    ran.says("Profiles: going on after").says("250 people");
    let people: BTreeSet<String> = column(&world, "fans.csv").into_iter().collect();
    assert_eq!(people.len(), 250);
}

#[test]
fn the_environment_names_the_account_where_nothing_else_does() {
    let (world, platform) = (World::new(), Platform::with_people("", &people()));
    let mut command = world.command_at(&platform, &["audience", "followers", "-o", "fans.csv"]);
    Ran::of(command.env("WXCAST_APPID", APPID).output().expect("the binary runs")).exits(0).says(APPID);
    let ran = world.run_at(&platform, &["audience", "followers", "--appid", "微信", "-o", "x.csv"]);
    ran.exits(2).says("no AppID");
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
