//! Secret and token are in nothing that a run writes, whatever happens to it.

use std::fs;

use crate::support::bytes::{Gateway, Reply, TOKEN, http, usual};
use crate::support::wire::{PROXY_PASSWORD, Proxy, Tls};
use crate::support::{Platform, Ran, SECRET, World, walk};

const GIVEN: &str = "36_G1VEN-T0KEN-4711";

#[track_caller]
fn assert_clean(bytes: &[u8], secrets: &[&str], place: &str) {
    for secret in secrets {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret:?} is in {place}:\n{}", String::from_utf8_lossy(bytes));
    }
}

/// Runs a command as loudly as it can.
fn run(world: &World, base: &str, args: &[&str], variables: &[(&str, &str)]) -> Ran {
    let args: Vec<&str> = ["-vvv"].iter().chain(args).copied().collect();
    let mut command = world.command(&args);
    command.env("WXCAST_API_BASE", base).envs(variables.iter().copied());
    Ran::of(command.output().expect("the binary runs"))
}

#[test]
fn neither_secret_nor_token_is_in_anything_that_is_written() {
    let world = World::with_recipients(5);
    world.text_campaign("Hello {{name}}", "retries = 0");
    let send = ["send", "campaign.toml", "--yes", "--progress", "plain"];
    let doctor = ["doctor", "campaign.toml"];
    let platform = Platform::new("[token]\ndies_at_message = 3\n[[answers]]\ncode = 45015\nmessages = 5");
    let tls = Tls::before(&platform.base(), &["wechat.test"]);
    let proxy = Proxy::to(tls.address()).url();
    let given = [("WXCAST_ACCESS_TOKEN", GIVEN)];
    let wrong = Platform::new("[[answers]]\non = 'token'\ncode = 40125");
    let odd = Platform::new("[[faults]]\non = 'token'\nkind = 'garbage'\n[[faults]]\nkind = 'reset-after'");
    let runs = [
        run(&world, &platform.base(), &send, &[]),
        run(&world, &platform.base(), &doctor, &[]),
        run(&world, &wrong.base(), &doctor, &[]),
        run(&world, &odd.base(), &send, &given),
        run(&world, "http://127.0.0.1:9", &send, &given),
        run(&world, "http://127.0.0.1:9", &doctor, &given),
        run(
            &world,
            "https://wechat.test",
            &doctor,
            &[("HTTPS_PROXY", &proxy), ("WXCAST_ACCESS_TOKEN", GIVEN)],
        ),
        run(&world, "not a url", &send, &given),
        run(&world, "https://wechat.test", &doctor, &[("HTTPS_PROXY", "http://127.0.0.1:9"), given[0]]),
    ];
    let file = world.state_file("token.json");
    let kept: serde_json::Value =
        serde_json::from_slice(&fs::read(&file).expect("a kept token")).expect("JSON");
    let token = kept["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(token.len(), 136);
    let secrets = [SECRET, &token, GIVEN, PROXY_PASSWORD, "access_token="];
    for ran in &runs {
        assert!(ran.stderr.len() > 100, "it says something");
        assert_clean(ran.stdout.as_bytes(), &secrets, "stdout");
        assert_clean(ran.stderr.as_bytes(), &secrets, "stderr");
    }
    let mut searched = 0;
    for folder in [world.dir(), world.home()] {
        walk(folder, &mut |path, bytes| {
            if path != file {
                assert_clean(bytes, &secrets, &path.display().to_string());
                searched += 1;
            }
        });
    }
    assert!(searched >= 5, "campaign, audience, results, journal, locks, but only {searched} files");
}

#[test]
fn what_a_server_repeats_of_secret_and_token_is_told_without_them() {
    let world = World::with_recipients(1);
    let refused = format!(r#"{{"errcode":40125,"errmsg":"invalid appsecret {SECRET}"}}"#);
    let asked = Gateway::new(move |_, _| Reply::Answer(http("200 OK", "", refused.as_bytes())));
    let send = ["send", "campaign.toml", "--yes"];
    let told = run(&world, &asked.base(), &send, &[]);
    assert!(told.stderr.contains("40125 (invalid appsecret ***)"), "{}", told.stderr);
    let echo = format!(r#"{{"errcode":45015,"errmsg":"bad {GIVEN} of {SECRET}, access_token={GIVEN}"}}"#);
    let granted = format!(r#"{{"access_token":"{GIVEN}","expires_in":7200}}"#);
    let echoing = Gateway::new(move |request, _| match request.path.as_str() {
        TOKEN => Reply::Answer(http("200 OK", "", granted.as_bytes())),
        path if path.contains("/message/") || path.contains("quota") => {
            Reply::Answer(http("200 OK", "", echo.as_bytes()))
        }
        _ => usual(request),
    });
    let runs = [
        run(&world, &echoing.base(), &send, &[]),
        run(&world, &echoing.base(), &["doctor", "campaign.toml"], &[]),
    ];
    assert!(world.read("spring.local.results.csv").contains("bad *** of ***"));
    for ran in runs.iter().chain([&told]) {
        assert_clean(ran.stdout.as_bytes(), &[SECRET, GIVEN], "stdout");
        assert_clean(ran.stderr.as_bytes(), &[SECRET, GIVEN], "stderr");
    }
    for folder in [world.dir(), world.home()] {
        walk(folder, &mut |path, bytes| {
            let name = path.display().to_string();
            let own: &[&str] = if name.ends_with("token.json") { &[SECRET] } else { &[SECRET, GIVEN] };
            assert_clean(bytes, own, &name);
        });
    }
}

#[test]
fn a_secret_of_another_shape_is_told_before_anything_is_asked() {
    let world = World::with_recipients(1);
    world.text_campaign("Hello", "");
    let quoted = format!("\"{SECRET}\"");
    let none = "http://127.0.0.1:9";
    for (secret, odd) in
        [(quoted.as_str(), true), (&SECRET[1..], true), (&format!("\u{feff} {SECRET} \r\n"), false)]
    {
        let ran = run(&world, none, &["send", "campaign.toml", "--yes"], &[("WXCAST_APPSECRET", secret)]);
        let warned = ran.stderr.find("quotation marks around it");
        assert_eq!(warned.is_some(), odd, "{secret}: {}", ran.stderr);
        let failed = ran.stderr.find("error:").expect("nobody is there");
        assert!(warned.is_none_or(|warned| warned < failed), "{}", ran.stderr);
        assert!(!ran.stderr.contains(&SECRET[1..]), "{}", ran.stderr);
    }
}
