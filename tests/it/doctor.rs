//! `wxcast doctor`: a line a check, the same ones in the same order, and what to do.

use std::fs;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use wxcast::journal::media::{KeptMedia, MediaStore};

use crate::support::bytes::{Gateway, Reply, http, usual};
use crate::support::wire::{PROXY_PASSWORD, Proxy, Tls};
use crate::support::{APPID, Platform, Ran, World, finish, repository};

const CHECKS: [&str; 14] = [
    "token",
    "ip",
    "clock",
    "permission",
    "audience",
    "kf-account",
    "quota",
    "rate",
    "state-folder",
    "journal",
    "stop",
    "media",
    "disk",
    "proxy",
];

fn doctor(world: &World, scenario: &str) -> Ran {
    world.run_at(&Platform::new(scenario), &["doctor", "campaign.toml", "--format", "json"])
}

/// The checks that are not ok, as `name:state`.
fn ill(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    let checks = report["checks"].as_array().expect("checks");
    let names: Vec<&str> = checks.iter().filter_map(|check| check["check"].as_str()).collect();
    assert_eq!(names, CHECKS, "always the same checks in the same order");
    let text = |check: &Json, key: &str| check[key].as_str().unwrap_or_default().to_owned();
    let ill = checks.iter().filter(|check| check["state"] != "ok");
    ill.map(|check| format!("{}:{}", text(check, "check"), text(check, "state"))).collect()
}

/// What a check says and advises.
fn said(ran: &Ran, check: &str) -> String {
    let report = ran.json();
    let checks = report["checks"].as_array().expect("checks");
    let found = checks.iter().find(|found| found["check"] == check).expect("the check");
    format!(
        "{} {}",
        found["message"].as_str().unwrap_or_default(),
        found["help"].as_str().unwrap_or_default()
    )
}

const NO_TOKEN: [&str; 6] = [
    "ip:warning",
    "clock:warning",
    "permission:warning",
    "audience:warning",
    "quota:warning",
    "rate:warning",
];

#[test]
fn a_good_account_has_nothing_to_complain_of() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    let ran = world.run_at(&platform, &["doctor", "campaign.toml", "--format", "json"]).exits(0);
    assert_eq!(ill(&ran), [""; 0]);
    assert_eq!(ran.json()["exit"]["name"], "ok");
    assert_eq!(platform.ledger().totals().requests, 0, "it sends nobody anything");
    assert!(!world.path(".wxcast").exists(), "it leaves nothing behind");
    assert!(!world.state_file("journal.sqlite3").exists(), "not even an empty journal");
}

#[test]
fn every_check_is_on_the_page_about_the_account() {
    let page = fs::read_to_string(repository().join("docs/account.md")).expect("a page");
    let rows = page.lines().skip_while(|line| *line != "| check | looks at |").skip(2);
    let told: Vec<&str> = rows.map_while(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let all: Vec<&str> = CHECKS.into_iter().chain(["notify", "version"]).collect();
    assert_eq!(told, all, "those of every run, and those of `--notify` and `--online`");
}

#[test]
fn people_read_a_line_a_check_in_their_language() {
    let world = World::with_recipients(3);
    for (language, state) in [("en", "ok"), ("zh-CN", "正常")] {
        let ran = world.run_at(&Platform::new(""), &["doctor", "campaign.toml", "--lang", language]).exits(0);
        assert_eq!(ran.stdout.lines().count(), CHECKS.len(), "{}", ran.stdout);
        assert!(ran.stdout.lines().all(|line| line.starts_with(state)), "{}", ran.stdout);
        assert!(!ran.stdout.contains("doctor."), "every sentence is there: {}", ran.stdout);
    }
}

#[test]
fn a_wrong_secret_is_told_with_the_place_it_comes_from() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    world.edit("campaign.toml", "[audience]", "secret_env = \"SPRING_SECRET\"\n[audience]");
    let mut doctor = world.command_at(&platform, &["doctor", "campaign.toml", "--format", "json"]);
    doctor.env("SPRING_SECRET", "wrong");
    let ran = Ran::of(doctor.output().expect("the binary runs")).exits(9);
    assert_eq!(ill(&ran), [&["token:fault"][..], &NO_TOKEN[..1], &NO_TOKEN[2..]].concat());
    for says in ["40125", "SPRING_SECRET", "account.appid"] {
        assert!(said(&ran, "token").contains(says), "{}", said(&ran, "token"));
    }
}

