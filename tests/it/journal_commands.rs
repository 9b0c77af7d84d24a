//! `wxcast journal` and `wxcast history`: what a journal knows is told, moved and pruned, and nobody is sent anything twice
//! because of it.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::evidence::plan_id;
use crate::support::{APPID, Platform, RESULTS, Ran, World, openid};

/// A command with another state folder, as another computer has one.
fn elsewhere<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [args, &["--state-dir", "elsewhere"]].concat()
}

const SEND: [&str; 5] = ["send", "campaign.toml", "--yes", "--format", "json"];

/// Three of six people were sent the message.
fn half_sent() -> World {
    let world = World::with_recipients(6);
    world.run_at(&Platform::new(""), &[&SEND[..], &["--limit", "3"]].concat()).exits(7);
    world
}

fn export(world: &World) -> Ran {
    world.run(&["journal", "export", "campaign.toml", "-o", "spring.journal.jsonl"]).exits(0)
}

#[test]
fn an_exported_campaign_goes_on_with_another_journal_and_nobody_is_sent_it_twice() {
    let (world, rest) = (half_sent(), Platform::new(""));
    export(&world).says("3 messages");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(world.path("spring.journal.jsonl")).expect("an export").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "it says who was sent what");
    }
    world.run_at(&rest, &elsewhere(&SEND)).exits(8);
    let import = elsewhere(&["journal", "import", "spring.journal.jsonl"]);
    world.run(&import).exits(0).says("3 messages, of which 3 were new");
    // Again it changes nothing.
    world.run(&import).exits(0).says("3 messages, of which 0 were new");
    let runs = world.run(&elsewhere(&["runs", "campaign.toml", "--format", "json"])).exits(0).json();
    assert_eq!(runs.as_array().map(Vec::len), Some(1), "{runs}");
    let sent = world.run_at(&rest, &elsewhere(&SEND)).exits(0);
    assert_eq!((sent.counts().as_str(), rest.ledger().totals().accepted), ("6 sent", 3));
    assert!(!rest.ledger().openids().contains(&openid(0)), "whom the first journal had sent it");
    // Now this computer is the one that would send twice, and is stopped by the receipt.
    world.send(&rest).exits(8).says("another journal");
    assert_eq!(rest.ledger().totals().accepted, 3);
}

#[test]
fn an_export_that_is_older_than_the_receipt_does_not_answer_for_it() {
    let (world, rest) = (half_sent(), Platform::new(""));
    export(&world);
    let id = plan_id(&world, &rest);
    world.run_at(&rest, &[&SEND[..], &["--limit", "1", "--expect-plan", &id]].concat()).exits(7);
    world.run(&elsewhere(&["journal", "import", "spring.journal.jsonl"])).exits(0);
    world.run_at(&rest, &elsewhere(&SEND)).exits(8).says("another journal");
    assert_eq!(rest.ledger().totals().accepted, 1);
}

#[test]
fn take_over_accepts_an_export_where_there_is_nothing_else() {
    let (world, rest) = (half_sent(), Platform::new(""));
    export(&world);
    fs::remove_file(world.path(RESULTS)).expect("results");
    let take_over = elsewhere(&[&SEND[..], &["--take-over=spring.journal.jsonl"]].concat());
    assert_eq!(world.run_at(&rest, &take_over).exits(0).counts(), "6 sent");
    assert_eq!((rest.ledger().totals().accepted, rest.ledger().duplicates()), (3, vec![]));
    world.edit("campaign.toml", "spring", "summer");
    let other = [&SEND[..], &["--take-over=spring.journal.jsonl", "--results", "summer.csv"]].concat();
    world.run_at(&rest, &other).exits(8).says("belongs here");
    assert_eq!(rest.ledger().totals().accepted, 3);
}

#[test]
fn what_the_journal_knows_is_never_lowered_by_an_import() {
    let world = World::with_recipients(4);
    world
        .text_campaign("Hello {{name}}", "retries = 0\n[send.stop]\nmax_unknown = 0\nmax_refused = \"100%\"");
    let faulty = "[[faults]]\nkind = \"reset-after\"\nmessages = [1, 2]";
    world.send(&Platform::new(faulty)).exits(6);
    export(&world);
    world.run(&["resolve", "campaign.toml", "--sent", "--all", "--yes"]).exits(0);
    let known = world.journal();
    world.run(&["journal", "import", "spring.journal.jsonl"]).exits(0).says("0 were new");
    assert_eq!(world.journal(), known);
    assert_eq!(world.status().counts(), "4 sent");
}

