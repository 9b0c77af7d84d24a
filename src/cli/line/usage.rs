//! What is wrong with a command line: clap finds it out, the catalogue says it in the reader's language.

use std::any::TypeId;
use std::ffi::OsString;
use std::fmt::Display;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{Arg, Command};

use crate::diagnostic::render::draw_sentence;
use crate::locale::Catalog;
use crate::plan::digest::Digest;
use crate::plan::id::PlanId;

/// What clap has to show: help and version as they are, everything else as a sentence with what to do about it.
/// `arguments` are those that `command` did not understand.
pub fn told(
    error: &Error,
    command: &Command,
    arguments: &[OsString],
    words: &Catalog,
    color: bool,
) -> String {
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        | ErrorKind::DisplayVersion => translated(&error.render(), words, color),
        _ => {
            let here = Line { error, command, arguments, words };
            let mut notes: Vec<(String, String)> =
                here.advice().into_iter().map(|help| (words.say("diagnostic.help", &[]), help)).collect();
            notes.extend(here.usage().map(|usage| (words.say("usage.usage", &[]), usage)));
            draw_sentence(&here.sentence(), &notes, words, color) + "\n"
        }
    }
}

/// A text of clap's with its two own words in the reader's language; all others come from the catalogue before.
fn translated(text: &StyledStr, words: &Catalog, color: bool) -> String {
    let text = if color { text.ansi().to_string() } else { text.to_string() };
    let options = format!("[{}]", words.say("cli.value.OPTIONS", &[]));
    let command = format!("<{}>", words.say("cli.value.COMMAND", &[]));
    text.replace("[OPTIONS]", &options).replace("<COMMAND>", &command)
}

/// A command line that was not understood.
struct Line<'a> {
    error: &'a Error,
    command: &'a Command,
    arguments: &'a [OsString],
    words: &'a Catalog,
}

