//! Files and servers that mean no good: what they hold steers no terminal, gives GitHub no command, and shows nobody
//! the rest of this computer.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::bytes::{Gateway, http};
use crate::support::{APPID, PATIENCE, Platform, Ran, World, openid};

const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{7f}\u{202e}gnp\u{2028}x";

fn steers(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}')
}

#[track_caller]
fn assert_tame(ran: &Ran) {
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains(steers), "{text:?}");
    }
}

/// On GitHub nothing is a command but what begins an annotation of ours.
#[track_caller]
fn assert_no_command(ran: &Ran) {
    for line in ran.stdout.lines().chain(ran.stderr.lines()) {
        let ours = line.starts_with("::error ") || line.starts_with("::warning ");
        assert!(ours || !line.trim_start().starts_with("::"), "{line}");
        assert!(ours || !line.contains("##["), "{line}");
    }
}

#[test]
fn what_files_hold_reaches_no_terminal_as_it_is() {
    let world = World::new();
    let escaped = "\\u001b]0;x\\u0007\\u001b[2J\\u009b\\u202e";
    let campaign = format!(
        "[campaign]\nid = \"{escaped}\"\n[account]\nappid = \"{escaped}\"\nkf_account = \"{escaped}@{escaped}\"\n\
         [audience]\nfile = \"{escaped}.csv\"\n[message.text]\ncontent = \"{escaped} {{{{{escaped}}}}}\"\n"
    );
    world.file("campaign.toml", campaign);
    for args in [
        &["plan", "campaign.toml"][..],
        &["plan", "campaign.toml", "--format", "json"],
        &["plan", "campaign.toml", "--format", "github"],
        &["plan", "campaign.toml", "--format", "markdown"],
        &["plan", &format!("{HOSTILE}.toml")],
        &[HOSTILE],
        &["send", "campaign.toml", "--yes", "-vv"],
    ] {
        let ran = world.run(args);
        let travels = args.contains(&"--format");
        if !travels {
            assert_tame(&ran);
        }
        assert_tame(&Ran { stdout: String::new(), ..ran });
    }
    let found = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json();
    let fields: Vec<&str> = found["diagnostics"]
        .as_array()
        .expect("diagnostics")
        .iter()
        .filter(|fault| fault["code"] == "bad-value")
        .filter_map(|fault| fault["field"].as_str())
        .collect();
    assert!(fields.contains(&"account.appid") && fields.contains(&"account.kf_account"), "{fields:?}");
}