#[test]
fn an_import_says_of_how_many_messages_it_undoes_what_somebody_decided() {
    let world = World::with_recipients(4);
    world.text_campaign("Hello {{name}}", "retries = 0\n[send.stop]\nmax_unknown = 0");
    world.send(&Platform::new("[[faults]]\nkind = \"reset-after\"\nmessages = [1, 2]")).exits(6);
    export(&world);
    world.run(&["resolve", "campaign.toml", "--not-sent", "--all", "--yes"]).exits(0);
    let import = ["journal", "import", "spring.journal.jsonl"];
    world.run(&import).exits(0).says("2 messages that were settled by hand here");
    let again = world.run(&import).exits(0);
    assert!(!again.stderr.contains("settled by hand"), "{again:?}");
    assert_eq!(world.status().counts(), "2 sent, 2 unknown");
}

#[test]
fn an_export_that_was_cut_off_edited_or_is_something_else_is_refused_as_a_whole() {
    let world = half_sent();
    export(&world);
    let whole = world.read("spring.journal.jsonl");
    let import = elsewhere(&["journal", "import", "bad"]);
    let mut bad = vec![String::new(), "openid,name\n".to_owned(), "{\"a\": 1}\n".to_owned()];
    bad.push(whole.replacen("oTEST00000000000000000000001", "oTEST00000000000000000000009", 1));
    bad.push(whole.replacen("\"state\":1", "\"state\":99", 1));
    bad.push(format!("{whole}{whole}"));
    bad.extend((1..whole.len()).step_by(97).map(|end| whole[..end].to_owned()));
    bad.push(whole.replacen("\"wxcast_journal_export\":1", "\"wxcast_journal_export\":2", 1));
    for text in &bad {
        world.file("bad", text);
        let ran = world.run(&import);
        assert!([2, 3].contains(&ran.code), "{text}\n{ran:?}");
    }
    let status = world.run(&elsewhere(&["journal", "status", "--format", "json"])).exits(0).json();
    let campaigns = status[0]["campaigns"].as_array().map_or(0, Vec::len);
    assert_eq!(campaigns, 0, "all of it or nothing: {status}");
}

#[test]
fn an_export_of_another_account_is_refused() {
    let world = half_sent();
    export(&world);
    let import = elsewhere(&["journal", "import", "spring.journal.jsonl", "--appid", "wxfedcba9876543210"]);
    world.run(&import).exits(8).says(APPID);
    assert!(!world.path("elsewhere").exists());
    let mut command = world.command(&elsewhere(&["journal", "import", "spring.journal.jsonl"]));
    command.env("WXCAST_APPID", "wxfedcba9876543210");
    Ran::of(command.output().expect("the binary runs")).exits(8);
}

#[test]
fn nothing_is_exported_while_it_is_being_sent_nor_of_a_campaign_nobody_sent() {
    let (world, platform) = (World::with_recipients(40), Platform::new("latency = \"30ms\""));
    let args = ["journal", "export", "campaign.toml", "-o", "out"];
    world.run(&args).exits(8).says("does not know this campaign");
    world.edit("campaign.toml", "100000/s", "20/s");
    let child = world.start_send(&platform);
    platform.wait_for_requests(1);
    world.run(&args).exits(8).says("being sent just now");
    world.run(&["stop", "campaign.toml"]).exits(0);
    crate::support::finish(child).exits(7);
    assert!(!world.path("out").exists());
    world.run(&args).exits(0);
    // Written again, as every file that wxcast wrote for this campaign.
    world.run(&args).exits(0);
}

#[test]
fn the_journals_are_told_of_with_their_campaigns_and_damage_is_found() {
    let world = half_sent();
    let status = world.run(&["journal", "status", "--format", "json"]).exits(0).json();
    let journal = &status[0];
    assert_eq!((&journal["destination"], &journal["sound"]), (&"local".into(), &true.into()), "{status}");
    assert!(journal["bytes"].as_u64() > Some(4096), "{status}");
    let campaign = &journal["campaigns"][0];
    assert_eq!((&campaign["campaign"], &campaign["messages"]), (&"spring".into(), &3.into()));
    let text = world.run(&["journal", "status", "--appid", APPID]).exits(0).stdout;
    assert!(text.contains("journal.sqlite3") && text.contains("spring, wave 1: 3 messages"), "{text}");
    let other = world.run(&["journal", "status", "--appid", "wxfedcba9876543210"]).exits(0);
    assert_eq!(other.stdout, "");
    let path = world.state_file("journal.sqlite3");
    let mut bytes = fs::read(&path).expect("the journal");
    bytes[4096..].fill(0x5a);
    fs::write(&path, bytes).expect("a damaged journal");
    world.run(&["journal", "status"]).exits(10).says("journal.sqlite3");
}

/// As if everything in the journal had happened so many days ago.
fn age(journal: &Path, days: i64) {
    let store = rusqlite::Connection::open(journal).expect("the journal");
    let by = days * 24 * 60 * 60 * 1000;
    store.execute("UPDATE message SET at = at - ?1", [by]).expect("older messages");
    store.execute("UPDATE run SET started = started - ?1, ended = ended - ?1", [by]).expect("older runs");
}

