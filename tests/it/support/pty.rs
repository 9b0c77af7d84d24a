//! A terminal for the binary, made by `script` of util-linux: somebody who reads what is asked and types answers.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::World;

/// How long a question may take to appear, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A run of the binary on a terminal of its own.
pub struct Session {
    child: Child,
    stdin: ChildStdin,
    shown: Receiver<Vec<u8>>,
    bytes: Vec<u8>,
    /// How much of what was shown has been read.
    read: usize,
}

impl Session {
    /// Starts the binary with words that need no quotes.
    pub fn start(world: &World, args: &str, environment: &[(&str, &str)]) -> Self {
        Self::of(world, &format!("'{}' {args}", env!("CARGO_BIN_EXE_wxcast")), environment)
    }

    /// Starts the binary on a terminal of so many columns.
    pub fn wide(world: &World, columns: u16, args: &str, environment: &[(&str, &str)]) -> Self {
        let binary = env!("CARGO_BIN_EXE_wxcast");
        Self::of(world, &format!("stty cols {columns} rows 40; '{binary}' {args}"), environment)
    }

    /// Starts what a line of a shell names.
    pub fn of(world: &World, line: &str, environment: &[(&str, &str)]) -> Self {
        let mut command = world.command_of("script", &[]);
        command.args(["-q", "-e", "-f", "-c", line, "/dev/null"]).env("TERM", "xterm");
        command.envs(environment.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("script of util-linux");
        let stdin = child.stdin.take().expect("a stdin");
        let mut stdout = child.stdout.take().expect("a stdout");
        let (sender, shown) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stdout.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { child, stdin, shown, bytes: Vec::new(), read: 0 }
    }

    /// Waits until a text is shown that was not read before, and reads up to its end.
    #[track_caller]
    pub fn sees(&mut self, text: &str) -> &mut Self {
        self.sees_one_of(&[text]);
        self
    }

    /// Waits until one of some texts is shown that was not read before, reads up to its end, and tells which it was:
    /// the first that is shown.
    #[track_caller]
    pub fn sees_one_of(&mut self, texts: &[&str]) -> usize {
        let until = Instant::now() + PATIENCE;
        loop {
            let unread = &self.bytes[self.read..];
            let found = texts.iter().enumerate().filter_map(|(index, text)| {
                memchr::memmem::find(unread, text.as_bytes()).map(|at| (at, text.len(), index))
            });
            if let Some((at, length, index)) = found.min() {
                self.read += at + length;
                return index;
            }
            match self.shown.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(more) => self.bytes.extend(more),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("none of {texts:?} was shown:\n{}", self.transcript())
                }
            }
        }
    }

    /// Types a line.
    pub fn types(&mut self, line: &str) -> &mut Self {
        self.keys(&format!("{line}\r"))
    }

    /// Presses keys.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        self.stdin.write_all(keys.as_bytes()).expect("a terminal that takes keys");
        self.stdin.flush().expect("a terminal that takes keys");
        self
    }

    /// Waits for the end: the exit code, and everything that was shown.
    pub fn ends(mut self) -> (i32, String) {
        let status = self.child.wait().expect("an end");
        while let Ok(more) = self.shown.recv_timeout(PATIENCE) {
            self.bytes.extend(more);
        }
        (status.code().unwrap_or(-1), self.transcript())
    }

    fn transcript(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

impl Drop for Session {
    /// A test that failed leaves nobody waiting.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