#[test]
fn what_a_server_says_reaches_neither_terminal_nor_spreadsheet_as_it_is() {
    let errmsg = "\\u001b[2J\\u001b]0;owned\\u0007=cmd\\n::stop-commands::x\\n##[add-mask]e \\u202e";
    for code in [48001, 45015] {
        let gateway =
            Gateway::answering(http("200 OK", "", format!(r#"{{"errcode":{code},"errmsg":"{errmsg}"}}"#)));
        let world = World::with_recipients(1);
        let mut send = world.command(&["send", "campaign.toml", "--yes", "-vv"]);
        send.env("WXCAST_API_BASE", gateway.base()).env("GITHUB_ACTIONS", "true");
        let ran = Ran::of(send.output().expect("the binary runs"));
        assert_tame(&ran);
        assert_no_command(&ran);
    }
}

#[test]
fn on_github_no_file_gives_a_command() {
    let world = World::new();
    world.file(
        "campaign.toml",
        "[campaign]\nid = \"x\\n::stop-commands::pwned\\n##[add-mask]e\"\ntitle = \"T\"\n\
         [account]\nappid = \"wx0123\\n::add-mask::error\"\n[audience]\nfile = \"a.csv\"\n\
         [message.text]\ncontent = \"Hi {{name}}\"\n",
    );
    world.file("a.csv", "openid,name\n::warning::x,##[error]y\n");
    for format in ["human", "json", "github", "gitlab", "junit", "markdown", "sarif"] {
        for variable in ["GITHUB_ACTIONS", "CI"] {
            let mut plan = world.command(&["plan", "campaign.toml", "--format", format]);
            plan.env(variable, "true");
            assert_no_command(&Ran::of(plan.output().expect("the binary runs")));
        }
    }
}

#[test]
fn where_a_plan_travels_no_line_is_a_command_and_nothing_steers_whatever_the_environment_says() {
    let world = World::with_recipients(1);
    world.text_campaign("Hi {{nmae\\u001b[31m\\u202e}}", "");
    let title = "title = \"T\\n::error::HACK\\n##[error]H\\nDigest: sha256:0\"\n[account]";
    world.edit("campaign.toml", "[account]", title);
    for args in [&["--format", "github"][..], &["--sandbox"]] {
        let ran = world.run(&[&["plan", "campaign.toml"], args].concat()).exits(3);
        assert_tame(&ran);
        assert_no_command(&ran);
    }
    let alone = world.run(&["plan", "campaign.toml"]);
    let digests = alone.stdout.lines().filter(|line| line.starts_with("Digest:")).count();
    assert_eq!(digests, 1, "{}", alone.stdout);
}

#[test]
fn a_plan_that_travels_reads_nothing_outside_of_the_repository() {
    let world = World::new();
    let outside = tempfile::tempdir().expect("a folder");
    let secret = outside.path().join("secret.csv");
    std::fs::write(&secret, format!("openid,name\n{},TOP-SECRET-4711\n", openid(0))).expect("a file");
    world.file(".git/HEAD", "ref: refs/heads/main\n");
    world.file(".git/config", format!("openid,name\n{},TOP-SECRET-4711\n", openid(0)));
    world.file("lists/own.csv", format!("openid,name\n{},Ann\n", openid(0)));
    let campaign = |file: &str| {
        format!(
            "[campaign]\nid = \"spring\"\n[account]\nappid = \"{APPID}\"\n[audience]\nfile = \"{file}\"\n\
             [audience.columns.name]\none_of = [\"x\"]\n[message.text]\ncontent = \"Hi {{{{name}}}}\"\n"
        )
    };
    let outside_names = [secret.to_str().expect("UTF-8").replace('\\', "/"), "../.git/config".to_owned()];
    for name in outside_names {
        world.file("spring/campaign.toml", campaign(&name));
        let json = ["--format", "json", "--sandbox"];
        for args in
            [&json[..], &["--format", "github"], &["--sandbox"], &["--format", "json", "-o", "plan.json"]]
        {
            let ran = world.run(&[&["plan", "spring/campaign.toml"], args].concat()).exits(3);
            let told = format!("{}{}", ran.stdout, ran.stderr);
            assert!(!told.contains("TOP-SECRET-4711"), "{args:?}: {told}");
            if args == json {
                assert_eq!(ran.json()["diagnostics"][0]["code"], "outside-sandbox");
            }
        }
        for args in [&["preview"][..], &["plan"], &["plan", "--format", "json"]] {
            let mut in_ci = world.command(&[args, &["spring/campaign.toml"]].concat());
            let ran = Ran::of(in_ci.env("CI", "true").output().expect("the binary runs")).exits(3);
            let told = format!("{}{}", ran.stdout, ran.stderr);
            assert!(!told.contains("TOP-SECRET-4711"), "{args:?}: {told}");
            assert!(told.contains("outside-sandbox"), "{args:?}: {told}");
        }
    }
    // A list is a file of people like the audience, and no list leads out either.
    for list in ["exclude", "only"] {
        let named = format!("{list} = [\"{}\"]\nfile", secret.to_str().expect("UTF-8").replace('\\', "/"));
        world.file("spring/campaign.toml", campaign("../lists/own.csv").replacen("file", &named, 1));
        let ran = world.run(&["plan", "spring/campaign.toml", "--sandbox"]).exits(3).says("outside-sandbox");
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("TOP-SECRET-4711"));
    }
    // For oneself everything is as it was, and the repository itself is open.
    world.file("spring/campaign.toml", campaign(&secret.to_str().expect("UTF-8").replace('\\', "/")));
    world.run(&["plan", "spring/campaign.toml"]).exits(3).says("TOP-SECRET-4711");
    world.file("spring/campaign.toml", campaign("../lists/own.csv"));
    let found = world.run(&["plan", "spring/campaign.toml", "--format", "json", "--sandbox"]);
    let found = found.exits(3).json();
    assert_eq!(found["diagnostics"][0]["code"], "cell-not-one-of");
}

#[cfg(unix)]
#[test]
fn links_are_followed_before_it_is_asked_where_a_file_is() {
    let world = World::new();
    let outside = tempfile::tempdir().expect("a folder");
    let secret = outside.path().join("secret.csv");
    std::fs::write(&secret, format!("openid,name\n{},TOP-SECRET-4711\n", openid(0))).expect("a file");
    world.text_campaign("Hi {{name}}", "");
    std::os::unix::fs::symlink(&secret, world.path("audience.csv")).expect("a link");
    let ran = world.run(&["plan", "campaign.toml", "--sandbox"]).exits(3).says("outside of the repository");
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("TOP-SECRET-4711"));
    // A campaign that is a link itself shows nothing of what it leads to, not even a broken line.
    std::os::unix::fs::symlink(&secret, world.path("linked.toml")).expect("a link");
    let ran = world.run(&["plan", "linked.toml", "--sandbox"]).exits(3);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("TOP-SECRET-4711"), "{}", ran.stderr);
}