#[test]
fn no_secret_at_all_leaves_the_rest_to_be_looked_at() {
    let world = World::with_recipients(3);
    let mut doctor = world.command(&["doctor", "campaign.toml", "--format", "json"]);
    let ran = Ran::of(doctor.env_remove("WXCAST_APPSECRET").output().expect("the binary runs"));
    let ran = ran.exits(9).says("WXCAST_APPSECRET");
    assert_eq!(ill(&ran), [&["token:fault"][..], &NO_TOKEN[..]].concat());
}

#[test]
fn a_refused_address_is_named() {
    let ran = doctor(&World::with_recipients(3), "[ip]\nrefused = '203.0.113.7'").exits(9);
    assert!(said(&ran, "ip").contains("203.0.113.7"), "{}", said(&ran, "ip"));
    assert!(ill(&ran).contains(&"ip:fault".to_owned()));
    let ran = doctor(&World::with_recipients(3), "[[answers]]\non = 'token'\ncode = 61004").exits(9);
    assert!(said(&ran, "ip").contains("IP"), "{}", said(&ran, "ip"));
    let ran = doctor(&World::with_recipients(3), "[[answers]]\non = 'token'\ncode = 89503").exits(9);
    assert!(said(&ran, "ip").contains("administrator"), "{}", said(&ran, "ip"));
}

#[test]
fn a_clock_that_is_off_is_a_warning() {
    for (skew, way) in [("-10m", "ahead"), ("10m", "behind")] {
        let ran = doctor(&World::with_recipients(3), &format!("clock_skew = '{skew}'")).exits(0);
        assert_eq!(ill(&ran), ["clock:warning"], "{skew}");
        let said = said(&ran, "clock");
        assert!(said.contains("min") && said.contains(way), "{said}");
    }
    assert_eq!(ill(&doctor(&World::with_recipients(3), "clock_skew = '30s'")), [""; 0]);
}

#[test]
fn where_no_answer_is_the_platforms_that_is_a_fault_and_its_clock_is_nobodys() {
    for (status, head, body) in [
        ("302 Found", "location: https://login.corp/\r\n", "<html>login</html>"),
        ("200 OK", "", "<html>login</html>"),
        ("200 OK", "", "{}"),
        ("204 No Content", "", ""),
        ("404 Not Found", "", "no such page"),
    ] {
        let date = "date: Mon, 02 Mar 2026 08:00:00 GMT\r\n";
        let gateway = Gateway::new(move |_, _| Reply::Answer(http(status, &format!("{date}{head}"), body)));
        let world = World::with_recipients(3);
        let mut doctor = world.command(&["doctor", "campaign.toml", "--format", "json"]);
        doctor.env("WXCAST_API_BASE", gateway.base()).env("WXCAST_ACCESS_TOKEN", "36_given");
        let ran = Ran::of(doctor.output().expect("the binary runs")).exits(9);
        assert!(ill(&ran).contains(&"token:fault".to_owned()), "{status} {body}: {:?}", ill(&ran));
        assert!(said(&ran, "token").contains("not as WeChat does"), "{}", said(&ran, "token"));
        assert!(said(&ran, "clock").contains("no answer was WeChat's"), "{}", said(&ran, "clock"));
    }
}

#[test]
fn an_answer_that_names_no_time_is_told_as_that() {
    for date in ["", "date: garbage\r\n"] {
        let gateway = Gateway::new(move |request, _| match usual(request) {
            Reply::Answer(bytes) => {
                let text = String::from_utf8(bytes).expect("text");
                Reply::Answer(text.replacen("\r\n", &format!("\r\n{date}"), 1).into_bytes())
            }
            other => other,
        });
        let world = World::with_recipients(3);
        let mut doctor = world.command(&["doctor", "campaign.toml", "--format", "json"]);
        doctor.env("WXCAST_API_BASE", gateway.base()).env("WXCAST_ACCESS_TOKEN", "36_given");
        let ran = Ran::of(doctor.output().expect("the binary runs")).exits(0);
        assert!(ill(&ran).contains(&"clock:warning".to_owned()), "{date:?}: {:?}", ill(&ran));
        assert!(said(&ran, "clock").contains("named the time"), "{}", said(&ran, "clock"));
    }
}

