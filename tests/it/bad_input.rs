//! Bad input: a sentence that says what, where and what to do, the right exit code, and never a panic.

use crate::support::{APPID, Ran, World, openid};

/// Insists on an exit code and on sentences, and on nothing that only a programmer can read.
#[track_caller]
fn told(ran: Ran, code: i32, sentences: &[&str]) {
    assert_eq!(ran.code, code, "{ran:?}");
    for sentence in sentences {
        assert!(ran.stderr.contains(sentence), "{sentence:?} is not in:\n{}", ran.stderr);
    }
    for word in ["panicked", "backtrace", "RUST_", "Err(", "unwrap", "src/"] {
        assert!(!ran.stderr.contains(word), "{word:?} is in:\n{}", ran.stderr);
    }
}

#[track_caller]
fn plan(world: &World, sentences: &[&str]) {
    told(world.run(&["plan", "campaign.toml"]), 3, sentences);
    // The same faults keep every other command from going on.
    told(world.run(&["preview", "campaign.toml"]), 3, sentences);
}

fn audience(bytes: impl AsRef<[u8]>) -> World {
    let world = World::with_recipients(0);
    world.file("audience.csv", bytes);
    world
}

#[test]
fn a_campaign_that_is_not_there_is_told_with_its_path() {
    let world = World::new();
    plan(&world, &["--> campaign.toml", "cannot be read", "No such file", "wxcast init"]);
    let german = world.run(&["plan", "no/such/folder/campaign.toml"]);
    told(german, 3, &["--> no/such/folder/campaign.toml"]);
}

#[test]
fn a_folder_in_the_campaign_s_place_is_told() {
    let world = World::new();
    std::fs::create_dir(world.path("campaign.toml")).expect("a folder");
    plan(&world, &["--> campaign.toml", "Is a directory"]);
}

#[test]
fn an_empty_campaign_is_told_everything_it_lacks() {
    let world = World::new();
    world.file("campaign.toml", "");
    plan(&world, &["campaign.id", "account.appid", "audience.file", "no message", "campaign.toml:1:1"]);
}

#[test]
fn a_campaign_that_is_no_text_is_told_as_such() {
    for bytes in [&b"PK\x03\x03\x14\0\0\0"[..], b"\xff\xfe[\0c\0", b"[campaign]\ntitle = \"\xb4\xba\"\n"] {
        let world = World::new();
        world.file("campaign.toml", bytes);
        plan(&world, &["not UTF-8 text", "save it with the encoding UTF-8"]);
    }
}

#[test]
fn a_workbook_in_the_place_of_the_campaign_is_told_as_such() {
    for bytes in [&b"PK\x03\x04\x14\0\0\0"[..], b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"] {
        let world = World::new();
        world.file("campaign.toml", bytes);
        plan(&world, &["campaign-is-workbook", "This is a workbook, most likely the list", "`wxcast init`"]);
    }
}

#[test]
fn curly_quotes_are_answered_with_what_to_write() {
    let world = World::new();
    world.file("campaign.toml", "[campaign]\nid = “spring”\n");
    plan(&world, &["campaign.toml:2:6", "straight quotes"]);
}

#[test]
fn an_audience_that_is_not_there_is_told_with_its_path() {
    let world = World::with_recipients(0);
    world.text_campaign("x", "");
    std::fs::remove_file(world.path("audience.csv")).expect("a file");
    plan(&world, &["--> audience.csv", "cannot be read", "No such file", "audience.file"]);
}

#[test]
fn a_folder_in_the_audience_s_place_is_told() {
    let world = World::new();
    world.text_campaign("x", "");
    std::fs::create_dir(world.path("audience.csv")).expect("a folder");
    plan(&world, &["--> audience.csv", "Is a directory"]);
}

#[test]
fn an_empty_audience_is_told() {
    plan(&audience(""), &["--> audience.csv", "is empty", "names of the columns"]);
    plan(&audience("\u{feff}"), &["is empty"]);
    plan(&audience("\n\n\r\n"), &["is empty"]);
}

#[test]
fn a_header_without_recipients_is_told() {
    plan(&audience("openid,name\n"), &["--> audience.csv", "no recipients", "Add a line"]);
    plan(&audience("openid,name"), &["no recipients"]);
}

#[test]
fn a_workbook_renamed_to_csv_is_told_how_to_become_one() {
    let workbook = b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0xl/workbook.xml";
    plan(&audience(workbook), &["--> audience.csv", "xlsx", "CSV UTF-8"]);
}

#[test]
fn a_binary_audience_is_told() {
    let bytes: Vec<u8> =
        (0..4096u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24).to_le_bytes()[0]).collect();
    plan(&audience(bytes), &["--> audience.csv", "Save As"]);
}

#[test]
fn an_openid_column_under_another_name_is_guessed() {
    for (name, near) in [("OpenID", true), ("open_id", true), ("OPENID ", true), ("会员", false)] {
        let world = audience(format!("{name},name\n{},A\n", openid(1)));
        plan(&world, &["audience.csv:1:1", "no column `openid`", "audience.openid"]);
        let ran = world.run(&["plan", "campaign.toml"]);
        assert_eq!(ran.stderr.contains("did you mean"), near, "{name}: {}", ran.stderr);
    }
}

