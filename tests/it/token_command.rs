//! Tokens from a company's central token server: a program that prints one.

#![cfg(unix)]

use crate::support::{Platform, Ran, World};

/// A scenario in which these tokens work without having been fetched.
fn accepts(token: &str) -> Platform {
    Platform::new(&format!("[token]\naccept = [\"{token}\"]"))
}

fn world(script: &str) -> World {
    let world = World::with_recipients(5);
    let command = format!("token_command = [\"sh\", \"-c\", '''{script}''']\n");
    world.edit("campaign.toml", "[audience]", &format!("{command}[audience]"));
    world
}

#[test]
fn a_bare_token_and_the_platform_s_json_are_both_taken() {
    for script in ["echo 36_token", "printf '{\"access_token\":\"36_token\",\"expires_in\":7200}'"] {
        let platform = accepts("36_token");
        assert_eq!(world(script).send(&platform).exits(0).counts(), "5 sent", "{script}");
        assert_eq!(platform.ledger().totals().stable_token_calls, 0, "{script}");
    }
}

#[test]
fn it_is_run_again_when_its_token_is_refused() {
    let platform = accepts("36_second");
    let world = world("if [ -e first ]; then echo 36_second; else touch first; echo 36_first; fi");
    assert_eq!(world.send(&platform).exits(0).counts(), "5 sent");
    assert_eq!(platform.ledger().duplicates(), Vec::<String>::new());
}

#[test]
fn a_token_that_stays_refused_stops_the_run_after_three_runs_of_the_program() {
    // A second, because that is how long a token server is given to fetch another.
    let world = world("echo x >> runs; cat token");
    world.file("token", "36_wrong");
    let ran = world.send(&accepts("36_right")).exits(9).says("keeps printing");
    assert_eq!(ran.counts(), "5 unsent");
    assert_eq!(world.read("runs").lines().count(), 3);
    assert!(!(ran.stdout + &ran.stderr).contains("36_wrong"), "a token is told to nobody");
}

#[test]
fn it_is_run_once_more_when_its_server_is_a_moment_late() {
    let platform = accepts("36_third");
    let world =
        world("echo x >> runs; if [ $(wc -l < runs) -ge 3 ]; then echo 36_third; else echo 36_first; fi");
    assert_eq!(world.send(&platform).exits(0).counts(), "5 sent");
}

#[test]
fn it_is_not_run_again_for_every_message_nor_are_its_tokens_kept() {
    let platform = accepts("36_token");
    let world = world("echo x >> runs; echo 36_token");
    assert_eq!(world.send(&platform).exits(0).counts(), "5 sent");
    assert_eq!(world.read("runs").lines().count(), 1);
    let kept = std::fs::read_dir(world.state()).expect("a folder");
    assert!(kept.flatten().all(|entry| !entry.file_name().to_string_lossy().starts_with("token")));
}

#[test]
fn a_program_that_hangs_or_never_stops_printing_is_ended() {
    for (script, says) in [("exec sleep 100", "within 0.3 seconds"), ("exec yes", "printed no token")] {
        let world = world(script);
        world.edit("campaign.toml", "rate =", "timeout = \"300ms\"\nrate =");
        let platform = accepts("36_token");
        assert_eq!(world.send(&platform).exits(9).says(says).counts(), "5 unsent", "{script}");
        assert_eq!(platform.ledger().totals().requests, 0);
    }
}

#[test]
fn a_token_that_is_given_goes_before_the_program_and_the_program_before_the_secret() {
    let (world, platform) = (world("touch ran; echo 36_printed"), accepts("36_given"));
    let mut send = world.command_at(&platform, &["send", "campaign.toml", "--yes", "--format", "json"]);
    let ran = Ran::of(send.env("WXCAST_ACCESS_TOKEN", "36_given").output().expect("the binary runs"));
    assert_eq!(ran.exits(0).counts(), "5 sent");
    assert!(!world.path("ran").exists());
    assert_eq!(platform.ledger().totals().stable_token_calls, 0);
}

#[test]
fn a_program_that_fails_or_prints_garbage_or_is_not_there_sends_nothing_and_says_so() {
    for (script, says) in
        [("exit 3", "exit code 3"), ("echo not a token", "blanks"), ("true", "printed no token, but nothing")]
    {
        let platform = accepts("36_token");
        assert_eq!(world(script).send(&platform).exits(9).says(says).counts(), "5 unsent", "{script}");
        assert_eq!(platform.ledger().totals().requests, 0);
    }
    let world = world("true");
    world.edit("campaign.toml", "\"sh\"", "\"/no/such/program\"");
    world.send(&accepts("x")).exits(9).says("could not be started");
}

