//! Every fault of the network, as a client sees it.

use std::io::ErrorKind;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

async fn faulty(keys: &str) -> Rig {
    Rig::start(&format!("[[faults]]\nopenids = [\"oA\"]\n{keys}")).await
}

/// One request on a plain socket: everything that comes back, and how it ends.
async fn raw(rig: &Rig, openid: &str) -> (Vec<u8>, std::io::Result<usize>) {
    let mut stream = TcpStream::connect(rig.simulator.address()).await.expect("a connection");
    let body = text(openid);
    let head = format!(
        "POST /cgi-bin/message/custom/send?access_token={} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n",
        rig.token,
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.expect("room in the socket");
    let mut got = Vec::new();
    let end = stream.read_to_end(&mut got).await;
    (got, end)
}

#[tokio::test]
async fn resets_come_before_or_after_accepting() {
    for (kind, accepted) in [("reset-before", 0), ("reset-after", 1)] {
        let rig = faulty(&format!("kind = {kind:?}")).await;
        let (got, end) = raw(&rig, "oA").await;
        assert!(got.is_empty());
        assert_eq!(end.expect_err("a reset").kind(), ErrorKind::ConnectionReset, "{kind}");
        assert_eq!(rig.accepted("oA"), accepted, "{kind}");
        assert_eq!(rig.simulator.ledger().received("oA"), 1);
        assert_eq!(rig.simulator.ledger().totals().faults[kind], 1);
        assert!(rig.simulator.ledger().totals().answers.is_empty());
        assert!(rig.send("oA").await.is_err());
        assert_eq!(rig.errcode("oB").await, 0);
    }
}

#[tokio::test]
async fn connections_end_before_or_after_accepting() {
    for (kind, accepted) in [("close-before", 0), ("close-after", 1)] {
        let rig = faulty(&format!("kind = {kind:?}")).await;
        let (got, end) = raw(&rig, "oA").await;
        assert_eq!((got.len(), end.expect("an orderly end")), (0, 0), "{kind}");
        assert_eq!(rig.accepted("oA"), accepted, "{kind}");
        assert!(rig.send("oA").await.is_err());
    }
}

#[tokio::test]
async fn half_an_answer_is_accepted_and_stops_in_its_body() {
    let rig = faulty("kind = \"half-answer\"").await;
    let (got, end) = raw(&rig, "oA").await;
    let got = String::from_utf8(got).expect("text");
    assert!(end.is_ok() && got.starts_with("HTTP/1.1 200 OK\r\n"), "{got}");
    assert!(got.contains("content-length: 27\r\n") && got.ends_with("\r\n\r\n{\"errcode\":0,"), "{got}");
    assert_eq!(rig.accepted("oA"), 1);
    assert!(rig.send("oA").await.is_err());
}

#[tokio::test]
async fn an_idle_connection_closes_after_its_answer_without_notice() {
    let rig = faulty("kind = \"close-idle\"").await;
    let (got, end) = raw(&rig, "oA").await;
    let got = String::from_utf8(got).expect("text");
    assert!(end.is_ok() && got.ends_with(r#"{"errcode":0,"errmsg":"ok"}"#), "{got}");
    assert!(!got.to_ascii_lowercase().contains("connection: close"), "{got}");
    assert_eq!(rig.accepted("oA"), 1);
}

#[tokio::test]
async fn a_delay_holds_the_answer_and_may_keep_the_message_out() {
    let rig = faulty("kind = \"delay\"\nduration = \"30ms\"").await;
    let started = Instant::now();
    assert_eq!(rig.errcode("oA").await, 0);
    assert!(started.elapsed() >= Duration::from_millis(30));
    let rig = faulty("kind = \"delay\"\nduration = \"1ms\"\naccepted = false").await;
    assert_eq!(rig.errcode("oA").await, -1);
    assert_eq!(rig.accepted("oA"), 0);
}

#[tokio::test]
async fn who_hangs_is_never_answered_and_may_have_been_accepted() {
    for (accepted, count) in [(true, 1), (false, 0)] {
        let rig = faulty(&format!("kind = \"hang\"\naccepted = {accepted}")).await;
        let http = rig.http.post(rig.url("/cgi-bin/message/custom/send")).body(text("oA"));
        let error = http.timeout(Duration::from_millis(50)).send().await.expect_err("no answer");
        assert!(error.is_timeout());
        assert_eq!(rig.accepted("oA"), count);
        assert_eq!(rig.errcode("oB").await, 0);
        rig.simulator.stop().await;
    }
}

#[tokio::test]
async fn a_status_keeps_the_message_out_unless_it_is_told_otherwise() {
    let rig = faulty("kind = \"status\"\nstatus = 503\nretry_after = 7").await;
    let response = rig.post("/cgi-bin/message/custom/send", text("oA")).await.expect("an answer");
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (503, &"7".parse().expect("a value"))
    );
    assert_eq!(rig.accepted("oA"), 0);
    for (status, accepted) in [(429, 0), (500, 1), (302, 1)] {
        let rig =
            faulty(&format!("kind = \"status\"\nstatus = {status}\naccepted = {}", accepted == 1)).await;
        let response = rig.post("/cgi-bin/message/custom/send", text("oA")).await.expect("an answer");
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(rig.accepted("oA"), accepted);
        assert!(response.text().await.expect("a page").contains("<html>"));
    }
}

#[tokio::test]
async fn unreadable_answers_are_accepted() {
    for (kind, body) in [("garbage", "<html>"), ("empty-body", ""), ("truncated-json", "{\"errcode\":0,")] {
        let rig = faulty(&format!("kind = {kind:?}")).await;
        let response = rig.post("/cgi-bin/message/custom/send", text("oA")).await.expect("an answer");
        assert_eq!(response.status(), 200);
        let text = response.text().await.expect("a body");
        assert!(if kind == "garbage" { text.starts_with(body) } else { text == body }, "{kind}: {text}");
        assert_eq!(rig.accepted("oA"), 1);
        assert!(rig.simulator.ledger().totals().answers.is_empty());
    }
}

#[tokio::test]
async fn a_fault_does_not_make_a_bad_message_good() {
    let rig = Rig::start("[[faults]]\nkind = \"reset-after\"\n[[answers]]\ncode = 45015").await;
    assert!(rig.send("oA").await.is_err());
    assert_eq!(rig.accepted("oA"), 0);
}

#[tokio::test]
async fn other_calls_can_fail_too() {
    let rig = Rig::bare("[[faults]]\non = \"token\"\nkind = \"status\"\nstatus = 502\ntimes = 1", None).await;
    let url = format!("{}/cgi-bin/stable_token", rig.simulator.base_url());
    let post = || async {
        rig.http.post(&url).body(credentials().to_string()).send().await.expect("an answer").status()
    };
    assert_eq!((post().await.as_u16(), post().await.as_u16()), (502, 200));
}

#[tokio::test]
async fn the_answer_may_claim_another_time_and_type() {
    let rig = Rig::start("clock_skew = \"-10m\"\ncontent_type = \"text/plain\"").await;
    let response = rig.post("/cgi-bin/message/custom/send", text("oA")).await.expect("an answer");
    assert_eq!(response.headers()["content-type"], "text/plain");
    let date = response.headers()["date"].to_str().expect("a date").to_owned();
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date.replace("GMT", "+0000"));
    let behind = jiff::Timestamp::now().duration_since(date.expect("a date")).as_secs();
    assert!((599..=620).contains(&behind), "{behind}");
}
