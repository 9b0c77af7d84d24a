//! Rules, tokens that die, quotas, windows.

use std::time::Instant;

use super::*;

#[tokio::test]
async fn a_share_of_the_recipients_always_gets_its_code() {
    let rig = Rig::start("seed = 5\n[[answers]]\ncode = 45015\nshare = \"20%\"").await;
    let mut refused = 0;
    for n in 0..200 {
        let openid = format!("o{n}");
        let code = rig.errcode(&openid).await;
        assert_eq!(rig.errcode(&openid).await, code);
        assert_eq!(rig.accepted(&openid), if code == 0 { 2 } else { 0 });
        refused += u32::from(code == 45015);
    }
    assert!((20..=60).contains(&refused), "{refused}");
}

#[tokio::test]
async fn a_busy_answer_recovers_after_its_times() {
    let rig = Rig::start("[[answers]]\ncode = -1\nopenids = [\"oA\"]\ntimes = 2").await;
    let codes =
        [rig.errcode("oA").await, rig.errcode("oA").await, rig.errcode("oA").await, rig.errcode("oB").await];
    assert_eq!(codes, [-1, -1, 0, 0]);
}

#[tokio::test]
async fn messages_are_selected_by_number_and_a_text_is_sent_as_given() {
    let scenario = "[[answers]]\ncode = 45047\nmessages = [2]\n[[answers]]\ncode = 7\nfrom = 4\nto = 4\nerrmsg = \"odd hint: [x]\"";
    let rig = Rig::start(scenario).await;
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(rig.errcode("oA").await);
    }
    let fourth = rig.send_body(text("oA")).await.expect("an answer");
    assert_eq!((codes, fourth), (vec![0, 45047, 0], json!({ "errcode": 7, "errmsg": "odd hint: [x]" })));
    assert_eq!(rig.errcode("oA").await, 0);
}

#[tokio::test]
async fn a_token_dies_at_a_message_and_the_next_fetch_gives_a_new_one() {
    let mut rig = Rig::start("[token]\ndies_at_message = [2, 4]\ncode = 42001").await;
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(rig.errcode("oA").await);
    }
    rig.refresh().await;
    codes.push(rig.errcode("oA").await);
    rig.refresh().await;
    codes.push(rig.errcode("oA").await);
    assert_eq!(codes, [0, 42001, 42001, 42001, 0]);
    assert_eq!(rig.simulator.ledger().totals().stable_token_calls, 3);
}

#[tokio::test]
async fn a_token_may_be_refused_for_ever_or_until_it_is_forced() {
    let mut rig = Rig::start("[token]\nalways_refused = true").await;
    rig.refresh().await;
    assert_eq!(rig.errcode("oA").await, 40001);
    let mut rig = Rig::start("[token]\ndies_at_message = 1\nsticky = true").await;
    assert_eq!(rig.errcode("oA").await, 40001);
    rig.refresh().await;
    assert_eq!(rig.errcode("oA").await, 40001);
    let mut forced = credentials();
    forced["force_refresh"] = json!(true);
    rig.token = rig.stable(&forced).await["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(rig.errcode("oA").await, 0);
}

#[tokio::test]
async fn token_fetches_can_be_slow_and_fail_first() {
    let rig = Rig::bare("[token]\nfetch_latency = \"20ms\"\nfetch_errors = [-1, 89503]", None).await;
    let started = Instant::now();
    assert_eq!(rig.stable(&credentials()).await["errcode"], -1);
    assert!(started.elapsed() >= Duration::from_millis(20));
    assert_eq!(rig.stable(&credentials()).await["errcode"], 89503);
    assert!(rig.stable(&credentials()).await["access_token"].is_string());
}

#[tokio::test]
async fn a_short_token_expires_whatever_it_promised() {
    let rig = Rig::start("[token]\nlife = \"1h\"\nexpires_in = \"2h\"\naccept = [\"mine\"]").await;
    assert_eq!(rig.stable(&credentials()).await["expires_in"], 7200);
    rig.simulator.advance(Duration::from_secs(3600));
    assert_eq!(rig.errcode("oA").await, 42001);
    let rig = Rig { token: "mine".into(), ..rig };
    assert_eq!(rig.errcode("oA").await, 0);
}

#[tokio::test]
async fn the_daily_quota_ends_and_is_reported_and_cleared() {
    let rig = Rig::start("[quota]\ndaily = 10\nused = 8\nper_minute = 100").await;
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(rig.errcode("oA").await);
    }
    assert_eq!(codes, [0, 0, 45009]);
    let quota = |path: &str| {
        let body = json!({ "cgi_path": path }).to_string();
        let post = rig.post("/cgi-bin/openapi/quota/get", body);
        async { json_of(post.await).await.expect("an answer") }
    };
    let report = quota("/cgi-bin/message/custom/send").await;
    assert_eq!(report["quota"], json!({ "daily_limit": 10, "used": 10, "remain": 0 }));
    assert_eq!(report["rate_limit"], json!({ "call_count": 100, "refresh_second": 60 }));
    assert_eq!(quota("/cgi-bin/other").await["errcode"], 76021);
    assert_eq!(quota("cgi-bin/other").await["errcode"], 76003);
    let cleared = json_of(rig.post("/cgi-bin/clear_quota", "{\"appid\":\"wx1\"}").await).await;
    assert_eq!(cleared.expect("an answer")["errcode"], 0);
    assert_eq!(rig.errcode("oA").await, 0);
}

