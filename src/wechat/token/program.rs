//! Tokens from a program that prints one.
//!
//! The program is a stranger's: it may hang, start others that outlive it, or print without end. It runs in a group of
//! its own, which is ended as a whole, and writes into pipes of which no more is kept than a token or a fault needs.

use std::ffi::OsString;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::wechat::hidden::Hidden;
use crate::wechat::redact::redacted;
use crate::wechat::token::error::{CommandFault, ProgramError};
use crate::wechat::token::shape::{Fetched, NotToken, printed};

/// No token and no JSON with one is longer; a program that prints more is ended.
const MOST_OUTPUT: usize = 64 * 1024;
/// Of what it says on stderr this much is told, from the end, where programs say why they gave up.
const MOST_SAID: usize = 2 * 1024;
/// And this much is kept: a secret is known by the name before it, so what is told is cut only once it is masked.
const MOST_KEPT: usize = 4 * MOST_SAID;
/// How long its pipes are read on after its end: a program that it started may hold them for ever.
const AFTERWARDS: Duration = Duration::from_millis(200);

/// Runs a program and reads the token it prints. One that takes too long or prints too much is ended with all that it
/// started.
pub(crate) async fn run(
    command: &[OsString],
    patience: Duration,
    hidden: &Hidden,
) -> Result<Fetched, ProgramError> {
    let plain = |fault| ProgramError { fault, said: String::new() };
    let Some((program, arguments)) = command.split_first() else {
        return Err(plain(CommandFault::NoToken(NotToken::Nothing)));
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    command.process_group(0);
    let child = command
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| plain(CommandFault::NotStarted(error.to_string())))?;
    let mut group = Group::of(&child);
    let (mut output, mut said) = (Vec::new(), Vec::new());
    let finished = timeout(patience, finish(child, &mut output, &mut said)).await;
    let settled = match finished {
        Err(_) => Err(CommandFault::TimedOut(patience)),
        Ok(finished) => {
            if finished != Err(CommandFault::NoToken(NotToken::TooLong)) {
                // The program ended by itself, so what it left running (an agent, say) is meant to go on.
                group.release();
            }
            finished.and_then(|()| printed(&output).map_err(CommandFault::NoToken))
        }
    };
    let said = told(&said, &output, hidden);
    if !said.is_empty() {
        tracing::info!(said, "token_command");
    }
    settled.map_err(|fault| ProgramError { fault, said })
}

/// What it said, without what may be secret: whatever it printed, what this process knows, and what looks like it.
fn told(said: &[u8], output: &[u8], hidden: &Hidden) -> String {
    last_words(said, |said| {
        let printed = String::from_utf8_lossy(output);
        let lines = printed.lines().map(str::trim).filter(|line| line.len() >= 8);
        hidden.out_of_text(&lines.fold(said, |said, line| said.replace(line, "***")))
    })
}

/// The end of what [`keep_last`] kept, without what `hide` knows to be secret and without what looks like it.
pub(crate) fn last_words(said: &[u8], hide: impl FnOnce(String) -> String) -> String {
    // The first word of a text whose beginning is lost may be the end of a secret.
    let begin = if said.len() < MOST_KEPT {
        0
    } else {
        said.iter().position(u8::is_ascii_whitespace).unwrap_or(MOST_KEPT)
    };
    let said = redacted(&hide(String::from_utf8_lossy(said.get(begin..).unwrap_or(&[])).into_owned()));
    let said = said.trim();
    let begin = (said.len().saturating_sub(MOST_SAID)..said.len()).find(|at| said.is_char_boundary(*at));
    begin.map_or("", |begin| &said[begin..]).to_owned()
}

async fn finish(mut child: Child, output: &mut Vec<u8>, said: &mut Vec<u8>) -> Result<(), CommandFault> {
    let stdout = child.stdout.take().expect("stdout is a pipe");
    let stderr = child.stderr.take().expect("stderr is a pipe");
    let pipes = async { tokio::join!(keep_first(stdout, output), keep_last(stderr, said)).0 };
    tokio::pin!(pipes);
    let (status, read) = tokio::select! {
        // Too much output is reported before the program's end, which it may have caused.
        biased;
        read = &mut pipes => (child.wait().await, Some(read)),
        status = child.wait() => (status, timeout(AFTERWARDS, pipes).await.ok()),
    };
    if read == Some(Amount::TooMuch) {
        return Err(CommandFault::NoToken(NotToken::TooLong));
    }
    let status = status.map_err(|error| CommandFault::NotStarted(error.to_string()))?;
    if status.success() {
        return Ok(());
    }
    Err(status.code().map_or_else(|| CommandFault::Killed(signal_of(status)), CommandFault::Failed))
}

#[cfg(unix)]
pub(crate) fn signal_of(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
pub(crate) fn signal_of(_: ExitStatus) -> Option<i32> {
    None
}

/// How much came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Amount {
    Fits,
    TooMuch,
}

/// Reads until there is too much. Then the pipe is closed, which ends most programs.
async fn keep_first(mut pipe: impl AsyncRead + Unpin, into: &mut Vec<u8>) -> Amount {
    let mut part = [0; 4096];
    loop {
        match pipe.read(&mut part).await {
            Ok(0) | Err(_) => return Amount::Fits,
            Ok(_) if into.len() > MOST_OUTPUT => return Amount::TooMuch,
            Ok(count) => into.extend_from_slice(&part[..count]),
        }
    }
}

/// Reads to the end and keeps the last of it.
pub(crate) async fn keep_last(mut pipe: impl AsyncRead + Unpin, into: &mut Vec<u8>) {
    let mut part = [0; 4096];
    while let Ok(count @ 1..) = pipe.read(&mut part).await {
        into.extend_from_slice(&part[..count]);
        into.drain(..into.len().saturating_sub(MOST_KEPT));
    }
}

/// The program and all that it started, ended when this is dropped.
pub(crate) struct Group(Option<u32>);

impl Group {
    pub(crate) fn of(child: &Child) -> Self {
        Self(child.id())
    }

    /// It ended by itself, so what it left running is meant to go on.
    pub(crate) fn release(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        end_group(self.0);
    }
}

/// Ends a program with all that it started, where there is one by this number.
fn end_group(id: Option<u32>) {
    let Some(id) = id else { return };
    #[cfg(unix)]
    if let Some(group) = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw) {
        // The group may have ended by itself just now.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    #[cfg(windows)]
    {
        let mut end = std::process::Command::new("taskkill");
        end.args(["/T", "/F", "/PID", &id.to_string()]);
        let _ = end.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
    #[cfg(not(any(unix, windows)))]
    let _ = id;
}
