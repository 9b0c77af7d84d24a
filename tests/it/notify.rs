//! The notice that a run has ended or paused.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value as Json, json};

use crate::support::{Platform, Ran, World, openid};

/// Takes notices at an address on this computer and answers each with the next of these bodies.
fn service(answers: &'static [&'static str]) -> (String, Receiver<(String, Json)>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/hook/S3CRET?key=S3CRET", listener.local_addr().expect("an address"));
    let (told, notices) = channel();
    std::thread::spawn(move || {
        for (connection, answer) in listener.incoming().zip(answers) {
            let mut connection = BufReader::new(connection.expect("a connection"));
            let (mut line, mut length) = (String::new(), 0);
            connection.read_line(&mut line).expect("a request");
            loop {
                let mut header = String::new();
                connection.read_line(&mut header).expect("a header");
                match header.to_lowercase().strip_prefix("content-length:") {
                    Some(bytes) => length = bytes.trim().parse().expect("a length"),
                    None if header.trim().is_empty() => break,
                    None => {}
                }
            }
            let mut body = vec![0; length];
            connection.read_exact(&mut body).expect("a body");
            let _ = told.send((line, serde_json::from_slice(&body).expect("JSON")));
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", answer.len());
            connection.get_mut().write_all(format!("{head}{answer}").as_bytes()).expect("an answer");
        }
    });
    (address, notices)
}

fn world(count: usize, notify: &str) -> World {
    let world = World::with_recipients(count);
    let campaign = world.read("campaign.toml");
    world.file("campaign.toml", format!("{campaign}\n[notify]\n{notify}\n"));
    world
}

fn send(world: &World, platform: &Platform, address: &str, more: &[&str]) -> Ran {
    let args = [&["send", "campaign.toml", "--yes", "--format", "json"], more].concat();
    let mut command = world.command_at(platform, &args);
    Ran::of(command.env("WXCAST_NOTIFY_URL", address).output().expect("the binary runs"))
}