#[test]
fn whatever_a_program_started_ends_with_it_and_holds_nobody_up() {
    // Two sleeps that would outlive this test, in a shell that waits for them.
    let world = world("echo still waiting >&2; sleep 97 & echo $! > child; sleep 98; true");
    world.edit("campaign.toml", "rate =", "timeout = \"400ms\"\nrate =");
    // The output of the whole run is read to its end, which a child that holds stderr would delay.
    world.send(&accepts("36_token")).exits(9).says("was ended").says("still waiting").counts();
    let child = world.read("child");
    let is_alive = std::process::Command::new("ps").args(["-o", "stat=", "-p", child.trim()]).output();
    let stat = String::from_utf8(is_alive.expect("ps runs").stdout).expect("text");
    assert!(stat.trim().is_empty() || stat.starts_with('Z'), "it goes on: {stat}");
}

#[test]
fn a_program_that_leaves_an_agent_behind_has_given_its_token() {
    let world = world("sleep 20 & echo $! > child; echo 36_token");
    assert_eq!(world.send(&accepts("36_token")).exits(0).counts(), "5 sent");
    let child = world.read("child");
    // Kept alive on purpose, so it is still there to be ended now.
    assert!(std::process::Command::new("kill").arg(child.trim()).status().expect("kill runs").success());
}

#[test]
fn what_it_says_is_told_where_it_fails_within_bounds_and_without_secrets() {
    let script = r#"yes noise | head -c 3000000 >&2; t=36_printed; echo ${t}_token; echo "\033[31m::error::H $WXCAST_APPSECRET ${t}_token" >&2; exit 3"#;
    let (world, platform) = (world(script), accepts("x"));
    let mut send = world.command_at(&platform, &["send", "campaign.toml", "--yes"]);
    send.env("WXCAST_APPSECRET", "0123456789abcdef0123456789abcdef").env("CI", "true");
    let ran = Ran::of(send.output().expect("the binary runs"))
        .exits(9)
        .says("exit code 3")
        .says("It said on stderr");
    assert!(ran.stderr.len() < 6000, "{} bytes", ran.stderr.len());
    assert!(!ran.stderr.contains("0123456789abcdef0123") && !ran.stderr.contains("36_printed_token"));
    assert!(
        !ran.stderr.contains('\u{1b}') && !ran.stderr.lines().any(|line| line.trim_start().starts_with("::"))
    );
}

#[test]
fn secrets_of_its_own_that_it_says_on_stderr_are_masked() {
    let token = "90_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-AbCdEfGhIjKlMnOp";
    let says = |script: String| {
        let world = world("");
        world.edit("campaign.toml", "[\"sh\", \"-c\", '''''']", "[\"sh\", \"get\"]");
        world.file("get", script);
        let stderr = world.send(&accepts("x")).exits(9).says("exit code 4").stderr;
        stderr.split("It said on stderr:").nth(1).expect("what it said").to_owned()
    };
    let said = says(format!(
        "set -x; T={token}; : curl -sf http://127.0.0.1:1/?token=$T -u wx:hunter2
         echo '{{\"access_token\": \"{token}\"}}' >&2
         echo 'secret=0123456789abcdef0123456789abcdef Authorization: Bearer abcdefgh' >&2
         yes noise | head -c 1000 >&2; echo password: hunter2 >&2; echo the server is down >&2; exit 4"
    ));
    for secret in ["90_AbCd", "AbCdEfGh", "hunter2", "0123456789abcdef", "abcdefgh"] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
    for left in ["T=***", "http://127.0.0.1:1/?token=***", "the server is down"] {
        assert!(said.contains(left), "{left}: {said}");
    }
}

#[test]
fn a_program_that_a_signal_ended_is_told_by_it() {
    world("kill -9 $$").send(&accepts("x")).exits(9).says("signal 9 (SIGKILL)").says("Nothing was sent");
}

#[test]
fn a_program_in_a_folder_is_where_the_campaign_says() {
    let world = World::with_recipients(2);
    world.edit(
        "campaign.toml",
        "[audience]",
        "token_command = [\"../bin/get\", \"a b\", \"\\nTo send: 0\"]\n[audience]",
    );
    let script = world.file("bin/get", "#!/bin/sh\necho 36_token\n");
    std::process::Command::new("chmod")
        .args(["+x".as_ref(), script.as_os_str()])
        .status()
        .expect("chmod runs");
    std::fs::create_dir(world.path("shop")).expect("a folder");
    for name in ["campaign.toml", "audience.csv"] {
        std::fs::rename(world.path(name), world.path(&format!("shop/{name}"))).expect("it is moved");
    }
    let platform = accepts("36_token");
    let ran = world.run_at(&platform, &["send", "shop/campaign.toml", "--yes"]).exits(0);
    ran.says("../bin/get 'a b' '\\u{a}To send: 0'");
    assert_eq!(platform.ledger().totals().accepted, 2);
}