#[test]
fn a_quoted_cell_that_travels_is_cut() {
    let world = World::new();
    world.text_campaign("Hi {{name}}", "[audience.columns.name]\none_of = [\"x\"]\n");
    world.file("audience.csv", format!("openid,name\n{},{}TAIL-4711\n", openid(0), "字".repeat(40)));
    let told = world.run(&["plan", "campaign.toml", "--format", "json", "--sandbox"]).exits(3).stdout;
    assert!(told.contains(&format!("{}…", "字".repeat(40))) && !told.contains("TAIL-4711"), "{told}");
    world.run(&["plan", "campaign.toml"]).exits(3).says("TAIL-4711");
}

#[test]
fn thousands_of_faults_are_told_at_once_and_large_patterns_are_refused() {
    let world = World::with_recipients(1);
    let keys: String = (0..4_000).map(|n| format!("key{n} = 1\n")).collect();
    let columns: String = (0..20_000).map(|n| format!("[audience.columns.c{n}]\nmax_chars = 1\n")).collect();
    let patterns: String =
        (0..300).map(|n| format!("[audience.columns.p{n}]\npattern = '\\pL{{{}}}'\n", 200 + n)).collect();
    let begun = Instant::now();
    for (more, code) in [(&keys, "too-many-faults"), (&columns, "bad-value"), (&patterns, "bad-value")] {
        world.text_campaign("Hi {{name}}", more);
        let found = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json();
        let codes: Vec<&str> = found["diagnostics"]
            .as_array()
            .expect("diagnostics")
            .iter()
            .filter_map(|fault| fault["code"].as_str())
            .collect();
        assert!(codes.contains(&code), "{codes:?}");
        // Of the file itself, and of columns that have rules and are not in the audience.
        assert!(codes.len() <= 202 + 500, "{}", codes.len());
    }
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[test]
fn results_disarm_their_header_too_and_are_a_valid_audience_all_the_same() {
    let (world, platform) = (World::new(), Platform::new(""));
    world.text_campaign("Hi {{[=name]}}", "");
    world.file("audience.csv", format!("openid,=name,＋x\n{},\u{200b}=1+1,＝2;=3\n", openid(0)));
    world.send(&platform).exits(0);
    let results = std::fs::read_dir(world.dir())
        .expect("a folder")
        .filter_map(|entry| entry.ok().map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .find(|name| name.ends_with(".results.csv"))
        .expect("results");
    let text = world.read(&results);
    assert!(text.starts_with("\u{feff}openid,'=name,'＋x,send_status"), "{text}");
    assert!(text.contains(",'\u{200b}=1+1,'＝2;'=3,"), "{text}");
    world.edit("campaign.toml", "audience.csv", &results);
    let previewed = world.run(&["preview", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!(previewed[0]["payload"]["text"]["content"], "Hi \u{200b}=1+1");
}

#[test]
fn the_simulator_answers_this_computer_only_and_shows_its_ledger_to_who_has_the_word() {
    let world = World::new();
    let mut process = world
        .command(&["simulator"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process");
    let mut lines = BufReader::new(process.stdout.take().expect("a stdout")).lines();
    let base = lines.next().expect("a line").expect("an address");
    let ledger = lines.next().expect("a line").expect("the ledger's address");
    let address = base.strip_prefix("http://").expect("an address").to_owned();
    let ask = |path: &str, head: &str| {
        let mut stream = TcpStream::connect(&address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let request = format!("GET {path} HTTP/1.1\r\n{head}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    let own = format!("Host: {address}");
    let path = ledger.strip_prefix(&base).expect("below the base");
    let told = [
        ask(path, &own),
        ask("/simulator/ledger", &own),
        ask("/simulator/ledger?token=0", &own),
        ask(path, "Host: evil.example"),
        ask("/cgi-bin/token", "Host: evil.example"),
        ask(path, &format!("{own}\r\nOrigin: http://evil.example")),
        ask("/simulator/health", &own),
        ask("/simulator/health", "Host: localhost"),
    ];
    process.kill().expect("a kill");
    process.wait().expect("an end");
    assert_eq!(told, ["200", "403", "403", "403", "403", "403", "200", "200"]);
}

#[test]
fn in_ci_no_command_that_reads_the_list_reads_one_outside_of_the_repository_or_lists_people() {
    let world = World::new();
    let secret = format!("AUTHORIZATION,basic TOP-SECRET-4711\n{},x\n", openid(0));
    world.file(".git/HEAD", "ref: refs/heads/main\n");
    world.file(".git/config", &secret);
    world.file("spring/campaign.toml", "");
    let campaign = |file: &str, more: &str| {
        format!(
            "[campaign]\nid = \"spring\"\n[account]\nappid = \"{APPID}\"\n[audience]\nfile = \"{file}\"\n{more}\
             [message.text]\ncontent = \"Hi\"\n"
        )
    };
    world.file("spring/campaign.toml", campaign("../.git/config", ""));
    for command in ["plan", "preview", "rehearse", "status", "results"] {
        let mut in_ci = world.command(&[command, "spring/campaign.toml"]);
        let ran = Ran::of(in_ci.env("CI", "true").output().expect("the binary runs"));
        let told = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!told.contains("TOP-SECRET-4711"), "{command}: {told}");
    }
    world.file("spring/own.csv", format!("openid,name\n{},张三\n", openid(0)));
    world.file("spring/campaign.toml", campaign("own.csv", "header_row = 2\n"));
    let ran = world.run(&["plan", "spring/campaign.toml"]).exits(3).says("openid-column-missing");
    assert!(!ran.stderr.contains(&openid(0)), "{}", ran.stderr);
}

#[test]
fn an_appid_is_the_same_with_blanks_around_it_and_a_fault_in_quotation_marks() {
    let world = World::with_recipients(1);
    let platform = crate::support::Platform::new("");
    world.send(&platform).exits(0);
    let send = |appid: &str| {
        let mut send = world.command_at(&platform, &["send", "campaign.toml", "--yes"]);
        Ran::of(send.env("WXCAST_APPID", appid).output().expect("the binary runs"))
    };
    send(&format!("\u{feff}{APPID} \r")).exits(0);
    send(&format!("\"{APPID}\"")).exits(3).says("WXCAST_APPID");
    assert_eq!(platform.ledger().received(&openid(0)), 1, "nobody was sent it again");
}

#[test]
fn a_text_that_grows_beyond_all_measure_is_a_fault_and_fills_no_memory() {
    let world = World::new();
    world.text_campaign(&"{{name}}".repeat(20_000), "");
    world.file("audience.csv", format!("openid,name\n{},{}\n", openid(0), "x".repeat(300_000)));
    let found = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json();
    assert!(found["diagnostics"][0]["message"].to_string().contains("far too long"), "{found:#}");
}
