//! Files of ours that others on this computer can read or change: restored from a copy, made by an older version or by
//! somebody else.

use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

/// What others can do with a file of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exposed {
    /// They can read or change it; its mode says how much.
    Open {
        /// The mode.
        mode: u32,
    },
    /// It is somebody else's, who can do anything with it.
    Foreign {
        /// The number of that user.
        user: u32,
    },
}

/// What others can do with a file or folder of ours, where it is there and they can do something.
#[cfg(unix)]
pub(crate) fn exposed(path: &Path) -> Option<Exposed> {
    use std::os::unix::fs::MetadataExt as _;
    let about = fs::symlink_metadata(path).ok()?;
    if about.uid() != rustix::process::geteuid().as_raw() {
        return Some(Exposed::Foreign { user: about.uid() });
    }
    let mode = mode(&about);
    (mode & 0o077 != 0).then_some(Exposed::Open { mode })
}

/// Takes everybody's rights from a file or folder of ours that is there. Rights of a group alone stay: somebody gave them
/// to colleagues on purpose.
///
/// # Errors
///
/// When it cannot be done; what is somebody else's is left as it is.
#[cfg(unix)]
pub(crate) fn close(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let about = match fs::symlink_metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let ours = about.uid() == rustix::process::geteuid().as_raw();
    if !ours || about.is_symlink() || mode(&about) & 0o007 == 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(if about.is_dir() { 0o700 } else { 0o600 }))
}

#[cfg(unix)]
fn mode(about: &Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o777
}

/// On Windows a file is in the profile of its user.
#[cfg(not(unix))]
pub(crate) fn exposed(_: &Path) -> Option<Exposed> {
    None
}

/// The same.
#[cfg(not(unix))]
pub(crate) fn close(_: &Path) -> io::Result<()> {
    Ok(())
}
