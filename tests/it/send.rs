//! `wxcast send`: everybody once, and what the flags and gates promise.

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;

use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use crate::support::{APPID, Platform, Ran, SECRET, World, finish, kill, openid, walk};

#[test]
fn everybody_is_sent_the_message_once_and_the_summary_is_the_contract_s() {
    let (world, platform) = (World::with_recipients(50), Platform::new(""));
    let summary = world.send(&platform).exits(0).json();
    let keys = |value: &Json| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    let expected = "campaign title wave channel destination digest plan counts skipped_by_reason refused_by_code \
                    requests duration_seconds rate resume_at results exit";
    assert_eq!(keys(&summary).join(" "), expected);
    assert_eq!(keys(&summary["counts"]).join(" "), "sent refused failed unknown skipped unsent");
    assert_eq!(keys(&summary["exit"]).join(" "), "code name");
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!(summary["digest"], plan["digest"]);
    assert_eq!(summary["campaign"], "spring");
    assert_eq!(summary["wave"], 1);
    assert_eq!(summary["counts"]["sent"], 50);
    assert_eq!(summary["requests"], 50);
    assert_eq!(summary["refused_by_code"], serde_json::json!({}));
    assert!(summary["duration_seconds"].is_f64() && summary["rate"].is_f64(), "{summary}");
    assert!(summary["results"].as_str().is_some_and(|file| file.ends_with("spring.local.results.csv")));
    assert_eq!(summary["exit"], serde_json::json!({ "code": 0, "name": "ok" }));
    let ledger = platform.ledger();
    assert!((0..50).all(|index| ledger.accepted(&openid(index)) == 1));
    assert_eq!((ledger.totals().requests, ledger.totals().stable_token_calls), (50, 1));
}

#[test]
fn run_again_it_asks_the_platform_for_nothing_and_is_done() {
    let (world, platform) = (World::with_recipients(5), Platform::new(""));
    world.send(&platform).exits(0);
    let before = platform.ledger().totals();
    let again = world.send(&platform).exits(0);
    assert_eq!(again.counts(), "5 sent");
    assert_eq!(again.json()["requests"], 0);
    assert_eq!(platform.ledger().totals(), before, "not even a token");
    // Nothing is left to do, so nobody needs to say yes to it either.
    world.run_at(&platform, &["send", "campaign.toml"]).exits(0);
}

#[test]
fn an_edited_audience_keeps_who_was_sent_and_sends_who_is_new() {
    let (world, platform) = (World::with_recipients(4), Platform::new(""));
    world.send(&platform).exits(0);
    // 0 is removed, 2 corrected, all reordered, 7 and 8 added.
    let (a, b, c) = (openid(3), openid(2), openid(1));
    let rows =
        format!("openid,name\n{},new\n{a},Name 3\n{b},Corrected\n{c},Name 1\n{},new\n", openid(7), openid(8));
    world.file("audience.csv", rows);
    // Somebody who was sent the message would get another one now: that is for a person to judge.
    world.send(&platform).exits(8).says("--expect-plan");
    let ran = world.send_agreed(&platform).exits(0);
    assert_eq!(ran.counts(), "5 sent");
    assert_eq!(ran.json()["requests"], 2);
    let ran = ran
        .says("1 recipient of earlier runs is no longer in the audience")
        .tells("In the list", 5)
        .tells("sent before", 3)
        .tells("To send", 2);
    assert!(ran.stderr.contains("1 people were sent a message that differs"), "{}", ran.stderr);
    let ledger = platform.ledger();
    assert!([0, 1, 2, 3, 7, 8].iter().all(|index| ledger.accepted(&openid(*index)) == 1));
}

#[test]
fn a_raised_wave_is_the_way_to_send_again() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    world.send(&platform).exits(0);
    world.edit("campaign.toml", "id = \"spring\"", "id = \"spring\"\nwave = 2");
    world
        .send(&platform)
        .exits(8)
        .says("3 of these 3 got exactly this as `spring` wave 1")
        .says("--expect-plan");
    assert_eq!(world.send_agreed(&platform).exits(0).json()["wave"], 2);
    assert!((0..3).all(|index| platform.ledger().accepted(&openid(index)) == 2));
    assert_eq!(world.send(&platform).exits(0).json()["requests"], 0);
}

