//! `wxcast audience`: the file that is written is held against the people whom the simulator knows.

use std::collections::BTreeSet;
use std::fs;

use crate::support::people::{SMALL_PAGES, audience, column, openids, people, sidecar};
use crate::support::{APPID, Platform, Ran, SECRET, World, openid};

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

#[test]
fn the_environment_names_the_account_where_nothing_else_does() {
    let (world, platform) = (World::new(), Platform::with_people("", &people()));
    let mut command = world.command_at(&platform, &["audience", "followers", "-o", "fans.csv"]);
    Ran::of(command.env("WXCAST_APPID", APPID).output().expect("the binary runs")).exits(0).says(APPID);
    let ran = world.run_at(&platform, &["audience", "followers", "--appid", "微信", "-o", "x.csv"]);
    ran.exits(2).says("no AppID");
}
