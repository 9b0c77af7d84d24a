//! What is wrong with a command line is said in the reader's language, with exit 2, on stderr.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _};
use regex::Regex;

use wxcast::cli::line::args::Args;
use wxcast::cli::line::{help, usage};
use wxcast::locale::{Catalog, Language};

use crate::support::World;

/// One command line for each kind of error that the command tree can give.
const MISTAKES: [(&str, ErrorKind, &str); 14] = [
    ("plan x --format yaml", ErrorKind::InvalidValue, "human, json"),
    ("plan x --format", ErrorKind::InvalidValue, "human, json"),
    ("resolve x --sent --openid", ErrorKind::InvalidValue, "--openid"),
    ("plan x --frmt json", ErrorKind::UnknownArgument, "--format"),
    ("plan x --kind text", ErrorKind::UnknownArgument, "`wxcast init`"),
    ("plan x y", ErrorKind::UnknownArgument, "`y`"),
    ("rehearze x", ErrorKind::InvalidSubcommand, "`rehearse`"),
    ("plan x --rate fast", ErrorKind::ValueValidation, "1000/min"),
    ("send x --limit 0", ErrorKind::ValueValidation, "`--limit"),
    ("send x --expect-digest sha256:12", ErrorKind::ValueValidation, "64"),
    ("plan x --quiet=3", ErrorKind::TooManyValues, "`3`"),
    ("preview x --row 1 --openid o", ErrorKind::ArgumentConflict, "`--row"),
    ("resolve x", ErrorKind::MissingRequiredArgument, "--not-sent"),
    ("-q", ErrorKind::MissingSubcommand, "wxcast "),
];

fn words(line: &str) -> Vec<OsString> {
    std::iter::once("wxcast").chain(line.split(' ')).map(OsString::from).collect()
}

/// The kind of error a command line gives, and what is said about it; nothing where there is none.
fn told(arguments: &[OsString], language: Language) -> Option<(ErrorKind, String)> {
    let words = Catalog::new(language);
    let mut command = help::translated(Args::command(), &words);
    let parsed = command.try_get_matches_from_mut(arguments);
    let error = parsed.and_then(|matches| Args::from_arg_matches(&matches)).err()?;
    Some((error.kind(), usage::told(&error, &command, arguments, &words, false)))
}

/// The words of a text that no name, value or command explains: prose.
fn english(text: &str) -> Vec<String> {
    let names = Regex::new(
        r"`[^`]*`|<[^>]*>|-{1,2}[a-z-]+|WXCAST_\w+|sha256:\S*|(?m)^.*(用法|可选的有).*$|\[[^\]]*\]",
    )
    .expect("a pattern");
    let word = Regex::new("[A-Za-z]{4,}").expect("a pattern");
    let prose = names.replace_all(text, "");
    // Names that people in China write as they are.
    let own = ["openid", "Excel", "PostgreSQL"];
    let found = word.find_iter(&prose).map(|found| found.as_str());
    found.filter(|word| !own.contains(word)).map(str::to_owned).collect()
}

#[test]
fn each_kind_of_error_is_a_sentence_of_the_catalogue_in_both_languages() {
    for (line, kind, mentioned) in MISTAKES {
        for language in [Language::En, Language::ZhCn] {
            let (found, text) =
                told(&words(line), language).unwrap_or_else(|| panic!("{line} is understood"));
            assert_eq!(found, kind, "{line}");
            assert!(text.contains(mentioned), "{line}: {text}");
            assert!(!text.contains("usage."), "a key instead of its sentence: {text}");
            let chinese = text.starts_with("错误：");
            assert_eq!(chinese, language == Language::ZhCn, "{line}: {text}");
            assert!(!chinese || english(&text).is_empty(), "{line}: {:?} in {text}", english(&text));
        }
    }
}

#[test]
fn whatever_flag_of_whatever_command_is_misused_no_english_is_said_in_chinese() {
    let tree = Args::command();
    let mut count = 0;
    for command in tree.get_subcommands() {
        let positionals = command.get_positionals().count();
        for flag in command.get_arguments().filter_map(|arg| arg.get_long()) {
            for wrong in [format!("--{flag}"), format!("--{flag}=\u{1}"), format!("--{flag}x")] {
                let line = format!("{} {}{wrong}", command.get_name(), "x ".repeat(positionals));
                if let Some((_, text)) = told(&words(&line), Language::ZhCn) {
                    assert!(text.starts_with("错误："), "{line}: {text}");
                    assert!(english(&text).is_empty(), "{line}: {:?} in {text}", english(&text));
                    count += 1;
                }
            }
        }
    }
    assert!(count > 60, "only {count} mistakes were made");
}

#[test]
fn a_command_line_that_is_no_text_is_told_too() {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt as _;
        let mut arguments = words("preview x --openid");
        arguments.push(OsString::from_vec(vec![0xff, 0xfe]));
        let (kind, text) = told(&arguments, Language::ZhCn).expect("an error");
        assert_eq!(kind, ErrorKind::InvalidUtf8);
        assert!(english(&text).is_empty(), "{text}");
    }
}

#[test]
fn a_mistake_ends_with_2_and_leaves_stdout_empty() {
    let world = World::new();
    let ran = world.run(&["plan", "x", "--frmt", "json", "--lang", "zh-CN"]).exits(2);
    assert_eq!(ran.stdout, "");
    ran.says("没有 `--frmt` 这个参数").says("您是不是想写 `--format`");
    world.run(&["--lang=zh-CN"]).exits(2).says("用法：wxcast [选项] <命令>");
}

#[test]
fn colours_of_mistakes_obey_the_flag_although_the_line_was_not_understood() {
    let world = World::new();
    assert!(!world.run(&["plan"]).exits(2).stderr.contains('\u{1b}'));
    assert!(world.run(&["plan", "--color", "always"]).exits(2).stderr.contains('\u{1b}'));
    assert!(world.run(&["plan", "--help", "--color=always"]).exits(0).stdout.contains('\u{1b}'));
    assert!(!world.run(&["plan", "--help"]).exits(0).stdout.contains('\u{1b}'));
}

#[test]
fn the_language_is_the_system_s_where_nobody_chose_one() {
    let world = World::new();
    let said = |pairs: &[(&str, &str)]| {
        let mut command = world.command(&["plan"]);
        for name in ["LC_ALL", "LC_MESSAGES", "LANG"] {
            command.env_remove(name);
        }
        let output = command.envs(pairs.iter().copied()).output().expect("a run");
        String::from_utf8(output.stderr).expect("UTF-8").starts_with("错误")
    };
    assert!(said(&[("LANG", "zh_CN.UTF-8")]));
    assert!(said(&[("LC_MESSAGES", "zh_TW"), ("LANG", "en_US.UTF-8")]));
    assert!(said(&[("LC_ALL", ""), ("LANG", "zh_CN.GB18030")]));
    assert!(!said(&[("LC_ALL", "C"), ("LANG", "zh_CN.UTF-8")]), "the first that is set decides");
    assert!(!said(&[("LANG", "fr_FR.UTF-8")]));
    assert!(!said(&[("LANG", "zh_CN.UTF-8"), ("WXCAST_LANG", "en")]));
}
