//! The command line itself: help, completions, manual, languages.

use wxcast::cli::line::args::Args;

use crate::support::World;

const COMMANDS: [&str; 23] = [
    "init",
    "plan",
    "preview",
    "try",
    "send",
    "rehearse",
    "status",
    "results",
    "report",
    "runs",
    "stop",
    "resolve",
    "media",
    "doctor",
    "audience",
    "history",
    "console",
    "journal",
    "explain",
    "simulator",
    "schema",
    "completions",
    "man",
];

/// Words that only the program's own sentences may hold in Chinese help: names, keys and values.
fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

fn help(world: &World, command: &str, language: &str) -> String {
    world.run(&[command, "--help", "--lang", language]).exits(0).stdout
}

#[test]
fn the_help_lists_every_command_with_a_sentence() {
    let world = World::new();
    for (language, chinese) in [("en", false), ("zh-CN", true)] {
        let text = world.run(&["--help", "--lang", language]).exits(0).stdout;
        for command in COMMANDS {
            let line = text.lines().find(|line| line.trim_start().starts_with(&format!("{command} ")));
            let line = line.unwrap_or_else(|| panic!("{command} is not in:\n{text}"));
            assert!(line.trim().len() > command.len() + 8, "{line}");
            assert_eq!(is_chinese(line), chinese, "{line}");
        }
        assert!(!text.contains("cli."), "{text}");
    }
}

#[test]
fn the_help_of_every_command_explains_every_flag_in_both_languages() {
    use clap::CommandFactory as _;
    let world = World::new();
    let tree = Args::command();
    assert_eq!(tree.get_subcommands().map(clap::Command::get_name).collect::<Vec<_>>(), COMMANDS);
    for command in tree.get_subcommands() {
        let name = command.get_name();
        for language in ["en", "zh-CN"] {
            let text = help(&world, name, language);
            assert!(!text.contains("cli."), "{name} {language}: {text}");
            let flags = command.get_arguments().filter_map(|arg| arg.get_long()).chain(["lang", "help"]);
            for flag in flags {
                let sentence = after(&text, &format!("--{flag}"));
                let sentence =
                    sentence.unwrap_or_else(|| panic!("--{flag} is not in {name}'s help:\n{text}"));
                assert!(sentence.chars().count() > 3, "{name} --{flag}: {sentence:?}");
                assert_eq!(is_chinese(&sentence), language == "zh-CN", "{name} --{flag}: {sentence}");
            }
            if language == "zh-CN" {
                for english in ["Usage:", "Options:", "Arguments:", "Possible values", "default:", "Print "] {
                    assert!(!text.contains(english), "{name}: {english} in\n{text}");
                }
            }
        }
    }
}

/// The sentence of a flag, with the line that follows where it stands there.
fn after(text: &str, flag: &str) -> Option<String> {
    let mut lines = text.lines();
    let line = lines.find(|line| {
        let words: Vec<&str> = line.split([' ', ',', '[']).filter(|word| !word.is_empty()).collect();
        words.iter().take(2).any(|word| word.trim_end_matches("...") == flag)
    })?;
    let (_, rest) = line.split_once(flag)?;
    Some(format!("{rest} {}", lines.next().unwrap_or_default()))
}