#[cfg(unix)]
#[test]
fn a_state_folder_that_is_a_link_to_nowhere_is_a_fault_and_send_says_the_same() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    std::os::unix::fs::symlink(world.path("none"), world.path("st")).expect("a link");
    let doctor = ["doctor", "campaign.toml", "--state-dir", "st", "--format", "json"];
    let ran = world.run_at(&platform, &doctor).exits(10);
    assert!(ill(&ran).contains(&"state-folder:fault".to_owned()), "{:?}", ill(&ran));
    assert!(said(&ran, "state-folder").contains("is a link"), "{}", said(&ran, "state-folder"));
    let send = ["send", "campaign.toml", "--yes", "--state-dir", "st"];
    let ran = world.run_at(&platform, &send).exits(10).says("is a link");
    assert!(!ran.stderr.contains("exists already"), "{}", ran.stderr);
}

#[test]
fn an_account_without_the_right_is_told_what_a_verified_one_is() {
    let ran = doctor(&World::with_recipients(3), "[[answers]]\non = 'kflist'\ncode = 48001").exits(9);
    assert_eq!(ill(&ran), ["permission:fault"]);
    assert!(said(&ran, "permission").contains("微信认证"), "{}", said(&ran, "permission"));
}

#[test]
fn whether_the_account_may_list_its_people_is_told_and_keeps_nothing_from_being_sent() {
    let may_not = doctor(&World::with_recipients(3), "[[answers]]\non = 'tags'\ncode = 48001").exits(0);
    assert_eq!(ill(&may_not), ["audience:warning"]);
    assert!(said(&may_not, "audience").contains("wrote --from"), "{}", said(&may_not, "audience"));
    let world = World::with_recipients(3);
    world.edit("campaign.toml", "[audience]", "kind = \"mini-program\"\n[audience]");
    let mini = doctor(&world, "[[answers]]\non = 'tags'\ncode = 48001").exits(0);
    assert!(said(&mini, "audience").contains("no followers"), "{}", said(&mini, "audience"));
    let world = World::with_recipients(3);
    world.edit("campaign.toml", "file = \"audience.csv\"", "command = [\"export\"]");
    let ran = doctor(&world, "").exits(3);
    assert_eq!(ill(&ran), ["audience:fault"]);
    assert!(said(&ran, "audience").contains("wxcast audience fetch"), "{}", said(&ran, "audience"));
}

#[test]
fn a_service_account_that_does_not_exist_is_a_fault() {
    let world = World::with_recipients(3);
    world.edit("campaign.toml", "[audience]", "kf_account = \"test1@kftest\"\n[audience]");
    assert_eq!(ill(&doctor(&world, "[kf]\naccounts = ['test1@kftest']").exits(0)), [""; 0]);
    assert_eq!(ill(&doctor(&world, "[kf]\naccounts = ['test2@kftest']").exits(9)), ["kf-account:fault"]);
    let unbound = "[kf]\naccounts = ['test1@kftest']\nunbound = ['test1@kftest']";
    assert_eq!(ill(&doctor(&world, unbound).exits(0)), ["kf-account:warning"]);
    let off = doctor(&world, "[[answers]]\non = 'kflist'\ncode = 65400").exits(9);
    assert_eq!(ill(&off), ["permission:warning", "kf-account:fault"]);
}

#[test]
fn quota_and_rate_are_warnings() {
    let world = World::with_recipients(3);
    let ran = doctor(&world, "[quota]\ndaily = 100\nused = 100\nper_minute = 600").exits(0);
    assert_eq!(ill(&ran), ["quota:warning", "rate:warning"]);
    let ran = doctor(&world, "[[answers]]\non = 'quota'\ncode = 76021").exits(0);
    assert_eq!(ill(&ran), ["quota:warning", "rate:warning"]);
}