#[test]
fn duplicates_are_sent_once_unless_each_row_is_wanted() {
    let world = World::with_recipients(2);
    let rows = format!("openid,name\n{0},one\n{1},x\n{0},two\n{0},three\n", openid(0), openid(1));
    world.file("audience.csv", rows);
    let platform = Platform::new("");
    assert_eq!(world.send(&platform).exits(0).counts(), "2 sent, 2 skipped");
    assert_eq!(platform.ledger().accepted(&openid(0)), 1);

    world.edit("campaign.toml", "[message.text]", "duplicates = \"each\"\n[message.text]");
    assert_eq!(world.send(&platform).exits(0).counts(), "4 sent");
    assert_eq!(platform.ledger().accepted(&openid(0)), 3);
    assert_eq!(platform.ledger().accepted(&openid(1)), 1);
}

#[test]
fn one_person_s_messages_go_strictly_one_after_another_in_their_order() {
    let world = World::with_recipients(1);
    world.edit("campaign.toml", "[message.text]", "duplicates = \"each\"\n[message.text]");
    let rows: String = (0..6).map(|index| format!("{},Name {index}\n", openid(0))).collect();
    world.file("audience.csv", format!("openid,name\n{rows}"));
    let platform = Platform::new("latency = \"10ms\"");
    world.send(&platform).exits(0);
    assert_eq!(platform.ledger().totals().max_in_flight, 1);
    assert_eq!(platform.ledger().accepted_payloads(&openid(0)), payloads(&world));
}

#[test]
fn one_person_s_messages_keep_their_order_when_one_is_tried_again() {
    // A second, because a retry waits that long.
    let world = World::with_recipients(1);
    world.edit("campaign.toml", "[message.text]", "duplicates = \"each\"\n[message.text]");
    let rows: String = (0..4).map(|index| format!("{},Name {index}\n", openid(0))).collect();
    world.file("audience.csv", format!("openid,name\n{rows}"));
    let platform = Platform::new("[[answers]]\ncode = -1\nmessages = 2");
    world.send(&platform).exits(0);
    assert_eq!(platform.ledger().accepted_payloads(&openid(0)), payloads(&world));
}

/// The SHA-256 of every payload, as `preview` shows them.
fn payloads(world: &World) -> Vec<[u8; 32]> {
    let shown =
        world.run(&["preview", "campaign.toml", "--limit", "10000", "--format", "json"]).exits(0).json();
    let shown = shown.as_array().expect("an array");
    shown.iter().map(|message| Sha256::digest(message["payload"].to_string()).into()).collect()
}

#[test]
fn what_arrives_is_what_the_preview_shows() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    world.text_campaign("{{name}}：<a href=\"https://e.cn/?a=1&b=2\">é 😀 \\\\ \"q\"</a>", "");
    world.send(&platform).exits(0);
    for (index, payload) in payloads(&world).into_iter().enumerate() {
        assert_eq!(platform.ledger().accepted_payloads(&openid(index)), [payload]);
    }
}

#[test]
fn a_limit_holds_and_the_next_send_goes_on() {
    let (world, platform) = (World::with_recipients(7), Platform::new(""));
    let send = ["send", "campaign.toml", "--yes", "--limit", "3", "--format", "json"];
    assert_eq!(world.run_at(&platform, &send).exits(7).counts(), "3 sent, 4 unsent");
    assert_eq!(world.run_at(&platform, &send).exits(7).counts(), "6 sent, 1 unsent");
    assert_eq!(world.run_at(&platform, &send).exits(0).counts(), "7 sent");
    assert_eq!(platform.ledger().totals().requests, 7);
}

#[test]
fn a_limit_leaves_nobody_it_began_with_unsettled() {
    // A second, because a retry waits that long.
    let world = World::with_recipients(5);
    let platform = Platform::new("[[answers]]\ncode = -1\nmessages = 1");
    let send = ["send", "campaign.toml", "--yes", "--limit", "3", "--format", "json"];
    assert_eq!(world.run_at(&platform, &send).exits(7).counts(), "3 sent, 2 unsent");
}

