//! `wxcast audience wrote`: who wrote to the account, by its own log and by its records.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use crate::support::people::{CLICK, TEXT, audience, column, openids, push, sidecar};
use crate::support::{APPID, Platform, Ran, World, openid};

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

/// `wxcast audience wrote` from a file.
fn wrote(world: &World, log: &str) -> Ran {
    world.run(&["audience", "wrote", "--appid", APPID, "--from", log, "-o", "wrote.csv"])
}

#[test]
fn a_log_as_windows_writes_it_is_read_like_any_other() {
    let world = World::new();
    let log = [push(1, 3, TEXT), push(2, 2, TEXT)].concat();
    let wide: Vec<u8> =
        std::iter::once(0xFEFF).chain(log.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    world.file("push.log", wide);
    wrote(&world, "push.log").exits(0).says("2 people");
    assert_eq!(column(&world, "wrote.csv"), openids(&[1, 2]));
}

#[test]
fn what_is_no_log_of_pushes_is_said_to_be_none_and_leaves_the_last_list_alone() {
    let world = World::new();
    world.file("push.log", push(1, 3, TEXT));
    wrote(&world, "push.log").exits(0);
    let before = world.read("wrote.csv");
    let access = "127.0.0.1 - - [29/Nov/2026:10:00:00 +0800] \"POST /wx HTTP/1.1\" 200 7\n".repeat(40);
    for (name, content, said) in [
        ("access.log", access.into_bytes(), "no push was found in access.log"),
        ("push.log.gz", b"\x1f\x8b\x08\x00\x00".to_vec(), "is packed (.gz)"),
        ("noise.log", (0..=255u8).cycle().take(12_000).collect(), "is no text"),
        ("empty.log", Vec::new(), "no push was found in empty.log"),
        ("app.log", b"{\"level\":\"info\",\"n\":1}\n".to_vec(), "no push was found in app.log"),
        ("users.csv", b"OpenID,nickname\noA,x\n".to_vec(), "a table without a column `createtime`"),
        (
            "cut.log",
            push(1, 3, "").replace("</CreateTime></xml>", "").into_bytes(),
            "none of them can be read",
        ),
    ] {
        world.file(name, content);
        let ran = wrote(&world, name).exits(3).says(said).says("Nothing was written");
        assert!(ran.stderr.len() < 800, "{}", ran.stderr);
        assert_eq!(world.read("wrote.csv"), before, "{name}");
    }
    // The names of columns as they stand there.
    wrote(&world, "users.csv").says("OpenID, nickname");
}

#[test]
fn a_push_that_was_cut_off_is_counted_and_takes_none_of_the_others_along() {
    let world = World::new();
    let whole = push(1, 3, TEXT);
    world
        .file("push.log", format!("{}\n{}{}", &whole[..whole.len() / 2], push(2, 2, TEXT), push(3, 1, TEXT)));
    wrote(&world, "push.log").exits(0).says("1 entry looks like pushes").says("2 people");
}
