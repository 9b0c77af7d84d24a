//! Completions in the shells that they are for: somebody types a line and presses the tab key.

#![cfg(target_os = "linux")]

use std::process::{Command, Stdio};

use crate::support::World;
use crate::support::pty::Session;

/// Whether a shell of Debian's is there. CI has them all.
fn has(shell: &str) -> bool {
    let found = Command::new(shell).arg("--version").stdout(Stdio::null()).status().is_ok();
    assert!(found || std::env::var_os("CI").is_none(), "CI needs Debian's {shell}");
    if !found {
        println!("not run: Debian's {shell} is not installed");
    }
    found
}

/// A folder with files and folders to choose from, and the script of a shell.
fn world(shell: &str, script: &str) -> World {
    let world = World::with_recipients(1);
    world.file("campaigns/spring/campaign.toml", "");
    world.file(script, world.run(&["completions", shell]).exits(0).stdout);
    world
}

/// What fish offers behind a line.
fn fish(world: &World, line: &str) -> Vec<String> {
    let source = format!("source wxcast.fish; complete -C '{line}'");
    let ran = world.command_of("fish", &["--no-config", "-c", &source]).output().expect("fish");
    assert_eq!(String::from_utf8_lossy(&ran.stderr), "", "{line}");
    let offered = String::from_utf8(ran.stdout).expect("UTF-8");
    offered.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn fish_offers_files_where_a_file_is_wanted_and_words_where_a_word_is() {
    if !has("fish") {
        return;
    }
    let world = world("fish", "wxcast.fish");
    assert!(fish(&world, "wxcast send ").contains(&"campaign.toml".to_owned()));
    assert_eq!(fish(&world, "wxcast schema "), ["campaign", "plan", "policy", "report", "summary"]);
    assert!(fish(&world, "wxcast explain 450").contains(&"45015".to_owned()));
    assert_eq!(fish(&world, "wxcast explain audience.c"), Vec::<String>::new());
    assert_eq!(fish(&world, "wxcast man send audience.c"), Vec::<String>::new());
    assert_eq!(fish(&world, "wxcast console "), ["campaigns/"]);
    for word in ["--retry", "--expect-digest", "--expect-plan", "--rate", "--at", "--limit"] {
        assert_eq!(
            fish(&world, &format!("wxcast send campaign.toml {word} ")),
            Vec::<String>::new(),
            "{word}"
        );
    }
    assert!(fish(&world, "wxcast send campaign.toml --results ").contains(&"audience.csv".to_owned()));
    assert_eq!(fish(&world, "wxcast send campaign.toml --state-dir "), ["campaigns/"]);
    assert!(fish(&world, "wxcast journal export ").contains(&"campaign.toml".to_owned()));
    assert_eq!(fish(&world, "wxcast journal status "), Vec::<String>::new());
}

/// A shell with its completions, which shows a mark and waits for keys.
fn shell(world: &World, line: &str) -> Session {
    let mut session = Session::of(world, line, &[("PS1", "ready> "), ("HISTFILE", "")]);
    session.sees("ready> ");
    session
}

#[test]
fn bash_offers_files_where_a_file_is_wanted_and_flags_behind_a_hyphen() {
    if !has("bash") {
        return;
    }
    let world = world("bash", "wxcast.bash");
    let start = "PS1='ready> '; source ./wxcast.bash; bind 'set show-all-if-ambiguous on'; bind 'set bell-style none'\n";
    world.file("rc", start);
    let mut session = shell(&world, "bash --noprofile --rcfile rc -i");
    session.keys("wxcast send \t").sees("audience.csv").sees("campaign.toml").sees("ready> wxcast send");
    session.keys("camp\t").sees("campaign");
    session.keys("\u{15}wxcast send --wa\t").sees("--wait-lock ");
    session.keys("\u{15}wxcast explain 4501\t").sees("45011").sees("45015");
    session.keys("\u{15}wxcast journal export audi\t").sees("audience.csv ");
    session.keys("\u{15}wxcast send x --retry audi\t#").sees("--retry audi#");
    session.keys("\u{15}wxcast console \t").sees("wxcast console campaigns/");
    session.keys("\u{15}exit\r");
    let (_, shown) = session.ends();
    assert!(!shown.contains("command not found"), "{shown}");
}

#[test]
fn zsh_completes_every_flag_of_send_without_running_anything() {
    if !has("zsh") {
        return;
    }
    let world = world("zsh", "functions/_wxcast");
    let start = "PS1='ready> '; fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -u -D\n\
                 zstyle ':completion:*' format '<%d>'\n";
    world.file(".zshrc", start);
    let dir = world.path("").to_string_lossy().into_owned();
    let mut session = Session::of(&world, "zsh -i", &[("ZDOTDIR", dir.as_str())]);
    session.sees("ready> ");
    session.keys("wxcast send --retry \t").sees("refused[:CODE,");
    session.keys("\u{15}wxcast send --expect-digest \t").sees("sha256:");
    session.keys("\u{15}wxcast send --expect-plan \t").sees("plan:");
    session.keys("\u{15}wxcast send aud\t").sees("audience.csv");
    session.keys("\u{15}wxcast schema pol\t").sees("policy");
    session.keys("\u{15}wxcast console camp\t").sees("console campaigns");
    session.keys("\u{15}exit\r");
    let (_, shown) = session.ends();
    for wrong in ["command not found", "_arguments", "no such file", "bad pattern", "parse error"] {
        assert!(!shown.contains(wrong), "{wrong}:\n{shown}");
    }
}
