//! Secret and token are in nothing that a run writes, whatever happens to it.

use std::fs;

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
