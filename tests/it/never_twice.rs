//! What people do with folders, journals and computers: nobody is sent anything twice by it, and whoever cannot know is
//! stopped and told.

use std::fs;
use std::process::Stdio;

use serde_json::Value as Json;

use crate::support::media::png;
use crate::support::wire::{Proxy, Tls};
use crate::support::{APPID, Platform, RESULTS, Ran, World, finish, kill};

/// The only entry of the receipt beside the campaign.
fn receipt(world: &World) -> Json {
    let receipt: Json = serde_json::from_str(&world.read(".wxcast/receipt.json")).expect("a receipt");
    let entries = receipt["entries"].as_array().expect("entries");
    assert_eq!(entries.len(), 1, "{receipt}");
    entries[0].clone()
}

#[test]
fn a_receipt_lies_beside_the_campaign_before_the_first_request_and_tells_the_end() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    world.edit("campaign.toml", "100000/s", "1/m");
    let child = world.start_send(&platform);
    platform.wait_for_requests(1);
    let begun = receipt(&world);
    assert_eq!((&begun["running"], &begun["counts"]["unsent"]), (&true.into(), &3.into()), "{begun}");
    world.run(&["stop", "campaign.toml"]).exits(0);
    finish(child).exits(7);
    let ended = receipt(&world);
    let requests = platform.ledger().totals().requests;
    assert_eq!((&ended["running"], &ended["counts"]["sent"]), (&false.into(), &requests.into()), "{ended}");
    assert_eq!((&ended["appid"], &ended["campaign"]), (&APPID.into(), &"spring".into()));
    assert_eq!((&ended["channel"], &ended["destination"]), (&"send".into(), &"local".into()));
    assert_eq!((&ended["intents"], &ended["journal"]), (&requests.into(), &begun["journal"]));
    assert!(ended["plan"].as_str().is_some_and(|id| id.starts_with("plan:")), "{ended}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let file = fs::metadata(world.path(".wxcast/receipt.json")).expect("a file");
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_rehearsal_leaves_no_receipt() {
    let world = World::with_recipients(1);
    world.run(&["rehearse", "campaign.toml"]).exits(0);
    assert!(!world.path(".wxcast").exists());
}

/// Some of a campaign, cut off by the death of its process before the receipt was refreshed.
fn killed(world: &World, platform: &Platform) -> u64 {
    let child = world.start_send(platform);
    platform.wait_for_requests(100);
    kill(child);
    let sent = platform.ledger().totals().requests;
    assert!(sent < 2_000, "it was killed on the way");
    sent
}

fn a_long_campaign() -> (World, Platform) {
    let world = World::with_recipients(2_000);
    world.text_campaign("Hello {{name}}", "concurrency = 4");
    (world, Platform::new("latency = \"1ms\""))
}

#[track_caller]
fn stopped(world: &World, args: &[&str]) -> Ran {
    let platform = Platform::new("");
    let mut command = vec!["send", "campaign.toml", "--yes"];
    command.extend(args);
    let ran = world.run_at(&platform, &command).exits(8).says("--take-over").says("Receipt").says("Results");
    assert_eq!(platform.ledger().totals().requests, 0, "nothing leaves");
    assert_eq!(ran.stdout, "", "no counts are told as if they were today's");
    ran
}

const TAKE_OVER: [&str; 6] = ["send", "campaign.toml", "--yes", "--take-over", "--format", "json"];

#[test]
fn copies_and_clones_of_a_folder_on_one_computer_go_on_with_one_journal() {
    let (world, platform) = (World::with_recipients(8), Platform::new("[quota]\ndaily = 3"));
    world.send(&platform).exits(7);
    let rest = Platform::new("");
    for (folder, limit) in [("copy", "2"), ("clone", "1"), ("link/deeper", "9")] {
        fs::create_dir_all(world.path(folder)).expect("a folder");
        for file in ["campaign.toml", "audience.csv"] {
            fs::copy(world.path(file), world.path(&format!("{folder}/{file}"))).expect("a copy");
        }
        let campaign = format!("{folder}/campaign.toml");
        let ran = world.run_at(&rest, &["send", &campaign, "--yes", "--limit", limit]);
        assert!([0, 7].contains(&ran.code), "{ran:?}");
    }
    assert_eq!(world.send(&rest).exits(0).counts(), "8 sent");
    assert_eq!((rest.ledger().totals().accepted, rest.ledger().duplicates()), (5, vec![]));
}

#[test]
fn another_state_folder_after_a_kill_is_stopped_by_the_receipt() {
    let (world, platform) = a_long_campaign();
    killed(&world, &platform);
    stopped(&world, &["--state-dir", "elsewhere"]).says("another journal").says("still sending");
    world.send(&platform);
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
}

#[test]
fn a_log_that_was_lost_after_a_kill_is_noticed_even_before_the_receipt_was_refreshed() {
    let (world, platform) = a_long_campaign();
    // An earlier run, so that file and log are not new.
    world.run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", "5"]).exits(7);
    killed(&world, &platform);
    fs::remove_file(world.state_file("journal.sqlite3-wal")).expect("a log");
    stopped(&world, &[]).says("knows less than it once did");
    // That somebody looked does not mend it.
    world.status();
    stopped(&world, &[]);
}

#[test]
fn a_log_in_which_a_bit_was_flipped_is_noticed() {
    let (world, platform) = a_long_campaign();
    killed(&world, &platform);
    let log = world.state_file("journal.sqlite3-wal");
    let mut bytes = fs::read(&log).expect("a log");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&log, bytes).expect("a damaged log");
    stopped(&world, &[]).says("journal.sqlite3-wal");
}

