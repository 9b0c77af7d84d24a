//! The only layer that knows a terminal: one subcommand a file.

pub(crate) mod command;
pub mod line;
pub(crate) mod agreement;
mod alike;
pub(crate) mod before;
pub(crate) mod campaign_lock;
mod compared;
mod covers;
pub(crate) mod context;
pub(crate) mod receipt_told;
mod database;
pub(crate) mod ending;
mod execution;
pub mod exit_code;
mod gate;
mod held;
pub(crate) mod machine;
mod notice;
pub(crate) mod origin;
pub(crate) mod output;
pub(crate) mod output_path;
pub(crate) mod platform;
mod platform_time;
mod policies;
pub(crate) mod problem;
pub(crate) mod quota;
pub(crate) mod report_kind;
pub(crate) mod ramp;
mod random;
pub(crate) mod refusal;
pub(crate) mod repeated;
pub(crate) mod results_file;
pub(crate) mod running;
pub(crate) mod schedule;
pub(crate) mod sidecar;
mod staying;
pub(crate) mod stop_file;
pub(crate) mod telling;
mod terminal;
mod tried;
pub(crate) mod user_state;
pub(crate) mod watching;
pub(crate) mod workspace;

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _, ValueEnum as _};

use crate::cli::exit_code::Exit;
use crate::cli::line::args::{Args, Color, Subcommand};
use crate::cli::line::language::given;
use crate::cli::line::{help, language, usage};
use crate::cli::problem::{Part, Problem};
use crate::cli::repeated::repeated;
use crate::cli::terminal::{Terminal, colors};
use crate::diagnostic::render::display;
use crate::locale::Catalog;
use crate::locale::visible::visible;
use crate::report::plan::text::faults;
use crate::wechat::certificates::CERTIFICATES;

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    without_empty_certificates();
    outgrow_quietly();
    let arguments = by_double_click(std::env::args_os().collect());
    ExitCode::from(caught(&arguments, || run(&arguments)).code())
}

/// A double click on the program opens a terminal and gives no arguments: then the console is meant, with the folder that
/// the program lies in. Only Windows and macOS start programs so; whoever types the bare name there finds it, too.
fn by_double_click(arguments: Vec<OsString>) -> Vec<OsString> {
    let starts_so = cfg!(any(windows, target_os = "macos"));
    let is_seen = || std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if !starts_so || arguments.len() != 1 || !is_seen() {
        return arguments;
    }
    let program = std::env::current_exe().ok();
    match program.as_deref().and_then(std::path::Path::parent) {
        Some(folder) => arguments.into_iter().chain(["console".into(), folder.into()]).collect(),
        None => arguments,
    }
}

/// What reads the system's certificates takes a variable that is set to nothing, as compose files leave them, for the name of
/// a file, and finds none. Without it this process begins anew as the same program.
#[cfg(all(unix, not(target_os = "macos")))]
fn without_empty_certificates() {
    use std::os::unix::process::CommandExt as _;

    const VARIABLES: [&str; 2] = [CERTIFICATES, "SSL_CERT_DIR"];
    let is_empty = |name: &&str| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let empty: Vec<&str> = VARIABLES.into_iter().filter(is_empty).collect();
    if empty.is_empty() {
        return;
    }
    let mut arguments = std::env::args_os();
    if let (Ok(program), Some(name)) = (std::env::current_exe(), arguments.next()) {
        let mut anew = std::process::Command::new(program);
        for variable in empty {
            anew.env_remove(variable);
        }
        // It comes back only where it failed; then what is missing is told once something needs it.
        let _ = anew.arg0(name).args(arguments).exec();
    }
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn without_empty_certificates() {}

/// How it ends, also when that is a bug.
fn caught(arguments: &[OsString], run: impl FnOnce() -> Exit) -> Exit {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        tell(&Problem::new(Exit::Internal, "internal"), &Terminal::plain(language::choose(arguments)))
    })
}

/// A file that outgrows its limit (`ulimit -f`) is then an error that is told, as a full disk is, and not the end
/// of the process.
#[cfg(unix)]
fn outgrow_quietly() {
    // Where it cannot be set, the signal keeps its usual effect.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default());
}

#[cfg(not(unix))]
fn outgrow_quietly() {}

fn run(arguments: &[OsString]) -> Exit {
    let arguments = &help::asked_as_a_command(arguments);
    let words = Catalog::new(language::choose(arguments));
    let mut tree = help::translated(Args::command(), &words);
    let parsed = tree.try_get_matches_from_mut(arguments).and_then(|matches| {
        let mut args = Args::from_arg_matches(&matches)?;
        args.command.heed_extension(&matches);
        Ok((args, matches))
    });
    let (args, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return not_parsed(&error, &tree, arguments, &words),
    };
    let terminal = Terminal::new(words, &args.global, repeated(&matches, &tree));
    log(args.global.verbose, terminal.color);
    let obeyed = database::choose(&matches).and_then(|()| obey(&args.command, &terminal));
    obeyed.unwrap_or_else(|problem| tell(&problem, &terminal))
}

