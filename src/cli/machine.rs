//! This machine: its name, for people, and what tells machines of one name apart.

use std::fmt;

use crate::cli::context::variable;
use crate::plan::digest::Digest;

/// Whether the id is the computer's own, so that it alone tells which it is. A Mac is called otherwise in every
/// network; what Windows and Linux have for an id is copied with the image of a disk, but their names stay.
const OF_THE_HARDWARE: bool = cfg!(target_os = "macos");

/// A machine as a journal notes it: `name (id)`, or its name alone where the system has no id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Machine {
    name: String,
    id: Option<String>,
}

impl Machine {
    /// The one that this runs on.
    pub(crate) fn here() -> Self {
        // The id itself is the system's secret; the beginning of its digest tells machines apart as well.
        let short = |id: String| Digest::of(id.trim().as_bytes()).to_string()[7..15].to_owned();
        // Images of containers come with an empty one.
        let id = id().filter(|id| !matches!(id.trim(), "" | "uninitialized"));
        Self { name: name(), id: id.map(short) }
    }

    /// The one of a note.
    pub(crate) fn noted(note: &str) -> Self {
        let with_id = note.strip_suffix(')').and_then(|note| note.rsplit_once(" ("));
        match with_id.filter(|(_, id)| id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            Some((name, id)) => Self { name: name.to_owned(), id: Some(id.to_owned()) },
            None => Self { name: note.to_owned(), id: None },
        }
    }

    /// Whether this, which was noted, is the machine `here`. A journal that was noted without an id knows names only.
    pub(crate) fn is(&self, here: &Self) -> bool {
        self.is_by(here, OF_THE_HARDWARE)
    }

    /// Whether this, which was noted, and the machine `here` are two for certain. A container has a new name each time
    /// it is made, and a computer can be given another: only what the system itself goes by tells two apart.
    pub(crate) fn is_another_than(&self, here: &Self) -> bool {
        self.id.is_some() && here.id.is_some() && self.id != here.id
    }

    fn is_by(&self, here: &Self, hardware: bool) -> bool {
        let named_so = self.name == here.name;
        match &self.id {
            Some(_) => self.id == here.id && (named_so || hardware),
            None => named_so,
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            Some(id) => write!(f, "{} ({id})", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The name of this machine.
pub(crate) fn name() -> String {
    gethostname::gethostname().to_string_lossy().into_owned()
}

/// The name of this user: by the environment, which schedulers and containers leave empty, else by the system.
pub(crate) fn user() -> String {
    let named = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(variable);
    named.or_else(by_system).unwrap_or_else(|| "?".to_owned())
}

/// What the system calls the owner of this process, or the owner's number where no name goes with it.
#[cfg(target_os = "linux")]
fn by_system() -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let number = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_else(|_| String::new());
    let mut named = users.lines().filter_map(|line| {
        let mut fields = line.split(':');
        Some((fields.next()?, fields.nth(1)?))
    });
    let name = named.find(|(_, of)| *of == number).map(|(name, _)| name.to_owned());
    Some(name.unwrap_or(number))
}

/// Elsewhere the environment always says.
#[cfg(not(target_os = "linux"))]
fn by_system() -> Option<String> {
    None
}

/// Who does something by hand: the user's name on this machine.
pub(crate) fn who() -> String {
    format!("{}@{}", user(), name())
}

/// The number that the system gave this computer; nothing where it has none, and then the name alone tells.
/// Whether a process of this computer is another wxcast that runs. A number is given out again once its process has ended,
/// so the name must be this program's too.
#[cfg(target_os = "linux")]
pub(crate) fn runs(pid: u32) -> bool {
    let name = |process: &str| std::fs::read_to_string(format!("/proc/{process}/comm")).ok();
    pid != std::process::id() && name("self").is_some_and(|own| name(&pid.to_string()) == Some(own))
}

/// Elsewhere the system is not asked: what taking over costs is said all the same.
#[cfg(not(target_os = "linux"))]
pub(crate) fn runs(_: u32) -> bool {
    false
}

#[cfg(any(windows, target_os = "macos"))]
fn id() -> Option<String> {
    machine_uid::get().ok()
}

/// The number that the system gave this computer; nothing where it has none, and then the name alone tells.
#[cfg(not(any(windows, target_os = "macos")))]
fn id() -> Option<String> {
    std::fs::read_to_string("/etc/machine-id").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(noted: &str, here: &str, hardware: bool) -> bool {
        Machine::noted(noted).is_by(&Machine::noted(here), hardware)
    }

    #[test]
    fn a_note_is_read_as_it_was_written() {
        for note in ["shop-pc", "shop-pc (0123abcd)", "Li's Mac (2)", "a (b) (0123abcd)"] {
            assert_eq!(Machine::noted(note).to_string(), note);
        }
        assert_eq!(Machine::noted("Li's Mac (2)").id, None);
        let here = Machine::here();
        assert_eq!(Machine::noted(&here.to_string()), here);
    }

    #[test]
    fn only_two_ids_tell_two_machines_apart_for_certain() {
        let another = |noted: &str, here: &str| Machine::noted(noted).is_another_than(&Machine::noted(here));
        assert!(another("pc (0123abcd)", "pc (abcd0123)"));
        assert!(!another("pod-1 (0123abcd)", "pod-2 (0123abcd)"), "a container with a new name");
        assert!(!another("pod-1", "pod-2 (0123abcd)") && !another("pod-1 (0123abcd)", "pod-2"));
    }

    #[test]
    fn a_mac_is_itself_under_any_name_and_others_have_one_name() {
        for hardware in [true, false] {
            assert!(same("mac.local (0123abcd)", "mac.local (0123abcd)", hardware));
            assert!(!same("mac.local (0123abcd)", "mac.local (abcd0123)", hardware));
            assert!(!same("mac.local (0123abcd)", "mac.local", hardware), "it had an id");
            assert!(same("mac.local", "mac.local (0123abcd)", hardware), "noted before there were ids");
            assert!(!same("mac.local", "mac.lan (0123abcd)", hardware));
            assert_eq!(same("mac.local (0123abcd)", "mac.lan (0123abcd)", hardware), hardware);
        }
    }
}