#[test]
fn an_older_journal_that_was_put_back_is_stopped_and_taken_over_by_what_results_know() {
    let (world, platform) = (World::with_recipients(9), Platform::new(""));
    let send =
        |limit: &str| world.run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", limit]).exits(7);
    send("3");
    let older = fs::read(world.state_file("journal.sqlite3")).expect("a journal");
    send("4");
    for rest in ["journal.sqlite3-wal", "journal.sqlite3-shm"] {
        let _ = fs::remove_file(world.state_file(rest));
    }
    world.in_state("journal.sqlite3", &older);
    stopped(&world, &[]).says("knows less").says("7 sent").says("3 sent");
    // Another campaign with the same journal takes its counter over the receipt's.
    let other = World::with_recipients(30);
    other.edit("campaign.toml", "spring", "summer");
    other.edit("campaign.toml", "Hello", "Dear");
    let mut command = other.command_at(&platform, &["send", "campaign.toml", "--yes"]);
    for variable in ["XDG_STATE_HOME", "LOCALAPPDATA", "HOME"] {
        command.env(variable, world.home());
    }
    Ran::of(command.output().expect("the binary runs")).exits(0);
    stopped(&world, &[]);
    let taken = world.run_at(&platform, &TAKE_OVER).exits(0).says("4 messages that the journal here did not");
    assert_eq!(taken.counts(), "9 sent");
    assert_eq!(platform.ledger().totals().accepted, 9 + 30);
    world.send(&platform).exits(0);
}

#[test]
fn the_receipt_s_folder_may_go_during_a_run() {
    let (world, platform) = a_long_campaign();
    let child = world.start_send(&platform);
    platform.wait_for_requests(100);
    fs::remove_dir_all(world.path(".wxcast")).expect("a folder");
    assert_eq!(finish(child).exits(0).counts(), "2000 sent");
    world.send(&platform).exits(0);
    assert_eq!(platform.ledger().totals().requests, 2_000);
    assert_eq!(receipt(&world)["counts"]["sent"], 2_000);
}