#[test]
fn old_campaigns_are_pruned_after_a_yes_and_whoever_sends_one_again_is_stopped() {
    let world = half_sent();
    let journal = world.state_file("journal.sqlite3");
    let prune = ["journal", "prune", "--older", "180d", "--local"];
    world.run(&[&prune[..], &["--yes"]].concat()).exits(0).says("nothing to prune");
    age(&journal, 200);
    world.run(&prune).exits(8).says("3 messages of 1 campaign").says("known to nobody any more");
    world.run(&["journal", "prune", "--older", "soon", "--local"]).exits(2).says("180d");
    assert_eq!(world.journal().len(), 3, "nobody agreed");
    world.file(&format!("taken/spring.{APPID}.journal.jsonl"), "an export of before");
    world
        .run(&[&prune[..], &["--yes", "--export", "taken"]].concat())
        .exits(2)
        .says("is not written over another");
    assert_eq!(world.journal().len(), 3, "nothing is pruned whose export cannot be written");
    world.run(&[&prune[..], &["--yes", "--export", "kept"]].concat()).exits(0).says("Pruned: 3 messages");
    assert_eq!(world.journal().len(), 0);
    assert_eq!(world.status().counts(), "3 sent, 3 unsent", "that it was sent is still known");
    let history = world.run(&["history", "--format", "json"]).exits(0).json();
    assert_eq!(history[0]["pruned"], 3, "{history}");
    // Whatever else is lost, the journal itself stops who would send it again.
    fs::remove_dir_all(world.path(".wxcast")).expect("a receipt");
    fs::remove_file(world.path(RESULTS)).expect("results");
    let rest = Platform::new("");
    world.send(&rest).exits(8).says("3 messages of this campaign were taken out");
    assert_eq!(rest.ledger().totals().requests, 0);
    // A new wave is a new matter, and with its export the campaign goes on.
    world
        .run(&["journal", "import", &format!("kept/spring.{APPID}.journal.jsonl")])
        .exits(0)
        .says("3 were new");
    assert_eq!(world.send(&rest).exits(0).counts(), "6 sent");
    assert_eq!(rest.ledger().totals().accepted, 3);
}

#[test]
fn a_pruned_journal_is_smaller_and_other_campaigns_are_left_alone() {
    let (world, platform) = (World::with_recipients(2_000), Platform::new(""));
    world.send(&platform).exits(0);
    let journal = world.state_file("journal.sqlite3");
    age(&journal, 400);
    let size = || fs::metadata(&journal).expect("the journal").len();
    let before = size();
    world.edit("campaign.toml", "spring", "summer");
    world.edit("campaign.toml", "Hello", "Dear");
    world.recipients(3);
    world.run_at(&platform, &SEND).exits(0);
    world.run(&["journal", "prune", "--older", "365d", "--local", "--yes"]).exits(0).says("Pruned: 2000");
    assert!(size() < before / 2, "{} of {before}", size());
    let history = world.run(&["history", "--format", "json"]).exits(0).json();
    assert_eq!(history[1]["counts"]["sent"], 3, "{history}");
}

