//! The program as a process of its own: whatever changes something is done by a command, in a process that neither the
//! console nor the terminal it was started from takes along when they end.

use std::ffi::OsString;
use std::io::{self, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use jiff::Timestamp;
use tempfile::NamedTempFile;

use crate::own_file;

/// So much of what a process says is read; it says more only where something is badly wrong.
const MOST: u64 = 256 << 10;

/// The exit code of whoever could not use the account.
const ACCOUNT: i32 = 9;

/// A process that was started.
pub(crate) struct Started {
    process: Child,
    /// What it has said to people.
    said: NamedTempFile,
    ended: Option<Ended>,
}

/// How a process ended.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    /// Its exit code; nothing where it was killed.
    pub(crate) code: Option<i32>,
    /// What it said to people.
    pub(crate) said: String,
    /// When that was seen.
    pub(crate) seen: Timestamp,
}

impl Ended {
    /// Whether it could not use the account: its AppSecret, its AppID, its permissions or the addresses it allows.
    pub(crate) fn was_kept_out(&self) -> bool {
        self.code == Some(ACCOUNT)
    }

    /// Whether somebody or something ended it from outside.
    pub(crate) fn was_killed(&self) -> bool {
        self.code.is_none()
    }

    /// Whether it did not come to an end of its own that the journal tells of: done, in part, with unknown ones, or paused.
    pub(crate) fn has_failed(&self) -> bool {
        !matches!(self.code, Some(0 | 5 | 6 | 7))
    }
}

impl Started {
    /// Starts this program. What it says is kept in files in a folder: a pipe would break with the console.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub(crate) fn start(
        arguments: &[OsString],
        variables: &[(String, String)],
        folder: &Path,
    ) -> io::Result<Self> {
        let said = own_file::temporary_in(folder)?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(arguments)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said.reopen()?);
        apart(&mut command);
        Ok(Self { process: command.spawn()?, said, ended: None })
    }

    /// Asks it to end as soon as what is on its way is answered.
    #[cfg(unix)]
    pub(crate) fn interrupt(&self) {
        use rustix::process::{Pid, Signal, kill_process};
        let pid = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid.filter(|_| self.ended.is_none()) {
            // One that has just ended needs no asking.
            let _ = kill_process(pid, Signal::TERM);
        }
    }

    /// Windows has no such word between processes.
    #[cfg(not(unix))]
    pub(crate) fn interrupt(&self) {}

    /// How it ended; nothing while it runs.
    pub(crate) fn ended(&mut self) -> Option<&Ended> {
        if self.ended.is_none() {
            // Whatever cannot be asked any more is over.
            let code = match self.process.try_wait() {
                Ok(None) => return None,
                Ok(Some(status)) => status.code(),
                Err(_) => None,
            };
            self.ended = Some(Ended { code, said: self.said(), seen: Timestamp::now() });
        }
        self.ended.as_ref()
    }

    fn said(&self) -> String {
        let mut bytes = Vec::new();
        // What it said is told beside how it ended, which does without where a disk fails.
        let _ = self.said.reopen().and_then(|file| file.take(MOST).read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Puts a process into a group of its own, so that an interrupt or a terminal that closes ends the console alone.
#[cfg(unix)]
fn apart(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

#[cfg(windows)]
fn apart(command: &mut Command) {
    use std::os::windows::process::CommandExt as _;
    /// A group of its own, and no window.
    const FLAGS: u32 = 0x0000_0200 | 0x0800_0000;
    command.creation_flags(FLAGS);
}

#[cfg(not(any(unix, windows)))]
fn apart(_: &mut Command) {}