#[test]
fn a_journal_that_was_lost_is_missed_by_its_campaign_whatever_others_do_in_the_folder() {
    let (world, platform) = (World::with_recipients(5), Platform::new(""));
    world.send(&platform).exits(0);
    fs::remove_dir_all(world.state()).expect("a journal");
    stopped(&world, &[]);
    world
        .file("other.toml", world.read("campaign.toml").replace("spring", "summer").replace("Hello", "Dear"));
    let other = ["send", "other.toml", "--yes", "--results", "other.results.csv"];
    world.run_at(&Platform::new(""), &other).exits(0);
    stopped(&world, &[]);
    // Without the receipt the results still tell, and the other way round.
    fs::rename(world.path(".wxcast"), world.path("away")).expect("a move");
    stopped(&world, &[]).says("5 people");
}

#[test]
#[cfg(unix)]
fn links_lead_to_one_receipt_and_one_journal() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    fs::create_dir(world.path("links")).expect("a folder");
    for file in ["campaign.toml", "audience.csv"] {
        std::os::unix::fs::symlink(world.path(file), world.path("links").join(file)).expect("a link");
    }
    world.run_at(&platform, &["send", "links/campaign.toml", "--yes"]).exits(0);
    assert_eq!(receipt(&world)["counts"]["sent"], 3);
    assert!(!world.path("links/.wxcast").exists());
    world.send(&platform).exits(0);
    assert_eq!(platform.ledger().totals().requests, 3);
}

#[test]
fn results_never_lose_to_a_journal_that_was_deleted() {
    let (world, platform) = (World::with_recipients(4), Platform::new(""));
    world.send(&platform).exits(0);
    let name = world.path(RESULTS);
    let before = fs::read(&name).expect("results");
    fs::remove_dir_all(world.state()).expect("a journal");
    world.run(&["results", "campaign.toml"]).exits(8).says("4 sent");
    assert_eq!(fs::read(&name).expect("results"), before);
    stopped(&world, &[]);
    let fresh = World::with_recipients(1);
    fresh.run(&["results", "campaign.toml"]).exits(8).says("does not know this campaign");
    assert!(!fresh.path(RESULTS).exists());
}