#[test]
fn a_token_that_is_refused_is_a_fault_and_one_that_is_given_needs_no_list() {
    let (world, platform) = (World::with_recipients(3), Platform::new("[token]\naccept = ['36_given']"));
    let given = |token: &str| {
        let mut doctor = world.command_at(&platform, &["doctor", "campaign.toml", "--format", "json"]);
        Ran::of(doctor.env("WXCAST_ACCESS_TOKEN", token).output().expect("the binary runs"))
    };
    assert_eq!(ill(&given("36_given").exits(0)), [""; 0]);
    assert!(ill(&given("36_other").exits(9)).contains(&"token:fault".to_owned()));
    assert_eq!(platform.ledger().totals().stable_token_calls, 0);
}

#[test]
fn a_host_that_cannot_be_reached_is_a_fault_and_another_that_stands_in_a_warning() {
    let (world, platform) = (World::with_recipients(3), Platform::new("[token]\naccept = ['36_given']"));
    let nobody = "http://127.0.0.1:9";
    let mut doctor = world.command(&["doctor", "campaign.toml", "--format", "json"]);
    doctor.env("WXCAST_API_BASE", nobody).env("WXCAST_ACCESS_TOKEN", "36_given");
    let ran = Ran::of(doctor.output().expect("the binary runs")).exits(9);
    assert!(said(&ran, "token").contains(nobody), "{ran:?}");

    let hosts = format!("api_base = \"{nobody}\"\nfailover_hosts = [\"{}\"]\n", platform.base());
    world.edit("campaign.toml", "[audience]", &format!("{hosts}[audience]"));
    let ran = world.run(&["doctor", "campaign.toml", "--format", "json"]).exits(0);
    assert_eq!(ill(&ran), ["token:warning"]);
    assert!(said(&ran, "token").contains(&platform.base()), "{ran:?}");
}

#[test]
fn a_damaged_journal_is_a_fault() {
    let world = World::with_recipients(50);
    assert_eq!(ill(&doctor(&world, "")), [""; 0]);
    world.send(&Platform::new("")).exits(0);
    assert!(said(&doctor(&world, "").exits(0), "journal").contains("whole"));
    let journal = world.state_file("journal.sqlite3");
    let mut bytes = fs::read(&journal).expect("a journal");
    let half = bytes.len() / 2;
    bytes[half..].fill(0xa5);
    fs::write(&journal, bytes).expect("a written journal");
    assert_eq!(ill(&doctor(&world, "").exits(9)), ["journal:fault"]);
    fs::write(&journal, "no journal at all, but text that is long enough to be looked at").expect("a file");
    assert_eq!(ill(&doctor(&world, "").exits(9)), ["journal:fault"]);
}

#[test]
fn a_running_send_is_named_and_not_disturbed() {
    let (world, platform) = (World::with_recipients(100), Platform::new("latency = '200ms'"));
    let send = world.start_send(&platform);
    platform.wait_for_requests(4);
    let ran = world.run_at(&platform, &["doctor", "campaign.toml", "--format", "json"]).exits(0);
    let said = said(&ran, "journal");
    assert!(said.contains(&send.id().to_string()), "{said}");
    assert_eq!(finish(send).exits(0).counts(), "100 sent");
}

#[test]
#[cfg(target_os = "linux")]
fn a_state_folder_that_cannot_be_written_is_a_fault() {
    // Not even the superuser may write there.
    let args = ["doctor", "campaign.toml", "--format", "json", "--state-dir", "/proc/self/wxcast"];
    let ran = World::with_recipients(3).run_at(&Platform::new(""), &args).exits(10);
    assert!(ill(&ran).contains(&"state-folder:fault".to_owned()), "{ran:?}");
}