#[test]
fn a_rate_on_the_command_line_overrides_the_campaign_s() {
    let (world, platform) = (World::with_recipients(9), Platform::new(""));
    let send = ["send", "campaign.toml", "--yes", "--rate", "50/s", "--format", "json"];
    let seconds = world.run_at(&platform, &send).exits(0).json()["duration_seconds"].as_f64();
    // Two may come at once; seven steps of 20 ms are left.
    assert!(seconds.is_some_and(|seconds| seconds >= 7.0 / 50.0), "{seconds:?}");
}

#[test]
fn never_more_requests_are_in_flight_than_allowed() {
    let (world, platform) = (World::with_recipients(30), Platform::new("latency = \"20ms\""));
    let send = ["send", "campaign.toml", "--yes", "--concurrency", "3"];
    world.run_at(&platform, &send).exits(0);
    assert_eq!(platform.ledger().totals().max_in_flight, 3);
}

#[test]
fn off_a_terminal_nothing_is_sent_without_a_yes() {
    let (world, platform) = (World::with_recipients(2), Platform::new(""));
    let ran = world.run_at(&platform, &["send", "campaign.toml"]).exits(8).says("--yes");
    assert_eq!(ran.stdout, "");
    assert_nothing_asked(&platform);
}

#[test]
fn another_digest_or_count_than_expected_sends_nothing() {
    let (world, platform) = (World::with_recipients(2), Platform::new(""));
    let other = format!("sha256:{}", "0".repeat(64));
    let send =
        |flag: &str, value: &str| world.run_at(&platform, &["send", "campaign.toml", "--yes", flag, value]);
    send("--expect-digest", &other).exits(8).says(&other);
    send("--expect-count", "3").exits(8);
    assert_nothing_asked(&platform);
    send("--expect-digest", &digest(&world)).exits(0);
}