#[tokio::test]
async fn too_many_in_a_window_are_told_to_slow_down() {
    let rig = Rig::start("[quota]\nper_minute = 2\nwindow = \"1h\"").await;
    let codes = [rig.errcode("oA").await, rig.errcode("oB").await, rig.errcode("oC").await];
    assert_eq!(codes, [0, 0, 45011]);
    rig.simulator.advance(Duration::from_secs(3600));
    assert_eq!(rig.errcode("oC").await, 0);
}

#[tokio::test]
async fn the_whitelist_refuses_with_the_address() {
    let rig = Rig::bare("[ip]\nrefused = \"10.20.30.40\"", None).await;
    let answer = rig.stable(&credentials()).await;
    assert_eq!(answer["errcode"], 40164);
    let errmsg = answer["errmsg"].as_str().expect("a text");
    assert!(
        errmsg.starts_with("invalid ip 10.20.30.40 ipv6 ::ffff:10.20.30.40, not in whitelist rid: "),
        "{errmsg}"
    );
}

#[tokio::test]
async fn an_account_may_lose_its_right_on_the_way() {
    let rig = Rig::start("[account]\ncode = 48001\nfrom = 2").await;
    let codes = [rig.errcode("oA").await, rig.errcode("oB").await, rig.errcode("oC").await];
    assert_eq!(codes, [0, 48001, 48001]);
}

#[tokio::test]
async fn an_account_sends_the_kinds_of_its_kind() {
    let news = r#"{"touser":"oA","msgtype":"news","news":{"articles":[{"title":"t","description":"d","url":"u","picurl":"p"}]}}"#;
    let mini = "[account]\nkind = \"mini-program\"";
    for (scenario, account, code) in [
        ("", None, 0),
        (mini, None, 45162),
        ("", Some(account(AccountKind::MiniProgram)), 45162),
        (mini, Some(account(AccountKind::Official)), 0),
    ] {
        let mut rig = Rig::bare(scenario, account).await;
        rig.refresh().await;
        assert_eq!(rig.send_body(news).await.expect("an answer")["errcode"], code, "{scenario}");
    }
}

#[tokio::test]
async fn a_recipient_gets_no_more_than_the_allowance() {
    let rig = Rig::start("[window]\nallowance = 2").await;
    let codes =
        [rig.errcode("oA").await, rig.errcode("oA").await, rig.errcode("oA").await, rig.errcode("oB").await];
    assert_eq!(codes, [0, 0, 45047, 0]);
    assert_eq!(rig.accepted("oA"), 2);
}

#[tokio::test]
async fn a_message_after_the_end_of_a_window_is_refused_and_an_interaction_opens_one() {
    let rig = Rig::start("[window]\ntimes = \"none.csv\"").await;
    assert_eq!(rig.errcode("oA").await, 45015, "nobody has written");
    let interact =
        rig.post("/simulator/interact", json!({ "openid": "oA", "event": "CLICK" }).to_string()).await;
    assert_eq!(interact.expect("an answer").status(), 204);
    let codes =
        [rig.errcode("oA").await, rig.errcode("oA").await, rig.errcode("oA").await, rig.errcode("oA").await];
    assert_eq!(codes, [0, 0, 0, 45047]);
    rig.simulator.advance(Duration::from_secs(61));
    assert_eq!((rig.errcode("oA").await, rig.errcode("oB").await), (45015, 45015));
    let broken = rig.post("/simulator/interact", "{}").await;
    assert_eq!(broken.expect("an answer").status(), 400);
}

#[tokio::test]
async fn latency_and_arrivals_and_flights_are_seen() {
    let rig = Rig::start("latency = { min = \"20ms\", max = \"40ms\" }\n[ledger]\narrivals = true").await;
    let started = Instant::now();
    let (one, two) = tokio::join!(rig.errcode("oA"), rig.errcode("oB"));
    assert_eq!((one, two), (0, 0));
    assert!(started.elapsed() >= Duration::from_millis(20));
    let ledger = rig.simulator.ledger();
    ledger.wait_for_requests(2).await;
    assert_eq!(ledger.totals().max_in_flight, 2);
    assert!(ledger.arrivals().len() == 2 && ledger.arrivals().is_sorted());
}

#[tokio::test]
async fn waiting_for_requests_ends_when_they_come() {
    let rig = Rig::start("latency = \"10ms\"").await;
    let ledger = rig.simulator.ledger().clone();
    let (_, code) = tokio::join!(ledger.wait_for_requests(1), rig.errcode("oA"));
    assert_eq!(code, 0);
}
