//! `wxcast completions SHELL`.
//!
//! clap writes the scripts. What it does not do as people expect is mended on both sides of it: names of values that zsh would
//! run, words for which a shell would offer files, and files for which it would offer flags.

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, CommandFactory as _, ValueHint};
use clap_complete::Shell;

use crate::cli::exit_code::Exit;
use crate::cli::line::args::{self, Args};
use crate::cli::line::help;
use crate::cli::terminal::Terminal;
use crate::diagnostic::code::Code;
use crate::wechat::answer::error_code::TABLE;

/// Prints a completion script.
pub(crate) fn run(args: &args::Completions, terminal: &Terminal) -> Exit {
    let mut command = prepared(help::translated(Args::command(), &terminal.words), args.shell);
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "wxcast", &mut script);
    let script = String::from_utf8(script).expect("a script is made of texts");
    let script = match args.shell {
        Shell::Bash => files_first(&script, &command),
        Shell::Fish => words_first(script, &command),
        _ => script,
    };
    terminal.data(&script);
    Exit::Ok
}

/// A command of which every argument says what may stand for it.
fn prepared(command: Command, shell: Shell) -> Command {
    let ids: Vec<String> = command.get_arguments().map(|arg| arg.get_id().to_string()).collect();
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let command = ids.iter().fold(command, |command, id| command.mut_arg(id, |arg| hinted(arg, shell)));
    names.iter().fold(command, |command, name| command.mut_subcommand(name, |sub| prepared(sub, shell)))
}

fn hinted(arg: Arg, shell: Shell) -> Arg {
    let arg = match arg.get_id().as_str() {
        "code" => arg.value_parser(PossibleValuesParser::new(codes())),
        _ => arg,
    };
    // Backticks are for those who read; a shell shows them as they are, or escaped.
    let help = arg.get_help().map(|help| help.to_string().replace('`', ""));
    let arg = match help {
        Some(help) => arg.help(help),
        None => arg,
    };
    if !arg.get_action().takes_values() {
        return arg;
    }
    let arg = match arg.get_value_hint() {
        ValueHint::Unknown => arg.value_hint(ValueHint::Other),
        ValueHint::AnyPath => arg.value_hint(ValueHint::FilePath),
        _ => arg,
    };
    let names: Vec<String> = arg.get_value_names().unwrap_or(&[]).iter().map(ToString::to_string).collect();
    match shell {
        // Between colons stands what zsh is to run.
        Shell::Zsh if !names.is_empty() => arg.value_names(names.iter().map(|name| escaped(name))),
        _ => arg,
    }
}

/// A name as zsh reads it between single quotes and colons.
fn escaped(name: &str) -> String {
    name.replace('\\', "\\\\").replace(':', "\\:").replace('\'', "'\\''")
}

/// What `explain` explains.
fn codes() -> Vec<String> {
    let errcodes = TABLE.iter().map(|known| known.code.to_string());
    errcodes.chain(Code::ALL.iter().map(|code| code.slug().to_owned())).collect()
}

/// What a shell offers for a command's own words, which are no flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Offer {
    Files,
    Folders,
    Words,
    Nothing,
}

fn offer(command: &Command) -> Offer {
    match command.get_positionals().next() {
        None => Offer::Nothing,
        Some(word) if !word.get_possible_values().is_empty() => Offer::Words,
        Some(word) => match word.get_value_hint() {
            ValueHint::FilePath => Offer::Files,
            ValueHint::DirPath => Offer::Folders,
            _ => Offer::Nothing,
        },
    }
}

/// Every command that has none below it, with the names that lead to it.
fn leaves<'c>(command: &'c Command, path: &[&'c str]) -> Vec<(Vec<&'c str>, &'c Command)> {
    if !command.has_subcommands() {
        return vec![(path.to_vec(), command)];
    }
    command.get_subcommands().flat_map(|sub| leaves(sub, &[path, &[sub.get_name()]].concat())).collect()
}

/// The script for bash: where a command wants a file, files are offered, and flags once a `-` was typed.
fn files_first(script: &str, command: &Command) -> String {
    const FLAGS: &str =
        "            COMPREPLY=( $(compgen -W \"${opts}\" -- \"${cur}\") )\n            return 0\n";
    let mut script = script.to_owned();
    for (path, leaf) in leaves(command, &[]) {
        let folders = match offer(leaf) {
            Offer::Files => "",
            Offer::Folders => "            compopt -o dirnames +o default +o bashdefault\n",
            Offer::Words | Offer::Nothing => continue,
        };
        let head = format!("        wxcast__subcmd__{})\n", path.join("__subcmd__"));
        let start = script.find(&head).expect("a section for each command");
        let end = start + script[start..].find("\n            ;;\n").expect("the end of a section");
        let section = &script[start..end];
        let at_first = format!(" || ${{COMP_CWORD}} -eq {} ", path.len() + 1);
        let last = section.rfind(FLAGS.trim_end()).expect("flags come last in a section");
        let section = format!("{}{folders}            return 0", &section[..last]).replace(&at_first, " ");
        script.replace_range(start..end, &section);
    }
    script
}

/// The script for fish, which by itself offers files for whatever is no flag.
fn words_first(mut script: String, command: &Command) -> String {
    for (path, leaf) in leaves(command, &[]) {
        let here = match path[..] {
            [name] => format!("__fish_wxcast_using_subcommand {name}"),
            [name, sub] => {
                format!("__fish_wxcast_using_subcommand {name}; and __fish_seen_subcommand_from {sub}")
            }
            _ => continue,
        };
        let words = match offer(leaf) {
            Offer::Files => continue,
            Offer::Folders => " -a \"(__fish_complete_directories)\"".to_owned(),
            Offer::Nothing => String::new(),
            Offer::Words => {
                let words = leaf.get_positionals().next().into_iter().flat_map(Arg::get_possible_values);
                let values: Vec<String> = words.map(|word| word.get_name().to_owned()).collect();
                format!(" -a \"{}\"", values.join(" "))
            }
        };
        script.push_str(&format!("complete -c wxcast -n \"{here}\" -f{words}\n"));
    }
    script
}