#[test]
fn a_slip_in_a_key_is_told_with_its_line() {
    let world = World::with_recipients(1);
    world.text_campaign("x", "conncurrency = 4\n");
    plan(&world, &["campaign.toml:11:1", "no key `conncurrency`", "did you mean `concurrency`?"]);
}

#[test]
fn a_number_where_a_word_is_to_be_chosen_is_told_as_a_number() {
    let world = World::with_recipients(1);
    world.text_campaign("x", "on_unknown = 5\n");
    plan(
        &world,
        &["campaign.toml:11:14", "`send.on_unknown` must be text in quotes, but it is a whole number"],
    );
}

#[test]
fn a_tag_without_its_end_is_marked_where_it_begins() {
    let world = World::with_recipients(1);
    world.text_campaign("您好 {{name", "");
    plan(&world, &["campaign.toml:8:17", "not written correctly", "Every `{{` needs its `}}`"]);
    world.text_campaign("{{#if name}}您好", "");
    plan(&world, &["campaign.toml:8:", "not written correctly"]);
}

#[test]
fn a_secret_in_the_campaign_is_told_and_not_repeated() {
    let world = World::with_recipients(1);
    let toml = world.read("campaign.toml").replace("[audience]", "appsecret = \"hush-hush\"\n[audience]");
    world.file("campaign.toml", toml);
    plan(&world, &["campaign.toml:5:1", "account.appsecret", "WXCAST_APPSECRET"]);
    assert!(!world.run(&["plan", "campaign.toml"]).stderr.contains("hush"));
}

#[test]
fn a_quote_that_is_never_closed_is_found_at_its_beginning() {
    let lines = format!("openid,name\n{},A\n{},\"B\n{},C\n", openid(1), openid(2), openid(3));
    plan(&audience(lines), &["audience.csv:3:30", "never closed"]);
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_line() {
    let world = audience("");
    let mut bytes = format!("openid,name\n{},", openid(1)).into_bytes();
    bytes.extend_from_slice(b"A\n\xff\xff\xff,\xfe\xfe\n");
    world.file("audience.csv", bytes);
    told(world.run(&["plan", "campaign.toml"]), 3, &["audience.csv:3", "is not text"]);
}

#[test]
fn a_place_that_cannot_be_written_to_is_told_with_the_file() {
    // Permissions do not bind the superuser, but nobody can make a file below a file.
    let world = World::with_recipients(1);
    for args in [
        &["plan", "campaign.toml", "-o", "audience.csv/plan.txt"][..],
        &["plan", "campaign.toml", "-o", "no/such/folder/plan.txt"],
        &["preview", "campaign.toml", "-o", "audience.csv/preview.txt"],
        &["init", "audience.csv/new"],
    ] {
        let ran = world.run(args);
        assert!(ran.stderr.contains(args[args.len() - 1]), "{ran:?}");
        told(ran, 10, &["cannot be written", "check the folder"]);
    }
    // A list that was named in the place of the folder is taken for what it is.
    let told = world.run(&["init", "audience.csv"]).exits(2);
    assert!(told.stderr.contains("`audience.csv` is a file"), "{told:?}");
    assert!(world.read("audience.csv").starts_with("openid"));
}

#[test]
fn an_appid_of_another_shape_is_a_warning_and_nothing_more() {
    let world = World::with_recipients(1);
    let toml = world.read("campaign.toml").replace(APPID, "gh_0123456789ab");
    world.file("campaign.toml", toml);
    told(world.run(&["plan", "campaign.toml"]), 0, &["warning[odd-appid]", "gh_…"]);
}

#[test]
fn a_reason_that_ends_in_a_full_stop_does_not_double_it() {
    for toml in [
        "",
        "x",
        "[a",
        "a = ",
        "a = \"",
        "a = 1\na = 2",
        "[[a]]\n[a]",
        "a = 08",
        "a.b = 1\na = 2",
        "a = \"\\q\"",
    ] {
        let world = World::new();
        world.file("campaign.toml", toml);
        for language in ["en", "zh-CN"] {
            let ran = world.run(&["plan", "campaign.toml", "--lang", language]);
            for end in ["..", ".。", "。。", ":.", "：。", "`.`."] {
                assert!(!ran.stderr.contains(end), "{toml:?}: {}", ran.stderr);
            }
        }
    }
}

#[test]
fn wrong_arguments_are_usage_errors() {
    let world = World::with_recipients(1);
    for args in [
        &[][..],
        &["no-such-command"],
        &["plan"],
        &["plan", "campaign.toml", "--no-such-flag"],
        &["plan", "campaign.toml", "--format", "yaml"],
        &["plan", "campaign.toml", "--expect-count", "many"],
        &["plan", "campaign.toml", "--rate", "fast"],
        &["preview", "campaign.toml", "--row", "1", "--pick", "2"],
        &["init", "new", "--kind", "texxt"],
        &["explain"],
        &["completions", "no-such-shell"],
        &["--lang", "fr", "man"],
    ] {
        let ran = world.run(args);
        assert!(!ran.stderr.is_empty(), "{args:?}");
        told(ran, 2, &[]);
    }
}

#[test]
fn names_between_full_width_commas_are_said_to_be_one_column_and_why() {
    let world = World::new();
    world.text_campaign("{{name}}", "");
    world.file("audience.csv", format!("openid，name\n{}，Li\n", openid(1)));
    let ran = world.run(&["plan", "campaign.toml"]);
    told(ran, 3, &["full-width commas, which separate nothing in a CSV"]);
}
