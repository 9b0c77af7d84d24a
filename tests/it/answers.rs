//! What each answer, and each lack of one, comes to: status, exit code, results.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::support::{Platform, Ran, SECRET, World, openid};

/// One recipient, one scenario, and what must come of it.
struct Case {
    scenario: &'static str,
    /// More keys of `[send]`.
    send: &'static str,
    exit: i32,
    /// The results: status, errcode, errmsg, attempts.
    row: [&'static str; 4],
    /// How many messages the platform accepted.
    accepted: u32,
}

/// Runs every case in a world of its own and gives it with its world and platform.
fn check(cases: &[Case], then: impl Fn(&Case, &World, &Platform, &Ran) + Sync) {
    std::thread::scope(|scope| {
        for case in cases {
            let then = &then;
            scope.spawn(move || {
                let (world, platform) = (World::with_recipients(1), Platform::new(case.scenario));
                world.text_campaign("Hello {{name}}", case.send);
                let ran = world.send(&platform);
                assert_eq!(ran.code, case.exit, "{}: {ran:?}", case.scenario);
                let results = world.results();
                let cell = |cell: usize| results[0].get(cell).unwrap_or_default();
                assert_eq!([cell(2), cell(3), cell(4), cell(6)], case.row, "{}", case.scenario);
                let good = case.row[0] == "sent";
                assert_eq!(cell(5).is_empty(), good, "{}: advice: {results:?}", case.scenario);
                assert!(!cell(7).is_empty() && !cell(8).is_empty(), "{}: {results:?}", case.scenario);
                let counts = format!("1 {}", case.row[0]);
                assert_eq!(ran.counts(), counts, "{}", case.scenario);
                assert_eq!(world.status().counts(), counts);
                assert_eq!(platform.ledger().accepted(&openid(0)), case.accepted, "{}", case.scenario);
                then(case, &world, &platform, &ran);
            });
        }
    });
}

#[test]
fn answers_are_final_or_tried_again_as_the_contract_says() {
    let refused = "response out of time limit or subscription is canceled";
    let never = "retries = 0";
    let cases = [
        Case { scenario: "", send: "", exit: 0, row: ["sent", "0", "ok", "1"], accepted: 1 },
        Case {
            scenario: "[[answers]]\ncode = 45015",
            send: "",
            exit: 5,
            row: ["refused", "45015", refused, "1"],
            accepted: 0,
        },
        Case {
            scenario: "[[answers]]\ncode = 123456\nerrmsg = 'strange hints: [x-1!]'",
            send: "",
            exit: 5,
            row: ["refused", "123456", "strange", "1"],
            accepted: 0,
        },
        Case {
            scenario: "[[answers]]\ncode = -1",
            send: never,
            exit: 5,
            row: ["failed", "-1", "system error", "1"],
            accepted: 0,
        },
        Case {
            scenario: "[[faults]]\nkind = 'status'\nstatus = 503\nretry_after = 60",
            send: never,
            exit: 5,
            row: ["failed", "", "http-503", "1"],
            accepted: 0,
        },
        Case {
            scenario: "[[faults]]\nkind = 'status'\nstatus = 429",
            send: never,
            exit: 5,
            row: ["failed", "", "http-429", "1"],
            accepted: 0,
        },
        Case {
            scenario: "[[answers]]\ncode = 45009",
            send: "",
            exit: 7,
            row: ["unsent", "45009", "reach max api daily quota limit", "1"],
            accepted: 0,
        },
        Case {
            scenario: "[[answers]]\ncode = 48001",
            send: "",
            exit: 9,
            row: ["failed", "48001", "api unauthorized", "1"],
            accepted: 0,
        },
        Case {
            scenario: "[[answers]]\ncode = 45002",
            send: "",
            exit: 5,
            row: ["refused", "45002", "content size out of limit", "1"],
            accepted: 0,
        },
        // A slow answer is an answer.
        Case {
            scenario: "[[faults]]\nkind = 'delay'\nduration = '100ms'",
            send: "",
            exit: 0,
            row: ["sent", "0", "ok", "1"],
            accepted: 1,
        },
        // What the answer says counts, not what it says of its type.
        Case {
            scenario: "content_type = 'text/plain'",
            send: "",
            exit: 0,
            row: ["sent", "0", "ok", "1"],
            accepted: 1,
        },
    ];
    check(&cases, |case, world, _, ran| {
        let rid = world.results()[0].get(9).unwrap_or_default().to_owned();
        let expected = !case.row[1].is_empty() && case.row[0] != "sent" && case.row[1] != "123456";
        assert_eq!(!rid.is_empty(), expected, "{}: rid {rid:?}", case.scenario);
        if case.row[0] == "refused" {
            assert_eq!(ran.json()["refused_by_code"][case.row[1]], 1);
        }
    });
}

#[test]
fn what_was_certainly_not_delivered_is_tried_again_after_a_pause() {
    // A second each, because that is how long the first pause is; all at once.
    let cases = [
        Case {
            scenario: "[[answers]]\ncode = -1\ntimes = 1",
            send: "",
            exit: 0,
            row: ["sent", "0", "ok", "2"],
            accepted: 1,
        },
        Case {
            scenario: "[[answers]]\ncode = 45011\ntimes = 1",
            send: "retries = 0",
            exit: 0,
            row: ["sent", "0", "ok", "2"],
            accepted: 1,
        },
        Case {
            scenario: "[[faults]]\nkind = 'status'\nstatus = 429\ntimes = 1",
            send: "retries = 1",
            exit: 0,
            row: ["sent", "0", "ok", "2"],
            accepted: 1,
        },
        Case {
            scenario: "[[answers]]\ncode = -1",
            send: "retries = 1",
            exit: 5,
            row: ["failed", "-1", "system error", "2"],
            accepted: 0,
        },
    ];
    check(&cases, |_, _, _, _| {});
}

#[test]
fn a_server_is_given_the_time_that_it_asks_for() {
    // Two seconds: Retry-After counts in seconds, and the first pause alone would take up to 1.25.
    let world = World::with_recipients(1);
    let platform = Platform::new("[[faults]]\nkind = 'status'\nstatus = 503\nretry_after = 2\ntimes = 1");
    let begun = Instant::now();
    assert_eq!(world.send(&platform).exits(0).counts(), "1 sent");
    assert!(begun.elapsed() >= Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[test]
fn what_failed_is_tried_again_by_the_next_send() {
    let world = World::with_recipients(3);
    world.edit("campaign.toml", "rate =", "retries = 0\nrate =");
    let platform = Platform::new("[[faults]]\nkind = 'status'\nstatus = 429\ntimes = 1");
    assert_eq!(world.send(&platform).exits(5).counts(), "3 failed");
    assert_eq!(world.send(&platform).exits(0).counts(), "3 sent");
}

#[test]
fn whatever_may_have_been_delivered_is_unknown_and_held() {
    let fault = |scenario, errmsg, accepted| Case {
        scenario,
        send: "timeout = '300ms'",
        exit: 6,
        row: ["unknown", "", errmsg, "1"],
        accepted,
    };
    let cases = [
        fault("[[faults]]\nkind = 'reset-before'", "connection-broken", 0),
        fault("[[faults]]\nkind = 'reset-after'", "connection-broken", 1),
        fault("[[faults]]\nkind = 'close-before'", "connection-broken", 0),
        fault("[[faults]]\nkind = 'close-after'", "connection-broken", 1),
        fault("[[faults]]\nkind = 'half-answer'", "connection-broken", 1),
        fault("[[faults]]\nkind = 'hang'", "timeout", 1),
        fault("[[faults]]\nkind = 'hang'\naccepted = false", "timeout", 0),
        fault("[[faults]]\nkind = 'garbage'", "unreadable-answer", 1),
        fault("[[faults]]\nkind = 'empty-body'", "unreadable-answer", 1),
        fault("[[faults]]\nkind = 'truncated-json'", "unreadable-answer", 1),
        fault("[[faults]]\nkind = 'status'\nstatus = 500\naccepted = true", "http-500", 1),
        fault("[[faults]]\nkind = 'status'\nstatus = 502", "http-502", 0),
        fault("[[faults]]\nkind = 'status'\nstatus = 504", "http-504", 0),
        // A gateway answers so also after it has passed a request on.
        fault("[[faults]]\nkind = 'status'\nstatus = 503", "http-503-unclear", 0),
    ];
    check(&cases, |case, world, platform, _| {
        assert_eq!(world.send(platform).exits(6).json()["requests"], 0, "{}", case.scenario);
        assert_eq!(platform.ledger().received(&openid(0)), 1, "{}", case.scenario);
    });
}

/// Sends to an address with a token that was given, so that the first request is a message.
fn send_to(world: &World, base: &str) -> Ran {
    let mut send = world.command(&["send", "campaign.toml", "--yes", "--format", "json"]);
    send.env("WXCAST_API_BASE", base).env("WXCAST_ACCESS_TOKEN", "GIVEN");
    Ran::of(send.output().expect("the binary runs"))
}

#[test]
fn a_run_without_a_network_stops_after_a_hundred_and_goes_on_later() {
    let world = World::with_recipients(400);
    world.text_campaign("Hello {{name}}", "retries = 0\nconcurrency = 8");
    let send = |base: &str| send_to(&world, base);
    let ran = send(&nobody()).exits(7).says("out of reach: 100 messages in a row");
    let failed = ran.json()["counts"]["failed"].as_u64().unwrap_or_default();
    assert!((100..=108).contains(&failed), "those on their way are brought to their end: {failed}");
    assert_eq!(ran.json()["counts"]["unsent"], 400 - failed);
    let platform = Platform::new("[token]\naccept = ['GIVEN']");
    assert_eq!(send(&platform.base()).exits(0).counts(), "400 sent");
    assert_eq!(platform.ledger().totals().accepted, 400);
}

#[test]
fn a_connection_that_is_refused_delivers_nothing() {
    let world = World::with_recipients(3);
    world.edit("campaign.toml", "rate =", "retries = 0\nrate =");
    let send = |base: &str| send_to(&world, base);
    assert_eq!(send(&nobody()).exits(5).counts(), "3 failed");
    assert_eq!(world.results()[0].get(4), Some("not-connected"));
    // A TLS handshake with somebody who speaks none fails before the request, too.
    let platform = Platform::new("[token]\naccept = ['GIVEN']");
    assert_eq!(send(&platform.base().replace("http:", "https:")).exits(5).counts(), "3 failed");
    assert_eq!(platform.ledger().totals().requests, 0);
    assert_eq!(send(&platform.base()).exits(0).counts(), "3 sent");
}

/// An address where nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

#[test]
fn an_idle_connection_that_the_server_closes_neither_loses_nor_doubles() {
    let (world, platform) = (World::with_recipients(200), Platform::new("[[faults]]\nkind = 'close-idle'"));
    world.text_campaign("Hello {{name}}", "concurrency = 4\n[send.stop]\nmax_unknown = 0");
    let ran = world.send(&platform);
    let counts = ran.json()["counts"].clone();
    let (sent, unknown) = (counts["sent"].as_u64(), counts["unknown"].as_u64());
    assert_eq!(sent.zip(unknown).map(|(sent, unknown)| sent + unknown), Some(200), "{counts}");
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
    for ((openid, _), status) in world.journal() {
        let sent = status == wxcast::delivery::outcome::Status::Sent;
        assert!(!sent || platform.ledger().accepted(&openid) == 1, "{openid} is sent and was not accepted");
    }
}

#[test]
fn a_used_up_quota_pauses_and_the_next_send_finishes() {
    let (world, platform) = (World::with_recipients(30), Platform::new("[quota]\ndaily = 10"));
    world.edit("campaign.toml", "rate =", "concurrency = 1\nrate =");
    let ran = world.send(&platform).exits(7).says("45009");
    assert_eq!(ran.counts(), "10 sent, 20 unsent");
    assert_eq!(platform.ledger().totals().requests, 11, "nothing more is asked once the quota is gone");
    let tomorrow = Platform::new("");
    assert_eq!(world.send(&tomorrow).exits(0).counts(), "30 sent");
    assert_eq!(tomorrow.ledger().totals().accepted, 20);
}

#[test]
fn an_account_that_may_not_send_stops_at_the_first() {
    for code in ["48001", "40013", "45087", "50001"] {
        let (world, platform) =
            (World::with_recipients(30), Platform::new(&format!("[account]\ncode = {code}")));
        world.edit("campaign.toml", "rate =", "concurrency = 1\nrate =");
        let ran = world.send(&platform).exits(9).says(code);
        assert_eq!(ran.counts(), "1 failed, 29 unsent", "{code}");
        assert_eq!(platform.ledger().totals().requests, 1, "{code}");
        assert_eq!(world.send(&Platform::new("")).exits(0).counts(), "30 sent");
    }
}

#[test]
fn an_account_that_falls_mid_run_burns_no_more_than_what_is_in_flight() {
    let (world, platform) =
        (World::with_recipients(200), Platform::new("[account]\ncode = 48001\nfrom = 50"));
    let ran = world.send(&platform).exits(9);
    let failed = ran.json()["counts"]["failed"].as_u64().unwrap_or_default();
    assert!((1..=16).contains(&failed), "{}", ran.counts());
    assert_eq!(ran.counts(), format!("49 sent, {failed} failed, {} unsent", 151 - failed));
}

#[test]
fn a_refused_ip_address_is_named() {
    let world = World::with_recipients(3);
    let platform = Platform::new("[ip]\nrefused = '203.0.113.7'");
    let ran = world.send(&platform).exits(9).says("203.0.113.7").says("40164");
    assert_eq!(ran.counts(), "3 unsent");
    assert_eq!(platform.ledger().totals().requests, 0);
    let platform = Platform::new(
        "[[answers]]\ncode = 40164\nerrmsg = 'invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist'",
    );
    world.send(&platform).exits(9).says("203.0.113.9");
}

#[test]
fn refused_content_that_is_equal_for_all_stops_at_once_and_names_the_field() {
    let (world, platform) = (World::with_recipients(30), Platform::new("[[answers]]\ncode = 45002"));
    world.text_campaign("The same for all", "concurrency = 1");
    let ran = world.send(&platform).exits(7).says("45002").says("message.text.content");
    assert_eq!(ran.counts(), "1 refused, 29 unsent");
}

#[test]
fn refused_content_that_differs_stops_after_some_in_a_row() {
    let (world, platform) =
        (World::with_recipients(30), Platform::new("[[answers]]\ncode = 45002\nfrom = 4"));
    world.text_campaign("Hello {{name}}", "concurrency = 1");
    let ran = world.send(&platform).exits(7).says("message.text.content");
    assert_eq!(ran.counts(), "3 sent, 5 refused, 22 unsent");
}

#[test]
fn too_large_a_share_of_refused_stops_unless_the_campaign_says_never() {
    let (world, platform) =
        (World::with_recipients(300), Platform::new("[[answers]]\ncode = 45015\nshare = '50%'"));
    world.text_campaign("Hello {{name}}", "concurrency = 1");
    let ran = world.send(&platform).exits(7).says("Too many were refused");
    let unsent = ran.json()["counts"]["unsent"].as_u64().unwrap_or_default();
    assert!((190..=200).contains(&unsent), "{}", ran.counts());
    world.text_campaign("Hello {{name}}", "[send.stop]\nmax_refused = '100%'");
    let ran = world.send(&platform).exits(5);
    assert_eq!(ran.json()["counts"]["unsent"], 0, "{}", ran.counts());
}

#[test]
fn a_sick_network_stops_the_run_before_it_makes_many_unknown() {
    let (world, platform) =
        (World::with_recipients(30), Platform::new("[[faults]]\nkind = 'reset-after'\nfrom = 6"));
    world.text_campaign("Hello {{name}}", "concurrency = 1");
    let ran = world.send(&platform).exits(7).says("3 within a minute");
    assert_eq!(ran.counts(), "5 sent, 3 unknown, 22 unsent");
    let well = Platform::new("");
    assert_eq!(world.send(&well).exits(6).counts(), "27 sent, 3 unknown");
    assert_eq!(well.ledger().totals().accepted, 22);

    world.edit("campaign.toml", "concurrency = 1", "on_unknown = 'resend'\n[send.stop]\nmax_unknown = 0");
    assert_eq!(
        world.send(&Platform::new("[[faults]]\nkind = 'close-before'")).exits(6).counts(),
        "27 sent, 3 unknown"
    );
}

#[test]
fn a_token_that_dies_for_all_workers_at_once_is_replaced_once() {
    std::thread::scope(|scope| {
        for (code, sticky, calls) in
            [(40001, false, 2), (40014, false, 2), (42001, false, 2), (40001, true, 3)]
        {
            scope.spawn(move || {
                let world = World::with_recipients(120);
                let platform = Platform::new(&format!(
                    "latency = '20ms'\n[token]\ndies_at_message = 50\ncode = {code}\nsticky = {sticky}\nfetch_latency = '50ms'"
                ));
                assert_eq!(world.send(&platform).exits(0).counts(), "120 sent", "{code}");
                let totals = platform.ledger().totals();
                assert_eq!((totals.stable_token_calls, totals.accepted), (calls, 120), "{code} {sticky}");
                assert_eq!(totals.forced_token_calls, u64::from(sticky));
                assert_eq!(platform.ledger().duplicates(), [""; 0]);
            });
        }
    });
}

#[test]
fn a_token_that_stays_dead_stops_the_run_and_loses_nobody() {
    let (world, platform) = (World::with_recipients(40), Platform::new("[token]\nalways_refused = true"));
    let ran = world.send(&platform).exits(9).says("token");
    assert_eq!(ran.counts(), "40 unsent");
    let totals = platform.ledger().totals();
    assert!(totals.stable_token_calls <= 3 && totals.requests <= 3 * 16, "{totals:?}");
    assert_eq!(world.send(&Platform::new("")).exits(0).counts(), "40 sent");
}

#[test]
fn a_wrong_secret_is_said_and_nothing_is_sent() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    let mut send = world.command_at(&platform, &["send", "campaign.toml", "--yes", "--format", "json"]);
    let output = send.env("WXCAST_APPSECRET", "another").output().expect("the binary runs");
    let ran = Ran::of(output).exits(9).says("40125").says("AppSecret");
    assert_eq!(ran.counts(), "3 unsent");
    assert_eq!(platform.ledger().totals().stable_token_calls, 1, "asked once, not by every worker");
    assert_eq!(platform.ledger().totals().requests, 0);
}

#[test]
fn what_is_wrong_with_appid_or_secret_is_said_with_the_place_it_came_from() {
    let run = |world: &World, platform: &Platform, name: &str, value: &str| {
        let mut send = world.command_at(platform, &["send", "campaign.toml", "--yes", "--format", "json"]);
        Ran::of(send.env(name, value).output().expect("the binary runs")).exits(9)
    };
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    run(&world, &platform, "WXCAST_APPSECRET", "another")
        .says("`WXCAST_APPSECRET`")
        .says("`account.appid` in");
    let other = "wx00000000000000ff";
    run(&world, &platform, "WXCAST_APPID", other).says("40013").says(other).says("`WXCAST_APPID`");
    world.edit("campaign.toml", "[audience]", "secret_env = \"SPRING_SECRET\"\n[audience]");
    run(&world, &platform, "SPRING_SECRET", "another").says("`SPRING_SECRET`");
    let secret = world.file("the.secret", "another\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    }
    world.edit("campaign.toml", "secret_env = \"SPRING_SECRET\"", "secret_file = \"the.secret\"");
    let ran = run(&world, &platform, "SPRING_SECRET", "x").says("the.secret").says("40125");
    world.file("the.secret", " \n");
    run(&world, &platform, "SPRING_SECRET", "x").says("cannot be read: it is empty");
    assert!(!ran.stderr.contains("another\n") && secret.exists());
    // Another code is not about them.
    world.file("the.secret", SECRET);
    let ran = world.send(&Platform::new("[[answers]]\non = 'token'\ncode = 48001"));
    assert!(!ran.exits(9).stderr.contains("the.secret"));
}

#[test]
fn a_platform_that_is_busy_when_asked_for_a_token_is_asked_again() {
    // A second, because that is how long the pause is.
    let (world, platform) = (World::with_recipients(3), Platform::new("[token]\nfetch_errors = [-1]"));
    assert_eq!(world.send(&platform).exits(0).counts(), "3 sent");
    assert_eq!(platform.ledger().totals().stable_token_calls, 2);
}

#[test]
fn a_host_that_does_not_exist_is_no_unknown_outcome() {
    let world = World::with_recipients(2);
    world.text_campaign("Hello {{name}}", "retries = 0");
    let mut send = world.command(&["send", "campaign.toml", "--yes", "--format", "json"]);
    // Names below .invalid exist nowhere (RFC 6761).
    send.env("WXCAST_API_BASE", "https://wxcast.invalid").env("WXCAST_ACCESS_TOKEN", "given");
    assert_eq!(Ran::of(send.output().expect("the binary runs")).exits(5).counts(), "2 failed");
}

#[test]
#[cfg(target_os = "linux")]
fn a_connection_that_takes_too_long_is_no_unknown_outcome() {
    let world = World::with_recipients(2);
    world.text_campaign("Hello {{name}}", "retries = 0\nconnect_timeout = \"200ms\"\ntimeout = \"5s\"");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (address, _full) = runtime.block_on(async {
        // Linux answers nobody on a listener whose queue is full; connecting then just takes its time.
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let listener = socket.listen(0).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let mut waiting = Vec::new();
        for _ in 0..4 {
            let connect = tokio::net::TcpStream::connect(address);
            waiting.push(tokio::time::timeout(std::time::Duration::from_millis(20), connect).await.ok());
        }
        (address, (listener, waiting))
    });
    let mut send = world.command(&["send", "campaign.toml", "--yes", "--format", "json"]);
    send.env("WXCAST_API_BASE", format!("http://{address}")).env("WXCAST_ACCESS_TOKEN", "given");
    assert_eq!(Ran::of(send.output().expect("the binary runs")).exits(5).counts(), "2 failed");
    assert!(world.results().iter().all(|row| row.get(4) == Some("connect-timeout")), "{:?}", world.results());
}
