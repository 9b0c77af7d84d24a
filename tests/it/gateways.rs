//! What stands between here and the platform, and what it makes of answers: statuses, forms of JSON, tokens, paths,
//! connections.

use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::bytes::{Gateway, Reply, SEND, TOKEN, http, usual};
use crate::support::{Ran, World, openid};

/// `send` to a gateway, with more variables.
fn send(world: &World, base: &str, variables: &[(&str, &str)]) -> Ran {
    let mut send = world.command(&["send", "campaign.toml", "--yes", "--format", "json"]);
    send.env("WXCAST_API_BASE", base).envs(variables.iter().copied());
    Ran::of(send.output().expect("the binary runs"))
}

fn world(count: usize, more: &str) -> World {
    let world = World::with_recipients(count);
    world.text_campaign("Hello {{name}}", more);
    world
}

const CALM: &str = "retries = 0\n[send.stop]\nmax_unknown = 0";

#[test]
fn a_gateway_that_answers_503_after_passing_a_message_on_doubles_nobody() {
    let page = "upstream connect error or disconnect/reset before headers";
    let gateway = Gateway::answering(http("503 Service Unavailable", "server: envoy\r\n", page));
    let world = world(3, "retries = 3\n[send.stop]\nmax_unknown = 0");
    assert_eq!(send(&world, &gateway.base(), &[]).exits(6).counts(), "3 unknown");
    assert_eq!(world.results()[0].get(4), Some("http-503-unclear"));
    assert!(world.results()[0].get(5).is_some_and(|advice| advice.contains("may have received")));
    assert_eq!(send(&world, &gateway.base(), &[]).exits(6).json()["requests"], 0);
    assert_eq!(gateway.count(SEND), 3);
}

#[test]
fn a_status_that_turns_down_delivers_nothing_and_stops_at_the_first() {
    std::thread::scope(|scope| {
        for status in [301, 302, 308, 401, 403, 404, 405, 407, 411, 413, 414, 431, 511] {
            scope.spawn(move || {
                let gateway = Gateway::answering(http(&format!("{status} No"), "", "<html>no</html>"));
                let world = world(20, "concurrency = 1\nretries = 3");
                let ran = send(&world, &gateway.base(), &[]).exits(7).says(&format!("HTTP {status}"));
                assert_eq!(ran.counts(), "1 failed, 19 unsent", "{status}");
                assert_eq!(gateway.count(SEND), 1, "{status}");
                let row = world.results().remove(0);
                assert_eq!(row.get(4), Some(format!("http-{status}").as_str()));
                assert!(row.get(5).is_some_and(|advice| advice.contains("was not delivered")), "{row:?}");
            });
        }
    });
}

