//! `wxcast explain`: WeChat's codes and our own.

use wxcast::diagnostic::code::Code;

use crate::support::World;

#[test]
fn an_errcode_is_explained_with_what_to_do() {
    let world = World::new();
    let ran = world.run(&["explain", "45015"]).exits(0);
    for text in ["45015", "response out of time limit", "48 hours", "What to do:"] {
        assert!(ran.stdout.contains(text), "{text} is not in:\n{}", ran.stdout);
    }
    let chinese = world.run(&["explain", "45015", "--lang", "zh-CN"]).exits(0);
    assert!(chinese.stdout.contains("45015") && chinese.stdout.contains("48"), "{}", chinese.stdout);
    assert!(!chinese.stdout.contains("What to do"), "{}", chinese.stdout);
}

#[test]
fn what_the_account_needs_is_explained_in_both_languages() {
    let world = World::new();
    for (code, english, chinese) in [
        ("40164", "IP白名单", "IP白名单"),
        ("61004", "way out", "出口地址"),
        ("40125", "WXCAST_APPSECRET", "WXCAST_APPSECRET"),
        ("40013", "WXCAST_APPID", "WXCAST_APPID"),
        ("48001", "微信认证", "个人主体"),
        ("45009", "tomorrow", "明天"),
        ("89503", "Call the account's administrator", "联系公众号管理员"),
    ] {
        for (language, says) in [("en", english), ("zh-CN", chinese)] {
            let ran = world.run(&["explain", code, "--lang", language]).exits(0);
            assert!(ran.stdout.contains(says), "{code} {language}: {}", ran.stdout);
        }
    }
}

#[test]
fn a_negative_errcode_is_no_flag() {
    let ran = World::new().run(&["explain", "-1"]).exits(0);
    assert!(ran.stdout.contains("-1") && ran.stdout.contains("busy"), "{}", ran.stdout);
}

#[test]
fn an_errcode_that_nobody_knows_is_explained_all_the_same() {
    let ran = World::new().run(&["explain", "99999"]).exits(0);
    assert!(ran.stdout.contains("99999") && ran.stdout.contains("does not know"), "{}", ran.stdout);
}

#[test]
fn every_fault_of_ours_is_explained() {
    let world = World::new();
    let ran = world.run(&["explain", "unknown-key"]).exits(0);
    assert!(ran.stdout.contains("unknown-key (error)"), "{}", ran.stdout);
    let slugs = [Code::ALL[0], Code::ALL[Code::ALL.len() - 1]].map(Code::slug);
    for slug in slugs {
        let ran = world.run(&["explain", slug]).exits(0);
        assert!(!ran.stdout.contains("diagnostic."), "{slug}: {}", ran.stdout);
    }
}

#[test]
fn a_slip_is_answered_with_the_code_that_was_meant() {
    let world = World::new();
    let ran = world.run(&["explain", "unknown-kye"]).exits(2);
    assert_eq!(ran.stdout, "");
    ran.says("did you mean `unknown-key`?");
    let ran = world.run(&["explain", "weather"]).exits(2).says("no code `weather`");
    assert!(!ran.stderr.contains("did you mean"));
}

#[test]
fn a_line_break_in_what_is_asked_for_begins_no_line() {
    let ran = World::new().run(&["explain", "x\n::error::y"]).exits(2).says("x\\u{a}::error::y");
    assert!(!ran.stderr.lines().any(|line| line.starts_with("::")), "{}", ran.stderr);
}
