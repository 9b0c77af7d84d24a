//! The sentences of `--help`, from `locales/`.

use std::ffi::OsString;

use clap::{Arg, Command};

use crate::locale::Catalog;

/// Gives a command tree its sentences: `cli.<command>.about`, and for each flag `cli.<command>.arg.<flag>` or,
/// where a flag means the same everywhere, `cli.arg.<flag>`.
pub fn translated(command: Command, words: &Catalog) -> Command {
    let name = command.get_name().to_owned();
    let mut command = described(command, &name, words)
        .help_template(words.say("cli.template", &[]))
        .subcommand_help_heading(words.say("cli.commands", &[]))
        .after_help(words.say("cli.after", &[]))
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(
            Arg::new("help")
                .short('h')
                .long("help")
                .global(true)
                .action(clap::ArgAction::Help)
                .help(words.say("cli.arg.help", &[])),
        )
        .arg(
            Arg::new("version")
                .short('V')
                .long("version")
                .action(clap::ArgAction::Version)
                .help(words.say("cli.arg.version", &[])),
        );
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        command = command.mut_subcommand(&name, |sub| subcommand(sub, &name, words));
    }
    command
}

/// A command line on which `help` stands in the place of the command, as many programs have it: `wxcast help send` is
/// `wxcast send --help`.
pub fn asked_as_a_command(arguments: &[OsString]) -> Vec<OsString> {
    match arguments {
        [program, help, rest @ ..] if help == "help" => {
            let of = rest.iter().filter(|word| *word != "help");
            std::iter::once(program).chain(of).cloned().chain(["--help".into()]).collect()
        }
        _ => arguments.to_vec(),
    }
}

/// A subcommand, and those that it has itself: what `wxcast journal export` says is `cli.journal-export`.
fn subcommand(command: Command, name: &str, words: &Catalog) -> Command {
    let mut command = described(command, name, words)
        .help_template(words.say("cli.template", &[]))
        .subcommand_help_heading(words.say("cli.commands", &[]));
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for sub in names {
        let name = format!("{name}-{sub}");
        command = command.mut_subcommand(&sub, |sub| subcommand(sub, &name, words));
    }
    command
}

fn described(command: Command, name: &str, words: &Catalog) -> Command {
    let ids: Vec<String> = command.get_arguments().map(|arg| arg.get_id().to_string()).collect();
    let mut command = command
        .about(words.say(&format!("cli.{name}.about"), &[]))
        .next_help_heading(words.say("cli.options", &[]));
    for id in ids {
        let own = format!("cli.{name}.arg.{id}");
        let key = if words.get(&own).is_some() { own } else { format!("cli.arg.{id}") };
        command = command.mut_arg(&id, |arg| {
            let heading = if arg.is_positional() { "cli.arguments" } else { "cli.options" };
            let help = with_values(words.say(&key, &[]), &arg, words);
            let arg = named(arg, words).help(help).help_heading(words.say(heading, &[]));
            if takes_values(&arg) { arg.hide_possible_values(true).hide_default_value(true) } else { arg }
        });
    }
    command
}

/// An argument with the names of its values, `cli.value.<NAME>`, where the language has words for them.
fn named(arg: Arg, words: &Catalog) -> Arg {
    let names: Vec<String> = arg.get_value_names().unwrap_or(&[]).iter().map(ToString::to_string).collect();
    let word = |name: String| words.get(&format!("cli.value.{name}")).map(str::to_owned).unwrap_or(name);
    if names.is_empty() { arg } else { arg.value_names(names.into_iter().map(word)) }
}

/// The sentence of a flag with the words it takes and the one it has by itself: clap would say so in English.
fn with_values(help: String, arg: &Arg, words: &Catalog) -> String {
    if !takes_values(arg) {
        return help;
    }
    let values: Vec<String> =
        arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    let help = if values.is_empty() {
        help
    } else {
        words.say("cli.values", &[("help", &help), ("values", &values.join(", "))])
    };
    match arg.get_default_values() {
        [value] => words.say("cli.default", &[("help", &help), ("value", &value.to_string_lossy())]),
        _ => help,
    }
}

fn takes_values(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}