#[test]
fn what_a_receipt_counts_beyond_the_results_is_told_when_it_is_taken_over() {
    let (world, platform) = (World::with_recipients(6), Platform::new("[quota]\ndaily = 4"));
    world.send(&platform).exits(7);
    fs::remove_dir_all(world.state()).expect("a journal");
    let results = world.read(RESULTS);
    let one_forgotten: String = results
        .lines()
        .enumerate()
        .filter(|(line, _)| *line != 2)
        .map(|(_, line)| format!("{line}\r\n"))
        .collect();
    world.file(RESULTS, one_forgotten);
    let rest = Platform::new("");
    world.run_at(&rest, &["send", "campaign.toml", "--yes"]).exits(8).says("a price: up to 1 people");
    world.run_at(&rest, &TAKE_OVER).exits(8).says("`--yes` alone is not enough").says("1 people");
    let plan = world.run_at(&rest, &["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    let id = plan["plan"].as_str().expect("a plan id");
    let agreed = [&TAKE_OVER[..], &["--expect-plan", id]].concat();
    let taken = world.run_at(&rest, &agreed).exits(0).says("3 messages that").says("1 people");
    assert_eq!(taken.counts(), "6 sent");
    assert_eq!(rest.ledger().totals().accepted, 3);
}

#[test]
fn a_process_whose_lock_and_claim_were_taken_by_another_stops() {
    let (world, platform) = a_long_campaign();
    let args = ["send", "campaign.toml", "--yes", "--format", "json", "--state-dir", "shared"];
    let start = |home: &std::path::Path| {
        let mut command = world.command_at(&platform, &args);
        for variable in ["XDG_STATE_HOME", "LOCALAPPDATA", "HOME"] {
            command.env(variable, home);
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts")
    };
    let first = start(world.home());
    platform.wait_for_requests(100);
    for lock in
        [format!("shared/{APPID}/local/spring.campaign.lock"), format!(".wxcast/spring.{APPID}.local.lock")]
    {
        fs::remove_file(world.path(&lock)).expect("a lock");
    }
    let second = start(&world.path("another-home"));
    let (first, second) = (finish(first), finish(second));
    assert_eq!(first.code, 10, "{first:?}");
    assert!([0, 6].contains(&second.code), "{second:?}");
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
}

#[test]
fn an_id_that_was_edited_half_way_needs_the_plan_and_a_digest_is_not_enough() {
    let (world, platform) = (World::with_recipients(5), Platform::new("[quota]\ndaily = 3"));
    world.send(&platform).exits(7);
    world.edit("campaign.toml", "spring", "spring-2");
    let plan = world.run_at(&platform, &["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    let rest = Platform::new("");
    for more in [&[][..], &["--expect-digest", plan["digest"].as_str().expect("a digest")]] {
        let mut args = vec!["send", "campaign.toml", "--yes"];
        args.extend(more);
        world.run_at(&rest, &args).exits(8).says("3 of these 5 got exactly this as `spring` wave 1");
    }
    assert_eq!(rest.ledger().totals().requests, 0);
    // Another text to the same people is another campaign.
    world.edit("campaign.toml", "Hello", "Dear");
    world.send(&rest).exits(0);
}

#[test]
fn a_folder_of_last_month_with_a_new_text_and_the_old_id_is_not_done() {
    let (world, platform) = (World::with_recipients(4), Platform::new(""));
    world.send(&platform).exits(0);
    let results = world.read(RESULTS);
    world.edit("campaign.toml", "Hello", "Goodbye");
    let ran = world.send(&platform).exits(8).says("4 people were sent another text").says("campaign.id");
    assert_eq!((ran.stdout.as_str(), world.read(RESULTS)), ("", results));
    world.edit("campaign.toml", "Goodbye", "Hello");
    world.send(&platform).exits(0);
    world.edit("audience.csv", "Name 2", "Name 9");
    world.send(&platform).exits(8).says("1 people were sent another text");
    assert_eq!(platform.ledger().totals().requests, 4);
}

#[test]
#[cfg(unix)]
fn a_run_whose_journal_or_lock_is_taken_away_sends_nothing_more() {
    for file in ["journal.sqlite3", "spring.campaign.lock"] {
        let (world, platform) = a_long_campaign();
        let child = world.start_send(&platform);
        platform.wait_for_requests(100);
        fs::remove_file(world.state_file(file)).expect("a file that is in use");
        let ran = finish(child).exits(10).says("deleted or replaced");
        let requests = platform.ledger().totals().requests;
        assert!(requests < 2_000, "{requests}");
        let counts = ran.json()["counts"].clone();
        assert_eq!(counts["sent"].as_u64(), Some(requests), "every answer is told: {counts}");
        if file == "journal.sqlite3" {
            stopped(&world, &[]);
        } else {
            world.send(&platform).exits(0);
        }
        assert_eq!(platform.ledger().duplicates(), [""; 0]);
    }
}

/// A platform that people's phones hang on, as far as wxcast can tell: a host of another name, over TLS.
pub(crate) fn real_platform(platform: &Platform, world: &World) -> (Tls, Proxy, [(&'static str, String); 3]) {
    let tls = Tls::before(&platform.base(), &["wechat.test"]);
    let proxy = Proxy::to(tls.address());
    let ca = world.file("ca/company.pem", tls.ca()).to_string_lossy().into_owned();
    let variables = [
        ("WXCAST_API_BASE", "https://wechat.test".to_owned()),
        ("HTTPS_PROXY", proxy.url()),
        ("SSL_CERT_FILE", ca),
    ];
    (tls, proxy, variables)
}

#[test]
fn what_was_sent_to_a_simulator_is_sent_to_people_all_the_same_and_with_their_own_media() {
    let (world, simulator, wechat) = (World::new(), Platform::new(""), Platform::new(""));
    world.campaign("[message.image]\nfile = \"banner.png\"", "");
    world.recipients(4);
    world.file("banner.png", png("banner"));
    let (_tls, _proxy, variables) = real_platform(&wechat, &world);
    let send = |real: bool| {
        let mut command =
            world.command_at(&simulator, &["send", "campaign.toml", "--yes", "--format", "json"]);
        if real {
            command.envs(variables.clone());
        }
        Ran::of(command.output().expect("the binary runs"))
    };
    assert_eq!(send(false).exits(0).json()["destination"], "local");
    let sent = send(true).exits(0);
    assert_eq!((sent.counts().as_str(), &sent.json()["destination"]), ("4 sent", &"real".into()));
    let totals = wechat.ledger().totals();
    assert_eq!((totals.accepted, totals.uploads), (4, 1), "the simulator's media id opens nothing there");
    // Nor the other way round: both are done now, each by its own journal.
    for real in [true, false] {
        assert_eq!(send(real).exits(0).json()["requests"], 0);
    }
    assert_eq!(world.results_of("spring.results.csv").len(), 4);
    assert_eq!(world.results().len(), 4);
    assert_eq!((simulator.ledger().totals().requests, wechat.ledger().totals().requests), (4, 4));
    assert!(world.home().join("wxcast").join(APPID).join("journal.sqlite3").exists());
}

#[test]
fn nothing_is_taken_over_before_somebody_agrees() {
    let (world, platform) = (World::with_recipients(6), Platform::new(""));
    world.run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", "4"]).exits(7);
    fs::remove_dir_all(world.home().join("wxcast")).expect("a journal");
    let unasked = ["send", "campaign.toml", "--take-over"];
    world.run_at(&platform, &unasked).exits(8).says("nobody is here to be asked");
    world.send(&platform).exits(8).says("Receipt");
    assert_eq!(platform.ledger().totals().requests, 4);
    let agreed = [&unasked[..], &["--yes"]].concat();
    world.run_at(&platform, &agreed).exits(0);
    assert_eq!((platform.ledger().totals().requests, platform.ledger().duplicates()), (6, Vec::new()));
}

#[test]
fn a_trial_on_a_simulator_does_not_make_people_of_earlier_results_known() {
    let (world, simulator, wechat) = (World::new(), Platform::new(""), Platform::new(""));
    world.text_campaign("Hello {{name}}", "");
    world.recipients(4);
    let (_tls, _proxy, variables) = real_platform(&wechat, &world);
    let send = |real: bool, state: &str| {
        let args = ["send", "campaign.toml", "--yes", "--format", "json", "--state-dir", state];
        let mut command = world.command_at(&simulator, &args);
        if real {
            command.envs(variables.clone());
        }
        Ran::of(command.output().expect("the binary runs"))
    };
    assert_eq!(send(true, "one").exits(0).counts(), "4 sent");
    // The folder comes to another computer without what is hidden in it, and is tried out there first.
    fs::remove_dir_all(world.path(".wxcast")).expect("a receipt");
    assert_eq!(send(false, "other").exits(0).counts(), "4 sent");
    send(true, "other").exits(8).says("4");
    assert_eq!(wechat.ledger().totals().requests, 4, "nobody is sent it twice");
}

#[test]
#[cfg(unix)]
fn a_slow_run_whose_lock_is_taken_away_does_not_wait_for_its_next_message_to_notice() {
    let (world, platform) = (World::with_recipients(9), Platform::new(""));
    world.edit("campaign.toml", "100000/s", "1/min");
    let child = world.start_send(&platform);
    platform.wait_for_requests(1);
    fs::remove_file(world.state_file("spring.campaign.lock")).expect("a file that is in use");
    let begun = std::time::Instant::now();
    finish(child).exits(10).says("deleted or replaced");
    assert!(begun.elapsed().as_secs() < 30, "the next message would leave after a minute");
    // A slow pace begins with a message or two at once.
    assert!(platform.ledger().totals().requests < 3);
}
