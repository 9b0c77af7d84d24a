//! `wxcast audience fetch`: runs the program that prints the campaign's audience and keeps what it prints. Nothing else
//! ever runs it: `plan` and `send` read the kept file, so that what was looked at is what is sent.
//!
//! The program is a stranger's: it runs in a group of its own, which is ended as a whole, and what it prints goes to the
//! disk as it comes. Only where it ends well does that take the place of what was there.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::pin::pin;
use std::process::Stdio;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

use crate::audience::Source as AudienceSource;
use crate::audience::openid;
use crate::audience::reader::Reader;
use crate::audience::row::Row;
use crate::audience::workbook::cache::Cache;
use crate::campaign::Campaign;
use crate::cli::command::audience::session::Whose;
use crate::cli::exit_code::Exit;
use crate::cli::line::audience_args;
use crate::cli::platform::{from_campaign, runtime};
use crate::cli::problem::Problem;
use crate::cli::refusal::signal_name;
use crate::cli::sidecar::{Counts, Sidecar, Source, command_line};
use crate::cli::terminal::Terminal;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::render::display;
use crate::own_file;
use crate::plan::duplicates::Hashes;
use crate::report::plan::text::length;
use crate::report::write_file;
use crate::send::shutdown::Signals;
use crate::wechat::token::program::{Group, keep_last, last_words, signal_of};

/// So often it is said that a program is still running.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long its pipes are read on after its end.
const AFTERWARDS: Duration = Duration::from_secs(1);

/// Keeps what the program prints.
pub(crate) fn run(args: &audience_args::Fetch, terminal: &Terminal) -> Result<Exit, Problem> {
    let whose = Whose::of_campaign(&args.campaign)?;
    let campaign = whose.campaign.as_deref().expect("it was loaded");
    let Some(command) = &campaign.audience.command else {
        return Err(Problem::new(Exit::Usage, "gathered-no-command").with("file", display(&campaign.path)));
    };
    let file = &campaign.audience.source.path;
    whose.kept(None).insist_people(file)?;
    let program = command.first().expect("a command without a program is a fault");
    terminal.say("gathered.running", &[("program", program)]);
    let made_at = Timestamp::now();
    let printed = kept_apart(file).map_err(|error| Unfetched::from(error).0)?;
    let sha256 = fetched(campaign, command, program, printed.as_file(), terminal)
        .map_err(|Unfetched(problem)| problem)?;
    let Rows { rows, people } = people_in(campaign, program, printed.path())?;
    write_file(file, |out| std::io::copy(&mut File::open(printed.path())?, out))
        .map_err(|reason: std::io::Error| Problem::cannot_write(file, reason))?;
    let sidecar = Sidecar {
        wxcast: env!("CARGO_PKG_VERSION").to_owned(),
        command: command_line(),
        // Its arguments may hold a password.
        source: Source::Command { program: program.clone() },
        appid: campaign.account.appid.clone(),
        host: None,
        destination: None,
        made_at,
        counts: Counts { people, received: rows, ..Counts::default() },
        sha256,
    };
    sidecar.write(file).map_err(|reason| Problem::cannot_write(file, reason))?;
    terminal.say("gathered.written", &[("file", &display(file)), ("count", &people)]);
    if rows != people {
        terminal.say("gathered.rows", &[("rows", &rows), ("count", &people)]);
    }
    whose.next(terminal);
    Ok(Exit::Ok)
}

/// A file beside the one that was fetched last, which stays until it is known that this one is an audience.
fn kept_apart(file: &Path) -> std::io::Result<NamedTempFile> {
    let folder = file.parent().unwrap_or(Path::new(""));
    own_file::sweep(folder);
    own_file::temporary_in(folder)
}

/// Has the program print into a file, and gives the SHA-256 of that.
fn fetched(
    campaign: &Campaign,
    command: &[String],
    program: &str,
    mut file: &File,
    terminal: &Terminal,
) -> Result<String, Unfetched> {
    let mut printed = Printed { out: &mut file, sha256: Sha256::new(), bytes: 0 };
    printed_by(&from_campaign(command, Some(&campaign.path)), program, &mut printed, terminal)?;
    if printed.bytes == 0 {
        let empty = Problem::new(Exit::Invalid, "gathered-command-empty");
        return Err(Unfetched(empty.with("program", program)));
    }
    let sha256 = printed.sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    // Windows lets nobody read a file that is locked.
    file.unlock()?;
    Ok(sha256)
}

/// Why nothing is kept.
struct Unfetched(Problem);

impl From<std::io::Error> for Unfetched {
    fn from(error: std::io::Error) -> Self {
        Self(Problem::new(Exit::Storage, "gathered-disk").because(error))
    }
}

/// What a program prints, hashed on its way.
struct Printed<'a> {
    out: &'a mut (dyn Write + Send),
    sha256: Sha256,
    bytes: u64,
}

