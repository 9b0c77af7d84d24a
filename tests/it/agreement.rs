//! What people see before a message leaves: with a question at a terminal, and without one in a log.

use crate::support::{Platform, World, openid};

/// A campaign with everything that is worth saying before it is sent.
fn telling() -> World {
    let world = World::new();
    world.text_campaign("{{name}}, hello", "");
    world.edit("campaign.toml", "id = \"spring\"", "id = \"spring\"\ntitle = \"Spring sale\"");
    world.edit("campaign.toml", "[audience]\n", "[audience]\ninvalid_rows = \"skip\"\n");
    let [first, second] = [openid(0), openid(1)];
    world.file("audience.csv", format!("openid,name\n{first},Ann\n{second},Bo \n{first},Ann\nbad id,Cy\n"));
    world
}

#[test]
fn a_yes_on_the_command_line_prints_all_that_a_question_would_show() {
    let (world, platform) = (telling(), Platform::new(""));
    let plan = world.run_at(&platform, &["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    let ran = world.send(&platform).exits(0).tells("In the list", 4).tells("To send", 2);
    let ran = ran.tells("openid in an earlier row", 1).tells("faulty row", 1);
    for line in [
        "Title: Spring sale\n".to_owned(),
        "Campaign spring, wave 1, account ".to_owned(),
        format!("Goes to: {} on this computer: counts for nothing", platform.base()),
        "Left to send: 2, which takes about 1 s.\n".to_owned(),
        format!("Warnings: {}; ", plan["warnings"]),
        "  1 × Cells have blanks before or after their text.".to_owned(),
        format!(
            "Digest: {}\nPlan: {}\n",
            plan["digest"].as_str().expect("text"),
            plan["plan"].as_str().expect("text")
        ),
        "│ Ann, hello\n".to_owned(),
    ] {
        assert!(ran.stderr.contains(&line), "{line:?} is not in\n{}", ran.stderr);
    }
    assert!(!ran.stderr.contains(&openid(0)), "an openid is told to nobody here:\n{}", ran.stderr);
    // What is over needs nobody's yes.
    let again = world.send(&platform).exits(0);
    assert!(!again.stderr.contains("│ Ann, hello"), "{}", again.stderr);
}

#[test]
fn the_sheet_of_a_workbook_is_named() {
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet().set_name("发送名单").expect("a name");
    for (column, [name, value]) in [["openid", &openid(0)], ["name", "Ann"]].into_iter().enumerate() {
        let column = u16::try_from(column).expect("a column");
        sheet.write(0, column, name).expect("a cell");
        sheet.write(1, column, value).expect("a cell");
    }
    book.save(world.path("audience.xlsx")).expect("a workbook");
    world.edit("campaign.toml", "audience.csv", "audience.xlsx");
    world.send(&platform).exits(0).says("Sheet: 发送名单\n");
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_that_prints_tokens_is_named_and_runs_only_after_the_yes() {
    use crate::support::pty::Session;

    let (world, platform) = (World::with_recipients(2), Platform::new("[token]\naccept = [\"36_token\"]"));
    let command = "token_command = [\"sh\", \"-c\", '''echo x >> runs; echo 36_token''']\n";
    world.edit("campaign.toml", "[audience]", &format!("{command}[audience]"));
    let base = platform.base();
    let start = || Session::start(&world, "send campaign.toml", &[("WXCAST_API_BASE", &base)]);
    let mut session = start();
    session.sees("Tokens by: sh -c 'echo x >> runs; echo 36_token'").sees("Send 2 messages now?").types("n");
    let (code, shown) = session.ends();
    assert!(code == 8 && shown.contains("Nothing was sent."), "{code} {shown}");
    assert!(!world.path("runs").exists(), "it ran for somebody who said no");
    let mut session = start();
    session.sees("Send 2 messages now?").types("y");
    assert_eq!(session.ends().0, 0);
    assert_eq!(world.read("runs").lines().count(), 1);
    assert_eq!(platform.ledger().totals().accepted, 2);
}

#[test]
#[cfg(target_os = "linux")]
fn what_changes_while_the_question_stands_there_is_not_agreed_to() {
    use crate::support::pty::Session;

    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    world.file("policy.toml", "[caps]\nper_person = [\"9/1d\"]\n");
    let base = platform.base();
    let start = || Session::start(&world, "send campaign.toml", &[("WXCAST_API_BASE", &base)]);
    for policy in [
        "[caps]\nper_person = [\"8/1d\"]\n",
        "[hours]\ndays = [\"mon\"]\n",
        "[exclude]\nfiles = [\"left.csv\"]\n",
    ] {
        world.file("left.csv", format!("openid\n{}\n", crate::support::openid(1)));
        let mut session = start();
        session.sees("Send 3 messages now?");
        let before = world.read("policy.toml");
        world.file("policy.toml", policy);
        session.types("y");
        let (code, shown) = session.ends();
        assert!(code == 8 && shown.contains("has changed while the question stood there"), "{code} {shown}");
        world.file("policy.toml", before);
    }
    assert_eq!(platform.ledger().totals().requests, 0);
    let mut session = start();
    session.sees("Send 3 messages now?").types("y");
    assert_eq!(session.ends().0, 0);
}
