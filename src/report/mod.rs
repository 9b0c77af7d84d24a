//! What people and machines read: one report a file; this is the only file that lists them, and the one writer
//! of files.

pub mod doctor;
pub mod model;
pub mod plan_json;
pub mod plan_text;
pub mod preview;
pub mod progress;
pub mod results_csv;
pub mod summary;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes a file whole or not at all: beside it first, synced, then renamed over it.
///
/// # Errors
///
/// When the folder or the disk does not allow it. The file is then as it was.
pub fn write_file(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut file = tempfile::Builder::new()
        .prefix(".wxcast-")
        .permissions_of_a_usual_file()
        .tempfile_in(folder)
        .map_err(of_the_system)?;
    {
        let mut writer = io::BufWriter::with_capacity(256 * 1024, file.as_file_mut());
        content(&mut writer)?;
        writer.flush()?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// The system's own words: the name of a temporary file means nothing to anybody.
fn of_the_system(error: io::Error) -> io::Error {
    match error.to_string().split_once(" at path ") {
        Some((reason, _)) => io::Error::new(error.kind(), reason),
        None => error,
    }
}

trait UsualFile {
    fn permissions_of_a_usual_file(&mut self) -> &mut Self;
}

impl UsualFile for tempfile::Builder<'_, '_> {
    /// A temporary file is readable by its owner only; what takes the place of a usual file should not be.
    fn permissions_of_a_usual_file(&mut self) -> &mut Self {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // The system's umask still applies.
            self.permissions(std::fs::Permissions::from_mode(0o666));
        }
        self
    }
}