#[test]
fn history_tells_campaigns_and_waves_and_what_one_person_got() {
    let (world, platform) = (half_sent(), Platform::new(""));
    world.send(&platform).exits(0);
    world.edit("campaign.toml", "id = \"spring\"", "id = \"spring\"\nwave = 2");
    world.edit("campaign.toml", "Hello", "Dear");
    world.recipients(2);
    world.send(&platform).exits(0);
    world.edit("campaign.toml", "spring", "summer");
    world.edit("campaign.toml", "Dear", "Hi");
    world.run_at(&platform, &[&SEND[..], &["--limit", "1"]].concat()).exits(7);

    let all = world.run(&["history", "--format", "json"]).exits(0).json();
    let told: Vec<(String, u64, u64)> = all
        .as_array()
        .expect("campaigns")
        .iter()
        .map(|campaign| {
            let number = |key: &str| campaign[key].as_u64().expect("a number");
            let sent = campaign["counts"]["sent"].as_u64().expect("a count");
            (campaign["campaign"].as_str().expect("an id").to_owned(), number("wave"), sent)
        })
        .collect();
    assert_eq!(told, [("spring".into(), 1, 6), ("spring".into(), 2, 2), ("summer".into(), 2, 1)]);
    assert_eq!((&all[0]["runs"], &all[0]["destination"]), (&2.into(), &"local".into()));
    assert!(all[0]["computers"][0].is_string() && all[0]["first"].is_string(), "{all}");
    assert!(all[0]["hosts"][0].as_str().is_some_and(|host| host.starts_with("http://127.0.0.1")), "{all}");

    world.edit("campaign.toml", "summer", "spring");
    let of_one = world.run(&["history", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!(of_one.as_array().map(Vec::len), Some(2), "{of_one}");
    let person = world.run(&["history", "--openid", &openid(0), "--format", "json"]).exits(0).json();
    let got: Vec<&str> = person
        .as_array()
        .expect("messages")
        .iter()
        .filter_map(|message| message["campaign"].as_str())
        .collect();
    assert_eq!(got, ["spring", "spring", "summer"]);
    assert_eq!((&person[0]["status"], &person[0]["errcode"]), (&"sent".into(), &0.into()), "{person}");
    assert!(!person.to_string().contains(&openid(0)), "nobody asked for it to be repeated");
    let last = world.run(&["history", "--openid", &openid(5)]).exits(0);
    assert_eq!(last.stdout.lines().count(), 1, "{}", last.stdout);
    world.run(&["history", "--openid", "oNOBODY"]).exits(0).says("No message to oNOBODY");
    world.run(&["history", "campaign.toml", "--openid", "x"]).exits(2);
    let chinese = world.run(&["history", "--lang", "zh-CN"]).exits(0).stdout;
    assert!(chinese.contains("已发送 6"), "{chinese}");
}

#[test]
fn what_other_campaigns_sent_the_same_people_is_said_before_the_yes() {
    let (world, platform) = (World::with_recipients(5), Platform::new(""));
    world.send(&platform).exits(0);
    world.edit("campaign.toml", "spring", "summer");
    world.edit("campaign.toml", "Hello", "Dear");
    world.file("audience.csv", format!("openid,name\n{},a\n{},b\n{},c\n", openid(3), openid(4), openid(9)));
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let asked = world.run_at(&platform, &["send", "campaign.toml"]).exits(8);
    let line = asked.stderr.lines().find(|line| line.contains("were also sent"));
    let line = line.unwrap_or_else(|| panic!("{}", asked.stderr));
    assert!(line.contains("2 of these people") && line.contains("`spring` wave 1"), "{line}");
    assert!(line.contains(&today), "{line}");
    world.send(&platform).exits(0).says("2 of these people were also sent `spring` wave 1");
    world.edit("campaign.toml", "summer", "autumn");
    world.edit("campaign.toml", "Dear", "Hi");
    world.file("audience.csv", format!("openid,name\n{},c\n", openid(9)));
    let ran = world.send(&platform).exits(0).says("1 of these people were also sent `summer`");
    assert!(!ran.stderr.contains("`spring`"), "they were sent nothing by it: {}", ran.stderr);
}

/// On a small disk of its own, which only those who may mount can make.
#[test]
#[cfg(target_os = "linux")]
fn answers_survive_a_disk_that_is_full() {
    let (world, platform) = (World::with_recipients(4_000), Platform::new("latency = \"5ms\""));
    world.text_campaign("Hello {{name}}", "concurrency = 64");
    fs::create_dir_all(world.path("disk")).expect("a folder");
    fs::create_dir_all(world.path("after")).expect("a folder");
    let send = world.command_at(&platform, &[]);
    // Room for the reserve, a journal, and some records of it.
    let script = "mount -t tmpfs -o size=1600k full disk || exit 77; \
                  \"$0\" send campaign.toml --yes --format json --state-dir disk; code=$?; \
                  cp -a disk/. after/; exit $code";
    let mut shell = Command::new("unshare");
    shell.args(["-m", "sh", "-c", script]).arg(send.get_program()).current_dir(world.dir());
    for (name, value) in send.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let Ok(output) = shell.output() else { return };
    let ran = Ran::of(output);
    if [1, 77].contains(&ran.code) && platform.ledger().totals().requests == 0 {
        eprintln!("not tried: no disk can be mounted here");
        return;
    }
    let ran = ran.exits(10);
    let accepted = platform.ledger().totals().accepted;
    assert!(accepted > 100 && accepted < 4_000, "{accepted}: it filled up on the way");
    let counts = ran.json()["counts"].clone();
    assert_eq!(counts["unknown"], 0, "every answer is written down: {counts} {}", ran.stderr);
    assert_eq!(counts["sent"].as_u64(), Some(accepted), "{counts}");
    // To the journal it is another place, on another disk.
    let rest = [&SEND[..], &["--state-dir", "after", "--take-over"]].concat();
    assert_eq!(world.run_at(&platform, &rest).exits(0).counts(), "4000 sent");
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_no_export_and_is_not_waited_for() {
    let world = World::with_recipients(1);
    let made = world.command_of("mkfifo", &["pipe"]).status().expect("mkfifo runs");
    assert!(made.success());
    let ran = world.run(&["journal", "import", "pipe"]);
    assert!(ran.code != 0 && ran.stderr.contains("a pipe, a device"), "{ran:?}");
}