#[test]
fn the_language_comes_from_the_flag_then_from_the_environment() {
    let world = World::new();
    let run = |args: &[&str], language: &str| {
        let output = world.command(args).env("WXCAST_LANG", language).output().expect("a run");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    assert!(is_chinese(&run(&["--help"], "zh-CN")));
    assert!(is_chinese(&run(&["--help"], "zh_CN.UTF-8")));
    assert!(!is_chinese(&run(&["--help", "--lang", "en"], "zh-CN")));
    assert!(!is_chinese(&run(&["--help"], "klingon")));
    assert!(is_chinese(&run(&["--lang=zh-CN", "plan", "--help"], "")));
}

#[test]
fn the_version_is_the_package_s() {
    let ran = World::new().run(&["--version"]).exits(0);
    assert_eq!(ran.stdout, format!("wxcast {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_are_there_for_each_shell() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = world.run(&["completions", shell]).exits(0).stdout;
        for word in ["wxcast", "rehearse", "expect-digest"] {
            assert!(script.contains(word), "{shell} knows no {word}");
        }
        assert!(!script.contains("cli."), "{shell}");
    }
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    use clap::CommandFactory as _;
    let world = World::new();
    let whole = page(&world, &[]);
    for command in Args::command().get_subcommands() {
        let name = command.get_name();
        assert!(whole.contains(&format!("wxcast\\-{name}(1)")), "{name} is not in:\n{whole}");
        page(&world, &[name]);
        for below in command.get_subcommands() {
            page(&world, &[name, below.get_name()]);
        }
    }
    world.run(&["man", "sned"]).exits(2).says("`sned`");
}

/// The manual page of a command, which says on which day and from which version it is.
fn page(world: &World, command: &[&str]) -> String {
    let run = |language: &str| {
        let mut program = world.command(&[&["man"], command].concat());
        program.env("SOURCE_DATE_EPOCH", "1764374400").env("WXCAST_LANG", language);
        let ran = program.output().expect("a run");
        assert!(ran.status.success(), "{command:?}");
        String::from_utf8(ran.stdout).expect("UTF-8")
    };
    let title = [&["wxcast"], command].concat().join("-");
    let english = run("en");
    let head = format!(".TH {title} 1 2025-11-29 \"wxcast {}\" \"wxcast manual\"", env!("CARGO_PKG_VERSION"));
    assert!(english.lines().any(|line| line.trim_end() == head), "no {head} in:\n{english}");
    assert_eq!(english.matches(".TH ").count(), 1, "one page");
    let chinese = run("zh-CN");
    assert!(chinese.contains("wxcast 手册") && is_chinese(&chinese), "{chinese}");
    for text in [&english, &chinese] {
        assert!(!text.contains("cli."), "a key instead of its sentence:\n{text}");
    }
    english
}

#[test]
fn a_page_is_of_today_where_nobody_names_a_day() {
    let today = || jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
    let (before, page, after) = (today(), World::new().run(&["man", "send"]).exits(0).stdout, today());
    assert!(page.contains(&before) || page.contains(&after), "{page}");
}

#[test]
fn help_is_a_command_too() {
    let world = World::new();
    for command in ["send", "journal export", ""] {
        let words: Vec<&str> = command.split_whitespace().collect();
        let asked = world.run(&[&["help"], &words[..]].concat()).exits(0).stdout;
        assert_eq!(asked, world.run(&[&words[..], &["--help"]].concat()).exits(0).stdout, "{command}");
    }
    world.run(&["help", "sned"]).exits(2).says("`send`");
}

#[test]
fn without_a_command_the_help_is_shown_as_a_usage_error() {
    let ran = World::new().run(&[]).exits(2);
    assert_eq!(ran.stdout, "");
    ran.says("Usage:").says("rehearse");
}

#[test]
fn a_slip_in_a_command_or_flag_is_answered_with_what_was_meant() {
    let world = World::new();
    world.run(&["rehearze", "x"]).exits(2).says("rehearse");
    world.run(&["plan", "x", "--frmt", "json"]).exits(2).says("--format");
}

#[test]
fn quiet_leaves_only_what_went_wrong() {
    let world = World::with_recipients(1);
    assert_eq!(world.run(&["plan", "campaign.toml", "-q"]).exits(0).stderr, "");
    world.file("audience.csv", "openid,name\n");
    let ran = world.run(&["plan", "campaign.toml", "-q"]).exits(3);
    assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
}

#[test]
fn colours_are_used_only_when_asked_for_off_a_terminal() {
    let world = World::with_recipients(0);
    let plain = world.run(&["plan", "campaign.toml"]).exits(3);
    assert!(!plain.stderr.contains('\u{1b}'), "{}", plain.stderr);
    let coloured = world.run(&["plan", "campaign.toml", "--color", "always"]).exits(3);
    assert!(coloured.stderr.contains('\u{1b}'), "{}", coloured.stderr);
}
