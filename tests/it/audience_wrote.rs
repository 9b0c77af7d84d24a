//! `wxcast audience wrote`: who wrote to the account, by its own log and by its records.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use crate::support::people::{CLICK, TEXT, audience, column, openids, push, sidecar};
use crate::support::{APPID, Platform, World, openid};

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