fn obey(command: &Subcommand, terminal: &Terminal) -> Result<Exit, Problem> {
    match command {
        Subcommand::Init(args) => command::init::run(args, terminal),
        Subcommand::Plan(args) => command::plan::run(args, terminal),
        Subcommand::Preview(args) => command::preview::run(args, terminal),
        Subcommand::Send(args) => command::send::run(args, terminal),
        Subcommand::Try(args) => command::trial::run(args, terminal),
        Subcommand::Rehearse(args) => command::rehearse::run(args, terminal),
        Subcommand::Status(args) => command::status::run(args, terminal),
        Subcommand::Results(args) => command::results::run(args, terminal),
        Subcommand::Report(args) => command::report::run(args, terminal),
        Subcommand::Runs(args) => command::runs::run(args, terminal),
        Subcommand::Stop(args) => command::stop::run(args, terminal),
        Subcommand::Resolve(args) => command::resolve::run(args, terminal),
        Subcommand::Media(args) => command::media::run(args, terminal),
        Subcommand::Doctor(args) => command::doctor::run(args, terminal),
        Subcommand::Audience(args) => command::audience::run(args, terminal),
        Subcommand::History(args) => command::history::run(args, terminal),
        Subcommand::Console(args) => command::console::run(args, terminal),
        Subcommand::Journal(args) => command::journal::run(args, terminal),
        Subcommand::Explain(args) => command::explain::run(args, terminal),
        Subcommand::Simulator(args) => command::simulator::run(args, terminal),
        Subcommand::Schema(args) => Ok(command::schema::run(args, terminal)),
        Subcommand::Completions(args) => Ok(command::completions::run(args, terminal)),
        Subcommand::Man(args) => command::man::run(args, terminal),
    }
}

/// Tells a problem and gives its exit. Errors are told here and nowhere else.
fn tell(problem: &Problem, terminal: &Terminal) -> Exit {
    let words = &terminal.words;
    for told in problem.told() {
        match told {
            Part::Error(sentence) => terminal.complain(&sentence.say(words)),
            Part::Note(sentence) => terminal.tell(&format!("{}\n", sentence.say(words))),
            Part::Faults(drawn) => {
                let (diagnostics, sources) = &**drawn;
                terminal.tell(&faults(diagnostics, sources, words, terminal.color));
            }
            Part::Fault(None, fault) => terminal.complain(&fault.message(words)),
            Part::Fault(Some(file), fault) => {
                terminal.complain(&format!("{}: {}", display(file), fault.message(words)));
            }
        }
    }
    if let Some((key, campaign)) = problem.what_next() {
        terminal.next(key, campaign);
    }
    problem.exit()
}

/// Shows what clap gave instead of arguments: help on stdout, what is wrong on stderr.
fn not_parsed(error: &clap::Error, command: &clap::Command, arguments: &[OsString], words: &Catalog) -> Exit {
    let color = given(arguments, "--color").and_then(|when| Color::from_str(&when, true).ok());
    let color = colors(color.unwrap_or(Color::Auto), error.use_stderr());
    let text = usage::told(error, command, arguments, words, color);
    let text = visible(&text, color);
    // Printing fails only when the reader has gone away.
    let _ = if error.use_stderr() {
        std::io::stderr().write_all(text.as_bytes())
    } else {
        std::io::stdout().write_all(text.as_bytes())
    };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Ok,
        _ => Exit::Usage,
    }
}

/// Logs go to stderr and only when asked for. Nothing that is logged holds a token or a secret: requests are
/// logged without their address.
fn log(verbose: u8, colored: bool) {
    let level = match verbose {
        0 => return,
        1 => tracing::Level::INFO,
        2 => tracing::Level::DEBUG,
        _ => tracing::Level::TRACE,
    };
    let filter = tracing_subscriber::EnvFilter::new(format!("wxcast={level}"));
    // A subscriber may have been set before, by a test for example; then that one is as good.
    let _ = tracing_subscriber::fmt()
        .log_internal_errors(false)
        .with_env_filter(filter)
        .with_writer(move || Visible { colored })
        .with_ansi(colored)
        .without_time()
        .try_init();
}

/// Log lines on stderr: what is logged of answers and files steers no terminal either.
struct Visible {
    colored: bool,
}

impl std::io::Write for Visible {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        std::io::stderr().write_all(visible(&String::from_utf8_lossy(line), self.colored).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_the_exit_of_a_bug() {
        assert_eq!(caught(&[], || panic!("a bug")), Exit::Internal);
        assert_eq!(Exit::Internal.code(), 1);
        assert_eq!(caught(&[], || Exit::Partial), Exit::Partial);
    }
}