impl Line<'_> {
    fn sentence(&self) -> String {
        let argument = self.text_or_blank(ContextKind::InvalidArg);
        let value = self.text_or_blank(ContextKind::InvalidValue);
        let prior = self.text_or_blank(ContextKind::PriorArg);
        match self.error.kind() {
            ErrorKind::UnknownArgument if argument.starts_with('-') => {
                self.say("usage.unknown-argument", &[("argument", &argument)])
            }
            ErrorKind::UnknownArgument => self.say("usage.too-many", &[("argument", &argument)]),
            ErrorKind::InvalidSubcommand => {
                let name = self.text_or_blank(ContextKind::InvalidSubcommand);
                self.say("usage.unknown-command", &[("command", &name)])
            }
            ErrorKind::MissingSubcommand => self.say("usage.no-command", &[]),
            ErrorKind::MissingRequiredArgument => self.say("usage.missing", &[("arguments", &argument)]),
            ErrorKind::InvalidValue | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues
                if value.is_empty() =>
            {
                self.say("usage.no-value", &[("argument", &argument)])
            }
            ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
                self.say("usage.bad-value", &[("argument", &argument), ("value", &value)])
            }
            ErrorKind::TooManyValues => {
                self.say("usage.too-many-values", &[("argument", &argument), ("value", &value)])
            }
            ErrorKind::ArgumentConflict if prior.is_empty() || prior == argument => {
                self.say("usage.repeated", &[("argument", &argument)])
            }
            ErrorKind::ArgumentConflict => {
                self.say("usage.conflict", &[("argument", &argument), ("other", &prior)])
            }
            ErrorKind::InvalidUtf8 => self.say("usage.not-text", &[]),
            // clap may learn to find more.
            _ => self.say("usage.other", &[]),
        }
    }

    /// What to do, the nearest first.
    fn advice(&self) -> Vec<String> {
        // What has another name here is not what it looks like.
        if let Some(key) = self.text(ContextKind::InvalidArg).and_then(|flag| known_elsewhere(&flag)) {
            return vec![self.say(key, &[])];
        }
        let near = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
        let mut advice: Vec<String> = near
            .into_iter()
            .filter_map(|kind| self.text(kind).filter(|near| !near.is_empty()))
            .map(|near| self.say("usage.near", &[("near", &near)]))
            .collect();
        if let Some(values) = self.text(ContextKind::ValidValue).filter(|values| !values.is_empty()) {
            advice.push(self.say("usage.possible", &[("values", &values)]));
        } else if let Some(argument) = self.argument() {
            advice.extend(expected(argument).map(|key| self.say(key, &[])));
            advice.extend(argument.get_help().map(|help| self.say("usage.about", &[("help", help)])));
        }
        if advice.is_empty() {
            advice.extend(self.verdict());
            advice.extend(self.elsewhere());
            advice.extend(self.joined());
        }
        advice
    }

    /// What `resolve` lacks, in words: two choices at once are hard to read in brackets.
    fn verdict(&self) -> Option<String> {
        let missing = self.error.kind() == ErrorKind::MissingRequiredArgument;
        let resolve = self.subcommand().is_some_and(|command| command.get_name() == "resolve");
        (missing && resolve).then(|| self.say("usage.resolve", &[]))
    }

    /// The argument whose value is wrong or missing.
    fn argument(&self) -> Option<&Arg> {
        let wanted = match self.error.kind() {
            ErrorKind::InvalidValue | ErrorKind::ValueValidation | ErrorKind::TooFewValues => {
                self.text(ContextKind::InvalidArg)?
            }
            _ => return None,
        };
        let flag = wanted.strip_prefix("--")?.split([' ', '=']).next()?;
        let own = self.subcommand().into_iter().flat_map(Command::get_arguments);
        own.chain(self.command.get_arguments()).find(|argument| argument.get_long() == Some(flag))
    }

    /// The command that was asked for, as far as one was.
    fn subcommand(&self) -> Option<&Command> {
        self.arguments.iter().skip(1).find_map(|word| self.command.find_subcommand(word))
    }

    /// The commands that have a flag which this one lacks.
    fn elsewhere(&self) -> Option<String> {
        let unknown = self.text(ContextKind::InvalidArg)?;
        if self.error.kind() != ErrorKind::UnknownArgument {
            return None;
        }
        let flag = unknown.strip_prefix("--")?;
        let has = |command: &&Command| command.get_arguments().any(|own| own.get_long() == Some(flag));
        let commands: Vec<String> = self
            .command
            .get_subcommands()
            .filter(has)
            .map(|command| format!("`wxcast {}`", command.get_name()))
            .collect();
        let list = commands.join(", ");
        (!list.is_empty())
            .then(|| self.say("usage.elsewhere", &[("argument", &unknown), ("commands", &list)]))
    }

    /// The flag before a word too many whose value that word may have been meant for: where a value is optional, it is
    /// written with an equals sign.
    fn joined(&self) -> Option<String> {
        let word = self.text(ContextKind::InvalidArg).filter(|word| !word.starts_with('-'))?;
        let at = self.arguments.iter().position(|argument| *argument == *word)?;
        let flag = self.arguments.get(at.checked_sub(1)?)?.to_str()?;
        let own = self.subcommand()?.get_arguments().find(|own| own.get_long() == flag.strip_prefix("--"))?;
        own.is_require_equals_set().then(|| {
            let near = format!("{flag}={word}");
            self.say("usage.near", &[("near", &near)])
        })
    }

    /// How the command is written.
    fn usage(&self) -> Option<String> {
        let ContextValue::StyledStr(usage) = self.error.get(ContextKind::Usage)? else { return None };
        let usage = translated(usage, self.words, false);
        let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage);
        Some(usage.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// A text of clap's, blank where this error has none of the kind: each error has only those that belong to it.
    fn text_or_blank(&self, kind: ContextKind) -> String {
        self.text(kind).unwrap_or_default()
    }

    fn text(&self, kind: ContextKind) -> Option<String> {
        match self.error.get(kind)? {
            ContextValue::String(text) => Some(text.clone()),
            ContextValue::Strings(texts) => Some(texts.join(", ")),
            _ => None,
        }
    }

    fn say(&self, key: &str, places: &[(&str, &dyn Display)]) -> String {
        self.words.say(key, places)
    }
}

/// Where a flag leads that other programs have and this one has no need of.
fn known_elsewhere(flag: &str) -> Option<&'static str> {
    match flag {
        "--dry-run" | "--dryrun" | "--simulate" | "-n" => Some("usage.dry-run"),
        "--resume" | "--continue" | "--restart" => Some("usage.resume"),
        "--test" => Some("usage.test"),
        _ => None,
    }
}

/// What a value that is no choice between words must look like, by the type it is read into.
fn expected(argument: &Arg) -> Option<&'static str> {
    let read_into = argument.get_value_parser().type_id();
    if [TypeId::of::<u16>(), TypeId::of::<u64>()].iter().any(|number| read_into == *number) {
        Some("usage.whole-number")
    } else if read_into == TypeId::of::<PlanId>() {
        Some("usage.plan")
    } else if read_into == TypeId::of::<Digest>() {
        Some("usage.digest")
    } else {
        None
    }
}
