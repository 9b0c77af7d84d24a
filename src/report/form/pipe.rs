//! A named pipe that something is written to. Whoever opens one waits for a reader, and whoever writes to a full one as
//! well, deaf to signals: here both have an end.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::own_reason::OwnReason;

/// A reader that is started together with us may take so long to be there.
const FOR_A_READER: Duration = Duration::from_secs(1);
/// So long a reader may take nothing.
const FOR_ROOM: Duration = Duration::from_secs(10);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(2);

/// A pipe, open for writing.
#[derive(Debug)]
pub(crate) struct Pipe {
    file: File,
}

/// Opens a pipe for whoever will write to it later, so that its reader waits; nothing where a name leads to none.
///
/// # Errors
///
/// When nobody reads it.
pub(crate) fn held(path: &Path) -> io::Result<Option<Pipe>> {
    is_pipe(path).then(|| Pipe::open(path)).transpose()
}

/// Whether a name leads to a pipe.
pub(crate) fn is_pipe(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|about| about.file_type().is_fifo())
}

impl Pipe {
    /// Opens it.
    ///
    /// # Errors
    ///
    /// When nobody reads it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let end = Instant::now() + FOR_A_READER;
        loop {
            let opened = OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(path);
            match opened {
                Ok(file) => return Ok(Self { file }),
                Err(error) if error.raw_os_error() == Some(libc::ENXIO) => {
                    if Instant::now() >= end {
                        return Err(OwnReason::NobodyReads.into());
                    }
                    thread::sleep(PAUSE);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let end = Instant::now() + FOR_ROOM;
        loop {
            match self.file.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if Instant::now() >= end {
                        return Err(OwnReason::ReaderStandsStill.into());
                    }
                    thread::sleep(PAUSE);
                }
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