#[test]
fn kept_media_ids_are_counted_by_whether_they_are_alive() {
    let world = World::with_recipients(1);
    let store = MediaStore::open(&world.state()).expect("a file of ids");
    let now = Timestamp::now();
    for (number, hours) in [(1, 48), (2, 30), (3, -1)] {
        let kept = KeptMedia {
            upload: "image".to_owned(),
            sha256: [number; 32],
            id: format!("MEDIA-{number}"),
            uploaded: now - SignedDuration::from_hours(72 - hours),
            expires: now + SignedDuration::from_hours(hours),
        };
        store.keep(APPID, &kept).expect("a kept id");
    }
    let ran = doctor(&world, "").exits(0);
    assert_eq!(ill(&ran), [""; 0]);
    let said = said(&ran, "media");
    assert!(said.contains("alive: 2") && said.contains("dead: 1"), "{said}");
    let until = (now + SignedDuration::from_hours(29)).strftime("%Y-%m-%d %H:%M").to_string();
    assert!(said.contains(&until), "{until} is not in {said}");
}

#[test]
fn proxies_are_shown_without_their_passwords() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    let tls = Tls::before(&platform.base(), &["wechat.test"]);
    let proxy = Proxy::to(tls.address());
    let ca = world.file("company.pem", tls.ca());
    let mut doctor = world.command(&["doctor", "campaign.toml", "--format", "json"]);
    doctor.env("WXCAST_API_BASE", "https://wechat.test").env("HTTPS_PROXY", proxy.url());
    doctor.env("NO_PROXY", "intranet.test").env("SSL_CERT_FILE", ca);
    let ran = Ran::of(doctor.output().expect("the binary runs")).exits(0);
    let said = said(&ran, "proxy");
    for says in ["HTTPS_PROXY=http://127.0.0.1:", "NO_PROXY=intranet.test", "SSL_CERT_FILE="] {
        assert!(said.contains(says), "{said}");
    }
    assert!(!ran.stdout.contains(PROXY_PASSWORD));
    assert!(!proxy.asked().is_empty());
}

#[test]
fn a_campaign_with_faults_is_told_before_anybody_is_asked() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    world.edit("campaign.toml", "[audience]", "[audiences]");
    world.run_at(&platform, &["doctor", "campaign.toml"]).exits(3);
    assert_eq!(platform.ledger().totals().stable_token_calls, 0);
}

#[test]
fn only_when_asked_it_tells_of_a_newer_version() {
    let current = env!("CARGO_PKG_VERSION");
    let index = |status: &'static str, body: String| {
        Gateway::new(move |_, _| {
            Reply::Answer(http(status, "content-type: application/vnd.pypi.simple.v1+json\r\n", &body))
        })
    };
    let listing = |versions: &str| {
        format!(
            r#"{{"meta":{{"api-version":"1.1"}},"name":"wxcast-cli","versions":[{versions}],"files":[]}}"#
        )
    };
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    for (status, body, state, says) in [
        ("200 OK", listing(&format!("\"{current}\"")), "ok", "is the newest one"),
        (
            "200 OK",
            listing(&format!("\"0.0.9\",\"99.1.0\",\"100.0.0rc1\",\"{current}\"")),
            "warning",
            "a newer one: 99.1.0",
        ),
        ("404 Not Found", "none".to_owned(), "ok", "none has been published"),
        ("200 OK", "<html>".to_owned(), "warning", "gave no list of versions"),
    ] {
        let index = index(status, body);
        let ask = |args: &[&str]| {
            let mut doctor = world.command(args);
            doctor
                .env("WXCAST_API_BASE", platform.base())
                .env("PIP_INDEX_URL", format!("{}/simple", index.base()));
            Ran::of(doctor.output().expect("the binary runs")).exits(0)
        };
        ask(&["doctor", "campaign.toml"]);
        assert_eq!(index.seen().len(), 0, "nobody has asked for it");
        let ran = ask(&["doctor", "campaign.toml", "--online", "--format", "json"]);
        let checks = ran.json()["checks"].clone();
        let found = checks.as_array().expect("checks").last().expect("a check").clone();
        assert_eq!(
            (&found["check"], &found["state"]),
            (&Json::from("version"), &Json::from(state)),
            "{found}"
        );
        assert!(said(&ran, "version").contains(says), "{found}");
        assert_eq!(index.seen()[0].path, "/simple/wxcast-cli/");
    }
}
