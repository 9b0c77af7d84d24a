//! What people were sent and what a simulator was sent never share a file, and no file that tells who was sent the
//! message is written over or put away.

use std::fs;

use serde_json::Value as Json;

use crate::support::wire::{Proxy, Tls};
use crate::support::{APPID, Platform, RESULTS, Ran, World, openid};

/// A platform that counts as WeChat's own, and a simulator.
struct Two {
    wechat: Platform,
    simulator: Platform,
    _tls: Tls,
    _proxy: Proxy,
    variables: [(&'static str, String); 3],
}

impl Two {
    fn new(world: &World) -> Self {
        let (wechat, simulator) = (Platform::new(""), Platform::new(""));
        let tls = Tls::before(&wechat.base(), &["wechat.test"]);
        let proxy = Proxy::to(tls.address());
        let ca = world.home().join("company.pem");
        fs::write(&ca, tls.ca()).expect("a certificate");
        let variables = [
            ("SSL_CERT_FILE", ca.to_string_lossy().into_owned()),
            ("HTTPS_PROXY", proxy.url()),
            ("WXCAST_API_BASE", "https://wechat.test".to_owned()),
        ];
        Self { wechat, simulator, _tls: tls, _proxy: proxy, variables }
    }

    /// A command for people.
    fn real(&self, world: &World, args: &[&str]) -> Ran {
        let mut command = world.command_at(&self.simulator, args);
        Ran::of(command.envs(self.variables.clone()).output().expect("the binary runs"))
    }

    /// The same for the simulator.
    fn local(&self, world: &World, args: &[&str]) -> Ran {
        world.run_at(&self.simulator, args)
    }
}

const SEND: [&str; 5] = ["send", "campaign.toml", "--yes", "--format", "json"];

/// A campaign that names its results.
fn named(count: usize) -> World {
    let world = World::with_recipients(count);
    world.text_campaign("Hello {{name}}", "[results]\nfile = \"结果.csv\"\n");
    world
}

fn limited(count: &'static str) -> Vec<&'static str> {
    [&SEND[..], &["--limit", count]].concat()
}

#[test]
fn what_a_simulator_was_sent_has_a_file_of_its_own_whatever_the_campaign_or_a_flag_calls_it() {
    let world = named(4);
    let two = Two::new(&world);
    let sent = two.local(&world, &limited("2")).exits(7);
    assert_eq!(sent.json()["results"], "结果.local.csv");
    assert!(!world.path("结果.csv").exists());
    // Neither the journal nor the receipt is there: as on another computer.
    fs::remove_dir_all(world.state().parent().expect("the state folder")).expect("no journal");
    fs::remove_dir_all(world.path(".wxcast")).expect("no receipt");
    assert_eq!(two.real(&world, &SEND).exits(0).counts(), "4 sent");
    assert_eq!(two.wechat.ledger().totals().accepted, 4, "a simulator's results are nobody's message");
    let real = world.read("结果.csv");
    // A clone on the same computer, and nothing left to send: the receipt is written all the same.
    fs::remove_dir_all(world.path(".wxcast")).expect("no receipt");
    assert_eq!(two.real(&world, &SEND).exits(0).json()["requests"], 0);
    let receipt: Json = serde_json::from_str(&world.read(".wxcast/receipt.json")).expect("a receipt");
    assert_eq!(receipt["entries"][0]["destination"], "real");
    assert_eq!(
        (&receipt["entries"][0]["results"], &receipt["entries"][0]["running"]),
        (&"结果.csv".into(), &false.into())
    );
    fs::remove_dir_all(world.path(".wxcast")).expect("no receipt");
    two.real(&world, &["results", "campaign.toml"]).exits(0);
    assert!(world.path(".wxcast/receipt.json").exists());
    // Without a receipt no command for the simulator touches what people were sent.
    fs::remove_dir_all(world.path(".wxcast")).expect("no receipt");
    fs::remove_file(world.path("结果.local.csv")).expect("no results");
    two.local(&world, &limited("1")).exits(7);
    two.local(&world, &["results", "campaign.toml", "--local", "-o", "结果.csv"])
        .exits(0)
        .says("结果.local.csv");
    two.local(&world, &["send", "campaign.toml", "--yes", "--results", "结果.csv"]).exits(0);
    two.local(&world, &["rehearse", "campaign.toml", "--results", "new.results.csv"]).exits(0);
    assert!(world.path("new.rehearsal.results.csv").exists() && !world.path("new.results.csv").exists());
    assert_eq!(world.read("结果.csv"), real);
}

#[test]
fn a_name_by_which_a_simulator_s_results_are_known_is_not_given_to_those_of_people() {
    let world = named(2);
    let two = Two::new(&world);
    for name in ["x.local.csv", "x.rehearsal.csv"] {
        two.real(&world, &[&SEND[..], &["--results", name]].concat()).exits(2).says("`.local`").says(name);
    }
    assert_eq!(two.wechat.ledger().totals().requests, 0);
    assert_eq!(two.real(&world, &SEND).exits(0).counts(), "2 sent");
}

#[test]
fn a_file_that_tells_who_was_sent_the_message_is_told_for_what_it_is_and_never_to_be_put_away() {
    let (world, platform) = (World::with_recipients(4), Platform::new(""));
    world.run_at(&platform, &limited("3")).exits(7);
    let kept = |ran: Ran| {
        assert!(!ran.stderr.contains("move that one away"), "{}", ran.stderr);
        ran
    };
    // Another account.
    world.edit("campaign.toml", APPID, "wxfedcba9876543210");
    let ran = kept(world.send(&platform).exits(2));
    ran.says(&format!("from the account {APPID}"))
        .says("wxfedcba9876543210")
        .says("Leave the file where it is");
    world.edit("campaign.toml", "wxfedcba9876543210", APPID);
    // Another campaign in the same folder.
    world.file("other.toml", world.read("campaign.toml").replace("\"spring\"", "\"summer\""));
    let other = ["send", "other.toml", "--yes", "--results", RESULTS];
    kept(world.run_at(&platform, &other).exits(2)).says("holds the results of `spring` wave 1");
    // Columns that somebody deleted in Excel.
    let rows = world.results();
    let few = |columns: &[usize], head: &str| {
        let lines =
            rows.iter().map(|row| columns.iter().map(|column| &row[*column]).collect::<Vec<_>>().join(","));
        world.file(RESULTS, format!("{head}\n{}\n", lines.collect::<Vec<_>>().join("\n")));
    };
    few(&[0, 2, 3], "openid,send_status,send_errcode");
    kept(world.send(&platform).exits(8)).says("send_finished_at").says("leave it where it is");
    let edited = world.read(RESULTS);
    fs::remove_dir_all(world.path(".wxcast")).expect("no receipt");
    fs::remove_dir_all(world.state()).expect("no journal");
    kept(world.send(&platform).exits(8));
    few(&[0, 1], "openid,name");
    kept(world.send(&platform).exits(2)).says("undo what was changed");
    world.file(RESULTS, edited);
    assert_eq!(platform.ledger().totals().requests, 3);
}

/// A run of these arguments with a journal that knows nothing.
fn take_over(world: &World, platform: &Platform) -> Ran {
    fs::remove_dir_all(world.state()).expect("no journal");
    let stopped = world.send(platform).exits(8);
    world.run_at(platform, &[&SEND[..], &["--take-over"]].concat()).exits(0);
    assert_eq!(platform.ledger().duplicates(), Vec::<String>::new());
    stopped
}

#[test]
fn results_that_went_to_a_second_name_are_read_when_the_journal_is_lost() {
    let (world, platform) = (World::with_recipients(12), Platform::new(""));
    world.run_at(&platform, &limited("4")).exits(7);
    // What Excel does by locking, a folder in the file's place does on every system.
    fs::rename(world.path(RESULTS), world.path("away")).expect("a move");
    fs::create_dir(world.path(RESULTS)).expect("a folder");
    world.run_at(&platform, &limited("4")).exits(7).says("spring.local.results.2.csv");
    fs::remove_dir(world.path(RESULTS)).expect("no folder");
    fs::rename(world.path("away"), world.path(RESULTS)).expect("a move");
    let told = take_over(&world, &platform);
    told.says(&format!("Results `{RESULTS}`: 4 sent")).says("Results `spring.local.results.2.csv`: 8 sent");
    assert_eq!(platform.ledger().totals().accepted, 12);
}

#[test]
fn results_that_a_flag_named_are_read_when_the_journal_is_lost() {
    let (world, platform) = (World::with_recipients(5), Platform::new(""));
    let elsewhere = [&limited("3")[..], &["--results", "已发.csv"]].concat();
    world.run_at(&platform, &elsewhere).exits(7);
    take_over(&world, &platform).says("已发.local.csv`: 3 sent");
    assert_eq!(platform.ledger().totals().accepted, 5);
    // The campaign's own file is looked at whatever a flag names.
    let (world, platform) = (World::with_recipients(5), Platform::new(""));
    world.run_at(&platform, &limited("3")).exits(7);
    fs::remove_dir_all(world.path(".wxcast")).expect("no receipt");
    fs::remove_dir_all(world.state()).expect("no journal");
    let ran = world.run_at(&platform, &[&SEND[..], &["--results", "new.csv"]].concat()).exits(8);
    ran.says(&format!("Results `{RESULTS}`: 3 sent"));
}

#[test]
fn a_workbook_of_results_without_some_of_its_columns_still_tells_who_was_sent_the_message() {
    let (world, platform) = (World::with_recipients(4), Platform::new(""));
    world.text_campaign("Hello {{name}}", "[results]\nfile = \"r.xlsx\"\nlanguage = \"zh-CN\"\n");
    world.run_at(&platform, &limited("3")).exits(7);
    // As it comes out of Excel after columns were deleted: two sheets, of which one has the openids and the statuses.
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet().set_name("结果").expect("a name");
    sheet.write(0, 0, "openid").and_then(|sheet| sheet.write(0, 1, "发送状态")).expect("names");
    for row in 0..3_u32 {
        let openid = openid(usize::try_from(row).expect("a place"));
        sheet.write(row + 1, 0, openid).and_then(|sheet| sheet.write(row + 1, 1, "已发送")).expect("cells");
    }
    book.add_worksheet().set_name("汇总").and_then(|sheet| sheet.write(0, 0, "活动")).expect("a sheet");
    book.save(world.path("r.local.xlsx")).expect("a workbook");
    world.send(&platform).exits(8).says("leave it where it is");
    fs::remove_dir_all(world.state()).expect("no journal");
    fs::remove_dir_all(world.path(".wxcast")).expect("no receipt");
    let elsewhere = [&SEND[..], &["--results", "other.csv"]].concat();
    world.run_at(&platform, &elsewhere).exits(8).says("Results `r.local.xlsx`: 3 sent");
    assert_eq!(platform.ledger().totals().accepted, 3);
}

#[test]
fn results_of_which_anything_cannot_be_understood_stop_a_send_and_are_neither_counted_as_none_nor_written_over()
 {
    let (world, platform) = (World::with_recipients(6), Platform::new(""));
    world.run_at(&platform, &limited("3")).exits(7);
    let whole = world.read(RESULTS);
    let forget = || {
        let _ = fs::remove_dir_all(world.state());
        let _ = fs::remove_dir_all(world.path(".wxcast"));
    };
    let first = openid(0);
    let lone_quote = whole.replacen(&first, &format!("\"{}\"{}", &first[..4], &first[4..]), 1);
    for (edited, what) in [
        (lone_quote, "from line 2 on a quote"),
        (whole.replacen("openid", "OpenID", 1), "no column `openid`"),
        (whole.replacen(",sent,", ",已發送,", 1), "in line 2 the status is no word"),
        (whole.replacen(",sent,", ",,", 1), "in line 2 the status is no word"),
        (whole.replacen(",unsent,", ",not sent,", 1), "in line 5 the status is no word"),
    ] {
        assert_ne!(edited, whole);
        world.file(RESULTS, &edited);
        // As a colleague has the folder: without journal and receipt.
        forget();
        let stopped = world.send(&platform).exits(8).says(RESULTS).says(what);
        assert!(!stopped.stderr.contains("there are none"), "{stopped:?}");
        assert!(!stopped.stderr.contains("can be named"), "{stopped:?}");
        world.run_at(&platform, &[&SEND[..], &["--results", "new.csv"]].concat()).exits(8).says(what);
        assert_eq!(world.read(RESULTS), edited);
        assert_eq!(platform.ledger().totals().requests, 3, "{what}");
    }
    // Without the status it is not written over, and not taken for nobody's where the results go elsewhere.
    let renamed = whole.replacen("send_status", "status", 1);
    world.file(RESULTS, &renamed);
    forget();
    world.send(&platform).exits(8).says("undo what was changed");
    let elsewhere = world.run_at(&platform, &[&SEND[..], &["--results", "new.csv"]].concat()).exits(8);
    elsewhere.says("the column of the status (`send_status`)");
    assert_eq!((world.read(RESULTS), platform.ledger().totals().requests), (renamed, 3));
    let book = world.path("book.local.results.xlsx");
    fs::write(&book, b"PK\x03\x04 half of a workbook").expect("a file");
    world.edit("campaign.toml", "[send]", "[results]\nfile = \"book.results.xlsx\"\n[send]");
    fs::remove_file(world.path(RESULTS)).expect("the other results");
    world.run_at(&platform, &[&SEND[..], &["--results", "new.csv"]].concat()).exits(8).says("no table");
    assert_eq!(platform.ledger().totals().requests, 3);
    fs::remove_file(book).expect("a file");
    world.edit("campaign.toml", "[results]\nfile = \"book.results.xlsx\"\n[send]", "[send]");
    // A blank or a capital more is the same word.
    world.file(RESULTS, whole.replacen(",sent,", ", SENT,", 1));
    forget();
    world.send(&platform).exits(8).says(&format!("Results `{RESULTS}`: 3 sent"));
    let id = world.run_at(&platform, &["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    let id = id["plan"].as_str().expect("a plan id");
    world.run_at(&platform, &[&SEND[..], &["--take-over", "--expect-plan", id]].concat()).exits(0);
    assert_eq!((platform.ledger().totals().accepted, platform.ledger().duplicates()), (6, vec![]));
}

#[test]
fn results_that_cannot_be_understood_are_not_taken_over_until_they_are_put_right() {
    let (world, platform) = (World::with_recipients(5), Platform::new(""));
    world.run_at(&platform, &limited("3")).exits(7);
    let whole = world.read(RESULTS);
    world.file(RESULTS, whole.replacen(",sent,", ",yes,", 1));
    fs::remove_dir_all(world.state()).expect("no journal");
    let id = world.run_at(&platform, &["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    let id = id["plan"].as_str().expect("a plan id").to_owned();
    let take_over = [&SEND[..], &["--take-over", "--expect-plan", &id]].concat();
    world.send(&platform).exits(8).says("another journal").says("in line 2 the status").says("nobody knows");
    world.run_at(&platform, &take_over).exits(8).says("in line 2 the status").says("write `unknown`");
    assert_eq!(platform.ledger().totals().requests, 3);
    world.file(RESULTS, whole.replacen(",sent,", ",unknown,", 1));
    world.run_at(&platform, &take_over).exits(6);
    assert_eq!((platform.ledger().totals().accepted, platform.ledger().duplicates()), (5, vec![]));
}

#[test]
fn a_journal_that_knows_everything_is_told_how_to_go_on_without_results_that_cannot_be_understood() {
    let (world, platform) = (World::with_recipients(4), Platform::new(""));
    world.run_at(&platform, &limited("2")).exits(7);
    world.edit(RESULTS, ",sent,", ",yes,");
    world.send(&platform).exits(8).says("The journal here knows this campaign").says("move that file");
    world.run(&["results", "campaign.toml"]).exits(8).says("in line 2 the status");
    assert!(world.read(RESULTS).contains(",yes,"));
    fs::remove_file(world.path(RESULTS)).expect("results");
    assert_eq!(world.send(&platform).exits(0).counts(), "4 sent");
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
}

#[test]
#[cfg(target_os = "linux")]
fn results_of_another_user_that_may_not_be_read_stop_a_send_and_are_said_to_be_there() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;

    // Only an administrator can be another user.
    let id = std::process::Command::new("id").arg("-u").output().expect("a user");
    if id.stdout != b"0\n" {
        return;
    }
    let (world, platform) = (World::with_recipients(4), Platform::new(""));
    world.run_at(&platform, &limited("2")).exits(7);
    let results = world.read(RESULTS);
    fs::set_permissions(world.dir(), fs::Permissions::from_mode(0o777)).expect("permissions");
    for file in ["campaign.toml", "audience.csv"] {
        fs::set_permissions(world.path(file), fs::Permissions::from_mode(0o644)).expect("permissions");
    }
    let home = tempfile::tempdir().expect("a folder");
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o777)).expect("permissions");
    let by_another_user = || {
        let mut send = world.command_at(&platform, &SEND);
        for variable in ["XDG_STATE_HOME", "HOME"] {
            send.env(variable, home.path());
        }
        Ran::of(send.uid(65_534).gid(65_534).output().expect("the binary runs"))
    };
    let told = format!("Results `{RESULTS}`: they are there");
    by_another_user().exits(8).says(&told).says("may not be read");
    fs::remove_dir_all(world.path(".wxcast")).expect("no receipt");
    by_another_user().exits(8).says(&told).says("may not be read");
    assert_eq!(world.read(RESULTS), results);
    assert_eq!(platform.ledger().totals().requests, 2);
}

#[test]
fn a_name_that_results_of_this_computer_do_not_get_is_said() {
    let (world, platform) = (World::with_recipients(2), Platform::new(""));
    world.run_at(&platform, &SEND).exits(0);
    let ran = world.run(&["results", "campaign.toml", "--local", "-o", "mine.csv"]).exits(0);
    ran.says("Not `mine.csv` but `mine.local.csv` was written");
    assert!(world.path("mine.local.csv").exists() && !world.path("mine.csv").exists());
    let ran = world.run(&["results", "campaign.toml", "--local", "-o", "other.local.csv"]).exits(0);
    assert!(!ran.stderr.contains("was written:"), "{ran:?}");
}