/// The plan's id at a platform, whose address is part of it.
fn plan_id(world: &World, platform: &Platform) -> String {
    let plan = world.run_at(platform, &["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    plan["plan"].as_str().expect("a plan id").to_owned()
}

fn digest(world: &World) -> String {
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    plan["digest"].as_str().expect("a digest").to_owned()
}

#[track_caller]
fn assert_nothing_asked(platform: &Platform) {
    let totals = platform.ledger().totals();
    assert_eq!((totals.requests, totals.stable_token_calls), (0, 0));
}

#[test]
fn a_token_that_is_given_is_used_as_it_is() {
    let world = World::with_recipients(3);
    let platform = Platform::new("[token]\naccept = [\"GIVEN\"]");
    let send = |token: &str| {
        let mut send = world.command_at(&platform, &["send", "campaign.toml", "--yes", "--format", "json"]);
        Ran::of(send.env("WXCAST_ACCESS_TOKEN", token).output().expect("the binary runs"))
    };
    let refused = send("OTHER").exits(9).says("WXCAST_ACCESS_TOKEN");
    assert_eq!(refused.counts(), "3 unsent");
    assert_eq!(send("GIVEN").exits(0).counts(), "3 sent");
    assert_eq!(platform.ledger().totals().stable_token_calls, 0);
}

#[test]
fn without_a_secret_nothing_is_sent() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    let mut send = world.command_at(&platform, &["send", "campaign.toml", "--yes"]);
    let output = send.env_remove("WXCAST_APPSECRET").output().expect("the binary runs");
    Ran::of(output).exits(9).says("WXCAST_APPSECRET");
    assert_nothing_asked(&platform);
}

#[test]
fn secret_and_token_turn_up_nowhere() {
    let world = World::with_recipients(20);
    world.edit("campaign.toml", "rate =", "retries = 0\nconcurrency = 4\nrate =");
    let platform = Platform::new(
        "[[answers]]\ncode = 45015\nmessages = 2\n[[answers]]\ncode = -1\nmessages = 3\n\
         [[faults]]\nkind = \"reset-after\"\nmessages = 4\n[[faults]]\nkind = \"garbage\"\nmessages = 5\n\
         [[faults]]\nkind = \"hang\"\nfrom = 8\n",
    );
    let mut command = world.command_at(&platform, &["-vvv", "send", "campaign.toml", "--yes"]);
    command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    platform.wait_for_requests(11);
    // A kill, so that the write-ahead log is there to be searched.
    let killed = kill(child);
    world.run(&["results", "campaign.toml"]).exits(0);
    // Nobody listens there: the error of a failed connection knows its address.
    let mut command = world.command(&["-vvv", "send", "campaign.toml", "--yes"]);
    command.env("WXCAST_API_BASE", "http://127.0.0.1:9").env("WXCAST_ACCESS_TOKEN", "T0KEN-given-4711");
    let refused = Ran::of(command.output().expect("the binary runs")).exits(6);

    let token = fetch_token(&platform);
    let secrets = [SECRET, &token, "T0KEN-given-4711", "access_token="];
    let mut searched = 0;
    for text in [&killed.stdout, &killed.stderr, &refused.stdout, &refused.stderr] {
        assert_clean(text.as_bytes(), &secrets, "a stream");
    }
    for folder in [world.dir(), world.home()] {
        walk(folder, &mut |path, bytes| {
            // The one place where a token belongs.
            if path.file_name().is_some_and(|name| name != "token.json") {
                assert_clean(bytes, &secrets, &path.display().to_string());
                searched += 1;
            }
        });
    }
    assert!(searched >= 5, "campaign, audience, results, journal and its log, but only {searched} files");
}

/// The simulator's token, which it gives out again while it lives.
fn fetch_token(platform: &Platform) -> String {
    let base = platform.base();
    let host = base.strip_prefix("http://").expect("http");
    let body = format!(r#"{{"grant_type":"client_credential","appid":"{APPID}","secret":"{SECRET}"}}"#);
    let mut stream = TcpStream::connect(host).expect("a connection");
    let length = body.len();
    write!(stream, "POST /cgi-bin/stable_token HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
        .expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let json: Json = serde_json::from_str(answer.split("\r\n\r\n").nth(1).expect("a body")).expect("JSON");
    json["access_token"].as_str().expect("a token").to_owned()
}

#[track_caller]
fn assert_clean(bytes: &[u8], secrets: &[&str], place: &str) {
    for secret in secrets {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} is in {place}");
    }
}

#[test]
fn a_stdout_and_a_stderr_that_nobody_reads_stop_nothing() {
    for progress in ["plain", "bar"] {
        let (world, platform) = (World::with_recipients(60), Platform::new("latency = \"5ms\""));
        let mut command = world.command_at(
            &platform,
            &["-v", "send", "campaign.toml", "--yes", "--format", "json", "--progress", progress],
        );
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        drop((child.stdout.take(), child.stderr.take()));
        let status = child.wait().expect("the process ends");
        assert_eq!(status.code(), Some(0), "{progress}");
        assert_eq!(world.status().counts(), "60 sent", "{progress}");
        assert_eq!(world.results().len(), 60);
    }
}

#[test]
fn a_text_that_was_edited_after_part_was_sent_needs_its_plan() {
    let (world, platform) = (World::with_recipients(5), Platform::new(""));
    let then = digest(&world);
    world.run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", "2"]).exits(7);
    world.edit("campaign.toml", "Hello", "Good day");
    let now = digest(&world);
    world.send(&platform).exits(8).says(&then).says(&now).says("2 people were sent the earlier one");
    assert_eq!(platform.ledger().totals().requests, 2);
    let send = ["send", "campaign.toml", "--yes", "--expect-digest", &now, "--format", "json"];
    world.run_at(&platform, &send).exits(8).says("--expect-plan");
    let id = plan_id(&world, &platform);
    let send = ["send", "campaign.toml", "--yes", "--expect-plan", &id, "--format", "json"];
    assert_eq!(world.run_at(&platform, &send).exits(0).counts(), "5 sent");
    assert!((0..5).all(|index| platform.ledger().accepted(&openid(index)) == 1));
}

#[test]
fn the_refused_are_tried_again_only_when_somebody_says_so() {
    let world = World::with_recipients(6);
    let refuse = format!(
        "[[answers]]\ncode = 45015\nopenids = [\"{}\", \"{}\"]\ntimes = 1\n[[answers]]\ncode = 45047\nopenids = [\"{}\"]\ntimes = 1",
        openid(1),
        openid(2),
        openid(4)
    );
    let platform = Platform::new(&refuse);
    let first = world.send(&platform).exits(5);
    assert_eq!(first.counts(), "3 sent, 3 refused");
    assert_eq!(first.json()["refused_by_code"], serde_json::json!({ "45015": 2, "45047": 1 }));
    assert_eq!(world.send(&platform).exits(5).json()["requests"], 0);
    let retry = |which: &str| {
        world.run_at(&platform, &["send", "campaign.toml", "--yes", "--retry", which, "--format", "json"])
    };
    let some = retry("refused:45047").exits(5);
    assert_eq!((some.counts(), &some.json()["requests"]), ("4 sent, 2 refused".to_owned(), &Json::from(1)));
    let all = retry("refused").exits(0);
    assert_eq!((all.counts(), &all.json()["requests"]), ("6 sent".to_owned(), &Json::from(2)));
    for wrong in ["sent", "refused:", "refused:x", "refused:1,,2"] {
        retry(wrong).exits(2);
    }
}

#[test]
fn unknown_ones_are_held_until_the_campaign_says_resend() {
    let world = World::with_recipients(3);
    let platform = Platform::new("[[faults]]\nkind = \"close-before\"\nmessages = 2\n");
    assert_eq!(world.send(&platform).exits(6).counts(), "2 sent, 1 unknown");
    assert_eq!(world.send(&platform).exits(6).json()["requests"], 0);
    world.edit("campaign.toml", "rate =", "on_unknown = \"resend\"\nrate =");
    assert_eq!(world.send(&platform).exits(0).counts(), "3 sent");
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
}

#[test]
fn an_audience_that_is_edited_during_the_run_lets_no_unplanned_message_out() {
    let (world, platform) = (World::with_recipients(8_000), Platform::new("latency = \"1ms\""));
    let planned: HashSet<[u8; 32]> = payloads(&world).into_iter().collect();
    let child = world.start_send(&platform);
    platform.wait_for_requests(20);
    let edited = world.read("audience.csv").replace(",Name", ",Mane");
    world.file("audience.csv", edited);
    let ran = finish(child).exits(8).says("changed during the run");
    let counts = ran.json()["counts"].clone();
    assert!(counts["unsent"].as_u64() > Some(0), "{counts}");
    let ledger = platform.ledger();
    for openid in ledger.openids() {
        assert!(ledger.accepted_payloads(&openid).iter().all(|sent| planned.contains(sent)), "{openid}");
    }
    assert_eq!(ledger.duplicates(), [""; 0]);
}

#[test]
fn a_text_edited_while_outcomes_are_unknown_needs_a_plan_too() {
    let world = World::with_recipients(3);
    world.text_campaign("Hello {{name}}", "[send.stop]\nmax_unknown = 0");
    world.send(&Platform::new("[[faults]]\nkind = \"reset-after\"")).exits(6);
    world.edit("campaign.toml", "Hello", "Goodbye");
    world.recipients(4);
    let platform = Platform::new("");
    world.send(&platform).exits(8).says("--expect-plan");
    assert_eq!(platform.ledger().totals().requests, 0);
}

#[test]
fn rows_of_one_person_that_were_moved_between_runs_need_a_plan() {
    let world = World::with_recipients(1);
    world.edit("campaign.toml", "[message.text]", "duplicates = \"each\"\n[message.text]");
    let [first, second] = [0, 1].map(|index| format!("{},Name {index}\n", openid(0)));
    world.file("audience.csv", format!("openid,name\n{first}{second}"));
    let platform = Platform::new("");
    world.run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", "1"]).exits(7);
    world.file("audience.csv", format!("openid,name\n{second}{first}"));
    world.send(&platform).exits(8).says("--expect-plan");
    world.file("audience.csv", format!("openid,name\n{first}{second}"));
    assert_eq!(world.send(&platform).exits(0).counts(), "2 sent");
    assert_eq!(platform.ledger().accepted_payloads(&openid(0)), payloads(&world));
}