#[test]
fn each_service_gets_counts_and_what_to_do_next_and_nobody_s_openid() {
    for (style, answer, part) in [
        ("wecom", r#"{"errcode":0,"errmsg":"ok"}"#, "/markdown/content"),
        ("dingtalk", r#"{"errcode":0,"errmsg":"ok"}"#, "/markdown/text"),
        ("feishu", r#"{"code":0,"msg":"success"}"#, "/content/text"),
        ("json", "", "/next"),
    ] {
        let answers: &'static [&'static str] = Box::leak(Box::new([answer]));
        let (address, notices) = service(answers);
        let world = world(3, &format!("style = \"{style}\""));
        let ran = send(&world, &Platform::new(""), &address, &[]).exits(0);
        let (line, body) = notices.recv().expect("a notice");
        assert_eq!(line.trim_end(), "POST /hook/S3CRET?key=S3CRET HTTP/1.1", "{style}");
        let text = body.pointer(part).and_then(Json::as_str).unwrap_or_else(|| panic!("{style}: {body}"));
        assert!(text.contains("wxcast send") || text.contains('3'), "{style}: {text}");
        let said = format!("{}{}{body}", ran.stdout, ran.stderr);
        assert!(!said.contains("did not take") && !ran.stderr.contains("S3CRET"), "{style}: {said}");
        for nobody in [openid(0), "Hello".to_owned()] {
            assert!(!body.to_string().contains(&nobody), "{style}: {body}");
        }
    }
}

#[test]
fn a_program_is_told_the_event_the_exit_and_the_counts() {
    let (address, notices) = service(&[""]);
    let world = world(3, "on = [\"pause\"]");
    let platform = Platform::new("");
    send(&world, &platform, &address, &["--limit", "1"]).exits(7);
    let body = notices.recv().expect("a notice").1;
    assert_eq!((&body["event"], &body["exit"]["code"]), (&json!("pause"), &json!(7)));
    assert_eq!((&body["counts"]["sent"], &body["counts"]["unsent"]), (&json!(1), &json!(2)));
    assert_eq!((&body["reason"], &body["campaign"]), (&json!("limit"), &json!("spring")));
    // The end of it is nobody's wish.
    send(&world, &platform, &address, &[]).exits(0);
    assert!(notices.try_recv().is_err());
}

#[test]
fn a_notice_that_is_not_taken_is_tried_once_more_and_changes_nothing() {
    let (address, notices) = service(&[r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#; 3]);
    let world = world(2, "style = \"wecom\"");
    let ran = send(&world, &Platform::new(""), &address, &[]).exits(0);
    assert!(
        ran.stderr.contains("did not take the notice") && !ran.stderr.contains("S3CRET"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.counts(), "2 sent");
    drop((notices.recv().expect("the first"), notices.recv().expect("the second")));
    assert!(notices.try_recv().is_err(), "no third");
    let unset = world_of_nobody();
    unset.send(&Platform::new("")).exits(0).says("`WXCAST_NOTIFY_URL`");
}

fn world_of_nobody() -> World {
    world(1, "")
}

#[test]
fn the_address_in_the_campaign_file_is_a_fault_that_does_not_show_it() {
    for line in ["url = \"https://example.com/S3CRET\"", "url_env = \"https://example.com/S3CRET\""] {
        let ran = world(1, line).run(&["plan", "campaign.toml"]).exits(3);
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("S3CRET"), "{line}: {}", ran.stderr);
    }
}

#[test]
fn who_waits_for_the_end_is_told_of_one_with_unknown_outcomes_and_who_waits_for_those_of_a_pause() {
    for (on, limit, code, event) in [
        (r#"["end"]"#, &[][..], 6, "end"),
        (r#"["end", "unknown"]"#, &[][..], 6, "unknown"),
        (r#"["unknown"]"#, &["--limit", "2"][..], 7, "unknown"),
        (r#"["pause", "unknown"]"#, &["--limit", "2"][..], 7, "pause"),
    ] {
        let (address, notices) = service(&[""]);
        let world = world(3, &format!("on = {on}"));
        let platform = Platform::new("[[faults]]\nkind = \"reset-after\"\nmessages = 1");
        send(&world, &platform, &address, limit).exits(code);
        let body = notices.recv_timeout(std::time::Duration::from_secs(20)).expect("a notice").1;
        assert_eq!((&body["event"], &body["counts"]["unknown"]), (&json!(event), &json!(1)), "{on}");
    }
}

#[test]
fn doctor_sends_a_test_notice_where_it_is_asked_to() {
    let (address, notices) = service(&[r#"{"errcode":0}"#, r#"{"errcode":93000}"#, r#"{"errcode":93000}"#]);
    let world = world(1, "style = \"wecom\"");
    let platform = Platform::new("");
    let doctor = |more: &[&str]| {
        let args = [&["doctor", "campaign.toml", "--format", "json"], more].concat();
        let mut command = world.command_at(&platform, &args);
        let found =
            Ran::of(command.env("WXCAST_NOTIFY_URL", &address).output().expect("the binary runs")).json();
        let checks = found["checks"].as_array().expect("a list").clone();
        checks.into_iter().find(|check| check["check"] == "notify")
    };
    assert_eq!(doctor(&[]), None);
    let well = doctor(&["--notify"]).expect("a check");
    assert_eq!(well["state"], "ok", "{well}");
    let told = notices.recv().expect("a notice").1.to_string();
    assert!(told.contains("test notice") && !told.contains(&openid(0)), "{told}");
    let ill = doctor(&["--notify"]).expect("a check");
    assert_eq!(ill["state"], "warning", "{ill}");
    assert!(!ill.to_string().contains("S3CRET"), "{ill}");
}

#[test]
fn a_notice_says_how_many_were_skipped_and_why() {
    let (address, notices) = service(&[r#"{"code":0}"#, ""]);
    let world = world(4, "style = \"feishu\"");
    let time = |number: usize| if number == 3 { "1700000000".to_owned() } else { String::new() };
    let rows = [0, 1, 1, 2, 3].map(|number| format!("{},A,{}", openid(number), time(number)));
    world.file("audience.csv", format!("openid,name,time\n{}\n", rows.join("\n")));
    world.file("退订.csv", format!("openid\n{}\n", openid(0)));
    let keys = "audience.csv\"\nexclude = [\"退订.csv\"]\n[audience.window]\ncolumn = \"time\"\n#";
    world.edit("campaign.toml", "audience.csv\"", keys);
    let platform = Platform::new("");
    send(&world, &platform, &address, &[]).exits(0);
    let told = notices.recv().expect("a notice").1.to_string();
    for line in ["in an excluded list: 1 (退订.csv)", "openid in an earlier row: 1", "window closed: 1"] {
        assert!(told.contains(line), "{line}: {told}");
    }
    world.edit("campaign.toml", "style = \"feishu\"", "");
    world.edit("campaign.toml", "exclude = [\"退订.csv\"]", "");
    send(&world, &platform, &address, &[]).exits(0);
    let facts = notices.recv().expect("a notice").1;
    let why = &facts["skipped_by_reason"];
    let counts = (&why["duplicate"], &why["excluded"], &why["window"]);
    assert_eq!(counts, (&json!(1), &json!(0), &json!(1)), "{facts}");
}