#[test]
fn a_gateway_that_begins_to_turn_down_in_the_middle_stops_after_five_in_a_row() {
    let gateway = Gateway::new(|request, before| match request.path.as_str() {
        SEND if before >= 10 => Reply::Answer(http("403 Forbidden", "", "WAF")),
        _ => usual(request),
    });
    let world = world(40, "concurrency = 1");
    let ran = send(&world, &gateway.base(), &[]).exits(7).says("HTTP 403").says("5 in a row");
    assert_eq!(ran.counts(), "10 sent, 5 failed, 25 unsent");
    let calm = Gateway::answering(http("200 OK", "", r#"{"errcode":0,"errmsg":"ok"}"#));
    assert_eq!(send(&world, &calm.base(), &[]).exits(0).counts(), "40 sent");
    assert_eq!(calm.count(SEND), 30);
}

#[test]
fn an_errcode_decides_whatever_the_status_says() {
    let ok = r#"{"errcode":0,"errmsg":"ok"}"#;
    let late = r#"{"errcode":45015,"errmsg":"late"}"#;
    for (status, head, body, counts) in [
        ("503 Service Unavailable", "retry-after: 1\r\n", ok, "1 sent"),
        ("500 Internal Server Error", "", ok, "1 sent"),
        ("404 Not Found", "", ok, "1 sent"),
        ("429 Too Many Requests", "", late, "1 refused"),
        ("302 Found", "location: http://127.0.0.1:9/\r\n", late, "1 refused"),
        ("502 Bad Gateway", "", late, "1 refused"),
    ] {
        let gateway = Gateway::answering(http(status, head, body));
        assert_eq!(send(&world(1, CALM), &gateway.base(), &[]).counts(), counts, "{status}");
    }
}

#[test]
fn a_status_of_a_gateway_in_the_form_of_an_errcode_proves_nothing() {
    for (status, code, counts) in [
        ("504 Gateway Timeout", 504, "1 unknown"),
        ("500 Internal Server Error", 500, "1 unknown"),
        ("502 Bad Gateway", 504, "1 unknown"),
        ("504 Gateway Timeout", 500, "1 unknown"),
        ("500 Internal Server Error", 50000, "1 unknown"),
        ("500 Internal Server Error", 1, "1 unknown"),
        ("408 Request Timeout", 408, "1 unknown"),
        ("499 Client Closed", 499, "1 unknown"),
        ("200 OK", 503, "1 unknown"),
        ("404 Not Found", 504, "1 unknown"),
        ("429 Too Many Requests", 502, "1 unknown"),
        ("502 Bad Gateway", 45015, "1 refused"),
        ("200 OK", 401, "1 unknown"),
        ("404 Not Found", 404, "1 failed"),
        ("200 OK", 99_999, "1 refused"),
        ("200 OK", 50007, "1 refused"),
    ] {
        let body = format!(r#"{{"errcode":{code},"errmsg":"upstream request timeout"}}"#);
        let gateway = Gateway::answering(http(status, "", body));
        assert_eq!(send(&world(1, CALM), &gateway.base(), &[]).counts(), counts, "{status} {code}");
    }
}

#[test]
fn a_run_that_stops_for_answers_of_somebody_else_says_what_came() {
    for (body, says) in [
        ("<html>统一认证登录</html>", "a web page, which is no answer of WeChat"),
        (r#"{"code":0,"data":{"errcode":0}}"#, "JSON without an errcode"),
        ("", "What came back was nothing, which is no answer"),
        (&"A".repeat(70_000), "more than an answer can be"),
        ("success", "something that is no JSON"),
    ] {
        let gateway = Gateway::answering(http("200 OK", "", body));
        let ran = send(&world(20, "concurrency = 1\nretries = 0"), &gateway.base(), &[]).exits(7);
        assert_eq!(ran.says(says).says("account.api_base").counts(), "3 unknown, 17 unsent");
    }
}

#[test]
fn an_answer_is_read_in_every_form_that_says_it_plainly() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(br#"{"errcode":0,"errmsg":"ok"}"#).expect("memory");
    let gzip = gzip.finish().expect("memory");
    let forms: [(&str, &[u8], &str); 13] = [
        ("", br#"{"errcode":0,"errmsg":null}"#, "1 sent"),
        ("", br#"{"errcode":"0","errmsg":"ok"}"#, "1 sent"),
        ("", br#"{"errcode":0.0,"errmsg":"ok","more":{"a":[1]}}"#, "1 sent"),
        ("", b"\xef\xbb\xbf{\"errcode\":0}", "1 sent"),
        ("content-encoding: gzip\r\n", &gzip, "1 sent"),
        ("", &gzip, "1 sent"),
        ("", br#"{"errcode":"45015","errmsg":"x"}"#, "1 refused"),
        ("", br#"{"errcode":45015,"errmsg":0}"#, "1 refused"),
        ("", b"{\"errcode\":45015,\"errmsg\":\"a\nb\x1b[2J\"}", "1 refused"),
        ("", br#"{"errmsg":"ok"}"#, "1 unknown"),
        ("", br#"[0,"ok"]"#, "1 unknown"),
        ("", br#"[45015,"late"]"#, "1 unknown"),
        ("", br#"{"errcode":4294967296,"errmsg":"x"}"#, "1 unknown"),
    ];
    for (head, body, counts) in forms {
        let gateway = Gateway::answering(http("200 OK", head, body));
        let told = String::from_utf8_lossy(body);
        assert_eq!(send(&world(1, CALM), &gateway.base(), &[]).counts(), counts, "{told}");
    }
}

#[test]
fn a_token_is_read_in_every_form_and_what_is_none_is_told_by_its_kind() {
    for token in [
        r#"{"access_token":"36_given","expires_in":"7200"}"#,
        r#"{"access_token":"36_given","expires_in":7200.0,"errcode":"0"}"#,
        "\u{feff}{\"access_token\":\"36_given\"}",
        r#"{"access_token":"36_given","expires_in":9223372036854775807}"#,
    ] {
        let gateway = Gateway::new(move |request, _| match request.path.as_str() {
            TOKEN => Reply::Answer(http("200 OK", "", token)),
            _ => usual(request),
        });
        assert_eq!(send(&world(1, CALM), &gateway.base(), &[]).exits(0).counts(), "1 sent", "{token}");
    }
    #[cfg(unix)]
    for (printed, says) in [
        (r#""TOK""#, "quotation marks"),
        ("null", "`null`"),
        ("<html>login</html>", "a web page"),
        (r#"{"access_token":"TOK1","access_token":"TOK2"}"#, "has a key twice"),
        (&"T".repeat(3000), "more than a token can be"),
        ("access_token=TOK", "`access_token` with something after it"),
        (r#"{"data":{"access_token":"TOK"}}"#, "`data.access_token`"),
        (r#"{"accessToken":"TOK"}"#, "`accessToken`"),
    ] {
        let gateway = Gateway::new(|request, _| usual(request));
        let world = world(1, CALM);
        world.file("token", printed);
        world.edit("campaign.toml", "[audience]", "token_command = ['cat', 'token']\n[audience]");
        let ran = send(&world, &gateway.base(), &[]).exits(9).says(says);
        assert!(!ran.stderr.contains("TOK\""), "{}", ran.stderr);
        assert_eq!(gateway.count(SEND), 0);
    }
    let gateway = Gateway::new(|request, _| usual(request));
    for (given, says) in
        [("\"TOK\"", "quotation marks"), ("two words", "blanks"), ("access_token=T", "after it")]
    {
        let ran = send(&world(1, CALM), &gateway.base(), &[("WXCAST_ACCESS_TOKEN", given)]);
        ran.exits(9).says("`WXCAST_ACCESS_TOKEN`").says(says);
    }
    assert_eq!(gateway.seen().len(), 0);
}

#[test]
fn an_appsecret_of_another_shape_is_named_when_the_platform_refuses_it() {
    let refused = Gateway::new(|request, _| match request.path.as_str() {
        TOKEN => Reply::Answer(http("200 OK", "", r#"{"errcode":40125,"errmsg":"invalid appsecret"}"#)),
        _ => usual(request),
    });
    let world = world(1, CALM);
    let quoted = "\"0123456789abcdef0123456789abcdef\"";
    let ran = send(&world, &refused.base(), &[("WXCAST_APPSECRET", quoted)]).exits(9);
    let ran = ran.says("40125").says("quotation marks");
    assert!(!ran.stderr.contains("0123456789abcdef01"), "{}", ran.stderr);
    let good = "\u{feff}0123456789abcdef0123456789abcdef \n";
    let ran = send(&world, &refused.base(), &[("WXCAST_APPSECRET", good)]).exits(9).says("40125");
    assert!(!ran.stderr.contains("quotation marks"), "{}", ran.stderr);
    let asked = refused.seen().pop().expect("a request").body;
    assert!(asked.contains(r#""secret":"0123456789abcdef0123456789abcdef""#), "{asked}");
}

#[test]
fn a_token_that_is_asked_for_too_often_or_of_a_busy_platform_is_asked_for_again() {
    // A second: that is the first pause.
    for code in [45011, -1] {
        let gateway = Gateway::new(move |request, before| match request.path.as_str() {
            TOKEN if before == 0 => {
                Reply::Answer(http("200 OK", "", format!(r#"{{"errcode":{code},"errmsg":"x"}}"#)))
            }
            _ => usual(request),
        });
        assert_eq!(send(&world(1, CALM), &gateway.base(), &[]).exits(0).counts(), "1 sent", "{code}");
        assert_eq!(gateway.count(TOKEN), 2, "{code}");
    }
}

#[test]
fn a_code_that_nobody_knows_is_told_as_unknown_and_blames_nothing() {
    let gateway = Gateway::answering(http("200 OK", "", r#"{"errcode":50007,"errmsg":"account frozen"}"#));
    let world = world(30, "concurrency = 1");
    let ran = send(&world, &gateway.base(), &[]).exits(7).says("50007").says("wxcast does not know");
    assert_eq!(ran.counts(), "20 refused, 10 unsent");
    assert!(!ran.stderr.contains("content"), "{}", ran.stderr);
}

#[test]
fn a_path_of_the_gateway_is_kept_for_every_call() {
    let gateway = Gateway::new(|request, _| usual(request));
    let world = world(2, CALM);
    world.campaign("[message.image]\nfile = \"a.png\"", CALM);
    world.file("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0");
    let base = format!("{}/open/wechat/", gateway.base());
    assert_eq!(send(&world, &base, &[]).exits(0).counts(), "2 sent");
    let mut doctor = world.command(&["doctor", "campaign.toml"]);
    Ran::of(doctor.env("WXCAST_API_BASE", &base).output().expect("the binary runs")).exits(0);
    let mut paths: Vec<String> = gateway.seen().into_iter().map(|request| request.path).collect();
    paths.sort();
    paths.dedup();
    let calls = [
        "customservice/getkflist",
        "media/upload",
        "message/custom/send",
        "openapi/quota/get",
        "stable_token",
        "tags/get",
    ];
    assert_eq!(paths, calls.map(|call| format!("/open/wechat/cgi-bin/{call}")));
}

#[test]
fn an_upload_that_gives_no_id_that_can_be_one_is_no_success_and_nobody_gets_it() {
    for body in [
        r#"{"errcode":0,"errmsg":"ok"}"#,
        r#"{"media_id":"\u001b[2J\n::error::x","created_at":1772900000}"#,
        r#"{"media_id":5}"#,
        r#"{"errcode":503,"errmsg":"busy"}"#,
    ] {
        let gateway = Gateway::new(move |request, _| match request.path.as_str() {
            "/cgi-bin/media/upload" => Reply::Answer(http("200 OK", "", body)),
            _ => usual(request),
        });
        let world = world(2, CALM);
        world.campaign("[message.image]\nfile = \"a.png\"", CALM);
        world.file("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0");
        let ran = send(&world, &gateway.base(), &[]).exits(7).says("could not be uploaded");
        assert!(!ran.stderr.contains("accepted the message"), "{body}: {}", ran.stderr);
        assert_eq!(ran.counts(), "2 unsent", "{body}");
        assert_eq!(gateway.count(SEND), 0, "{body}");
    }
}

#[test]
fn a_cache_and_a_quota_without_figures_are_told_as_what_they_are() {
    let gateway = Gateway::new(|request, _| match request.path.as_str() {
        SEND => Reply::Answer(http("304 Not Modified", "", "")),
        path if path.ends_with("/quota/get") => {
            Reply::Answer(http("200 OK", "", r#"{"errcode":0,"errmsg":"ok"}"#))
        }
        _ => usual(request),
    });
    let ran = send(&world(3, "concurrency = 1"), &gateway.base(), &[]).exits(7);
    let ran = ran.says("HTTP 304").says("a cache answers").says("asked for the quota names none");
    assert!(!ran.stderr.contains("another address"), "{}", ran.stderr);
}

#[test]
fn an_address_with_a_query_or_a_password_is_a_fault_of_the_campaign() {
    let world = world(1, "");
    let plan = |base: &str| {
        let world = World::with_recipients(1);
        world.edit("campaign.toml", "[audience]", &format!("api_base = \"{base}\"\n[audience]"));
        world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json()["diagnostics"][0].clone()
    };
    for (base, code) in [
        ("https://wechat.test/?key=1", "bad-value"),
        ("https://wechat.test/#x", "bad-value"),
        ("https://user:s3cret@wechat.test/", "secret-in-campaign"),
    ] {
        let found = plan(base);
        assert_eq!((&found["code"], &found["field"]), (&code.into(), &"account.api_base".into()), "{base}");
        assert!(!found.to_string().contains("s3cret"), "{found}");
    }
    send(&world, "https://wechat.test/?key=1", &[]).exits(2).says("WXCAST_API_BASE").says("`?`");
}

#[test]
fn an_address_where_nobody_listens_is_named_with_its_variable() {
    let ran = send(&world(1, CALM), "http://127.0.0.1:9", &[]);
    ran.exits(9).says("http://127.0.0.1:9").says("`WXCAST_API_BASE`");
}

#[test]
fn a_connection_that_the_server_closes_unasked_costs_one_message_and_is_not_used_again() {
    // Two seconds: at fifty a second a connection would be used again after 20 ms, just as the server closes it.
    let gateway = Gateway::new(|request, _| match (request.path.as_str(), usual(request)) {
        (SEND, Reply::Answer(bytes)) => Reply::Close(bytes, Duration::from_millis(20)),
        (_, reply) => reply,
    });
    let world = world(100, "concurrency = 1\n[send.stop]\nmax_unknown = 0");
    world.edit("campaign.toml", "100000/s", "50/s");
    let counts = send(&world, &gateway.base(), &[]).json()["counts"].clone();
    assert!(counts["unknown"].as_u64().is_some_and(|unknown| unknown <= 1), "{counts}");
    assert_eq!(counts["sent"].as_u64().zip(counts["unknown"].as_u64()).map(|(s, u)| s + u), Some(100));
}

#[test]
fn at_a_slow_pace_no_connection_is_used_again() {
    // Two seconds: three messages a second whose connections the server closes just when the next one comes.
    let gateway = Gateway::new(|request, _| match (request.path.as_str(), usual(request)) {
        (SEND, Reply::Answer(bytes)) => Reply::Close(bytes, Duration::from_millis(330)),
        (_, reply) => reply,
    });
    let world = world(7, "concurrency = 1");
    world.edit("campaign.toml", "100000/s", "180/min");
    assert_eq!(send(&world, &gateway.base(), &[]).exits(0).counts(), "7 sent");
}

#[cfg(unix)]
#[test]
fn an_answer_that_came_while_the_process_was_paused_is_read() {
    // A second and a half: the pause must be longer than the message's timeout.
    use crate::support::{finish, signal};
    use std::process::Stdio;

    let gateway = Gateway::new(|request, _| {
        if request.path == SEND {
            std::thread::sleep(Duration::from_millis(300));
        }
        usual(request)
    });
    let world = world(1, "timeout = \"1s\"");
    let mut command = world.command(&["send", "campaign.toml", "--yes", "--format", "json"]);
    command.env("WXCAST_API_BASE", gateway.base()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the binary starts");
    let until = Instant::now() + crate::support::PATIENCE;
    while gateway.count(SEND) == 0 {
        assert!(Instant::now() < until, "no message came");
        std::thread::sleep(Duration::from_millis(2));
    }
    signal(&child, "STOP");
    std::thread::sleep(Duration::from_millis(1400));
    signal(&child, "CONT");
    assert_eq!(finish(child).exits(0).counts(), "1 sent");
}

#[test]
fn a_token_that_is_being_renewed_stalls_nobody() {
    // A second and a half: the token is renewed after half a second.
    let gateway = Gateway::new(|request, before| match request.path.as_str() {
        TOKEN if before == 0 => {
            Reply::Answer(http("200 OK", "", r#"{"access_token":"36_given","expires_in":1}"#))
        }
        TOKEN => Reply::Hang,
        _ => usual(request),
    });
    let world = world(30, "concurrency = 2");
    world.edit("campaign.toml", "100000/s", "20/s");
    let ran = send(&world, &gateway.base(), &[]).exits(0);
    assert_eq!(ran.counts(), "30 sent");
    assert_eq!(gateway.count(TOKEN), 2);
    let seconds = ran.json()["duration_seconds"].as_f64().expect("a duration");
    assert!(seconds < 10.0, "the run waited {seconds} s");
}

#[test]
fn a_limit_is_looked_at_before_the_pace() {
    let gateway = Gateway::new(|request, _| usual(request));
    let world = world(4, "");
    let begun = Instant::now();
    let args = ["send", "campaign.toml", "--yes", "--format", "json", "--rate", "2/min", "--limit", "2"];
    let mut limited = world.command(&args);
    let ran = Ran::of(limited.env("WXCAST_API_BASE", gateway.base()).output().expect("the binary runs"));
    assert_eq!(ran.exits(7).counts(), "2 sent, 2 unsent");
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "it waited for a third message: {:?}",
        begun.elapsed()
    );
    assert!(gateway.seen().iter().all(|request| !request.body.contains(&openid(2))));
}
