//! Every call in its ordinary course.

use reqwest::multipart::{Form, Part};
use sha2::{Digest, Sha256};

use super::*;
use crate::simulator::media_format::samples;
use crate::wechat::answer::errmsg::Errmsg;

#[tokio::test]
async fn the_default_takes_every_good_message_and_keeps_its_digest() {
    let rig = Rig::start("").await;
    let answer = rig.post("/cgi-bin/message/custom/send", text("oA")).await.expect("an answer");
    assert_eq!(answer.headers()["content-type"], "application/json; encoding=utf-8");
    assert_eq!(answer.text().await.expect("a body"), r#"{"errcode":0,"errmsg":"ok"}"#);
    let ledger = rig.simulator.ledger();
    let digest: [u8; 32] = Sha256::digest(text("oA").as_bytes()).into();
    assert_eq!(ledger.accepted_payloads("oA"), [digest]);
    assert_eq!((ledger.received("oA"), ledger.accepted("oA"), ledger.last_errcode("oA")), (1, 1, Some(0)));
    assert!(ledger.duplicates().is_empty());
    rig.errcode("oA").await;
    assert_eq!(ledger.duplicates(), ["oA"]);
    assert_eq!(ledger.openids(), ["oA"]);
    assert_eq!(ledger.totals().answers[&0], 2);
    assert_eq!(ledger.per_10ms().iter().sum::<u32>(), 2);
}

#[tokio::test]
async fn a_refusal_has_the_text_and_a_rid_of_the_platform_and_the_ledger_knows_why() {
    let rig = Rig::start("").await;
    let answer =
        rig.send_body(r#"{"touser":"oA","msgtype":"text","text":{"content":""}}"#).await.expect("an answer");
    assert_eq!(answer["errcode"], 44004);
    let errmsg = Errmsg::parse(answer["errmsg"].as_str().expect("a text"));
    assert_eq!(errmsg.text(), "empty content");
    let rid = errmsg.rid().expect("a rid");
    assert_eq!(rid.split('-').map(str::len).collect::<Vec<_>>(), [8, 8, 8]);
    assert_eq!(rig.accepted("oA"), 0);
    let rejections = rig.simulator.ledger().rejections();
    assert!(rejections[0].starts_with("oA: 44004: /text/content: "), "{rejections:?}");
}

#[tokio::test]
async fn wrong_requests_have_their_codes() {
    let rig = Rig::start("").await;
    let path = "/cgi-bin/message/custom/send";
    assert_eq!(rig.get(path).await["errcode"], 43002);
    assert_eq!(rig.send_body("").await.expect("an answer")["errcode"], 44002);
    assert_eq!(rig.send_body("hello").await.expect("an answer")["errcode"], 47001);
    let form = rig.http.post(rig.url(path)).header("content-type", "application/x-www-form-urlencoded");
    let form = form.body("touser=oA&msgtype=text").send().await;
    assert_eq!(json_of(form).await.expect("an answer")["errcode"], 40003);
    for (query, code) in
        [("", 41001), ("?access_token=", 41001), ("?access_token=x", 40014), ("?access_token=1_x", 40001)]
    {
        let url = format!("{}{path}{query}", rig.simulator.base_url());
        let answer = json_of(rig.http.post(url).body(text("oA")).send().await).await.expect("an answer");
        assert_eq!(answer["errcode"], code, "{query}");
    }
    assert_eq!(rig.simulator.ledger().totals().accepted, 0);
}

#[tokio::test]
async fn the_stable_token_is_the_same_until_it_nears_its_end_and_its_credentials_are_checked() {
    let rig = Rig::bare("", Some(account(AccountKind::Official))).await;
    let first = rig.stable(&credentials()).await;
    assert_eq!(first["expires_in"], 7200);
    assert!(first.get("errcode").is_none());
    rig.simulator.advance(Duration::from_secs(6000));
    let again = rig.stable(&credentials()).await;
    assert_eq!(again["access_token"], first["access_token"]);
    assert!(again["expires_in"].as_u64().is_some_and(|seconds| (1199..=1200).contains(&seconds)));
    let forced = rig.stable(&with("force_refresh", json!(true))).await;
    assert_ne!(forced["access_token"], first["access_token"]);
    for (key, value, code) in [
        ("grant_type", json!("password"), 40002),
        ("appid", json!(""), 41002),
        ("appid", json!("wx1"), 40013),
        ("secret", json!(""), 41004),
        ("secret", json!("wrong"), 40125),
        ("force_refresh", json!("yes"), 47001),
    ] {
        assert_eq!(rig.stable(&with(key, value)).await["errcode"], code, "{key}");
    }
    assert_eq!(rig.get("/cgi-bin/stable_token").await["errcode"], 43002);
    let totals = rig.simulator.ledger().totals();
    assert_eq!((totals.stable_token_calls, totals.forced_token_calls), (10, 1));
}

fn with(key: &str, value: Value) -> Value {
    let mut credentials = credentials();
    credentials[key] = value;
    credentials
}

#[tokio::test]
async fn the_classic_token_works_beside_the_stable_one() {
    let mut rig = Rig::start("").await;
    let query = "grant_type=client_credential&appid=wx1&secret=a%2Bb";
    let classic = rig.get(&format!("/cgi-bin/token?{query}")).await;
    assert_eq!(classic["expires_in"], 7200);
    assert_eq!(rig.errcode("oA").await, 0);
    rig.token = classic["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(rig.errcode("oA").await, 0);
    assert_eq!(rig.get("/cgi-bin/token").await["errcode"], 40002);
    assert_eq!(rig.simulator.ledger().totals().classic_token_calls, 2);
}

#[tokio::test]
async fn an_upload_gives_an_id_that_messages_may_use_until_it_expires() {
    let rig = Rig::start("[media]\nstrict = true").await;
    let image = upload(&rig, "image", file(samples::PNG, "a.png")).await;
    assert_eq!(image["type"], "image");
    assert!(image["created_at"].is_u64());
    let id = image["media_id"].as_str().expect("an id");
    let message = format!(r#"{{"touser":"oA","msgtype":"image","image":{{"media_id":"{id}"}}}}"#);
    assert_eq!(rig.send_body(message.clone()).await.expect("an answer")["errcode"], 0);
    let unknown = message.replace(id, "elsewhere");
    assert_eq!(rig.send_body(unknown).await.expect("an answer")["errcode"], 40007);
    let thumb = upload(&rig, "thumb", file(samples::JPEG, "a.jpg")).await;
    assert!(thumb["thumb_media_id"].is_string() && thumb.get("media_id").is_none(), "{thumb}");
    rig.simulator.advance(Duration::from_secs(3 * 86_400));
    let mut rig = rig;
    rig.refresh().await;
    assert_eq!(rig.send_body(message).await.expect("an answer")["errcode"], 40007);
    assert_eq!(rig.simulator.ledger().totals().uploads, 2);
}

#[tokio::test]
async fn wrong_uploads_have_their_codes() {
    let rig = Rig::start("").await;
    let named = |part: &str, file| Form::new().part(part.to_owned(), file);
    let cases = [
        ("picture", file(samples::PNG, "a.png"), 40004),
        ("image", named("file", Part::bytes(samples::PNG).file_name("a.png")), 41005),
        ("image", named("media", Part::bytes(samples::PNG)), 41005),
        ("image", file(samples::PNG, "图片.png"), 41005),
        ("image", file(b"", "a.png"), 44001),
        ("image", file(samples::PNG, "picture"), 40005),
        ("image", file(b"no picture", "a.png"), 40005),
    ];
    for (kind, form, code) in cases {
        assert_eq!(upload(&rig, kind, form).await["errcode"], code);
    }
    let body = rig.post("/cgi-bin/media/upload?type=image", "no multipart").await;
    assert_eq!(json_of(body).await.expect("an answer")["errcode"], 41005);
    assert_eq!(rig.simulator.ledger().totals().uploads, 0);
}

#[tokio::test]
async fn an_article_picture_gives_an_address() {
    let rig = Rig::start("").await;
    let post = |content: Vec<u8>| async {
        let form = Form::new().part("media", Part::bytes(content).file_name("a.jpg"));
        let url = rig.url("/cgi-bin/media/uploadimg");
        json_of(rig.http.post(url).multipart(form).send().await).await.expect("an answer")
    };
    let answer = post(samples::JPEG.to_vec()).await;
    assert!(answer["url"].as_str().is_some_and(|url| url.starts_with("http://mmbiz.qpic.cn/")), "{answer}");
    assert_eq!(post(samples::GIF.to_vec()).await["errcode"], 40005);
    let mut large = samples::JPEG.to_vec();
    large.resize(1 << 20, 0);
    assert_eq!(post(large).await["errcode"], 40009);
}

#[tokio::test]
async fn service_accounts_are_listed_and_checked() {
    let rig = Rig::start("[kf]\naccounts = [\"test1@kftest\"]").await;
    let list = rig.get("/cgi-bin/customservice/getkflist").await;
    assert_eq!(list["kf_list"][0]["kf_account"], "test1@kftest");
    for (speaker, code) in [("test1@kftest", 0), ("test2@kftest", 65401)] {
        let body = text("oA").replace("}}", &format!(r#"}},"customservice":{{"kf_account":"{speaker}"}}}}"#));
        assert_eq!(rig.send_body(body).await.expect("an answer")["errcode"], code);
    }
}

#[tokio::test]
async fn typing_is_answered() {
    let rig = Rig::start("").await;
    let path = "/cgi-bin/message/custom/typing";
    for (command, code) in [("Typing", 0), ("CancelTyping", 0), ("Sleep", 45072)] {
        let body = json!({ "touser": "oA", "command": command }).to_string();
        assert_eq!(json_of(rig.post(path, body).await).await.expect("an answer")["errcode"], code);
    }
    assert_eq!(rig.simulator.ledger().totals().requests, 0);
}

#[tokio::test]
async fn the_ledger_and_health_can_be_read_over_http() {
    let rig = Rig::start("").await;
    for openid in ["oB", "oA"] {
        rig.errcode(openid).await;
    }
    let url = |path| format!("{}{path}", rig.simulator.base_url());
    let health = rig.http.get(url("/simulator/health")).send().await.expect("an answer");
    assert!(health.status().is_success());
    let ledger = rig.http.get(url("/simulator/ledger")).send().await.expect("an answer");
    let ledger = ledger.text().await.expect("a body");
    assert!(ledger.find("oA") < ledger.find("oB"));
    let ledger: Value = serde_json::from_str(&ledger).expect("JSON");
    assert_eq!(ledger["totals"]["requests"], 2);
    assert_eq!(ledger["totals"]["answers"]["0"], 2);
    assert_eq!(ledger["recipients"]["oB"], json!({ "received": 1, "accepted": 1, "last_errcode": 0 }));
    let unknown = rig.http.get(url("/cgi-bin/other")).send().await.expect("an answer");
    assert_eq!(unknown.status(), 404);
}

#[tokio::test]
async fn it_listens_on_loopback_only_and_stops_with_open_connections() {
    let rig = Rig::start("").await;
    assert!(rig.simulator.address().ip().is_loopback());
    rig.errcode("oA").await;
    let ledger = rig.simulator.ledger().clone();
    let address = rig.simulator.address();
    rig.simulator.stop().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    assert_eq!(ledger.accepted("oA"), 1);
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error() {
    let rig = Rig::start("").await;
    let port = rig.simulator.address().port();
    let second = Simulator::start(Scenario::default(), None, port).await;
    assert_eq!(second.expect_err("taken").kind(), std::io::ErrorKind::AddrInUse);
}

#[test]
fn an_account_never_shows_its_secret() {
    let shown = format!("{:?}", account(AccountKind::Official));
    assert!(shown.contains("wx0123456789abcdef") && !shown.contains("s3cret"), "{shown}");
}

fn file(content: &'static [u8], name: &str) -> Form {
    Form::new().part("media", Part::bytes(content).file_name(name.to_owned()))
}

async fn upload(rig: &Rig, kind: &str, form: Form) -> Value {
    let url = rig.url(&format!("/cgi-bin/media/upload?type={kind}"));
    json_of(rig.http.post(url).multipart(form).send().await).await.expect("an answer")
}