impl Printed<'_> {
    fn take(&mut self, part: &[u8]) -> std::io::Result<()> {
        self.sha256.update(part);
        self.bytes += part.len() as u64;
        self.out.write_all(part)
    }
}

/// Runs the program to its end.
fn printed_by(
    command: &[OsString],
    program: &str,
    printed: &mut Printed<'_>,
    terminal: &Terminal,
) -> Result<(), Unfetched> {
    let runtime = runtime().map_err(Unfetched)?;
    runtime.block_on(async {
        let mut signals = Signals::listen();
        let begun = Instant::now();
        let mut told = tokio::time::interval_at((begun + PATIENCE).into(), PATIENCE);
        let mut running = pin!(to_its_end(command, program, printed));
        loop {
            tokio::select! {
                done = &mut running => return done,
                stop = signals.next() => {
                    return Err(Unfetched(Problem::new(Exit::of_stop(&stop), "gathered-command-signal")));
                }
                // Nobody knows how long a program may take, and whoever waits for one that hangs should learn that it does.
                _ = told.tick() => {
                    let length = length(begun.elapsed().as_secs(), &terminal.words);
                    terminal.say("gathered.still-running", &[("program", &program), ("length", &length)]);
                }
            }
        }
    })
}

async fn to_its_end(command: &[OsString], program: &str, printed: &mut Printed<'_>) -> Result<(), Unfetched> {
    let problem = |key| Problem::new(Exit::Invalid, key).with("program", program);
    let (name, arguments) = command.split_first().expect("a command without a program is a fault");
    let mut command = Command::new(name);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| Unfetched(problem("gathered-command-start").because(error)))?;
    let mut group = Group::of(&child);
    let mut stdout = child.stdout.take().expect("stdout is a pipe");
    let stderr = child.stderr.take().expect("stderr is a pipe");
    let mut said = Vec::new();
    let status = {
        let read = async {
            let mut part = vec![0; 64 * 1024];
            loop {
                match stdout.read(&mut part).await? {
                    0 => return Ok::<(), std::io::Error>(()),
                    count => printed.take(&part[..count])?,
                }
            }
        };
        let pipes = async { tokio::join!(read, keep_last(stderr, &mut said)).0 };
        tokio::pin!(pipes);
        tokio::select! {
            biased;
            read = &mut pipes => {
                read?;
                child.wait().await?
            }
            status = child.wait() => {
                // What it started may hold its pipes for ever; what it printed itself is in them already.
                if let Ok(read) = tokio::time::timeout(AFTERWARDS, pipes).await {
                    read?;
                }
                status?
            }
        }
    };
    group.release();
    if status.success() {
        return Ok(());
    }
    let said = last_words(&said, |said| said);
    let failed = match status.code() {
        Some(code) => problem("gathered-command-failed").with("code", code),
        None => {
            let signal = signal_of(status).map_or_else(|| "?".to_owned(), signal_name);
            problem("gathered-command-killed").with("signal", signal)
        }
    };
    Err(Unfetched(if said.is_empty() {
        failed
    } else {
        failed.and(Problem::new(Exit::Invalid, "gathered-command-said").with("said", said))
    }))
}

/// What a program printed.
struct Rows {
    rows: u64,
    /// How many people stand in them.
    people: u64,
}

/// How many rows and people a file has that a program printed, where it is an audience at all.
fn people_in(campaign: &Campaign, program: &str, printed: &Path) -> Result<Rows, Problem> {
    let audience = &campaign.audience;
    let source =
        AudienceSource { path: printed.to_owned(), cache: Cache::default(), ..audience.source.clone() };
    let problem = |key| Problem::new(Exit::Invalid, key).with("program", program);
    let stays = || Problem::new(Exit::Invalid, "gathered-command-stays");
    let faulty = |fault| Problem::fault(&audience.source.path, fault);
    let mut reader = Reader::open(&source).map_err(|unreadable| {
        let faults = unreadable.faults.into_iter().filter(Diagnostic::is_error).map(faulty);
        faults.reduce(Problem::and).expect("a file that cannot be read has a fault").and(stays())
    })?;
    let Some(column) = reader.header().position(&audience.openid_column) else {
        return Err(problem("gathered-command-columns").with("name", &audience.openid_column));
    };
    let (mut rows, mut row, mut openids) = (0, Row::default(), Hashes::default());
    while reader.read(&mut row).map_err(|fault| faulty(fault).and(stays()))?.is_some() {
        rows += 1;
        let cells = row.cells().map_err(|fault| faulty(fault).and(stays()))?;
        let openid = cells.or_blank(column);
        if openid::check(openid).is_ok() {
            openids.add(openid.as_bytes());
        }
    }
    if rows == 0 {
        return Err(problem("gathered-command-nobody"));
    }
    Ok(Rows { rows, people: openids.distinct() })
}
